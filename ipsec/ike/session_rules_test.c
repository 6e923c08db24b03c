/* SPDX-License-Identifier: BSD-2-Clause
 * The passive rules: made messages, each wrong in one way that the catalogue row
 * describes, and the requirement it has to name; and the messages of two daemons
 * (all captures), which are not to be complained about. */
#include <glob.h>

#include "ipsec/crypto/group.h"
#include "ipsec/ike/lab_test.h"
#include "ipsec/ike/made_test.h"
#include "ipsec/ike/session_rules.h"

static struct arena arena;
static struct findings fs;
static struct crypto *crypto;
static struct keystore keys;
static struct ike_session *session;
static struct ike_sa *sa;
static struct ike_place place;

#define SPI_I "0102030405060708"
#define SPI_R "1112131415161718"

static void setup(void)
{
	struct err e = { 0 };
	uint8_t spis[16];
	arena_init(&arena);
	fs = (struct findings){ .arena = &arena };
	crypto = crypto_new(&e);
	ck_assert_msg(crypto != NULL, "%s", e.text);
	keystore_init(&keys);
	session = ike_session_new(&keys, crypto, NULL);
	ck_assert(span_unhex(span_text(SPI_I SPI_R), spis, 16));
	sa = session_sa_new(session, spis, 2);
	place = (struct ike_place){ .frame = 7, .sport = 500, .dport = 500 };
	ck_assert(addr_parse(span_text("192.0.2.1"), &place.src));
	ck_assert(addr_parse(span_text("192.0.2.2"), &place.dst));
}

static void teardown(void)
{
	ike_session_free(session);
	keystore_done(&keys);
	crypto_free(crypto);
	arena_done(&arena);
}

/* ---- payloads from words ----
 * sa(...) tsi(...) tsr(...): made_test.h    ke(GROUP) ke(GROUP,bad)    nonce(OCTETS)
 * n(TYPE) n(TYPE,HEX) n(TYPE,PROTOCOL:SPI)    natd(s) natd(d) natd(s,bad)
 * del(PROTOCOL,SPI...)    idi idr auth(METHOD) auth(14,HEX) eap cp(TYPE) pt(TYPE)
 * a "!" in front sets the critical bit */

static void add_hex(struct text *t, struct span hex)
{
	struct span s = unhex(arena_text(&arena, hex), &arena);
	text_add_octets(t, s.p, s.n);
}

static uint32_t put_ke(struct text *t, struct span args)
{
	unsigned number = made_number(made_cut(&args, ","));
	const struct group *g = group_find(number);
	uint8_t value[GROUP_PUBLIC_MAX] = { 0 }, two[66] = { 0 };
	struct err e = { 0 };
	bool modp = g->kind == GROUP_KIND_MODP;
	two[modp ? 0 : sizeof two - 1] = 2;
	struct span secret = modp ? span_of(two, 1) : g->kind == GROUP_KIND_ECP ?
		span_of(two + 65, 1) : span_of(two, g->public_size);
	if (args.n)
		memset(value, modp ? 0 : 0x42, sizeof value);
	else
		ck_assert_msg(group_public(crypto, g, secret, value, &e), "%s", e.text);
	made_put(t, (uint64_t)number << 16, 4);
	text_add_octets(t, value, g->public_size);
	return PAYLOAD_KE;
}

static uint32_t put_natd(struct text *t, struct span args)
{
	uint8_t spis[16], hash[IKE_HASH_MAX];
	size_t n;
	struct span which = made_cut(&args, ",");
	bool source = which.p[0] == 's', request = args.n && args.p[0] == 'q';
	ck_assert(span_unhex(span_text(request ? SPI_I "0000000000000000" : SPI_I SPI_R), spis, 16));
	ck_assert(ike_natd_hash(crypto, "SHA1", spis, source ? &place.src : &place.dst, 500, hash, &n));
	made_put(t, source ? 0x4004 : 0x4005, 4);
	text_add_octets(t, hash, n);
	if (args.n && args.p[0] == 'b')
		t->p[t->n - 1] ^= 1;
	return PAYLOAD_NOTIFY;
}

static uint32_t put_notify(struct text *t, struct span args)
{
	unsigned type = made_number(made_cut(&args, ","));
	bool spi = memchr(args.n ? args.p : (const uint8_t *)"", ':', args.n) != NULL;
	unsigned protocol = spi ? made_number(made_cut(&args, ":")) : 0;
	made_put(t, protocol, 1);
	made_put(t, spi ? args.n / 2 : 0, 1);
	made_put(t, type, 2);
	add_hex(t, args);
	return PAYLOAD_NOTIFY;
}

static uint32_t put_delete(struct text *t, struct span args)
{
	struct text spis = { 0 };
	unsigned protocol = made_number(made_cut(&args, ",")), count = 0;
	while (args.n) {
		add_hex(&spis, made_cut(&args, ","));
		count++;
	}
	made_put(t, protocol, 1);
	made_put(t, protocol == 1 ? 0 : 4, 1);
	made_put(t, count, 2);
	text_add_octets(t, spis.p, spis.n);
	text_done(&spis);
	return RULE_DELETE;
}

static uint32_t put_made(struct text *t, const struct node *n)
{
	uint8_t octets[4096];
	struct writer w = writer_of(octets, sizeof octets);
	node_encode(n, 0, false, &w);
	text_add_octets(t, octets + 4, w.n - 4);
	return n->number;
}

static uint32_t put_auth(struct text *t, struct span args)
{
	made_put(t, (uint64_t)made_number(made_cut(&args, ",")) << 24, 4);
	if (args.n)
		add_hex(t, args);
	else
		text_fill(t, '\x33', 32);
	return RULE_AUTH;
}

