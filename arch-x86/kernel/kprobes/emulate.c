// SPDX-License-Identifier: GPL-2.0
/*
 * Instructions done in C, and the clean-up behind those that ran in a slot.
 *
 * All of this runs between a breakpoint and its handlers, so it calls nothing
 * that could carry a probe itself: every helper is inlined.
 *
 * The stack of @regs is the interrupted one. It is mapped, since the frame of
 * the breakpoint was pushed just below it, and the entry code leaves a gap of
 * six words there, so that an emulated push has where to go. The CPU requires no
 * alignment of it, and a 16-bit push takes it away: all accesses to the stack are
 * those of linux/unaligned.h, since in C a misaligned pointer is undefined behaviour.
 */
#include <linux/kprobes.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <linux/unaligned.h>

#include <asm/page.h>
#include <asm/processor.h>
#include <asm/processor-flags.h>
#include <asm/ptrace.h>

#include "insn.h"

/* Flags that POPF in the kernel loads: of the others RF is cleared, the rest stays. */
#define POPF_MASK	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF |	\
			 X86_EFLAGS_ZF | X86_EFLAGS_SF | X86_EFLAGS_TF |	\
			 X86_EFLAGS_IF | X86_EFLAGS_DF | X86_EFLAGS_OF |	\
			 X86_EFLAGS_IOPL | X86_EFLAGS_NT | X86_EFLAGS_AC |	\
			 X86_EFLAGS_ID)

#define REG_CX		1

/* What the text begins with at a probed instruction. */
#define INT3		0xcc
#define JMP32		0xe9

static const u8 reg_offsets[] = {
	offsetof(struct pt_regs, ax),	offsetof(struct pt_regs, cx),
	offsetof(struct pt_regs, dx),	offsetof(struct pt_regs, bx),
	offsetof(struct pt_regs, sp),	offsetof(struct pt_regs, bp),
	offsetof(struct pt_regs, si),	offsetof(struct pt_regs, di),
#ifdef CONFIG_X86_64
	offsetof(struct pt_regs, r8),	offsetof(struct pt_regs, r9),
	offsetof(struct pt_regs, r10),	offsetof(struct pt_regs, r11),
	offsetof(struct pt_regs, r12),	offsetof(struct pt_regs, r13),
	offsetof(struct pt_regs, r14),	offsetof(struct pt_regs, r15),
#endif
};

static __always_inline unsigned long *reg_ptr(struct pt_regs *regs, u8 nr)
{
	return (void *)regs + reg_offsets[nr];
}

/* Zero-extend the low @size bytes. */
static __always_inline unsigned long low_bytes(unsigned long val, u8 size)
{
	return size < sizeof(val) ? val & ((1UL << 8 * size) - 1) : val;
}

static __always_inline unsigned long get_reg(struct pt_regs *regs, u8 nr, u8 size)
{
	return low_bytes(*reg_ptr(regs, nr), size);
}

/* Writing four bytes clears the upper half, writing fewer leaves the rest alone. */
static __always_inline void set_reg(struct pt_regs *regs, u8 nr, unsigned long val, u8 size)
{
	unsigned long *reg = reg_ptr(regs, nr);
	unsigned long kept = size < 4 ? *reg - low_bytes(*reg, size) : 0;

	*reg = kept | low_bytes(val, size);
}

/* @size: 2 or a whole word */
static __always_inline void set_top_of_stack(struct pt_regs *regs, unsigned long val, u8 size)
{
	if (size == 2)
		put_unaligned((u16)val, (u16 *)regs->sp);
	else
		put_unaligned(val, (unsigned long *)regs->sp);
}

static __always_inline unsigned long top_of_stack(struct pt_regs *regs, u8 size)
{
	if (size == 2)
		return get_unaligned((u16 *)regs->sp);
	return get_unaligned((unsigned long *)regs->sp);
}

static __always_inline void push(struct pt_regs *regs, unsigned long val, u8 size)
{
	regs->sp -= size;
	set_top_of_stack(regs, val, size);
}

static __always_inline unsigned long pop(struct pt_regs *regs, u8 size)
{
	unsigned long val = top_of_stack(regs, size);

	regs->sp += size;
	return val;
}

static __always_inline bool is_canonical(unsigned long addr)
{
	return !IS_ENABLED(CONFIG_X86_64) ||
	       __is_canonical_address(addr, boot_cpu_data.x86_virt_bits);
}

