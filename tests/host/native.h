/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The real CPU: a child under ptrace, which shares the arena with the test and
 * runs one instruction at a time in it.
 */
#ifndef _NATIVE_H
#define _NATIVE_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include <asm/ptrace.h>

/*
 * Low enough for an address of 32 bits, and for a displacement. The slot page
 * is apart from the rest: it is not compared.
 */
#define ARENA		0x10000000UL
#define CODE		(ARENA + 0x1100)
#define DATA		(ARENA + 0x2000)
#define DATA_SIZE	0x2000
#define STACK		(ARENA + 0x5000)	/* in the middle of two pages */
#define ARENA_SIZE	0x6000
#define SLOT		0x14000000UL
#define SLOT_SIZE	0x1000
#define XSTATE_SIZE	0x4000

/**
 * struct outcome - all that an instruction did
 * @signal: the one that stopped it: SIGTRAP if it went well
 * @regs: registers behind it
 * @xstate: x87, SSE, AVX
 * @xstate_size: how many bytes of it there are
 * @arena: memory
 */
struct outcome {
	int		signal;
	struct pt_regs	regs;
	u8		xstate[XSTATE_SIZE];
	size_t		xstate_size;
	u8		arena[ARENA_SIZE];
};

void native_start(void);
void native_stop(void);

/* Fill the arena with a pattern and put @len bytes of code at CODE. */
void arena_reset(const u8 *code, size_t len);

/* Registers that point into the arena, in a process like the child. */
void sane_regs(struct pt_regs *regs);

/* Run from @regs->ip: one instruction, or as far as the next breakpoint. */
void native_step(const struct pt_regs *regs, struct outcome *out);
void native_run(const struct pt_regs *regs, struct outcome *out);

#endif
