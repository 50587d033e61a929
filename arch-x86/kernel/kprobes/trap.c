// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: breakpoints and exceptions.
 *
 * Everything from the exception's entry to the handlers runs with interrupts
 * off, calls nothing that can be probed, and takes no lock.
 */
#include <linux/uaccess.h>
#include <asm/cpu_entry_area.h>
#include <asm/traps.h>

#include "../../../../kernel/kprobes/hit.h"
#include "step.h"

/*
 * On x86-64 #DB has one stack of its own per CPU, so a #DB that comes while
 * another is being handled destroys that one's frame. The trap flag must not be
 * used on that stack, nor on one of an exception that may have interrupted it:
 * an NMI's, say. They are all in the same area.
 */
static __always_inline bool kprobe_may_trap(const struct pt_regs *regs)
{
	return IS_ENABLED(CONFIG_X86_32) ||
	       regs->sp - CPU_ENTRY_AREA_BASE >= CPU_ENTRY_AREA_MAP_SIZE;
}

static __always_inline void kprobe_run_boosted(struct kprobe_hit *hit, struct pt_regs *regs)
{
	regs->ip = (unsigned long)hit->site->arch.boost->code;
	kprobe_hit_end(hit);
}

static __always_inline void kprobe_run_stepped(struct kprobe_hit *hit, struct pt_regs *regs,
					       bool by_trap)
{
	kprobe_step_begin(hit, regs, (unsigned long)hit->site->arch.step->code);
	if (by_trap)
		kprobe_step_by_trap(regs);
}

/* For a hit that runs no handler: in a way that cannot fail anywhere. */
static __always_inline void kprobe_run_plain(struct kprobe_hit *hit, struct pt_regs *regs)
{
	struct arch_kprobe_site *arch = &hit->site->arch;

	if (kprobe_emulate(&arch->insn, hit->site->addr, regs))
		kprobe_hit_end(hit);
	else if (arch->boost)
		kprobe_run_boosted(hit, regs);
	else
		kprobe_run_stepped(hit, regs, false);
}

/* Executes the instruction, or sends the CPU to where it will be executed. */
static __always_inline void kprobe_run(struct kprobe_hit *hit, struct pt_regs *regs,
				       enum kprobe_way way)
{
	struct arch_kprobe_site *arch = &hit->site->arch;

	kprobe_hit_between(hit);
	switch (way) {
	case KPROBE_WAY_EMULATE:
		if (kprobe_emulate(&arch->insn, hit->site->addr, regs)) {
			kprobe_post_and_go_on(hit, regs);
			kprobe_hit_end(hit);
		} else {
			/* Its target is no good: it will fault. */
			kprobe_run_boosted(hit, regs);
		}
		break;
	case KPROBE_WAY_BOOST:
		kprobe_run_boosted(hit, regs);
		break;
	default:
		kprobe_run_stepped(hit, regs, way == KPROBE_WAY_TRAP);
	}
}

/* Returns true if that was all: no post-handler, no reentry, no step. */
static __always_inline bool kprobe_plain_breakpoint(struct kprobe_site *site,
						    struct pt_regs *regs)
{
	enum kprobe_way way = site->arch.way;
	struct kprobe *kp = kprobe_plain(site);

	if (!kp || way > KPROBE_WAY_BOOST)
		return false;
	if (kprobe_plain_pre(kp, regs)) {
		regs->ip = kprobe_go_on_at(regs->ip);
		return true;
	}
	if (way == KPROBE_WAY_EMULATE && kprobe_emulate(&site->arch.insn, site->addr, regs))
		return true;
	regs->ip = (unsigned long)site->arch.boost->code;
	return true;
}

static noinline void kprobe_any_breakpoint(struct kprobe_site *site, struct pt_regs *regs)
{
	enum kprobe_way way;
	struct kprobe_hit hit;

	kprobe_hit_begin(&hit, site);
	way = kprobe_active_has_post(hit.active) ? site->arch.way_post : site->arch.way;
	if (way == KPROBE_WAY_TRAP && !kprobe_may_trap(regs))
		kprobe_hit_miss(&hit, KPROBE_MISSED_NO_STEP);

	if (kprobe_hit_pre(&hit, regs)) {
		kprobe_hit_end(&hit);
		regs->ip = kprobe_go_on_at(regs->ip);
		return;
	}
	regs->ip = site->addr;
	if (hit.active)
		kprobe_run(&hit, regs, way);
	else
		kprobe_run_plain(&hit, regs);
}
NOKPROBE_SYMBOL(kprobe_any_breakpoint);

static __always_inline void kprobe_breakpoint(struct kprobe_site *site, struct pt_regs *regs)
{
	if (unlikely(kprobe_via_detour(site)))
		regs->ip = kprobe_detour_entry(site);
	else if (!kprobe_plain_breakpoint(site, regs))
		kprobe_any_breakpoint(site, regs);
}

static __always_inline bool kprobe_take_int3(struct pt_regs *regs)
{
	unsigned long addr = regs->ip - INT3_INSN_SIZE;
	struct kprobe_site *site;

	if (unlikely(kprobe_is_stepping()) && kprobe_step_breakpoint(regs))
		return true;
	site = kprobe_site_find(addr);
	if (likely(site)) {
		kprobe_breakpoint(site, regs);
		return true;
	}
	if (READ_ONCE(*(u8 *)addr) == INT3_INSN_OPCODE)
		return false;
	regs->ip = addr;
	return true;
}

