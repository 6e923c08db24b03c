/* SPDX-License-Identifier: BSD-2-Clause
 * Known-answer vectors: CSV files of inputs and answers that come from outside
 * (documents, other implementations, a real kernel), and what runs them. Each
 * row names its source and says `ok` or `reject` with the reason. */
#ifndef IKAT_VECTORS_VECTORS_H
#define IKAT_VECTORS_VECTORS_H

#include <stdio.h>

#include "ipsec/base/csv.h"
#include "ipsec/crypto/crypto.h"

struct vector;

enum vector_outcome {
	VECTOR_REFUSED,		/* the octets, the key or the answer were refused */
	VECTOR_ACCEPTED,
	VECTOR_WRONG,		/* accepted, but with another result: never right */
};

/* One kind of vectors: a file and how to run a row of it. */
struct vector_kind {
	const char *name;	/* "encr" */
	const char *file;	/* "encr.csv" */
	const char *subject;	/* the column that names the algorithm's row */
	const char *const *columns;	/* all of them, in order; ends with NULL */
	enum vector_outcome (*run)(struct vector *v);
};

extern const struct vector_kind vector_kinds[];
extern const size_t vector_kind_count;

struct vector_file {
	const struct vector_kind *kind;
	struct csv_table table;
};

/* One row that is being run. */
struct vector {
	const struct vector_file *file;
	const struct csv_row *row;
	struct crypto *crypto;
	struct arena *arena;	/* for what the run needs; rewound after it */
	struct err e;		/* an unusable cell; nothing else */
	struct err said;	/* what was refused, or what differs: got and expected */
};

/* Cells of the row. Hexadecimal: whole octets; an unusable cell sets v->e. */
const char *vector_text(struct vector *v, const char *column);
struct span vector_octets(struct vector *v, const char *column);
bool vector_number(struct vector *v, const char *column, unsigned long max,
		   unsigned long *out);
/* True if equal; otherwise v->said has both, cut to what a line can hold. */
bool vector_same(struct vector *v, const char *what, struct span got, struct span expected);

/* The runs of the kinds. */
enum vector_outcome vector_encr(struct vector *v);
enum vector_outcome vector_integ(struct vector *v);
enum vector_outcome vector_prf(struct vector *v);
enum vector_outcome vector_prfplus(struct vector *v);
enum vector_outcome vector_digest(struct vector *v);
enum vector_outcome vector_ke(struct vector *v);
enum vector_outcome vector_esp(struct vector *v);
enum vector_outcome vector_ah(struct vector *v);
enum vector_outcome vector_keymat(struct vector *v);
enum vector_outcome vector_keymat_child(struct vector *v);

/* The folder with the files: IKAT_DATA/vectors, the installed one, or that of
 * the source tree. NULL with an error that names the places. */
const char *vectors_folder(struct arena *a, struct err *e);
/* Reads any CSV file ("-": standard input). */
bool vectors_table(struct csv_table *t, const char *path, struct arena *a,
		   struct err *e) MUST_CHECK;
/* Reads a file whose kind its header line tells. */
bool vectors_read(struct vector_file *f, const char *path, struct arena *a,
		  struct err *e) MUST_CHECK;
/* True if the row does what its `expect` says; otherwise an error with file,
 * line, name, source and what was found. An unusable row sets *unusable. */
bool vectors_run(const struct vector_file *f, size_t row, struct crypto *crypto,
		 bool *unusable, struct err *e) MUST_CHECK;
/* True if the row's column has this text. */
bool vectors_about(const struct vector_file *f, size_t row, const char *column,
		   const char *text);
bool vectors_expect_ok(const struct vector_file *f, size_t row);

/* The command `ikat vectors`; returns the exit code. */
int vectors_main(int argc, char **argv);

#endif
