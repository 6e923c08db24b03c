#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes the second part of vectors/keymat.csv and vectors/keymat_child.csv.

Known answers of another implementation: strongSwan's charon, which logs every
secret and key of its IKE and CHILD SAs; nonces and SPIs are those of the captures
beside the logs (those of a rekey are decrypted here). Each answer is checked with
the second implementations of second.py, which also make rows for the PRFs that
no capture has. Run by hand in this folder, never by the build; it needs
python3-pycryptodome and libgcrypt.
"""
import re
import struct
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import make_vectors as m  # noqa: E402
import second as s  # noqa: E402
from packets import octets  # noqa: E402

CAPTURES = Path("..") / "captures"
LABS = ["ike-modp2048-sha1", "ike-sha512", "ike-xcbc", "ike-gcm", "ike-3des", "ike-ccm",
        "ike-chacha", "rekey-pfs", "rekey-ike", "rekey-child", "rekey-collision-ike", "ppk",
        "esp-3des-md5", "esp-camellia", "esp-ccm8", "esp-chacha", "esp-cmac", "esp-ctr",
        "esp-gcm16-256", "esp-gmac", "esp-null", "esp-sha1", "esp-sha384", "esp-sha512",
        "esp-xcbc", "ah-tunnel", "esn"]
SK = ("sk_d", "sk_ai", "sk_ar", "sk_ei", "sk_er", "sk_pi", "sk_pr")
SK_P = ("sk_d", "sk_pi", "sk_pr")       # those that a PPK changes


class Table(m.Table):
    mark = "# ---- made by make_keymat.py"


# ---- key derivation, RFC 7296 2.13 to 2.18, on second.py ----

def derive(row):
    """The cells skeyseed, sk_d ... sk_pr that the others of a row give."""
    run, size = s.PRF[row["prf"]]
    ni, nr, shared = row["ni"], row["nr"], row["shared"]
    if row.get("old_sk_d"):
        seed = s.PRF[row["old_prf"]][0](row["old_sk_d"], shared + ni + nr)
    elif row["prf"].startswith("PRF_AES"):      # a key of fixed size: half of it from each
        seed = run(ni[:size // 2] + nr[:size // 2], shared)
    else:
        seed = run(ni + nr, shared)
    a, e = integ_size(row["integ"]), encr_size(row)
    sizes = (size, a, a, e, e, size, size)
    all_keys = s.prf_plus(row["prf"], seed, ni + nr + row["spi_i"] + row["spi_r"], sum(sizes))
    out, at = {"skeyseed": seed}, 0
    for name, n in zip(SK, sizes):
        out[name], at = all_keys[at:at + n], at + n
    for name in SK_P if row.get("ppk") else ():
        out[name] = s.prf_plus(row["prf"], row["ppk"], out[name], size)
    return out


def derive_child(row):
    e, a = encr_size(row), integ_size(row["integ"])
    keymat = s.prf_plus(row["prf"], row["sk_d"], row["shared"] + row["ni"] + row["nr"],
                        2 * (e + a))
    parts, at = {}, 0
    for name, n in (("encr_i", e), ("integ_i", a), ("encr_r", e), ("integ_r", a)):
        parts[name], at = keymat[at:at + n], at + n
    return parts


def encr_size(row):
    cipher = s.ENCR[row["encr"]]
    return (int(row["encr_bits"]) or cipher.bits[0]) // 8 + cipher.salt


def integ_size(name):
    return s.INTEG[name].key + s.INTEG[name].salt if name != "NONE" else 0


def cells(row):
    """A row of the file with its octets as such."""
    text = ("name", "source", "expect", "why", "prf", "old_prf", "encr", "encr_bits", "integ")
    return {k: v if k in text else bytes.fromhex(v) for k, v in row.items()}


def holds(row, names, derived):
    return all(not row[n] or row[n] == derived[n] for n in names)


# ---- charon's logs ----

def suite(words):
    """"AES_CBC_256/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/..." in IANA's names."""
    out = {"integ": "NONE", "encr": "ENCR_NULL", "encr_bits": 0}
    for word in words.split("/"):
        name, _, bits = word.rpartition("_")
        if word.startswith("PRF_"):
            out["prf"] = word
        elif "AUTH_" + word in s.INTEG:
            out["integ"] = "AUTH_" + word
        elif "ENCR_" + name in s.ENCR and bits.isdigit():
            out.update(encr="ENCR_" + name, encr_bits=int(bits))
        elif word in ("3DES_CBC", "CHACHA20_POLY1305", "NULL"):
            out["encr"] = "ENCR_" + word.removesuffix("_CBC")
        elif name == "NULL_AES_GMAC":
            out.update(encr="ENCR_NULL_AUTH_AES_GMAC", encr_bits=int(bits))
    return out


