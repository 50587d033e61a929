// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of hits that go through a detour: what handlers see and change,
 * where the CPU goes on, faults, and hits within hits. Each by the breakpoint of
 * a jump that is to come, and by the jump. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/kdebug.h>
#include <linux/preempt.h>
#include <linux/stringify.h>
#include <linux/rcupdate.h>
#include <asm/trapnr.h>

#include "test.h"

#define FLAGS_ON	(X86_EFLAGS_FIXED | X86_EFLAGS_IF)
#define FLAGS_OFF	X86_EFLAGS_FIXED
#define ALL_FLAGS	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_OF)

static struct kprobe_test_seen *const seen = &kprobe_test_seen;

/* Seen by the assembly below. */
unsigned long kprobe_test_detour_word;
#define WORD	"kprobe_test_detour_word"

/* The pointer of the stack is left in AX. Nothing changes the flags. */
ASM_FUNCTION(detour_nop, "mov " SP ", " AX "\n" AT("nop") "nop\nnop\nnop\nnop\n" ASM_RET);
/* A mark for each instruction that was executed: BX becomes 0x1f. */
ASM_FUNCTION_TO(detour_marks,
	"mov $1, %ebx\n"
	AT("or $2, %bl")
	"nop\n"
	TO "or $4, %bl\n"
	"or $8, %bl\n"
	"or $16, %bl\n"
	ASM_RET);
/* The same in a row that cannot be executed from a copy as it is. */
ASM_FUNCTION_TO(detour_emulated,
	"mov $1, %ebx\n"
	AT("push " BX)
	"nop\n"
	TO "or $2, %bl\n"
	"pop " DX "\n"
	"or $28, %bl\n"
	ASM_RET);
ASM_FUNCTION(detour_load, AT("mov (" DI "), " AX) "nop\nor $2, %bl\nor $4, %bl\n" ASM_RET);
ASM_FUNCTION(detour_fixed_up,
	AT("mov (" DI "), " AX)
	"nop\n"
	"or $2, %bl\n"
	ASM_RET
	"774: mov $0x7777, %ebx\n"
	ASM_RET
	_ASM_EXTABLE(771b, 774b));
/* The division is not the one that is probed. */
ASM_FUNCTION(detour_divide, AT("or $2, %bl") "divl %ecx\nor $4, %bl\n" ASM_RET);
ASM_FUNCTION(detour_inner, AT("add $5, %eax") "add $6, %eax\n" ASM_RET);
ASM_FUNCTION(detour_inner_push, AT("push " AX) "add $11, %eax\npop " DX "\n" ASM_RET);

#ifdef CONFIG_X86_32
/* As where a BIOS is called: the segments that C code needs are null. */
ASM_FUNCTION(detour_null_segments,
	"push %ds\npush %es\npush %fs\n"
	"xor %eax, %eax\n"
	"mov %eax, %ds\nmov %eax, %es\nmov %eax, %fs\n"
	AT("or $2, %bl")
	"nop\nnop\n"
	"mov %ds, %eax\nmov %es, %ecx\nmov %fs, %edx\n"
	"pop %fs\npop %es\npop %ds\n"
	ASM_RET);
#endif

/*
 * What there is of each test
 */

static const struct detour_param {
	const char *name;
	bool has_post;
	bool waits;
} detour_params[] = {
	{ "pre, breakpoint", false, true },
	{ "pre, jump", false, false },
	{ "post, breakpoint", true, true },
	{ "post, jump", true, false },
};

KUNIT_ARRAY_PARAM_DESC(detour, detour_params, name);

static bool has_post(struct kunit *test)
{
	return ((const struct detour_param *)test->param_value)->has_post;
}

/* The jump is there, or it is not and hits go through the detour all the same. */
static void expect_detour(struct kunit *test, struct kprobe *kp)
{
	bool waits = ((const struct detour_param *)test->param_value)->waits;

	if (!waits)
		kprobe_test_hurry();
	KUNIT_ASSERT_EQ(test, kprobe_test_state(kp),
			waits ? KPROBE_OPTIMIZING : KPROBE_OPTIMIZED);
}

/* Handlers that the test brings; NULL: those of kprobe_test_watched(). */
static struct kprobe *detoured(struct kunit *test, u8 *at, kprobe_pre_handler_t pre,
			       kprobe_post_handler_t post)
{
	struct kprobe *kp;

	if (((const struct detour_param *)test->param_value)->waits)
		kprobe_test_hold_jumps(test);
	kp = kprobe_test_watched(test, at, has_post(test));
	if (pre || post) {
		unregister_kprobe(kp);
		if (pre)
			kp->pre_handler = pre;
		if (post && has_post(test))
			kp->post_handler = post;
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	}
	expect_detour(test, kp);
	return kp;
}

