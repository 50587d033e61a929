# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# For cases that build a kernel of their own, of a tree that is no flavour's:
#
#   build_kernel DIR FLAVOUR   DIR/linux in DIR/obj-FLAVOUR, as tests/flavours says; what of
#                              the configuration the tree has not got is left out. Fails
#                              when make does, or when it warns
#   boot_kernel DIR GUEST      boot() it; FLAVOUR is set

. "$(dirname "${BASH_SOURCE[0]}")/../scripts/kbuild.sh"

build_kernel()
{
	local dir=$1 flavour=$2 obj=$1/obj-$2 arch

	arch=$(flavour_field "$flavour" arch)
	mkdir -p "$obj"
	fragments "$flavour" >"$obj/fragments"
	configure "$dir/linux" "$obj" "$flavour" "$obj/fragments" &&
		kmake "$dir/linux" "$obj" "$arch" -s -j"$JOBS" bzImage modules 2>&1 | tee "$obj/make.log" &&
		! grep -E 'warning:|WARNING:' "$obj/make.log"
}

# scripts/boot looks for the kernel where it has been built, whichever KERNEL= it is of.
boot_kernel()
{
	KERNEL='' BUILD=$1 boot "$2"
}
