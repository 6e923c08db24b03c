#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The first process of the lab's guest: a user-mode Linux (how=uml), or a set of
# private namespaces on a machine whose own kernel has ESP (how=netns). It puts
# a file system in memory over the host's root, so that nothing written here
# stays, and unpacked packages between the two; then it runs the plan.
# Environment: lab (work folder: in/, out/, guest/), packages (folder or empty), how.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
packages=${packages:-}

finish() {
	echo "ikat-lab-guest: $*"
	[ "$how" = uml ] && exec /sbin/halt -f -p
	exit 1
}

if [ "$how" = uml ]; then
	mount -t proc proc /proc || finish "no /proc"
fi
mount -t tmpfs tmpfs /mnt || finish "no file system in memory"
mkdir /mnt/upper /mnt/work /mnt/root
lower=/
read -r release < /proc/sys/kernel/osrelease
if [ "$how" = uml ]; then
	for m in "$packages/usr/lib/uml/modules/$release" "/usr/lib/uml/modules/$release"; do
		[ -d "$m" ] && modules=$m
	done
	[ -n "${modules:-}" ] || finish "no modules for kernel $release"
	insmod "$modules/kernel/fs/overlayfs/overlay.ko" || finish "cannot load overlay.ko"
	if [ -n "$packages" ]; then
		mkdir /mnt/packages
		mount -t hostfs none /mnt/packages -o "$packages" || finish "cannot mount $packages"
		lower=/mnt/packages:/
	fi
elif [ -n "$packages" ]; then
	mkdir /mnt/packages
	cp -a "$packages/." /mnt/packages/
	lower=/mnt/packages:/
fi
mount -t overlay overlay -o "lowerdir=$lower,upperdir=/mnt/upper,workdir=/mnt/work" /mnt/root ||
	finish "cannot mount the overlay"
cd /mnt/root || finish "no overlay"
mkdir -p old lab lib/modules
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
if [ "$how" = uml ]; then
	mount -t hostfs none lab -o "$lab" || finish "cannot mount $lab"
	[ -e "lib/modules/$release" ] || ln -s "${modules#"$packages"}" "lib/modules/$release"
else
	mount --bind "$lab" lab || finish "cannot mount $lab"
	mount --rbind /dev dev
fi
# pivot_root, not chroot alone: nsenter into a mount namespace leaves a chroot.
pivot_root . old || finish "cannot change the root"
exec chroot . /bin/sh /lab/guest/stage2.sh
