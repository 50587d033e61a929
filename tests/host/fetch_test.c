// SPDX-License-Identifier: GPL-2.0
/*
 * The text as other CPUs fetch it, while the stack writes breakpoints and jumps: a search of
 * all that a CPU may do meanwhile.
 *
 * What writes is the stack's own code, from register_kprobe()'s batch down to text_poke(),
 * which is world/'s. At each of its pauses, before and after each write above all, a set is
 * completed: all states that a CPU can be in. A state is a place of the function, of a slot or
 * of an exception; its steps are fetches from the bytes that are there. CPUs and tasks share
 * nothing but these and the sites, so one set stands for any number of them.
 *
 * A fetch gets for each byte any value that it has had since the CPU's last serialising
 * instruction: an IRET, or what a broadcast makes it execute. What it makes of the bytes has
 * to be an instruction of the function where one begins, a breakpoint of a site, or the whole
 * jump of a site. What the CPU does in an exception, or where a detour calls C code, is what
 * the stack's own code does. It does that at one moment; nmi_test.c has the others.
 *
 * All sequences of some registrations, unregistrations, switches of the sysctl and ends of
 * grace periods are gone through, each in a process of its own.
 */
#include <stdarg.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "world/world.h"

#include "kprobes/step.h"

#include "test.h"

#define FLAGS		(X86_EFLAGS_FIXED | X86_EFLAGS_IF)
#define NR_PROBES	2
#define STATES		2048	/* a power of two */
#define WRITES		256

enum where { OUTSIDE, RUNNING, IN_INT3 };

/**
 * struct state - of a CPU that runs a task
 * @ip: of its next instruction; in an exception, of the breakpoint
 * @step: the step that it is in, if @steps
 * @where: outside of the function: it has scheduled; or executing; or it has met a breakpoint
 * @steps: how many it is in, 0 or 1
 * @seen: how many of the writes since the last broadcast it has certainly seen
 * @nr: the number of the original instruction that is to be executed next
 * @hits: of each probe, how often its pre-handler ran since the function was entered
 * @expected: the probes that were registered when it was entered, and still are
 * @age: whether the grace period of RCU Tasks that is under way waits for it
 */
struct state {
	unsigned long ip;
	struct kprobe_step step;
	u8 where;
	u8 steps;
	u16 seen;
	u8 nr;
	u8 hits[NR_PROBES];
	u8 expected;
	u8 age;
};

/*
 * A grace period waits for those that were not outside when it began. One that is in a step
 * may be late, since RCU may not be watching there; then a drain waits for it, and it is in no
 * probed text after that: such text is on the blacklist.
 */
enum age { YOUNG, OLD, LATE };

/* How the world is broken on purpose, for the search to find what comes of that. */
enum broken { SOUND, NO_BROADCAST, NO_GRACE_PERIOD, NO_DRAIN, NO_IRET, NR_BROKEN };

static enum broken broken;

/* What all processes of a search add to. */
static struct {
	unsigned long sequences;
	unsigned long pauses;
	unsigned long states;
	unsigned long fetches;
	bool found;
	char what[256];
} *search;

static char sequence[64];

static __printf(1, 2) void violation(const char *fmt, ...)
{
	va_list args;
	int used;

	if (search->found)
		return;
	search->found = true;
	used = snprintf(search->what, sizeof(search->what), "%s: ", sequence);
	va_start(args, fmt);
	vsnprintf(search->what + used, sizeof(search->what) - used, fmt, args);
	va_end(args);
}

/*
 * The set of states
 */

static struct state states[STATES];
static unsigned int nr_states, nr_done;
static u16 buckets[2 * STATES];		/* one more than the index of the state */

static unsigned int hash_state(const struct state *state)
{
	const u8 *bytes = (const u8 *)state;
	unsigned int i, hash = 0;

	for (i = 0; i < sizeof(*state); i++)
		hash = hash * 31 + bytes[i];
	return hash;
}

static void add_state(const struct state *state)
{
	unsigned int at = hash_state(state) % ARRAY_SIZE(buckets);

	for (; buckets[at]; at = (at + 1) % ARRAY_SIZE(buckets)) {
		if (!memcmp(&states[buckets[at] - 1], state, sizeof(*state)))
			return;
	}
	if (nr_states == STATES) {
		violation("there are too many states");
		return;
	}
	states[nr_states++] = *state;
	buckets[at] = nr_states;
	search->states++;
}

