#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash disable=SC1091,SC2153
#
# What the two articles promise, shown step by step on the running kernel. A
# step types its commands where the reader sees them, lets the kernel answer on
# the console, and then checks by itself what the kernel has logged meanwhile.
# Results are named after the rows of the articles' table: S3 to S14.

. /guest-lib.sh
. /etc/walkthrough.env

log=/tmp/log			# what the kernel said during the last command
output=/tmp/output		# what the last command of look() printed
diff=/sys/kernel/debug/text_diff
missing=			# what the row under test lacks
failed=0

# What the kernel prints does not wait for the terminal, nor a command for what
# the kernel prints. Neither shall come out in the middle of the other's lines:
# before a command the terminal is drained, and after it a message that is not
# shown itself waits for its turn on the console.
drain()
{
	stty sane <&1
}

settle()
{
	echo '<7>walkthrough: settled' >/dev/kmsg
}

tell()
{
	cat
	drain
}

# run COMMAND LINE: as if typed. Its log is there for expect() afterwards.
run()
{
	printf '# %s\n' "$*"
	drain
	dmesg -c >/dev/null
	eval "$*"
	status=$?
	settle
	dmesg -c >$log
	[ $status = 0 ]
}

# look COMMAND LINE: for commands that show something themselves.
look()
{
	printf '# %s\n' "$*"
	eval "$*" >$output
	cat $output
	drain
}

