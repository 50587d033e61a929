// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: sites on ftrace locations.
 *
 * The text there is ftrace's: a NOP, or a call that leads to whoever wants to
 * know that the function is entered. A site asks ftrace to be one of them, with
 * one change of a filter for all sites of a batch.
 *
 * ftrace lets only one user set the IP at a location, and wants to be told who
 * may. So there are two ops, and sites with a probe that was registered with
 * register_kprobe_ipmodify() are armed through the second.
 */
#include <linux/ftrace.h>
#include <linux/irq_work.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "internal.h"

/**
 * struct kprobe_ftrace - a way through ftrace
 * @ops: what ftrace calls. PERMANENT, or the sysctl kernel.ftrace_enabled would
 *	disarm sites that are taken for armed
 * @nr: sites that are in its filter. Only while there are any is it registered:
 *	an empty filter lets every function through. kprobe_mutex
 */
struct kprobe_ftrace {
	struct ftrace_ops ops;
	unsigned int nr;
};

static struct kprobe_ftrace kprobe_ftrace_plain = {
	.ops = {
		.func	= arch_kprobe_ftrace_hit,
		.flags	= FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_PERMANENT,
	},
};

static struct kprobe_ftrace kprobe_ftrace_ipmodify = {
	.ops = {
		.func	= arch_kprobe_ftrace_hit,
		.flags	= FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_PERMANENT |
			  FTRACE_OPS_FL_IPMODIFY,
	},
};

static bool kprobe_ftrace_sets_ip(const struct kprobe_site *site)
{
	struct kprobe *only, *const *probes;
	unsigned int i, nr = kprobe_active_probes(site->active, &only, &probes);

	for (i = 0; i < nr; i++) {
		if (probes[i]->flags & KPROBE_FLAG_IPMODIFY)
			return true;
	}
	return false;
}

static struct ftrace_ops *kprobe_ftrace_wanted(const struct kprobe_site *site)
{
	if (!kprobe_site_wants_arming(site))
		return NULL;
	return kprobe_ftrace_sets_ip(site) ? &kprobe_ftrace_ipmodify.ops :
					     &kprobe_ftrace_plain.ops;
}

/**
 * kprobe_is_on_ftrace() - is this an ftrace location?
 * @addr: an address
 *
 * Context: any.
 * Return: true if it is the first byte of one.
 */
bool kprobe_is_on_ftrace(unsigned long addr)
{
	return ftrace_location_range(addr, addr) == addr;
}

/**
 * kprobe_ftrace_is_settled() - is a site armed as its probes want it?
 * @site: the site, on an ftrace location
 *
 * Context: kprobe_mutex.
 * Return: true if so. Also if it is armed as one that may set the IP, and no
 * probe wants to any more: to move it back may have failed, and does no harm.
 */
bool kprobe_ftrace_is_settled(const struct kprobe_site *site)
{
	struct ftrace_ops *wanted = kprobe_ftrace_wanted(site);

	return site->via == wanted || (site->via && wanted == &kprobe_ftrace_plain.ops);
}

/* The first ones find a filter in which addresses may have stayed: see below. */
static int kprobe_ftrace_add(struct kprobe_ftrace *f, unsigned long *addrs, unsigned int nr)
{
	int err = ftrace_set_filter_ips(&f->ops, addrs, nr, false, !f->nr);

	if (!err && !f->nr) {
		err = register_ftrace_function(&f->ops);
		if (err)
			ftrace_set_filter_ips(&f->ops, addrs, nr, true, false);
	}
	if (!err)
		f->nr += nr;
	return err;
}

/*
 * If ftrace is dead (-ENODEV) it is no use to insist. If there is no memory for
 * another filter, the address stays in this one: ftrace calls, and no hit comes
 * of it.
 */
