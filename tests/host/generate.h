/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GENERATE_H
#define _GENERATE_H

#include "code.h"

#define SEED		0x6b70726f62657321ULL

u64 random64(void);
unsigned int random_below(unsigned int limit);

/* Random bytes, but more often than not an opcode that means something here. */
void random_code(struct code *code);

/* Most memory operands with a displacement of 32 bits lie within reach of a pointer. */
void aim_displacement(struct code *code);

/* Something else in the memory that pointers lead to. */
void random_data(void);

/* Pointers into the data, small numbers, or anything. The stack stays usable. */
void random_regs(struct pt_regs *regs);

#endif
