// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: detours, where the jumps of sites lead to.
 *
 *	call kprobe_detour_enter	saves the registers, runs the pre-handlers
 *	first:	the probed instruction	unless it is emulated
 *		the others that the jump displaces
 *		jmp behind them
 *	stepped: the probed instruction	for hits with post-handlers, unless it can
 *		call kprobe_detour_leave	be emulated
 *		jmp to the others
 *
 * The return addresses of the two calls are replaced by where the CPU shall go
 * on: mostly that is right behind the call, as the CPU expects it. Between the
 * two interrupts are off, as in any step.
 */
#include <linux/context_tracking.h>
#include <linux/irqflags.h>
#include <linux/string.h>
#include <asm/processor-flags.h>

#include "../../../../kernel/kprobes/hit.h"
#include "step.h"

/* The jump is five bytes long: no more instructions can begin within. */
#define KPROBE_MAX_DISPLACED	JMP32_INSN_SIZE

/**
 * struct kprobe_detour - a detour, in its slot
 * @slot: whose it is
 * @nr: how many instructions are displaced
 * @stepped: where in @code there is a copy of the first that is followed by
 *	kprobe_detour_leave(); 0 if there is none
 * @from: where each was, counted from the site
 * @to: where each is in @code; of the first 0 if it has to be emulated. Behind
 *	the last of them, where the jump back is
 * @code: see above
 */
struct kprobe_detour {
	struct kprobe_slot slot;
	u8 nr;
	u8 stepped;
	u8 from[KPROBE_MAX_DISPLACED];
	u8 to[KPROBE_MAX_DISPLACED + 1];
	u8 code[];
};

/*
 * Building
 */

/**
 * struct kprobe_detour_plan - a detour that is being built
 * @detour: so far
 * @room: for the largest
 * @len: how much of its code is there
 * @insn: the displaced instructions
 * @at: address that its code will have
 * @ok: all could be reached
 */
struct kprobe_detour_plan {
	union {
		struct kprobe_detour detour;
		u8 room[KPROBE_SLOT_MAX];
	};
	unsigned int len;
	struct kprobe_insn insn[KPROBE_MAX_DISPLACED];
	unsigned long at;
	bool ok;
};

static void kprobe_plan_call(struct kprobe_detour_plan *plan, const u8 *function)
{
	plan->ok &= kprobe_relocate_call(plan->detour.code + plan->len, plan->at + plan->len,
					 (unsigned long)function);
	plan->len += CALL_INSN_SIZE;
}

static void kprobe_plan_jump(struct kprobe_detour_plan *plan, unsigned long to)
{
	plan->ok &= kprobe_relocate_jump(plan->detour.code + plan->len, plan->at + plan->len, to);
	plan->len += JMP32_INSN_SIZE;
}

static void kprobe_plan_copy(struct kprobe_detour_plan *plan, const struct kprobe_site *site,
			     unsigned int i)
{
	plan->ok &= kprobe_rewrite(&plan->insn[i], plan->detour.code + plan->len,
				   site->addr + plan->detour.from[i], plan->at + plan->len);
	plan->len += kprobe_rewritten_size(&plan->insn[i]);
}

static void kprobe_plan_read(struct kprobe_detour_plan *plan, const struct kprobe_site *site)
{
	unsigned int at, len, span = site->arch.span;

	for (at = 0; at < span; at += len) {
		struct kprobe_insn *insn = &plan->insn[plan->detour.nr];

		/* What does not decode is padding: see kprobe_find_span(). */
		if (kprobe_classify(insn, site->arch.text + at, span - at))
			break;
		len = insn->len;
		plan->detour.from[plan->detour.nr++] = at;
	}
}

