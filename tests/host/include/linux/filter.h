/* SPDX-License-Identifier: GPL-2.0 */
/* The user's side, which the headers of the kernel's tools hide. */
#ifndef _HOST_LINUX_FILTER_H
#define _HOST_LINUX_FILTER_H

#include <linux/bpf_common.h>
#include <linux/types.h>

struct sock_filter {
	u16	code;
	u8	jt;
	u8	jf;
	u32	k;
};

struct sock_fprog {
	unsigned short		len;
	struct sock_filter	*filter;
};

#define BPF_STMT(code, k)		{ (u16)(code), 0, 0, k }
#define BPF_JUMP(code, k, jt, jf)	{ (u16)(code), jt, jf, k }

#endif
