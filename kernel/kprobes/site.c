// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: the table of sites, their probes, their states.
 *
 * A site exists from the first probe of its address to the last.
 */
#include <linux/bug.h>
#include <linux/memory.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "internal.h"

/* All sites, in order of creation, gone ones among them. For listings. */
LIST_HEAD(kprobe_sites);

static struct kprobe_buckets kprobe_site_few = KPROBE_FEW_BUCKETS;
struct kprobe_table kprobe_site_table = KPROBE_TABLE(kprobe_site_few);

/* A size of kmalloc() that they fit into would waste a tenth. */
static struct kmem_cache *kprobe_site_cache;

/* How many of them are gone, and so not in the table. kprobe_mutex */
static unsigned int kprobe_nr_gone;

/**
 * kprobe_site_init() - prepare for allocating sites
 *
 * Context: once at boot.
 * Return: 0, or -ENOMEM.
 */
int __init kprobe_site_init(void)
{
	kprobe_site_cache = KMEM_CACHE(kprobe_site, 0);
	return kprobe_site_cache ? 0 : -ENOMEM;
}

/*
 * Is the probe on any list of probes? Without a walk, so that a registration is not
 * slower the more probes there are at its address. One that was never registered may
 * hold anything, so the pointers are not trusted to lead to memory.
 */
static bool kprobe_is_linked(const struct kprobe *kp)
{
	struct list_head *prev = kp->list.prev, *at;

	return prev != &kp->list && !get_kernel_nofault(at, &prev->next) && at == &kp->list;
}

/* From both ends: users unregister in the order of registration, or backwards. */
static bool kprobe_site_has(const struct kprobe_site *site, const struct kprobe *kp)
{
	const struct list_head *first = site->probes.next, *last = site->probes.prev;

	while (first != &site->probes && first != &kp->list && last != &kp->list) {
		first = first->next;
		last = last->prev;
		cond_resched();
	}
	return first != &site->probes;
}

/**
 * kprobe_site_of() - find the site of a probe
 * @kp: the probe, or NULL; nothing in it is trusted, it may never have been
 *	registered
 *
 * Context: kprobe_mutex.
 * Return: the site, or NULL if @kp is not registered.
 */
struct kprobe_site *kprobe_site_of(const struct kprobe *kp)
{
	struct kprobe_site *site;

	lockdep_assert_held(&kprobe_mutex);

	if (!kp || !kprobe_is_linked(kp))
		return NULL;
	rcu_read_lock();
	site = kprobe_site_lookup((unsigned long)kp->addr);
	rcu_read_unlock();
	if (site && kprobe_site_has(site, kp))
		return site;

	/* A site that is gone is not in the table: its address may live again. */
	if (!kprobe_nr_gone)
		return NULL;
	kprobe_for_each(site, &kprobe_sites, all) {
		if (site->state == KPROBE_GONE && site->addr == (unsigned long)kp->addr &&
		    kprobe_site_has(site, kp))
			return site;
	}
	return NULL;
}

/* Rows: from. Columns: to. As drawn at enum kprobe_state. */
static const bool kprobe_transitions[KPROBE_NR_STATES][KPROBE_NR_STATES] = {
	[KPROBE_PREPARED] = {
		[KPROBE_ARMED] = true, [KPROBE_GONE] = true, [KPROBE_DEAD] = true,
	},
	[KPROBE_ARMED] = {
		[KPROBE_PREPARED] = true, [KPROBE_OPTIMIZING] = true, [KPROBE_GONE] = true,
	},
	[KPROBE_OPTIMIZING] = {
		[KPROBE_PREPARED] = true, [KPROBE_ARMED] = true, [KPROBE_OPTIMIZED] = true,
		[KPROBE_GONE] = true,
	},
	[KPROBE_OPTIMIZED] = {
		[KPROBE_UNOPTIMIZING] = true, [KPROBE_GONE] = true,
	},
	[KPROBE_UNOPTIMIZING] = {
		[KPROBE_ARMED] = true,
	},
	[KPROBE_GONE] = {
		[KPROBE_DEAD] = true,
	},
};

/**
 * kprobe_state_may_follow() - look a transition up
 * @from: a state
 * @to: another
 *
 * Return: true if a site may go from @from to @to.
 */
