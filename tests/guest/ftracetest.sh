# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tests/guest/lib.sh
#
# The kernel's own ftracetest, those of its tests that are about kprobes and
# about events that one makes. One at a time: a result each.

. /guest-lib.sh
# shellcheck source=tests/guest/host-lib.sh
. /host-lib.sh
enter_host

# What ftracetest calls UNSUPPORTED, UNTESTED and XFAIL says nothing about kprobes.
one()
{
	local name=${1#test.d/} log=/out/ftracetest.log verdict

	./ftracetest -v --logdir /tmp/ftracetest "$1" >"$log.one" 2>&1
	verdict=$(sed -n 's/^\[[0-9]*\].*\[\([A-Z]*\)\]$/\1/p' "$log.one" | tail -n 1)
	{ echo "=== $name: $verdict"; cat "$log.one"; } >>"$log"
	case $verdict in
	PASS) result ok "$name" ;;
	UNSUPPORTED) result skip "$name" "what it requires is not in this kernel" ;;
	*) result fail "$name" "${verdict:-no verdict}: $(grep -v '^+* *\[' "$log.one" | tail -n 1)" ;;
	esac
}

cd "$KERNEL_TREE/tools/testing/selftests/ftrace" || exit 1
for test in test.d/kprobe/*.tc test.d/dynevent/*.tc; do
	case $test in
	*/add_remove_tprobe_module.tc)
		# __tracepoint_probe_module_cb() unregisters the fprobe of a module that
		# goes, and leaves it registered in the eyes of unregister_trace_fprobe().
		result skip "${test#test.d/}" "oopses in 6.12.107's own trace_fprobe.c, which has no kprobe"
		;;
	*) one "$test" ;;
	esac
done
exit 0
