// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: registrations and unregistrations that go together.
 *
 * Each probe is linked to its site or unlinked by itself, then the text of all
 * sites concerned is changed in one go. Registrations go by address, so that
 * what there is to know of a function is asked once for all probes in it; on one
 * address, and where errors are concerned, they go in the order that was given.
 */
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "internal.h"

/*
 * The flags that a user may set. Users may leave anything in the others, so a new
 * option needs another way in, as register_kprobe_ipmodify() is one.
 */
#define KPROBE_USER_FLAGS	KPROBE_FLAG_DISABLED

/**
 * struct kprobe_request - a probe to be registered
 * @kp: the probe
 * @given: its address as the user has set it
 * @addr: what it asks for; behind ENDBR if it is a function's entry
 * @nr: its place in the order that was given
 * @changed: the probe is no longer as the user has set it
 * @linked: it has been linked to its site
 */
struct kprobe_request {
	struct kprobe *kp;
	kprobe_opcode_t *given;
	unsigned long addr;
	unsigned int nr;
	bool changed;
	bool linked;
};

/**
 * struct kprobe_registration - probes that are registered together
 * @batch: the batch that they are a part of
 * @function: what is known of the function that is looked at
 * @nr: how many requests there are
 * @reason: why the first request in the given order fails; KPROBE_OK so far
 * @request: what is asked for
 */
struct kprobe_registration {
	struct kprobe_batch *batch;
	struct kprobe_function function;
	unsigned int nr;
	struct kprobe_reason *reason;
	struct kprobe_request request[];
};

/**
 * kprobe_batch_begin() - start a batch
 * @batch: to be initialised
 *
 * Context: process. Takes kprobe_mutex, which kprobe_batch_end() drops.
 */
void kprobe_batch_begin(struct kprobe_batch *batch)
{
	INIT_LIST_HEAD(&batch->sites);
	INIT_HLIST_HEAD(&batch->leaving);
	batch->failed = NULL;
	batch->ipmodify = false;
	mutex_lock(&kprobe_mutex);
}

/**
 * kprobe_batch_queue() - have the text of a site looked at
 * @batch: the batch
 * @site: the site. With its first probe it is in the way of jumps before it, with
 *	its last it leaves that
 *
 * Context: process, between kprobe_batch_begin() and kprobe_batch_end().
 */
void kprobe_batch_queue(struct kprobe_batch *batch, struct kprobe_site *site)
{
	list_move_tail(&site->batch, &batch->sites);
	if (list_empty(&site->probes) || list_is_singular(&site->probes))
		kprobe_queue_neighbours(&batch->sites, site);
}

/* What registration did to the probe itself, so that it can be tried again. */
static void kprobe_restore(const struct kprobe_request *request)
{
	request->kp->flags &= KPROBE_USER_FLAGS;
	request->kp->addr = request->given;
}

static enum kprobe_refusal kprobe_link(struct kprobe_batch *batch,
				       struct kprobe_request *request, bool on_entry)
{
	struct kprobe *kp = request->kp;
	enum kprobe_refusal refusal;
	struct kprobe_site *site;

	refusal = kprobe_site_get(request->addr, &site);
	if (refusal)
		return refusal;

	request->changed = true;
	kp->addr = (kprobe_opcode_t *)request->addr;
	kp->opcode = site->on_ftrace ? 0 : arch_kprobe_opcode(site);
	kp->flags &= KPROBE_USER_FLAGS;
	if (site->on_ftrace)
		kp->flags |= KPROBE_FLAG_FTRACE;
	if (on_entry)
		kp->flags |= KPROBE_FLAG_ON_FUNC_ENTRY;
	if (batch->ipmodify)
		kp->flags |= KPROBE_FLAG_IPMODIFY;
	kp->nmissed = 0;
	INIT_HLIST_NODE(&kp->hlist);
	if (kprobe_is_return(kp))
		refusal = kretprobe_alloc(kp);
	refusal = refusal ?: kprobe_site_add(site, kp);

	/* Also when it failed: a site without a probe has to go again. */
	kprobe_batch_queue(batch, site);
	if (refusal)
		hlist_add_head(&kp->hlist, &batch->leaving);
	return refusal;
}

/*
 * The function's module is held now. Before it was, it may have gone and another
 * one have come to its place: what a symbol of a module stands for is asked again.
 */
static enum kprobe_refusal kprobe_confirm(struct kprobe_function *function,
					  const struct kprobe *kp, unsigned long addr)
{
	unsigned long again;

	if (!function->mod || !kp->symbol_name)
		return KPROBE_OK;
	if (kprobe_resolve(kp, function, &again) || again != addr)
		return KPROBE_MODULE_GOING;
	return KPROBE_OK;
}

