/* SPDX-License-Identifier: BSD-2-Clause
 * Keyed MACs. HMAC keeps the digest states behind the two padded keys and
 * copies them for each message (RFC 2104, 4): no key is hashed twice. XCBC and
 * CMAC are one machine, a CBC-MAC whose last block takes one of two masks; they
 * differ only in how key and masks are made. OpenSSL has CMAC but not XCBC. */
#include "ipsec/crypto/mac.h"

#include <stdlib.h>

#include "ipsec/crypto/openssl.h"

enum { BLOCK = 16, CHUNK = 32 * BLOCK, HASH_BLOCK_MAX = 144 };

struct mac {
	enum mac_kind kind;
	size_t size;
	EVP_MD_CTX *inner, *outer, *work;	/* HMAC */
	EVP_CIPHER_CTX *cbc;			/* the others */
	uint8_t whole[BLOCK];	/* mask for a last block that is full ... */
	uint8_t padded[BLOCK];	/* ... and for one that was padded */
};

void mac_free(struct mac *m)
{
	if (!m)
		return;
	EVP_MD_CTX_free(m->inner);
	EVP_MD_CTX_free(m->outer);
	EVP_MD_CTX_free(m->work);
	EVP_CIPHER_CTX_free(m->cbc);
	crypto_cleanse(m, sizeof *m);
	free(m);
}

size_t mac_size(const struct mac *m)
{
	return m->size;
}

/* State of the digest after the key, padded to a block and XORed with `pad`. */
static EVP_MD_CTX *pad_state(const EVP_MD *md, struct span key, uint8_t pad)
{
	uint8_t block[HASH_BLOCK_MAX];
	size_t n = (size_t)EVP_MD_get_block_size(md);
	EVP_MD_CTX *x = EVP_MD_CTX_new();
	for (size_t i = 0; i < n; i++)
		block[i] = (uint8_t)((i < key.n ? key.p[i] : 0) ^ pad);
	if (x && !(EVP_DigestInit_ex2(x, md, NULL) && EVP_DigestUpdate(x, block, n))) {
		EVP_MD_CTX_free(x);
		x = NULL;
	}
	crypto_cleanse(block, sizeof block);
	return x;
}

static bool hmac_key(struct mac *m, struct crypto *c, const char *algorithm,
		     struct span key, struct err *e)
{
	uint8_t hash[MAC_MAX];
	size_t n;
	const EVP_MD *md = crypto_md(c, algorithm, e);
	if (!md)
		return false;
	if (EVP_MD_get_size(md) > MAC_MAX || EVP_MD_get_block_size(md) > HASH_BLOCK_MAX)
		return err_set(e, "%s: too large for HMAC", algorithm);
	m->size = (size_t)EVP_MD_get_size(md);
	if (key.n > (size_t)EVP_MD_get_block_size(md)) {
		if (!crypto_digest(c, algorithm, &key, 1, hash, &n, e))
			return false;
		key = span_of(hash, n);
	}
	m->inner = pad_state(md, key, 0x36);
	m->outer = pad_state(md, key, 0x5c);
	m->work = EVP_MD_CTX_new();
	crypto_cleanse(hash, sizeof hash);
	if (!m->inner || !m->outer || !m->work)
		return crypto_failed(e, algorithm);
	return true;
}

static bool hmac_run(struct mac *m, const struct span *parts, size_t count, uint8_t *out)
{
	bool ok = EVP_MD_CTX_copy_ex(m->work, m->inner);
	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(m->work, parts[i].p, parts[i].n);
	return ok && EVP_DigestFinal_ex(m->work, out, NULL) &&
	       EVP_MD_CTX_copy_ex(m->work, m->outer) &&
	       EVP_DigestUpdate(m->work, out, m->size) &&
	       EVP_DigestFinal_ex(m->work, out, NULL);
}

static const uint8_t zero[BLOCK];

static bool cbc_restart(struct mac *m)
{
	return EVP_EncryptInit_ex2(m->cbc, NULL, NULL, zero, NULL);
}

/* One block by itself: CBC with a zero IV is ECB. */
static bool cbc_one(struct mac *m, const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	return cbc_restart(m) && EVP_Cipher(m->cbc, out, in, BLOCK) == BLOCK;
}

static bool cbc_set_key(struct mac *m, const EVP_CIPHER *cipher, const uint8_t *key)
{
	return EVP_EncryptInit_ex2(m->cbc, cipher, key, zero, NULL) == 1;
}

