// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the probed text on x86: which instructions are refused and why,
 * where instructions begin, a field of many probes, and what happens without
 * memory for slots. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <asm/vsyscall.h>

#include "test.h"

static void expect_refusal(struct kunit *test, u8 *at, enum kprobe_refusal refusal, int err)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', at, KPROBE_TEST_PRE)->kp;

	kprobe_test_expect_refusal(test, kp, refusal, err);
}

static struct kprobe *probe(struct kunit *test, char name, u8 *at)
{
	struct kprobe *kp = &kprobe_test_probe(test, name, at, KPROBE_TEST_PRE)->kp;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void run(void (*func)(void))
{
	struct kprobe_test_image image = { .flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF };

	kprobe_test_run(func, &image);
}

/* None of these is ever called. */
ASM_FUNCTION(text_int3, "nop\n" AT("int3") ASM_RET);
ASM_FUNCTION(text_int_n, "nop\n" AT("int $0x80") ASM_RET);
ASM_FUNCTION(text_ud1, "nop\n" AT("ud1 %eax, %ecx") ASM_RET);
ASM_FUNCTION(text_ud2, "nop\n" AT("ud2") ASM_RET);
ASM_FUNCTION(text_iret, "nop\n" AT("iretl") ASM_RET);
ASM_FUNCTION(text_sysexit, "nop\n" AT(".byte 0x0f, 0x35") ASM_RET);
ASM_FUNCTION(text_far_ret, "nop\n" AT("lretl") ASM_RET);
ASM_FUNCTION(text_far_jmp, "nop\n" AT("ljmp *(" AX ")") ASM_RET);
ASM_FUNCTION(text_far_call, "nop\n" ANNOTATE_RETPOLINE_SAFE "\n" AT("lcall *(" AX ")") ASM_RET);
ASM_FUNCTION(text_far_jmp_prefix, "nop\n" AT("data16 ljmp *(" AX ")") ASM_RET);
/* LOOPNE with F3, JMP with 66: to objtool both lead to what follows. */
ASM_FUNCTION(text_rep_loopne, "nop\n" AT(".byte 0xf3, 0xe0, 0x00") ASM_RET);
#ifdef CONFIG_X86_64
ASM_FUNCTION(text_sysret, "nop\n" AT("sysretq") ASM_RET);
ASM_FUNCTION(text_data16_jmp, "nop\n" AT(".byte 0x66, 0xeb, 0x00") ASM_RET);
/* Seven bytes, or five and an ADD. */
ASM_FUNCTION(text_data16_jcc, "nop\n" AT(".byte 0x66, 0x0f, 0x84, 0, 0, 0, 0") ASM_RET);
#endif

static void breakpoint_of_others(struct kunit *test)
{
	expect_refusal(test, text_int3_at, KPROBE_FOREIGN_BREAKPOINT, -EILSEQ);
}

static void instruction_that_only_traps_r12(struct kunit *test)
{
	expect_refusal(test, text_int_n_at, KPROBE_TRAP_INSN, -EINVAL);
	expect_refusal(test, text_ud1_at, KPROBE_TRAP_INSN, -EINVAL);
	expect_refusal(test, text_ud2_at, KPROBE_TRAP_INSN, -EINVAL);
}

static void branch_that_processors_execute_differently_r28(struct kunit *test)
{
#ifdef CONFIG_X86_64
	u8 *jmp = text_data16_jmp_at, *jcc = text_data16_jcc_at;
#endif

	expect_refusal(test, text_rep_loopne_at, KPROBE_AMBIGUOUS_INSN, -EINVAL);
#ifdef CONFIG_X86_64
	/* objtool: the addresses beside them are not to be called. */
	OPTIMIZER_HIDE_VAR(jmp);
	OPTIMIZER_HIDE_VAR(jcc);
	expect_refusal(test, jmp, KPROBE_AMBIGUOUS_INSN, -EINVAL);
	probe(test, 'a', jmp - 1);
	probe(test, 'b', jmp + 3);
	/* Where the next instruction begins depends on the processor. */
	probe(test, 'c', jcc - 1);
	expect_refusal(test, jcc, KPROBE_NOT_BOUNDARY, -EILSEQ);
	expect_refusal(test, jcc + 5, KPROBE_NOT_BOUNDARY, -EILSEQ);
	expect_refusal(test, jcc + 7, KPROBE_NOT_BOUNDARY, -EILSEQ);
#endif
}

static void instruction_that_leaves_r12(struct kunit *test)
{
	expect_refusal(test, text_iret_at, KPROBE_LEAVING_INSN, -EOPNOTSUPP);
	expect_refusal(test, text_sysexit_at, KPROBE_LEAVING_INSN, -EOPNOTSUPP);
#ifdef CONFIG_X86_64
	expect_refusal(test, text_sysret_at, KPROBE_LEAVING_INSN, -EOPNOTSUPP);
#endif
}

static void far_branch_r4(struct kunit *test)
{
	expect_refusal(test, text_far_ret_at, KPROBE_LEAVING_INSN, -EOPNOTSUPP);
	expect_refusal(test, text_far_jmp_at, KPROBE_LEAVING_INSN, -EOPNOTSUPP);
	expect_refusal(test, text_far_call_at, KPROBE_LEAVING_INSN, -EOPNOTSUPP);
	expect_refusal(test, text_far_jmp_prefix_at, KPROBE_LEAVING_INSN, -EOPNOTSUPP);
}

/* It is there to be executed by user space, if the kernel has one at all. */
static void gate_area_r14(struct kunit *test)
{
#ifdef CONFIG_X86_64
	expect_refusal(test, (u8 *)VSYSCALL_ADDR, KPROBE_NOT_TEXT, -EINVAL);
#else
	kunit_skip(test, "needs 64 bits");
#endif
}

ASM_FUNCTION(text_long, AT("movl $0x90909090, %eax") "nop\n" ASM_RET);

/* Each byte of an instruction but the first, though all of them decode. */
static void inside_an_instruction(struct kunit *test)
{
	u8 *at;

	for (at = text_long_at + 1; at < text_long_next; at++)
		expect_refusal(test, at, KPROBE_NOT_BOUNDARY, -EILSEQ);
	probe(test, 'a', text_long_next);
	run(text_long);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

/* What is told of a refusal, but for where it is. */
static const char *told(struct kunit *test, u8 *at)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', at, KPROBE_TEST_PRE)->kp;
	struct kprobe_reason reason = kprobe_test_reason(kp);
	char *text = kunit_kzalloc(test, 256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	snprintf(text, 256, "%s%s", kprobe_refusal_name(reason.refusal), reason.detail);
	return text;
}

static void expect_nearest(struct kunit *test, u8 *at)
{
	char expected[64];

	snprintf(expected, sizeof(expected),
		 "not an instruction boundary (nearest: +0x%tx, +0x%tx)",
		 text_long_at - (u8 *)text_long, text_long_next - (u8 *)text_long);
	KUNIT_EXPECT_STREQ(test, expected, told(test, at));
}

/* Also when a breakpoint or a jump is there. */
static void nearest_boundaries_are_told_r8(struct kunit *test)
{
	u8 *at;

	for (at = text_long_at + 1; at < text_long_next; at++)
		expect_nearest(test, at);
	probe(test, 'a', text_long_at);
	probe(test, 'b', text_long_next);
	for (at = text_long_at + 1; at < text_long_next; at++)
		expect_nearest(test, at);
}

static void bytes_of_the_instruction_are_told(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, told(test, text_ud2_at),
			   "an instruction that only raises an exception (0f 0b)");
	KUNIT_EXPECT_STREQ(test, told(test, text_int_n_at),
			   "an instruction that only raises an exception (cd 80)");
	KUNIT_EXPECT_STREQ(test, told(test, text_iret_at),
			   "an instruction that leaves the kernel's flow (cf)");
}

/* The search for the boundary has to see what the first probe has covered. */
static void expect_boundary_behind(struct kunit *test)
{
	u8 *at;

	probe(test, 'a', text_long_at);
	kprobe_test_hurry();
	for (at = text_long_at + 1; at < text_long_next; at++)
		expect_refusal(test, at, KPROBE_NOT_BOUNDARY, -EILSEQ);
	probe(test, 'b', text_long_next);
	run(text_long);
	KUNIT_EXPECT_STREQ(test, "ab", kprobe_test_trace());
}

static void behind_a_jump_r8(struct kunit *test)
{
	kprobe_test_needs_privilege(test);
	expect_boundary_behind(test);
	KUNIT_EXPECT_EQ(test, text_long_at[0], JMP32_INSN_OPCODE);
}

static void behind_a_breakpoint_r8(struct kunit *test)
{
	kprobe_test_no_jumps(test);
	expect_boundary_behind(test);
	KUNIT_EXPECT_EQ(test, text_long_at[0], INT3_INSN_OPCODE);
}

static void second_probe_keeps_the_original_byte_r8(struct kunit *test)
{
	u64 text = kprobe_test_text(text_long_at);
	struct kprobe *first, *second;

	first = probe(test, 'a', text_long_at);
	second = probe(test, 'b', text_long_at);
	KUNIT_EXPECT_EQ(test, first->opcode, (u8)text);
	KUNIT_EXPECT_EQ(test, second->opcode, (u8)text);
	unregister_kprobe(first);
	unregister_kprobe(second);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(text_long_at), text);
}

