#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# Probes every function of the kernel and of the modules that are loaded, batch by batch,
# while hits are under way on each route: see kprobe_self.c. Before each batch the names
# that are in it are sent, so that a guest that dies has said what it was about to probe:
#
#   probing NAME...       NAME#NTH tells apart functions of the same name, by address
#
# From the kernel command line:
#
#   self.batch=N          how many functions a batch has (1000)
#   self.plant=FUNCTION   one that a hit executes: it is taken from the blacklist
#   self.from=NAME        where to begin
#   self.except=NAME      one that is known to end the guest
#
# /bin/self-probe-only has the names of those to be probed, if it is not all of them;
# /bin/self-probe-closure names the functions that a hit executes.
#
# Sends `value refused ERRNO REASON: NUMBER`, besides results and figures.

. /guest-lib.sh

ONLY=/bin/self-probe-only
CLOSURE=/bin/self-probe-closure
SELF=/sys/kernel/debug/kprobe_self
KPROBES=/sys/kernel/debug/kprobes
TRACING=/sys/kernel/tracing
MODULES=/lib/modules-flat
SECONDS_A_BATCH=600
WARNED='BUG:|Oops:|WARNING:|rcu:.*stall'

# symbols: "ADDRESS NAME" of every symbol of text, once an address
symbols()
{
	awk 'NF >= 3 && $2 ~ /^[tTwW]$/ { print $1, $3 }' /proc/kallsyms | sort -s -k1,1 |
		awk '$1 != last { print $1, $2 (nth[$2]++ ? "#" nth[$2] : ""); last = $1 }'
}

# chosen: those of the symbols that are to be probed
chosen()
{
	if [ -f $ONLY ]; then
		awk 'NR == FNR { wanted[$1]; next } $2 in wanted' $ONLY /tmp/symbols
	else
		awk -v from="$(option self.from)" -v except="$(option self.except)" '
			$2 == from { from = "" }
			from == "" && $2 != except' /tmp/symbols
	fi
}

# What makes the kernel run through much of its text, in a directory
work()
{
	find /proc /sys -maxdepth 3
	cat /proc/[0-9]*/stat /proc/[0-9]*/maps /proc/[0-9]*/smaps /proc/meminfo /proc/interrupts
	sh -c 'echo $(echo $$ | cat) | sort | uniq -c'
	mkdir -p "$1" && mount -t tmpfs work "$1" &&
		dd if=/dev/zero of="$1/file" bs=64k count=16 &&
		mv "$1/file" "$1/moved" && umount "$1"
	sleep 0.1
} >/dev/null 2>&1

# work_on DIRECTORY: until there is /tmp/enough. Now and then an NMI for the other CPU,
# which shows on the console.
work_on()
{
	local turns=0

	while [ ! -e /tmp/enough ]; do
		work "$1"
		turns=$((turns + 1))
		[ $((turns % 10)) -ne 0 ] || echo l >/proc/sysrq-trigger
	done
}

# storm FILE: probe the symbols there. Setting the terminal waits until the host has got
# the names.
storm()
{
	deadline $SECONDS_A_BATCH
	echo "probing $(cut -d' ' -f2 "$1" | tr '\n' ' ')" >&3
	stty raw -echo <&3
	cut -d' ' -f1 "$1" >/tmp/addresses
	dd if=/tmp/addresses of=$SELF/storm bs=1M 2>/tmp/dd.log
}

# narrow FILE: of a batch where something was wrong, the symbols it is wrong with, by tenths
narrow()
(
	nr=$(wc -l <"$1")
	first=1
	if [ "$nr" -eq 1 ]; then
		cut -d' ' -f2 "$1"
		exit
	fi
	while [ $first -le "$nr" ]; do
		sed -n "$first,$((first + (nr + 9) / 10 - 1))p" "$1" >"$1.part"
		storm "$1.part" || narrow "$1.part"
		first=$((first + (nr + 9) / 10))
	done
)

# storm_all: each batch. What was wrong is in /tmp/culprits.
storm_all()
{
	local size first=1 last

	size=$(option self.batch 1000)
	last=$(wc -l </tmp/chosen)
	while [ $first -le "$last" ]; do
		sed -n "$first,$((first + size - 1))p" /tmp/chosen >/tmp/batch
		storm /tmp/batch || narrow /tmp/batch >>/tmp/culprits
		dmesg -c >>/tmp/log
		first=$((first + size))
	done
	echo "probing -" >&3
}

