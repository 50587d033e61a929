// SPDX-License-Identifier: GPL-2.0
/*
 * What a hit costs: calls of a function with a probe in it, less calls of it
 * without. Interrupts are off, so that nothing else is counted.
 */
#include <linux/delay.h>
#include <linux/ftrace.h>
#include <linux/irqflags.h>
#include <linux/kdebug.h>
#include <linux/kernel.h>
#include <asm/msr.h>

#include "bench.h"

/* Milliseconds for a site to become a jump, where it can; where it must not */
#define JUMP_MS		3000
#define NO_JUMP_MS	200

static unsigned long pre_hits, post_hits, returns;

static int count_pre(struct kprobe *kp, struct pt_regs *regs)
{
	pre_hits++;
	return 0;
}

static void count_post(struct kprobe *kp, struct pt_regs *regs, unsigned long flags)
{
	post_hits++;
}

static int count_return(struct kretprobe_instance *ri, struct pt_regs *regs)
{
	returns++;
	return 0;
}

static struct bench_hit hits[] = {
	{ "jump-pre", TARGET_MOV_IMM, WITH_PRE, true },
	{ "jump-post", TARGET_ALU, WITH_PRE | WITH_POST, true },
	{ "jump-post-emulated", TARGET_PUSH, WITH_PRE | WITH_POST, true },
	{ "step-post", TARGET_SHORT_ALU, WITH_PRE | WITH_POST },
	{ "step-post-emulated", TARGET_SHORT_MOV, WITH_PRE | WITH_POST },
	{ "breakpoint-pre", TARGET_SHORT_ALU, WITH_PRE },
	{ "breakpoint-pre-emulated", TARGET_SHORT_JMP, WITH_PRE },
	{ "ftrace-pre", TARGET_TRACED, WITH_PRE },
	{ "return-ftrace", TARGET_TRACED, WITH_RETURN },
	{ "return-jump", TARGET_ENTRY_LONG, WITH_RETURN, true },
	{ "return-breakpoint", TARGET_ENTRY_SHORT, WITH_RETURN },
};

static u64 time_calls(void (*call)(void), unsigned long calls)
{
	unsigned long flags, i;
	u64 ticks;

	local_irq_save(flags);
	ticks = rdtsc_ordered();
	for (i = 0; i < calls; i++)
		call();
	ticks = rdtsc_ordered() - ticks;
	local_irq_restore(flags);
	return ticks;
}

/* What is subtracted from every sample must not itself have been held up. */
#define ROUNDS	5

static u64 time_undisturbed(void (*call)(void), unsigned long calls)
{
	u64 least = U64_MAX;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++)
		least = min(least, time_calls(call, calls));
	return least;
}

/* Per call, rounded */
static u64 cost(u64 with, u64 without, unsigned long calls)
{
	return with < without ? 0 : DIV_ROUND_CLOSEST_ULL(bench_units(with - without), calls);
}

static void expect(const char *name, const char *what, unsigned long got, unsigned long should)
{
	if (got != should)
		bench_fail(name, "%s: %lu of %lu", what, got, should);
}

static void wait_for_jump(const u8 *at, unsigned int ms)
{
	for (; ms && !bench_is_jump(at); ms -= 10)
		msleep(10);
}

static const char *route_of(const u8 *at)
{
	return bench_is_jump(at) ? "jump" : bench_is_breakpoint(at) ? "breakpoint" :
	       bench_is_call(at) ? "ftrace" : "none";
}

/**
 * bench_hit_begin - take the time without a probe, and register it
 * @hit: what to measure
 * @calls: how many calls to time
 *
 * Context: may sleep; waits until the probe is a jump, if it can be one
 * Return: 0, or what register_kprobe() says, which is reported
 */
int bench_hit_begin(struct bench_hit *hit, unsigned long calls)
{
	const struct bench_target *target = &bench_targets[hit->target];
	struct kretprobe *rp = &hit->rp;
	int err;

	hit->calls = calls;
	hit->without = time_undisturbed(target->call, calls);
	memset(rp, 0, sizeof(*rp));
	rp->kp.addr = target->at;
	if (hit->handlers & WITH_PRE)
		rp->kp.pre_handler = count_pre;
	if (hit->handlers & WITH_POST)
		rp->kp.post_handler = count_post;
	if (hit->handlers & WITH_RETURN) {
		rp->handler = count_return;
		err = register_kretprobe(rp);
	} else {
		err = register_kprobe(&rp->kp);
	}
	if (err)
		bench_fail(hit->name, "not registered: %d", err);
	else
		wait_for_jump(target->at, hit->jump ? JUMP_MS : NO_JUMP_MS);
	return err;
}

