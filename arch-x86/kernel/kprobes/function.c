// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: what is to be known of a function as a whole.
 *
 * x86 cannot be decoded backwards, so where an instruction begins is known only
 * from the start of its function on; and where branches may come in, only from
 * all of it. A function is decoded once, for all probes that a batch has in it.
 *
 * Who may branch into a function, elsewhere than to its start:
 *
 *  - its own direct branches;
 *  - those of its cold part, NAME.cold, which the compiler has put elsewhere;
 *  - branches of either that the kernel patches, jump labels: what is a NOP now
 *    may become a jump;
 *  - the exception table: an instruction of either that faults goes on at its
 *    fixup;
 *  - an indirect branch of either. See kprobe_function_add_indirect().
 */
#include <linux/kallsyms.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>
#include <asm/sections.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/* The one that was asked for last. kprobe_mutex */
static struct kprobe_function kprobe_function;

/* Puts back what our breakpoint or jump at @at has replaced. */
static void kprobe_function_restore(struct kprobe_function *f, unsigned long at)
{
	struct kprobe_site *site;

	if (f->text[at] != INT3_INSN_OPCODE && f->text[at] != JMP32_INSN_OPCODE)
		return;
	guard(rcu)();
	site = kprobe_site_lookup(f->start + at);
	if (!site || site->on_ftrace)
		return;
	switch (site->state) {
	case KPROBE_ARMED:
	case KPROBE_OPTIMIZING:
		f->text[at] = site->arch.text[0];
		break;
	case KPROBE_OPTIMIZED:
		memcpy(f->text + at, site->arch.text, min(f->size - at, JMP32_INSN_SIZE));
		break;
	default:
		break;
	}
}

static void kprobe_function_add_target(struct kprobe_function *f, unsigned long target)
{
	if (target - f->start < f->size)
		__set_bit(target - f->start, f->target);
}

/* For an iterator over jump labels or the exception table. */
static void kprobe_function_note_target(unsigned long from, unsigned long target, void *arg)
{
	kprobe_function_add_target(arg, target);
}

#ifdef CONFIG_MITIGATION_RETPOLINE
static bool is_in_thunks(unsigned long target, retpoline_thunk_t *thunks)
{
	return target - (unsigned long)thunks < 16 * RETPOLINE_THUNK_SIZE;
}

/* Also those that are made at boot, in memory which is nobody's text. */
static bool is_indirect_thunk(unsigned long target)
{
	return is_in_thunks(target, __x86_indirect_thunk_array) ||
	       (IS_ENABLED(CONFIG_MITIGATION_CALL_DEPTH_TRACKING) &&
		is_in_thunks(target, __x86_indirect_jump_thunk_array)) ||
	       !__kernel_text_address(target);
}
#else
static bool is_indirect_thunk(unsigned long target)
{
	return false;
}
#endif

static bool is_relative_branch(const struct insn *insn)
{
	u8 opcode = insn->opcode.bytes[0];

	if (opcode == 0x0f)
		return (insn->opcode.bytes[1] & 0xf0) == 0x80;
	/* Jcc, LOOP and JCXZ, CALL and JMP, XBEGIN */
	return (opcode & 0xf0) == 0x70 || (opcode & 0xfc) == 0xe0 ||
	       opcode == 0xe8 || opcode == 0xe9 || opcode == 0xeb ||
	       (opcode == 0xc7 && insn->modrm.bytes[0] == 0xf8);
}

static bool is_indirect_jump(const struct insn *insn)
{
	return insn->opcode.bytes[0] == 0xff && X86_MODRM_REG(insn->modrm.bytes[0]) == 4;
}

/* What one instruction at @addr, of @f or of its cold part, says of branches into @f. */
static void kprobe_function_note(struct kprobe_function *f, struct insn *insn,
				 unsigned long addr, const u8 *text)
{
	unsigned long next = addr + insn->length;

	if (is_endbr(*(u32 *)text))
		kprobe_function_add_target(f, addr);
	if (insn_is_avx(insn))
		return;
	if (is_relative_branch(insn)) {
		kprobe_function_add_target(f, next + insn->immediate.value);
		f->indirect |= insn->opcode.bytes[0] == JMP32_INSN_OPCODE &&
			       is_indirect_thunk(next + insn->immediate.value);
		return;
	}
	f->indirect |= is_indirect_jump(insn);
	/* An address of code as an operand: somebody is going to branch there. */
	if (insn->immediate.nbytes == 4)
		kprobe_function_add_target(f, insn->immediate.value);
	if (insn->displacement.nbytes == 4)
		kprobe_function_add_target(f, (insn_rip_relative(insn) ? next : 0) +
					      insn->displacement.value);
}

