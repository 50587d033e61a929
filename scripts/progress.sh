# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a long command is doing and how far it is: one line that is rewritten on a
# terminal, and a line a minute elsewhere.
#
#   progress_line TEXT      show TEXT, with the time since the start
#   progress_clear          take the line off the terminal, before other output
#   watched TEXT COMMAND... run a command that says nothing on the terminal, and show TEXT
#                           meanwhile; its output may be redirected with this function's
#   clock SECONDS           as m:ss

PROGRESS_SECONDS=${PROGRESS_SECONDS:-60}
progress_shown=0
PROGRESS_TTY=
[ ! -t 1 ] || PROGRESS_TTY=yes
exec {PROGRESS_OUT}>&1

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
		read -r _ columns < <(stty size 2>/dev/null <&"$PROGRESS_OUT" || echo 24 80)
		[ "${columns:-0}" -gt 0 ] || columns=80
		printf '\r\033[K%s' "${text:0:columns - 1}" >&"$PROGRESS_OUT"
	elif [ $((SECONDS - progress_shown)) -ge "$PROGRESS_SECONDS" ]; then
		progress_shown=$SECONDS
		echo "$text" >&"$PROGRESS_OUT"
	fi
}

progress_clear()
{
	[ -z "$PROGRESS_TTY" ] || printf '\r\033[K' >&"$PROGRESS_OUT"
}

# Until its parent has ended, if it is not killed before.
show_while_it_runs()
{
	while kill -0 $$ 2>/dev/null; do
		progress_line "$1"
		sleep 1
	done
}

watched()
{
	local shower status=0

	show_while_it_runs "$1" </dev/null >/dev/null 2>&1 &
	shower=$!
	disown $shower	# or bash says "Terminated" when it is
	"${@:2}" || status=$?
	kill $shower 2>/dev/null || true
	progress_clear
	return $status
}
