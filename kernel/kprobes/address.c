// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: from symbol and offset to an address; what may be probed, and if
 * not, why not.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/module.h>
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
	[KPROBE_LEAVING_INSN]	 = { -EOPNOTSUPP, "an instruction that leaves the kernel's flow" },
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

/**
 * kprobe_lookup_name() - the address of a symbol, as kprobes see it
 * @name: "symbol" or "module:symbol"
 * @offset: not used on x86
 *
 * Context: process.
 * Return: the address, or NULL if there is no such symbol.
 */
kprobe_opcode_t *kprobe_lookup_name(const char *name, unsigned int offset)
{
	return (kprobe_opcode_t *)kallsyms_lookup_name(name);
}

static enum kprobe_refusal kprobe_resolve_parts(const kprobe_opcode_t *addr, const char *symbol,
						unsigned long offset, unsigned long *result,
						bool *on_entry)
{
	unsigned long given;

	if (!addr == !symbol)
		return KPROBE_NO_HANDLE;
	if (symbol)
		addr = kprobe_lookup_name(symbol, offset);
	if (!addr)
		return KPROBE_NO_SYMBOL;

	/* Tools count from _text: which function this is in follows from the sum. */
	given = (unsigned long)addr + offset;
	if (!kallsyms_lookup_size_offset(given, NULL, &offset))
		return KPROBE_NOT_TEXT;
	*result = arch_kprobe_entry(given - offset, offset, on_entry);
	return KPROBE_OK;
}

/**
 * kprobe_resolve() - find the address that a probe asks for
 * @kp: the probe: address or symbol, and offset
 * @addr: where to return the address; behind ENDBR if it is a function's entry
 * @on_entry: where to return whether it is a function's entry
 *
 * Context: process.
 * Return: KPROBE_OK, KPROBE_NO_HANDLE, KPROBE_NO_SYMBOL, or KPROBE_NOT_TEXT if
 * no symbol covers the address.
 */
enum kprobe_refusal kprobe_resolve(const struct kprobe *kp, unsigned long *addr,
				   bool *on_entry)
{
	return kprobe_resolve_parts(kp->addr, kp->symbol_name, kp->offset, addr, on_entry);
}

/**
 * kprobe_on_func_entry() - is this where a function begins?
 * @addr: an address, or NULL
 * @sym: a symbol, or NULL
 * @offset: bytes to add
 *
 * Context: process.
 * Return: 0 if so; -EINVAL if not, or if not exactly one of @addr and @sym is
 * given; -ENOENT if there is no such symbol, or no symbol covers the address.
 */
int kprobe_on_func_entry(kprobe_opcode_t *addr, const char *sym, unsigned long offset)
{
	enum kprobe_refusal refusal;
	unsigned long result;
	bool on_entry;

	refusal = kprobe_resolve_parts(addr, sym, offset, &result, &on_entry);
	if (refusal == KPROBE_NOT_TEXT)
		return -ENOENT;
	if (refusal)
		return kprobe_refusal_errno(refusal);
	return on_entry ? 0 : -EINVAL;
}

/* Compilers put these in front of a function: type hashes, room for thunks. */
static bool kprobe_is_preamble(unsigned long addr)
{
	char name[KSYM_NAME_LEN];

	if (lookup_symbol_name(addr, name))
		return false;
	return str_has_prefix(name, "__cfi_") || str_has_prefix(name, "__pfx_");
}

/* What can be said of the address without looking at the instruction. */
static enum kprobe_refusal kprobe_check_place(unsigned long addr)
{
	enum kprobe_refusal refusal;

	if (within_kprobe_blacklist(addr))
		return KPROBE_BLACKLISTED;
	if (kprobe_is_preamble(addr))
		return KPROBE_PREAMBLE;
	refusal = kprobe_reserved_in(addr, addr + 1);
	if (refusal)
		return refusal;
	if (!IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) && ftrace_location(addr) == addr)
		return KPROBE_FTRACE_LOCATION;
	return KPROBE_OK;
}

/**
 * kprobe_check_address() - may there be a probe?
 * @addr: the address
 * @mod: where to return its module, or NULL. If the address is accepted, a
 *	reference to it is held, for the caller to drop
 *
 * Context: process, kprobe_mutex.
 * Return: KPROBE_OK, or why not. That its instruction can carry a probe remains
 * to be seen.
 */
enum kprobe_refusal kprobe_check_address(unsigned long addr, struct module **mod)
{
	enum kprobe_refusal refusal;

	*mod = NULL;
	if (in_gate_area_no_mm(addr))
		return KPROBE_NOT_TEXT;
	if (!core_kernel_text(addr)) {
		refusal = kprobe_module_hold(addr, mod);
		if (refusal)
			return refusal;
	}
	refusal = kprobe_check_place(addr);
	if (refusal) {
		module_put(*mod);
		*mod = NULL;
	}
	return refusal;
}
