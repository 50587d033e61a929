// SPDX-License-Identifier: GPL-2.0
/*
 * What libFuzzer makes up is an instruction, flags and registers. Whatever they are,
 * check.c has nothing to say. If it has, that is a new line for one of the tables here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "check.h"
#include "compare.h"
#include "native.h"
#include "test.h"

#define FLAGS_AT	MAX_INSN_SIZE
#define REGS_AT		(FLAGS_AT + 2)
#define STACK_AT	(REGS_AT + 2 * NR_REGS)
#define INPUT_SIZE	(STACK_AT + 4)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *given, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	premises_read((*argv)[0], true);
	native_map();
	if (!compare_can_run()) {
		printf("nothing can be run here: %s\n", test_reason());
		exit(2);
	}
	return 0;
}

/* A pointer into the data, a small number, one near zero, or a large one. */
static unsigned long value_of(u8 kind, u8 value)
{
	switch (kind & 3) {
	case 0:
		return DATA + 0x400 + (kind >> 2) * 8 + value;
	case 1:
		return value;
	case 2:
		return (s8)value;
	default:
		return (unsigned long)(0x0101010101010101ULL * value) ^ (unsigned long)kind << 12;
	}
}

static void regs_from(struct pt_regs *regs, const u8 *data)
{
	u8 nr;

	sane_regs(regs);
	for (nr = 0; nr < NR_REGS; nr++) {
		if (nr != 4)
			*reg_of(regs, nr) = value_of(data[2 * nr], data[2 * nr + 1]);
	}
}

__attribute__((noreturn)) static void found(const struct code *code, const u8 *data)
{
	printf("FOUND %s\n", test_reason());
	printf("code %s, flags %02x %02x, registers %s\n", hex(code->bytes, code->len),
	       data[FLAGS_AT], data[FLAGS_AT + 1], hex(data + REGS_AT, 2 * NR_REGS));
	fflush(stdout);
	abort();
}

int LLVMFuzzerTestOneInput(const u8 *given, size_t size)
{
	u8 data[INPUT_SIZE] = {};
	struct code code = { .len = MAX_INSN_SIZE };
	struct kprobe_insn insn;
	struct pt_regs regs;

	memcpy(data, given, size < INPUT_SIZE ? size : INPUT_SIZE);
	test_alone("fuzz");
	compare_begin();
	memcpy(code.bytes, data, MAX_INSN_SIZE);
	if (check_bytes(&code, &insn)) {
		regs_from(&regs, data + REGS_AT);
		regs.flags |= (data[FLAGS_AT] | data[FLAGS_AT + 1] << 8) & 0xcd5;
		prepare(&code);
		if (insn.op == KPROBE_OP_POPF)
			memcpy((void *)STACK, &(u32){ *(u32 *)(data + STACK_AT) & popf_flags() }, 4);
		if (insn.flags & KPROBE_INSN_REP)
			regs.cx &= 0xff;
		check_run(&insn, &regs);
	}
	if (test_has_failed())
		found(&code, data);
	return 0;
}
