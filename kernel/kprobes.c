// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: the front door.
 *
 * Registrations and unregistrations, single or many, go through a batch. What is
 * behind: kprobes/internal.h.
 */
#include <linux/export.h>
#include <linux/init.h>
#include <linux/mutex.h>

#include "kprobes/internal.h"

/* Sites, their states, their probes, slots. The chart is in internal.h. */
DEFINE_MUTEX(kprobe_mutex);

static int kprobe_register(struct kprobe **kps, int num, bool ipmodify)
{
	struct kprobe_reason reason;
	struct kprobe_batch batch;
	bool registered;

	if (!kps || num <= 0)
		return -EINVAL;
	kprobe_batch_begin(&batch);
	batch.ipmodify = ipmodify;
	registered = kprobe_batch_register(&batch, kps, num, &reason);
	kprobe_batch_end(&batch);
	return registered ? 0 : kprobe_refuse(kps[reason.nr], &reason);
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
	return kprobe_register(kps, num, false);
}
EXPORT_SYMBOL_GPL(register_kprobes);

/**
 * register_kprobe() - put a probe on an instruction
 * @p: the probe. Either addr or symbol_name is set, offset if wanted, handlers,
 *	and KPROBE_FLAG_DISABLED if it must not run yet. All other flags are
 *	ignored, and all else is zero. To register it again, set symbol, offset
 *	and address again: addr has become the address that was probed
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
 *   in a kernel without KPROBES_ON_FTRACE; the instruction is unknown, only
 *   raises an exception, or is a branch with a prefix that processors treat
 *   differently; no slot is within reach of its RIP-relative operand
 * * -ENOENT - no such symbol; the module is being removed, or is not there yet;
 *   init text of a module that has been initialised
 * * -EILSEQ - the address is inside an instruction, or a foreign breakpoint
 * * -EOPNOTSUPP - the instruction leaves the kernel's flow (IRET, SYSRET, far
 *   branch, VM entry), so it cannot run out of line
 * * -EBUSY - on an ftrace location: ftrace is switched off (sysctl
 *   kernel.ftrace_enabled)
 * * -ENODEV - on an ftrace location: ftrace has met a bug of its own and stopped
 * * -ENOMEM - no memory
 */
int register_kprobe(struct kprobe *p)
{
	return register_kprobes(&p, 1);
}
EXPORT_SYMBOL_GPL(register_kprobe);

/**
 * register_kprobe_ipmodify() - register a probe whose handlers redirect a function
 * @p: the probe, as for register_kprobe()
 *
 * A handler of any probe may set regs->ip. If the probe is on an ftrace location, this
 * also tells ftrace, which then lets no second user, e.g. livepatch, redirect the same
 * function. It is a function and not a flag in @p, because existing callers may have
 * any value in the flags that they do not use. It holds until @p is unregistered.
 *
 * Context: process, may sleep. Not from a handler.
 * Return: as register_kprobe() does, and -EBUSY if another user of ftrace may already
 * set the IP there.
 */
int register_kprobe_ipmodify(struct kprobe *p)
{
	return kprobe_register(&p, 1, true);
}
EXPORT_SYMBOL_GPL(register_kprobe_ipmodify);

/**
 * unregister_kprobes() - remove several probes
 * @kps: the probes; those that are not registered, or NULL, are passed over
 * @num: how many
 *
 * Context: process; sleeps for one grace period, whatever @num is. Not from a
 * handler.
 */
void unregister_kprobes(struct kprobe **kps, int num)
{
	struct kprobe_batch batch;
	int i;

	if (!kps || num <= 0)
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
 * @p: the probe; if it is not registered, or NULL, nothing happens
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
	enum kprobe_refusal refusal = KPROBE_OK;

	if (kprobe_disabled(kp) != on)
		return KPROBE_OK;
	if (on)
		refusal = kprobe_site_enable(site, kp);
	else
		kprobe_site_disable(site, kp);
	if (!refusal)
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

	return refusal ? kprobe_refuse_to_enable(kp, refusal) : err;
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

	kprobe_slot_init();
	if (!err)
		err = kprobe_blacklist_init();
	if (!err)
		err = kprobe_module_init();
	if (!err)
		err = kprobe_dispatch_init();
	return err;
}
early_initcall(kprobe_init);
