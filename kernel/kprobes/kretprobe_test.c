// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of return probes. rN in a name: a class of bug, see test.h.
 */
#include <linux/completion.h>
#include <linux/context_tracking.h>
#include <linux/ctype.h>
#include <linux/kthread.h>
#include <linux/rethook.h>
#include <linux/stacktrace.h>
#include <linux/sched/task.h>
#include <asm/switch_to.h>

#include "test.h"

static int (*const target)(int arg) = kprobe_test_target;
static int (*const other)(int arg) = kprobe_test_other;

/*
 * A return probe that leaves a trace: its name at the entry, in upper case at
 * the return.
 */
struct test_return {
	struct kretprobe rp;
	char name;
	int entry_result;
	unsigned long returned;
	unsigned long ret_addr;
	atomic_t entries;	/* for what several CPUs do at a time */
	atomic_t returns;
	int wrong;		/* handlers that did not find what they should */
};

static struct test_return *test_return_of(struct kretprobe_instance *ri)
{
	return container_of(get_kretprobe(ri), struct test_return, rp);
}

static int test_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct test_return *tr = test_return_of(ri);

	atomic_inc(&tr->entries);
	memset(ri->data, tr->name, tr->rp.data_size);
	kprobe_test_trace_add(tr->name);
	return tr->entry_result;
}

static int test_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct test_return *tr = test_return_of(ri);

	atomic_inc(&tr->returns);
	tr->wrong += !irqs_disabled() || preemptible() || kprobe_running() != &tr->rp.kp;
	tr->wrong += !!memchr_inv(ri->data, tr->name, tr->rp.data_size);
	tr->wrong += instruction_pointer(regs) != get_kretprobe_retaddr(ri);
	tr->returned = regs_return_value(regs);
	tr->ret_addr = get_kretprobe_retaddr(ri);
	kprobe_test_trace_add(toupper(tr->name));
	return 0;
}

KUNIT_DEFINE_ACTION_WRAPPER(test_return_unregister, unregister_kretprobe, struct kretprobe *);

/* Not registered yet; it goes with the test. */
static struct test_return *test_return(struct kunit *test, char name, void *addr)
{
	struct test_return *tr = kunit_kzalloc(test, sizeof(*tr), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tr);
	tr->name = name;
	tr->rp.kp.addr = addr;
	tr->rp.entry_handler = test_entry;
	tr->rp.handler = test_returned;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, test_return_unregister, &tr->rp));
	kprobe_test_trace();
	return tr;
}

static struct test_return *test_return_registered(struct kunit *test, char name, void *addr)
{
	struct test_return *tr = test_return(test, name, addr);

	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	return tr;
}

static void handlers_see_entry_and_return(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);

	tr->rp.data_size = 24;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 42, tr->returned);
	KUNIT_EXPECT_EQ(test, 0, tr->wrong);
	KUNIT_EXPECT_EQ(test, 0, tr->rp.nmissed);
	unregister_kretprobe(&tr->rp);
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	KUNIT_EXPECT_NULL(test, tr->rp.rh);
}

static void each_handler_may_be_missing(struct kunit *test)
{
	struct test_return *no_entry = test_return(test, 'a', target);
	struct test_return *no_return = test_return(test, 'b', target);
	struct test_return *neither = test_return(test, 'c', target);

	no_entry->rp.entry_handler = NULL;
	no_return->rp.handler = NULL;
	neither->rp.entry_handler = NULL;
	neither->rp.handler = NULL;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&no_entry->rp));
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&no_return->rp));
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&neither->rp));
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "bA", kprobe_test_trace());
}

static void last_registered_sees_the_return_first(struct kunit *test)
{
	test_return_registered(test, 'a', target);
	test_return_registered(test, 'b', target);
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "abBA", kprobe_test_trace());
}

static void shares_the_site_with_a_kprobe(struct kunit *test)
{
	struct kprobe_test_probe *tp = kprobe_test_probe(test, 'k', target,
							 KPROBE_TEST_PRE | KPROBE_TEST_POST);
	struct test_return *tr = test_return_registered(test, 'a', target);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&tp->kp));
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "akKA", kprobe_test_trace());
	unregister_kretprobe(&tr->rp);
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "kK", kprobe_test_trace());
}

