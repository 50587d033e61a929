/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test and its quick child share, at an address that instructions under
 * test hardly find by chance: code that runs in the child, and the runs.
 */
#ifndef _QUICK_H
#define _QUICK_H

#include <linux/types.h>

#include "native.h"

#ifdef __x86_64__
#define QUICK_CODE	0x5a5a00000000UL
#else
#define QUICK_CODE	0x18000000UL
#endif
#define QUICK_CODE_SIZE	0x2000
#define QUICK_DATA	(QUICK_CODE + QUICK_CODE_SIZE)
#define QUICK_STACK	0x8000

/* A range of addresses that the child unmaps. */
struct hole {
	unsigned long start, end;
};

/**
 * struct quick_memory - the memory at QUICK_DATA
 * @holes: all but what the child needs
 * @nr: how many runs there are to do
 * @go: read end of the pipe that starts the child
 * @done: write end of the one that it answers by
 * @current: the run under way, NULL between them
 * @has_first: @first is known
 * @home: the child's own registers while a run has the CPU
 * @first: the extended state that each run starts from, as a signal frame has it
 * @has_fsgsbase: user space may write the bases of FS and GS
 * @image: the arena that each run starts from
 * @runs: the runs
 * @stack: for the child
 * @signal_stack: for its handler
 */
struct quick_memory {
	struct hole	holes[8];
	unsigned int	nr;
	int		go, done;
	struct run	*current;
	bool		has_first, has_fsgsbase;
	unsigned long	home[32];
	u8		first[XSTATE_SIZE];
	u64		image[ARENA_WORDS];
	struct run	runs[MAX_RUNS];
	u8		stack[QUICK_STACK] __attribute__((aligned(64)));
	u8		signal_stack[QUICK_STACK] __attribute__((aligned(64)));
};

#define quick		((struct quick_memory *)QUICK_DATA)

/* Linked into a section of their own, which is copied to QUICK_CODE. */
extern u8 __start_executor[], __stop_executor[];

void executor_main(void);
void executor_handler(int sig, void *info, void *context);
void executor_restorer(void);

#endif
