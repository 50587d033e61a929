# SPDX-License-Identifier: GPL-2.0
#
# The table of scripts/bench: awk -f bench.awk VALUES ROWS
#
# VALUES: "KERNEL MODE RESULT NUMBER", or "route ROUTE" or "FAILED WHY" in place of
# the number. ROWS: tests/bench-rows. The exit status is 1 when a result has
# failed or is not there.

function sorted_insert(key, number,	i)
{
	for (i = count[key]++; i > 0 && value[key, i - 1] > number; i--)
		value[key, i] = value[key, i - 1]
	value[key, i] = number
}

# A batch that has failed spoils all that is said of it.
function is_failed(kernel, name,	prefix)
{
	if ((kernel, name) in failed)
		return 1
	for (prefix in failed_kind) {
		split(prefix, part, SUBSEP)
		if (part[1] == kernel && index(name, part[2] "-") == 1)
			return 1
	}
	return 0
}

# statistic(KERNEL, MODE, RESULT, LESS, MEDIAN?): "" when there is none
function statistic(kernel, mode, name, less, median,	key, number, other)
{
	key = kernel SUBSEP mode SUBSEP name
	if (!count[key])
		return ""
	number = value[key, median ? int(count[key] / 2) : 0]
	if (less != "-") {
		other = statistic(kernel, mode, less, "-", median)
		if (other == "")
			return ""
		number -= other
	}
	return number
}

function shown(number, unit)
{
	if (number == "")
		return "-"
	return unit == "us" ? sprintf("%.*f", number < 100000 ? 1 : 0, number / 1000) : number ""
}

function ratio(mode, name, less,	a, b)
{
	a = statistic("vanilla-bench", mode, name, less, 0)
	b = statistic("bench", mode, name, less, 0)
	if (is_failed("vanilla-bench", name) || is_failed("bench", name))
		return "-"
	return a == "" || b == "" || a <= 0 || b <= 0 ? "-" : sprintf("%.*f", a / b < 10 ? 2 : 0, a / b)
}

# What came by another route than the row is about
function mark(kernel, name)
{
	return name ~ /^(return-)?jump(-|$)/ && route[kernel, name] != "jump" ? "b" : " "
}

function instructions(kernel, name, less, unit,	number)
{
	number = statistic(kernel, "instructions", name, less, 0)
	if (is_failed(kernel, name) || number == "") {
		bad = 1
		return "FAILED "
	}
	return shown(number, unit) mark(kernel, name)
}

function wall(kernel, name, less, unit,	min, median)
{
	min = statistic(kernel, "wall", name, less, 0)
	median = statistic(kernel, "wall", name, less, 1)
	if (is_failed(kernel, name) || min == "") {
		bad = 1
		return "FAILED"
	}
	return shown(min, unit) " (" shown(median, unit) ")"
}

function line(a, b, c, d, e, f, g, h, i, j)
{
	printf "%-58s %-5s %6s %7s | %10s %10s %6s | %21s %21s %6s\n", a, b, c, d, e, f, g, h, i, j
}

FNR == NR && $4 == "route"	{ if ($2 == "instructions") route[$1, $3] = $5; next }
FNR == NR && $4 == "FAILED"	{
	failed[$1, $3]
	if ($3 ~ /^(batch|jumps|traced|next|(un)?register-(module|kernel))$/)
		failed_kind[$1, $3]
	failure[++failures] = $0
	bad = 1
	next
}
FNR == NR			{ sorted_insert($1 SUBSEP $2 SUBSEP $3, $4 + 0); next }

!started {
	started = 1
	FS = "\t"
	$0 = $0
	line("", "", "", "", "in-tree ", "here ", "in-tree", "in-tree wall", "here wall", "in-tree")
	line("case", "unit", "floor", "target", "counted ", "counted ", "/ here", "min (median)", "min (median)", "/ here")
}
{
	line($6, $1, $4, $5,
	     instructions("vanilla-bench", $2, $3, $1), instructions("bench", $2, $3, $1),
	     ratio("instructions", $2, $3),
	     wall("vanilla-bench", $2, $3, $1), wall("bench", $2, $3, $1),
	     ratio("wall", $2, $3))
}

END {
	print ""
	print "Counted: instructions of the guest; wall: nanoseconds. Where the unit is us: microseconds,"
	print "on the left those of virtual time, an instruction a nanosecond, waiting included."
	print "Floor and target are in what is counted. b: came by a breakpoint, for there was no jump."
	for (i = 1; i <= failures; i++)
		print "FAILED: " failure[i]
	exit bad
}
