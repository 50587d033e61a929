// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of sites on ftrace locations. rN in a name: a class of bug, see
 * test.h.
 *
 * That ftrace dies cannot be undone: tests/guest/ftrace-kill.sh has a kernel of
 * its own for that.
 */
#include <linux/ftrace.h>
#include <linux/ptrace.h>

#include "test.h"

static void *const traced_a = kprobe_test_traced_a;
static void *const traced_b = kprobe_test_traced_b;
static void *const traced_c = kprobe_test_traced_c;

#define PRE_POST	(KPROBE_TEST_PRE | KPROBE_TEST_POST)

/* Somebody else who uses ftrace on one function. */
struct foreign {
	struct ftrace_ops ops;
	unsigned long redirect_to;
	unsigned int hits;
};

static void foreign_hit(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			struct ftrace_regs *fregs)
{
	struct foreign *foreign = container_of(ops, struct foreign, ops);

	foreign->hits++;
	if (foreign->redirect_to)
		instruction_pointer_set(ftrace_get_regs(fregs), foreign->redirect_to);
}

static void foreign_leave(void *data)
{
	struct foreign *foreign = data;

	if (foreign->ops.flags & FTRACE_OPS_FL_ENABLED)
		unregister_ftrace_function(&foreign->ops);
	ftrace_free_filter(&foreign->ops);
}

/* As livepatch does it, if there is where to redirect to; else as a tracer. */
static int foreign_enter(struct kunit *test, struct foreign **result, void *func,
			 void *redirect_to)
{
	struct foreign *foreign = kunit_kzalloc(test, sizeof(*foreign), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, foreign);
	foreign->ops.func = foreign_hit;
	foreign->ops.flags = FTRACE_OPS_FL_SAVE_REGS | FTRACE_OPS_FL_DYNAMIC;
	if (redirect_to)
		foreign->ops.flags |= FTRACE_OPS_FL_IPMODIFY;
	foreign->redirect_to = (unsigned long)redirect_to;
	err = ftrace_set_filter_ip(&foreign->ops, ftrace_location((unsigned long)func), 0, 0);
	KUNIT_ASSERT_EQ(test, 0, err);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, foreign_leave, foreign));
	*result = foreign;
	return register_ftrace_function(&foreign->ops);
}

static void entry_goes_through_ftrace(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, PRE_POST)->kp;
	u64 text = kprobe_test_text(traced_a);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_TRUE(test, kprobe_ftrace(kp));
	KUNIT_EXPECT_EQ(test, (unsigned long)kp->addr, ftrace_location((unsigned long)traced_a));
	KUNIT_EXPECT_NE(test, kprobe_test_text(traced_a), text);
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());

	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(traced_a), text);
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void behind_the_entry_is_a_breakpoint(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;

	kp->addr = (void *)ftrace_location((unsigned long)traced_a) + MCOUNT_INSN_SIZE;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_FALSE(test, kprobe_ftrace(kp));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void inside_the_call_is_refused(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
	unsigned int i;

	for (i = 1; i < MCOUNT_INSN_SIZE; i++) {
		kp->addr = (void *)ftrace_location((unsigned long)traced_a) + i;
		KUNIT_EXPECT_EQ(test, -EILSEQ, register_kprobe(kp));
	}
}

/* What handlers find. */
static struct {
	unsigned long pre_ip;
	unsigned long post_ip;
	unsigned long arg;
	bool irqs_off;
	bool watching;
	struct kprobe *running;
} seen;

static int see_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen.pre_ip = instruction_pointer(regs);
	seen.arg = regs_get_kernel_argument(regs, 0);
	seen.irqs_off = irqs_disabled();
	seen.watching = rcu_is_watching();
	seen.running = kprobe_running();
	return 0;
}

static void see_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen.post_ip = instruction_pointer(regs);
	seen.irqs_off &= irqs_disabled();
}

