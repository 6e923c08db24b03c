/* SPDX-License-Identifier: BSD-2-Clause
 * Security associations as a reader of traffic knows them, and the store of
 * keys that were given. A key row says what it fits (patterns); an SA is one
 * (protocol, SPI, destination) that was met on the wire, with the rows that fit
 * it as candidates: the ICV decides which one is right. */
#ifndef IKAT_SA_SA_H
#define IKAT_SA_SA_H

#include "ipsec/sa/addr.h"
#include "ipsec/sa/cipher_cache.h"
#include "ipsec/sa/replay.h"

enum { PROTOCOL_ESP = 50, PROTOCOL_AH = 51 };
enum sa_mode { SA_MODE_UNKNOWN, SA_MODE_TUNNEL, SA_MODE_TRANSPORT, SA_MODE_BEET };
const char *sa_mode_name(enum sa_mode m);	/* NULL for unknown */

/* Where a key came from, for messages. */
struct origin {
	const char *file;
	size_t line;		/* 0: the file as a whole */
	const char *how;	/* what it was derived from there ("SKEYSEED", "the DH secret"); a
				 * constant text; NULL: the row itself was given */
};

/* What a key row says of extended sequence numbers. */
enum esn { ESN_UNKNOWN, ESN_NO, ESN_YES };

/* One ESP or AH key that was given. */
struct sa_key {
	struct sa_key *next;
	struct origin origin;
	uint8_t protocol;		/* PROTOCOL_ESP or PROTOCOL_AH */
	uint32_t spi, spi_mask;		/* fits when (wire ^ spi) & spi_mask is 0 */
	struct addr_pattern src, dst;
	enum sa_mode mode;
	const struct encr *encr;	/* AH: the NULL row */
	const struct integ *integ;	/* AEAD: the NONE row */
	struct span encr_key, integ_key;	/* in the store's arena; cleansed at its end */
	enum esn esn;
	uint32_t seq_high;		/* a hint; 0 if not known */
	uint32_t window;		/* 0: not said */
	struct cipher_ref cipher;	/* made on first use, kept as long as there is room */
	bool guess;			/* derived from a secret that may be another exchange's: that
					 * it does not fit says nothing about the packet */
	bool unusable;			/* the cipher could not be made ... */
	const char *why;		/* ... and the reason, in the store's arena */
};

/* Does an ICV prove this key? */
static inline bool sa_key_checkable(const struct sa_key *k)
{
	return encr_has_icv(k->encr) ||
	       (k->integ->kind != INTEG_KIND_NONE && k->integ->kind != INTEG_KIND_UNCHECKED);
}

/* Keys of one IKE SA. */
struct ike_key {
	struct ike_key *next;
	struct ike_key *pair_next;	/* the next row of the same SPI pair (keystore_ikes()) */
	struct origin origin;
	uint8_t version;		/* 1 or 2 */
	uint8_t spi_i[8], spi_r[8];	/* IKEv1: the cookies; spi_r zero if not known */
	const struct encr *encr;	/* IKEv1: NULL for rows that were given, and integ too */
	const struct integ *integ;
	/* IKEv1: sk_ei is the phase 1 key. One side's may be empty (a tcpdump
	 * file has a line for each direction). */
	struct span sk_ei, sk_er, sk_ai, sk_ar;
	/* Derived rows only, otherwise NULL and empty. IKEv1: the prf of phase 1,
	 * SKEYID_d, SKEYID_a (in sk_ai) and SKEYID (in sk_pi). */
	const struct prf *prf;
	struct span sk_d, sk_pi, sk_pr;
	struct cipher_ref initiator, responder;	/* made on first use */
	bool guess;			/* as in struct sa_key */
	bool unusable;
	bool works;			/* opened a message of the SPI pair it names or was tried on */
};

/* A secret that derivation starts from; kept as it was given. */
enum secret_kind {
	SECRET_SKEYSEED, SECRET_SK_D,
	SECRET_DH,	/* a shared secret, or one side's private value: the KE payloads tell */
	SECRET_PSK,	/* `id`: whose it is, if that is known */
	SECRET_PPK,	/* RFC 8784; `id`: the PPK_ID, if that is known */
	SECRET_SKEYID, SECRET_SKEYID_D, SECRET_SKEYID_A, SECRET_SKEYID_E,	/* RFC 2409, 5 */
	SECRET_KINDS
};
struct ike_secret {
	struct ike_secret *next;
	struct ike_secret *pair_next;	/* the next of the same SPI pair (keystore_secrets()) */
	struct ike_secret *pair_last;	/* of the pair's first row: its last one; private */
	struct ike_secret *kind_next;	/* the next of the same kind */
	struct origin origin;
	enum secret_kind kind;
	/* Of the IKE SA (of the new one, for an exchange that makes one); zero: not known. */
	uint8_t spi_i[8], spi_r[8];
	const struct prf *prf;		/* or NULL */
	struct span secret;
	struct span id;			/* text, or empty */
	bool works;			/* keys derived from it opened something */
};

