// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: debug.kprobes-optimization, whether probes may become jumps.
 *
 * It is a permission: which probes do is another matter. There is no jump route
 * yet, so none does.
 */
#include <linux/init.h>
#include <linux/sysctl.h>

static int kprobe_optimization = 1;

static struct ctl_table kprobe_sysctls[] = {
	{
		.procname	= "kprobes-optimization",
		.data		= &kprobe_optimization,
		.maxlen		= sizeof(kprobe_optimization),
		.mode		= 0644,
		.proc_handler	= proc_dointvec_minmax,
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