/* One hit, complete. */
static void expect_a_hit(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post, has_post(test));
}

/*
 * Registers
 */

static struct pt_regs found, found_post;

static int looking_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen->pre++;
	seen->err |= preemptible() || !irqs_disabled() || !rcu_is_watching() ||
		     user_mode(regs) || kprobe_running() != kp;
	found = *regs;
	return 0;
}

static void looking_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen->post++;
	seen->err |= preemptible() || !irqs_disabled() || !rcu_is_watching() ||
		     user_mode(regs) || kprobe_running() != kp;
	found_post = *regs;
}

/* All but AX, which holds the pointer of the stack. */
#define REGISTER(reg)	{ offsetof(struct pt_regs, reg), offsetof(struct kprobe_test_image, reg) }

static const struct {
	size_t in_regs, in_image;
} registers[] = {
	REGISTER(cx), REGISTER(dx), REGISTER(bx), REGISTER(bp), REGISTER(si), REGISTER(di),
#ifdef CONFIG_X86_64
	REGISTER(r8), REGISTER(r9), REGISTER(r10), REGISTER(r11),
	REGISTER(r12), REGISTER(r13), REGISTER(r14), REGISTER(r15),
#endif
};

static unsigned long *in_regs(const struct pt_regs *regs, int i)
{
	return (void *)regs + registers[i].in_regs;
}

static unsigned long *in_image(const struct kprobe_test_image *image, int i)
{
	return (void *)image + registers[i].in_image;
}

static void fill_image(struct kprobe_test_image *image, u64 pattern)
{
	unsigned long *word = (unsigned long *)image;
	int i;

	for (i = 0; i < sizeof(*image) / sizeof(*word); i++)
		word[i] = pattern * (i + 1);
}

static void expect_registers(struct kunit *test, const struct pt_regs *regs,
			     const struct kprobe_test_image *image, unsigned long sp)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		KUNIT_EXPECT_EQ_MSG(test, *in_regs(regs, i), *in_image(image, i), "register %d", i);
	KUNIT_EXPECT_EQ(test, regs->ax, sp);
	KUNIT_EXPECT_EQ(test, regs->sp, sp);
	KUNIT_EXPECT_EQ(test, regs->flags, image->flags);
	KUNIT_EXPECT_EQ(test, regs->cs & 0xffff, __KERNEL_CS);
}

/* Each handler sees them all, and none has changed by that. */
static void registers_are_seen_r21(struct kunit *test)
{
	static const unsigned long flags[] = {
		FLAGS_ON,
		FLAGS_ON | ALL_FLAGS,
		FLAGS_OFF | X86_EFLAGS_DF,
		FLAGS_OFF | X86_EFLAGS_CF,
	};
	struct kprobe_test_image before, after;
	int i;

	detoured(test, detour_nop_at, looking_pre, looking_post);
	fill_image(&before, 0x0123456789abcdefULL);
	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		before.flags = flags[i];
		after = before;
		kprobe_test_run(detour_nop, &after);
		KUNIT_EXPECT_EQ(test, found.ip, (unsigned long)detour_nop_at + 1);
		expect_registers(test, &found, &before, after.ax);
		if (has_post(test)) {
			KUNIT_EXPECT_EQ(test, found_post.ip, (unsigned long)detour_nop_next);
			expect_registers(test, &found_post, &before, after.ax);
		}
		before.ax = after.ax;
		KUNIT_EXPECT_MEMEQ(test, &before, &after, sizeof(after));
	}
	KUNIT_EXPECT_EQ(test, seen->pre, ARRAY_SIZE(flags));
	KUNIT_EXPECT_EQ(test, seen->post, has_post(test) ? ARRAY_SIZE(flags) : 0);
	KUNIT_EXPECT_FALSE(test, seen->err);
}

static struct kprobe_test_image wanted;

static void set_registers(struct pt_regs *regs)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		*in_regs(regs, i) = *in_image(&wanted, i);
	regs->ax = wanted.ax;
	regs->flags = wanted.flags;
}

static int setting_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen->pre++;
	if (!kp->post_handler)
		set_registers(regs);
	return 0;
}

static void setting_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen->post++;
	set_registers(regs);
}

