// SPDX-License-Identifier: GPL-2.0
/*
 * Random instructions from a fixed seed. Whatever they are: the classification
 * agrees with the decoder and with itself; what it says is emulated or runs in
 * a slot comes out as the CPU does it.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "code.h"
#include "compare.h"
#include "test.h"

#define CASES		50000
#define SEED		0x6b70726f62657321ULL

static u64 state = SEED;

static u64 random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static unsigned int random_below(unsigned int limit)
{
	return (random64() >> 32) % limit;
}

/* Random bytes, but more often than not an opcode that means something here. */
static void random_code(struct code *code)
{
	static const u8 prefixes[] = {
		0x66, 0x67, 0xf2, 0xf3, 0x2e, 0x3e, 0x64, 0xf0,
		0x40, 0x41, 0x44, 0x48, 0x49, 0x4c, 0x4f, 0xd5,
	};
	static const u8 opcodes[] = {
		0x50, 0x55, 0x5c, 0x5f, 0x68, 0x6a, 0x70, 0x7e, 0x88, 0x89, 0x8a, 0x8b,
		0x90, 0x9c, 0x9d, 0xa4, 0xc2, 0xc3, 0xc5, 0xe0, 0xe3, 0xe8, 0xe9, 0xeb,
		0xfa, 0xff, 0xff, 0xff, 0x62, 0x8d,
	};
	unsigned int nr_prefixes = random_below(4);
	u8 i;

	code->len = 0;
	while (nr_prefixes--)
		put(code, prefixes[random_below(ARRAY_SIZE(prefixes))]);
	if (random_below(4) == 0)
		put(code, 0x0f);
	if (random_below(2))
		put(code, opcodes[random_below(ARRAY_SIZE(opcodes))]);
	for (i = code->len; i < MAX_INSN_SIZE; i++)
		put(code, random64());
}

/* Most memory operands with a displacement of 32 bits lie within reach of a pointer. */
static void aim_displacement(struct code *code)
{
	struct insn insn;
	s32 disp = (int)random_below(0x800) - 0x400;

	if (insn_decode(&insn, code->bytes, code->len, INSN_MODE_KERN) < 0 ||
	    insn.displacement.nbytes != sizeof(disp) || random_below(8) == 0)
		return;
	if (insn_rip_relative(&insn))
		disp += DATA + 0x600 - (CODE + insn.length);
	else if (X86_MODRM_MOD(insn.modrm.bytes[0]) == 0)
		disp += DATA + 0x600;
	memcpy(code->bytes + insn_offset_displacement(&insn), &disp, sizeof(disp));
}

/* Something else in the memory that pointers lead to. */
static void random_data(void)
{
	u64 *word;

	for (word = (u64 *)(DATA + 0x400); word < (u64 *)(DATA + 0x800); word++)
		*word = random64();
}

/* Pointers into the data, small numbers, or anything. The stack stays usable. */
static void random_regs(struct pt_regs *regs)
{
	u8 nr;

	sane_regs(regs);
	for (nr = 0; nr < NR_REGS; nr++) {
		unsigned long *reg = reg_of(regs, nr);

		if (nr == 4)
			continue;
		switch (random_below(4)) {
		case 0:
		case 3:
			*reg = DATA + 0x400 + random_below(0x400);
			break;
		case 1:
			*reg = random_below(4);
			break;
		case 2:
			*reg = random64();
			break;
		}
	}
	regs->flags |= random64() & 0x8d5;
}

static void check_against_decoder(const struct kprobe_insn *ki, const struct code *code)
{
	static const u8 zeros[MAX_INSN_SIZE];
	struct insn insn;

	if (insn_decode(&insn, code->bytes, code->len, INSN_MODE_KERN) < 0)
		test_fail("the decoder does not know it");
	else if (insn.length != ki->len)
		test_fail("length %d, not %d", ki->len, insn.length);
	if (memcmp(ki->bytes, code->bytes, ki->len) ||
	    memcmp(ki->bytes + ki->len, zeros, MAX_INSN_SIZE - ki->len))
		test_fail("kept as %s", hex(ki->bytes, MAX_INSN_SIZE));
}

static void check_with_itself(const struct kprobe_insn *insn)
{
	if (insn->op == KPROBE_OP_NONE && !(insn->flags & KPROBE_INSN_ANY_SLOT))
		test_fail("no way to run it");
	if (insn->op >= KPROBE_NR_OPS)
		test_fail("op %d", insn->op);
	/* Only these can turn out not to be emulated after all. */
	if ((insn->flags & KPROBE_INSN_ABS_IP) &&
	    (insn->flags & KPROBE_INSN_ANY_SLOT) != KPROBE_INSN_STEP_TF)
		test_fail("goes elsewhere, and is not stepped by trap flag alone");
}

