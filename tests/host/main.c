// SPDX-License-Identifier: GPL-2.0
/* All tests of the pure rooms. */
#include <stdio.h>

#include "native.h"
#include "test.h"

int main(void)
{
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
	random_tests();
	quick_stop();
	native_stop();
	return test_summary();
}
