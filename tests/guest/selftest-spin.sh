# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/outcomes: a guest that hangs in user space.

. /guest-lib.sh
echo "about to loop in user space"
deadline 5
while :; do
	:
done
finish 0
