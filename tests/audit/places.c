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
 * apart that no probe is in the way of another one's jump. FREE instructions for which
 * there is no reason follow, the same ones each time, with the reason "free": most of
 * them are to become jumps. Then lines "# WHAT NUMBER".
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
	DATA,		/* its address is in the data, of a kernel without IBT */
	/* For all bytes of an instruction: */
	PATCHED,	/* a jump label, a static call, a call of ftrace */
	BUG,		/* UD2: the kernel looks its address up */
	NR_REASONS,
};

static const char * const reason_name[NR_REASONS] = {
	"branch", "symbol", "endbr", "return", "halt", "fixup", "label", "data", "patched", "bug",
};

/*
 * The image
 */

static const unsigned char *image;
static bool is_64;

struct section {
	const char *name;
	uint64_t addr, offset, size;
	uint32_t type, link;
	uint64_t flags;
};

static struct section *sections;
static unsigned int nr_sections;

/* The text: for each of its bytes what is known of it. */
static uint64_t text_start, text_end;
static uint16_t *reasons;	/* bits of enum reason */
static uint8_t *length;		/* of the instruction that begins there */
static bool *replaced;		/* by an alternative */

static unsigned long weak_branches;
static bool has_endbr;

__attribute__((format(printf, 1, 2), noreturn)) static void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "places: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	exit(1);
}

static void read_sections(void)
{
	unsigned int i;

	if (memcmp(image, ELFMAG, SELFMAG))
		die("not an ELF file");
	is_64 = image[EI_CLASS] == ELFCLASS64;
#define READ_SECTIONS(Ehdr, Shdr) do {							\
	const Ehdr *ehdr = (const Ehdr *)image;						\
	const Shdr *shdr = (const Shdr *)(image + ehdr->e_shoff);			\
	const char *names = (const char *)image + shdr[ehdr->e_shstrndx].sh_offset;	\
											\
	nr_sections = ehdr->e_shnum;							\
	sections = calloc(nr_sections, sizeof(*sections));				\
	for (i = 0; i < nr_sections; i++)						\
		sections[i] = (struct section) {					\
			names + shdr[i].sh_name, shdr[i].sh_addr, shdr[i].sh_offset,	\
			shdr[i].sh_size, shdr[i].sh_type, shdr[i].sh_link,		\
			shdr[i].sh_flags,						\
		};									\
} while (0)
	if (is_64)
		READ_SECTIONS(Elf64_Ehdr, Elf64_Shdr);
	else
		READ_SECTIONS(Elf32_Ehdr, Elf32_Shdr);
}

static const struct section *section_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_sections; i++) {
		if (!strcmp(sections[i].name, name))
			return &sections[i];
	}
	return NULL;
}

/* The address of a symbol, 0 if there is none of that name. */
static uint64_t symbol(const char *name)
{
	const struct section *symtab = section_named(".symtab");
	const char *names;
	uint64_t i;

	if (!symtab)
		die("no symbols");
	names = (const char *)image + sections[symtab->link].offset;
	if (is_64) {
		const Elf64_Sym *sym = (const Elf64_Sym *)(image + symtab->offset);

		for (i = 0; i < symtab->size / sizeof(*sym); i++) {
			if (!strcmp(names + sym[i].st_name, name))
				return sym[i].st_value;
		}
	} else {
		const Elf32_Sym *sym = (const Elf32_Sym *)(image + symtab->offset);

		for (i = 0; i < symtab->size / sizeof(*sym); i++) {
			if (!strcmp(names + sym[i].st_name, name))
				return sym[i].st_value;
		}
	}
	return 0;
}

/* What the image has at an address, NULL if nothing. */
static const unsigned char *at(uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < nr_sections; i++) {
		const struct section *section = &sections[i];

		if ((section->flags & SHF_ALLOC) && section->type != SHT_NOBITS &&
		    addr - section->addr < section->size)
			return image + section->offset + (addr - section->addr);
	}
	return NULL;
}

static uint64_t word_at(const unsigned char *bytes)
{
	uint64_t word = 0;

	memcpy(&word, bytes, is_64 ? 8 : 4);
	return word;
}

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

/* The first hexadecimal number that is followed by " <": where a direct branch leads. */
static bool target_of(const char *operands, uint64_t *target)
{
	const char *name = strstr(operands, " <");
	const char *digits = name;

	while (digits > operands && strchr("0123456789abcdef", digits[-1]))
		digits--;
	if (!name || digits == name || (digits > operands && digits[-1] != ' '))
		return false;
	*target = strtoull(digits, NULL, 16);
	return true;
}

static bool is_word(const char *text, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(text, word, len) && (text[len] == '\0' || text[len] == ' ');
}

