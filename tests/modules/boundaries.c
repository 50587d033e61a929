// SPDX-License-Identifier: GPL-2.0
/*
 * Probes every instruction of the functions that user space names
 * (tests/guest/boundaries.sh), and checks each hit.
 *
 * In /sys/kernel/debug/kprobe_boundaries/:
 *
 *   functions  write: "START END" in hexadecimal, a function a line. They are
 *              decoded; the boundaries of their instructions are the batch now,
 *              and disabled probes tell which of them are refused
 *   arm        write: "MODE FIRST": registers a probe on each boundary of the batch
 *              that is not refused, or on some, from number FIRST on, all with one
 *              call. See modes
 *   disarm     write: unregisters them all, and adds up what came of it
 *   refused    read: "ADDRESS ERRNO" of each boundary of the batch that is refused
 *   report     read: "NAME|NUMBER" of all batches
 *
 * A hit is right if the handlers find regs->ip where the instruction begins, and
 * where it leads to; and each pre-handler is followed by a post-handler, unless
 * the instruction has faulted.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <asm/insn.h>

#define ERRNO_MAX	128
#define COMPLAINTS_MAX	40
#define CHUNK		256	/* boundaries among which the refused are looked for */

/* Where an instruction leads to. */
enum flow {
	FLOW_NEXT,	/* the one behind it */
	FLOW_BRANCH,	/* its operand */
	FLOW_EITHER,	/* one of the two */
	FLOW_ANYWHERE,	/* in the kernel */
};

/**
 * struct boundary - where an instruction begins
 * @kp: the probe
 * @addr: the address that is asked for. The probe of an ENDBR at the entry of a
 *	function is on the next boundary
 * @next: where it ends
 * @target: where it branches to, if it does
 * @flow: enum flow
 * @error: what registration has said, negative, or 0
 * @registered: the probe is
 * @was_armed: in this batch, once at least
 * @was_jump: when all were armed the last time
 * @pre: calls of the pre-handler since it was registered
 * @post: of the post-handler
 * @faults: of the fault handler
 * @astray: handlers that found a wrong regs->ip
 */
struct boundary {
	struct kprobe kp;
	unsigned long addr;
	unsigned long next;
	unsigned long target;
	u8 flow;
	int error;
	bool registered;
	bool was_armed;
	bool was_jump;
	atomic_t pre, post, faults, astray;
};

/* How they are armed, so that each instruction is run in each way that it can be. */
static const struct {
	const char *name;
	unsigned int stride;
	bool has_post;
} modes[] = {
	{ "stepped", 1, true },
	{ "boosted", 1, false },
	/* None is in the jump of another. */
	{ "apart", 5, true },
};

/* As arch_kprobe_way() says it, and two that the flags tell. */
static const char * const ways[] = {
	"emulated", "boosted", "stepped", "stepped by trap flag", "jump", "ftrace",
};

#define WAY_JUMP	4
#define WAY_FTRACE	5

/* What is reported; all of it under the mutex. */
static struct {
	unsigned long functions, boundaries, padding, undecoded;
	unsigned long armed_once, neither, behind_endbr;
	unsigned long armed, hits, posts, faults, missed, hit_boundaries;
	unsigned long astray, unpaired, fickle;
	unsigned long refused[ERRNO_MAX];
	unsigned long ways[ARRAY_SIZE(modes)][ARRAY_SIZE(ways)];
} total;

static DEFINE_MUTEX(boundaries_mutex);
static struct boundary *batch;
static struct kprobe **selected;
static unsigned int nr_boundaries, complaints;
static struct dentry *dir;

/* Of the kernel, where they are not exported. */
static struct kprobe_site *(*site_lookup)(unsigned long addr);
static const char *(*way_of_site)(const struct kprobe_site *site);

/*
 * Hits
 */

static struct boundary *boundary_of(struct kprobe *kp)
{
	return container_of(kp, struct boundary, kp);
}

static int check_pre(struct kprobe *kp, struct pt_regs *regs)
{
	struct boundary *boundary = boundary_of(kp);

	atomic_inc(&boundary->pre);
	if (regs->ip != (unsigned long)kp->addr + 1)
		atomic_inc(&boundary->astray);
	return 0;
}

static bool leads_to(const struct boundary *boundary, unsigned long ip)
{
	if ((unsigned long)boundary->kp.addr != boundary->addr)
		boundary++;
	switch (boundary->flow) {
	case FLOW_NEXT:
		return ip == boundary->next;
	case FLOW_BRANCH:
		return ip == boundary->target;
	case FLOW_EITHER:
		return ip == boundary->next || ip == boundary->target;
	default:
		return ip >= TASK_SIZE_MAX;
	}
}