/* By the last handler: what it leaves is what the CPU goes on with. */
static void registers_are_changed(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };

	detoured(test, detour_nop_at, setting_pre, setting_post);
	fill_image(&wanted, 0xfedcba987654321ULL);
	wanted.flags = FLAGS_ON | ALL_FLAGS;
	kprobe_test_run(detour_nop, &image);
	KUNIT_EXPECT_MEMEQ(test, &image, &wanted, sizeof(image));
	wanted.flags = FLAGS_OFF;
	image.flags = FLAGS_ON | ALL_FLAGS;
	kprobe_test_run(detour_nop, &image);
	KUNIT_EXPECT_MEMEQ(test, &image, &wanted, sizeof(image));
	KUNIT_EXPECT_EQ(test, seen->pre, 2);
	KUNIT_EXPECT_EQ(test, seen->post, has_post(test) ? 2 : 0);
}

/*
 * Where the stack ends
 */

/* Seen by the assembly: the stack pointer of the function, and behind its AT(). */
unsigned long kprobe_test_detour_sp, kprobe_test_detour_new_sp;

#define STACK_BELOW	1024
#define STACK_CHANGE	256

/* AX becomes the pointer plus the change, from the middle of a free piece of stack. */
#define CHANGES_SP(name, before, insn)				\
	ASM_FUNCTION(name,					\
		"mov " SP ", " MEM("kprobe_test_detour_sp") "\n"	\
		"lea -" __stringify(STACK_BELOW) "(" SP "), " SP "\n"	\
		"mov " MEM(WORD) ", " AX "\n"			\
		"lea (" SP ", " AX "), " AX "\n"		\
		before						\
		AT(insn)					\
		"nop\nnop\nnop\nnop\n"				\
		"mov " SP ", " MEM("kprobe_test_detour_new_sp") "\n"	\
		"mov " MEM("kprobe_test_detour_sp") ", " SP "\n"	\
		ASM_RET)

CHANGES_SP(detour_sp_nop, "", "nop");
CHANGES_SP(detour_sp_mov, "", "mov " AX ", " SP);
CHANGES_SP(detour_sp_pop, "push " AX "\n", "pop " SP);

/* The last handler of a hit, when it is for the handlers to change it. */
static int stack_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen->pre++;
	if (!kp->post_handler && kp->addr == detour_sp_nop_at)
		regs->sp += kprobe_test_detour_word;
	return 0;
}

static void stack_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen->post++;
	if (kp->addr == detour_sp_nop_at)
		regs->sp += kprobe_test_detour_word;
}

static void expect_stack(struct kunit *test, void (*func)(void), int change)
{
	struct kprobe_test_image before, after;

	fill_image(&before, 0x0123456789abcdefULL);
	before.flags = FLAGS_ON | X86_EFLAGS_CF;
	after = before;
	kprobe_test_detour_word = change;
	kprobe_test_run(func, &after);
	KUNIT_EXPECT_EQ_MSG(test, kprobe_test_detour_new_sp,
			    kprobe_test_detour_sp - STACK_BELOW + change, "change %d", change);
	KUNIT_EXPECT_EQ_MSG(test, after.ax, kprobe_test_detour_new_sp, "change %d", change);
	before.ax = after.ax;
	KUNIT_EXPECT_MEMEQ_MSG(test, &before, &after, sizeof(after), "change %d", change);
}

static void stack_pointer_is_changed(struct kunit *test, void (*func)(void), u8 *at)
{
	int change;

	detoured(test, at, stack_pre, stack_post);
	for (change = -STACK_CHANGE; change <= STACK_CHANGE; change++)
		expect_stack(test, func, change);
	KUNIT_EXPECT_EQ(test, seen->pre, 2 * STACK_CHANGE + 1);
	KUNIT_EXPECT_EQ(test, seen->post, has_post(test) ? 2 * STACK_CHANGE + 1 : 0);
}

static void stack_pointer_of_handler_r41(struct kunit *test)
{
	stack_pointer_is_changed(test, detour_sp_nop, detour_sp_nop_at);
}

static void stack_pointer_of_mov_r41(struct kunit *test)
{
	stack_pointer_is_changed(test, detour_sp_mov, detour_sp_mov_at);
}

static void stack_pointer_of_pop_r41(struct kunit *test)
{
	stack_pointer_is_changed(test, detour_sp_pop, detour_sp_pop_at);
}

/*
 * Where it goes on
 */

static unsigned long go_to;

static int going_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen->pre++;
	regs->ip = go_to;
	return 1;
}

static int misleading_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen->pre++;
	regs->ip = go_to;
	return 0;
}

static void going_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen->post++;
	regs->ip = go_to;
}

static unsigned long marks_of(void (*func)(void), unsigned long flags)
{
	struct kprobe_test_image image = { .flags = flags };

	kprobe_test_run(func, &image);
	return image.bx;
}

