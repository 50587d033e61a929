// SPDX-License-Identifier: GPL-2.0
/*
 * Probes every function that user space names while hits are under way on each route
 * (tests/guest/self-probe.sh).
 *
 * There is a steady probe on each route, and on each CPU a task and interrupts execute
 * what is probed. A batch of addresses is probed four times, each time as breakpoints
 * first and then, after a grace period, as jumps where that is possible:
 *
 *   both     with a pre- and a post-handler
 *   pre      with a pre-handler only
 *   behind   with both after the call of ftrace, where the entry is armed through ftrace
 *   return   with a return probe
 *
 * In between the tasks rest. Each execution of a steady probe must have been a hit or a
 * miss by then, each pre-handler must have been followed by a post-handler or a fault; and
 * one more execution on each CPU must be a hit, which shows that the hits before it have
 * ended.
 *
 * In /sys/kernel/debug/kprobe_self/:
 *
 *   storm    write: a batch, an address in hexadecimal a line. Fails with -EIO if
 *            something was wrong
 *   tried    read: "ADDRESS ERRNO" of every address so far; 0 is success
 *   report   read: "TIME FIELD NUMBER" of all batches, and "steady FIELD NUMBER"
 *   wrong    read: what was wrong, a line each
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/cpu.h>
#include <linux/debugfs.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/linkage.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/objtool.h>
#include <linux/percpu.h>
#include <linux/ratelimit.h>
#include <linux/sched/debug.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/asm.h>
#include <asm/ibt.h>

#include "tally.h"

#define FTRACE_CALL_SIZE	5
#define SECONDS_TO_EXECUTE	60

static unsigned int executions = 20;
module_param(executions, uint, 0600);
MODULE_PARM_DESC(executions, "of each task, before and after the jumps of a batch come");

static bool lose;
module_param(lose, bool, 0600);
MODULE_PARM_DESC(lose, "do not count some hits of steady probes: this must be found");

static char *plant = "";
module_param(plant, charp, 0400);
MODULE_PARM_DESC(plant, "a function to take from the blacklist: this must be found");

/*
 * What is executed: from EAX, which is not negative, to EAX
 */

#ifdef CONFIG_X86_64
#define BX	"%rbx"
#else
#define BX	"%ebx"
#endif

#ifndef ANNOTATE_NOENDBR
#define ANNOTATE_NOENDBR
#endif

#define FUNCTION(name, insns)					\
	asm(".pushsection .text, \"ax\"\n"			\
	    ".balign 16\n"					\
	    ".type " #name ", @function\n"			\
	    #name ":\n"						\
	    ASM_ENDBR						\
	    insns						\
	    ASM_RET						\
	    ".size " #name ", . - " #name "\n"			\
	    ".popsection\n");					\
	void name(void);					\
	STACK_FRAME_NON_STANDARD(name)

#define PROBED(name, insn)					\
	#name "_probed:\n" ANNOTATE_NOENDBR "\n" insn "\n"

/* A branch leads into the bytes of the jump, so there is none. */
#define WITHOUT_JUMP(insns)	"test %eax, %eax\njs 775f\n" insns "775:\n"

FUNCTION(kprobe_self_emulated,
	 WITHOUT_JUMP(PROBED(kprobe_self_emulated, "push " BX) "pop " BX "\n")
	 "add $1, %eax\n");
FUNCTION(kprobe_self_boosted,
	 WITHOUT_JUMP(PROBED(kprobe_self_boosted, "rol $3, %eax")) "add $1, %eax\n");
FUNCTION(kprobe_self_stepped,
	 WITHOUT_JUMP(PROBED(kprobe_self_stepped, "rol $5, %eax")) "add $1, %eax\n");
FUNCTION(kprobe_self_jump,
	 PROBED(kprobe_self_jump, "xor $0x5a5a5a5a, %eax") "add $1, %eax\n");
FUNCTION(kprobe_self_detour,
	 PROBED(kprobe_self_detour, "rol $7, %eax") "add $1, %eax\nnop\nnop\n");
FUNCTION(kprobe_self_returned, "add $1, %eax\nnop\nnop\n");

extern u8 kprobe_self_emulated_probed[], kprobe_self_boosted_probed[];
extern u8 kprobe_self_stepped_probed[], kprobe_self_jump_probed[];
extern u8 kprobe_self_detour_probed[];

