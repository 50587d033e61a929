/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The real CPU, in two ways: a child under ptrace (native.c), and one that has
 * signal handlers and runs a case's instructions all at once (quick.c). Both share
 * the arena with the test, and have next to nothing else mapped. The first one is
 * slow, and is believed.
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

#define ARENA_WORDS	(ARENA_SIZE / sizeof(u64))

/* The words of the arena that have changed, in order. */
struct changes {
	unsigned int nr;
	struct change {
		u64 *at;
		u64 word;
	} list[ARENA_WORDS];
};

/* Note what differs from @image. For the quick child as well, so it calls nothing. */
static inline __attribute__((always_inline))
void changes_note(struct changes *changes, const u64 *image)
{
	u64 *arena = (u64 *)ARENA;
	unsigned int i, nr = 0;

	for (i = 0; i < ARENA_WORDS; i++) {
		if (__builtin_expect(arena[i] != image[i], 0)) {
			changes->list[nr].at = &arena[i];
			changes->list[nr++].word = arena[i];
		}
	}
	changes->nr = nr;
}

static inline __attribute__((always_inline))
void changes_undo(const struct changes *changes, const u64 *image)
{
	unsigned int i;

	for (i = 0; i < changes->nr; i++)
		*changes->list[i].at = image[changes->list[i].at - (u64 *)ARENA];
}

/**
 * struct outcome - all that an instruction did
 * @signal: the one that stopped it: SIGTRAP if it went well
 * @regs: registers behind it
 * @xstate: x87, SSE, AVX
 * @xstate_size: how many bytes of it there are
 * @changes: of the arena
 */
struct outcome {
	int		signal;
	struct pt_regs	regs;
	u8		xstate[XSTATE_SIZE];
	size_t		xstate_size;
	struct changes	changes;
};

/* What a slot holds: the copy, rewritten perhaps, and what follows it. */
#define SLOT_BYTES	32

/**
 * struct run - one way to run an instruction, and what comes of it
 * @regs: registers before it
 * @slot: what the slot holds
 * @step: under the trap flag; else as far as the next breakpoint
 * @goes_on: with the trap flag, step once more while the IP is @again
 * @again: that IP
 * @out: registers and memory behind it
 */
struct run {
	struct pt_regs	regs;
	u8		slot[SLOT_BYTES];
	bool		step, goes_on;
	unsigned long	again;
	struct outcome	out;
};

#define MAX_RUNS	7

/*
 * Map what the tests and their children share; start the child of this process, unless
 * it has one; end it.
 */
void native_map(void);
void native_start(void);
void native_stop(void);

/* Fill the arena with a pattern and put @len bytes of code at CODE. */
void arena_reset(const u8 *code, size_t len);

/* Registers that point into the arena, in a process like the child. */
void sane_regs(struct pt_regs *regs);

/**
 * struct engine - a child that does runs
 * @runs: what it is to do, MAX_RUNS of them
 * @execute: does the first few, each with the arena as it is now and is again
 *	afterwards. False if the child has not come back.
 */
struct engine {
	struct run *runs;
	bool (*execute)(unsigned int nr, const u64 *image);
};

extern const struct engine native_engine, quick_engine;

void quick_map(void);
void quick_start(void);
void quick_stop(void);

/* For both children. */
void map_shared(unsigned long addr, size_t size);
void unregister_rseq(void);

__attribute__((noreturn)) void die(const char *what);

#endif
