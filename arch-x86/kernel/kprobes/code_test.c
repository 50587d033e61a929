// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of where there can be a jump, and why not: functions made for it,
 * and the kernel as a whole. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/jump_label.h>
#include <linux/kallsyms.h>
#include <linux/ktime.h>
#include <linux/memory.h>
#include <linux/static_call.h>
#include <asm/sections.h>

#include "test.h"

/*
 * None of these is ever called. The probed instruction is three bytes long, and
 * so is the one behind it, unless it says otherwise: a jump displaces both.
 */
#define THREE		"add $1, %eax"
#define THREE_MORE	"add $2, %eax\n"
#define TWO		"mov %ecx, %eax"
#define FOUR		"lea 8(" DI ", " DX ", 2), %eax"

/* A branch to the second one, of each kind that there is. */
ASM_FUNCTION(fn_forward, "jnz " BEHIND "f\n" AT(THREE) THREE_MORE ASM_RET);
ASM_FUNCTION(fn_backward, AT(THREE) THREE_MORE "jnz " BEHIND "b\n" ASM_RET);
ASM_FUNCTION(fn_near, ".byte 0x0f, 0x85\n.long " BEHIND "f - (. + 4)\n"
	     AT(THREE) THREE_MORE ASM_RET);
ASM_FUNCTION(fn_jmp, "jmp " BEHIND "f\n" AT(THREE) THREE_MORE ASM_RET);
ASM_FUNCTION(fn_jmp_near, ".byte 0xe9\n.long " BEHIND "f - (. + 4)\n"
	     AT(THREE) THREE_MORE ASM_RET);
ASM_FUNCTION(fn_loop, AT(THREE) THREE_MORE "loop " BEHIND "b\n" ASM_RET);
ASM_FUNCTION(fn_jecxz, AT(THREE) THREE_MORE "jecxz " BEHIND "b\n" ASM_RET);
ASM_FUNCTION(fn_call, AT(THREE) THREE_MORE "call " BEHIND "b\n" ASM_RET);
ASM_FUNCTION(fn_xbegin, ".byte 0xc7, 0xf8\n.long " BEHIND "f - (. + 4)\n"
	     AT(THREE) THREE_MORE ASM_RET);
/* To the last of the five bytes. */
ASM_FUNCTION(fn_third, "jnz 774f\n" AT(TWO) TWO "\n774: " TWO "\n" ASM_RET);
ASM_FUNCTION(fn_into_padding, "nop\n" ANNOTATE_RETPOLINE_SAFE "\n" AT(".byte 0xc3")
	     "int3\nint3\n774: nop\nnop\njmp 774b\n");

/* Whoever has its address may branch to it. */
ASM_FUNCTION(fn_operand, "mov $" BEHIND "f, " AX "\n" AT(THREE) THREE_MORE
	     ANNOTATE_RETPOLINE_SAFE "\njmp *" AX "\n");
ASM_FUNCTION(fn_address, "lea " MEM(BEHIND "f") ", " AX "\n" AT(THREE) THREE_MORE
	     ANNOTATE_RETPOLINE_SAFE "\njmp *" AX "\n");
#ifdef CONFIG_X86_KERNEL_IBT
ASM_FUNCTION(fn_endbr, AT(THREE) ASM_ENDBR THREE_MORE
	     ANNOTATE_RETPOLINE_SAFE "\njmp *(" AX ", " CX INDEX ")\n");
ASM_FUNCTION(fn_at_endbr, "nop\n" AT(ASM_ENDBR) THREE_MORE ASM_RET);
#else
#define TABLE						\
	".pushsection .data, \"aw\"\n"			\
	".balign 8\n"					\
	"774: " _ASM_PTR " " BEHIND "f\n"		\
	".popsection\n"
ASM_FUNCTION(fn_table, TABLE AT(THREE) THREE_MORE
	     "mov 774b(, " CX INDEX "), " AX "\n"
	     ANNOTATE_RETPOLINE_SAFE "\njmp *" AX "\n");
/* Here nothing goes where the table says. */
ASM_FUNCTION(fn_unused_table, TABLE AT(THREE) THREE_MORE ASM_RET);
#endif

/* An indirect jump that no operand or table of addresses belongs to. */
#define JUMP_INDIRECT	ANNOTATE_RETPOLINE_SAFE "\njmp *" AX "\n"
ASM_FUNCTION(fn_computed, AT(THREE) THREE_MORE "lea (" CX ", " DX INDEX "), " AX "\n"
	     JUMP_INDIRECT);
ASM_FUNCTION(fn_computed_long, AT("mov $1, %ecx") "lea (" CX ", " DX INDEX "), " AX "\n"
	     JUMP_INDIRECT);
#ifdef CONFIG_MITIGATION_RETPOLINE
ASM_FUNCTION(fn_thunk, AT(THREE) THREE_MORE "jmp __x86_indirect_thunk_" _ASM_AX "\n");
#endif

