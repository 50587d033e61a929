# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What tests/run and the cases share.
#
# A case is an executable file of tests/cases/, one behaviour each, with heads
# that tests/run reads:
#
#   # description: one line
#   # requires: what it cannot do without, several in one line:
#       program:NAME   or else it is skipped
#       stack          build/linux, patched
#       build          the kernel of $FLAVOUR
#       build:NAME     the kernel of that flavour
#   # in SET: names of tests/flavours: the case is in that set, for each of these as
#       $FLAVOUR; without a name, once. Several lines for several sets, each variant in one:
#         test        make test, what a newcomer runs; also in make test-all. With two
#                     kernels, x86_64 and i386, under half an hour from nothing on two CPUs
#         all         make test-all, under 75 minutes from nothing
#         users       make users: the tools and users, with both kernels built
#         platforms   make platforms: what takes longer, or a machine of its own
#   # slow: why it is in no set and runs only when it is named
#   # flavours: for such a case, the flavours that it runs for, as $FLAVOUR
#   # cpus: numbers: the case runs for each, as $CPUS
#   # minutes: how long it takes on two CPUs, 1 if there is no such line: those that take
#       longest begin first
#
# scripts/check sees that every case has `in` or `slow`, so that none is forgotten. Its
# set is in $SET when it runs, "name" for a case of no set.
#
# A case is ended by SIGTERM when the run is interrupted. Its processes get it too, but
# for those that it has started in a session or process group of their own: these, and
# what it has mounted, are its own to end, by a trap on EXIT.
#
# It sources this file, and either ends with exit status 0 (passed), 4 (skipped)
# or another one (failed), where the last line it printed is the reason; or it
# reports several results by the functions below, each of which is a test then.
# What it prints otherwise goes to its log. $SCRATCH is a directory of its own.

. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

SKIP=4
# shellcheck disable=SC2034 # for tests/run and scripts/check
SETS='test all users platforms'

# What a case reports goes to tests/run as it happens: RESULTS is its descriptor.
pass() { echo "ok $1" >&"$RESULTS"; }
fail() { echo "FAIL $1 ${*:2}" >&"$RESULTS"; }
skip() { echo "skip $1 ${*:2}" >&"$RESULTS"; }

# report NAME ok|FAIL|skip SECONDS [REASON]: with a time that is known better
report() { echo "timed $2 $1 $3 ${*:4}" >&"$RESULTS"; }

# The case fails, is skipped: for the reason
give_up() { echo "$*"; exit 1; }
not_here() { echo "$*"; exit $SKIP; }

# what_boot_says STATUS: scripts/boot's exit status in words
what_boot_says()
{
	case $1 in
	0) echo "ended well" ;;
	101) echo "the guest panicked" ;;
	102) echo "the guest hung" ;;
	103) echo "the guest died" ;;
	*) echo "the guest failed with status $1" ;;
	esac
}

# boot GUEST: of $FLAVOUR with $CPUS, all it leaves in $SCRATCH/run
boot()
{
	# shellcheck disable=SC2153 # of tests/run
	RUN=$SCRATCH/run "$ROOT/scripts/boot" "$FLAVOUR" "$1"
}

# boot_and_report GUEST: the results that a guest of $FLAVOUR sends are this case's.
# What it leaves is in $SCRATCH/run.
boot_and_report()
{
	local status=0 reported=0 what verdict name text

	boot "$1" || status=$?
	while read -r what verdict name text; do
		[ "$what" = result ] || continue
		reported=$((reported + 1))
		case $verdict in
		ok) pass "$name($FLAVOUR)" ;;
		skip) skip "$name($FLAVOUR)" "$text" ;;
		*) fail "$name($FLAVOUR)" "$text" ;;
		esac
	done <"$SCRATCH/run/control.log"
	[ $status -eq 0 ] || give_up "$(what_boot_says $status)"
	[ $reported -gt 0 ] || give_up "tests/guest/$1.sh has tested nothing"
}

