// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the list that Alt+SysRq+W prints.
 */
#include <linux/console.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/sysrq.h>
#include <linux/vmalloc.h>
#include <asm/tlbflush.h>

#include "test.h"

/* A console that keeps what is printed first, and counts the lines of probes. */
static char heard[2048];
static size_t heard_len;
static unsigned int heard_probes;
static unsigned int heard_more;

#define MORE	"and 9000 probes more (kprobe_sysrq_lines is 1000)\n"

static void hear(struct console *con, const char *text, unsigned int len)
{
	size_t kept = min_t(size_t, len, sizeof(heard) - 1 - heard_len);

	memcpy(heard + heard_len, text, kept);
	heard_len += kept;
	/* It comes line by line. Other parts of the kernel may have something to say. */
	heard_probes += !!strnstr(text, "[<", len);
	if (strnstr(text, MORE, len))
		heard_more++;
}

static struct console ear = {
	.name	= "kprobes",
	.write	= hear,
};

static int old_loglevel;

static int sysrq_test_init(struct kunit *test)
{
	old_loglevel = console_loglevel;
	console_loglevel = CONSOLE_LOGLEVEL_DEFAULT;
	ear.flags = CON_ENABLED;
	ear.index = -1;
	register_console(&ear);
	return 0;
}

static void sysrq_test_exit(struct kunit *test)
{
	unregister_console(&ear);
	console_loglevel = old_loglevel;
}

static void listen(void)
{
	console_lock();
	memset(heard, 0, sizeof(heard));
	heard_len = 0;
	heard_probes = 0;
	heard_more = 0;
	console_unlock();
}

/* Until all that was printed has been heard. */
static void listened(void)
{
	/* The first one waits for that; with PREEMPT_RT a task of its own prints. */
	console_suspend(&ear);
	console_resume(&ear);
}

static void sysrq_irq(struct irq_work *work)
{
	sysrq_show_kprobes();
}

static DEFINE_IRQ_WORK(sysrq_work, sysrq_irq);

static void show_from_interrupt(void)
{
	listen();
	irq_work_queue(&sysrq_work);
	irq_work_sync(&sysrq_work);
	listened();
}

static struct kprobe *new_probe(struct kunit *test, char name, void *addr, u32 flags)
{
	struct kprobe *kp = &kprobe_test_probe(test, name, addr, KPROBE_TEST_PRE)->kp;

	kp->flags = flags;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

/* The line of a probe, but for what is put in front of every line. */
static const char *line_of(struct kunit *test, struct kprobe *kp, const char *rest)
{
	char *line = kunit_kzalloc(test, 256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, line);
	snprintf(line, 256, "[<%p>] %pS %s\n", kp->addr, kp->addr, rest);
	return line;
}

/* Finds the lines in this order, returns how many. */
static unsigned int lines_in_order(const char * const *lines, unsigned int nr)
{
	const char *at = heard;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		at = strstr(at, lines[i]);
		if (!at)
			break;
		at += strlen(lines[i]);
	}
	return i;
}

static const char *armed(struct kunit *test, struct kprobe *kp, const char *remarks)
{
	char rest[KPROBE_ROUTE_LEN + 64];

	snprintf(rest, sizeof(rest), "%s%s", kprobe_test_route(test, kp), remarks);
	return line_of(test, kp, rest);
}

static void no_probe_no_line(struct kunit *test)
{
	static const char * const lines[] = { "Show kprobes\n" };

	KUNIT_ASSERT_TRUE(test, list_empty(&kprobe_sites));
	listen();
	sysrq_show_kprobes();
	listened();
	KUNIT_EXPECT_EQ(test, 1, lines_in_order(lines, 1));
	KUNIT_EXPECT_EQ(test, 0, heard_probes);
}

static void a_line_a_probe_with_what_holds(struct kunit *test)
{
	struct kprobe *plain = new_probe(test, 'a', kprobe_test_target, 0);
	struct kprobe *beside = new_probe(test, 'b', kprobe_test_target, KPROBE_FLAG_DISABLED);
	struct kprobe *alone = new_probe(test, 'c', kprobe_test_other, KPROBE_FLAG_DISABLED);
	const char *lines[4];

	beside->nmissed = 3;
	lines[0] = "Show kprobes\n";
	lines[1] = armed(test, plain, "");
	lines[2] = armed(test, beside, " disabled missed 3");
	lines[3] = line_of(test, alone, "not armed (none of its probes is enabled) disabled");

	listen();
	sysrq_show_kprobes();
	listened();
	KUNIT_EXPECT_EQ(test, 4, lines_in_order(lines, 4));
	KUNIT_EXPECT_EQ(test, 3, heard_probes);
}

static void the_global_switch_is_told(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', kprobe_test_target, 0);
	const char *lines[3] = { "Show kprobes\n", "kprobes are globally disabled\n" };

	if (!IS_ENABLED(CONFIG_KPROBES_DEBUGFS))
		kunit_skip(test, "needs CONFIG_DEBUG_FS");
	lines[2] = line_of(test, kp, "not armed (kprobes/enabled is 0)");
	kprobe_switch_all(false);
	listen();
	sysrq_show_kprobes();
	listened();
	KUNIT_EXPECT_EQ(test, 3, lines_in_order(lines, 3));

	kprobe_switch_all(true);
	listen();
	sysrq_show_kprobes();
	listened();
	KUNIT_EXPECT_EQ(test, 0, lines_in_order(lines + 1, 1));
}

