// SPDX-License-Identifier: GPL-2.0
/*
 * The module's commands and results, in /sys/kernel/debug/kprobe_bench/:
 *
 *   do       write: "COMMAND NUMBER". It is done when the write returns
 *   results  read: what the last command has found, lines of
 *              NAME NUMBER          instructions, or nanoseconds (wall=1)
 *              NAME route ROUTE     by which a hit came
 *              NAME FAILED WHY      a handler did not run as often as it had to,
 *                                   or the text does not show what it should
 */
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "bench.h"

static const struct {
	const char *name;
	int (*run)(unsigned long number);
} commands[] = {
	{ "hits", bench_hits },		/* what a hit costs; NUMBER calls each */
	{ "crowd", bench_crowd },	/* the same beside NUMBER other probes */
	{ "one", bench_one },		/* register NUMBER probes, each on its own */
	{ "batch", bench_batch },	/* NUMBER breakpoints with one call */
	{ "jumps", bench_jumps },	/* the same, waiting until they are jumps */
	{ "ftrace", bench_ftrace },	/* NUMBER ftrace locations with one call */
	{ "next", bench_next },		/* what waits behind NUMBER jumps that go */
};

static char results[64 * 1024];
static size_t results_size;
static struct dentry *dir;

__printf(1, 2) static void append(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	results_size += vscnprintf(results + results_size, sizeof(results) - results_size,
				   fmt, args);
	va_end(args);
}

void bench_fail(const char *name, const char *fmt, ...)
{
	struct va_format why;
	va_list args;

	va_start(args, fmt);
	why.fmt = fmt;
	why.va = &args;
	append("%s FAILED %pV\n", name, &why);
	va_end(args);
}

void bench_value(u64 value, const char *fmt, ...)
{
	struct va_format name;
	va_list args;

	va_start(args, fmt);
	name.fmt = fmt;
	name.va = &args;
	append("%pV %llu\n", &name, value);
	va_end(args);
}

void bench_route(const char *name, const char *route)
{
	append("%s route %s\n", name, route);
}

static int run(const char *command)
{
	unsigned long number;
	char name[16];
	unsigned int i;

	if (sscanf(command, "%15s %lu", name, &number) != 2)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].run(number);
	return -EINVAL;
}

static ssize_t do_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char command[32] = "";
	int err;

	if (size >= sizeof(command))
		return -EINVAL;
	if (copy_from_user(command, buf, size))
		return -EFAULT;

	results_size = 0;
	err = run(command);
	return err ? err : size;
}

static const struct file_operations do_fops = {
	.owner	= THIS_MODULE,
	.write	= do_write,
};

static ssize_t results_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return simple_read_from_buffer(buf, size, pos, results, results_size);
}

static const struct file_operations results_fops = {
	.owner	= THIS_MODULE,
	.read	= results_read,
};

static int __init kprobe_bench_init(void)
{
	int err = bench_text_init();

	if (err)
		return err;
	dir = debugfs_create_dir("kprobe_bench", NULL);
	debugfs_create_file("do", 0200, dir, NULL, &do_fops);
	debugfs_create_file("results", 0400, dir, NULL, &results_fops);
	return 0;
}

static void __exit kprobe_bench_exit(void)
{
	debugfs_remove(dir);
	bench_crowd_exit();
	bench_text_exit();
}

module_init(kprobe_bench_init)
module_exit(kprobe_bench_exit)
MODULE_DESCRIPTION("benchmark: what probes cost");
MODULE_LICENSE("GPL");
