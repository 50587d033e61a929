/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_X86_KPROBES_H
#define _ASM_X86_KPROBES_H

#include <asm-generic/kprobes.h>

struct pt_regs;

#ifdef CONFIG_KPROBES
#include <linux/percpu.h>
#include <linux/types.h>
#include <asm/ptrace.h>
#include <asm/text-patching.h>

typedef u8 kprobe_opcode_t;

bool kprobe_fault_handler(struct pt_regs *regs, int trapnr);
int kprobe_int3_handler(struct pt_regs *regs);
bool kprobe_debug_handler(struct pt_regs *regs);

/* From the first to behind the last byte that has ever been of a slot. */
extern unsigned long kprobe_slots_start, kprobe_slots_end;
struct kprobe;
DECLARE_PER_CPU(struct kprobe *, current_kprobe);

/*
 * May an exception in kernel mode be of a probed instruction, which runs in a slot,
 * or of a handler? All others, those of copy_to_user() above all, are to cost no
 * more than this. Context: preemption off.
 */
static __always_inline bool kprobe_is_near(const struct pt_regs *regs)
{
	return unlikely(raw_cpu_read(current_kprobe)) ||
	       unlikely(regs->ip >= READ_ONCE(kprobe_slots_start) &&
			regs->ip < READ_ONCE(kprobe_slots_end));
}

/*
 * First thing in the handler of a synchronous exception: true when it came
 * from a probed instruction or from a handler and a fault handler has mended
 * it; the exception is over then. Otherwise regs show the instruction at its
 * own address, as if there were no probe. Context: interrupts off.
 *
 * Called for #DE, #OF, #BR, #UD, #NM, #TS, #NP, #SS, #GP, #PF (but for spurious
 * ones), #MF, #AC, #XM and #CP. For #VE only if the kernel cannot emulate the
 * instruction: the emulation decodes it where it was executed, and continues
 * after it there. #VC is emulated in the same way; what it turns out to be is one of
 * the others, and what remains is the end of the machine. Not called for traps
 * (#DB, #BP), for #DF, nor for #MC and NMI, which any instruction may meet.
 */
static __always_inline bool kprobe_trap(struct pt_regs *regs, int trapnr)
{
	return !user_mode(regs) && kprobe_is_near(regs) && kprobe_fault_handler(regs, trapnr);
}

/*
 * For #MC. Where exactly one instruction has consumed the bad data, and an exception
 * table has to have it: its original address, to look up; and to resume elsewhere.
 */
unsigned long kprobe_original_ip(unsigned long ip);
void kprobe_fault_quietly(struct pt_regs *regs);

/* For fixups and reports that decode the instruction at an address. */
int kprobe_read_text(u8 *text, unsigned long addr, unsigned int len);

/* For the unwinder: the instruction to which registers on the stack belong. */
unsigned long kprobe_unwind_ip(unsigned long ip);
#else
#define kprobe_read_text(text, addr, len)	\
	copy_from_kernel_nofault(text, (const void *)(addr), len)

static __always_inline bool kprobe_trap(struct pt_regs *regs, int trapnr)
{
	return false;
}

static __always_inline bool kprobe_debug_handler(struct pt_regs *regs)
{
	return false;
}

static __always_inline unsigned long kprobe_original_ip(unsigned long ip)
{
	return ip;
}

static __always_inline void kprobe_fault_quietly(struct pt_regs *regs)
{
}

static __always_inline unsigned long kprobe_unwind_ip(unsigned long ip)
{
	return ip;
}
#endif /* CONFIG_KPROBES */

#endif /* _ASM_X86_KPROBES_H */
