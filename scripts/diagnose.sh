# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What a guest that does not answer is doing, asked of QEMU's monitor before QEMU is
# killed. For scripts/boot, which has the channels.
#
#   diagnose    print it: QEMU's threads, and of each virtual CPU its registers, where it
#               was in several samples, the last instructions that it executed (not under
#               KVM), its stack; then the end of the kernel's log, from the guest's memory
#
# Addresses in the kernel's text are followed by their symbols, of the flavour's
# System.map, wherever the kernel has been moved to. Text of modules has no symbols.
#
# shellcheck disable=SC2154 # to_qemu, qemu, event, accel: of scripts/boot

SAMPLES=5
LAST_INSTRUCTIONS=12
STACK_WORDS=64
LOG_LINES=60
SECONDS_TO_ANSWER=10

# TCG runs the CPUs in turn, a tenth of a second each, in one thread.
TRACE_SECONDS=0.15
TRACE_SECONDS_A_CPU=0.1

asked=0

# monitor COMMAND [CPU]: the answer of QEMU's monitor, in $answer; fails without one.
# What else arrives meanwhile is handled as ever.
monitor()
{
	local until=$((SECONDS + SECONDS_TO_ANSWER)) id

	asked=$((asked + 1))
	id="\"id\": \"ask$asked\""
	answer=
	printf '{"execute": "human-monitor-command", "arguments": {"command-line": "%s"%s}, %s}\n' \
		"$1" "${2:+, \"cpu-index\": $2}" "$id" >&"$to_qemu"
	while [ $SECONDS -lt $until ] && kill -0 "$qemu" 2>/dev/null; do
		next_line 1 || continue
		if [[ $event = "qemu "*"$id"* ]]; then
			answer=${event#*'"return": "'}
			answer=${answer%%"\", $id"*}
			printf -v answer '%b' "$answer"
			answer=${answer//$'\r'/}
			[[ $event = *'"return": '* ]]
			return
		fi
		handle_event
	done
	return 1
}

# What the word of that name is of the registers, and what follows RIP: the flags
register()
{
	sed -nE "s/.*\\b$1= *([0-9a-f]+).*/\\1/p" <<<"$answer" | head -n 1
}

# symbol_address NAME: where System.map has it
symbol_address()
{
	awk -v name="$1" '$3 == name { print $1; exit }' "$OBJ/System.map" 2>/dev/null
}

# How far the kernel has been moved: the handler of page faults is in the table of CPU 0
# and in System.map. Before that table is loaded, and where it makes no sense: not at all.
find_offset()
{
	local table size=8 static words moved

	offset=0
	static=$(symbol_address asm_exc_page_fault)
	[ "$ARCH" = i386 ] || size=16
	monitor 'info registers' 0 || return 0
	table=$(sed -nE 's/^IDT= *([0-9a-f]+).*/\1/p' <<<"$answer")
	[ -n "$static" ] && [ -n "$table" ] || return 0
	monitor "x/2wx 0x$table + $((14 * size))" 0 || return 0
	read -r _ words <<<"$answer"
	[[ $words =~ ^0x([0-9a-f]{8})\ 0x([0-9a-f]{8})$ ]] || return 0
	moved=$(((16#${BASH_REMATCH[2]} & 0xffff0000 | 16#${BASH_REMATCH[1]} & 0xffff) - (16#$static & 0xffffffff)))
	[ $((moved % 0x1000)) -ne 0 ] || offset=$moved
}

# moved_address NAME: where it is in the guest
moved_address()
{
	local static

	static=$(symbol_address "$1")
	[ -z "$static" ] || printf '0x%x' $((16#$static + offset))
}

# Add to each line the names of the kernel's addresses in it. Of these the lower 32 bits
# tell: awk counts in floating point.
add_names()
{
	if [ ! -f "$OBJ/System.map" ]; then
		cat
		return
	fi
	awk -v offset="$offset" -v bits="$([ "$ARCH" = i386 ] && echo 32 || echo 64)" '
		function number(hex,    i, n) {
			for (i = 1; i <= length(hex); i++)
				n = n * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
			return n
		}
		function name_of(at,    low, high, middle) {
			if (at < from[1] || at >= end)
				return ""
			low = 1
			high = n
			while (low < high) {
				middle = int((low + high + 1) / 2)
				if (from[middle] <= at)
					low = middle
				else
					high = middle - 1
			}
			# What is between the text and that of the initialisation
			if (name[low] == "_etext")
				return ""
			return sprintf("%s+0x%x", name[low], at - from[low])
		}
		FNR == NR {
			if ($3 == "_etext")
				end = number(substr($1, length($1) - 7))
			if ($3 == "_einittext")
				init_end = number(substr($1, length($1) - 7))
			if ($2 ~ /^[tTwW]$/ && (started || $3 == "_stext" || $3 == "_text")) {
				started = 1
				from[++n] = number(substr($1, length($1) - 7))
				name[n] = $3
			}
			next
		}
		FNR == 1 && init_end > end { end = init_end }
		{
			names = ""
			rest = $0
			while (match(rest, /[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]+/)) {
				hex = substr(rest, RSTART, RLENGTH)
				rest = substr(rest, RSTART + RLENGTH)
				if (bits == 64 && (length(hex) != 16 || hex !~ /^ffffffff/))
					continue
				if (bits == 32 && length(hex) != 8)
					continue
				found = name_of(number(substr(hex, length(hex) - 7)) - offset)
				if (found != "")
					names = names " " found
			}
			print $0 (names == "" ? "" : "   <" substr(names, 2) ">")
		}' "$OBJ/System.map" -
}

# Of the registers, not those of floating point
general_registers()
{
	grep -vE '^(FCW|FP|XMM|YMM|ZMM|Opmask|CC[SDO]|EFER|DR)' <<<"$answer" | grep . || true
}

# sample: a line for each CPU: where it is. One CPU at a time: an answer of 4096 bytes or
# more could arrive with what the guest says in its middle.
sample()
{
	local cpu

	for ((cpu = 0; cpu < CPUS; cpu++)); do
		monitor 'info registers' "$cpu" || return
		awk -v cpu="$cpu" 'match($0, /^[RE]IP=[0-9a-f]+/) {
			where = substr($0, 5, RLENGTH - 4)
			how = /CPL=3/ ? "user" : "kernel"
			printf "CPU %d: %s %s%s\n", cpu, where, how, /HLT=1/ ? ", halted" : ""
		}' <<<"$answer"
	done
}

samples()
{
	local i

	for ((i = 0; i < SAMPLES; i++)); do
		monitor stop && sample
		monitor cont || break
		sleep 0.1
	done | sort | uniq -c
}

# The instructions that each CPU executed in the end, one by one, as TCG writes them to
# a file if it has to translate each by itself. Only for a moment: it writes fast.
last_instructions()
{
	local trace=$RUN/trace cpu at

	[ "$accel" != kvm ] || return 0
	if ! monitor stop || ! monitor "logfile \\\"$trace\\\"" || ! monitor 'log exec,nochain'; then
		return
	fi
	monitor 'singlestep on' || true
	monitor cont || return 0
	sleep "$(awk "BEGIN { print $TRACE_SECONDS + $CPUS * $TRACE_SECONDS_A_CPU }")"
	monitor stop || return 0
	monitor 'log none' || true
	monitor 'singlestep off' || true
	for ((cpu = 0; cpu < CPUS; cpu++)); do
		awk -v cpu="$cpu:" -F '[ /]+' '$1 == "Trace" && $2 == cpu { print }' "$trace" 2>/dev/null |
			tail -n "$LAST_INSTRUCTIONS" | sed -E 's,^[^[]*\[[0-9a-f]+/([0-9a-f]+)/.*,\1,' >"$RUN/last"
		if [ ! -s "$RUN/last" ]; then
			echo "CPU $cpu: none"
			continue
		fi
		echo "CPU $cpu:"
		while read -r at; do
			monitor "x/1i 0x$at" "$cpu" || true
			echo "  ${answer//$'\n'/}"
		done <"$RUN/last"
	done
	rm -f "$trace" "$RUN/last"
}

# One CPU, which has been stopped
cpu_state()
{
	local at stack

	monitor 'info registers' "$1" || return 0
	echo "== CPU $1: registers, instructions from where it is, stack"
	general_registers
	at=$(register '[RE]IP')
	stack=$(register '[RE]SP')
	! monitor "x/8i 0x$at" "$1" || echo "$answer"
	! monitor "x/${STACK_WORDS}${2}x 0x$stack" "$1" || echo "$answer"
}

# The records are strings with some bytes between. log_buf is a pointer.
kernel_log()
{
	local buffer length word=g

	[ "$ARCH" != i386 ] || word=w
	buffer=$(moved_address log_buf)
	length=$(moved_address log_buf_len)
	[ -n "$buffer" ] && [ -n "$length" ] || return 0
	monitor "x/1${word}x $buffer" 0 && buffer=$(awk '{ print $2; exit }' <<<"$answer") || return 0
	monitor "x/1dw $length" 0 && length=$(awk '{ print $2; exit }' <<<"$answer") || return 0
	[[ $buffer = 0x* && $length =~ ^[0-9]+$ ]] || return 0
	monitor "memsave $buffer $length \\\"$RUN/log_buf\\\"" 0 || return 0
	strings -n 6 "$RUN/log_buf" 2>/dev/null | tail -n "$LOG_LINES"
	rm -f "$RUN/log_buf"
}

diagnosis()
{
	local word=g cpu

	[ "$ARCH" != i386 ] || word=w
	echo "== QEMU's threads"
	ps -L -o tid,stat,time,wchan:24,comm -p "$qemu" || true
	if ! monitor 'info status'; then
		echo "QEMU's monitor does not answer."
		return
	fi
	echo "$answer"
	find_offset
	[ "$offset" -eq 0 ] || printf 'The kernel is 0x%x above where it was linked.\n' "$offset"
	echo "$offset" >"$RUN/offset"
	! monitor 'info cpus' || echo "$answer"
	echo "== Where each CPU was, of $SAMPLES samples"
	samples
	echo "== The last instructions of each CPU"
	last_instructions
	monitor stop || true
	for ((cpu = 0; cpu < CPUS; cpu++)); do
		cpu_state "$cpu" "$word"
	done
	echo "== The end of the kernel's log, as it is in memory"
	kernel_log
}

diagnose()
{
	offset=0
	diagnosis >"$RUN/diagnosis.raw"
	# A pipe would have it in another process.
	offset=$(cat "$RUN/offset" 2>/dev/null || echo 0)
	add_names <"$RUN/diagnosis.raw"
	rm -f "$RUN/diagnosis.raw" "$RUN/offset"
}
