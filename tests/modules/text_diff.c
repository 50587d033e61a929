// SPDX-License-Identifier: GPL-2.0
/*
 * Shows what has changed in the kernel's text since this module was loaded.
 *
 * /sys/kernel/debug/text_diff names each place that is not as it was, shows the
 * bytes from there on as they were and as they are, and says how many bytes
 * differ in the whole text.
 */

#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/vmalloc.h>

#define ROW	16	/* bytes shown from a change on */

static const u8 *text;
static size_t size;
static u8 *copy;
static struct dentry *file;

static int text_diff_show(struct seq_file *m, void *unused)
{
	unsigned int differ = 0;
	size_t i, row_end = 0;

	for (i = 0; i < size; i++) {
		if (text[i] == copy[i])
			continue;
		differ++;
		if (i < row_end)
			continue;
		row_end = min(i + ROW, size);
		seq_printf(m, "%pS\n  was %*ph\n  now %*ph\n", text + i,
			   (int)(row_end - i), copy + i,
			   (int)(row_end - i), text + i);
	}
	seq_printf(m, "%u of %zu bytes differ\n", differ, size);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(text_diff);

static int __init text_diff_init(void)
{
	text = (u8 *)kallsyms_lookup_name("_stext");
	size = (u8 *)kallsyms_lookup_name("_etext") - text;

	copy = vmalloc(size);
	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, size);
	file = debugfs_create_file("text_diff", 0400, NULL, NULL, &text_diff_fops);
	return 0;
}

static void __exit text_diff_exit(void)
{
	debugfs_remove(file);
	vfree(copy);
}

module_init(text_diff_init)
module_exit(text_diff_exit)
MODULE_DESCRIPTION("what has changed in the kernel's text");
MODULE_LICENSE("GPL");
