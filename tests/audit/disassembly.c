// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disassembly.h"

bool insn_is(const char *text, const char *mnemonic)
{
	size_t len = strlen(mnemonic);

	return !strncmp(text, mnemonic, len) && (text[len] == '\0' || text[len] == ' ');
}

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

bool insn_is_call(const char *text)
{
	return begins(text, "call") || begins(text, "lcall");
}

bool insn_is_branch(const char *text)
{
	return text[0] == 'j' || insn_is_call(text) || begins(text, "loop") || insn_is(text, "xbegin");
}

/* The address is the last word before " <NAME+0xOFFSET>". */
bool insn_target(const char *text, uint64_t *target, char *name)
{
	const char *symbol = strstr(text, " <"), *digits = symbol;

	while (symbol && digits > text && strchr("0123456789abcdef", digits[-1]))
		digits--;
	if (strchr(text, '*') || !symbol || digits == symbol || (digits > text && digits[-1] != ' '))
		return false;
	*target = strtoull(digits, NULL, 16);
	snprintf(name, 256, "%.*s", (int)strcspn(symbol + 2, "+>"), symbol + 2);
	return true;
}

/* Prefixes that are printed as words of their own */
static const char *without_prefixes(const char *text)
{
	static const char * const prefix[] = {
		"bnd", "notrack", "cs", "ds", "es", "ss", "fs", "gs", "data16", "addr32", "rep",
		"repz", "repnz", "lock", "rex.W", "xacquire", "xrelease",
	};
	unsigned int i = 0;

	while (i < sizeof(prefix) / sizeof(prefix[0])) {
		if (insn_is(text, prefix[i]) && text[strlen(prefix[i])]) {
			text += strlen(prefix[i]);
			text += strspn(text, " ");
			i = 0;
		} else {
			i++;
		}
	}
	return text;
}

void disassembly_read(void (*see_symbol)(uint64_t addr, const char *name),
		      void (*see_insn)(const struct line *line))
{
	char *buf = NULL, text[256] = "", symbol[256] = "";
	struct line line = { .symbol = symbol };
	size_t size = 0;

	/* An instruction ends where the next line begins. */
	while (getline(&buf, &size, stdin) > 0) {
		uint64_t addr;
		char *rest;

		buf[strcspn(buf, "\n")] = '\0';
		if (begins(buf, "Disassembly of section ")) {
			line.replaces = strstr(buf, ".altinstr");
			continue;
		}
		addr = strtoull(buf, &rest, 16);
		if (rest == buf)
			continue;
		if (text[0]) {
			line.next = addr;
			line.text = without_prefixes(text);
			see_insn(&line);
		}
		text[0] = '\0';
		line.addr = addr;
		if (begins(rest, " <")) {
			snprintf(symbol, sizeof(symbol), "%.*s", (int)strcspn(rest + 2, ">"), rest + 2);
			see_symbol(addr, symbol);
		} else if (begins(rest, ":\t")) {
			snprintf(text, sizeof(text), "%s", rest + 2);
		}
	}
	free(buf);
}
