// SPDX-License-Identifier: GPL-2.0
/*
 * An NMI on the same CPU: the stack's own code is run one instruction at a time, and after
 * each of them something interrupts it: a look-up, a hit, or, for what another CPU may do at
 * that moment, a whole change. The instructions are those that the compiler makes of it for
 * the host; the source is the same.
 */
#include <ucontext.h>

#include "world/world.h"

#include "kprobes/step.h"

#include "stepper.h"
#include "test.h"

static unsigned long all_interrupts;

static void stepped(void (*function)(void), void (*after)(void))
{
	unsigned long nr = stepper_run(function, after);

	if (nr < 10)
		test_fail("only %lu instructions were stepped", nr);
	all_interrupts += nr;
}

static void say(const char *what)
{
	printf("interleave: %lu times interrupted: %s\n", all_interrupts, what);
}

/*
 * The table
 */

#define KEYS	40

static struct kprobe_buckets few = KPROBE_FEW_BUCKETS;
static struct kprobe_table table = KPROBE_TABLE(few);
static struct kprobe_node *node_of[KEYS];

/* The change: of this key, to that node or from it; whether the new state was seen. */
static struct {
	unsigned int key;
	struct kprobe_node *node;
	bool adds;
	bool seen;
} change;

/* What an odd number is to be multiplied with to make 1: each round doubles the bits. */
static unsigned long inverse_of(unsigned long odd)
{
	unsigned long inverse = odd;
	unsigned int i;

	for (i = 0; i < 6; i++)
		inverse *= 2 - odd * inverse;
	return inverse;
}

/* Five to a bucket of each array that there is here, in another order than they are added. */
static unsigned long hash_of(unsigned int i)
{
	return (i / 5 * 7UL % 64 << (BITS_PER_LONG - 6)) | (i * 3 % 5 + 1) << 8;
}

static unsigned long keys[KEYS];

static void make_keys(void)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		keys[i] = hash_of(i) * inverse_of(kprobe_hash(1));
}

static void make_change(void)
{
	if (change.adds)
		kprobe_table_add(&table, change.node, keys[change.key]);
	else
		kprobe_table_remove(&table, change.node);
}

/* Of the one that changes: the old or the new state, and never the old one again. */
static void look_for_changed(void)
{
	struct kprobe_node *found = kprobe_table_find(&table, keys[change.key]);
	bool is_new = !found == !change.adds;

	if (found && found != change.node)
		test_fail("another node is found");
	if (change.seen && !is_new)
		test_fail("key %u is seen to change back", change.key);
	change.seen |= is_new;
}

static void look_for_all(void)
{
	unsigned int key;

	for (key = 0; key < KEYS; key++) {
		if (key == change.key)
			look_for_changed();
		else if (kprobe_table_find(&table, keys[key]) != node_of[key])
			test_fail("key %u is not found while key %u is %s", key, change.key,
				  change.adds ? "added" : "removed");
	}
}

static void begin_change(unsigned int key)
{
	change.key = key;
	change.adds = !node_of[key];
	change.seen = false;
	if (change.adds)
		node_of[key] = host_zalloc(sizeof(struct kprobe_node));
	change.node = node_of[key];
}

static void end_change(void)
{
	if (!change.adds)
		node_of[change.key] = NULL;
}

static void change_and_look(unsigned int key)
{
	begin_change(key);
	stepped(make_change, look_for_all);
	if (!change.seen)
		test_fail("the change of key %u was not seen", key);
	end_change();
}

/* From the smallest array to the third, and back; in two orders. */
static void look_at_each_instruction(void)
{
	unsigned int i;

	for (i = 0; i < KEYS; i++)
		change_and_look(i);
	for (i = 0; i < KEYS; i++)
		change_and_look(i * 7 % KEYS);
}

/* A look-up that is stepped, and the change that comes after the nth of its instructions. */
static struct {
	unsigned int key;
	struct kprobe_node *found;
	unsigned long nr;
	unsigned long change_at;
} look_up;

static void do_look_up(void)
{
	look_up.found = kprobe_table_find(&table, keys[look_up.key]);
}

static void change_once(void)
{
	if (look_up.nr++ == look_up.change_at) {
		make_change();
		stepper_run_on();
	}
}

