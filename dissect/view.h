/* SPDX-License-Identifier: BSD-2-Clause
 * Views: what a packet looks like. Each is a row of one table; none keeps
 * anything of a packet once it returns. */
#ifndef IKAT_DISSECT_VIEW_H
#define IKAT_DISSECT_VIEW_H

#include "ipsec/base/text.h"
#include "ipsec/wire/packet.h"

struct view_env {
	struct text *out;
	struct crypto *crypto;	/* for the facts of payloads */
	struct arena *scratch;	/* rewound by the caller after each packet */
	bool colour;
	bool bytes;		/* show octets too (json: --bytes) */
	bool findings;		/* they were asked for: the line view shows them, too, ... */
	enum severity least;	/* ... from this severity on */
	bool many_files;	/* more than one input: say which file a frame is from */
	unsigned columns;	/* of the terminal; 80 when there is none */
	int64_t first_seconds;	/* time of the run's first frame: line and tree show times since */
	uint32_t first_nanoseconds;
	const char *files;	/* the inputs, for a heading: "a.pcap, b.pcap"; NULL */
	uint64_t shown;		/* packets that were shown so far; counted by the caller */
	struct csv_fields *fields;	/* the columns of the csv view (view_csv.h), which needs them */
};

struct view {
	const char *name;	/* -f NAME */
	const char *help;
	/* Each may be NULL. */
	void (*begin)(const struct view_env *v);
	void (*packet)(const struct view_env *v, const struct packet *p);
	void (*end)(const struct view_env *v, const struct wire_counts *counts);
};

extern const struct view views[];	/* ends with name NULL; the first is the default */
const struct view *view_find(const char *name);	/* NULL */

/* Each in its own file. */
void view_tree(const struct view_env *v, const struct packet *p);
void view_line(const struct view_env *v, const struct packet *p);
void view_notation(const struct view_env *v, const struct packet *p);
void view_json(const struct view_env *v, const struct packet *p);
void view_csv_begin(const struct view_env *v);
void view_csv(const struct view_env *v, const struct packet *p);
void view_html_begin(const struct view_env *v);
void view_html(const struct view_env *v, const struct packet *p);
void view_html_end(const struct view_env *v, const struct wire_counts *counts);

/* ---- shared by the views ---- */

/* A layer's field table over its octets; NULL if it has none. Allocates in
 * v->scratch. */
struct node *view_layer_node(const struct view_env *v, const struct layer *l);
/* Appends the value of field i as the table says it is shown: a name's word or
 * a number, an address, hex digits, escaped text. */
void view_value(struct text *t, const struct node *n, unsigned i);

#endif
