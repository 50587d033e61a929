// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: debug.kprobes-optimization, whether probes may become jumps.
 *
 * It is a permission: which probes do is another matter, see reconcile.c.
 */
#include <linux/init.h>
#include <linux/sysctl.h>

#include "internal.h"

static void kprobe_set_optimization(int value)
{
	struct kprobe_batch batch;

	kprobe_batch_begin(&batch);
	if (kprobe_optimization != value) {
		kprobe_optimization = value;
		kprobe_queue_all(&batch.sites);
	}
	kprobe_batch_end(&batch);
}

static int kprobe_optimization_handler(const struct ctl_table *table, int write,
				       void *buffer, size_t *length, loff_t *ppos)
{
	int value = READ_ONCE(kprobe_optimization), err;
	struct ctl_table copy = *table;

	copy.data = &value;
	err = proc_dointvec_minmax(&copy, write, buffer, length, ppos);
	if (!err && write)
		kprobe_set_optimization(value);
	return err;
}

static struct ctl_table kprobe_sysctls[] = {
	{
		.procname	= "kprobes-optimization",
		.maxlen		= sizeof(int),
		.mode		= 0644,
		.proc_handler	= kprobe_optimization_handler,
		.extra1		= SYSCTL_ZERO,
		.extra2		= SYSCTL_ONE,
	},
};

static int __init kprobe_sysctl_init(void)
{
	register_sysctl_init("debug", kprobe_sysctls);
	return 0;
}
subsys_initcall(kprobe_sysctl_init);