/* True if the look-up had an instruction where the change came. */
static bool look_and_change(unsigned int key, unsigned int changed, unsigned long change_at)
{
	struct kprobe_node *before = node_of[key];

	look_up.key = key;
	look_up.nr = 0;
	look_up.change_at = change_at;
	begin_change(changed);
	all_interrupts += stepper_run(do_look_up, change_once);
	if (look_up.nr <= change_at)
		make_change();
	if (key != changed && look_up.found != before)
		test_fail("key %u is not found when key %u changes after instruction %lu", key,
			  changed, change_at);
	if (key == changed && look_up.found && look_up.found != change.node)
		test_fail("another node is found");
	end_change();
	return look_up.nr > change_at;
}

/* The change, and the same one back, alternate. */
static void change_at_each_instruction(unsigned int key, unsigned int changed)
{
	unsigned long at;

	for (at = 0; look_and_change(key, changed, at); at++)
		;
	if (!node_of[changed] == (changed % 2 == 0))
		look_and_change(key, changed, -1UL);
}

/* What the growing and the shrinking of a table end with. */
static void publish_once(void)
{
	if (look_up.nr++ != look_up.change_at)
		return;
	kprobe_table_publish(&table, kprobe_buckets_build(&table, 4 + look_up.change_at % 3));
	stepper_run_on();
}

static void publish_at_each_instruction(unsigned int key)
{
	look_up.key = key;
	look_up.change_at = 0;
	do {
		look_up.nr = 0;
		all_interrupts += stepper_run(do_look_up, publish_once);
		if (look_up.found != node_of[key])
			test_fail("key %u is not found when the array is replaced", key);
	} while (look_up.nr > look_up.change_at++);
}

static void change_while_looking(void)
{
	static const unsigned int sizes[] = { 2, 16, 32 };
	unsigned int i, key, changed, nr = 0;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (; nr < sizes[i]; nr++) {
			begin_change(nr);
			make_change();
		}
		for (key = 0; key < KEYS; key += 9) {
			for (changed = 0; changed < KEYS; changed += 7)
				change_at_each_instruction(key, changed);
			publish_at_each_instruction(key);
		}
	}
}

/*
 * Hits: of three probes, each on an instruction of its own
 */

#define FLAGS		(X86_EFLAGS_FIXED | X86_EFLAGS_IF | X86_EFLAGS_ZF)
#define NR_PROBES	3

/* CWTL, one byte each; the last bytes are not probed. */
static const u8 text[] = { 0x98, 0x98, 0x98, 0x98, 0x98, 0x98, 0x98, 0x98 };

/**
 * struct probe - a probe and what its handlers have seen
 * @kp: the probe
 * @pre: how often its pre-handler has run
 * @post: how often its post-handler has
 * @dead: its user has its memory back
 */
struct probe {
	struct kprobe kp;
	unsigned int pre;
	unsigned int post;
	bool dead;
};

static struct probe probes[NR_PROBES];

/*
 * How many hits interrupt another one now; and whether there is that other one, from its
 * pre-handler to its post-handler.
 */
static unsigned int nr_nested;
static volatile bool in_hit;

/* What the handlers of a hit were called for, in their order; cleared by whoever looks. */
static struct {
	unsigned int nr_pre, nr_post;
	const struct probe *pre[NR_PROBES], *post[NR_PROBES];
} calls;

static int count_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct probe *probe = container_of(kp, struct probe, kp);

	in_hit |= !nr_nested;

	if (probe->dead)
		test_fail("a pre-handler runs, and its probe is not there any more");
	if (regs->ip != (unsigned long)kp->addr + INT3_INSN_SIZE)
		test_fail("a pre-handler finds another IP");
	probe->pre++;
	if (calls.nr_pre < NR_PROBES)
		calls.pre[calls.nr_pre++] = probe;
	return 0;
}

/* The number of the step that is under way, while a drain has to wait for it; 0 if none is. */
static volatile unsigned int step_in_use;

static void count_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	struct probe *probe = container_of(kp, struct probe, kp);

	if (probe->dead)
		test_fail("a post-handler runs, and its probe is not there any more");
	if (regs->ip != (unsigned long)kp->addr + 1 || flags)
		test_fail("a post-handler finds another IP");
	in_hit &= !!nr_nested;
	probe->post++;
	if (calls.nr_post < NR_PROBES)
		calls.post[calls.nr_post++] = probe;
}

