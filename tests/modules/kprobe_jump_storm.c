// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps that come and go under load (tests/guest/jump-storm.sh).
 *
 * Tasks on all CPUs, and interrupts, execute a function whose instructions are
 * one to six bytes long. On some of them there is a steady probe all the time;
 * on each, other tasks put, remove, enable and disable further ones, so that a
 * steady probe is a breakpoint, waits for its jump, is one, and gives its bytes
 * back to a neighbour, again and again. What the script does on top of it: it
 * throws the switch for jumps, and takes CPUs away.
 *
 * Every execution has to return the right sum, and to be a hit or a miss of each
 * steady probe; every pre-handler is followed by its post-handler.
 *
 * Commands are written to the parameter do, and the parameter report is read:
 *
 *	start, stop
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/prandom.h>
#include <linux/smp.h>

#include "storm_code.h"

static unsigned int rounds = 200;
module_param(rounds, uint, 0400);
MODULE_PARM_DESC(rounds, "changes that each of the tasks makes");

static unsigned int seed = 1;
module_param(seed, uint, 0400);
MODULE_PARM_DESC(seed, "of their random numbers");

/* Of a CPU, which may go away. */
struct tally {
	unsigned long mixes, leaves, wrong;
};

static DEFINE_PER_CPU(struct tally, tallies);

static void execute(u32 x)
{
	this_cpu_inc(tallies.mixes);
	if (mix(x) != expected(x))
		this_cpu_inc(tallies.wrong);
}

/*
 * Probes
 */

/**
 * struct storm_probe - a probe that counts
 * @kp: the probe
 * @place: where it is
 * @pre: calls of its pre-handler
 * @post: of its post-handler
 * @on: it is registered
 */
struct storm_probe {
	struct kprobe kp;
	unsigned int place;
	atomic_long_t pre, post;
	bool on;
};

static int count_pre(struct kprobe *kp, struct pt_regs *regs)
{
	atomic_long_inc(&container_of(kp, struct storm_probe, kp)->pre);
	return 0;
}

/* A handler that executes what is probed itself: those are misses. */
static int nesting_pre(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(tallies.leaves);
	if (leaf(1) != 10)
		this_cpu_inc(tallies.wrong);
	return count_pre(kp, regs);
}

static void count_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	atomic_long_inc(&container_of(kp, struct storm_probe, kp)->post);
}

static int storm_register(struct storm_probe *probe, u32 flags)
{
	int err;

	probe->kp.addr = kprobe_storm_places[probe->place];
	probe->kp.flags = flags;
	err = register_kprobe(&probe->kp);
	probe->on = !err;
	return err;
}

/* All of them can be jumps, as long as nobody else is in their way. */
static const struct {
	unsigned int place;
	bool has_post;
	kprobe_pre_handler_t pre;
} steady_places[] = {
	{ 0, true, count_pre },
	{ 3, false, count_pre },
	{ 6, true, nesting_pre },
	{ 9, true, count_pre },
	{ 12, false, count_pre },
	{ 14, true, count_pre },
	{ 17, true, count_pre },
};

#define NR_STEADY	ARRAY_SIZE(steady_places)
#define NR_CHANGERS	2

static struct storm_probe steady[NR_STEADY];
/* Of each changer: one on each place, with a post-handler if its place is even. */
static struct storm_probe changing[NR_CHANGERS][NR_PLACES];

static unsigned int jumps_of_steady(void)
{
	unsigned int i, jumps = 0;

	for (i = 0; i < NR_STEADY; i++)
		jumps += !!(steady[i].kp.flags & KPROBE_FLAG_OPTIMIZED);
	return jumps;
}

/*
 * Tasks
 */

#define MAX_RUNNERS	16

static struct task_struct *runners[MAX_RUNNERS], *changers[NR_CHANGERS];
static unsigned int rounds_done[NR_CHANGERS];
static atomic_t refused;
static unsigned int all_jumps_seen, some_jumps_seen;

static int run(void *unused)
{
	u32 x = 0;

	while (!kthread_should_stop()) {
		execute(x += 0x12345671);
		/* It would hold up every grace period. */
		cond_resched_tasks_rcu_qs();
	}
	return 0;
}

static void execute_in_interrupt(void *unused)
{
	execute(0x89abcdef);
}

static void change_one(struct storm_probe *probe, u32 random)
{
	int err = 0;

	if (!probe->on)
		err = storm_register(probe, random & 1 ? 0 : KPROBE_FLAG_DISABLED);
	else if (random % 3 == 0)
		err = enable_kprobe(&probe->kp);
	else if (random % 3 == 1)
		err = disable_kprobe(&probe->kp);
	else {
		unregister_kprobe(&probe->kp);
		probe->on = false;
	}
	if (err)
		atomic_inc(&refused);
}

static void remove_all(struct storm_probe *probes)
{
	struct kprobe *batch[NR_PLACES];
	unsigned int i, nr = 0;

	for (i = 0; i < NR_PLACES; i++) {
		if (probes[i].on)
			batch[nr++] = &probes[i].kp;
		probes[i].on = false;
	}
	unregister_kprobes(batch, nr);
}

/* A few times it leaves, so that the jumps of others may come. */
#define LEAVES		4

static bool may_leave(unsigned int round)
{
	return round % (rounds / LEAVES + 1) == rounds / LEAVES;
}

#define SECONDS_FOR_JUMPS	10

/* The switch may be off, and the neighbours of others in the way: for a moment. */
static void leave_it_alone(struct storm_probe *probes)
{
	unsigned long deadline = jiffies + SECONDS_FOR_JUMPS * HZ;
	unsigned int jumps;

	remove_all(probes);
	for (;;) {
		wait_for_kprobe_optimizer();
		jumps = jumps_of_steady();
		if (jumps || time_after(jiffies, deadline) || kthread_should_stop())
			break;
		schedule_timeout_uninterruptible(1);
	}
	all_jumps_seen += jumps == NR_STEADY;
	some_jumps_seen += jumps > 0;
}

