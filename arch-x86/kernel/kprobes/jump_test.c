// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of putting and removing jumps: the states on the way, what the text
 * shows in each, neighbours, switches, text that leaves. rN in a name: a class of
 * bug, see ../../../../kernel/kprobes/test.h.
 */
#include <linux/cpu.h>
#include <linux/memory.h>

#include "test.h"

/* Seen by the assembly below. */
unsigned long kprobe_test_jump_word;
#define WORD	"kprobe_test_jump_word"

/* Nobody can stand within: a jump comes at once. AX becomes 7. */
ASM_FUNCTION(jump_long, AT("mov $5, %eax") "add $2, %eax\n" ASM_RET);
/* Five bytes, of which three are not the probed instruction's: AX becomes 15. */
ASM_FUNCTION_TO(jump_short,
	"mov $8, %eax\n"
	"mov $2, %edx\n"
	AT("add $1, %eax")
	"add %edx, %eax\n"
	TO "add $4, %eax\n"
	ASM_RET);
/* Three instructions in five bytes, and one more: the same. */
ASM_FUNCTION_TO(jump_three,
	"mov $1, %ebx\n"
	"mov $2, %edx\n"
	"mov $4, %ecx\n"
	AT("mov %ebx, %eax")
	"add %edx, %eax\n"
	TO "add %ecx, %eax\n"
	"add $8, %eax\n"
	ASM_RET);
/* The second one's operand would be elsewhere if it moved. */
ASM_FUNCTION(jump_relative,
	"xor %eax, %eax\n"
	AT("add $3, %eax")
	"add " MEM(WORD) ", %eax\n"
	ASM_RET);

static unsigned long call(void (*func)(void))
{
	struct kprobe_test_image image = { .flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF };

	kprobe_test_run(func, &image);
	return image.ax;
}

static struct kprobe *probe(struct kunit *test, char name, u8 *at)
{
	struct kprobe *kp = &kprobe_test_probe(test, name, at, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

/*
 * Text
 */

#define TEXT	12

struct text {
	u8 byte[TEXT];
};

static struct text text_at(const u8 *at)
{
	struct text text;

	memcpy(&text, at, sizeof(text));
	return text;
}

static struct text with_breakpoint(struct text text)
{
	text.byte[0] = INT3_INSN_OPCODE;
	return text;
}

static struct text with_jump(struct text text, const struct kprobe_site *site)
{
	kprobe_relocate_jump(text.byte, site->addr, kprobe_detour_entry(site));
	return text;
}

static void expect_text(struct kunit *test, const u8 *at, struct text expected)
{
	struct text text = text_at(at);

	KUNIT_EXPECT_MEMEQ(test, &text, &expected, sizeof(text));
}

static struct kprobe_site *site_of(const struct kprobe *kp)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_site_of(kp);
}

/* @was: the text without probes. */
static void expect_jump(struct kunit *test, struct kprobe *kp, struct text was)
{
	kprobe_test_hurry();
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	KUNIT_EXPECT_TRUE(test, kp->flags & KPROBE_FLAG_OPTIMIZED);
	expect_text(test, (u8 *)kp->addr, with_jump(was, site_of(kp)));
}

static void expect_breakpoint(struct kunit *test, struct kprobe *kp, struct text was)
{
	KUNIT_EXPECT_FALSE(test, kp->flags & KPROBE_FLAG_OPTIMIZED);
	expect_text(test, (u8 *)kp->addr, with_breakpoint(was));
}

/*
 * States
 */

/**
 * struct walk - the transitions of a site, and what its text showed at each
 * @kp: on kprobe_site_set_state(), which it follows
 * @site: whose
 * @was: the text without probes
 * @made: the transitions
 * @wrong: how many did not have the text that the new state says
 */
struct walk {
	struct kprobe kp;
	const struct kprobe_site *site;
	struct text was;
	bool made[KPROBE_NR_STATES][KPROBE_NR_STATES];
	unsigned int wrong;
};

static struct text text_in_state(const struct walk *walk, enum kprobe_state state)
{
	struct text text;

