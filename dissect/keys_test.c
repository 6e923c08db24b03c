/* SPDX-License-Identifier: BSD-2-Clause
 * Key files. Each row of `texts` is a file and what it gives: the same keys in
 * ikat's CSV, and a part of the note it makes. Then the files of the sample
 * captures (strongSwan, the kernel), folders, and round trips. */
#include "dissect/keys.h"
#include "ipsec/base/testing.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define K16 "000102030405060708090a0b0c0d0e0f"
#define K20 K16 "10111213"
#define K32 K16 "101112131415161718191a1b1c1d1e1f"
#define XFRM "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi 0x00001001(4097) reqid 1 mode tunnel\n"
#define HEADER "kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,integ,integ_key," \
	       "prf,esn,window,secret\n"
#define HEADER_ID "kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,integ,integ_key," \
		  "prf,esn,window,secret,id\n"
#define GCM_ROW "\"IPv4\",\"*\",\"192.0.2.2\",\"0x1001\",\"AES-GCM"
#define GCM_OUT "esp,,,esp,0x00001001,0.0.0.0/0,192.0.2.2,,ENCR_AES_GCM_"
#define IKE_SPIS "0102030405060708,1112131415161718"

static const struct {
	const char *name, *text;
	const char *csv;	/* the rows it gives, without the header; "" none */
	size_t unusable;
	const char *note;	/* part of the first note; NULL: no note */
} texts[] = {
	/* ip xfrm */
	{ "xfrm aead, default flags", XFRM "\treplay-window 0 seq 0x00000000 flag  (0x00000000)\n"
	  "\taead rfc4106(gcm(aes)) 0x" K20 " (160 bits) 128\n\tlifetime config:\n"
	  "\tstats:\n\t  replay-window 9 replay 0 failed 0\n",
	  "esp,,,esp,0x00001001,192.0.2.1,192.0.2.2,tunnel,ENCR_AES_GCM_16," K20 ",NONE,,,no,,\n",
	  0, NULL },
	{ "xfrm monitor prefixes, transport, trunc",
	  "[2026-11-21T02:48:51.5] Updated src 2001:db8::1 dst 2001:db8::2\n"
	  "\tproto esp spi 0x1001 reqid 1 mode transport\n\treplay-window 32 \n"
	  "\tauth-trunc hmac(sha256) 0x" K32 " 128\n\tenc cbc(aes) 0x" K16 "\n",
	  "esp,,,esp,0x00001001,2001:db8::1,2001:db8::2,transport,ENCR_AES_CBC," K16
	  ",AUTH_HMAC_SHA2_256_128," K32 ",,no,32,\n", 0, NULL },
	{ "xfrm auth without trunc is 96 bits of SHA-256",
	  XFRM "\tauth hmac(sha256) 0x" K32 "\n\tenc cbc(aes) 0x" K16 "\n",
	  "esp,,,esp,0x00001001,192.0.2.1,192.0.2.2,tunnel,ENCR_AES_CBC," K16
	  ",AUTH_HMAC_SHA2_256_96," K32 ",,no,,\n", 0, NULL },
	{ "xfrm esn with high half and its own window",
	  XFRM "\treplay-window 0 seq 0x00000000 flag af-unspec esn (0x10100000)\n"
	  "\taead rfc7539esp(chacha20,poly1305) 0x" K32 "20212223 (288 bits) 128\n"
	  "\tencap type espinudp sport 4500 dport 4500 addr 0.0.0.0\n"
	  "\tanti-replay esn context:\n\t seq-hi 0x2, seq 0x5, oseq-hi 0x0, oseq 0x0\n"
	  "\t replay_window 128, bitmap-length 4\n\t 00000000 00000000 00000000 0000001f \n",
	  "esp,,,esp,0x00001001,192.0.2.1,192.0.2.2,tunnel,ENCR_CHACHA20_POLY1305,"
	  K32 "20212223,NONE,,,yes:0x00000002,128,\n", 0, NULL },
	{ "xfrm ah, beet, deleted", "Deleted src 192.0.2.1 dst 192.0.2.2\n"
	  "\tproto ah spi 0x00000007 reqid 0 mode beet\n"
	  "\tauth-trunc hmac(md5) 0x" K16 " (128 bits) 96\n",
	  "ah,,,ah,0x00000007,192.0.2.1,192.0.2.2,beet,ENCR_NULL,,AUTH_HMAC_MD5_96," K16
	  ",,no,,\n", 0, NULL },
	{ "xfrm null encryption", XFRM "\tauth-trunc hmac(md5) 0x" K16 " 96\n\tenc ecb(cipher_null) \n",
	  "esp,,,esp,0x00001001,192.0.2.1,192.0.2.2,tunnel,ENCR_NULL,,AUTH_HMAC_MD5_96," K16
	  ",,no,,\n", 0, NULL },
	{ "xfrm policy, event, larval SA and IPComp are passed over", XFRM
	  "src 192.0.2.0/24 dst 192.0.3.0/24\n\tdir out priority 0 ptype main\n"
	  "\ttmpl src 192.0.2.1 dst 192.0.2.2\n\t\tproto esp reqid 1 mode tunnel\n"
	  "Async event  (0x10)  replay update \n\tsrc 192.0.2.1 dst 192.0.2.2  reqid 0x1\n"
	  "src 192.0.2.1 dst 192.0.2.2\n\tproto comp spi 0x00000002 reqid 1 mode tunnel\n"
	  "\tcomp deflate\n", "", 0, NULL },
	{ "xfrm keys hidden", XFRM "\taead rfc4106(gcm(aes)) <<Keys hidden>> 128\n", "", 1,
	  "made:3: ESP SPI 0x00001001: the keys are hidden" },
	{ "xfrm keys of zeros", XFRM "\taead rfc4106(gcm(aes)) 0x00000000000000000000000000000000"
	  "00000000 128\n", "", 1, "made:3: ESP SPI 0x00001001: the key of ENCR_AES_GCM_16 is all zeros" },
	{ "xfrm short key", XFRM "\taead rfc4106(gcm(aes)) 0x" K16 " 128\n", "", 1,
	  "made:3: ESP SPI 0x00001001: the key of ENCR_AES_GCM_16 has 16 octets with its salt, "
	  "needs 20 or 28 or 36" },
	{ "xfrm odd digits", XFRM "\taead rfc4106(gcm(aes)) 0x" K20 "1 128\n", "", 1,
	  "made:3: the key of rfc4106(gcm(aes)): an odd number of hex digits" },
	{ "xfrm unknown cipher", XFRM "\tenc cbc(serpent) 0x" K16 "\n", "", 1,
	  "made:3: ESP SPI 0x00001001: cbc(serpent) is not supported" },
	{ "xfrm odd truncation", XFRM "\tauth-trunc hmac(sha1) 0x" K20 " 80\n", "", 1,
	  "made:3: ESP SPI 0x00001001: hmac(sha1) with an ICV of 80 bits is not supported" },
	{ "xfrm bad SPI", "src 192.0.2.1 dst 192.0.2.2\n\tproto esp spi zap mode tunnel\n"
	  "\taead rfc4106(gcm(aes)) 0x" K20 " 128\n", "", 1, "made:2: the SPI \"zap\" is no number" },
	/* Wireshark, ESP */
	{ "esp_sa", "# a comment\n\"IPv4\",\"192.0.2.1\",\"192.0.2.2\",\"0x00001001\","
	  "\"AES-CBC [RFC3602]\",\"0x" K16 "\",\"HMAC-SHA-1-96 [RFC2404]\",\"0x" K20 "\"\n",
	  "esp,,,esp,0x00001001,192.0.2.1,192.0.2.2,,ENCR_AES_CBC," K16 ",AUTH_HMAC_SHA1_96," K20
	  ",,,,\n", 0, NULL },
	{ "esp_sa of strongSwan, GCM", GCM_ROW " [RFC4106]\",\"0x" K20
	  "\",\"ANY 128 bit authentication [no checking]\",\"0x\"\n",
	  GCM_OUT "16," K20 ",NONE,,,,,\n", 0, NULL },
	{ "esp_sa ANY 96 decides", GCM_ROW " [RFC4106]\",\"0x" K20
	  "\",\"ANY 96 bit authentication [no checking]\",\"\"\n", GCM_OUT "12," K20 ",NONE,,,,,\n",
	  0, NULL },
	{ "esp_sa ANY 64 decides", GCM_ROW " [RFC4106]\",\"0x" K20
	  "\",\"ANY 64 bit authentication [no checking]\",\"\"\n", GCM_OUT "8," K20 ",NONE,,,,,\n",
	  0, NULL },
	{ "esp_sa ANY 256 with GCM", GCM_ROW " [RFC4106]\",\"0x" K20
	  "\",\"ANY 256 bit authentication [no checking]\",\"\"\n", "", 1,
	  "made:1: ESP SPI 0x00001001: AES-GCM has no ICV of 256 bits" },
	{ "esp_sa GCM, NULL", GCM_ROW " [RFC4106]\",\"0x" K20 "\",\"NULL\",\"\"\n",
	  GCM_OUT "16," K20 ",NONE,,,,,\n", 0, "AES-GCM without the length of its ICV" },
	{ "esp_sa GCM of Wireshark 4", GCM_ROW " with 8 octet ICV [RFC4106]\",\"0x" K20
	  "\",\"NULL\",\"\"\n", GCM_OUT "8," K20 ",NONE,,,,,\n", 0, NULL },
	{ "esp_sa GCM with HMAC", GCM_ROW " [RFC4106]\",\"0x" K20
	  "\",\"HMAC-SHA-1-96 [RFC2404]\",\"0x" K20 "\"\n", "", 1, "brings its own ICV" },
	{ "esp_sa of six columns", GCM_ROW " with 16 octet ICV [RFC4106]\",\"0x" K20 "\"\n",
	  GCM_OUT "16," K20 ",NONE,,,,,\n", 0, NULL },
	{ "esp_sa of ten columns", GCM_ROW " with 16 octet ICV [RFC4106]\",\"0x" K20
	  "\",\"NULL\",\"\",\"64-bit\",\"0x3\"\n", GCM_OUT "16," K20 ",NONE,,,yes:0x00000003,,\n",
	  0, NULL },
	{ "esp_sa of eleven", GCM_ROW "\",\"0x" K20 "\",\"NULL\",\"\",\"64-bit\",\"3\",\"x\"\n", "", 1,
	  "made:1: 11 columns, esp_sa has 6 to 10" },
	{ "esp_sa patterns", "\"IPv6\",\"*\",\"2001:db8::/32\",\"0xca50****\",\"NULL\",\"\","
	  "\"HMAC-MD5-96 [RFC2403]\",\"0x" K16 "\"\n",
	  "esp,,,esp,0xca500000/0xffff0000,::/0,2001:db8::/32,,ENCR_NULL,,AUTH_HMAC_MD5_96," K16
	  ",,,,\n", 0, NULL },
	{ "esp_sa any SPI, key as text", "\"IPv4\",\"*\",\"192.0.2.*\",\"*\",\"AES-CBC [RFC3602]\","
	  "\"0123456789abcdef\",\"ANY 128 bit authentication [no checking]\",\"\"\n",
	  "esp,,,esp,,0.0.0.0/0,192.0.2.0/24,,ENCR_AES_CBC,30313233343536373839616263646566,"
	  "UNCHECKED_128,,,,,\n", 0, NULL },
	{ "esp_sa hex without 0x", "\"IPv4\",\"*\",\"*\",\"*\",\"TripleDES-CBC [RFC2451]\",\""
	  K16 "1011121314151617\",\"NULL\",\"\"\n",
	  "esp,,,esp,,0.0.0.0/0,0.0.0.0/0,,ENCR_3DES," K16 "1011121314151617,NONE,,,,,\n", 0, NULL },
	{ "esp_sa twofish", "\"IPv4\",\"*\",\"*\",\"0x1001\",\"TWOFISH-CBC\",\"0x" K16
	  "\",\"NULL\",\"\"\n", "", 1, "made:1: ESP SPI 0x00001001: \"TWOFISH-CBC\" is not supported" },
	{ "esp_sa ripemd", "\"IPv4\",\"*\",\"*\",\"0x1001\",\"NULL\",\"\",\"MAC-RIPEMD-160-96 [RFC2857]\","
	  "\"0x" K20 "\"\n", "", 1, "\"MAC-RIPEMD-160-96 [RFC2857]\" is not supported" },
	{ "esp_sa wrong family", "\"IPv4\",\"*\",\"2001:db8::1\",\"0x1001\",\"NULL\",\"\"\n", "", 1,
	  "made:1: source or destination is no IPv4 address" },
	{ "esp_sa bad SPI", "\"IPv4\",\"*\",\"*\",\"0x1001x\",\"NULL\",\"\"\n", "", 1,
	  "made:1: the SPI \\\"0x1001x\\\" is neither" },
	{ "esp_sa open quote", GCM_ROW "\",\"0x" K20 "\",\"NULL\",\"\"\n\"IPv4\",\"*\n",
	  GCM_OUT "16," K20 ",NONE,,,,,\n", 1, "AES-GCM without" },
	/* Wireshark, IKE */
	{ "ikev2 table", IKE_SPIS "," K16 "," K16 ",\"AES-CBC-128 [RFC3602]\"," K32 "," K32
	  ",\"HMAC_SHA2_256_128 [RFC4868]\"\n",
	  "ike," IKE_SPIS ",,,,,,ENCR_AES_CBC," K16 ":" K16 ",AUTH_HMAC_SHA2_256_128," K32 ":" K32
	  ",,,,\n", 0, NULL },
	{ "ikev2 table, SPIs not known", "0000000000000000,0000000000000000," K16 "," K16
	  ",\"AES-CBC-128 [RFC3602]\"," K32 "," K32 ",\"HMAC_SHA2_256_128 [RFC4868]\"\n",
	  "ike,,,,,,,,ENCR_AES_CBC," K16 ":" K16 ",AUTH_HMAC_SHA2_256_128," K32 ":"
	  K32 ",,,,\n", 0, NULL },
	{ "ikev2 GCM", IKE_SPIS "," K20 "," K20 ",\"AES-GCM-128 with 16 octet ICV [RFC5282]\",,,"
	  "\"NONE [RFC4306]\"\n", "ike," IKE_SPIS ",,,,,,ENCR_AES_GCM_16," K20 ":" K20 ",NONE,,,,,\n",
	  0, NULL },
	{ "ikev2 key size", IKE_SPIS "," K16 "," K16 ",\"AES-CBC-256 [RFC3602]\"," K32 "," K32
	  ",\"HMAC_SHA2_256_128 [RFC4868]\"\n", "", 1,
	  "made:1: SK_ei has 16 octets, AES-CBC-256 needs 32" },
	{ "ikev2 columns", IKE_SPIS "," K16 "," K16 ",\"AES-CBC-128 [RFC3602]\"," K32 "\n", "", 1,
	  "made:1: 6 columns, ikev2_decryption_table has 8" },
	{ "ikev2 unknown", IKE_SPIS "," K16 "," K16 ",\"AES-XTS\"," K32 "," K32
	  ",\"HMAC_SHA2_256_128 [RFC4868]\"\n", "", 1, "\"AES-XTS\\\" is not supported" },
	{ "ikev1 table", "0102030405060708," K16 "\n", "ikev1,0102030405060708,,,,,,,," K16 ",,,,,,\n",
	  0, NULL },
	/* tcpdump */
	{ "tcpdump", "0x1001@192.0.2.2 aes-128-cbc-hmac96:0x" K16 "\n4098@2001:db8::1\t3des-cbc:0x" K16
	  "1011121314151617\naes128:0123456789abcdef\n",
	  "esp,,,esp,0x00001001,*,192.0.2.2,,ENCR_AES_CBC," K16 ",UNCHECKED_96,,,,,\n"
	  "esp,,,esp,0x00001002,*,2001:db8::1,,ENCR_3DES," K16 "1011121314151617,NONE,,,,,\n"
	  "esp,,,esp,,*,*,,ENCR_AES_CBC,30313233343536373839616263646566,NONE,,,,,\n", 0, NULL },
	{ "tcpdump AEAD", "0x1001@192.0.2.2 aes-128-gcm:0x" K20 "\n",
	  "esp,,,esp,0x00001001,*,192.0.2.2,,ENCR_AES_GCM_16," K20 ",NONE,,,,,\n", 0, NULL },
	{ "tcpdump ikev2", "ikev2 R 0x0102030405060708 0x1112131415161718 sha1:0x" K20
	  " aes-128-cbc-hmac96:0x" K16 "\nikev2 I 0x0102030405060708 0x1112131415161718 sha1:0x" K20
	  " aes128:0x0f" K16 "\nikev2 I 0x0102030405060708 0x1112131415161718 sha1:0x" K20
	  " aes128:0x" K16 "\n",
	  "ike," IKE_SPIS ",,,,,,ENCR_AES_CBC," K16 ":" K16 ",AUTH_HMAC_SHA1_96," K20 ":" K20 ",,,,\n",
	  1, "made:2: the key of aes128 has 17 octets, needs 16" },
	{ "tcpdump one direction", "ikev2 I 0x0102030405060708 0x1112131415161718 md5:0x" K16
	  " aes128:0x" K16 "\n",
	  "ike," IKE_SPIS ",,,,,,ENCR_AES_CBC," K16 ":,AUTH_HMAC_MD5_96," K16 ":,,,,\n", 0,
	  "the keys of the initiator's direction only" },
	{ "tcpdump twice the same direction", "ikev2 I 0x0102030405060708 0x1112131415161718 md5:0x"
	  K16 " aes128:0x" K16 "\nikev2 I 0x0102030405060708 0x1112131415161718 md5:0x" K16
	  " aes128:0xff0102030405060708090a0b0c0d0e0f\n",
	  "ike," IKE_SPIS ",,,,,,ENCR_AES_CBC," K16 ":,AUTH_HMAC_MD5_96," K16 ":,,,,\n"
	  "ike," IKE_SPIS ",,,,,,ENCR_AES_CBC,ff0102030405060708090a0b0c0d0e0f:,AUTH_HMAC_MD5_96," K16
	  ":,,,,\n", 0, "the keys of the initiator's direction only" },
	{ "tcpdump wrong cipher", "0x1001@192.0.2.2 rot13:0x" K16 "\n", "", 1,
	  "made:1: the algorithm \\\"rot13\\\" is not known" },
	{ "tcpdump wrong address", "aes128:0x" K16 "\n0x1001@gateway aes128:0x" K16 "\n",
	  "esp,,,esp,,*,*,,ENCR_AES_CBC," K16 ",NONE,,,,,\n", 1,
	  "made:2: \\\"0x1001@gateway\\\" is not SPI@ADDRESS" },
	{ "tcpdump ikev2 fields", "ikev2 I 0x01 0x1112131415161718 sha1:0x00 aes128:0x00\n", "", 1,
	  "made:1: needs: ikev2 I|R 0xSPIi 0xSPIr AUTH:KEY ENCR:KEY" },
	/* ikat's CSV */
	{ "csv sa_d, skeyseed, dh", HEADER "skeyseed," IKE_SPIS ",,,,,,,,,,PRF_HMAC_SHA2_256,,," K32
	  "\nsk_d," IKE_SPIS ",,,,,,,,,,,,," K32 "\ndh,0102030405060708,,,,,,,,,,,,,,0x" K32 "\n",
	  "skeyseed," IKE_SPIS ",,,,,,,,,,PRF_HMAC_SHA2_256,,," K32 "\nsk_d," IKE_SPIS
	  ",,,,,,,,,,,,," K32 "\ndh,0102030405060708,,,,,,,,,,,,,," K32 "\n", 0, NULL },
	{ "csv ike, halves and SK_d", HEADER "ike," IKE_SPIS ",,,,,,ENCR_AES_CBC," K32
	  ",AUTH_HMAC_SHA1_96," K20 "|" K20 ",PRF_HMAC_SHA1,,," K20 "\n",
	  "ike," IKE_SPIS ",,,,,,ENCR_AES_CBC," K16 ":101112131415161718191a1b1c1d1e1f,"
	  "AUTH_HMAC_SHA1_96," K20 ":" K20 ",,,,\nsk_d," IKE_SPIS ",,,,,,,,,,PRF_HMAC_SHA1,,," K20 "\n", 0, NULL },
	{ "csv secrets of IKEv1, a PSK as text, a PPK with its ID", HEADER_ID
	  "skeyid," IKE_SPIS ",,,,,,,,,,PRF_HMAC_SHA1,,," K20 ",\nskeyid_d," IKE_SPIS ",,,,,,,,,,,,," K16
	  ",\nSKEYID_A," IKE_SPIS ",,,,,,,,,,,,," K16 ",\nskeyid_e," IKE_SPIS ",,,,,,,,,,,,," K16
	  ",\npsk,,,,,,,,,,,,,,,\"text:a, \"\"b\"\"\",\"C=CH, CN=\"\"moon\"\"\"\nppk,,,,,,,,,,,,,,,0x" K16 ",later\n",
	  "skeyid," IKE_SPIS ",,,,,,,,,,PRF_HMAC_SHA1,,," K20 ",\nskeyid_d," IKE_SPIS ",,,,,,,,,,,,," K16
	  ",\nskeyid_a," IKE_SPIS ",,,,,,,,,,,,," K16 ",\nskeyid_e," IKE_SPIS ",,,,,,,,,,,,," K16
	  ",\npsk,,,,,,,,,,,,,,,612c20226222,\"C=CH, CN=\\\"moon\\\"\"\nppk,,,,,,,,,,,,,,," K16 ",later\n", 0, NULL },
	{ "csv with the column, but no identity", HEADER_ID "dh,,,,,,,,,,,,,,," K16 ",\n",
	  "dh,,,,,,,,,,,,,,," K16 "\n", 0, NULL },
	{ "csv a PSK alone", HEADER "psk,,,,,,,,,,,,,,,text:x\n", "psk,,,,,,,,,,,,,,,78\n", 0,
	  "made:2: a pre-shared key alone opens nothing" },
	{ "csv an empty PSK", HEADER "psk,,,,,,,,,,,,,,,text:\n", "", 1, "made:2: PSK: no octets" },
	{ "csv a cut SKEYSEED", HEADER "skeyseed," IKE_SPIS ",,,,,,,,,,PRF_HMAC_SHA2_256,,," K20 "\n", "",
	  1, "made:2: secret: SKEYSEED has 20 octets, PRF_HMAC_SHA2_256 needs 32" },
	{ "csv another further column", "kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,integ,"
	  "integ_key,prf,esn,window,secret,owner\n", "", 1,
	  "made:1: 17 columns, needs 16, and may have a further one, \\\"id\\\"" },
	{ "csv two SKEYSEEDs of one IKE SA", HEADER "skeyseed," IKE_SPIS ",,,,,,,,,,,,," K20 "\nskeyseed,"
	  IKE_SPIS ",,,,,,,,,,,,," K16 "\n", "skeyseed," IKE_SPIS ",,,,,,,,,,,,," K20 "\nskeyseed,"
	  IKE_SPIS ",,,,,,,,,,,,," K16 "\n", 0, "made:3: SKEYSEED of IKE SA 0102030405060708:"
	  "1112131415161718 has other keys at made:2" },
	{ "csv header", "kind,spi_i,spi_x\n", "", 1,
	  "made:1: column 3 is \\\"spi_x\\\", needs \\\"spi_r\\\"" },
	{ "csv columns", HEADER "esp,,\n", "", 1, "made:2: 3 columns, needs 16" },
	{ "csv kind", HEADER "espp,,,,,,,,,,,,,,,\n", "", 1, "made:2: kind \\\"espp\\\", needs esp, ah" },
	{ "csv encr", HEADER "esp,,,esp,1,*,*,,ENCR_AES,,,,,,,\n", "", 1,
	  "made:2: encr \\\"ENCR_AES\\\" is not IANA's" },
	{ "csv unsupported", HEADER "esp,,,esp,1,*,*,,ENCR_IDEA," K16 ",,,,,,\n", "", 1,
	  "made:2: ESP SPI 0x00000001: ENCR_IDEA is not supported: " },
	{ "csv mode", HEADER "esp,,,esp,1,*,*,tunel,ENCR_NULL,,,,,,,\n", "", 1,
	  "needs tunnel, transport or beet" },
	{ "csv spi", HEADER "ike,01,1112131415161718,,,,,,ENCR_NULL,,,,,,,\n", "", 1,
	  "made:2: spi_i has 2 hex digits, needs 16" },
	{ "csv window", HEADER "esp,,,esp,1,*,*,,ENCR_NULL,,,,,,65537,\n", "", 1,
	  "made:2: window \\\"65537\\\", needs 0 to 65536" },
	{ "csv ah without integrity", HEADER "ah,,,ah,1,*,*,,,,,,,,,\n", "", 1,
	  "made:2: AH SPI 0x00000001: AH needs an integrity algorithm" },
	/* no keys */
	{ "a configuration", "connections {\n  net {\n    version = 2\n  }\n}\n", "", 0, NULL },
	{ "a log", "02:48:43.491 00[DMN] Starting IKE charon daemon\n", "", 0, NULL },
	{ "nothing", "", "", 0, NULL },
};

