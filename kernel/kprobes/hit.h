/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes: the steps of a hit, inlined into each route.
 *
 * Every route comes here with the same five steps: begin; pre-handlers;
 * whatever executes the instruction; post-handlers, or fault handlers when it
 * raised an exception; end. The probes of a hit are those that were enabled
 * when it began: a hit that began ends, whatever is registered, disabled or
 * removed in the meantime.
 *
 * Nothing here may be probed, take a lock, allocate or sleep. The context of all
 * of it is preemption and interrupts off. Interrupts that are off would do against
 * preemption, but in_atomic() and page faults go by preempt_count(), and a trace
 * event records it less the one that its caller is expected to have added. So each
 * route adds exactly one, without tracing it.
 */
#ifndef _KERNEL_KPROBES_HIT_H
#define _KERNEL_KPROBES_HIT_H

#include <linux/cpumask.h>
#include <linux/smp.h>

#include "internal.h"

/**
 * kprobe_hit_miss() - run no handlers in this hit
 * @hit: the hit, whose pre-handlers have not run; counted as missed for each
 *	probe
 * @cause: why
 */
static __always_inline void kprobe_hit_miss(struct kprobe_hit *hit,
					    enum kprobe_missed_cause cause)
{
	kprobe_miss(hit->active, cause);
	hit->active = 0;
}

/*
 * Nothing keeps the probes from being freed: they are not even counted, only the hit
 * is.
 */
static __always_inline void kprobe_hit_miss_unwatched(struct kprobe_hit *hit)
{
	kprobe_count_missed(KPROBE_MISSED_UNWATCHED, 1);
	hit->active = 0;
}

static __always_inline enum kprobe_missed_cause kprobe_reentry_cause(const struct kprobe *outer)
{
	return outer == &kprobe_busy ? KPROBE_MISSED_BUSY : KPROBE_MISSED_IN_HANDLER;
}

/* No grace period waits for a CPU that is offline: see kprobe_cpu_dying(). */
static __always_inline void kprobe_hit_reenter(struct kprobe_hit *hit)
{
	if (unlikely(!cpu_online(raw_smp_processor_id())))
		kprobe_hit_miss_unwatched(hit);
	else
		kprobe_hit_miss(hit, kprobe_reentry_cause(hit->outer));
}

/**
 * kprobe_hit_begin() - a CPU has reached a site
 * @hit: to be filled
 * @site: where
 *
 * When another hit is under way on this CPU, this one reentered: it is counted
 * as missed for each probe, and its later steps run no handler. The caller
 * executes the instruction all the same.
 */
static __always_inline void kprobe_hit_begin(struct kprobe_hit *hit, struct kprobe_site *site)
{
	hit->site = site;
	hit->active = READ_ONCE(site->active);
	hit->outer = __this_cpu_read(current_kprobe);
	__this_cpu_write(current_kprobe, &kprobe_busy);
	if (unlikely(hit->outer))
		kprobe_hit_reenter(hit);
}

/**
 * kprobe_hit_begin_unwatched() - a CPU has reached a site where RCU is not watching
 * @hit: to be filled
 * @site: where
 *
 * In place of kprobe_hit_begin(). The caller executes the instruction.
 */
static __always_inline void kprobe_hit_begin_unwatched(struct kprobe_hit *hit,
						       struct kprobe_site *site)
{
	hit->site = site;
	hit->outer = __this_cpu_read(current_kprobe);
	__this_cpu_write(current_kprobe, &kprobe_busy);
	kprobe_hit_miss_unwatched(hit);
}

/* How many NMIs, or exceptions like them, are under way on this CPU. */
static __always_inline unsigned int kprobe_nmi_depth(void)
{
	return preempt_count() & NMI_MASK;
}

/* A handler of a probe is about to run. */
static __always_inline void kprobe_enter_handler(struct kprobe *kp)
{
	/* First: an NMI that comes next must not find the probe without it. */
	if (kp->fault_handler)
		__this_cpu_write(kprobe_handler_nmi_depth, kprobe_nmi_depth());
	barrier();
	__this_cpu_write(current_kprobe, kp);
}

