// SPDX-License-Identifier: GPL-2.0
/*
 * places VMLINUX FREE <DISASSEMBLY: the instructions of a kernel that must not become jumps
 *
 * A jump in place of a probed instruction takes the five bytes from its address on. It is
 * wrong if a CPU can enter these bytes anywhere but at the first, or if the kernel patches
 * or looks up one of them. Which instructions these are follows from the image alone: the
 * disassembly that objdump -dz prints, and tables in the ELF file. Nothing of the stack is
 * used. Where the kernel's alternatives replace code at boot, the image does not show what
 * runs: branches in such code are counted, and not taken as a reason.
 *
 * Prints "ROUND ADDRESS REASONS", in hexadecimal. Instructions of one round are so far
 * apart that no probe is in the way of another one's jump. Among them are about FREE
 * instructions for which there is no reason, the same ones each time, with the reason
 * "free": most of these are to become jumps. Then lines "# WHAT NUMBER".
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disassembly.h"
#include "image.h"

#define JUMP_SIZE	5
#define APART		20	/* a jump, and 15 bytes of the instruction at its end */
#define ROUNDS_MAX	64

/* Why a CPU, or the kernel, may look for an instruction at an address. */
enum reason {
	BRANCH,		/* a direct branch or call leads there */
	SYMBOL,		/* a symbol begins there */
	ENDBR,		/* an indirect branch may lead there */
	RETURN,		/* a call returns there */
	HALT,		/* a CPU that was halted, offline or in a hypervisor goes on there */
	FIXUP,		/* the exception table leads there */
	LABEL,		/* a jump label leads there */
	DATA,		/* its address is in the data, and its function has an indirect jump */
	/* For all bytes of an instruction: */
	PATCHED,	/* a jump label, a static call, a call of ftrace */
	BUG,		/* UD2: the kernel looks its address up */
	NR_REASONS,
};

static const char * const reason_name[NR_REASONS] = {
	"branch", "symbol", "endbr", "return", "halt", "fixup", "label", "data", "patched", "bug",
};

/* The text: for each of its bytes what is known of it. */
static uint64_t text_start, text_end;
static uint16_t *reasons;	/* bits of enum reason */
static uint8_t *length;		/* of the instruction that begins there */
static bool *replaced;		/* by an alternative */

static unsigned long weak_branches;

/* The symbols of the text, by address. */
static struct symbol {
	char *name;
	uint64_t addr;
	bool jumps;		/* it has an indirect jump */
} *symbols;
static size_t nr_symbols;

static bool in_text(uint64_t addr)
{
	return addr >= text_start && addr < text_end;
}

static void note(uint64_t addr, enum reason reason)
{
	if (in_text(addr))
		reasons[addr - text_start] |= 1 << reason;
}

static void note_range(uint64_t addr, unsigned int len, enum reason reason)
{
	while (len--)
		note(addr++, reason);
}

/*
 * The disassembly
 */

/* After these a CPU may be offline, asleep or in the hypervisor for any time. */
static bool is_halt(const char *text)
{
	static const char * const names[] = {
		"hlt", "mwait", "mwaitx", "vmcall", "vmmcall", "vmgexit", "tdcall", "seamcall",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (insn_is(text, names[i]))
			return true;
	}
	return false;
}

static void see_symbol(uint64_t addr, const char *name)
{
	note(addr, SYMBOL);
	if (nr_symbols % 4096 == 0)
		symbols = realloc(symbols, (nr_symbols + 4096) * sizeof(*symbols));
	if (!symbols)
		die("no memory");
	symbols[nr_symbols++] = (struct symbol) { .name = strdup(name), .addr = addr };
}

/* What the kernel replaces at boot may never run. */
static void see_branch(const struct line *line)
{
	char name[256];
	uint64_t target;

	if (!insn_target(line->text, &target, name)) {
		if (line->text[0] == 'j' && nr_symbols)
			symbols[nr_symbols - 1].jumps = true;
		return;
	}
	if (line->replaces || (in_text(line->addr) && replaced[line->addr - text_start]))
		weak_branches++;
	else
		note(target, BRANCH);
}

