// SPDX-License-Identifier: GPL-2.0
/*
 * A whole kernel, instruction by instruction. Reads what "objdump -d -w" says, holds
 * its boundaries, names and targets against kprobe_classify() and kprobe_glance(), and
 * counts what would become of a probe on each instruction: at its own address; and
 * whether a jump could stand there, as far as the text alone can tell.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "expect.h"

#define SHOWN		20	/* disagreements that are printed in full */
#define TEXT_SIZE	96
#define JUMP_SIZE	5

struct line {
	unsigned long long addr;
	u8 bytes[MAX_INSN_SIZE];
	u8 len;
	bool begins;		/* a symbol is here */
	bool entered;		/* a direct branch leads here */
	u8 error;		/* enum kprobe_insn_error */
	struct kprobe_insn insn;
};

/* Why there is no jump: as in enum kprobe_no_jump. */
enum verdict { JUMP, END, INSN, ENTERED, NR_VERDICTS };

static struct line *lines;
static unsigned long nr_lines;

static unsigned long bad, disagreements;
static unsigned long by_error[KPROBE_INSN_AMBIGUOUS + 1];
static unsigned long emulated, boosted, stepped_bp, stepped_tf, stepped_any;
static unsigned long by_verdict[NR_VERDICTS];

static void disagree(const struct line *line, const char *text, const char *what,
		     unsigned long long here, unsigned long long there)
{
	if (disagreements++ < SHOWN)
		printf("%llx: %s: %s: %llx, objdump %llx\n", line->addr, text, what, here, there);
}

/* "ffffffff81000000:\t48 8d 25 51 3f a0 01 \tlea ..."; the text that follows goes to @text. */
static bool parse(const char *from, struct line *line, char *text)
{
	const char *at;
	char *end;

	memset(line, 0, sizeof(*line));
	line->addr = strtoull(from, &end, 16);
	if (end == from || end[0] != ':' || end[1] != '\t')
		return false;
	for (at = end + 2; line->len < MAX_INSN_SIZE; at += 3) {
		unsigned int byte;

		if (at[0] == ' ' || sscanf(at, "%2x ", &byte) != 1)
			break;
		line->bytes[line->len++] = byte;
	}
	at += strspn(at, " ");
	if (*at != '\t' || !line->len)
		return false;
	snprintf(text, TEXT_SIZE, "%.*s", (int)strcspn(at + 1, "\n"), at + 1);
	return true;
}

/* To objdump "finit" is one instruction, to the CPU it is WAIT and FNINIT. */
static bool is_joined_wait(const struct kprobe_insn *insn)
{
	return insn->len == 1 && insn->bytes[0] == 0x9b;
}

static void check_glance(const struct line *line, const char *text)
{
	struct kprobe_glance glance;

	if (!kprobe_glance(&glance, line->bytes, line->len))
		disagree(line, text, "no glance", 0, line->len);
	else if (glance.len != line->len)
		disagree(line, text, "length at a glance", glance.len, line->len);
}

static void check_class(const struct line *line, const char *text)
{
	const struct kprobe_insn *insn = &line->insn;
	unsigned long long target = line->addr + insn->len + insn->imm;
	struct expected want;

	expect(&want, text);
	if (!IS_ENABLED(CONFIG_X86_64))
		target = (u32)target;
	if (line->error != want.error)
		disagree(line, text, "refusal", line->error, want.error);
	else if (line->error)
		return;
	else if (insn->op != want.op)
		disagree(line, text, "op", insn->op, want.op);
	else if (!(insn->flags & KPROBE_INSN_RIP_REL) != !want.rip_rel)
		disagree(line, text, "RIP-relative", insn->flags, want.rip_rel);
	else if (!(insn->flags & KPROBE_INSN_REP) != !want.rep)
		disagree(line, text, "repeated", insn->flags, want.rep);
	else if (want.has_target && target != want.target)
		disagree(line, text, "target", target, want.target);
}

