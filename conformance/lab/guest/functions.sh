# SPDX-License-Identifier: BSD-2-Clause
# What a plan is made of. Nodes: protected hosts ha and hb, gateways a and b, the
# wire w. A process costs some 16 ms here, so batches and few processes; waiting
# is polling for a condition, with a limit.
O=/lab/out
I=/lab/in

result() {
	printf '%s\t%s\n' "$1" "$2" >> $O/result
}

# Ends the plan: what went wrong, and the file that tells more.
fail() {
	result error "$1"
	[ -z "${2:-}" ] || result log "$2"
	exit 1
}

centiseconds() {
	read -r _now _ < /proc/uptime
	_now=${_now%.*}${_now#*.}
}

# wait_for LIMIT COMMAND...: until it succeeds; LIMIT in tenths of a second.
wait_for() {
	centiseconds
	_until=$((_now + $1 * 10))
	shift
	while ! "$@"; do
		centiseconds
		[ "$_now" -lt $_until ] || return 1
		sleep 0.05
	done
}

in_net() { # NODE COMMAND...
	_node=$1
	shift
	nsenter --net=/run/netns/"$_node" -- "$@"
}

in_node() { # a|b COMMAND...: with the node's own /run
	read -r _pid < /tmp/node."$1"
	shift
	nsenter -t "$_pid" -n -m -- "$@"
}

# ---- the network ----

all_there() { # FILE...
	for _f; do [ -e "$_f" ] || return 1; done
}

network() {
	mkdir -p /run/netns
	ip -batch $I/network.batch || fail "cannot make the network" guest.log
	for n in ha a w b hb; do
		in_net $n unshare -m sh /lab/guest/node.sh $n > /dev/null &
	done
	wait_for 100 all_there /tmp/node.ha /tmp/node.a /tmp/node.w /tmp/node.b /tmp/node.hb ||
		fail "the network does not come up" guest.log
}

listens() { grep -q listening "$1"; }

capture() { # DEVICE of w
	quiet='not arp and not igmp and not (ip6 and ip6[6]==0) and not icmp6 or (icmp6 and ip6[40]>=128 and ip6[40]<=129)'
	in_net w tcpdump -Z root -U --immediate-mode -s0 -ni "$1" -w /tmp/wire.pcap "$quiet" 2> /tmp/wire.err &
	in_net ha tcpdump -Z root -U --immediate-mode -s0 -ni eth0 -w /tmp/inside.pcap "$quiet" 2> /tmp/inside.err &
	for n in a b; do
		in_net $n ip -ts xfrm monitor all > $O/$n.xfrm-monitor.txt &
	done
	wait_for 50 listens /tmp/wire.err || fail "tcpdump does not start: $(cat /tmp/wire.err)"
	wait_for 50 listens /tmp/inside.err || fail "tcpdump does not start: $(cat /tmp/inside.err)"
}

# ---- strongSwan ----

is_file() { [ -e "$1" ]; }
alive() { kill -0 "$1" 2> /dev/null; }

vici() { # NODE COMMAND...
	_n=$1
	shift
	_c=$1
	shift
	in_node "$_n" env SWANCTL_DIR=$I/"$_n" STRONGSWAN_CONF=$I/"$_n"/strongswan.conf \
		swanctl "$_c" --uri unix:///run/lab/vici "$@"
}

charon_ready() { # NODE PID
	alive "$2" || fail "charon of $1 ended at once" "$1/charon.out"
	[ -S /proc/"$2"/root/run/lab/vici ] || in_node "$1" test -S /run/lab/vici
}

strongswan() { # NODE: runs in the background, see ready()
	read -r _pid < /tmp/node."$1"	# not in_node: $! must be the daemon, no shell
	nsenter -t "$_pid" -n -m -- env STRONGSWAN_CONF=$I/"$1"/strongswan.conf \
		/usr/lib/ipsec/charon > $O/"$1"/charon.out 2>&1 &
	_charon=$!
	echo $_charon > /tmp/daemon."$1"
	wait_for 150 charon_ready "$1" $_charon || fail "charon of $1 does not get ready" "$1/charon.log"
	vici "$1" --load-all --file $I/"$1"/swanctl.conf > $O/"$1"/load.log 2>&1 ||
		fail "swanctl does not load the configuration of $1: $(grep -i -m1 -e fail -e error $O/"$1"/load.log)" "$1/load.log"
	: > /tmp/ready."$1"
}

# ---- Libreswan ----

whack() { # NODE ARGUMENT...
	_n=$1
	shift
	in_node "$_n" /usr/libexec/ipsec/whack --ctlsocket /run/pluto/pluto.ctl "$@"
}

pluto_ready() { # NODE PID
	alive "$2" || fail "pluto of $1 ended at once: $(tail -n 1 $O/"$1"/pluto.out)" "$1/pluto.log"
	in_node "$1" test -S /run/pluto/pluto.ctl
}

libreswan() { # NODE CONNECTION...
	_lsw=$1
	shift
	in_node "$_lsw" sh /lab/guest/nss.sh "$_lsw" > $O/"$_lsw"/nss.log 2>&1 ||
		fail "certutil fails on $_lsw" "$_lsw/nss.log"
	read -r _pid < /tmp/node."$_lsw"
	nsenter -t "$_pid" -n -m -- /usr/libexec/ipsec/pluto --config $I/"$_lsw"/ipsec.conf --secretsfile $I/"$_lsw"/ipsec.secrets \
		--nssdir /run/lab/nss --rundir /run/pluto --ipsecdir /run/lab --no-dnssec --nofork \
		--logfile $O/"$_lsw"/pluto.log --nhelpers 0 > $O/"$_lsw"/pluto.out 2>&1 &
	_pluto=$!
	echo $_pluto > /tmp/daemon."$_lsw"
	wait_for 150 pluto_ready "$_lsw" $_pluto || fail "pluto of $_lsw does not get ready" "$_lsw/pluto.log"
	whack "$_lsw" --listen > $O/"$_lsw"/load.log 2>&1
	for _c; do
		in_node "$_lsw" /usr/libexec/ipsec/addconn --config $I/"$_lsw"/ipsec.conf \
			--ctlsocket /run/pluto/pluto.ctl "$_c" >> $O/"$_lsw"/load.log 2>&1 ||
			fail "pluto of $_lsw does not take connection $_c" "$_lsw/load.log"
	done
	: > /tmp/ready."$_lsw"
}

manual() { # NODE
	in_net "$1" ip -batch $I/"$1"/xfrm.batch || fail "the kernel refuses the keys of $1" guest.log
	: > /tmp/ready."$1"
}

ready_or_failed() {
	[ -e $O/result ] && grep -q '^error' $O/result && return 0
	all_there /tmp/ready.a /tmp/ready.b
}

ready() {
	wait_for 400 ready_or_failed || fail "the daemons do not get ready" guest.log
	[ ! -e $O/result ] || ! grep -q '^error' $O/result || exit 1
}

# ---- steps ----

step=0
begin() {
	step=$((step + 1))
	read -r _up _ < /proc/uptime
	echo "== $_up s, step $step: $*" >> $O/steps.log
}

# command NODE strongSwan-or-Libreswan command; its status is a result.
control() { # NODE PEER WHAT ARGUMENT...
	_node=$1 _peer=$2 _what=$3
	shift 3
	if [ "$_peer" = libreswan ]; then
		timeout 25 nsenter -t "$(cat /tmp/node."$_node")" -n -m -- /usr/libexec/ipsec/whack \
			--ctlsocket /run/pluto/pluto.ctl "$@" >> $O/steps.log 2>&1
	else
		vici "$_node" "$@" >> $O/steps.log 2>&1
	fi
	result "$_what" $?
}

states_are() { # NODE COUNT
	[ "$(in_net "$1" ip xfrm state | grep -c 'proto [ea][sh]')" -eq "$2" ]
}

# Until both kernels hold COUNT SAs (old ones are deleted a moment later).
settle() { # COUNT
	wait_for 30 states_are a "$1"
	wait_for 30 states_are b "$1"
}

pings=0
ping_from() { # NODE ADDRESS COUNT SIZE [SOURCE]
	pings=$((pings + 1))
	in_net "$1" ping -n -c "$3" -i 0.02 -W 1 -s "$4" -M dont ${5:+-I "$5"} "$2" > $O/ping-$pings.txt 2>&1
}

snapshots=0
snapshot() {
	snapshots=$((snapshots + 1))
	for _s in a b; do
		in_net $_s sh -c "ip -s xfrm state > $O/$_s.xfrm-$snapshots.txt
			ip xfrm policy > $O/$_s.policy-$snapshots.txt
			cat /proc/net/xfrm_stat > $O/$_s.counters-$snapshots.txt"
	done
}

sas() { # NODE PEER
	if [ "$2" = strongswan ]; then
		vici "$1" --list-sas > $O/"$1"/sas.txt 2>&1
	elif [ "$2" = libreswan ]; then
		whack "$1" --status > $O/"$1"/sas.txt 2>&1
	fi
}

kill_daemon() { # NODE: a peer that dies without a word
	kill -9 "$(cat /tmp/daemon."$1")"
}

logged() { # NODE TEXT
	grep -q -E -e "$2" $O/"$1"/charon.log $O/"$1"/pluto.log 2> /dev/null
}

wait_log() { # NODE TENTHS TEXT
	wait_for "$2" logged "$1" "$3" || result waited "$3"
}

netem() { # NODE PARAMETER...
	_n=$1
	shift
	in_net "$_n" tc qdisc replace dev eth0 root netem "$@" || fail "netem refuses $*" guest.log
}

# Gateway a gets another address and loses its first one.
move() {
	in_net a sh -c 'echo 1 > /proc/sys/net/ipv4/conf/eth0/promote_secondaries
		ip address add 192.0.2.11/24 dev eth0 && ip address del 192.0.2.1/24 dev eth0'
}

# ---- the end ----

wire_is_quiet() {
	_size=$(stat -c %s /tmp/wire.pcap)
	[ "$_size" = "${_was:-}" ] && return 0
	_was=$_size
	return 1
}

collect() {
	wait_for 10 wire_is_quiet
	for p in $(ip netns pids w; ip netns pids ha); do
		case $(cat /proc/"$p"/comm) in tcpdump) kill "$p" ;; esac
	done
	for n in a b; do
		[ -e /tmp/daemon.$n ] && kill "$(cat /tmp/daemon.$n)"
	done
	sleep 0.1	# the captures' last octets
	[ -e /tmp/wire.pcap ] && cp /tmp/wire.pcap $O/wire.pcap
	[ -e /tmp/inside.pcap ] && cp /tmp/inside.pcap $O/inside-ha.pcap
	cp /tmp/*.err $O/ 2> /dev/null
	:
}
