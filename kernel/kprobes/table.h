/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes: a table of objects by address, which can be searched anywhere.
 *
 * A hit searches it, so a look-up must be short, inlined, and right in any context: in
 * an NMI, and in a breakpoint on the CPU that is changing this very table.
 *
 * All nodes are in one list, in the order of the hashes of their keys. The upper bits of
 * a hash are the number of its bucket; a bucket is a pointer to the first of its nodes in
 * that list. So:
 *
 *  - to grow or shrink is to build another array of pointers into the same list, and to
 *    publish it whole. No node moves, and nothing has to wait for readers of an older
 *    array, which goes on being right for look-ups that began before;
 *  - hashes only increase along the list, also from a node that has been removed, so that
 *    each look-up ends;
 *  - each store of a writer leaves every node that is not being added or removed where a
 *    look-up finds it.
 *
 * The hash is a product with an odd number: no two keys have the same.
 */
#ifndef _KERNEL_KPROBES_TABLE_H
#define _KERNEL_KPROBES_TABLE_H

#include <linux/compiler.h>
#include <linux/hash.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

/**
 * struct kprobe_node - what makes an object one of a table
 * @next: the node with the next higher hash, NULL in the last
 * @hash: of its key. Constant while a look-up can find the node
 */
struct kprobe_node {
	struct kprobe_node *next;
	unsigned long hash;
};

/**
 * struct kprobe_buckets - the array of a table
 * @rcu: to free it
 * @shift: how many lower bits of a hash are not part of the number of its bucket
 * @first: for each bucket its node with the lowest hash, NULL if the bucket is empty
 */
struct kprobe_buckets {
	struct rcu_head rcu;
	unsigned int shift;
	struct kprobe_node *first[];
};

/**
 * struct kprobe_table - objects by address
 * @buckets: the array. Replaced by writers, read by look-ups
 * @nodes: the list of all nodes. Only for writers
 * @nr: how many there are. Only for writers
 */
struct kprobe_table {
	struct kprobe_buckets *buckets;
	struct kprobe_node *nodes;
	unsigned long nr;
};

/*
 * The array to begin with has two buckets and is never freed. Table and array are static,
 * and need no other initialisation: breakpoints are looked up from early in the boot.
 */
#define KPROBE_FEW_SHIFT	(BITS_PER_LONG - 1)

#define KPROBE_FEW_BUCKETS {						\
	.shift = KPROBE_FEW_SHIFT,					\
	.first = { [1] = NULL },					\
}

#define KPROBE_TABLE(few_buckets) {					\
	.buckets = &(few_buckets),					\
}

static __always_inline unsigned long kprobe_hash(unsigned long key)
{
	return key * GOLDEN_RATIO_PRIME;
}

/* Find a hash with the array that a look-up has taken from its table. */
static __always_inline struct kprobe_node *
kprobe_buckets_find(const struct kprobe_buckets *buckets, unsigned long hash)
{
	struct kprobe_node *node = READ_ONCE(buckets->first[hash >> buckets->shift]);

	while (node && node->hash < hash)
		node = READ_ONCE(node->next);
	return node && node->hash == hash ? node : NULL;
}

/**
 * kprobe_table_find() - find a node
 * @table: the table
 * @key: its key
 *
 * Context: any in which RCU is watching, with preemption off or under rcu_read_lock().
 * Return: the node if it was added before this look-up began and has not been removed;
 * NULL if there is none with that key.
 */
static __always_inline struct kprobe_node *kprobe_table_find(const struct kprobe_table *table,
							     unsigned long key)
{
	return kprobe_buckets_find(READ_ONCE(table->buckets), kprobe_hash(key));
}

void kprobe_table_add(struct kprobe_table *table, struct kprobe_node *node, unsigned long key);
void kprobe_table_remove(struct kprobe_table *table, struct kprobe_node *node);

/* The two halves of growing and of shrinking, for tests to look in between. */
struct kprobe_buckets *kprobe_buckets_build(const struct kprobe_table *table, unsigned int bits);
void kprobe_table_publish(struct kprobe_table *table, struct kprobe_buckets *buckets);

#endif /* _KERNEL_KPROBES_TABLE_H */
