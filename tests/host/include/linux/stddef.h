/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HOST_LINUX_STDDEF_H
#define _HOST_LINUX_STDDEF_H

#include <stddef.h>

#endif