static int change(void *data)
{
	unsigned int me = (unsigned long)data;
	struct rnd_state random;

	prandom_seed_state(&random, seed + me);
	for (; rounds_done[me] < rounds && !kthread_should_stop(); rounds_done[me]++) {
		u32 number = prandom_u32_state(&random);

		change_one(&changing[me][number % NR_PLACES], number >> 8);
		if (may_leave(rounds_done[me]))
			leave_it_alone(changing[me]);
		on_each_cpu(execute_in_interrupt, NULL, 1);
		cond_resched_tasks_rcu_qs();
	}
	remove_all(changing[me]);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);
	return 0;
}

static int storm_steady(void)
{
	unsigned int i;
	int err;

	for (i = 0; i < NR_STEADY; i++) {
		steady[i].place = steady_places[i].place;
		steady[i].kp.pre_handler = steady_places[i].pre;
		steady[i].kp.post_handler = steady_places[i].has_post ? count_post : NULL;
		err = storm_register(&steady[i], 0);
		if (err)
			return err;
	}
	return 0;
}

static int storm_tasks(void)
{
	unsigned int i, me;

	for (me = 0; me < NR_CHANGERS; me++) {
		for (i = 0; i < NR_PLACES; i++) {
			changing[me][i].place = i;
			changing[me][i].kp.pre_handler = count_pre;
			changing[me][i].kp.post_handler = i % 2 ? NULL : count_post;
		}
		changers[me] = kthread_run(change, (void *)(unsigned long)me, "storm_change/%u", me);
		if (IS_ERR(changers[me]))
			return -ENOMEM;
	}
	for (i = 0; i < min(num_online_cpus(), MAX_RUNNERS); i++) {
		runners[i] = kthread_run(run, NULL, "storm_run/%u", i);
		if (IS_ERR(runners[i]))
			return -ENOMEM;
	}
	return 0;
}

static void stop_task(struct task_struct **task)
{
	if (!IS_ERR_OR_NULL(*task))
		kthread_stop(*task);
	*task = NULL;
}

static void storm_stop(void)
{
	unsigned int i;

	for (i = 0; i < NR_CHANGERS; i++)
		stop_task(&changers[i]);
	for (i = 0; i < MAX_RUNNERS; i++)
		stop_task(&runners[i]);
}

static void storm_remove(void)
{
	unsigned int i;

	for (i = 0; i < NR_STEADY; i++)
		unregister_kprobe(&steady[i].kp);
}

/*
 * What came of it
 */

static struct tally sum;
static unsigned int jumps_at_the_end;

static void add_up(void)
{
	int cpu;

	memset(&sum, 0, sizeof(sum));
	for_each_possible_cpu(cpu) {
		sum.mixes += per_cpu(tallies, cpu).mixes;
		sum.leaves += per_cpu(tallies, cpu).leaves;
		sum.wrong += per_cpu(tallies, cpu).wrong;
	}
	wait_for_kprobe_optimizer();
	jumps_at_the_end = jumps_of_steady();
}

/* Hits and misses of a steady probe that nobody can account for. */
static long lost(const struct storm_probe *probe)
{
	long executions = sum.mixes + (probe->place >= 17 ? sum.leaves : 0);

	return executions - atomic_long_read(&probe->pre) - probe->kp.nmissed;
}

static unsigned int unpaired(const struct storm_probe *probes, unsigned int nr)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < nr; i++) {
		wrong += probes[i].kp.post_handler &&
			 atomic_long_read(&probes[i].pre) != atomic_long_read(&probes[i].post);
	}
	return wrong;
}

static int get_report(char *buffer, const struct kernel_param *param)
{
	unsigned int i, incomplete = 0, without_post;

	for (i = 0; i < NR_STEADY; i++)
		incomplete += !!lost(&steady[i]);
	without_post = unpaired(steady, NR_STEADY) + unpaired(changing[0], NR_PLACES) +
		       unpaired(changing[1], NR_PLACES);
	return sysfs_emit(buffer,
			  "rounds=%u executions=%lu nested=%lu wrong=%lu incomplete=%u unpaired=%u refused=%u all_jumps=%u some_jumps=%u jumps_at_the_end=%u of=%zu missed=%lu text=%s\n",
			  min(rounds_done[0], rounds_done[1]), sum.mixes, sum.leaves, sum.wrong,
			  incomplete, without_post, atomic_read(&refused), all_jumps_seen,
			  some_jumps_seen, jumps_at_the_end, NR_STEADY,
			  steady[NR_STEADY - 1].kp.nmissed,
			  state_of_text());
}

static const struct kernel_param_ops report_ops = { .get = get_report };
module_param_cb(report, &report_ops, NULL, 0400);

static int set_do(const char *what, const struct kernel_param *param)
{
	if (sysfs_streq(what, "start"))
		return storm_steady() ?: storm_tasks();
	if (!sysfs_streq(what, "stop"))
		return -EINVAL;
	storm_stop();
	add_up();
	storm_remove();
	return 0;
}

static const struct kernel_param_ops do_ops = { .set = set_do };
module_param_cb(do, &do_ops, NULL, 0200);

static int __init kprobe_jump_storm_init(void)
{
	return keep_text();
}

static void __exit kprobe_jump_storm_exit(void)
{
	storm_stop();
	storm_remove();
}

module_init(kprobe_jump_storm_init)
module_exit(kprobe_jump_storm_exit)
MODULE_DESCRIPTION("test: jumps that come and go under load");
MODULE_LICENSE("GPL");
