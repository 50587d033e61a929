// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the table of sites and their states. rN in a name: a class of
 * bug, see test.h.
 */
#include <linux/kallsyms.h>
#include <linux/cpu.h>
#include <linux/memory.h>
#include <linux/vmalloc.h>
#include <asm/sections.h>

#include "test.h"

static void *const target = kprobe_test_target;

static struct kprobe_site *site_at(void *addr)
{
	guard(mutex)(&kprobe_mutex);
	guard(rcu)();
	return kprobe_site_lookup((unsigned long)addr);
}

/* Memory that was freed under a probe is used for the same code again. */
static void text_returns(struct kprobe *kp)
{
	guard(mutex)(&kprobe_mutex);
	guard(cpus_read_lock)();
	guard(mutex)(&text_mutex);
	arch_kprobe_disarm(kprobe_site_of(kp));
	arch_kprobe_sync();
}

static void text_goes(void *addr)
{
	kprobe_sites_gone((unsigned long)addr, (unsigned long)addr + 1);
}

/* The transitions that a site has been seen to make. */
struct walk {
	struct kprobe_site *site;
	enum kprobe_state state;
	bool made[KPROBE_NR_STATES][KPROBE_NR_STATES];
};

static void walk_begin(struct walk *walk, struct kprobe *kp)
{
	walk->site = site_at(kp->addr);
	walk->state = KPROBE_PREPARED;
}

static void walk_step(struct kunit *test, struct walk *walk, enum kprobe_state expected)
{
	KUNIT_EXPECT_EQ(test, walk->site->state, expected);
	walk->made[walk->state][walk->site->state] = true;
	walk->state = walk->site->state;
}

/* The last step is seen under the mutex, which the site's release needs. */
static void walk_to_dead(struct kunit *test, struct walk *walk, struct kprobe *kp)
{
	struct kprobe_batch batch;

	kprobe_batch_begin(&batch);
	KUNIT_EXPECT_TRUE(test, kprobe_batch_remove(&batch, kp));
	kprobe_reconcile(&batch.sites);
	walk_step(test, walk, KPROBE_DEAD);
	kprobe_batch_end(&batch);
}

/* Those are the architecture's to test: not everywhere can there be a jump. */
static bool is_of_jump(enum kprobe_state state)
{
	return state >= KPROBE_OPTIMIZING && state <= KPROBE_UNOPTIMIZING;
}

/* What a site does through the public interface is what the table allows. */
static void site_transitions(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct walk walk = { };
	int from, to;

	kprobe_test_no_jumps(test);
	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	walk_begin(&walk, kp);
	KUNIT_ASSERT_NOT_NULL(test, walk.site);
	KUNIT_EXPECT_EQ(test, walk.site->state, KPROBE_PREPARED);
	KUNIT_ASSERT_EQ(test, 0, enable_kprobe(kp));
	walk_step(test, &walk, KPROBE_ARMED);
	KUNIT_ASSERT_EQ(test, 0, disable_kprobe(kp));
	walk_step(test, &walk, KPROBE_PREPARED);
	walk_to_dead(test, &walk, kp);

	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	walk_begin(&walk, kp);
	text_goes(kp->addr);
	walk_step(test, &walk, KPROBE_GONE);
	walk_to_dead(test, &walk, kp);

	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	walk_begin(&walk, kp);
	KUNIT_ASSERT_EQ(test, 0, enable_kprobe(kp));
	walk_step(test, &walk, KPROBE_ARMED);
	text_goes(kp->addr);
	walk_step(test, &walk, KPROBE_GONE);
	text_returns(kp);
	walk_to_dead(test, &walk, kp);

	for (from = 0; from < KPROBE_NR_STATES; from++) {
		for (to = 0; to < KPROBE_NR_STATES; to++) {
			if (is_of_jump(from) || is_of_jump(to))
				continue;
			KUNIT_EXPECT_EQ_MSG(test, walk.made[from][to],
					    kprobe_state_may_follow(from, to),
					    "from state %d to %d", from, to);
		}
	}
}

static void site_text_follows_state(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	void *addr;
	u64 original;

	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	addr = kp->addr;
	original = kprobe_test_text(addr);
	KUNIT_EXPECT_MEMEQ(test, &original, &kp->opcode, sizeof(kp->opcode));
	KUNIT_ASSERT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_NE(test, kprobe_test_text(addr), original);
	KUNIT_ASSERT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), original);
	KUNIT_ASSERT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_NE(test, kprobe_test_text(addr), original);
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), original);
	KUNIT_EXPECT_NULL(test, site_at(addr));
}

