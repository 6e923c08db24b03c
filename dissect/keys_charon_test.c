/* SPDX-License-Identifier: BSD-2-Clause
 * charon's logs. Those of the sample captures give the same keys as the kernel's
 * own list (`ip xfrm monitor`) and the tables of another plugin of strongSwan; the
 * made ones show what the samples do not have. */
#include "dissect/keys_log_testing.h"

#include <stdio.h>
#include <unistd.h>

#define SAMPLES "captures/samples/"

/* ---- samples ---- */

/* Rows: what each log has to give. */
static const struct {
	const char *name;
	size_t sas, ikes, unknown, secrets;	/* unknown: IKE rows without SPIs */
	const char *psk[2];			/* of the gateways' swanctl.conf; NULL: none in the log */
} samples[] = {
	{ "ah-transport", 2, 1, 0, 4, { "sample-psk-d-1", "sample-psk-d-1" } },
	{ "cert-fragmented", 2, 1, 0, 3, { NULL, NULL } },
	{ "fail-auth", 0, 1, 0, 4, { "sample-psk-h-right", "sample-psk-h-wrong" } },
	{ "fail-proposal", 0, 0, 0, 0, { NULL, NULL } },
	{ "ikev1-main", 4, 1, 0, 7, { NULL, NULL } },
	{ "ipv6-tunnel", 2, 1, 0, 4, { "sample-psk-e-1", "sample-psk-e-1" } },
	{ "natt-chacha", 2, 1, 0, 4, { "sample-psk-c-1", "sample-psk-c-1" } },
	{ "rekey-pfs", 6, 2, 1, 9, { "sample-psk-g-1", "sample-psk-g-1" } },
	{ "transport-cbc", 2, 1, 0, 4, { "sample-psk-b-1", "sample-psk-b-1" } },
	{ "tunnel-gcm", 2, 1, 0, 4, { "sample-psk-a-1", "sample-psk-a-1" } },
};
enum { SAMPLE_COUNT = sizeof samples / sizeof *samples };

static void sample_path(char path[200], int sample, int side, const char *format)
{
	char name[100];
	snprintf(name, sizeof name, SAMPLES "%s.keys/", samples[sample].name);
	snprintf(path, 200, "%s%c%s", name, "ab"[side], format);
}

static bool sa_in(const struct keystore *s, const struct sa_key *k)
{
	for (const struct sa_key *x = s->sas; x; x = x->next)
		if (x->protocol == k->protocol && x->spi == k->spi && x->encr == k->encr &&
		    x->integ == k->integ && addr_equal(&x->src.addr, &k->src.addr) &&
		    addr_equal(&x->dst.addr, &k->dst.addr) &&
		    span_equal(x->encr_key, k->encr_key) && span_equal(x->integ_key, k->integ_key) &&
		    (x->esn == ESN_YES) == (k->esn == ESN_YES))
			return true;
	return false;
}

/* With its SPIs, or without where the log cannot know them. */
static bool ike_in(const struct keystore *s, const struct ike_key *k)
{
	for (const struct ike_key *x = s->ikes; x; x = x->next) {
		bool zero = span_is_zero(span_of(x->spi_i, 8));
		bool same = memcmp(x->spi_i, k->spi_i, 8) == 0 &&
			    (k->version == 1 || memcmp(x->spi_r, k->spi_r, 8) == 0);
		if (x->version == k->version && (zero || same) && x->encr == k->encr &&
		    x->integ == k->integ && span_equal(x->sk_ei, k->sk_ei) &&
		    span_equal(x->sk_er, k->sk_er) && span_equal(x->sk_ai, k->sk_ai) &&
		    span_equal(x->sk_ar, k->sk_ar))
			return true;
	}
	return false;
}

static void compare(const char *path, const struct keystore *got, const struct keystore *want)
{
	for (const struct sa_key *k = want->sas; k; k = k->next)
		ck_assert_msg(sa_in(got, k), "%s: SPI %08x", path, k->spi);
	for (const struct ike_key *k = want->ikes; k; k = k->next)
		ck_assert_msg(ike_in(got, k), "%s: IKE SA of %s:%zu", path, k->origin.file,
			      k->origin.line);
}

