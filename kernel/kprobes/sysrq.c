// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: Alt+SysRq+W, the list of all probes.
 *
 * For a machine that may be about to die: takes no lock, so it works from an
 * interrupt, also while this or another CPU holds kprobe_mutex.
 */
#include <linux/nmi.h>
#include <linux/printk.h>
#include <linux/rculist.h>
#include <linux/sysrq.h>

#include "internal.h"

static void kprobe_show(const struct kprobe_site *site, const struct kprobe *kp)
{
	u32 flags = READ_ONCE(kp->flags);

	pr_info("[<%p>] %pS  %s%s%s missed %lu\n", (void *)site->addr, (void *)site->addr,
		READ_ONCE(site->state) == KPROBE_ARMED ? "breakpoint" : "not armed",
		flags & KPROBE_FLAG_DISABLED ? " disabled" : "",
		flags & KPROBE_FLAG_GONE ? " gone" : "",
		READ_ONCE(kp->nmissed));
}

/**
 * sysrq_show_kprobes() - print a line for each probe
 *
 * Addresses are hashed, as pointers in the log are unless the kernel was told
 * otherwise.
 *
 * Context: any.
 */
void sysrq_show_kprobes(void)
{
	struct kprobe_site *site;
	struct kprobe *kp;

	pr_info("Show kprobes\n");
	guard(rcu)();
	list_for_each_entry_rcu(site, &kprobe_sites, all) {
		list_for_each_entry_rcu(kp, &site->probes, list) {
			kprobe_show(site, kp);
			/* A slow console and many probes are not a lockup. */
			touch_all_softlockup_watchdogs();
			touch_nmi_watchdog();
		}
	}
}
