// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what is forbidden on x86: each range and each function is found where the
 * configuration has it. rN in a name: a class of bug, see ../../../../kernel/kprobes/test.h.
 */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/panic.h>
#include <linux/preempt.h>
#include <asm/insn.h>
#include <asm/sections.h>

#include "test.h"

static void expect_forbidden(struct kunit *test, const char *name)
{
	unsigned long addr = kallsyms_lookup_name(name), size = 0, offset;

	KUNIT_EXPECT_NE_MSG(test, addr, 0, "%s is not found", name);
	if (!addr)
		return;
	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(addr, &size, &offset));
	KUNIT_EXPECT_TRUE_MSG(test, within_kprobe_blacklist(addr), "%s", name);
	KUNIT_EXPECT_TRUE_MSG(test, within_kprobe_blacklist(addr + size - offset - 1),
			      "the end of %s", name);
}

/* A function, and whether this configuration has it. */
struct forbidden {
	const char *name;
	bool configured;
};

static void expect_all_forbidden(struct kunit *test, const struct forbidden *forbidden,
				 unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (forbidden[i].configured)
			expect_forbidden(test, forbidden[i].name);
	}
}

/* Check whether a function is one that the compiler calls to check or count accesses. */
static bool is_instrumentation(unsigned long addr)
{
	static const char *const prefix[] = {
		"__asan_", "__tsan_", "__kcsan_", "__msan_", "__ubsan_", "__sanitizer_cov_",
		"ftrace_likely_update",
	};
	char name[KSYM_SYMBOL_LEN];
	unsigned int i;

	sprint_symbol_no_offset(name, addr);
	for (i = 0; i < ARRAY_SIZE(prefix); i++) {
		if (strstarts(name, prefix[i]))
			return true;
	}
	return false;
}

/* How many direct calls of a function are of instrumentation. */
static unsigned int instrumented(struct kunit *test, const char *name)
{
	unsigned long addr = kallsyms_lookup_name(name), size = 0, offset, end;
	unsigned int nr = 0;
	struct insn insn;

	KUNIT_ASSERT_NE_MSG(test, addr, 0, "%s is not found", name);
	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(addr, &size, &offset));
	for (end = addr + size; addr < end; addr += insn.length) {
		if (insn_decode_kernel(&insn, (void *)addr) < 0)
			break;
		if (insn.opcode.bytes[0] == CALL_INSN_OPCODE)
			nr += is_instrumentation(addr + insn.length + insn.immediate.value);
	}
	return nr;
}

