// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the blacklist: ranges that come and go, and who reads them
 * meanwhile. What is on it from the start is tested in address_test.c. rN in a
 * name: a class of bug, see test.h.
 */
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "test.h"

static void *const target = kprobe_test_target;

/* A function can be put on the blacklist, and text that goes takes it away. */
static void function_comes_and_goes(struct kunit *test)
{
	unsigned long start = (unsigned long)target, size, offset;
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(start, &size, &offset));
	KUNIT_EXPECT_EQ(test, (int)size, kprobe_add_ksym_blacklist(start + 1));
	kprobe_test_expect_refusal(test, kp, KPROBE_BLACKLISTED, -EINVAL);
	kprobe_blacklist_remove(start, start + size);
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, kprobe_add_ksym_blacklist((unsigned long)test));
}

/* An area that nothing else is in; ranges of it go when the test ends. */
#define AREA		(VMALLOC_START + PAGE_SIZE)
#define AREA_SIZE	0x10000UL

static void area_clear(void *unused)
{
	kprobe_blacklist_remove(AREA, AREA + AREA_SIZE);
}

static void area_begin(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, area_clear, NULL));
}

static void area_add(struct kunit *test, unsigned long start, unsigned long end)
{
	KUNIT_ASSERT_EQ(test, 0, kprobe_add_area_blacklist(AREA + start, AREA + end));
}

static bool area_has(unsigned long offset)
{
	return within_kprobe_blacklist(AREA + offset);
}

static void range_is_exact(struct kunit *test)
{
	area_begin(test);
	area_add(test, 0x100, 0x110);
	KUNIT_EXPECT_FALSE(test, area_has(0xff));
	KUNIT_EXPECT_TRUE(test, area_has(0x100));
	KUNIT_EXPECT_TRUE(test, area_has(0x10f));
	KUNIT_EXPECT_FALSE(test, area_has(0x110));
	area_add(test, 0x200, 0x200);
	KUNIT_EXPECT_FALSE(test, area_has(0x200));
}

static void ranges_may_overlap(struct kunit *test)
{
	area_begin(test);
	area_add(test, 0x100, 0x300);
	area_add(test, 0x120, 0x130);
	area_add(test, 0x280, 0x400);
	area_add(test, 0x400, 0x410);
	KUNIT_EXPECT_FALSE(test, area_has(0xff));
	KUNIT_EXPECT_TRUE(test, area_has(0x12f));
	KUNIT_EXPECT_TRUE(test, area_has(0x130));
	KUNIT_EXPECT_TRUE(test, area_has(0x2ff));
	KUNIT_EXPECT_TRUE(test, area_has(0x3ff));
	KUNIT_EXPECT_TRUE(test, area_has(0x40f));
	KUNIT_EXPECT_FALSE(test, area_has(0x410));
}

