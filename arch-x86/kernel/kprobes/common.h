/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _X86_KPROBES_COMMON_H
#define _X86_KPROBES_COMMON_H

#include <asm/asm.h>
#include <asm/frame.h>

/*
 * Assembly to build a struct pt_regs below what the caller has pushed already,
 * flags last, and to take it off again. Neither sets nor restores the fields
 * between the general registers and the flags.
 */
#ifdef CONFIG_X86_64

#define SAVE_REGS_STRING			\
	"	subq $24, %rsp\n"	/* cs, ip, orig_ax */	\
	"	pushq %rdi\n"		\
	"	pushq %rsi\n"		\
	"	pushq %rdx\n"		\
	"	pushq %rcx\n"		\
	"	pushq %rax\n"		\
	"	pushq %r8\n"		\
	"	pushq %r9\n"		\
	"	pushq %r10\n"		\
	"	pushq %r11\n"		\
	"	pushq %rbx\n"		\
	"	pushq %rbp\n"		\
	"	pushq %r12\n"		\
	"	pushq %r13\n"		\
	"	pushq %r14\n"		\
	"	pushq %r15\n"		\
	ENCODE_FRAME_POINTER

#define RESTORE_REGS_STRING			\
	"	popq %r15\n"		\
	"	popq %r14\n"		\
	"	popq %r13\n"		\
	"	popq %r12\n"		\
	"	popq %rbp\n"		\
	"	popq %rbx\n"		\
	"	popq %r11\n"		\
	"	popq %r10\n"		\
	"	popq %r9\n"		\
	"	popq %r8\n"		\
	"	popq %rax\n"		\
	"	popq %rcx\n"		\
	"	popq %rdx\n"		\
	"	popq %rsi\n"		\
	"	popq %rdi\n"		\
	"	addq $24, %rsp\n"	/* orig_ax, ip, cs */

#else /* CONFIG_X86_32 */

#define SAVE_REGS_STRING			\
	"	subl $12, %esp\n"	/* cs, ip, orig_ax */	\
	"	pushl %gs\n"		\
	"	pushl %fs\n"		\
	"	pushl %es\n"		\
	"	pushl %ds\n"		\
	"	pushl %eax\n"		\
	"	pushl %ebp\n"		\
	"	pushl %edi\n"		\
	"	pushl %esi\n"		\
	"	pushl %edx\n"		\
	"	pushl %ecx\n"		\
	"	pushl %ebx\n"		\
	ENCODE_FRAME_POINTER

#define RESTORE_REGS_STRING			\
	"	popl %ebx\n"		\
	"	popl %ecx\n"		\
	"	popl %edx\n"		\
	"	popl %esi\n"		\
	"	popl %edi\n"		\
	"	popl %ebp\n"		\
	"	popl %eax\n"		\
	"	addl $28, %esp\n"	/* ds, es, fs, gs, orig_ax, ip, cs */

#endif /* CONFIG_X86_32 */

#endif /* _X86_KPROBES_COMMON_H */
