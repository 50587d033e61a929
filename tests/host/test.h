/* SPDX-License-Identifier: GPL-2.0 */
/* One line a test: "ok name", or "not ok name: why" with the first reason. */
#ifndef _TEST_H
#define _TEST_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/compiler.h>
#include <linux/types.h>

__printf(1, 2) void test_begin(const char *fmt, ...);
__printf(1, 2) void test_fail(const char *fmt, ...);
__printf(1, 2) void test_skip(const char *fmt, ...);
void test_end(void);

/* The one since test_begin(): has it failed, and why? */
bool test_has_failed(void);
const char *test_reason(void);

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
void form_tests(void);
void random_tests(void);

#endif
