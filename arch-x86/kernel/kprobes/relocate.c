// SPDX-License-Identifier: GPL-2.0
/*
 * An instruction at another address.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "insn.h"

#define JMP_REL32_OPCODE	0xe9
#define JMP_REL32_SIZE		5

/**
 * kprobe_relocate - copy an instruction so that it does the same elsewhere
 * @insn: the instruction
 * @copy: where the bytes go, room for MAX_INSN_SIZE of them
 * @from: address of the instruction
 * @to: address that the copy will run at
 *
 * A RIP-relative operand goes on meaning the same memory. A relative branch is
 * copied as it is: kprobe_resume() moves the IP that it leaves, so that its
 * target need not be within reach of @to.
 *
 * Return: the length, or -ERANGE if a RIP-relative operand is out of reach.
 */
int kprobe_relocate(const struct kprobe_insn *insn, u8 *copy, unsigned long from,
		    unsigned long to)
{
	memcpy(copy, insn->bytes, insn->len);

	if (insn->flags & KPROBE_INSN_RIP_REL) {
		long wanted = insn->disp + from - to;
		s32 disp = wanted;

		if (disp != wanted)
			return -ERANGE;
		memcpy(copy + insn->disp_off, &disp, sizeof(disp));
	}
	return insn->len;
}

/**
 * kprobe_relocate_jump - write a near jump
 * @copy: where its five bytes go
 * @from: address that it will run at
 * @to: its target
 *
 * Return: false, and nothing is written, if the target is out of reach.
 */
bool kprobe_relocate_jump(u8 *copy, unsigned long from, unsigned long to)
{
	long wanted = to - (from + JMP_REL32_SIZE);
	s32 distance = wanted;

	if (distance != wanted)
		return false;
	copy[0] = JMP_REL32_OPCODE;
	memcpy(copy + 1, &distance, sizeof(distance));
	return true;
}
