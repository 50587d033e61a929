// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the table by address: look-ups while it changes. rN in a name: a class
 * of bug, see test.h. tests/host has it do random changes beside a model.
 */
#include <linux/kallsyms.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "test.h"

#define TABLE_NODES	200

/* More than fit into the fewest buckets, so that they can change their number both ways. */
#define TABLE_SOME	20

static struct kprobe_buckets few = KPROBE_FEW_BUCKETS;
static struct kprobe_table table = KPROBE_TABLE(few);
static struct kprobe_node nodes[TABLE_NODES];

/* Those from @first up to @end are in the table; the neighbours on both sides may be. */
static unsigned int first, end;

static unsigned long looked, wrong;

/* Neighbours, as most probes are, and distant ones. */
static unsigned long key_of(unsigned int i)
{
	unsigned long base = (unsigned long)kprobe_test_target;

	/* objtool would take the sum for the address of an instruction. */
	OPTIMIZER_HIDE_VAR(base);
	return base + i * 5 + (i % 3) * 0x100001;
}

static void note(unsigned int i, const struct kprobe_node *found)
{
	bool may_be = i + 1 >= first && i <= end;
	bool must_be = i >= first && i < end;

	looked++;
	if (found ? found != &nodes[i] || !may_be : must_be)
		wrong++;
}

static void look_all_up(void)
{
	unsigned int i;

	for (i = 0; i < TABLE_NODES; i++)
		note(i, kprobe_table_find(&table, key_of(i)));
}

/* The look-ups of readers that have taken their array before. */
static void look_all_up_in(const struct kprobe_buckets *buckets)
{
	unsigned int i;

	for (i = 0; i < TABLE_NODES; i++)
		note(i, kprobe_buckets_find(buckets, kprobe_hash(key_of(i))));
}

/* The same, of those that have been there all the time. */
static void look_up_those_between(const struct kprobe_buckets *buckets)
{
	unsigned int i;

	for (i = first; i < end; i++)
		note(i, kprobe_buckets_find(buckets, kprobe_hash(key_of(i))));
}

static void add_up_to(unsigned int nr)
{
	for (; end < nr; end++)
		kprobe_table_add(&table, &nodes[end], key_of(end));
}

static void remove_up_to(unsigned int nr)
{
	while (first < nr) {
		first++;
		kprobe_table_remove(&table, &nodes[first - 1]);
	}
}

static int table_init(struct kunit *test)
{
	memset(&nodes, 0, sizeof(nodes));
	memset(few.first, 0, 2 * sizeof(few.first[0]));
	table = (struct kprobe_table)KPROBE_TABLE(few);
	first = 0;
	end = 0;
	looked = 0;
	wrong = 0;
	return 0;
}

static void table_exit(struct kunit *test)
{
	struct kprobe_buckets *buckets = table.buckets;

	table.buckets = &few;
	synchronize_rcu();
	if (buckets != &few)
		kvfree(buckets);
}

static unsigned int table_bits(void)
{
	return BITS_PER_LONG - table.buckets->shift;
}

