// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of breakpoints and exceptions: faults of a probed instruction and
 * of a handler, mended or not; breakpoints of nobody. rN in a name: a class of
 * bug, see ../../../../kernel/kprobes/test.h.
 */
#include <linux/uaccess.h>
#include <asm/fpu/api.h>
#include <asm/special_insns.h>
#include <asm/trapnr.h>

#include "test.h"

#define FLAGS_ON	(X86_EFLAGS_FIXED | X86_EFLAGS_IF)
#define FLAGS_OFF	X86_EFLAGS_FIXED

static struct kprobe_test_seen *const seen = &kprobe_test_seen;

static unsigned long good_word;

/* One fault at the instruction, which left the flags of the caller alone. */
static void expect_fault(struct kunit *test, u8 *at, int trapnr, unsigned long flags)
{
	const unsigned long stepping = X86_EFLAGS_TF | X86_EFLAGS_IF;

	KUNIT_EXPECT_EQ(test, seen->fault, 1);
	KUNIT_EXPECT_EQ(test, seen->trapnr, trapnr);
	KUNIT_EXPECT_EQ(test, seen->fault_ip, (unsigned long)at);
	KUNIT_EXPECT_EQ(test, seen->fault_flags & stepping, flags & stepping);
}

/* When it is mended, the instruction starts again, which is another hit. */
static void expect_restart(struct kunit *test, struct kprobe *kp)
{
	KUNIT_EXPECT_EQ(test, seen->pre, 2);
	KUNIT_EXPECT_EQ(test, seen->post, kp->post_handler ? 1 : 0);
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

/* What load_unaligned_zeropad() does; and where a jump can take its place. */
ASM_FUNCTION(trap_zeropad,
	AT("mov (" DI "), " AX)
	"or $2, %bl\n"
	ASM_RET
	_ASM_EXTABLE_TYPE(771b, 773b, EX_TYPE_ZEROPAD));
ASM_FUNCTION(trap_zeropad_jump,
	AT("{disp32} mov 0(" DI "), " AX)
	"or $2, %bl\n"
	ASM_RET
	_ASM_EXTABLE_TYPE(771b, 773b, EX_TYPE_ZEROPAD));

static void mend_load(struct pt_regs *regs)
{
	regs->di = (unsigned long)&good_word;
}

static void page_fault_is_mended_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };
	struct kprobe *kp = kprobe_test_stepped(test, trap_load_at, kprobe_test_stepping(test));

	good_word = 4711;
	seen->mend = mend_load;
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
	struct kprobe *kp = kprobe_test_stepped(test, trap_divide_at, kprobe_test_stepping(test));

	seen->mend = mend_divide;
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
	struct kprobe *kp = kprobe_test_stepped(test, trap_segment_at, kprobe_test_stepping(test));

	seen->mend = mend_segment;
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
	struct kprobe *kp = kprobe_test_stepped(test, trap_x87_at, kprobe_test_stepping(test));
	unsigned long irqs;

	seen->mend = mend_device;
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
	struct kprobe *kp = kprobe_test_stepped(test, trap_x87_wait_at, kprobe_test_stepping(test));

	seen->mend = mend_x87;
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

	kprobe_test_stepped(test, trap_undefined_at, kprobe_test_stepping(test));
	seen->mend = mend_undefined;
	kprobe_test_run(trap_undefined, &image);
	expect_fault(test, trap_undefined_at, X86_TRAP_UD, FLAGS_ON);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post, 0);
}

ASM_FUNCTION_TO(trap_indirect,
	ANNOTATE_RETPOLINE_SAFE "\n"
	AT("jmp *(" DI ")")
	"int3\n"
	TO
	ASM_ENDBR
	"mov $12, %eax\n"
	ASM_RET);

static void *trap_target = trap_indirect_to;

static void mend_indirect(struct pt_regs *regs)
{
	regs->di = (unsigned long)&trap_target;
}