/* Make another set of it: what @change returns false for is dropped. */
static void change_states(bool (*change)(struct state *state))
{
	static struct state old[STATES];
	unsigned int i, nr = nr_states;

	memcpy(old, states, nr * sizeof(old[0]));
	memset(buckets, 0, sizeof(buckets));
	nr_states = 0;
	nr_done = 0;
	for (i = 0; i < nr; i++) {
		if (change(&old[i]))
			add_state(&old[i]);
	}
}

/*
 * The function
 */

static struct {
	const u8 *text;
	unsigned int nr;
	u8 at[16], len[16];
} function;

static void begin_function(const u8 *text, size_t size)
{
	struct kprobe_insn insn;
	unsigned int at;

	world_begin(text, size);
	function.text = text;
	function.nr = 0;
	for (at = 0; at < size; at += insn.len) {
		kprobe_classify(&insn, text + at, size - at);
		function.at[function.nr] = at;
		function.len[function.nr++] = insn.len;
	}
}

static bool in_function(unsigned long ip)
{
	return ip - WORLD_TEXT < world_size();
}

static bool in_slots(unsigned long ip)
{
	return ip >= READ_ONCE(kprobe_slots_start) && ip < READ_ONCE(kprobe_slots_end);
}

static bool is_original(unsigned int nr, const u8 *bytes)
{
	return nr < function.nr &&
	       !memcmp(bytes, function.text + function.at[nr], function.len[nr]);
}

/*
 * Bytes
 */

/* The writes since the last broadcast, and what was there before. */
static struct {
	unsigned long addr;
	unsigned int len;
	u8 was[KPROBE_SLOT_MAX];
} writes[WRITES];
static unsigned int nr_writes;

#define FETCHED		6	/* bytes, more than any instruction here has */

/* The values that a byte may have for a CPU; returns how many. */
static unsigned int byte_values(unsigned long addr, unsigned int seen, u8 *values)
{
	unsigned int i, j, nr = 0;

	values[nr++] = *(u8 *)addr;
	for (i = nr_writes; i-- > seen;) {
		u8 was = writes[i].was[addr - writes[i].addr];

		if (addr - writes[i].addr >= writes[i].len)
			continue;
		for (j = 0; j < nr && values[j] != was; j++)
			;
		if (j == nr && nr < 8)
			values[nr++] = was;
	}
	return nr;
}

/*
 * A CPU
 */

static struct kprobe_site *site_at(unsigned long addr)
{
	struct kprobe_site *site = kprobe_site_lookup(addr);

	return site;
}

struct probe {
	struct kprobe kp;
	unsigned int nr;
	bool is_dead;
};

static struct probe probes[NR_PROBES];
static u8 registered;

/* The one whose hit is run now. */
static struct state *running;

static int count_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct probe *probe = container_of(kp, struct probe, kp);

	if (probe->is_dead)
		violation("a handler of a probe runs that is unregistered");
	if (running->hits[probe->nr]++)
		violation("a hit is seen twice");
	return !regs;
}

static void count_end(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	struct probe *probe = container_of(kp, struct probe, kp);

	if (probe->is_dead || flags || !regs)
		violation("a post-handler of a probe runs that is unregistered");
}

struct stack {
	struct pt_regs regs;
	unsigned long return_address;
	unsigned long above[4];
};

/* Run the stack's code as this CPU, with the step that it is in. */
static void be_cpu(struct state *state)
{
	running = state;
	kprobe_steps.depth = state->steps;
	kprobe_steps.step[0] = state->step;
}

static void stop_being_cpu(struct state *state)
{
	state->steps = kprobe_steps.depth;
	memset(&state->step, 0, sizeof(state->step));
	if (state->steps) {
		state->step.hit.site = kprobe_steps.step[0].hit.site;
		state->step.hit.active = kprobe_steps.step[0].hit.active;
		state->step.copy = kprobe_steps.step[0].copy;
		state->step.flags = kprobe_steps.step[0].flags;
		state->step.by_trap = kprobe_steps.step[0].by_trap;
	}
	if (current_kprobe && !state->steps)
		violation("a hit does not end");
	current_kprobe = NULL;
	kprobe_steps.depth = 0;
	running = NULL;
}

/* The instruction was emulated, or is displaced and comes next: see where the CPU is. */
static void pass_emulated(struct state *state)
{
	if (in_function(state->ip) && state->nr + 1 < function.nr &&
	    state->ip == WORLD_TEXT + function.at[state->nr + 1])
		state->nr++;
	else if (in_slots(state->ip) && !is_original(state->nr, (u8 *)state->ip) &&
		 is_original(state->nr + 1, (u8 *)state->ip))
		state->nr++;
}

