// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of an NMI in the midst of a hit. The probed instruction is the
 * one that sends the NMI, so it comes as early as can be: before or at the trap
 * behind the copy. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/uaccess.h>
#include <asm/apic.h>
#include <asm/nmi.h>

#include "test.h"

static struct kprobe_test_seen *const seen = &kprobe_test_seen;

/* Writes to the interrupt command register. */
ASM_FUNCTION(nmi_send, AT("mov %eax, (" DI ")") "mov $1, %ecx\n" ASM_RET);
/* What the NMI's handler runs into. */
ASM_FUNCTION(nmi_inner, AT("add $5, %eax") "nop\nnop\n" ASM_RET);

static struct {
	int nmis, pre, post, err, faults_before;
	unsigned long ax;
} inner;

static int inner_pre(struct kprobe *kp, struct pt_regs *regs)
{
	inner.pre++;
	return 0;
}

static void inner_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	inner.post++;
}

static int nmi_handler(unsigned int reason, struct pt_regs *regs)
{
	struct kprobe_test_image image = { .flags = X86_EFLAGS_FIXED, .ax = 37 };

	inner.nmis++;
	kprobe_test_run(nmi_inner, &image);
	inner.ax = image.ax;
	return NMI_HANDLED;
}

/* Stepped under the trap flag, if that can be: two steps are under way then. */
static struct kprobe *probe_inner(struct kunit *test)
{
	struct kprobe *kp = kprobe_test_stepped(test, nmi_inner_at, KPROBE_WAY_TRAP);

	unregister_kprobe(kp);
	memset(&inner, 0, sizeof(inner));
	kp->pre_handler = inner_pre;
	kp->post_handler = inner_post;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void send_nmi(struct kprobe_test_image *image)
{
	guard(irqsave)();
	apic_write(APIC_ICR2, SET_XAPIC_DEST_FIELD(read_apic_id()));
	image->di = APIC_BASE + APIC_ICR;
	kprobe_test_run(nmi_send, image);
}

/* One NMI, whose handler comes to the inner probe, and goes on behind it. */
static void take_nmi(struct kunit *test, struct kprobe_test_image *image)
{
	*image = (struct kprobe_test_image) { .flags = X86_EFLAGS_FIXED, .ax = APIC_DM_NMI };
	KUNIT_ASSERT_EQ(test, 0, register_nmi_handler(NMI_LOCAL, nmi_handler, NMI_FLAG_FIRST,
						      "kprobe_test"));
	send_nmi(image);
	unregister_nmi_handler(NMI_LOCAL, "kprobe_test");
	KUNIT_EXPECT_EQ(test, inner.nmis, 1);
	KUNIT_EXPECT_EQ(test, inner.ax, 42);
}

static void send_nmi_to_probe(struct kunit *test, struct kprobe *kp, struct kprobe *kp_inner)
{
	struct kprobe_test_image image;

	take_nmi(test, &image);
	KUNIT_EXPECT_EQ(test, image.cx, 1);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post, kp->post_handler ? 1 : 0);
	if (seen->post)
		KUNIT_EXPECT_EQ(test, seen->post_ip, (unsigned long)nmi_send_next);
	/* A hit or a miss, as the CPU has it. */
	KUNIT_EXPECT_EQ(test, inner.pre + kp_inner->nmissed, 1);
	KUNIT_EXPECT_EQ(test, inner.post, inner.pre);
}

static void need_apic(struct kunit *test)
{
	if (!boot_cpu_has(X86_FEATURE_APIC) || apic_is_disabled || x2apic_mode)
		kunit_skip(test, "needs a local APIC in memory");
}

static void nmi_at_the_trap_of_a_step_r24(struct kunit *test)
{
	struct kprobe *kp_inner;

	need_apic(test);
	kp_inner = probe_inner(test);
	send_nmi_to_probe(test, kprobe_test_stepped(test, nmi_send_at, kprobe_test_stepping(test)),
			  kp_inner);
	/* On x86-64 an NMI has its own stack, on which the trap flag is not used. */
	if (IS_ENABLED(CONFIG_X86_64))
		KUNIT_EXPECT_EQ(test, inner.pre, 0);
}

