/* SPDX-License-Identifier: BSD-2-Clause
 * The table of key exchange methods (IANA's IKEv2 transform type 4) and their
 * arithmetic: elliptic curves (RFC 5903, 5114, 6954) and Curve25519/448
 * (RFC 8031) here, MODP in group_modp.c. Checks of the peer's value by RFC 6989. */
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdio.h>

#include "ipsec/crypto/group_impl.h"
#include "ipsec/crypto/openssl.h"

static const char gost[] = "GOST curves need an engine that OpenSSL does not bring";
static const char ml_kem[] = "a KEM, not a Diffie-Hellman exchange; OpenSSL has it from 3.5 on";

CRYPTO_ROW struct group group_rows[] = {
	{ .id = 0, .name = "NONE", .kind = GROUP_KIND_NONE },
	{ .id = 1, .name = "MODP_768", .kind = GROUP_KIND_MODP,
	  .public_size = 96, .shared = 96, .g = "2",
	  .p =	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
		"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
		"4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A3620FFFFFFFFFFFFFFFF" },
	{ .id = 2, .name = "MODP_1024", .kind = GROUP_KIND_MODP,
	  .public_size = 128, .shared = 128, .g = "2",
	  .p =	"FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74"
		"020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437"
		"4FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
		"EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF" },
	{ .id = 5, .name = "MODP_1536", .kind = GROUP_KIND_MODP,
	  .public_size = 192, .shared = 192, .algorithm = "modp_1536" },
	{ .id = 14, .name = "MODP_2048", .kind = GROUP_KIND_MODP,
	  .public_size = 256, .shared = 256, .algorithm = "modp_2048" },
	{ .id = 15, .name = "MODP_3072", .kind = GROUP_KIND_MODP,
	  .public_size = 384, .shared = 384, .algorithm = "modp_3072" },
	{ .id = 16, .name = "MODP_4096", .kind = GROUP_KIND_MODP,
	  .public_size = 512, .shared = 512, .algorithm = "modp_4096" },
	{ .id = 17, .name = "MODP_6144", .kind = GROUP_KIND_MODP,
	  .public_size = 768, .shared = 768, .algorithm = "modp_6144" },
	{ .id = 18, .name = "MODP_8192", .kind = GROUP_KIND_MODP,
	  .public_size = 1024, .shared = 1024, .algorithm = "modp_8192" },
	{ .id = 19, .name = "ECP_256", .kind = GROUP_KIND_ECP,
	  .public_size = 64, .shared = 32, .algorithm = "prime256v1" },
	{ .id = 20, .name = "ECP_384", .kind = GROUP_KIND_ECP,
	  .public_size = 96, .shared = 48, .algorithm = "secp384r1" },
	{ .id = 21, .name = "ECP_521", .kind = GROUP_KIND_ECP,
	  .public_size = 132, .shared = 66, .algorithm = "secp521r1" },
	{ .id = 22, .name = "MODP_1024_160", .kind = GROUP_KIND_MODP_SUBGROUP,
	  .public_size = 128, .shared = 128, .algorithm = "dh_1024_160" },
	{ .id = 23, .name = "MODP_2048_224", .kind = GROUP_KIND_MODP_SUBGROUP,
	  .public_size = 256, .shared = 256, .algorithm = "dh_2048_224" },
	{ .id = 24, .name = "MODP_2048_256", .kind = GROUP_KIND_MODP_SUBGROUP,
	  .public_size = 256, .shared = 256, .algorithm = "dh_2048_256" },
	{ .id = 25, .name = "ECP_192", .kind = GROUP_KIND_ECP,
	  .public_size = 48, .shared = 24, .algorithm = "prime192v1" },
	{ .id = 26, .name = "ECP_224", .kind = GROUP_KIND_ECP,
	  .public_size = 56, .shared = 28, .algorithm = "secp224r1" },
	{ .id = 27, .name = "BRAINPOOL_P224R1", .kind = GROUP_KIND_ECP,
	  .public_size = 56, .shared = 28, .algorithm = "brainpoolP224r1" },
	{ .id = 28, .name = "BRAINPOOL_P256R1", .kind = GROUP_KIND_ECP,
	  .public_size = 64, .shared = 32, .algorithm = "brainpoolP256r1" },
	{ .id = 29, .name = "BRAINPOOL_P384R1", .kind = GROUP_KIND_ECP,
	  .public_size = 96, .shared = 48, .algorithm = "brainpoolP384r1" },
	{ .id = 30, .name = "BRAINPOOL_P512R1", .kind = GROUP_KIND_ECP,
	  .public_size = 128, .shared = 64, .algorithm = "brainpoolP512r1" },
	{ .id = 31, .name = "CURVE25519", .kind = GROUP_KIND_MONTGOMERY,
	  .public_size = 32, .shared = 32, .algorithm = "X25519" },
	{ .id = 32, .name = "CURVE448", .kind = GROUP_KIND_MONTGOMERY,
	  .public_size = 56, .shared = 56, .algorithm = "X448" },
	{ .id = 33, .name = "GOST3410_2012_256", .public_size = 64, .shared = 32, .why = gost },
	{ .id = 34, .name = "GOST3410_2012_512", .public_size = 128, .shared = 64, .why = gost },
	/* The initiator's sizes; the responder's ciphertext has 768, 1088, 1568. */
	{ .id = 35, .name = "ML_KEM_512", .public_size = 800, .shared = 32, .why = ml_kem },
	{ .id = 36, .name = "ML_KEM_768", .public_size = 1184, .shared = 32, .why = ml_kem },
	{ .id = 37, .name = "ML_KEM_1024", .public_size = 1568, .shared = 32, .why = ml_kem },
};

