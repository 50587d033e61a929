// SPDX-License-Identifier: GPL-2.0
/*
 * What a task leaves that dies in a handler.
 *
 * Loading it has a task of its own hit a probe whose handler writes to NULL. The
 * kernel must not be one that panics then. Loading fails with -EIO, and the log says
 * of what, if the CPU where that happened has no hits afterwards. Removing it
 * unregisters the probe.
 *
 *	route=	jump, ftrace or breakpoint: the probe is hit that way, or loading
 *		fails with -ENOENT
 *	in=	pre, post or fault: the handler in which the task dies
 */

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/linkage.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <linux/uaccess.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>

static char *route = "jump";
module_param(route, charp, 0444);
static char *in = "pre";
module_param(in, charp, 0444);

/* Instructions that are not emulated, and room for a jump. */
int kprobe_die_plain(void);
asm(".pushsection .text, \"ax\"\n"
    ".type kprobe_die_plain, @function\n"
    "kprobe_die_plain:\n"
    ASM_ENDBR
    "	leal 1(%eax), %eax\n"
    "	movl %eax, %ecx\n"
    "	" ASM_RET
    ".size kprobe_die_plain, . - kprobe_die_plain\n"
    ".popsection\n");
STACK_FRAME_NON_STANDARD(kprobe_die_plain);

static noinline int kprobe_die_traced(void)
{
	barrier();
	return 1;
}

/* NULL, which the compiler is not to know. */
static int *volatile nothing;
static const char *deadly;
static int before, after, faults;

static void die_in(const char *handler)
{
	if (deadly && !strcmp(deadly, handler))
		*nothing = 1;
}

static int pre(struct kprobe *kp, struct pt_regs *regs)
{
	u8 byte;

	before++;
	die_in("pre");
	/* Asks the fault handler, if there is one. */
	copy_from_kernel_nofault(&byte, (void *)-PAGE_SIZE, 1);
	return 0;
}

static void post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	after++;
	die_in("post");
}

static int fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	faults++;
	die_in("fault");
	return 0;
}

static struct kprobe probe = { .pre_handler = pre, .post_handler = post };

static bool is_ftrace(void)
{
	return !strcmp(route, "ftrace");
}

/* It takes a grace period until there is a jump. */
static bool routed(void)
{
	bool jump = !strcmp(route, "jump");
	int tries;

	for (tries = 0; jump && !kprobe_optimized(&probe) && tries < 100; tries++)
		msleep(100);
	return kprobe_ftrace(&probe) == is_ftrace() && !!kprobe_optimized(&probe) == jump;
}

static DECLARE_COMPLETION(begun);

static int hit(void *unused)
{
	complete(&begun);
	if (is_ftrace())
		kprobe_die_traced();
	else
		kprobe_die_plain();
	return 0;
}

/* On the first CPU. Returns when the task is there no more. */
static int hit_by_a_task(void)
{
	struct task_struct *task = kthread_create(hit, NULL, "kprobe_die");

	if (IS_ERR(task))
		return PTR_ERR(task);
	get_task_struct(task);
	kthread_bind(task, cpumask_first(cpu_online_mask));
	reinit_completion(&begun);
	wake_up_process(task);
	wait_for_completion(&begun);
	kthread_stop(task);
	put_task_struct(task);
	return 0;
}

#define expect(what)						\
	do {							\
		if (!(what)) {					\
			pr_err("kprobe_die: not so: %s\n", #what);	\
			failed = true;				\
		}						\
	} while (0)

static int __init kprobe_die_init(void)
{
	bool failed = false;
	int err;

	probe.addr = is_ftrace() ? (void *)kprobe_die_traced : (void *)kprobe_die_plain;
	if (!strcmp(in, "fault"))
		probe.fault_handler = fault;
	err = register_kprobe(&probe);
	if (err)
		return err;
	if (!routed()) {
		unregister_kprobe(&probe);
		return -ENOENT;
	}
	deadly = in;
	err = hit_by_a_task();
	expect(!err && before == 1 && after == !strcmp(in, "post"));

	deadly = NULL;
	before = after = faults = 0;
	err = hit_by_a_task();
	expect(!err);
	expect(before == 1);
	expect(after == 1);
	expect(faults == !!probe.fault_handler);
	expect(probe.nmissed == 0);
	if (failed)
		unregister_kprobe(&probe);
	return failed ? -EIO : 0;
}

static void __exit kprobe_die_exit(void)
{
	unregister_kprobe(&probe);
}

module_init(kprobe_die_init)
module_exit(kprobe_die_exit)
MODULE_DESCRIPTION("what a task leaves that dies in a handler");
MODULE_LICENSE("GPL");
