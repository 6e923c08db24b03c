#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# After captures were recorded: an independent decoder's view beside them, what is
# there twice removed, and their manifest (see manifest.sh).
# usage: captures.sh IKAT FOLDER MANIFEST.csv
set -eu
ikat=$1 folder=$2 manifest=$3
here=$(dirname "$0")

if command -v tshark > /dev/null; then
	sh "$here/tshark.sh" "$folder"
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

sh "$here/manifest.sh" "$ikat" "$folder" "$manifest"
