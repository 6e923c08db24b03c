/* SPDX-License-Identifier: BSD-2-Clause
 * IKE and ESP in TCP, RFC 9329: the prefix "IKETCP" at the beginning of what the
 * originator sends, then messages in both directions, each behind its length.
 * Streams to or from port 4500 (and the extra ports of the options) are looked
 * at, and those of any port that begin with the prefix. Where the beginning of a
 * stream is not in the capture, or octets of it are missing, reading goes on with
 * the next segment that begins with a message. Streams inside of TLS (RFC 9329,
 * 10) are not read. */
#include "ipsec/wire/tcp_encap.h"

#include "ipsec/wire/layers.h"
#include "ipsec/wire/tcp_stream.h"
#include "ipsec/wire/wire_private.h"

/*
 * +--------+--------+--------+--------+--------+--------+
 * |  0x49  |  0x4b  |  0x45  |  0x54  |  0x43  |  0x50  |	"IKETCP"
 */
static const struct field iketcp_fields[] = {
	{ .name = "prefix", .kind = FIELD_BYTES, .octets = 6, .show = SHOW_TEXT },
};
const struct desc iketcp_desc = {
	.name = "iketcp", .title = "TCP encapsulation prefix", .rfc = "RFC 9329, 4",
	DESC_FIELDS(iketcp_fields),
};

/*
 *  0                   1
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 * +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 * |            Length             |	itself and the message
 */
static const struct field tcp_message_fields[] = {
	{ .name = "length", .kind = FIELD_UINT, .bits = 16, .derive = DERIVE_OUTSIDE },
};
const struct desc tcp_message_desc = {
	.name = "tcp_message", .title = "Message in TCP", .rfc = "RFC 9329, 3",
	DESC_FIELDS(tcp_message_fields),
};

enum {
	FLAG_FIN = 1, FLAG_SYN = 2, FLAG_RST = 4, FLAG_ACK = 16,
	PREFIX_SIZE = 6, LENGTH_SIZE = 2, MARKER_SIZE = 4, KEEPALIVE_OCTET = 0xff,
	IKE_HEADER = 28, IKE_NEXT_PAYLOAD = 16, IKE_VERSION = 17, IKE_SIZE = 24,
	NEXT_SKF = 53, SPI_LEAST = 256,
	ESP_USUAL = 1600,	/* octets: what UDP would carry, with some room */
};

/* The segment: what its TCP header says. */
struct segment {
	struct tcp_key key;
	uint32_t seq;
	uint8_t flags;
	size_t missing;		/* octets of it that the capture cut */
};

static bool is_prefix(struct span s)
{
	return s.n >= PREFIX_SIZE && memcmp(s.p, "IKETCP", PREFIX_SIZE) == 0;
}

static bool read_segment(const struct packet *p, struct segment *s)
{
	const struct layer *ip = packet_ip(p);
	struct reader r = reader_of(p->layers[p->layer_count - 1].octets);
	*s = (struct segment){ .missing = p->cut ? packet_missing(p) : 0 };
	if (!ip)
		return false;
	s->key.src = ip->ip->src;
	s->key.dst = ip->ip->dst;
	s->key.sport = read_u16(&r);
	s->key.dport = read_u16(&r);
	s->seq = read_u32(&r);
	read_span(&r, 5);
	s->flags = read_u8(&r);
	for (uint32_t i = 0; i < p->layer_count; i++)
		if (p->layers[i].type->kind == LAYER_IPV4 || p->layers[i].type->kind == LAYER_IPV6)
			s->key.depth++;
	return !r.bad;
}

static bool is_encap_port(const struct wire_options *o, uint16_t port)
{
	bool found = port == PORT_NATT;
	for (size_t i = 0; i < o->port_count; i++)
		found = found || o->ports[i] == port;
	return found;
}

bool tcp_encap_wanted(struct wire *w, const struct packet *p)
{
	const struct layer *tcp = &p->layers[p->layer_count - 1];
	struct reader r = reader_of(tcp->octets);
	uint16_t sport = read_u16(&r), dport = read_u16(&r);
	read_span(&r, 9);
	uint8_t flags = read_u8(&r);
	struct segment s;
	if (!w->streams || (p->rest.n == 0 && !(flags & (FLAG_SYN | FLAG_FIN | FLAG_RST))))
		return false;
	if (is_encap_port(&w->options, sport) || is_encap_port(&w->options, dport) ||
	    is_prefix(p->rest))
		return true;
	return tcp_streams_any(w->streams) && read_segment(p, &s) &&
	       tcp_streams_find(w->streams, &s.key) != NULL;
}

