// SPDX-License-Identifier: GPL-2.0
/*
 * A probe with all three handlers on the function that every fork goes
 * through (articles' rows S3 to S6).
 *
 * Load the module, then run any command from a shell: each process the shell
 * makes prints one line from the pre-handler and one from the post-handler,
 * with the probed address and the flags register before and after the first
 * instruction of kernel_clone().
 *
 * The address is looked up with kallsyms_lookup_name(). With by_name=1 the
 * module gives the symbol and the offset to register_kprobe() instead, which
 * then does the same: a probe takes either an address or a name, not both.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static char *symbol = "kernel_clone";
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "function to probe");

static unsigned int offset;
module_param(offset, uint, 0444);
MODULE_PARM_DESC(offset, "distance of the probed instruction from the symbol");

static bool by_name;
module_param(by_name, bool, 0444);
MODULE_PARM_DESC(by_name, "let register_kprobe() look the symbol up");

/* Runs just before the probed instruction. */
static int pre_handler(struct kprobe *kp, struct pt_regs *regs)
{
	pr_info("pre_handler:  p->addr=0x%p (%pS), eflags=0x%lx, %s[%d]\n",
		kp->addr, kp->addr, regs->flags, current->comm, current->pid);
	return 0;
}

/* Runs just after it, unless the instruction raised an exception. */
static void post_handler(struct kprobe *kp, struct pt_regs *regs,
			 unsigned long flags)
{
	pr_info("post_handler: p->addr=0x%p (%pS), eflags=0x%lx\n",
		kp->addr, kp->addr, regs->flags);
}

/*
 * Runs if it did, or if one of the two handlers above did. Returning 0 says
 * that the exception is not mended, and that the kernel shall go on with it.
 */
static int fault_handler(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	pr_info("fault_handler: p->addr=0x%p (%pS), trap %d\n",
		kp->addr, kp->addr, trapnr);
	return 0;
}

static struct kprobe kp = {
	.pre_handler	= pre_handler,
	.post_handler	= post_handler,
	.fault_handler	= fault_handler,
};

static int __init kprobe_fork_init(void)
{
	int ret;

	if (by_name) {
		kp.symbol_name = symbol;
		kp.offset = offset;
	} else {
		unsigned long addr = kallsyms_lookup_name(symbol);

		if (!addr) {
			pr_err("no symbol %s\n", symbol);
			return -ENOENT;
		}
		pr_info("kallsyms_lookup_name(\"%s\") = 0x%lx\n", symbol, addr);
		kp.addr = (kprobe_opcode_t *)(addr + offset);
	}

	ret = register_kprobe(&kp);
	if (ret) {
		pr_err("%s+0x%x: %pe\n", symbol, offset, ERR_PTR(ret));
		return ret;
	}
	pr_info("probe registered at 0x%p (%pS)\n", kp.addr, kp.addr);
	return 0;
}

static void __exit kprobe_fork_exit(void)
{
	unregister_kprobe(&kp);
	pr_info("probe unregistered, %lu hits missed\n", kp.nmissed);
}

module_init(kprobe_fork_init)
module_exit(kprobe_fork_exit)
MODULE_DESCRIPTION("sample: pre, post and fault handler on kernel_clone()");
MODULE_LICENSE("GPL");
