// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of what is known of text that the kernel patches, and of branches
 * that do not show in the text: held against the kernel's own answers, which it
 * gets by walking its tables. That a probe is refused there is tested in
 * address_test.c. rN in a name: a class of bug, see test.h.
 */
#include <linux/completion.h>
#include <linux/extable.h>
#include <linux/jump_label.h>
#include <linux/kthread.h>
#include <linux/memory.h>
#include <linux/module.h>
#include <linux/static_call.h>
#include <asm/sections.h>

#include "test.h"

static enum kprobe_refusal reserved_in(unsigned long start, unsigned long end)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_reserved_in(start, end);
}

/* The kernel takes the last byte where we take the one behind it. */
static bool label_in(unsigned long start, unsigned long end)
{
	bool reserved;

	jump_label_lock();
	reserved = jump_label_text_reserved((void *)start, (void *)end - 1);
	jump_label_unlock();
	return reserved;
}

static bool call_in(unsigned long start, unsigned long end)
{
	return static_call_text_reserved((void *)start, (void *)end - 1);
}

/* A byte, and as many as a jump has. */
static unsigned int wrong_answers(unsigned long addr)
{
	unsigned int wrong = 0, len;

	for (len = 1; len <= 5; len += 4) {
		bool label = label_in(addr, addr + len), call = call_in(addr, addr + len);

		switch (reserved_in(addr, addr + len)) {
		case KPROBE_OK:
			wrong += label || call;
			break;
		case KPROBE_JUMP_LABEL:
			wrong += !label;
			break;
		case KPROBE_STATIC_CALL:
			wrong += !call;
			break;
		default:
			wrong++;
		}
	}
	return wrong;
}

/* From before a patched instruction to behind it; init text may be freed. */
static unsigned int wrong_answers_around(unsigned long addr)
{
	unsigned int wrong = 0;
	unsigned long at;

	if (!is_kernel_text(addr))
		return 0;
	for (at = addr - 6; at < addr + 6; at++)
		wrong += wrong_answers(at);
	return wrong;
}

static void count_branch(unsigned long from, unsigned long to, void *arg)
{
	(*(unsigned int *)arg)++;
}

#ifdef CONFIG_JUMP_LABEL
/* Some of them: the kernel's own answer takes a walk each time. */
static void labels_as_the_kernel_has_them_r12(struct kunit *test)
{
	unsigned int step = max_t(long, 1, (__stop___jump_table - __start___jump_table) / 100);
	struct jump_entry *label;
	unsigned int wrong = 0;

	for (label = __start___jump_table; label < __stop___jump_table; label += step)
		wrong += wrong_answers_around(jump_entry_code(label));
	KUNIT_EXPECT_EQ(test, wrong, 0);
}

struct labels {
	unsigned int nr;
	unsigned int disorder;
	unsigned int unknown;
	unsigned long last;
};

static void check_label(unsigned long from, unsigned long to, void *arg)
{
	struct labels *labels = arg;
	struct jump_entry *label;
	bool known = false;

	labels->nr++;
	labels->disorder += from <= labels->last;
	labels->last = from;
	for (label = __start___jump_table; label < __stop___jump_table; label++)
		known |= jump_entry_code(label) == from && jump_entry_target(label) == to;
	labels->unknown += !known;
}

/* Each of them once, by address, with its target. */
static void all_labels_are_walked(struct kunit *test)
{
	struct labels labels = { };
	struct jump_entry *label;
	unsigned int nr = 0;

	mutex_lock(&kprobe_mutex);
	kprobe_walk_labels((unsigned long)_text, (unsigned long)_etext, check_label, &labels);
	kprobe_walk_labels((unsigned long)__init_begin, (unsigned long)__init_end, check_label,
			   &labels);
	mutex_unlock(&kprobe_mutex);
	for (label = __start___jump_table; label < __stop___jump_table; label++)
		nr += system_state < SYSTEM_FREEING_INITMEM ||
		      jump_entry_code(label) < (unsigned long)_etext;
	KUNIT_EXPECT_EQ(test, labels.nr, nr);
	KUNIT_EXPECT_EQ(test, labels.disorder, 0);
	KUNIT_EXPECT_EQ(test, labels.unknown, 0);
}

static unsigned int labels_in(unsigned long start, unsigned long end)
{
	unsigned int nr = 0;

	guard(mutex)(&kprobe_mutex);
	kprobe_walk_labels(start, end, count_branch, &nr);
	return nr;
}

/* Where it begins counts; that a part of it is in the range does not. */
static void range_of_labels_is_exact(struct kunit *test)
{
	unsigned long addr = jump_entry_code(__start___jump_table);

	KUNIT_EXPECT_EQ(test, labels_in(addr, addr + 1), 1);
	KUNIT_EXPECT_EQ(test, labels_in(addr, addr), 0);
	KUNIT_EXPECT_EQ(test, labels_in(addr - 1, addr), 0);
	KUNIT_EXPECT_EQ(test, labels_in(addr + 1, addr + 2), 0);
}

