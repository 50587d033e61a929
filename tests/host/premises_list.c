// SPDX-License-Identifier: GPL-2.0
/* The test's side of the premises: it reads the list that premises.c prints. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kernel.h>

#include "premises.h"

const char *const premise_names[NR_PREMISES] = {
#define PREMISE(id, name)	name,
	FOR_EACH_PREMISE(PREMISE)
#undef PREMISE
};

static struct {
	bool is_known, holds;
	char text[512];
} premises[NR_PREMISES];

/* "premise NAME holds: ...", or something else than "holds" */
static void read_line(char *line)
{
	static const char first[] = "premise ";
	unsigned int i;
	size_t len;

	line[strcspn(line, "\n")] = 0;
	if (strncmp(line, first, strlen(first)))
		return;
	for (i = 0; i < NR_PREMISES; i++) {
		len = strlen(premise_names[i]);
		if (!strncmp(line + strlen(first), premise_names[i], len) &&
		    line[strlen(first) + len] == ' ') {
			premises[i].is_known = true;
			premises[i].holds = !strncmp(line + strlen(first) + len, " holds:", 7);
			snprintf(premises[i].text, sizeof(premises[i].text), "%s", line);
		}
	}
}

void premises_read(const char *self, bool print)
{
	char command[512], line[512];
	const char *base = strrchr(self, '/');
	unsigned int i;
	FILE *list;

	snprintf(command, sizeof(command), "'%.*s/premises%u'",
		 base ? (int)(base - self) : 1, base ? self : ".",
		 (unsigned int)sizeof(long) * 8);
	fflush(stdout);
	list = popen(command, "r");
	while (list && fgets(line, sizeof(line), list)) {
		if (print)
			fputs(line, stdout);
		read_line(line);
	}
	if (list)
		pclose(list);
	for (i = 0; i < NR_PREMISES; i++) {
		if (!premises[i].is_known) {
			fprintf(stderr, "%s says nothing of %s\n", command, premise_names[i]);
			exit(2);
		}
	}
}

bool premise_holds(enum premise premise)
{
	return premises[premise].holds;
}

const char *premise_text(enum premise premise)
{
	return premises[premise].text;
}
