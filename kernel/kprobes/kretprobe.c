// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: return probes, on the kernel's rethook.
 *
 * A probe on the entry of the function hooks the return of each call: rethook
 * replaces the return address and keeps the instances. It takes them back when
 * the call returns, or when a task is dead that will never return from it.
 */
#include <linux/export.h>
#include <linux/rethook.h>
#include <linux/slab.h>

#include "internal.h"

/* Documented as such: for users who do not know how many calls they will see. */
#define KRETPROBE_DEFAULT_MAXACTIVE	max_t(int, 10, 2 * num_possible_cpus())

/**
 * kprobe_is_return() - is this the probe on the entry for a return probe?
 * @kp: the probe
 *
 * Context: any.
 * Return: true if so.
 */
bool kprobe_is_return(const struct kprobe *kp)
{
	return kp->pre_handler == kretprobe_entry;
}

/**
 * kretprobe_has() - is one of the handlers among these?
 * @kp: the probe on the entry for a return probe
 * @has: says of an address whether it is
 * @arg: for @has
 *
 * Return: true if so.
 */
bool kretprobe_has(const struct kprobe *kp, kprobe_has_fn has, const void *arg)
{
	const struct kretprobe *rp = container_of(kp, struct kretprobe, kp);

	return has((unsigned long)rp->entry_handler, arg) || has((unsigned long)rp->handler, arg);
}

/**
 * kretprobe_take_handlers() - make it a probe on an entry for a return probe
 * @rp: the return probe
 */
void kretprobe_take_handlers(struct kretprobe *rp)
{
	rp->kp.pre_handler = kretprobe_entry;
	rp->kp.post_handler = NULL;
	rp->kp.fault_handler = NULL;
}

/**
 * kretprobe_check() - may this be registered?
 * @kp: the probe on the entry
 * @addr: the address that it asks for
 * @on_entry: whether that is a function's entry
 *
 * Context: kprobe_mutex.
 * Return: KPROBE_OK, or why not. That there can be a probe at the entry of the
 * function remains to be seen.
 */
enum kprobe_refusal kretprobe_check(const struct kprobe *kp, unsigned long addr, bool on_entry)
{
	const struct kretprobe *rp = container_of(kp, struct kretprobe, kp);

	if (!on_entry || !kprobe_is_called(addr))
		return KPROBE_NOT_ENTRY;
	if (!arch_kprobe_can_return(addr))
		return KPROBE_NO_RETURN;
	if (rp->data_size > KRETPROBE_MAX_DATA_SIZE)
		return KPROBE_DATA_SIZE;
	return KPROBE_OK;
}

/**
 * kretprobe_alloc() - get the instances of a return probe
 * @kp: the probe on the entry
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK or KPROBE_NO_MEMORY.
 */
enum kprobe_refusal kretprobe_alloc(struct kprobe *kp)
{
	struct kretprobe *rp = container_of(kp, struct kretprobe, kp);
	size_t size = sizeof(struct kretprobe_instance) + rp->data_size;
	struct rethook *rh;

	if (rp->maxactive <= 0)
		rp->maxactive = KRETPROBE_DEFAULT_MAXACTIVE;
	rp->nmissed = 0;
	rh = rethook_alloc(rp, kretprobe_return, size, rp->maxactive);
	rp->rh = IS_ERR(rh) ? NULL : rh;
	return rp->rh ? KPROBE_OK : KPROBE_NO_MEMORY;
}

/**
 * kretprobe_stop() - follow no more calls
 * @kp: the probe on the entry, which has been unlinked
 *
 * Context: kprobe_mutex.
 */
void kretprobe_stop(struct kprobe *kp)
{
	rethook_stop(container_of(kp, struct kretprobe, kp)->rh);
}

/**
 * kretprobe_free() - give the instances of a return probe back
 * @kp: the probe on the entry; no handler runs any more
 *
 * The instances of calls that are under way keep what rethook needs of it.
 *
 * Context: process.
 */