/* A module as it comes: a jump label in its text, another one in its init text. */
struct label_module {
	struct module mod;
	struct jump_entry label[2];
	u8 text[64];
	u8 init_text[64];
};

static void set_label(struct jump_entry *label, const u8 *code, const u8 *target)
{
	const struct jump_entry *model = __start___jump_table;

	scoped_guard(mutex, &text_mutex)
		memcpy((void *)code, (void *)jump_entry_code(model),
		       jump_entry_size((void *)model));
	label->code = (unsigned long)code - (unsigned long)&label->code;
	label->target = (unsigned long)target - (unsigned long)&label->target;
}

static void fill_label_module(struct label_module *m)
{
	set_label(&m->label[0], &m->init_text[32], &m->init_text[2]);
	set_label(&m->label[1], &m->text[16], &m->text[48]);
	m->mod.jump_entries = m->label;
	m->mod.num_jump_entries = ARRAY_SIZE(m->label);
	m->mod.mem[MOD_TEXT].base = m->text;
	m->mod.mem[MOD_TEXT].size = sizeof(m->text);
	m->mod.mem[MOD_INIT_TEXT].base = m->init_text;
	m->mod.mem[MOD_INIT_TEXT].size = sizeof(m->init_text);
}

static struct label_module *label_module(struct kunit *test)
{
	struct label_module *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	fill_label_module(m);
	return m;
}

static enum kprobe_refusal refusal_at(const u8 *addr)
{
	return reserved_in((unsigned long)addr, (unsigned long)addr + 1);
}

/* The second one's text is where the first one's was. */
static void module_comes_and_goes_r15(struct kunit *test)
{
	struct label_module *m = label_module(test);
	int round;

	for (round = 0; round < 2; round++) {
		KUNIT_EXPECT_EQ(test, refusal_at(&m->text[16]), KPROBE_OK);
		KUNIT_ASSERT_EQ(test, 0, kprobe_reserved_add_module(&m->mod));
		KUNIT_EXPECT_EQ(test, refusal_at(&m->text[15]), KPROBE_OK);
		KUNIT_EXPECT_EQ(test, refusal_at(&m->text[16]), KPROBE_JUMP_LABEL);
		KUNIT_EXPECT_EQ(test, refusal_at(&m->init_text[32]), KPROBE_JUMP_LABEL);
		KUNIT_EXPECT_EQ(test, refusal_at(&m->text[32]), KPROBE_OK);
		kprobe_reserved_remove((unsigned long)m->init_text);
		KUNIT_EXPECT_EQ(test, refusal_at(&m->init_text[32]), KPROBE_OK);
		KUNIT_EXPECT_EQ(test, refusal_at(&m->text[16]), KPROBE_JUMP_LABEL);
		kprobe_reserved_remove((unsigned long)m->text);
	}
	KUNIT_EXPECT_EQ(test, refusal_at(&m->text[16]), KPROBE_OK);
}

/*
 * Not all of the image is text. On i386 a part of its end is given to the page allocator
 * before it was ever used, and what is allocated there is not the image's.
 */
static void memory_within_the_image_r74(struct kunit *test)
{
	static struct label_module image_module;
	struct label_module *m = &image_module;

	fill_label_module(m);
	KUNIT_EXPECT_EQ(test, 0, kprobe_reserved_add_module(&m->mod));
	KUNIT_EXPECT_EQ(test, refusal_at(&m->text[16]), KPROBE_JUMP_LABEL);
	KUNIT_EXPECT_EQ(test, refusal_at(&m->init_text[32]), KPROBE_JUMP_LABEL);
	kprobe_reserved_remove((unsigned long)m->text);
	kprobe_reserved_remove((unsigned long)m->init_text);
	KUNIT_EXPECT_EQ(test, refusal_at((u8 *)jump_entry_code(__start___jump_table)),
			KPROBE_JUMP_LABEL);
}

/**
 * struct label_load - a module that comes in a task of its own
 * @mod: the module
 * @begun: the task is about to add it
 * @done: the task has added it
 * @err: what kprobe_reserved_add_module() has returned
 */
struct label_load {
	struct module *mod;
	struct completion begun;
	struct completion done;
	int err;
};

static int load_labels(void *data)
{
	struct label_load *load = data;

	complete(&load->begun);
	load->err = kprobe_reserved_add_module(load->mod);
	complete(&load->done);
	return 0;
}

/* Long enough for a task that is not kept waiting. */
#define LABEL_LOAD_TIME	(HZ / 5)

/*
 * While a CPU patches a label, there is a breakpoint in its place: that must not be
 * decoded as the label. Adding the module waits until the patching has ended.
 */
