#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# What probes cost, measured by kprobe_bench. The kernel command line says how
# much of what, lists with commas between the numbers:
#
#   bench.wall=0|1      count instructions, or nanoseconds
#   bench.hits=N,...    calls of each case; a number a round
#   bench.crowd=N,...   other probes, for the hits beside them; never fewer, but for 0
#   bench.crowd_one=N   with that many others, what one registration costs
#   bench.one=N         probes registered one by one in the kernel
#   bench.batch=N,...   probes registered together: breakpoints; and in the end jumps
#   bench.jumps=N,...   likewise, waiting until they are jumps
#   bench.ftrace=N,...  likewise, on ftrace locations
#   bench.next=N        jumps that go before the registration that must not wait
#
# Each line of the module's results becomes a `value` for the host.

. /guest-lib.sh

BENCH=/sys/kernel/debug/kprobe_bench
OPTIMIZATION=/proc/sys/debug/kprobes-optimization

# asked NAME: the words of bench.NAME=
asked()
{
	sed -n "s/.*bench\.$1=\([^ ]*\).*/\1/p" /proc/cmdline | tr , ' '
}

# do_ COMMAND NUMBER: of tests/modules/bench/main.c
do_()
{
	if ! echo "$*" >$BENCH/do; then
		echo "$* fails"
		finish 1
	fi
	while read -r line; do
		echo "$line"
		value "$line"
	done <$BENCH/results
}

# optimization 0|1: may probes become jumps? A kernel may have no such switch.
optimization()
{
	[ ! -e $OPTIMIZATION ] || echo "$1" >$OPTIMIZATION
}

say "Probes in $(uname -r)"
dmesg -n 1
insmod /lib/modules-flat/kprobe_bench.ko wall="$(asked wall)" || finish 1

for calls in $(asked hits); do
	do_ hits "$calls"
done

# Memory first, while nothing is left of other probes.
optimization 0
for count in $(asked batch); do
	do_ batch "$count"
done
optimization 1
for count in $(asked jumps); do
	do_ jumps "$count"
done
for count in $(asked ftrace); do
	do_ ftrace "$count"
done
for count in $(asked next); do
	do_ next "$count"
done

optimization 0
for count in $(asked crowd); do
	do_ crowd "$count"
	for with in $(asked crowd_one); do
		[ "$with" != "$count" ] || do_ one "$(asked one)"
	done
done
do_ crowd 0

rmmod kprobe_bench || finish 1
finish 0