struct fixture {
	struct keystore s;
	struct keys_notes notes;
	struct text told, out;
	struct err e;
};

static void setup(struct fixture *f)
{
	*f = (struct fixture){ .told = { 0 } };
	keystore_init(&f->s);
	keys_notes_init(&f->notes);
}

static void teardown(struct fixture *f)
{
	text_done(&f->told);
	text_done(&f->out);
	keys_notes_done(&f->notes);
	keystore_done(&f->s);
}

static const struct keys_format *format(const char *name)
{
	for (size_t i = 0; i < keys_format_count; i++)
		if (strcmp(keys_formats[i].name, name) == 0)
			return &keys_formats[i];
	ck_abort_msg("no format %s", name);
}

/* What the store holds, as CSV rows. */
static const char *csv_of(struct fixture *f)
{
	f->out.n = 0;
	format("csv")->write(&f->s, &f->out, &f->notes);
	text_char(&f->out, '\0');
	return strchr(f->out.p, '\n') + 1;
}

static const char *told(struct fixture *f)
{
	f->told.n = 0;
	keys_notes_print(&f->notes, &f->told);
	text_char(&f->told, '\0');
	return f->told.p;
}

/* Notes are printed with quotes escaped. */
static bool holds(const char *text, const char *part)
{
	char plain[512];
	size_t n = 0;
	for (const char *p = part; *p && n < sizeof plain - 2; p++) {
		if (*p == '"' && (p == part || p[-1] != '\\'))
			plain[n++] = '\\';
		plain[n++] = *p;
	}
	plain[n] = '\0';
	return strstr(text, plain) != NULL;
}

