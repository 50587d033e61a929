// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: branches from one symbol into the middle of another.
 *
 * A function branches into its cold part, NAME.cold, and the cold part back;
 * assembly branches from one symbol into another. Such branches are few, one in a
 * hundred, but they can be anywhere in the text. An index holds their targets,
 * sorted: one for the kernel's image, and one for each module.
 *
 * To build an index all of a text is decoded. A worker does that when a site could
 * be a jump for the first time, one symbol at a time, and no lock is held in
 * between. A kernel without such sites has no index. Until it is there, no site of
 * that text becomes a jump.
 *
 * The sources of an index are the text itself and the init text of the same image,
 * as long as that exists. Init text has no index, so no jumps: it runs once.
 */
#include <linux/bitmap.h>
#include <linux/kallsyms.h>
#include <linux/maple_tree.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <asm/sections.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/**
 * struct kprobe_branches - the index of a text
 * @text: the text
 * @wanted: in kprobe_branches_wanted until the worker builds it
 * @nr: how many targets there are
 * @target: they, from the start of the text, sorted; NULL until it is there
 */
struct kprobe_branches {
	struct kprobe_range text;
	struct list_head wanted;
	unsigned int nr;
	u32 *target;
};

/**
 * struct kprobe_branch_bits - an index that is being built
 * @text: of which text
 * @target: a bit for each byte: a branch from another symbol leads there
 * @start: the same: a symbol begins there
 */
struct kprobe_branch_bits {
	struct kprobe_range text;
	unsigned long *target;
	unsigned long *start;
};

/* struct kprobe_branches by each address of the text. kprobe_mutex */
static DEFINE_MTREE(kprobe_branches);
static LIST_HEAD(kprobe_branches_wanted);	/* kprobe_mutex */

/* The one that the worker builds; NULL if its module has gone. kprobe_mutex */
static struct kprobe_branches *kprobe_branches_built;

static void kprobe_branches_build_all(struct work_struct *work);
static DECLARE_WORK(kprobe_branches_work, kprobe_branches_build_all);

#ifdef CONFIG_MODULES
static struct kprobe_range kprobe_module_range(const struct module *mod, enum mod_mem_type type)
{
	unsigned long start = (unsigned long)mod->mem[type].base;

	return (struct kprobe_range) { start, start + mod->mem[type].size };
}

static struct kprobe_range kprobe_module_text(unsigned long addr)
{
	struct module *mod;

	guard(preempt)();
	mod = __module_text_address(addr);
	if (!mod || !kprobe_in_module_text(addr, mod))
		return (struct kprobe_range) { };
	return kprobe_module_range(mod, MOD_TEXT);
}

/*
 * kprobe_mutex is held, so a module that is COMING keeps its init text, and the range of
 * it in mem[]: its notifications LIVE and GOING wait for kprobe_mutex.
 */
static struct kprobe_range kprobe_module_init_text(unsigned long addr)
{
	struct module *mod;

	guard(preempt)();
	mod = __module_text_address(addr);
	if (!mod || mod->state != MODULE_STATE_COMING)
		return (struct kprobe_range) { };
	return kprobe_module_range(mod, MOD_INIT_TEXT);
}
#else
static struct kprobe_range kprobe_module_text(unsigned long addr)
{
	return (struct kprobe_range) { };
}

static struct kprobe_range kprobe_module_init_text(unsigned long addr)
{
	return (struct kprobe_range) { };
}
#endif

static bool kprobe_in_image(unsigned long addr)
{
	return addr >= (unsigned long)_stext && addr < (unsigned long)_etext;
}

/* The text that an index is of; empty if there is none for that address. */
static struct kprobe_range kprobe_branches_text(unsigned long addr)
{
	if (kprobe_in_image(addr))
		return (struct kprobe_range) { (unsigned long)_stext, (unsigned long)_etext };
	return kprobe_module_text(addr);
}

