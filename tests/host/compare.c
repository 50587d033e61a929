// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>

#include "compare.h"
#include "native.h"
#include "test.h"

#define INT3	0xcc

struct compare_counts compare_counts;

static u64 image[ARENA_WORDS];	/* of the arena, before the instruction */
static bool is_quick;
static bool is_believed;	/* what differs now is a failure */
static bool has_differed;

__printf(1, 2) static void differ(const char *fmt, ...)
{
	char text[160];
	va_list args;

	has_differed = true;
	if (!is_believed)
		return;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	test_fail("%s", text);
}

/* What a failure is to say first. */
static void say_which(const struct kprobe_insn *insn, const char *way)
{
	if (is_believed)
		test_context("%s, %s: ", hex(insn->bytes, insn->len), way);
}

static bool same_regs(const struct pt_regs *got, const struct pt_regs *want, unsigned long flags)
{
	static const struct {
		const char *name;
		size_t offset;
	} fields[] = {
#define FIELD(name) { #name, offsetof(struct pt_regs, name) }
		FIELD(ip), FIELD(sp), FIELD(ax), FIELD(bx), FIELD(cx), FIELD(dx),
		FIELD(si), FIELD(di), FIELD(bp), FIELD(cs), FIELD(ss),
#ifdef __x86_64__
		FIELD(r8), FIELD(r9), FIELD(r10), FIELD(r11),
		FIELD(r12), FIELD(r13), FIELD(r14), FIELD(r15),
#endif
#undef FIELD
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		unsigned long g = *(unsigned long *)((char *)got + fields[i].offset);
		unsigned long w = *(unsigned long *)((char *)want + fields[i].offset);

		if (g != w) {
			differ("%s is %lx, not %lx", fields[i].name, g, w);
			return false;
		}
	}
	if ((got->flags ^ want->flags) & flags) {
		differ("flags are %lx, not %lx", got->flags, want->flags);
		return false;
	}
	return true;
}

static bool same_changes(const struct changes *got, const struct changes *want)
{
	unsigned int i, nr = got->nr < want->nr ? got->nr : want->nr;

	for (i = 0; i < nr; i++) {
		const struct change *g = &got->list[i], *w = &want->list[i];

		if (g->at != w->at || g->word != w->word) {
			differ("memory at %p is %llx, and at %p %llx", g->at,
			       (unsigned long long)g->word, w->at, (unsigned long long)w->word);
			return false;
		}
	}
	if (got->nr != want->nr)
		differ("%u words of memory are written, not %u", got->nr, want->nr);
	return got->nr == want->nr;
}

/*
 * Where the last x87 instruction stood: the one thing that shows the slot. And which
 * parts of the state the CPU has seen used; what is in them is compared.
 */
static bool is_incidental(size_t offset)
{
	return (offset >= 8 && offset < 16) || (offset >= 512 && offset < 520);
}

static bool same_xstate(const struct outcome *got, const struct outcome *want)
{
	size_t i;

	if (!memcmp(got->xstate, want->xstate, want->xstate_size))
		return true;
	for (i = 0; i < want->xstate_size; i++) {
		if (got->xstate[i] != want->xstate[i] && !is_incidental(i)) {
			differ("xstate differs at %zx", i);
			return false;
		}
	}
	return true;
}

/* A call may push before it faults: what lies there then is nobody's. */
static bool leaves_garbage(const struct kprobe_insn *insn, const struct outcome *out)
{
	return (insn->flags & KPROBE_INSN_CALL) && out->signal != SIGTRAP;
}

/* A POPF under ptrace: whose TF is it then? */
static unsigned long own_flags(const struct kprobe_insn *insn)
{
	return insn->flags & KPROBE_INSN_SETS_FLAGS ? ~X86_EFLAGS_TF : ~0UL;
}

/*
 * An opcode that the CPU does not have may reach, to it, into what follows. If that
 * makes it longer than an instruction can be the exception is another one.
 */
