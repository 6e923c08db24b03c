/* SPDX-License-Identifier: BSD-2-Clause
 * IKE and ESP in TCP, RFC 9329: streams laid out by its diagrams (sections 3 and
 * 4), cut into segments in every way. The ESP packets are those of
 * tests/make_sealed.py. No dissector that could tell otherwise reads this format. */
#include "ipsec/wire/layers_testing.h"
#include "ipsec/wire/protect_testing.h"
#include "ipsec/wire/tcp_stream.h"

enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, ISN = 0xfffffff0u };

/* Sizes of the pieces: prefix, an IKE message, an ESP message ("gcm 1"), each
 * with its length. */
enum { PRE = 6, IKE = 2 + 4 + 28, ESP = 2 + 52 };

#define IKE_MESSAGE "0022" "00000000" "0102030405060708" "0000000000000000" \
		    "00202208" "00000000" "0000001c"

struct flow {
	struct path *t;
	uint16_t port;		/* the responder's */
	uint8_t tos;
	struct text text;
};

/* The words of a stream: their octets. */
static struct span words(struct path *t, const char *s)
{
	static const struct { const char *word, *hex; } pieces[] = {
		{ "prefix", "494b45544350" },
		{ "ike", IKE_MESSAGE },
		{ "bare", "001e" "0102030405060708" "0000000000000000" "00202208" "00000000"
			  "0000001c" },
		{ "skf", "0022" "00000000" "0102030405060708" "0000000000000000" "35202308"
			 "00000001" "0000001c" },
		{ "keepalive", "0003ff" }, { "empty", "0002" }, { "zero", "0000" }, { "one", "0001" },
		{ "short", "0004" "0102" },
		{ "http", "474554202f20485454502f312e310d0a0d0a" },
	};
	uint8_t *b = arena_alloc(&t->store.arena, 8192);
	struct writer w = writer_of(b, 8192);
	for (size_t n; *s; s += n + (s[n] == ' ')) {
		n = strcspn(s, " ");
		size_t i = 0;
		while (i < COUNT(pieces) && !span_is_word(span_of(s, n), pieces[i].word))
			i++;
		if (i < COUNT(pieces)) {
			uint8_t octets[64];
			size_t size = strlen(pieces[i].hex) / 2;
			ck_assert(span_unhex(span_text(pieces[i].hex), octets, size));
			write_span(&w, span_of(octets, size));
			continue;
		}
		/* esp1, esp2 ...: the sealed packet of that number; "esp" and more octets */
		const char *name = arena_printf(&t->store.arena, "gcm %.*s", (int)n - 3, s + 3);
		struct span esp = span_from(path_packet(t, span_text(name)), 20);
		write_u16(&w, (uint16_t)(esp.n + 2));
		write_span(&w, esp);
	}
	ck_assert(!w.bad);
	return writer_span(&w);
}

/* One segment of the connection 192.0.2.1:40000 > 192.0.2.2:port, or back. */
static struct span segment(struct flow *f, char way, uint32_t seq, uint8_t flags, struct span data)
{
	size_t n = 40 + data.n;
	struct writer w = writer_of(arena_alloc(&f->t->arena, n), n);
	write_u8(&w, 0x45);
	write_u8(&w, f->tos);
	write_u16(&w, (uint16_t)n);
	write_u32(&w, 0x00070000);
	write_u32(&w, 0x40060000);
	write_u32(&w, way == '>' ? 0xc0000201 : 0xc0000202);
	write_u32(&w, way == '>' ? 0xc0000202 : 0xc0000201);
	write_u16(&w, way == '>' ? 40000 : f->port);
	write_u16(&w, way == '>' ? f->port : 40000);
	write_u32(&w, seq);
	write_u32(&w, 0);
	write_u16(&w, (uint16_t)(0x5000 | flags));
	write_u16(&w, 1024);
	write_u32(&w, 0);
	write_span(&w, data);
	return writer_span(&w);
}

/* What became of the last frame: "ipv4 tcp [tcp_message esp:good:new icmp] [...]". */
static const char *said(struct flow *f)
{
	const struct packet *p = &f->t->packets[0];
	f->t->text.n = 0;
	for (const struct packet *q = p; q; q = packet_after(p, q)) {
		text_add(&f->t->text, q->outer ? " [" : "");
		for (uint32_t k = q->inner_from; k < q->layer_count; k++) {
			if (path_is_echo_data(q, k))
				continue;
			text_add(&f->t->text, k > q->inner_from ? " " : "");
			path_say_layer(f->t, &q->layers[k]);
		}
		text_add(&f->t->text, q->outer ? "]" : "");
	}
	text_char(&f->t->text, '\0');
	return f->t->text.p;
}

