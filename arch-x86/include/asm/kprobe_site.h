/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The architecture's part of a probed address. For kernel/kprobes only.
 */
#ifndef _ASM_X86_KPROBE_SITE_H
#define _ASM_X86_KPROBE_SITE_H

#include <asm/text-patching.h>
#include "../../kernel/kprobes/insn.h"

struct kprobe_site;

/* The copy of an instruction and a jump back. */
#define KPROBE_SLOT_SIZE	(MAX_INSN_SIZE + JMP32_INSN_SIZE)
#define KPROBE_SLOT_FILL	INT3_INSN_OPCODE

/**
 * enum kprobe_way - how a hit executes the instruction
 * @KPROBE_WAY_AUTO: not a way: whichever is cheapest
 * @KPROBE_WAY_EMULATE: on the saved registers, in C
 * @KPROBE_WAY_BOOST: in a slot, with a jump back behind it: no second trap
 * @KPROBE_WAY_BREAKPOINT: in a slot, with a breakpoint behind it
 * @KPROBE_WAY_TRAP: in a slot, under the trap flag
 *
 * From cheap to dear.
 */
enum kprobe_way {
	KPROBE_WAY_AUTO,
	KPROBE_WAY_EMULATE,
	KPROBE_WAY_BOOST,
	KPROBE_WAY_BREAKPOINT,
	KPROBE_WAY_TRAP,
	KPROBE_NR_WAYS,
};

/**
 * struct arch_kprobe_site - the probed instruction and how it is run
 * @insn: the instruction, with its original bytes
 * @way: enum kprobe_way of a hit without post-handlers
 * @way_post: enum kprobe_way of a hit with them
 * @boost: slot with a jump back, NULL until it is needed
 * @step: slot with a breakpoint behind, NULL until it is needed
 * @untold: the next site whose breakpoint perf has not been told of
 *
 * A slot stays until the site dies.
 */
struct arch_kprobe_site {
	struct kprobe_insn insn;
	u8 way;
	u8 way_post;
	u8 *boost;
	u8 *step;
	struct kprobe_site *untold;
};

#endif /* _ASM_X86_KPROBE_SITE_H */
