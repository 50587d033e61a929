/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kprobes: the table of slot pages, for slot.c and the look-ups of a hit.
 */
#ifndef _KERNEL_KPROBES_SLOT_H
#define _KERNEL_KPROBES_SLOT_H

#include <linux/bitmap.h>

#include "internal.h"

#define KPROBE_SLOTS_MAX	(PAGE_SIZE / 16)

/**
 * struct kprobe_slot_page - a page of slots
 * @node: in kprobe_slot_table, by @base. kprobe_mutex, RCU
 * @all: in kprobe_slot_pages. kprobe_mutex, RCU
 * @free: in kprobe_slot_free_pages, while there is a slot free. kprobe_mutex
 * @retired: once it is empty
 * @base: its address. Constant
 * @size: of each of its slots, in bytes. Constant
 * @used: a bit for each slot. kprobe_mutex
 */
struct kprobe_slot_page {
	struct kprobe_node node;
	struct list_head all;
	struct list_head free;
	struct kprobe_retired retired;
	unsigned long base;
	unsigned int size;
	DECLARE_BITMAP(used, KPROBE_SLOTS_MAX);
};

extern struct kprobe_table kprobe_slot_table;

struct kprobe_slot_page *kprobe_slot_page_find(unsigned long addr);

#endif /* _KERNEL_KPROBES_SLOT_H */
