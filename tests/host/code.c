// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/kernel.h>

#include "code.h"
#include "compare.h"
#include "test.h"

void put(struct code *code, u8 byte)
{
	code->bytes[code->len++] = byte;
}

void put_bytes(struct code *code, const void *bytes, u8 len)
{
	memcpy(code->bytes + code->len, bytes, len);
	code->len += len;
}

void put_prefix(struct code *code, u8 prefix)
{
	if (prefix)
		put(code, prefix);
}

void put32(struct code *code, s32 value)
{
	put_bytes(code, &value, sizeof(value));
}

void put_rex(struct code *code, u8 w, u8 reg, u8 index, u8 base)
{
	u8 rex = w << 3 | (reg >> 3) << 2 | (index >> 3) << 1 | base >> 3;

	if (rex)
		put(code, 0x40 | rex);
}

unsigned long *reg_of(struct pt_regs *regs, u8 nr)
{
	unsigned long *const by_number[NR_REGS] = {
		&regs->ax, &regs->cx, &regs->dx, &regs->bx,
		&regs->sp, &regs->bp, &regs->si, &regs->di,
#ifdef __x86_64__
		&regs->r8, &regs->r9, &regs->r10, &regs->r11,
		&regs->r12, &regs->r13, &regs->r14, &regs->r15,
#endif
	};

	return by_number[nr];
}

void prepare(const struct code *code)
{
	arena_reset(code->bytes, code->len);
	memcpy((void *)STACK, &(unsigned long){ TARGET }, sizeof(long));
}

bool classify(const struct code *code, u8 op, struct kprobe_insn *insn)
{
	enum kprobe_insn_error error = kprobe_classify(insn, code->bytes, code->len);

	if (!error && insn->op == op)
		return true;
	test_fail("%s: error %d, op %d, not %d", hex(code->bytes, code->len),
		  error, insn->op, op);
	return false;
}

void check(const struct code *code, u8 op, const struct pt_regs *regs)
{
	struct kprobe_insn insn;

	if (classify(code, op, &insn))
		compare(&insn, regs);
}

void check_sane(const struct code *code, u8 op)
{
	struct pt_regs regs;

	sane_regs(&regs);
	*reg_of(&regs, 1) = TARGET;
	prepare(code);
	check(code, op, &regs);
}

void check_prefixed(const char *bytes, u8 len, u8 op)
{
	static const u8 prefixes[] = {
		0, 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x67, 0xf2, 0xf3,
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(prefixes); i++) {
		struct code code = {};

		put_prefix(&code, prefixes[i]);
		put_bytes(&code, bytes, len);
		check_sane(&code, op);
	}
#ifdef __x86_64__
	struct code code = { .bytes = { 0x66, 0x48 }, .len = 2 };

	put_bytes(&code, bytes, len);
	check_sane(&code, op);
#endif
}