const size_t group_count = sizeof group_rows / sizeof *group_rows;

const struct group *group_find(unsigned id)
{
	for (size_t i = 0; i < group_count; i++)
		if (group_rows[i].id == id)
			return &group_rows[i];
	return NULL;
}

const struct group *group_by_name(struct span name)
{
	for (size_t i = 0; i < group_count; i++)
		if (span_is_word(name, group_rows[i].name))
			return &group_rows[i];
	return NULL;
}

static bool is_modp(const struct group *row)
{
	return row->kind == GROUP_KIND_MODP || row->kind == GROUP_KIND_MODP_SUBGROUP;
}

static bool usable(const struct group *row, struct err *e)
{
	if (row->kind == GROUP_KIND_UNSUPPORTED)
		return err_set(e, "%s is not supported: %s", row->name, row->why);
	if (row->kind == GROUP_KIND_NONE)
		return err_set(e, "%s is no key exchange", row->name);
	if (row->public_size > GROUP_PUBLIC_MAX || row->shared > GROUP_SHARED_MAX)
		return err_set(e, "%s: sizes %u and %u, at most %d", row->name,
			       row->public_size, row->shared, GROUP_PUBLIC_MAX);
	return true;
}

/* ---- elliptic curves over a prime field ---- */

/* The curve, made once. Both sizes of the row must follow from its field. */
static const EC_GROUP *curve_of(struct crypto *c, const struct group *row, struct err *e)
{
	int nid = OBJ_txt2nid(row->algorithm);
	size_t i = 0;
	while (i < CRYPTO_CURVES && c->curves[i] && EC_GROUP_get_curve_name(c->curves[i]) != nid)
		i++;
	if (i == CRYPTO_CURVES) {
		err_set(e, "more than %d curves in use", CRYPTO_CURVES);
		return NULL;
	}
	if (!c->curves[i] &&
	    !(c->curves[i] = EC_GROUP_new_by_curve_name_ex(c->library, NULL, nid))) {
		crypto_failed(e, row->name);
		return NULL;
	}
	unsigned octets = ((unsigned)EC_GROUP_get_degree(c->curves[i]) + 7) / 8;
	if (row->shared != octets || row->public_size != 2 * octets) {
		err_set(e, "%s: coordinates of %u octets, the table says %u and %u",
			row->name, octets, row->public_size, row->shared);
		return NULL;
	}
	return c->curves[i];
}

/* x | y as a point; NULL if it is not on the curve, which OpenSSL's reading of
 * an uncompressed point checks (RFC 6989, 2.3: RFC6989-2.3-01). */
