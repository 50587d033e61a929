// SPDX-License-Identifier: GPL-2.0
/*
 * Every emulated branch against the real CPU, in all forms: conditions, counts,
 * prefixes, registers, addressing modes.
 */
#include <string.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>

#include <kprobes/insn.h>

#include "code.h"
#include "native.h"
#include "test.h"

#define ARITHMETIC	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |	\
			 X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_OF)

/* Spread the low bits of @combination over the bits of @mask. */
static unsigned long pick_bits(unsigned long mask, unsigned int combination)
{
	unsigned long picked = 0;

	for (; mask; mask &= mask - 1, combination >>= 1) {
		if (combination & 1)
			picked |= mask & -mask;
	}
	return picked;
}

static void check_condition(u8 cond)
{
	struct code near_jcc = { .bytes = { 0x0f, 0x80 | cond }, .len = 2 };
	const struct code short_jcc = { .bytes = { 0x70 | cond, 0x85 }, .len = 2 };
	struct pt_regs regs;
	unsigned int i;

	put32(&near_jcc, 0x12345);
	sane_regs(&regs);
	for (i = 0; i < 64; i++) {
		regs.flags = (regs.flags & ~ARITHMETIC) | pick_bits(ARITHMETIC, i);
		prepare(&short_jcc);
		check(&short_jcc, KPROBE_OP_JCC, &regs);
		prepare(&near_jcc);
		check(&near_jcc, KPROBE_OP_JCC, &regs);
	}
}

static void conditions(void)
{
	static const char names[16][4] = {
		"o", "no", "b", "nb", "z", "nz", "be", "nbe",
		"s", "ns", "p", "np", "l", "nl", "le", "nle",
	};
	u8 cond;

	for (cond = 0; cond < 16; cond++) {
		TEST("emulate: R2 j%s, all flags", names[cond]) {
			check_condition(cond);
		}
	}
	TEST("emulate: jcc with prefixes") {
		CHECK_PREFIXED("\x74\x10", JCC);
		CHECK_PREFIXED("\x0f\x85\x10\x00\x00\x00", JCC);
	}
}

static void check_count(u8 opcode, u8 op, unsigned long count)
{
	static const u8 prefixes[] = { 0, 0x67, 0x2e };
	struct pt_regs regs;
	unsigned int i;

	sane_regs(&regs);
	regs.cx = count;
	for (i = 0; i < 2 * ARRAY_SIZE(prefixes); i++) {
		struct code code = {};

		put_prefix(&code, prefixes[i / 2]);
		put(&code, opcode);
		put(&code, 0xd0);
		regs.flags = (regs.flags & ~X86_EFLAGS_ZF) | (i & 1 ? X86_EFLAGS_ZF : 0);
		prepare(&code);
		check(&code, op, &regs);
	}
}

static void counts(void)
{
	static const unsigned long values[] = {
		0, 1, 2, 0xffff, 0x10000, 0x10001, 0x20000, 0xffffffff,
#ifdef __x86_64__
		0x100000000, 0x100000001, 0x100000002, 0xffffffff00000001, -1UL,
#endif
	};
	static const struct {
		const char *name;
		u8 opcode, op;
	} insns[] = {
		{ "loopne", 0xe0, KPROBE_OP_LOOPNE }, { "loope", 0xe1, KPROBE_OP_LOOPE },
		{ "loop", 0xe2, KPROBE_OP_LOOP }, { "jcxz", 0xe3, KPROBE_OP_JCXZ },
	};
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		TEST("emulate: %s, all counts and sizes", insns[i].name) {
			for (j = 0; j < ARRAY_SIZE(values); j++)
				check_count(insns[i].opcode, insns[i].op, values[j]);
		}
	}
}

/* Row 3: the return address is behind the last byte, whatever stands before. */
static void check_return_address(const char *name, const char *bytes, u8 len, u8 op)
{
	struct code code = { .len = len };
	struct kprobe_insn insn;
	struct pt_regs regs;
	unsigned long pushed;

	TEST("emulate: R3 %s pushes the address + %d", name, len) {
		memcpy(code.bytes, bytes, len);
		sane_regs(&regs);
		*reg_of(&regs, 1) = TARGET;
		prepare(&code);
		memcpy((void *)regs.bx, &(unsigned long){ TARGET }, sizeof(long));
		if (classify(&code, op, &insn)) {
			if (!kprobe_emulate(&insn, CODE, &regs))
				test_fail("cannot be emulated");
			memcpy(&pushed, (void *)(STACK - sizeof(long)), sizeof(long));
			if (regs.sp != STACK - sizeof(long) || pushed != CODE + len)
				test_fail("pushed %lx for %lx", pushed, CODE);
		}
	}
}

