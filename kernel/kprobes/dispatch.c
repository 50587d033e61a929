// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: what is out of line of a hit: several probes, faults.
 *
 * The rest is in hit.h. Nothing here may be probed, take a lock, allocate or
 * sleep.
 */
#include <linux/cpuhotplug.h>

#include "hit.h"

DEFINE_PER_CPU(struct kprobe *, current_kprobe);

/*
 * Stands in current_kprobe where no handlers may run, and none is running: in
 * kprobe_busy_begin() sections, and in a hit between its handlers. It has no
 * fault handler, so an exception there, of a memory operand that is emulated,
 * say, is no probe's business.
 */
struct kprobe kprobe_busy = {
	.addr = (kprobe_opcode_t *)kprobe_busy_begin,
};

/**
 * kprobe_hit_rejoin() - a hit whose pre-handlers have run goes on
 * @hit: to be filled
 * @site: where
 *
 * For a boosted instruction, which nothing follows unless it faults.
 *
 * Context: preemption and interrupts off.
 */
void kprobe_hit_rejoin(struct kprobe_hit *hit, struct kprobe_site *site)
{
	hit->site = site;
	hit->outer = __this_cpu_read(current_kprobe);
	hit->active = hit->outer ? 0 : READ_ONCE(site->active);
}
NOKPROBE_SYMBOL(kprobe_hit_rejoin);

/**
 * kprobe_hit_pre_set() - run the pre-handlers of several probes
 * @set: the probes
 * @regs: registers before the instruction, IP as the breakpoint left it
 *
 * The probes after one that ends the hit are counted by cause only: nmissed is for
 * hits that found the CPU in another.
 *
 * Context: preemption and interrupts off.
 * Return: true if a handler has set regs->ip and wants the CPU to resume there.
 */
bool kprobe_hit_pre_set(const struct kprobe_set *set, struct pt_regs *regs)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++) {
		if (kprobe_run_pre(set->probe[i], regs)) {
			kprobe_count_missed(KPROBE_MISSED_ENDED, set->nr - i - 1);
			return true;
		}
	}
	return false;
}
NOKPROBE_SYMBOL(kprobe_hit_pre_set);

/**
 * kprobe_hit_post_set() - run the post-handlers of several probes
 * @set: the probes
 * @regs: registers behind the instruction
 *
 * Context: preemption and interrupts off.
 */
void kprobe_hit_post_set(const struct kprobe_set *set, struct pt_regs *regs)
{
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		kprobe_run_post(set->probe[i], regs);
}
NOKPROBE_SYMBOL(kprobe_hit_post_set);

/*
 * How many NMIs were under way when a handler of current_kprobe began. Only for a
 * probe with a fault handler.
 */
DEFINE_PER_CPU(unsigned int, kprobe_handler_nmi_depth);

/*
 * Is this CPU inside a post-handler? A handler's registers do not show it: after a
 * one-byte instruction IP is what the breakpoint left. See kprobe_unwind_ip().
 */
DEFINE_PER_CPU(bool, kprobe_in_post_handler);

/* Is this CPU inside a fault handler? An exception there is not for them. */
static DEFINE_PER_CPU(bool, kprobe_in_fault_handler);

static bool kprobe_ask(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	bool mended;

	if (!kp->fault_handler)
		return false;
	__this_cpu_write(kprobe_in_fault_handler, true);
	mended = kp->fault_handler(kp, regs, trapnr);
	__this_cpu_write(kprobe_in_fault_handler, false);
	return mended;
}
NOKPROBE_SYMBOL(kprobe_ask);

/**
 * kprobe_hit_fault() - ask the fault handlers about a probed instruction
 * @hit: the hit; there will be no post-handlers
 * @regs: registers as the exception found them, IP at the probed address
 * @trapnr: number of the exception, X86_TRAP_PF say
 *
 * Context: preemption and interrupts off.
 * Return: true if a handler has mended it; resume at regs->ip.
 */
