#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Writes captures/manifest.csv: what each recorded capture shows, how it was
# made, and what each key source opens: all (every ESP and AH packet and every
# encrypted IKE message), "ESP only" (AH is meant too), "IKE only", part, none,
# or "-" where there is no such source.
# usage: captures.sh IKAT FOLDER MANIFEST.csv
set -eu
ikat=$1 folder=$2 manifest=$3
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

# What a folder of keys opens of a capture, as one word or two.
opens() { # FOLDER CAPTURE
	"$ikat" dissect -f json -k "$1" "$2" 2> /dev/null > "$keys/json" || :
	jq -rs '
		[.[].layers[]?] as $l
		| [$l[] | select(.layer == "esp" or .layer == "ah")] as $p
		| [$l[] | select(.layer == "ike" and has("decrypted"))] as $i
		| ([$p[] | select(.icv == "good")] | length) as $pg
		| ([$p[] | select(.icv == "bad" or .icv == "good")] | length) as $pk
		| ([$i[] | select(.decrypted)] | length) as $ig
		| ($p | length) as $pn | ($i | length) as $in
		| if $pn + $in == 0 then "nothing to open"
		  elif ($pk == $pn) and ($ig == $in) then "all"
		  elif ($pk == $pn) and ($pn > 0) and ($ig == 0) then "ESP only"
		  elif ($ig == $in) and ($in > 0) and ($pk == 0) then "IKE only"
		  elif $pk + $ig == 0 then "none"
		  else "part" end' "$keys/json"
}

source_of() { # CAPTURE PATTERN
	rm -rf "$keys/k"
	mkdir -p "$keys/k"
	n=0
	for f in $(find "${1%.pcap}.keys" -path "$2" -type f | sort); do
		n=$((n + 1))
		cp "$f" "$keys/k/$n"
	done
	if [ $n = 0 ]; then echo -; else opens "$keys/k" "$1"; fi
}

if command -v tshark > /dev/null; then
	sh "$(dirname "$0")/tshark.sh" "$folder"
else
	echo "captures: no tshark here, so no tshark.csv beside the recordings" >&2
fi

# Two daemons of one kind write the same secrets: one of their logs is enough,
# but behind a NAT, where each knows other addresses.
for k in "$folder"/*.keys; do
	grep -q '^encap = nat' "$k/scenario.ini" && continue
	for log in charon.log pluto.log; do
		[ ! -e "$k/a/$log" ] || rm -f "$k/b/$log"
	done
	for side in a b; do
		[ ! -e "$k/$side/ipsec.conf" ] || rm -f "$k/$side/sas.txt"
	done
done

value() { sed -n "s/^$1 = //p" "$2" | head -n 1; }

echo 'capture,shows,how,esp_sa,ikev2_table,xfrm,xfrm_monitor,charon_log,pluto_log,reason' > "$manifest"
for capture in "$folder"/*.pcap; do
	name=$(basename "$capture" .pcap)
	ini=${capture%.pcap}.keys/scenario.ini
	xfrm=$(source_of "$capture" '*.xfrm-[0-9]*.txt')
	monitor=$(source_of "$capture" '*.xfrm-monitor.txt')
	charon=$(source_of "$capture" '*/charon.log')
	pluto=$(source_of "$capture" '*/pluto.log')
	reason='the tables need a plugin that Debian does not package'
	[ "$xfrm" = "$monitor" ] || case $xfrm in
		part) reason="$reason; replaced SAs are in the monitor's file" ;; esac
	case $monitor in none) reason="$reason; no ESP SA was established" ;; esac
	case $charon$pluto in --) reason="$reason; manual keys: no daemon" ;; esac
	case $charon$pluto in *none* | *"ESP only"*)
		reason="$reason; the log's IKE keys do not open every message" ;;
	esac
	case $name in manual-forged | manual-replay | manual-truncated | manual-unknown-spi)
		reason="$reason; three packets are deliberate forgeries or replays" ;;
	esac
	printf '%s,"%s",%s,-,-,%s,%s,%s,%s,%s\n' "$name" "$(value title "$ini")" \
		"ikat lab record $name" "$xfrm" "$monitor" "$charon" "$pluto" "$reason"
done >> "$manifest"
echo "$manifest: $(($(wc -l < "$manifest") - 1)) captures"