/* The init text that may branch there; empty when it has been freed. */
static struct kprobe_range kprobe_branches_init_text(unsigned long addr)
{
	if (!kprobe_in_image(addr))
		return kprobe_module_init_text(addr);
	/* kprobe_free_init_mem() waits for kprobe_mutex after that. */
	if (system_state >= SYSTEM_FREEING_INITMEM)
		return (struct kprobe_range) { };
	return (struct kprobe_range) { (unsigned long)_sinittext, (unsigned long)_einittext };
}

/**
 * kprobe_branches_want() - have an index built, unless there is one
 * @addr: an address of its text
 *
 * When it is there, kprobe_reconsider_jumps() is called.
 *
 * Context: kprobe_mutex. Sleeps, but does not wait for it.
 */
void kprobe_branches_want(unsigned long addr)
{
	struct kprobe_range text = kprobe_branches_text(addr);
	struct kprobe_branches *branches;

	lockdep_assert_held(&kprobe_mutex);

	if (text.start == text.end || mtree_load(&kprobe_branches, addr))
		return;
	branches = kzalloc(sizeof(*branches), GFP_KERNEL);
	if (!branches)
		return;
	branches->text = text;
	if (mtree_insert_range(&kprobe_branches, text.start, text.end - 1, branches, GFP_KERNEL)) {
		kfree(branches);
		return;
	}
	list_add_tail(&branches->wanted, &kprobe_branches_wanted);
	queue_work(system_unbound_wq, &kprobe_branches_work);
}

/**
 * kprobe_branches_known() - check whether a text has its index
 * @addr: an address in it
 *
 * Context: kprobe_mutex.
 * Return: true if it has one.
 */
bool kprobe_branches_known(unsigned long addr)
{
	const struct kprobe_branches *branches = mtree_load(&kprobe_branches, addr);

	return branches && branches->target;
}

