/* SPDX-License-Identifier: BSD-2-Clause
 * What the keys that were given say about an IKE SA besides opening it: whether the
 * two ends' pre-shared keys differ, and whether there was a key for it at all. */
#include "dissect/story_private.h"

enum { PSKS_LOOKED_AT = 64, AUTHENTICATION_FAILED = 24, METHOD_PSK = 2 };

/* The one that AUTH verifies with: the session says where it is from. */
static bool is_good(struct story *s, const struct ike_secret *p, const struct ike_end *e)
{
	return strcmp(e->auth_why, arena_printf(&s->arena, "the PSK of %s",
						origin_text(&p->origin, &s->arena))) == 0;
}

/* A secret that names somebody else belongs to another connection. */
static bool concerns(const struct ike_secret *p, const struct ike_sa *sa)
{
	for (int i = 0; i < 2; i++)
		if (sa->end[i].id && span_equal(p->id, span_text(sa->end[i].id)))
			return true;
	return !p->id.n;
}

/* How much of the file's name is its folder's. */
static struct span folder_of(const struct origin *o)
{
	const char *slash = o->file ? strrchr(o->file, '/') : NULL;
	return slash ? span_of(o->file, (size_t)(slash - o->file)) : span_of("", 0);
}

/* Kept in another folder than the good one, it is the other end's. */
static bool is_elsewhere(const struct ike_secret *p, const struct ike_secret *good)
{
	return !span_equal(folder_of(&p->origin), folder_of(&good->origin));
}

enum story_psks story_psks(struct story *s, const struct ike_sa *sa, const struct ike_secret **other)
{
	const struct ike_end *e = &sa->end[story_other(sa->reason.by)];
	const struct ike_secret *good, *p;
	unsigned n = 0, same = 0;
	*other = NULL;
	if (!s->keys || sa->version != 2 || sa->outcome != IKE_FAILED || e->auth != AUTH_GOOD ||
	    sa->reason.notify != AUTHENTICATION_FAILED || e->auth_method != METHOD_PSK || !e->auth_why)
		return STORY_PSKS_UNKNOWN;
	for (good = s->keys->of_kind[SECRET_PSK]; good && n < PSKS_LOOKED_AT; good = good->kind_next, n++)
		if (is_good(s, good, e))
			break;
	if (!good || n == PSKS_LOOKED_AT)
		return STORY_PSKS_UNKNOWN;
	for (n = 0, p = s->keys->of_kind[SECRET_PSK]; p && n < PSKS_LOOKED_AT; p = p->kind_next, n++) {
		if (span_equal(p->secret, good->secret) || !concerns(p, sa)) {
			same += span_equal(p->secret, good->secret);
			continue;
		}
		if (*other && !span_equal((*other)->secret, p->secret)) {
			*other = NULL;		/* several: nothing tells which is whose */
			return STORY_PSKS_UNKNOWN;
		}
		*other = *other ? *other : p;
	}
	if (*other)
		return is_elsewhere(*other, good) ? STORY_PSKS_DIFFER : STORY_PSKS_UNKNOWN;
	return same > 1 ? STORY_PSKS_AGREE : STORY_PSKS_UNKNOWN;
}

/* Rows that were derived from another IKE SA's secret, to see, do not count. */
static bool has_row(const struct keystore *keys, const uint8_t spis[16])
{
	for (const struct ike_key *k = keystore_ikes(keys, spis); k; k = k->pair_next)
		if (!k->guess || k->works)
			return true;
	return keystore_secrets(keys, spis) != NULL;
}

bool story_keys_miss(const struct story *s, const struct ike_sa *sa)
{
	const struct keystore *keys = s->keys;
	uint8_t spis[16];
	memcpy(spis, sa->spi_i, 8);
	memcpy(spis + 8, sa->spi_r, 8);
	if (!keys || sa->opened || sa->bad_icv || !sa->encrypted ||
	    !(keys->sa_count | keys->ike_count | keys->secret_count) ||
	    has_row(keys, spis))
		return false;
	memset(spis + 8, 0, 8);
	return !has_row(keys, spis);
}
