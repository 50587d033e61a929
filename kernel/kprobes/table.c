// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: changes of a table of objects by address. table.h explains it.
 *
 * Writers exclude each other. They may be probed: a hit in the middle of a change
 * finds what it looks for.
 */
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <asm/barrier.h>

#include "table.h"

/* The fewest buckets that are allocated, as a power of two. */
#define KPROBE_TABLE_MIN_BITS	4U

/* How many nodes are visited before other tasks may run. */
#define KPROBE_TABLE_STRETCH	1024

static unsigned int kprobe_table_bits(const struct kprobe_table *table)
{
	return BITS_PER_LONG - table->buckets->shift;
}

static struct kprobe_node **kprobe_bucket_of(struct kprobe_buckets *buckets, unsigned long hash)
{
	return &buckets->first[hash >> buckets->shift];
}

/**
 * kprobe_buckets_build() - make another array for a table
 * @table: the table
 * @bits: how many bits the number of a bucket is to have, 2 to BITS_PER_LONG - 1
 *
 * Context: the lock of writers. Sleeps.
 * Return: the array, which is right until the table changes; NULL if there is no memory.
 */
noinline struct kprobe_buckets *kprobe_buckets_build(const struct kprobe_table *table,
						     unsigned int bits)
{
	struct kprobe_buckets *buckets;
	struct kprobe_node *node, **first;
	unsigned int visited = 0;

	/* The table is usable without it: do not have the kernel kill tasks for it. */
	buckets = kvzalloc(struct_size(buckets, first, 1UL << bits),
			   GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!buckets)
		return NULL;
	buckets->shift = BITS_PER_LONG - bits;
	for (node = table->nodes; node; node = node->next) {
		first = kprobe_bucket_of(buckets, node->hash);
		if (!*first)
			*first = node;
		if (++visited % KPROBE_TABLE_STRETCH == 0)
			cond_resched();
	}
	return buckets;
}

/**
 * kprobe_table_publish() - let look-ups use another array
 * @table: the table, unchanged since the array was built
 * @buckets: the array
 *
 * Context: the lock of writers.
 */
void kprobe_table_publish(struct kprobe_table *table, struct kprobe_buckets *buckets)
{
	struct kprobe_buckets *old = table->buckets;

	/* Pairs with the address dependency in a look-up. */
	smp_store_release(&table->buckets, buckets);
	if (old->shift != KPROBE_FEW_SHIFT)
		kvfree_rcu(old, rcu);
}

/*
 * Keep the number of nodes between an eighth of the number of buckets and all of it, if
 * there is memory. A change of the size costs a visit of each node, and follows as many
 * changes of the table as there are nodes, or half as many.
 */
static void kprobe_table_fit(struct kprobe_table *table)
{
	unsigned int bits = kprobe_table_bits(table);
	struct kprobe_buckets *buckets;

	if (table->nr > 1UL << bits)
		bits = max(bits + 1, KPROBE_TABLE_MIN_BITS);
	else if (bits > KPROBE_TABLE_MIN_BITS && table->nr < 1UL << (bits - 3))
		bits = max(bits - 2, KPROBE_TABLE_MIN_BITS);
	else
		return;
	buckets = kprobe_buckets_build(table, bits);
	if (buckets)
		kprobe_table_publish(table, buckets);
}

/*
 * The pointer in the list where a node with this hash is, or has to be put. The search
 * begins with the last bucket before its own that is not empty.
 */
static struct kprobe_node **kprobe_table_place(struct kprobe_table *table, unsigned long hash)
{
	struct kprobe_node **bucket = kprobe_bucket_of(table->buckets, hash);
	struct kprobe_node **place = &table->nodes;

	while (bucket != table->buckets->first) {
		if (*--bucket) {
			place = &(*bucket)->next;
			break;
		}
	}
	while (*place && (*place)->hash < hash)
		place = &(*place)->next;
	return place;
}

/**
 * kprobe_table_add() - add a node to a table
 * @table: the table
 * @node: the node, in no table; not one that was removed, before a grace period is over
 * @key: its key, of which there is none in the table
 *
 * Without memory for a larger array the table only becomes slower.
 *
 * Context: the lock of writers. Sleeps. Does not fail.
 */
void kprobe_table_add(struct kprobe_table *table, struct kprobe_node *node, unsigned long key)
{
	struct kprobe_node **place, **bucket;

	table->nr++;
	kprobe_table_fit(table);

	node->hash = kprobe_hash(key);
	place = kprobe_table_place(table, node->hash);
	node->next = *place;
	/* Pairs with the address dependency in a look-up: the node is initialised. */
	smp_store_release(place, node);
	bucket = kprobe_bucket_of(table->buckets, node->hash);
	if (!*bucket || (*bucket)->hash > node->hash) {
		/* Pairs with the same. */
		smp_store_release(bucket, node);
	}
}

/**
 * kprobe_table_remove() - remove a node from its table
 * @table: the table
 * @node: the node; look-ups may go on using it, and its @next, for a grace period
 *
 * Context: the lock of writers. Sleeps. Does not fail.
 */
void kprobe_table_remove(struct kprobe_table *table, struct kprobe_node *node)
{
	struct kprobe_node **bucket = kprobe_bucket_of(table->buckets, node->hash);
	struct kprobe_node *next = node->next;

	WRITE_ONCE(*kprobe_table_place(table, node->hash), next);
	if (*bucket == node) {
		if (next && kprobe_bucket_of(table->buckets, next->hash) != bucket)
			next = NULL;
		WRITE_ONCE(*bucket, next);
	}
	table->nr--;
	kprobe_table_fit(table);
}