/* As a return with CONFIG_MITIGATION_SLS leaves it in the middle of a function. */
ASM_FUNCTION(text_padded, "jmp 771f\nint3\nint3\nint3\n" AT("nop") ASM_RET);

static void behind_padding_r11(struct kunit *test)
{
	u8 *at = text_padded_at;

	probe(test, 'a', at);
	run(text_padded);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	/* objtool: this is not an address to be called. */
	OPTIMIZER_HIDE_VAR(at);
	expect_refusal(test, at - 1, KPROBE_FOREIGN_BREAKPOINT, -EILSEQ);
}

/* A probe on an entry stands behind the ENDBR, however it is asked for. */
static void entry_with_endbr_r13(struct kunit *test)
{
	u8 *entry = (u8 *)kprobe_test_target, *behind;
	struct kprobe *kp;

	/* objtool: the address behind it is not one to be called. */
	OPTIMIZER_HIDE_VAR(entry);
	behind = entry + ENDBR_INSN_SIZE;
	if (!ENDBR_INSN_SIZE || !kprobe_is_endbr(*(u32 *)entry))
		kunit_skip(test, "needs CONFIG_X86_KERNEL_IBT");
	kp = probe(test, 'a', entry);
	KUNIT_EXPECT_PTR_EQ(test, kp->addr, behind);
	KUNIT_EXPECT_TRUE(test, kp->flags & KPROBE_FLAG_ON_FUNC_ENTRY);
	kp = probe(test, 'b', behind);
	KUNIT_EXPECT_PTR_EQ(test, kp->addr, behind);
	KUNIT_EXPECT_TRUE(test, kp->flags & KPROBE_FLAG_ON_FUNC_ENTRY);
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "ba", kprobe_test_trace());
}

