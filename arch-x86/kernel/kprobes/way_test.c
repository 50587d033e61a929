// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the ways to run a probed instruction: whichever it is, nothing
 * but the handlers tells that there is a probe. rN in a name: a class of bug, see
 * ../../../../kernel/kprobes/test.h.
 */
#include <linux/string.h>
#include <linux/cpufeature.h>
#include <asm/fpu/api.h>

#include "way_cases.h"

unsigned long kprobe_test_words[WAY_WORDS];
void *kprobe_test_there = way_callee;

#define E	BIT(KPROBE_WAY_EMULATE)
#define B	BIT(KPROBE_WAY_BOOST)
#define C	BIT(KPROBE_WAY_CALL)
#define S	BIT(KPROBE_WAY_BREAKPOINT)
#define T	BIT(KPROBE_WAY_TRAP)
#define PLAIN	(B | C | S | T)

/**
 * struct way_case - an instruction and how it should be run
 * @name: of the function
 * @func: which contains it
 * @at: the instruction
 * @next: its end
 * @to: where it goes to when it does not go on to @next, or NULL
 * @ways: the ways to run it, a bit for each enum kprobe_way
 * @maybe: it goes to @to only if AX is 1 afterwards
 * @faults: it faults, and the exception table has a fixup for it
 * @fpu: it uses registers that the kernel may use in places only
 */
struct way_case {
	const char *name;
	void (*func)(void);
	u8 *at;
	u8 *next;
	void *to;
	unsigned int ways;
	bool maybe;
	bool faults;
	bool fpu;
};

