/* SPDX-License-Identifier: BSD-2-Clause
 * The promise of the node engine: decode, then encode, gives the same octets.
 * Proved on mutants of real messages and of messages that are made from the
 * tables themselves: every payload, every notification, every structure. The
 * seed is fixed and printed, so that a failure can be repeated. */
#include "ipsec/ike/tables_test.h"

#include <stdio.h>

enum { MUTANTS = 240000, SEED = 20261121, OCTETS_MAX = 1 << 16, BASES_MAX = 4096 };

struct lab {
	struct arena keep, scratch;
	struct tables tables;
	bool seen[TABLES_MAX];
	struct span bases[BASES_MAX];
	size_t base_count;
	uint64_t random;
	uint8_t octets[OCTETS_MAX], again[OCTETS_MAX];
};

static struct lab lab;

static uint32_t dice(uint32_t sides)
{
	lab.random ^= lab.random << 13;
	lab.random ^= lab.random >> 7;
	lab.random ^= lab.random << 17;
	return (uint32_t)(lab.random >> 32) % sides;
}

/* ---- messages from tables ---- */

static struct span random_octets(size_t n)
{
	uint8_t *p = arena_raw(&lab.scratch, n + 1);
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)dice(256);
	return span_of(p, n);
}

static struct node *random_node(const struct desc *d, uint32_t *fixed_number, int depth);

static struct node *random_list(const struct field *f, int depth)
{
	const struct desc *picked[PEEKED_MAX] = { f->elem };
	size_t count = f->peek ? peeked(f, picked) : 1;
	struct node *head = NULL, **to = &head;
	for (uint32_t n = dice(4); n; n--) {
		*to = random_node(picked[dice((uint32_t)count)], NULL, depth + 1);
		to = &(*to)->next;
	}
	return head;
}

/* Picks one of the choices and sets the field that chooses it. */
static void random_choice(struct node *n, unsigned i, const uint32_t *number, int depth)
{
	const struct field *f = &n->desc->fields[i];
	uint32_t count = 0, want;
	while (f->choices[count].desc)
		count++;
	want = dice(count);
	for (uint32_t k = 0; number && k < count; k++)
		if (f->choices[k].number == *number)
			want = k;
	if (number && f->choices[want].number != *number) {
		n->v[i].b = random_octets(dice(24));
		return;
	}
	n->v[f->ref].u = f->choices[want].number;
	if (dice(8)) {
		n->v[i].is_node = true;
		n->v[i].kid = random_node(f->choices[want].desc, NULL, depth + 1);
	}
}

/* `number`: for a notification, its type. */
static struct node *random_node(const struct desc *d, uint32_t *number, int depth)
{
	struct node *n = node_new(d, &lab.scratch);
	if (!d->count || dice(40) == 0)
		n->tail = random_octets(1 + dice(4));
	for (unsigned i = 0; i < d->count; i++) {
		const struct field *f = &d->fields[i];
		const struct names *names = f->names;
		if (f->kind == FIELD_UINT && f->derive == DERIVE_NONE && !f->reserved && f->bits) {
			n->v[i].u = names && dice(4) ? names->rows[dice((uint32_t)names->count)].number
						     : dice(0xffffff);
			n->v[i].u &= f->bits < 64 ? ((uint64_t)1 << f->bits) - 1 : UINT64_MAX;
		} else if (f->kind == FIELD_BYTES) {
			n->v[i].b = random_octets(f->octets);
		} else if (f->kind == FIELD_SIZED || f->kind == FIELD_REST) {
			n->v[i].b = random_octets(f->max && f->min == f->max ? f->min : 4 * dice(10));
		} else if (f->kind == FIELD_LIST && depth < 6) {
			n->v[i].kid = random_list(f, depth);
		} else if (f->kind == FIELD_CHOICE) {
			if (number)
				n->v[f->ref].u = *number;
			random_choice(n, i, number, depth);
		}
	}
	return n;
}

static void add_base(struct span s)
{
	ck_assert_uint_lt(lab.base_count, BASES_MAX);
	lab.bases[lab.base_count++] = arena_copy(&lab.keep, s);
}

