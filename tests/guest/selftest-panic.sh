# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/outcomes: a guest that panics.

. /guest-lib.sh
echo "about to panic"
echo c >/proc/sysrq-trigger
finish 0