/* Two of the targets are instructions that a jump displaces. */
static void pre_handler_goes_elsewhere(struct kunit *test)
{
	struct kprobe *kp = detoured(test, detour_marks_at, going_pre, NULL);

	go_to = (unsigned long)detour_marks_next;
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x1d);
	go_to = (unsigned long)detour_marks_to;
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x1d);
	go_to += 3;
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x19);
	go_to += 3;
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_OFF), 0x11);
	KUNIT_EXPECT_EQ(test, seen->pre, 4);
	KUNIT_EXPECT_EQ(test, seen->post, 0);
	KUNIT_EXPECT_EQ(test, kp->nmissed, 0);
}

static void pre_handler_returns_zero(struct kunit *test)
{
	detoured(test, detour_marks_at, misleading_pre, NULL);
	go_to = 0;
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x1f);
	expect_a_hit(test);
}

/* To @to, and three bytes further on: over the instruction that leaves @mark. */
static void post_goes_elsewhere(struct kunit *test, void (*func)(void), u8 *at, const u8 *to,
				unsigned long mark)
{
	if (!has_post(test))
		kunit_skip(test, "without a post-handler");
	detoured(test, at, NULL, going_post);
	go_to = (unsigned long)to;
	KUNIT_EXPECT_EQ(test, marks_of(func, FLAGS_ON), 0x1f);
	go_to += 3;
	KUNIT_EXPECT_EQ(test, marks_of(func, FLAGS_ON), 0x1f & ~mark);
	KUNIT_EXPECT_EQ(test, seen->pre, 2);
	KUNIT_EXPECT_EQ(test, seen->post, 2);
}

static void post_handler_goes_elsewhere(struct kunit *test)
{
	post_goes_elsewhere(test, detour_marks, detour_marks_at, detour_marks_to, 4);
}

static void emulated_post_handler_goes_elsewhere(struct kunit *test)
{
	post_goes_elsewhere(test, detour_emulated, detour_emulated_at, detour_emulated_to, 2);
}

/*
 * Where it goes on from another probe, on each route
 */

ASM_FUNCTION(detour_goer, "mov $1, %ebx\n" AT("mov $3, %al") "nop\nnop\nnop\n" ASM_RET);
ASM_FUNCTION(detour_goer_emulated, "mov $1, %ebx\n" AT("nop") "nop\nnop\nnop\nnop\n" ASM_RET);
ASM_FUNCTION(detour_goer_load, "mov $1, %ebx\n" AT("mov (" DI "), " AX) "nop\nnop\n" ASM_RET);

enum goes_by { PRE, POST, FAULT };

static const struct goer {
	const char *name;
	void (*func)(void);
	u8 *at;
	enum goes_by by;
	enum kprobe_way way;
} goers[] = {
	{ "jump, pre", detour_goer, detour_goer_at, PRE },
	{ "jump, post", detour_goer, detour_goer_at, POST },
	{ "jump, emulated, post", detour_goer_emulated, detour_goer_emulated_at, POST },
	{ "jump, fault", detour_goer_load, detour_goer_load_at, FAULT },
	{ "boost, pre", detour_goer, detour_goer_at, PRE, KPROBE_WAY_BOOST },
	{ "boost, fault", detour_goer_load, detour_goer_load_at, FAULT, KPROBE_WAY_BOOST },
	{ "emulate, pre", detour_goer_emulated, detour_goer_emulated_at, PRE, KPROBE_WAY_EMULATE },
	{ "emulate, post", detour_goer_emulated, detour_goer_emulated_at, POST,
	  KPROBE_WAY_EMULATE },
	{ "call, post", detour_goer, detour_goer_at, POST, KPROBE_WAY_CALL },
	{ "breakpoint, pre", detour_goer, detour_goer_at, PRE, KPROBE_WAY_BREAKPOINT },
	{ "breakpoint, post", detour_goer, detour_goer_at, POST, KPROBE_WAY_BREAKPOINT },
	{ "trap, post", detour_goer, detour_goer_at, POST, KPROBE_WAY_TRAP },
	{ "trap, fault", detour_goer_load, detour_goer_load_at, FAULT, KPROBE_WAY_TRAP },
#ifdef CONFIG_KPROBES_ON_FTRACE
	{ "function, pre", (void (*)(void))kprobe_test_traced_a, NULL, PRE },
	{ "function, post", (void (*)(void))kprobe_test_traced_a, NULL, POST },
#endif
};

KUNIT_ARRAY_PARAM_DESC(goer, goers, name);

