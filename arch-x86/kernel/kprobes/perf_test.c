// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what perf is told: of text that changes, of pages of slots. A
 * probe listens at the door by which it is told.
 */
#include <linux/cpu.h>
#include <linux/memory.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>
#include <linux/uaccess.h>

#include "test.h"

/* One instruction that runs in a slot, and is neither emulated nor alone. */
ASM_FUNCTION(perf_site, AT("movl $0x90909090, %eax") "nop\n" ASM_RET);
ASM_FUNCTION(perf_other, AT("movl $0x90909090, %eax") "nop\n" ASM_RET);

/**
 * struct told - one call of perf_event_text_poke(), of text that is ours
 * @addr: which text
 * @old_len: bytes that were there
 * @new_len: bytes that are there
 * @old: the first of the former
 * @new: the first of the latter
 * @seen: the first byte of the text at that time
 */
struct told {
	u8 *addr;
	size_t old_len, new_len;
	u8 old, new, seen;
};

/* In order. All of them under kprobe_mutex: one at a time. */
static struct told told[16];
static unsigned int nr_told;

static u8 first_byte(const u8 *bytes, size_t len)
{
	u8 byte = 0;

	if (len)
		copy_from_kernel_nofault(&byte, bytes, 1);
	return byte;
}

static int hear_poke(struct kprobe *kp, struct pt_regs *regs)
{
	u8 *addr = (u8 *)regs_get_kernel_argument(regs, 0);
	const u8 *old = (const u8 *)regs_get_kernel_argument(regs, 1);
	const u8 *new = (const u8 *)regs_get_kernel_argument(regs, 3);
	struct told *now = &told[nr_told];

	if (nr_told == ARRAY_SIZE(told))
		return 0;
	if (addr != perf_site_at && addr != perf_other_at &&
	    !is_kprobe_insn_slot((unsigned long)addr))
		return 0;
	now->addr = addr;
	now->old_len = regs_get_kernel_argument(regs, 2);
	now->new_len = regs_get_kernel_argument(regs, 4);
	now->old = first_byte(old, now->old_len);
	now->new = first_byte(new, now->new_len);
	now->seen = first_byte(addr, 1);
	nr_told++;
	return 0;
}

static void listen(struct kunit *test, const char *door, kprobe_pre_handler_t hear)
{
	struct kprobe *ear = &kprobe_test_probe(test, 'e', NULL, 0)->kp;

	/* What earlier tests have retired shall not go in between. */
	kprobe_retire_flush();
	ear->symbol_name = door;
	ear->pre_handler = hear;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(ear));
	nr_told = 0;
}

static struct kprobe *new_probe(struct kunit *test, char name, u8 *at)
{
	return &kprobe_test_probe(test, name, at, KPROBE_TEST_PRE)->kp;
}

/* What is told of one place, the nth time; NULL if it is not. */
static const struct told *told_of(const u8 *addr, unsigned int nth)
{
	unsigned int i;

	for (i = 0; i < nr_told; i++) {
		if (told[i].addr == addr && !nth--)
			return &told[i];
	}
	return NULL;
}

static void expect_told(struct kunit *test, const struct told *now, u8 old, u8 new, u8 seen)
{
	KUNIT_ASSERT_NOT_NULL(test, now);
	KUNIT_EXPECT_EQ(test, now->old_len, 1);
	KUNIT_EXPECT_EQ(test, now->new_len, 1);
	KUNIT_EXPECT_EQ(test, now->old, old);
	KUNIT_EXPECT_EQ(test, now->new, new);
	KUNIT_EXPECT_EQ(test, now->seen, seen);
}

/* When perf is told, the breakpoint is there: after it is put, before it is removed. */
static void breakpoints_are_told(struct kunit *test)
{
	struct kprobe *site = new_probe(test, 'a', perf_site_at);
	struct kprobe *other = new_probe(test, 'b', perf_other_at);
	struct kprobe *batch[] = { site, other };
	const u8 int3 = INT3_INSN_OPCODE;
	u8 original = *perf_site_at;

	kprobe_test_no_jumps(test);
	listen(test, "perf_event_text_poke", hear_poke);
	KUNIT_ASSERT_EQ(test, 0, register_kprobes(batch, 2));
	expect_told(test, told_of(perf_site_at, 0), original, int3, int3);
	expect_told(test, told_of(perf_other_at, 0), original, int3, int3);
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(site));
	expect_told(test, told_of(perf_site_at, 1), int3, original, int3);
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(site));
	expect_told(test, told_of(perf_site_at, 2), original, int3, int3);
	unregister_kprobes(batch, 2);
	expect_told(test, told_of(perf_site_at, 3), int3, original, int3);
	expect_told(test, told_of(perf_other_at, 1), int3, original, int3);
	KUNIT_EXPECT_NULL(test, told_of(perf_site_at, 4));
	KUNIT_EXPECT_NULL(test, told_of(perf_other_at, 2));
}

/* Some CPUs may see what was there before until all are synchronised. */
static void breakpoint_is_told_once_all_see_it(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', perf_site_at);
	unsigned int before, after;

	listen(test, "perf_event_text_poke", hear_poke);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	scoped_guard(mutex, &kprobe_mutex) {
		guard(cpus_read_lock)();
		guard(mutex)(&text_mutex);
		nr_told = 0;
		arch_kprobe_arm(kprobe_site_of(kp));
		arch_kprobe_sync();
		before = nr_told;
		arch_kprobe_armed(kprobe_site_of(kp));
		after = nr_told;
	}
	KUNIT_EXPECT_EQ(test, before, 0);
	KUNIT_EXPECT_EQ(test, after, 1);
}

