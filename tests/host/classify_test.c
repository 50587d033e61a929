// SPDX-License-Identifier: GPL-2.0
/*
 * What kprobe_classify() says, held against a table of facts. A name that
 * opens with R and a number is a class of bugs that others had.
 */
#include <string.h>

#include <linux/kernel.h>

#include <kprobes/insn.h>

#include "test.h"

#define MODE_32		1
#define MODE_64		2
#define BOTH		(MODE_32 | MODE_64)
#ifdef __x86_64__
#define THIS_MODE	MODE_64
#else
#define THIS_MODE	MODE_32
#endif

#define BOOST		KPROBE_INSN_BOOST
#define BP		KPROBE_INSN_STEP_BP
#define TF		KPROBE_INSN_STEP_TF
#define PLAIN		KPROBE_INSN_ANY_SLOT
#define ABS		KPROBE_INSN_ABS_IP
#define PUSHES		KPROBE_INSN_CALL
#define RIP		KPROBE_INSN_RIP_REL
#define REP		KPROBE_INSN_REP
#define HALTS		KPROBE_INSN_HALTS
#define IFLAG		KPROBE_INSN_SETS_IF
#define FLAGS		KPROBE_INSN_SETS_FLAGS

static const struct fact {
	const char *name;
	u8 mode;
	u8 error;
	u8 op;
	u8 len;
	u16 flags;
	const char *bytes;
} facts[] = {
#define IS(_mode, _name, _bytes, _op, _flags)				\
	{ _name, _mode, KPROBE_INSN_OK, KPROBE_OP_##_op,		\
	  sizeof(_bytes) - 1, _flags, _bytes }
#define NOT(_mode, _name, _bytes, _error)				\
	{ _name, _mode, KPROBE_INSN_##_error, KPROBE_OP_NONE,		\
	  sizeof(_bytes) - 1, 0, _bytes }

	/* Judged by the opcode, not by the first byte */
	IS(BOTH, "R1 data16 add", "\x66\x05\x34\x12", NONE, PLAIN),
	IS(BOTH, "R1 data16 pushf", "\x66\x9c", PUSHF, BP | TF | KPROBE_INSN_PUSHF),
	IS(BOTH, "R1 data16 popf", "\x66\x9d", POPF, BP | TF | FLAGS),
	IS(BOTH, "R1 rep pushf", "\xf3\x9c", PUSHF, BP | TF | KPROBE_INSN_PUSHF),
	IS(BOTH, "R1 cs popf", "\x2e\x9d", POPF, BP | TF | FLAGS),
	IS(BOTH, "R1 addr cli", "\x67\xfa", CLI, BP | TF | IFLAG),
	IS(BOTH, "R1 repne sti", "\xf2\xfb", STI, BP | TF | IFLAG),
	IS(BOTH, "R1 rep ret", "\xf3\xc3", RET, TF | ABS),
	IS(BOTH, "R1 bnd ret", "\xf2\xc3", RET, TF | ABS),
	IS(BOTH, "R1 bnd jmp", "\xf2\xe9\x00\x01\x00\x00", JMP, TF),
	IS(BOTH, "R1 branch hint", "\x3e\x74\x10", JCC, TF),
	IS(BOTH, "R1 notrack jmp *reg", "\x3e\xff\xe0", JMP_REG, TF | ABS),
	IS(BOTH, "R1 gs mov", "\x65\x8b\x06", NONE, PLAIN),
	IS(BOTH, "R1 rep movs", "\xf3\xa4", NONE, PLAIN | REP),
	IS(BOTH, "R1 repne data16 scas", "\xf2\x66\xaf", NONE, PLAIN | REP),
	IS(BOTH, "R1 movs alone", "\xa5", NONE, PLAIN),
	IS(BOTH, "R1 rep without a string", "\xf3\x0f\xb8\xc0", NONE, PLAIN),
	IS(BOTH, "R1 lock inc", "\xf0\xff\x06", NONE, PLAIN),
	NOT(BOTH, "R1 lock jmp raises #UD", "\xf0\xeb\x00", TRAP),
	IS(BOTH, "R1 pause", "\xf3\x90", NONE, PLAIN),
	IS(BOTH, "R1 VEX with the opcode of Jcc", "\xc5\xf9\x70\xc0\x00", NONE, PLAIN),
	IS(BOTH, "R1 VEX with the opcode of CALL", "\xc5\xf9\xe8\xc0", NONE, PLAIN),
	IS(BOTH, "R1 VEX3 with the opcode of far CALL", "\xc4\xe2\x69\x9a\xc0", NONE, PLAIN),
	IS(BOTH, "R1 EVEX with the opcode of LOOPNE", "\x62\xf1\x7d\x48\xe0\xc0", NONE, PLAIN),
	IS(BOTH, "R1 0f38 with the opcode of UD2", "\x66\x0f\x38\x0b\xc0", NONE, PLAIN),
	IS(BOTH, "R1 0f3a with the opcode of POP SS", "\x66\x0f\x3a\x17\x06\x00", NONE, PLAIN),
	IS(MODE_64, "R1 rex call *reg", "\x41\xff\xd3", CALL_REG, TF | ABS | PUSHES),
	IS(MODE_64, "R1 rex.w ret", "\x48\xc3", RET, TF | ABS),
	IS(MODE_64, "R1 data16 rex.w call", "\x66\x48\xe8\x00\x00\x00\x00", CALL, TF | PUSHES),
	IS(MODE_32, "R1 data16 call", "\x66\xe8\x00\x00", CALL, PUSHES),
	IS(MODE_32, "R1 data16 call *mem", "\x66\xff\x16", CALL_MEM, TF | ABS | PUSHES),
	IS(MODE_64, "R1 rex2 pushf", "\xd5\x00\x9c", NONE, BP | TF | KPROBE_INSN_PUSHF),
	IS(MODE_64, "R1 rex2 jmp *reg", "\xd5\x10\xff\xe0", NONE, TF | ABS),
	IS(MODE_64, "R1 jmpabs", "\xd5\x00\xa1\x01\x02\x03\x04\x05\x06\x07\x08", NONE, TF | ABS),
	IS(MODE_64, "R1 rex2 hlt", "\xd5\x00\xf4", NOP, HALTS),
	NOT(MODE_64, "R1 rex2 syscall", "\xd5\x80\x05", LEAVES),
	NOT(BOTH, "R1 rep iret", "\xf3\xcf", LEAVES),
	NOT(BOTH, "R1 data16 int", "\x66\xcd\x80", TRAP),
	NOT(BOTH, "R1 five prefixes", "\x66\x67\xf3\x2e\x3e\x90", UNDECODABLE),
	NOT(MODE_64, "R1 prefix behind rex", "\x48\x66\x50", UNDECODABLE),
	NOT(MODE_64, "R1 rex behind rex", "\x48\x48\x50", UNDECODABLE),

	IS(BOTH, "R2 jng", "\x7e\x05", JCC, TF),
	IS(BOTH, "R2 jnle near", "\x0f\x8f\x00\x01\x00\x00", JCC, TF),

	IS(BOTH, "R3 call", "\xe8\x00\x01\x00\x00", CALL, TF | PUSHES),
	IS(BOTH, "R3 cs call", "\x2e\xe8\x00\x01\x00\x00", CALL, TF | PUSHES),
	IS(BOTH, "R3 call *reg", "\xff\xd1", CALL_REG, TF | ABS | PUSHES),
	IS(BOTH, "R3 cs call *reg", "\x2e\xff\xd1", CALL_REG, TF | ABS | PUSHES),
	IS(BOTH, "R3 call *mem", "\xff\x50\x10", CALL_MEM, TF | ABS | PUSHES),
	IS(MODE_64, "R3 call *rip", "\xff\x15\x00\x01\x00\x00", CALL_MEM,
	   TF | ABS | PUSHES | RIP),

	IS(BOTH, "R4 near jmp *mem", "\xff\x20", JMP_MEM, TF | ABS),
	NOT(BOTH, "R4 far jmp *mem", "\xff\x28", LEAVES),
	NOT(BOTH, "R4 far call *mem", "\xff\x18", LEAVES),
	NOT(BOTH, "R4 far jmp with a register", "\xff\xe8", LEAVES),
	NOT(MODE_64, "R4 far rex.w jmp *mem", "\x48\xff\x28", LEAVES),
	NOT(MODE_32, "R4 far jmp", "\xea\x00\x00\x00\x00\x10\x00", LEAVES),
	NOT(MODE_32, "R4 far call", "\x9a\x00\x00\x00\x00\x10\x00", LEAVES),
	IS(MODE_64, "R4 rex2 near jmp *mem", "\xd5\x10\xff\x20", NONE, TF | ABS),
	IS(MODE_64, "R4 rex2 near call *mem", "\xd5\x10\xff\x10", NONE, TF | ABS | PUSHES),
	NOT(MODE_64, "R4 rex2 far jmp *mem", "\xd5\x10\xff\x28", LEAVES),
	NOT(MODE_64, "R4 rex2 far call *mem", "\xd5\x08\xff\x18", LEAVES),
	NOT(MODE_64, "R4 rex2 far ret", "\xd5\x00\xcb", LEAVES),
	NOT(MODE_64, "R4 rex2 of the second map, lss for far jmp", "\xd5\x80\xff\x28", TRAP),
	IS(BOTH, "R4 VEX with the opcode of far jmp", "\xc5\xf9\xeb\xc0", NONE, PLAIN),
	IS(BOTH, "R4 inc of the same group", "\xff\x00", NONE, PLAIN),
	IS(BOTH, "R4 push of the same group", "\xff\x30", NONE, PLAIN),
	IS(BOTH, "R4 jmp through a segment", "\x65\xff\x20", NONE, TF | ABS),
	IS(MODE_32, "R4 jmp through 16-bit addressing", "\x67\xff\x20", NONE, TF | ABS),

	/* AMD's 16-bit branches in 64-bit mode, and its LOOPcc by prefix */
	NOT(MODE_64, "R28 data16 call", "\x66\xe8\x00\x00\x00\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 jmp", "\x66\xe9\x00\x00\x00\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 short jmp", "\x66\xeb\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 jcc", "\x66\x0f\x84\x00\x00\x00\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 short jcc", "\x66\x74\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 cs data16 short jcc", "\x2e\x66\x74\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 loop", "\x66\xe2\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 jrcxz", "\x66\xe3\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 ret", "\x66\xc3", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 ret imm", "\x66\xc2\x08\x00", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 call *reg", "\x66\xff\xd0", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 rex.b call *reg", "\x66\x41\xff\xd0", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 call *mem", "\x66\xff\x10", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 jmp *mem", "\x66\xff\x20", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 jmp *%gs:mem", "\x66\x65\xff\x20", AMBIGUOUS),
	NOT(MODE_64, "R28 data16 rex2 jmp *reg", "\x66\xd5\x10\xff\xe0", AMBIGUOUS),
	IS(MODE_64, "R28 data16 rex.w jmp", "\x66\x48\xe9\x00\x00\x00\x00", JMP, TF),
	IS(MODE_64, "R28 data16 rex.w jcc", "\x66\x48\x74\x00", JCC, TF),
	IS(MODE_64, "R28 data16 rex.w ret", "\x66\x48\xc3", RET, TF | ABS),
	IS(MODE_64, "R28 data16 rex.w jmp *mem", "\x66\x48\xff\x20", JMP_MEM, TF | ABS),
	IS(MODE_32, "R28 data16 jmp, in 32 bits", "\x66\xe9\x00\x00", JMP, 0),
	IS(MODE_32, "R28 data16 ret, in 32 bits", "\x66\xc3", RET, TF | ABS),
	NOT(BOTH, "R28 repz loopne", "\xf3\xe0\x10", AMBIGUOUS),
	NOT(BOTH, "R28 repnz loopne", "\xf2\xe0\x10", AMBIGUOUS),
	NOT(BOTH, "R28 repz loope", "\xf3\xe1\x10", AMBIGUOUS),
	NOT(BOTH, "R28 repnz loope", "\xf2\xe1\x10", AMBIGUOUS),
	NOT(BOTH, "R28 repz addr loope", "\xf3\x67\xe1\x10", AMBIGUOUS),
	NOT(BOTH, "R28 repz loop", "\xf3\xe2\x10", AMBIGUOUS),
	NOT(BOTH, "R28 repnz jcxz", "\xf2\xe3\x10", AMBIGUOUS),
	NOT(BOTH, "R28 lock near jmp, which TCG executes", "\xf0\xe9\x00\x01\x00\x00", TRAP),
	NOT(BOTH, "R28 lock call", "\xf0\xe8\x00\x01\x00\x00", TRAP),
	NOT(BOTH, "R28 lock ret", "\xf0\xc3", TRAP),
	NOT(BOTH, "R28 lock pushf", "\xf0\x9c", TRAP),
	NOT(BOTH, "R28 lock nop", "\xf0\x90", TRAP),
	IS(BOTH, "R28 cs loope", "\x2e\xe1\x10", LOOPE, TF),
	IS(BOTH, "R28 addr loopne", "\x67\xe0\x10", LOOPNE, TF),

	IS(BOTH, "nop", "\x90", NOP, PLAIN),
	IS(BOTH, "data16 nop", "\x66\x90", NOP, PLAIN),
	IS(BOTH, "long nop", "\x0f\x1f\x44\x00\x00", NOP, PLAIN),
	IS(BOTH, "endbr64", "\xf3\x0f\x1e\xfa", NOP, PLAIN),
	IS(BOTH, "endbr32", "\xf3\x0f\x1e\xfb", NOP, PLAIN),
	IS(BOTH, "rdssp is no nop", "\xf3\x0f\x1e\xc8", NONE, PLAIN),
	IS(MODE_64, "xchg r8, rax is no nop", "\x49\x90", NONE, PLAIN),
	/* Afterwards a CPU may be there for any length of time: r50. */
	IS(BOTH, "R50 hlt", "\xf4", NOP, HALTS),
	IS(BOTH, "R50 mwait", "\x0f\x01\xc9", NOP, HALTS),
	IS(BOTH, "R50 mwaitx", "\x0f\x01\xfb", NOP, HALTS),
	IS(BOTH, "R50 vmmcall", "\x0f\x01\xd9", NONE, BP | TF | HALTS),
	IS(BOTH, "R50 vmgexit", "\xf3\x0f\x01\xd9", NONE, BP | TF | HALTS),
	IS(BOTH, "R50 tdcall", "\x66\x0f\x01\xcc", NONE, BP | TF | HALTS),
	IS(BOTH, "monitor", "\x0f\x01\xc8", NONE, PLAIN),
	IS(BOTH, "push ax", "\x50", PUSH_REG, PLAIN),
	IS(BOTH, "pop sp", "\x5c", POP_REG, PLAIN),
	IS(BOTH, "push imm8", "\x6a\xff", PUSH_IMM, PLAIN),
	IS(BOTH, "data16 push imm16", "\x66\x68\x34\x12", PUSH_IMM, PLAIN),
	IS(BOTH, "mov reg, reg", "\x89\xd8", MOV_REG, PLAIN),
	IS(BOTH, "mov ah, al", "\x88\xc4", NONE, PLAIN),
	IS(BOTH, "mov mem", "\x89\x18", NONE, PLAIN),
	IS(BOTH, "mov ss", "\x8e\xd0", NONE, BOOST | BP),
	IS(BOTH, "mov gs", "\x8e\xe8", NONE, BOOST | TF),
	IS(BOTH, "swapgs", "\x0f\x01\xf8", NONE, BOOST | TF),
	IS(BOTH, "mov ds", "\x8e\xd8", NONE, PLAIN),
	IS(BOTH, "lidt", "\x0f\x01\x18", NONE, PLAIN),
	IS(BOTH, "wrmsr", "\x0f\x30", NONE, PLAIN),
	IS(BOTH, "mov cr3", "\x0f\x22\xd8", NONE, PLAIN),
	IS(BOTH, "in", "\xec", NONE, PLAIN),
	IS(BOTH, "clac", "\x0f\x01\xca", NONE, PLAIN),
	IS(BOTH, "xsave", "\x0f\xae\x20", NONE, PLAIN),
	IS(BOTH, "R50 vmcall", "\x0f\x01\xc1", NONE, BP | TF | HALTS),
	IS(BOTH, "xabort", "\xc6\xf8\x00", NONE, PLAIN),
	IS(BOTH, "leave", "\xc9", NONE, PLAIN),
	IS(BOTH, "pop mem", "\x8f\x00", NONE, PLAIN),
	IS(BOTH, "PadLock", "\xf3\x0f\xa7\xc8", NONE, PLAIN | REP),
	IS(MODE_64, "mov rip", "\x48\x8b\x05\x00\x01\x00\x00", NONE, PLAIN | RIP),
	IS(MODE_64, "wrgsbase", "\xf3\x48\x0f\xae\xd8", NONE, BOOST | TF),
	IS(MODE_32, "mov disp32", "\x8b\x05\x00\x01\x00\x00", NONE, PLAIN),
	IS(MODE_32, "inc eax", "\x40", NONE, PLAIN),
	IS(MODE_32, "dec edi", "\x4f", NONE, PLAIN),
	IS(MODE_32, "pusha", "\x60", NONE, PLAIN),
	IS(MODE_32, "popa", "\x61", NONE, PLAIN),
	IS(MODE_32, "bound", "\x62\x06", NONE, PLAIN),
	IS(MODE_32, "les", "\xc4\x06", NONE, PLAIN),
	IS(MODE_32, "lds", "\xc5\x06", NONE, PLAIN),
	IS(MODE_32, "aad", "\xd5\x0a", NONE, PLAIN),
	IS(MODE_32, "push cs", "\x0e", NONE, PLAIN),
	IS(MODE_32, "pop ss", "\x17", NONE, BOOST | BP),
	IS(BOTH, "pop fs", "\x0f\xa1", NONE, PLAIN),
	IS(BOTH, "pop gs", "\x0f\xa9", NONE, BOOST | TF),

	NOT(BOTH, "int3", "\xcc", BREAKPOINT),
	NOT(BOTH, "int 3 in two bytes", "\xcd\x03", TRAP),
	NOT(BOTH, "int1", "\xf1", TRAP),
	NOT(MODE_32, "into", "\xce", TRAP),
	NOT(BOTH, "ud2", "\x0f\x0b", TRAP),
	NOT(BOTH, "ud1", "\x67\x0f\xb9\x40\x0c", TRAP),
	NOT(BOTH, "ud0", "\x0f\xff\xc0", TRAP),
	NOT(MODE_64, "udb", "\xd6", TRAP),
	IS(MODE_32, "salc, which is udb in 64 bits", "\xd6", NONE, PLAIN),
	NOT(BOTH, "cpuid with Xen's mark", "\x0f\x0bxen\x0f\xa2", TRAP),
	NOT(BOTH, "cpuid with KVM's mark", "\x0f\x0bkvm\x0f\xa2", TRAP),
	NOT(BOTH, "iret", "\xcf", LEAVES),
	NOT(MODE_64, "iretq", "\x48\xcf", LEAVES),
	NOT(BOTH, "lret", "\xcb", LEAVES),
	NOT(BOTH, "lret imm", "\xca\x08\x00", LEAVES),
	NOT(BOTH, "syscall", "\x0f\x05", LEAVES),
	NOT(BOTH, "sysret", "\x0f\x07", LEAVES),
	NOT(BOTH, "sysenter", "\x0f\x34", LEAVES),
	NOT(BOTH, "sysexit", "\x0f\x35", LEAVES),
	NOT(BOTH, "getsec", "\x0f\x37", LEAVES),
	NOT(BOTH, "rsm", "\x0f\xaa", LEAVES),
	NOT(BOTH, "vmlaunch", "\x0f\x01\xc2", LEAVES),
	NOT(BOTH, "vmresume", "\x0f\x01\xc3", LEAVES),
	NOT(BOTH, "vmrun", "\x0f\x01\xd8", LEAVES),
	NOT(BOTH, "skinit", "\x0f\x01\xde", LEAVES),
	NOT(BOTH, "eretu", "\xf3\x0f\x01\xca", LEAVES),
	NOT(BOTH, "erets", "\xf2\x0f\x01\xca", LEAVES),
	NOT(BOTH, "uiret", "\xf3\x0f\x01\xec", LEAVES),
	NOT(BOTH, "xbegin", "\xc7\xf8\x00\x00\x00\x00", LEAVES),
#ifdef X86_XOP_M	/* the kernel's decoder knows it */
	IS(BOTH, "xop", "\x8f\xe9\x78\x12\xc0", NONE, PLAIN),
#else
	NOT(BOTH, "xop", "\x8f\xe9\x78\x12\xc0", UNDECODABLE),
#endif
	NOT(BOTH, "undocumented nop", "\x0f\x19\xc0", UNDECODABLE),
	NOT(BOTH, "undocumented nop, another", "\x0f\x1d\x00", UNDECODABLE),
	NOT(BOTH, "mov cr with a memory operand", "\x0f\x20\x40\x10", UNDECODABLE),
	NOT(BOTH, "seto with a prefix that it does not have", "\xf2\x0f\x90\xc0", UNDECODABLE),
	NOT(BOTH, "movq2dq with a prefix behind its own", "\xf3\x2e\x0f\xd6\xc0", UNDECODABLE),
	IS(BOTH, "movq2dq with one before", "\x2e\xf3\x0f\xd6\xc0", NONE, PLAIN),
	NOT(BOTH, "insertq", "\xf2\x0f\x78\xc0\x10\x10", UNDECODABLE),
	IS(BOTH, "vmread", "\x0f\x78\xc0", NONE, PLAIN),
	NOT(BOTH, "cut short", "\xe8\x00\x00", UNDECODABLE),
	NOT(BOTH, "nothing", "", UNDECODABLE),
	NOT(BOTH, "sixteen bytes",
	    "\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x2e" "\x2e\x2e\x2e\x2e\x2e\x2e\x2e\x90", UNDECODABLE),
};

