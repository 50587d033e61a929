// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "test.h"

/* A test that takes longer does not end. */
#define PATIENCE_SECONDS	400

/**
 * struct verdict - what comes of a test, in memory that its process shares
 * @result: PASSED until something else is known
 * @has_ended: it has come to its end
 * @parts: the premises that some part of it has missed
 * @reason: why it has failed, or is skipped
 */
struct verdict {
	enum { PASSED, FAILED, SKIPPED } result;
	bool has_ended;
	unsigned int parts;
	char reason[640];
};

static char name[128];
static char context[96];
static struct verdict own;		/* without a process of its own */
static struct verdict *verdict = &own;
static unsigned int passed, failed, skipped;

static enum premise all_need = NR_PREMISES;

void (*test_at_end)(void);

static void report(void)
{
	unsigned int i;

	switch (verdict->result) {
	case PASSED:
		passed++;
		printf("ok %s\n", name);
		break;
	case FAILED:
		failed++;
		printf("not ok %s: %s\n", name, verdict->reason);
		if (getenv("STOP_AT_FAILURE"))
			exit(1);
		break;
	case SKIPPED:
		skipped++;
		printf("ok %s # SKIP %s\n", name, verdict->reason);
		return;
	}
	for (i = 0; i < NR_PREMISES; i++) {
		if (verdict->parts & 1U << i) {
			skipped++;
			printf("ok %s (what needs %s) # SKIP %s\n", name, premise_names[i],
			       premise_text(i));
		}
	}
}

/* The test's process has ended, in whatever way. */
static void judge(int status)
{
	if (WIFSIGNALED(status))
		test_fail("it has died: %s", strsignal(WTERMSIG(status)));
	else if (!verdict->has_ended)
		test_fail("it has ended with status %d", WEXITSTATUS(status));
	report();
}

static void reset(void)
{
	memset(verdict, 0, sizeof(*verdict));
	context[0] = 0;
}

void test_alone(const char *new_name)
{
	snprintf(name, sizeof(name), "%s", new_name);
	reset();
}

/* ONLY: those with that in their name. */
static bool is_wanted(void)
{
	const char *only = getenv("ONLY");

	return !only || strstr(name, only);
}

bool test_begin(const char *fmt, ...)
{
	va_list args;
	int status;
	pid_t pid;

	va_start(args, fmt);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	if (verdict == &own) {
		verdict = mmap(NULL, sizeof(*verdict), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (verdict == MAP_FAILED)
			exit(2);
	}
	reset();
	if (!is_wanted())
		return false;
	if (all_need < NR_PREMISES && !test_needs(all_need)) {
		report();
		return false;
	}
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(PATIENCE_SECONDS);
		return true;
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("fork");
		exit(2);
	}
	judge(status);
	return false;
}

void test_end(void)
{
	if (test_at_end)
		test_at_end();
	verdict->has_ended = true;
	fflush(stdout);
	_exit(0);
}

void test_fail(const char *fmt, ...)
{
	va_list args;
	int used;

	if (verdict->result == FAILED)
		return;
	va_start(args, fmt);
	used = snprintf(verdict->reason, sizeof(verdict->reason), "%s", context);
	vsnprintf(verdict->reason + used, sizeof(verdict->reason) - used, fmt, args);
	va_end(args);
	verdict->result = FAILED;
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

	if (verdict->result != PASSED)
		return;
	va_start(args, fmt);
	vsnprintf(verdict->reason, sizeof(verdict->reason), fmt, args);
	va_end(args);
	verdict->result = SKIPPED;
}

bool test_needs(enum premise premise)
{
	if (!premise_holds(premise))
		test_skip("%s", premise_text(premise));
	return premise_holds(premise);
}

void test_all_need(enum premise premise)
{
	all_need = premise;
}

bool test_part_needs(enum premise premise)
{
	if (!premise_holds(premise))
		verdict->parts |= 1U << premise;
	return premise_holds(premise);
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

bool test_has_failed(void)
{
	return verdict->result == FAILED;
}

const char *test_reason(void)
{
	return verdict->reason;
}

int test_summary(void)
{
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed ? 1 : 0;
}
