# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# A probe is hit, and what Alt+SysRq+W shows: tests/cases/dist asks kernels that are
# made of the patches as they are given away.
#
#: sysrq	whether probes are listed: yes or no

. /guest-lib.sh

MODULE=kprobe_fork_example

logged()
{
	dmesg | grep -q "$1"
}

fork()
{
	ls / >/dev/null
}

insmod /lib/modules-flat/$MODULE.ko || finish 1
fork
expect pre-handler-ran logged "$MODULE: pre_handler: .*kernel_clone"
expect post-handler-ran logged "$MODULE: post_handler: .*kernel_clone"

echo 1 >/proc/sys/kernel/sysrq
press alt-sysrq-w || finish 1
expect key-is-heard wait_for 20 logged 'Show Blocked State'
if logged 'Show kprobes' && logged '\[<[0-9a-f]*>\] kernel_clone+'; then
	value sysrq yes
else
	value sysrq no
fi

rmmod $MODULE
finish 0
