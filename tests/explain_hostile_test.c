/* SPDX-License-Identifier: BSD-2-Clause
 * `ikat explain` against captures that mean harm: identities that a terminal or a
 * browser would obey, floods of IKE SAs, SPIs and errors. What is told is bounded,
 * and so is memory. */
#include "ipsec/base/writer.h"
#include "tests/spawn.h"

#include <jansson.h>
#include <sys/resource.h>

static uint64_t number(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	ck_assert_msg(json_is_integer(v), "no number %s", key);
	return (uint64_t)json_integer_value(v);
}

static json_t *list(const json_t *o, const char *key)
{
	json_t *v = json_object_get(o, key);
	ck_assert_msg(json_is_array(v), "no list %s", key);
	return v;
}

static json_t *parse(const struct ran *r)
{
	json_error_t error;
	json_t *story = json_loads(r->out, 0, &error);
	ck_assert_msg(story != NULL, "%s", error.text);
	return story;
}

/* ---- made captures ---- */

enum { MADE_MAX = 64 << 20, RAW_IP = 101 };

struct made {
	struct writer w;
	uint32_t frames;
};

static void made_begin(struct made *m)
{
	m->w = writer_of(malloc(MADE_MAX), MADE_MAX);
	m->frames = 0;
	write_u32(&m->w, 0xa1b2c3d4);
	write_u32(&m->w, 2 << 16 | 4);
	write_zeros(&m->w, 8);
	write_u32(&m->w, 65535);
	write_u32(&m->w, RAW_IP);
}

static void made_packet(struct made *m, uint8_t protocol, struct span payload)
{
	uint32_t n = 20 + (uint32_t)payload.n;
	write_u32(&m->w, 1000000 + m->frames / 1000);
	write_u32(&m->w, m->frames++ % 1000 * 1000);
	write_u32(&m->w, n);
	write_u32(&m->w, n);
	write_u16(&m->w, 0x4500);
	write_u16(&m->w, (uint16_t)n);
	write_u32(&m->w, m->frames << 16);
	write_u16(&m->w, (uint16_t)(64 << 8 | protocol));
	write_u16(&m->w, 0);
	write_u32(&m->w, 0xc0000201);
	write_u32(&m->w, 0xc0000202);
	write_span(&m->w, payload);
}

static json_t *made_explain(struct made *m, const char *format, struct ran *r)
{
	char path[64];
	spawn_file(path, m->w.p, m->w.n);
	free(m->w.p);
	*r = SPAWN("explain", "-f", format, path);
	unlink(path);
	ck_assert_int_eq(r->status, 0);
	return strcmp(format, "json") ? NULL : parse(r);
}

/* IKEv1 Aggressive Mode (RFC 2409, 5.4) shows the initiator's identity in clear. */
static void write_aggressive(struct writer *w, const char *id)
{
	size_t n = strlen(id);
	uint32_t length = (uint32_t)(28 + 4 + 16 + 4 + 16 + 8 + n);
	write_u32(w, 500 << 16 | 500);
	write_u32(w, (8 + length) << 16);
	write_u64(w, 0x1122334455667788);
	write_u64(w, 0);
	write_u32(w, 4u << 24 | 0x100400);	/* KE first, 1.0, Aggressive */
	write_u32(w, 0);
	write_u32(w, length);
	write_u32(w, 10u << 24 | 20);
	write_zeros(w, 16);
	write_u32(w, 5u << 24 | 20);
	write_zeros(w, 16);
	write_u32(w, (uint32_t)(8 + n));
	write_u32(w, 2u << 24);			/* ID_FQDN */
	write_octets(w, id, n);
}

