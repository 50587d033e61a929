// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions under a probe, mended by its fault handler (articles' row S12).
 *
 * Three functions of this module each hold one instruction that cannot be
 * executed: it reads through a null pointer (page fault), loads a segment
 * register with a selector that does not exist (general protection fault), or
 * uses the FPU while it is switched off (device not available). Without a
 * probe, each of them would be an oops. With one, the fault handler is called
 * with the trap number, puts right what was wrong, and returns 1: the kernel
 * goes on at regs->ip, which is still the instruction. It is executed again,
 * hits the probe again, and this time succeeds. In the fourth case it is a
 * pre-handler that reads through the null pointer.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irqflags.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <asm/processor-flags.h>
#include <asm/segment.h>
#include <asm/special_insns.h>

#define GOOD_WORD	0x600d
#define BAD_SELECTOR	0xfff8	/* far beyond the end of the GDT */

static unsigned long good_word = GOOD_WORD;
static unsigned short good_selector;
static unsigned long handler_word;
static unsigned int hits;

/* The instructions under a probe: labels in the functions below. */
extern kprobe_opcode_t load_word_insn[], load_selector_insn[], use_fpu_insn[];

#define PROBED(label)	ANNOTATE_NOENDBR "\n" #label ":\n\t"

/* The pointer is in the same register on 32 and on 64 bits: di. */
#define LOAD_NULL(label)						\
({									\
	unsigned long *pointer = NULL;					\
	unsigned long word;						\
									\
	asm volatile(label "mov (%1), %0"				\
		     : "=a" (word), "+D" (pointer) : : "memory");	\
	word;								\
})

static noinline __noipa unsigned long load_word(void)
{
	return LOAD_NULL(PROBED(load_word_insn));
}

static noinline __noipa unsigned long load_selector(void)
{
	unsigned int selector = BAD_SELECTOR;

	savesegment(es, good_selector);
	asm volatile(PROBED(load_selector_insn) "mov %0, %%es"
		     : "+a" (selector) : : "memory");
	return selector;
}

static noinline __noipa unsigned long use_fpu(void)
{
	unsigned long flags, cr0;

	local_irq_save(flags);
	write_cr0(read_cr0() | X86_CR0_TS);
	asm volatile(PROBED(use_fpu_insn) "fnop" : : : "memory");
	cr0 = read_cr0();
	local_irq_restore(flags);
	return cr0 & X86_CR0_TS;
}

static noinline __noipa unsigned long give_word(void)
{
	return handler_word;
}

static int count_hit(struct kprobe *kp, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static int load_in_handler(struct kprobe *kp, struct pt_regs *regs)
{
	handler_word = LOAD_NULL("");
	return count_hit(kp, regs);
}

static int mend_pointer(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	pr_info("fault_handler: trap %d at %pS, di 0x%lx\n",
		trapnr, (void *)regs->ip, regs->di);
	regs->di = (unsigned long)&good_word;
	return 1;
}

static int mend_selector(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	pr_info("fault_handler: trap %d at %pS, ax 0x%lx\n",
		trapnr, (void *)regs->ip, regs->ax);
	regs->ax = good_selector;
	return 1;
}

static int mend_fpu(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	pr_info("fault_handler: trap %d at %pS, cr0 0x%lx\n",
		trapnr, (void *)regs->ip, read_cr0());
	write_cr0(read_cr0() & ~X86_CR0_TS);
	return 1;
}

static struct {
	const char *what;
	unsigned long (*run)(void);
	struct kprobe kp;
} cases[] = {
	{
		"page fault", load_word, {
			.addr		= load_word_insn,
			.pre_handler	= count_hit,
			.fault_handler	= mend_pointer,
		},
	}, {
		"general protection", load_selector, {
			.addr		= load_selector_insn,
			.pre_handler	= count_hit,
			.fault_handler	= mend_selector,
		},
	}, {
		"device not available", use_fpu, {
			.addr		= use_fpu_insn,
			.pre_handler	= count_hit,
			.fault_handler	= mend_fpu,
		},
	}, {
		"page fault in a pre-handler", give_word, {
			.addr		= (kprobe_opcode_t *)give_word,
			.pre_handler	= load_in_handler,
			.fault_handler	= mend_pointer,
		},
	},
};

static int __init kprobe_fault_init(void)
{
	int i, ret;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ret = register_kprobe(&cases[i].kp);
		if (ret)
			goto unregister;
	}

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned long result;

		pr_info("%s:\n", cases[i].what);
		hits = 0;
		result = cases[i].run();
		pr_info("mended, returned 0x%lx, hits %u\n", result, hits);
	}
	return 0;

unregister:
	pr_err("%pS: %pe\n", cases[i].kp.addr, ERR_PTR(ret));
	while (i--)
		unregister_kprobe(&cases[i].kp);
	return ret;
}

static void __exit kprobe_fault_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		unregister_kprobe(&cases[i].kp);
	pr_info("probes unregistered\n");
}

module_init(kprobe_fault_init)
module_exit(kprobe_fault_exit)
MODULE_DESCRIPTION("sample: exceptions under a probe, mended by its handler");
MODULE_LICENSE("GPL");
