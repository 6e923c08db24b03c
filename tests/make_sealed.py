#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Protected packets for the tests of ESP and AH, made without ikat: put together
here, sealed with pyca/cryptography and hmac, and what scapy's IPsec layer can
open is opened by it once more. Run by hand, never by the build:

    tests/make_sealed.py > ipsec/wire/sealed_testing.h
"""
import hmac
import ipaddress
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6
from scapy.layers.ipsec import AH, ESP, SecurityAssociation

GCM_KEY, SALT = bytes(range(16)), bytes.fromhex("a0a1a2a3")
GCM_KEY2 = bytes(range(64, 80))
CBC_KEY, MAC_KEY = bytes(range(16, 32)), bytes(range(32, 64))
AH_KEY = bytes(range(128, 160))
V4 = ("192.0.2.1", "192.0.2.2")
V6 = ("2001:db8::1", "2001:db8::2")


def packed(address):
    return ipaddress.ip_address(address).packed


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~((total & 0xffff) + (total >> 16)) & 0xffff


def ipv4(protocol, payload, src=V4[0], dst=V4[1], ttl=64, tos=0, flags=0, options=b""):
    head = struct.pack("!BBHHHBBH4s4s", 0x45 + len(options) // 4, tos,
                       20 + len(options) + len(payload), 7, flags, ttl, protocol, 0, packed(src),
                       packed(dst)) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(next_header, payload, src=V6[0], dst=V6[1], hops=64, traffic_class=0, flow=0):
    return struct.pack("!IHBB", 6 << 28 | traffic_class << 20 | flow, len(payload), next_header,
                       hops) + packed(src) + packed(dst) + payload


def ping(sequence=1, data=b"abcdefgh"):
    message = struct.pack("!BBHHH", 8, 0, 0, 0x4711, sequence) + data
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:]


TUNNELLED = ipv4(1, ping(), "10.1.0.10", "10.2.0.10")


def pseudo(protocol, payload, src, dst):
    a, b = packed(src), packed(dst)
    return a + b + struct.pack("!II", len(payload), protocol) + payload


def udp(src, dst, data=b"datagram", sport=1000, dport=2000, wrong=0):
    head = struct.pack("!HHHH", sport, dport, 8 + len(data), 0)
    total = checksum(pseudo(17, head + data, src, dst)) ^ wrong
    return head[:6] + struct.pack("!H", total) + data


def tcp(src, dst, data=b"segment", wrong=0):
    head = struct.pack("!HHIIBBHHH", 1000, 80, 1, 1, 0x50, 0x18, 1024, 0, 0)
    total = checksum(pseudo(6, head + data, src, dst)) ^ wrong
    return head[:16] + struct.pack("!H", total) + head[18:] + data


def icmp6(src, dst, wrong=0):
    message = struct.pack("!BBHHH", 128, 0, 0, 0x4711, 1) + b"abcdefgh"
    total = checksum(pseudo(58, message, src, dst)) ^ wrong
    return message[:2] + struct.pack("!H", total) + message[4:]


def plaintext(payload, next_header, block, padding=None, pad_length=None):
    if padding is None:
        padding = bytes(range(1, 1 + -(len(payload) + 2) % block))
    if pad_length is None:
        pad_length = len(padding)
    return payload + padding + bytes([pad_length, next_header])


def halves(sequence, esn):
    return struct.pack("!I", sequence & 0xffffffff), struct.pack("!I", sequence >> 32) if esn else b""


def gcm(spi, sequence, payload, next_header, esn=False, key=GCM_KEY, **trailer):
    low, high = halves(sequence, esn)
    iv = struct.pack("!Q", sequence + 0x1000)
    sealed = AESGCM(key).encrypt(SALT + iv, plaintext(payload, next_header, 4, **trailer),
                                 struct.pack("!I", spi) + high + low)
    return struct.pack("!I", spi) + low + iv + sealed


def cbc(spi, sequence, payload, next_header, esn=False, **trailer):
    low, high = halves(sequence, esn)
    iv = hmac.digest(b"iv", struct.pack("!Q", sequence), "md5")
    box = Cipher(algorithms.AES(CBC_KEY), modes.CBC(iv)).encryptor()
    body = struct.pack("!I", spi) + low + iv + box.update(
        plaintext(payload, next_header, 16, **trailer))
    return body + hmac.digest(MAC_KEY, body + high, "sha256")[:16]


def null(spi, sequence, payload, next_header, icv=16, iv=b"", **trailer):
    body = struct.pack("!II", spi, sequence) + iv + plaintext(payload, next_header, 4, **trailer)
    return body + hmac.digest(MAC_KEY, body, "sha256")[:icv]


def ah(spi, sequence, payload, next_header, esn=False, version=4, reserved=0):
    """The header with its ICV zero, and the octets that ESN appends."""
    low, high = halves(sequence, esn)
    pad = 4 if version == 6 else 0      # RFC 4302, 2.6: a multiple of 8 octets in IPv6
    size = 12 + 16 + pad
    return struct.pack("!BBHI", next_header, size // 4 - 2, reserved, spi) + low + bytes(
        16 + pad) + payload, high


def ah_seal(cleared, packet, at, high=b""):
    """packet with the ICV over `cleared`, the same with mutable fields zero."""
    assert len(cleared) == len(packet) and cleared[at:] == packet[at:]
    icv = hmac.digest(AH_KEY, cleared + high, "sha256")[:16]
    return packet[:at + 12] + icv + packet[at + 28:]


def ah4(spi, sequence, payload, next_header, esn=False, options=b"", zeroed=b"", arrives=V4[1],
        sent=V4[1], reserved=0, **fields):
    body, high = ah(spi, sequence, payload, next_header, esn, reserved=reserved)
    cleared = bytearray(ipv4(51, body, dst=arrives, options=zeroed, ttl=0))
    cleared[10:12] = b"\0\0"
    return ah_seal(bytes(cleared), ipv4(51, body, dst=sent, options=options, **fields),
                   20 + len(options), high)


def ah6(extension, zeroed, first, arrives=V6[1], sent=V6[1], **fields):
    body, high = ah(0x3006, 1, ping6(), 58, version=6)
    return ah_seal(ipv6(first, zeroed + body, dst=arrives, hops=0),
                   ipv6(first, extension + body, dst=sent, **fields), 40 + len(extension), high)


def ping6():
    return struct.pack("!BBHHH", 128, 0, 0xffff, 0x4711, 1) + b"abcdefgh"


def flip(packet, at):
    at %= len(packet)
    return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1:]


def routing0(left, addresses):
    return bytes([51, 2 * len(addresses), 0, left, 0, 0, 0, 0]) + b"".join(map(packed, addresses))


PACKETS = {}


def add(name, packet, check=None):
    PACKETS[name] = packet
    if check:
        check.decrypt((IP if packet[0] >> 4 == 4 else IPv6)(packet), verify=True)


def scapy_gcm(spi, esn=None):
    return SecurityAssociation(ESP, spi=spi, crypt_algo="AES-GCM", crypt_key=GCM_KEY + SALT,
                               esn_en=esn is not None, esn=esn or 0)


def scapy_cbc(spi):
    return SecurityAssociation(ESP, spi=spi, crypt_algo="AES-CBC", crypt_key=CBC_KEY,
                               auth_algo="SHA2-256-128", auth_key=MAC_KEY)


def scapy_ah(spi):
    return SecurityAssociation(AH, spi=spi, auth_algo="SHA2-256-128", auth_key=AH_KEY)


def esp_packets():
    for n in (1, 2, 3, 6, 100, 500):
        add(f"gcm {n}", ipv4(50, gcm(0x1000, n, ping(n), 1)), scapy_gcm(0x1000))
    add("gcm 100 bad", flip(ipv4(50, gcm(0x1000, 100, ping(100), 1)), -1))
    add("gcm 7 second key", ipv4(50, gcm(0x1000, 7, ping(7), 1, key=GCM_KEY2)))
    add("gcm unknown", ipv4(50, gcm(0xdead, 1, ping(), 1)), scapy_gcm(0xdead))
    # ESN across 2^32: what the wire shows is the low half only.
    for n in (0x7ffffff0, 0xfffffff0, 0xfffffffe, 0xffffffff, 0x100000000, 0x100000001,
              0x100000007, 0x300000005):
        add(f"gcm esn {n:x}", ipv4(50, gcm(0x1001, n, ping(), 1, esn=True)),
            scapy_gcm(0x1001, n >> 32))
        # scapy 2.5 leaves the high half out of a separate ICV (RFC 4303, 2.2.1): no check.
        add(f"cbc esn {n:x}", ipv4(50, cbc(0x1003, n, ping(), 1, esn=True)))
    add("cbc", ipv4(50, cbc(0x1002, 1, TUNNELLED, 4)), scapy_cbc(0x1002))
    add("cbc bad", flip(ipv4(50, cbc(0x1002, 1, TUNNELLED, 4)), -1))
    add("cbc unaligned", ipv4(50, flip(cbc(0x1002, 1, TUNNELLED, 4), -1)[:-1]))
    add("null", ipv4(50, null(0x1004, 1, ping(), 1)))
    add("null nested", ipv4(50, null(0x1004, 1, gcm(0x1000, 1, ping(1), 1), 50)))
    add("tunnel nested", ipv4(50, cbc(0x1002, 1, ipv4(50, gcm(0x1000, 1, ping(1), 1)), 4)))
    add("nested bad", ipv4(50, cbc(0x1002, 1, flip(ipv4(50, gcm(0x1000, 1, ping(1), 1)), -1), 4)))
    add("dummy", ipv4(50, gcm(0x1000, 1, b"nothing", 59)))
    add("tfc", ipv4(50, cbc(0x1002, 1, TUNNELLED + b"\xaa" * 50, 4)))
    add("tfc ipv6", ipv4(50, cbc(0x1002, 1, ipv6(58, ping6()) + bytes(100), 41)))
    add("bad padding", ipv4(50, gcm(0x1000, 1, ping(), 1, padding=bytes([1, 2, 4, 4, 5, 6]))))
    add("most padding", ipv4(50, gcm(0x1000, 1, ping(data=b"abcdefghx"), 1, padding=bytes(range(1, 256)))))
    add("pad length", ipv4(50, gcm(0x1000, 1, b"", 1, padding=b"\1\2", pad_length=3)))
    add("no trailer", ipv4(50, struct.pack("!II", 0x1000, 1) + bytes(8) + AESGCM(GCM_KEY).encrypt(
        SALT + bytes(8), b"x", struct.pack("!II", 0x1000, 1))))
    add("empty", ipv4(50, struct.pack("!II", 0x1000, 1) + bytes(8) + AESGCM(GCM_KEY).encrypt(
        SALT + bytes(8), b"", struct.pack("!II", 0x1000, 1))))
    add("tunnel with tcp", ipv4(50, gcm(0x1005, 1, ping(), 6)))
    add("spi 0", ipv4(50, gcm(0, 1, ping(), 1)))
    add("spi 255", ipv4(50, gcm(255, 1, ping(), 1)))
    add("too short", ipv4(50, struct.pack("!II", 0x1000, 9) + bytes(23)))
    add("header cut", ipv4(50, struct.pack("!I", 0x1000) + bytes(3)))


def in_udp(payload, **fields):
    """ESP in UDP (RFC 3948): from behind a NAT, no checksum."""
    return ipv4(17, struct.pack("!HHHH", 40000, 4500, 8 + len(payload), 0) + payload, **fields)


def beet_packets():
    """What Linux puts behind the header of 94: next header, units of 8 octets behind the
    first, padding, reserved; NOPs; the options of the inner header."""
    inner = "10.9.0.1", "10.9.0.2"
    alert = bytes([148, 4, 0, 0])
    add("beet", ipv4(50, gcm(0x1007, 1, udp(*inner), 17)), scapy_gcm(0x1007))
    add("beet tcp", ipv4(50, gcm(0x1007, 2, tcp(*inner), 6)), scapy_gcm(0x1007))
    add("beet 4", ipv4(50, gcm(0x1000, 1, bytes([17, 0, 0, 0]) + alert + udp(*inner), 94)))
    add("beet 8", ipv4(50, gcm(0x1000, 1, bytes([17, 1, 4, 0, 1, 1, 1, 1]) + alert * 2 +
                               udp(*inner), 94)))
    add("beet 40", ipv4(50, gcm(0x1007, 3, bytes([1, 5, 4, 0, 1, 1, 1, 1]) + alert * 10 + ping(),
                                94)))
    add("beet 44", ipv4(50, gcm(0x1007, 3, bytes([1, 5, 0, 0]) + alert * 11 + ping(), 94)))
    add("beet pad 3", ipv4(50, gcm(0x1007, 3, bytes([1, 0, 3, 0]) + alert + ping(), 94)))
    add("beet short", ipv4(50, gcm(0x1007, 3, bytes([1, 5, 0, 0]) + alert, 94)))
    add("beet in a tunnel", ipv4(50, gcm(0x1005, 3, bytes([1, 0, 0, 0]) + alert + ping(), 94)))


def sum_packets():
    """Upper layers with right and wrong checksums, in tunnels and transport mode."""
    inner, inner6 = ("10.1.0.10", "10.2.0.10"), ("2001:db8:1::1", "2001:db8:2::1")
    for name, wrong in (("", 0), (" wrong", 1)):
        add("tunnel tcp" + name, ipv4(50, gcm(0x1000, 1, ipv4(6, tcp(*inner, wrong=wrong), *inner),
                                              4)), scapy_gcm(0x1000))
        add("tunnel udp" + name, ipv4(50, gcm(0x1000, 1, ipv4(17, udp(*inner, wrong=wrong), *inner),
                                              4)), scapy_gcm(0x1000))
        add("tunnel udp6" + name, ipv4(50, gcm(0x1000, 1, ipv6(
            17, udp(*inner6, wrong=wrong), *inner6), 41)), scapy_gcm(0x1000))
        add("tunnel icmp6" + name, ipv4(50, gcm(0x1000, 1, ipv6(
            58, icmp6(*inner6, wrong=wrong), *inner6), 41)), scapy_gcm(0x1000))
        add("tunnel natt tcp" + name, in_udp(gcm(0x1000, 1, ipv4(6, tcp(*inner, wrong=wrong),
                                                                 *inner), 4)))
        add("transport tcp" + name, ipv4(50, gcm(0x1000, 1, tcp(*V4, wrong=wrong), 6)),
            scapy_gcm(0x1000))
        add("transport icmp" + name, ipv4(50, gcm(0x1000, 1, flip(ping(), -1) if wrong else ping(),
                                                  1)))
        add("ah tcp" + name, ah4(0x3000, 1, tcp(*V4, wrong=wrong), 6))
    # Behind a NAT: the checksum is that of the sender's own address.
    add("transport natt tcp", in_udp(gcm(0x1000, 1, tcp("192.168.0.2", V4[1]), 6)))
    add("transport natt udp", in_udp(gcm(0x1000, 1, udp("192.168.0.2", V4[1]), 17)))
    add("tunnel udp zero", ipv4(50, gcm(0x1000, 1, ipv4(17, struct.pack(
        "!HHHH", 1, 2, 10, 0) + b"hi", *inner), 4)))


def null_packets():
    """ESP-NULL of SAs that no key row knows, with each size of the ICV."""
    inner, inner6 = ("10.1.0.10", "10.2.0.10"), ("2001:db8:1::1", "2001:db8:2::1")
    gmac = {"icv": 16, "iv": bytes(range(8))}
    for icv in (12, 16, 24, 32):
        add(f"guess ipv4 {icv}", ipv4(50, null(0x2000 + icv, 1, TUNNELLED, 4, icv)))
        add(f"guess udp {icv}", ipv4(50, null(0x2100 + icv, 1, udp(*V4), 17, icv)))
        add(f"guess icmp {icv}", ipv4(50, null(0x2200 + icv, 1, ping(), 1, icv)))
        add(f"guess tcp {icv}", ipv4(50, null(0x2300 + icv, 1, tcp(*V4), 6, icv)))
        add(f"guess ipv6 {icv}", ipv4(50, null(0x2400 + icv, 1, ipv6(
            17, udp(*inner6), *inner6), 41, icv)))
    add("guess ipv4 gmac", ipv4(50, null(0x2001, 1, TUNNELLED, 4, **gmac)))
    add("guess tcp gmac", ipv4(50, null(0x2002, 1, tcp(*V4), 6, **gmac)))
    add("guess natt", in_udp(null(0x2003, 1, ipv4(6, tcp(*inner), *inner), 4)))
    add("guess tfc", ipv4(50, null(0x2004, 1, TUNNELLED + bytes(40), 4)))
    # Signs too weak for one packet: no checksum, no padding.
    for n in (1, 2, 3):
        add(f"guess weak {n}", ipv4(50, null(0x2005, n, struct.pack(
            "!HHHH", 1, 2, 10, 0) + b"h%d" % n, 17)))
    add("guess other", ipv4(50, null(0x2005, 4, bytes(10), 89)))
    add("guess bad sum", ipv4(50, null(0x2006, 1, udp(*V4, wrong=1), 17)))
    add("guess bad padding", ipv4(50, null(0x2007, 1, TUNNELLED, 4, padding=b"\1\2\4\4\5\6")))
    for n in range(1, 13):
        add(f"guess encrypted {n}", ipv4(50, gcm(0x2008, n, TUNNELLED, 4)))


def ah_packets():
    check = scapy_ah(0x3000)
    add("ah", ah4(0x3000, 1, ping(), 1), check)
    add("ah on its way", ah4(0x3000, 1, ping(), 1, ttl=3, tos=0xb9, flags=0x4000), check)
    add("ah payload changed", flip(ah4(0x3000, 1, ping(), 1), -1))
    add("ah source changed", flip(ah4(0x3000, 1, ping(), 1), 15))
    add("ah id changed", flip(ah4(0x3000, 1, ping(), 1), 5))
    add("ah reserved", ah4(0x3000, 1, ping(), 1, reserved=1))
    add("ah esn 1", ah4(0x3001, 1, ping(), 1, esn=True))
    add("ah esn 300000005", ah4(0x3001, 0x300000005, ping(), 1, esn=True))
    add("ah tunnel", ah4(0x3000, 1, TUNNELLED, 4), check)
    add("ah esp", ah4(0x3000, 1, gcm(0x1000, 1, ping(1), 1), 50), check)
    add("ah unknown", ah4(0x3333, 1, ping(), 1))
    add("ah short", ah4(0x3000, 1, b"", 1)[:-4])

    alert, record = bytes([148, 4, 0, 0]), bytes([7, 7, 8]) + packed("203.0.113.9") + bytes([1])
    options = ah4(0x3000, 1, ping(), 1, options=alert + record, zeroed=alert + bytes(7) + b"\1")
    add("ah options", options, check)
    add("ah mutable option", flip(options, 20 + 4 + 5))
    add("ah immutable option", flip(options, 20 + 3))
    # An option whose length passes the header's end: all of it counts as zeros.
    add("ah broken option", ah4(0x3000, 1, ping(), 1, options=alert + bytes([7, 9, 4, 0]),
                                zeroed=alert + bytes(4)))
    # Loose source route, one hop to go: the list's end is where it will arrive.
    route = bytes([131, 11, 8]) + packed("198.51.100.7") + packed(V4[1]) + bytes([0])
    add("ah source route", ah4(0x3000, 1, ping(), 1, options=route, zeroed=bytes(12),
                               sent="198.51.100.8"))
    arrived = bytes([131, 11, 12]) + packed("198.51.100.7") + packed("198.51.100.8") + bytes([0])
    add("ah source route arrived", ah4(0x3000, 1, ping(), 1, options=arrived, zeroed=bytes(12)))

    check = scapy_ah(0x3006)
    add("ah6", ah6(b"", b"", 51))
    add("ah6 on its way", ah6(b"", b"", 51, hops=3, traffic_class=0xb9, flow=0xabcde))
    fixed, changing = bytes([0x1e, 2, 5, 6]), bytes([0x3e, 4, 1, 2, 3, 4])
    hop = bytes([51, 1]) + fixed + changing + bytes([1, 2, 0, 0])
    hop_zeroed = bytes([51, 1]) + fixed + bytes([0x3e, 4, 0, 0, 0, 0, 1, 2, 0, 0])
    add("ah6 options", ah6(hop, hop_zeroed, 0))
    add("ah6 mutable option", flip(ah6(hop, hop_zeroed, 0), 40 + 9))
    add("ah6 immutable option", flip(ah6(hop, hop_zeroed, 0), 40 + 5))
    # Sent to the first of three stops; what arrives is what the ICV covers.
    arrives = routing0(0, ["2001:db8::a", "2001:db8::b", "2001:db8::c"])
    for left, sent, stops in ((3, "a", "bc2"), (2, "b", "ac2"), (1, "c", "ab2"), (0, "2", "abc")):
        add(f"ah6 route {left}", ah6(
            routing0(left, ["2001:db8::" + x for x in stops]), arrives, 43, sent="2001:db8::" + sent))
    add("ah6 route wrong", ah6(routing0(9, ["2001:db8::" + x for x in "bc2"]), arrives, 43,
                               sent="2001:db8::a"))


esp_packets()
ah_packets()
beet_packets()
sum_packets()
null_packets()
print("""/* SPDX-License-Identifier: BSD-2-Clause
 * Protected packets made by tests/make_sealed.py (pyca/cryptography, checked with
 * scapy where it can), which also says what is in each. Raw IP. */
#ifndef IKAT_WIRE_SEALED_TESTING_H
#define IKAT_WIRE_SEALED_TESTING_H

struct sealed {
	const char *name, *hex;
};

static const struct sealed sealed_packets[] = {""")
for label, octets in PACKETS.items():
    text = octets.hex()
    lines = [text[i:i + 80] for i in range(0, len(text), 80)]
    print(f'\t{{ "{label}",')
    print("\n".join(f'\t  "{line}"' for line in lines) + " },")
print("};\n\n#endif")