static void kprobe_ftrace_remove(struct kprobe_ftrace *f, unsigned long *addrs, unsigned int nr)
{
	int err = 0;

	if (f->nr == nr)
		err = unregister_ftrace_function(&f->ops);
	if (!err)
		err = ftrace_set_filter_ips(&f->ops, addrs, nr, true, false);
	WARN_ONCE(err && err != -ENODEV && err != -ENOMEM,
		  "kprobes: ftrace does not disarm: %d\n", err);
	f->nr -= nr;
}

static enum kprobe_refusal kprobe_ftrace_refusal(int err)
{
	switch (err) {
	case -ENOMEM:
		return KPROBE_NO_MEMORY;
	case -ENODEV:
		return KPROBE_FTRACE_DEAD;
	default:
		return KPROBE_FTRACE_BUSY;
	}
}

static void kprobe_ftrace_armed(struct kprobe_site *site, struct ftrace_ops *ops)
{
	WRITE_ONCE(site->via, ops);
	kprobe_site_set_state(site, ops ? KPROBE_ARMED : KPROBE_PREPARED);
}

/**
 * struct kprobe_ftrace_step - sites that go the same step
 * @f: the way through ftrace that they are added to or removed from
 * @from: their kprobe_site::via before
 * @to: the same afterwards
 */
struct kprobe_ftrace_step {
	struct kprobe_ftrace *f;
	struct ftrace_ops *from;
	struct ftrace_ops *to;
};

static int kprobe_ftrace_change(const struct kprobe_ftrace_step *step, unsigned long *addrs,
				unsigned int nr)
{
	if (step->to)
		return kprobe_ftrace_add(step->f, addrs, nr);
	kprobe_ftrace_remove(step->f, addrs, nr);
	return 0;
}

static bool kprobe_ftrace_goes(const struct kprobe_site *site,
			       const struct kprobe_ftrace_step *step)
{
	return site->on_ftrace && site->state != KPROBE_GONE && site->via == step->from &&
	       kprobe_ftrace_wanted(site) == step->to;
}

/* All in one go. Nothing has changed if it fails. */
static int kprobe_ftrace_change_all(const struct kprobe_ftrace_step *step,
				    struct list_head *sites)
{
	struct kprobe_site *site;
	unsigned int nr = 0;
	unsigned long *addrs;
	int err;

	kprobe_for_each(site, sites, batch)
		nr += kprobe_ftrace_goes(site, step);
	if (!nr)
		return 0;
	addrs = kvmalloc_array(nr, sizeof(*addrs), GFP_KERNEL);
	if (!addrs)
		return -ENOMEM;

	nr = 0;
	kprobe_for_each(site, sites, batch) {
		if (kprobe_ftrace_goes(site, step))
			addrs[nr++] = site->addr;
	}
	err = kprobe_ftrace_change(step, addrs, nr);
	kvfree(addrs);
	return err;
}

/*
 * If it cannot be done in one go, one by one: then it is known which site is to
 * blame, and no array is needed.
 */
static enum kprobe_refusal kprobe_ftrace_go(const struct kprobe_ftrace_step *step,
					    struct list_head *sites)
{
	bool done = !kprobe_ftrace_change_all(step, sites);
	enum kprobe_refusal refusal = KPROBE_OK;
	struct kprobe_site *site;
	int err = 0;

	kprobe_for_each(site, sites, batch) {
		if (!kprobe_ftrace_goes(site, step))
			continue;
		if (!done)
			err = kprobe_ftrace_change(step, &site->addr, 1);
		if (!err)
			kprobe_ftrace_armed(site, step->to);
		else
			refusal = kprobe_ftrace_refusal(err);
	}
	return refusal;
}

/*
 * Into the one filter, then out of the other. In between, ftrace calls for one of
 * them or for both, and the first call is the hit: see arch_kprobe_ftrace_hit().
 */
static enum kprobe_refusal kprobe_ftrace_move(struct kprobe_site *site,
					      struct kprobe_ftrace *from,
					      struct kprobe_ftrace *to)
{
	int err = kprobe_ftrace_add(to, &site->addr, 1);

