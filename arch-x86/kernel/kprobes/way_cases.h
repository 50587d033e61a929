/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One function for each kind of instruction, for way_test.c alone.
 *
 * They are called with the registers of way_inputs[]: BX and DX hold numbers,
 * CX a small count, SI and DI point into kprobe_test_words. They may do to the
 * general registers, the flags and the words what they like.
 */
#ifndef _X86_KPROBES_WAY_CASES_H
#define _X86_KPROBES_WAY_CASES_H

#include "test.h"

#define WAY_WORDS	8

/* Seen by the assembly below. */
extern unsigned long kprobe_test_words[WAY_WORDS];
extern void *kprobe_test_there;

#define WORDS		"kprobe_test_words"
#define THERE		"kprobe_test_there"

ASM_FUNCTION(way_callee,
	AT("nop")
	"lea 7(" AX "), " AX "\n"
	ASM_RET);

/* Where branches go to: leaves a mark in AX and no other, as flags matter. */
#define WAY_BRANCH(name, before, insn)		\
	ASM_FUNCTION_TO(name,			\
		"mov $0, %eax\n"		\
		before				\
		AT(insn)			\
		ASM_RET				\
		TO				\
		ASM_ENDBR			\
		"mov $1, %eax\n"		\
		ASM_RET)

#define WAY_PLAIN(name, insn)	ASM_FUNCTION(name, AT(insn) ASM_RET)

/* Where an address of TO is wanted in AX. */
#ifdef CONFIG_X86_64
#define LEA_TO		"lea " GO_TO "(%rip), %rax\n"
#else
#define LEA_TO		"mov $" GO_TO ", %eax\n"
#endif

WAY_PLAIN(way_nop, "nop");
WAY_PLAIN(way_nopl, "nopl 8(" AX ")");
WAY_PLAIN(way_endbr, ".byte 0xf3, 0x0f, 0x1e, 0xfa");
WAY_PLAIN(way_hlt, "hlt");
WAY_PLAIN(way_pause, "pause");

WAY_BRANCH(way_jmp_short, "", "jmp " GO_TO);
WAY_BRANCH(way_jmp_near, "", ".byte 0xe9\n.long " GO_TO " - (. + 4)");
WAY_BRANCH(way_jg_near, "", ".byte 0x0f, 0x8f\n.long " GO_TO " - (. + 4)");
#ifdef CONFIG_X86_64
WAY_BRANCH(way_jrcxz, "", "jrcxz " GO_TO);
#endif
WAY_BRANCH(way_jecxz, "", "jecxz " GO_TO);
WAY_BRANCH(way_loop, "", "loop " GO_TO);
WAY_BRANCH(way_loope, "", "loope " GO_TO);
WAY_BRANCH(way_loopne, "", "loopne " GO_TO);

#define WAY_INDIRECT(name, before, insn)	\
	WAY_BRANCH(name, LEA_TO before ANNOTATE_RETPOLINE_SAFE "\n", insn)
WAY_INDIRECT(way_jmp_reg, "", "jmp *" AX);
WAY_INDIRECT(way_jmp_mem, "mov " AX ", (" DI ")\n", "jmp *(" DI ")");
WAY_INDIRECT(way_jmp_mem_disp, "mov " AX ", 16(" DI ")\n", "jmp *16(" DI ")");
WAY_INDIRECT(way_jmp_mem_sib, "mov $2, %ecx\nmov " AX ", (" DI ", " CX INDEX ")\n",
	     "jmp *(" DI ", " CX INDEX ")");
WAY_INDIRECT(way_jmp_mem_ip, "mov " AX ", " MEM(WORDS) "\n", "jmp *" MEM(WORDS));

#define WAY_CALL(name, before, insn)	\
	ASM_FUNCTION(name, before AT(insn) "add $1, " BX "\n" ASM_RET)
WAY_CALL(way_call, "", "call way_callee");
WAY_CALL(way_call_prefix, "", ".byte 0x2e\ncall way_callee");
#define WAY_CALL_INDIRECT(name, before, insn)	\
	WAY_CALL(name, before ANNOTATE_RETPOLINE_SAFE "\n", insn)
WAY_CALL_INDIRECT(way_call_reg, "mov " MEM(THERE) ", " DX "\n", "call *" DX);
WAY_CALL_INDIRECT(way_call_reg_prefix, "mov " MEM(THERE) ", " DX "\n", ".byte 0x2e\ncall *" DX);
WAY_CALL_INDIRECT(way_call_mem, "mov " MEM(THERE) ", " DX "\nmov " DX ", 8(" DI ")\n",
	 "call *8(" DI ")");
WAY_CALL_INDIRECT(way_call_mem_ip, "", "call *" MEM(THERE));
/* The operand's address is that from before the push. */
ASM_FUNCTION(way_call_mem_sp,
	"mov " MEM(THERE) ", " DX "\npush " DX "\n"
	ANNOTATE_RETPOLINE_SAFE "\n"
	AT("call *(" SP ")")
	"pop " DX "\n"
	ASM_RET);

/* The return is that of an inner function; where it goes to is behind the call. */
#define WAY_RET(name, before, insn)				\
	ASM_FUNCTION_TO(name,					\
		before						\
		"call 774f\n"					\
		TO						\
		ASM_RET						\
		"774: mov $5, %edx\n"				\
		ANNOTATE_RETPOLINE_SAFE "\n" AT(insn)		\
		"int3\n")
WAY_RET(way_ret, "", ".byte 0xc3");
WAY_RET(way_ret_imm, "push " BX "\npush " BX "\n",
	".byte 0xc2\n.word 2 * " __stringify(__SIZEOF_LONG__));

/* With something to be done before and behind. */
#define WAY_AMID(name, before, insn, after)	ASM_FUNCTION(name, before AT(insn) after ASM_RET)