#define CASE(_func, _ways, ...)						\
	{ .name = #_func, .func = _func, .at = _func##_at,		\
	  .next = _func##_next, .ways = _ways, __VA_ARGS__ }
#define GOES(_func, _ways)	CASE(_func, _ways, .to = _func##_to)
#define MAY_GO(_func, _ways)	CASE(_func, _ways, .to = _func##_to, .maybe = true)
#define CALLS(_func, _ways)	CASE(_func, _ways, .to = way_callee)

static const struct way_case way_cases[] = {
	CASE(way_nop, E | PLAIN),
	CASE(way_nopl, E | PLAIN),
	CASE(way_endbr, E | PLAIN),
	CASE(way_hlt, E),
	CASE(way_pause, PLAIN),

	GOES(way_jmp_short, E | T),
	GOES(way_jmp_near, E | T),
	MAY_GO(way_je, E | T),
	MAY_GO(way_jg_near, E | T),
#ifdef CONFIG_X86_64
	MAY_GO(way_jrcxz, E | T),
#endif
	MAY_GO(way_jecxz, E | T),
	MAY_GO(way_loop, E | T),
	MAY_GO(way_loope, E | T),
	MAY_GO(way_loopne, E | T),

	GOES(way_jmp_reg, E | T),
	GOES(way_jmp_mem, E | T),
	GOES(way_jmp_mem_disp, E | T),
	GOES(way_jmp_mem_sib, E | T),
	GOES(way_jmp_mem_ip, E | T),

	CALLS(way_call, E | T),
	CALLS(way_call_prefix, E | T),
	CALLS(way_call_reg, E | T),
	CALLS(way_call_reg_prefix, E | T),
	CALLS(way_call_mem, E | T),
	CALLS(way_call_mem_ip, E | T),
	CALLS(way_call_mem_sp, E | T),
	GOES(way_ret, E | T),
	GOES(way_ret_imm, E | T),

	CASE(way_push_reg, E | PLAIN),
	CASE(way_push_sp, E | PLAIN),
	CASE(way_push_16, E | PLAIN),
	CASE(way_push_imm8, E | PLAIN),
	CASE(way_push_imm32, E | PLAIN),
	CASE(way_push_mem, PLAIN),
	CASE(way_pop_reg, E | PLAIN),
	CASE(way_pop_sp, E | PLAIN),
	CASE(way_pop_mem, PLAIN),
	CASE(way_leave, PLAIN),
	CASE(way_pushf, E | S | T),
	CASE(way_pushf_irqs_off, E | S | T),
	CASE(way_popf, E | S | T),
	CASE(way_popf_irqs_off, E | S | T),
	CASE(way_popf_irqs_on, E | S | T),
	CASE(way_cli, E | S | T),
	CASE(way_cli_irqs_off, E | S | T),
	CASE(way_sti, E | S | T),
	CASE(way_sti_irqs_on, E | S | T),

	CASE(way_mov_reg, E | PLAIN),
	CASE(way_mov_reg_32, E | PLAIN),
	CASE(way_mov_reg_16, E | PLAIN),
	CASE(way_mov_reg_8, E | PLAIN),
	CASE(way_mov_reg_high, PLAIN),
#ifdef CONFIG_X86_64
	CASE(way_mov_reg_rex, E | PLAIN),
	CASE(way_mov_reg_sil, E | PLAIN),
	CASE(way_push_rex, E | PLAIN),
#endif

	CASE(way_add, PLAIN),
	CASE(way_adc_imm16, PLAIN),
	CASE(way_lea, PLAIN),
	CASE(way_load, PLAIN),
	CASE(way_store, PLAIN),
	CASE(way_store_imm, PLAIN),
	CASE(way_cmp_imm, PLAIN),
	CASE(way_inc_locked, PLAIN),
	CASE(way_xchg, PLAIN),
	CASE(way_cmpxchg, PLAIN),
	CASE(way_cmov, PLAIN),
	CASE(way_setcc, PLAIN),
	CASE(way_bswap, PLAIN),
	CASE(way_sahf, PLAIN),
	CASE(way_std, PLAIN),
	CASE(way_movs, PLAIN),
	CASE(way_rep_movs, PLAIN),
	CASE(way_rep_stos, PLAIN),
	CASE(way_repe_cmps, PLAIN),
	CASE(way_mov_from_cr, PLAIN),
	CASE(way_load_ss, B | C | S),
	CASE(way_sse_load, PLAIN, .fpu = true),
	CASE(way_sse_store, PLAIN, .fpu = true),
	CASE(way_fixed_up, PLAIN, .faults = true),
};

#define FLAGS_ON	(X86_EFLAGS_FIXED | X86_EFLAGS_IF)

/* What differs between the calls of a case: enough to go and not to go. */
static const struct {
	unsigned long flags;
	unsigned long count;
} way_inputs[] = {
	{ FLAGS_ON, 3 },
	{ FLAGS_ON | X86_EFLAGS_ZF | X86_EFLAGS_PF, 1 },
	{ FLAGS_ON | X86_EFLAGS_CF | X86_EFLAGS_SF, 0 },
	{ FLAGS_ON | X86_EFLAGS_ZF | X86_EFLAGS_CF | X86_EFLAGS_SF | X86_EFLAGS_OF |
		     X86_EFLAGS_PF | X86_EFLAGS_AF, 2 },
};

#define NR_INPUTS	ARRAY_SIZE(way_inputs)

/* All that an instruction can have changed. */
struct way_result {
	struct kprobe_test_image image;
	unsigned long words[WAY_WORDS];
};

static void way_run(const struct way_case *wc, unsigned int input, struct way_result *result)
{
	struct kprobe_test_image *image = &result->image;
	int i;

	for (i = 0; i < sizeof(*image) / sizeof(long); i++)
		((unsigned long *)image)[i] = 0x1111111111111111ULL * (i + 1);
	for (i = 0; i < WAY_WORDS; i++)
		kprobe_test_words[i] = 0x0102030405060708ULL * (i + 1);
	image->cx = way_inputs[input].count;
	image->si = (unsigned long)&kprobe_test_words[4];
	image->di = (unsigned long)&kprobe_test_words[0];
	image->flags = way_inputs[input].flags;

	if (wc->fpu)
		kernel_fpu_begin();
	kprobe_test_run(wc->func, image);
	if (wc->fpu)
		kernel_fpu_end();
	memcpy(result->words, kprobe_test_words, sizeof(result->words));
}

/* What the handlers have found. */
static struct {
	int pre, post;
	unsigned long pre_ip, post_ip;
	unsigned long pre_flags, post_flags;
} seen;

static int way_pre(struct kprobe *kp, struct pt_regs *regs)
{
	seen.pre++;
	seen.pre_ip = regs->ip;
	seen.pre_flags = regs->flags;
	return 0;
}

static void way_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	seen.post++;
	seen.post_ip = regs->ip;
	seen.post_flags = regs->flags;
}

static void way_run_probed(struct kunit *test, const struct way_case *wc, bool has_post,
			   unsigned int input, const struct way_result *expected)
{
	bool goes = wc->to && (!wc->maybe || expected->image.ax == 1);
	struct way_result result;

	memset(&seen, 0, sizeof(seen));
	way_run(wc, input, &result);
	KUNIT_EXPECT_MEMEQ_MSG(test, &result, expected, sizeof(result), "input %u", input);
	KUNIT_EXPECT_EQ(test, seen.pre, 1);
	KUNIT_EXPECT_EQ(test, seen.pre_ip, (unsigned long)wc->at + 1);
	KUNIT_EXPECT_FALSE(test, seen.pre_flags & X86_EFLAGS_TF);
	KUNIT_EXPECT_EQ(test, seen.post, has_post && !wc->faults);
	if (!seen.post)
		return;
	KUNIT_EXPECT_EQ_MSG(test, seen.post_ip, (unsigned long)(goes ? wc->to : wc->next),
			    "input %u", input);
	KUNIT_EXPECT_FALSE(test, seen.post_flags & X86_EFLAGS_TF);
}

