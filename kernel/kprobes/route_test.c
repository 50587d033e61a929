// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what people are told of a site's route. Why there is no jump is
 * tested beside the architecture's code.
 */
#include <linux/ftrace.h>

#include "test.h"

static void *const target = kprobe_test_target;

static struct kprobe *new_probe(struct kunit *test, char name, void *addr, u32 flags)
{
	struct kprobe *kp = &kprobe_test_probe(test, name, addr, KPROBE_TEST_PRE)->kp;

	kp->flags = flags;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void disabled_is_not_armed(struct kunit *test)
{
	static const char disarmed[] = "not armed (none of its probes is enabled)";
	struct kprobe *kp = new_probe(test, 'a', target, KPROBE_FLAG_DISABLED);

	KUNIT_EXPECT_STREQ(test, disarmed, kprobe_test_route(test, kp));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_FALSE(test, strstarts(kprobe_test_route(test, kp), "not armed"));
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_STREQ(test, disarmed, kprobe_test_route(test, kp));
}

static void one_enabled_probe_arms_it(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, KPROBE_FLAG_DISABLED);

	new_probe(test, 'b', target, 0);
	KUNIT_EXPECT_FALSE(test, strstarts(kprobe_test_route(test, kp), "not armed"));
}

static void switched_off(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, 0);

	if (!IS_ENABLED(CONFIG_KPROBES_DEBUGFS))
		kunit_skip(test, "needs CONFIG_DEBUG_FS");
	kprobe_switch_all(false);
	KUNIT_EXPECT_STREQ(test, "not armed (kprobes/enabled is 0)", kprobe_test_route(test, kp));
	kprobe_switch_all(true);
	KUNIT_EXPECT_FALSE(test, strstarts(kprobe_test_route(test, kp), "not armed"));
}

static void gone(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, KPROBE_FLAG_DISABLED);
	unsigned long addr = (unsigned long)kp->addr;

	kprobe_sites_gone(addr, addr + 1);
	KUNIT_EXPECT_STREQ(test, "not armed (its text was freed)", kprobe_test_route(test, kp));
}

static void ftrace_is_named(struct kunit *test)
{
	unsigned long addr = ftrace_location((unsigned long)schedule);
	struct kprobe *kp;

	if (!IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) || !addr)
		kunit_skip(test, "needs CONFIG_KPROBES_ON_FTRACE");
	kp = new_probe(test, 'a', (void *)addr, 0);
	KUNIT_EXPECT_STREQ(test, "ftrace", kprobe_test_route(test, kp));
}

/* Words that are too many are cut, and not written behind the end. */
static void text_has_an_end(struct kunit *test)
{
	struct kprobe_route route = { .name = "breakpoint", .way = "emulated" };
	char text[KPROBE_ROUTE_LEN + 1], many[KPROBE_ROUTE_LEN];

	memset(many, '.', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	route.why = many;
	text[KPROBE_ROUTE_LEN] = '!';
	kprobe_route_text(&route, text);
	KUNIT_EXPECT_EQ(test, text[KPROBE_ROUTE_LEN], '!');
	KUNIT_EXPECT_EQ(test, strlen(text), KPROBE_ROUTE_LEN - 1);
	route.why = NULL;
	kprobe_route_text(&route, text);
	KUNIT_EXPECT_STREQ(test, "breakpoint, emulated", text);
}

static struct kunit_case kprobe_route_cases[] = {
	KUNIT_CASE(disabled_is_not_armed),
	KUNIT_CASE(one_enabled_probe_arms_it),
	KUNIT_CASE(switched_off),
	KUNIT_CASE(gone),
	KUNIT_CASE(ftrace_is_named),
	KUNIT_CASE(text_has_an_end),
	{ }
};

static struct kunit_suite kprobe_route_suite = {
	.name = "kprobe_route",
	.test_cases = kprobe_route_cases,
};

kunit_test_suite(kprobe_route_suite);