/*
 * A field of functions, each with a row of instructions of one byte. Each
 * function has a symbol, so that the search for a boundary is short. To objtool
 * all of it is one function: NOPs before a function are to it the padding of
 * CONFIG_CALL_PADDING, which it gives a symbol, and in which no probe can be.
 */
#ifdef CONFIG_PROVE_LOCKING	/* which makes it ten times as slow */
#define FIELD_ROWS	160
#else
#define FIELD_ROWS	1600
#endif
#define FIELD_COLUMNS	64
#define FIELD_INSN	0x90

asm(".pushsection .text, \"ax\"\n"
	".macro kprobe_field_row nr\n"
	"kprobe_field_\\nr:\n"
	".fill " __stringify(FIELD_COLUMNS) ", 1, " __stringify(FIELD_INSN) "\n"
	".endm\n"
	".altmacro\n"
	".balign 16\n"
	".type kprobe_field, @function\n"
	"kprobe_field:\n"
	ASM_ENDBR
	"kprobe_field_rows:\n"
	ANNOTATE_NOENDBR "\n"
	".set kprobe_field_counter, 0\n"
	".rept " __stringify(FIELD_ROWS) "\n"
	"kprobe_field_row %kprobe_field_counter\n"
	".set kprobe_field_counter, kprobe_field_counter + 1\n"
	".endr\n"
	".noaltmacro\n"
	ASM_RET
	".size kprobe_field, . - kprobe_field\n"
	".popsection\n");