void kretprobe_free(struct kprobe *kp)
{
	struct kretprobe *rp = container_of(kp, struct kretprobe, kp);

	if (rp->rh)
		rethook_free(rp->rh);
	rp->rh = NULL;
}

/* The probes on the entries. Of those that are registered hits go by the handlers. */
static void kretprobe_entries(struct kretprobe **rps, int num, struct kprobe **kps)
{
	int i;

	guard(mutex)(&kprobe_mutex);
	for (i = 0; i < num; i++) {
		kps[i] = rps[i] ? &rps[i]->kp : NULL;
		if (kps[i] && !kprobe_site_of(kps[i]))
			kretprobe_take_handlers(rps[i]);
	}
}

/**
 * register_kretprobes() - register several return probes, all or none
 * @rps: the probes
 * @num: how many, 1 or more
 *
 * They are armed together, at the end.
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0, or the error of the first one that failed, as register_kretprobe()
 * returns it; then none of them is registered. -EINVAL too if @num is not
 * positive.
 */
int register_kretprobes(struct kretprobe **rps, int num)
{
	static const struct kprobe_reason no_memory = { .refusal = KPROBE_NO_MEMORY };
	struct kprobe **kps;
	int err;

	if (!rps || num <= 0)
		return -EINVAL;
	kps = kvmalloc_array(num, sizeof(*kps), GFP_KERNEL);
	if (!kps)
		return kprobe_refuse(rps[0] ? &rps[0]->kp : NULL, &no_memory);
	kretprobe_entries(rps, num, kps);
	err = register_kprobes(kps, num);
	kvfree(kps);
	return err;
}
EXPORT_SYMBOL_GPL(register_kretprobes);

/**
 * register_kretprobe() - put a probe on the return of a function
 * @rp: the probe. Where, in kp: an address or a symbol; handlers, maxactive,
 *	data_size, and KPROBE_FLAG_DISABLED in kp.flags if it shall not run yet.
 *	All else is zero. To register it once more, set symbol and address anew
 *
 * On return it is armed: calls that begin from now on are followed. @rp belongs
 * to kprobes until unregister_kretprobe(). maxactive has become what is used.
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0, or a negative errno, with the reason by name in the kernel log: an
 * error of register_kprobe(), or
 *
 * * -EINVAL - not the entry of a function; the function returns on another
 *   stack (__switch_to() on x86)
 * * -E2BIG - data_size is above KRETPROBE_MAX_DATA_SIZE
 * * -ENOMEM - no memory for maxactive instances
 */
int register_kretprobe(struct kretprobe *rp)
{
	return register_kretprobes(&rp, 1);
}
EXPORT_SYMBOL_GPL(register_kretprobe);

/**
 * unregister_kretprobes() - remove several return probes
 * @rps: the probes; those that are not registered, or NULL, are passed over
 * @num: how many
 *
 * On return no handler of them runs any more. Calls that are under way return
 * undisturbed, and what memory they need for that is freed after the last.
 *
 * Context: process; sleeps for one grace period, whatever @num is. Not from a
 * handler.
 */
void unregister_kretprobes(struct kretprobe **rps, int num)
{
	struct kprobe_batch batch;
	int i;

	if (!rps || num <= 0)
		return;
	kprobe_batch_begin(&batch);
	for (i = 0; i < num; i++) {
		if (rps[i])
			kprobe_batch_remove(&batch, &rps[i]->kp);
		cond_resched();
	}
	kprobe_batch_end(&batch);
}
EXPORT_SYMBOL_GPL(unregister_kretprobes);

/**
 * unregister_kretprobe() - remove a return probe
 * @rp: the probe; if it is not registered, or NULL, nothing happens
 *
 * On return no handler of it runs any more and its memory is the user's again,
 * also while tasks are inside the function: they return undisturbed.
 *
 * Context: process; sleeps for one grace period. Not from a handler.
 */
void unregister_kretprobe(struct kretprobe *rp)
{
	unregister_kretprobes(&rp, 1);
}
EXPORT_SYMBOL_GPL(unregister_kretprobe);
