/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TALLY_H
#define TALLY_H

#include <linux/percpu.h>

/* Of a field of the module's per-CPU variable tallies. */
#define SUM(field)							\
({									\
	unsigned long sum = 0;						\
	int cpu;							\
									\
	for_each_possible_cpu(cpu)					\
		sum += READ_ONCE(per_cpu(tallies, cpu).field);		\
	sum;								\
})

#endif
