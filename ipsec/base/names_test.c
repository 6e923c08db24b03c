/* SPDX-License-Identifier: BSD-2-Clause
 * Number registries: the tables are well formed, and numbers known from the RFCs
 * have the names that scripts and views use. */
#include "ipsec/base/registry.h"
#include "ipsec/base/testing.h"


static const struct names *const tables[] = {
	&reg_auth_methods, &reg_cert_encodings, &reg_cfg_types, &reg_config_attributes,
	&reg_eap_types, &reg_encr, &reg_esn, &reg_exchange_types, &reg_hash_algorithms,
	&reg_id_types, &reg_integ, &reg_ke, &reg_notify, &reg_payload_types, &reg_prf,
	&reg_security_protocol_ids, &reg_transform_attributes, &reg_transform_types,
	&reg_ts_types, &reg_other_ipcomp_transform, &reg_other_gateway_identity_type,
	&reg_other_rohc_attribute, &reg_other_secure_password_method, &reg_other_ppk_id_type,
	&reg_other_key_wrap_algorithm, &reg_other_group_controller_auth,
	&reg_other_gsa_attribute, &reg_other_group_wide_policy_attribute,
	&reg_other_group_key_bag_attribute, &reg_other_member_key_bag_attribute,
	&reg_other_ip_protocol, &reg_other_port, &reg_other_eap_code,
	&reg_other_ikev2_header_flag, &reg_ikev1_doi, &reg_ikev1_situation,
	&reg_ikev1_header_flag, &reg_ikev1_exchange_type, &reg_ikev1_payload_type,
	&reg_ikev1_phase1_attribute, &reg_ikev1_phase1_encryption, &reg_ikev1_phase1_hash,
	&reg_ikev1_phase1_auth_method, &reg_ikev1_group_description, &reg_ikev1_group_type,
	&reg_ikev1_phase1_life_type, &reg_ikev1_protocol_id, &reg_ikev1_isakmp_transform,
	&reg_ikev1_ah_transform, &reg_ikev1_esp_transform, &reg_ikev1_ipcomp_transform,
	&reg_ikev1_ipsec_attribute, &reg_ikev1_ipsec_life_type, &reg_ikev1_encapsulation_mode,
	&reg_ikev1_ipsec_auth_algorithm, &reg_ikev1_id_type, &reg_ikev1_cert_encoding,
	&reg_ikev1_notify_error, &reg_ikev1_notify_status, &reg_ikev1_modecfg_type,
	&reg_ikev1_modecfg_attribute, &reg_ikev1_ecn_tunnel,
	&reg_ikev1_extended_sequence_number, &reg_ikev1_signature_encoding_algorithm,
	&reg_ikev1_address_preservation, &reg_ikev1_sa_direction, &reg_ikev1_xauth_type,
	&reg_ikev1_xauth_status, &reg_ikev1_vendor_phase1_encryption,
	&reg_ikev1_vendor_phase1_hash,
};

/* Ascending numbers, each once; names and words there; words are one word, and
 * none stands for two numbers, whatever its case. */
START_TEST(sound)
{
	const struct names *t = tables[_i];
	ck_assert_msg(t->count > 0 && t->registry, "table %d", _i);
	for (size_t i = 0; i < t->count; i++) {
		const struct name *n = &t->rows[i];
		uint32_t back = n->number + 1;
		ck_assert_msg(i == 0 || t->rows[i - 1].number < n->number, "%s %u", t->registry,
			      n->number);
		ck_assert_msg(*n->name && *n->word, "%s %u", t->registry, n->number);
		ck_assert_msg(!strpbrk(n->word, " \t\"{}[]()#,;=$!?"), "%s %u: \"%s\"", t->registry,
			      n->number, n->word);
		ck_assert_msg(names_number(t, span_text(n->word), &back) && back == n->number,
			      "%s: %s is %u and %u", t->registry, n->word, back, n->number);
		ck_assert_ptr_eq(names_find(t, n->number), n);
	}
}
END_TEST

