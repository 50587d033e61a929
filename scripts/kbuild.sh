# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel's make, such that the same input gives the same bytes, and is found
# in the cache wherever it lies.

export KBUILD_BUILD_TIMESTAMP='Thu Jan  1 00:00:00 UTC 1970'
export KBUILD_BUILD_USER=kprobes KBUILD_BUILD_HOST=localhost
export CCACHE_DIR=${CCACHE_DIR:-$SHARED/ccache} CCACHE_NOHASHDIR=1
# What make asks of the compiler, the files that a source depends on, is enough for the
# cache: what it does not know is not preprocessed twice, a third of the time of a small file.
export CCACHE_DEPEND=1

# kmake TREE OBJ ARCH ARGUMENT...: TREE is a directory named linux beside OBJ. After
# use_flavour by the compiler of $RELEASE, where the flavour is built in a chroot.
# The cache turns the names of sources into ../linux/..., which is not to be
# seen in messages of the kernel.
kmake()
{
	local tree=$1 obj=$2 arch=$3 cc=gcc
	local in=()

	[ -z "${RELEASE:-}" ] || in=("$ROOT/scripts/chroot" "$RELEASE")
	! command -v ccache >/dev/null || cc='ccache gcc'
	CCACHE_BASEDIR=$(dirname "$tree") \
		"${in[@]}" make -C "$tree" O="$obj" ARCH="$arch" CC="$cc" HOSTCC="$cc" \
		KCFLAGS=-fmacro-prefix-map=../linux/= "${@:4}"
}

# fragments FLAVOUR: what it asks of the configuration, of what this kernel has
fragments()
{
	# shellcheck disable=SC2046 # one argument a file
	(cd "$ROOT/tests/configs" && cat $(flavour_field "$1" configs)) | awk '!seen[$0]++' |
		if [ -f "$ROOT/tests/configs/not-in-$KERNEL" ]; then
			grep -vxFf "$ROOT/tests/configs/not-in-$KERNEL"
		else
			cat
		fi
}

# configure TREE OBJ FLAVOUR FRAGMENTS: the configuration of OBJ is what that file asks for,
# put on what the flavour begins with: nothing at all, or Debian's configuration without
# its modules. What a file says last counts.
configure()
{
	local arch base

	arch=$(flavour_field "$3" arch)
	base=$(flavour_field "$3" base)
	if [ -z "$base" ]; then
		kmake "$1" "$2" "$arch" -s KCONFIG_ALLCONFIG="$4" allnoconfig
	else
		"$ROOT/scripts/fetch" --config "$base"
		sed 's/^\(CONFIG_[^=]*\)=m$/# \1 is not set/' "$DOWNLOAD/config-$KERNEL-$base" |
			cat - "$4" >"$2/allconfig"
		kmake "$1" "$2" "$arch" -s KCONFIG_ALLCONFIG="$2/allconfig" alldefconfig
	fi
}

# not_taken OBJ FRAGMENTS: the lines of that file that the configuration contradicts
not_taken()
{
	awk 'NR == FNR { is[$0]; if (/^CONFIG_/) { sub(/=.*/, ""); set[$0] } next }
		/^CONFIG_/ && !($0 in is)
		/^# CONFIG_[^ ]* is not set$/ && $2 in set' "$1/.config" "$2"
}
