// SPDX-License-Identifier: GPL-2.0
/*
 * The emulated instructions that fall through, against the real CPU: push, pop,
 * flags, MOV between registers, NOP. What user space may not do is held against
 * a table of facts.
 */
#include <string.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>

#include "code.h"
#include "test.h"

#define MAY_TOGGLE	(X86_EFLAGS_CF | X86_EFLAGS_ZF | X86_EFLAGS_DF | X86_EFLAGS_OF)

static void stack_registers(void)
{
	static const u8 prefixes[] = { 0, 0x66, 0x67, 0xf2, 0xf3, 0x2e };
	u8 reg;
	size_t i;

	for (reg = 0; reg < NR_REGS; reg++) {
		TEST("emulate: push and pop of reg %d", reg) {
			for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
				struct code push = {}, pop = {};

				put_prefix(&push, prefixes[i]);
				put_rex(&push, 0, 0, 0, reg);
				put(&push, 0x50 | (reg & 7));
				check_sane(&push, KPROBE_OP_PUSH_REG);

				put_prefix(&pop, prefixes[i]);
				put_rex(&pop, 0, 0, 0, reg);
				put(&pop, 0x58 | (reg & 7));
				check_sane(&pop, KPROBE_OP_POP_REG);
			}
		}
	}
}

static void stack_immediates(void)
{
	static const struct code word = { { 0x66, 0x68, 0x34, 0x92 }, 4 };
	static const struct code byte = { { 0x66, 0x6a, 0x85 }, 3 };

	TEST("emulate: push of an immediate, extended by its sign") {
		CHECK_PREFIXED("\x6a\x7f", PUSH_IMM);
		CHECK_PREFIXED("\x6a\x80", PUSH_IMM);
		CHECK_PREFIXED("\x68\x78\x56\x34\x12", PUSH_IMM);
		CHECK_PREFIXED("\x68\x78\x56\x34\x92", PUSH_IMM);
		check_sane(&word, KPROBE_OP_PUSH_IMM);
		check_sane(&byte, KPROBE_OP_PUSH_IMM);
	}
}

/* A 16-bit push leaves the stack pointer like that; the CPU requires no alignment. */
static void odd_stack_pointer(void)
{
	static const struct {
		struct code code;
		u8 op;
	} insns[] = {
		{ { { 0x50 }, 1 }, KPROBE_OP_PUSH_REG }, { { { 0x58 }, 1 }, KPROBE_OP_POP_REG },
		{ { { 0x66, 0x50 }, 2 }, KPROBE_OP_PUSH_REG },
		{ { { 0x66, 0x58 }, 2 }, KPROBE_OP_POP_REG },
		{ { { 0x6a, 0x85 }, 2 }, KPROBE_OP_PUSH_IMM },
		{ { { 0x9c }, 1 }, KPROBE_OP_PUSHF }, { { { 0x66, 0x9c }, 2 }, KPROBE_OP_PUSHF },
		{ { { 0xe8, 0, 1, 0, 0 }, 5 }, KPROBE_OP_CALL },
		{ { { 0xff, 0xd1 }, 2 }, KPROBE_OP_CALL_REG },
		{ { { 0xff, 0x13 }, 2 }, KPROBE_OP_CALL_MEM },
		{ { { 0xff, 0x63, 0x01 }, 3 }, KPROBE_OP_JMP_MEM },
		{ { { 0xc3 }, 1 }, KPROBE_OP_RET }, { { { 0xc2, 3, 0 }, 3 }, KPROBE_OP_RET },
	};
	struct pt_regs regs;
	size_t i, odd;

	TEST("emulate: with a stack pointer that is not aligned") {
		for (i = 0; i < ARRAY_SIZE(insns); i++) {
			for (odd = 1; odd < sizeof(long); odd++) {
				sane_regs(&regs);
				regs.sp += odd;
				regs.cx = TARGET;
				prepare(&insns[i].code);
				memcpy((void *)regs.sp, &(unsigned long){ TARGET }, sizeof(long));
				memcpy((void *)regs.bx, &(unsigned long){ TARGET }, sizeof(long));
				memcpy((void *)regs.bx + 1, &(unsigned long){ TARGET }, sizeof(long));
				check(&insns[i].code, insns[i].op, &regs);
			}
		}
	}
}

static void check_flags(const struct code *code, u8 op, unsigned long flags,
			unsigned long on_stack)
{
	struct pt_regs regs;

	sane_regs(&regs);
	regs.flags |= flags;
	prepare(code);
	memcpy((void *)STACK, &on_stack, sizeof(on_stack));
	check(code, op, &regs);
}

