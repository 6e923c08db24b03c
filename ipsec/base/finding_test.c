/* SPDX-License-Identifier: BSD-2-Clause
 * Findings and errors: bounded, in order, the first error wins. */
#include "ipsec/base/err.h"
#include "ipsec/base/finding.h"
#include "ipsec/base/testing.h"

START_TEST(capped)
{
	struct arena a = { 0 };
	struct findings fs = { .arena = &a };
	uint32_t kept = 0;
	for (unsigned i = 0; i < 3 * FINDING_MAX; i++) {
		fs.layer = i / 2;
		finding_add(&fs, SEVERITY_VIOLATION, "RFC4303-2.4-03", i, "number %u", i);
	}
	for (const struct finding *f = fs.first; f; f = f->next, kept++) {
		ck_assert_uint_eq(f->offset, kept);
		ck_assert_uint_eq(f->layer, kept / 2);
		bool last = kept + 1 == FINDING_MAX;
		ck_assert_int_eq(f->severity, last ? SEVERITY_NOTE : SEVERITY_VIOLATION);
		ck_assert((f->requirement == NULL) == last);
		ck_assert((strstr(f->text, "more findings") != NULL) == last);
		ck_assert((f->next == NULL) == (f == fs.last));
	}
	ck_assert_uint_eq(kept, FINDING_MAX);
	ck_assert_uint_eq(fs.count, 3 * FINDING_MAX);
	arena_done(&a);
}
END_TEST

START_TEST(long_texts)
{
	struct arena a = { 0 };
	struct findings fs = { .arena = &a };
	finding_add(&fs, SEVERITY_NOTE, NULL, 0, "%1000d", 1);
	ck_assert_uint_eq(strlen(fs.first->text), 255);
	finding_add(NULL, SEVERITY_NOTE, NULL, 0, "nobody listens");
	ck_assert_str_eq(severity_name(SEVERITY_NOTE), "note");
	ck_assert_str_eq(severity_name(SEVERITY_DEVIATION), "deviation");
	ck_assert_str_eq(severity_name(SEVERITY_VIOLATION), "violation");
	arena_done(&a);
}
END_TEST

START_TEST(errors)
{
	struct err e = { 0 };
	ck_assert(!err_set(&e, "payload length %d, needs at least %d", 3, 4));
	ck_assert(!err_set(&e, "later"));
	ck_assert(!err_prefix(&e, "%s:%d", "keys.csv", 7));
	ck_assert_str_eq(e.text, "keys.csv:7: payload length 3, needs at least 4");
	for (int i = 0; i < 200; i++)
		err_prefix(&e, "%0100d", i);
	ck_assert(e.set && strlen(e.text) < sizeof e.text);
	err_prefix(&e, "%0900d", 1);
	ck_assert(strlen(e.text) < sizeof e.text);
	struct err f = { 0 };
	err_set(&f, "%0900d", 1);
	ck_assert_uint_eq(strlen(f.text), sizeof f.text - 1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("finding");
	TCase *t = tcase_create("finding");
	tcase_add_test(t, capped);
	tcase_add_test(t, long_texts);
	tcase_add_test(t, errors);
	suite_add_tcase(s, t);
	return testing_run(s);
}
