/* SPDX-License-Identifier: BSD-2-Clause
 * The node engine. A structure on the wire is described by one table of
 * fields; the same table decodes, encodes, prints, matches and changes it. A
 * decoded structure is a node: its values, in the table's order. Lengths,
 * counts and next-payload numbers are derived when a node is encoded, unless
 * they are forced.
 *
 * Decoding never fails and loses nothing: encoding what was decoded gives back
 * the same octets. Where the octets end before the table does, `present` says
 * how far it came; octets inside a declared length that no field claims are the
 * node's `tail`; a derived value that is not what we would send is kept and
 * marked forced. Each of these is also a finding.
 *
 * IKE payloads use this engine, and the headers of the wire room too. */
#ifndef IKAT_IKE_NODE_H
#define IKAT_IKE_NODE_H

#include "ipsec/base/err.h"
#include "ipsec/base/finding.h"
#include "ipsec/base/names.h"
#include "ipsec/base/reader.h"
#include "ipsec/base/writer.h"

struct crypto;
struct node;

enum field_kind {
	FIELD_UINT,	/* unsigned, `bits` bits, big-endian; neighbours share octets */
	FIELD_BYTES,	/* exactly `octets` octets */
	FIELD_SIZED,	/* octets, as many as field `ref` says: value * scale + bias */
	FIELD_REST,	/* all octets left in the structure */
	FIELD_LIST,	/* nodes of table `elem` (or picked by `peek`) while octets are left */
	FIELD_CHOICE,	/* the octets left, as one node of the table that field `ref` chooses
			 * from `choices`; raw octets where none fits */
};

/* How the encoder computes a FIELD_UINT unless it is forced. */
enum derive {
	DERIVE_NONE,
	DERIVE_LENGTH,	/* value * scale + bias = octets of the whole structure */
	DERIVE_SIZE,	/* value * scale + bias = octets of field `ref` */
	DERIVE_COUNT,	/* number of nodes in list field `ref` (CHOICE: in its node's first list) */
	DERIVE_NEXT,	/* number of the next node in the chain, 0 at its end */
	DERIVE_MORE,	/* `more` if another element follows in the list, else 0 */
	DERIVE_NUMBER,	/* the element's place in its list, from 1; another value is no finding */
	DERIVE_FIXED,	/* `fixed`: the number by which this table was picked */
	DERIVE_OUTSIDE,	/* checksums and what else the structure's owner computes */
};

/* How a value is shown. */
enum show {
	SHOW_DEFAULT,	/* UINT: decimal, or the name where `names` has one; octets: hex */
	SHOW_HEX,	/* UINT: 0x and all digits */
	SHOW_FLAG,	/* UINT: true or false */
	SHOW_TEXT,	/* octets: text from outside, escaped */
	SHOW_IPV4, SHOW_IPV6, SHOW_MAC,
};

/* The place of a field in the notation `NAME { field value ... }`. */
enum style {
	STYLE_NAMED,		/* name and value inside the braces */
	STYLE_HEAD,		/* its value stands in place of the structure's name */
	STYLE_POSITIONAL,	/* value without name, before the braces */
	STYLE_HIDDEN,		/* only shown when forced or not zero */
};

struct choice {
	uint32_t number;
	const struct desc *desc;
};

struct names_choice {
	uint32_t number;
	const struct names *names;
};

struct field {
	const char *name;
	enum field_kind kind;
	uint8_t bits;			/* UINT: 1 to 64 (0: not on the wire, always reads 0) */
	uint8_t octets;			/* BYTES */
	uint8_t ref;			/* index of the field that SIZED, CHOICE, SIZE, COUNT, names_by speak of */
	uint8_t scale;			/* 0 means 1 */
	int8_t bias;
	enum derive derive;
	uint8_t more;			/* DERIVE_MORE: the value while more follow */
	uint16_t fixed;			/* DERIVE_FIXED */
	bool reserved;			/* sent as zero, ignored on receipt */
	enum show show;
	enum style style;
	const struct names *names;	/* UINT: names for values; LIST of plain numbers: see elem */
	const struct names_choice *names_by;	/* ... chosen by field `ref`; ends with names NULL */
	const struct desc *elem;	/* LIST */
	const struct desc *(*peek)(struct span rest);	/* LIST: table for the next element */
	const struct choice *choices;	/* CHOICE; ends with desc NULL */
	uint16_t min, max;		/* octets allowed (SIZED, REST, BYTES); max 0: any */
	const char *rule;		/* requirement id of this field's check, or NULL */
};