START_TEST(text)
{
	struct fixture f;
	setup(&f);
	keys_load_text(&f.s, "made", span_text(texts[_i].text), &f.notes);
	bool ok = keys_finish(&f.s, &f.notes);
	const char *csv = csv_of(&f), *notes = told(&f);
	ck_assert_msg(strcmp(csv, texts[_i].csv) == 0, "%s: gave\n%snotes\n%s", texts[_i].name, csv,
		      notes);
	ck_assert_msg(f.notes.unusable == texts[_i].unusable, "%s: %s", texts[_i].name, notes);
	ck_assert_msg(texts[_i].note ? holds(notes, texts[_i].note) : !*notes, "%s: notes\n%s",
		      texts[_i].name, notes);
	/* unusable lines are an error only when there is nothing else */
	bool alone = texts[_i].unusable && !texts[_i].csv[0];
	ck_assert_msg(ok == !alone, "%s", texts[_i].name);
	if (texts[_i].unusable)
		ck_assert_msg((strncmp(notes, "error: ", 7) == 0) == alone, "%s: %s",
			      texts[_i].name, notes);
	teardown(&f);
}
END_TEST

/* What every format keeps of the rows above comes back as it was. */
START_TEST(round_trip)
{
	struct fixture f, g;
	struct text out = { 0 }, again = { 0 };
	const struct keys_format *to = &keys_formats[_i];
	for (size_t i = 0; to->write && i < sizeof texts / sizeof *texts; i++) {
		setup(&f);
		setup(&g);
		out.n = again.n = 0;
		keys_load_text(&f.s, "made", span_text(texts[i].text), &f.notes);
		to->write(&f.s, &out, &f.notes);
		keys_load_text(&g.s, "again", span_of(out.p, out.n), &g.notes);
		to->write(&g.s, &again, &g.notes);
		ck_assert_msg(g.notes.unusable == 0, "%s as %s: %s", texts[i].name, to->name, told(&g));
		ck_assert_msg(span_equal(span_of(out.p, out.n), span_of(again.p, again.n)),
			      "%s as %s:\n%.*s---\n%.*s", texts[i].name, to->name, (int)out.n, out.p,
			      (int)again.n, again.p);
		teardown(&f);
		teardown(&g);
	}
	text_done(&out);
	text_done(&again);
}
END_TEST

