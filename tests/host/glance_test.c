// SPDX-License-Identifier: GPL-2.0
/*
 * A glance sees what the kernel's decoder sees: each opcode of one byte and of
 * two, behind each prefix and some of REX, with each ModRM byte.
 */
#include <stdio.h>
#include <string.h>

#include <linux/kernel.h>

#include <kprobes/insn.h>

#include "test.h"

#ifdef X86_XOP_M	/* the kernel's decoder knows it */
#define HAS_XOP		true
#else
#define HAS_XOP		false
#endif

/* With so few bytes to read, everything goes to the decoder. */
#define TOO_FEW		(MAX_INSN_SIZE - 1)

static bool same(const struct kprobe_glance *a, const struct kprobe_glance *b)
{
	return a->opcode == b->opcode && a->len == b->len && a->modrm == b->modrm &&
	       a->has_disp == b->has_disp && a->rip_rel == b->rip_rel &&
	       a->has_imm == b->has_imm && a->disp == b->disp && a->imm == b->imm;
}

static void compare(const u8 *text)
{
	struct kprobe_glance seen, decoded;
	bool known = kprobe_glance(&seen, text, 2 * MAX_INSN_SIZE);
	struct kprobe_insn insn;

	if (known && kprobe_classify(&insn, text, MAX_INSN_SIZE) == KPROBE_INSN_UNDECODABLE)
		test_fail("%s: of a length that is not known", hex(text, MAX_INSN_SIZE));

	/* One of fifteen bytes is decoded in any case. */
	if (known && seen.len > TOO_FEW)
		return;
	if (kprobe_glance(&decoded, text, TOO_FEW) != known)
		test_fail("%s: %s", hex(text, MAX_INSN_SIZE), known ? "unknown" : "known");
	else if (known && !same(&seen, &decoded))
		test_fail("%s: %u bytes, decoder: %u", hex(text, MAX_INSN_SIZE), seen.len,
			  decoded.len);
}

static void opcodes(const char *name, const u8 *prefix, unsigned int len)
{
	u8 text[2 * MAX_INSN_SIZE];
	unsigned int opcode, modrm, i;

	TEST("glance: %s", name) {
		/* Of an address with SIB the base decides, too. */
		for (i = 0; i < sizeof(text); i++)
			text[i] = 0x25 + 0x1b * i;
		memcpy(text, prefix, len);
		for (opcode = 0; opcode < 256; opcode++) {
			text[len] = opcode;
			for (modrm = 0; modrm < 256; modrm++) {
				text[len + 1] = modrm;
				text[len + 2] = modrm * 5;
				compare(text);
			}
		}
	}
}

/* Where the next instruction begins depends on the processor, or it does not. */
static void lengths(void)
{
	static const struct {
		u8 text[8];
		bool is_known;
	} facts[] = {
		{ { 0x66, 0xe9 }, sizeof(long) == 4 },
		{ { 0x66, 0xe8 }, sizeof(long) == 4 },
		{ { 0x66, 0x0f, 0x84 }, sizeof(long) == 4 },
		{ { 0x2e, 0x66, 0xe9 }, sizeof(long) == 4 },
		{ { 0x0f, 0xff, 0xc0 }, false },		/* UD0 */
		{ { 0x8f, 0xe9, 0x78, 0x12, 0xc0 }, HAS_XOP },
		{ { 0x66, 0xc3 }, true },
		{ { 0x66, 0x05 }, true },
		{ { 0xe9 }, true },
#ifdef __x86_64__
		{ { 0x66, 0x48, 0xe9 }, true },
		{ { 0x48, 0x66, 0x05 }, false },
#endif
	};
	struct kprobe_glance glance;
	u8 text[2 * MAX_INSN_SIZE];
	size_t i;

	TEST("R28 glance: a length that depends on the processor is not known") {
		for (i = 0; i < ARRAY_SIZE(facts); i++) {
			memset(text, 0, sizeof(text));
			memcpy(text, facts[i].text, sizeof(facts[i].text));
			if (kprobe_glance(&glance, text, sizeof(text)) != facts[i].is_known)
				test_fail("%s: %s", hex(text, 8), facts[i].is_known ? "unknown" : "known");
		}
	}
}

void glance_tests(void)
{
	static const u8 prefixes[] = { 0, 0x2e, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3 };
	static const u8 rexes[] = { 0, 0x40, 0x41, 0x44, 0x48, 0x4f };
	unsigned int p, r, two;
	char name[64];

	lengths();
	for (p = 0; p < ARRAY_SIZE(prefixes); p++) {
		for (r = 0; r < ARRAY_SIZE(rexes); r++) {
			for (two = 0; two < 2; two++) {
				unsigned int len = 0;
				u8 prefix[3];

				if (prefixes[p])
					prefix[len++] = prefixes[p];
				if (rexes[r])
					prefix[len++] = rexes[r];
				if (two)
					prefix[len++] = 0x0f;
				snprintf(name, sizeof(name), "prefix %02x, rex %02x, %s",
					 prefixes[p], rexes[r], two ? "two bytes" : "one byte");
				opcodes(name, prefix, len);
			}
		}
	}
}