static void check_hit(const struct state *state)
{
	unsigned int i;

	for (i = 0; i < NR_PROBES; i++) {
		unsigned long addr = (unsigned long)probes[i].kp.addr;

		if (state->nr < function.nr && addr == WORLD_TEXT + function.at[state->nr] &&
		    (state->expected & 1U << i) && !state->hits[i])
			violation("the instruction at +%lx is executed and its hit is lost",
				  addr - WORLD_TEXT);
	}
}

/* One of the function's instructions was executed, wherever it stood. */
static void pass(struct state *state, unsigned int len)
{
	check_hit(state);
	state->ip += len;
	state->nr++;
	add_state(state);
}

/* See LATE. */
static void add_unless_late(const struct state *state)
{
	if (state->age != LATE || state->steps)
		add_state(state);
}

static void take_int3(struct state state)
{
	struct stack stack = { .regs.ip = state.ip + INT3_INSN_SIZE, .regs.flags = FLAGS };

	stack.regs.sp = (unsigned long)stack.above;
	be_cpu(&state);
	if (state.steps)
		current_kprobe = &kprobe_busy;
	if (!kprobe_int3_handler(&stack.regs))
		violation("a breakpoint at %lx belongs to nothing", state.ip);
	stop_being_cpu(&state);
	state.where = RUNNING;
	state.ip = stack.regs.ip;
	/* It returns by an IRET. */
	if (broken != NO_IRET)
		state.seen = nr_writes;
	pass_emulated(&state);
	add_unless_late(&state);
}

/* The call of a detour or behind a copy: what its assembly calls, with the same registers. */
static void take_call(struct state state, unsigned long to)
{
	struct stack stack = { .regs.flags = FLAGS };
	bool elsewhere, leave = to == (unsigned long)kprobe_detour_leave;

	if (to != (unsigned long)kprobe_detour_enter && (!leave || !state.steps)) {
		violation("a call at %lx leads to %lx", state.ip, to);
		return;
	}
	stack.return_address = state.ip + CALL_INSN_SIZE;
	be_cpu(&state);
	if (state.steps)
		current_kprobe = &kprobe_busy;
	elsewhere = leave ? kprobe_detour_hit_end(&stack.regs) : kprobe_detour_hit(&stack.regs);
	stop_being_cpu(&state);
	state.ip = elsewhere ? stack.regs.ip : stack.return_address;
	pass_emulated(&state);
	add_unless_late(&state);
}

/* A jump in a slot: back to the function, or to another part of a detour. */
static void take_jump(struct state state, unsigned long to)
{
	state.ip = to;
	if (!in_slots(to) && to != WORLD_TEXT + world_size() &&
	    (state.nr >= function.nr || to != WORLD_TEXT + function.at[state.nr]))
		violation("a CPU jumps from %lx to +%lx, and is to go on with instruction %u",
			  state.ip, to - WORLD_TEXT, state.nr);
	else
		add_state(&state);
}

static unsigned long branch_target(unsigned long ip, const u8 *bytes)
{
	s32 distance;

	memcpy(&distance, bytes + 1, sizeof(distance));
	return ip + JMP32_INSN_SIZE + distance;
}

static void execute_in_slot(struct state state, const u8 *bytes)
{
	if (bytes[0] == INT3_INSN_OPCODE) {
		state.where = IN_INT3;
		add_state(&state);
	} else if (bytes[0] == CALL_INSN_OPCODE) {
		take_call(state, branch_target(state.ip, bytes));
	} else if (bytes[0] == JMP32_INSN_OPCODE) {
		take_jump(state, branch_target(state.ip, bytes));
	} else if (is_original(state.nr, bytes)) {
		pass(&state, function.len[state.nr]);
	} else {
		violation("a CPU executes %s in a slot, in place of instruction %u",
			  hex(bytes, FETCHED), state.nr);
	}
}

/* The jump has to be one that is a site's. */
static void execute_jump(struct state state, const u8 *bytes)
{
	struct kprobe_site *site = site_at(state.ip);
	unsigned long to = branch_target(state.ip, bytes);

	if (!site || !site->arch.detour || to != kprobe_detour_entry(site)) {
		violation("a CPU executes %s at +%lx, which is no whole jump", hex(bytes, FETCHED),
			  state.ip - WORLD_TEXT);
		return;
	}
	state.ip = to;
	add_state(&state);
}

