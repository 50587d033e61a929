/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes on x86: between a detour and detour.c.
 *
 * Each is called by a detour. It builds a struct pt_regs, of which the C function
 * fills in what has not been pushed, and returns behind the call, or to where the
 * C function says: see kprobe_detour_leave_to().
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm.h>
#include <asm/frame.h>
#include <asm/nospec-branch.h>
#include <asm/segment.h>
#include <asm/smap.h>
#include <asm/unwind_hints.h>

#ifdef CONFIG_X86_64

.macro DETOUR_SAVED
	UNWIND_HINT_REGS
.endm

.macro DETOUR_SAVE
	pushq	$__KERNEL_DS
	pushq	%rsp				/* sp: set in C */
	pushfq
	cli
	cld
	ASM_CLAC
	pushq	$__KERNEL_CS
	pushq	$0				/* ip: set in C */
	pushq	$-1				/* orig_ax */
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%rax
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	DETOUR_SAVED
.endm

.macro DETOUR_CALL function
	movq	%rsp, %rdi
	call	\function
.endm

.macro DETOUR_RESTORE
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rax
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	addq	$(3 * 8), %rsp			/* orig_ax, ip, cs */
.endm

/* The flags are next: behind the call is where the CPU goes on. */
.macro DETOUR_GO_ON
	popfq
	leaq	(2 * 8)(%rsp), %rsp		/* sp, ss */
	UNWIND_HINT_FUNC
.endm

/*
 * The registers, to where orig_ax says, which is not higher; then flags and IP are
 * put below the stack pointer that they say.
 */
.macro DETOUR_MOVE
	movq	%rsp, %rsi
	movq	(15 * 8)(%rsp), %rdi		/* orig_ax */
	movl	$21, %ecx
	movq	%rdi, %rsp			/* first: an NMI may use what is below */
	UNWIND_HINT_UNDEFINED
	rep movsq
	DETOUR_SAVED
	movq	(19 * 8)(%rsp), %rax		/* sp */
	movq	(16 * 8)(%rsp), %rcx		/* ip */
	movq	(18 * 8)(%rsp), %rdx		/* flags */
	leaq	(-2 * 8)(%rax), %rax
	movq	%rdx, (%rax)
	movq	%rcx, 8(%rax)
	movq	%rax, (18 * 8)(%rsp)
.endm

/* Next is a stack pointer, and there the flags. */
.macro DETOUR_GO_ELSEWHERE
	popq	%rsp
	UNWIND_HINT_UNDEFINED
	popfq
	UNWIND_HINT_FUNC
.endm

#else /* CONFIG_X86_32 */

.macro DETOUR_SAVED
.endm

.macro DETOUR_SAVE
	pushl	$__KERNEL_DS
	pushl	%esp				/* sp: set in C */
	pushfl
	cli
	cld
	ASM_CLAC
	pushl	$__KERNEL_CS
	pushl	$0				/* ip: set in C */
	pushl	$-1				/* orig_ax */
	pushl	%gs
	pushl	%fs
	pushl	%es
	pushl	%ds
	pushl	%eax
	pushl	%ebp
	pushl	%edi
	pushl	%esi
	pushl	%edx
	pushl	%ecx
	pushl	%ebx
	/* What C code expects: BIOS calls load null selectors before they are made. */
	movl	$__USER_DS, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	$__KERNEL_PERCPU, %eax
	movl	%eax, %fs
.endm

.macro DETOUR_CALL function
	movl	%esp, %eax
	call	\function
.endm

.macro DETOUR_RESTORE
	popl	%ebx
	popl	%ecx
	popl	%edx
	popl	%esi
	popl	%edi
	popl	%ebp
	popl	%eax
	popl	%ds
	popl	%es
	popl	%fs
	addl	$(4 * 4), %esp			/* gs, orig_ax, ip, cs */
.endm

.macro DETOUR_GO_ON
	popfl
	leal	(2 * 4)(%esp), %esp		/* sp, ss */
.endm

.macro DETOUR_MOVE
	movl	%esp, %esi
	movl	(11 * 4)(%esp), %edi		/* orig_ax */
	movl	$17, %ecx
	movl	%edi, %esp
	rep movsl
	movl	(15 * 4)(%esp), %eax		/* sp */
	movl	(12 * 4)(%esp), %ecx		/* ip */
	movl	(14 * 4)(%esp), %edx		/* flags */
	leal	(-2 * 4)(%eax), %eax
	movl	%edx, (%eax)
	movl	%ecx, 4(%eax)
	movl	%eax, (14 * 4)(%esp)
.endm

.macro DETOUR_GO_ELSEWHERE
	popl	%esp
	popfl
.endm

#endif

.macro DETOUR_FUNCTION name function
SYM_CODE_START(\name)
	ANNOTATE_NOENDBR			/* called, by code that is made later */
	UNWIND_HINT_FUNC
	DETOUR_SAVE
	ENCODE_FRAME_POINTER
	DETOUR_CALL \function
	testb	%al, %al
	jnz	.Lelsewhere_\@
	DETOUR_RESTORE
	DETOUR_GO_ON
	RET
.Lelsewhere_\@:
	DETOUR_SAVED
	DETOUR_MOVE
	DETOUR_RESTORE
	DETOUR_GO_ELSEWHERE
	RET
SYM_CODE_END(\name)
_ASM_NOKPROBE(\name)
.endm

	.text

DETOUR_FUNCTION kprobe_detour_enter kprobe_detour_hit
DETOUR_FUNCTION kprobe_detour_leave kprobe_detour_hit_end

	.section .note.GNU-stack, "", @progbits
