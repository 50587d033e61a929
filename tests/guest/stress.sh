#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# A storm of operations on probes: kprobe_stress makes them and executes what is
# probed. Meanwhile, each in a loop of its own: CPUs go and come; so does a module
# with probes in it; tracers take the same functions, perf as well; jumps are
# switched off and on; all that lists probes is read. From the kernel command line:
#
#   stress.operations=N   how many there shall be (1000000)
#   stress.seconds=N      stop then, whatever there was
#   stress.seed=N         of the random numbers

. /guest-lib.sh

# What the boot had to say is not of probes: of the emulated CPU, say.
dmesg -n 1
dmesg -c >/dev/null

modules=/lib/modules-flat
stress=/sys/module/kprobe_stress/parameters
life=/sys/module/kprobe_life/parameters
tracing=/sys/kernel/tracing
probes=/sys/kernel/debug/kprobes
warned='WARNING:|BUG:|Oops|INFO: |rcu: .*stall|general protection'

# reported FIELD [FILE]
reported()
{
	sed -n "s/.*\<$1=\([^ ]*\).*/\1/p" "${2:-$stress/report}"
}

# Each is one turn of a loop; it fails if what it does was refused.

# All but the first one, which cannot be taken away
cpus()
{
	local online failed=0

	for online in /sys/devices/system/cpu/cpu[1-9]*/online; do
		echo 0 >"$online" || failed=1
	done
	sleep 0.3
	for online in /sys/devices/system/cpu/cpu[1-9]*/online; do
		echo 1 >"$online" || failed=1
	done
	sleep 0.5
	return $failed
}

# kprobe_life races: a registration that is under way keeps the module, for a moment.
target()
{
	insmod $modules/kprobe_life_target.ko &&
		wait_for 60 rmmod kprobe_life_target 2>/dev/null
}

switch()
{
	echo 0 >/proc/sys/debug/kprobes-optimization && sleep 0.2 &&
		echo 1 >/proc/sys/debug/kprobes-optimization && sleep 1
}

lists()
{
	cat $probes/list $probes/blacklist /proc/kallsyms >/dev/null && echo w >/proc/sysrq-trigger &&
		sleep 0.5
}

tracer()
{
	echo function >$tracing/current_tracer && sleep 0.2 &&
		{ ! grep -q function_graph $tracing/available_tracers || echo function_graph >$tracing/current_tracer; } &&
		sleep 0.2 && echo nop >$tracing/current_tracer && sleep 0.2
}

event()
{
	echo 'p:stress_entry stress_traced' >$tracing/kprobe_events &&
		echo 'r:stress_return stress_traced' >>$tracing/kprobe_events &&
		echo 1 >$tracing/events/kprobes/enable && sleep 0.3 &&
		echo 0 >$tracing/events/kprobes/enable && echo >$tracing/kprobe_events && sleep 0.2
}

# By perf_event_open(), whose count is exact
perf()
{
	[ "$(workload 20 vfs_read)" -eq 20 ] && [ "$(workload 20 vfs_read return)" -eq 20 ] && sleep 0.2
}

# loop TURN: until there is /tmp/enough; how often goes into /tmp/TURN.turns, how
# often it failed into /tmp/TURN.failed
loop()
{
	local turns=0 failed=0

	while [ ! -e /tmp/enough ]; do
		"$1" || failed=$((failed + 1))
		turns=$((turns + 1))
		echo $turns >"/tmp/$1.turns"
		echo $failed >"/tmp/$1.failed"
	done
} 2>>"/tmp/loops.log"

insmod $modules/kprobe_stress.ko "operations=$(option stress.operations 1000000)" "seed=$(option stress.seed 1)"
insmod $modules/kprobe_life.ko
loops="cpus target switch lists"
if [ -d $tracing ]; then
	mount -t tracefs tracefs $tracing
	echo stress_traced >$tracing/set_ftrace_filter
	loops="$loops tracer"
	[ ! -e $tracing/kprobe_events ] || loops="$loops event"
	[ ! -x /bin/workload ] || loops="$loops perf"
fi
echo race >$life/do
echo start >$stress/do
for name in $loops; do
	loop "$name" &
done

seconds=$(option stress.seconds 100000000)
began=$(uptime_seconds)
until [ "$(reported ended)" = 1 ] || [ $(($(uptime_seconds) - began)) -ge "$seconds" ]; do
	sleep 2
	dmesg -c | grep -E -A 40 "$warned" >>/tmp/warned
	cat $stress/report
done
echo 0 >$stress/operations
echo "the loops end"
: >/tmp/enough
wait
echo "the tasks end"
echo stop >$life/do
echo stop >$stress/do
dmesg -c | grep -E -A 40 "$warned" >>/tmp/warned

cat $stress/report
cat /tmp/warned /tmp/loops.log | head -n 200
tail -n 4 $tracing/error_log 2>/dev/null
cat $probes/list
for name in operations batches executions hits missed returns jumps; do
	value "$name|$(reported $name)"
done
for name in $loops; do
	value "turns of the loop $name|$(cat "/tmp/$name.turns")"
	expect "stress_${name}_turns" test "$(cat "/tmp/$name.turns")" -gt 2
	expect "stress_${name}_is_not_refused" test "$(cat "/tmp/$name.failed")" -eq 0
done
value "seconds|$(($(uptime_seconds) - began))"
[ "$seconds" -lt 100000000 ] || expect stress_operations test "$(reported operations)" -ge "$(option stress.operations 1000000)"
expect stress_sums_are_right test "$(reported wrong)" -eq 0
expect stress_steady_no_hit_is_lost_r24 test "$(reported lost)" -eq 0
expect stress_steady_is_paired_r26 test "$(reported steady_unpaired)" -eq 0
expect stress_no_hit_is_lost_r10 test "$(reported few)" -eq 0
expect stress_no_hit_is_too_many_r16 test "$(reported many)" -eq 0
expect stress_no_handler_runs_late_r15 test "$(reported late)" -eq 0
expect stress_pre_and_post_are_paired_r26 test "$(reported unpaired)" -eq 0
expect stress_nothing_is_refused_r10 test "$(reported refused)" -eq 0
expect stress_has_misses_r24 test "$(reported missed)" -gt 0
expect stress_has_returns_r19 test "$(reported returns)" -gt 0
expect stress_has_jumps test "$(reported jumps)" -gt 0
expect stress_text_is_as_before test "$(reported text)" = original
expect stress_module_race_r15 test "$(reported wrong $life/raced)" -eq 0
expect stress_probes_leave test -z "$(rmmod kprobe_life kprobe_stress 2>&1)"
expect stress_nothing_is_listed test "$(wc -l <$probes/list)" -eq 0
expect stress_nothing_warned_r9 test ! -s /tmp/warned
finish 0
