// SPDX-License-Identifier: GPL-2.0
/*
 * The class of an instruction by its name, as objdump spells it: a second opinion, which
 * knows nothing of bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "expect.h"

#define MAX_OPERANDS	3

struct words {
	char name[24];
	char operand[MAX_OPERANDS][48];
	unsigned int nr;
	bool locked, repeated, data16, rex_w;
};

static bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (!strcmp(name, *names))
			return true;
	}
	return false;
}

static bool starts_with_one_of(const char *name, const char *const *names)
{
	for (; *names; names++) {
		if (starts(name, *names))
			return true;
	}
	return false;
}

static bool is_prefix(const char *word)
{
	static const char *const prefixes[] = {
		"cs", "ds", "es", "ss", "fs", "gs", "rep", "repz", "repnz", "bnd", "notrack",
		"data16", "addr32", "addr16", "lock", "xacquire", "xrelease", NULL,
	};

	return is_one_of(word, prefixes) || starts(word, "rex");
}

/* "lock cmpxchg %ecx,(%rdi,%rax,1)": commas within parentheses part nothing. */
static void split(struct words *words, const char *text)
{
	unsigned int depth = 0, at = 0;

	memset(words, 0, sizeof(*words));
	for (;;) {
		size_t len = strcspn(text, " ");

		snprintf(words->name, sizeof(words->name), "%.*s", (int)len, text);
		text += len + strspn(text + len, " ");
		if (!is_prefix(words->name))
			break;
		words->locked |= !strcmp(words->name, "lock");
		words->repeated |= starts(words->name, "rep");
		words->data16 |= !strcmp(words->name, "data16");
		words->rex_w |= starts(words->name, "rex.W");
	}
	words->nr = *text != 0 && *text != '#';
	for (; *text && *text != ' ' && words->nr <= MAX_OPERANDS; text++) {
		depth += (*text == '(') - (*text == ')');
		if (*text == ',' && !depth) {
			words->nr++;
			at = 0;
		} else if (words->nr && at < sizeof(words->operand[0]) - 1) {
			words->operand[words->nr - 1][at++] = *text;
		}
	}
}

/* AX to R15 in any width, but for AH and its like. */
static bool is_general(const char *operand)
{
	static const char *const others[] = {
		"%ah", "%ch", "%dh", "%bh", "%es", "%cs", "%ss", "%ds", "%fs", "%gs", NULL,
	};
	static const char *const special[] = {
		"%cr", "%db", "%dr", "%mm", "%xmm", "%ymm", "%zmm", "%st", "%k", "%bnd", NULL,
	};

	return operand[0] == '%' && !strpbrk(operand, "(:") &&
	       !is_one_of(operand, others) && !starts_with_one_of(operand, special);
}

static u8 branch_op(const struct words *words)
{
	bool is_call = starts(words->name, "call");
	const char *operand = words->operand[0];

	if (operand[0] != '*')
		return is_call ? KPROBE_OP_CALL : KPROBE_OP_JMP;
	if (is_general(operand + 1))
		return is_call ? KPROBE_OP_CALL_REG : KPROBE_OP_JMP_REG;
	if (starts(operand, "*%fs:") || starts(operand, "*%gs:"))
		return KPROBE_OP_NONE;
	return is_call ? KPROBE_OP_CALL_MEM : KPROBE_OP_JMP_MEM;
}

static u8 stack_op(const char *operand, u8 reg_op, u8 imm_op)
{
	if (is_general(operand))
		return reg_op;
	return operand[0] == '$' ? imm_op : KPROBE_OP_NONE;
}

static bool is_nop(const struct words *words)
{
	static const char *const nops[] = {
		"nop", "nopw", "nopl", "nopq", "endbr64", "endbr32", "hlt", "mwait", "mwaitx",
		NULL,
	};

	return is_one_of(words->name, nops) ||
	       (starts(words->name, "xchg") && words->nr == 2 &&
		!strcmp(words->operand[0], "%ax") && !strcmp(words->operand[1], "%ax"));
}