/* Added in an order that is not theirs; every second one of 100 places. */
static void many_ranges(struct kunit *test)
{
	unsigned long i, wrong = 0;

	area_begin(test);
	for (i = 0; i < 100; i += 2) {
		unsigned long start = i * 7 % 100 * 0x20;

		area_add(test, start, start + 0x20);
	}
	for (i = 0; i < 100; i++) {
		wrong += area_has(i * 0x20) != (i % 2 == 0);
		wrong += area_has(i * 0x20 + 0x1f) != (i % 2 == 0);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	kprobe_blacklist_remove(AREA + 0x200, AREA + 0x400);
	KUNIT_EXPECT_TRUE(test, area_has(0x1c0));
	KUNIT_EXPECT_FALSE(test, area_has(0x200));
	KUNIT_EXPECT_FALSE(test, area_has(0x3c0));
	KUNIT_EXPECT_TRUE(test, area_has(0x400));
}

/* Bisection against the ranges themselves, at each address. */
static void bisection_finds_what_a_scan_finds(struct kunit *test)
{
	unsigned long addr, wrong = 0;
	struct rnd_state rnd;
	int i;
	u8 *listed = kunit_kzalloc(test, AREA_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, listed);
	area_begin(test);
	prandom_seed_state(&rnd, 23);
	for (i = 0; i < 200; i++) {
		unsigned long start = prandom_u32_state(&rnd) % (AREA_SIZE - 0x80);
		unsigned long len = prandom_u32_state(&rnd) % 0x80;

		memset(listed + start, 1, len);
		area_add(test, start, start + len);
	}
	for (addr = 0; addr < AREA_SIZE; addr++)
		wrong += area_has(addr) != listed[addr];
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

/* One range goes; that it touches another is not its neighbour's end. */
static void ranges_that_touch_go_one_by_one(struct kunit *test)
{
	area_begin(test);
	area_add(test, 0x1000, 0x2000);
	area_add(test, 0x2000, 0x3000);
	kprobe_blacklist_remove(AREA + 0x1000, AREA + 0x2000);
	KUNIT_EXPECT_FALSE(test, area_has(0x1fff));
	KUNIT_EXPECT_TRUE(test, area_has(0x2000));
	area_add(test, 0x1000, 0x2000);
	kprobe_blacklist_remove(AREA + 0x2000, AREA + 0x3000);
	KUNIT_EXPECT_TRUE(test, area_has(0x1fff));
	KUNIT_EXPECT_FALSE(test, area_has(0x2000));
}

static void walk_of_an_area(struct kunit *test)
{
	struct kprobe_range range;

	area_begin(test);
	area_add(test, 0x200, 0x300);
	area_add(test, 0x100, 0x110);
	KUNIT_ASSERT_TRUE(test, kprobe_blacklist_next(AREA, &range));
	KUNIT_EXPECT_EQ(test, range.start, AREA + 0x100);
	KUNIT_EXPECT_EQ(test, range.end, AREA + 0x110);
	KUNIT_ASSERT_TRUE(test, kprobe_blacklist_next(range.end, &range));
	KUNIT_EXPECT_EQ(test, range.start, AREA + 0x200);
	KUNIT_EXPECT_EQ(test, range.end, AREA + 0x300);
	KUNIT_ASSERT_TRUE(test, kprobe_blacklist_next(AREA + 0x2ff, &range));
	KUNIT_EXPECT_EQ(test, range.start, AREA + 0x2ff);
	if (kprobe_blacklist_next(AREA + 0x300, &range))
		KUNIT_EXPECT_GE(test, range.start, AREA + AREA_SIZE);
}

/* In order, each within one function, and each function with NOKPROBE_SYMBOL() is met. */
static void walk_is_by_function(struct kunit *test)
{
	unsigned long nr_marked = __stop_kprobe_blacklist - __start_kprobe_blacklist;
	unsigned long i, met = 0, disorder = 0, across = 0, size, offset;
	struct kprobe_range range = { };
	unsigned long last;

	for (last = 0; kprobe_blacklist_next(last, &range); last = range.end) {
		disorder += range.start < last || range.end <= range.start;
		if (!kallsyms_lookup_size_offset(range.start, &size, &offset))
			continue;
		across += range.end - range.start > size - offset;
		for (i = 0; i < nr_marked; i++)
			met += __start_kprobe_blacklist[i] == range.start;
	}
	KUNIT_EXPECT_GT(test, nr_marked, 0);
	KUNIT_EXPECT_EQ(test, met, nr_marked);
	KUNIT_EXPECT_EQ(test, disorder, 0);
	KUNIT_EXPECT_EQ(test, across, 0);
}

/* A module with a function marked, and text in each of the sections. */
static struct module *area_module(struct kunit *test)
{
	struct module *mod = kunit_kzalloc(test, sizeof(*mod), GFP_KERNEL);
	unsigned long *marked = kunit_kzalloc(test, sizeof(*marked), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, mod);
	KUNIT_ASSERT_NOT_NULL(test, marked);
	*marked = (unsigned long)target;
	mod->kprobe_blacklist = marked;
	mod->num_kprobe_blacklist = 1;
	mod->kprobes_text_start = (void *)AREA + 0x1000;
	mod->kprobes_text_size = 0x100;
	mod->noinstr_text_start = (void *)AREA + 0x2000;
	mod->noinstr_text_size = 0x200;
	mod->cpuidle_text_start = (void *)AREA + 0x3000;
	mod->cpuidle_text_size = 0x300;
	return mod;
}

static void target_clear(void *unused)
{
	unsigned long size, offset;

	kallsyms_lookup_size_offset((unsigned long)target, &size, &offset);
	kprobe_blacklist_remove((unsigned long)target - offset,
				(unsigned long)target - offset + size);
}

static void target_begin(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, target_clear, NULL));
}

