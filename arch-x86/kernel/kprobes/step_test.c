// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of a step: what handlers change between the traps, and what is left
 * behind them. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/uaccess.h>
#include <asm/debugreg.h>
#include <asm/msr.h>

#include "step.h"
#include "test.h"

#define FLAGS_ON	(X86_EFLAGS_FIXED | X86_EFLAGS_IF)
#define FLAGS_OFF	X86_EFLAGS_FIXED

static struct kprobe_test_seen *const seen = &kprobe_test_seen;

static unsigned long good_word;

ASM_FUNCTION(step_load, AT("mov (" DI "), " AX) ASM_RET);
ASM_FUNCTION(step_add, AT("add " BX ", " AX) ASM_RET);
ASM_FUNCTION(step_inner, AT("add $5, %eax") ASM_RET);
/* The load has a fixup. */
ASM_FUNCTION(step_fixed_up,
	AT("mov (" DI "), " AX)
	ASM_RET
	"774: mov $0x7777, %ebx\n"
	ASM_RET
	_ASM_EXTABLE(771b, 774b));

static void run_fixed_up(struct kunit *test, void *bad)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .di = (unsigned long)bad };

	kprobe_test_run(step_fixed_up, &image);
	KUNIT_EXPECT_EQ(test, image.bx, 0x7777);
	KUNIT_EXPECT_EQ(test, image.flags & X86_EFLAGS_TF, 0);
}

static int changing_pre(struct kprobe *kp, struct pt_regs *regs)
{
	regs->bx = 30;
	return 0;
}

static void changing_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen->post++;
	regs->cx = regs->ax;
	regs->ax += 100;
}

/* The instruction works with what the pre-handler leaves, and so on. */
static void handlers_change_registers(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 4, .bx = 5 };
	struct kprobe *kp = kprobe_test_stepped(test, step_add_at, kprobe_test_stepping(test));

	unregister_kprobe(kp);
	kp->pre_handler = changing_pre;
	if (kp->post_handler)
		kp->post_handler = changing_post;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_run(step_add, &image);
	KUNIT_EXPECT_EQ(test, image.bx, 30);
	KUNIT_EXPECT_EQ(test, image.ax, seen->post ? 134 : 34);
	KUNIT_EXPECT_EQ(test, image.cx, seen->post ? 34 : 0);
	KUNIT_EXPECT_EQ(test, seen->post, kp->post_handler ? 1 : 0);
}

static int skipping_pre(struct kprobe *kp, struct pt_regs *regs)
{
	regs->ip = (unsigned long)step_add_next;
	return 1;
}

static void pre_handler_skips_the_instruction(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 4, .bx = 5 };
	struct kprobe *kp = kprobe_test_stepped(test, step_add_at, kprobe_test_stepping(test));

	unregister_kprobe(kp);
	kp->pre_handler = skipping_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_run(step_add, &image);
	KUNIT_EXPECT_EQ(test, image.ax, 4);
	KUNIT_EXPECT_EQ(test, image.flags, FLAGS_ON);
	KUNIT_EXPECT_EQ(test, seen->post, 0);
}

/* Many more faults than steps can be under way, then one of nobody's. */
static void step_state_reset_r5(struct kunit *test)
{
	void *bad = kprobe_test_bad_address(test);
	int i;
	u8 byte;

	kprobe_test_stepped(test, step_fixed_up_at, kprobe_test_stepping(test));
	for (i = 0; i < 20; i++)
		run_fixed_up(test, bad);
	KUNIT_EXPECT_EQ(test, seen->pre, 20);
	KUNIT_EXPECT_EQ(test, seen->fault, 20);
	KUNIT_EXPECT_EQ(test, -EFAULT, copy_from_kernel_nofault(&byte, bad, 1));
	KUNIT_EXPECT_EQ(test, seen->fault, 20);
	preempt_disable();
	KUNIT_EXPECT_NULL(test, kprobe_running());
	preempt_enable();
}

/* The flag of a debugger that traps user code on branches only. */
static bool set_blockstep(bool on)
{
	u32 low, high;

	if (rdmsr_safe(MSR_IA32_DEBUGCTLMSR, &low, &high))
		return false;
	low = on ? low | DEBUGCTLMSR_BTF : low & ~DEBUGCTLMSR_BTF;
	if (wrmsr_safe(MSR_IA32_DEBUGCTLMSR, low, high))
		return false;
	rdmsr(MSR_IA32_DEBUGCTLMSR, low, high);
	return !!(low & DEBUGCTLMSR_BTF) == on;
}

/* Preemption off: the flag is the task's, the register is the CPU's. */
static bool blockstep_begin(void)
{
	preempt_disable();
	if (!set_blockstep(true)) {
		preempt_enable();
		return false;
	}
	set_thread_flag(TIF_BLOCKSTEP);
	return true;
}

static bool blockstep_end(void)
{
	bool kept = get_debugctlmsr() & DEBUGCTLMSR_BTF;

	clear_thread_flag(TIF_BLOCKSTEP);
	set_blockstep(false);
	preempt_enable();
	return kept;
}

static void blockstep_survives_a_step_r6(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .di = (unsigned long)&good_word };
	bool kept;

	kprobe_test_stepped(test, step_load_at, kprobe_test_stepping(test));
	if (!blockstep_begin())
		kunit_skip(test, "needs a CPU that keeps DEBUGCTL.BTF");
	kprobe_test_run(step_load, &image);
	kept = blockstep_end();
	KUNIT_EXPECT_TRUE(test, kept);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	if (seen->post)
		KUNIT_EXPECT_EQ(test, seen->post_ip, (unsigned long)step_load_next);
}