/* ---- where messages begin ---- */

static bool is_ike(struct span s, size_t length)
{
	struct reader r = reader_of(span_from(s, IKE_VERSION));
	uint8_t version = read_u8(&r) >> 4;
	struct reader size = reader_of(span_from(s, IKE_SIZE));
	return (version == 1 || version == 2) && read_u32(&size) == length && !size.bad;
}

/* Do the octets begin with a message? `real`: octets of the segment, captured or
 * not. An IKE message tells by its own length; ESP only by lengths that lead from
 * one message to the next and right to the segment's end. */
static bool begins_message(struct span s, size_t real)
{
	size_t at = 0;
	while (at < real) {
		struct reader r = reader_of(span_from(s, at));
		size_t length = read_u16(&r);
		bool keepalive = length == LENGTH_SIZE + 1;
		uint32_t spi = keepalive ? SPI_LEAST : read_u32(&r);
		if (r.bad)
			return at > 0 && real > s.n;
		if (spi == 0 && length >= LENGTH_SIZE + MARKER_SIZE &&
		    is_ike(span_from(s, at + LENGTH_SIZE + MARKER_SIZE),
			   length - LENGTH_SIZE - MARKER_SIZE))
			return true;
		if (length <= LENGTH_SIZE || spi < SPI_LEAST)
			return false;
		at += length;
	}
	return real > 0 && at == real;
}

/* ---- the beginning of a stream ---- */

static struct tcp_stream *other_way(struct wire *w, const struct segment *s)
{
	struct tcp_key k = s->key;
	k.src = s->key.dst;
	k.dst = s->key.src;
	k.sport = s->key.dport;
	k.dport = s->key.sport;
	return tcp_streams_find(w->streams, &k);
}

/* A SYN opens the stream, unless it comes again; a prefix does where no SYN was
 * seen. NULL: nothing to follow. */
static struct tcp_stream *stream_of(struct wire *w, struct packet *p, const struct segment *s)
{
	struct tcp_stream *t = tcp_streams_find(w->streams, &s->key);
	if (s->flags & FLAG_SYN) {
		if (t && t->next == s->seq + 1)
			return t;
		t = tcp_streams_begin(w->streams, p, &s->key, s->seq + 1);
		t->state = s->flags & FLAG_ACK ? TCP_RESPONDER : TCP_ORIGINATOR;
		t->first = true;
	} else if (!t && p->rest.n) {
		t = tcp_streams_begin(w->streams, p, &s->key, s->seq);
		t->first = is_prefix(p->rest);
		if (t->first)
			t->state = TCP_ORIGINATOR;
	}
	return t;
}

static void tell_other(struct tcp_stream *t, struct packet *p)
{
	if (!t->told)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p), "no message of RFC 9329 "
			       "begins here: this TCP stream is not read, or not yet");
	t->told = true;
}

/* The originator's first octets. False: more of them have to come. */
static bool begin_originator(struct tcp_stream *t, struct packet *p, struct span ready)
{
	size_t n = ready.n < PREFIX_SIZE ? ready.n : PREFIX_SIZE;
	if (memcmp(ready.p, "IKETCP", n) == 0) {
		if (n == PREFIX_SIZE)
			t->state = TCP_MESSAGES;
		return n == PREFIX_SIZE;
	}
	if (!begins_message(ready, ready.n)) {
		t->state = TCP_OTHER;
		tell_other(t, p);
		return false;
	}
	packet_finding(p, SEVERITY_VIOLATION, "RFC9329-4-01", packet_offset(p),
		       "the stream begins with a message, needs the prefix IKETCP");
	t->state = TCP_MESSAGES;
	return true;
}

