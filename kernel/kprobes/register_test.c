// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the front door: register, unregister, enable, disable, single
 * and batch. rN in a name: a class of bug, see test.h.
 */
#include <linux/memory.h>
#include <asm/text-patching.h>

#include "test.h"

static void *const target = kprobe_test_target;
static void *const other = kprobe_test_other;

static void probes_run_newest_first_r37(struct kunit *test)
{
	struct kprobe_test_probe *tp;
	char name;

	for (name = 'a'; name <= 'f'; name++) {
		tp = kprobe_test_probe(test, name, target, KPROBE_TEST_PRE | KPROBE_TEST_POST);
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(&tp->kp));
	}
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "fedcbaFEDCBA", kprobe_test_trace());
}

/* The orders in which three probes can be taken. */
static const u8 orders[6][3] = {
	{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 },
};

struct three {
	struct kprobe_test_probe *tp[3];
	bool on[3];
};

static void three_begin(struct kunit *test, struct three *three)
{
	int i;

	for (i = 0; i < 3; i++)
		three->tp[i] = kprobe_test_probe(test, 'a' + i, target, KPROBE_TEST_PRE);
}

static void three_register(struct kunit *test, struct three *three)
{
	int i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(&three->tp[i]->kp));
		three->on[i] = true;
	}
}

/* Those that are on run, the newest first, whatever was done before. */
static void three_expect(struct kunit *test, struct three *three)
{
	char expected[4] = { };
	int i, nr = 0;

	for (i = 2; i >= 0; i--) {
		if (three->on[i])
			expected[nr++] = three->tp[i]->name;
	}
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, expected, kprobe_test_trace());
}

static void unregister_in_every_order(struct kunit *test)
{
	u64 original = kprobe_test_text(target);
	struct three three;
	int i, order;

	three_begin(test, &three);
	for (order = 0; order < ARRAY_SIZE(orders); order++) {
		three_register(test, &three);
		for (i = 0; i < 3; i++) {
			three.on[orders[order][i]] = false;
			unregister_kprobe(&three.tp[orders[order][i]]->kp);
			three_expect(test, &three);
		}
		KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
	}
}

static void disable_and_enable_in_every_order_r16(struct kunit *test)
{
	int i, off, on, nr;
	struct three three;

	three_begin(test, &three);
	three_register(test, &three);
	for (off = 0; off < ARRAY_SIZE(orders); off++) {
		for (on = 0; on < ARRAY_SIZE(orders); on++) {
			for (i = 0; i < 3; i++) {
				nr = orders[off][i];
				three.on[nr] = false;
				KUNIT_ASSERT_EQ(test, 0, disable_kprobe(&three.tp[nr]->kp));
				three_expect(test, &three);
			}
			for (i = 0; i < 3; i++) {
				nr = orders[on][i];
				three.on[nr] = true;
				KUNIT_ASSERT_EQ(test, 0, enable_kprobe(&three.tp[nr]->kp));
				three_expect(test, &three);
			}
		}
	}
}

static void disable_and_enable_count_once_r16(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_TRUE(test, kprobe_disabled(kp));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_FALSE(test, kprobe_disabled(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void unregister_disabled_beside_enabled_r16(struct kunit *test)
{
	struct kprobe *resting = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *running = &kprobe_test_probe(test, 'b', target, KPROBE_TEST_PRE)->kp;

	resting->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(resting));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(running));
	unregister_kprobe(resting);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "b", kprobe_test_trace());
}

/* What is in the text follows from both. */
static void text_is_armed_for_the_last_enabled_r16(struct kunit *test)
{
	struct kprobe *a = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *b = &kprobe_test_probe(test, 'b', target, KPROBE_TEST_PRE)->kp;
	u64 original = kprobe_test_text(target);

	a->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(a));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(b));
	KUNIT_EXPECT_NE(test, kprobe_test_text(target), original);
	KUNIT_ASSERT_EQ(test, 0, enable_kprobe(a));
	KUNIT_ASSERT_EQ(test, 0, disable_kprobe(b));
	KUNIT_EXPECT_NE(test, kprobe_test_text(target), original);
	KUNIT_ASSERT_EQ(test, 0, disable_kprobe(a));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
	KUNIT_ASSERT_EQ(test, 0, enable_kprobe(b));
	KUNIT_EXPECT_NE(test, kprobe_test_text(target), original);
	unregister_kprobe(b);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
	KUNIT_ASSERT_EQ(test, 0, enable_kprobe(a));
	KUNIT_EXPECT_NE(test, kprobe_test_text(target), original);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void poke_byte(void *addr, u8 byte)
{
	guard(mutex)(&text_mutex);
	text_poke(addr, &byte, 1);
	smp_text_poke_sync_each_cpu();
}

/* A byte that somebody else has written shows whether it is written over. */
static void only_what_is_armed_is_disarmed_r16(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	u64 original, poked;
	void *addr;

	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	addr = kp->addr;
	original = kprobe_test_text(addr);
	poke_byte(addr, (u8)original + 1);
	poked = kprobe_test_text(addr);

	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), poked);
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), poked);
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), poked);

	poke_byte(addr, (u8)original);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), original);
}

