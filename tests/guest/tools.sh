# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tests/guest/lib.sh disable=SC2016,SC2086,SC2317
#
# The distribution's tools count what a program does whose system calls are
# known to the last one: see workload.c. Each count is exact.

. /guest-lib.sh
# shellcheck source=tests/guest/host-lib.sh
. /host-lib.sh
enter_host

N=200
TRACING=/sys/kernel/tracing
COMM=workload

# expect NAME VALUE FUNCTION: a tool's measurement, which is FUNCTION's last line
expect()
{
	local got

	got=$("$3" 2>"/out/$1.log" | tail -n 1)
	value "$1" "$got"
	if [ "$got" = "$2" ]; then
		result ok "$1"
	else
		result fail "$1" "'$got' instead of '$2'"
	fi
}

#: kprobe_events-entry ``p vfs_read`` in kprobe_events, with a filter
#: kprobe_events-inside ``p vfs_read+9``, behind the call that ftrace patches
#: kprobe_events-return ``r vfs_read $retval``
#: kprobe_events-hist a histogram trigger on ``p vfs_read``
#: perf-pmu-entry the PMU ``kprobe`` by perf_event_open(), vfs_read
#: perf-pmu-return the same with its retprobe bit
#: perf-probe-stat ``perf probe vfs_read``, ``perf stat``
#: perf-probe-inside ``perf probe vfs_read+9``, ``perf stat``
#: perf-probe-record ``perf probe vfs_read``, ``perf record``, ``perf script``
#: perf-probe-return the same with ``vfs_read%return $retval``
#: trace-cmd ``trace-cmd record`` of ``p vfs_read``, ``trace-cmd report``
#: bpftrace-entry ``bpftrace kprobe:vfs_read``
#: bpftrace-return ``bpftrace kretprobe:vfs_read``, by return value
#: bpftrace-wildcard ``bpftrace kprobe:__x64_sys_*``, by function
#: bpftrace-stack ``bpftrace kprobe:vfs_read``, by stack
#: bcc-funccount ``funccount-bpfcc 'vfs_*'``, the row vfs_read

# kprobe_events: one event of a definition, filtered; prints how many came.

event()
{
	cd "$TRACING" || return
	echo "$1" >kprobe_events
	echo "comm == \"$COMM\"" >events/kprobes/t/filter
	echo >trace
	echo 1 >events/kprobes/t/enable
	workload $N
	echo 0 >events/kprobes/t/enable
	grep -c "${2:-t: }" trace
	echo >kprobe_events
}

event_entry() { event 'p:t vfs_read count=$arg3' 't: (vfs_read.*) count=0x1'; }
event_inside() { event 'p:t vfs_read+9'; }	# behind ENDBR and the call of __fentry__
# The type is given: with BTF it would be the function's own, and a decimal number.
event_return() { event 'r:t vfs_read ret=$retval:x64' 't: (.* <- vfs_read) ret=0x1'; }

event_hist()
{
	cd "$TRACING" || return
	echo 'p:t vfs_read' >kprobe_events
	echo "hist:keys=common_pid if comm == \"$COMM\"" >events/kprobes/t/trigger
	workload $N
	sed -n 's/.*hitcount: *//p' events/kprobes/t/hist
	echo "!hist:keys=common_pid if comm == \"$COMM\"" >events/kprobes/t/trigger
	echo >kprobe_events
}

# The PMU, through the system call

pmu_entry() { workload $N vfs_read; }
pmu_return() { workload $N vfs_read return; }

# perf

perf_stat()
{
	perf probe -k "$KERNEL_OBJ/vmlinux" -q --add "$1" >&2 || return
	perf stat -x, -e "probe:${2:-vfs_read}" workload $N 2>&1 | cut -d, -f1
	perf probe -q --del 'probe:*' >&2
}