static void see_insn(const struct line *line)
{
	if (insn_is_branch(line->text))
		see_branch(line);
	if (!in_text(line->addr))
		return;
	/* Functions are padded with INT3. */
	if (line->next - line->addr < 16 && !insn_is(line->text, "int3"))
		length[line->addr - text_start] = line->next - line->addr;
	if (insn_is_call(line->text))
		note(line->next, RETURN);
	if (is_halt(line->text))
		note(line->next, HALT);
	if (insn_is(line->text, "endbr64") || insn_is(line->text, "endbr32"))
		note(line->addr, ENDBR);
	if (insn_is(line->text, "ud2"))
		note_range(line->addr, line->next - line->addr, BUG);
}

/*
 * Tables
 */

static int32_t s32_at(const unsigned char *bytes)
{
	int32_t number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

/* Where a number of 32 bits leads that is relative to its own place. */
static uint64_t relative(uint64_t entry, unsigned int offset)
{
	uint64_t addr = entry + offset + s32_at(image_at(entry) + offset);

	return is_64 ? addr : (uint32_t)addr;
}

/* Calls see() for each entry of the table between two symbols; returns how many. */
static unsigned long walk(const char *start, const char *stop, unsigned int size,
			  void (*see)(uint64_t entry))
{
	uint64_t entry = image_symbol(start), end = image_symbol(stop);
	unsigned long nr = 0;

	for (; entry && entry + size <= end; entry += size, nr++)
		see(entry);
	return nr;
}

/* struct exception_table_entry: instruction, fixup, type */
static void see_fixup(uint64_t entry)
{
	note(relative(entry, 4), FIXUP);
}

/* struct jump_entry: code, target, key. A label has two bytes or five. */
static void see_label(uint64_t entry)
{
	uint64_t code = relative(entry, 0);

	if (in_text(code))
		note_range(code, length[code - text_start], PATCHED);
	note(relative(entry, 4), LABEL);
}

/* struct static_call_site: address, key */
static void see_static_call(uint64_t entry)
{
	note_range(relative(entry, 0), JUMP_SIZE, PATCHED);
}

/* An address of __mcount_loc: a call that ftrace makes a NOP, and back. */
static void see_traced(uint64_t entry)
{
	note_range(image_word(image_at(entry)), JUMP_SIZE, PATCHED);
}

/* struct alt_instr: instruction, replacement, flags, two lengths */
static void see_alternative(uint64_t entry)
{
	uint64_t insn = relative(entry, 0);
	unsigned int len = image_at(entry)[12];

	while (len--) {
		if (in_text(insn))
			replaced[insn - text_start] = true;
		insn++;
	}
}

/* The symbols of a section are in the order of their addresses; that of all text is one. */
static const struct symbol *symbol_at(uint64_t addr)
{
	size_t low = 0, high = nr_symbols;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (symbols[mid].addr <= addr)
			low = mid;
		else
			high = mid;
	}
	return &symbols[low];
}

/* The function at an address, or what the compiler has split off it, jumps indirectly. */
static bool jumps_indirectly(uint64_t addr)
{
	const struct symbol *symbol = symbol_at(addr);
	size_t i, len = strcspn(symbol->name, ".");

	if (symbol->jumps)
		return true;
	for (i = 0; i < nr_symbols; i++) {
		if (symbols[i].jumps && !strncmp(symbols[i].name, symbol->name, len) &&
		    (symbols[i].name[len] == '.' || symbols[i].name[len] == '\0'))
			return true;
	}
	return false;
}

/*
 * Addresses of labels: tables of jumps, addresses that assembly keeps. In a kernel with
 * IBT no indirect branch uses one unless there is an ENDBR: objtool sees to that. Other
 * words may look like an address by chance, on 32 bits many do: a table of labels is used
 * by an indirect jump of the same function.
 */
static unsigned long read_data(void)
{
	bool has_ibt = image_symbol("__ibt_endbr_seal");
	unsigned int i, step = is_64 ? 8 : 4;
	unsigned long nr = 0;
	uint64_t offset;

	for (i = 0; i < nr_sections; i++) {
		const struct section *section = &sections[i];

		if (!section->is_data)
			continue;
		for (offset = 0; offset + step <= section->size; offset += step) {
			uint64_t word = image_word(section->bytes + offset);

			if (!in_text(word))
				continue;
			nr++;
			if (!has_ibt && jumps_indirectly(word))
				note(word, DATA);
		}
	}
	return nr;
}

