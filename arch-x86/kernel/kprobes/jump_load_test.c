// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of jumps in numbers and under load: nobody waits for them, and no
 * hit is lost while they come and go. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/memory.h>
#include <linux/sizes.h>
#include <asm/text-patching.h>

#include "test.h"

ASM_FUNCTION(load_long, AT("mov $5, %eax") "add $2, %eax\n" ASM_RET);
ASM_FUNCTION(load_push, AT("push " BX) "mov $9, %eax\npop " BX "\n" ASM_RET);
/* Three instructions in five bytes, and one more: AX becomes 15. */
ASM_FUNCTION_TO(load_three,
	"mov $1, %ebx\n"
	"mov $2, %edx\n"
	"mov $4, %ecx\n"
	AT("mov %ebx, %eax")
	"add %edx, %eax\n"
	TO "add %ecx, %eax\n"
	"add $8, %eax\n"
	ASM_RET);

static unsigned long call(void (*func)(void))
{
	struct kprobe_test_image image = { .flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF };

	kprobe_test_run(func, &image);
	return image.ax;
}

#define FIELD	3000

/* Each is three bytes long, and has three more behind it. */
asm(".pushsection .text, \"ax\"\n"
	".balign 16\n"
	".type load_field, @function\n"
	"load_field:\n"
	ASM_ENDBR
	"xor %eax, %eax\n"
	".Lload_field_at:\n"
	ANNOTATE_NOENDBR "\n"
	".rept " __stringify(FIELD) "\n"
	"add $1, %eax\n"
	"add $2, %eax\n"
	".endr\n"
	ASM_RET
	".size load_field, . - load_field\n"
	".popsection\n");

void load_field(void);
extern u8 load_field_at[] asm(".Lload_field_at");
STACK_FRAME_NON_STANDARD(load_field);

#define FIELD_STEP	6

static unsigned int field_hits;

static int field_pre(struct kprobe *kp, struct pt_regs *regs)
{
	field_hits++;
	return 0;
}

static struct kprobe_test_batch *field_probes(struct kunit *test)
{
	struct kprobe_test_batch *field = kprobe_test_batch(test, FIELD);
	u8 *at = load_field_at;
	unsigned int i;

	/* objtool: the addresses of the others, and of the end, are not to be called. */
	OPTIMIZER_HIDE_VAR(at);
	for (i = 0; i < FIELD; i++) {
		field->kps[i].addr = at + FIELD_STEP * i;
		field->kps[i].pre_handler = field_pre;
	}
	return field;
}

static void expect_field(struct kunit *test, struct kprobe_test_batch *field,
			 enum kprobe_state state)
{
	unsigned int i, others = 0;

	for (i = 0; i < FIELD; i++)
		others += kprobe_test_state(&field->kps[i]) != state;
	KUNIT_EXPECT_EQ(test, others, 0);
	field_hits = 0;
	KUNIT_EXPECT_EQ(test, call(load_field), 3 * FIELD);
	KUNIT_EXPECT_EQ(test, field_hits, FIELD);
}

/*
 * Thousands are put, removed and put again, while no grace period ends: neither
 * they nor anybody else waits for one, and nobody holds the lock meanwhile.
 */
static void nobody_waits_for_jumps_r9(struct kunit *test)
{
	struct kprobe *other = &kprobe_test_probe(test, 'a', load_long_at, KPROBE_TEST_PRE)->kp;
	struct kprobe_test_batch *field = field_probes(test);
	u64 was = kprobe_test_text(load_field_at);

	kprobe_test_hold_jumps(test);
	KUNIT_ASSERT_EQ(test, 0, register_kprobes(field->batch, FIELD));
	expect_field(test, field, KPROBE_OPTIMIZING);
	unregister_kprobes(field->batch, FIELD);
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(other));
	KUNIT_EXPECT_TRUE(test, mutex_trylock(&kprobe_mutex));
	mutex_unlock(&kprobe_mutex);
	KUNIT_ASSERT_EQ(test, 0, register_kprobes(field->batch, FIELD));
	kprobe_test_release_jumps(test);
	expect_field(test, field, KPROBE_OPTIMIZED);
	unregister_kprobes(field->batch, FIELD);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(load_field_at), was);
	KUNIT_EXPECT_EQ(test, call(load_field), 3 * FIELD);
	KUNIT_EXPECT_EQ(test, field_hits, FIELD);
}

/*
 * Under load
 */

