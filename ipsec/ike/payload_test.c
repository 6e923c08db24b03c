/* SPDX-License-Identifier: BSD-2-Clause
 * What the field tables read: one row for each payload and each structure of
 * notification data, laid out by hand from the RFC's figures, and what has to
 * come out. Also facts: vendors, certificates, names, signature algorithms. */
#include "ipsec/ike/helpers_test.h"

static struct arena arena;
static struct findings fs;

static void setup(void)
{
	arena_init(&arena);
	fs = (struct findings){ .arena = &arena };
}

static void teardown(void)
{
	arena_done(&arena);
}

static void show_octets(struct text *t, enum show show, struct span s)
{
	if (show == SHOW_TEXT)
		text_escape(t, s);
	else if (show == SHOW_IPV4 && s.n == 4)
		text_ipv4(t, s.p);
	else if (show == SHOW_IPV6 && s.n == 16)
		text_ipv6(t, s.p);
	else
		text_hex_span(t, s);
}

static void show_node(struct text *t, const struct node *n);

static void show_field(struct text *t, const struct node *n, unsigned i)
{
	const struct field *f = &n->desc->fields[i];
	bool forced = n->forced >> i & 1;
	if (f->kind == FIELD_UINT) {
		const char *word = names_word(node_names(n, i), (uint32_t)n->v[i].u);
		if ((f->derive || f->style == STYLE_HIDDEN) && !forced && f->derive != DERIVE_FIXED)
			return;
		text_printf(t, "%s%s=", forced ? "!" : "", f->name);
		if (word)
			text_add(t, word);
		else
			text_dec(t, n->v[i].u);
		text_char(t, ' ');
		return;
	}
	text_printf(t, "%s=", f->name);
	if (f->kind == FIELD_LIST || n->v[i].is_node)
		for (const struct node *k = node_kid(n, i); k; k = k->next)
			show_node(t, k);
	else
		show_octets(t, f->show, node_bytes(n, i));
	text_char(t, ' ');
}

static void show_node(struct text *t, const struct node *n)
{
	text_printf(t, "%s{", n->desc->name);
	for (unsigned i = 0; i < n->present; i++)
		show_field(t, n, i);
	if (t->n && t->p[t->n - 1] == ' ')
		t->n--;
	text_char(t, '}');
}

struct row {
	uint32_t type;
	int version;
	const char *body;	/* behind the generic header */
	const char *shown;
};

