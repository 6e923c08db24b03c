/* SPDX-License-Identifier: BSD-2-Clause
 * Messages in clear: real ones against what independent decoders found in them,
 * broken ones against the findings they deserve, and all of them back to the
 * same octets. */
#include "ipsec/ike/helpers_test.h"

static struct arena arena;
static struct findings fs;

static void setup(void)
{
	arena_init(&arena);
	fs = (struct findings){ .arena = &arena };
}

static void teardown(void)
{
	arena_done(&arena);
}

/* In a right message nothing is forced but what SK names as next. */
static void check_derived(const struct node *n)
{
	for (; n; n = n->next) {
		bool sk = n->number == PAYLOAD_SK || n->number == PAYLOAD_SKF;
		for (unsigned i = 0; i < n->desc->count; i++) {
			ck_assert_msg(!(n->forced >> i & 1) || (sk && i == PAYLOAD_NEXT), "%s.%s",
				      n->desc->name, n->desc->fields[i].name);
			check_derived(node_kid(n, i));
		}
	}
}

START_TEST(real_message)
{
	const struct sample *s = &samples[_i];
	struct span octets = unhex(s->hex, &arena);
	struct ike_message *m = ike_message_decode(octets, &arena, &fs);
	ck_assert_msg(same_octets(m, octets), "%s %u", s->capture, s->frame);
	ck_assert_msg(!*finding_list(&fs, SEVERITY_DEVIATION, &arena), "%s %u: %s", s->capture,
		      s->frame, finding_list(&fs, SEVERITY_DEVIATION, &arena));
	if (!m->sk && !m->sealed)
		ck_assert_str_eq(payload_list(m, &arena), s->payloads);
	ck_assert_int_eq(m->icv, m->sk || m->sealed ? ICV_UNCHECKED : ICV_NONE);
	ck_assert_ptr_nonnull(ike_exchange_name(m));
	check_derived(m->payloads);
}
END_TEST

START_TEST(every_truncation)
{
	struct span octets = unhex(samples[_i].hex, &arena);
	for (size_t n = 0; n < octets.n; n++) {
		struct arena_mark mark = arena_mark(&arena);
		uint8_t *exact = malloc(n + 1);	/* so that sanitizers see the end */
		memcpy(exact, octets.p, n);
		fs = (struct findings){ .arena = &arena };
		struct ike_message *m = ike_message_decode(span_of(exact, n), &arena, &fs);
		ck_assert_msg(same_octets(m, span_of(exact, n)), "%s %u cut to %zu",
			      samples[_i].capture, samples[_i].frame, n);
		ck_assert_msg(fs.count, "%zu: nothing found", n);
		free(exact);
		arena_rewind(&arena, mark);
	}
}
END_TEST

/* A header of IKE_SA_INIT and what follows; its length is filled in. */
static struct span build(const char *next_and_version, const char *flags, const char *body)
{
	const char *hex = arena_printf(&arena, "01020304050607080000000000000000%s22%s"
				       "0000000000000000%s", next_and_version, flags, body);
	struct span s = unhex(hex, &arena);
	struct writer w = writer_of((uint8_t *)(uintptr_t)s.p, s.n);
	w.n = s.n;
	write_patch(&w, 24, s.n, 4);
	return s;
}