static void from_an_interrupt_with_the_mutex_held(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', kprobe_test_target, 0);
	const char *lines[2] = { "Show kprobes\n", armed(test, kp, "") };

	mutex_lock(&kprobe_mutex);
	show_from_interrupt();
	mutex_unlock(&kprobe_mutex);
	KUNIT_EXPECT_EQ(test, 2, lines_in_order(lines, 2));
}

/* What was missed comes last, a line a cause; what was not does not come. */
static void missed_hits_are_told(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', kprobe_test_target, 0);
	enum kprobe_missed_cause cause;
	const char *lines[2];
	char text[128];

	kprobe_busy_begin();
	kprobe_test_target(1);
	kprobe_busy_end();
	lines[0] = armed(test, kp, " missed 1");
	lines[1] = text;
	listen();
	sysrq_show_kprobes();
	listened();
	for (cause = 0; cause < KPROBE_NR_MISSED; cause++) {
		unsigned long total = kprobe_missed_total(cause);

		snprintf(text, sizeof(text), "missed %lu: %s\n", total, kprobe_missed_name(cause));
		if (total)
			KUNIT_EXPECT_EQ_MSG(test, 2, lines_in_order(lines, 2), "%s", text);
		else
			KUNIT_EXPECT_NULL(test, strstr(heard, text));
	}
}

static void the_key_lists_probes(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', kprobe_test_target, 0);
	const char *lines[2] = { "Show kprobes\n", armed(test, kp, "") };

	listen();
	__handle_sysrq('w', false);
	listened();
	KUNIT_EXPECT_EQ(test, 2, lines_in_order(lines, 2));
}

static void the_mask_is_respected(struct kunit *test)
{
	static const char * const lines[] = { "Show kprobes\n" };
	int mask = sysrq_mask();

	/* 8: dumps. 16: sync, which is another key's. */
	sysrq_toggle_support(16);
	listen();
	handle_sysrq('w');
	listened();
	KUNIT_EXPECT_EQ(test, 0, lines_in_order(lines, 1));

	sysrq_toggle_support(8);
	listen();
	handle_sysrq('w');
	listened();
	KUNIT_EXPECT_EQ(test, 1, lines_in_order(lines, 1));
	sysrq_toggle_support(mask);
}

/* The blocked tasks, which come afterwards, are not pushed out of the log. */
static void ten_thousand_probes(struct kunit *test)
{
	kprobe_test_crowd(test);
	/* A lockup would be reported, and panic the kernels of make test. */
	show_from_interrupt();
	KUNIT_EXPECT_EQ(test, 1000, heard_probes);
	KUNIT_EXPECT_EQ(test, 1, heard_more);
}

/* Sets a page table entry not present, or present again. */
static int flip_present(pte_t *pte, unsigned long addr, void *saved)
{
	pte_t now = ptep_get(pte);

	set_pte(pte, *(pte_t *)saved);
	*(pte_t *)saved = now;
	return 0;
}

static void flip(struct kprobe *kp, pte_t *saved)
{
	unsigned long page = (unsigned long)kp & PAGE_MASK;

	apply_to_page_range(&init_mm, page, PAGE_SIZE, flip_present, saved);
	flush_tlb_kernel_range(page, page + PAGE_SIZE);
}

#define DISABLED	"not armed (none of its probes is enabled)"

/* A user who frees a probe and does not unregister it: a mistake, and no second oops. */
static void probe_that_was_freed_r68(struct kunit *test)
{
	struct kprobe *kp = vzalloc(PAGE_SIZE);
	struct kprobe *other;
	const char *lines[2];
	pte_t saved = { };

	KUNIT_ASSERT_NOT_NULL(test, kp);
	kp->addr = (void *)kprobe_test_target;
	kp->flags = KPROBE_FLAG_DISABLED;
	other = new_probe(test, 'b', kprobe_test_other, KPROBE_FLAG_DISABLED);
	if (register_kprobe(kp)) {
		vfree(kp);
		KUNIT_FAIL_AND_ABORT(test, "it cannot be registered");
	}
	lines[0] = line_of(test, kp, DISABLED " and its owner has freed it");
	lines[1] = line_of(test, other, DISABLED " disabled");
	flip(kp, &saved);
	show_from_interrupt();
	flip(kp, &saved);
	unregister_kprobe(kp);
	vfree(kp);
	KUNIT_EXPECT_EQ(test, 1, lines_in_order(&lines[0], 1));
	KUNIT_EXPECT_EQ(test, 1, lines_in_order(&lines[1], 1));
}

static struct kunit_case sysrq_cases[] = {
	KUNIT_CASE(no_probe_no_line),
	KUNIT_CASE(a_line_a_probe_with_what_holds),
	KUNIT_CASE(the_global_switch_is_told),
	KUNIT_CASE(from_an_interrupt_with_the_mutex_held),
	KUNIT_CASE(missed_hits_are_told),
	KUNIT_CASE(the_key_lists_probes),
	KUNIT_CASE(the_mask_is_respected),
	KUNIT_CASE(probe_that_was_freed_r68),
	KUNIT_CASE_SLOW(ten_thousand_probes),
	{}
};

static struct kunit_suite sysrq_suite = {
	.name = "kprobe_sysrq",
	.init = sysrq_test_init,
	.exit = sysrq_test_exit,
	.test_cases = sysrq_cases,
};

kunit_test_suite(sysrq_suite);
