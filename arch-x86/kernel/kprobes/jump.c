// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: where there can be a jump; putting and removing it.
 *
 * A jump takes five bytes, so it may displace several instructions, which then
 * run in the detour. That is safe if nobody ever executes anything there but the
 * jump:
 *
 *  - no branch leads to one of the bytes after the first: code.c has those of the
 *    function, branches.c those of other symbols;
 *  - nobody returns there: a call is only ever the last that is displaced, and
 *    leaves the return address that it would have left, behind the jump;
 *  - none of those behind the first may fault and be fixed up, nor is any of
 *    them patched by the kernel;
 *  - nobody stands there. If the first instruction takes the five bytes itself,
 *    nobody can. Else the text shows a breakpoint, and its hits go through the
 *    detour, for a grace period: after that all who stood there have left.
 *
 * To put it and to remove it, its last four bytes are changed while the first is
 * a breakpoint, whose hits go through the detour.
 */
#include <linux/ftrace.h>
#include <linux/init.h>
#include <linux/perf_event.h>
#include <linux/string.h>
#include <asm/cpufeature.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/*
 * With the mitigation of ITS a return or an indirect jump of the text is either a
 * jump to a thunk, or in the upper half of a cache line. A copy could be anywhere.
 */
bool kprobe_its __read_mostly;

static int __init kprobe_its_init(void)
{
	/* Kernels before 6.12.29 do not have it. */
#ifdef X86_FEATURE_INDIRECT_THUNK_ITS
	kprobe_its = cpu_feature_enabled(X86_FEATURE_INDIRECT_THUNK_ITS);
#endif
	return 0;
}
early_initcall(kprobe_its_init);

static bool kprobe_is_indirect(const struct kprobe_insn *insn)
{
	switch (insn->op) {
	case KPROBE_OP_JMP_REG:
	case KPROBE_OP_JMP_MEM:
	case KPROBE_OP_RET:
		return kprobe_its;
	default:
		return false;
	}
}

/* May the probed instruction be executed in or by a detour? */
static bool kprobe_can_lead(const struct kprobe_insn *insn)
{
	/* An indirect branch has to find it, and a jump is not what it may find instead. */
	if (kprobe_is_endbr(*(u32 *)insn->bytes))
		return false;
	/* A CPU may be at what follows it, in the middle of the jump. */
	if ((insn->flags & KPROBE_INSN_HALTS) && insn->len < JMP32_INSN_SIZE)
		return false;
	/* ITS: safe only where it is, in the upper half of a cache line. */
	if (kprobe_is_indirect(insn))
		return false;
	/* With post-handlers a call follows it, instead of a breakpoint. */
	if (insn->op == KPROBE_OP_NONE)
		return kprobe_rewritten_size(insn) && (insn->flags & KPROBE_INSN_STEP_BP);
	return kprobe_rewritten_size(insn) || !kprobe_may_fault(insn);
}

/* One behind the first. */
static bool kprobe_can_follow(const struct kprobe_insn *insn, bool last)
{
	/* The instruction that follows is protected from interrupts: not our jump back. */
	if (insn->op == KPROBE_OP_STI && last)
		return false;
	if ((insn->flags & KPROBE_INSN_HALTS) || kprobe_is_indirect(insn))
		return false;
	return kprobe_rewritten_size(insn);
}

/* Adds up whole instructions until there is room for a jump. */
static enum kprobe_no_jump kprobe_find_span(const struct kprobe_site *site,
					    const struct kprobe_code *f, u8 *span)
{
	unsigned long at = site->addr - f->start;
	struct kprobe_insn insn = site->arch.insn;

	for (*span = insn.len; *span < JMP32_INSN_SIZE; *span += insn.len) {
		bool padding = !kprobe_falls_through(insn.op) &&
			       f->text[at + *span] == INT3_INSN_OPCODE;

		/* Nobody comes to what is behind a return, but by a branch. */
		if (padding) {
			*span = JMP32_INSN_SIZE;
			break;
		}
		if (kprobe_classify(&insn, f->text + at + *span, f->size - at - *span))
			return KPROBE_JUMP_INSN;
		if (!kprobe_can_follow(&insn, *span + insn.len >= JMP32_INSN_SIZE))
			return KPROBE_JUMP_INSN;
	}
	return KPROBE_JUMP;
}

static void kprobe_note_fixup(unsigned long insn, unsigned long fixup, void *found)
{
	*(bool *)found = true;
}

static bool kprobe_is_fixed_up(unsigned long start, unsigned long end)
{
	bool found = false;

	kprobe_walk_fixups(start, end, kprobe_note_fixup, &found);
	return found;
}

#ifdef CONFIG_DYNAMIC_FTRACE
static bool kprobe_is_traced(unsigned long start, unsigned long end)
{
	return ftrace_location_range(start, end - 1);
}
#else
static bool kprobe_is_traced(unsigned long start, unsigned long end)
{
	return false;
}
#endif

static bool kprobe_is_patched(unsigned long start, unsigned long end)
{
	return kprobe_reserved_in(start, end) ||
	       kprobe_is_lock(start, end) ||
	       kprobe_is_traced(start, end) ||
	       kprobe_relocated_late(start, end);
}

static enum kprobe_no_jump kprobe_check_jump(const struct kprobe_site *site,
					     struct kprobe_code *f, u8 *span)
{
	unsigned long addr = site->addr, len = site->arch.insn.len;
	enum kprobe_no_jump no_jump;