static void check_fact(const struct fact *fact)
{
	struct kprobe_insn insn;
	enum kprobe_insn_error error;

	TEST("classify: %s (%s)", fact->name, hex((const u8 *)fact->bytes, fact->len)) {
		error = kprobe_classify(&insn, (const u8 *)fact->bytes, fact->len);
		if (error != fact->error)
			test_fail("error %d, not %d", error, fact->error);
		if (!error && insn.op != fact->op)
			test_fail("op %d, not %d", insn.op, fact->op);
		if (!error && insn.flags != fact->flags)
			test_fail("flags %x, not %x", insn.flags, fact->flags);
		if (!error && insn.len != fact->len)
			test_fail("length %d, not %d", insn.len, fact->len);
		if (!error && memcmp(insn.bytes, fact->bytes, fact->len))
			test_fail("bytes %s", hex(insn.bytes, insn.len));
	}
}

/* One byte less than there are must not be enough, and nothing is read beyond. */
static void check_cut_short(const struct fact *fact)
{
	struct kprobe_insn insn;
	u8 bytes[MAX_INSN_SIZE];
	u8 len;

	if (fact->error)
		return;
	for (len = 0; len < fact->len; len++) {
		memcpy(bytes, fact->bytes, len);
		memset(bytes + len, 0, sizeof(bytes) - len);
		if (kprobe_classify(&insn, bytes, len) != KPROBE_INSN_UNDECODABLE)
			test_fail("%s: %d bytes are enough", fact->name, len);
	}
}

void classify_tests(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(facts); i++) {
		if (facts[i].mode & THIS_MODE)
			check_fact(&facts[i]);
	}

	TEST("classify: an instruction that is cut short is undecodable") {
		for (i = 0; i < ARRAY_SIZE(facts); i++) {
			if (facts[i].mode & THIS_MODE)
				check_cut_short(&facts[i]);
		}
	}
}
