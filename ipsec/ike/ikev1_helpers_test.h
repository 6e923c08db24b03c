/* SPDX-License-Identifier: BSD-2-Clause
 * For the tests of IKEv1: the IKE messages of a capture (pcap, Ethernet, IPv4 or
 * IPv6, UDP), and the octets that a strongSwan log dumps, by name. */
#ifndef IKAT_IKE_IKEV1_HELPERS_TEST_H
#define IKAT_IKE_IKEV1_HELPERS_TEST_H

#include <stdio.h>

#include "ipsec/base/testing.h"
#include "ipsec/base/text.h"
#include "ipsec/ike/ikev1_messages_test.h"
#include "ipsec/ike/ikev1_state.h"

enum { V1_MESSAGES_MAX = 64 };

struct v1_message {
	struct ike_place at;
	struct span octets;
};

struct v1_capture {
	struct v1_message m[V1_MESSAGES_MAX];
	size_t count;
};

static inline struct span v1_file(const char *path, struct arena *a)
{
	FILE *f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "no file %s", path);
	uint8_t *p = arena_raw(a, 1 << 20);
	size_t n = fread(p, 1, (1 << 20) - 1, f);
	fclose(f);
	p[n] = 0;
	return span_of(p, n);
}

/* 0 unless it is UDP of port 500 or 4500 with an IKE message in it. */
static inline bool v1_packet(struct span eth, struct v1_message *m)
{
	struct reader r = reader_of(span_from(eth, 12));
	bool six = read_u16(&r) == 0x86dd;
	struct span ip = span_from(eth, 14);
	if (ip.n < 48 || (six ? ip.p[6] : ip.p[9]) != 17)
		return false;
	size_t header = six ? 40 : 4u * (ip.p[0] & 15);
	m->at.src = addr_of(six ? 6 : 4, ip.p + (six ? 8 : 12));
	m->at.dst = addr_of(six ? 6 : 4, ip.p + (six ? 24 : 16));
	r = reader_of(span_from(ip, header));
	m->at.sport = read_u16(&r);
	m->at.dport = read_u16(&r);
	uint16_t n = read_u16(&r);
	read_u16(&r);
	m->octets = read_span(&r, n - 8u);
	if (m->at.sport == 4500 || m->at.dport == 4500) {
		if (!span_is_zero(span_part(m->octets, 0, 4)))
			return false;
		m->octets = span_from(m->octets, 4);
	} else if (m->at.sport != 500 && m->at.dport != 500) {
		return false;
	}
	return m->octets.n >= IKE_HEADER_SIZE;
}

static inline uint32_t v1_little(struct span s, size_t at)
{
	return (uint32_t)s.p[at] | (uint32_t)s.p[at + 1] << 8 | (uint32_t)s.p[at + 2] << 16 |
	       (uint32_t)s.p[at + 3] << 24;
}

static inline void v1_capture_read(struct v1_capture *c, const char *path, struct arena *a)
{
	struct span s = v1_file(path, a);
	uint64_t frame = 0;
	c->count = 0;
	for (size_t at = 24; at + 16 <= s.n && c->count < V1_MESSAGES_MAX;) {
		uint32_t n = v1_little(s, at + 8);
		struct v1_message *m = &c->m[c->count];
		*m = (struct v1_message){ .at = { .frame = ++frame, .seconds = v1_little(s, at),
						  .nanoseconds = v1_little(s, at + 4) * 1000 } };
		c->count += v1_packet(span_part(s, at + 16, n), m);
		at += 16 + n;
	}
}

/* The n-th dump called `name` (from 0): "name => 20 bytes @ ..." and lines of
 * "   0: D2 FB ...  text". Empty if there is none. */
static inline struct span v1_dump(struct span log, const char *name, size_t nth, struct arena *a)
{
	char head[80];
	snprintf(head, sizeof head, "] %s => ", name);
	const char *p = (const char *)log.p;
	for (size_t i = 0; i <= nth; i++) {
		p = strstr(p, head);
		if (!p)
			return span_of(NULL, 0);
		p += strlen(head);
	}
	size_t n = strtoul(p, NULL, 10), at = 0;
	uint8_t *out = arena_raw(a, n + 1);
	while (at < n && (p = strchr(p, '\n')) != NULL) {
		p++;
		const char *colon = strstr(p, ": ");
		ck_assert(colon != NULL);
		for (p = colon + 2; at < n && p[0] != ' ' && p[2] == ' '; p += 3)
			out[at++] = (uint8_t)strtoul(p, NULL, 16);
	}
	ck_assert_uint_eq(at, n);
	return span_of(out, n);
}

static inline struct span v1_hex(const char *hex, struct arena *a)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = arena_raw(a, n + 1);
	ck_assert_msg(span_unhex(span_text(hex), p, n), "bad hex: %s", hex);
	return span_of(p, n);
}

