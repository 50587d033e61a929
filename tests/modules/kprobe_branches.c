// SPDX-License-Identifier: GPL-2.0
/*
 * A module with branches from one of its symbols into the middle of another: into
 * a cold part, and from one assembly symbol into the next. A probe is in front of
 * each target, and jumps are waited for. Loading succeeds if the branch is taken
 * and the function returns what it returns without probes.
 */

#include <linux/kprobes.h>
#include <linux/linkage.h>
#include <linux/module.h>
#include <linux/objtool.h>
#include <asm/ibt.h>

/* Only its address is taken: no branch goes there, and objtool need not look for ENDBR. */
#ifdef ANNOTATE_NOENDBR
#define NO_TARGET	ANNOTATE_NOENDBR "\n"
#else
#define NO_TARGET	""
#endif

/* The carry flag is set by the comparison: 1 + 4 = 5, and not 1 + 2 + 4. */
#define COMPARE	"	mov $1, %eax\n	cmp $2, %eax\n"

asm(".pushsection .text, \"ax\"\n"
    ".type branches_hot, @function\n"
    "branches_hot:\n"
    ASM_ENDBR
    COMPARE
    "	jc .Lcold_target\n"
    "	jmp branches_hot.cold\n"
    ".size branches_hot, . - branches_hot\n"
    ".popsection\n"
    ".pushsection .text.unlikely, \"ax\"\n"
    ".type branches_hot.cold, @function\n"
    "branches_hot.cold:\n"
    "	nop\n"
    ".Lcold_probed:\n"
    NO_TARGET
    "	add $2, %eax\n"
    ".Lcold_target:\n"
    "	add $4, %eax\n"
    ASM_RET
    ".size branches_hot.cold, . - branches_hot.cold\n"
    ".popsection\n");

asm(".pushsection .text, \"ax\"\n"
    ".type branches_first, @function\n"
    "branches_first:\n"
    ASM_ENDBR
    COMPARE
    "	jc .Lother_target\n"
    "branches_second:\n"
    "	nop\n"
    ".Lother_probed:\n"
    NO_TARGET
    "	add $2, %eax\n"
    ".Lother_target:\n"
    "	add $4, %eax\n"
    ASM_RET
    ".size branches_first, . - branches_first\n"
    ".popsection\n");

int branches_hot(void);
int branches_first(void);
extern u8 cold_probed[] asm(".Lcold_probed");
extern u8 other_probed[] asm(".Lother_probed");
STACK_FRAME_NON_STANDARD(branches_hot);
STACK_FRAME_NON_STANDARD(branches_first);

/* This one has nothing to fear: it becomes a jump, so the others could have. */
asm(".pushsection .text, \"ax\"\n"
    ".type branches_none, @function\n"
    "branches_none:\n"
    ASM_ENDBR
    "	mov $1, %eax\n"
    ".Lnone_probed:\n"
    NO_TARGET
    "	add $2, %eax\n"
    "	add $4, %eax\n"
    ASM_RET
    ".size branches_none, . - branches_none\n"
    ".popsection\n");
int branches_none(void);
extern u8 none_probed[] asm(".Lnone_probed");
STACK_FRAME_NON_STANDARD(branches_none);

static int pre(struct kprobe *kp, struct pt_regs *regs)
{
	return 0;
}

static const struct branches_case {
	const char *name;
	int (*func)(void);
	u8 *probed;
	int result;
	bool jump;
} cases[] = {
	{ "cold", branches_hot, cold_probed, 5, false },
	{ "other", branches_first, other_probed, 5, false },
	{ "none", branches_none, none_probed, 7, true },
};

static bool __init passes(const struct branches_case *c)
{
	static struct kprobe kp;
	bool jump;
	int err, result;

	memset(&kp, 0, sizeof(kp));
	kp.addr = c->probed;
	kp.pre_handler = pre;
	err = register_kprobe(&kp);
	if (err) {
		pr_err("%s: register_kprobe() returns %d\n", c->name, err);
		return false;
	}
	wait_for_kprobe_optimizer();
	jump = kp.flags & KPROBE_FLAG_OPTIMIZED;
	/* A jump there would be executed from its middle. */
	result = jump && !c->jump ? -1 : c->func();
	unregister_kprobe(&kp);
	if (jump == c->jump && result == c->result)
		return true;
	pr_err("%s: jump %d, result %d\n", c->name, jump, result);
	return false;
}

static int __init branches_init(void)
{
	bool good = true;
	int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		good &= passes(&cases[i]);
	pr_info("branches %s\n", good ? "known" : "unknown");
	return good ? 0 : -EINVAL;
}
module_init(branches_init);

static void __exit branches_exit(void)
{
}
module_exit(branches_exit);

MODULE_DESCRIPTION("Branches between symbols, and probes in front of their targets");
MODULE_LICENSE("GPL");
