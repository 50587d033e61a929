// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: what the text of a site should show, and the steps towards that.
 *
 * What it should show follows from its enabled probes, its neighbours and two
 * switches. kprobe_reconcile() compares that with its state and takes the steps,
 * for all sites of a batch together. Nothing else arms or disarms, puts or
 * removes a jump.
 */
#include <linux/cpu.h>
#include <linux/memory.h>

#include "internal.h"

/* The global switch: off, no site is armed. kprobe_mutex */
bool kprobe_switched_on = true;

/* The sysctl debug.kprobes-optimization: 0, no site is a jump. kprobe_mutex */
int kprobe_optimization = 1;

/* The first byte of a jump, and 15 bytes of an instruction that begins in the last. */
#define KPROBE_SPAN_MAX		19

/**
 * kprobe_site_wants_arming() - should the text of a site lead to its probes?
 * @site: the site
 *
 * Context: kprobe_mutex.
 * Return: true if so.
 */
bool kprobe_site_wants_arming(const struct kprobe_site *site)
{
	return site->active && kprobe_switched_on;
}

/**
 * kprobe_site_has_neighbour() - is there another site in the way of a jump?
 * @site: the site
 *
 * Context: kprobe_mutex; or any, if the answer may be that of a moment ago.
 * Return: true if a jump would displace one that has probes, also disabled ones.
 */
bool kprobe_site_has_neighbour(const struct kprobe_site *site)
{
	unsigned long addr, end = site->addr + arch_kprobe_span(site);
	const struct kprobe_site *other;

	guard(rcu)();
	for (addr = site->addr + 1; addr < end; addr++) {
		other = kprobe_site_lookup(addr);
		if (other && !list_empty(&other->probes))
			return true;
	}
	return false;
}

static bool kprobe_site_wants_jump(struct kprobe_site *site)
{
	return kprobe_optimization && !site->on_ftrace && arch_kprobe_span(site) &&
	       !kprobe_site_has_neighbour(site) && arch_kprobe_provide_detour(site);
}

static enum kprobe_state kprobe_site_wanted(struct kprobe_site *site)
{
	if (!kprobe_site_wants_arming(site))
		return KPROBE_PREPARED;
	return kprobe_site_wants_jump(site) ? KPROBE_OPTIMIZED : KPROBE_ARMED;
}

/**
 * kprobe_site_is_settled() - does its text lead to its probes, if it should?
 * @site: the site
 *
 * Context: kprobe_mutex.
 * Return: true if so. After kprobe_reconcile(), false says that it could not
 * be armed.
 */
bool kprobe_site_is_settled(const struct kprobe_site *site)
{
	if (site->state == KPROBE_GONE)
		return true;
	if (site->on_ftrace)
		return kprobe_ftrace_is_settled(site);
	return kprobe_site_wants_arming(site) == (site->state != KPROBE_PREPARED);
}

/**
 * kprobe_queue_neighbours() - sites whose jump may have to go, or may come
 * @sites: list of kprobe_site::batch, to which they are added
 * @site: a site, that its first probe has come to, or its last has left
 *
 * Context: kprobe_mutex.
 */
void kprobe_queue_neighbours(struct list_head *sites, const struct kprobe_site *site)
{
	struct kprobe_site *other;
	unsigned long before;

	guard(rcu)();
	for (before = 1; before < KPROBE_SPAN_MAX; before++) {
		other = kprobe_site_lookup(site->addr - before);
		if (other && before < arch_kprobe_span(other))
			list_move_tail(&other->batch, sites);
	}
}

/*
 * The steps. Each is taken by all sites of a batch before the next; returns
 * whether the text has changed.
 */

/* Its hits still go through the detour. */
static bool kprobe_leave_jump(struct kprobe_site *site)
{
	if (site->state != KPROBE_OPTIMIZED || site->wanted == KPROBE_OPTIMIZED)
		return false;
	arch_kprobe_erase_jump_head(site);
	kprobe_site_set_state(site, KPROBE_UNOPTIMIZING);
	return true;
}

static bool kprobe_erase_jump(struct kprobe_site *site)
{
	if (site->state != KPROBE_UNOPTIMIZING)
		return false;
	arch_kprobe_erase_jump_tail(site);
	return true;
}

static bool kprobe_change_breakpoint(struct kprobe_site *site)
{
	if (site->state == KPROBE_PREPARED && site->wanted != KPROBE_PREPARED) {
		arch_kprobe_arm(site);
		kprobe_site_set_state(site, KPROBE_ARMED);
		return true;
	}
	if ((site->state == KPROBE_ARMED || site->state == KPROBE_OPTIMIZING) &&
	    site->wanted == KPROBE_PREPARED) {
		arch_kprobe_disarm(site);
		arch_kprobe_use_detour(site, false);
		kprobe_site_set_state(site, KPROBE_PREPARED);
		site->told = false;
		return true;
	}
	return false;
}

/* The text behind the breakpoint is the original. */
static bool kprobe_settle_breakpoint(struct kprobe_site *site)
{
	if (site->state == KPROBE_UNOPTIMIZING ||
	    (site->state == KPROBE_OPTIMIZING && site->wanted == KPROBE_ARMED)) {
		arch_kprobe_use_detour(site, false);
		kprobe_site_set_state(site, KPROBE_ARMED);
	}
	if (site->state == KPROBE_ARMED && !site->told) {
		arch_kprobe_armed(site);
		site->told = true;
	}
	return false;
}