static void give(struct flow *f, struct span octets, size_t captured)
{
	path_parse(f->t, octets, captured);
	path_finish(f->t);
}

/* The first finding with these words in the last frame or in one inside of it. */
static const struct finding *find(const struct flow *f, const char *some)
{
	const struct packet *p = &f->t->packets[0];
	for (const struct packet *q = p; q; q = packet_after(p, q))
		for (const struct finding *g = q->findings.first; g; g = g->next)
			if (strstr(g->text, some) ||
			    (g->requirement && strcmp(g->requirement, some) == 0))
				return g;
	return NULL;
}

struct step {
	char way;		/* '>' from the originator; 0: the end */
	uint8_t flags;
	unsigned from, to;	/* octets of that way's stream */
	const char *result, *finding;
	const char *frames;	/* reassembled from */
};

static const struct scenario {
	const char *name, *out, *back;
	uint16_t port;
	uint8_t tos;
	struct step steps[8];
} scenarios[] = {
	{ "one message a segment", "prefix ike esp1", "ike esp2", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '<', SYN | ACK, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + IKE, "ipv4 tcp iketcp tcp_message marker ike", NULL, NULL },
		{ '<', ACK, 0, IKE, "ipv4 tcp tcp_message marker ike", NULL, NULL },
		{ '>', ACK, PRE + IKE, PRE + IKE + ESP, "ipv4 tcp tcp_message esp:good:new icmp", NULL,
		  NULL },
		{ '<', ACK, IKE, IKE + ESP, "ipv4 tcp tcp_message esp:good:new icmp", NULL, NULL },
	} },
	{ "several in one segment", "prefix ike esp1 esp2 esp3", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + IKE + 3 * ESP, "ipv4 tcp iketcp [tcp_message marker ike] "
		  "[tcp_message esp:good:new icmp] [tcp_message esp:good:new icmp] "
		  "[tcp_message esp:good:new icmp]", NULL, NULL },
	} },
	{ "another port, no SYN", "prefix ike esp1", "ike", 443, 0, {
		{ '>', ACK, 0, PRE + IKE, "ipv4 tcp iketcp tcp_message marker ike", NULL, NULL },
		{ '>', ACK, PRE + IKE, PRE + IKE + ESP, "ipv4 tcp tcp_message esp:good:new icmp", NULL,
		  NULL },
	} },
	{ "RFC9329-6.1-02: the prefix in pieces", "prefix ike", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, 1, "ipv4 tcp data", NULL, NULL },
		{ '>', ACK, 1, 4, "ipv4 tcp data", NULL, NULL },
		{ '>', ACK, 4, 6, "ipv4 tcp iketcp", NULL, "2 3 4" },
		{ '>', ACK, 6, 10, "ipv4 tcp data", NULL, NULL },
		{ '>', ACK, 10, 40, "ipv4 tcp tcp_message marker ike", NULL, "5 6" },
	} },
	{ "over segments", "prefix esp1 esp2 esp3", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + 20, "ipv4 tcp iketcp", NULL, NULL },
		{ '>', ACK, PRE + 20, PRE + 2 * ESP - 1, "ipv4 tcp tcp_message esp:good:new icmp",
		  NULL, "2 3" },
		{ '>', ACK, PRE + 2 * ESP - 1, PRE + 3 * ESP, "ipv4 tcp [tcp_message esp:good:new icmp] "
		  "[tcp_message esp:good:new icmp]", NULL, "3 4" },
	} },
	{ "out of order", "prefix esp1 esp2 esp3", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, PRE + 2 * ESP, PRE + 3 * ESP, "ipv4 tcp data", NULL, NULL },
		{ '>', ACK, PRE + 60, PRE + 2 * ESP, "ipv4 tcp data", NULL, NULL },
		{ '>', ACK, 0, PRE + 60, "ipv4 tcp iketcp [tcp_message esp:good:new icmp] "
		  "[tcp_message esp:good:new icmp] [tcp_message esp:good:new icmp]", NULL, "2 3 4" },
	} },
	{ "sent again", "prefix esp1 esp2", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + ESP, "ipv4 tcp iketcp tcp_message esp:good:new icmp", NULL, NULL },
		{ '>', ACK, 0, PRE + ESP, "ipv4 tcp data", "that came before", NULL },
		{ '>', ACK, PRE, PRE + 2 * ESP, "ipv4 tcp tcp_message esp:good:new icmp", NULL, NULL },
		{ '>', ACK, PRE + 20, PRE + 80, "ipv4 tcp data", "that came before", NULL },
	} },
	{ "a lost segment", "prefix esp1 esp2 esp3 ike", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + ESP, "ipv4 tcp iketcp tcp_message esp:good:new icmp", NULL, NULL },
		{ '>', ACK, PRE + 2 * ESP, PRE + 3 * ESP, "ipv4 tcp data", NULL, NULL },
		{ '>', ACK | FIN, PRE + 3 * ESP, PRE + 3 * ESP + IKE, "ipv4 tcp data",
		  "the connection ends within a message", NULL },
	} },
	{ "from the middle", "esp1 ike esp2 ike", "", 4500, 0, {
		{ '>', ACK, 10, ESP, "ipv4 tcp data", "no message of RFC 9329 begins here", NULL },
		{ '>', ACK, ESP, ESP + IKE, "ipv4 tcp tcp_message marker ike", NULL, NULL },
		{ '>', ACK, ESP + IKE, ESP + IKE + ESP, "ipv4 tcp tcp_message esp:good:new icmp", NULL,
		  NULL },
	} },
	{ "from the middle, ESP", "esp1 esp2 keepalive", "", 4500, 0, {
		{ '>', ACK, 0, 2 * ESP + 3, "ipv4 tcp [tcp_message esp:good:new icmp] "
		  "[tcp_message esp:good:new icmp] [tcp_message keepalive]", NULL, NULL },
	} },
	{ "RFC9329-4-01: no prefix", "ike", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, IKE, "ipv4 tcp tcp_message marker ike", "RFC9329-4-01", NULL },
	} },
	{ "RFC9329-6.1-03: prefix of the responder", "prefix ike", "prefix ike", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '<', SYN | ACK, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + IKE, "ipv4 tcp iketcp tcp_message marker ike", NULL, NULL },
		{ '<', ACK, 0, PRE + IKE, "ipv4 tcp iketcp tcp_message marker ike", "RFC9329-6.1-03",
		  NULL },
	} },
	{ "RFC9329-3.1-02: length 0", "prefix ike zero ike", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + IKE + 2, "ipv4 tcp iketcp tcp_message marker ike", "RFC9329-3.1-02",
		  NULL },
		{ '>', ACK, PRE + IKE + 2, PRE + IKE + 2 + IKE, "ipv4 tcp data", NULL, NULL },
	} },
	{ "RFC9329-3.1-02: length 1", "prefix one", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + 2, "ipv4 tcp iketcp", "RFC9329-3.1-02", NULL },
	} },
	{ "RFC9329-3-02: empty", "prefix empty ike", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + 2 + IKE, "ipv4 tcp iketcp tcp_message marker ike",
		  "1 empty message in TCP", NULL },
	} },
	{ "RFC9329-6.6-01: keepalive", "prefix keepalive", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + 3, "ipv4 tcp iketcp tcp_message keepalive", "RFC9329-6.6-01", NULL },
	} },
	{ "RFC9329-3.1-01: no marker", "prefix bare", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + 30, "ipv4 tcp iketcp tcp_message ike", "RFC9329-3.1-01", NULL },
	} },
	{ "RFC9329-7.5-01: a fragment", "prefix skf", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + IKE, "ipv4 tcp iketcp tcp_message marker ike", "RFC9329-7.5-01",
		  NULL },
	} },
	{ "RFC9329-9.5-01: ECN", "prefix ike", "", 4500, 2, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + IKE, "ipv4 tcp iketcp tcp_message marker ike", "RFC9329-9.5-01",
		  NULL },
	} },
	{ "neither marker nor ESP", "prefix short", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + 4, "ipv4 tcp iketcp tcp_message data", "a message of 2 octets",
		  NULL },
	} },
	{ "something else", "http http", "http", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '<', SYN | ACK, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, 18, "ipv4 tcp data", "this TCP stream is not read", NULL },
		{ '>', ACK, 18, 36, "ipv4 tcp data", NULL, NULL },
		{ '<', ACK, 0, 18, "ipv4 tcp data", "this TCP stream is not read", NULL },
	} },
	{ "another port, no prefix", "ike", "", 443, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, IKE, "ipv4 tcp data", NULL, NULL },
	} },
	{ "a new connection of the same ports", "prefix esp1", "", 4500, 0, {
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + 20, "ipv4 tcp iketcp", NULL, NULL },
		{ '>', RST, PRE + 20, PRE + 20, "ipv4 tcp", "within a message, of which 20 octets", NULL },
		{ '>', SYN, 0, 0, "ipv4 tcp", NULL, NULL },
		{ '>', ACK, 0, PRE + ESP, "ipv4 tcp iketcp tcp_message esp:good:new icmp", NULL, NULL },
	} },
};

