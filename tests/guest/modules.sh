#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091
#
# Probes in a module that comes and goes: kprobe_life puts them, at each stage of
# the life of kprobe_life_target, and says in the log what it was told.

. /guest-lib.sh

# What the boot had to say is not of probes: of the emulated CPU, say.
dmesg -c >/dev/null

dir=/lib/modules-flat
probe=/sys/module/kprobe_life/parameters
target=/sys/module/kprobe_life_target
wrong=

# do_ COMMAND: of tests/modules/kprobe_life.c
do_()
{
	echo "$1" >$probe/do
}

# state FIELD
state()
{
	sed -n "s/.*$1=\([^ ]*\).*/\1/p" $probe/state
}

raced()
{
	sed -n "s/.*$1=\([^ ]*\).*/\1/p" $probe/raced
}

# is WHAT SHOULD
is()
{
	[ "$2" = "$3" ] || wrong="$wrong, $1 is '$2' and not '$3'"
}

# logged LINE: of a module, since the last clear_log
logged()
{
	dmesg | grep -q "kprobe_life[a-z_]*: $1\$" || wrong="$wrong, the log lacks '$1'"
}

clear_log()
{
	dmesg >>/tmp/dmesg
	dmesg -c >/dev/null
}

# test_is NAME: what was said since the last one belonged to it
test_is()
{
	if [ -z "$wrong" ]; then
		result ok "$1"
	else
		echo "$1:${wrong#,}"
		result fail "$1" "${wrong#, }"
	fi
	wrong=
	clear_log
}

# hits_of_a_call SHOULD: and of its return
hits_of_a_call()
{
	local hits returns

	hits=$(state hits)
	returns=$(state returns)
	echo 41 >"$1/parameters/call"
	is "what the function returns" "$(cat "$1/parameters/call")" 42
	is "hits of a call" $(($(state hits) - hits)) "$2"
	is "returns of a call" $(($(state returns) - returns)) "$2"
}

insmod $dir/kprobe_life.ko
clear_log

do_ register
is "errno without the module" "$(state err)" -2
test_is no_module

# The states, as its notifications announce them. The probes that kprobe_life
# puts there when the module comes stay until it goes.
insmod $dir/kprobe_life_target.ko async=1
logged 'coming: function 0, forbidden -22, init 0'
logged 'coming: function there, init there'
dmesg | grep -q 'kprobes: .*+0x[0-9a-f]* \[kprobe_life_target\]: blacklisted (all of ' ||
	wrong="$wrong, the log does not say which module forbids it"
logged 'live: function 0, forbidden -22, init -2'
logged 'live: function there, init gone'
is "calls of the init function" "$(dmesg | grep -c 'init function returned 42')" 2
test_is coming_and_live_r15

hits_of_a_call $target 1
is "references" "$(cat $target/refcnt)" 0
do_ register
is errno "$(state err)" 0
is "references with a probe" "$(cat $target/refcnt)" 0
hits_of_a_call $target 2
do_ disable
hits_of_a_call $target 1
do_ unregister
do_ register_addr
is "errno by address" "$(state err)" 0
hits_of_a_call $target 2
test_is live_r15

# Its probes do not keep the module.
at=$(state at)
rmmod kprobe_life_target || wrong="$wrong, rmmod fails"
logged 'going: function -2, forbidden -2, init -2'
logged 'going: function gone, init gone'
is gone "$(state gone)" 1
do_ enable
is "errno of enable" "$(state err)" -22
do_ disable
is "errno of disable" "$(state err)" 0
is gone "$(state gone)" 1
test_is going_r15

# Another module in the same place, and the probe that is gone is unregistered.
insmod $dir/kprobe_life_other.ko
is "the text" "$(state text)" original
hits_of_a_call /sys/module/kprobe_life_other 0
do_ unregister
is "the text" "$(state text)" original
hits_of_a_call /sys/module/kprobe_life_other 0
do_ register_addr
if [ "$(state err)" = 0 ]; then
	is "the text" "$(state text)" armed
	hits_of_a_call /sys/module/kprobe_life_other 1
	do_ unregister
	is "the text" "$(state text)" original
	test_is address_is_used_again_r15
else
	wrong=
	result skip address_is_used_again_r15 "the module came to another place than $at"
fi
rmmod kprobe_life_other

# Probes of a module whose init function fails, or whose loading does, go too.
! insmod $dir/kprobe_life_target.ko fail=1 2>/dev/null || wrong="$wrong, insmod succeeds"
logged 'coming: function there, init there'
logged 'going: function -2, forbidden -2, init -2'
logged 'going: function gone, init gone'
test_is init_fails_r15

echo 1 >$probe/refuse
! insmod $dir/kprobe_life_target.ko 2>/dev/null || wrong="$wrong, insmod succeeds"
logged 'coming: function there, init there'
logged 'going: function -2, forbidden -2, init -2'
logged 'going: function gone, init gone'
echo 0 >$probe/refuse
test_is loading_fails_r15

