// SPDX-License-Identifier: GPL-2.0
/*
 * What kprobe_resume() puts right behind a step, for each combination of TF and
 * IF before the step and behind it.
 */
#include <string.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>

#include "code.h"
#include "test.h"

#define TF		X86_EFLAGS_TF
#define IF		X86_EFLAGS_IF
#define BOTH		(TF | IF)
#define OTHERS		(X86_EFLAGS_FIXED | X86_EFLAGS_ZF)

/**
 * struct fact - what is to come of one instruction
 * @name: its name
 * @code: its bytes
 * @from_step: those of TF and IF that the step has left are right
 * @absolute: so is the IP
 */
static const struct fact {
	const char *name;
	struct code code;
	unsigned long from_step;
	bool absolute;
} facts[] = {
	{ "add", { { 0x01, 0xd8 }, 2 }, 0, false },
	{ "jmp", { { 0xeb, 0x10 }, 2 }, 0, false },
	{ "jmp *reg", { { 0xff, 0xe1 }, 2 }, 0, true },
	{ "ret", { { 0xc3 }, 1 }, 0, true },
	{ "call", { { 0xe8, 0, 1, 0, 0 }, 5 }, 0, false },
	{ "R3 cs call", { { 0x2e, 0xe8, 0, 1, 0, 0 }, 6 }, 0, false },
	{ "R3 call *reg", { { 0xff, 0xd1 }, 2 }, 0, true },
	{ "R3 call *mem", { { 0xff, 0x51, 0x10 }, 3 }, 0, true },
	{ "pushf", { { 0x9c }, 1 }, 0, false },
	{ "pushfw", { { 0x66, 0x9c }, 2 }, 0, false },
	{ "popf", { { 0x9d }, 1 }, BOTH, false },
	{ "popfw", { { 0x66, 0x9d }, 2 }, BOTH, false },
	{ "cli", { { 0xfa }, 1 }, IF, false },
	{ "sti", { { 0xfb }, 1 }, IF, false },
};

/* The top of the stack: a return address, or flags; else it must not change. */
static unsigned long expected_top(const struct kprobe_insn *insn, unsigned long top,
				  unsigned long old_flags)
{
	if (insn->flags & KPROBE_INSN_CALL)
		return CODE + insn->len;
	if (insn->flags & KPROBE_INSN_PUSHF)
		return (top & ~BOTH) | (old_flags & BOTH);
	return top;
}

static void check_resume(const struct fact *fact, const struct kprobe_insn *insn,
			 unsigned long sp, unsigned long old, unsigned long left)
{
	const unsigned long pattern = (unsigned long)0x7766554433221104;
	unsigned long ip = fact->absolute ? TARGET : SLOT + 0x123;
	unsigned long want_ip = fact->absolute ? TARGET : CODE + 0x123;
	unsigned long want_flags = OTHERS | (left & fact->from_step) | (old & ~fact->from_step);
	unsigned long top = pattern | left, want_top, below, above;
	struct pt_regs regs, want;

	prepare(&fact->code);
	sane_regs(&regs);
	regs.ip = ip;
	regs.sp = sp;
	regs.flags = OTHERS | left;
	memcpy((void *)sp, &top, sizeof(top));
	memcpy(&below, (void *)(sp - sizeof(long)), sizeof(below));
	memcpy(&above, (void *)(sp + sizeof(long)), sizeof(above));
	want_top = expected_top(insn, top, old);
	want = regs;
	want.ip = want_ip;
	want.flags = want_flags;

	kprobe_resume(insn, CODE, SLOT, OTHERS | old, &regs);

	memcpy(&top, (void *)sp, sizeof(top));
	if (memcmp(&regs, &want, sizeof(regs)))
		test_fail("from %lx to %lx: ip %lx, flags %lx, not %lx and %lx", old, left,
			  regs.ip, regs.flags, want.ip, want.flags);
	if (top != want_top)
		test_fail("from %lx to %lx: top of the stack is %lx, not %lx", old, left,
			  top, want_top);
	if (memcmp(&below, (void *)(sp - sizeof(long)), sizeof(below)) ||
	    memcmp(&above, (void *)(sp + sizeof(long)), sizeof(above)))
		test_fail("wrote beside the top of the stack");
}

void resume_tests(void)
{
	static const unsigned long combinations[] = { 0, TF, IF, BOTH };
	size_t i, old, left;

	for (i = 0; i < ARRAY_SIZE(facts); i++) {
		const struct code *code = &facts[i].code;
		struct kprobe_insn insn;

		TEST("resume: %s (%s)", facts[i].name, hex(code->bytes, code->len)) {
			if (kprobe_classify(&insn, code->bytes, code->len))
				test_fail("refused");
			for (old = 0; old < ARRAY_SIZE(combinations); old++) {
				for (left = 0; left < ARRAY_SIZE(combinations); left++) {
					check_resume(&facts[i], &insn, STACK, combinations[old],
						     combinations[left]);
					/* As a 16-bit push may leave the stack pointer, and worse. */
					check_resume(&facts[i], &insn, STACK + 1, combinations[old],
						     combinations[left]);
				}
			}
		}
	}
}