/* When the load faults. */
ASM_FUNCTION(fn_fixup, "774: mov (" DI "), %ecx\n" AT(THREE) THREE_MORE ASM_RET
	     _ASM_EXTABLE(774b, 773b));
ASM_FUNCTION(fn_fixed_up, AT(THREE) "774: mov (" DI "), %ecx\n" ASM_RET
	     "775: " ASM_RET
	     _ASM_EXTABLE(774b, 775b));

/* A part of it is elsewhere, as the compiler puts what is seldom executed. */
#define COLD(parent, body)					\
	".pushsection .text.unlikely, \"ax\"\n"			\
	".type " parent ".cold, @function\n"			\
	parent ".cold:\n"					\
	body							\
	".size " parent ".cold, . - " parent ".cold\n"		\
	".popsection\n"
ASM_FUNCTION(fn_cold, AT(THREE) THREE_MORE "jc fn_cold.cold\n" ASM_RET
	     COLD("fn_cold", "nop\njmp " BEHIND "b\n"));
ASM_FUNCTION(fn_cold_fixup, AT(THREE) THREE_MORE "jc fn_cold_fixup.cold\n" ASM_RET
	     COLD("fn_cold_fixup", "774: mov (" DI "), %ecx\n" ASM_RET)
	     _ASM_EXTABLE(774b, 773b));
ASM_FUNCTION(fn_cold_elsewhere,
	     AT(THREE) THREE_MORE "775: nop\njc fn_cold_elsewhere.cold\n" ASM_RET
	     COLD("fn_cold_elsewhere", "nop\njmp 775b\n"));

/* The cold part itself, into the middle of which its parent branches. */
ASM_FUNCTION(fn_into_cold, "jc " BEHIND "f\n" ASM_RET
	     COLD("fn_into_cold", "nop\n" AT(THREE) THREE_MORE ASM_RET));
ASM_FUNCTION(fn_to_first_of_cold, "jc 771f\n" ASM_RET
	     COLD("fn_to_first_of_cold", "nop\n" AT(THREE) THREE_MORE ASM_RET));
ASM_FUNCTION(fn_fixed_up_in_cold, "774: mov (" DI "), %ecx\n" ASM_RET
	     COLD("fn_fixed_up_in_cold", "nop\n" AT(THREE) THREE_MORE ASM_RET)
	     _ASM_EXTABLE(774b, 773b));
/* One assembly symbol into another, forward, backward, by a call. */
#define OTHER(name, body)	#name "_other: nop\n" body
ASM_FUNCTION(fn_into_other, "jc " BEHIND "f\n" ASM_RET
	     OTHER(fn_into_other, AT(THREE) THREE_MORE ASM_RET));
ASM_FUNCTION(fn_from_other, AT(THREE) THREE_MORE ASM_RET
	     OTHER(fn_from_other, "jc " BEHIND "b\n" ASM_RET));
ASM_FUNCTION(fn_call_from_other, AT(THREE) THREE_MORE ASM_RET
	     OTHER(fn_call_from_other, "call " BEHIND "b\n" ASM_RET));
ASM_FUNCTION(fn_third_from_other, AT(TWO) TWO "\n774: " TWO "\n" ASM_RET
	     OTHER(fn_third_from_other, "jc 774b\n" ASM_RET));
/* What the other one branches to is not displaced. */
ASM_FUNCTION(fn_past_from_other, AT(THREE) THREE_MORE "774: nop\n" ASM_RET
	     OTHER(fn_past_from_other, "jc 774b\njc 771b\n" ASM_RET));
/* A table of the cold part can lead back. */
ASM_FUNCTION(fn_cold_computed, AT(THREE) THREE_MORE "jc fn_cold_computed.cold\n" ASM_RET
	     COLD("fn_cold_computed", "nop\n" JUMP_INDIRECT));

#ifdef CONFIG_JUMP_LABEL
DEFINE_STATIC_KEY_FALSE(kprobe_test_key);

/* A NOP now, of which the kernel may make a jump to @target. */
#define LABEL_NOP	"774: .byte " __stringify(BYTES_NOP5) "\n"
#define LABEL(target)						\
	".pushsection __jump_table, \"aw\"\n"			\
	_ASM_ALIGN "\n"						\
	".long 774b - ., " target " - .\n"			\
	_ASM_PTR " kprobe_test_key - .\n"			\
	".popsection\n"
ASM_FUNCTION(fn_label, LABEL_NOP AT(THREE) THREE_MORE ASM_RET LABEL(BEHIND "b"));
ASM_FUNCTION(fn_label_of_other, AT(THREE) THREE_MORE ASM_RET
	     OTHER(fn_label_of_other, LABEL_NOP ASM_RET) LABEL(BEHIND "b"));
