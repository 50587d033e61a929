// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <elf.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <linux/seccomp.h>

#include <asm/processor-flags.h>

#include <linux/kernel.h>
#include <linux/uaccess.h>

#include "native.h"
#include "premises.h"

static pid_t child;
static struct user_regs_struct user_regs;	/* with the segments of the child */
static u8 first_xstate[XSTATE_SIZE];
static size_t xstate_size;
static unsigned long sticky_flags;	/* ptrace cannot set them */
static u8 prepared[ARENA_SIZE];		/* of the arena, while the child is made ready */

_Static_assert(offsetof(struct pt_regs, ip) ==
#ifdef __x86_64__
	       offsetof(struct user_regs_struct, rip),
#else
	       offsetof(struct user_regs_struct, eip),
#endif
	       "struct pt_regs is laid out like what ptrace gives");

void die(const char *what)
{
	perror(what);
	exit(2);
}

/* A pipe refuses what cannot be read. */
bool host_read(void *dst, const void *src, size_t size)
{
	static int ends[2];

	if (!ends[1] && pipe(ends))
		die("pipe");
	return write(ends[1], src, size) == (ssize_t)size &&
	       read(ends[0], dst, size) == (ssize_t)size;
}

void map_shared(unsigned long addr, size_t size)
{
	void *map = mmap((void *)addr, size, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (map != (void *)addr)
		die("mmap");
}

static int wait_for_stop(void)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		die("waitpid");
	if (!WIFSTOPPED(status)) {
		fprintf(stderr, "the child is gone: status %x\n", status);
		exit(2);
	}
	return WSTOPSIG(status);
}

static size_t get_xstate(void *buf)
{
	struct iovec iov = { buf, XSTATE_SIZE };

	if (ptrace(PTRACE_GETREGSET, child, NT_X86_XSTATE, &iov))
		die("PTRACE_GETREGSET");
	return iov.iov_len;
}

static void set_xstate(void *buf, size_t size)
{
	struct iovec iov = { buf, size };

	if (ptrace(PTRACE_SETREGSET, child, NT_X86_XSTATE, &iov))
		die("PTRACE_SETREGSET");
}

/* The kernel writes to its area whenever the child was preempted. */
void unregister_rseq(void)
{
#if __has_include(<sys/rseq.h>)
	if (__rseq_size)
		syscall(SYS_rseq, (char *)__builtin_thread_pointer() + __rseq_offset,
			sizeof(struct rseq), RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
#endif
}

static void step(const struct pt_regs *regs, struct outcome *out);

/* A system call of the child. */
static long child_syscall(long nr, unsigned long arg1, unsigned long arg2)
{
#ifdef __x86_64__
	static const u8 code[] = { 0x0f, 0x05 };
#else
	static const u8 code[] = { 0xcd, 0x80 };
#endif
	struct outcome out;
	struct pt_regs regs;

	arena_reset(code, sizeof(code));
	sane_regs(&regs);
	regs.ax = nr;
#ifdef __x86_64__
	regs.di = arg1;
	regs.si = arg2;
#else
	regs.bx = arg1;
	regs.cx = arg2;
#endif
	step(&regs, &out);
	return out.regs.ax;
}

/*
 * Leave the child nothing but the arena and the slot, so that an instruction
 * that goes astray faults, and does so each time; and no system calls.
 */
static void confine(void)
{
	static const unsigned long ends[] = {
#ifdef __x86_64__
		0x7ffffffff000,
#else
		0xffffe000, 0xc0000000,	/* on a 64-bit kernel, on a 32-bit one */
#endif
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		unsigned long start = SLOT + SLOT_SIZE;

		if (!child_syscall(SYS_munmap, start, ends[i] - start))
			break;
	}
	if (i == ARRAY_SIZE(ends) ||
	    child_syscall(SYS_munmap, 0, ARENA) ||
	    child_syscall(SYS_munmap, ARENA + ARENA_SIZE, SLOT - ARENA - ARENA_SIZE) ||
	    (!getenv(EMULATED) &&
	     child_syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT))) {
		fprintf(stderr, "the child cannot be confined\n");
		exit(2);
	}
}

void native_map(void)
{
	map_shared(ARENA, ARENA_SIZE);
	map_shared(SLOT, SLOT_SIZE);
	quick_map();
}

