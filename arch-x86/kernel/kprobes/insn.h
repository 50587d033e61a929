/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How one x86 instruction can be run away from its address.
 *
 * The rooms behind this header - glance.c, classify.c, relocate.c, emulate.c -
 * are pure: bytes and registers in, bytes and registers out. They take no
 * lock, allocate nothing, know no probe, and compile in user space as well,
 * where tests/host holds them against the real CPU.
 */
#ifndef _X86_KPROBES_INSN_H
#define _X86_KPROBES_INSN_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/types.h>
#include <asm/insn.h>

struct pt_regs;

/**
 * enum kprobe_op - what emulate.c does for an instruction
 * @KPROBE_OP_NONE: it cannot emulate it; the instruction has to run in a slot
 * @KPROBE_OP_NOP: go on behind it (also HLT and MWAIT, see classify.c)
 * @KPROBE_OP_JMP: near relative jump; the first of the near branches
 * @KPROBE_OP_JCC: near relative jump on condition @cond
 * @KPROBE_OP_JCXZ: jump if the count register of @asize bytes is zero
 * @KPROBE_OP_LOOP: decrement it, jump if it is not zero
 * @KPROBE_OP_LOOPE: the same, but only with ZF set
 * @KPROBE_OP_LOOPNE: the same, but only with ZF clear
 * @KPROBE_OP_CALL: near relative call
 * @KPROBE_OP_JMP_REG: near indirect jump through register @reg
 * @KPROBE_OP_CALL_REG: near indirect call through register @reg
 * @KPROBE_OP_JMP_MEM: near indirect jump through memory
 * @KPROBE_OP_CALL_MEM: near indirect call through memory
 * @KPROBE_OP_RET: near return, drops @imm more bytes; the last of them
 * @KPROBE_OP_PUSH_REG: push register @reg
 * @KPROBE_OP_PUSH_IMM: push @imm
 * @KPROBE_OP_POP_REG: pop into register @reg
 * @KPROBE_OP_PUSHF: push the flags
 * @KPROBE_OP_POPF: pop the flags
 * @KPROBE_OP_CLI: clear the interrupt flag
 * @KPROBE_OP_STI: set it
 * @KPROBE_OP_MOV_REG: copy register @reg into register @base, @osize bytes
 * @KPROBE_NR_OPS: how many there are
 */
enum kprobe_op {
	KPROBE_OP_NONE,
	KPROBE_OP_NOP,
	KPROBE_OP_JMP,
	KPROBE_OP_JCC,
	KPROBE_OP_JCXZ,
	KPROBE_OP_LOOP,
	KPROBE_OP_LOOPE,
	KPROBE_OP_LOOPNE,
	KPROBE_OP_CALL,
	KPROBE_OP_JMP_REG,
	KPROBE_OP_CALL_REG,
	KPROBE_OP_JMP_MEM,
	KPROBE_OP_CALL_MEM,
	KPROBE_OP_RET,
	KPROBE_OP_PUSH_REG,
	KPROBE_OP_PUSH_IMM,
	KPROBE_OP_POP_REG,
	KPROBE_OP_PUSHF,
	KPROBE_OP_POPF,
	KPROBE_OP_CLI,
	KPROBE_OP_STI,
	KPROBE_OP_MOV_REG,
	KPROBE_NR_OPS,
};

static __always_inline bool kprobe_is_near_branch(u8 op)
{
	return op >= KPROBE_OP_JMP && op <= KPROBE_OP_RET;
}

/*
 * What running the copy in a slot is good for, and what has to be put right
 * behind it. An instruction that no slot bit allows runs only emulated.
 *
 * Ways to run it:
 *
 *	BOOST		a jump back may follow it: it ends at the next address
 *			and sees neither its address nor the flags' TF and IF
 *	STEP_BP		a breakpoint may follow it: the same, but for the flags
 *	STEP_TF		it may run under the trap flag
 *
 * What is special behind a step:
 *
 *	ABS_IP		the IP that it leaves is absolute: RET, indirect branches
 *	CALL		it has pushed a return address
 *	PUSHF		it has pushed the flags, TF and IF among them
 *	SETS_FLAGS	it has loaded all flags: TF and IF are those (POPF)
 *	SETS_IF		IF is the one that it has left (CLI, STI)
 *
 * And:
 *
 *	RIP_REL		it has a RIP-relative operand, to be mended in a copy
 *	REP		a repeated string instruction: the trap flag stops it
 *			after each round
 *	HALTS		a CPU may be at the next instruction for any length of time,
 *			idle or offline, which RCU Tasks does not wait for
 */
#define KPROBE_INSN_BOOST	BIT(0)
#define KPROBE_INSN_STEP_BP	BIT(1)
#define KPROBE_INSN_STEP_TF	BIT(2)
#define KPROBE_INSN_ABS_IP	BIT(3)
#define KPROBE_INSN_CALL	BIT(4)
#define KPROBE_INSN_PUSHF	BIT(5)
#define KPROBE_INSN_SETS_FLAGS	BIT(6)
#define KPROBE_INSN_SETS_IF	BIT(7)
#define KPROBE_INSN_RIP_REL	BIT(8)
#define KPROBE_INSN_REP		BIT(9)
#define KPROBE_INSN_HALTS	BIT(10)
#define KPROBE_INSN_RESUMES	(KPROBE_INSN_CALL | KPROBE_INSN_PUSHF |		\
				 KPROBE_INSN_SETS_FLAGS | KPROBE_INSN_SETS_IF)
