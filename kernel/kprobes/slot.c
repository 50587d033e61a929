// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: executable slots, for copies of instructions and for detours.
 *
 * Pages full of slots of one size. A page is read-only and executable from the
 * moment the first slot of it is handed out; slots are written by poking text.
 * The first word of a slot says whose it is.
 */
#include <linux/bitmap.h>
#include <linux/execmem.h>
#include <linux/perf_event.h>
#include <linux/rculist.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "slot.h"

/* In bytes. A copy of three bytes with its jump back fits the smallest. */
static const u16 kprobe_slot_sizes[] = { 16, 24, 32, 48, 64, 96, KPROBE_SLOT_MAX };

#define KPROBE_SLOT_CLASSES	ARRAY_SIZE(kprobe_slot_sizes)

/* What a page of slots is called in /proc/kallsyms and in perf's records. */
#define KPROBE_SLOT_SYMBOL	"kprobe_insn_page"

/*
 * All of them are within this. It only grows: an exception outside of it is looked up
 * in no table.
 */
unsigned long kprobe_slots_start __read_mostly = ULONG_MAX;
unsigned long kprobe_slots_end __read_mostly;

static LIST_HEAD(kprobe_slot_pages);
static struct list_head kprobe_slot_free_pages[KPROBE_SLOT_CLASSES];
static struct kprobe_buckets kprobe_slot_few = KPROBE_FEW_BUCKETS;
struct kprobe_table kprobe_slot_table = KPROBE_TABLE(kprobe_slot_few);

/**
 * kprobe_slot_init() - set up the lists of slots
 *
 * Context: once at boot.
 */
void __init kprobe_slot_init(void)
{
	unsigned int i;

	for (i = 0; i < KPROBE_SLOT_CLASSES; i++)
		INIT_LIST_HEAD(&kprobe_slot_free_pages[i]);
}

/* For those who record samples now and look up symbols later. */
static void kprobe_slot_page_report(const struct kprobe_slot_page *page, bool gone)
{
	perf_event_ksymbol(PERF_RECORD_KSYMBOL_TYPE_OOL, page->base, PAGE_SIZE, gone,
			   KPROBE_SLOT_SYMBOL);
}

static struct kprobe_slot_page *kprobe_slot_page_create(unsigned int class)
{
	struct kprobe_slot_page *page = kzalloc(sizeof(*page), GFP_KERNEL);
	void *base;

	if (!page)
		return NULL;
	base = execmem_alloc(EXECMEM_KPROBES, PAGE_SIZE);
	if (!base)
		goto free_page;
	/*
	 * Newer kernels hand out pieces of a large page that is read-only and executable
	 * already. To make a piece writable would split it for good: it is filled as
	 * slots are written, and what follows changes nothing then.
	 */
	arch_kprobe_fill(base);
	if (set_memory_rox((unsigned long)base, 1))
		goto free_base;
	page->base = (unsigned long)base;
	page->size = kprobe_slot_sizes[class];
	kprobe_table_add(&kprobe_slot_table, &page->node, page->base);
	WRITE_ONCE(kprobe_slots_start, min(kprobe_slots_start, page->base));
	WRITE_ONCE(kprobe_slots_end, max(kprobe_slots_end, page->base + PAGE_SIZE));
	list_add_rcu(&page->all, &kprobe_slot_pages);
	list_add(&page->free, &kprobe_slot_free_pages[class]);
	kprobe_slot_page_report(page, false);
	return page;

free_base:
	execmem_free(base);
free_page:
	kfree(page);
	return NULL;
}

static void kprobe_slot_page_release(struct kprobe_retired *retired)
{
	struct kprobe_slot_page *page = container_of(retired, struct kprobe_slot_page, retired);

	/* The direct map gets its permissions back with the memory. */
	execmem_free((void *)page->base);
	kfree(page);
}

/* The smallest that is large enough; KPROBE_SLOT_CLASSES if none is. */
static unsigned int kprobe_slot_class(size_t size)
{
	unsigned int class = 0;

	while (class < KPROBE_SLOT_CLASSES && kprobe_slot_sizes[class] < size)
		class++;
	return class;
}

/**
 * kprobe_slot_size() - how much memory a slot takes
 * @size: how much is needed, in bytes, 1 to KPROBE_SLOT_MAX
 *
 * Return: bytes, the whole of which is written when the slot is.
 */
size_t kprobe_slot_size(size_t size)
{
	return kprobe_slot_sizes[kprobe_slot_class(size)];
}

/**
 * kprobe_slot_alloc() - get a slot
 * @size: how much is needed, in bytes, the word for the owner included
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: kprobe_slot_size(@size) executable bytes, to be written with
 * text_poke(), first of all the word that says whose it is; or NULL if there
 * is no memory, or if @size is above KPROBE_SLOT_MAX.
 */
struct kprobe_slot *kprobe_slot_alloc(size_t size)
{
	unsigned int class = kprobe_slot_class(size), nr, slot;
	struct kprobe_slot_page *page;

	lockdep_assert_held(&kprobe_mutex);

	if (class == KPROBE_SLOT_CLASSES)
		return NULL;
	page = list_first_entry_or_null(&kprobe_slot_free_pages[class],
					struct kprobe_slot_page, free);
	if (!page)
		page = kprobe_slot_page_create(class);
	if (!page)
		return NULL;
	nr = PAGE_SIZE / page->size;
	slot = find_first_zero_bit(page->used, nr);
	__set_bit(slot, page->used);
	if (bitmap_full(page->used, nr))
		list_del_init(&page->free);
	return (struct kprobe_slot *)(page->base + slot * page->size);
}

/**
 * kprobe_slot_free() - give a slot back
 * @slot: the slot, which no CPU or task can be executing; NULL is passed over
 *
 * Context: kprobe_mutex.
 */
void kprobe_slot_free(struct kprobe_slot *slot)
{
	struct kprobe_slot_page *page;

	lockdep_assert_held(&kprobe_mutex);

	if (!slot)
		return;
	rcu_read_lock();
	page = kprobe_slot_page_find((unsigned long)slot);
	rcu_read_unlock();
	perf_event_text_poke(slot, slot, page->size, NULL, 0);
	__clear_bit(((unsigned long)slot - page->base) / page->size, page->used);
	if (list_empty(&page->free))
		list_add(&page->free, &kprobe_slot_free_pages[kprobe_slot_class(page->size)]);
	if (!bitmap_empty(page->used, KPROBE_SLOTS_MAX))
		return;
	list_del(&page->free);
	list_del_rcu(&page->all);
	kprobe_table_remove(&kprobe_slot_table, &page->node);
	kprobe_slot_page_report(page, true);
	kprobe_retire(&page->retired, kprobe_slot_page_release);
}

/**
 * kprobe_get_kallsym() - list the pages of slots for /proc/kallsyms
 * @symnum: which, from 0
 * @value: where to return the address
 * @type: where to return the type of symbol
 * @sym: where to return the name, KSYM_NAME_LEN bytes
 *
 * Context: any.
 * Return: 0, or -ERANGE if there are not so many.
 */
int kprobe_get_kallsym(unsigned int symnum, unsigned long *value, char *type, char *sym)
{
	struct kprobe_slot_page *page;

	guard(rcu)();
	list_for_each_entry_rcu(page, &kprobe_slot_pages, all) {
		if (symnum--)
			continue;
		strscpy(sym, KPROBE_SLOT_SYMBOL, KSYM_NAME_LEN);
		*type = 't';
		*value = page->base;
		return 0;
	}
	return -ERANGE;
}