struct keystore {
	struct arena arena;
	struct sa_key *sas, **sas_tail;
	struct ike_key *ikes, **ikes_tail;
	struct ike_secret *secrets, **secrets_tail;
	struct ike_secret *of_kind[SECRET_KINDS], *of_kind_last[SECRET_KINDS];
	size_t sa_count, ike_count, secret_count;
	struct keystore_index *index;	/* finds equal rows and SPI pairs; private */
	struct cipher_cache *ciphers;	/* those of all rows */
};

void keystore_init(struct keystore *s);
/* Frees the rows' ciphers (so it comes before crypto_free) and cleanses the keys. */
void keystore_done(struct keystore *s);
/* Each copies the row, its keys and its file's name into the store, unless the
 * same row (all but the origin) is there already; returns the row that is in the
 * store. An SA row with the same keys that only says more (mode, ESN, window)
 * is added to the one that is there. */
struct sa_key *keystore_add_sa(struct keystore *s, const struct sa_key *row);
struct ike_key *keystore_add_ike(struct keystore *s, const struct ike_key *row);
struct ike_secret *keystore_add_secret(struct keystore *s, const struct ike_secret *row);
/* The rows of this SPI pair, by pair_next; NULL for none. Those of IKEv1 are found
 * by the initiator's cookie alone: spi_r zero. */
struct ike_key *keystore_ikes(const struct keystore *s, const uint8_t spis[16]);
/* The secrets of exactly this SPI pair (zeros too), by pair_next; NULL for none. */
struct ike_secret *keystore_secrets(const struct keystore *s, const uint8_t spis[16]);
/* "keys.csv:3", "charon.log:120, derived from SKEYSEED"; in the arena. */
const char *origin_text(const struct origin *o, struct arena *a);

/* ---- SAs met on the wire ---- */

struct sa {
	uint8_t protocol;
	uint32_t spi;
	struct addr dst;
	/* Candidates: the most exact patterns first, then as given; those without
	 * an ICV that can be checked after those with one. */
	struct sa_key **keys;
	uint32_t key_count;
	struct sa_key *key;		/* the one whose ICV was good; NULL until then */
	bool esn;			/* sequence numbers have 64 bits (given, or found out) */
	struct replay_window window;
	void *user;			/* of whoever tells about SAs; NULL at first */
	uint64_t packets, octets;	/* all of this SPI; octets of ESP or AH and what it carries */
	uint64_t good, bad, duplicates, too_old;
	struct sa *next;		/* in its hash slot */
	struct sa *met;			/* the SA that was met after this one */
	uint32_t generation;		/* of the rows that `keys` was made from */
};

struct sadb;
enum {
	SADB_MAX = 1u << 20,	/* SAs; further ones are treated as unknown */
	SADB_WILD_MAX = 1u << 14,	/* ... those of them that only wildcard rows fit:
				 * anybody can make up SPIs */
	SADB_CANDIDATES_MAX = 64,	/* rows tried for one SA */
};

/* window: 0 takes the row's own or REPLAY_WINDOW_DEFAULT; otherwise it wins. */
struct sadb *sadb_new(struct keystore *keys, struct crypto *crypto, uint32_t window);
void sadb_free(struct sadb *db);
/* After rows were added to the store: SAs that were unknown may be known now. */
void sadb_keys_changed(struct sadb *db);
/* The SA, or NULL if no key row fits (nothing is remembered then, so that a
 * flood of unknown SPIs costs no memory). Destination and SPI name an SA
 * (RFC 4301, 4.1): rows of another source (behind a NAT, after MOBIKE) come last
 * among the candidates, and count only if they have an ICV to decide by. */
struct sa *sadb_find(struct sadb *db, uint8_t protocol, uint32_t spi,
		     const struct addr *src, const struct addr *dst);
/* The row's cipher, made on first use; NULL if it cannot be made. */
struct cipher *sadb_cipher(struct sadb *db, struct sa_key *key);
/* Every SA that was met, in that order: calls f until it returns false. */
void sadb_each(struct sadb *db, bool (*f)(struct sa *sa, void *user), void *user);

#endif
