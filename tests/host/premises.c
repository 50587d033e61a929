// SPDX-License-Identifier: GPL-2.0
/*
 * Check what the native tests assume of this machine, and print it: a line
 *
 *	premise NAME holds|does not hold|is switched off: WHAT WAS SEEN
 *
 * for each line of premises.h. This is a program of its own, without sanitizers, so
 * that it says what it has seen wherever a program of its width starts at all.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/seccomp.h>

#include <asm/processor-flags.h>

#include "premises.h"
#include "quick.h"

#ifdef __x86_64__
#define IP	rip
#define SP	rsp
#define AX	rax
#define CX	rcx
#define FLAGS	eflags
#define ORIG_AX	orig_rax
#define GREG_FLAGS	REG_EFL
#else
#define IP	eip
#define SP	esp
#define AX	eax
#define CX	ecx
#define FLAGS	eflags
#define ORIG_AX	orig_eax
#define GREG_FLAGS	REG_EFL
#endif

#define NOP		0x90
#define PLAIN_FLAGS	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
			 X86_EFLAGS_SF | X86_EFLAGS_DF | X86_EFLAGS_OF)

static char seen[200];

/* What was seen, for the list. Returns false, as most of it is bad. */
__attribute__((format(printf, 1, 2))) static bool see(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(seen, sizeof(seen), fmt, args);
	va_end(args);
	return false;
}

/* In a process of its own, which may die: its exit status, or 128 and a signal. */
static int in_child(int (*function)(void))
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return 255;
	if (!pid)
		_exit(function());
	if (waitpid(pid, &status, 0) != pid)
		return 255;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool map_at(unsigned long addr, size_t size)
{
	return mmap((void *)addr, size, PROT_READ | PROT_WRITE | PROT_EXEC,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == (void *)addr;
}

static int map_all(void)
{
	return !map_at(ARENA, ARENA_SIZE) || !map_at(SLOT, SLOT_SIZE) ||
	       !map_at(QUICK_CODE, QUICK_CODE_SIZE) ||
	       !map_at(QUICK_DATA, (sizeof(struct quick_memory) + 4095) & -4096UL);
}

static bool check_arena(void)
{
	if (in_child(map_all))
		return see("something else is mapped there");
	if (!map_at(ARENA, ARENA_SIZE))
		return see("it cannot be mapped");
	see("%lx, %lx and %lx can be mapped", ARENA, SLOT, (unsigned long)QUICK_CODE);
	return true;
}

/* A child that is traced: it executes what is at CODE, from registers of its own. */
static pid_t traced;
static struct user_regs_struct first;

static bool check_ptrace(void)
{
	static uint8_t xstate[XSTATE_SIZE];
	struct iovec iov = { xstate, sizeof(xstate) };
	int status;

	traced = fork();
	if (!traced) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(1);
		asm volatile("int3");
		_exit(1);
	}
	if (traced < 0 || waitpid(traced, &status, 0) != traced || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_GETREGS, traced, 0, &first)) {
		traced = 0;
		return see("a child cannot be traced");
	}
	if (ptrace(PTRACE_GETREGSET, traced, NT_X86_XSTATE, &iov))
		return see("its extended state cannot be read");
	see("a child is traced, %zu bytes of extended state", iov.iov_len);
	return true;
}

static int be_confined(void)
{
	struct sock_filter filter[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int be_confined_strictly(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT))
		return 1;
	syscall(SYS_exit, 0);
	return 1;
}

static bool check_seccomp(void)
{
	if (getenv(EMULATED)) {
		see("it is not needed here");
		return true;
	}
	if (in_child(be_confined) || in_child(be_confined_strictly))
		return see("the kernel does not do it");
	see("strictly, or with a filter");
	return true;
}