/* @at: which instruction */
static void init_probe(struct probe *probe, unsigned int at, bool has_post)
{
	*probe = (struct probe) {
		.kp.addr = (kprobe_opcode_t *)(WORLD_TEXT + at),
		.kp.pre_handler = count_pre,
		.kp.post_handler = has_post ? count_post : NULL,
	};
	INIT_LIST_HEAD(&probe->kp.list);
}

static void begin_world(enum kprobe_way way)
{
	unsigned int i;

	world_begin(text, sizeof(text));
	kprobe_optimization = 0;
	kprobe_forced_way = way;
	for (i = 0; i < NR_PROBES; i++) {
		init_probe(&probes[i], i, true);
		if (!world_register(&probes[i].kp))
			test_fail("a probe is refused");
	}
}

/* What is above the registers on the stack when a detour's assembly calls. */
struct stack {
	struct pt_regs regs;
	unsigned long return_address;
	unsigned long above[4];
};

/* Little is set: each instruction of a test's own is stepped as well. */
static __always_inline void begin_hit(struct stack *stack)
{
	stack->regs.flags = FLAGS;
	stack->regs.sp = (unsigned long)stack->above;
}

/*
 * The CPU is in an exception, or in what a detour calls: RCU waits for it. The task has not
 * come to where it is stepped, or may be in a slot that leads back: RCU Tasks waits for it.
 * Between the two traps of a step neither does: the CPU may be an idle one.
 */
static volatile bool in_exception;
static volatile bool in_task;

/* The site, if it may become a jump: then it is not where RCU may not be watching. */
static const struct kprobe_site *jump_site;

static bool int3(struct pt_regs *regs, unsigned long at)
{
	bool taken;

	regs->ip = at + INT3_INSN_SIZE;
	in_exception = true;
	taken = kprobe_int3_handler(regs);
	in_exception = false;
	return taken;
}

static bool single_step(struct pt_regs *regs)
{
	bool taken;

	in_exception = true;
	taken = kprobe_debug_handler(regs);
	in_exception = false;
	return taken;
}

/* The call behind the copy. Where it returns to is the jump back, to what follows. */
static bool call_leave(struct stack *stack, const struct kprobe_site *site)
{
	unsigned long next = site->addr + 1;
	bool elsewhere;

	stack->return_address = stack->regs.ip + CALL_INSN_SIZE;
	in_exception = true;
	elsewhere = kprobe_detour_hit_end(&stack->regs);
	in_exception = false;
	stack->regs.ip = next;
	return !elsewhere;
}

/* What the copy has done when it is behind its one byte, and the trap after that. */
static bool end_step(struct stack *stack, const struct kprobe_site *site)
{
	stack->regs.ip++;
	switch (site->arch.way_post) {
	case KPROBE_WAY_BREAKPOINT:
		return int3(&stack->regs, stack->regs.ip);
	case KPROBE_WAY_TRAP:
		return single_step(&stack->regs);
	default:
		return call_leave(stack, site);
	}
}

static bool fault(struct pt_regs *regs)
{
	bool mended;

	in_hit &= !!nr_nested;
	in_exception = true;
	mended = kprobe_fault_handler(regs, 14);
	in_exception = false;
	return mended;
}

static unsigned int nr_steps;
static volatile unsigned int step_is_over;
static void (*within_step)(void);

/* From the copy to behind the instruction, which may fault. */
static bool run_copy(struct stack *stack, const struct kprobe_site *site, bool faults)
{
	struct pt_regs *regs = &stack->regs;

	if (site->arch.boost && regs->ip == (unsigned long)site->arch.boost->code) {
		if (!faults)
			regs->ip = site->addr + 1;
		return !faults || !fault(regs);
	}
	if (regs->ip != (unsigned long)site->arch.step->code || (regs->flags & X86_EFLAGS_IF))
		return false;
	in_task = jump_site;
	if (within_step)
		within_step();
	return faults ? !fault(regs) : end_step(stack, site);
}

/* A CPU goes through a probed instruction, which is stepped, or boosted if that is missed. */
static void go_through(const struct kprobe *kp, bool faults)
{
	struct kprobe_site *site = kprobe_site_lookup((unsigned long)kp->addr);
	struct stack stack;
	struct pt_regs *regs = &stack.regs;

	begin_hit(&stack);
	if (!int3(regs, site->addr) || !run_copy(&stack, site, faults))
		test_fail("a hit does not go through a copy");
	if (regs->ip != site->addr + !faults)
		test_fail("a hit ends at %lx", regs->ip);
	if ((regs->flags & (X86_EFLAGS_IF | X86_EFLAGS_TF)) != X86_EFLAGS_IF)
		test_fail("the flags are %lx after a hit", regs->flags);
}

