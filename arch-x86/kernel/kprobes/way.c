// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: how a site's instruction is run, and the slots that it needs
 * for that.
 */
#include <linux/init.h>
#include <linux/memory.h>
#include <linux/string.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/* kprobe_way=: where an instruction can be run in this way, it is. */
enum kprobe_way kprobe_forced_way;

static const char * const kprobe_way_names[KPROBE_NR_WAYS] = {
	[KPROBE_WAY_AUTO]	= "auto",
	[KPROBE_WAY_EMULATE]	= "emulate",
	[KPROBE_WAY_BOOST]	= "boost",
	[KPROBE_WAY_BREAKPOINT]	= "breakpoint",
	[KPROBE_WAY_TRAP]	= "trap",
};

static int __init kprobe_way_setup(char *name)
{
	int way = match_string(kprobe_way_names, KPROBE_NR_WAYS, name);

	if (way < 0) {
		pr_warn("kprobes: kprobe_way=%s: not auto, emulate, boost, breakpoint or trap\n",
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

/* The original instruction, a jump back if wanted, breakpoints behind. */
static enum kprobe_refusal kprobe_slot_write(const struct kprobe_site *site, u8 *slot,
					     bool jump_back)
{
	const struct kprobe_insn *insn = &site->arch.insn;
	unsigned long to = (unsigned long)slot;
	u8 buf[KPROBE_SLOT_SIZE];
	int len;

	memset(buf, KPROBE_SLOT_FILL, sizeof(buf));
	len = kprobe_relocate(insn, buf, site->addr, to);
	if (len < 0)
		return KPROBE_OUT_OF_REACH;
	if (jump_back && !kprobe_relocate_jump(buf + len, to + len, site->addr + insn->len))
		return KPROBE_OUT_OF_REACH;

	/* No CPU executes it before an IRET, which serialises. */
	mutex_lock(&text_mutex);
	text_poke(slot, buf, sizeof(buf));
	mutex_unlock(&text_mutex);
	return KPROBE_OK;
}

static enum kprobe_refusal kprobe_slot_provide(struct kprobe_site *site, u8 **where,
					       bool jump_back)
{
	enum kprobe_refusal refusal;
	u8 *slot;

	if (*where)
		return KPROBE_OK;
	slot = kprobe_slot_alloc(site);
	if (!slot)
		return KPROBE_NO_MEMORY;
	refusal = kprobe_slot_write(site, slot, jump_back);
	if (refusal) {
		kprobe_slot_free(slot);
		return refusal;
	}
	/* Hits see it when they see the probes that need it. */
	*where = slot;
	return KPROBE_OK;
}

/* Emulating these reads memory; if it cannot, the CPU shall raise the fault. */
static bool kprobe_may_fall_back(const struct kprobe_insn *insn)
{
	return insn->op == KPROBE_OP_JMP_MEM || insn->op == KPROBE_OP_CALL_MEM;
}

/**
 * kprobe_can_go_untrapped() - can it be executed without the trap flag?
 * @insn: the instruction
 *
 * The trap flag cannot always be used, see kprobe_may_trap(). Whatever else is
 * wanted, there must be a way without. A branch to an absolute address needs
 * no trap to go there.
 *
 * Return: true if so.
 */
bool kprobe_can_go_untrapped(const struct kprobe_insn *insn)
{
	return insn->op != KPROBE_OP_NONE ||
	       (insn->flags & (KPROBE_INSN_BOOST | KPROBE_INSN_STEP_BP | KPROBE_INSN_ABS_IP));
}

/* Steps under the trap flag: also a slot to run in when that cannot be used. */
static enum kprobe_refusal kprobe_trap_provide(struct kprobe_site *site)
{
	struct arch_kprobe_site *arch = &site->arch;
	enum kprobe_refusal refusal;

	refusal = kprobe_slot_provide(site, &arch->step, false);
	if (refusal)
		return refusal;
	if (arch->insn.op != KPROBE_OP_NONE && !kprobe_may_fall_back(&arch->insn))
		return KPROBE_OK;
	return kprobe_slot_provide(site, &arch->boost, true);
}

enum kprobe_refusal arch_kprobe_provide(struct kprobe_site *site, bool has_post)
{
	struct arch_kprobe_site *arch = &site->arch;

	switch (has_post ? arch->way_post : arch->way) {
	case KPROBE_WAY_EMULATE:
		return kprobe_may_fall_back(&arch->insn) ? kprobe_trap_provide(site) : KPROBE_OK;
	case KPROBE_WAY_BOOST:
		return kprobe_slot_provide(site, &arch->boost, true);
	case KPROBE_WAY_TRAP:
		return kprobe_trap_provide(site);
	default:
		return kprobe_slot_provide(site, &arch->step, false);
	}
}

void arch_kprobe_release(struct kprobe_site *site)
{
	kprobe_slot_free(site->arch.boost);
	kprobe_slot_free(site->arch.step);
}

const char *arch_kprobe_way(const struct kprobe_site *site)
{
	bool has_post = kprobe_active_has_post(READ_ONCE(site->active));

	return kprobe_way_names[has_post ? site->arch.way_post : site->arch.way];
}
