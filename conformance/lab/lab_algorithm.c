/* SPDX-License-Identifier: BSD-2-Clause
 * Algorithm names: a scenario's (strongSwan's words), Libreswan's, the Linux
 * kernel's, IANA's. To add an algorithm to the lab is to add a row. */
#include "conformance/lab/lab_config.h"

static const struct lab_algorithm algorithms[] = {
	{ "aes128gcm16", "aes_gcm128", 'a', "rfc4106(gcm(aes))", 20, 128, "ENCR_AES_GCM_16-128" },
	{ "aes192gcm16", "aes_gcm192", 'a', "rfc4106(gcm(aes))", 28, 128, "ENCR_AES_GCM_16-192" },
	{ "aes256gcm16", "aes_gcm256", 'a', "rfc4106(gcm(aes))", 36, 128, "ENCR_AES_GCM_16-256" },
	{ "aes128gcm12", "aes_gcm_b128", 'a', "rfc4106(gcm(aes))", 20, 96, "ENCR_AES_GCM_12-128" },
	{ "aes256gcm12", "aes_gcm_b256", 'a', "rfc4106(gcm(aes))", 36, 96, "ENCR_AES_GCM_12-256" },
	{ "aes128gcm8", "aes_gcm_a128", 'a', "rfc4106(gcm(aes))", 20, 64, "ENCR_AES_GCM_8-128" },
	{ "aes256gcm8", "aes_gcm_a256", 'a', "rfc4106(gcm(aes))", 36, 64, "ENCR_AES_GCM_8-256" },
	{ "aes128ccm16", "aes_ccm128", 'a', "rfc4309(ccm(aes))", 19, 128, "ENCR_AES_CCM_16-128" },
	{ "aes256ccm16", "aes_ccm256", 'a', "rfc4309(ccm(aes))", 35, 128, "ENCR_AES_CCM_16-256" },
	{ "aes128ccm12", "aes_ccm_b128", 'a', "rfc4309(ccm(aes))", 19, 96, "ENCR_AES_CCM_12-128" },
	{ "aes128ccm8", "aes_ccm_a128", 'a', "rfc4309(ccm(aes))", 19, 64, "ENCR_AES_CCM_8-128" },
	{ "aes128gmac", NULL, 'a', "rfc4543(gcm(aes))", 20, 128, "ENCR_NULL_AUTH_AES_GMAC-128" },
	{ "aes256gmac", NULL, 'a', "rfc4543(gcm(aes))", 36, 128, "ENCR_NULL_AUTH_AES_GMAC-256" },
	{ "chacha20poly1305", "chacha20_poly1305", 'a', "rfc7539esp(chacha20,poly1305)", 36, 128,
	  "ENCR_CHACHA20_POLY1305" },
	{ "aes128", "aes128", 'e', "cbc(aes)", 16, 0, "ENCR_AES_CBC-128" },
	{ "aes192", "aes192", 'e', "cbc(aes)", 24, 0, "ENCR_AES_CBC-192" },
	{ "aes256", "aes256", 'e', "cbc(aes)", 32, 0, "ENCR_AES_CBC-256" },
	{ "aes128ctr", "aes_ctr128", 'e', "rfc3686(ctr(aes))", 20, 0, "ENCR_AES_CTR-128" },
	{ "aes256ctr", "aes_ctr256", 'e', "rfc3686(ctr(aes))", 36, 0, "ENCR_AES_CTR-256" },
	{ "camellia128", "camellia128", 'e', "cbc(camellia)", 16, 0, "ENCR_CAMELLIA_CBC-128" },
	{ "camellia256", "camellia256", 'e', "cbc(camellia)", 32, 0, "ENCR_CAMELLIA_CBC-256" },
	{ "3des", "3des", 'e', "cbc(des3_ede)", 24, 0, "ENCR_3DES" },
	{ "null", "null", 'e', "ecb(cipher_null)", 0, 0, "ENCR_NULL" },
	{ "md5", "md5", 'i', "hmac(md5)", 16, 96, "AUTH_HMAC_MD5_96" },
	{ "sha1", "sha1", 'i', "hmac(sha1)", 20, 96, "AUTH_HMAC_SHA1_96" },
	{ "sha256", "sha2_256", 'i', "hmac(sha256)", 32, 128, "AUTH_HMAC_SHA2_256_128" },
	{ "sha384", "sha2_384", 'i', "hmac(sha384)", 48, 192, "AUTH_HMAC_SHA2_384_192" },
	{ "sha512", "sha2_512", 'i', "hmac(sha512)", 64, 256, "AUTH_HMAC_SHA2_512_256" },
	{ "aesxcbc", "aes_xcbc", 'i', "xcbc(aes)", 16, 96, "AUTH_AES_XCBC_96" },
	{ "aescmac", NULL, 'i', "cmac(aes)", 16, 96, "AUTH_AES_CMAC_96" },
	{ "prfmd5", "md5", 'p', NULL, 0, 0, "PRF_HMAC_MD5" },
	{ "prfsha1", "sha1", 'p', NULL, 0, 0, "PRF_HMAC_SHA1" },
	{ "prfsha256", "sha2_256", 'p', NULL, 0, 0, "PRF_HMAC_SHA2_256" },
	{ "prfsha384", "sha2_384", 'p', NULL, 0, 0, "PRF_HMAC_SHA2_384" },
	{ "prfsha512", "sha2_512", 'p', NULL, 0, 0, "PRF_HMAC_SHA2_512" },
	{ "prfaesxcbc", "aes_xcbc", 'p', NULL, 0, 0, "PRF_AES128_XCBC" },
	{ "prfaescmac", NULL, 'p', NULL, 0, 0, "PRF_AES128_CMAC" },
	{ "modp1024", "dh2", 'g', NULL, 0, 0, "MODP_1024" },
	{ "modp1536", "dh5", 'g', NULL, 0, 0, "MODP_1536" },
	{ "modp2048", "dh14", 'g', NULL, 0, 0, "MODP_2048" },
	{ "modp3072", "dh15", 'g', NULL, 0, 0, "MODP_3072" },
	{ "modp4096", "dh16", 'g', NULL, 0, 0, "MODP_4096" },
	{ "ecp256", "dh19", 'g', NULL, 0, 0, "ECP_256" },
	{ "ecp384", "dh20", 'g', NULL, 0, 0, "ECP_384" },
	{ "ecp521", "dh21", 'g', NULL, 0, 0, "ECP_521" },
	{ "x25519", "dh31", 'g', NULL, 0, 0, "CURVE25519" },
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

const struct lab_algorithm *lab_algorithm(const char *word, size_t n)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (strlen(algorithms[i].word) == n && !memcmp(algorithms[i].word, word, n))
			return &algorithms[i];
	return NULL;
}

const struct lab_algorithm *lab_algorithm_kernel(const char *name, size_t key, size_t icv)
{
	for (size_t i = 0; i < ALGORITHMS; i++)
		if (algorithms[i].kernel && lab_is(algorithms[i].kernel, name) &&
		    algorithms[i].key == key && algorithms[i].icv == icv)
			return &algorithms[i];
	return NULL;
}