/* One hit, and whether its handlers have run as they should, or not at all. */
static void hit_and_check(struct probe *probe, bool misses, bool faults)
{
	unsigned int pre = probe->pre, post = probe->post;
	unsigned long missed = probe->kp.nmissed;

	go_through(&probe->kp, faults);
	if (probe->pre - pre != !misses || probe->post - post != (!misses && !faults))
		test_fail("%u pre-handlers and %u post-handlers run in a hit that %s",
			  probe->pre - pre, probe->post - post,
			  misses ? "comes in another" : "comes alone");
	if (probe->kp.nmissed - missed != misses)
		test_fail("a hit is not counted as missed");
	probe->pre = pre;
	probe->post = post;
}

/* What an interruption has to leave as it was. */
struct cpu {
	struct kprobe_steps steps;
	struct kprobe *current_kprobe;
	int preempt_depth;
};

static struct cpu cpu_now(void)
{
	struct cpu cpu;

	memset(&cpu, 0, sizeof(cpu));
	cpu.steps = kprobe_steps;
	cpu.current_kprobe = current_kprobe;
	cpu.preempt_depth = host_preempt_depth;
	return cpu;
}

/* Up to the depth: what is above it belongs to nothing. */
static void check_cpu(const struct cpu *before)
{
	const struct kprobe_steps *was = &before->steps;

	if (kprobe_steps.depth != was->depth || (was->depth && kprobe_steps.seq != was->seq) ||
	    (was->depth && memcmp(kprobe_steps.step, was->step,
				  (was->depth - 1) * sizeof(was->step[0]))))
		test_fail("an interruption leaves the steps as they were not");
	if (was->depth && was->step[was->depth - 1].copy &&
	    memcmp(&kprobe_steps.step[was->depth - 1], &was->step[was->depth - 1],
		   sizeof(was->step[0])))
		test_fail("an interruption changes a step that is whole");
	if (current_kprobe != before->current_kprobe ||
	    host_preempt_depth != before->preempt_depth)
		test_fail("an interruption leaves the CPU as it was not");
}

/* What an exception that interrupts the outer hit takes for the step that is under way. */
static void check_top(void)
{
	const struct kprobe_step *top = kprobe_step_top();

	if (top && top->hit.site->addr != (unsigned long)probes[0].kp.addr)
		test_fail("a step is found that has ended");
}

/* Something like an NMI hits a probe, which may be the one that was hit. */
static void interrupt_with(struct probe *probe, bool faults)
{
	struct cpu before = cpu_now();

	if (in_hit && !before.current_kprobe)
		test_fail("a hit would run handlers within another");
	if (!nr_nested)
		check_top();
	nr_nested++;
	hit_and_check(probe, before.current_kprobe, faults);
	nr_nested--;
	check_cpu(&before);
}

static void nmi(void)
{
	interrupt_with(&probes[1], false);
	interrupt_with(&probes[1], true);
	interrupt_with(&probes[0], false);
}

static void machine_check(void)
{
	interrupt_with(&probes[2], false);
}

static bool nmi_misses;

static void stepped_nmi(void)
{
	hit_and_check(&probes[1], nmi_misses, false);
}

static void nmi_with_machine_checks(void)
{
	struct cpu before = cpu_now();

	nmi_misses = before.current_kprobe;
	nr_nested++;
	stepped(stepped_nmi, machine_check);
	nr_nested--;
	check_cpu(&before);
}

static void outer_hit(void)
{
	go_through(&probes[0].kp, false);
}

static void outer_fault(void)
{
	go_through(&probes[0].kp, true);
}

static void hit_in_hits(void (*outer)(void), void (*interruption)(void), bool faults)
{
	struct probe before = probes[0];

	stepped(outer, interruption);
	if (probes[0].pre - before.pre != 1 || probes[0].post - before.post != !faults)
		test_fail("the handlers of the outer hit do not run once");
	if (kprobe_steps.depth || current_kprobe || host_preempt_depth)
		test_fail("the outer hit does not end");
}

static void hits_after_each_instruction(enum kprobe_way way)
{
	begin_world(way);
	hit_in_hits(outer_hit, nmi, false);
	hit_in_hits(outer_fault, nmi, true);
}

/*
 * The drain
 */

