// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: between the begin and the end of a stepped instruction.
 *
 * The breakpoint's IRET goes to the slot, with interrupts off. What runs there is
 * followed by a call, as in a detour. Where that would do harm there is a second
 * trap, by a breakpoint behind the copy, or by the trap flag. A fault of the
 * instruction cancels the step, and leaves the registers as the fault would have
 * found them without a probe.
 *
 * In between, anything that can interrupt a CPU with interrupts off can hit
 * probes and step on its own account, an NMI say. So steps are a stack.
 */
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <asm/msr.h>
#include <asm/processor.h>

#include "../../../../kernel/kprobes/hit.h"
#include "step.h"

DEFINE_PER_CPU(struct kprobe_steps, kprobe_steps);

/*
 * With BTF the trap flag traps on branches only. A debugger sets it for a task's
 * user code, and it stays set in the kernel. Every #DB clears it, and the
 * kernel's handler sets it again for such a task.
 */
static void kprobe_set_blockstep(bool on)
{
	u32 low, high;

	if (likely(!test_thread_flag(TIF_BLOCKSTEP)))
		return;
	if (!IS_ENABLED(CONFIG_X86_DEBUGCTLMSR) && boot_cpu_data.x86 < 6)
		return;
	/* Natively: other accesses are traced, by functions that may be probed. */
	native_rdmsr(MSR_IA32_DEBUGCTLMSR, low, high);
	low &= ~DEBUGCTLMSR_BTF;
	native_wrmsr(MSR_IA32_DEBUGCTLMSR, on ? low | DEBUGCTLMSR_BTF : low, high);
}
NOKPROBE_SYMBOL(kprobe_set_blockstep);

/**
 * kprobe_step_by_trap() - run the copy under the trap flag
 * @regs: registers with which the step begins: see kprobe_step_begin()
 *
 * Context: interrupts off.
 */
void kprobe_step_by_trap(struct pt_regs *regs)
{
	kprobe_step_top()->by_trap = true;
	regs->flags |= X86_EFLAGS_TF;
	kprobe_set_blockstep(false);
}
NOKPROBE_SYMBOL(kprobe_step_by_trap);

/* The instruction was executed; regs->ip is where the CPU went from there. */
static __always_inline void kprobe_step_end(struct kprobe_step *step, struct pt_regs *regs)
{
	struct kprobe_site *site = step->hit.site;

	kprobe_resume(&site->arch.insn, site->addr, step->copy, step->flags, regs);
	kprobe_post_and_go_on(&step->hit, regs);
	kprobe_hit_end(&step->hit);
	kprobe_step_pop();
}

/**
 * kprobe_step_breakpoint() - is this the breakpoint behind a copy?
 * @regs: registers as a breakpoint left them
 *
 * Context: interrupts off, within a step.
 * Return: true if so; the hit is over then.
 */
bool kprobe_step_breakpoint(struct pt_regs *regs)
{
	unsigned long at = regs->ip - INT3_INSN_SIZE;
	struct kprobe_step *step = kprobe_step_top();

	if (!step || at != step->copy + step->hit.site->arch.insn.len)
		return false;
	/* QEMU's own CPU forgets the trap flag over a PAUSE, and comes here. */
	if (step->by_trap)
		kprobe_set_blockstep(true);
	regs->ip = at;
	kprobe_step_end(step, regs);
	return true;
}
NOKPROBE_SYMBOL(kprobe_step_breakpoint);

/**
 * kprobe_debug_handler() - is this the trap flag of a step?
 * @regs: registers as a single-step trap left them
 *
 * Context: interrupts off.
 * Return: true if so.
 */
bool kprobe_debug_handler(struct pt_regs *regs)
{
	struct kprobe_step *step = kprobe_step_top();

	if (!step || !step->by_trap)
		return false;
	/* A repeated string instruction traps after each round. */
	if ((step->hit.site->arch.insn.flags & KPROBE_INSN_REP) && regs->ip == step->copy) {
		kprobe_set_blockstep(false);
		return true;
	}
	preempt_disable_notrace();
	kprobe_step_end(step, regs);
	preempt_enable_no_resched_notrace();
	return true;
}
NOKPROBE_SYMBOL(kprobe_debug_handler);

/**
 * kprobe_step_cancel() - the instruction in the slot has faulted
 * @hit: where to return the hit that it was part of
 * @regs: registers as the fault found them; if it is so, they are made as it
 *	would have found them without a probe
 *
 * Context: interrupts off.
 * Return: true if so; the step is over then, the hit is not.
 */
bool kprobe_step_cancel(struct kprobe_hit *hit, struct pt_regs *regs)
{
	const unsigned long changed = X86_EFLAGS_TF | X86_EFLAGS_IF;
	struct kprobe_step *top = kprobe_step_top();

	if (likely(!top) || regs->ip != top->copy)
		return false;
	*hit = top->hit;
	regs->ip = hit->site->addr;
	regs->flags = (regs->flags & ~changed) | (top->flags & changed);
	if (top->by_trap)
		kprobe_set_blockstep(true);
	kprobe_step_pop();
	return true;
}
NOKPROBE_SYMBOL(kprobe_step_cancel);

/**
 * arch_kprobe_forget_steps() - a task dies that was hit on this CPU
 *
 * Context: interrupts off, no exception under way that is like an NMI.
 */
void arch_kprobe_forget_steps(void)
{
	while (kprobe_is_stepping())
		kprobe_step_pop();
}

#define KPROBE_DRAIN_PATIENCE	(10 * HZ)

static void kprobe_drain_cpu(int cpu)
{
	const struct kprobe_steps *steps = per_cpu_ptr(&kprobe_steps, cpu);
	unsigned long begun = jiffies, told = begun;
	unsigned int seq = READ_ONCE(steps->seq);

	while (kprobe_step_outlasts(steps, seq)) {
		if (time_after(jiffies, told + KPROBE_DRAIN_PATIENCE)) {
			told = jiffies;
			pr_warn("kprobes: CPU %d has been in one step for %lu seconds; waiting for it\n",
				cpu, (told - begun) / HZ);
		}
		schedule_timeout_uninterruptible(1);
	}
}

/*
 * Interrupts are off in a step, so the wait is as short as the step, and the steps
 * on top of it. A step that is followed by a call is over when the CPU is in that
 * call: what it has yet to run in the slot, a jump, is covered as all of a detour
 * is: see retire.c.
 */
void arch_kprobe_drain(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		kprobe_drain_cpu(cpu);
}