static uint32_t put_body(struct text *t, struct span name, struct span args)
{
	const char *text = arena_text(&arena, args);
	if (span_is_word(name, "sa"))
		return put_made(t, made_sa(text, &arena));
	if (span_is_word(name, "sa8"))
		return put_made(t, made_sa_spi(text + 17, arena_text(&arena, span_part(args, 0, 16)),
					       &arena));
	if (span_is_word(name, "sa4"))
		return put_made(t, made_sa_spi(text + 9, arena_text(&arena, span_part(args, 0, 8)),
					       &arena));
	if (span_is_word(name, "tsi") || span_is_word(name, "tsr")) {
		put_made(t, made_ts(text, &arena));
		return name.p[2] == 'i' ? RULE_TSI : RULE_TSR;
	}
	if (span_is_word(name, "ke"))
		return put_ke(t, args);
	if (span_is_word(name, "natd"))
		return put_natd(t, args);
	if (span_is_word(name, "n"))
		return put_notify(t, args);
	if (span_is_word(name, "del"))
		return put_delete(t, args);
	if (span_is_word(name, "auth"))
		return put_auth(t, args);
	if (span_is_word(name, "nonce")) {
		text_fill(t, '\x77', made_number(args));
		return PAYLOAD_NONCE;
	}
	if (span_is_word(name, "cp")) {
		made_put(t, (uint64_t)made_number(args) << 24, 4);
		return RULE_CP;
	}
	if (span_is_word(name, "eap")) {
		made_put(t, 0x03010004, 4);
		return RULE_EAP;
	}
	if (span_is_word(name, "idi") || span_is_word(name, "idr")) {
		made_put(t, 0x0200000061ull << 0, 5);
		return name.p[2] == 'i' ? RULE_IDI : RULE_IDR;
	}
	ck_assert_msg(span_is_word(name, "pt"), "%.*s", (int)name.n, name.p);
	return made_number(args);
}

/* The chain's octets; *first: its first type. */
static struct span chain_of(const char *words, uint32_t *first)
{
	struct text out = { 0 };
	struct span s = span_text(words);
	size_t link = 0;
	*first = 0;
	while (s.n) {
		struct text body = { 0 };
		struct span name = made_cut(&s, "("), args = made_cut(&s, ")");
		bool critical = name.p[0] == '!';
		uint32_t type = put_body(&body, span_from(name, critical), args);
		if (out.n)
			out.p[link] = (char)type;
		else
			*first = type;
		link = out.n;
		made_put(&out, critical ? 0x80 : 0, 2);
		made_put(&out, 4 + body.n, 2);
		text_add_octets(&out, body.p, body.n);
		text_done(&body);
	}
	struct span all = arena_copy(&arena, span_of(out.p, out.n));
	text_done(&out);
	return all;
}

static struct node *made_chain(const char *words)
{
	struct decode d = { &arena, NULL, 0, 0 };
	struct span octets, rest;
	uint32_t first;
	octets = chain_of(words, &first);
	return ike_chain_decode(first, 2, octets, &d, &rest);
}

/* ---- messages ---- */

struct made {
	unsigned exchange, flags, id;
	const char *spi_r;	/* NULL: SPI_R */
	const char *words;
	bool sealed;		/* inside of SK, opened */
};

static struct ike_message *made_message(const struct made *x)
{
	struct text t = { 0 };
	uint32_t first;
	struct span chain = chain_of(x->words, &first);
	add_hex(&t, span_text(SPI_I));
	add_hex(&t, span_text(x->spi_r ? x->spi_r : SPI_R));
	made_put(&t, x->sealed ? PAYLOAD_SK : first, 1);
	made_put(&t, 0x20, 1);
	made_put(&t, x->exchange, 1);
	made_put(&t, x->flags, 1);
	made_put(&t, x->id, 4);
	made_put(&t, IKE_HEADER_SIZE + (x->sealed ? 4 + 40 : chain.n), 4);
	if (x->sealed) {
		made_put(&t, first, 1);
		made_put(&t, 44, 3);
		text_fill(&t, '\x11', 40);
	} else {
		text_add_octets(&t, chain.p, chain.n);
	}
	struct ike_message *m = ike_message_decode(arena_copy(&arena, span_of(t.p, t.n)), &arena, NULL);
	text_done(&t);
	if (x->sealed) {
		m->decrypted = true;
		m->inner = made_chain(x->words);
	}
	return m;
}

static struct ike_work work_on(struct ike_message *m, bool initiator)
{
	struct ike_turn *turn = arena_alloc(&arena, sizeof *turn);
	turn->sa = sa;
	turn->from = initiator ? IKE_INITIATOR : IKE_RESPONDER;
	turn->request = !(node_uint(m->header, IKE_FLAGS, 0) & IKE_FLAG_R);
	m->turn = turn;
	return (struct ike_work){ session, sa, m, turn, &place, &arena, &fs };
}

/* The requirements (or "-") of all findings but notes; notes are asked for by "n:". */
static const char *found_ids(bool notes)
{
	const char *s = "";
	for (const struct finding *f = fs.first; f; f = f->next)
		if (notes || f->severity != SEVERITY_NOTE)
			s = arena_printf(&arena, "%s%s%s", s, *s ? " " : "",
					 f->requirement ? f->requirement : "-");
	return s;
}

static void expect(const char *what, const char *want)
{
	bool notes = strncmp(want, "n:", 2) == 0;
	const char *got = found_ids(notes);
	ck_assert_msg(strcmp(got, want + (notes ? 2 : 0)) == 0, "%s: found \"%s\", wanted \"%s\": %s",
		      what, got, want, finding_list(&fs, SEVERITY_NOTE, &arena));
}

#define ZERO "0000000000000000"
#define CBC "1 ike 12/256 3:12 2:5 4:31"
#define NATQ "natd(s,q) natd(d,q)"
#define NAT "natd(s) natd(d)"
#define REQUEST "sa(" CBC ") ke(31) nonce(32) " NATQ

