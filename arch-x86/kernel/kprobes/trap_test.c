// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of breakpoints and exceptions: faults of a probed instruction and
 * of a handler, mended or not; what is left of a step; late breakpoints. rN in a
 * name: a class of bug, see ../../../../kernel/kprobes/test.h.
 */
#include <linux/uaccess.h>
#include <asm/debugreg.h>
#include <asm/fpu/api.h>
#include <asm/msr.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "test.h"

#define FLAGS_ON	(X86_EFLAGS_FIXED | X86_EFLAGS_IF)
#define FLAGS_OFF	X86_EFLAGS_FIXED

/* The ways to run an instruction that can fault. */
static const struct stepping {
	const char *name;
	enum kprobe_way way;
} steppings[] = {
	{ "boost", KPROBE_WAY_BOOST },
	{ "breakpoint", KPROBE_WAY_BREAKPOINT },
	{ "trap", KPROBE_WAY_TRAP },
};

KUNIT_ARRAY_PARAM_DESC(stepping, steppings, name);

static enum kprobe_way param_way(struct kunit *test)
{
	return ((const struct stepping *)test->param_value)->way;
}

/* What the handlers have found, and how the fault handler mends. */
static struct {
	int pre, post, fault;
	int trapnr;
	unsigned long fault_ip, fault_flags, post_ip;
	void (*mend)(struct pt_regs *regs);
	void *bad;
	int err;
} seen;

static unsigned long good_word;

static int count_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen.pre++;
	return 0;
}

static void count_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen.post++;
	seen.post_ip = regs->ip;
}

static int note_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	seen.fault++;
	seen.trapnr = trapnr;
	seen.fault_ip = regs->ip;
	seen.fault_flags = regs->flags;
	if (!seen.mend)
		return 0;
	seen.mend(regs);
	return 1;
}

/* A probe to be run in one way; boosted, it can have no post-handler. */
static struct kprobe *probe(struct kunit *test, u8 *at, enum kprobe_way way)
{
	struct kprobe *kp = kunit_kzalloc(test, sizeof(*kp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kp);
	kprobe_test_own(test, kp);
	memset(&seen, 0, sizeof(seen));
	kprobe_test_trace();
	kp->addr = at;
	kp->pre_handler = count_pre;
	kp->post_handler = way == KPROBE_WAY_BOOST ? NULL : count_post;
	kp->fault_handler = note_fault;
	kprobe_forced_way = way;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void trap_test_exit(struct kunit *test)
{
	kprobe_forced_way = KPROBE_WAY_AUTO;
}

/* One fault at the instruction, which left the flags of the caller alone. */
static void expect_fault(struct kunit *test, u8 *at, int trapnr, unsigned long flags)
{
	const unsigned long stepping = X86_EFLAGS_TF | X86_EFLAGS_IF;

	KUNIT_EXPECT_EQ(test, seen.fault, 1);
	KUNIT_EXPECT_EQ(test, seen.trapnr, trapnr);
	KUNIT_EXPECT_EQ(test, seen.fault_ip, (unsigned long)at);
	KUNIT_EXPECT_EQ(test, seen.fault_flags & stepping, flags & stepping);
}

/* When it is mended, the instruction starts again, which is another hit. */
static void expect_restart(struct kunit *test, struct kprobe *kp)
{
	KUNIT_EXPECT_EQ(test, seen.pre, 2);
	KUNIT_EXPECT_EQ(test, seen.post, kp->post_handler ? 1 : 0);
}

ASM_FUNCTION(trap_load, AT("mov (" DI "), " AX) ASM_RET);
ASM_FUNCTION(trap_divide, AT("divl %ecx") ASM_RET);
ASM_FUNCTION(trap_segment, "mov %es, %ebx\n" AT("mov %eax, %es") "mov %ebx, %es\n" ASM_RET);
ASM_FUNCTION(trap_x87, AT("fnop") ASM_RET);
ASM_FUNCTION(trap_x87_wait,
	"fninit\n"
	"fldcw (" DI ")\n"
	"fld1\nfldz\nfdivrp\n"
	AT("fwait")
	"fninit\n"
	ASM_RET);
/* No register can be locked. */
ASM_FUNCTION(trap_undefined, AT(".byte 0xf0, 0x01, 0xc3") ASM_RET);
/* The load has a fixup. */
ASM_FUNCTION(trap_fixed_up,
	AT("mov (" DI "), " AX)
	ASM_RET
	"774: mov $0x7777, %ebx\n"
	ASM_RET
	_ASM_EXTABLE(771b, 774b));

static void mend_load(struct pt_regs *regs)
{
	regs->di = (unsigned long)&good_word;
}

static void page_fault_is_mended_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };
	struct kprobe *kp = probe(test, trap_load_at, param_way(test));

