/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _EXPECT_H
#define _EXPECT_H

#include <stdbool.h>

#include <kprobes/insn.h>

/**
 * struct expected - what objdump's text of an instruction says of its class
 * @error: enum kprobe_insn_error
 * @op: enum kprobe_op
 * @rip_rel: it has a RIP-relative operand
 * @rep: it is a repeated string instruction
 * @has_target: it is a direct branch
 * @target: where to
 */
struct expected {
	u8 error, op;
	bool rip_rel, rep, has_target;
	unsigned long long target;
};

void expect(struct expected *want, const char *text);

#endif
