#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Writes a manifest of recorded captures: what each shows, how it was made, and
# what each key source opens: all (every ESP and AH packet and every encrypted IKE
# message), "ESP only" (AH is meant too), "IKE only", part, none, or "-" where there
# is no such source. skeyseed_dh is a CSV with nothing but the SKEYSEED of each first
# IKE SA and the DH secrets of later exchanges, from charon's log. `missing` says why
# a source is absent or partial; `reason` what fails: a notification's name, or a word
# where none is sent.
# usage: manifest.sh IKAT FOLDER MANIFEST.csv
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

files_of() { # CAPTURE PATTERN
	find "${1%.pcap}.keys" -path "$2" -type f | sort
}

source_of() { # CAPTURE PATTERN
	rm -rf "$keys/k"
	mkdir -p "$keys/k"
	n=0
	for f in $(files_of "$1" "$2"); do
		n=$((n + 1))
		cp "$f" "$keys/k/$n"
	done
	if [ $n = 0 ]; then echo -; else opens "$keys/k" "$1"; fi
}

# Rows of a CREATE_CHILD_SA have no SPIs, those of IKE_SA_INIT have.
skeyseed_of() { # CAPTURE
	logs=$(files_of "$1" '*/charon.log')
	rm -rf "$keys/k"
	mkdir -p "$keys/k"
	[ -z "$logs" ] || "$ikat" keys -t csv $logs 2> /dev/null |
		awk -F, 'NR == 1 || ($1 == "skeyseed" && $2 != "") || ($1 == "dh" && $2 == "")' \
		> "$keys/k/secrets.csv" || :
	if grep -qs '^skeyseed' "$keys/k/secrets.csv"; then opens "$keys/k" "$1"; else echo -; fi
}

value() { # KEY FILE
	[ ! -e "$2" ] || sed -n "s/^$1 = //p" "$2" | head -n 1
}

# Of samples, which have no scenario: the row of their README.
title_of() { # NAME
	ini=$folder/$1.keys/scenario.ini
	if [ -e "$ini" ]; then value title "$ini"; else
		sed -n "s/^| $1 | \(.*\) |\$/\1/p" "$folder/README.md"; fi
}

reason_of() { # NAME
	ini=$folder/$1.keys/scenario.ini
	word=$(value explain "$ini")
	[ -n "$word" ] || word=$(value reason "$ini")
	case $1 in fail-auth) word=AUTHENTICATION_FAILED ;; fail-proposal) word=NO_PROPOSAL_CHOSEN ;; esac
	echo "$word"
}

# Uses what each source opens.
missing_of() { # NAME
	missing=''
	case $esp_sa$ikev2 in --) [ ! -e "$folder/$1.keys/scenario.ini" ] ||
		missing='the tables need a plugin that Debian does not package' ;; esac
	case $xfrm-$monitor in part-all | part-ESP*)
		missing="$missing; replaced SAs are in the monitor's file" ;; esac
	case $monitor in none) [ "$1" = replay-corrupt ] || missing="$missing; no ESP SA was established" ;; esac
	case $charon$pluto in --) missing="$missing; no daemon's log" ;; esac
	case $charon in *none* | *"ESP only"* | *part*)
		missing="$missing; charon's log has the keys of one side, which are not the other's" ;; esac
	case $pluto-$1 in
	*only-*v1*) missing="$missing; of phase 1 pluto logs the PSK and no other secret" ;;
	*only-*) missing="$missing; pluto leaves the AEAD's salt out" ;;
	none-*) missing="$missing; pluto logs keys only when the IKE SA is established" ;;
	esac
	case $skeyseed in "IKE only" | part) missing="$missing; CHILD keys need the PPK besides SKEYSEED" ;; esac
	case $1 in
	manual-forged | manual-replay | manual-truncated | manual-unknown-spi)
		missing="$missing; three packets are deliberate forgeries or replays" ;;
	natt-chacha) missing="$missing; the plugin that wrote the tables knows no ChaCha20" ;;
	ah-transport) [ "$esp_sa" = - ] && [ "$ikev2" != - ] && missing="$missing; the table holds no AH" || : ;;
	replay-corrupt) missing="$missing; the monitor was started too late to hold keys" ;;
	esac
	echo "${missing#; }"
}

echo 'capture,shows,how,esp_sa,ikev2_table,xfrm,xfrm_monitor,charon_log,pluto_log,skeyseed_dh,missing,reason' > "$keys/manifest"
for capture in "$folder"/*.pcap; do
	name=$(basename "$capture" .pcap)
	esp_sa=$(source_of "$capture" '*/esp_sa')
	ikev2=$(source_of "$capture" '*/ikev2_decryption_table')
	xfrm=$(source_of "$capture" '*.xfrm[.-][!m]*')
	monitor=$(source_of "$capture" '*.xfrm-monitor.txt')
	charon=$(source_of "$capture" '*/charon.log')
	pluto=$(source_of "$capture" '*/pluto.log')
	skeyseed=$(skeyseed_of "$capture")
	how="ikat lab record $name"
	[ -e "${capture%.pcap}.keys/scenario.ini" ] || how='see README.md'
	printf '%s,"%s",%s,%s,%s,%s,%s,%s,%s,%s,"%s",%s\n' "$name" "$(title_of "$name")" "$how" \
		"$esp_sa" "$ikev2" "$xfrm" "$monitor" "$charon" "$pluto" "$skeyseed" \
		"$(missing_of "$name")" "$(reason_of "$name")"
done >> "$keys/manifest"
cp "$keys/manifest" "$manifest"
echo "$manifest: $(($(wc -l < "$manifest") - 1)) captures"
