// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: the look-ups of a hit.
 *
 * Nothing here may be probed, take a lock, allocate or sleep. Nothing here is
 * instrumented either, unlike the rest of site.c and slot.c, so these functions are in
 * a file of their own.
 */
#include <linux/bitops.h>
#include <linux/preempt.h>

#include "slot.h"

/**
 * kprobe_site_lookup() - find the site at an address
 * @addr: the probed address
 *
 * Context: preemption off, or rcu_read_lock(), for the search; the site stays
 * until that or kprobe_mutex is dropped.
 * Return: the site, or NULL.
 */
struct kprobe_site *kprobe_site_lookup(unsigned long addr)
{
	return kprobe_site_find(addr);
}
NOKPROBE_SYMBOL(kprobe_site_lookup);

/**
 * kprobe_slot_page_find() - find the page of slots that contains an address
 * @addr: the address
 *
 * Context: preemption off, or rcu_read_lock().
 * Return: the page, or NULL.
 */
struct kprobe_slot_page *kprobe_slot_page_find(unsigned long addr)
{
	struct kprobe_node *node = kprobe_table_find(&kprobe_slot_table, addr & PAGE_MASK);

	return node ? container_of(node, struct kprobe_slot_page, node) : NULL;
}
NOKPROBE_SYMBOL(kprobe_slot_page_find);

/**
 * kprobe_slot_find() - which slot is this in?
 * @addr: an address, of an instruction that is being executed
 *
 * Context: preemption off.
 * Return: the slot, or NULL if it is in none.
 */
const struct kprobe_slot *kprobe_slot_find(unsigned long addr)
{
	struct kprobe_slot_page *page = kprobe_slot_page_find(addr);
	unsigned long slot;

	if (likely(!page))
		return NULL;
	slot = (addr - page->base) / page->size;
	if (!test_bit(slot, page->used))
		return NULL;
	return (const struct kprobe_slot *)(page->base + slot * page->size);
}
NOKPROBE_SYMBOL(kprobe_slot_find);

/**
 * is_kprobe_insn_slot() - is this address in a page of slots?
 * @addr: the address
 *
 * Context: any.
 * Return: true if so.
 */
bool is_kprobe_insn_slot(unsigned long addr)
{
	bool found;

	preempt_disable_notrace();
	found = kprobe_slot_page_find(addr);
	preempt_enable_notrace();
	return found;
}
