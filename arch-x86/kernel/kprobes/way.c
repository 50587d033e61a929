// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: how a site's instruction is run, and the slots that it needs
 * for that.
 */
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/perf_event.h>
#include <linux/string.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/* kprobe_way=: where an instruction can be run in this way, it is. */
enum kprobe_way kprobe_forced_way;

static const char * const kprobe_way_names[KPROBE_NR_WAYS] = {
	[KPROBE_WAY_AUTO]	= "auto",
	[KPROBE_WAY_EMULATE]	= "emulate",
	[KPROBE_WAY_BOOST]	= "boost",
	[KPROBE_WAY_CALL]	= "call",
	[KPROBE_WAY_BREAKPOINT]	= "breakpoint",
	[KPROBE_WAY_TRAP]	= "trap",
};

static int __init kprobe_way_setup(char *name)
{
	int way = match_string(kprobe_way_names, KPROBE_NR_WAYS, name);

	if (way < 0) {
		pr_warn("kprobes: kprobe_way=%s: not auto, emulate, boost, call, breakpoint or trap\n",
			name);
		return 1;
	}
	kprobe_forced_way = way;
	return 1;
}
__setup("kprobe_way=", kprobe_way_setup);

static bool kprobe_can_go(const struct kprobe_insn *insn, enum kprobe_way way, bool has_post)
{
	switch (way) {
	case KPROBE_WAY_EMULATE:
		return insn->op != KPROBE_OP_NONE;
	case KPROBE_WAY_BOOST:
		return (insn->flags & KPROBE_INSN_BOOST) && !has_post;
	case KPROBE_WAY_CALL:
		/* The end has to restore IF, which only an IRET can. */
		return !kprobe_is_unprivileged() &&
		       (insn->flags & KPROBE_INSN_BOOST) && (insn->flags & KPROBE_INSN_STEP_BP);
	case KPROBE_WAY_BREAKPOINT:
		return insn->flags & KPROBE_INSN_STEP_BP;
	case KPROBE_WAY_TRAP:
		return insn->flags & KPROBE_INSN_STEP_TF;
	default:
		return false;
	}
}

static enum kprobe_way kprobe_choose_way(const struct kprobe_insn *insn, bool has_post)
{
	enum kprobe_way way;

	if (kprobe_can_go(insn, kprobe_forced_way, has_post))
		return kprobe_forced_way;
	for (way = KPROBE_WAY_EMULATE; way < KPROBE_WAY_TRAP; way++) {
		if (kprobe_can_go(insn, way, has_post))
			return way;
	}
	return KPROBE_WAY_TRAP;
}

/**
 * kprobe_choose_ways() - decide how hits run a site's instruction
 * @arch: the site's; its instruction is classified
 */
void kprobe_choose_ways(struct arch_kprobe_site *arch)
{
	arch->way = kprobe_choose_way(&arch->insn, false);
	arch->way_post = kprobe_choose_way(&arch->insn, true);
}

/**
 * kprobe_slot_write() - fill a slot
 * @slot: the slot, that nobody executes yet
 * @content: what is to be in it, from its first word on
 * @len: how much that is, in bytes
 *
 * Context: kprobe_mutex. Sleeps.
 */
void kprobe_slot_write(struct kprobe_slot *slot, const void *content, size_t len)
{
	size_t size = kprobe_slot_size(len);
	u8 buf[KPROBE_SLOT_MAX];

	memcpy(buf, content, len);
	memset(buf + len, KPROBE_SLOT_FILL, size - len);
	/* No CPU executes it before an IRET, or a broadcast: both serialise. */
	mutex_lock(&text_mutex);
	text_poke(slot, buf, size);
	mutex_unlock(&text_mutex);
	perf_event_text_poke(slot, NULL, 0, buf, size);
}

/* A copy of a probed instruction, with what follows it, and whose it is. */
struct kprobe_copy {
	struct kprobe_site *site;
	u8 code[MAX_INSN_SIZE + CALL_INSN_SIZE + JMP32_INSN_SIZE];
};

/* What follows the instruction in a slot, in bytes. */
static unsigned int kprobe_tail_size(enum kprobe_way way)
{
	switch (way) {
	case KPROBE_WAY_BOOST:
		return JMP32_INSN_SIZE;
	case KPROBE_WAY_CALL:
		return CALL_INSN_SIZE + JMP32_INSN_SIZE;
	default:
		return INT3_INSN_SIZE;
	}
}

/* The original instruction; behind it a jump back, perhaps after a call, or a breakpoint. */
static int kprobe_copy_build(struct kprobe_copy *copy, struct kprobe_site *site,
			     struct kprobe_slot *slot, enum kprobe_way way)
{
	const struct kprobe_insn *insn = &site->arch.insn;
	unsigned long to = (unsigned long)slot->code;
	int len = kprobe_relocate(insn, copy->code, site->addr, to);

