/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The registers under the kernel's names, in the order in which ptrace hands
 * them over: native.c copies them as they are.
 */
#ifndef _HOST_ASM_PTRACE_H
#define _HOST_ASM_PTRACE_H

struct pt_regs {
#ifdef __x86_64__
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
#else
	unsigned long bx, cx, dx, si, di, bp, ax, ds, es, fs, gs;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
#endif
};

#endif
