/* SPDX-License-Identifier: GPL-2.0 */
/* Instructions put together byte by byte, and held against the CPU. */
#ifndef _CODE_H
#define _CODE_H

#include <stdbool.h>

#include <linux/types.h>

#include <kprobes/insn.h>

#include "native.h"

#ifdef __x86_64__
#define NR_REGS		16
#define TARGET		0x0000555512345678UL
#define NOT_CANONICAL	0x6b6b6b6b6b6b6b6bUL
#else
#define NR_REGS		8
#define TARGET		0x12345678UL
#endif

struct code {
	u8 bytes[MAX_INSN_SIZE];
	u8 len;
};

void put(struct code *code, u8 byte);
void put_bytes(struct code *code, const void *bytes, u8 len);
void put_prefix(struct code *code, u8 prefix);	/* 0: none */
void put32(struct code *code, s32 value);
/* REX with the high bits of the three register fields, if there is need. */
void put_rex(struct code *code, u8 w, u8 reg, u8 index, u8 base);

unsigned long *reg_of(struct pt_regs *regs, u8 nr);

/* Reset the arena, with the code at CODE and TARGET on top of the stack. */
void prepare(const struct code *code);

/* Fail unless it is classified as @op, and without error. */
bool classify(const struct code *code, u8 op, struct kprobe_insn *insn);

/* Compare the emulation with the CPU. The second one prepares first. */
void check(const struct code *code, u8 op, const struct pt_regs *regs);
void check_sane(const struct code *code, u8 op);

/* The same with each prefix that changes nothing, or the address size. */
void check_prefixed(const char *bytes, u8 len, u8 op);

#define CHECK_PREFIXED(bytes, op)	check_prefixed(bytes, sizeof(bytes) - 1, KPROBE_OP_##op)

#endif
