/* SPDX-License-Identifier: BSD-2-Clause
 * Where the lab's parts are on this machine, and its files. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/lab/lab_host.h"
#include "dissect/data.h"

#define HINT "; `make lab-deps` brings it"

enum { FILE_MAX = 64 * 1024 * 1024 };

bool lab_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static const char *absolute(struct arena *a, const char *path)
{
	char *real = realpath(path, NULL);
	const char *copy = real ? arena_text(a, span_text(real)) : NULL;
	free(real);
	return copy;
}

const char *lab_data(struct arena *a, struct err *e)
{
	const char *folder = data_folder("lab", "conformance/lab", "guest/init.sh", a, e);
	return folder ? absolute(a, folder) : NULL;
}

/* The first that was unpacked by deps.sh; "" if there is none. */
static const char *packages(struct arena *a)
{
	const char *own = getenv("IKAT_LAB_PACKAGES"), *cache = getenv("XDG_CACHE_HOME");
	const char *home = getenv("HOME");
	if (own)	/* said by the user: no other place will do */
		return lab_exists(arena_printf(a, "%s/usr", own)) ? absolute(a, own) : "";
	const char *places[] = {
		cache ? arena_printf(a, "%s/ikat/lab", cache) : "",
		home ? arena_printf(a, "%s/.cache/ikat/lab", home) : "",
		"/var/cache/ikat/lab",
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (*places[i] && lab_exists(arena_printf(a, "%s/usr", places[i])))
			return absolute(a, places[i]);
	return "";
}

/* A path in the packages or on this machine; NULL if in neither. */
static const char *locate(const struct lab_host *h, const char *path, struct arena *a)
{
	const char *unpacked = arena_printf(a, "%s%s", h->packages, path);
	if (*h->packages && lab_exists(unpacked))
		return unpacked;
	return lab_exists(path) ? path : NULL;
}

bool lab_host_needs(const struct lab_host *h, const char *const *need,
		    struct arena *a, struct err *e)
{
	for (; *need; need++)
		if (!locate(h, *need, a))
			return err_set(e, "%s is not on this machine" HINT, *need);
	return true;
}

bool lab_host_find(struct lab_host *h, enum lab_how how, struct arena *a, struct err *e)
{
	static const char *const tools[] = { "/usr/sbin/ip", "/usr/bin/tcpdump", "/usr/bin/ping",
		"/usr/bin/nsenter", "/usr/sbin/modprobe", "/usr/sbin/tc", NULL };
	*h = (struct lab_host){ .how = how, .packages = packages(a), .self = data_program(a) };
	h->data = lab_data(a, e);
	if (!h->data)
		return false;
	if (how == LAB_NETNS && geteuid() != 0)
		return err_set(e, "--netns needs root; without it, user-mode Linux is used");
#ifndef __x86_64__
	if (how == LAB_UML)
		return err_set(e, "user-mode Linux runs on amd64 only, and this is another machine");
#endif
	h->kernel = how == LAB_UML ? locate(h, "/usr/bin/linux.uml", a) : "";
	if (!h->kernel)
		return err_set(e, "user-mode Linux (/usr/bin/linux.uml) is not on this machine" HINT);
	return lab_host_needs(h, tools, a, e);
}

/* ---- files ---- */

const char *lab_folder_new(struct arena *a, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	char *path = arena_printf(a, "%s/ikat-lab.XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp");
	if (mkdtemp(path))
		return path;
	err_set(e, "%s: %s", path, strerror(errno));
	return NULL;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st, (void)flag, (void)at;
	remove(path);	/* what cannot be removed stays; the rest must go */
	return 0;
}

void lab_folder_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

bool lab_folder_make(const char *path, struct err *e)
{
	if (mkdir(path, 0755) == 0 || errno == EEXIST)
		return true;
	return err_set(e, "%s: %s", path, strerror(errno));
}

bool lab_write(const char *path, const struct text *text, struct err *e)
{
	FILE *f = fopen(path, "w");
	bool good = f && fwrite(text->p ? text->p : "", 1, text->n, f) == text->n;
	if (f && fclose(f) != 0)
		good = false;
	return good || err_set(e, "%s: %s", path, strerror(errno));
}

struct span lab_read(const char *path, struct arena *a)
{
	struct stat st;
	FILE *f = fopen(path, "r");
	struct span s = span_of(NULL, 0);
	if (!f)
		return s;
	if (fstat(fileno(f), &st) == 0 && st.st_size > 0 && st.st_size <= FILE_MAX) {
		uint8_t *p = arena_raw(a, (size_t)st.st_size + 1);
		s = span_of(p, fread(p, 1, (size_t)st.st_size, f));
		p[s.n] = '\0';
	}
	fclose(f);
	return s;
}

bool lab_copy(const char *from, const char *to, struct err *e)
{
	struct arena a = { 0 };
	struct span s = lab_read(from, &a);
	struct text whole = { .p = (char *)(uintptr_t)s.p, .n = s.n };
	bool good = lab_write(to, &whole, e);
	arena_done(&a);
	return good;
}