static bool way_possible(const struct way_case *wc, enum kprobe_way way, bool has_post)
{
	return (wc->ways & BIT(way)) && !(way == KPROBE_WAY_BOOST && has_post);
}

static enum kprobe_way way_expected(const struct way_case *wc, enum kprobe_way forced,
				    bool has_post)
{
	enum kprobe_way way = forced;

	if (!way_possible(wc, forced, has_post)) {
		for (way = KPROBE_WAY_EMULATE; !way_possible(wc, way, has_post); way++)
			;
	}
	return way;
}

static enum kprobe_way way_chosen(struct kprobe *kp, bool has_post)
{
	struct arch_kprobe_site *arch;

	guard(mutex)(&kprobe_mutex);
	arch = &kprobe_site_of(kp)->arch;
	return has_post ? arch->way_post : arch->way;
}

/* Is it a jump, if it can be? */
static bool way_has_jumped(struct kprobe *kp)
{
	const struct kprobe_site *site;

	kprobe_test_hurry();
	guard(mutex)(&kprobe_mutex);
	site = kprobe_site_of(kp);
	return site->state == KPROBE_OPTIMIZED || !arch_kprobe_span(site);
}

static void way_probe(struct kunit *test, const struct way_case *wc, enum kprobe_way forced,
		      bool has_post, const struct way_result *expected)
{
	struct kprobe *kp = kunit_kzalloc(test, sizeof(*kp), GFP_KERNEL);
	u64 text = kprobe_test_text(wc->at);
	unsigned int input;

	KUNIT_ASSERT_NOT_NULL(test, kp);
	kprobe_test_own(test, kp);
	kp->addr = wc->at;
	kp->pre_handler = way_pre;
	kp->post_handler = has_post ? way_post : NULL;
	kprobe_forced_way = forced;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	KUNIT_EXPECT_EQ(test, way_chosen(kp, has_post), way_expected(wc, forced, has_post));
	KUNIT_EXPECT_NE(test, kprobe_test_text(wc->at), text);
	/* By the breakpoint, if there is a grace period to wait for; then by the jump. */
	for (input = 0; input < NR_INPUTS; input++)
		way_run_probed(test, wc, has_post, input, &expected[input]);
	KUNIT_EXPECT_TRUE(test, way_has_jumped(kp));
	for (input = 0; input < NR_INPUTS; input++)
		way_run_probed(test, wc, has_post, input, &expected[input]);
	unregister_kprobe(kp);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(wc->at), text);
}

static void way_test_case(struct kunit *test, const struct way_case *wc,
			  enum kprobe_way forced)
{
	struct way_result *expected;
	unsigned int input;

	if (wc->fpu && !boot_cpu_has(X86_FEATURE_XMM))
		kunit_skip(test, "needs a CPU with SSE");
	expected = kunit_kcalloc(test, NR_INPUTS, sizeof(*expected), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, expected);
	for (input = 0; input < NR_INPUTS; input++)
		way_run(wc, input, &expected[input]);
	way_probe(test, wc, forced, false, expected);
	way_probe(test, wc, forced, true, expected);
}

static void way_test(struct kunit *test, enum kprobe_way forced)
{
	way_test_case(test, test->param_value, forced);
}

KUNIT_ARRAY_PARAM_DESC(way_case, way_cases, name);

/* A test of each way. Those who do not allow it go the first way that they do. */
#define WAY_TEST(name, way)						\
	static void name(struct kunit *test)				\
	{								\
		way_test(test, way);					\
	}

WAY_TEST(auto_way, KPROBE_WAY_AUTO)
WAY_TEST(emulated_r2_r3, KPROBE_WAY_EMULATE)
WAY_TEST(boosted_r1, KPROBE_WAY_BOOST)
WAY_TEST(stepped_with_a_call, KPROBE_WAY_CALL)
WAY_TEST(stepped_by_breakpoint, KPROBE_WAY_BREAKPOINT)
WAY_TEST(stepped_by_trap, KPROBE_WAY_TRAP)

/* As compilers call through a register where there are retpolines: six bytes. */
#if defined(CONFIG_X86_64) && defined(CONFIG_MITIGATION_RETPOLINE)
ASM_FUNCTION(way_call_thunk,
	"mov " MEM(THERE) ", %r15\n"
	AT(".byte 0x2e\ncall __x86_indirect_thunk_r15")
	"add $1, " BX "\n"
	ASM_RET);

