// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: text that the kernel itself patches, and branches that do not show
 * in the text.
 *
 * The kernel sorts its tables of jump labels and of static calls by key, so to
 * ask it about an address is to walk them all. Here each text, the kernel's own
 * and a module's, has its patched instructions sorted by address. They are
 * searched by bisection, also for all that a function has of them. Those of the
 * kernel are collected for the first probe: a kernel without probes has no index.
 *
 * A jump label that is a NOP now may become a jump, and an instruction that
 * faults may go on elsewhere: who has to know where in a function a branch may
 * land asks here for these.
 */
#include <linux/extable.h>
#include <linux/jump_label.h>
#include <linux/kernel.h>
#include <linux/maple_tree.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/static_call.h>
#include <asm/sections.h>

#include "internal.h"

/**
 * struct kprobe_patched - an instruction that the kernel patches
 * @offset: from the start of its text
 * @jump: from the instruction to the target of a jump label
 * @len: its length
 * @refusal: enum kprobe_refusal of a probe there
 */
struct kprobe_patched {
	u32 offset;
	s32 jump;
	u8 len;
	u8 refusal;
};

/**
 * struct kprobe_patched_text - what the kernel patches in a text
 * @start: the first byte of the text
 * @fixups: the exception table of its image, sorted by instruction. Of a module it is
 *	the table as it was before do_init_module() took the entries of init text off,
 *	while others read mod->extable and mod->num_exentries. Its memory stays as long
 *	as the text
 * @nr_fixups: how many entries that has
 * @nr: how many instructions
 * @insn: they, by address. They do not overlap
 */
struct kprobe_patched_text {
	unsigned long start;
	const struct exception_table_entry *fixups;
	unsigned int nr_fixups;
	unsigned int nr;
	struct kprobe_patched insn[] __counted_by(nr);
};

/* struct kprobe_patched_text by each address of the text. kprobe_mutex */
static DEFINE_MTREE(kprobe_patched_texts);

/* The tables of an image; of them only what is in one text is of interest. */
struct kprobe_patch_tables {
	struct kprobe_range text;
	struct jump_entry *labels;
	unsigned int nr_labels;
	struct static_call_site *calls;
	unsigned int nr_calls;
	const struct exception_table_entry *fixups;
	unsigned int nr_fixups;
};

#ifdef CONFIG_JUMP_LABEL
/*
 * The length of a label is decoded from its text. While a CPU patches the label, a
 * breakpoint is in its place, and jump_entry_size() hits a BUG() when it decodes
 * that. All patching holds text_mutex.
 */
static struct kprobe_patched kprobe_patched_label(struct jump_entry *label,
						  const struct kprobe_range *text)
{
	lockdep_assert_held(&text_mutex);

	return (struct kprobe_patched) {
		.offset		= jump_entry_code(label) - text->start,
		.jump		= jump_entry_target(label) - jump_entry_code(label),
		.len		= jump_entry_size(label),
		.refusal	= KPROBE_JUMP_LABEL,
	};
}

/* Into @insn, unless that is NULL. How many are there? */
static unsigned int kprobe_collect_labels(const struct kprobe_patch_tables *tables,
					  struct kprobe_patched *insn)
{
	struct jump_entry *label;
	unsigned int nr = 0;

	for (label = tables->labels; label < tables->labels + tables->nr_labels; label++) {
		cond_resched();
		if (!kprobe_range_has(&tables->text, jump_entry_code(label)))
			continue;
		if (insn)
			insn[nr] = kprobe_patched_label(label, &tables->text);
		nr++;
	}
	return nr;
}
#else
static unsigned int kprobe_collect_labels(const struct kprobe_patch_tables *tables,
					  struct kprobe_patched *insn)
{
	return 0;
}
#endif

#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
static struct kprobe_patched kprobe_patched_call(unsigned long addr,
						 const struct kprobe_range *text)
{
	return (struct kprobe_patched) {
		.offset		= addr - text->start,
		.len		= CALL_INSN_SIZE,
		.refusal	= KPROBE_STATIC_CALL,
	};
}

/* Into @insn, unless that is NULL. How many are there? */
static unsigned int kprobe_collect_calls(const struct kprobe_patch_tables *tables,
					 struct kprobe_patched *insn)
{
	struct static_call_site *call;
	unsigned int nr = 0;

	for (call = tables->calls; call < tables->calls + tables->nr_calls; call++) {
		unsigned long addr = (unsigned long)&call->addr + call->addr;

		cond_resched();
		if (!kprobe_range_has(&tables->text, addr))
			continue;
		if (insn)
			insn[nr] = kprobe_patched_call(addr, &tables->text);
		nr++;
	}
	return nr;
}
#else
static unsigned int kprobe_collect_calls(const struct kprobe_patch_tables *tables,
					 struct kprobe_patched *insn)
{
	return 0;
}
#endif

static int kprobe_patched_cmp(const void *a, const void *b)
{
	const struct kprobe_patched *x = a, *y = b;

	cond_resched();
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return 0;
}

