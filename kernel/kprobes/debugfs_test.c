// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of the files in debugfs and of the sysctl: opened, read and
 * written as user space does it. rN in a name: a class of bug, see test.h.
 */
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kallsyms.h>
#include <linux/mman.h>
#include <linux/memory.h>
#include <linux/mount.h>
#include <linux/printk.h>
#include <linux/sched/signal.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include <xen/xen.h>

#include "test.h"

/* An address in full, as tools expect it: for %0*lx. */
#define DIGITS	((int)(2 * sizeof(unsigned long)))

static void *const target = kprobe_test_target;
static void *const other = kprobe_test_other;

/*
 * An open file, and what goes between it and the test. User space has a page of
 * memory, so that long files are read in pieces.
 */
struct reader {
	struct vfsmount *mnt;
	struct file *file;
	char __user *user;
	char *text;
};

#define READER_TEXT	(2UL << 20)

static void reader_close(void *data)
{
	struct reader *reader = data;

	vfree(reader->text);
	if (!IS_ERR_OR_NULL(reader->file))
		fput(reader->file);
	flush_delayed_fput();
	if (!IS_ERR_OR_NULL(reader->mnt))
		kern_unmount(reader->mnt);
}

static struct vfsmount *reader_mount(const char *name)
{
	struct file_system_type *type = get_fs_type(name);
	struct vfsmount *mnt;

	if (!type)
		return ERR_PTR(-ENODEV);
	mnt = kern_mount(type);
	module_put(type->owner);
	return mnt;
}

static struct reader *reader_open(struct kunit *test, const char *fs, const char *path, int flags)
{
	struct reader *reader = kunit_kzalloc(test, sizeof(*reader), GFP_KERNEL);

	/* Its page tables are not pinned, which the hypervisor refuses to load. */
	if (xen_pv_domain())
		kunit_skip(test, "KUnit has no user memory under Xen PV");
	KUNIT_ASSERT_NOT_NULL(test, reader);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, reader_close, reader));
	reader->text = vmalloc(READER_TEXT);
	KUNIT_ASSERT_NOT_NULL(test, reader->text);
	reader->mnt = reader_mount(fs);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, reader->mnt);
	reader->file = file_open_root_mnt(reader->mnt, path, flags, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, reader->file);
	reader->user = (char __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
						    PROT_READ | PROT_WRITE,
						    MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_NOT_NULL(test, (void __force *)reader->user);
	return reader;
}

static struct reader *debugfs_open(struct kunit *test, const char *name, int flags)
{
	char path[32];

	snprintf(path, sizeof(path), "kprobes/%s", name);
	return reader_open(test, "debugfs", path, flags);
}

/* As root, but without the capability to see addresses. */
static struct reader *debugfs_open_blind(struct kunit *test, const char *name)
{
	struct cred *blind = prepare_kernel_cred(&init_task);
	const struct cred *old;
	struct reader *reader;

	KUNIT_ASSERT_NOT_NULL(test, blind);
	cap_lower(blind->cap_effective, CAP_SYSLOG);
	old = override_creds(blind);
	reader = debugfs_open(test, name, O_RDONLY);
	revert_creds(old);
	put_cred(blind);
	return reader;
}

/* Reads up to size bytes from where it is, in pieces. Returns where the text now ends. */
static size_t reader_read(struct kunit *test, struct reader *reader, size_t end, size_t size,
			  size_t piece)
{
	size_t stop = min(end + size, READER_TEXT - 1);

	while (end < stop) {
		ssize_t got = vfs_read(reader->file, reader->user, min(piece, stop - end),
				       &reader->file->f_pos);

		KUNIT_ASSERT_GE(test, got, 0);
		if (!got)
			break;
		KUNIT_ASSERT_EQ(test, 0, copy_from_user(reader->text + end, reader->user, got));
		end += got;
	}
	reader->text[end] = '\0';
	return end;
}

static const char *text_of(struct kunit *test, struct reader *reader)
{
	KUNIT_ASSERT_EQ(test, 0, vfs_llseek(reader->file, 0, SEEK_SET));
	reader_read(test, reader, 0, READER_TEXT, PAGE_SIZE);
	return reader->text;
}

static const char *debugfs_text(struct kunit *test, const char *name)
{
	return text_of(test, debugfs_open(test, name, O_RDONLY));
}