void kprobe_field(void);
extern u8 kprobe_field_rows[];

static unsigned int field_hits;

static int field_pre(struct kprobe *kp, struct pt_regs *regs)
{
	field_hits++;
	return 0;
}

static struct kprobe_test_batch *field_probes(struct kunit *test)
{
	struct kprobe_test_batch *field = kprobe_test_batch(test, FIELD_ROWS * FIELD_COLUMNS);
	unsigned int i;

	for (i = 0; i < field->nr; i++) {
		field->kps[i].addr = kprobe_field_rows + i;
		field->kps[i].pre_handler = field_pre;
	}
	return field;
}

/* Up to 102,400 breakpoints side by side: each is hit once, and all go again. */
static void field_of_many_probes(struct kunit *test)
{
	struct kprobe_test_batch *field = field_probes(test);

	KUNIT_ASSERT_EQ(test, 0, register_kprobes(field->batch, field->nr));
	field_hits = 0;
	run(kprobe_field);
	KUNIT_EXPECT_EQ(test, field_hits, field->nr);
	unregister_kprobes(field->batch, field->nr);
	KUNIT_EXPECT_NULL(test, memchr_inv(kprobe_field_rows, FIELD_INSN, field->nr));
	run(kprobe_field);
	KUNIT_EXPECT_EQ(test, field_hits, field->nr);
}

/* A probe on kprobe_slot_alloc() returns for it, with nothing. */
static int no_slot_pre(struct kprobe *kp, struct pt_regs *regs)
{
	regs->ax = 0;
	regs->ip = *(unsigned long *)regs->sp;
	regs->sp += sizeof(long);
	return 1;
}

static struct kprobe *without_slots(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'x', NULL, 0)->kp;

	kp->symbol_name = "kprobe_slot_alloc";
	kp->pre_handler = no_slot_pre;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

static void no_memory_to_register(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', text_long_at, KPROBE_TEST_PRE)->kp;
	struct kprobe *without = without_slots(test);
	u64 text = kprobe_test_text(text_long_at);

	KUNIT_EXPECT_EQ(test, -ENOMEM, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(text_long_at), text);
	KUNIT_EXPECT_PTR_EQ(test, kp->addr, &text_long_at[0]);
	unregister_kprobe(without);
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(kp));
	run(text_long);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

static void no_memory_to_enable_r16(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', text_long_at, KPROBE_TEST_PRE)->kp;
	u64 text = kprobe_test_text(text_long_at);
	struct kprobe *without;

	kp->flags = KPROBE_FLAG_DISABLED;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	without = without_slots(test);
	KUNIT_EXPECT_EQ(test, -ENOMEM, enable_kprobe(kp));
	KUNIT_EXPECT_TRUE(test, kprobe_disabled(kp));
	KUNIT_EXPECT_EQ(test, kprobe_test_text(text_long_at), text);
	unregister_kprobe(without);
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(kp));
	run(text_long);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
}

/* The slot with a jump back is there; the other, for post-handlers, is not to be had. */
static void no_memory_to_join(struct kunit *test)
{
	struct kprobe *joining = &kprobe_test_probe(test, 'b', text_long_at,
						    KPROBE_TEST_PRE | KPROBE_TEST_POST)->kp;
	struct kprobe *without;

	probe(test, 'a', text_long_at);
	without = without_slots(test);
	KUNIT_EXPECT_EQ(test, -ENOMEM, register_kprobe(joining));
	run(text_long);
	KUNIT_EXPECT_STREQ(test, "a", kprobe_test_trace());
	unregister_kprobe(without);
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(joining));
	run(text_long);
	KUNIT_EXPECT_STREQ(test, "baB", kprobe_test_trace());
}

/* More sites come and go than fit in a page of slots, of the smallest. */
#define MANY_SLOTS	(PAGE_SIZE / 16 + 1)