static void check_flag_insns(const unsigned long *values, size_t nr, unsigned long toggled)
{
	static const u8 prefixes[] = { 0, 0x66, 0xf3 };
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		for (j = 0; j < nr; j++) {
			struct code pushf = {}, popf = {};

			put_prefix(&pushf, prefixes[i]);
			put(&pushf, 0x9c);
			check_flags(&pushf, KPROBE_OP_PUSHF, values[j] & toggled, 0);

			put_prefix(&popf, prefixes[i]);
			put(&popf, 0x9d);
			check_flags(&popf, KPROBE_OP_POPF, 0, values[j]);
			check_flags(&popf, KPROBE_OP_POPF, toggled, values[j]);
		}
	}
}

static void flags(void)
{
	/* AC is left out: with it on, the next access may trap. */
	static const unsigned long values[] = {
		0, MAY_TOGGLE, X86_EFLAGS_TF, X86_EFLAGS_IF, X86_EFLAGS_IOPL,
		X86_EFLAGS_PF | X86_EFLAGS_SF, X86_EFLAGS_RF,
		(u32)~(X86_EFLAGS_AC | X86_EFLAGS_VM | X86_EFLAGS_NT), 0,
	};
	static const unsigned long nested[] = {
		X86_EFLAGS_NT, X86_EFLAGS_RF | X86_EFLAGS_NT, MAY_TOGGLE | X86_EFLAGS_NT,
		(u32)~(X86_EFLAGS_AC | X86_EFLAGS_VM), 0,
	};

	TEST("emulate: pushf and popf, many flags")
		check_flag_insns(values, ARRAY_SIZE(values), MAY_TOGGLE);
	TEST("emulate: pushf and popf, NT") {
		if (test_needs(PREMISE_NT))
			check_flag_insns(nested, ARRAY_SIZE(nested), MAY_TOGGLE | X86_EFLAGS_NT);
	}
}

static void check_mov(u8 prefix, u8 rex_w, u8 opcode, u8 reg, u8 rm)
{
	struct code code = {};
	struct pt_regs regs;
	u8 nr;

	put_prefix(&code, prefix);
	put_rex(&code, rex_w, reg, 0, rm);
	put(&code, opcode);
	put(&code, 0xc0 | (reg & 7) << 3 | (rm & 7));

	sane_regs(&regs);
	for (nr = 0; nr < NR_REGS; nr++) {
		if (reg_of(&regs, nr) == &regs.sp && !test_part_needs(PREMISE_STACK))
			continue;
		*reg_of(&regs, nr) = (unsigned long)0xf1e2d3c4b5a69788 + 0x0101010101010101 * nr;
	}
	prepare(&code);

	/* AH and its like are not emulated. */
	if (!(opcode & 1) && code.bytes[prefix ? 1 : 0] == opcode && ((reg | rm) & 4)) {
		struct kprobe_insn insn;

		classify(&code, KPROBE_OP_NONE, &insn);
		return;
	}
	check(&code, KPROBE_OP_MOV_REG, &regs);
}

static void mov_between_registers(void)
{
	u8 opcode, reg, rm;

	for (opcode = 0x88; opcode <= 0x8b; opcode++) {
		TEST("emulate: mov, opcode %x, all registers and sizes", opcode) {
			for (reg = 0; reg < NR_REGS; reg++) {
				for (rm = 0; rm < NR_REGS; rm++) {
					check_mov(0, 0, opcode, reg, rm);
					check_mov(0x66, 0, opcode, reg, rm);
					check_mov(0x67, 0, opcode, reg, rm);
					check_mov(0xf2, 0, opcode, reg, rm);
#ifdef __x86_64__
					check_mov(0, 1, opcode, reg, rm);
					check_mov(0x66, 1, opcode, reg, rm);
#endif
				}
			}
		}
	}
}

#ifdef __x86_64__
static void mov_with_empty_rex(void)
{
	static const struct code code = { { 0x40, 0x88, 0xe5 }, 3 };	/* mov %spl, %bpl */

	TEST("emulate: an empty REX makes SPL of AH") {
		check_sane(&code, KPROBE_OP_MOV_REG);
	}
}
#endif

static void nops(void)
{
	TEST("emulate: nop, short and long") {
		CHECK_PREFIXED("\x0f\x1f\x00", NOP);
		CHECK_PREFIXED("\x0f\x1f\xc0", NOP);
		CHECK_PREFIXED("\x0f\x1f\x84\x00\x00\x00\x00\x00", NOP);
		check_sane(&(struct code) { { 0x90 }, 1 }, KPROBE_OP_NOP);
		check_sane(&(struct code) { { 0x66, 0x90 }, 2 }, KPROBE_OP_NOP);
		check_sane(&(struct code) { { 0x66, 0x66, 0x2e, 0x90 }, 4 }, KPROBE_OP_NOP);
		check_sane(&(struct code) { { 0xf3, 0x0f, 0x1e, 0xfa }, 4 }, KPROBE_OP_NOP);
		check_sane(&(struct code) { { 0xf3, 0x0f, 0x1e, 0xfb }, 4 }, KPROBE_OP_NOP);
#ifdef __x86_64__
		check_sane(&(struct code) { { 0x48, 0x90 }, 2 }, KPROBE_OP_NOP);
#endif
	}
}

