#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# Which context trace events of probes record, on each route to a handler, with preemption as
# preempt= on the kernel command line says: NAME is of a route, its value the letters that
# `trace` shows, without those for interrupts and for need_resched, and what a histogram
# has of common_preempt_count.

. /guest-lib.sh

N=20
tracing=/sys/kernel/tracing
event=$tracing/events/kprobes/t
key=hist:keys=common_preempt_count

mount -t tracefs tracefs $tracing
mode=$(option preempt)
expect mode-is-on grep -q "($mode)" /sys/kernel/debug/sched/preempt

# letters: of each event of the workload, those of them that differ
letters()
{
	sed -n 's/^ *workload-[0-9]* *\[[0-9]*\] ..\([^ ]*\) .*/\1/p' $tracing/trace | sort -u | tr '\n' ' '
}

# depths: what the histogram has, as DEPTH:HITS
depths()
{
	sed -n 's/^{ common_preempt_count: *\([0-9]*\) *} hitcount: *\([0-9]*\)$/\1:\2/p' $event/hist | tr '\n' ' '
}

# jumps ROUTE: whether probes may become jumps
jumps()
{
	case $1 in
	breakpoint*) echo 0 ;;
	*) echo 1 ;;
	esac >/proc/sys/debug/kprobes-optimization
}

# measure ROUTE DEFINITION
measure()
{
	jumps "$1"
	echo "$2" >$tracing/kprobe_events
	echo 'comm == "workload"' >$event/filter
	echo "$key if comm == \"workload\"" >$event/trigger
	echo >$tracing/trace
	echo 1 >$event/enable
	[ "$1" != jump ] || wait_for 100 grep -q OPTIMIZED /sys/kernel/debug/kprobes/list
	workload $N
	[ "$1" != jump ] || expect is-a-jump grep -q OPTIMIZED /sys/kernel/debug/kprobes/list
	echo 0 >$event/enable
	value "$1" "$(letters)/ $(depths)"
	expect "$1" test "$(grep -c ' t: ' $tracing/trace)" -eq $N
	echo "!$key if comm == \"workload\"" >$event/trigger
	echo >$tracing/kprobe_events
}

measure ftrace 'p:t vfs_read'
measure jump 'p:t vfs_read+9'	# behind ENDBR and the call of __fentry__
measure breakpoint 'p:t vfs_read+9'
measure return 'r:t vfs_read'
measure breakpoint-return 'r:t vfs_read'
finish 0
