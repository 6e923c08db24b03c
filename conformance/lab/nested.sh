#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tests `ikat lab --netns` without touching this machine: a user-mode Linux plays
# the machine whose kernel has ESP, and the lab runs in its namespaces. Then that
# machine's network must be as before. usage: nested.sh IKAT [SCENARIO]
set -eu
ikat=$(realpath "$1")
scenario=${2:-tunnel-gcm}
data=$(realpath "$(dirname "$0")/../..")
packages=${IKAT_LAB_PACKAGES:-}
for p in "$packages" "${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ikat/lab" /var/cache/ikat/lab; do
	[ -n "$p" ] && [ -d "$p/usr" ] && { packages=$p; break; }
done
uml=/usr/bin/linux.uml
[ -x $uml ] || uml=$packages$uml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/init" <<'END2'
#!/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH
mount -t proc proc /proc
mount -t tmpfs tmpfs /mnt
read -r release < /proc/sys/kernel/osrelease
for m in "$packages/usr/lib/uml/modules/$release" "/usr/lib/uml/modules/$release"; do
	[ -d "$m" ] && modules=$m
done
insmod "$modules/kernel/fs/overlayfs/overlay.ko"
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay overlay -o lowerdir=/,upperdir=/mnt/upper,workdir=/mnt/work /mnt/root
cd /mnt/root
mkdir -p old lib/modules
[ -e "lib/modules/$release" ] || ln -s "/old$modules" "lib/modules/$release"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
pivot_root . old
cat > /tmp/go <<'END3'
[ -z "$packages" ] || cp -a "/old$packages" /tmp/packages
mkdir /tmp/out /run/mount
mount -t hostfs none /tmp/out -o "$work"
modprobe -a -q esp4 xfrm_user
state() { ip link; ip address; ip xfrm state; ls /run /run/netns /tmp; } 2> /dev/null
state > /tmp/out/before
cd "/old$data"
TMPDIR=/tmp IKAT_LAB_PACKAGES=/tmp/packages IKAT_DATA="$PWD" "/old$ikat" lab -n run "$scenario" > /tmp/out/out 2>&1
echo $? > /tmp/out/status
state > /tmp/out/after
END3
chroot . /bin/sh /tmp/go
exec /sbin/halt -f -p
END2
chmod 755 "$work" "$work/init"
timeout 120 $uml mem=900M rootfstype=hostfs root=/dev/root rw init="$work/init" con=null con0=fd:0,fd:1 quiet uml_dir="$work/uml" \
	work="$work" packages="$packages" ikat="$ikat" data="$data" scenario="$scenario" \
	< /dev/null > "$work/console" 2>&1
cat "$work/out"
cmp "$work/before" "$work/after" || { echo "nested: the machine is not as before" >&2; exit 1; }
[ "$(cat "$work/status")" = 0 ]
