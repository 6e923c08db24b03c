#!/bin/sh
# Runs libFuzzer targets, each for a number of seconds. usage: fuzz.sh SECONDS PROGRAM...
# Seeds: the sample captures' frames, IKE messages and key files.
set -eu
seconds=$1
shift
for program in "$@"; do
	corpus=$program.corpus
	mkdir -p "$corpus"
	[ -x tests/fuzz_seeds.sh ] && tests/fuzz_seeds.sh "$(basename "$program")" "$corpus"
	echo "fuzz: $program, $seconds s"
	"$program" -max_total_time="$seconds" -max_len=70000 -rss_limit_mb=1024 -print_final_stats=1 \
		-artifact_prefix="$program-" "$corpus" > "$program.log" 2>&1 || {
		tail -n 40 "$program.log"
		exit 1
	}
	grep -E 'number_of_executed_units|peak_rss' "$program.log"
done