static enum kprobe_refusal kprobe_carry_out(struct kprobe_registration *reg,
					    struct kprobe_request *request)
{
	struct kprobe_function *function = &reg->function;
	struct kprobe *kp = request->kp;
	enum kprobe_refusal refusal;
	bool on_entry;

	/* Asked for twice, maybe: the first time may have registered it. */
	if (kprobe_site_of(kp))
		return KPROBE_REGISTERED;
	refusal = kprobe_function_find(function, request->addr) ?:
		  kprobe_confirm(function, kp, request->addr) ?:
		  kprobe_check_address(function, request->addr);
	if (refusal)
		return refusal;
	on_entry = kprobe_is_entry(function, request->addr);
	if (kprobe_is_return(kp)) {
		refusal = kretprobe_check(kp, request->addr, on_entry);
		if (refusal)
			return refusal;
	}
	return kprobe_link(reg->batch, request, on_entry);
}

/* The first one in the given order is what is told. */
static void kprobe_registration_fails(struct kprobe_registration *reg,
				      const struct kprobe_request *request,
				      enum kprobe_refusal refusal)
{
	struct kprobe_reason *reason = reg->reason;

	if (reason->refusal && request->nr >= reason->nr)
		return;
	reason->nr = request->nr;
	reason->refusal = refusal;
	reason->addr = request->addr;
	kprobe_reason_find(reason);
}

static enum kprobe_refusal kprobe_request_begin(struct kprobe_registration *reg,
						struct kprobe_request *request,
						struct kprobe *kp)
{
	*request = (struct kprobe_request) { .kp = kp, .nr = reg->nr };
	if (!kp)
		return KPROBE_NO_HANDLE;
	request->given = kp->addr;
	if (kprobe_site_of(kp))
		return KPROBE_REGISTERED;
	return kprobe_resolve(kp, &reg->function, &request->addr);
}

/* Finds the addresses. What comes behind one that fails is of no interest. */
static void kprobe_registration_resolve(struct kprobe_registration *reg, struct kprobe **kps,
					unsigned int num)
{
	for (reg->nr = 0; reg->nr < num; reg->nr++) {
		struct kprobe_request *request = &reg->request[reg->nr];
		enum kprobe_refusal refusal;

		refusal = kprobe_request_begin(reg, request, kps[reg->nr]);
		if (refusal) {
			kprobe_registration_fails(reg, request, refusal);
			return;
		}
		cond_resched();
	}
}

static int kprobe_request_cmp(const void *a, const void *b)
{
	const struct kprobe_request *x = a, *y = b;

	/* sort() does not: a heap of 50,000 takes 10 ms. */
	cond_resched();
	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->nr < y->nr ? -1 : 1;
}

static void kprobe_registration_link(struct kprobe_registration *reg)
{
	struct kprobe_request *request;

	for (request = reg->request; request < reg->request + reg->nr; request++) {
		enum kprobe_refusal refusal;

		if (reg->reason->refusal && request->nr > reg->reason->nr)
			continue;
		refusal = kprobe_carry_out(reg, request);
		request->linked = !refusal;
		if (refusal)
			kprobe_registration_fails(reg, request, refusal);
		cond_resched();
	}
}

static struct kprobe_site *kprobe_site_at(unsigned long addr)
{
	guard(rcu)();
	return kprobe_site_lookup(addr);
}

/* Let hits run the probes, each site once: requests are in the order of addresses. */
static void kprobe_registration_grow(struct kprobe_registration *reg)
{
	struct kprobe_request *request;
	unsigned long last = 0;

	for (request = reg->request; request < reg->request + reg->nr; request++) {
		enum kprobe_refusal refusal;

		if (request->addr == last)
			continue;
		last = request->addr;
		refusal = kprobe_site_grow(kprobe_site_at(last));
		if (refusal)
			kprobe_registration_fails(reg, request, refusal);
		cond_resched();
	}
}

static void kprobe_registration_arm(struct kprobe_registration *reg)
{
	enum kprobe_refusal refusal = kprobe_reconcile(&reg->batch->sites);
	struct kprobe_request *request;

	for (request = reg->request; refusal && request < reg->request + reg->nr; request++) {
		if (!kprobe_site_is_settled(kprobe_site_at(request->addr)))
			kprobe_registration_fails(reg, request, refusal);
		cond_resched();
	}
}

static void kprobe_registration_undo(struct kprobe_registration *reg)
{
	struct kprobe_request *request;

	for (request = reg->request; request < reg->request + reg->nr; request++) {
		if (request->linked)
			kprobe_batch_remove_from(reg->batch, kprobe_site_at(request->addr),
						 request->kp);
		cond_resched();
	}
}

