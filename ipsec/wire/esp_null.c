/* SPDX-License-Identifier: BSD-2-Clause
 * The heuristics of RFC 5879: an ESP packet is taken apart for each likely size
 * of IV and ICV, and what stands where the payload would be is weighed in bits:
 * how unlikely would it be in encrypted octets? Enough bits, over several packets
 * of the SA if need be, make it ESP-NULL; packets without any make it encrypted.
 * The decision is kept for each SA, in bounded memory. Only payloads that have
 * something to check are weighed: IPv4, IPv6, TCP, UDP, ICMP; once it is decided,
 * all are read. */
#include "ipsec/wire/esp_null.h"

#include "ipsec/wire/checksum.h"
#include "ipsec/wire/layers.h"
#include "ipsec/wire/protect.h"
#include "ipsec/wire/wire_private.h"

#include <stdlib.h>

/* RFC 5879, 4: the sizes in use. IV and ICV of GMAC: RFC 4543, 3. */
static const struct {
	uint8_t iv, icv;
	uint16_t encr, integ;
} guesses[] = {
	{ 0, 12, 11, INTEG_UNCHECKED_96 },
	{ 0, 16, 11, INTEG_UNCHECKED_128 },
	{ 0, 24, 11, INTEG_UNCHECKED_192 },
	{ 0, 32, 11, INTEG_UNCHECKED_256 },
	{ 8, 16, 21, 0 },
};

enum {
	GUESSES = sizeof guesses / sizeof *guesses,
	ESP_HEADER = 8, ESP_TRAILER = 2,
	BITS_ENOUGH = 40,	/* one in 10^12 encrypted packets looks like that */
	MISSES_ENCRYPTED = 8,	/* packets without any sign: not looked at for some time */
	MISSES_AGAIN = 255,	/* ... in packets: the SPI may be another SA's then */
	MISSES_WRONG = 3,	/* that do not fit what was decided: that was another SA */
};

enum verdict { VERDICT_OPEN, VERDICT_NULL, VERDICT_ENCRYPTED };

struct guessed {
	uint32_t spi;
	struct addr dst;
	enum verdict verdict;
	uint8_t guess;		/* which row fits best so far */
	uint8_t misses;		/* in a row */
	unsigned bits;		/* for that row */
};

struct esp_nulls {
	struct guessed sas[ESP_NULLS];		/* by hash */
	struct sa_key keys[GUESSES];		/* to be shown: what is guessed */
};

struct esp_nulls *esp_nulls_new(void)
{
	struct esp_nulls *n = calloc(1, sizeof *n);
	if (!n)
		abort();
	for (size_t i = 0; i < GUESSES; i++)
		n->keys[i] = (struct sa_key){
			.protocol = PROTOCOL_ESP,
			.origin = { .file = "a guess (RFC 5879)" },
			.encr = encr_find(guesses[i].encr), .integ = integ_find(guesses[i].integ),
			.esn = ESN_UNKNOWN,
		};
	return n;
}

void esp_nulls_free(struct esp_nulls *n)
{
	free(n);
}

/* ---- what a payload tells, in bits ---- */

/* An upper layer's checksum over the addresses of the packet below: 16 bits, or
 * none where a NAT may have broken it. -1: it is wrong. */
static int weigh_sum(const struct packet *p, uint8_t protocol, struct span s)
{
	const struct layer *ip = packet_ip(p), *below = &p->layers[p->layer_count - 1] - 1;
	uint64_t sum = 0;
	if (!ip)
		return -1;
	if (protocol != PROTOCOL_ICMP)
		sum = checksum_pseudo(&ip->ip->src, &ip->ip->dst, protocol, (uint32_t)s.n);
	if (checksum_fold(checksum_add(sum, s)) == 0)
		return 16;
	return below != ip && protocol != PROTOCOL_ICMP ? 0 : -1;
}

/* Version and header length, total length, header checksum. */
static int weigh_ipv4(struct span s)
{
	size_t header = s.n ? (size_t)(s.p[0] & 15) * 4 : 0, total = ip_length(PROTOCOL_IPV4, s);
	if (header < 20 || s.n < header || s.p[0] >> 4 != 4 || total < header || total > s.n ||
	    !checksum_words_good(s.p, (unsigned)header / 4))
		return -1;
	return 4 + 16 + (total == s.n ? 16 : 0);	/* less: TFC padding */
}

/* Version, payload length, a next header that is in use. */
static int weigh_ipv6(struct span s)
{
	size_t total = ip_length(PROTOCOL_IPV6, s);
	if (s.n < 40 || s.p[0] >> 4 != 6 || total > s.n || s.p[7] == 0 ||
	    (layer_find(SPACE_PROTOCOL, s.p[6]) == LAYER_DATA))
		return -1;
	return 4 + 4 + (total == s.n ? 16 : 0);
}

static int weigh_tcp(const struct packet *p, struct span s)
{
	struct reader r = reader_of(s);
	read_span(&r, 12);
	uint8_t offset = read_u8(&r);
	read_span(&r, 7);
	int sum = r.bad ? -1 : weigh_sum(p, PROTOCOL_TCP, s);
	if (sum < 0 || offset >> 4 < 5 || (size_t)(offset >> 4) * 4 > s.n || offset & 0x0e)
		return -1;
	return 3 + 1 + sum;
}

