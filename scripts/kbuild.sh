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

# kmake TREE OBJ ARCH ARGUMENT...: TREE is a directory named linux beside OBJ.
# The cache turns the names of sources into ../linux/..., which is not to be
# seen in messages of the kernel.
kmake()
{
	local tree=$1 obj=$2 arch=$3 cc=gcc

	! command -v ccache >/dev/null || cc='ccache gcc'
	CCACHE_BASEDIR=$(dirname "$tree") \
		make -C "$tree" O="$obj" ARCH="$arch" CC="$cc" HOSTCC="$cc" \
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