WAY_AMID(way_push_reg, "", "push " BX, "pop " AX "\n");
WAY_AMID(way_push_sp, "", "push " SP, "pop " AX "\nsub " SP ", " AX "\n");
WAY_AMID(way_push_16, "", "pushw %bx", "popw %dx\n");
WAY_AMID(way_push_imm8, "", "push $-3", "pop " AX "\n");
WAY_AMID(way_push_imm32, "", "push $0x12345678", "pop " AX "\n");
WAY_AMID(way_push_mem, "", "push (" DI ")", "pop " AX "\n");
WAY_AMID(way_pop_reg, "push " BX "\n", "pop " DX, "");
WAY_AMID(way_pop_sp, "mov " SP ", " DX "\npush " SP "\n", "pop " SP,
	  "sub " SP ", " DX "\nmov " DX ", " AX "\n");
WAY_AMID(way_pop_mem, "push " BX "\n", "pop 8(" DI ")", "");
WAY_AMID(way_leave, "mov %" _ASM_BP ", " AX "\npush %" _ASM_BP "\nmov " SP ", %" _ASM_BP "\n"
	  "push " BX "\n", "leave", "");
WAY_AMID(way_pushf, "", "pushf", "pop " AX "\n");
WAY_AMID(way_pushf_irqs_off, "cli\n", "pushf", "pop " AX "\n");
WAY_AMID(way_popf, "push $0x2d5\n", "popf", "");		/* CF PF AF ZF SF IF */
WAY_AMID(way_popf_irqs_off, "push $0x8c1\n", "popf", "");	/* CF ZF SF OF */
WAY_AMID(way_popf_irqs_on, "cli\npush $0x202\n", "popf", "");
WAY_PLAIN(way_cli, "cli");
WAY_AMID(way_cli_irqs_off, "cli\n", "cli", "");
WAY_AMID(way_sti, "cli\n", "sti", "");
WAY_PLAIN(way_sti_irqs_on, "sti");

WAY_PLAIN(way_mov_reg, "mov " BX ", " AX);
WAY_PLAIN(way_mov_reg_32, "mov %ebx, %eax");
WAY_PLAIN(way_mov_reg_16, "mov %bx, %ax");
WAY_PLAIN(way_mov_reg_8, "mov %bl, %al");
WAY_PLAIN(way_mov_reg_high, "mov %bh, %al");
#ifdef CONFIG_X86_64
WAY_PLAIN(way_mov_reg_rex, "mov %r9, %r12");
WAY_PLAIN(way_mov_reg_sil, "mov %sil, %r10b");
WAY_AMID(way_push_rex, "", "push %r13", "pop %r8\n");
#endif

WAY_PLAIN(way_add, "add " BX ", " DX);
WAY_PLAIN(way_adc_imm16, "adc $0x1234, %bx");
WAY_PLAIN(way_lea, "lea " MEM(WORDS) ", " AX);
WAY_PLAIN(way_load, "mov 8+" MEM(WORDS) ", " AX);
WAY_PLAIN(way_store, "mov " BX ", 8+" MEM(WORDS));
/* The displacement is not at the end of the instruction. */
WAY_PLAIN(way_store_imm, "movl $0x76543210, 8+" MEM(WORDS));
WAY_PLAIN(way_cmp_imm, "cmpw $0x7654, 8+" MEM(WORDS));
WAY_PLAIN(way_inc_locked, "lock incl " MEM(WORDS));
WAY_PLAIN(way_xchg, "xchg " BX ", (" DI ")");
WAY_PLAIN(way_cmpxchg, "lock cmpxchg " BX ", (" DI ")");
WAY_PLAIN(way_cmov, "cmovne " BX ", " AX);
WAY_PLAIN(way_setcc, "setb %al");
WAY_PLAIN(way_bswap, "bswap " BX);
WAY_PLAIN(way_sahf, "sahf");
WAY_PLAIN(way_std, "std");
WAY_PLAIN(way_movs, "movsb");
WAY_PLAIN(way_rep_movs, "rep movsb");
WAY_PLAIN(way_rep_stos, "rep stosl");
WAY_PLAIN(way_repe_cmps, "repe cmpsb");
WAY_PLAIN(way_mov_from_cr, "mov %cr0, " AX);
WAY_AMID(way_load_ss, "mov %ss, %eax\n", "mov %eax, %ss", "");
WAY_AMID(way_sse_load, "", "movups " MEM(WORDS) ", %xmm0", "movups %xmm0, (" SI ")\n");
WAY_AMID(way_sse_store, "movups (" SI "), %xmm1\n", "movups %xmm1, " MEM(WORDS), "");

/* The load faults, its fixup leaves a mark. */
ASM_FUNCTION(way_fixed_up,
	"mov $-64, " AX "\n"
	AT("mov (" AX "), " AX)
	ASM_RET
	"774: mov $0x7777, %ebx\n"
	ASM_RET
	_ASM_EXTABLE(771b, 774b));

/* One for each condition: in AX whether it held. */
#define WAY_CONDITION(cc)	WAY_BRANCH(way_j##cc, "", "j" #cc " " GO_TO)

WAY_CONDITION(o);
WAY_CONDITION(no);
WAY_CONDITION(b);
WAY_CONDITION(ae);
WAY_CONDITION(e);
WAY_CONDITION(ne);
WAY_CONDITION(be);
WAY_CONDITION(a);
WAY_CONDITION(s);
WAY_CONDITION(ns);
WAY_CONDITION(p);
WAY_CONDITION(np);
WAY_CONDITION(l);
WAY_CONDITION(ge);
WAY_CONDITION(le);
WAY_CONDITION(g);

#endif /* _X86_KPROBES_WAY_CASES_H */
