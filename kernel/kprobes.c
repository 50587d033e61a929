// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: the front door.
 *
 * Registrations and unregistrations, single or many, go through a batch: each
 * probe is linked or unlinked by itself, then the text of all sites concerned
 * is changed in one go. What is behind: kprobes/internal.h.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>

#include "kprobes/internal.h"

/* Sites, their states, their probes, slots. The chart is in internal.h. */
DEFINE_MUTEX(kprobe_mutex);

/* Flags that belong to the user. */
#define KPROBE_USER_FLAGS	(KPROBE_FLAG_DISABLED | KPROBE_FLAG_IPMODIFY)

/**
 * kprobe_refuse() - say why, for people
 * @kp: the probe
 * @refusal: why
 *
 * Context: process.
 * Return: the errno, for callers.
 */
int kprobe_refuse(const struct kprobe *kp, enum kprobe_refusal refusal)
{
	const char *why = kprobe_refusal_name(refusal);

	if (kp->symbol_name)
		pr_info_ratelimited("kprobes: %s+%#x: not probed: %s\n",
				    kp->symbol_name, kp->offset, why);
	else
		pr_info_ratelimited("kprobes: %pS: not probed: %s\n",
				    (void *)kp->addr + kp->offset, why);
	return kprobe_refusal_errno(refusal);
}

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
	mutex_lock(&kprobe_mutex);
}

/* Also sites before it: with its first probe it is in the way of their jumps. */
static void kprobe_batch_queue(struct kprobe_batch *batch, struct kprobe_site *site)
{
	list_move_tail(&site->batch, &batch->sites);
	if (list_empty(&site->probes) || list_is_singular(&site->probes))
		kprobe_queue_neighbours(&batch->sites, site);
}

/* What registration did to the probe itself, so that it can be tried again. */
static void kprobe_forget_address(struct kprobe *kp)
{
	kp->flags &= KPROBE_USER_FLAGS;
	if (kp->symbol_name)
		kp->addr = NULL;
	else
		kp->addr -= kp->offset;
}

static enum kprobe_refusal kprobe_batch_link(struct kprobe_batch *batch, struct kprobe *kp,
					     unsigned long addr, bool on_entry)
{
	struct kprobe_site *site;
	enum kprobe_refusal refusal;

	refusal = kprobe_site_get(addr, &site);
	if (refusal)
		return refusal;

	kp->addr = (kprobe_opcode_t *)addr;
	kp->opcode = site->on_ftrace ? 0 : arch_kprobe_opcode(site);
	kp->flags &= KPROBE_USER_FLAGS;
	if (site->on_ftrace)
		kp->flags |= KPROBE_FLAG_FTRACE;
	if (on_entry)
		kp->flags |= KPROBE_FLAG_ON_FUNC_ENTRY;
	kp->nmissed = 0;
	INIT_HLIST_NODE(&kp->hlist);
	refusal = kprobe_site_add(site, kp);

	/* Also when it failed: a site without a probe has to go again. */
	kprobe_batch_queue(batch, site);
	if (refusal) {
		kprobe_forget_address(kp);
		hlist_add_head(&kp->hlist, &batch->leaving);
	}
	return refusal;
}

/*
 * Finds the address and holds its module, so that its text stays until the site
 * is in the table. Before it was held, the module may have gone and another one
 * have come to its place: what a symbol of a module stands for is asked again.
 */
static enum kprobe_refusal kprobe_hold_address(const struct kprobe *kp, unsigned long *addr,
					       bool *on_entry, struct module **mod)
{
	enum kprobe_refusal refusal;
	unsigned long again;

	refusal = kprobe_resolve(kp, addr, on_entry);
	if (!refusal)
		refusal = kprobe_check_address(*addr, mod);
	if (refusal || !*mod)
		return refusal;
	if (kprobe_resolve(kp, &again, on_entry) || again != *addr) {
		module_put(*mod);
		return KPROBE_MODULE_GOING;
	}
	return KPROBE_OK;
}

/**
 * kprobe_batch_add() - link a probe
 * @batch: the batch
 * @kp: the probe
 *
 * Context: process, between kprobe_batch_begin() and kprobe_batch_end().
 * Return: KPROBE_OK, or why not; then @kp is as it was.
 */
enum kprobe_refusal kprobe_batch_add(struct kprobe_batch *batch, struct kprobe *kp)
{
	enum kprobe_refusal refusal;
	struct module *mod = NULL;
	unsigned long addr;
	bool on_entry;

