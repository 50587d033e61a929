// SPDX-License-Identifier: GPL-2.0
/*
 * A storm of operations on probes (tests/guest/stress.sh).
 *
 * Tasks on all CPUs, and interrupts, execute a function that has an instruction
 * each few bytes, and one that ftrace traces. Changers, a task each, put batches
 * of probes and return probes there, many on the same instruction, enable and
 * disable some of them, and take them away. What the script does on top of it:
 * CPUs and modules that come and go, tracers, switches, readers.
 *
 * An operation is the registration, unregistration, enabling or disabling of one
 * probe. It goes on until there were as many as were asked for, or until stop.
 *
 * Of a probe that is there all the time each execution is a hit or a miss. Of one
 * that comes and goes, at least those are that began when it was there, and ended
 * before it left; and none that ended before, or began after. Each pre-handler is
 * followed by its post-handler; and no handler runs when the probe has left.
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
#include <linux/vmalloc.h>

#include "storm_code.h"
#include "tally.h"

static unsigned long operations = 100000;
module_param(operations, ulong, 0600);
MODULE_PARM_DESC(operations, "how many there shall be; may be raised meanwhile");

static unsigned int seed = 1;
module_param(seed, uint, 0400);
MODULE_PARM_DESC(seed, "of the random numbers");

/*
 * What is executed: what storm_code.h has, and this. Its entry is an ftrace location
 * where ftrace traces modules.
 */
static noinline __noipa u32 stress_traced(u32 x)
{
	return x ^ 0x00ff00ff;
}

/* Places beyond those of storm_code.h, where the probe of a call is. */
#define PLACE_LEAF	17	/* from here on: also what the nesting handler executes */
#define PLACE_SKIPPED	13	/* a branch leads around it */
#define PLACE_TRACED	NR_PLACES

static kprobe_opcode_t *address_of(unsigned int place)
{
	if (place == PLACE_TRACED)
		return (kprobe_opcode_t *)stress_traced;
	return (kprobe_opcode_t *)kprobe_storm_places[place];
}

/* Of a CPU, which may go away. */
struct tally {
	unsigned long mixes_begun, mixes_ended;
	unsigned long leaves_begun, leaves_ended;
	unsigned long traced_begun, traced_ended;
	unsigned long wrong;
};

static DEFINE_PER_CPU(struct tally, tallies);

/* All calls of preempted and of interrupted ones included. */
static void execute(u32 x)
{
	this_cpu_inc(tallies.mixes_begun);
	if (mix(x) != expected(x))
		this_cpu_inc(tallies.wrong);
	this_cpu_inc(tallies.mixes_ended);

	this_cpu_inc(tallies.traced_begun);
	if (stress_traced(x) != (x ^ 0x00ff00ff))
		this_cpu_inc(tallies.wrong);
	this_cpu_inc(tallies.traced_ended);
}

static void execute_in_interrupt(void *unused)
{
	execute(0x89abcdef);
}

/* How often the instructions have been executed, by what they are part of. */
struct executions {
	unsigned long mixes, leaves, traced;
};

static struct executions begun(void)
{
	return (struct executions) {
		.mixes = SUM(mixes_begun),
		.leaves = SUM(mixes_begun) + SUM(leaves_begun),
		.traced = SUM(traced_begun),
	};
}

static struct executions ended(void)
{
	return (struct executions) {
		.mixes = SUM(mixes_ended),
		.leaves = SUM(mixes_ended) + SUM(leaves_ended),
		.traced = SUM(traced_ended),
	};
}

static unsigned long of_place(const struct executions *executions, unsigned int place)
{
	if (place == PLACE_TRACED)
		return executions->traced;
	return place < PLACE_LEAF ? executions->mixes : executions->leaves;
}

/*
 * Probes
 */

/**
 * struct stress_probe - a probe that counts, or the entry of a return probe
 * @rp: the return probe, or else its kp is the probe
 * @place: where it is
 * @pre: calls of its pre-handler, or entry handler
 * @post: of its post-handler, or of the handler of returns
 * @there: handlers may run
 * @was_off: it has been disabled
 * @was_on: it has been enabled
 */
