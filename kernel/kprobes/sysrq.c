// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: Alt+SysRq+W, the list of all probes.
 *
 * For a machine that may be about to die: takes no lock, so it works from an
 * interrupt, also while this or another CPU holds kprobe_mutex.
 */
#include <linux/kernel.h>
#include <linux/nmi.h>
#include <linux/printk.h>
#include <linux/rculist.h>
#include <linux/sysrq.h>

#include "internal.h"

/* Into buf: what is true of the probe now, that a reader would not expect. */
static void kprobe_remarks(const struct kprobe *kp, char *buf, size_t size)
{
	u32 flags = READ_ONCE(kp->flags);
	unsigned long missed = READ_ONCE(kp->nmissed);
	int len;

	len = scnprintf(buf, size, "%s%s", flags & KPROBE_FLAG_DISABLED ? " disabled" : "",
			flags & KPROBE_FLAG_GONE ? " gone" : "");
	if (missed)
		scnprintf(buf + len, size - len, " missed %lu", missed);
}

static void kprobe_show(const struct kprobe_site *site, const struct kprobe *kp)
{
	struct kprobe_route route = kprobe_route_of(site);
	void *addr = (void *)site->addr;
	char text[KPROBE_ROUTE_LEN];
	char remarks[48];

	kprobe_route_text(&route, text);
	kprobe_remarks(kp, remarks, sizeof(remarks));
	pr_info("[<%p>] %pS %s%s\n", addr, addr, text, remarks);
}

static void kprobe_show_missed(void)
{
	enum kprobe_missed_cause cause;

	for (cause = 0; cause < KPROBE_NR_MISSED; cause++) {
		unsigned long total = kprobe_missed_total(cause);

		if (total)
			pr_info("missed %lu: %s\n", total, kprobe_missed_name(cause));
	}
}

/**
 * sysrq_show_kprobes() - print a line for each probe, and what was missed
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
	if (!READ_ONCE(kprobe_switched_on))
		pr_info("kprobes are globally disabled\n");
	guard(rcu)();
	list_for_each_entry_rcu(site, &kprobe_sites, all) {
		list_for_each_entry_rcu(kp, &site->probes, list) {
			kprobe_show(site, kp);
			/* A slow console and many probes are not a lockup. */
			touch_all_softlockup_watchdogs();
			touch_nmi_watchdog();
		}
	}
	kprobe_show_missed();
}
