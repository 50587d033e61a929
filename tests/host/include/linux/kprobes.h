/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing is probed in user space. */
#ifndef _HOST_LINUX_KPROBES_H
#define _HOST_LINUX_KPROBES_H

#define NOKPROBE_SYMBOL(name)

#endif
