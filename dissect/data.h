/* SPDX-License-Identifier: BSD-2-Clause
 * Where the files are that the program needs at run time: vectors, scenarios,
 * sample captures. */
#ifndef IKAT_DISSECT_DATA_H
#define IKAT_DISSECT_DATA_H

#include "ipsec/base/arena.h"
#include "ipsec/base/err.h"

/* The folder of `name` ("vectors"): in IKAT_DATA (also a source tree) if the variable
 * is set, and nowhere else then; otherwise ../share/ikat/name beside the program, the
 * installed one, and in the source tree `source` ("conformance/lab") as seen
 * from here or from the program's folder. `probe`: a file that must be in it,
 * "" for none. NULL with an error that names all places. */
const char *data_folder(const char *name, const char *source, const char *probe,
			struct arena *a, struct err *e);
/* The program's own path; "ikat" if it is not known. */
const char *data_program(struct arena *a);

#endif