#define INSTRUCTIONS	4000

/* What a drain that begins after each instruction has read, and the step that it waits for. */
static struct {
	unsigned int nr;
	unsigned int seq[INSTRUCTIONS];
	unsigned int step[INSTRUCTIONS];
} drains;

static void check_drains(void)
{
	unsigned int i;

	for (i = 0; i < drains.nr; i++) {
		bool waits = kprobe_step_outlasts(&kprobe_steps, drains.seq[i]);

		if (drains.step[i] && drains.step[i] == step_in_use && !waits)
			test_fail("a drain ends before the step that it waits for");
		if (drains.step[i] && drains.step[i] <= step_is_over && waits)
			test_fail("a drain waits for another step");
	}
}

static void begin_drain(void)
{
	void (*outer)(void) = within_step;

	check_drains();
	within_step = check_drains;
	interrupt_with(&probes[1], false);
	within_step = outer;
	check_drains();
	if (drains.nr == INSTRUCTIONS) {
		test_fail("too many instructions");
		return;
	}
	drains.seq[drains.nr] = kprobe_steps.seq;
	drains.step[drains.nr++] = step_in_use;
}

/* From between the two traps to the end of its post-handler. */
static void note_step(void)
{
	if (kprobe_steps.depth == 1)
		step_in_use = ++nr_steps;
}

static void note_end(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	count_post(kp, regs, flags);
	step_in_use = 0;
}

static void two_steps(void)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		within_step = note_step;
		outer_hit();
		step_is_over = nr_steps;
	}
}

static void drains_after_each_instruction(void)
{
	begin_world(KPROBE_WAY_BREAKPOINT);
	probes[0].kp.post_handler = note_end;
	stepped(two_steps, begin_drain);
	if (nr_steps != 2)
		test_fail("%u steps", nr_steps);
}

/*
 * What a hit runs: probes of one address come and go
 */

/* The probes of the address in the order of their registration, and which are enabled. */
static struct {
	unsigned int nr;
	struct probe *probe[NR_PROBES];
} registered;

/* For whom the handlers of a hit are called, in their order. */
struct expected {
	unsigned int nr_pre, nr_post;
	const struct probe *pre[NR_PROBES], *post[NR_PROBES];
};

static struct expected expected_now(void)
{
	struct expected expected = { };
	unsigned int i;

	for (i = registered.nr; i-- > 0;) {
		struct probe *probe = registered.probe[i];

		if (probe->kp.flags & KPROBE_FLAG_DISABLED)
			continue;
		expected.pre[expected.nr_pre++] = probe;
		if (probe->kp.post_handler)
			expected.post[expected.nr_post++] = probe;
	}
	return expected;
}

static bool as_expected(const struct expected *expected)
{
	return calls.nr_pre == expected->nr_pre && calls.nr_post == expected->nr_post &&
	       !memcmp(calls.pre, expected->pre, sizeof(calls.pre)) &&
	       !memcmp(calls.post, expected->post, sizeof(calls.post));
}

/* The probe that changes, and how; what hits run before and after that. */
static struct {
	struct probe *probe;
	void (*make)(struct probe *probe);
	struct expected before, after;
	bool seen;
} swap;

static void make_swap(void)
{
	swap.make(swap.probe);
}

/* A breakpoint that a CPU has fetched, also if there is none now. */
static void hit_address(void)
{
	const struct kprobe_slot *slot;
	struct stack stack;

	begin_hit(&stack);
	in_task = true;
	if (!int3(&stack.regs, WORLD_TEXT)) {
		test_fail("a breakpoint belongs to nothing");
		return;
	}
	if (stack.regs.ip == WORLD_TEXT) {
		in_task = false;
		return;
	}
	/* Its site may not be in the table any more. */
	slot = kprobe_slot_find(stack.regs.ip);
	if (!slot || !run_copy(&stack, slot->site, false))
		test_fail("a hit does not go through a copy");
	in_task = false;
}

/* Is there a breakpoint, or was there one since the last broadcast? Else none can be hit. */
static bool may_be_hit;

static void note_breakpoint(unsigned long addr, const u8 *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	may_be_hit |= addr == WORLD_TEXT && *(u8 *)addr == INT3_INSN_OPCODE;
}

static void note_broadcast(void)
{
	may_be_hit = false;
}

