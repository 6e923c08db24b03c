/* SPDX-License-Identifier: BSD-2-Clause
 * Between the files of the charon log reader: keys_charon.c reads lines, dumps
 * and jobs, keys_charon_rows.c makes rows of them. */
#ifndef IKAT_DISSECT_KEYS_CHARON_H
#define IKAT_DISSECT_KEYS_CHARON_H

#include "dissect/keys_log.h"

enum {
	CHARON_THREADS = 64,	/* threads of the daemon that are followed at a time */
	CHARON_PAIRS = 256,	/* IKE SAs whose keys may come in a later job */
	CHARON_SHARED = 64,	/* PSKs and PPKs whose owner may be told in a later line */
};

enum item {
	ITEM_NONE, ITEM_SPIS,
	/* of an IKE SA */
	ITEM_DH, ITEM_SKEYSEED, ITEM_SK_D, ITEM_SK_AI, ITEM_SK_AR, ITEM_SK_EI, ITEM_SK_ER,
	ITEM_SKEYID, ITEM_SKEYID_D, ITEM_SKEYID_A, ITEM_SKEYID_E, ITEM_KA,
	/* of a CHILD SA */
	ITEM_CHILD_DH, ITEM_ENCR_I, ITEM_ENCR_R, ITEM_INTEG_I, ITEM_INTEG_R,
	/* of whoever shares them */
	ITEM_PSK, ITEM_PPK, ITEM_NEW_PPK,
	ITEMS,
	ITEM_IKE_LAST = ITEM_KA, ITEM_CHILD_LAST = ITEM_INTEG_R,
};

struct charon_proposal {
	bool known;
	uint8_t protocol;		/* 0: IKE */
	struct log_algorithms a;
};

/* The ends of a packet, without ports: they change with NAT traversal. */
struct charon_hosts {
	struct span from, to;
};

/* A secret that two ends share. */
struct charon_shared {
	enum secret_kind kind;
	struct keys_key key;
	struct span id;			/* in the log's text; empty until it is told */
	size_t line;
};

/* How this end authenticates itself in this job, as far as the log told. */
enum charon_method { METHOD_UNKNOWN, METHOD_PSK, METHOD_OTHER };

struct charon_thread {
	uint32_t number;
	uint64_t used;			/* when last */
	enum item item;			/* the dump that is being read */
	size_t size;			/* its octets */
	struct keys_key key[ITEMS];
	size_t line[ITEMS];
	/* of this job */
	struct charon_proposal ike, child;
	struct charon_hosts hosts;
	uint8_t spis[16];
	bool spi_i, spi_r;		/* which of them are known */
	bool parsed, responder;		/* the exchange's role */
	bool create_child;		/* IKE keys are of a new IKE SA */
	bool identified;		/* the message parsed holds an ID and its AUTH */
	bool new_ppk;			/* SK_d is derived anew, from a PPK */
	enum charon_method method;
	struct span id;			/* whose AUTH is being computed */
	struct charon_shared *psk, *ppk;	/* that the next lines tell the owner of */
	bool inbound;
	uint8_t protocol;		/* of the SA that is being installed */
	struct sa_key sa;		/* its row waits for what the kernel is told */
	size_t sa_line;			/* 0: none waits */
};

/* An IKE SA that was seen in IKE_SA_INIT. */
struct charon_pair {
	bool bound;			/* its keys have been found */
	uint8_t spis[16];
	struct charon_proposal ike;
	struct charon_hosts hosts;
	/* SK_d waits: a PPK gives a new one in a later job. */
	struct keys_key sk_d;
	const struct prf *sk_d_prf;
	size_t sk_d_line;
};

struct charon {
	struct keys_in *in;
	uint64_t clock;
	struct charon_thread *last;	/* whose line came last */
	struct charon_proposal ike;	/* selected last */
	size_t pair_count;		/* the place of the next is pair_count % CHARON_PAIRS */
	struct charon_pair pairs[CHARON_PAIRS];
	size_t shared_count;
	struct charon_shared shared[CHARON_SHARED];
	size_t thread_count;		/* places that were ever used */
	struct charon_thread threads[CHARON_THREADS];
};

/* A dump of the SPIs, from which the job's IKE SA is known. */
void charon_spis_seen(struct charon *c, struct charon_thread *t, const uint8_t spis[16]);
/* The keys of an IKE SA that the job has so far become rows. */
void charon_ike_flush(struct charon *c, struct charon_thread *t);
void charon_sa_flush(struct charon *c, struct charon_thread *t);
void charon_child_flush(struct charon *c, struct charon_thread *t);
/* The job's dump of a PSK or PPK is complete. */
void charon_shared_seen(struct charon *c, struct charon_thread *t, enum item item);
/* What waits until the log's end. */
void charon_end(struct charon *c);
/* Lines of a CHILD SA that is being installed. */
void charon_sa_announce(struct charon_thread *t, struct span text);
void charon_sa_install(struct charon *c, struct charon_thread *t, struct span text);
void charon_sa_using(struct charon_thread *t, struct span text);

#endif