static void calls(void)
{
#define RETURNS(name, bytes, op) \
	check_return_address(name, bytes, sizeof(bytes) - 1, KPROBE_OP_##op)
	RETURNS("call", "\xe8\x00\x01\x00\x00", CALL);
	RETURNS("cs call", "\x2e\xe8\x00\x01\x00\x00", CALL);
	RETURNS("cs cs cs call", "\x2e\x2e\x2e\xe8\x00\x01\x00\x00", CALL);
	RETURNS("call *reg", "\xff\xd1", CALL_REG);
	RETURNS("notrack call *reg", "\x3e\xff\xd1", CALL_REG);
	RETURNS("call *mem", "\xff\x13", CALL_MEM);
	RETURNS("cs call *mem, long displacement", "\x2e\xff\x93\x00\x00\x00\x00", CALL_MEM);
#undef RETURNS

	TEST("emulate: call and jmp with prefixes") {
		CHECK_PREFIXED("\xe8\x00\x01\x00\x00", CALL);
		CHECK_PREFIXED("\xe8\x00\xff\xff\xff", CALL);
		CHECK_PREFIXED("\xe9\x78\x56\x34\x12", JMP);
		CHECK_PREFIXED("\xeb\x80", JMP);
		CHECK_PREFIXED("\xc3", RET);
		CHECK_PREFIXED("\xc2\x08\x00", RET);
		CHECK_PREFIXED("\xc2\x00\x80", RET);
		CHECK_PREFIXED("\xff\xe1", JMP_REG);
		CHECK_PREFIXED("\xff\xd1", CALL_REG);
	}
}

static void branch_registers(void)
{
	static const u8 extension[] = { 2, 4 };
	static const u8 op[] = { KPROBE_OP_CALL_REG, KPROBE_OP_JMP_REG };
	u8 i, reg;

	for (i = 0; i < 2 * NR_REGS; i++) {
		struct code code = {};
		struct pt_regs regs;

		reg = i / 2;
		TEST("emulate: %s *reg %d", i & 1 ? "jmp" : "call", reg) {
			put_rex(&code, 0, 0, 0, reg);
			put(&code, 0xff);
			put(&code, 0xc0 | extension[i & 1] << 3 | (reg & 7));
			sane_regs(&regs);
			if (reg != 4)
				*reg_of(&regs, reg) = TARGET;
			prepare(&code);
			check(&code, op[i & 1], &regs);
#ifdef __x86_64__
			if (reg != 4)
				*reg_of(&regs, reg) = NOT_CANONICAL;
			prepare(&code);
			check(&code, op[i & 1], &regs);
#endif
		}
	}
}

/* A memory operand: base and index may be missing (NR_REGS), scale is a shift. */
struct operand {
	u8 mod, base, index, scale;
	bool addr32;
};

static void put_operand(struct code *code, u8 extension, const struct operand *mem, s32 disp)
{
	bool has_base = mem->base < NR_REGS, has_index = mem->index < NR_REGS;
	u8 base = has_base ? mem->base & 7 : 5;
	u8 index = has_index ? mem->index & 7 : 4;
	bool sib = has_index || !has_base || base == 4;

	put_prefix(code, mem->addr32 ? 0x67 : 0);
	put_rex(code, 0, 0, has_index ? mem->index : 0, has_base ? mem->base : 0);
	put(code, 0xff);
	put(code, mem->mod << 6 | extension << 3 | (sib ? 4 : base));
	if (sib)
		put(code, mem->scale << 6 | index << 3 | base);
	if (mem->mod == 1)
		put(code, disp);
	else if (mem->mod == 2 || !has_base)
		put32(code, disp);
}

static unsigned long address_of(const struct operand *mem, struct pt_regs *regs, s32 disp)
{
	unsigned long addr = disp;

	if (mem->base < NR_REGS)
		addr += *reg_of(regs, mem->base);
	if (mem->index < NR_REGS)
		addr += *reg_of(regs, mem->index) << mem->scale;
	return addr;
}

/* Choose registers and displacement such that the operand lies in the arena. */
static unsigned long aim(const struct operand *mem, struct pt_regs *regs, s32 *disp)
{
	unsigned long middle = DATA + 0x800;

	if (mem->index < NR_REGS)
		*reg_of(regs, mem->index) = mem->base == 4 ? 0x100 : 0x200111;
	*disp = mem->mod == 1 ? -0x40 : 0;
	if (mem->mod == 2 || mem->base >= NR_REGS)
		*disp = middle - address_of(mem, regs, 0);
	else if (mem->base == mem->index)
		*reg_of(regs, mem->base) = (middle - *disp) / (1 + (1 << mem->scale));
	else if (mem->base != 4)
		*reg_of(regs, mem->base) += middle - address_of(mem, regs, *disp);
	return address_of(mem, regs, *disp);
}

static void check_operand(u8 extension, u8 op, const struct operand *mem)
{
	struct code code = {};
	struct pt_regs regs;
	unsigned long addr;
	u8 reg;
	s32 disp;

	sane_regs(&regs);
	for (reg = 0; reg < NR_REGS; reg++) {
		if (reg != 4)
			*reg_of(&regs, reg) = 0x1000000 + reg * 0x1111;
	}
	addr = aim(mem, &regs, &disp);
	put_operand(&code, extension, mem, disp);
#ifdef __x86_64__
	/* The upper halves must not count. */
	for (reg = 0; mem->addr32 && reg < NR_REGS; reg++) {
		if (reg != 4)
			*reg_of(&regs, reg) |= 0xdead00000000;
	}
#endif
	prepare(&code);
	memcpy((void *)addr, &(unsigned long){ TARGET }, sizeof(long));
	check(&code, op, &regs);
}

static void check_operands(const char *name, u8 extension, u8 op)
{
	struct operand mem = {};

	for (mem.mod = 0; mem.mod < 3; mem.mod++) {
		for (mem.base = 0; mem.base <= NR_REGS; mem.base++) {
			if (mem.mod == 0 && (mem.base & 7) == 5)
				continue;
			if (mem.mod != 0 && mem.base == NR_REGS)
				continue;
			TEST("emulate: %s *mem, mod %d base %d, all indices",
				   name, mem.mod, mem.base) {
				for (mem.index = 0; mem.index <= NR_REGS; mem.index++) {
					if (mem.index == 4)
						continue;
					for (mem.scale = 0; mem.scale < 4; mem.scale++) {
						mem.addr32 = false;
						check_operand(extension, op, &mem);
#ifdef __x86_64__
						mem.addr32 = true;
						check_operand(extension, op, &mem);
#endif
					}
				}
			}
		}
	}
}

/* Without base and index; in 64-bit mode that is RIP-relative. */
static void check_displacement(const char *name, u8 extension, u8 op, unsigned long target)
{
	static const u8 prefixes[] = { 0, 0x67, 0x2e };
	size_t i;

	TEST("emulate: %s *disp32 to %lx", name, target) {
		for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
			struct code code = {};
			struct pt_regs regs;

#ifndef __x86_64__
			if (prefixes[i] == 0x67)
				continue;
#endif
			put_prefix(&code, prefixes[i]);
			put(&code, 0xff);
			put(&code, extension << 3 | 5);
#ifdef __x86_64__
			put32(&code, DATA + 0x800 - (CODE + code.len + 4));
#else
			put32(&code, DATA + 0x800);
#endif
			sane_regs(&regs);
			prepare(&code);
			memcpy((void *)(DATA + 0x800), &target, sizeof(target));
			check(&code, op, &regs);
		}
	}
}