/* The responder's: read as messages if the originator's were, or look like it. */
static void begin_responder(struct wire *w, struct tcp_stream *t, struct packet *p,
			    const struct segment *s, struct span ready)
{
	const struct tcp_stream *other = other_way(w, s);
	bool agreed = other && other->state == TCP_MESSAGES;
	t->state = agreed || is_prefix(ready) || begins_message(ready, ready.n + s->missing) ?
		   TCP_MESSAGES : TCP_OTHER;
	if (t->state == TCP_OTHER)
		tell_other(t, p);
	else if (is_prefix(ready))
		packet_finding(p, SEVERITY_VIOLATION, "RFC9329-6.1-03", packet_offset(p),
			       "the responder sends the prefix, which is the originator's");
}

/* ---- messages ---- */

struct counted {
	unsigned messages, empty;
};

/* What stands behind the last message that a frame has room for. */
static void tell_rest(struct packet *p, size_t left)
{
	packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
		       "more than %d messages in this TCP segment: the %zu octet%s behind them "
		       "are read with the next segment, if one comes", PACKET_INNER_MAX, left,
		       left == 1 ? "" : "s");
}

/* Octets of whole messages from `at` on, and how many they are. A length that
 * no message has ends the stream (RFC 9329, 3.1). */
static size_t count_messages(struct tcp_stream *t, struct packet *p, struct span s,
			     size_t at, size_t missing, struct counted *c)
{
	for (;;) {
		struct reader r = reader_of(span_from(s, at));
		size_t length = read_u16(&r);
		if (r.bad)
			return at;
		if (length < LENGTH_SIZE) {
			packet_finding(p, SEVERITY_VIOLATION, "RFC9329-3.1-02", packet_offset(p),
				       "message length %zu in a TCP stream, needs at least %d: "
				       "the receiver closes the connection", length, LENGTH_SIZE);
			t->state = TCP_OTHER;
			return at;
		}
		if (length > s.n - at && !missing)
			return at;
		if (length > LENGTH_SIZE && c->messages == PACKET_INNER_MAX) {
			tell_rest(p, s.n - at);
			return at;
		}
		c->messages += length > LENGTH_SIZE;
		c->empty += length == LENGTH_SIZE;
		if (length > s.n - at)
			return s.n;	/* cut by the capture: as much of it as there is */
		at += length;
	}
}

/* RFC9329-3-02: they mean nothing, and there may be tens of thousands of them. */
static void tell_empty(struct packet *p, unsigned count)
{
	if (count)
		packet_finding(p, SEVERITY_NOTE, "RFC9329-3-02", packet_offset(p),
			       "%u empty message%s in TCP, which mean%s nothing", count,
			       count == 1 ? "" : "s", count == 1 ? "s" : "");
}

/* One message goes on in this packet, several become packets of their own; empty
 * ones are passed over. The read head's octets are whole messages, but for the
 * last where the capture cut the frame. */
static void give_messages(struct packet *p, unsigned count)
{
	bool cut = p->cut;
	if (!count) {
		packet_data(p);
		return;
	}
	while (p->rest.n && count) {
		struct reader r = reader_of(p->rest);
		size_t length = read_u16(&r);
		if (length == LENGTH_SIZE) {
			p->rest = span_from(p->rest, length);
			continue;
		}
		p->cut = cut && length > p->rest.n;
		packet_next(p, SPACE_LAYER, LAYER_TCP_MESSAGE);
		if (count == 1 && !p->inner) {
			packet_limit(p, length);
			return;
		}
		if (!packet_inner(p, span_part(p->rest, 0, length)))
			break;
		p->rest = span_from(p->rest, length);
		count--;
	}
	p->done = true;
}

/* RFC 9329, 9.5: the outer packets do not take part in ECN. */
static void check_ecn(struct packet *p)
{
	const struct layer *ip = packet_ip(p);
	unsigned ecn = ip->type->kind == LAYER_IPV4 ? ip->octets.p[1] & 3 :
						       ip->octets.p[1] >> 4 & 3;
	if (ecn)
		packet_finding(p, SEVERITY_DEVIATION, "RFC9329-9.5-01", ip->offset + 1,
			       "ECN %u on a packet that carries ESP and IKE in TCP, should be 0",
			       ecn);
}

