/* SPDX-License-Identifier: GPL-2.0 */
/* A function, one instruction at a time, and what interrupts it. */
#ifndef _STEPPER_H
#define _STEPPER_H

/*
 * Run a function under the trap flag. After each of its instructions, and of those that
 * it calls, interrupt it: @after may call this again, as something that interrupts an
 * interrupt. Returns how often that was.
 */
unsigned long stepper_run(void (*function)(void), void (*after)(void));

/* From @after: the rest of the function is of no interest. */
void stepper_run_on(void);

#endif
