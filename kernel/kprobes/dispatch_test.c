// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of a hit: which handlers run, in which order and context; reentry
 * and misses; faults in handlers. rN in a name: a class of bug, see test.h.
 */
#include <linux/irqflags.h>
#include <linux/ptrace.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "test.h"

static void *const target = kprobe_test_target;
static void *const other = kprobe_test_other;

#define ALL_HANDLERS	(KPROBE_TEST_PRE | KPROBE_TEST_POST | KPROBE_TEST_FAULT)

/*
 * All pre-handlers, then all post-handlers, of the newest probe first; no fault
 * handler: nothing faults.
 */
static void expect_trace(struct kunit *test, struct kprobe_test_probe **tp, int nr)
{
	char expected[8] = { };
	int i, len = 0;

	for (i = nr - 1; i >= 0; i--) {
		if (tp[i]->kp.pre_handler)
			expected[len++] = tp[i]->name;
	}
	for (i = nr - 1; i >= 0; i--) {
		if (tp[i]->kp.post_handler)
			expected[len++] = tp[i]->name - 'a' + 'A';
	}
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, expected, kprobe_test_trace());
}

/*
 * Each of @nr probes has each mix of handlers. They join the site one by one,
 * so that a probe that needs more than those before it comes to a live site.
 */
static void run_combinations(struct kunit *test, int nr, bool backwards)
{
	struct kprobe_test_probe *tp[3];
	struct kprobe *kps[3];
	int i, mix;

	for (i = 0; i < nr; i++) {
		tp[i] = kprobe_test_probe(test, (backwards ? 'c' - i : 'a' + i), target, 0);
		kps[i] = &tp[i]->kp;
	}
	for (mix = 0; mix < 1 << 3 * nr; mix++) {
		for (i = 0; i < nr; i++) {
			kprobe_test_set_handlers(tp[i], mix >> 3 * i & ALL_HANDLERS);
			KUNIT_ASSERT_EQ(test, 0, register_kprobe(kps[i]));
			expect_trace(test, tp, i + 1);
		}
		unregister_kprobes(kps, nr);
	}
}

static void every_mix_of_one_probe(struct kunit *test)
{
	run_combinations(test, 1, false);
}

static void every_mix_of_two_probes(struct kunit *test)
{
	run_combinations(test, 2, false);
}

static void every_mix_of_two_probes_backwards(struct kunit *test)
{
	run_combinations(test, 2, true);
}

static void every_mix_of_three_probes(struct kunit *test)
{
	run_combinations(test, 3, false);
}

static void every_mix_of_three_probes_backwards(struct kunit *test)
{
	run_combinations(test, 3, true);
}

/* What a handler has found, and what it shall do. */
static struct {
	int depth;
	int irqs_on;
	int preemptible;
	int rcu_off;
	int not_running;
	int flags;
	unsigned long argument;
	int (*call)(int arg);
	int result;
	int err;
	void *read;
} seen;

static void look_around(struct kprobe *kp)
{
	seen.irqs_on += !irqs_disabled();
	seen.preemptible += preemptible();
	seen.rcu_off += !rcu_is_watching();
	seen.not_running += kprobe_running() != kp;
}

static int looking_pre(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_trace_add('p');
	look_around(kp);
	return 0;
}

static void looking_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	kprobe_test_trace_add('P');
	look_around(kp);
	seen.flags |= flags;
}

static struct kprobe *special_probe(struct kunit *test, kprobe_pre_handler_t pre,
				    kprobe_post_handler_t post)
{
	struct kprobe *kp = &kprobe_test_probe(test, 's', target, 0)->kp;

	memset(&seen, 0, sizeof(seen));
	kp->pre_handler = pre;
	kp->post_handler = post;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void handlers_run_with_irqs_and_preemption_off_r21(struct kunit *test)
{
	special_probe(test, looking_pre, looking_post);
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
	KUNIT_EXPECT_EQ(test, preempt_count(), 0);
	KUNIT_EXPECT_STREQ(test, "pP", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, seen.irqs_on, 0);
	KUNIT_EXPECT_EQ(test, seen.preemptible, 0);
	KUNIT_EXPECT_EQ(test, seen.rcu_off, 0);
	KUNIT_EXPECT_EQ(test, seen.flags, 0);
}

static void kprobe_running_is_the_probe_in_its_handlers(struct kunit *test)
{
	struct kprobe_test_probe *first = kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&first->kp));
	special_probe(test, looking_pre, looking_post);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "paP", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, seen.not_running, 0);
	preempt_disable();
	KUNIT_EXPECT_NULL(test, kprobe_test_running());
	preempt_enable();
}