/* The first target at or after @offset. */
static unsigned int kprobe_branches_first(const struct kprobe_branches *branches, u32 offset)
{
	unsigned int low = 0, high = branches->nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (branches->target[mid] >= offset)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

/**
 * kprobe_branches_enter() - check some bytes for a branch from another symbol
 * @start: the first of them; kprobe_branches_known()
 * @end: after the last, in the same text
 *
 * Context: kprobe_mutex.
 * Return: true if there is one.
 */
bool kprobe_branches_enter(unsigned long start, unsigned long end)
{
	const struct kprobe_branches *branches = mtree_load(&kprobe_branches, start);
	unsigned int i = kprobe_branches_first(branches, start - branches->text.start);

	return i < branches->nr && branches->target[i] < end - branches->text.start;
}

/**
 * kprobe_branches_nr() - the size of an index
 * @addr: an address of its text
 *
 * Context: kprobe_mutex.
 * Return: how many targets it has; 0 if it is not there.
 */
unsigned int kprobe_branches_nr(unsigned long addr)
{
	const struct kprobe_branches *branches = mtree_load(&kprobe_branches, addr);

	return branches ? branches->nr : 0;
}

/*
 * Building
 */

static void kprobe_branches_note(struct kprobe_code *f, unsigned long target)
{
	struct kprobe_branch_bits *bits = f->index;

	if (kprobe_range_has(&bits->text, target))
		__set_bit(target - bits->text.start, bits->target);
}

/* Decodes the symbol at @addr; *@next is set to where the next one begins. */
static bool kprobe_branches_scan(struct kprobe_branch_bits *bits, unsigned long addr,
				 unsigned long *next)
{
	struct kprobe_code f = { .leaves = kprobe_branches_note, .index = bits };
	unsigned long offset;

	*next = addr + 1;
	if (!kallsyms_lookup_size_offset(addr, &f.size, &offset))
		return true;
	f.start = addr - offset;
	*next = f.start + f.size;
	if (kprobe_range_has(&bits->text, f.start))
		__set_bit(f.start - bits->text.start, bits->start);
	guard(mutex)(&text_mutex);
	return kprobe_code_scan(&f);
}

static void kprobe_branches_drop(struct kprobe_branches *branches)
{
	mtree_erase(&kprobe_branches, branches->text.start);
	if (kprobe_branches_built == branches)
		kprobe_branches_built = NULL;
	else if (!branches->target)
		list_del(&branches->wanted);
	kvfree(branches->target);
	kfree(branches);
}

typedef struct kprobe_range (*kprobe_branches_source)(unsigned long addr);

/* False if there is no memory, or if the text goes. */
static bool kprobe_branches_scan_all(struct kprobe_branch_bits *bits,
				     kprobe_branches_source source_of)
{
	struct kprobe_range source;
	unsigned long next = 0;

	do {
		scoped_guard(mutex, &kprobe_mutex) {
			if (!kprobe_branches_built || kprobe_reserved_index_image())
				return false;
			source = source_of(bits->text.start);
			next = max(next, source.start);
			if (next < source.end && !kprobe_branches_scan(bits, next, &next))
				return false;
		}
		cond_resched();
	} while (next < source.end);
	return true;
}

static u32 *kprobe_branches_collect(struct kprobe_branch_bits *bits, unsigned int *nr)
{
	unsigned long size = bits->text.end - bits->text.start, at;
	u32 *target;

	bitmap_andnot(bits->target, bits->target, bits->start, size);
	target = kvmalloc_array(bitmap_weight(bits->target, size) + 1, sizeof(*target),
				GFP_KERNEL);
	*nr = 0;
	if (!target)
		return NULL;
	for_each_set_bit(at, bits->target, size)
		target[(*nr)++] = at;
	return target;
}

static u32 *kprobe_branches_build(struct kprobe_branch_bits *bits, unsigned int *nr)
{
	unsigned int words = BITS_TO_LONGS(bits->text.end - bits->text.start);
	u32 *target = NULL;

	bits->target = kvcalloc(2 * words, sizeof(long), GFP_KERNEL);
	if (!bits->target)
		return NULL;
	bits->start = bits->target + words;
	if (kprobe_branches_scan_all(bits, kprobe_branches_text) &&
	    kprobe_branches_scan_all(bits, kprobe_branches_init_text))
		target = kprobe_branches_collect(bits, nr);
	kvfree(bits->target);
	return target;
}

static bool kprobe_branches_begin(struct kprobe_branch_bits *bits)
{
	guard(mutex)(&kprobe_mutex);
	kprobe_branches_built = list_first_entry_or_null(&kprobe_branches_wanted,
							 struct kprobe_branches, wanted);
	if (!kprobe_branches_built)
		return false;
	list_del(&kprobe_branches_built->wanted);
	bits->text = kprobe_branches_built->text;
	return true;
}

/* Without memory there is no index, and the next registration has it tried again. */
static void kprobe_branches_end(u32 *target, unsigned int nr)
{
	guard(mutex)(&kprobe_mutex);
	if (!kprobe_branches_built) {
		kvfree(target);
		return;
	}
	if (!target) {
		kprobe_branches_drop(kprobe_branches_built);
		return;
	}
	kprobe_branches_built->nr = nr;
	kprobe_branches_built->target = target;
	kprobe_branches_built = NULL;
}

static void kprobe_branches_build_all(struct work_struct *work)
{
	struct kprobe_branch_bits bits;
	unsigned int nr;
	u32 *target;

	while (kprobe_branches_begin(&bits)) {
		target = kprobe_branches_build(&bits, &nr);
		kprobe_branches_end(target, nr);
	}
	kprobe_reconsider_jumps();
}

void arch_kprobe_text_leaves(unsigned long start)
{
	struct kprobe_branches *branches;

	guard(mutex)(&kprobe_mutex);
	branches = mtree_load(&kprobe_branches, start);
	if (branches)
		kprobe_branches_drop(branches);
}

void arch_kprobe_settle_jumps(void)
{
	scoped_guard(mutex, &kprobe_mutex)
		kprobe_branches_want((unsigned long)_stext);
	flush_work(&kprobe_branches_work);
}
