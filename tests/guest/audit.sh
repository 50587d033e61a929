#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# Probes the instructions that /bin/audit-places names, "ROUND ADDRESS REASONS" a line
# (tests/audit/places.c), round by round, and says which of them became jumps:
#
#   value jump ADDRESS REASONS    of those for which there is a reason against it
#   value counted NAME NUMBER     of all: asked, armed, jumps
#   value free NUMBER WHY         of those without a reason: why they are no jumps
#
# The work of probes on a running kernel goes on meanwhile: each is armed.

. /guest-lib.sh

PLACES=/bin/audit-places
SWEEP=/sys/kernel/debug/kprobe_sweep
KPROBES=/sys/kernel/debug/kprobes
AT_ONCE=5000
SETTLE_SECONDS=600

# feed FILE ADDRESSES: the lines of a file, with one write
feed()
{
	dd if="$2" of="$SWEEP/$1" bs=1M 2>/tmp/dd.log || { cat /tmp/dd.log; return 1; }
}

settled()
{
	! grep -qE 'waits for a grace period|are not known yet' $KPROBES/sites
}

# arm ADDRESSES: those that are not refused
arm()
{
	insmod /lib/modules-flat/kprobe_sweep.ko || return
	feed try "$1" || return
	awk '$2 == 0 { print $1 }' $SWEEP/tried >/tmp/accepted
	wc -l <$SWEEP/tried >>/tmp/asked
	wc -l </tmp/accepted >>/tmp/armed
	[ ! -s /tmp/accepted ] || feed arm /tmp/accepted || return
	wait_for $SETTLE_SECONDS settled
}

# What has become of them. The probe of an ENDBR is on the next instruction, so all places
# are looked up, not only those that were asked for.
see()
{
	sed -n '/OPTIMIZED/s/ .*//p' $KPROBES/list >/tmp/jumps
	wc -l </tmp/jumps >>/tmp/all-jumps
	awk 'NR == FNR { jump[$1]; next } $2 in jump && $3 != "free" { print $2, $3 }' \
		/tmp/jumps $PLACES >>/tmp/wrong
	awk 'NR == FNR { if ($3 == "free") free[$2]; next }
		$1 in free && /no jump: / { sub(/.*no jump: /, ""); sub(/\)$/, ""); print }' \
		$PLACES $KPROBES/sites >>/tmp/why
}

sum()
{
	awk '{ sum += $1 } END { print sum + 0 }' "$1"
}

sum_wrong()
{
	sort -u /tmp/wrong | wc -l
}

dmesg -n 1
: >/tmp/wrong
: >/tmp/why
# shellcheck disable=SC2013 # each line is a word
for round in $(cut -d' ' -f1 $PLACES | sort -nu); do
	sed -n "s/^$round \([0-9a-f]*\) .*/\1/p" $PLACES >/tmp/round
	first=1
	while [ $first -le "$(wc -l </tmp/round)" ]; do
		sed -n "$first,$((first + AT_ONCE - 1))p" /tmp/round >/tmp/part
		if ! arm /tmp/part; then
			echo "round $round cannot be armed from the ${first}th on"
			finish 1
		fi
		see
		rmmod kprobe_sweep || finish 1
		first=$((first + AT_ONCE))
	done
	echo "round $round: $(sum /tmp/asked) asked so far, $(sum /tmp/armed) armed, $(sum /tmp/all-jumps) jumps, $(sum_wrong) wrong, $(uptime_seconds) s"
done
value counted asked "$(sum /tmp/asked)"
value counted armed "$(sum /tmp/armed)"
value counted jumps "$(sum /tmp/all-jumps)"
sort -u /tmp/wrong | while read -r place; do
	value jump "$place"
done
sort /tmp/why | uniq -c | while read -r number why; do
	value free "$number" "$why"
done
finish 0