/* ftrace traces these where it traces modules. */
static noinline __noipa u32 kprobe_self_traced(u32 x)
{
	return x ^ 0x00ff00ff;
}

static noinline __noipa u32 kprobe_self_traced_return(u32 x)
{
	return x ^ 0x0ff00ff0;
}

#define CALL(name, x)								\
({										\
	u32 ax = (x);								\
										\
	asm volatile("call " #name : "+a" (ax), ASM_CALL_CONSTRAINT : : "memory", "cc");	\
	ax;									\
})

static bool is_right(u32 x)
{
	return CALL(kprobe_self_emulated, x) == x + 1 &&
	       CALL(kprobe_self_boosted, x) == rol32(x, 3) + 1 &&
	       CALL(kprobe_self_stepped, x) == rol32(x, 5) + 1 &&
	       CALL(kprobe_self_jump, x) == (x ^ 0x5a5a5a5a) + 1 &&
	       CALL(kprobe_self_detour, x) == rol32(x, 7) + 1 &&
	       CALL(kprobe_self_returned, x) == x + 1 &&
	       kprobe_self_traced(x) == (x ^ 0x00ff00ff) &&
	       kprobe_self_traced_return(x) == (x ^ 0x0ff00ff0);
}

struct tally {
	unsigned long executions, wrong;
};

static DEFINE_PER_CPU(struct tally, tallies);

static void execute(u32 x)
{
	if (!is_right(x & S32_MAX))
		this_cpu_inc(tallies.wrong);
	this_cpu_inc(tallies.executions);
}

static void execute_in_interrupt(void *unused)
{
	execute(0x12345678);
}

/*
 * What was wrong
 */

static char wrong[4096];
static size_t wrong_len;

static __printf(1, 2) void say_wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	wrong_len += vscnprintf(wrong + wrong_len, sizeof(wrong) - wrong_len, format, args);
	va_end(args);
}

/*
 * Probes
 */

/**
 * struct self_probe - a probe that counts
 * @rp: the return probe, or else its kp is the probe
 * @addr: the address that user space has named
 * @traced: where ftrace's call is, 0 if the entry is not armed through ftrace
 * @error: of its registration
 * @pre: calls of its pre-handler, or entry handler
 * @post: of its post-handler, or of the handler of returns
 * @faults: of its fault handler
 */
struct self_probe {
	struct kretprobe rp;
	unsigned long addr, traced;
	int error;
	atomic_long_t pre, post, faults;
};

static struct self_probe *probe_of(struct kprobe *kp)
{
	return container_of(kp, struct self_probe, rp.kp);
}

static int count_pre(struct kprobe *kp, struct pt_regs *regs)
{
	atomic_long_inc(&probe_of(kp)->pre);
	return 0;
}

static void count_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	atomic_long_inc(&probe_of(kp)->post);
}

static int count_fault(struct kprobe *kp, struct pt_regs *regs, int trapnr)
{
	atomic_long_inc(&probe_of(kp)->faults);
	return 0;
}

static int count_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = get_kretprobe(ri);

	/* NULL: it is being unregistered. */
	return rp ? count_pre(&rp->kp, regs) : 0;
}

static int count_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = get_kretprobe(ri);

	if (rp)
		count_post(&rp->kp, regs, 0);
	return 0;
}

static unsigned long missed_by(const struct self_probe *probe)
{
	return probe->rp.kp.nmissed + probe->rp.nmissed;
}

/*
 * Steady probes
 */

static int count_steady(struct kprobe *kp, struct pt_regs *regs)
{
	return lose && !kp->post_handler ? 0 : count_pre(kp, regs);
}

static const struct {
	const char *name;
	void *addr;
	bool has_post, is_return;
} steady_places[] = {
	{ "emulated", kprobe_self_emulated_probed, true },
	{ "boosted", kprobe_self_boosted_probed },
	{ "stepped", kprobe_self_stepped_probed, true },
	{ "jump", kprobe_self_jump_probed },
	{ "detour", kprobe_self_detour_probed, true },
	{ "return", kprobe_self_returned, false, true },
	{ "traced", kprobe_self_traced, true },
	{ "traced-return", kprobe_self_traced_return, false, true },
};

