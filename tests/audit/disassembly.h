/* SPDX-License-Identifier: GPL-2.0 */
/* What objdump -dz --no-show-raw-insn prints of an image. */
#ifndef _DISASSEMBLY_H
#define _DISASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct line - an instruction
 * @addr: where it is
 * @next: where the next one is
 * @text: mnemonic and operands, without prefixes
 * @symbol: the symbol that it is in
 * @replaces: it is not executed where it is: the kernel copies it over another one
 */
struct line {
	uint64_t addr, next;
	const char *text;
	const char *symbol;
	bool replaces;
};

/* Reads the standard input; each symbol is seen before its instructions. */
void disassembly_read(void (*see_symbol)(uint64_t addr, const char *name),
		      void (*see_insn)(const struct line *line));

/* Does the text begin with that mnemonic? */
bool insn_is(const char *text, const char *mnemonic);

bool insn_is_call(const char *text);

/* A jump, call, loop or the like, also an indirect one */
bool insn_is_branch(const char *text);

/* Where a direct branch leads, false if it is indirect; name has room for 256 bytes */
bool insn_target(const char *text, uint64_t *target, char *name);

#endif
