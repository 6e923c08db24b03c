/* SPDX-License-Identifier: BSD-2-Clause
 * Key files on the disk: folders, limits, and which reader takes a file. Files
 * are read whole into memory that is cleansed afterwards. */
#include "dissect/keys_read.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

const struct keys_format keys_formats[] = {
	{ "csv", "ikat's own CSV, holds everything", KEYS_SA | KEYS_IKEV2 | KEYS_IKEV1 | KEYS_SECRET,
	  keys_csv_recognise, keys_csv_read, keys_csv_write },
	{ "xfrm", "what `ip xfrm state` prints", KEYS_SA,
	  keys_xfrm_recognise, keys_xfrm_read, keys_xfrm_write },
	{ "esp_sa", "Wireshark's table of ESP SAs", KEYS_SA,
	  keys_wireshark_recognise, keys_wireshark_read, keys_esp_sa_write },
	{ "ikev2", "Wireshark's ikev2_decryption_table", KEYS_IKEV2, NULL, NULL, keys_ikev2_write },
	{ "ikev1", "Wireshark's ikev1_decryption_table", KEYS_IKEV1, NULL, NULL, keys_ikev1_write },
	{ "tcpdump", "a file for tcpdump -E", KEYS_SA | KEYS_IKEV2,
	  keys_tcpdump_recognise, keys_tcpdump_read, keys_tcpdump_write },
	{ "charon", "a log of strongSwan's charon", KEYS_SA | KEYS_IKEV2 | KEYS_IKEV1 | KEYS_SECRET,
	  keys_charon_recognise, keys_charon_read, NULL },
	{ "pluto", "a log of Libreswan's pluto", KEYS_SA | KEYS_IKEV2 | KEYS_SECRET,
	  keys_pluto_recognise, keys_pluto_read, NULL },
	{ "swanctl", "strongSwan's swanctl.conf, its PSKs and PPKs", KEYS_SECRET,
	  keys_swanctl_recognise, keys_swanctl_read, NULL },
	{ "ipsec.secrets", "PSKs and PPKs of strongSwan or Libreswan", KEYS_SECRET,
	  keys_ipsec_secrets_recognise, keys_ipsec_secrets_read, NULL },
};
const size_t keys_format_count = sizeof keys_formats / sizeof *keys_formats;

enum { PASSED_NAMES = 3 };

/* One path on its way. */
struct load {
	struct keystore *store;
	struct keys_notes *notes;
	struct err *e;
	const char *path;
	size_t files, rows;	/* rows: that could be used */
	size_t passed;		/* files without keys that one would look for keys in */
	bool folder;		/* the path is one */
	const char *kind;	/* what the last file without keys is; NULL */
	char passed_names[400];	/* of the first few of them */
	struct { dev_t dev; ino_t ino; } open[KEYS_DEPTH_MAX];	/* folders we are in */
};

/* ---- text ---- */

size_t keys_load_text(struct keystore *s, const char *name, struct span text,
		      struct keys_notes *notes)
{
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };	/* U+FEFF, from some editors */
	if (text.n >= sizeof mark && memcmp(text.p, mark, sizeof mark) == 0)
		text = span_from(text, sizeof mark);
	struct keys_in in = { .store = s, .notes = notes, .file = name, .text = text };
	for (size_t i = 0; i < keys_format_count; i++)
		if (keys_formats[i].recognise && keys_formats[i].recognise(text)) {
			keys_formats[i].read(&in);
			break;
		}
	return in.used;
}

