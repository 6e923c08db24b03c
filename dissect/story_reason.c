/* SPDX-License-Identifier: BSD-2-Clause
 * What each error notification and each situation without one means in plain
 * words, what usually causes it, and what to look at: one row each. Names are
 * IANA's (IKEv1's differ by hyphens only); situations are the story's own words.
 * `means` completes "...: ", `cause` and `look` are sentences. */
#include "dissect/story_private.h"

struct reason_row {
	const char *name;
	bool child;		/* only where a CHILD SA was refused; such rows come first */
	struct story_advice advice;
};

static const struct reason_row rows[] = {
	/* ---- CHILD SAs ---- */
	{ "NO_PROPOSAL_CHOSEN", true, {
		"none of the offered sets of ESP or AH algorithms suits it",
		"The two ends have no ESP (or AH) suite in common: another cipher, key length or "
		"integrity algorithm, a PFS group that only one side asks for, or ESN on one side "
		"only. In IKE_AUTH no group is sent, so a PFS mismatch shows only at the first rekey.",
		"Compare esp_proposals (swanctl), esp= and phase2alg= (ipsec.conf) or the transform set "
		"of both ends with the offer in the story; the responder's log names what it wanted." } },
	{ "INVALID_KE_PAYLOAD", true, {
		"it wants another PFS group than the one whose value was sent",
		"The exchange's KE payload has a group that the responder does not prefer; the initiator "
		"may try again with the group that the answer names.",
		"If it is not tried again, set the same PFS group first on both ends." } },
	{ "INVALID_SYNTAX", true, {
		"it could not read the request",
		"One side's message is malformed, or it holds something that the other does not know.",
		"The findings of the frame, and both ends' versions." } },
	/* ---- RFC 7296 ---- */
	{ "NO_PROPOSAL_CHOSEN", false, {
		"none of the offered sets of IKE algorithms suits it",
		"The two ends have no IKE suite in common (cipher with its key length, PRF, integrity, "
		"Diffie-Hellman group); or the responder has no connection at all for this pair of "
		"addresses, which many implementations answer in the same way.",
		"Compare proposals (swanctl), ike= (ipsec.conf) or the IKE policy of both ends with the "
		"initiator's offer (ikat dissect shows it whole), then check that the responder has a "
		"connection for the two addresses." } },
	{ "AUTHENTICATION_FAILED", false, {
		"it does not believe that the other is who it says to be",
		"Different pre-shared keys; an identity that the other end does not expect, so that it "
		"finds no connection or no key for it; a certificate that it does not trust, that expired, "
		"or that does not hold the identity. The message does not say which, on purpose.",
		"The identities in the story (IDi, IDr) against the other end's remote and local identity, "
		"then the secret for just these two; with certificates the chain, dates and "
		"subjectAltName. The log of the end that refused names the reason." } },
	{ "TS_UNACCEPTABLE", false, {
		"the traffic selectors that were asked for do not meet those it has",
		"The subnets, protocols or ports of the two ends are no mirror images: another mask, local "
		"and remote exchanged, several subnets where the other takes one, a dynamic address "
		"that was not assigned, or transport mode asked for behind a NAT.",
		"Compare local_ts and remote_ts (swanctl), leftsubnet and rightsubnet (ipsec.conf) or the "
		"proxy IDs of both ends with what the story says was asked for: each has to be the other's mirror." } },
	{ "INVALID_KE_PAYLOAD", false, {
		"it does not take the Diffie-Hellman group whose value was sent",
		"The initiator guessed a group that the responder does not prefer. This is no error: "
		"the answer names the group, and the initiator begins again with it (RFC 7296, 1.3).",
		"To save the round trip put the group that both prefer first. If it was not tried again, "
		"the initiator does not offer the group that the responder wants." } },
	{ "UNSUPPORTED_CRITICAL_PAYLOAD", false, {
		"it does not know a payload that was marked as critical",
		"An extension that only one side knows, with the critical bit set.",
		"The payload type in the notification; switch that extension off." } },
	{ "INVALID_IKE_SPI", false, {
		"it does not know the SPIs of this IKE SA",
		"The two ends do not have the same SAs any more: one restarted or deleted the SA, and the "
		"other did not hear of it.",
		"Whether one end restarted; with INITIAL_CONTACT and liveness checks (DPD) they find together "
		"again." } },
	{ "INVALID_MAJOR_VERSION", false, {
		"it does not speak this version of IKE",
		"One end speaks IKEv1 only and the other IKEv2 only.",
		"Set the same version on both ends (version = 2 in swanctl.conf, ikev2=insist or "
		"keyexchange= in ipsec.conf)." } },
	{ "INVALID_SYNTAX", false, {
		"it could not read the message",
		"One side's message is malformed, or was changed on the way.",
		"The findings of the frame, and both ends' versions." } },
	{ "INVALID_MESSAGE_ID", false, {
		"the message ID is outside of its window",
		"The two ends disagree on which request is next, as after a restart from a saved state or a "
		"failover in a cluster.",
		"Whether a standby took over; RFC 6311 describes how clusters keep message IDs equal." } },
	{ "INVALID_SPI", false, {
		"it received ESP or AH with an SPI that it does not know",
		"One end deleted or never had the CHILD SA that the other still uses.",
		"Restarts and rekeys before this time; the SPI in the notification." } },
	{ "SINGLE_PAIR_REQUIRED", false, {
		"it takes one pair of addresses for each CHILD SA only",
		"The request asked for a range, the responder wants one SA for each pair.",
		"The policy of the responder; the initiator has to ask for the single pair of the packet." } },
	{ "NO_ADDITIONAL_SAS", false, {
		"it takes no further CHILD SA in this IKE SA",
		"The implementation allows one CHILD SA (or a certain number) for each IKE SA, and perhaps "
		"rekeys by making a new IKE SA.",
		"Give each subnet pair an IKE SA of its own, or put them into one CHILD SA." } },
	{ "INTERNAL_ADDRESS_FAILURE", false, {
		"it has no inner address to give",
		"The address pool is empty or not configured, or the address that was asked for is taken.",
		"The responder's pool and its leases." } },
	{ "FAILED_CP_REQUIRED", false, {
		"the other end must ask for an inner address, and did not",
		"The responder is set up for road warriors, the initiator asks for no virtual address.",
		"Ask for one (vips = 0.0.0.0 in swanctl.conf, leftsourceip=%config in ipsec.conf), or take the "
		"pool from the responder's connection." } },
	{ "INVALID_SELECTORS", false, {
		"a packet came through the SA that its selectors do not allow",
		"The sender puts traffic into an SA that was not negotiated for it: a policy that "
		"was changed on one end only.",
		"The beginning of the packet in the notification against the CHILD SA's selectors." } },
	{ "UNACCEPTABLE_ADDRESSES", false, {
		"it does not take the new addresses",
		"MOBIKE moved the SA to addresses that the other end's policy forbids.",
		"The other end's allowed remote addresses." } },
	{ "UNEXPECTED_NAT_DETECTED", false, {
		"a NAT changed the addresses although none was allowed",
		"NO_NATS_ALLOWED was sent, and a NAT stands between the ends (RFC 4555, 3.9).",
		"The path, or that setting." } },
	{ "TEMPORARY_FAILURE", false, {
		"it is busy with the same SA, the request should come again later",
		"Both ends rekey or delete the same SA at the same time (RFC 7296, 2.25).",
		"Nothing, if it happens once: the request is repeated after a while. Often: set rekey times "
		"apart on the two ends." } },
	{ "CHILD_SA_NOT_FOUND", false, {
		"it does not know the CHILD SA that should be rekeyed",
		"It was deleted or rekeyed at the same moment (RFC 7296, 2.25), or the ends do not have the same "
		"SAs any more.",
		"Deletes shortly before this frame." } },
	{ "STATE_NOT_FOUND", false, {
		"it does not know the exchange that this message continues",
		"Additional key exchanges (RFC 9370) took too long, or one end restarted in between.",
		"Times between the messages." } },
	{ "AUTHORIZATION_FAILED", false, {
		"it knows who the other is, but does not let it in",
		"A policy or a group membership is missing.",
		"The policy of the end that refused." } },
	/* ---- IKEv1 ---- */
	{ "INVALID_ID_INFORMATION", false, {
		"the identities, or in Quick Mode the subnets, are not those it expects",
		"In phase 1 an identity that the other end does not know; in Quick Mode subnets that are no "
		"mirror images of each other (IKEv1 names them by ID payloads).",
		"Both ends' identities and subnets." } },
	{ "INVALID_HASH_INFORMATION", false, {
		"the HASH does not verify",
		"In phase 1 with pre-shared keys: the keys differ. Later: the keys of the two ends do.",
		"The pre-shared key of both ends for just these two addresses." } },
	{ "PAYLOAD_MALFORMED", false, {
		"it could not read the message after decrypting it",
		"In Main Mode with pre-shared keys this is how different keys show: the key enters the "
		"encryption key, so that the third message decrypts to noise.",
		"The pre-shared key of both ends for just these two addresses." } },
	{ "INVALID_SIGNATURE", false, {
		"the signature does not verify", "Another key than the certificate's signed it.",
		"The private key and certificate of the signer." } },
	{ "INVALID_CERT_AUTHORITY", false, {
		"it does not trust the certificate's issuer", "The CA certificate is missing.",
		"The CA certificates of the end that refused." } },
	{ "INVALID_CERTIFICATE", false, {
		"the certificate is not valid", "It expired, was revoked or does not hold the identity.",
		"Dates, revocation and names of the certificate." } },
	{ "INVALID_COOKIE", false, {
		"it does not know this ISAKMP SA", "One end restarted, or deleted the SA unheard.",
		"Whether one end restarted." } },
	{ "INVALID_EXCHANGE_TYPE", false, {
		"it does not take this exchange", "Main Mode meets Aggressive Mode, or the other way.",
		"Set the same mode on both ends." } },
	/* ---- situations ---- */
	{ "no-answer", false, {
		"nobody answered",
		"The peer is down, does not listen, its address is wrong, or a firewall on the path drops UDP "
		"500; some peers keep silent instead of refusing.",
		"Whether the request arrives at the peer (capture there), UDP 500 and 4500 in every firewall of "
		"the path, and whether its daemon runs." } },
	{ "peer-dead", false, {
		"the peer stopped answering",
		"The peer went down, lost its state, changed its address, or the path broke; a NAT may "
		"have forgotten the connection.",
		"Whether the peer answers anything else, its restarts, and the NAT's timeout against the "
		"keepalives." } },
	{ "no-answer-auth", false, {
		"IKE_AUTH was not answered",
		"Its larger message did not get through: IP fragments are dropped on the path, or UDP 4500 is "
		"closed while UDP 500 is open. Some peers also keep silent when they cannot find a connection.",
		"Whether the request arrives whole (capture at the peer), UDP 4500 in every firewall; IKE "
		"fragmentation (RFC 7383) helps against dropped IP fragments." } },
	{ "refused-closed", false, {
		"the encrypted answer is so short that it can only be an error",
		"IKE_AUTH was refused; without the keys its reason cannot be read. Different pre-shared keys and "
		"unexpected identities are the most frequent ones.",
		"Give the IKE SA's keys (-k) to read the reason, or the log of the end that refused. charon "
		"writes keys with ike = 4 and chd = 4 in its filelog section, pluto with "
		"plutodebug=\"all private\"." } },
	{ "wrong-identity", false, {
		"the identities are not those it expects",
		"An identity that the other end does not expect, so that it finds no connection for it; or "
		"its configuration, with another secret, is not among what was given.",
		"The identities in the story (IDi, IDr) against the other end's remote and local identity; "
		"its log names the reason." } },
	{ "icmp-port", false, {
		"nobody listens on that port",
		"No IKE daemon runs (any more) at that address, or it listens on another address or port; a "
		"firewall's REJECT rule sends the same answer.",
		"Whether the daemon runs there and listens on UDP 500 and 4500 (ss -lun), and REJECT rules "
		"of the firewalls before it." } },
	{ "icmp-closed", false, {
		"a firewall forbids it", "A firewall on the path rejects UDP 500 or 4500, and says so.",
		"The rules of the firewall that answered." } },
	{ "icmp-route", false, {
		"no way leads there",
		"The address is wrong, its host is off, or a route is missing at the router that answered; "
		"some firewalls reject so too.",
		"The address, and the routes of the router that answered." } },
	{ "closed", false, {
		"nobody here can read it", NULL,
		"Give keys of the IKE SA (-k): SKEYSEED, the DH secret, or SK_ei and SK_er. charon logs them with "
		"ike = 4 and chd = 4 in its filelog section, pluto with plutodebug=\"all private\"; "
		"ip xfrm state has those of ESP only." } },
	{ "wrong-psk", false, {
		"the pre-shared keys differ",
		"The two ends do not have the same pre-shared key for each other: a typing error, an invisible "
		"character or other quoting, or another entry of the secrets that fits too. In IKEv1 the key "
		"enters the encryption key, so that each side decrypts the other's messages to noise.",
		"The pre-shared key of both ends for just these two addresses." } },
	{ "retry", false, {
		"it went well at the second try", NULL, NULL } },
	{ "one-way", false, {
		"ESP goes in one direction only",
		"The other end does not answer inside of the tunnel, sends the answers around it (routing, "
		"policy, NAT before IPsec), or a firewall drops ESP in that direction; UDP with "
		"one-way traffic looks the same.",
		"Whether packets leave the silent end (capture there, before and after IPsec), its routes and "
		"policies, and the firewall's rule for ESP or UDP 4500." } },
	{ "no-traffic", false, {
		"no packet uses it",
		"No traffic was sent that its selectors match, routes lead elsewhere, or ESP is dropped before "
		"this place of capture.",
		"Counters of the SAs on both ends; the firewall's rule for ESP or UDP 4500." } },
};

static char plain(char c)
{
	return c == '-' ? '_' : c;
}

static bool same_name(const char *a, const char *b)
{
	for (; *a && plain(*a) == plain(*b); a++)
		b++;
	return !*a && !*b;
}

const struct story_advice *story_advice_find(const char *name, bool in_child)
{
	if (!name)
		return NULL;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (same_name(rows[i].name, name) && (!rows[i].child || in_child))
			return &rows[i].advice;
	return NULL;
}