static bool is_too_long_to_tell(const struct kprobe_insn *insn, int got, int want)
{
	return insn->len > 8 && ((got == SIGILL && want == SIGSEGV) ||
				 (got == SIGSEGV && want == SIGILL));
}

static void compare_outcomes(const struct kprobe_insn *insn, const struct outcome *got,
			     const struct outcome *want)
{
	if (is_too_long_to_tell(insn, got->signal, want->signal))
		return;
	if (got->signal != want->signal)
		differ("stopped by %s, not by %s", strsignal(got->signal),
		       strsignal(want->signal));
	else if (same_regs(&got->regs, &want->regs, own_flags(insn)) &&
		 same_xstate(got, want) && !leaves_garbage(insn, want))
		same_changes(&got->changes, &want->changes);
}

/*
 * One that falls through runs on into a breakpoint, so that it sees no trap flag;
 * of the others none looks.
 */
static bool falls_through(const struct kprobe_insn *insn)
{
	return insn->flags & (KPROBE_INSN_BOOST | KPROBE_INSN_STEP_BP);
}

/* A call becomes two instructions: a push and a jump. */
static void rewritten(const struct kprobe_insn *insn, struct run *run)
{
	unsigned int size = kprobe_rewritten_size(insn);

	if (!kprobe_rewrite(insn, run->slot, CODE, SLOT))
		differ("out of reach");
	run->slot[size] = INT3;
	run->step = !falls_through(insn);
	run->goes_on = insn->op == KPROBE_OP_CALL;
	run->again = SLOT + 5;
}

static void behind_rewritten(const struct kprobe_insn *insn, const struct pt_regs *before,
			     struct outcome *out)
{
	(void)before;
	if (out->signal != SIGTRAP)
		out->regs.ip += CODE - SLOT;
	else if (out->regs.ip == SLOT + kprobe_rewritten_size(insn))
		out->regs.ip = CODE + insn->len;
}

/* The slot is far enough away for a branch that reaches its target from CODE only. */
static bool is_out_of_reach(const struct kprobe_insn *insn)
{
	long distance = CODE + insn->len + insn->imm - (SLOT + kprobe_rewritten_size(insn));
	bool is_branch = insn->op == KPROBE_OP_JMP || insn->op == KPROBE_OP_JCC ||
			 insn->op == KPROBE_OP_CALL;

	return is_branch && distance != (s32)distance;
}

static bool can_relocate(const struct kprobe_insn *insn)
{
	u8 copy[MAX_INSN_SIZE];

	return kprobe_relocate(insn, copy, CODE, SLOT) > 0;
}

static bool can_rewrite(const struct kprobe_insn *insn)
{
	return kprobe_rewritten_size(insn) && !is_out_of_reach(insn) && can_relocate(insn);
}

static void boosted(const struct kprobe_insn *insn, struct run *run)
{
	if (!kprobe_relocate_jump(run->slot + insn->len, SLOT + insn->len, CODE + insn->len))
		differ("no way back");
}

static void behind_boosted(const struct kprobe_insn *insn, const struct pt_regs *before,
			   struct outcome *out)
{
	(void)insn;
	(void)before;
	if (out->signal != SIGTRAP)
		out->regs.ip += CODE - SLOT;
}

static void by_breakpoint(const struct kprobe_insn *insn, struct run *run)
{
	run->slot[insn->len] = INT3;
}

static void by_trap_flag(const struct kprobe_insn *insn, struct run *run)
{
	run->step = true;
	run->goes_on = insn->flags & KPROBE_INSN_REP;
	run->again = SLOT;
}

/* What a step leaves, in the kernel: the trap flag on, interrupts off. */
static void as_stepped(const struct kprobe_insn *insn, struct pt_regs *regs)
{
	if (insn->flags & (KPROBE_INSN_SETS_FLAGS | KPROBE_INSN_SETS_IF))
		return;
	regs->flags = (regs->flags | X86_EFLAGS_TF) & ~X86_EFLAGS_IF;
}

static void resume(const struct kprobe_insn *insn, const struct pt_regs *before,
		   struct outcome *out)
{
	struct changes *changes = &out->changes;
	unsigned int i;