	switch (state) {
	case KPROBE_PREPARED:
		return walk->was;
	case KPROBE_ARMED:
	case KPROBE_OPTIMIZING:
		return with_breakpoint(walk->was);
	case KPROBE_OPTIMIZED:
		return with_jump(walk->was, walk->site);
	case KPROBE_UNOPTIMIZING:
		return with_breakpoint(with_jump(walk->was, walk->site));
	default:
		memcpy(&text, (void *)walk->site->addr, sizeof(text));
		return text;
	}
}

static int note_state(struct kprobe *kp, struct pt_regs *regs)
{
	struct walk *walk = container_of(kp, struct walk, kp);
	const struct kprobe_site *site = (void *)regs_get_kernel_argument(regs, 0);
	enum kprobe_state state = regs_get_kernel_argument(regs, 1);
	struct text expected;

	if (site != walk->site)
		return 0;
	walk->made[site->state][state] = true;
	expected = text_in_state(walk, state);
	walk->wrong += !!memcmp((void *)site->addr, &expected, sizeof(expected));
	return 0;
}

static struct walk *walk_begin(struct kunit *test)
{
	struct walk *walk = kunit_kzalloc(test, sizeof(*walk), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, walk);
	walk->kp.symbol_name = "kprobe_site_set_state";
	walk->kp.pre_handler = note_state;
	kprobe_test_own(test, &walk->kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&walk->kp));
	return walk;
}

/* A new site, disabled. */
static void walk_probe(struct kunit *test, struct walk *walk, struct kprobe *kp, u8 *at)
{
	walk->was = text_at(at);
	kp->addr = at;
	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	walk->site = site_of(kp);
}

/* It is freed under the probe; another takes its place, with the same text. */
static void walk_to_gone(struct kunit *test, struct walk *walk, struct kprobe *kp)
{
	unsigned long addr = (unsigned long)kp->addr;
	enum kprobe_state state = kprobe_test_state(kp);

	kprobe_sites_gone(addr, addr + 1);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_GONE);
	walk->made[state][KPROBE_GONE] = true;
	mutex_lock(&text_mutex);
	text_poke((void *)addr, walk->was.byte, sizeof(walk->was));
	smp_text_poke_sync_each_cpu();
	mutex_unlock(&text_mutex);
	unregister_kprobe(kp);
	expect_text(test, (u8 *)addr, walk->was);
}

static bool is_of_jump(enum kprobe_state state)
{
	return state >= KPROBE_OPTIMIZING && state <= KPROBE_UNOPTIMIZING;
}

/* What a site of a jump does is what the table allows, and the text is as it says. */
static void transitions_r10(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
	struct walk *walk = walk_begin(test);
	int from, to;

	kprobe_test_hold_jumps(test);
	walk_probe(test, walk, kp, jump_short_at);
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZING);
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	kprobe_test_set_optimization(0);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_ARMED);
	kprobe_test_set_optimization(1);
	walk_to_gone(test, walk, kp);

	walk_probe(test, walk, kp, jump_short_at);
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	kprobe_test_release_jumps(test);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	kprobe_test_set_optimization(0);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_ARMED);
	kprobe_test_set_optimization(1);
	kprobe_test_hurry();
	walk_to_gone(test, walk, kp);

	KUNIT_EXPECT_EQ(test, walk->wrong, 0);
	for (from = 0; from < KPROBE_NR_STATES; from++) {
		for (to = 0; to < KPROBE_NR_STATES; to++) {
			if (!is_of_jump(from) && !is_of_jump(to))
				continue;
			KUNIT_EXPECT_EQ_MSG(test, walk->made[from][to],
					    kprobe_state_may_follow(from, to),
					    "from state %d to %d", from, to);
		}
	}
}

/*
 * The order of what is done to the text, a letter each. In between all CPUs have
 * to see it: what stands behind a breakpoint is not changed before they do, nor
 * is the breakpoint before they see that.
 */
static const struct {
	const char *symbol;
	char letter;
} steps[] = {
	{ "arch_kprobe_arm", 'b' },
	{ "arch_kprobe_disarm", 'o' },
	{ "arch_kprobe_write_jump_tail", 't' },
	{ "arch_kprobe_write_jump_head", 'j' },
	{ "arch_kprobe_erase_jump_tail", 'e' },
	{ "arch_kprobe_sync", ' ' },
};