/* Reads the octets that are there without a hole; takes what is whole of them. */
static void read_messages(struct tcp_stream *t, struct packet *p, const struct segment *s,
			  struct span ready, bool direct)
{
	size_t from = t->first && is_prefix(ready) ? PREFIX_SIZE : 0;
	struct counted c = { 0, 0 };
	size_t n = count_messages(t, p, ready, from, direct ? s->missing : 0, &c);
	t->first = t->first && n == 0;
	if (n && !direct) {
		struct span copy = arena_copy(p->arena, span_part(ready, 0, n));
		tcp_stream_take(t, p, ready, n, direct);
		if (!packet_buffer(p, copy, "stream"))
			return;
	} else {
		tcp_stream_take(t, p, ready, n, direct);
	}
	if (n == 0) {
		packet_data(p);
		return;
	}
	if (direct)
		p->rest = span_part(ready, 0, n);
	if (from && !packet_push(p, LAYER_IKETCP, PREFIX_SIZE))
		return;
	if (c.messages)
		check_ecn(p);
	tell_empty(p, c.empty);
	give_messages(p, c.messages);
}

/* A stream whose beginning was not seen: this segment decides. False: no. */
static bool begin_anywhere(struct tcp_stream *t, struct packet *p, const struct segment *s)
{
	if (t->state == TCP_OTHER)
		return false;
	if (t->state != TCP_UNKNOWN)
		return true;
	tcp_stream_restart(t, s->seq);
	t->first = is_prefix(p->rest);
	if (t->first)
		t->state = TCP_ORIGINATOR;
	else if (begins_message(p->rest, p->rest.n + s->missing))
		t->state = TCP_MESSAGES;
	else
		tell_other(t, p);
	return t->state != TCP_UNKNOWN;
}

/* What was lost is not waited for: this segment may begin with a message. */
static bool resume(struct tcp_stream *t, struct packet *p, const struct segment *s)
{
	if (t->state == TCP_MESSAGES)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "octets of the TCP stream before this segment are not in the "
			       "capture: messages are looked for anew");
	t->told = t->told || t->state == TCP_MESSAGES;
	t->state = TCP_UNKNOWN;
	return begin_anywhere(t, p, s);
}

/* The capture cut this segment: reading goes on with the one behind it. */
static void skip_missing(struct tcp_stream *t, uint32_t end)
{
	tcp_stream_restart(t, end);
	t->state = t->state == TCP_OTHER ? TCP_OTHER : TCP_UNKNOWN;
	t->first = false;
	t->told = true;
}

static void ready_octets(struct wire *w, struct tcp_stream *t, struct packet *p,
			 const struct segment *s, struct span ready, bool direct)
{
	if (t->state == TCP_RESPONDER)
		begin_responder(w, t, p, s, ready);
	bool go_on = t->state != TCP_ORIGINATOR || begin_originator(t, p, ready);
	if (go_on && t->state == TCP_MESSAGES) {
		read_messages(t, p, s, ready, direct);
		return;
	}
	tcp_stream_take(t, p, ready, 0, direct);
	packet_data(p);
}

static void read_octets(struct wire *w, struct tcp_stream *t, struct packet *p,
			const struct segment *s)
{
	struct span ready = { NULL, 0 };
	bool direct;
	uint32_t seen = s->seq + (uint32_t)p->rest.n, end = seen + (uint32_t)s->missing;
	if (!begin_anywhere(t, p, s)) {
		packet_data(p);
		return;
	}
	enum tcp_added added = tcp_stream_add(t, p, s->seq, &ready, &direct);
	if (added == TCP_LOST) {
		added = resume(t, p, s) ? tcp_stream_add(t, p, s->seq, &ready, &direct) :
					  TCP_WAITS;
	}
	if (added == TCP_OLD && !p->copy_of)
		packet_finding(p, SEVERITY_NOTE, NULL, packet_offset(p),
			       "a TCP segment that came before: its messages are not counted again");
	/* old and early segments do not move the stream, nor do those that came whole before */
	uint32_t known = t->next + (uint32_t)ready.n;
	bool hole = added == TCP_READY && (int32_t)(known - seen) >= 0 && (int32_t)(end - known) > 0;
	if (added == TCP_READY)
		ready_octets(w, t, p, s, ready, direct);
	else
		packet_data(p);
	if (hole)
		skip_missing(t, end);
}

/* Does a whole message wait, which its frame had no room for? */
static bool message_waits(const struct tcp_stream *t)
{
	struct reader r = reader_of(span_of(t->data, t->parts[0].to));
	return t->parts[0].from == 0 && read_u16(&r) <= t->parts[0].to && !r.bad;
}

