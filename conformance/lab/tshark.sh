#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# An independent decoder's view of recordings: what tshark makes of each ESP
# packet with the kernel's keys, as NAME.keys/tshark.csv. Algorithms that it does
# not know are left out; a recording without any that it knows gets no file.
# usage: tshark.sh FOLDER
set -eu
config=$(mktemp -d)
trap 'rm -rf "$config"' EXIT
export WIRESHARK_CONFIG_DIR="$config"

# `ip xfrm` text of either kind to Wireshark's esp_sa rows.
table() {
	awk '
	function put() {
		if (spi != "" && e != "")
			printf "\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\",\"%s\"\n",
				src ~ /:/ ? "IPv6" : "IPv4", src, dst, spi, e, ek, a == "" ? "NULL" : a, ak
		spi = e = ek = a = ak = ""
	}
	/^[^\t]*src .* dst / {
		put()
		for (i = 1; i < NF; i++) { if ($i == "src") src = $(i + 1); if ($i == "dst") dst = $(i + 1) }
	}
	$1 == "proto" && $2 == "esp" { spi = $4; sub(/\(.*/, "", spi); if (spi == "0x00000000") spi = "" }
	$1 == "aead" && $2 == "rfc4106(gcm(aes))" { e = "AES-GCM with " $NF / 8 " octet ICV [RFC4106]"; ek = $3 }
	$1 == "enc" && $2 == "cbc(aes)" { e = "AES-CBC [RFC3602]"; ek = $3 }
	$1 == "enc" && $2 == "cbc(des3_ede)" { e = "TripleDES-CBC [RFC2451]"; ek = $3 }
	$1 == "enc" && $2 == "rfc3686(ctr(aes))" { e = "AES-CTR [RFC3686]"; ek = $3 }
	$1 == "enc" && $2 ~ /cipher_null/ { e = "NULL"; ek = "" }
	$1 ~ /^auth/ && $2 == "hmac(md5)" { a = "HMAC-MD5-96 [RFC2403]"; ak = $3 }
	$1 ~ /^auth/ && $2 == "hmac(sha1)" { a = "HMAC-SHA-1-96 [RFC2404]"; ak = $3 }
	$1 ~ /^auth/ && $2 == "hmac(sha256)" { a = "HMAC-SHA-256-128 [RFC4868]"; ak = $3 }
	$1 ~ /^auth/ && $2 == "hmac(sha384)" { a = "HMAC-SHA-384-192 [RFC4868]"; ak = $3 }
	$1 ~ /^auth/ && $2 == "hmac(sha512)" { a = "HMAC-SHA-512-256 [RFC4868]"; ak = $3 }
	$1 ~ /^auth/ && $2 ~ /^(xcbc|cmac)/ { a = "ANY 96 bit authentication [no checking]"; ak = "" }
	END { put() }' | sort -u
}

made=0
for capture in "$1"/*.pcap; do
	keys=${capture%.pcap}.keys
	rm -f "$keys/tshark.csv"
	cat "$keys"/?.xfrm*.txt 2> /dev/null | table > "$config/esp_sa"
	[ -s "$config/esp_sa" ] || continue
	tshark -r "$capture" -o esp.enable_encryption_decode:TRUE -o esp.enable_authentication_check:TRUE \
		-o udp.check_checksum:FALSE -Y esp -T fields -E header=y -E separator=, -E occurrence=a -E aggregator=';' \
		-e frame.number -e esp.spi -e esp.sequence -e esp.icv_good -e ip.src -e ip.dst \
		-e ipv6.src -e ipv6.dst -e icmp.type -e icmp.seq -e icmpv6.type -e icmpv6.echo.sequence_number \
		> "$config/out" 2> "$config/err" || { cat "$config/err" >&2; continue; }
	# A view without any packet opened tells nothing.
	grep -q -E ',(8|0|128|129),' "$config/out" || continue
	cp "$config/out" "$keys/tshark.csv"
	made=$((made + 1))
done
echo "tshark opened $made captures"
