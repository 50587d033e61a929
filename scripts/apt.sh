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
	APT=$BUILD/apt/$1
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
	awk -v types="$apt_types" '$1 == "deb" && $0 !~ /cdrom:/ {
		sub(/#.*/, "")
		if (match($0, /\[[^]]*\]/)) {
			options = substr($0, RSTART, RLENGTH)
			rest = substr($0, RSTART + RLENGTH)
			gsub(/[ \t]*arch[+-]?=[^] \t]*/, "", options)
			$0 = "deb " (options ~ /=/ ? options : "") rest
		}
		count = split(types, type, " ")
		for (i = 1; i <= count; i++) {
			$1 = type[i]
			print
		}
	}' "$@"
}

# Paragraphs of `Field: value`, where a value goes on in lines that start with a blank.
convert_sources()
{
	awk -v types="$apt_types" '
	     { field = tolower($1) }
	     /^[ \t]/ && skip { next }
	     { skip = 0 }
	     field == "types:" { print "Types: " types; next }
	     field == "architectures:" { skip = 1; next }
	     { print }' "$@"
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
