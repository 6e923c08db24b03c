#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the part of vectors/*.csv that no document publishes.

Each file has two parts. The rows before the line that begins with MARK come
from documents: they are kept, and checked with the second implementations of
second.py. The rows behind it are made by those, with keys and data that depend
on the row's name only. Run by hand in this folder, never by the build; it needs
python3-pycryptodome and libgcrypt. The same input gives the same files.
"""
import csv
import io
import sys

sys.dont_write_bytecode = True
import second as s  # noqa: E402
from packets import Ah, Esp, octets  # noqa: E402

MARK = "# ---- made by make_vectors.py"
FINDINGS = []


class Table:
    """One CSV file: its published part as text, and the rows to be added."""
    mark = MARK

    def __init__(self, kind):
        self.file = kind + ".csv"
        with open(self.file, newline="") as f:
            self.published = f.read().split(self.mark)[0]
        lines = [line for line in self.published.splitlines() if not line.startswith("#")]
        reader = csv.DictReader(lines)
        self.rows, self.columns, self.made = list(reader), reader.fieldnames, []

    def add(self, name, source, why="", **cells):
        row = {"name": name, "source": source, "why": why, "expect": "reject" if why else "ok"}
        for key, value in cells.items():
            row[key] = value.hex() if isinstance(value, (bytes, bytearray)) else str(value)
        assert set(row) <= set(self.columns), set(row) - set(self.columns)
        self.made.append(row)

    def check(self, verify):
        for row in self.rows:
            if row["expect"] == "ok" and not verify(row):
                FINDINGS.append(f"{self.file}: {row['name']} ({row['source']}) is wrong")

    def write(self):
        out = io.StringIO()
        writer = csv.DictWriter(out, self.columns, restval="", lineterminator="\n")
        writer.writerows(self.made)
        with open(self.file, "w", newline="") as f:
            f.write(self.published + self.mark + ": do not edit below\n" + out.getvalue())


def raw(row, *columns):
    return [bytes.fromhex(row[column]) for column in columns]


def flipped(data, at=-1):
    out = bytearray(data)
    out[at] ^= 1
    return bytes(out)


# ---- ciphers ----

def make_encr():
    t = Table("encr")

    def verify(row):
        key, iv, aad, text, sealed, icv = raw(row, "key", "iv", "aad", "plaintext", "ciphertext",
                                              "icv")
        return s.ENCR[row["encr"]].seal(key, iv, aad, text) == (sealed, icv)
    t.check(verify)
    for row in s.ENCR.values():
        for bits in row.bits:
            encr_rows(t, row, bits)
        encr_key_rejects(t, row)
    t.write()


def encr_sample(row, bits, n, aad_size):
    label = f"{row.name[5:].lower()}-{bits}"
    key = octets(label + " key", bits // 8 + row.salt)
    iv = octets(f"{label} iv {n}", row.iv)
    aad = octets(label + " aad", aad_size) if row.icv else b""
    text = octets(f"{label} text {n}", n)
    sealed, icv = row.seal(key, iv, aad, text)
    return {"encr": row.name, "key": key, "iv": iv, "aad": aad, "plaintext": text,
            "ciphertext": sealed, "icv": icv}


def encr_rows(t, row, bits):
    name = f"{row.name[5:].lower()}-{bits}"
    sizes = [(row.block * 4, 8)] if len(row.bits) > 3 else \
        [(row.block, 8), (row.block * 5, 12), (1504 if row.block > 1 else 1501, 8)]
    for n, aad in sizes:
        t.add(f"{name} {n} octets", row.source, **encr_sample(row, bits, n, aad))
    base = encr_sample(row, bits, row.block * 4 if row.block > 1 else 61, 8)

    def reject(what, why, **changes):
        t.add(f"{name} {what}", row.source, why, **{**base, **changes})
    if row.block > 1:
        reject("ragged", f"text is no multiple of {row.block} octets",
               ciphertext=base["ciphertext"][:-1])
    if row.iv:
        reject("short iv", f"IV of {row.iv - 1} octets, needs {row.iv}", iv=base["iv"][1:])
    else:
        reject("with iv", "IV of 8 octets, needs none", iv=bytes(8))
    if row.icv:
        reject("flipped tag", "one bit of the ICV changed", icv=flipped(base["icv"]))
        reject("flipped text", "one bit of the ciphertext changed",
               ciphertext=flipped(base["ciphertext"], 0))
        reject("flipped aad", "one bit of the associated data changed",
               aad=flipped(base["aad"], 0))
        reject("short tag", f"ICV of {row.icv - 4} octets, needs {row.icv}", icv=base["icv"][:-4])
        reject("other iv", "IV of another packet", iv=flipped(base["iv"]))


def encr_key_rejects(t, row):
    least, most = min(row.bits) // 8, max(row.bits) // 8
    base = encr_sample(row, row.bits[0], row.block * 4, 8)
    sizes = {least - 1, most + 1, least + 1 if len(row.bits) <= 3 else most + 8, 0 if least else 16}
    for n in sorted(sizes - {-1}):
        base["key"] = octets("wrong key", n + row.salt)
        t.add(f"{row.name[5:].lower()} key of {n} octets", row.source,
              f"key of {n} octets, allowed are {least} to {most}", **base)


# ---- integrity, PRF ----

def make_integ():
    t = Table("integ")
    t.check(lambda row: s.INTEG[row["integ"]].mac(*raw(row, "key", "iv", "data")).hex() ==
            row["icv"])
    for row in s.INTEG.values():
        name = row.name[5:].lower().replace("_", "-")
        key, iv = octets(name + " key", row.key + row.salt), octets(name + " iv", row.iv)
        for n in (0, 16, 61, 1500):
            data = octets(f"{name} data", n)
            t.add(f"{name} made, {n} octets", row.source, integ=row.name, key=key, iv=iv, data=data,
                  icv=row.mac(key, iv, data))
        data = octets(f"{name} data", 61)
        base = {"integ": row.name, "key": key, "iv": iv, "data": data,
                "icv": row.mac(key, iv, data)}

        def reject(what, why, **changes):
            t.add(f"{name} {what}", row.source, why, **{**base, **changes})
        reject("flipped icv", "one bit of the ICV changed", icv=flipped(base["icv"]))
        reject("flipped data", "one bit of the data changed", data=flipped(data, 0))
        reject("short icv", f"ICV of {row.icv - 4} octets, needs {row.icv}", icv=base["icv"][:-4])
        reject("long icv", f"ICV of {row.icv + 4} octets, needs {row.icv}",
               icv=base["icv"] + bytes(4))
        reject("short key", "key is one octet short", key=key[:-1])
        reject("long key", "key is one octet long", key=key + b"\0")
        if row.iv:
            reject("short iv", "IV of 7 octets, needs 8", iv=iv[1:])
            reject("other iv", "IV of another packet", iv=flipped(iv))
    for bits in (64, 96, 128, 160, 192, 256):
        row = {"integ": f"UNCHECKED_{bits}", "data": octets("unchecked", 61)}
        t.add(f"unchecked {bits}", "an ICV of known length", icv=octets("icv", bits // 8), **row)
        for n in (bits // 8 - 4, bits // 8 + 4):
            t.add(f"unchecked {bits}, {n} octets", "an ICV of known length",
                  f"ICV of {n} octets, needs {bits // 8}", icv=octets("icv", n), **row)
    t.write()


def make_prf():
    t = Table("prf")
    t.check(lambda row: s.PRF[row["prf"]][0](*raw(row, "key", "data")).hex() == row["output"])
    for prf, (run, size) in s.PRF.items():
        name = prf[4:].lower().replace("_", "-")
        for n in (1, 16, 32, 64, 300):
            key, data = octets(f"{name} key {n}", n), octets(f"{name} data", 3 * n)
            t.add(f"{name} key of {n} octets", s.PYCRYPTODOME, prf=prf, key=key, data=data,
                  output=run(key, data))
        key, data = octets(f"{name} key", 40), octets(f"{name} data", 40)
        good = run(key, data)
        base = {"prf": prf, "key": key, "data": data}
        t.add(f"{name} flipped", s.PYCRYPTODOME, "one bit of the output changed",
              output=flipped(good), **base)
        t.add(f"{name} cut", s.PYCRYPTODOME, "output is cut to 12 octets as for integrity",
              output=good[:12], **base)
        if prf.startswith("PRF_AES"):
            t.add(f"{name} key not hashed", s.PYCRYPTODOME,
                  "a long key is cut to 16 octets, not hashed", output=run(key[:16], data), **base)
    t.write()


def make_prfplus():
    t = Table("prfplus")
    for prf, (run, size) in s.PRF.items():
        name = prf[4:].lower().replace("_", "-")
        key, seed = octets(f"{name} key", size), octets(f"{name} seed", 80)
        base = {"prf": prf, "key": key, "seed": seed}
        for n in (1, size, 2 * size + 3, 7 * size, 255 * size if size <= 20 else 31 * size):
            t.add(f"{name} {n} octets", s.PYCRYPTODOME, length=n,
                  output=s.prf_plus(prf, key, seed, n), **base)
        t.add(f"{name} too long", s.PYCRYPTODOME, "more than 255 times the output of the PRF",
              length=255 * size + 1, **base)
        t.add(f"{name} from 0", s.PYCRYPTODOME, "the counter begins at 0, not 1", length=size,
              output=run(key, seed + b"\0"), **base)
    t.write()


def make_digest():
    t = Table("digest")
    t.check(lambda row: s.DIGEST[row["digest"]].new(*raw(row, "data")).hexdigest() ==
            row["output"])
    for name, digest in s.DIGEST.items():
        for n in (0, 63, 200):
            data = octets(f"{name} data", n)
            t.add(f"{name.lower()} {n} octets", s.PYCRYPTODOME, digest=name, data=data,
                  output=digest.new(data).digest())
        t.add(f"{name.lower()} flipped", s.PYCRYPTODOME, "one bit of the hash changed", digest=name,
              data=b"abc", output=flipped(digest.new(b"abc").digest()))
    t.write()


# ---- key exchange ----

def make_ke():
    t = Table("ke")

    def verify(row):
        group = s.GROUPS[row["group"]]
        private, public, peer, shared = raw(row, "private", "public", "peer_public", "shared")
        return group.public(private) == public and group.shared(private, peer) == shared
    t.check(verify)
    for group in s.GROUPS.values():
        name = group.name.lower().replace("_", "-")
        a, b = octets(name + " a", 32), octets(name + " b", 32)
        if isinstance(group, s.Montgomery):
            a, b = octets(name + " a", group.size), octets(name + " b", group.size)
        elif isinstance(group, s.Ecp):
            a, b = a[:group.size - 2], b[:group.size - 2]
        elif group.q:
            a, b = a[:19], b[:19]
        public, peer = group.public(a), group.public(b)
        base = {"group": group.name, "private": a, "public": public}
        t.add(f"{name} made", s.INTEGERS, peer_public=peer, shared=group.shared(a, peer), **base)
        for what, why, value in bad_values(group, peer):
            t.add(f"{name} {what}", s.INTEGERS, why, peer_public=value, **base)
        if group.name == "CURVE25519":
            high = peer[:-1] + bytes([peer[-1] | 0x80])
            t.add(f"{name} top bit", s.INTEGERS + " (RFC 7748 5: the top bit is ignored)",
                  peer_public=high, shared=group.shared(a, peer), **base)
    t.write()


def bad_values(group, good):
    """Public values that RFC 6989 or RFC 7748 refuse: (name, why, octets)."""
    n = len(good)
    yield "short", f"{n - 1} octets, needs {n}", good[1:]
    yield "long", f"{n + 1} octets, needs {n}", b"\0" + good
    yield "empty", f"0 octets, needs {n}", b""
    if isinstance(group, s.Modp):
        p = group.p
        for what, y in (("0", 0), ("1", 1), ("p-1", p - 1), ("p", p), ("p+1", p + 1)):
            yield "y=" + what, "y = " + what, y.to_bytes(n, "big")
        if group.q:
            y = next(v for v in range(2, 99) if pow(v, group.q, p) != 1)
            yield "wrong order", f"y = {y}: y^q is not 1", y.to_bytes(n, "big")
            yield "wrong order too", "-y: y^q is not 1", \
                (p - int.from_bytes(good, "big")).to_bytes(n, "big")
    elif isinstance(group, s.Ecp):
        x, y = good[:n // 2], good[n // 2:]
        yield "0,0", "x = y = 0: not on the curve", bytes(n)
        yield "off the curve", "not on the curve", x + flipped(y)
        yield "swapped", "x and y swapped: not on the curve", y + x
        yield "x only", "only the x coordinate", x
        yield "x=p", "x is not smaller than p", group.p.to_bytes(group.size, "big") + y
        yield "04", "with the prefix 04 of SEC 1", b"\4" + good
    else:
        yield "0", "0: small order, the shared secret would be zero", bytes(n)
        yield "1", "1: small order, the shared secret would be zero", b"\1" + bytes(n - 1)
        for what, v in (("p-1", group.p - 1), ("p", group.p), ("p+1", group.p + 1)):
            yield what, what + ": small order, the shared secret would be zero", \
                v.to_bytes(n, "little")


# ---- whole packets ----

def add_esp(t, name, e, why="", **change):
    by = "built on " + (e.encr.source if e.encr.source != "RFC 2410" else s.PYCRYPTODOME)
    cells = dict(esp_offset=e.offset(), encr=e.encr.name, encr_key=e.encr_key,
                 integ=e.integ.name if e.integ else "NONE", integ_key=e.integ_key,
                 seq_high="" if e.seq_high is None else e.seq_high, mode=e.mode,
                 next_header=e.next_header, tfc=e.tfc, padding=e.padding, payload=e.payload,
                 packet=e.packet())
    t.add(name, by, why, **{**cells, **change})


def esp_rejects(t, name, e):
    """The usual ways of being refused."""
    for what, why, change in (
            ("flipped icv", "one bit of the ICV changed", {"flip": -1}),
            ("flipped spi", "one bit of the SPI changed", {"flip": 0}),
            ("flipped seq", "one bit of the sequence number changed", {"flip": 7}),
            ("flipped text", "one bit of the text changed", {"flip": 30}),
            ("cut", "the last 4 octets are missing", {"cut": 4}),
            ("stub", "too short for IV and ICV", {"short": 12})):
        add_esp(t, f"{name} {what}", e, why, packet=e.packet(**change))


def esp_right(row):
    """Seals the row's payload again; the result must be the packet's octets."""
    encr, integ = s.ENCR[row["encr"]], s.INTEG.get(row["integ"])
    key, auth, payload, packet = raw(row, "encr_key", "integ_key", "payload", "packet")
    esp = packet[int(row["esp_offset"]):]
    high = int(row["seq_high"]).to_bytes(4, "big") if row["seq_high"] else b""
    size = integ.icv if integ else encr.icv
    iv, sealed = esp[8:8 + encr.iv], esp[8 + encr.iv:len(esp) - size]
    text = payload + bytes(int(row["tfc"]))
    pad = len(sealed) - len(text) - 2
    text += bytes(range(1, pad + 1)) + bytes([pad, int(row["next_header"])])
    again, icv = encr.seal(key, iv, esp[:4] + high + esp[4:8], text)
    if integ:
        icv = integ.mac(auth, b"", esp[:len(esp) - size] + high)
    return again == sealed and icv == esp[len(esp) - size:]


def ah_right(row):
    integ = s.INTEG[row["integ"]]
    key, authed, packet = raw(row, "integ_key", "authed", "packet")
    high = int(row["seq_high"]).to_bytes(4, "big") if row["seq_high"] else b""
    at = int(row["ah_offset"]) + 12
    return integ.mac(key, b"", authed + high) == packet[at:at + integ.icv]


def make_esp():
    t = Table("esp")
    t.check(esp_right)
    for row in s.ENCR.values():
        integ = "NONE" if row.icv else "AUTH_HMAC_SHA2_256_128"
        name = row.name[5:].lower().replace("_", "-")
        bits = row.bits if len(row.bits) <= 3 else sorted({row.bits[0], 128, row.bits[-1]})
        for b in bits:
            for version, mode, high in ((4, "tunnel", None), (6, "transport", 1)):
                e = Esp(row.name, b, integ, version, mode, seq_high=high)
                add_esp(t, f"{name}-{b} ipv{version} {mode}{' esn' if high else ''}", e)
        esp_rejects(t, f"{name}-{bits[0]}", Esp(row.name, bits[0], integ))
        e = Esp(row.name, bits[-1], integ, seq_high=0x12345678)
        add_esp(t, f"{name}-{bits[-1]} other esn", e, "another high half of the sequence number",
                seq_high=5)
    for row in s.INTEG.values():
        if row.iv:
            continue  # AH only
        name = row.name[5:].lower().replace("_", "-")
        for encr, bits in (("ENCR_AES_CBC", 128), ("ENCR_NULL", 0)):
            for version, mode, high in ((4, "transport", None), (6, "tunnel", 0x80000001)):
                e = Esp(encr, bits, row.name, version, mode, seq_high=high)
                add_esp(t, f"{name} {encr[5:].lower()} ipv{version} {mode}"
                        f"{' esn' if high else ''}", e)
        esp_rejects(t, f"{name} aes_cbc", Esp("ENCR_AES_CBC", 128, row.name))
    esp_shapes(t)
    t.write()


def esp_shapes(t):
    """What is not a matter of algorithms."""
    ciphers = (("ENCR_AES_GCM_16", 256, "NONE"), ("ENCR_CHACHA20_POLY1305", 256, "NONE"),
               ("ENCR_AES_CBC", 256, "AUTH_HMAC_SHA2_256_128"), ("ENCR_NULL", 0, "AUTH_HMAC_SHA1_96"))
    for encr, bits, integ in ciphers:
        name = f"{encr[5:].lower()}-{bits}"
        for version in (4, 6):
            add_esp(t, f"{name} udp ipv{version}", Esp(encr, bits, integ, version, encap=True))
        add_esp(t, f"{name} tfc", Esp(encr, bits, integ, tfc=77))
        add_esp(t, f"{name} tfc ipv6", Esp(encr, bits, integ, 6, tfc=600))
        add_esp(t, f"{name} dummy", Esp(encr, bits, integ, mode="transport", next_header=59,
                                        payload=octets("dummy", 90)))
        add_esp(t, f"{name} 6 in 4", Esp(encr, bits, integ, next_header=41,
                                         payload=Esp(encr, bits, integ, 6).payload))
        add_esp(t, f"{name} empty", Esp(encr, bits, integ, mode="transport", next_header=59,
                                        payload=b""))
        add_esp(t, f"{name} much padding", Esp(encr, bits, integ, extra_padding=240))
        add_esp(t, f"{name} bad padding", Esp(encr, bits, integ, padding="bad", extra_padding=16))


MUTABLE = {  # IPv4 options that AH sees as zeros (RFC 4302, A1)
    "record route": bytes([7, 11, 8, 192, 0, 2, 9, 0, 0, 0, 0]),
    "timestamp": bytes([68, 12, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0])}
IMMUTABLE = {
    "router alert": bytes([148, 4, 0, 0]),
    "security": bytes([130, 11, 0xf1, 0x35] + [0] * 7)}


def hop_by_hop(*options):
    """(as sent, as the ICV sees it) behind the next header octet: the data of an
    option whose type has bit 0x20 is zeroed (RFC 4302, 3.3.3.1.2.2)."""
    def body(seen):
        out = b""
        for kind, data in options:
            data = bytes(len(data)) if seen and kind & 0x20 else data
            out += bytes([kind, len(data)]) + data
        pad = -(len(out) + 2) % 8
        if pad:
            out += b"\0" if pad == 1 else bytes([1, pad - 2]) + bytes(pad - 2)
        return bytes([(len(out) + 2) // 8 - 1]) + out
    return body(False), body(True)


def add_ah(t, name, a, why="", **change):
    packet, authed, offset = a.make()
    cells = dict(ah_offset=offset, integ=a.integ.name, integ_key=a.key,
                 seq_high="" if a.seq_high is None else a.seq_high, mode=a.mode,
                 next_header=a.next_header, payload=a.payload, authed=authed, packet=packet)
    t.add(name, "built on " + a.integ.source, why, **{**cells, **change})


def make_ah():
    t = Table("ah")
    t.check(ah_right)
    for row in s.INTEG.values():
        name = row.name[5:].lower().replace("_", "-")
        for version in (4, 6):
            for mode, high in (("transport", None), ("tunnel", 3)):
                a = Ah(row.name, version, mode, seq_high=high)
                add_ah(t, f"{name} ipv{version} {mode}{' esn' if high else ''}", a)
        a = Ah(row.name)
        packet, authed, offset = a.make()
        at = offset + 12 + row.iv
        add_ah(t, f"{name} flipped icv", a, "one bit of the ICV changed",
               packet=flipped(packet, at))
        add_ah(t, f"{name} flipped payload", a, "one bit of the payload changed",
               packet=flipped(packet), authed=flipped(authed))
        add_ah(t, f"{name} flipped destination", a, "one bit of the destination changed",
               packet=flipped(packet, 19), authed=flipped(authed, 19))
        add_ah(t, f"{name} other esn", Ah(row.name, seq_high=0x12345678),
               "another high half of the sequence number", seq_high=5)
    ah_shapes(t)
    t.write()


def ah_shapes(t):
    for integ in ("AUTH_HMAC_SHA2_256_128", "AUTH_AES_128_GMAC", "AUTH_AES_XCBC_96"):
        name = integ[5:].lower().replace("_", "-")
        add_ah(t, f"{name} ttl, tos, flags", Ah(integ, outer={"ttl": 3, "tos": 0xb9, "flags": 0}))
        add_ah(t, f"{name} class, flow, hops",
               Ah(integ, 6, outer={"hops": 3, "tclass": 0xb9, "flow": 0x12345}))
        for what, option in {**MUTABLE, **IMMUTABLE}.items():
            options = [(option, what in IMMUTABLE), (bytes(-len(option) % 4), True)]
            add_ah(t, f"{name} {what}", Ah(integ, options=options))
        both = [(IMMUTABLE["router alert"], True), (MUTABLE["record route"], False), (b"\1", True)]
        add_ah(t, f"{name} mixed options", Ah(integ, options=both))
        kept, zeroed = (0x05, b"\0\0"), (0x3e, octets("option", 6))
        add_ah(t, f"{name} hop-by-hop", Ah(integ, 6, before=[(0, *hop_by_hop(kept))]))
        add_ah(t, f"{name} mutable hop-by-hop",
               Ah(integ, 6, before=[(0, *hop_by_hop(kept, zeroed))]))
        add_ah(t, f"{name} destination options",
               Ah(integ, 6, before=[(0, *hop_by_hop(zeroed)), (60, *hop_by_hop((0x04, b"\x08")))]))
        route = bytes([2, 0, 0]) + bytes(4) + bytes.fromhex("20010db8000000000000000000000009")
        add_ah(t, f"{name} routing header", Ah(integ, 6, before=[(43, route, route)]))


def main():
    for make in (make_encr, make_integ, make_prf, make_prfplus, make_digest, make_ke, make_esp,
                 make_ah):
        make()
    for text in FINDINGS:
        print(text, file=sys.stderr)
    return 1 if FINDINGS else 0


if __name__ == "__main__":
    sys.exit(main())
