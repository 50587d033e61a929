// SPDX-License-Identifier: GPL-2.0
/* Instructions, registers and memory at random, from a fixed seed. */
#include <string.h>

#include <linux/kernel.h>

#include "generate.h"

static u64 state = SEED;

u64 random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

unsigned int random_below(unsigned int limit)
{
	return (random64() >> 32) % limit;
}

/* Random bytes, but more often than not an opcode that means something here. */
void random_code(struct code *code)
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
void aim_displacement(struct code *code)
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
void random_data(void)
{
	u64 *word;

	for (word = (u64 *)(DATA + 0x400); word < (u64 *)(DATA + 0x800); word++)
		*word = random64();
}

/* Pointers into the data, small numbers, or anything. The stack stays usable. */
void random_regs(struct pt_regs *regs)
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