/* "HASH SA NONCE ID ID" of what a message holds, opened. */
static inline const char *v1_payloads(const struct ike_message *m, struct arena *a)
{
	const char *s = "";
	for (const struct node *n = message_chain(m); n; n = n->next)
		s = arena_printf(a, "%s%s%s", s, s[0] ? " " : "", n->desc->name);
	return s;
}

/* The findings that are at least this severe. */
static inline const char *v1_findings(const struct findings *fs, enum severity least,
				      struct arena *a)
{
	const char *s = "";
	for (const struct finding *f = fs->first; f; f = f->next)
		if (f->severity >= least)
			s = arena_printf(a, "%s[%s]", s, f->text);
	return s;
}

/* ---- a capture, followed with some secrets ---- */

struct run {
	struct crypto *crypto;
	struct arena arena;
	struct keystore keys;
	struct ike_session *s;
	struct v1_capture c;
	struct ike_message *m[V1_MESSAGES_MAX];
	struct findings fs;
};

static inline void run_init(struct run *r)
{
	struct err e = { 0 };
	*r = (struct run){ .fs = { .arena = &r->arena } };
	keystore_init(&r->keys);
	r->crypto = crypto_new(&e);
	r->s = ike_session_new(&r->keys, r->crypto, NULL);
}

static inline void run_done(struct run *r)
{
	ike_session_free(r->s);
	keystore_done(&r->keys);
	crypto_free(r->crypto);
	arena_done(&r->arena);
}

static inline void secret_add(struct run *r, enum secret_kind kind, struct span octets)
{
	struct ike_secret k = { .kind = kind, .secret = octets, .origin = { .file = "test", .line = 1 } };
	ck_assert(octets.n != 0);
	keystore_add_secret(&r->keys, &k);
}

static inline void take(struct run *r, size_t i)
{
	r->m[i] = ike_message_decode(r->c.m[i].octets, &r->arena, &r->fs);
	ike_session_take(r->s, r->m[i], &r->c.m[i].at, &r->arena, &r->fs);
}

static inline bool keep_first(struct ike_sa *sa, void *user)
{
	*(struct ike_sa **)user = sa;
	return false;
}

static inline struct ike_sa *first_sa(const struct run *r)
{
	struct ike_sa *sa = NULL;
	ike_session_each(r->s, keep_first, &sa);
	ck_assert(sa != NULL);
	return sa;
}

static inline const struct sa_key *key_find(const struct run *r, uint32_t spi, struct span octets)
{
	for (const struct sa_key *k = r->keys.sas; k; k = k->next)
		if (k->spi == spi && k->encr_key.n + k->integ_key.n == octets.n &&
		    span_equal(k->encr_key, span_part(octets, 0, k->encr_key.n)) &&
		    span_equal(k->integ_key, span_from(octets, k->encr_key.n)))
			return k;
	return NULL;
}

/* ---- made messages ---- */


/* a: the initiator's address where the capture was taken. */
static inline void made_take_from(struct run *r, const struct made *m, uint64_t frame, const uint8_t a[4])
{
	static const uint8_t b[] = { 203, 0, 113, 9 };
	struct v1_message *v = &r->c.m[r->c.count];
	*v = (struct v1_message){ .octets = v1_hex(m->hex, &r->arena) };
	v->at = (struct ike_place){ .frame = frame, .src = addr_of(4, m->from ? b : a),
				    .dst = addr_of(4, m->from ? a : b), .sport = (uint16_t)m->port,
				    .dport = (uint16_t)m->port };
	take(r, r->c.count++);
}

static inline void made_take(struct run *r, const struct made *m, uint64_t frame)
{
	static const uint8_t outside[] = { 198, 51, 100, 7 };
	made_take_from(r, m, frame, outside);
}

static inline void made_run(struct run *r, const struct made *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		made_take(r, &rows[i], i + 1);
}
#define MADE_RUN(r, rows) made_run((r), (rows), sizeof(rows) / sizeof *(rows))

static inline const struct ike_message *made_find(const struct run *r, const struct made *rows, size_t count,
					   const char *name)
{
	for (size_t i = count; i-- > 0;)
		if (strcmp(rows[i].name, name) == 0)
			return r->m[i];
	ck_abort_msg("no message %s", name);
	return NULL;
}
#define MADE(r, rows, name) made_find((r), (rows), sizeof(rows) / sizeof *(rows), (name))

static inline struct ike_sa *nat_run(struct run *r)
{
	run_init(r);
	secret_add(r, SECRET_DH, v1_hex(A_GXY, &r->arena));
	secret_add(r, SECRET_PSK, span_text("a generated key"));
	MADE_RUN(r, made_nat);
	return first_sa(r);
}

#endif