bool kprobe_state_may_follow(enum kprobe_state from, enum kprobe_state to)
{
	return kprobe_transitions[from][to];
}

/* What users see of a site in a probe of it. */
static void kprobe_site_mark(const struct kprobe_site *site, struct kprobe *kp)
{
	if (site->state == KPROBE_OPTIMIZED)
		kp->flags |= KPROBE_FLAG_OPTIMIZED;
	else
		kp->flags &= ~KPROBE_FLAG_OPTIMIZED;
	if (site->state == KPROBE_GONE)
		kp->flags |= KPROBE_FLAG_GONE;
}

/**
 * kprobe_site_set_state() - the only place that changes a site's state
 * @site: the site
 * @state: its next state; what it says of the text is already true
 *
 * Context: kprobe_mutex.
 */
void kprobe_site_set_state(struct kprobe_site *site, enum kprobe_state state)
{
	struct kprobe *kp;

	lockdep_assert_held(&kprobe_mutex);
	WARN_ON_ONCE(!kprobe_state_may_follow(site->state, state));
	WRITE_ONCE(site->state, state);
	kprobe_for_each(kp, &site->probes, list)
		kprobe_site_mark(site, kp);
}

/**
 * kprobe_site_prepare() - look at the instruction
 * @site: the site, not in the table yet
 *
 * On an ftrace location there is none but ftrace's own.
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK, or why it cannot carry a probe.
 */
enum kprobe_refusal kprobe_site_prepare(struct kprobe_site *site)
{
	enum kprobe_refusal refusal;

	if (site->on_ftrace)
		return KPROBE_OK;
	mutex_lock(&text_mutex);
	refusal = arch_kprobe_prepare(site);
	mutex_unlock(&text_mutex);
	/* find_bug() looks at every one that there is: ask where it can be one. */
	if (refusal == KPROBE_TRAP_INSN && find_bug(site->addr))
		return KPROBE_BUG_ENTRY;
	return refusal;
}

static enum kprobe_refusal kprobe_site_create(unsigned long addr,
					      struct kprobe_site **result)
{
	struct kprobe_site *site = kmem_cache_zalloc(kprobe_site_cache, GFP_KERNEL);
	enum kprobe_refusal refusal;

	if (!site)
		return KPROBE_NO_MEMORY;
	site->addr = addr;
	site->state = KPROBE_PREPARED;
	site->on_ftrace = kprobe_is_on_ftrace(addr);
	INIT_LIST_HEAD(&site->probes);
	INIT_LIST_HEAD(&site->batch);

	refusal = kprobe_site_prepare(site);
	if (refusal) {
		kmem_cache_free(kprobe_site_cache, site);
		return refusal;
	}
	kprobe_table_add(&kprobe_site_table, &site->node, addr);
	list_add_tail_rcu(&site->all, &kprobe_sites);
	*result = site;
	return KPROBE_OK;
}

/**
 * kprobe_site_get() - find or create the site at an address
 * @addr: the address, which kprobe_check_address() has accepted
 * @site: where to return the site
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK, or why there can be no site.
 */
enum kprobe_refusal kprobe_site_get(unsigned long addr, struct kprobe_site **site)
{
	lockdep_assert_held(&kprobe_mutex);

	rcu_read_lock();
	*site = kprobe_site_lookup(addr);
	rcu_read_unlock();
	return *site ? KPROBE_OK : kprobe_site_create(addr, site);
}

static void kprobe_site_release(struct kprobe_retired *retired)
{
	struct kprobe_site *site = container_of(retired, struct kprobe_site, retired);

	mutex_lock(&kprobe_mutex);
	arch_kprobe_release(site);
	mutex_unlock(&kprobe_mutex);
	kmem_cache_free(kprobe_site_cache, site);
}

/**
 * kprobe_site_put() - let a site die if it has no probes
 * @site: the site; not armed if it has no probes, and in no batch
 *
 * Context: kprobe_mutex.
 */
void kprobe_site_put(struct kprobe_site *site)
{
	lockdep_assert_held(&kprobe_mutex);

	if (!list_empty(&site->probes))
		return;
	if (site->state == KPROBE_GONE)
		kprobe_nr_gone--;
	else
		kprobe_table_remove(&kprobe_site_table, &site->node);
	list_del_rcu(&site->all);
	kprobe_site_set_state(site, KPROBE_DEAD);
	kprobe_retire(&site->retired, kprobe_site_release);
}