/* Prefixes that objdump prints in front of the mnemonic. */
static const char *mnemonic_of(const char *text)
{
	static const char * const prefix[] = {
		"bnd", "notrack", "cs", "ds", "es", "ss", "fs", "gs", "data16", "addr32", "rep",
		"repz", "repnz", "lock", "rex.W", "xacquire", "xrelease",
	};
	unsigned int i;

	for (i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++) {
		if (is_word(text, prefix[i]) && text[strlen(prefix[i])]) {
			text += strlen(prefix[i]) + 1;
			while (*text == ' ')
				text++;
			i = -1;
		}
	}
	return text;
}

static bool is_call(const char *mnemonic)
{
	return !strncmp(mnemonic, "call", 4) || !strncmp(mnemonic, "lcall", 5);
}

static bool is_branch(const char *mnemonic)
{
	return mnemonic[0] == 'j' || is_call(mnemonic) || !strncmp(mnemonic, "loop", 4) ||
	       is_word(mnemonic, "xbegin");
}

/* After these a CPU may be offline, asleep or in the hypervisor for any time. */
static bool is_halt(const char *mnemonic)
{
	static const char * const names[] = {
		"hlt", "mwait", "mwaitx", "vmcall", "vmmcall", "vmgexit", "tdcall", "seamcall",
	};
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (is_word(mnemonic, names[i]))
			return true;
	}
	return false;
}

static void see_insn(uint64_t addr, uint64_t next, const char *text)
{
	const char *mnemonic = mnemonic_of(text);
	uint64_t target;

	if (is_branch(mnemonic) && target_of(text, &target)) {
		if (in_text(addr) ? !replaced[addr - text_start] : true)
			note(target, BRANCH);
		else
			weak_branches++;
	}
	if (!in_text(addr))
		return;
	/* Functions are padded with INT3. */
	if (next > addr && next - addr < 16 && !is_word(mnemonic, "int3"))
		length[addr - text_start] = next - addr;
	if (is_call(mnemonic))
		note(next, RETURN);
	if (is_halt(mnemonic))
		note(next, HALT);
	if (!strncmp(mnemonic, "endbr", 5)) {
		note(addr, ENDBR);
		has_endbr = true;
	}
	if (!strncmp(mnemonic, "ud2", 3))
		note_range(addr, next - addr, BUG);
}

/* Each instruction ends where the next line begins. */
static void read_disassembly(void)
{
	char *line = NULL, text[256] = "";
	bool alternative = false;
	uint64_t addr = 0;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		uint64_t here;
		char *rest;

		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "Disassembly of section ", 23)) {
			alternative = strstr(line, ".altinstr");
			continue;
		}
		here = strtoull(line, &rest, 16);
		if (rest == line)
			continue;
		if (text[0] && !alternative)
			see_insn(addr, here, text);
		else if (text[0] && is_branch(mnemonic_of(text)))
			weak_branches++;
		text[0] = '\0';
		if (!strncmp(rest, " <", 2))
			note(here, SYMBOL);
		else if (rest[0] == ':' && rest[1] == '\t')
			snprintf(text, sizeof(text), "%s", rest + 2);
		addr = here;
	}
	free(line);
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
	uint64_t addr = entry + offset + s32_at(at(entry) + offset);

	return is_64 ? addr : (uint32_t)addr;
}

/* Calls see() for each entry of the table between two symbols; returns how many. */
static unsigned long walk(const char *start, const char *stop, unsigned int size,
			  void (*see)(uint64_t entry))
{
	uint64_t entry = symbol(start), end = symbol(stop);
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
	note_range(word_at(at(entry)), JUMP_SIZE, PATCHED);
}

/* struct alt_instr: instruction, replacement, flags, two lengths */
static void see_alternative(uint64_t entry)
{
	uint64_t insn = relative(entry, 0);
	unsigned int len = at(entry)[12];

	while (len--) {
		if (in_text(insn))
			replaced[insn - text_start] = true;
		insn++;
	}
}

/*
 * Addresses of labels: tables of jumps, addresses that assembly keeps. In a kernel with
 * IBT no indirect branch uses one unless there is an ENDBR: objtool sees to that.
 */
static unsigned long read_data(void)
{
	unsigned int i, step = is_64 ? 8 : 4;
	unsigned long nr = 0;
	uint64_t offset;

	for (i = 0; i < nr_sections; i++) {
		const struct section *section = &sections[i];

		if (!(section->flags & SHF_ALLOC) || section->type != SHT_PROGBITS ||
		    (section->flags & SHF_EXECINSTR))
			continue;
		for (offset = 0; offset + step <= section->size; offset += step) {
			uint64_t word = word_at(image + section->offset + offset);

			if (!in_text(word))
				continue;
			nr++;
			if (!has_endbr)
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

static void read_image(const char *path)
{
	const struct section *text;
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	image = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
	read_sections();
	text = section_named(".text");
	if (!text)
		die("%s has no .text", path);
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
	read_image(argv[1]);
	wanted = strtoul(argv[2], NULL, 10);
#define WALK(start, stop, size, see)						\
	fprintf(stderr, "# %s %lu\n", #see + 4, walk(start, stop, size, see))
	WALK("__alt_instructions", "__alt_instructions_end", 14, see_alternative);
	read_disassembly();
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
