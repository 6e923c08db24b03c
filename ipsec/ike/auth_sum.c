/* SPDX-License-Identifier: BSD-2-Clause
 * Sums that go into authentication: IntAuth over IKE_INTERMEDIATE messages (RFC
 * 9242, 3.3.2) and the hashes of NAT detection (RFC 7296, 2.23). */
#include "ipsec/crypto/prf.h"
#include "ipsec/ike/auth.h"
#include "ipsec/ike/payload.h"

enum { NEXT_PAYLOAD_AT = 16, LENGTH_AT = 24, SK_HEADER = 4 };

/* The payloads in clear, without padding. */
static struct span inner_octets(const struct ike_message *m)
{
	size_t padding = m->plain_offset ? (size_t)m->pad_length + 1 : 0;
	return span_part(m->plain, 0, m->plain.n > padding ? m->plain.n - padding : 0);
}

static uint32_t first_inner(const struct ike_message *m)
{
	if (m->sk->number == PAYLOAD_SK)
		return (uint32_t)node_uint(m->sk, PAYLOAD_NEXT, 0);
	return m->inner ? m->inner->number : 0;	/* fragment 1 named it */
}

/* The IKE header and the generic header of SK, as if the message had neither IV
 * nor padding nor ICV, and had not been fragmented. Of the fragments the first one's
 * reserved bits count (3.3.2); where another came last they are taken as zero. */
static void put_headers(const struct ike_message *m, size_t inner, struct writer *w)
{
	bool known = m->sk->number == PAYLOAD_SK || m->fragment == 1;
	uint64_t critical = node_uint(m->sk, PAYLOAD_CRITICAL, 0);
	uint64_t marks = critical << 7 | node_uint(m->sk, PAYLOAD_RESERVED, 0);
	write_span(w, span_part(m->octets, 0, IKE_HEADER_SIZE));
	write_patch(w, NEXT_PAYLOAD_AT, PAYLOAD_SK, 1);
	write_patch(w, LENGTH_AT, IKE_HEADER_SIZE + SK_HEADER + inner, 4);
	write_uint(w, first_inner(m), 1);
	write_uint(w, known ? marks : 0, 1);
	write_uint(w, SK_HEADER + inner, 2);
}

bool ike_intauth_step(struct crypto *c, const struct prf *prf, struct span sk_p,
		      const struct ike_message *m, uint8_t sum[IKE_HASH_MAX], size_t *size)
{
	uint8_t head[IKE_HEADER_SIZE + SK_HEADER], out[PRF_OUTPUT_MAX];
	struct err e = { 0 };
	if (!m->decrypted || !m->sk || m->sk->offset != IKE_HEADER_SIZE)
		return false;
	if (m->sk->number == PAYLOAD_SKF && m->plain_offset)
		return false;	/* a fragment, and not the one that completes the message */
	struct span inner = inner_octets(m);
	struct writer w = writer_of(head, sizeof head);
	put_headers(m, inner.n, &w);
	struct span parts[] = { span_of(sum, *size), writer_span(&w), inner };
	if (w.bad || !prf_run(c, prf, sk_p, parts, 3, out, &e))
		return false;
	memcpy(sum, out, prf->output);
	*size = prf->output;
	return true;
}

bool ike_natd_hash(struct crypto *c, const char *digest, const uint8_t spis[16],
		   const struct addr *addr, uint16_t port, uint8_t out[IKE_HASH_MAX], size_t *n)
{
	const uint8_t big_endian[2] = { (uint8_t)(port >> 8), (uint8_t)port };
	struct span parts[] = { span_of(spis, 16), span_of(addr->b, addr_size(addr)),
				span_of(big_endian, 2) };
	struct err e = { 0 };
	return crypto_digest(c, digest, parts, 3, out, n, &e);
}