static int reader_write(struct kunit *test, struct reader *reader, const char *text)
{
	size_t len = strlen(text);
	loff_t pos = 0;
	ssize_t put;

	KUNIT_ASSERT_EQ(test, 0, copy_to_user(reader->user, text, len));
	put = vfs_write(reader->file, reader->user, len, &pos);
	return put == len ? 0 : put;
}

static void debugfs_exit(struct kunit *test)
{
	kprobe_switch_all(true);
}

static struct kprobe *new_probe(struct kunit *test, char name, void *addr, u32 flags)
{
	struct kprobe *kp = &kprobe_test_probe(test, name, addr, KPROBE_TEST_PRE)->kp;

	kp->flags = flags;
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(kp));
	return kp;
}

/* list */

/* The line of a probe at one of the two functions. */
static void add_line(char *lines, unsigned long shown, char type, const struct kprobe *kp,
		     void *func, const char *marks)
{
	sprintf(lines + strlen(lines), "%0*lx  %c  %s+0x%lx%s\n", DIGITS, shown, type,
		func == target ? "kprobe_test_target" : "kprobe_test_other",
		(unsigned long)kp->addr - (unsigned long)func, marks);
}

static void list_of_nothing(struct kunit *test)
{
	KUNIT_ASSERT_TRUE(test, list_empty(&kprobe_sites));
	KUNIT_EXPECT_STREQ(test, "", debugfs_text(test, "list"));
}

static void a_line_a_probe(struct kunit *test)
{
	struct kprobe *first = new_probe(test, 'a', target, 0);
	struct kprobe *alone = new_probe(test, 'b', other, KPROBE_FLAG_DISABLED);
	struct kprobe *second = new_probe(test, 'c', target, KPROBE_FLAG_DISABLED);
	char lines[512] = "";

	add_line(lines, (unsigned long)first->addr, 'k', first, target, "");
	add_line(lines, (unsigned long)first->addr, 'k', second, target, "  [DISABLED]");
	add_line(lines, (unsigned long)alone->addr, 'k', alone, other, "  [DISABLED]");
	KUNIT_EXPECT_STREQ(test, lines, debugfs_text(test, "list"));
}

#ifdef CONFIG_KRETPROBES
static int at_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return 0;
}

static void unregister_return(void *rp)
{
	unregister_kretprobe(rp);
}
#endif

static void a_return_probe_is_marked_r(struct kunit *test)
{
#ifdef CONFIG_KRETPROBES
	struct kretprobe *rp = kunit_kzalloc(test, sizeof(*rp), GFP_KERNEL);
	char lines[256] = "";

	KUNIT_ASSERT_NOT_NULL(test, rp);
	rp->kp.addr = target;
	rp->handler = at_return;
	KUNIT_ASSERT_EQ(test, 0, register_kretprobe(rp));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, unregister_return, rp));
	add_line(lines, (unsigned long)rp->kp.addr, 'r', &rp->kp, target,
		 kprobe_ftrace(&rp->kp) ? "  [FTRACE]" : "");
	KUNIT_EXPECT_STREQ(test, lines, debugfs_text(test, "list"));
#else
	kunit_skip(test, "needs CONFIG_KRETPROBES");
#endif
}

/* Each mark there is, and all of them, in the order in which tools know them. */
static void marks_in_order(struct kunit *test)
{
	static const struct {
		u32 flags;
		const char *marks;
	} rows[] = {
		{ 0, "" },
		{ KPROBE_FLAG_ON_FUNC_ENTRY, "" },
		{ KPROBE_FLAG_GONE, "  [GONE]" },
		{ KPROBE_FLAG_DISABLED, "  [DISABLED]" },
		{ KPROBE_FLAG_OPTIMIZED, "  [OPTIMIZED]" },
		{ KPROBE_FLAG_FTRACE, "  [FTRACE]" },
		{ KPROBE_FLAG_DISABLED | KPROBE_FLAG_FTRACE, "  [DISABLED][FTRACE]" },
		{ ~0U, "  [GONE][DISABLED][OPTIMIZED][FTRACE]" },
	};
	struct kprobe *kp = new_probe(test, 'a', target, KPROBE_FLAG_DISABLED);
	u32 flags = kp->flags;
	const char *text;
	char lines[256];
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		lines[0] = '\0';
		add_line(lines, (unsigned long)kp->addr, 'k', kp, target, rows[i].marks);
		kp->flags = rows[i].flags;
		text = debugfs_text(test, "list");
		kp->flags = flags;
		KUNIT_EXPECT_STREQ(test, lines, text);
	}
}

/* sites */