# The module comes and goes, while another task puts probes there all the time.
do_ race
round=0
while [ $round -lt 40 ]; do
	insmod $dir/kprobe_life_target.ko || wrong="$wrong, insmod fails"
	echo 41 >$target/parameters/call
	is "what the function returns" "$(cat $target/parameters/call)" 42
	# Only a registration that is under way may keep the module, for a moment.
	wait_for 20 rmmod kprobe_life_target 2>/dev/null || wrong="$wrong, rmmod fails"
	round=$((round + 1))
done
do_ stop
cat $probe/raced
is "neither success nor a documented error" "$(raced wrong)" 0
[ "$(raced succeeded)" -gt 0 ] || wrong="$wrong, no registration succeeded"
[ "$(raced refused)" -gt 0 ] || wrong="$wrong, no registration was refused"
test_is race_with_insmod_and_rmmod_r15

# A module goes and leaves its probes registered, or fails to load and does: they
# go with it, and the functions that it has probed are as they were. insmod may try
# twice.
forgotten()
{
	dmesg | sed -n 's/.*kprobe_forget has left \([0-9]*\) probes.*/\1/p' | uniq | xargs
}

probed_lines()
{
	grep -cE '(kernel_clone|do_exit|kernel_wait4)\+' "$1"
}

insmod $dir/text_diff.ko
clear_log
insmod $dir/kprobe_forget.ko
is "probes that went with the init text" "$(forgotten)" 1
ls / >/dev/null
[ "$(cat /sys/module/kprobe_forget/parameters/hits)" -ge 4 ] || wrong="$wrong, no hits"
is "probes in the list" "$(probed_lines /sys/kernel/debug/kprobes/list)" 6
rmmod kprobe_forget || wrong="$wrong, rmmod fails"
is "probes that went with the module" "$(forgotten)" "1 6"
ls / >/dev/null
is "probes in the list" "$(probed_lines /sys/kernel/debug/kprobes/list)" 0
is "functions that are not as they were" "$(probed_lines /sys/kernel/debug/text_diff)" 0
test_is forgotten_probes_r15

! insmod $dir/kprobe_forget.ko fail=1 2>/dev/null || wrong="$wrong, insmod succeeds"
is "probes that went with the module" "$(forgotten)" 7
ls / >/dev/null
is "probes in the list" "$(probed_lines /sys/kernel/debug/kprobes/list)" 0
is "functions that are not as they were" "$(probed_lines /sys/kernel/debug/text_diff)" 0
rmmod text_diff
test_is forgotten_when_loading_fails_r15

# A module that was built for the kernel without the stack, whose struct kprobe is
# another: its version magic says so.
foreign()
{
	local at magic other

	at=$(strings -t d "$1" | sed -n 's/^ *\([0-9]*\) vermagic=.*/\1/p')
	magic=$(strings "$1" | grep '^vermagic=')
	other=$(echo "$magic" | sed 's/-kprobes[^ ]*//')
	cp "$1" /tmp/foreign.ko
	{
		printf '%s' "$other"
		head -c $((${#magic} - ${#other})) /dev/zero
	} | dd of=/tmp/foreign.ko bs=1 seek="$at" conv=notrunc 2>/dev/null
}

# With CONFIG_MODVERSIONS the release is not asked for, but a version of each symbol.
has_symbol_versions()
{
	strings "$1" | grep -qx __versions
}

load_foreign()
{
	foreign $dir/text_diff.ko
	! insmod /tmp/foreign.ko 2>/dev/null || wrong="$wrong, it is loaded"
	dmesg | grep -q "text_diff: version magic .* should be .*$(uname -r)" ||
		wrong="$wrong, the log does not say why"
	insmod $dir/text_diff.ko || wrong="$wrong, the module of this kernel is refused"
	rmmod text_diff
	test_is module_of_the_kernel_without_the_stack_r67
}

if has_symbol_versions $dir/text_diff.ko; then
	result skip module_of_the_kernel_without_the_stack_r67 "CONFIG_MODVERSIONS: symbols have versions"
else
	load_foreign
fi

# A module's branches between its symbols: their index goes with it, and is built
# again for the next one.
for round in 1 2; do
	insmod $dir/kprobe_branches.ko || wrong="$wrong, a jump covers a target"
	rmmod kprobe_branches || wrong="$wrong, rmmod fails"
done
test_is branches_between_symbols_r46

# Nothing is left.
rmmod kprobe_life || wrong="$wrong, rmmod fails"
echo 1 >/proc/sys/kernel/sysrq
echo w >/proc/sysrq-trigger
dmesg | grep -q 'Show kprobes' || wrong="$wrong, no list of probes"
is "probes in the list" "$(dmesg | grep -cE '\[<[0-9a-f]+>\].*(breakpoint|ftrace|not armed)')" 0
clear_log
# Which data races are ours tests/cases/debug looks at.
is "warnings of the kernel" "$(grep -E 'WARNING:|BUG:' /tmp/dmesg | grep -vc 'BUG: KCSAN:')" 0
test_is nothing_is_left

finish 0
