// SPDX-License-Identifier: GPL-2.0
/*
 * What can be seen of an instruction at a glance: how long it is, whether it
 * branches, what addresses it contains.
 *
 * To find the instructions of a function they all have to be decoded, and nine
 * of ten are of a few dozen plain forms. These are looked up in a table; all
 * others, and whatever looks unusual, go to the kernel's decoder, which takes ten
 * times as long. tests/host holds the one against the other.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <asm/insn.h>

#include "insn.h"

#define KNOWN	BIT(0)
#define MODRM	(KNOWN | BIT(1))
#define IMM8	(KNOWN | BIT(2))
#define IMM32	(KNOWN | BIT(3))
/* Of these groups only TEST, 0 and 1 of the reg field, has an immediate. */
#define GROUP3	(MODRM | BIT(4))

/* What an opcode of one byte is followed by; 0 if that is left to the decoder. */
static const u8 one_byte[256] = {
	[0x00 ... 0x03] = MODRM, [0x04] = IMM8, [0x05] = IMM32,
	[0x08 ... 0x0b] = MODRM, [0x0c] = IMM8, [0x0d] = IMM32,
	[0x10 ... 0x13] = MODRM, [0x14] = IMM8, [0x15] = IMM32,
	[0x18 ... 0x1b] = MODRM, [0x1c] = IMM8, [0x1d] = IMM32,
	[0x20 ... 0x23] = MODRM, [0x24] = IMM8, [0x25] = IMM32,
	[0x28 ... 0x2b] = MODRM, [0x2c] = IMM8, [0x2d] = IMM32,
	[0x30 ... 0x33] = MODRM, [0x34] = IMM8, [0x35] = IMM32,
	[0x38 ... 0x3b] = MODRM, [0x3c] = IMM8, [0x3d] = IMM32,
#ifndef CONFIG_X86_64
	[0x40 ... 0x4f] = KNOWN,
#endif
	[0x50 ... 0x5f] = KNOWN,
	[0x63] = MODRM,
	[0x68] = IMM32, [0x69] = MODRM | IMM32, [0x6a] = IMM8, [0x6b] = MODRM | IMM8,
	[0x70 ... 0x7f] = IMM8,
	[0x80] = MODRM | IMM8, [0x81] = MODRM | IMM32, [0x83] = MODRM | IMM8,
	[0x84 ... 0x8b] = MODRM, [0x8d] = MODRM,
	[0x90] = KNOWN, [0x98 ... 0x99] = KNOWN,
	[0xa4 ... 0xa7] = KNOWN, [0xa8] = IMM8, [0xa9] = IMM32, [0xaa ... 0xaf] = KNOWN,
	[0xb0 ... 0xb7] = IMM8, [0xb8 ... 0xbf] = IMM32,
	[0xc0 ... 0xc1] = MODRM | IMM8, [0xc3] = KNOWN,
	[0xc6] = MODRM | IMM8, [0xc7] = MODRM | IMM32, [0xc9] = KNOWN, [0xcc] = KNOWN,
	[0xd0 ... 0xd3] = MODRM,
	[0xe8 ... 0xe9] = IMM32, [0xeb] = IMM8,
	[0xf6] = GROUP3 | IMM8, [0xf7] = GROUP3 | IMM32, [0xf8 ... 0xfd] = KNOWN,
	[0xff] = MODRM,
};

/* The same behind 0f. */
static const u8 two_bytes[256] = {
	[0x1f] = MODRM,
	[0x40 ... 0x4f] = MODRM,
	[0x80 ... 0x8f] = IMM32,
	[0x90 ... 0x9f] = MODRM,
	[0xa3] = MODRM, [0xab] = MODRM, [0xaf] = MODRM,
	[0xb0 ... 0xb1] = MODRM, [0xb3] = MODRM, [0xb6 ... 0xb7] = MODRM,
	[0xba] = MODRM | IMM8, [0xbb] = MODRM, [0xbe ... 0xbf] = MODRM,
	[0xc0 ... 0xc1] = MODRM,
};

static bool has(u8 form, u8 what)
{
	return (form & what) == what;
}

