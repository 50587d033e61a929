// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of hits whose handlers did not run: for each cause one makes it
 * happen, and sees it counted, as that and as nothing else. What only an NMI
 * meets is tested beside the architecture's code. rN in a name: a class of bug,
 * see test.h.
 */
#include <linux/context_tracking.h>
#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "test.h"

static int (*const target)(int arg) = kprobe_test_target;
static int (*const other)(int arg) = kprobe_test_other;

static int missed_test_init(struct kunit *test)
{
	kprobe_test_note_missed();
	return 0;
}

static int call_other(struct kprobe *kp, struct pt_regs *regs)
{
	other(1);
	return 0;
}

static void call_other_again(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	other(1);
}

/* Its handlers call what carries the others. */
static struct kprobe *probe_that_calls(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'x', target, 0)->kp;

	kp->pre_handler = call_other;
	kp->post_handler = call_other_again;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void every_cause_has_a_name_of_its_own(struct kunit *test)
{
	enum kprobe_missed_cause a, b;

	for (a = 0; a < KPROBE_NR_MISSED; a++) {
		KUNIT_ASSERT_NOT_NULL(test, kprobe_missed_name(a));
		for (b = 0; b < a; b++)
			KUNIT_EXPECT_STRNEQ(test, kprobe_missed_name(a), kprobe_missed_name(b));
	}
}

static void a_hit_is_not_a_miss(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', other, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	other(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	kprobe_test_expect_missed(test, KPROBE_MISSED_IN_HANDLER, 0);
}

static void in_a_handler_r24(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', other, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	probe_that_calls(test);
	target(1);
	KUNIT_EXPECT_EQ(test, kp->nmissed, 2);
	kprobe_test_expect_missed(test, KPROBE_MISSED_IN_HANDLER, 2);
}

/* One for each that is enabled, as nmissed has it. */
static void of_several_probes_r24(struct kunit *test)
{
	struct kprobe *kps[3];
	int i;

	for (i = 0; i < ARRAY_SIZE(kps); i++) {
		kps[i] = &kprobe_test_probe(test, 'a' + i, other, KPROBE_TEST_PRE)->kp;
		kps[i]->flags = i == 1 ? KPROBE_FLAG_DISABLED : 0;
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(kps[i]));
	}
	probe_that_calls(test);
	target(1);
	KUNIT_EXPECT_EQ(test, kps[0]->nmissed + kps[1]->nmissed + kps[2]->nmissed, 4);
	kprobe_test_expect_missed(test, KPROBE_MISSED_IN_HANDLER, 4);
}

/* As fprobe does. */
static void while_probes_are_off_r24(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', other, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_busy_begin();
	other(1);
	other(2);
	kprobe_busy_end();
	KUNIT_EXPECT_EQ(test, kp->nmissed, 2);
	kprobe_test_expect_missed(test, KPROBE_MISSED_BUSY, 2);
}

#ifdef CONFIG_KRETPROBES
static int entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	kprobe_test_trace_add('e');
	return 0;
}

static int returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	kprobe_test_trace_add('r');
	return 0;
}

KUNIT_DEFINE_ACTION_WRAPPER(unregister_return, unregister_kretprobe, struct kretprobe *);

static struct kretprobe *return_probe(struct kunit *test, void *addr)
{
	struct kretprobe *rp = kunit_kzalloc(test, sizeof(*rp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rp);
	rp->kp.addr = addr;
	rp->entry_handler = entry;
	rp->handler = returned;
	rp->maxactive = 1;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(rp));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister_return, rp));
	kprobe_test_trace();
	return rp;
}

static __noipa int recurse(int depth)
{
	int deeper = depth ? recurse(depth - 1) : -1;

	/* Or the compiler makes a loop of it. */
	OPTIMIZER_HIDE_VAR(deeper);
	return deeper + 1;
}

static void more_calls_than_instances(struct kunit *test)
{
	struct kretprobe *rp = return_probe(test, recurse);

	KUNIT_EXPECT_EQ(test, 3, recurse(3));
	KUNIT_EXPECT_STREQ(test, "er", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, rp->nmissed, 3);
	kprobe_test_expect_missed(test, KPROBE_MISSED_NO_INSTANCE, 3);
}

