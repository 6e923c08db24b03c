/* SPDX-License-Identifier: BSD-2-Clause
 * The number registries, as tables that are made at build time from the CSVs of
 * ipsec/registry by registry_gen.c. A new registry is a CSV and a line here. */
#ifndef IKAT_BASE_REGISTRY_H
#define IKAT_BASE_REGISTRY_H

#include "ipsec/base/names.h"

/* IKEv2 */
extern const struct names reg_auth_methods;
extern const struct names reg_cert_encodings;
extern const struct names reg_cfg_types;
extern const struct names reg_config_attributes;
extern const struct names reg_eap_types;
extern const struct names reg_encr;
extern const struct names reg_esn;
extern const struct names reg_exchange_types;
extern const struct names reg_hash_algorithms;
extern const struct names reg_id_types;
extern const struct names reg_integ;
extern const struct names reg_ke;
extern const struct names reg_notify;
extern const struct names reg_payload_types;
extern const struct names reg_prf;
extern const struct names reg_security_protocol_ids;
extern const struct names reg_transform_attributes;
extern const struct names reg_transform_types;
extern const struct names reg_ts_types;

/* IKEv2 and IPsec, the small ones of other.csv */
extern const struct names reg_other_ipcomp_transform;
extern const struct names reg_other_gateway_identity_type;
extern const struct names reg_other_rohc_attribute;
extern const struct names reg_other_secure_password_method;
extern const struct names reg_other_ppk_id_type;
extern const struct names reg_other_key_wrap_algorithm;
extern const struct names reg_other_group_controller_auth;
extern const struct names reg_other_gsa_attribute;
extern const struct names reg_other_group_wide_policy_attribute;
extern const struct names reg_other_group_key_bag_attribute;
extern const struct names reg_other_member_key_bag_attribute;
extern const struct names reg_other_ip_protocol;
extern const struct names reg_other_port;
extern const struct names reg_other_eap_code;
extern const struct names reg_other_ikev2_header_flag;

/* IKEv1, ikev1.csv */
extern const struct names reg_ikev1_doi;
extern const struct names reg_ikev1_situation;
extern const struct names reg_ikev1_header_flag;
extern const struct names reg_ikev1_exchange_type;
extern const struct names reg_ikev1_payload_type;
extern const struct names reg_ikev1_phase1_attribute;
extern const struct names reg_ikev1_phase1_encryption;
extern const struct names reg_ikev1_phase1_hash;
extern const struct names reg_ikev1_phase1_auth_method;
extern const struct names reg_ikev1_group_description;
extern const struct names reg_ikev1_group_type;
extern const struct names reg_ikev1_phase1_life_type;
extern const struct names reg_ikev1_protocol_id;
extern const struct names reg_ikev1_isakmp_transform;
extern const struct names reg_ikev1_ah_transform;
extern const struct names reg_ikev1_esp_transform;
extern const struct names reg_ikev1_ipcomp_transform;
extern const struct names reg_ikev1_ipsec_attribute;
extern const struct names reg_ikev1_ipsec_life_type;
extern const struct names reg_ikev1_encapsulation_mode;
extern const struct names reg_ikev1_ipsec_auth_algorithm;
extern const struct names reg_ikev1_id_type;
extern const struct names reg_ikev1_cert_encoding;
extern const struct names reg_ikev1_notify_error;
extern const struct names reg_ikev1_notify_status;
extern const struct names reg_ikev1_modecfg_type;
extern const struct names reg_ikev1_modecfg_attribute;
extern const struct names reg_ikev1_ecn_tunnel;
extern const struct names reg_ikev1_extended_sequence_number;
extern const struct names reg_ikev1_signature_encoding_algorithm;
extern const struct names reg_ikev1_address_preservation;
extern const struct names reg_ikev1_sa_direction;
extern const struct names reg_ikev1_xauth_type;
extern const struct names reg_ikev1_xauth_status;
extern const struct names reg_ikev1_vendor_phase1_encryption;
extern const struct names reg_ikev1_vendor_phase1_hash;

#endif