/*
 * 66 before a near branch of 64-bit code: objdump reads a distance of 16 bits, as one
 * vendor's processors do, and the decoder one of 32. It is refused at its first byte.
 */
static bool is_cut_short(const struct line *line)
{
	const u8 *bytes = line->bytes;

	if (sizeof(long) == 4 || bytes[0] != 0x66)
		return false;
	if (line->len == 4)
		return bytes[1] == 0xe8 || bytes[1] == 0xe9;
	return line->len == 5 && bytes[1] == 0x0f && (bytes[2] & 0xf0) == 0x80;
}

/* A symbol begins in the middle of it, as srso_safe_ret() does: bytes of what was cut off. */
static bool is_a_rest(const struct line *line, const char *text)
{
	return !strncmp(text, ".byte", 5) ||
	       (sizeof(long) == 8 && line->len == 1 && !strncmp(text, "rex", 3));
}

static void classify(struct line *line, const char *text)
{
	if (strstr(text, "(bad)") || is_a_rest(line, text)) {
		bad++;
		line->error = KPROBE_INSN_UNDECODABLE;
		return;
	}
	line->error = is_cut_short(line) ? KPROBE_INSN_AMBIGUOUS :
		      kprobe_classify(&line->insn, line->bytes, line->len);
	by_error[line->error]++;
	if (line->error == KPROBE_INSN_UNDECODABLE) {
		disagree(line, text, "undecodable, length", 0, line->len);
	} else if (is_cut_short(line)) {
		return;
	} else if (is_joined_wait(&line->insn)) {
		return;
	} else if (line->insn.len != line->len) {
		disagree(line, text, "length", line->insn.len, line->len);
	} else {
		check_glance(line, text);
		check_class(line, text);
	}
}

static void count(const struct kprobe_insn *insn)
{
	if (insn->op != KPROBE_OP_NONE)
		emulated++;
	else if (insn->flags & KPROBE_INSN_BOOST)
		boosted++;
	else if ((insn->flags & KPROBE_INSN_ANY_SLOT) == KPROBE_INSN_STEP_BP)
		stepped_bp++;
	else if ((insn->flags & KPROBE_INSN_ANY_SLOT) == KPROBE_INSN_STEP_TF)
		stepped_tf++;
	else
		stepped_any++;
}

static struct line *find(unsigned long long addr)
{
	unsigned long low = 0, high = nr_lines;