/* RFC 9329, 6.1: half a message goes with its connection. */
static void close_stream(struct wire *w, struct tcp_stream *t, struct packet *p)
{
	uint32_t octets = t->part_count ? t->parts[t->part_count - 1].to : 0;
	if (t->state == TCP_MESSAGES && octets && message_waits(t))
		packet_finding(p, SEVERITY_NOTE, NULL, 0, "the connection ends, and %u octets of "
			       "messages were not read: there were too many in a segment", octets);
	else if (t->state == TCP_MESSAGES && octets)
		packet_finding(p, SEVERITY_NOTE, NULL, 0,
			       "the connection ends within a message, of which %u octets came",
			       octets);
	tcp_streams_end(w->streams, t);
}

static void close_streams(struct wire *w, struct tcp_stream *t, struct packet *p,
			  const struct segment *s)
{
	if (t && s->flags & (FLAG_FIN | FLAG_RST))
		close_stream(w, t, p);
	t = s->flags & FLAG_RST ? other_way(w, s) : NULL;
	if (t)
		tcp_streams_end(w->streams, t);
}

/* Stands for the stream in the table of layers; the prefix is its own layer. */
void iketcp_decode(struct wire *w, struct packet *p)
{
	struct segment s;
	if (!p->finishing) {
		p->ordered = true;
		return;
	}
	struct tcp_stream *t = read_segment(p, &s) ? stream_of(w, p, &s) : NULL;
	s.seq += s.flags & FLAG_SYN ? 1 : 0;	/* it counts as an octet before the first */
	if (t && p->rest.n)
		read_octets(w, t, p, &s);
	else
		packet_data(p);
	close_streams(w, t, p, &s);
}

/* ---- one message ---- */

static void check_ike(struct packet *p, struct span ike)
{
	if (ike.n > IKE_NEXT_PAYLOAD && ike.p[IKE_NEXT_PAYLOAD] == NEXT_SKF)
		packet_finding(p, SEVERITY_DEVIATION, "RFC9329-7.5-01", packet_offset(p),
			       "a fragment of an IKE message in TCP, should be whole");
}

static void message_inside(struct packet *p)
{
	struct reader r = reader_of(p->rest);
	uint32_t first = read_u32(&r);
	if (p->rest.n == 1 && p->rest.p[0] == KEEPALIVE_OCTET) {
		packet_finding(p, SEVERITY_DEVIATION, "RFC9329-6.6-01", packet_offset(p),
			       "a NAT keepalive in TCP, should not be sent");
		packet_next(p, SPACE_LAYER, LAYER_KEEPALIVE);
	} else if (r.bad) {
		if (p->rest.n && !p->cut)
			packet_finding(p, SEVERITY_VIOLATION, NULL, packet_offset(p),
				       "a message of %zu octets in TCP: no marker, no ESP",
				       p->rest.n);
		packet_data(p);
	} else if (first == 0) {
		check_ike(p, span_from(p->rest, MARKER_SIZE));
		packet_next(p, SPACE_LAYER, LAYER_MARKER);
	} else if (is_ike(p->rest, p->rest.n)) {
		packet_finding(p, SEVERITY_VIOLATION, "RFC9329-3.1-01", packet_offset(p),
			       "an IKE message in TCP without the marker of four zero octets");
		packet_next(p, SPACE_LAYER, LAYER_IKE);
	} else {
		packet_next(p, SPACE_PROTOCOL, PROTOCOL_ESP);
	}
}

void tcp_message_decode(struct wire *w, struct packet *p)
{
	(void)w;
	struct reader r = reader_of(p->rest);
	size_t length = read_u16(&r);
	if (r.bad) {
		packet_short(p, "TCP message", LENGTH_SIZE);
		return;
	}
	if (!packet_push(p, LAYER_TCP_MESSAGE, LENGTH_SIZE))
		return;
	if (length > ESP_USUAL && p->rest.n >= MARKER_SIZE && !span_is_zero(span_part(p->rest, 0, 4)))
		packet_finding(p, SEVERITY_DEVIATION, "RFC9329-3-01", packet_offset(p),
			       "an ESP message of %zu octets in TCP, should not be longer than in "
			       "UDP", length - LENGTH_SIZE);
	message_inside(p);
}
