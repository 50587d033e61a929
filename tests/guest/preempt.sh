#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# With preemption as preempt= on the kernel command line says: what KUnit has found, a
# storm of operations on probes, and each instruction of some functions, one after the
# other in the same guest. Each of these scripts sends its own results.

. /guest-lib.sh

mode=$(option preempt)
expect preempt-mode-is-on grep -q "($mode)" /sys/kernel/debug/sched/preempt

for script in kunit stress boundaries; do
	ONE_OF_SEVERAL=yes sh "/$script.sh"
	expect "preempt-$script-ends" test $? -eq 0
	rm -rf /tmp/*
done
finish 0
