/* SPDX-License-Identifier: BSD-2-Clause
 * Floods of packets that would like to be remembered: unknown SPIs, first
 * fragments of datagrams that never end, IKE fragments, known SPIs to ever new
 * destinations. Memory stays below a limit, and what comes afterwards is read. */
#include "tests/path.h"
#include "tests/spawn.h"

#include "ipsec/base/writer.h"

#include <sys/resource.h>

/* With sanitizers memory is not what it seems: what is freed is kept a while. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { PACKETS = SANITIZED ? 20000 : 100000, FRAME = 1400, LINK_RAW = 101,
       LIMIT_KB = SANITIZED ? 512 * 1024 : 32 * 1024 };

struct flood {
	const char *name;
	void (*make)(struct writer *w, uint32_t i);
	const char *keys;	/* ikat's CSV, or NULL */
	const char *last;	/* what the last packet's layers hold */
};

static uint32_t mixed(uint32_t i)
{
	i = (i ^ i >> 16) * 0x45d9f3bu;
	i = (i ^ i >> 16) * 0x45d9f3bu;
	return i ^ i >> 16;
}

/* flags: the field with the fragment offset. */
static void ipv4(struct writer *w, uint32_t src, uint32_t id, uint32_t flags, uint32_t protocol,
		 uint32_t length)
{
	write_u16(w, 0x4500);
	write_u16(w, (uint16_t)(20 + length));
	write_u16(w, (uint16_t)id);
	write_u16(w, (uint16_t)flags);
	write_u8(w, 64);
	write_u8(w, (uint8_t)protocol);
	write_u16(w, 0);
	write_u32(w, src);
	write_u32(w, 0xc0000202);
}

static void esp(struct writer *w, uint32_t i)
{
	ipv4(w, 0xc0000201, i, 0, 50, 72);
	write_u32(w, mixed(i) | 0x80000000);
	write_u32(w, 1);
	write_zeros(w, 64);
}

/* The known SPI, each time from another source to one destination. */
static void esp_sources(struct writer *w, uint32_t i)
{
	ipv4(w, mixed(i), i, 0, 50, 72);
	write_u32(w, 0x1000);
	write_u32(w, i);
	write_zeros(w, 64);
}

static void ah(struct writer *w, uint32_t i)
{
	ipv4(w, 0xc0000201, i, 0, 51, 32);
	write_u32(w, 0x3b040000);
	write_u32(w, mixed(i) | 0x80000000);
	write_u32(w, 1);
	write_zeros(w, 20);
}

/* First fragments that promise more; every one is of another datagram. */
static void first_fragments(struct writer *w, uint32_t i)
{
	ipv4(w, mixed(i), i, 0x2000, 17, FRAME - 40);
	write_zeros(w, FRAME - 40);
}

/* Fragments of few datagrams, at offsets all over the place, one octet overlapping. */
static void overlapping(struct writer *w, uint32_t i)
{
	ipv4(w, 0xc0000201, i % 4, 0x2000 | mixed(i) % 8000, 17, 24);
	write_zeros(w, 24);
}

static void ipv6_fragments(struct writer *w, uint32_t i)
{
	write_u32(w, 0x60000000);
	write_u16(w, 8 + 1000);
	write_u16(w, 44 << 8 | 64);
	write_u64(w, 0x20010db800000000);
	write_u64(w, mixed(i));
	write_u64(w, 0x20010db800000000);
	write_u64(w, 1);
	write_u32(w, 17 << 24 | 1);
	write_u32(w, mixed(i));
	write_zeros(w, 1000);
}

static void ike_header(struct writer *w, uint32_t i, uint32_t id, uint32_t length)
{
	ipv4(w, 0xc0000201, i, 0, 17, 8 + length);
	write_u32(w, 500 << 16 | 500);
	write_u32(w, (8 + length) << 16);
	write_u64(w, 0x1122334455667788);
	write_u64(w, (uint64_t)mixed(i) << 32 | 1);
	write_u32(w, 53u << 24 | 0x202308);	/* SKF, 2.0, IKE_AUTH, I */
	write_u32(w, id);
	write_u32(w, length);
}

/* Fragment 1 of many, for ever new messages and IKE SAs. */
static void ike_fragments(struct writer *w, uint32_t i)
{
	enum { BODY = 1000 };
	ike_header(w, i, i, 28 + 8 + BODY);
	write_u32(w, 33u << 24 | (8 + BODY));
	write_u32(w, 1 << 16 | 1000);
	write_zeros(w, BODY);
}