#define KPROBE_INSN_ANY_SLOT	(KPROBE_INSN_BOOST | KPROBE_INSN_STEP_BP | KPROBE_INSN_STEP_TF)

#define KPROBE_NO_REG		0xff

/* May the next instruction be executed after one with operation @op? */
static inline bool kprobe_falls_through(u8 op)
{
	switch (op) {
	case KPROBE_OP_JMP:
	case KPROBE_OP_JMP_REG:
	case KPROBE_OP_JMP_MEM:
	case KPROBE_OP_RET:
		return false;
	default:
		return true;
	}
}

/**
 * struct kprobe_insn - one classified instruction
 * @bytes: the instruction as it stands at its address; zero behind @len
 * @len: its length, 1 to 15
 * @op: enum kprobe_op
 * @cond: condition code of KPROBE_OP_JCC, 0 (O) to 15 (NLE)
 * @osize: operand size in bytes: 1, 2, 4 or 8
 * @asize: address size in bytes: 2, 4 or 8
 * @reg: register operand, 0 (AX) to 15, KPROBE_NO_REG if there is none
 * @base: base register of a memory operand, or destination of
 *	  KPROBE_OP_MOV_REG; KPROBE_NO_REG if there is none
 * @index: index register of a memory operand, KPROBE_NO_REG if there is none
 * @scale: its shift, 0 to 3
 * @flags: KPROBE_INSN_*
 * @imm: immediate, or distance of a relative branch from the next address, or, of
 *	  KPROBE_OP_STI, the length of the halt that follows it, 0 if none does
 * @disp: displacement of a memory operand; with KPROBE_INSN_RIP_REL from the
 *	  next address
 * @disp_off: where in @bytes a RIP-relative displacement (4 bytes) stands
 *
 * Filled once, by kprobe_classify() but for what depends on the kernel or on the
 * next instruction (see arch_kprobe_prepare()); never changed after.
 */
struct kprobe_insn {
	u8	bytes[MAX_INSN_SIZE];
	u8	len;
	u8	op;
	u8	cond;
	u8	osize;
	u8	asize;
	u8	reg;
	u8	base;
	u8	index;
	u8	scale;
	u8	disp_off;
	u16	flags;
	s32	imm;
	s32	disp;
};

/**
 * enum kprobe_insn_error - why an instruction cannot carry a probe
 * @KPROBE_INSN_OK: it can
 * @KPROBE_INSN_UNDECODABLE: the decoder knows no such instruction
 * @KPROBE_INSN_BREAKPOINT: INT3, somebody else's or padding
 * @KPROBE_INSN_TRAP: raises an exception on purpose: UD0, UD1, UD2, INTn, INT1, INTO
 * @KPROBE_INSN_LEAVES: leaves the kernel's flow: IRET, SYSRET, SYSEXIT, far
 *	branches, VM entry, RSM, XBEGIN
 * @KPROBE_INSN_AMBIGUOUS: a branch with a prefix that processors treat differently
 */
enum kprobe_insn_error {
	KPROBE_INSN_OK,
	KPROBE_INSN_UNDECODABLE,
	KPROBE_INSN_BREAKPOINT,
	KPROBE_INSN_TRAP,
	KPROBE_INSN_LEAVES,
	KPROBE_INSN_AMBIGUOUS,
};

/**
 * struct kprobe_glance - what one sees of an instruction at once
 * @opcode: of one byte, or of two, 0x0f80 say; 0 if it is of another map
 * @len: its length, 1 to 15
 * @modrm: the ModRM byte, if it has one
 * @has_disp: it has a displacement of 32 bits
 * @rip_rel: which counts from the next address
 * @has_imm: it has an immediate of 32 bits
 * @disp: the displacement
 * @imm: the immediate, also one of 8 bits
 */
struct kprobe_glance {
	u16	opcode;
	u8	len;
	u8	modrm;
	bool	has_disp;
	bool	rip_rel;
	bool	has_imm;
	s32	disp;
	s32	imm;
};

bool kprobe_glance(struct kprobe_glance *glance, const u8 *text, unsigned int avail);

/* Is it of a map behind VEX, EVEX or XOP, if the decoder knows that? */
static inline bool insn_has_vex(const struct insn *insn)
{
	return insn->vex_prefix.nbytes;
}

bool kprobe_length_is_known(struct insn *insn);

enum kprobe_insn_error kprobe_classify(struct kprobe_insn *ki, const u8 *text,
				       unsigned int avail);

int kprobe_relocate(const struct kprobe_insn *insn, u8 *copy, unsigned long from,
		    unsigned long to);
bool kprobe_relocate_jump(u8 *copy, unsigned long from, unsigned long to);
bool kprobe_relocate_call(u8 *copy, unsigned long from, unsigned long to);
unsigned int kprobe_rewritten_size(const struct kprobe_insn *insn);
bool kprobe_rewrite(const struct kprobe_insn *insn, u8 *copy, unsigned long from,
		    unsigned long to);

bool kprobe_emulate(const struct kprobe_insn *insn, unsigned long addr,
		    struct pt_regs *regs);

void kprobe_resume(const struct kprobe_insn *insn, unsigned long addr,
		   unsigned long slot, unsigned long old_flags, struct pt_regs *regs);

#endif /* _X86_KPROBES_INSN_H */