static struct flow flow_new(uint16_t port)
{
	return (struct flow){ .t = path_new(NULL, 0, 0), .port = port };
}

static void check_frames(const struct packet *p, const char *name, const char *frames)
{
	char text[64] = "";
	for (uint32_t i = 0; i < p->reassembled_count; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%llu", i ? " " : "",
			 (unsigned long long)p->reassembled_from[i]);
	ck_assert_msg(strcmp(text, frames ? frames : "") == 0, "%s: from %s", name, text);
}

START_TEST(test_scenario)
{
	const struct scenario *s = &scenarios[_i];
	struct flow f = flow_new(s->port);
	f.tos = s->tos;
	struct span out = words(f.t, s->out), back = words(f.t, s->back);
	for (const struct step *k = s->steps; k < s->steps + COUNT(s->steps) && k->way; k++) {
		struct span all = k->way == '>' ? out : back;
		uint32_t seq = k->flags & SYN ? ISN : ISN + 1 + k->from;
		ck_assert_msg(k->to <= all.n, "%s: %u of %zu", s->name, k->to, all.n);
		path_begin(f.t);
		struct span octets = segment(&f, k->way, seq, k->flags,
					     span_part(span_from(all, k->from), 0, k->to - k->from));
		give(&f, octets, octets.n);
		ck_assert_msg(strcmp(said(&f), k->result) == 0, "%s, %u: %s", s->name, k->from,
			      f.t->text.p);
		if (k->finding)
			ck_assert_msg(find(&f, k->finding) != NULL, "%s, %u: no finding", s->name,
				      k->from);
		check_frames(&f.t->packets[0], s->name, k->frames);
	}
	path_free(f.t);
}
END_TEST

