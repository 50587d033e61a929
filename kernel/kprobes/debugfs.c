// SPDX-License-Identifier: GPL-2.0
/*
 * Kprobes: what tools and users find in debugfs.
 *
 *	kprobes/list		a line for each probe, as tools know it
 *	kprobes/sites		a line for each probed address: its route, and why
 *	kprobes/missed		hits whose handlers did not run, by cause
 *	kprobes/blacklist	a line for each function that may not be probed
 *	kprobes/enabled		the global switch
 *
 * Addresses are shown as /proc/kallsyms shows them: zeros to those who may not
 * see them.
 */
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/kstrtox.h>
#include <linux/mm.h>
#include <linux/seq_file.h>

#include "internal.h"

#define KPROBE_ADDR_DIGITS	(2 * sizeof(unsigned long))

/* What the reader of a file may see of an address. */
static unsigned long kprobe_shown(const struct seq_file *m, unsigned long addr)
{
	return kallsyms_show_value(m->file->f_cred) ? addr : 0;
}

/*
 * list and sites: what a reader gets is what was true when it began. The records
 * are taken in one go, so the mutex is held for a moment only, whatever the reader
 * does, and symbols are looked up without it.
 */

/**
 * struct kprobe_record - what a line needs of a probe or a site, which may go meanwhile
 * @addr: where it is
 * @flags: of a probe: its flags
 * @type: of a probe: k, or r for the one on the entry for a return probe
 * @nr: of a site: how many probes it has
 * @route: of a site: its route
 */
struct kprobe_record {
	unsigned long addr;
	union {
		struct {
			u32 flags;
			char type;
		};
		struct {
			unsigned int nr;
			struct kprobe_route route;
		};
	};
};

/**
 * struct kprobe_listing - an open file
 * @nr: how many records there are
 * @record: one of each probe, in the order of sites, then of registration; or of
 *	each site
 * @fill: takes them
 */
struct kprobe_listing {
	unsigned int nr;
	struct kprobe_record *record;
	void (*fill)(struct kprobe_listing *listing);
};

static unsigned int kprobe_site_nr(const struct kprobe_site *site)
{
	struct kprobe *kp;
	unsigned int nr = 0;

	kprobe_for_each(kp, &site->probes, list)
		nr++;
	return nr;
}

static unsigned int kprobe_count(void)
{
	struct kprobe_site *site;
	unsigned int nr = 0;

	kprobe_for_each(site, &kprobe_sites, all)
		nr += kprobe_site_nr(site);
	return nr;
}

static void kprobe_list_fill(struct kprobe_listing *listing)
{
	struct kprobe_site *site;
	struct kprobe *kp;

	kprobe_for_each(site, &kprobe_sites, all) {
		kprobe_for_each(kp, &site->probes, list) {
			listing->record[listing->nr++] = (struct kprobe_record){
				.addr	= site->addr,
				.flags	= kp->flags,
				.type	= kprobe_is_return(kp) ? 'r' : 'k',
			};
		}
	}
}

static void kprobe_sites_fill(struct kprobe_listing *listing)
{
	struct kprobe_site *site;

	kprobe_for_each(site, &kprobe_sites, all) {
		listing->record[listing->nr++] = (struct kprobe_record){
			.addr	= site->addr,
			.nr	= kprobe_site_nr(site),
			.route	= kprobe_route_of(site),
		};
	}
}

/* Every site has a probe: there are no more records than probes. */
static int kprobe_listing_take(struct kprobe_listing *listing)
{
	kvfree(listing->record);
	listing->nr = 0;
	guard(mutex)(&kprobe_mutex);
	listing->record = kvmalloc_array(kprobe_count(), sizeof(*listing->record), GFP_KERNEL);
	if (!listing->record)
		return -ENOMEM;
	listing->fill(listing);
	return 0;
}

static void *kprobe_list_start(struct seq_file *m, loff_t *pos)
{
	struct kprobe_listing *listing = m->private;
	int err = *pos ? 0 : kprobe_listing_take(listing);

	if (err)
		return ERR_PTR(err);
	return *pos < listing->nr ? &listing->record[*pos] : NULL;
}

static void *kprobe_list_next(struct seq_file *m, void *v, loff_t *pos)
{
	struct kprobe_listing *listing = m->private;

	return ++*pos < listing->nr ? &listing->record[*pos] : NULL;
}