static void add_site(struct kunit *test, char *lines, unsigned long shown, unsigned int nr,
		     const struct kprobe *kp, void *func)
{
	sprintf(lines + strlen(lines), "%0*lx  %u  %s+0x%lx: %s\n", DIGITS, shown, nr,
		func == target ? "kprobe_test_target" : "kprobe_test_other",
		(unsigned long)kp->addr - (unsigned long)func, kprobe_test_route(test, kp));
}

static void a_line_a_site(struct kunit *test)
{
	struct kprobe *first = new_probe(test, 'a', target, 0);
	struct kprobe *alone = new_probe(test, 'b', other, KPROBE_FLAG_DISABLED);
	char lines[512] = "";

	new_probe(test, 'c', target, KPROBE_FLAG_DISABLED);
	wait_for_kprobe_optimizer();
	add_site(test, lines, (unsigned long)first->addr, 2, first, target);
	add_site(test, lines, (unsigned long)alone->addr, 1, alone, other);
	KUNIT_EXPECT_STREQ(test, lines, debugfs_text(test, "sites"));
	KUNIT_EXPECT_TRUE(test, strstr(lines, ": not armed (none of its probes is enabled)\n"));
}

static void addresses_of_sites_are_hidden_r22(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, KPROBE_FLAG_DISABLED);
	char lines[256] = "";

	add_site(test, lines, 0, 1, kp, target);
	KUNIT_EXPECT_STREQ(test, lines, text_of(test, debugfs_open_blind(test, "sites")));
}

/* missed */

static void missed_has_a_line_a_cause(struct kunit *test)
{
	const char *text = debugfs_text(test, "missed");
	enum kprobe_missed_cause cause;
	char line[128];

	for (cause = 0; cause < KPROBE_NR_MISSED; cause++) {
		snprintf(line, sizeof(line), "%10lu  %s\n", kprobe_missed_total(cause),
			 kprobe_missed_name(cause));
		KUNIT_ASSERT_TRUE_MSG(test, strstarts(text, line), "%s", text);
		text += strlen(line);
	}
	KUNIT_EXPECT_STREQ(test, "", text);
}

static void a_miss_shows(struct kunit *test)
{
	unsigned long before = kprobe_missed_total(KPROBE_MISSED_BUSY);
	char line[128];

	new_probe(test, 'a', target, 0);
	kprobe_busy_begin();
	kprobe_test_target(1);
	kprobe_busy_end();
	snprintf(line, sizeof(line), "%10lu  %s\n", before + 1,
		 kprobe_missed_name(KPROBE_MISSED_BUSY));
	KUNIT_EXPECT_TRUE(test, strstr(debugfs_text(test, "missed"), line));
}

/* Does the text show the address, as any number that contains it? */
static bool shows(const char *text, unsigned long addr)
{
	char digits[20];

	snprintf(digits, sizeof(digits), "%lx", addr);
	return strstr(text, digits);
}

static void addresses_of_probes_are_hidden_r22(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, 0);
	const char *text;
	char lines[256] = "";

	add_line(lines, 0, 'k', kp, target, "");
	text = text_of(test, debugfs_open_blind(test, "list"));
	KUNIT_EXPECT_STREQ(test, lines, text);
	KUNIT_EXPECT_FALSE(test, shows(text, (unsigned long)kp->addr));
	KUNIT_EXPECT_TRUE(test, shows(debugfs_text(test, "list"), (unsigned long)kp->addr));
}

static void restrict_again(void *old)
{
	kptr_restrict = (long)old;
}

/* What an administrator has forbidden for all is forbidden for root. */
static void kptr_restrict_is_respected_r22(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, 0);
	char lines[256] = "";
	const char *text;

	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, restrict_again,
							   (void *)(long)kptr_restrict));
	kptr_restrict = 2;
	add_line(lines, 0, 'k', kp, target, "");
	KUNIT_EXPECT_STREQ(test, lines, debugfs_text(test, "list"));
	text = debugfs_text(test, "blacklist");
	KUNIT_EXPECT_FALSE(test, shows(text, *__start_kprobe_blacklist));
	KUNIT_EXPECT_TRUE(test, strstarts(text, "0x0000000"));
	kptr_restrict = 1;
	KUNIT_EXPECT_FALSE(test, shows(text_of(test, debugfs_open_blind(test, "list")),
				       (unsigned long)kp->addr));
	KUNIT_EXPECT_TRUE(test, shows(debugfs_text(test, "list"), (unsigned long)kp->addr));
}