static void check_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	struct boundary *boundary = boundary_of(kp);

	atomic_inc(&boundary->post);
	if (!leads_to(boundary, regs->ip))
		atomic_inc(&boundary->astray);
}

/* The kernel shall mend it. */
static int count_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	struct boundary *boundary = boundary_of(kp);

	atomic_inc(&boundary->faults);
	if (regs->ip != (unsigned long)kp->addr)
		atomic_inc(&boundary->astray);
	return 0;
}

/*
 * Boundaries
 */

static enum flow flow_of(const struct insn *insn)
{
	u8 opcode = insn->opcode.bytes[0];

	if (insn->vex_prefix.nbytes)
		return FLOW_NEXT;
	switch (opcode) {
	case 0x70 ... 0x7f:
	case 0xe0 ... 0xe3:
		return FLOW_EITHER;
	case 0xe8:
	case 0xe9:
	case 0xeb:
		return FLOW_BRANCH;
	case 0xc2:
	case 0xc3:
		return FLOW_ANYWHERE;
	case 0xff:
		return X86_MODRM_REG(insn->modrm.value) == 2 ||
		       X86_MODRM_REG(insn->modrm.value) == 4 ? FLOW_ANYWHERE : FLOW_NEXT;
	case 0x0f:
		return (insn->opcode.bytes[1] & 0xf0) == 0x80 ? FLOW_EITHER : FLOW_NEXT;
	default:
		return FLOW_NEXT;
	}
}

static void add_boundary(unsigned long addr, const struct insn *insn)
{
	struct boundary *boundary = &batch[nr_boundaries++];

	boundary->addr = addr;
	boundary->next = addr + insn->length;
	boundary->flow = flow_of(insn);
	boundary->target = boundary->next + insn->immediate.value;
}

/* Returns how long the instruction is; 0 if it is none. */
static unsigned int decode_one(unsigned long addr, unsigned long end)
{
	u8 bytes[MAX_INSN_SIZE] = { };
	struct insn insn;

	memcpy(bytes, (void *)addr, min(end - addr, sizeof(bytes)));
	if (insn_decode(&insn, bytes, sizeof(bytes), INSN_MODE_KERN) || addr + insn.length > end)
		return 0;
	if (bytes[0] == INT3_INSN_OPCODE)
		total.padding++;
	else
		add_boundary(addr, &insn);
	return insn.length;
}

static void decode_function(unsigned long addr, unsigned long end)
{
	unsigned int len;

	total.functions++;
	for (; addr < end; addr += len) {
		len = decode_one(addr, end);
		if (!len) {
			total.undecoded += end - addr;
			return;
		}
	}
}

/* The text has a boundary a byte at most. */
static int room_for(const char *text)
{
	unsigned long start, end, bytes = 0;

	for (; sscanf(text, "%lx %lx\n", &start, &end) == 2; text = strchr(text, '\n') + 1) {
		bytes += end - start;
		if (!strchr(text, '\n'))
			return -EINVAL;
	}
	batch = kvcalloc(bytes, sizeof(*batch), GFP_KERNEL);
	selected = kvcalloc(bytes, sizeof(*selected), GFP_KERNEL);
	return batch && selected ? 0 : -ENOMEM;
}

static void drop_batch(void)
{
	unsigned int i;

	for (i = 0; i < nr_boundaries; i++) {
		total.boundaries++;
		total.armed_once += batch[i].was_armed;
		total.behind_endbr += (unsigned long)batch[i].kp.addr != batch[i].addr;
		total.neither += !batch[i].was_armed && !batch[i].error;
	}
	nr_boundaries = 0;
	kvfree(batch);
	kvfree(selected);
	batch = NULL;
	selected = NULL;
}

static int decode_functions(const char *text)
{
	unsigned long start, end;
	int err;

	err = room_for(text);
	if (err)
		return err;
	for (; sscanf(text, "%lx %lx\n", &start, &end) == 2; text = strchr(text, '\n') + 1)
		decode_function(start, end);
	return 0;
}

/*
 * Probes
 */

