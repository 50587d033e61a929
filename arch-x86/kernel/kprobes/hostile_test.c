// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what somebody who means harm would try on x86: addresses all
 * over the address space, and pages that are writable and executable. rN in a
 * name: a class of bug, see kernel/kprobes/test.h.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pgtable.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>
#include <asm/cpu_entry_area.h>
#include <asm/fixmap.h>
#include <asm/sections.h>
#include <asm/text-patching.h>
#ifdef CONFIG_X86_64
#include <uapi/asm/vsyscall.h>
#endif

#include "test.h"

/* The same in every run. */
#define WILD_SEED	20261122
#define WILD_ADDRESSES	100000

struct area {
	const char *name;
	unsigned long start;
	unsigned long end;
};

#define AREAS_MAX	16

struct areas {
	unsigned int nr;
	struct area area[AREAS_MAX];
};

static void add_area(struct areas *areas, const char *name, unsigned long start,
		     unsigned long end)
{
	if (start < end && areas->nr < AREAS_MAX)
		areas->area[areas->nr++] = (struct area){ name, start, end };
}

static unsigned long slot_page(unsigned int nr)
{
	char type, name[KSYM_NAME_LEN];
	unsigned long addr;

	return kprobe_get_kallsym(nr, &addr, &type, name) ? 0 : addr;
}

static void find_areas(struct areas *areas)
{
	unsigned long top = (unsigned long)high_memory;

	areas->nr = 0;
	add_area(areas, "anywhere", 0, -1UL);
	add_area(areas, "user", 0, TASK_SIZE_MAX);
	add_area(areas, "memory", PAGE_OFFSET, top);
	add_area(areas, "behind memory", top, top + SZ_16M);
	add_area(areas, "vmalloc", VMALLOC_START, VMALLOC_END);
	add_area(areas, "modules", MODULES_VADDR, MODULES_END);
	add_area(areas, "read-only data", (unsigned long)__start_rodata,
		 (unsigned long)__end_rodata);
	add_area(areas, "data", (unsigned long)_sdata, (unsigned long)_edata);
	add_area(areas, "bss", (unsigned long)__bss_start, (unsigned long)__bss_stop);
	add_area(areas, "fixmap", FIXADDR_START, FIXADDR_START + FIXADDR_SIZE);
	add_area(areas, "cpu_entry_area", CPU_ENTRY_AREA_BASE,
		 CPU_ENTRY_AREA_BASE + CPU_ENTRY_AREA_MAP_SIZE);
	add_area(areas, "slots", slot_page(0), slot_page(0) + PAGE_SIZE);
#ifdef CONFIG_X86_64
	add_area(areas, "non-canonical", TASK_SIZE_MAX + PAGE_SIZE, -TASK_SIZE_MAX - PAGE_SIZE);
	add_area(areas, "alias of text", (unsigned long)__va(__pa_symbol(_stext)),
		 (unsigned long)__va(__pa_symbol(_etext)));
	add_area(areas, "vmemmap", VMEMMAP_START, VMEMMAP_START + SZ_64M);
	add_area(areas, "vsyscall", VSYSCALL_ADDR, VSYSCALL_ADDR + PAGE_SIZE);
#endif
}

static unsigned long wild_in(struct rnd_state *rnd, const struct area *area)
{
	u64 random = (u64)prandom_u32_state(rnd) << 32 | prandom_u32_state(rnd);

	return area->start + (unsigned long)random % (area->end - area->start);
}

/* What there is a symbol for is not wild. Some of the image's text is in memory's area. */
static unsigned long wild_address(struct rnd_state *rnd, const struct area *area)
{
	unsigned long addr;

	do
		addr = wild_in(rnd, area);
	while (core_kernel_text(addr) || __module_text_address(addr));
	return addr;
}

/* Returns how many of the answers are not what they should be. */
static unsigned int wild_answers(unsigned long addr, u32 offset)
{
	struct kprobe kp = { .addr = (void *)(addr - offset), .offset = offset };
	kprobe_opcode_t *given = kp.addr;
	unsigned int wrong = 0;

	if (!given)
		return 0;
	wrong += register_kprobe(&kp) != -EINVAL;
	wrong += kp.addr != given || kp.offset != offset;
	wrong += enable_kprobe(&kp) != -EINVAL;
	wrong += disable_kprobe(&kp) != -EINVAL;
	unregister_kprobe(&kp);
	/* Of data it says where that begins: all that is asked is that it says something. */
	kprobe_on_func_entry(given, NULL, offset);
	scoped_guard(rcu)
		wrong += !!get_kprobe((void *)addr);
	wrong += kprobe_add_ksym_blacklist(addr) >= 0;
	return wrong;
}

