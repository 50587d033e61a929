# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# Send the host what the kernel's KUnit tests, which ran at boot, have found. To
# the messages of lib.sh this one adds
#
#   kunit ok|fail|skip SUITE.CASE SECONDS [text]
#
# debugfs has the results, the kernel log the time of each.

. /guest-lib.sh

results=/sys/kernel/debug/kunit

# "SUITE CASE SECONDS" of each case, from the log's time stamps
case_times()
{
	dmesg | sed -n 's/^\[ *\([0-9.]*\)\] /\1 /p' | awk '
		/^[0-9.]+ {5}# Subtest: / { suite = $4 }
		/^[0-9.]+ {5}(not )?ok / { print suite, $($2 == "not" ? 5 : 4), $1 - before }
		/^[0-9.]+ +(# Subtest:|KTAP|ok|not ok|1\.\.)/ { before = $1 }'
}

# One suite: a case is a line with four blanks before it, what stands deeper are
# its parameters. The reason of a failure is the first thing that it complained of.
suite()
{
	awk -v suite="$1" '
	FILENAME == "/tmp/times" { if ($1 == suite) time[$2] = $3; next }
	/^    1\.\./ { planned = substr($1, 4) + 0 }
	/ FAILED at | failed to / && why == "" { why = $0; sub(/^ *# */, "", why) }
	/^     +not ok / && param == "" { param = $4 " " }
	/^    (not )?ok / {
		verdict = "ok"
		text = ""
		name = $1 == "not" ? $4 : $3
		if ($1 == "not") {
			verdict = "fail"
			text = param why
		}
		if (match($0, /# SKIP ?/)) {
			verdict = "skip"
			text = substr($0, RSTART + RLENGTH)
		}
		seen++
		failed += verdict == "fail"
		printf "kunit %s %s.%s %.3f %s\n", verdict, suite, name, time[name], text
		why = param = ""
	}
	/^not ok / { suite_failed = 1 }
	END {
		if (seen != planned || !seen)
			printf "kunit fail %s 0 %d of %d cases ran\n", suite, seen, planned
		else if (suite_failed && !failed)
			printf "kunit fail %s 0 the suite failed\n", suite
	}' /tmp/times "$2"
}

case_times >/tmp/times
for dir in "$results"/*/; do
	[ -f "$dir/results" ] || continue
	cat "$dir/results"
	suite "$(basename "$dir")" "$dir/results" >&3
done
finish 0
