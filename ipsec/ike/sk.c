/* SPDX-License-Identifier: BSD-2-Clause
 * Opening the Encrypted payload: RFC 7296, 3.14, with AEADs as in RFC 5282, and
 * its fragments, RFC 7383, 2.5. Choosing keys and putting fragments together is
 * the opener's work (opener.c).
 *
 * +---------------------------------------------------------------+
 * | generic header, SKF: fragment number and total    \           |
 * +---------------------------------------------------- \ AEAD's  |
 * | IV                                                   \ data:  |
 * +------------------------------------------------------  from   |
 * | encrypted: payloads, padding, pad length               the IKE|
 * +------------------------------------------------------  header |
 * | ICV: over all of the message before it (not AEAD)             |
 * +---------------------------------------------------------------+ */
#include "ipsec/ike/payload.h"

enum { PAD_LENGTH_SIZE = 1 };

static struct span sk_data(const struct node *sk)
{
	return node_bytes(sk, sk->number == PAYLOAD_SKF ? SKF_DATA : PAYLOAD_BODY);
}

/* Fills in a job, or says what is in the way. */
static const char *prepare(const struct ike_message *m, struct cipher *k,
			   struct cipher_job *job)
{
	const struct encr *encr = cipher_encr(k);
	struct reader r = reader_of(sk_data(m->sk));
	if (!r.p)
		return "ends before its data";
	if (encr->implicit_iv)
		return "implicit IVs are not for IKE (RFC 8750, 4)";
	*job = (struct cipher_job){ .cipher = k };
	job->iv = read_span(&r, encr->iv);
	job->icv = read_end_span(&r, cipher_icv(k));
	job->text = read_rest(&r);
	if (r.bad)
		return "is shorter than IV and ICV";
	size_t head = m->sk->offset + (m->sk->number == PAYLOAD_SKF ? 8 : 4);
	job->aad = span_part(m->octets, 0, head);
	job->authed = span_part(m->octets, 0, (size_t)(job->icv.p - m->octets.p));
	return NULL;
}

void ike_message_set_plain(struct ike_message *m, uint32_t first, struct span plain,
			   struct arena *a, struct findings *fs)
{
	struct decode d = { a, fs, m->plain_offset, 0 };
	m->plain = plain;
	m->inner = ike_chain_decode(first, 2, plain, &d, &m->inner_trailing);
	for (const struct node *n = m->inner; n; n = n->next)
		if (n->number == PAYLOAD_SK || n->number == PAYLOAD_SKF)
			finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.1-01", n->offset,
				    "%s inside an encrypted payload", n->desc->name);
}

/* Takes the padding off; the payloads are what stands before it. */
static bool unpad(struct ike_message *m, struct span *payloads, struct findings *fs)
{
	size_t n = m->plain.n, block = m->encr->block;
	m->pad_length = n ? m->plain.p[n - 1] : 0;
	if (n < (size_t)m->pad_length + PAD_LENGTH_SIZE) {
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.14-09", m->plain_offset + (n ? n - 1 : 0),
			    "pad length %u, but %zu octets are decrypted", m->pad_length, n);
		m->inner_trailing = m->plain;
		return false;
	}
	if (!encr_has_icv(m->encr) && m->pad_length >= (block ? block : 1))
		finding_add(fs, SEVERITY_DEVIATION, "RFC7296-3.14-05", m->plain_offset + n - 1,
			    "pad length %u, %u would be enough", m->pad_length,
			    block ? (unsigned)(m->pad_length % block) : 0);
	*payloads = span_part(m->plain, 0, n - m->pad_length - PAD_LENGTH_SIZE);
	return true;
}

void ike_message_open(struct ike_message *m, struct cipher *k, struct arena *a,
		      struct findings *fs)
{
	struct cipher_job job;
	/* a message that was cut short cannot be checked */
	if (!m->sk || node_uint(m->header, IKE_LENGTH, 0) > m->octets.n)
		return;
	const char *bad = prepare(m, k, &job);
	if (bad) {
		m->icv = ICV_BAD;
		finding_add(fs, SEVERITY_VIOLATION, "RFC7296-3.14-11", m->sk->offset, "%s %s",
			    m->sk->desc->name, bad);
		return;
	}
	struct arena_mark mark = arena_mark(a);
	job.out = arena_raw(a, job.text.n + 1);
	cipher_open(&job, 1);
	m->icv = job.verdict;
	if (!job.opened) {
		arena_rewind(a, mark);
		return;
	}
	m->decrypted = true;
	m->encr = cipher_encr(k);
	m->integ = cipher_integ(k);
	m->plain = span_of(job.out, job.text.n);
	m->plain_offset = (uint32_t)(job.text.p - m->octets.p);
	struct span all = m->plain, payloads;
	if (!unpad(m, &payloads, fs) || m->sk->number != PAYLOAD_SK)
		return;
	ike_message_set_plain(m, (uint32_t)node_uint(m->sk, PAYLOAD_NEXT, 0), payloads, a, fs);
	m->plain = all;
}