static const struct broken {
	const char *next_version, *flags, *body, *requirement;
} broken[] = {
	/* payload lengths: too small, too large; a promise; octets behind */
	{ "2820", "08", "00000003" "0000", "RFC7296-3.2-05" },
	{ "2820", "08", "00000080" "0000", "RFC7296-3.2-05" },
	{ "2820", "08", "28000014" "00112233445566778899aabbccddeeff", "RFC7296-3.2-06" },
	{ "2820", "08", "00000014" "00112233445566778899aabbccddeeff" "0000", "RFC7296-3.2-06" },
	{ "2820", "08", "", "RFC7296-3.2-06" },
	{ "0020", "08", "0000", "RFC7296-3.2-06" },
	/* reserved and critical bits */
	{ "2820", "08", "00010014" "00112233445566778899aabbccddeeff", "RFC7296-3.2-03" },
	{ "2820", "08", "00800014" "00112233445566778899aabbccddeeff", "RFC7296-3.2-01" },
	{ "2820", "48", "00000014" "00112233445566778899aabbccddeeff", "RFC7296-3.1-07" },
	{ "2820", "18", "00000014" "00112233445566778899aabbccddeeff", "RFC7296-3.1-10" },
	{ "2821", "08", "00000014" "00112233445566778899aabbccddeeff", "RFC7296-3.1-06" },
	{ "2830", "08", "00000014" "00112233445566778899aabbccddeeff", "RFC7296-3.1-05" },
	/* nonce sizes */
	{ "2820", "08", "00000013" "00112233445566778899aabbccddee", "RFC7296-3.9-01" },
	/* KE: a value of the wrong size; reserved octets */
	{ "2220", "08", "0000000c" "001f0000" "00000000", NULL },
	{ "2220", "08", "0000000c" "000e0000" "00000000", "RFC7296-3.4-01" },
	{ "2220", "08", "00000008" "04000001", "RFC7296-2.5-06" },
	/* notify: SPI size beyond the payload, protocol without SPI, data */
	{ "2920", "08", "00000008" "00804006", "RFC7296-3.10-04" },
	{ "2920", "08", "00000008" "03004007", "RFC7296-3.10-01" },
	{ "2920", "08", "0000000c" "00004004" "00112233", "RFC7296-2.23-08" },
	{ "2920", "08", "00000008" "00004006", "RFC7296-2.6-04" },
	{ "2920", "08", "0000000c" "00004011" "01112233", NULL },
	{ "2920", "08", "00000009" "00000001" "2100", "RFC7296-3.2-06" },
	{ "2920", "08", "0000000b" "0000402f" "000200", "RFC7427-4-01" },
	/* SA: last/more marks, counts, numbers, lengths, key length, AEAD with integrity */
	{ "2120", "08", "00000014" "00000010" "01010001" "03000008" "02000005",
	  "RFC7296-3.3.2-03" },
	{ "2120", "08", "00000014" "02000010" "01010001" "00000008" "02000005",
	  "RFC7296-3.3.1-05" },
	{ "2120", "08", "00000014" "00000010" "01010002" "00000008" "02000005", "RFC7296-3.3-02" },
	{ "2120", "08", "00000014" "00000010" "01010001" "00000009" "02000005", "RFC7296-3.3-02" },
	{ "2120", "08", "00000014" "00000010" "01010001" "00000008" "0100000c",
	  "RFC7296-3.3.5-03" },
	{ "2120", "08", "00000018" "00000014" "01010001" "0000000c" "01000003" "800e00c0",
	  "RFC7296-3.3.5-02" },
	{ "2120", "08", "0000001c" "00000018" "01010001" "00000010" "0100000c" "800e0080"
	  "800e0100", "RFC7296-3.3-07" },
	{ "2120", "08", "00000020" "0000001c" "01010002" "0300000c" "01000014" "800e0080"
	  "00000008" "0300000c", "RFC7296-3.3-04" },
	{ "2120", "08", "00000024" "02000010" "01010001" "00000008" "02000005"
	  "00000010" "03010001" "00000008" "02000005", "RFC7296-3.3-03" },
	{ "2120", "08", "00000014" "00000010" "01030001" "00000008" "05000000",
	  "RFC7296-3.3.1-04" },
	/* ID, AUTH, CERTREQ, DELETE, TS, CP, EAP, PS, SKF */
	{ "2320", "08", "0000000b" "01000000" "c00002", "RFC7296-3.5-07" },
	{ "2320", "08", "0000000a" "02000000" "6100", "RFC7296-3.5-02" },
	{ "2320", "08", "00000009" "02000001" "61", "RFC7296-3.5-01" },
	{ "2320", "08", "0000000c" "0d000000" "61626364", "RFC7619-2.2-01" },
	{ "2720", "08", "0000000c" "0e000000" "40010203", "RFC7427-3-06" },
	{ "2620", "08", "00000009" "0f" "00000000", "RFC7670-3-01" },
	{ "2620", "08", "00000009" "07" "00000000", "RFC7296-3.7-04" },
	{ "2a20", "08", "0000000c" "03040002" "01020304", "RFC7296-3.11-03" },
	{ "2a20", "08", "0000000c" "01040001" "01020304", "RFC7296-3.11-02" },
	{ "2c20", "08", "00000018" "02000000" "07000010" "0000ffff" "0a000001" "0a0000ff",
	  "RFC7296-3.13-02" },
	{ "2c20", "08", "00000018" "01000000" "0700000f" "0000ffff" "0a000001" "0a0000ff",
	  "RFC7296-3.13.1-04" },
	{ "2c20", "08", "00000018" "01000000" "07000010" "0000ffff" "0a0000ff" "0a000001",
	  "RFC7296-3.13.1-06" },
	{ "2f20", "08", "00000018" "02000000" "00080010" "00000000000000000000000000000000",
	  "RFC7296-3.15.1-03" },
	{ "2f20", "08", "00000010" "01000000" "00020004" "ffffff00", "RFC7296-3.15.1-05" },
	{ "3020", "08", "00000009" "03010005" "00", "RFC7296-3.16-03" },
	{ "3020", "08", "00000009" "01010004" "01", "RFC7296-3.16-02" },
	{ "3620", "08", "00000007" "010203", "RFC8019-8.2-01" },
	{ "3520", "08", "28000010" "00050004" "0011223344556677", "RFC7383-2.5-03" },
	{ "3520", "08", "28000010" "00020004" "0011223344556677", "RFC7383-2.5-02" },
	{ "2e20", "08", "28000008" "00112233" "00000008" "00112233", "RFC7296-3.1-01" },
};