/* A handler that was running has seen the address until now. */
static void kprobe_registration_restore(struct kprobe_registration *reg)
{
	struct kprobe_request *request;

	for (request = reg->request; request < reg->request + reg->nr; request++) {
		if (request->changed)
			kprobe_restore(request);
		cond_resched();
	}
}

/**
 * kprobe_batch_register() - register probes, all or none
 * @batch: the batch
 * @kps: the probes
 * @num: how many, 1 or more
 * @reason: where to return why the first one fails that does; its refusal is
 *	KPROBE_OK if none does
 *
 * Context: process, between kprobe_batch_begin() and kprobe_batch_end(). One
 * time in a batch, with nothing else in it. Sleeps.
 * Return: true, and they are armed; or false, and they can be registered again as
 * they are, when the batch has ended.
 */
bool kprobe_batch_register(struct kprobe_batch *batch, struct kprobe **kps, unsigned int num,
			   struct kprobe_reason *reason)
{
	struct kprobe_registration *reg = kvmalloc(struct_size(reg, request, num), GFP_KERNEL);

	lockdep_assert_held(&kprobe_mutex);

	*reason = (struct kprobe_reason) { .refusal = KPROBE_OK };
	if (!reg || kprobe_reserved_index_image()) {
		reason->refusal = KPROBE_NO_MEMORY;
		kvfree(reg);
		return false;
	}
	*reg = (struct kprobe_registration) { .batch = batch, .reason = reason };
	kprobe_registration_resolve(reg, kps, num);
	sort(reg->request, reg->nr, sizeof(reg->request[0]), kprobe_request_cmp, NULL);
	kprobe_registration_link(reg);
	kprobe_function_put(&reg->function);
	if (!reason->refusal)
		kprobe_registration_grow(reg);
	if (!reason->refusal)
		kprobe_registration_arm(reg);
	if (!reason->refusal) {
		kvfree(reg);
		return true;
	}
	kprobe_registration_undo(reg);
	batch->failed = reg;
	return false;
}

/**
 * kprobe_batch_remove() - unlink a probe
 * @batch: the batch
 * @kp: the probe
 *
 * Context: process, between kprobe_batch_begin() and kprobe_batch_end().
 * Return: false if it was not registered; nothing has happened then.
 */
bool kprobe_batch_remove(struct kprobe_batch *batch, struct kprobe *kp)
{
	struct kprobe_site *site = kprobe_site_of(kp);

	if (!site)
		return false;
	kprobe_batch_remove_from(batch, site, kp);
	return true;
}

/**
 * kprobe_batch_remove_from() - unlink a probe from a site that is known
 * @batch: the batch
 * @site: the site
 * @kp: a probe of it
 *
 * Nothing in @kp is needed to find the site: its user may have overwritten it.
 *
 * Context: process, between kprobe_batch_begin() and kprobe_batch_end().
 */
void kprobe_batch_remove_from(struct kprobe_batch *batch, struct kprobe_site *site,
			      struct kprobe *kp)
{
	kprobe_site_del(site, kp);
	if (kprobe_is_return(kp))
		kretprobe_stop(kp);
	hlist_add_head(&kp->hlist, &batch->leaving);
	kprobe_batch_queue(batch, site);
}

/* Probes that were unlinked return to their users when no hit can be using them. */
static void kprobe_batch_return(struct kprobe_batch *batch)
{
	struct hlist_node *next;
	struct kprobe *kp;

	synchronize_rcu_expedited();
	arch_kprobe_drain();
	hlist_for_each_entry_safe(kp, next, &batch->leaving, hlist) {
		hlist_del_init(&kp->hlist);
		INIT_LIST_HEAD(&kp->list);
		if (kprobe_is_return(kp))
			kretprobe_free(kp);
		cond_resched();
	}
}

/**
 * kprobe_batch_end() - change the text, give unlinked probes back
 * @batch: the batch
 *
 * Context: process. Drops kprobe_mutex. If probes were unlinked, sleeps for one
 * expedited grace period, whatever their number; then no handler of theirs runs
 * any more.
 */
void kprobe_batch_end(struct kprobe_batch *batch)
{
	kprobe_reconcile(&batch->sites);
	arch_kprobe_forget_text();
	mutex_unlock(&kprobe_mutex);

	if (!hlist_empty(&batch->leaving))
		kprobe_batch_return(batch);
	if (batch->failed)
		kprobe_registration_restore(batch->failed);
	kvfree(batch->failed);
}
