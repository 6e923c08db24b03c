/* SPDX-License-Identifier: BSD-2-Clause
 * ESP-NULL without keys (RFC 5879): recognised with each size of the ICV, left
 * alone where the octets do not tell, never tried where a key is there. Packets:
 * tests/make_sealed.py. tshark 4.0 (esp.enable_null_encryption_decode_heuristic)
 * sees the same in those that are opened here, but for GMAC's IV; it also opens
 * the ones with weak signs and wrong checksums, which are left alone here. */
#include "ipsec/wire/esp_null.h"
#include "ipsec/wire/layers_testing.h"
#include "ipsec/wire/protect_testing.h"

static const struct wire_options guessing = { .esp_null = true };

static struct path *path_guessing(void)
{
	struct path *t = path_new(NULL, 0, 0);
	path_options(t, &guessing);
	return t;
}

static const struct {
	const char *packets, *result, *encr, *integ;
} rows[] = {
	{ "guess ipv4 12", "ipv4 esp:unchecked ipv4 icmp", "ENCR_NULL", "UNCHECKED_96" },
	{ "guess ipv4 16", "ipv4 esp:unchecked ipv4 icmp", "ENCR_NULL", "UNCHECKED_128" },
	{ "guess ipv4 24", "ipv4 esp:unchecked ipv4 icmp", "ENCR_NULL", "UNCHECKED_192" },
	{ "guess ipv4 32", "ipv4 esp:unchecked ipv4 icmp", "ENCR_NULL", "UNCHECKED_256" },
	{ "guess udp 12", "ipv4 esp:unchecked udp data", "ENCR_NULL", "UNCHECKED_96" },
	{ "guess udp 16", "ipv4 esp:unchecked udp data", "ENCR_NULL", "UNCHECKED_128" },
	{ "guess udp 24", "ipv4 esp:unchecked udp data", "ENCR_NULL", "UNCHECKED_192" },
	{ "guess udp 32", "ipv4 esp:unchecked udp data", "ENCR_NULL", "UNCHECKED_256" },
	{ "guess icmp 12", "ipv4 esp:unchecked icmp", "ENCR_NULL", "UNCHECKED_96" },
	{ "guess icmp 16", "ipv4 esp:unchecked icmp", "ENCR_NULL", "UNCHECKED_128" },
	{ "guess icmp 24", "ipv4 esp:unchecked icmp", "ENCR_NULL", "UNCHECKED_192" },
	{ "guess icmp 32", "ipv4 esp:unchecked icmp", "ENCR_NULL", "UNCHECKED_256" },
	{ "guess tcp 12", "ipv4 esp:unchecked tcp data", "ENCR_NULL", "UNCHECKED_96" },
	{ "guess tcp 16", "ipv4 esp:unchecked tcp data", "ENCR_NULL", "UNCHECKED_128" },
	{ "guess tcp 24", "ipv4 esp:unchecked tcp data", "ENCR_NULL", "UNCHECKED_192" },
	{ "guess tcp 32", "ipv4 esp:unchecked tcp data", "ENCR_NULL", "UNCHECKED_256" },
	{ "guess ipv6 12", "ipv4 esp:unchecked ipv6 udp data", "ENCR_NULL", "UNCHECKED_96" },
	{ "guess ipv6 16", "ipv4 esp:unchecked ipv6 udp data", "ENCR_NULL", "UNCHECKED_128" },
	{ "guess ipv6 24", "ipv4 esp:unchecked ipv6 udp data", "ENCR_NULL", "UNCHECKED_192" },
	{ "guess ipv6 32", "ipv4 esp:unchecked ipv6 udp data", "ENCR_NULL", "UNCHECKED_256" },
	{ "guess ipv4 gmac", "ipv4 esp:unchecked ipv4 icmp", "ENCR_NULL_AUTH_AES_GMAC", "NONE" },
	{ "guess tcp gmac", "ipv4 esp:unchecked tcp data", "ENCR_NULL_AUTH_AES_GMAC", "NONE" },
	{ "guess natt", "ipv4 udp esp:unchecked ipv4 tcp data", "ENCR_NULL", "UNCHECKED_128" },
	{ "guess tfc", "ipv4 esp:unchecked ipv4 icmp", "ENCR_NULL", "UNCHECKED_128" },
	/* Two packets of weak signs make one strong one; then all are read. */
	{ "guess weak 1", "ipv4 esp:unchecked", NULL, NULL },
	{ "guess weak 1,guess weak 2,guess other",
	  "ipv4 esp:unchecked; ipv4 esp:unchecked udp data; ipv4 esp:unchecked data", "ENCR_NULL",
	  "UNCHECKED_128" },
	{ "guess other,guess other", "ipv4 esp:unchecked; ipv4 esp:unchecked", NULL, NULL },
	{ "guess bad sum", "ipv4 esp:unchecked", NULL, NULL },
	{ "guess bad padding", "ipv4 esp:unchecked", NULL, NULL },
	{ "guess encrypted 1,guess encrypted 2,guess encrypted 3,guess encrypted 4",
	  "ipv4 esp:unchecked; ipv4 esp:unchecked; ipv4 esp:unchecked; ipv4 esp:unchecked", NULL,
	  NULL },
};