	if (err)
		return kprobe_ftrace_refusal(err);
	WRITE_ONCE(site->via, &to->ops);
	kprobe_ftrace_remove(from, &site->addr, 1);
	return KPROBE_OK;
}

/* Sites where a probe that may set the IP has joined others, or left them. */
static enum kprobe_refusal kprobe_ftrace_move_all(struct list_head *sites,
						  struct kprobe_ftrace *from,
						  struct kprobe_ftrace *to)
{
	const struct kprobe_ftrace_step step = { .from = &from->ops, .to = &to->ops };
	enum kprobe_refusal refusal = KPROBE_OK;
	struct kprobe_site *site;

	kprobe_for_each(site, sites, batch) {
		if (kprobe_ftrace_goes(site, &step))
			refusal = kprobe_ftrace_move(site, from, to) ?: refusal;
	}
	return refusal;
}

/**
 * kprobe_ftrace_reconcile() - arm and disarm sites on ftrace locations
 * @sites: list of kprobe_site::batch; other sites in it are passed over
 *
 * Context: kprobe_mutex. Sleeps. Takes ftrace's locks and text_mutex.
 * Return: KPROBE_OK, or the last of the reasons why a site was not armed:
 * KPROBE_FTRACE_BUSY, KPROBE_FTRACE_DEAD, KPROBE_NO_MEMORY. Such a site is as
 * it was before.
 */
enum kprobe_refusal kprobe_ftrace_reconcile(struct list_head *sites)
{
	struct kprobe_ftrace *const ways[] = { &kprobe_ftrace_plain, &kprobe_ftrace_ipmodify };
	enum kprobe_refusal refusal = KPROBE_OK;
	int i;

	lockdep_assert_held(&kprobe_mutex);

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		struct kprobe_ftrace_step out = { .f = ways[i], .from = &ways[i]->ops };
		struct kprobe_ftrace_step in = { .f = ways[i], .to = &ways[i]->ops };

		kprobe_ftrace_go(&out, sites);
		refusal = kprobe_ftrace_go(&in, sites) ?: refusal;
	}
	kprobe_ftrace_move_all(sites, &kprobe_ftrace_ipmodify, &kprobe_ftrace_plain);
	return kprobe_ftrace_move_all(sites, &kprobe_ftrace_plain, &kprobe_ftrace_ipmodify) ?:
	       refusal;
}

/*
 * ftrace goes on calling its users when it is dead: whatever it cannot change
 * any more stays. Nobody is to run on the word of a broken ftrace.
 */
static void kprobe_ftrace_bury(struct work_struct *work)
{
	struct kprobe_site *site;
	unsigned int nr = 0;

	mutex_lock(&kprobe_mutex);
	kprobe_for_each(site, &kprobe_sites, all) {
		if (!site->via)
			continue;
		kprobe_ftrace_armed(site, NULL);
		nr++;
	}
	mutex_unlock(&kprobe_mutex);
	pr_warn("kprobes: ftrace is dead: disarmed on %u ftrace locations\n", nr);
}

static DECLARE_WORK(kprobe_ftrace_burial, kprobe_ftrace_bury);

static void kprobe_ftrace_died(struct irq_work *work)
{
	queue_work(system_unbound_wq, &kprobe_ftrace_burial);
}

static DEFINE_IRQ_WORK(kprobe_ftrace_death, kprobe_ftrace_died);

/**
 * kprobe_ftrace_kill() - ftrace has stopped for good
 *
 * Called by ftrace when it has found a bug of its own. Sites that are armed
 * through it are disarmed, a moment later, and the log says so; their probes
 * stay registered and can be unregistered. Others cannot be registered or
 * enabled there: -ENODEV.
 *
 * Context: any, NMI and ftrace's own locks included.
 */
void kprobe_ftrace_kill(void)
{
	irq_work_queue(&kprobe_ftrace_death);
}