static int goer_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	seen->fault++;
	regs->ip = go_to;
	return 1;
}

static int goer_pre(struct kprobe *kp, struct pt_regs *regs)
{
	regs->bx = 1;
	return going_pre(kp, regs);
}

static void goer_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	regs->bx = 1;
	going_post(kp, regs, flags);
}

static unsigned long goer_marks(const struct goer *goer)
{
	struct kprobe_test_image image = {
		.flags = FLAGS_ON,
		.di = (unsigned long)seen->bad,
	};

	kprobe_test_run(goer->func, &image);
	return image.bx;
}

/* To each instruction that the jump of a second probe displaces, and behind them. */
static void goes_to_what_another_displaces_r42(struct kunit *test)
{
	const struct goer *goer = test->param_value;
	struct kprobe_test_probe *tp, *other;

	memset(seen, 0, sizeof(*seen));
	seen->bad = kprobe_test_bad_address(test);
	other = kprobe_test_probe(test, 'o', detour_marks_at, KPROBE_TEST_PRE);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&other->kp));
	kprobe_test_hurry();
	KUNIT_ASSERT_EQ(test, kprobe_test_state(&other->kp), KPROBE_OPTIMIZED);

	kprobe_forced_way = goer->way;
	tp = kprobe_test_probe(test, 'g', goer->at ?: (u8 *)goer->func, 0);
	tp->kp.pre_handler = goer->by == PRE ? goer_pre : NULL;
	tp->kp.post_handler = goer->by == POST ? goer_post : NULL;
	tp->kp.fault_handler = goer->by == FAULT ? goer_fault : NULL;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(&tp->kp));
	kprobe_test_hurry();
	if (goer->at && !goer->way)
		KUNIT_ASSERT_EQ(test, kprobe_test_state(&tp->kp), KPROBE_OPTIMIZED);

	go_to = (unsigned long)detour_marks_next;
	KUNIT_EXPECT_EQ(test, 0x1d, goer_marks(goer));
	go_to = (unsigned long)detour_marks_to;
	KUNIT_EXPECT_EQ(test, 0x1d, goer_marks(goer));
	go_to += 3;
	KUNIT_EXPECT_EQ(test, 0x19, goer_marks(goer));
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	go_to = (unsigned long)detour_marks_at;
	KUNIT_EXPECT_EQ(test, 0x1f, goer_marks(goer));
	KUNIT_EXPECT_STREQ(test, "o", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, 4, seen->pre + seen->post + seen->fault);
}

/*
 * What is displaced
 */

struct displaced {
	const char *name;
	void (*func)(void);
	u8 *at;
};

/* Marks in AX and DX tell how it went, with the zero flag and without. */
#define DISPLACED(name, insns)				\
	ASM_FUNCTION(name, AT("mov $3, %al") insns	\
		     "or $4, %dl\n" ASM_RET		\
		     "774: or $8, %dl\n" ASM_RET)

DISPLACED(displaced_jcc, "jz 774f\n");
DISPLACED(displaced_jcc_near, ".byte 0x0f, 0x84\n.long 774f - (. + 4)\n");
DISPLACED(displaced_jmp, "jmp 774f\n");
DISPLACED(displaced_ret, ANNOTATE_RETPOLINE_SAFE "\n.byte 0xc3\nint3\nint3\n");
DISPLACED(displaced_push, "push " BX "\npop " DX "\nor $16, %dl\n");
DISPLACED(displaced_flags, "pushf\npop " DX "\n");
DISPLACED(displaced_load, "mov " MEM(WORD) ", " DX "\n");
/* The callee finds where it will return to. */
ASM_FUNCTION(displaced_callee, AT("mov (" SP "), " DX) "or $32, %al\n" ASM_RET);
ASM_FUNCTION(displaced_call, AT("mov $3, %al") "call displaced_callee\nor $4, %al\n" ASM_RET);
ASM_FUNCTION(displaced_call_last, AT("mov $3, %al") "nop\nnop\ncall displaced_callee\n"
	     "or $4, %al\n" ASM_RET);
ASM_FUNCTION(displaced_call_prefix, AT("mov $3, %al") ".byte 0x2e\ncall displaced_callee\n"
	     "or $4, %al\n" ASM_RET);
ASM_FUNCTION(displaced_after_ret, "mov $3, %al\ncall 774f\nor $4, %al\n" ASM_RET
	     "774:" ANNOTATE_RETPOLINE_SAFE "\n" AT(".byte 0xc3") "int3\nint3\nint3\nint3\n");

#define CASE(func)	{ #func, func, func##_at }

