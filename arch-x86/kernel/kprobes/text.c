// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: the probed text. Finds the instruction, writes and removes
 * breakpoints.
 */
#include <linux/cpu.h>
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
	case KPROBE_INSN_AMBIGUOUS:
		return KPROBE_AMBIGUOUS_INSN;
	}
	return KPROBE_UNDECODABLE;
}

/*
 * The check of an indirect call that clang makes with kCFI. The handler of its trap
 * decodes the first two instructions, so there can be no breakpoint:
 *
 *	41 ba hash		mov $hash, %r10d
 *	4x 03 xx [xx] fc	add -4(%reg), %r10d
 *	74 02			je past the trap
 *	0f 0b			ud2
 */
static bool kprobe_is_cfi_check(const struct kprobe_code *f, unsigned long offset)
{
	static const u8 tail[] = { 0xfc, 0x74, 0x02, 0x0f, 0x0b };
	const u8 *text = f->text + offset;
	unsigned int mov = text[0] == 0x41 && text[1] == 0xba ? 6 : 0;
	unsigned int add;

	if (!IS_ENABLED(CONFIG_X86_64))
		return false;
	for (add = 3; add <= 4; add++) {
		if (offset + mov + add + sizeof(tail) > f->size)
			return false;
		/* REX.R with the register field 2 is r10; the displacement has 8 bits. */
		if ((text[mov] & 0xfe) == 0x44 && text[mov + 1] == 0x03 &&
		    (text[mov + 2] & 0xf8) == 0x50 && !memcmp(text + mov + add, tail, sizeof(tail)))
			return true;
	}
	return false;
}

/*
 * Where the kernel is not privileged, what CLI, STI, PUSHF and POPF do has nothing to do
 * with whether interrupts are off: they are executed as any other instruction.
 */
static void kprobe_unprivilege(struct kprobe_insn *insn)
{
	if (!(insn->flags & (KPROBE_INSN_PUSHF | KPROBE_INSN_SETS_FLAGS | KPROBE_INSN_SETS_IF)))
		return;
	insn->op = KPROBE_OP_NONE;
	insn->flags = KPROBE_INSN_BOOST | KPROBE_INSN_STEP_BP;
}

/* HLT, MWAIT, MWAITX: done by the rule that no slot is for, and as a NOP. */
static bool kprobe_is_halt(const struct kprobe_insn *insn)
{
	return insn->op == KPROBE_OP_NOP && !(insn->flags & KPROBE_INSN_ANY_SLOT);
}

static void kprobe_note_halt(struct kprobe_insn *insn, const u8 *next, unsigned int avail)
{
	struct kprobe_insn halt;

	if (insn->op == KPROBE_OP_STI && !kprobe_classify(&halt, next, avail) &&
	    kprobe_is_halt(&halt))
		insn->imm = halt.len;
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
		return site->addr - f->start < f->debugged ?
			KPROBE_NOT_BOUNDARY : KPROBE_FOREIGN_BREAKPOINT;
	if (kprobe_is_lock(site->addr, site->addr + 1))
		return KPROBE_ALTERNATIVE;

	offset = site->addr - f->start;
	error = kprobe_classify(&arch->insn, f->text + offset, f->size - offset);
	if (error)
		return kprobe_insn_refusal(error);
	kprobe_note_halt(&arch->insn, f->text + offset + arch->insn.len,
			 f->size - offset - arch->insn.len);
	if (kprobe_is_unprivileged())
		kprobe_unprivilege(&arch->insn);
	if (!kprobe_can_go_untrapped(&arch->insn))
		return KPROBE_LEAVING_INSN;
	if (kprobe_is_cfi_check(f, offset))
		return KPROBE_CFI_CHECK;
	if (kprobe_relocated_late(site->addr, site->addr + arch->insn.len))
		return KPROBE_LATE_RELOC;
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

/* What a jump covers, or, where there can be none, a breakpoint. */
static void kprobe_uncover(u8 *text, unsigned long addr, unsigned int len,
			   const struct kprobe_site *site)
{
	unsigned int i, covered = site->arch.span ? JMP32_INSN_SIZE : INT3_INSN_SIZE;

	for (i = 0; i < covered; i++) {
		if (site->addr + i - addr < len)
			text[site->addr + i - addr] = site->arch.text[i];
	}
}

/* The text of an ftrace location is not ours. */
static void kprobe_uncover_all(u8 *text, unsigned long addr, unsigned int len)
{
	unsigned long at;

	for (at = addr - (JMP32_INSN_SIZE - 1); at != addr + len; at++) {
		const struct kprobe_site *site = kprobe_site_lookup(at);

		if (site && !site->on_ftrace)
			kprobe_uncover(text, addr, len, site);
	}
}

/**
 * kprobe_read_text() - read instructions, as if there were no probes
 * @text: where to
 * @addr: where from
 * @len: how many bytes, MAX_INSN_SIZE at most
 *
 * A breakpoint or a jump may be written or removed meanwhile, and its site with it.
 * Text that is the same afterwards is of the sites that were found.
 *
 * Context: any.
 * Return: 0, or -EFAULT if there is nothing to read.
 */
int kprobe_read_text(u8 *text, unsigned long addr, unsigned int len)
{
	u8 before[MAX_INSN_SIZE], after[MAX_INSN_SIZE];

	guard(rcu)();
	if (WARN_ON_ONCE(len > MAX_INSN_SIZE) ||
	    copy_from_kernel_nofault(after, (void *)addr, len))
		return -EFAULT;
	do {
		memcpy(before, after, len);
		memcpy(text, after, len);
		kprobe_uncover_all(text, addr, len);
		if (copy_from_kernel_nofault(after, (void *)addr, len))
			return -EFAULT;
	} while (memcmp(before, after, len));
	return 0;
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
	lockdep_assert_cpus_held();

	smp_text_poke_sync_each_cpu();
}
