// SPDX-License-Identifier: GPL-2.0
/*
 * What the KUnit tests of kprobes on x86 share.
 */
#include <linux/completion.h>
#include <linux/stddef.h>
#include <linux/string.h>

#include "test.h"

/*
 * void kprobe_test_run(func, image): loads the registers and flags from image,
 * calls func, stores what it has left of them, and puts the flags back.
 */
#ifdef CONFIG_X86_64

static_assert(offsetof(struct kprobe_test_image, di) == 48);
static_assert(offsetof(struct kprobe_test_image, flags) == 120);

asm(
	".pushsection .text, \"ax\"\n"
	".global kprobe_test_run\n"
	".type kprobe_test_run, @function\n"
	"kprobe_test_run:\n"
	ASM_ENDBR
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	pushfq\n"
	"	pushq %rsi\n"		/* image */
	"	pushq %rdi\n"		/* func */
	"	pushq 120(%rsi)\n"
	"	movq   0(%rsi), %rax\n"
	"	movq   8(%rsi), %rcx\n"
	"	movq  16(%rsi), %rdx\n"
	"	movq  24(%rsi), %rbx\n"
	"	movq  32(%rsi), %rbp\n"
	"	movq  48(%rsi), %rdi\n"
	"	movq  56(%rsi), %r8\n"
	"	movq  64(%rsi), %r9\n"
	"	movq  72(%rsi), %r10\n"
	"	movq  80(%rsi), %r11\n"
	"	movq  88(%rsi), %r12\n"
	"	movq  96(%rsi), %r13\n"
	"	movq 104(%rsi), %r14\n"
	"	movq 112(%rsi), %r15\n"
	"	movq  40(%rsi), %rsi\n"
	"	popfq\n"
	ANNOTATE_RETPOLINE_SAFE "\n"
	"	call *(%rsp)\n"
	"	xchgq %rsi, 8(%rsp)\n"
	"	movq %rax,   0(%rsi)\n"
	"	movq %rcx,   8(%rsi)\n"
	"	movq %rdx,  16(%rsi)\n"
	"	movq %rbx,  24(%rsi)\n"
	"	movq %rbp,  32(%rsi)\n"
	"	movq %rdi,  48(%rsi)\n"
	"	movq %r8,   56(%rsi)\n"
	"	movq %r9,   64(%rsi)\n"
	"	movq %r10,  72(%rsi)\n"
	"	movq %r11,  80(%rsi)\n"
	"	movq %r12,  88(%rsi)\n"
	"	movq %r13,  96(%rsi)\n"
	"	movq %r14, 104(%rsi)\n"
	"	movq %r15, 112(%rsi)\n"
	"	pushfq\n"
	"	popq 120(%rsi)\n"
	"	popq %rdi\n"
	"	popq %rax\n"
	"	movq %rax,  40(%rsi)\n"
	"	popfq\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	" ASM_RET
	".size kprobe_test_run, . - kprobe_test_run\n"
	".popsection\n"
);

#else

static_assert(offsetof(struct kprobe_test_image, di) == 24);
static_assert(offsetof(struct kprobe_test_image, flags) == 28);

asm(
	".pushsection .text, \"ax\"\n"
	".global kprobe_test_run\n"
	".type kprobe_test_run, @function\n"
	"kprobe_test_run:\n"
	"	pushl %ebp\n"
	"	pushl %ebx\n"
	"	pushl %esi\n"
	"	pushl %edi\n"
	"	pushfl\n"
	"	pushl %edx\n"		/* image */
	"	pushl %eax\n"		/* func */
	"	pushl 28(%edx)\n"
	"	movl  0(%edx), %eax\n"
	"	movl  4(%edx), %ecx\n"
	"	movl 12(%edx), %ebx\n"
	"	movl 16(%edx), %ebp\n"
	"	movl 20(%edx), %esi\n"
	"	movl 24(%edx), %edi\n"
	"	movl  8(%edx), %edx\n"
	"	popfl\n"
	ANNOTATE_RETPOLINE_SAFE "\n"
	"	call *(%esp)\n"
	"	xchgl %edx, 4(%esp)\n"
	"	movl %eax,  0(%edx)\n"
	"	movl %ecx,  4(%edx)\n"
	"	movl %ebx, 12(%edx)\n"
	"	movl %ebp, 16(%edx)\n"
	"	movl %esi, 20(%edx)\n"
	"	movl %edi, 24(%edx)\n"
	"	pushfl\n"
	"	popl 28(%edx)\n"
	"	popl %ecx\n"
	"	popl %eax\n"
	"	movl %eax,  8(%edx)\n"
	"	popfl\n"
	"	popl %edi\n"
	"	popl %esi\n"
	"	popl %ebx\n"
	"	popl %ebp\n"
	"	" ASM_RET
	".size kprobe_test_run, . - kprobe_test_run\n"
	".popsection\n"
);

#endif

/* It does with the frame pointer what its caller in assembly asks for. */
STACK_FRAME_NON_STANDARD(kprobe_test_run);

const struct kprobe_stepping kprobe_steppings[] = {
	{ "boost", KPROBE_WAY_BOOST },
	{ "call", KPROBE_WAY_CALL },
	{ "breakpoint", KPROBE_WAY_BREAKPOINT },
	{ "trap", KPROBE_WAY_TRAP },
};

/**
 * kprobe_test_stepping() - in which way shall this test run its instruction?
 * @test: the test, with kprobe_steppings for its parameters
 *
 * Return: the way.
 */
enum kprobe_way kprobe_test_stepping(struct kunit *test)
{
	return ((const struct kprobe_stepping *)test->param_value)->way;
}

struct kprobe_test_seen kprobe_test_seen;