/* With one instance a single one that is lost shows in the next call. */
static void entry_handler_declines_r19(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);
	int i;

	tr->rp.maxactive = 1;
	tr->entry_result = 1;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "aaaaaaaaaa", kprobe_test_trace());
	tr->entry_result = 0;
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, tr->rp.nmissed);
}

static void data_size_is_bounded_r19(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);

	tr->rp.data_size = KRETPROBE_MAX_DATA_SIZE + 1;
	KUNIT_EXPECT_EQ(test, -E2BIG, register_kretprobe(&tr->rp));
	tr->rp.data_size = SIZE_MAX;
	KUNIT_EXPECT_EQ(test, -E2BIG, register_kretprobe(&tr->rp));
	tr->rp.data_size = KRETPROBE_MAX_DATA_SIZE;
	KUNIT_EXPECT_EQ(test, 0, register_kretprobe(&tr->rp));
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, tr->wrong);
}

static void maxactive_has_a_default(struct kunit *test)
{
	struct test_return *zero = test_return_registered(test, 'a', target);
	struct test_return *negative = test_return(test, 'b', target);
	int expected = max(10, 2 * (int)num_possible_cpus());

	negative->rp.maxactive = -5;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&negative->rp));
	KUNIT_EXPECT_EQ(test, expected, zero->rp.maxactive);
	KUNIT_EXPECT_EQ(test, expected, negative->rp.maxactive);
}

static void too_large_a_maxactive_is_refused(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);
	u64 text = kprobe_test_text(target);

	tr->rp.maxactive = INT_MAX;
	KUNIT_EXPECT_EQ(test, -ENOMEM, register_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), text);
	KUNIT_EXPECT_NULL(test, tr->rp.rh);
	tr->rp.maxactive = 1000;
	KUNIT_EXPECT_EQ(test, 0, register_kretprobe(&tr->rp));
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
}

static __noipa int recurse(int depth)
{
	int deeper = depth ? recurse(depth - 1) : -1;

	/* Or the compiler makes a loop of it. */
	OPTIMIZER_HIDE_VAR(deeper);
	return deeper + 1;
}

static void recursion_beyond_maxactive_is_missed(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', recurse);

	tr->rp.maxactive = 4;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, 9, recurse(9));
	KUNIT_EXPECT_STREQ(test, "aaaaAAAA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 6, tr->rp.nmissed);
	KUNIT_EXPECT_EQ(test, 2, recurse(2));
	KUNIT_EXPECT_STREQ(test, "aaaAAA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 6, tr->rp.nmissed);
	KUNIT_EXPECT_EQ(test, 0, tr->rp.kp.nmissed);
	KUNIT_EXPECT_EQ(test, 9, tr->returned + 7);
}

/* Refused by this name and errno; nothing has changed then. */
static void expect_refusal(struct kunit *test, struct kretprobe *rp,
			   enum kprobe_refusal refusal, int err)
{
	void *addr = rp->kp.addr;
	u64 text = kprobe_test_text(addr);

	kretprobe_take_handlers(rp);
	KUNIT_EXPECT_STREQ(test, kprobe_refusal_name(kprobe_test_refusal(&rp->kp)),
			   kprobe_refusal_name(refusal));
	KUNIT_EXPECT_EQ(test, err, register_kretprobe(rp));
	KUNIT_EXPECT_PTR_EQ(test, (void *)rp->kp.addr, addr);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(addr), text);
	KUNIT_EXPECT_NULL(test, rp->rh);
}

static void not_at_an_entry(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);
	unsigned long size, offset;

	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset((unsigned long)target, &size,
							    &offset));
	tr->rp.kp.offset = size - 1;
	expect_refusal(test, &tr->rp, KPROBE_NOT_ENTRY, -EINVAL);
	tr->rp.kp.addr = NULL;
	tr->rp.kp.symbol_name = "kprobe_test_target";
	expect_refusal(test, &tr->rp, KPROBE_NOT_ENTRY, -EINVAL);
}

static void where_no_kprobe_can_be(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', NULL);

	expect_refusal(test, &tr->rp, KPROBE_NO_HANDLE, -EINVAL);
	tr->rp.kp.symbol_name = "kprobe_test_no_such_symbol";
	expect_refusal(test, &tr->rp, KPROBE_NO_SYMBOL, -ENOENT);
	tr->rp.kp.symbol_name = "kprobe_miss";
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobe(&tr->rp));
	KUNIT_EXPECT_NULL(test, tr->rp.rh);
	tr->rp.kp.symbol_name = "kprobe_test_target";
	tr->rp.kp.addr = (kprobe_opcode_t *)target;
	expect_refusal(test, &tr->rp, KPROBE_NO_HANDLE, -EINVAL);
}