static u8 op_of(const struct words *words)
{
	static const struct {
		const char *name;
		u8 op;
	} ops[] = {
		{ "call", KPROBE_OP_CALL }, { "jmp", KPROBE_OP_JMP },
		{ "ret", KPROBE_OP_RET }, { "loopne", KPROBE_OP_LOOPNE },
		{ "loope", KPROBE_OP_LOOPE }, { "loop", KPROBE_OP_LOOP },
		{ "jcxz", KPROBE_OP_JCXZ }, { "jecxz", KPROBE_OP_JCXZ },
		{ "jrcxz", KPROBE_OP_JCXZ }, { "j", KPROBE_OP_JCC },
		{ "pushf", KPROBE_OP_PUSHF }, { "popf", KPROBE_OP_POPF },
		{ "cli", KPROBE_OP_CLI }, { "sti", KPROBE_OP_STI },
	};
	const char *name = words->name;
	size_t i;

	if (is_nop(words))
		return KPROBE_OP_NOP;
	if (!strcmp(name, "push") || (starts(name, "push") && name[4] && strchr("wlq", name[4]) && !name[5]))
		return stack_op(words->operand[0], KPROBE_OP_PUSH_REG, KPROBE_OP_PUSH_IMM);
	if (!strcmp(name, "retw"))
		return KPROBE_OP_RET;
	if (!strcmp(name, "pop"))
		return stack_op(words->operand[0], KPROBE_OP_POP_REG, KPROBE_OP_NONE);
	if (!strcmp(name, "mov") && words->nr == 2)
		return is_general(words->operand[0]) && is_general(words->operand[1]) ?
		       KPROBE_OP_MOV_REG : KPROBE_OP_NONE;
	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		bool is_prefix_of = ops[i].op == KPROBE_OP_JCC || ops[i].op == KPROBE_OP_PUSHF ||
				    ops[i].op == KPROBE_OP_POPF;

		if (strcmp(name, ops[i].name) && !(is_prefix_of && starts(name, ops[i].name)))
			continue;
		if (ops[i].op == KPROBE_OP_CALL || ops[i].op == KPROBE_OP_JMP)
			return branch_op(words);
		return ops[i].op;
	}
	return KPROBE_OP_NONE;
}

/* A near branch, written with an operand size of 16 bits. */
static bool is_near_branch16(const struct words *words)
{
	static const char *const narrow[] = { "retw", "callw", "jmpw", NULL };
	static const char *const loops[] = { "loop", "j", NULL };

	if (is_one_of(words->name, narrow))
		return true;
	return words->data16 && !words->rex_w &&
	       (starts_with_one_of(words->name, loops) || starts(words->name, "call") ||
		starts(words->name, "ret"));
}

static u8 error_of(const struct words *words)
{
	const char *name = words->name;

	static const char *const traps[] = { "ud0", "ud1", "ud2", "int", "int1", "into", NULL };
	static const char *const leave[] = {
		"iret", "lret", "ljmp", "lcall", "syscall", "sysret", "sysexit", "sysenter",
		"vmlaunch", "vmresume", "vmrun", "skinit", "rsm", "getsec", "xbegin", "uiret",
		"eret", NULL,
	};

	if (!strcmp(name, "int3"))
		return KPROBE_INSN_BREAKPOINT;
	if (is_one_of(name, traps))
		return KPROBE_INSN_TRAP;
	if (words->locked && op_of(words) != KPROBE_OP_NONE)
		return KPROBE_INSN_TRAP;
	if (IS_ENABLED(CONFIG_X86_64) && is_near_branch16(words))
		return KPROBE_INSN_AMBIGUOUS;
	if (words->repeated && (starts(name, "loop") || strstr(name, "cxz")))
		return KPROBE_INSN_AMBIGUOUS;
	return starts_with_one_of(name, leave) ? KPROBE_INSN_LEAVES : KPROBE_INSN_OK;
}

static bool is_string_insn(const struct words *words)
{
	static const char *const names[] = {
		"movsb", "movsw", "movsl", "movsq", "stos", "lods", "scas", "cmps", "ins", "outs",
		NULL,
	};

	/* Both operands say so, or one: "movsbl" between registers extends a sign. */
	return starts_with_one_of(words->name, names) &&
	       (strchr(words->operand[0], '(') || strchr(words->operand[1], '('));
}

void expect(struct expected *want, const char *text)
{
	struct words words;

	split(&words, text);
	memset(want, 0, sizeof(*want));
	want->error = error_of(&words);
	want->rip_rel = strstr(text, "(%rip)");
	want->rep = words.repeated && is_string_insn(&words);
	if (want->error)
		return;
	want->op = op_of(&words);
	if (want->op >= KPROBE_OP_JMP && want->op <= KPROBE_OP_CALL) {
		want->has_target = true;
		want->target = strtoull(words.operand[0], NULL, 16);
	}
}