/* A word that is all digits or begins like a number would be read as one. */
START_TEST(no_numbers)
{
	const struct names *t = tables[_i];
	for (size_t i = 0; i < t->count; i++)
		ck_assert_msg(t->rows[i].word[strspn(t->rows[i].word, "0123456789")] != '\0',
			      "%s: \"%s\"", t->registry, t->rows[i].word);
}
END_TEST

/* From IANA's pages "Internet Key Exchange Version 2 (IKEv2) Parameters" and
 * "Protocol Numbers". */
static const struct {
	const struct names *table;
	uint32_t number;
	const char *word;
} known[] = {
	{ &reg_encr, 3, "ENCR_3DES" }, { &reg_encr, 12, "ENCR_AES_CBC" },
	{ &reg_encr, 20, "ENCR_AES_GCM_16" }, { &reg_encr, 28, "ENCR_CHACHA20_POLY1305" },
	{ &reg_integ, 2, "AUTH_HMAC_SHA1_96" }, { &reg_integ, 12, "AUTH_HMAC_SHA2_256_128" },
	{ &reg_prf, 5, "PRF_HMAC_SHA2_256" },
	{ &reg_ke, 2, "MODP_1024" }, { &reg_ke, 14, "MODP_2048" }, { &reg_ke, 19, "ECP_256" },
	{ &reg_ke, 31, "CURVE25519" }, { &reg_ke, 32, "CURVE448" },
	{ &reg_notify, 7, "INVALID_SYNTAX" }, { &reg_notify, 14, "NO_PROPOSAL_CHOSEN" },
	{ &reg_notify, 17, "INVALID_KE_PAYLOAD" }, { &reg_notify, 24, "AUTHENTICATION_FAILED" },
	{ &reg_notify, 16388, "NAT_DETECTION_SOURCE_IP" },
	{ &reg_notify, 16389, "NAT_DETECTION_DESTINATION_IP" }, { &reg_notify, 16390, "COOKIE" },
	{ &reg_notify, 16393, "REKEY_SA" }, { &reg_notify, 16418, "CHILDLESS_IKEV2_SUPPORTED" },
	{ &reg_notify, 16430, "IKEV2_FRAGMENTATION_SUPPORTED" },
	{ &reg_exchange_types, 34, "IKE_SA_INIT" }, { &reg_exchange_types, 37, "INFORMATIONAL" },
	{ &reg_other_ip_protocol, 50, "ESP" }, { &reg_other_ip_protocol, 51, "AH" },
};

START_TEST(numbers)
{
	uint32_t number = 0;
	const char *word = names_word(known[_i].table, known[_i].number);
	ck_assert_msg(word && strcmp(word, known[_i].word) == 0, "%u is %s, needs %s",
		      known[_i].number, word ? word : "nothing", known[_i].word);
	ck_assert(names_number(known[_i].table, span_text(word), &number));
	ck_assert_uint_eq(number, known[_i].number);
}
END_TEST

START_TEST(unknown)
{
	uint32_t number = 7;
	ck_assert_ptr_null(names_find(&reg_ke, 0x10000));
	ck_assert_ptr_null(names_find(&reg_ke, UINT32_MAX));
	ck_assert_ptr_null(names_word(NULL, 1));
	ck_assert_ptr_null(names_name(&reg_ke, 3));
	ck_assert(!names_number(&reg_ke, span_text("MODP_204"), &number) && number == 7);
	ck_assert(!names_number(&reg_ke, span_text(""), &number));
	ck_assert(names_number(&reg_ke, span_text("modp_2048"), &number) && number == 14);
	ck_assert(names_number(&reg_ke, span_text("2048-bit MODP Group"), &number));
	ck_assert_uint_eq(number, 14);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("names");
	TCase *t = tcase_create("names");
	tcase_add_loop_test(t, sound, 0, sizeof tables / sizeof *tables);
	tcase_add_loop_test(t, no_numbers, 0, sizeof tables / sizeof *tables);
	tcase_add_loop_test(t, numbers, 0, sizeof known / sizeof *known);
	tcase_add_test(t, unknown);
	suite_add_tcase(s, t);
	return testing_run(s);
}