/*
 * From here on hits go through the detour, which leads behind the bytes of the jump. One
 * that takes no other instruction's bytes could come now, with two broadcasts of its own.
 * It comes with those that wait for the same grace period, and shares theirs.
 */
static void kprobe_await_jump(struct kprobe_site *site)
{
	arch_kprobe_use_detour(site, true);
	kprobe_site_set_state(site, KPROBE_OPTIMIZING);
	site->ripe = false;
}

static bool kprobe_may_jump(const struct kprobe_site *site)
{
	return site->state == KPROBE_OPTIMIZING && site->wanted == KPROBE_OPTIMIZED && site->ripe;
}

static bool kprobe_begin_jump(struct kprobe_site *site)
{
	if (site->state == KPROBE_ARMED && site->wanted == KPROBE_OPTIMIZED)
		kprobe_await_jump(site);
	if (!kprobe_may_jump(site))
		return false;
	arch_kprobe_write_jump_tail(site);
	return true;
}

static bool kprobe_enter_jump(struct kprobe_site *site)
{
	if (!kprobe_may_jump(site))
		return false;
	arch_kprobe_write_jump_head(site);
	kprobe_site_set_state(site, KPROBE_OPTIMIZED);
	return true;
}

static bool kprobe_step_all(struct list_head *sites, bool (*step)(struct kprobe_site *site))
{
	struct kprobe_site *site;
	bool changed = false;

	kprobe_for_each(site, sites, batch) {
		if (!site->on_ftrace)
			changed |= step(site);
	}
	return changed;
}

static void kprobe_sync_if(bool changed)
{
	if (changed)
		arch_kprobe_sync();
}

/**
 * kprobe_reconcile_breakpoints() - arm and disarm, put and remove jumps
 * @sites: list of kprobe_site::batch; sites on ftrace locations are passed over
 *
 * At most four broadcasts. One site that leaves a jump may give its bytes back
 * to another one that is armed there: the jumps are erased first.
 *
 * Context: kprobe_mutex. Sleeps. Takes cpus_read_lock() and text_mutex.
 */
void kprobe_reconcile_breakpoints(struct list_head *sites)
{
	struct kprobe_site *site;
	bool changed;

	kprobe_for_each(site, sites, batch)
		site->wanted = kprobe_site_wanted(site);

	/* A CPU on its way up or down would receive only some of the broadcasts. */
	guard(cpus_read_lock)();
	guard(mutex)(&text_mutex);
	kprobe_sync_if(kprobe_step_all(sites, kprobe_leave_jump));
	changed = kprobe_step_all(sites, kprobe_erase_jump);
	changed |= kprobe_step_all(sites, kprobe_change_breakpoint);
	kprobe_sync_if(changed);
	kprobe_step_all(sites, kprobe_settle_breakpoint);
	/* Those that were jumps a moment ago. */
	changed = kprobe_step_all(sites, kprobe_change_breakpoint);
	changed |= kprobe_step_all(sites, kprobe_begin_jump);
	kprobe_sync_if(changed);
	kprobe_sync_if(kprobe_step_all(sites, kprobe_enter_jump));
}

/**
 * kprobe_reconcile() - make the text of some sites what it should be
 * @sites: list of kprobe_site::batch, empty afterwards
 *
 * One time the lock, and at most four broadcasts, for all of them; and one
 * change of ftrace's filter.
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK, or why ftrace did not arm one of them at least; see
 * kprobe_site_is_settled(). Disarming does not fail, nor does a breakpoint.
 */
enum kprobe_refusal kprobe_reconcile(struct list_head *sites)
{
	struct kprobe_site *site, *next;
	enum kprobe_refusal refusal;

	lockdep_assert_held(&kprobe_mutex);

	/* Each site once, however many of its probes have left. */
	kprobe_for_each(site, sites, batch)
		kprobe_site_shrink(site);
	kprobe_reconcile_breakpoints(sites);
	refusal = kprobe_ftrace_reconcile(sites);
	kprobe_for_each_safe(site, next, sites, batch) {
		list_del_init(&site->batch);
		if (site->state == KPROBE_OPTIMIZING)
			kprobe_wait_until_ripe(site);
		kprobe_site_put(site);
	}
	kprobe_optimizer_start();
	return refusal;
}

/**
 * kprobe_queue_all() - a switch was thrown
 * @sites: list of kprobe_site::batch, to which all sites are added
 *
 * Context: kprobe_mutex.
 */
void kprobe_queue_all(struct list_head *sites)
{
	struct kprobe_site *site;

	kprobe_for_each(site, &kprobe_sites, all)
		list_move_tail(&site->batch, sites);
}

/**
 * kprobe_reconsider_jumps() - some sites that could not be jumps may become jumps
 *
 * Context: process, no kprobe lock held. Takes kprobe_mutex.
 */
void kprobe_reconsider_jumps(void)
{
	struct kprobe_batch batch;

	kprobe_batch_begin(&batch);
	kprobe_queue_all(&batch.sites);
	kprobe_batch_end(&batch);
}