/* Read byte by byte, by one who stops in the midst of it while probes go and come. */
static void list_is_what_was_when_it_began(struct kunit *test)
{
	struct kprobe *first = new_probe(test, 'a', target, 0);
	struct kprobe *second = new_probe(test, 'b', other, 0);
	struct kprobe *late = &kprobe_test_probe(test, 'c', other, KPROBE_TEST_PRE)->kp;
	struct reader *reader = debugfs_open(test, "list", O_RDONLY);
	char lines[512] = "";
	size_t len;

	add_line(lines, (unsigned long)first->addr, 'k', first, target, "");
	add_line(lines, (unsigned long)second->addr, 'k', second, other, "");
	len = reader_read(test, reader, 0, 20, 1);
	unregister_kprobe(second);
	unregister_kprobe(first);
	KUNIT_ASSERT_EQ(test, 0, register_kprobe(late));
	reader_read(test, reader, len, READER_TEXT, 1);
	KUNIT_EXPECT_STREQ(test, lines, reader->text);

	/* From the start again is another time. */
	lines[0] = '\0';
	add_line(lines, (unsigned long)late->addr, 'k', late, other, "");
	KUNIT_EXPECT_STREQ(test, lines, text_of(test, reader));
}

/* One pass over the text: strstr() would scan it to its end for each line. */
static void list_of_ten_thousand(struct kunit *test)
{
	static const char tail[] = "  [DISABLED]";
	const size_t len = strlen(tail);
	const char *line, *end;
	int lines = 0;

	kprobe_test_crowd(test);
	for (line = debugfs_text(test, "list"); (end = strchr(line, '\n')); line = end + 1)
		lines += end - line > len && !memcmp(end - len, tail, len);
	KUNIT_EXPECT_EQ(test, lines, KPROBE_TEST_CROWD);
}

/* blacklist */

static void line_of_range(char *line, size_t size, const struct kprobe_range *range)
{
	char symbol[KSYM_NAME_LEN];

	if (lookup_symbol_name(range->start, symbol))
		snprintf(symbol, sizeof(symbol), "0x%lx", range->start);
	snprintf(line, size, "0x%0*lx-0x%0*lx\t%s\n", DIGITS, range->start, DIGITS, range->end,
		 symbol);
}

static void blacklist_has_a_line_a_function(struct kunit *test)
{
	const char *at = debugfs_text(test, "blacklist");
	char *line = kunit_kzalloc(test, KSYM_NAME_LEN + 64, GFP_KERNEL);
	struct kprobe_range range = { };
	unsigned int lines = 0;

	KUNIT_ASSERT_NOT_NULL(test, line);
	while (kprobe_blacklist_next(range.end, &range)) {
		line_of_range(line, KSYM_NAME_LEN + 64, &range);
		KUNIT_ASSERT_TRUE_MSG(test, str_has_prefix(at, line), "%.80s is not %s", at, line);
		at += strlen(line);
		lines++;
	}
	KUNIT_EXPECT_STREQ(test, "", at);
	KUNIT_EXPECT_GT(test, lines, 100);
}

static void blacklist_names_what_is_marked(struct kunit *test)
{
	char line[80];

	snprintf(line, sizeof(line), "0x%0*lx-0x", DIGITS, (unsigned long)kprobe_site_lookup);
	KUNIT_EXPECT_NOT_NULL(test, strstr(debugfs_text(test, "blacklist"), line));
	KUNIT_EXPECT_NOT_NULL(test, strstr(debugfs_text(test, "blacklist"),
					   "\tkprobe_site_lookup\n"));
}

static void blacklist_in_pieces(struct kunit *test)
{
	struct reader *whole = debugfs_open(test, "blacklist", O_RDONLY);
	struct reader *pieces = debugfs_open(test, "blacklist", O_RDONLY);

	text_of(test, whole);
	reader_read(test, pieces, 0, READER_TEXT, 97);
	KUNIT_EXPECT_EQ(test, 0, strcmp(whole->text, pieces->text));
}

static void addresses_of_the_blacklist_are_hidden_r22(struct kunit *test)
{
	const char *text = text_of(test, debugfs_open_blind(test, "blacklist"));
	unsigned int lines = 0, hidden = 0;
	char nothing[48];
	const char *at;

	snprintf(nothing, sizeof(nothing), "0x%0*lx-0x%0*lx\t", DIGITS, 0UL, DIGITS, 0UL);
	for (at = text; at && *at; at = strchr(at, '\n') + 1) {
		hidden += !!str_has_prefix(at, nothing);
		lines++;
	}
	KUNIT_EXPECT_GT(test, lines, 100);
	KUNIT_EXPECT_EQ(test, lines, hidden);
	KUNIT_EXPECT_FALSE(test, shows(text, (unsigned long)kprobe_site_lookup));
}