/* ---- IKE_SA_INIT requests ---- */

static const struct {
	const char *what, *words, *spi_r;
	unsigned id;
	const char *want;
} requests[] = {
	{ "right", REQUEST, ZERO, 0, "" },
	{ "no NAT detection", "sa(" CBC ") ke(31) nonce(32)", ZERO, 0, "" },
	{ "responder SPI", "sa(" CBC ") ke(31) nonce(32)", SPI_R, 0, "RFC7296-3.1-03" },
	{ "message ID", "sa(" CBC ") ke(31) nonce(32)", ZERO, 1, "RFC7296-2.2-02" },
	{ "payloads missing", "n(16404)", ZERO, 0, "- - -" },
	{ "KE of a group that is not offered", "sa(" CBC ") ke(14) nonce(32)", ZERO, 0,
	  "RFC7296-3.4-02" },
	{ "KE without a group", "sa(1 ike 12/256 3:12 2:5) ke(14) nonce(32)", ZERO, 0,
	  "RFC7296-3.4-04" },
	{ "not the first group", "sa(1 ike 12/256 3:12 2:5 4:14 4:31) ke(31) nonce(32)", ZERO, 0,
	  "RFC7296-3.4-03" },
	{ "MODP value 0", "sa(1 ike 12/256 3:12 2:5 4:14) ke(14,bad) nonce(32)", ZERO, 0,
	  "RFC7296-3.4-06" },
	{ "not on the curve", "sa(1 ike 12/256 3:12 2:5 4:19) ke(19,bad) nonce(32)", ZERO, 0,
	  "RFC6989-2.3-01" },
	{ "a right point", "sa(1 ike 12/256 3:12 2:5 4:19) ke(19) nonce(32)", ZERO, 0, "" },
	{ "half of NAT detection", "sa(" CBC ") ke(31) nonce(32) natd(s,q)", ZERO, 0,
	  "RFC7296-2.23-07" },
	{ "a NAT", "sa(" CBC ") ke(31) nonce(32) natd(s,b) natd(d,q)", ZERO, 0, "n:-" },
	{ "one of several sources", "sa(" CBC ") ke(31) nonce(32) natd(s,b) natd(s,q) natd(d,q)", ZERO,
	  0, "n:" },
	{ "an SPI in the proposal", "sa8(" SPI_I " " CBC ") ke(31) nonce(32)", ZERO, 0,
	  "RFC7296-3.3.1-03" },
	{ "DES and MD5", "sa(1 ike 2 3:1 2:1 4:1) ke(1) nonce(32)", ZERO, 0,
	  "RFC8247-2.1-11 RFC8247-2.2-05 RFC8247-2.3-05 RFC8247-2.4-05" },
	{ "NULL and odd MACs", "sa(1 ike 11 3:3 3:4 2:5 4:22) nonce(32) ke(31)", ZERO, 0,
	  "RFC8247-2.1-12 RFC8247-2.3-06 RFC8247-2.3-07 RFC8247-2.4-06 RFC7296-3.4-02" },
};

START_TEST(first_request)
{
	struct made x = { EXCHANGE_INIT, IKE_FLAG_I, requests[_i].id, requests[_i].spi_r,
			  requests[_i].words, false };
	struct ike_work w = work_on(made_message(&x), true);
	session_rules_init_request(&w);
	expect(requests[_i].what, requests[_i].want);
}
END_TEST

/* ---- ... and their responses ---- */

#define ANSWER(...) "sa(" __VA_ARGS__ ") ke(31) nonce(32) " NAT
static const struct {
	const char *what, *request, *words, *spi_r, *want;
} responses[] = {
	{ "right", REQUEST, ANSWER(CBC), SPI_R, "" },
	{ "request not seen", NULL, ANSWER(CBC), SPI_R, "" },
	{ "SPI zero", REQUEST, "sa(" CBC ") ke(31) nonce(32)", ZERO, "RFC7296-2.6-01" },
	{ "payloads missing", REQUEST, "sa(" CBC ")", SPI_R, "- -" },
	{ "not offered", REQUEST, ANSWER("1 ike 12/128 3:12 2:5 4:31"), SPI_R, "RFC7296-3.3.6-02" },
	{ "another cipher", REQUEST, ANSWER("1 ike 20/256 2:5 4:31"), SPI_R, "RFC7296-2.7-01" },
	{ "no PRF", REQUEST, ANSWER("1 ike 12/256 3:12 4:31"), SPI_R, "RFC7296-2.7-04" },
	{ "number", REQUEST, ANSWER("2 ike 12/256 3:12 2:5 4:31"), SPI_R, "RFC7296-3.3.1-02" },
	{ "KE of another group than chosen",
	  "sa(1 ike 12/256 3:12 2:5 4:31 4:19) ke(31) nonce(32)",
	  "sa(" CBC ") ke(19) nonce(32)", SPI_R, "RFC7296-3.4-02" },
	{ "another group than in the request's KE",
	  "sa(1 ike 12/256 3:12 2:5 4:31 4:19) ke(31) nonce(32)",
	  "sa(1 ike 12/256 3:12 2:5 4:19) ke(19) nonce(32)", SPI_R, "RFC7296-3.4-05" },
	{ "short nonces", "sa(1 ike 12/256 3:12 2:7 4:31) ke(31) nonce(31)",
	  "sa(1 ike 12/256 3:12 2:7 4:31) ke(31) nonce(16)", SPI_R,
	  "RFC7296-2.10-03 RFC7296-2.10-03" },
	{ "no integrity", "sa(1 ike 12/256 3:0 2:5 4:31) ke(31) nonce(32)",
	  ANSWER("1 ike 12/256 3:0 2:5 4:31"), SPI_R, "RFC7296-5-02" },
	{ "ENCR_NULL", "sa(1 ike 11 3:12 2:5 4:31) ke(31) nonce(32)",
	  ANSWER("1 ike 11 3:12 2:5 4:31"), SPI_R, "RFC7296-5-02" },
	{ "AEAD", "sa(1 ike 20/256 2:5 4:31) ke(31) nonce(32)",
	  ANSWER("1 ike 20/256 2:5 4:31"), SPI_R, "" },
	{ "unasked", REQUEST, ANSWER(CBC) " n(16430) n(16438) n(16407,0104c0000209)", SPI_R,
	  "RFC7383-2.3-02 RFC9242-3.1-01 RFC5685-3-02" },
	{ "asked", REQUEST " n(16430) n(16438) n(16406)",
	  ANSWER(CBC) " n(16430) n(16438) n(16407,0104c0000209)", SPI_R, "" },
	{ "a NAT before the responder", REQUEST,
	  "sa(" CBC ") ke(31) nonce(32) natd(s,b) natd(d)", SPI_R, "n:-" },
	{ "a cookie with an SPI", REQUEST, "n(16390,aabb)", SPI_R, "n:RFC7296-2.6-10" },
	{ "a cookie", REQUEST, "n(16390,aabb)", ZERO, "n:" },
	{ "a group that is not offered", REQUEST, "n(17,000e)", ZERO, "-" },
	{ "a group that is offered", REQUEST, "n(17,001f)", ZERO, "" },
	{ "refused", REQUEST, "n(14)", ZERO, "" },
};

