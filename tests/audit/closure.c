// SPDX-License-Identifier: GPL-2.0
/*
 * closure VMLINUX RULES [REACHED] <DISASSEMBLY: what a hit may execute must not be probed
 *
 * From the functions where hits begin all calls and jumps are followed, as the
 * disassembly shows them: to functions, their cold parts, thunks, copies of inline
 * functions that the compiler has put out of line. Calls that the kernel's alternatives
 * put there at boot are not followed. Each function that is reached has to
 * be in text that cannot be probed: a section of such text, or the list that
 * NOKPROBE_SYMBOL() makes. RULES says where to begin, which calls a hit does not make,
 * and who is called through pointers:
 *
 *	begin FUNCTION WHY
 *	not FUNCTION CALLEE WHY		FUNCTION may be *: nobody calls it in a hit
 *	pointer FUNCTION WHOM		its indirect branches lead there
 *
 * The names of all functions that are reached are written to the file REACHED.
 *
 * Prints each function that can be probed, with the path that leads to it, and each
 * indirect branch that RULES does not have; then lines "# WHAT NUMBER". The exit status
 * is 1 if there was one of these.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disassembly.h"
#include "image.h"

#define THUNK		"__x86_indirect_"	/* an indirect branch, with a mitigation */
#define BUCKETS		(1 << 16)

struct function;

struct call {
	struct function *callee;
	struct call *next;
};

/**
 * struct function - a symbol of the text
 * @name: its name
 * @addr: where it begins, 0 if it was only named so far
 * @calls: whom it calls or jumps to
 * @indirect: how many branches of it are indirect
 * @from: the function by which the path leads here; itself, if it is the first
 * @next: of its bucket
 * @queued: the next one to be followed
 */
struct function {
	char *name;
	uint64_t addr;
	struct call *calls;
	unsigned int indirect;
	struct function *from, *next, *queued;
};

static struct function *buckets[BUCKETS];

struct rule {
	char what[16], function[256], callee[256];
};

static struct rule *rules;
static unsigned int nr_rules;

static struct function *function_named(const char *name)
{
	unsigned int hash = 0;
	struct function *f;
	const char *c;

	for (c = name; *c; c++)
		hash = hash * 31 + (unsigned char)*c;
	for (f = buckets[hash % BUCKETS]; f; f = f->next) {
		if (!strcmp(f->name, name))
			return f;
	}
	f = calloc(1, sizeof(*f));
	if (f)
		f->name = strdup(name);
	if (!f || !f->name)
		die("no memory");
	f->next = buckets[hash % BUCKETS];
	buckets[hash % BUCKETS] = f;
	return f;
}

static struct function *current;

static void see_symbol(uint64_t addr, const char *name)
{
	current = function_named(name);
	current->addr = addr;
}

static void add_call(struct function *callee)
{
	struct call *call;

	for (call = current->calls; call; call = call->next) {
		if (call->callee == callee)
			return;
	}
	call = malloc(sizeof(*call));
	if (!call)
		die("no memory");
	*call = (struct call) { callee, current->calls };
	current->calls = call;
}

static void see_insn(const struct line *line)
{
	uint64_t target;
	char name[256];

	/* What replaces code is in no function here. */
	if (!current || line->replaces || !insn_is_branch(line->text))
		return;
	if (!insn_target(line->text, &target, name)) {
		current->indirect++;
	} else if (!strncmp(name, THUNK, strlen(THUNK))) {
		current->indirect++;
		add_call(function_named(name));
	} else if (strcmp(name, current->name)) {
		add_call(function_named(name));
	}
}

static void read_rules(const char *path)
{
	char line[1024], why[2];
	FILE *file = fopen(path, "r");

	if (!file)
		die("%s cannot be read", path);
	while (fgets(line, sizeof(line), file)) {
		struct rule rule = { };
		int words;

		if (line[0] == '#' || line[strspn(line, " \t\n")] == '\0')
			continue;
		words = sscanf(line, "%15s %255s %255s %1s", rule.what, rule.function,
			       rule.callee, why);
		if (words < 3 || (!strcmp(rule.what, "not") && words < 4))
			die("%s: not a rule: %s", path, line);
		rules = realloc(rules, (nr_rules + 1) * sizeof(*rules));
		if (!rules)
			die("no memory");
		rules[nr_rules++] = rule;
	}
	fclose(file);
}

