/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One line a test: "ok name", or "not ok name: why" with the first reason. Each runs in
 * a process of its own, so that one that dies has failed, by name, and the rest runs:
 *
 *	TEST("name %d", nr) {
 *		...
 *	}
 *
 * The block may be left by continue, not by return. What it prints comes before its line.
 */
#ifndef _TEST_H
#define _TEST_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/compiler.h>
#include <linux/types.h>

#include "premises.h"

#define TEST(...)	for (; test_begin(__VA_ARGS__); test_end())

/* True in the test's own process; false in the one that has waited for it. */
__printf(1, 2) bool test_begin(const char *fmt, ...);
__attribute__((noreturn)) void test_end(void);

/* One that does not end with the process that it is in: for the fuzzer. */
void test_alone(const char *name);

__printf(1, 2) void test_fail(const char *fmt, ...);
__printf(1, 2) void test_skip(const char *fmt, ...);
/* The test is skipped, if it has not failed, unless the premise holds. Returns whether it does. */
bool test_needs(enum premise premise);

/* The same, but only a part of the test is skipped, for which there is a line of its own. */
bool test_part_needs(enum premise premise);

/* From now on: each test. */
void test_all_need(enum premise premise);

/* The one since test_begin(): has it failed, and why? */
bool test_has_failed(void);
const char *test_reason(void);

/* What is to end with each test. */
extern void (*test_at_end)(void);

/* Print how many there were; 1 if one has failed. */
int test_summary(void);

/* What a failure within the test is to say first. */
__printf(1, 2) void test_context(const char *fmt, ...);

/* Bytes as text, valid until the next call but three. */
const char *hex(const u8 *bytes, size_t len);

void glance_tests(void);
void classify_tests(void);
void relocate_tests(void);
void branch_tests(void);
void data_tests(void);
void resume_tests(void);
void slot_tests(void);
void table_tests(void);
void form_tests(void);
void random_tests(void);

/* Of the program interleave. */
void nmi_table_tests(void);
void nmi_hit_tests(void);
void fetch_tests(void);

#endif