/* The PSK of the gateway's configuration, and whose AUTH it made. */
static void check_psk(const struct keystore *s, const char *psk)
{
	size_t found = 0;
	for (const struct ike_secret *k = s->secrets; k; k = k->next) {
		if (k->kind != SECRET_PSK)
			continue;
		found++;
		ck_assert(psk && span_equal(k->secret, span_text(psk)));
		ck_assert(span_equal(k->id, span_text("alice.example")));
	}
	ck_assert_uint_eq(found, psk != NULL);
}

START_TEST(sample)
{
	static const char *const others[] = {
		".xfrm-monitor.txt", "/ikev2_decryption_table", "/ikev1_decryption_table",
	};
	int i = _i / 2, side = _i % 2;
	char path[200], other[200];
	struct log_read log, table;
	sample_path(path, i, side, "/charon.log");
	log_read_path(&log, path);
	for (size_t k = 0; k < sizeof others / sizeof *others; k++) {
		sample_path(other, i, side, others[k]);
		if (access(other, R_OK) != 0)
			continue;
		log_read_path(&table, other);
		compare(path, &log.s, &table.s);
		if (k == 0)
			ck_assert_uint_eq(table.s.sa_count, samples[i].sas);
		log_read_done(&table);
	}
	size_t unknown = 0;
	for (const struct ike_key *k = log.s.ikes; k; k = k->next)
		unknown += span_is_zero(span_of(k->spi_i, 8));
	ck_assert_msg(log.s.sa_count == samples[i].sas && log.s.ike_count == samples[i].ikes &&
		      unknown == samples[i].unknown && log.s.secret_count == samples[i].secrets,
		      "%s: %zu SAs, %zu IKE SAs (%zu without SPIs), %zu secrets", path,
		      log.s.sa_count, log.s.ike_count, unknown, log.s.secret_count);
	ck_assert_uint_eq(log.notes.unusable, 0);
	check_psk(&log.s, samples[i].psk[side]);
	if (samples[i].ikes)
		ck_assert_msg(!log.told.p[0], "%s: %s", path, log.told.p);
	log_read_done(&log);
}
END_TEST

/* Both ends saw the same: read together they give each key once. */
START_TEST(both_sides)
{
	char a[200], b[200];
	struct log_read r = { .csv = { 0 } };
	struct err e = { 0 };
	sample_path(a, _i, 0, "/charon.log");
	sample_path(b, _i, 1, "/charon.log");
	keystore_init(&r.s);
	keys_notes_init(&r.notes);
	ck_assert(keys_load(&r.s, a, &r.notes, &e) && keys_load(&r.s, b, &r.notes, &e));
	log_read_finish(&r);
	const char *const *psk = samples[_i].psk;
	size_t secrets = samples[_i].secrets + (psk[0] && strcmp(psk[0], psk[1]) != 0);
	ck_assert_msg(r.s.sa_count == samples[_i].sas && r.s.ike_count == samples[_i].ikes &&
		      r.s.secret_count == secrets, "%s: %s", samples[_i].name, r.csv.p);
	if (samples[_i].ikes)
		ck_assert_msg(!r.told.p[0], "%s", r.told.p);
	log_read_done(&r);
}
END_TEST

/* ---- made ---- */

#define DUMP(who, name, octets, lines) who name " => " octets " bytes @ 0x5580\n" lines
#define HEX(who) who "   0: 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F  ................\n"
#define HEX4(who) who "  16: 10 11 12 13                                      ....\n"
#define ALONE "a pre-shared key alone opens nothing"
#define HEX32(who) HEX(who) who "  16: 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F  ................\n"
#define SECRET16(who) DUMP(who, "secret", "16", HEX(who))
#define MYSELF(who, how) who "authentication of 'moon' (myself) with " how "\n"
#define PARSED_I(who) who "parsed IKE_AUTH request 1 [ IDi IDr AUTH SA TSi TSr ]\n"
#define PARSED_R(who) who "parsed IKE_AUTH response 1 [ IDr AUTH SA TSi TSr ]\n"
#define SIGNED(who) who "octets = message + nonce + prf(Sk_px, IDx') + IntAuth => 336 bytes @ 0x1\n" \
		    who "   0: " SPI_I " " ZERO8 "  ....\n"
