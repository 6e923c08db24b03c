/* SPDX-License-Identifier: BSD-2-Clause
 * What a charon log gives, as rows: which IKE SA the keys of a job are of, its
 * secrets, CHILD SAs as they are installed, and PSKs with their owners. */
#include "dissect/keys_charon.h"
#include "ipsec/crypto/prf.h"

/* ---- secrets ---- */

static const struct {
	enum item item;
	enum secret_kind kind;
} secrets[] = {
	{ ITEM_DH, SECRET_DH }, { ITEM_SKEYSEED, SECRET_SKEYSEED }, { ITEM_SK_D, SECRET_SK_D },
	{ ITEM_SKEYID, SECRET_SKEYID }, { ITEM_SKEYID_D, SECRET_SKEYID_D },
	{ ITEM_SKEYID_A, SECRET_SKEYID_A }, { ITEM_SKEYID_E, SECRET_SKEYID_E },
};

static void pair_set(uint8_t spi_i[8], uint8_t spi_r[8], const struct charon_pair *p)
{
	if (p) {
		memcpy(spi_i, p->spis, 8);
		memcpy(spi_r, p->spis + 8, 8);
	}
}

static void sk_d_flush(struct charon *c, struct charon_pair *p)
{
	struct ike_secret row = { .kind = SECRET_SK_D, .prf = p->sk_d_prf,
				  .secret = keys_key_span(&p->sk_d) };
	if (row.secret.n) {
		pair_set(row.spi_i, row.spi_r, p);
		keys_add_secret(c->in, &row, p->sk_d_line);
	}
	crypto_cleanse(&p->sk_d, sizeof p->sk_d);
}

/* RFC 8784, 3: with a PPK the SK_d that was derived first is not the one that counts. */
static void sk_d_wait(struct charon *c, struct charon_thread *t, struct charon_pair *p,
		      const struct prf *prf)
{
	if (!t->new_ppk && !span_equal(keys_key_span(&p->sk_d), keys_key_span(&t->key[ITEM_SK_D])))
		sk_d_flush(c, p);
	p->sk_d = t->key[ITEM_SK_D];
	p->sk_d_line = t->line[ITEM_SK_D];
	p->sk_d_prf = prf;
}

/* The log's last proposal may be of another SA. */
static const struct prf *prf_that_fits(const struct prf *prf, enum secret_kind kind, struct span secret)
{
	return prf && kind != SECRET_DH && secret.n != prf->output ? NULL : prf;
}

static void secrets_add(struct charon *c, struct charon_thread *t, struct charon_pair *p,
			const struct charon_proposal *ike)
{
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		enum item item = secrets[i].item;
		struct ike_secret row = { .kind = secrets[i].kind,
					  .secret = keys_key_span(&t->key[item]) };
		row.prf = prf_that_fits(ike->a.prf, row.kind, row.secret);
		pair_set(row.spi_i, row.spi_r, p);
		if (row.secret.n && p && row.kind == SECRET_SK_D)
			sk_d_wait(c, t, p, row.prf);
		else if (row.secret.n)
			keys_add_secret(c->in, &row, t->line[item]);
	}
}

/* EAP's MSK is dumped under the same name as a PSK. */
void charon_shared_seen(struct charon *c, struct charon_thread *t, enum item item)
{
	bool ppk = item != ITEM_PSK, psk = t->method == METHOD_PSK ||
		   (t->method == METHOD_UNKNOWN && t->identified);
	struct keys_key *k = &t->key[item];
	struct charon_shared **last = ppk ? &t->ppk : &t->psk, *s = c->shared;
	size_t n = ppk || psk ? c->shared_count : 0;
	while (n && (s->kind != (ppk ? SECRET_PPK : SECRET_PSK) ||
		     !span_equal(keys_key_span(&s->key), keys_key_span(k)))) {
		s++;
		n--;
	}
	if (n == 0 && (ppk || psk) && c->shared_count < CHARON_SHARED) {
		s = &c->shared[c->shared_count++];
		*s = (struct charon_shared){ .kind = ppk ? SECRET_PPK : SECRET_PSK, .key = *k,
					     .line = t->line[item] };
		n = 1;
	}
	*last = n ? s : NULL;
	if (n && !ppk && !s->id.n)
		s->id = t->id;
	crypto_cleanse(k, sizeof *k);
}

void charon_end(struct charon *c)
{
	size_t n = c->pair_count < CHARON_PAIRS ? c->pair_count : CHARON_PAIRS;
	for (size_t i = 0; i < n; i++)
		sk_d_flush(c, &c->pairs[i]);
	for (size_t i = 0; i < c->shared_count; i++) {
		struct charon_shared *s = &c->shared[i];
		struct ike_secret row = { .kind = s->kind, .secret = keys_key_span(&s->key),
					  .id = s->id };
		keys_add_secret(c->in, &row, s->line);
	}
	crypto_cleanse(c->shared, sizeof c->shared);
}

/* ---- which IKE SA ---- */

