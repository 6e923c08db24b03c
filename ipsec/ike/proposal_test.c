/* SPDX-License-Identifier: BSD-2-Clause
 * Choices, answers and offers compared, with what RFC 7296, 2.7, 2.9 and 3.3, say
 * of each case; names as charon logs them for the captured messages. */
#include "ipsec/ike/made_test.h"
#include "ipsec/ike/proposal.h"

static struct arena arena;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_done(&arena);
}

static const struct node *find(const struct node *n, uint32_t type)
{
	while (n && n->number != type)
		n = n->next;
	return n;
}

/* ---- choices of real answers ---- */

/* From the charon.log of each capture: "selected proposal". */
static const struct {
	const char *capture;
	unsigned frame;
	const char *selected;
} selected[] = {
	{ "tunnel-gcm", 2, "AES_CBC_128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/MODP_2048" },
	{ "cert-fragmented", 2, "AES_CBC_128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/CURVE_25519" },
};

/* " / ", " 128" and CURVE25519 as charon writes them. */
static const char *as_charon(const char *ours)
{
	struct text t = { 0 };
	for (; *ours; ours++) {
		if (strncmp(ours, " / ", 3) == 0) {
			text_char(&t, '/');
			ours += 2;
		} else if (strcmp(ours, "CURVE25519") == 0) {
			text_add(&t, "CURVE_25519");
			break;
		} else {
			text_char(&t, *ours == ' ' ? '_' : *ours);
		}
	}
	const char *s = arena_text(&arena, span_of(t.p, t.n));
	text_done(&t);
	return s;
}

START_TEST(choice_of_charon)
{
	struct span octets = sample_octets(selected[_i].capture, selected[_i].frame, &arena);
	const struct ike_message *m = ike_message_decode(octets, &arena, NULL);
	struct ike_choice c;
	ck_assert(ike_choice_read(find(m->payloads, PAYLOAD_SA), &c));
	ck_assert_str_eq(as_charon(ike_choice_text(&c, &arena)), selected[_i].selected);
	ck_assert_int_eq(c.protocol, IKE_PROTOCOL_IKE);
	ck_assert_int_eq(c.has, CHOICE_ENCR | CHOICE_INTEG | CHOICE_PRF | CHOICE_KE);
}
END_TEST

static const struct {
	const char *sa, *text;
} choices[] = {
	{ "1 esp 20/128 5:0", "AES_GCM_16 128 / NO_ESN" },
	{ "1 esp 12/256 3:12 5:1", "AES_CBC 256 / HMAC_SHA2_256_128 / ESN" },
	{ "1 ah 3:12 4:19 5:0", "HMAC_SHA2_256_128 / ECP_256 / NO_ESN" },
	{ "1 ike 28 2:5 4:31", "CHACHA20_POLY1305 / PRF_HMAC_SHA2_256 / CURVE25519" },
	/* NONE says as much as leaving it out */
	{ "1 ike 20/256 3:0 2:7 4:21", "AES_GCM_16 256 / PRF_HMAC_SHA2_512 / ECP_521" },
	{ "1 ike 20/256 2:7 4:31 6:36 7:37", "AES_GCM_16 256 / PRF_HMAC_SHA2_512 / CURVE25519 / "
	  "2 additional key exchanges" },
	/* a number that nobody knows stays one; of two the first counts */
	{ "1 ike 1023 3:1023 2:5 12/256", "1023 / 1023 / PRF_HMAC_SHA2_256" },
	{ "1 esp", "" },
};

START_TEST(choice)
{
	struct ike_choice c;
	ck_assert(ike_choice_read(made_sa(choices[_i].sa, &arena), &c));
	ck_assert_str_eq(ike_choice_text(&c, &arena), choices[_i].text);
}
END_TEST