	if (kprobe_site_of(kp))
		return KPROBE_REGISTERED;
	refusal = kprobe_hold_address(kp, &addr, &on_entry, &mod);
	if (refusal)
		return refusal;
	refusal = kprobe_batch_link(batch, kp, addr, on_entry);
	module_put(mod);
	return refusal;
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
	kprobe_site_del(site, kp);
	hlist_add_head(&kp->hlist, &batch->leaving);
	kprobe_batch_queue(batch, site);
	return true;
}

/**
 * kprobe_batch_undo() - unlink a probe of a registration that has failed
 * @batch: the batch that has added it
 * @kp: the probe; it can be registered again as it is
 *
 * Context: process, between kprobe_batch_begin() and kprobe_batch_end().
 */
void kprobe_batch_undo(struct kprobe_batch *batch, struct kprobe *kp)
{
	kprobe_batch_remove(batch, kp);
	kprobe_forget_address(kp);
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
	struct hlist_node *next;
	struct kprobe *kp;

	kprobe_reconcile(&batch->sites);
	arch_kprobe_forget_text();
	mutex_unlock(&kprobe_mutex);

	if (hlist_empty(&batch->leaving))
		return;
	synchronize_rcu_expedited();
	arch_kprobe_drain();
	hlist_for_each_entry_safe(kp, next, &batch->leaving, hlist) {
		hlist_del_init(&kp->hlist);
		INIT_LIST_HEAD(&kp->list);
	}
}

/**
 * kprobe_batch_has_armed() - is the text as a probe wants it?
 * @kp: the probe, registered
 *
 * Context: kprobe_mutex.
 * Return: false if the site of @kp is the one, or one of those, for which
 * kprobe_reconcile() has failed.
 */
bool kprobe_batch_has_armed(const struct kprobe *kp)
{
	return kprobe_site_is_settled(kprobe_site_of(kp));
}

/**
 * register_kprobes() - register several probes, all or none
 * @kps: the probes
 * @num: how many, 1 or more
 *
 * They are armed together, at the end.
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0, or the error of the first one that failed, as register_kprobe()
 * returns it; then none of them is registered. -EINVAL too if @num is not
 * positive.
 */
int register_kprobes(struct kprobe **kps, int num)
{
	enum kprobe_refusal refusal = KPROBE_OK;
	struct kprobe_batch batch;
	int added, failed;

	if (num <= 0)
		return -EINVAL;

	kprobe_batch_begin(&batch);
	for (added = 0; added < num; added++) {
		refusal = kprobe_batch_add(&batch, kps[added]);
		if (refusal)
			break;
		cond_resched();
	}
	failed = added;
	if (!refusal) {
		refusal = kprobe_reconcile(&batch.sites);
		for (failed = 0; refusal && kprobe_batch_has_armed(kps[failed]);)
			failed++;
	}
	while (refusal && added--)
		kprobe_batch_undo(&batch, kps[added]);
	kprobe_batch_end(&batch);
	return refusal ? kprobe_refuse(kps[failed], refusal) : 0;
}
EXPORT_SYMBOL_GPL(register_kprobes);

/**
 * register_kprobe() - put a probe on an instruction
 * @p: the probe. Either addr or symbol_name is set, offset if wanted, handlers,
 *	and KPROBE_FLAG_DISABLED if it shall not run yet, KPROBE_FLAG_IPMODIFY
 *	if a handler may set regs->ip. All else is zero. To register it once
 *	more, set symbol, offset and address anew: addr has become the address
 *	that was probed
 *
 * On return it is armed: each CPU that begins to execute the instruction from
 * now on runs the handlers. @p belongs to kprobes until unregister_kprobe().
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0, or a negative errno, with the reason by name in the kernel log:
 *
 * * -EINVAL - neither an address nor a symbol, or both; @p is registered
 *   already; the address is not kernel text; it is blacklisted, in CFI or call
 *   padding, a jump label, a static call, a BUG() or WARN(), an ftrace location
 *   in a kernel without KPROBES_ON_FTRACE; the instruction is unknown or only
 *   raises an exception; no slot is within reach of its RIP-relative operand
 * * -ENOENT - no such symbol; the module is being removed, or is not there yet;
 *   init text of a module that has been initialised
 * * -EILSEQ - the address is inside an instruction, or a foreign breakpoint
 * * -EOPNOTSUPP - the instruction leaves the kernel's flow (IRET, SYSRET, far
 *   branch, VM entry), so it cannot run out of line
 * * -EBUSY - on an ftrace location: ftrace is switched off (sysctl
 *   kernel.ftrace_enabled), or @p has KPROBE_FLAG_IPMODIFY and somebody else,
 *   livepatch say, may already set the IP there
 * * -ENODEV - on an ftrace location: ftrace has met a bug of its own and stopped
 * * -ENOMEM - no memory
 */
