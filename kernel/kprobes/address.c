// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: from symbol and offset to an address; what may be probed, and if
 * not, why not.
 */
#include <linux/ftrace.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/static_call.h>
#include <linux/uaccess.h>
#include <asm/sections.h>

#include "internal.h"

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

/**
 * kprobe_read_name() - read the symbol that a probe asks for
 * @symbol: what the user says is a string; the memory may have been freed
 * @name: where to return it, KPROBE_NAME_LEN bytes
 *
 * Context: any.
 * Return: false if it cannot be read, or is longer than any symbol's name.
 */
bool kprobe_read_name(const char *symbol, char *name)
{
	long len = strncpy_from_kernel_nofault(name, symbol, KPROBE_NAME_LEN);

	return len > 0 && len < KPROBE_NAME_LEN;
}

/* The address as it was given, before it is known what is there. */
static enum kprobe_refusal kprobe_given(const kprobe_opcode_t *addr, const char *symbol,
					unsigned long offset, unsigned long *given)
{
	char name[KPROBE_NAME_LEN];

	if (!addr == !symbol)
		return KPROBE_NO_HANDLE;
	if (symbol && kprobe_read_name(symbol, name))
		addr = kprobe_lookup_name(name, offset);
	if (!addr)
		return KPROBE_NO_SYMBOL;
	*given = (unsigned long)addr + offset;
	return KPROBE_OK;
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
	unsigned long given;
	bool on_entry;

	refusal = kprobe_given(addr, sym, offset, &given);
	if (refusal)
		return kprobe_refusal_errno(refusal);
	if (!kallsyms_lookup_size_offset(given, NULL, &offset))
		return -ENOENT;
	arch_kprobe_entry(given - offset, offset, &on_entry);
	return on_entry ? 0 : -EINVAL;
}

/* Compilers put these in front of a function: type hashes, room for thunks. */
static bool kprobe_is_preamble(const char *name)
{
	return str_has_prefix(name, "__cfi_") || str_has_prefix(name, "__pfx_");
}

/* Its only instruction is patched when the static call gets another target. */
static bool kprobe_is_static_call(const char *name)
{
	return str_has_prefix(name, STATIC_CALL_TRAMP_PREFIX_STR);
}

/* Is this a part of the name, between dots? */
static bool kprobe_name_has(const char *name, const char *part)
{
	const char *found = strstr(name, part);
	size_t len = strlen(part);

	return found && (found[len] == '\0' || found[len] == '.');
}

/**
 * kprobe_is_called() - is the symbol at an address entered by calls?
 * @addr: the address
 *
 * A return address is on top of the stack only at the start of what is called. The
 * compiler splits code off a function that is rarely executed: foo.cold is entered
 * by jumps, on the stack frame of foo. Assembly has labels within functions: names
 * that begin with a dot.
 *
 * Context: process.
 * Return: false if a return probe would overwrite something else than a return address.
 */
bool kprobe_is_called(unsigned long addr)
{
	char name[KSYM_NAME_LEN];

	if (lookup_symbol_name(addr, name))
		return true;
	return name[0] != '.' && !kprobe_name_has(name, ".cold");
}

/* Expanding a name is dear: all that it can tell is asked in one place. */
static enum kprobe_refusal kprobe_name_refusal(unsigned long addr)
{
	char name[KSYM_NAME_LEN];

	if (lookup_symbol_name(addr, name))
		return KPROBE_OK;
	if (kprobe_is_preamble(name))
		return KPROBE_PREAMBLE;
	if (kprobe_is_static_call(name))
		return KPROBE_STATIC_CALL;
	return kprobe_blacklist_has_parent(name) ? KPROBE_BLACKLISTED : KPROBE_OK;
}

/* In a text that stays: it is the kernel's, or its module is held. */
static enum kprobe_refusal kprobe_function_look(struct kprobe_function *function,
						unsigned long addr)
{
	unsigned long size, offset;

	if (!kallsyms_lookup_size_offset(addr, &size, &offset))
		return KPROBE_NOT_TEXT;
	function->range.start = addr - offset;
	function->range.end = addr - offset + size;
	return KPROBE_OK;
}

