/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes: the contract with the architecture. internal.h ends with it.
 *
 * An architecture that has sites selects HAVE_KPROBE_SITES, implements what is
 * declared here, calls the steps of hit.h when a CPU reaches a site, and defines in
 * <asm/kprobe_site.h>:
 *
 *	struct arch_kprobe_site		its part of a site
 *	KPROBE_SLOT_MAX			bytes in the largest slot
 *	KPROBE_SLOT_FILL		the byte that free slots are full of
 *
 * A site on an ftrace location is given to arch_kprobe_ftrace_hit() only.
 */
#ifndef _KERNEL_KPROBES_ARCH_H
#define _KERNEL_KPROBES_ARCH_H

/*
 * Functions
 */

/**
 * arch_kprobe_entry() - skip what must stay the first instruction of a function
 * @func: where the function begins
 * @offset: from there to the address that is asked for
 * @on_entry: set to whether that is its entry, as kprobes see it
 *
 * ENDBR is such an instruction.
 *
 * Context: process.
 * Return: the address to be probed: that one, or the one behind ENDBR.
 */
unsigned long arch_kprobe_entry(unsigned long func, unsigned long offset, bool *on_entry);

/**
 * arch_kprobe_can_return() - can there be a return probe?
 * @entry: the entry of a function
 *
 * Return: true if it returns on the stack that it was called on.
 */
bool arch_kprobe_can_return(unsigned long entry);

/**
 * arch_kprobe_blacklist() - add the architecture's own text to the blacklist
 *
 * Context: once at boot.
 * Return: 0, or -ENOMEM.
 */
int arch_kprobe_blacklist(void);

/*
 * The instruction
 */

/**
 * arch_kprobe_prepare() - read and classify the instruction
 * @site: the site, of which the address is set
 *
 * Context: kprobe_mutex, text_mutex. Sleeps.
 * Return: KPROBE_OK, or why it cannot carry a probe; then nothing was allocated.
 */
enum kprobe_refusal arch_kprobe_prepare(struct kprobe_site *site);

/**
 * arch_kprobe_provide() - see to it that hits can run the instruction
 * @site: the site
 * @has_post: with post-handlers
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_OK, KPROBE_NO_MEMORY or KPROBE_OUT_OF_REACH.
 */
enum kprobe_refusal arch_kprobe_provide(struct kprobe_site *site, bool has_post);

/**
 * arch_kprobe_fill() - fill a page of slots with KPROBE_SLOT_FILL
 * @page: the page, which no CPU executes; it may be read-only
 *
 * Context: process. Sleeps. Takes text_mutex.
 */
void arch_kprobe_fill(void *page);

/**
 * arch_kprobe_release() - free what was allocated for a site
 * @site: the site, that no CPU is using
 *
 * Context: kprobe_mutex.
 */
void arch_kprobe_release(struct kprobe_site *site);

/**
 * arch_kprobe_nearest() - where do the instructions beside an address begin?
 * @addr: the address
 * @nearest: set to the beginnings of the one before it and of the one behind it, 0
 *	     if its function has none
 *
 * For those who read why an address is refused. As the text is without probes.
 *
 * Context: kprobe_mutex. Sleeps.
 */
void arch_kprobe_nearest(unsigned long addr, struct kprobe_range *nearest);

/**
 * arch_kprobe_bytes() - the bytes of an instruction
 * @addr: where it begins
 * @bytes: room for MAX_INSN_SIZE, or for all that the architecture may give
 *
 * For the same, as the text is without probes.
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: their number.
 */
unsigned int arch_kprobe_bytes(unsigned long addr, u8 *bytes);

/**
 * arch_kprobe_forget_text() - what was learned of text may not be true from now on
 *
 * Context: kprobe_mutex.
 */
void arch_kprobe_forget_text(void);

/**
 * arch_kprobe_text_leaves() - drop what is known of a text
 * @start: its first byte
 *
 * Context: process, while the text is still there. Takes kprobe_mutex.
 */
void arch_kprobe_text_leaves(unsigned long start);

/**
 * arch_kprobe_opcode() - the first byte of the instruction, as it was
 * @site: the site
 *
 * Return: the byte.
 */
kprobe_opcode_t arch_kprobe_opcode(const struct kprobe_site *site);

/**
 * arch_kprobe_way() - how the instruction is run, for a listing
 * @site: the site
 *
 * Context: any.
 * Return: a word or some.
 */
const char *arch_kprobe_way(const struct kprobe_site *site);

/**
 * arch_kprobe_why_way() - why is it not run in a cheaper way?
 * @site: the site
 *
 * Context: any.
 * Return: the reason, or NULL if there is none.
 */
const char *arch_kprobe_why_way(const struct kprobe_site *site);