bool kprobe_hit_fault(struct kprobe_hit *hit, struct pt_regs *regs, int trapnr)
{
	struct kprobe *only, *const *probes;
	unsigned int i, nr = kprobe_active_probes(hit->active, &only, &probes);

	for (i = 0; i < nr; i++) {
		__this_cpu_write(current_kprobe, probes[i]);
		if (kprobe_ask(probes[i], regs, trapnr))
			return true;
	}
	return false;
}
NOKPROBE_SYMBOL(kprobe_hit_fault);

/**
 * kprobe_handler_fault() - ask a probe about an exception in its own handler
 * @regs: registers as the exception found them
 * @trapnr: number of the exception
 *
 * An NMI that interrupts a handler may fault as well. That is not for the probe.
 *
 * Context: interrupts off; called for every exception in kernel mode that is
 * not of a probed instruction.
 * Return: true if the probe's fault handler has mended it.
 */
bool kprobe_handler_fault(struct pt_regs *regs, int trapnr)
{
	struct kprobe *kp = __this_cpu_read(current_kprobe);

	if (likely(!kp) || !kp->fault_handler || __this_cpu_read(kprobe_in_fault_handler))
		return false;
	if (__this_cpu_read(kprobe_handler_nmi_depth) != kprobe_nmi_depth())
		return false;
	return kprobe_ask(kp, regs, trapnr);
}
NOKPROBE_SYMBOL(kprobe_handler_fault);

/**
 * kprobe_task_dies() - this task will not return to what it was doing
 *
 * If a handler of a task's hit oopses, and the kernel does not panic, the task ends
 * right there. What the hit has noted on this CPU is cleared, or there would be no
 * hit on it any more, and unregistering would wait for this one.
 *
 * Whatever is noted here is this task's: a hit of an interrupt or an NMI would be
 * over, or else the kernel panics. And the hit was on this CPU: since it began
 * preemption has been off. Of a task that can be preempted there is nothing to
 * clear.
 *
 * Context: any but interrupts, before preemption is switched on.
 */
void kprobe_task_dies(void)
{
	guard(irqsave)();
	__this_cpu_write(current_kprobe, NULL);
	__this_cpu_write(kprobe_in_fault_handler, false);
	__this_cpu_write(kprobe_in_post_handler, false);
	arch_kprobe_forget_steps();
}

/*
 * A breakpoint makes RCU watch, but no grace period waits for a CPU that is offline:
 * a handler that runs there may be freed. So such a CPU is busy all the time, from
 * its first instruction on, which costs the hits of other CPUs nothing.
 */
static int kprobe_cpu_starting(unsigned int cpu)
{
	__this_cpu_write(current_kprobe, NULL);
	return 0;
}

static int kprobe_cpu_dying(unsigned int cpu)
{
	__this_cpu_write(current_kprobe, &kprobe_busy);
	return 0;
}

/**
 * kprobe_dispatch_init() - run no handlers on CPUs that are offline
 *
 * Context: once at boot, before another CPU is started.
 * Return: 0, or an error of cpuhp_setup_state().
 */
int __init kprobe_dispatch_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		if (!cpu_online(cpu))
			per_cpu(current_kprobe, cpu) = &kprobe_busy;
	}
	return cpuhp_setup_state_nocalls(CPUHP_AP_KPROBES_STARTING, "kprobes:starting",
					 kprobe_cpu_starting, kprobe_cpu_dying);
}

/**
 * kprobe_busy_begin() - from here on this CPU runs no handlers
 *
 * Hits are counted as missed until kprobe_busy_end(). Does not nest: ask
 * kprobe_running() first.
 *
 * Context: any. Returns with preemption off.
 */
void kprobe_busy_begin(void)
{
	preempt_disable();
	__this_cpu_write(current_kprobe, &kprobe_busy);
}
NOKPROBE_SYMBOL(kprobe_busy_begin);

/**
 * kprobe_busy_end() - handlers run again on this CPU
 *
 * Context: where kprobe_busy_begin() was called.
 */
void kprobe_busy_end(void)
{
	__this_cpu_write(current_kprobe, NULL);
	preempt_enable();
}
NOKPROBE_SYMBOL(kprobe_busy_end);