static void switch_of_unregistered_is_refused(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_EXPECT_EQ(test, -EINVAL, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, disable_kprobe(kp));
	KUNIT_EXPECT_FALSE(test, kprobe_disabled(kp));
}

static void register_twice_is_refused(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	KUNIT_ASSERT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(kp));
}

static void unregister_of_unregistered_does_nothing(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *stranger = kunit_kzalloc(test, sizeof(*stranger), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stranger);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));

	unregister_kprobe(stranger);
	/* At a site that exists, and with what a list never holds. */
	memset(stranger, 0xa5, sizeof(*stranger));
	stranger->addr = kp->addr;
	unregister_kprobe(stranger);
	KUNIT_EXPECT_EQ(test, stranger->nmissed, REPEAT_BYTE(0xa5UL));

	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	unregister_kprobe(kp);
	unregister_kprobe(kp);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void batch_is_all_or_nothing(struct kunit *test)
{
	struct kprobe *by_addr = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *by_symbol = &kprobe_test_probe(test, 'b', NULL, KPROBE_TEST_PRE)->kp;
	struct kprobe *bad = &kprobe_test_probe(test, 'c', NULL, KPROBE_TEST_PRE)->kp;
	struct kprobe *batch[] = { by_addr, by_symbol, bad };
	u64 text[2] = { kprobe_test_text(target), kprobe_test_text(other) };

	by_symbol->symbol_name = "kprobe_test_other";
	bad->symbol_name = "kprobe_test_no_such_symbol";
	KUNIT_EXPECT_EQ(test, -ENOENT, register_kprobes(batch, 3));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), text[0]);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(other), text[1]);
	KUNIT_EXPECT_EQ(test, 0, kprobe_on_func_entry(by_addr->addr, NULL, 0));
	KUNIT_EXPECT_NULL(test, by_symbol->addr);
	KUNIT_EXPECT_NULL(test, bad->addr);
	kprobe_test_other(kprobe_test_target(1));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());

	/* Nothing is left that would keep them from being tried again. */
	bad->symbol_name = "kprobe_test_target";
	KUNIT_EXPECT_EQ(test, 0, register_kprobes(batch, 3));
	kprobe_test_other(kprobe_test_target(1));
	KUNIT_EXPECT_STREQ(test, "cab", kprobe_test_trace());
}

/* A batch goes by address; on one address the order is that of the array. */
static void batch_keeps_its_order_on_a_site(struct kunit *test)
{
	struct kprobe *batch[9];
	unsigned long entry;
	bool on_entry;
	int i;

	entry = arch_kprobe_entry((unsigned long)target, 0, &on_entry);
	for (i = 0; i < ARRAY_SIZE(batch); i++) {
		void *addr = i % 3 == 0 ? other : i % 3 == 1 ? (void *)entry : target;

		batch[i] = &kprobe_test_probe(test, 'a' + i, addr, KPROBE_TEST_PRE)->kp;
	}
	KUNIT_ASSERT_EQ(test, 0, register_kprobes(batch, ARRAY_SIZE(batch)));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "ihfecb", kprobe_test_trace());
	kprobe_test_other(1);
	KUNIT_EXPECT_STREQ(test, "gda", kprobe_test_trace());
	unregister_kprobes(batch, ARRAY_SIZE(batch));
}

static int first_failed(struct kprobe **batch, int num)
{
	struct kprobe_reason reason;
	struct kprobe_batch b;
	bool registered;

	kprobe_batch_begin(&b);
	registered = kprobe_batch_register(&b, batch, num, &reason);
	kprobe_batch_end(&b);
	return registered ? -1 : reason.nr;
}

/* Whichever has the lower address, and whichever is found out first. */
static void first_of_the_array_that_fails_is_told(struct kunit *test)
{
	void *forbidden[2] = { (void *)__start_kprobe_blacklist[0],
			       (void *)__start_kprobe_blacklist[1] };
	struct kprobe *good = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *one = &kprobe_test_probe(test, 'b', forbidden[0], KPROBE_TEST_PRE)->kp;
	struct kprobe *two = &kprobe_test_probe(test, 'c', forbidden[1], KPROBE_TEST_PRE)->kp;
	struct kprobe *unknown = &kprobe_test_probe(test, 'd', NULL, KPROBE_TEST_PRE)->kp;

	unknown->symbol_name = "kprobe_test_no_such_symbol";
	KUNIT_EXPECT_EQ(test, first_failed((struct kprobe *[]) { good, one, two }, 3), 1);
	KUNIT_EXPECT_EQ(test, first_failed((struct kprobe *[]) { good, two, one }, 3), 1);
	KUNIT_EXPECT_EQ(test, first_failed((struct kprobe *[]) { one, good, unknown }, 3), 0);
	KUNIT_EXPECT_EQ(test, first_failed((struct kprobe *[]) { good, unknown, one }, 3), 1);
	KUNIT_EXPECT_EQ(test, first_failed((struct kprobe *[]) { good, good, one }, 3), 1);
	KUNIT_EXPECT_PTR_EQ(test, (void *)good->addr, target);
	KUNIT_EXPECT_EQ(test, first_failed(&good, 1), -1);
}