	if (out->signal != SIGTRAP) {
		out->regs.ip += CODE - SLOT;
		return;
	}
	as_stepped(insn, &out->regs);
	for (i = 0; i < changes->nr; i++)
		*changes->list[i].at = changes->list[i].word;
	kprobe_resume(insn, CODE, SLOT, before->flags, &out->regs);
	if (insn->flags & KPROBE_INSN_RESUMES)
		changes_note(changes, image);
	changes_undo(changes, image);
}

/* Ways to run a copy: how it is made, and what is put right behind it. */
static const struct way {
	const char *name;
	u16 flag;		/* that allows it */
	void (*prepare)(const struct kprobe_insn *insn, struct run *run);
	void (*behind)(const struct kprobe_insn *insn, const struct pt_regs *before,
		       struct outcome *out);
} ways[] = {
	{ "rewritten", 0, rewritten, behind_rewritten },
	{ "boosted", KPROBE_INSN_BOOST, boosted, behind_boosted },
	{ "stepped by breakpoint", KPROBE_INSN_STEP_BP, by_breakpoint, resume },
	{ "stepped by trap flag", KPROBE_INSN_STEP_TF, by_trap_flag, resume },
};

_Static_assert(ARRAY_SIZE(ways) == ARRAY_SIZE(compare_counts.in_slot) &&
	       ARRAY_SIZE(ways) + 2 <= MAX_RUNS, "each way is counted, and has a run");

/*
 * CPUID, RDTSC, RDPMC, RDTSCP, XGETBV: a hypervisor may emulate them, and then it has to
 * deliver the trap that follows.
 */
static bool is_emulated_below(const struct kprobe_insn *insn)
{
	struct insn decoded;

	if (insn_decode(&decoded, insn->bytes, insn->len, INSN_MODE_KERN) < 0 ||
	    decoded.opcode.bytes[0] != 0x0f)
		return false;
	switch (decoded.opcode.bytes[1]) {
	case 0x01:	/* XGETBV, RDTSCP, and others that are not the CPU's own business */
	case 0x31:
	case 0x33:
	case 0xa2:
		return true;
	default:
		return false;
	}
}

static bool is_allowed(const struct kprobe_insn *insn, const struct way *way)
{
	if (way->flag == KPROBE_INSN_STEP_TF && is_emulated_below(insn) &&
	    !test_part_needs(PREMISE_TRAP_BELOW))
		return false;
	return way->flag ? (insn->flags & way->flag) && can_relocate(insn) : can_rewrite(insn);
}

static void prepare_run(struct run *run, const struct pt_regs *before)
{
	run->regs = *before;
	run->regs.ip = SLOT;
	run->step = false;
	run->goes_on = false;
	run->again = 0;
	memset(run->slot, INT3, SLOT_BYTES);
}

/* What cannot run in user space, or does not fault there as it should. */
static bool can_emulate_here(const struct kprobe_insn *insn)
{
	/* A halt is the NOP that may not run in a slot. */
	return insn->op != KPROBE_OP_NONE &&
	       insn->op != KPROBE_OP_CLI && insn->op != KPROBE_OP_STI &&
	       ((insn->flags & KPROBE_INSN_ANY_SLOT) || insn->op != KPROBE_OP_NOP);
}

/* True if anything precedes the opcode that does not change what it does. */
static bool has_prefix(const struct kprobe_insn *insn)
{
	static const u8 prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf2, 0xf3 };

	return memchr(prefixes, insn->bytes[0], sizeof(prefixes)) != NULL ||
	       (insn->len > 1 && memchr(prefixes, insn->bytes[1], sizeof(prefixes)) != NULL &&
		memchr("\x66\x67", insn->bytes[0], 2) != NULL);
}

static bool can_compare_emulated(const struct kprobe_insn *insn)
{
	if (!can_emulate_here(insn))
		return false;
	if (has_prefix(insn) && !test_part_needs(PREMISE_PREFIXES))
		return false;
	if (insn->op == KPROBE_OP_RET && insn->imm > 0x7fff && !test_part_needs(PREMISE_RET_IMM))
		return false;
	return !(insn->flags & KPROBE_INSN_ABS_IP) || test_part_needs(PREMISE_CANONICAL);
}