static void kprobe_plan_code(struct kprobe_detour_plan *plan, const struct kprobe_site *site)
{
	struct kprobe_detour *detour = &plan->detour;
	unsigned int i;

	kprobe_plan_call(plan, kprobe_detour_enter);
	for (i = 0; i < detour->nr; i++) {
		if (!kprobe_rewritten_size(&plan->insn[i]))
			continue;
		detour->to[i] = plan->len;
		kprobe_plan_copy(plan, site, i);
	}
	detour->to[detour->nr] = plan->len;
	if (kprobe_falls_through(plan->insn[detour->nr - 1].op))
		kprobe_plan_jump(plan, site->addr + site->arch.span);
	else
		detour->code[plan->len++] = INT3_INSN_OPCODE;
	if (plan->insn[0].op != KPROBE_OP_NONE)
		return;
	detour->stepped = plan->len;
	kprobe_plan_copy(plan, site, 0);
	kprobe_plan_call(plan, kprobe_detour_leave);
	kprobe_plan_jump(plan, plan->at + detour->to[1]);
}

/* Once to learn how long it will be, then for where it will be. */
static struct kprobe_detour *kprobe_detour_write(struct kprobe_detour_plan *plan,
						 struct kprobe_site *site)
{
	struct kprobe_slot *slot;

	kprobe_plan_code(plan, site);
	slot = kprobe_slot_alloc(sizeof(struct kprobe_detour) + plan->len);
	if (!slot)
		return NULL;
	plan->at = (unsigned long)((struct kprobe_detour *)slot)->code;
	plan->len = 0;
	plan->ok = true;
	kprobe_plan_code(plan, site);
	if (!plan->ok || !kprobe_relocate_jump((u8 []){ 1, 2, 3, 4, 5 }, site->addr, plan->at)) {
		kprobe_slot_free(slot);
		return NULL;
	}
	kprobe_slot_write(slot, &plan->detour, sizeof(struct kprobe_detour) + plan->len);
	return (struct kprobe_detour *)slot;
}

bool arch_kprobe_provide_detour(struct kprobe_site *site)
{
	struct kprobe_detour_plan *plan;

	if (!kprobe_confirm_jump(site))
		return false;
	if (site->arch.detour)
		return true;
	plan = kzalloc(sizeof(*plan), GFP_KERNEL);
	if (plan) {
		plan->detour.slot.site = site;
		kprobe_plan_read(plan, site);
		site->arch.detour = kprobe_detour_write(plan, site);
		kfree(plan);
	}
	return site->arch.detour;
}

/*
 * Hits
 */

/**
 * kprobe_detour_entry() - where does the jump of a site go to?
 * @site: the site, which has a detour
 *
 * Return: the address.
 */
unsigned long kprobe_detour_entry(const struct kprobe_site *site)
{
	return (unsigned long)site->arch.detour->code;
}
NOKPROBE_SYMBOL(kprobe_detour_entry);

/**
 * kprobe_detour_at_first() - is this the probed instruction, in the detour?
 * @site: the site, which has a detour
 * @ip: an address in it
 *
 * Return: true if so, and if it is not one with a call behind it.
 */
bool kprobe_detour_at_first(const struct kprobe_site *site, unsigned long ip)
{
	const struct kprobe_detour *detour = site->arch.detour;

	return detour->to[0] && ip == (unsigned long)detour->code + detour->to[0];
}
NOKPROBE_SYMBOL(kprobe_detour_at_first);

/* Where an instruction runs that the jump has displaced, or may soon. */
static unsigned long kprobe_detoured(const struct kprobe_detour *detour, unsigned long ip)
{
	unsigned long offset = ip - detour->slot.site->addr;
	unsigned int i;

	if (offset >= KPROBE_SLOT_MAX)
		return ip;
	for (i = 1; i < detour->nr; i++) {
		if (offset == detour->from[i])
			return (unsigned long)detour->code + detour->to[i];
	}
	return ip;
}
NOKPROBE_SYMBOL(kprobe_detoured);