static void kprobe_seq_stop(struct seq_file *m, void *v)
{
}

static void kprobe_show_marks(struct seq_file *m, u32 flags)
{
	static const struct {
		u32 flag;
		const char *mark;
	} marks[] = {
		{ KPROBE_FLAG_GONE,		"[GONE]" },
		{ KPROBE_FLAG_DISABLED,		"[DISABLED]" },
		{ KPROBE_FLAG_OPTIMIZED,	"[OPTIMIZED]" },
		{ KPROBE_FLAG_FTRACE,		"[FTRACE]" },
	};
	const char *gap = "  ";
	int i;

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		if (!(flags & marks[i].flag))
			continue;
		seq_printf(m, "%s%s", gap, marks[i].mark);
		gap = "";
	}
}

/* Its symbol, and behind a gap its module. */
static void kprobe_show_symbol(struct seq_file *m, unsigned long addr)
{
	char buf[KSYM_NAME_LEN], *module = NULL;
	unsigned long offset;
	const char *symbol;

	/* Under RCU the module stays, and with it its name. */
	guard(rcu)();
	symbol = kallsyms_lookup(addr, NULL, &offset, &module, buf);
	if (symbol)
		seq_printf(m, "%s+0x%lx", symbol, offset);
	else
		seq_printf(m, "0x%lx", kprobe_shown(m, addr));
	if (module)
		seq_printf(m, "  %s", module);
}

static int kprobe_list_show(struct seq_file *m, void *v)
{
	const struct kprobe_record *record = v;

	seq_put_hex_ll(m, NULL, kprobe_shown(m, record->addr), KPROBE_ADDR_DIGITS);
	seq_printf(m, "  %c  ", record->type);
	kprobe_show_symbol(m, record->addr);
	kprobe_show_marks(m, record->flags);
	seq_putc(m, '\n');
	return 0;
}

/* The route comes behind a colon: whoever parses this need not know all the words. */
static int kprobe_sites_show(struct seq_file *m, void *v)
{
	const struct kprobe_record *record = v;
	char text[KPROBE_ROUTE_LEN];

	kprobe_route_text(&record->route, text);
	seq_put_hex_ll(m, NULL, kprobe_shown(m, record->addr), KPROBE_ADDR_DIGITS);
	seq_printf(m, "  %u  ", record->nr);
	kprobe_show_symbol(m, record->addr);
	seq_printf(m, ": %s\n", text);
	return 0;
}

static const struct seq_operations kprobe_list_seq_ops = {
	.start	= kprobe_list_start,
	.next	= kprobe_list_next,
	.stop	= kprobe_seq_stop,
	.show	= kprobe_list_show,
};

static const struct seq_operations kprobe_sites_seq_ops = {
	.start	= kprobe_list_start,
	.next	= kprobe_list_next,
	.stop	= kprobe_seq_stop,
	.show	= kprobe_sites_show,
};

static int kprobe_listing_open(struct file *file, const struct seq_operations *ops,
			       void (*fill)(struct kprobe_listing *listing))
{
	struct kprobe_listing *listing = __seq_open_private(file, ops, sizeof(*listing));

	if (!listing)
		return -ENOMEM;
	listing->fill = fill;
	return 0;
}

static int kprobe_list_open(struct inode *inode, struct file *file)
{
	return kprobe_listing_open(file, &kprobe_list_seq_ops, kprobe_list_fill);
}

static int kprobe_sites_open(struct inode *inode, struct file *file)
{
	return kprobe_listing_open(file, &kprobe_sites_seq_ops, kprobe_sites_fill);
}

static int kprobe_listing_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct kprobe_listing *listing = m->private;

	kvfree(listing->record);
	return seq_release_private(inode, file);
}

static const struct file_operations kprobe_list_fops = {
	.open		= kprobe_list_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= kprobe_listing_release,
};

static const struct file_operations kprobe_sites_fops = {
	.open		= kprobe_sites_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= kprobe_listing_release,
};

/* missed */