	if (kprobe_is_unprivileged())
		return KPROBE_JUMP_PARAVIRT;
	if (kprobe_forced_way || !kprobe_can_lead(&site->arch.insn))
		return KPROBE_JUMP_INSN;
	if (addr + JMP32_INSN_SIZE > f->start + f->size)
		return KPROBE_JUMP_END;
	no_jump = kprobe_find_span(site, f, span);
	if (no_jump)
		return no_jump;
	if (*span > len) {
		if (addr + *span > f->start + f->size)
			return KPROBE_JUMP_END;
		if (kprobe_is_patched(addr + len, addr + *span))
			return KPROBE_JUMP_PATCHED;
		if (kprobe_is_fixed_up(addr + len, addr + *span))
			return KPROBE_JUMP_FIXUP;
	}
	/* Also into the middle of an instruction: FineIBT does that. */
	if (kprobe_code_is_entered(f, addr + 1, addr + JMP32_INSN_SIZE))
		return KPROBE_JUMP_ENTERED;
	if (*span > len && kprobe_code_is_open(f))
		return KPROBE_JUMP_OPEN;
	return KPROBE_JUMP_SEARCH;
}

/**
 * kprobe_confirm_jump() - check whether there can be a jump now
 * @site: the site, measured
 *
 * The branches of other symbols can become known after a site is measured.
 *
 * Context: kprobe_mutex.
 * Return: true if there can.
 */
bool kprobe_confirm_jump(struct kprobe_site *site)
{
	struct arch_kprobe_site *arch = &site->arch;
	unsigned long addr = site->addr;

	if (arch->no_jump == KPROBE_JUMP_SEARCH && kprobe_branches_known(addr)) {
		bool entered = kprobe_branches_enter(addr + 1, addr + JMP32_INSN_SIZE);

		arch->no_jump = entered ? KPROBE_JUMP_ENTERED : KPROBE_JUMP;
		if (entered)
			arch->span = 0;
	}
	return arch->no_jump == KPROBE_JUMP;
}

/**
 * kprobe_measure_jump() - find out whether there can be a jump
 * @site: the site, whose instruction is classified. Sets its arch.span and
 *	arch.no_jump
 * @f: its function
 *
 * Context: kprobe_mutex, text_mutex. Sleeps.
 */
void kprobe_measure_jump(struct kprobe_site *site, struct kprobe_code *f)
{
	struct arch_kprobe_site *arch = &site->arch;
	u8 span;

	arch->no_jump = kprobe_check_jump(site, f, &span);
	arch->span = arch->no_jump == KPROBE_JUMP_SEARCH ? span : 0;
	if (!arch->span)
		return;
	kprobe_branches_want(site->addr);
	kprobe_confirm_jump(site);
}

const char *arch_kprobe_no_jump(const struct kprobe_site *site)
{
	static const char * const why[KPROBE_NR_NO_JUMP] = {
		[KPROBE_JUMP_END]	= "the function ends within its bytes",
		[KPROBE_JUMP_INSN]	= "an instruction in its bytes cannot be displaced",
		[KPROBE_JUMP_ENTERED]	= "a branch leads into its bytes",
		[KPROBE_JUMP_OPEN]	= "a branch of its function may lead into its bytes",
		[KPROBE_JUMP_PATCHED]	= "the kernel patches some of its bytes",
		[KPROBE_JUMP_FIXUP]	= "an instruction in its bytes may fault and be fixed up",
		[KPROBE_JUMP_SEARCH]	= "branches into its bytes are not known yet",
		[KPROBE_JUMP_PARAVIRT]	= "interrupts would stay on there under this hypervisor",
	};

	if (kprobe_forced_way)
		return "kprobe_way= asks for another way";
	if (site->arch.no_jump == KPROBE_JUMP_INSN && !kprobe_can_lead(&site->arch.insn))
		return "its instruction cannot run in a detour";
	return why[site->arch.no_jump];
}

unsigned int arch_kprobe_span(const struct kprobe_site *site)
{
	return site->arch.span;
}

void arch_kprobe_use_detour(struct kprobe_site *site, bool use)
{
	/* Pairs with kprobe_via_detour(): the detour is there. */
	smp_store_release(&site->arch.via_detour, use);
}

/* What the text shows while a jump comes or goes, and when it is there. */
static void kprobe_jump_text(const struct kprobe_site *site, u8 *trap, u8 *jump)
{
	memcpy(trap, site->arch.text, JMP32_INSN_SIZE);
	trap[0] = INT3_INSN_OPCODE;
	/* That it is in reach was found out when the detour was built. */
	kprobe_relocate_jump(jump, site->addr, kprobe_detour_entry(site));
}

void arch_kprobe_write_jump_tail(struct kprobe_site *site)
{
	u8 trap[JMP32_INSN_SIZE], jump[JMP32_INSN_SIZE];

	kprobe_jump_text(site, trap, jump);
	perf_event_text_poke((void *)site->addr, trap, sizeof(trap), jump, sizeof(jump));
	text_poke((void *)site->addr + 1, jump + 1, sizeof(jump) - 1);
}

void arch_kprobe_write_jump_head(struct kprobe_site *site)
{
	static const u8 head = JMP32_INSN_OPCODE;

	text_poke((void *)site->addr, &head, 1);
}

void arch_kprobe_erase_jump_head(struct kprobe_site *site)
{
	arch_kprobe_arm(site);
}

void arch_kprobe_erase_jump_tail(struct kprobe_site *site)
{
	u8 trap[JMP32_INSN_SIZE], jump[JMP32_INSN_SIZE];

	kprobe_jump_text(site, trap, jump);
	perf_event_text_poke((void *)site->addr, jump, sizeof(jump), trap, sizeof(trap));
	text_poke((void *)site->addr + 1, trap + 1, sizeof(trap) - 1);
}