ASM_FUNCTION(fn_labelled, AT(THREE) LABEL_NOP ASM_RET "775: " ASM_RET LABEL("775b"));
#endif

/* What cannot be executed elsewhere. */
ASM_FUNCTION(fn_call_reg, ANNOTATE_RETPOLINE_SAFE "\n" AT("call *" AX) THREE_MORE ASM_RET);
ASM_FUNCTION(fn_second_call_reg,
	     AT(THREE) ANNOTATE_RETPOLINE_SAFE "\ncall *" AX "\n" ASM_RET);
ASM_FUNCTION(fn_second_loop, AT(THREE) "loop 771b\n" ASM_RET);
ASM_FUNCTION(fn_second_hlt, AT(TWO) "hlt\n" TWO "\n" ASM_RET);
ASM_FUNCTION(fn_second_int3, AT(THREE) "int3\nint3\n" ASM_RET);
ASM_FUNCTION(fn_second_ud2, AT(THREE) "ud2\n");
/* An idle or offline CPU may be at what follows: in the middle of a jump. */
ASM_FUNCTION(fn_hlt, AT("hlt") FOUR "\n" ASM_RET);
ASM_FUNCTION(fn_mwait, AT(".byte 0x0f, 0x01, 0xc9") THREE_MORE ASM_RET);
ASM_FUNCTION(fn_mwaitx, AT(".byte 0x0f, 0x01, 0xfb") THREE_MORE ASM_RET);
ASM_FUNCTION(fn_vmcall, AT(".byte 0x0f, 0x01, 0xc1") THREE_MORE ASM_RET);
ASM_FUNCTION(fn_vmmcall, AT(".byte 0x0f, 0x01, 0xd9") THREE_MORE ASM_RET);
ASM_FUNCTION(fn_vmgexit, AT(".byte 0xf3, 0x0f, 0x01, 0xd9") THREE_MORE ASM_RET);
ASM_FUNCTION(fn_tdcall, AT(".byte 0x66, 0x0f, 0x01, 0xcc") THREE_MORE ASM_RET);
ASM_FUNCTION(fn_second_vmcall, AT(TWO) ".byte 0x0f, 0x01, 0xc1\n" TWO "\n" ASM_RET);
/* It keeps interrupts away from the instruction behind it: that has to be one. */
ASM_FUNCTION(fn_sti, AT(FOUR) "sti\nnop\n" ASM_RET);

/* Four bytes, or one, up to the next symbol. */
ASM_FUNCTION(fn_end_four, "nop\n" AT(TWO) TWO "\nfn_end_four_next: " ASM_RET);
ASM_FUNCTION(fn_end_one, "nop\n" ANNOTATE_RETPOLINE_SAFE "\n" AT(".byte 0xc3")
	     "fn_end_one_next: " ASM_RET);

/* And what does no harm. */
ASM_FUNCTION(fn_end_five, "nop\n" AT(THREE) TWO "\nfn_end_five_next: " ASM_RET);
ASM_FUNCTION(fn_to_first, AT(THREE) THREE_MORE "jnz 771b\nloop 771b\n" ASM_RET);
ASM_FUNCTION(fn_to_the_next, "jnz 774f\n" AT(THREE) THREE_MORE "774: nop\n" ASM_RET);
ASM_FUNCTION(fn_behind_a_long_one, "jnz " BEHIND "f\n" AT("mov $1, %eax") "nop\n" ASM_RET);
ASM_FUNCTION(fn_first_fixed_up, AT("mov (" DI "), %ecx") "mov $1, %eax\n" ASM_RET
	     "775: " ASM_RET
	     _ASM_EXTABLE(771b, 775b));
ASM_FUNCTION(fn_sti_amid, AT(TWO) "sti\n" TWO "\n" ASM_RET);
ASM_FUNCTION(fn_last_call, AT(THREE) "call fn_last_call\n" ASM_RET);
ASM_FUNCTION(fn_last_jcc, AT(THREE) "jnz 774f\n774: nop\n" ASM_RET);
ASM_FUNCTION(fn_last_jmp, AT(THREE) "jmp 774f\n774: nop\n" ASM_RET);
ASM_FUNCTION(fn_last_ret, AT(THREE) ANNOTATE_RETPOLINE_SAFE "\n.byte 0xc3\nint3\nint3\n");
ASM_FUNCTION(fn_ret, "nop\n" ANNOTATE_RETPOLINE_SAFE "\n" AT(".byte 0xc3")
	     "int3\nint3\nint3\nint3\nint3\n");
ASM_FUNCTION(fn_jmp_reg, "nop\n" ANNOTATE_RETPOLINE_SAFE "\n" AT("jmp *" AX)
	     "int3\nint3\nint3\nint3\nint3\n");
ASM_FUNCTION(fn_last_jmp_mem, AT(THREE) ANNOTATE_RETPOLINE_SAFE "\njmp *(" AX ")\n"
	     "int3\nint3\n");
