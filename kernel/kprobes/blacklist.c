// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: what may never be probed.
 *
 * One sorted array of ranges, searched by bisection. To change it is to replace
 * it, so that readers need no lock.
 */
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <asm/sections.h>

#include "internal.h"

struct kprobe_blacklist {
	struct rcu_head rcu;
	unsigned int nr;
	struct kprobe_range range[] __counted_by(nr);
};

/* Replaced under kprobe_blacklist_mutex, read under RCU. */
static struct kprobe_blacklist __rcu *kprobe_blacklist;
static DEFINE_MUTEX(kprobe_blacklist_mutex);

static int kprobe_range_cmp(const void *a, const void *b)
{
	const struct kprobe_range *x = a, *y = b;

	cond_resched();
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return 0;
}

/*
 * Sorts, and joins what overlaps: bisection needs disjoint ranges. What only
 * touches stays apart, so no range reaches from one module into another.
 */
static void kprobe_blacklist_normalise(struct kprobe_blacklist *list)
{
	unsigned int i, last = 0;

	sort(list->range, list->nr, sizeof(list->range[0]), kprobe_range_cmp, NULL);
	for (i = 1; i < list->nr; i++) {
		if (list->range[i].start < list->range[last].end)
			list->range[last].end = max(list->range[last].end, list->range[i].end);
		else
			list->range[++last] = list->range[i];
	}
	if (list->nr)
		list->nr = last + 1;
}

static struct kprobe_blacklist *kprobe_blacklist_old(void)
{
	return rcu_dereference_protected(kprobe_blacklist,
					 lockdep_is_held(&kprobe_blacklist_mutex));
}

static void kprobe_blacklist_replace(struct kprobe_blacklist *list)
{
	struct kprobe_blacklist *old = kprobe_blacklist_old();

	rcu_assign_pointer(kprobe_blacklist, list);
	if (old)
		kvfree_rcu(old, rcu);
}

static struct kprobe_blacklist *kprobe_blacklist_alloc(unsigned int nr, gfp_t gfp)
{
	struct kprobe_blacklist *list = kvmalloc(struct_size(list, range, nr), gfp);

	if (list)
		list->nr = nr;
	return list;
}