static void label_is_being_patched_r62(struct kunit *test)
{
	struct label_module *m = label_module(test);
	struct label_load *load = kunit_kzalloc(test, sizeof(*load), GFP_KERNEL);
	struct task_struct *task;
	u8 first = m->text[16];
	bool waited;

	KUNIT_ASSERT_NOT_NULL(test, load);
	load->mod = &m->mod;
	init_completion(&load->begun);
	init_completion(&load->done);
	mutex_lock(&text_mutex);
	m->text[16] = KPROBE_SLOT_FILL;
	task = kthread_run(load_labels, load, "label_load");
	if (!IS_ERR(task)) {
		wait_for_completion(&load->begun);
		waited = !wait_for_completion_timeout(&load->done, LABEL_LOAD_TIME);
	}
	m->text[16] = first;
	mutex_unlock(&text_mutex);
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	if (waited)
		wait_for_completion(&load->done);
	KUNIT_EXPECT_TRUE(test, waited);
	KUNIT_ASSERT_EQ(test, load->err, 0);
	KUNIT_EXPECT_EQ(test, refusal_at(&m->text[16]), KPROBE_JUMP_LABEL);
	kprobe_reserved_remove((unsigned long)m->init_text);
	kprobe_reserved_remove((unsigned long)m->text);
}
#else
static void labels_as_the_kernel_has_them_r12(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}

static void all_labels_are_walked(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}

static void range_of_labels_is_exact(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}

static void module_comes_and_goes_r15(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}

static void memory_within_the_image_r74(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}

static void label_is_being_patched_r62(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_JUMP_LABEL");
}
#endif

#ifdef CONFIG_HAVE_STATIC_CALL_INLINE
static void static_calls_as_the_kernel_has_them_r12(struct kunit *test)
{
	long nr = __stop_static_call_sites - __start_static_call_sites;
	struct static_call_site *call;
	unsigned int wrong = 0;

	KUNIT_EXPECT_GT(test, nr, 0);
	for (call = __start_static_call_sites; call < __stop_static_call_sites;
	     call += max_t(long, 1, nr / 100))
		wrong += wrong_answers_around((unsigned long)&call->addr + call->addr);
	KUNIT_EXPECT_EQ(test, wrong, 0);
}
#else
static void static_calls_as_the_kernel_has_them_r12(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_HAVE_STATIC_CALL_INLINE");
}
#endif

/**
 * struct fixups - what a walk has met
 * @nr: how many
 * @foreign: how many that the exception table does not have
 * @outside: how many whose target is not text
 * @first: the first two of them
 */
struct fixups {
	unsigned int nr;
	unsigned int foreign;
	unsigned int outside;
	unsigned long first[2];
};

static void check_fixup(unsigned long from, unsigned long to, void *arg)
{
	struct fixups *fixups = arg;

	if (fixups->nr < ARRAY_SIZE(fixups->first))
		fixups->first[fixups->nr] = from;
	fixups->nr++;
	fixups->foreign += !search_exception_tables(from);
	fixups->outside += !kernel_text_address(to);
}

static struct fixups fixups_in(unsigned long start, unsigned long end)
{
	struct fixups fixups = { };

	guard(mutex)(&kprobe_mutex);
	kprobe_walk_fixups(start, end, check_fixup, &fixups);
	return fixups;
}

static void all_fixups_are_walked(struct kunit *test)
{
	struct fixups fixups = fixups_in((unsigned long)_stext, (unsigned long)_end);

	KUNIT_EXPECT_EQ(test, fixups.nr, __stop___ex_table - __start___ex_table);
	KUNIT_EXPECT_EQ(test, fixups.foreign, 0);
	KUNIT_EXPECT_EQ(test, fixups.outside, 0);
}

static void range_of_fixups_is_exact(struct kunit *test)
{
	struct fixups all = fixups_in((unsigned long)_stext, (unsigned long)_end);
	unsigned long first = all.first[0], second = all.first[1];

	KUNIT_ASSERT_GT(test, all.nr, 2);
	KUNIT_EXPECT_LT(test, first, second);
	KUNIT_EXPECT_EQ(test, fixups_in(first, second).nr, 1);
	KUNIT_EXPECT_EQ(test, fixups_in(first, second + 1).nr, 2);
	KUNIT_EXPECT_EQ(test, fixups_in(first + 1, second).nr, 0);
	KUNIT_EXPECT_EQ(test, fixups_in(first + 1, second + 1).nr, 1);
	KUNIT_EXPECT_EQ(test, fixups_in(second, (unsigned long)_end).nr, all.nr - 1);
}

#ifdef CONFIG_MODULES
/* A module with two fixups in its text, and one in its init text. */
struct fixup_module {
	struct module mod;
	struct exception_table_entry fixup[3];
	u8 text[64];
	u8 init_text[64];
};

