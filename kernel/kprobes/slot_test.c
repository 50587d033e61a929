// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the executable slots, and of what is retired being released.
 */
#include <linux/kallsyms.h>
#include <linux/kthread.h>
#include <linux/uaccess.h>

#include "test.h"

/* Of most tests. */
#define SLOT_SIZE	32
#define SLOTS_PER_PAGE	(PAGE_SIZE / SLOT_SIZE)

struct slots {
	unsigned int nr;
	struct kprobe_slot *slot[2 * SLOTS_PER_PAGE];
};

static void slots_free(void *data)
{
	struct slots *slots = data;

	guard(mutex)(&kprobe_mutex);
	while (slots->nr)
		kprobe_slot_free(slots->slot[--slots->nr]);
}

static struct slots *slots_alloc(struct kunit *test, size_t size, unsigned int nr)
{
	struct slots *slots = kunit_kzalloc(test, sizeof(*slots), GFP_KERNEL);
	struct kprobe_slot *slot;

	KUNIT_ASSERT_NOT_NULL(test, slots);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, slots_free, slots));
	mutex_lock(&kprobe_mutex);
	while (slots->nr < nr && (slot = kprobe_slot_alloc(size)))
		slots->slot[slots->nr++] = slot;
	mutex_unlock(&kprobe_mutex);
	KUNIT_ASSERT_EQ(test, slots->nr, nr);
	return slots;
}

static const struct kprobe_slot *slot_at(const void *addr)
{
	guard(preempt)();
	return kprobe_slot_find((unsigned long)addr);
}

static unsigned int overlaps(const struct slots *slots, long size)
{
	unsigned int i, j, nr = 0;

	for (i = 0; i < slots->nr; i++) {
		for (j = 0; j < i; j++)
			nr += abs((long)slots->slot[i] - (long)slots->slot[j]) < size;
	}
	return nr;
}

static void slots_do_not_overlap(struct kunit *test)
{
	static const unsigned int sizes[] = { 9, 16, 17, 33, 50, 65, 100, KPROBE_SLOT_MAX };
	struct slots *slots;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		slots = slots_alloc(test, sizes[i], PAGE_SIZE / KPROBE_SLOT_MAX + 1);
		KUNIT_EXPECT_EQ(test, overlaps(slots, sizes[i]), 0);
		slots_free(slots);
	}
}

static void slot_is_as_large_as_it_says(struct kunit *test)
{
	unsigned int size;

	for (size = 9; size <= KPROBE_SLOT_MAX; size++) {
		KUNIT_EXPECT_GE(test, kprobe_slot_size(size), size);
		KUNIT_EXPECT_LE(test, kprobe_slot_size(size), 2 * size);
	}
	guard(mutex)(&kprobe_mutex);
	KUNIT_EXPECT_NULL(test, kprobe_slot_alloc(KPROBE_SLOT_MAX + 1));
}

static void slot_is_found_by_any_byte(struct kunit *test)
{
	struct slots *slots = slots_alloc(test, 48, 2);
	u8 *first = (u8 *)slots->slot[0], *second = (u8 *)slots->slot[1];

	KUNIT_EXPECT_TRUE(test, is_kprobe_insn_slot((unsigned long)first));
	KUNIT_EXPECT_PTR_EQ(test, slot_at(first), slots->slot[0]);
	KUNIT_EXPECT_PTR_EQ(test, slot_at(first + 47), slots->slot[0]);
	KUNIT_EXPECT_PTR_NE(test, slot_at(first + 48), slots->slot[0]);
	KUNIT_EXPECT_PTR_EQ(test, slot_at(second + 47), slots->slot[1]);
	slots_free(slots);
	KUNIT_EXPECT_NULL(test, slot_at(first));
	KUNIT_EXPECT_NULL(test, slot_at(kprobe_test_target));
	KUNIT_EXPECT_FALSE(test, is_kprobe_insn_slot((unsigned long)kprobe_test_target));
}

/* Never writable and executable: a plain store, which asks no one, faults. */
static void slots_are_read_only(struct kunit *test)
{
	struct slots *slots = slots_alloc(test, SLOT_SIZE, 1);
	u8 byte;

	KUNIT_EXPECT_EQ(test, 0, copy_from_kernel_nofault(&byte, slots->slot[0], 1));
	KUNIT_EXPECT_EQ(test, -EFAULT, copy_to_kernel_nofault(slots->slot[0], &byte, 1));
}

static struct task_struct *slot_tester;
static unsigned int slot_changes;

static int slot_change_pre(struct kprobe *kp, struct pt_regs *regs)
{
	slot_changes += current == slot_tester;
	return 0;
}

/* Newer kernels hand out a piece of a large page, which would be split for good. */
static void pages_are_never_made_writable_r73(struct kunit *test)
{
	static const char *const change[] = { "set_memory_rw", "set_memory_nx" };
	struct kprobe *kp;
	int i;

	slot_tester = current;
	for (i = 0; i < ARRAY_SIZE(change); i++) {
		kp = &kprobe_test_probe(test, 'a', NULL, KPROBE_TEST_PRE)->kp;
		kp->symbol_name = change[i];
		kp->pre_handler = slot_change_pre;
		KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	}
	slot_changes = 0;
	slots_alloc(test, SLOT_SIZE, 2 * SLOTS_PER_PAGE);
	KUNIT_EXPECT_EQ(test, slot_changes, 0);
}

