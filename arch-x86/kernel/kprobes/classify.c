// SPDX-License-Identifier: GPL-2.0
/*
 * What can be done with an instruction that carries a probe.
 *
 * Nearly every instruction is plain data processing: it does the same at any
 * address, and what follows it in memory does not matter. So the table below
 * lists the others. An instruction that no row matches may be boosted.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/inat.h>
#include <asm/insn.h>

#include "insn.h"

/* Prefixes that decide what an opcode means or how wide it is. */
#define PFX_OPSIZE	BIT(0)
#define PFX_REP		BIT(1)
#define PFX_REPNE	BIT(2)
#define PFX_LOCK	BIT(3)
#define PFX_FSGS	BIT(4)
#define PFX_REX2	BIT(5)

enum opcode_map {
	MAP_1,		/* one byte */
	MAP_0F,		/* two bytes, the first of them 0f */
	MAP_OTHER,	/* 0f38, 0f3a, VEX, EVEX: plain data processing throughout */
};

/**
 * struct rule - a range of opcodes that is not plain data processing
 * @map: enum opcode_map
 * @first: first opcode of the range
 * @last: last one
 * @modrm: the ModRM byte that it needs
 * @modrm.mask: the bits of it that count
 * @modrm.value: what they have to be
 * @prefixes: PFX_*, at least one of them has to be there; 0: none has to
 * @error: enum kprobe_insn_error
 * @op: enum kprobe_op
 * @flags: KPROBE_INSN_*
 */
struct rule {
	u8	map;
	u8	first;
	u8	last;
	struct {
		u8	mask;
		u8	value;
	} modrm;
	u8	prefixes;
	u8	error;
	u8	op;
	u16	flags;
};

#define ALL		{ 0, 0 }			/* any ModRM byte, or none */
#define EXT(n)		{ 0x38, (n) << 3 }		/* the opcode goes on in its reg field */
#define EXT_REG(n)	{ 0xf8, 0xc0 | (n) << 3 }	/* and the operand is a register */
#define REGS		{ 0xc0, 0xc0 }			/* the operand is a register */
#define EXACT(byte)	{ 0xff, byte }			/* the opcode goes on in all of it */