/* The fields of an instruction that the kernel's decoder has decoded. */
static void glance_decoded(struct kprobe_glance *glance, struct insn *insn)
{
	glance->len = insn->length;
	if (!insn_has_vex(insn) && insn->opcode.nbytes == 1)
		glance->opcode = insn->opcode.bytes[0];
	else if (!insn_has_vex(insn) && insn->opcode.nbytes == 2)
		glance->opcode = 0x0f00 | insn->opcode.bytes[1];
	glance->modrm = insn->modrm.bytes[0];
	if (insn->displacement.nbytes == 4) {
		glance->has_disp = true;
		glance->rip_rel = insn_rip_relative(insn);
		glance->disp = insn->displacement.value;
	}
	glance->has_imm = insn->immediate.nbytes == 4;
	glance->imm = insn->immediate.value;
}

static bool glance_decode(struct kprobe_glance *glance, const u8 *text, unsigned int avail)
{
	struct insn insn;

	*glance = (struct kprobe_glance) { };
	if (insn_decode(&insn, text, avail, INSN_MODE_KERN) || !kprobe_length_is_known(&insn))
		return false;
	glance_decoded(glance, &insn);
	return true;
}

static s32 read_s32(const u8 *text)
{
	s32 value;

	memcpy(&value, text, sizeof(value));
	return value;
}

/* Returns how many bytes ModRM and what belongs to it take. */
static unsigned int glance_modrm(struct kprobe_glance *glance, const u8 *text)
{
	u8 mod = text[0] >> 6, rm = text[0] & 7;
	unsigned int len = 1;

	glance->modrm = text[0];
	if (mod == 3)
		return len;
	if (rm == 4) {
		rm = text[len++] & 7;
		glance->has_disp = mod == 2 || (mod == 0 && rm == 5);
	} else {
		glance->has_disp = mod == 2 || (mod == 0 && rm == 5);
		glance->rip_rel = IS_ENABLED(CONFIG_X86_64) && mod == 0 && rm == 5;
	}
	if (glance->has_disp) {
		glance->disp = read_s32(text + len);
		return len + 4;
	}
	return len + mod;
}

/* The prefixes that change nothing of the length, but for 66 where there is IMM32. */
static bool is_plain_prefix(u8 byte)
{
	switch (byte) {
	case 0x2e:
	case 0x3e:
	case 0x65:
	case 0x66:
	case 0xf0:
	case 0xf2:
	case 0xf3:
		return true;
	default:
		return false;
	}
}

/**
 * kprobe_glance - find out how long an instruction is, and where it may lead
 * @glance: to be filled
 * @text: the instruction
 * @avail: how many bytes may be read there
 *
 * Return: false if the kernel's decoder knows no such instruction, or if its length
 * is not the same on all processors.
 */
bool kprobe_glance(struct kprobe_glance *glance, const u8 *text, unsigned int avail)
{
	const u8 *at = text;
	u8 form, prefix = 0, rex = 0;

	if (avail < MAX_INSN_SIZE)
		return glance_decode(glance, text, avail);
	if (is_plain_prefix(*at))
		prefix = *at++;
	if (IS_ENABLED(CONFIG_X86_64) && (*at & 0xf0) == 0x40)
		rex = *at++;

	*glance = (struct kprobe_glance) { .opcode = *at };
	form = one_byte[*at++];
	if (glance->opcode == 0x0f && !prefix) {
		glance->opcode = 0x0f00 | *at;
		form = two_bytes[*at++];
	}
	/* 66 shortens an immediate, REX.W lengthens that of MOV. */
	if (!form || (has(form, IMM32) && prefix == 0x66) ||
	    (glance->opcode >= 0xb8 && glance->opcode <= 0xbf && (rex & 8)))
		return glance_decode(glance, text, avail);

	if (has(form, MODRM))
		at += glance_modrm(glance, at);
	if (has(form, GROUP3) && (glance->modrm & 0x30))
		form = 0;
	if (has(form, IMM8)) {
		glance->imm = (s8)*at++;
	} else if (has(form, IMM32)) {
		glance->has_imm = true;
		glance->imm = read_s32(at);
		at += 4;
	}
	glance->len = at - text;
	return true;
}
