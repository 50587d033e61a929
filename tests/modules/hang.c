// SPDX-License-Identifier: GPL-2.0
/*
 * Hangs the CPU that loads it, in the kernel and with interrupts off, for
 * tests/cases/outcomes. It loops in a function of the kernel's, not in its own
 * text, so that there is a symbol.
 */

#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/module.h>

static int __init hang_init(void)
{
	local_irq_disable();
	for (;;)
		mdelay(1000);
	return 0;
}

module_init(hang_init);

MODULE_DESCRIPTION("Hang a CPU in the kernel");
MODULE_LICENSE("GPL");
