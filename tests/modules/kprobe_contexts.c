// SPDX-License-Identifier: GPL-2.0
/*
 * Hits a probe in every context, on all CPUs at once (articles' row S13).
 *
 * On each CPU one function is called by a task, by a task with interrupts
 * disabled, by a hard and by a soft interrupt, and a second probe sits within
 * the context switch. Each call must have run both handlers, each handler with
 * interrupts disabled, and must have found the interrupt flag as the context
 * has it. Loading the module makes the whole test: it fails with -EIO if a
 * count is wrong.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpu.h>
#include <linux/hrtimer.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include <asm/cpufeature.h>

static unsigned int calls = 200;
module_param(calls, uint, 0444);
MODULE_PARM_DESC(calls, "calls in each context, on each CPU");

enum context { TASK, IRQS_OFF, HARDIRQ, SOFTIRQ, SWITCH, NR_CONTEXTS };

static const struct {
	const char *name;
	bool irqs_on;
} contexts[NR_CONTEXTS] = {
	[TASK]		= { "task", true },
	[IRQS_OFF]	= { "irqs off", false },
	[HARDIRQ]	= { "hard interrupt", false },
	[SOFTIRQ]	= { "soft interrupt", true },
	[SWITCH]	= { "context switch", false },
};

struct tally {
	unsigned int pre, post, wrong;
};

static DEFINE_PER_CPU(struct tally[NR_CONTEXTS], tallies);

/* The argument is there for the handlers, which find it in its register. */
static noinline __noipa void target(enum context context)
{
	barrier();
}

static struct tally *check_hit(struct kprobe *kp, enum context context, struct pt_regs *regs)
{
	struct tally *tally = this_cpu_ptr(&tallies[context]);
	bool irqs_on = regs->flags & X86_EFLAGS_IF;

	/* Under Xen a kernel's interrupts go by another flag. ftrace saves the processor's. */
	if (kprobe_ftrace(kp) && boot_cpu_has(X86_FEATURE_XENPV))
		irqs_on = contexts[context].irqs_on;
	if (!irqs_disabled() || irqs_on != contexts[context].irqs_on)
		tally->wrong++;
	return tally;
}

static int target_pre(struct kprobe *kp, struct pt_regs *regs)
{
	check_hit(kp, regs_get_kernel_argument(regs, 0), regs)->pre++;
	return 0;
}

/* No compiler begins a function by overwriting its unused argument. */
static void target_post(struct kprobe *kp, struct pt_regs *regs,
			unsigned long flags)
{
	check_hit(kp, regs_get_kernel_argument(regs, 0), regs)->post++;
}

static int switch_pre(struct kprobe *kp, struct pt_regs *regs)
{
	check_hit(kp, SWITCH, regs)->pre++;
	return 0;
}

static void switch_post(struct kprobe *kp, struct pt_regs *regs,
			unsigned long flags)
{
	check_hit(kp, SWITCH, regs)->post++;
}

static struct kprobe target_kp = {
	.addr		= (kprobe_opcode_t *)target,
	.pre_handler	= target_pre,
	.post_handler	= target_post,
};

static struct kprobe switch_kp = {
	.symbol_name	= "__switch_to",
	.pre_handler	= switch_pre,
	.post_handler	= switch_post,
};

static struct kprobe *kps[] = { &target_kp, &switch_kp };

#define PERIOD	ns_to_ktime(100 * NSEC_PER_USEC)

/* A timer that calls target() so many times, and tells when it is done. */
struct caller {
	struct hrtimer timer;
	enum context context;
	unsigned int left;
	struct completion done;
};

static enum hrtimer_restart call_target(struct hrtimer *timer)
{
	struct caller *caller = container_of(timer, struct caller, timer);

	target(caller->context);
	if (!--caller->left) {
		complete(&caller->done);
		return HRTIMER_NORESTART;
	}
	hrtimer_forward_now(timer, PERIOD);
	return HRTIMER_RESTART;
}

static void call_from_timer(enum context context, enum hrtimer_mode mode)
{
	struct caller caller = { .context = context, .left = calls };

	init_completion(&caller.done);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init_on_stack(&caller.timer, CLOCK_MONOTONIC, mode);
	caller.timer.function = call_target;
#else
	hrtimer_setup_on_stack(&caller.timer, call_target, CLOCK_MONOTONIC, mode);
#endif
	hrtimer_start(&caller.timer, PERIOD, mode);
	wait_for_completion(&caller.done);
	hrtimer_cancel(&caller.timer);
	destroy_hrtimer_on_stack(&caller.timer);
}

/* Runs on every CPU, in a worker that stays there. */
static void call_everywhere(struct work_struct *work)
{
	unsigned int i;

	for (i = 0; i < calls; i++) {
		target(TASK);

		local_irq_disable();
		target(IRQS_OFF);
		local_irq_enable();

		schedule_timeout_uninterruptible(1);
	}
	call_from_timer(HARDIRQ, HRTIMER_MODE_REL_PINNED_HARD);
	call_from_timer(SOFTIRQ, HRTIMER_MODE_REL_PINNED_SOFT);
}

static bool report(int cpu, enum context context)
{
	struct tally *tally = per_cpu_ptr(&tallies[context], cpu);

	pr_info("cpu %d, %s: pre %u, post %u, wrong %u\n", cpu,
		contexts[context].name, tally->pre, tally->post, tally->wrong);

	/* Others switch too, so the exact number of switches is not known. */
	return !tally->wrong && tally->pre == tally->post &&
	       (tally->pre == calls || (context == SWITCH && tally->pre > calls));
}

static DEFINE_PER_CPU(struct work_struct, works);

static int __init kprobe_contexts_init(void)
{
	enum context context;
	int cpu, wrong = 0;
	int ret;

	ret = register_kprobes(kps, ARRAY_SIZE(kps));
	if (ret)
		return ret;

	cpus_read_lock();
	for_each_online_cpu(cpu) {
		INIT_WORK(per_cpu_ptr(&works, cpu), call_everywhere);
		queue_work_on(cpu, system_wq, per_cpu_ptr(&works, cpu));
	}
	for_each_online_cpu(cpu)
		flush_work(per_cpu_ptr(&works, cpu));
	cpus_read_unlock();

	unregister_kprobes(kps, ARRAY_SIZE(kps));

	for_each_online_cpu(cpu)
		for (context = 0; context < NR_CONTEXTS; context++)
			wrong += !report(cpu, context);
	pr_info("%lu and %lu hits missed, %d counts wrong\n",
		target_kp.nmissed, switch_kp.nmissed, wrong);
	return wrong ? -EIO : 0;
}

static void __exit kprobe_contexts_exit(void)
{
}

module_init(kprobe_contexts_init)
module_exit(kprobe_contexts_exit)
MODULE_DESCRIPTION("test: hits a probe in every context, on all CPUs");
MODULE_LICENSE("GPL");