/* One step of the traced child with these registers, which it returns: the signal, or -1. */
static int step_with(struct user_regs_struct *regs)
{
	int status;

	if (ptrace(PTRACE_SETREGS, traced, 0, regs) || ptrace(PTRACE_SINGLESTEP, traced, 0, 0) ||
	    waitpid(traced, &status, 0) != traced || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_GETREGS, traced, 0, regs))
		return -1;
	return WSTOPSIG(status);
}

/* One from CODE, with @cx and @flags; registers go to @regs. */
static int step(const void *code, size_t len, unsigned long cx, unsigned long flags,
		struct user_regs_struct *regs)
{
	memset((void *)CODE, NOP, 64);
	memcpy((void *)CODE, code, len);
	memcpy((void *)STACK, &(unsigned long){ CODE + 0x40 }, sizeof(long));
	*regs = first;
	regs->IP = CODE;
	regs->SP = STACK;
	regs->AX = CODE + 0x40;
	regs->CX = cx;
	regs->FLAGS = X86_EFLAGS_FIXED | X86_EFLAGS_IF | flags;
	regs->ORIG_AX = -1;
	return step_with(regs);
}

struct insn_case {
	const char *name;
	uint8_t code[10], len;
	long to;	/* from CODE */
};

/* After the one instruction, and nowhere else. Faults are for another test. */
static bool traps_after(const struct insn_case *insns, size_t nr)
{
	struct user_regs_struct regs;
	size_t i;

	for (i = 0; i < nr; i++) {
		int sig = step(insns[i].code, insns[i].len, 5, 0, &regs);

		if (sig == SIGILL || sig == SIGSEGV)
			continue;
		if (sig != SIGTRAP)
			return see("%s: signal %d", insns[i].name, sig);
		if (regs.IP != CODE + insns[i].to)
			return see("after %s the trap came at +%ld, not at +%ld", insns[i].name,
				   (long)(regs.IP - CODE), insns[i].to);
	}
	see("%s to %s", insns[0].name, insns[nr - 1].name);
	return true;
}

static bool check_trap_flag(void)
{
	static const struct insn_case insns[] = {
		{ "NOP", { 0x90 }, 1, 1 }, { "PUSH", { 0x50 }, 1, 1 },
		{ "PUSHF", { 0x9c }, 1, 1 }, { "JMP", { 0xeb, 0x10 }, 2, 0x12 },
		{ "CALL", { 0xe8, 0x10, 0, 0, 0 }, 5, 0x15 }, { "RET", { 0xc3 }, 1, 0x40 },
		{ "JMP *reg", { 0xff, 0xe0 }, 2, 0x40 }, { "LOOP", { 0xe2, 0x10 }, 2, 0x12 },
		{ "FNOP", { 0xd9, 0xd0 }, 2, 2 },
	};

	return traps_after(insns, ARRAY_SIZE(insns));
}

/* What a hypervisor may emulate, and the kernel for user space. */
static bool check_trap_below(void)
{
	static const struct insn_case insns[] = {
		{ "CPUID", { 0x0f, 0xa2 }, 2, 2 }, { "RDTSC", { 0x0f, 0x31 }, 2, 2 },
		{ "RDTSCP", { 0x0f, 0x01, 0xf9 }, 3, 3 }, { "PAUSE", { 0xf3, 0x90 }, 2, 2 },
		{ "XGETBV", { 0x0f, 0x01, 0xd0 }, 3, 3 },
	};

	return traps_after(insns, ARRAY_SIZE(insns));
}

static volatile unsigned int own_traps;

static void count_trap(int sig)
{
	(void)sig;
	own_traps++;
}

#define OWN_RUNS	200
#define OWN_INSNS	12	/* from behind the POPF that sets TF to the one that clears it */