/* The finding's place, and that of a message's layers, is in the frame; a packet
 * inside has the layers below as its own. */
START_TEST(test_places)
{
	struct flow f = flow_new(4500);
	path_begin(f.t);
	struct span octets = segment(&f, '>', 1, ACK, words(f.t, "prefix esp1 keepalive esp2"));
	give(&f, octets, octets.n);
	const struct packet *p = &f.t->packets[0], *q = p->inner;
	ck_assert_uint_eq(p->inner_count, 3);
	ck_assert_uint_eq(q->inner_from, 3);
	ck_assert(q->layers[0].type->kind == LAYER_IPV4 && q->layers[1].type->kind == LAYER_TCP);
	ck_assert(q->ip == &q->layers[0] && q->outer == p);
	ck_assert_uint_eq(q->layers[3].offset, 40 + PRE);
	ck_assert_uint_eq(q->layers[4].octets.n, ESP - 2);
	ck_assert(addr_equal(&q->layers[4].esp->sa->dst, &p->ip->ip->dst));
	q = q->inner_next;
	ck_assert_uint_eq(q->findings.first->layer, 3);
	ck_assert_uint_eq(q->findings.first->offset, 40 + PRE + ESP + 2);
	ck_assert_ptr_null(p->findings.first);
	ck_assert_uint_eq(wire_counts(f.t->wire)->frames, 1);
	ck_assert_uint_eq(wire_counts(f.t->wire)->deviations, 1);
	ck_assert_uint_eq(wire_counts(f.t->wire)->good, 2);
	path_free(f.t);
}
END_TEST