static void switch_to_returns_on_another_stack(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', __switch_to);

	expect_refusal(test, &tr->rp, KPROBE_NO_RETURN, -EINVAL);
}

/* The one that is registered goes on as if nobody had tried. */
static void register_twice_is_refused_r19(struct kunit *test)
{
	struct test_return *tr = test_return_registered(test, 'a', target);
	struct kretprobe *array[] = { &tr->rp };
	struct rethook *rh = tr->rp.rh;

	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobes(array, 1));
	tr->rp.kp.symbol_name = "kprobe_test_target";
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobe(&tr->rp));
	KUNIT_ASSERT_EQ(test, 0, disable_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobe(&tr->rp));
	KUNIT_ASSERT_EQ(test, 0, enable_kretprobe(&tr->rp));
	KUNIT_EXPECT_PTR_EQ(test, rh, tr->rp.rh);
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
}

static void array_with_one_probe_twice_is_refused_r19(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);
	struct kretprobe *array[] = { &tr->rp, &tr->rp };
	u64 text = kprobe_test_text(target);

	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobes(array, 2));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), text);
	KUNIT_EXPECT_NULL(test, tr->rp.rh);
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobes(array, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kretprobes(array, -1));
	KUNIT_EXPECT_EQ(test, 0, register_kretprobes(array, 1));
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	unregister_kretprobes(array, 2);
	target(1);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void array_is_all_or_nothing(struct kunit *test)
{
	struct test_return *by_addr = test_return(test, 'a', target);
	struct test_return *by_symbol = test_return(test, 'b', NULL);
	struct test_return *bad = test_return(test, 'c', target);
	struct kretprobe *array[] = { &by_addr->rp, &by_symbol->rp, &bad->rp };
	u64 text[2] = { kprobe_test_text(target), kprobe_test_text(other) };

	by_symbol->rp.kp.symbol_name = "kprobe_test_other";
	bad->rp.data_size = KRETPROBE_MAX_DATA_SIZE + 1;
	KUNIT_EXPECT_EQ(test, -E2BIG, register_kretprobes(array, 3));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), text[0]);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(other), text[1]);
	KUNIT_EXPECT_NULL(test, by_addr->rp.rh);
	KUNIT_EXPECT_NULL(test, by_symbol->rp.rh);
	KUNIT_EXPECT_NULL(test, by_symbol->rp.kp.addr);
	other(target(1));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());

	bad->rp.data_size = 0;
	KUNIT_EXPECT_EQ(test, 0, register_kretprobes(array, 3));
	other(target(1));
	KUNIT_EXPECT_STREQ(test, "acCAbB", kprobe_test_trace());
	unregister_kretprobes(array, 3);
	other(target(1));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void unregister_of_unregistered_does_nothing(struct kunit *test)
{
	struct test_return *tr = test_return_registered(test, 'a', target);
	struct test_return *stranger = test_return(test, 'b', target);

	unregister_kretprobe(&stranger->rp);
	stranger->rp.kp.addr = tr->rp.kp.addr;
	unregister_kretprobe(&stranger->rp);
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	unregister_kretprobe(&tr->rp);
	unregister_kretprobe(&tr->rp);
	target(1);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void disabled_and_enabled_r16(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);

	KUNIT_EXPECT_EQ(test, -EINVAL, enable_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, -EINVAL, disable_kretprobe(&tr->rp));
	tr->rp.kp.flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	target(1);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	KUNIT_ASSERT_EQ(test, 0, enable_kretprobe(&tr->rp));
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_ASSERT_EQ(test, 0, disable_kretprobe(&tr->rp));
	target(1);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, tr->rp.nmissed);
}

static int calling_pre(struct kprobe *kp, struct pt_regs *regs)
{
	target(1);
	return 0;
}

static void call_from_a_handler_is_missed_r24(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'k', other, 0)->kp;
	struct test_return *tr = test_return_registered(test, 'a', target);

	kp->pre_handler = calling_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 141, other(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 1, tr->rp.kp.nmissed);
	KUNIT_EXPECT_EQ(test, 0, tr->rp.nmissed);
}