#define PAIR "a0a1a2a3a4a5a6a7,b0b1b2b3b4b5b6b7"
#define PRF256 ",,,,,,,,,,PRF_HMAC_SHA2_256,,,"
#define NATD(who, i, r) who "natd_chunk => 22 bytes @ 0x1\n" who "   0: " i " " r "  ....\n" \
			who "  16: C0 00 02 01 01 F4                                ......\n"
#define SPI_I "A0 A1 A2 A3 A4 A5 A6 A7"
#define SPI_R "B0 B1 B2 B3 B4 B5 B6 B7"
#define SPI_I2 "C0 C1 C2 C3 C4 C5 C6 C7"
#define SPI_R2 "D0 D1 D2 D3 D4 D5 D6 D7"
#define ZERO8 "00 00 00 00 00 00 00 00"
#define GOT(who) who "received packet: from 192.0.2.2[500] to 192.0.2.1[500] (280 bytes)\n"
#define SENT(who) who "sending packet: from 192.0.2.1[500] to 192.0.2.2[500] (80 bytes)\n"
#define IKE_PROPOSAL(who) who "selected proposal: IKE:AES_GCM_16_128/PRF_HMAC_SHA2_256/ECP_256\n"
#define SK_E(who) DUMP(who, "Sk_ei secret", "20", HEX(who) HEX4(who)) \
		  DUMP(who, "Sk_er secret", "20", HEX(who) HEX4(who))
#define IKE_ROW(i, r) "ike," i "," r ",,,,,,ENCR_AES_GCM_16," K20 ":" K20 ",NONE,,,,,\n"

#define T1 "09:00:00 01[IKE] "
#define T2 "09:00:00 02[IKE] "
#define CH "09:00:00 03[CHD] "
#define EN "09:00:00 03[ENC] "
#define CF "09:00:00 03[CFG] "
#define KN "09:00:00 03[KNL] "
#define CHILD_KEYS DUMP(CH, "encryption initiator key", "16", HEX(CH)) \
	DUMP(CH, "encryption responder key", "16", \
	     CH "   0: FF 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F  ................\n") \
	DUMP(CH, "integrity initiator key", "20", HEX(CH) HEX4(CH)) \
	DUMP(CH, "integrity responder key", "20", HEX(CH) HEX4(CH))
#define CHILD_PROPOSAL CF "selected proposal: ESP:AES_CBC_128/HMAC_SHA1_96/EXT_SEQ\n"
#define KEY_R "ff0102030405060708090a0b0c0d0e0f"
#define IN_LINES CH "adding inbound ESP SA\n" CH "  SPI 0x00001001, src 192.0.2.2 dst 192.0.2.1\n"
#define OUT_LINES CH "adding outbound ESP SA\n" CH "  SPI 0x00001002, src 192.0.2.1 dst 192.0.2.2\n"
#define IN_ROW(key, window) "esp,,,esp,0x00001001,192.0.2.2,192.0.2.1,,ENCR_AES_CBC," key \
			    ",AUTH_HMAC_SHA1_96," K20 ",,yes," window ",\n"
#define OUT_ROW(key) "esp,,,esp,0x00001002,192.0.2.1,192.0.2.2,,ENCR_AES_CBC," key \
		     ",AUTH_HMAC_SHA1_96," K20 ",,yes,,\n"

