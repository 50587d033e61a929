// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of a step under the trap flag in a task whose debugger has user code
 * trap on branches only. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 *
 * Emulated CPUs do not keep the bit of the register that says so. So step.c is
 * compiled here once more, under other names, and with a variable in the place of
 * that register.
 */
#define kprobe_steps		kprobe_model_steps
#define kprobe_step_by_trap	kprobe_model_by_trap
#define kprobe_step_breakpoint	kprobe_model_breakpoint
#define kprobe_debug_handler	kprobe_model_debug_handler
#define kprobe_step_cancel	kprobe_model_cancel
#define arch_kprobe_drain	kprobe_model_drain
#define arch_kprobe_forget_steps	kprobe_model_forget_steps

#include <asm/msr.h>

static unsigned long debugctl;
static unsigned int debugctl_writes;

static void write_debugctl(unsigned long value)
{
	debugctl = value;
	debugctl_writes++;
}

#undef native_rdmsr
#undef native_wrmsr
#define native_rdmsr(msr, low, high)	((void)(msr), (low) = debugctl, (high) = 0)
#define native_wrmsr(msr, low, high)	((void)(msr), write_debugctl((low) | (u64)(high) << 32))

#include "step.c"
#include "test.h"

#define FLAGS_ON	(X86_EFLAGS_FIXED | X86_EFLAGS_IF | X86_EFLAGS_ZF)
#define BTF		DEBUGCTLMSR_BTF
/* Another bit, that is nobody's business here. */
#define OTHER		DEBUGCTLMSR_LBR

#define INSN_LEN	2
static u8 insn_at[INSN_LEN], insn_copy[INSN_LEN];

/**
 * struct model - a step, and what is found on its way
 * @site: of its instruction
 * @regs: the registers
 * @stepping: what is in the register while the copy runs
 * @step_flags: the flags meanwhile
 * @over: what the function under test has said
 * @left: there is still a step on this CPU
 */
struct model {
	struct kprobe_site site;
	struct pt_regs regs;
	unsigned long stepping;
	unsigned long step_flags;
	bool over;
	bool left;
};

/* Interrupts are off until the step is over: nothing is expected in between. */
static void step_begins(struct model *model, bool blockstep)
{
	struct kprobe_hit hit = { .site = &model->site };

	model->site.addr = (unsigned long)insn_at;
	model->site.arch.insn.len = INSN_LEN;
	model->regs = (struct pt_regs) { .ip = (unsigned long)insn_at, .flags = FLAGS_ON };
	debugctl = OTHER | BTF;
	debugctl_writes = 0;
	local_irq_disable();
	if (blockstep)
		set_thread_flag(TIF_BLOCKSTEP);
	kprobe_step_begin(&hit, &model->regs, (unsigned long)insn_copy);
	kprobe_step_by_trap(&model->regs);
	model->stepping = debugctl;
	model->step_flags = model->regs.flags;
}

static void step_is_over(struct model *model)
{
	model->left = kprobe_is_stepping();
	clear_thread_flag(TIF_BLOCKSTEP);
	local_irq_enable();
}

static void expect_as_before(struct kunit *test, const struct model *model, u8 *ip)
{
	KUNIT_EXPECT_TRUE(test, model->over);
	KUNIT_EXPECT_EQ(test, model->regs.ip, (unsigned long)ip);
	KUNIT_EXPECT_EQ(test, model->regs.flags, FLAGS_ON);
	KUNIT_EXPECT_EQ(test, debugctl, OTHER | BTF);
	KUNIT_EXPECT_FALSE(test, model->left);
}

/* It shall trap behind the instruction, and not behind the next branch. */
static void step_traps_at_once_r6(struct kunit *test)
{
	struct model model = { };

	step_begins(&model, true);
	/* What the kernel does at each #DB for such a task. */
	debugctl |= BTF;
	model.regs.ip = (unsigned long)insn_copy + INSN_LEN;
	model.over = kprobe_debug_handler(&model.regs);
	step_is_over(&model);
	KUNIT_EXPECT_EQ(test, model.stepping, OTHER);
	KUNIT_EXPECT_EQ(test, model.step_flags, (FLAGS_ON & ~X86_EFLAGS_IF) | X86_EFLAGS_TF);
	expect_as_before(test, &model, insn_at + INSN_LEN);
}

