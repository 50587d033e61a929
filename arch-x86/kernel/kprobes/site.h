/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the impure x86 rooms share:
 *
 *	text.c	the probed text
 *	way.c	how a site's instruction is run; its slots
 *	step.c	between the two traps of a stepped instruction
 *	trap.c	breakpoints and exceptions
 */
#ifndef _X86_KPROBES_SITE_H
#define _X86_KPROBES_SITE_H

#include <asm/kprobe_site.h>

struct kprobe_hit;

/* way.c */
extern enum kprobe_way kprobe_forced_way;
void kprobe_choose_ways(struct arch_kprobe_site *arch);
bool kprobe_can_go_untrapped(const struct kprobe_insn *insn);

/* step.c */
void kprobe_step_begin(const struct kprobe_hit *hit, struct pt_regs *regs, bool by_trap);
bool kprobe_step_breakpoint(struct pt_regs *regs);
bool kprobe_step_cancel(struct kprobe_hit *hit, struct pt_regs *regs);

#endif /* _X86_KPROBES_SITE_H */
