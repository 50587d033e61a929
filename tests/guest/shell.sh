# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# An interactive console: `make shell`. Leaving it ends the machine.

cat <<END

Modules are in /lib/modules-flat:
$(ls /lib/modules-flat)

  insmod /lib/modules-flat/NAME.ko     load one
  echo w >/proc/sysrq-trigger          what Alt+SysRq+W does
  exit, or Ctrl-A X                    end the machine

END
cd /lib/modules-flat || finish 1
setsid -c sh -l </dev/ttyS0 >/dev/ttyS0 2>&1
finish 0