	good_word = 4711;
	seen.mend = mend_load;
	image.di = (unsigned long)kprobe_test_bad_address(test);
	kprobe_test_run(trap_load, &image);
	expect_fault(test, trap_load_at, X86_TRAP_PF, FLAGS_ON);
	expect_restart(test, kp);
	KUNIT_EXPECT_EQ(test, image.ax, 4711);
}

static void mend_divide(struct pt_regs *regs)
{
	regs->cx = 2;
}

static void divide_error_is_mended_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 9 };
	struct kprobe *kp = probe(test, trap_divide_at, param_way(test));

	seen.mend = mend_divide;
	kprobe_test_run(trap_divide, &image);
	expect_fault(test, trap_divide_at, X86_TRAP_DE, FLAGS_ON);
	expect_restart(test, kp);
	KUNIT_EXPECT_EQ(test, image.ax, 4);
}

static void mend_segment(struct pt_regs *regs)
{
	regs->ax = regs->bx;
}

static void general_protection_is_mended_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 0xfff8 };
	struct kprobe *kp = probe(test, trap_segment_at, param_way(test));

	seen.mend = mend_segment;
	kprobe_test_run(trap_segment, &image);
	expect_fault(test, trap_segment_at, X86_TRAP_GP, FLAGS_ON);
	expect_restart(test, kp);
}

static void mend_device(struct pt_regs *regs)
{
	native_write_cr0(native_read_cr0() & ~X86_CR0_TS);
}

static void device_not_available_is_mended_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF };
	struct kprobe *kp = probe(test, trap_x87_at, param_way(test));
	unsigned long irqs;

	seen.mend = mend_device;
	local_irq_save(irqs);
	write_cr0(read_cr0() | X86_CR0_TS);
	kprobe_test_run(trap_x87, &image);
	write_cr0(read_cr0() & ~X86_CR0_TS);
	local_irq_restore(irqs);
	expect_fault(test, trap_x87_at, X86_TRAP_NM, FLAGS_OFF);
	expect_restart(test, kp);
}

static void mend_x87(struct pt_regs *regs)
{
	asm volatile("fnclex");
}

static void x87_error_is_mended_r25(struct kunit *test)
{
	static u16 control = 0x33b;	/* the default, but dividing by zero traps */
	struct kprobe_test_image image = { .flags = FLAGS_ON, .di = (unsigned long)&control };
	struct kprobe *kp = probe(test, trap_x87_wait_at, param_way(test));

	seen.mend = mend_x87;
	kernel_fpu_begin();
	kprobe_test_run(trap_x87_wait, &image);
	kernel_fpu_end();
	expect_fault(test, trap_x87_wait_at, X86_TRAP_MF, FLAGS_ON);
	expect_restart(test, kp);
}

static void mend_undefined(struct pt_regs *regs)
{
	regs->ip = (unsigned long)trap_undefined_next;
}

/* Not every fault is mended by starting again. */
static void fault_handler_goes_elsewhere(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };

	probe(test, trap_undefined_at, param_way(test));
	seen.mend = mend_undefined;
	kprobe_test_run(trap_undefined, &image);
	expect_fault(test, trap_undefined_at, X86_TRAP_UD, FLAGS_ON);
	KUNIT_EXPECT_EQ(test, seen.pre, 1);
	KUNIT_EXPECT_EQ(test, seen.post, 0);
}

static void run_fixed_up(struct kunit *test, void *bad)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .di = (unsigned long)bad };

	kprobe_test_run(trap_fixed_up, &image);
	KUNIT_EXPECT_EQ(test, image.bx, 0x7777);
	KUNIT_EXPECT_EQ(test, image.flags & X86_EFLAGS_TF, 0);
}

/* The exception table has the instruction's own address, not the slot's. */
static void unmended_fault_goes_to_the_exception_table_r25(struct kunit *test)
{
	probe(test, trap_fixed_up_at, param_way(test));
	run_fixed_up(test, kprobe_test_bad_address(test));
	expect_fault(test, trap_fixed_up_at, X86_TRAP_PF, FLAGS_ON);
	KUNIT_EXPECT_EQ(test, seen.pre, 1);
	KUNIT_EXPECT_EQ(test, seen.post, 0);
}

