// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the context that handlers run in, on each route: what they see of
 * it, and what a trace event that is recorded there says of it. rN in a name: a
 * class of bug, see ../../../../kernel/kprobes/test.h.
 */
#include <linux/context_tracking.h>
#include <linux/ftrace.h>
#include <linux/preempt.h>
#include <linux/trace_events.h>

#include "test.h"

/* Five bytes of instructions, and an operand in memory. */
ASM_FUNCTION(context_load, AT("mov (" DI "), " AX) "nop\nnop\nnop\n" ASM_RET);
/* The load has a fixup. */
ASM_FUNCTION(context_fixed_up, AT("mov (" DI "), " AX) ASM_RET "774: " ASM_RET
	     _ASM_EXTABLE(771b, 774b));

/* A function whose entry is an ftrace location, if there is any. */
#ifdef CONFIG_KPROBES_ON_FTRACE
static int (*const traced)(int arg) = kprobe_test_traced_a;
#else
static int (*const traced)(int arg);
#endif

/**
 * struct context_route - a way to handlers
 * @name: for the log
 * @way: in which the instruction is run, if not the one that is chosen for it
 * @jump: through a jump
 * @ftrace: through ftrace
 * @pre_in_trap: the pre-handler runs in an exception that is like an NMI
 * @post_in_trap: the same of the post-handler
 */
struct context_route {
	const char *name;
	enum kprobe_way way;
	bool jump;
	bool ftrace;
	bool pre_in_trap;
	bool post_in_trap;
};

static const struct context_route context_routes[] = {
	{ "call", KPROBE_WAY_CALL, .pre_in_trap = true },
	{ "breakpoint", KPROBE_WAY_BREAKPOINT, .pre_in_trap = true, .post_in_trap = true },
	{ "trap", KPROBE_WAY_TRAP, .pre_in_trap = true, .post_in_trap = true },
	{ "jump", KPROBE_WAY_AUTO, .jump = true },
#ifdef CONFIG_KPROBES_ON_FTRACE
	{ "ftrace", KPROBE_WAY_AUTO, .ftrace = true },
#endif
};

/* What a handler has found. */
struct context {
	unsigned int runs;
	unsigned int count;
	unsigned int record;
	bool irqs_on;
};

static struct context pre, post, fault, outside;

static void look_around(struct context *context)
{
	context->runs++;
	context->count = preempt_count();
#ifdef CONFIG_TRACING
	context->record = tracing_gen_ctx_dec();
#endif
	context->irqs_on = !irqs_disabled();
}

static int looking_pre(struct kprobe *kp, struct pt_regs *regs)
{
	look_around(&pre);
	return 0;
}

static void looking_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	look_around(&post);
}

static int looking_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	look_around(&fault);
	return 0;
}

/* A kernel that is not privileged has no jumps, and steps by the trap flag. */
static void expect_route(struct kunit *test, const struct context_route *route)
{
	if (route->jump || route->way == KPROBE_WAY_CALL)
		kprobe_test_needs_privilege(test);
}

static struct kprobe *looking_probe(struct kunit *test, const struct context_route *route,
				    void *at)
{
	struct kprobe *kp = kunit_kzalloc(test, sizeof(*kp), GFP_KERNEL);

	expect_route(test, route);
	KUNIT_ASSERT_NOT_NULL(test, kp);
	kprobe_test_own(test, kp);
	kprobe_forced_way = route->way;
	kp->addr = at;
	kp->pre_handler = looking_pre;
	kp->post_handler = looking_post;
	kp->fault_handler = looking_fault;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	if (route->jump) {
		kprobe_test_hurry();
		KUNIT_ASSERT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	}
	KUNIT_ASSERT_EQ(test, kprobe_ftrace(kp), route->ftrace);
	return kp;
}

/* With preemption off so many times. */
static void hit(const struct context_route *route, void (*func)(void), void *operand,
		unsigned int depth)
{
	struct kprobe_test_image image = {
		.flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF, .di = (unsigned long)operand,
	};
	unsigned int i;

	memset(&pre, 0, sizeof(pre));
	memset(&post, 0, sizeof(post));
	memset(&fault, 0, sizeof(fault));
	for (i = 0; i < depth; i++)
		preempt_disable();
	if (route->ftrace)
		traced(1);
	else
		kprobe_test_run(func, &image);
	outside.count = preempt_count();
	for (i = 0; i < depth; i++)
		preempt_enable();
}

