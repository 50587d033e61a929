// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: hits whose handlers did not run, counted for each probe and by cause.
 *
 * kprobe::nmissed tells how many a probe has missed, and is its user's. Why is
 * counted here, for all probes together: on each CPU, since boot. Only a hit that
 * is missed pays for it.
 *
 * As in dispatch.c, nothing that a hit calls may be probed, take a lock, allocate
 * or sleep.
 */
#include <linux/atomic.h>
#include <linux/percpu.h>

#include "internal.h"

static DEFINE_PER_CPU(unsigned long [KPROBE_NR_MISSED], kprobe_missed);

static const char * const kprobe_missed_names[KPROBE_NR_MISSED] = {
	[KPROBE_MISSED_IN_HANDLER]	= "in a handler",
	[KPROBE_MISSED_BUSY]		= "between the handlers of another hit, or in an fprobe",
	[KPROBE_MISSED_NO_STEP]		= "in an NMI or the like, and cannot be stepped there",
	[KPROBE_MISSED_NO_INSTANCE]	= "a call when maxactive calls were under way",
	[KPROBE_MISSED_LEAVING]		= "a call while its return probe was unregistered",
	[KPROBE_MISSED_ENDED]		= "after a newer probe there had ended the hit",
	[KPROBE_MISSED_UNWATCHED]	= "where RCU is not watching, or a CPU is offline",
	[KPROBE_MISSED_NO_RCU]		= "a return where RCU is not watching",
};

/**
 * kprobe_missed_name() - a cause, for people
 * @cause: the cause
 *
 * Return: a few words.
 */
const char *kprobe_missed_name(enum kprobe_missed_cause cause)
{
	return kprobe_missed_names[cause];
}

/**
 * kprobe_missed_total() - how many hits were missed for a cause?
 * @cause: the cause
 *
 * Context: any.
 * Return: how many since boot, on all CPUs. A hit of a site with several probes
 * is one for each.
 */
unsigned long kprobe_missed_total(enum kprobe_missed_cause cause)
{
	unsigned long total = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		total += READ_ONCE(per_cpu(kprobe_missed, cpu)[cause]);
	return total;
}

/**
 * kprobe_count_missed() - count by cause
 * @cause: the cause
 * @nr: of how many probes
 *
 * Context: preemption off.
 */
void kprobe_count_missed(enum kprobe_missed_cause cause, unsigned int nr)
{
	this_cpu_add(kprobe_missed[cause], nr);
}
NOKPROBE_SYMBOL(kprobe_count_missed);

/**
 * kprobe_miss() - a hit runs no handlers
 * @active: kprobe_site::active when it began; counted as missed for each probe
 * @cause: why
 *
 * nmissed is a plain long in the public structure, but several CPUs may miss
 * hits of one probe at a time and every one of them counts.
 *
 * Context: preemption and interrupts off.
 */
void kprobe_miss(unsigned long active, enum kprobe_missed_cause cause)
{
	struct kprobe *only, *const *probes;
	unsigned int i, nr = kprobe_active_probes(active, &only, &probes);

	for (i = 0; i < nr; i++)
		raw_atomic_long_inc((atomic_long_t *)&probes[i]->nmissed);
	kprobe_count_missed(cause, nr);
}
NOKPROBE_SYMBOL(kprobe_miss);
