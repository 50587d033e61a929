/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the impure x86 rooms share:
 *
 *	code.c		a function as a whole: its instructions, who branches where
 *	branches.c	the branches from one symbol into the middle of another
 *	text.c		the probed text
 *	way.c		how a site's instruction is run; its slots
 *	jump.c		where there can be a jump; putting and removing it
 *	kgdb.c		where kgdb may put a breakpoint
 *	detour.c	where the jump goes
 *	step.c, step.h	between the begin and the end of a stepped instruction
 *	trap.c		breakpoints and exceptions
 */
#ifndef _X86_KPROBES_SITE_H
#define _X86_KPROBES_SITE_H

#include <linux/hash.h>
#include <linux/kgdb.h>
#include <asm/alternative.h>
#include <asm/barrier.h>
#include <asm/cpufeature.h>
#include <asm/ibt.h>
#include <asm/kprobe_site.h>

/* Is it the mark of a place that indirect branches go to, or what is left of one? */
static inline bool kprobe_is_endbr(u32 text)
{
#ifdef CONFIG_X86_KERNEL_IBT
	return text == gen_endbr() || text == gen_endbr_poison();
#else
	return false;
#endif
}

/*
 * Is there a lock prefix, that the kernel takes out and puts in as CPUs come and
 * go? Only a kernel that notes where they are does that.
 */
static inline bool kprobe_is_lock(unsigned long start, unsigned long end)
{
#ifdef LOCK_PREFIX_HERE
	return alternatives_text_reserved((void *)start, (void *)end - 1);
#else
	return false;
#endif
}

/*
 * kgdb.c: a bit for each address at which kgdb may ever have had a breakpoint, by its
 * hash. kgdb compares an address with a thousand, and text has a million of INT3 as
 * padding.
 */
#define KPROBE_KGDB_BITS	12
extern unsigned long kprobe_kgdb_ever[];

/* A breakpoint of kgdb, which keeps what it has replaced to itself. */
static inline bool kprobe_is_debugged(unsigned long addr)
{
#ifdef CONFIG_KGDB
	return test_bit(hash_long(addr, KPROBE_KGDB_BITS), kprobe_kgdb_ever) &&
	       kgdb_has_hit_break(addr);
#else
	return false;
#endif
}

/*
 * Does CLI not switch interrupts off? Under Xen PV the kernel is not privileged: CLI and
 * STI do nothing, PUSHF shows interrupts as on, POPF leaves them alone. Interrupts
 * are off when an exception or IRET, which the hypervisor handles, says so.
 */
static inline bool kprobe_is_unprivileged(void)
{
	return cpu_feature_enabled(X86_FEATURE_XENPV);
}

/* code.c */

/**
 * struct kprobe_code - a function, decoded
 * @start: its address
 * @size: bytes of it, up to the next symbol; those that could be read
 * @boundary: a bit for each byte: an instruction begins there
 * @target: a bit for each byte: a branch of the function leads there
 * @text: its bytes, without our breakpoints and jumps
 * @debugged: where the first breakpoint of a debugger is; @size if there is none.
 *	From there on no boundary is known
 * @whole: it could be decoded to its end
 * @complete: @target has its jump labels and its fixups as well
 * @indirect: it or its cold part has an indirect jump
 * @left_to: the last target that @leaves was called for
 * @leaves: called for each branch to an address outside, or NULL
 * @index: for @leaves
 */
struct kprobe_code {
	unsigned long start;
	unsigned long size;
	unsigned long *boundary;
	unsigned long *target;
	u8 *text;
	unsigned long debugged;
	bool whole;
	bool complete;
	bool indirect;
	unsigned long left_to;
	void (*leaves)(struct kprobe_code *f, unsigned long target);
	struct kprobe_branch_bits *index;
};

enum kprobe_refusal kprobe_code_get(unsigned long addr, struct kprobe_code **result);
void kprobe_code_forget(void);
bool kprobe_code_scan(struct kprobe_code *f);
bool kprobe_code_is_boundary(const struct kprobe_code *f, unsigned long addr);
bool kprobe_code_is_entered(struct kprobe_code *f, unsigned long start, unsigned long end);
bool kprobe_code_is_open(struct kprobe_code *f);

/* branches.c */
void kprobe_branches_want(unsigned long addr);
bool kprobe_branches_known(unsigned long addr);
bool kprobe_branches_enter(unsigned long start, unsigned long end);
unsigned int kprobe_branches_nr(unsigned long addr);

/* way.c */
extern enum kprobe_way kprobe_forced_way;
void kprobe_choose_ways(struct arch_kprobe_site *arch);
bool kprobe_may_fault(const struct kprobe_insn *insn);
bool kprobe_can_go_untrapped(const struct kprobe_insn *insn);
void kprobe_slot_write(struct kprobe_slot *slot, const void *content, size_t len);

/* jump.c */
extern bool kprobe_its;
void kprobe_measure_jump(struct kprobe_site *site, struct kprobe_code *f);
bool kprobe_confirm_jump(struct kprobe_site *site);

/* Do hits go through the detour of a site? */
static __always_inline bool kprobe_via_detour(const struct kprobe_site *site)
{
	/* Pairs with arch_kprobe_use_detour(): the detour is there. */
	return smp_load_acquire(&site->arch.via_detour);
}

/* detour.c and detour_entry.S */
extern u8 kprobe_detour_enter[], kprobe_detour_leave[];
bool kprobe_detour_hit(struct pt_regs *regs);
bool kprobe_detour_hit_end(struct pt_regs *regs);
unsigned long kprobe_detour_entry(const struct kprobe_site *site);
unsigned long kprobe_go_on_at(unsigned long ip);
bool kprobe_detour_at_first(const struct kprobe_site *site, unsigned long ip);

#endif /* _X86_KPROBES_SITE_H */
