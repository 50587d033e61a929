// SPDX-License-Identifier: GPL-2.0
/*
 * What holds for any instruction whatever: the classification agrees with the decoder
 * and with itself, a copy means the same, and it comes out as the CPU does it.
 */
#include <string.h>

#include <linux/kernel.h>

#include "check.h"
#include "compare.h"
#include "test.h"

static void check_against_decoder(const struct kprobe_insn *ki, const struct code *code)
{
	static const u8 zeros[MAX_INSN_SIZE];
	struct insn insn;

	if (insn_decode(&insn, code->bytes, code->len, INSN_MODE_KERN) < 0)
		test_fail("the decoder does not know it");
	else if (insn.length != ki->len)
		test_fail("length %d, not %d", ki->len, insn.length);
	if (memcmp(ki->bytes, code->bytes, ki->len) ||
	    memcmp(ki->bytes + ki->len, zeros, MAX_INSN_SIZE - ki->len))
		test_fail("kept as %s", hex(ki->bytes, MAX_INSN_SIZE));
}

static void check_with_itself(const struct kprobe_insn *insn)
{
	if (insn->op == KPROBE_OP_NONE && !(insn->flags & KPROBE_INSN_ANY_SLOT))
		test_fail("no way to run it");
	if (insn->op >= KPROBE_NR_OPS)
		test_fail("op %d", insn->op);
	/* Only these can turn out not to be emulated after all. */
	if ((insn->flags & KPROBE_INSN_ABS_IP) &&
	    (insn->flags & KPROBE_INSN_ANY_SLOT) != KPROBE_INSN_STEP_TF)
		test_fail("goes elsewhere, and is not stepped by trap flag alone");
}

/* The copy is the same instruction, and its operand lies where it did. */
static void check_relocated(const struct kprobe_insn *insn)
{
	struct kprobe_insn moved;
	u8 copy[MAX_INSN_SIZE] = {};
	int len = kprobe_relocate(insn, copy, CODE, SLOT);

	if (len < 0 && (insn->flags & KPROBE_INSN_RIP_REL))
		return;
	if (len != insn->len || kprobe_classify(&moved, copy, len)) {
		test_fail("relocated to %s", hex(copy, MAX_INSN_SIZE));
		return;
	}
	if (insn->flags & KPROBE_INSN_RIP_REL) {
		if (CODE + insn->disp != SLOT + moved.disp)
			test_fail("other operand in %s", hex(copy, len));
		moved.disp = insn->disp;
		memcpy(moved.bytes + insn->disp_off, &insn->disp, sizeof(insn->disp));
	}
	if (memcmp(&moved, insn, sizeof(moved)))
		test_fail("not the same as %s", hex(copy, len));
}

/* Outside of it the child and the test do not see the same memory. */
static bool operand_in_arena(const struct kprobe_insn *insn, struct pt_regs *regs)
{
	unsigned long addr = insn->disp;

	if (insn->flags & KPROBE_INSN_RIP_REL)
		addr += CODE + insn->len;
	if (insn->base != KPROBE_NO_REG)
		addr += *reg_of(regs, insn->base);
	if (insn->index != KPROBE_NO_REG)
		addr += *reg_of(regs, insn->index) << insn->scale;
	if (insn->asize == 4)
		addr = (u32)addr;
	return addr >= ARENA && addr <= ARENA + ARENA_SIZE - sizeof(long);
}

/*
 * What the kernel may be emulating, SGDT and so on; what takes memory away, WRPKRU; and
 * hypercalls: KVM writes the one that it wants over the one that it finds.
 */
static bool is_for_the_kernel(const struct kprobe_insn *insn)
{
	struct insn decoded;
	u8 modrm, reg;

	if (insn_decode(&decoded, insn->bytes, insn->len, INSN_MODE_KERN) < 0)
		return true;
	if (decoded.opcode.bytes[0] != 0x0f || decoded.opcode.bytes[1] > 1)
		return false;
	modrm = decoded.modrm.bytes[0];
	reg = X86_MODRM_REG(modrm);
	if (decoded.opcode.bytes[1] == 0)
		return reg < 2;
	return reg == 4 || modrm == 0xef || modrm == 0xc1 || modrm == 0xd9 ||
	       (reg < 2 && X86_MODRM_MOD(modrm) != 3);
}


/* Of an operand in memory, with 32-bit addressing or 64-bit. */
static unsigned long address_of(struct insn *insn, struct pt_regs *regs)
{
	u8 rex = insn->rex_prefix.bytes[0], modrm = insn->modrm.bytes[0];
	u8 sib = insn->sib.bytes[0], base = X86_MODRM_RM(modrm), index;
	unsigned long addr = insn->displacement.value;

	if (insn_rip_relative(insn))
		return addr + CODE + insn->length;
	if (insn->sib.nbytes) {
		index = X86_SIB_INDEX(sib) | (X86_REX_X(rex) ? 8 : 0);
		base = X86_SIB_BASE(sib);
		if (index != 4)
			addr += *reg_of(regs, index) << X86_SIB_SCALE(sib);
	}
	if (base != 5 || X86_MODRM_MOD(modrm) != 0)
		addr += *reg_of(regs, base | (X86_REX_B(rex) ? 8 : 0));
	return addr;
}

static bool is_locked(struct insn *insn)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(insn->prefixes.bytes); i++) {
		if (insn->prefixes.bytes[i] == 0xf0)
			return true;
	}
	return insn->opcode.nbytes == 1 && (insn->opcode.bytes[0] & 0xfe) == 0x86;	/* XCHG */
}

/* Who locks across a cache line is put to sleep for it by the kernel. */
static bool splits_lock(const struct kprobe_insn *ki, struct pt_regs *regs)
{
	struct insn insn;

	if (insn_decode(&insn, ki->bytes, ki->len, INSN_MODE_KERN) < 0 || !is_locked(&insn) ||
	    !insn.modrm.nbytes || X86_MODRM_MOD(insn.modrm.bytes[0]) == 3)
		return false;
	return insn.addr_bytes == 2 || address_of(&insn, regs) % 64 > 48;
}

/* Not what user space cannot do, nor with an operand that only the test would read. */
static bool can_run(const struct kprobe_insn *insn, struct pt_regs *regs)
{
	if (is_for_the_kernel(insn) || splits_lock(insn, regs))
		return false;
	return (insn->op != KPROBE_OP_JMP_MEM && insn->op != KPROBE_OP_CALL_MEM) ||
	       operand_in_arena(insn, regs);
}

bool check_bytes(struct code *code, struct kprobe_insn *insn)
{
	if (kprobe_classify(insn, code->bytes, code->len))
		return false;
	code->len = insn->len;
	test_context("%s: ", hex(insn->bytes, insn->len));
	check_against_decoder(insn, code);
	check_with_itself(insn);
	check_relocated(insn);
	return true;
}

int check_run(const struct kprobe_insn *insn, struct pt_regs *regs)
{
	return can_run(insn, regs) ? compare(insn, regs) : 0;
}
