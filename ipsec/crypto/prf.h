/* SPDX-License-Identifier: BSD-2-Clause
 * Pseudo-random functions (IKEv2 transform type 2) and prf+. */
#ifndef IKAT_CRYPTO_PRF_H
#define IKAT_CRYPTO_PRF_H

#include "ipsec/crypto/crypto.h"

enum prf_kind { PRF_KIND_UNSUPPORTED, PRF_KIND_HMAC, PRF_KIND_XCBC, PRF_KIND_CMAC };
enum { PRF_OUTPUT_MAX = 64 };

struct prf {
	uint16_t id;
	const char *name;	/* IANA's name, PRF_... */
	enum prf_kind kind;
	uint8_t output;		/* octets */
	uint8_t key;		/* preferred octets of key (RFC 7296, 2.13) */
	bool fixed_key;		/* nonces are cut to half the key each in SKEYSEED (RFC 7296, 2.14) */
	const char *algorithm;	/* OpenSSL's digest or cipher */
	const char *why;	/* why unsupported */
};

extern CRYPTO_ROW struct prf prf_rows[];
extern const size_t prf_count;

const struct prf *prf_find(unsigned id);
const struct prf *prf_by_name(struct span name);

/* prf(key, parts one after the other); out has room for row->output octets.
 * Keys of any length (XCBC: RFC 4434, CMAC: RFC 4615). */
bool prf_run(struct crypto *c, const struct prf *row, struct span key,
	     const struct span *parts, size_t count, uint8_t *out,
	     struct err *e) MUST_CHECK;

/* prf+ (RFC 7296, 2.13): n octets, at most 255 times row->output. */
bool prf_plus(struct crypto *c, const struct prf *row, struct span key,
	      struct span seed, uint8_t *out, size_t n, struct err *e) MUST_CHECK;

#endif