/* Any cut of any file is read without harm. */
START_TEST(cut)
{
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		for (size_t n = 0; n < strlen(texts[i].text); n += 3) {
			struct fixture f;
			setup(&f);
			keys_load_text(&f.s, "cut", span_of(texts[i].text, n), &f.notes);
			keys_finish(&f.s, &f.notes);
			teardown(&f);
		}
}
END_TEST

static const struct {
	const char *folder;
	size_t sas, ikes, notes;
} samples[] = {
	{ "tunnel-gcm", 2, 1, 0 },	 { "transport-cbc", 2, 1, 0 },
	{ "natt-chacha", 2, 1, 0 },	 { "ah-transport", 2, 1, 0 },
	{ "ipv6-tunnel", 2, 1, 0 },	 { "cert-fragmented", 2, 1, 0 },
	{ "rekey-pfs", 6, 4, 1 },	 { "fail-auth", 0, 1, 0 },
	{ "fail-proposal", 0, 0, 2 },	 { "replay-corrupt", 2, 0, 0 },
	{ "ikev1-main", 4, 1, 0 },
};

/* Both gateways' tables and logs, the kernel's state and its monitor say the same.
 * (Only the logs have natt-chacha's IKE SA; of the second one of rekey-pfs they
 * do not know the SPIs.) */