static int calling_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	other(target(1));
	return test_returned(ri, regs);
}

static void call_from_a_return_handler_is_missed_r24(struct kunit *test)
{
	struct kprobe_test_probe *tp = kprobe_test_probe(test, 'k', other, KPROBE_TEST_PRE);
	struct test_return *tr = test_return(test, 'a', target);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&tp->kp));
	tr->rp.handler = calling_returned;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 42, tr->returned);
	KUNIT_EXPECT_EQ(test, 1, tr->rp.kp.nmissed);
	KUNIT_EXPECT_EQ(test, 1, tp->kp.nmissed);
	/* And it is over when the handler is. */
	other(1);
	KUNIT_EXPECT_STREQ(test, "k", kprobe_test_trace());
}

static int changing_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	regs_set_return_value(regs, 4711);
	return 0;
}

static void handler_changes_what_is_returned(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', target);

	tr->rp.handler = changing_returned;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	KUNIT_EXPECT_EQ(test, 4711, target(41));
}

static void return_where_rcu_is_not_watching_r19(struct kunit *test)
{
	int returned;

	if (!IS_ENABLED(CONFIG_CONTEXT_TRACKING_IDLE))
		kunit_skip(test, "needs CONFIG_CONTEXT_TRACKING_IDLE");
	if (IS_ENABLED(CONFIG_PROVE_RCU))
		kunit_skip(test, "CONFIG_PROVE_RCU has rethook complain about it");

	test_return_registered(test, 'a', target);
	local_irq_disable();
	ct_idle_enter();
	returned = target(41);
	ct_idle_exit();
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, 42, returned);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
}

#define NR_SLEEPERS	5
#define SLEEPER_TIMEOUT	(60 * HZ)

/* Tasks that are inside of sleep_inside() until they may go. */
struct sleepers {
	struct task_struct *task[NR_SLEEPERS];
	struct completion inside;
	struct completion go;
	atomic_t returned;
};

static __noipa int sleep_inside(struct sleepers *sleepers)
{
	complete(&sleepers->inside);
	wait_for_completion(&sleepers->go);
	return 4711;
}

static int sleeper(void *data)
{
	struct sleepers *sleepers = data;

	if (sleep_inside(sleepers) == 4711)
		atomic_inc(&sleepers->returned);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100 + 1);
	return 0;
}

static void sleepers_end(void *data)
{
	struct sleepers *sleepers = data;
	int i;

	complete_all(&sleepers->go);
	for (i = 0; i < NR_SLEEPERS; i++) {
		if (!IS_ERR_OR_NULL(sleepers->task[i]))
			kthread_stop(sleepers->task[i]);
		sleepers->task[i] = NULL;
	}
}

/* On return all are inside. */
static struct sleepers *sleepers_begin(struct kunit *test)
{
	struct sleepers *sleepers = kunit_kzalloc(test, sizeof(*sleepers), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, sleepers);
	init_completion(&sleepers->inside);
	init_completion(&sleepers->go);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, sleepers_end, sleepers));
	for (i = 0; i < NR_SLEEPERS; i++) {
		sleepers->task[i] = kthread_run(sleeper, sleepers, "kretprobe_sleeper");
		KUNIT_ASSERT_FALSE(test, IS_ERR(sleepers->task[i]));
	}
	for (i = 0; i < NR_SLEEPERS; i++)
		KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&sleepers->inside,
								  SLEEPER_TIMEOUT), 0);
	return sleepers;
}

static void tasks_beyond_maxactive_are_missed_r19(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', sleep_inside);
	struct sleepers *sleepers;

	tr->rp.maxactive = 1;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	sleepers = sleepers_begin(test);
	KUNIT_EXPECT_EQ(test, NR_SLEEPERS - 1, tr->rp.nmissed);
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&tr->entries));
	sleepers_end(sleepers);
	KUNIT_EXPECT_EQ(test, NR_SLEEPERS, atomic_read(&sleepers->returned));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&tr->returns));

	/* The instance is there again, wherever it was used. */
	reinit_completion(&sleepers->go);
	complete(&sleepers->go);
	sleep_inside(sleepers);
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&tr->returns));
	KUNIT_EXPECT_EQ(test, NR_SLEEPERS - 1, tr->rp.nmissed);
}