static void swap_ends(void)
{
	struct addr a = place.src;
	place.src = place.dst;
	place.dst = a;
}

START_TEST(first_response)
{
	const struct node *request = responses[_i].request ? made_chain(responses[_i].request) : NULL;
	swap_ends();
	struct made x = { EXCHANGE_INIT, IKE_FLAG_R, 0, responses[_i].spi_r, responses[_i].words, false };
	struct ike_work w = work_on(made_message(&x), false);
	session_rules_init_response(&w, request);
	expect(responses[_i].what, responses[_i].want);
}
END_TEST

START_TEST(nat_ends)
{
	struct made x = { EXCHANGE_INIT, IKE_FLAG_I, 0, ZERO,
			  "sa(" CBC ") ke(31) nonce(32) natd(s,b) natd(d,q)", false };
	struct ike_work w = work_on(made_message(&x), true);
	session_rules_init_request(&w);
	ck_assert(sa->end[IKE_INITIATOR].natted && !sa->end[IKE_RESPONDER].natted);
	ck_assert_uint_eq(sa->end[IKE_INITIATOR].natted_frame, 7);
	ck_assert_uint_eq(fs.count, 1);
	session_rules_init_request(&w);		/* once is enough */
	ck_assert_uint_eq(fs.count, 1);
	x.words = "sa(" CBC ") ke(31) nonce(32) natd(s,q) natd(d,b)";
	w = work_on(made_message(&x), true);
	session_rules_init_request(&w);
	ck_assert(sa->end[IKE_RESPONDER].natted);
}
END_TEST

/* ---- the second request ---- */

static const struct {
	const char *what, *first, *asked, *second;
	uint16_t wanted;
	const char *want;
} retries[] = {
	{ "cookie", REQUEST, "n(16390,aabb)", "n(16390,aabb) " REQUEST, 0, "" },
	{ "none", REQUEST, "n(16390,aabb)", REQUEST, 0, "RFC7296-2.6-05" },
	{ "another", REQUEST, "n(16390,aabb)", "n(16390,aabc) " REQUEST, 0, "RFC7296-2.6-05" },
	{ "shorter", REQUEST, "n(16390,aabb)", "n(16390,aa) " REQUEST, 0, "RFC7296-2.6-05" },
	{ "behind", REQUEST, "n(16390,aabb)", REQUEST " n(16390,aabb)", 0, "RFC7296-2.6-05" },
	{ "other nonce", REQUEST, "n(16390,aabb)",
	  "n(16390,aabb) sa(" CBC ") ke(31) nonce(33) " NATQ, 0, "RFC7296-2.6-05" },
	{ "a second cookie replaces the first", "n(16390,aabb) " REQUEST, "n(16390,ccdd)",
	  "n(16390,ccdd) " REQUEST, 0, "" },
	{ "group", "sa(1 ike 12/256 3:12 2:5 4:31 4:14) ke(31) nonce(32)", "n(17,000e)",
	  "sa(1 ike 12/256 3:12 2:5 4:14 4:31) ke(14) nonce(32)", 14, "" },
	{ "other group", "sa(1 ike 12/256 3:12 2:5 4:31 4:14) ke(31) nonce(32)", "n(17,000e)",
	  "sa(1 ike 12/256 3:12 2:5 4:31 4:14) ke(31) nonce(32)", 14, "RFC7296-1.2-05" },
	{ "fewer offers", "sa(1 ike 12/256 3:12 2:5 4:31 4:14) ke(31) nonce(32)", "n(17,000e)",
	  "sa(1 ike 12/256 3:12 2:5 4:14) ke(14) nonce(32)", 14, "RFC7296-1.2-06" },
	{ "other key length", "sa(1 ike 12/256 3:12 2:5 4:31 4:14) ke(31) nonce(32)", "n(17,000e)",
	  "sa(1 ike 12/128 3:12 2:5 4:31 4:14) ke(14) nonce(32)", 14, "RFC7296-1.2-06" },
	{ "accepted: whatever comes then is another exchange", REQUEST, ANSWER(CBC), REQUEST, 0, "" },
};

