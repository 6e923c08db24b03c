/* SPDX-License-Identifier: BSD-2-Clause
 * What the views share beyond view.h: walking a message's payloads, facts, and
 * the words for a packet. Only for dissect/view*.c. */
#ifndef IKAT_DISSECT_VIEW_PRIVATE_H
#define IKAT_DISSECT_VIEW_PRIVATE_H

#include "dissect/view.h"

/* The payloads of a message in wire order, those that were decrypted in the
 * place of SK or SKF:
 *
 *	struct payloads w = view_payloads(m);
 *	while ((n = view_payload_next(&w)) ...
 */
struct payloads {
	const struct ike_message *m;
	const struct node *next;
};
struct payloads view_payloads(const struct ike_message *m);
const struct node *view_payload_next(struct payloads *w);

/* Something of the message is encrypted. */
static inline bool view_ike_encrypted(const struct ike_message *m)
{
	return m->sk || m->sealed;
}
/* 16 hex digits of a header field that holds an IKE SPI; zeros if it is not there. */
void view_ike_spi(struct text *t, const struct ike_message *m, unsigned i);
/* IANA's name of the exchange, or its number. */
void view_ike_exchange(struct text *t, const struct ike_message *m);
/* The same as one word: MAIN for IKEv1's Identity Protection. */
void view_ike_word(struct text *t, const struct ike_message *m);
bool view_ike_response(const struct ike_message *m);
bool view_ike_initiator(const struct ike_message *m);
/* NOTIFY, or the number of an unknown type. */
void view_payload_name(struct text *t, const struct node *n, int version);

/* The facts of a payload, in v->scratch; NULL for none. */
const struct fact *view_facts(const struct view_env *v, const struct node *n);

/* The field is there and no reserved zero: worth showing. */
bool view_field_shown(const struct node *n, unsigned i);
/* A structure of one field and nothing else, as the numbers of a list are: its
 * value stands for all of it. */
bool view_is_single(const struct node *n);
/* A UINT's word in its registry, or NULL. */
const char *view_word(const struct node *n, unsigned i);

/* Seconds since the run's first frame, six digits behind the point. */
void view_since(struct text *t, const struct view_env *v, const struct frame *f);
/* view_time.c: "2026-11-21T02:00:00.123456Z" */
void view_time(struct text *t, const struct frame *f);
void view_addr(struct text *t, const struct addr *a);

bool view_is_protect(const struct layer *l);	/* ESP or AH */
bool view_is_ip(const struct layer *l);

/* ---- view_words.c: a packet in a few words ---- */

/* `192.0.2.1 > 192.0.2.2 ESP 0xca50b39b seq 1 good | 10.1.0.10 > ...` from layer
 * `from` on; without the last length. */
void view_words(struct text *t, const struct packet *p, uint32_t from);
/* `IKE_AUTH request 1 { IDi AUTH SA TSi TSr }` */
void view_ike_words(struct text *t, const struct ike_message *m);

/* ` echo-request`, ` 40000 53`: what an upper layer's line says behind its name. */
void view_words_short(struct text *t, const struct layer *l);

/* ---- view_stack.c ---- */

/* If layer `at` is an ESP or AH packet that was opened: both stacks side by
 * side, and what IPsec added. */
void view_stack(const struct view_env *v, const struct packet *p, uint32_t at);

/* ---- view_node.c ---- */

/* A structure in the notation, on one line if it fits into v->columns, else
 * wrapped and indented by `indent` columns; no newline at its end. */
void view_node_notation(struct text *t, const struct node *n, const char *name,
			unsigned indent, unsigned columns);

#endif
