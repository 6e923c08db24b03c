#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs scenarios of the lab two at a time and sums up.
# usage: interop.sh IKAT [-r FOLDER] [-j JUNIT.xml] [SCENARIO...]
#   -r  record each into FOLDER     -j  results for CI
set -u
ikat=$1
shift
record= junit=
while getopts r:j: o; do
	case $o in r) record=$OPTARG ;; j) junit=$OPTARG ;; *) exit 2 ;; esac
done
shift $((OPTIND - 1))
[ $# -gt 0 ] || set -- $("$ikat" lab list | cut -f 1)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
trap 'exit 130' INT TERM

cat > "$out/one" <<'END2'
start=$(date +%s%N)
if [ -n "$3" ]; then
	"$2" lab record "$4" "$3" > "$1/$4.out" 2>&1
else
	"$2" lab run "$4" > "$1/$4.out" 2>&1
fi
status=$?
ms=$((($(date +%s%N) - start) / 1000000))
case $status in 0) word=ok ;; 1) word=FAILED ;; *) word=ERROR ;; esac
printf '%-6s %-24s %3d.%d s\n' $word "$4" $((ms / 1000)) $((ms % 1000 / 100))
[ $status = 0 ] || grep -e 'NOT KEPT' -e '^ikat lab' "$1/$4.out" | sed 's/^/         /'
echo "$word $4 $ms" >> "$1/results"
END2
began=$(date +%s)
printf '%s\n' "$@" | xargs -P "${IKAT_LAB_JOBS:-2}" -I{} sh "$out/one" "$out" "$ikat" "$record" {}
good=$(grep -c '^ok' "$out/results")
bad=$(grep -vc '^ok' "$out/results")
echo "$good as promised, $bad not, in $(($(date +%s) - began)) s"

if [ -n "$junit" ]; then
	escape() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g' "$1" | tr -cd '\11\12\40-\176'; }
	{
		echo '<?xml version="1.0" encoding="UTF-8"?>'
		echo "<testsuite name=\"ikat lab\" tests=\"$((good + bad))\" failures=\"$bad\">"
		sort -k 2 "$out/results" | while read -r word name ms; do
			printf '<testcase classname="lab" name="%s" time="%d.%03d">' "$name" $((ms / 1000)) $((ms % 1000))
			[ "$word" = ok ] || { echo '<failure>'; escape "$out/$name.out"; echo '</failure>'; }
			echo '</testcase>'
		done
		echo '</testsuite>'
	} > "$junit"
fi
[ "$bad" = 0 ]
