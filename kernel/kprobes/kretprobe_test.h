/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of return probes share: a return probe that leaves a trace.
 */
#ifndef _KERNEL_KPROBES_KRETPROBE_TEST_H
#define _KERNEL_KPROBES_KRETPROBE_TEST_H

#include "test.h"

/**
 * struct kretprobe_test - a return probe that leaves a trace
 * @rp: the return probe
 * @name: a lower-case letter. In the trace it stands for the entry, in upper case
 *	for the return
 * @entry_result: what the entry handler returns
 * @returned: what the last call has returned
 * @ret_addr: where to
 * @entries: times that the entry handler ran, also on several CPUs at a time
 * @returns: the same of the handler
 * @wrong: handlers that did not find what they should
 */
struct kretprobe_test {
	struct kretprobe rp;
	char name;
	int entry_result;
	unsigned long returned;
	unsigned long ret_addr;
	atomic_t entries;
	atomic_t returns;
	int wrong;
};

struct kretprobe_test *kretprobe_test_of(struct kretprobe_instance *ri);
struct kretprobe_test *kretprobe_test(struct kunit *test, char name, void *addr);
struct kretprobe_test *kretprobe_test_registered(struct kunit *test, char name, void *addr);

#endif /* _KERNEL_KPROBES_KRETPROBE_TEST_H */
