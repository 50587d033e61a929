# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tests/guest/lib.sh disable=SC2016,SC2086,SC2317
#
# What stands on kprobes within the kernel: boot-time events, samples, error and
# fault injection, BPF's override, fprobe, livepatch, LKDTM, kgdb. Each is used on
# its own, and those that share a function with a probe together with it.

. /guest-lib.sh
# shellcheck source=tests/guest/host-lib.sh
. /host-lib.sh
enter_host

N=200
TRACING=/sys/kernel/tracing
DEBUG=/sys/kernel/debug
missing=

# must COMMAND...: the test under way wants this to succeed
must()
{
	"$@" || missing="$missing, not so: $*"
}

# is VALUE WANTED
is()
{
	[ "$1" = "$2" ] || missing="$missing, '$1' instead of '$2'"
}

# logged PATTERN [TIMES]: so many lines of the kernel log since the test began
logged()
{
	local times

	times=$(dmesg | grep -Ec -- "$1")
	if [ $# -gt 1 ]; then
		is "$1: $times" "$1: $2"
	else
		must [ "$times" -gt 0 ]
	fi
}

# run NAME: the function of that name is a test
run()
{
	missing=
	dmesg -C
	"$1" >"/out/$1.log" 2>&1
	dmesg >>"/out/$1.log"
	if dmesg | grep -Eq 'BUG:|Oops:|WARNING: CPU.* at ' && ! [[ $1 =~ ^(lkdtm|kgdb)$ ]]; then
		missing="$missing, the kernel warned"
	fi
	if [ -z "$missing" ]; then
		result ok "$1"
	else
		result fail "$1" "${missing#, }"
	fi
}

#: error_log what error_log says of an event that is refused, and where it points
#: boot_event ``kprobe_event=p:boot,vfs_read`` on the kernel command line
#: sample_kprobe samples/kprobes/kprobe_example.c
#: sample_kretprobe samples/kprobes/kretprobe_example.c
#: sample_fprobe samples/fprobe/fprobe_example.c
#: fprobe_event fprobe events and kprobe events on the entry and return of one function
#: function_tracer the function tracer and a probe on one function, in any order
#: fail_function error injection through fail_function in debugfs
#: bpf_override bpf_override_return() by ``bpftrace --unsafe``
#: lkdtm LKDTM, its crash point in the interrupt path
#: livepatch_then_probe livepatch-sample, then a probe on the patched function
#: probe_then_livepatch a probe, then livepatch-sample
#: livepatch_return a return probe, then livepatch-sample
#: kprobe_event_gen kprobe_event_gen_test, synth_event_gen_test
#: kgdb kgdb's own tests while a probe counts

# hits EVENT: of a kprobe event, by kprobe_profile
hits()
{
	awk -v event="$1" '$1 == event { print $2 }' "$TRACING/kprobe_profile"
}

# The kernel command line has kprobe_event=p:boot,vfs_read: see tests/cases/users.
boot_event()
{
	is "$(cut -d' ' -f2 "$TRACING/kprobe_events")" vfs_read
	is "$(cat "$TRACING/events/kprobes/boot/enable")" 1
	must [ "$(hits boot)" -gt 0 ]
	echo 0 >"$TRACING/events/kprobes/boot/enable"
	echo >"$TRACING/kprobe_events"
	is "$(cat "$TRACING/kprobe_events")" ''
}

# told EVENT MESSAGE: the event, less its ^, is refused, and error_log says so. What
# is under the ^ is what it points at
told()
{
	local before=${1%%^*}

	echo >error_log
	! printf '%s%s\n' "$before" "${1#*^}" >>kprobe_events || missing="$missing, accepted: $1"
	is "$(sed -n 's/.*trace_kprobe: error: //p' error_log)" "$2"
	is "$(tail -n 1 error_log)" "$(printf '%*s^' $((${#before} + 11)) '')"
}

# Each errno of a refusal that trace_kprobe knows: EILSEQ, ENOENT, EINVAL; and the
# one that it finds out itself
error_log()
{
	cd "$TRACING" || return
	told 'p:refused ^vfs_read+3' 'Probe point is not an instruction boundary'
	told 'p:refused ^vfs_read+3 ip=%ip' 'Probe point is not an instruction boundary'
	told 'p:a_longer_name ^no_such_symbol' 'Invalid probed address or symbol'
	told 'p:refused ^rethook_try_get+4' 'Failed to register probe event'
	told 'r:refused ^rethook_try_get' 'Failed to register probe event'
	told 'p:refused ^0x10' 'Failed to register probe event'
	told 'r:refused ^vfs_read+9' 'Retprobe address must be an function entry'
	is "$(cat kprobe_events)" ''
}

sample_kprobe()
{
	must modprobe kprobe_example symbol=__x64_sys_getppid
	logged 'Planted kprobe at' 1
	workload 3
	logged 'handler_pre: <__x64_sys_getppid>' 3
	logged 'handler_post: <__x64_sys_getppid>' 3
	must rmmod kprobe_example
	logged 'kprobe at .* unregistered' 1
}

sample_kretprobe()
{
	must modprobe kretprobe_example func=__x64_sys_getppid
	logged 'Planted return probe at __x64_sys_getppid' 1
	workload 3
	logged "__x64_sys_getppid returned $$ and took" 3
	must rmmod kretprobe_example
	logged 'Missed probing 0 instances of __x64_sys_getppid' 1
}

sample_fprobe()
{
	must modprobe fprobe_example symbol=__x64_sys_getppid stackdump=0
	workload 3
	must rmmod fprobe_example
	logged 'Enter <__(x64|do)_sys_getppid' 3
	logged 'Return from <__(x64|do)_sys_getppid' 3
	logged 'unregistered. 6 times hit, 0 times missed' 1
}

# A probe and fprobe on one function, and each counts. Values have a type: with BTF it would
# be the function's own, and a decimal number.
fprobe_event()
{
	cd "$TRACING" || return
	cat >dynamic_events <<-'END'
	f:fprobes/entry vfs_read
	f:fprobes/exit vfs_read%return ret=$retval:x64
	p:kprobes/probe vfs_read
	r:kprobes/retprobe vfs_read ret=$retval:x64
	END
	for event in fprobes/entry fprobes/exit kprobes/probe kprobes/retprobe; do
		echo 'comm == "workload"' >events/$event/filter
		echo 1 >events/$event/enable
	done
	echo >trace
	workload $N
	echo 0 >events/fprobes/enable
	echo 0 >events/kprobes/enable
	is "$(grep -c ' entry: ' trace)" $N
	is "$(grep -c ' exit: .*ret=0x1' trace)" $N
	is "$(grep -c ' probe: ' trace)" $N
	is "$(grep -c ' retprobe: .*ret=0x1' trace)" $N
	echo >dynamic_events
	is "$(cat dynamic_events)" ''
}

# traced PATTERN: how many such lines the trace has. Reading it is traced as well, so
# that it would have no end.
traced()
{
	echo 0 >tracing_on
	grep -c "workload-.* $1" trace
	echo >trace
	echo 1 >tracing_on
}

# The function tracer on a function that has a probe, begun before it and after
function_tracer()
{
	cd "$TRACING" || return
	echo vfs_read >set_ftrace_filter
	echo function >current_tracer
	echo 'p:probe vfs_read' >kprobe_events
	echo 'comm == "workload"' >events/kprobes/probe/filter
	echo 1 >events/kprobes/probe/enable
	echo >trace
	workload $N
	is "$(traced 'probe: ')" $N
	workload $N
	is "$(traced 'vfs_read <-ksys_read')" $N
	echo nop >current_tracer
	workload $N
	is "$(traced 'probe: ')" $N
	echo function >current_tracer
	workload $N
	is "$(traced 'probe: ')" $N
	echo 0 >events/kprobes/probe/enable
	workload $N
	is "$(traced 'vfs_read <-ksys_read')" $N
	echo nop >current_tracer
	echo >set_ftrace_filter
	echo >kprobe_events
}

# mkdir fails five times, with the error that was asked for
fail_function()
{
	local i failed=0

	cd "$DEBUG/fail_function" || { must cd "$DEBUG/fail_function"; return; }
	must grep -q __x64_sys_mkdir injectable
	echo __x64_sys_mkdir >inject
	printf %#x -28 >__x64_sys_mkdir/retval
	echo N >task-filter
	echo 100 >probability
	echo 0 >interval
	echo 5 >./times
	echo 0 >verbose
	for i in 1 2 3 4 5 6 7; do
		LC_ALL=C mkdir /tmp/fail_function.$i 2>&1 | grep -q 'No space left' && failed=$((failed + 1))
	done
	is $failed 5
	must [ ! -d /tmp/fail_function.5 ] && must [ -d /tmp/fail_function.6 ]
	echo '!__x64_sys_mkdir' >inject
	is "$(cat inject)" ''
	must mkdir /tmp/fail_function.after
}

# interrupted PID: it has ended. bpftrace ignores a SIGINT that comes just after it has
# attached its probes.
interrupted()
{
	kill -INT "$1" 2>/dev/null
	! kill -0 "$1" 2>/dev/null
}

# bpf_override_return()
bpf_override()
{
	local i

	bpftrace --unsafe -e 'kprobe:__x64_sys_mkdir /comm == "mkdir"/ { override(-28); @ = count(); }' >/tmp/override 2>&1 &
	must wait_for 60 grep -q Attaching /tmp/override
	# It says so before it has attached: what is made until then goes again.
	must wait_for 60 sh -c '! { mkdir /tmp/probed 2>/dev/null && rmdir /tmp/probed; }'
	for i in 1 2 3; do
		LC_ALL=C mkdir /tmp/bpf_override.$i 2>&1 | grep -q 'No space left' || missing="$missing, mkdir $i"
		must [ ! -d /tmp/bpf_override.$i ]
	done
	must wait_for 60 interrupted $!
	cat /tmp/override
	must mkdir /tmp/bpf_override.after
}

# A crash point that is a probe in the interrupt path, and a crash that only warns
lkdtm()
{
	must modprobe lkdtm cpoint_count=3
	echo WARNING_MESSAGE >"$DEBUG/provoke-crash/INT_HW_IRQ_EN"
	must wait_for 60 sh -c "dmesg | grep -q 'WARNING: CPU.*lkdtm_WARNING_MESSAGE'"
	must rmmod lkdtm
	logged 'Crash point INT_HW_IRQ_EN of type WARNING_MESSAGE hit, trigger in 2 rounds'
	logged 'WARNING: CPU: .*lkdtm_WARNING_MESSAGE'
}

patched()
{
	grep -q 'this has been live patched' /proc/cmdline
}

unpatched()
{
	! patched
}

patch_on()
{
	must modprobe livepatch-sample
	must wait_for 60 grep -qx 0 /sys/kernel/livepatch/livepatch_sample/transition
}

patch_off()
{
	echo 0 >/sys/kernel/livepatch/livepatch_sample/enabled
	must wait_for 60 sh -c '! [ -d /sys/kernel/livepatch/livepatch_sample ]'
	must rmmod livepatch-sample
}

probe_on()
{
	echo 'p:probe cmdline_proc_show' >"$TRACING/kprobe_events"
	must sh -c "echo 1 >"$TRACING/events/kprobes/probe/enable""
}

probe_off()
{
	echo 0 >"$TRACING/events/kprobes/probe/enable"
	echo >"$TRACING/kprobe_events"
	is "$(cat "$TRACING/kprobe_events")" ''
}

# Read twice: the probe counts each, and the patch stays or goes as it was.
read_twice()
{
	local before

	before=$(hits probe)
	must "$1"
	must "$1"
	is $(($(hits probe) - before)) 2
}

livepatch_then_probe()
{
	patch_on
	must patched
	probe_on
	read_twice patched
	probe_off
	must patched
	patch_off
	must unpatched
}

probe_then_livepatch()
{
	probe_on
	read_twice unpatched
	patch_on
	read_twice patched
	patch_off
	read_twice unpatched
	probe_off
	must unpatched
}

# A return probe on a patched function returns from the patch.
livepatch_return()
{
	echo 'r:probe cmdline_proc_show' >"$TRACING/kprobe_events"
	must sh -c "echo 1 >"$TRACING/events/kprobes/probe/enable""
	patch_on
	read_twice patched
	patch_off
	read_twice unpatched
	probe_off
}

# kgdb's own tests, its breakpoints and steps, while a probe counts. Those of hardware
# breakpoints come first; whether the emulated machine passes them is not of interest.
kgdb()
{
	local i

	echo 'p:probe vfs_read' >"$TRACING/kprobe_events"
	echo 'comm == "workload"' >"$TRACING/events/kprobes/probe/filter"
	echo 1 >"$TRACING/events/kprobes/probe/enable"
	must sh -c 'echo V1I20F10 >/sys/module/kgdbts/parameters/kgdbts'
	for i in $(seq 100); do
		workload 1
		! dmesg | grep -q 'Unregistered I/O driver kgdbts' || break
	done
	logged 'kgdbts:RUN sw breakpoint test' 1
	logged 'kgdbts:RUN kernel_clone for 10 breakpoints' 1
	logged 'Unregistered I/O driver kgdbts' 1
	is "$(dmesg | sed -n '/RUN plant and detach/,$p' | grep -Ec 'kgdbts: (ERROR|.*failed|.*mismatch)|WARNING:')" 0
	must [ "$(hits probe)" -ge "$i" ]
	probe_off
}

# What they probe is called by nobody in this kernel: that the events are there and
# are enabled is what can be seen.
kprobe_event_gen()
{
	must modprobe kprobe_event_gen_test
	is "$(grep -c 'gen_k.*probe_test do_sys_open' $TRACING/kprobe_events)" 2
	is "$(cat $TRACING/events/kprobes/gen_kprobe_test/enable)" 1
	is "$(cat $TRACING/events/kprobes/gen_kretprobe_test/enable)" 1
	must rmmod kprobe_event_gen_test
	is "$(cat $TRACING/kprobe_events)" ''
	must modprobe synth_event_gen_test
	must rmmod synth_event_gen_test
}

for test in boot_event error_log sample_kprobe sample_kretprobe sample_fprobe fprobe_event \
	function_tracer fail_function bpf_override lkdtm livepatch_then_probe probe_then_livepatch livepatch_return \
	kprobe_event_gen kgdb; do
	run $test
done
exit 0