static void call_of_a_thunk_r3(struct kunit *test)
{
	static const struct way_case wc =
		CASE(way_call_thunk, E | T, .to = __x86_indirect_thunk_r15);

	if (wc.at[0] != 0x2e || wc.at[1] != CALL_INSN_OPCODE)
		kunit_skip(test, "needs a CPU for which the kernel keeps retpolines");
	KUNIT_EXPECT_EQ(test, wc.next - wc.at, 6);
	way_test_case(test, &wc, KPROBE_WAY_AUTO);
	way_test_case(test, &wc, KPROBE_WAY_EMULATE);
	way_test_case(test, &wc, KPROBE_WAY_TRAP);
}
#else
static void call_of_a_thunk_r3(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_MITIGATION_RETPOLINE and 64 bits");
}
#endif

#define CONDITION(cc)	MAY_GO(way_j##cc, E | T)

static const struct way_case way_conditions[] = {
	CONDITION(o), CONDITION(no), CONDITION(b), CONDITION(ae),
	CONDITION(e), CONDITION(ne), CONDITION(be), CONDITION(a),
	CONDITION(s), CONDITION(ns), CONDITION(p), CONDITION(np),
	CONDITION(l), CONDITION(ge), CONDITION(le), CONDITION(g),
};

KUNIT_ARRAY_PARAM_DESC(way_condition, way_conditions, name);

/* Bit n of the result: does it hold with the n-th of all sets of flags? */
static u32 condition_holds(void (*func)(void))
{
	static const unsigned long flag[] = {
		X86_EFLAGS_CF, X86_EFLAGS_PF, X86_EFLAGS_ZF, X86_EFLAGS_SF, X86_EFLAGS_OF,
	};
	struct kprobe_test_image image = { };
	u32 holds = 0;
	int set, i;

	for (set = 0; set < 1 << ARRAY_SIZE(flag); set++) {
		image.flags = FLAGS_ON;
		for (i = 0; i < ARRAY_SIZE(flag); i++)
			image.flags |= set & BIT(i) ? flag[i] : 0;
		kprobe_test_run(func, &image);
		holds |= (u32)image.ax << set;
	}
	return holds;
}

static void every_condition_r2(struct kunit *test)
{
	const struct way_case *wc = test->param_value;
	u32 expected = condition_holds(wc->func);
	struct kprobe *kp;

	KUNIT_EXPECT_NE(test, expected, 0);
	KUNIT_EXPECT_NE(test, ~expected, 0);
	kp = kprobe_test_stepped(test, wc->at, KPROBE_WAY_EMULATE);
	KUNIT_EXPECT_EQ(test, condition_holds(wc->func), expected);
	KUNIT_EXPECT_EQ(test, kprobe_test_seen.post, 32);
	unregister_kprobe(kp);
	kprobe_test_stepped(test, wc->at, KPROBE_WAY_TRAP);
	KUNIT_EXPECT_EQ(test, condition_holds(wc->func), expected);
	KUNIT_EXPECT_EQ(test, kprobe_test_seen.post, 32);
}

/* Behind it C code would look for the CPU's data in the wrong place: #DB does not. */
static void change_of_gs_is_trapped(struct kunit *test)
{
	static const u8 mov_ax_gs[] = { 0x8e, 0xe8 };
	struct arch_kprobe_site arch = { };

	KUNIT_ASSERT_EQ(test, KPROBE_INSN_OK,
			kprobe_classify(&arch.insn, mov_ax_gs, sizeof(mov_ax_gs)));
	kprobe_choose_ways(&arch);
	KUNIT_EXPECT_EQ(test, arch.way, KPROBE_WAY_BOOST);
	KUNIT_EXPECT_EQ(test, arch.way_post, KPROBE_WAY_TRAP);
}

static struct kunit_case kprobe_way_cases[] = {
	KUNIT_CASE_PARAM(auto_way, way_case_gen_params),
	KUNIT_CASE_PARAM(emulated_r2_r3, way_case_gen_params),
	KUNIT_CASE_PARAM(boosted_r1, way_case_gen_params),
	KUNIT_CASE_PARAM(stepped_with_a_call, way_case_gen_params),
	KUNIT_CASE_PARAM(stepped_by_breakpoint, way_case_gen_params),
	KUNIT_CASE_PARAM(stepped_by_trap, way_case_gen_params),
	KUNIT_CASE(call_of_a_thunk_r3),
	KUNIT_CASE_PARAM(every_condition_r2, way_condition_gen_params),
	KUNIT_CASE(change_of_gs_is_trapped),
	{ }
};

static struct kunit_suite kprobe_way_suite = {
	.name = "kprobe_way",
	.init = kprobe_test_needs_privilege,
	.exit = kprobe_test_any_way,
	.test_cases = kprobe_way_cases,
};

kunit_test_suite(kprobe_way_suite);
