// SPDX-License-Identifier: GPL-2.0
/*
 * See stepper.h. The kernel clears the trap flag for the handler of its signal and sets it
 * again on return, so the handler itself is not stepped. Compiled without a red zone.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <ucontext.h>

#include "stepper.h"

/* What runs after an instruction that is stepped now, and how often it has. */
static void (*volatile interrupt)(void);
static volatile unsigned long nr_interrupts;
static volatile bool run_on;

#define TF	0x100

static void on_trap(int signal, siginfo_t *info, void *context)
{
	ucontext_t *at = context;
	void (*after)(void) = interrupt;
	unsigned long nr = nr_interrupts;

	(void)signal;
	(void)info;
	interrupt = NULL;
	run_on = false;
	after();
	if (run_on)
		at->uc_mcontext.gregs[REG_EFL] &= ~TF;
	run_on = false;
	interrupt = after;
	nr_interrupts = nr + 1;
}

void stepper_run_on(void)
{
	run_on = true;
}

static void take_traps(void)
{
	struct sigaction action = {
		.sa_sigaction = on_trap,
		.sa_flags = SA_NODEFER | SA_SIGINFO,
	};

	if (sigaction(SIGTRAP, &action, NULL))
		exit(2);
}

#ifdef __x86_64__
#define SET_TF		"pushfq; orl $0x100, (%%rsp); popfq"
#define CLEAR_TF	"pushfq; andl $~0x100, (%%rsp); popfq"
#define ALL_CLOBBERED	"rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", \
			"memory", "cc"
#else
#define SET_TF		"pushfl; orl $0x100, (%%esp); popfl"
#define CLEAR_TF	"pushfl; andl $~0x100, (%%esp); popfl"
#define ALL_CLOBBERED	"eax", "ecx", "edx", "memory", "cc"
#endif

/* With the stack aligned as for any call. */
static __attribute__((noinline)) void call_stepped(void (*function)(void))
{
	asm volatile(SET_TF "\n\tcall *%0\n\t" CLEAR_TF : : "b" (function) : ALL_CLOBBERED);
}

unsigned long stepper_run(void (*function)(void), void (*after)(void))
{
	void (*outer)(void) = interrupt;
	unsigned long nr = nr_interrupts, run;

	take_traps();
	interrupt = after;
	nr_interrupts = 0;
	call_stepped(function);
	run = nr_interrupts;
	interrupt = outer;
	nr_interrupts = nr;
	return run;
}
