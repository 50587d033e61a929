// SPDX-License-Identifier: GPL-2.0
/*
 * Where in the kernel's text a probe can be: the boundaries of its instructions,
 * found by decoding each function from its start. Which of them the kernel
 * accepts, it is asked, by registering a disabled probe there.
 */
#include <linux/kallsyms.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sort.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <asm/insn.h>
#include <asm/nops.h>

#include "bench.h"

/* Boundaries so near to the entry that any kernel finds them soon; the others */
#define EARLY_BOUNDARIES	12

/*
 * Of each function: the entry, if it is an ftrace location; the boundaries close
 * behind it; all further ones.
 */
struct bench_text bench_text_traced, bench_text_early, bench_text_inside;

static struct bench_text entries;

static const u8 ftrace_nop[] = { BYTES_NOP5 };
static unsigned long text_start, text_end;
static unsigned long (*lookup_name)(const char *name);
static int (*on_each_symbol)(int (*fn)(void *data, const char *name, unsigned long addr),
			     void *data);
static int (*decode)(struct insn *insn, const void *addr, int size, enum insn_mode mode);

/* A vanilla kernel exports no look-up; a probe tells where its symbol is. */
static unsigned long address_of(const char *symbol)
{
	struct kprobe kp = { .symbol_name = symbol, .flags = KPROBE_FLAG_DISABLED };

	if (register_kprobe(&kp))
		return 0;
	unregister_kprobe(&kp);
	return (unsigned long)kp.addr;
}

unsigned long bench_lookup(const char *symbol)
{
	return lookup_name(symbol);
}

static int text_alloc(struct bench_text *text, unsigned long max)
{
	text->at = vmalloc_array(max, sizeof(*text->at));
	return text->at ? 0 : -ENOMEM;
}

static int add_entry(void *data, const char *name, unsigned long addr)
{
	if (addr >= text_start && addr < text_end)
		entries.at[entries.nr++] = addr;
	return 0;
}

static int count_entry(void *data, const char *name, unsigned long addr)
{
	if (addr >= text_start && addr < text_end)
		(*(unsigned int *)data)++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;

	return x < y ? -1 : x > y;
}

/* The starts of all functions, each once */
static int find_entries(void)
{
	struct bench_text *text = &entries;
	unsigned int count = 0, i;

	on_each_symbol(count_entry, &count);
	if (!count)
		return -ENOENT;
	if (text_alloc(text, count))
		return -ENOMEM;
	on_each_symbol(add_entry, NULL);
	sort(text->at, text->nr, sizeof(*text->at), compare, NULL);

	for (count = 1, i = 1; i < text->nr; i++)
		if (text->at[i] != text->at[count - 1])
			text->at[count++] = text->at[i];
	text->nr = count;
	return 0;
}

/* Up to the padding behind the function */
static void find_inside(unsigned long addr, unsigned long end)
{
	unsigned int nth = 0;
	struct insn insn;

	while (addr < end && !bench_is_breakpoint((u8 *)addr) &&
	       !decode(&insn, (void *)addr, end - addr, INSN_MODE_KERN)) {
		if (nth >= EARLY_BOUNDARIES)
			bench_text_inside.at[bench_text_inside.nr++] = addr;
		else if (nth)
			bench_text_early.at[bench_text_early.nr++] = addr;
		nth++;
		addr += insn.length;
	}
}

static bool is_traced(unsigned long addr)
{
	return !memcmp((void *)addr, ftrace_nop, sizeof(ftrace_nop));
}

static int find_boundaries(void)
{
	unsigned int i;

	if (text_alloc(&bench_text_traced, entries.nr) ||
	    text_alloc(&bench_text_early, (unsigned long)entries.nr * EARLY_BOUNDARIES) ||
	    text_alloc(&bench_text_inside, text_end - text_start))
		return -ENOMEM;
	for (i = 0; i < entries.nr; i++) {
		if (is_traced(entries.at[i]))
			bench_text_traced.at[bench_text_traced.nr++] = entries.at[i];
		find_inside(entries.at[i], i + 1 < entries.nr ? entries.at[i + 1] : text_end);
	}
	return 0;
}

int bench_text_init(void)
{
	int err = -ENOENT;

	lookup_name = (void *)address_of("kallsyms_lookup_name");
	if (!lookup_name)
		return err;
	on_each_symbol = (void *)lookup_name("kallsyms_on_each_symbol");
	decode = (void *)lookup_name("insn_decode");
	text_start = lookup_name("_stext");
	text_end = lookup_name("_etext");
	if (on_each_symbol && decode && text_start && text_end)
		err = find_entries();
	if (!err)
		err = find_boundaries();
	if (err)
		bench_text_exit();
	return err;
}

void bench_text_exit(void)
{
	vfree(entries.at);
	vfree(bench_text_traced.at);
	vfree(bench_text_early.at);
	vfree(bench_text_inside.at);
}

void bench_probes_free(struct bench_probes *probes)
{
	if (!probes)
		return;
	vfree(probes->kp);
	vfree(probes->kps);
	vfree(probes->was);
	kfree(probes);
}

static struct bench_probes *probes_alloc(unsigned int max)
{
	struct bench_probes *probes = kzalloc(sizeof(*probes), GFP_KERNEL);

	if (!probes)
		return NULL;
	probes->kp = vcalloc(max, sizeof(*probes->kp));
	probes->kps = vcalloc(max, sizeof(*probes->kps));
	probes->was = vcalloc(max, sizeof(*probes->was));
	if (probes->kp && probes->kps && probes->was)
		return probes;
	bench_probes_free(probes);
	return NULL;
}

/**
 * bench_probes_pick - register disabled probes all over the text
 * @text: where
 * @nr: how many
 *
 * Context: may sleep
 * Return: the probes, registered and disabled; fewer than @nr if the kernel
 * refuses more than a third of the places. NULL: no memory
 */
struct bench_probes *bench_probes_pick(const struct bench_text *text, unsigned int nr)
{
	unsigned int tries = min(nr + nr / 2 + 8, text->nr), i;
	struct bench_probes *probes = probes_alloc(nr);

	if (!probes)
		return NULL;
	for (i = 0; i < tries && probes->nr < nr; i++) {
		struct kprobe *kp = &probes->kp[probes->nr];

		memset(kp, 0, sizeof(*kp));
		kp->addr = (void *)text->at[(2ull * i + 1) * text->nr / (2 * tries)];
		kp->flags = KPROBE_FLAG_DISABLED;
		if (!register_kprobe(kp)) {
			memcpy(probes->was[probes->nr], kp->addr, BENCH_JUMP_SIZE);
			probes->kps[probes->nr++] = kp;
		}
		cond_resched();
	}
	return probes;
}