/**
 * struct load - a task that calls load_three() all the time
 * @kp: on its first instruction, that stays enabled
 * @pre: hits of @kp
 * @post: the same, behind it
 * @wrong: calls that have returned something else
 * @loop: the task
 */
struct load {
	struct kprobe kp;
	unsigned long pre, post;
	unsigned long wrong;
	struct kprobe_test_loop *loop;
};

static int load_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct load *load = container_of(kp, struct load, kp);

	load->pre++;
	return 0;
}

static void load_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	struct load *load = container_of(kp, struct load, kp);

	load->post++;
}

static void load_call(void *data)
{
	struct load *load = data;

	load->wrong += call(load_three) != 15;
}

static struct load *load_start(struct kunit *test)
{
	struct load *load = kunit_kzalloc(test, sizeof(*load), GFP_KERNEL);
	int cpu = kprobe_test_other_cpu(test);

	KUNIT_ASSERT_NOT_NULL(test, load);
	load->kp.addr = load_three_at;
	load->kp.pre_handler = load_pre;
	load->kp.post_handler = load_post;
	kprobe_test_own(test, &load->kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&load->kp));
	load->loop = kprobe_test_loop(test, cpu, load_call, load);
	return load;
}

/* What is changed shall be changed in the midst of calls. */
static void load_goes_on(struct load *load)
{
	kprobe_test_loop_goes_on(load->loop, 3);
}

#define LOAD_ROUNDS	8

static void demoted_and_promoted_under_load_r26(struct kunit *test)
{
	struct load *load = load_start(test);
	struct kprobe *beside = &kprobe_test_probe(test, 'b', load_three_at, 0)->kp;
	struct kprobe *other = &kprobe_test_probe(test, 'c', load_three_to, 0)->kp;
	int round;

	for (round = 0; round < LOAD_ROUNDS; round++) {
		wait_for_kprobe_optimizer();
		KUNIT_EXPECT_EQ(test, kprobe_test_state(&load->kp), KPROBE_OPTIMIZED);
		load_goes_on(load);
		kprobe_test_set_optimization(0);
		load_goes_on(load);
		kprobe_test_set_optimization(1);
		KUNIT_EXPECT_EQ(test, 0, register_kprobe(beside));
		load_goes_on(load);
		KUNIT_EXPECT_EQ(test, 0, register_kprobe(other));
		load_goes_on(load);
		KUNIT_EXPECT_EQ(test, 0, disable_kprobe(beside));
		unregister_kprobe(other);
		unregister_kprobe(beside);
	}
	kprobe_test_loop_end(load->loop);
	KUNIT_EXPECT_GT(test, load->loop->turns, 3UL * LOAD_ROUNDS);
	KUNIT_EXPECT_EQ(test, load->wrong, 0);
	KUNIT_EXPECT_EQ(test, load->pre, load->loop->turns);
	KUNIT_EXPECT_EQ(test, load->post, load->loop->turns);
	KUNIT_EXPECT_EQ(test, load->kp.nmissed, 0);
}

static void disabled_in_the_midst_of_a_jump_r26(struct kunit *test)
{
	kprobe_test_pairing(test, load_long, 100);
	kprobe_test_pairing(test, load_push, 100);
}

/*
 * In a kernel without preemption a CPU that walks over all sites, or decodes a
 * megabyte, runs nothing else.
 */

/* No site is in the text that leaves: all are looked at. */
static void module_events_give_way_r59(struct kunit *test)
{
	struct kprobe_test_batch *field = field_probes(test);

	KUNIT_ASSERT_EQ(test, 0, register_kprobes(field->batch, FIELD));
	kprobe_test_turns_count(test);
	kprobe_sites_leave(1, 2);
	KUNIT_EXPECT_GE(test, kprobe_test_turns(), FIELD);
	unregister_kprobes(field->batch, FIELD);
}

/* Those of reconcile.c, and those of ftrace.c for each way through ftrace. */
#define RECONCILE_WALKS		(IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) ? 21 : 11)

static void switches_give_way_r59(struct kunit *test)
{
	struct kprobe_test_batch *field = field_probes(test);

	KUNIT_ASSERT_EQ(test, 0, register_kprobes(field->batch, FIELD));
	wait_for_kprobe_optimizer();
	kprobe_test_turns_count(test);
	kprobe_reconsider_jumps();
	KUNIT_EXPECT_GE(test, kprobe_test_turns(), RECONCILE_WALKS * FIELD);
	unregister_kprobes(field->batch, FIELD);
	kprobe_test_turns();
}