static void prepare(struct boundary *boundary, bool has_post, u32 flags)
{
	boundary->kp = (struct kprobe) {
		.addr		= (kprobe_opcode_t *)boundary->addr,
		.flags		= flags,
		.pre_handler	= check_pre,
		.post_handler	= has_post ? check_post : NULL,
		.fault_handler	= count_fault,
	};
	atomic_set(&boundary->pre, 0);
	atomic_set(&boundary->post, 0);
	atomic_set(&boundary->faults, 0);
	atomic_set(&boundary->astray, 0);
}

/* All or none are registered: which are refused is found by halves. */
static void try(struct kprobe **kps, unsigned int nr)
{
	int err;

	cond_resched();
	err = register_kprobes(kps, nr);
	if (!err) {
		unregister_kprobes(kps, nr);
	} else if (nr > 1) {
		try(kps, nr / 2);
		try(kps + nr / 2, nr - nr / 2);
	} else {
		boundary_of(*kps)->error = err;
		total.refused[min(-err, ERRNO_MAX - 1)]++;
	}
}

static void try_all(void)
{
	unsigned int i;

	for (i = 0; i < nr_boundaries; i++) {
		prepare(&batch[i], true, KPROBE_FLAG_DISABLED);
		selected[i] = &batch[i].kp;
	}
	for (i = 0; i < nr_boundaries; i += CHUNK)
		try(selected + i, min(nr_boundaries - i, CHUNK));
}

static unsigned int way_of(const struct kprobe *kp)
{
	int way;

	if (kp->flags & KPROBE_FLAG_OPTIMIZED)
		return WAY_JUMP;
	if (kp->flags & KPROBE_FLAG_FTRACE)
		return WAY_FTRACE;
	guard(rcu)();
	way = match_string(ways, ARRAY_SIZE(ways), way_of_site(site_lookup((unsigned long)kp->addr)));
	return way < 0 ? 0 : way;
}

/*
 * With the same neighbours it is a jump again, with or without a post-handler.
 * Without IBT whatever looks like an address in the data may keep jumps away, and
 * data changes.
 */
static void see_way(struct boundary *boundary, unsigned int mode)
{
	unsigned int way = way_of(&boundary->kp);
	bool is_jump = way == WAY_JUMP;

	total.ways[mode][way]++;
	if (!IS_ENABLED(CONFIG_X86_KERNEL_IBT) || modes[mode].stride > 1)
		return;
	if (boundary->was_armed && boundary->was_jump != is_jump) {
		total.fickle++;
		pr_err("%pS: a jump %s\n", boundary->kp.addr, is_jump ? "now only" : "before only");
	}
	boundary->was_jump = is_jump;
}

static int arm(unsigned int mode, unsigned int first)
{
	unsigned int i, nr = 0;
	int err;

	for (i = first; i < nr_boundaries; i += modes[mode].stride) {
		if (batch[i].error)
			continue;
		prepare(&batch[i], modes[mode].has_post, 0);
		selected[nr++] = &batch[i].kp;
	}
	err = register_kprobes(selected, nr);
	if (err)
		return err;
	wait_for_kprobe_optimizer();
	for (i = 0; i < nr; i++) {
		see_way(boundary_of(selected[i]), mode);
		boundary_of(selected[i])->registered = true;
		boundary_of(selected[i])->was_armed = true;
		cond_resched();
	}
	total.armed += nr;
	return 0;
}

static void complain(const struct boundary *boundary)
{
	if (complaints++ < COMPLAINTS_MAX)
		pr_err("%pS: %d pre, %d post, %d faults, %d astray, %lu missed\n",
		       boundary->kp.addr, atomic_read(&boundary->pre),
		       atomic_read(&boundary->post), atomic_read(&boundary->faults),
		       atomic_read(&boundary->astray), boundary->kp.nmissed);
}

static void add_up(const struct boundary *boundary)
{
	int pre = atomic_read(&boundary->pre), post = atomic_read(&boundary->post);
	int faults = atomic_read(&boundary->faults), astray = atomic_read(&boundary->astray);
	bool unpaired = boundary->kp.post_handler && pre != post + faults;

	total.hits += pre;
	total.hit_boundaries += !!pre;
	total.posts += post;
	total.faults += faults;
	total.missed += boundary->kp.nmissed;
	total.astray += astray;
	total.unpaired += unpaired;
	if (astray || unpaired || boundary->kp.nmissed)
		complain(boundary);
}

static void disarm(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_boundaries; i++) {
		if (!batch[i].registered)
			continue;
		selected[nr++] = &batch[i].kp;
	}
	unregister_kprobes(selected, nr);
	for (i = 0; i < nr; i++) {
		boundary_of(selected[i])->registered = false;
		add_up(boundary_of(selected[i]));
		cond_resched();
	}
}

