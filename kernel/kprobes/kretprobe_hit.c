// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: hits of return probes.
 *
 * As in dispatch.c, nothing here may be probed, take a lock, allocate or sleep, and
 * nothing is instrumented.
 */
#include <linux/atomic.h>
#include <linux/context_tracking.h>
#include <linux/irqflags.h>
#include <linux/rethook.h>

#include "internal.h"

/* Rethook gives no instance. It is stopped when the probe is being unregistered. */
static noinline void kretprobe_miss(struct kretprobe *rp)
{
	raw_atomic_inc((atomic_t *)&rp->nmissed);
	kprobe_count_missed(rcu_access_pointer(rp->rh->handler) ? KPROBE_MISSED_NO_INSTANCE :
								  KPROBE_MISSED_LEAVING, 1);
}
NOKPROBE_SYMBOL(kretprobe_miss);

/**
 * kretprobe_entry() - the pre-handler of the probe on the entry
 * @kp: the probe
 * @regs: registers at the entry
 *
 * Context: preemption and interrupts off.
 * Return: 0.
 */
int kretprobe_entry(struct kprobe *kp, struct pt_regs *regs)
{
	struct kretprobe *rp = container_of(kp, struct kretprobe, kp);
	struct rethook_node *node = rethook_try_get(rp->rh);
	struct kretprobe_instance *ri;

	if (!node) {
		kretprobe_miss(rp);
		return 0;
	}
	ri = container_of(node, struct kretprobe_instance, node);
	if (rp->entry_handler && rp->entry_handler(ri, regs))
		rethook_recycle(node);
	else
		rethook_hook(node, regs, kprobe_ftrace(kp));
	return 0;
}
NOKPROBE_SYMBOL(kretprobe_entry);

/**
 * kretprobe_return() - a call that is followed returns
 * @node: in the instance
 * @data: the return probe
 * @ret_addr: where it returns to
 * @regs: registers after the return
 *
 * Rethook calls this with preemption off, and not after rethook_stop() and a
 * grace period: until then there is an @rp. Where RCU is not watching there is
 * no such promise, so it is not for @rp that this is counted.
 */
void kretprobe_return(struct rethook_node *node, void *data, unsigned long ret_addr,
		      struct pt_regs *regs)
{
	struct kretprobe *rp = data;
	struct kprobe *outer;
	unsigned long flags;

	if (unlikely(!rcu_is_watching_curr_cpu())) {
		kprobe_count_missed(KPROBE_MISSED_NO_RCU, 1);
		return;
	}
	if (!rp->handler)
		return;
	/*
	 * A probe that the handler hits is missed, as in any handler. What an
	 * interrupt hits is not to be: none comes meanwhile.
	 */
	local_irq_save(flags);
	outer = __this_cpu_read(current_kprobe);
	__this_cpu_write(current_kprobe, &rp->kp);
	rp->handler(container_of(node, struct kretprobe_instance, node), regs);
	__this_cpu_write(current_kprobe, outer);
	local_irq_restore(flags);
}
NOKPROBE_SYMBOL(kretprobe_return);
