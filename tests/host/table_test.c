// SPDX-License-Identifier: GPL-2.0
/*
 * The table by address: random changes beside a model, with a look-up under way meanwhile,
 * memory that fails, and grace periods that end as soon as they may.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>
#include <linux/slab.h>

#include "../../kernel/kprobes/table.h"

#include "generate.h"
#include "test.h"

#define KEYS		3000
#define CHANGES		200000
#define FULL		100000

static struct kprobe_buckets few = KPROBE_FEW_BUCKETS;
static struct kprobe_table table = KPROBE_TABLE(few);

/* Since when is each key in the table? 0: it is not. */
static struct kprobe_node *node_of[KEYS];
static unsigned long since[KEYS], now;

static unsigned int memory_fails;
static size_t allocated, largest;

void *host_zalloc(size_t size)
{
	if (memory_fails && !random_below(memory_fails))
		return NULL;
	allocated += size;
	largest = size > largest ? size : largest;
	return calloc(1, size);
}

/* What waits for the end of the look-up that is under way. */
static struct {
	unsigned int nr;
	void *memory[CHANGES];
} later;

static void free_later(void *memory)
{
	later.memory[later.nr++] = memory;
}

void host_free_later(struct rcu_head *rcu, void *memory)
{
	memset(rcu, 0xff, sizeof(*rcu));
	free_later(memory);
}

static void grace_period_is_over(void)
{
	while (later.nr)
		free(later.memory[--later.nr]);
}

/* Neighbours, and what is a multiple of a page apart. */
static unsigned long key_of(unsigned int i)
{
	return i & 1 ? 0x1000000UL + i : 0x400000UL + i * 4096UL;
}

/* A look-up in steps: what it has read so far. */
static struct {
	bool begun;
	unsigned int key;
	unsigned long when;
	unsigned long hash;
	const struct kprobe_buckets *buckets;
	const struct kprobe_node *node;
} reader;

static void reader_begin(void)
{
	reader.begun = true;
	reader.key = random_below(KEYS);
	reader.when = now;
	reader.hash = kprobe_hash(key_of(reader.key));
	reader.buckets = table.buckets;
	reader.node = NULL;
}

/* Each in one step: with the array alone, or at a node that may have been removed. */
static void reader_goes_on(void)
{
	if (!reader.node)
		reader.node = reader.buckets->first[reader.hash >> reader.buckets->shift];
	else if (reader.node->hash < reader.hash && reader.node->next)
		reader.node = reader.node->next;
}

static void reader_ends(void)
{
	const struct kprobe_node *found = reader.node;
	unsigned long added = since[reader.key];

	if (!found) {
		found = kprobe_buckets_find(reader.buckets, reader.hash);
	} else {
		while (found && found->hash < reader.hash)
			found = found->next;
		if (found && found->hash != reader.hash)
			found = NULL;
	}
	if (added && added <= reader.when && found != node_of[reader.key])
		test_fail("key %u is not found by a look-up that began after it was added",
			  reader.key);
	reader.begun = false;
	grace_period_is_over();
}

static void change(unsigned int key)
{
	struct kprobe_node *node = node_of[key];

	now++;
	if (node) {
		kprobe_table_remove(&table, node);
		free_later(node);
		node_of[key] = NULL;
		since[key] = 0;
	} else {
		node = calloc(1, sizeof(*node));
		kprobe_table_add(&table, node, key_of(key));
		node_of[key] = node;
		since[key] = now;
	}
}

static bool all_are_found(void)
{
	unsigned int key;

	for (key = 0; key < KEYS; key++) {
		if (kprobe_table_find(&table, key_of(key)) != node_of[key]) {
			test_fail("key %u after %lu changes", key, now);
			return false;
		}
	}
	return true;
}

static void empty(void)
{
	unsigned int key;

	for (key = 0; key < KEYS; key++) {
		if (node_of[key])
			change(key);
	}
	grace_period_is_over();
	if (table.nodes || table.nr)
		test_fail("it is not empty");
	if (table.buckets != &few)
		free(table.buckets);
	table.buckets = &few;
}

/* It is filled, stays so, and is emptied, again and again. */
static void change_at_random(void)
{
	unsigned long until = now + CHANGES;
	bool fill = true;

	while (now < until) {
		unsigned int key = random_below(KEYS);

		if (random_below(2000) == 0)
			fill = !fill;
		if (!node_of[key] == fill || random_below(4) == 0)
			change(key);
		else
			now++;
		if (!reader.begun)
			reader_begin();
		else if (random_below(8))
			reader_goes_on();
		else
			reader_ends();
		if (now % 1000 == 0 && !all_are_found())
			break;
	}
	if (reader.begun)
		reader_ends();
}

/* @nr nodes: how many bytes are allocated on the way? */
static size_t fill_and_empty(unsigned int nr)
{
	struct kprobe_node *nodes = calloc(nr, sizeof(*nodes));
	unsigned int i;

	allocated = 0;
	for (i = 0; i < nr; i++)
		kprobe_table_add(&table, &nodes[i], 0x400000UL + i * 3);
	for (i = 0; i < nr; i++) {
		if (kprobe_table_find(&table, 0x400000UL + i * 3) != &nodes[i])
			test_fail("node %u is not found", i);
	}
	for (i = 0; i < nr; i++)
		kprobe_table_remove(&table, &nodes[i]);
	grace_period_is_over();
	free(nodes);
	return allocated;
}

void table_tests(void)
{
	TEST("R56 table: random changes beside a model") {
		change_at_random();
		empty();
	}
	TEST("R56 table: random changes while memory fails") {
		memory_fails = 2;
		change_at_random();
		empty();
	}
	TEST("R56 table: without memory nothing is lost") {
		memory_fails = 1;
		fill_and_empty(KEYS);
		if (table.buckets != &few)
			test_fail("there was memory");
	}
	TEST("R56 table: many nodes take arrays of a few bytes each") {
		size_t bytes = fill_and_empty(FULL);

		if (bytes > FULL * 64UL || largest > FULL * 24UL)
			test_fail("%zu bytes, %zu at most at once", bytes, largest);
		empty();
	}
}
