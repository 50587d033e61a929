// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what may be probed. What depends on the machine's instructions
 * is tested beside the architecture's code. rN in a name: a class of bug, see
 * test.h.
 */
#include <linux/bug.h>
#include <linux/jump_label.h>
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/static_call.h>
#include <asm/sections.h>

#include "test.h"

static void *const target = kprobe_test_target;

static void expect_addr_refusal(struct kunit *test, unsigned long addr,
				enum kprobe_refusal refusal)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', (void *)addr, KPROBE_TEST_PRE)->kp;

	kprobe_test_expect_refusal(test, kp, refusal, -EINVAL);
}

static void every_refusal_has_a_name_and_an_errno(struct kunit *test)
{
	int i;

	KUNIT_EXPECT_EQ(test, 0, kprobe_refusal_errno(KPROBE_OK));
	for (i = KPROBE_OK + 1; i < KPROBE_NR_REFUSALS; i++) {
		KUNIT_EXPECT_LT(test, kprobe_refusal_errno(i), 0);
		KUNIT_EXPECT_NOT_NULL(test, kprobe_refusal_name(i));
	}
}

static void neither_symbol_nor_address(struct kunit *test)
{
	expect_addr_refusal(test, 0, KPROBE_NO_HANDLE);
}

static void both_symbol_and_address(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	kp->symbol_name = "kprobe_test_target";
	kprobe_test_expect_refusal(test, kp, KPROBE_NO_HANDLE, -EINVAL);
}

static void unknown_symbol(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;

	kp->symbol_name = "kprobe_test_no_such_symbol";
	kprobe_test_expect_refusal(test, kp, KPROBE_NO_SYMBOL, -ENOENT);
}

static void user_address_r14(struct kunit *test)
{
	expect_addr_refusal(test, 0x1000, KPROBE_NOT_TEXT);
	expect_addr_refusal(test, TASK_SIZE - PAGE_SIZE, KPROBE_NOT_TEXT);
}

static void address_that_no_cpu_has_r14(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_64BIT))
		kunit_skip(test, "needs 64-bit addresses");
	expect_addr_refusal(test, 1UL << (BITS_PER_LONG - 2), KPROBE_NOT_TEXT);
}

static void unmapped_address_r14(struct kunit *test)
{
	expect_addr_refusal(test, (unsigned long)kprobe_test_bad_address(test), KPROBE_NOT_TEXT);
	expect_addr_refusal(test, -1UL, KPROBE_NOT_TEXT);
}

static void data_is_not_text(struct kunit *test)
{
	static int variable;

	expect_addr_refusal(test, (unsigned long)&variable, KPROBE_NOT_TEXT);
	expect_addr_refusal(test, (unsigned long)test, KPROBE_NOT_TEXT);
	expect_addr_refusal(test, (unsigned long)linux_banner, KPROBE_NOT_TEXT);
}

static void offset_is_added(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
	static char variable[16];

	kp->addr = (kprobe_opcode_t *)variable - 8;
	kp->offset = 8;
	kprobe_test_expect_refusal(test, kp, KPROBE_NOT_TEXT, -EINVAL);
}

static noinline int forbidden(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 2;
}
NOKPROBE_SYMBOL(forbidden);

static noinstr int quiet(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 3;
}

static __kprobes int in_kprobes_text(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 4;
}

static void nokprobe_symbol_r12(struct kunit *test)
{
	expect_addr_refusal(test, (unsigned long)forbidden, KPROBE_BLACKLISTED);
	KUNIT_EXPECT_TRUE(test, within_kprobe_blacklist((unsigned long)forbidden + 1));
}

static void noinstr_text_r12(struct kunit *test)
{
	expect_addr_refusal(test, (unsigned long)quiet, KPROBE_BLACKLISTED);
}

static void kprobes_text_r12(struct kunit *test)
{
	expect_addr_refusal(test, (unsigned long)in_kprobes_text, KPROBE_BLACKLISTED);
}

static void entry_text_r12(struct kunit *test)
{
	unsigned long addr = (unsigned long)__entry_text_start;
	unsigned long irq = (unsigned long)__irqentry_text_start;

	KUNIT_ASSERT_LT(test, addr, (unsigned long)__entry_text_end);
	KUNIT_EXPECT_TRUE(test, within_kprobe_blacklist(addr));
	KUNIT_EXPECT_TRUE(test, within_kprobe_blacklist((unsigned long)__entry_text_end - 1));
	if (irq < (unsigned long)__irqentry_text_end)
		KUNIT_EXPECT_TRUE(test, within_kprobe_blacklist(irq));
}