START_TEST(retry)
{
	struct made asked = { EXCHANGE_INIT, IKE_FLAG_R, 0,
			      strstr(retries[_i].asked, "sa(") ? SPI_R : ZERO, retries[_i].asked, false };
	struct made second = { EXCHANGE_INIT, IKE_FLAG_I, 0, ZERO, retries[_i].second, false };
	const struct node *first = made_chain(retries[_i].first);
	swap_ends();
	struct ike_work w = work_on(made_message(&asked), false);
	w.fs = NULL;
	session_rules_init_response(&w, first);
	swap_ends();
	sa->ke_wanted = retries[_i].wanted;
	sa->ke_refused = retries[_i].wanted ? 31 : 0;
	w = work_on(made_message(&second), true);
	session_rules_init_request(&w);
	expect(retries[_i].what, retries[_i].want);
}
END_TEST

/* ---- any message ---- */

enum {	/* what is known of the SA */
	KNOWN = 1, HASHES = 2, NATTED = 4, CHILDLESS = 8, LATER = 16, FRAGMENT = 32, CAN_FRAGMENT = 64,
};

static void sa_know(unsigned what)
{
	sa->choice.has = what & KNOWN ? CHOICE_PRF : 0;
	sa->end[0].can = sa->end[1].can = (what & HASHES ? IKE_CAN_HASHES : 0u) |
		(what & CAN_FRAGMENT ? IKE_CAN_FRAGMENT : 0u);
	sa->end[0].natted = what & NATTED;
	sa->childless = what & CHILDLESS;
	sa->auth_id = what & LATER ? 1 : 0;
}