/* A key and a text that a view shows with a structure: what lies in its octets
 * beyond the field table (a certificate's subject, a vendor's name). */
struct fact {
	struct fact *next;
	const char *key, *text;
};

struct desc {
	const char *name;	/* "KE", "proposal", "ipv4" */
	const char *title;	/* "Key Exchange", or NULL */
	const char *rfc;	/* "RFC 7296, 3.4" */
	const struct field *fields;
	uint8_t count;
	const char *tail_rule;	/* requirement id for octets that no field claims */
	/* Facts for views, in the arena; NULL for none. Computed only when shown. A
	 * payload's function also tells what its inner structures hold: views ask
	 * the outermost node only. */
	struct fact *(*facts)(const struct node *n, struct crypto *c, struct arena *a);
	/* Judges what no single field can; adds findings. Offsets: node->offset. */
	void (*check)(const struct node *n, struct findings *fs);
};

#define DESC_FIELDS(array) .fields = (array), .count = sizeof(array) / sizeof((array)[0])

struct value {
	union {
		uint64_t u;		/* UINT */
		struct span b;		/* BYTES, SIZED, REST; CHOICE without a table */
		struct node *kid;	/* LIST: the first element; CHOICE with a table */
	};
	uint32_t offset;	/* octets from the start of the message's buffer */
	bool is_node;		/* CHOICE: kid, not b */
};

enum { NODE_FIELDS_MAX = 32, NODE_DEPTH_MAX = 8,
       NODE_LIST_MAX = 4096 };	/* elements of one list; the rest stays octets */

struct node {
	const struct desc *desc;
	struct node *next;	/* the next element of the list or chain */
	struct node *parent;	/* the structure that it is part of, or NULL */
	uint32_t number;	/* in a payload chain: the payload's type */
	uint32_t offset;	/* of its first octet in the message's buffer */
	uint32_t size;		/* octets on the wire */
	uint8_t present;	/* fields that were there; the octets ended before the others */
	uint32_t forced;	/* bit i: field i is sent as it is, not derived */
	uint32_t any;		/* bit i: in a pattern, any value matches */
	struct span tail;	/* octets behind the last field */
	struct value v[];	/* desc->count of them */
};

/* Decodes one structure from r; always gives a node. `base` is the offset of
 * r->start in the message's buffer. All octets up to the structure's declared
 * length are consumed (to the end of r where the length is no use). Values
 * borrow r's octets. `fs` may be NULL. */
struct decode {
	struct arena *arena;
	struct findings *findings;
	uint32_t base;
	uint32_t depth;
};
struct node *node_decode(const struct desc *desc, struct reader *r, struct decode *d);

/* Encodes a node; `next` is the number for DERIVE_NEXT, `more` whether an
 * element follows. */
void node_encode(const struct node *n, uint32_t next, bool more, struct writer *w);

/* An empty node: all fields present, all values zero. */
struct node *node_new(const struct desc *desc, struct arena *a);
/* Index of the named field, or -1. */
int node_field(const struct desc *desc, struct span name);
/* Forces field i to u. False if it is no FIELD_UINT or u needs more bits. */
bool node_force(struct node *n, unsigned i, uint64_t u) MUST_CHECK;
/* The value of a UINT field that is present; `otherwise` if it is not. */
uint64_t node_uint(const struct node *n, unsigned i, uint64_t otherwise);
/* The octets of a field (also of a CHOICE without table); empty if not present. */
struct span node_bytes(const struct node *n, unsigned i);
/* The node of a LIST or CHOICE field; NULL. */
struct node *node_kid(const struct node *n, unsigned i);
/* The names for field i of n's values, or NULL. */
const struct names *node_names(const struct node *n, unsigned i);
/* Octets of a field on the wire (bits rounded up). */
size_t node_field_size(const struct node *n, unsigned i);
/* Octets that node_encode() writes. */
size_t node_size(const struct node *n);

/* Compares a pattern with a node: fields that are derived (and not forced),
 * reserved or marked `any` in the pattern are skipped. NULL when it matches,
 * otherwise the path of the first difference ("KE.group"), in the arena. */
const char *node_match(const struct node *pattern, const struct node *n, struct arena *a);

#endif
