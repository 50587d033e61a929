#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# What only the kernels of `make debug` can show of probes: their pages in the
# dump of the page table, and what a kernel in lockdown lets root do.

. /guest-lib.sh

debugfs=/sys/kernel/debug
dump=$debugfs/page_tables/kernel
lockdown=/sys/kernel/security/lockdown

# Lines of the dump that an address is in: what is said of its page.
flags_of()
{
	awk -v at="$1" '$1 ~ /^0x/ {
		split($1, range, "-")
		if (substr(range[1], 3) <= at && at < substr(range[2], 3)) { $1 = ""; print }
	}' /tmp/dump
}

slots_are_ro_and_x()
{
	local at nr=0

	awk '$3 == "kprobe_insn_page" { print $1 }' /proc/kallsyms >/tmp/slots
	while read -r at; do
		echo "a page of slots:$(flags_of "$at")"
		flags_of "$at" | grep -q ' ro .* x ' || return 1
		nr=$((nr + 1))
	done </tmp/slots
	[ $nr -gt 0 ]
}

insmod /lib/modules-flat/kprobe_forget.ko
# Instructions that do not run without a slot.
insmod /lib/modules-flat/kprobe_fault_example.ko
ls / >/dev/null
if [ -r $dump ]; then
	cat $dump >/tmp/dump
	value page-table-lines "$(grep -c ' [xX] \| NX ' /tmp/dump)"
	expect no-page-is-writable-and-executable sh -c "! grep -E ' RW .* x ' /tmp/dump"
	expect slots-are-read-only-and-executable slots_are_ro_and_x
else
	result skip slots-are-read-only-and-executable "needs CONFIG_PTDUMP_DEBUGFS"
fi

mount -t securityfs security /sys/kernel/security 2>/dev/null
if [ -w $lockdown ]; then
	expect switch-is-writable sh -c "echo 1 >$debugfs/kprobes/enabled"
	echo integrity >$lockdown
	expect lockdown-keeps-the-switch sh -c "! echo 0 >$debugfs/kprobes/enabled"
	expect the-switch-is-still-on grep -q 1 $debugfs/kprobes/list
	echo confidentiality >$lockdown
	expect root-may-read-the-list grep -q kernel_clone $debugfs/kprobes/list
else
	result skip lockdown-keeps-the-switch "needs CONFIG_SECURITY_LOCKDOWN_LSM"
fi
rmmod kprobe_fault_example
rmmod kprobe_forget
finish 0
