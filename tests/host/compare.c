// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <string.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>

#include "compare.h"
#include "native.h"
#include "test.h"

#define INT3	0xcc

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
			test_fail("%s is %lx, not %lx", fields[i].name, g, w);
			return false;
		}
	}
	if ((got->flags ^ want->flags) & flags) {
		test_fail("flags are %lx, not %lx", got->flags, want->flags);
		return false;
	}
	return true;
}

static bool same_arena(const u8 *got, const u8 *want)
{
	size_t i;

	for (i = 0; i < ARENA_SIZE; i++) {
		if (got[i] != want[i]) {
			test_fail("memory at %lx is %x, not %x", ARENA + i, got[i], want[i]);
			return false;
		}
	}
	return true;
}

/* Where the last x87 instruction stood: the one thing that shows the slot. */
static bool is_fip(size_t offset)
{
	return offset >= 8 && offset < 16;
}

static bool same_xstate(const struct outcome *got, const struct outcome *want)
{
	size_t i;

	for (i = 0; i < want->xstate_size; i++) {
		if (got->xstate[i] != want->xstate[i] && !is_fip(i)) {
			test_fail("xstate differs at %zx", i);
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

static void compare_outcomes(const struct kprobe_insn *insn, const struct outcome *got,
			     const struct outcome *want)
{
	if (got->signal != want->signal)
		test_fail("stopped by %s, not by %s", strsignal(got->signal),
			  strsignal(want->signal));
	else if (same_regs(&got->regs, &want->regs, ~0UL) && same_xstate(got, want) &&
		 !leaves_garbage(insn, want))
		same_arena(got->arena, want->arena);
}

static bool falls_through(const struct kprobe_insn *insn)
{
	return insn->flags & (KPROBE_INSN_BOOST | KPROBE_INSN_STEP_BP);
}

void run_in_place(const struct kprobe_insn *insn, const struct pt_regs *regs,
		  struct outcome *out)
{
	u8 *next = (u8 *)CODE + insn->len;

	/*
	 * One that falls through runs on into a breakpoint, so that it sees no
	 * trap flag; of the others none looks.
	 */
	if (falls_through(insn)) {
		*next = INT3;
		native_run(regs, out);
	} else {
		native_step(regs, out);
	}
}

/* What POPF does not load in user space, and cannot be compared. */
static unsigned long comparable_flags(const struct kprobe_insn *insn)
{
	if (insn->flags & KPROBE_INSN_SETS_FLAGS)
		return ~(X86_EFLAGS_IF | X86_EFLAGS_IOPL);
	return ~0UL;
}

/* A call becomes two instructions: a push and a jump. */
static void run_rewritten(const struct kprobe_insn *insn, const struct pt_regs *regs,
			  struct outcome *out)
{
	unsigned long next = SLOT + kprobe_rewritten_size(insn);

	if (!kprobe_rewrite(insn, (u8 *)SLOT, CODE, SLOT))
		test_fail("out of reach");
	*(u8 *)next = INT3;
	if (falls_through(insn))
		native_run(regs, out);
	else
		native_step(regs, out);
	if (insn->op == KPROBE_OP_CALL && out->signal == SIGTRAP)
		native_step(&out->regs, out);
	if (out->signal != SIGTRAP)
		out->regs.ip += CODE - SLOT;
	else if (out->regs.ip == next)
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

/* As in a detour: another instruction, or several, in its place. */
static void compare_rewritten(const struct kprobe_insn *insn, const struct pt_regs *before,
			      const u8 *arena, const struct outcome *here)
{
	static struct outcome there;
	struct pt_regs regs = *before;

	if (!kprobe_rewritten_size(insn) || is_out_of_reach(insn))
		return;
	test_context("%s, rewritten: ", hex(insn->bytes, insn->len));
	memcpy((void *)ARENA, arena, ARENA_SIZE);
	regs.ip = SLOT;
	run_rewritten(insn, &regs, &there);
	compare_outcomes(insn, &there, here);
}

void compare_emulated(const struct kprobe_insn *insn, const struct pt_regs *before)
{
	static struct outcome real;
	static u8 arena[ARENA_SIZE];
	struct pt_regs regs = *before;

	((u8 *)CODE)[insn->len] = INT3;
	memcpy(arena, (void *)ARENA, ARENA_SIZE);
	run_in_place(insn, before, &real);
	compare_rewritten(insn, before, arena, &real);
	memcpy((void *)ARENA, arena, ARENA_SIZE);

	test_context("%s: ", hex(insn->bytes, insn->len));
	if (!kprobe_emulate(insn, CODE, &regs)) {
		if (memcmp(&regs, before, sizeof(regs)))
			test_fail("gave up with the registers changed");
		if (real.signal == SIGTRAP)
			test_fail("gave up on what the CPU does");
	} else if (real.signal != SIGTRAP) {
		test_fail("did what the CPU refuses: %s", strsignal(real.signal));
	} else if (same_regs(&regs, &real.regs, comparable_flags(insn))) {
		same_arena((u8 *)ARENA, real.arena);
	}
}

/* What a step leaves, in the kernel: the trap flag on, interrupts off. */
static void as_stepped(const struct kprobe_insn *insn, struct pt_regs *regs)
{
	if (insn->flags & (KPROBE_INSN_SETS_FLAGS | KPROBE_INSN_SETS_IF))
		return;
	regs->flags = (regs->flags | X86_EFLAGS_TF) & ~X86_EFLAGS_IF;
}

static void resume(const struct kprobe_insn *insn, unsigned long old_flags,
		   struct outcome *out)
{
	if (out->signal != SIGTRAP) {
		out->regs.ip += CODE - SLOT;
		return;
	}
	as_stepped(insn, &out->regs);
	kprobe_resume(insn, CODE, SLOT, old_flags, &out->regs);
	memcpy(out->arena, (void *)ARENA, ARENA_SIZE);
}

static void run_boosted(const struct kprobe_insn *insn, const struct pt_regs *regs,
			struct outcome *out)
{
	if (!kprobe_relocate_jump((u8 *)SLOT + insn->len, SLOT + insn->len, CODE + insn->len))
		test_fail("no way back");
	native_run(regs, out);
	if (out->signal != SIGTRAP)
		out->regs.ip += CODE - SLOT;
}

static void step_by_breakpoint(const struct kprobe_insn *insn, const struct pt_regs *regs,
			       struct outcome *out)
{
	((u8 *)SLOT)[insn->len] = INT3;
	native_run(regs, out);
	resume(insn, regs->flags, out);
}

static void step_by_trap_flag(const struct kprobe_insn *insn, const struct pt_regs *regs,
			      struct outcome *out)
{
	native_step(regs, out);
	while ((insn->flags & KPROBE_INSN_REP) && out->regs.ip == SLOT &&
	       out->signal == SIGTRAP)
		native_step(&out->regs, out);
	resume(insn, regs->flags, out);
}

int compare_in_slot(const struct kprobe_insn *insn, const struct pt_regs *before)
{
	static const struct {
		u16 flag;
		const char *name;
		void (*run)(const struct kprobe_insn *insn, const struct pt_regs *regs,
			    struct outcome *out);
	} ways[] = {
		{ KPROBE_INSN_BOOST, "boosted", run_boosted },
		{ KPROBE_INSN_STEP_BP, "stepped by breakpoint", step_by_breakpoint },
		{ KPROBE_INSN_STEP_TF, "stepped by trap flag", step_by_trap_flag },
	};
	static struct outcome here, there;
	static u8 arena[ARENA_SIZE];
	struct pt_regs regs = *before;
	size_t i;

	((u8 *)CODE)[insn->len] = INT3;
	memcpy(arena, (void *)ARENA, ARENA_SIZE);
	run_in_place(insn, before, &here);
	compare_rewritten(insn, before, arena, &here);

	regs.ip = SLOT;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (!(insn->flags & ways[i].flag))
			continue;
		test_context("%s, %s: ", hex(insn->bytes, insn->len), ways[i].name);
		memcpy((void *)ARENA, arena, ARENA_SIZE);
		if (kprobe_relocate(insn, (u8 *)SLOT, CODE, SLOT) != insn->len)
			test_fail("cannot be relocated");
		ways[i].run(insn, &regs, &there);
		compare_outcomes(insn, &there, &here);
	}
	return here.signal;
}