/* A user address, or one that raises #GP, is left to the instruction itself. */
static __always_inline bool read_memory(unsigned long addr, unsigned long *val, u8 size)
{
	u16 half;

	if (addr < TASK_SIZE_MAX || !is_canonical(addr))
		return false;
	if (size == 2) {
		__get_kernel_nofault(&half, (u16 *)addr, u16, fault);
		*val = half;
	} else {
		__get_kernel_nofault(val, (unsigned long *)addr, unsigned long, fault);
	}
	return true;
fault:
	return false;
}

static __always_inline unsigned long operand_address(const struct kprobe_insn *insn,
						     unsigned long next,
						     struct pt_regs *regs)
{
	unsigned long addr = insn->disp;

	if (insn->flags & KPROBE_INSN_RIP_REL)
		addr += next;
	if (insn->base != KPROBE_NO_REG)
		addr += *reg_ptr(regs, insn->base);
	if (insn->index != KPROBE_NO_REG)
		addr += *reg_ptr(regs, insn->index) << insn->scale;
	return low_bytes(addr, insn->asize);
}

/* The condition codes of Jcc, in the order of the opcodes; odd ones negate. */
static __always_inline bool condition_holds(u8 cond, unsigned long flags)
{
	bool less = !(flags & X86_EFLAGS_SF) != !(flags & X86_EFLAGS_OF);
	bool holds = false;

	switch (cond >> 1) {
	case 0:		/* O */
		holds = flags & X86_EFLAGS_OF;
		break;
	case 1:		/* B */
		holds = flags & X86_EFLAGS_CF;
		break;
	case 2:		/* Z */
		holds = flags & X86_EFLAGS_ZF;
		break;
	case 3:		/* BE */
		holds = flags & (X86_EFLAGS_CF | X86_EFLAGS_ZF);
		break;
	case 4:		/* S */
		holds = flags & X86_EFLAGS_SF;
		break;
	case 5:		/* P */
		holds = flags & X86_EFLAGS_PF;
		break;
	case 6:		/* L */
		holds = less;
		break;
	case 7:		/* LE */
		holds = less || (flags & X86_EFLAGS_ZF);
		break;
	}
	return holds != (cond & 1);
}

/* LOOP, LOOPE, LOOPNE. The flags are those from before: the count changes none. */
static __always_inline bool loop_again(const struct kprobe_insn *insn, struct pt_regs *regs)
{
	set_reg(regs, REG_CX, *reg_ptr(regs, REG_CX) - 1, insn->asize);
	if (!get_reg(regs, REG_CX, insn->asize))
		return false;
	if (insn->op == KPROBE_OP_LOOPE)
		return regs->flags & X86_EFLAGS_ZF;
	if (insn->op == KPROBE_OP_LOOPNE)
		return !(regs->flags & X86_EFLAGS_ZF);
	return true;
}

static __always_inline void load_flags(struct pt_regs *regs, unsigned long val, u8 size)
{
	unsigned long mask = low_bytes(POPF_MASK, size);

	regs->flags = (regs->flags & ~(mask | X86_EFLAGS_RF)) | (val & mask);
}

/* JMP to RET. False if the target cannot be read, or is no address. */
static __always_inline bool emulate_branch(const struct kprobe_insn *insn, unsigned long addr,
					   struct pt_regs *regs)
{
	unsigned long next = addr + insn->len;
	unsigned long target = low_bytes(next + insn->imm, insn->osize);
	unsigned long ip = next;

	switch (insn->op) {
	case KPROBE_OP_JMP:
		ip = target;
		break;
	case KPROBE_OP_JCC:
		if (condition_holds(insn->cond, regs->flags))
			ip = target;
		break;
	case KPROBE_OP_JCXZ:
		if (!get_reg(regs, REG_CX, insn->asize))
			ip = target;
		break;
	case KPROBE_OP_LOOP:
	case KPROBE_OP_LOOPE:
	case KPROBE_OP_LOOPNE:
		if (loop_again(insn, regs))
			ip = target;
		break;
	case KPROBE_OP_CALL:
		push(regs, next, insn->osize);
		ip = target;
		break;
	case KPROBE_OP_JMP_REG:
	case KPROBE_OP_CALL_REG:
		ip = get_reg(regs, insn->reg, insn->osize);
		if (!is_canonical(ip))
			return false;
		if (insn->op == KPROBE_OP_CALL_REG)
			push(regs, next, insn->osize);
		break;
	case KPROBE_OP_JMP_MEM:
	case KPROBE_OP_CALL_MEM:
		if (!read_memory(operand_address(insn, next, regs), &ip, insn->osize) ||
		    !is_canonical(ip))
			return false;
		if (insn->op == KPROBE_OP_CALL_MEM)
			push(regs, next, insn->osize);
		break;
	case KPROBE_OP_RET:
		ip = top_of_stack(regs, insn->osize);
		if (!is_canonical(ip))
			return false;
		regs->sp += insn->osize + insn->imm;
		break;
	}
	regs->ip = ip;
	return true;
}

