#!/bin/sh
# Line coverage by room, from gcov's notes. usage: coverage.sh BUILD-FOLDER
set -eu
build=$1
for room in ipsec/base ipsec/crypto ipsec/sa ipsec/ike ipsec/wire dissect vectors; do
	for object in "$build/$room"/*.gcno; do
		case $object in *_test.gcno | *_fuzz.gcno | *_bench.gcno) continue ;; esac
		gcov -n "$object" 2>/dev/null | awk -v room="$room/" '
			/^File/ { ours = index($0, room) && /\.c/ }
			/^Lines executed/ && ours { split($0, a, /[:% ]+/); lines = $NF; printf "%f %d\n", a[3], lines; ours = 0 }'
	done | awk -v room="$room" '{ hit += $1 * $2 / 100; all += $2 }
		END { if (all) printf "%-14s %5.1f%% of %d lines\n", room, 100 * hit / all, all }'
done
