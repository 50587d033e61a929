// SPDX-License-Identifier: GPL-2.0
/* All tests of the pure rooms. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "native.h"
#include "test.h"

static void stop_children(void)
{
	quick_stop();
	native_stop();
}

/* "named": without the forms and the random ones, which take longest. */
int main(int argc, char **argv)
{
	bool named = argc > 1 && !strcmp(argv[1], "named");

	setvbuf(stdout, NULL, _IOLBF, 0);
	test_at_end = stop_children;
	premises_read(argv[0], true);
	if (premise_holds(PREMISE_ARENA))
		native_map();
	glance_tests();
	classify_tests();
	relocate_tests();
	table_tests();
	test_all_need(PREMISE_ARENA);
	branch_tests();
	data_tests();
	resume_tests();
	slot_tests();
	if (!named) {
		form_tests();
		random_tests();
	}
	return test_summary();
}
