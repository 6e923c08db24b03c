#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Certificates of one run: a CA, one for each side, in the folders that swanctl
# reads, and as PKCS#12 for Libreswan. usage: certificates.sh FOLDER KIND ID-A ID-B
set -eu
cd "$1"
kind=$2
umask 077
case $kind in
rsa) new='-newkey rsa:2048' ;;
ecdsa) new='-newkey ec -pkeyopt ec_paramgen_curve:P-256' ;;
ed25519) new='-newkey ed25519' ;;
*) echo "no certificates of kind $kind" >&2; exit 1 ;;
esac
# shellcheck disable=SC2086 # words
openssl req -x509 $new -nodes -days 3650 -subj "/O=ikat lab/CN=ikat lab CA" \
	-addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem
one() { # SIDE ID
	# shellcheck disable=SC2086 # words
	openssl req -x509 $new -nodes -days 3650 -CA ca.pem -CAkey ca.key -subj "/O=ikat lab/CN=$2" \
		-addext "subjectAltName=DNS:$2" -addext basicConstraints=critical,CA:FALSE \
		-addext keyUsage=digitalSignature -addext extendedKeyUsage=serverAuth,clientAuth \
		-keyout "$1/private/node.key" -out "$1/x509/node.pem"
	cp ca.pem "$1/x509ca/ca.pem"
	openssl pkcs12 -export -name "$1" -passout pass: -certfile ca.pem -in "$1/x509/node.pem" \
		-inkey "$1/private/node.key" -out "$1/node.p12"
}
one a "$3"
one b "$4"
rm -f ca.key
