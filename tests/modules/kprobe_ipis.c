// SPDX-License-Identifier: GPL-2.0
/*
 * Registers probes one by one (tests/guest/ipis.sh counts the interrupts of it).
 *
 * For this implementation and for the kernel's own. Commands are written to the
 * parameter do: register, unregister.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/module.h>
#include <linux/objtool.h>

#define PLACES	1000

/* Instructions of five bytes: each can be a jump. */
asm(".pushsection .text, \"ax\"\n"
	".balign 16\n"
	".type ipis_field, @function\n"
	"ipis_field:\n"
	ANNOTATE_NOENDBR "\n"
	".rept " __stringify(PLACES) "\n"
	"mov $1, %eax\n"
	".endr\n"
	ASM_RET
	".size ipis_field, . - ipis_field\n"
	".popsection\n");

extern u8 ipis_field[];
STACK_FRAME_NON_STANDARD(ipis_field);

#define PLACE_SIZE	5

static struct kprobe probes[PLACES];

static int pre_handler(struct kprobe *kp, struct pt_regs *regs)
{
	return 0;
}

static int register_all(void)
{
	int i, err = 0;

	for (i = 0; i < PLACES && !err; i++) {
		probes[i] = (struct kprobe) {
			.addr		= (void *)(ipis_field + PLACE_SIZE * i),
			.pre_handler	= pre_handler,
		};
		err = register_kprobe(&probes[i]);
	}
	return err;
}

static int unregister_all(void)
{
	int i;

	for (i = 0; i < PLACES; i++)
		unregister_kprobe(&probes[i]);
	return 0;
}

static int do_set(const char *command, const struct kernel_param *param)
{
	return sysfs_streq(command, "register") ? register_all() : unregister_all();
}

static const struct kernel_param_ops do_ops = {
	.set = do_set,
};
module_param_cb(do, &do_ops, NULL, 0200);
MODULE_PARM_DESC(do, "register, unregister");

static int __init ipis_init(void)
{
	return 0;
}
module_init(ipis_init);

static void __exit ipis_exit(void)
{
}
module_exit(ipis_exit);

MODULE_DESCRIPTION("Registers probes one by one");
MODULE_LICENSE("GPL");
