// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: the probed text. Reads it as it was without probes, finds the
 * instruction, writes and removes breakpoints.
 */
#include <linux/kallsyms.h>
#include <linux/memory.h>
#include <linux/perf_event.h>
#include <linux/uaccess.h>
#include <asm/ibt.h>
#include <asm/sections.h>
#include <asm/switch_to.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/*
 * Reads one instruction without our breakpoint in its first byte. There can be
 * none in the others. Fewer bytes at the end of what is mapped.
 */
static unsigned int kprobe_read_insn(u8 *buf, unsigned long addr)
{
	unsigned int avail = MAX_INSN_SIZE;
	struct kprobe_site *site;

	if (copy_from_kernel_nofault(buf, (void *)addr, avail)) {
		avail = min_t(unsigned long, avail, PAGE_SIZE - offset_in_page(addr));
		if (copy_from_kernel_nofault(buf, (void *)addr, avail))
			return 0;
	}
	if (buf[0] != INT3_INSN_OPCODE)
		return avail;
	site = kprobe_site_lookup(addr);
	if (site && site->state == KPROBE_ARMED)
		buf[0] = arch_kprobe_opcode(site);
	return avail;
}

/* Goes through the function from its start: x86 cannot be decoded backwards. */
static bool kprobe_is_boundary(unsigned long addr)
{
	unsigned long size, offset, at;
	u8 buf[MAX_INSN_SIZE];
	struct insn insn;

	if (!kallsyms_lookup_size_offset(addr, &size, &offset))
		return false;
	for (at = addr - offset; at < addr; at += insn.length) {
		unsigned int avail = kprobe_read_insn(buf, at);

		if (!avail || insn_decode(&insn, buf, avail, INSN_MODE_KERN))
			return false;
	}
	return at == addr;
}

static enum kprobe_refusal kprobe_insn_refusal(enum kprobe_insn_error error)
{
	switch (error) {
	case KPROBE_INSN_OK:
		return KPROBE_OK;
	case KPROBE_INSN_UNDECODABLE:
		return KPROBE_UNDECODABLE;
	case KPROBE_INSN_BREAKPOINT:
		return KPROBE_FOREIGN_BREAKPOINT;
	case KPROBE_INSN_TRAP:
		return KPROBE_TRAP_INSN;
	case KPROBE_INSN_LEAVES:
		return KPROBE_LEAVING_INSN;
	}
	return KPROBE_UNDECODABLE;
}

enum kprobe_refusal arch_kprobe_prepare(struct kprobe_site *site)
{
	enum kprobe_insn_error error;
	u8 buf[MAX_INSN_SIZE];
	unsigned int avail;

	lockdep_assert_held(&text_mutex);

	rcu_read_lock();
	if (!kprobe_is_boundary(site->addr)) {
		rcu_read_unlock();
		return KPROBE_NOT_BOUNDARY;
	}
	avail = kprobe_read_insn(buf, site->addr);
	rcu_read_unlock();
	if (!avail)
		return KPROBE_NOT_TEXT;

	error = kprobe_classify(&site->arch.insn, buf, avail);
	if (error)
		return kprobe_insn_refusal(error);
	if (!kprobe_can_go_untrapped(&site->arch.insn))
		return KPROBE_LEAVING_INSN;
	kprobe_choose_ways(&site->arch);
	return KPROBE_OK;
}

unsigned long arch_kprobe_entry(unsigned long func, unsigned long offset, bool *on_entry)
{
	unsigned long entry = 0;
	u32 first;

	/* Indirect calls must find ENDBR at the start: probe behind it. */
	if (!get_kernel_nofault(first, (u32 *)func) && is_endbr(first))
		entry = ENDBR_INSN_SIZE;
	if (!offset)
		offset = entry;
	*on_entry = offset == entry;
	return func + offset;
}

/* The exception: __switch_to() is called on one task's stack, returns on another's. */
bool arch_kprobe_can_return(unsigned long entry)
{
	return entry - (unsigned long)__switch_to > ENDBR_INSN_SIZE;
}

kprobe_opcode_t arch_kprobe_opcode(const struct kprobe_site *site)
{
	return site->arch.insn.bytes[0];
}

static const u8 kprobe_int3 = INT3_INSN_OPCODE;

/*
 * Armed, and perf has not been told. For a while some CPUs see the breakpoint
 * and others do not. A trace of branches shows a breakpoint that was hit as an
 * exception, so whoever decodes it against the text needs to know of the
 * breakpoint only when nobody runs through there any more: perf is told after
 * it is seen by all CPUs, and before it is removed. text_mutex
 */
static struct kprobe_site *kprobe_untold;

static void kprobe_tell_armed(void)
{
	while (kprobe_untold) {
		struct kprobe_site *site = kprobe_untold;

		kprobe_untold = site->arch.untold;
		perf_event_text_poke((void *)site->addr, site->arch.insn.bytes, 1,
				     &kprobe_int3, 1);
	}
}

/* One byte is written at once: no CPU sees half an instruction. */
void arch_kprobe_arm(struct kprobe_site *site)
{
	text_poke((void *)site->addr, &kprobe_int3, 1);
	site->arch.untold = kprobe_untold;
	kprobe_untold = site;
}

void arch_kprobe_disarm(struct kprobe_site *site)
{
	perf_event_text_poke((void *)site->addr, &kprobe_int3, 1, site->arch.insn.bytes, 1);
	text_poke((void *)site->addr, site->arch.insn.bytes, 1);
}

void arch_kprobe_sync(void)
{
	lockdep_assert_held(&text_mutex);

	text_poke_sync();
	kprobe_tell_armed();
}

/* Entry code runs before, and exit code after, the kernel can take a trap. */
int __init arch_kprobe_blacklist(void)
{
	return kprobe_add_area_blacklist((unsigned long)__entry_text_start,
					 (unsigned long)__entry_text_end) ?:
	       kprobe_add_area_blacklist((unsigned long)__irqentry_text_start,
					 (unsigned long)__irqentry_text_end);
}
