#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A node of the network, in a network and a mount namespace of its own: its
# settings, its addresses, its own /run; then it waits. usage: node.sh NAME
node=$1
mount --make-rprivate /
for f in /proc/sys/net/ipv4/conf/*/rp_filter /proc/sys/net/ipv4/conf/*/send_redirects \
	/proc/sys/net/ipv6/conf/*/accept_dad /proc/sys/net/ipv6/conf/*/router_solicitations \
	/proc/sys/net/ipv6/conf/*/accept_ra; do
	echo 0 > "$f"
done 2> /dev/null
echo 1 > /proc/sys/net/ipv4/ip_forward
[ "$node" = w ] && for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > "$f"; done
[ "$node" != w ] && echo 1 > /proc/sys/net/ipv6/conf/all/forwarding
ip -batch "/lab/in/$node.batch" || exit 1
[ -e "/lab/in/$node.sh" ] && . "/lab/in/$node.sh"
case $node in a | b)
	mount -t tmpfs tmpfs /run
	mkdir -p /run/lab /run/pluto ;;
esac
echo $$ > "/tmp/node.$node"
exec sleep 99999
