/* SPDX-License-Identifier: GPL-2.0 */
/* Reading memory that may not be there, by asking the kernel to. */
#ifndef _HOST_LINUX_UACCESS_H
#define _HOST_LINUX_UACCESS_H

#include <stdbool.h>
#include <stddef.h>

bool host_read(void *dst, const void *src, size_t size);

#define __get_kernel_nofault(dst, src, type, label)		\
do {								\
	if (!host_read(dst, src, sizeof(type)))			\
		goto label;					\
} while (0)

#endif