/* To find an address no more than the range is needed. */
static void kprobe_function_ask(struct kprobe_function *function)
{
	if (function->asked)
		return;
	function->asked = true;
	function->refusal = kprobe_name_refusal(function->range.start);
	function->mixed = kprobe_blacklist_touches(&function->range) ||
			  kprobe_reserved_in(function->range.start, function->range.end);
}

/**
 * kprobe_function_find() - find out about the function that an address is in
 * @function: where to return it. It has the last one that was found, or is zero
 * @addr: the address
 *
 * The function's text stays, until another one is found or it is put.
 *
 * Context: process, kprobe_mutex.
 * Return: KPROBE_OK, or why there can be no probe at @addr; then @function is
 * empty.
 */
enum kprobe_refusal kprobe_function_find(struct kprobe_function *function, unsigned long addr)
{
	enum kprobe_refusal refusal = KPROBE_OK;

	if (kprobe_range_has(&function->range, addr))
		return KPROBE_OK;
	kprobe_function_put(function);
	if (!core_kernel_text(addr))
		refusal = kprobe_module_hold(addr, &function->mod);
	if (!refusal)
		refusal = kprobe_function_look(function, addr);
	if (refusal)
		kprobe_function_put(function);
	return refusal;
}

/**
 * kprobe_function_put() - let go of the function that was looked at
 * @function: it; empty afterwards
 *
 * Context: any.
 */
void kprobe_function_put(struct kprobe_function *function)
{
	module_put(function->mod);
	*function = (struct kprobe_function) { };
}

/**
 * kprobe_resolve() - find the address that a probe asks for
 * @kp: the probe: address or symbol, and offset
 * @function: where to return the function that it is in, see kprobe_function_find()
 * @addr: where to return the address; behind ENDBR if it is a function's entry.
 *	If there can be no probe, as it was asked for; 0 if it is not known
 *
 * Context: process, kprobe_mutex.
 * Return: KPROBE_OK, KPROBE_NO_HANDLE, KPROBE_NO_SYMBOL, or what
 * kprobe_function_find() returns.
 */
enum kprobe_refusal kprobe_resolve(const struct kprobe *kp, struct kprobe_function *function,
				   unsigned long *addr)
{
	enum kprobe_refusal refusal;
	unsigned long given;
	bool on_entry;

	refusal = kprobe_given(kp->addr, kp->symbol_name, kp->offset, &given);
	*addr = refusal ? 0 : given;
	/* Tools count from _text: which function this is in follows from the sum. */
	if (!refusal)
		refusal = kprobe_function_find(function, given);
	if (refusal)
		return refusal;
	*addr = arch_kprobe_entry(function->range.start, given - function->range.start, &on_entry);
	return KPROBE_OK;
}

/**
 * kprobe_is_entry() - does a function begin here, as kprobes see it?
 * @function: the function
 * @addr: an address in it
 *
 * Context: process, kprobe_mutex.
 * Return: true if so: at its first instruction, or the one behind ENDBR.
 */
bool kprobe_is_entry(const struct kprobe_function *function, unsigned long addr)
{
	bool on_entry;

	arch_kprobe_entry(function->range.start, addr - function->range.start, &on_entry);
	return on_entry;
}

/**
 * kprobe_check_address() - may there be a probe?
 * @function: the function
 * @addr: an address in it
 *
 * Context: process, kprobe_mutex.
 * Return: KPROBE_OK, or why not. That its instruction can carry a probe remains
 * to be seen.
 */
enum kprobe_refusal kprobe_check_address(struct kprobe_function *function, unsigned long addr)
{
	const struct kprobe_range byte = { addr, addr + 1 };

	kprobe_function_ask(function);
	if (function->mixed && kprobe_blacklist_touches(&byte))
		return KPROBE_BLACKLISTED;
	if (function->refusal)
		return function->refusal;
	if (!IS_ENABLED(CONFIG_KPROBES_ON_FTRACE) && ftrace_location(addr) == addr)
		return KPROBE_FTRACE_LOCATION;
	return function->mixed ? kprobe_reserved_in(byte.start, byte.end) : KPROBE_OK;
}