#define CHILD "sa(1 esp 20/128 5:0)"
#define TS " tsi(10.1.0.0-10.1.0.255) tsr(10.2.0.0-10.2.0.255)"
#define FIRST_AUTH "idi() auth(2) " CHILD TS
#define SHA1_RSA "0f300d06092a864886f70d0101050500" "aabb"
#define SHA1_ECDSA "0b300906072a8648ce3d0401" "aabb"
#define SHA256_RSA "0f300d06092a864886f70d01010b0500" "aabb"
#define PSS_DEFAULT "0f300d06092a864886f70d01010a3000" "aabb"
enum { I = IKE_FLAG_I, R = IKE_FLAG_R };
static const struct {
	const char *what;
	unsigned exchange, flags, id;
	char from, sealed;
	unsigned known;
	const char *words, *want;
} messages[] = {
	{ "request", 37, I, 5, 'i', 's', 0, "", "" },
	{ "I of the responder", 37, I | R, 5, 'r', 's', 0, "", "RFC7296-3.1-11" },
	{ "no I of the initiator", 37, R, 5, 'i', 's', 0, "", "RFC7296-3.1-11" },
	{ "R in a request", 35, I | R, 1, 'i', 's', 0, "idi() idr() auth(2)", "RFC7296-3.1-08" },
	{ "no R in a response", 34, 0, 0, 'r', 'c', 0, "n(14)", "RFC7296-3.1-08" },
	{ "in clear", 37, I, 5, 'i', 'c', 0, "del(1)", "RFC7296-1.2-09" },
	{ "IKE_AUTH in clear", 35, I, 1, 'i', 'c', 0, FIRST_AUTH, "RFC7296-1.2-09" },
	{ "INTERMEDIATE in clear", 43, I, 1, 'i', 'c', 0, "ke(31)", "RFC9242-3.2-04" },
	{ "INVALID_IKE_SPI may be", 37, R, 5, 'r', 'c', 0, "n(4)", "" },
	{ "INVALID_SPI may be", 37, I, 0, 'i', 'c', 0, "n(11,00000001)", "" },
	{ "SK in IKE_SA_INIT", 34, I, 0, 'i', 's', 0, "nonce(32)", "-" },
	{ "critical response", 37, R, 5, 'r', 's', 0, "!pt(200)", "RFC7296-2.5-11" },
	{ "critical request", 37, I, 5, 'i', 's', 0, "!pt(200)", "n:-" },
	{ "unknown request", 37, I, 5, 'i', 's', 0, "pt(200)", "n:" },
	{ "fragments unannounced", 35, I, 1, 'i', 's', KNOWN | FRAGMENT, FIRST_AUTH, "RFC7383-2.4-01" },
	{ "fragments announced", 35, I, 1, 'i', 's', KNOWN | FRAGMENT | CAN_FRAGMENT, FIRST_AUTH, "" },
	{ "fragments, not known", 35, I, 1, 'i', 's', FRAGMENT, FIRST_AUTH, "" },
	{ "IKE_AUTH", 35, I, 1, 'i', 's', KNOWN, FIRST_AUTH " n(16384) n(16396)", "" },
	{ "no IDi", 35, I, 1, 'i', 's', KNOWN, "auth(2) " CHILD TS, "-" },
	{ "no TSr", 35, I, 1, 'i', 's', KNOWN, "idi() auth(2) " CHILD " tsi(10.0.0.0-10.0.0.1)", "-" },
	{ "childless", 35, I, 1, 'i', 's', KNOWN, "idi() auth(2)", "RFC6023-3-03" },
	{ "childless, announced", 35, I, 1, 'i', 's', KNOWN | CHILDLESS, "idi() auth(2)", "" },
	{ "later, after EAP", 35, I, 3, 'i', 's', KNOWN | LATER, "auth(2)", "" },
	{ "a NAT, but port 500", 35, I, 1, 'i', 's', KNOWN | NATTED, FIRST_AUTH, "RFC7296-2.23-02" },
	{ "INITIAL_CONTACT later", 35, I, 2, 'i', 's', KNOWN | LATER, "eap() n(16384)", "RFC7296-2.4-03" },
	{ "INITIAL_CONTACT elsewhere", 37, I, 2, 'i', 's', KNOWN | LATER, "n(16384)", "RFC7296-2.4-03" },
	{ "IPCOMP without SA", 37, I, 5, 'i', 's', 0, "n(16387,123402)", "RFC7296-2.22-03" },
	{ "MOBIKE elsewhere", 37, I, 5, 'i', 's', 0, "n(16396)", "RFC4555-3.2-01" },
	{ "UPDATE by the responder", 37, 0, 5, 'r', 's', 0, "n(16400)", "RFC4555-3.5-01" },
	{ "UPDATE by the initiator", 37, I, 5, 'i', 's', 0, "n(16400)", "" },
	{ "INVALID_MESSAGE_ID in a response", 37, R, 5, 'r', 's', 0, "n(9,00000005)", "RFC7296-2.3-07" },
	{ "INVALID_MESSAGE_ID in a request", 37, I, 5, 'i', 's', 0, "n(9,00000005)", "" },
	{ "CP behind SA", 35, I, 1, 'i', 's', KNOWN, FIRST_AUTH " cp(1)", "RFC7296-2.19-02" },
	{ "CP before SA", 35, I, 1, 'i', 's', KNOWN, "idi() auth(2) cp(1) " CHILD TS, "" },
	{ "KE NONE in IKE_AUTH", 35, I, 1, 'i', 's', KNOWN,
	  "idi() auth(2) sa(1 esp 20/128 4:0 5:0)" TS, "RFC7296-1.2-07" },
	{ "KE in IKE_AUTH", 35, I, 1, 'i', 's', KNOWN,
	  "idi() auth(2) sa(1 esp 20/128 4:14 5:0)" TS, "RFC7296-1.2-08" },
	{ "response", 35, R, 1, 'r', 's', KNOWN, "idr() auth(2) " CHILD TS, "" },
	{ "EAP only", 35, R, 1, 'r', 's', KNOWN, "idr() eap()", "" },
	{ "nothing", 35, R, 1, 'r', 's', KNOWN, "n(16404)", "-" },
	{ "error", 35, R, 1, 'r', 's', KNOWN, "n(24)", "" },
	{ "no child", 35, R, 1, 'r', 's', KNOWN, "idr() auth(2) n(38)", "" },
	{ "no child, and no AUTH", 35, R, 1, 'r', 's', KNOWN, "n(38)", "RFC7296-2.21.2-05" },
	{ "digital, not announced", 35, R, 1, 'r', 's', KNOWN, "idr() auth(14," SHA256_RSA ") " CHILD TS,
	  "RFC7427-3-02" },
	{ "digital", 35, R, 1, 'r', 's', KNOWN | HASHES, "idr() auth(14," SHA256_RSA ") " CHILD TS, "" },
	{ "RSA, digital announced", 35, R, 1, 'r', 's', KNOWN | HASHES, "idr() auth(1) " CHILD TS,
	  "RFC7427-3-01" },
	{ "ECDSA, digital announced", 35, R, 1, 'r', 's', KNOWN | HASHES, "idr() auth(10) " CHILD TS,
	  "RFC7427-3-01" },
	{ "SHA-1", 35, R, 1, 'r', 's', KNOWN | HASHES, "idr() auth(14," SHA1_RSA ") " CHILD TS,
	  "RFC8247-3.2-08" },
	{ "SHA-1 ECDSA", 35, R, 1, 'r', 's', KNOWN | HASHES, "idr() auth(14," SHA1_ECDSA ") " CHILD TS,
	  "RFC8247-3.2-10" },
	{ "SHA-1 PSS", 35, R, 1, 'r', 's', KNOWN | HASHES, "idr() auth(14," PSS_DEFAULT ") " CHILD TS,
	  "RFC8247-3.2-01" },
	{ "CREATE_CHILD_SA", 36, I, 2, 'i', 's', 0, CHILD " nonce(32)" TS, "" },
	{ "no nonce", 36, I, 2, 'i', 's', 0, CHILD TS, "RFC7296-1.3.1-06" },
	{ "no TS", 36, I, 2, 'i', 's', 0, CHILD " nonce(32)", "RFC7296-1.3.1-06" },
	{ "KE of another group", 36, I, 2, 'i', 's', 0, "sa(1 esp 20/128 4:14 5:0) nonce(32) ke(31)" TS,
	  "RFC7296-3.4-02" },
	{ "IKE rekey", 36, I, 2, 'i', 's', 0, "sa8(" SPI_I " " CBC ") nonce(32) ke(31)", "" },
	{ "IKE rekey without KE", 36, I, 2, 'i', 's', 0, "sa8(" SPI_I " " CBC ") nonce(32)",
	  "RFC7296-1.3.2-01" },
	{ "IKE rekey with TS", 36, I, 2, 'i', 's', 0, "sa8(" SPI_I " " CBC ") nonce(32) ke(31)" TS,
	  "RFC7296-2.18-07" },
	{ "IKE rekey with NONE", 36, I, 2, 'i', 's', 0,
	  "sa8(" SPI_I " 1 ike 12/256 3:12 2:5 4:31 4:0) nonce(32) ke(31)", "RFC7296-2.18-03" },
	{ "REKEY_SA", 36, I, 2, 'i', 's', 0, "n(16393,3:c1000001) " CHILD " nonce(32)" TS, "" },
	{ "REKEY_SA of the other half", 36, I, 2, 'i', 's', 0,
	  "n(16393,3:c2000002) " CHILD " nonce(32)" TS, "RFC7296-1.3.3-02" },
	{ "REKEY_SA by the other end", 36, 0, 0, 'r', 's', 0,
	  "n(16393,3:c2000002) " CHILD " nonce(32)" TS, "" },
	{ "REKEY_SA without SPI", 36, I, 2, 'i', 's', 0, "n(16393) " CHILD " nonce(32)" TS,
	  "RFC7296-1.3.3-01" },
	{ "REKEY_SA of IKE", 36, I, 2, 'i', 's', 0, "n(16393,1:" SPI_I ") " CHILD " nonce(32)" TS,
	  "RFC7296-1.3.3-01" },
	{ "delete", 37, I, 5, 'i', 's', 0, "del(3,c1000001)", "" },
	{ "delete the peer's", 37, I, 5, 'i', 's', 0, "del(3,c2000002)", "RFC7296-1.4.1-06" },
	{ "delete both", 37, I, 5, 'i', 's', 0, "del(3,c1000001,c2000002)", "RFC7296-1.4.1-06" },
	{ "delete both, in two payloads", 37, I, 5, 'i', 's', 0, "del(3,c1000001) del(3,c2000002)",
	  "RFC7296-1.4.1-06" },
	{ "delete unknown", 37, I, 5, 'i', 's', 0, "del(3,c9999999)", "" },
	{ "delete of AH", 37, I, 5, 'i', 's', 0, "del(2,c2000002)", "" },
	{ "INFORMATIONAL with KE", 37, I, 5, 'i', 's', 0, "ke(31)", "RFC7296-1.4-07" },
};