START_TEST(choice_spi)
{
	struct ike_choice c;
	ck_assert(ike_choice_read(made_sa("1 esp 20/128 5:0", &arena), &c));
	ck_assert_int_eq(c.spi_size, 4);
	ck_assert_mem_eq(c.spi, "\xc1\xc2\xc3\xc4\0\0\0\0", 8);
	ck_assert(ike_choice_read(made_sa_spi("1 ike 20/128", "0102030405060708", &arena), &c));
	ck_assert_int_eq(c.spi_size, 8);
	ck_assert_mem_eq(c.spi, "\1\2\3\4\5\6\7\10", 8);
	ck_assert(!ike_choice_read(NULL, &c));
	ck_assert(!ike_choice_read(made_sa("", &arena), &c));
	ck_assert_int_eq(c.has, 0);
	ck_assert(!ike_choice_read(made_ts("10.0.0.0-10.0.0.1", &arena), &c));
}
END_TEST

/* ---- answers ---- */

static const struct {
	const char *offer, *answer, *rule, *wrong;	/* NULL: nothing is wrong */
} answers[] = {
	{ "1 ike 12/256 12/128 3:12 2:5 4:14 4:31", "1 ike 12/128 3:12 2:5 4:31", NULL, NULL },
	{ "1 ike 20/128 2:5 4:31; 2 ike 12/128 3:12 2:5 4:31", "2 ike 12/128 3:12 2:5 4:31",
	  NULL, NULL },
	/* AEADs (RFC 7296, 3.3): INTEG may be left out or be NONE, on either side */
	{ "1 ike 20/128 3:0 2:5 4:31", "1 ike 20/128 2:5 4:31", NULL, NULL },
	{ "1 ike 20/128 2:5 4:31", "1 ike 20/128 3:0 2:5 4:31", NULL, NULL },
	{ "1 esp 20/128 12/128 3:12 5:0", "1 esp 20/128 5:0", NULL, NULL },
	/* no KE in IKE_AUTH; NONE among the KE methods (3.3.2) */
	{ "1 esp 20/128 4:14 5:0", "1 esp 20/128 5:0", NULL, NULL },
	{ "1 esp 20/128 4:14 4:0 5:0", "1 esp 20/128 4:0 5:0", NULL, NULL },
	{ "1 ike 20/128 2:5 4:31 6:36 6:0", "1 ike 20/128 2:5 4:31", NULL, NULL },
	{ "1 esp 28 5:0", "", "RFC7296-2.7-01", "the answer has no proposal" },
	{ "1 esp 28 5:0", "1 esp 28 5:0; 2 esp 28 5:0", "RFC7296-2.7-01",
	  "the answer has more than one proposal" },
	{ "1 ike 12/128 12/256 3:12 2:5 4:14", "1 ike 12/128 12/256 3:12 2:5 4:14",
	  "RFC7296-2.7-01", "the answer has more than one encryption" },
	{ "1 ike 12/256 3:12 2:5 4:14", "1 ike 20/256 2:5 4:14", "RFC7296-2.7-01",
	  "AES_GCM_16 256 is not among the offers of encryption (AES_CBC 256)" },
	/* the algorithms of two proposals */
	{ "1 ike 12/256 3:12 2:5 4:14; 2 ike 12/256 3:14 2:7 4:14",
	  "2 ike 12/256 3:12 2:7 4:14", "RFC7296-2.7-01",
	  "HMAC_SHA2_256_128 is not among the offers of integrity algorithm (HMAC_SHA2_512_256)" },
	/* key lengths */
	{ "1 ike 12/256 3:12 2:5 4:14", "1 ike 12/128 3:12 2:5 4:14", "RFC7296-3.3.6-02",
	  "AES_CBC was offered with a key of 256 bits, the answer has a key of 128 bits" },
	{ "1 ike 12/256 3:12 2:5 4:14", "1 ike 12 3:12 2:5 4:14", "RFC7296-3.3.6-02",
	  "AES_CBC was offered with a key of 256 bits, the answer has no Key Length" },
	{ "1 ike 12/256 3:12 2:5 4:14", "1 ike 12/256 2:5 4:14", "RFC7296-2.7-04",
	  "the answer chooses no integrity algorithm of those offered (HMAC_SHA2_256_128)" },
	{ "1 esp 12/256 3:12 5:0 5:1", "1 esp 12/256 3:12", "RFC7296-2.7-04",
	  "the answer chooses no kind of sequence numbers of those offered (NO_ESN, ESN)" },
	{ "1 ike 20/256 2:5 4:14 6:36", "1 ike 20/256 2:5 4:14", "RFC7296-2.7-04",
	  "the answer chooses no additional key exchange 1 of those offered (ML_KEM_768)" },
	{ "1 esp 20/128 5:1", "1 esp 20/128 5:0", "RFC7296-2.7-01",
	  "NO_ESN is not among the offers of kind of sequence numbers (ESN)" },
	{ "1 ah 3:12 5:0", "1 esp 3:12 5:0", "RFC7296-2.7-02",
	  "the answer is for ESP, the offer for AH" },
	{ "1 ike 20/128 2:5 4:31; 2 ike 12/128 3:12 2:5 4:31", "1 ike 12/128 3:12 2:5 4:31",
	  "RFC7296-3.3.1-02", "the answer is proposal 2 of the offer, but has the number 1" },
	{ "1 ike 20/128 2:5 4:31", "3 ike 12/128 3:12 2:5 4:31", "RFC7296-3.3.1-02",
	  "the answer has the number 3, which no proposal of the offer has" },
};

