// SPDX-License-Identifier: GPL-2.0
/*
 * A whole kernel, instruction by instruction. Reads what "objdump -d -w" says,
 * holds its lengths against kprobe_classify()'s, and counts what would become
 * of a probe on each instruction.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include <kprobes/insn.h>

#define SHOWN	20	/* disagreements that are printed in full */

/* The last few lines: an instruction is classified with what follows it. */
#define WINDOW	16

struct line {
	unsigned long long addr;
	u8 bytes[MAX_INSN_SIZE];
	unsigned int len;
	char text[80];
};

static struct line lines[WINDOW];
static unsigned int nr_lines;

static unsigned long total, bad, disagreements;
static unsigned long by_error[KPROBE_INSN_LEAVES + 1];
static unsigned long emulated, boosted, stepped;

static bool parse(const char *text, struct line *line)
{
	const char *at;
	char *end;

	line->addr = strtoull(text, &end, 16);
	if (end == text || end[0] != ':' || end[1] != '\t')
		return false;
	at = end + 2;
	for (line->len = 0; line->len < MAX_INSN_SIZE; line->len++) {
		unsigned int byte;

		if (at[0] == ' ' || sscanf(at, "%2x ", &byte) != 1)
			break;
		line->bytes[line->len] = byte;
		at += 3;
	}
	at += strspn(at, " ");
	snprintf(line->text, sizeof(line->text), "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	return *at == '\t' && line->len;
}

/* The bytes of the first line and of those behind it, as far as they join. */
static unsigned int window_bytes(u8 *bytes)
{
	unsigned int i, len = 0;

	for (i = 0; i < nr_lines && len < MAX_INSN_SIZE; i++) {
		unsigned int room = MAX_INSN_SIZE - len;
		unsigned int part = lines[i].len < room ? lines[i].len : room;

		if (lines[i].addr != lines[0].addr + len)
			break;
		memcpy(bytes + len, lines[i].bytes, part);
		len += part;
	}
	return len;
}

static void count(const struct kprobe_insn *insn, enum kprobe_insn_error error)
{
	by_error[error]++;
	if (error)
		return;
	if (insn->op != KPROBE_OP_NONE)
		emulated++;
	else if (insn->flags & KPROBE_INSN_BOOST)
		boosted++;
	else
		stepped++;
}

static void disagree(const char *what, unsigned int len)
{
	if (disagreements++ < SHOWN)
		printf("%llx: %s: %s %u, objdump %u\n", lines[0].addr, lines[0].text,
		       what, len, lines[0].len);
}

/* To objdump "finit" is one instruction, to the CPU it is WAIT and FNINIT. */
static bool is_joined_wait(const struct kprobe_insn *insn)
{
	return insn->len == 1 && insn->bytes[0] == 0x9b;
}

static void classify_first_line(void)
{
	struct kprobe_insn insn;
	enum kprobe_insn_error error;
	u8 bytes[MAX_INSN_SIZE];

	if (strstr(lines[0].text, "(bad)")) {
		bad++;
		return;
	}
	total++;
	error = kprobe_classify(&insn, bytes, window_bytes(bytes));
	count(&insn, error);
	if (error == KPROBE_INSN_UNDECODABLE)
		disagree("undecodable, length", 0);
	else if (insn.len != lines[0].len && !is_joined_wait(&insn))
		disagree("length", insn.len);
}

static void drop_first_line(void)
{
	classify_first_line();
	nr_lines--;
	memmove(lines, lines + 1, nr_lines * sizeof(lines[0]));
}

int main(void)
{
	char text[1024];

	while (fgets(text, sizeof(text), stdin)) {
		if (nr_lines == WINDOW)
			drop_first_line();
		if (parse(text, &lines[nr_lines]))
			nr_lines++;
	}
	while (nr_lines)
		drop_first_line();

	printf("%lu instructions: %lu emulated, %lu boosted, %lu stepped\n",
	       total, emulated, boosted, stepped);
	printf("refused: %lu undecodable, %lu breakpoints, %lu traps, %lu leave the flow\n",
	       by_error[KPROBE_INSN_UNDECODABLE], by_error[KPROBE_INSN_BREAKPOINT],
	       by_error[KPROBE_INSN_TRAP], by_error[KPROBE_INSN_LEAVES]);
	printf("%lu lengths differ from objdump's, %lu lines are (bad) to it\n",
	       disagreements, bad);
	return total && !disagreements ? 0 : 1;
}