static const struct displaced displaced[] = {
	CASE(displaced_jcc), CASE(displaced_jcc_near), CASE(displaced_jmp),
	CASE(displaced_ret), CASE(displaced_push), CASE(displaced_flags),
	CASE(displaced_load), CASE(displaced_call), CASE(displaced_call_last),
	CASE(displaced_call_prefix), CASE(displaced_after_ret),
};

KUNIT_ARRAY_PARAM_DESC(displaced, displaced, name);

static const unsigned long displaced_flags_in[] = { FLAGS_ON, FLAGS_ON | X86_EFLAGS_ZF };

static void run_displaced(const struct displaced *d, struct kprobe_test_image *images)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(displaced_flags_in); i++) {
		fill_image(&images[i], 0x1010101010101010ULL);
		images[i].flags = displaced_flags_in[i];
		kprobe_test_run(d->func, &images[i]);
	}
}

/* Nothing tells that it runs elsewhere: not even its return address. */
static void displaced_does_the_same_r3_r7(struct kunit *test)
{
	struct kprobe_test_image expected[ARRAY_SIZE(displaced_flags_in)];
	struct kprobe_test_image images[ARRAY_SIZE(displaced_flags_in)];
	const struct displaced *d = test->param_value;
	struct kprobe *kp;
	int post;

	kprobe_test_detour_word = 0x600d;
	run_displaced(d, expected);
	for (post = 0; post < 2; post++) {
		kp = kprobe_test_watched(test, d->at, post);
		kprobe_test_hurry();
		KUNIT_EXPECT_EQ(test, kprobe_test_state(kp), KPROBE_OPTIMIZED);
		run_displaced(d, images);
		KUNIT_EXPECT_MEMEQ(test, images, expected, sizeof(images));
		KUNIT_EXPECT_EQ(test, seen->pre, 2);
		KUNIT_EXPECT_EQ(test, seen->post, 2 * post);
		unregister_kprobe(kp);
	}
}

/*
 * Faults
 */

static void skip(struct pt_regs *regs)
{
	regs->ip += detour_load_next - detour_load_at;
}

/* To where the jump has displaced the next instruction from. */
static void fault_is_mended_by_skipping_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 5 };

	detoured(test, detour_load_at, NULL, NULL);
	seen->mend = skip;
	image.di = (unsigned long)kprobe_test_bad_address(test);
	kprobe_test_run(detour_load, &image);
	KUNIT_EXPECT_EQ(test, image.ax, 5);
	KUNIT_EXPECT_EQ(test, image.bx, 6);
	KUNIT_EXPECT_EQ(test, image.flags & X86_EFLAGS_IF, X86_EFLAGS_IF);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post, 0);
	KUNIT_EXPECT_EQ(test, seen->fault, 1);
	KUNIT_EXPECT_EQ(test, seen->fault_ip, (unsigned long)detour_load_at);
	KUNIT_EXPECT_EQ(test, seen->fault_flags & X86_EFLAGS_IF, X86_EFLAGS_IF);
}

static void mend(struct pt_regs *regs)
{
	regs->di = (unsigned long)&kprobe_test_detour_word;
}

static void fault_is_mended_by_starting_again_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };

	detoured(test, detour_load_at, NULL, NULL);
	kprobe_test_detour_word = 4711;
	seen->mend = mend;
	image.di = (unsigned long)kprobe_test_bad_address(test);
	kprobe_test_run(detour_load, &image);
	KUNIT_EXPECT_EQ(test, image.ax, 4711);
	KUNIT_EXPECT_EQ(test, image.bx, 6);
	KUNIT_EXPECT_EQ(test, seen->pre, 2);
	KUNIT_EXPECT_EQ(test, seen->post, has_post(test));
	KUNIT_EXPECT_EQ(test, seen->fault, 1);
}

static void fault_goes_to_the_exception_table_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON };

	detoured(test, detour_fixed_up_at, NULL, NULL);
	image.di = (unsigned long)kprobe_test_bad_address(test);
	kprobe_test_run(detour_fixed_up, &image);
	KUNIT_EXPECT_EQ(test, image.bx, 0x7777);
	KUNIT_EXPECT_EQ(test, image.flags & X86_EFLAGS_IF, X86_EFLAGS_IF);
	KUNIT_EXPECT_EQ(test, seen->pre, 1);
	KUNIT_EXPECT_EQ(test, seen->post, 0);
	KUNIT_EXPECT_EQ(test, seen->fault, 1);
	KUNIT_EXPECT_EQ(test, seen->fault_ip, (unsigned long)detour_fixed_up_at);
	preempt_disable();
	KUNIT_EXPECT_NULL(test, kprobe_running());
	preempt_enable();
}

