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
 *  - those of its cold part, NAME.cold, which the compiler has put elsewhere and
 *    to which the function itself branches;
 *  - branches of either that the kernel patches, jump labels: what is a NOP now
 *    may become a jump;
 *  - the exception table: an instruction of either that faults goes on at its
 *    fixup;
 *  - an indirect branch of either: indirect.c.
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

static void kprobe_code_add_target(struct kprobe_code *f, unsigned long target)
{
	if (target - f->start < f->size)
		__set_bit(target - f->start, f->target);
}

/*
 * Where functions branch to, other than into themselves: the last such symbol of
 * the kernel's own text. Mostly it is where they return through. kprobe_mutex
 */
static struct kprobe_range kprobe_last_left_to;

/* Notes the cold part of @f, to which it branches; false if they are too many. */
static bool kprobe_code_note_cold(struct kprobe_code *f, unsigned long target)
{
	unsigned long size, offset;
	char name[KSYM_NAME_LEN], *module;
	unsigned int i;

	for (i = 0; i < f->nr_cold; i++) {
		if (kprobe_range_has(&f->cold[i], target))
			return true;
	}
	if (!kallsyms_lookup(target, &size, &offset, &module, name))
		return true;
	if (!strstr(name, ".cold")) {
		if (!module)
			kprobe_last_left_to = (struct kprobe_range) {
				target - offset, target - offset + size,
			};
		return true;
	}
	if (f->nr_cold == ARRAY_SIZE(f->cold))
		return false;
	f->cold[f->nr_cold++] = (struct kprobe_range) { target - offset, target - offset + size };
	return true;
}

/**
 * kprobe_code_note_branch() - somebody may branch there
 * @f: the function, to which the branch belongs
 * @target: where it goes; if that is a cold part of @f, it is one of those
 *
 * Context: kprobe_mutex.
 */
void kprobe_code_note_branch(struct kprobe_code *f, unsigned long target)
{
	if (target - f->start < f->size)
		__set_bit(target - f->start, f->target);
	else if (!kprobe_range_has(&kprobe_last_left_to, target))
		f->whole &= kprobe_code_note_cold(f, target);
}

/* For those who walk jump labels or the exception table, of @f or of its cold part. */
static void kprobe_code_walk_own(unsigned long from, unsigned long target, void *arg)
{
	kprobe_code_note_branch(arg, target);
}

static void kprobe_code_walk_cold(unsigned long from, unsigned long target, void *arg)
{
	kprobe_code_add_target(arg, target);
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

/* What one instruction at @addr, of @f or of its cold part, says of branches into @f. */
static void kprobe_code_note(struct kprobe_code *f, const struct kprobe_glance *glance,
			     unsigned long addr, const u8 *text)
{
	unsigned long next = addr + glance->len;

	if (is_relative_branch(glance)) {
		if (glance->opcode == CALL_INSN_OPCODE || addr - f->start >= f->size)
			kprobe_code_add_target(f, next + glance->imm);
		else
			kprobe_code_note_branch(f, next + glance->imm);
		f->indirect |= glance->opcode == JMP32_INSN_OPCODE &&
			       is_indirect_thunk(next + glance->imm);
		return;
	}
	if (kprobe_is_endbr(*(u32 *)text))
		kprobe_code_add_target(f, addr);
	f->indirect |= is_indirect_jump(glance);
	/* An address of code as an operand: somebody is going to branch there. */
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

/* From the start to the end, or to what is no instruction. */
static void kprobe_code_decode(struct kprobe_code *f)
{
	struct kprobe_glance glance;
	unsigned long at;

	for (at = 0; at < f->size; at += glance.len) {
		kprobe_code_restore(f, at);
		if (!kprobe_glance(&glance, f->text + at, f->size - at))
			break;
		__set_bit(at, f->boundary);
		kprobe_code_note(f, &glance, f->start + at, f->text + at);
	}
	f->whole &= at >= f->size;
}

/* Room behind the text, so that a look at four bytes never reaches too far. */
#define KPROBE_CODE_SLACK	4

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

/* f->start and f->size are set. */
static bool kprobe_code_load(struct kprobe_code *f)
{
	if (!kprobe_code_alloc(f))
		return false;
	f->whole = true;
	kprobe_code_read(f);
	kprobe_code_decode(f);
	return true;
}

static bool kprobe_code_add_cold(struct kprobe_code *f, const struct kprobe_range *range)
{
	struct kprobe_code cold = {
		.start = range->start,
		.size = range->end - range->start,
	};
	struct kprobe_glance glance;
	unsigned long at;

	if (!kprobe_code_load(&cold))
		return false;
	for_each_set_bit(at, cold.boundary, cold.size) {
		kprobe_glance(&glance, cold.text + at, cold.size - at);
		kprobe_code_note(f, &glance, cold.start + at, cold.text + at);
	}
	f->whole &= cold.whole;
	kprobe_walk_labels(range->start, range->end, kprobe_code_walk_cold, f);
	kprobe_walk_fixups(range->start, range->end, kprobe_code_walk_cold, f);
	kvfree(cold.boundary);
	return true;
}

static bool kprobe_code_complete(struct kprobe_code *f)
{
	unsigned long end = f->start + f->size;
	unsigned int i = 0;

	kprobe_walk_labels(f->start, end, kprobe_code_walk_own, f);
	kprobe_walk_fixups(f->start, end, kprobe_code_walk_own, f);
	/* Each may bring more of the other. */
	while (i < f->nr_cold || f->indirect) {
		if (f->indirect) {
			f->indirect = false;
			if (!kprobe_code_add_indirect(f))
				return false;
		}
		if (i < f->nr_cold && !kprobe_code_add_cold(f, &f->cold[i++]))
			return false;
	}
	f->complete = true;
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
 * kprobe_code_is_entered() - may anybody branch to one of these bytes?
 * @f: the function
 * @start: the first of them
 * @end: behind the last; all within the function
 *
 * Context: kprobe_mutex, text_mutex. Sleeps.
 * Return: true if so, or if that is not known.
 */
bool kprobe_code_is_entered(struct kprobe_code *f, unsigned long start,
			    unsigned long end)
{
	unsigned long offset = start - f->start, behind = end - f->start;

	if (!f->whole || (!f->complete && !kprobe_code_complete(f)))
		return true;
	return find_next_bit(f->target, behind, offset) < behind;
}
