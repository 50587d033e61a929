# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a long command is doing and how far it is: one line that is rewritten on a
# terminal, and a line a minute elsewhere.
#
#   progress_line TEXT      show TEXT, with the time since the start
#   progress_clear          take the line off the terminal, before other output
#   clock SECONDS           as m:ss

PROGRESS_SECONDS=${PROGRESS_SECONDS:-60}
progress_shown=0
PROGRESS_TTY=
if [ -t 1 ]; then
	exec {PROGRESS_TTY}>&1
fi

clock()
{
	printf '%d:%02d' $(($1 / 60)) $(($1 % 60))
}

# The width is asked for each time: a window may be resized.
progress_line()
{
	local text columns

	text="$(clock "$SECONDS") $1"
	if [ -n "$PROGRESS_TTY" ]; then
		read -r _ columns < <(stty size 2>/dev/null <&"$PROGRESS_TTY" || echo 24 80)
		[ "${columns:-0}" -gt 0 ] || columns=80
		printf '\r\033[K%s' "${text:0:columns - 1}"
	elif [ $((SECONDS - progress_shown)) -ge "$PROGRESS_SECONDS" ]; then
		progress_shown=$SECONDS
		echo "$text"
	fi
}

progress_clear()
{
	[ -z "$PROGRESS_TTY" ] || printf '\r\033[K'
}
