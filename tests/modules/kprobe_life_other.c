// SPDX-License-Identifier: GPL-2.0
/* The same text under another name: it may come to where the other one was. */
#include "kprobe_life_target.c"