static void list_of_a_module_r12_r39(struct kunit *test)
{
	struct module *mod = area_module(test);

	area_begin(test);
	target_begin(test);
	KUNIT_ASSERT_EQ(test, 0, kprobe_blacklist_add_module(mod));
	KUNIT_EXPECT_TRUE(test, within_kprobe_blacklist((unsigned long)target));
	KUNIT_EXPECT_TRUE(test, area_has(0x1000));
	KUNIT_EXPECT_TRUE(test, area_has(0x10ff));
	KUNIT_EXPECT_FALSE(test, area_has(0x1100));
	KUNIT_EXPECT_TRUE(test, area_has(0x21ff));
	KUNIT_EXPECT_TRUE(test, area_has(0x3000));
	KUNIT_EXPECT_TRUE(test, area_has(0x32ff));
	KUNIT_EXPECT_FALSE(test, area_has(0x3300));
	area_clear(NULL);
	target_clear(NULL);
	KUNIT_EXPECT_FALSE(test, within_kprobe_blacklist((unsigned long)target));
	KUNIT_EXPECT_FALSE(test, area_has(0x1000));
	KUNIT_EXPECT_FALSE(test, area_has(0x21ff));
	KUNIT_EXPECT_FALSE(test, area_has(0x3000));
}

/* Counts what cannot be. */
struct walker {
	unsigned long disorder;
	unsigned long lost;
};

/* What is on the list all the time: the first function that is marked. */
static bool always_listed(void)
{
	return within_kprobe_blacklist(*__start_kprobe_blacklist);
}

static void walk_once(void *data)
{
	struct walker *walker = data;
	struct kprobe_range range;
	unsigned long last;

	for (last = 0; kprobe_blacklist_next(last, &range); last = range.end) {
		walker->disorder += range.start < last || range.end <= range.start;
		walker->lost += !always_listed();
		cond_resched();
	}
}

static void module_comes_and_goes_while_one_reads_r23(struct kunit *test)
{
	struct walker *walker = kunit_kzalloc(test, sizeof(*walker), GFP_KERNEL);
	struct module *mod = area_module(test);
	unsigned long deadline = jiffies + 60 * HZ;
	struct kprobe_test_loop *loop;
	unsigned int rounds = 0;

	KUNIT_ASSERT_NOT_NULL(test, walker);
	area_begin(test);
	target_begin(test);
	loop = kprobe_test_loop(test, KPROBE_TEST_ANY_CPU, walk_once, walker);
	while (rounds < 1000 || READ_ONCE(loop->turns) < 100) {
		/* For a walk that never ends. */
		if (time_after(jiffies, deadline))
			break;
		KUNIT_ASSERT_EQ(test, 0, kprobe_blacklist_add_module(mod));
		area_clear(NULL);
		target_clear(NULL);
		rounds++;
		cond_resched();
	}
	kprobe_test_loop_end(loop);
	KUNIT_EXPECT_GE(test, rounds, 1000);
	KUNIT_EXPECT_GE(test, loop->turns, 100);
	KUNIT_EXPECT_EQ(test, walker->disorder, 0);
	KUNIT_EXPECT_EQ(test, walker->lost, 0);
}

static struct kunit_case kprobe_blacklist_cases[] = {
	KUNIT_CASE(function_comes_and_goes),
	KUNIT_CASE(range_is_exact),
	KUNIT_CASE(ranges_may_overlap),
	KUNIT_CASE(many_ranges),
	KUNIT_CASE(bisection_finds_what_a_scan_finds),
	KUNIT_CASE(ranges_that_touch_go_one_by_one),
	KUNIT_CASE(walk_of_an_area),
	KUNIT_CASE(walk_is_by_function),
	KUNIT_CASE(list_of_a_module_r12_r39),
	KUNIT_CASE_SLOW(module_comes_and_goes_while_one_reads_r23),
	{ }
};

static struct kunit_suite kprobe_blacklist_suite = {
	.name = "kprobe_blacklist",
	.test_cases = kprobe_blacklist_cases,
};

kunit_test_suite(kprobe_blacklist_suite);