static void hit_and_compare(void)
{
	memset(&calls, 0, sizeof(calls));
	may_be_hit |= *(u8 *)WORLD_TEXT == INT3_INSN_OPCODE;
	if (may_be_hit)
		hit_address();
	if (as_expected(&swap.after))
		swap.seen = true;
	else if (!as_expected(&swap.before))
		test_fail("a hit runs neither the old probes nor the new ones");
	else if (swap.seen)
		test_fail("a hit runs the old probes after one has run the new ones");
}

static void register_it(struct probe *probe)
{
	if (!world_register(&probe->kp))
		test_fail("a probe is refused");
}

static void unregister_it(struct probe *probe)
{
	world_unregister(&probe->kp);
}

/* As disable_kprobe() and enable_kprobe() do it. */
static void switch_it(struct probe *probe, bool on)
{
	struct kprobe_batch batch;
	struct kprobe_site *site;

	kprobe_batch_begin(&batch);
	site = kprobe_site_of(&probe->kp);
	if (!on)
		kprobe_site_disable(site, &probe->kp);
	else if (kprobe_site_enable(site, &probe->kp))
		test_fail("a probe cannot be enabled");
	kprobe_batch_queue(&batch, site);
	kprobe_batch_end(&batch);
}

static void disable_it(struct probe *probe)
{
	switch_it(probe, false);
}

static void enable_it(struct probe *probe)
{
	switch_it(probe, true);
}

/* What expected_now() says of a change: it is made of a picture of the probes. */
static void note_swap(struct probe *probe, void (*make)(struct probe *probe))
{
	unsigned int i, kept = 0;

	if (make == register_it)
		registered.probe[registered.nr++] = probe;
	for (i = 0; make == unregister_it && i < registered.nr; i++) {
		if (registered.probe[i] != probe)
			registered.probe[kept++] = registered.probe[i];
	}
	if (make == unregister_it)
		registered.nr = kept;
}

static void swap_and_hit(unsigned int nr, void (*make)(struct probe *probe))
{
	struct probe *probe = &probes[nr];
	u32 flags = probe->kp.flags;

	swap.probe = probe;
	swap.make = make;
	swap.seen = false;
	swap.before = expected_now();
	note_swap(probe, make);
	if (make == disable_it)
		probe->kp.flags |= KPROBE_FLAG_DISABLED;
	if (make == enable_it)
		probe->kp.flags &= ~KPROBE_FLAG_DISABLED;
	swap.after = expected_now();
	probe->kp.flags = flags;
	stepped(make_swap, hit_and_compare);
	if (!swap.seen)
		test_fail("a change of the probes was not seen");
	if (make == unregister_it)
		init_probe(probe, 0, probe->kp.post_handler);
}

static void swaps_at_each_instruction(void)
{
	static const struct {
		unsigned int nr;
		void (*make)(struct probe *probe);
	} swaps[] = {
		{ 0, register_it }, { 1, register_it }, { 2, register_it }, { 1, disable_it },
		{ 1, enable_it }, { 0, unregister_it }, { 2, disable_it }, { 1, disable_it },
		{ 2, enable_it }, { 2, unregister_it }, { 1, unregister_it }, { 0, register_it },
	};
	unsigned int i;

	world_begin(text, sizeof(text));
	kprobe_optimization = 0;
	world.before_poke = note_breakpoint;
	world.broadcast = note_broadcast;
	for (i = 0; i < NR_PROBES; i++)
		init_probe(&probes[i], 0, i != 1);
	for (i = 0; i < ARRAY_SIZE(swaps); i++)
		swap_and_hit(swaps[i].nr, swaps[i].make);
}

/*
 * What a hit still uses is not freed: another CPU changes the probes, and goes on with that
 * whenever it need not wait
 */

static struct {
	ucontext_t cpu, other;
	unsigned long long stack[16384];
	void (*change)(void);
	unsigned long nr;
	unsigned long begin_at;
	bool runs;
	bool done;
} other_cpu;

static void let_cpu_go_on(void)
{
	swapcontext(&other_cpu.other, &other_cpu.cpu);
}

/* A grace period of RCU Tasks ends as soon as it may, and the worker runs at once. */
static void go_on_with_releases(void)
{
	if (world_grace_runs() && !in_exception && !in_task)
		world_end_grace();
	if (world_has_work())
		world_work();
}

static void wait_for_rcu(void)
{
	go_on_with_releases();
	while (in_exception)
		let_cpu_go_on();
	go_on_with_releases();
}