/* enabled */

static void set_enabled(struct kunit *test, const char *text)
{
	KUNIT_EXPECT_EQ(test, 0, reader_write(test, debugfs_open(test, "enabled", O_WRONLY), text));
}

static void switch_reads_as_it_is_written(struct kunit *test)
{
	static const struct {
		const char *write, *read;
	} rows[] = {
		{ "0\n", "0\n" }, { "1\n", "1\n" }, { "n", "0\n" }, { "y", "1\n" },
		{ "N\n", "0\n" }, { "Y\n", "1\n" }, { "0", "0\n" }, { "0", "0\n" },
	};
	int i;

	KUNIT_EXPECT_STREQ(test, "1\n", debugfs_text(test, "enabled"));
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		set_enabled(test, rows[i].write);
		KUNIT_EXPECT_STREQ(test, rows[i].read, debugfs_text(test, "enabled"));
	}
}

static void switch_refuses_what_is_neither(struct kunit *test)
{
	struct reader *reader = debugfs_open(test, "enabled", O_WRONLY);

	KUNIT_EXPECT_EQ(test, -EINVAL, reader_write(test, reader, "2\n"));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_write(test, reader, "\n"));
	KUNIT_EXPECT_STREQ(test, "1\n", debugfs_text(test, "enabled"));
}

static void run_both(void)
{
	kprobe_test_other(kprobe_test_target(1));
}

static void off_disarms_and_on_arms(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, 0);
	struct kprobe *beside = new_probe(test, 'b', target, 0);
	struct kprobe *elsewhere = new_probe(test, 'c', other, 0);
	u64 armed = kprobe_test_text(kp->addr), original;

	run_both();
	KUNIT_EXPECT_STREQ(test, "bac", kprobe_test_trace());
	set_enabled(test, "0");
	original = kprobe_test_text(kp->addr);
	KUNIT_EXPECT_NE(test, original, armed);
	run_both();
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());
	/* It is not what the users have asked for. */
	KUNIT_EXPECT_FALSE(test, kprobe_disabled(kp));
	KUNIT_EXPECT_FALSE(test, kprobe_disabled(elsewhere));
	unregister_kprobe(beside);

	set_enabled(test, "1");
	KUNIT_EXPECT_EQ(test, kprobe_test_text(kp->addr), armed);
	run_both();
	KUNIT_EXPECT_STREQ(test, "ac", kprobe_test_trace());
	unregister_kprobe(kp);
	/* The functions may be so short that this one's breakpoint is seen too. */
	unregister_kprobe(elsewhere);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(kp->addr), original);
}

/* Everything that users do while it is off holds when it is on. */
static void users_go_on_while_it_is_off_r16(struct kunit *test)
{
	struct kprobe *disabled = new_probe(test, 'a', target, 0);
	struct kprobe *enabled = new_probe(test, 'b', other, KPROBE_FLAG_DISABLED);
	struct kprobe *registered = &kprobe_test_probe(test, 'c', target, KPROBE_TEST_PRE)->kp;
	struct kprobe *removed = new_probe(test, 'd', other, 0);
	u64 original;

	set_enabled(test, "0");
	original = kprobe_test_text(target);
	KUNIT_EXPECT_EQ(test, 0, disable_kprobe(disabled));
	KUNIT_EXPECT_EQ(test, 0, enable_kprobe(enabled));
	KUNIT_EXPECT_EQ(test, 0, register_kprobe(registered));
	unregister_kprobe(removed);
	KUNIT_EXPECT_EQ(test, kprobe_test_text(target), original);
	run_both();
	KUNIT_EXPECT_STREQ(test, "", kprobe_test_trace());

	set_enabled(test, "1");
	run_both();
	KUNIT_EXPECT_STREQ(test, "cb", kprobe_test_trace());
}

