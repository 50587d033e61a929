/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of kprobes on x86 share: functions in assembly, with
 * marked places in them, and a way to call them with all registers set.
 */
#ifndef _X86_KPROBES_TEST_H
#define _X86_KPROBES_TEST_H

#include <linux/linkage.h>
#include <linux/objtool.h>
#include <asm/asm.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>

#include "../../../../kernel/kprobes/test.h"
#include "site.h"

#ifndef ANNOTATE_NOENDBR
#define ANNOTATE_NOENDBR
#endif

/*
 * The instruction to be probed, and its end, which BEHIND names. Exactly one in
 * each function.
 */
#define AT(insn)	"771:\n" ANNOTATE_NOENDBR "\n" insn "\n773:\n" ANNOTATE_NOENDBR "\n"
#define BEHIND	"773"
/* A place for a branch to go to. */
#define TO		"772:\n" ANNOTATE_NOENDBR "\n"
#define GO_TO		"772f"

/*
 * ASM_FUNCTION - define a function in assembly
 * @name: its name
 * @body: its instructions, with one AT()
 *
 * Declares name(), name_at[] and name_next[]: where the instruction begins, and
 * where it ends.
 */
#define ASM_FUNCTION(name, body)					\
	asm(".pushsection .text, \"ax\"\n"				\
	    ".balign 16\n"						\
	    ".type " #name ", @function\n"				\
	    #name ":\n"							\
	    ASM_ENDBR							\
	    body							\
	    ".size " #name ", . - " #name "\n"				\
	    ".set .L" #name "_at, 771b\n"				\
	    ".set .L" #name "_next, 773b\n"				\
	    ".popsection\n");						\
	void name(void);						\
	extern u8 name##_at[] asm(".L" #name "_at");			\
	extern u8 name##_next[] asm(".L" #name "_next");		\
	STACK_FRAME_NON_STANDARD(name)

/* The same with a TO, which becomes name_to[]. */
#define ASM_FUNCTION_TO(name, body)					\
	ASM_FUNCTION(name, body ".set .L" #name "_to, 772b\n");		\
	extern u8 name##_to[] asm(".L" #name "_to")

/* Registers by name, of the kernel's word size; and an operand in memory. */
#define AX	"%" _ASM_AX
#define BX	"%" _ASM_BX
#define CX	"%" _ASM_CX
#define DX	"%" _ASM_DX
#define SI	"%" _ASM_SI
#define DI	"%" _ASM_DI
#define SP	"%" _ASM_SP
#ifdef CONFIG_X86_64
#define MEM(symbol)	symbol "(%rip)"
#define INDEX		", 8"
#else
#define MEM(symbol)	symbol
#define INDEX		", 4"
#endif

/* The registers around a call. */
struct kprobe_test_image {
	unsigned long ax, cx, dx, bx, bp, si, di;
#ifdef CONFIG_X86_64
	unsigned long r8, r9, r10, r11, r12, r13, r14, r15;
#endif
	unsigned long flags;
};

void kprobe_test_run(void (*func)(void), struct kprobe_test_image *image);

/**
 * struct kprobe_test_seen - what the handlers of kprobe_test_stepped() have found
 * @pre: times that the pre-handler ran
 * @post: the same of the post-handler
 * @fault: the same of the fault handler
 * @trapnr: the last exception
 * @fault_ip: where
 * @fault_flags: with these flags
 * @post_ip: where the last post-handler found the CPU
 * @mend: what the fault handler does before it says that it has mended; NULL:
 *	it says that it has not
 * @bad: for those who need an address that faults
 * @err: for those who note errors
 */
struct kprobe_test_seen {
	int pre, post, fault;
	int trapnr;
	unsigned long fault_ip, fault_flags, post_ip;
	void (*mend)(struct pt_regs *regs);
	void *bad;
	int err;
};

extern struct kprobe_test_seen kprobe_test_seen;

/* Parameters of tests that run an instruction in a slot, in each way. */
struct kprobe_stepping {
	const char *name;
	enum kprobe_way way;
};

extern const struct kprobe_stepping kprobe_steppings[4];
enum kprobe_way kprobe_test_stepping(struct kunit *test);
struct kprobe *kprobe_test_watched(struct kunit *test, u8 *at, bool has_post);
struct kprobe *kprobe_test_stepped(struct kunit *test, u8 *at, enum kprobe_way way);
void kprobe_test_any_way(struct kunit *test);

int kprobe_test_needs_privilege(struct kunit *test);

/* Jumps, which come a grace period later. */
enum kprobe_state kprobe_test_state(const struct kprobe *kp);
void kprobe_test_set_optimization(int on);
void kprobe_test_optimization_on(struct kunit *test);
void kprobe_test_hurry(void);
void kprobe_test_hold_jumps(struct kunit *test);
void kprobe_test_release_jumps(struct kunit *test);

#endif /* _X86_KPROBES_TEST_H */