/* Emulated, it reads memory; the fault is the instruction's all the same. */
static void indirect_branch_through_bad_memory_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };
	struct kprobe *kp = kprobe_test_stepped(test, trap_indirect_at, KPROBE_WAY_EMULATE);

	seen->mend = mend_indirect;
	image.di = (unsigned long)kprobe_test_bad_address(test);
	kprobe_test_run(trap_indirect, &image);
	expect_fault(test, trap_indirect_at, X86_TRAP_PF, FLAGS_ON);
	expect_restart(test, kp);
	KUNIT_EXPECT_EQ(test, seen->post_ip, (unsigned long)trap_indirect_to);
	KUNIT_EXPECT_EQ(test, image.ax, 12);
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
	kprobe_test_stepped(test, trap_fixed_up_at, kprobe_test_stepping(test));
	run_fixed_up(test, kprobe_test_bad_address(test));
	expect_fault(test, trap_fixed_up_at, X86_TRAP_PF, FLAGS_ON);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post, 0);
}

static void fault_handlers_are_asked_until_one_mends(struct kunit *test)
{
	struct kprobe_test_probe *before, *behind;
	struct kprobe_test_image image = { .flags = FLAGS_ON };

	before = kprobe_test_probe(test, 'a', trap_load_at, KPROBE_TEST_FAULT);
	behind = kprobe_test_probe(test, 'b', trap_load_at, KPROBE_TEST_FAULT);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&before->kp));
	kprobe_test_stepped(test, trap_load_at, kprobe_test_stepping(test));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&behind->kp));
	seen->mend = mend_load;
	image.di = (unsigned long)kprobe_test_bad_address(test);
	kprobe_test_run(trap_load, &image);
	KUNIT_EXPECT_STREQ(test, "!b", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, seen->fault, 1);
}

static int loading_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF, .di = (unsigned long)seen->bad };

	kprobe_test_run(trap_load, &image);
	seen->pre++;
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
	struct kprobe *kp = kprobe_test_stepped(test, trap_divide_at, kprobe_test_stepping(test));

	unregister_kprobe(kp);
	kp->pre_handler = loading_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	seen->mend = mend_handler;
	seen->bad = kprobe_test_bad_address(test);
	kprobe_test_run(trap_divide, &image);
	expect_fault(test, trap_load_at, X86_TRAP_PF, FLAGS_OFF);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, image.ax, 3);
}

static void mend_and_fault(struct pt_regs *regs)
{
	u8 byte;

	seen->err = copy_from_kernel_nofault(&byte, seen->bad, 1);
	mend_load(regs);
}

static void fault_in_fault_handler_is_not_its_own_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };
	struct kprobe *kp = kprobe_test_stepped(test, trap_load_at, kprobe_test_stepping(test));

	seen->mend = mend_and_fault;
	seen->bad = kprobe_test_bad_address(test);
	image.di = (unsigned long)seen->bad;
	kprobe_test_run(trap_load, &image);
	expect_fault(test, trap_load_at, X86_TRAP_PF, FLAGS_ON);
	expect_restart(test, kp);
	KUNIT_EXPECT_EQ(test, seen->err, -EFAULT);
}

#ifdef CONFIG_X86_KERNEL_IBT
/* An indirect branch to where no ENDBR is. */
ASM_FUNCTION(trap_no_endbr,
	"lea 771f(%rip), %rax\n"
	ANNOTATE_RETPOLINE_SAFE "\n"
	"jmp *%rax\n"
	"int3\n"
	AT("nop")
	ASM_RET);

static int branching_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF };

	kprobe_test_run(trap_no_endbr, &image);
	seen->pre++;
	return 0;
}

static void mend_nothing(struct pt_regs *regs)
{
}

