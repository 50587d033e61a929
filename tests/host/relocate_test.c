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

	TEST("relocate: jump %s", name) {
		memcpy(copy, untouched, sizeof(copy));
		if (kprobe_relocate_jump(copy, FROM, FROM + 5 + distance) != in_reach)
			test_fail("%s reach", in_reach ? "out of" : "within");
		memcpy(&written, copy + 1, sizeof(written));
		if (in_reach && (copy[0] != 0xe9 || written != (s32)distance))
			test_fail("wrote %s", hex(copy, sizeof(copy)));
		if (!in_reach && memcmp(copy, untouched, sizeof(copy)))
			test_fail("wrote %s though out of reach", hex(copy, sizeof(copy)));
	}
}

#ifdef __x86_64__
/* @bytes has a RIP-relative displacement of zero at @offset. */
static void rip_relative(const char *name, const u8 *bytes, u8 len, u8 offset,
			 s32 disp, long distance, bool in_reach)
{
	struct kprobe_insn insn;
	u8 text[MAX_INSN_SIZE], copy[MAX_INSN_SIZE], want[MAX_INSN_SIZE];
	s32 moved = disp - distance;

	TEST("relocate: %s, %d away by %ld", name, disp, distance) {
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
	}
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

/* @size: 0 if it can run only where it is, or emulated. */
static void rewritten_size(const char *name, const char *bytes, u8 len, unsigned int size)
{
	struct kprobe_insn insn;

	TEST("rewrite: size of %s", name) {
		if (kprobe_classify(&insn, (const u8 *)bytes, len) || insn.len != len)
			test_fail("%s is refused, or not %d bytes long", hex((const u8 *)bytes, len), len);
		else if (kprobe_rewritten_size(&insn) != size)
			test_fail("%u, not %u", kprobe_rewritten_size(&insn), size);
	}
}

static void rewritten_sizes(void)
{
#define SIZE(name, bytes, size)	rewritten_size(name, bytes, sizeof(bytes) - 1, size)
	SIZE("short jmp", "\xeb\x10", 5);
	SIZE("near jmp", "\xe9\x00\x00\x00\x01", 5);
	SIZE("jmp with a prefix", "\x2e\xe9\x00\x00\x00\x01", 5);
	SIZE("short jcc", "\x75\x10", 6);
	SIZE("near jcc", "\x0f\x85\x00\x00\x00\x01", 6);
	SIZE("call", "\xe8\x00\x00\x00\x01", 10);
	SIZE("call with a prefix", "\x2e\xe8\x00\x00\x00\x01", 10);
	SIZE("jmp *reg", "\xff\xe1", 2);
	SIZE("jmp *mem", "\xff\x21", 2);
	SIZE("ret", "\xc3", 1);
	SIZE("ret imm", "\xc2\x08\x00", 3);
	SIZE("mov", "\x89\xc8", 2);
	SIZE("pushf", "\x9c", 1);
	SIZE("call *reg", "\xff\xd1", 0);
	SIZE("call *mem", "\xff\x11", 0);
	SIZE("loop", "\xe2\x10", 0);
	SIZE("loope", "\xe1\x10", 0);
	SIZE("loopne", "\xe0\x10", 0);
	SIZE("jcxz", "\xe3\x10", 0);
	SIZE("hlt", "\xf4", 0);
#ifndef __x86_64__
	SIZE("jmp to 16 bits", "\x66\xe9\x00\x01", 0);
	SIZE("jcc to 16 bits", "\x66\x75\x10", 0);
	SIZE("call to 16 bits", "\x66\xe8\x00\x01", 0);
	SIZE("ret to 16 bits", "\x66\xc3", 0);
#endif
#undef SIZE
}

#ifdef __x86_64__
/* The branch goes @distance away from its copy's end, which is @size bytes long. */
static void rewritten_reach(const char *name, const u8 *bytes, u8 len, unsigned int size,
			    long distance, bool in_reach)
{
	struct kprobe_insn insn;
	u8 copy[MAX_INSN_SIZE];
	unsigned long target;

	TEST("rewrite: %s goes %ld away", name, distance) {
		if (kprobe_classify(&insn, bytes, len))
			test_fail("is refused");
		target = FROM + insn.len + insn.imm;
		if (kprobe_rewrite(&insn, copy, FROM, target - size - distance) != in_reach)
			test_fail("%s reach", in_reach ? "out of" : "within");
	}
}

/* A return address is pushed as 32 bits, of which the CPU extends the sign. */
static void return_address(unsigned long next, bool in_reach)
{
	static const u8 call[] = { 0xe8, 0, 1, 0, 0 };
	struct kprobe_insn insn;
	u8 copy[MAX_INSN_SIZE];

	TEST("rewrite: call that returns to %lx", next) {
		if (kprobe_classify(&insn, call, sizeof(call)))
			test_fail("is refused");
		if (kprobe_rewrite(&insn, copy, next - sizeof(call), next + 0x1000) != in_reach)
			test_fail("%s reach", in_reach ? "out of" : "within");
	}
}

static void rewritten_reaches(void)
{
	static const struct {
		const char *name;
		u8 len, size;
		u8 bytes[6];
	} branches[] = {
		{ "short jmp", 2, 5, { 0xeb, 0x10 } },
		{ "near jmp", 5, 5, { 0xe9, 0, 0x10 } },
		{ "short jcc", 2, 6, { 0x75, 0x10 } },
		{ "near jcc", 6, 6, { 0x0f, 0x85, 0, 0x10 } },
		{ "call", 5, 10, { 0xe8, 0, 0x10 } },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(branches); i++) {
#define CHECK(distance, in_reach)							\
		rewritten_reach(branches[i].name, branches[i].bytes, branches[i].len,	\
				branches[i].size, distance, in_reach)
		CHECK(0x7fffffff, true);
		CHECK(0x80000000L, false);
		CHECK(-0x80000000L, true);
		CHECK(-0x80000001L, false);
#undef CHECK
	}
	return_address(0x7fffffff, true);
	return_address(0x80000000, false);
	return_address(0xffffffff80000000, true);
	return_address(0xffffffff7fffffff, false);
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
	rewritten_reaches();
#endif
	rewritten_sizes();
}