void native_start(void)
{
	cpu_set_t cpu;

	if (child)
		return;
	/* On one CPU, since some instructions tell which it is. */
	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);

	child = fork();
	if (child < 0)
		die("fork");
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		unregister_rseq();
		asm volatile("int3");
	}
	wait_for_stop();
	if (ptrace(PTRACE_GETREGS, child, 0, &user_regs))
		die("PTRACE_GETREGS");
#ifdef __x86_64__
	user_regs.fs_base = DATA;
#endif
	xstate_size = get_xstate(first_xstate);
	/* Only what a test has prepared already is kept. */
	memcpy(prepared, (void *)ARENA, ARENA_SIZE);
	confine();
	memcpy((void *)ARENA, prepared, ARENA_SIZE);
}

void native_stop(void)
{
	if (!child)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

void arena_reset(const u8 *code, size_t len)
{
	static u64 pattern[ARENA_SIZE / sizeof(u64)];
	static bool is_made;
	size_t i;

	/* No word may be an address that raises #GP when one goes there. */
	for (i = 0; !is_made && i < ARRAY_SIZE(pattern); i++)
		pattern[i] = (0x010101010101 * (i % 0x7f) ^ i << 8) & 0x7fffffffffff;
	is_made = true;
	memcpy((void *)ARENA, pattern, ARENA_SIZE);
	memset((void *)(DATA + 0xc00), 0, 0x40);
	memcpy((void *)CODE, code, len);
}

/* With the segments of the child, if there is to be one. */
static void find_segments(void)
{
	enum premise i;

	for (i = 0; i < FIRST_SPECIAL_PREMISE; i++) {
		if (!premise_holds(i))
			return;
	}
	native_start();
}

void sane_regs(struct pt_regs *regs)
{
	find_segments();
	memcpy(regs, &user_regs, sizeof(*regs));
	regs->orig_ax = -1;	/* no system call to go back into */
	regs->ip = CODE;
	regs->sp = STACK;
	regs->flags = X86_EFLAGS_FIXED | X86_EFLAGS_IF | sticky_flags;
	regs->ax = (unsigned long)0x1122334455667788;
	regs->bx = DATA + 0x100;
	regs->cx = 5;
	regs->dx = regs->ss;
	regs->bp = DATA + 0x180;
	regs->si = DATA + 0x200;
	regs->di = DATA + 0x300;
#ifdef __x86_64__
	regs->r8 = DATA + 0x400;
	regs->r9 = 0x99;
	regs->r10 = 0xaaaaaaaaaaaaaaaa;
	regs->r11 = 0xbbbb;
	regs->r12 = DATA + 0x500;
	regs->r13 = DATA + 0x600;
	regs->r14 = 0xeeeeeeee;
	regs->r15 = -1;
#endif
}

static void go(int request, const struct pt_regs *regs, struct outcome *out)
{
	memcpy(&user_regs, regs, sizeof(*regs));
	set_xstate(first_xstate, xstate_size);
	if (ptrace(PTRACE_SETREGS, child, 0, &user_regs) || ptrace(request, child, 0, 0))
		die("ptrace");
	out->signal = wait_for_stop();

	struct user_regs_struct after;

	if (ptrace(PTRACE_GETREGS, child, 0, &after))
		die("PTRACE_GETREGS");
	memcpy(&out->regs, &after, sizeof(out->regs));
	sticky_flags = out->regs.flags & X86_EFLAGS_ID;
	out->xstate_size = get_xstate(out->xstate);
}

static void step(const struct pt_regs *regs, struct outcome *out)
{
	go(PTRACE_SINGLESTEP, regs, out);
	/* ptrace hides its TF, but not any more once it has stepped over a POPF. */
	out->regs.flags &= ~X86_EFLAGS_TF;
}

static void run_to_breakpoint(const struct pt_regs *regs, struct outcome *out)
{
	go(PTRACE_CONT, regs, out);
	if (out->signal == SIGTRAP)
		out->regs.ip--;
}

static struct run native_runs[MAX_RUNS];

static void execute(struct run *run)
{
	memcpy((void *)SLOT, run->slot, SLOT_BYTES);
	if (!run->step) {
		run_to_breakpoint(&run->regs, &run->out);
		return;
	}
	step(&run->regs, &run->out);
	while (run->goes_on && run->out.signal == SIGTRAP && run->out.regs.ip == run->again)
		step(&run->out.regs, &run->out);
}

static bool native_execute(unsigned int nr, const u64 *image)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		execute(&native_runs[i]);
		changes_note(&native_runs[i].out.changes, image);
		changes_undo(&native_runs[i].out.changes, image);
	}
	return true;
}

const struct engine native_engine = { native_runs, native_execute };
