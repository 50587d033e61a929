// SPDX-License-Identifier: GPL-2.0
/*
 * What it costs to register and unregister probes, one by one and many with one
 * call, how much memory they take, and who has to wait.
 */
#include <linux/delay.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "bench.h"

/* Milliseconds without a further jump after which there will not be one, and at most */
#define SETTLED_MS	500
#define SETTLE_MS	60000

static unsigned long hits;

static int count_pre(struct kprobe *kp, struct pt_regs *regs)
{
	hits++;
	return 0;
}

static bool is_armed(const u8 *at, const u8 *was)
{
	return memcmp(at, was, BENCH_JUMP_SIZE);
}

static bool is_jump(const u8 *at, const u8 *was)
{
	return bench_is_jump(at) && is_armed(at, was);
}

static unsigned int count_text(const struct bench_probes *probes,
			       bool (*shows)(const u8 *at, const u8 *was))
{
	unsigned int i, count = 0;

	for (i = 0; i < probes->nr; i++)
		count += shows((u8 *)probes->kp[i].addr, probes->was[i]);
	return count;
}

/* As they are handed to register_kprobes() */
static void ready(struct bench_probes *probes)
{
	unsigned int i;

	for (i = 0; i < probes->nr; i++) {
		kprobe_opcode_t *addr = probes->kp[i].addr;

		probes->kp[i] = (struct kprobe){ .addr = addr, .pre_handler = count_pre };
	}
}

/* Probes that the kernel accepts in @text, not registered any more */
static struct bench_probes *choose(const char *name, const struct bench_text *text,
				   unsigned int nr)
{
	struct bench_probes *probes = bench_probes_pick(text, nr);

	if (!probes) {
		bench_fail(name, "no memory");
		return NULL;
	}
	unregister_kprobes(probes->kps, probes->nr);
	if (probes->nr < nr)
		bench_fail(name, "only %u of %u places", probes->nr, nr);
	ready(probes);
	return probes;
}

/* Wait until no further probe becomes a jump, and say how many are */
static unsigned int settle(const struct bench_probes *probes)
{
	unsigned int jumps = count_text(probes, is_jump), before, ms = 0;

	do {
		before = jumps;
		msleep(SETTLED_MS);
		ms += SETTLED_MS;
		jumps = count_text(probes, is_jump);
	} while (jumps != before && ms < SETTLE_MS);
	return jumps;
}

/*
 * Wait until the text is as it was: the in-tree kprobes turn jumps back some time
 * after the probes have been unregistered.
 */
static unsigned int wait_for_text(const struct bench_probes *probes)
{
	unsigned int armed, ms = 0;

	while ((armed = count_text(probes, is_armed)) && ms < SETTLE_MS) {
		msleep(1);
		ms++;
	}
	return armed;
}

/* Memory that nobody has, when all is back that was to be freed later */
static unsigned long free_bytes(void)
{
	void (*drain_all_pages)(struct zone *zone) = (void *)bench_lookup("drain_all_pages");
	struct sysinfo info;

	synchronize_rcu();
	rcu_barrier();
	msleep(SETTLED_MS);
	if (drain_all_pages)
		drain_all_pages(NULL);
	si_meminfo(&info);
	return info.freeram * info.mem_unit;
}

static const struct names {
	const char *registering, *unregistering;
} in_module_names = { "register-module", "unregister-module" },
  in_kernel_names = { "register-kernel", "unregister-kernel" };

/* The mean of a registration and of an unregistration, each on its own */
static void one_by_one(const struct names *names, struct bench_probes *probes)
{
	u64 registering = 0, unregistering = 0, ns = 0;
	struct bench_span span;
	unsigned int i;
	int err;

	for (i = 0; i < probes->nr; i++) {
		struct kprobe *kp = &probes->kp[i];

		bench_start(&span);
		err = register_kprobe(kp);
		bench_stop(&span);
		registering += bench_work(&span);
		if (err || !is_armed((u8 *)kp->addr, probes->was[i]))
			bench_fail(names->registering, "%pS: %d, not armed", kp->addr, err);

		bench_start(&span);
		unregister_kprobe(kp);
		bench_stop(&span);
		unregistering += bench_work(&span);
		ns += bench_ns(&span);
		if (is_armed((u8 *)kp->addr, probes->was[i]))
			bench_fail(names->unregistering, "%pS: armed still", kp->addr);
	}
	bench_value(div_u64(registering, probes->nr), "%s-%u", names->registering, bench_crowd_size);
	bench_value(div_u64(unregistering, probes->nr), "%s-%u", names->unregistering, bench_crowd_size);
	bench_value(div_u64(ns, probes->nr), "%s-ns-%u", names->unregistering, bench_crowd_size);
}

