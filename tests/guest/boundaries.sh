#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# Probes every instruction of the kernel's text, with kprobe_boundaries.ko, while
# work goes on: of the functions in random order, some at a time,
#
#   stepped   all of their instructions, with pre- and post-handler
#   boosted   all of them, with a pre-handler
#   apart     each fifth, five times, with both: none is in another one's jump
#
# In the end every instruction has been armed or refused, each hit was right, and
# the text is as before. From the kernel command line:
#
#   boundaries.functions=N   so many functions only; all, if it is not given
#   boundaries.at_once=N     functions at a time (500)
#   boundaries.seed=N        of the random order (1)
#
# Sends as values what was counted, NAME|NUMBER.

. /guest-lib.sh

DIR=/sys/kernel/debug/kprobe_boundaries
STRIDE=5

at_once=$(option boundaries.at_once 500)

# functions: "START END" of every function of the text, in random order
functions()
{
	awk '$3 == "_stext" { on = 1 } on && NF == 3 && $2 ~ /^[tTwW]$/ { print $1 } $3 == "_etext" { exit }' /proc/kallsyms |
		sort -u | awk 'last { print last, $1 } { last = $1 }' |
		awk -v seed="$(option boundaries.seed 1)" 'BEGIN { srand(seed) } { print rand(), $0 }' | sort | cut -d' ' -f2,3
}

# What makes the kernel run through much of its text, with small programs
work()
{
	sh -c 'cat /proc/self/stat /proc/self/maps /proc/meminfo | sort' >/dev/null
	mkdir -p /tmp/work && mount -t tmpfs work /tmp/work
	dd if=/dev/zero of=/tmp/work/file bs=16k count=4
	mv /tmp/work/file /tmp/work/moved && ln -s moved /tmp/work/link
	cat /tmp/work/link >/dev/null
	find /tmp/work /proc/sys/kernel/random >/dev/null
	umount /tmp/work
	[ ! -x /bin/workload ] || workload 10
} 2>/dev/null

# All the while, also while probes come and go
work_on()
{
	while [ ! -e /tmp/enough ]; do
		sleep 1
		echo $$ | cat >/dev/null
	done
}

BAD='WARNING:|BUG:|Oops|INFO: |rcu: .*stall|general protection'

# Before the log is full
look_at_log()
{
	dmesg -c >/tmp/dmesg
	grep -E "$BAD" /tmp/dmesg | tee -a /tmp/bad
	sed -n '/kprobe_boundaries:/p' /tmp/dmesg
}

# sweep MODE [FIRST]
sweep()
{
	echo "$1 ${2:-0}" >$DIR/arm || return
	work
	echo 1 >$DIR/disarm
	echo "$1 $(cut -d' ' -f1 /proc/uptime)"
}

# take FILE: all modes of some functions
take()
{
	local first=0

	dd if="$1" of=$DIR/functions bs=1M 2>/dev/null || return
	grep -v ' 22$' $DIR/refused
	sweep stepped && sweep boosted || return
	while [ $first -lt $STRIDE ]; do
		sweep apart $first || return
		first=$((first + 1))
	done
	look_at_log
}

# number NAME, of the report
number()
{
	awk -F '|' -v name="$1" '$1 == name { print $2 }' /tmp/report
}

dmesg -n 1
# Single instructions of the kernel take long now; that is no lockup.
echo 60 >/proc/sys/kernel/watchdog_thresh
insmod /lib/modules-flat/text_diff.ko || exit 1
insmod /lib/modules-flat/kprobe_boundaries.ko || exit 1
: >/tmp/bad
functions >/tmp/functions
wanted=$(option boundaries.functions "$(wc -l </tmp/functions)")
dmesg -c >/dev/null
work_on &
taken=0
while [ "$taken" -lt "$wanted" ]; do
	head -n "$wanted" /tmp/functions | sed -n "$((taken + 1)),$((taken + at_once))p" >/tmp/batch
	take /tmp/batch || break
	taken=$((taken + $(wc -l </tmp/batch)))
	echo "$taken of $wanted functions, $(uptime_seconds) s"
done
: >/tmp/enough
wait

cat $DIR/report >/tmp/report
while read -r line; do
	value "$line"
done </tmp/report
head -n 20 /tmp/bad

expect boundaries-all-functions test "$taken" -eq "$wanted"
expect boundaries-all-are-decoded test "$(number undecoded)" -eq 0
expect boundaries-armed-or-refused test "$(number neither)" -eq 0
expect boundaries-some-are-hit test "$(number hit_boundaries)" -gt 0
expect boundaries-ip-is-right test "$(number astray)" -eq 0
expect boundaries-pre-and-post-are-paired-r26 test "$(number unpaired)" -eq 0
expect boundaries-nothing-is-missed-r24 test "$(number missed)" -eq 0
expect boundaries-jumps-come-again test "$(number fickle)" -eq 0
expect boundaries-nothing-warned test "$(wc -l </tmp/bad)" -eq 0
expect boundaries-text-is-as-before test -n "$(grep '^0 of' /sys/kernel/debug/text_diff)"
expect boundaries-probes-leave test -z "$(rmmod kprobe_boundaries 2>&1)"
finish 0