static int argument_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen.argument = regs_get_kernel_argument(regs, 0);
	return 0;
}

static void handler_sees_the_argument(struct kunit *test)
{
	special_probe(test, argument_pre, NULL);
	KUNIT_EXPECT_EQ(test, 4712, kprobe_test_target(4711));
	KUNIT_EXPECT_EQ(test, seen.argument, 4711);
}

static int calling_pre(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_trace_add('(');
	seen.result = seen.call(1);
	kprobe_test_trace_add(')');
	return 0;
}

static void calling_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	kprobe_test_trace_add('[');
	seen.result = seen.call(1);
	kprobe_test_trace_add(']');
}

static void pre_handler_hits_its_own_probe_r24(struct kunit *test)
{
	struct kprobe *kp = special_probe(test, calling_pre, NULL);

	seen.call = kprobe_test_target;
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_EQ(test, 2, seen.result);
	KUNIT_EXPECT_STREQ(test, "()", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, kp->nmissed, 1);
}

static void post_handler_hits_its_own_probe_r24(struct kunit *test)
{
	struct kprobe *kp = special_probe(test, calling_pre, calling_post);

	seen.call = kprobe_test_target;
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "()[]", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, kp->nmissed, 2);
}

static void handler_hits_another_site_r24(struct kunit *test)
{
	struct kprobe *missed = &kprobe_test_probe(test, 'a', other, ALL_HANDLERS)->kp;
	struct kprobe *kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(missed));
	kp = special_probe(test, calling_pre, calling_post);
	seen.call = kprobe_test_other;
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_EQ(test, 101, seen.result);
	KUNIT_EXPECT_STREQ(test, "()[]", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, missed->nmissed, 2);
	KUNIT_EXPECT_EQ(test, kp->nmissed, 0);

	/* Nothing of that lasts: the next hit of either is a hit. */
	KUNIT_EXPECT_EQ(test, 102, kprobe_test_other(2));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
}

static void every_enabled_probe_of_a_missed_site_counts_r24(struct kunit *test)
{
	struct kprobe *missed = &kprobe_test_probe(test, 'a', other, KPROBE_TEST_PRE)->kp;
	struct kprobe *beside = &kprobe_test_probe(test, 'b', other, KPROBE_TEST_POST)->kp;
	struct kprobe *resting = &kprobe_test_probe(test, 'c', other, KPROBE_TEST_PRE)->kp;

	resting->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(missed));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(beside));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(resting));
	special_probe(test, calling_pre, NULL);
	seen.call = kprobe_test_other;
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "()", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, missed->nmissed, 1);
	KUNIT_EXPECT_EQ(test, beside->nmissed, 1);
	KUNIT_EXPECT_EQ(test, resting->nmissed, 0);
}

static void busy_code_is_not_probed(struct kunit *test)
{
	struct kprobe *kp = special_probe(test, looking_pre, looking_post);

	kprobe_busy_begin();
	KUNIT_EXPECT_NOT_NULL(test, kprobe_running());
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	kprobe_busy_end();
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, kp->nmissed, 1);
	kprobe_test_target(41);
	KUNIT_EXPECT_STREQ(test, "pP", kprobe_test_trace());
}

static int diverting_pre(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_trace_add('d');
	instruction_pointer_set(regs, (unsigned long)other);
	return 1;
}