START_TEST(answer)
{
	const struct node *offer = made_sa(answers[_i].offer, &arena);
	const struct node *got = made_sa(answers[_i].answer, &arena);
	const char *rule, *wrong = ike_answer_rule(offer, got, &arena, &rule);
	ck_assert_msg(!wrong == !answers[_i].wrong, "%s: %s", answers[_i].answer, wrong);
	if (!wrong)
		return;
	ck_assert_str_eq(wrong, answers[_i].wrong);
	ck_assert_str_eq(rule, answers[_i].rule);
	ck_assert_str_eq(ike_answer_wrong(offer, got, &arena), wrong);
}
END_TEST

/* The answers that charon and pluto gave fit what they were asked. */
START_TEST(answers_in_captures)
{
	struct span one = sample_octets("tunnel-gcm", 1, &arena);
	struct span two = sample_octets("tunnel-gcm", 2, &arena);
	const struct node *offer = ike_message_decode(one, &arena, NULL)->payloads;
	const struct node *got = ike_message_decode(two, &arena, NULL)->payloads;
	const char *wrong = ike_answer_wrong(find(offer, PAYLOAD_SA), find(got, PAYLOAD_SA), &arena);
	ck_assert_msg(!wrong, "%s", wrong);
}
END_TEST

/* ---- offers ---- */

static const struct {
	const char *sa, *text;
} offers[] = {
	{ "1 ike 12/128 12/192 12/256 20/256 3:12 2:5 4:14 4:31",
	  "AES_CBC 128|192|256, AES_GCM_16 256 / HMAC_SHA2_256_128 / PRF_HMAC_SHA2_256 / "
	  "MODP_2048, CURVE25519" },
	{ "1 esp 20/128 5:0 5:1; 2 esp 12/256 3:12 5:0",
	  "ESP: AES_GCM_16 128 / NO_ESN, ESN; or AES_CBC 256 / HMAC_SHA2_256_128 / NO_ESN" },
	{ "1 esp 28; 2 ah 3:2", "ESP: CHACHA20_POLY1305; or AH: HMAC_SHA1_96" },
	{ "1 esp 28; 2 esp 28; 3 esp 28; 4 esp 28; 5 esp 28; 6 esp 28; 7 esp 28; 8 esp 28; 9 esp 28; "
	  "10 esp 28", "ESP: CHACHA20_POLY1305; or CHACHA20_POLY1305; or CHACHA20_POLY1305; or "
	  "CHACHA20_POLY1305; or CHACHA20_POLY1305; or CHACHA20_POLY1305; or CHACHA20_POLY1305; or "
	  "CHACHA20_POLY1305; and 2 more" },
	{ "1 ike 4:1 4:2 4:5 4:14 4:15 4:16 4:17 4:18 4:19 4:20 4:21 4:22 4:23 4:24",
	  "MODP_768, MODP_1024, MODP_1536, MODP_2048, MODP_3072, MODP_4096, MODP_6144, MODP_8192, "
	  "ECP_256, ECP_384, ECP_521, MODP_1024_160 and 2 more" },
	{ "", "" },
};