static void execute_in_function(struct state state, const u8 *bytes)
{
	if (bytes[0] == INT3_INSN_OPCODE) {
		state.where = IN_INT3;
		add_state(&state);
	} else if (state.ip == WORLD_TEXT + function.at[state.nr] &&
		   is_original(state.nr, bytes)) {
		pass(&state, function.len[state.nr]);
	} else if (bytes[0] == JMP32_INSN_OPCODE) {
		execute_jump(state, bytes);
	} else {
		violation("a CPU executes %s at +%lx", hex(bytes, FETCHED), state.ip - WORLD_TEXT);
	}
}

/* With each of the values that the byte at this index, and those after it, may have. */
static void fetch(const struct state *state, u8 *bytes, unsigned int index)
{
	u8 values[8];
	unsigned int i, nr;

	if (index == FETCHED) {
		search->fetches++;
		if (in_slots(state->ip))
			execute_in_slot(*state, bytes);
		else
			execute_in_function(*state, bytes);
		return;
	}
	nr = byte_values(state->ip + index, state->seen, values);
	for (i = 0; i < nr; i++) {
		bytes[index] = values[i];
		/* The rest of a breakpoint makes no difference. */
		if (!index && values[i] == INT3_INSN_OPCODE)
			fetch(state, bytes, FETCHED);
		else
			fetch(state, bytes, index + 1);
	}
}

/* The function returns, or is called. */
static void leave_or_enter(struct state state, bool leave)
{
	struct state next = {
		.where = leave ? OUTSIDE : RUNNING,
		.ip = leave ? 0 : WORLD_TEXT,
		.seen = state.seen,
		.expected = leave ? 0 : registered,
	};

	if (leave && state.nr != function.nr)
		violation("a CPU has left the function after %u instructions", state.nr);
	add_state(&next);
}

static void step_cpu(struct state state)
{
	u8 bytes[FETCHED];

	if (state.where == OUTSIDE)
		leave_or_enter(state, false);
	else if (state.where == IN_INT3)
		take_int3(state);
	else if (state.ip == WORLD_TEXT + world_size())
		leave_or_enter(state, true);
	else if (in_function(state.ip) || in_slots(state.ip))
		fetch(&state, bytes, 0);
	else
		violation("a CPU is at %lx", state.ip);
}

/*
 * The world
 */

/* What the steps of a CPU go by, besides bytes. */
struct seen {
	unsigned int writes;
	u8 registered;
	struct {
		struct kprobe_site *site;
		unsigned long active;
		bool via_detour;
		struct kprobe_detour *detour;
		struct kprobe_slot *boost, *step;
	} site[NR_PROBES];
};

static struct seen seen_now(void)
{
	struct seen seen;
	unsigned int i;

	memset(&seen, 0, sizeof(seen));
	seen.writes = nr_writes;
	seen.registered = registered;
	for (i = 0; i < NR_PROBES; i++) {
		struct kprobe_site *site = site_at((unsigned long)probes[i].kp.addr);

		if (!site)
			continue;
		seen.site[i].site = site;
		seen.site[i].active = site->active;
		seen.site[i].via_detour = site->arch.via_detour;
		seen.site[i].detour = site->arch.detour;
		seen.site[i].boost = site->arch.boost;
		seen.site[i].step = site->arch.step;
	}
	return seen;
}

/* For a drain there is one CPU: it is in a step if a CPU can be. */
static void show_steps(void)
{
	unsigned int i;

	kprobe_steps.depth = 0;
	for (i = 0; i < nr_states; i++)
		kprobe_steps.depth |= states[i].steps;
}

static void complete_states(void)
{
	static struct seen last;
	struct seen seen = seen_now();

	if (memcmp(&seen, &last, sizeof(seen)))
		nr_done = 0;
	last = seen;
	if (nr_done == nr_states)
		return;
	search->pauses++;
	while (nr_done < nr_states && !search->found)
		step_cpu(states[nr_done++]);
	show_steps();
}

static void before_poke(unsigned long addr, const u8 *bytes, size_t len)
{
	unsigned int i;

	(void)bytes;
	for (i = 0; i < nr_states; i++) {
		if (states[i].where != OUTSIDE && in_slots(addr) && states[i].ip - addr < len)
			violation("a slot is written and a CPU may be in it");
	}
	if (nr_writes == WRITES || len > sizeof(writes[0].was)) {
		violation("too much is written");
		return;
	}
	writes[nr_writes].addr = addr;
	writes[nr_writes].len = len;
	memcpy(writes[nr_writes++].was, (void *)addr, len);
}

