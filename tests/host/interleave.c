// SPDX-License-Identifier: GPL-2.0
/*
 * The tests of what the kernel's memory model does not know: a program of its own, since the
 * files with kernel dependencies are compiled for it against world/, without sanitizers.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "test.h"

/* "named": only those that take no time, as of the program test. */
int main(int argc, char **argv)
{
	bool named = argc > 1 && !strcmp(argv[1], "named");

	setvbuf(stdout, NULL, _IOLBF, 0);
	premises_read(argv[0], false);
	nmi_table_tests();
	if (!named) {
		nmi_hit_tests();
		fetch_tests();
	}
	return test_summary();
}
