/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes on x86: the steps of a CPU, and whether there are any.
 */
#ifndef _X86_KPROBES_STEP_H
#define _X86_KPROBES_STEP_H

#include <linux/percpu.h>

#include "../../../../kernel/kprobes/hit.h"
#include "site.h"

/* A task or interrupt, an NMI, a machine check, and one that should not be. */
#define KPROBE_MAX_STEPS	4

/**
 * struct kprobe_step - an instruction in its slot
 * @hit: the hit that it is part of
 * @copy: address of the instruction that runs; 0 while the step is not whole, and
 *	the rest is not to be used
 * @flags: the flags before the step
 * @by_trap: under the trap flag
 */
struct kprobe_step {
	struct kprobe_hit hit;
	unsigned long copy;
	unsigned long flags;
	bool by_trap;
};

/**
 * struct kprobe_steps - the steps of a CPU
 * @depth: how many are under way
 * @seq: changes with every outermost step that begins
 * @step: outermost first
 */
struct kprobe_steps {
	unsigned int depth;
	unsigned int seq;
	struct kprobe_step step[KPROBE_MAX_STEPS];
};

DECLARE_PER_CPU(struct kprobe_steps, kprobe_steps);

/* Is this CPU within a step? Mostly it is not, and that is all there is to know. */
static __always_inline bool kprobe_is_stepping(void)
{
	return __this_cpu_read(kprobe_steps.depth);
}

static __always_inline struct kprobe_step *kprobe_step_top(void)
{
	struct kprobe_steps *steps = this_cpu_ptr(&kprobe_steps);
	struct kprobe_step *top;

	if (!steps->depth)
		return NULL;
	top = &steps->step[steps->depth - 1];
	return top->copy ? top : NULL;
}

/*
 * The step is over, as far as the CPU is concerned: what was in it is not to be
 * used any more.
 */
static __always_inline void kprobe_step_pop(void)
{
	struct kprobe_steps *steps = this_cpu_ptr(&kprobe_steps);

	WRITE_ONCE(steps->step[steps->depth - 1].copy, 0);
	/* Pairs with kprobe_step_outlasts(): the post-handlers have run. */
	smp_store_release(&steps->depth, steps->depth - 1);
}

/**
 * kprobe_step_begin() - go to the copy of the instruction
 * @hit: the hit
 * @regs: registers before the instruction
 * @copy: address of the copy, which a breakpoint or a call follows
 *
 * Context: interrupts off.
 */
static __always_inline void kprobe_step_begin(const struct kprobe_hit *hit, struct pt_regs *regs,
					      unsigned long copy)
{
	struct kprobe_steps *steps = this_cpu_ptr(&kprobe_steps);
	struct kprobe_step *step = &steps->step[steps->depth];

	BUG_ON(steps->depth == KPROBE_MAX_STEPS);
	/* Before it counts: see kprobe_step_outlasts(). */
	if (!steps->depth)
		WRITE_ONCE(steps->seq, steps->seq + 1);
	/*
	 * An NMI may push and pop at any point: the entry is taken before it is
	 * filled, or the NMI's step would be filled into it, and is not whole until
	 * it has its copy.
	 */
	barrier();
	WRITE_ONCE(steps->depth, steps->depth + 1);
	barrier();
	step->hit = *hit;
	step->flags = regs->flags;
	step->by_trap = false;
	barrier();
	WRITE_ONCE(step->copy, copy);

	regs->ip = copy;
	regs->flags &= ~X86_EFLAGS_IF;
}

/**
 * kprobe_step_outlasts() - is a CPU still in the outermost step of a moment ago?
 * @steps: the steps of the CPU
 * @seq: their @seq at that moment
 *
 * Steps that begin and end on top of it, in NMIs, make no difference.
 *
 * Return: false if that step is over, or if there was none.
 */
static inline bool kprobe_step_outlasts(const struct kprobe_steps *steps, unsigned int seq)
{
	/*
	 * In this order: a step that began since has changed @seq before it counted. Pairs
	 * with kprobe_step_pop().
	 */
	return smp_load_acquire(&steps->depth) && READ_ONCE(steps->seq) == seq;
}

/**
 * kprobe_post_and_go_on() - run the post-handlers, which may set regs->ip
 * @hit: the hit
 * @regs: registers behind the instruction; regs->ip is where the CPU shall go on
 */
static __always_inline void kprobe_post_and_go_on(struct kprobe_hit *hit, struct pt_regs *regs)
{
	unsigned long next = regs->ip;

	kprobe_hit_post(hit, regs);
	if (unlikely(regs->ip != next))
		regs->ip = kprobe_go_on_at(regs->ip);
}

void kprobe_step_by_trap(struct pt_regs *regs);
bool kprobe_step_breakpoint(struct pt_regs *regs);
bool kprobe_step_cancel(struct kprobe_hit *hit, struct pt_regs *regs);

#endif /* _X86_KPROBES_STEP_H */