# Tracing is hit as well, where the kernel has it: its handlers are what most hits run, and
# the end of an fprobe is a return probe of its own kind. Two users of ftrace on one
# function are called from a list.
trace()
{
	[ -d $TRACING ] && mount -t tracefs tracefs $TRACING && [ -f $TRACING/dynamic_events ] ||
		return 0
	cat <<-'EOT' >$TRACING/dynamic_events
		p:self/entry kprobe_self_traced
		r:self/return kprobe_self_traced
		f:self/fprobe kprobe_self_traced%return
	EOT
	echo 1 >$TRACING/events/self/enable
}

# What the tracers have counted
traced()
{
	[ -f $TRACING/kprobe_profile ] || return 0
	awk '{ print "traced " $1 "|" $2; missed += $3 } END { print "traced, missed|" missed }' \
		$TRACING/kprobe_profile
	echo "traced, in the buffer|$(grep -c ' self_run' $TRACING/trace)"
	echo 0 >$TRACING/events/self/enable
	echo >$TRACING/dynamic_events
}

# routes: the steady probes, and on which route each is. kprobe_way= means all breakpoints.
routes()
{
	if grep -q kprobe_way= /proc/cmdline; then
		echo 'boosted breakpoint, stepped by'
		echo 'stepped breakpoint, stepped by'
		echo 'jump breakpoint, stepped by'
	else
		echo 'emulated breakpoint, emulated'
		echo 'boosted breakpoint, boosted'
		echo 'stepped breakpoint, stepped'
		echo 'jump jump'
		echo 'detour jump'
	fi
	! grep -q arch_kprobe_ftrace_hit /proc/kallsyms || echo 'traced ftrace'
}

# Each steady probe is hit on the route that it is there for.
routes_are_right()
{
	local name route

	cat $KPROBES/sites
	routes >/tmp/routes
	while read -r name route; do
		grep -qE "kprobe_self_$name(_probed)?\+.*: $route" $KPROBES/sites || return 1
	done </tmp/routes
}

# A batch whose hits are not all counted is found. The next one is too, as the tasks go on
# between the last check and the end of it.
finds_lost_hits()
{
	grep ' vfs_read$' /tmp/symbols >/tmp/planted
	echo 1 >/sys/module/kprobe_self/parameters/lose
	storm /tmp/planted && return 1
	echo 0 >/sys/module/kprobe_self/parameters/lose
	storm /tmp/planted
	cat $SELF/wrong
	! grep -q 'does not go on' $SELF/wrong &&
		grep -q 'boosted: .* neither hits nor misses' $SELF/wrong && storm /tmp/planted
}

# The reasons, in the order of the attempts, "NAME+OFFSET[ [MODULE]]: REASON[ (DETAIL)]"
reasons()
{
	awk '/kprobe_self: trying$/ { on = 1; next }
		/kprobe_self: tried$/ { on = 0; next }
		on && sub(/^.*\] kprobes: /, "")' /tmp/log
}