static bool holds(struct span text, const char *word)
{
	return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* Private keys and certificates lie beside the configuration that names them: nobody
 * takes them for session keys. (DER: a SEQUENCE of more than 255 octets.) */
static bool is_credential(struct span head)
{
	return keys_starts(head, "-----BEGIN ") || (head.n > 4 && head.p[0] == 0x30 && head.p[1] == 0x82);
}

/* What lies beside keys, and holds none: configurations, counters, what other tools
 * made of the capture. Nothing is said of these in a folder. */
static bool is_companion(const char *path)
{
	static const char *const names[] = { "*.conf", "*.ini", "*.md", "*.html", "*.json",
		"*counters*", "*xfrm_stat*", "*xfrm-monitor*", "sas.txt", "tshark.csv",
		"inject.log", "xfrm.batch", "README*" };
	const char *slash = strrchr(path, '/');
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (fnmatch(names[i], slash ? slash + 1 : path, 0) == 0)
			return true;
	return false;
}

/* What a file without keys is, for the note; NULL if nothing special. */
static const char *file_kind(struct span text)
{
	struct span head = span_part(text, 0, 4096);
	if (is_credential(head))
		return "a certificate or private key";
	if (holds(head, "[DMN] ") || holds(head, "[IKE] ") || holds(head, "[LIB] "))
		return "a charon log without keys";
	if (holds(head, "pluto[") || holds(head, "Starting Pluto"))
		return "a pluto log without keys";
	return NULL;
}

/* ---- files ---- */

static void *must(void *p)
{
	if (!p)
		abort();
	return p;
}

/* Captures and other binary files have a NUL early on. */
static bool binary(struct span head)
{
	return head.n && memchr(head.p, '\0', head.n < 4096 ? head.n : 4096) != NULL;
}

/* Keys must not stay behind in freed memory, so no realloc. */
static void buffer_grow(uint8_t **p, size_t n, size_t *cap)
{
	size_t more = *cap ? 4 * *cap : 64 * 1024;
	uint8_t *q = must(malloc(more));
	if (n)
		memcpy(q, *p, n);
	if (*p)
		crypto_cleanse(*p, *cap);
	free(*p);
	*p = q;
	*cap = more;
}

enum outcome { READ_OK, READ_BINARY, READ_LARGE, READ_FAILED };

static enum outcome file_read(int fd, uint8_t **p, size_t *n, size_t *cap)
{
	for (;;) {
		if (*n == *cap)
			buffer_grow(p, *n, cap);
		ssize_t got = read(fd, *p + *n, *cap - *n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return READ_FAILED;
		*n += (size_t)got;
		if (binary(span_of(*p, *n)))
			return READ_BINARY;
		if (*n > KEYS_FILE_MAX)
			return READ_LARGE;
		if (got == 0)
			return READ_OK;
	}
}

/* Its name below the path that was given. */
static const char *inner_name(const struct load *l, const char *path)
{
	size_t n = strlen(l->path);
	if (strncmp(path, l->path, n) != 0)
		return path;
	while (path[n] == '/')
		n++;
	return path[n] ? path + n : path;
}

static void pass_over(struct load *l, const char *path, const char *kind)
{
	size_t n = strlen(l->passed_names);
	l->kind = kind;
	if (l->passed < PASSED_NAMES)
		snprintf(l->passed_names + n, sizeof l->passed_names - n, "%s%.80s%s%s%s",
			 n ? ", " : "", inner_name(l, path), kind ? " (" : "", kind ? kind : "",
			 kind ? ")" : "");
	l->passed++;
}

/* A text that gave no key. */
static void pass_over_text(struct load *l, const char *path, struct span text)
{
	const char *kind = text.n ? file_kind(text) : "empty";
	if (!l->folder || (text.n && !is_companion(path)))
		pass_over(l, path, kind);
}

static bool file_take(struct load *l, const char *path, int fd)
{
	uint8_t *p = NULL;
	size_t n = 0, cap = 0, bad = l->notes->unusable, rows = 0;
	enum outcome outcome = file_read(fd, &p, &n, &cap);
	struct span text = span_of(p, n);
	struct origin at = { path, 0, NULL };
	if (outcome == READ_FAILED)
		err_set(l->e, "%s: %s", path, strerror(errno));
	else if (outcome == READ_LARGE)
		keys_note_add(l->notes, at, false, "more than %d octets: not read", KEYS_FILE_MAX);
	else if ((is_credential(text) || outcome == READ_BINARY) && l->folder)
		;	/* nobody takes it for keys */
	else if (outcome == READ_BINARY)
		pass_over(l, path, is_credential(text) ? "a certificate or private key" : "binary");
	else if ((rows = keys_load_text(l->store, path, text, l->notes)) == 0 &&
		 l->notes->unusable == bad)
		pass_over_text(l, path, text);
	l->rows += rows;
	crypto_cleanse(p, cap);
	free(p);
	return outcome != READ_FAILED;
}

static bool path_load(struct load *l, const char *path, size_t depth);

static int visible(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* Sorted by name, so that a run can be repeated. */
static bool folder_load(struct load *l, const char *path, size_t depth)
{
	struct dirent **list = NULL;
	int n = scandir(path, &list, visible, alphasort);
	bool ok = n >= 0;
	if (!ok)
		err_set(l->e, "%s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		size_t size = strlen(path) + strlen(list[i]->d_name) + 2;
		char *inner = must(malloc(size));
		bool slash = path[0] && path[strlen(path) - 1] == '/';
		snprintf(inner, size, "%s%s%s", path, slash ? "" : "/", list[i]->d_name);
		ok = ok && path_load(l, inner, depth + 1);
		free(inner);
		free(list[i]);
	}
	free(list);
	return ok;
}

static bool folder_enter(struct load *l, const char *path, const struct stat *st, size_t depth)
{
	if (depth >= KEYS_DEPTH_MAX) {
		keys_note_add(l->notes, (struct origin){ path, 0, NULL }, false,
			      "folders more than %d deep: not read", KEYS_DEPTH_MAX);
		return true;
	}
	for (size_t i = 0; i < depth; i++)
		if (l->open[i].dev == st->st_dev && l->open[i].ino == st->st_ino)
			return true;	/* a link back up: it is being read already */
	l->open[depth].dev = st->st_dev;
	l->open[depth].ino = st->st_ino;
	return folder_load(l, path, depth);
}

static bool file_load(struct load *l, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_set(l->e, "%s: %s", path, strerror(errno));
	bool ok = file_take(l, path, fd);
	close(fd);
	return ok;
}

static bool path_load(struct load *l, const char *path, size_t depth)
{
	struct stat st;
	if (stat(path, &st) != 0) {
		if (depth == 0)
			return err_set(l->e, "%s: %s", path, strerror(errno));
		l->files++;
		pass_over(l, path, "dangling link");
		return true;
	}
	l->folder |= S_ISDIR(st.st_mode);
	if (S_ISDIR(st.st_mode))
		return folder_enter(l, path, &st, depth);
	if (depth && !S_ISREG(st.st_mode))	/* a pipe given by name is fine */
		return true;
	if (l->files++ >= KEYS_FILES_MAX) {
		if (l->files == KEYS_FILES_MAX + 1)
			keys_note_add(l->notes, (struct origin){ path, 0, NULL }, false,
				      "more than %d files: this and further ones are not read",
				      KEYS_FILES_MAX);
		return true;
	}
	return file_load(l, path);
}

/* The path was given for its keys, and there are none. */
static void barren_note(struct load *l)
{
	struct origin at = { l->path, 0, NULL };
	struct keys_note **end = l->notes->last;
	if (l->folder)
		keys_note_add(l->notes, at, false, "no keys in any of its %zu files", l->files);
	else
		keys_note_add(l->notes, at, false, "no keys in it%s%s%s", l->kind ? " (" : "",
			      l->kind ? l->kind : "", l->kind ? ")" : "");
	if (*end)
		(*end)->barren = true;
	l->notes->barren++;
}

static void passed_note(struct load *l, size_t unusable)
{
	struct origin at = { l->path, 0, NULL };
	if (l->rows == 0 && l->notes->unusable == unusable)
		barren_note(l);
	if (l->passed && l->folder)
		keys_note_add(l->notes, at, false, "no keys in: %s%s", l->passed_names,
			      l->passed > PASSED_NAMES ? ", ..." : "");
}

bool keys_load(struct keystore *s, const char *path, struct keys_notes *notes, struct err *e)
{
	struct load l = { .store = s, .notes = notes, .e = e, .path = path };
	size_t unusable = notes->unusable;
	bool ok;
	if (strcmp(path, "-") == 0) {
		l.files = 1;
		l.path = "standard input";
		ok = file_take(&l, l.path, STDIN_FILENO);
	} else {
		ok = path_load(&l, path, 0);
	}
	if (ok)
		passed_note(&l, unusable);
	return ok;
}

/* ---- contradictions ---- */

static int compare(const void *a, const void *b, size_t n)
{
	return memcmp(a, b, n);
}

static int by_line(const struct origin *a, const struct origin *b)
{
	int c = strcmp(a->file ? a->file : "", b->file ? b->file : "");
	return c ? c : a->line < b->line ? -1 : a->line > b->line;
}

static int sa_identity(const struct sa_key *a, const struct sa_key *b)
{
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	if (a->spi != b->spi)
		return a->spi < b->spi ? -1 : 1;
	if (a->spi_mask != b->spi_mask)
		return a->spi_mask < b->spi_mask ? -1 : 1;
	int c = compare(&a->dst, &b->dst, sizeof a->dst);
	return c ? c : compare(&a->src, &b->src, sizeof a->src);
}

static int by_sa(const void *a, const void *b)
{
	const struct sa_key *x = *(struct sa_key *const *)a, *y = *(struct sa_key *const *)b;
	int c = sa_identity(x, y);
	return c ? c : by_line(&x->origin, &y->origin);
}

/* A key without its integrity half says nothing against one that has it. */
static bool sa_contradicts(const struct sa_key *a, const struct sa_key *b)
{
	if (a->encr != b->encr || !span_equal(a->encr_key, b->encr_key))
		return true;
	if (a->integ->kind == INTEG_KIND_UNCHECKED || b->integ->kind == INTEG_KIND_UNCHECKED)
		return false;
	return a->integ != b->integ || !span_equal(a->integ_key, b->integ_key);
}

static void contradiction(struct keys_notes *notes, const struct origin *later,
			  const struct origin *earlier, const char *name)
{
	keys_note_add(notes, *later, false, "%s has other keys at %s:%zu; the ICV decides", name,
		      earlier->file ? earlier->file : "", earlier->line);
}

/* A note for each SA, not for each of its rows. */
static void check_sas(const struct keystore *s, struct keys_notes *notes)
{
	struct sa_key **rows = must(malloc((s->sa_count + 1) * sizeof *rows));
	size_t n = 0, told = SIZE_MAX;
	char name[KEYS_NAME_MAX];
	for (struct sa_key *k = s->sas; k; k = k->next)
		rows[n++] = k;
	qsort(rows, n, sizeof *rows, by_sa);
	for (size_t i = 1, first = 0; i < n; i++) {
		if (sa_identity(rows[first], rows[i]) != 0)
			first = i;
		else if (told != first && sa_contradicts(rows[first], rows[i])) {
			contradiction(notes, &rows[i]->origin, &rows[first]->origin,
				      keys_sa_name(rows[i], name));
			told = first;
		}
	}
	free(rows);
}

static int ike_identity(const struct ike_key *a, const struct ike_key *b)
{
	int c = compare(a->spi_i, b->spi_i, 8);
	return c ? c : compare(a->spi_r, b->spi_r, 8);
}

static int by_ike(const void *a, const void *b)
{
	const struct ike_key *x = *(struct ike_key *const *)a, *y = *(struct ike_key *const *)b;
	int c = ike_identity(x, y);
	return c ? c : by_line(&x->origin, &y->origin);
}

static bool halves_agree(struct span a, struct span b)
{
	return a.n == 0 || b.n == 0 || span_equal(a, b);
}

static bool ike_contradicts(const struct ike_key *a, const struct ike_key *b)
{
	return a->encr != b->encr || !halves_agree(a->sk_ei, b->sk_ei) ||
	       !halves_agree(a->sk_er, b->sk_er) || !halves_agree(a->sk_ai, b->sk_ai) ||
	       !halves_agree(a->sk_ar, b->sk_ar);
}

static void check_ikes(const struct keystore *s, struct keys_notes *notes)
{
	struct ike_key **rows = must(malloc((s->ike_count + 1) * sizeof *rows));
	size_t n = 0, told = SIZE_MAX;
	char name[KEYS_NAME_MAX];
	for (struct ike_key *k = s->ikes; k; k = k->next)
		if (keys_ike_named(k))	/* others may be of as many SAs */
			rows[n++] = k;
	qsort(rows, n, sizeof *rows, by_ike);
	for (size_t i = 1, first = 0; i < n; i++) {
		if (ike_identity(rows[first], rows[i]) != 0)
			first = i;
		else if (told != first && ike_contradicts(rows[first], rows[i])) {
			contradiction(notes, &rows[i]->origin, &rows[first]->origin,
				      keys_ike_name(rows[i], name));
			told = first;
		}
	}
	free(rows);
}

static int secret_identity(const struct ike_secret *a, const struct ike_secret *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	int c = compare(a->spi_i, b->spi_i, 8);
	return c ? c : compare(a->spi_r, b->spi_r, 8);
}

static int by_secret(const void *a, const void *b)
{
	const struct ike_secret *x = *(struct ike_secret *const *)a;
	const struct ike_secret *y = *(struct ike_secret *const *)b;
	int c = secret_identity(x, y);
	return c ? c : by_line(&x->origin, &y->origin);
}

/* Of an IKE SA there is one of each; DH secrets may be of two ends, or of several
 * exchanges, PSKs of many peers. */
static bool is_single(const struct ike_secret *k)
{
	return k->kind != SECRET_DH && k->kind != SECRET_PSK && k->kind != SECRET_PPK &&
	       !span_is_zero(span_of(k->spi_i, 8));
}

static void check_secrets(const struct keystore *s, struct keys_notes *notes)
{
	struct ike_secret **rows = must(malloc((s->secret_count + 1) * sizeof *rows));
	size_t n = 0, told = SIZE_MAX;
	char name[KEYS_NAME_MAX];
	for (struct ike_secret *k = s->secrets; k; k = k->next)
		if (is_single(k))
			rows[n++] = k;
	qsort(rows, n, sizeof *rows, by_secret);
	for (size_t i = 1, first = 0; i < n; i++) {
		if (secret_identity(rows[first], rows[i]) != 0)
			first = i;
		else if (told != first && !span_equal(rows[first]->secret, rows[i]->secret)) {
			contradiction(notes, &rows[i]->origin, &rows[first]->origin,
				      keys_secret_title(rows[i], name));
			told = first;
		}
	}
	free(rows);
}

/* What a PSK is good for, where there is nothing else. */
static void check_psk_alone(const struct keystore *s, struct keys_notes *notes)
{
	if (s->sa_count || s->ike_count || !s->secrets)
		return;
	for (const struct ike_secret *k = s->secrets; k; k = k->next)
		if (k->kind != SECRET_PSK && k->kind != SECRET_PPK)
			return;
	keys_note_add(notes, s->secrets->origin, false, "a pre-shared key alone opens nothing: keys "
		      "come from the DH secret or SKEYSEED");
}

bool keys_finish(struct keystore *s, struct keys_notes *notes)
{
	check_sas(s, notes);
	check_ikes(s, notes);
	check_secrets(s, notes);
	check_psk_alone(s, notes);
	notes->failed = notes->unusable && s->sa_count + s->ike_count + s->secret_count == 0;
	return !notes->failed;
}