static int kprobe_blacklist_add(const struct kprobe_range *range, unsigned int nr)
{
	struct kprobe_blacklist *old, *list;
	unsigned int nr_old;

	if (!nr)
		return 0;
	guard(mutex)(&kprobe_blacklist_mutex);
	old = kprobe_blacklist_old();
	nr_old = old ? old->nr : 0;
	list = kprobe_blacklist_alloc(nr_old + nr, GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	if (nr_old)
		memcpy(list->range, old->range, nr_old * sizeof(*range));
	memcpy(list->range + nr_old, range, nr * sizeof(*range));
	kprobe_blacklist_normalise(list);
	kprobe_blacklist_replace(list);
	return 0;
}

/**
 * kprobe_add_area_blacklist() - forbid probes on a range of text
 * @start: its first byte
 * @end: behind its last
 *
 * Context: process. Probes that are there already stay.
 * Return: 0, or -ENOMEM.
 */
int kprobe_add_area_blacklist(unsigned long start, unsigned long end)
{
	struct kprobe_range range = { start, end };

	return kprobe_blacklist_add(&range, start < end);
}

static bool kprobe_symbol_range(unsigned long entry, struct kprobe_range *range)
{
	unsigned long size, offset;

	if (!kallsyms_lookup_size_offset(entry, &size, &offset))
		return false;
	range->start = entry - offset;
	range->end = range->start + size;
	return true;
}

/**
 * kprobe_add_ksym_blacklist() - forbid probes on a function
 * @entry: an address in it
 *
 * Context: process. Probes that are there already stay.
 * Return: its size in bytes; -EINVAL if no symbol covers @entry or it is not
 * text; -ENOMEM.
 */
int kprobe_add_ksym_blacklist(unsigned long entry)
{
	struct kprobe_range range;
	int err;

	if (!kernel_text_address(entry) || !kprobe_symbol_range(entry, &range))
		return -EINVAL;
	err = kprobe_blacklist_add(&range, 1);
	return err ?: (int)(range.end - range.start);
}

/* The ranges of functions, as many as there are symbols for. */
static unsigned int kprobe_symbol_ranges(const unsigned long *entry, unsigned int nr,
					 struct kprobe_range *range)
{
	unsigned int i, found = 0;

	for (i = 0; i < nr; i++) {
		found += kprobe_symbol_range(entry[i], &range[found]);
		cond_resched();
	}
	return found;
}

static int kprobe_blacklist_add_entries(const unsigned long *entry, unsigned int nr)
{
	struct kprobe_range *range = kmalloc_array(nr, sizeof(*range), GFP_KERNEL);
	int err;

	if (!range)
		return -ENOMEM;
	err = kprobe_blacklist_add(range, kprobe_symbol_ranges(entry, nr, range));
	kfree(range);
	return err;
}

/**
 * kprobe_blacklist_add_names() - forbid probes on functions of the kernel's image
 * @name: their names; those that the kernel does not have are skipped
 * @nr: how many
 *
 * Context: once at boot.
 * Return: 0, or -ENOMEM.
 */
int __init kprobe_blacklist_add_names(const char * const *name, unsigned int nr)
{
	unsigned long *entry = kmalloc_array(nr, sizeof(*entry), GFP_KERNEL);
	unsigned int i, found = 0;
	int err;

	if (!entry)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		entry[found] = kallsyms_lookup_name(name[i]);
		found += !!entry[found];
	}
	err = kprobe_blacklist_add_entries(entry, found);
	kfree(entry);
	return err;
}

#ifdef CONFIG_MODULES
/* The range of a module's section, if it has that. */
static unsigned int kprobe_section_range(const void *start, unsigned int size,
					 struct kprobe_range *range)
{
	range->start = (unsigned long)start;
	range->end = range->start + size;
	return size != 0;
}

/**
 * kprobe_blacklist_add_module() - forbid what a module's author forbids
 * @mod: a module that is coming
 *
 * Context: process.
 * Return: 0, or -ENOMEM; then nothing of it is on the list.
 */
int kprobe_blacklist_add_module(struct module *mod)
{
	struct kprobe_range *range;
	unsigned int nr;
	int err;

	range = kmalloc_array(mod->num_kprobe_blacklist + 3, sizeof(*range), GFP_KERNEL);
	if (!range)
		return -ENOMEM;
	nr = kprobe_symbol_ranges(mod->kprobe_blacklist, mod->num_kprobe_blacklist, range);
	nr += kprobe_section_range(mod->kprobes_text_start, mod->kprobes_text_size, &range[nr]);
	nr += kprobe_section_range(mod->noinstr_text_start, mod->noinstr_text_size, &range[nr]);
	nr += kprobe_section_range(mod->cpuidle_text_start, mod->cpuidle_text_size, &range[nr]);
	err = kprobe_blacklist_add(range, nr);
	kfree(range);
	return err;
}
#endif

