/* SPDX-License-Identifier: BSD-2-Clause
 * pluto's logs. The excerpts are from Libreswan 4.10 with throw-away keys; what
 * they give is compared with what the kernel's own list (`ip xfrm monitor`) of the
 * same run had. */
#include "dissect/keys_log_testing.h"

#define SK_E "78d7bf83a70881e31281b164177471e6df1c5936c7ce064a05bc09f2164188a3:" \
	     "6631fd75a4b7aabc63c2ede7b62a09148bd671664b169b9658c75a6c5c983f40"
#define OUT "kernel: add_sa() level=0 outbound tunnel 192.0.2.1/32-ALL->192.0.2.1[00001001]==>" \
	    "192.0.2.2-ALL->192.0.2.2/32 "
#define HEX16 "|   00 01 02 03  04 05 06 07  08 09 0a 0b  0c 0d 0e 0f   ................\n"
#define HEX4 "|   10 11 12 13                                          ....\n"
#define ESP_1001 "esp,,,esp,0x00001001,192.0.2.1,192.0.2.2,tunnel,"

/* AES-CBC and SHA-256, IKE with SHA-512: SK_ai and SK_ar are cut */
static const char cbc[] =
	"Nov 21 04:49:43.572454: | ikev2 I 0x98782741e6147d11 0x6fc0cbdcdb7eda18 "
	"sha512:0xa071bcad8ad0d80aa83ba879e4ac16faa17a127ba02bdb962d50115f6b5bb15"
	"6 aes256:0x78d7bf83a70881e31281b164177471e6df1c5936c7ce064a05bc09f216418"
	"8a3\n"
	"Nov 21 04:49:43.572497: | ar: newref slot-key@0x552ad7bd50 (64-bytes, "
	"EXTRACT_KEY_FROM_KEY)\n"
	"Nov 21 04:49:43.572657: | ikev2 R 0x98782741e6147d11 0x6fc0cbdcdb7eda18 "
	"sha512:0x078d0eed5f2074cb7e8147240ee96dd54fe3a2c7ed73c279e82c23366e43826"
	"6 aes256:0x6631fd75a4b7aabc63c2ede7b62a09148bd671664b169b9658c75a6c5c983"
	"f40\n"
	"Nov 21 04:49:43.582146: | kernel: looking for alg with encrypt: AES_CBC "
	"keylen: 128 integ: HMAC_SHA2_256_128\n"
	"Nov 21 04:49:43.582326: | ESP enckey:\n"
	"Nov 21 04:49:43.582361: |   ea c3 40 4f  50 78 6b 21  72 be a0 47  7a "
	"97 13 9d   ..@OPxk!r..Gz...\n"
	"Nov 21 04:49:43.582396: | ESP authkey:\n"
	"Nov 21 04:49:43.582433: |   48 bf 03 ed  cc c2 11 0f  f8 62 0b 95  a7 "
	"04 65 7d   H........b....e}\n"
	"Nov 21 04:49:43.582469: |   1a dd 54 86  1d 2e b2 ac  67 c4 8b 81  6f "
	"20 c2 d9   ..T.....g...o ..\n"
	"Nov 21 04:49:43.582546: | kernel: add_sa() level=0 outbound tunnel "
	"192.0.2.1/32-ALL->192.0.2.1[7ac146cb]==>192.0.2.2-ALL->192.0.2.2/32 "
	"+esn replay_window=128 HMAC_SHA2_256_128:32 AES_CBC:16\n"
	"Nov 21 04:49:43.583557: | netlink response for Add SA "
	"esp.7ac146cb@192.0.2.2 included non-error error\n"
	"Nov 21 04:49:43.583793: | kernel: looking for alg with encrypt: AES_CBC "
	"keylen: 128 integ: HMAC_SHA2_256_128\n"
	"Nov 21 04:49:43.583986: | ESP enckey:\n"
	"Nov 21 04:49:43.584022: |   18 31 a6 0c  53 b8 35 86  4d 96 42 b4  8c "
	"4b d7 d5   .1..S.5.M.B..K..\n"
	"Nov 21 04:49:43.584056: | ESP authkey:\n"
	"Nov 21 04:49:43.584092: |   ec 21 26 e4  f3 ca 87 49  0e d6 de 1d  98 "
	"02 80 59   .!&....I.......Y\n"
	"Nov 21 04:49:43.584140: |   88 ad ac 03  e0 23 92 61  a3 76 73 20  0d "
	"b5 2b 7d   .....#.a.vs ..+}\n"
	"Nov 21 04:49:43.584216: | kernel: add_sa() level=0 inbound tunnel "
	"192.0.2.2/32-ALL->192.0.2.2[0d4b3606]==>192.0.2.1-ALL->192.0.2.1/32 "
	"+esn replay_window=128 HMAC_SHA2_256_128:32 AES_CBC:16\n"
	"Nov 21 04:49:43.584747: | netlink response for Add SA "
	"esp.d4b3606@192.0.2.1 included non-error error\n";

