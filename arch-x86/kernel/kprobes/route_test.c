// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what people are told of a breakpoint: why it is not a jump.
 */

#include "test.h"

#define TWO	"mov %eax, %eax\n"

/* Four bytes of instructions, and more than enough. */
ASM_FUNCTION_TO(route_plain, AT(TWO) TWO TO "mov $1, %eax\n" ASM_RET);
ASM_FUNCTION(route_entered, AT(TWO) "774: " TWO TWO "jnz 774b\n" ASM_RET);
ASM_FUNCTION(route_end, "nop\n" AT(TWO) TWO "\nroute_end_next: " ASM_RET);
ASM_FUNCTION(route_own, ANNOTATE_RETPOLINE_SAFE "\n" AT("call *" AX) TWO TWO ASM_RET);
ASM_FUNCTION(route_behind, AT(TWO) "hlt\n" TWO ASM_RET);
ASM_FUNCTION(route_fixup, AT(TWO) "774: mov (" DI "), %ecx\n" TWO ASM_RET
	     "775: " ASM_RET
	     _ASM_EXTABLE(774b, 775b));

#ifdef CONFIG_JUMP_LABEL
/* A NOP now, which the kernel may patch: of code_test.c's key. */
ASM_FUNCTION(route_patched, AT(TWO) "774: .byte " __stringify(BYTES_NOP5) "\n" ASM_RET
	     "775: " ASM_RET
	     ".pushsection __jump_table, \"aw\"\n"
	     _ASM_ALIGN "\n"
	     ".long 774b - ., 775b - .\n"
	     _ASM_PTR " kprobe_test_key - .\n"
	     ".popsection\n");
#endif

static struct kprobe *probe(struct kunit *test, char name, u8 *at)
{
	struct kprobe *kp = &kprobe_test_probe(test, name, at, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void expect_why(struct kunit *test, const struct kprobe *kp, const char *why)
{
	const char *route = kprobe_test_route(test, kp);
	char end[KPROBE_ROUTE_LEN];

	snprintf(end, sizeof(end), " (no jump: %s)", why);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(route, "breakpoint, "), "%s", route);
	KUNIT_EXPECT_TRUE_MSG(test, strstr(route, end), "%s is not%s", route, end);
}

struct never {
	const char *name;
	u8 *at;
	const char *why;
};

static const struct never never_jumps[] = {
	{ "entered", route_entered_at, "a branch leads into its bytes" },
	{ "end", route_end_at, "the function ends within its bytes" },
	{ "own", route_own_at, "its instruction cannot run in a detour" },
	{ "behind", route_behind_at, "an instruction in its bytes cannot be displaced" },
#ifdef CONFIG_JUMP_LABEL
	{ "patched", route_patched_at, "the kernel patches some of its bytes" },
#endif
	{ "fixup", route_fixup_at, "an instruction in its bytes may fault and be fixed up" },
};

KUNIT_ARRAY_PARAM_DESC(never, never_jumps, name);

static void never_a_jump(struct kunit *test)
{
	const struct never *never = test->param_value;
	struct kprobe *kp = probe(test, 'a', never->at);

	expect_why(test, kp, never->why);
	/* Whatever the switch says. */
	kprobe_test_set_optimization(0);
	expect_why(test, kp, never->why);
}

static void switched_off(struct kunit *test)
{
	struct kprobe *kp = probe(test, 'a', route_plain_at);

	kprobe_test_set_optimization(0);
	expect_why(test, kp, "debug.kprobes-optimization is 0");
	kprobe_test_set_optimization(1);
	kprobe_test_hurry();
	KUNIT_EXPECT_STREQ(test, "jump", kprobe_test_route(test, kp));
}

static void waiting(struct kunit *test)
{
	struct kprobe *kp;

	kprobe_test_hold_jumps(test);
	kp = probe(test, 'a', route_plain_at);
	expect_why(test, kp, "it waits for a grace period");
	kprobe_test_release_jumps(test);
	KUNIT_EXPECT_STREQ(test, "jump", kprobe_test_route(test, kp));
}

/* Also a disabled one. */
static void neighbour(struct kunit *test)
{
	struct kprobe *kp = probe(test, 'a', route_plain_at);
	struct kprobe *other = probe(test, 'b', route_plain_to);

	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(other));
	expect_why(test, kp, "another probe is in its bytes");
	unregister_kprobe(other);
	kprobe_test_hurry();
	KUNIT_EXPECT_STREQ(test, "jump", kprobe_test_route(test, kp));
}