START_TEST(offer)
{
	ck_assert_str_eq(ike_offer_text(made_sa(offers[_i].sa, &arena), &arena), offers[_i].text);
}
END_TEST

static const struct {
	const char *one, *other, *text;
} pairs[] = {
	{ "1 ike 12/256 3:12 2:5 4:31", "1 ike 20/128 12/256 3:12 2:5 4:14 4:31", NULL },
	{ "1 ike 12/256 3:12 2:5 4:31", "1 ike 20/128 2:5 4:31",
	  "no common encryption: the initiator offers AES_CBC 256, the responder AES_GCM_16 128" },
	{ "1 ike 12/256 3:12 2:5 4:31", "1 ike 12/128 3:12 2:5 4:14",
	  "no common encryption: the initiator offers AES_CBC 256, the responder AES_CBC 128; "
	  "no common key exchange method: the initiator offers CURVE25519, the responder MODP_2048" },
	{ "1 esp 12/256 3:12 5:0; 2 esp 20/256 5:0", "1 esp 28 5:0; 2 esp 20/128 5:0",
	  "no common encryption: the initiator offers AES_CBC 256, AES_GCM_16 256, the responder "
	  "CHACHA20_POLY1305, AES_GCM_16 128" },
	{ "1 esp 20/128 5:0", "1 ah 3:12 5:0",
	  "no common protocol: the initiator offers ESP, the responder AH" },
	/* the lack of a KE method may be the exchange's; that of INTEG is NONE */
	{ "1 esp 20/128 5:0", "1 esp 20/128 4:14 5:0", NULL },
	{ "1 esp 20/128 3:0 5:0", "1 esp 20/128 5:0", NULL },
	{ "1 esp 20/128 4:19 5:0", "1 esp 20/128 4:14 5:0",
	  "no common key exchange method: the initiator offers ECP_256, the responder MODP_2048" },
	{ "1 esp 12/128 3:2 5:1", "1 esp 12/128 3:2 5:0",
	  "no common kind of sequence numbers: the initiator offers ESN, the responder NO_ESN" },
	{ "1 ike 12/128 3:12 2:5 4:14; 2 ike 12/256 3:12 2:5 4:19",
	  "1 ike 12/128 3:12 2:5 4:19; 2 ike 12/256 3:12 2:5 4:14",
	  "the algorithms are known to both, but not together in one proposal; in the closest pair "
	  "no common key exchange method: the initiator offers MODP_2048, the responder ECP_256" },
};

START_TEST(differ)
{
	const char *text = ike_offers_differ(made_sa(pairs[_i].one, &arena),
					     made_sa(pairs[_i].other, &arena), &arena);
	ck_assert_msg(!text == !pairs[_i].text, "%s: %s", pairs[_i].one, text);
	if (text)
		ck_assert_str_eq(text, pairs[_i].text);
}
END_TEST

/* A peer may send as many as a datagram holds: `proposals` of them, each with
 * `transforms` of type `type` and growing numbers. */
static const struct node *gigantic(unsigned proposals, unsigned transforms, unsigned type)
{
	struct text t = { 0 };
	for (unsigned p = 1; p <= proposals; p++) {
		text_printf(&t, "%u ike", p & 255);
		for (unsigned i = 0; i < transforms; i++)
			text_printf(&t, " %u:%u", type ? type : i & 255, i);
		text_add(&t, p < proposals ? ";" : "");
	}
	text_char(&t, '\0');
	const struct node *n = made_sa(t.p, &arena);
	text_done(&t);
	return n;
}