static const struct log_case cases[] = {
	{ "cbc", cbc,
	  "esp,,,esp,0x7ac146cb,192.0.2.1,192.0.2.2,tunnel,ENCR_AES_CBC,"
	  "eac3404f50786b2172bea0477a97139d,AUTH_HMAC_SHA2_256_128,"
	  "48bf03edccc2110ff8620b95a704657d1add54861d2eb2ac67c48b816f20c2d9,,yes,128,\n"
	  "esp,,,esp,0x0d4b3606,192.0.2.2,192.0.2.1,tunnel,ENCR_AES_CBC,"
	  "1831a60c53b835864d9642b48c4bd7d5,AUTH_HMAC_SHA2_256_128,"
	  "ec2126e4f3ca87490ed6de1d9802805988adac03e0239261a37673200db52b7d,,yes,128,\n"
	  "ike,98782741e6147d11,6fc0cbdcdb7eda18,,,,,,ENCR_AES_CBC," SK_E ",UNCHECKED_256,,,,,\n",
	  0, "log:1: pluto's line has 32 of the 64 octets of SK_ai and SK_ar: messages are opened "
	  "with their ICV (AUTH_HMAC_SHA2_512_256) unchecked" },
	{ "gcm: no salt in the IKE lines",
	  "Nov 21 04:49:42.839834: | ikev2 I 0x30d194356c1214c4 0x9430eafe470fd5e4 "
	  "none: aes_gcm_16256:0x6df7aab260469965ae1863352d33b5807d657fdd7a4a785fef"
	  "27f0379730eae6\n"
	  "Nov 21 04:49:42.840070: | ikev2 R 0x30d194356c1214c4 0x9430eafe470fd5e4 "
	  "none: aes_gcm_16256:0x8f24cd8c511e9428dc1f2a01ecdf6e4d90bd6a8e9b845a6980"
	  "067b2dc6b2b872\n"
	  "Nov 21 04:49:42.855188: | kernel: looking for alg with encrypt: "
	  "AES_GCM_16 keylen: 256 integ: NONE\n"
	  "Nov 21 04:49:42.855266: | kernel: AES_GCM_16 requires 4 salt bytes\n"
	  "Nov 21 04:49:42.855407: | ESP enckey:\n"
	  "Nov 21 04:49:42.855484: |   84 3e 62 fa  e2 57 31 fb  86 2f 67 d7  02 "
	  "71 ad 45   .>b..W1../g..q.E\n"
	  "Nov 21 04:49:42.855564: |   ba 08 e8 e2  0a 64 63 a9  d0 19 6e 01  2a "
	  "f9 08 62   .....dc...n.*..b\n"
	  "Nov 21 04:49:42.855611: |   8c bd 65 63                                 "
	  "         ..ec\n"
	  "Nov 21 04:49:42.855666: | ESP authkey:\n"
	  "Nov 21 04:49:42.855758: |                                               "
	  "         \n"
	  "Nov 21 04:49:42.857438: | kernel: add_sa() level=0 outbound transport "
	  "192.0.2.2/32-ALL->192.0.2.2[6357ef80]==>192.0.2.1-ALL->192.0.2.1/32 "
	  "+esn replay_window=128 NONE:0 AES_GCM_16:36\n",
	  "esp,,,esp,0x6357ef80,192.0.2.2,192.0.2.1,transport,ENCR_AES_GCM_16,"
	  "843e62fae25731fb862f67d70271ad45ba08e8e20a6463a9d0196e012af908628cbd6563,"
	  "NONE,,,yes,128,\n", 1,
	  "log:1: ENCR_AES_GCM_16: pluto's line has the key of 32 octets without its salt, "
	  "needs 36: nothing opens without the salt" },
	{ "chacha in UDP",
	  "Nov 21 04:51:52.375754: | kernel: looking for alg with encrypt: "
	  "CHACHA20_POLY1305 keylen: 256 integ: NONE\n"
	  "Nov 21 04:51:52.375866: | kernel: CHACHA20_POLY1305 requires 4 salt "
	  "bytes\n"
	  "Nov 21 04:51:52.376045: | ESP enckey:\n"
	  "Nov 21 04:51:52.376145: |   41 5e db d0  36 63 c1 5d  4a b6 2a da  c3 "
	  "b8 45 63   A^..6c.]J.*...Ec\n"
	  "Nov 21 04:51:52.376230: |   8b a5 2a bb  87 58 46 76  1e a2 8b 08  d6 "
	  "44 a2 4a   ..*..XFv.....D.J\n"
	  "Nov 21 04:51:52.376286: |   05 1f 0b 6a                                 "
	  "         ...j\n"
	  "Nov 21 04:51:52.376340: | ESP authkey:\n"
	  "Nov 21 04:51:52.376396: |                                               "
	  "         \n"
	  "Nov 21 04:51:52.376515: | kernel: add_sa() level=0 outbound tunnel "
	  "192.0.2.1/32-ALL->192.0.2.1[251afa83]=espinudp==>192.0.2.2-ALL->192.0.2."
	  "2/32 replay_window=128 NONE:0 CHACHA20_POLY1305:36\n",
	  "esp,,,esp,0x251afa83,192.0.2.1,192.0.2.2,tunnel,ENCR_CHACHA20_POLY1305,"
	  "415edbd03663c15d4ab62adac3b845638ba52abb875846761ea28b08d644a24a051f0b6a,"
	  "NONE,,,no,128,\n", 0, NULL },
	{ "IKEv1, AH",
	  "Nov 21 04:51:50.545647: | NSS: #1 pointers skeyid_d 0x552ad755a0,  "
	  "skeyid_a 0x552ad7c130,  skeyid_e 0x552ad5c750,  enc_key 0x552ad78d60\n"
	  "Nov 21 04:51:50.811923: | AH authkey:\n"
	  "Nov 21 04:51:50.811989: |   6a 15 2e b3  19 5a a3 cc  4c d7 d2 d4  d0 "
	  "10 31 e0   j....Z..L.....1.\n"
	  "Nov 21 04:51:50.812052: |   6a 32 f1 4e                                 "
	  "         j2.N\n"
	  "Nov 21 04:51:50.812129: | kernel: add_sa() level=0 outbound tunnel "
	  "192.0.2.1/32-ALL->192.0.2.1[a5b6ffb1]==>192.0.2.2-ALL->192.0.2.2/32 "
	  "replay_window=128 HMAC_SHA1_96:20\n",
	  "ah,,,ah,0xa5b6ffb1,192.0.2.1,192.0.2.2,tunnel,ENCR_NULL,,AUTH_HMAC_SHA1_96,"
	  "6a152eb3195aa3cc4cd7d2d4d01031e06a32f14e,,no,128,\n", 0,
	  "log:1: an IKEv1 SA: pluto does not log phase 1 keys" },
	{ "whole SK_a, no time",
	  "| ikev2 I 0x1e8a2b61f7b3c7aa 0xebb80870c1f636f2 "
	  "sha1:0xa7072ca3ced9af10d23aeb2cfa3f8e639eba9834 "
	  "aes256:0x88cc58f40cda3d50bde7418b81aed6a3b8493ae8217cb99668cbde1892d03e1"
	  "e\n"
	  "| ikev2 R 0x1e8a2b61f7b3c7aa 0xebb80870c1f636f2 "
	  "sha1:0x6c95d34bf82a48d9a898a61f48549dfd3c2b5833 "
	  "aes256:0x59b59f6f38bc75f0bce6d44101f9bb4f5e94b454ad56ba8abf3fc81bc956eb3"
	  "e\n",
	  "ike,1e8a2b61f7b3c7aa,ebb80870c1f636f2,,,,,,ENCR_AES_CBC,"
	  "88cc58f40cda3d50bde7418b81aed6a3b8493ae8217cb99668cbde1892d03e1e:"
	  "59b59f6f38bc75f0bce6d44101f9bb4f5e94b454ad56ba8abf3fc81bc956eb3e,AUTH_HMAC_SHA1_96,"
	  "a7072ca3ced9af10d23aeb2cfa3f8e639eba9834:6c95d34bf82a48d9a898a61f48549dfd3c2b5833,"
	  ",,,\n", 0, NULL },
	/* made: what the recordings do not have */
	{ "syslog; a version without add_sa(); SPI without zeros; lines of helpers",
	  "Dec 18 10:37:39 host pluto[5476]: | looking for alg with encrypt: AES_CBC keylen: 128 "
	  "integ: HMAC_SHA1_96\n"
	  "Dec 18 10:37:39 host pluto[5476]: | ESP enckey:\n"
	  "Dec 18 10:37:39 host pluto[5476]: " HEX16
	  "Dec 18 10:37:39 host pluto[5476]: | ESP authkey:\n"
	  "Dec 18 10:37:39 host pluto[5476]: | crypto helper 1 resuming\n"
	  "Dec 18 10:37:39 host pluto[5476]: " HEX16 "Dec 18 10:37:39 host pluto[5476]: " HEX4
	  "Dec 18 10:37:39 host pluto[5476]: | netlink response for Add SA esp.1001@2001:db8::2 "
	  "included non-error error\n",
	  "esp,,,esp,0x00001001,*,2001:db8::2,,ENCR_AES_CBC," K16 ",AUTH_HMAC_SHA1_96," K20
	  ",,,,\n", 0, NULL },
	{ "answer after add_sa() adds nothing",
	  "| ESP enckey:\n" HEX16 HEX4 "| ESP authkey:\n|  \n| " OUT "NONE:0 AES_GCM_16_128:20\n"
	  "| netlink response for Add SA esp.1001@192.0.2.2 included\n",
	  ESP_1001 "ENCR_AES_GCM_16," K20 ",NONE,,,no,,\n", 0, NULL },
	{ "no keys in the log", "| x /programs/pluto/y\n| " OUT "NONE:0 AES_GCM_16:20\n"
	  "| netlink response for Add SA esp.1001@192.0.2.2 included\n", "", 0, NULL },
	{ "a key of another size", "| ESP enckey:\n" HEX4 "| " OUT "HMAC_SHA1_96:20 AES_CBC:16\n",
	  "", 1, "log:3: ESP SPI 0x00001001: the key of ENCR_AES_CBC has 4 octets, needs 16" },
	{ "an unknown algorithm", "| ESP enckey:\n" HEX16 "| " OUT "NONE:0 SERPENT_CBC:16\n",
	  "", 1, "log:3: SPI 0x00001001: the log does not name an algorithm we know" },
	{ "keys of one SA are not another's", "| ESP enckey:\n" HEX16 HEX4 "| ESP authkey:\n| " OUT
	  "NONE:0 AES_GCM_16:20\n| " OUT "NONE:0 AES_GCM_16:20\n",
	  ESP_1001 "ENCR_AES_GCM_16," K20 ",NONE,,,no,,\n", 0, NULL },
	{ "one direction", "| ikev2 R 0x0102030405060708 0x1112131415161718 sha1:0x" K20
	  " aes128:0x" K16 "\n",
	  "ike,0102030405060708,1112131415161718,,,,,,ENCR_AES_CBC,:" K16 ",AUTH_HMAC_SHA1_96,:" K20
	  ",,,,\n", 0, "log:1: the keys of the responder's direction only" },
	{ "AEAD with its salt", "| ikev2 I 0x0102030405060708 0x1112131415161718 none: "
	  "aes_gcm_16128:0x" K20 "\n| ikev2 R 0x0102030405060708 0x1112131415161718 none: "
	  "aes_gcm_16128:0x" K20 "\n",
	  "ike,0102030405060708,1112131415161718,,,,,,ENCR_AES_GCM_16," K20 ":" K20 ",NONE,,,,,\n",
	  0, NULL },
	{ "a broken line", "| ikev2 I 0x01 0x02 sha1:0x" K20 " aes128:0x" K16 "\n", "", 1,
	  "log:1: needs: ikev2 I|R 0xSPIi 0xSPIr AUTH:KEY ENCR:KEY" },
	{ "an unknown cipher", "| ikev2 I 0x0102030405060708 0x1112131415161718 sha1:0x" K20
	  " twofish128:0x" K16 "\n", "", 1, "twofish128\\\" is not known" },
	{ "the PSK of IKEv1, with whose it is",
	  "| lsw_get_secret() using IDs for @moon->@sun of kind SECRET_PSK\n|   match=2\n| User PSK:\n"
	  HEX16 HEX4 "| ESP enckey:\n" HEX16 HEX4 "| ESP authkey:\n| x\n| " OUT "NONE:0 AES_GCM_16:20\n"
	  "| lsw_get_secret() using IDs for @moon->@sun of kind SECRET_RSA\n| User PSK:\n" HEX16,
	  ESP_1001 "ENCR_AES_GCM_16," K20 ",NONE,,,no,,,\npsk,,,,,,,,,,,,,,," K20 ",moon\npsk,,,,,,,,,,,,,,,"
	  K16 ",\n", 0, NULL },
	{ "no hex", "| ikev2 I 0x0102030405060708 0x1112131415161718 sha1:0x" K20
	  " aes128:0x0g\n", "", 1, "log:1: a key is wrong: not hex digits" },
};

START_TEST(log_case)
{
	log_case_check(&cases[_i]);
}
END_TEST

START_TEST(torture)
{
	log_case_torture(cbc);
	for (size_t i = 1; i < sizeof cases / sizeof *cases; i++)
		log_case_torture(cases[i].text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pluto logs");
	TCase *t = tcase_create("pluto");
	tcase_add_loop_test(t, log_case, 0, sizeof cases / sizeof *cases);
	tcase_add_test(t, torture);
	suite_add_tcase(s, t);
	return testing_run(s);
}