struct stress_probe {
	struct kretprobe rp;
	unsigned int place;
	atomic_long_t pre, post;
	bool there, was_off, was_on;
};

/* What was not as it should be: each counts probes or hits. */
static struct {
	atomic_long_t late, few, many, unpaired, refused;
} bad;

/* What there was of it. */
static struct {
	atomic_long_t operations, batches, hits, missed, jumps, returns;
} seen;

static void count(atomic_long_t *counter, struct stress_probe *probe)
{
	atomic_long_inc(counter);
	if (!READ_ONCE(probe->there))
		atomic_long_inc(&bad.late);
}

static struct stress_probe *probe_of(struct kprobe *kp)
{
	return container_of(kp, struct stress_probe, rp.kp);
}

static int count_pre(struct kprobe *kp, struct pt_regs *regs)
{
	count(&probe_of(kp)->pre, probe_of(kp));
	return 0;
}

/* A handler that executes what is probed itself: those are misses. */
static int nesting_pre(struct kprobe *kp, struct pt_regs *regs)
{
	this_cpu_inc(tallies.leaves_begun);
	if (leaf(1) != 10)
		this_cpu_inc(tallies.wrong);
	this_cpu_inc(tallies.leaves_ended);
	return count_pre(kp, regs);
}

static void count_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	count(&probe_of(kp)->post, probe_of(kp));
}

static int count_entry(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	return count_pre(&get_kretprobe(ri)->kp, regs);
}

static int count_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	struct kretprobe *rp = get_kretprobe(ri);

	/* NULL: it is being unregistered. */
	if (rp)
		count_post(&rp->kp, regs, 0);
	return 0;
}

static void prepare(struct stress_probe *probe, unsigned int place, bool has_post, u32 flags)
{
	*probe = (struct stress_probe) {
		.rp.kp = {
			.addr		= address_of(place),
			.flags		= flags,
			.pre_handler	= count_pre,
			.post_handler	= has_post ? count_post : NULL,
		},
		.place		= place,
		.there		= true,
		.was_off	= flags & KPROBE_FLAG_DISABLED,
		.was_on		= !(flags & KPROBE_FLAG_DISABLED),
	};
}

static void prepare_return(struct stress_probe *probe, unsigned int place, u32 flags)
{
	prepare(probe, place, false, flags);
	probe->rp.kp.pre_handler = NULL;
	probe->rp.entry_handler = count_entry;
	probe->rp.handler = count_return;
	probe->rp.maxactive = 64;
}

static unsigned long hits_and_misses(const struct stress_probe *probe)
{
	return atomic_long_read(&probe->pre) + probe->rp.kp.nmissed + probe->rp.nmissed;
}

/* With what was executed at least and at most while it was there. */
static void check(struct stress_probe *probe, unsigned long least, unsigned long most)
{
	unsigned long met = hits_and_misses(probe);

	if (!probe->was_off && probe->place != PLACE_SKIPPED && met < least)
		atomic_long_inc(&bad.few);
	if (met > (probe->was_on ? most : 0))
		atomic_long_inc(&bad.many);
	if (probe->rp.kp.post_handler &&
	    atomic_long_read(&probe->pre) != atomic_long_read(&probe->post))
		atomic_long_inc(&bad.unpaired);
	atomic_long_add(atomic_long_read(&probe->pre), &seen.hits);
	atomic_long_add(probe->rp.kp.nmissed + probe->rp.nmissed, &seen.missed);
	if (probe->rp.handler)
		atomic_long_add(atomic_long_read(&probe->post), &seen.returns);
}

/*
 * Changers
 */

#define NR_CHANGERS	4
#define RETURNER	3	/* this one puts return probes */
#define NR_PROBES	1000
#define NR_RETURNS	12
#define MAX_RUNNERS	16

