#!/bin/sh
# Rules of the house that a compiler does not check. usage: lint.sh MANPAGE...
set -u
bad=0
complain() { echo "lint: $*" >&2; bad=1; }
sources=$(git ls-files -co --exclude-standard -- '*.c' '*.h')

# Each room uses only what stands before it.
rooms="ipsec/base ipsec/crypto ipsec/sa ipsec/ike ipsec/wire dissect replay conformance"
later=""
for room in $(echo "$rooms" | tr ' ' '\n' | tac); do
	for after in $later; do
		grep -n "#include \"$after/" "$room"/*.[ch] 2>/dev/null |
			grep -v -e '_test\.c:' -e '_fuzz\.c:' -e '_bench\.c:' |
			while read -r hit; do complain "$hit: $room must not use $after"; echo x; done | grep -q x && bad=1
	done
	later="$later $room"
done

# One door for each library.
door() {
	grep -ln "#include <$1" $sources 2>/dev/null | grep -v -E "$2" | grep -q . &&
		complain "only $2 may include <$1: $(grep -ln "#include <$1" $sources | grep -v -E "$2" | tr '\n' ' ')"
}
door 'openssl/' '^ipsec/crypto/'
door 'csv\.h' '^ipsec/base/csv\.c'
door 'zlib\.h' '^ipsec/base/inflate(_test)?\.c'
door 'pcap' '^dissect/capture[a-z_]*\.c'
door 'jansson' '^tests/|_test\.c'

# ipsec/ is pure: it prints nothing, opens nothing, asks no clock.
grep -nE '\b(printf|fprintf|puts|fopen|open|socket|time|clock_gettime|exit|getenv) ?\(' ipsec/*/*.[ch] |
	grep -v -E '_(test|fuzz|gen|bench)\.[ch]:|text_printf|arena_printf|snprintf|^[^:]*:[0-9]*:[[:space:]]*(\*|/\*)' |
	while read -r hit; do complain "$hit: ipsec/ must be pure"; echo x; done | grep -q x && bad=1

for f in $sources; do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: BSD-2-Clause' || complain "$f: no licence line"
	awk -v f="$f" '
		/^[A-Za-z_].*[)]$/ || /^[A-Za-z_].*,$/ { head = $0; at = NR }
		/^[{]/ { start = NR }
		/^[}]/ && start { n = NR - start; if (n > 80) { printf "lint: %s:%d: a function of %d lines\n", f, start, n; bad = 1 } start = 0 }
		END { exit bad }' "$f" || bad=1
	lines=$(wc -l < "$f")
	[ "$lines" -le 800 ] || complain "$f: $lines lines"
done
grep -nE '\b(TODO|FIXME|XXX)\b' $sources && complain "promises in the code"
grep -nI '[[:space:]]$' $sources | head -n 5 | grep . && complain "white space at the end of lines"

if command -v mandoc >/dev/null; then
	for man in "$@"; do
		mandoc -T lint -W warning "$man" || complain "$man"
	done
fi
[ $bad = 0 ] && echo "lint: clean"
exit $bad
