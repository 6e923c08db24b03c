/* SPDX-License-Identifier: BSD-2-Clause
 * IKE messages: header, payload chain, the SK and SKF payloads and what is in
 * them. RFC 7296 section 3, RFC 7383; IKEv1 (RFC 2408) headers and clear
 * payload chains with tables of their own. No exchange state. */
#ifndef IKAT_IKE_MESSAGE_H
#define IKAT_IKE_MESSAGE_H

#include "ipsec/crypto/cipher.h"
#include "ipsec/ike/node.h"

/* Fields of the header (both versions), by index. */
enum ike_header_field {
	IKE_SPI_I, IKE_SPI_R, IKE_NEXT, IKE_MAJOR, IKE_MINOR, IKE_EXCHANGE,
	/* the flags octet, from its highest bit; IKEv1 and IKEv2 differ */
	IKE_FLAGS, IKE_MESSAGE_ID, IKE_LENGTH, IKE_HEADER_FIELDS
};
enum { IKE_HEADER_SIZE = 28 };
enum { IKE_FLAG_I = 0x08, IKE_FLAG_V = 0x10, IKE_FLAG_R = 0x20,	/* RFC 7296, 3.1 */
       IKEV1_FLAG_E = 0x01, IKEV1_FLAG_C = 0x02, IKEV1_FLAG_A = 0x04 };	/* RFC 2408, 3.1 */

/* Fields that every payload begins with, by index: next payload, critical bit,
 * reserved bits, length. (IKEv1: the critical bit is part of `reserved`, which
 * then has 8 bits; the indices are the same, critical always reads 0.) */
enum { PAYLOAD_NEXT, PAYLOAD_CRITICAL, PAYLOAD_RESERVED, PAYLOAD_LENGTH, PAYLOAD_BODY };

enum { PAYLOAD_SA = 33, PAYLOAD_KE = 34, PAYLOAD_NONCE = 40, PAYLOAD_NOTIFY = 41,
       PAYLOAD_SK = 46, PAYLOAD_SKF = 53 };
enum { IKE_PAYLOADS_MAX = 1024 };	/* in one message; the rest is kept as octets */

struct ike_turn;

struct ike_message {
	struct span octets;	/* the message as it came, without a non-ESP marker */
	struct node *header;	/* always there; `present` < IKE_HEADER_FIELDS if cut */
	struct node *payloads;	/* the chain in clear, or NULL; SK or SKF is its last */
	struct span trailing;	/* octets behind the last payload */
	/* The encrypted part, once ike_message_open() has worked on it: */
	struct node *sk;	/* the SK or SKF node among payloads, or NULL */
	enum icv icv;		/* ICV_UNCHECKED without a key; ICV_NONE if nothing is encrypted */
	bool decrypted;
	bool sealed;		/* IKEv1: the flag E says that all behind the header is encrypted */
	const struct encr *encr;	/* of the key that opened it, or NULL */
	const struct integ *integ;
	uint16_t fragment, total;	/* RFC 7383; 0 for a whole message */
	struct span plain;	/* decrypted octets: inner payloads, padding, pad length */
	uint32_t plain_offset;	/* where they stand in the message; 0 if put together of fragments */
	struct node *inner;	/* decrypted payload chain; of a fragment, only when complete */
	struct span inner_trailing;	/* octets behind the last inner payload */
	uint8_t pad_length;
	const struct ike_key *key;	/* that opened it, or NULL */
	struct ike_turn *turn;		/* its place in its session (session.h), or NULL */
};

/* Decodes a message; never NULL. Octets are borrowed. */
struct ike_message *ike_message_decode(struct span octets, struct arena *a,
				       struct findings *fs);
/* Writes the message: the chain in clear and the SK payload as it came. */
void ike_message_encode(const struct ike_message *m, struct writer *w);

/* A chain of payloads that begins with type `first`. What cannot be read as a
 * payload goes to *trailing. version: 1 or 2. `base`: offset of the octets in
 * the buffer that findings speak of. */
struct node *ike_chain_decode(uint32_t first, int version, struct span octets,
			      struct decode *d, struct span *trailing);
void ike_chain_encode(const struct node *first, struct writer *w);

/* The payload's table; never NULL (an unknown type has one with raw data). */
const struct desc *ike_payload_desc(uint32_t type, int version);
/* The payload's name in json and the notation: SA KE IDi ... NOTIFY ... SKF PS,
 * or NULL for an unknown type. */
const char *ike_payload_name(uint32_t type, int version);
const char *ike_exchange_name(const struct ike_message *m);	/* IANA's name or NULL */

/* Something in it is encrypted, and was not opened. */
static inline bool ike_message_closed(const struct ike_message *m)
{
	return (m->sealed || m->sk) && !m->decrypted;
}

static inline int ike_version(const struct ike_message *m)
{
	return (int)node_uint(m->header, IKE_MAJOR, 0);
}

/* Opens the SK or SKF payload with one direction's cipher (RFC 7296, 3.14; AEAD:
 * RFC 5282). Sets icv, decrypted, plain, pad_length, encr, integ and, for a
 * whole message, inner. Encryption changes octets, not their places: offsets of
 * inner nodes and findings count from the start of the message, too.
 * With a bad ICV nothing is decrypted and nothing but icv changes. */
void ike_message_open(struct ike_message *m, struct cipher *k, struct arena *a,
		      struct findings *fs);
/* Decodes the inner chain: of the message that was opened or, with plain_offset 0,
 * of one whose fragments were put together. */
void ike_message_set_plain(struct ike_message *m, uint32_t first, struct span plain,
			   struct arena *a, struct findings *fs);

#endif
