# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What arrives in the pipe of scripts/boot, a line at a time. $events is its descriptor.

unfinished=

# next_line SECONDS: the next line, in $event; fails if there is none in that time. Time
# may be up in the middle of a line, for bash reads a pipe byte by byte and a busy machine
# may stop it there: what has been read is kept for the next call. Without that a message
# is lost, and the guest that waits for its answer waits for good.
next_line()
{
	local part='' status=0

	# shellcheck disable=SC2154 # of the caller
	IFS= read -r -t "$1" part <&"$events" || status=$?
	unfinished+=$part
	[ $status -eq 0 ] || return $status
	# shellcheck disable=SC2034 # for the caller
	event=$unfinished
	unfinished=
}
