// SPDX-License-Identifier: GPL-2.0
/*
 * A dump of all tasks from a post-handler (articles' row S8).
 *
 * When the probed function is hit, one line a process is printed: its pid, the
 * address of its task structure, its thread-info flags and its CPU. A busy
 * function would print far too much, so the dump is made for the first hits
 * only: once, unless the parameter dumps says otherwise.
 *
 * A handler may interrupt anything, also the owner of tasklist_lock, so it
 * must not take a lock. The list of tasks can be read under RCU alone.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>

static char *symbol = "kernel_clone";
module_param(symbol, charp, 0444);
MODULE_PARM_DESC(symbol, "function to probe");

static unsigned int offset;
module_param(offset, uint, 0444);
MODULE_PARM_DESC(offset, "distance of the probed instruction from the symbol");

static int dumps = 1;
module_param(dumps, int, 0444);
MODULE_PARM_DESC(dumps, "number of hits that dump the tasks");

static atomic_t dumps_left;

static void post_handler(struct kprobe *kp, struct pt_regs *regs,
			 unsigned long flags)
{
	struct task_struct *task;
	unsigned int tasks = 0;

	if (atomic_dec_if_positive(&dumps_left) < 0)
		return;

	pr_info("%pS hit by %s[%d]\n", kp->addr, current->comm, current->pid);

	rcu_read_lock();
	for_each_process(task) {
		pr_info("pid %5d task 0x%p flags 0x%08lx cpu %u %s\n",
			task->pid, task, read_task_thread_flags(task),
			task_cpu(task), task->comm);
		tasks++;
	}
	rcu_read_unlock();

	pr_info("%u tasks\n", tasks);
}

static struct kprobe kp = {
	.post_handler	= post_handler,
};

static int __init kprobe_tasks_init(void)
{
	int ret;

	atomic_set(&dumps_left, dumps);
	kp.symbol_name = symbol;
	kp.offset = offset;
	ret = register_kprobe(&kp);
	if (ret) {
		pr_err("%s+0x%x: %pe\n", symbol, offset, ERR_PTR(ret));
		return ret;
	}
	pr_info("probe registered at %pS\n", kp.addr);
	return 0;
}

static void __exit kprobe_tasks_exit(void)
{
	unregister_kprobe(&kp);
	pr_info("probe unregistered\n");
}

module_init(kprobe_tasks_init)
module_exit(kprobe_tasks_exit)
MODULE_DESCRIPTION("sample: dump all tasks from a post-handler");
MODULE_LICENSE("GPL");