/* The branch is over: what is executed again is the instruction that it leads to. */
static void missing_endbr_is_mended_r31(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 9, .cx = 3 };
	struct kprobe *kp;

	if (!cpu_feature_enabled(X86_FEATURE_IBT))
		kunit_skip(test, "the CPU has no IBT");
	kp = kprobe_test_stepped(test, trap_divide_at, kprobe_test_stepping(test));
	unregister_kprobe(kp);
	kp->pre_handler = branching_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	seen->mend = mend_nothing;
	kprobe_test_run(trap_divide, &image);
	expect_fault(test, trap_no_endbr_at, X86_TRAP_CP, FLAGS_OFF);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, image.ax, 3);
}
#else
static void missing_endbr_is_mended_r31(struct kunit *test)
{
	kunit_skip(test, "a kernel without IBT");
}
#endif

/*
 * A machine check finds the CPU in the slot, if the instruction there has read bad
 * memory: the exception table has the address of the original. A machine check is
 * not to be had here, so this is what its handler calls.
 */
static void machine_check_goes_to_the_exception_table_r31(struct kunit *test)
{
	struct kprobe *kp = kprobe_test_stepped(test, trap_fixed_up_at, KPROBE_WAY_BOOST);
	struct pt_regs regs = { .cs = __KERNEL_CS };

	scoped_guard(mutex, &kprobe_mutex)
		regs.ip = (unsigned long)kprobe_site_of(kp)->arch.boost->code;
	scoped_guard(irqsave) {
		guard(rcu)();
		KUNIT_EXPECT_EQ(test, kprobe_original_ip(regs.ip), (unsigned long)trap_fixed_up_at);
		KUNIT_EXPECT_EQ(test, fixup_exception(&regs, X86_TRAP_MC, 0, 0), 1);
	}
	/* There is a MOV to EBX. */
	KUNIT_EXPECT_EQ(test, *(u8 *)regs.ip, 0xbb);
	KUNIT_EXPECT_EQ(test, seen->fault, 0);
}

/* Where no instruction was executed from a copy, nothing changes. */
static void machine_check_elsewhere_r31(struct kunit *test)
{
	struct pt_regs regs = { .cs = __KERNEL_CS, .ip = (unsigned long)trap_divide_at };

	scoped_guard(irqsave) {
		guard(rcu)();
		KUNIT_EXPECT_EQ(test, kprobe_original_ip(regs.ip), (unsigned long)trap_divide_at);
		KUNIT_EXPECT_EQ(test, fixup_exception(&regs, X86_TRAP_MC, 0, 0), 0);
	}
	KUNIT_EXPECT_EQ(test, regs.ip, (unsigned long)trap_divide_at);
}

ASM_FUNCTION(trap_late, AT("nop") ASM_RET);
ASM_FUNCTION(trap_foreign, AT("int3") ASM_RET);

static int take_breakpoint(u8 *at, unsigned int cs, unsigned long *ip)
{
	struct pt_regs regs = { .ip = (unsigned long)at + 1, .cs = cs };
	int ours;

	scoped_guard(irqsave) {
		/* In an exception, which is like an NMI, nobody would ask. */
		guard(rcu)();
		ours = kprobe_int3_handler(&regs);
	}
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

	kprobe_test_stepped(test, trap_late_at, KPROBE_WAY_AUTO);
	KUNIT_EXPECT_EQ(test, 0, take_breakpoint(trap_late_at, __USER_CS, &ip));
	KUNIT_EXPECT_EQ(test, ip, (unsigned long)trap_late_at + 1);
	KUNIT_EXPECT_EQ(test, seen->pre, 0);
}

static bool is_near(unsigned long ip)
{
	const struct pt_regs regs = { .ip = ip };

	guard(preempt)();
	return kprobe_is_near(&regs);
}

