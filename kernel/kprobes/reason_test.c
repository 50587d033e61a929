// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what people are told when a probe is refused. What depends on the
 * machine's instructions is tested beside the architecture's code. rN in a name: a
 * class of bug, see test.h.
 */
#include <linux/bug.h>
#include <linux/jump_label.h>
#include <linux/kallsyms.h>
#include <linux/ratelimit.h>

#include "test.h"

/* What is told of a refusal, but for where it is. */
static const char *told(struct kunit *test, unsigned long addr)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', (void *)addr, KPROBE_TEST_PRE)->kp;
	struct kprobe_reason reason = kprobe_test_reason(kp);
	char *text = kunit_kzalloc(test, 256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	snprintf(text, 256, "%s%s", kprobe_refusal_name(reason.refusal), reason.detail);
	return text;
}

static void blacklisted_says_what_is(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, "blacklisted (all of kprobe_site_lookup)",
			   told(test, (unsigned long)kprobe_site_lookup));
}

static noinstr int quiet(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 3;
}

static void section_is_told(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, "blacklisted (.noinstr.text)", told(test, (unsigned long)quiet));
}

/* Split off by the compiler, and put elsewhere: here by hand. */
static __noipa int kprobe_test_split(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 4;
}
NOKPROBE_SYMBOL(kprobe_test_split);

int kprobe_test_split_part(int arg) asm("kprobe_test_split.part.7");
__noipa __used int kprobe_test_split_part(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 5;
}

static void part_of_a_blacklisted_function(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 5, kprobe_test_split(1));
	KUNIT_EXPECT_STREQ(test, "blacklisted (a part of kprobe_test_split)",
			   told(test, (unsigned long)kprobe_test_split_part));
}

static __noipa int with_warning(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	WARN_ON(arg == 1);
	return arg;
}

enum { WARNING_LINE = __LINE__ - 4 };

static void bug_says_where_it_is_written(struct kunit *test)
{
	unsigned long addr = (unsigned long)with_warning, end, size, offset;
	unsigned int found = 0;
	char where[64] = "a BUG() or WARN()";

	if (!IS_ENABLED(CONFIG_GENERIC_BUG))
		kunit_skip(test, "needs CONFIG_GENERIC_BUG");
	/* Not every kernel knows. */
	if (IS_ENABLED(CONFIG_DEBUG_BUGVERBOSE))
		snprintf(where, sizeof(where), "reason_test.c:%u)", WARNING_LINE);
	KUNIT_EXPECT_EQ(test, 5, with_warning(5));
	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(addr, &size, &offset));
	for (end = addr + size; addr < end; addr++) {
		if (!find_bug(addr))
			continue;
		found++;
		KUNIT_EXPECT_TRUE_MSG(test, strstr(told(test, addr), where), "%s",
				      told(test, addr));
	}
	KUNIT_EXPECT_EQ(test, found, 1);
}

#ifdef CONFIG_JUMP_LABEL
static DEFINE_STATIC_KEY_FALSE(switched);

static __noipa int with_jump_label(int arg)
{
	if (static_branch_unlikely(&switched))
		return kprobe_test_split(arg);
	return arg;
}

/* Each byte of it is refused for the same, which begins at the first. */
static void jump_label_says_how_far_it_goes(struct kunit *test)
{
	unsigned long func = (unsigned long)with_jump_label, addr, first, last;
	struct jump_entry *entry;
	unsigned int found = 0;
	char expected[64];

	KUNIT_EXPECT_EQ(test, 5, with_jump_label(5));
	for (entry = __start___jump_table; entry < __stop___jump_table; entry++) {
		if (jump_entry_key(entry) != &switched.key)
			continue;
		found++;
		first = jump_entry_code(entry);
		last = first + jump_entry_size(entry) - 1;
		snprintf(expected, sizeof(expected), "a jump label (+0x%lx to +0x%lx)",
			 first - func, last - func);
		for (addr = first; addr <= last; addr++)
			KUNIT_EXPECT_STREQ(test, expected, told(test, addr));
	}
	KUNIT_EXPECT_EQ(test, found, 1);
}
#else
static void jump_label_says_how_far_it_goes(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}
#endif

/* As if nothing had been refused before. */
static void forget_the_rate(struct kunit *test)
{
	ratelimit_state_init(&kprobe_telling, DEFAULT_RATELIMIT_INTERVAL,
			     DEFAULT_RATELIMIT_BURST);
}

static void expect_line(struct kunit *test, struct kprobe *kp, int err, const char *line)
{
	unsigned int before = kprobe_test_logged(line);

	forget_the_rate(test);
	KUNIT_EXPECT_EQ(test, err, register_kprobe(kp));
	KUNIT_EXPECT_EQ_MSG(test, kprobe_test_logged(line), before + 1, "%s", line);
}

static void log_says_where_and_what(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;

	kp->symbol_name = "kprobe_site_lookup";
	kp->offset = 0x12;
	expect_line(test, kp, -EINVAL,
		    "kprobes: kprobe_site_lookup+0x12: blacklisted (all of kprobe_site_lookup)\n");
}

static void unknown_symbol_is_named(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;

	kp->symbol_name = "kprobe_test_no_such_symbol";
	kp->offset = 0x17;
	expect_line(test, kp, -ENOENT,
		    "kprobes: kprobe_test_no_such_symbol+0x17: no such symbol\n");
}

/* Whoever reads the log may not know addresses. */
static void raw_addresses_are_not_logged_r22(struct kunit *test)
{
	unsigned long addr = (unsigned long)kprobe_test_bad_address(test) + 0x123;
	struct kprobe *kp = &kprobe_test_probe(test, 'a', (void *)addr, KPROBE_TEST_PRE)->kp;
	char digits[32], line[64];

	if (no_hash_pointers)
		kunit_skip(test, "with no_hash_pointers they are");
	snprintf(line, sizeof(line), "kprobes: %p: not kernel text\n", (void *)addr);
	expect_line(test, kp, -EINVAL, line);
	snprintf(digits, sizeof(digits), "%lx", addr);
	KUNIT_EXPECT_EQ(test, kprobe_test_logged(digits), 0);
}

static void log_is_limited_in_rate(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
	static const char line[] = "kprobes: kprobe_test_over_and_over+0x0: no such symbol\n";
	unsigned int i;

	kp->symbol_name = "kprobe_test_over_and_over";
	expect_line(test, kp, -ENOENT, line);
	for (i = 0; i < 300; i++)
		KUNIT_EXPECT_EQ(test, -ENOENT, register_kprobe(kp));
	KUNIT_EXPECT_LT(test, kprobe_test_logged(line), 300);
}

static struct kunit_case kprobe_reason_cases[] = {
	KUNIT_CASE(blacklisted_says_what_is),
	KUNIT_CASE(section_is_told),
	KUNIT_CASE(part_of_a_blacklisted_function),
	KUNIT_CASE(bug_says_where_it_is_written),
	KUNIT_CASE(jump_label_says_how_far_it_goes),
	KUNIT_CASE(log_says_where_and_what),
	KUNIT_CASE(unknown_symbol_is_named),
	KUNIT_CASE(raw_addresses_are_not_logged_r22),
	KUNIT_CASE(log_is_limited_in_rate),
	{ }
};

static struct kunit_suite kprobe_reason_suite = {
	.name = "kprobe_reason",
	.exit = forget_the_rate,
	.test_cases = kprobe_reason_cases,
};

kunit_test_suite(kprobe_reason_suite);