START_TEST(broken_message)
{
	const struct broken *b = &broken[_i];
	struct span octets = build(b->next_version, b->flags, b->body);
	struct ike_message *m = ike_message_decode(octets, &arena, &fs);
	ck_assert_msg(same_octets(m, octets), "%s", b->body);
	ck_assert_msg(fs.first != NULL, "%s: nothing found", b->body);
	ck_assert_msg(!b->requirement || found(&fs, b->requirement), "%s: needs %s, has %s", b->body,
		      b->requirement, finding_list(&fs, SEVERITY_NOTE, &arena));
	for (const struct finding *f = fs.first; f; f = f->next)
		ck_assert_msg(f->offset <= octets.n, "%s: offset %u", b->body, f->offset);
}
END_TEST

/* RFC 2408, 3.6: an IKEv1 message may be padded to four octets. Its violations have
 * no requirement of IKEv2. */
static const struct {
	const char *next_version, *body, *text;
	enum severity severity;
} aligned[] = {
	{ "0a10", "0000000d" "001122334455667788" "000000", NULL, SEVERITY_NOTE },
	{ "0a10", "0000000d" "001122334455667788" "00", NULL, SEVERITY_NOTE },
	{ "0a10", "0000000d" "001122334455667788" "01",
	  "1 octet of padding behind the last payload, not all of them zero", SEVERITY_NOTE },
	{ "0a10", "0000000d" "001122334455667788" "00000000",
	  "4 octets behind the last payload", SEVERITY_VIOLATION },
	{ "0a10", "0a00000c" "0011223344556677", "payload type 10 is promised, but nothing follows",
	  SEVERITY_VIOLATION },
	{ "2820", "00000014" "00112233445566778899aabbccddeeff" "00",
	  "1 octet behind the last payload", SEVERITY_VIOLATION },
};

START_TEST(alignment)
{
	struct span octets = build(aligned[_i].next_version, "00", aligned[_i].body);
	struct ike_message *m = ike_message_decode(octets, &arena, &fs);
	ck_assert(same_octets(m, octets));
	ck_assert_uint_eq(fs.count, aligned[_i].text != NULL);
	if (!fs.first)
		return;
	ck_assert_str_eq(fs.first->text, aligned[_i].text);
	ck_assert_int_eq(fs.first->severity, aligned[_i].severity);
	ck_assert((fs.first->requirement != NULL) == (ike_version(m) == 2));
}
END_TEST

