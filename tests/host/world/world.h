/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel around the impure files, as small as it can be: one function that is
 * probed, memory, grace periods that end when a test says so. Included after kernel.h.
 */
#ifndef _HOST_WORLD_H
#define _HOST_WORLD_H

#include "kernel.h"

#define WORLD_TEXT	0x50000000UL
#define WORLD_SLOTS	0x58000000UL
#define WORLD_SIZE	0x2000000UL

struct kprobe;
struct kprobe_site;

/**
 * struct world - what a test wants to see, each NULL if it does not
 * @paused: the code has reached a place where a test may look or act
 * @before_poke: @len bytes at @addr are about to be replaced
 * @broadcast: all CPUs execute a serialising instruction
 * @grace_begins: call_rcu_tasks() was called
 * @rcu_waits: a grace period of RCU is waited for
 * @steps_wait: arch_kprobe_drain() waits for a CPU
 * @freed: memory is freed, of whatever kind
 */
struct world {
	void (*paused)(void);
	void (*before_poke)(unsigned long addr, const u8 *bytes, size_t len);
	void (*broadcast)(void);
	void (*grace_begins)(void);
	void (*rcu_waits)(void);
	void (*steps_wait)(void);
	void (*freed)(unsigned long addr, size_t len);
};

extern struct world world;

/* Begin with this function, at WORLD_TEXT, and no probe. One time in a process. */
void world_begin(const u8 *text, size_t len);

/* What is written at an address of the function when no probe is there. */
const u8 *world_original(unsigned long addr);
size_t world_size(void);

/* The grace period that is under way: is there one? Let it end; let the worker run. */
bool world_grace_runs(void);
void world_end_grace(void);
bool world_has_work(void);
void world_work(void);

/* What register_kprobe() and unregister_kprobe() do, from the address on. */
bool world_register(struct kprobe *kp);
void world_unregister(struct kprobe *kp);

#endif