# report_kunit WHERE STATUS: the results that the guest kunit has sent, as NAME(WHERE), if
# scripts/boot has ended with STATUS
report_kunit()
{
	local mine=0 what verdict name time text

	while read -r what verdict name time text; do
		[ "$what" = kunit ] || continue
		case $name in
		*kprobe*) mine=$((mine + 1)) ;;
		esac
		[ "$verdict" != fail ] || verdict=FAIL
		report "$name($1)" "$verdict" "$time" "$text"
	done < <(sed 's/\r$//' "$SCRATCH/run/control.log")
	[ "$2" -eq 0 ] || give_up "$(what_boot_says "$2")"
	[ $mine -gt 0 ] || give_up "no KUnit test of kprobes ran"
}

# report_walkthrough WHERE STATUS: the same of the guest walkthrough, from its console
report_walkthrough()
{
	local rows=0 verdict name text

	while read -r verdict name text; do
		case $verdict in
		ok) pass "$name($1)" ;;
		not)
			read -r name text <<<"$text"
			fail "$name($1)" "$text"
			;;
		*) continue ;;
		esac
		rows=$((rows + 1))
	done < <("$ROOT/tests/walkthrough-check" "$SCRATCH/run/console.log" \
		"$(flavour_field "$FLAVOUR" arch)" | tee /dev/stderr)
	[ "$2" -eq 0 ] || give_up "$(what_boot_says "$2")"
	[ $rows -gt 0 ] || give_up "tests/walkthrough-check has checked nothing"
}

# figures TITLE: the standard input, and the values that the guest of boot_and_report()
# has sent, NAME|NUMBER, as a text to be kept
figures()
{
	use_flavour "$FLAVOUR"
	printf '%s\n\nLinux %s with the stack, %s, %s\n\n' "$1" "$(kernel_version "$TREE")" \
		"$FLAVOUR" "$(date -u +%F)"
	cat
	echo
	sed -n 's/^value //p' "$SCRATCH/run/control.log" |
		awk -F '|' '{ printf "%-40s %12s\n", $1, $2 }'
}

# unpack_some DIR: what is of interest of a whole kernel: what one knows it by and
# cleans it with, and what the stack, which is applied in $TREE, touches. tar complains
# of names in there that a patch has added, or that come with their directory, and
# unpacks the others.
unpack_some()
{
	local top

	top=$(tar -tf "$NEWEST" 2>/dev/null | sed -n '1s,/.*,,p;1q') || true
	{
		printf '%s\n' Makefile Kbuild Kconfig arch/x86 include kernel scripts
		(cd "$TREE/.pc" && find ./*/ -type f ! -name .timestamp -size +0 -printf '%P\n')
	} | sort -u | sed "s,^,$top/," >"$SCRATCH/wanted"
	mkdir "$1"
	tar -xf "$NEWEST" -C "$1" --strip-components=1 -T "$SCRATCH/wanted" || true
}

# audit_tool NAME: compile tests/audit/NAME.c, as $SCRATCH/NAME
audit_tool()
{
	gcc -O2 -Wall -Wextra -Wno-sign-compare -Werror -o "$SCRATCH/$1" \
		"$ROOT/tests/audit"/{"$1",image,disassembly}.c
}

# keep NAME: the standard input, figures of $FLAVOUR, joins those of other kernels in
# Documentation/trust/NAME.txt, below what explain() of the case says. A kernel of the
# user's own is none of these.
keep()
{
	local all=$BUILD/$1

	[ "$FLAVOUR" != own ] || return 0
	mkdir -p "$all"
	{
		printf '\n%s, Linux %s, %s:\n' "$FLAVOUR" "$(kernel_version "$TREE")" "$(date -u +%F)"
		cat
	} >"$all/$FLAVOUR"
	{ explain; cat "$all"/*; } >"$ROOT/Documentation/trust/$1.txt"
}
