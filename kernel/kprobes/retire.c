// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: memory that a CPU may still be using.
 *
 * A site, its slots and its set of probes can be in use by
 *
 *  - a hit, which runs with preemption off: RCU waits for it;
 *  - a task that was preempted within a slot, and will jump back from there:
 *    RCU Tasks waits for it, and for the former as well;
 *  - a CPU between the two traps of a stepped hit. RCU may not be watching
 *    there, when the probe is on the idle path: arch_kprobe_drain() waits.
 *
 * What is retired here is released after all three, by a worker. Nobody who
 * unregisters a probe has to wait for it.
 */
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include "internal.h"

static LLIST_HEAD(kprobe_ready);

static void kprobe_release_ready(struct work_struct *work)
{
	struct kprobe_retired *retired, *next;
	struct llist_node *ready = llist_del_all(&kprobe_ready);

	arch_kprobe_drain();
	llist_for_each_entry_safe(retired, next, ready, ready)
		retired->release(retired);
}

static DECLARE_WORK(kprobe_release_work, kprobe_release_ready);

static void kprobe_grace_period_over(struct rcu_head *rcu)
{
	struct kprobe_retired *retired = container_of(rcu, struct kprobe_retired, rcu);

	/* release() may sleep, an RCU callback may not. */
	if (llist_add(&retired->ready, &kprobe_ready))
		schedule_work(&kprobe_release_work);
}

/**
 * kprobe_retire() - free memory when no CPU can be using it any more
 * @retired: in the memory; no new hit may be able to find it
 * @release: frees it, in process context, with no lock held
 *
 * Context: any.
 */
void kprobe_retire(struct kprobe_retired *retired,
		   void (*release)(struct kprobe_retired *retired))
{
	retired->release = release;
	call_rcu_tasks(&retired->rcu, kprobe_grace_period_over);
}

/**
 * kprobe_retire_flush() - wait until all that was retired is released
 *
 * What a release() retires in turn, a slot page say, is waited for as well.
 *
 * Context: process, no kprobe lock held. Sleeps for several grace periods;
 * this is for tests, no user of probes has to wait like this.
 */
void kprobe_retire_flush(void)
{
	int round;

	for (round = 0; round < 2; round++) {
#ifdef CONFIG_TASKS_RCU
		rcu_barrier_tasks();
#else
		rcu_barrier();
#endif
		flush_work(&kprobe_release_work);
	}
}