ASM_FUNCTION(fn_last_long, AT(FOUR) "movl $0x11223344, 0x55667788(" DI ")\n" ASM_RET);
/* Much of what is above, in the same function, but not near. */
ASM_FUNCTION(fn_beside_all,
	     AT(THREE) THREE_MORE
	     "jnz 775f\n"
	     "774: mov (" DI "), %ecx\n"
	     "sti\n"
	     "775: mov $776f, " AX "\n"
	     ANNOTATE_RETPOLINE_SAFE "\ncall *" AX "\n"
	     "776: " ANNOTATE_NOENDBR "\n"
	     ANNOTATE_RETPOLINE_SAFE "\njmp *" AX "\n"
	     _ASM_EXTABLE(774b, 775b));

struct place {
	const char *name;
	u8 *at;
	enum kprobe_no_jump no_jump;
	unsigned int span;
};

/* What is not known of indirect jumps, IBT forbids. */
#ifdef CONFIG_X86_KERNEL_IBT
#define JUMP_IF_OPEN		KPROBE_JUMP
#define JUMP_COLD_ENTERED	KPROBE_JUMP_ENTERED
#else
#define JUMP_IF_OPEN		KPROBE_JUMP_OPEN
#define JUMP_COLD_ENTERED	KPROBE_JUMP_OPEN
#endif
#define OPEN(func, span)						\
	{ #func, func##_at, JUMP_IF_OPEN, JUMP_IF_OPEN == KPROBE_JUMP ? (span) : 0 }
#define NO_JUMP(func, why)	{ #func, func##_at, why, 0 }
#define JUMP(func, span)	{ #func, func##_at, KPROBE_JUMP, span }

static const struct place places[] = {
	NO_JUMP(fn_forward, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_backward, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_near, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_jmp, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_jmp_near, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_loop, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_jecxz, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_call, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_xbegin, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_third, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_into_padding, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_operand, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_address, KPROBE_JUMP_ENTERED),
#ifdef CONFIG_X86_KERNEL_IBT
	NO_JUMP(fn_endbr, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_at_endbr, KPROBE_JUMP_INSN),
#else
	NO_JUMP(fn_table, KPROBE_JUMP_OPEN),
	JUMP(fn_unused_table, 6),
#endif
	OPEN(fn_computed, 6),
	JUMP(fn_computed_long, 5),
#ifdef CONFIG_MITIGATION_RETPOLINE
	OPEN(fn_thunk, 6),
#endif
	NO_JUMP(fn_fixup, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_fixed_up, KPROBE_JUMP_FIXUP),
	NO_JUMP(fn_cold, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_cold_fixup, KPROBE_JUMP_ENTERED),
	JUMP(fn_cold_elsewhere, 6),
	NO_JUMP(fn_into_cold, JUMP_COLD_ENTERED),
	OPEN(fn_to_first_of_cold, 6),
	NO_JUMP(fn_fixed_up_in_cold, JUMP_COLD_ENTERED),
	NO_JUMP(fn_into_other, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_from_other, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_call_from_other, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_third_from_other, KPROBE_JUMP_ENTERED),
	JUMP(fn_past_from_other, 6),
	OPEN(fn_cold_computed, 6),
#ifdef CONFIG_JUMP_LABEL
	NO_JUMP(fn_label_of_other, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_label, KPROBE_JUMP_ENTERED),
	NO_JUMP(fn_labelled, KPROBE_JUMP_PATCHED),
#endif
	NO_JUMP(fn_call_reg, KPROBE_JUMP_INSN),
	NO_JUMP(fn_second_call_reg, KPROBE_JUMP_INSN),
	NO_JUMP(fn_second_loop, KPROBE_JUMP_INSN),
	NO_JUMP(fn_second_hlt, KPROBE_JUMP_INSN),
	NO_JUMP(fn_hlt, KPROBE_JUMP_INSN),
	NO_JUMP(fn_mwait, KPROBE_JUMP_INSN),
	NO_JUMP(fn_mwaitx, KPROBE_JUMP_INSN),
	NO_JUMP(fn_vmcall, KPROBE_JUMP_INSN),
	NO_JUMP(fn_vmmcall, KPROBE_JUMP_INSN),
	NO_JUMP(fn_vmgexit, KPROBE_JUMP_INSN),
	NO_JUMP(fn_tdcall, KPROBE_JUMP_INSN),
	NO_JUMP(fn_second_vmcall, KPROBE_JUMP_INSN),
	NO_JUMP(fn_second_int3, KPROBE_JUMP_INSN),
	NO_JUMP(fn_second_ud2, KPROBE_JUMP_INSN),
	NO_JUMP(fn_sti, KPROBE_JUMP_INSN),
	NO_JUMP(fn_end_four, KPROBE_JUMP_END),
	NO_JUMP(fn_end_one, KPROBE_JUMP_END),
	JUMP(fn_end_five, 5),
	JUMP(fn_to_first, 6),
	JUMP(fn_to_the_next, 6),
	JUMP(fn_behind_a_long_one, 5),
	JUMP(fn_first_fixed_up, 7),
	JUMP(fn_sti_amid, 5),
	JUMP(fn_last_call, 8),
	JUMP(fn_last_jcc, 5),
	JUMP(fn_last_jmp, 5),
	JUMP(fn_last_ret, 5),
	JUMP(fn_ret, 5),
	JUMP(fn_last_long, 14),
	OPEN(fn_beside_all, 6),
};

KUNIT_ARRAY_PARAM_DESC(place, places, name);

/* What is found out of a site at @addr; its refusal, if there can be none. */
static enum kprobe_refusal look_at(unsigned long addr, struct kprobe_site *site)
{
	enum kprobe_refusal refusal;

	memset(site, 0, sizeof(*site));
	site->addr = addr;
	mutex_lock(&kprobe_mutex);
	refusal = kprobe_site_prepare(site);
	arch_kprobe_forget_text();
	mutex_unlock(&kprobe_mutex);
	return refusal;
}

static void place_of_a_jump_r11_r46_r47_r50(struct kunit *test)
{
	const struct place *place = test->param_value;
	struct kprobe_site site;

	KUNIT_ASSERT_EQ(test, look_at((unsigned long)place->at, &site), KPROBE_OK);
	KUNIT_EXPECT_EQ(test, site.arch.no_jump, place->no_jump);
	KUNIT_EXPECT_EQ(test, arch_kprobe_span(&site), place->span);
}

/* Each is refused, or accepted, again when probes cover what decided on it. */
static void place_under_probes_r8(struct kunit *test)
{
	const struct place *place = test->param_value;
	struct kprobe_test_probe *tp;
	u8 *at;

	for (at = place->at - 16; at < place->at + 16; at++) {
		tp = kprobe_test_probe(test, 'a', at, KPROBE_TEST_PRE);
		if (at != place->at && kprobe_test_refusal(&tp->kp) == KPROBE_OK)
			KUNIT_EXPECT_EQ(test, 0, register_kprobe(&tp->kp));
	}
	kprobe_test_hurry();
	place_of_a_jump_r11_r46_r47_r50(test);
}

static void its_ends(void *was)
{
	kprobe_its = !!was;
}

/* A return or an indirect jump is where it is safe: no copy of it is executed. */
static void mitigated_branches_stay_r53(struct kunit *test)
{
	u8 *const safe[] = { fn_ret_at, fn_last_ret_at, fn_jmp_reg_at, fn_last_jmp_mem_at };
	struct kprobe_site site;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, its_ends,
							   (void *)(long)kprobe_its));
	for (i = 0; i < ARRAY_SIZE(safe); i++) {
		kprobe_its = false;
		KUNIT_ASSERT_EQ(test, look_at((unsigned long)safe[i], &site), KPROBE_OK);
		if (IS_ENABLED(CONFIG_X86_KERNEL_IBT))
			KUNIT_EXPECT_NE(test, arch_kprobe_span(&site), 0);
		kprobe_its = true;
		KUNIT_ASSERT_EQ(test, look_at((unsigned long)safe[i], &site), KPROBE_OK);
		KUNIT_EXPECT_EQ(test, arch_kprobe_span(&site), 0);
		KUNIT_EXPECT_EQ(test, site.arch.no_jump, KPROBE_JUMP_INSN);
	}
	KUNIT_ASSERT_EQ(test, look_at((unsigned long)fn_to_first_at, &site), KPROBE_OK);
	KUNIT_EXPECT_EQ(test, arch_kprobe_span(&site), 6);
}