/* A CPU takes an interrupt when it has them on, and a hit has not. */
static void wait_for_interrupt(void)
{
	while (in_exception || kprobe_steps.depth)
		let_cpu_go_on();
}

static void be_other_cpu(void)
{
	other_cpu.change();
	go_on_with_releases();
	while (world_grace_runs()) {
		let_cpu_go_on();
		go_on_with_releases();
	}
	other_cpu.done = true;
	let_cpu_go_on();
}

static void let_other_cpu_go_on(void)
{
	swapcontext(&other_cpu.cpu, &other_cpu.other);
}

static void begin_other_cpu(void)
{
	getcontext(&other_cpu.other);
	other_cpu.other.uc_stack.ss_sp = other_cpu.stack;
	other_cpu.other.uc_stack.ss_size = sizeof(other_cpu.stack);
	other_cpu.other.uc_link = NULL;
	makecontext(&other_cpu.other, be_other_cpu, 0);
	other_cpu.runs = true;
}

static void other_cpu_goes_on(void)
{
	if (other_cpu.nr++ == other_cpu.begin_at)
		begin_other_cpu();
	if (other_cpu.runs)
		let_other_cpu_go_on();
	if (other_cpu.done)
		stepper_run_on();
}

static void unregister_one(void)
{
	unregister_it(&probes[1]);
	probes[1].dead = true;
}

/* Returns false if the hit has ended before the change would have begun. */
static bool hit_and_change(void (*hit)(void), void (*change)(void), unsigned long begin_at)
{
	unsigned int patience = 10;

	other_cpu.change = change;
	other_cpu.nr = 0;
	other_cpu.begin_at = begin_at;
	other_cpu.runs = false;
	other_cpu.done = false;
	world.rcu_waits = wait_for_rcu;
	world.broadcast = wait_for_interrupt;
	world.steps_wait = let_cpu_go_on;
	all_interrupts += stepper_run(hit, other_cpu_goes_on);
	while (other_cpu.runs && !other_cpu.done && --patience)
		let_other_cpu_go_on();
	if (!patience)
		test_fail("it waits for a hit that has ended");
	world.rcu_waits = NULL;
	world.broadcast = NULL;
	world.steps_wait = NULL;
	return other_cpu.runs;
}

static void finish_releases(void)
{
	while (world_grace_runs()) {
		world_end_grace();
		world_work();
	}
}

static void changes_at_each_instruction(unsigned int first)
{
	unsigned long at;
	unsigned int i;

	world_begin(text, sizeof(text));
	kprobe_optimization = 0;
	for (i = first; i < 2; i++) {
		init_probe(&probes[i], 0, true);
		register_it(&probes[i]);
	}
	finish_releases();
	for (at = 0; hit_and_change(hit_address, unregister_one, at); at++) {
		init_probe(&probes[1], 0, true);
		register_it(&probes[1]);
		finish_releases();
	}
	if (at < 100)
		test_fail("a hit takes only %lu instructions", at);
}

/*
 * A jump comes or goes while a CPU is in a hit of its site
 */

/* What the CPU finds there, at once: it takes no interrupt within an instruction. */
static bool fetch_first(struct stack *stack)
{
	const u8 *text = (const u8 *)WORLD_TEXT;
	s32 distance;
	bool taken = true;

	in_exception = true;
	if (text[0] == INT3_INSN_OPCODE) {
		taken = int3(&stack->regs, WORLD_TEXT);
	} else if (text[0] == JMP32_INSN_OPCODE) {
		memcpy(&distance, text + 1, sizeof(distance));
		stack->regs.ip = WORLD_TEXT + JMP32_INSN_SIZE + distance;
	} else {
		taken = false;
	}
	in_exception = false;
	return taken;
}

/* From the detour's first call. All that it displaces are single bytes. */
static bool run_detour(struct stack *stack)
{
	bool elsewhere;

	stack->return_address = stack->regs.ip + CALL_INSN_SIZE;
	in_exception = true;
	elsewhere = kprobe_detour_hit(&stack->regs);
	if (elsewhere && kprobe_is_stepping())
		elsewhere = !call_leave(stack, jump_site);
	in_exception = false;
	stack->regs.ip = WORLD_TEXT + JMP32_INSN_SIZE;
	return !elsewhere;
}

