// SPDX-License-Identifier: GPL-2.0
/*
 * A program whose system calls are known to the last one: for counting.
 *
 *   workload N                  N times: open /dev/zero, read from it, close it, getppid
 *   workload N FUNCTION         the same, with the kernel's function probed
 *                               through the PMU named kprobe; prints the count
 *   workload N FUNCTION return  its return is probed
 *
 * Linked statically, it reads nothing and opens nothing before main().
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PMU_TYPE "/sys/bus/event_source/devices/kprobe/type"

static void fail(const char *what)
{
	fprintf(stderr, "workload: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned int pmu_type(void)
{
	unsigned int type;
	FILE *file = fopen(PMU_TYPE, "r");

	if (!file || fscanf(file, "%u", &type) != 1)
		fail(PMU_TYPE);
	fclose(file);
	return type;
}

/* The event counts for this process only, and is off until it is enabled. */
static int open_pmu(const char *function, int is_return)
{
	struct perf_event_attr attr = {
		.size		= sizeof(attr),
		.type		= pmu_type(),
		.config		= is_return,
		.kprobe_func	= (uintptr_t)function,
		.disabled	= 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);

	if (fd < 0)
		fail(function);
	return fd;
}

static void work(unsigned long times)
{
	char byte;
	int fd;

	while (times--) {
		fd = open("/dev/zero", O_RDONLY);
		if (fd < 0 || read(fd, &byte, 1) != 1)
			fail("/dev/zero");
		close(fd);
		getppid();
	}
}

static void work_probed(unsigned long times, const char *function, int is_return)
{
	uint64_t count;
	int fd = open_pmu(function, is_return);

	ioctl(fd, PERF_EVENT_IOC_ENABLE, 0);
	work(times);
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	if (read(fd, &count, sizeof(count)) != sizeof(count))
		fail("the count");
	printf("%llu\n", (unsigned long long)count);
}

int main(int argc, char **argv)
{
	unsigned long times;

	if (argc < 2) {
		fprintf(stderr, "usage: workload N [FUNCTION [return]]\n");
		return 2;
	}
	times = strtoul(argv[1], NULL, 10);
	if (argc == 2)
		work(times);
	else
		work_probed(times, argv[2], argc > 3);
	return 0;
}
