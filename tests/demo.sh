#!/bin/sh
# The demo: a tunnel mode and a transport mode capture, locked and then opened.
# usage: demo.sh IKAT
set -eu
ikat=$1
samples=captures/samples
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] || say() { printf '\n%s\n' "$*"; }
run() {
	printf '$ ikat %s\n' "$*"
	"$ikat" "$@"
}

say "1. A tunnel between two gateways, as tcpdump saw it: IKEv2 negotiates, ESP hides the rest"
run dissect -f line --frames 1-8 $samples/tunnel-gcm.pcap
say "2. The same capture with the gateways' keys: -k takes a folder, in any format"
run dissect -f line --frames 1-8 -k $samples/tunnel-gcm.keys $samples/tunnel-gcm.pcap
say "3. One packet of the tunnel, layer by layer: a whole IP packet inside, and what it cost"
run dissect --frames 5 -k $samples/tunnel-gcm.keys $samples/tunnel-gcm.pcap
say "4. Transport mode, locked"
run dissect --frames 5 $samples/transport-cbc.pcap
say "5. Transport mode, opened: no second IP header"
run dissect --frames 5 -k $samples/transport-cbc.keys $samples/transport-cbc.pcap
say "6. Every algorithm against known answers from RFCs and other implementations"
run vectors
say "Now try it on a capture of your own:  $ikat dissect -k KEYS FILE.pcap    ($ikat dissect -h)"