/* However the stream is cut in two, and in whatever order both come. */
START_TEST(test_every_cut)
{
	for (unsigned cut = 1; cut < PRE + IKE + 2 * ESP; cut++)
		for (unsigned turned = 0; turned < 2; turned++) {
			struct flow f = flow_new(4500);
			struct span all = words(f.t, "prefix ike esp1 esp2");
			path_begin(f.t);
			give(&f, segment(&f, '>', ISN, SYN, span_of(NULL, 0)), 40);
			for (unsigned k = 0; k < 2; k++) {
				unsigned from = k != turned ? cut : 0, to = k != turned ? (unsigned)all.n : cut;
				path_begin(f.t);
				give(&f, segment(&f, '>', ISN + 1 + from, ACK,
						 span_part(span_from(all, from), 0, to - from)),
				     40 + to - from);
			}
			ck_assert_msg(wire_counts(f.t->wire)->good == 2 && wire_counts(f.t->wire)->ike == 1,
				      "cut at %u: %s", cut, said(&f));
			path_free(f.t);
		}
}
END_TEST

/* Octet by octet: more pieces than are kept. */
START_TEST(test_octets)
{
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix esp1 esp2 ike");
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN, SYN, span_of(NULL, 0)), 40);
	for (unsigned i = 0; i < all.n; i++) {
		path_begin(f.t);
		give(&f, segment(&f, '>', ISN + 1 + i, ACK, span_part(span_from(all, i), 0, 1)), 41);
	}
	ck_assert_uint_eq(wire_counts(f.t->wire)->good, 2);
	ck_assert_uint_eq(wire_counts(f.t->wire)->ike, 1);
	/* A message of more octets than there are places for pieces. */
	uint8_t *b = arena_alloc(&f.t->store.arena, 200);
	memcpy(b, "\0\310\0\1\0\0", 6);
	for (unsigned i = 0; i < 200; i++) {
		path_begin(f.t);
		give(&f, segment(&f, '>', ISN + 1 + (uint32_t)all.n + i, ACK, span_of(b + i, 1)), 41);
	}
	ck_assert_str_eq(said(&f), "ipv4 tcp tcp_message esp:unchecked");
	ck_assert_uint_eq(f.t->packets[0].reassembled_count, PACKET_FROM_MAX);
	path_free(f.t);
}
END_TEST

/* The octets that came first stay, and it is told. */
START_TEST(test_overlap)
{
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix esp1");
	uint8_t *other = arena_alloc(&f.t->store.arena, all.n);
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN, SYN, span_of(NULL, 0)), 40);
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN + 1 + 10, ACK, span_part(span_from(all, 10), 0, 40)), 80);
	memcpy(other, all.p, all.n);
	other[30] ^= 1;
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN + 1, ACK, span_of(other, all.n)), 40 + all.n);
	ck_assert_str_eq(said(&f), "ipv4 tcp iketcp tcp_message esp:good:new icmp");
	ck_assert(find(&f, "came twice and differ") != NULL);
	path_free(f.t);
}
END_TEST

/* Captures with a snap length: what is there of a message is shown, and the next
 * segment is read again. */
START_TEST(test_cut)
{
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix esp1 esp2");
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN, SYN, span_of(NULL, 0)), 40);
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN + 1, ACK, span_part(all, 0, PRE + ESP)), 60);
	ck_assert_str_eq(said(&f), "ipv4 tcp iketcp tcp_message esp:unchecked");
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN + 1 + PRE + ESP, ACK, span_from(all, PRE + ESP)), 40 + ESP);
	ck_assert_str_eq(said(&f), "ipv4 tcp tcp_message esp:good:new icmp");
	ck_assert_uint_eq(path_violations(f.t), 0);
	/* Of two messages the first is whole. */
	all = words(f.t, "esp3 esp6");
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN + 1 + PRE + 2 * ESP, ACK, all), 40 + ESP + 20);
	ck_assert_str_eq(said(&f), "ipv4 tcp [tcp_message esp:good:new icmp] "
			 "[tcp_message esp:unchecked]");
	path_free(f.t);
}
END_TEST

/* A hole that is never filled: more than 128 KiB later reading begins anew. */
START_TEST(test_gap)
{
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix esp1 esp2");
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN, SYN, span_of(NULL, 0)), 40);
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN + 1, ACK, span_part(all, 0, PRE + ESP)), 40 + PRE + ESP);
	path_begin(f.t);
	give(&f, segment(&f, '>', ISN + 1 + 140000, ACK, span_from(all, PRE + ESP)), 40 + ESP);
	ck_assert_str_eq(said(&f), "ipv4 tcp tcp_message esp:good:new icmp");
	ck_assert(find(&f, "messages are looked for anew") != NULL);
	path_free(f.t);
}
END_TEST

