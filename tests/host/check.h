/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _CHECK_H
#define _CHECK_H

#include "code.h"

/* Classify and relocate. False if it is refused; else @code ends with the instruction. */
bool check_bytes(struct code *code, struct kprobe_insn *insn);

/* Run it: see compare(). Also 0 if it cannot be run in user space. */
int check_run(const struct kprobe_insn *insn, struct pt_regs *regs);

#endif