static void kprobe_set_release(struct kprobe_retired *retired)
{
	kvfree(container_of(retired, struct kprobe_set, retired));
}

static void kprobe_site_activate(struct kprobe_site *site, unsigned long active)
{
	struct kprobe_set *old = kprobe_active_set(site->active);

	/* Pairs with the dependency in a hit: what it points to is initialised. */
	smp_store_release(&site->active, active);
	if (old)
		kprobe_retire(&old->retired, kprobe_set_release);
}

/* What hits need of the probes that are enabled. */
struct kprobe_enabled {
	unsigned int nr;
	bool has_post;
	bool has_fault;
	struct kprobe *last;
};

static struct kprobe_enabled kprobe_site_enabled(const struct kprobe_site *site)
{
	struct kprobe_enabled enabled = { };
	struct kprobe *kp;

	kprobe_for_each(kp, &site->probes, list) {
		if (kprobe_disabled(kp))
			continue;
		enabled.nr++;
		enabled.has_post |= !!kp->post_handler;
		enabled.has_fault |= !!kp->fault_handler;
		enabled.last = kp;
	}
	return enabled;
}

/*
 * Before a probe is enabled: see to it that hits can run the instruction, for all
 * probes that are enabled then, and for any part of them. So when probes become
 * fewer, what hits need is there, and that cannot fail.
 */
static enum kprobe_refusal __must_check kprobe_site_provide(struct kprobe_site *site,
							    struct kprobe *kp)
{
	enum kprobe_refusal refusal;

	if (site->on_ftrace || kprobe_disabled(kp))
		return KPROBE_OK;
	refusal = arch_kprobe_provide(site, false);
	if (!refusal && (kp->post_handler || kprobe_active_has_post(site->active)))
		refusal = arch_kprobe_provide(site, true);
	return refusal;
}

/* The set of several probes is replaced. Fails only if the memory does. */
static bool __must_check kprobe_site_publish(struct kprobe_site *site, gfp_t gfp)
{
	struct kprobe_enabled enabled = kprobe_site_enabled(site);
	unsigned long bits = (enabled.has_post ? KPROBE_ACTIVE_POST : 0) |
			     (enabled.has_fault ? KPROBE_ACTIVE_FAULT : 0);
	struct kprobe_set *set;
	struct kprobe *kp;

	site->stale = false;
	if (enabled.nr <= 1) {
		kprobe_site_activate(site, (unsigned long)enabled.last | bits);
		return true;
	}
	set = kvmalloc(struct_size(set, probe, enabled.nr), gfp);
	if (!set) {
		site->stale = true;
		return false;
	}
	set->nr = enabled.nr;
	kprobe_for_each(kp, &site->probes, list) {
		if (!kprobe_disabled(kp))
			set->probe[--enabled.nr] = kp;
	}
	kprobe_site_activate(site, (unsigned long)set | bits | KPROBE_ACTIVE_SET);
	return true;
}

/**
 * kprobe_site_grow() - let hits run the probes that are enabled now
 * @site: the site, to which probes have been added
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK, or KPROBE_NO_MEMORY: then hits run what they ran before, until
 * kprobe_site_shrink().
 */
enum kprobe_refusal kprobe_site_grow(struct kprobe_site *site)
{
	lockdep_assert_held(&kprobe_mutex);

	if (!site->stale || kprobe_site_publish(site, GFP_KERNEL))
		return KPROBE_OK;
	return KPROBE_NO_MEMORY;
}

/**
 * kprobe_site_shrink() - let hits run no more than the probes that are enabled now
 * @site: the site, whose probes have only become fewer since they were provided for
 *
 * Context: kprobe_mutex. Sleeps. Does not fail.
 */
void kprobe_site_shrink(struct kprobe_site *site)
{
	lockdep_assert_held(&kprobe_mutex);

	if (site->stale && site->state != KPROBE_GONE)
		WARN_ON_ONCE(!kprobe_site_publish(site, GFP_KERNEL | __GFP_NOFAIL));
}

/**
 * kprobe_site_add() - link a probe to a site
 * @site: the site
 * @kp: the probe, not registered. If it is enabled, hits run it after
 *	kprobe_site_grow()
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK, or KPROBE_NO_MEMORY or KPROBE_OUT_OF_REACH; then nothing has
 * changed.
 */