static const struct row rows[] = {
	/* RFC 7296, 3.3: AES-CBC with a 256 bit key, and an attribute with a length */
	{ 33, 2, "0000002c" "01030403" "c1c2c3c4" "0300000c" "0100000c" "800e0100"
		 "0300000c" "03000002" "00120000" "00000008" "05000001",
	  "SA{proposals=proposal{protocol=ESP spi=c1c2c3c4 transforms="
	  "transform{type=ENCR id=ENCR_AES_CBC attributes="
	  "key_length{format=1 attribute=KEY_LENGTH key_length=256}}"
	  "transform{type=INTEG id=AUTH_HMAC_SHA1_96 attributes="
	  "variable_attribute{format=0 attribute=SIGNATURE_ALGORITHM value=}}"
	  "transform{type=ESN id=ESN attributes=}}}" },
	{ 33, 2, "00000010" "02010001" "00000008" "06000024",
	  "SA{proposals=proposal{!number=2 protocol=IKE spi= transforms="
	  "transform{type=ADDKE1 id=ML_KEM_768 attributes=}}}" },
	{ 34, 2, "001f0000" "0000000000000000000000000000000000000000000000000000000000000009",
	  "KE{group=CURVE25519 data="
	  "0000000000000000000000000000000000000000000000000000000000000009}" },
	{ 35, 2, "01000000" "c0000201", "IDi{type=ID_IPV4_ADDR data=ipv4{address=192.0.2.1}}" },
	{ 36, 2, "05000000" "20010db8000000000000000000000001",
	  "IDr{type=ID_IPV6_ADDR data=ipv6{address=2001:db8::1}}" },
	{ 35, 2, "02000000" "612e6578616d706c65", "IDi{type=ID_FQDN data=fqdn{fqdn=a.example}}" },
	{ 35, 2, "0b000000" "0102", "IDi{type=ID_KEY_ID data=key_id{key_id=0102}}" },
	{ 35, 2, "0d000000", "IDi{type=ID_NULL data=}" },
	{ 37, 2, "0c" "000102030405060708090a0b0c0d0e0f10111213" "687474703a2f2f61",
	  "CERT{encoding=HASH_URL_X509 data=hash_url{"
	  "hash=000102030405060708090a0b0c0d0e0f10111213 url=http://a}}" },
	{ 38, 2, "04" "000102030405060708090a0b0c0d0e0f10111213",
	  "CERTREQ{encoding=X509_SIGNATURE data=authorities{authorities="
	  "authority{sha1=000102030405060708090a0b0c0d0e0f10111213}}}" },
	{ 39, 2, "02000000" "a1a2",
	  "AUTH{method=SHARED_KEY_MIC data=a1a2}" },
	{ 39, 2, "0e000000" "02" "3000" "aabb",
	  "AUTH{method=DIGITAL_SIGNATURE data=signature{algorithm_identifier=3000 "
	  "signature=aabb}}" },
	{ 40, 2, "000102030405060708090a0b0c0d0e0f",
	  "NONCE{data=000102030405060708090a0b0c0d0e0f}" },
	{ 42, 2, "03040002" "c1c2c3c4" "d1d2d3d4",
	  "DELETE{protocol=ESP spi_size=4 spis=spis{list=spi{spi=c1c2c3c4}spi{spi=d1d2d3d4}}}" },
	{ 42, 2, "01000000", "DELETE{protocol=IKE spi_size=0 spis=}" },
	/* RFC 7296, 3.13.1; RFC 9478 */
	{ 44, 2, "02000000" "07110010" "00350035" "0a010000" "0a01ffff"
		 "0a00000a" "736563726574",
	  "TSi{selectors=ipv4{type=TS_IPV4_ADDR_RANGE protocol=17 start_port=53 end_port=53 "
	  "start_address=10.1.0.0 end_address=10.1.255.255}"
	  "seclabel{type=TS_SECLABEL security_label=secret}}" },
	{ 45, 2, "01000000" "08000028" "0000ffff" "20010db8000000000000000000000000"
		 "20010db80000000000000000000000ff",
	  "TSr{selectors=ipv6{type=TS_IPV6_ADDR_RANGE protocol=0 start_port=0 end_port=65535 "
	  "start_address=2001:db8:: end_address=2001:db8::ff}}" },
	/* RFC 7296, 3.15.1; RFC 8598 */
	{ 47, 2, "02000000" "00010004" "0a000005" "00080011" "20010db8000000000000000000000005" "40"
		 "0019" "0007" "6578616d706c65" "000d0008" "0a000000" "ff000000",
	  "CP{type=CFG_REPLY attributes="
	  "attribute{type=INTERNAL_IP4_ADDRESS value=ipv4{address=10.0.0.5}}"
	  "attribute{type=INTERNAL_IP6_ADDRESS value=ipv6_prefix{address=2001:db8::5 "
	  "prefix_length=64}}"
	  "attribute{type=INTERNAL_DNS_DOMAIN value=text{text=example}}"
	  "attribute{type=INTERNAL_IP4_SUBNET value=ipv4_subnet{address=10.0.0.0 "
	  "netmask=255.0.0.0}}}" },
	{ 47, 2, "01000000" "00010000", "CP{type=CFG_REQUEST attributes="
	  "attribute{type=INTERNAL_IP4_ADDRESS value=}}" },
	/* RFC 3748 */
	{ 48, 2, "02050009" "01616c6661",
	  "EAP{code=Response identifier=5 data=method{type=Identity "
	  "type_data=identity{identity=alfa}}}" },
	{ 48, 2, "03070004", "EAP{code=Success identifier=7 data=}" },
	{ 48, 2, "02010007" "03" "0d15",
	  "EAP{code=Response identifier=1 data=method{type=Legacy_Nak type_data=nak{desired="
	  "method{method=EAP-TLS}method{method=EAP-TTLS}}}}" },
	{ 53, 2, "00010004" "aabb", "SKF{fragment_number=1 total_fragments=4 data=aabb}" },
	{ 54, 2, "01020304", "PS{data=01020304}" },
	/* notifications */
	{ 41, 2, "00000001" "21",
	  "NOTIFY{type=UNSUPPORTED_CRITICAL_PAYLOAD spi= data=payload_type{payload_type=SA}}" },
	{ 41, 2, "00000009" "00000007",
	  "NOTIFY{type=INVALID_MESSAGE_ID spi= data=message_id{message_id=7}}" },
	{ 41, 2, "00000011" "0013",
	  "NOTIFY{type=INVALID_KE_PAYLOAD spi= data=group{group=ECP_256}}" },
	{ 41, 2, "03044009" "c1c2c3c4", "NOTIFY{type=REKEY_SA spi=c1c2c3c4 data=}" },
	{ 41, 2, "00004001" "00000005",
	  "NOTIFY{type=SET_WINDOW_SIZE spi= data=window_size{window_size=5}}" },
	{ 41, 2, "00004003" "123402",
	  "NOTIFY{type=IPCOMP_SUPPORTED spi= data=ipcomp{cpi=4660 transform_id=IPCOMP_DEFLATE}}" },
	{ 41, 2, "00004006" "aa", "NOTIFY{type=COOKIE spi= data=cookie{cookie=aa}}" },
	{ 41, 2, "0000400d" "c0000201",
	  "NOTIFY{type=ADDITIONAL_IP4_ADDRESS spi= data=ipv4{address=192.0.2.1}}" },
	{ 41, 2, "00004012" "c0000201" "c0000202" "01f4" "1194",
	  "NOTIFY{type=NO_NATS_ALLOWED spi= data=no_nats_allowed{addresses=ipv4{"
	  "source_address=192.0.2.1 destination_address=192.0.2.2 source_port=500 "
	  "destination_port=4500}}}" },
	{ 41, 2, "00004013" "00000e10",
	  "NOTIFY{type=AUTH_LIFETIME spi= data=auth_lifetime{lifetime=3600}}" },
	{ 41, 2, "00004017" "0104" "c0000201" "aabb",
	  "NOTIFY{type=REDIRECT spi= data=redirect{gw_ident_type=IPV4 "
	  "new_gateway=c0000201 nonce_data=aabb}}" },
	{ 41, 2, "00004019" "00000e10" "aabb",
	  "NOTIFY{type=TICKET_LT_OPAQUE spi= data=ticket_lt{lifetime=3600 ticket=aabb}}" },
	{ 41, 2, "00004020" "80010010" "8003000c",
	  "NOTIFY{type=ROHC_SUPPORTED spi= data=rohc{attributes="
	  "attribute{format=1 attribute=MAX_CID value=16}"
	  "attribute{format=1 attribute=ROHC_INTEG value=AUTH_HMAC_SHA2_256_128}}}" },
	{ 41, 2, "00004026" "01020304" "00000002" "00000003",
	  "NOTIFY{type=IKEV2_MESSAGE_ID_SYNC spi= data=message_id_sync{nonce=01020304 "
	  "expected_send_req_message_id=2 expected_recv_req_message_id=3}}" },
	{ 41, 2, "00004028" "00010003",
	  "NOTIFY{type=SECURE_PASSWORD_METHODS spi= data=password_methods{password_methods="
	  "password_method{password_method=PACE}"
	  "password_method{password_method=Secure_PSK_Authentication}}}" },
	{ 41, 2, "0000402f" "00020005",
	  "NOTIFY{type=SIGNATURE_HASH_ALGORITHMS spi= data=hash_algorithms{hash_algorithms="
	  "hash_algorithm{hash_algorithm=SHA2_256}hash_algorithm{hash_algorithm=Identity}}}" },
	{ 41, 2, "00004032" "000514",
	  "NOTIFY{type=PUZZLE spi= data=puzzle{prf=PRF_HMAC_SHA2_256 difficulty=20}}" },
	{ 41, 2, "00004034" "02616263",
	  "NOTIFY{type=PPK_IDENTITY spi= data=ppk_identity{ppk_id_type=PPK_ID_FIXED ppk_id=abc}}" },
	{ 41, 2, "0000403a" "01",
	  "NOTIFY{type=USE_AGGFRAG spi= data=use_aggfrag{congestion_control=0 dont_fragment=1}}" },
	{ 41, 2, "0000403b" "0202" "030e01" "060e02300102",
	  "NOTIFY{type=SUPPORTED_AUTH_METHODS spi= data=announcements{announcements="
	  "announcement{method=SHARED_KEY_MIC}"
	  "announcement{method=DIGITAL_SIGNATURE cert_link=1}"
	  "announcement{method=DIGITAL_SIGNATURE cert_link=2 algorithm_identifier=300102}}}" },
	/* IKEv1: RFC 2408 and 2407 */
	{ 1, 1, "00000001" "00000001" "00000024" "01010001" "0000001c" "01010000"
		"80010007" "800e0080" "80020004" "80040013" "800b0001",
	  "SA{doi=IPSEC situation=SIT_IDENTITY_ONLY proposals=proposal{protocol=PROTO_ISAKMP spi= "
	  "transforms=transform{id=KEY_IKE attributes="
	  "attribute{format=1 attribute=Encryption_Algorithm value=AES-CBC}"
	  "attribute{format=1 attribute=Key_Length value=128}"
	  "attribute{format=1 attribute=Hash_Algorithm value=SHA2-256}"
	  "attribute{format=1 attribute=Group_Description value=256-bit_random_ECP_group}"
	  "attribute{format=1 attribute=Life_Type value=seconds}}}}" },
	{ 5, 1, "04000000" "0a010000" "ffff0000",
	  "ID{type=ID_IPV4_ADDR_SUBNET protocol=0 port=0 data=ipv4_subnet{address=10.1.0.0 "
	  "mask=255.255.0.0}}" },
	{ 11, 1, "00000001" "01108d28" "000102030405060708090a0b0c0d0e0f" "00000001",
	  "NOTIFY{doi=IPSEC protocol=PROTO_ISAKMP type=R-U-THERE "
	  "spi=000102030405060708090a0b0c0d0e0f data=00000001}" },
	{ 11, 1, "00000001" "0100000e",
	  "NOTIFY{doi=IPSEC protocol=PROTO_ISAKMP type=NO-PROPOSAL-CHOSEN spi= data=}" },
	{ 14, 1, "02000007" "40890004" "61626364" "c08f0001",
	  "ATTR{type=ISAKMP_CFG_REPLY identifier=7 attributes="
	  "variable_attribute{format=0 attribute=XAUTH_USER_NAME value=61626364}"
	  "attribute{format=1 attribute=XAUTH_STATUS value=OK}}" },
	{ 21, 1, "01000000" "c0000201", "NAT-OA{type=ID_IPV4_ADDR data=ipv4{address=192.0.2.1}}" },
};