static void dead_sites_leave_no_slots(struct kunit *test)
{
	struct kprobe_test_batch *field = field_probes(test);
	unsigned int before;

	kprobe_retire_flush();
	before = kprobe_test_slot_pages();
	kprobe_forced_way = KPROBE_WAY_TRAP;
	KUNIT_EXPECT_EQ(test, 0, register_kprobes(field->batch, MANY_SLOTS));
	kprobe_forced_way = KPROBE_WAY_AUTO;
	KUNIT_EXPECT_GT(test, kprobe_test_slot_pages(), before);
	unregister_kprobes(field->batch, MANY_SLOTS);
	kprobe_retire_flush();
	KUNIT_EXPECT_EQ(test, kprobe_test_slot_pages(), before);
}

#ifdef CONFIG_X86_64
/* As clang makes them with kCFI, without and with a SIB byte. */
ASM_FUNCTION(text_cfi, AT("mov $0x12345678, %r10d") "add -4(%r11), %r10d\n"
	     "je 774f\nud2\n774: nop\n" ASM_RET);
ASM_FUNCTION(text_cfi_sib, AT("mov $0x12345678, %r10d") "add -4(%r12), %r10d\n"
	     "je 774f\nud2\n774: nop\n" ASM_RET);
/* Not one: another displacement, another register, no trap. */
ASM_FUNCTION(text_cfi_disp, AT("mov $0x12345678, %r10d") "add -8(%r11), %r10d\n"
	     "je 774f\nud2\n774: nop\n" ASM_RET);
ASM_FUNCTION(text_cfi_reg, AT("mov $0x12345678, %r10d") "add -4(%r11), %r9d\n"
	     "je 774f\nud2\n774: nop\n" ASM_RET);
ASM_FUNCTION(text_cfi_nop, AT("mov $0x12345678, %r10d") "add -4(%r11), %r10d\n"
	     "je 774f\nmov %eax, %eax\n774: nop\n" ASM_RET);

static void cfi_checks_r12(struct kunit *test)
{
	static u8 *const others[] = { text_cfi_disp_at, text_cfi_reg_at, text_cfi_nop_at };
	unsigned int i;

	expect_refusal(test, text_cfi_at, KPROBE_CFI_CHECK, -EINVAL);
	expect_refusal(test, text_cfi_next, KPROBE_CFI_CHECK, -EINVAL);
	expect_refusal(test, text_cfi_sib_at, KPROBE_CFI_CHECK, -EINVAL);
	expect_refusal(test, text_cfi_sib_next, KPROBE_CFI_CHECK, -EINVAL);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		probe(test, 'a', others[i]);
}
#endif

static struct kunit_case kprobe_text_cases[] = {
#ifdef CONFIG_X86_64
	KUNIT_CASE(cfi_checks_r12),
#endif
	KUNIT_CASE(breakpoint_of_others),
	KUNIT_CASE(instruction_that_only_traps_r12),
	KUNIT_CASE(branch_that_processors_execute_differently_r28),
	KUNIT_CASE(instruction_that_leaves_r12),
	KUNIT_CASE(far_branch_r4),
	KUNIT_CASE(gate_area_r14),
	KUNIT_CASE(inside_an_instruction),
	KUNIT_CASE(nearest_boundaries_are_told_r8),
	KUNIT_CASE(bytes_of_the_instruction_are_told),
	KUNIT_CASE(behind_a_jump_r8),
	KUNIT_CASE(behind_a_breakpoint_r8),
	KUNIT_CASE(second_probe_keeps_the_original_byte_r8),
	KUNIT_CASE(behind_padding_r11),
	KUNIT_CASE(entry_with_endbr_r13),
	KUNIT_CASE_SLOW(field_of_many_probes),
	KUNIT_CASE(no_memory_to_register),
	KUNIT_CASE(no_memory_to_enable_r16),
	KUNIT_CASE(no_memory_to_join),
	KUNIT_CASE_SLOW(dead_sites_leave_no_slots),
	{ }
};

static struct kunit_suite kprobe_text_suite = {
	.name = "kprobe_text",
	.test_cases = kprobe_text_cases,
};

kunit_test_suite(kprobe_text_suite);