static void handlers_find_what_a_breakpoint_shows_r21(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, 0)->kp;

	memset(&seen, 0, sizeof(seen));
	kp->pre_handler = see_pre;
	kp->post_handler = see_post;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_EQ(test, seen.pre_ip, (unsigned long)kp->addr + 1);
	KUNIT_EXPECT_EQ(test, seen.post_ip, (unsigned long)kp->addr + MCOUNT_INSN_SIZE);
	KUNIT_EXPECT_EQ(test, (int)seen.arg, 41);
	KUNIT_EXPECT_TRUE(test, seen.irqs_off);
	KUNIT_EXPECT_TRUE(test, seen.watching);
	KUNIT_EXPECT_PTR_EQ(test, seen.running, kp);
	KUNIT_EXPECT_NULL(test, kprobe_test_running());
	KUNIT_EXPECT_FALSE(test, irqs_disabled());
}

static int pre_goes_to_b(struct kprobe *kp, struct pt_regs *regs)
{
	instruction_pointer_set(regs, (unsigned long)kprobe_test_traced_b);
	return 1;
}

static void post_goes_to_b(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	instruction_pointer_set(regs, (unsigned long)kprobe_test_traced_b);
}

static void pre_handler_sets_ip(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, PRE_POST)->kp;

	kp->pre_handler = pre_goes_to_b;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(kp));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static void pre_handler_sets_ip_undeclared(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, 0)->kp;

	kp->pre_handler = pre_goes_to_b;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
}

static void post_handler_sets_ip(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, 0)->kp;

	kp->post_handler = post_goes_to_b;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(kp));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
}

static int pre_calls_a(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_trace_add('(');
	kprobe_test_traced_a(1);
	kprobe_test_trace_add(')');
	return 0;
}

static void hit_in_a_handler_is_missed_r24(struct kunit *test)
{
	struct kprobe *inner = &kprobe_test_probe(test, 'a', traced_a, PRE_POST)->kp;
	struct kprobe *outer = &kprobe_test_probe(test, 'b', traced_b, 0)->kp;

	outer->pre_handler = pre_calls_a;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(inner));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(outer));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_b(41));
	KUNIT_EXPECT_STREQ(test, "()", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, inner->nmissed, 1);
	KUNIT_EXPECT_EQ(test, outer->nmissed, 0);

	kprobe_busy_begin();
	kprobe_test_traced_a(1);
	kprobe_busy_end();
	KUNIT_EXPECT_EQ(test, inner->nmissed, 2);
}

static void pre_and_post_pair_r26(struct kunit *test)
{
	/* ftrace waits for all tasks, each time. */
	kprobe_test_pairing(test, traced_a, 25);
}

static void batch_of_functions(struct kunit *test)
{
	struct kprobe *a = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct kprobe *b = &kprobe_test_probe(test, 'b', traced_b, KPROBE_TEST_PRE)->kp;
	struct kprobe *c = &kprobe_test_probe(test, 'c', traced_c, KPROBE_TEST_PRE)->kp;
	struct kprobe *o = &kprobe_test_probe(test, 'o', kprobe_test_other, KPROBE_TEST_PRE)->kp;
	struct kprobe *all[] = { a, o, b, c };

	KUNIT_ASSERT_EQ(test, 0, register_kprobes(all, ARRAY_SIZE(all)));
	kprobe_test_traced_a(1);
	kprobe_test_traced_b(1);
	kprobe_test_traced_c(1);
	kprobe_test_other(1);
	KUNIT_EXPECT_STREQ(test, "abco", kprobe_test_trace());

	unregister_kprobes(all, 3);
	kprobe_test_traced_a(1);
	kprobe_test_traced_b(1);
	kprobe_test_traced_c(1);
	kprobe_test_other(1);
	KUNIT_EXPECT_STREQ(test, "c", kprobe_test_trace());
}

static void lives_beside_a_tracer(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, PRE_POST)->kp;
	struct foreign *tracer;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_ASSERT_EQ(test, 0, foreign_enter(test, &tracer, traced_a, NULL));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, tracer->hits, 1);

	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, tracer->hits, 2);

	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, unregister_ftrace_function(&tracer->ops));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, tracer->hits, 2);
}

static void post_handler_lets_livepatch_in_r18(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, PRE_POST)->kp;
	struct foreign *patch;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_ASSERT_EQ(test, 0, foreign_enter(test, &patch, traced_a, traced_b));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());

	/* And in the other order, in which ftrace calls them the other way round. */
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	kp->addr = traced_a;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, patch->hits, 3);
}