/* What is patched in a text: NULL if nothing is, or if there is no memory, which is said. */
static int kprobe_patched_collect(const struct kprobe_patch_tables *tables,
				  struct kprobe_patched_text **result)
{
	unsigned int nr_labels = kprobe_collect_labels(tables, NULL);
	unsigned int nr = nr_labels + kprobe_collect_calls(tables, NULL);
	struct kprobe_patched_text *text;

	*result = NULL;
	if (tables->text.start == tables->text.end || (!nr && !tables->nr_fixups))
		return 0;
	text = kvmalloc(struct_size(text, insn, nr), GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	text->start = tables->text.start;
	text->fixups = tables->fixups;
	text->nr_fixups = tables->nr_fixups;
	text->nr = nr;
	scoped_guard(mutex, &text_mutex) {
		kprobe_collect_labels(tables, text->insn);
		kprobe_collect_calls(tables, text->insn + nr_labels);
	}
	sort(text->insn, nr, sizeof(text->insn[0]), kprobe_patched_cmp, NULL);
	*result = text;
	return 0;
}

static int kprobe_patched_insert(const struct kprobe_range *range, struct kprobe_patched_text *text)
{
	int err;

	lockdep_assert_held(&kprobe_mutex);

	if (!text)
		return 0;
	err = mtree_insert_range(&kprobe_patched_texts, range->start, range->end - 1, text,
				 GFP_KERNEL);
	if (err)
		kvfree(text);
	return err;
}

static void kprobe_patched_erase(unsigned long start)
{
	lockdep_assert_held(&kprobe_mutex);

	kvfree(mtree_erase(&kprobe_patched_texts, start));
}

/**
 * kprobe_reserved_remove() - forget what is patched in a text that goes
 * @start: its first byte
 *
 * Context: process. Takes kprobe_mutex.
 */
void kprobe_reserved_remove(unsigned long start)
{
	guard(mutex)(&kprobe_mutex);
	kprobe_patched_erase(start);
}

#ifdef CONFIG_MODULES
static int kprobe_reserved_add_module_text(const struct module *mod, enum mod_mem_type type)
{
	struct kprobe_patch_tables tables = {
		.text.start	= (unsigned long)mod->mem[type].base,
		.text.end	= (unsigned long)mod->mem[type].base + mod->mem[type].size,
#ifdef CONFIG_JUMP_LABEL
		.labels		= mod->jump_entries,
		.nr_labels	= mod->num_jump_entries,
#endif
#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
		.calls		= mod->static_call_sites,
		.nr_calls	= mod->num_static_call_sites,
#endif
		.fixups		= mod->extable,
		.nr_fixups	= mod->num_exentries,
	};
	struct kprobe_patched_text *text;

	if (kprobe_patched_collect(&tables, &text))
		return -ENOMEM;
	guard(mutex)(&kprobe_mutex);
	return kprobe_patched_insert(&tables.text, text);
}

/**
 * kprobe_reserved_add_module() - learn what is patched in a module
 * @mod: a module that is coming
 *
 * Context: process. Takes kprobe_mutex.
 * Return: 0, or -ENOMEM; then one of its texts may be known, and the other not.
 */
int kprobe_reserved_add_module(const struct module *mod)
{
	return kprobe_reserved_add_module_text(mod, MOD_TEXT) ?:
	       kprobe_reserved_add_module_text(mod, MOD_INIT_TEXT);
}
#endif

/* Not the whole image: memory between its text and its end may be free, and used again. */
static int kprobe_reserved_add_image_text(void *start, void *end)
{
	struct kprobe_patch_tables tables = {
		.text		= { (unsigned long)start, (unsigned long)end },
#ifdef CONFIG_JUMP_LABEL
		.labels		= __start___jump_table,
		.nr_labels	= __stop___jump_table - __start___jump_table,
#endif
#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
		.calls		= __start_static_call_sites,
		.nr_calls	= __stop_static_call_sites - __start_static_call_sites,
#endif
		.fixups		= __start___ex_table,
		.nr_fixups	= __stop___ex_table - __start___ex_table,
	};
	struct kprobe_patched_text *text;

	return kprobe_patched_collect(&tables, &text) ?:
	       kprobe_patched_insert(&tables.text, text);
}

/* Empty when it has been freed: kprobe_free_init_mem() waits for kprobe_mutex after that. */
static int kprobe_reserved_add_init_text(void)
{
	if (system_state >= SYSTEM_FREEING_INITMEM)
		return 0;
	return kprobe_reserved_add_image_text(__init_begin, __init_end);
}

/**
 * kprobe_reserved_index_image() - index what is patched in the kernel's image
 *
 * To be called before anything here is asked about the image. The first call takes
 * time and memory, which a kernel without probes does not spend. Its tables are sorted
 * before the first probe can be registered; those of a module are when it comes, so
 * for a module this cannot wait.
 *
 * Context: process, kprobe_mutex. Sleeps. Takes text_mutex.
 * Return: 0, or -ENOMEM; then the next call tries again.
 */
int kprobe_reserved_index_image(void)
{
	int err;

	lockdep_assert_held(&kprobe_mutex);

	if (mtree_load(&kprobe_patched_texts, (unsigned long)_text))
		return 0;
	err = kprobe_reserved_add_init_text();
	if (err)
		return err;
	err = kprobe_reserved_add_image_text(_text, _etext);
	if (err)
		kprobe_patched_erase((unsigned long)__init_begin);
	return err;
}

/* The first patched instruction that ends behind @addr, and is within @text. */
static unsigned int kprobe_patched_behind(const struct kprobe_patched_text *text,
					  unsigned long addr)
{
	unsigned int low = 0, high = text->nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;
		const struct kprobe_patched *insn = &text->insn[mid];

		if (text->start + insn->offset + insn->len > addr)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/**
 * kprobe_reserved_in() - does the kernel patch anything in a range?
 * @start: its first byte
 * @end: behind its last, in the same text
 *
 * Context: process, kprobe_mutex, after kprobe_reserved_index_image().
 * Return: KPROBE_OK if not; else KPROBE_JUMP_LABEL or KPROBE_STATIC_CALL, for
 * the first such instruction that has a byte there.
 */
enum kprobe_refusal kprobe_reserved_in(unsigned long start, unsigned long end)
{
	const struct kprobe_patched_text *text;
	unsigned int i;

	lockdep_assert_held(&kprobe_mutex);

	text = mtree_load(&kprobe_patched_texts, start);
	if (!text)
		return KPROBE_OK;
	i = kprobe_patched_behind(text, start);
	if (i == text->nr || text->start + text->insn[i].offset >= end)
		return KPROBE_OK;
	return text->insn[i].refusal;
}

/**
 * kprobe_reserved_range() - which instruction that the kernel patches is there?
 * @addr: an address
 * @range: where to return it: from its first byte to behind its last
 *
 * Context: process, kprobe_mutex.
 * Return: true if there is one.
 */
bool kprobe_reserved_range(unsigned long addr, struct kprobe_range *range)
{
	const struct kprobe_patched_text *text;
	unsigned int i;

	lockdep_assert_held(&kprobe_mutex);

	text = mtree_load(&kprobe_patched_texts, addr);
	if (!text)
		return false;
	i = kprobe_patched_behind(text, addr);
	if (i == text->nr)
		return false;
	range->start = text->start + text->insn[i].offset;
	range->end = range->start + text->insn[i].len;
	return kprobe_range_has(range, addr);
}

/**
 * kprobe_walk_labels() - where may the jump labels of a range jump to?
 * @start: the first byte of the range
 * @end: behind its last, in the same text
 * @fn: called for each jump label that begins in there, by address, with its
 *	address and its target, whether it is a NOP or a jump now
 * @arg: for @fn
 *
 * Context: process, kprobe_mutex.
 */
void kprobe_walk_labels(unsigned long start, unsigned long end, kprobe_branch_fn fn, void *arg)
{
	const struct kprobe_patched_text *text;
	unsigned int i;

	lockdep_assert_held(&kprobe_mutex);

	text = mtree_load(&kprobe_patched_texts, start);
	if (!text)
		return;
	for (i = kprobe_patched_behind(text, start); i < text->nr; i++) {
		const struct kprobe_patched *insn = &text->insn[i];
		unsigned long addr = text->start + insn->offset;

		if (addr >= end)
			break;
		if (addr >= start && insn->refusal == KPROBE_JUMP_LABEL)
			fn(addr, addr + insn->jump, arg);
	}
}

#ifdef ARCH_HAS_RELATIVE_EXTABLE
static unsigned long kprobe_fixup_insn(const struct exception_table_entry *entry)
{
	return (unsigned long)&entry->insn + entry->insn;
}

static unsigned long kprobe_fixup_target(const struct exception_table_entry *entry)
{
	return (unsigned long)&entry->fixup + entry->fixup;
}
#else
static unsigned long kprobe_fixup_insn(const struct exception_table_entry *entry)
{
	return entry->insn;
}

static unsigned long kprobe_fixup_target(const struct exception_table_entry *entry)
{
	return entry->fixup;
}
#endif

/**
 * kprobe_walk_fixups() - where may the faults of a range go on?
 * @start: the first byte of the range, which stays
 * @end: behind its last, in the same text
 * @fn: called for each instruction in there that has an entry in the exception
 *	table, by address, with its address and that of the fixup
 * @arg: for @fn
 *
 * Context: process, kprobe_mutex.
 */
void kprobe_walk_fixups(unsigned long start, unsigned long end, kprobe_branch_fn fn, void *arg)
{
	const struct exception_table_entry *entry;
	const struct kprobe_patched_text *text;
	unsigned int low = 0, high;

	lockdep_assert_held(&kprobe_mutex);

	text = mtree_load(&kprobe_patched_texts, start);
	if (!text)
		return;
	entry = text->fixups;
	high = text->nr_fixups;
	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (kprobe_fixup_insn(&entry[mid]) >= start)
			high = mid;
		else
			low = mid + 1;
	}
	for (; low < text->nr_fixups && kprobe_fixup_insn(&entry[low]) < end; low++)
		fn(kprobe_fixup_insn(&entry[low]), kprobe_fixup_target(&entry[low]), arg);
}
