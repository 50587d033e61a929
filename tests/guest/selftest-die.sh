# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/outcomes: a guest that resets its machine and says nothing.

. /guest-lib.sh
echo "about to die"
reboot -f
finish 0