/* Many payloads in a message, for the findings and the tree of nodes. */
static void ike_payloads(struct writer *w, uint32_t i)
{
	enum { COUNT = 320 };
	ipv4(w, 0xc0000201, i, 0, 17, 8 + 28 + 4 * COUNT);
	write_u32(w, 500 << 16 | 500);
	write_u32(w, (8 + 28 + 4 * COUNT) << 16);
	write_u64(w, i + 1);
	write_u64(w, 0);
	write_u32(w, 43u << 24 | 0x202208);
	write_u32(w, 0);
	write_u32(w, 28 + 4 * COUNT);
	for (int k = 0; k < COUNT; k++)
		write_u32(w, (k + 1 < COUNT ? 43u << 24 : 0) | 4);
}

#define HEADER "kind,spi_i,spi_r,protocol,spi,src,dst,mode,encr,encr_key,integ,integ_key,prf,esn," \
	       "window,secret\n"
#define ESP_KEY HEADER "esp,,,esp,0x00001000,,,,ENCR_AES_GCM_16," \
		       "000102030405060708090a0b0c0d0e0fa0a1a2a3,NONE,,,no,,\n"
#define IKE_KEY HEADER "ike,1122334455667788,0000000000000001,,,,,,ENCR_AES_CBC," \
		       "00112233445566778899aabbccddeeff:00112233445566778899aabbccddeeff," \
		       "AUTH_HMAC_SHA1_96,00112233445566778899aabbccddeeff00112233:" \
		       "00112233445566778899aabbccddeeff00112233,,,,\n"

static const struct flood floods[] = {
	{ "ESP of unknown SPIs", esp, NULL, "ipv4 esp" },
	{ "ESP of unknown SPIs, with keys", esp, ESP_KEY, "ipv4 esp" },
	{ "a known SPI from anywhere", esp_sources, ESP_KEY, "ipv4 esp" },
	{ "AH of unknown SPIs", ah, NULL, "ipv4 ah dummy" },
	{ "first fragments", first_fragments, NULL, "ipv4 data" },
	{ "overlapping fragments", overlapping, NULL, "ipv4" },
	{ "IPv6 fragments", ipv6_fragments, NULL, "ipv6 fragment" },
	{ "IKE fragments", ike_fragments, NULL, "ipv4 udp ike" },
	{ "IKE fragments, with keys", ike_fragments, IKE_KEY, "ipv4 udp ike" },
	{ "IKE payloads", ike_payloads, NULL, "ipv4 udp ike" },
};

static long peak_kb(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static void feed(struct reading *r, const struct flood *f, uint32_t count)
{
	uint8_t octets[FRAME];
	for (uint32_t i = 0; i < count; i++) {
		struct writer w = writer_of(octets, sizeof octets);
		f->make(&w, i);
		ck_assert(!w.bad);
		struct frame frame = { .file = "flood", .number = i + 1, .seconds = i / 1000,
				       .captured = (uint32_t)w.n, .length = (uint32_t)w.n,
				       .link = LINK_RAW, .octets = writer_span(&w) };
		reading_frame(r, &frame);
	}
}

static void layers_of(const struct packet *p, char *to, size_t size)
{
	*to = '\0';
	for (uint32_t i = 0; i < p->layer_count; i++)
		snprintf(to + strlen(to), size - strlen(to), "%s%s", i ? " " : "",
			 p->layers[i].type->name);
}

static void load(struct reading *r, const struct flood *f)
{
	struct keys_notes notes;
	keys_notes_init(&notes);
	if (f->keys)
		ck_assert_msg(keys_load_text(&r->store, "keys", span_text(f->keys), &notes) == 1,
			      "%s", notes.first ? notes.first->text : "");
	keys_notes_done(&notes);
	r->wire = wire_new(r->crypto, &r->store, &(struct wire_options){ 0 });
}

START_TEST(flood)
{
	const struct flood *f = &floods[_i];
	struct reading *r = reading_new(NULL);
	char layers[200];
	load(r, f);
	feed(r, f, 1000);		/* what any traffic needs */
	long before = peak_kb();
	feed(r, f, PACKETS);
	reading_batch_end(r);
	feed(r, f, 1);
	reading_batch_end(r);
	layers_of(&r->packets[0], layers, sizeof layers);
	long after = peak_kb();
	ck_assert_msg(after < LIMIT_KB, "%s: %ld KB, then %ld KB more", f->name, before,
		      after - before);
	ck_assert_uint_eq(wire_counts(r->wire)->frames, PACKETS + 1001);
	ck_assert_msg(strncmp(layers, f->last, strlen(f->last)) == 0, "%s: %s", f->name, layers);
	if (getenv("HOSTILE_TIMES"))
		printf("%s: %ld KB, then %ld KB more\n", f->name, before, after - before);
	reading_free(r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("flood");
	TCase *t = tcase_create("flood");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, flood, 0, sizeof floods / sizeof *floods);
	suite_add_tcase(s, t);
	return testing_run(s);
}
