/* SPDX-License-Identifier: GPL-2.0 */
/* Memory, which table_test.c has fail. */
#ifndef _HOST_LINUX_SLAB_H
#define _HOST_LINUX_SLAB_H

#include <stddef.h>

#define GFP_KERNEL	0
#define __GFP_NORETRY	0
#define __GFP_NOWARN	0

#define struct_size(p, member, nr)	(sizeof(*(p)) + (nr) * sizeof((p)->member[0]))

void *host_zalloc(size_t size);

#define kvzalloc(size, gfp)	host_zalloc((size) + (gfp))

#endif