static bool is_excluded(const struct function *f, const struct function *callee)
{
	unsigned int i;

	for (i = 0; i < nr_rules; i++) {
		if (!strcmp(rules[i].what, "not") && !strcmp(rules[i].callee, callee->name) &&
		    (rules[i].function[0] == '*' || !strcmp(rules[i].function, f->name)))
			return true;
	}
	return false;
}

static bool has_pointers(const struct function *f)
{
	unsigned int i;

	for (i = 0; i < nr_rules; i++) {
		if (!strcmp(rules[i].what, "pointer") && !strcmp(rules[i].function, f->name))
			return true;
	}
	return false;
}

/*
 * What cannot be probed
 */

static bool in_range(uint64_t addr, const char *range)
{
	char start[64], end[64];

	snprintf(start, sizeof(start), "__%s_start", range);
	snprintf(end, sizeof(end), "__%s_end", range);
	return addr >= image_symbol(start) && addr < image_symbol(end);
}

static bool is_listed(uint64_t addr)
{
	uint64_t entry = image_symbol("__start_kprobe_blacklist");
	uint64_t end = image_symbol("__stop_kprobe_blacklist");
	unsigned int size = is_64 ? 8 : 4;

	for (; entry < end; entry += size) {
		if (image_word(image_at(entry)) == addr)
			return true;
	}
	return false;
}

static bool is_forbidden(const struct function *f)
{
	static const char * const ranges[] = {
		"entry_text", "irqentry_text", "noinstr_text", "kprobes_text", "x86_thunk_text",
	};
	char parent[256];
	unsigned int i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (in_range(f->addr, ranges[i]))
			return true;
	}
	if (is_listed(f->addr))
		return true;
	/* A part of a function is forbidden with it. */
	snprintf(parent, sizeof(parent), "%.*s", (int)strcspn(f->name, "."), f->name);
	return strcmp(parent, f->name) && parent[0] && is_listed(image_symbol(parent));
}

/*
 * The walk
 */

static struct function *first, **last = &first;

static void reach(struct function *f, struct function *from)
{
	if (f->from)
		return;
	f->from = from;
	*last = f;
	last = &f->queued;
}

static unsigned int begin(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_rules; i++) {
		struct function *f;

		if (strcmp(rules[i].what, "begin"))
			continue;
		f = function_named(rules[i].function);
		if (!f->addr)
			continue;
		reach(f, f);
		nr++;
	}
	return nr;
}

static void print_path(const struct function *f)
{
	for (; f->from != f; f = f->from)
		printf(" < %s", f->from->name);
	printf("\n");
}

static void write_reached(const char *path)
{
	const struct function *f;
	FILE *file = fopen(path, "w");

	if (!file)
		die("%s cannot be written", path);
	for (f = first; f; f = f->queued)
		fprintf(file, "%s\n", f->name);
	fclose(file);
}

int main(int argc, char **argv)
{
	unsigned int nr_begin, nr = 0, wrong = 0, indirect = 0;
	struct function *f;
	struct call *call;

	if (argc != 3 && argc != 4)
		die("usage: closure VMLINUX RULES [REACHED] <DISASSEMBLY");
	image_read(argv[1]);
	read_rules(argv[2]);
	disassembly_read(see_symbol, see_insn);
	nr_begin = begin();
	for (f = first; f; f = f->queued) {
		nr++;
		indirect += f->indirect;
		if (!is_forbidden(f)) {
			printf("can be probed: %s", f->name);
			print_path(f);
			wrong++;
		}
		if (f->indirect && !has_pointers(f)) {
			printf("leads anywhere: %s", f->name);
			print_path(f);
			wrong++;
		}
		for (call = f->calls; call; call = call->next) {
			if (!is_excluded(f, call->callee))
				reach(call->callee, f);
		}
	}
	if (argc == 4)
		write_reached(argv[3]);
	printf("# beginnings %u\n# functions %u\n# indirect-branches %u\n# wrong %u\n",
	       nr_begin, nr, indirect, wrong);
	if (!nr_begin)
		die("none of the functions is there with which a hit begins");
	return wrong != 0;
}