enum kprobe_refusal kprobe_site_add(struct kprobe_site *site, struct kprobe *kp)
{
	enum kprobe_refusal refusal = kprobe_site_provide(site, kp);

	if (refusal)
		return refusal;
	list_add_tail_rcu(&kp->list, &site->probes);
	site->stale = true;
	kprobe_site_mark(site, kp);
	return KPROBE_OK;
}

/**
 * kprobe_site_del() - unlink a probe from its site
 * @site: the site
 * @kp: the probe; hits may go on using it until kprobe_site_shrink(), and for a grace
 *	period
 *
 * Context: kprobe_mutex. Does not fail.
 */
void kprobe_site_del(struct kprobe_site *site, struct kprobe *kp)
{
	list_del_rcu(&kp->list);
	site->stale = true;
}

/**
 * kprobe_site_enable() - let hits run a probe that is disabled
 * @site: the site
 * @kp: the probe, one of the site's
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK, or KPROBE_NO_MEMORY or KPROBE_OUT_OF_REACH; then it stays
 * disabled.
 */
enum kprobe_refusal kprobe_site_enable(struct kprobe_site *site, struct kprobe *kp)
{
	enum kprobe_refusal refusal;

	kp->flags &= ~KPROBE_FLAG_DISABLED;
	site->stale = true;
	refusal = kprobe_site_provide(site, kp) ?: kprobe_site_grow(site);
	if (refusal)
		kprobe_site_disable(site, kp);
	return refusal;
}

/**
 * kprobe_site_disable() - let no hit run a probe that is enabled
 * @site: the site
 * @kp: the probe, one of the site's
 *
 * Context: kprobe_mutex. Sleeps. Does not fail.
 */
void kprobe_site_disable(struct kprobe_site *site, struct kprobe *kp)
{
	kp->flags |= KPROBE_FLAG_DISABLED;
	site->stale = true;
	kprobe_site_shrink(site);
}

static void kprobe_site_gone(struct kprobe_site *site)
{
	kprobe_table_remove(&kprobe_site_table, &site->node);
	kprobe_site_set_state(site, KPROBE_GONE);
	kprobe_nr_gone++;
}

/* The sites there, in a list, with nothing left to run. */
static void kprobe_sites_collect(unsigned long start, unsigned long end,
				 struct list_head *leaving)
{
	struct kprobe_site *site;

	lockdep_assert_held(&kprobe_mutex);

	kprobe_for_each(site, &kprobe_sites, all) {
		if (site->state == KPROBE_GONE || site->addr < start || site->addr >= end)
			continue;
		kprobe_site_activate(site, 0);
		list_move_tail(&site->batch, leaving);
	}
}

/* ftrace has to forget them while it still knows the text. */
static void kprobe_sites_bury(struct list_head *leaving)
{
	struct kprobe_site *site, *next;

	kprobe_ftrace_reconcile(leaving);
	kprobe_for_each_safe(site, next, leaving, batch) {
		list_del_init(&site->batch);
		kprobe_site_gone(site);
	}
}

/**
 * kprobe_sites_gone() - text is about to be freed
 * @start: its first byte
 * @end: behind its last
 *
 * The probes there stay registered, marked KPROBE_FLAG_GONE, until their users
 * unregister them. Breakpoints stay where they are.
 *
 * Context: process. Nothing runs that text.
 */
void kprobe_sites_gone(unsigned long start, unsigned long end)
{
	LIST_HEAD(leaving);

	guard(mutex)(&kprobe_mutex);
	kprobe_sites_collect(start, end, &leaving);
	kprobe_sites_bury(&leaving);
}

/**
 * kprobe_sites_leave() - text will be freed, and may run until then
 * @start: its first byte
 * @end: behind its last
 *
 * As kprobe_sites_gone(), but the text is first made what it was without
 * probes: a breakpoint that is hit after its site has gone is nobody's.
 *
 * Context: process. The text is there and can be written.
 */
void kprobe_sites_leave(unsigned long start, unsigned long end)
{
	LIST_HEAD(leaving);

	guard(mutex)(&kprobe_mutex);
	kprobe_sites_collect(start, end, &leaving);
	kprobe_reconcile_breakpoints(&leaving);
	kprobe_sites_bury(&leaving);
}