static const struct log_case cases[] = {
	/* which SPIs */
	{ "initiator: all in one job",
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I, SPI_R) SK_E(T1) SENT(T1),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
	{ "responder: keys in a later job of another thread, tied by the signed octets",
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I, ZERO8) NATD(T1, SPI_I, SPI_R) SENT(T1)
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I2, SPI_R2) SENT(T1)
	  GOT(T2) SK_E(T2) T2 "octets = message + nonce + prf(Sk_px, IDx') => 336 bytes @ 0x1\n"
	  T2 "   0: " SPI_I " " ZERO8 "  ....\n" SENT(T2),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
	{ "responder: tied by the only pair of these hosts, whatever the ports",
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I, SPI_R) SENT(T1)
	  T2 "received packet: from 192.0.2.2[4500] to 192.0.2.1[4500] (80 bytes)\n" SK_E(T2),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
	{ "two pairs of these hosts: not known",
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I, SPI_R) SENT(T1)
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I2, SPI_R2) SENT(T1) GOT(T2) SK_E(T2),
	  IKE_ROW("", ""), 0, NULL },
	{ "a rekeyed IKE SA has no SPIs",
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I, SPI_R) SENT(T1) GOT(T1)
	  T1 "parsed CREATE_CHILD_SA response 4 [ SA No KE ]\n" IKE_PROPOSAL(T1) SK_E(T1),
	  IKE_ROW("", ""), 0, NULL },
	{ "lines of two threads among each other",
	  GOT(T1) GOT(T2) IKE_PROPOSAL(T1) NATD(T2, SPI_I2, SPI_R2) NATD(T1, SPI_I, SPI_R)
	  T1 "Sk_ei secret => 20 bytes @ 0x1\n" T2 "Sk_ai secret => 20 bytes @ 0x1\n"
	  HEX(T1) T2 "   0: 00 00\n" HEX4(T1) DUMP(T1, "Sk_er secret", "20", HEX(T1) HEX4(T1)),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 1,
	  "the dump ends after 2 of 20 octets" },
	{ "secrets; a proposal whose PRF gives another size is of something else",
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I, SPI_R)
	  DUMP(T1, "shared Diffie Hellman secret", "16", HEX(T1)) DUMP(T1, "SKEYSEED", "32", HEX32(T1))
	  DUMP(T1, "Sk_d secret", "20", HEX(T1) HEX4(T1)),
	  "dh," PAIR ",,,,,,,,,,PRF_HMAC_SHA2_256,,," K16 "\n"
	  "skeyseed," PAIR ",,,,,,,,,,PRF_HMAC_SHA2_256,,," K32 "\n"
	  "sk_d," PAIR ",,,,,,,,,,,,," K20 "\n", 0, NULL },
	/* PSKs */
	{ "a PSK that AUTH was made with; the same one verifies the peer",
	  GOT(T1) MYSELF(T1, "pre-shared key") SECRET16(T1) SENT(T1) GOT(T1) PARSED_R(T1) SECRET16(T1)
	  T1 "authentication of 'sun' with pre-shared key successful\n",
	  "psk,,,,,,,,,,,,,,," K16 ",moon\n", 0, ALONE },
	{ "a PSK that verified the peer", GOT(T1) PARSED_I(T1) SECRET16(T1)
	  T1 "authentication of 'it's a moon' with pre-shared key successful\n",
	  "psk,,,,,,,,,,,,,,," K16 ",\"it's a moon\"\n", 0, ALONE },
	{ "a PSK that did not", GOT(T1) PARSED_I(T1) SECRET16(T1)
	  T1 "tried 1 shared key for 'sun' - 'moon', but MAC mismatched\n",
	  "psk,,,,,,,,,,,,,,," K16 ",moon\n", 0, ALONE },
	{ "whose PSK it is is not told", GOT(T1) PARSED_I(T1) SECRET16(T1),
	  "psk,,,,,,,,,,,,,,," K16 "\n", 0, ALONE },
	{ "EAP's MSK is no PSK, neither our own", GOT(T1) MYSELF(T1, "EAP") SECRET16(T1), "", 0, NULL },
	{ "nor the peer's", GOT(T1) T1 "parsed IKE_AUTH request 5 [ AUTH ]\n" SECRET16(T1)
	  T1 "authentication of 'moon' with EAP successful\n", "", 0, NULL },
	{ "a certificate after the peer's PSK", GOT(T1) PARSED_I(T1) SECRET16(T1)
	  T1 "authentication of 'moon' with pre-shared key successful\n"
	  T1 "authentication of 'sun' (myself) with RSA_EMSA_PKCS1_SHA2_256 successful\n",
	  "psk,,,,,,,,,,,,,,," K16 ",moon\n", 0, ALONE },
	{ "a PPK, its ID, and the SK_d that comes of it",
	  GOT(T1) IKE_PROPOSAL(T1) NATD(T1, SPI_I, SPI_R) DUMP(T1, "Sk_d secret", "32", HEX32(T1))
	  DUMP(T1, "PPK", "20", HEX(T1) HEX4(T1)) SENT(T1) GOT(T2) SIGNED(T2)
	  DUMP(T2, "PPK", "20", HEX(T2) HEX4(T2)) DUMP(T2, "derive keys using PPK", "20", HEX(T2) HEX4(T2))
	  T2 "Sk_d secret => 32 bytes @ 0x1\n" HEX(T2)
	  T2 "  16: FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF FF  ................\n"
	  T2 "using PPK for PPK_ID 'later'\n",
	  "sk_d," PAIR ",,,,,,,,,,PRF_HMAC_SHA2_256,,," K16 "ffffffffffffffffffffffffffffffff,\n"
	  "ppk,,,,,,,,,,,,,,," K20 ",later\n", 0, NULL },
	{ "IKEv1", GOT(T1) IKE_PROPOSAL(T1) DUMP(T1, "shared Diffie Hellman secret", "16", HEX(T1))
	  DUMP(T1, "SKEYID", "32", HEX32(T1)) DUMP(T1, "SKEYID_d", "32", HEX32(T1))
	  DUMP(T1, "SKEYID_a", "32", HEX32(T1)) DUMP(T1, "SKEYID_e", "32", HEX32(T1))
	  DUMP(T1, "encryption key Ka", "16", HEX(T1)) NATD(T1, SPI_I, SPI_R) SENT(T1) GOT(T1)
	  T1 "parsed QUICK_MODE response 1 [ HASH SA No KE ID ID ]\n" DUMP(T1, "DH secret", "16", HEX(T1)),
	  "ikev1," PAIR ",,,,,,," K16 ",,,,,,\ndh," PAIR PRF256 K16 "\nskeyid," PAIR PRF256 K32
	  "\nskeyid_d," PAIR PRF256 K32 "\nskeyid_a," PAIR PRF256 K32 "\nskeyid_e," PAIR PRF256 K32
	  "\ndh,,,,,,,,,,,,,,," K16 "\n", 0, NULL },
	{ "IKEv1 without cookie", GOT(T1) DUMP(T1, "encryption key Ka", "16", HEX(T1))
	  DUMP(T1, "SKEYID_d", "16", HEX(T1)), "skeyid_d,,,,,,,,,,,,,,," K16 "\n", 0,
	  "log:2: the phase 1 key of an IKEv1 SA passed over: its cookie is not in the log" },
	{ "IKEv1 without the key itself", GOT(T1) NATD(T1, SPI_I, SPI_R)
	  DUMP(T1, "SKEYID_e", "16", HEX(T1)), "skeyid_e," PAIR ",,,,,,,,,,,,," K16 "\n", 0, NULL },
	{ "no proposal", GOT(T1) NATD(T1, SPI_I, SPI_R) SK_E(T1), "", 1,
	  "log:5: keys of an IKE SA, but the log has no \\\"selected proposal\\\"" },
	/* CHILD SAs */
	{ "initiator", EN "parsed IKE_AUTH response 1 [ ]\n" CHILD_PROPOSAL CHILD_KEYS IN_LINES
	  KN "  using replay window of 32 packets\n" OUT_LINES KN "  using replay window of 0 packets\n",
	  IN_ROW(KEY_R, "32") OUT_ROW(K16), 0, NULL },
	{ "responder", EN "parsed IKE_AUTH request 1 [ ]\n" CHILD_PROPOSAL CHILD_KEYS IN_LINES
	  CH "registering outbound ESP SA\n" CH "  SPI 0x00001002, src 192.0.2.1 dst 192.0.2.2\n",
	  IN_ROW(K16, "") OUT_ROW(KEY_R), 0, NULL },
	{ "whose side it is is not said: both keys", CHILD_PROPOSAL CHILD_KEYS IN_LINES,
	  IN_ROW(K16, "") IN_ROW(KEY_R, ""), 0, "ESP SPI 0x00001001 has other keys at log:13; the ICV decides" },
	{ "no proposal, but what is used; the kernel truncates to 96 bits",
	  EN "parsed IKE_AUTH response 1 [ ]\n" CH "  using AES_CTR for encryption\n"
	  CH "  using HMAC_SHA2_256_128 for integrity\n"
	  DUMP(CH, "encryption responder key", "20", HEX(CH) HEX4(CH))
	  DUMP(CH, "integrity responder key", "32", HEX(CH)
	       CH "  16: 10 11 12 13 14 15 16 17 18 19 1A 1B 1C 1D 1E 1F  ................\n")
	  IN_LINES KN "  using integrity algorithm HMAC_SHA2_256_96 with key size 256\n",
	  "esp,,,esp,0x00001001,192.0.2.2,192.0.2.1,,ENCR_AES_CTR," K20
	  ",AUTH_HMAC_SHA2_256_96," K32 ",,,,\n", 0, NULL },
	{ "AH over IPv6", EN "parsed CREATE_CHILD_SA request 1 [ ]\n"
	  CF "selected proposal: AH:HMAC_SHA1_96/NO_EXT_SEQ\n"
	  DUMP(CH, "integrity initiator key", "20", HEX(CH) HEX4(CH))
	  CH "adding inbound AH SA\n" CH "  SPI 0x00001001, src 2001:db8::2 dst 2001:db8::1\n",
	  "ah,,,ah,0x00001001,2001:db8::2,2001:db8::1,,ENCR_NULL,,AUTH_HMAC_SHA1_96," K20 ",,no,,\n",
	  0, NULL },
	{ "two CHILD SAs of one job", EN "parsed IKE_AUTH request 1 [ ]\n" CHILD_PROPOSAL CHILD_KEYS
	  IN_LINES CHILD_KEYS OUT_LINES, IN_ROW(K16, "") OUT_ROW(KEY_R), 0, NULL },
	{ "a DH secret of a CHILD SA", EN "parsed CREATE_CHILD_SA request 1 [ ]\n"
	  DUMP(CH, "DH secret", "16", HEX(CH)),
	  "dh,,,,,,,,,,,,,,," K16 "\n", 0, NULL },
	{ "keys not logged", CHILD_PROPOSAL IN_LINES OUT_LINES, "", 0, NULL },
	{ "no algorithm", EN "parsed IKE_AUTH response 1 [ ]\n" CHILD_KEYS IN_LINES, "", 1,
	  "SPI 0x00001001: the log does not name an algorithm we know" },
	{ "a key of another size", EN "parsed IKE_AUTH response 1 [ ]\n"
	  CF "selected proposal: ESP:CHACHA20_POLY1305/NO_EXT_SEQ\n" CHILD_KEYS IN_LINES, "", 1,
	  "ESP SPI 0x00001001: the key of ENCR_CHACHA20_POLY1305 has 16 octets with its salt, "
	  "needs 36" },
	{ "an SPI line that is none", EN "parsed IKE_AUTH response 1 [ ]\n" CHILD_PROPOSAL CHILD_KEYS
	  CH "adding inbound ESP SA\n" CH "  SPI 0x1001, src there dst here\n", "", 1,
	  "needs: SPI 0x..., src ADDRESS dst ADDRESS" },
	{ "a dump too long", T1 "Sk_ei secret => 70000 bytes @ 0x1\n", "", 1,
	  "log:1: a dump of 70000 octets, needs at most 1100" },
	/* what stands before a line */
