/* SPDX-License-Identifier: BSD-2-Clause
 * IKE as a layer: places of findings count from the frame, and what the capture
 * cut is not told as the sender's fault. */
#include "ipsec/wire/protect_testing.h"

/* IPv4 and UDP to port 500, then INFORMATIONAL with one payload, a Nonce (type
 * 40) of 8 octets: too short (RFC 7296, 3.9). Put together by hand. */
#define IPV4	"4500004400070000401100000a0000010a000002"
#define UDP	"01f401f400300000"
static const char message[] = IPV4 UDP "0102030405060708" "1112131415161718" "28202508"
			      "00000001" "00000028" "0000000c" "a1a2a3a4a5a6a7a8";

enum { IKE_AT = 28, NONCE_AT = IKE_AT + 28, WHOLE = NONCE_AT + 12 };

/* The same inside of SK (type 46) under a cipher and an ICV of no octets, with a
 * pad length of 0. */
static const char sealed_message[] =
	"4500004900070000401100000a0000010a000002" "01f401f400350000" "0102030405060708"
	"1112131415161718" "2e202508" "00000001" "0000002d" "28000011" "0000000c"
	"a1a2a3a4a5a6a7a8" "00";

enum { SEALED_NONCE_AT = NONCE_AT + 4 };

static struct packet *read_hex(struct path *t, const char *hex, size_t captured)
{
	size_t n = strlen(hex) / 2;
	uint8_t *b = arena_raw(&t->arena, n);
	ck_assert(span_unhex(span_text(hex), b, n));
	struct packet *p = path_parse(t, span_of(b, n), captured);
	path_finish(t);
	return p;
}

START_TEST(places)
{
	struct path *t = path_new(NULL, 0, 0);
	path_begin(t);
	struct packet *p = read_hex(t, message, WHOLE);
	const struct finding *f = path_rule(t, "RFC7296-3.9-01");
	ck_assert_str_eq(path_text(t), "ipv4 udp ike");
	ck_assert_uint_ge(p->findings.count, 1);
	ck_assert(f && f->layer == 2 && f->offset == NONCE_AT + 4);
	path_free(t);
}
END_TEST

/* Encryption changes octets, not their places. */
START_TEST(sealed_places)
{
	struct ike_key row = { .version = 2, .encr = encr_by_name(span_text("ENCR_NULL")),
			       .integ = integ_by_name(span_text("NONE")) };
	struct path *t = path_new(NULL, 0, 0);
	memcpy(row.spi_i, "\1\2\3\4\5\6\7\10", 8);
	memcpy(row.spi_r, "\21\22\23\24\25\26\27\30", 8);
	keystore_add_ike(&t->store, &row);
	path_begin(t);
	read_hex(t, sealed_message, strlen(sealed_message) / 2);
	const struct finding *f = path_rule(t, "RFC7296-3.9-01");
	ck_assert_str_eq(path_text(t), "ipv4 udp ike");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->offset, SEALED_NONCE_AT + 4);
	path_free(t);
}
END_TEST

START_TEST(cut)
{
	struct path *t = path_new(NULL, 0, 0);
	for (size_t n = IKE_AT + 1; n < WHOLE; n++) {
		path_begin(t);
		struct packet *p = read_hex(t, message, n);
		ck_assert_msg(strcmp(path_text(t), "ipv4 udp ike") == 0, "%zu: %s", n, path_text(t));
		ck_assert_msg(!path_violations(t), "%zu: %s", n, p->findings.first->text);
		ck_assert_msg(p->findings.count == 1, "%zu: nothing said", n);
	}
	path_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ike layer");
	TCase *t = tcase_create("ike layer");
	tcase_add_test(t, places);
	tcase_add_test(t, sealed_places);
	tcase_add_test(t, cut);
	suite_add_tcase(s, t);
	return testing_run(s);
}