static struct {
	int nr;
	unsigned long ip;
} divide_errors;

static int mend_divide(struct notifier_block *nb, unsigned long val, void *data)
{
	struct die_args *args = data;

	if (args->trapnr != X86_TRAP_DE)
		return NOTIFY_DONE;
	divide_errors.nr++;
	divide_errors.ip = args->regs->ip;
	args->regs->cx = 2;
	return NOTIFY_STOP;
}

static struct notifier_block mend_divide_nb = { .notifier_call = mend_divide };

KUNIT_DEFINE_ACTION_WRAPPER(forget_divide, unregister_die_notifier, struct notifier_block *);

/* It is not the probed one: nobody asks the probe, and it starts again where it is. */
static void fault_of_a_displaced_instruction_r25(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_ON, .ax = 9 };

	detoured(test, detour_divide_at, NULL, NULL);
	memset(&divide_errors, 0, sizeof(divide_errors));
	KUNIT_ASSERT_EQ(test, 0, register_die_notifier(&mend_divide_nb));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, forget_divide, &mend_divide_nb));
	kprobe_test_run(detour_divide, &image);
	KUNIT_EXPECT_EQ(test, divide_errors.nr, 1);
	KUNIT_EXPECT_TRUE(test, is_kprobe_insn_slot(divide_errors.ip));
	KUNIT_EXPECT_EQ(test, image.ax, 4);
	KUNIT_EXPECT_EQ(test, image.bx, 6);
	KUNIT_EXPECT_EQ(test, seen->fault, 0);
	expect_a_hit(test);
}

/*
 * Hits within hits, and within changes
 */

static unsigned long hit_inner(void (*func)(void))
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF, .ax = 31 };

	kprobe_test_run(func, &image);
	return image.ax;
}

static int inner_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen->pre++;
	seen->err |= hit_inner(detour_inner) != 42 || hit_inner(detour_inner_push) != 42;
	return 0;
}

static void inner_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	inner_pre(kp, regs);
	seen->post++;
}

static void handler_hits_other_jumps_r24(struct kunit *test)
{
	struct kprobe *inner = &kprobe_test_probe(test, 'i', detour_inner_at,
						  KPROBE_TEST_PRE | KPROBE_TEST_POST)->kp;
	struct kprobe *push = &kprobe_test_probe(test, 'p', detour_inner_push_at,
						 KPROBE_TEST_PRE)->kp;
	int runs = has_post(test) ? 2 : 1;

	KUNIT_ASSERT_EQ(test, 0, register_kprobe(inner));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(push));
	kprobe_test_hurry();
	detoured(test, detour_marks_at, inner_pre, inner_post);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(inner), KPROBE_OPTIMIZED);
	KUNIT_EXPECT_EQ(test, kprobe_test_state(push), KPROBE_OPTIMIZED);
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x1f);
	KUNIT_EXPECT_EQ(test, seen->pre, runs);
	KUNIT_EXPECT_EQ(test, seen->post, runs - 1);
	KUNIT_EXPECT_FALSE(test, seen->err);
	KUNIT_EXPECT_EQ(test, inner->nmissed, runs);
	KUNIT_EXPECT_EQ(test, push->nmissed, runs);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	/* On their own they are hits. */
	KUNIT_EXPECT_EQ(test, hit_inner(detour_inner), 42);
	KUNIT_EXPECT_EQ(test, hit_inner(detour_inner_push), 42);
	KUNIT_EXPECT_STREQ(test, "iIp", kprobe_test_trace());
}

static unsigned long active_before;

/* As another CPU does that disables the probe in the meantime, and its jump. */
static int disabling_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct kprobe_site *site;

	scoped_guard(rcu)
		site = kprobe_site_lookup((unsigned long)kp->addr);
	seen->pre++;
	active_before = site->active;
	WRITE_ONCE(site->active, 0);
	arch_kprobe_use_detour(site, false);
	return 0;
}

static void enable_again(struct kprobe *kp)
{
	struct kprobe_site *site;

	guard(mutex)(&kprobe_mutex);
	site = kprobe_site_of(kp);
	WRITE_ONCE(site->active, active_before);
	arch_kprobe_use_detour(site, true);
}

static void hit_that_began_ends_r26(struct kunit *test)
{
	struct kprobe *kp = detoured(test, detour_marks_at, disabling_pre, NULL);

	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x1f);
	enable_again(kp);
	expect_a_hit(test);
}