/**
 * struct changer - a task, and its probes
 * @task: the task
 * @random: its random numbers
 * @has_ended: there have been enough operations
 * @probes: what it registers
 * @kps: those of a batch
 * @rps: those of a batch
 */
struct changer {
	struct task_struct *task;
	struct rnd_state random;
	bool has_ended;
	struct stress_probe probes[NR_PROBES];
	struct kprobe *kps[NR_PROBES];
	struct kretprobe *rps[NR_RETURNS];
};

static struct changer *changers;
static struct task_struct *runners[MAX_RUNNERS];

static u32 draw(struct changer *changer, u32 below)
{
	return prandom_u32_state(&changer->random) % below;
}

static bool enough(void)
{
	return atomic_long_read(&seen.operations) >= READ_ONCE(operations) || kthread_should_stop();
}

static void note(int err, unsigned int nr)
{
	atomic_long_add(nr, &seen.operations);
	if (err)
		atomic_long_inc(&bad.refused);
}

/* A batch on all places, or on a few that lie side by side. */
static unsigned int prepare_batch(struct changer *changer)
{
	unsigned int nr = 1 + draw(changer, NR_PROBES);
	unsigned int places = draw(changer, 2) ? PLACE_TRACED : 1 + draw(changer, 4);
	unsigned int first = draw(changer, NR_PLACES), i;
	bool on_ftrace = !draw(changer, 16);

	for (i = 0; i < nr; i++) {
		u32 place = (first + draw(changer, places)) % NR_PLACES;

		if (on_ftrace && !i)
			place = PLACE_TRACED;
		prepare(&changer->probes[i], place, draw(changer, 2),
			draw(changer, 4) ? 0 : KPROBE_FLAG_DISABLED);
		changer->kps[i] = &changer->probes[i].rp.kp;
	}
	return nr;
}

/* Each is a change of text, maybe: there are few of them. */
static void turn_some(struct changer *changer, unsigned int nr)
{
	unsigned int times;

	for (times = draw(changer, 8); times; times--) {
		struct stress_probe *probe = &changer->probes[draw(changer, nr)];
		bool off = draw(changer, 2);

		if (off)
			probe->was_off = true;
		else
			probe->was_on = true;
		note(off ? disable_kprobe(&probe->rp.kp) : enable_kprobe(&probe->rp.kp), 1);
	}
}

static void see_jumps(struct changer *changer, unsigned int nr)
{
	unsigned int i, jumps = 0;

	for (i = 0; i < nr; i++)
		jumps += !!(changer->probes[i].rp.kp.flags & KPROBE_FLAG_OPTIMIZED);
	atomic_long_add(jumps, &seen.jumps);
}

/* They have left. */
static void check_batch(struct changer *changer, unsigned int nr,
			const struct executions *least, const struct executions *most)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct stress_probe *probe = &changer->probes[i];

		WRITE_ONCE(probe->there, false);
		check(probe, of_place(least, probe->place), of_place(most, probe->place));
	}
}

static struct executions between(const struct executions *from, const struct executions *to)
{
	return (struct executions) {
		/* Not below zero: some of those that have begun have not ended. */
		.mixes = to->mixes - min(from->mixes, to->mixes),
		.leaves = to->leaves - min(from->leaves, to->leaves),
		.traced = to->traced - min(from->traced, to->traced),
	};
}

/* A life of a batch, by functions that register and unregister it. */
static void live(struct changer *changer, unsigned int nr,
		 int (*come)(struct changer *changer, unsigned int nr),
		 void (*leave)(struct changer *changer, unsigned int nr))
{
	struct executions before = ended(), there, leaving, after, least, most;
	int err = come(changer, nr);

	there = begun();
	note(err, nr);
	if (err)
		return;
	execute(0x2468ace0);
	turn_some(changer, nr);
	on_each_cpu(execute_in_interrupt, NULL, 1);
	see_jumps(changer, nr);
	leaving = ended();
	leave(changer, nr);
	after = begun();
	note(0, nr);
	least = between(&there, &leaving);
	most = between(&before, &after);
	check_batch(changer, nr, &least, &most);
	atomic_long_inc(&seen.batches);
}

