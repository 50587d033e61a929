// SPDX-License-Identifier: GPL-2.0
/*
 * What the KUnit tests of kprobes share.
 */
#include <linux/ctype.h>
#include <linux/delay.h>
#include <linux/kallsyms.h>
#include <linux/kmsg_dump.h>
#include <linux/kthread.h>
#include <linux/sched/clock.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include "test.h"

int kprobe_test_target(int arg)
{
	return arg + 1;
}

int kprobe_test_other(int arg)
{
	return arg + 100;
}

/* Handlers of one CPU at a time write it. */
static char kprobe_trace[64];
static unsigned int kprobe_trace_len;

/**
 * kprobe_test_trace_add() - note that something has happened
 * @c: what
 *
 * Context: any, handlers too.
 */
void kprobe_test_trace_add(char c)
{
	if (kprobe_trace_len < sizeof(kprobe_trace) - 1)
		kprobe_trace[kprobe_trace_len++] = c;
}

/**
 * kprobe_test_trace() - what has happened since the last call
 *
 * Return: a character each; valid until the next call.
 */
const char *kprobe_test_trace(void)
{
	static char seen[sizeof(kprobe_trace)];

	memcpy(seen, kprobe_trace, kprobe_trace_len);
	seen[kprobe_trace_len] = '\0';
	kprobe_trace_len = 0;
	return seen;
}

static char kprobe_test_name(struct kprobe *kp)
{
	return container_of(kp, struct kprobe_test_probe, kp)->name;
}

static int kprobe_test_pre(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_trace_add(kprobe_test_name(kp));
	return 0;
}

static void kprobe_test_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	kprobe_test_trace_add(toupper(kprobe_test_name(kp)));
}

static int kprobe_test_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	kprobe_test_trace_add('!');
	kprobe_test_trace_add(kprobe_test_name(kp));
	return 0;
}

/**
 * kprobe_test_set_handlers() - choose the handlers of a probe
 * @tp: the probe, not registered
 * @handlers: KPROBE_TEST_*
 */
void kprobe_test_set_handlers(struct kprobe_test_probe *tp, unsigned int handlers)
{
	tp->kp.pre_handler = handlers & KPROBE_TEST_PRE ? kprobe_test_pre : NULL;
	tp->kp.post_handler = handlers & KPROBE_TEST_POST ? kprobe_test_post : NULL;
	tp->kp.fault_handler = handlers & KPROBE_TEST_FAULT ? kprobe_test_fault : NULL;
}

/**
 * kprobe_test_text() - read some text
 * @addr: its address
 *
 * Return: eight bytes, enough to see a breakpoint also behind an ENDBR.
 */
u64 kprobe_test_text(const void *addr)
{
	u64 text = 0;

	copy_from_kernel_nofault(&text, addr, sizeof(text));
	return text;
}

KUNIT_DEFINE_ACTION_WRAPPER(kprobe_test_unregister, unregister_kprobe, struct kprobe *);

/**
 * kprobe_test_own() - let a probe go with a test
 * @test: the test
 * @kp: the probe, registered or not; it has to outlive the test function
 *
 * From then on no jump waits for anything but its grace period.
 */
void kprobe_test_own(struct kunit *test, struct kprobe *kp)
{
	arch_kprobe_settle_jumps();
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kprobe_test_unregister, kp));
}

/**
 * kprobe_test_probe() - make a probe, not registered yet
 * @test: the test, with whose end it goes
 * @name: see struct kprobe_test_probe
 * @addr: where
 * @handlers: KPROBE_TEST_*
 *
 * Return: the probe.
 */
struct kprobe_test_probe *kprobe_test_probe(struct kunit *test, char name, void *addr,
					    unsigned int handlers)
{
	struct kprobe_test_probe *tp = kunit_kzalloc(test, sizeof(*tp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tp);
	tp->name = name;
	tp->kp.addr = addr;
	kprobe_test_set_handlers(tp, handlers);
	kprobe_test_own(test, &tp->kp);
	kprobe_test_trace();
	return tp;
}

static void kprobe_test_batch_free(void *data)
{
	struct kprobe_test_batch *many = data;

	if (many->batch && many->kps)
		unregister_kprobes(many->batch, many->nr);
	vfree(many->batch);
	vfree(many->kps);
}

/**
 * kprobe_test_batch() - make many probes, not registered yet
 * @test: the test, with whose end they go
 * @nr: how many
 *
 * Return: the probes, all zero.
 */
struct kprobe_test_batch *kprobe_test_batch(struct kunit *test, unsigned int nr)
{
	struct kprobe_test_batch *many = kunit_kzalloc(test, sizeof(*many), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, many);
	many->nr = nr;
	many->kps = vcalloc(nr, sizeof(*many->kps));
	many->batch = vcalloc(nr, sizeof(*many->batch));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kprobe_test_batch_free, many));
	KUNIT_ASSERT_NOT_NULL(test, many->kps);
	KUNIT_ASSERT_NOT_NULL(test, many->batch);
	for (i = 0; i < nr; i++)
		many->batch[i] = &many->kps[i];
	return many;
}

