// SPDX-License-Identifier: GPL-2.0
/*
 * The table of all forms: each opcode of each map, behind each prefix that means
 * something, with a register and with memory as operand, with each extension of the
 * opcode; behind VEX and EVEX; and each condition with each set of flags.
 */
#include <stdio.h>
#include <stdlib.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>

#include "check.h"
#include "compare.h"
#include "generate.h"
#include "test.h"

static const u8 legacy[] = { 0, 0x66, 0xf2, 0xf3, 0x67, 0x2e, 0x64, 0xf0 };
static const u8 rexes[] = {
	0,
#ifdef __x86_64__
	0x48, 0x41, 0x4d,
#endif
};

/* ModRM without its reg field: a register; [BX]; the same with displacements; SIB; none. */
static const u8 operands[] = { 0xc1, 0x03, 0x43, 0x83, 0x04, 0x05 };

/* The operand, what it may have behind it, and an immediate. */
static void put_operands(struct code *code, u8 modrm, u8 reg)
{
	put(code, modrm | reg << 3);
	if ((modrm & 7) == 4)
		put(code, 0x0e);	/* [SI + CX] */
	while (code->len < MAX_INSN_SIZE)
		put(code, 0x20 + code->len);
}

static void run_form(struct code *code, unsigned long flags)
{
	struct kprobe_insn insn;
	struct pt_regs regs;

	aim_displacement(code);
	if (!check_bytes(code, &insn))
		return;
	sane_regs(&regs);
	regs.flags |= flags;
	prepare(code);
	check_run(&insn, &regs);
}

/* A flag or none: what counts is that it is not always the same. */
static unsigned long some_flags(void)
{
	return random64() & (X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF |
			     X86_EFLAGS_SF | X86_EFLAGS_DF | X86_EFLAGS_OF);
}

/* Where each takes long one of so many will do; a prime, to meet all kinds. */
static bool is_left_out(void)
{
	static unsigned int nr;

	return getenv(EMULATED) && nr++ % 31;
}

/* QEMU's TCG ends with a fatal error at an opcode of the map 0f that it should refuse. */
static bool can_run_map(bool is_first)
{
	if (!is_first && getenv(EMULATED))
		test_skip("not every opcode of this map can be emulated");
	return (is_first || !getenv(EMULATED)) && compare_can_run();
}

/* @head: prefixes and escape bytes; the opcode comes behind it. */
static void check_form(const struct code *head, u8 opcode, u8 modrm, u8 reg)
{
	struct code code = *head;

	if (is_left_out())
		return;
	put(&code, opcode);
	put_operands(&code, modrm, reg);
	run_form(&code, some_flags());
}

/* Each opcode with each kind of operand; the reg field goes on an opcode, if at all, in some. */
static void each_opcode(const struct code *head, bool goes_on)
{
	unsigned int opcode, i;
	u8 reg;

	for (opcode = 0; opcode < 256; opcode++) {
		for (i = 0; i < ARRAY_SIZE(operands); i++)
			check_form(head, opcode, operands[i], 0);
		for (reg = 1; goes_on && reg < 8; reg++) {
			check_form(head, opcode, operands[0], reg);
			check_form(head, opcode, operands[1], reg);
		}
	}
}

/* A map that one gets to by escape bytes. */
static void legacy_map(const char *name, const void *escape, u8 len)
{
	unsigned int p, r;

	TEST("forms: %s", name) {
		if (!can_run_map(!len))
			continue;
		compare_begin();
		for (p = 0; p < ARRAY_SIZE(legacy); p++) {
			for (r = 0; r < ARRAY_SIZE(rexes); r++) {
				struct code head = {};

				/* More registers behind no prefix but REX: it is the same bits. */
				if (legacy[p] && r > 1)
					continue;
				put_prefix(&head, legacy[p]);
				put_prefix(&head, rexes[r]);
				put_bytes(&head, escape, len);
				each_opcode(&head, len < 2);
			}
		}
		compare_end();
		compare_report(name);
	}
}

/* Three bytes of VEX: the map, W, L and the prefix that is meant. The second source is AX. */
static void vex_map(u8 map)
{
	char name[16];
	unsigned int i;

	snprintf(name, sizeof(name), "VEX map %u", map);
	TEST("forms: %s", name) {
		if (!can_run_map(false))
			continue;
		compare_begin();
		for (i = 0; i < 16; i++) {
			struct code head = { { 0xc4, 0xe0 | map, (i & 8) << 4 | 0x78 | (i & 7) }, 3 };

			each_opcode(&head, false);
		}
		compare_end();
		compare_report(name);
	}
}

/* Four bytes of EVEX, with each prefix that is meant, 512 bits wide. */
static void evex_map(u8 map)
{
	char name[16];
	unsigned int i;

	snprintf(name, sizeof(name), "EVEX map %u", map);
	TEST("forms: %s", name) {
		if (!can_run_map(false))
			continue;
		compare_begin();
		for (i = 0; i < 8; i++) {
			struct code head = { { 0x62, 0xf0 | map, (i & 4) << 5 | 0x7c | (i & 3), 0x48 }, 4 };

			each_opcode(&head, false);
		}
		compare_end();
		compare_report(name);
	}
}

/* Jcc both ways, SETcc, CMOVcc */
static void conditions(void)
{
	static const unsigned long bits[] = {
		X86_EFLAGS_CF, X86_EFLAGS_PF, X86_EFLAGS_AF,
		X86_EFLAGS_ZF, X86_EFLAGS_SF, X86_EFLAGS_OF,
	};
	unsigned int cond, set, i;

	TEST("forms: R2 conditions, all flags") {
		if (!compare_can_run())
			continue;
		compare_begin();
		for (cond = 0; cond < 16; cond++) {
			const struct code codes[] = {
				{ { 0x70 | cond, 0x10 }, 2 },
				{ { 0x0f, 0x80 | cond, 0, 0x01 }, 6 },
				{ { 0x0f, 0x90 | cond, 0xc1 }, 3 },
				{ { 0x0f, 0x90 | cond, 0x03 }, 3 },
				{ { 0x0f, 0x40 | cond, 0xc1 }, 3 },
				{ { 0x0f, 0x40 | cond, 0x03 }, 3 },
			};

			for (set = 0; set < 64; set++) {
				unsigned long flags = 0;

				for (i = 0; i < ARRAY_SIZE(bits); i++)
					flags |= set & 1 << i ? bits[i] : 0;
				for (i = 0; i < ARRAY_SIZE(codes); i++) {
					struct code code = codes[i];

					run_form(&code, flags);
				}
			}
		}
		compare_end();
		if (compare_counts.cases != 16 * 64 * 6)
			test_fail("%lu cases", compare_counts.cases);
		compare_report("conditions");
	}
}

void form_tests(void)
{
	conditions();
	legacy_map("one byte", "", 0);
	legacy_map("0f", "\x0f", 1);
	legacy_map("0f38", "\x0f\x38", 2);
	legacy_map("0f3a", "\x0f\x3a", 2);
	vex_map(1);
	vex_map(2);
	vex_map(3);
	evex_map(1);
	evex_map(2);
	evex_map(3);
}