static int weigh_udp(const struct packet *p, struct span s)
{
	struct reader r = reader_of(s);
	read_u32(&r);
	uint16_t length = read_u16(&r), checksum = read_u16(&r);
	if (r.bad || length != s.n)
		return -1;
	int sum = checksum ? weigh_sum(p, PROTOCOL_UDP, s) : 0;
	return sum < 0 ? -1 : 16 + sum;
}

static int weigh_icmp(const struct packet *p, uint8_t protocol, struct span s)
{
	const char *name = !s.n ? NULL : protocol == PROTOCOL_ICMP ? icmp_type_name(s.p[0]) :
								      icmpv6_type_name(s.p[0]);
	int sum = s.n < 4 || !name ? -1 : weigh_sum(p, protocol, s);
	return sum < 0 ? -1 : 4 + sum;
}

static int weigh_payload(const struct packet *p, uint8_t next_header, struct span s)
{
	switch (next_header) {
	case PROTOCOL_IPV4: return weigh_ipv4(s);
	case PROTOCOL_IPV6: return weigh_ipv6(s);
	case PROTOCOL_TCP: return weigh_tcp(p, s);
	case PROTOCOL_UDP: return weigh_udp(p, s);
	case PROTOCOL_ICMP:
	case PROTOCOL_ICMPV6: return weigh_icmp(p, next_header, s);
	default: return -1;
	}
}

/* What would have been protected, were it the guess; empty: it cannot be. */
static struct span plain_of(const struct layer *l, unsigned guess)
{
	struct reader r = reader_of(l->octets);
	read_span(&r, (size_t)ESP_HEADER + guesses[guess].iv);
	read_end_span(&r, guesses[guess].icv);
	struct span plain = read_rest(&r);
	return r.bad || plain.n < ESP_TRAILER || plain.n % 4 ? span_of(NULL, 0) : plain;
}

/* Six next headers of 256, the pad length and what it promises, the payload.
 * 0: not a sign. */
static unsigned weigh(const struct packet *p, struct span plain)
{
	if (!plain.n || !esp_plausible(plain))
		return 0;
	struct reader r = reader_of(plain);
	uint8_t next_header = read_end_u8(&r), pad = read_end_u8(&r);
	read_end_span(&r, pad);
	int payload = weigh_payload(p, next_header, read_rest(&r));
	return payload < 0 ? 0 : 5 + 8 * (1u + (pad < 4 ? pad : 4)) + (unsigned)payload;
}

/* ---- what is known of an SA ---- */

static struct guessed *guessed_of(struct esp_nulls *n, uint32_t spi, const struct addr *dst)
{
	uint32_t h = spi * 2654435761u;
	for (size_t i = 0; i < sizeof dst->b; i++)
		h = (h ^ dst->b[i]) * 0x01000193u;
	struct guessed *g = &n->sas[(h ^ h >> 12) % ESP_NULLS];
	if (g->spi != spi || !addr_equal(&g->dst, dst))
		*g = (struct guessed){ .spi = spi, .dst = *dst };
	return g;
}

static void count_miss(struct guessed *g)
{
	g->misses++;
	if (g->verdict == VERDICT_OPEN && g->misses == MISSES_ENCRYPTED) {
		g->verdict = VERDICT_ENCRYPTED;
	} else if ((g->verdict == VERDICT_NULL && g->misses == MISSES_WRONG) ||
		   g->misses == MISSES_AGAIN) {
		g->verdict = VERDICT_OPEN;
		g->misses = 0;
		g->bits = 0;
	}
}

/* Does what was decided fit this packet too? Or does it decide? */
static bool decide(const struct packet *p, const struct layer *l, struct guessed *g)
{
	unsigned best = 0, bits = 0;
	if (g->verdict == VERDICT_ENCRYPTED)
		return false;
	if (g->verdict == VERDICT_NULL)
		return esp_plausible(plain_of(l, g->guess));
	for (unsigned i = 0; i < GUESSES; i++) {
		unsigned found = weigh(p, plain_of(l, i));
		if (found > bits) {
			best = i;
			bits = found;
		}
	}
	if (bits == 0)
		return false;
	g->bits = bits + (g->guess == best ? g->bits : 0);
	g->guess = (uint8_t)best;
	g->misses = 0;
	if (g->bits >= BITS_ENOUGH)
		g->verdict = VERDICT_NULL;
	return g->verdict == VERDICT_NULL;
}

static void open_packet(struct wire *w, struct packet *p, struct layer *l, unsigned guess)
{
	struct span plain = plain_of(l, guess);
	struct cipher_job job = { .text = plain, .out = (uint8_t *)(uintptr_t)plain.p };
	l->esp->key = &w->nulls->keys[guess];
	l->esp->iv_size = guesses[guess].iv;
	l->esp->icv_size = guesses[guess].icv;
	packet_finding(p, SEVERITY_NOTE, NULL, l->offset,
		       "no key: read as not encrypted, with an ICV of %u octets that is not "
		       "checked; a guess from what it looks like (RFC 5879)", guesses[guess].icv);
	if (!p->copy_of)
		w->counts.unchecked++;
	esp_inside(p, l, &job);
}

bool esp_null_open(struct wire *w, struct packet *p)
{
	struct layer *l = &p->layers[p->layer_count - 1];
	const struct layer *ip = packet_ip(p);
	if (l->type->kind != LAYER_ESP || !ip)
		return false;
	struct guessed *g = guessed_of(w->nulls, l->esp->spi, &ip->ip->dst);
	bool open = decide(p, l, g);
	if (open) {
		g->misses = 0;
		open_packet(w, p, l, g->guess);
	} else {
		count_miss(g);
	}
	return open;
}
