/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes: the table of sites, for those who look up in a hit.
 *
 * A breakpoint costs what its look-up costs, so that is inlined, down to the
 * hash: a helper out of line could be probed, too, and hit itself.
 */
#ifndef _KERNEL_KPROBES_TABLE_H
#define _KERNEL_KPROBES_TABLE_H

#include <linux/hash.h>
#include <linux/rhashtable.h>

#include "internal.h"

extern struct rhashtable kprobe_table;

/* Given to a table as a constant, it is inlined into the look-up. */
static __always_inline u32 kprobe_hash_address(const void *addr, u32 len, u32 seed)
{
	return hash_long(*(const unsigned long *)addr ^ seed, 32);
}

static __always_inline int kprobe_table_cmp(struct rhashtable_compare_arg *arg,
					    const void *site)
{
	return ((const struct kprobe_site *)site)->addr != *(const unsigned long *)arg->key;
}

static const struct rhashtable_params kprobe_table_params = {
	.key_len		= sizeof(unsigned long),
	.key_offset		= offsetof(struct kprobe_site, addr),
	.head_offset		= offsetof(struct kprobe_site, node),
	.hashfn			= kprobe_hash_address,
	.obj_cmpfn		= kprobe_table_cmp,
	.automatic_shrinking	= true,
};

/**
 * kprobe_site_find() - find the site at an address
 * @addr: the probed address
 *
 * Also before there is a table: the kernel tests its own breakpoints early.
 *
 * Context: preemption off, or rcu_read_lock().
 * Return: the site, or NULL.
 */
static __always_inline struct kprobe_site *kprobe_site_find(unsigned long addr)
{
	if (unlikely(!rcu_access_pointer(kprobe_table.tbl)))
		return NULL;
	return rhashtable_lookup(&kprobe_table, &addr, kprobe_table_params);
}

#endif /* _KERNEL_KPROBES_TABLE_H */
