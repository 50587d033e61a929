/* SPDX-License-Identifier: GPL-2.0 */
/* The one of the kernel's tools needs headers that are not there in user space. */
#ifndef _HOST_LINUX_UNALIGNED_H
#define _HOST_LINUX_UNALIGNED_H

#define get_unaligned(ptr)							\
({										\
	const struct { typeof(*(ptr)) val; } __attribute__((packed)) *at_ =	\
		(void *)(ptr);							\
	at_->val;								\
})

#define put_unaligned(new, ptr)							\
do {										\
	struct { typeof(*(ptr)) val; } __attribute__((packed)) *at_ =		\
		(void *)(ptr);							\
	at_->val = (new);							\
} while (0)

#endif
