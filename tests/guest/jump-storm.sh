#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# Jumps that come and go under load: kprobe_jump_storm executes, puts and removes
# probes; this script throws the switch for jumps meanwhile, and takes CPUs away.

. /guest-lib.sh

# What the boot had to say is not of probes: of the emulated CPU, say.
dmesg -c >/dev/null

storm=/sys/module/kprobe_jump_storm/parameters
switch=/proc/sys/debug/kprobes-optimization
rounds=$(sed -n 's/.*storm\.rounds=\([^ ]*\).*/\1/p' /proc/cmdline)
: "${rounds:=300}"

# reported FIELD
reported()
{
	sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" $storm/report
}

# set_cpus 0|1: all but the first one, which cannot be taken away
set_cpus()
{
	local online

	for online in /sys/devices/system/cpu/cpu[1-9]*/online; do
		echo "$1" >"$online" || cpus_failed=$((cpus_failed + 1))
	done
}

insmod /lib/modules-flat/kprobe_jump_storm.ko "rounds=$rounds"
cpus_failed=0
turns=0
echo start >$storm/do
# On a slow machine the tasks are done before there was a turn.
while [ "$(reported rounds)" -lt "$rounds" ] || [ "$turns" -le 2 ]; do
	echo 0 >$switch
	sleep 0.05
	echo 1 >$switch
	sleep 0.2
	set_cpus $((turns % 2))
	turns=$((turns + 1))
done
set_cpus 1
echo stop >$storm/do
cat $storm/report

expect storm_turns test "$turns" -gt 2
expect storm_cpus_come_and_go test "$cpus_failed" -eq 0
expect storm_sums_are_right_r26 test "$(reported wrong)" -eq 0
expect storm_no_hit_is_lost_r24 test "$(reported incomplete)" -eq 0
expect storm_pre_and_post_are_paired_r26 test "$(reported unpaired)" -eq 0
expect storm_nothing_is_refused_r10 test "$(reported refused)" -eq 0
expect storm_has_misses_r24 test "$(reported missed)" -gt 0
expect storm_has_jumps test "$(reported some_jumps)" -gt 0
expect storm_jumps_come_again_r10 test "$(reported jumps_at_the_end)" -eq "$(reported of)"
expect storm_text_is_as_before test "$(reported text)" = original
rmmod kprobe_jump_storm
expect storm_nothing_warned_r9 test "$(dmesg | grep -E 'WARNING:|BUG:|INFO: |stall' | grep -vc 'BUG: KCSAN:')" -eq 0

finish 0
