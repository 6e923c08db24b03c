/* SPDX-License-Identifier: BSD-2-Clause
 * IKEv1 captures followed: payload lists as tshark 4.0 gives them with the phase 1
 * key, identities, choices, SPIs and selectors as the daemons' logs and the
 * kernels' SAs say, from each kind of secret. */
#include "ipsec/ike/ikev1_helpers_test.h"

#define SHARED "shared Diffie Hellman secret"
#define MAIN_SA "SA VENDOR VENDOR VENDOR VENDOR VENDOR", "SA VENDOR VENDOR VENDOR VENDOR"
#define MAIN_KE "KE NONCE NAT-D NAT-D", "KE NONCE NAT-D NAT-D"
#define QUICK "HASH SA NONCE ID ID", "HASH SA NONCE ID ID", "HASH"
#define QUICK_PFS "HASH SA NONCE KE ID ID", "HASH SA NONCE KE ID ID", "HASH"
#define DELETE "HASH DELETE"
#define LAB_PSK "lab-psk-9f31c7d0a4e2"

struct child_truth {
	uint8_t protocol;
	uint32_t spi_i, spi_r;
	const char *ts_i, *ts_r;
	enum sa_mode mode;
	enum ike_outcome outcome;
};

struct sample {
	const char *capture;
	char side;		/* whose log */
	const char *psk;	/* NULL: signatures */
	const char *payloads[20];	/* of each message, as tshark has them */
	enum ike_outcome outcome;
	const char *choice;	/* as in the logs */
	const char *auth;
	bool aggressive;
	struct child_truth child[2];
};

static const struct sample samples[] = {
	{ "captures/samples/ikev1-main", 'a', "sample-psk-m-1",
	  { MAIN_SA, MAIN_KE, "ID HASH NOTIFY", "ID HASH", QUICK_PFS, QUICK_PFS, DELETE, DELETE, DELETE },
	  IKE_DELETED, "12/128 2 14", "PSK", false,
	  { { 50, 0xc24d4685, 0xcd1e8af8, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL, IKE_REKEYED },
	    { 50, 0xcc0ad5c9, 0xc69995ec, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL, IKE_DELETED } } },
	{ "captures/lab/v1-main", 'a', LAB_PSK,
	  { MAIN_SA, MAIN_KE, "ID HASH NOTIFY", "ID HASH", QUICK },
	  IKE_ESTABLISHED, "12/256 5 14", "PSK", false,
	  { { 50, 0xca4fb4fe, 0xc1a06af2, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL,
	      IKE_ESTABLISHED } } },
	{ "captures/lab/v1-aggressive", 'a', LAB_PSK,
	  { "SA KE NONCE ID VENDOR VENDOR VENDOR VENDOR VENDOR",
	    "SA KE NONCE ID VENDOR VENDOR VENDOR VENDOR NAT-D NAT-D HASH", "HASH NAT-D NAT-D", QUICK },
	  IKE_ESTABLISHED, "12/256 5 14", "PSK", true,
	  { { 50, 0xc2b41040, 0xc8fbc594, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL,
	      IKE_ESTABLISHED } } },
	{ "captures/lab/v1-pfs", 'a', LAB_PSK,
	  { MAIN_SA, MAIN_KE, "ID HASH NOTIFY", "ID HASH", QUICK_PFS, QUICK_PFS },
	  IKE_ESTABLISHED, "12/256 5 14", "PSK", false,
	  { { 50, 0xc683d989, 0xc0b132ab, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL, IKE_REKEYED },
	    { 50, 0xc6fa3eff, 0xcb4e60f0, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL,
	      IKE_ESTABLISHED } } },
	{ "captures/lab/v1-rsa", 'a', NULL,
	  { MAIN_SA, "KE NONCE NAT-D NAT-D", "KE NONCE CR NAT-D NAT-D", "FRAG", "ID CERT SIG CR NOTIFY",
	    "ID CERT SIG", QUICK },
	  IKE_ESTABLISHED, "12/256 5 14", "RSA signatures", false,
	  { { 50, 0xc5f07fa8, 0xc5c59b24, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL,
	      IKE_ESTABLISHED } } },
	{ "captures/lab/v1-xauth", 'a', LAB_PSK,
	  { MAIN_SA, MAIN_KE, "ID HASH NOTIFY", "ID HASH", "HASH ATTR", "HASH ATTR", "HASH ATTR",
	    "HASH ATTR", QUICK },
	  IKE_ESTABLISHED, "12/256 5 14", "PSK and XAUTH", false,
	  { { 50, 0xc629bc7d, 0xc5317711, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL,
	      IKE_ESTABLISHED } } },
	{ "captures/lab/v1-transport-ah", 'a', LAB_PSK,
	  { MAIN_SA, MAIN_KE, "ID HASH NOTIFY", "ID HASH", QUICK },
	  IKE_ESTABLISHED, "12/256 5 14", "PSK", false,
	  { { 51, 0xc7d74f3c, 0xc0ede90d, "192.0.2.1", "192.0.2.2", SA_MODE_TRANSPORT,
	      IKE_ESTABLISHED } } },
	{ "captures/lab/swan-lsw-v1", 'a', LAB_PSK,
	  { "SA VENDOR VENDOR VENDOR VENDOR VENDOR", "SA VENDOR VENDOR VENDOR", MAIN_KE,
	    "ID HASH NOTIFY", "ID HASH", QUICK },
	  IKE_ESTABLISHED, "12/256 5 14", "PSK", false,
	  { { 50, 0xc36cf307, 0xd722e049, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL,
	      IKE_ESTABLISHED } } },
	{ "captures/lab/lsw-swan-v1", 'b', LAB_PSK,
	  { "SA VENDOR VENDOR VENDOR VENDOR VENDOR VENDOR", "SA VENDOR VENDOR VENDOR VENDOR", MAIN_KE,
	    "ID HASH", "ID HASH", QUICK },
	  IKE_ESTABLISHED, "12/256 5 14", "PSK", false,
	  { { 50, 0x57306b5c, 0xcafc8fee, "10.1.0.0/24", "10.2.0.0/24", SA_MODE_TUNNEL, IKE_ESTABLISHED } } },
};
enum { SAMPLES = sizeof samples / sizeof *samples };