/**
 * kprobe_int3_handler() - is this breakpoint one of ours?
 * @regs: registers as the breakpoint left them
 *
 * Context: int3, interrupts off.
 * Return: 1 if so, or if nobody's is there any more: a probe may be removed
 * after this CPU has fetched its breakpoint; the CPU shall execute what is
 * there now. 0 if it is somebody else's.
 */
int kprobe_int3_handler(struct pt_regs *regs)
{
	bool taken;

	if (user_mode(regs))
		return 0;
	preempt_disable_notrace();
	taken = kprobe_take_int3(regs);
	preempt_enable_no_resched_notrace();
	return taken;
}
NOKPROBE_SYMBOL(kprobe_int3_handler);

/* The site whose instruction is at @ip in a slot, and is followed by a jump back. */
static struct kprobe_site *kprobe_site_in_slot(unsigned long ip)
{
	const struct kprobe_slot *slot = kprobe_slot_find(ip);

	if (likely(!slot))
		return NULL;
	/*
	 * Of what a jump displaces only the first instruction is probed. At the
	 * place of another there may be no instruction to return to.
	 */
	if (slot == (const struct kprobe_slot *)slot->site->arch.detour &&
	    !kprobe_detour_at_first(slot->site, ip))
		return NULL;
	return slot->site;
}
NOKPROBE_SYMBOL(kprobe_site_in_slot);

/* The hit of an instruction that has just faulted in a slot, if it is one. */
static bool kprobe_faulted_hit(struct kprobe_hit *hit, struct pt_regs *regs)
{
	struct kprobe_site *site;

	if (kprobe_step_cancel(hit, regs))
		return true;
	site = kprobe_site_in_slot(regs->ip);
	if (likely(!site))
		return false;
	kprobe_hit_rejoin(hit, site);
	regs->ip = site->addr;
	return true;
}
NOKPROBE_SYMBOL(kprobe_faulted_hit);

static __always_inline bool kprobe_take_fault(struct pt_regs *regs, int trapnr)
{
	struct kprobe_hit hit;
	bool mended;

	if (kprobe_faulted_hit(&hit, regs)) {
		mended = kprobe_hit_fault(&hit, regs, trapnr);
		kprobe_hit_end(&hit);
		if (mended) {
			regs->ip = kprobe_go_on_at(regs->ip);
			return true;
		}
	}
	/* The probed instruction may itself be part of a handler. */
	if (!kprobe_handler_fault(regs, trapnr))
		return false;
	regs->ip = kprobe_go_on_at(regs->ip);
	return true;
}

/**
 * kprobe_original_ip() - address of an instruction, as if there were no probe
 * @ip: address of an instruction that is being executed
 *
 * Context: preemption off.
 * Return: the probed address if @ip is the copy of a probed instruction, else @ip.
 */
unsigned long kprobe_original_ip(unsigned long ip)
{
	const struct kprobe_step *step = kprobe_step_top();
	const struct kprobe_site *site;

	if (step && ip == step->copy)
		return step->hit.site->addr;
	site = kprobe_site_in_slot(ip);
	return site ? site->addr : ip;
}
NOKPROBE_SYMBOL(kprobe_original_ip);

/**
 * kprobe_unwind_ip() - address of the instruction to which registers belong
 * @ip: IP of registers on the stack of the current task
 *
 * Pre-handlers get the registers before the instruction, and IP one byte after its
 * beginning. If the instruction is one byte long and changes the stack pointer, the
 * frame has another size there.
 *
 * An interrupted task may have the same IP, further out on the stack: the unwinder
 * asks until it has got another address than @ip.
 *
 * Context: preemption off.
 * Return: the probed address if @ip is where the running pre-handler finds IP; else @ip.
 */
unsigned long kprobe_unwind_ip(unsigned long ip)
{
	const struct kprobe *kp = __this_cpu_read(current_kprobe);

	/* A probe whose handler is running is not freed. */
	if (likely(!kp) || kp == &kprobe_busy || __this_cpu_read(kprobe_in_post_handler))
		return ip;
	return ip == (unsigned long)kp->addr + INT3_INSN_SIZE ? (unsigned long)kp->addr : ip;
}
NOKPROBE_SYMBOL(kprobe_unwind_ip);

/**
 * kprobe_fault_quietly() - end the hit of a faulting instruction, ask no fault handler
 * @regs: registers as the exception found them, in kernel mode. If it is of a probed
 *	instruction, they are made as it would have found them at the instruction's
 *	own address
 *
 * Context: interrupts off.
 */
void kprobe_fault_quietly(struct pt_regs *regs)
{
	struct kprobe_hit hit;

	if (kprobe_faulted_hit(&hit, regs))
		kprobe_hit_end(&hit);
}
NOKPROBE_SYMBOL(kprobe_fault_quietly);

/**
 * kprobe_fault_handler() - ask the fault handlers about an exception
 * @regs: registers as the exception found them, in kernel mode. If it is of a
 *	probed instruction, they are made as it would have found them at the
 *	instruction's own address
 * @trapnr: number of the exception
 *
 * Context: interrupts off.
 * Return: true if a fault handler has mended it: resume at regs->ip.
 */
bool kprobe_fault_handler(struct pt_regs *regs, int trapnr)
{
	bool mended;

	preempt_disable_notrace();
	mended = kprobe_take_fault(regs, trapnr);
	preempt_enable_no_resched_notrace();
	return mended;
}
NOKPROBE_SYMBOL(kprobe_fault_handler);
