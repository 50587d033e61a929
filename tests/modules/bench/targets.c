// SPDX-License-Identifier: GPL-2.0
/*
 * The functions that are probed. Those in assembly are the same bytes in every
 * kernel. In the ones called short a branch leads to the instruction behind the
 * probed one, so that no jump has room there; a jump fits in the others.
 */
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <linux/stringify.h>
#include <asm/ibt.h>

#include "bench.h"

#define FUNCTION(name, body)						\
	asm(".pushsection .text, \"ax\"\n"				\
	    ".balign 16\n"						\
	    ".type bench_" #name ", @function\n"			\
	    "bench_" #name ":\n"					\
	    ASM_ENDBR							\
	    body							\
	    ASM_RET							\
	    ".size bench_" #name ", . - bench_" #name "\n"		\
	    ".popsection\n");						\
	void bench_##name(void);					\
	extern u8 bench_##name##_at[];					\
	STACK_FRAME_NON_STANDARD(bench_##name)

/* The probed instruction of a function */
#define AT(name, insn)	"bench_" #name "_at: " insn "\n"

/* The instructions behind it go through a branch to the first of them. */
#define LOOP_HERE	"1: decl %ecx\n\tjns 1b\n"

#define COUNT		"incq bench_count(%rip)\n"

unsigned long bench_count, bench_traced_count;

FUNCTION(mov_imm, COUNT AT(mov_imm, "movl $0x12345, %eax"));
FUNCTION(alu, "xorl %eax, %eax\n" AT(alu, "addq $1, bench_count(%rip)"));
FUNCTION(push, COUNT AT(push, "pushq $0x12345") "popq %rax\n");
FUNCTION(short_alu,
	 "xorl %ecx, %ecx\n leaq bench_count(%rip), %rdx\n"
	 AT(short_alu, "incq (%rdx)") LOOP_HERE);
FUNCTION(short_mov, COUNT "xorl %ecx, %ecx\n" AT(short_mov, "movq %rdi, %rax") LOOP_HERE);
FUNCTION(short_jmp, COUNT "xorl %ecx, %ecx\n" AT(short_jmp, "jmp 1f") LOOP_HERE);
FUNCTION(entry_long, AT(entry_long, "movl $0x12345, %eax") COUNT);
FUNCTION(entry_short, AT(entry_short, "xorl %ecx, %ecx") LOOP_HERE COUNT);
FUNCTION(int3, COUNT AT(int3, "int3"));

static noinline void bench_traced(void)
{
	WRITE_ONCE(bench_traced_count, bench_traced_count + 1);
}

#define TARGET(name)	{ bench_##name, bench_##name##_at, &bench_count }

const struct bench_target bench_targets[NR_TARGETS] = {
	[TARGET_MOV_IMM]	= TARGET(mov_imm),
	[TARGET_ALU]		= TARGET(alu),
	[TARGET_PUSH]		= TARGET(push),
	[TARGET_SHORT_ALU]	= TARGET(short_alu),
	[TARGET_SHORT_MOV]	= TARGET(short_mov),
	[TARGET_SHORT_JMP]	= TARGET(short_jmp),
	[TARGET_TRACED]		= { bench_traced, (u8 *)bench_traced, &bench_traced_count },
	[TARGET_ENTRY_LONG]	= TARGET(entry_long),
	[TARGET_ENTRY_SHORT]	= TARGET(entry_short),
	[TARGET_INT3]		= TARGET(int3),
};