void bench_hit_end(struct bench_hit *hit)
{
	if (hit->handlers & WITH_RETURN)
		unregister_kretprobe(&hit->rp);
	else
		unregister_kprobe(&hit->rp.kp);
}

/**
 * bench_hit_measure - take the time with the probe
 * @hit: begun
 * @name: of the result
 *
 * Context: any that has interrupts on
 */
void bench_hit_measure(struct bench_hit *hit, const char *name)
{
	const struct bench_target *target = &bench_targets[hit->target];
	struct kretprobe *rp = &hit->rp;
	unsigned long missed = rp->kp.nmissed + rp->nmissed;
	unsigned long counted = *target->count, calls = hit->calls;
	u64 with;

	pre_hits = post_hits = returns = 0;
	bench_route(name, route_of(target->at));
	with = time_calls(target->call, calls);
	expect(name, "calls", *target->count - counted, calls);
	expect(name, "pre-handlers", pre_hits, hit->handlers & WITH_PRE ? calls : 0);
	expect(name, "post-handlers", post_hits, hit->handlers & WITH_POST ? calls : 0);
	expect(name, "return handlers", returns, hit->handlers & WITH_RETURN ? calls : 0);
	expect(name, "missed", rp->kp.nmissed + rp->nmissed - missed, 0);
	bench_value(cost(with, hit->without, calls), "%s", name);
}

/* A breakpoint of somebody else: what the exception alone costs, and the look-up. */

static unsigned long foreign_hits;

static int take_foreign(struct notifier_block *nb, unsigned long event, void *data)
{
	struct die_args *args = data;

	if (event != DIE_INT3 ||
	    args->regs->ip != (unsigned long)bench_targets[TARGET_INT3].at + INT3_INSN_SIZE)
		return NOTIFY_DONE;
	foreign_hits++;
	return NOTIFY_STOP;
}

static struct notifier_block foreign_nb = {
	.notifier_call	= take_foreign,
	.priority	= INT_MAX,
};

/* Compared with a function that has another instruction in place of the breakpoint */
int bench_foreign(const char *name, unsigned long calls)
{
	int err = register_die_notifier(&foreign_nb);
	u64 with, without;

	if (err)
		return err;
	foreign_hits = 0;
	with = time_calls(bench_targets[TARGET_INT3].call, calls);
	without = time_undisturbed(bench_targets[TARGET_MOV_IMM].call, calls);
	expect(name, "breakpoints", foreign_hits, calls);
	bench_value(cost(with, without, calls), "%s", name);
	unregister_die_notifier(&foreign_nb);
	return 0;
}

/* ftrace's own cost: a callback that wants all registers, as a probe does */

static unsigned long callbacks;

static void count_callback(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
			   struct ftrace_regs *fregs)
{
	callbacks++;
}

static struct ftrace_ops callback_ops = {
	.func	= count_callback,
	.flags	= FTRACE_OPS_FL_SAVE_REGS,
};

static int ftrace_floor(const char *name, unsigned long calls)
{
	const struct bench_target *target = &bench_targets[TARGET_TRACED];
	u64 with, without = time_undisturbed(target->call, calls);
	int err;

	err = ftrace_set_filter_ip(&callback_ops, (unsigned long)target->at, 0, 0);
	if (err)
		return err;
	err = register_ftrace_function(&callback_ops);
	if (err)
		return err;
	callbacks = 0;
	with = time_calls(target->call, calls);
	expect(name, "callbacks", callbacks, calls);
	bench_value(cost(with, without, calls), "%s", name);
	return unregister_ftrace_function(&callback_ops);
}

int bench_hits(unsigned long calls)
{
	struct bench_hit *hit;
	int err;

	err = bench_foreign("floor-exception", calls);
	if (!err)
		err = ftrace_floor("floor-ftrace", calls);
	if (err)
		return err;

	for (hit = hits; hit < hits + ARRAY_SIZE(hits); hit++) {
		if (bench_hit_begin(hit, calls))
			continue;
		bench_hit_measure(hit, hit->name);
		bench_hit_end(hit);
	}
	return 0;
}
