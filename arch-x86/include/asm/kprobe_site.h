/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The architecture's part of a probed address. For kernel/kprobes only.
 */
#ifndef _ASM_X86_KPROBE_SITE_H
#define _ASM_X86_KPROBE_SITE_H

#include <asm/text-patching.h>
#include "../../kernel/kprobes/insn.h"

struct kprobe_site;

/*
 * The largest slot is that of a detour: its head, two calls, two jumps and two
 * copies of the probed instruction, and what else a jump displaces: with the
 * probed one four bytes at most and one more instruction, of which two may have
 * grown by four bytes, or one by five.
 */
#define KPROBE_SLOT_MAX		128
#define KPROBE_SLOT_FILL	INT3_INSN_OPCODE

/**
 * enum kprobe_way - how a hit executes the instruction
 * @KPROBE_WAY_AUTO: not a way: whichever is cheapest
 * @KPROBE_WAY_EMULATE: on the saved registers, in C
 * @KPROBE_WAY_BOOST: in a slot, with a jump back behind it: no second trap
 * @KPROBE_WAY_CALL: in a slot, with a call of kprobe_detour_leave() behind it
 * @KPROBE_WAY_BREAKPOINT: in a slot, with a breakpoint behind it: what neither C
 *	nor a call can do (PUSHF with REX2, say), and who asks by kprobe_way=
 * @KPROBE_WAY_TRAP: in a slot, under the trap flag
 *
 * From cheap to dear.
 */
enum kprobe_way {
	KPROBE_WAY_AUTO,
	KPROBE_WAY_EMULATE,
	KPROBE_WAY_BOOST,
	KPROBE_WAY_CALL,
	KPROBE_WAY_BREAKPOINT,
	KPROBE_WAY_TRAP,
	/* private: */
	KPROBE_NR_WAYS,
};

/**
 * enum kprobe_no_jump - why there can be no jump at a site
 * @KPROBE_JUMP: there can
 * @KPROBE_JUMP_END: the function ends within the five bytes
 * @KPROBE_JUMP_INSN: an instruction there cannot run elsewhere
 * @KPROBE_JUMP_ENTERED: a branch leads into the five bytes
 * @KPROBE_JUMP_OPEN: they are several instructions, and an indirect branch of the
 *	function may lead there, or not all of it could be decoded
 * @KPROBE_JUMP_PATCHED: the kernel patches some of them
 * @KPROBE_JUMP_FIXUP: one behind the first may fault and be fixed up
 * @KPROBE_JUMP_SEARCH: the branches of other symbols are not known yet
 * @KPROBE_JUMP_PARAVIRT: a detour could not switch interrupts off
 */
enum kprobe_no_jump {
	KPROBE_JUMP,
	KPROBE_JUMP_END,
	KPROBE_JUMP_INSN,
	KPROBE_JUMP_ENTERED,
	KPROBE_JUMP_OPEN,
	KPROBE_JUMP_PATCHED,
	KPROBE_JUMP_FIXUP,
	KPROBE_JUMP_SEARCH,
	KPROBE_JUMP_PARAVIRT,
	/* private: */
	KPROBE_NR_NO_JUMP,
};

struct kprobe_slot;
struct kprobe_detour;

/**
 * struct arch_kprobe_site - the probed instruction and how it is run
 * @insn: the instruction, with its original bytes
 * @text: it and what a jump displaces with it, as it was: another site's jump may
 *	be there when the detour is built
 * @way: enum kprobe_way of a hit without post-handlers
 * @way_post: enum kprobe_way of a hit with them
 * @no_jump: enum kprobe_no_jump
 * @span: how many bytes of whole instructions a jump displaces, 0 if there can
 *	be none
 * @via_detour: hits go through the detour, those of the breakpoint as well: the
 *	bytes behind it are, or may soon be, those of a jump. Written under
 *	kprobe_mutex, read by hits
 * @boost: slot with a jump back, NULL until it is needed
 * @step: slot with a call or a breakpoint behind, NULL until it is needed
 * @detour: NULL until it is needed
 *
 * A slot stays until the site dies.
 */
struct arch_kprobe_site {
	struct kprobe_insn insn;
	u8 text[JMP32_INSN_SIZE - 1 + MAX_INSN_SIZE];
	u8 way;
	u8 way_post;
	u8 no_jump;
	u8 span;
	bool via_detour;
	struct kprobe_slot *boost;
	struct kprobe_slot *step;
	struct kprobe_detour *detour;
};

#endif /* _ASM_X86_KPROBE_SITE_H */
