/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of kprobes share: functions to probe, probes that leave
 * a trace, memory that faults.
 *
 * rN in the name of a test: it would fail if a bug were made again that a
 * kprobes implementation has had. The numbers:
 *
 *	r1	an instruction with prefixes is judged by its first byte
 *	r2	a condition is emulated wrongly
 *	r3	an emulated call pushes a wrong return address
 *	r4	a far branch, or one through memory, is taken for another
 *	r5	the state of a step outlives the step
 *	r6	a fault that cancels a step leaves TF or BTF changed
 *	r7	a jump and a probe within its bytes
 *	r8	the text under a breakpoint or a jump is decoded as that
 *	r9	somebody waits for the jumps of others
 *	r10	requests to put and to remove a jump cross
 *	r11	INT3 padding breaks the search for the boundary
 *	r12	a forbidden place is probed
 *	r13	the entry of a function that starts with ENDBR
 *	r14	registration faults on an address that cannot be read
 *	r15	text that goes away and comes back
 *	r16	enable, disable and unregister of what is not armed
 *	r17	ftrace refuses or has died, and the state says armed
 *	r18	a post-handler shuts livepatch out
 *	r19	return probes: registered twice, instances lost, returns pending
 *	r20	a breakpoint meets one of text_poke
 *	r21	handlers run with preemption on, or while RCU is not watching
 *	r22	addresses are shown to those who may not see them
 *	r23	the blacklist is read while a module goes
 *	r24	a probe is hit in a handler, or in an NMI on top of a hit
 *	r25	a fault in a handler, or in the instruction
 *	r26	a probe is disabled between its pre- and its post-handler
 *	r27	a breakpoint traps after its probe was removed
 *	r30	CLI does not switch interrupts off
 *	r31	an exception reaches no fault handler, or the table with a copy's address
 *	r32	the instruction after STI is interrupted
 *	r33	C code runs on the segments of the probed instruction
 *	r34	the context that handlers see, and that records tell, depends on the route
 *	r35	a task dies in a handler
 *	r36	an exception of an NMI is taken for one of the handler below it
 *	r37	probes at one address run in another order than in-tree
 *	r38	an exception far from probes pays for them
 *	r39	handlers of a jump run where RCU is not watching
 *	r40	a hit while a site moves between two users of ftrace
 *	r41	a hit leaves another stack pointer
 *	r42	a handler goes to what another's jump displaces
 *	r43	an offline CPU hits a probe
 *	r44	a stack trace from a handler loses the callers
 *	r45	a fixup decodes our bytes
 *	r56	a look-up meets a change of the table
 *	r59	work on tens of thousands of sites keeps a CPU
 *	r72	CPUs are interrupted more often than in-tree
 *	r73	a large mapping is split
 *	r75	the compiler makes a function of a part of the hit path
 */
#ifndef _KERNEL_KPROBES_TEST_H
#define _KERNEL_KPROBES_TEST_H

#include <kunit/test.h>

#include "internal.h"

/*
 * Functions to probe. In a file of their own, so that the compiler neither
 * inlines nor clones them, nor knows what they return.
 */
int kprobe_test_target(int arg);	/* arg + 1 */
int kprobe_test_other(int arg);		/* arg + 100 */

/* Functions whose entry is an ftrace location, where there is dynamic ftrace. */
int kprobe_test_traced_a(int arg);	/* arg + 1000 */
int kprobe_test_traced_b(int arg);	/* arg + 2000 */
int kprobe_test_traced_c(int arg);	/* arg + 3000 */

#define KPROBE_TEST_PRE		BIT(0)
#define KPROBE_TEST_POST	BIT(1)
#define KPROBE_TEST_FAULT	BIT(2)

/**
 * struct kprobe_test_probe - a probe whose handlers leave a trace
 * @kp: the probe
 * @name: a lower-case letter. In the trace it stands for the pre-handler, in
 *	upper case for the post-handler, behind a ! for the fault handler
 */
struct kprobe_test_probe {
	struct kprobe kp;
	char name;
};

/* The probe whose handlers run here, for tests, which are preemptible. */
static inline struct kprobe *kprobe_test_running(void)
{
	guard(preempt)();
	return kprobe_running();
}

void kprobe_test_set_handlers(struct kprobe_test_probe *tp, unsigned int handlers);
struct kprobe_test_probe *kprobe_test_probe(struct kunit *test, char name, void *addr,
					    unsigned int handlers);

/**
 * struct kprobe_test_batch - many probes
 * @nr: how many
 * @kps: the probes
 * @batch: their addresses, for register_kprobes()
 */
struct kprobe_test_batch {
	unsigned int nr;
	struct kprobe *kps;
	struct kprobe **batch;
};

struct kprobe_test_batch *kprobe_test_batch(struct kunit *test, unsigned int nr);

#define KPROBE_TEST_CROWD	10000

void kprobe_test_crowd(struct kunit *test);

/**
 * struct kprobe_test_loop - a task that does something again and again
 * @turn: what
 * @arg: for @turn
 * @turns: how often it was done
 * @task: NULL when it has come to its end
 */
struct kprobe_test_loop {
	void (*turn)(void *arg);
	void *arg;
	unsigned long turns;
	struct task_struct *task;
};

#define KPROBE_TEST_ANY_CPU	(-1)

int kprobe_test_other_cpu(struct kunit *test);
struct kprobe_test_loop *kprobe_test_loop(struct kunit *test, int cpu, void (*turn)(void *arg),
					  void *arg);
void kprobe_test_loop_goes_on(struct kprobe_test_loop *loop, unsigned long turns);
void kprobe_test_loop_end(void *loop);
void kprobe_test_turns_count(struct kunit *test);
unsigned int kprobe_test_turns(void);
void kprobe_test_trace_add(char c);
const char *kprobe_test_trace(void);
void *kprobe_test_bad_address(struct kunit *test);
u64 kprobe_test_text(const void *addr);
void kprobe_test_own(struct kunit *test, struct kprobe *kp);
void kprobe_test_pairing(struct kunit *test, void *addr, unsigned int rounds);
struct kprobe_reason kprobe_test_reason(struct kprobe *kp);
enum kprobe_refusal kprobe_test_refusal(struct kprobe *kp);
const char *kprobe_test_route(struct kunit *test, const struct kprobe *kp);
void kprobe_test_note_missed(void);
void kprobe_test_expect_missed(struct kunit *test, enum kprobe_missed_cause cause,
			       unsigned long nr);
unsigned int kprobe_test_logged(const char *text);
void kprobe_test_no_jumps(struct kunit *test);
unsigned int kprobe_test_slot_pages(void);
void kprobe_test_expect_refusal(struct kunit *test, struct kprobe *kp,
				enum kprobe_refusal refusal, int err);

#endif /* _KERNEL_KPROBES_TEST_H */
