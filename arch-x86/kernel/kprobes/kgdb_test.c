// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of kprobes beside kgdb's breakpoints: one that was there first, and
 * one that comes second. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/kgdb.h>
#include <asm/sections.h>

#include "../../../../kernel/debug/debug_core.h"
#include "test.h"

/* None of these is ever called. @_to is where the debugger's breakpoint is. */
ASM_FUNCTION_TO(kgdb_before, TO "jnz " BEHIND "f\n"
		AT("add $1, %eax") "add $2, %eax\n" ASM_RET);
ASM_FUNCTION_TO(kgdb_after, AT("add $1, %eax") "add $2, %eax\n"
		TO "jnz " BEHIND "b\n" ASM_RET);
ASM_FUNCTION_TO(kgdb_after_long, AT("mov $1, %eax") "add $2, %eax\n"
		TO "add $2, %eax\n" ASM_RET);
ASM_FUNCTION_TO(kgdb_near, AT("add $1, %eax") "add $2, %eax\n"
		TO ".byte 0x0f, 0x85\n.long " BEHIND "b - (. + 4)\n" ASM_RET);
ASM_FUNCTION_TO(kgdb_jmp, AT("add $1, %eax") "add $2, %eax\n" ASM_RET
		"kgdb_jmp_other: nop\n"
		TO ".byte 0xe9\n.long " BEHIND "b - (. + 4)\n" ASM_RET);
ASM_FUNCTION_TO(kgdb_short, AT("add $1, %eax") "add $2, %eax\n" ASM_RET
		"kgdb_short_other: nop\n" TO "jnz " BEHIND "b\n" ASM_RET);
ASM_FUNCTION(kgdb_second, AT("add $1, %eax") "add $2, %eax\nnop\n" ASM_RET);

static void kgdb_take_away(void *at)
{
	dbg_deactivate_sw_breakpoints();
	dbg_remove_sw_break((unsigned long)at);
}

/* As when the debugger lets the kernel go on. */
static void kgdb_put(struct kunit *test, u8 *at)
{
	KUNIT_ASSERT_EQ(test, 0, dbg_set_sw_break((unsigned long)at));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kgdb_take_away, at));
	KUNIT_ASSERT_EQ(test, 0, dbg_activate_sw_breakpoints());
	KUNIT_ASSERT_EQ(test, *at, INT3_INSN_OPCODE);
}

/* All bytes up to the end of the function: what follows cannot be decoded. */
static void no_probe_after_it_r49(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', kgdb_before_at, 0)->kp;

	KUNIT_EXPECT_EQ(test, kprobe_test_refusal(kp), KPROBE_OK);
	kgdb_put(test, kgdb_before_to);
	kprobe_test_expect_refusal(test, kp, KPROBE_FOREIGN_BREAKPOINT, -EILSEQ);
	kp->addr = kgdb_before_to;
	kprobe_test_expect_refusal(test, kp, KPROBE_FOREIGN_BREAKPOINT, -EILSEQ);
	kunit_release_action(test, kgdb_take_away, kgdb_before_to);
	KUNIT_EXPECT_EQ(test, kprobe_test_refusal(kp), KPROBE_OK);
}

struct kgdb_place {
	const char *name;
	u8 *at;
	u8 *debugged;
	bool jump;
};

static const struct kgdb_place kgdb_places[] = {
	{ "own", kgdb_after_at, kgdb_after_to, false },
	{ "own, near", kgdb_near_at, kgdb_near_to, false },
	{ "of another symbol", kgdb_jmp_at, kgdb_jmp_to, false },
	{ "of another symbol, short", kgdb_short_at, kgdb_short_to, false },
	{ "no branch", kgdb_after_long_at, kgdb_after_long_to, true },
};

KUNIT_ARRAY_PARAM_DESC(kgdb_place, kgdb_places, name);

/* It covers the branch that keeps the jump out. */
static void branch_under_it_r49(struct kunit *test)
{
	const struct kgdb_place *place = test->param_value;
	struct kprobe *kp = &kprobe_test_probe(test, 'a', place->at, 0)->kp;

	if (place->jump)
		kprobe_test_needs_privilege(test);
	kgdb_put(test, place->debugged);
	arch_kprobe_text_leaves((unsigned long)_stext);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_hurry();
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp),
			place->jump ? KPROBE_OPTIMIZED : KPROBE_ARMED);
	unregister_kprobe(kp);
	kunit_release_action(test, kgdb_take_away, place->debugged);
	arch_kprobe_text_leaves((unsigned long)_stext);
}

/* What it saves would come back after the probe has gone. */
static void comes_second_r49(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', kgdb_second_at, 0)->kp;
	u64 text = kprobe_test_text(kgdb_second_at);
	u8 *second = kgdb_second_at;
	unsigned int at;

	kprobe_test_needs_privilege(test);
	/* objtool: the addresses in it are not to be called. */
	OPTIMIZER_HIDE_VAR(second);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_hurry();
	KUNIT_ASSERT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	for (at = 0; at < 6; at++)
		KUNIT_EXPECT_EQ(test, dbg_set_sw_break((unsigned long)second + at),
				-EINVAL);
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, dbg_set_sw_break((unsigned long)kgdb_second_at), -EINVAL);
	kgdb_put(test, second + 6);
	kunit_release_action(test, kgdb_take_away, second + 6);
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(kgdb_second_at), text);
	kgdb_put(test, kgdb_second_at);
	kunit_release_action(test, kgdb_take_away, kgdb_second_at);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(kgdb_second_at), text);
}

static struct kunit_case kprobe_kgdb_cases[] = {
	KUNIT_CASE(no_probe_after_it_r49),
	KUNIT_CASE_PARAM(branch_under_it_r49, kgdb_place_gen_params),
	KUNIT_CASE(comes_second_r49),
	{ }
};

static struct kunit_suite kprobe_kgdb_suite = {
	.name = "kprobe_kgdb",
	.test_cases = kprobe_kgdb_cases,
};

kunit_test_suite(kprobe_kgdb_suite);
