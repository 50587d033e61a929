// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes on x86: where the indirect branches of a function go, a switch's say:
 *
 *  - in a kernel with IBT only to ENDBR, which is a target anyway: objtool has
 *    seen to that, and the CPU does;
 *  - else to another function; or to a label of its own whose address it has
 *    from an operand, which is a target anyway, or from a table in memory, of
 *    a switch or of the program's: the kernel is not position independent, so
 *    these are tables of addresses. A table may lead to the cold part as well;
 *    so may that back.
 *
 * So without IBT all words in the data of the image, or of the module, that are
 * addresses within the function are targets.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <asm/sections.h>

#include "../../../../kernel/kprobes/internal.h"
#include "site.h"

/* A word that is an address within the function, and what else is in such a table. */
static void kprobe_code_note_table(struct kprobe_code *f, const unsigned long *word,
				   const struct kprobe_range *data)
{
	const unsigned long *first = (const unsigned long *)data->start;
	const unsigned long *last = (const unsigned long *)data->end;

	while (word > first && __kernel_text_address(word[-1]))
		word--;
	for (; word < last && __kernel_text_address(*word); word++)
		kprobe_code_note_branch(f, *word);
}

static struct kprobe_range kprobe_words(const void *start, const void *end)
{
	return (struct kprobe_range) {
		ALIGN((unsigned long)start, sizeof(long)),
		ALIGN_DOWN((unsigned long)end, sizeof(long)),
	};
}

/**
 * struct kprobe_pointer - a word of the image that is an address of its text
 * @to: that address, from _stext
 * @at: where the word is, from _text
 */
struct kprobe_pointer {
	u32 to;
	u32 at;
};

/*
 * All of them, by @to: made when it is first needed, as only a kernel without IBT
 * needs it. The kernel's data may change, its tables of labels do not. kprobe_mutex
 */
static struct {
	struct kprobe_pointer *pointer;
	unsigned int nr;
} kprobe_pointers;

static int kprobe_pointer_cmp(const void *a, const void *b)
{
	const struct kprobe_pointer *x = a, *y = b;

	return x->to < y->to ? -1 : x->to > y->to;
}

/* Into @pointer, unless that is NULL. How many are there, up to @max? */
static unsigned int kprobe_collect_pointers(const struct kprobe_range *data,
					    struct kprobe_pointer *pointer, unsigned int max)
{
	unsigned long at, to, size = _etext - _stext;
	unsigned int nr = 0;

	for (at = data->start; at < data->end && nr < max; at += sizeof(long)) {
		to = *(unsigned long *)at - (unsigned long)_stext;
		if (to >= size)
			continue;
		if (pointer)
			pointer[nr] = (struct kprobe_pointer) { to, at - (unsigned long)_text };
		nr++;
	}
	return nr;
}

static bool kprobe_find_pointers(const struct kprobe_range *rodata,
				 const struct kprobe_range *data)
{
	unsigned int nr_rodata, nr_data;
	struct kprobe_pointer *pointer;

	if (kprobe_pointers.pointer)
		return true;
	nr_rodata = kprobe_collect_pointers(rodata, NULL, UINT_MAX);
	nr_data = kprobe_collect_pointers(data, NULL, UINT_MAX);
	pointer = kvmalloc_array(nr_rodata + nr_data + 1, sizeof(*pointer), GFP_KERNEL);
	if (!pointer)
		return false;
	/* Data may change meanwhile. */
	kprobe_collect_pointers(rodata, pointer, nr_rodata);
	nr_data = kprobe_collect_pointers(data, pointer + nr_rodata, nr_data);
	kprobe_pointers.pointer = pointer;
	kprobe_pointers.nr = nr_rodata + nr_data;
	sort(kprobe_pointers.pointer, kprobe_pointers.nr, sizeof(struct kprobe_pointer),
	     kprobe_pointer_cmp, NULL);
	return true;
}

static unsigned int kprobe_first_pointer(unsigned long to)
{
	unsigned int low = 0, high = kprobe_pointers.nr;

	while (low < high) {
		unsigned int mid = low + (high - low) / 2;

		if (kprobe_pointers.pointer[mid].to >= to)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

static bool kprobe_code_scan_image(struct kprobe_code *f)
{
	struct kprobe_range rodata = kprobe_words(__start_rodata, __end_rodata);
	struct kprobe_range data = kprobe_words(_sdata, _edata);
	unsigned long to = f->start - (unsigned long)_stext;
	unsigned int i;

	if (!kprobe_find_pointers(&rodata, &data))
		return false;
	for (i = kprobe_first_pointer(to); i < kprobe_pointers.nr; i++) {
		unsigned long at = (unsigned long)_text + kprobe_pointers.pointer[i].at;

		if (kprobe_pointers.pointer[i].to - to >= f->size)
			break;
		kprobe_code_note_table(f, (unsigned long *)at,
				       kprobe_range_has(&rodata, at) ?
				       &rodata : &data);
	}
	return true;
}

#ifdef CONFIG_MODULES
static void kprobe_code_scan_module(struct kprobe_code *f)
{
	const unsigned long *word;
	struct module *mod;

	guard(preempt)();
	mod = __module_address(f->start);
	if (!mod)
		return;
	for_each_mod_mem_type(type) {
		const struct module_memory *mem = &mod->mem[type];
		struct kprobe_range data = kprobe_words(mem->base, mem->base + mem->size);

		for (word = (void *)data.start; word < (unsigned long *)data.end; word++) {
			if (*word - f->start < f->size)
				kprobe_code_note_table(f, word, &data);
		}
	}
}
#else
static void kprobe_code_scan_module(struct kprobe_code *f)
{
}
#endif

/**
 * kprobe_code_add_indirect() - note where a function's indirect branches may go
 * @f: the function, or the one that a cold part with such a branch belongs to
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: false if there is no memory.
 */
bool kprobe_code_add_indirect(struct kprobe_code *f)
{
	if (IS_ENABLED(CONFIG_X86_KERNEL_IBT))
		return true;
	if (core_kernel_text(f->start))
		return kprobe_code_scan_image(f);
	kprobe_code_scan_module(f);
	return true;
}