unsigned long popf_flags(void)
{
	return 0x200cd5 | (test_part_needs(PREMISE_NT) ? X86_EFLAGS_NT : 0);
}

/* What POPF does not load in user space, and cannot be compared. */
static unsigned long comparable_flags(const struct kprobe_insn *insn)
{
	if (insn->flags & KPROBE_INSN_SETS_FLAGS)
		return ~(X86_EFLAGS_IF | X86_EFLAGS_IOPL);
	return ~0UL;
}

/* Is this an address, with 48 bits? */
static bool is_canonical(unsigned long addr)
{
	return sizeof(addr) == 4 || (long)((u64)addr << 16) >> 16 == (long)addr;
}

/* From the arena as it is. */
static void compare_emulated(const struct kprobe_insn *insn, const struct pt_regs *before,
			     const struct outcome *here)
{
	static struct changes changes;
	struct pt_regs regs = *before;

	say_which(insn, "emulated");
	if (!kprobe_emulate(insn, CODE, &regs)) {
		if (memcmp(&regs, before, sizeof(regs)))
			differ("gave up with the registers changed");
		if (here->signal == SIGTRAP)
			differ("gave up on what the CPU does");
	} else if (here->signal != SIGTRAP) {
		if (!is_canonical(regs.sp) && !test_part_needs(PREMISE_STACK))
			return;
		differ("did what the CPU refuses: %s", strsignal(here->signal));
	} else if (same_regs(&regs, &here->regs, comparable_flags(insn))) {
		changes_note(&changes, image);
		same_changes(&changes, &here->changes);
	}
}

static bool is_repeated(const struct outcome *first, const struct outcome *second)
{
	return first->signal == second->signal &&
	       !memcmp(&first->regs, &second->regs, sizeof(first->regs)) &&
	       first->changes.nr == second->changes.nr &&
	       !memcmp(first->changes.list, second->changes.list,
		       first->changes.nr * sizeof(first->changes.list[0]));
}

/* It writes over itself, or over the breakpoint behind it: a copy does not. */
static bool has_changed_itself(const struct outcome *out)
{
	unsigned int i;

	for (i = 0; i < out->changes.nr; i++) {
		unsigned long at = (unsigned long)out->changes.list[i].at;

		if (at + sizeof(u64) > CODE && at < CODE + MAX_INSN_SIZE + 1)
			return true;
	}
	return false;
}

static bool is_same_run(const struct run *a, const struct run *b)
{
	return a->step == b->step && a->goes_on == b->goes_on &&
	       !memcmp(a->slot, b->slot, SLOT_BYTES);
}

#define IN_PLACE	0
#define FIRST_COPY	1

static void plan_in_place(struct run *run, const struct kprobe_insn *insn,
			  const struct pt_regs *before)
{
	prepare_run(run, before);
	run->regs.ip = CODE;
	run->step = !falls_through(insn);
}

/**
 * struct plan - the runs of one instruction
 * @run: of each way, one run may be that of several; 0 if the way is not allowed
 * @nr: how many there are
 */
struct plan {
	u8		run[ARRAY_SIZE(ways)];
	unsigned int	nr;
};

static void plan_copies(struct plan *plan, struct run *runs, const struct kprobe_insn *insn,
			const struct pt_regs *before)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		struct run *run = &runs[plan->nr];

		plan->run[i] = 0;
		if (!is_allowed(insn, &ways[i]))
			continue;
		say_which(insn, ways[i].name);
		prepare_run(run, before);
		if (ways[i].flag && kprobe_relocate(insn, run->slot, CODE, SLOT) != insn->len)
			differ("cannot be relocated");
		ways[i].prepare(insn, run);
		for (j = FIRST_COPY; !is_same_run(&runs[j], run); j++)
			;
		plan->run[i] = j;
		if (j == plan->nr)
			plan->nr++;
	}
}