/* RFC 3566, 4: the key proper and the masks are three constants encrypted. */
static bool xcbc_masks(struct mac *m, const EVP_CIPHER *cipher)
{
	uint8_t in[3][BLOCK], key[BLOCK];
	for (int i = 0; i < 3; i++)
		memset(in[i], i + 1, BLOCK);
	bool ok = cbc_one(m, in[0], key) && cbc_one(m, in[1], m->whole) &&
		  cbc_one(m, in[2], m->padded) && cbc_set_key(m, cipher, key);
	crypto_cleanse(key, sizeof key);
	return ok;
}

/* Times x in GF(2^128), RFC 4493, 2.3; without a branch on the secret. */
static void cmac_double(const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
	uint8_t carry = (uint8_t)(0u - (in[0] >> 7));
	for (size_t i = 0; i < BLOCK - 1; i++)
		out[i] = (uint8_t)(in[i] << 1 | in[i + 1] >> 7);
	out[BLOCK - 1] = (uint8_t)(in[BLOCK - 1] << 1 ^ (carry & 0x87));
}

static bool cmac_masks(struct mac *m)
{
	uint8_t l[BLOCK];
	bool ok = cbc_one(m, zero, l);
	cmac_double(l, m->whole);
	cmac_double(m->whole, m->padded);
	crypto_cleanse(l, sizeof l);
	return ok;
}

static bool cbc_key(struct mac *m, struct crypto *c, const char *algorithm,
		    struct span key, struct err *e)
{
	const EVP_CIPHER *cipher = crypto_cipher(c, algorithm, e);
	if (!cipher)
		return false;
	/* XCBC's inner key is one block, so the key must be one, too. */
	if (EVP_CIPHER_get_block_size(cipher) != BLOCK || key.n != BLOCK ||
	    EVP_CIPHER_get_key_length(cipher) != BLOCK)
		return err_set(e, "%s: key of %zu octets, needs %d", algorithm, key.n, BLOCK);
	m->size = BLOCK;
	m->cbc = EVP_CIPHER_CTX_new();
	if (!m->cbc || !cbc_set_key(m, cipher, key.p) ||
	    !(m->kind == MAC_XCBC ? xcbc_masks(m, cipher) : cmac_masks(m)))
		return crypto_failed(e, algorithm);
	return true;
}

/* What was read but not yet encrypted: the last block waits for its mask. */
struct absorb {
	uint8_t block[BLOCK];
	size_t fill;
};

static bool absorb(struct mac *m, struct absorb *a, struct span s)
{
	uint8_t sink[CHUNK];
	while (s.n) {
		if (a->fill == BLOCK) {
			if (EVP_Cipher(m->cbc, sink, a->block, BLOCK) != BLOCK)
				return false;
			a->fill = 0;
		}
		if (a->fill == 0 && s.n > BLOCK) {
			size_t n = (s.n - 1) / BLOCK * BLOCK;
			n = n > CHUNK ? CHUNK : n;
			if (EVP_Cipher(m->cbc, sink, s.p, (unsigned)n) != (int)n)
				return false;
			s = span_from(s, n);
			continue;
		}
		size_t n = BLOCK - a->fill < s.n ? BLOCK - a->fill : s.n;
		memcpy(a->block + a->fill, s.p, n);
		a->fill += n;
		s = span_from(s, n);
	}
	return true;
}

static bool cbc_run(struct mac *m, const struct span *parts, size_t count, uint8_t *out)
{
	struct absorb a = { .fill = 0 };
	const uint8_t *mask = m->whole;
	bool ok = cbc_restart(m);
	for (size_t i = 0; ok && i < count; i++)
		ok = absorb(m, &a, parts[i]);
	if (a.fill < BLOCK) {
		a.block[a.fill++] = 0x80;
		memset(a.block + a.fill, 0, BLOCK - a.fill);
		mask = m->padded;
	}
	for (size_t i = 0; i < BLOCK; i++)
		a.block[i] ^= mask[i];
	return ok && EVP_Cipher(m->cbc, out, a.block, BLOCK) == BLOCK;
}

struct mac *mac_new(struct crypto *c, enum mac_kind kind, const char *algorithm,
		    struct span key, struct err *e)
{
	struct mac *m = calloc(1, sizeof *m);
	if (!m)
		abort();	/* as arena.h */
	m->kind = kind;
	if (kind == MAC_HMAC ? hmac_key(m, c, algorithm, key, e)
			     : cbc_key(m, c, algorithm, key, e))
		return m;
	mac_free(m);
	return NULL;
}

bool mac_run(struct mac *m, const struct span *parts, size_t count, uint8_t out[MAC_MAX])
{
	return m->kind == MAC_HMAC ? hmac_run(m, parts, count, out)
				   : cbc_run(m, parts, count, out);
}