static int come_probes(struct changer *changer, unsigned int nr)
{
	return register_kprobes(changer->kps, nr);
}

/* In two parts, so that the others of an address stay for a while. */
static void leave_probes(struct changer *changer, unsigned int nr)
{
	unsigned int part = draw(changer, nr + 1);

	unregister_kprobes(changer->kps, part);
	unregister_kprobes(changer->kps + part, nr - part);
}

static int come_returns(struct changer *changer, unsigned int nr)
{
	return register_kretprobes(changer->rps, nr);
}

static void leave_returns(struct changer *changer, unsigned int nr)
{
	unregister_kretprobes(changer->rps, nr);
}

static unsigned int prepare_returns(struct changer *changer)
{
	static const unsigned int entries[] = { 0, PLACE_LEAF, PLACE_TRACED };
	unsigned int nr = 1 + draw(changer, NR_RETURNS), i;

	for (i = 0; i < nr; i++) {
		u32 place = entries[draw(changer, ARRAY_SIZE(entries))];

		prepare_return(&changer->probes[i], place,
			       draw(changer, 4) ? 0 : KPROBE_FLAG_DISABLED);
		changer->rps[i] = &changer->probes[i].rp;
	}
	return nr;
}

static int change(void *data)
{
	struct changer *changer = data;

	while (!enough()) {
		if (changer - changers == RETURNER)
			live(changer, prepare_returns(changer), come_returns, leave_returns);
		else
			live(changer, prepare_batch(changer), come_probes, leave_probes);
		/* Now and then there is time for the jumps of others to come. */
		if (!draw(changer, 16))
			wait_for_kprobe_optimizer();
		cond_resched_tasks_rcu_qs();
	}
	WRITE_ONCE(changer->has_ended, true);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(HZ / 100);
	return 0;
}

static int run(void *unused)
{
	u32 x = 0;

	while (!kthread_should_stop()) {
		execute(x += 0x12345671);
		/* The changers shall have most of the time. */
		schedule_timeout_interruptible(1);
	}
	return 0;
}

/*
 * Probes that stay
 */

static const struct {
	unsigned int place;
	bool has_post;
	kprobe_pre_handler_t pre;	/* NULL: a return probe */
} steady_places[] = {
	{ 0, true, count_pre },
	{ 3, false, count_pre },
	{ 6, true, nesting_pre },
	{ 9, true, count_pre },
	{ 12, false, count_pre },
	{ 14, true, count_pre },
	{ PLACE_LEAF, true, count_pre },
	{ PLACE_TRACED, true, count_pre },
	{ 0, false, NULL },
	{ PLACE_LEAF, false, NULL },
	{ PLACE_TRACED, false, NULL },
};

#define NR_STEADY	ARRAY_SIZE(steady_places)

static struct stress_probe steady[NR_STEADY];
static unsigned int nr_steady, steady_lost, steady_unpaired;

static int steady_register(void)
{
	int err = 0;

	for (nr_steady = 0; nr_steady < NR_STEADY; nr_steady++) {
		struct stress_probe *probe = &steady[nr_steady];
		unsigned int place = steady_places[nr_steady].place;

		if (steady_places[nr_steady].pre) {
			prepare(probe, place, steady_places[nr_steady].has_post, 0);
			probe->rp.kp.pre_handler = steady_places[nr_steady].pre;
			err = register_kprobe(&probe->rp.kp);
		} else {
			prepare_return(probe, place, 0);
			err = register_kretprobe(&probe->rp);
		}
		if (err)
			break;
	}
	return err;
}

static void steady_unregister(void)
{
	while (nr_steady) {
		struct stress_probe *probe = &steady[--nr_steady];

		if (probe->rp.handler)
			unregister_kretprobe(&probe->rp);
		else
			unregister_kprobe(&probe->rp.kp);
		WRITE_ONCE(probe->there, false);
	}
}