/* Nothing is looked up for an exception that cannot be of a hit. */
static void exception_far_from_probes_r38(struct kunit *test)
{
	struct kprobe *kp = kprobe_test_stepped(test, trap_load_at, KPROBE_WAY_BOOST);
	unsigned long page;
	char type, name[KSYM_NAME_LEN];
	unsigned int nr;
	bool in_handler;

	KUNIT_EXPECT_FALSE(test, is_near((unsigned long)copy_from_kernel_nofault));
	KUNIT_EXPECT_FALSE(test, is_near((unsigned long)trap_load_at));
	for (nr = 0; !kprobe_get_kallsym(nr, &page, &type, name); nr++) {
		KUNIT_EXPECT_TRUE(test, is_near(page));
		KUNIT_EXPECT_TRUE(test, is_near(page + PAGE_SIZE - 1));
	}
	KUNIT_EXPECT_GT(test, nr, 0);

	preempt_disable();
	__this_cpu_write(current_kprobe, kp);
	in_handler = is_near((unsigned long)copy_from_kernel_nofault);
	__this_cpu_write(current_kprobe, NULL);
	preempt_enable();
	KUNIT_EXPECT_TRUE(test, in_handler);
}

ASM_FUNCTION_TO(trap_sti_hlt, AT("sti") TO "hlt\n" ASM_RET);
ASM_FUNCTION(trap_sti, AT("sti") "nop\n" ASM_RET);

/* What the halt waits for would come before it: it is over at once, too. */
static void sti_goes_with_its_halt_r32(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF };
	unsigned long halt = (unsigned long)trap_sti_hlt_to;

	/* objtool: the address after it is not one to be called. */
	OPTIMIZER_HIDE_VAR(halt);
	kprobe_test_needs_privilege(test);
	kprobe_test_watched(test, trap_sti_hlt_at, true);
	kprobe_test_run(trap_sti_hlt, &image);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post_ip, halt + 1);
}

/* A probe on the halt is not passed over: it is over at once when it is hit. */
static void halt_after_sti_is_hit_r32(struct kunit *test)
{
	struct kprobe_test_probe *halt = kprobe_test_probe(test, 'h', trap_sti_hlt_to,
							   KPROBE_TEST_PRE);
	struct kprobe_test_image image = { .flags = FLAGS_OFF };

	kprobe_test_needs_privilege(test);
	kprobe_test_watched(test, trap_sti_hlt_at, true);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&halt->kp));
	kprobe_test_run(trap_sti_hlt, &image);
	KUNIT_EXPECT_EQ(test, seen->post_ip, (unsigned long)trap_sti_hlt_to);
	KUNIT_EXPECT_STREQ(test, "h", kprobe_test_trace());
}

static void sti_without_a_halt_r32(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF };

	kprobe_test_needs_privilege(test);
	kprobe_test_watched(test, trap_sti_at, true);
	kprobe_test_run(trap_sti, &image);
	KUNIT_EXPECT_EQ(test, seen->post_ip, (unsigned long)trap_sti_next);
}

/* The last three bytes of a page, after which there is none. */
static void expect_zeropad(struct kunit *test, void (*func)(void))
{
	u8 *end = kprobe_test_bad_address(test);
	struct kprobe_test_image image = { .flags = FLAGS_ON, .di = (unsigned long)end - 3 };

	end[-3] = 0x11;
	end[-2] = 0x22;
	end[-1] = 0x33;
	seen->pre = 0;
	kprobe_test_run(func, &image);
	KUNIT_EXPECT_EQ(test, image.ax, 0x332211);
	KUNIT_EXPECT_EQ(test, image.bx, 2);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
}

static void fixup_decodes_the_instruction_r45(struct kunit *test)
{
	kprobe_test_stepped(test, trap_zeropad_at, kprobe_test_stepping(test));
	expect_zeropad(test, trap_zeropad);
}

/* A probe on the instruction after it is none of its bytes, nor is its jump. */
static void fixup_decodes_beside_others_r45(struct kunit *test)
{
	struct kprobe_test_probe *next = kprobe_test_probe(test, 'n', trap_zeropad_next,
							   KPROBE_TEST_PRE);

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&next->kp));
	kprobe_test_watched(test, trap_zeropad_at, false);
	kprobe_test_hurry();
	expect_zeropad(test, trap_zeropad);
	KUNIT_EXPECT_STREQ(test, "n", kprobe_test_trace());
}