/* In its slot and in its detour a return is followed by INT3, as in the text. */
static void nothing_follows_a_return_r53(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', fn_ret_at, KPROBE_TEST_PRE)->kp;
	struct kprobe_site *site;
	u8 *copy;

	if (kprobe_its)
		kunit_skip(test, "with the mitigation of ITS there is no detour of a return");
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_hurry();
	mutex_lock(&kprobe_mutex);
	site = kprobe_site_of(kp);
	mutex_unlock(&kprobe_mutex);
	KUNIT_ASSERT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	KUNIT_ASSERT_NOT_NULL(test, site->arch.boost);
	KUNIT_EXPECT_EQ(test, site->arch.boost->code[0], 0xc3);
	KUNIT_EXPECT_EQ(test, site->arch.boost->code[1], INT3_INSN_OPCODE);
	copy = (u8 *)kprobe_detour_entry(site) + CALL_INSN_SIZE;
	KUNIT_EXPECT_EQ(test, copy[0], 0xc3);
	KUNIT_EXPECT_EQ(test, copy[1], INT3_INSN_OPCODE);
}

static void poke_byte(u8 *at, u8 byte)
{
	mutex_lock(&text_mutex);
	text_poke(at, &byte, 1);
	smp_text_poke_sync_each_cpu();
	mutex_unlock(&text_mutex);
}