/* What was freed while it was off is not written to when it is on. */
static void gone_while_it_is_off_r15(struct kunit *test)
{
	struct kprobe *kp = new_probe(test, 'a', target, 0);
	unsigned long addr = (unsigned long)kp->addr;
	char lines[256] = "";
	u64 original;

	set_enabled(test, "0");
	original = kprobe_test_text(kp->addr);
	kprobe_sites_gone(addr, addr + 1);
	set_enabled(test, "1");
	KUNIT_EXPECT_EQ(test, kprobe_test_text(kp->addr), original);
	add_line(lines, addr, 'k', kp, target, "  [GONE]");
	KUNIT_EXPECT_STREQ(test, lines, debugfs_text(test, "list"));
}

static void switch_says_so_in_the_log(struct kunit *test)
{
	unsigned int off = kprobe_test_logged("kprobes: Kprobes globally disabled\n");
	unsigned int on = kprobe_test_logged("kprobes: Kprobes globally enabled\n");

	set_enabled(test, "0");
	set_enabled(test, "0");
	KUNIT_EXPECT_EQ(test, kprobe_test_logged("kprobes: Kprobes globally disabled\n"), off + 1);
	set_enabled(test, "1");
	set_enabled(test, "1");
	KUNIT_EXPECT_EQ(test, kprobe_test_logged("kprobes: Kprobes globally enabled\n"), on + 1);
}

/* All of them */

static umode_t mode_of(struct kunit *test, const char *name)
{
	return file_inode(debugfs_open(test, name, O_RDONLY)->file)->i_mode & 0777;
}

static void files_are_for_root_r22(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, mode_of(test, "list"), 0400);
	KUNIT_EXPECT_EQ(test, mode_of(test, "sites"), 0400);
	KUNIT_EXPECT_EQ(test, mode_of(test, "missed"), 0400);
	KUNIT_EXPECT_EQ(test, mode_of(test, "blacklist"), 0400);
	KUNIT_EXPECT_EQ(test, mode_of(test, "enabled"), 0600);
}

static void optimization_is_a_switch(struct kunit *test)
{
#ifdef CONFIG_SYSCTL
	struct reader *reader = reader_open(test, "proc", "sys/debug/kprobes-optimization", O_RDWR);

	KUNIT_EXPECT_STREQ(test, "1\n", text_of(test, reader));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_write(test, reader, "2\n"));
	KUNIT_EXPECT_EQ(test, -EINVAL, reader_write(test, reader, "-1\n"));
	KUNIT_EXPECT_EQ(test, 0, reader_write(test, reader, "0\n"));
	KUNIT_EXPECT_STREQ(test, "0\n", text_of(test, reader));
	KUNIT_EXPECT_EQ(test, 0, reader_write(test, reader, "1\n"));
	KUNIT_EXPECT_STREQ(test, "1\n", text_of(test, reader));
#else
	kunit_skip(test, "needs CONFIG_SYSCTL");
#endif
}

static struct kunit_case kprobe_debugfs_cases[] = {
	KUNIT_CASE(list_of_nothing),
	KUNIT_CASE(a_line_a_probe),
	KUNIT_CASE(a_return_probe_is_marked_r),
	KUNIT_CASE(marks_in_order),
	KUNIT_CASE(a_line_a_site),
	KUNIT_CASE(addresses_of_sites_are_hidden_r22),
	KUNIT_CASE(missed_has_a_line_a_cause),
	KUNIT_CASE(a_miss_shows),
	KUNIT_CASE(addresses_of_probes_are_hidden_r22),
	KUNIT_CASE(kptr_restrict_is_respected_r22),
	KUNIT_CASE(list_is_what_was_when_it_began),
	KUNIT_CASE_SLOW(list_of_ten_thousand),
	KUNIT_CASE(blacklist_has_a_line_a_function),
	KUNIT_CASE(blacklist_names_what_is_marked),
	KUNIT_CASE(blacklist_in_pieces),
	KUNIT_CASE(addresses_of_the_blacklist_are_hidden_r22),
	KUNIT_CASE(switch_reads_as_it_is_written),
	KUNIT_CASE(switch_refuses_what_is_neither),
	KUNIT_CASE(off_disarms_and_on_arms),
	KUNIT_CASE(users_go_on_while_it_is_off_r16),
	KUNIT_CASE(gone_while_it_is_off_r15),
	KUNIT_CASE(switch_says_so_in_the_log),
	KUNIT_CASE(files_are_for_root_r22),
	KUNIT_CASE(optimization_is_a_switch),
	{ }
};

static struct kunit_suite kprobe_debugfs_suite = {
	.name = "kprobe_debugfs",
	.exit = debugfs_exit,
	.test_cases = kprobe_debugfs_cases,
};

kunit_test_suite(kprobe_debugfs_suite);
