// SPDX-License-Identifier: GPL-2.0
/*
 * A probe on any instruction of any function (articles' row S7).
 *
 * Disassemble the kernel, for instance with
 *
 *	objdump -d --disassemble=kernel_clone vmlinux
 *
 * choose an instruction, and load the module with its distance from the start
 * of the function: insmod kprobe_insn_example.ko symbol=kernel_clone offset=0x2a
 *
 * The first hits are printed: where the probed instruction is, and where the
 * CPU goes from there. Further ones are only counted, and the count is printed
 * when the module is unloaded. An offset at which no instruction begins is
 * refused: loading fails, and the kernel log names the reason.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>

static char *symbol = "kernel_clone";
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "function to probe");

static unsigned int offset;
module_param(offset, uint, 0444);
MODULE_PARM_DESC(offset, "distance of the probed instruction from the symbol");

static int show = 3;
module_param(show, int, 0444);
MODULE_PARM_DESC(show, "number of hits to print");

static atomic_t hits;

static void post_handler(struct kprobe *kp, struct pt_regs *regs,
			 unsigned long flags)
{
	int hit = atomic_inc_return(&hits);

	if (hit <= show)
		pr_info("hit %d: %pS, next is %pS, in %s[%d]\n",
			hit, kp->addr, (void *)instruction_pointer(regs),
			current->comm, current->pid);
}

static struct kprobe kp = {
	.post_handler	= post_handler,
};

static int __init kprobe_insn_init(void)
{
	int ret;

	kp.symbol_name = symbol;
	kp.offset = offset;
	ret = register_kprobe(&kp);
	if (ret) {
		pr_err("%s+0x%x refused: %pe\n", symbol, offset, ERR_PTR(ret));
		return ret;
	}
	pr_info("probe registered at %pS\n", kp.addr);
	return 0;
}

static void __exit kprobe_insn_exit(void)
{
	unregister_kprobe(&kp);
	pr_info("probe unregistered after %d hits, %lu missed\n",
		atomic_read(&hits), kp.nmissed);
}

module_init(kprobe_insn_init)
module_exit(kprobe_insn_exit)
MODULE_DESCRIPTION("sample: probe any instruction by symbol and offset");
MODULE_LICENSE("GPL");
