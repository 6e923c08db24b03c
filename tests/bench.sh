#!/bin/sh
# The measurements of `make bench`. usage: bench.sh BUILD-FOLDER
# BENCH_MB: size of each capture (default 64). Instructions per packet are
# shown beside tests/bench_baseline.csv; BENCH_SAVE=1 writes that file anew.
set -eu
build=$1
ikat=$build/ikat
folder=$build/bench
mkdir -p "$folder"
"$build/dissect/dissect_bench" "$ikat" "$folder" "${BENCH_MB:-64}"

frames() { "$ikat" dissect -f none -k "$2" "$1" 2>/dev/null | sed -n 's/^ *\([0-9]*\) frames.*/\1/p' | head -n 1; }

# Instructions in user mode of one run. perf counts them where the machine lets
# it; callgrind counts another code path (no AVX-512), so the two never mix.
count_perf() {
	perf stat -x, -e instructions:u "$ikat" dissect -f none -k "$2" "$1" 2>&1 >/dev/null |
		sed -n 's/^\([0-9]*\),.*instructions.*/\1/p'
}
count_callgrind() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$ikat" dissect -f none -k "$2" "$1" 2>&1 >/dev/null |
		sed -n 's/.*Collected *: *\([0-9]*\).*/\1/p'
}

# Two pieces of each capture, so that the start of the program drops out.
instructions() {
	counter=$1
	baseline=tests/bench_baseline.csv
	echo
	echo "instructions per packet by $counter (baseline)"
	: > "$folder/instructions.csv"
	for capture in "$folder"/*-*.pcap; do
		name=$(basename "$capture" .pcap)
		keys=$folder/${name%%-*}.csv
		head -c 1000000 "$capture" > "$folder/short"
		head -c 4000000 "$capture" > "$folder/long"
		few=$(frames "$folder/short" "$keys")
		many=$(frames "$folder/long" "$keys")
		each=$((($("count_$counter" "$folder/long" "$keys") - $("count_$counter" "$folder/short" "$keys")) / (many - few)))
		old=$(sed -n "s/^$name,$counter,//p" "$baseline" 2>/dev/null || :)
		echo "$name,$counter,$each" >> "$folder/instructions.csv"
		printf '%-10s %6d (%s)\n' "$name" "$each" "${old:-none}"
	done
	if [ -n "${BENCH_SAVE:-}" ]; then
		{
			echo "capture,counter,instructions_per_packet"
			{ grep -v -e "^capture" -e ",$counter," "$baseline" 2>/dev/null || :; cat "$folder/instructions.csv"; } | sort
		} > "$baseline.new"
		mv "$baseline.new" "$baseline"
	fi
}

if perf stat -x, -e instructions:u true 2>&1 | grep -q '^[0-9][0-9]*,.*instructions'; then
	instructions perf
elif command -v valgrind >/dev/null; then
	instructions callgrind
else
	echo "skip: neither perf nor valgrind can count instructions here"
fi

if ! command -v tshark >/dev/null; then
	echo "skip: tshark is not installed, no comparison"
	exit 0
fi
echo
capture=$folder/gcm-imix.pcap
count=60000
key=$(awk -F, '$1 == "esp" { print $10 }' "$folder/gcm.csv")
start=$(date +%s%N)
good=$(tshark -r "$capture" -c $count -o esp.enable_encryption_decode:TRUE \
	-o esp.enable_authentication_check:TRUE \
	-o "uat:esp_sa:\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00001001\",\"AES-GCM with 16 octet ICV [RFC4106]\",\"0x$key\",\"NULL\",\"\"" \
	2>/dev/null | grep -c '10.1.0.10' || :)
tshark_ns=$((($(date +%s%N) - start) / count))
start=$(date +%s%N)
"$ikat" dissect -f none -k "$folder/gcm.csv" "$capture" >/dev/null
ikat_ns=$((($(date +%s%N) - start) / $(frames "$capture" "$folder/gcm.csv")))
echo "gcm-imix: tshark $tshark_ns ns a packet (one-line text, $good of $count opened), ikat $ikat_ns ns: $((tshark_ns / ikat_ns)) times"
