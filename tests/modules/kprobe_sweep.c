// SPDX-License-Identifier: GPL-2.0
/*
 * Probes as many addresses as user space names, and says what became of each.
 *
 * In /sys/kernel/debug/kprobe_sweep/, where a write is a batch of addresses in
 * hexadecimal, one a line:
 *
 *   try      each is registered on its own, disabled, so that the text stays as
 *            it is; after the last, all are removed
 *   arm      all are registered with one call, enabled, and stay until the
 *            module goes. One that is refused fails the write
 *   tried    read: "ADDRESS ERRNO" of every address tried; 0 is success
 *   armed    read: "ADDRESS HITS MISSED" of every address armed
 */

#include <linux/debugfs.h>
#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

struct sweep_probe {
	struct kprobe kp;
	unsigned long addr;
	atomic_long_t hits;
	int error;
};

struct batch {
	struct list_head list;
	unsigned int nr;
	struct kprobe **kps;
	struct sweep_probe probes[];
};

static DEFINE_MUTEX(sweep_mutex);
static LIST_HEAD(tried);
static LIST_HEAD(armed);
static struct dentry *dir;

static int count_hit(struct kprobe *kp, struct pt_regs *regs)
{
	struct sweep_probe *probe = container_of(kp, struct sweep_probe, kp);

	atomic_long_inc(&probe->hits);
	return 0;
}

static void free_batch(struct batch *batch)
{
	kvfree(batch->kps);
	kvfree(batch);
}

static unsigned int count_lines(const char *text)
{
	unsigned int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static int parse_batch(struct batch *batch, char *text)
{
	unsigned int i;
	int ret;

	for (i = 0; i < batch->nr; i++) {
		struct sweep_probe *probe = &batch->probes[i];

		ret = kstrtoul(strsep(&text, "\n"), 16, &probe->addr);
		if (ret)
			return ret;
		probe->kp.addr = (kprobe_opcode_t *)probe->addr;
		probe->kp.pre_handler = count_hit;
		batch->kps[i] = &probe->kp;
	}
	return 0;
}

/* What user space wrote, one address a line, as probes that are not registered */
static struct batch *new_batch(const char __user *buf, size_t size)
{
	struct batch *batch;
	unsigned int nr;
	char *text;
	int ret = -ENOMEM;

	text = memdup_user_nul(buf, size);
	if (IS_ERR(text))
		return ERR_CAST(text);

	nr = count_lines(text);
	batch = kvzalloc(struct_size(batch, probes, nr), GFP_KERNEL);
	if (!batch)
		goto out;
	batch->nr = nr;
	batch->kps = kvcalloc(nr, sizeof(*batch->kps), GFP_KERNEL);
	if (batch->kps)
		ret = parse_batch(batch, text);
	if (ret)
		free_batch(batch);
out:
	kfree(text);
	return ret ? ERR_PTR(ret) : batch;
}

static void keep_batch(struct batch *batch, struct list_head *list)
{
	mutex_lock(&sweep_mutex);
	list_add_tail(&batch->list, list);
	mutex_unlock(&sweep_mutex);
}

static ssize_t try_write(struct file *file, const char __user *buf, size_t size,
			 loff_t *pos)
{
	struct batch *batch = new_batch(buf, size);
	unsigned int i, registered = 0;

	if (IS_ERR(batch))
		return PTR_ERR(batch);

	for (i = 0; i < batch->nr; i++) {
		struct sweep_probe *probe = &batch->probes[i];

		probe->kp.flags = KPROBE_FLAG_DISABLED;
		probe->error = register_kprobe(&probe->kp);
		if (!probe->error)
			batch->kps[registered++] = &probe->kp;
		cond_resched();
	}
	unregister_kprobes(batch->kps, registered);
	keep_batch(batch, &tried);
	return size;
}

static const struct file_operations try_fops = {
	.owner	= THIS_MODULE,
	.write	= try_write,
};

static ssize_t arm_write(struct file *file, const char __user *buf, size_t size,
			 loff_t *pos)
{
	struct batch *batch = new_batch(buf, size);
	int ret;

	if (IS_ERR(batch))
		return PTR_ERR(batch);

	ret = register_kprobes(batch->kps, batch->nr);
	if (ret) {
		free_batch(batch);
		return ret;
	}
	keep_batch(batch, &armed);
	return size;
}

static const struct file_operations arm_fops = {
	.owner	= THIS_MODULE,
	.write	= arm_write,
};

static int tried_show(struct seq_file *m, void *unused)
{
	struct batch *batch;
	unsigned int i;

	mutex_lock(&sweep_mutex);
	list_for_each_entry(batch, &tried, list)
		for (i = 0; i < batch->nr; i++)
			seq_printf(m, "%016lx %d\n", batch->probes[i].addr,
				   -batch->probes[i].error);
	mutex_unlock(&sweep_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(tried);

static int armed_show(struct seq_file *m, void *unused)
{
	struct batch *batch;
	unsigned int i;

	mutex_lock(&sweep_mutex);
	list_for_each_entry(batch, &armed, list)
		for (i = 0; i < batch->nr; i++)
			seq_printf(m, "%016lx %ld %lu\n", batch->probes[i].addr,
				   atomic_long_read(&batch->probes[i].hits),
				   batch->probes[i].kp.nmissed);
	mutex_unlock(&sweep_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(armed);

static int __init kprobe_sweep_init(void)
{
	dir = debugfs_create_dir("kprobe_sweep", NULL);
	debugfs_create_file("try", 0200, dir, NULL, &try_fops);
	debugfs_create_file("arm", 0200, dir, NULL, &arm_fops);
	debugfs_create_file("tried", 0400, dir, NULL, &tried_fops);
	debugfs_create_file("armed", 0400, dir, NULL, &armed_fops);
	return 0;
}

static void __exit kprobe_sweep_exit(void)
{
	struct batch *batch, *next;

	debugfs_remove(dir);
	list_for_each_entry_safe(batch, next, &armed, list) {
		unregister_kprobes(batch->kps, batch->nr);
		free_batch(batch);
	}
	list_for_each_entry_safe(batch, next, &tried, list)
		free_batch(batch);
}

module_init(kprobe_sweep_init)
module_exit(kprobe_sweep_exit)
MODULE_DESCRIPTION("test: probes what user space names");
MODULE_LICENSE("GPL");
