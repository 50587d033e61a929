# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What every script here starts with: where things are, and how one says so.
#
#   build/download/     kernel tarballs, Debian packages
#   build/apt/          states of apt of our own
#   build/ccache/       compiled objects, unless CCACHE_DIR names another place
#   build/log/          the full log of whatever printed one line only
#   build/linux/        the kernel, with the stack applied
#   build/obj-FLAVOUR/  its objects
#   build/chroot-RELEASE/ another release of Debian, for its compiler
#   build/vanilla/      linux/ and obj-FLAVOUR/ without the stack, to compare with
#   build/own-NAME/     all three of the user's own LINUX=
#   build/KERNEL/       all but the first three for another KERNEL= than the first
#
# The kernels that the stack is for, each with a series of its own. KERNEL= chooses.
#
# shellcheck disable=SC2034 # variables for those who source it

set -euo pipefail

# Not to be handed down from the make that called: the kernel has a make of its own.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
export LC_ALL=C

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LINUX=${LINUX:-}
RELEASE=	# of the compiler: use_flavour()
JOBS=${JOBS:-$(nproc)}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

KERNELS='6.12 7.3'
KERNEL=${KERNEL:-${KERNELS%% *}}
case $KERNEL in
"${KERNELS%% *}") OF_KERNEL='' ;;
*) OF_KERNEL=/$KERNEL ;;
esac
SERIES=$ROOT/series${OF_KERNEL/\//-}
[ -f "$SERIES" ] || die "KERNEL=$KERNEL: the stack is for ${KERNELS// / and }"

# What all kernels share, and what is made for this one: a script that another one
# has called gets BUILD as that has left it.
SHARED=${BUILD:-$ROOT/build}
SHARED=${SHARED%"$OF_KERNEL"}
BUILD=$SHARED$OF_KERNEL
LOG=$BUILD/log
DOWNLOAD=$SHARED/download
NEWEST=$DOWNLOAD/newest-$KERNEL

# A tree of the user's own gets a place of its own, named after its path, so
# that one does not throw away what was built from the other.
work_dir()
{
	local path

	if [ -z "$LINUX" ]; then
		echo "$BUILD"
		return
	fi
	path=$(realpath -e -- "$LINUX") || die "LINUX=$LINUX: there is no such file or directory"
	echo "$BUILD/own-$(basename "$path")-$(cksum <<<"$path" | cut -d' ' -f1)"
}

WORK=$(work_dir)
TREE=$WORK/linux

# flavours [FRAGMENT]: their names, or those with that fragment only
# shellcheck disable=SC2120 # it may be left out
flavours()
{
	awk -v wanted="${1:-}" '!/^#/ && NF {
		for (i = 4; i <= NF; i++)
			if (wanted == "" || $i == wanted) { print $1; next }
	}' "$ROOT/tests/flavours"
}

# flavour_field FLAVOUR arch|source|configs|base|release: the last two are what those
# words after the source say that are no fragment, `debian:BASE` and `built-in:RELEASE`
flavour_field()
{
	awk -v name="$1" -v field="$2" '
		BEGIN { word["base"] = "debian:"; word["release"] = "built-in:" }
		$1 == name {
			if (field == "arch") { print $2; exit }
			if (field == "source") { print $3; exit }
			for (i = 4; i <= NF; i++) {
				if (field == "configs" ? $i !~ /:/ : index($i, word[field]) == 1)
					print substr($i, length(word[field]) + 1)
			}
		}' "$ROOT/tests/flavours"
}

# use_flavour FLAVOUR: from here on WORK, TREE and SERIES are what it is built
# from, ARCH and RELEASE are its own, and OBJ what it is built in. The flavour `own` is
# LINUX= as its user has built it: scripts/own-built.
use_flavour()
{
	if [ "$1" = own ]; then
		TREE=$(realpath -e -- "$LINUX")
		OBJ=$WORK/obj-own
		ARCH=i386
		! grep -qx CONFIG_64BIT=y "$TREE/.config" || ARCH=x86_64
		return
	fi
	ARCH=$(flavour_field "$1" arch)
	# shellcheck disable=SC2119 # all of them
	[ -n "$ARCH" ] || die "there is no flavour '$1'; there are: $(flavours | xargs)"
	if [ "$(flavour_field "$1" source)" = vanilla ]; then
		WORK=$WORK/vanilla
		TREE=$WORK/linux
		SERIES=/dev/null
	fi
	RELEASE=$(flavour_field "$1" release)
	OBJ=$WORK/obj-$1
}

# The patches that the stack has now, in order.
series_patches()
{
	sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$SERIES" | awk '{ print $1 }'
}

# kernel_version TREE: 6.12.107; fails when TREE is no kernel tree
kernel_version()
{
	[ -f "$1/Makefile" ] && [ -f "$1/Kbuild" ] && [ -d "$1/arch/x86" ] || return 1
	awk '$2 == "=" { value[$1] = $3 }
	     /^NAME/ { exit }
	     END { printf "%s.%s.%s%s\n", value["VERSION"], value["PATCHLEVEL"], value["SUBLEVEL"], value["EXTRAVERSION"] }' \
		"$1/Makefile"
}

# note_other TREE VERSION: say so when that is none of the series that was chosen
note_other()
{
	case $2 in
	"$KERNEL" | "$KERNEL".* | "$KERNEL"-*) ;;
	*) echo "$1 is Linux $2; this is the stack for $KERNEL (KERNEL= chooses from ${KERNELS// / and })" ;;
	esac
}

# drop_empty TREE: directories that the stack made, and that quilt, which keeps
# no directories, has left behind empty
drop_empty()
{
	local dir

	(cd "$ROOT/patches" && sed -n 's,^+++ b/\(.*\)/[^/]*$,\1,p' -- *.patch) | sort -u |
		while read -r dir; do
			[ ! -d "$1/$dir" ] || rmdir --ignore-fail-on-non-empty "$1/$dir"
		done
}

# quilt_in TREE COMMAND...: the project's stack and no personal settings
quilt_in()
(
	cd "$1" && shift
	QUILT_PATCHES=$ROOT/patches QUILT_SERIES=$SERIES quilt --quiltrc - "$@"
)