def events(path):
    """(label, octets) of each dump, ("proposal ESP", suite), ("child", None) at an SA's end."""
    lines = [line[13:].split("] ", 1)[-1] for line in path.read_text(errors="replace").splitlines()]
    for i, line in enumerate(lines):
        dump = re.match(r"(.*) => (\d+) bytes", line)
        chosen = re.match(r"selected proposal: (IKE|ESP|AH):(.*)", line)
        if chosen:
            yield "proposal " + chosen[1], suite(chosen[2])
        elif re.search(r"CHILD_SA .*established with SPIs", line):
            yield "child", None
        elif dump:
            n, data = int(dump[2]), b""
            for k in range(i + 1, i + 1 + -(-n // 16)):
                data += bytes.fromhex(lines[k].split(": ", 1)[1][:3 * min(16, n - len(data))])
            yield dump[1], data


def read_log(path):
    """The IKE SAs and CHILD SAs of a log, in their order, with what the log says of them."""
    ikes, children, ike, child = [], [], {}, {}
    for label, value in events(path):
        if label == "proposal IKE":
            ike = dict(value)
        elif label.startswith("proposal "):
            child = dict(value)
        elif label == "shared Diffie Hellman secret":
            ike["shared"] = value
        elif label == "SKEYSEED":
            ike["skeyseed"] = value
        elif label == "derive keys using PPK":
            ike = {**ikes.pop(), "ppk": value}
        elif label.startswith("Sk_"):
            ike[label.split()[0].lower()] = value
            if label.startswith("Sk_pr"):
                ikes.append({"sk_ai": b"", "sk_ar": b"", **ike})
        elif label in ("DH secret", "seed"):
            child[label] = value
        elif label.endswith("iator key") or label.endswith("onder key"):
            kind, side, _ = label.split()
            child[("encr_" if kind == "encryption" else "integ_") + side[0]] = value
        elif label == "child" and "seed" in child:
            children.append((ikes[-1] if ikes else None, child))
            child = {}
    return ikes, children


# ---- captures: Ethernet, IPv4 without options, UDP, IKEv2 ----

def messages(path):
    """(header octets, exchange, flags, first payload, rest) of each IKE message."""
    data, at = path.read_bytes(), 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame, at = data[at + 16:at + 16 + size], at + 16 + size
        if frame[12:14] != b"\x08\x00" or frame[23] != 17:
            continue
        ports, body = struct.unpack_from("!HH", frame, 34), frame[42:]
        if 4500 in ports and body[:4] == bytes(4):
            body = body[4:]
        elif 500 not in ports:
            continue
        body = body[:struct.unpack_from("!I", body, 24)[0]]
        yield body, body[18], body[19], body[16], body[28:]


def payloads(first, data):
    out = {}
    while first and len(data) >= 4:
        following, _, size = struct.unpack_from("!BBH", data)
        out.setdefault(first, data[4:size])
        first, data = following, data[size:]
    return out


def initial(path):
    """ni, nr, spi_i, spi_r of each IKE_SA_INIT that has both nonces."""
    ni = {}
    for body, exchange, flags, first, rest in messages(path):
        if exchange != 34:
            continue
        parts = payloads(first, rest)
        if not flags & 0x20:
            ni[body[:8]] = parts.get(40)
        elif 40 in parts and ni.get(body[:8]):
            yield {"ni": ni[body[:8]], "nr": parts[40], "spi_i": body[:8], "spi_r": body[8:16]}


def opened(path, ike):
    """Payloads of the CREATE_CHILD_SA messages of an IKE SA (AES-CBC), with flags."""
    icv = s.INTEG[ike["integ"]].icv
    for body, exchange, flags, first, rest in messages(path):
        if exchange != 36 or first != 46 or body[:16] != ike["spi_i"] + ike["spi_r"]:
            continue
        key = ike["sk_ei"] if flags & 8 else ike["sk_er"]
        sealed = rest[4:-icv]
        text = s.AES.new(key, s.AES.MODE_CBC, sealed[:16]).decrypt(sealed[16:])
        yield flags, body[20:24], payloads(rest[0], text[:-1 - text[-1]])


def rekeys(path, ike):
    """ni, nr, spi_i, spi_r of each exchange that made an IKE SA in the place of this one."""
    asked = {}
    for flags, number, parts in opened(path, ike):
        proposal = parts.get(33, b"")
        if proposal[5:7] != b"\x01\x08":        # protocol IKE, SPI of 8 octets
            continue
        key = number + bytes([(flags & 8) ^ (8 if flags & 0x20 else 0)])
        if not flags & 0x20:
            asked[key] = parts[40], proposal[8:16]
        elif key in asked:
            yield {"ni": asked[key][0], "nr": parts[40], "spi_i": asked[key][1],
                   "spi_r": proposal[8:16]}


# ---- rows ----

def complete(capture, ikes):
    """Adds nonces and SPIs to the IKE SAs: those that fit by derivation."""
    found = []
    for ike in ikes:
        tries = [dict(x) for x in initial(capture)]
        for old in found:
            tries += [{**x, "old_prf": old["prf"], "old_sk_d": old["sk_d"]}
                      for x in rekeys(capture, old)]
        for x in tries:
            whole = {**ike, **x}
            if derive(whole)["skeyseed"] == ike["skeyseed"]:
                found.append(whole)
                break
        else:
            m.FINDINGS.append(f"{capture.name}: no exchange gives the SKEYSEED of an IKE SA")
    return found


def version(log):
    return "strongSwan " + re.search(r"strongSwan ([0-9.]+)", log.read_text(errors="replace"))[1]


def sources():
    for lab in LABS:
        capture = CAPTURES / "lab" / (lab + ".pcap")
        log = capture.with_suffix(".keys") / "a" / "charon.log"
        ikes, children = read_log(log)
        yield lab, f"{version(log)}, captures/lab/{lab}", complete(capture, ikes), children


def ike_rejects(t, name, source, row):
    good = {k: v for k, v in row.items()}

    def reject(what, why, **changes):
        changed = {**good, **changes}
        assert not holds(changed, ("skeyseed",) + SK, derive(changed)), name + what
        t.add(f"{name}: {what}", source, why, **changed)
    reject("nonces exchanged", "Nr | Ni", ni=row["nr"], nr=row["ni"])
    reject("SPIs exchanged", "SPIr | SPIi", spi_i=row["spi_r"], spi_r=row["spi_i"])
    reject("secret cut", "the shared secret lacks its last octet", shared=row["shared"][:-1])
    reject("zeros in front", "the shared secret has a zero octet in front of it",
           shared=b"\0" + row["shared"])
    reject("sides exchanged", "SK_ei and SK_er are exchanged", sk_ei=row["sk_er"],
           sk_er=row["sk_ei"])
    if row.get("old_sk_d"):
        reject("as a first exchange", "prf(Ni | Nr, g^ir), which is not for a rekey", old_prf="",
               old_sk_d=b"")
        reject("SK_d of the new SA", "the new SK_d in the place of the old one",
               old_sk_d=row["sk_d"])
    if row.get("ppk"):
        reject("no PPK", "the PPK is left out", ppk=b"")
        reject("another PPK", "one bit of the PPK changed", ppk=m.flipped(row["ppk"]))


def child_rejects(t, name, source, row):
    def reject(what, why, **changes):
        changed = {**row, **changes}
        parts = ("encr_i", "integ_i", "encr_r", "integ_r")
        assert [changed[p] for p in parts] != list(derive_child(changed).values()), name + what
        t.add(f"{name}: {what}", source, why, **changed)
    reject("nonces exchanged", "Nr | Ni", ni=row["nr"], nr=row["ni"])
    reject("directions exchanged", "the responder's keys first", encr_i=row["encr_r"],
           integ_i=row["integ_r"], encr_r=row["encr_i"], integ_r=row["integ_i"])
    reject("SK_d cut", "SK_d lacks its last octet", sk_d=row["sk_d"][:-1])
    if row["shared"]:
        reject("no DH", "the secret of the exchange's own KE payloads is left out", shared=b"")
        reject("secret behind the nonces", "Ni | Nr | g^ir", shared=b"",
               nr=row["nr"] + row["shared"])
    else:
        reject("with DH", "a secret that is no part of it", shared=octets("shared", 32))


def add_ike(t, name, source, row, rejects):
    derived = derive(row)
    if not holds(row, ("skeyseed",) + SK, derived):
        m.FINDINGS.append(f"{name}: derives other keys than the log has")
    row = {k: v for k, v in row.items() if k in t.columns}
    t.add(name, source, **row)
    if rejects:
        ike_rejects(t, name, source, row)


def add_child(t, name, source, row, rejects):
    if any(row[k] != v for k, v in derive_child(row).items()):
        m.FINDINGS.append(f"{name}: derives other keys than the log has")
    t.add(name, source, **row)
    if rejects:
        child_rejects(t, name, source, row)


def child_row(ike, child):
    shared = child.get("DH secret", b"")
    nonces = child["seed"][len(shared):]
    half = len(nonces) // 2
    empty = {"encr_i": b"", "integ_i": b"", "encr_r": b"", "integ_r": b""}
    row = {**empty, **{k: v for k, v in child.items() if k not in ("DH secret", "seed")}}
    return {**row, "prf": ike["prf"], "sk_d": ike["sk_d"], "shared": shared,
            "ni": nonces[:half], "nr": nonces[half:]}


def recorded(t, c):
    """Rows of the logs: each suite once, each rekey and PPK."""
    suites = set()
    for lab, source, ikes, children in sources():
        for i, ike in enumerate(ikes):
            what = tuple(ike[k] for k in ("prf", "encr", "encr_bits", "integ"))
            what += (len(ike["shared"]), bool(ike.get("old_sk_d")), bool(ike.get("ppk")))
            if what not in suites or ike.get("old_sk_d"):
                add_ike(t, f"{lab} {i + 1}", source, ike, what not in suites)
            suites.add(what)
        for i, (ike, child) in enumerate(children):
            row = child_row(next(x for x in ikes if x["sk_d"] == ike["sk_d"]), child)
            what = tuple(row[k] for k in ("prf", "encr", "encr_bits", "integ"))
            what += (len(row["shared"]),)
            if what not in suites:
                add_child(c, f"{lab} {i + 1}", source, row, len(suites) % 3 == 0 or row["shared"])
            suites.add(what)


def made(t, c):
    """A row for each PRF, with nonces of the sizes that RFC 7296, 3.9, allows at most."""
    for prf in s.PRF:
        name = "made " + prf[4:].lower().replace("_", "-")
        for ni, nr in ((16, 16), (256, 255)):
            base = {"prf": prf, "ni": octets(name + " ni", ni), "nr": octets(name + " nr", nr),
                    "shared": octets(name + " shared", 32)}
            row = {**base, "encr": "ENCR_AES_CBC", "encr_bits": 192,
                   "integ": "AUTH_HMAC_SHA2_384_192", "spi_i": octets(name + " i", 8),
                   "spi_r": octets(name + " r", 8)}
            add_ike(t, f"{name}, nonces of {ni} and {nr}", s.PYCRYPTODOME, {**row, **derive(row)},
                    ni == 16)
            row = {**base, "encr": "ENCR_AES_GCM_16", "encr_bits": 192, "integ": "NONE",
                   "sk_d": octets(name + " sk_d", s.PRF[prf][1])}
            add_child(c, f"{name}, nonces of {ni} and {nr}", s.PYCRYPTODOME,
                      {**row, **derive_child(row)}, ni == 16)
    row.update(ni=octets(name, 4000))
    c.add("made, nonce of 4000", s.PYCRYPTODOME, "a nonce has at most 256 octets (RFC 7296, 2.10)",
          **{**row, **derive_child(row)})
    for encr in ("ENCR_NULL_AUTH_AES_GMAC", "ENCR_AES_GCM_16"):
        row = {"prf": "PRF_HMAC_SHA2_256", "encr": encr, "encr_bits": 136, "integ": "NONE",
               "sk_d": octets("sk_d", 32), "shared": b"", "ni": bytes(16), "nr": bytes(16)}
        c.add(f"made {encr[5:].lower()}-136", s.PYCRYPTODOME, "the cipher takes no key of 136 bits",
              **{**row, **derive_child(row)})


def main():
    t, c = Table("keymat"), Table("keymat_child")
    t.check(lambda row: holds(cells(row), ("skeyseed",) + SK, derive(cells(row))))
    c.check(lambda row: holds(cells(row), ("encr_i", "integ_i", "encr_r", "integ_r"),
                              derive_child(cells(row))))
    recorded(t, c)
    made(t, c)
    t.write()
    c.write()
    for text in m.FINDINGS:
        print(text, file=sys.stderr)
    return 1 if m.FINDINGS else 0


if __name__ == "__main__":
    sys.exit(main())