# expect [FILE] PATTERN: the row under test wants a line like this.
expect()
{
	local file=$log

	[ $# = 1 ] || { file=$1; shift; }
	grep -Eq -- "$1" "$file" || missing="$missing, no line like '$1'"
}

# must COMMAND...: the row under test wants this to be true.
must()
{
	"$@" || missing="$missing, not so: $*"
}

not()
{
	! "$@"
}

# row NAME...: what was expected since the last row() was expected of these.
row()
{
	local name

	for name; do
		if [ -z "$missing" ]; then
			result ok "$name"
		else
			result fail "$name" "${missing#, }"
			failed=$((failed + 1))
		fi
	done
	[ -z "$missing" ] || echo "THIS STEP FAILED: ${missing#, }"
	drain
	missing=
}

# A fork is enough to run kernel_clone().
a_fork="ls / >/dev/null"
here='kernel_clone\+0x[04]/0x[0-9a-f]+'	# +4 where an endbr comes first
there="kernel_clone\\+$OFFSET/0x[0-9a-f]+"

cd /lib/modules-flat || finish 1
dmesg -n 7

say "The kernel's text, remembered"
tell <<EOF
This kernel was a vanilla one before the patches were applied. A first module
keeps a copy of all its instructions, to compare with later.
EOF
run "insmod text_diff.ko"
look "cat $diff"
expect $output '^0 of [0-9]+ bytes differ'
row S14.before

say "Where is kernel_clone()? Four ways to its address"
by_kallsyms=$(awk '$3 == "kernel_clone" { print $1 }' /proc/kallsyms)
tell <<EOF
Every fork goes through this function (the articles know it as do_fork).
  System.map      $BY_SYSTEM_MAP
  nm vmlinux      $BY_NM
  objdump vmlinux $BY_OBJDUMP
  /proc/kallsyms  $by_kallsyms
The fourth way is kallsyms_lookup_name(), called by the module that is next.
EOF

say "A probe with three handlers on kernel_clone()"
tell <<EOF
The module registers a probe. Then the shell forks twice, for ls and for rmmod:
each time the pre-handler runs before the function's first instruction, and the
post-handler after it.
EOF
run "insmod kprobe_fork_example.ko; $a_fork; rmmod kprobe_fork_example"
expect "kallsyms_lookup_name\\(\"kernel_clone\"\\) = 0x$by_kallsyms\$"
must [ "$BY_SYSTEM_MAP $BY_NM $BY_OBJDUMP" = "$by_kallsyms $by_kallsyms $by_kallsyms" ]
row S5

expect "probe registered at 0x[0-9a-f]+ \\($here\\)"
expect "probe unregistered, 0 hits missed"
row S3

handler="p->addr=0x[0-9a-f]+ \\($here\\), eflags=0x[0-9a-f]+"
pre=$(grep -Ec "pre_handler:  $handler" $log)
post=$(grep -Ec "post_handler: $handler" $log)
must [ "$pre" -ge 2 ]		# kthreadd may have forked as well
must [ "$pre" = "$post" ]
row S4 S6

say "A probe at any instruction"
tell <<EOF
objdump says that inside of kernel_clone() there are these instructions:
  kernel_clone+$OFFSET: $INSN
  kernel_clone+$NEXT_OFFSET: $NEXT_INSN
No instruction begins at kernel_clone+$INSIDE. A probe there is refused:
EOF
insmod="insmod kprobe_insn_example.ko symbol=kernel_clone"
must not run "$insmod offset=$INSIDE"
expect "kernel_clone\\+$INSIDE.*not an instruction boundary"
expect "kernel_clone\\+$INSIDE refused: -"
row S7.refused
echo "(insmod tries twice. The error is EILSEQ; the words for it are the C library's.)"

echo "A probe at kernel_clone+$OFFSET is not. The next fork hits it:"
run "$insmod offset=$OFFSET show=1; $a_fork"
expect "probe registered at $there"
expect "hit 1: $there, next is kernel_clone\\+$NEXT_OFFSET/"
row S7

say "All tasks, from a post-handler"
run "insmod kprobe_tasks_example.ko; $a_fork"
expect "$here hit by"
expect "pid +1 task 0x[0-9a-f]+ flags 0x[0-9a-f]+ cpu [0-9]+ "
must [ "$(grep -Ec ': pid +[0-9]+ task 0x' $log)" = \
       "$(sed -n 's/.*: \([0-9]*\) tasks$/\1/p' $log)" ]
row S8

say "A handler changes a register and a global"
tell <<EOF
The module's function bill(n) returns n times the global price. A pre-handler
on its first instruction makes 100 of the argument and 5 of the price.
EOF
run "insmod kprobe_change_example.ko"
expect "before:   price 3, bill\\(7\\) = 21\$"
expect "pre_handler: argument 7 -> 100, price 3 -> 5\$"
expect "probed:   bill\\(7\\) = 500\$"
row S9

say "A probed instruction faults, and is mended"
tell <<EOF
A null pointer, a selector that does not exist, an FPU that is switched off, and
a null pointer in a handler: each fault is given to the probe's fault handler,
which puts it right, and the instruction is executed again.
EOF
run "insmod kprobe_fault_example.ko"
expect "fault_handler: trap 14 at load_word_insn\\+0x0/"
expect "mended, returned 0x600d, hits 2\$"
row S12.page_fault
expect "fault_handler: trap 13 at load_selector_insn\\+0x0/.* ax 0xfff8\$"
expect "mended, returned 0x[0-9a-f]{1,2}, hits 2\$"
row S12.general_protection
expect "fault_handler: trap 7 at use_fpu_insn\\+0x0/"
expect "mended, returned 0x0, hits 2\$"
row S12.device_not_available
expect "fault_handler: trap 14 at load_in_handler\\+"
expect "mended, returned 0x600d, hits 1\$"
row S12.handler

say "In every context, on every CPU"
tell <<EOF
A function is called by tasks, with interrupts off, by hard and soft interrupts,
on all CPUs at once, and a second probe sits within the context switch.
EOF
must run "insmod kprobe_contexts.ko"
expect "0 and 0 hits missed, 0 counts wrong"
must [ "$(grep -c ', hard interrupt: pre 200, post 200, wrong 0$' $log)" = "$(nproc)" ]
row S13

say "Alt+SysRq+W: which probes are there?"
listed()
{
	dmesg | grep -q 'Show kprobes'
}
the_list()
{
	expect 'Show kprobes'
	expect "\\[<[^>]+>\\] $here"
	expect "\\[<[^>]+>\\] $there"
	expect "\\[<[^>]+>\\] bill\\+0x[04]/.*\\[kprobe_change_example\\]"
	expect "\\[<[^>]+>\\] load_word_insn\\+0x0/.*\\[kprobe_fault_example\\]"
}
run "echo 1 > /proc/sys/kernel/sysrq"
echo "Now the keys are pressed, on the emulated keyboard:"
drain
must press alt-sysrq-w
must wait_for 10 listed
settle
dmesg -c >$log
the_list
row S10.keyboard
run "echo w > /proc/sysrq-trigger"
the_list
row S10

say "Unload everything: the text is as it was"
tell <<EOF
While there are probes in kernel_clone(), its text is not: each probed
instruction begins with a breakpoint (cc), or with a jump (e9).
EOF
look "cat $diff"
expect $output "^kernel_clone\\+0x[04]/"
expect $output "^$there\$"
expect $output '^ +now (cc|e9) '
must not grep -q '^0 of' $output
for module in fault change tasks insn; do
	run "rmmod kprobe_${module}_example"
done
run "rmmod kprobe_contexts"
look "cat $diff"
expect $output '^0 of [0-9]+ bytes differ'
run "echo w > /proc/sysrq-trigger"
expect 'Show kprobes'
must not grep -Eq '\[<[^>]+>\] ' $log
run "rmmod text_diff"
must not grep -Eq 'kprobe_|text_diff' /proc/modules
row S14

say "The end of the walk-through: $failed results failed"
finish $failed