START_TEST(sample)
{
	struct fixture f;
	char path[200];
	setup(&f);
	snprintf(path, sizeof path, "captures/samples/%s.keys", samples[_i].folder);
	ck_assert_msg(keys_load(&f.s, path, &f.notes, &f.e), "%s", f.e.text);
	ck_assert(keys_finish(&f.s, &f.notes));
	ck_assert_msg(f.s.sa_count == samples[_i].sas && f.s.ike_count == samples[_i].ikes,
		      "%s: %zu and %zu", path, f.s.sa_count, f.s.ike_count);
	ck_assert_msg(f.notes.count == samples[_i].notes, "%s: %s", path, told(&f));
	if (strcmp(samples[_i].folder, "fail-proposal") == 0)	/* logs, where keys might be */
		ck_assert_msg(strstr(told(&f), "no keys in: a/charon.log (a charon log without keys), "
				     "b/charon.log ("), "%s", told(&f));
	for (const struct sa_key *k = f.s.sas; k; k = k->next)
		ck_assert(k->window == 32 || k->window == 0);
	if (strcmp(samples[_i].folder, "rekey-pfs") == 0)
		ck_assert_msg(strstr(told(&f), "a/ikev2_decryption_table:2: IKE SA 6b1f4ff9f73f0830:"
				     "d826a90da96ccbbe has other keys at "), "%s", told(&f));
	teardown(&f);
}
END_TEST