static void failed_batch_leaves_others_alone(struct kunit *test)
{
	struct kprobe *there = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *good = &kprobe_test_probe(test, 'b', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *bad = &kprobe_test_probe(test, 'c', NULL, KPROBE_TEST_PRE)->kp;
	struct kprobe *batch[] = { good, bad };

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(there));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobes(batch, 2));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void batch_with_one_probe_twice_is_refused(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *batch[] = { kp, kp };
	u64 text = kprobe_test_text(target);

	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobes(batch, 2));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), text);
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobes(batch, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobes(batch, -1));
}

static void registration_resets_nmissed(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_busy_begin();
	kprobe_test_target(1);
	kprobe_busy_end();
	KUNIT_EXPECT_EQ(test, kp->nmissed, 1);
	unregister_kprobe(kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kp->nmissed, 0);
}

/* A handler may run, and read the address, until the grace period is over. */
static void failed_batch_keeps_the_address_meanwhile_r58(struct kunit *test)
{
	struct kprobe *good = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
	struct kprobe *bad = &kprobe_test_probe(test, 'b', test, KPROBE_TEST_PRE)->kp;
	struct kprobe *batch[] = { good, bad };
	struct kprobe_reason reason;
	struct kprobe_batch b;
	kprobe_opcode_t *addr;
	bool registered;

	good->symbol_name = "kprobe_test_target";
	kprobe_batch_begin(&b);
	registered = kprobe_batch_register(&b, batch, ARRAY_SIZE(batch), &reason);
	addr = good->addr;
	kprobe_batch_end(&b);
	KUNIT_EXPECT_FALSE(test, registered);
	KUNIT_EXPECT_NOT_NULL(test, addr);
	KUNIT_EXPECT_NULL(test, good->addr);
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(good));
}

#define MANY_AT_ONE_ADDRESS	5000

static unsigned long many_hits;

static int count_one_of_many(struct kprobe *kp, struct pt_regs *regs)
{
	many_hits++;
	return 0;
}

/* A batch touches their site once: one set of them is allocated, and not one a probe. */
static void many_at_one_address_r57(struct kunit *test)
{
	struct kprobe_test_batch *many = kprobe_test_batch(test, MANY_AT_ONE_ADDRESS);
	unsigned int i;

	for (i = 0; i < many->nr; i++) {
		many->kps[i].addr = target;
		many->kps[i].pre_handler = count_one_of_many;
	}
	many_hits = 0;
	KUNIT_ASSERT_EQ(test, 0, register_kprobes(many->batch, many->nr));
	kprobe_test_target(1);
	KUNIT_EXPECT_EQ(test, many_hits, MANY_AT_ONE_ADDRESS);
	unregister_kprobes(many->batch, many->nr / 2);
	kprobe_test_target(1);
	KUNIT_EXPECT_EQ(test, many_hits, MANY_AT_ONE_ADDRESS + MANY_AT_ONE_ADDRESS / 2);
	unregister_kprobes(many->batch, many->nr);
	kprobe_test_target(1);
	KUNIT_EXPECT_EQ(test, many_hits, MANY_AT_ONE_ADDRESS + MANY_AT_ONE_ADDRESS / 2);
}

static struct kunit_case kprobe_register_cases[] = {
	KUNIT_CASE(probes_run_newest_first_r37),
	KUNIT_CASE(unregister_in_every_order),
	KUNIT_CASE(disable_and_enable_in_every_order_r16),
	KUNIT_CASE(disable_and_enable_count_once_r16),
	KUNIT_CASE(unregister_disabled_beside_enabled_r16),
	KUNIT_CASE(text_is_armed_for_the_last_enabled_r16),
	KUNIT_CASE(only_what_is_armed_is_disarmed_r16),
	KUNIT_CASE(switch_of_unregistered_is_refused),
	KUNIT_CASE(register_twice_is_refused),
	KUNIT_CASE(unregister_of_unregistered_does_nothing),
	KUNIT_CASE(batch_is_all_or_nothing),
	KUNIT_CASE(batch_keeps_its_order_on_a_site),
	KUNIT_CASE(first_of_the_array_that_fails_is_told),
	KUNIT_CASE(failed_batch_leaves_others_alone),
	KUNIT_CASE(batch_with_one_probe_twice_is_refused),
	KUNIT_CASE(registration_resets_nmissed),
	KUNIT_CASE(failed_batch_keeps_the_address_meanwhile_r58),
	KUNIT_CASE(many_at_one_address_r57),
	{ }
};

static struct kunit_suite kprobe_register_suite = {
	.name = "kprobe_register",
	.test_cases = kprobe_register_cases,
};

kunit_test_suite(kprobe_register_suite);
