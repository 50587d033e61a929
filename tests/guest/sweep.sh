# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source=tests/guest/lib.sh disable=SC2317
#
# Probes every function of the kernel's text, with kprobe_sweep.ko: first each on
# its own and disabled, which tells those that are refused, then all others at
# once, armed, with work going on. In the end the text has to be as it was.
#
# With sweep.arm=no on the kernel command line none is armed: that is for a kernel without
# the stack, which does not survive it.
#
# Leaves in /out: refused, "NAME NTH ERRNO" a line; armed, "NAME HITS MISSED".

. /guest-lib.sh
# shellcheck source=tests/guest/host-lib.sh
. /host-lib.sh
enter_host

SWEEP=/sys/kernel/debug/kprobe_sweep
BATCH=500
N=200
ERRNOS='2|22|84|95'	# ENOENT, EINVAL, EILSEQ, EOPNOTSUPP: kprobes-reference.rst

# symbols: "ADDRESS NAME NTH" of every function, once an address; NTH tells apart
# functions of the same name, in the order of their addresses. __pfx_ and __cfi_ name the
# padding before a function.
symbols()
{
	awk 'NF == 3 && $2 ~ /^[tTwW]$/ && $3 !~ /^__(pfx|cfi)_/ { print $1, $3 }' /proc/kallsyms | sort -s -k1,1 |
		awk '$1 != last { print $1, $2, ++nth[$2]; last = $1 }'
}

# feed FILE: write the addresses of the standard input, a batch with one write
feed()
{
	split -l $BATCH - /tmp/batch.
	for batch in /tmp/batch.*; do
		dd if="$batch" of="$SWEEP/$1" bs=1M 2>/tmp/dd.log || { cat /tmp/dd.log; return 1; }
		rm "$batch"
	done
}

# named FILE: "ADDRESS ..." becomes "NAME NTH ..."
named()
{
	awk 'NR == FNR { name[$1] = $2 " " $3; next } { $1 = name[$1]; print }' /tmp/symbols "$1"
}

# What makes the kernel run through much of its text
work()
{
	workload $N
	find /proc /sys -maxdepth 3 >/dev/null 2>&1
	cat /proc/[0-9]*/{stat,maps,smaps} /proc/{meminfo,vmstat,slabinfo,interrupts} >/dev/null 2>&1
	for _ in 1 2 3 4 5; do
		bash -c 'echo $(echo $$ | cat) | sort | uniq -c' >/dev/null
	done
	mkdir -p /tmp/work && mount -t tmpfs work /tmp/work && dd if=/dev/zero of=/tmp/work/file bs=64k count=64 2>/dev/null
	cp /tmp/work/file /tmp/work/copy && mv /tmp/work/copy /tmp/work/moved && sync && umount /tmp/work
}

dmesg -n 1
modprobe kprobe_sweep || exit 1
symbols >/tmp/symbols
dmesg -C
cut -d' ' -f1 /tmp/symbols | feed try || exit 1
named "$SWEEP/tried" | awk '$3 != 0' >/out/refused
value functions "$(wc -l </tmp/symbols)"
value refused "$(wc -l </out/refused)"
if grep -q sweep.arm=no /proc/cmdline; then
	rmmod kprobe_sweep || exit 1
	exit 0
fi

# The log, which has the reasons, is limited in rate: what can be counted is the errno.
value errnos "$(cut -d' ' -f3 /out/refused | sort -n | uniq -c | awk '{ print $1, "of", $2 }' | xargs)"
expect refusals-have-an-errno [ -z "$(cut -d' ' -f3 /out/refused | grep -vxE "$ERRNOS")" ]
expect refusals-are-logged wait_for 1 sh -c "dmesg | grep -q 'kprobes: [^ ]*+0x[0-9a-f]*: [a-z]'"

modprobe text_diff || exit 1
awk '$2 == 0 { print $1 }' "$SWEEP/tried" >/tmp/accepted
feed arm </tmp/accepted
expect all-are-armed [ "$(wc -l <"$SWEEP/armed")" -eq "$(wc -l </tmp/accepted)" ]
work
named "$SWEEP/armed" >/out/armed
value hits "$(awk '{ hits += $3; missed += $4; some += $3 > 0 } END { print hits, "in", some, "functions,", missed, "missed" }' /out/armed)"
expect every-read-is-a-hit [ "$(awk '$1 == "vfs_read" { print $3 }' /out/armed)" -ge $N ]
expect every-open-is-a-hit [ "$(awk '$1 == "do_sys_openat2" { print $3 }' /out/armed)" -ge $N ]
expect probes-leave rmmod kprobe_sweep
expect text-is-as-before grep -q '^0 of' /sys/kernel/debug/text_diff
expect nothing-warned [ "$(dmesg | grep -Ec 'BUG:|Oops:|WARNING:|rcu:.*stall')" -eq 0 ]
exit 0