/**
 * kprobe_test_crowd() - register KPROBE_TEST_CROWD probes, all disabled
 * @test: the test, with whose end they go
 *
 * In turn on the two functions to probe.
 */
void kprobe_test_crowd(struct kunit *test)
{
	struct kprobe_test_batch *crowd = kprobe_test_batch(test, KPROBE_TEST_CROWD);
	int i;

	for (i = 0; i < KPROBE_TEST_CROWD; i++) {
		crowd->kps[i].addr = (void *)(i & 1 ? kprobe_test_target : kprobe_test_other);
		crowd->kps[i].flags = KPROBE_FLAG_DISABLED;
	}
	KUNIT_ASSERT_EQ(test, 0, register_kprobes(crowd->batch, crowd->nr));
}

KUNIT_DEFINE_ACTION_WRAPPER(kprobe_test_vfree, vfree, const void *);

/**
 * kprobe_test_bad_address() - a kernel address that cannot be read
 * @test: the test, with whose end it goes
 *
 * Return: the address, of the unmapped page behind an allocation.
 */
void *kprobe_test_bad_address(struct kunit *test)
{
	void *page = vmalloc(PAGE_SIZE);
	u8 byte;

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kprobe_test_vfree, page));
	KUNIT_ASSERT_NE(test, 0, copy_from_kernel_nofault(&byte, page + PAGE_SIZE, 1));
	return page + PAGE_SIZE;
}

/**
 * kprobe_test_other_cpu() - a CPU that can work while the test goes on here
 * @test: the test; it is skipped if there is none
 *
 * Return: the CPU.
 */
int kprobe_test_other_cpu(struct kunit *test)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "needs a second CPU");
	return cpu;
}

static int kprobe_test_loop_run(void *data)
{
	struct kprobe_test_loop *loop = data;

	while (!kthread_should_stop()) {
		loop->turn(loop->arg);
		WRITE_ONCE(loop->turns, loop->turns + 1);
		/* It would hold up every grace period. */
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

/*
 * Counts how often the task that runs the test offers to schedule. The longest time
 * in between is for people: it is only worth something where the clock counts
 * instructions. Times in which another task ran are left out.
 */
static struct task_struct *kprobe_turns_of;
static unsigned int kprobe_turns;
static unsigned long kprobe_turn_switches;
static u64 kprobe_turn_last, kprobe_turn_longest;

static void kprobe_turn(void)
{
	unsigned long switches = current->nvcsw + current->nivcsw;
	u64 now = local_clock();

	if (switches == kprobe_turn_switches)
		kprobe_turn_longest = max(kprobe_turn_longest, now - kprobe_turn_last);
	kprobe_turn_switches = switches;
	kprobe_turn_last = now;
}

static int kprobe_turn_pre(struct kprobe *kp, struct pt_regs *regs)
{
	if (current == kprobe_turns_of) {
		kprobe_turns++;
		kprobe_turn();
	}
	return 0;
}

/**
 * kprobe_test_turns() - see how often the task has offered to schedule
 *
 * Return: how often since the last call.
 */
unsigned int kprobe_test_turns(void)
{
	unsigned int turns = kprobe_turns;

	kprobe_turn();
	pr_info("%u offers to schedule, at most %llu ns apart\n", turns, kprobe_turn_longest);
	kprobe_turns = 0;
	kprobe_turn_longest = 0;
	kprobe_turn();
	return turns;
}

/**
 * kprobe_test_turns_count() - begin to count how often the task offers to schedule
 * @test: the test, skipped where nobody has to offer: in a preemptible kernel
 */
void kprobe_test_turns_count(struct kunit *test)
{
	struct kprobe *kp = kunit_kzalloc(test, sizeof(*kp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kp);
	kp->symbol_name = "__cond_resched";
	kp->pre_handler = kprobe_turn_pre;
	kprobe_turns_of = current;
	kprobe_test_own(test, kp);
	if (register_kprobe(kp))
		kunit_skip(test, "needs a probe on __cond_resched()");
	kprobe_test_turns();
	cond_resched();
	if (!kprobe_test_turns())
		kunit_skip(test, "needs a kernel without preemption");
}

/**
 * kprobe_test_loop() - let a task do something again and again
 * @test: the test, with whose end the task ends
 * @cpu: where; or KPROBE_TEST_ANY_CPU
 * @turn: what it does
 * @arg: for @turn
 *
 * Return: the loop, which runs.
 */
struct kprobe_test_loop *kprobe_test_loop(struct kunit *test, int cpu, void (*turn)(void *arg),
					  void *arg)
{
	struct kprobe_test_loop *loop = kunit_kzalloc(test, sizeof(*loop), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, loop);
	loop->turn = turn;
	loop->arg = arg;
	task = kthread_create(kprobe_test_loop_run, loop, "kprobe_test_loop");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	if (cpu != KPROBE_TEST_ANY_CPU)
		kthread_bind(task, cpu);
	loop->task = task;
	wake_up_process(task);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kprobe_test_loop_end, loop));
	return loop;
}

/**
 * kprobe_test_loop_goes_on() - wait until it has done it some times more
 * @loop: the loop
 * @turns: how many; or for a minute, if it hangs
 */
void kprobe_test_loop_goes_on(struct kprobe_test_loop *loop, unsigned long turns)
{
	unsigned long deadline = jiffies + 60 * HZ;

	turns += READ_ONCE(loop->turns);
	while (READ_ONCE(loop->turns) < turns && time_before(jiffies, deadline))
		cond_resched();
}

/**
 * kprobe_test_loop_end() - end a loop before the test does
 * @data: the loop; nothing happens if it has ended
 */
void kprobe_test_loop_end(void *data)
{
	struct kprobe_test_loop *loop = data;

	if (loop->task)
		kthread_stop(loop->task);
	loop->task = NULL;
}

/* A probe that is disabled and enabled while another CPU hits it all the time. */
struct kprobe_test_pairing {
	struct kprobe kp;
	unsigned long pre;
	unsigned long post;
	int (*target)(int arg);
};

static int kprobe_test_pairing_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct kprobe_test_pairing *pairing = container_of(kp, struct kprobe_test_pairing, kp);

	WRITE_ONCE(pairing->pre, pairing->pre + 1);
	return 0;
}