/* If the end of the text cannot be read, it is left out. */
static void kprobe_function_read(struct kprobe_function *f)
{
	unsigned long at, len;

	if (!copy_from_kernel_nofault(f->text, (void *)f->start, f->size))
		return;
	for (at = 0; at < f->size; at += len) {
		len = min(f->size - at, PAGE_SIZE - offset_in_page(f->start + at));
		if (copy_from_kernel_nofault(f->text + at, (void *)f->start + at, len))
			break;
	}
	f->size = at;
}

/* From the start to the end, or to what is no instruction. */
static void kprobe_function_decode(struct kprobe_function *f)
{
	struct insn insn;
	unsigned long at;

	for (at = 0; at < f->size; at += insn.length) {
		kprobe_function_restore(f, at);
		if (insn_decode(&insn, f->text + at, f->size - at, INSN_MODE_KERN))
			break;
		__set_bit(at, f->boundary);
		kprobe_function_note(f, &insn, f->start + at, f->text + at);
	}
	f->whole = at >= f->size;
}

/* Room behind the text, so that a look at four bytes never reaches too far. */
#define KPROBE_FUNCTION_SLACK	8

static bool kprobe_function_alloc(struct kprobe_function *f)
{
	unsigned long words = BITS_TO_LONGS(f->size);
	unsigned long *room = kvzalloc(2 * words * sizeof(*room) + f->size +
				       KPROBE_FUNCTION_SLACK, GFP_KERNEL);

	f->boundary = room;
	f->target = room + words;
	f->text = (u8 *)(room + 2 * words);
	return room;
}

/* f->start and f->size are set. */
static bool kprobe_function_load(struct kprobe_function *f)
{
	if (!kprobe_function_alloc(f))
		return false;
	kprobe_function_read(f);
	kprobe_function_decode(f);
	return true;
}

/* A cold part of a function of this name: perhaps that of another one. */
static int kprobe_function_add_cold(void *arg, unsigned long addr)
{
	struct kprobe_function *f = arg, cold = {};
	unsigned long offset, at;
	struct insn insn;

	if (!kallsyms_lookup_size_offset(addr, &cold.size, &offset) || offset)
		return 0;
	cold.start = addr;
	if (!kprobe_function_load(&cold))
		return -ENOMEM;
	for_each_set_bit(at, cold.boundary, cold.size) {
		insn_decode(&insn, cold.text + at, cold.size - at, INSN_MODE_KERN);
		kprobe_function_note(f, &insn, cold.start + at, cold.text + at);
	}
	f->whole &= cold.whole;
	kprobe_walk_labels(cold.start, cold.start + cold.size, kprobe_function_note_target, f);
	kprobe_walk_fixups(cold.start, cold.start + cold.size, kprobe_function_note_target, f);
	kvfree(cold.boundary);
	return 0;
}

/**
 * struct kprobe_cold - who looks for a cold part in a module
 * @f: the function
 * @name: the symbol that is looked for
 * @err: -ENOMEM, or 0
 */
struct kprobe_cold {
	struct kprobe_function *f;
	const char *name;
	int err;
};

static int kprobe_function_check_cold(void *arg, const char *name, unsigned long addr)
{
	struct kprobe_cold *cold = arg;

	if (!strcmp(name, cold->name))
		cold->err = kprobe_function_add_cold(cold->f, addr);
	return cold->err;
}

static int kprobe_function_add_cold_parts(struct kprobe_function *f)
{
	char name[KSYM_NAME_LEN + sizeof(".cold")], *module = NULL;
	char buf[KSYM_NAME_LEN], modname[MODULE_NAME_LEN] = "";
	struct kprobe_cold cold = { .f = f, .name = name };
	unsigned long size, offset;
	const char *symbol;

	symbol = kallsyms_lookup(f->start, &size, &offset, &module, buf);
	if (!symbol)
		return 0;
	snprintf(name, sizeof(name), "%s.cold", symbol);
	if (!module)
		return kallsyms_on_each_match_symbol(kprobe_function_add_cold, name, f);
	strscpy(modname, module, sizeof(modname));
	module_kallsyms_on_each_symbol(modname, kprobe_function_check_cold, &cold);
	return cold.err;
}