static void follow_steps(struct kunit *test)
{
	struct kprobe_test_probe *tp;
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		tp = kprobe_test_probe(test, steps[i].letter, NULL, KPROBE_TEST_PRE);
		tp->kp.symbol_name = steps[i].symbol;
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(&tp->kp));
	}
	kprobe_test_hurry();
	kprobe_test_trace();
}

static void order_of_steps(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', jump_short_at, 0)->kp;

	follow_steps(test);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	wait_for_kprobe_optimizer();
	KUNIT_EXPECT_STREQ(test, kprobe_test_trace(), "b t j ");
	unregister_kprobe(kp);
	KUNIT_EXPECT_STREQ(test, kprobe_test_trace(), "b e o ");
	kp->addr = jump_long_at;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	wait_for_kprobe_optimizer();
	KUNIT_EXPECT_STREQ(test, kprobe_test_trace(), "b t j ");
	unregister_kprobe(kp);
	KUNIT_EXPECT_STREQ(test, kprobe_test_trace(), "b e o ");
}

#if defined(CONFIG_PROVE_LOCKING) && defined(CONFIG_HOTPLUG_CPU)
static unsigned int syncs, syncs_unlocked;

static int note_cpus(struct kprobe *kp, struct pt_regs *regs)
{
	syncs++;
	syncs_unlocked += !lockdep_is_cpus_held();
	return 0;
}
#endif

/* A CPU on its way up or down would miss one of them. */
static void broadcasts_reach_all_cpus_r51(struct kunit *test)
{
#if defined(CONFIG_PROVE_LOCKING) && defined(CONFIG_HOTPLUG_CPU)
	struct kprobe *sync = &kprobe_test_probe(test, 's', NULL, 0)->kp;
	struct kprobe *kp;

	syncs = 0;
	syncs_unlocked = 0;
	sync->symbol_name = "arch_kprobe_sync";
	sync->pre_handler = note_cpus;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(sync));
	kp = probe(test, 'a', jump_long_at);
	unregister_kprobe(kp);
	unregister_kprobe(sync);
	KUNIT_EXPECT_GE(test, syncs, 6);
	KUNIT_EXPECT_EQ(test, syncs_unlocked, 0);
#else
	kunit_skip(test, "needs CONFIG_PROVE_LOCKING");
#endif
}

static void after_a_grace_period(struct kunit *test)
{
	struct text was = text_at(jump_short_at);
	struct kprobe *kp;

	kprobe_test_hold_jumps(test);
	kp = probe(test, 'a', jump_short_at);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZING);
	expect_breakpoint(test, kp, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	kprobe_test_release_jumps(test);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	expect_jump(test, kp, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	unregister_kprobe(kp);
	expect_text(test, jump_short_at, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

/*
 * Neighbours
 */

struct pair {
	const char *name;
	void (*func)(void);
	u8 *at;
	u8 *other;
};

static const struct pair pairs[] = {
	{ "second", jump_short, jump_short_at, jump_short_next },
	{ "second_of_three", jump_three, jump_three_at, jump_three_next },
	{ "third", jump_three, jump_three_at, jump_three_to },
	{ "relative", jump_relative, jump_relative_at, jump_relative_next },
};

KUNIT_ARRAY_PARAM_DESC(pair, pairs, name);

static void expect_hits(struct kunit *test, const struct pair *pair, const char *hits)
{
	KUNIT_EXPECT_EQ(test, call(pair->func), 15);
	KUNIT_EXPECT_STREQ(test, kprobe_test_trace(), hits);
}

/* It stands where the jump would be; the jump goes, and comes again after it. */
static void neighbour_comes_and_goes_r7(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	struct text was = text_at(pair->at), other_was = text_at(pair->other);
	struct kprobe *kp, *other;

	kprobe_test_jump_word = 12;
	kp = probe(test, 'a', pair->at);
	expect_jump(test, kp, was);
	expect_hits(test, pair, "a");
	other = probe(test, 'b', pair->other);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_ARMED);
	KUNIT_EXPECT_EQ(test, pair->at[0], INT3_INSN_OPCODE);
	expect_hits(test, pair, "ab");
	expect_jump(test, other, other_was);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_ARMED);
	expect_hits(test, pair, "ab");
	unregister_kprobe(other);
	expect_jump(test, kp, was);
	expect_hits(test, pair, "a");
	unregister_kprobe(kp);
	expect_text(test, pair->at, was);
	expect_hits(test, pair, "");
}

/* The other way round: the detour is built while the neighbour's jump is there. */
static void neighbour_was_there_first_r8(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	struct text was = text_at(pair->at), other_was = text_at(pair->other);
	struct kprobe *kp, *other;

	kprobe_test_jump_word = 12;
	other = probe(test, 'b', pair->other);
	expect_jump(test, other, other_was);
	kp = probe(test, 'a', pair->at);
	kprobe_test_hurry();
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_ARMED);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(other), KPROBE_OPTIMIZED);
	expect_hits(test, pair, "ab");
	unregister_kprobe(other);
	expect_jump(test, kp, was);
	expect_hits(test, pair, "a");
	unregister_kprobe(kp);
	expect_text(test, pair->at, was);
	expect_hits(test, pair, "");
}