static void put_file(const char *path, const char *content)
{
	FILE *f = fopen(path, "w");
	ck_assert(f && fputs(content, f) >= 0 && fclose(f) == 0);
}

/* Folders in folders, a link back up, a capture, a file that is not there. */
START_TEST(folders)
{
	struct fixture f;
	char top[] = "/tmp/ikat-keys-XXXXXX", path[200], deep[800];
	setup(&f);
	ck_assert(mkdtemp(top));
	snprintf(path, sizeof path, "%s/one.keys", top);
	put_file(path, "aes128:0x" K16 "\n");
	snprintf(path, sizeof path, "%s/loop", top);
	ck_assert_int_eq(symlink(top, path), 0);
	snprintf(path, sizeof path, "%s/gone", top);
	ck_assert_int_eq(symlink("nowhere", path), 0);
	snprintf(deep, sizeof deep, "%s", top);
	for (int i = 0; i < 17; i++) {
		strcat(deep, "/d");
		ck_assert_int_eq(mkdir(deep, 0700), 0);
	}
	ck_assert_msg(keys_load(&f.s, top, &f.notes, &f.e), "%s", f.e.text);
	ck_assert_uint_eq(f.s.sa_count, 1);
	ck_assert_msg(strstr(told(&f), "folders more than 16 deep"), "%s", told(&f));
	ck_assert_msg(strstr(told(&f), "no keys in: gone (dangling link)\n"), "%s", told(&f));
	ck_assert_uint_eq(f.notes.count, 2);	/* the link back up was not followed */
	snprintf(path, sizeof path, "%s/none", top);
	ck_assert(!keys_load(&f.s, path, &f.notes, &f.e));
	ck_assert_msg(strstr(f.e.text, "/none: No such file"), "%s", f.e.text);
	snprintf(path, sizeof path, "rm -r %s", top);
	ck_assert_int_eq(system(path), 0);
	teardown(&f);
}
END_TEST

