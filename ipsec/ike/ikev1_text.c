/* SPDX-License-Identifier: BSD-2-Clause
 * IKEv1's identities, selectors, offers and notifications in words. */
#include "ipsec/base/text.h"
#include "ipsec/crypto/cert.h"
#include "ipsec/ike/ikev1_state.h"

enum { OFFERS_MAX = 8 };

static const char *finish(struct text *t, struct arena *a)
{
	const char *s = arena_text(a, span_of(t->p, t->n));
	text_done(t);
	return s;
}

/* ---- identities, RFC 2407, 4.6.2 ---- */

static void add_address(struct text *t, struct span s)
{
	if (s.n == 4)
		text_ipv4(t, s.p);
	else if (s.n == 16)
		text_ipv6(t, s.p);
	else
		text_hex_span(t, span_part(s, 0, 64));
}

/* How many bits a mask begins with; false if it is no such mask. */
static bool mask_bits(struct span mask, unsigned *bits)
{
	*bits = 0;
	while (*bits < mask.n * 8 && mask.p[*bits / 8] & 0x80 >> *bits % 8)
		++*bits;
	for (size_t i = *bits; i < mask.n * 8; i++)
		if (mask.p[i / 8] & 0x80 >> i % 8)
			return false;
	return true;
}

static void add_pair(struct text *t, const struct node *data, bool subnet)
{
	struct span first = node_bytes(data, 0), second = node_bytes(data, 1);
	unsigned bits;
	add_address(t, first);
	if (subnet && mask_bits(second, &bits)) {
		text_char(t, '/');
		text_dec(t, bits);
		return;
	}
	text_char(t, subnet ? '/' : '-');
	add_address(t, second);
}

static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return s.n > 0;
}

static void add_id(struct text *t, const struct node *id, struct arena *a)
{
	const struct node *data = node_kid(id, V1_ID_DATA);
	struct span s = data ? node_bytes(data, 0) : node_bytes(id, V1_ID_DATA);
	uint64_t type = node_uint(id, V1_ID_TYPE, 0);
	const char *name = type == 9 ? cert_name(s, a) : NULL;
	if (name)
		text_add(t, name);
	else if (data && data->desc->count == 2)
		add_pair(t, data, type == 4 || type == 6);
	else if (type == 1 || type == 5)
		add_address(t, s);
	else if (type == 2 || type == 3)
		text_add_octets(t, s.p, s.n < 255 ? s.n : 255);
	else if (type == 11 && is_text(span_part(s, 0, 255)))
		text_add_octets(t, s.p, s.n < 255 ? s.n : 255);
	else
		text_hex_span(t, span_part(s, 0, 64));
}

const char *ikev1_id_text(const struct node *id, struct arena *a)
{
	struct text t = { 0 };
	if (!id)
		return NULL;
	add_id(&t, id, a);
	return finish(&t, a);
}

const char *ikev1_ts_text(const struct node *id, struct arena *a)
{
	struct text t = { 0 };
	if (!id)
		return NULL;
	uint64_t protocol = node_uint(id, V1_ID_PROTOCOL, 0), port = node_uint(id, V1_ID_PORT, 0);
	add_id(&t, id, a);
	if (protocol || port) {
		text_char(&t, ' ');
		text_add(&t, protocol == 6 ? "tcp" : protocol == 17 ? "udp" : protocol == 1 ? "icmp" :
			     protocol ? "protocol " : "any");
		if (protocol && protocol != 6 && protocol != 17 && protocol != 1)
			text_dec(&t, protocol);
		if (port) {
			text_char(&t, '/');
			text_dec(&t, port);
		}
	}
	return finish(&t, a);
}

/* ---- offers ---- */

static void add_word(struct text *t, const struct names *names, uint64_t number)
{
	const char *name = names_name(names, (uint32_t)number);
	if (t->n && t->p[t->n - 1] != ' ')
		text_add(t, ", ");
	if (name)
		text_add(t, name);
	else
		text_printf(t, "%llu", (unsigned long long)number);
}

static void add_optional(struct text *t, const struct names *names, uint64_t number)
{
	if (number)
		add_word(t, names, number);
}

static void add_bits(struct text *t, uint64_t bits)
{
	if (!bits)
		return;
	text_char(t, ' ');
	text_dec(t, bits);
}

static void add_transform(struct text *t, const struct node *proposal, const struct node *n)
{
	uint64_t protocol = node_uint(proposal, PROPOSAL_PROTOCOL, 0);
	uint64_t id = node_uint(n, V1_TRANSFORM_ID, 0);
	if (protocol == 1) {
		add_word(t, &reg_ikev1_phase1_encryption, ikev1_attribute(n, 1, 0));
		add_bits(t, ikev1_attribute(n, 14, 0));
		add_word(t, &reg_ikev1_phase1_hash, ikev1_attribute(n, 2, 0));
		add_word(t, &reg_ikev1_group_description, ikev1_attribute(n, 4, 0));
		add_word(t, &reg_ikev1_phase1_auth_method, ikev1_attribute(n, 3, 0));
		return;
	}
	add_word(t, protocol == 2 ? &reg_ikev1_ah_transform : protocol == 3 ?
		 &reg_ikev1_esp_transform : &reg_ikev1_ipcomp_transform, id);
	add_bits(t, ikev1_attribute(n, 6, 0));
	add_optional(t, &reg_ikev1_ipsec_auth_algorithm, ikev1_attribute(n, 5, 0));
	add_optional(t, &reg_ikev1_group_description, ikev1_attribute(n, 3, 0));
	add_optional(t, &reg_ikev1_encapsulation_mode, ikev1_attribute(n, 4, 0));
}

const char *ikev1_offer_text(const struct node *sa, struct arena *a)
{
	struct text t = { 0 };
	size_t shown = 0, all = 0;
	uint64_t last = UINT64_MAX;
	for (const struct node *p = node_kid(sa, V1_SA_PROPOSALS); p; p = p->next) {
		uint64_t number = node_uint(p, PROPOSAL_NUMBER, 0);
		for (const struct node *n = node_kid(p, PROPOSAL_TRANSFORMS); n; n = n->next) {
			if (++all > OFFERS_MAX)
				continue;
			if (shown++)
				text_add(&t, number == last && n == node_kid(p, PROPOSAL_TRANSFORMS) ?
					 " with " : "; or ");
			add_transform(&t, p, n);
		}
		last = number;
	}
	if (all > OFFERS_MAX)
		text_printf(&t, "; and %zu more", all - OFFERS_MAX);
	return finish(&t, a);
}

const char *ikev1_notify_text(uint16_t type, struct arena *a)
{
	const char *name = names_name(type < 8192 ? &reg_ikev1_notify_error :
				      &reg_ikev1_notify_status, type);
	return name ? name : arena_printf(a, "notification %u", type);
}
