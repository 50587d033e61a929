// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: what is to be known of a function as a whole.
 *
 * x86 cannot be decoded backwards, so where an instruction begins is known only
 * from the start of its function on; and where branches may come in, only from
 * all of it. A function is decoded once, for all probes that a batch has in it.
 *
 * What may branch into the middle of a function:
 *
 *  - its own direct branches;
 *  - branches of its own that the kernel patches, jump labels: what is a NOP now
 *    may become a jump;
 *  - the exception table: an instruction that faults continues at its fixup;
 *  - any of these in another symbol: the compiler moves cold parts of a function
 *    to a symbol of their own, and assembly branches from one symbol into
 *    another. branches.c has an index of them;
 *  - an indirect branch of its own, or of its cold part. With IBT compiled in it
 *    leads to ENDBR only: objtool checks that, and the compilers emit no tables of
 *    addresses within a function. Without, its targets are not known at all: they
 *    can be in a table, or be computed. Then only an instruction that is five
 *    bytes long itself may become a jump.
 */
#include <linux/kallsyms.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/nospec-branch.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/* The one that was asked for last. kprobe_mutex */
static struct kprobe_code kprobe_code;

/* Puts back what our breakpoint or jump at @at has replaced. */
static void kprobe_code_restore(struct kprobe_code *f, unsigned long at)
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

static bool kprobe_code_add_target(struct kprobe_code *f, unsigned long target)
{
	bool within = target - f->start < f->size;

	if (within)
		__set_bit(target - f->start, f->target);
	return within;
}

/* A branch of @f leads to @target. */
static void kprobe_code_note_branch(struct kprobe_code *f, unsigned long target)
{
	if (!kprobe_code_add_target(f, target) && f->leaves)
		f->leaves(f, target);
}

static bool kprobe_is_cold(unsigned long addr, struct kprobe_range *range)
{
	unsigned long size, offset;
	char name[KSYM_NAME_LEN], *module;

	if (!kallsyms_lookup(addr, &size, &offset, &module, name) || !strstr(name, ".cold"))
		return false;
	*range = (struct kprobe_range) { addr - offset, addr - offset + size };
	return true;
}

static bool kprobe_code_load(struct kprobe_code *f);

/* A table that is used in the cold part of @f can lead back into @f. */
static void kprobe_code_left(struct kprobe_code *f, unsigned long target)
{
	struct kprobe_code cold = { };
	struct kprobe_range range;

	if (f->indirect || target == f->left_to)
		return;
	f->left_to = target;
	if (!kprobe_is_cold(target, &range))
		return;
	cold.start = range.start;
	cold.size = range.end - range.start;
	f->indirect = !kprobe_code_load(&cold) || cold.indirect;
	kvfree(cold.boundary);
}