/* Words that are addresses within the function. */
static void kprobe_function_scan(struct kprobe_function *f, const void *start, const void *end)
{
	const unsigned long *word, *last = PTR_ALIGN_DOWN(end, sizeof(*word));

	for (word = PTR_ALIGN(start, sizeof(*word)); word < last; word++)
		kprobe_function_add_target(f, *word);
}

#ifdef CONFIG_MODULES
static void kprobe_function_scan_module(struct kprobe_function *f)
{
	struct module *mod;

	guard(preempt)();
	mod = __module_address(f->start);
	if (!mod)
		return;
	for_each_mod_mem_type(type)
		kprobe_function_scan(f, mod->mem[type].base,
				     mod->mem[type].base + mod->mem[type].size);
}
#else
static void kprobe_function_scan_module(struct kprobe_function *f)
{
}
#endif

/*
 * Where an indirect branch goes:
 *
 *  - in a kernel with IBT only to ENDBR, which is a target anyway: objtool has
 *    seen to that, and the CPU does;
 *  - else to another function; or to a label of its own whose address it has
 *    from an operand, which is a target anyway, or from a table in memory, of
 *    a switch or of the program's: the kernel is not position independent, so
 *    these are tables of addresses.
 */
static void kprobe_function_add_indirect(struct kprobe_function *f)
{
	if (!f->indirect || IS_ENABLED(CONFIG_X86_KERNEL_IBT))
		return;
	kprobe_function_scan(f, __start_rodata, __end_rodata);
	kprobe_function_scan(f, _sdata, _edata);
	kprobe_function_scan_module(f);
}

static bool kprobe_function_complete(struct kprobe_function *f)
{
	if (kprobe_function_add_cold_parts(f))
		return false;
	kprobe_walk_labels(f->start, f->start + f->size, kprobe_function_note_target, f);
	kprobe_walk_fixups(f->start, f->start + f->size, kprobe_function_note_target, f);
	kprobe_function_add_indirect(f);
	f->complete = true;
	return true;
}

/**
 * kprobe_function_get() - the function at an address, decoded
 * @addr: an address in it
 * @result: where to return the function; it stays until the next one is asked
 *	for, or kprobe_function_forget()
 *
 * Context: kprobe_mutex, text_mutex. Sleeps.
 * Return: KPROBE_OK; KPROBE_NOT_TEXT if no symbol covers @addr; KPROBE_NO_MEMORY.
 */
enum kprobe_refusal kprobe_function_get(unsigned long addr, struct kprobe_function **result)
{
	struct kprobe_function *f = &kprobe_function;
	unsigned long offset;

	lockdep_assert_held(&kprobe_mutex);

	if (addr - f->start >= f->size) {
		kprobe_function_forget();
		if (!kallsyms_lookup_size_offset(addr, &f->size, &offset)) {
			f->size = 0;
			return KPROBE_NOT_TEXT;
		}
		f->start = addr - offset;
		if (!kprobe_function_load(f)) {
			f->size = 0;
			return KPROBE_NO_MEMORY;
		}
	}
	*result = f;
	return KPROBE_OK;
}

/**
 * kprobe_function_forget() - the text of functions may change from now on
 *
 * Context: kprobe_mutex.
 */
void kprobe_function_forget(void)
{
	kvfree(kprobe_function.boundary);
	memset(&kprobe_function, 0, sizeof(kprobe_function));
}

/**
 * kprobe_function_is_boundary() - does an instruction begin there?
 * @f: the function
 * @addr: an address
 *
 * Return: true if so.
 */
bool kprobe_function_is_boundary(const struct kprobe_function *f, unsigned long addr)
{
	return addr - f->start < f->size && test_bit(addr - f->start, f->boundary);
}

/**
 * kprobe_function_is_entered() - may anybody branch to one of these bytes?
 * @f: the function
 * @start: the first of them
 * @end: behind the last; all within the function
 *
 * Context: kprobe_mutex, text_mutex. Sleeps.
 * Return: true if so, or if that is not known.
 */
bool kprobe_function_is_entered(struct kprobe_function *f, unsigned long start,
				unsigned long end)
{
	unsigned long offset = start - f->start, behind = end - f->start;

	if (!f->whole || (!f->complete && !kprobe_function_complete(f)))
		return true;
	return find_next_bit(f->target, behind, offset) < behind;
}