#define SYSLOG "Nov 21 02:48:44 gate charon[712]: 05[IKE] "
	{ "syslog", GOT(SYSLOG) IKE_PROPOSAL(SYSLOG) NATD(SYSLOG, SPI_I, SPI_R) SK_E(SYSLOG),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
#define NAMED "2026-11-21T02:48:44.123+01:00 105[IKE4] <net|1> "
	{ "ISO time, level, name of the IKE SA", GOT(NAMED) IKE_PROPOSAL(NAMED)
	  NATD(NAMED, SPI_I, SPI_R) SK_E(NAMED),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
#define BARE "05[IKE] "
	{ "nothing, lines end in CR LF", GOT(BARE) "05[CFG] selected proposal: "
	  "IKE:AES_GCM_16_128/PRF_HMAC_SHA2_256/ECP_256\r\n" NATD(BARE, SPI_I, SPI_R) SK_E(BARE),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
#define UNIT "Nov 21 02:48:44 gate charon-systemd[712]: "
#define PAD "                                          "
	{ "charon-systemd: no threads, dumps of several lines in one entry",
	  GOT(UNIT) IKE_PROPOSAL(UNIT) UNIT "natd_chunk => 22 bytes @ 0x1\n"
	  PAD "   0: " SPI_I " " SPI_R "  ....\n" PAD "  16: C0 00 02 01 01 F4      ......\n"
	  UNIT "Sk_ei secret => 20 bytes @ 0x1\n" HEX(PAD) HEX4(PAD)
	  UNIT "Sk_er secret => 20 bytes @ 0x1\n" HEX(PAD) HEX4(PAD),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
	{ "other programs' lines first",
	  "Nov 21 02:48:44 gate kernel: [12] eth0 up\nNov 21 02:48:44 gate sshd[1]: key\n"
	  GOT(SYSLOG) IKE_PROPOSAL(SYSLOG) NATD(SYSLOG, SPI_I, SPI_R) SK_E(SYSLOG),
	  IKE_ROW("a0a1a2a3a4a5a6a7", "b0b1b2b3b4b5b6b7"), 0, NULL },
};

START_TEST(log_case)
{
	log_case_check(&cases[_i]);
}
END_TEST

START_TEST(torture)
{
	log_case_torture(cases[_i].text);
}
END_TEST

/* More threads and IKE SAs than are followed at a time. */
START_TEST(many_threads)
{
	struct text t = { 0 };
	struct log_read r;
	for (unsigned i = 0; i < 1000; i++)
		text_printf(&t, "%02u[IKE] natd_chunk => 22 bytes @ 0x1\n"
			    "%02u[IKE]    0: 01 02 03 04 05 06 %02X %02X 01 02 03 04 05 06 07 08  ..\n"
			    "%02u[IKE] selected proposal: IKE:AES_GCM_16_128/PRF_HMAC_SHA1\n"
			    "%02u[IKE] Sk_ei secret => 20 bytes @ 0x1\n"
			    "%02u[IKE]    0: 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D %02X %02X  .\n"
			    "%02u[IKE]   16: 10 11 12 13     ....\n", i + 10, i + 10, i >> 8, i & 255,
			    i + 10, i + 10, i + 10, i >> 8, i & 255, i + 10);
	log_read_text(&r, span_of(t.p, t.n));
	ck_assert_uint_eq(r.s.ike_count, 1000);
	for (const struct ike_key *k = r.s.ikes; k; k = k->next)
		ck_assert(memcmp(k->spi_i + 6, k->sk_ei.p + 14, 2) == 0);
	log_read_done(&r);
	text_done(&t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("charon logs");
	TCase *t = tcase_create("charon");
	tcase_add_loop_test(t, sample, 0, 2 * SAMPLE_COUNT);
	tcase_add_loop_test(t, both_sides, 0, SAMPLE_COUNT);
	tcase_add_loop_test(t, log_case, 0, sizeof cases / sizeof *cases);
	tcase_add_loop_test(t, torture, 0, sizeof cases / sizeof *cases);
	tcase_add_test(t, many_threads);
	suite_add_tcase(s, t);
	return testing_run(s);
}