/* How the secrets come; what they are enough for. */
enum way { BY_DH_AND_PSK, BY_DH_AND_SKEYID, BY_SKEYIDS, BY_SKEYID_E, BY_KEY, WAYS };
static const struct {
	bool auth, hash, children;
} enough[] = {
	[BY_DH_AND_PSK] = { true, true, true }, [BY_DH_AND_SKEYID] = { true, true, true },
	[BY_SKEYIDS] = { true, true, true }, [BY_SKEYID_E] = { false, false, false },
	[BY_KEY] = { false, false, false },
};

static void dh_add(struct run *r, struct span log, bool phase1)
{
	if (phase1)
		secret_add(r, SECRET_DH, v1_dump(log, SHARED, 0, &r->arena));
	for (size_t n = 0; n < 2; n++) {	/* of Quick Modes */
		struct span dh = v1_dump(log, "DH secret", n, &r->arena);
		if (dh.n)
			secret_add(r, SECRET_DH, dh);
	}
}

static void key_add(struct run *r, struct span key)
{
	struct ike_key k = { .version = 1, .sk_ei = key, .origin = { .file = "table", .line = 3 } };
	memcpy(k.spi_i, r->c.m[0].octets.p, 8);
	keystore_add_ike(&r->keys, &k);
}

static void secrets_add(struct run *r, const struct sample *s, enum way way, struct span log)
{
	dh_add(r, log, way == BY_DH_AND_PSK || way == BY_DH_AND_SKEYID);
	if (way == BY_DH_AND_PSK) {
		secret_add(r, SECRET_PSK, span_text("another-key-77aa"));
		if (s->psk)
			secret_add(r, SECRET_PSK, span_text(s->psk));
	}
	if (way == BY_DH_AND_SKEYID || way == BY_SKEYIDS)
		secret_add(r, SECRET_SKEYID, v1_dump(log, "SKEYID", 0, &r->arena));
	if (way == BY_SKEYIDS) {
		secret_add(r, SECRET_SKEYID_D, v1_dump(log, "SKEYID_d", 0, &r->arena));
		secret_add(r, SECRET_SKEYID_A, v1_dump(log, "SKEYID_a", 0, &r->arena));
	}
	if (way == BY_SKEYIDS || way == BY_SKEYID_E)
		secret_add(r, SECRET_SKEYID_E, v1_dump(log, "SKEYID_e", 0, &r->arena));
	if (way == BY_KEY)
		key_add(r, v1_dump(log, "encryption key Ka", 0, &r->arena));
}

