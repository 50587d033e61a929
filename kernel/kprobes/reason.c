// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: why a probe is refused, for callers and for people.
 *
 * Callers get an errno. People get a line in the log: where, what, and in
 * brackets what helps them to mend it:
 *
 *	kprobes: vfs_read+0x2: not an instruction boundary (nearest: +0x1, +0x5)
 *
 * What is in brackets is found out while the text stays, under kprobe_mutex; the
 * line is printed when that has been dropped, for a console may be slow.
 */
#include <linux/bug.h>
#include <linux/kallsyms.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>
#include <asm/sections.h>

#include "internal.h"

static const struct {
	int err;
	const char *name;
} kprobe_refusals[KPROBE_NR_REFUSALS] = {
	[KPROBE_OK]		 = { 0,		  "probed" },
	[KPROBE_NO_HANDLE]	 = { -EINVAL,	  "give either an address or a symbol" },
	[KPROBE_REGISTERED]	 = { -EINVAL,	  "this probe is already registered" },
	[KPROBE_NO_SYMBOL]	 = { -ENOENT,	  "no such symbol" },
	[KPROBE_NOT_TEXT]	 = { -EINVAL,	  "not kernel text" },
	[KPROBE_MODULE_COMING]	 = { -ENOENT,	  "its module is not there yet" },
	[KPROBE_MODULE_GOING]	 = { -ENOENT,	  "its module is going away" },
	[KPROBE_MODULE_INIT]	 = { -ENOENT,	  "init text of a module that is initialised" },
	[KPROBE_BLACKLISTED]	 = { -EINVAL,	  "blacklisted" },
	[KPROBE_PREAMBLE]	 = { -EINVAL,	  "padding in front of a function" },
	[KPROBE_JUMP_LABEL]	 = { -EINVAL,	  "a jump label" },
	[KPROBE_STATIC_CALL]	 = { -EINVAL,	  "a static call" },
	[KPROBE_ALTERNATIVE]	 = { -EINVAL,	  "a prefix that alternatives patch" },
	[KPROBE_FTRACE_LOCATION] = { -EINVAL,	  "an ftrace location" },
	[KPROBE_FTRACE_BUSY]	 = { -EBUSY,	  "ftrace is off, or another may set the IP" },
	[KPROBE_FTRACE_DEAD]	 = { -ENODEV,	  "ftrace is dead" },
	[KPROBE_BUG_ENTRY]	 = { -EINVAL,	  "a BUG() or WARN()" },
	[KPROBE_NOT_BOUNDARY]	 = { -EILSEQ,	  "not an instruction boundary" },
	[KPROBE_FOREIGN_BREAKPOINT] = { -EILSEQ,  "a breakpoint that is not ours" },
	[KPROBE_UNDECODABLE]	 = { -EINVAL,	  "an unknown instruction" },
	[KPROBE_TRAP_INSN]	 = { -EINVAL,	  "an instruction that only raises an exception" },
	[KPROBE_CFI_CHECK]	 = { -EINVAL,	  "a check of CFI, which its trap decodes" },
	[KPROBE_LATE_RELOC]	 = { -EINVAL,	  "livepatch relocates it later" },
	[KPROBE_LEAVING_INSN]	 = { -EOPNOTSUPP, "an instruction that leaves the kernel's flow" },
	[KPROBE_AMBIGUOUS_INSN]	 = { -EINVAL,	  "a branch that processors execute differently" },
	[KPROBE_OUT_OF_REACH]	 = { -EINVAL,	  "its operand is out of reach of any slot" },
	[KPROBE_NOT_ENTRY]	 = { -EINVAL,	  "not the entry of a function" },
	[KPROBE_NO_RETURN]	 = { -EINVAL,	  "it returns on another stack" },
	[KPROBE_DATA_SIZE]	 = { -E2BIG,	  "too much data for a call" },
	[KPROBE_NO_MEMORY]	 = { -ENOMEM,	  "no memory" },
};

/**
 * kprobe_refusal_errno() - what callers get for a reason
 * @refusal: the reason
 *
 * Return: a negative errno, 0 for KPROBE_OK.
 */
