// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's decoder of instructions, which is not exported, for a module of its
 * own: what it says of text is not what the probes have made of it.
 */
#include "inat.c"
#include "insn.c"
