/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kprobe_jump_storm and kprobe_stress execute and probe: a function whose
 * instructions are one to six bytes long, so that each is in the jump of another.
 */
#ifndef STORM_CODE_H
#define STORM_CODE_H

#include <linux/bitops.h>
#include <linux/linkage.h>
#include <linux/objtool.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/asm.h>
#include <asm/ibt.h>

u32 kprobe_storm_word = 0x01234567;

#ifdef CONFIG_X86_64
#define WORD	"kprobe_storm_word(%rip)"
#define BX	"%rbx"
#else
#define WORD	"kprobe_storm_word"
#define BX	"%ebx"
#endif

#ifndef ANNOTATE_NOENDBR
#define ANNOTATE_NOENDBR
#endif

/* An instruction, and its address in the table of places. */
#define PLACE(insn)						\
	"771:\n" ANNOTATE_NOENDBR "\n" insn "\n"			\
	".pushsection .data.rel.ro, \"aw\"\n"			\
	_ASM_PTR " 771b\n"					\
	".popsection\n"

/* From EAX to EAX; EDX is lost. See expected(). */
asm(".pushsection .data.rel.ro, \"aw\"\n"
	".balign 8\n"
	"kprobe_storm_places:\n"
	".popsection\n"
	".pushsection .text, \"ax\"\n"
	".balign 16\n"
	".type kprobe_storm_mix, @function\n"
	"kprobe_storm_mix:\n"
	ASM_ENDBR
	PLACE("push " BX)				/* 0 */
	PLACE("mov %eax, %edx")
	PLACE("add $3, %eax")
	PLACE("xor $0x5a5a5a5a, %eax")			/* 3 */
	PLACE("nop")
	PLACE("nop")
	PLACE("add $7, %edx")				/* 6 */
	PLACE("add %edx, %eax")
	PLACE("rol $3, %eax")
	PLACE("mov " WORD ", %edx")			/* 9 */
	PLACE("xor %edx, %eax")
	PLACE("test %eax, %eax")
	PLACE("js 775f")				/* 12 */
	PLACE("add $1, %eax")
	"775:\n"
	PLACE("call kprobe_storm_leaf")			/* 14 */
	PLACE("pop " BX)
	PLACE("nop")
	ASM_RET
	".size kprobe_storm_mix, . - kprobe_storm_mix\n"
	".balign 16\n"
	".type kprobe_storm_leaf, @function\n"
	"kprobe_storm_leaf:\n"
	ASM_ENDBR
	PLACE("add $9, %eax")				/* 17 */
	PLACE("nop")
	PLACE("nop")
	ASM_RET
	".size kprobe_storm_leaf, . - kprobe_storm_leaf\n"
	".popsection\n");

void kprobe_storm_mix(void);
void kprobe_storm_leaf(void);
STACK_FRAME_NON_STANDARD(kprobe_storm_mix);
STACK_FRAME_NON_STANDARD(kprobe_storm_leaf);

#define NR_PLACES	20

extern u8 *const kprobe_storm_places[NR_PLACES];

static u32 mix(u32 x)
{
	asm volatile("call kprobe_storm_mix" : "+a" (x), ASM_CALL_CONSTRAINT : : "edx", "memory", "cc");
	return x;
}

static u32 leaf(u32 x)
{
	asm volatile("call kprobe_storm_leaf" : "+a" (x), ASM_CALL_CONSTRAINT : : "edx", "memory", "cc");
	return x;
}

static u32 expected(u32 x)
{
	u32 dx = x + 7;

	x = rol32(((x + 3) ^ 0x5a5a5a5a) + dx, 3) ^ kprobe_storm_word;
	if (!(x & BIT(31)))
		x++;
	return x + 9;
}

/* From the first place to the last one, before there was a probe. */
static u8 text_before[128];

static size_t text_size(void)
{
	return kprobe_storm_places[NR_PLACES - 1] - kprobe_storm_places[0];
}

static int keep_text(void)
{
	if (text_size() > sizeof(text_before))
		return -E2BIG;
	memcpy(text_before, kprobe_storm_places[0], text_size());
	return 0;
}

/* For the report. */
static const char *state_of_text(void)
{
	return memcmp(text_before, kprobe_storm_places[0], text_size()) ? "changed" : "original";
}

#endif /* STORM_CODE_H */