/* Eleven instructions of several kinds, and how often each run of them has trapped. */
static int trap_each(void)
{
	unsigned int i;
	long word = 0;

	if (signal(SIGTRAP, count_trap) == SIG_ERR)
		return 255;
	for (i = 0; i < OWN_RUNS && own_traps == i * OWN_INSNS; i++) {
#ifdef __x86_64__
		asm volatile("sub $128, %%rsp; pushfq; orl $0x100, (%%rsp); popfq\n\t"
			     "nop; push %%rax; pop %%rax; lock incl %0; call 1f\n1:\tpop %%rax\n\t"
			     "test %%eax, %%eax; js 2f\n2:\tmov %0, %%eax\n\t"
			     "pushfq; andl $~0x100, (%%rsp); popfq; add $128, %%rsp"
			     : "+m" (word) : : "rax", "cc", "memory");
#else
		asm volatile("pushfl; orl $0x100, (%%esp); popfl\n\t"
			     "nop; push %%eax; pop %%eax; lock incl (%0); call 1f\n1:\tpop %%eax\n\t"
			     "test %%eax, %%eax; js 2f\n2:\tmov (%0), %%eax\n\t"
			     "pushfl; andl $~0x100, (%%esp); popfl"
			     : : "r" (&word) : "eax", "cc", "memory");
#endif
	}
	return i < OWN_RUNS || own_traps != OWN_RUNS * OWN_INSNS;
}

static bool check_own_traps(void)
{
	int result = in_child(trap_each);

	if (result)
		return see("a program that sets its trap flag %s", result > 1 ? "dies" :
			   "does not trap after each instruction");
	see("%u traps after %u instructions", OWN_RUNS * OWN_INSNS, OWN_RUNS * OWN_INSNS);
	return true;
}

static volatile unsigned long flags_in_handler;

static void keep_flags(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	flags_in_handler = ((ucontext_t *)context)->uc_mcontext.gregs[GREG_FLAGS];
}

static unsigned long flags_wanted;

/* Bit 0: the handler has not seen them; 1: they are not there after it; 2: nor after a call. */
static int flags_through_a_signal(void)
{
	const struct sigaction action = { .sa_sigaction = keep_flags, .sa_flags = SA_SIGINFO };
	unsigned long after, after_call, nr = SYS_getpid;
	unsigned long mask = flags_wanted;

	if (sigaction(SIGTRAP, &action, NULL))
		return 8;
#ifdef __x86_64__
	asm volatile("sub $128, %%rsp; push %2; popf; int3; pushf; pop %0; push %2; popf; syscall\n\t"
		     "pushf; pop %1; push %4; popf; add $128, %%rsp"
		     : "=&r" (after), "=&r" (after_call), "+r" (mask), "+a" (nr) : "r" (2UL)
		     : "rcx", "r11", "memory", "cc");
#else
	asm volatile("push %2; popf; int3; pushf; pop %0; push %2; popf; int $0x80\n\t"
		     "pushf; pop %1; push $2; popf"
		     : "=&r" (after), "=&r" (after_call), "+r" (mask), "+a" (nr) :
		     : "memory", "cc");
#endif
	return ((flags_in_handler & flags_wanted) != flags_wanted) |
	       ((after & flags_wanted) != flags_wanted) << 1 |
	       ((after_call & flags_wanted) != flags_wanted) << 2;
}

static bool flags_survive(unsigned long flags)
{
	struct user_regs_struct regs;
	int lost;

	if (!traced || step("\x90", 1, 0, flags, &regs) != SIGTRAP)
		return see("no step with flags %lx", flags);
	if ((regs.FLAGS & flags) != flags)
		return see("ptrace sets %lx and finds %lx", flags, (long)regs.FLAGS & flags);
	flags_wanted = flags;
	lost = in_child(flags_through_a_signal);
	if (lost)
		return see("of %lx some are lost in %s (%d)", flags,
			   lost > 7 ? "a process that dies" :
			   lost & 3 ? "a signal" : "a system call", lost);
	see("%lx through ptrace, a signal and a system call", flags);
	return true;
}

static bool check_flags(void)
{
	return flags_survive(PLAIN_FLAGS) && flags_survive(X86_EFLAGS_PF | X86_EFLAGS_ZF);
}