static int kprobe_missed_show(struct seq_file *m, void *v)
{
	enum kprobe_missed_cause cause;

	for (cause = 0; cause < KPROBE_NR_MISSED; cause++)
		seq_printf(m, "%10lu  %s\n", kprobe_missed_total(cause),
			   kprobe_missed_name(cause));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(kprobe_missed);

/* blacklist: the position in the file is the address to go on from. */

static void *kprobe_blacklist_seq_start(struct seq_file *m, loff_t *pos)
{
	return kprobe_blacklist_next(*pos, m->private) ? m->private : NULL;
}

static void *kprobe_blacklist_seq_next(struct seq_file *m, void *v, loff_t *pos)
{
	const struct kprobe_range *range = v;

	*pos = range->end;
	return kprobe_blacklist_seq_start(m, pos);
}

static int kprobe_blacklist_show(struct seq_file *m, void *v)
{
	const struct kprobe_range *range = v;
	unsigned long start = kprobe_shown(m, range->start);
	unsigned long end = kprobe_shown(m, range->end);
	char symbol[KSYM_NAME_LEN];

	if (lookup_symbol_name(range->start, symbol))
		snprintf(symbol, sizeof(symbol), "0x%lx", start);
	seq_put_hex_ll(m, "0x", start, KPROBE_ADDR_DIGITS);
	seq_put_hex_ll(m, "-0x", end, KPROBE_ADDR_DIGITS);
	seq_printf(m, "\t%s\n", symbol);
	return 0;
}

static const struct seq_operations kprobe_blacklist_seq_ops = {
	.start	= kprobe_blacklist_seq_start,
	.next	= kprobe_blacklist_seq_next,
	.stop	= kprobe_seq_stop,
	.show	= kprobe_blacklist_show,
};

static int kprobe_blacklist_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &kprobe_blacklist_seq_ops, sizeof(struct kprobe_range));
}

static const struct file_operations kprobe_blacklist_fops = {
	.open		= kprobe_blacklist_open,
	.read		= seq_read,
	.llseek		= seq_lseek,
	.release	= seq_release_private,
};

/* enabled */

/**
 * kprobe_switch_all() - turn the global switch
 * @on: let what is enabled be armed; or let nothing be
 *
 * All sites in one batch. It changes nothing of what users have enabled and
 * disabled, and they go on registering and unregistering while it is off.
 *
 * Context: process. Sleeps.
 * Return: 0, or an errno if some could not be armed, on ftrace locations: -EBUSY,
 * -ENODEV, -ENOMEM as register_kprobe() returns them. The switch is on then, and
 * the others are armed.
 */
int kprobe_switch_all(bool on)
{
	enum kprobe_refusal refusal = KPROBE_OK;
	struct kprobe_batch batch;
	bool changed;

	kprobe_batch_begin(&batch);
	changed = on != kprobe_switched_on;
	if (changed) {
		kprobe_switched_on = on;
		kprobe_queue_all(&batch.sites);
		refusal = kprobe_reconcile(&batch.sites);
	}
	kprobe_batch_end(&batch);
	if (changed)
		pr_info("kprobes: Kprobes globally %s\n", on ? "enabled" : "disabled");
	if (refusal)
		pr_warn("kprobes: but some stay disarmed: %s\n", kprobe_refusal_name(refusal));
	return kprobe_refusal_errno(refusal);
}

static ssize_t kprobe_enabled_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	const char *text = READ_ONCE(kprobe_switched_on) ? "1\n" : "0\n";

	return simple_read_from_buffer(buf, count, pos, text, 2);
}

static ssize_t kprobe_enabled_write(struct file *file, const char __user *buf, size_t count,
				    loff_t *pos)
{
	bool on;
	int err = kstrtobool_from_user(buf, count, &on);

	if (err)
		return err;
	err = kprobe_switch_all(on);
	return err ?: count;
}

static const struct file_operations kprobe_enabled_fops = {
	.read	= kprobe_enabled_read,
	.write	= kprobe_enabled_write,
	.llseek	= default_llseek,
};

static int __init kprobe_debugfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("kprobes", NULL);

	debugfs_create_file("list", 0400, dir, NULL, &kprobe_list_fops);
	debugfs_create_file("sites", 0400, dir, NULL, &kprobe_sites_fops);
	debugfs_create_file("missed", 0400, dir, NULL, &kprobe_missed_fops);
	debugfs_create_file("blacklist", 0400, dir, NULL, &kprobe_blacklist_fops);
	debugfs_create_file("enabled", 0600, dir, NULL, &kprobe_enabled_fops);
	return 0;
}
late_initcall(kprobe_debugfs_init);
