#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Libreswan's key database, with the node's certificate where there is one.
# usage: nss.sh NODE
set -e
mkdir -p /run/lab/nss
certutil -N -d sql:/run/lab/nss --empty-password
if [ -e "/lab/in/$1/node.p12" ]; then
	pk12util -i "/lab/in/$1/node.p12" -d sql:/run/lab/nss -W ""
	certutil -A -d sql:/run/lab/nss -n ca -t CT,, -i "/lab/in/$1/x509ca/ca.pem"
fi
