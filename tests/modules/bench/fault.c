// SPDX-License-Identifier: GPL-2.0
/*
 * Exceptions far from any probe: the kernel is the first to touch the pages of a
 * process, as in a read() into memory that was only mapped. Each page is a page
 * fault in kernel mode.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/uaccess.h>

#include "bench.h"

#define PAGES	256

/* How many bytes could not be written */
static unsigned long touch(unsigned long at)
{
	unsigned long end = at + PAGES * PAGE_SIZE, left = 0;

	for (; at < end; at += PAGE_SIZE)
		left += clear_user((void __user *)at, sizeof(long));
	return left;
}

/**
 * bench_faults - what a page fault in kernel mode costs
 * @name: of the result
 *
 * Context: a process, whose memory is used
 * Return: 0, or why there is no memory
 */
int bench_faults(const char *name)
{
	struct bench_span span;
	unsigned long at, left;

	at = vm_mmap(NULL, 0, PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(at))
		return (long)at;
	bench_start(&span);
	left = touch(at);
	bench_stop(&span);
	vm_munmap(at, PAGES * PAGE_SIZE);
	if (left)
		bench_fail(name, "%lu bytes could not be written", left);
	bench_value(bench_work(&span) / PAGES, "%s", name);
	return 0;
}
