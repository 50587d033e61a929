/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_ASM_BARRIER_H
#define _HOST_ASM_BARRIER_H

#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
