// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: Alt+SysRq+W, the list of all probes.
 *
 * For a machine that may be about to die: takes no lock, so it works from an
 * interrupt, also while this or another CPU holds kprobe_mutex. It believes nothing
 * of what users own: the memory of a probe may have been freed under it.
 */
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/nmi.h>
#include <linux/printk.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/sysrq.h>
#include <linux/uaccess.h>

#include "internal.h"

/*
 * How many lines at most, 0 for all. The blocked tasks come after them, and what is
 * printed first is pushed out of the log first.
 */
static unsigned int kprobe_sysrq_lines = 1000;
core_param(kprobe_sysrq_lines, kprobe_sysrq_lines, uint, 0644);

/* More probes than there can be: the list is a circle of freed memory. */
#define KPROBE_SYSRQ_MAX	10000000UL

/**
 * struct kprobe_listing - a list of probes that is being printed
 * @probes: how many have been met
 * @lines: how many have a line
 */
struct kprobe_listing {
	unsigned long probes;
	unsigned long lines;
};

/* Into buf: what is true of the probe now, that a reader would not expect. */
static void kprobe_remarks(const struct kprobe *kp, char *buf, size_t size)
{
	int len;

	len = scnprintf(buf, size, "%s%s", kp->flags & KPROBE_FLAG_DISABLED ? " disabled" : "",
			kp->flags & KPROBE_FLAG_GONE ? " gone" : "");
	if (kp->nmissed)
		scnprintf(buf + len, size - len, " missed %lu", kp->nmissed);
}

static void kprobe_show(const struct kprobe_site *site, const char *remarks)
{
	struct kprobe_route route = kprobe_route_of(site);
	void *addr = (void *)site->addr;
	char text[KPROBE_ROUTE_LEN];

	kprobe_route_text(&route, text);
	pr_info("[<%p>] %pS %s%s\n", addr, addr, text, remarks);
}

/* A slow console and many probes are no lockup and no stall. */
static void kprobe_calm_watchdogs(void)
{
	touch_all_softlockup_watchdogs();
	touch_nmi_watchdog();
	rcu_cpu_stall_reset();
}

static void kprobe_list(struct kprobe_listing *listing, const struct kprobe_site *site,
			const char *remarks)
{
	unsigned int most = READ_ONCE(kprobe_sysrq_lines);

	listing->probes++;
	if (most && listing->lines >= most)
		return;
	listing->lines++;
	kprobe_show(site, remarks);
	kprobe_calm_watchdogs();
}

/* A copy of each probe is looked at, and where the next one is. */
static void kprobe_list_site(struct kprobe_listing *listing, const struct kprobe_site *site)
{
	const struct list_head *at = READ_ONCE(site->probes.next);
	struct kprobe kp;
	char remarks[48];

	while (at != &site->probes && listing->probes < KPROBE_SYSRQ_MAX) {
		if (copy_from_kernel_nofault(&kp, list_entry(at, struct kprobe, list),
					     sizeof(kp))) {
			kprobe_list(listing, site, " and its owner has freed it");
			break;
		}
		kprobe_remarks(&kp, remarks, sizeof(remarks));
		kprobe_list(listing, site, remarks);
		at = kp.list.next;
	}
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
 * After as many lines as the boot parameter kprobe_sysrq_lines says, the others are
 * only counted. Addresses are hashed, as pointers in the log are unless the kernel
 * was told otherwise.
 *
 * Context: any.
 */
void sysrq_show_kprobes(void)
{
	struct kprobe_listing listing = { };
	struct kprobe_site *site;

	pr_info("Show kprobes\n");
	if (!READ_ONCE(kprobe_switched_on))
		pr_info("kprobes are globally disabled\n");
	scoped_guard(rcu) {
		list_for_each_entry_rcu(site, &kprobe_sites, all)
			kprobe_list_site(&listing, site);
	}
	if (listing.probes > listing.lines)
		pr_info("and %lu probes more (kprobe_sysrq_lines is %lu)\n",
			listing.probes - listing.lines, listing.lines);
	kprobe_show_missed();
}
