#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# The kernel has come up, with the probe that its command line has asked for.

. /guest-lib.sh

if ! grep -q vfs_read /sys/kernel/debug/kprobes/list; then
	echo "There is no probe on vfs_read()."
	finish 1
fi
finish 0
