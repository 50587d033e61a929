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

# initcalls PATTERN: the nanoseconds of those whose names have it
initcalls()
{
	dmesg | sed -n "s/.*initcall [^ ]*$1[^ ]* returned .* after \([0-9]*\) usecs.*/\1/p" |
		awk '{ usecs += $1 } END { print usecs * 1000 }'
}

# used: bytes of memory that are not free, the kernel's image included
used()
{
	local all free

	all=$(dmesg | sed -n 's/.*Memory: [0-9]*K\/\([0-9]*\)K available.*/\1/p')
	free=$(sed -n 's/^MemFree: *\([0-9]*\) kB/\1/p' /proc/meminfo)
	echo $(((all - free) * 1024))
}

# now: nanoseconds since the kernel has had a clock
now()
{
	sed -n 's/^now at \([0-9]*\) nsecs$/\1/p' /proc/timer_list
}

# modules_come_and_go TIMES: one that has no probe, nanoseconds a time
modules_come_and_go()
{
	local begin left=$1

	begin=$(now)
	while [ "$left" -gt 0 ]; do
		if ! insmod /lib/modules-flat/kprobe_ipis.ko || ! rmmod kprobe_ipis; then
			finish 1
		fi
		left=$((left - 1))
	done
	echo $((($(now) - begin) / $1))
}

say "Probes in $(uname -r)"
dmesg -n 1

# A kernel without probes.
value "rest-boot-ns $(initcalls kprobe)"
value "rest-memory $(used)"
modules_come_and_go 1 >/dev/null
value "rest-module-ns $(modules_come_and_go 20)"

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
