// SPDX-License-Identifier: GPL-2.0
/*
 * Functions for KUnit tests to probe that ftrace can trace, other than the rest
 * of this directory.
 */
#include "test.h"

int kprobe_test_traced_a(int arg)
{
	return arg + 1000;
}

int kprobe_test_traced_b(int arg)
{
	return arg + 2000;
}

int kprobe_test_traced_c(int arg)
{
	return arg + 3000;
}