/* A hit that began before goes on with what it has found. */
static void return_probe_that_leaves(struct kunit *test)
{
	struct kretprobe *rp = return_probe(test, target);
	struct kprobe_batch batch;
	struct pt_regs regs = { };

	kprobe_batch_begin(&batch);
	KUNIT_EXPECT_TRUE(test, kprobe_batch_remove(&batch, &rp->kp));
	scoped_guard(irqsave)
		KUNIT_EXPECT_EQ(test, 0, rp->kp.pre_handler(&rp->kp, &regs));
	kprobe_batch_end(&batch);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, rp->nmissed, 1);
	kprobe_test_expect_missed(test, KPROBE_MISSED_LEAVING, 1);
}

static void return_where_rcu_is_not_watching(struct kunit *test)
{
	struct kretprobe *rp;

	if (!IS_ENABLED(CONFIG_CONTEXT_TRACKING_IDLE))
		kunit_skip(test, "needs CONFIG_CONTEXT_TRACKING_IDLE");
	if (IS_ENABLED(CONFIG_PROVE_RCU))
		kunit_skip(test, "CONFIG_PROVE_RCU has rethook complain about it");

	/* Through a jump not even the call would be followed. */
	kprobe_test_no_jumps(test);
	rp = return_probe(test, target);
	local_irq_disable();
	ct_idle_enter();
	target(41);
	ct_idle_exit();
	local_irq_enable();
	KUNIT_EXPECT_STREQ(test, "e", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, rp->nmissed, 0);
	kprobe_test_expect_missed(test, KPROBE_MISSED_NO_RCU, 1);
}
#else
static void more_calls_than_instances(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KRETPROBES");
}

static void return_probe_that_leaves(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KRETPROBES");
}

static void return_where_rcu_is_not_watching(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KRETPROBES");
}
#endif

#ifdef CONFIG_HOTPLUG_CPU
static struct kprobe *probe_on_symbol(struct kunit *test, char name, const char *symbol)
{
	struct kprobe *kp = &kprobe_test_probe(test, name, NULL, KPROBE_TEST_PRE)->kp;

	kp->symbol_name = symbol;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void call_target(void *unused)
{
	target(1);
}

/* A driver that is being probed for a device, late at boot, keeps CPUs from going. */
static int take_offline(int cpu)
{
	int err, tries;

	for (tries = 0; tries < 100; tries++) {
		err = remove_cpu(cpu);
		if (err != -EBUSY)
			break;
		msleep(20);
	}
	return err;
}

/*
 * Both are functions that a CPU executes while no grace period waits for it, or may
 * not: from then on, and until then. Afterwards its hits are as any others.
 */
static void cpu_is_offline_r43(struct kunit *test)
{
	int cpu = cpumask_last(cpu_online_mask);
	struct kprobe *dead, *starting;

	if (!cpu)
		kunit_skip(test, "needs another CPU: the first one does not go");
	kprobe_test_no_jumps(test);
	dead = probe_on_symbol(test, 'd', "rcutree_report_cpu_dead");
	starting = probe_on_symbol(test, 's', "notify_cpu_starting");
	KUNIT_ASSERT_EQ(test, 0, take_offline(cpu));
	KUNIT_ASSERT_EQ(test, 0, add_cpu(cpu));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	kprobe_test_expect_missed(test, KPROBE_MISSED_UNWATCHED, 2);
	KUNIT_EXPECT_EQ(test, dead->nmissed, 0);
	KUNIT_EXPECT_EQ(test, starting->nmissed, 0);

	probe_on_symbol(test, 't', "kprobe_test_target");
	KUNIT_ASSERT_EQ(test, 0, smp_call_function_single(cpu, call_target, NULL, true));
	KUNIT_EXPECT_STREQ(test, "t", kprobe_test_trace());
}
#else
static void cpu_is_offline_r43(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
}
#endif

static struct kunit_case kprobe_missed_cases[] = {
	KUNIT_CASE(every_cause_has_a_name_of_its_own),
	KUNIT_CASE(a_hit_is_not_a_miss),
	KUNIT_CASE(in_a_handler_r24),
	KUNIT_CASE(of_several_probes_r24),
	KUNIT_CASE(while_probes_are_off_r24),
	KUNIT_CASE(more_calls_than_instances),
	KUNIT_CASE(return_probe_that_leaves),
	KUNIT_CASE(return_where_rcu_is_not_watching),
	KUNIT_CASE(cpu_is_offline_r43),
	{ }
};

static struct kunit_suite kprobe_missed_suite = {
	.name = "kprobe_missed",
	.init = missed_test_init,
	.test_cases = kprobe_missed_cases,
};

kunit_test_suite(kprobe_missed_suite);
