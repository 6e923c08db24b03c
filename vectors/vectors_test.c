/* SPDX-License-Identifier: BSD-2-Clause
 * Every vector is a case of its own, named by file, line and name. Then what the
 * files must hold: an ok and a reject for each supported row of the algorithm
 * tables and each of its key sizes, nothing for an unsupported one. Last, what
 * the runner says of rows that are wrong. */
#include <unistd.h>

#include "ipsec/base/testing.h"
#include "ipsec/crypto/encr.h"
#include "ipsec/crypto/group.h"
#include "ipsec/crypto/integ.h"
#include "ipsec/crypto/prf.h"
#include "vectors/vectors.h"

enum { KINDS = 10 };

struct world {
	struct arena arena;
	struct crypto *crypto;
	struct vector_file files[KINDS];
};

static bool world_read(struct world *w, struct err *e)
{
	memset(w, 0, sizeof *w);
	const char *folder = vectors_folder(&w->arena, e);
	w->crypto = crypto_new(e);
	for (size_t i = 0; folder && i < KINDS && i < vector_kind_count; i++) {
		const char *path = arena_printf(&w->arena, "%s/%s", folder, vector_kinds[i].file);
		if (!vectors_read(&w->files[i], path, &w->arena, e))
			return false;
	}
	return folder && w->crypto;
}

static void world_open(struct world *w)
{
	struct err e = { 0 };
	ck_assert_msg(world_read(w, &e), "%s", e.text);
	ck_assert_uint_eq(vector_kind_count, KINDS);
	for (size_t i = 0; i < KINDS; i++)
		ck_assert_ptr_eq(w->files[i].kind, &vector_kinds[i]);
}

static void world_close(struct world *w)
{
	crypto_free(w->crypto);
	arena_done(&w->arena);
}

static const struct vector_file *world_file(const struct world *w, const char *kind)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(w->files[i].kind->name, kind) == 0)
			return &w->files[i];
	ck_abort_msg("no kind %s", kind);
}

/* ---- the rows themselves ---- */

/* A process for each of 1,800 rows takes too long: so many go together, and
 * every one that fails is named. */
enum { CHUNK = 64 };

static void run_chunk(int kind, int chunk)
{
	struct world w;
	world_open(&w);
	const struct vector_file *f = &w.files[kind];
	size_t end = ((size_t)chunk + 1) * CHUNK;
	const char *failures = "";
	for (size_t i = (size_t)chunk * CHUNK; i < end && i < f->table.count; i++) {
		struct err e = { 0 };
		bool unusable;
		if (!vectors_run(f, i, w.crypto, &unusable, &e))
			failures = arena_printf(&w.arena, "%s%s\n", failures, e.text);
	}
	ck_assert_msg(!*failures, "%s", failures);
	world_close(&w);
}

