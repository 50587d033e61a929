// SPDX-License-Identifier: GPL-2.0
/*
 * A handler that changes what the kernel computes (articles' row S9).
 *
 * The module asks its own function bill() what seven pieces cost: 21. Then it
 * probes the function's first instruction. The pre-handler writes to the
 * register that holds the argument, and to the global that the function is
 * about to read, so that the same call now returns 500. After the probe has
 * gone the call finds its own argument again, and the changed price: 35.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/module.h>

static unsigned long pieces = 100;
module_param(pieces, ulong, 0444);
MODULE_PARM_DESC(pieces, "what the handler makes of the argument");

static unsigned long new_price = 5;
module_param(new_price, ulong, 0444);
MODULE_PARM_DESC(new_price, "what the handler makes of the global");

static unsigned long price = 3;

/*
 * The compiler must not see through the call: what happens to the argument's
 * register, and to the global, is not in the code that it reads.
 */
static noinline __noipa unsigned long bill(unsigned long n)
{
	return n * READ_ONCE(price);
}

static unsigned long *first_argument(struct pt_regs *regs)
{
	return IS_ENABLED(CONFIG_X86_64) ? &regs->di : &regs->ax;
}

static int pre_handler(struct kprobe *kp, struct pt_regs *regs)
{
	unsigned long *n = first_argument(regs);

	pr_info("pre_handler: argument %lu -> %lu, price %lu -> %lu\n",
		*n, pieces, price, new_price);
	*n = pieces;
	WRITE_ONCE(price, new_price);
	return 0;
}

static struct kprobe kp = {
	.addr		= (kprobe_opcode_t *)bill,
	.pre_handler	= pre_handler,
};

static int __init kprobe_change_init(void)
{
	int ret;

	pr_info("before:   price %lu, bill(7) = %lu\n", price, bill(7));
	ret = register_kprobe(&kp);
	if (ret) {
		pr_err("%pS: %pe\n", kp.addr, ERR_PTR(ret));
		return ret;
	}
	pr_info("probed:   bill(7) = %lu\n", bill(7));
	return 0;
}

static void __exit kprobe_change_exit(void)
{
	unregister_kprobe(&kp);
	pr_info("unprobed: price %lu, bill(7) = %lu\n", price, bill(7));
}

module_init(kprobe_change_init)
module_exit(kprobe_change_exit)
MODULE_DESCRIPTION("sample: change a register and a global from a handler");
MODULE_LICENSE("GPL");