/* Objtool would not let it be assembled. */
static void branch_into_an_instruction_r48(struct kunit *test)
{
	struct kprobe_site site;
	u8 *distance = fn_behind_a_long_one_at - 1;

	poke_byte(distance, *distance - 1);
	KUNIT_EXPECT_EQ(test, look_at((unsigned long)fn_behind_a_long_one_at, &site), KPROBE_OK);
	KUNIT_EXPECT_EQ(test, site.arch.no_jump, KPROBE_JUMP_ENTERED);
	KUNIT_EXPECT_EQ(test, arch_kprobe_span(&site), 0);
	poke_byte(distance, *distance + 1);
	KUNIT_EXPECT_EQ(test, look_at((unsigned long)fn_behind_a_long_one_at, &site), KPROBE_OK);
	KUNIT_EXPECT_EQ(test, arch_kprobe_span(&site), 5);
}

/* It is looked for, but not there. */
static void look_again_soon(void)
{
	guard(mutex)(&kprobe_mutex);
	kprobe_branches_want((unsigned long)_stext);
}

static unsigned int nr_branches(void)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_branches_nr((unsigned long)_stext);
}

/* Until the index is there, a site that it decides on stays a breakpoint. */
static void jump_waits_for_the_index_r46(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', fn_to_first_at, 0)->kp;
	struct kprobe *entered = &kprobe_test_probe(test, 'b', fn_into_other_at, 0)->kp;
	struct kprobe_site site = { };
	unsigned int nr = nr_branches();
	ktime_t begin;

	arch_kprobe_text_leaves((unsigned long)_stext);
	KUNIT_EXPECT_EQ(test, nr_branches(), 0);
	site.addr = (unsigned long)fn_to_first_at;
	mutex_lock(&kprobe_mutex);
	/* The worker needs the lock. */
	KUNIT_EXPECT_EQ(test, kprobe_site_prepare(&site), KPROBE_OK);
	KUNIT_EXPECT_EQ(test, site.arch.no_jump, KPROBE_JUMP_SEARCH);
	KUNIT_EXPECT_FALSE(test, arch_kprobe_provide_detour(&site));
	mutex_unlock(&kprobe_mutex);
	arch_kprobe_settle_jumps();
	mutex_lock(&kprobe_mutex);
	KUNIT_EXPECT_TRUE(test, kprobe_confirm_jump(&site));
	mutex_unlock(&kprobe_mutex);

	arch_kprobe_text_leaves((unsigned long)_stext);
	begin = ktime_get();
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(entered));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	kprobe_test_hurry();
	KUNIT_EXPECT_EQ(test, kprobe_test_state(entered), KPROBE_ARMED);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
	KUNIT_EXPECT_EQ(test, nr_branches(), nr);
	KUNIT_EXPECT_GT(test, nr, 0);
	KUNIT_EXPECT_STREQ(test, kprobe_test_route(test, entered),
			   "breakpoint, boosted (no jump: a branch leads into its bytes)");
	kunit_info(test, "%u branches, looked for in %lld ms\n", nr,
		   ktime_ms_delta(ktime_get(), begin));
}

/* Text that is freed takes its index with it, also while that is being built. */
static void text_leaves_during_the_search_r46(struct kunit *test)
{
	unsigned int nr = nr_branches(), round;

	for (round = 0; round < 8; round++) {
		look_again_soon();
		arch_kprobe_text_leaves((unsigned long)_stext);
		KUNIT_EXPECT_EQ(test, nr_branches(), 0);
	}
	arch_kprobe_settle_jumps();
	KUNIT_EXPECT_EQ(test, nr_branches(), nr);
}

/*
 * What the kernel may do to its own text. Each of these takes a decoded function
 * to look at, so a sample has to do.
 */

#define SAMPLES		40

/**
 * struct walk - through such places
 * @total: how many there are
 * @nr: how many have been passed
 * @wrong: how many of the sample a jump might meet
 * @first: the first of those
 */
struct walk {
	unsigned int total;
	unsigned int nr;
	unsigned int wrong;
	unsigned long first;
};

static bool is_sample(struct walk *walk)
{
	return walk->nr++ % (walk->total / SAMPLES + 1) == 0;
}

static void note_wrong(struct walk *walk, unsigned long addr)
{
	if (!walk->wrong++)
		walk->first = addr;
}

static void expect_none_wrong(struct kunit *test, const struct walk *walk)
{
	KUNIT_EXPECT_GT(test, walk->total, SAMPLES);
	KUNIT_EXPECT_EQ(test, walk->nr, walk->total);
	KUNIT_EXPECT_EQ_MSG(test, walk->wrong, 0, "first: %pS", (void *)walk->first);
}

