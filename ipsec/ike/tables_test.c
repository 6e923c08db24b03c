/* SPDX-License-Identifier: BSD-2-Clause
 * The registry test of this room: no payload, notification or field table is
 * incomplete or contradicts itself. */
#include "ipsec/ike/tables_test.h"

static struct tables tables;

static void setup(void)
{
	if (!tables.count)
		collect_all(&tables);
}

START_TEST(payload_names)
{
	static const char *const names[] = {
		"SA", "KE", "IDi", "IDr", "CERT", "CERTREQ", "AUTH", "NONCE", "NOTIFY", "DELETE",
		"VENDOR", "TSi", "TSr", "SK", "CP", "EAP", "GSPM", "IDg", "GSA", "KD", "SKF", "PS",
	};
	size_t seen = 0;
	for (size_t i = 0; i < reg_payload_types.count; i++) {
		uint32_t number = reg_payload_types.rows[i].number;
		if (!number)
			continue;
		ck_assert_uint_eq(number, 33 + seen);
		ck_assert_str_eq(ike_payload_name(number, 2), names[seen]);
		ck_assert_str_eq(ike_payload_desc(number, 2)->name, names[seen++]);
	}
	ck_assert_uint_eq(seen, sizeof names / sizeof names[0]);
	ck_assert_ptr_null(ike_payload_name(55, 2));
	ck_assert_ptr_null(ike_payload_name(0, 2));
	ck_assert_ptr_null(ike_payload_name(0, 1));
	ck_assert_str_eq(ike_payload_desc(200, 2)->name, "UNKNOWN");
}
END_TEST