/*
 * Files
 */

static ssize_t command(const char __user *buf, size_t size, int (*run)(const char *text))
{
	char *text = memdup_user_nul(buf, size);
	int err;

	if (IS_ERR(text))
		return PTR_ERR(text);
	mutex_lock(&boundaries_mutex);
	err = run(text);
	mutex_unlock(&boundaries_mutex);
	kfree(text);
	return err ?: size;
}

#define DEFINE_COMMAND(name, run)						\
static ssize_t name##_write(struct file *file, const char __user *buf,		\
			    size_t size, loff_t *pos)				\
{										\
	return command(buf, size, run);						\
}										\
static const struct file_operations name##_fops = {				\
	.owner	= THIS_MODULE,							\
	.write	= name##_write,							\
}

static int do_functions(const char *text)
{
	int err;

	disarm();
	drop_batch();
	err = decode_functions(text);
	if (!err)
		try_all();
	return err;
}

static int do_arm(const char *text)
{
	unsigned int mode, first;
	char name[16];

	if (sscanf(text, "%15s %u", name, &first) != 2)
		return -EINVAL;
	for (mode = 0; mode < ARRAY_SIZE(modes); mode++) {
		if (!strcmp(modes[mode].name, name)) {
			disarm();
			return arm(mode, first);
		}
	}
	return -EINVAL;
}

static int do_disarm(const char *text)
{
	disarm();
	return 0;
}

DEFINE_COMMAND(functions, do_functions);
DEFINE_COMMAND(arm, do_arm);
DEFINE_COMMAND(disarm, do_disarm);

static int refused_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	mutex_lock(&boundaries_mutex);
	for (i = 0; i < nr_boundaries; i++) {
		if (batch[i].error)
			seq_printf(m, "%lx %d\n", batch[i].addr, -batch[i].error);
	}
	mutex_unlock(&boundaries_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(refused);

static void show_ways(struct seq_file *m)
{
	unsigned int mode, way;

	for (mode = 0; mode < ARRAY_SIZE(modes); mode++) {
		for (way = 0; way < ARRAY_SIZE(ways); way++)
			seq_printf(m, "%s: %s|%lu\n", modes[mode].name, ways[way],
				   total.ways[mode][way]);
	}
}

static int report_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	mutex_lock(&boundaries_mutex);
	disarm();
	drop_batch();
#define SHOW(name)	seq_printf(m, #name "|%lu\n", total.name)
	SHOW(functions);
	SHOW(boundaries);
	SHOW(padding);
	SHOW(undecoded);
	SHOW(armed_once);
	SHOW(neither);
	SHOW(behind_endbr);
	SHOW(armed);
	SHOW(hits);
	SHOW(hit_boundaries);
	SHOW(posts);
	SHOW(faults);
	SHOW(missed);
	SHOW(astray);
	SHOW(unpaired);
	SHOW(fickle);
#undef SHOW
	for (i = 0; i < ERRNO_MAX; i++) {
		if (total.refused[i])
			seq_printf(m, "refused: %pe|%lu\n", ERR_PTR(-(int)i), total.refused[i]);
	}
	show_ways(m);
	mutex_unlock(&boundaries_mutex);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(report);

static int __init kprobe_boundaries_init(void)
{
	/* A call of these would be an indirect branch to no ENDBR. */
	if (boot_cpu_has(X86_FEATURE_IBT))
		return -ENODEV;
	site_lookup = (void *)kallsyms_lookup_name("kprobe_site_lookup");
	way_of_site = (void *)kallsyms_lookup_name("arch_kprobe_way");
	if (!site_lookup || !way_of_site)
		return -ENOENT;
	dir = debugfs_create_dir("kprobe_boundaries", NULL);
	debugfs_create_file("functions", 0200, dir, NULL, &functions_fops);
	debugfs_create_file("arm", 0200, dir, NULL, &arm_fops);
	debugfs_create_file("disarm", 0200, dir, NULL, &disarm_fops);
	debugfs_create_file("refused", 0400, dir, NULL, &refused_fops);
	debugfs_create_file("report", 0400, dir, NULL, &report_fops);
	return 0;
}

static void __exit kprobe_boundaries_exit(void)
{
	debugfs_remove(dir);
	disarm();
	drop_batch();
}

module_init(kprobe_boundaries_init)
module_exit(kprobe_boundaries_exit)
MODULE_DESCRIPTION("test: probes every instruction, and checks the hits");
MODULE_LICENSE("GPL");