/*
 * STI lets the next instruction begin before any interrupt. For a halt that matters: it
 * would sleep through the interrupt that it waits for. So the two are done together, the
 * halt ending at once; unless it carries a probe, which then does the same.
 */
static __always_inline unsigned long skip_halt(const struct kprobe_insn *insn,
					       unsigned long next)
{
	u8 first;

	if (likely(!insn->imm))
		return next;
	first = READ_ONCE(*(u8 *)next);
	return first == INT3 || first == JMP32 ? next : next + insn->imm;
}

/* What goes on behind itself. False if it cannot be emulated. */
static __always_inline bool emulate_straight(const struct kprobe_insn *insn,
					     unsigned long next, struct pt_regs *regs)
{
	switch (insn->op) {
	case KPROBE_OP_NOP:
		break;
	case KPROBE_OP_PUSH_REG:
		push(regs, *reg_ptr(regs, insn->reg), insn->osize);
		break;
	case KPROBE_OP_PUSH_IMM:
		push(regs, insn->imm, insn->osize);
		break;
	case KPROBE_OP_POP_REG: {
		/* POP SP: the popped value wins over the step of the pointer. */
		unsigned long val = pop(regs, insn->osize);

		set_reg(regs, insn->reg, val, insn->osize);
		break;
	}
	case KPROBE_OP_PUSHF:
		push(regs, regs->flags & ~(X86_EFLAGS_RF | X86_EFLAGS_VM), insn->osize);
		break;
	case KPROBE_OP_POPF:
		load_flags(regs, pop(regs, insn->osize), insn->osize);
		break;
	case KPROBE_OP_CLI:
		regs->flags &= ~X86_EFLAGS_IF;
		break;
	case KPROBE_OP_STI:
		regs->flags |= X86_EFLAGS_IF;
		next = skip_halt(insn, next);
		break;
	case KPROBE_OP_MOV_REG:
		set_reg(regs, insn->base, *reg_ptr(regs, insn->reg), insn->osize);
		break;
	default:
		return false;
	}
	regs->ip = next;
	return true;
}

/**
 * kprobe_emulate - do an instruction
 * @insn: the instruction
 * @addr: its address
 * @regs: the registers before it; behind it on return
 *
 * Return: false, and @regs is as it was, if it has to run in its slot: it
 * cannot be emulated, or its target cannot be read from memory or is no
 * address at all. Run natively it then raises the fault that it should.
 */
bool kprobe_emulate(const struct kprobe_insn *insn, unsigned long addr,
		    struct pt_regs *regs)
{
	if (kprobe_is_near_branch(insn->op))
		return emulate_branch(insn, addr, regs);
	return emulate_straight(insn, addr + insn->len, regs);
}
NOKPROBE_SYMBOL(kprobe_emulate);

/**
 * kprobe_resume - make a step in a slot look as if it had been at the address
 * @insn: the instruction
 * @addr: its address
 * @slot: address of the copy that ran
 * @old_flags: the flags before the step
 * @regs: what the copy left, with TF or IF as the step had them; on return,
 *	  what the instruction at @addr would have left
 *
 * A step runs with interrupts off, and perhaps with the trap flag, neither of
 * which the instruction is to have seen.
 */
void kprobe_resume(const struct kprobe_insn *insn, unsigned long addr,
		   unsigned long slot, unsigned long old_flags, struct pt_regs *regs)
{
	unsigned long stepping = X86_EFLAGS_TF | X86_EFLAGS_IF;

	if (!(insn->flags & KPROBE_INSN_ABS_IP))
		regs->ip += addr - slot;
	if (likely(!(insn->flags & KPROBE_INSN_RESUMES)))
		goto restore_flags;

	if (insn->flags & KPROBE_INSN_CALL)
		set_top_of_stack(regs, addr + insn->len, insn->osize);

	/* Both bits are in the low half, however many bytes were pushed. */
	if (insn->flags & KPROBE_INSN_PUSHF) {
		unsigned long pushed = top_of_stack(regs, 2);

		set_top_of_stack(regs, (pushed & ~stepping) | (old_flags & stepping), 2);
	}

	if (insn->flags & KPROBE_INSN_SETS_FLAGS)
		return;
	if (insn->flags & KPROBE_INSN_SETS_IF)
		stepping = X86_EFLAGS_TF;
restore_flags:
	regs->flags = (regs->flags & ~stepping) | (old_flags & stepping);
}
NOKPROBE_SYMBOL(kprobe_resume);
