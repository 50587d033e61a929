// SPDX-License-Identifier: GPL-2.0
/* How far a copy may be away, to the byte. */
#include <errno.h>
#include <string.h>

#include <linux/kernel.h>

#include <kprobes/insn.h>

#include "test.h"

#define FROM	0x7f000000UL

static void jump(const char *name, long distance, bool in_reach)
{
	static const u8 untouched[5] = { 1, 2, 3, 4, 5 };
	u8 copy[5];
	s32 written;

	test_begin("relocate: jump %s", name);
	memcpy(copy, untouched, sizeof(copy));
	if (kprobe_relocate_jump(copy, FROM, FROM + 5 + distance) != in_reach)
		test_fail("%s reach", in_reach ? "out of" : "within");
	memcpy(&written, copy + 1, sizeof(written));
	if (in_reach && (copy[0] != 0xe9 || written != (s32)distance))
		test_fail("wrote %s", hex(copy, sizeof(copy)));
	if (!in_reach && memcmp(copy, untouched, sizeof(copy)))
		test_fail("wrote %s though out of reach", hex(copy, sizeof(copy)));
	test_end();
}

#ifdef __x86_64__
/* @bytes has a RIP-relative displacement of zero at @offset. */
static void rip_relative(const char *name, const u8 *bytes, u8 len, u8 offset,
			 s32 disp, long distance, bool in_reach)
{
	struct kprobe_insn insn;
	u8 text[MAX_INSN_SIZE], copy[MAX_INSN_SIZE], want[MAX_INSN_SIZE];
	s32 moved = disp - distance;

	test_begin("relocate: %s, %d away by %ld", name, disp, distance);
	memcpy(text, bytes, len);
	memcpy(text + offset, &disp, sizeof(disp));
	memcpy(want, text, len);
	memcpy(want + offset, &moved, sizeof(moved));

	if (kprobe_classify(&insn, text, len) || insn.disp_off != offset)
		test_fail("displacement at %d, not %d", insn.disp_off, offset);
	else if (kprobe_relocate(&insn, copy, FROM, FROM + distance) !=
		 (in_reach ? len : -ERANGE))
		test_fail("%s reach", in_reach ? "out of" : "within");
	else if (in_reach && memcmp(copy, want, len))
		test_fail("wrote %s, not %s", hex(copy, len), hex(want, len));
	test_end();
}

static void rip_relatives(void)
{
	static const struct {
		const char *name;
		u8 offset, len;
		u8 bytes[MAX_INSN_SIZE];
	} insns[] = {
		{ "mov", 3, 7, { 0x48, 0x8b, 0x05 } },
		{ "mov with an immediate", 3, 11, { 0x48, 0xc7, 0x05, [7] = 1, 2, 3, 4 } },
		{ "mov with prefixes", 5, 11, { 0x2e, 0x66, 0x41, 0xc7, 0x05, [9] = 1, 2 } },
		{ "VEX", 4, 8, { 0xc5, 0xf8, 0x28, 0x05 } },
		{ "VEX3 with an immediate", 5, 10, { 0xc4, 0xe3, 0x79, 0x0f, 0x05, [9] = 3 } },
		{ "EVEX", 6, 10, { 0x62, 0xf1, 0x75, 0x48, 0xfe, 0x15 } },
		{ "0f3a with an immediate", 5, 10, { 0x66, 0x0f, 0x3a, 0x0f, 0x05, [9] = 3 } },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
#define CHECK(disp, distance, in_reach)						\
		rip_relative(insns[i].name, insns[i].bytes, insns[i].len,	\
			     insns[i].offset, disp, distance, in_reach)
		CHECK(0x1000, 0, true);
		CHECK(0x1000, 0x4000000, true);
		CHECK(0x7ffffff0, -0xf, true);
		CHECK(0x7ffffff0, -0x10, false);
		CHECK(-0x7ffffff0, 0x10, true);
		CHECK(-0x7ffffff0, 0x11, false);
		CHECK(0, 0x100000000L, false);
#undef CHECK
	}
}
#endif

void relocate_tests(void)
{
	jump("forward", 0x1234, true);
	jump("back", -0x1234, true);
	jump("as far forward as it goes", 0x7fffffff, true);
	jump("as far back as it goes", -0x7fffffffL - 1, true);
#ifdef __x86_64__
	jump("one byte too far forward", 0x80000000L, false);
	jump("one byte too far back", -0x80000001L, false);
	rip_relatives();
#endif
}
