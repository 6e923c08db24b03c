/* SPDX-License-Identifier: BSD-2-Clause
 * Frames from interfaces through libpcap: opening, waiting, statistics, and the
 * list of interfaces. */
#include "dissect/capture_private.h"

#include <netinet/in.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/socket.h>

enum {
	RING_OCTETS = 8 * 1024 * 1024,
	LOOK_EVERY = 64,	/* frames: looks for the end in between, when there is no need to wait */
	SELECT_MS = 50,		/* where there is no descriptor to wait for */
};

static bool set_up(struct capture *c, const struct capture_options *o, struct err *e)
{
	pcap_set_snaplen(c->pcap, o->snaplen ? (int)o->snaplen : CAPTURE_OCTETS_MAX);
	pcap_set_promisc(c->pcap, o->promiscuous);
	pcap_set_immediate_mode(c->pcap, 1);
	pcap_set_buffer_size(c->pcap, RING_OCTETS);
	pcap_set_tstamp_precision(c->pcap, PCAP_TSTAMP_PRECISION_NANO);
	int status = pcap_activate(c->pcap);
	if (status < 0) {
		const char *what = pcap_statustostr(status), *more = pcap_geterr(c->pcap);
		bool same = !*more || strcmp(what, more) == 0;
		return err_set(e, "%s: %s%s%s%s", c->name, what, same ? "" : " (",
			       same ? "" : more, same ? "" : ")");
	}
	char why[PCAP_ERRBUF_SIZE] = "";
	if (pcap_setnonblock(c->pcap, 1, why) != 0)
		return err_set(e, "%s: %s", c->name, why);
	c->link = pcap_datalink(c->pcap);
	return true;
}

struct capture *capture_open_interface(const char *name, const struct capture_options *o,
				       struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	struct capture *c = capture_new(name);
	c->live = true;
	c->wait = o->wait;
	c->pcap = pcap_create(name, why);
	if (!c->pcap)
		err_set(e, "%s: %s", name, why);
	else if (set_up(c, o, e) && capture_filter(c, o, e))
		return c;
	capture_close(c);
	return NULL;
}

int capture_live_next(struct capture *c, struct pcap_pkthdr **h, const uint8_t **octets)
{
	if (c->frames % LOOK_EVERY == 0 && !capture_wait_for(c->wait, -1, 0))
		return PCAP_ERROR_BREAK;
	for (;;) {
		int status = pcap_next_ex(c->pcap, h, octets);
		c->frames += status == 1;
		if (status != 0)
			return status;
		int fd = pcap_get_selectable_fd(c->pcap);
		if (!capture_wait_for(c->wait, fd, fd < 0 ? SELECT_MS : -1))
			return PCAP_ERROR_BREAK;
	}
}

bool capture_stats(const struct capture *c, struct capture_stats *s)
{
	struct pcap_stat p;
	if (!c->live || pcap_stats(c->pcap, &p) != 0)
		return false;
	*s = (struct capture_stats){ p.ps_recv, p.ps_drop, p.ps_ifdrop };
	return true;
}

/* ---- the list ---- */

static void list_flags(struct text *t, unsigned flags)
{
	static const struct { unsigned flag; const char *word; } words[] = {
		{ PCAP_IF_UP, "up" }, { PCAP_IF_RUNNING, "running" },
		{ PCAP_IF_LOOPBACK, "loopback" }, { PCAP_IF_WIRELESS, "wireless" },
	};
	const char *comma = "";
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!(flags & words[i].flag))
			continue;
		text_add(t, comma);
		text_add(t, words[i].word);
		comma = ",";
	}
}

static void list_addresses(struct text *t, const pcap_addr_t *a)
{
	const char *comma = "";
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	for (; a; a = a->next) {
		if (!a->addr || (a->addr->sa_family != AF_INET && a->addr->sa_family != AF_INET6))
			continue;
		text_add(t, comma);
		comma = ",";
		if (a->addr->sa_family == AF_INET) {
			memcpy(&in, a->addr, sizeof in);
			text_ipv4(t, (const uint8_t *)&in.sin_addr);
		} else {
			memcpy(&in6, a->addr, sizeof in6);
			text_ipv6(t, in6.sin6_addr.s6_addr);
		}
	}
}

bool capture_list_interfaces(struct text *out, struct err *e)
{
	char why[PCAP_ERRBUF_SIZE] = "";
	pcap_if_t *all;
	if (pcap_findalldevs(&all, why) != 0)
		return err_set(e, "interfaces: %s", why);
	for (const pcap_if_t *i = all; i; i = i->next) {
		text_add(out, i->name);
		text_char(out, '\t');
		list_flags(out, i->flags);
		text_char(out, '\t');
		list_addresses(out, i->addresses);
		text_char(out, '\t');
		text_escape(out, span_text(i->description ? i->description : ""));
		text_char(out, '\n');
	}
	pcap_freealldevs(all);
	return true;
}