static struct node *payload(uint32_t type, int version, const char *body)
{
	struct span b = unhex(body, &arena);
	uint8_t *p = arena_raw(&arena, b.n + 4);
	struct writer w = writer_of(p, b.n + 4);
	struct decode d = { &arena, &fs, 0, 0 };
	struct span trailing;
	write_u16(&w, 0);
	write_u16(&w, (uint16_t)(b.n + 4));
	write_span(&w, b);
	struct node *n = ike_chain_decode(type, version, writer_span(&w), &d, &trailing);
	uint8_t *again = arena_raw(&arena, w.n);
	struct writer back = writer_of(again, w.n);
	ike_chain_encode(n, &back);
	ck_assert(span_equal(writer_span(&back), writer_span(&w)));
	return n;
}

START_TEST(reads)
{
	const struct row *r = &rows[_i];
	struct text t = { 0 };
	struct node *n = payload(r->type, r->version, r->body);
	show_node(&t, n);
	char *shown = arena_text(&arena, span_of(t.p, t.n));
	text_done(&t);
	ck_assert_str_eq(shown, r->shown);
	ck_assert_str_eq(finding_list(&fs, SEVERITY_DEVIATION, &arena), "");
}
END_TEST

static const char *fact(const struct node *n, const char *key, struct crypto *c)
{
	for (const struct fact *f = n->desc->facts(n, c, &arena); f; f = f->next)
		if (strcmp(f->key, key) == 0)
			return f->text;
	return "";
}