/* With a post-handler it comes between the two calls of the detour. */
static void nmi_in_a_detour_r24(struct kunit *test)
{
	struct kprobe *kp, *kp_inner;
	int has_post;

	need_apic(test);
	kp_inner = probe_inner(test);
	unregister_kprobe(kp_inner);
	kprobe_test_any_way(test);
	for (has_post = 0; has_post < 2; has_post++) {
		memset(&inner, 0, sizeof(inner));
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp_inner));
		kp = kprobe_test_watched(test, nmi_send_at, has_post);
		kprobe_test_hurry();
		KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
		KUNIT_EXPECT_EQ(test, kprobe_test_state(kp_inner), KPROBE_OPTIMIZED);
		send_nmi_to_probe(test, kp, kp_inner);
		unregister_kprobe(kp);
		unregister_kprobe(kp_inner);
	}
}

/*
 * Nothing else is under way. What has to be stepped under the trap flag, as with
 * GS that is loaded, cannot be stepped there; on i386 it can.
 */
static void no_step_in_an_nmi_r24(struct kunit *test)
{
	struct kprobe_test_image image;
	struct kprobe *kp;

	need_apic(test);
	kp = probe_inner(test);
	kprobe_test_note_missed();
	take_nmi(test, &image);
	KUNIT_EXPECT_EQ(test, kp->nmissed, IS_ENABLED(CONFIG_X86_64) ? 1 : 0);
	KUNIT_EXPECT_EQ(test, inner.pre, IS_ENABLED(CONFIG_X86_64) ? 0 : 1);
	kprobe_test_expect_missed(test, KPROBE_MISSED_NO_STEP, kp->nmissed);
}

/* What it reads faults, in the handler and in the NMI that interrupts the handler. */
static int faulting_nmi_handler(unsigned int reason, struct pt_regs *regs)
{
	u8 byte;

	inner.nmis++;
	inner.err = copy_from_kernel_nofault(&byte, seen->bad, 1);
	return NMI_HANDLED;
}

static int interrupted_pre(struct kprobe *kp, struct pt_regs *regs)
{
	u8 byte;

	seen->pre++;
	seen->err = copy_from_kernel_nofault(&byte, seen->bad, 1);
	inner.faults_before = seen->fault;
	apic_write(APIC_ICR2, SET_XAPIC_DEST_FIELD(read_apic_id()));
	apic_write(APIC_ICR, APIC_DM_NMI);
	return 0;
}

static void fault_of_an_nmi_in_a_handler_r36(struct kunit *test)
{
	bool jump = *(const bool *)test->param_value;
	struct kprobe *kp;

	need_apic(test);
	if (!jump)
		kprobe_test_no_jumps(test);
	kp = kprobe_test_watched(test, nmi_inner_at, false);
	unregister_kprobe(kp);
	memset(&inner, 0, sizeof(inner));
	seen->bad = kprobe_test_bad_address(test);
	kp->pre_handler = interrupted_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_hurry();
	KUNIT_ASSERT_EQ(test, kprobe_test_state(kp), jump ? KPROBE_OPTIMIZED : KPROBE_ARMED);
	KUNIT_ASSERT_EQ(test, 0, register_nmi_handler(NMI_LOCAL, faulting_nmi_handler,
						      NMI_FLAG_FIRST, "kprobe_test"));
	nmi_inner();
	unregister_nmi_handler(NMI_LOCAL, "kprobe_test");
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->err, -EFAULT);
	KUNIT_EXPECT_EQ(test, inner.nmis, 1);
	KUNIT_EXPECT_EQ(test, inner.err, -EFAULT);
	KUNIT_EXPECT_EQ(test, inner.faults_before, 1);
	KUNIT_EXPECT_EQ(test, seen->fault, 1);
}

static const bool nmi_jumps[] = { false, true };

static void nmi_jump_name(const bool *jump, char *name)
{
	strscpy(name, *jump ? "jump" : "breakpoint", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(nmi_jump, nmi_jumps, nmi_jump_name);
KUNIT_ARRAY_PARAM_DESC(kprobe_stepping, kprobe_steppings, name);

static struct kunit_case kprobe_nmi_cases[] = {
	KUNIT_CASE(no_step_in_an_nmi_r24),
	KUNIT_CASE_PARAM(nmi_at_the_trap_of_a_step_r24, kprobe_stepping_gen_params),
	KUNIT_CASE(nmi_in_a_detour_r24),
	KUNIT_CASE_PARAM(fault_of_an_nmi_in_a_handler_r36, nmi_jump_gen_params),
	{ }
};

static struct kunit_suite kprobe_nmi_suite = {
	.name = "kprobe_nmi",
	.init = kprobe_test_needs_privilege,
	.exit = kprobe_test_any_way,
	.test_cases = kprobe_nmi_cases,
};

kunit_test_suite(kprobe_nmi_suite);
