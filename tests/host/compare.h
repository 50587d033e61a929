/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same instruction at CODE, done in several ways that have to come out the
 * same. A difference goes to test_fail().
 */
#ifndef _COMPARE_H
#define _COMPARE_H

#include <stdbool.h>

#include <kprobes/insn.h>

struct pt_regs;

/* What compare() has done so far. */
struct compare_counts {
	unsigned long cases;		/* all but those that are not repeatable */
	unsigned long faulted;		/* of these the CPU has refused so many */
	unsigned long emulated;
	unsigned long in_slot[4];	/* rewritten, boosted, stepped by breakpoint, by trap flag */
	unsigned long unrepeatable;
	unsigned long dismissed;	/* found by the quick child, not confirmed under ptrace */
};

extern struct compare_counts compare_counts;

/* The premises of any native run hold, or else the test is skipped. */
bool compare_can_run(void);

/* Flags that a POPF under test may load here: see premises.h of NT. */
unsigned long popf_flags(void);

/*
 * For many cases: from here to there ptrace is asked only about what the quick child
 * finds; otherwise both are asked about everything, unless the CPU is emulated.
 * Then print the counts, in the order of struct compare_counts, as a line of scripts/host-test's table.
 */
void compare_begin(void);
void compare_end(void);
void compare_report(const char *name);

/*
 * As the CPU does it at its own address; by kprobe_emulate(), where giving up is right
 * only if the CPU faults; rewritten by kprobe_rewrite(); and in a slot in each of the
 * ways that its flags allow. Returns the signal that stops it at its own address,
 * SIGTRAP if it does not fault; 0 if it does something else each time.
 */
int compare(const struct kprobe_insn *insn, const struct pt_regs *before);

#endif