#define NR_STEADY	ARRAY_SIZE(steady_places)

/**
 * struct steady - a steady probe
 * @probe: the probe
 * @debt: executions that were not accounted for, and have been complained of
 * @pre: calls of handlers, before one more execution on each CPU
 * @post: the same of the later ones
 * @missed: the same of misses
 */
struct steady {
	struct self_probe probe;
	long debt;
	unsigned long pre, post, missed;
};

static struct steady steady[NR_STEADY];
static unsigned int nr_steady;

static int steady_register(unsigned int i)
{
	struct kretprobe *rp = &steady[i].probe.rp;

	rp->kp.addr = steady_places[i].addr;
	if (!steady_places[i].is_return) {
		rp->kp.pre_handler = count_steady;
		rp->kp.post_handler = steady_places[i].has_post ? count_post : NULL;
		return register_kprobe(&rp->kp);
	}
	rp->entry_handler = count_entry;
	rp->handler = count_return;
	rp->maxactive = 64;
	return register_kretprobe(rp);
}

static void steady_unregister(void)
{
	while (nr_steady) {
		unsigned int i = --nr_steady;

		if (steady_places[i].is_return)
			unregister_kretprobe(&steady[i].probe.rp);
		else
			unregister_kprobe(&steady[i].probe.rp.kp);
	}
}

static bool has_post(unsigned int i)
{
	return steady_places[i].has_post || steady_places[i].is_return;
}

/* The tasks rest: no execution is under way. */
static void steady_check(void)
{
	unsigned int i;

	for (i = 0; i < NR_STEADY; i++) {
		struct self_probe *probe = &steady[i].probe;
		long pre = atomic_long_read(&probe->pre), post = atomic_long_read(&probe->post);
		long lost = SUM(executions) - pre - missed_by(probe) - steady[i].debt;

		if (lost)
			say_wrong("%s: %ld executions are neither hits nor misses\n",
				  steady_places[i].name, lost);
		steady[i].debt += lost;
		if (has_post(i) && pre != post)
			say_wrong("%s: %ld hits have begun, %ld have ended\n",
				  steady_places[i].name, pre, post);
	}
}

/* Nothing else is probed: each execution must be a hit now. */
static void steady_alone(void)
{
	unsigned int i, cpus;

	for (i = 0; i < NR_STEADY; i++) {
		steady[i].pre = atomic_long_read(&steady[i].probe.pre);
		steady[i].post = atomic_long_read(&steady[i].probe.post);
		steady[i].missed = missed_by(&steady[i].probe);
	}
	cpus_read_lock();
	cpus = num_online_cpus();
	on_each_cpu(execute_in_interrupt, NULL, 1);
	cpus_read_unlock();
	for (i = 0; i < NR_STEADY; i++) {
		struct self_probe *probe = &steady[i].probe;
		unsigned long pre = atomic_long_read(&probe->pre) - steady[i].pre;
		unsigned long post = atomic_long_read(&probe->post) - steady[i].post;
		unsigned long missed = missed_by(probe) - steady[i].missed;

		if (pre != cpus || (has_post(i) && post != cpus) || missed)
			say_wrong("%s: of %u executions %lu were hits, %lu ended, %lu missed\n",
				  steady_places[i].name, cpus, pre, post, missed);
		steady[i].debt += (long)(cpus - pre - missed);
	}
}

/*
 * Tasks
 */

static DEFINE_PER_CPU(struct task_struct *, runners);
static DEFINE_PER_CPU(unsigned long, turns);