static void kprobe_test_pairing_post(struct kprobe *kp, struct pt_regs *regs,
				     unsigned long flags)
{
	struct kprobe_test_pairing *pairing = container_of(kp, struct kprobe_test_pairing, kp);

	WRITE_ONCE(pairing->post, pairing->post + 1);
}

static void kprobe_test_pairing_hit(void *data)
{
	struct kprobe_test_pairing *pairing = data;

	pairing->target(1);
}

/**
 * kprobe_test_pairing() - is every pre-handler followed by its post-handler?
 * @test: the test
 * @addr: a function that takes an int, to be probed at its start
 * @rounds: how often the probe is disabled and enabled
 *
 * One CPU calls the function all the time, this one disables and enables the
 * probe.
 */
void kprobe_test_pairing(struct kunit *test, void *addr, unsigned int rounds)
{
	unsigned long deadline = jiffies + 30 * HZ;
	int cpu = kprobe_test_other_cpu(test);
	struct kprobe_test_pairing *pairing;
	struct kprobe_test_loop *hitter;
	unsigned long seen;
	unsigned int round;

	pairing = kunit_kzalloc(test, sizeof(*pairing), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pairing);
	pairing->target = addr;
	pairing->kp.addr = addr;
	pairing->kp.pre_handler = kprobe_test_pairing_pre;
	pairing->kp.post_handler = kprobe_test_pairing_post;
	kprobe_test_own(test, &pairing->kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&pairing->kp));

	hitter = kprobe_test_loop(test, cpu, kprobe_test_pairing_hit, pairing);
	for (round = 0; round < rounds; round++) {
		/* Disable it in the midst of hits, not while the other CPU is elsewhere. */
		seen = READ_ONCE(pairing->pre);
		while (READ_ONCE(pairing->pre) < seen + 3 && time_before(jiffies, deadline))
			cond_resched();
		KUNIT_ASSERT_EQ(test, 0, disable_kprobe(&pairing->kp));
		KUNIT_ASSERT_EQ(test, 0, enable_kprobe(&pairing->kp));
	}
	kprobe_test_loop_end(hitter);
	KUNIT_EXPECT_GE(test, pairing->pre, 3UL * rounds);
	KUNIT_EXPECT_EQ(test, pairing->pre, pairing->post);
}

/**
 * kprobe_test_reason() - why can there be no such probe, for people?
 * @kp: the probe, not registered
 *
 * Return: what register_kprobe() goes by; its refusal is KPROBE_OK if there can be
 * one. @kp is as it was.
 */
