// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of stack traces that handlers take. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/kallsyms.h>
#include <linux/stacktrace.h>

#include "test.h"

/* Objtool describes the stack of these, as it does of the kernel's own functions. */
#define TRACED_FUNCTION(name, body)					\
	asm(".pushsection .text, \"ax\"\n"				\
	    ".balign 16\n"						\
	    ".type " #name ", @function\n"				\
	    #name ":\n"							\
	    ASM_ENDBR							\
	    body							\
	    ".size " #name ", . - " #name "\n"				\
	    ".set .L" #name "_at, 771b\n"				\
	    ".popsection\n");						\
	void name(void);						\
	extern u8 name##_at[] asm(".L" #name "_at")

TRACED_FUNCTION(trace_first, AT("push " BX) "nop\nnop\nnop\nnop\npop " BX "\n" ASM_RET);
TRACED_FUNCTION(trace_push, "push " BX "\n" AT("push " SI) "nop\nnop\nnop\nnop\n"
		"pop " SI "\npop " BX "\n" ASM_RET);
TRACED_FUNCTION(trace_pop, "push " BX "\nnop\n" AT("pop " BX) "nop\nnop\nnop\nnop\n" ASM_RET);
TRACED_FUNCTION(trace_leave, "push %" _ASM_BP "\nmov " SP ", %" _ASM_BP "\nnop\n"
		AT("leave") "nop\nnop\nnop\nnop\n" ASM_RET);
TRACED_FUNCTION(trace_pushf, AT("pushf") "nop\nnop\nnop\nnop\n"
		"pop " AX "\n" ASM_RET);
TRACED_FUNCTION(trace_nop, "push " BX "\n" AT("nop") "nop\nnop\nnop\nnop\npop " BX "\n" ASM_RET);
TRACED_FUNCTION(trace_load, "push " BX "\n" AT("lea 8(" SP "), " AX) "nop\npop " BX "\n" ASM_RET);
TRACED_FUNCTION(trace_ret, "nop\nnop\nnop\nnop\n" AT(ASM_RET));

static const struct trace_place {
	const char *name;
	void (*func)(void);
	u8 *at;
} trace_places[] = {
	{ "first", trace_first, trace_first_at },
	{ "push", trace_push, trace_push_at },
	{ "pop", trace_pop, trace_pop_at },
	{ "leave", trace_leave, trace_leave_at },
	{ "pushf", trace_pushf, trace_pushf_at },
	{ "nop", trace_nop, trace_nop_at },
	{ "load", trace_load, trace_load_at },
	{ "ret", trace_ret, trace_ret_at },
};

KUNIT_ARRAY_PARAM_DESC(trace_place, trace_places, name);

static const struct trace_route {
	enum kprobe_way way;
	bool jump;
} trace_routes[] = {
	{ KPROBE_WAY_EMULATE },
	{ KPROBE_WAY_BOOST },
	{ KPROBE_WAY_CALL },
	{ KPROBE_WAY_BREAKPOINT },
	{ KPROBE_WAY_TRAP },
	{ KPROBE_WAY_AUTO, .jump = true },
};

/* What a handler has found: by the stack it runs on, and by its registers. */
struct trace {
	unsigned long ip;
	unsigned long entry[32], from_regs[32];
	unsigned int nr, nr_from_regs;
};

static struct trace trace_pre, trace_post;

static void trace_here(struct trace *trace, struct pt_regs *regs)
{
	trace->ip = regs->ip;
	trace->nr = stack_trace_save(trace->entry, ARRAY_SIZE(trace->entry), 0);
	trace->nr_from_regs = stack_trace_save_regs(regs, trace->from_regs,
						    ARRAY_SIZE(trace->from_regs), 0);
}

static int tracing_pre(struct kprobe *kp, struct pt_regs *regs)
{
	trace_here(&trace_pre, regs);
	return 0;
}

static void tracing_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	trace_here(&trace_post, regs);
}

static noinline void trace_caller(void (*func)(void))
{
	func();
	barrier();
}

static noinline void trace_callers_caller(void (*func)(void))
{
	trace_caller(func);
	barrier();
}

static bool is_within(unsigned long ip, void *func)
{
	unsigned long size, offset;

	return kallsyms_lookup_size_offset(ip, &size, &offset) &&
	       ip - offset == (unsigned long)func;
}