/* A CHILD SA that the IKE SA's initiator began. */
static void child_known(void)
{
	struct ike_child *c = session_child_new(session, sa);
	c->protocol = PROTOCOL_ESP;
	c->initiator = IKE_INITIATOR;
	c->spi_i = 0xc1000001;
	c->spi_r = 0xc2000002;
}

START_TEST(message)
{
	struct made x = { messages[_i].exchange, messages[_i].flags, messages[_i].id, NULL,
			  messages[_i].words, messages[_i].sealed == 's' };
	child_known();
	sa_know(messages[_i].known);
	struct ike_message *m = made_message(&x);
	m->fragment = messages[_i].known & FRAGMENT ? 1 : 0;
	struct ike_work w = work_on(m, messages[_i].from == 'i');
	session_rules_message(&w);
	expect(messages[_i].what, messages[_i].want);
}
END_TEST

/* ---- CHILD SAs ---- */

#define ESP "1 esp 20/128 5:0"
#define PFS "1 esp 20/128 4:31 5:0"
static const struct {
	const char *what;
	unsigned exchange;
	bool natted;
	const char *request, *response, *want;
} children[] = {
	{ "right", 35, 0, "sa(" ESP ")" TS, "sa(" ESP ")" TS, "" },
	{ "request not seen", 35, 0, NULL, "sa(" ESP ")" TS, "" },
	{ "refused", 35, 0, "sa(" ESP ")" TS, "n(38)", "" },
	{ "not offered", 35, 0, "sa(" ESP ")" TS, "sa(1 esp 20/256 5:0)" TS, "RFC7296-3.3.6-02" },
	{ "protocol", 35, 0, "sa(1 ah 3:12 5:0)" TS, "sa(1 esp 3:12 5:0)" TS, "RFC7296-2.7-02" },
	{ "SPI 0", 35, 0, "sa(" ESP ")" TS, "sa4(00000000 " ESP ")" TS, "RFC4303-2.1-02" },
	{ "SPI 255", 35, 0, "sa4(000000ff " ESP ")" TS, "sa4(00000100 " ESP ")" TS, "RFC4303-2.1-03" },
	{ "narrowed", 35, 0, "sa(" ESP ")" TS,
	  "sa(" ESP ") tsi(10.1.0.0-10.1.0.7) tsr(10.2.0.9-10.2.0.9 6:80-80)", "" },
	{ "wider", 35, 0, "sa(" ESP ")" TS,
	  "sa(" ESP ") tsi(10.1.0.0-10.1.1.0) tsr(10.2.0.0-10.2.0.255)", "RFC7296-2.9-06" },
	{ "TSr elsewhere", 35, 0, "sa(" ESP ")" TS,
	  "sa(" ESP ") tsi(10.1.0.0-10.1.0.255) tsr(10.3.0.0-10.3.0.255)", "RFC7296-2.9-06" },
	{ "no TSr", 35, 0, "sa(" ESP ")" TS, "sa(" ESP ") tsi(10.1.0.0-10.1.0.255)", "-" },
	{ "transport", 35, 0, "sa(" ESP ") n(16391)" TS, "sa(" ESP ") n(16391)" TS, "" },
	{ "transport unasked", 35, 0, "sa(" ESP ")" TS, "sa(" ESP ") n(16391)" TS, "-" },
	{ "transport over a NAT", 35, 1, "sa(" ESP ") n(16391)" TS, "sa(" ESP ") n(16391)" TS,
	  "RFC7296-2.23-14 RFC7296-2.23-14" },
	{ "transport over a NAT, addresses of the outside", 35, 1, "sa(" ESP ") n(16391)" TS,
	  "sa(" ESP ") n(16391) tsi(192.0.2.9-192.0.2.9) tsr(192.0.2.2-192.0.2.2 6:1-9)", "" },
	{ "CFG_REPLY unasked", 35, 0, "sa(" ESP ")" TS, "cp(2) sa(" ESP ")" TS, "RFC7296-2.19-06" },
	{ "CFG_REPLY", 35, 0, "cp(1) sa(" ESP ")" TS, "cp(2) sa(" ESP ")" TS, "" },
	{ "IPComp", 35, 0, "n(16387,123402) n(16387,123403) sa(" ESP ")" TS,
	  "n(16387,432103) sa(" ESP ")" TS, "" },
	{ "IPComp not offered", 35, 0, "n(16387,123402) sa(" ESP ")" TS,
	  "n(16387,432103) sa(" ESP ")" TS, "RFC7296-2.22-02" },
	{ "IPComp twice", 35, 0, "n(16387,123402) n(16387,123403) sa(" ESP ")" TS,
	  "n(16387,432102) n(16387,432103) sa(" ESP ")" TS, "RFC7296-2.22-02" },
	{ "PFS", 36, 0, "sa(" PFS ") nonce(32) ke(31)" TS, "sa(" PFS ") nonce(32) ke(31)" TS, "" },
	{ "PFS chosen without KE", 36, 0, "sa(" PFS ") nonce(32) ke(31)" TS, "sa(" PFS ") nonce(32)" TS,
	  "-" },
	{ "PFS not chosen", 36, 0, "sa(" PFS ") nonce(32) ke(31)" TS, "sa(" ESP ") nonce(32)" TS,
	  "RFC7296-2.7-04" },
	{ "PFS may be left out", 36, 0, "sa(1 esp 20/128 4:31 4:0 5:0) nonce(32) ke(31)" TS,
	  "sa(" ESP ") nonce(32)" TS, "" },
	{ "NONE, and KE all the same", 36, 0, "sa(1 esp 20/128 4:31 4:0 5:0) nonce(32) ke(31)" TS,
	  "sa(1 esp 20/128 4:0 5:0) nonce(32) ke(31)" TS, "RFC7296-3.3.6-08" },
	{ "KE without a group", 36, 0, "sa(" ESP ") nonce(32)" TS, "sa(" ESP ") nonce(32) ke(31)" TS,
	  "RFC7296-3.4-04" },
	{ "another group", 36, 0, "sa(1 esp 20/128 4:31 4:19 5:0) nonce(32) ke(31)" TS,
	  "sa(1 esp 20/128 4:19 5:0) nonce(32) ke(19)" TS, "RFC7296-1.3-05" },
	{ "short nonces", 36, 0, "sa(" ESP ") nonce(31)" TS, "sa(" ESP ") nonce(16)" TS,
	  "RFC7296-2.10-03 RFC7296-2.10-03" },
	{ "IKE rekey", 36, 0, "sa8(" SPI_I " " CBC ") nonce(32) ke(31)",
	  "sa8(" SPI_R " " CBC ") nonce(32) ke(31)", "" },
	{ "IKE rekey, SPI zero", 36, 0, "sa8(" SPI_I " " CBC ") nonce(32) ke(31)",
	  "sa8(" ZERO " " CBC ") nonce(32) ke(31)", "RFC7296-1.3.2-03" },
	{ "IKE rekey, not offered", 36, 0, "sa8(" SPI_I " " CBC ") nonce(32) ke(31)",
	  "sa8(" SPI_R " 1 ike 20/256 2:5 4:31) nonce(32) ke(31)", "RFC7296-2.7-01" },
};