static void count_target(unsigned long from, unsigned long to, void *arg)
{
	struct walk *walk = arg;

	walk->total++;
}

/* Is it known to whoever wants to put a jump there? No jump displaces a start. */
static void check_target(unsigned long from, unsigned long to, void *arg)
{
	struct walk *walk = arg;
	struct kprobe_code *f;

	if (!is_sample(walk) || !is_kernel_text(to))
		return;
	mutex_lock(&text_mutex);
	if (kprobe_code_get(to, &f) ||
	    (to != f->start && !kprobe_code_is_entered(f, to, to + 1) &&
	     !kprobe_branches_enter(to, to + 1)))
		note_wrong(walk, from);
	mutex_unlock(&text_mutex);
	kprobe_code_forget();
}

typedef void (*walk_fn)(unsigned long start, unsigned long end, kprobe_branch_fn fn, void *arg);

static void expect_targets_known(struct kunit *test, walk_fn walk_targets)
{
	struct walk walk = { };

	mutex_lock(&kprobe_mutex);
	walk_targets((unsigned long)_stext, (unsigned long)_etext, count_target, &walk);
	walk_targets((unsigned long)_stext, (unsigned long)_etext, check_target, &walk);
	mutex_unlock(&kprobe_mutex);
	expect_none_wrong(test, &walk);
}

static void targets_of_jump_labels(struct kunit *test)
{
	expect_targets_known(test, kprobe_walk_labels);
}

static void targets_of_fixups(struct kunit *test)
{
	expect_targets_known(test, kprobe_walk_fixups);
}

/* No instruction before @addr may lead a jump that reaches it. */
static void check_patched(unsigned long addr, struct walk *walk)
{
	struct kprobe_site site;
	unsigned long before;

	if (!is_sample(walk) || !is_kernel_text(addr))
		return;
	for (before = addr - JMP32_INSN_SIZE + 1; before < addr; before++) {
		if (look_at(before, &site) == KPROBE_OK &&
		    before + site.arch.insn.len <= addr && arch_kprobe_span(&site))
			note_wrong(walk, addr);
	}
}

static void jump_labels_are_not_displaced_r12(struct kunit *test)
{
#ifdef CONFIG_JUMP_LABEL
	struct walk walk = { .total = __stop___jump_table - __start___jump_table };
	struct jump_entry *label;

	for (label = __start___jump_table; label < __stop___jump_table; label++)
		check_patched(jump_entry_code(label), &walk);
	expect_none_wrong(test, &walk);
#else
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
#endif
}

static void static_calls_are_not_displaced_r12(struct kunit *test)
{
#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
	struct walk walk = { .total = __stop_static_call_sites - __start_static_call_sites };
	struct static_call_site *call;

	for (call = __start_static_call_sites; call < __stop_static_call_sites; call++)
		check_patched((unsigned long)&call->addr + call->addr, &walk);
	expect_none_wrong(test, &walk);
#else
	kunit_skip(test, "needs CONFIG_HAVE_STATIC_CALL_INLINE");
#endif
}

/**
 * struct share - what can be had at the instructions of the kernel's text
 * @functions: how many functions were looked at
 * @boundaries: how many instructions begin in them
 * @refused: by enum kprobe_refusal, those that are not probed
 * @on_ftrace: those that are probed through ftrace
 * @alone: those that can be a jump over themselves alone
 * @several: those that can be a jump over several instructions
 * @never: by enum kprobe_no_jump, those that stay a breakpoint
 */
struct share {
	unsigned int functions;
	unsigned int boundaries;
	unsigned int refused[KPROBE_NR_REFUSALS];
	unsigned int on_ftrace;
	unsigned int alone;
	unsigned int several;
	unsigned int never[KPROBE_NR_NO_JUMP];
};

/* What a probe gets that asks for @addr: of ENDBR at the entry, what is behind it. */
static void share_add(struct share *share, struct kprobe_function *function, unsigned long addr)
{
	unsigned long start = function->range.start;
	struct kprobe_site site = { };
	enum kprobe_refusal refusal;
	bool on_entry;

	site.addr = arch_kprobe_entry(start, addr - start, &on_entry);
	site.on_ftrace = kprobe_is_on_ftrace(site.addr);
	refusal = kprobe_site_prepare(&site);
	if (refusal == KPROBE_NOT_BOUNDARY)
		return;
	share->boundaries++;
	refusal = kprobe_check_address(function, site.addr) ?: refusal;
	if (refusal)
		share->refused[refusal]++;
	else if (site.on_ftrace)
		share->on_ftrace++;
	else if (!arch_kprobe_span(&site))
		share->never[site.arch.no_jump]++;
	else if (site.arch.insn.len >= JMP32_INSN_SIZE)
		share->alone++;
	else
		share->several++;
}