static void hit_by_text(void)
{
	struct stack stack;

	begin_hit(&stack);
	in_task = true;
	if (!fetch_first(&stack))
		test_fail("a CPU finds neither a breakpoint nor a jump");
	else if (stack.regs.ip == kprobe_detour_entry(jump_site) ?
		 !run_detour(&stack) : !run_copy(&stack, jump_site, false))
		test_fail("a hit goes neither through a copy nor through the detour");
	in_task = true;
	/* It is within the bytes of the jump, or behind them. */
	if (stack.regs.ip == WORLD_TEXT + 1 ? *(u8 *)(WORLD_TEXT + 1) != text[1] :
					      stack.regs.ip != WORLD_TEXT + JMP32_INSN_SIZE)
		test_fail("a hit leads to %lx, which is no instruction", stack.regs.ip);
	in_task = false;
}

static void have_jumps(void)
{
	kprobe_optimization = 1;
	kprobe_reconsider_jumps();
}

static void have_no_jumps(void)
{
	kprobe_optimization = 0;
	kprobe_reconsider_jumps();
}

static void jumps_at_each_instruction(bool has_post, void (*change)(void), void (*undo)(void))
{
	unsigned int before;
	unsigned long at;

	world_begin(text, sizeof(text));
	init_probe(&probes[0], 0, has_post);
	register_it(&probes[0]);
	finish_releases();
	jump_site = kprobe_site_lookup(WORLD_TEXT);
	undo();
	finish_releases();
	for (at = 0; before = probes[0].pre, hit_and_change(hit_by_text, change, at); at++) {
		if (probes[0].pre != before + 1)
			test_fail("%u pre-handlers run in a hit", probes[0].pre - before);
		if ((*(u8 *)WORLD_TEXT == JMP32_INSN_OPCODE) != (change == have_jumps))
			test_fail("the text is not what it should be");
		undo();
		finish_releases();
	}
	if (at < 100)
		test_fail("a hit takes only %lu instructions", at);
}

void nmi_table_tests(void)
{
	TEST("interleave: a look-up after each instruction of a table's change") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			world_begin((const u8 []){ 0x90 }, 1);
			make_keys();
			look_at_each_instruction();
			say("changes of a table, each time with look-ups of all keys");
		}
	}
	TEST("interleave: a table's change after each instruction of a look-up") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			world_begin((const u8 []){ 0x90 }, 1);
			make_keys();
			change_while_looking();
			say("look-ups, one time in each with a change");
		}
	}
}

void nmi_hit_tests(void)
{
	TEST("interleave: hits after each instruction of a step by breakpoint") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			hits_after_each_instruction(KPROBE_WAY_BREAKPOINT);
			say("a hit that is stepped by breakpoint, with three hits");
		}
	}
	TEST("interleave: hits after each instruction of a step by trap flag") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			hits_after_each_instruction(KPROBE_WAY_TRAP);
			say("a hit that is stepped by trap flag, with three hits");
		}
	}
	TEST("interleave: hits after each instruction of a step that a call follows") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			hits_after_each_instruction(KPROBE_WAY_CALL);
			say("a hit that is stepped by call, with three hits");
		}
	}
	TEST("interleave: hits after each instruction of hits after each of a step") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			begin_world(KPROBE_WAY_BREAKPOINT);
			hit_in_hits(outer_hit, nmi_with_machine_checks, false);
			say("a hit in a hit, with a third");
		}
	}
	TEST("interleave: a drain begins and is looked at after each instruction of two steps") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			drains_after_each_instruction();
			say("two steps, with all drains that began before");
		}
	}
	TEST("interleave: hits after each instruction of changes of an address's probes") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			swaps_at_each_instruction();
			say("registrations and the like, with a hit");
		}
	}
	TEST("interleave: one of two probes is unregistered after each instruction of a hit") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			changes_at_each_instruction(0);
			say("hits of two probes, each time with a part of an unregistration");
		}
	}
	TEST("interleave: an address's only probe is unregistered after each of a hit") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			changes_at_each_instruction(1);
			say("hits, each time with a part of an unregistration");
		}
	}
	TEST("interleave: a jump comes after each instruction of a hit") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			jumps_at_each_instruction(false, have_jumps, have_no_jumps);
			say("hits, each time with a part of what writes a jump");
		}
	}
	TEST("interleave: a jump goes after each instruction of a hit") {
		if (test_needs(PREMISE_OWN_TRAPS)) {
			jumps_at_each_instruction(false, have_no_jumps, have_jumps);
			say("hits, each time with a part of what removes a jump");
		}
	}
}