/* Nobody executes anything any more. */
static void steady_check(void)
{
	struct executions all = ended();
	unsigned int i;

	for (i = 0; i < nr_steady; i++) {
		struct stress_probe *probe = &steady[i];

		steady_lost += hits_and_misses(probe) != of_place(&all, probe->place);
		steady_unpaired += (probe->rp.handler || probe->rp.kp.post_handler) &&
				   atomic_long_read(&probe->pre) != atomic_long_read(&probe->post);
	}
}

/*
 * Commands and the report
 */

static void stop_task(struct task_struct **task)
{
	if (!IS_ERR_OR_NULL(*task))
		kthread_stop(*task);
	*task = NULL;
}

static void stress_stop(void)
{
	unsigned int i;

	for (i = 0; i < NR_CHANGERS; i++)
		stop_task(&changers[i].task);
	for (i = 0; i < MAX_RUNNERS; i++)
		stop_task(&runners[i]);
	steady_check();
	steady_unregister();
}

static int stress_start(void)
{
	unsigned int i;
	int err = steady_register();

	if (err)
		return err;
	for (i = 0; i < min(num_online_cpus(), MAX_RUNNERS); i++) {
		runners[i] = kthread_run(run, NULL, "stress_run/%u", i);
		if (IS_ERR(runners[i]))
			return -ENOMEM;
	}
	for (i = 0; i < NR_CHANGERS; i++) {
		prandom_seed_state(&changers[i].random, seed + i);
		changers[i].task = kthread_run(change, &changers[i], "stress_change/%u", i);
		if (IS_ERR(changers[i].task))
			return -ENOMEM;
	}
	return 0;
}

static unsigned int changers_ended(void)
{
	unsigned int i, ended = 0;

	for (i = 0; i < NR_CHANGERS; i++)
		ended += READ_ONCE(changers[i].has_ended);
	return ended;
}

static int get_report(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer,
			  "ended=%d operations=%lu batches=%lu executions=%lu hits=%lu missed=%lu returns=%lu jumps=%lu wrong=%lu late=%lu few=%lu many=%lu unpaired=%lu refused=%lu lost=%u steady_unpaired=%u text=%s\n",
			  changers_ended() == NR_CHANGERS, atomic_long_read(&seen.operations),
			  atomic_long_read(&seen.batches), begun().mixes,
			  atomic_long_read(&seen.hits), atomic_long_read(&seen.missed),
			  atomic_long_read(&seen.returns), atomic_long_read(&seen.jumps),
			  SUM(wrong), atomic_long_read(&bad.late), atomic_long_read(&bad.few),
			  atomic_long_read(&bad.many), atomic_long_read(&bad.unpaired),
			  atomic_long_read(&bad.refused), steady_lost, steady_unpaired,
			  state_of_text());
}

static const struct kernel_param_ops report_ops = { .get = get_report };
module_param_cb(report, &report_ops, NULL, 0400);

static int set_do(const char *what, const struct kernel_param *param)
{
	if (!changers)
		return -ENODEV;
	if (sysfs_streq(what, "start"))
		return stress_start();
	if (!sysfs_streq(what, "stop"))
		return -EINVAL;
	stress_stop();
	return 0;
}

static const struct kernel_param_ops do_ops = { .set = set_do };
module_param_cb(do, &do_ops, NULL, 0200);

static int __init kprobe_stress_init(void)
{
	int err = keep_text();

	if (err)
		return err;
	changers = vcalloc(NR_CHANGERS, sizeof(*changers));
	return changers ? 0 : -ENOMEM;
}

static void __exit kprobe_stress_exit(void)
{
	stress_stop();
	vfree(changers);
}

module_init(kprobe_stress_init)
module_exit(kprobe_stress_exit)
MODULE_DESCRIPTION("test: a storm of operations on probes");
MODULE_LICENSE("GPL");