/* It may be enabled at any time, so the bytes stay its own. */
static void disabled_neighbour_r7(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	struct kprobe *other = &kprobe_test_probe(test, 'b', pair->other, KPROBE_TEST_PRE)->kp;
	struct text was = text_at(pair->at);
	struct kprobe *kp;

	kprobe_test_jump_word = 12;
	other->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(other));
	kp = probe(test, 'a', pair->at);
	kprobe_test_hurry();
	expect_breakpoint(test, kp, was);
	expect_hits(test, pair, "a");
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(other));
	kprobe_test_hurry();
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_ARMED);
	expect_hits(test, pair, "ab");
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(other));
	kprobe_test_hurry();
	expect_breakpoint(test, kp, was);
	expect_hits(test, pair, "a");
	unregister_kprobe(other);
	expect_jump(test, kp, was);
	expect_hits(test, pair, "a");
}

/* Neither a step nor a boosted copy may lead into the jump. */
static void neighbour_while_waiting_r10(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	struct text was = text_at(pair->at);
	struct kprobe *kp, *other;

	kprobe_test_jump_word = 12;
	kprobe_test_hold_jumps(test);
	kp = probe(test, 'a', pair->at);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZING);
	expect_hits(test, pair, "a");
	other = probe(test, 'b', pair->other);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_ARMED);
	expect_hits(test, pair, "ab");
	unregister_kprobe(other);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZING);
	expect_hits(test, pair, "a");
	kprobe_test_release_jumps(test);
	expect_jump(test, kp, was);
	expect_hits(test, pair, "a");
}

/* In one batch with it: the one that comes second decides. */
static void neighbours_in_a_batch_r7(struct kunit *test)
{
	const struct pair *pair = test->param_value;
	struct text was = text_at(pair->at);
	struct kprobe *kps[] = {
		&kprobe_test_probe(test, 'a', pair->at, KPROBE_TEST_PRE)->kp,
		&kprobe_test_probe(test, 'b', pair->other, KPROBE_TEST_PRE)->kp,
	};

	kprobe_test_jump_word = 12;
	KUNIT_ASSERT_EQ(test, 0, register_kprobes(kps, 2));
	kprobe_test_hurry();
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kps[0]), KPROBE_ARMED);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kps[1]), KPROBE_OPTIMIZED);
	expect_hits(test, pair, "ab");
	unregister_kprobes(kps, 2);
	expect_text(test, pair->at, was);
	expect_hits(test, pair, "");
}

/* The boundary of an instruction is found under a jump, and so are its bytes. */
static void reading_under_a_jump_r8(struct kunit *test)
{
	struct text was = text_at(jump_three_at);
	struct kprobe *kp = probe(test, 'a', jump_three_at), *second;
	u8 *at;

	expect_jump(test, kp, was);
	for (at = jump_three_at + 1; at < jump_three_at + 6; at += 2) {
		struct kprobe *bad = &kprobe_test_probe(test, 'x', at, KPROBE_TEST_PRE)->kp;

		kprobe_test_expect_refusal(test, bad, KPROBE_NOT_BOUNDARY, -EILSEQ);
	}
	expect_jump(test, kp, was);
	second = probe(test, 'b', jump_three_at);
	KUNIT_EXPECT_EQ(test, second->opcode, was.byte[0]);
	KUNIT_EXPECT_TRUE(test, second->flags & KPROBE_FLAG_OPTIMIZED);
	second = probe(test, 'c', jump_three_next);
	KUNIT_EXPECT_EQ(test, second->opcode, was.byte[2]);
	second = probe(test, 'd', jump_three_to);
	KUNIT_EXPECT_EQ(test, second->opcode, was.byte[4]);
	KUNIT_EXPECT_EQ(test, call(jump_three), 15);
	KUNIT_EXPECT_STREQ(test, "bacd", kprobe_test_trace());
}