START_TEST(vendors)
{
	static const struct { const char *hex, *name; } v[] = {
		/* MD5 of "strongSwan"; RFC 3947, 3.1; RFC 3706, 5.1 */
		{ "882fe56d6fd20dbc2251613b2ebe5beb", "strongSwan" },
		{ "4a131c81070358455c5728f20e95452f", "RFC 3947 NAT-T" },
		{ "afcad71368a1f1c96b8696fc77570100", "Dead Peer Detection" },
		{ "4048b7d56ebce88525e7de7f00d6c2d380000000", "FRAGMENTATION" },
		{ "1e2b516905991c7d7c96fcbfb587e46100000009", "Microsoft Windows 8 or later" },
		{ "4f452d4c696272657377616e2d342e3132", "Libreswan" },
		{ "8299031757a36082c6a621de00000000", "FortiGate" },
		{ "882fe56d6fd20dbc2251613b2ebe5bebff", "" },
		{ "00", "" }, { "", "" },
	};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
		ck_assert_str_eq(fact(payload(43, 2, v[i].hex), "vendor", NULL), v[i].name);
		ck_assert_str_eq(fact(payload(13, 1, v[i].hex), "vendor", NULL), v[i].name);
	}
}
END_TEST

START_TEST(facts)
{
	struct err e = { 0 };
	struct crypto *c = crypto_new(&e);
	/* C=CH, CN=a by hand; sha256WithRSAEncryption of RFC 7427, A.1 */
	struct node *id = payload(35, 2, "09000000" "3019" "310b3009060355040613024348"
				  "310a300806035504030c0161");
	ck_assert_msg(strstr(fact(id, "name", c), "CN=a"), "%s", fact(id, "name", c));
	struct node *auth = payload(39, 2, "0e000000" "0f" "300d06092a864886f70d01010b0500" "aa");
	ck_assert_str_eq(fact(auth, "algorithm", c), "sha256WithRSAEncryption");
	struct node *redirect = payload(41, 2, "00004017" "0308" "612e6578616d706c");
	ck_assert_str_eq(fact(redirect, "gateway", c), "a.exampl");
	ck_assert_str_eq(fact(payload(37, 2, "04" "3000"), "subject", c), "");
	crypto_free(c);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ike/payload");
	TCase *t = tcase_create("payload");
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, reads, 0, sizeof rows / sizeof rows[0]);
	tcase_add_test(t, vendors);
	tcase_add_test(t, facts);
	suite_add_tcase(s, t);
	return testing_run(s);
}