START_TEST(single_files)
{
	struct fixture f;
	setup(&f);
	ck_assert(keys_load(&f.s, "captures/samples/tunnel-gcm.pcap", &f.notes, &f.e));
	ck_assert_msg(strstr(told(&f), "warning: captures/samples/tunnel-gcm.pcap: no keys in it (binary)\n"), "%s",
		      told(&f));
	ck_assert(keys_finish(&f.s, &f.notes));	/* nothing unusable: no error */
	ck_assert_uint_eq(f.notes.barren, 1);
	f.notes.strict = true;
	ck_assert_msg(strstr(told(&f), "error: captures/"), "%s", told(&f));
	teardown(&f);
}
END_TEST

/* Beside a daemon's configuration lie certificates and private keys. */
START_TEST(credentials)
{
	static const char der[] = "\x30\x82\x04\xa3\x02\x01" "00";
	struct fixture f;
	char top[] = "/tmp/ikat-keys-XXXXXX", path[200];
	setup(&f);
	ck_assert(mkdtemp(top));
	snprintf(path, sizeof path, "%s/moon.der", top);
	put_file(path, der);
	snprintf(path, sizeof path, "%s/swanctl.conf", top);
	put_file(path, "secrets { ike-1 { secret = x } }\n");
	snprintf(path, sizeof path, "%s/moon.pem", top);
	put_file(path, "-----BEGIN PRIVATE KEY-----\nMC4CAQ==\n-----END PRIVATE KEY-----\n");
	ck_assert(keys_load(&f.s, top, &f.notes, &f.e));
	ck_assert_uint_eq(f.s.secret_count, 1);
	ck_assert_msg(f.notes.count == 0, "%s", told(&f));
	ck_assert(keys_load(&f.s, path, &f.notes, &f.e));	/* named by itself it is told */
	ck_assert_msg(strstr(told(&f), "moon.pem: no keys in it (a certificate or private key)\n"),
		      "%s", told(&f));
	snprintf(path, sizeof path, "rm -r %s", top);
	ck_assert_int_eq(system(path), 0);
	teardown(&f);
}
END_TEST

