/* SPDX-License-Identifier: GPL-2.0 */
/* The tests have no kernel half of the address space: what is low may be read too. */
#ifndef _HOST_ASM_PROCESSOR_H
#define _HOST_ASM_PROCESSOR_H

#define TASK_SIZE_MAX	0x10000UL

static const struct {
	unsigned char x86_virt_bits;
} boot_cpu_data = { .x86_virt_bits = 48 };

#endif