START_TEST(bounded)
{
	static const struct { unsigned p, t, type; } sizes[] = {
		{ 8000, 0, 0 }, { 1, 8000, 1 }, { 1, 8000, 0 }, { 90, 90, 4 }, { 4000, 1, 3 },
	};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
		for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
			const struct node *one = gigantic(sizes[i].p, sizes[i].t, sizes[i].type);
			const struct node *other = gigantic(sizes[k].p, sizes[k].t, sizes[k].type);
			struct arena_mark mark = arena_mark(&arena);
			const char *wrong = ike_answer_wrong(one, other, &arena);
			ck_assert(wrong && strlen(wrong) < 500);
			ck_assert_uint_lt(strlen(ike_offer_text(one, &arena)), 4000);
			ck_assert_ptr_null(ike_offers_differ(one, other, &arena));
			arena_rewind(&arena, mark);
		}
	/* an answer of one transform, an offer that is searched as far as it goes */
	ck_assert(ike_answer_wrong(gigantic(8000, 0, 0), made_sa("200 ike 12/128 4:1", &arena), &arena));
}
END_TEST

/* ---- traffic selectors ---- */

static const struct {
	const char *ts, *text;
} selectors[] = {
	{ "10.1.0.0-10.1.255.255", "10.1.0.0/16" },
	{ "0.0.0.0-255.255.255.255", "0.0.0.0/0" },
	{ "192.0.2.1-192.0.2.1 17:500-500", "192.0.2.1 udp/500" },
	{ "192.0.2.1-192.0.2.3 6:0-65535", "192.0.2.1-192.0.2.3 tcp" },
	{ "192.0.2.0-192.0.2.2", "192.0.2.0-192.0.2.2" },
	{ "10.0.0.9-10.0.0.1 6:80-443, 10.2.0.0-10.2.0.1 0:53-53",
	  "10.0.0.9-10.0.0.1 tcp/80-443, 10.2.0.0/31 any/53" },
	{ "2001:db8::-2001:db8::ffff", "2001:db8::/112" },
	{ "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "::/0" },
	{ "10.0.0.1-10.0.0.1 1:2048-2303", "10.0.0.1 icmp/8" },
	{ "10.0.0.1-10.0.0.1 1:769-769", "10.0.0.1 icmp/3(1)" },
	{ "10.0.0.1-10.0.0.1 132:65535-0", "10.0.0.1 sctp/opaque" },
	{ "10.0.0.1-10.0.0.1 200:0-65535", "10.0.0.1 protocol 200" },
	{ "10.0.0.0-10.0.0.0,10.0.0.1-10.0.0.1,10.0.0.2-10.0.0.2,10.0.0.3-10.0.0.3,10.0.0.4-10.0.0.4,"
	  "10.0.0.5-10.0.0.5,10.0.0.6-10.0.0.6,10.0.0.7-10.0.0.7,10.0.0.8-10.0.0.8",
	  "10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7 and 1 more" },
	{ "", "" },
};

START_TEST(ts_text)
{
	ck_assert_str_eq(ike_ts_text(made_ts(selectors[_i].ts, &arena), &arena), selectors[_i].text);
}
END_TEST

/* Types without addresses, and none at all; octets by hand. */
START_TEST(ts_others)
{
	static const uint8_t octets[] = {
		0, 0, 0, 48, 3, 0, 0, 0,
		10, 0, 0, 9, '<', 'b', '>', '"', 10,
		9, 0, 0, 24, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0,
		77, 0, 0, 7, 1, 2, 3,
	};
	struct decode d = { &arena, NULL, 0, 0 };
	struct span rest;
	const struct node *n = ike_chain_decode(45, 2, span_of(octets, sizeof octets), &d, &rest);
	ck_assert_str_eq(ike_ts_text(n, &arena),
			 "label <b>\\\"\\x0a, FC 0x000001-0x000002, selector of type 77");
	ck_assert(ike_ts_inside(n, n));
	ck_assert(!ike_ts_inside(made_ts("0.0.0.0-255.255.255.255", &arena), n));
	ck_assert_str_eq(ike_ts_text(NULL, &arena), "");
	ck_assert_str_eq(ike_ts_text(made_sa("1 esp 28", &arena), &arena), "");
}
END_TEST

static const struct {
	const char *request, *answer;
	bool inside;
} narrowed[] = {
	{ "10.0.0.0-10.255.255.255", "10.1.0.0-10.1.255.255", true },
	{ "10.0.0.0-10.255.255.255", "10.0.0.0-10.255.255.255", true },
	{ "10.1.0.0-10.1.255.255", "10.0.0.0-10.255.255.255", false },
	{ "10.1.0.0-10.1.255.255", "10.1.0.0-10.2.0.0", false },
	{ "10.1.0.0-10.1.255.255", "10.0.255.255-10.1.0.0", false },
	{ "10.1.0.0-10.1.0.9,10.1.0.20-10.1.0.29", "10.1.0.5-10.1.0.5,10.1.0.25-10.1.0.29", true },
	/* one range of the answer across two of the request */
	{ "10.1.0.0-10.1.0.9,10.1.0.20-10.1.0.29", "10.1.0.0-10.1.0.29", false },
	{ "10.0.0.0-10.0.0.9", "10.0.0.0-10.0.0.9 6:0-65535", true },
	{ "10.0.0.0-10.0.0.9 6:0-65535", "10.0.0.0-10.0.0.9", false },
	{ "10.0.0.0-10.0.0.9 6:0-65535", "10.0.0.0-10.0.0.9 17:0-65535", false },
	{ "10.0.0.0-10.0.0.9 6:80-90", "10.0.0.0-10.0.0.9 6:85-85", true },
	{ "10.0.0.0-10.0.0.9 6:80-90", "10.0.0.0-10.0.0.9 6:85-91", false },
	{ "10.0.0.0-10.0.0.9 6:65535-0", "10.0.0.0-10.0.0.9 6:65535-0", true },
	{ "10.0.0.0-10.0.0.9 6:80-90", "10.0.0.0-10.0.0.9 6:65535-0", false },
	{ "10.0.0.0-10.0.0.9", "10.0.0.0-10.0.0.9 6:65535-0", true },
	{ "::-ffff::", "10.0.0.0-10.0.0.9", false },
	{ "2001:db8::-2001:db8::ff", "2001:db8::7-2001:db8::7", true },
	{ "", "10.0.0.0-10.0.0.9", false },
	{ "10.0.0.0-10.0.0.9", "", true },
};

START_TEST(ts_inside)
{
	ck_assert_msg(ike_ts_inside(made_ts(narrowed[_i].request, &arena),
				    made_ts(narrowed[_i].answer, &arena)) == narrowed[_i].inside,
		      "%s in %s", narrowed[_i].answer, narrowed[_i].request);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
	Suite *s = suite_create("proposal");
	TCase *t = tcase_create("proposal");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, choice_of_charon, 0, ROWS(selected));
	tcase_add_loop_test(t, choice, 0, ROWS(choices));
	tcase_add_test(t, choice_spi);
	tcase_add_loop_test(t, answer, 0, ROWS(answers));
	tcase_add_test(t, answers_in_captures);
	tcase_add_loop_test(t, offer, 0, ROWS(offers));
	tcase_add_loop_test(t, differ, 0, ROWS(pairs));
	tcase_add_test(t, bounded);
	tcase_add_loop_test(t, ts_text, 0, ROWS(selectors));
	tcase_add_test(t, ts_others);
	tcase_add_loop_test(t, ts_inside, 0, ROWS(narrowed));
	suite_add_tcase(s, t);
	return testing_run(s);
}
