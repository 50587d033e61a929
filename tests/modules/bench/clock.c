// SPDX-License-Identifier: GPL-2.0
/*
 * What is counted. Under QEMU's -icount shift=0 the TSC advances by one an
 * instruction, and jumps ahead while the CPU is idle; there the unit of all
 * costs is the instruction. Otherwise, with wall=1, it is the nanosecond.
 */
#include <linux/kernel_stat.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/tick.h>
#include <asm/msr.h>
#include <asm/tsc.h>

#include "bench.h"

static bool wall;
module_param(wall, bool, 0400);
MODULE_PARM_DESC(wall, "count nanoseconds, not instructions");

static u64 ticks_to_ns(u64 ticks)
{
	return mul_u64_u64_div_u64(ticks, 1000000, tsc_khz);
}

u64 bench_units(u64 ticks)
{
	return wall ? ticks_to_ns(ticks) : ticks;
}

void bench_start(struct bench_span *span)
{
	span->idle_us = get_cpu_idle_time_us(0, NULL);
	span->ticks = rdtsc_ordered();
}

void bench_stop(struct bench_span *span)
{
	span->ticks = rdtsc_ordered() - span->ticks;
	span->idle_us = get_cpu_idle_time_us(0, NULL) - span->idle_us;
}

/* How long it took, waiting included */
u64 bench_ns(const struct bench_span *span)
{
	return ticks_to_ns(span->ticks);
}

/* What it took of the CPU; a virtual nanosecond is an instruction */
u64 bench_work(const struct bench_span *span)
{
	u64 units = bench_units(span->ticks);
	u64 idle = span->idle_us * 1000;

	return units > idle ? units - idle : 0;
}
