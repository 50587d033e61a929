// SPDX-License-Identifier: GPL-2.0
/*
 * What runs in the quick child, with nothing mapped but itself, what it shares with
 * the test, the arena and the slot. It is copied to QUICK_CODE, so it calls nothing
 * outside of this file, and has no data but at QUICK_DATA.
 *
 * A run begins with a breakpoint, whose handler keeps the child's own registers and
 * returns to those of the run. It ends with whatever signal comes next, whose
 * handler keeps what the run has left and returns to the child's own.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>
#include <sys/syscall.h>

#include <asm/prctl.h>
#include <asm/processor-flags.h>

#include "quick.h"

#define EXECUTOR	__attribute__((section("executor"), noipa))
#define INLINE		static inline __attribute__((always_inline))

#define TRAP_BREAKPOINT	3

/* The signal frame's extended state: bytes 464 and on of the FXSAVE area. */
#define FX_MAGIC_AT	464
#define FX_MAGIC	0x46505853
#define FX_SIZE_AT	480
#define FX_LEGACY_SIZE	512
#define FX_XMM_AT	160
#define FX_XMM_SIZE	256
#define FX_IN_USE_AT	512
#define FX_IN_USE_SSE	2

#ifdef __x86_64__
#define FX_AT		0
#define IP		REG_RIP
#else
#define FX_AT		112	/* behind an FSAVE area */
#define IP		REG_EIP
#endif

#ifdef __x86_64__
INLINE long system_call(long nr, unsigned long arg1, unsigned long arg2, unsigned long arg3)
{
	long result;

	asm volatile("syscall" : "=a" (result)
		     : "a" (nr), "D" (arg1), "S" (arg2), "d" (arg3)
		     : "rcx", "r11", "memory");
	return result;
}
#else
INLINE long system_call(long nr, unsigned long arg1, unsigned long arg2, unsigned long arg3)
{
	long result;

	asm volatile("int $0x80" : "=a" (result)
		     : "a" (nr), "b" (arg1), "c" (arg2), "d" (arg3)
		     : "memory");
	return result;
}
#endif

INLINE void copy(void *to, const void *from, size_t size)
{
	asm volatile("rep movsb" : "+D" (to), "+S" (from), "+c" (size) : : "memory");
}

/* What a run may have done to the segments, and a signal's return does not undo. */
#ifdef __x86_64__
INLINE bool has_own_bases(void)
{
	unsigned long fs, gs;

	if (!quick->has_fsgsbase)
		return true;
	asm volatile("rdfsbase %0; rdgsbase %1" : "=r" (fs), "=r" (gs));
	return fs != DATA || gs;
}

INLINE bool has_own_selectors(void)
{
	unsigned int ds, es, fs, gs;

	asm volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
		     : "=r" (ds), "=r" (es), "=r" (fs), "=r" (gs));
	return ds || es || fs || gs;
}

INLINE void reset_segments(void)
{
	if (!has_own_selectors() && !has_own_bases())
		return;
	system_call(SYS_arch_prctl, ARCH_SET_FS, DATA, 0);
	system_call(SYS_arch_prctl, ARCH_SET_GS, 0, 0);
	asm volatile("mov %0, %%ds; mov %0, %%es" : : "r" (0));
}
#else
INLINE void reset_segments(void)
{
}
#endif

#ifdef __x86_64__
#define FOR_EACH_REG(do)							\
	do(ax, REG_RAX) do(bx, REG_RBX) do(cx, REG_RCX) do(dx, REG_RDX)	\
	do(si, REG_RSI) do(di, REG_RDI) do(bp, REG_RBP) do(sp, REG_RSP)	\
	do(r8, REG_R8) do(r9, REG_R9) do(r10, REG_R10) do(r11, REG_R11)	\
	do(r12, REG_R12) do(r13, REG_R13) do(r14, REG_R14) do(r15, REG_R15)	\
	do(ip, REG_RIP) do(flags, REG_EFL)
#else
#define FOR_EACH_REG(do)							\
	do(ax, REG_EAX) do(bx, REG_EBX) do(cx, REG_ECX) do(dx, REG_EDX)	\
	do(si, REG_ESI) do(di, REG_EDI) do(bp, REG_EBP) do(sp, REG_ESP)	\
	do(ip, REG_EIP) do(flags, REG_EFL) do(cs, REG_CS) do(ss, REG_SS)	\
	do(ds, REG_DS) do(es, REG_ES) do(fs, REG_FS) do(gs, REG_GS)
