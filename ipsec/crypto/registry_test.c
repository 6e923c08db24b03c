/* SPDX-License-Identifier: BSD-2-Clause
 * The four tables against the number registries in ipsec/registry: every number
 * there has a row here, every row here (but the private ones) stands there, and
 * every numeric column that both have is the same. Run from the tree's root. */
#include "ipsec/crypto/crypto_test.h"

#include <stdio.h>

#include "ipsec/base/csv.h"
#include "ipsec/crypto/encr.h"
#include "ipsec/crypto/group.h"
#include "ipsec/crypto/integ.h"
#include "ipsec/crypto/prf.h"

enum { PRIVATE_USE = 1024 };	/* IANA's private numbers begin here */

static struct csv_table table_read(struct arena *a, const char *file)
{
	struct csv_table t;
	struct err e = { 0 };
	char *text = arena_alloc(a, 1 << 16);
	FILE *f = fopen(file, "rb");
	ck_assert_msg(f != NULL, "%s does not open", file);
	size_t n = fread(text, 1, 1 << 16, f);
	fclose(f);
	ck_assert_msg(csv_read(&t, span_of(text, n), file, a, &e), "%s", e.text);
	ck_assert(t.count > 0);
	return t;
}

/* The number that a cell begins with; an empty one is 0. */
static unsigned number(const struct csv_table *t, size_t row, const char *column)
{
	const char *cell = csv_cell(t, &t->rows[row], column);
	ck_assert_msg(cell != NULL, "%s has no column %s", t->file, column);
	return (unsigned)strtoul(cell, NULL, 10);
}

static void same(const char *name, const char *what, unsigned found, unsigned wanted)
{
	ck_assert_msg(found == wanted, "%s: %s is %u, the registry says %u", name, what,
		      found, wanted);
}

/* "128|192|256", "40-448 (default 128)", "64 (56 effective)", "". */
static void key_sizes(const struct encr *row, const char *cell)
{
	char *end;
	for (size_t i = 0; i < ENCR_KEY_SIZES; i++) {
		unsigned bits = (unsigned)strtoul(cell, &end, 10);
		same(row->name, "key_bits", row->key_bits[i], bits);
		if (i == 0)
			same(row->name, "variable", row->variable, *end == '-');
		cell = *end == '|' || *end == '-' ? end + 1 : "";
	}
}

static const char *iana_name(const struct csv_table *t, size_t row)
{
	return csv_cell(t, &t->rows[row], "name");
}

START_TEST(encr)
{
	struct arena a = { 0 };
	struct csv_table t = table_read(&a, "ipsec/registry/encr.csv");
	for (size_t i = 0; i < t.count; i++) {
		const struct encr *r = encr_find(number(&t, i, "id"));
		ck_assert_msg(r != NULL, "no row for %s", iana_name(&t, i));
		ck_assert_str_eq(r->name, iana_name(&t, i));
		key_sizes(r, csv_cell(&t, &t.rows[i], "key_sizes_bits"));
		same(r->name, "block", r->block, number(&t, i, "block_len"));
		same(r->name, "iv", r->iv, number(&t, i, "iv_len"));
		same(r->name, "icv", r->icv, number(&t, i, "icv_len"));
		same(r->name, "salt", r->salt, number(&t, i, "salt_len"));
		same(r->name, "implicit_iv", r->implicit_iv,
		     strstr(csv_cell(&t, &t.rows[i], "note"), "implicit IV") != NULL);
		same(r->name, "key_length_attribute", r->key_length_attribute,
		     r->key_bits[1] != 0);
	}
	ck_assert_uint_eq(t.count, encr_count);
	arena_done(&a);
}
END_TEST

START_TEST(integ)
{
	struct arena a = { 0 };
	struct csv_table t = table_read(&a, "ipsec/registry/integ.csv");
	size_t private = 0;
	for (size_t i = 0; i < t.count; i++) {
		const struct integ *r = integ_find(number(&t, i, "id"));
		ck_assert_msg(r != NULL, "no row for %s", iana_name(&t, i));
		ck_assert_str_eq(r->name, iana_name(&t, i));
		same(r->name, "key", r->key, number(&t, i, "key_len"));
		same(r->name, "icv", r->icv, number(&t, i, "icv_len"));
		const char *note = csv_cell(&t, &t.rows[i], "note");
		bool gmac = strstr(note, "AH only") != NULL;
		same(r->name, "iv", r->iv, gmac ? 8 : 0);	/* RFC 4543, 4 */
		same(r->name, "salt", r->salt, gmac ? 4 : 0);
	}
	for (size_t i = 0; i < integ_count; i++)
		private += integ_rows[i].id >= PRIVATE_USE;
	ck_assert_uint_eq(t.count + private, integ_count);
	arena_done(&a);
}
END_TEST

/* What no registry lists: each name of ours ends in the bits of its ICV. */
START_TEST(integ_private)
{
	const struct integ *r = &integ_rows[_i];
	const char *bits = strrchr(r->name, '_');
	if (r->id >= PRIVATE_USE)
		same(r->name, "icv", r->icv * 8u, (unsigned)strtoul(bits + 1, NULL, 10));
	if (r->kind == INTEG_KIND_UNCHECKED)
		same(r->name, "key, iv, salt, output",
		     (unsigned)r->key + r->iv + r->salt + r->output, 0);
	if (r->id == INTEG_HMAC_SHA2_256_96)
		same(r->name, "key", r->key, integ_find(12)->key);
}
END_TEST

START_TEST(prf)
{
	struct arena a = { 0 };
	struct csv_table t = table_read(&a, "ipsec/registry/prf.csv");
	for (size_t i = 0; i < t.count; i++) {
		const struct prf *r = prf_find(number(&t, i, "id"));
		ck_assert_msg(r != NULL, "no row for %s", iana_name(&t, i));
		ck_assert_str_eq(r->name, iana_name(&t, i));
		same(r->name, "output", r->output, number(&t, i, "output_len"));
		same(r->name, "key", r->key, number(&t, i, "preferred_key_len"));
		same(r->name, "fixed_key", r->fixed_key,
		     strstr(csv_cell(&t, &t.rows[i], "note"), "only 64 bits") != NULL);
	}
	ck_assert_uint_eq(t.count, prf_count);
	arena_done(&a);
}
END_TEST

START_TEST(ke)
{
	struct arena a = { 0 };
	struct csv_table t = table_read(&a, "ipsec/registry/ke.csv");
	for (size_t i = 0; i < t.count; i++) {
		const struct group *r = group_find(number(&t, i, "id"));
		ck_assert_msg(r != NULL, "no row for %s", iana_name(&t, i));
		same(r->name, "public_size", r->public_size,
		     number(&t, i, "initiator_public_len"));
		same(r->name, "shared", r->shared, number(&t, i, "shared_secret_len"));
		if (r->kind != GROUP_KIND_UNSUPPORTED)
			same(r->name, "public_size", r->public_size,
			     number(&t, i, "responder_public_len"));
		const char *type = csv_cell(&t, &t.rows[i], "type");
		same(r->name, "subgroup", r->kind == GROUP_KIND_MODP_SUBGROUP,
		     strcmp(type, "MODP subgroup") == 0);
	}
	ck_assert_uint_eq(t.count, group_count);
	arena_done(&a);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("registry");
	TCase *t = tcase_create("registry");
	tcase_add_test(t, encr);
	tcase_add_test(t, integ);
	tcase_add_loop_test(t, integ_private, 0, (int)integ_count);
	tcase_add_test(t, prf);
	tcase_add_test(t, ke);
	suite_add_tcase(s, t);
	return testing_run(s);
}
