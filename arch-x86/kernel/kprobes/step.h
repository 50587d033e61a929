/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes on x86: the steps of a CPU, and whether there are any.
 */
#ifndef _X86_KPROBES_STEP_H
#define _X86_KPROBES_STEP_H

#include <linux/percpu.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/* A task or interrupt, an NMI, a machine check, and one that should not be. */
#define KPROBE_MAX_STEPS	4

/**
 * struct kprobe_step - an instruction in its slot
 * @hit: the hit that it is part of
 * @copy: address of the instruction that runs
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
 * @seq: changes with every step that begins
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

	return steps->depth ? &steps->step[steps->depth - 1] : NULL;
}

/*
 * The step is over, as far as the CPU is concerned: what was in it is not to be
 * used any more.
 */
static __always_inline void kprobe_step_pop(void)
{
	barrier();
	__this_cpu_dec(kprobe_steps.depth);
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
	step->hit = *hit;
	step->copy = copy;
	step->flags = regs->flags;
	step->by_trap = false;
	/* An NMI may push and pop in between: the entry is whole before it counts. */
	WRITE_ONCE(steps->seq, steps->seq + 1);
	barrier();
	WRITE_ONCE(steps->depth, steps->depth + 1);

	regs->ip = copy;
	regs->flags &= ~X86_EFLAGS_IF;
}

void kprobe_step_by_trap(struct pt_regs *regs);
bool kprobe_step_breakpoint(struct pt_regs *regs);
bool kprobe_step_cancel(struct kprobe_hit *hit, struct pt_regs *regs);

#endif /* _X86_KPROBES_STEP_H */