static void look_ups_at_rest_r56(struct kunit *test)
{
	unsigned int nr;

	look_all_up();
	for (nr = 1; nr <= TABLE_NODES; nr++) {
		add_up_to(nr);
		look_all_up();
	}
	KUNIT_EXPECT_EQ(test, table_bits(), 8);
	for (nr = 1; nr <= TABLE_NODES; nr++) {
		remove_up_to(nr);
		look_all_up();
	}
	KUNIT_EXPECT_LE(test, table_bits(), 4);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_NULL(test, table.nodes);
	look_all_up();
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static struct kprobe_buckets *build(struct kunit *test, unsigned int bits)
{
	struct kprobe_buckets *buckets = kprobe_buckets_build(&table, bits);

	KUNIT_ASSERT_NOT_NULL(test, buckets);
	return buckets;
}

/* A look-up that has begun ends right, whatever changes meanwhile. */
static void look_ups_under_way(struct kunit *test, unsigned int from, unsigned int to)
{
	struct kprobe_buckets *before, *after;

	add_up_to(TABLE_SOME);
	kprobe_table_publish(&table, build(test, from));
	after = build(test, to);
	look_all_up();
	look_all_up_in(after);
	scoped_guard(rcu) {
		before = table.buckets;
		kprobe_table_publish(&table, after);
		look_all_up();
		look_all_up_in(before);
		/* So few changes do not change the size. */
		remove_up_to(TABLE_SOME / 4);
		look_all_up();
		/* Nothing was added since: to be found is what has stayed. */
		first = TABLE_SOME / 4;
		look_up_those_between(before);
		end = TABLE_SOME + 1;
		kprobe_table_add(&table, &nodes[end - 1], key_of(end - 1));
		look_all_up();
		end--;
		look_up_those_between(before);
		end++;
	}
	KUNIT_EXPECT_PTR_EQ(test, table.buckets, after);
	remove_up_to(end);
	look_all_up();
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static void look_ups_while_it_grows_r56(struct kunit *test)
{
	look_ups_under_way(test, 5, 6);
}

static void look_ups_while_it_shrinks_r56(struct kunit *test)
{
	look_ups_under_way(test, 6, 5);
}

/* What a hit anywhere in a change finds. */
static int look_up_pre(struct kprobe *kp, struct pt_regs *regs)
{
	look_all_up();
	return 0;
}

/* Probes on as many instructions of a function as can be probed. */
static unsigned int probe_all_of(struct kunit *test, const char *name)
{
	unsigned long entry = kallsyms_lookup_name(name), size, offset;
	struct kprobe *kps;
	unsigned int nr = 0;

	/* It may be inlined. */
	if (!entry || !kallsyms_lookup_size_offset(entry, &size, &offset))
		return 0;
	kps = kunit_kcalloc(test, size, sizeof(*kps), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, kps);
	for (offset = 0; offset < size; offset++) {
		kps[nr].addr = (void *)(entry + offset);
		kps[nr].pre_handler = look_up_pre;
		if (kprobe_test_refusal(&kps[nr]) || register_kprobe(&kps[nr]))
			continue;
		kprobe_test_own(test, &kps[nr++]);
	}
	return nr;
}

/* The hits are of the writers of this table, and of the one in which they are looked up. */
static void hits_amid_changes_r56(struct kunit *test)
{
	static const char * const writers[] = {
		"kprobe_table_add", "kprobe_table_remove", "kprobe_table_publish",
		"kprobe_buckets_build", "kprobe_table_fit", "kprobe_table_place",
	};
	unsigned int i, nr = 0;

	for (i = 0; i < ARRAY_SIZE(writers); i++)
		nr += probe_all_of(test, writers[i]);
	KUNIT_EXPECT_GT(test, nr, 50);
	looked = 0;
	add_up_to(TABLE_NODES);
	KUNIT_EXPECT_GT(test, looked, 1000 * TABLE_NODES);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	looked = 0;
	remove_up_to(TABLE_NODES);
	KUNIT_EXPECT_GT(test, looked, 1000 * TABLE_NODES);
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* Half of the nodes stay, and another CPU finds them all the time. */
static void look_up_those_that_stay(void *arg)
{
	unsigned int i;

	guard(preempt)();
	for (i = 0; i < TABLE_NODES / 2; i++) {
		if (kprobe_table_find(&table, key_of(i)) != &nodes[i])
			WRITE_ONCE(wrong, wrong + 1);
	}
}

#define TABLE_ROUNDS	300

static void look_ups_on_another_cpu_r56(struct kunit *test)
{
	struct kprobe_test_loop *loop;
	unsigned int i, round;

	add_up_to(TABLE_NODES / 2);
	loop = kprobe_test_loop(test, kprobe_test_other_cpu(test), look_up_those_that_stay, NULL);
	for (round = 0; round < TABLE_ROUNDS; round++) {
		for (i = TABLE_NODES / 2; i < TABLE_NODES; i++)
			kprobe_table_add(&table, &nodes[i], key_of(i));
		for (i = TABLE_NODES / 2; i < TABLE_NODES; i++)
			kprobe_table_remove(&table, &nodes[i]);
		/* They are added again, and a reader may still be at one. */
		synchronize_rcu_expedited();
	}
	kprobe_test_loop_goes_on(loop, 1);
	kprobe_test_loop_end(loop);
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

static struct kunit_case table_cases[] = {
	KUNIT_CASE(look_ups_at_rest_r56),
	KUNIT_CASE(look_ups_while_it_grows_r56),
	KUNIT_CASE(look_ups_while_it_shrinks_r56),
	KUNIT_CASE(hits_amid_changes_r56),
	KUNIT_CASE(look_ups_on_another_cpu_r56),
	{ }
};

static struct kunit_suite table_suite = {
	.name = "kprobe_table",
	.init = table_init,
	.exit = table_exit,
	.test_cases = table_cases,
};

kunit_test_suite(table_suite);
