# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/outcomes: a guest that hangs.

. /guest-lib.sh
echo "about to hang"
deadline 5
# Without another program, which takes its time to start: the host says nothing.
read -r _ <&3
finish 0