/* The copy is the same instruction, and its operand lies where it did. */
static void check_relocated(const struct kprobe_insn *insn)
{
	struct kprobe_insn moved;
	u8 copy[MAX_INSN_SIZE] = {};
	int len = kprobe_relocate(insn, copy, CODE, SLOT);

	if (len < 0 && (insn->flags & KPROBE_INSN_RIP_REL))
		return;
	if (len != insn->len || kprobe_classify(&moved, copy, len)) {
		test_fail("relocated to %s", hex(copy, MAX_INSN_SIZE));
		return;
	}
	if (insn->flags & KPROBE_INSN_RIP_REL) {
		if (CODE + insn->disp != SLOT + moved.disp)
			test_fail("other operand in %s", hex(copy, len));
		moved.disp = insn->disp;
		memcpy(moved.bytes + insn->disp_off, &insn->disp, sizeof(insn->disp));
	}
	if (memcmp(&moved, insn, sizeof(moved)))
		test_fail("not the same as %s", hex(copy, len));
}

/* Outside of it the child and the test do not see the same memory. */
static bool operand_in_arena(const struct kprobe_insn *insn, struct pt_regs *regs)
{
	unsigned long addr = insn->disp;

	if (insn->flags & KPROBE_INSN_RIP_REL)
		addr += CODE + insn->len;
	if (insn->base != KPROBE_NO_REG)
		addr += *reg_of(regs, insn->base);
	if (insn->index != KPROBE_NO_REG)
		addr += *reg_of(regs, insn->index) << insn->scale;
	if (insn->asize == 4)
		addr = (u32)addr;
	return addr >= ARENA && addr <= ARENA + ARENA_SIZE - sizeof(long);
}

/* What the kernel may be emulating, or what takes memory away: SGDT and so on, WRPKRU. */
static bool is_for_the_kernel(const struct kprobe_insn *insn)
{
	struct insn decoded;
	u8 modrm, reg;

	if (insn_decode(&decoded, insn->bytes, insn->len, INSN_MODE_KERN) < 0)
		return true;
	if (decoded.opcode.bytes[0] != 0x0f || decoded.opcode.bytes[1] > 1)
		return false;
	modrm = decoded.modrm.bytes[0];
	reg = X86_MODRM_REG(modrm);
	if (decoded.opcode.bytes[1] == 0)
		return reg < 2;
	return reg == 4 || modrm == 0xef || (reg < 2 && X86_MODRM_MOD(modrm) != 3);
}

static void check_run(const struct kprobe_insn *insn, const struct code *code)
{
	struct pt_regs regs;

	random_regs(&regs);
	prepare(code);
	random_data();
	if (is_for_the_kernel(insn))
		return;
	if ((insn->op == KPROBE_OP_JMP_MEM || insn->op == KPROBE_OP_CALL_MEM) &&
	    !operand_in_arena(insn, &regs))
		return;
	if (insn->op == KPROBE_OP_POPF)
		memcpy((void *)STACK, &(unsigned long){ random64() & 0x204cd5 }, sizeof(long));
	if ((insn->flags & KPROBE_INSN_REP) && random_below(16))
		regs.cx &= 15;
	compare(insn, &regs);
}

void random_tests(void)
{
	unsigned long rounds = 0;

	test_begin("random: %u instructions, seed %llx", CASES, SEED);
	compare_quickly(true);
	memset(&compare_counts, 0, sizeof(compare_counts));
	while (compare_counts.cases < CASES) {
		struct kprobe_insn insn;
		struct code code;

		rounds++;
		random_code(&code);
		aim_displacement(&code);
		if (kprobe_classify(&insn, code.bytes, code.len))
			continue;
		code.len = insn.len;
		test_context("%s: ", hex(insn.bytes, insn.len));
		check_against_decoder(&insn, &code);
		check_with_itself(&insn);
		check_relocated(&insn);
		check_run(&insn, &code);
	}
	test_end();
	printf("# of %lu: %lu run (%lu fault, %lu not repeatable), %lu emulated, %lu rewritten, %lu boosted, %lu stepped by breakpoint, %lu by trap flag; %lu dismissed\n",
	       rounds, compare_counts.cases, compare_counts.faulted, compare_counts.unrepeatable,
	       compare_counts.emulated, compare_counts.in_slot[0], compare_counts.in_slot[1],
	       compare_counts.in_slot[2], compare_counts.in_slot[3], compare_counts.dismissed);
}