/* Such a call can be probed, and a hit would reach it. */
static void hit_path_is_not_instrumented_r61(struct kunit *test)
{
	static const struct forbidden hit_path[] = {
		{ "kprobe_site_lookup", true },
		{ "kprobe_slot_page_find", true },
		{ "kprobe_slot_find", true },
		{ "kprobe_hit_pre_set", true },
		{ "kprobe_hit_fault", true },
		{ "kprobe_miss", true },
		{ "kprobe_int3_handler", true },
		{ "kprobe_emulate", true },
		{ "kretprobe_entry", IS_ENABLED(CONFIG_KRETPROBES) },
		{ "kretprobe_return", IS_ENABLED(CONFIG_KRETPROBES) },
		{ "arch_kprobe_ftrace_hit", IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(hit_path); i++) {
		if (hit_path[i].configured)
			KUNIT_EXPECT_EQ_MSG(test, instrumented(test, hit_path[i].name), 0, "%s",
					    hit_path[i].name);
	}
}

/* The rest has to be: there a use after free would be. */
static void all_else_is_instrumented_r61(struct kunit *test)
{
	static const struct forbidden rest[] = {
		{ "kprobe_site_get", true },
		{ "kprobe_site_add", true },
		{ "kprobe_slot_alloc", true },
		{ "kprobe_slot_free", true },
		{ "kretprobe_alloc", IS_ENABLED(CONFIG_KRETPROBES) },
	};
	unsigned int i;

	if (!IS_ENABLED(CONFIG_KASAN_GENERIC) && !IS_ENABLED(CONFIG_KCSAN))
		kunit_skip(test, "needs CONFIG_KASAN_GENERIC or CONFIG_KCSAN");
	for (i = 0; i < ARRAY_SIZE(rest); i++) {
		if (rest[i].configured)
			KUNIT_EXPECT_GT_MSG(test, instrumented(test, rest[i].name), 0, "%s",
					    rest[i].name);
	}
}

/* With a mitigation on, each return of the hit path goes through such a thunk. */
static void thunks_r63(struct kunit *test)
{
	static const struct forbidden thunks[] = {
		{ "__x86_return_thunk", IS_ENABLED(CONFIG_MITIGATION_RETHUNK) },
		{ "srso_return_thunk", IS_ENABLED(CONFIG_MITIGATION_SRSO) },
		{ "srso_safe_ret", IS_ENABLED(CONFIG_MITIGATION_SRSO) },
		{ "srso_alias_untrain_ret", IS_ENABLED(CONFIG_MITIGATION_SRSO) },
		{ "srso_alias_safe_ret", IS_ENABLED(CONFIG_MITIGATION_SRSO) },
		{ "srso_alias_return_thunk", IS_ENABLED(CONFIG_MITIGATION_SRSO) },
		{ "retbleed_return_thunk", IS_ENABLED(CONFIG_MITIGATION_UNRET_ENTRY) },
		{ "call_depth_return_thunk",
		  IS_ENABLED(CONFIG_MITIGATION_CALL_DEPTH_TRACKING) },
		{ "its_return_thunk", IS_ENABLED(CONFIG_MITIGATION_ITS) },
		{ "__x86_indirect_its_thunk_array", IS_ENABLED(CONFIG_MITIGATION_ITS) },
		{ "__x86_indirect_thunk_array", IS_ENABLED(CONFIG_MITIGATION_RETPOLINE) },
		{ "__x86_indirect_call_thunk_array",
		  IS_ENABLED(CONFIG_MITIGATION_CALL_DEPTH_TRACKING) },
		{ "__x86_indirect_jump_thunk_array",
		  IS_ENABLED(CONFIG_MITIGATION_CALL_DEPTH_TRACKING) },
	};

	expect_all_forbidden(test, thunks, ARRAY_SIZE(thunks));
}

/* ftrace copies these, and patches calls in them. */
static void ftrace_trampolines_r64(struct kunit *test)
{
	static const struct forbidden trampolines[] = {
		{ "ftrace_caller", true },
		{ "ftrace_call", true },
		{ "ftrace_stub", true },
		{ "ftrace_regs_caller", true },
		{ "ftrace_regs_call", true },
		{ "ftrace_regs_caller_end", IS_ENABLED(CONFIG_X86_64) },
	};

	if (!IS_ENABLED(CONFIG_DYNAMIC_FTRACE))
		kunit_skip(test, "needs CONFIG_DYNAMIC_FTRACE");
	expect_all_forbidden(test, trampolines, ARRAY_SIZE(trampolines));
}

/* A CPU runs these before it has an IDT, or when it has it no more; others are copied. */
static void text_without_an_idt_r65(struct kunit *test)
{
	static const struct forbidden functions[] = {
		{ "start_secondary", IS_ENABLED(CONFIG_SMP) },
		{ "cpu_init_exception_handling", true },
		{ "load_current_idt", true },
		{ "cr4_init", true },
		{ "machine_kexec", IS_ENABLED(CONFIG_KEXEC_CORE) },
		{ "core_restore_code", IS_ENABLED(CONFIG_HIBERNATION) },
		{ "restore_image", IS_ENABLED(CONFIG_HIBERNATION) },
		{ "do_suspend_lowlevel",
		  IS_ENABLED(CONFIG_SUSPEND) && IS_ENABLED(CONFIG_ACPI_SLEEP) },
	};

	expect_all_forbidden(test, functions, ARRAY_SIZE(functions));
	/* Newer kernels have it outside of their text. */
	if (is_kernel_text(kallsyms_lookup_name("secondary_startup_64")))
		expect_forbidden(test, "secondary_startup_64");
	if (is_kernel_text(kallsyms_lookup_name("relocate_kernel")))
		expect_forbidden(test, "relocate_kernel");
}

/* Where a CPU stands that is offline, and how it goes there. */
static void text_of_an_offline_cpu_r43(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_HOTPLUG_CPU))
		kunit_skip(test, "needs CONFIG_HOTPLUG_CPU");
	expect_forbidden(test, "cpuhp_report_idle_dead");
	expect_forbidden(test, "arch_cpu_idle_dead");
	expect_forbidden(test, "native_play_dead");
	expect_forbidden(test, "play_dead_common");
	expect_forbidden(test, "hlt_play_dead");
	if (IS_ENABLED(CONFIG_CPU_IDLE))
		expect_forbidden(test, "cpuidle_play_dead");
}

/* A function and a part that was split off it, which is entered by a jump. */
asm(
	".pushsection .text, \"ax\"\n"
	".balign 16\n"
	".type kprobe_test_halved, @function\n"
	"kprobe_test_halved:\n"
	ASM_ENDBR
	"	xor %eax, %eax\n"
	"	test %edi, %edi\n"
	"	jne kprobe_test_halved.cold\n"
	ASM_RET
	".size kprobe_test_halved, . - kprobe_test_halved\n"
	".balign 16\n"
	".type kprobe_test_halved.cold, @function\n"
	"kprobe_test_halved.cold:\n"
	"	mov $1, %eax\n"
	ASM_RET
	".size kprobe_test_halved.cold, . - kprobe_test_halved.cold\n"
	".popsection\n");

static int return_of(struct kunit *test, const char *symbol)
{
	struct kretprobe *rp = kunit_kzalloc(test, sizeof(*rp), GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, rp);
	rp->kp.symbol_name = symbol;
	err = register_kretprobe(rp);
	if (!err)
		unregister_kretprobe(rp);
	return err;
}