static void ip_setter_keeps_livepatch_out(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct foreign *patch;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(kp));
	KUNIT_EXPECT_EQ(test, -EBUSY, foreign_enter(test, &patch, traced_a, traced_b));
	/* While it rests it sets nothing. */
	KUNIT_ASSERT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, register_ftrace_function(&patch->ops));
}

static void ip_setter_is_refused_r17(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct foreign *patch;

	KUNIT_ASSERT_EQ(test, 0, foreign_enter(test, &patch, traced_a, traced_b));
	KUNIT_EXPECT_EQ(test, -EBUSY, register_kprobe_ipmodify(kp));
	KUNIT_EXPECT_EQ(test, kp->flags, 0);
	rcu_read_lock();
	KUNIT_EXPECT_NULL(test, get_kprobe((void *)ftrace_location((unsigned long)traced_a)));
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());

	KUNIT_ASSERT_EQ(test, 0, unregister_ftrace_function(&patch->ops));
	KUNIT_EXPECT_EQ(test, 0, register_kprobe_ipmodify(kp));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

/* What users leave in the flags, of memory that is not zeroed, is not a request. */
static void flags_that_are_ignored_r71(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct foreign *patch;

	KUNIT_ASSERT_EQ(test, 0, foreign_enter(test, &patch, traced_a, traced_b));
	kp->flags = ~KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kp->flags, KPROBE_FLAG_FTRACE | KPROBE_FLAG_ON_FUNC_ENTRY);
	unregister_kprobe(kp);

	/* It is the registration that makes it an IP setter, and not what is left of it. */
	KUNIT_ASSERT_EQ(test, 0, unregister_ftrace_function(&patch->ops));
	kp->addr = traced_a;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(kp));
	unregister_kprobe(kp);
	KUNIT_ASSERT_EQ(test, 0, register_ftrace_function(&patch->ops));
	kp->addr = traced_a;
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(kp));
}

static bool registered_as_ip_setters(struct kprobe **kps, unsigned int num)
{
	struct kprobe_reason reason;
	struct kprobe_batch batch;
	bool registered;

	kprobe_batch_begin(&batch);
	batch.ipmodify = true;
	registered = kprobe_batch_register(&batch, kps, num, &reason);
	kprobe_batch_end(&batch);
	return registered;
}

static void batch_that_ftrace_refuses_is_undone_r17(struct kunit *test)
{
	struct kprobe *a = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct kprobe *b = &kprobe_test_probe(test, 'b', traced_b, KPROBE_TEST_PRE)->kp;
	struct kprobe *c = &kprobe_test_probe(test, 'c', traced_c, KPROBE_TEST_PRE)->kp;
	struct kprobe *o = &kprobe_test_probe(test, 'o', kprobe_test_other, KPROBE_TEST_PRE)->kp;
	struct kprobe *all[] = { a, o, b, c };
	struct foreign *patch;

	KUNIT_ASSERT_EQ(test, 0, foreign_enter(test, &patch, traced_b, traced_c));
	KUNIT_EXPECT_FALSE(test, registered_as_ip_setters(all, ARRAY_SIZE(all)));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_EQ(test, 3041, kprobe_test_traced_b(41));
	KUNIT_EXPECT_EQ(test, 3041, kprobe_test_traced_c(41));
	KUNIT_EXPECT_EQ(test, 141, kprobe_test_other(41));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());

	/* Each of them is as before, so that it can be registered without the culprit. */
	all[2] = c;
	KUNIT_EXPECT_EQ(test, 0, register_kprobes(all, 3));
}

static void enabling_that_ftrace_refuses_r17(struct kunit *test)
{
	struct kprobe *there = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct kprobe *kp = &kprobe_test_probe(test, 'b', traced_a, KPROBE_TEST_PRE)->kp;
	struct foreign *patch;

	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(kp));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(there));
	KUNIT_ASSERT_EQ(test, 0, foreign_enter(test, &patch, traced_a, traced_b));
	KUNIT_EXPECT_EQ(test, -EBUSY, enable_kprobe(kp));
	KUNIT_EXPECT_TRUE(test, kprobe_disabled(kp));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());

	KUNIT_ASSERT_EQ(test, 0, unregister_ftrace_function(&patch->ops));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "ab", kprobe_test_trace());
}