static bool check_nested_task(void)
{
	return flags_survive(X86_EFLAGS_NT);
}

static bool check_fresh_code(void)
{
	struct user_regs_struct regs;
	unsigned int i;

	for (i = 0; i < 1000; i++) {
		const uint8_t code[] = { 0xeb, i % 0x70 };

		if (step(code, 2, 0, 0, &regs) != SIGTRAP || regs.IP != CODE + 2 + i % 0x70)
			return see("the child ran what was there before");
	}
	see("%u times", i);
	return true;
}

/* The same branch, by the same distance, with each prefix. */
static bool check_prefixes(void)
{
	static const uint8_t prefixes[] = { 0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0xf2, 0xf3 };
	static const struct insn_case insns[] = {
		{ "JMP", { 0xeb, 0x10 }, 2, 0x12 }, { "JNZ", { 0x75, 0x10 }, 2, 0x12 },
		{ "JZ", { 0x74, 0x10 }, 2, 2 }, { "near JNZ", { 0x0f, 0x85, 0x10 }, 6, 0x16 },
		{ "near JMP", { 0xe9, 0x10 }, 5, 0x15 }, { "CALL", { 0xe8, 0x10 }, 5, 0x15 },
		{ "RET", { 0xc3 }, 1, 0x3f }, { "JMP *reg", { 0xff, 0xe0 }, 2, 0x3f },
		{ "PUSH", { 0x50 }, 1, 1 }, { "POP", { 0x58 }, 1, 1 },
		{ "PUSHF", { 0x9c }, 1, 1 }, { "MOV", { 0x89, 0xc0 }, 2, 2 },
		{ "NOP", { 0x0f, 0x1f, 0xc0 }, 3, 3 },
	};
	struct user_regs_struct regs;
	size_t i, p;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		for (p = 0; p < ARRAY_SIZE(prefixes); p++) {
			uint8_t code[12] = { prefixes[p] };

			memcpy(code + 1, insns[i].code, insns[i].len);
			if (step(code, insns[i].len + 1, 5, 0, &regs) != SIGTRAP ||
			    regs.IP != CODE + 1 + insns[i].to)
				return see("%02x changes %s", prefixes[p], insns[i].name);
		}
	}
	see("%zu prefixes change none of %zu instructions", p, i);
	return true;
}

static bool check_canonical(void)
{
#ifdef __x86_64__
	static const uint8_t code[] = { 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0x7f, 0, 0xff, 0xe0 };
	struct user_regs_struct regs;

	if (step(code, sizeof(code), 0, 0, &regs) != SIGTRAP)
		return see("no step");
	regs.IP = CODE + 10;
	if (step_with(&regs) < 0)
		return see("no step");
	if (regs.IP != CODE + 10)
		return see("a jump to %llx is none to a bad address", (long long)regs.IP);
#endif
	see("%s", sizeof(long) == 8 ? "a jump to 7f000000000000 faults" : "of no concern here");
	return true;
}

static bool check_ret_immediate(void)
{
	struct user_regs_struct regs;

	if (step("\xc2\x00\x80", 3, 0, 0, &regs) != SIGTRAP ||
	    regs.SP != STACK + sizeof(long) + 0x8000)
		return see("RET $0x8000 leaves SP %ld bytes higher", (long)(regs.SP - STACK));
	see("RET $0x8000 drops so many bytes");
	return true;
}

/* What is below may want to use it when the program is interrupted. */
static bool check_stack(void)
{
#ifdef __x86_64__
	static const unsigned long sp = 0xf1e2d3c4b5a69788;
	struct user_regs_struct regs;
	int sig;

	if (step("\x90", 1, 0, 0, &regs) != SIGTRAP)
		return see("no step");
	regs.SP = sp;
	sig = step_with(&regs);
	if (sig != SIGTRAP)
		return see("with %lx in it a NOP ends in signal %d", sp, sig);
#endif
	see("%s", sizeof(long) == 8 ? "a NOP runs with one that is no address" :
				      "of no concern here");
	return true;
}

