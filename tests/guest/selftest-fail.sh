# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# For tests/cases/outcomes: a guest that says it failed. On the console it says
# the contrary, for nobody to believe.

. /guest-lib.sh
echo "status 0"
finish 7