static void blockstep_survives_a_cancelled_step_r6(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };
	bool kept;

	kprobe_test_stepped(test, step_fixed_up_at, kprobe_test_stepping(test));
	image.di = (unsigned long)kprobe_test_bad_address(test);
	if (!blockstep_begin())
		kunit_skip(test, "needs a CPU that keeps DEBUGCTL.BTF");
	kprobe_test_run(step_fixed_up, &image);
	kept = blockstep_end();
	KUNIT_EXPECT_TRUE(test, kept);
	KUNIT_EXPECT_EQ(test, image.bx, 0x7777);
}

static void run_inner(void)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF, .ax = 37 };

	kprobe_test_run(step_inner, &image);
	seen->err += image.ax != 42;
}

static int running_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen->pre++;
	run_inner();
	return 0;
}

static void running_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen->post++;
	run_inner();
}

/* A post-handler may run on a stack that a second trap would destroy. */
static void handlers_hit_a_probe_under_the_trap_flag_r24(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 4, .bx = 5 };
	struct kprobe *inner = kprobe_test_stepped(test, step_inner_at, KPROBE_WAY_TRAP);
	struct kprobe *kp = kprobe_test_stepped(test, step_add_at, kprobe_test_stepping(test));

	unregister_kprobe(kp);
	kp->pre_handler = running_pre;
	if (kp->post_handler)
		kp->post_handler = running_post;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_run(step_add, &image);
	KUNIT_EXPECT_EQ(test, image.ax, 9);
	KUNIT_EXPECT_EQ(test, image.flags & X86_EFLAGS_TF, 0);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post, kp->post_handler ? 1 : 0);
	KUNIT_EXPECT_EQ(test, seen->err, 0);
	KUNIT_EXPECT_EQ(test, inner->nmissed, seen->pre + seen->post);
}

static void disabled_in_the_midst_of_steps_r26(struct kunit *test)
{
	if (kprobe_test_stepping(test) == KPROBE_WAY_BOOST)
		kunit_skip(test, "a boosted instruction has no post-handler");
	kprobe_forced_way = kprobe_test_stepping(test);
	kprobe_test_pairing(test, kprobe_test_target, 100);
}

/* A step of a probe, as a hit would begin it; with interrupts off. */
static void begin_step(struct kprobe *kp)
{
	struct kprobe_hit hit = { .site = kprobe_site_lookup((unsigned long)kp->addr) };
	struct pt_regs regs = { };

	kprobe_step_begin(&hit, &regs, (unsigned long)hit.site->arch.step->code);
}

static void dying_task_leaves_nothing_r35(struct kunit *test)
{
	struct kprobe *kp = kprobe_test_stepped(test, step_add_at, KPROBE_WAY_CALL);
	struct kprobe *running;
	bool stepping;

	local_irq_disable();
	begin_step(kp);
	begin_step(kp);
	__this_cpu_write(current_kprobe, kp);
	kprobe_task_dies();
	running = kprobe_running();
	stepping = kprobe_is_stepping();
	/* Whatever it has left is not to disturb what comes. */
	while (kprobe_is_stepping())
		kprobe_step_pop();
	__this_cpu_write(current_kprobe, NULL);
	local_irq_enable();
	KUNIT_EXPECT_NULL(test, running);
	KUNIT_EXPECT_FALSE(test, stepping);
}

/* What waits for a step must not take the end of one on top of it for its end. */
static void step_on_top_of_a_step_r24(struct kunit *test)
{
	struct kprobe *kp = kprobe_test_stepped(test, step_add_at, KPROBE_WAY_CALL);
	bool with_another, after_another, over, of_the_next;
	struct kprobe_steps *steps;
	unsigned int seq;

	local_irq_disable();
	steps = this_cpu_ptr(&kprobe_steps);
	begin_step(kp);
	seq = steps->seq;
	begin_step(kp);
	with_another = kprobe_step_outlasts(steps, seq);
	kprobe_step_pop();
	after_another = kprobe_step_outlasts(steps, seq);
	kprobe_step_pop();
	over = !kprobe_step_outlasts(steps, seq);
	begin_step(kp);
	of_the_next = kprobe_step_outlasts(steps, seq);
	kprobe_step_pop();
	local_irq_enable();
	KUNIT_EXPECT_TRUE(test, with_another);
	KUNIT_EXPECT_TRUE(test, after_another);
	KUNIT_EXPECT_TRUE(test, over);
	KUNIT_EXPECT_FALSE(test, of_the_next);
}

KUNIT_ARRAY_PARAM_DESC(kprobe_stepping, kprobe_steppings, name);

static struct kunit_case kprobe_step_cases[] = {
	KUNIT_CASE_PARAM(handlers_change_registers, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(pre_handler_skips_the_instruction, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(step_state_reset_r5, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(blockstep_survives_a_step_r6, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(blockstep_survives_a_cancelled_step_r6, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(handlers_hit_a_probe_under_the_trap_flag_r24, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(disabled_in_the_midst_of_steps_r26, kprobe_stepping_gen_params),
	KUNIT_CASE(dying_task_leaves_nothing_r35),
	KUNIT_CASE(step_on_top_of_a_step_r24),
	{ }
};

static struct kunit_suite kprobe_step_suite = {
	.name = "kprobe_step",
	.exit = kprobe_test_any_way,
	.test_cases = kprobe_step_cases,
};

kunit_test_suite(kprobe_step_suite);
