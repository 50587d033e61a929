// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of probes beside text that the kernel itself pokes, which it does by
 * a breakpoint as well. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/jump_label.h>

#include "test.h"

#ifdef CONFIG_JUMP_LABEL

/* Seen by the assembly below. */
DEFINE_STATIC_KEY_FALSE(kprobe_test_poke_key);

/*
 * Three bytes, then a NOP of which the kernel makes a jump over the addition of 4.
 * AX becomes 15, or 11.
 */
ASM_FUNCTION_TO(poke_labelled,
	"mov $1, %eax\n"
	AT("add $2, %eax")
	"774: .byte " __stringify(BYTES_NOP5) "\n"
	TO "add $4, %eax\n"
	"775: add $8, %eax\n"
	ASM_RET
	".pushsection __jump_table, \"aw\"\n"
	_ASM_ALIGN "\n"
	".long 774b - ., 775b - .\n"
	_ASM_PTR " kprobe_test_poke_key - .\n"
	".popsection\n");

#define AS_NOP	15
#define AS_JUMP	11

/**
 * struct poked - a task that calls poke_labelled() all the time
 * @first: on the instruction before the label
 * @second: on the one behind, which is jumped over while the key is on
 * @first_pre: hits of @first
 * @first_post: the same, behind it
 * @second_pre: hits of @second
 * @as_nop: calls that have found the NOP
 * @as_jump: calls that have found the jump
 * @wrong: calls that have found something else
 * @branches: hits in which @first found the key on
 * @loop: the task, NULL on a machine with one CPU
 */
struct poked {
	struct kprobe first, second;
	unsigned long first_pre, first_post, second_pre;
	unsigned long as_nop, as_jump, wrong;
	unsigned long branches;
	struct kprobe_test_loop *loop;
};

/* Its own branch is poked while it runs: a breakpoint in a breakpoint's handler. */
static int poked_first_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct poked *poked = container_of(kp, struct poked, first);

	poked->first_pre++;
	if (static_branch_unlikely(&kprobe_test_poke_key))
		poked->branches++;
	return 0;
}

static void poked_first_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	container_of(kp, struct poked, first)->first_post++;
}

static int poked_second_pre(struct kprobe *kp, struct pt_regs *regs)
{
	container_of(kp, struct poked, second)->second_pre++;
	return 0;
}

static void poked_call(struct poked *poked)
{
	struct kprobe_test_image image = { .flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF };

	kprobe_test_run(poke_labelled, &image);
	if (image.ax == AS_NOP)
		WRITE_ONCE(poked->as_nop, poked->as_nop + 1);
	else if (image.ax == AS_JUMP)
		WRITE_ONCE(poked->as_jump, poked->as_jump + 1);
	else
		poked->wrong++;
}

static void poked_turn(void *data)
{
	poked_call(data);
}

static void poked_no_more(void *data)
{
	static_branch_disable(&kprobe_test_poke_key);
}

static struct poked *poked_begin(struct kunit *test)
{
	struct poked *poked = kunit_kzalloc(test, sizeof(*poked), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, poked);
	poked->first.addr = poke_labelled_at;
	poked->first.pre_handler = poked_first_pre;
	poked->first.post_handler = poked_first_post;
	poked->second.addr = poke_labelled_to;
	poked->second.pre_handler = poked_second_pre;
	kprobe_test_own(test, &poked->first);
	kprobe_test_own(test, &poked->second);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&poked->first));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&poked->second));
	kprobe_test_hurry();
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, poked_no_more, NULL));
	return poked;
}

/* On another CPU, if there is one, all the time; else once. */
static void poked_load(struct kunit *test, struct poked *poked)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());

	if (cpu >= nr_cpu_ids)
		return;
	poked->loop = kprobe_test_loop(test, cpu, poked_turn, poked);
}

/* What is poked shall be poked in the midst of calls. */
static void poked_goes_on(struct poked *poked, const unsigned long *count)
{
	unsigned long before = READ_ONCE(*count), deadline = jiffies + 30 * HZ;

	if (!poked->loop)
		poked_call(poked);
	while (READ_ONCE(*count) == before && time_before(jiffies, deadline))
		cond_resched();
}

#define POKE_ROUNDS	100

/* Each call finds one or the other, and each probe all of its hits. */
static void text_is_poked_between_probes_r20(struct kunit *test)
{
	struct poked *poked = poked_begin(test);
	u64 was = kprobe_test_text(poke_labelled_next);
	int round;

	poked_load(test, poked);
	for (round = 0; round < POKE_ROUNDS; round++) {
		static_branch_enable(&kprobe_test_poke_key);
		poked_goes_on(poked, &poked->as_jump);
		static_branch_disable(&kprobe_test_poke_key);
		poked_goes_on(poked, &poked->as_nop);
		/* Breakpoints of both kinds come and go in turn. */
		KUNIT_EXPECT_EQ(test, 0, disable_kprobe(&poked->second));
		KUNIT_EXPECT_EQ(test, 0, enable_kprobe(&poked->second));
	}
	if (poked->loop)
		kprobe_test_loop_end(poked->loop);
	KUNIT_EXPECT_EQ(test, poked->wrong, 0);
	KUNIT_EXPECT_GE(test, poked->as_nop, POKE_ROUNDS);
	KUNIT_EXPECT_GE(test, poked->as_jump, POKE_ROUNDS);
	KUNIT_EXPECT_EQ(test, poked->first_pre, poked->as_nop + poked->as_jump);
	KUNIT_EXPECT_EQ(test, poked->first_post, poked->first_pre);
	KUNIT_EXPECT_GT(test, poked->branches, 0);
	KUNIT_EXPECT_GT(test, poked->second_pre, 0);
	/* While it was disabled for a moment, calls went by. */
	KUNIT_EXPECT_LE(test, poked->second_pre, poked->as_nop);
	KUNIT_EXPECT_EQ(test, poked->first.nmissed + poked->second.nmissed, 0);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(poke_labelled_next), was);
}

/* The poked bytes are nobody else's, whatever they show. */
static void poked_bytes_are_refused_r20(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', poke_labelled_next, 0)->kp;

	kprobe_test_expect_refusal(test, kp, KPROBE_JUMP_LABEL, -EINVAL);
	static_branch_enable(&kprobe_test_poke_key);
	kprobe_test_expect_refusal(test, kp, KPROBE_JUMP_LABEL, -EINVAL);
	static_branch_disable(&kprobe_test_poke_key);
}

#else /* !CONFIG_JUMP_LABEL */

static void text_is_poked_between_probes_r20(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}

static void poked_bytes_are_refused_r20(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}

#endif

static struct kunit_case kprobe_poke_cases[] = {
	KUNIT_CASE_SLOW(text_is_poked_between_probes_r20),
	KUNIT_CASE(poked_bytes_are_refused_r20),
	{ }
};

static struct kunit_suite kprobe_poke_suite = {
	.name = "kprobe_poke",
	.init = kprobe_test_needs_privilege,
	.test_cases = kprobe_poke_cases,
};

kunit_test_suite(kprobe_poke_suite);
