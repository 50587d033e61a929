#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# How often a CPU is interrupted for 1,000 probes, registered and unregistered one by
# one on the first CPU, by the numbers of the last CPU in /proc/interrupts: function
# calls, of which broadcasts for text are some, and TLB flushes.

. /guest-lib.sh

# counts: those of the last CPU, "CAL TLB"
counts()
{
	awk 'NR == 1 { last = NF + 1 } $1 == "CAL:" { cal = $last } $1 == "TLB:" { tlb = $last }
		END { print cal + 0, tlb + 0 }' /proc/interrupts
}

# phase NAME COMMAND...: what it costs
phase()
{
	local name=$1 before

	shift
	before=$(counts)
	"$@"
	echo "$before $(counts)" | awk -v name="$name" '{ print name, $3 - $1, $4 - $2 }' >>/tmp/phases
}

# do_ COMMAND: on the first CPU
do_()
{
	taskset 1 sh -c "echo $1 >/sys/module/kprobe_ipis/parameters/do"
}

# function_calls PHASE
function_calls()
{
	awk -v name="$1" '$1 == name { print $2 }' /tmp/phases
}

dmesg -n 1
insmod /lib/modules-flat/kprobe_ipis.ko || finish 1
phase idle sleep 5
phase register do_ register
phase jumps sleep 10
phase unregister do_ unregister
phase release sleep 10
while read -r line; do
	echo "function calls and TLB flushes: $line"
	value "ipis $line"
done </tmp/phases
expect ipis-one-a-registration [ "$(function_calls register)" -le 1200 ]
expect ipis-few-for-all-jumps [ "$(function_calls jumps)" -le 200 ]
expect ipis-few-an-unregistration [ "$(function_calls unregister)" -le 4200 ]
finish 0