/**
 * bench_one - probes registered one by one, in this module and in the kernel
 * @nr: how many in the kernel
 *
 * Context: may sleep
 * Return: 0, -ENOMEM
 */
int bench_one(unsigned long nr)
{
	static const enum bench_target_id targets[] = {
		TARGET_MOV_IMM, TARGET_ALU, TARGET_PUSH, TARGET_SHORT_MOV, TARGET_SHORT_JMP,
	};
	static struct kprobe in_module[ARRAY_SIZE(targets)];
	static u8 was[ARRAY_SIZE(targets)][BENCH_JUMP_SIZE];
	struct bench_probes module = { .kp = in_module, .was = was, .nr = ARRAY_SIZE(targets) };
	struct bench_probes *kernel = choose("register-kernel", &bench_text_inside, nr);
	unsigned int i;

	if (!kernel)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		in_module[i].addr = bench_targets[targets[i]].at;
		memcpy(was[i], in_module[i].addr, BENCH_JUMP_SIZE);
	}
	ready(&module);
	one_by_one(&in_module_names, &module);
	one_by_one(&in_kernel_names, kernel);
	bench_probes_free(kernel);
	return 0;
}

/*
 * Register and unregister all with one call each. Work is given per probe, and so
 * is memory; the time of the unregistration, which may be mostly waiting, for all.
 */
static void all_at_once(const char *kind, struct bench_probes *probes, bool wait)
{
	unsigned int nr = probes->nr, armed, jumps = 0;
	unsigned long before = free_bytes(), after;
	struct bench_span span;
	int err;

	bench_start(&span);
	err = register_kprobes(probes->kps, nr);
	bench_stop(&span);
	if (err) {
		bench_fail(kind, "%u not registered: %d", nr, err);
		return;
	}
	bench_value(div_u64(bench_work(&span), nr), "%s-register-%u", kind, nr);
	armed = count_text(probes, is_armed);
	if (armed != nr)
		bench_fail(kind, "%u of %u armed", armed, nr);
	if (wait)
		jumps = settle(probes);
	bench_value(jumps, "%s-jumps-%u", kind, nr);
	after = free_bytes();
	bench_value(before > after ? (before - after) / nr : 0, "%s-memory-%u", kind, nr);

	bench_start(&span);
	unregister_kprobes(probes->kps, nr);
	bench_stop(&span);
	bench_value(div_u64(bench_work(&span), nr), "%s-unregister-%u", kind, nr);
	bench_value(bench_ns(&span), "%s-unregister-ns-%u", kind, nr);

	bench_start(&span);
	armed = wait_for_text(probes);
	bench_stop(&span);
	bench_value(bench_ns(&span), "%s-text-back-ns-%u", kind, nr);
	if (armed)
		bench_fail(kind, "%u of %u armed still", armed, nr);
}

static int batch(const char *kind, const struct bench_text *text, unsigned long nr, bool wait)
{
	struct bench_probes *probes = choose(kind, text, nr);

	if (!probes)
		return -ENOMEM;
	all_at_once(kind, probes, wait);
	bench_probes_free(probes);
	return 0;
}

/* With debug.kprobes-optimization off: user space sees to that */
int bench_batch(unsigned long nr)
{
	return batch("batch", &bench_text_inside, nr, false);
}

int bench_jumps(unsigned long nr)
{
	return batch("jumps", &bench_text_inside, nr, true);
}

int bench_ftrace(unsigned long nr)
{
	return batch("traced", &bench_text_traced, nr, false);
}

/**
 * bench_next - how long a registration takes right after many jumps have gone
 * @nr: how many are registered; some of them have no room for a jump
 *
 * Context: may sleep
 * Return: 0, -ENOMEM, or what register_kprobes() says
 */
int bench_next(unsigned long nr)
{
	struct kprobe next = { .addr = bench_targets[TARGET_ALU].at, .pre_handler = count_pre };
	struct bench_probes *probes = choose("next", &bench_text_inside, nr);
	struct bench_span span;
	int err;

	if (!probes)
		return -ENOMEM;
	err = register_kprobes(probes->kps, probes->nr);
	if (err)
		goto out;
	bench_value(settle(probes), "next-jumps");
	bench_start(&span);
	unregister_kprobes(probes->kps, probes->nr);
	bench_stop(&span);
	bench_value(bench_ns(&span), "next-unregister-ns");

	bench_start(&span);
	err = register_kprobe(&next);
	bench_stop(&span);
	bench_value(bench_ns(&span), "next-ns");
	if (err)
		bench_fail("next", "not registered: %d", err);
	else
		unregister_kprobe(&next);
	err = 0;
out:
	bench_probes_free(probes);
	return err;
}