static void kprobe_code_walk(unsigned long from, unsigned long target, void *arg)
{
	kprobe_code_note_branch(arg, target);
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

static bool is_relative_branch(const struct kprobe_glance *glance)
{
	u16 opcode = glance->opcode;

	/* Jcc, LOOP and JCXZ, CALL and JMP, XBEGIN */
	return (opcode & 0xfff0) == 0x0f80 || (opcode & 0xfff0) == 0x70 ||
	       (opcode & 0xfffc) == 0xe0 ||
	       opcode == CALL_INSN_OPCODE || opcode == JMP32_INSN_OPCODE ||
	       opcode == JMP8_INSN_OPCODE || (opcode == 0xc7 && glance->modrm == 0xf8);
}

static bool is_indirect_jump(const struct kprobe_glance *glance)
{
	return glance->opcode == 0xff && (glance->modrm & 0x38) == 0x20;
}

/* What one instruction at @addr says of the branches in @f. */
static void kprobe_code_note(struct kprobe_code *f, const struct kprobe_glance *glance,
			     unsigned long addr, const u8 *text)
{
	unsigned long next = addr + glance->len;

	if (is_relative_branch(glance)) {
		kprobe_code_note_branch(f, next + glance->imm);
		f->indirect |= glance->opcode == JMP32_INSN_OPCODE &&
			       is_indirect_thunk(next + glance->imm);
		return;
	}
	if (kprobe_is_endbr(*(u32 *)text))
		kprobe_code_add_target(f, addr);
	f->indirect |= is_indirect_jump(glance);
	/* An address of code as an operand: a branch may use it. */
	if (glance->has_imm)
		kprobe_code_add_target(f, glance->imm);
	if (glance->has_disp)
		kprobe_code_add_target(f, (glance->rip_rel ? next : 0) + glance->disp);
}

/* If the end of the text cannot be read, it is left out. */
static void kprobe_code_read(struct kprobe_code *f)
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

static bool kprobe_code_is_debugged(const struct kprobe_code *f, unsigned long at)
{
	return f->text[at] == INT3_INSN_OPCODE && kprobe_is_debugged(f->start + at);
}

static s32 kprobe_code_s32(const struct kprobe_code *f, unsigned long at)
{
	s32 value;

	memcpy(&value, f->text + at, sizeof(value));
	return value;
}

/*
 * A debugger's breakpoint has replaced the byte at @at, which is not known: it may
 * be the opcode of any direct branch.
 */
static void kprobe_code_guess(struct kprobe_code *f, unsigned long at)
{
	unsigned long addr = f->start + at;

	f->indirect = true;
	kprobe_code_note_branch(f, addr + JMP8_INSN_SIZE + (s8)f->text[at + 1]);
	kprobe_code_note_branch(f, addr + JMP32_INSN_SIZE + kprobe_code_s32(f, at + 1));
	/* Jcc, after 0f */
	if ((f->text[at + 1] & 0xf0) == 0x80)
		kprobe_code_note_branch(f, addr + 6 + kprobe_code_s32(f, at + 2));
}

/*
 * From the start to the end, which can be far: the last symbol of the text reaches over
 * a megabyte of padding. After what is no instruction, or is not known, no
 * boundary is known any more, so each byte is taken for the begin of a branch.
 */
static void kprobe_code_decode(struct kprobe_code *f)
{
	struct kprobe_glance glance;
	unsigned long at;

	for (f->debugged = 0; f->debugged < f->size; f->debugged++) {
		if (kprobe_code_is_debugged(f, f->debugged))
			break;
		cond_resched();
	}
	for (at = 0; at < f->size; at += f->whole ? glance.len : 1) {
		cond_resched();
		if (kprobe_code_is_debugged(f, at))
			kprobe_code_guess(f, at);
		else
			kprobe_code_restore(f, at);
		if (!kprobe_glance(&glance, f->text + at, f->size - at)) {
			f->whole = false;
			continue;
		}
		f->whole &= at + glance.len <= f->debugged;
		if (f->whole)
			__set_bit(at, f->boundary);
		kprobe_code_note(f, &glance, f->start + at, f->text + at);
	}
}

/* Bytes after the text, so that a look at six bytes never reaches too far. */
#define KPROBE_CODE_SLACK	5

static bool kprobe_code_alloc(struct kprobe_code *f)
{
	unsigned long words = BITS_TO_LONGS(f->size);
	unsigned long *room = kvzalloc(2 * words * sizeof(*room) + f->size +
				       KPROBE_CODE_SLACK, GFP_KERNEL);

	f->boundary = room;
	f->target = room + words;
	f->text = (u8 *)(room + 2 * words);
	return room;
}

/* f->start and f->size are set; f->leaves is told of what leads elsewhere. */
static bool kprobe_code_load(struct kprobe_code *f)
{
	if (!kprobe_code_alloc(f))
		return false;
	f->whole = true;
	kprobe_code_read(f);
	kprobe_code_decode(f);
	return true;
}

static void kprobe_code_complete(struct kprobe_code *f)
{
	unsigned long end = f->start + f->size;

	kprobe_walk_labels(f->start, end, kprobe_code_walk, f);
	kprobe_walk_fixups(f->start, end, kprobe_code_walk, f);
	f->complete = true;
}

/**
 * kprobe_code_scan() - report the branches that leave a function
 * @f: its start, size and @leaves are set
 *
 * Context: kprobe_mutex, text_mutex. Sleeps.
 * Return: false if there is no memory.
 */
bool kprobe_code_scan(struct kprobe_code *f)
{
	if (!kprobe_code_load(f))
		return false;
	kprobe_code_complete(f);
	kvfree(f->boundary);
	return true;
}

/**
 * kprobe_code_get() - the function at an address, decoded
 * @addr: an address in it
 * @result: where to return the function; it stays until the next one is asked
 *	for, or kprobe_code_forget()
 *
 * Context: kprobe_mutex, text_mutex. Sleeps.
 * Return: KPROBE_OK; KPROBE_NOT_TEXT if no symbol covers @addr; KPROBE_NO_MEMORY.
 */
enum kprobe_refusal kprobe_code_get(unsigned long addr, struct kprobe_code **result)
{
	struct kprobe_code *f = &kprobe_code;
	unsigned long offset;

	lockdep_assert_held(&kprobe_mutex);

	if (addr - f->start >= f->size) {
		kprobe_code_forget();
		if (!kallsyms_lookup_size_offset(addr, &f->size, &offset)) {
			f->size = 0;
			return KPROBE_NOT_TEXT;
		}
		f->start = addr - offset;
		f->leaves = IS_ENABLED(CONFIG_X86_KERNEL_IBT) ? NULL : kprobe_code_left;
		if (!kprobe_code_load(f)) {
			f->size = 0;
			return KPROBE_NO_MEMORY;
		}
	}
	*result = f;
	return KPROBE_OK;
}

/**
 * kprobe_code_forget() - the text of functions may change from now on
 *
 * Context: kprobe_mutex.
 */
void kprobe_code_forget(void)
{
	kvfree(kprobe_code.boundary);
	memset(&kprobe_code, 0, sizeof(kprobe_code));
}

/**
 * kprobe_code_is_boundary() - does an instruction begin there?
 * @f: the function
 * @addr: an address
 *
 * Return: true if so.
 */
bool kprobe_code_is_boundary(const struct kprobe_code *f, unsigned long addr)
{
	return addr - f->start < f->size && test_bit(addr - f->start, f->boundary);
}

/**
 * kprobe_code_is_entered() - check some bytes of a function for a branch to them
 * @f: the function
 * @start: the first of them
 * @end: after the last; all within the function
 *
 * Context: kprobe_mutex.
 * Return: true if @f is known to branch there. kprobe_branches_enter() has the
 * branches of other symbols.
 */
bool kprobe_code_is_entered(struct kprobe_code *f, unsigned long start, unsigned long end)
{
	unsigned long last = end - f->start;

	if (!f->complete)
		kprobe_code_complete(f);
	return find_next_bit(f->target, last, start - f->start) < last;
}

/**
 * kprobe_code_is_open() - check whether a function has branches that are not known
 * @f: the function
 *
 * Context: kprobe_mutex.
 * Return: true if it does not decode to its end, or if it has an indirect jump whose
 * targets are not known.
 */
bool kprobe_code_is_open(struct kprobe_code *f)
{
	struct kprobe_range range;

	if (!f->whole)
		return true;
	if (IS_ENABLED(CONFIG_X86_KERNEL_IBT))
		return false;
	/* Its labels may lead to its cold part. */
	if (!f->complete)
		kprobe_code_complete(f);
	/* A table of its parent can lead into a cold part. */
	return f->indirect || kprobe_is_cold(f->start, &range);
}