static const struct finding *guess_note(const struct packet *p)
{
	for (const struct finding *f = p->findings.first; f; f = f->next)
		if (strstr(f->text, "a guess from what it looks like"))
			return f;
	return NULL;
}

START_TEST(test_guess)
{
	struct path *t = path_guessing();
	const char *got = path_batch(t, rows[_i].packets);
	ck_assert_msg(strcmp(got, rows[_i].result) == 0, "%s: %s", rows[_i].packets, got);
	const struct packet *p = &t->packets[t->count - 1];
	const struct esp_info *e = NULL;
	for (uint32_t i = 0; i < p->layer_count && !e; i++)
		if (p->layers[i].type->kind == LAYER_ESP)
			e = p->layers[i].esp;
	const struct finding *f = guess_note(p);
	ck_assert_msg(e->decrypted == (rows[_i].encr != NULL), "%s", rows[_i].packets);
	ck_assert(!e->sa && e->replay == REPLAY_UNCHECKED);
	ck_assert_msg((f != NULL) == e->decrypted && (!f || f->severity == SEVERITY_NOTE), "%s",
		      rows[_i].packets);
	if (rows[_i].encr) {
		ck_assert_str_eq(e->key->encr->name, rows[_i].encr);
		ck_assert_str_eq(e->key->integ->name, rows[_i].integ);
	}
	ck_assert_uint_eq(wire_counts(t->wire)->unchecked, t->count);
	path_free(t);
}
END_TEST

/* Off by default. */
START_TEST(test_off)
{
	struct path *t = path_new(NULL, 0, 0);
	ck_assert_str_eq(path_batch(t, "guess ipv4 16"), "ipv4 esp:unchecked");
	ck_assert(!t->packets[0].layers[1].esp->decrypted);
	path_free(t);
}
END_TEST

/* Where a key is there, the key decides: a wrong one is not talked away. */
START_TEST(test_key_wins)
{
	static const struct path_key wrong = {
		.spi = 0x2010, .encr = "ENCR_AES_GCM_16", .encr_key = PATH_GCM_KEY, .esn = ESN_NO,
	};
	struct path *t = path_new(&wrong, 1, 0);
	path_options(t, &guessing);
	ck_assert_str_eq(path_batch(t, "guess ipv4 16"), "ipv4 esp:bad");
	path_free(t);
}
END_TEST

/* After some packets without a sign the SA counts as encrypted: even one that
 * looks like it is left alone. */
START_TEST(test_encrypted)
{
	struct path *t = path_guessing();
	for (int n = 1; n <= 8; n++)
		path_batch(t, arena_printf(&t->store.arena, "guess encrypted %d", n));
	struct span s = path_packet(t, span_text("guess ipv4 16"));
	uint8_t *b = arena_raw(&t->store.arena, s.n);
	memcpy(b, s.p, s.n);
	memcpy(b + 22, "\x20\x08", 2);		/* the SPI of the others */
	path_begin(t);
	path_parse(t, span_of(b, s.n), s.n);
	path_finish(t);
	ck_assert_str_eq(path_text(t), "ipv4 esp:unchecked");
	ck_assert(!t->packets[0].layers[1].esp->decrypted);
	path_free(t);
}
END_TEST

/* Random octets, of one SA and of many: none is opened. */
START_TEST(test_noise)
{
	struct path *t = path_guessing();
	uint8_t b[20 + 8 + 64] = { 0x45, 0, 0, sizeof b, 0, 7, 0, 0, 64, 50 };
	uint64_t x = 88172645463325252u;	/* xorshift64 */
	for (unsigned n = 0; n < 200000; n++) {
		for (size_t i = 20; i < sizeof b; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			b[i] = (uint8_t)x;
		}
		b[20] = 0x7f;
		if (n & 1)
			memcpy(b + 20, "\x7f\1\1\1", 4);
		path_begin(t);
		path_parse(t, span_of(b, sizeof b), sizeof b);
		path_finish(t);
		ck_assert(!t->packets[0].layers[1].esp->decrypted);
	}
	path_free(t);
}
END_TEST

/* Every beginning of a packet, and each octet spoiled: findings at most. */
START_TEST(test_torture)
{
	struct path *t = path_guessing();
	static const char *const names[] = { "guess ipv4 16", "guess tcp gmac", "guess ipv6 32" };
	for (size_t k = 0; k < COUNT(names); k++) {
		struct span s = path_packet(t, span_text(names[k]));
		uint8_t copy[256];
		memcpy(copy, s.p, s.n);
		for (size_t i = 0; i < s.n * 8; i++) {
			uint8_t *b = malloc(s.n);
			memcpy(b, copy, s.n);
			b[i / 8] ^= (uint8_t)(1u << i % 8);
			path_begin(t);
			path_parse(t, span_of(b, s.n), s.n - i % s.n);
			path_parse(t, span_of(b, s.n), s.n);
			path_finish(t);
			free(b);
		}
	}
	path_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("esp_null");
	TCase *t = tcase_create("esp_null");
	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, test_guess, 0, COUNT(rows));
	tcase_add_test(t, test_off);
	tcase_add_test(t, test_key_wins);
	tcase_add_test(t, test_encrypted);
	tcase_add_test(t, test_noise);
	tcase_add_test(t, test_torture);
	suite_add_tcase(s, t);
	return testing_run(s);
}
