// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of return probes: tasks that are inside of a function while its probe
 * comes and goes, that never come back, and what their stacks show. rN in a name: a
 * class of bug, see test.h.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/rethook.h>
#include <linux/sched/task.h>
#include <linux/stacktrace.h>

#include "kretprobe_test.h"

static int (*const target)(int arg) = kprobe_test_target;

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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', sleep_inside);
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
	struct kretprobe_test *tr = kretprobe_test_registered(test, 'a', sleep_inside);
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
	struct kretprobe_test *tr = kretprobe_test_registered(test, 'a', sleep_inside);
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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', exit_inside);
	unsigned long deadline = jiffies + SLEEPER_TIMEOUT;
	struct task_struct *task;
	int missed = 0;

	tr->rp.maxactive = 1;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	task = exited_task(test);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());

	/* Until a grace period after its death the instance is in use. That may be over. */
	put_task_struct(task);
	while (time_before(jiffies, deadline)) {
		KUNIT_EXPECT_EQ(test, 4711, exit_inside(false));
		if (*kprobe_test_trace())
			break;
		missed++;
		rcu_barrier();
		schedule_timeout_uninterruptible(1);
	}
	KUNIT_EXPECT_EQ(test, 4711, tr->returned);
	KUNIT_EXPECT_EQ(test, missed, tr->rp.nmissed);
}

/* A function that never returns. Other tasks may exit at the same time. */
static void do_exit_is_probed_r19(struct kunit *test)
{
	struct kretprobe_test *tr = kretprobe_test(test, 'a', NULL);
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

static void call_target(void *wrong)
{
	*(unsigned long *)wrong += target(41) != 42;
}

static void registered_while_it_is_called_r19(struct kunit *test)
{
	unsigned long *wrong = kunit_kzalloc(test, sizeof(*wrong), GFP_KERNEL);
	struct kretprobe_test *tr = kretprobe_test(test, 'a', NULL);
	struct kprobe_test_loop *caller;
	int round;

	KUNIT_ASSERT_NOT_NULL(test, wrong);
	caller = kprobe_test_loop(test, KPROBE_TEST_ANY_CPU, call_target, wrong);
	for (round = 0; round < 50; round++) {
		tr->rp.kp.addr = (kprobe_opcode_t *)target;
		KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
		kprobe_test_loop_goes_on(caller, 3);
		unregister_kretprobe(&tr->rp);
		KUNIT_EXPECT_NE(test, 0, strlen(kprobe_test_trace()));
		kprobe_test_loop_goes_on(caller, 3);
		KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	}
	kprobe_test_loop_end(caller);
	KUNIT_EXPECT_EQ(test, 0, *wrong);
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

static struct kretprobe_test *stack_probes[2];

static void stack_begin(struct kunit *test)
{
	if (IS_ENABLED(CONFIG_UNWINDER_GUESS))
		kunit_skip(test, "needs an unwinder that does not guess");
	stack_probes[0] = kretprobe_test_registered(test, 'i', stack_inner);
	stack_probes[1] = kretprobe_test_registered(test, 'o', stack_outer);
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
	struct kretprobe_test *tr = kretprobe_test_of(ri);
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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', sleep_inside);
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

static struct kunit_case kretprobe_task_cases[] = {
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

static struct kunit_suite kretprobe_task_suite = {
	.name = "kretprobe_task",
	.test_cases = kretprobe_task_cases,
};

kunit_test_suite(kretprobe_task_suite);