static void slots_are_told(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', perf_site_at);
	const struct kprobe_slot *slot;
	const struct told *now;
	size_t size;
	u8 owner;

	listen(test, "perf_event_text_poke", hear_poke);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	mutex_lock(&kprobe_mutex);
	slot = kprobe_site_of(kp)->arch.boost;
	size = kprobe_slot_size(sizeof(*slot) + kprobe_site_of(kp)->arch.insn.len +
				JMP32_INSN_SIZE);
	/* The first byte of the first word. */
	owner = (unsigned long)kprobe_site_of(kp);
	mutex_unlock(&kprobe_mutex);
	now = told_of((void *)slot, 0);
	KUNIT_ASSERT_NOT_NULL(test, now);
	KUNIT_EXPECT_EQ(test, now->old_len, 0);
	KUNIT_EXPECT_EQ(test, now->new_len, size);
	KUNIT_EXPECT_EQ(test, now->new, owner);
	KUNIT_EXPECT_EQ(test, now->seen, owner);

	unregister_kprobe(kp);
	kprobe_retire_flush();
	now = told_of((void *)slot, 1);
	KUNIT_ASSERT_NOT_NULL(test, now);
	KUNIT_EXPECT_EQ(test, now->old_len, size);
	KUNIT_EXPECT_EQ(test, now->old, owner);
	KUNIT_EXPECT_EQ(test, now->new_len, 0);
	KUNIT_EXPECT_NULL(test, told_of((void *)slot, 2));
}

/* The last call of perf_event_ksymbol(), of a page of slots. */
static struct {
	unsigned int nr;
	unsigned int type;
	unsigned long addr;
	unsigned long len;
	bool gone;
	char name[32];
} page;

static int hear_page(struct kprobe *kp, struct pt_regs *regs)
{
	/* The address is of 64 bits: on i386 that takes two registers. */
	unsigned int behind = IS_ENABLED(CONFIG_X86_64) ? 2 : 3;
	const char *name = (const char *)regs_get_kernel_argument(regs, behind + 2);

	page.nr++;
	page.type = (u16)regs_get_kernel_argument(regs, 0);
	page.addr = regs_get_kernel_argument(regs, 1);
	page.len = (u32)regs_get_kernel_argument(regs, behind);
	page.gone = (u8)regs_get_kernel_argument(regs, behind + 1);
	strncpy_from_kernel_nofault(page.name, name, sizeof(page.name));
	return 0;
}

#define SLOTS_PER_PAGE	(PAGE_SIZE / KPROBE_SLOT_MAX)

struct slots {
	unsigned int nr;
	struct kprobe_slot *slot[SLOTS_PER_PAGE + 1];
};

static void slots_free(void *data)
{
	struct slots *slots = data;

	guard(mutex)(&kprobe_mutex);
	while (slots->nr)
		kprobe_slot_free(slots->slot[--slots->nr]);
}

/* More than a page of slots, of which the last comes from the last page. */
static void pages_of_slots_are_told(struct kunit *test)
{
	struct slots *slots = kunit_kzalloc(test, sizeof(*slots), GFP_KERNEL);
	unsigned long last = 0;

	KUNIT_ASSERT_NOT_NULL(test, slots);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, slots_free, slots));
	listen(test, "perf_event_ksymbol", hear_page);
	memset(&page, 0, sizeof(page));
	scoped_guard(mutex, &kprobe_mutex) {
		while (!page.nr && slots->nr < ARRAY_SIZE(slots->slot)) {
			struct kprobe_slot *slot = kprobe_slot_alloc(KPROBE_SLOT_MAX);

			if (!slot)
				break;
			last = (unsigned long)slot;
			slots->slot[slots->nr++] = slot;
		}
	}
	KUNIT_ASSERT_EQ(test, page.nr, 1);
	KUNIT_EXPECT_EQ(test, page.type, PERF_RECORD_KSYMBOL_TYPE_OOL);
	KUNIT_EXPECT_EQ(test, page.addr, last & PAGE_MASK);
	KUNIT_EXPECT_EQ(test, page.len, PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, page.gone);
	KUNIT_EXPECT_STREQ(test, page.name, "kprobe_insn_page");

	page.addr = 0;
	slots_free(slots);
	KUNIT_EXPECT_EQ(test, page.nr, 2);
	KUNIT_EXPECT_EQ(test, page.type, PERF_RECORD_KSYMBOL_TYPE_OOL);
	KUNIT_EXPECT_EQ(test, page.addr, last & PAGE_MASK);
	KUNIT_EXPECT_TRUE(test, page.gone);
	KUNIT_EXPECT_STREQ(test, page.name, "kprobe_insn_page");
}

static struct kunit_case kprobe_perf_cases[] = {
	KUNIT_CASE(breakpoints_are_told),
	KUNIT_CASE(breakpoint_is_told_once_all_see_it),
	KUNIT_CASE_SLOW(slots_are_told),
	KUNIT_CASE_SLOW(pages_of_slots_are_told),
	{ }
};

static struct kunit_suite kprobe_perf_suite = {
	.name = "kprobe_perf",
	.test_cases = kprobe_perf_cases,
};

kunit_test_suite(kprobe_perf_suite);
