// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of an NMI in the midst of a hit. The probed instruction is the
 * one that sends the NMI, so it comes as early as can be: before or at the trap
 * behind the copy. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <asm/apic.h>
#include <asm/nmi.h>

#include "test.h"

static const struct nmi_param {
	const char *name;
	enum kprobe_way way;
} nmi_params[] = {
	{ "boost", KPROBE_WAY_BOOST },
	{ "breakpoint", KPROBE_WAY_BREAKPOINT },
	{ "trap", KPROBE_WAY_TRAP },
};

KUNIT_ARRAY_PARAM_DESC(nmi, nmi_params, name);

/* Writes to the interrupt command register. */
ASM_FUNCTION(nmi_send, AT("mov %eax, (" DI ")") "mov $1, %ecx\n" ASM_RET);
/* What the NMI's handler runs into. */
ASM_FUNCTION(nmi_inner, AT("add $5, %eax") ASM_RET);

static struct {
	int nmis;
	int outer_pre, outer_post, inner_pre, inner_post;
	unsigned long inner_ax, post_ip;
} seen;

static int outer_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen.outer_pre++;
	return 0;
}

static void outer_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen.outer_post++;
	seen.post_ip = regs->ip;
}

static int inner_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen.inner_pre++;
	return 0;
}

static void inner_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen.inner_post++;
}

static int nmi_handler(unsigned int reason, struct pt_regs *regs)
{
	struct kprobe_test_image image = { .flags = X86_EFLAGS_FIXED, .ax = 37 };

	seen.nmis++;
	kprobe_test_run(nmi_inner, &image);
	seen.inner_ax = image.ax;
	return NMI_HANDLED;
}

static struct kprobe *probe(struct kunit *test, u8 *at, kprobe_pre_handler_t pre,
			    kprobe_post_handler_t post)
{
	struct kprobe *kp = kunit_kzalloc(test, sizeof(*kp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kp);
	kprobe_test_own(test, kp);
	kp->addr = at;
	kp->pre_handler = pre;
	kp->post_handler = post;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void nmi_at_the_trap_of_a_step_r24(struct kunit *test)
{
	enum kprobe_way way = ((const struct nmi_param *)test->param_value)->way;
	struct kprobe_test_image image = { .flags = X86_EFLAGS_FIXED, .ax = APIC_DM_NMI };
	bool has_post = way != KPROBE_WAY_BOOST;
	struct kprobe *inner;
	unsigned long irqs;

	if (!boot_cpu_has(X86_FEATURE_APIC) || apic_is_disabled || x2apic_mode)
		kunit_skip(test, "needs a local APIC in memory");
	memset(&seen, 0, sizeof(seen));
	kprobe_forced_way = way;
	probe(test, nmi_send_at, outer_pre, has_post ? outer_post : NULL);
	/* Stepped as well: two steps are under way then. */
	kprobe_forced_way = KPROBE_WAY_TRAP;
	inner = probe(test, nmi_inner_at, inner_pre, inner_post);
	KUNIT_ASSERT_EQ(test, 0, register_nmi_handler(NMI_LOCAL, nmi_handler, NMI_FLAG_FIRST,
						      "kprobe_test"));

	local_irq_save(irqs);
	apic_write(APIC_ICR2, SET_XAPIC_DEST_FIELD(read_apic_id()));
	image.di = APIC_BASE + APIC_ICR;
	kprobe_test_run(nmi_send, &image);
	local_irq_restore(irqs);
	unregister_nmi_handler(NMI_LOCAL, "kprobe_test");

	KUNIT_EXPECT_EQ(test, seen.nmis, 1);
	KUNIT_EXPECT_EQ(test, seen.inner_ax, 42);
	KUNIT_EXPECT_EQ(test, image.cx, 1);
	KUNIT_EXPECT_EQ(test, seen.outer_pre, 1);
	KUNIT_EXPECT_EQ(test, seen.outer_post, has_post);
	if (has_post)
		KUNIT_EXPECT_EQ(test, seen.post_ip, (unsigned long)nmi_send_next);
	/* A hit or a miss, as the CPU has it. */
	KUNIT_EXPECT_EQ(test, seen.inner_pre + inner->nmissed, 1);
	KUNIT_EXPECT_EQ(test, seen.inner_post, seen.inner_pre);
	kunit_info(test, "the NMI's own hit was %s", seen.inner_pre ? "made" : "missed");
}

static void nmi_test_exit(struct kunit *test)
{
	kprobe_forced_way = KPROBE_WAY_AUTO;
}

static struct kunit_case kprobe_nmi_cases[] = {
	KUNIT_CASE_PARAM(nmi_at_the_trap_of_a_step_r24, nmi_gen_params),
	{ }
};

static struct kunit_suite kprobe_nmi_suite = {
	.name = "kprobe_nmi",
	.exit = nmi_test_exit,
	.test_cases = kprobe_nmi_cases,
};

kunit_test_suite(kprobe_nmi_suite);