/*
 * Switches
 */

static void joined_and_left(struct kunit *test)
{
	struct text was = text_at(jump_short_at);
	struct kprobe *kp = probe(test, 'a', jump_short_at);
	struct kprobe *post = &kprobe_test_probe(test, 'b', jump_short_at,
						 KPROBE_TEST_PRE | KPROBE_TEST_POST)->kp;

	expect_jump(test, kp, was);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(post));
	KUNIT_EXPECT_TRUE(test, post->flags & KPROBE_FLAG_OPTIMIZED);
	expect_jump(test, kp, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "baB", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	expect_jump(test, post, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "bB", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(post));
	expect_text(test, jump_short_at, was);
	KUNIT_EXPECT_FALSE(test, post->flags & KPROBE_FLAG_OPTIMIZED);
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	expect_jump(test, kp, was);
	unregister_kprobe(post);
	expect_jump(test, kp, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void optimization_off_and_on(struct kunit *test)
{
	struct text long_was = text_at(jump_long_at), short_was = text_at(jump_short_at);
	struct kprobe *kp_long = probe(test, 'a', jump_long_at);
	struct kprobe *kp_short = probe(test, 'b', jump_short_at);

	expect_jump(test, kp_short, short_was);
	kprobe_test_set_optimization(0);
	kprobe_test_hurry();
	expect_breakpoint(test, kp_long, long_was);
	expect_breakpoint(test, kp_short, short_was);
	KUNIT_EXPECT_EQ(test, call(jump_long), 7);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "ab", kprobe_test_trace());
	kprobe_test_set_optimization(1);
	expect_jump(test, kp_long, long_was);
	expect_jump(test, kp_short, short_was);
}

static void global_switch(struct kunit *test)
{
#ifdef CONFIG_KPROBES_DEBUGFS
	struct text long_was = text_at(jump_long_at), short_was = text_at(jump_short_at);
	struct kprobe *kp_long = probe(test, 'a', jump_long_at);
	struct kprobe *kp_short = probe(test, 'b', jump_short_at);

	expect_jump(test, kp_short, short_was);
	kprobe_switch_all(false);
	expect_text(test, jump_long_at, long_was);
	expect_text(test, jump_short_at, short_was);
	call(jump_short);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	kprobe_switch_all(true);
	expect_jump(test, kp_long, long_was);
	expect_jump(test, kp_short, short_was);
	KUNIT_EXPECT_EQ(test, call(jump_long), 7);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "ab", kprobe_test_trace());
#else
	kunit_skip(test, "needs CONFIG_KPROBES_DEBUGFS");
#endif
}

/* Requests cross while a grace period is under way; the last one counts. */
static void crossing_requests_r10(struct kunit *test)
{
	struct text was = text_at(jump_short_at);
	struct kprobe *kp;
	int round;

	kprobe_test_hold_jumps(test);
	kp = probe(test, 'a', jump_short_at);
	for (round = 0; round < 3; round++) {
		KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
		expect_text(test, jump_short_at, was);
		KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
		expect_breakpoint(test, kp, was);
		unregister_kprobe(kp);
		expect_text(test, jump_short_at, was);
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
		expect_breakpoint(test, kp, was);
		KUNIT_EXPECT_EQ(test, call(jump_short), 15);
		KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	}
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	kprobe_test_release_jumps(test);
	expect_text(test, jump_short_at, was);
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	expect_jump(test, kp, was);
}

/* One that has waited half a grace period for a former jump waits a whole one. */
static void new_wait_begins_anew_r10(struct kunit *test)
{
	struct kprobe *kp;

	kprobe_test_hold_jumps(test);
	kp = probe(test, 'a', jump_short_at);
	mutex_lock(&kprobe_mutex);
	kprobe_site_of(kp)->ripe = true;
	mutex_unlock(&kprobe_mutex);
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZING);
	KUNIT_EXPECT_FALSE(test, site_of(kp)->ripe);
}