/* Where nothing was called, there is no return address to replace. */
static void return_of_a_cold_part_r66(struct kunit *test)
{
	struct kprobe kp = { .symbol_name = "kprobe_test_halved.cold" };

	if (!IS_ENABLED(CONFIG_KRETPROBES))
		kunit_skip(test, "needs CONFIG_KRETPROBES");
	KUNIT_EXPECT_EQ(test, 0, return_of(test, "kprobe_test_halved"));
	KUNIT_EXPECT_EQ(test, -EINVAL, return_of(test, kp.symbol_name));
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(&kp));
	unregister_kprobe(&kp);
}

/* The functions that a hit may run through, as far as they have been found. */
struct hit_path {
	unsigned int nr;
	unsigned long entry[200];
};

/*
 * Where the kernel is broken before it gets there, its stack for example; and what is not
 * called with preemption off, as it is in a hit.
 */
static bool hit_path_ends(unsigned long entry)
{
#ifdef CONFIG_PREEMPTION
	if (entry == (unsigned long)preempt_schedule_notrace)
		return true;
#endif
	return entry == (unsigned long)panic;
}

static void hit_path_add(struct kunit *test, struct hit_path *path, unsigned long entry,
			 unsigned long from)
{
	unsigned int i;

	if (hit_path_ends(entry))
		return;
	for (i = 0; i < path->nr; i++) {
		if (path->entry[i] == entry)
			return;
	}
	KUNIT_ASSERT_LT(test, path->nr, ARRAY_SIZE(path->entry));
	path->entry[path->nr++] = entry;
	KUNIT_EXPECT_TRUE_MSG(test, within_kprobe_blacklist(entry), "%pS, from %pS",
			      (void *)entry, (void *)from);
}

/* Where a direct call or jump leads; 0 if it is none. */
static unsigned long hit_path_target(const struct insn *insn, unsigned long addr)
{
	u8 opcode = insn->opcode.bytes[0];
	bool far = opcode == CALL_INSN_OPCODE || opcode == JMP32_INSN_OPCODE ||
		   (opcode == 0x0f && (insn->opcode.bytes[1] & 0xf0) == 0x80);

	return far ? addr + insn->length + insn->immediate.value : 0;
}

static void hit_path_follow(struct kunit *test, struct hit_path *path, unsigned long entry)
{
	unsigned long size, offset, addr, end, target;
	struct insn insn;

	KUNIT_ASSERT_TRUE(test, kallsyms_lookup_size_offset(entry, &size, &offset));
	addr = entry - offset;
	for (end = addr + size; addr < end; addr += insn.length) {
		if (insn_decode_kernel(&insn, (void *)addr) < 0)
			return;
		target = hit_path_target(&insn, addr);
		if (target && (target < entry - offset || target >= end))
			hit_path_add(test, path, target, addr);
	}
}

/*
 * Whatever a hit may call, up to handlers: with whatever the compiler leaves out of
 * line, and with the debugging code of this configuration.
 */
static void hit_path_calls_r75(struct kunit *test)
{
	static const struct forbidden begins[] = {
		{ "kprobe_int3_handler", true },
		{ "kprobe_debug_handler", true },
		{ "kprobe_fault_handler", true },
		{ "kprobe_fault_quietly", true },
		{ "kprobe_original_ip", true },
		{ "kprobe_detour_enter", true },
		{ "kprobe_detour_leave", true },
		{ "arch_kprobe_ftrace_hit", IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) },
	};
	struct hit_path *path = kunit_kzalloc(test, sizeof(*path), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, path);
	for (i = 0; i < ARRAY_SIZE(begins); i++) {
		unsigned long entry = kallsyms_lookup_name(begins[i].name);

		if (!begins[i].configured)
			continue;
		KUNIT_ASSERT_NE_MSG(test, entry, 0, "%s", begins[i].name);
		hit_path_add(test, path, entry, entry);
	}
	for (i = 0; i < path->nr; i++)
		hit_path_follow(test, path, path->entry[i]);
	/* More than it begins with: it has been followed. */
	KUNIT_EXPECT_GT(test, path->nr, ARRAY_SIZE(begins) + 3);
}

static struct kunit_case kprobe_x86_blacklist_cases[] = {
	KUNIT_CASE(hit_path_is_not_instrumented_r61),
	KUNIT_CASE(all_else_is_instrumented_r61),
	KUNIT_CASE(thunks_r63),
	KUNIT_CASE(ftrace_trampolines_r64),
	KUNIT_CASE(text_without_an_idt_r65),
	KUNIT_CASE(text_of_an_offline_cpu_r43),
	KUNIT_CASE(return_of_a_cold_part_r66),
	KUNIT_CASE(hit_path_calls_r75),
	{ }
};

static struct kunit_suite kprobe_x86_blacklist_suite = {
	.name = "kprobe_x86_blacklist",
	.test_cases = kprobe_x86_blacklist_cases,
};

kunit_test_suite(kprobe_x86_blacklist_suite);