static void freed_slot_is_used_again(struct kunit *test)
{
	struct slots *kept = slots_alloc(test, SLOT_SIZE, 1);
	struct slots *slots = slots_alloc(test, SLOT_SIZE, 1);
	struct kprobe_slot *slot = slots->slot[0];

	slots_free(slots);
	slots = slots_alloc(test, SLOT_SIZE, 1);
	KUNIT_EXPECT_PTR_EQ(test, slots->slot[0], slot);
	slots_free(kept);
}

static void empty_pages_are_returned(struct kunit *test)
{
	struct slots *slots;
	unsigned int before;

	/* What earlier tests have retired shall not go in between. */
	kprobe_retire_flush();
	before = kprobe_test_slot_pages();
	slots = slots_alloc(test, SLOT_SIZE, 2 * SLOTS_PER_PAGE);
	KUNIT_EXPECT_GE(test, kprobe_test_slot_pages(), before + 1);
	slots_free(slots);
	kprobe_retire_flush();
	KUNIT_EXPECT_EQ(test, kprobe_test_slot_pages(), before);
}

/* Nothing else has slots here: the first one brings the page, the last takes it away. */
static void pages_are_kernel_text_with_a_name(struct kunit *test)
{
	char type = 0, name[KSYM_NAME_LEN] = "";
	struct slots *slots;
	unsigned long addr = 0, slot;

	kprobe_retire_flush();
	KUNIT_ASSERT_EQ(test, kprobe_test_slot_pages(), 0);
	slots = slots_alloc(test, SLOT_SIZE, 1);
	slot = (unsigned long)slots->slot[0];
	KUNIT_EXPECT_EQ(test, kprobe_test_slot_pages(), 1);
	KUNIT_EXPECT_EQ(test, 0, kprobe_get_kallsym(0, &addr, &type, name));
	KUNIT_EXPECT_EQ(test, addr, slot & PAGE_MASK);
	KUNIT_EXPECT_EQ(test, type, 't');
	KUNIT_EXPECT_STREQ(test, name, "kprobe_insn_page");
	KUNIT_EXPECT_TRUE(test, kernel_text_address(slot));
	KUNIT_EXPECT_TRUE(test, __kernel_text_address(slot + SLOT_SIZE - 1));

	slots_free(slots);
	KUNIT_EXPECT_EQ(test, -ERANGE, kprobe_get_kallsym(0, &addr, &type, name));
	KUNIT_EXPECT_FALSE(test, kernel_text_address(slot));
}

static void released(struct kprobe_retired *retired)
{
	kprobe_test_trace_add('r');
}

static void flush_waits_for_the_release(struct kunit *test)
{
	struct kprobe_retired *retired = kunit_kzalloc(test, sizeof(*retired), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, retired);
	kprobe_test_trace();
	kprobe_retire(retired, released);
	kprobe_retire_flush();
	KUNIT_EXPECT_STREQ(test, "r", kprobe_test_trace());
}

static int never_schedules(void *stop)
{
	while (!READ_ONCE(*(bool *)stop))
		cpu_relax();
	while (!kthread_should_stop())
		schedule_timeout_idle(1);
	return 0;
}

/*
 * A task may be within a slot as long as it has not scheduled, however many clock
 * ticks interrupt it.
 */
static void release_waits_for_running_tasks_r52(struct kunit *test)
{
	struct kprobe_retired *retired = kunit_kzalloc(test, sizeof(*retired), GFP_KERNEL);
	int cpu = kprobe_test_other_cpu(test);
	struct task_struct *task;
	static bool stop;

	KUNIT_ASSERT_NOT_NULL(test, retired);
	WRITE_ONCE(stop, false);
	kprobe_retire_flush();
	kprobe_test_trace();
	task = kthread_create(never_schedules, &stop, "kprobe_test_task");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	kthread_bind(task, cpu);
	wake_up_process(task);
	while (!task_curr(task))
		schedule_timeout_uninterruptible(1);
	kprobe_retire(retired, released);
	schedule_timeout_uninterruptible(HZ);
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	WRITE_ONCE(stop, true);
	kprobe_retire_flush();
	KUNIT_EXPECT_STREQ(test, "r", kprobe_test_trace());
	kthread_stop(task);
}

static struct kunit_case kprobe_slot_cases[] = {
	KUNIT_CASE(slots_do_not_overlap),
	KUNIT_CASE(slot_is_as_large_as_it_says),
	KUNIT_CASE(slot_is_found_by_any_byte),
	KUNIT_CASE(slots_are_read_only),
	KUNIT_CASE(pages_are_never_made_writable_r73),
	KUNIT_CASE(freed_slot_is_used_again),
	KUNIT_CASE_SLOW(empty_pages_are_returned),
	KUNIT_CASE_SLOW(pages_are_kernel_text_with_a_name),
	KUNIT_CASE_SLOW(flush_waits_for_the_release),
	KUNIT_CASE_SLOW(release_waits_for_running_tasks_r52),
	{ }
};

static struct kunit_suite kprobe_slot_suite = {
	.name = "kprobe_slot",
	.test_cases = kprobe_slot_cases,
};

kunit_test_suite(kprobe_slot_suite);
