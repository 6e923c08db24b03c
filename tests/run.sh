#!/bin/sh
# Runs test programs, two at a time, and sums up. usage: run.sh WORD PROGRAM...
# A program's output is shown when it fails, or where it says why it skips.
set -u
word=$1
shift
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
[ "$word" = sanitized ] && export CK_FORK=no
export CK_DEFAULT_TIMEOUT=600 ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1

cat > "$logs/one" <<'END'
name=$(echo "$2" | tr / _)
start=$(date +%s%N)
if "$2" > "$1/$name.out" 2>&1; then result=ok; else result=FAILED; fi
ms=$((($(date +%s%N) - start) / 1000000))
checks=$(sed -n 's/^.*Checks: \([0-9]*\), .*/\1/p' "$1/$name.out" | tail -n 1)
printf '%-6s %s  %s checks, %d.%03d s\n' "$result" "$2" "${checks:-no}" $((ms / 1000)) $((ms % 1000))
if [ $result = FAILED ]; then cat "$1/$name.out"; else grep -i '^skip' "$1/$name.out"; fi
echo "$result ${checks:-0}" >> "$1/results"
END
printf '%s\n' "$@" | xargs -P "$(nproc)" -I{} sh "$logs/one" "$logs" {}

passed=$(grep -c '^ok' "$logs/results")
failed=$(grep -c '^FAILED' "$logs/results")
checks=$(awk '{ n += $2 } END { print n + 0 }' "$logs/results")
echo "$word: $checks checks in $((passed + failed)) programs"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