static void expect_context(struct kunit *test, const struct context *context, bool in_trap,
			   unsigned int depth)
{
	const unsigned int flags = TRACE_FLAG_NMI | TRACE_FLAG_HARDIRQ;
	unsigned int counted = IS_ENABLED(CONFIG_PREEMPT_COUNT) ? 1 : 0;

	KUNIT_EXPECT_EQ(test, context->runs, 1);
	KUNIT_EXPECT_FALSE(test, context->irqs_on);
	KUNIT_EXPECT_EQ(test, context->count & PREEMPT_MASK,
			IS_ENABLED(CONFIG_PREEMPT_COUNT) ? depth + 1 : 0);
	KUNIT_EXPECT_EQ(test, !!(context->count & NMI_MASK), in_trap);
	if (!IS_ENABLED(CONFIG_TRACING))
		return;
	/* A trace event takes one off where the kernel can be preempted. */
	if (IS_ENABLED(CONFIG_PREEMPTION))
		counted = 0;
	KUNIT_EXPECT_EQ(test, context->record & 0xff,
			IS_ENABLED(CONFIG_PREEMPT_COUNT) ? depth + counted : 0);
	KUNIT_EXPECT_EQ(test, context->record >> 16 & flags, in_trap ? flags : 0);
	KUNIT_EXPECT_TRUE(test, context->record >> 16 & TRACE_FLAG_IRQS_OFF);
}

static void preempt_depth_of_a_hit_r34(struct kunit *test)
{
	const struct context_route *route = test->param_value;
	static unsigned long word;
	unsigned int depth;
	void *at = context_load_at;

	if (route->ftrace)
		at = traced;
	looking_probe(test, route, at);
	for (depth = 0; depth < 3; depth++) {
		hit(route, context_load, &word, depth);
		expect_context(test, &pre, route->pre_in_trap, depth);
		expect_context(test, &post, route->post_in_trap, depth);
		KUNIT_EXPECT_EQ(test, fault.runs, 0);
		KUNIT_EXPECT_EQ(test, outside.count,
				IS_ENABLED(CONFIG_PREEMPT_COUNT) ? depth : 0);
	}
}

static void preempt_depth_of_a_fault_r34(struct kunit *test)
{
	const struct context_route *route = test->param_value;
	void *bad = kprobe_test_bad_address(test);
	unsigned int depth;

	if (route->ftrace || route->jump)
		kunit_skip(test, "no instruction that can be fixed up runs there");
	looking_probe(test, route, context_fixed_up_at);
	for (depth = 0; depth < 3; depth++) {
		hit(route, context_fixed_up, bad, depth);
		expect_context(test, &pre, route->pre_in_trap, depth);
		expect_context(test, &fault, false, depth);
		KUNIT_EXPECT_EQ(test, post.runs, 0);
		KUNIT_EXPECT_EQ(test, outside.count,
				IS_ENABLED(CONFIG_PREEMPT_COUNT) ? depth : 0);
	}
}

#ifdef CONFIG_KRETPROBES
static int looking_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	look_around(&pre);
	return 0;
}

static int looking_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	look_around(&post);
	return 0;
}

KUNIT_DEFINE_ACTION_WRAPPER(context_unregister, unregister_kretprobe, struct kretprobe *);

static void preempt_depth_of_a_return_r34(struct kunit *test)
{
	const struct context_route *route = test->param_value;
	static unsigned long word;
	struct kretprobe *rp;
	unsigned int depth;

	if (route->way)
		kunit_skip(test, "a function's entry needs no step");
	expect_route(test, route);
	rp = kunit_kzalloc(test, sizeof(*rp), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rp);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, context_unregister, rp));
	rp->kp.addr = route->ftrace ? (void *)traced : context_load_at;
	rp->entry_handler = looking_entry;
	rp->handler = looking_return;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(rp));
	kprobe_test_hurry();
	for (depth = 0; depth < 3; depth++) {
		hit(route, context_load, &word, depth);
		expect_context(test, &pre, false, depth);
		expect_context(test, &post, false, depth);
		KUNIT_EXPECT_EQ(test, outside.count,
				IS_ENABLED(CONFIG_PREEMPT_COUNT) ? depth : 0);
	}
}
#else
static void preempt_depth_of_a_return_r34(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KRETPROBES");
}
#endif

