// SPDX-License-Identifier: GPL-2.0
/*
 * Hits beside many other probes. Those are disabled, so that none of them is hit
 * where this is measured; they are registered, and a hit has to be told from
 * them. They come later than the probes that are hit: in a kernel that walks a
 * chain to find a probe, the first one registered is the last one found.
 */
#include <linux/kernel.h>

#include "bench.h"

#define CALLS	1000

static struct bench_hit hits[] = {
	{ "breakpoint-pre", TARGET_SHORT_ALU, WITH_PRE },
	{ "ftrace-pre", TARGET_TRACED, WITH_PRE },
};

/* How many other probes there are, and of which sizes the crowd has grown */
unsigned int bench_crowd_size;
static struct bench_probes *crowd[16];
static unsigned int nr_parts;
static unsigned int nr_begun;

static int begin(void)
{
	for (; nr_begun < ARRAY_SIZE(hits); nr_begun++) {
		int err = bench_hit_begin(&hits[nr_begun], CALLS);

		if (err)
			return err;
	}
	return 0;
}

static int grow(unsigned int nr)
{
	struct bench_probes *probes;

	if (nr_parts == ARRAY_SIZE(crowd))
		return -ENOSPC;
	probes = bench_probes_pick(&bench_text_early, nr);
	if (!probes)
		return -ENOMEM;
	crowd[nr_parts++] = probes;
	bench_crowd_size += probes->nr;
	return probes->nr == nr ? 0 : -ENOSPC;
}

/**
 * bench_crowd - what hits cost beside other probes
 * @nr: how many others; not fewer than the last time, or 0 for an end of all
 *
 * Context: may sleep
 * Return: 0, -ENOMEM, -EINVAL, -ENOSPC: the kernel does not accept that many
 */
int bench_crowd(unsigned long nr)
{
	char name[48];
	unsigned int i;
	int err;

	if (!nr)
		bench_crowd_exit();
	if (nr < bench_crowd_size)
		return -EINVAL;
	err = begin();
	if (!err && nr > bench_crowd_size)
		err = grow(nr - bench_crowd_size);
	if (err)
		return err;

	for (i = 0; i < ARRAY_SIZE(hits); i++) {
		snprintf(name, sizeof(name), "%s-%u", hits[i].name, bench_crowd_size);
		bench_hit_measure(&hits[i], name);
	}
	snprintf(name, sizeof(name), "foreign-%u", bench_crowd_size);
	err = bench_foreign(name, CALLS);
	if (err)
		return err;
	snprintf(name, sizeof(name), "fault-%u", bench_crowd_size);
	return bench_faults(name);
}

void bench_crowd_exit(void)
{
	while (nr_begun)
		bench_hit_end(&hits[--nr_begun]);
	while (nr_parts) {
		struct bench_probes *probes = crowd[--nr_parts];

		unregister_kprobes(probes->kps, probes->nr);
		bench_probes_free(probes);
	}
	bench_crowd_size = 0;
}