/* Level 0: the SDM's tables for CLI, STI, POPF, and "a halt may end at once". */
#define FIXED	X86_EFLAGS_FIXED
#define IOPL	X86_EFLAGS_IOPL
#define IF	X86_EFLAGS_IF
#define TF	X86_EFLAGS_TF
#define RF	X86_EFLAGS_RF
#define VM	X86_EFLAGS_VM
#define AC	X86_EFLAGS_AC
#define NT	X86_EFLAGS_NT
#define VIF	X86_EFLAGS_VIF
#define VIP	X86_EFLAGS_VIP
static const struct {
	const char *name;
	struct code code;
	u8 op;
	unsigned long before, on_stack, after;
} privileged_facts[] = {
	{ "cli", { { 0xfa }, 1 }, KPROBE_OP_CLI, FIXED | IF, 0, FIXED },
	{ "cli, off", { { 0xfa }, 1 }, KPROBE_OP_CLI, FIXED, 0, FIXED },
	{ "sti", { { 0xfb }, 1 }, KPROBE_OP_STI, FIXED, 0, FIXED | IF },
	{ "sti, on", { { 0xfb }, 1 }, KPROBE_OP_STI, FIXED | IF, 0, FIXED | IF },
	{ "hlt", { { 0xf4 }, 1 }, KPROBE_OP_NOP, FIXED | IF, 0, FIXED | IF },
	{ "mwait", { { 0x0f, 0x01, 0xc9 }, 3 }, KPROBE_OP_NOP, FIXED, 0, FIXED },
	{ "mwaitx", { { 0x0f, 0x01, 0xfb }, 3 }, KPROBE_OP_NOP, FIXED, 0, FIXED },
	{ "popf, on", { { 0x9d }, 1 }, KPROBE_OP_POPF, FIXED, FIXED | IF, FIXED | IF },
	{ "popf, off", { { 0x9d }, 1 }, KPROBE_OP_POPF, FIXED | IF, FIXED, FIXED },
	{ "popf, TF", { { 0x9d }, 1 }, KPROBE_OP_POPF, FIXED, FIXED | TF, FIXED | TF },
	{ "popf, level", { { 0x9d }, 1 }, KPROBE_OP_POPF,
	  FIXED, FIXED | IOPL, FIXED | IOPL },
	{ "popf, what it leaves alone", { { 0x9d }, 1 }, KPROBE_OP_POPF,
	  FIXED, ~0xffUL & ~(AC | NT | IOPL | IF | TF | X86_EFLAGS_ID |
			     X86_EFLAGS_DF | X86_EFLAGS_OF), FIXED },
	{ "popf, what it keeps", { { 0x9d }, 1 }, KPROBE_OP_POPF,
	  FIXED | RF | VM | VIF | VIP, FIXED, FIXED | VM | VIF | VIP },
	{ "popfw keeps the upper half", { { 0x66, 0x9d }, 2 }, KPROBE_OP_POPF,
	  FIXED | AC | IF, FIXED | NT, FIXED | AC | NT },
};
#undef FIXED
#undef IOPL
#undef IF
#undef TF
#undef RF
#undef VM
#undef AC
#undef NT
#undef VIF
#undef VIP

static void privileged(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(privileged_facts); i++) {
		struct kprobe_insn insn;
		struct pt_regs regs;

		TEST("emulate at level 0: %s", privileged_facts[i].name) {
			sane_regs(&regs);
			regs.flags = privileged_facts[i].before;
			prepare(&privileged_facts[i].code);
			memcpy((void *)STACK, &privileged_facts[i].on_stack, sizeof(long));
			if (classify(&privileged_facts[i].code, privileged_facts[i].op, &insn) &&
			    (!kprobe_emulate(&insn, CODE, &regs) ||
			     regs.flags != privileged_facts[i].after || regs.ip != CODE + insn.len))
				test_fail("flags %lx, not %lx, at %lx", regs.flags,
					  privileged_facts[i].after, regs.ip);
		}
	}
}

void data_tests(void)
{
	stack_registers();
	stack_immediates();
	odd_stack_pointer();
	flags();
	mov_between_registers();
#ifdef __x86_64__
	mov_with_empty_rex();
#endif
	nops();
	privileged();
}
