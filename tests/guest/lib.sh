# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What a script that runs in the guest may rely on. Source it: `. /guest-lib.sh`.
#
# The guest is a busybox, the modules and these scripts, all in one initramfs:
#
#   /NAME.sh                every tests/guest/NAME.sh; /init runs the one that
#                           guest.do=NAME on the kernel command line names
#   /guest-lib.sh           this file
#   /lib/modules-flat/*.ko  every module of the kernel build and of tests/modules/
#   /etc/walkthrough.env    KEY=value lines printed by scripts/walkthrough-env
#   /proc /sys /dev /tmp    mounted, and debugfs on /sys/kernel/debug
#
# The console (standard output) is what a person sees: lines of the script and
# kernel messages of every level but debug. What a program has to know goes over a serial port
# of its own, open as file descriptor 3, a line a message:
#
#   guest to host                         host to guest
#   press KEY                             pressed
#   result ok|fail|skip NAME [text]
#   value NAME text
#   started                               (of init)
#   deadline SECONDS
#   status N
#
# The functions:
#
#   say TEXT                       a heading on the console
#   press KEY                      have the host press KEY (alt-sysrq-w) on the emulated
#                                  keyboard; returns when the keys are released. The
#                                  kernel may take its time to act on them: wait_for it
#   wait_for SECONDS COMMAND...    run COMMAND every tenth of a second until it succeeds;
#                                  fails when it has not after SECONDS
#   result ok|fail|skip NAME [TEXT]
#                                  report one test; TEXT is the reason of a fail or skip.
#                                  NAME holds no blank.
#   expect NAME COMMAND...         report one test, which passes when COMMAND succeeds
#   value NAME TEXT                something measured, for the host to compare or to tabulate
#   option NAME [DEFAULT]          what NAME=... on the kernel command line says, or else DEFAULT
#   uptime_seconds                 since the kernel began
#   deadline SECONDS               from now on the guest may take so long and no longer
#   finish STATUS                  report the exit status (0: all is well) and end the
#                                  machine. A script that ends without it has failed with
#                                  its own exit status, or with 1 when that is 0. If
#                                  ONE_OF_SEVERAL is set, as by preempt.sh, only the script ends

say()
{
	printf '\n=== %s\n' "$*"
}

press()
{
	local reply

	echo "press $1" >&3
	read -r reply <&3
	[ "$reply" = pressed ]
}

wait_for()
{
	local tries=$(($1 * 10))

	shift
	until "$@"; do
		[ "$tries" -gt 0 ] || return 1
		tries=$((tries - 1))
		sleep 0.1
	done
}

result()
{
	echo "result $*" >&3
}

expect()
{
	local name=$1

	shift
	if "$@"; then
		result ok "$name"
	else
		echo "$name: not so: $*"
		result fail "$name" "not so: $*"
	fi
}

value()
{
	echo "value $*" >&3
}

option()
{
	local value

	value=$(sed -n "s/.*$1=\([^[:space:]]*\).*/\1/p" /proc/cmdline)
	echo "${value:-${2:-}}"
}

uptime_seconds()
{
	cut -d. -f1 /proc/uptime
}

deadline()
{
	echo "deadline $1" >&3
}

# On a kernel that looks for lost memory: what it has found, on the console. An
# object is suspected when it is five seconds old, and found in the second scan
# for sure.
leaks()
{
	local leaks=/sys/kernel/debug/kmemleak

	[ -w $leaks ] || return 0
	sleep 6
	echo scan >$leaks
	echo scan >$leaks
	cat $leaks
	echo "kmemleak: $(grep -c '^unreferenced' $leaks) objects"
}

# Setting a terminal waits until what was written to it is out.
finish()
{
	[ -z "${ONE_OF_SEVERAL:-}" ] || exit "$1"
	leaks
	echo 0 >/proc/sys/kernel/printk
	stty -F /dev/console sane
	echo "status $1" >&3
	stty raw -echo <&3
	reboot -f
}