/*
 * The answer
 */

static unsigned long counted[NR_REASONS];

/* Why there must be no jump at an instruction. */
static unsigned int reasons_of(uint64_t addr)
{
	const unsigned int whole = 1 << PATCHED | 1 << BUG;
	unsigned int i, found = reasons[addr - text_start] & whole;

	for (i = 1; i < JUMP_SIZE && in_text(addr + i); i++)
		found |= reasons[addr - text_start + i];
	return found;
}

static unsigned int round_of(uint64_t addr)
{
	static uint64_t last[ROUNDS_MAX];
	unsigned int i;

	for (i = 0; i < ROUNDS_MAX; i++) {
		if (last[i] + APART <= addr) {
			last[i] = addr;
			return i;
		}
	}
	die("more than %u instructions in %u bytes", ROUNDS_MAX, APART);
}

static void print_place(uint64_t addr, unsigned int found)
{
	const char *comma = "";
	unsigned int i;

	printf("%u %0*llx ", round_of(addr), is_64 ? 16 : 8, (unsigned long long)addr);
	for (i = 0; i < NR_REASONS; i++) {
		if (!(found & 1 << i))
			continue;
		counted[i]++;
		printf("%s%s", comma, reason_name[i]);
		comma = ",";
	}
	printf("%s\n", found ? "" : "free");
}

/* One in @every of those without a reason. */
static void print_places(unsigned long every, unsigned long *insns, unsigned long *bound)
{
	unsigned long nr_free = 0;
	uint64_t addr;

	for (addr = text_start; addr < text_end; addr++) {
		unsigned int found;

		if (!length[addr - text_start])
			continue;
		(*insns)++;
		found = reasons_of(addr);
		*bound += !!found;
		if (found || (every && nr_free++ % every == 0))
			print_place(addr, found);
	}
}

static unsigned long nr_without_reason(void)
{
	unsigned long nr = 0;
	uint64_t addr;

	for (addr = text_start; addr < text_end; addr++)
		nr += length[addr - text_start] && !reasons_of(addr);
	return nr;
}

static void find_text(void)
{
	const struct section *text = image_section(".text");

	if (!text)
		die("there is no .text");
	text_start = text->addr;
	text_end = text->addr + text->size;
	reasons = calloc(text->size, sizeof(*reasons));
	length = calloc(text->size, sizeof(*length));
	replaced = calloc(text->size, sizeof(*replaced));
	if (!reasons || !length || !replaced)
		die("no memory");
}

int main(int argc, char **argv)
{
	unsigned long insns = 0, bound = 0, without, wanted;
	unsigned int i;

	if (argc != 3)
		die("usage: places VMLINUX FREE <DISASSEMBLY");
	image_read(argv[1]);
	find_text();
	wanted = strtoul(argv[2], NULL, 10);
#define WALK(start, stop, size, see)						\
	fprintf(stderr, "# %s %lu\n", #see + 4, walk(start, stop, size, see))
	WALK("__alt_instructions", "__alt_instructions_end", 14, see_alternative);
	disassembly_read(see_symbol, see_insn);
	WALK("__start___ex_table", "__stop___ex_table", 12, see_fixup);
	WALK("__start___jump_table", "__stop___jump_table", is_64 ? 16 : 12, see_label);
	WALK("__start_static_call_sites", "__stop_static_call_sites", 8, see_static_call);
	WALK("__start_mcount_loc", "__stop_mcount_loc", is_64 ? 8 : 4, see_traced);
	fprintf(stderr, "# data %lu\n", read_data());
	without = nr_without_reason();
	print_places(wanted ? without / wanted + 1 : 0, &insns, &bound);
	printf("# instructions %lu\n# must-not-be-jumps %lu\n", insns, bound);
	for (i = 0; i < NR_REASONS; i++)
		printf("# %s %lu\n", reason_name[i], counted[i]);
	printf("# branches-of-alternatives %lu\n", weak_branches);
	return 0;
}
