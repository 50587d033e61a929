// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: executable slots.
 *
 * Pages full of slots of one size. A page is read-only and executable from the
 * moment the first slot of it is handed out; slots are written by poking text.
 */
#include <linux/bitmap.h>
#include <linux/execmem.h>
#include <linux/perf_event.h>
#include <linux/rculist.h>
#include <linux/set_memory.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

#define KPROBE_SLOTS_PER_PAGE	(PAGE_SIZE / KPROBE_SLOT_SIZE)

/* What a page of slots is called in /proc/kallsyms and in perf's records. */
#define KPROBE_SLOT_SYMBOL	"kprobe_insn_page"

/**
 * struct kprobe_slot_page - a page of slots
 * @all: in kprobe_slot_pages. kprobe_mutex, RCU
 * @retired: once it is empty
 * @base: its address. Constant
 * @used: a bit for each slot. kprobe_mutex
 * @owner: for each used slot, the site. kprobe_mutex; read by exceptions, which
 *	find a slot in use only while it is being executed
 */
struct kprobe_slot_page {
	struct list_head all;
	struct kprobe_retired retired;
	void *base;
	DECLARE_BITMAP(used, KPROBE_SLOTS_PER_PAGE);
	struct kprobe_site *owner[KPROBE_SLOTS_PER_PAGE];
};

static LIST_HEAD(kprobe_slot_pages);

/* For those who record samples now and look up symbols later. */
static void kprobe_slot_page_report(const struct kprobe_slot_page *page, bool gone)
{
	perf_event_ksymbol(PERF_RECORD_KSYMBOL_TYPE_OOL, (unsigned long)page->base,
			   PAGE_SIZE, gone, KPROBE_SLOT_SYMBOL);
}

static struct kprobe_slot_page *kprobe_slot_page_create(void)
{
	struct kprobe_slot_page *page = kzalloc(sizeof(*page), GFP_KERNEL);

	if (!page)
		return NULL;
	page->base = execmem_alloc(EXECMEM_KPROBES, PAGE_SIZE);
	if (!page->base)
		goto free_page;
	memset(page->base, KPROBE_SLOT_FILL, PAGE_SIZE);
	if (set_memory_rox((unsigned long)page->base, 1))
		goto free_base;
	list_add_rcu(&page->all, &kprobe_slot_pages);
	kprobe_slot_page_report(page, false);
	return page;

free_base:
	execmem_free(page->base);
free_page:
	kfree(page);
	return NULL;
}

static void kprobe_slot_page_release(struct kprobe_retired *retired)
{
	struct kprobe_slot_page *page = container_of(retired, struct kprobe_slot_page, retired);

	/* The direct map gets its permissions back with the memory. */
	execmem_free(page->base);
	kfree(page);
}

static void *kprobe_slot_take(struct kprobe_slot_page *page, struct kprobe_site *site)
{
	unsigned long slot = find_first_zero_bit(page->used, KPROBE_SLOTS_PER_PAGE);

	if (slot == KPROBE_SLOTS_PER_PAGE)
		return NULL;
	__set_bit(slot, page->used);
	WRITE_ONCE(page->owner[slot], site);
	return page->base + slot * KPROBE_SLOT_SIZE;
}

/**
 * kprobe_slot_alloc() - get a slot
 * @site: for which site
 *
 * Context: kprobe_mutex. Sleeps.
 * Return: KPROBE_SLOT_SIZE executable bytes, to be written with text_poke();
 * or NULL if there is no memory.
 */
void *kprobe_slot_alloc(struct kprobe_site *site)
{
	struct kprobe_slot_page *page;
	void *slot;

	lockdep_assert_held(&kprobe_mutex);

	list_for_each_entry(page, &kprobe_slot_pages, all) {
		slot = kprobe_slot_take(page, site);
		if (slot)
			return slot;
	}
	page = kprobe_slot_page_create();
	return page ? kprobe_slot_take(page, site) : NULL;
}

/* Also on the exception path: no helper of RCU's debugging is called. */
static __always_inline struct kprobe_slot_page *kprobe_slot_page_find(unsigned long addr)
{
	struct kprobe_slot_page *page;

	list_for_each_entry_rcu(page, &kprobe_slot_pages, all, true) {
		if (addr - (unsigned long)page->base < PAGE_SIZE)
			return page;
	}
	return NULL;
}

/**
 * kprobe_slot_free() - give a slot back
 * @slot: the slot, which no CPU or task can be executing; NULL is passed over
 *
 * Context: kprobe_mutex.
 */
void kprobe_slot_free(void *slot)
{
	struct kprobe_slot_page *page;
	unsigned long nr;

	lockdep_assert_held(&kprobe_mutex);

	page = kprobe_slot_page_find((unsigned long)slot);
	if (!page)
		return;
	nr = (slot - page->base) / KPROBE_SLOT_SIZE;
	WRITE_ONCE(page->owner[nr], NULL);
	__clear_bit(nr, page->used);
	if (!bitmap_empty(page->used, KPROBE_SLOTS_PER_PAGE))
		return;
	list_del_rcu(&page->all);
	kprobe_slot_page_report(page, true);
	kprobe_retire(&page->retired, kprobe_slot_page_release);
}

/**
 * kprobe_slot_owner() - whose slot is this?
 * @addr: an address, of an instruction that is being executed
 *
 * Context: preemption off.
 * Return: the site, or NULL if it is not in a slot.
 */
struct kprobe_site *kprobe_slot_owner(unsigned long addr)
{
	struct kprobe_slot_page *page = kprobe_slot_page_find(addr);
	unsigned long nr;

	if (!page)
		return NULL;
	nr = (addr - (unsigned long)page->base) / KPROBE_SLOT_SIZE;
	return nr < KPROBE_SLOTS_PER_PAGE ? READ_ONCE(page->owner[nr]) : NULL;
}
NOKPROBE_SYMBOL(kprobe_slot_owner);

/**
 * is_kprobe_insn_slot() - is this address in a page of slots?
 * @addr: the address
 *
 * Context: any.
 * Return: true if so.
 */
bool is_kprobe_insn_slot(unsigned long addr)
{
	bool found;

	preempt_disable_notrace();
	found = kprobe_slot_page_find(addr);
	preempt_enable_notrace();
	return found;
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
		*value = (unsigned long)page->base;
		return 0;
	}
	return -ERANGE;
}