static EC_POINT *point_of(const EC_GROUP *curve, struct span value)
{
	uint8_t encoded[1 + GROUP_PUBLIC_MAX] = { POINT_CONVERSION_UNCOMPRESSED };
	EC_POINT *point = EC_POINT_new(curve);
	memcpy(encoded + 1, value.p, value.n);
	if (point && EC_POINT_oct2point(curve, point, encoded, value.n + 1, NULL) == 1)
		return point;
	EC_POINT_free(point);
	ERR_clear_error();
	return NULL;
}

/* secret * point (or * the generator) in affine coordinates: x, and y if asked. */
static bool multiply(const EC_GROUP *curve, const EC_POINT *point, struct span secret,
		     uint8_t *x_out, uint8_t *y_out)
{
	int n = (EC_GROUP_get_degree(curve) + 7) / 8;
	BIGNUM *k = BN_secure_new(), *x = BN_new(), *y = BN_new();
	EC_POINT *r = EC_POINT_new(curve);
	bool ok = k && x && y && r && BN_bin2bn(secret.p, (int)secret.n, k) &&
		  !BN_is_zero(k) && BN_cmp(k, EC_GROUP_get0_order(curve)) < 0;
	if (ok) {
		BN_set_flags(k, BN_FLG_CONSTTIME);
		ok = EC_POINT_mul(curve, r, point ? NULL : k, point, point ? k : NULL, NULL) == 1 &&
		     EC_POINT_get_affine_coordinates(curve, r, x, y, NULL) == 1 &&
		     BN_bn2binpad(x, x_out, n) == n && (!y_out || BN_bn2binpad(y, y_out, n) == n);
	}
	EC_POINT_clear_free(r);
	BN_clear_free(k);
	BN_clear_free(x);
	BN_clear_free(y);
	return ok;
}

static bool ecp_public(struct crypto *c, const struct group *row, struct span secret,
		       uint8_t *out, struct err *e)
{
	const EC_GROUP *curve = curve_of(c, row, e);
	if (!curve)
		return false;
	if (multiply(curve, NULL, secret, out, out + row->public_size / 2))
		return true;
	ERR_clear_error();
	return err_set(e, "%s: private value is 0 or not below the group's order", row->name);
}

/* RFC 5903, 7: the secret is the x coordinate (RFC5903-7-02). */
static bool ecp_shared(struct crypto *c, const struct group *row, struct span secret,
		       struct span peer, uint8_t *out, struct err *e)
{
	const EC_GROUP *curve = curve_of(c, row, e);
	EC_POINT *point = curve ? point_of(curve, peer) : NULL;
	bool ok = point && multiply(curve, point, secret, out, NULL);
	EC_POINT_free(point);
	ERR_clear_error();
	if (curve && !ok)
		err_set(e, point ? "%s: private value is 0 or not below the group's order"
				 : "%s: public value is not on the curve", row->name);
	return ok;
}

/* ---- Curve25519, Curve448 ---- */

static bool montgomery_public(struct crypto *c, const struct group *row,
			      struct span secret, uint8_t *out, struct err *e)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key_ex(c->library, row->algorithm, NULL,
							secret.p, secret.n);
	size_t n = row->public_size;
	bool ok = key && EVP_PKEY_get_raw_public_key(key, out, &n) == 1 &&
		  n == row->public_size;
	EVP_PKEY_free(key);
	return ok || crypto_failed(e, row->name);
}

/* The secret's octets as they come (RFC 8031, 2; RFC8031-2-02). A value of small
 * order gives zeros, which RFC 7748, 6 allows to refuse: RFC8031-3.2-03. */
static bool montgomery_shared(struct crypto *c, const struct group *row,
			      struct span secret, struct span peer, uint8_t *out)
{
	EVP_PKEY *own = EVP_PKEY_new_raw_private_key_ex(c->library, row->algorithm, NULL,
							secret.p, secret.n);
	EVP_PKEY *other = EVP_PKEY_new_raw_public_key_ex(c->library, row->algorithm, NULL,
							 peer.p, peer.n);
	EVP_PKEY_CTX *x = own ? EVP_PKEY_CTX_new_from_pkey(c->library, own, NULL) : NULL;
	size_t n = row->shared;
	bool ok = x && other && EVP_PKEY_derive_init(x) == 1 &&
		  EVP_PKEY_derive_set_peer_ex(x, other, 0) == 1 &&
		  EVP_PKEY_derive(x, out, &n) == 1 && n == row->shared &&
		  !span_is_zero(span_of(out, n));
	EVP_PKEY_CTX_free(x);
	EVP_PKEY_free(other);
	EVP_PKEY_free(own);
	ERR_clear_error();
	return ok;
}