/**
 * kprobe_go_on_at() - where does the CPU find an instruction?
 * @ip: where a handler has it go on
 *
 * The jump of any site may have displaced the instruction, which then has a copy in
 * that site's detour. The copy is found as soon as the site has the detour, and
 * until no hit goes there: a CPU that has been sent to the copy is one that hit the
 * site, and one that has been sent to @ip is one that has just passed it. The grace
 * periods of jumps and of slots wait for either.
 *
 * Context: preemption off, RCU is watching.
 * Return: @ip, or the address of the copy.
 */
unsigned long kprobe_go_on_at(unsigned long ip)
{
	const struct kprobe_site *site;
	unsigned long before;

	for (before = 1; before < KPROBE_MAX_DISPLACED; before++) {
		site = kprobe_site_find(ip - before);
		if (site && kprobe_via_detour(site)) {
			ip = kprobe_detoured(site->arch.detour, ip);
			break;
		}
	}
	return ip;
}
NOKPROBE_SYMBOL(kprobe_go_on_at);

/*
 * The assembly has built @regs below the return address, with all but IP and the
 * stack pointer. Returns what that was before the call; the word below is the
 * return address.
 */
static __always_inline unsigned long *kprobe_detour_complete(struct pt_regs *regs)
{
	unsigned long *sp = (unsigned long *)(regs + 1) + 1;

	regs->sp = (unsigned long)sp;
	if (IS_ENABLED(CONFIG_TRACE_IRQFLAGS) && (regs->flags & X86_EFLAGS_IF))
		trace_hardirqs_off();
	return sp;
}

static __always_inline void kprobe_detour_over(const struct pt_regs *regs)
{
	if (IS_ENABLED(CONFIG_TRACE_IRQFLAGS) && (regs->flags & X86_EFLAGS_IF))
		trace_hardirqs_on();
}

/*
 * Has the assembly load the registers, and last of all flags and IP, from right
 * below the stack pointer that @regs says. If that is lower than it was, the two
 * would overwrite registers that have yet to be loaded: @regs is moved to below
 * them first. Nothing of this is seen by the probed code, which has no use for
 * what is below its stack pointer.
 */
static __always_inline bool kprobe_detour_leave_to(struct pt_regs *regs, unsigned long ip)
{
	unsigned long flags = ALIGN_DOWN(regs->sp - 2 * sizeof(long), sizeof(long));

	kprobe_detour_over(regs);
	regs->ip = ip;
	regs->orig_ax = min((unsigned long)regs, flags - offsetof(struct pt_regs, sp));
	return true;
}

/*
 * The pre-handlers have run, and the instruction cannot just be executed: there
 * are post-handlers, or it has no copy. Returns where to go on.
 */
static __always_inline unsigned long
kprobe_detour_run(const struct kprobe_detour *detour, struct kprobe_hit *hit,
		  struct pt_regs *regs)
{
	const struct kprobe_site *site = hit->site;
	unsigned long next;

	kprobe_hit_between(hit);
	regs->ip = site->addr;
	if (detour->stepped) {
		kprobe_step_begin(hit, regs, (unsigned long)detour->code + detour->stepped);
		return regs->ip;
	}
	if (kprobe_emulate(&site->arch.insn, site->addr, regs)) {
		next = regs->ip;
		kprobe_hit_post(hit, regs);
		kprobe_hit_end(hit);
		return regs->ip == next ? kprobe_detoured(detour, next) : kprobe_go_on_at(regs->ip);
	}
	/* Its target is no good: it will fault. */
	kprobe_hit_end(hit);
	return (unsigned long)detour->code + detour->to[0];
}

/* Any hit. Returns where to go on. */
static noinline unsigned long kprobe_detour_any_hit(const struct kprobe_detour *detour,
						    struct pt_regs *regs)
{
	struct kprobe_hit hit;