START_TEST(test_hostile_identity)
{
	static const char id[] = "\033[2J<script>alert(1)</script>\"\\\302\233\377\n\001";
	static const char *const formats[] = { "text", "json", "html" };
	uint8_t octets[512];
	struct writer w = writer_of(octets, sizeof octets);
	struct made m;
	struct ran r;
	write_aggressive(&w, id);
	made_begin(&m);
	made_packet(&m, 17, writer_span(&w));
	json_t *story = made_explain(&m, formats[_i], &r);
	ck_assert_ptr_null(strchr(r.out, '\033'));
	ck_assert_ptr_null(strchr(r.out, '\001'));
	ck_assert_msg(_i != 0 || !strstr(r.out, "\302\233"), "a control character of UTF-8");
	ck_assert_msg(_i != 2 || !strstr(r.out, "<script>alert"), "markup of the capture's own");
	ck_assert_msg(strstr(r.out, "script"), "the identity is not told at all");
	json_decref(story);
	ran_done(&r);
}
END_TEST

/* ---- floods ---- */

static void flood_half_open(struct made *m, uint32_t i)
{
	uint8_t octets[256];
	struct writer w = writer_of(octets, sizeof octets);
	enum { LENGTH = 28 + 44 + 20 };
	write_u32(&w, (1024 + i % 60000) << 16 | 500);
	write_u32(&w, (8 + LENGTH) << 16);
	write_u64(&w, 0x0123456700000000 + i);
	write_u64(&w, 0);
	write_u32(&w, 40u << 24 | 0x202208);
	write_u32(&w, 0);
	write_u32(&w, LENGTH);
	write_u32(&w, 43u << 24 | 44);
	write_zeros(&w, 40);
	write_u32(&w, 20);
	write_u64(&w, i * 0x9e3779b97f4a7c15u);
	write_u64(&w, i);
	made_packet(m, 17, writer_span(&w));
}

static void flood_esp(struct made *m, uint32_t i)
{
	uint8_t octets[72] = { 0 };
	struct writer w = writer_of(octets, sizeof octets);
	write_u32(&w, 0x80000000 | i * 2654435761u);
	write_u32(&w, i * 40503u);
	made_packet(m, 50, span_of(octets, sizeof octets));
}

static void flood_responses(struct made *m, uint32_t i)
{
	uint8_t octets[128];
	struct writer w = writer_of(octets, sizeof octets);
	write_u32(&w, 500 << 16 | 500);
	write_u32(&w, (8 + 36) << 16);
	write_u64(&w, 0x1122334455667788);
	write_u64(&w, 0x99);
	write_u32(&w, 41u << 24 | 0x202520);
	write_u32(&w, i * 2654435761u);		/* message IDs that jump */
	write_u32(&w, 36);
	write_u32(&w, 8);
	write_u32(&w, i & 0x3fff);
	made_packet(m, 17, writer_span(&w));
}

static const struct {
	const char *name;
	void (*make)(struct made *m, uint32_t i);
} floods[] = {
	{ "half-open IKE SAs", flood_half_open },
	{ "unknown SPIs", flood_esp },
	{ "message IDs that jump, ever new errors", flood_responses },
};

#if defined(__SANITIZE_ADDRESS__)
enum { FLOOD = 20000, LIMIT_KB = 1024 * 1024 };
#else
enum { FLOOD = 200000, LIMIT_KB = 96 * 1024 };
#endif

START_TEST(test_flood)
{
	struct made m;
	struct ran r;
	struct rusage u;
	made_begin(&m);
	for (uint32_t i = 0; i < FLOOD; i++)
		floods[_i].make(&m, i);
	ck_assert(!m.w.bad);
	json_t *story = made_explain(&m, "json", &r);
	getrusage(RUSAGE_CHILDREN, &u);
	ck_assert_uint_eq(number(story, "frames"), FLOOD);
	ck_assert_uint_le(json_array_size(list(story, "findings")), 1000);
	ck_assert_uint_le(json_array_size(list(story, "sas")), 4096);
	ck_assert_msg(u.ru_maxrss < LIMIT_KB, "%s: %ld KiB", floods[_i].name, u.ru_maxrss);
	json_decref(story);
	ran_done(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("explain_hostile");
	TCase *t = tcase_create("explain_hostile");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_hostile_identity, 0, 3);
	tcase_add_loop_test(t, test_flood, 0, sizeof floods / sizeof *floods);
	suite_add_tcase(s, t);
	return testing_run(s);
}