int register_kprobe(struct kprobe *p)
{
	return register_kprobes(&p, 1);
}
EXPORT_SYMBOL_GPL(register_kprobe);

/**
 * unregister_kprobes() - remove several probes
 * @kps: the probes; those that are not registered are passed over
 * @num: how many
 *
 * Context: process; sleeps for one grace period, whatever @num is. Not from a
 * handler.
 */
void unregister_kprobes(struct kprobe **kps, int num)
{
	struct kprobe_batch batch;
	int i;

	if (num <= 0)
		return;
	kprobe_batch_begin(&batch);
	for (i = 0; i < num; i++) {
		kprobe_batch_remove(&batch, kps[i]);
		cond_resched();
	}
	kprobe_batch_end(&batch);
}
EXPORT_SYMBOL_GPL(unregister_kprobes);

/**
 * unregister_kprobe() - remove a probe
 * @p: the probe; if it is not registered, nothing happens
 *
 * On return no handler of it runs any more, its memory is the user's again, and
 * if it was the last one there, the text is as it was.
 *
 * Context: process; sleeps for one grace period. Not from a handler.
 */
void unregister_kprobe(struct kprobe *p)
{
	unregister_kprobes(&p, 1);
}
EXPORT_SYMBOL_GPL(unregister_kprobe);

/* Sets or clears KPROBE_FLAG_DISABLED and what follows from it. */
static enum kprobe_refusal kprobe_switch(struct kprobe_batch *batch, struct kprobe_site *site,
					 struct kprobe *kp, bool on)
{
	u32 old = kp->flags;
	enum kprobe_refusal refusal;

	if (on)
		kp->flags &= ~KPROBE_FLAG_DISABLED;
	else
		kp->flags |= KPROBE_FLAG_DISABLED;
	if (kp->flags == old || kprobe_gone(kp))
		return KPROBE_OK;
	refusal = kprobe_site_update(site, on ? GFP_KERNEL : GFP_KERNEL | __GFP_NOFAIL);
	if (refusal)
		kp->flags = old;
	else
		kprobe_batch_queue(batch, site);
	return refusal;
}

static int kprobe_set_enabled(struct kprobe *kp, bool on)
{
	enum kprobe_refusal refusal = KPROBE_OK;
	struct kprobe_batch batch;
	struct kprobe_site *site;
	int err = 0;

	kprobe_batch_begin(&batch);
	site = kprobe_site_of(kp);
	if (!site || (on && kprobe_gone(kp)))
		err = -EINVAL;
	else
		refusal = kprobe_switch(&batch, site, kp, on);
	if (on && !err && !refusal) {
		refusal = kprobe_reconcile(&batch.sites);
		if (refusal)
			kprobe_switch(&batch, site, kp, false);
	}
	kprobe_batch_end(&batch);

	return refusal ? kprobe_refuse(kp, refusal) : err;
}

/**
 * enable_kprobe() - let a disabled probe run again
 * @kp: the probe; nothing happens if it is enabled
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0; -EINVAL if it is not registered or gone; -EBUSY, -ENODEV or
 * -ENOMEM as register_kprobe() returns them, and it stays disabled.
 */
int enable_kprobe(struct kprobe *kp)
{
	return kprobe_set_enabled(kp, true);
}
EXPORT_SYMBOL_GPL(enable_kprobe);

/**
 * disable_kprobe() - let a probe rest, without giving up its place
 * @kp: the probe; nothing happens if it is disabled
 *
 * No hit that begins after the return runs it. One that is under way on another
 * CPU ends with its post-handler.
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0, or -EINVAL if it is not registered.
 */
int disable_kprobe(struct kprobe *kp)
{
	return kprobe_set_enabled(kp, false);
}
EXPORT_SYMBOL_GPL(disable_kprobe);

/**
 * get_kprobe() - find a probe by its address
 * @addr: the probed address
 *
 * Context: rcu_read_lock() while the probe is used.
 * Return: the first probe registered there, or NULL.
 */
struct kprobe *get_kprobe(void *addr)
{
	struct kprobe_site *site = kprobe_site_lookup((unsigned long)addr);

	return site ? list_first_or_null_rcu(&site->probes, struct kprobe, list) : NULL;
}

static int __init kprobe_init(void)
{
	int err = kprobe_site_init();

	if (!err)
		err = kprobe_slot_init();
	if (!err)
		err = kprobe_blacklist_init();
	if (!err)
		err = kprobe_reserved_init();
	if (!err)
		err = kprobe_module_init();
	return err;
}
early_initcall(kprobe_init);
