// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of mistakes that users make: with what is not a probe, not a
 * string, not theirs any more. What happens then is documented in
 * Documentation/trace/kprobes-reference.rst, "Mistakes, and what happens then".
 */
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/poison.h>
#include <linux/vmalloc.h>

#include "test.h"

static void *const target = kprobe_test_target;
static void *const other = kprobe_test_other;

static void expect_no_site(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, list_empty(&kprobe_sites));
}

static void no_probe_is_refused(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *with_none[] = { kp, NULL };

	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobes(NULL, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobes(with_none, 2));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobes(with_none, INT_MIN));
	KUNIT_EXPECT_EQ(test, -EINVAL, enable_kprobe(NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, disable_kprobe(NULL));
	expect_no_site(test);
}

static void no_probe_is_passed_over(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *with_none[] = { NULL, kp, NULL };

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	unregister_kprobe(NULL);
	unregister_kprobes(NULL, 1);
	unregister_kprobes(with_none, -1);
	unregister_kprobes(with_none, 0);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	unregister_kprobes(with_none, ARRAY_SIZE(with_none));
	expect_no_site(test);
}

/* The second time it is not registered any more. */
static void unregistered_twice_in_an_array(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	u64 text = kprobe_test_text(target);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	unregister_kprobes((struct kprobe *[]) { kp, kp }, 2);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), text);
	expect_no_site(test);
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(kp));
}

/* All of it that the user does not set is what was in the memory before. */
static void garbage_in_the_struct(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	kprobe_pre_handler_t pre = kp->pre_handler;

	memset(kp, POISON_FREE, sizeof(*kp));
	kp->symbol_name = "kprobe_test_target";
	kp->addr = NULL;
	kp->offset = 0;
	kp->pre_handler = pre;
	kp->post_handler = NULL;
	kp->fault_handler = NULL;
	kp->flags &= ~KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kp->flags & ~KPROBE_FLAG_FTRACE, KPROBE_FLAG_ON_FUNC_ENTRY);
	KUNIT_EXPECT_EQ(test, kp->nmissed, 0);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	unregister_kprobe(kp);
	expect_no_site(test);
}

/* Whatever they say of a probe that is registered, the site knows better. */
static void flags_set_by_hand(struct kunit *test)
{
	static const u32 by_hand[] = {
		0, KPROBE_FLAG_GONE, KPROBE_FLAG_DISABLED, KPROBE_FLAG_OPTIMIZED,
		KPROBE_FLAG_FTRACE, KPROBE_FLAG_ON_FUNC_ENTRY, KPROBE_FLAG_IPMODIFY, ~0U,
	};
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *beside = &kprobe_test_probe(test, 'b', target, KPROBE_TEST_PRE)->kp;
	u64 text = kprobe_test_text(target);
	int i;

	for (i = 0; i < ARRAY_SIZE(by_hand); i++) {
		kp->flags = 0;
		kp->addr = target;
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
		kp->flags = by_hand[i];
		kprobe_test_target(1);
		KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
		KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(kp));

		/* Another one is not harmed by it. */
		beside->addr = target;
		KUNIT_EXPECT_EQ(test, 0, register_kprobe(beside));
		kprobe_test_target(1);
		KUNIT_EXPECT_NOT_NULL(test, strchr(kprobe_test_trace(), 'b'));
		unregister_kprobe(beside);

		KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
		unregister_kprobe(kp);
		KUNIT_EXPECT_EQ(test, kprobe_test_text(target), text);
		expect_no_site(test);
	}
}

/* It is not found where it says that it is: nothing happens until it is. */
static void address_changed_by_hand(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	kprobe_opcode_t *addr;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	addr = kp->addr;
	kp->addr = other;
	KUNIT_EXPECT_EQ(test, -EINVAL, disable_kprobe(kp));
	unregister_kprobe(kp);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	kp->addr = addr;
	unregister_kprobe(kp);
	expect_no_site(test);
}

KUNIT_DEFINE_ACTION_WRAPPER(mistake_vfree, vfree, const void *);

/* A page, full of @fill, and behind it none. */
static char *last_page(struct kunit *test, u8 fill)
{
	char *page = vmalloc(PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, mistake_vfree, page));
	return memset(page, fill, PAGE_SIZE);
}