static void fixup_decodes_under_a_jump_r45(struct kunit *test)
{
	struct kprobe *kp;

	kprobe_test_needs_privilege(test);
	kp = kprobe_test_watched(test, trap_zeropad_jump_at, false);
	kprobe_test_hurry();
	KUNIT_ASSERT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	expect_zeropad(test, trap_zeropad_jump);
}

/* From before, within and after what is probed. */
static void text_is_read_without_probes_r45(struct kunit *test)
{
	static u8 *const places[] = { trap_zeropad_at, trap_zeropad_jump_at };
	u8 text[MAX_INSN_SIZE];
	u8 original[40];
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(places); i++) {
		u8 *from = places[i] - 4;

		memcpy(original, from, sizeof(original));
		kprobe_test_watched(test, places[i], false);
		kprobe_test_hurry();
		KUNIT_EXPECT_MEMNEQ(test, original, from, sizeof(original));
		for (j = 0; j <= sizeof(original) - sizeof(text); j++) {
			KUNIT_ASSERT_EQ(test, 0, kprobe_read_text(text, (unsigned long)from + j,
								  sizeof(text)));
			KUNIT_EXPECT_MEMEQ(test, text, original + j, sizeof(text));
		}
	}
	KUNIT_EXPECT_EQ(test, -EFAULT,
			kprobe_read_text(text, (unsigned long)kprobe_test_bad_address(test), 1));
}

KUNIT_ARRAY_PARAM_DESC(kprobe_stepping, kprobe_steppings, name);

static struct kunit_case kprobe_trap_cases[] = {
	KUNIT_CASE_PARAM(page_fault_is_mended_r25, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(divide_error_is_mended_r25, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(general_protection_is_mended_r25, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(device_not_available_is_mended_r25, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(x87_error_is_mended_r25, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(fault_handler_goes_elsewhere, kprobe_stepping_gen_params),
	KUNIT_CASE(indirect_branch_through_bad_memory_r25),
	KUNIT_CASE_PARAM(unmended_fault_goes_to_the_exception_table_r25,
			 kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(fault_handlers_are_asked_until_one_mends, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(fault_of_a_handler_is_mended_r25, kprobe_stepping_gen_params),
	KUNIT_CASE_PARAM(fault_in_fault_handler_is_not_its_own_r25, kprobe_stepping_gen_params),
	KUNIT_CASE(exception_far_from_probes_r38),
	KUNIT_CASE_PARAM(missing_endbr_is_mended_r31, kprobe_stepping_gen_params),
	KUNIT_CASE(machine_check_goes_to_the_exception_table_r31),
	KUNIT_CASE(machine_check_elsewhere_r31),
	KUNIT_CASE(sti_goes_with_its_halt_r32),
	KUNIT_CASE(halt_after_sti_is_hit_r32),
	KUNIT_CASE(sti_without_a_halt_r32),
	KUNIT_CASE_PARAM(fixup_decodes_the_instruction_r45, kprobe_stepping_gen_params),
	KUNIT_CASE(fixup_decodes_beside_others_r45),
	KUNIT_CASE(fixup_decodes_under_a_jump_r45),
	KUNIT_CASE(text_is_read_without_probes_r45),
	KUNIT_CASE(late_breakpoint_r27),
	KUNIT_CASE(foreign_breakpoint_is_left_alone),
	KUNIT_CASE(user_breakpoint_is_left_alone),
	{ }
};

static struct kunit_suite kprobe_trap_suite = {
	.name = "kprobe_trap",
	.exit = kprobe_test_any_way,
	.test_cases = kprobe_trap_cases,
};

kunit_test_suite(kprobe_trap_suite);
