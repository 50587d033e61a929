# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tests/guest/lib.sh
#
# The kernel's own ftracetest, those of its tests that are about kprobes and
# about events that one makes. One at a time: a result each. From the kernel command line:
#
#   ftracetest.only=DIR/NAME.tc   this one only
#   ftracetest.but=DIR/NAME.tc    all but this one

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

only=$(option ftracetest.only)
but=$(option ftracetest.but)
cd "$KERNEL_TREE/tools/testing/selftests/ftrace" || exit 1
for test in test.d/${only:-kprobe/*.tc} test.d/${only:-dynevent/*.tc}; do
	name=${test#test.d/}
	[ "$name" = "$but" ] || [ "$name" = "$done" ] || one "$test"
	done=$name
done
exit 0