	copy->site = site;
	if (len < 0)
		return len;
	/* After a jump as well: it stops the speculation that runs straight on. */
	if ((way != KPROBE_WAY_BOOST && way != KPROBE_WAY_CALL) ||
	    !kprobe_falls_through(insn->op)) {
		copy->code[len] = INT3_INSN_OPCODE;
		return len + INT3_INSN_SIZE;
	}
	if (way == KPROBE_WAY_CALL) {
		if (!kprobe_relocate_call(copy->code + len, to + len,
					  (unsigned long)kprobe_detour_leave))
			return -ERANGE;
		len += CALL_INSN_SIZE;
	}
	if (!kprobe_relocate_jump(copy->code + len, to + len, site->addr + insn->len))
		return -ERANGE;
	return len + JMP32_INSN_SIZE;
}

static enum kprobe_refusal kprobe_slot_provide(struct kprobe_site *site,
					       struct kprobe_slot **where, enum kprobe_way way)
{
	size_t size = sizeof(struct kprobe_slot) + site->arch.insn.len + kprobe_tail_size(way);
	struct kprobe_slot *slot;
	struct kprobe_copy copy;
	int len;

	if (*where)
		return KPROBE_OK;
	slot = kprobe_slot_alloc(size);
	if (!slot)
		return KPROBE_NO_MEMORY;
	len = kprobe_copy_build(&copy, site, slot, way);
	if (len < 0) {
		kprobe_slot_free(slot);
		return KPROBE_OUT_OF_REACH;
	}
	kprobe_slot_write(slot, &copy, offsetof(struct kprobe_copy, code) + len);
	/* Hits see it when they see the probes that need it. */
	*where = slot;
	return KPROBE_OK;
}

/**
 * kprobe_may_fault() - may kprobe_emulate() leave it to the CPU?
 * @insn: the instruction, that can be emulated
 *
 * The target of some comes from a register or from memory. If it cannot be
 * read, or is no address, the CPU shall raise the fault itself: in a slot, from
 * where an absolute branch needs no trap to go on.
 *
 * Return: true if so.
 */
bool kprobe_may_fault(const struct kprobe_insn *insn)
{
	switch (insn->op) {
	case KPROBE_OP_JMP_REG:
	case KPROBE_OP_CALL_REG:
	case KPROBE_OP_JMP_MEM:
	case KPROBE_OP_CALL_MEM:
	case KPROBE_OP_RET:
		return true;
	default:
		return false;
	}
}

/**
 * kprobe_can_go_untrapped() - can it be executed without the trap flag?
 * @insn: the instruction
 *
 * The trap flag cannot always be used, see kprobe_may_trap(). Whatever else is
 * wanted, there must be a way without.
 *
 * Return: true if so.
 */
bool kprobe_can_go_untrapped(const struct kprobe_insn *insn)
{
	return insn->op != KPROBE_OP_NONE ||
	       (insn->flags & (KPROBE_INSN_BOOST | KPROBE_INSN_STEP_BP | KPROBE_INSN_ABS_IP));
}

/* The slots that a way needs, also for hits that cannot go that way. */
static bool kprobe_needs_boost(const struct kprobe_insn *insn, enum kprobe_way way)
{
	switch (way) {
	case KPROBE_WAY_BOOST:
		return true;
	case KPROBE_WAY_EMULATE:
		return kprobe_may_fault(insn);
	case KPROBE_WAY_TRAP:
		return insn->op == KPROBE_OP_NONE || kprobe_may_fault(insn);
	default:
		return false;
	}
}

void arch_kprobe_fill(void *page)
{
	text_poke_set(page, KPROBE_SLOT_FILL, PAGE_SIZE);
}

enum kprobe_refusal arch_kprobe_provide(struct kprobe_site *site, bool has_post)
{
	struct arch_kprobe_site *arch = &site->arch;
	enum kprobe_way way = has_post ? arch->way_post : arch->way;
	enum kprobe_refusal refusal = KPROBE_OK;

	if (way >= KPROBE_WAY_CALL)
		refusal = kprobe_slot_provide(site, &arch->step, way);
	if (!refusal && kprobe_needs_boost(&arch->insn, way))
		refusal = kprobe_slot_provide(site, &arch->boost, KPROBE_WAY_BOOST);
	return refusal;
}

void arch_kprobe_release(struct kprobe_site *site)
{
	kprobe_slot_free(site->arch.boost);
	kprobe_slot_free(site->arch.step);
	kprobe_slot_free((struct kprobe_slot *)site->arch.detour);
}

static enum kprobe_way kprobe_way_now(const struct kprobe_site *site)
{
	bool has_post = kprobe_active_has_post(READ_ONCE(site->active));

	return has_post ? site->arch.way_post : site->arch.way;
}

const char *arch_kprobe_way(const struct kprobe_site *site)
{
	static const char * const what[KPROBE_NR_WAYS] = {
		[KPROBE_WAY_EMULATE]	= "emulated",
		[KPROBE_WAY_BOOST]	= "boosted",
		[KPROBE_WAY_CALL]	= "stepped",
		[KPROBE_WAY_BREAKPOINT]	= "stepped by breakpoint",
		[KPROBE_WAY_TRAP]	= "stepped by trap flag",
	};
	return what[kprobe_way_now(site)];
}

const char *arch_kprobe_why_way(const struct kprobe_site *site)
{
	enum kprobe_way way = kprobe_way_now(site);

	if (way <= KPROBE_WAY_BOOST)
		return NULL;
	if (way == kprobe_forced_way)
		return "as kprobe_way= asks";
	return way == site->arch.way ? "as the instruction needs it" : "for the post-handlers";
}