static void disabled_while_tasks_are_inside_r16(struct kunit *test)
{
	struct test_return *tr = test_return_registered(test, 'a', sleep_inside);
	struct sleepers *sleepers = sleepers_begin(test);

	KUNIT_EXPECT_EQ(test, NR_SLEEPERS, atomic_read(&tr->entries));
	KUNIT_ASSERT_EQ(test, 0, disable_kretprobe(&tr->rp));
	sleepers_end(sleepers);
	KUNIT_EXPECT_EQ(test, NR_SLEEPERS, atomic_read(&sleepers->returned));
	KUNIT_EXPECT_EQ(test, NR_SLEEPERS, atomic_read(&tr->returns));
	KUNIT_EXPECT_EQ(test, 4711, tr->returned);
}

static void unregistered_while_tasks_are_inside_r19(struct kunit *test)
{
	struct test_return *tr = test_return_registered(test, 'a', sleep_inside);
	struct sleepers *sleepers = sleepers_begin(test);

	KUNIT_EXPECT_EQ(test, NR_SLEEPERS, atomic_read(&tr->entries));
	unregister_kretprobe(&tr->rp);
	/* It is ours again: whoever uses it now sees what is not there. */
	memset(&tr->rp, 0xa5, sizeof(tr->rp));
	rcu_barrier();
	sleepers_end(sleepers);
	KUNIT_EXPECT_EQ(test, NR_SLEEPERS, atomic_read(&sleepers->returned));
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&tr->returns));
	memset(&tr->rp, 0, sizeof(tr->rp));
}

static __noipa int exit_inside(bool for_good)
{
	if (for_good)
		kthread_exit(0);
	return 4711;
}

static int exiting(void *unused)
{
	exit_inside(true);
	return 0;
}

/* On return a task has exited; to be put, or it is never freed. */
static struct task_struct *exited_task(struct kunit *test)
{
	unsigned long deadline = jiffies + SLEEPER_TIMEOUT;
	struct task_struct *task = kthread_create(exiting, NULL, "kretprobe_exiting");

	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	get_task_struct(task);
	wake_up_process(task);
	while (!READ_ONCE(task->exit_state) && time_before(jiffies, deadline))
		schedule_timeout_uninterruptible(1);
	return task;
}

/*
 * The instance of a task that exits within the function is taken back when the
 * task is freed, a while after it is dead: calls until then are missed.
 */
static void task_exits_inside_r19(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', exit_inside);
	unsigned long deadline = jiffies + SLEEPER_TIMEOUT;
	struct task_struct *task;
	int missed = 0;

	tr->rp.maxactive = 1;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	task = exited_task(test);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());

	/* As long as somebody holds the task the instance is in use. */
	KUNIT_EXPECT_EQ(test, 4711, exit_inside(false));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	missed++;
	put_task_struct(task);
	while (time_before(jiffies, deadline)) {
		rcu_barrier();
		exit_inside(false);
		if (*kprobe_test_trace())
			break;
		missed++;
		schedule_timeout_uninterruptible(1);
	}
	KUNIT_EXPECT_EQ(test, 4711, tr->returned);
	KUNIT_EXPECT_EQ(test, missed, tr->rp.nmissed);
}

/* A function that never returns. Other tasks may exit at the same time. */
static void do_exit_is_probed_r19(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', NULL);
	unsigned long deadline = jiffies + SLEEPER_TIMEOUT;

	tr->rp.kp.symbol_name = "do_exit";
	tr->rp.maxactive = 1;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	while (atomic_read(&tr->entries) < 3 && time_before(jiffies, deadline)) {
		put_task_struct(exited_task(test));
		rcu_barrier();
	}
	KUNIT_EXPECT_GE(test, atomic_read(&tr->entries), 3);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&tr->returns));
	unregister_kretprobe(&tr->rp);
	put_task_struct(exited_task(test));
}

/* Another CPU calls the function all the time. */
struct caller {
	struct task_struct *task;
	unsigned long calls;
	unsigned long wrong;
};

static int caller(void *data)
{
	struct caller *caller = data;

	while (!kthread_should_stop()) {
		caller->wrong += target(41) != 42;
		WRITE_ONCE(caller->calls, caller->calls + 1);
		cond_resched();
	}
	return 0;
}

static void caller_stop(void *data)
{
	struct caller *caller = data;

	if (!IS_ERR_OR_NULL(caller->task))
		kthread_stop(caller->task);
	caller->task = NULL;
}

