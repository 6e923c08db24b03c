/* SPDX-License-Identifier: BSD-2-Clause
 * From a scenario to files: the network, the daemons' configurations, manual
 * keys, and the plan that the guest runs. Each function appends to a text;
 * nothing here touches the file system. */
#ifndef IKAT_CONFORMANCE_LAB_CONFIG_H
#define IKAT_CONFORMANCE_LAB_CONFIG_H

#include "conformance/lab/lab_scenario.h"
#include "ipsec/base/text.h"

enum { LAB_ADDRESS = 48, LAB_CHILDREN_MAX = 4 };

/* A child SA of the scenario: "t", "t2", "t3"; "u" belongs to the second
 * connection. Its protected host is the n-th address of ha. */
struct lab_child {
	const char *name;
	size_t host;
};
size_t lab_children(const struct lab_side *side, struct lab_child out[LAB_CHILDREN_MAX]);

/* Addresses as text. The gateway's on the wire, the n-th protected host's. */
void lab_outer(const struct lab_side *side, char out[LAB_ADDRESS]);
void lab_host(const struct lab_side *side, size_t n, char out[LAB_ADDRESS]);
/* The traffic selector of a side for a child; "" for transport mode. */
void lab_selector(const struct lab_side *side, const struct lab_child *child,
		  char out[LAB_ADDRESS]);

/* `ip -batch` files. node: ha, a, w, b, hb */
void lab_network(struct text *out);
void lab_node(struct text *out, const struct lab_scenario *s, const char *node);

/* strongSwan: strongswan.conf and swanctl.conf of one side. */
void lab_strongswan_conf(struct text *out, const struct lab_scenario *s,
			 const struct lab_side *side);
void lab_swanctl_conf(struct text *out, const struct lab_scenario *s,
		      const struct lab_side *side);
/* Libreswan: ipsec.conf and ipsec.secrets. A word of a proposal that is not
 * known is an error. */
bool lab_ipsec_conf(struct text *out, const struct lab_scenario *s,
		    const struct lab_side *side, struct err *e) MUST_CHECK;
void lab_ipsec_secrets(struct text *out, const struct lab_side *side);
/* Manual keys: `ip -batch` with states and policies of one side. */
bool lab_manual(struct text *out, const struct lab_scenario *s,
		const struct lab_side *side, struct err *e) MUST_CHECK;
/* An SA that nobody uses, of the scenario's algorithms: the kernel takes its time
 * to load them, which it can do while the daemons start. */
bool lab_warm(struct text *out, const struct lab_side *side, struct err *e) MUST_CHECK;

/* The guest's plan. */
void lab_plan(struct text *out, const struct lab_scenario *s);

/* One word of a proposal, in the three languages. NULL if there is none. */
struct lab_algorithm {
	const char *word;	/* strongSwan's: aes128gcm16 */
	const char *libreswan;	/* aes_gcm128; NULL: not there */
	char kind;		/* 'a'ead, 'e'ncryption, 'i'ntegrity, 'p'rf, 'g'roup */
	const char *kernel;	/* rfc4106(gcm(aes)); NULL: not for ESP */
	unsigned int key, icv;	/* octets of the kernel's key; bits of the ICV */
	const char *title;	/* as the table shows it: ENCR_AES_GCM_16-128 */
};
const struct lab_algorithm *lab_algorithm(const char *word, size_t n);
/* The row of a kernel's name, key octets and ICV bits. */
const struct lab_algorithm *lab_algorithm_kernel(const char *name, size_t key, size_t icv);

#endif