static void fault_handlers_are_asked_until_one_mends(struct kunit *test)
{
	struct kprobe_test_probe *before, *behind;
	struct kprobe_test_image image = { .flags = FLAGS_ON };

	before = kprobe_test_probe(test, 'a', trap_load_at, KPROBE_TEST_FAULT);
	behind = kprobe_test_probe(test, 'b', trap_load_at, KPROBE_TEST_FAULT);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&before->kp));
	probe(test, trap_load_at, param_way(test));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&behind->kp));
	seen.mend = mend_load;
	image.di = (unsigned long)kprobe_test_bad_address(test);
	kprobe_test_run(trap_load, &image);
	KUNIT_EXPECT_STREQ(test, "!a", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, seen.fault, 1);
}

/* Many more faults than steps can be under way, then one of nobody's. */
static void step_state_reset_r5(struct kunit *test)
{
	void *bad = kprobe_test_bad_address(test);
	int i;
	u8 byte;

	probe(test, trap_fixed_up_at, param_way(test));
	for (i = 0; i < 20; i++)
		run_fixed_up(test, bad);
	KUNIT_EXPECT_EQ(test, seen.pre, 20);
	KUNIT_EXPECT_EQ(test, seen.fault, 20);
	KUNIT_EXPECT_EQ(test, -EFAULT, copy_from_kernel_nofault(&byte, bad, 1));
	KUNIT_EXPECT_EQ(test, seen.fault, 20);
	preempt_disable();
	KUNIT_EXPECT_NULL(test, kprobe_running());
	preempt_enable();
}

/* The flag of a debugger that traps user code on branches only. */
static bool set_blockstep(bool on)
{
	unsigned long long msr;

	if (rdmsrl_safe(MSR_IA32_DEBUGCTLMSR, &msr))
		return false;
	msr = on ? msr | DEBUGCTLMSR_BTF : msr & ~DEBUGCTLMSR_BTF;
	if (wrmsrl_safe(MSR_IA32_DEBUGCTLMSR, msr))
		return false;
	rdmsrl(MSR_IA32_DEBUGCTLMSR, msr);
	return !!(msr & DEBUGCTLMSR_BTF) == on;
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

	probe(test, trap_load_at, param_way(test));
	if (!blockstep_begin())
		kunit_skip(test, "needs a CPU that keeps DEBUGCTL.BTF");
	kprobe_test_run(trap_load, &image);
	kept = blockstep_end();
	KUNIT_EXPECT_TRUE(test, kept);
	KUNIT_EXPECT_EQ(test, seen.pre, 1);
	if (seen.post)
		KUNIT_EXPECT_EQ(test, seen.post_ip, (unsigned long)trap_load_next);
}

static void blockstep_survives_a_cancelled_step_r6(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };
	bool kept;

	probe(test, trap_fixed_up_at, param_way(test));
	image.di = (unsigned long)kprobe_test_bad_address(test);
	if (!blockstep_begin())
		kunit_skip(test, "needs a CPU that keeps DEBUGCTL.BTF");
	kprobe_test_run(trap_fixed_up, &image);
	kept = blockstep_end();
	KUNIT_EXPECT_TRUE(test, kept);
	KUNIT_EXPECT_EQ(test, image.bx, 0x7777);
}

static int loading_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF, .di = (unsigned long)seen.bad };

	kprobe_test_run(trap_load, &image);
	seen.pre++;
	return 0;
}

static void mend_handler(struct pt_regs *regs)
{
	regs->ip = (unsigned long)trap_load_next;
}

/* No exception table would: without the fault handler, this is an oops. */
static void fault_of_a_handler_is_mended_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 9, .cx = 3 };
	struct kprobe *kp = probe(test, trap_divide_at, param_way(test));

	unregister_kprobe(kp);
	kp->pre_handler = loading_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	seen.mend = mend_handler;
	seen.bad = kprobe_test_bad_address(test);
	kprobe_test_run(trap_divide, &image);
	expect_fault(test, trap_load_at, X86_TRAP_PF, FLAGS_OFF);
	KUNIT_EXPECT_EQ(test, seen.pre, 1);
	KUNIT_EXPECT_EQ(test, image.ax, 3);
}