/* Interrupts are off in an exception and in a step: the CPU takes the IPI after that. */
static bool take_broadcast(struct state *state)
{
	state->seen = 0;
	return state->where != IN_INT3 && !state->steps;
}

static void broadcast(void)
{
	if (broken == NO_BROADCAST)
		return;
	change_states(take_broadcast);
	nr_writes = 0;
}

static bool become_old(struct state *state)
{
	if (state->where != OUTSIDE && state->age == YOUNG)
		state->age = OLD;
	return true;
}

static void grace_begins(void)
{
	complete_states();
	change_states(become_old);
}

/* Those that it has waited for are gone. */
static bool end_of_grace(struct state *state)
{
	if (state->age != OLD)
		return true;
	if (broken == NO_GRACE_PERIOD)
		state->age = YOUNG;
	else if (state->steps)
		state->age = LATE;
	return state->age != OLD;
}

static bool end_of_exception(struct state *state)
{
	return state->where != IN_INT3;
}

static void rcu_waits(void)
{
	complete_states();
	change_states(end_of_exception);
	complete_states();
}

static bool end_of_step(struct state *state)
{
	return !state->steps || broken == NO_DRAIN;
}

static void steps_wait(void)
{
	complete_states();
	change_states(end_of_step);
	kprobe_steps.depth = 0;
}

static bool is_in(unsigned long addr, unsigned long start, size_t len)
{
	return addr - start < len;
}

static void freed(unsigned long addr, size_t len)
{
	unsigned int i;

	complete_states();
	for (i = 0; i < nr_states; i++) {
		const struct state *state = &states[i];
		const struct kprobe_hit *hit = &state->step.hit;

		if (state->where != OUTSIDE && is_in(state->ip, addr, len))
			violation("a slot is freed and a CPU may be in it");
		if (state->steps &&
		    (is_in((unsigned long)hit->site, addr, len) ||
		     is_in((unsigned long)kprobe_active_set(hit->active), addr, len)))
			violation("what a hit uses is freed");
	}
}

static void begin_search(void)
{
	static const struct state outside;

	world.paused = complete_states;
	world.before_poke = before_poke;
	world.broadcast = broadcast;
	world.grace_begins = grace_begins;
	world.rcu_waits = rcu_waits;
	world.steps_wait = steps_wait;
	world.freed = freed;
	add_state(&outside);
	complete_states();
}

/*
 * What is done to the probes
 */

static bool forget_probe_0(struct state *state)
{
	state->expected &= ~1;
	return true;
}

static bool forget_probe_1(struct state *state)
{
	state->expected &= ~2;
	return true;
}

static void do_register(unsigned int nr)
{
	probes[nr].is_dead = false;
	if (!world_register(&probes[nr].kp))
		violation("a probe is refused");
	registered |= 1U << nr;
}

static void do_unregister(unsigned int nr)
{
	registered &= ~(1U << nr);
	change_states(nr ? forget_probe_1 : forget_probe_0);
	world_unregister(&probes[nr].kp);
	probes[nr].is_dead = true;
}

static void do_end_grace(void)
{
	complete_states();
	change_states(end_of_grace);
	world_end_grace();
	complete_states();
	if (world_has_work())
		world_work();
}

static void do_switch(void)
{
	kprobe_optimization = !kprobe_optimization;
	kprobe_reconsider_jumps();
}

enum action { ADD_0, ADD_1, DEL_0, DEL_1, GRACE, SWITCH, NR_ACTIONS };

static const char action_names[] = "aAdDgs";

static bool may_do(enum action action)
{
	switch (action) {
	case ADD_0:
	case ADD_1:
		return !(registered & 1U << (action - ADD_0));
	case DEL_0:
	case DEL_1:
		return registered & 1U << (action - DEL_0);
	case GRACE:
		return world_grace_runs();
	default:
		return registered;
	}
}

static void take_action(enum action action)
{
	sequence[strlen(sequence)] = action_names[action];
	search->sequences++;
	switch (action) {
	case ADD_0:
	case ADD_1:
		do_register(action - ADD_0);
		break;
	case DEL_0:
	case DEL_1:
		do_unregister(action - DEL_0);
		break;
	case GRACE:
		do_end_grace();
		break;
	default:
		do_switch();
	}
	complete_states();
}