static int misleading_pre(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_trace_add('m');
	instruction_pointer_set(regs, (unsigned long)other);
	return 0;
}

static void non_zero_resumes_at_the_changed_ip(struct kunit *test)
{
	special_probe(test, diverting_pre, looking_post);
	KUNIT_EXPECT_EQ(test, 141, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "d", kprobe_test_trace());
	preempt_disable();
	KUNIT_EXPECT_NULL(test, kprobe_test_running());
	preempt_enable();
}

static void non_zero_ends_the_hit_for_older_probes_r37(struct kunit *test)
{
	struct kprobe_test_probe *oldest = kprobe_test_probe(test, 'a', target, ALL_HANDLERS);
	struct kprobe_test_probe *old = kprobe_test_probe(test, 'b', target, ALL_HANDLERS);
	struct kprobe_test_probe *newest = kprobe_test_probe(test, 'c', target, ALL_HANDLERS);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&oldest->kp));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&old->kp));
	special_probe(test, diverting_pre, NULL);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&newest->kp));
	kprobe_test_note_missed();
	KUNIT_EXPECT_EQ(test, 141, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "cd", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, oldest->kp.nmissed, 0);
	KUNIT_EXPECT_EQ(test, old->kp.nmissed, 0);
	KUNIT_EXPECT_EQ(test, newest->kp.nmissed, 0);
	kprobe_test_expect_missed(test, KPROBE_MISSED_ENDED, 2);
}

/* One that is enabled again is as old as it was. */
static void newest_probe_runs_first_r37(struct kunit *test)
{
	const unsigned int handlers = KPROBE_TEST_PRE | KPROBE_TEST_POST;
	struct kprobe_test_probe *tp[3];
	int i;

	for (i = 0; i < 3; i++) {
		tp[i] = kprobe_test_probe(test, 'a' + i, target, handlers);
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(&tp[i]->kp));
	}
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "cbaCBA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(&tp[1]->kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "caCA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(&tp[1]->kp));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "cbaCBA", kprobe_test_trace());
	unregister_kprobe(&tp[2]->kp);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "baBA", kprobe_test_trace());
}

static void zero_ignores_the_changed_ip(struct kunit *test)
{
	special_probe(test, misleading_pre, looking_post);
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_STREQ(test, "mP", kprobe_test_trace());
}

static int reading_pre(struct kprobe *kp, struct pt_regs *regs)
{
	u8 byte;

	seen.err = copy_from_kernel_nofault(&byte, seen.read, 1);
	kprobe_test_trace_add('p');
	return 0;
}

static void reading_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	reading_pre(kp, regs);
}

/* The exception table mends it. */
static void fault_in_pre_handler_r25(struct kunit *test)
{
	special_probe(test, reading_pre, NULL);
	seen.read = kprobe_test_bad_address(test);
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_EQ(test, seen.err, -EFAULT);
	KUNIT_EXPECT_STREQ(test, "p", kprobe_test_trace());
}

static void fault_in_post_handler_r25(struct kunit *test)
{
	special_probe(test, NULL, reading_post);
	seen.read = kprobe_test_bad_address(test);
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_EQ(test, seen.err, -EFAULT);
	KUNIT_EXPECT_STREQ(test, "p", kprobe_test_trace());
}

static int counting_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	kprobe_test_trace_add('f');
	return 0;
}

static void fault_handler_is_asked_before_the_exception_table_r25(struct kunit *test)
{
	struct kprobe *kp = special_probe(test, reading_pre, NULL);

	seen.read = kprobe_test_bad_address(test);
	unregister_kprobe(kp);
	kp->fault_handler = counting_fault;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 42, kprobe_test_target(41));
	KUNIT_EXPECT_EQ(test, seen.err, -EFAULT);
	KUNIT_EXPECT_STREQ(test, "fp", kprobe_test_trace());
}

