/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel's image, vmlinux: its sections, symbols and bytes, of 64 or of 32 bits. */
#ifndef _IMAGE_H
#define _IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct section - a section of the image
 * @name: its name
 * @addr: where it is when the kernel runs
 * @bytes: its contents
 * @size: how many bytes
 * @is_data: it is loaded, has contents, and is not executed
 */
struct section {
	const char *name;
	uint64_t addr, size;
	const unsigned char *bytes;
	bool is_data;
};

extern struct section *sections;
extern unsigned int nr_sections;
extern bool is_64;

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *fmt, ...);

void image_read(const char *path);
const struct section *image_section(const char *name);

/* The address of a symbol, 0 if there is none of that name */
uint64_t image_symbol(const char *name);

/* What the image has at an address, NULL if nothing */
const unsigned char *image_at(uint64_t addr);

/* A word of a pointer's size */
uint64_t image_word(const unsigned char *bytes);

#endif