static struct charon_pair *pair_of_spis(struct charon *c, const uint8_t *spis, size_t octets)
{
	size_t n = c->pair_count < CHARON_PAIRS ? c->pair_count : CHARON_PAIRS;
	for (size_t i = 0; i < n; i++) {	/* the newest first */
		struct charon_pair *p = &c->pairs[(c->pair_count - 1 - i) % CHARON_PAIRS];
		if (memcmp(p->spis, spis, octets) == 0)
			return p;
	}
	return NULL;
}

/* The only one of these hosts whose keys have not come yet; NULL. */
static struct charon_pair *pair_of_hosts(struct charon *c, const struct charon_hosts *h)
{
	size_t n = c->pair_count < CHARON_PAIRS ? c->pair_count : CHARON_PAIRS;
	struct charon_pair *found = NULL;
	for (size_t i = 0; i < n; i++) {
		struct charon_pair *p = &c->pairs[i];
		if (p->bound || !h->from.n || !span_equal(p->hosts.from, h->from) ||
		    !span_equal(p->hosts.to, h->to))
			continue;
		if (found)
			return NULL;
		found = p;
	}
	return found;
}

/* SPIi and SPIr stand first in what NAT detection hashes (RFC 7296, 2.23), and,
 * being a message, in what AUTH signs (2.15). */
void charon_spis_seen(struct charon *c, struct charon_thread *t, const uint8_t spis[16])
{
	t->spi_i = true;
	t->spi_r = !span_is_zero(span_of(spis + 8, 8));
	memcpy(t->spis, spis, 16);
	if (!t->spi_r)
		return;
	struct charon_pair *p = pair_of_spis(c, spis, 16);
	if (!p) {
		p = &c->pairs[c->pair_count++ % CHARON_PAIRS];
		sk_d_flush(c, p);
		*p = (struct charon_pair){ .hosts = t->hosts };
		memcpy(p->spis, spis, 16);
	}
	if (!p->ike.known)
		p->ike = t->ike;
}

/* Which IKE SA the keys of this job are of; NULL: not known. */
static struct charon_pair *job_pair(struct charon *c, const struct charon_thread *t)
{
	struct charon_pair *p = NULL;
	if (t->create_child)
		return NULL;
	if (t->spi_i)
		p = pair_of_spis(c, t->spis, t->spi_r ? 16 : 8);
	return p ? p : pair_of_hosts(c, &t->hosts);
}

/* ---- keys of an IKE SA ---- */

static const struct charon_proposal *proposal_of(struct charon *c, const struct charon_thread *t,
						 const struct charon_pair *p)
{
	return t->ike.known ? &t->ike : p && p->ike.known ? &p->ike : &c->ike;
}

static void ike1_add(struct charon *c, struct charon_thread *t, struct charon_pair *p)
{
	struct ike_key row = { .version = 1, .sk_ei = keys_key_span(&t->key[ITEM_KA]) };
	pair_set(row.spi_i, row.spi_r, p);
	if (row.sk_ei.n && p)
		keys_add_ike(c->in, &row, t->line[ITEM_KA]);
	else if (row.sk_ei.n)
		keys_say(c->in, t->line[ITEM_KA], "the phase 1 key of an IKEv1 SA passed over: its "
			 "cookie is not in the log");
}

static void ike2_add(struct charon *c, struct charon_thread *t, struct charon_pair *p)
{
	const struct charon_proposal *ike = proposal_of(c, t, p);
	struct ike_key row = { .version = 2, .encr = ike->a.encr, .integ = ike->a.integ };
	size_t line = t->line[ITEM_SK_EI];
	row.sk_ei = keys_key_span(&t->key[ITEM_SK_EI]);
	row.sk_er = keys_key_span(&t->key[ITEM_SK_ER]);
	row.sk_ai = keys_key_span(&t->key[ITEM_SK_AI]);
	row.sk_ar = keys_key_span(&t->key[ITEM_SK_AR]);
	pair_set(row.spi_i, row.spi_r, p);
	if (!row.integ)
		row.integ = integ_find(0);
	if (row.sk_ei.n && row.encr)
		keys_add_ike(c->in, &row, line);
	else if (row.sk_ei.n)
		keys_bad(c->in, line, "keys of an IKE SA, but the log has no \"selected proposal\" "
			 "before them that names an encryption we know");
}

void charon_ike_flush(struct charon *c, struct charon_thread *t)
{
	bool v1 = t->key[ITEM_KA].n || t->key[ITEM_SKEYID].n || t->key[ITEM_SKEYID_E].n;
	bool v2 = t->key[ITEM_SK_EI].n || t->key[ITEM_SKEYSEED].n || t->key[ITEM_SK_D].n;
	if (!v1 && !v2 && !t->key[ITEM_DH].n)
		return;
	struct charon_pair *p = job_pair(c, t);
	if (v1)
		ike1_add(c, t, p);
	else
		ike2_add(c, t, p);
	secrets_add(c, t, p, proposal_of(c, t, p));
	if (p)
		p->bound = true;
	for (enum item i = ITEM_DH; i <= ITEM_IKE_LAST; i++)
		crypto_cleanse(&t->key[i], sizeof t->key[i]);
}