int kprobe_refusal_errno(enum kprobe_refusal refusal)
{
	return kprobe_refusals[refusal].err;
}

/**
 * kprobe_refusal_name() - what people get for a reason
 * @refusal: the reason
 *
 * Return: a few words.
 */
const char *kprobe_refusal_name(enum kprobe_refusal refusal)
{
	return kprobe_refusals[refusal].name;
}

/* What is in brackets. */
static __printf(2, 3) void kprobe_tell(struct kprobe_reason *reason, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vscnprintf(reason->detail, sizeof(reason->detail), format, args);
	va_end(args);
}

/* From the start of the symbol that is printed, so that it can be put into kprobe::offset. */
static unsigned long kprobe_offset(const struct kprobe_reason *reason, unsigned long addr)
{
	unsigned long offset = 0;

	kallsyms_lookup_size_offset(reason->addr, NULL, &offset);
	return addr - (reason->addr - offset);
}

static void kprobe_tell_boundaries(struct kprobe_reason *reason)
{
	struct kprobe_range nearest;

	arch_kprobe_nearest(reason->addr, &nearest);
	if (nearest.start && nearest.end)
		kprobe_tell(reason, " (nearest: +0x%lx, +0x%lx)",
			    kprobe_offset(reason, nearest.start),
			    kprobe_offset(reason, nearest.end));
	else if (nearest.start)
		kprobe_tell(reason, " (nearest: +0x%lx)", kprobe_offset(reason, nearest.start));
}

static void kprobe_tell_patched(struct kprobe_reason *reason)
{
	struct kprobe_range range;

	/* A static call's trampoline is known by its name. */
	if (kprobe_reserved_range(reason->addr, &range))
		kprobe_tell(reason, " (+0x%lx to +0x%lx)", kprobe_offset(reason, range.start),
			    kprobe_offset(reason, range.end - 1));
}

static void kprobe_tell_bug(struct kprobe_reason *reason)
{
	struct bug_entry *bug = find_bug(reason->addr);
	const char *file = NULL;
	unsigned int line;

	if (bug)
		bug_get_file_line(bug, &file, &line);
	if (file)
		kprobe_tell(reason, " (%s:%u)", file, line);
}

static void kprobe_tell_insn(struct kprobe_reason *reason)
{
	u8 bytes[MAX_INSN_SIZE];
	int len = arch_kprobe_bytes(reason->addr, bytes);

	if (len)
		kprobe_tell(reason, " (%*ph)", len, bytes);
}

/* Text that is blacklisted whatever functions are in it; NULL if it is not. */
static const char *kprobe_section(unsigned long addr)
{
	static const struct {
		const char *name;
		const char *start;
		const char *end;
	} sections[] = {
		{ ".noinstr.text", __noinstr_text_start, __noinstr_text_end },
		{ ".kprobes.text", __kprobes_text_start, __kprobes_text_end },
		{ ".entry.text", __entry_text_start, __entry_text_end },
		{ ".irqentry.text", __irqentry_text_start, __irqentry_text_end },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(sections); i++) {
		if (addr >= (unsigned long)sections[i].start &&
		    addr < (unsigned long)sections[i].end)
			return sections[i].name;
	}
	return NULL;
}

static void kprobe_tell_blacklisted(struct kprobe_reason *reason)
{
	const struct kprobe_range byte = { reason->addr, reason->addr + 1 };
	const char *section = kprobe_section(reason->addr);
	char name[KSYM_NAME_LEN];

	if (section) {
		kprobe_tell(reason, " (%s)", section);
	} else if (kprobe_blacklist_touches(&byte)) {
		kprobe_tell(reason, " (all of %ps)", (void *)reason->addr);
	} else if (!lookup_symbol_name(reason->addr, name)) {
		*strchrnul(name, '.') = '\0';
		kprobe_tell(reason, " (a part of %s)", name);
	}
}

/**
 * kprobe_reason_find() - what helps those who read why a probe is refused
 * @reason: where to put it; its refusal and its address are set
 *
 * Context: process, kprobe_mutex. Sleeps. If the address is in a module, that is
 * held, or the refusal says that it cannot be.
 */