/* What a hit runs through; a probe there would hit itself. */
static void hit_path_r24(struct kunit *test)
{
	static const char * const path[] = {
		"kprobe_int3_handler", "kprobe_debug_handler", "kprobe_fault_handler",
		"kprobe_site_lookup", "kprobe_slot_find", "kprobe_miss",
		"kprobe_hit_pre_set", "kprobe_hit_post_set", "kprobe_hit_fault",
		"kprobe_handler_fault",
	};
	unsigned long addr;
	int i;

	for (i = 0; i < ARRAY_SIZE(path); i++) {
		addr = kallsyms_lookup_name(path[i]);
		KUNIT_EXPECT_NE_MSG(test, addr, 0, "%s", path[i]);
		KUNIT_EXPECT_TRUE_MSG(test, within_kprobe_blacklist(addr), "%s", path[i]);
	}
}

/* What compilers put in front of a function has such a name. */
static noinline __used int __pfx_kprobe_test(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 5;
}

static noinline __used int __cfi_kprobe_test(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	return arg + 6;
}

static void preamble_r12(struct kunit *test)
{
	expect_addr_refusal(test, (unsigned long)__pfx_kprobe_test, KPROBE_PREAMBLE);
	expect_addr_refusal(test, (unsigned long)__cfi_kprobe_test, KPROBE_PREAMBLE);
}

#ifdef CONFIG_JUMP_LABEL
static DEFINE_STATIC_KEY_FALSE(switched);

static noinline int with_jump_label(int arg)
{
	if (static_branch_unlikely(&switched))
		return forbidden(arg);
	return arg;
}

static void jump_label_r12(struct kunit *test)
{
	struct jump_entry *entry;
	int found = 0;

	KUNIT_EXPECT_EQ(test, 5, with_jump_label(5));
	for (entry = __start___jump_table; entry < __stop___jump_table; entry++) {
		if (jump_entry_key(entry) != &switched.key)
			continue;
		found++;
		expect_addr_refusal(test, jump_entry_code(entry), KPROBE_JUMP_LABEL);
	}
	KUNIT_EXPECT_GT(test, found, 0);
}
#else
static void jump_label_r12(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}
#endif

#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
DEFINE_STATIC_CALL(kprobe_test_static, kprobe_test_other);

static noinline int with_static_call(int arg)
{
	return static_call(kprobe_test_static)(arg) + 1;
}

static void static_call_r12(struct kunit *test)
{
	unsigned long addr = (unsigned long)with_static_call, end, size, offset;
	int found = 0;

	KUNIT_EXPECT_EQ(test, 106, with_static_call(5));
	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(addr, &size, &offset));
	for (end = addr + size; addr < end; addr++) {
		if (!static_call_text_reserved((void *)addr, (void *)addr))
			continue;
		found++;
		expect_addr_refusal(test, addr, KPROBE_STATIC_CALL);
	}
	KUNIT_EXPECT_GT(test, found, 0);
}

/* What static_call_update() finds there is a jump, or it is a BUG(). */
static void static_call_trampoline_r12(struct kunit *test)
{
	expect_addr_refusal(test, (unsigned long)STATIC_CALL_TRAMP_ADDR(kprobe_test_static),
			    KPROBE_STATIC_CALL);
}
#else
static void static_call_r12(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HAVE_STATIC_CALL_INLINE");
}

static void static_call_trampoline_r12(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HAVE_STATIC_CALL_INLINE");
}
#endif

static void ftrace_location_r12(struct kunit *test)
{
	unsigned long addr = ftrace_location((unsigned long)schedule);

	if (!addr)
		kunit_skip(test, "needs CONFIG_DYNAMIC_FTRACE");
	if (IS_ENABLED(CONFIG_KPROBES_ON_FTRACE))
		kunit_skip(test, "is probed: see kprobe_ftrace");
	expect_addr_refusal(test, addr, KPROBE_FTRACE_LOCATION);
}

static noinline int with_warning(int arg)
{
	OPTIMIZER_HIDE_VAR(arg);
	WARN_ON(arg == 1);
	return arg;
}

