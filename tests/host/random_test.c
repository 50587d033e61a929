// SPDX-License-Identifier: GPL-2.0
/* Random instructions, registers and memory from a fixed seed: see check.c. */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include "check.h"
#include "compare.h"
#include "generate.h"
#include "test.h"

#define CASES		400000

static void check_random(void)
{
	struct kprobe_insn insn;
	struct pt_regs regs;
	struct code code;

	random_code(&code);
	aim_displacement(&code);
	if (!check_bytes(&code, &insn))
		return;
	random_regs(&regs);
	prepare(&code);
	random_data();
	if (insn.op == KPROBE_OP_POPF)
		memcpy((void *)STACK, &(unsigned long){ random64() & 0x204cd5 }, sizeof(long));
	if ((insn.flags & KPROBE_INSN_REP) && random_below(256))
		regs.cx &= 15;
	check_run(&insn, &regs);
}

void random_tests(void)
{
	test_begin("random: %u instructions, seed %llx", CASES, SEED);
	compare_begin();
	while (compare_counts.cases < CASES)
		check_random();
	compare_end();
	test_end();
	compare_report("random");
}