void kprobe_reason_find(struct kprobe_reason *reason)
{
	lockdep_assert_held(&kprobe_mutex);

	reason->detail[0] = '\0';
	switch (reason->refusal) {
	case KPROBE_NOT_BOUNDARY:
		kprobe_tell_boundaries(reason);
		break;
	case KPROBE_JUMP_LABEL:
	case KPROBE_STATIC_CALL:
		kprobe_tell_patched(reason);
		break;
	case KPROBE_BLACKLISTED:
		kprobe_tell_blacklisted(reason);
		break;
	case KPROBE_BUG_ENTRY:
		kprobe_tell_bug(reason);
		break;
	case KPROBE_ALTERNATIVE:
	case KPROBE_CFI_CHECK:
	case KPROBE_LATE_RELOC:
	case KPROBE_UNDECODABLE:
	case KPROBE_TRAP_INSN:
	case KPROBE_LEAVING_INSN:
	case KPROBE_AMBIGUOUS_INSN:
	case KPROBE_OUT_OF_REACH:
		kprobe_tell_insn(reason);
		break;
	default:
		break;
	}
}

/* Whoever tries all addresses does not fill the log. */
DEFINE_RATELIMIT_STATE(kprobe_telling, DEFAULT_RATELIMIT_INTERVAL, DEFAULT_RATELIMIT_BURST);

/* An address without a symbol is hashed, as pointers in the log are. */
static void kprobe_write_address(char *where, unsigned long addr)
{
	unsigned long offset;
	char *module = NULL;

	/* Under RCU the module stays, and with it its name. */
	guard(rcu)();
	if (!kallsyms_lookup(addr, NULL, &offset, &module, where))
		snprintf(where, KSYM_SYMBOL_LEN, "%p", (void *)addr);
	else if (module)
		sprintf(where + strlen(where), "+0x%lx [%s]", offset, module);
	else
		sprintf(where + strlen(where), "+0x%lx", offset);
}

static_assert(KPROBE_NAME_LEN + sizeof("+0xffffffff") <= KSYM_SYMBOL_LEN);

/* As it is known, or else as it was asked for. */
static void kprobe_write_where(char *where, const struct kprobe *kp, unsigned long addr)
{
	if (addr)
		kprobe_write_address(where, addr);
	else if (!kp)
		strscpy(where, "no probe", KSYM_SYMBOL_LEN);
	else if (!kp->symbol_name)
		kprobe_write_address(where, (unsigned long)kp->addr + kp->offset);
	else if (kprobe_read_name(kp->symbol_name, where))
		sprintf(where + strlen(where), "+0x%x", kp->offset);
	else
		strscpy(where, "a name that cannot be read", KSYM_SYMBOL_LEN);
}

/**
 * kprobe_refuse() - say why, for people
 * @kp: the probe, which is not registered; NULL if there is none
 * @reason: why, as kprobe_reason_find() has left it
 *
 * Context: process.
 * Return: the errno, for callers.
 */
int kprobe_refuse(const struct kprobe *kp, const struct kprobe_reason *reason)
{
	char where[KSYM_SYMBOL_LEN];

	kprobe_write_where(where, kp, reason->addr);
	if (__ratelimit(&kprobe_telling))
		pr_info("kprobes: %s: %s%s\n", where, kprobe_refusal_name(reason->refusal),
			reason->detail);
	return kprobe_refusal_errno(reason->refusal);
}

/**
 * kprobe_refuse_to_enable() - say why, for people
 * @kp: the probe, which stays disabled. Its address is known, its symbol's name
 *	may have been freed since
 * @refusal: why
 *
 * Context: process.
 * Return: the errno, for callers.
 */
int kprobe_refuse_to_enable(const struct kprobe *kp, enum kprobe_refusal refusal)
{
	char where[KSYM_SYMBOL_LEN];

	kprobe_write_address(where, (unsigned long)kp->addr);
	if (__ratelimit(&kprobe_telling))
		pr_info("kprobes: %s: not enabled: %s\n", where, kprobe_refusal_name(refusal));
	return kprobe_refusal_errno(refusal);
}