static void set_fixup(struct exception_table_entry *fixup, const u8 *insn)
{
	fixup->insn = (unsigned long)insn - (unsigned long)&fixup->insn;
	fixup->fixup = (unsigned long)insn + 8 - (unsigned long)&fixup->fixup;
}

static struct fixup_module *fixup_module(struct kunit *test)
{
	struct fixup_module *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, m);
	set_fixup(&m->fixup[0], &m->text[8]);
	set_fixup(&m->fixup[1], &m->text[24]);
	set_fixup(&m->fixup[2], &m->init_text[8]);
	m->mod.state = MODULE_STATE_LIVE;
	m->mod.extable = m->fixup;
	m->mod.num_exentries = ARRAY_SIZE(m->fixup);
	m->mod.mem[MOD_TEXT].base = m->text;
	m->mod.mem[MOD_TEXT].size = sizeof(m->text);
	m->mod.mem[MOD_INIT_TEXT].base = m->init_text;
	m->mod.mem[MOD_INIT_TEXT].size = sizeof(m->init_text);
	return m;
}

static unsigned int fixups_of(const u8 *text)
{
	unsigned int nr = 0;

	guard(mutex)(&kprobe_mutex);
	kprobe_walk_fixups((unsigned long)text, (unsigned long)text + 64, count_branch, &nr);
	return nr;
}

/* do_init_module() changes the pointer and the number one after the other. */
static void fixups_of_a_module_r70(struct kunit *test)
{
	struct fixup_module *m = fixup_module(test);

	KUNIT_ASSERT_EQ(test, 0, kprobe_reserved_add_module(&m->mod));
	m->mod.num_exentries = 0;
	KUNIT_EXPECT_EQ(test, fixups_of(m->text), 2);
	m->mod.extable = NULL;
	m->mod.num_exentries = ARRAY_SIZE(m->fixup);
	KUNIT_EXPECT_EQ(test, fixups_of(m->text), 2);
	KUNIT_EXPECT_EQ(test, fixups_of(m->init_text), 1);
	kprobe_reserved_remove((unsigned long)m->init_text);
	KUNIT_EXPECT_EQ(test, fixups_of(m->init_text), 0);
	kprobe_reserved_remove((unsigned long)m->text);
	KUNIT_EXPECT_EQ(test, fixups_of(m->text), 0);
}

/* It clears the range of the init text in two steps, before it frees the memory. */
static void init_text_of_a_module_r70(struct kunit *test)
{
	struct fixup_module *m = fixup_module(test);

	guard(mutex)(&kprobe_mutex);
	KUNIT_EXPECT_EQ(test, kprobe_module_check(&m->mod, (unsigned long)m->init_text),
			KPROBE_MODULE_INIT);
	m->mod.mem[MOD_INIT_TEXT].base = NULL;
	KUNIT_EXPECT_EQ(test, kprobe_module_check(&m->mod, (unsigned long)m->init_text),
			KPROBE_MODULE_INIT);
	m->mod.mem[MOD_INIT_TEXT].size = 0;
	KUNIT_EXPECT_EQ(test, kprobe_module_check(&m->mod, (unsigned long)m->init_text),
			KPROBE_MODULE_INIT);
	KUNIT_EXPECT_EQ(test, kprobe_module_check(&m->mod, (unsigned long)m->text + 63),
			KPROBE_OK);
}
#else
static void fixups_of_a_module_r70(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_MODULES");
}

static void init_text_of_a_module_r70(struct kunit *test)
{
	kunit_skip(test, "needs CONFIG_MODULES");
}
#endif

static struct kunit_case kprobe_reserved_cases[] = {
	KUNIT_CASE(labels_as_the_kernel_has_them_r12),
	KUNIT_CASE(static_calls_as_the_kernel_has_them_r12),
	KUNIT_CASE(all_labels_are_walked),
	KUNIT_CASE(range_of_labels_is_exact),
	KUNIT_CASE(module_comes_and_goes_r15),
	KUNIT_CASE(memory_within_the_image_r74),
	KUNIT_CASE(label_is_being_patched_r62),
	KUNIT_CASE(all_fixups_are_walked),
	KUNIT_CASE(range_of_fixups_is_exact),
	KUNIT_CASE(fixups_of_a_module_r70),
	KUNIT_CASE(init_text_of_a_module_r70),
	{ }
};

static int reserved_init(struct kunit *test)
{
	guard(mutex)(&kprobe_mutex);
	return kprobe_reserved_index_image();
}

static struct kunit_suite kprobe_reserved_suite = {
	.name = "kprobe_reserved",
	.init = reserved_init,
	.test_cases = kprobe_reserved_cases,
};

kunit_test_suite(kprobe_reserved_suite);
