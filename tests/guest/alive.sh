# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# That the kernel came as far as this is all there is to say: scripts/boot
# asks whether it runs under KVM.

. /guest-lib.sh
finish 0