/* The first range that ends behind an address, NULL if there is none. */
static const struct kprobe_range *kprobe_range_behind(unsigned long addr)
{
	struct kprobe_blacklist *list = rcu_dereference(kprobe_blacklist);
	unsigned int low = 0, nr = list ? list->nr : 0, high = nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (list->range[mid].end > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low < nr ? &list->range[low] : NULL;
}

/**
 * kprobe_blacklist_touches() - is a part of a range forbidden?
 * @range: the range, not empty
 *
 * Context: any.
 * Return: true if so.
 */
bool kprobe_blacklist_touches(const struct kprobe_range *range)
{
	const struct kprobe_range *behind;

	guard(rcu)();
	behind = kprobe_range_behind(range->start);
	return behind && behind->start < range->end;
}

/**
 * kprobe_blacklist_remove() - forget the ranges within freed text
 * @start: its first byte
 * @end: after its last
 *
 * Context: process. Does not fail: what comes to that place later is not theirs.
 */
void kprobe_blacklist_remove(unsigned long start, unsigned long end)
{
	const struct kprobe_range text = { start, end };
	struct kprobe_blacklist *old, *list;
	unsigned int i, nr = 0;

	guard(mutex)(&kprobe_blacklist_mutex);
	/* Most modules have none. */
	if (!kprobe_blacklist_touches(&text))
		return;
	old = kprobe_blacklist_old();
	list = kprobe_blacklist_alloc(old->nr, GFP_KERNEL | __GFP_NOFAIL);
	for (i = 0; i < old->nr; i++) {
		if (old->range[i].start < start || old->range[i].start >= end)
			list->range[nr++] = old->range[i];
	}
	list->nr = nr;
	kprobe_blacklist_replace(list);
}

static bool kprobe_in_ranges(unsigned long addr)
{
	const struct kprobe_range byte = { addr, addr + 1 };

	return kprobe_blacklist_touches(&byte);
}

/**
 * kprobe_blacklist_next() - walk what is forbidden, function by function
 * @addr: 0, or kprobe_range::end of the one before
 * @range: where to return the first function, or part of one, from there on
 *
 * An address is all that such a walk has to remember: it may stop for any time
 * while modules come and go.
 *
 * Context: any.
 * Return: false at the end.
 */
bool kprobe_blacklist_next(unsigned long addr, struct kprobe_range *range)
{
	const struct kprobe_range *found;
	struct kprobe_range symbol;

	scoped_guard(rcu) {
		found = kprobe_range_behind(addr);
		if (!found)
			return false;
		range->start = max(addr, found->start);
		range->end = found->end;
	}
	if (kprobe_symbol_range(range->start, &symbol) && symbol.end > range->start)
		range->end = min(range->end, symbol.end);
	return true;
}

/**
 * kprobe_blacklist_has_parent() - is the function forbidden that this is a part of?
 * @name: the name of a function; written over
 *
 * The compiler splits functions: foo.cold and foo.part.0 belong to foo, and are
 * forbidden if that is.
 *
 * Context: any.
 * Return: true if so.
 */
bool kprobe_blacklist_has_parent(char *name)
{
	char *dot = strchr(name, '.');
	unsigned long parent;

	if (!dot || dot == name)
		return false;
	*dot = '\0';
	parent = kallsyms_lookup_name(name);
	return parent && kprobe_in_ranges(parent);
}

/**
 * within_kprobe_blacklist() - is it forbidden to probe this address?
 * @addr: the address
 *
 * Takes no lock: kgdb asks while all other CPUs are stopped.
 *
 * Context: any.
 * Return: true if so.
 */
bool within_kprobe_blacklist(unsigned long addr)
{
	char name[KSYM_NAME_LEN];

	if (kprobe_in_ranges(addr))
		return true;
	return !lookup_symbol_name(addr, name) && kprobe_blacklist_has_parent(name);
}

/**
 * kprobe_blacklist_init() - collect what the kernel's image forbids
 *
 * Context: once at boot.
 * Return: 0, or -ENOMEM.
 */
int __init kprobe_blacklist_init(void)
{
	return kprobe_blacklist_add_entries(__start_kprobe_blacklist,
			__stop_kprobe_blacklist - __start_kprobe_blacklist) ?:
	       kprobe_add_area_blacklist((unsigned long)__kprobes_text_start,
					 (unsigned long)__kprobes_text_end) ?:
	       kprobe_add_area_blacklist((unsigned long)__noinstr_text_start,
					 (unsigned long)__noinstr_text_end) ?:
	       arch_kprobe_blacklist();
}