/* One message with the payload, behind a nonce. */
static void add_made(uint32_t type, int version, uint32_t *number)
{
	struct writer w = writer_of(lab.octets, OCTETS_MAX);
	struct node *n = random_node(ike_payload_desc(type, version), number, 0);
	struct node *nonce = random_node(ike_payload_desc(version == 2 ? 40 : 10, version), NULL, 0);
	nonce->number = version == 2 ? 40 : 10;
	nonce->next = n;
	n->number = type;
	write_u64(&w, 0x0102030405060708);
	write_u64(&w, 0);
	write_u8(&w, (uint8_t)nonce->number);
	write_u8(&w, (uint8_t)(version << 4));
	write_u16(&w, version == 2 ? 0x2208 : 0x0200);
	write_u64(&w, 0);
	ike_chain_encode(nonce, &w);
	write_patch(&w, 24, w.n, 4);
	ck_assert(!w.bad);
	add_base(writer_span(&w));
}

static void make_bases(void)
{
	for (size_t i = 0; i < SAMPLES; i++)
		add_base(unhex(samples[i].hex, &lab.scratch));
	for (int round = 0; round < 4; round++)
		for (uint32_t type = 32; type < 56; type++)
			add_made(type, 2, NULL);
	for (int round = 0; round < 6; round++)
		for (uint32_t type = 1; type < 23; type++)
			add_made(type, 1, NULL);
	for (uint32_t type = 130; type < 133; type++)
		add_made(type, 1, NULL);
	for (size_t i = 0; i < reg_notify.count; i++) {
		uint32_t type = reg_notify.rows[i].number;
		for (int round = 0; round < 12; round++)
			add_made(PAYLOAD_NOTIFY, 2, &type);
	}
	/* those with structures inside of them */
	static const uint32_t rich[] = { 33, 35, 38, 44, 47, 48 }, rich1[] = { 1, 5, 14 };
	for (int round = 0; round < 120; round++) {
		for (size_t i = 0; i < sizeof rich / sizeof rich[0]; i++)
			add_made(rich[i], 2, NULL);
		for (size_t i = 0; i < sizeof rich1 / sizeof rich1[0]; i++)
			add_made(rich1[i], 1, NULL);
	}
	arena_reset(&lab.scratch);
}

/* ---- mutations ---- */

/* Some node of the tree, each about as likely as the others. */
static struct node *some_node(struct node *first)
{
	struct node *n = first;
	for (uint32_t steps = dice(8); n && steps; steps--) {
		struct node *kid = n->desc->count ? node_kid(n, dice(n->desc->count)) : NULL;
		n = kid && dice(2) ? kid : n->next && dice(3) ? n->next : n;
	}
	return n;
}

static void force_some(struct node *first)
{
	static const uint32_t odd[] = { 0, 1, 2, 3, 4, 5, 8, 127, 128, 255, 256, 65535 };
	struct node *n = some_node(first);
	unsigned i = n && n->desc->count ? dice(n->desc->count) : 0;
	if (!n || i >= n->present || n->desc->fields[i].kind != FIELD_UINT)
		return;
	uint64_t u = dice(3) ? odd[dice(12)] : n->v[i].u + dice(3) - 1;
	if (!node_force(n, i, u))
		n->forced ^= 1u << i;
}

/* Octets in a list or chain: one element doubled, dropped, or two swapped. */
static void shuffle(struct node **first)
{
	struct node *n = some_node(*first), *next = n ? n->next : NULL;
	switch (dice(3)) {
	case 0:
		if (next)
			n->next = next->next;
		break;
	case 1:
		if (next) {
			struct node *copy = arena_alloc(&lab.scratch, sizeof *next +
							next->desc->count * sizeof next->v[0]);
			memcpy(copy, next, sizeof *next + next->desc->count * sizeof next->v[0]);
			next->next = copy;
		}
		break;
	default:
		if (n == *first && next) {
			n->next = next->next;
			next->next = n;
			*first = next;
		}
	}
}