#define LONG_SYMBOL	SZ_64K

/* As after the end of the text, where each byte is looked at. */
static void decoding_gives_way_r59(struct kunit *test)
{
	struct kprobe_code f = { .size = LONG_SYMBOL };
	u8 *text = kunit_kmalloc(test, LONG_SYMBOL, GFP_KERNEL);
	bool scanned = false;

	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, INT3_INSN_OPCODE, LONG_SYMBOL);
	f.start = (unsigned long)text;
	kprobe_test_turns_count(test);
	scoped_guard(mutex, &kprobe_mutex)
		scoped_guard(mutex, &text_mutex)
			scanned = kprobe_code_scan(&f);
	KUNIT_EXPECT_TRUE(test, scanned);
	/* A debugger's breakpoint is looked for, then it is decoded. */
	KUNIT_EXPECT_GE(test, kprobe_test_turns(), 2 * LONG_SYMBOL);
}

/*
 * A broadcast interrupts all CPUs, also those that are kept free of interrupts. Each of
 * these takes the five bytes of a jump itself.
 */
#define SINGLES		100

asm(".pushsection .text, \"ax\"\n"
	".balign 16\n"
	".type load_singles, @function\n"
	"load_singles:\n"
	ASM_ENDBR
	".Lload_singles_at:\n"
	ANNOTATE_NOENDBR "\n"
	".rept " __stringify(SINGLES) "\n"
	"mov $1, %eax\n"
	".endr\n"
	ASM_RET
	".size load_singles, . - load_singles\n"
	".popsection\n");

void load_singles(void);
extern u8 load_singles_at[] asm(".Lload_singles_at");
STACK_FRAME_NON_STANDARD(load_singles);

/**
 * struct broadcasts - counts broadcasts
 * @kp: on what makes one
 * @task: the test
 * @own: those that the test has made
 * @others: those of other tasks
 */
struct broadcasts {
	struct kprobe kp;
	struct task_struct *task;
	unsigned int own, others;
};

static int broadcast_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct broadcasts *seen = container_of(kp, struct broadcasts, kp);

	if (current == seen->task)
		seen->own++;
	else
		seen->others++;
	return 0;
}

static void single_registrations_r72(struct kunit *test)
{
	struct kprobe_test_batch *many = kprobe_test_batch(test, SINGLES);
	struct broadcasts *seen = kunit_kzalloc(test, sizeof(*seen), GFP_KERNEL);
	u8 *at = load_singles_at;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	OPTIMIZER_HIDE_VAR(at);
	seen->task = current;
	seen->kp.symbol_name = __stringify(smp_text_poke_sync_each_cpu);
	seen->kp.pre_handler = broadcast_pre;
	kprobe_test_own(test, &seen->kp);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&seen->kp));
	kprobe_test_hold_jumps(test);

	seen->own = 0;
	for (i = 0; i < SINGLES; i++) {
		many->kps[i].addr = at + JMP32_INSN_SIZE * i;
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(&many->kps[i]));
	}
	KUNIT_EXPECT_EQ(test, seen->own, SINGLES);

	/* Two at most for each grace period; others patch text as well. */
	seen->others = 0;
	kprobe_test_release_jumps(test);
	KUNIT_EXPECT_LT(test, seen->others, SINGLES / 4);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(&many->kps[0]), KPROBE_OPTIMIZED);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(&many->kps[SINGLES - 1]), KPROBE_OPTIMIZED);

	seen->own = 0;
	for (i = 0; i < SINGLES; i++)
		unregister_kprobe(&many->kps[i]);
	KUNIT_EXPECT_LE(test, seen->own, 3 * SINGLES);
}

static struct kunit_case kprobe_load_cases[] = {
	KUNIT_CASE(single_registrations_r72),
	KUNIT_CASE_SLOW(module_events_give_way_r59),
	KUNIT_CASE_SLOW(switches_give_way_r59),
	KUNIT_CASE(decoding_gives_way_r59),
	KUNIT_CASE_SLOW(nobody_waits_for_jumps_r9),
	KUNIT_CASE_SLOW(demoted_and_promoted_under_load_r26),
	KUNIT_CASE_SLOW(disabled_in_the_midst_of_a_jump_r26),
	{ }
};

static struct kunit_suite kprobe_load_suite = {
	.name = "kprobe_jump_load",
	.init = kprobe_test_needs_privilege,
	.exit = kprobe_test_optimization_on,
	.test_cases = kprobe_load_cases,
};

kunit_test_suite(kprobe_load_suite);