static void cancelled_step_leaves_no_trace_r6(struct kunit *test)
{
	struct kprobe_hit hit = { };
	struct model model = { };

	step_begins(&model, true);
	model.regs.ip = (unsigned long)insn_copy;
	model.over = kprobe_step_cancel(&hit, &model.regs);
	step_is_over(&model);
	KUNIT_EXPECT_EQ(test, model.stepping, OTHER);
	KUNIT_EXPECT_PTR_EQ(test, hit.site, &model.site);
	expect_as_before(test, &model, insn_at);
}

/* Of a handler, or of what it calls: the step goes on. */
static void fault_elsewhere_cancels_nothing_r6(struct kunit *test)
{
	struct kprobe_hit hit = { };
	struct model model = { };
	unsigned long between, flags;
	bool cancelled;

	step_begins(&model, true);
	model.regs.ip = (unsigned long)insn_copy + INSN_LEN;
	cancelled = kprobe_step_cancel(&hit, &model.regs);
	between = debugctl;
	flags = model.regs.flags;
	debugctl |= BTF;
	model.over = kprobe_debug_handler(&model.regs);
	step_is_over(&model);
	KUNIT_EXPECT_FALSE(test, cancelled);
	KUNIT_EXPECT_EQ(test, between, OTHER);
	KUNIT_EXPECT_EQ(test, flags, model.step_flags);
	expect_as_before(test, &model, insn_at + INSN_LEN);
}

/* Each round of a repeated string instruction traps: BTF is back for the next one. */
static void each_round_traps_r6(struct kunit *test)
{
	struct model model = { };
	unsigned long second;
	bool first_over;

	step_begins(&model, true);
	model.site.arch.insn.flags = KPROBE_INSN_REP;
	debugctl |= BTF;
	first_over = kprobe_debug_handler(&model.regs);
	second = debugctl;
	debugctl |= BTF;
	model.regs.ip = (unsigned long)insn_copy + INSN_LEN;
	model.over = kprobe_debug_handler(&model.regs);
	step_is_over(&model);
	KUNIT_EXPECT_TRUE(test, first_over);
	KUNIT_EXPECT_EQ(test, second, OTHER);
	expect_as_before(test, &model, insn_at + INSN_LEN);
}

/* A CPU that has forgotten the trap flag comes to the breakpoint behind the copy. */
static void breakpoint_ends_it_too_r6(struct kunit *test)
{
	struct model model = { };

	step_begins(&model, true);
	model.regs.ip = (unsigned long)insn_copy + INSN_LEN + INT3_INSN_SIZE;
	model.regs.flags &= ~X86_EFLAGS_TF;
	model.over = kprobe_step_breakpoint(&model.regs);
	step_is_over(&model);
	expect_as_before(test, &model, insn_at + INSN_LEN);
}

/* The register is slow: without a debugger it is left alone. */
static void others_do_without_r6(struct kunit *test)
{
	struct kprobe_hit hit = { };
	struct model model = { };

	step_begins(&model, false);
	model.over = kprobe_step_cancel(&hit, &model.regs);
	step_is_over(&model);
	KUNIT_EXPECT_EQ(test, debugctl_writes, 0);
	expect_as_before(test, &model, insn_at);
}

static struct kunit_case kprobe_blockstep_cases[] = {
	KUNIT_CASE(step_traps_at_once_r6),
	KUNIT_CASE(cancelled_step_leaves_no_trace_r6),
	KUNIT_CASE(fault_elsewhere_cancels_nothing_r6),
	KUNIT_CASE(each_round_traps_r6),
	KUNIT_CASE(breakpoint_ends_it_too_r6),
	KUNIT_CASE(others_do_without_r6),
	{ }
};

static struct kunit_suite kprobe_blockstep_suite = {
	.name = "kprobe_blockstep",
	.init = kprobe_test_needs_privilege,
	.test_cases = kprobe_blockstep_cases,
};

kunit_test_suite(kprobe_blockstep_suite);