/* A probe that is armed: some of the wild ones are in its slot. */
static void wild_addresses_r14(struct kunit *test)
{
	struct kprobe *kp = &kprobe_test_probe(test, 'a', kprobe_test_target,
					       KPROBE_TEST_PRE | KPROBE_TEST_POST)->kp;
	struct areas *areas = kunit_kzalloc(test, sizeof(*areas), GFP_KERNEL);
	struct rnd_state rnd;
	unsigned int i, tried[AREAS_MAX] = { }, wrong = 0;

	KUNIT_ASSERT_NOT_NULL(test, areas);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	find_areas(areas);
	prandom_seed_state(&rnd, WILD_SEED);
	for (i = 0; i < WILD_ADDRESSES; i++) {
		unsigned int nr = i % areas->nr;
		unsigned long addr = wild_address(&rnd, &areas->area[nr]);
		u32 offset = i & 1 ? 0 : prandom_u32_state(&rnd);
		unsigned int bad = wild_answers(addr, offset);

		if (bad && !wrong)
			KUNIT_FAIL(test, "%s: %#lx, offset %#x", areas->area[nr].name, addr,
				   offset);
		wrong += bad;
		tried[nr]++;
		cond_resched();
	}
	for (i = 0; i < areas->nr; i++)
		kunit_info(test, "%u wild addresses: %s", tried[i], areas->area[i].name);
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_TRUE(test, list_is_singular(&kprobe_sites));
	kprobe_test_target(1);
	KUNIT_EXPECT_STREQ(test, "aA", kprobe_test_trace());
}

static pteval_t page_flags(unsigned long addr)
{
	unsigned int level;
	pte_t *pte = lookup_address(addr, &level);

	/* A large page has these flags where a small one has them. */
	return pte && (pte_flags(*pte) & _PAGE_PRESENT) ? pte_flags(*pte) : 0;
}

static unsigned long alias_of(unsigned long page)
{
	return (unsigned long)page_address(vmalloc_to_page((void *)page));
}

/* All pages of slots that there are: returns how many. */
static unsigned int expect_not_writable(struct kunit *test, const char *when)
{
	unsigned long page, alias;
	unsigned int nr;

	for (nr = 0; (page = slot_page(nr)); nr++) {
		alias = alias_of(page);
		KUNIT_EXPECT_EQ_MSG(test, page_flags(page) & _PAGE_RW, 0, "%s", when);
		KUNIT_EXPECT_NE_MSG(test, page_flags(page), 0, "%s", when);
		if (!alias)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, page_flags(alias) & _PAGE_RW, 0, "alias, %s", when);
		KUNIT_EXPECT_EQ_MSG(test, page_flags(alias) & _PAGE_NX,
				    __supported_pte_mask & _PAGE_NX, "alias, %s", when);
	}
	return nr;
}

/* A slot that is stepped in, a slot with a jump back, and a detour. */
static void pages_are_never_writable_and_executable(struct kunit *test)
{
	struct kprobe *stepped = &kprobe_test_probe(test, 'a', kprobe_test_target,
						    KPROBE_TEST_PRE | KPROBE_TEST_POST)->kp;
	struct kprobe *boosted = &kprobe_test_probe(test, 'b', kprobe_test_other,
						    KPROBE_TEST_PRE)->kp;
	unsigned long page, alias;

	kprobe_retire_flush();
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(stepped));
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(boosted));
	KUNIT_EXPECT_GT(test, expect_not_writable(test, "with a breakpoint"), 0);
	wait_for_kprobe_optimizer();
	kprobe_test_other(kprobe_test_target(1));
	KUNIT_EXPECT_STREQ(test, "aAb", kprobe_test_trace());
	KUNIT_EXPECT_GT(test, expect_not_writable(test, "with a jump"), 0);

	page = slot_page(0);
	alias = alias_of(page);
	unregister_kprobes((struct kprobe *[]) { stepped, boosted }, 2);
	KUNIT_EXPECT_GT(test, expect_not_writable(test, "while it is retired"), 0);
	kprobe_retire_flush();
	KUNIT_ASSERT_EQ(test, slot_page(0), 0);
	/* Not executable any more; and who gets the memory next can write it. */
	KUNIT_EXPECT_EQ(test, page_flags(page), 0);
	if (alias && page_flags(alias))
		KUNIT_EXPECT_NE(test, page_flags(alias) & _PAGE_RW, 0);
}

static struct kunit_case kprobe_hostile_cases[] = {
	KUNIT_CASE_SLOW(wild_addresses_r14),
	KUNIT_CASE_SLOW(pages_are_never_writable_and_executable),
	{ }
};

static struct kunit_suite kprobe_hostile_suite = {
	.name = "kprobe_hostile",
	.test_cases = kprobe_hostile_cases,
};

kunit_test_suite(kprobe_hostile_suite);
