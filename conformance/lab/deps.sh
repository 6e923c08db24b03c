#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `ikat lab` needs: a user-mode Linux, IPsec daemons, tools for networks.
# As root it installs Debian packages, and unpacks Libreswan, which conflicts
# with strongSwan, into /var/cache/ikat/lab. Everybody else gets all packages
# unpacked into $XDG_CACHE_HOME/ikat/lab and needs no privileges at all.
# Nothing is started. usage: deps.sh [FOLDER]     (FOLDER: unpack all of it there)
set -eu
tools="user-mode-linux iproute2 tcpdump kmod iputils-ping util-linux openssl"
swan="strongswan-swanctl strongswan-charon strongswan-libcharon libstrongswan
	libstrongswan-standard-plugins libstrongswan-extra-plugins
	libcharon-extra-plugins libcharon-extauth-plugins"
unpacked="libreswan iptables libnss3-tools"

command -v apt-get >/dev/null || { echo "ikat lab: needs apt-get (Debian, Ubuntu)" >&2; exit 1; }
[ "$(dpkg --print-architecture)" = amd64 ] || {
	echo "ikat lab: user-mode Linux is packaged for amd64 only" >&2; exit 1; }

if [ $# -gt 0 ]; then
	folder=$1 all=yes
elif [ "$(id -u)" = 0 ]; then
	folder=/var/cache/ikat/lab all=no
else
	folder=${XDG_CACHE_HOME:-$HOME/.cache}/ikat/lab all=yes
fi

is_installed() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null | grep -q '^installed'
}

# Daemons must not start on this machine: a policy for the time of the
# installation, unless there is one.
install_all() {
	missing=
	for p in "$@"; do is_installed "$p" || missing="$missing $p"; done
	[ -n "$missing" ] || return 0
	echo "installing$missing"
	policy=/usr/sbin/policy-rc.d
	if [ ! -e $policy ]; then
		trap 'rm -f /usr/sbin/policy-rc.d' EXIT
		printf '#!/bin/sh\nexit 101\n' > $policy
		chmod 755 $policy
	fi
	apt-get update -q >/dev/null
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >/dev/null
}

# The packages named and the libraries they need that are not installed.
closure() {
	printf '%s\n' "$@"
	apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$@" |
		grep '^lib' | grep -v -E -e '-perl$|^libdebian|^libelogind|^libtextwrap|^libnewt|:' |
		sort -u | while read -r p; do is_installed "$p" || echo "$p"; done
}

unpack() {
	if [ -e "$folder/.unpacked" ] && [ "$(cat "$folder/.unpacked")" = "$*" ]; then
		return 0
	fi
	debs=$(mktemp -d)
	trap 'rm -rf "$debs"' EXIT
	list=$(closure "$@" | sort -u | tr '\n' ' ')
	echo "unpacking into $folder: $list"
	# shellcheck disable=SC2086 # a list of words
	(cd "$debs" && apt-get download -q $list >/dev/null)
	rm -rf "$folder"
	mkdir -p "$folder/usr"
	for deb in "$debs"/*.deb; do dpkg -x "$deb" "$folder"; done
	# /bin, /sbin and /lib of the system are links into /usr: a folder of
	# that name above them would hide them.
	for d in bin sbin lib lib64; do
		[ -d "$folder/$d" ] || continue
		mkdir -p "$folder/usr/$d"
		cp -a "$folder/$d/." "$folder/usr/$d/"
		rm -rf "${folder:?}/$d"
	done
	rm -rf "${folder:?}/etc" "${folder:?}/var" "$folder/usr/share/doc" "$folder/usr/share/man" \
		"$folder/usr/share/locale" "$folder/usr/share/info"
	echo "$*" > "$folder/.unpacked"
	rm -rf "$debs"
	trap - EXIT
}

# shellcheck disable=SC2086 # lists of words
if [ $all = yes ]; then
	want=
	for p in $tools $swan $unpacked; do
		is_installed "$p" || want="$want $p"
	done
	[ -z "$want" ] || unpack $want
else
	install_all $tools $swan
	unpack $unpacked
	chmod -R a+rX "$folder" && chmod a+rx /var/cache/ikat
fi