static int run(void *unused)
{
	u32 x = 0;

	while (!kthread_should_stop()) {
		if (kthread_should_park())
			kthread_parkme();
		execute(x += 0x12345671);
		this_cpu_inc(turns);
		/* User space is to have most of the time, it executes what is probed too. */
		if (x % 8 == 0)
			schedule_timeout_interruptible(1);
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static void runners_rest(bool rest)
{
	int cpu;

	for_each_online_cpu(cpu) {
		if (rest)
			kthread_park(per_cpu(runners, cpu));
		else
			kthread_unpark(per_cpu(runners, cpu));
	}
}

static void runners_stop(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct task_struct *runner = per_cpu(runners, cpu);

		if (!IS_ERR_OR_NULL(runner))
			kthread_stop(runner);
		per_cpu(runners, cpu) = NULL;
	}
}

static int runners_start(void)
{
	int cpu;

	for_each_online_cpu(cpu) {
		struct task_struct *runner = kthread_create_on_cpu(run, NULL, cpu, "self_run/%u");

		per_cpu(runners, cpu) = runner;
		if (IS_ERR(runner))
			return PTR_ERR(runner);
		wake_up_process(runner);
	}
	return 0;
}

/* Until the task of each CPU has executed all of it some times; and interrupts. */
static void wait_for_executions(void)
{
	unsigned long deadline = jiffies + SECONDS_TO_EXECUTE * HZ;
	int cpu;

	on_each_cpu(execute_in_interrupt, NULL, 1);
	for_each_online_cpu(cpu) {
		unsigned long begin = READ_ONCE(per_cpu(turns, cpu));

		while (READ_ONCE(per_cpu(turns, cpu)) - begin < executions) {
			if (time_after(jiffies, deadline)) {
				say_wrong("CPU %d does not go on\n", cpu);
				sched_show_task(per_cpu(runners, cpu));
				return;
			}
			schedule_timeout_uninterruptible(1);
		}
	}
}

/*
 * Batches
 */

enum self_time { TIME_BOTH, TIME_PRE, TIME_BEHIND, TIME_RETURN, NR_TIMES };

static const char * const time_names[NR_TIMES] = { "both", "pre", "behind", "return" };

/* What there was of it in all batches. */
static struct {
	unsigned long asked, refused, ftrace, jumps, breakpoints, hits, ended, faults, missed;
} totals[NR_TIMES];

struct batch {
	struct list_head list;
	unsigned int nr, nr_armed;
	struct kprobe **kps;
	struct kretprobe **rps;
	struct self_probe *probes;
	struct self_tried {
		unsigned long addr;
		int error;
	} tried[];
};

static DEFINE_MUTEX(self_mutex);
static LIST_HEAD(batches);
static struct dentry *dir;

static void prepare(struct self_probe *probe, enum self_time time, u32 flags)
{
	struct kretprobe *rp = &probe->rp;

	*rp = (struct kretprobe) { };
	rp->kp.addr = (kprobe_opcode_t *)probe->addr;
	rp->kp.flags = flags;
	if (time == TIME_RETURN) {
		rp->entry_handler = count_entry;
		rp->handler = count_return;
		return;
	}
	if (time == TIME_BEHIND)
		rp->kp.addr = (kprobe_opcode_t *)(probe->traced + FTRACE_CALL_SIZE);
	rp->kp.pre_handler = count_pre;
	rp->kp.post_handler = time == TIME_PRE ? NULL : count_post;
	rp->kp.fault_handler = count_fault;
}

static bool is_asked_for(const struct self_probe *probe, enum self_time time)
{
	switch (time) {
	case TIME_BOTH:
		return true;
	case TIME_BEHIND:
		return probe->traced;
	default:
		return !probe->error;
	}
}

static int register_batch(struct batch *batch, enum self_time time)
{
	if (!batch->nr_armed)
		return 0;
	if (time == TIME_RETURN)
		return register_kretprobes(batch->rps, batch->nr_armed);
	return register_kprobes(batch->kps, batch->nr_armed);
}

static void unregister_batch(struct batch *batch, enum self_time time)
{
	if (time == TIME_RETURN)
		unregister_kretprobes(batch->rps, batch->nr_armed);
	else
		unregister_kprobes(batch->kps, batch->nr_armed);
}

static void take(struct batch *batch, struct self_probe *probe)
{
	batch->kps[batch->nr_armed] = &probe->rp.kp;
	batch->rps[batch->nr_armed++] = &probe->rp;
}

/* Each on its own and disabled: one that is refused would be the end of all. */
static void try_each(struct batch *batch, enum self_time time)
{
	unsigned int i;

	batch->nr_armed = 0;
	for (i = 0; i < batch->nr; i++) {
		struct self_probe *probe = &batch->probes[i];
		int err;

		if (!is_asked_for(probe, time))
			continue;
		totals[time].asked++;
		prepare(probe, time, KPROBE_FLAG_DISABLED);
		err = time == TIME_RETURN ? register_kretprobe(&probe->rp) :
					    register_kprobe(&probe->rp.kp);
		if (time == TIME_BOTH)
			probe->error = err;
		if (err)
			totals[time].refused++;
		else
			take(batch, probe);
		cond_resched();
	}
	unregister_batch(batch, time);
	for (i = 0; i < batch->nr_armed; i++)
		prepare(probe_of(batch->kps[i]), time, 0);
}

static void see_routes(struct batch *batch, enum self_time time)
{
	unsigned int i;

	for (i = 0; i < batch->nr_armed; i++) {
		struct kprobe *kp = batch->kps[i];

		if (kp->flags & KPROBE_FLAG_FTRACE)
			totals[time].ftrace++;
		else if (kp->flags & KPROBE_FLAG_OPTIMIZED)
			totals[time].jumps++;
		else
			totals[time].breakpoints++;
		if (time == TIME_BOTH && (kp->flags & KPROBE_FLAG_FTRACE))
			probe_of(kp)->traced = (unsigned long)kp->addr;
	}
}

/* They have left. Of a return probe calls may be under way. */
static void see_hits(struct batch *batch, enum self_time time)
{
	unsigned int i;

	for (i = 0; i < batch->nr_armed; i++) {
		struct self_probe *probe = probe_of(batch->kps[i]);
		long pre = atomic_long_xchg(&probe->pre, 0);
		long post = atomic_long_xchg(&probe->post, 0);
		long faults = atomic_long_xchg(&probe->faults, 0);

		totals[time].hits += pre;
		totals[time].ended += post;
		totals[time].faults += faults;
		totals[time].missed += missed_by(probe);
		if (time == TIME_RETURN ? post > pre :
		    probe->rp.kp.post_handler && pre != post + faults)
			say_wrong("%ps: %ld hits have begun, %ld have ended, %ld faulted (%s)\n",
				  (void *)probe->addr, pre, post, faults, time_names[time]);
	}
}

/*
 * The reason of each refusal is to be in the log, which is limited in rate, between two
 * lines that say where it belongs.
 */
static void try_all(struct batch *batch)
{
	struct ratelimit_state *telling = (void *)kallsyms_lookup_name("kprobe_telling");
	int interval = 0;

	if (telling)
		swap(interval, telling->interval);
	pr_info("trying\n");
	try_each(batch, TIME_BOTH);
	pr_info("tried\n");
	if (telling)
		swap(interval, telling->interval);
}

static void storm(struct batch *batch, enum self_time time)
{
	int err;

	if (time == TIME_BOTH)
		try_all(batch);
	else
		try_each(batch, time);
	err = register_batch(batch, time);
	if (err) {
		say_wrong("a batch is refused, %d, and each alone is not (%s)\n", err,
			  time_names[time]);
		return;
	}
	wait_for_executions();
	wait_for_kprobe_optimizer();
	wait_for_executions();
	see_routes(batch, time);
	unregister_batch(batch, time);
	see_hits(batch, time);

	runners_rest(true);
	steady_check();
	steady_alone();
	runners_rest(false);
}

static void keep_tried(struct batch *batch)
{
	unsigned int i;

	for (i = 0; i < batch->nr; i++) {
		batch->tried[i].addr = batch->probes[i].addr;
		batch->tried[i].error = batch->probes[i].error;
	}
	list_add_tail(&batch->list, &batches);
}

static unsigned int count_lines(const char *text)
{
	unsigned int lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

static int parse(struct batch *batch, char *text)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < batch->nr && !err; i++)
		err = kstrtoul(strsep(&text, "\n"), 16, &batch->probes[i].addr);
	return err;
}