static void gone_probe_stays_registered_r15(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	u64 armed;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	armed = kprobe_test_text(kp->addr);
	text_goes(kp->addr);
	KUNIT_EXPECT_TRUE(test, kprobe_gone(kp));
	KUNIT_EXPECT_TRUE(test, kprobe_disabled(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, -EINVAL, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	/* It is no longer ours: nobody has written there. */
	KUNIT_EXPECT_EQ(test, kprobe_test_text(kp->addr), armed);
	text_returns(kp);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void gone_text_is_not_touched_r15(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *again = &kprobe_test_probe(test, 'b', target, KPROBE_TEST_PRE)->kp;
	u64 armed;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	text_goes(kp->addr);
	text_returns(kp);

	/* The module comes back to the same place, and so does a probe. */
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(again));
	armed = kprobe_test_text(again->addr);
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(again->addr), armed);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "b", kprobe_test_trace());
}

static void gone_probe_can_be_registered_again_r15(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	text_goes(kp->addr);
	text_returns(kp);
	unregister_kprobe(kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_FALSE(test, kprobe_gone(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void gone_range_is_exact(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	unsigned long addr;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	addr = (unsigned long)kp->addr;
	kprobe_sites_gone(addr - 16, addr);
	kprobe_sites_gone(addr + 1, addr + 16);
	KUNIT_EXPECT_FALSE(test, kprobe_gone(kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

/* A probe on every function that can have one, as many as fit. */
struct crowd {
	struct kprobe *kps;
	struct kprobe **batch;
	int nr, size;
};

static int crowd_add(void *data, const char *name, unsigned long addr)
{
	struct crowd *crowd = data;
	struct kprobe *kp = &crowd->kps[crowd->nr];

	if (crowd->nr == crowd->size)
		return 1;
	if (!core_kernel_text(addr) || (void *)addr == target)
		return 0;
	memset(kp, 0, sizeof(*kp));
	kp->addr = (kprobe_opcode_t *)addr;
	kp->flags = KPROBE_FLAG_DISABLED;
	if (register_kprobe(kp))
		return 0;
	crowd->batch[crowd->nr++] = kp;
	return 0;
}

static void crowd_free(void *data)
{
	struct crowd *crowd = data;

	if (crowd->nr)
		unregister_kprobes(crowd->batch, crowd->nr);
	vfree(crowd->kps);
	vfree(crowd->batch);
}

static void table_of_many_sites(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	struct crowd *crowd = kunit_kzalloc(test, sizeof(*crowd), GFP_KERNEL);
	int i, found = 0, left = 0;

	KUNIT_ASSERT_NOT_NULL(test, crowd);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, crowd_free, crowd));
	crowd->size = 20000;
	crowd->kps = vcalloc(crowd->size, sizeof(*crowd->kps));
	crowd->batch = vcalloc(crowd->size, sizeof(*crowd->batch));
	KUNIT_ASSERT_NOT_NULL(test, crowd->kps);
	KUNIT_ASSERT_NOT_NULL(test, crowd->batch);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kallsyms_on_each_symbol(crowd_add, crowd);
	kunit_info(test, "%d probes", crowd->nr);
	KUNIT_EXPECT_GT(test, crowd->nr, 2000);
	for (i = 0; i < crowd->nr; i++) {
		struct kprobe_site *site = site_at(crowd->kps[i].addr);

		found += site && site->addr == (unsigned long)crowd->kps[i].addr;
	}
	KUNIT_EXPECT_EQ(test, found, crowd->nr);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());

	unregister_kprobes(crowd->batch, crowd->nr);
	for (i = 0; i < crowd->nr; i++)
		left += !!site_at(crowd->kps[i].addr);
	KUNIT_EXPECT_EQ(test, left, 0);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static struct kunit_case kprobe_site_cases[] = {
	KUNIT_CASE(site_transitions),
	KUNIT_CASE(site_text_follows_state),
	KUNIT_CASE(gone_probe_stays_registered_r15),
	KUNIT_CASE(gone_text_is_not_touched_r15),
	KUNIT_CASE(gone_probe_can_be_registered_again_r15),
	KUNIT_CASE(gone_range_is_exact),
	KUNIT_CASE_SLOW(table_of_many_sites),
	{ }
};

static struct kunit_suite kprobe_site_suite = {
	.name = "kprobe_site",
	.test_cases = kprobe_site_cases,
};

kunit_test_suite(kprobe_site_suite);
