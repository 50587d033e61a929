# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A project with the scripts of this one, a stack of three patches and a kernel
# tree of a few lines: in $TINY, with the tree in $TINY_LINUX. For cases about
# the scripts themselves, which need no kernel for that.

TINY=$SCRATCH/project
TINY_LINUX=$SCRATCH/linux

# tiny SCRIPT ARGUMENT...: run one of its scripts
tiny()
{
	KERNEL='' BUILD=$TINY/build "$TINY/scripts/$1" "${@:2}"
}

tiny_header()
{
	cat <<-END
	From: A. U. Thor <author@example.org>
	Subject: [tiny]: $1

	For a test.

	Signed-off-by: A. U. Thor <author@example.org>
	Forwarded: no
	END
}

make_tiny_linux()
{
	mkdir -p "$TINY_LINUX"/{arch/x86,kernel,include/linux}
	cat >"$TINY_LINUX/Makefile" <<-END
	VERSION = 6
	PATCHLEVEL = 12
	SUBLEVEL = 99
	EXTRAVERSION =
	NAME = Tiny
	mrproper:
	END
	touch "$TINY_LINUX/Kbuild"
	echo 'config X86' >"$TINY_LINUX/arch/x86/Kconfig"
	echo '/* in-tree */' >"$TINY_LINUX/include/linux/probe.h"
	echo 'obj-y += main.o' >"$TINY_LINUX/kernel/Makefile"
	find "$TINY_LINUX" -type f -exec touch -d '2024-01-01' {} +
}

# A header renamed and written anew, a file of ours, an edit of the kernel's and of ours
make_tiny_project()
{
	mkdir -p "$TINY"/{patches,kernel,include-linux,tests}
	cp -r "$ROOT/scripts" "$TINY/"
	printf '/* ours */\n' >"$TINY/include-linux/probe.h"
	printf 'one\ntwo\nthree\n' >"$TINY/kernel/probe.c"
	printf '# 0xx: a section\n010-header.patch\n110-core.patch # core\n\n120-wire.patch\n' >"$TINY/series"

	{
		tiny_header header
		cat <<-END
		Adds: include/linux/probe.h
		---

		diff --git a/include/linux/probe.h b/include/linux/probe.h.in-tree
		similarity index 100%
		rename from include/linux/probe.h
		rename to include/linux/probe.h.in-tree
		END
	} >"$TINY/patches/010-header.patch"
	{
		tiny_header core
		printf 'Adds: kernel/probe.c\n---\n'
	} >"$TINY/patches/110-core.patch"
	{
		tiny_header wire
		cat <<-END
		---
		 a diffstat that nobody writes anew

		--- a/kernel/Makefile
		+++ b/kernel/Makefile
		@@ -1 +1,2 @@
		 obj-y += main.o
		+obj-y += probe.o
		--- a/kernel/probe.c
		+++ b/kernel/probe.c
		@@ -1,2 +1,3 @@
		 one
		+two
		 three
		END
	} >"$TINY/patches/120-wire.patch"
}

make_tiny_linux
make_tiny_project