static void sample_run(struct run *r, const struct sample *s, enum way way, struct span *log)
{
	run_init(r);
	*log = v1_file(arena_printf(&r->arena, "%s.keys/%c/charon.log", s->capture, s->side), &r->arena);
	v1_capture_read(&r->c, arena_printf(&r->arena, "%s.pcap", s->capture), &r->arena);
	secrets_add(r, s, way, *log);
	for (size_t i = 0; i < r->c.count; i++)
		take(r, i);
}

static void check_ends(const struct sample *s, const struct ike_sa *sa, bool auth)
{
	static const char *const ids[] = { "alice.example", "bob.example" };
	for (int i = 0; i < 2; i++) {
		const struct ike_end *e = &sa->end[i];
		ck_assert_msg(e->id && strcmp(e->id, ids[i]) == 0, "%s: id %s", s->capture, e->id);
		ck_assert_str_eq(e->auth_text, s->auth);
		ck_assert_msg(!auth || e->auth == AUTH_GOOD, "%s: end %d %s: %s", s->capture, i,
			      auth_verdict_name(e->auth), e->auth_why);
		ck_assert_msg(!e->natted && !e->retransmissions && !e->unanswered && !e->closed,
			      "%s: end %d", s->capture, i);
	}
}

static void check_child(const struct sample *s, struct run *r, const struct ike_child *c, size_t n,
			struct span log)
{
	const struct child_truth *t = &s->child[n];
	ck_assert_msg(c->protocol == t->protocol && c->mode == t->mode && c->outcome == t->outcome,
		      "%s: child %zu", s->capture, n);
	ck_assert_msg(c->spi_i == t->spi_i && c->spi_r == t->spi_r, "%s: SPIs %08x %08x",
		      s->capture, c->spi_i, c->spi_r);
	ck_assert_str_eq(c->ts_i, t->ts_i);
	ck_assert_str_eq(c->ts_r, t->ts_r);
	if (!log.n)
		return;
	/* strongSwan's "initiator key" is for what the initiator sends */
	static const char *const ends[] = { "responder", "initiator" };
	for (int to = 0; to < 2; to++) {
		struct span encr = v1_dump(log, arena_printf(&r->arena, "encryption %s key", ends[to]), n,
					   &r->arena);
		struct span integ = v1_dump(log, arena_printf(&r->arena, "integrity %s key", ends[to]), n,
					    &r->arena);
		uint8_t both[128];
		struct writer w = writer_of(both, sizeof both);
		write_span(&w, encr);
		write_span(&w, integ);
		ck_assert_msg(w.n != 0 && !w.bad, "%s: no keys in the log", s->capture);
		ck_assert_msg(key_find(r, to ? c->spi_r : c->spi_i, writer_span(&w)) != NULL,
			      "%s: child %zu: key to end %d", s->capture, n, to);
	}
}

START_TEST(captures_open)
{
	const struct sample *s = &samples[_i / WAYS];
	enum way way = _i % WAYS;
	struct run r;
	struct span log;
	sample_run(&r, s, way, &log);
	struct ike_sa *sa = first_sa(&r);
	for (size_t i = 0; i < r.c.count; i++) {
		const char *is = v1_payloads(r.m[i], &r.arena), *should = s->payloads[i];
		bool checked = r.m[i]->sealed && r.m[i]->inner && r.m[i]->inner->number == V1_HASH;
		ck_assert_msg(should && strcmp(is, should) == 0, "%s way %d frame %llu: %s, not %s",
			      s->capture, way, (unsigned long long)r.c.m[i].at.frame, is, should);
		ck_assert_msg(!checked || !enough[way].hash || r.m[i]->icv == ICV_GOOD,
			      "%s way %d frame %llu: HASH", s->capture, way,
			      (unsigned long long)r.c.m[i].at.frame);
	}
	ck_assert_str_eq(v1_findings(&r.fs, SEVERITY_DEVIATION, &r.arena), "");
	ck_assert_int_eq(sa->outcome, s->outcome);
	ck_assert_str_eq(arena_printf(&r.arena, "%u/%u %u %u", sa->choice.encr, sa->choice.encr_bits,
				      sa->choice.prf, sa->choice.ke), s->choice);
	ck_assert(sa->aggressive == s->aggressive && sa->key && !sa->missing);
	ck_assert(sa->end[0].can == (IKE_CAN_NATT | IKE_CAN_DPD | IKE_CAN_FRAGMENT));
	check_ends(s, sa, enough[way].auth);
	size_t n = 0;
	for (const struct ike_child *c = sa->children; c; c = c->next, n++) {
		check_child(s, &r, c, n, enough[way].children ? log : span_of(NULL, 0));
		ck_assert_msg(enough[way].children ? c->keys && !c->missing : !c->keys && c->missing,
			      "%s way %d: %s %s", s->capture, way, c->keys, c->missing);
	}
	ck_assert_uint_eq(n, s->child[1].protocol ? 2 : 1);
	run_done(&r);
}
END_TEST

