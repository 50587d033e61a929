// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: text of the architecture that can never carry a probe.
 *
 * There are four reasons. A hit executes it itself, so that a probe there would hit
 * itself: entry code and the thunks that mitigations put in place of returns and of
 * indirect branches. It is copied or patched by other code, which takes a breakpoint
 * for an instruction: ftrace's trampolines, what kexec and hibernation copy. Or a
 * CPU executes it while it has no IDT, where a breakpoint is a triple fault. Or a CPU
 * that is offline executes it, for which RCU does not wait: it may stay there for good,
 * and a handler be gone that it still runs.
 *
 * What can be named by a range of sections is: see vmlinux.lds.S. ftrace's trampolines
 * are assembled into .kprobes.text.
 */
#include <linux/init.h>
#include <linux/processor.h>
#include <asm/sections.h>

#include "../../../../kernel/kprobes/internal.h"

/* vmlinux.lds.S. Empty in a kernel without thunks. */
extern char __x86_thunk_text_start[], __x86_thunk_text_end[];

/*
 * Functions outside of these ranges. A configuration has only some of them; the KUnit
 * suite kprobe_x86_blacklist checks that those are found which it has to have.
 */
static const char * const kprobe_no_breakpoint[] __initconst = {
	/* Thunks whose addresses have to alias others', in sections of their own. */
	"srso_alias_untrain_ret",
	"srso_alias_safe_ret",
	"srso_alias_return_thunk",

	/* A CPU that is brought up, until load_current_idt(). */
	"startup_64",
	"startup_32",
	"startup_32_smp",
	"secondary_startup_64",
	"secondary_startup_64_no_verify",
	"common_startup_64",
	"verify_cpu",
	"early_setup_idt",
	"startup_64_load_idt",
	"vc_boot_ghcb",
	"start_secondary",
	"cr4_init",
	"cr4_update_irqsoff",
	"native_write_cr4",
	"__flush_tlb_all",
	"native_flush_tlb_local",
	"native_flush_tlb_global",
	"cpu_init_exception_handling",
	"setup_getcpu",
	"tss_setup_ist",
	"tss_setup_io_bitmap",
	"setup_ghcb",
	"cpu_init_fred_exceptions",
	"cpu_init_fred_rsps",
	"load_current_idt",

	/* A CPU that comes out of suspend or hibernation, until its IDT is restored. */
	"wakeup_long64",
	"wakeup_pmode_return",
	"do_suspend_lowlevel",
	"restore_processor_state",
	"__restore_processor_state",
	"restore_registers",

	/* A CPU that has told RCU that it goes offline. */
	"cpuhp_report_idle_dead",
	"arch_cpu_idle_dead",
	"native_play_dead",
	"play_dead_common",
	"idle_task_exit",
	"cpuhp_ap_report_dead",
	"tboot_shutdown",
	"mwait_play_dead",
	"cpuidle_play_dead",
	"acpi_idle_play_dead",
	"hlt_play_dead",
	"resume_play_dead",
	"sev_es_play_dead",
	"sev_es_ap_hlt_loop",
	"xen_pv_play_dead",

	/* Copied to where it runs; and what runs until then, without an IDT. */
	"core_restore_code",
	"restore_image",
	"relocate_range",
	"relocate_kernel",
	"identity_mapped",
	"virtual_mapped",
	"swap_pages",
	"machine_kexec",
};

static int __init kprobe_blacklist_add_section(const char *start, const char *end)
{
	return kprobe_add_area_blacklist((unsigned long)start, (unsigned long)end);
}

int __init arch_kprobe_blacklist(void)
{
	return kprobe_blacklist_add_section(__entry_text_start, __entry_text_end) ?:
	       kprobe_blacklist_add_section(__irqentry_text_start, __irqentry_text_end) ?:
	       kprobe_blacklist_add_section(__x86_thunk_text_start, __x86_thunk_text_end) ?:
	       kprobe_blacklist_add_names(kprobe_no_breakpoint,
					  ARRAY_SIZE(kprobe_no_breakpoint));
}
