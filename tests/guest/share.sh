# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tests/guest/lib.sh disable=SC2317
#
# What becomes of probes on the instructions that share.sample=FILE on the kernel
# command line names, a file of the host's: an address a line. All that are not
# refused are registered at once and, when no more jumps come, counted by route.
# Runs on a vanilla kernel as well.
#
#: sampled	instructions in the sample
#: refused	not probed
#: ftrace	probed through ftrace
#: jump	a jump
#: breakpoint	a breakpoint

. /guest-lib.sh
# shellcheck source=tests/guest/host-lib.sh
. /host-lib.sh
enter_host

SWEEP=/sys/kernel/debug/kprobe_sweep
LIST=/sys/kernel/debug/kprobes/list
QUIET_SECONDS=20

# feed FILE: the addresses of the standard input, with one write
feed()
{
	dd of="$SWEEP/$1" bs=4M iflag=fullblock 2>/tmp/dd.log || { cat /tmp/dd.log; return 1; }
}

# routes MARK: how many probes are listed with it
routes()
{
	grep -c "\[$1\]" "$LIST"
}

# The optimizer of a vanilla kernel takes some at a time: until nothing has changed
# for a while
settle()
{
	local before='' now since=$SECONDS

	until [ $((SECONDS - since)) -ge $QUIET_SECONDS ]; do
		now=$(routes OPTIMIZED)
		[ "$now" = "$before" ] || since=$SECONDS
		before=$now
		sleep 1
	done
}

dmesg -n 1
modprobe kprobe_sweep || exit 1
sample=$(sed -n 's/.*share\.sample=\([^ ]*\).*/\1/p' /proc/cmdline)
feed try <"$sample" || exit 1
awk '$2 == 0 { print $1 }' "$SWEEP/tried" >/tmp/accepted
feed arm </tmp/accepted || exit 1
settle

accepted=$(wc -l </tmp/accepted)
listed=$(wc -l <"$LIST")
ftrace=$(routes FTRACE)
jump=$(routes OPTIMIZED)
value sampled "$(wc -l <"$sample")"
value refused "$(awk '$2 != 0' "$SWEEP/tried" | wc -l)"
value ftrace "$ftrace"
value jump "$jump"
value breakpoint $((accepted - ftrace - jump))
cp "$LIST" /out/list
if [ "$listed" -eq "$accepted" ]; then
	result ok all-are-listed
else
	result fail all-are-listed "$listed of $accepted"
fi
rmmod kprobe_sweep
exit 0
