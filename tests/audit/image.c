// SPDX-License-Identifier: GPL-2.0
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

struct section *sections;
unsigned int nr_sections;
bool is_64;

static const unsigned char *image;

struct symbol {
	const char *name;
	uint64_t addr;
};

static struct symbol *symbols;
static size_t nr_symbols;

void die(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

static void *allocate(size_t nr, size_t size)
{
	void *memory = calloc(nr, size);

	if (!memory)
		die("no memory");
	return memory;
}

/* The same for both widths, but for the types. */
#define READ_IMAGE(Ehdr, Shdr, Sym) do {							\
	const Ehdr *ehdr = (const Ehdr *)image;							\
	const Shdr *shdr = (const Shdr *)(image + ehdr->e_shoff);				\
	const char *names = (const char *)image + shdr[ehdr->e_shstrndx].sh_offset;		\
	const Sym *sym = NULL;									\
	unsigned int i;										\
												\
	nr_sections = ehdr->e_shnum;								\
	sections = allocate(nr_sections, sizeof(*sections));					\
	for (i = 0; i < nr_sections; i++) {							\
		const Shdr *s = &shdr[i];							\
												\
		sections[i].name = names + s->sh_name;						\
		if ((s->sh_flags & SHF_ALLOC) && s->sh_type != SHT_NOBITS) {			\
			sections[i].addr = s->sh_addr;						\
			sections[i].size = s->sh_size;						\
		}										\
		sections[i].bytes = image + s->sh_offset;					\
		sections[i].is_data = (s->sh_flags & SHF_ALLOC) && s->sh_type == SHT_PROGBITS &&	\
				      !(s->sh_flags & SHF_EXECINSTR);				\
		if (s->sh_type != SHT_SYMTAB)							\
			continue;								\
		sym = (const Sym *)sections[i].bytes;						\
		nr_symbols = s->sh_size / sizeof(*sym);						\
		names_of_symbols = (const char *)image + shdr[s->sh_link].sh_offset;		\
	}											\
	symbols = allocate(nr_symbols, sizeof(*symbols));					\
	for (i = 0; i < nr_symbols; i++) {							\
		symbols[i].name = names_of_symbols + sym[i].st_name;				\
		symbols[i].addr = sym[i].st_value;						\
	}											\
} while (0)

void image_read(const char *path)
{
	const char *names_of_symbols = NULL;
	struct stat st;
	int fd = open(path, O_RDONLY);

	if (fd < 0 || fstat(fd, &st))
		die("%s: %s", path, strerror(errno));
	image = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (image == MAP_FAILED)
		die("%s: %s", path, strerror(errno));
	close(fd);
	if (memcmp(image, ELFMAG, SELFMAG))
		die("%s is not an ELF file", path);
	is_64 = image[EI_CLASS] == ELFCLASS64;
	if (is_64)
		READ_IMAGE(Elf64_Ehdr, Elf64_Shdr, Elf64_Sym);
	else
		READ_IMAGE(Elf32_Ehdr, Elf32_Shdr, Elf32_Sym);
	if (!nr_symbols)
		die("%s has no symbols", path);
}

const struct section *image_section(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_sections; i++) {
		if (!strcmp(sections[i].name, name))
			return &sections[i];
	}
	return NULL;
}

uint64_t image_symbol(const char *name)
{
	size_t i;

	for (i = 0; i < nr_symbols; i++) {
		if (!strcmp(symbols[i].name, name))
			return symbols[i].addr;
	}
	return 0;
}

const unsigned char *image_at(uint64_t addr)
{
	unsigned int i;

	for (i = 0; i < nr_sections; i++) {
		if (addr - sections[i].addr < sections[i].size)
			return sections[i].bytes + (addr - sections[i].addr);
	}
	return NULL;
}

uint64_t image_word(const unsigned char *bytes)
{
	uint64_t word = 0;

	memcpy(&word, bytes, is_64 ? 8 : 4);
	return word;
}