START_TEST(ikev1_names)
{
	static const struct { uint32_t type; const char *name; } rows[] = {
		{ 1, "SA" }, { 4, "KE" }, { 5, "ID" }, { 6, "CERT" }, { 7, "CR" }, { 8, "HASH" },
		{ 9, "SIG" }, { 10, "NONCE" }, { 11, "NOTIFY" }, { 12, "DELETE" }, { 13, "VENDOR" },
		{ 14, "ATTR" }, { 20, "NAT-D" }, { 21, "NAT-OA" }, { 130, "NAT-D" },
		{ 131, "NAT-OA" }, { 132, "FRAG" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		ck_assert_str_eq(ike_payload_name(rows[i].type, 1), rows[i].name);
		ck_assert_ptr_nonnull(names_name(&reg_ikev1_payload_type, rows[i].type));
	}
	ck_assert_str_eq(ike_payload_desc(250, 1)->name, "UNKNOWN");
}
END_TEST

START_TEST(notifications)
{
	ck_assert_uint_eq(reg_notify.count, 25 + 64 + 43);	/* rows of the three CSVs */
	for (size_t i = 0; i < reg_notify.count; i++)
		ck_assert_msg(*reg_notify.rows[i].name && *reg_notify.rows[i].word, "%u",
			      reg_notify.rows[i].number);
	for (const struct choice *c = ike_notify_data; c->desc; c++) {
		ck_assert_msg(names_name(&reg_notify, c->number), "notify %u", c->number);
		ck_assert_msg(!c[1].desc || c[1].number > c->number, "notify %u", c->number);
	}
}
END_TEST

/* Transform IDs have names for every transform type; ADDKE1 to 7 share KE's. */
START_TEST(transform_ids)
{
	const struct desc *proposal = ike_sa_desc.fields[SA_PROPOSALS].elem;
	const struct desc *transform = proposal->fields[proposal->count - 1].elem;
	int type = node_field(transform, span_text("type")), id = node_field(transform, span_text("id"));
	struct arena a = { 0 };
	struct node *n = node_new(transform, &a);
	for (size_t i = 0; i < reg_transform_types.count; i++) {
		uint32_t number = reg_transform_types.rows[i].number;
		n->v[type].u = number;
		ck_assert_msg(node_names(n, (unsigned)id) != NULL, "transform type %u", number);
		ck_assert(number < 6 || number > 12 || node_names(n, (unsigned)id) == &reg_ke);
	}
	arena_done(&a);
}
END_TEST

static void check_ref(const struct desc *d, unsigned i)
{
	const struct field *f = &d->fields[i], *to = &d->fields[f->ref];
	bool back = f->kind == FIELD_SIZED || f->kind == FIELD_CHOICE;
	bool any = f->derive == DERIVE_SIZE || f->derive == DERIVE_COUNT || f->names_by;
	if (!back && !any)
		return;
	ck_assert_msg(f->ref < d->count, "%s.%s: ref", d->name, f->name);
	if (back)
		ck_assert_msg(f->ref < i && to->kind == FIELD_UINT, "%s.%s: ref", d->name, f->name);
	if (f->derive == DERIVE_SIZE)
		ck_assert_msg(to->kind != FIELD_UINT && f->ref > i, "%s.%s: size", d->name, f->name);
	if (f->derive == DERIVE_COUNT)
		ck_assert_msg(to->kind == FIELD_LIST || to->kind == FIELD_CHOICE, "%s.%s: count",
			      d->name, f->name);
	if (f->kind == FIELD_SIZED && to->derive == DERIVE_SIZE)
		ck_assert_msg(to->ref == i && to->scale == f->scale && to->bias == f->bias,
			      "%s.%s: size and sized", d->name, f->name);
}

static void check_field(const struct desc *d, unsigned i)
{
	const struct field *f = &d->fields[i];
	ck_assert_msg(f->name && *f->name, "%s: field %u has no name", d->name, i);
	for (unsigned k = 0; k < i; k++)
		ck_assert_msg(strcmp(d->fields[k].name, f->name) != 0, "%s.%s twice", d->name, f->name);
	ck_assert_msg(f->bits <= 64 && (f->bits == 0 || f->kind == FIELD_UINT), "%s.%s: bits",
		      d->name, f->name);
	ck_assert_msg((f->octets != 0) == (f->kind == FIELD_BYTES), "%s.%s: octets", d->name, f->name);
	ck_assert_msg((f->choices != NULL) == (f->kind == FIELD_CHOICE), "%s.%s: choices", d->name,
		      f->name);
	ck_assert_msg((f->elem != NULL) == (f->kind == FIELD_LIST), "%s.%s: elem", d->name, f->name);
	ck_assert_msg(f->derive == DERIVE_NONE || f->kind == FIELD_UINT, "%s.%s: derive", d->name,
		      f->name);
	ck_assert_msg(f->derive != DERIVE_LENGTH || f->bits <= 32, "%s.%s: length", d->name, f->name);
	ck_assert_msg(!f->max || f->min <= f->max, "%s.%s: min, max", d->name, f->name);
	ck_assert_msg(f->derive != DERIVE_FIXED || f->fixed >> f->bits == 0, "%s.%s: fixed", d->name,
		      f->name);
	check_ref(d, i);
}

/* Numbers that share octets fill whole ones, at most eight. */
static void check_groups(const struct desc *d)
{
	unsigned bits = 0;
	for (unsigned i = 0; i < d->count; i++) {
		if (d->fields[i].kind != FIELD_UINT)
			ck_assert_msg(!bits, "%s.%s: begins inside an octet", d->name,
				      d->fields[i].name);
		bits += d->fields[i].bits;
		ck_assert_msg(bits <= 64, "%s.%s: over 64 bits", d->name, d->fields[i].name);
		if (bits % 8 == 0)
			bits = 0;
	}
	ck_assert_msg(!bits, "%s: ends inside an octet", d->name);
}

START_TEST(field_tables)
{
	for (size_t t = 0; t < tables.count; t++) {
		const struct desc *d = tables.d[t];
		ck_assert_msg(d->name && d->count <= NODE_FIELDS_MAX, "table %zu", t);
		for (unsigned i = 0; i < d->count; i++)
			check_field(d, i);
		check_groups(d);
	}
	ck_assert_uint_gt(tables.count, 100);
}
END_TEST

/* json shows a chosen structure within its payload: names are told apart. */
START_TEST(chosen_names)
{
	for (size_t t = 0; t < tables.count; t++)
		for (unsigned i = 0; i < tables.d[t]->count; i++) {
			const struct choice *c = tables.d[t]->fields[i].choices;
			for (; c && c->desc; c++)
				for (unsigned k = 0; k < c->desc->count; k++)
					ck_assert_msg(node_field(tables.d[t], span_text(
						c->desc->fields[k].name)) < 0, "%s: %s.%s",
						tables.d[t]->name, c->desc->name,
						c->desc->fields[k].name);
		}
}
END_TEST

START_TEST(payload_headers)
{
	for (uint32_t type = 1; type < 256; type++)
		for (int version = 1; version <= 2; version++) {
			const struct field *f = ike_payload_desc(type, version)->fields;
			ck_assert_int_eq(f[PAYLOAD_NEXT].derive, DERIVE_NEXT);
			ck_assert_str_eq(f[PAYLOAD_CRITICAL].name, "critical");
			ck_assert_uint_eq(f[PAYLOAD_CRITICAL].bits + f[PAYLOAD_RESERVED].bits, 8);
			ck_assert_int_eq(f[PAYLOAD_LENGTH].derive, DERIVE_LENGTH);
		}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ike/tables");
	TCase *t = tcase_create("tables");
	tcase_add_unchecked_fixture(t, setup, NULL);
	tcase_add_test(t, payload_names);
	tcase_add_test(t, ikev1_names);
	tcase_add_test(t, notifications);
	tcase_add_test(t, transform_ids);
	tcase_add_test(t, field_tables);
	tcase_add_test(t, chosen_names);
	tcase_add_test(t, payload_headers);
	suite_add_tcase(s, t);
	return testing_run(s);
}
