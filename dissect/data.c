/* SPDX-License-Identifier: BSD-2-Clause
 * The search for the folders of data. */
#include "dissect/data.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

const char *data_program(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);
	return n > 0 ? arena_text(a, span_of(path, (size_t)n)) : "ikat";
}

/* A folder as seen from the program's own. */
static const char *beside_program(struct arena *a, const char *folder)
{
	char *path = arena_printf(a, "%s", data_program(a));
	char *slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return arena_printf(a, "%s/%s", slash ? path : ".", folder);
}

static bool holds(const char *folder, const char *probe, struct arena *a)
{
	return *folder && access(arena_printf(a, "%s/%s", folder, probe), R_OK) == 0;
}

const char *data_folder(const char *name, const char *source, const char *probe,
			struct arena *a, struct err *e)
{
	const char *data = getenv("IKAT_DATA");
	if (data && *data) {
		const char *path = arena_printf(a, "%s/%s", data, name);
		const char *tree = arena_printf(a, "%s/%s", data, source);
		if (holds(path, probe, a) || holds(tree, probe, a))
			return holds(path, probe, a) ? path : tree;
		err_set(e, "IKAT_DATA: there is no folder %s%s%s", path, *probe ? " with " : "", probe);
		return NULL;
	}
	const char *places[] = {
		beside_program(a, arena_printf(a, "../share/ikat/%s", name)),
		arena_printf(a, IKAT_DATADIR "/%s", name), source,
		beside_program(a, arena_printf(a, "../%s", source)),
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (holds(places[i], probe, a))
			return places[i];
	err_set(e, "no folder of %s: looked for %s, %s, %s and %s; IKAT_DATA names another place",
		name, places[0], places[1], places[2], places[3]);
	return NULL;
}