static void share_add_function(struct share *share, unsigned long start, unsigned long end)
{
	struct kprobe_function function = { };

	guard(mutex)(&kprobe_mutex);
	if (kprobe_function_find(&function, start))
		return;
	share->functions++;
	for (; start < end; start++)
		share_add(share, &function, start);
	kprobe_function_put(&function);
	kprobe_code_forget();
}

/* One function in @step of the kernel's text, each under one name only. */
static void share_add_kernel(struct share *share, unsigned int step)
{
	unsigned long addr, size, offset;
	unsigned int nr = 0;

	for (addr = (unsigned long)_stext; addr < (unsigned long)_etext; addr += size - offset) {
		if (!kallsyms_lookup_size_offset(addr, &size, &offset))
			break;
		if (nr++ % step == 0)
			share_add_function(share, addr, addr - offset + size);
		cond_resched();
	}
}

static void share_say(struct kunit *test, const struct share *share, const char *what,
		      unsigned int nr)
{
	if (nr)
		kunit_info(test, "%6u of %u: %s\n", nr, share->boundaries, what);
}

static unsigned int share_sum(const unsigned int *nr, unsigned int n)
{
	unsigned int sum = 0;

	while (n--)
		sum += *nr++;
	return sum;
}

/* The numbers in Documentation/trace/kprobes-sites.rst are from here. */
static void share_of_jumps(struct kunit *test)
{
	static const char * const never[KPROBE_NR_NO_JUMP] = {
		[KPROBE_JUMP_END]	= "no jump: the function ends",
		[KPROBE_JUMP_INSN]	= "no jump: an instruction cannot run elsewhere",
		[KPROBE_JUMP_ENTERED]	= "no jump: a branch leads there",
		[KPROBE_JUMP_OPEN]	= "no jump: a branch may lead there",
		[KPROBE_JUMP_PATCHED]	= "no jump: the kernel patches it",
		[KPROBE_JUMP_FIXUP]	= "no jump: a fault there is fixed up",
		[KPROBE_JUMP_SEARCH]	= "no jump: no index of branches",
	};
	unsigned int i, jumps, breakpoints, step = 17;
	struct share share = { };

	share_add_kernel(&share, step);
	jumps = share.alone + share.several;
	breakpoints = share_sum(share.never, KPROBE_NR_NO_JUMP);

	kunit_info(test, "%u functions, one in %u\n", share.functions, step);
	for (i = 0; i < KPROBE_NR_REFUSALS; i++)
		share_say(test, &share, kprobe_refusal_name(i), share.refused[i]);
	share_say(test, &share, "through ftrace", share.on_ftrace);
	share_say(test, &share, "jump over one instruction", share.alone);
	share_say(test, &share, "jump over several", share.several);
	for (i = 0; i < KPROBE_NR_NO_JUMP; i++)
		share_say(test, &share, never[i], share.never[i]);

	KUNIT_EXPECT_GT(test, share.alone, 0);
	KUNIT_EXPECT_GT(test, jumps, 3 * breakpoints);
	/* Neither is an answer at all. */
	KUNIT_EXPECT_EQ(test, share.never[KPROBE_JUMP], 0);
	KUNIT_EXPECT_EQ(test, share.never[KPROBE_JUMP_SEARCH], 0);
	KUNIT_EXPECT_EQ(test, share.refused[KPROBE_NO_MEMORY], 0);
}

static struct kunit_case kprobe_code_cases[] = {
	KUNIT_CASE_PARAM(place_of_a_jump_r11_r46_r47_r50, place_gen_params),
	KUNIT_CASE_PARAM(place_under_probes_r8, place_gen_params),
	KUNIT_CASE(branch_into_an_instruction_r48),
	KUNIT_CASE(mitigated_branches_stay_r53),
	KUNIT_CASE(nothing_follows_a_return_r53),
	KUNIT_CASE_SLOW(jump_waits_for_the_index_r46),
	KUNIT_CASE_SLOW(text_leaves_during_the_search_r46),
	KUNIT_CASE_SLOW(targets_of_jump_labels),
	KUNIT_CASE_SLOW(targets_of_fixups),
	KUNIT_CASE_SLOW(jump_labels_are_not_displaced_r12),
	KUNIT_CASE_SLOW(static_calls_are_not_displaced_r12),
	KUNIT_CASE_SLOW(share_of_jumps),
	{ }
};

static int kprobe_code_suite_init(struct kunit_suite *suite)
{
	arch_kprobe_settle_jumps();
	return 0;
}

static struct kunit_suite kprobe_code_suite = {
	.name = "kprobe_code",
	.suite_init = kprobe_code_suite_init,
	.init = kprobe_test_needs_privilege,
	.test_cases = kprobe_code_cases,
};

kunit_test_suite(kprobe_code_suite);
