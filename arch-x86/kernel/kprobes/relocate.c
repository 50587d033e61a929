// SPDX-License-Identifier: GPL-2.0
/*
 * An instruction at another address.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "insn.h"

#define JMP_REL32_OPCODE	0xe9
#define JMP_REL32_SIZE		5
#define CALL_REL32_OPCODE	0xe8
#define JCC_REL32_SIZE		6
#define PUSH_IMM32_OPCODE	0x68
#define PUSH_IMM32_SIZE		5

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

static bool relocate_branch(u8 opcode, u8 *copy, unsigned long from, unsigned long to)
{
	long wanted = to - (from + JMP_REL32_SIZE);
	s32 distance = wanted;

	if (distance != wanted)
		return false;
	copy[0] = opcode;
	memcpy(copy + 1, &distance, sizeof(distance));
	return true;
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
	return relocate_branch(JMP_REL32_OPCODE, copy, from, to);
}

/**
 * kprobe_relocate_call - write a near call
 * @copy: where its five bytes go
 * @from: address that it will run at
 * @to: its target
 *
 * Return: false, and nothing is written, if the target is out of reach.
 */
bool kprobe_relocate_call(u8 *copy, unsigned long from, unsigned long to)
{
	return relocate_branch(CALL_REL32_OPCODE, copy, from, to);
}

/* PUSH takes 32 bits and extends the sign, as addresses of the kernel's text want it. */
static bool push_address(u8 *copy, unsigned long addr)
{
	s32 imm = addr;

	if ((unsigned long)(long)imm != addr)
		return false;
	copy[0] = PUSH_IMM32_OPCODE;
	memcpy(copy + 1, &imm, sizeof(imm));
	return true;
}

/**
 * kprobe_rewritten_size - how long will it be, rewritten for another address?
 * @insn: the instruction
 *
 * Return: bytes, 1 to MAX_INSN_SIZE; 0 if it cannot be rewritten.
 */
unsigned int kprobe_rewritten_size(const struct kprobe_insn *insn)
{
	if (insn->osize == 2 && kprobe_is_near_branch(insn->op))
		return 0;

	switch (insn->op) {
	case KPROBE_OP_JMP:
		return JMP_REL32_SIZE;
	case KPROBE_OP_JCC:
		return JCC_REL32_SIZE;
	case KPROBE_OP_CALL:
		return PUSH_IMM32_SIZE + JMP_REL32_SIZE;
	case KPROBE_OP_JMP_REG:
	case KPROBE_OP_JMP_MEM:
	case KPROBE_OP_RET:
	case KPROBE_OP_PUSHF:
	case KPROBE_OP_POPF:
	case KPROBE_OP_CLI:
	case KPROBE_OP_STI:
		return insn->len;
	default:
		return insn->flags & KPROBE_INSN_BOOST ? insn->len : 0;
	}
}

/**
 * kprobe_rewrite - write what does the same at another address, all by itself
 * @insn: the instruction, for which kprobe_rewritten_size() is not 0
 * @copy: where the bytes go, kprobe_rewritten_size() of them
 * @from: address of the instruction
 * @to: address that the copy will run at
 *
 * Unlike kprobe_relocate() nobody puts anything right behind it. A branch goes
 * where the original went; a call leaves the return address of the original.
 *
 * Return: false if a target or an operand is out of reach of @to.
 */
bool kprobe_rewrite(const struct kprobe_insn *insn, u8 *copy, unsigned long from,
		    unsigned long to)
{
	unsigned long next = from + insn->len, target = next + insn->imm;

	switch (insn->op) {
	case KPROBE_OP_JMP:
		return kprobe_relocate_jump(copy, to, target);
	case KPROBE_OP_JCC:
		/* 0f 80 and on: the distance is that of a jump one byte further on. */
		if (!kprobe_relocate_jump(copy + 1, to + 1, target))
			return false;
		copy[0] = 0x0f;
		copy[1] = 0x80 | insn->cond;
		return true;
	case KPROBE_OP_CALL:
		return push_address(copy, next) &&
		       kprobe_relocate_jump(copy + PUSH_IMM32_SIZE, to + PUSH_IMM32_SIZE, target);
	default:
		return kprobe_relocate(insn, copy, from, to) > 0;
	}
}
