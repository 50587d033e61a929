# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# apt with lists and cache of our own, made from this machine's sources.
# /etc/apt is only read. A state an architecture: what apt fetches from a mirror
# counts as a whole, and one index of i386 that is out of step must not take
# the source packages away with it.

# apt_state ARCH TYPE...: use the state for ARCH, with packages (deb) or sources
# (deb-src), made anew when it is older than a day
apt_state()
{
	APT=$SHARED/apt/$1
	apt_suites=
	apt_use "$@"
}

# apt_newer_state ARCH TYPE...: the same with the suites of Debian where kernels come
# first, from where this machine has its own suite from. By their own names: what a
# mirror has under `stable-backports` may be older.
apt_newer_state()
{
	APT=$SHARED/apt/$1-newer
	apt_suites='trixie-backports sid experimental'
	apt_use "$@"
}

# The name of the release that the machine's sources have
codename()
{
	sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

apt_use()
{
	apt_types=${*:2}
	apt_options=(
		-o Dir::Etc::sourcelist=/dev/null
		-o Dir::Etc::sourceparts="$APT/sources"
		-o Dir::State::lists="$APT/lists"
		-o Dir::Cache="$APT/cache"
		-o Acquire::Languages=none
		-o APT::Architecture="$1"
		-o APT::Architectures="$1"
	)
	# No change of user for the downloads: that one could not write below build/.
	[ "$(id -u)" -ne 0 ] || apt_options+=(-o APT::Sandbox::User=root)
	[ -n "$(find "$APT/updated" -mtime -1 2>/dev/null)" ] || apt_update
}

own_apt_cache() { apt-cache "${apt_options[@]}" "$@"; }
own_apt_get() { apt-get -q "${apt_options[@]}" "$@"; }

# `deb [options] uri suite component...`
convert_list()
{
	awk -v types="$apt_types" -v suites="$apt_suites" -v own="$(codename)" \
		'$1 == "deb" && $0 !~ /cdrom:/ {
		sub(/#.*/, "")
		if (match($0, /\[[^]]*\]/)) {
			options = substr($0, RSTART, RLENGTH)
			rest = substr($0, RSTART + RLENGTH)
			gsub(/[ \t]*arch[+-]?=[^] \t]*/, "", options)
			$0 = "deb " (options ~ /=/ ? options : "") rest
		}
		# deb [option ...] uri suite component ...
		at = 3
		if ($2 ~ /^\[/) {
			while ($(at - 1) !~ /\]$/)
				at++
			at++
		}
		if (suites != "" && $at != own)
			next
		count = split(types, type, " ")
		wanted = split(suites == "" ? $at : suites, suite, " ")
		for (i = 1; i <= count; i++) {
			for (j = 1; j <= wanted; j++) {
				$1 = type[i]
				$at = suite[j]
				print
			}
		}
	}' "$@"
}

# Paragraphs of `Field: value`, where a value goes on in lines that start with a blank.
convert_sources()
{
	awk -v RS= -v FS='\n' -v types="$apt_types" -v suites="$apt_suites" -v own="$(codename)" '
	{
		text = field = wanted = ""
		for (i = 1; i <= NF; i++) {
			if ($i !~ /^[ \t]/)
				field = tolower(substr($i, 1, index($i, ":")))
			if (field == "suites:" && (" " $i " ") ~ ("[ \t]" own "[ \t]"))
				wanted = 1
			if (field != "types:" && field != "architectures:" && !(suites != "" && field == "suites:"))
				text = text $i "\n"
		}
		if (suites == "")
			print "Types: " types "\n" text
		else if (wanted)
			print "Types: " types "\nSuites: " suites "\n" text
	}' "$@"
}

apt_own_sources()
{
	local list parts file

	eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
	rm -rf "$APT/sources"
	mkdir -p "$APT/sources" "$APT/lists/partial" "$APT/cache/archives/partial"
	for file in "$list" "$parts"/*.list; do
		[ ! -f "$file" ] || convert_list "$file"
	done >"$APT/sources/own.list"
	for file in "$parts"/*.sources; do
		[ ! -f "$file" ] || convert_sources "$file" >"$APT/sources/${file##*/}"
	done
}

# A source that does not answer is no reason to stop: another may have it.
apt_update()
{
	mkdir -p "$LOG"
	apt_own_sources
	own_apt_get update >"$LOG/apt-update.log" 2>&1 || true
	touch "$APT/updated"
}