/* RFC9329-3-01: ESP larger than in UDP; IKE may be as large as it needs. */
START_TEST(test_large)
{
	static const struct { uint16_t length; uint8_t first; bool found; } rows[] = {
		{ 1601, 1, true }, { 1600, 1, false }, { 3000, 0, false }, { 65535, 1, true },
	};
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct flow f = flow_new(4500);
		size_t n = PRE + rows[i].length;
		uint8_t *b = arena_alloc(&f.t->store.arena, n);
		memcpy(b, "IKETCP", PRE);
		b[PRE] = (uint8_t)(rows[i].length >> 8);
		b[PRE + 1] = (uint8_t)rows[i].length;
		b[PRE + 2] = rows[i].first;
		for (size_t at = 0; at < n; at += 30000) {
			size_t size = n - at < 30000 ? n - at : 30000;
			path_begin(f.t);
			give(&f, segment(&f, '>', 1 + (uint32_t)at, ACK, span_of(b + at, size)),
			     40 + size);
		}
		const char *said_last = said(&f);
		ck_assert_msg(strstr(said_last, rows[i].first ? "tcp_message esp" :
				     "tcp_message marker ike") != NULL, "%s", said_last);
		ck_assert_msg((find(&f, "RFC9329-3-01") != NULL) == rows[i].found, "%u",
			      rows[i].length);
		path_free(f.t);
	}
}
END_TEST

/* ---- floods ---- */

/* Many connections: memory stays bounded, the oldest is given up with a note. */
START_TEST(test_streams)
{
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix esp1"), rest = words(f.t, "esp2");
	unsigned notes = 0;
	for (unsigned n = 0; n < 3 * TCP_STREAMS; n++) {
		f.port = (uint16_t)(1000 + n);
		path_begin(f.t);
		give(&f, segment(&f, '>', 1, ACK, all), 40 + all.n);
		ck_assert_str_eq(said(&f), n ? "ipv4 tcp iketcp tcp_message esp:good:duplicate icmp" :
				 "ipv4 tcp iketcp tcp_message esp:good:new icmp");
		notes += find(&f, "256 TCP streams are followed") != NULL;
	}
	ck_assert_uint_eq(notes, 2 * TCP_STREAMS);
	/* The last ones are still there. */
	f.port = (uint16_t)(1000 + 2 * TCP_STREAMS);
	path_begin(f.t);
	give(&f, segment(&f, '>', 1 + (uint32_t)all.n, ACK, rest), 40 + rest.n);
	ck_assert_str_eq(said(&f), "ipv4 tcp tcp_message esp:good:new icmp");
	path_free(f.t);
}
END_TEST

/* Connections that only open do not push out one that carries messages. */
START_TEST(test_opened)
{
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix esp1 esp2");
	path_begin(f.t);
	give(&f, segment(&f, '>', 1, ACK, span_part(all, 0, PRE + ESP + 20)), 40 + PRE + ESP + 20);
	for (unsigned n = 0; n < 3 * TCP_STREAMS; n++) {
		struct span syn;
		path_begin(f.t);
		syn = segment(&f, '>', 1, SYN, span_of(NULL, 0));
		((uint8_t *)(uintptr_t)syn.p)[20] = (uint8_t)(n >> 8);
		((uint8_t *)(uintptr_t)syn.p)[21] = (uint8_t)n;
		give(&f, syn, 40);
		ck_assert_uint_eq(f.t->packets[0].findings.count, 0);
	}
	path_begin(f.t);
	give(&f, segment(&f, '>', 1 + PRE + ESP + 20, ACK, span_from(all, PRE + ESP + 20)),
	     40 + ESP - 20);
	ck_assert_str_eq(said(&f), "ipv4 tcp tcp_message esp:good:new icmp");
	path_free(f.t);
}
END_TEST

/* `count` copies of a message behind the prefix, and one ESP message. */
static struct span many(struct flow *f, const char *word, unsigned count)
{
	struct span one = words(f->t, word), last = words(f->t, "esp1");
	size_t n = PRE + count * one.n + last.n;
	struct writer w = writer_of(arena_alloc(&f->t->store.arena, n), n);
	write_octets(&w, "IKETCP", PRE);
	for (unsigned i = 0; i < count; i++)
		write_span(&w, one);
	write_span(&w, last);
	ck_assert(!w.bad);
	return writer_span(&w);
}

