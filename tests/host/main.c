// SPDX-License-Identifier: GPL-2.0
/* All tests of the pure rooms. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "native.h"
#include "test.h"

/* "named": without the random ones, which take longest. */
int main(int argc, char **argv)
{
	bool named = argc > 1 && !strcmp(argv[1], "named");

	setvbuf(stdout, NULL, _IOLBF, 0);
	native_start();
	quick_start();
	glance_tests();
	classify_tests();
	relocate_tests();
	branch_tests();
	data_tests();
	resume_tests();
	slot_tests();
	form_tests();
	if (!named)
		random_tests();
	quick_stop();
	native_stop();
	return test_summary();
}