static size_t mutate_octets(size_t n)
{
	uint32_t at = n ? dice((uint32_t)n) : 0, size = 1 + dice(8);
	switch (n ? dice(7) : 6) {
	case 0:
		lab.octets[at] ^= (uint8_t)(1 << dice(8));
		return n;
	case 1:
		lab.octets[at] = (uint8_t)dice(256);
		return n;
	case 2:
		return at;
	case 3:		/* take out */
		size = size > n - at ? (uint32_t)(n - at) : size;
		memmove(lab.octets + at, lab.octets + at + size, n - at - size);
		return n - size;
	case 4:		/* put in */
		if (n + size > OCTETS_MAX)
			return n;
		memmove(lab.octets + at + size, lab.octets + at, n - at);
		return n + size;
	case 5:		/* near the length fields, small numbers */
		lab.octets[at] = (uint8_t)dice(6);
		return n;
	default:
		return n;
	}
}

static size_t make_mutant(void)
{
	struct span base = lab.bases[dice((uint32_t)lab.base_count)];
	struct ike_message *m = ike_message_decode(base, &lab.scratch, NULL);
	struct writer w = writer_of(lab.octets, OCTETS_MAX);
	for (uint32_t k = dice(3); k && m->payloads; k--)
		force_some(m->payloads);
	if (m->payloads && dice(4) == 0)
		shuffle(&m->payloads);
	ike_message_encode(m, &w);
	size_t n = w.n;
	for (uint32_t k = dice(4); k; k--)
		n = mutate_octets(n);
	if (n >= IKE_HEADER_SIZE && dice(2)) {
		struct writer fix = writer_of(lab.octets, n);
		fix.n = n;
		write_patch(&fix, 24, n, 4);
	}
	return n;
}

/* ---- the proof ---- */

static void mark_seen(const struct node *n)
{
	for (; n; n = n->next) {
		for (size_t i = 0; i < lab.tables.count; i++)
			lab.seen[i] |= lab.tables.d[i] == n->desc;
		for (unsigned i = 0; i < n->present; i++)
			mark_seen(node_kid(n, i));
	}
}

static void hex_dump(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%02x", p[i]);
	printf("\n");
}

/* Decodes from memory that ends where the octets end, encodes and compares. */
static void prove(size_t n, unsigned long number)
{
	uint8_t *exact = malloc(n + (n == 0));
	struct findings fs = { .arena = &lab.scratch };
	memcpy(exact, lab.octets, n);
	struct ike_message *m = ike_message_decode(span_of(exact, n), &lab.scratch, &fs);
	struct writer w = writer_of(lab.again, OCTETS_MAX);
	ike_message_encode(m, &w);
	if (w.bad || w.n != n || memcmp(lab.again, exact, n) != 0) {
		hex_dump(exact, n);
		hex_dump(lab.again, w.n);
		ck_abort_msg("mutant %lu differs", number);
	}
	for (const struct finding *f = fs.first; f; f = f->next)
		ck_assert_msg(f->offset <= n, "mutant %lu: offset %u of %zu", number, f->offset, n);
	if (number % 8 == 0)
		mark_seen(m->payloads);
	free(exact);
}

START_TEST(mutants)
{
	lab.random = SEED;
	printf("roundtrip_test: seed %d, %d mutants\n", SEED, MUTANTS);
	collect_all(&lab.tables);
	make_bases();
	for (size_t i = 0; i < lab.base_count; i++) {
		memcpy(lab.octets, lab.bases[i].p, lab.bases[i].n);
		prove(lab.bases[i].n, 0);
		arena_reset(&lab.scratch);
	}
	for (unsigned long i = 1; i <= MUTANTS; i++) {
		prove(make_mutant(), i);
		arena_reset(&lab.scratch);
	}
	for (size_t i = 0; i < lab.tables.count; i++)
		ck_assert_msg(lab.seen[i], "table %s (%s) was never decoded", lab.tables.d[i]->name,
			      lab.tables.d[i]->rfc ? lab.tables.d[i]->rfc : "");
	arena_done(&lab.keep);
	arena_done(&lab.scratch);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ike/roundtrip");
	TCase *t = tcase_create("roundtrip");
	tcase_set_timeout(t, 300);
	tcase_add_test(t, mutants);
	suite_add_tcase(s, t);
	return testing_run(s);
}