/* A secret times a point of small order is zero for every secret (they are
 * multiples of the cofactor), so any will do to find out. */
static bool small_order(struct crypto *c, const struct group *row, struct span value)
{
	uint8_t secret[GROUP_PUBLIC_MAX], out[GROUP_SHARED_MAX];
	memset(secret, 0x55, sizeof secret);
	return !montgomery_shared(c, row, span_of(secret, row->public_size), value, out);
}

/* ---- the three questions ---- */

static const char *value_bad(struct crypto *c, const struct group *row, struct span value,
			     bool whole, char why[80])
{
	struct err e = { 0 };
	const char *bad = NULL;
	if (value.n != row->public_size) {
		snprintf(why, 80, "%zu octets, needs %u", value.n, row->public_size);
		return why;
	}
	if (is_modp(row))
		return modp_bad(c, row, value, whole, why);
	if (row->kind == GROUP_KIND_ECP && whole) {
		const EC_GROUP *curve = curve_of(c, row, &e);
		EC_POINT *point = curve ? point_of(curve, value) : NULL;
		bad = point ? NULL : curve ? "not on the curve" : e.text;
		EC_POINT_free(point);
	} else if (row->kind == GROUP_KIND_MONTGOMERY && whole && small_order(c, row, value)) {
		bad = "small order, the shared secret would be zero";
	}
	if (bad)
		snprintf(why, 80, "%.79s", bad);
	return bad ? why : NULL;
}

const char *group_public_bad(struct crypto *c, const struct group *row,
			     struct span public_value, char why[80])
{
	struct err e = { 0 };
	if (usable(row, &e))
		return value_bad(c, row, public_value, true, why);
	snprintf(why, 80, "%.79s", e.text);
	return why;
}

bool group_public(struct crypto *c, const struct group *row,
		  struct span private_value, uint8_t *out, struct err *e)
{
	if (!usable(row, e))
		return false;
	if (private_value.n > GROUP_PUBLIC_MAX)
		return err_set(e, "%s: private value of %zu octets, at most %d", row->name,
			       private_value.n, GROUP_PUBLIC_MAX);
	if (is_modp(row))
		return modp_public(c, row, private_value, out, e);
	if (row->kind == GROUP_KIND_ECP)
		return ecp_public(c, row, private_value, out, e);
	return montgomery_public(c, row, private_value, out, e);
}

/* Checks again what is cheap (sizes, range); a point off the curve and an
 * all-zero secret show up in the computation itself. Only the order of RFC 5114
 * values is left to group_public_bad (RFC 6989, 2.2). */
bool group_shared(struct crypto *c, const struct group *row,
		  struct span private_value, struct span peer_public,
		  uint8_t *out, struct err *e)
{
	char why[80];
	if (!usable(row, e))
		return false;
	if (private_value.n > GROUP_PUBLIC_MAX)
		return err_set(e, "%s: private value of %zu octets, at most %d", row->name,
			       private_value.n, GROUP_PUBLIC_MAX);
	if (value_bad(c, row, peer_public, false, why))
		return err_set(e, "%s: public value: %s", row->name, why);
	if (is_modp(row))
		return modp_shared(c, row, private_value, peer_public, out, e);
	if (row->kind == GROUP_KIND_ECP)
		return ecp_shared(c, row, private_value, peer_public, out, e);
	if (private_value.n != row->public_size)
		return err_set(e, "%s: private value of %zu octets, needs %u", row->name,
			       private_value.n, row->public_size);
	return montgomery_shared(c, row, private_value, peer_public, out) ||
	       err_set(e, "%s: the shared secret is zero", row->name);
}
