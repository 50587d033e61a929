// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: return probes, on the kernel's rethook.
 *
 * A probe on the entry of the function hooks the return of each call: rethook
 * replaces the return address and keeps the instances.
 */
#include <linux/export.h>
#include <linux/rethook.h>

#include "internal.h"

/* Enough for what sleeps in a function at a time, without knowing it. */
#define KRETPROBE_DEFAULT_MAXACTIVE	max_t(int, 10, 2 * num_possible_cpus())

static int kretprobe_entry(struct kprobe *kp, struct pt_regs *regs)
{
	struct kretprobe *rp = container_of(kp, struct kretprobe, kp);
	struct rethook_node *node = rethook_try_get(rp->rh);
	struct kretprobe_instance *ri;

	if (!node) {
		raw_atomic_inc((atomic_t *)&rp->nmissed);
		return 0;
	}
	ri = container_of(node, struct kretprobe_instance, node);
	if (rp->entry_handler && rp->entry_handler(ri, regs))
		rethook_recycle(node);
	else
		rethook_hook(node, regs, kprobe_ftrace(kp));
	return 0;
}
NOKPROBE_SYMBOL(kretprobe_entry);

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

static void kretprobe_return(struct rethook_node *node, void *data, unsigned long ret_addr,
			     struct pt_regs *regs)
{
	struct kretprobe *rp = data;
	struct kprobe *outer;

	/* NULL once the probe is being unregistered. */
	if (!rp || !rp->handler)
		return;
	/* A probe that the handler hits is missed, as in any handler. */
	outer = __this_cpu_read(current_kprobe);
	__this_cpu_write(current_kprobe, &rp->kp);
	rp->handler(container_of(node, struct kretprobe_instance, node), regs);
	__this_cpu_write(current_kprobe, outer);
}
NOKPROBE_SYMBOL(kretprobe_return);

/**
 * register_kretprobe() - put a probe on the return of a function
 * @rp: the probe: where, in kp; handlers, maxactive, data_size
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0, or an error of register_kprobe(), or
 *
 * * -EINVAL - not the entry of a function; registered already
 * * -E2BIG - data_size is above KRETPROBE_MAX_DATA_SIZE
 * * -ENOMEM - no memory for the instances
 */
int register_kretprobe(struct kretprobe *rp)
{
	struct rethook *rh;
	int err;

	err = kprobe_on_func_entry(rp->kp.addr, rp->kp.symbol_name, rp->kp.offset);
	if (err)
		return err;
	if (rp->data_size > KRETPROBE_MAX_DATA_SIZE)
		return -E2BIG;

	mutex_lock(&kprobe_mutex);
	if (rp->kp.addr && kprobe_site_of(&rp->kp))
		err = -EINVAL;
	mutex_unlock(&kprobe_mutex);
	if (err)
		return err;

	if (rp->maxactive <= 0)
		rp->maxactive = KRETPROBE_DEFAULT_MAXACTIVE;
	rh = rethook_alloc(rp, kretprobe_return,
			   sizeof(struct kretprobe_instance) + rp->data_size, rp->maxactive);
	if (IS_ERR(rh))
		return PTR_ERR(rh);

	rp->rh = rh;
	rp->nmissed = 0;
	rp->kp.pre_handler = kretprobe_entry;
	rp->kp.post_handler = NULL;
	rp->kp.fault_handler = NULL;
	err = register_kprobe(&rp->kp);
	if (err) {
		rethook_free(rh);
		rp->rh = NULL;
	}
	return err;
}
EXPORT_SYMBOL_GPL(register_kretprobe);

/**
 * register_kretprobes() - register several return probes, all or none
 * @rps: the probes
 * @num: how many, 1 or more
 *
 * Context: process, may sleep. Not from a handler.
 * Return: 0, or the error of the first one that failed; -EINVAL if @num is not
 * positive.
 */
int register_kretprobes(struct kretprobe **rps, int num)
{
	int i, err;

	if (num <= 0)
		return -EINVAL;
	for (i = 0; i < num; i++) {
		err = register_kretprobe(rps[i]);
		if (err) {
			unregister_kretprobes(rps, i);
			return err;
		}
	}
	return 0;
}
EXPORT_SYMBOL_GPL(register_kretprobes);

/**
 * unregister_kretprobes() - remove several return probes
 * @rps: the probes; those that are not registered are passed over
 * @num: how many
 *
 * Calls that are under way return undisturbed; their handlers do not run.
 *
 * Context: process; sleeps for one grace period. Not from a handler.
 */
void unregister_kretprobes(struct kretprobe **rps, int num)
{
	struct kprobe_batch batch;
	int i;

	if (num <= 0)
		return;
	kprobe_batch_begin(&batch);
	for (i = 0; i < num; i++) {
		if (kprobe_batch_remove(&batch, &rps[i]->kp))
			rethook_stop(rps[i]->rh);
	}
	kprobe_batch_end(&batch);
	for (i = 0; i < num; i++) {
		if (rps[i]->rh)
			rethook_free(rps[i]->rh);
		rps[i]->rh = NULL;
	}
}
EXPORT_SYMBOL_GPL(unregister_kretprobes);

/**
 * unregister_kretprobe() - remove a return probe
 * @rp: the probe; if it is not registered, nothing happens
 *
 * Context: process; sleeps for one grace period. Not from a handler.
 */
void unregister_kretprobe(struct kretprobe *rp)
{
	unregister_kretprobes(&rp, 1);
}
EXPORT_SYMBOL_GPL(unregister_kretprobe);