# outcomes: "ADDRESS NAME ERRNO[ REASON]" of the first attempt of each symbol; with ? for
# the reason where the log has another function's. The log has a hash in place of an address
# without a symbol.
outcomes()
{
	reasons >/tmp/reasons
	awk 'FILENAME == "/tmp/reasons" { reason[++nr] = $0; next }
		FILENAME == "/tmp/symbols" { name[$1] = $2; next }
		{ why = "" }
		$2 != 0 {
			why = reason[++n]
			plain = name[$1]
			sub(/#.*/, "", plain)
			if (index(why, plain "+0x") == 1 || why ~ /^[0-9a-f]+: not kernel text/)
				sub(/^[^:]*: /, "", why)
			else
				why = "?" why
			why = " " why
		}
		!seen[$1]++ { print $1, name[$1], $2 why }' /tmp/reasons /tmp/symbols $SELF/tried |
		sort
}

# not_refused BLACKLIST: "NAME ERRNO[ REASON]" of those in there that were not refused as
# such
not_refused()
{
	sed 's/^0x\([0-9a-f]*\)-0x\([0-9a-f]*\).*/\1 \2/' "$1" | sort >/tmp/ranges
	awk 'NR == FNR { start[++nr] = "" $1; end[nr] = "" $2; next }
		FNR == 1 { i = 1 }
		{ while (i <= nr && end[i] <= "" $1) i++ }
		i <= nr && start[i] <= "" $1 {
			n++
			if ($3 != 22 || $4 != "blacklisted") {
				sub(/^[^ ]* /, "")
				print
			}
		}
		END { print n + 0 >"/tmp/in-blacklist" }' /tmp/ranges /tmp/outcomes
}

# One that can be probed, as if it were on the blacklist
finds_what_is_not_refused()
{
	awk '$3 == 0 { print "0x" $1 "-0x" $1 "f\tplanted"; exit }' /tmp/outcomes >/tmp/planted
	not_refused /tmp/planted | grep -q ' 0$'
}

# Of the functions that a hit executes: "refused|NUMBER" and so on
closure()
{
	awk 'NR == FNR { errno[$2] = $3; next }
		!($1 in errno) { absent++; next }
		errno[$1] { refused++; next }
		{ armed++; print "harmless: " $1 }
		END {
			print "closure refused|" refused + 0
			print "closure armed, harmless|" armed + 0
			print "closure without a symbol|" absent + 0
		}' /tmp/outcomes $CLOSURE
}

dmesg -n 1
echo 1 >/proc/sys/kernel/panic_on_warn
dmesg -c >/dev/null
insmod $MODULES/text_diff.ko || exit 1
insmod $MODULES/kprobe_life_target.ko
insmod $MODULES/kprobe_self.ko "plant=$(option self.plant)" || exit 1
trace
symbols >/tmp/symbols
chosen >/tmp/chosen
: >/tmp/log
: >/tmp/culprits
work_on /tmp/work1 &
work_on /tmp/work2 &
if [ ! -f $ONLY ]; then
	expect self-probe-has-each-route wait_for 20 routes_are_right
	expect self-probe-finds-lost-hits finds_lost_hits
	dmesg -c >/dev/null
fi
storm_all
: >/tmp/enough
wait

outcomes >/tmp/outcomes
awk '$3 != 0' /tmp/outcomes >/tmp/refusals
expect self-probe-each-was-tried [ "$(wc -l </tmp/outcomes)" -ge "$(wc -l </tmp/chosen)" ]
if [ -s /tmp/culprits ]; then
	cat $SELF/wrong
	result fail self-probe-counts-are-right "probing $(xargs </tmp/culprits): $(tail -n 1 $SELF/wrong)"
else
	result ok self-probe-counts-are-right
fi

not_refused $KPROBES/blacklist >/tmp/armed-of-blacklist
value "on the blacklist|$(cat /tmp/in-blacklist)"
if [ -s /tmp/armed-of-blacklist ]; then
	result fail self-probe-refuses-the-blacklist "$(head -n 20 /tmp/armed-of-blacklist | xargs)"
else
	result ok self-probe-refuses-the-blacklist
fi
if [ ! -f $ONLY ]; then
	expect self-probe-finds-what-is-not-refused finds_what_is_not_refused
fi

# With its reason each; what is in brackets differs.
cut -d' ' -f3- /tmp/refusals | sed 's/ (.*//' | sort | uniq -c | while read -r number errno why; do
	value "refused $errno $why: $number"
done
grep ' ?' /tmp/refusals | head
if [ -f $CLOSURE ]; then
	closure | while read -r line; do
		value "$line"
	done
fi

traced | while read -r line; do
	value "$line"
done
value "symbols of text|$(wc -l </tmp/symbols)"
value "tried|$(wc -l </tmp/outcomes)"
value "refused|$(wc -l </tmp/refusals)"
sed 's/ \([0-9-]*\)$/|\1/' $SELF/report >/tmp/report
while read -r line; do
	value "$line"
done </tmp/report
expect self-probe-results-are-right grep -qx 'steady wrong-results|0' /tmp/report
expect self-probe-module-leaves rmmod kprobe_self
expect self-probe-text-is-as-before grep -q '^0 of' /sys/kernel/debug/text_diff
dmesg >>/tmp/log
grep -E "$WARNED" /tmp/log
expect self-probe-nothing-warned [ "$(grep -Ec "$WARNED" /tmp/log)" -eq 0 ]
value "seconds|$(uptime_seconds)"
finish 0
