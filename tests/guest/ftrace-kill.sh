# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/ftrace-kill: ftrace is switched off and on, then it dies.

. /guest-lib.sh

probe=/lib/modules-flat/kprobe_tasks_example.ko
switch=/proc/sys/kernel/ftrace_enabled

switched_off()
{
	echo 0 >"$switch"
} 2>/dev/null

refused_while_off()
{
	! insmod "$probe" 2>/tmp/insmod && dmesg | grep -q 'kprobes: .*: ftrace is off'
}

armed_sites_keep_it_on()
{
	echo 1 >"$switch"
	insmod "$probe" && ! switched_off && [ "$(cat "$switch")" = 1 ]
}

switched_off_after_the_last()
{
	rmmod "${probe##*/}" && switched_off && echo 1 >"$switch"
}

disarmed_when_it_dies()
{
	insmod "$probe" && insmod /lib/modules-flat/ftrace_kill.ko
}

says_so()
{
	dmesg | grep -q 'kprobes: ftrace is dead: disarmed on 2 ftrace locations'
}

says_of_which()
{
	grep -q ': not armed (ftrace does not arm it)$' /sys/kernel/debug/kprobes/sites
}

switched_off
expect refused_while_ftrace_is_off_r17 refused_while_off
expect armed_sites_keep_ftrace_on_r17 armed_sites_keep_it_on
expect off_after_the_last_site switched_off_after_the_last
expect disarmed_when_ftrace_dies_r17 disarmed_when_it_dies
expect the_log_says_that_it_died_r17 says_so
expect sites_say_which_are_disarmed says_of_which
finish 0
