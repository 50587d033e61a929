// SPDX-License-Identifier: GPL-2.0
/* Random instructions, registers and memory from a fixed seed: see check.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "check.h"
#include "compare.h"
#include "generate.h"
#include "test.h"

#define CASES		400000UL

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
		memcpy((void *)STACK, &(unsigned long){ random64() & popf_flags() }, sizeof(long));
	if ((insn.flags & KPROBE_INSN_REP) && random_below(256))
		regs.cx &= 15;
	check_run(&insn, &regs);
}

void random_tests(void)
{
	TEST("random: instructions from seed %llx", SEED) {
		if (getenv(EMULATED))
			test_skip("not every instruction can be emulated");
		if (getenv(EMULATED) || !compare_can_run())
			continue;
		compare_begin();
		while (compare_counts.cases < CASES)
			check_random();
		compare_end();
		compare_report("random");
	}
}