/* The declared length decides what is read, if it is inside the datagram. */
START_TEST(declared_length)
{
	struct span s = build("2820", "08", "00000014" "00112233445566778899aabbccddeeff" "0bad");
	struct writer w = writer_of((uint8_t *)(uintptr_t)s.p, s.n);
	w.n = s.n;
	write_patch(&w, 24, s.n - 2, 4);
	struct ike_message *m = ike_message_decode(s, &arena, &fs);
	ck_assert_uint_eq(m->trailing.n, 2);
	ck_assert_uint_eq(fs.count, 1);
	ck_assert(found(&fs, "RFC7296-3.1-12"));
	ck_assert(same_octets(m, s));
	write_patch(&w, 24, s.n + 100, 4);
	m = ike_message_decode(s, &arena, &fs);
	ck_assert(same_octets(m, s));
	ck_assert(m->payloads != NULL);
}
END_TEST

/* IKEv1 with the flag E: nothing behind the header is read. */
START_TEST(sealed)
{
	struct span octets = sample_octets("ikev1-main", 5, &arena);
	struct ike_message *m = ike_message_decode(octets, &arena, &fs);
	ck_assert_int_eq(ike_version(m), 1);
	ck_assert(m->sealed && !m->payloads);
	ck_assert_uint_eq(m->trailing.n, octets.n - IKE_HEADER_SIZE);
	ck_assert_str_eq(ike_exchange_name(m), "Identity Protection");
}
END_TEST

/* A flood of tiny payloads ends at the limit; nothing is lost. */
START_TEST(many_payloads)
{
	enum { N = IKE_PAYLOADS_MAX + 10 };
	uint8_t *p = arena_alloc(&arena, IKE_HEADER_SIZE + 4 * N);
	struct writer w = writer_of(p, IKE_HEADER_SIZE + 4 * N);
	write_span(&w, build("2b20", "08", ""));
	for (int i = 0; i < N; i++)
		write_u32(&w, (i < N - 1 ? 0x2b000000 : 0) | 4);
	write_patch(&w, 24, w.n, 4);
	struct ike_message *m = ike_message_decode(writer_span(&w), &arena, &fs);
	ck_assert_uint_eq(m->trailing.n, 40);
	ck_assert(same_octets(m, writer_span(&w)));
}
END_TEST

/* What is built from tables is what is decoded: KE and Nonce with the engine. */
START_TEST(built_message)
{
	uint8_t out[256];
	struct writer w = writer_of(out, sizeof out);
	struct node *nonce = node_new(ike_payload_desc(PAYLOAD_NONCE, 2), &arena);
	struct node *ke = node_new(ike_payload_desc(PAYLOAD_KE, 2), &arena);
	ke->number = PAYLOAD_KE;
	nonce->number = PAYLOAD_NONCE;
	ke->next = nonce;
	ke->v[PAYLOAD_BODY].u = 31;
	ke->v[PAYLOAD_BODY + 2].b = span_part(unhex(samples[0].hex, &arena), 0, 32);
	nonce->v[PAYLOAD_BODY].b = span_part(unhex(samples[0].hex, &arena), 0, 16);
	ike_chain_encode(ke, &w);
	ck_assert_uint_eq(w.n, 8 + 32 + 4 + 16);
	ck_assert_mem_eq(out, "\x28\0\0\x28\0\x1f\0\0", 8);
	ck_assert_mem_eq(out + 40, "\0\0\0\x14", 4);
	struct decode d = { &arena, &fs, 0, 0 };
	struct span trailing;
	struct node *back = ike_chain_decode(PAYLOAD_KE, 2, writer_span(&w), &d, &trailing);
	ck_assert(!fs.first && !trailing.n);
	ck_assert_ptr_null(node_match(ke, back, &arena));
	ke->v[PAYLOAD_BODY].u = 19;
	ck_assert_str_eq(node_match(ke, back, &arena), "KE.group");
	ke->any = 1u << PAYLOAD_BODY;
	ck_assert_ptr_null(node_match(ke, back, &arena));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ike/message");
	TCase *t = tcase_create("message");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, real_message, 0, SAMPLES);
	tcase_add_loop_test(t, every_truncation, 0, SAMPLES);
	tcase_add_loop_test(t, broken_message, 0, sizeof broken / sizeof broken[0]);
	tcase_add_loop_test(t, alignment, 0, sizeof aligned / sizeof aligned[0]);
	tcase_add_test(t, declared_length);
	tcase_add_test(t, sealed);
	tcase_add_test(t, many_payloads);
	tcase_add_test(t, built_message);
	suite_add_tcase(s, t);
	return testing_run(s);
}