static void caller_wait(struct caller *caller, unsigned long calls)
{
	unsigned long deadline = jiffies + SLEEPER_TIMEOUT;

	calls += READ_ONCE(caller->calls);
	while (READ_ONCE(caller->calls) < calls && time_before(jiffies, deadline))
		cond_resched();
}

static void registered_while_it_is_called_r19(struct kunit *test)
{
	struct caller *caller_of = kunit_kzalloc(test, sizeof(*caller_of), GFP_KERNEL);
	struct test_return *tr = test_return(test, 'a', NULL);
	int round;

	KUNIT_ASSERT_NOT_NULL(test, caller_of);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, caller_stop, caller_of));
	caller_of->task = kthread_run(caller, caller_of, "kretprobe_caller");
	KUNIT_ASSERT_FALSE(test, IS_ERR(caller_of->task));
	for (round = 0; round < 50; round++) {
		tr->rp.kp.addr = (kprobe_opcode_t *)target;
		KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
		caller_wait(caller_of, 3);
		unregister_kretprobe(&tr->rp);
		KUNIT_EXPECT_NE(test, 0, strlen(kprobe_test_trace()));
		caller_wait(caller_of, 3);
		KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	}
	caller_stop(caller_of);
	KUNIT_EXPECT_EQ(test, 0, caller_of->wrong);
	KUNIT_EXPECT_EQ(test, 0, tr->wrong);
}

#ifdef CONFIG_STACKTRACE
#define DEPTH	16

/* What a function that is called by another one shows of the stack. */
static struct {
	unsigned long entry[DEPTH];
	unsigned int nr;
	unsigned long inner_ret, outer_ret;	/* where the two return to */
} stack;

static __noipa void take_stack(void)
{
	stack.nr = stack_trace_save(stack.entry, DEPTH, 0);
}

static __noipa int stack_inner(int arg)
{
	take_stack();
	return arg + 1;
}

static __noipa int stack_outer(int arg)
{
	return stack_inner(arg) + 1;
}

/* Its callers all have the same place to return to. */
static __noipa int stack_run(void)
{
	return stack_outer(1) + 1;
}

static unsigned int stack_find(unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < stack.nr && stack.entry[i] != addr; i++)
		;
	return i;
}

/* The two true return addresses, one behind the other, and no trampoline. */
static void expect_true_stack(struct kunit *test)
{
	KUNIT_EXPECT_LT(test, stack_find(stack.inner_ret), stack.nr);
	KUNIT_EXPECT_EQ(test, stack_find(stack.inner_ret) + 1, stack_find(stack.outer_ret));
	KUNIT_EXPECT_EQ(test, stack_find((unsigned long)arch_rethook_trampoline), stack.nr);
}

static struct test_return *stack_probes[2];

static void stack_begin(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_UNWINDER_GUESS))
		kunit_skip(test, "needs an unwinder that does not guess");
	stack_probes[0] = test_return_registered(test, 'i', stack_inner);
	stack_probes[1] = test_return_registered(test, 'o', stack_outer);
	KUNIT_EXPECT_EQ(test, 4, stack_run());
	KUNIT_EXPECT_STREQ(test, "oiIO", kprobe_test_trace());
	stack.inner_ret = stack_probes[0]->ret_addr;
	stack.outer_ret = stack_probes[1]->ret_addr;
}

static void stack_inside_of_followed_calls_r19(struct kunit *test)
{
	stack_begin(test);
	expect_true_stack(test);
	/* And what it is without probes: the same. */
	unregister_kretprobe(&stack_probes[0]->rp);
	unregister_kretprobe(&stack_probes[1]->rp);
	stack_run();
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	expect_true_stack(test);
}

/* From the handler itself, through the trampoline, and from its registers. */
static int stack_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct test_return *tr = test_return_of(ri);
	unsigned long entry[2] = { };

	stack_trace_save_regs(regs, entry, 2, 0);
	tr->wrong += entry[0] != stack.inner_ret || entry[1] != stack.outer_ret;
	take_stack();
	return 0;
}

static void stack_in_a_return_handler_r19(struct kunit *test)
{
	stack_begin(test);
	stack_probes[0]->rp.handler = stack_returned;
	stack_run();
	KUNIT_EXPECT_EQ(test, stack_find(stack.inner_ret) + 1, stack_find(stack.outer_ret));
	KUNIT_EXPECT_LT(test, stack_find(stack.inner_ret), stack.nr);
	KUNIT_EXPECT_EQ(test, 0, stack_probes[0]->wrong);
}