	while (low < high) {
		unsigned long mid = low + (high - low) / 2;

		if (lines[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < nr_lines && lines[low].addr == addr ? &lines[low] : NULL;
}

static bool is_endbr(const struct line *line)
{
	return line->len == 4 && !memcmp(line->bytes, "\xf3\x0f\x1e", 3);
}

/* Direct branches, from wherever they are. */
static void note_targets(void)
{
	unsigned long i;

	for (i = 0; i < nr_lines; i++) {
		const struct kprobe_insn *insn = &lines[i].insn;
		unsigned long long target = lines[i].addr + insn->len + insn->imm;
		struct line *line;

		lines[i].entered |= is_endbr(&lines[i]);
		if (lines[i].error || insn->op < KPROBE_OP_JMP || insn->op > KPROBE_OP_CALL)
			continue;
		line = find(!IS_ENABLED(CONFIG_X86_64) ? (u32)target : target);
		if (line)
			line->entered = true;
	}
}

/* Also a load of GS, which may not be stepped by a breakpoint. */
static bool can_be_first(const struct line *line)
{
	const struct kprobe_insn *insn = &line->insn;
	bool loads_gs = insn->op == KPROBE_OP_NONE && (insn->flags & KPROBE_INSN_BOOST) &&
			!(insn->flags & KPROBE_INSN_STEP_BP);

	return insn->op != KPROBE_OP_CALL_REG && insn->op != KPROBE_OP_CALL_MEM &&
	       !is_endbr(line) && !loads_gs &&
	       (insn->op != KPROBE_OP_NONE || kprobe_rewritten_size(insn));
}

static bool ends_flow(const struct line *line)
{
	return line->insn.op == KPROBE_OP_JMP || line->insn.op == KPROBE_OP_RET ||
	       line->insn.op == KPROBE_OP_JMP_REG || line->insn.op == KPROBE_OP_JMP_MEM;
}

/* What the text says of a jump at @first: see kprobes-inside.rst. */
static enum verdict judge(const struct line *first)
{
	const struct line *line = first, *last = first;
	unsigned int len = first->len;
	bool is_padding = ends_flow(first);

	if (!can_be_first(first))
		return INSN;
	while (len < JUMP_SIZE) {
		line++;
		if (line == lines + nr_lines || line->begins || line->addr != first->addr + len)
			return END;
		if (line->entered)
			return ENTERED;
		len += line->len;
		if (is_padding && line->error == KPROBE_INSN_BREAKPOINT)
			continue;
		if (line->error || !kprobe_rewritten_size(&line->insn))
			return INSN;
		last = line;
		is_padding = ends_flow(line);
	}
	return last->insn.op == KPROBE_OP_STI ? INSN : JUMP;
}

static void read_lines(void)
{
	unsigned long room = 0;
	char from[1024], text[TEXT_SIZE];
	bool begins = true;

	while (fgets(from, sizeof(from), stdin)) {
		if (nr_lines == room) {
			room = room ? 2 * room : 1 << 16;
			lines = realloc(lines, room * sizeof(*lines));
			if (!lines)
				exit(2);
		}
		if (!parse(from, &lines[nr_lines], text)) {
			begins |= strstr(from, ">:") != NULL;
			continue;
		}
		lines[nr_lines].begins = begins;
		begins = false;
		classify(&lines[nr_lines++], text);
	}
}

static double percent(unsigned long nr, unsigned long of)
{
	return of ? 100.0 * nr / of : 0;
}

static void print(void)
{
	unsigned long probed = emulated + boosted + stepped_bp + stepped_tf + stepped_any;

	printf("%lu instructions, %lu boundaries, names or targets differ from objdump's, %lu (bad) to it\n",
	       nr_lines, disagreements, bad);
#define LINE(name, nr)	printf("  %-40s %9lu\n", name, nr)
	LINE("emulated", emulated);
	LINE("boosted", boosted);
	LINE("stepped by breakpoint only", stepped_bp);
	LINE("stepped by trap flag only", stepped_tf);
	LINE("stepped by either", stepped_any);
	LINE("refused: undecodable", by_error[KPROBE_INSN_UNDECODABLE]);
	LINE("refused: INT3, mostly padding", by_error[KPROBE_INSN_BREAKPOINT]);
	LINE("refused: traps on purpose", by_error[KPROBE_INSN_TRAP]);
	LINE("refused: leaves the kernel's flow", by_error[KPROBE_INSN_LEAVES]);
	LINE("refused: not the same on all processors", by_error[KPROBE_INSN_AMBIGUOUS]);
#undef LINE
#define LINE(name, nr)	printf("  %-40s %9lu  %4.1f %%\n", name, nr, percent(nr, probed))
	printf("for a jump, by the text alone:\n");
	LINE("a jump fits", by_verdict[JUMP]);
	LINE("END", by_verdict[END]);
	LINE("INSN", by_verdict[INSN]);
	LINE("ENTERED, by a direct branch or ENDBR", by_verdict[ENTERED]);
#undef LINE
}

int main(void)
{
	unsigned long i;

	read_lines();
	note_targets();
	for (i = 0; i < nr_lines; i++) {
		if (lines[i].error)
			continue;
		count(&lines[i].insn);
		by_verdict[judge(&lines[i])]++;
	}
	print();
	return nr_lines && !disagreements ? 0 : 1;
}
