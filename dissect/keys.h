/* SPDX-License-Identifier: BSD-2-Clause
 * Key files: files and folders in, rows of a store out, and back. The format of
 * each file is told by its content. What is remarkable is collected in notes;
 * whoever runs the command prints them. */
#ifndef IKAT_DISSECT_KEYS_H
#define IKAT_DISSECT_KEYS_H

#include "ipsec/base/text.h"
#include "ipsec/sa/sa.h"

enum {
	KEYS_FILE_MAX = 64 * 1024 * 1024,	/* octets of one file */
	KEYS_DEPTH_MAX = 16,			/* folders in folders */
	KEYS_FILES_MAX = 10000,			/* files below one path */
	KEYS_ROWS_MAX = 1 << 20,		/* rows of one store */
	KEYS_NOTES_MAX = 100,			/* notes kept; further ones are counted */
};

struct keys_note {
	struct keys_note *next;
	struct origin origin;
	bool unusable;		/* a key line that cannot be used */
	bool barren;		/* a path that holds no key at all */
	const char *text;
};

struct keys_notes {
	struct arena arena;
	struct keys_note *first, **last;
	size_t count, more;	/* kept, not kept */
	size_t unusable;	/* key lines that cannot be used, in all */
	size_t barren;		/* paths that hold no key at all */
	bool failed;		/* set by keys_finish: unusable lines are errors */
	bool strict;		/* set by the caller: paths without a key are, too */
};

void keys_notes_init(struct keys_notes *n);
void keys_notes_done(struct keys_notes *n);
/* "note: FILE:LINE: ...", "warning: PATH: ..." or "error: FILE:LINE: ...", a line each. */
void keys_notes_print(const struct keys_notes *n, struct text *out);
void keys_note_add(struct keys_notes *n, struct origin at, bool unusable,
		   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Reads a file, a folder with all that is in it, or "-" (standard input) into
 * the store. False only for what cannot be read at all. */
bool keys_load(struct keystore *s, const char *path, struct keys_notes *notes,
	       struct err *e) MUST_CHECK;
/* The same for text that is in memory already. Returns the number of rows used. */
size_t keys_load_text(struct keystore *s, const char *name, struct span text,
		      struct keys_notes *notes);
/* After the last path: notes contradictory rows, and decides what unusable lines
 * are: notes when the store holds other keys; otherwise errors, and false. */
bool keys_finish(struct keystore *s, struct keys_notes *notes);

struct keys_in;

/* Kinds of rows, for what a format can hold. */
enum { KEYS_SA = 1, KEYS_IKEV2 = 2, KEYS_IKEV1 = 4, KEYS_SECRET = 8 };

struct keys_format {
	const char *name;	/* for `ikat keys -t` */
	const char *help;
	unsigned kinds;		/* what it holds at all */
	bool (*recognise)(struct span text);	/* NULL: as another row does */
	void (*read)(struct keys_in *in);
	/* Rows of its kinds that the format cannot express give a note each and
	 * are left out. Returns how many. NULL: the format is only read. */
	size_t (*write)(const struct keystore *s, struct text *out, struct keys_notes *notes);
};

extern const struct keys_format keys_formats[];
extern const size_t keys_format_count;

#endif