/* No memory for a detour: then the breakpoint has to do. */
static int no_slot_pre(struct kprobe *kp, struct pt_regs *regs)
{
	regs->ax = 0;
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(long);
	return 1;
}

ASM_FUNCTION(jump_push, AT("push " BX) "mov $9, %eax\npop " BX "\n" ASM_RET);

static void no_memory_for_a_detour(struct kunit *test)
{
	struct kprobe *without = &kprobe_test_probe(test, 'x', NULL, 0)->kp;
	struct text was = text_at(jump_push_at);
	struct kprobe *kp;

	without->symbol_name = "kprobe_slot_alloc";
	without->pre_handler = no_slot_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(without));
	kp = probe(test, 'a', jump_push_at);
	kprobe_test_hurry();
	expect_breakpoint(test, kp, was);
	KUNIT_EXPECT_EQ(test, call(jump_push), 9);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	unregister_kprobe(without);
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(kp));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	expect_jump(test, kp, was);
	KUNIT_EXPECT_EQ(test, call(jump_push), 9);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

/*
 * Text that leaves
 */

static void leave(struct kunit *test, struct kprobe *kp, struct text was)
{
	unsigned long addr = (unsigned long)kp->addr;

	kprobe_sites_leave(addr, addr + 1);
	KUNIT_EXPECT_TRUE(test, kprobe_gone(kp));
	KUNIT_EXPECT_FALSE(test, kp->flags & KPROBE_FLAG_OPTIMIZED);
	expect_text(test, (u8 *)addr, was);
}

static void text_leaves_under_a_jump_r15(struct kunit *test)
{
	struct text was = text_at(jump_short_at);
	struct kprobe *kp = probe(test, 'a', jump_short_at);

	expect_jump(test, kp, was);
	leave(test, kp, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	unregister_kprobe(kp);
	expect_text(test, jump_short_at, was);
}

/* When the grace period is over, nobody writes there any more. */
static void text_leaves_before_the_jump_r15(struct kunit *test)
{
	struct text was = text_at(jump_short_at);
	struct kprobe *kp;

	kprobe_test_hold_jumps(test);
	kp = probe(test, 'a', jump_short_at);
	leave(test, kp, was);
	kprobe_test_release_jumps(test);
	expect_text(test, jump_short_at, was);
	KUNIT_EXPECT_EQ(test, call(jump_short), 15);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
}

static struct kunit_case kprobe_jump_cases[] = {
	KUNIT_CASE(transitions_r10),
	KUNIT_CASE(order_of_steps),
	KUNIT_CASE(broadcasts_reach_all_cpus_r51),
	KUNIT_CASE(after_a_grace_period),
	KUNIT_CASE_PARAM(neighbour_comes_and_goes_r7, pair_gen_params),
	KUNIT_CASE_PARAM(neighbour_was_there_first_r8, pair_gen_params),
	KUNIT_CASE_PARAM(disabled_neighbour_r7, pair_gen_params),
	KUNIT_CASE_PARAM(neighbour_while_waiting_r10, pair_gen_params),
	KUNIT_CASE_PARAM(neighbours_in_a_batch_r7, pair_gen_params),
	KUNIT_CASE(reading_under_a_jump_r8),
	KUNIT_CASE(joined_and_left),
	KUNIT_CASE(optimization_off_and_on),
	KUNIT_CASE(global_switch),
	KUNIT_CASE(crossing_requests_r10),
	KUNIT_CASE(new_wait_begins_anew_r10),
	KUNIT_CASE(no_memory_for_a_detour),
	KUNIT_CASE(text_leaves_under_a_jump_r15),
	KUNIT_CASE(text_leaves_before_the_jump_r15),
	{ }
};

static struct kunit_suite kprobe_jump_suite = {
	.name = "kprobe_jump",
	.init = kprobe_test_needs_privilege,
	.exit = kprobe_test_optimization_on,
	.test_cases = kprobe_jump_cases,
};

kunit_test_suite(kprobe_jump_suite);