#define OP_RULE(_map, _first, _last, _modrm, _prefixes, _op, _flags)	\
	{ MAP_##_map, _first, _last, _modrm, _prefixes,			\
	  KPROBE_INSN_OK, KPROBE_OP_##_op, _flags }
#define REFUSE(_map, _first, _last, _modrm, _prefixes, _error)		\
	{ MAP_##_map, _first, _last, _modrm, _prefixes,			\
	  KPROBE_INSN_##_error, KPROBE_OP_NONE, 0 }

#define BOOST		KPROBE_INSN_BOOST
#define STEP_BP		KPROBE_INSN_STEP_BP
#define STEP_TF		KPROBE_INSN_STEP_TF
#define STEP		(STEP_BP | STEP_TF)
#define PLAIN		(BOOST | STEP)
#define ABS_IP		KPROBE_INSN_ABS_IP
#define CALL		KPROBE_INSN_CALL
#define HALTS		KPROBE_INSN_HALTS

/* The first match counts. */
static const struct rule rules[] = {
	/*
	 * Loading SS holds a pending debug trap back behind the instruction
	 * that follows, so the trap flag would stop in the wrong place.
	 */
	OP_RULE(1, 0x17, 0x17, ALL, 0, NONE, BOOST | STEP_BP),
	OP_RULE(1, 0x8e, 0x8e, EXT(2), 0, NONE, BOOST | STEP_BP),

	/*
	 * Loading GS on x86-64 takes away the per-CPU base. The entry code of
	 * a breakpoint does not expect that in the kernel; #DB's looks.
	 */
	OP_RULE(1, 0x8e, 0x8e, EXT(5), 0, NONE, BOOST | STEP_TF),
	OP_RULE(0F, 0x01, 0x01, EXACT(0xf8), 0, NONE, BOOST | STEP_TF),		/* SWAPGS */
	OP_RULE(0F, 0xa9, 0xa9, ALL, 0, NONE, BOOST | STEP_TF),			/* POP GS */
	OP_RULE(0F, 0xae, 0xae, EXT_REG(3), PFX_REP, NONE, BOOST | STEP_TF),	/* WRGSBASE */
	OP_RULE(0F, 0xb5, 0xb5, ALL, 0, NONE, BOOST | STEP_TF),			/* LGS */

	/* Repeated string instructions, also those of VIA's PadLock */
	OP_RULE(1, 0x6c, 0x6f, ALL, PFX_REP | PFX_REPNE, NONE, PLAIN | KPROBE_INSN_REP),
	OP_RULE(1, 0xa4, 0xa7, ALL, PFX_REP | PFX_REPNE, NONE, PLAIN | KPROBE_INSN_REP),
	OP_RULE(1, 0xaa, 0xaf, ALL, PFX_REP | PFX_REPNE, NONE, PLAIN | KPROBE_INSN_REP),
	OP_RULE(0F, 0xa6, 0xa7, ALL, PFX_REP, NONE, PLAIN | KPROBE_INSN_REP),

	/* Near branches */
	OP_RULE(1, 0x70, 0x7f, ALL, 0, JCC, STEP_TF),
	OP_RULE(0F, 0x80, 0x8f, ALL, 0, JCC, STEP_TF),
	OP_RULE(1, 0xe0, 0xe0, ALL, 0, LOOPNE, STEP_TF),
	OP_RULE(1, 0xe1, 0xe1, ALL, 0, LOOPE, STEP_TF),
	OP_RULE(1, 0xe2, 0xe2, ALL, 0, LOOP, STEP_TF),
	OP_RULE(1, 0xe3, 0xe3, ALL, 0, JCXZ, STEP_TF),
	OP_RULE(1, 0xe8, 0xe8, ALL, 0, CALL, STEP_TF | CALL),
	OP_RULE(1, 0xe9, 0xe9, ALL, 0, JMP, STEP_TF),
	OP_RULE(1, 0xeb, 0xeb, ALL, 0, JMP, STEP_TF),
	OP_RULE(1, 0xc2, 0xc3, ALL, 0, RET, STEP_TF | ABS_IP),
	OP_RULE(1, 0xff, 0xff, EXT_REG(2), 0, CALL_REG, STEP_TF | ABS_IP | CALL),
	OP_RULE(1, 0xff, 0xff, EXT(2), 0, CALL_MEM, STEP_TF | ABS_IP | CALL),
	OP_RULE(1, 0xff, 0xff, EXT_REG(4), 0, JMP_REG, STEP_TF | ABS_IP),
	OP_RULE(1, 0xff, 0xff, EXT(4), 0, JMP_MEM, STEP_TF | ABS_IP),
	OP_RULE(1, 0xa1, 0xa1, ALL, PFX_REX2, NONE, STEP_TF | ABS_IP),		/* JMPABS */

	/* The stack and the flags */
	OP_RULE(1, 0x50, 0x57, ALL, 0, PUSH_REG, PLAIN),
	OP_RULE(1, 0x58, 0x5f, ALL, 0, POP_REG, PLAIN),
	OP_RULE(1, 0x68, 0x68, ALL, 0, PUSH_IMM, PLAIN),
	OP_RULE(1, 0x6a, 0x6a, ALL, 0, PUSH_IMM, PLAIN),
	OP_RULE(1, 0x9c, 0x9c, ALL, 0, PUSHF, STEP | KPROBE_INSN_PUSHF),
	OP_RULE(1, 0x9d, 0x9d, ALL, 0, POPF, STEP | KPROBE_INSN_SETS_FLAGS),
	OP_RULE(1, 0xfa, 0xfa, ALL, 0, CLI, STEP | KPROBE_INSN_SETS_IF),
	OP_RULE(1, 0xfb, 0xfb, ALL, 0, STI, STEP | KPROBE_INSN_SETS_IF),

	/* Cheap to do in C */
	OP_RULE(1, 0x88, 0x8b, REGS, 0, MOV_REG, PLAIN),
	OP_RULE(1, 0x90, 0x90, ALL, PFX_REP, NONE, PLAIN),			/* PAUSE */
	OP_RULE(1, 0x90, 0x90, ALL, 0, NOP, PLAIN),
	OP_RULE(0F, 0x1e, 0x1e, EXACT(0xfa), PFX_REP, NOP, PLAIN),		/* ENDBR64 */
	OP_RULE(0F, 0x1e, 0x1e, EXACT(0xfb), PFX_REP, NOP, PLAIN),		/* ENDBR32 */
	OP_RULE(0F, 0x1f, 0x1f, EXT(0), 0, NOP, PLAIN),

	/*
	 * HLT, MWAIT, MWAITX: a halt that ends at once, as it always may. In a
	 * step, with interrupts off, it would not end; and behind a STI whose
	 * shadow the breakpoint has used up it would sleep through the wake-up
	 * that it waits for.
	 */
	OP_RULE(1, 0xf4, 0xf4, ALL, 0, NOP, HALTS),
	OP_RULE(0F, 0x01, 0x01, EXACT(0xc9), 0, NOP, HALTS),
	OP_RULE(0F, 0x01, 0x01, EXACT(0xfb), 0, NOP, HALTS),

	/*
	 * VMCALL, TDCALL, VMMCALL and VMGEXIT: the hypervisor may halt the CPU, where
	 * RCU does not wait for it. For a step arch_kprobe_drain() does.
	 */
	OP_RULE(0F, 0x01, 0x01, EXACT(0xc1), 0, NONE, STEP | HALTS),
	OP_RULE(0F, 0x01, 0x01, EXACT(0xcc), PFX_OPSIZE, NONE, STEP | HALTS),
	OP_RULE(0F, 0x01, 0x01, EXACT(0xd9), 0, NONE, STEP | HALTS),

	REFUSE(1, 0xcc, 0xcc, ALL, 0, BREAKPOINT),
	REFUSE(1, 0xcd, 0xce, ALL, 0, TRAP),		/* INTn, INTO */
	REFUSE(1, 0xf1, 0xf1, ALL, 0, TRAP),		/* INT1 */
	REFUSE(0F, 0x0b, 0x0b, ALL, 0, TRAP),		/* UD2 */
	REFUSE(0F, 0xb9, 0xb9, ALL, 0, TRAP),		/* UD1 */
	REFUSE(0F, 0xff, 0xff, ALL, 0, TRAP),		/* UD0 */

	REFUSE(1, 0x9a, 0x9a, ALL, 0, LEAVES),		/* far CALL */
	REFUSE(1, 0xca, 0xcb, ALL, 0, LEAVES),		/* far RET */
	REFUSE(1, 0xcf, 0xcf, ALL, 0, LEAVES),		/* IRET */
	REFUSE(1, 0xea, 0xea, ALL, 0, LEAVES),		/* far JMP */
	REFUSE(1, 0xff, 0xff, EXT(3), 0, LEAVES),	/* far CALL through memory */
	REFUSE(1, 0xff, 0xff, EXT(5), 0, LEAVES),	/* far JMP through memory */
	REFUSE(1, 0xc7, 0xc7, EXACT(0xf8), 0, LEAVES),	/* XBEGIN: aborts relative to it */
	REFUSE(0F, 0x01, 0x01, EXACT(0xc2), 0, LEAVES),	/* VMLAUNCH */
	REFUSE(0F, 0x01, 0x01, EXACT(0xc3), 0, LEAVES),	/* VMRESUME */
	REFUSE(0F, 0x01, 0x01, EXACT(0xd8), 0, LEAVES),	/* VMRUN */
	REFUSE(0F, 0x01, 0x01, EXACT(0xde), 0, LEAVES),	/* SKINIT */
	REFUSE(0F, 0x01, 0x01, EXACT(0xca), PFX_REP | PFX_REPNE, LEAVES), /* ERETU, ERETS */
	REFUSE(0F, 0x01, 0x01, EXACT(0xec), PFX_REP, LEAVES),		/* UIRET */
	REFUSE(0F, 0x05, 0x05, ALL, 0, LEAVES),		/* SYSCALL */
	REFUSE(0F, 0x07, 0x07, ALL, 0, LEAVES),		/* SYSRET */
	REFUSE(0F, 0x34, 0x35, ALL, 0, LEAVES),		/* SYSENTER, SYSEXIT */
	REFUSE(0F, 0x37, 0x37, ALL, 0, LEAVES),		/* GETSEC: some leaves jump */
	REFUSE(0F, 0xaa, 0xaa, ALL, 0, LEAVES),		/* RSM */

	/* What the decoder gets the length of wrong: XOP instead of POP ... */
	OP_RULE(1, 0x8f, 0x8f, EXT(0), 0, NONE, PLAIN),
	REFUSE(1, 0x8f, 0x8f, ALL, 0, UNDECODABLE),
	/* ... MOV to and from CRn and DRn, which has no memory operand ... */
	OP_RULE(0F, 0x20, 0x23, REGS, 0, NONE, PLAIN),
	REFUSE(0F, 0x20, 0x23, ALL, 0, UNDECODABLE),
	/* ... NOPs that are not documented, EXTRQ and INSERTQ */
	REFUSE(0F, 0x19, 0x19, ALL, 0, UNDECODABLE),
	REFUSE(0F, 0x1d, 0x1d, ALL, 0, UNDECODABLE),
	REFUSE(0F, 0x78, 0x78, ALL, PFX_OPSIZE | PFX_REPNE, UNDECODABLE),
};

static const struct rule plain_rule = { .flags = PLAIN };

static u8 insn_prefixes(struct insn *insn)
{
	u8 prefixes = insn_is_rex2(insn) ? PFX_REX2 : 0;
	int i;

	for (i = 0; i < ARRAY_SIZE(insn->prefixes.bytes); i++) {
		switch (insn->prefixes.bytes[i]) {
		case 0x66:
			prefixes |= PFX_OPSIZE;
			break;
		case 0xf3:
			prefixes |= PFX_REP;
			break;
		case 0xf2:
			prefixes |= PFX_REPNE;
			break;
		case 0xf0:
			prefixes |= PFX_LOCK;
			break;
		case 0x64:
		case 0x65:
			prefixes |= PFX_FSGS;
			break;
		}
	}
	return prefixes;
}

static enum opcode_map insn_map(struct insn *insn)
{
	if (insn_has_vex(insn))
		return MAP_OTHER;
	if (insn_is_rex2(insn))
		return insn_rex2_m_bit(insn) ? MAP_0F : MAP_1;
	switch (insn->opcode.nbytes) {
	case 1:
		return MAP_1;
	case 2:
		return MAP_0F;
	default:
		return MAP_OTHER;
	}
}

/* The last byte of the opcode: the one that counts within its map. */
static u8 insn_opcode(struct insn *insn)
{
	return insn->opcode.bytes[insn->opcode.nbytes - 1];
}

static bool rule_matches(const struct rule *rule, struct insn *insn, u8 prefixes)
{
	u8 opcode = insn_opcode(insn);

	return insn_map(insn) == rule->map &&
	       opcode >= rule->first && opcode <= rule->last &&
	       (insn->modrm.bytes[0] & rule->modrm.mask) == rule->modrm.value &&
	       (!rule->prefixes || (prefixes & rule->prefixes));
}

static const struct rule *find_rule(struct insn *insn, u8 prefixes)
{
	const struct rule *rule;

	for (rule = rules; rule < rules + ARRAY_SIZE(rules); rule++) {
		if (rule_matches(rule, insn, prefixes))
			return rule;
	}
	return &plain_rule;
}

/*
 * The decoder passes as an opcode what the CPU takes for one more prefix: a
 * fifth one, or a legacy prefix behind REX. The lengths differ.
 */
static bool opcode_is_prefix(struct insn *insn)
{
	insn_attr_t attr = inat_get_opcode_attribute(insn->opcode.bytes[0]);

	if (insn_has_vex(insn) || insn_is_rex2(insn))
		return false;
	return inat_is_legacy_prefix(attr) || (insn->x86_64 && inat_is_rex_prefix(attr));
}

/*
 * The decoder looks an opcode up under its last prefix only, which may be one
 * that the CPU ignores there, and finds nothing: not even the ModRM byte.
 */
static bool modrm_is_overlooked(struct insn *insn)
{
	insn_attr_t escape = inat_get_opcode_attribute(insn->opcode.bytes[0]);
	int prefix;

	if (insn_has_vex(insn) || insn->opcode.nbytes == 1 || insn->modrm.nbytes)
		return false;
	if (insn->opcode.nbytes == 3)
		escape = inat_get_escape_attribute(insn->opcode.bytes[1], 0, escape);
	for (prefix = 0; prefix <= INAT_LSTPFX_MAX; prefix++) {
		if (inat_has_modrm(inat_get_escape_attribute(insn_opcode(insn), prefix, escape)))
			return true;
	}
	return false;
}

static bool is_relative(u8 op)
{
	return op >= KPROBE_OP_JMP && op <= KPROBE_OP_CALL;
}

/*
 * True if processors disagree about a prefix of this branch.
 *
 *  - 66 in 64-bit mode, where no REX.W overrides it: AMD makes it a 16-bit branch,
 *    which truncates the target, pushes or pops two bytes, and has a displacement
 *    of 16 bits instead of 32, so that even the length differs. Intel ignores it.
 *  - F2 and F3 before LOOPE and LOOPNE: AMD takes the condition from the prefix
 *    (F3 E0 is LOOPE), Intel from the opcode. LOOP and JCXZ are refused with them.
 *
 * To step a copy would not do: kprobe_resume() has to know what was pushed, and
 * the instruction that follows would have to be found.
 */
static bool is_ambiguous(u8 op, struct insn *insn, u8 prefixes)
{
	if (op >= KPROBE_OP_JCXZ && op <= KPROBE_OP_LOOPNE && (prefixes & (PFX_REP | PFX_REPNE)))
		return true;
	return kprobe_is_near_branch(op) && insn->x86_64 && (prefixes & PFX_OPSIZE) &&
	       !X86_REX_W(insn->rex_prefix.bytes[0]);
}

/**
 * kprobe_length_is_known - check that every processor agrees about a length
 * @insn: the instruction, decoded
 *
 * Where this is false it is not known where the next instruction begins.
 *
 * Return: false if the kernel's decoder is wrong about the length, or if it
 * depends on the processor.
 */
bool kprobe_length_is_known(struct insn *insn)
{
	const struct rule *rule;
	u8 prefixes;

	if (opcode_is_prefix(insn) || modrm_is_overlooked(insn))
		return false;
	/* AMD's UD0 has no ModRM byte, Intel's has one. */
	if (insn_map(insn) == MAP_0F && insn_opcode(insn) == 0xff)
		return false;
	prefixes = insn_prefixes(insn);
	rule = find_rule(insn, prefixes);
	if (rule->error == KPROBE_INSN_UNDECODABLE)
		return false;
	/* A displacement of one byte stays one. */
	return !is_relative(rule->op) || insn->immediate.nbytes == 1 ||
	       !is_ambiguous(rule->op, insn, prefixes);
}

/* The high bit of a register number: one of the bits of REX. */
static u8 high(u8 rex_bit)
{
	return rex_bit ? 8 : 0;
}

/* Base, index and scale. False if emulate.c does not know this kind of address. */
static bool memory_operand(struct kprobe_insn *ki, struct insn *insn, u8 prefixes)
{
	u8 rex = insn->rex_prefix.bytes[0];
	u8 modrm = insn->modrm.bytes[0];
	u8 sib = insn->sib.bytes[0];
	u8 base = X86_MODRM_RM(modrm);

	if (ki->asize == 2 || (prefixes & PFX_FSGS))
		return false;

	if (insn->sib.nbytes) {
		u8 index = X86_SIB_INDEX(sib) | high(X86_REX_X(rex));

		if (index != 4) {
			ki->index = index;
			ki->scale = X86_SIB_SCALE(sib);
		}
		base = X86_SIB_BASE(sib);
	}
	if (base != 5 || X86_MODRM_MOD(modrm) != 0)
		ki->base = base | high(X86_REX_B(rex));
	return true;
}

/* Source and destination. False for AH, CH, DH, BH. */
static bool mov_operands(struct kprobe_insn *ki, struct insn *insn)
{
	u8 rex = insn->rex_prefix.bytes[0];
	u8 modrm = insn->modrm.bytes[0];
	u8 reg = X86_MODRM_REG(modrm) | high(X86_REX_R(rex));
	u8 rm = X86_MODRM_RM(modrm) | high(X86_REX_B(rex));
	u8 opcode = insn_opcode(insn);

	if (!(opcode & 1))
		ki->osize = 1;
	else if (X86_REX_W(rex))
		ki->osize = 8;
	else if (ki->osize != 2)
		ki->osize = 4;

	if (ki->osize == 1 && !rex && ((reg | rm) & 4))
		return false;

	ki->reg = opcode & 2 ? rm : reg;
	ki->base = opcode & 2 ? reg : rm;
	return true;
}

/* Fill what emulate.c wants to know. False if it cannot do this form of the op. */
static bool operands(struct kprobe_insn *ki, struct insn *insn, u8 prefixes)
{
	u8 rex = insn->rex_prefix.bytes[0];
	u8 opcode = insn_opcode(insn);

	ki->osize = sizeof(long);
	if ((prefixes & PFX_OPSIZE) && !X86_REX_W(rex))
		ki->osize = 2;
	ki->asize = insn->addr_bytes;
	ki->imm = insn->immediate.value;
	ki->disp = insn->displacement.value;

	/* struct pt_regs knows no register beyond R15. A halt needs none. */
	if (prefixes & PFX_REX2)
		return ki->op == KPROBE_OP_NOP && (ki->flags & KPROBE_INSN_HALTS);

	switch (ki->op) {
	case KPROBE_OP_NOP:
		/* With REX.B, 90 exchanges AX with R8. */
		return opcode != 0x90 || !X86_REX_B(rex);
	case KPROBE_OP_JCC:
		ki->cond = opcode & 15;
		return true;
	case KPROBE_OP_RET:
		ki->imm = (u16)ki->imm;
		return true;
	case KPROBE_OP_JMP_REG:
	case KPROBE_OP_CALL_REG:
		ki->reg = X86_MODRM_RM(insn->modrm.bytes[0]) | high(X86_REX_B(rex));
		return true;
	case KPROBE_OP_JMP_MEM:
	case KPROBE_OP_CALL_MEM:
		return memory_operand(ki, insn, prefixes);
	case KPROBE_OP_PUSH_REG:
	case KPROBE_OP_POP_REG:
		ki->reg = (opcode & 7) | high(X86_REX_B(rex));
		return true;
	case KPROBE_OP_MOV_REG:
		return mov_operands(ki, insn);
	default:
		return true;
	}
}

/* A #UD in one byte, by which a function tells that it was called the wrong way. */
static bool insn_is_udb(struct insn *insn)
{
	return insn->x86_64 && insn_map(insn) == MAP_1 && insn_opcode(insn) == 0xd6;
}

/**
 * kprobe_classify - find out how an instruction can be run under a probe
 * @ki: to be filled
 * @text: the original bytes of the instruction
 * @avail: how many bytes may be read there
 *
 * Return: KPROBE_INSN_OK, or why it cannot carry a probe; then of @ki only
 * the bytes and the length are valid, and not even those if the instruction
 * is undecodable.
 */
enum kprobe_insn_error kprobe_classify(struct kprobe_insn *ki, const u8 *text,
				       unsigned int avail)
{
	const struct rule *rule;
	struct insn insn;
	u8 prefixes;

	*ki = (struct kprobe_insn) {
		.reg	= KPROBE_NO_REG,
		.base	= KPROBE_NO_REG,
		.index	= KPROBE_NO_REG,
	};

	if (insn_decode(&insn, text, avail, INSN_MODE_KERN) < 0 ||
	    opcode_is_prefix(&insn) || modrm_is_overlooked(&insn))
		return KPROBE_INSN_UNDECODABLE;

	ki->len = insn.length;
	memcpy(ki->bytes, text, ki->len);

	/* The first is a UD2 with a mark, by which a guest asks its hypervisor to emulate. */
	if (insn_has_emulate_prefix(&insn) || insn_is_udb(&insn))
		return KPROBE_INSN_TRAP;

	prefixes = insn_prefixes(&insn);
	rule = find_rule(&insn, prefixes);
	if (rule->error != KPROBE_INSN_OK)
		return rule->error;
	/*
	 * No instruction of a rule can be locked: the CPU raises #UD. A copy may not be
	 * run to have that raised, since QEMU's TCG ignores the prefix of a branch.
	 */
	if (rule != &plain_rule && (prefixes & PFX_LOCK))
		return KPROBE_INSN_TRAP;
	if (is_ambiguous(rule->op, &insn, prefixes))
		return KPROBE_INSN_AMBIGUOUS;

	ki->op = rule->op;
	ki->flags = rule->flags;
	if (insn_rip_relative(&insn)) {
		ki->flags |= KPROBE_INSN_RIP_REL;
		ki->disp_off = insn_offset_displacement(&insn);
	}
	if (!operands(ki, &insn, prefixes))
		ki->op = KPROBE_OP_NONE;
	/* Once truncated to 16 bits, the IP that a copy leaves cannot be corrected. */
	if (is_relative(ki->op) && ki->osize == 2)
		ki->flags &= ~KPROBE_INSN_ANY_SLOT;
	return KPROBE_INSN_OK;
}
