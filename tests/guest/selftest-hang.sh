# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/outcomes: a guest that hangs.

. /guest-lib.sh
echo "about to hang"
deadline 5
while :; do
	sleep 100
done
finish 0
