// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: the probed text. Finds the instruction, writes and removes
 * breakpoints.
 */
#include <linux/memory.h>
#include <linux/perf_event.h>
#include <linux/uaccess.h>
#include <asm/switch_to.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

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
	struct arch_kprobe_site *arch = &site->arch;
	enum kprobe_insn_error error;
	enum kprobe_refusal refusal;
	struct kprobe_code *f;
	unsigned long offset;

	lockdep_assert_held(&text_mutex);

	refusal = kprobe_code_get(site->addr, &f);
	if (refusal)
		return refusal;
	if (!kprobe_code_is_boundary(f, site->addr))
		return KPROBE_NOT_BOUNDARY;
	if (kprobe_is_lock(site->addr, site->addr + 1))
		return KPROBE_ALTERNATIVE;

	offset = site->addr - f->start;
	error = kprobe_classify(&arch->insn, f->text + offset, f->size - offset);
	if (error)
		return kprobe_insn_refusal(error);
	if (!kprobe_can_go_untrapped(&arch->insn))
		return KPROBE_LEAVING_INSN;
	memcpy(arch->text, f->text + offset, min(f->size - offset, sizeof(arch->text)));
	kprobe_choose_ways(arch);
	kprobe_measure_jump(site, f);
	return KPROBE_OK;
}

void arch_kprobe_nearest(unsigned long addr, struct kprobe_range *nearest)
{
	unsigned long offset, found;
	struct kprobe_code *f;

	*nearest = (struct kprobe_range) { };
	guard(mutex)(&text_mutex);
	if (kprobe_code_get(addr, &f))
		return;
	offset = addr - f->start;
	found = find_last_bit(f->boundary, offset);
	if (found < offset)
		nearest->start = f->start + found;
	found = find_next_bit(f->boundary, f->size, offset + 1);
	if (found < f->size)
		nearest->end = f->start + found;
}

/* What shows of an instruction whose length is not known. */
#define KPROBE_BYTES_SHOWN	8

unsigned int arch_kprobe_bytes(unsigned long addr, u8 *bytes)
{
	struct kprobe_insn insn;
	struct kprobe_code *f;
	unsigned long offset;
	unsigned int len;

	guard(mutex)(&text_mutex);
	if (kprobe_code_get(addr, &f))
		return 0;
	offset = addr - f->start;
	kprobe_classify(&insn, f->text + offset, f->size - offset);
	len = insn.len ?: min(f->size - offset, KPROBE_BYTES_SHOWN);
	memcpy(bytes, f->text + offset, len);
	return len;
}

void arch_kprobe_forget_text(void)
{
	kprobe_code_forget();
}

unsigned long arch_kprobe_entry(unsigned long func, unsigned long offset, bool *on_entry)
{
	unsigned long entry = 0;
	u32 first;

	/* Indirect calls must find ENDBR at the start: probe behind it. */
	if (!get_kernel_nofault(first, (u32 *)func) && kprobe_is_endbr(first))
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

/* One byte is written at once: no CPU sees half an instruction. */
void arch_kprobe_arm(struct kprobe_site *site)
{
	text_poke((void *)site->addr, &kprobe_int3, 1);
}

/*
 * For a while some CPUs see the breakpoint and others do not. A trace of branches
 * shows a breakpoint that was hit as an exception, so whoever decodes it against
 * the text needs to know of the breakpoint only when nobody runs through there
 * any more: perf is told after it is seen by all CPUs, and before it is removed.
 */
void arch_kprobe_armed(struct kprobe_site *site)
{
	perf_event_text_poke((void *)site->addr, site->arch.insn.bytes, 1, &kprobe_int3, 1);
}

void arch_kprobe_disarm(struct kprobe_site *site)
{
	perf_event_text_poke((void *)site->addr, &kprobe_int3, 1, site->arch.insn.bytes, 1);
	text_poke((void *)site->addr, site->arch.insn.bytes, 1);
}

void arch_kprobe_sync(void)
{
	lockdep_assert_held(&text_mutex);

	smp_text_poke_sync_each_cpu();
}