/* Does it want the CPU to resume at regs->ip? */
static __always_inline bool kprobe_run_pre(struct kprobe *kp, struct pt_regs *regs)
{
	if (!kp->pre_handler)
		return false;
	kprobe_enter_handler(kp);
	return kp->pre_handler(kp, regs);
}

/**
 * kprobe_hit_pre() - run the pre-handlers
 * @hit: the hit
 * @regs: registers before the instruction, IP as the breakpoint left it
 *
 * Return: true if a handler has set regs->ip and wants the CPU to resume
 * there; the hit ends then without executing the instruction.
 */
static __always_inline bool kprobe_hit_pre(struct kprobe_hit *hit, struct pt_regs *regs)
{
	if (unlikely(hit->active & KPROBE_ACTIVE_SET))
		return kprobe_hit_pre_set(kprobe_active_set(hit->active), regs);
	if (unlikely(!hit->active))
		return false;
	return kprobe_run_pre(kprobe_active_only(hit->active), regs);
}

static __always_inline void kprobe_run_post(struct kprobe *kp, struct pt_regs *regs)
{
	if (!kp->post_handler)
		return;
	kprobe_enter_handler(kp);
	__this_cpu_write(kprobe_in_post_handler, true);
	kp->post_handler(kp, regs, 0);
	__this_cpu_write(kprobe_in_post_handler, false);
}

/**
 * kprobe_hit_post() - run the post-handlers
 * @hit: the hit
 * @regs: registers behind the instruction
 */
static __always_inline void kprobe_hit_post(struct kprobe_hit *hit, struct pt_regs *regs)
{
	if (unlikely(hit->active & KPROBE_ACTIVE_SET))
		kprobe_hit_post_set(kprobe_active_set(hit->active), regs);
	else if (hit->active & KPROBE_ACTIVE_POST)
		kprobe_run_post(kprobe_active_only(hit->active), regs);
}

/**
 * kprobe_hit_between() - the instruction is about to be executed
 * @hit: the hit, which goes on behind the instruction
 *
 * An exception of the instruction is not one of a handler.
 */
static __always_inline void kprobe_hit_between(struct kprobe_hit *hit)
{
	__this_cpu_write(current_kprobe, &kprobe_busy);
}

/**
 * kprobe_plain() - the probe of most hits
 * @site: where
 *
 * A hit that does not reenter, of a site with one probe that has a pre-handler only:
 * what begins and ends it is one read and two writes of current_kprobe.
 *
 * Return: the probe, if that is all there is to this hit; else NULL, and
 * nothing has begun.
 */
static __always_inline struct kprobe *kprobe_plain(const struct kprobe_site *site)
{
	unsigned long active = READ_ONCE(site->active);

	if (unlikely(active & KPROBE_ACTIVE_BITS) || unlikely(!active) ||
	    unlikely(__this_cpu_read(current_kprobe)))
		return NULL;
	return (struct kprobe *)active;
}

/**
 * kprobe_plain_pre() - begin, run the pre-handler, end
 * @kp: what kprobe_plain() has returned
 * @regs: registers before the instruction, IP as the breakpoint left it
 *
 * Return: true if the handler has set regs->ip and wants the CPU to resume there.
 */
static __always_inline bool kprobe_plain_pre(struct kprobe *kp, struct pt_regs *regs)
{
	bool resume;

	if (unlikely(!kp->pre_handler))
		return false;
	__this_cpu_write(current_kprobe, kp);
	resume = kp->pre_handler(kp, regs);
	__this_cpu_write(current_kprobe, NULL);
	return resume;
}

/**
 * kprobe_hit_end() - the hit is over
 * @hit: the hit
 *
 * Context: the CPU where it began.
 */
static __always_inline void kprobe_hit_end(struct kprobe_hit *hit)
{
	__this_cpu_write(current_kprobe, hit->outer);
}

#endif /* _KERNEL_KPROBES_HIT_H */
