/* SPDX-License-Identifier: BSD-2-Clause
 * Vendor ID payloads (RFC 7296, 3.12; RFC 2408, 3.16) and the well-known ones by
 * name. Most are the MD5 of a text, as given; others a fixed beginning with a
 * version behind it. Each was found in a public list (the ones of ike-scan, nmap
 * and of several IKE daemons); the hashes of texts were computed again. */
#include "ipsec/ike/payload.h"

struct vendor {
	const char *hex;	/* of the whole ID, or of how it begins */
	bool prefix;
	const char *name;
};

static const struct vendor vendors[] = {
	/* MD5 of the name in RFC 3947, 3.1 and its drafts */
	{ "4a131c81070358455c5728f20e95452f", false, "RFC 3947 NAT-T" },
	{ "4df37928e9fc4fd1b3262170d515c662", false, "draft-ietf-ipsec-nat-t-ike" },
	{ "4485152d18b6bbcd0be8a8469579ddcc", false, "draft-ietf-ipsec-nat-t-ike-00" },
	{ "16f6ca16e4a4066d83821a0f0aeaa862", false, "draft-ietf-ipsec-nat-t-ike-01" },
	{ "cd60464335df21f87cfdb2fc68b6a448", false, "draft-ietf-ipsec-nat-t-ike-02" },
	{ "90cb80913ebb696e086381b5ec427b1f", false, "draft-ietf-ipsec-nat-t-ike-02 (with a newline)" },
	{ "7d9419a65310ca6f2c179d9215529d56", false, "draft-ietf-ipsec-nat-t-ike-03" },
	{ "9909b64eed937c6573de52ace952fa6b", false, "draft-ietf-ipsec-nat-t-ike-04" },
	{ "80d0bb3def54565ee84645d4c85ce3ee", false, "draft-ietf-ipsec-nat-t-ike-05" },
	{ "4d1e0e136deafa34c4f3ea9f02ec7285", false, "draft-ietf-ipsec-nat-t-ike-06" },
	{ "439b59f8ba676c4c7737ae22eab8f582", false, "draft-ietf-ipsec-nat-t-ike-07" },
	{ "8f8d83826d246b6fc7a8a6a428c11de8", false, "draft-ietf-ipsec-nat-t-ike-08" },
	{ "27bab5dc01ea0760ea4e3190ac27c0d0", false, "draft-stenberg-ipsec-nat-traversal-01" },
	{ "6105c422e76847e43f9684801292aecd", false, "draft-stenberg-ipsec-nat-traversal-02" },
	{ "6a7434c19d7e36348090a02334c9c805", false, "draft-huttunen-ipsec-esp-in-udp-00" },
	{ "50760f624c63e5c53eea386c685ca083", false, "ESPThruNAT" },
	/* RFC 3706, 5.1: the last two octets are the version */
	{ "afcad71368a1f1c96b8696fc7757", true, "Dead Peer Detection" },
	{ "09002689dfd6b712", true, "XAUTH" },
	{ "4048b7d56ebce88525e7de7f00d6c2d3", true, "FRAGMENTATION" },
	/* strongSwan, Libreswan, racoon and other daemons */
	{ "882fe56d6fd20dbc2251613b2ebe5beb", false, "strongSwan" },
	{ "512f90f2f8e5b04e4ba293c9a799d9a5", false, "strongSwan 4.3.6" },
	{ "4f452d4c696272657377616e2d", true, "Libreswan" },
	{ "4f45", true, "Openswan, Libreswan or FreeS/WAN" },
	{ "7003cbc1097dbe9c2600ba6983bc8b35", false, "KAME/racoon" },
	{ "4f70656e5047503130313731", true, "OpenPGP" },
	/* Cisco: the MD5 of CISCO-UNITY with a version in its last two octets */
	{ "12f5f28c457168a9702d9fe274cc0100", false, "Cisco Unity" },
	{ "1f07f70eaa6514d3b0fa96542a", true, "Cisco VPN Concentrator" },
	{ "434953434f2d44454c4554452d524541534f4e", false, "Cisco Delete Reason" },
	{ "434953434f2d44594e414d49432d524f555445", false, "Cisco Dynamic Route" },
	{ "464c455856504e2d535550504f52544544", false, "Cisco FlexVPN Supported" },
	{ "434953434f28434f505952494748542926436f7079726967687420286329203230303920436973"
	  "636f2053797374656d732c20496e632e", false, "Cisco Copyright (c) 2009" },
	/* Microsoft: the MD5 of MS NT5 ISAKMPOAKLEY, then a version */
	{ "1e2b516905991c7d7c96fcbfb587e46100000002", true, "Microsoft Windows 2000" },
	{ "1e2b516905991c7d7c96fcbfb587e46100000003", true, "Microsoft Windows XP" },
	{ "1e2b516905991c7d7c96fcbfb587e46100000004", true, "Microsoft Windows 2003" },
	{ "1e2b516905991c7d7c96fcbfb587e46100000009", true, "Microsoft Windows 8 or later" },
	{ "1e2b516905991c7d7c96fcbfb587e461", true, "Microsoft ISAKMPOAKLEY" },
	{ "fb1de3cdf341b7ea16b7e5be0855f120", false, "MS-Negotiation Discovery Capable" },
	{ "26244d38eddb61b3172a36e3d0cfb819", false, "Vid-Initial-Contact" },
	{ "e3a5966a76379fe707228231e5ce8652", false, "IKE CGA version 1" },
	{ "214ca4faffa7f32d6748e5303395ae83", false, "MS-MamieExists" },
	{ "621b04bb09882ac1e15935fefa24aeee", false, "GSSAPI" },
	{ "ad2c0dd0b9c32083ccba25b8861ec455", false, "A GSS-API Authentication Method for IKE" },
	{ "b46d8914f3aaa3f2fedeb7c7db2943ca", false, "A GSS-API Authentication Method for IKE\\n" },
	/* firewalls */
	{ "8299031757a36082c6a621de", true, "FortiGate" },
	{ "f4ed19e0c114eb516faaac0ee37daf2807b4381f", true, "Check Point" },
	{ "166f932d55eb64d8e4df4fd37e2313f0d0fd8451", true, "Juniper NetScreen" },
	{ "699369228741c6d4ca094c93e242c9de19e7b7c6", true, "Juniper NetScreen" },
	{ "92d27a9ecb31d99246986d3453d0c3d57a222a61", true, "Juniper NetScreen" },
	{ "9b096d9ac3275a7d6fe8b91c583111b09efed1a0", true, "Juniper NetScreen" },
	{ "4a4340b543e02b84c88a8b96a8af9ebe77d9accc", true, "Juniper NetScreen" },
	{ "4865617274426561745f4e6f74696679", true, "HeartBeat_Notify" },
	{ "404bf439522ca3f6", true, "SonicWall" },
	{ "47bbe7c993f1fc13b4e6d0db565c68e5", true, "SafeNet SoftRemote" },
	{ "da8e9378", true, "SafeNet or WatchGuard" },
	{ "424e4553", true, "Nortel Contivity" },
	{ "54494d4553544550", true, "TimeStep" },
	{ "625027749d5ab97f5616c1602765cf480a3b7d0b", true, "ZyXEL ZyWALL" },
};

const char *ike_vendor_name(struct span id)
{
	uint8_t octets[64];
	for (size_t i = 0; i < sizeof vendors / sizeof vendors[0]; i++) {
		const struct vendor *v = &vendors[i];
		size_t n = strlen(v->hex) / 2;
		if (n > id.n || (n < id.n && !v->prefix) || n > sizeof octets ||
		    !span_unhex(span_text(v->hex), octets, n))
			continue;
		if (span_equal(span_part(id, 0, n), span_of(octets, n)))
			return v->name;
	}
	return NULL;
}

struct fact *ike_vendor_facts(const struct node *n, struct crypto *c, struct arena *a)
{
	struct fact *list = NULL;
	(void)c;
	fact_add(&list, "vendor", ike_vendor_name(node_bytes(n, PAYLOAD_BODY)), a);
	return list;
}

static const struct field vendor_fields[] = {
	PAYLOAD_HEADER,
	{ .name = "data", .kind = FIELD_REST },
};
const struct desc ike_vendor_desc = {
	.name = "VENDOR", .title = "Vendor ID", .rfc = "RFC 7296, 3.12",
	DESC_FIELDS(vendor_fields), .facts = ike_vendor_facts,
};