START_TEST(child)
{
	struct made x = { children[_i].exchange, IKE_FLAG_R, 2, NULL, children[_i].response, true };
	struct ike_work w = work_on(made_message(&x), false);
	sa->end[0].natted = children[_i].natted;
	sa->choice.prf = 7;	/* a key of 64 octets */
	if (children[_i].exchange == 36 && !strstr(children[_i].what, "short"))
		sa->choice.prf = 5;
	const struct node *request = children[_i].request ? made_chain(children[_i].request) : NULL;
	session_rules_child(&w, request, w.m->inner);
	expect(children[_i].what, children[_i].want);
}
END_TEST

/* ---- daemons ---- */

static void take_clear(const struct lab_packet *p, const struct node **request)
{
	struct ike_message *m = ike_message_decode(p->ike, &arena, NULL);
	bool response = node_uint(m->header, IKE_FLAGS, 0) & IKE_FLAG_R;
	if (ike_version(m) != 2 || node_uint(m->header, IKE_EXCHANGE, 0) != EXCHANGE_INIT)
		return;
	place.src = p->src;
	place.dst = p->dst;
	place.sport = p->sport;
	place.dport = p->dport;
	struct ike_work w = work_on(m, !response);
	session_rules_message(&w);
	if (response)
		session_rules_init_response(&w, *request);
	else
		session_rules_init_request(&w);
	const struct node *error = response ? rules_error(m->payloads) : NULL;
	const struct node *data = error ? node_kid(error, NOTIFY_DATA) : NULL;
	sa->ke_wanted = data && rules_notify_type(error) == 17 ? (uint16_t)node_uint(data, 0, 0) : 0;
	if (data)
		sa->ke_refused = 31;
	*request = response ? NULL : m->payloads;
}

/* IKE_SA_INIT of all captures. Where two SAs are negotiated at a time, the rules on
 * retries see them as one: those captures are left out. */
START_TEST(daemons)
{
	glob_t list;
	unsigned read = 0;
	ck_assert_int_eq(glob("captures/[ls]*/*.pcap", 0, NULL, &list), 0);
	for (size_t i = 0; i < list.gl_pathc; i++) {
		struct lab_packet p = { 0 };
		const struct node *request = NULL;
		size_t at = 0;
		if (strstr(list.gl_pathv[i], "two-ike-sas"))
			continue;
		struct arena_mark mark = arena_mark(&arena);
		struct span pcap = lab_file(list.gl_pathv[i], &arena);
		fs = (struct findings){ .arena = &arena };
		while (lab_next(pcap, &at, &p))
			take_clear(&p, &request);
		expect(list.gl_pathv[i], "");
		arena_rewind(&arena, mark);
		read++;
	}
	globfree(&list);
	ck_assert_uint_ge(read, 100);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *s = suite_create("session rules");
	TCase *t = tcase_create("session rules");
	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, first_request, 0, ROWS(requests));
	tcase_add_loop_test(t, first_response, 0, ROWS(responses));
	tcase_add_test(t, nat_ends);
	tcase_add_loop_test(t, retry, 0, ROWS(retries));
	tcase_add_loop_test(t, message, 0, ROWS(messages));
	tcase_add_loop_test(t, child, 0, ROWS(children));
	tcase_add_test(t, daemons);
	suite_add_tcase(s, t);
	return testing_run(s);
}