perf_record()
{
	perf probe -k "$KERNEL_OBJ/vmlinux" -q --add "$1" >&2 || return
	perf record -q -o /tmp/perf.data -e "probe:${2:-vfs_read}" workload $N >&2
	perf script -i /tmp/perf.data | grep -c "$COMM .*${3:-probe:vfs_read: }"
	perf probe -q --del 'probe:*' >&2
}

perf_probe_stat() { perf_stat vfs_read; }
perf_probe_inside() { perf_stat vfs_read+9; }
perf_probe_record() { perf_record vfs_read; }
perf_probe_return() { perf_record 'vfs_read%return ret=$retval' vfs_read__return '(.* <- .*) ret=0x1'; }

# trace-cmd

trace_cmd()
{
	echo 'p:t vfs_read' >"$TRACING/kprobe_events"
	trace-cmd record -q -o /tmp/trace.dat -e kprobes:t -F workload $N >&2
	trace-cmd report -i /tmp/trace.dat | grep -c "$COMM.* t: "
	trace-cmd reset >&2
	echo >"$TRACING/kprobe_events"
}

# bpftrace: prints its maps, one entry a line, with addresses that differ removed

bpf()
{
	bpftrace -c "/usr/local/bin/workload $N" -e "$1" | grep '^@' | sort | xargs
}

bpftrace_entry() { bpf 'kprobe:vfs_read /comm == "'$COMM'"/ { @ = count(); }'; }
bpftrace_return() { bpf 'kretprobe:vfs_read /comm == "'$COMM'"/ { @[retval] = count(); }'; }

# Probes on all system calls, and on both ends of one
bpftrace_wildcard()
{
	bpf 'kprobe:__x64_sys_* /comm == "'$COMM'"/ { @[func] = count(); }' |
		grep -o '@\[__x64_sys_\(openat\|read\|close\)\]: [0-9]*' | xargs
}

# Who called: the functions of the stack, without offsets
bpftrace_stack()
{
	bpftrace -c "/usr/local/bin/workload $N" -e \
		'kprobe:vfs_read /comm == "'$COMM'"/ { @[kstack(perf, 4)] = count(); }' |
		sed -n -e 's/^[[:space:]]*[0-9a-f]* \([A-Za-z_0-9]*\)+.*/\1/p' -e 's/^\]: //p' | xargs
}

# attached PID: funccount is ready, or has ended
attached()
{
	grep -q '^Tracing' /tmp/funccount || ! kill -0 "$1" 2>/dev/null
}

# bcc: counts for one process, which waits until the probes are there. What a shell
# puts in the background does not heed SIGINT, unless it is told to.
bcc_funccount()
{
	local pid bcc

	sh -c 'kill -STOP $$; exec workload '$N &
	pid=$!
	PYTHONUNBUFFERED=1 env --default-signal=INT funccount-bpfcc -p $pid 'vfs_*' >/tmp/funccount 2>&1 &
	bcc=$!
	until attached $bcc; do sleep 1; done
	kill -CONT $pid
	wait $pid
	kill -INT $bcc
	wait $bcc
	cat /tmp/funccount >&2
	awk '$1 ~ /vfs_read$/ { print $2 }' /tmp/funccount
}

for way in entry inside return hist; do
	expect "kprobe_events-$way" $N event_$way
done
for way in entry return; do
	expect "perf-pmu-$way" $N pmu_$way
done
expect perf-probe-stat $N perf_probe_stat
expect perf-probe-inside $N perf_probe_inside
expect perf-probe-record $N perf_probe_record
expect perf-probe-return $N perf_probe_return
expect trace-cmd $N trace_cmd
expect bpftrace-entry "@: $N" bpftrace_entry
expect bpftrace-return "@[1]: $N" bpftrace_return
expect bpftrace-wildcard "@[__x64_sys_close]: $N @[__x64_sys_openat]: $N @[__x64_sys_read]: $N" bpftrace_wildcard
expect bpftrace-stack "vfs_read ksys_read do_syscall_64 entry_SYSCALL_64_after_hwframe $N" bpftrace_stack
expect bcc-funccount $N bcc_funccount
exit 0
