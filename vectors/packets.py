# SPDX-License-Identifier: BSD-2-Clause
"""Whole ESP and AH packets, built from RFC 4303, 4302 and 3948 on the second
implementations of second.py. Used by make_vectors.py, never by the build."""
import ipaddress
import struct

import second

UDP_4500 = struct.pack("!HH", 4500, 4500)
V4 = ("192.0.2.1", "192.0.2.2", "10.1.0.10", "10.2.0.10")
V6 = ("2001:db8::1", "2001:db8::2", "2001:db8:1::10", "2001:db8:2::10")


def octets(label, n):
    """n octets that depend on the label only."""
    out = b""
    while len(out) < n:
        out += second.SHA256.new(f"ikat {label} {len(out)}".encode()).digest()
    return out[:n]


def checksum(data):
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ipv4(src, dst, protocol, payload, options=b"", ttl=64, tos=0, ident=0x1234, flags=0x4000):
    options += bytes(-len(options) % 4)
    size = 20 + len(options)
    head = struct.pack("!BBHHHBBH4s4s", 0x40 | size // 4, tos, size + len(payload), ident, flags,
                       ttl, protocol, 0, ipaddress.ip_address(src).packed,
                       ipaddress.ip_address(dst).packed) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(src, dst, protocol, payload, hops=64, tclass=0, flow=0):
    return struct.pack("!IHBB16s16s", 6 << 28 | tclass << 20 | flow, len(payload), protocol, hops,
                       ipaddress.ip_address(src).packed,
                       ipaddress.ip_address(dst).packed) + payload


def udp(src, dst, payload, sport=40000, dport=9, version=4):
    body = struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload
    pseudo = ipaddress.ip_address(src).packed + ipaddress.ip_address(dst).packed
    pseudo += struct.pack("!BBH", 0, 17, len(body)) if version == 4 else \
        struct.pack("!II", len(body), 17)
    return body[:6] + struct.pack("!H", checksum(pseudo + body) or 0xffff) + body[8:]


def inner(version, mode, data):
    """(next header, payload) of a UDP datagram in tunnel or transport mode."""
    out_src, out_dst, in_src, in_dst = V4 if version == 4 else V6
    if mode == "transport":
        return 17, udp(out_src, out_dst, data, version=version)
    datagram = udp(in_src, in_dst, data, version=version)
    if version == 4:
        return 4, ipv4(in_src, in_dst, 17, datagram)
    return 41, ipv6(in_src, in_dst, 17, datagram)


class Esp:
    """One packet; the members become columns of esp.csv."""

    def __init__(self, encr, bits, integ, version=4, mode="tunnel", **more):
        self.encr, self.integ = second.ENCR[encr], second.INTEG.get(integ)
        self.version, self.mode = version, mode
        label = f"esp {encr} {bits} {integ}"
        self.encr_key = octets(label + " key", bits // 8 + self.encr.salt)
        self.integ_key = octets(label + " auth", self.integ.key) if self.integ else b""
        self.spi, self.seq, self.seq_high = 0xc0de0000 | bits, 7, None
        self.encap, self.tfc, self.padding, self.data = False, 0, "good", bytes(range(40))
        self.extra_padding, self.next_header, self.payload = 0, None, None
        self.__dict__.update(more)
        if self.payload is None:
            self.next_header, self.payload = inner(version, mode, self.data)

    def text(self):
        body = self.payload + bytes(self.tfc)
        block = max(4, self.encr.block)
        pad = -(len(body) + 2) % block + self.extra_padding
        padding = bytes(range(1, pad + 1)) if self.padding == "good" else bytes([0xaa]) * pad
        return body + padding + bytes([pad, self.next_header])

    def esp(self):
        high = b"" if self.seq_high is None else struct.pack("!I", self.seq_high)
        head = struct.pack("!II", self.spi, self.seq)
        iv = octets(f"iv {self.encr.name} {self.seq}", self.encr.iv)
        if self.encr.implicit:
            iv = (high or bytes(4)) + head[4:]
        text, icv = self.encr.seal(self.encr_key, iv, head[:4] + high + head[4:], self.text())
        shown = b"" if self.encr.implicit else iv
        if self.integ:
            icv = self.integ.mac(self.integ_key, b"", head + shown + text + high)
        return head + shown + text + icv

    def packet(self, cut=0, flip=None, short=None):
        esp = bytearray(self.esp())
        if flip is not None:
            esp[flip] ^= 0x80
        if short is not None:
            esp = esp[:short]
        return self.outer(bytes(esp[:len(esp) - cut]))

    def outer(self, esp):
        protocol = 50
        if self.encap:
            protocol = 17
            esp = UDP_4500 + struct.pack("!HH", 8 + len(esp), 0) + esp
        src, dst = (V4 if self.version == 4 else V6)[:2]
        return (ipv4 if self.version == 4 else ipv6)(src, dst, protocol, esp)

    def offset(self):
        return (20 if self.version == 4 else 40) + (8 if self.encap else 0)


class Ah:
    """One packet with an authentication header (RFC 4302)."""

    def __init__(self, integ, version=4, mode="transport", **more):
        self.integ, self.version, self.mode = second.INTEG[integ], version, mode
        label = f"ah {integ}"
        self.key = octets(label + " auth", self.integ.key + self.integ.salt)
        self.spi, self.seq, self.seq_high = 0xa4000000 | self.integ.icv, 9, None
        self.options, self.before, self.data = b"", [], bytes(range(40))
        self.outer = {}  # other mutable values of the IP header
        self.__dict__.update(more)
        self.next_header, self.payload = inner(version, mode, self.data)

    def header(self, icv):
        pad = 0 if self.version == 4 else -(12 + len(icv)) % 8
        return struct.pack("!BBHII", self.next_header, (12 + len(icv) + pad) // 4 - 2, 0,
                           self.spi, self.seq) + icv + bytes(pad)

    def build(self, icv, mutable):
        """The packet; mutable False: as the ICV sees it."""
        src, dst = (V4 if self.version == 4 else V6)[:2]
        rest = self.header(icv) + self.payload
        if self.version == 4:
            options = b"".join(o if mutable or keep else bytes(len(o)) for o, keep in self.options)
            if mutable:
                return ipv4(src, dst, 51, rest, options=options, **self.outer)
            p = ipv4(src, dst, 51, rest, options=options, ttl=0, tos=0, flags=0)
            return p[:10] + bytes(2) + p[12:]
        chain = [number for number, _, _ in self.before] + [51]
        for i, (_, sent, seen) in reversed(list(enumerate(self.before))):
            rest = bytes([chain[i + 1]]) + (sent if mutable else seen) + rest
        outer = self.outer if mutable else {"hops": 0}
        return ipv6(src, dst, chain[0], rest, **outer)

    def make(self):
        """(packet, authed, offset of AH)"""
        i = self.integ
        iv = octets("ah iv " + i.name, i.iv)
        authed = self.build(bytes(i.iv + i.icv), False)
        high = b"" if self.seq_high is None else struct.pack("!I", self.seq_high)
        icv = iv + i.mac(self.key, iv, authed + high)
        packet = self.build(icv, True)
        offset = len(packet) - len(self.payload) - len(self.header(icv))
        return packet, authed, offset
