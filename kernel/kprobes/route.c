// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: on which route a site is, and why on no faster one, for people.
 *
 * It follows from what the site holds and from the switches, without a lock: SysRq
 * asks as well. While a site changes, the answer may be that of a moment ago.
 */
#include <linux/kernel.h>

#include "internal.h"

static const char *kprobe_why_disarmed(const struct kprobe_site *site, enum kprobe_state state)
{
	if (state >= KPROBE_GONE)
		return "its text was freed";
	if (!READ_ONCE(site->active))
		return "none of its probes is enabled";
	if (!READ_ONCE(kprobe_switched_on))
		return "kprobes/enabled is 0";
	return site->on_ftrace ? "ftrace does not arm it" : NULL;
}

/* What never changes comes first: then no switch helps. */
static const char *kprobe_why_no_jump(const struct kprobe_site *site, enum kprobe_state state)
{
	const char *never = arch_kprobe_no_jump(site);

	if (never)
		return never;
	if (!READ_ONCE(kprobe_optimization))
		return "debug.kprobes-optimization is 0";
	if (kprobe_site_has_neighbour(site))
		return "another probe is in its bytes";
	switch (state) {
	case KPROBE_ARMED:
		return "no memory for a detour, or none in reach";
	case KPROBE_OPTIMIZING:
		return "it waits for a grace period";
	default:
		return NULL;
	}
}

/**
 * kprobe_route_of() - on which route is a site, and why on no faster one?
 * @site: the site
 *
 * Context: any, with rcu_read_lock() or kprobe_mutex.
 * Return: the route, in words that stay.
 */
struct kprobe_route kprobe_route_of(const struct kprobe_site *site)
{
	enum kprobe_state state = READ_ONCE(site->state);

	if (state == KPROBE_PREPARED || state >= KPROBE_GONE)
		return (struct kprobe_route) {
			.name = "not armed", .why = kprobe_why_disarmed(site, state),
		};
	if (site->on_ftrace)
		return (struct kprobe_route) { .name = "ftrace" };
	if (state == KPROBE_OPTIMIZED)
		return (struct kprobe_route) { .name = "jump" };
	return (struct kprobe_route) {
		.name = "breakpoint", .way = arch_kprobe_way(site),
		.why_way = arch_kprobe_why_way(site), .why = kprobe_why_no_jump(site, state),
	};
}

/**
 * kprobe_route_text() - a route as one text
 * @route: the route
 * @text: where to write it, KPROBE_ROUTE_LEN bytes
 *
 * "jump", or "breakpoint, boosted (no jump: the function ends within its bytes)".
 *
 * Context: any.
 */
void kprobe_route_text(const struct kprobe_route *route, char *text)
{
	snprintf(text, KPROBE_ROUTE_LEN, "%s%s%s%s%s%s%s%s", route->name,
		 route->way ? ", " : "", route->way ?: "",
		 route->why_way ? " " : "", route->why_way ?: "",
		 !route->why ? "" : route->way ? " (no jump: " : " (",
		 route->why ?: "", route->why ? ")" : "");
}