#define KIND_TEST(number) \
	START_TEST(rows_##number) { run_chunk(number, _i); } END_TEST
KIND_TEST(0)
KIND_TEST(1)
KIND_TEST(2)
KIND_TEST(3)
KIND_TEST(4)
KIND_TEST(5)
KIND_TEST(6)
KIND_TEST(7)
KIND_TEST(8)
KIND_TEST(9)

/* ---- what the files must hold ---- */

struct held {
	size_t ok, rejects;
};

/* Rows about the algorithm; key_octets < 0: whatever the key's size. */
static struct held held(const struct vector_file *f, const char *column, const char *name,
			const char *key_column, long key_octets)
{
	struct held h = { 0 };
	for (size_t i = 0; i < f->table.count; i++) {
		const struct csv_row *row = &f->table.rows[i];
		if (!vectors_about(f, i, column, name))
			continue;
		if (key_octets >= 0 && (size_t)key_octets * 2 !=
				       strlen(csv_cell(&f->table, row, key_column)))
			continue;
		h.ok += vectors_expect_ok(f, i);
		h.rejects += !vectors_expect_ok(f, i);
	}
	return h;
}

static void check_held(struct held h, bool supported, const char *kind, const char *name,
		       unsigned bits)
{
	if (supported)
		ck_assert_msg(h.ok && h.rejects, "%s.csv: %s, %u bits: %zu ok and %zu rejects, "
			      "needs at least one of each", kind, name, bits, h.ok, h.rejects);
	else
		ck_assert_msg(h.ok + h.rejects == 0, "%s.csv: %s is not supported but has %zu vectors",
			      kind, name, h.ok + h.rejects);
}

static void check_encr(const struct world *w, const struct encr *row)
{
	const struct vector_file *f = world_file(w, "encr");
	const struct vector_file *esp = world_file(w, "esp");
	bool supported = row->kind != ENCR_KIND_UNSUPPORTED;
	check_held(held(f, "encr", row->name, "key", -1), supported, "encr", row->name, 0);
	check_held(held(esp, "encr", row->name, "encr_key", -1), supported, "esp", row->name, 0);
	unsigned least = row->key_bits[0], step = 8, most = row->key_bits[1];
	for (unsigned bits = least; supported && row->variable && bits <= most; bits += step)
		check_held(held(f, "encr", row->name, "key", bits / 8 + row->salt), true, "encr",
			   row->name, bits);
	for (size_t i = 0; supported && !row->variable && i < ENCR_KEY_SIZES; i++) {
		long octets = row->key_bits[i] / 8 + row->salt;
		if (i > 0 && !row->key_bits[i])
			break;
		check_held(held(f, "encr", row->name, "key", octets), true, "encr", row->name,
			   row->key_bits[i]);
		struct held packets = held(esp, "encr", row->name, "encr_key", octets);
		ck_assert_msg(packets.ok > 0, "esp.csv: %s, %u bits: no packet", row->name,
			      row->key_bits[i]);
	}
}

START_TEST(every_encr_row)
{
	struct world w;
	world_open(&w);
	for (size_t i = 0; i < encr_count; i++)
		check_encr(&w, &encr_rows[i]);
	world_close(&w);
}
END_TEST

START_TEST(every_integ_row)
{
	struct world w;
	world_open(&w);
	for (size_t i = 0; i < integ_count; i++) {
		const struct integ *row = &integ_rows[i];
		bool packets = row->kind != INTEG_KIND_UNSUPPORTED &&
			       row->kind != INTEG_KIND_UNCHECKED;
		bool esp = packets && row->kind != INTEG_KIND_GMAC;	/* AH only */
		if (row->kind == INTEG_KIND_NONE)
			continue;	/* nothing to know an answer of */
		check_held(held(world_file(&w, "integ"), "integ", row->name, "key", -1),
			   row->kind != INTEG_KIND_UNSUPPORTED, "integ", row->name, 0);
		check_held(held(world_file(&w, "esp"), "integ", row->name, "integ_key", -1), esp,
			   "esp", row->name, 0);
		check_held(held(world_file(&w, "ah"), "integ", row->name, "integ_key", -1),
			   packets, "ah", row->name, 0);
	}
	world_close(&w);
}
END_TEST

START_TEST(every_prf_row)
{
	struct world w;
	world_open(&w);
	for (size_t i = 0; i < prf_count; i++) {
		const struct prf *row = &prf_rows[i];
		bool supported = row->kind != PRF_KIND_UNSUPPORTED;
		check_held(held(world_file(&w, "prf"), "prf", row->name, "key", -1), supported,
			   "prf", row->name, 0);
		check_held(held(world_file(&w, "prfplus"), "prf", row->name, "key", -1), supported,
			   "prfplus", row->name, 0);
		check_held(held(world_file(&w, "keymat"), "prf", row->name, "sk_d", -1), supported,
			   "keymat", row->name, 0);
		check_held(held(world_file(&w, "keymat_child"), "prf", row->name, "sk_d", -1),
			   supported, "keymat_child", row->name, 0);
	}
	world_close(&w);
}
END_TEST

START_TEST(every_group)
{
	struct world w;
	world_open(&w);
	for (size_t i = 0; i < group_count; i++) {
		const struct group *row = &group_rows[i];
		if (row->kind != GROUP_KIND_NONE)
			check_held(held(world_file(&w, "ke"), "group", row->name, "private", -1),
				   row->kind != GROUP_KIND_UNSUPPORTED, "ke", row->name, 0);
	}
	world_close(&w);
}
END_TEST

/* Names are how a failure is found again: each once in its file. An OpenSSL
 * vector would prove nothing. */
START_TEST(names_and_sources)
{
	struct world w;
	world_open(&w);
	const struct csv_table *t = &w.files[_i].table;
	for (size_t i = 0; i < t->count; i++) {
		const char *name = csv_cell(t, &t->rows[i], "name");
		ck_assert_msg(!strstr(csv_cell(t, &t->rows[i], "source"), "OpenSSL"),
			      "%s:%zu: made with OpenSSL", t->file, t->rows[i].line);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(strcmp(name, csv_cell(t, &t->rows[j], "name")) != 0,
				      "%s:%zu and %zu: both are named %s", t->file,
				      t->rows[j].line, t->rows[i].line, name);
	}
	world_close(&w);
}
END_TEST

/* ---- rows that are wrong ---- */

#define ENCR_HEADER "name,source,expect,why,encr,key,iv,aad,plaintext,ciphertext,icv\n"
#define CBC_KEY "06a9214036b8a15b512e03d534120006"
#define CBC_IV "3dafba429d9eb430b422da802c9fac41"
#define CBC_TEXT "53696e676c6520626c6f636b206d7367"
#define CBC_SEALED "e353779c1079aeb82708942dbe77181a"

static const struct wrong {
	const char *row;
	bool unusable;
	const char *says;	/* part of the error; NULL: the row is right */
} wrongs[] = {
	{ "a,RFC 3602,ok,,ENCR_AES_CBC," CBC_KEY "," CBC_IV ",," CBC_TEXT "," CBC_SEALED ",\n",
	  false, NULL },
	{ "a,RFC 3602,ok,,ENCR_AES_CBC," CBC_KEY "," CBC_IV ",," CBC_SEALED "," CBC_SEALED ",\n",
	  false, "x.csv:2: a (RFC 3602): opened: from octet 0 got 5369" },
	{ "a,RFC 3602,reject,none,ENCR_AES_CBC," CBC_KEY "," CBC_IV ",," CBC_TEXT "," CBC_SEALED
	  ",\n", false, "accepted, but should be refused: none" },
	/* accepted with another text is wrong for a reject too */
	{ "a,RFC 3602,reject,none,ENCR_AES_CBC," CBC_KEY "," CBC_IV ",," CBC_IV "," CBC_SEALED
	  ",\n", false, "accepted, but should be refused" },
	{ "a,RFC 3602,ok,,ENCR_AES_CBC,06," CBC_IV ",," CBC_TEXT "," CBC_SEALED ",\n",
	  false, "ENCR_AES_CBC" },
	{ "a,x,ok,,ENCR_AES_CBC,0,,,,,\n", true, "key: \"0\" is not hexadecimal" },
	{ "a,x,ok,,ENCR_AES_CBC,zz,,,,,\n", true, "key: \"zz\" is not hexadecimal" },
	{ "a,x,ok,,ENCR_NOTHING,,,,,,\n", true, "encr \"ENCR_NOTHING\" is not known" },
	{ "a,x,maybe,,ENCR_AES_CBC,,,,,,\n", true, "expect is \"maybe\"" },
	{ "a,x,reject,,ENCR_AES_CBC,,,,,,\n", true, "without a reason" },
	{ "a,,ok,,ENCR_AES_CBC,,,,,,\n", true, "no name or no source" },
};

START_TEST(wrong_row)
{
	const struct wrong *wrong = &wrongs[_i];
	struct arena a = { 0 };
	struct err e = { 0 };
	struct vector_file f = { .kind = &vector_kinds[0] };
	bool unusable;
	struct crypto *crypto = crypto_new(&e);
	const char *text = arena_printf(&a, "%s%s", ENCR_HEADER, wrong->row);
	ck_assert_msg(csv_read(&f.table, span_text(text), "x.csv", &a, &e), "%s", e.text);
	bool good = vectors_run(&f, 0, crypto, &unusable, &e);
	ck_assert_msg(good == !wrong->says, "%s: %s", wrong->row, e.text);
	ck_assert_msg(unusable == wrong->unusable, "%s: %s", wrong->row, e.text);
	if (wrong->says)
		ck_assert_msg(strstr(e.text, wrong->says), "%s: \"%s\" does not say \"%s\"",
			      wrong->row, e.text, wrong->says);
	crypto_free(crypto);
	arena_done(&a);
}
END_TEST

START_TEST(folder_from_environment)
{
	struct arena a = { 0 };
	struct err e = { 0 };
	setenv("IKAT_DATA", "/nowhere", 1);
	ck_assert_ptr_null(vectors_folder(&a, &e));
	ck_assert_msg(strstr(e.text, "/nowhere/vectors"), "%s", e.text);
	setenv("IKAT_DATA", ".", 1);
	struct err none = { 0 };
	ck_assert_str_eq(vectors_folder(&a, &none), "./vectors");
	unsetenv("IKAT_DATA");
	ck_assert_ptr_nonnull(vectors_folder(&a, &none));
	setenv("IKAT_DATA", ".", 1);
	arena_done(&a);
}
END_TEST

/* ---- the command ---- */

static const struct call {
	const char *argv[6];
	int code;
} calls[] = {
	{ { "vectors", NULL }, 0 },
	{ { "vectors", "--list", NULL }, 0 },
	{ { "vectors", "-h", NULL }, 0 },
	{ { "vectors", "-v", "-k", "prf", NULL }, 0 },
	{ { "vectors", "vectors/ke.csv", "vectors/prf.csv", NULL }, 0 },
	{ { "vectors", "--kind", "nothing", NULL }, 2 },
	{ { "vectors", "--nothing", NULL }, 2 },
	{ { "vectors", "no/such/file.csv", NULL }, 2 },
	{ { "vectors", "ipsec/registry/encr.csv", NULL }, 2 },
	{ { "vectors", "-k", "prf", "vectors/ke.csv", NULL }, 2 },
	{ { "vectors", "wrong-vector", NULL }, 1 },
	{ { "vectors", "unusable-vector", NULL }, 2 },
};

static void write_file(const char *path, const char *row)
{
	FILE *f = fopen(path, "w");
	ck_assert_msg(f != NULL, "%s does not open", path);
	fprintf(f, "%s%s", ENCR_HEADER, row);
	fclose(f);
}

static int call_quietly(const struct call *call)
{
	int argc = 0, out = dup(STDOUT_FILENO), error = dup(STDERR_FILENO);
	char *argv[8] = { 0 };
	for (; call->argv[argc]; argc++)
		argv[argc] = strdup(call->argv[argc]);
	fflush(stdout);
	ck_assert(freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr));
	int code = vectors_main(argc, argv);
	fflush(NULL);
	dup2(out, STDOUT_FILENO);
	dup2(error, STDERR_FILENO);
	close(out);
	close(error);
	while (argc)
		free(argv[--argc]);
	return code;
}

