/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the native tests assume of this machine: of its processor, and of the
 * hypervisor and the kernel below them. premises.c checks each of these and prints
 * the list; a test that a missing premise concerns is skipped by name. A premise
 * can be switched off by hand: PREMISES_OFF=ptrace,flags
 *
 * EMULATED=1 is for a guest: children need not be confined, since nothing can be hurt,
 * and not everything is run, since it takes its time.
 */
#ifndef _PREMISES_H
#define _PREMISES_H

#include <stdbool.h>

#define FOR_EACH_PREMISE(do)							\
	do(ARENA,	"arena")	/* the tests' addresses are free */	\
	do(PTRACE,	"ptrace")	/* a child can be traced */		\
	do(SECCOMP,	"seccomp")	/* a child can be confined */		\
	do(TRAP_FLAG,	"trap-flag")	/* it traps after an instruction */	\
	do(FLAGS,	"flags")	/* they survive signals and ptrace */	\
	do(FRESH_CODE,	"fresh-code")	/* written code is executed at once */	\
	do(TRAP_BELOW,	"trap-after-cpuid") /* also after an emulated one */	\
	do(OWN_TRAPS,	"own-traps")	/* a program traps after each of its instructions */ \
	do(NT,		"nested-task")	/* NT survives like other flags */	\
	do(PREFIXES,	"prefixes")	/* without meaning have none */		\
	do(CANONICAL,	"canonical-48")	/* addresses have 48 bits */		\
	do(RET_IMM,	"ret-immediate") /* of RET has no sign */		\
	do(STACK,	"any-stack")	/* a program runs with any stack pointer */ \
	/* No test stands on these: classify.c refuses such branches. */	\
	do(LOOP_PREFIX,	"loop-prefix")	/* F2, F3 do not change LOOPcc */	\
	do(DATA16,	"data16-branch") /* nor 66 a near branch */

enum premise {
#define PREMISE(id, name)	PREMISE_##id,
	FOR_EACH_PREMISE(PREMISE)
#undef PREMISE
	NR_PREMISES
};

#define EMULATED		"EMULATED"	/* of the environment */

/* All that a native run as such stands on: those before this one. */
#define FIRST_SPECIAL_PREMISE	PREMISE_TRAP_BELOW

extern const char *const premise_names[NR_PREMISES];

/* Have the program of this name, beside @self, print the list, and read it; print it again? */
void premises_read(const char *self, bool print);

bool premise_holds(enum premise premise);
const char *premise_text(enum premise premise);	/* what the list says of it */

#endif