/* Two tables that contradict each other: a note for the SA; other keys and
 * unusable lines side by side: notes, no error. */
START_TEST(contradictions)
{
	struct fixture f;
	setup(&f);
	keys_load_text(&f.s, "a", span_text("0x1@192.0.2.1 aes128:0x" K16 "\n"), &f.notes);
	keys_load_text(&f.s, "b", span_text("0x1@192.0.2.1 aes128:0xff0102030405060708090a0b0c0d0e0f\n"
					    "0x2@192.0.2.1 aes128:0x00\n"), &f.notes);
	ck_assert(keys_finish(&f.s, &f.notes));
	ck_assert_uint_eq(f.s.sa_count, 2);
	ck_assert_msg(strstr(told(&f), "note: b:1: ESP SPI 0x00000001 has other keys at a:1; the ICV "
			     "decides"), "%s", told(&f));
	ck_assert_msg(strstr(told(&f), "note: b:2: "), "%s", told(&f));
	teardown(&f);
}
END_TEST

/* A flood of bad lines is told in bounded space. */
START_TEST(many_notes)
{
	struct fixture f;
	struct text t = { 0 };
	setup(&f);
	text_add(&t, "aes128:0x" K16 "\n");
	for (int i = 0; i < 1000; i++)
		text_add(&t, "0x1@nowhere aes128:0x" K16 "\n");
	keys_load_text(&f.s, "flood", span_of(t.p, t.n), &f.notes);
	ck_assert_uint_eq(f.notes.unusable, 1000);
	ck_assert_uint_eq(f.notes.count, KEYS_NOTES_MAX);
	ck_assert(strstr(told(&f), "note: and 900 more\n"));
	text_done(&t);
	teardown(&f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("keys");
	TCase *t = tcase_create("keys");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, text, 0, sizeof texts / sizeof *texts);
	tcase_add_loop_test(t, round_trip, 0, (int)keys_format_count);
	tcase_add_test(t, cut);
	tcase_add_loop_test(t, sample, 0, sizeof samples / sizeof *samples);
	tcase_add_test(t, folders);
	tcase_add_test(t, single_files);
	tcase_add_test(t, credentials);
	tcase_add_test(t, contradictions);
	tcase_add_test(t, many_notes);
	suite_add_tcase(s, t);
	return testing_run(s);
}
