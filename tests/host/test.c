// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "native.h"
#include "test.h"

static char name[128];
static char reason[256];
static char context[96];
static enum { PASSED, FAILED, SKIPPED } result;
static unsigned int passed, failed, skipped;

void test_begin(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	result = PASSED;
	context[0] = 0;
}

void test_fail(const char *fmt, ...)
{
	va_list args;
	int used;

	if (result == FAILED)
		return;
	va_start(args, fmt);
	used = snprintf(reason, sizeof(reason), "%s", context);
	vsnprintf(reason + used, sizeof(reason) - used, fmt, args);
	va_end(args);
	result = FAILED;
}

void test_context(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(context, sizeof(context), fmt, args);
	va_end(args);
}

void test_skip(const char *fmt, ...)
{
	va_list args;

	if (result != PASSED)
		return;
	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	result = SKIPPED;
}

void test_end(void)
{
	switch (result) {
	case PASSED:
		passed++;
		printf("ok %s\n", name);
		break;
	case FAILED:
		failed++;
		printf("not ok %s: %s\n", name, reason);
		break;
	case SKIPPED:
		skipped++;
		printf("ok %s # SKIP %s\n", name, reason);
		break;
	}
}

const char *hex(const u8 *bytes, size_t len)
{
	static char bufs[4][64];
	static unsigned int turn;
	char *buf = bufs[turn++ % 4];
	size_t i;

	buf[0] = 0;
	for (i = 0; i < len && i < 20; i++)
		sprintf(buf + 3 * i, "%02x ", bytes[i]);
	if (i)
		buf[3 * i - 1] = 0;
	return buf;
}

/* "named": without the random ones, which take longest. */
int main(int argc, char **argv)
{
	bool named = argc > 1 && !strcmp(argv[1], "named");

	setvbuf(stdout, NULL, _IOLBF, 0);
	native_start();
	glance_tests();
	classify_tests();
	relocate_tests();
	branch_tests();
	data_tests();
	resume_tests();
	slot_tests();
	if (!named)
		random_tests();
	native_stop();
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}