/* Without keys the exchanges are still seen, and nothing else. */
START_TEST(captures_stay_closed)
{
	const struct sample *s = &samples[_i];
	struct run r;
	run_init(&r);
	v1_capture_read(&r.c, arena_printf(&r.arena, "%s.pcap", s->capture), &r.arena);
	for (size_t i = 0; i < r.c.count; i++)
		take(&r, i);
	struct ike_sa *sa = first_sa(&r);
	ck_assert_int_eq(sa->outcome, IKE_ESTABLISHED);
	ck_assert(sa->missing && !sa->key && !sa->children);
	ck_assert_uint_eq(sa->opened, 0);
	ck_assert_str_eq(v1_findings(&r.fs, SEVERITY_NOTE, &r.arena), "");
	ck_assert_uint_eq(sa->end[0].unanswered + sa->end[1].unanswered, 0);
	run_done(&r);
}
END_TEST

/* v1-fail-psk: the ends have different pre-shared keys. */
static const struct {
	const char *psks[2];
	const char *reason, *evidence;
} failures[] = {
	{ { NULL, NULL }, NULL, "It stays closed. With a pre-shared key" },
	{ { LAB_PSK, NULL }, NULL, "its sender derived other keys" },
	{ { LAB_PSK, "another-key-77aa" }, "PAYLOAD-MALFORMED", "different pre-shared keys" },
};

START_TEST(psk_differs)
{
	struct run r;
	run_init(&r);
	struct span log = v1_file("captures/lab/v1-fail-psk.keys/a/charon.log", &r.arena);
	v1_capture_read(&r.c, "captures/lab/v1-fail-psk.pcap", &r.arena);
	if (failures[_i].psks[0])
		secret_add(&r, SECRET_DH, v1_dump(log, SHARED, 0, &r.arena));
	for (int i = 0; i < 2 && failures[_i].psks[i]; i++)
		secret_add(&r, SECRET_PSK, span_text(failures[_i].psks[i]));
	for (size_t i = 0; i < r.c.count; i++)
		take(&r, i);
	struct ike_sa *sa = first_sa(&r);
	const char *name = ike_reason_name(&sa->reason);
	ck_assert_int_eq(sa->outcome, IKE_FAILED);
	ck_assert(failures[_i].reason ? name && strcmp(name, failures[_i].reason) == 0 : !name);
	ck_assert_msg(strstr(sa->reason.evidence, failures[_i].evidence) != NULL, "%s",
		      sa->reason.evidence);
	ck_assert_uint_eq(sa->reason.frame, 6);
	ck_assert_int_eq(sa->reason.by, IKE_RESPONDER);
	ck_assert_uint_eq(sa->end[0].retransmissions, 2);
	ck_assert_uint_eq(r.m[6]->turn->repeats, 5);
	run_done(&r);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ikev1_session");
	TCase *t = tcase_create("captures");
	tcase_set_timeout(t, 120);
	tcase_add_loop_test(t, captures_open, 0, SAMPLES * WAYS);
	tcase_add_loop_test(t, captures_stay_closed, 0, SAMPLES);
	tcase_add_loop_test(t, psk_differs, 0, sizeof failures / sizeof *failures);
	suite_add_tcase(s, t);
	return testing_run(s);
}
