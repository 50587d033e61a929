// SPDX-License-Identifier: GPL-2.0
/*
 * The test's side of the quick child: some ten microseconds a case, where ptrace
 * takes a few hundred. The child may be hurt by what it runs, in 32 bits above all,
 * where an address at random may be that of what it shares with the test; so what
 * it says is wrong is done again under ptrace. If it is gone, there is another one.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <linux/kernel.h>

#include "premises.h"
#include "quick.h"

#define PAGE		4096UL
#define PATIENCE_MS	(60 * 1000)

#ifdef __x86_64__
#define STACK_POINTER	"rsp"
#else
#define STACK_POINTER	"esp"
#endif

#define HWCAP2_FSGSBASE	2

#ifndef SA_RESTORER
#define SA_RESTORER	0x04000000
#endif

static pid_t child;
static int to_child, from_child;

/* A function of executor.c, where it is in the child. */
static unsigned long in_child(void (*function)(void))
{
	return QUICK_CODE + ((u8 *)function - __start_executor);
}

static void set_handler(int sig)
{
	/* The kernel's struct sigaction: glibc would have its own restorer in it. */
	struct {
		unsigned long handler, flags, restorer;
		u64 mask;
	} action = {
		.handler = in_child((void (*)(void))executor_handler),
		.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTORER,
		.restorer = in_child(executor_restorer),
		.mask = ~0ULL,
	};

	if (syscall(SYS_rt_sigaction, sig, &action, NULL, sizeof(action.mask)))
		die("rt_sigaction");
}

static void set_handlers(void)
{
	static const int signals[] = { SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE };
	const stack_t stack = {
		.ss_sp = quick->signal_stack,
		.ss_size = QUICK_STACK,
	};
	sigset_t none;
	size_t i;

	if (sigaltstack(&stack, NULL))
		die("sigaltstack");
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		set_handler(signals[i]);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* An instruction that goes astray does no harm. */
static void allow_few_system_calls(void)
{
#define ALLOW(nr)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),	\
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		ALLOW(SYS_read),
		ALLOW(SYS_write),
		ALLOW(SYS_munmap),
		ALLOW(SYS_rt_sigreturn),
#ifdef __x86_64__
		ALLOW(SYS_arch_prctl),
#endif
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog program = { ARRAY_SIZE(filter), filter };

	if (getenv(EMULATED))
		return;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		die("seccomp");
}

__attribute__((noreturn)) static void be_child(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	unregister_rseq();
	set_handlers();
	allow_few_system_calls();
	asm volatile("mov %0, %%" STACK_POINTER "; jmp *%1"
		     : : "r" (quick->stack + QUICK_STACK - 64 - sizeof(long)),
		     "r" (in_child(executor_main)));
	__builtin_unreachable();
}

static void start_child(void)
{
	int go[2], done[2];

	if (pipe(go) || pipe(done))
		die("pipe");
	quick->go = go[0];
	quick->done = done[1];
	memset(quick->home, 0, sizeof(quick->home));
	fflush(stdout);
	child = fork();
	if (child < 0)
		die("fork");
	if (!child)
		be_child();
	close(go[0]);
	close(done[1]);
	to_child = go[1];
	from_child = done[0];
}

static void end_child(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(to_child);
	close(from_child);
}

void quick_map(void)
{
	const struct hole holes[] = {
		{ 0, ARENA },
		{ ARENA + ARENA_SIZE, SLOT },
		{ SLOT + SLOT_SIZE, QUICK_CODE },
		{ (QUICK_DATA + sizeof(*quick) + PAGE - 1) & -PAGE,
#ifdef __x86_64__
		  0x7ffffffff000 },
#else
		  0xc0000000 },
		{ 0xc0000000, 0xffffe000 },	/* on a 64-bit kernel */
#endif
	};

	signal(SIGPIPE, SIG_IGN);
	map_shared(QUICK_CODE, QUICK_CODE_SIZE);
	map_shared(QUICK_DATA, (sizeof(*quick) + PAGE - 1) & -PAGE);
	if (__stop_executor - __start_executor > QUICK_CODE_SIZE)
		die("the executor is too large");
	memcpy((void *)QUICK_CODE, __start_executor, __stop_executor - __start_executor);
	if (mprotect((void *)QUICK_CODE, QUICK_CODE_SIZE, PROT_READ | PROT_EXEC))
		die("mprotect");
	memcpy(quick->holes, holes, sizeof(holes));
	quick->has_fsgsbase = getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE;
}

/* The child is on the CPU of the first one: see native_start(). */
void quick_start(void)
{
	if (!child)
		start_child();
}

void quick_stop(void)
{
	if (child)
		end_child();
}

/* The fuzzer has a timer, which interrupts. */
static bool has_answered(void)
{
	struct pollfd answer = { .fd = from_child, .events = POLLIN };
	int ready;

	do {
		ready = poll(&answer, 1, PATIENCE_MS);
	} while (ready < 0 && errno == EINTR);
	return ready == 1;
}

static bool quick_execute(unsigned int nr, const u64 *image)
{
	char byte = 0;

	memcpy(quick->image, image, ARENA_SIZE);
	quick->nr = nr;
	if (write(to_child, &byte, 1) == 1 && has_answered() &&
	    read(from_child, &byte, 1) == 1)
		return true;
	end_child();
	start_child();
	memcpy((void *)ARENA, image, ARENA_SIZE);
	return false;
}

const struct engine quick_engine = { quick->runs, quick_execute };