static void ip_setter_joins_and_leaves(struct kunit *test)
{
	struct kprobe *plain = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct kprobe *setter = &kprobe_test_probe(test, 'b', traced_a, KPROBE_TEST_PRE)->kp;
	struct foreign *patch;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(plain));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(setter));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "ba", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, -EBUSY, foreign_enter(test, &patch, traced_a, traced_b));

	unregister_kprobe(setter);
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	KUNIT_ASSERT_EQ(test, 0, register_ftrace_function(&patch->ops));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());

	/* The other one stays as it is when the second cannot join. */
	setter->addr = traced_a;
	KUNIT_EXPECT_EQ(test, -EBUSY, register_kprobe_ipmodify(setter));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void switching_on_that_ftrace_refuses_r17(struct kunit *test)
{
	struct kprobe *setter = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct kprobe *plain = &kprobe_test_probe(test, 'b', traced_b, KPROBE_TEST_PRE)->kp;
	struct foreign *patch;

	if (!IS_ENABLED(CONFIG_KPROBES_DEBUGFS))
		kunit_skip(test, "needs CONFIG_DEBUG_FS");
	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(setter));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(plain));
	KUNIT_ASSERT_EQ(test, 0, kprobe_switch_all(false));
	KUNIT_ASSERT_EQ(test, 0, foreign_enter(test, &patch, traced_a, traced_c));
	KUNIT_EXPECT_EQ(test, -EBUSY, kprobe_switch_all(true));
	KUNIT_EXPECT_EQ(test, 3041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_EQ(test, 2041, kprobe_test_traced_b(41));
	KUNIT_EXPECT_STREQ(test, "b", kprobe_test_trace());

	KUNIT_ASSERT_EQ(test, 0, unregister_ftrace_function(&patch->ops));
	KUNIT_EXPECT_EQ(test, 0, kprobe_switch_all(false));
	KUNIT_EXPECT_EQ(test, 0, kprobe_switch_all(true));
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void gone_text_is_given_back_to_ftrace_r15(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', traced_a, KPROBE_TEST_PRE)->kp;
	struct kprobe *again = &kprobe_test_probe(test, 'b', traced_a, KPROBE_TEST_PRE)->kp;
	u64 text = kprobe_test_text(traced_a);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_sites_gone((unsigned long)kp->addr, (unsigned long)kp->addr + 1);
	KUNIT_EXPECT_TRUE(test, kprobe_gone(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(traced_a), text);

	/* The same address lives again, beside the one that is gone. */
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(again));
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, 1041, kprobe_test_traced_a(41));
	KUNIT_EXPECT_STREQ(test, "b", kprobe_test_trace());
	unregister_kprobe(again);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(traced_a), text);
}

static struct kunit_case kprobe_ftrace_cases[] = {
	KUNIT_CASE(entry_goes_through_ftrace),
	KUNIT_CASE(behind_the_entry_is_a_breakpoint),
	KUNIT_CASE(inside_the_call_is_refused),
	KUNIT_CASE(handlers_find_what_a_breakpoint_shows_r21),
	KUNIT_CASE(pre_handler_sets_ip),
	KUNIT_CASE(pre_handler_sets_ip_undeclared),
	KUNIT_CASE(post_handler_sets_ip),
	KUNIT_CASE(hit_in_a_handler_is_missed_r24),
	KUNIT_CASE(pre_and_post_pair_r26),
	KUNIT_CASE(batch_of_functions),
	KUNIT_CASE(lives_beside_a_tracer),
	KUNIT_CASE(post_handler_lets_livepatch_in_r18),
	KUNIT_CASE(ip_setter_keeps_livepatch_out),
	KUNIT_CASE(ip_setter_is_refused_r17),
	KUNIT_CASE(flags_that_are_ignored_r71),
	KUNIT_CASE(batch_that_ftrace_refuses_is_undone_r17),
	KUNIT_CASE(enabling_that_ftrace_refuses_r17),
	KUNIT_CASE(ip_setter_joins_and_leaves),
	KUNIT_CASE(switching_on_that_ftrace_refuses_r17),
	KUNIT_CASE(gone_text_is_given_back_to_ftrace_r15),
	{ }
};

static struct kunit_suite kprobe_ftrace_suite = {
	.name = "kprobe_ftrace",
	.test_cases = kprobe_ftrace_cases,
};

kunit_test_suite(kprobe_ftrace_suite);
