// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of return probes. rN in a name: a class of bug, see test.h.
 */
#include <linux/context_tracking.h>
#include <linux/ctype.h>
#include <linux/rethook.h>
#include <asm/switch_to.h>

#include "kretprobe_test.h"

static int (*const target)(int arg) = kprobe_test_target;
static int (*const other)(int arg) = kprobe_test_other;

/**
 * kretprobe_test_of() - whose call is this?
 * @ri: the call
 *
 * Return: the return probe.
 */
struct kretprobe_test *kretprobe_test_of(struct kretprobe_instance *ri)
{
	return container_of(get_kretprobe(ri), struct kretprobe_test, rp);
}

static int test_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe_test *tr = kretprobe_test_of(ri);

	atomic_inc(&tr->entries);
	memset(ri->data, tr->name, tr->rp.data_size);
	kprobe_test_trace_add(tr->name);
	return tr->entry_result;
}

static int test_returned(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe_test *tr = kretprobe_test_of(ri);

	atomic_inc(&tr->returns);
	tr->wrong += !irqs_disabled() || preemptible() || kprobe_running() != &tr->rp.kp;
	tr->wrong += !!memchr_inv(ri->data, tr->name, tr->rp.data_size);
	tr->wrong += instruction_pointer(regs) != get_kretprobe_retaddr(ri);
	tr->returned = regs_return_value(regs);
	tr->ret_addr = get_kretprobe_retaddr(ri);
	kprobe_test_trace_add(toupper(tr->name));
	return 0;
}

KUNIT_DEFINE_ACTION_WRAPPER(kretprobe_test_unregister, unregister_kretprobe, struct kretprobe *);

/**
 * kretprobe_test() - make a return probe, not registered yet
 * @test: the test, with whose end it goes
 * @name: see struct kretprobe_test
 * @addr: where
 *
 * Return: the return probe.
 */
struct kretprobe_test *kretprobe_test(struct kunit *test, char name, void *addr)
{
	struct kretprobe_test *tr = kunit_kzalloc(test, sizeof(*tr), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, tr);
	tr->name = name;
	tr->rp.kp.addr = addr;
	tr->rp.entry_handler = test_entry;
	tr->rp.handler = test_returned;
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, kretprobe_test_unregister, &tr->rp));
	kprobe_test_trace();
	return tr;
}

/**
 * kretprobe_test_registered() - make a return probe and register it
 * @test: the test, with whose end it goes
 * @name: see struct kretprobe_test
 * @addr: where
 *
 * Return: the return probe.
 */
struct kretprobe_test *kretprobe_test_registered(struct kunit *test, char name, void *addr)
{
	struct kretprobe_test *tr = kretprobe_test(test, name, addr);

	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&tr->rp));
	return tr;
}

static void handlers_see_entry_and_return(struct kunit *test)
{
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);

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
	struct kretprobe_test *no_entry = kretprobe_test(test, 'a', target);
	struct kretprobe_test *no_return = kretprobe_test(test, 'b', target);
	struct kretprobe_test *neither = kretprobe_test(test, 'c', target);

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

static void last_registered_sees_the_return_last_r37(struct kunit *test)
{
	kretprobe_test_registered(test, 'a', target);
	kretprobe_test_registered(test, 'b', target);
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "baAB", kprobe_test_trace());
}

static void shares_the_site_with_a_kprobe(struct kunit *test)
{
	struct kprobe_test_probe *tp = kprobe_test_probe(test, 'k', target,
							 KPROBE_TEST_PRE | KPROBE_TEST_POST);
	struct kretprobe_test *tr = kretprobe_test_registered(test, 'a', target);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&tp->kp));
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "kaKA", kprobe_test_trace());
	unregister_kretprobe(&tr->rp);
	KUNIT_EXPECT_EQ(test, 42, target(41));
	KUNIT_EXPECT_STREQ(test, "kK", kprobe_test_trace());
}

/* With one instance a single one that is lost shows in the next call. */
static void entry_handler_declines_r19(struct kunit *test)
{
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);
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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);

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
	struct kretprobe_test *zero = kretprobe_test_registered(test, 'a', target);
	struct kretprobe_test *negative = kretprobe_test(test, 'b', target);
	int expected = max(10, 2 * (int)num_possible_cpus());

	negative->rp.maxactive = -5;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(&negative->rp));
	KUNIT_EXPECT_EQ(test, expected, zero->rp.maxactive);
	KUNIT_EXPECT_EQ(test, expected, negative->rp.maxactive);
}

static void too_large_a_maxactive_is_refused(struct kunit *test)
{
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);
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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', recurse);

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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);
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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', NULL);

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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', __switch_to);

	expect_refusal(test, &tr->rp, KPROBE_NO_RETURN, -EINVAL);
}

/* The one that is registered goes on as if nobody had tried. */
static void register_twice_is_refused_r19(struct kunit *test)
{
	struct kretprobe_test *tr = kretprobe_test_registered(test, 'a', target);
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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);
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
	struct kretprobe_test *by_addr = kretprobe_test(test, 'a', target);
	struct kretprobe_test *by_symbol = kretprobe_test(test, 'b', NULL);
	struct kretprobe_test *bad = kretprobe_test(test, 'c', target);
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
	KUNIT_EXPECT_STREQ(test, "caACbB", kprobe_test_trace());
	unregister_kretprobes(array, 3);
	other(target(1));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void unregister_of_unregistered_does_nothing(struct kunit *test)
{
	struct kretprobe_test *tr = kretprobe_test_registered(test, 'a', target);
	struct kretprobe_test *stranger = kretprobe_test(test, 'b', target);

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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);

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
	struct kretprobe_test *tr = kretprobe_test_registered(test, 'a', target);

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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);

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
	struct kretprobe_test *tr = kretprobe_test(test, 'a', target);

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

	/* Over a breakpoint, whose exception has RCU watch: over a jump it would be no hit. */
	kprobe_test_no_jumps(test);
	kretprobe_test_registered(test, 'a', target);
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

static struct kunit_case kretprobe_cases[] = {
	KUNIT_CASE(handlers_see_entry_and_return),
	KUNIT_CASE(each_handler_may_be_missing),
	KUNIT_CASE(last_registered_sees_the_return_last_r37),
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
	{ }
};

static struct kunit_suite kretprobe_suite = {
	.name = "kretprobe",
	.test_cases = kretprobe_cases,
};

kunit_test_suite(kretprobe_suite);