static bool check_loop_prefix(void)
{
	static const struct {
		const char *name;
		uint8_t code[3];
		bool zf, jumps;
	} insns[] = {
		{ "F3 E0", { 0xf3, 0xe0, 0x10 }, false, true },
		{ "F3 E0", { 0xf3, 0xe0, 0x10 }, true, false },
		{ "F2 E1", { 0xf2, 0xe1, 0x10 }, false, false },
		{ "F2 E1", { 0xf2, 0xe1, 0x10 }, true, true },
		{ "F2 E2", { 0xf2, 0xe2, 0x10 }, true, true },
		{ "F3 E2", { 0xf3, 0xe2, 0x10 }, false, true },
		{ "F2 E3", { 0xf2, 0xe3, 0x10 }, true, false },
	};
	struct user_regs_struct regs;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(insns); i++) {
		if (step(insns[i].code, 3, 5, insns[i].zf ? X86_EFLAGS_ZF : 0, &regs) != SIGTRAP ||
		    regs.IP != CODE + 3 + (insns[i].jumps ? 0x10 : 0))
			return see("%s with ZF %d does not do what the opcode says",
				   insns[i].name, insns[i].zf);
	}
	see("LOOPcc go by the opcode");
	return true;
}

static bool check_data16(void)
{
#ifdef __x86_64__
	static const uint8_t code[] = { 0x66, 0xe9, 0x10, 0, 0, 0 };
	struct user_regs_struct regs;
	int sig = step(code, sizeof(code), 0, 0, &regs);

	if (sig != SIGTRAP || regs.IP != CODE + 0x16)
		return see("66 E9 goes to %llx", (long long)regs.IP);
	see("66 E9 is E9");
#else
	see("of no concern here");
#endif
	return true;
}

static const char *const names[NR_PREMISES] = {
#define PREMISE(id, name)	name,
	FOR_EACH_PREMISE(PREMISE)
#undef PREMISE
};

static bool (*const functions[NR_PREMISES])(void) = {
	[PREMISE_ARENA]		= check_arena,
	[PREMISE_PTRACE]	= check_ptrace,
	[PREMISE_SECCOMP]	= check_seccomp,
	[PREMISE_TRAP_FLAG]	= check_trap_flag,
	[PREMISE_FLAGS]		= check_flags,
	[PREMISE_FRESH_CODE]	= check_fresh_code,
	[PREMISE_TRAP_BELOW]	= check_trap_below,
	[PREMISE_OWN_TRAPS]	= check_own_traps,
	[PREMISE_NT]		= check_nested_task,
	[PREMISE_PREFIXES]	= check_prefixes,
	[PREMISE_CANONICAL]	= check_canonical,
	[PREMISE_RET_IMM]	= check_ret_immediate,
	[PREMISE_STACK]		= check_stack,
	[PREMISE_LOOP_PREFIX]	= check_loop_prefix,
	[PREMISE_DATA16]	= check_data16,
};

static bool is_off(const char *name)
{
	const char *at = getenv("PREMISES_OFF");
	size_t len = strlen(name);

	for (; at && *at; at += strcspn(at, ","), at += *at == ',') {
		if (!strncmp(at, name, len) && (!at[len] || at[len] == ','))
			return true;
	}
	return false;
}

int main(void)
{
	bool holds, can_step = true;
	unsigned int i;

	for (i = 0; i < NR_PREMISES; i++) {
		seen[0] = 0;
		/* Without the first two nothing can be stepped. */
		holds = i > PREMISE_SECCOMP && !can_step ? see("it cannot be checked") :
							   functions[i]();
		if (i <= PREMISE_PTRACE)
			can_step &= holds;
		printf("premise %s %s: %s\n", names[i],
		       is_off(names[i]) ? "is switched off" :
		       holds ? "holds" : "does not hold", seen);
	}
	if (traced)
		kill(traced, SIGKILL);
	return 0;
}
