// SPDX-License-Identifier: GPL-2.0
/*
 * A module that leaves its probes registered when it goes: in its own memory, in
 * memory that it has allocated, enabled, disabled, on several routes, and return
 * probes. With fail=1 it does so when its loading fails. Those whose handlers
 * are in its init text go with that; parameter hits counts the others' hits.
 */

#include <linux/kmemleak.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/slab.h>

static bool fail;
module_param(fail, bool, 0400);
MODULE_PARM_DESC(fail, "let the loading fail, with the probes registered");

static int hits;
module_param(hits, int, 0400);
MODULE_PARM_DESC(hits, "hits and returns that were counted");

static int count_hit(struct kprobe *kp, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static void count_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	hits++;
}

static int count_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static int __init count_init_hit(struct kprobe *kp, struct pt_regs *regs)
{
	return 0;
}

static struct kprobe plain = { .symbol_name = "kernel_clone", .pre_handler = count_hit };
static struct kprobe post = { .symbol_name = "kernel_clone", .post_handler = count_post };
static struct kprobe resting = {
	.symbol_name = "kernel_clone", .pre_handler = count_hit, .flags = KPROBE_FLAG_DISABLED,
};
static struct kprobe entry = { .symbol_name = "do_exit", .pre_handler = count_hit };
static struct kretprobe ret = { .kp.symbol_name = "kernel_clone", .handler = count_return };
static struct kprobe *batch[] = { &plain, &post, &resting, &entry };

/* Only their handlers are in the module. */
static int register_allocated(const char *symbol, kprobe_pre_handler_t pre)
{
	struct kprobe *kp = kzalloc(sizeof(*kp), GFP_KERNEL);

	if (!kp)
		return -ENOMEM;
	kp->symbol_name = symbol;
	kp->pre_handler = pre;
	/* Forgotten as well, and on purpose. */
	kmemleak_not_leak(kp);
	return register_kprobe(kp);
}

static int __init forget_init(void)
{
	int err;

	err = register_kprobes(batch, ARRAY_SIZE(batch)) ?:
	      register_kretprobe(&ret) ?:
	      register_allocated("kernel_wait4", count_hit) ?:
	      register_allocated("kernel_wait4", count_init_hit);
	return err ?: fail ? -ENXIO : 0;
}
module_init(forget_init);

/* What is in a probe that was forgotten may be overwritten, its address too. */
static void __exit forget_exit(void)
{
	entry.addr = NULL;
}
module_exit(forget_exit);

MODULE_DESCRIPTION("Leaves its probes registered");
MODULE_LICENSE("GPL");