	/* A breakpoint makes RCU watch, a jump does not. */
	if (likely(rcu_is_watching_curr_cpu()))
		kprobe_hit_begin(&hit, detour->slot.site);
	else
		kprobe_hit_begin_unwatched(&hit, detour->slot.site);
	if (kprobe_hit_pre(&hit, regs)) {
		kprobe_hit_end(&hit);
		return kprobe_go_on_at(regs->ip);
	}
	if (!detour->to[0] || kprobe_active_has_post(hit.active))
		return kprobe_detour_run(detour, &hit, regs);
	kprobe_hit_end(&hit);
	return (unsigned long)detour->code + detour->to[0];
}
NOKPROBE_SYMBOL(kprobe_detour_any_hit);

static __always_inline bool kprobe_detour_take(struct pt_regs *regs)
{
	unsigned long *sp = kprobe_detour_complete(regs);
	const struct kprobe_detour *detour =
		container_of((const u8 *)sp[-1] - CALL_INSN_SIZE, struct kprobe_detour, code[0]);
	struct kprobe *kp = kprobe_plain(detour->slot.site);
	unsigned long first = sp[-1];

	regs->ip = detour->slot.site->addr + INT3_INSN_SIZE;
	if (unlikely(!kp || !detour->to[0] || !rcu_is_watching_curr_cpu()))
		return kprobe_detour_leave_to(regs, kprobe_detour_any_hit(detour, regs));
	if (unlikely(kprobe_plain_pre(kp, regs)))
		return kprobe_detour_leave_to(regs, kprobe_go_on_at(regs->ip));
	/* The handler may have pushed a word, to where the return address is. */
	if (unlikely(regs->sp != (unsigned long)sp))
		return kprobe_detour_leave_to(regs, first);
	kprobe_detour_over(regs);
	return false;
}

/**
 * kprobe_detour_hit() - a CPU has come through the jump of a site
 * @regs: registers before the instruction, all but IP and SP
 *
 * Context: interrupts off; called by kprobe_detour_enter.
 * Return: false to go on behind the call, with the registers of @regs; true for
 * what kprobe_detour_leave_to() says.
 */
__visible bool kprobe_detour_hit(struct pt_regs *regs)
{
	bool elsewhere;

	preempt_disable_notrace();
	elsewhere = kprobe_detour_take(regs);
	preempt_enable_no_resched_notrace();
	return elsewhere;
}
NOKPROBE_SYMBOL(kprobe_detour_hit);

static __always_inline bool kprobe_detour_take_end(struct pt_regs *regs)
{
	struct kprobe_step *step = kprobe_step_top();
	const struct kprobe_site *site = step->hit.site;
	unsigned long next = site->addr + site->arch.insn.len;
	unsigned long *sp;

	/* One that can be boosted and stepped: nothing else has to be put right. */
	regs->flags |= step->flags & X86_EFLAGS_IF;
	sp = kprobe_detour_complete(regs);
	regs->ip = next;
	if (likely(rcu_is_watching_curr_cpu()))
		kprobe_hit_post(&step->hit, regs);
	else if (kprobe_active_has_post(step->hit.active))
		kprobe_count_missed(KPROBE_MISSED_UNWATCHED, 1);
	kprobe_hit_end(&step->hit);
	kprobe_step_pop();
	if (unlikely(regs->ip != next || regs->sp != (unsigned long)sp))
		return kprobe_detour_leave_to(regs, kprobe_go_on_at(regs->ip));
	kprobe_detour_over(regs);
	return false;
}

/**
 * kprobe_detour_hit_end() - the probed instruction was stepped, and a call follows
 * @regs: registers behind the instruction, all but IP and SP
 *
 * Context: interrupts off; called by kprobe_detour_leave.
 * Return: false to go on behind the call, with the registers of @regs; true for
 * what kprobe_detour_leave_to() says.
 */
__visible bool kprobe_detour_hit_end(struct pt_regs *regs)
{
	bool elsewhere;

	preempt_disable_notrace();
	elsewhere = kprobe_detour_take_end(regs);
	preempt_enable_no_resched_notrace();
	return elsewhere;
}
NOKPROBE_SYMBOL(kprobe_detour_hit_end);
