# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For cases that hold the kernel with the stack against one without. To build and boot
# both each time takes too long: what the other one has reported is kept in
# tests/results/KERNEL/CASE, which says in its first line which kernel that was. A case
# that runs for the flavour distro-vanilla (`make users`) writes it anew, and goes on with
# distro.
#
#   sides            the flavours to boot for $FLAVOUR, one after the other
#   reports GUEST    boot it of $FLAVOUR: its results and values are in $SCRATCH/reported,
#                    as NAME|VERDICT: VALUE|REASON, and in $SCRATCH/run what else it leaves
#   compare CASE [exactly]
#                    pass on what was reported; it is a failure as well if the kernel
#                    without the stack has a result that is missing here, or passed what
#                    is skipped here; exactly: or has another value. Both side by side,
#                    NAME|THERE|HERE, go into build/compare/CASE. Of the kernel without the
#                    stack: keep it

RESULTS_KEPT=$ROOT/tests/results/$KERNEL

sides()
{
	case $FLAVOUR in
	distro) echo distro ;;
	*) echo "$FLAVOUR" distro ;;
	esac
}

# What a guest has sent, as $SCRATCH/reported has it
reported()
{
	awk '$1 == "result" { verdict[$3] = $2; names[++n] = $3; why[$3] = $0; sub(/^[^ ]* [^ ]* [^ ]* ?/, "", why[$3]) }
		$1 == "value" { name = $2; $1 = $2 = ""; value[name] = substr($0, 3) }
		END { for (i = 1; i <= n; i++) {
			name = names[i]
			text = name in value ? ": " value[name] : ""
			print name "|" verdict[name] text "|" why[name]
		} }' "$SCRATCH/run/control.log"
}

reports()
{
	local status=0

	boot "$1" || status=$?
	[ $status -eq 0 ] || fail "$1-ends-well($FLAVOUR)" "$(what_boot_says $status)"
	reported >"$SCRATCH/reported"
}

# What is kept of the kernel without the stack, NAME|OUTCOME
kept()
{
	grep -v '^#' "$RESULTS_KEPT/$1"
}

keep()
{
	[ -s "$SCRATCH/reported" ] || give_up "there is nothing to keep"
	use_flavour "$FLAVOUR"
	mkdir -p "$RESULTS_KEPT"
	{
		echo "# $(kernel_version "$TREE") without the stack, flavour $FLAVOUR"
		cut -d'|' -f1,2 "$SCRATCH/reported"
	} >"$RESULTS_KEPT/$1"
}

# pass_on CASE [exactly]: each result is a test
pass_on()
{
	local name outcome why there

	while IFS='|' read -r name outcome why; do
		there=$(kept "$1" | awk -F'|' -v name="$name" '$1 == name { print $2 }')
		case $outcome in
		ok*)
			if [ "${2:-}" = exactly ] && [ "$outcome" != "$there" ]; then
				fail "$1-$name" "${outcome#ok: }, and without the stack ${there#ok: }"
			else
				pass "$1-$name"
			fi
			;;
		skip*)
			if [ "${there%%:*}" = ok ]; then
				fail "$1-$name" "skipped, where the kernel without the stack passes: $why"
			else
				skip "$1-$name" "$why"
			fi
			;;
		*) fail "$1-$name" "$why" ;;
		esac
		echo "$name|${there:-no result}|$outcome" >>"$SCRATCH/side-by-side"
	done <"$SCRATCH/reported"
}

compare()
{
	local name

	if [ "$FLAVOUR" != distro ]; then
		keep "$1"
		pass "$1-kept($FLAVOUR)"
		return
	fi
	[ -f "$RESULTS_KEPT/$1" ] || give_up "nothing is known of a $KERNEL without the stack: make users"
	pass_on "$@"
	for name in $(comm -23 <(kept "$1" | cut -d'|' -f1 | sort) <(cut -d'|' -f1 "$SCRATCH/reported" | sort)); do
		fail "$1-$name" "no result"
	done
	mkdir -p "$BUILD/compare"
	cp "$SCRATCH/side-by-side" "$BUILD/compare/$1"
}