/* Several probes: pre-handlers in their order, the newest first, post-handlers in the same. */
static void several_probes(struct kunit *test)
{
	struct kprobe *first = &kprobe_test_probe(test, 'a', detour_marks_at,
						  KPROBE_TEST_PRE | KPROBE_TEST_POST)->kp;
	struct kprobe *second = &kprobe_test_probe(test, 'b', detour_marks_at,
						   KPROBE_TEST_PRE)->kp;
	struct kprobe *third = &kprobe_test_probe(test, 'c', detour_marks_at,
						  KPROBE_TEST_PRE | KPROBE_TEST_POST)->kp;

	detoured(test, detour_marks_at, NULL, NULL);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(first));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(second));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(third));
	expect_detour(test, first);
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x1f);
	KUNIT_EXPECT_STREQ(test, "cbaCA", kprobe_test_trace());
	expect_a_hit(test);
	unregister_kprobe(first);
	unregister_kprobe(third);
	expect_detour(test, second);
	KUNIT_EXPECT_EQ(test, marks_of(detour_marks, FLAGS_ON), 0x1f);
	KUNIT_EXPECT_STREQ(test, "b", kprobe_test_trace());
	KUNIT_EXPECT_EQ(test, seen->pre, 2);
	KUNIT_EXPECT_EQ(test, seen->post, has_post(test) ? 2 : 0);
}

#ifdef CONFIG_X86_32
/* C code runs on the kernel's segments, and the instruction on its own. */
static void null_segments_r33(struct kunit *test)
{
	struct kprobe_test_image image = { .flags = FLAGS_OFF, .bx = 1 };

	detoured(test, detour_null_segments_at, looking_pre, looking_post);
	kprobe_test_run(detour_null_segments, &image);
	expect_a_hit(test);
	KUNIT_EXPECT_EQ(test, seen->err, 0);
	KUNIT_EXPECT_EQ(test, image.bx, 3);
	KUNIT_EXPECT_EQ(test, found.ds & 0xffff, 0);
	KUNIT_EXPECT_EQ(test, found.es & 0xffff, 0);
	KUNIT_EXPECT_EQ(test, found.fs & 0xffff, 0);
	KUNIT_EXPECT_EQ(test, (image.ax | image.cx | image.dx) & 0xffff, 0);
}
#else
static void null_segments_r33(struct kunit *test)
{
	kunit_skip(test, "segments have no base and no limit in 64-bit mode");
}
#endif

static struct kunit_case kprobe_detour_cases[] = {
	KUNIT_CASE_PARAM(registers_are_seen_r21, detour_gen_params),
	KUNIT_CASE_PARAM(null_segments_r33, detour_gen_params),
	KUNIT_CASE_PARAM(registers_are_changed, detour_gen_params),
	KUNIT_CASE_PARAM(stack_pointer_of_handler_r41, detour_gen_params),
	KUNIT_CASE_PARAM(stack_pointer_of_mov_r41, detour_gen_params),
	KUNIT_CASE_PARAM(stack_pointer_of_pop_r41, detour_gen_params),
	KUNIT_CASE_PARAM(pre_handler_goes_elsewhere, detour_gen_params),
	KUNIT_CASE_PARAM(pre_handler_returns_zero, detour_gen_params),
	KUNIT_CASE_PARAM(post_handler_goes_elsewhere, detour_gen_params),
	KUNIT_CASE_PARAM(emulated_post_handler_goes_elsewhere, detour_gen_params),
	KUNIT_CASE_PARAM(goes_to_what_another_displaces_r42, goer_gen_params),
	KUNIT_CASE_PARAM(displaced_does_the_same_r3_r7, displaced_gen_params),
	KUNIT_CASE_PARAM(fault_is_mended_by_skipping_r25, detour_gen_params),
	KUNIT_CASE_PARAM(fault_is_mended_by_starting_again_r25, detour_gen_params),
	KUNIT_CASE_PARAM(fault_goes_to_the_exception_table_r25, detour_gen_params),
	KUNIT_CASE_PARAM(fault_of_a_displaced_instruction_r25, detour_gen_params),
	KUNIT_CASE_PARAM(handler_hits_other_jumps_r24, detour_gen_params),
	KUNIT_CASE_PARAM(hit_that_began_ends_r26, detour_gen_params),
	KUNIT_CASE_PARAM(several_probes, detour_gen_params),
	{ }
};

static struct kunit_suite kprobe_detour_suite = {
	.name = "kprobe_detour",
	.init = kprobe_test_needs_privilege,
	.exit = kprobe_test_any_way,
	.test_cases = kprobe_detour_cases,
};

kunit_test_suite(kprobe_detour_suite);