#endif

INLINE void load_regs(greg_t *gregs, const struct run *run)
{
#define LOAD(name, nr)	gregs[nr] = run->regs.name;
	FOR_EACH_REG(LOAD)
#undef LOAD
	if (run->step)
		gregs[REG_EFL] |= X86_EFLAGS_TF;
}

INLINE void keep_regs(struct pt_regs *regs, const greg_t *gregs)
{
#define KEEP(name, nr)	regs->name = gregs[nr];
	FOR_EACH_REG(KEEP)
#undef KEEP
#ifdef __x86_64__
	regs->cs = (u16)gregs[REG_CSGSFS];
	regs->ss = (u64)gregs[REG_CSGSFS] >> 48;
#endif
}

INLINE size_t xstate_size(const u8 *fx)
{
	if (*(u32 *)(fx + FX_MAGIC_AT) != FX_MAGIC)
		return FX_LEGACY_SIZE;
	return *(u32 *)(fx + FX_SIZE_AT);
}

/* The same for each run, and something in XMM. */
INLINE void load_xstate(u8 *frame)
{
	size_t size = FX_AT + xstate_size(frame + FX_AT), i;
	u8 *fx = quick->first + FX_AT;

	if (!quick->has_first) {
		copy(quick->first, frame, size);
		for (i = 0; i < FX_XMM_SIZE; i++)
			fx[FX_XMM_AT + i] = 0x11 * (i + (i >> 4));
		if (size > FX_AT + FX_LEGACY_SIZE)
			fx[FX_IN_USE_AT] |= FX_IN_USE_SSE;
		quick->has_first = true;
	}
	copy(frame, quick->first, size);
}

INLINE void keep_xstate(struct outcome *out, const u8 *frame)
{
	out->xstate_size = xstate_size(frame + FX_AT);
	copy(out->xstate, frame + FX_AT, out->xstate_size);
}

EXECUTOR void executor_handler(int sig, void *info, void *context)
{
	mcontext_t *cpu = &((ucontext_t *)context)->uc_mcontext;
	struct run *run = quick->current;
	greg_t *gregs = cpu->gregs;
	struct outcome *out = &run->out;

	(void)info;
	if (!quick->home[REG_EFL]) {
		copy(quick->home, gregs, sizeof(cpu->gregs));
		load_regs(gregs, run);
		load_xstate((u8 *)cpu->fpregs);
		return;
	}
	/* The trap flag is still in the frame. */
	if (run->goes_on && sig == SIGTRAP && (unsigned long)gregs[IP] == run->again)
		return;

	out->signal = sig;
	keep_regs(&out->regs, gregs);
	if (run->step)
		out->regs.flags &= ~X86_EFLAGS_TF;
	if (sig == SIGTRAP && gregs[REG_TRAPNO] == TRAP_BREAKPOINT)
		out->regs.ip--;
	keep_xstate(out, (u8 *)cpu->fpregs);
	changes_note(&out->changes, quick->image);
	changes_undo(&out->changes, quick->image);
	reset_segments();
	copy(gregs, quick->home, sizeof(cpu->gregs));
	quick->home[REG_EFL] = 0;
}

/* A signal's return leaves NT and ID as they are, so they are loaded here, and unloaded. */
INLINE void execute(struct run *run)
{
	unsigned long flags = run->regs.flags & (X86_EFLAGS_NT | X86_EFLAGS_ID);

	copy((void *)SLOT, run->slot, SLOT_BYTES);
	quick->current = run;
	asm volatile("push %0; popf; int3; push $0; popf" : : "r" (flags) : "memory", "cc");
}

EXECUTOR void executor_main(void)
{
	unsigned int i;
	char byte;

	for (i = 0; quick->holes[i].end; i++)
		system_call(SYS_munmap, quick->holes[i].start,
			    quick->holes[i].end - quick->holes[i].start, 0);
	reset_segments();
	for (;;) {
		system_call(SYS_read, quick->go, (unsigned long)&byte, 1);
		for (i = 0; i < quick->nr; i++)
			execute(&quick->runs[i]);
		system_call(SYS_write, quick->done, (unsigned long)&byte, 1);
	}
}

EXECUTOR __attribute__((naked)) void executor_restorer(void)
{
#ifdef __x86_64__
	asm volatile("mov %0, %%eax; syscall" : : "i" (SYS_rt_sigreturn));
#else
	asm volatile("mov %0, %%eax; int $0x80" : : "i" (SYS_rt_sigreturn));
#endif
}
