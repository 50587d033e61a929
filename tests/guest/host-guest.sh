#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# The tests of tests/host, /bin/test64 or /bin/test32, on the processor of this guest.

. /guest-lib.sh

export EMULATED=1
program=/bin/test64
[ -x $program ] || program=/bin/test32

# host.only=STRING on the kernel command line: tests with that in their name
ONLY=$(option host.only)
[ -z "$ONLY" ] || export ONLY

: >/tmp/out
$program >>/tmp/out 2>&1 &
tests=$!
# A line at a time, as the host waits for something to be said.
tail -f -n +1 /tmp/out &
wait $tests
status=$?
sleep 1
kill $!

# "ok NAME", "not ok NAME: REASON", "ok NAME # SKIP REASON"; a name is one word for the host.
awk '
function send(verdict, name, text) {
	gsub(/ /, "_", name)
	print "result", verdict, name, text
}
/^ok .* # SKIP / { at = index($0, " # SKIP "); send("skip", substr($0, 4, at - 4), substr($0, at + 8)); next }
/^ok / { send("ok", substr($0, 4), "") }
/^not ok / { send("fail", substr($0, 8), "") }' /tmp/out >&3
expect host-guest-some-have-passed grep -q '^[1-9][0-9]* passed' /tmp/out
expect host-guest-ends-well test $status -eq 0
finish 0
