# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/keyboard: six presses in a row are six, and a key that there
# is not is refused.

. /guest-lib.sh

dmesg -n 1
echo 1 >/proc/sys/kernel/sysrq

helped()
{
	[ "$(dmesg | grep -c 'sysrq: HELP')" -eq "$1" ]
}

for count in 1 2 3 4 5 6; do
	press alt-sysrq-h || finish 2
	wait_for 10 helped $count || finish 3
done
! press alt-nosuchkey || finish 4
finish 0
