// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>

#include "compare.h"
#include "native.h"
#include "test.h"

#define INT3	0xcc
#define NEVER	(~0UL)

struct compare_counts compare_counts;

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

static bool same_arena(const u8 *got, const u8 *want)
{
	size_t i;

	if (!memcmp(got, want, ARENA_SIZE))
		return true;
	for (i = 0; i < ARENA_SIZE; i++) {
		if (got[i] != want[i]) {
			differ("memory at %lx is %x, not %x", ARENA + i, got[i], want[i]);
			return false;
		}
	}
	return true;
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

static void compare_outcomes(const struct kprobe_insn *insn, const struct outcome *got,
			     const struct outcome *want)
{
	if (got->signal != want->signal)
		differ("stopped by %s, not by %s", strsignal(got->signal),
		       strsignal(want->signal));
	else if (same_regs(&got->regs, &want->regs, own_flags(insn)) &&
		 same_xstate(got, want) && !leaves_garbage(insn, want))
		same_arena(got->arena, want->arena);
}

/*
 * One that falls through runs on into a breakpoint, so that it sees no trap flag;
 * of the others none looks.
 */
static bool falls_through(const struct kprobe_insn *insn)
{
	return insn->flags & (KPROBE_INSN_BOOST | KPROBE_INSN_STEP_BP);
}

static void in_place(const struct kprobe_insn *insn, struct run *run)
{
	run->regs.ip = CODE;
	run->step = !falls_through(insn);
}

/* A call becomes two instructions: a push and a jump. */
static void rewritten(const struct kprobe_insn *insn, struct run *run)
{
	unsigned int size = kprobe_rewritten_size(insn);

	if (!kprobe_rewrite(insn, run->slot, CODE, SLOT))
		differ("out of reach");
	run->slot[size] = INT3;
	run->step = !falls_through(insn);
	if (insn->op == KPROBE_OP_CALL)
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
	if (insn->flags & KPROBE_INSN_REP)
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
	if (out->signal != SIGTRAP) {
		out->regs.ip += CODE - SLOT;
		return;
	}
	as_stepped(insn, &out->regs);
	memcpy((void *)ARENA, out->arena, ARENA_SIZE);
	kprobe_resume(insn, CODE, SLOT, before->flags, &out->regs);
	memcpy(out->arena, (void *)ARENA, ARENA_SIZE);
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

static bool is_allowed(const struct kprobe_insn *insn, const struct way *way)
{
	return way->flag ? (insn->flags & way->flag) && can_relocate(insn) : can_rewrite(insn);
}

static void prepare_run(struct run *run, const struct pt_regs *before)
{
	run->regs = *before;
	run->regs.ip = SLOT;
	run->step = false;
	run->again = NEVER;
	memset(run->slot, INT3, SLOT_BYTES);
}

/* What cannot run in user space, or does not fault there as it should. */
static bool can_emulate_here(const struct kprobe_insn *insn)
{
	/* A halt is the NOP that may not run in a slot. */
	return insn->op != KPROBE_OP_NONE &&
	       insn->op != KPROBE_OP_CLI && insn->op != KPROBE_OP_STI &&
	       (insn->flags || insn->op != KPROBE_OP_NOP);
}

/* What POPF does not load in user space, and cannot be compared. */
static unsigned long comparable_flags(const struct kprobe_insn *insn)
{
	if (insn->flags & KPROBE_INSN_SETS_FLAGS)
		return ~(X86_EFLAGS_IF | X86_EFLAGS_IOPL);
	return ~0UL;
}

/* From the arena as it is. */
static void compare_emulated(const struct kprobe_insn *insn, const struct pt_regs *before,
			     const struct outcome *here)
{
	struct pt_regs regs = *before;

	test_context("%s, emulated: ", hex(insn->bytes, insn->len));
	if (!kprobe_emulate(insn, CODE, &regs)) {
		if (memcmp(&regs, before, sizeof(regs)))
			differ("gave up with the registers changed");
		if (here->signal == SIGTRAP)
			differ("gave up on what the CPU does");
	} else if (here->signal != SIGTRAP) {
		differ("did what the CPU refuses: %s", strsignal(here->signal));
	} else if (same_regs(&regs, &here->regs, comparable_flags(insn))) {
		same_arena((u8 *)ARENA, here->arena);
	}
}

static bool is_repeated(const struct outcome *first, const struct outcome *second)
{
	return first->signal == second->signal &&
	       !memcmp(&first->regs, &second->regs, sizeof(first->regs)) &&
	       !memcmp(first->arena, second->arena, ARENA_SIZE);
}

/* Everything that there is to compare, by one of the children. */
static int compare_by(const struct engine *engine, const struct kprobe_insn *insn,
		      const struct pt_regs *before, const u8 *arena)
{
	struct run *runs = engine->runs;
	unsigned int nr = 2, i;
	bool allowed[ARRAY_SIZE(ways)];

	for (i = 0; i < 2; i++) {
		prepare_run(&runs[i], before);
		in_place(insn, &runs[i]);
	}
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		allowed[i] = is_allowed(insn, &ways[i]);
		if (!allowed[i])
			continue;
		test_context("%s, %s: ", hex(insn->bytes, insn->len), ways[i].name);
		prepare_run(&runs[nr], before);
		if (ways[i].flag && kprobe_relocate(insn, runs[nr].slot, CODE, SLOT) != insn->len)
			differ("cannot be relocated");
		ways[i].prepare(insn, &runs[nr++]);
	}
	if (!engine->execute(nr)) {
		differ("the child has not come back");
		return 0;
	}
	if (!is_repeated(&runs[0].out, &runs[1].out))
		return 0;
	for (i = 0, nr = 2; i < ARRAY_SIZE(ways); i++) {
		if (!allowed[i])
			continue;
		test_context("%s, %s: ", hex(insn->bytes, insn->len), ways[i].name);
		compare_counts.in_slot[i]++;
		ways[i].behind(insn, before, &runs[nr].out);
		compare_outcomes(insn, &runs[nr++].out, &runs[0].out);
	}
	if (can_emulate_here(insn)) {
		compare_counts.emulated++;
		memcpy((void *)ARENA, arena, ARENA_SIZE);
		compare_emulated(insn, before, &runs[0].out);
	}
	return runs[0].out.signal;
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

void compare_quickly(bool quickly)
{
	is_quick = quickly;
}

int compare(const struct kprobe_insn *insn, const struct pt_regs *before)
{
	static u8 arena[ARENA_SIZE];
	int signal;

	((u8 *)CODE)[insn->len] = INT3;
	memcpy(arena, (void *)ARENA, ARENA_SIZE);

	has_differed = false;
	is_believed = false;
	signal = compare_by(&quick_engine, insn, before, arena);
	if (has_differed || !is_quick) {
		bool suspected = has_differed;
		struct compare_counts counts = compare_counts;

		has_differed = false;
		is_believed = true;
		memcpy((void *)ARENA, arena, ARENA_SIZE);
		signal = compare_by(&native_engine, insn, before, arena);
		compare_counts = counts;
		compare_counts.dismissed += suspected && !has_differed;
	}
	count(signal);
	return signal;
}