static void fault_in_handler_asks_only_its_own_probe_r25(struct kunit *test)
{
	struct kprobe *beside = &kprobe_test_probe(test, 'a', target, ALL_HANDLERS)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(beside));
	special_probe(test, reading_pre, NULL);
	seen.read = kprobe_test_bad_address(test);
	kprobe_test_target(41);
	KUNIT_EXPECT_EQ(test, seen.err, -EFAULT);
	KUNIT_EXPECT_STREQ(test, "paA", kprobe_test_trace());
}

static void fault_outside_of_a_hit_asks_nobody_r5(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, ALL_HANDLERS)->kp;
	void *bad = kprobe_test_bad_address(test);
	u8 byte;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_target(41);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, -EFAULT, copy_from_kernel_nofault(&byte, bad, 1));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void disabled_in_the_midst_of_hits_r26(struct kunit *test)
{
	kprobe_test_pairing(test, target, 100);
}

#define HITS_PER_CPU	2000

static atomic_t hits, reentered;

static int racing_pre(struct kprobe *kp, struct pt_regs *regs)
{
	atomic_inc(&hits);
	if (kprobe_test_target(1) == 2)
		atomic_inc(&reentered);
	return 0;
}

static void race(struct work_struct *work)
{
	int i;

	for (i = 0; i < HITS_PER_CPU; i++)
		kprobe_test_target(1);
}

/* Each hit makes a miss: both are counted, whatever other CPUs do meanwhile. */
static void every_execution_is_a_hit_or_a_miss_r24(struct kunit *test)
{
	int calls = num_online_cpus() * HITS_PER_CPU;
	struct kprobe *kp;

	atomic_set(&hits, 0);
	atomic_set(&reentered, 0);
	kp = special_probe(test, racing_pre, NULL);
	KUNIT_ASSERT_EQ(test, 0, schedule_on_each_cpu(race));
	KUNIT_EXPECT_EQ(test, atomic_read(&hits), calls);
	KUNIT_EXPECT_EQ(test, atomic_read(&reentered), calls);
	KUNIT_EXPECT_EQ(test, kp->nmissed, calls);
}

static struct kunit_case kprobe_dispatch_cases[] = {
	KUNIT_CASE(every_mix_of_one_probe),
	KUNIT_CASE(every_mix_of_two_probes),
	KUNIT_CASE(every_mix_of_two_probes_backwards),
	KUNIT_CASE_SLOW(every_mix_of_three_probes),
	KUNIT_CASE_SLOW(every_mix_of_three_probes_backwards),
	KUNIT_CASE(handlers_run_with_irqs_and_preemption_off_r21),
	KUNIT_CASE(kprobe_running_is_the_probe_in_its_handlers),
	KUNIT_CASE(handler_sees_the_argument),
	KUNIT_CASE(pre_handler_hits_its_own_probe_r24),
	KUNIT_CASE(post_handler_hits_its_own_probe_r24),
	KUNIT_CASE(handler_hits_another_site_r24),
	KUNIT_CASE(every_enabled_probe_of_a_missed_site_counts_r24),
	KUNIT_CASE(busy_code_is_not_probed),
	KUNIT_CASE(non_zero_resumes_at_the_changed_ip),
	KUNIT_CASE(non_zero_ends_the_hit_for_older_probes_r37),
	KUNIT_CASE(newest_probe_runs_first_r37),
	KUNIT_CASE(zero_ignores_the_changed_ip),
	KUNIT_CASE(fault_in_pre_handler_r25),
	KUNIT_CASE(fault_in_post_handler_r25),
	KUNIT_CASE(fault_handler_is_asked_before_the_exception_table_r25),
	KUNIT_CASE(fault_in_handler_asks_only_its_own_probe_r25),
	KUNIT_CASE(fault_outside_of_a_hit_asks_nobody_r5),
	KUNIT_CASE_SLOW(disabled_in_the_midst_of_hits_r26),
	KUNIT_CASE(every_execution_is_a_hit_or_a_miss_r24),
	{ }
};

static struct kunit_suite kprobe_dispatch_suite = {
	.name = "kprobe_dispatch",
	.test_cases = kprobe_dispatch_cases,
};

kunit_test_suite(kprobe_dispatch_suite);