/**
 * arch_kprobe_no_jump() - why can there be no jump, whatever comes?
 * @site: the site
 *
 * Context: any.
 * Return: the reason, or NULL if there can be one.
 */
const char *arch_kprobe_no_jump(const struct kprobe_site *site);

/*
 * The breakpoint
 */

/**
 * arch_kprobe_arm() - put the breakpoint
 * @site: the site
 *
 * Context: text_mutex, which is held until arch_kprobe_sync().
 */
void arch_kprobe_arm(struct kprobe_site *site);

/**
 * arch_kprobe_armed() - tell perf of the breakpoint
 * @site: the site, that all CPUs see armed
 *
 * Context: text_mutex.
 */
void arch_kprobe_armed(struct kprobe_site *site);

/**
 * arch_kprobe_disarm() - remove the breakpoint, and tell perf before
 * @site: the site
 *
 * Context: text_mutex, which is held until arch_kprobe_sync().
 */
void arch_kprobe_disarm(struct kprobe_site *site);

/**
 * arch_kprobe_sync() - see to it that all CPUs see what was written
 *
 * Context: cpus_read_lock(), text_mutex.
 */
void arch_kprobe_sync(void);

/*
 * The jump.
 *
 * It is written over a breakpoint, and a breakpoint over it, each in two steps, and
 * after each all CPUs have to see it. Between the steps, and while the jump is
 * there, hits go through the detour.
 */

/**
 * arch_kprobe_span() - how many bytes of instructions would a jump displace?
 * @site: the site
 *
 * Return: bytes; 0 if there can be no jump.
 */
unsigned int arch_kprobe_span(const struct kprobe_site *site);

/**
 * arch_kprobe_settle_jumps() - wait until it is known which sites can be jumps
 *
 * Finding that out can take a while. When it is done, kprobe_reconsider_jumps() is
 * called, and registration does not wait.
 *
 * Context: process, no kprobe lock held. Sleeps; this is for tests.
 */
void arch_kprobe_settle_jumps(void);

/**
 * arch_kprobe_provide_detour() - see to it that there is a detour
 * @site: the site, that can be a jump
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: false if there can be none now.
 */
bool arch_kprobe_provide_detour(struct kprobe_site *site);

/**
 * arch_kprobe_use_detour() - shall hits of the breakpoint go through the detour?
 * @site: the site
 * @use: whether they shall
 *
 * Context: kprobe_mutex.
 */
void arch_kprobe_use_detour(struct kprobe_site *site, bool use);

/**
 * arch_kprobe_write_jump_tail() - what is behind the breakpoint becomes a jump's
 * @site: the site, a breakpoint
 *
 * Context: text_mutex.
 */
void arch_kprobe_write_jump_tail(struct kprobe_site *site);

/**
 * arch_kprobe_write_jump_head() - the breakpoint becomes the jump
 * @site: the site, whose tail all CPUs see
 *
 * Context: text_mutex.
 */
void arch_kprobe_write_jump_head(struct kprobe_site *site);

/**
 * arch_kprobe_erase_jump_head() - the jump becomes a breakpoint
 * @site: the site, a jump
 *
 * Context: text_mutex.
 */
void arch_kprobe_erase_jump_head(struct kprobe_site *site);

/**
 * arch_kprobe_erase_jump_tail() - what is behind the breakpoint becomes the original
 * @site: the site, whose breakpoint all CPUs see
 *
 * Context: text_mutex.
 */
void arch_kprobe_erase_jump_tail(struct kprobe_site *site);

/*
 * Hits
 */

/**
 * arch_kprobe_ftrace_hit() - a function that may be probed is entered
 * @ip: its ftrace location
 * @parent_ip: where it was called
 * @ops: for whom ftrace calls
 * @fregs: its registers
 *
 * Runs a hit of the site at @ip, if that is armed: one for an entry, also if ftrace
 * calls for both of the core's ops.
 *
 * Context: any.
 */
void arch_kprobe_ftrace_hit(unsigned long ip, unsigned long parent_ip,
			    struct ftrace_ops *ops, struct ftrace_regs *fregs);

/**
 * arch_kprobe_drain() - wait until CPUs have left their steps
 *
 * On return no CPU is between the two traps of a hit that began before. It says in
 * the log if that takes long.
 *
 * Context: process, no lock held. Sleeps.
 */
void arch_kprobe_drain(void);

/**
 * arch_kprobe_forget_steps() - a task dies that was hit on this CPU
 *
 * The steps that are under way will not end.
 *
 * Context: interrupts off, no exception under way that is like an NMI.
 */
void arch_kprobe_forget_steps(void);

#endif /* _KERNEL_KPROBES_ARCH_H */
