/* SPDX-License-Identifier: BSD-2-Clause
 * Transforms of IKEv1 in IKEv2's numbers: phase 1 (RFC 2409, appendix A) and IPsec
 * (RFC 2407, 4.4 and 4.5, with the numbers that later RFCs added). */
#include "ipsec/ike/ikev1_state.h"

enum { PROTO_ISAKMP = 1, PROTO_AH = 2, PROTO_ESP = 3, PROTO_IPCOMP = 4 };
enum { ATTRIBUTES_MAX = 32 };	/* read of one transform */

struct pair {
	uint8_t v1, v2;
};

static const struct pair phase1_encr[] = {
	{ 1, 2 }, { 2, 5 }, { 3, 7 }, { 4, 4 }, { 5, 3 }, { 6, 6 }, { 7, 12 }, { 8, 23 }, { 0, 0 },
};
static const struct pair phase1_hash[] = {
	{ 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 5 }, { 5, 6 }, { 6, 7 }, { 0, 0 },
};
/* Where ESP's numbers are not those of IKEv2. */
static const struct pair esp_encr[] = { { 21, 0 }, { 22, 23 }, { 23, 21 }, { 0, 0 } };
static const struct pair esp_auth[] = {
	{ 1, 1 }, { 2, 2 }, { 3, 3 }, { 4, 4 }, { 5, 12 }, { 6, 13 }, { 7, 14 }, { 9, 5 },
	{ 11, 9 }, { 12, 10 }, { 13, 11 }, { 0, 0 },
};
static const struct pair ah_auth[] = {
	{ 2, 1 }, { 3, 2 }, { 4, 3 }, { 5, 12 }, { 6, 13 }, { 7, 14 }, { 9, 5 }, { 11, 9 },
	{ 12, 10 }, { 13, 11 }, { 0, 0 },
};

static bool map(const struct pair *rows, uint64_t v1, uint16_t *v2)
{
	for (; rows->v1; rows++)
		if (rows->v1 == v1) {
			*v2 = rows->v2;
			return rows->v2 != 0;
		}
	return false;
}

static uint64_t attribute_value(const struct node *a)
{
	uint64_t u = 0;
	if (node_uint(a, 0, 0))		/* format: a value of 16 bits in place */
		return node_uint(a, 2, 0);
	struct span s = node_bytes(a, 3);
	for (size_t i = 0; i < s.n && i < 8; i++)
		u = u << 8 | s.p[i];
	return s.n > 8 ? UINT64_MAX : u;
}

uint64_t ikev1_attribute(const struct node *transform, unsigned type, uint64_t otherwise)
{
	const struct node *a = node_kid(transform, V1_TRANSFORM_ATTRIBUTES);
	for (int i = 0; a && i < ATTRIBUTES_MAX; a = a->next, i++)
		if (node_uint(a, 1, 0) == type)
			return attribute_value(a);
	return otherwise;
}

/* Life types and durations come in pairs: those in seconds. */
static uint32_t lifetime(const struct node *transform, unsigned type)
{
	const struct node *a = node_kid(transform, V1_TRANSFORM_ATTRIBUTES);
	uint64_t kind = 0;
	for (int i = 0; a && i < ATTRIBUTES_MAX; a = a->next, i++) {
		uint64_t is = node_uint(a, 1, 0), value = attribute_value(a);
		if (is == type)
			kind = value;
		else if (is == type + 1 && kind == 1)
			return value < UINT32_MAX ? (uint32_t)value : UINT32_MAX;
	}
	return 0;
}

static void set_bits(struct ike_choice *c, uint64_t bits)
{
	c->encr_bits = bits <= UINT16_MAX ? (uint16_t)bits : 0;
}

/* RFC 2409, appendix A */
static void phase1_read(const struct node *t, struct ikev1_transform *out)
{
	struct ike_choice *c = &out->choice;
	uint64_t group = ikev1_attribute(t, 4, 0);
	if (map(phase1_encr, ikev1_attribute(t, 1, 0), &c->encr))
		c->has |= CHOICE_ENCR;
	if (map(phase1_hash, ikev1_attribute(t, 2, 0), &c->prf))
		c->has |= CHOICE_PRF;
	if (group && group <= UINT16_MAX) {
		c->ke = (uint16_t)group;
		c->has |= CHOICE_KE;
	}
	set_bits(c, ikev1_attribute(t, 14, 0));
	out->method = (uint16_t)ikev1_attribute(t, 3, 0);
	out->seconds = lifetime(t, 11);
}

/* RFC 2407, 4.4.3 to 4.5 */
static void ipsec_read(const struct node *t, uint64_t protocol, struct ikev1_transform *out)
{
	struct ike_choice *c = &out->choice;
	uint64_t id = node_uint(t, V1_TRANSFORM_ID, 0), group = ikev1_attribute(t, 3, 0);
	uint64_t auth = ikev1_attribute(t, 5, 0);
	c->encr = (uint16_t)id;
	if (protocol == PROTO_ESP && (map(esp_encr, id, &c->encr) || (id && id < 21)))
		c->has |= CHOICE_ENCR;
	if (protocol == PROTO_AH && map(ah_auth, id, &c->integ))
		c->has |= CHOICE_INTEG;
	if (protocol == PROTO_ESP && (auth == 0 || map(esp_auth, auth, &c->integ)))
		c->has |= CHOICE_INTEG;
	if (protocol == PROTO_AH)
		c->encr = 0;
	if (group && group <= UINT16_MAX) {
		c->ke = (uint16_t)group;
		c->has |= CHOICE_KE;
	}
	c->has |= CHOICE_SN;
	c->esn = ikev1_attribute(t, 11, 0) == 1;
	set_bits(c, ikev1_attribute(t, 6, 0));
	out->mode = (uint16_t)ikev1_attribute(t, 4, 0);
	out->seconds = lifetime(t, 1);
}

void ikev1_transform_read(const struct node *proposal, const struct node *transform,
			  struct ikev1_transform *out)
{
	uint64_t protocol = node_uint(proposal, PROPOSAL_PROTOCOL, 0);
	struct span spi = node_bytes(proposal, PROPOSAL_SPI);
	*out = (struct ikev1_transform){ .number = (uint8_t)node_uint(proposal, PROPOSAL_NUMBER, 0) };
	out->choice.protocol = (uint8_t)protocol;
	if (spi.n <= sizeof out->choice.spi && spi.n) {
		memcpy(out->choice.spi, spi.p, spi.n);
		out->choice.spi_size = (uint8_t)spi.n;
	}
	if (protocol == PROTO_ISAKMP)
		phase1_read(transform, out);
	else if (protocol == PROTO_AH || protocol == PROTO_ESP)
		ipsec_read(transform, protocol, out);
	else if (protocol == PROTO_IPCOMP && spi.n >= 2)	/* RFC 2407, 4.4.5; RFC 3173, 4.1 */
		out->cpi = (uint16_t)(spi.p[spi.n - 2] << 8 | spi.p[spi.n - 1]);
}

/* RFC 2451, 2.2: CAST and Blowfish have keys of 128 bits unless another length is said. */
size_t ikev1_key_octets(const struct ike_choice *c)
{
	const struct encr *row = c->has & CHOICE_ENCR ? encr_find(c->encr) : NULL;
	if (!row || row->kind != ENCR_KIND_CBC)
		return 0;
	size_t octets = c->encr_bits ? c->encr_bits / 8u :
		row->variable ? 16 : row->key_bits[0] / 8u;
	return encr_key_ok(row, octets) ? octets : 0;
}