static void free_probes(struct batch *batch)
{
	kvfree(batch->probes);
	kvfree(batch->kps);
	kvfree(batch->rps);
	batch->probes = NULL;
	batch->kps = NULL;
	batch->rps = NULL;
}

static struct batch *new_batch(char *text)
{
	unsigned int nr = count_lines(text);
	struct batch *batch = kvzalloc(struct_size(batch, tried, nr), GFP_KERNEL);
	int err = -ENOMEM;

	if (!batch)
		return ERR_PTR(err);
	batch->nr = nr;
	batch->probes = kvcalloc(nr, sizeof(*batch->probes), GFP_KERNEL);
	batch->kps = kvcalloc(nr, sizeof(*batch->kps), GFP_KERNEL);
	batch->rps = kvcalloc(nr, sizeof(*batch->rps), GFP_KERNEL);
	if (batch->probes && batch->kps && batch->rps)
		err = parse(batch, text);
	if (!err)
		return batch;
	free_probes(batch);
	kvfree(batch);
	return ERR_PTR(err);
}

static ssize_t storm_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	char *text = memdup_user_nul(buf, size);
	struct batch *batch;
	enum self_time time;
	size_t before;

	if (IS_ERR(text))
		return PTR_ERR(text);
	batch = new_batch(text);
	kfree(text);
	if (IS_ERR(batch))
		return PTR_ERR(batch);

	guard(mutex)(&self_mutex);
	before = wrong_len;
	for (time = 0; time < NR_TIMES; time++)
		storm(batch, time);
	keep_tried(batch);
	free_probes(batch);
	return wrong_len > before ? -EIO : size;
}