static int kprobe_test_pre(struct kprobe *kp, struct pt_regs *regs)
{
	kprobe_test_seen.pre++;
	return 0;
}

static void kprobe_test_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	kprobe_test_seen.post++;
	kprobe_test_seen.post_ip = regs->ip;
}

static int kprobe_test_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	struct kprobe_test_seen *seen = &kprobe_test_seen;

	seen->fault++;
	seen->trapnr = trapnr;
	seen->fault_ip = regs->ip;
	seen->fault_flags = regs->flags;
	if (!seen->mend)
		return 0;
	seen->mend(regs);
	return 1;
}

/**
 * kprobe_test_watched() - put a probe that notes what its handlers find
 * @test: the test, with whose end it goes
 * @at: where
 * @has_post: does it have a post-handler?
 *
 * Starts kprobe_test_seen and the trace anew.
 *
 * Return: the probe, registered.
 */
struct kprobe *kprobe_test_watched(struct kunit *test, u8 *at, bool has_post)
{
	struct kprobe *kp = kunit_kzalloc(test, sizeof(*kp), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, kp);
	kprobe_test_own(test, kp);
	memset(&kprobe_test_seen, 0, sizeof(kprobe_test_seen));
	kprobe_test_trace();
	kp->addr = at;
	kp->pre_handler = kprobe_test_pre;
	kp->post_handler = has_post ? kprobe_test_post : NULL;
	kp->fault_handler = kprobe_test_fault;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

/**
 * kprobe_test_stepped() - put a probe whose instruction runs in one way
 * @test: the test, with whose end it goes
 * @at: where
 * @way: the way; boosted, it can have no post-handler, else it has one
 *
 * Starts kprobe_test_seen and the trace anew.
 *
 * Return: the probe, registered.
 */
struct kprobe *kprobe_test_stepped(struct kunit *test, u8 *at, enum kprobe_way way)
{
	kprobe_forced_way = way;
	return kprobe_test_watched(test, at, way != KPROBE_WAY_BOOST);
}

/**
 * kprobe_test_any_way() - forget about the way when a test ends
 * @test: the test
 */
void kprobe_test_any_way(struct kunit *test)
{
	kprobe_forced_way = KPROBE_WAY_AUTO;
}

/**
 * kprobe_test_needs_privilege() - skip a suite where the kernel is not privileged
 * @test: the test, of a suite about jumps, which there are none of there, or about
 *	instructions that fault there
 *
 * Return: 0.
 */
int kprobe_test_needs_privilege(struct kunit *test)
{
	if (kprobe_is_unprivileged())
		kunit_skip(test, "the kernel is not privileged: no jumps, and no HLT");
	return 0;
}

/**
 * kprobe_test_state() - what is true of a probe's site now?
 * @kp: the probe, registered
 *
 * Return: its state.
 */
enum kprobe_state kprobe_test_state(const struct kprobe *kp)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_site_of(kp)->state;
}

/**
 * kprobe_test_set_optimization() - as the sysctl does
 * @on: 0 or 1
 */
void kprobe_test_set_optimization(int on)
{
	struct kprobe_batch batch;

	kprobe_batch_begin(&batch);
	kprobe_optimization = on;
	kprobe_queue_all(&batch.sites);
	kprobe_batch_end(&batch);
}

/**
 * kprobe_test_optimization_on() - what a suite that sets it leaves
 * @test: the test that is over
 */
void kprobe_test_optimization_on(struct kunit *test)
{
	kprobe_test_set_optimization(1);
}

/**
 * kprobe_test_hurry() - let all jumps come now, without their grace period
 *
 * For tests where nobody else can stand in what is probed: under PREEMPT a grace
 * period takes a good part of a second.
 */
void kprobe_test_hurry(void)
{
	struct kprobe_batch batch;
	struct kprobe_site *site;

	arch_kprobe_settle_jumps();
	kprobe_batch_begin(&batch);
	list_for_each_entry(site, &kprobe_sites, all) {
		if (site->state != KPROBE_OPTIMIZING)
			continue;
		site->ripe = true;
		list_move_tail(&site->batch, &batch.sites);
	}
	kprobe_batch_end(&batch);
}

/* What keeps the worker that turns breakpoints into jumps, and for how long. */
static struct {
	struct kprobe_retired retired;
	struct completion begun, over;
} kprobe_test_hold;

static void kprobe_test_wait(struct kprobe_retired *retired)
{
	complete(&kprobe_test_hold.begun);
	wait_for_completion(&kprobe_test_hold.over);
}

static void kprobe_test_let_go(void *unused)
{
	complete(&kprobe_test_hold.over);
	kprobe_retire_flush();
}

/**
 * kprobe_test_hold_jumps() - no grace period for jumps ends from now on
 * @test: the test, at whose end it does, or with kprobe_test_release_jumps()
 *
 * Its worker is kept busy, with no lock held: as if tasks stood in the text for
 * a long time. What waits for it waits for ever.
 */
void kprobe_test_hold_jumps(struct kunit *test)
{
	wait_for_kprobe_optimizer();
	init_completion(&kprobe_test_hold.begun);
	init_completion(&kprobe_test_hold.over);
	kprobe_retire(&kprobe_test_hold.retired, kprobe_test_wait);
	wait_for_completion(&kprobe_test_hold.begun);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, kprobe_test_let_go, NULL));
}

/**
 * kprobe_test_release_jumps() - let grace periods end, and wait until they have
 * @test: the test that has called kprobe_test_hold_jumps()
 */
void kprobe_test_release_jumps(struct kunit *test)
{
	kunit_release_action(test, kprobe_test_let_go, NULL);
	wait_for_kprobe_optimizer();
}