/* As in the idle loop. A breakpoint has RCU watch while it is handled. */
static void rcu_is_not_watching_r39(struct kunit *test)
{
	const struct context_route *route = test->param_value;
	static unsigned long word = 4711;
	struct kprobe_test_image image = {
		.flags = X86_EFLAGS_FIXED, .di = (unsigned long)&word,
	};
	struct kprobe *kp;

	if (!IS_ENABLED(CONFIG_CONTEXT_TRACKING_IDLE))
		kunit_skip(test, "needs CONFIG_CONTEXT_TRACKING_IDLE");
	if (route->ftrace)
		kunit_skip(test, "ftrace does not trace such text");
	kp = looking_probe(test, route, context_load_at);
	memset(&pre, 0, sizeof(pre));
	memset(&post, 0, sizeof(post));
	kprobe_test_note_missed();
	local_irq_disable();
	ct_idle_enter();
	kprobe_test_run(context_load, &image);
	ct_idle_exit();
	local_irq_enable();
	KUNIT_EXPECT_EQ(test, image.ax, 4711);
	KUNIT_EXPECT_EQ(test, pre.runs, route->pre_in_trap ? 1 : 0);
	KUNIT_EXPECT_EQ(test, post.runs, route->post_in_trap ? 1 : 0);
	kprobe_test_expect_missed(test, KPROBE_MISSED_UNWATCHED, route->post_in_trap ? 0 : 1);
	KUNIT_EXPECT_EQ(test, kp->nmissed, 0);
}

#ifdef CONFIG_KPROBES_ON_FTRACE
static struct ftrace_ops *via_of(const struct kprobe *kp)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_site_of(kp)->via;
}

static void move_to(const struct kprobe *kp, struct ftrace_ops *ops)
{
	guard(mutex)(&kprobe_mutex);
	WRITE_ONCE(kprobe_site_of(kp)->via, ops);
}

/* ftrace calls for both, in either order, and in between the site moves. */
static void entry_while_a_site_moves_r40(struct kunit *test)
{
	void *addr = traced;
	struct kprobe *plain = &kprobe_test_probe(test, 'a', addr, KPROBE_TEST_PRE)->kp;
	struct kprobe *setter = &kprobe_test_probe(test, 'b', addr, KPROBE_TEST_PRE)->kp;
	struct ftrace_ops *ops[2];
	int from, first;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(plain));
	ops[0] = via_of(plain);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe_ipmodify(setter));
	ops[1] = via_of(plain);
	KUNIT_ASSERT_PTR_NE(test, ops[0], ops[1]);
	for (from = 0; from < 2; from++) {
		for (first = 0; first < 2; first++) {
			unsigned long ip = (unsigned long)plain->addr;
			struct pt_regs regs = { .cs = __KERNEL_CS, .ip = ip + MCOUNT_INSN_SIZE };

			move_to(plain, ops[from]);
			arch_kprobe_ftrace_hit(ip, 0, ops[first], (struct ftrace_regs *)&regs);
			move_to(plain, ops[!from]);
			arch_kprobe_ftrace_hit(ip, 0, ops[!first], (struct ftrace_regs *)&regs);
			KUNIT_EXPECT_STREQ(test, "ba", kprobe_test_trace());
			KUNIT_EXPECT_EQ(test, regs.cs, __KERNEL_CS);
		}
	}
	move_to(plain, ops[1]);
}
#else
static void entry_while_a_site_moves_r40(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KPROBES_ON_FTRACE");
}
#endif

KUNIT_ARRAY_PARAM_DESC(context_route, context_routes, name);

static struct kunit_case kprobe_context_cases[] = {
	KUNIT_CASE_PARAM(preempt_depth_of_a_hit_r34, context_route_gen_params),
	KUNIT_CASE_PARAM(preempt_depth_of_a_fault_r34, context_route_gen_params),
	KUNIT_CASE_PARAM(preempt_depth_of_a_return_r34, context_route_gen_params),
	KUNIT_CASE_PARAM(rcu_is_not_watching_r39, context_route_gen_params),
	KUNIT_CASE(entry_while_a_site_moves_r40),
	{ }
};

static struct kunit_suite kprobe_context_suite = {
	.name = "kprobe_context",
	.exit = kprobe_test_any_way,
	.test_cases = kprobe_context_cases,
};

kunit_test_suite(kprobe_context_suite);
