#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# A CPU goes and comes back while every function of the kernel that can carry a probe
# has one. In a kernel without ftrace each of them is a breakpoint or a jump, and one
# that the CPU executes before it has an IDT is a triple fault.

. /guest-lib.sh

SWEEP=/sys/kernel/debug/kprobe_sweep
BATCH=500
ROUNDS=20

# feed FILE: write the addresses of the standard input, a batch with one write
feed()
{
	rm -f /tmp/batch.*
	awk -v nr=$BATCH '{ print > ("/tmp/batch." int(NR / nr)) }'
	for batch in /tmp/batch.*; do
		cat "$batch" >"$SWEEP/$1" || return
	done
}

# go_and_come CPU: how often it has, of ROUNDS
go_and_come()
{
	local online=/sys/devices/system/cpu/cpu$1/online rounds=0

	while [ "$rounds" -lt $ROUNDS ]; do
		echo 0 >"$online" || break
		[ "$(cat "$online")" = 0 ] || break
		echo 1 >"$online" || break
		[ "$(cat "$online")" = 1 ] || break
		rounds=$((rounds + 1))
	done
	echo $rounds
}

dmesg -c >/dev/null
dmesg -n 1
insmod /lib/modules-flat/text_diff.ko || exit 1
insmod /lib/modules-flat/kprobe_sweep.ko || exit 1
awk 'NF == 3 && $2 ~ /^[tTwW]$/ { print $1 }' /proc/kallsyms | sort -u | feed try || exit 1
awk '$2 == 0 { print $1 }' $SWEEP/tried >/tmp/accepted
expect bringup-has-functions [ "$(wc -l </tmp/accepted)" -gt 1000 ]
feed arm </tmp/accepted || exit 1
expect bringup-cpu-comes-back [ "$(go_and_come 1)" -eq $ROUNDS ]
expect bringup-probes-were-hit [ "$(awk '{ hits += $2 > 0 } END { print hits }' $SWEEP/armed)" -gt 100 ]
rmmod kprobe_sweep || exit 1
expect bringup-text-is-as-before grep -q '^0 of' /sys/kernel/debug/text_diff
dmesg -n 7
expect bringup-nothing-warned [ "$(dmesg | grep -Ec 'BUG:|Oops:|WARNING:|rcu:.*stall')" -eq 0 ]
finish 0