void charon_sa_flush(struct charon *c, struct charon_thread *t)
{
	if (t->sa_line)
		keys_add_sa(c->in, &t->sa, t->sa_line);
	t->sa_line = 0;
}

/* The CHILD's own DH secret goes with an IKE SA that this job does not name. */
void charon_child_flush(struct charon *c, struct charon_thread *t)
{
	struct ike_secret row = { .kind = SECRET_DH, .secret = keys_key_span(&t->key[ITEM_CHILD_DH]) };
	charon_sa_flush(c, t);
	if (row.secret.n)
		keys_add_secret(c->in, &row, t->line[ITEM_CHILD_DH]);
	for (enum item i = ITEM_CHILD_DH; i <= ITEM_CHILD_LAST; i++)
		crypto_cleanse(&t->key[i], sizeof t->key[i]);
}

/* ---- installing a CHILD SA ---- */

static void sa_keys(struct charon_thread *t, struct sa_key *row, bool initiators)
{
	row->encr_key = keys_key_span(&t->key[initiators ? ITEM_ENCR_I : ITEM_ENCR_R]);
	row->integ_key = keys_key_span(&t->key[initiators ? ITEM_INTEG_I : ITEM_INTEG_R]);
}

static bool sa_algorithms(struct charon *c, struct charon_thread *t, struct sa_key *row)
{
	const struct charon_proposal *p = &t->child;
	bool ah = row->protocol == PROTOCOL_AH;
	row->encr = ah ? encr_find(11) : p->a.encr;
	row->integ = p->a.integ ? p->a.integ : integ_find(0);
	row->esn = p->a.esn;
	if (row->encr && (!ah || p->a.integ))
		return true;
	keys_bad(c->in, c->in->line, "SPI 0x%08x: the log does not name an algorithm we know: "
		 "neither \"selected proposal\" nor \"using\"", row->spi);
	return false;
}

/* "  SPI 0xcd322eb5, src 192.0.2.2 dst 192.0.2.1" */
void charon_sa_install(struct charon *c, struct charon_thread *t, struct span text)
{
	struct sa_key row = { .protocol = t->protocol ? t->protocol : t->child.protocol,
			      .spi_mask = UINT32_MAX };
	struct span spi = log_word_at(text, 1), src = log_word_at(text, 3), dst = log_word_at(text, 5);
	charon_sa_flush(c, t);
	if (!t->key[ITEM_ENCR_I].n && !t->key[ITEM_INTEG_I].n && !t->key[ITEM_ENCR_R].n &&
	    !t->key[ITEM_INTEG_R].n)
		return;		/* their dumps are not in the log */
	if (spi.n)
		spi.n--;	/* the comma */
	if (!row.protocol || !keys_spi(spi, &row.spi) || !addr_pattern_parse(src, &row.src) ||
	    !addr_pattern_parse(dst, &row.dst)) {
		keys_bad(c->in, c->in->line, "needs: SPI 0x..., src ADDRESS dst ADDRESS, and before "
			 "it a line \"adding ... ESP SA\" or \"AH SA\"");
		return;
	}
	if (!sa_algorithms(c, t, &row))
		return;
	/* The initiator's keys protect what the initiator sends (RFC 7296, 2.17).
	 * Whose side this log is of is in the message parsed last; without it both
	 * keys are tried. */
	sa_keys(t, &row, t->inbound == t->responder);
	if (!t->parsed) {
		struct sa_key other = row;
		sa_keys(t, &other, t->inbound != t->responder);
		keys_add_sa(c->in, &other, c->in->line);
	}
	t->sa = row;
	t->sa_line = c->in->line;
}

/* "adding inbound ESP SA", "registering outbound AH SA" */
void charon_sa_announce(struct charon_thread *t, struct span text)
{
	struct span direction = log_word_at(text, 1), protocol = log_word_at(text, 2);
	bool inbound = keys_is(direction, "inbound");
	if (!inbound && !keys_is(direction, "outbound"))
		return;
	t->inbound = inbound;
	t->protocol = keys_is(protocol, "AH") ? PROTOCOL_AH : PROTOCOL_ESP;
}

/* "using AES_CBC for encryption"; then, of the kernel's side, "using integrity
 * algorithm HMAC_SHA2_256_96 with key size 256", "using replay window of 32". */
void charon_sa_using(struct charon_thread *t, struct span text)
{
	struct span first = log_word_at(text, 1), second = log_word_at(text, 2);
	struct span third = log_word_at(text, 3), fourth = log_word_at(text, 4);
	struct log_algorithms p = { 0 };
	uint64_t window;
	if (keys_is(second, "for")) {
		log_word_take(&t->child.a, first);
	} else if (t->sa_line && keys_is(first, "replay") && keys_is(third, "of") && t->inbound &&
		   keys_number(fourth, REPLAY_WINDOW_MAX, &window)) {
		t->sa.window = (uint32_t)window;
	} else if (t->sa_line && keys_is(second, "algorithm")) {
		log_word_take(&p, third);
		if (p.integ)
			t->sa.integ = p.integ;
		if (p.encr && t->sa.protocol == PROTOCOL_ESP)
			t->sa.encr = p.encr;
	}
}