static void stack_of_a_task_inside_r19(struct kunit *test)
{
	struct test_return *tr = test_return(test, 'a', sleep_inside);
	struct llist_node *cur = NULL;
	struct sleepers *sleepers;
	struct task_struct *task;
	unsigned long frame, ret;
	unsigned int i;

	if (IS_ENABLED(CONFIG_UNWINDER_GUESS))
		kunit_skip(test, "needs an unwinder that does not guess");
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	sleepers = sleepers_begin(test);
	for (i = 0; i < NR_SLEEPERS; i++) {
		task = sleepers->task[i];
		/*
		 * It has said that it is inside, and may not sleep yet: until then
		 * wait_task_inactive() has nothing to wait for.
		 */
		while (!wait_task_inactive(task, TASK_UNINTERRUPTIBLE))
			schedule_timeout_uninterruptible(1);
		stack.nr = stack_trace_save_tsk(task, stack.entry, DEPTH, 0);
		KUNIT_EXPECT_EQ(test, stack_find((unsigned long)arch_rethook_trampoline),
				stack.nr);
		frame = container_of(task->rethooks.first, struct rethook_node, llist)->frame;
		cur = NULL;
		ret = kretprobe_find_ret_addr(task, (void *)frame, &cur);
		KUNIT_EXPECT_LT(test, stack_find(ret), stack.nr);
		KUNIT_EXPECT_TRUE(test, kernel_text_address(ret));
		KUNIT_EXPECT_EQ(test, 0, kretprobe_find_ret_addr(task, (void *)frame, &cur));
	}
	KUNIT_EXPECT_TRUE(test, is_kretprobe_trampoline((unsigned long)arch_rethook_trampoline));
	KUNIT_EXPECT_FALSE(test, is_kretprobe_trampoline(ret));
}
#endif /* CONFIG_STACKTRACE */

static struct kunit_case kretprobe_cases[] = {
	KUNIT_CASE(handlers_see_entry_and_return),
	KUNIT_CASE(each_handler_may_be_missing),
	KUNIT_CASE(last_registered_sees_the_return_first),
	KUNIT_CASE(shares_the_site_with_a_kprobe),
	KUNIT_CASE(entry_handler_declines_r19),
	KUNIT_CASE(data_size_is_bounded_r19),
	KUNIT_CASE(maxactive_has_a_default),
	KUNIT_CASE(too_large_a_maxactive_is_refused),
	KUNIT_CASE(recursion_beyond_maxactive_is_missed),
	KUNIT_CASE(not_at_an_entry),
	KUNIT_CASE(where_no_kprobe_can_be),
	KUNIT_CASE(switch_to_returns_on_another_stack),
	KUNIT_CASE(register_twice_is_refused_r19),
	KUNIT_CASE(array_with_one_probe_twice_is_refused_r19),
	KUNIT_CASE(array_is_all_or_nothing),
	KUNIT_CASE(unregister_of_unregistered_does_nothing),
	KUNIT_CASE(disabled_and_enabled_r16),
	KUNIT_CASE(call_from_a_handler_is_missed_r24),
	KUNIT_CASE(call_from_a_return_handler_is_missed_r24),
	KUNIT_CASE(handler_changes_what_is_returned),
	KUNIT_CASE(return_where_rcu_is_not_watching_r19),
	KUNIT_CASE(tasks_beyond_maxactive_are_missed_r19),
	KUNIT_CASE(disabled_while_tasks_are_inside_r16),
	KUNIT_CASE(unregistered_while_tasks_are_inside_r19),
	KUNIT_CASE(task_exits_inside_r19),
	KUNIT_CASE(do_exit_is_probed_r19),
	KUNIT_CASE_SLOW(registered_while_it_is_called_r19),
#ifdef CONFIG_STACKTRACE
	KUNIT_CASE(stack_inside_of_followed_calls_r19),
	KUNIT_CASE(stack_in_a_return_handler_r19),
	KUNIT_CASE(stack_of_a_task_inside_r19),
#endif
	{ }
};

static struct kunit_suite kretprobe_suite = {
	.name = "kretprobe",
	.test_cases = kretprobe_cases,
};

kunit_test_suite(kretprobe_suite);