static void another_way_is_asked_for(struct kunit *test)
{
	struct kprobe *kp = kprobe_test_stepped(test, route_plain_at, KPROBE_WAY_CALL);

	expect_why(test, kp, "kprobe_way= asks for another way");
	KUNIT_EXPECT_TRUE(test, strstarts(kprobe_test_route(test, kp),
					  "breakpoint, stepped as kprobe_way= asks ("));
}

/* One that can be boosted, until there is a post-handler. */
ASM_FUNCTION(route_boosted, AT("add %eax, %eax") "774: " TWO TWO "jnz 774b\n" ASM_RET);

/* JMP *%gs:(%eax), which is not emulated. It is never called. */
ASM_FUNCTION(route_needy, ANNOTATE_RETPOLINE_SAFE "\n" AT(".byte 0x65, 0xff, 0x20") TWO TWO TWO);

static void instruction_is_why_it_is_stepped(struct kunit *test)
{
	static const char way[] = "breakpoint, stepped by trap flag as the instruction needs it (";
	struct kprobe *kp = probe(test, 'a', route_needy_at);

	KUNIT_EXPECT_TRUE(test, strstarts(kprobe_test_route(test, kp), way));
}

static void post_handlers_are_why_it_is_stepped(struct kunit *test)
{
	struct kprobe *kp = probe(test, 'a', route_boosted_at);
	struct kprobe *post = &kprobe_test_probe(test, 'b', route_boosted_at,
						 KPROBE_TEST_POST)->kp;

	KUNIT_EXPECT_TRUE(test, strstarts(kprobe_test_route(test, kp), "breakpoint, boosted ("));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(post));
	KUNIT_EXPECT_TRUE(test, strstarts(kprobe_test_route(test, kp),
					  "breakpoint, stepped for the post-handlers ("));
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(post));
	KUNIT_EXPECT_TRUE(test, strstarts(kprobe_test_route(test, kp), "breakpoint, boosted ("));
}

/* A probe on kprobe_slot_alloc() returns for it, with nothing. */
static int no_slot_pre(struct kprobe *kp, struct pt_regs *regs)
{
	regs->ax = 0;
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(long);
	return 1;
}

static void no_memory_for_a_detour(struct kunit *test)
{
	struct kprobe *without = &kprobe_test_probe(test, 'x', NULL, 0)->kp;
	struct kprobe *kp;

	without->symbol_name = "kprobe_slot_alloc";
	without->pre_handler = no_slot_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(without));
	kp = probe(test, 'a', route_plain_at);
	expect_why(test, kp, "no memory for a detour, or none in reach");
	unregister_kprobe(without);
}

static void route_test_exit(struct kunit *test)
{
	kprobe_test_any_way(test);
	kprobe_test_set_optimization(1);
}

static struct kunit_case kprobe_route_cases[] = {
	KUNIT_CASE_PARAM(never_a_jump, never_gen_params),
	KUNIT_CASE(switched_off),
	KUNIT_CASE(waiting),
	KUNIT_CASE(neighbour),
	KUNIT_CASE(another_way_is_asked_for),
	KUNIT_CASE(instruction_is_why_it_is_stepped),
	KUNIT_CASE(post_handlers_are_why_it_is_stepped),
	KUNIT_CASE(no_memory_for_a_detour),
	{ }
};

static struct kunit_suite kprobe_route_suite = {
	.name = "kprobe_x86_route",
	.init = kprobe_test_needs_privilege,
	.exit = route_test_exit,
	.test_cases = kprobe_route_cases,
};

kunit_test_suite(kprobe_route_suite);