static const struct file_operations storm_fops = {
	.owner	= THIS_MODULE,
	.write	= storm_write,
};

static int tried_show(struct seq_file *m, void *unused)
{
	struct batch *batch;
	unsigned int i;

	guard(mutex)(&self_mutex);
	list_for_each_entry(batch, &batches, list)
		for (i = 0; i < batch->nr; i++)
			seq_printf(m, "%0*lx %d\n", (int)(2 * sizeof(long)), batch->tried[i].addr,
				   -batch->tried[i].error);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(tried);

static int report_show(struct seq_file *m, void *unused)
{
	unsigned int i;

#define SHOW(field)	seq_printf(m, "%s " #field " %lu\n", time_names[i], totals[i].field)
	guard(mutex)(&self_mutex);
	for (i = 0; i < NR_TIMES; i++) {
		SHOW(asked);
		SHOW(refused);
		SHOW(breakpoints);
		SHOW(jumps);
		SHOW(ftrace);
		SHOW(hits);
		SHOW(ended);
		SHOW(faults);
		SHOW(missed);
	}
	for (i = 0; i < NR_STEADY; i++)
		seq_printf(m, "steady %s %ld\n", steady_places[i].name,
			   atomic_long_read(&steady[i].probe.pre));
	seq_printf(m, "steady executions %lu\n", SUM(executions));
	seq_printf(m, "steady wrong-results %lu\n", SUM(wrong));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(report);

static int wrong_show(struct seq_file *m, void *unused)
{
	guard(mutex)(&self_mutex);
	seq_write(m, wrong, wrong_len);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(wrong);

/* As if the function had no NOKPROBE_SYMBOL(). */
static int plant_it(void)
{
	void (*forget)(unsigned long start, unsigned long end);
	unsigned long addr;

	if (!*plant)
		return 0;
	forget = (void *)kallsyms_lookup_name("kprobe_blacklist_remove");
	addr = kallsyms_lookup_name(plant);
	if (!forget || !addr)
		return -ENOENT;
	forget(addr, addr + 1);
	return 0;
}

static void leave(void)
{
	struct batch *batch, *next;

	debugfs_remove(dir);
	runners_stop();
	steady_unregister();
	list_for_each_entry_safe(batch, next, &batches, list)
		kvfree(batch);
}

static int __init kprobe_self_init(void)
{
	int err = plant_it();

	while (!err && nr_steady < NR_STEADY) {
		err = steady_register(nr_steady);
		if (!err)
			nr_steady++;
	}
	if (!err)
		err = runners_start();
	if (err) {
		leave();
		return err;
	}
	dir = debugfs_create_dir("kprobe_self", NULL);
	debugfs_create_file("storm", 0200, dir, NULL, &storm_fops);
	debugfs_create_file("tried", 0400, dir, NULL, &tried_fops);
	debugfs_create_file("report", 0400, dir, NULL, &report_fops);
	debugfs_create_file("wrong", 0400, dir, NULL, &wrong_fops);
	return 0;
}

module_init(kprobe_self_init);
module_exit(leave);
MODULE_DESCRIPTION("test: probes every function while hits are under way");
MODULE_LICENSE("GPL");
