/* SPDX-License-Identifier: BSD-2-Clause
 * Between view_csv.c and view_csv_words.c: columns by name. */
#ifndef IKAT_DISSECT_VIEW_CSV_WORDS_H
#define IKAT_DISSECT_VIEW_CSV_WORDS_H

#include "dissect/view_private.h"

typedef void csv_frame_word(struct text *t, const struct view_env *v, const struct packet *p);
typedef void csv_layer_word(struct text *t, const struct layer *l);

struct csv_frame_row {
	const char *name;
	csv_frame_word *word;
	const char *help;
};
extern const struct csv_frame_row csv_frame_words[];	/* ends with name NULL */

/* What a layer's word is of. OF_PROTECT serves ESP and AH, and without a layer's
 * name whichever of the two comes first. */
enum csv_owner { OF_PROTECT, OF_IP, OF_IKE };
struct csv_layer_row {
	enum csv_owner owner;
	const char *name;
	csv_layer_word *word;
	const char *help;
};
extern const struct csv_layer_row csv_layer_words[];	/* ends with name NULL */

/* What an ESP or AH layer holds can be seen. */
bool csv_opened(const struct layer *l);

#endif