static void go_on(unsigned int depth);

static void in_process(enum action action, unsigned int depth)
{
	int status;
	pid_t pid;

	if (search->found)
		return;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		take_action(action);
		go_on(depth - 1);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		violation("%c: a process has died", action_names[action]);
}

/* Each next action in a process of its own, until one has found something. */
static void go_on(unsigned int depth)
{
	enum action action, last = NR_ACTIONS;

	for (action = 0; depth && action < NR_ACTIONS; action++) {
		if (!may_do(action))
			continue;
		if (last < NR_ACTIONS)
			in_process(last, depth);
		last = action;
	}
	/* This process is of no more use. */
	if (last < NR_ACTIONS && !search->found) {
		take_action(last);
		go_on(depth - 1);
	}
}

/**
 * struct scene - a function and its probes
 * @name: the lengths of its instructions
 * @text: the function
 * @len: its length
 * @at: where the probes are
 * @has_post: which of them have post-handlers
 * @depth: how long the sequences are
 */
struct scene {
	const char *name;
	u8 text[24];
	u8 len;
	u8 at[NR_PROBES];
	bool has_post[NR_PROBES];
	u8 depth;
};

static const struct scene scenes[] = {
	{ "1+2+3, a probe in the jump", { 0x98, 0x89, 0xc0, 0x0f, 0xb6, 0xc0, 5, 1, 2, 3, 4 }, 11,
	  { 0, 1 }, { false, false }, 5 },
	{ "1+2+3, post-handlers", { 0x98, 0x89, 0xc0, 0x0f, 0xb6, 0xc0, 5, 1, 2, 3, 4 }, 11,
	  { 0, 1 }, { true, true }, 5 },
	{ "2+1+5, a jump in the jump", { 0x89, 0xc0, 0x98, 5, 1, 2, 3, 4, 0xf8 }, 9,
	  { 0, 2 }, { false, true }, 5 },
	{ "1+2+3, two probes at one address",
	  { 0x98, 0x89, 0xc0, 0x0f, 0xb6, 0xc0, 5, 1, 2, 3, 4 }, 11,
	  { 0, 0 }, { true, true }, 5 },
	{ "5, 5", { 5, 1, 2, 3, 4, 0x2d, 1, 2, 3, 4, 0xf8 }, 11,
	  { 0, 5 }, { false, true }, 4 },
	{ "NOP+2+3", { 0x90, 0x89, 0xc0, 0x0f, 0xb6, 0xc0, 5, 1, 2, 3, 4 }, 11,
	  { 0, 3 }, { true, false }, 4 },
};

static void run_scene(const struct scene *scene)
{
	unsigned int i;

	search = mmap(NULL, sizeof(*search), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	begin_function(scene->text, scene->len);
	for (i = 0; i < NR_PROBES; i++) {
		probes[i].nr = i;
		probes[i].kp.addr = (kprobe_opcode_t *)(WORLD_TEXT + scene->at[i]);
		probes[i].kp.pre_handler = count_hit;
		probes[i].kp.post_handler = scene->has_post[i] ? count_end : NULL;
		INIT_LIST_HEAD(&probes[i].kp.list);
	}
	begin_search();
	go_on(scene->depth);
	printf("interleave: %lu sequences, %lu pauses, %lu states, %lu fetches: %s\n",
	       search->sequences, search->pauses, search->states, search->fetches, scene->name);
}

void fetch_tests(void)
{
	static const char *const names[NR_BROKEN] = {
		[NO_BROADCAST]		= "broadcasts reach no CPU",
		[NO_GRACE_PERIOD]	= "grace periods wait for no task",
		[NO_DRAIN]		= "steps are not waited for",
		[NO_IRET]		= "an IRET does not serialise",
	};
	const struct scene *scene;

	for (scene = scenes; scene < scenes + ARRAY_SIZE(scenes); scene++) {
		TEST("interleave: what a CPU fetches while text is written: %s", scene->name) {
			run_scene(scene);
			if (search->found)
				test_fail("%s", search->what);
		}
	}
	for (broken = NO_BROADCAST; broken < NR_BROKEN; broken++) {
		TEST("interleave: the search finds it if %s", names[broken]) {
			run_scene(broken == NO_DRAIN ? &scenes[3] : &scenes[1]);
			if (!search->found)
				test_fail("it does not");
			else
				printf("interleave: found: %s\n", search->what);
		}
	}
	broken = SOUND;
}