/* RFC9329-3-02: tens of thousands of empty messages cost one note. */
START_TEST(test_empty_messages)
{
	struct flow f = flow_new(4500);
	struct span all = many(&f, "empty", 30000);
	path_begin(f.t);
	give(&f, segment(&f, '>', 1, ACK, all), 40 + all.n);
	ck_assert_str_eq(said(&f), "ipv4 tcp iketcp tcp_message esp:good:new icmp");
	ck_assert_ptr_null(f.t->packets[0].inner);
	ck_assert_uint_eq(f.t->packets[0].findings.count, 1);
	ck_assert(find(&f, "30000 empty messages in TCP") != NULL);
	path_free(f.t);
}
END_TEST

/* Thousands of small messages in one segment: a bounded number of packets at a
 * time, the others with the next segments, and it is told. */
START_TEST(test_small_messages)
{
	enum { MESSAGES = 5000 };
	struct flow f = flow_new(4500);
	struct span all = many(&f, "keepalive", MESSAGES), one = words(f.t, "keepalive");
	path_begin(f.t);
	give(&f, segment(&f, '>', 1, ACK, all), 40 + all.n);
	ck_assert_uint_eq(f.t->packets[0].inner_count, PACKET_INNER_MAX);
	ck_assert(find(&f, "more than 1024 messages in this TCP segment: the 11982 octets") != NULL);
	unsigned seen = PACKET_INNER_MAX;
	uint32_t seq = 1 + (uint32_t)all.n;
	for (unsigned i = 0; i < 4; i++, seq += 3) {
		path_begin(f.t);
		give(&f, segment(&f, '>', seq, i < 3 ? ACK : ACK | FIN, one), 43);
		ck_assert((find(&f, "more than 1024 messages") != NULL) == (i < 3));
		ck_assert_ptr_null(find(&f, "the connection ends"));
		seen += f.t->packets[0].inner_count;
	}
	ck_assert_uint_eq(seen, MESSAGES + 1 + 4);
	ck_assert_uint_eq(wire_counts(f.t->wire)->good, 1);
	path_free(f.t);
}
END_TEST

/* ... and if none comes, that is told too. */
START_TEST(test_small_messages_closed)
{
	struct flow f = flow_new(4500);
	struct span all = many(&f, "keepalive", 1100);
	path_begin(f.t);
	give(&f, segment(&f, '>', 1, ACK | FIN, all), 40 + all.n);
	ck_assert(find(&f, "octets of messages were not read") != NULL);
	path_free(f.t);
}
END_TEST

/* Segments as large as offloading makes them, each but the first behind half a
 * message: all messages are there. */
START_TEST(test_large_segments)
{
	enum { MESSAGES = 200, LENGTH = 1400, SEGMENT = 65000 };
	struct flow f = flow_new(4500);
	size_t n = PRE + MESSAGES * LENGTH;
	struct writer w = writer_of(arena_alloc(&f.t->store.arena, n), n);
	write_octets(&w, "IKETCP", PRE);
	for (uint32_t i = 0; i < MESSAGES; i++) {
		write_u16(&w, LENGTH);
		write_u32(&w, 0x7000);
		write_u32(&w, i + 1);
		write_zeros(&w, LENGTH - 10);
	}
	ck_assert(!w.bad);
	for (size_t at = 0; at < n; at += SEGMENT) {
		struct span s = span_part(span_from(writer_span(&w), at), 0, SEGMENT);
		path_begin(f.t);
		give(&f, segment(&f, '>', 1 + (uint32_t)at, ACK, s), 40 + s.n);
		ck_assert_ptr_null(find(&f, "messages are looked for anew"));
	}
	ck_assert_uint_eq(wire_counts(f.t->wire)->esp, MESSAGES);
	path_free(f.t);
}
END_TEST

/* A message of length 0x494b with SPI 0x45544350 begins like the prefix. */
START_TEST(test_like_prefix)
{
	enum { LENGTH = 0x494b };
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix ike");
	uint8_t *b = arena_alloc(&f.t->store.arena, LENGTH);
	memcpy(b, "IKETCP", PRE);
	path_begin(f.t);
	give(&f, segment(&f, '>', 1, ACK, all), 40 + all.n);
	path_begin(f.t);
	give(&f, segment(&f, '>', 1 + (uint32_t)all.n, ACK, span_of(b, LENGTH)), 40 + LENGTH);
	ck_assert_str_eq(said(&f), "ipv4 tcp tcp_message esp:unchecked");
	ck_assert_uint_eq(f.t->packets[0].layers[3].esp->spi, 0x45544350);
	path_free(f.t);
}
END_TEST

