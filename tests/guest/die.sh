# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/die: tasks die in handlers, and probes go on. Over a breakpoint the
# pre-handler runs in an exception that is like an NMI: an oops there is a panic, with
# and without the stack.

. /guest-lib.sh

dies()
{
	insmod /lib/modules-flat/kprobe_die.ko "route=$1" "in=$2" && rmmod kprobe_die
}

oopsed()
{
	[ "$(dmesg | grep -c 'Oops: ')" -eq "$1" ]
}

echo 0 >/proc/sys/kernel/panic_on_oops
for handler in pre post fault; do
	for route in jump ftrace; do
		expect "task_dies_in_${handler}_handler_on_${route}_r35" dies "$route" "$handler"
	done
done
echo 0 >/proc/sys/debug/kprobes-optimization
expect task_dies_in_post_handler_on_breakpoint_r35 dies breakpoint post
expect each_of_them_has_oopsed oopsed 7
finish 0
