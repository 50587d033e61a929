/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same instruction at CODE, done in several ways that have to come out the
 * same. A difference goes to test_fail().
 */
#ifndef _COMPARE_H
#define _COMPARE_H

#include <kprobes/insn.h>

struct outcome;
struct pt_regs;

/* As the CPU does it at its own address. */
void run_in_place(const struct kprobe_insn *insn, const struct pt_regs *regs,
		  struct outcome *out);

/*
 * By kprobe_emulate(): where that gives up, the CPU has to fault. And as
 * kprobe_rewrite() writes it, if it can.
 */
void compare_emulated(const struct kprobe_insn *insn, const struct pt_regs *before);

/*
 * In a slot, in each of the ways that its flags allow, and rewritten. Returns the signal that
 * stops it at its own address: SIGTRAP if it does not fault.
 */
int compare_in_slot(const struct kprobe_insn *insn, const struct pt_regs *before);

#endif
