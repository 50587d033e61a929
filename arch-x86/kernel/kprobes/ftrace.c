// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: from ftrace's callback to a hit.
 */
#include <linux/context_tracking.h>
#include <linux/ftrace.h>
#include <linux/irqflags.h>

#include "../../../../kernel/kprobes/hit.h"
#include "site.h"

static noinline void kprobe_any_ftrace_hit(struct kprobe_site *site, struct pt_regs *regs)
{
	unsigned long behind = site->addr + MCOUNT_INSN_SIZE;
	unsigned long next = regs->ip;
	struct kprobe_hit hit;

	kprobe_hit_begin(&hit, site);
	regs->ip = site->addr + INT3_INSN_SIZE;
	if (!kprobe_hit_pre(&hit, regs)) {
		regs->ip = behind;
		kprobe_hit_post(&hit, regs);
		if (regs->ip == behind)
			regs->ip = next;
	}
	if (regs->ip != next)
		regs->ip = kprobe_go_on_at(regs->ip);
	kprobe_hit_end(&hit);
}
NOKPROBE_SYMBOL(kprobe_any_ftrace_hit);

/*
 * ftrace's call stands for the NOP that it replaces, and regs are as behind it.
 * Handlers find IP as a breakpoint would leave it: they compute with that. Another
 * user, livepatch say, may have set regs->ip before: it stands, unless a handler
 * sets another.
 */
static __always_inline void kprobe_ftrace_run(struct kprobe_site *site, struct pt_regs *regs)
{
	struct kprobe *kp = kprobe_plain(site);
	unsigned long next = regs->ip;

	if (unlikely(!kp)) {
		kprobe_any_ftrace_hit(site, regs);
		return;
	}
	regs->ip = site->addr + INT3_INSN_SIZE;
	if (likely(!kprobe_plain_pre(kp, regs)))
		regs->ip = next;
	else
		regs->ip = kprobe_go_on_at(regs->ip);
}

/*
 * While a site moves from one of the core's ops to the other, ftrace may call both
 * for one entry of the function, and it is one hit. The first call leaves a mark in
 * the upper half of CS, where ftrace's regs have zeros, and from where nothing is
 * restored.
 */
static __always_inline bool kprobe_ftrace_first_call(struct pt_regs *regs)
{
	u16 *mark = (u16 *)&regs->cs + 1;

	if (unlikely(*mark))
		return false;
	*mark = 1;
	return true;
}

/**
 * arch_kprobe_ftrace_hit() - a function that may be probed is entered
 * @ip: its ftrace location
 * @parent_ip: where it was called
 * @ops: for whom ftrace calls
 * @fregs: its registers
 *
 * Until the hit has begun nothing is called that ftrace could trace: it would
 * come here again.
 *
 * Context: any. Where RCU is not watching nothing can be looked up; on x86 that
 * is code that ftrace does not trace.
 */
void arch_kprobe_ftrace_hit(unsigned long ip, unsigned long parent_ip,
			    struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct pt_regs *regs = ftrace_get_regs(fregs);
	struct kprobe_site *site;
	unsigned long flags;

	preempt_disable_notrace();
	local_irq_save(flags);
	if (likely(rcu_is_watching_curr_cpu())) {
		site = kprobe_site_find(ip);
		if (site && READ_ONCE(site->via) && kprobe_ftrace_first_call(regs))
			kprobe_ftrace_run(site, regs);
	}
	local_irq_restore(flags);
	preempt_enable_notrace();
}
NOKPROBE_SYMBOL(arch_kprobe_ftrace_hit);