static void bug_entry_r12(struct kunit *test)
{
	unsigned long addr = (unsigned long)with_warning, end, size, offset;
	int found = 0;

	if (!IS_ENABLED(CONFIG_GENERIC_BUG))
		kunit_skip(test, "needs CONFIG_GENERIC_BUG");
	KUNIT_EXPECT_EQ(test, 5, with_warning(5));
	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(addr, &size, &offset));
	for (end = addr + size; addr < end; addr++) {
		if (!find_bug(addr))
			continue;
		found++;
		expect_addr_refusal(test, addr, KPROBE_BUG_ENTRY);
	}
	KUNIT_EXPECT_EQ(test, found, 1);
}

static void registered_twice(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;
	kprobe_opcode_t *addr;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	addr = kp->addr;
	KUNIT_EXPECT_EQ(test, -EINVAL, register_kprobe(kp));
	KUNIT_EXPECT_PTR_EQ(test, kp->addr, addr);
}

static void symbol_and_offset_are_resolved(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;

	kp->symbol_name = "kprobe_test_target";
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_GE(test, (unsigned long)kp->addr, (unsigned long)target);
	KUNIT_EXPECT_LT(test, (unsigned long)kp->addr, (unsigned long)target + 8);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void on_func_entry_r13(struct kunit *test)
{
	const char *symbol = "kprobe_test_target";
	unsigned long size, offset;

	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset((unsigned long)target, &size,
							    &offset));
	KUNIT_EXPECT_EQ(test, 0, kprobe_on_func_entry(NULL, symbol, 0));
	KUNIT_EXPECT_EQ(test, 0, kprobe_on_func_entry(target, NULL, 0));
	KUNIT_EXPECT_EQ(test, 0,
			kprobe_on_func_entry(NULL, "_text", (void *)target - (void *)_text));
	KUNIT_EXPECT_EQ(test, -EINVAL, kprobe_on_func_entry(NULL, symbol, size - 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, kprobe_on_func_entry(target, NULL, size - 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, kprobe_on_func_entry(target, symbol, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, kprobe_on_func_entry(NULL, NULL, 0));
	KUNIT_EXPECT_EQ(test, -ENOENT, kprobe_on_func_entry(NULL, "kprobe_test_nothing", 0));
	KUNIT_EXPECT_EQ(test, -ENOENT,
			kprobe_on_func_entry((kprobe_opcode_t *)0x1000, NULL, 0));
}

static void entry_flag_r13(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', target, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_TRUE(test, kp->flags & KPROBE_FLAG_ON_FUNC_ENTRY);
	/* And again at the address that registration has made of it. */
	unregister_kprobe(kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_TRUE(test, kp->flags & KPROBE_FLAG_ON_FUNC_ENTRY);
}

static struct kunit_case kprobe_address_cases[] = {
	KUNIT_CASE(every_refusal_has_a_name_and_an_errno),
	KUNIT_CASE(neither_symbol_nor_address),
	KUNIT_CASE(both_symbol_and_address),
	KUNIT_CASE(unknown_symbol),
	KUNIT_CASE(user_address_r14),
	KUNIT_CASE(address_that_no_cpu_has_r14),
	KUNIT_CASE(unmapped_address_r14),
	KUNIT_CASE(data_is_not_text),
	KUNIT_CASE(offset_is_added),
	KUNIT_CASE(nokprobe_symbol_r12),
	KUNIT_CASE(noinstr_text_r12),
	KUNIT_CASE(kprobes_text_r12),
	KUNIT_CASE(entry_text_r12),
	KUNIT_CASE(hit_path_r24),
	KUNIT_CASE(preamble_r12),
	KUNIT_CASE(jump_label_r12),
	KUNIT_CASE(static_call_r12),
	KUNIT_CASE(static_call_trampoline_r12),
	KUNIT_CASE(ftrace_location_r12),
	KUNIT_CASE(bug_entry_r12),
	KUNIT_CASE(registered_twice),
	KUNIT_CASE(symbol_and_offset_are_resolved),
	KUNIT_CASE(on_func_entry_r13),
	KUNIT_CASE(entry_flag_r13),
	{ }
};

static struct kunit_suite kprobe_address_suite = {
	.name = "kprobe_address",
	.test_cases = kprobe_address_cases,
};

kunit_test_suite(kprobe_address_suite);
