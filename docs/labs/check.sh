#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs the labs as they are printed. From each lab it takes the blocks that begin
# with ```console: a line "$ COMMAND" is run (the next lines, "> ...", continue a
# command that ends with \ or |), the lines below it are its output. Within
# `ikat lab shell`, the lines "# COMMAND" are typed into the lab's shell, until
# "# exit". What differs from run to run (SPIs, times, keys, hashes, MAC
# addresses, ports above 1024 but 4500, packet IDs) is replaced by a placeholder
# on both sides before the two are compared, and blanks count as one. A line
# "..." stands for any lines.
#
# usage: check.sh [-w] [LAB...]	LAB: a number or a file; all labs if none is named
# -w writes the real output into the lab, except where the lab has "...".
# One line a command; exit 1, with a diff, if an output is another one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
write=no
[ "${1:-}" = -w ] && { write=yes; shift; }
command -v ikat > /dev/null || { echo "check.sh: there is no ikat on PATH" >&2; exit 2; }
work=$(mktemp -d) || exit 2
pid=
finish() {
	[ -z "$pid" ] || kill "$pid" 2> /dev/null
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 2' HUP INT TERM

# mode=extract: into dir, for each command N: N.kind (run, shell, typed), N.cmd,
# N.want. mode=write: the lab with the outputs N.got.
walk() { # MODE DIR FILE
	awk -v mode="$1" -v dir="$2" '
	function end_command(   line, file) {
		if (!n || closed) return
		closed = 1
		if (mode == "extract") {
			close(dir "/" n ".want")
			return
		}
		file = dir "/" n ".got"
		if (dots) printf "%s", want
		else while ((getline line < file) > 0) {
			sub(/[ \t\r]+$/, "", line)
			print line
		}
		close(file)
	}
	function begin(text) {
		end_command()
		n++; closed = 0; dots = 0; want = ""
		kind = lab ? "typed" : text ~ /^ikat lab shell / ? "shell" : "run"
		if (kind == "shell") lab = 1
		if (lab && text == "exit") lab = 0
		if (mode == "extract") {
			print kind > (dir "/" n ".kind"); close(dir "/" n ".kind")
			printf "" > (dir "/" n ".want")
		}
		add(text)
	}
	function add(text) {
		if (mode == "extract") print text >> (dir "/" n ".cmd")
		more = text ~ /[\\|]$/
		if (!more && mode == "extract") close(dir "/" n ".cmd")
	}
	!inside { if (mode == "write") print; inside = /^```console$/; lab = 0; next }
	/^```$/ { end_command(); if (mode == "write") print; inside = 0; next }
	more && /^> / { if (mode == "write") print; add(substr($0, 3)); next }
	lab ? /^# / : /^\$ / {
		begin(substr($0, 3))
		if (mode == "write") print
		next
	}
	{
		if ($0 == "...") dots = 1
		want = want $0 "\n"
		if (mode == "extract") print >> (dir "/" n ".want")
	}' "$3"
}

# What differs from run to run. Order counts.
plain() {
	tr -d '\r' | sed -E \
		-e 's/([0-9a-f]{2}:){5}[0-9a-f]{2}/MAC/g' \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}/DATE/g' \
		-e 's/[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?/TIME/g' \
		-e 's/checksum: 0x0000/checksum: none/' -e 's/bitmap 0x/bitmap x/' \
		-e 's/0x[0-9a-f]{4,}/HEX/g' \
		-e 's/(^|[^0-9A-Za-z_])[0-9a-f]{8,}([^0-9A-Za-z_]|$)/\1HEX\2/g' \
		-e 's/(^|[^0-9A-Za-z_])[0-9a-f]{8,}([^0-9A-Za-z_]|$)/\1HEX\2/g' \
		-e 's/(^|[^0-9A-Za-z])[0-9a-f]{8,}(_[ir])/\1HEX\2/g' \
		-e 's/HEX\([0-9]+\)/HEX/g' \
		-e 's/^([0-9]+) +[0-9]+\.[0-9]{6} /\1 TIME /' \
		-e 's/(^|[^.0-9])[0-9]+\.[0-9]{6}( s|$| )/\1TIME\2/g' \
		-e 's/ in [0-9]+\.[0-9] s/ in TIME s/' \
		-e 's/[0-9]+s ago/TIME ago/g' \
		-e 's/(time[= ])[0-9.]+ ?ms/\1TIME/' \
		-e 's/^(rtt .*= ).*/\1TIME/' \
		-e 's/(^| )(id:?) [0-9]+/\1\2 ID/g' \
		-e 's/([.:])4500/\1NAT-T/g' \
		-e 's/((\.[0-9]+){3}[:.])(102[5-9]|10[3-9][0-9]|1[1-9][0-9]{2}|[2-9][0-9]{3}|[0-9]{5})/\1PORT/g' \
		-e 's/[ 	]+/ /g' -e 's/ $//'
}

# As a shell pattern whose only special sign is a line "...".
same() { # WANT GOT
	awk '
	NR == FNR { want[++w] = $0; next }
	{ got[++g] = $0 }
	END {
		i = j = 1
		star = 0
		while (j <= g) {
			if (i <= w && want[i] == "...") { star = i++; mark = j }
			else if (i <= w && want[i] == got[j]) { i++; j++ }
			else if (star) { i = star + 1; j = ++mark }
			else exit 1
		}
		while (i <= w && want[i] == "...") i++
		exit i <= w
	}' "$1" "$2"
}

# (An empty first file would make awk take the second one for it.)
agree() { # WANT GOT
	if [ -s "$1" ]; then same "$1" "$2"; else [ ! -s "$2" ]; fi
}

passed=0 failed=0
judge() { # DIR N
	plain < "$1/$2.want" > "$1/$2.want.plain"
	plain < "$1/$2.got" > "$1/$2.got.plain"
	if agree "$1/$2.want.plain" "$1/$2.got.plain"; then
		passed=$((passed + 1)) word=ok
	else
		failed=$((failed + 1)) word=FAILED
	fi
	mark='$'
	[ "$(cat "$1/$2.kind")" = typed ] && mark='#'
	printf '%-7s%s: %s %s\n' "$word" "${1##*/}" "$mark" "$(head -n 1 "$1/$2.cmd")"
	[ $word = ok ] || diff -u -L printed -L found "$1/$2.want.plain" "$1/$2.got.plain"
}

# ---- the lab's shell: lines go in by a pipe, a marker tells when one is done ----

wait_for() { # FILE TEXT TENTHS
	left=$3
	while ! tr -d '\r' < "$1" | grep -q "^$2\$"; do
		left=$((left - 1))
		[ $left -gt 0 ] && kill -0 "$pid" 2> /dev/null || return 1
		sleep 0.1
	done
}

shell_begin() { # DIR N
	console=$1/console
	rm -f "$1/fifo" "$console"
	mkfifo "$1/fifo"
	: > "$console"
	(cd "$1/folder" && exec sh -c "exec $(cat "$1/$2.cmd")" < "$1/fifo" > "$console" 2>&1) &
	pid=$!
	exec 3<> "$1/fifo"	# both ways: no SIGPIPE if the lab ends at once
	# Again and again: what comes before the shell reads may lie unseen.
	tries=0
	while [ $tries -lt 90 ]; do
		echo 'stty -echo; exec 2>&1; PS1= PS2=; echo =ready=' >&3
		wait_for "$console" =ready= 10 && break
		kill -0 "$pid" 2> /dev/null || break
		tries=$((tries + 1))
	done
	grep -v -e '^=' -e 'stty -echo' "$console" > "$1/$2.got"
}

shell_type() { # DIR N
	typed=$(cat "$1/$2.cmd")
	if [ "$typed" = exit ]; then
		echo "echo =done$2=; exit" >&3
		wait "$pid"
		exec 3>&-
		pid=
	else
		printf '%s\necho =done%s=\n' "$typed" "$2" >&3
		wait_for "$console" "=done$2=" 300
	fi
	tr -d '\r' < "$console" | awk -v from="$3" -v to="=done$2=" -v last="$typed" '
		$0 == to { if (last == "exit") { on = 1; next } else exit }
		$0 == from { on = last != "exit"; next }
		on && $0 != "=ready="' > "$1/$2.got"
}

lab() { # FILE
	name=$(basename "$1" .md)
	dir=$work/$name
	mkdir -p "$dir/folder"
	walk extract "$dir" "$1"
	cd "$dir/folder" || exit 2
	number=1 from=
	while [ -e "$dir/$number.cmd" ]; do
		case $(cat "$dir/$number.kind") in
		run) # shellcheck disable=SC1090 # a command of the lab
			. "$dir/$number.cmd" > "$dir/$number.got" 2>&1 < /dev/null ;;
		shell) shell_begin "$dir" $number; from='=ready=' ;;
		typed) shell_type "$dir" $number "$from"; from="=done$number=" ;;
		esac
		judge "$dir" $number
		number=$((number + 1))
	done
	cd "$here" || exit 2
	[ $write = no ] || { walk write "$dir" "$1" > "$dir/new" && cp "$dir/new" "$1"; }
}

if [ $# = 0 ]; then
	set -- 1 2 3 4 5 6
fi
for chosen; do
	case $chosen in
	[0-9]) chosen=$(echo "$here/$chosen"-*.md) ;;
	/*) ;;
	*) chosen=$PWD/$chosen ;;
	esac
	[ -r "$chosen" ] || { echo "check.sh: there is no lab $chosen" >&2; exit 2; }
	lab "$chosen"
done
echo "$passed passed, $failed failed"
[ $failed = 0 ]
