# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/outcomes: a guest that hangs in the kernel, with interrupts off.

. /guest-lib.sh
echo "about to loop in the kernel"
deadline 5
insmod /lib/modules-flat/hang.ko
finish 0
