# SPDX-License-Identifier: GPL-2.0

# The kernel that run and shell boot: one of tests/flavours.
FLAVOUR = x86_64

# Which of the kernels that the stack is for: 6.12 or 7.3.
KERNEL = 6.12

# A kernel tree or tarball of your own, for run, shell, apply and unapply; for audit and
# closure a tree that has the stack and was built, or the directory it was built in.
LINUX =

# What test, test-all, users and platforms run of their cases: names of tests/cases/, or
# as the tests' output has them (kunit-i386-2cpu); all when empty. make cases lists them.
TESTS =

# The same four: after so many seconds nothing more begins, and what waits is skipped.
WITHIN =

# bench: 1 to take wall time under KVM; how much of it: full, short or quick.
KVM =
SIZE = full

# fuzz: for how many seconds.
TIME = 600

# soak: how long.
HOURS =
MINUTES =

export KERNEL LINUX KVM

help:			## list these
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20

run: build		## build a vanilla kernel with the stack, and show in QEMU what probes do
	@scripts/boot $(FLAVOUR) walkthrough

shell: build		## the same kernel with an interactive console (Ctrl-A X ends it)
	@scripts/boot $(FLAVOUR) shell

build: fetch		## build that kernel only (FLAVOUR=, see tests/flavours)
	@scripts/stack $(FLAVOUR)
	@scripts/build $(FLAVOUR)

stack: fetch		## lay out build/linux with the stack applied (LINUX=, a tree or tarball of your own)
	@scripts/stack

setup:			## install the packages that are missing
	@scripts/setup

fetch: setup		## get the newest vanilla kernel of KERNEL=, unless there is one
	@test -n "$(LINUX)" || scripts/fetch

update: setup		## look for a newer one
	@scripts/fetch --again

apply: setup		## apply the stack to your own tree (LINUX=dir)
	@scripts/own-tree apply "$(LINUX)"

unapply: setup		## take it off again
	@scripts/own-tree unapply "$(LINUX)"

refresh:		## write the readable sources into patches/
	@scripts/refresh

check: stack		## sources and patches agree; checkpatch, sparse, W=1, kernel-doc, htmldocs, spelling, shellcheck
	@scripts/setup scripts/packages tests/packages
	@scripts/check

dist: stack		## write build/dist/kprobes-<kernel version>.tar.gz: base and sysrq patch, mbox, quilt stack
	@scripts/dist

test:			## host tests, an x86-64 and an i386 kernel, their guests (TESTS=; 30 minutes from nothing)
	@scripts/setup scripts/packages tests/packages
	@tests/run --set test $(TESTS)

test-all:		## all of that, a distribution's kernel, and the tools that use probes (TESTS=; 75 minutes)
	@scripts/setup scripts/packages tests/packages
	@tests/run --set all $(TESTS)

users:			## the tools and users of probes in this kernel and in a vanilla one, both built (TESTS=)
	@scripts/setup scripts/packages tests/packages
	@tests/run --set users $(TESTS)

platforms:		## other kernels and machines, one part or all (TESTS=; hours)
	@scripts/setup scripts/packages tests/packages
	@tests/run --set platforms $(TESTS)

cases:			## what these four run
	@tests/run --list

debug:			## the tests of the guests under KASAN and lockdep, KCSAN, PREEMPT_RT (hours)
	@scripts/setup scripts/packages tests/packages
	@tests/run debug

bench: fetch		## what probes cost here and in a vanilla kernel (KVM=1: wall time under KVM; SIZE=short)
	@scripts/setup scripts/packages tests/bench-packages
	@scripts/bench $(SIZE)

fuzz: stack		## fuzz the emulator, the relocator and the classification on the host (TIME=seconds)
	@scripts/setup scripts/packages tests/packages tests/fuzz-packages
	@scripts/fuzz $(TIME)

classify: fetch		## each instruction of three kernels against objdump: what becomes of a probe on it
	@scripts/classify

hosttest: stack		## the pure rooms against this CPU: how many cases of what kind
	@scripts/setup scripts/packages tests/packages
	@scripts/host-test

hostmutants: stack	## plant bugs in what the host tests compile, and see that they find them
	@scripts/setup scripts/packages tests/packages
	@scripts/host-mutants

sweep:			## probe each instruction of the kernel, write Documentation/trust/sweep.txt (an hour)
	@scripts/setup scripts/packages tests/packages
	@tests/run boundaries-all

audit:			## no jump where a CPU may enter in the middle, by the image alone (TESTS=audit-i386; LINUX=dir, built)
	@scripts/setup scripts/packages tests/packages
	@$(if $(LINUX),scripts/own-built audit,tests/run --set platforms $(or $(TESTS),audit))

closure:		## what a hit executes cannot be probed: calls followed in the disassembly (LINUX=dir, built)
	@scripts/setup scripts/packages tests/packages
	@$(if $(LINUX),scripts/own-built closure,KEEP=1 tests/run --set all $(or $(TESTS),closure))

soak:			## operations on probes under load, for HOURS= or MINUTES= with each kernel
	@scripts/setup scripts/packages tests/packages
	@HOURS=$(HOURS) MINUTES=$(MINUTES) tests/run soak

bisect:			## the kernel builds and boots after each patch of the stack (half an hour)
	@scripts/setup scripts/packages tests/packages
	@tests/run prefixes

mutants: fetch		## break the code as tests/mutants/ says, and see the tests fail
	@scripts/setup scripts/packages tests/packages
	@scripts/mutants

clean:			## remove what was built, keep what was downloaded
	@rm -rf build/linux build/vanilla build/obj-* build/own-* build/log build/run build/test build/mutants build/*.stamp build/before.* build/[0-9]*

distclean:		## remove build/
	@rm -rf build

.PHONY: help $(shell sed -n 's/^\([a-z-]*\):.*\#\#.*/\1/p' Makefile)