START_TEST(exit_code)
{
	const struct call *call = &calls[_i];
	char folder[] = "/tmp/ikat-vectors-XXXXXX";
	struct call local = *call;
	char path[64];
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/x.csv", folder);
	bool wrong = strstr(call->argv[1] ? call->argv[1] : "", "wrong-vector");
	bool unusable = strstr(call->argv[1] ? call->argv[1] : "", "unusable-vector");
	write_file(path, wrongs[wrong ? 1 : 5].row);
	if (wrong || unusable)
		local.argv[1] = path;
	ck_assert_msg(call_quietly(&local) == call->code, "%s: the exit code is not %d",
		      call->argv[1] ? call->argv[1] : "no argument", call->code);
	unlink(path);
	rmdir(folder);
}
END_TEST

static int chunks(const struct world *w, int kind)
{
	return (int)((w->files[kind].table.count + CHUNK - 1) / CHUNK);
}

int main(void)
{
	struct world w;
	struct err e = { 0 };
	/* the files of the source tree, not of an installed version */
	setenv("IKAT_DATA", ".", 0);
	if (!world_read(&w, &e)) {
		fprintf(stderr, "vectors_test: %s\n", e.text);
		return EXIT_FAILURE;
	}
	Suite *s = suite_create("vectors");
	TCase *c = tcase_create("rows");
	tcase_set_timeout(c, 60);
	tcase_add_loop_test(c, rows_0, 0, chunks(&w, 0));
	tcase_add_loop_test(c, rows_1, 0, chunks(&w, 1));
	tcase_add_loop_test(c, rows_2, 0, chunks(&w, 2));
	tcase_add_loop_test(c, rows_3, 0, chunks(&w, 3));
	tcase_add_loop_test(c, rows_4, 0, chunks(&w, 4));
	tcase_add_loop_test(c, rows_5, 0, chunks(&w, 5));
	tcase_add_loop_test(c, rows_6, 0, chunks(&w, 6));
	tcase_add_loop_test(c, rows_7, 0, chunks(&w, 7));
	tcase_add_loop_test(c, rows_8, 0, chunks(&w, 8));
	tcase_add_loop_test(c, rows_9, 0, chunks(&w, 9));
	suite_add_tcase(s, c);
	world_close(&w);
	c = tcase_create("files");
	tcase_add_test(c, every_encr_row);
	tcase_add_test(c, every_integ_row);
	tcase_add_test(c, every_prf_row);
	tcase_add_test(c, every_group);
	tcase_add_loop_test(c, names_and_sources, 0, KINDS);
	tcase_add_loop_test(c, wrong_row, 0, sizeof wrongs / sizeof *wrongs);
	tcase_add_test(c, folder_from_environment);
	tcase_add_loop_test(c, exit_code, 0, sizeof calls / sizeof *calls);
	suite_add_tcase(s, c);
	return testing_run(s);
}