static void mend_and_fault(struct pt_regs *regs)
{
	u8 byte;

	seen.err = copy_from_kernel_nofault(&byte, seen.bad, 1);
	mend_load(regs);
}

static void fault_in_fault_handler_is_not_its_own_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };
	struct kprobe *kp = probe(test, trap_load_at, param_way(test));

	seen.mend = mend_and_fault;
	seen.bad = kprobe_test_bad_address(test);
	image.di = (unsigned long)seen.bad;
	kprobe_test_run(trap_load, &image);
	expect_fault(test, trap_load_at, X86_TRAP_PF, FLAGS_ON);
	expect_restart(test, kp);
	KUNIT_EXPECT_EQ(test, seen.err, -EFAULT);
}

static void disabled_in_the_midst_of_steps_r26(struct kunit *test)
{
	if (param_way(test) == KPROBE_WAY_BOOST)
		kunit_skip(test, "a boosted instruction has no post-handler");
	kprobe_forced_way = param_way(test);
	kprobe_test_pairing(test, kprobe_test_target);
}

ASM_FUNCTION(trap_late, AT("nop") ASM_RET);
ASM_FUNCTION(trap_foreign, AT("int3") ASM_RET);

static int take_breakpoint(u8 *at, unsigned int cs, unsigned long *ip)
{
	struct pt_regs regs = { .ip = (unsigned long)at + 1, .cs = cs };
	unsigned long irqs;
	int ours;

	local_irq_save(irqs);
	ours = kprobe_int3_handler(&regs);
	local_irq_restore(irqs);
	*ip = regs.ip;
	return ours;
}

/* It was fetched before its probe was removed: what is there now is executed. */
static void late_breakpoint_r27(struct kunit *test)
{
	unsigned long ip;

	KUNIT_EXPECT_EQ(test, 1, take_breakpoint(trap_late_at, __KERNEL_CS, &ip));
	KUNIT_EXPECT_EQ(test, ip, (unsigned long)trap_late_at);
}

static void foreign_breakpoint_is_left_alone(struct kunit *test)
{
	unsigned long ip;

	KUNIT_EXPECT_EQ(test, 0, take_breakpoint(trap_foreign_at, __KERNEL_CS, &ip));
	KUNIT_EXPECT_EQ(test, ip, (unsigned long)trap_foreign_at + 1);
}

static void user_breakpoint_is_left_alone(struct kunit *test)
{
	unsigned long ip;

	probe(test, trap_late_at, KPROBE_WAY_AUTO);
	KUNIT_EXPECT_EQ(test, 0, take_breakpoint(trap_late_at, __USER_CS, &ip));
	KUNIT_EXPECT_EQ(test, ip, (unsigned long)trap_late_at + 1);
	KUNIT_EXPECT_EQ(test, seen.pre, 0);
}

static struct kunit_case kprobe_trap_cases[] = {
	KUNIT_CASE_PARAM(page_fault_is_mended_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(divide_error_is_mended_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(general_protection_is_mended_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(device_not_available_is_mended_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(x87_error_is_mended_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(fault_handler_goes_elsewhere, stepping_gen_params),
	KUNIT_CASE_PARAM(unmended_fault_goes_to_the_exception_table_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(fault_handlers_are_asked_until_one_mends, stepping_gen_params),
	KUNIT_CASE_PARAM(step_state_reset_r5, stepping_gen_params),
	KUNIT_CASE_PARAM(blockstep_survives_a_step_r6, stepping_gen_params),
	KUNIT_CASE_PARAM(blockstep_survives_a_cancelled_step_r6, stepping_gen_params),
	KUNIT_CASE_PARAM(fault_of_a_handler_is_mended_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(fault_in_fault_handler_is_not_its_own_r25, stepping_gen_params),
	KUNIT_CASE_PARAM(disabled_in_the_midst_of_steps_r26, stepping_gen_params),
	KUNIT_CASE(late_breakpoint_r27),
	KUNIT_CASE(foreign_breakpoint_is_left_alone),
	KUNIT_CASE(user_breakpoint_is_left_alone),
	{ }
};

static struct kunit_suite kprobe_trap_suite = {
	.name = "kprobe_trap",
	.exit = trap_test_exit,
	.test_cases = kprobe_trap_cases,
};

kunit_test_suite(kprobe_trap_suite);
