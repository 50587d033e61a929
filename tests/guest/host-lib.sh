# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash source=tests/guest/lib.sh
#
# The host's own programs in the guest. A script that needs them begins with
#
#   . /guest-lib.sh
#   . /host-lib.sh
#   enter_host
#
# and goes on, in bash, with the host's / as its root: the host's files as they
# are, over 9P, and a layer of memory on top that takes what is written. Its exit
# status is what the guest ends with. It finds, besides what lib.sh tells of:
#
#   $PROJECT $KERNEL_TREE $KERNEL_OBJ   the project, this kernel's source and objects
#   /lib/modules/$(uname -r)/           its modules, for modprobe, and its source
#   /out/                               what is written there stays, in RUN/out
#   workload                            workload.c, a program to count with
#   /sys/kernel/tracing, /sys/kernel/debug, /sys/fs/bpf   mounted

HOST=/host

mount_host()
{
	mkdir -p $HOST
	mount -t tmpfs layer $HOST
	mkdir $HOST/files $HOST/upper $HOST/work $HOST/root
	mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=524288,cache=loose host $HOST/files &&
		mount -t overlay -o "lowerdir=$HOST/files,upperdir=$HOST/upper,workdir=$HOST/work" overlay $HOST/root
}

mount_into()
{
	mount -t proc proc "$1/proc" &&
		mount -t sysfs sysfs "$1/sys" &&
		mount -t debugfs debugfs "$1/sys/kernel/debug" &&
		mount -t tracefs tracefs "$1/sys/kernel/tracing" &&
		mount -t bpf bpf "$1/sys/fs/bpf" &&
		mount -t devtmpfs dev "$1/dev" &&
		mkdir -p "$1/dev/pts" "$1/out" &&
		mount -t devpts devpts "$1/dev/pts" &&
		mount -t 9p -o trans=virtio,version=9p2000.L out "$1/out"
}

# kbuild's links to what the modules were built from are what tools look for.
install_modules()
{
	local dir

	dir=$1/lib/modules/$(uname -r)
	mkdir -p "$dir/kernel"
	cp /lib/modules-flat/*.ko "$dir/kernel/"
	touch "$dir/modules.order" "$dir/modules.builtin"
	ln -s "$KERNEL_OBJ" "$dir/build"
	ln -s "$KERNEL_TREE" "$dir/source"
	chroot "$1" /sbin/depmod
}

enter_host()
{
	. /etc/host.env
	export PROJECT KERNEL_TREE KERNEL_OBJ
	[ -z "$ON_HOST" ] || return 0
	if ! mount_host || ! mount_into $HOST/root; then
		finish 1
	fi
	cp /*.sh $HOST/root/
	mkdir -p $HOST/root/usr/local/bin
	cp /bin/workload $HOST/root/usr/local/bin/
	cp /etc/host.env $HOST/root/etc/
	install_modules $HOST/root || finish 1
	ON_HOST=yes HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		chroot $HOST/root /bin/bash "$0"
	finish $?
}