/* With a snap length, segments that are old or early move nothing. */
START_TEST(test_cut_in_turn)
{
	for (unsigned early = 0; early < 2; early++) {
		struct flow f = flow_new(4500);
		struct span all = words(f.t, "prefix esp1 esp2 esp3");
		enum { HALF = PRE + ESP + 20 };
		path_begin(f.t);
		give(&f, segment(&f, '>', ISN, SYN, span_of(NULL, 0)), 40);
		path_begin(f.t);
		give(&f, segment(&f, '>', ISN + 1, ACK, span_part(all, 0, HALF)), 40 + HALF);
		unsigned from = early ? PRE + 2 * ESP : 0;
		path_begin(f.t);
		give(&f, segment(&f, '>', ISN + 1 + from, ACK, span_part(span_from(all, from), 0, ESP)),
		     40 + 20);
		path_begin(f.t);
		give(&f, segment(&f, '>', ISN + 1 + HALF, ACK, span_part(span_from(all, HALF), 0, ESP - 20)),
		     40 + ESP - 20);
		ck_assert_msg(strcmp(said(&f), "ipv4 tcp tcp_message esp:good:new icmp") == 0, "%u: %s",
			      early, f.t->text.p);
		path_free(f.t);
	}
}
END_TEST

/* Random segments of random streams: every octet spoiled, in any order. */
START_TEST(test_noise)
{
	struct flow f = flow_new(4500);
	struct span all = words(f.t, "prefix ike esp1 keepalive esp2 empty skf esp3 bare ike esp6");
	uint8_t *b = arena_alloc(&f.t->store.arena, all.n);
	uint64_t x = 88172645463325252u;	/* xorshift64 */
	for (unsigned n = 0; n < 50000; n++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		unsigned from = (unsigned)(x % all.n), size = (unsigned)(x >> 16) % (unsigned)all.n;
		if (size > all.n - from)
			size = (unsigned)all.n - from;
		memcpy(b, all.p, all.n);
		if (x >> 40 & 1)
			b[from + (x >> 32) % (all.n - from)] ^= (uint8_t)(x >> 48);
		f.port = (uint16_t)(x >> 41 & 3 ? 4500 : 4501 + n % 512);
		uint8_t flags = (x >> 44 & 15) == 0 ? SYN : (x >> 44 & 31) == 1 ? FIN : ACK;
		size_t captured = 40 + size - (x >> 50 & 7 ? 0 : size / 2);
		uint32_t far = (x >> 54 & 63) == 0 ? (uint32_t)x : 0;
		path_begin(f.t);
		give(&f, segment(&f, x >> 53 & 1 ? '>' : '<', 1 + from + far, flags,
				 span_of(b + from, size)), captured);
		const struct packet *p = &f.t->packets[0];
		for (const struct packet *q = p; q; q = packet_after(p, q))
			for (uint32_t i = 0; i < q->layer_count; i++) {
				const struct layer *l = &q->layers[i];
				struct span o = q->buffers[l->buffer].octets;
				ck_assert(l->offset <= o.n && l->whole.n <= o.n - l->offset);
			}
	}
	path_free(f.t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tcp_encap");
	TCase *t = tcase_create("tcp_encap");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, test_scenario, 0, COUNT(scenarios));
	tcase_add_test(t, test_places);
	tcase_add_test(t, test_every_cut);
	tcase_add_test(t, test_octets);
	tcase_add_test(t, test_overlap);
	tcase_add_test(t, test_cut);
	tcase_add_test(t, test_gap);
	tcase_add_test(t, test_large);
	tcase_add_test(t, test_streams);
	tcase_add_test(t, test_opened);
	tcase_add_test(t, test_empty_messages);
	tcase_add_test(t, test_small_messages);
	tcase_add_test(t, test_small_messages_closed);
	tcase_add_test(t, test_large_segments);
	tcase_add_test(t, test_like_prefix);
	tcase_add_test(t, test_cut_in_turn);
	tcase_add_test(t, test_noise);
	suite_add_tcase(s, t);
	return testing_run(s);
}
