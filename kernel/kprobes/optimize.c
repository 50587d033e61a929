// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: from breakpoint to jump, a grace period later.
 *
 * A site whose jump has to wait until nobody stands in its bytes is linked here,
 * OPTIMIZING. One grace period is under way at a time, for all that were linked
 * when it began; those that come later get the next. When it is over their jumps
 * go in together. Nobody waits for any of this: no lock is held meanwhile.
 *
 * A site that is wanted elsewhere is just taken off its list: it is on one of
 * them if, and only if, it is OPTIMIZING and in no batch.
 */
#include <linux/export.h>

#include "internal.h"

static LIST_HEAD(kprobe_ripening);	/* those that the grace period is for. kprobe_mutex */
static LIST_HEAD(kprobe_unripe);	/* those that have come since. kprobe_mutex */

static void kprobe_grace_period_over(struct kprobe_retired *retired);

/* The grace period that is under way: as if there were memory to be freed. */
static struct kprobe_retired kprobe_grace_period;
static bool kprobe_grace_period_runs;	/* kprobe_mutex */

/**
 * kprobe_optimizer_start() - begin a grace period, if somebody waits and none runs
 *
 * Context: kprobe_mutex. Does not wait.
 */
void kprobe_optimizer_start(void)
{
	if (kprobe_grace_period_runs || list_empty(&kprobe_unripe))
		return;
	kprobe_grace_period_runs = true;
	list_splice_init(&kprobe_unripe, &kprobe_ripening);
	kprobe_retire(&kprobe_grace_period, kprobe_grace_period_over);
}

static void kprobe_grace_period_over(struct kprobe_retired *retired)
{
	struct kprobe_site *site;
	LIST_HEAD(ripe);

	guard(mutex)(&kprobe_mutex);
	list_splice_init(&kprobe_ripening, &ripe);
	kprobe_for_each(site, &ripe, batch)
		site->ripe = true;
	kprobe_reconcile(&ripe);
	kprobe_grace_period_runs = false;
	kprobe_optimizer_start();
}

/**
 * kprobe_wait_until_ripe() - let a site's jump go in a grace period from now
 * @site: the site, OPTIMIZING and in no batch. With the last of a batch comes
 *	kprobe_optimizer_start()
 *
 * Context: kprobe_mutex. Does not wait.
 */
void kprobe_wait_until_ripe(struct kprobe_site *site)
{
	lockdep_assert_held(&kprobe_mutex);

	list_add_tail(&site->batch, &kprobe_unripe);
}

static bool kprobe_optimizer_is_busy(void)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_grace_period_runs;
}

/**
 * wait_for_kprobe_optimizer() - wait until all jumps are there that are to come
 *
 * Context: process. Sleeps for grace periods; this is for tests.
 */
void wait_for_kprobe_optimizer(void)
{
	arch_kprobe_settle_jumps();
	while (kprobe_optimizer_is_busy())
		kprobe_retire_flush();
}
EXPORT_SYMBOL_GPL(wait_for_kprobe_optimizer);