/* The two callers are the next entries after where the handler was called, if it is there. */
static void expect_callers(struct kunit *test, const unsigned long *entry, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr && !is_within(entry[i], trace_caller))
		i++;
	KUNIT_ASSERT_LT_MSG(test, i + 1, nr, "no caller among %u entries", nr);
	KUNIT_EXPECT_TRUE(test, is_within(entry[i + 1], trace_callers_caller));
}

static void expect_trace(struct kunit *test, const struct trace *trace)
{
	KUNIT_ASSERT_NE(test, trace->ip, 0);
	expect_callers(test, trace->entry, trace->nr);
	KUNIT_ASSERT_GT(test, trace->nr_from_regs, 2);
	KUNIT_EXPECT_EQ(test, trace->from_regs[0], trace->ip);
	KUNIT_EXPECT_TRUE(test, is_within(trace->from_regs[1], trace_caller));
	KUNIT_EXPECT_TRUE(test, is_within(trace->from_regs[2], trace_callers_caller));
}

static void trace_a_hit(struct kunit *test, void (*func)(void), bool has_post)
{
	memset(&trace_pre, 0, sizeof(trace_pre));
	memset(&trace_post, 0, sizeof(trace_post));
	trace_callers_caller(func);
	expect_trace(test, &trace_pre);
	if (has_post)
		expect_trace(test, &trace_post);
}

static void trace_on_route(struct kunit *test, const struct trace_place *place,
			   const struct trace_route *route, bool has_post)
{
	struct kprobe kp = {
		.addr = place->at,
		.pre_handler = tracing_pre,
		.post_handler = has_post ? tracing_post : NULL,
	};

	kprobe_forced_way = route->way;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&kp));
	if (route->jump)
		kprobe_test_hurry();
	kunit_info(test, "%s%s: %s", place->name, has_post ? ", post" : "",
		   kprobe_test_route(test, &kp));
	trace_a_hit(test, place->func, has_post && place->func != trace_ret);
	unregister_kprobe(&kp);
}

static void needs_orc(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_UNWINDER_ORC))
		kunit_skip(test, "needs CONFIG_UNWINDER_ORC");
}

static void callers_of_a_hit_r44(struct kunit *test)
{
	unsigned int i;

	needs_orc(test);
	for (i = 0; i < ARRAY_SIZE(trace_routes); i++) {
		trace_on_route(test, test->param_value, &trace_routes[i], false);
		trace_on_route(test, test->param_value, &trace_routes[i], true);
	}
}

#ifdef CONFIG_KPROBES_ON_FTRACE
static void trace_entry(void)
{
	kprobe_test_traced_a(1);
	barrier();
}

static void callers_through_ftrace_r44(struct kunit *test)
{
	struct kprobe kp = {
		.addr = (void *)kprobe_test_traced_a,
		.pre_handler = tracing_pre,
		.post_handler = tracing_post,
	};

	needs_orc(test);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&kp));
	KUNIT_EXPECT_TRUE(test, kprobe_ftrace(&kp));
	memset(&trace_pre, 0, sizeof(trace_pre));
	memset(&trace_post, 0, sizeof(trace_post));
	trace_callers_caller(trace_entry);
	unregister_kprobe(&kp);
	KUNIT_ASSERT_NE(test, trace_pre.ip, 0);
	KUNIT_ASSERT_NE(test, trace_post.ip, 0);
	expect_callers(test, trace_pre.entry, trace_pre.nr);
	expect_callers(test, trace_pre.from_regs, trace_pre.nr_from_regs);
	expect_callers(test, trace_post.entry, trace_post.nr);
	expect_callers(test, trace_post.from_regs, trace_post.nr_from_regs);
}
#else
static void callers_through_ftrace_r44(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_KPROBES_ON_FTRACE");
}
#endif

static struct kunit_case kprobe_stacktrace_cases[] = {
	KUNIT_CASE_PARAM(callers_of_a_hit_r44, trace_place_gen_params),
	KUNIT_CASE(callers_through_ftrace_r44),
	{ }
};

static struct kunit_suite kprobe_stacktrace_suite = {
	.name = "kprobe_stacktrace",
	.exit = kprobe_test_any_way,
	.test_cases = kprobe_stacktrace_cases,
};

kunit_test_suite(kprobe_stacktrace_suite);