/* Only as much as there is. */
static void keep_outcome(struct outcome *to, const struct outcome *from)
{
	to->signal = from->signal;
	to->regs = from->regs;
	to->xstate_size = from->xstate_size;
	memcpy(to->xstate, from->xstate, from->xstate_size);
	to->changes.nr = from->changes.nr;
	memcpy(to->changes.list, from->changes.list,
	       from->changes.nr * sizeof(from->changes.list[0]));
}

/* Everything that there is to compare, by one of the children. */
static int compare_by(const struct engine *engine, const struct kprobe_insn *insn,
		      const struct pt_regs *before)
{
	static struct outcome out;
	struct run *runs = engine->runs;
	struct plan plan = { .nr = FIRST_COPY };
	unsigned int i;

	plan_in_place(&runs[IN_PLACE], insn, before);
	plan_copies(&plan, runs, insn, before);
	/* Once more, to see whether the instruction does the same each time. */
	plan_in_place(&runs[plan.nr], insn, before);
	if (!engine->execute(plan.nr + is_believed, image)) {
		differ("the child has not come back");
		return 0;
	}
	if (has_changed_itself(&runs[IN_PLACE].out) ||
	    (is_believed && !is_repeated(&runs[IN_PLACE].out, &runs[plan.nr].out)))
		return 0;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!plan.run[i])
			continue;
		say_which(insn, ways[i].name);
		compare_counts.in_slot[i]++;
		keep_outcome(&out, &runs[plan.run[i]].out);
		ways[i].behind(insn, before, &out);
		compare_outcomes(insn, &out, &runs[IN_PLACE].out);
	}
	if (can_compare_emulated(insn)) {
		compare_counts.emulated++;
		compare_emulated(insn, before, &runs[IN_PLACE].out);
	}
	return runs[IN_PLACE].out.signal;
}

static void count(int signal)
{
	if (!signal) {
		compare_counts.unrepeatable++;
		return;
	}
	compare_counts.cases++;
	compare_counts.faulted += signal != SIGTRAP;
}

void compare_begin(void)
{
	memset(&compare_counts, 0, sizeof(compare_counts));
	is_quick = true;
}

/* RDTSC faults under ptrace, so what it does cannot be confirmed; little else is like that. */
void compare_end(void)
{
	is_quick = false;
	if (compare_counts.dismissed > compare_counts.cases / 50)
		test_fail("%lu of %lu are wrong only without ptrace", compare_counts.dismissed,
			  compare_counts.cases);
}

void compare_report(const char *name)
{
	const struct compare_counts *n = &compare_counts;

	printf("# %-12s %9lu %9lu %9lu %9lu %9lu %9lu %9lu %9lu\n", name, n->cases, n->faulted,
	       n->emulated, n->in_slot[0], n->in_slot[1], n->in_slot[2], n->in_slot[3],
	       n->unrepeatable + n->dismissed);
}

bool compare_can_run(void)
{
	enum premise i;

	for (i = 0; i < FIRST_SPECIAL_PREMISE; i++) {
		if (!test_needs(i))
			return false;
	}
	native_start();
	quick_start();
	return true;
}

int compare(const struct kprobe_insn *insn, const struct pt_regs *before)
{
	struct compare_counts counts;
	bool is_suspected;
	int signal;

	if (!compare_can_run())
		return 0;

	((u8 *)CODE)[insn->len] = INT3;
	memcpy(image, (void *)ARENA, ARENA_SIZE);

	has_differed = false;
	is_believed = false;
	signal = compare_by(&quick_engine, insn, before);
	if (has_differed || !(is_quick || getenv(EMULATED))) {
		counts = compare_counts;
		is_suspected = has_differed;
		has_differed = false;
		is_believed = true;
		memcpy((void *)ARENA, image, ARENA_SIZE);
		signal = compare_by(&native_engine, insn, before);
		compare_counts = counts;
		compare_counts.dismissed += signal && is_suspected && !has_differed;
	}
	count(signal);
	return signal;
}