struct kprobe_reason kprobe_test_reason(struct kprobe *kp)
{
	const struct kprobe before = *kp;
	struct kprobe_reason reason;
	struct kprobe_batch batch;

	kprobe_batch_begin(&batch);
	if (kprobe_batch_register(&batch, &kp, 1, &reason))
		kprobe_batch_remove(&batch, kp);
	kprobe_batch_end(&batch);
	if (!reason.refusal)
		*kp = before;
	return reason;
}

/**
 * kprobe_test_refusal() - why can there be no such probe?
 * @kp: the probe, not registered
 *
 * Return: as kprobe_test_reason() has it, KPROBE_OK if there can be one.
 */
enum kprobe_refusal kprobe_test_refusal(struct kprobe *kp)
{
	return kprobe_test_reason(kp).refusal;
}

static void kprobe_test_jumps_again(void *data)
{
	kprobe_optimization = 1;
}

/**
 * kprobe_test_no_jumps() - sites that are armed from now on stay breakpoints
 * @test: the test, at whose end they may be jumps again
 */
void kprobe_test_no_jumps(struct kunit *test)
{
	kprobe_optimization = 0;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kprobe_test_jumps_again, NULL));
}

/**
 * kprobe_test_expect_refusal() - expect that a probe is refused
 * @test: the test
 * @kp: the probe, not registered
 * @refusal: for this reason
 * @err: with this error
 *
 * And that neither the text nor what @kp says of the address has changed.
 */
void kprobe_test_expect_refusal(struct kunit *test, struct kprobe *kp,
				enum kprobe_refusal refusal, int err)
{
	void *given = kp->addr, *addr = given + kp->offset;
	u64 text = kprobe_test_text(addr);

	KUNIT_EXPECT_STREQ(test, kprobe_refusal_name(kprobe_test_refusal(kp)),
			   kprobe_refusal_name(refusal));
	KUNIT_EXPECT_EQ(test, err, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), text);
	KUNIT_EXPECT_PTR_EQ(test, (void *)kp->addr, given);
	/* If it was accepted after all, that must not outlive the test. */
	unregister_kprobe(kp);
}

/**
 * kprobe_test_slot_pages() - how many pages of slots are there?
 *
 * Return: as many as /proc/kallsyms shows.
 */
unsigned int kprobe_test_slot_pages(void)
{
	char type, name[KSYM_NAME_LEN];
	unsigned int nr = 0;
	unsigned long addr;

	while (!kprobe_get_kallsym(nr, &addr, &type, name))
		nr++;
	return nr;
}

/**
 * kprobe_test_logged() - how often does the kernel log say that?
 * @text: what is looked for; a line counts once
 *
 * Return: the number of lines that are there now.
 */
unsigned int kprobe_test_logged(const char *text)
{
	struct kmsg_dump_iter iter = { };
	static char line[512];
	unsigned int nr = 0;
	size_t len;

	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, sizeof(line) - 1, &len)) {
		line[len] = '\0';
		nr += !!strstr(line, text);
	}
	return nr;
}

static unsigned long kprobe_test_missed[KPROBE_NR_MISSED];

/**
 * kprobe_test_note_missed() - for kprobe_test_expect_missed(), begin to count
 */
void kprobe_test_note_missed(void)
{
	enum kprobe_missed_cause cause;

	for (cause = 0; cause < KPROBE_NR_MISSED; cause++)
		kprobe_test_missed[cause] = kprobe_missed_total(cause);
}

/**
 * kprobe_test_expect_missed() - expect that hits were missed for one cause
 * @test: the test
 * @cause: the cause
 * @nr: so many, and none for any other, since kprobe_test_note_missed()
 */
void kprobe_test_expect_missed(struct kunit *test, enum kprobe_missed_cause cause,
			       unsigned long nr)
{
	enum kprobe_missed_cause each;

	for (each = 0; each < KPROBE_NR_MISSED; each++)
		KUNIT_EXPECT_EQ_MSG(test,
				    kprobe_missed_total(each) - kprobe_test_missed[each],
				    each == cause ? nr : 0, "%s", kprobe_missed_name(each));
}

/**
 * kprobe_test_route() - what people are told of a probe's route
 * @test: the test
 * @kp: the probe, registered
 *
 * Return: the text.
 */
const char *kprobe_test_route(struct kunit *test, const struct kprobe *kp)
{
	char *text = kunit_kzalloc(test, KPROBE_ROUTE_LEN, GFP_KERNEL);
	struct kprobe_route route;

	KUNIT_ASSERT_NOT_NULL(test, text);
	scoped_guard(mutex, &kprobe_mutex)
		route = kprobe_route_of(kprobe_site_of(kp));
	kprobe_route_text(&route, text);
	return text;
}