static void check_unreadable(const char *name, u8 extension, u8 op, unsigned long addr)
{
	const struct code code = { .bytes = { 0xff, extension << 3 }, .len = 2 };
	struct pt_regs regs;

	TEST("emulate: %s through %lx, which cannot be read", name, addr) {
		sane_regs(&regs);
		regs.ax = addr;
		prepare(&code);
		check(&code, op, &regs);
	}
}

static void branch_memory(void)
{
	static const struct {
		const char *name;
		u8 extension, op;
	} insns[] = {
		{ "call", 2, KPROBE_OP_CALL_MEM }, { "jmp", 4, KPROBE_OP_JMP_MEM },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		check_operands(insns[i].name, insns[i].extension, insns[i].op);
		check_displacement(insns[i].name, insns[i].extension, insns[i].op, TARGET);
		check_unreadable(insns[i].name, insns[i].extension, insns[i].op, 0);
		check_unreadable(insns[i].name, insns[i].extension, insns[i].op,
				 ARENA + ARENA_SIZE);
#ifdef __x86_64__
		check_displacement(insns[i].name, insns[i].extension, insns[i].op,
				   NOT_CANONICAL);
		check_unreadable(insns[i].name, insns[i].extension, insns[i].op,
				 NOT_CANONICAL);
#endif
	}
}

void branch_tests(void)
{
	conditions();
	counts();
	calls();
	branch_registers();
	branch_memory();
}
