// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: memory that a CPU may still be using.
 *
 * A site, its slots and its set of probes can be in use by
 *
 *  - a hit, which runs with preemption off: RCU waits for it;
 *  - a task that was preempted or interrupted within a slot, and will jump back from
 *    there: RCU Tasks waits for it, and for the former as well; or, in a kernel
 *    without it, kprobe_wait_for_tasks();
 *  - a CPU between the two traps of a stepped hit. RCU may not be watching
 *    there, when the probe is on the idle path: arch_kprobe_drain() waits.
 *
 * What is retired here is released after all three, by a worker. Nobody who
 * unregisters a probe has to wait for it. There may be tens of thousands, so the
 * worker is bound to no CPU, where other work would wait for it. One grace period is under way at a
 * time, for all that was retired when it began: thousands of callbacks of their
 * own would have RCU hurry.
 */
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

#include "internal.h"

/* What has been retired since the grace period began. */
static LLIST_HEAD(kprobe_retiring);

/* What it is for; belongs to whoever has set the bit. */
static struct llist_node *kprobe_leaving;
static unsigned long kprobe_grace_period_runs;

static struct rcu_head kprobe_grace_period;

static void kprobe_grace_period_over(struct rcu_head *rcu);

static void kprobe_begin_grace_period(void)
{
	if (llist_empty(&kprobe_retiring) || test_and_set_bit(0, &kprobe_grace_period_runs))
		return;
	kprobe_leaving = llist_del_all(&kprobe_retiring);
	call_rcu_tasks(&kprobe_grace_period, kprobe_grace_period_over);
}

/*
 * Without preemption call_rcu_tasks() is call_rcu(). If preemption is counted all
 * the same, as with DEBUG_ATOMIC_SLEEP, a clock tick that interrupts a task with a
 * count of zero is a quiescent state: RCU may not wait for the task. It leaves a slot,
 * or the bytes of a jump, before it schedules, so let each CPU schedule. A CPU that is
 * offline has no such task.
 */
#if !defined(CONFIG_TASKS_RCU) && defined(CONFIG_PREEMPT_COUNT)
static void kprobe_scheduled(struct work_struct *work)
{
}

static void kprobe_wait_for_tasks(void)
{
	while (schedule_on_each_cpu(kprobe_scheduled))
		schedule_timeout_uninterruptible(HZ / 10);
}
#else
static void kprobe_wait_for_tasks(void)
{
}
#endif

static void kprobe_release_all(struct work_struct *work)
{
	struct kprobe_retired *retired, *next;

	kprobe_wait_for_tasks();
	arch_kprobe_drain();
	llist_for_each_entry_safe(retired, next, kprobe_leaving, node) {
		retired->release(retired);
		cond_resched();
	}
	clear_bit(0, &kprobe_grace_period_runs);
	/* Whoever has found the bit set has added to the list before. */
	smp_mb__after_atomic();
	kprobe_begin_grace_period();
}

static DECLARE_WORK(kprobe_release_work, kprobe_release_all);

/* release() may sleep, an RCU callback may not. */
static void kprobe_grace_period_over(struct rcu_head *rcu)
{
	queue_work(system_unbound_wq, &kprobe_release_work);
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
	llist_add(&retired->node, &kprobe_retiring);
	kprobe_begin_grace_period();
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
	while (test_bit(0, &kprobe_grace_period_runs)) {
#ifdef CONFIG_TASKS_RCU
		rcu_barrier_tasks();
#else
		rcu_barrier();
#endif
		flush_work(&kprobe_release_work);
	}
}
