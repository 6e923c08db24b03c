/* SPDX-License-Identifier: BSD-2-Clause
 * Sends frames of a capture once more, as an attacker on the path would: as they
 * were, or altered. Runs inside the guest, where it can reach nothing else. */
#include <errno.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conformance/lab/lab_private.h"
#include "dissect/capture.h"
#include "ipsec/base/reader.h"

enum { FRAMES = 3, ETHERNET = 14 };

struct injection {
	const char *kind;
	int socket;
	struct sockaddr_ll to;
	size_t sent;
};

/* Where ESP begins in a frame over IPv4 or IPv6; 0 if it is something else. */
static size_t esp_offset(struct span f)
{
	struct reader r = reader_of(f);
	read_span(&r, 12);
	uint16_t type = read_u16(&r);
	uint8_t first = read_u8(&r);
	read_span(&r, type == 0x0800 ? 8 : 5);
	uint8_t next = read_u8(&r);
	size_t header = type == 0x0800 ? (size_t)(first & 15) * 4 : 40;
	if (r.bad || next != 50 || (type != 0x0800 && type != 0x86dd) ||
	    f.n < ETHERNET + header + 16)
		return 0;
	return ETHERNET + header;
}

/* A shorter IPv4 packet: its length and its checksum made right (RFC 791, 3.1). */
static void shorten(uint8_t *ip, size_t header, size_t length)
{
	uint32_t sum = 0;
	ip[2] = (uint8_t)(length >> 8);
	ip[3] = (uint8_t)length;
	ip[10] = ip[11] = 0;
	for (size_t i = 0; i < header; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
}

/* A forgery has a sequence number that was not seen yet, or the kernel would
 * call it a replay and never look at its ICV. */
static bool send_frame(struct injection *j, struct span f, size_t esp)
{
	uint8_t copy[2048];
	size_t n = f.n < sizeof copy ? f.n : sizeof copy;
	memcpy(copy, f.p, n);
	if (!lab_is(j->kind, "replay"))
		copy[esp + 6] ^= 1;
	if (lab_is(j->kind, "corrupt"))
		copy[n - 1] ^= 1;
	else if (lab_is(j->kind, "unknown"))
		copy[esp] ^= 0x5a;
	else if (lab_is(j->kind, "truncate") && copy[12] == 8 && copy[13] == 0) {
		n = esp + 12;
		shorten(copy + ETHERNET, esp - ETHERNET, n - ETHERNET);
	}
	j->sent++;
	return sendto(j->socket, copy, n, 0, (const struct sockaddr *)&j->to, sizeof j->to) == (ssize_t)n;
}

/* The first frames that a sent: the same SPI as the first of all. */
static bool send_all(struct injection *j, const char *path, struct err *e)
{
	struct frame f;
	uint8_t spi[4] = { 0 };
	struct capture *c = capture_open(path, e);
	bool good = c != NULL;
	while (good && j->sent < FRAMES && capture_next(c, &f, e) == CAPTURE_FRAME) {
		size_t at = esp_offset(f.octets);
		if (!at)
			continue;
		if (j->sent == 0)
			memcpy(spi, f.octets.p + at, sizeof spi);
		if (memcmp(spi, f.octets.p + at, sizeof spi) == 0 && !send_frame(j, f.octets, at))
			good = err_set(e, "sendto: %s", strerror(errno));
	}
	capture_close(c);
	return good && (j->sent > 0 || err_set(e, "%s holds no ESP packet", path));
}

int lab_inject(int argc, char **argv)
{
	struct err e = { 0 };
	if (argc != 4) {
		fprintf(stderr, "usage: ikat lab inject replay|corrupt|unknown|truncate DEVICE FILE\n");
		return 2;
	}
	struct injection j = { .kind = argv[1], .socket = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) };
	j.to = (struct sockaddr_ll){ .sll_family = AF_PACKET, .sll_halen = 6,
				     .sll_ifindex = (int)if_nametoindex(argv[2]) };
	bool good = j.socket >= 0 || err_set(&e, "packet socket: %s", strerror(errno));
	good = good && (j.to.sll_ifindex > 0 || err_set(&e, "no device %s", argv[2])) &&
	       send_all(&j, argv[3], &e);
	if (j.socket >= 0)
		close(j.socket);
	if (!good)
		fprintf(stderr, "ikat lab inject: %s\n", e.text);
	return good ? 0 : 2;
}