static void expect_no_symbol(struct kunit *test, const char *symbol)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;

	kp->symbol_name = symbol;
	KUNIT_EXPECT_EQ(test, -ENOENT, register_kprobe(kp));
	KUNIT_EXPECT_NULL(test, kp->addr);
	KUNIT_EXPECT_EQ(test, -ENOENT, kprobe_on_func_entry(NULL, symbol, 0));
}

static void symbol_that_is_no_string(struct kunit *test)
{
	char *freed = last_page(test, POISON_FREE), *ones = last_page(test, 0xff);
	static const char bytes[] = "\x01\x7f%s%n\xff";

	expect_no_symbol(test, "");
	expect_no_symbol(test, ":");
	expect_no_symbol(test, bytes);
	/* No end in sight: shorter than a name may be, and longer. */
	expect_no_symbol(test, freed + PAGE_SIZE - 16);
	expect_no_symbol(test, freed);
	expect_no_symbol(test, ones);
	expect_no_symbol(test, kprobe_test_bad_address(test));
	expect_no_symbol(test, (char *)8);
	expect_no_symbol(test, (char *)TASK_SIZE - PAGE_SIZE);
	expect_no_symbol(test, (char *)-1UL);
	if (IS_ENABLED(CONFIG_64BIT))
		expect_no_symbol(test, (char *)(1UL << (BITS_PER_LONG - 2)));
	expect_no_site(test);
}

static void symbol_at_the_end_of_memory(struct kunit *test)
{
	static const char symbol[] = "kprobe_test_target";
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
	char *end = last_page(test, 0) + PAGE_SIZE;

	kp->symbol_name = memcpy(end - sizeof(symbol), symbol, sizeof(symbol));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

/* It is read while the probe is registered, and never again. */
static void symbol_freed_afterwards(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
	char *symbol = kstrdup("kprobe_test_target", GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, symbol);
	kp->symbol_name = symbol;
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(kp));
	kfree(symbol);
	kp->symbol_name = kprobe_test_bad_address(test);
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	unregister_kprobe(kp);
	expect_no_site(test);
}

#ifdef CONFIG_KRETPROBES
static int mistake_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	kprobe_test_trace_add('r');
	return 0;
}

static void no_return_probe(struct kunit *test)
{
	struct kretprobe *with_none[] = { NULL };

	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobe(NULL));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobes(NULL, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobes(with_none, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobes(with_none, -1));
	unregister_kretprobe(NULL);
	unregister_kretprobes(NULL, 1);
	unregister_kretprobes(with_none, 1);
	unregister_kretprobes(with_none, -1);
	expect_no_site(test);
}

/* Its hits go on as before, and not into instances that it has not got. */
static void return_probe_whose_entry_is_registered(struct kunit *test)
{
	struct kretprobe *rp = kunit_kzalloc(test, sizeof(*rp), GFP_KERNEL);
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_NOT_NULL(test, rp);
	rp->kp = *kp;
	rp->handler = mistake_return;
	rp->kp.pre_handler = NULL;
	kprobe_test_own(test, &rp->kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&rp->kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobe(rp));
	KUNIT_EXPECT_NULL(test, rp->kp.pre_handler);
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	unregister_kprobe(&rp->kp);

	rp->kp.addr = target;
	KUNIT_EXPECT_EQ(test, 0, register_kretprobe(rp));
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "r", kprobe_test_trace());
	unregister_kretprobe(rp);
	expect_no_site(test);
}
#else
static void no_return_probe(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KRETPROBES");
}

static void return_probe_whose_entry_is_registered(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KRETPROBES");
}
#endif

static struct kunit_case kprobe_mistake_cases[] = {
	KUNIT_CASE(no_probe_is_refused),
	KUNIT_CASE(no_probe_is_passed_over),
	KUNIT_CASE(unregistered_twice_in_an_array),
	KUNIT_CASE(garbage_in_the_struct),
	KUNIT_CASE(flags_set_by_hand),
	KUNIT_CASE(address_changed_by_hand),
	KUNIT_CASE(symbol_that_is_no_string),
	KUNIT_CASE(symbol_at_the_end_of_memory),
	KUNIT_CASE(symbol_freed_afterwards),
	KUNIT_CASE(no_return_probe),
	KUNIT_CASE(return_probe_whose_entry_is_registered),
	{ }
};

static struct kunit_suite kprobe_mistake_suite = {
	.name = "kprobe_mistake",
	.test_cases = kprobe_mistake_cases,
};

kunit_test_suite(kprobe_mistake_suite);
