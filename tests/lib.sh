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
#   # slow: why it runs only when it is named
#   # flavours: all that have the stack, or names of tests/flavours: the case runs
#       for each, as $FLAVOUR
#   # cpus: numbers: the case runs for each, as $CPUS
#
# It sources this file, and either ends with exit status 0 (passed), 4 (skipped)
# or another one (failed), where the last line it printed is the reason; or it
# reports several results by the functions below, each of which is a test then.
# What it prints otherwise goes to its log. $SCRATCH is a directory of its own.

. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

SKIP=4

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
	RUN=$SCRATCH/run "$ROOT/scripts/boot" "$FLAVOUR" "$1"
}
