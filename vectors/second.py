# SPDX-License-Identifier: BSD-2-Clause
"""Second implementations: the algorithms of IPsec without OpenSSL.

AES, DES, 3DES, Blowfish, CAST-128, ChaCha20-Poly1305, hashes and CMAC come from
pycryptodome (C code of its own), Camellia from libgcrypt (ctypes), AES-XCBC is
built here on pycryptodome's AES, MODP groups, elliptic curves, Curve25519 and
Curve448 are plain integer arithmetic. Used by make_vectors.py, never by the build.
"""
import ctypes

import Cryptodome
from Cryptodome.Cipher import AES, CAST, DES, DES3, Blowfish, ChaCha20_Poly1305
from Cryptodome.Hash import CMAC, HMAC, MD5, SHA1, SHA256, SHA384, SHA512

PYCRYPTODOME = "pycryptodome " + Cryptodome.__version__
INTEGERS = "Python integers"

_gcrypt = ctypes.CDLL("libgcrypt.so.20")
_gcrypt.gcry_check_version.restype = ctypes.c_char_p
GCRYPT = "libgcrypt " + _gcrypt.gcry_check_version(None).decode()
_CAMELLIA = {16: 310, 24: 311, 32: 312}  # enum gcry_cipher_algos
_MODE_CBC = 3


def camellia_cbc(key, iv, text, decrypt=False):
    """CBC by libgcrypt."""
    handle = ctypes.c_void_p()
    out = ctypes.create_string_buffer(len(text) or 1)
    size = ctypes.c_size_t
    run = _gcrypt.gcry_cipher_decrypt if decrypt else _gcrypt.gcry_cipher_encrypt
    steps = [
        lambda: _gcrypt.gcry_cipher_open(ctypes.byref(handle), _CAMELLIA[len(key)], _MODE_CBC, 0),
        lambda: _gcrypt.gcry_cipher_setkey(handle, key, size(len(key))),
        lambda: _gcrypt.gcry_cipher_setiv(handle, iv, size(len(iv))),
        lambda: run(handle, out, size(len(text)), text, size(len(text))),
    ]
    for step in steps:
        assert step() == 0
    _gcrypt.gcry_cipher_close(handle)
    return out.raw[:len(text)]


class Encr:
    """One row: seal(key|salt, iv, aad, text) -> (ciphertext, icv)."""

    def __init__(self, name, bits, block, iv, icv, salt, seal, source=PYCRYPTODOME):
        self.name, self.bits, self.block, self.iv = name, bits, block, iv
        self.icv, self.salt, self.seal, self.source = icv, salt, seal, source
        self.implicit = name.endswith("_IIV")


def _cbc(module):
    def seal(key, iv, aad, text):
        return module.new(key, module.MODE_CBC, iv).encrypt(text), b""
    return seal


def _triple_des(key, iv, aad, text):
    """By hand from single DES: keys with equal parts work too."""
    a, b, c = (DES.new(key[i:i + 8], DES.MODE_ECB) for i in (0, 8, 16))
    out, last = b"", iv
    for i in range(0, len(text), 8):
        block = bytes(x ^ y for x, y in zip(text[i:i + 8], last))
        last = c.encrypt(b.decrypt(a.encrypt(block)))
        out += last
    if len({key[:8], key[8:16], key[16:]}) == 3:
        assert out == DES3.new(key, DES3.MODE_CBC, iv).encrypt(text)
    return out, b""


def _ctr(key, iv, aad, text):
    counter = AES.new(key[:-4], AES.MODE_CTR, nonce=key[-4:] + iv, initial_value=1)
    return counter.encrypt(text), b""


def _aead(mode, salt, icv):
    def seal(key, iv, aad, text):
        more = {"msg_len": len(text), "assoc_len": len(aad)} if mode == AES.MODE_CCM else {}
        c = AES.new(key[:-salt], mode, nonce=key[-salt:] + iv, mac_len=icv, **more)
        c.update(aad)
        return c.encrypt_and_digest(text)
    return seal


def _gmac(key, iv, aad, text):
    c = AES.new(key[:-4], AES.MODE_GCM, nonce=key[-4:] + iv)
    c.update(aad + iv + text)
    return text, c.digest()


def _chacha(key, iv, aad, text):
    c = ChaCha20_Poly1305.new(key=key[:-4], nonce=key[-4:] + iv)
    c.update(aad)
    return c.encrypt_and_digest(text)


_AES = (128, 192, 256)
ENCR = {row.name: row for row in [
    Encr("ENCR_DES", (64,), 8, 8, 0, 0, _cbc(DES)),
    Encr("ENCR_3DES", (192,), 8, 8, 0, 0, _triple_des),
    Encr("ENCR_CAST", tuple(range(40, 129, 8)), 8, 8, 0, 0, _cbc(CAST)),
    Encr("ENCR_BLOWFISH", tuple(range(40, 449, 8)), 8, 8, 0, 0, _cbc(Blowfish)),
    Encr("ENCR_NULL", (0,), 1, 0, 0, 0, lambda key, iv, aad, text: (text, b""), "RFC 2410"),
    Encr("ENCR_AES_CBC", _AES, 16, 16, 0, 0, _cbc(AES)),
    Encr("ENCR_AES_CTR", _AES, 1, 8, 0, 4, _ctr),
    Encr("ENCR_AES_CCM_8", _AES, 1, 8, 8, 3, _aead(AES.MODE_CCM, 3, 8)),
    Encr("ENCR_AES_CCM_12", _AES, 1, 8, 12, 3, _aead(AES.MODE_CCM, 3, 12)),
    Encr("ENCR_AES_CCM_16", _AES, 1, 8, 16, 3, _aead(AES.MODE_CCM, 3, 16)),
    Encr("ENCR_AES_GCM_8", _AES, 1, 8, 8, 4, _aead(AES.MODE_GCM, 4, 8)),
    Encr("ENCR_AES_GCM_12", _AES, 1, 8, 12, 4, _aead(AES.MODE_GCM, 4, 12)),
    Encr("ENCR_AES_GCM_16", _AES, 1, 8, 16, 4, _aead(AES.MODE_GCM, 4, 16)),
    Encr("ENCR_NULL_AUTH_AES_GMAC", _AES, 1, 8, 16, 4, _gmac),
    Encr("ENCR_CAMELLIA_CBC", _AES, 16, 16, 0, 0,
         lambda key, iv, aad, text: (camellia_cbc(key, iv, text), b""), GCRYPT),
    Encr("ENCR_CHACHA20_POLY1305", (256,), 1, 8, 16, 4, _chacha),
    Encr("ENCR_AES_CCM_8_IIV", _AES, 1, 8, 8, 3, _aead(AES.MODE_CCM, 3, 8)),
    Encr("ENCR_AES_GCM_16_IIV", _AES, 1, 8, 16, 4, _aead(AES.MODE_GCM, 4, 16)),
    Encr("ENCR_CHACHA20_POLY1305_IIV", (256,), 1, 8, 16, 4, _chacha),
]}


def _hmac(digest):
    return lambda key, data: HMAC.new(key, data, digest).digest()


def xcbc(key, data):
    """AES-XCBC-MAC, 128 bits (RFC 3566, 4)."""
    ecb = AES.new(key, AES.MODE_ECB)
    k1, k2, k3 = (ecb.encrypt(bytes([n]) * 16) for n in (1, 2, 3))
    whole = len(data) and len(data) % 16 == 0
    if not whole:
        data += b"\x80" + bytes(-(len(data) + 1) % 16)
    last = bytes(a ^ b for a, b in zip(data[-16:], k2 if whole else k3))
    return AES.new(k1, AES.MODE_CBC, bytes(16)).encrypt(data[:-16] + last)[-16:]


def cmac(key, data):
    return CMAC.new(key, data, ciphermod=AES).digest()


def _prf_xcbc(key, data):
    """RFC 4434: short keys are padded with zeros, long ones hashed."""
    if len(key) < 16:
        key += bytes(16 - len(key))
    return xcbc(key if len(key) == 16 else xcbc(bytes(16), key), data)


def _prf_cmac(key, data):
    """RFC 4615: a key of any other length is hashed."""
    return cmac(key if len(key) == 16 else cmac(bytes(16), key), data)


class Integ:
    """One row: mac(key|salt, iv, data) -> ICV, already cut."""

    def __init__(self, name, key, icv, mac, iv=0, salt=0):
        self.name, self.key, self.icv, self.iv, self.salt = name, key, icv, iv, salt
        self.mac = lambda key, iv, data: mac(key, iv, data)[:icv]
        self.source = PYCRYPTODOME


def _keyed(f):
    return lambda key, iv, data: f(key, data)


def _gmac_ah(key, iv, data):
    c = AES.new(key[:-4], AES.MODE_GCM, nonce=key[-4:] + iv)
    c.update(data)
    return c.digest()


INTEG = {row.name: row for row in [
    Integ("AUTH_HMAC_MD5_96", 16, 12, _keyed(_hmac(MD5))),
    Integ("AUTH_HMAC_SHA1_96", 20, 12, _keyed(_hmac(SHA1))),
    Integ("AUTH_AES_XCBC_96", 16, 12, _keyed(xcbc)),
    Integ("AUTH_HMAC_MD5_128", 16, 16, _keyed(_hmac(MD5))),
    Integ("AUTH_HMAC_SHA1_160", 20, 20, _keyed(_hmac(SHA1))),
    Integ("AUTH_AES_CMAC_96", 16, 12, _keyed(cmac)),
    Integ("AUTH_AES_128_GMAC", 16, 16, _gmac_ah, 8, 4),
    Integ("AUTH_AES_192_GMAC", 24, 16, _gmac_ah, 8, 4),
    Integ("AUTH_AES_256_GMAC", 32, 16, _gmac_ah, 8, 4),
    Integ("AUTH_HMAC_SHA2_256_128", 32, 16, _keyed(_hmac(SHA256))),
    Integ("AUTH_HMAC_SHA2_384_192", 48, 24, _keyed(_hmac(SHA384))),
    Integ("AUTH_HMAC_SHA2_512_256", 64, 32, _keyed(_hmac(SHA512))),
    Integ("AUTH_HMAC_SHA2_256_96", 32, 12, _keyed(_hmac(SHA256))),
]}

PRF = {
    "PRF_HMAC_MD5": (_hmac(MD5), 16), "PRF_HMAC_SHA1": (_hmac(SHA1), 20),
    "PRF_AES128_XCBC": (_prf_xcbc, 16), "PRF_HMAC_SHA2_256": (_hmac(SHA256), 32),
    "PRF_HMAC_SHA2_384": (_hmac(SHA384), 48), "PRF_HMAC_SHA2_512": (_hmac(SHA512), 64),
    "PRF_AES128_CMAC": (_prf_cmac, 16),
}
DIGEST = {"MD5": MD5, "SHA1": SHA1, "SHA2-256": SHA256, "SHA2-384": SHA384, "SHA2-512": SHA512}


def prf_plus(prf, key, seed, n):
    """RFC 7296, 2.13."""
    out, last, count = b"", b"", 0
    while len(out) < n:
        count += 1
        last = PRF[prf][0](key, last + seed + bytes([count]))
        out += last
    return out[:n]


# ---- groups ----

def _pi(bits):
    """floor(pi * 2^bits) by Machin's formula."""
    def arctan_inverse(x):
        one = 1 << (bits + 64)
        power = total = one // x
        n, sign = 3, -1
        while power:
            power //= x * x
            total += sign * (power // n)
            n, sign = n + 2, -sign
        return total
    return (16 * arctan_inverse(5) - 4 * arctan_inverse(239)) >> 64


def _oakley(bits, add):
    """The primes of RFC 2409, 6 and RFC 3526 from their formula."""
    return (1 << bits) - (1 << (bits - 64)) - 1 + (1 << 64) * (_pi(bits - 130) + add)


class Modp:
    def __init__(self, name, bits, p, g=2, q=None):
        self.name, self.size, self.p, self.g, self.q = name, bits // 8, p, g, q

    def public(self, private):
        return pow(self.g, int.from_bytes(private, "big"), self.p).to_bytes(self.size, "big")

    def shared(self, private, peer):
        y = int.from_bytes(peer, "big")
        return pow(y, int.from_bytes(private, "big"), self.p).to_bytes(self.size, "big")


class Ecp:
    def __init__(self, name, p, g, a=-3):
        self.name, self.p, self.a, self.g = name, p, a, g
        self.size = (p.bit_length() + 7) // 8

    def add(self, P, Q):
        if P is None or Q is None:
            return P or Q
        if P[0] == Q[0] and (P[1] + Q[1]) % self.p == 0:
            return None
        if P == Q:
            slope = (3 * P[0] ** 2 + self.a) * pow(2 * P[1], -1, self.p)
        else:
            slope = (Q[1] - P[1]) * pow(Q[0] - P[0], -1, self.p)
        x = (slope * slope - P[0] - Q[0]) % self.p
        return x, (slope * (P[0] - x) - P[1]) % self.p

    def multiply(self, k, P):
        result = None
        while k:
            if k & 1:
                result = self.add(result, P)
            P, k = self.add(P, P), k >> 1
        return result

    def encode(self, point):
        return b"".join(v.to_bytes(self.size, "big") for v in point)

    def public(self, private):
        return self.encode(self.multiply(int.from_bytes(private, "big"), self.g))

    def shared(self, private, peer):
        point = tuple(int.from_bytes(peer[i:i + self.size], "big") for i in (0, self.size))
        return self.encode(self.multiply(int.from_bytes(private, "big"), point))[:self.size]


class Montgomery:
    """RFC 7748, 5: the ladder."""

    def __init__(self, name, p, a24, base, size, clamp):
        self.name, self.p, self.a24, self.base = name, p, a24, base
        self.size, self.clamp = size, clamp

    def shared(self, private, peer):
        k, p = self.clamp(bytearray(private)), self.p
        x1 = int.from_bytes(peer, "little")
        if self.size == 32:
            x1 &= (1 << 255) - 1
        x2, z2, x3, z3 = 1, 0, x1, 1
        for bit in reversed(range(self.size * 8)):
            if k >> bit & 1:
                x2, z2, x3, z3 = x3, z3, x2, z2
            a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
            da, cb, aa, bb = d * a % p, c * b % p, a * a % p, b * b % p
            n3 = (da + cb) ** 2 % p, x1 * (da - cb) ** 2 % p
            n2 = aa * bb % p, (aa - bb) * (aa + self.a24 * (aa - bb)) % p
            x2, z2, x3, z3 = *n2, *n3
            if k >> bit & 1:
                x2, z2, x3, z3 = x3, z3, x2, z2
        return (x2 * pow(z2, p - 2, p) % p).to_bytes(self.size, "little")

    def public(self, private):
        return self.shared(private, self.base.to_bytes(self.size, "little"))


def _clamp25519(k):
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    return int.from_bytes(k, "little")


def _clamp448(k):
    k[0] &= 252
    k[55] |= 128
    return int.from_bytes(k, "little")


def _hex(*parts):
    return int("".join(parts), 16)


_MODP_22 = _hex(
    "B10B8F96A080E01DDE92DE5EAE5D54EC52C99FBCFB06A3C69A6A9DCA52D23B61",
    "6073E28675A23D189838EF1E2EE652C013ECB4AEA906112324975C3CD49B83BF",
    "ACCBDD7D90C4BD7098488E9C219A73724EFFD6FAE5644738FAA31A4FF55BCCC0",
    "A151AF5F0DC8B4BD45BF37DF365C1A65E68CFDA76D4DA708DF1FB2BC2E4A4371")
_MODP_22_G = _hex(
    "A4D1CBD5C3FD34126765A442EFB99905F8104DD258AC507FD6406CFF14266D31",
    "266FEA1E5C41564B777E690F5504F213160217B4B01B886A5E91547F9E2749F4",
    "D7FBD7D3B9A92EE1909D0D2263F80A76A6A24C087A091F531DBF0A0169B6A28A",
    "D662A4D18E73AFA32D779D5918D08BC8858F4DCEF97C2A24855E6EEB22B3B2E5")
_MODP_23 = _hex(
    "AD107E1E9123A9D0D660FAA79559C51FA20D64E5683B9FD1B54B1597B61D0A75",
    "E6FA141DF95A56DBAF9A3C407BA1DF15EB3D688A309C180E1DE6B85A1274A0A6",
    "6D3F8152AD6AC2129037C9EDEFDA4DF8D91E8FEF55B7394B7AD5B7D0B6C12207",
    "C9F98D11ED34DBF6C6BA0B2C8BBC27BE6A00E0A0B9C49708B3BF8A3170918836",
    "81286130BC8985DB1602E714415D9330278273C7DE31EFDC7310F7121FD5A074",
    "15987D9ADC0A486DCDF93ACC44328387315D75E198C641A480CD86A1B9E587E8",
    "BE60E69CC928B2B9C52172E413042E9B23F10B0E16E79763C9B53DCF4BA80A29",
    "E3FB73C16B8E75B97EF363E2FFA31F71CF9DE5384E71B81C0AC4DFFE0C10E64F")
_MODP_23_G = _hex(
    "AC4032EF4F2D9AE39DF30B5C8FFDAC506CDEBE7B89998CAF74866A08CFE4FFE3",
    "A6824A4E10B9A6F0DD921F01A70C4AFAAB739D7700C29F52C57DB17C620A8652",
    "BE5E9001A8D66AD7C17669101999024AF4D027275AC1348BB8A762D0521BC98A",
    "E247150422EA1ED409939D54DA7460CDB5F6C6B250717CBEF180EB34118E98D1",
    "19529A45D6F834566E3025E316A330EFBB77A86F0C1AB15B051AE3D428C8F8AC",
    "B70A8137150B8EEB10E183EDD19963DDD9E263E4770589EF6AA21E7F5F2FF381",
    "B539CCE3409D13CD566AFBB48D6C019181E1BCFE94B30269EDFE72FE9B6AA4BD",
    "7B5A0F1C71CFFF4C19C418E1F6EC017981BC087F2A7065B384B890D3191F2BFA")
_MODP_24 = _hex(
    "87A8E61DB4B6663CFFBBD19C651959998CEEF608660DD0F25D2CEED4435E3B00",
    "E00DF8F1D61957D4FAF7DF4561B2AA3016C3D91134096FAA3BF4296D830E9A7C",
    "209E0C6497517ABD5A8A9D306BCF67ED91F9E6725B4758C022E0B1EF4275BF7B",
    "6C5BFC11D45F9088B941F54EB1E59BB8BC39A0BF12307F5C4FDB70C581B23F76",
    "B63ACAE1CAA6B7902D52526735488A0EF13C6D9A51BFA4AB3AD8347796524D8E",
    "F6A167B5A41825D967E144E5140564251CCACB83E6B486F6B3CA3F7971506026",
    "C0B857F689962856DED4010ABD0BE621C3A3960A54E710C375F26375D7014103",
    "A4B54330C198AF126116D2276E11715F693877FAD7EF09CADB094AE91E1A1597")
_MODP_24_G = _hex(
    "3FB32C9B73134D0B2E77506660EDBD484CA7B18F21EF205407F4793A1A0BA125",
    "10DBC15077BE463FFF4FED4AAC0BB555BE3A6C1B0C6B47B1BC3773BF7E8C6F62",
    "901228F8C28CBB18A55AE31341000A650196F931C77A57F2DDF463E5E9EC144B",
    "777DE62AAAB8A8628AC376D282D6ED3864E67982428EBC831D14348F6F2F9193",
    "B5045AF2767164E1DFC967C1FB3F2E55A4BD1BFFE83B9C80D052B985D182EA0A",
    "DB2A3B7313D3FE14C8484B1E052588B9B7D2BBD2DF016199ECD06E1557CD0915",
    "B3353BBB64E0EC377FD028370DF92B52C7891428CDC67EB6184B523D1DB246C3",
    "2F63078490F00EF8D647D148D47954515E2327CFEF98C582664B4C0F6CC41659")

GROUPS = {row.name: row for row in [
    Modp("MODP_768", 768, _oakley(768, 149686)),
    Modp("MODP_1024", 1024, _oakley(1024, 129093)),
    Modp("MODP_1536", 1536, _oakley(1536, 741804)),
    Modp("MODP_2048", 2048, _oakley(2048, 124476)),
    Modp("MODP_3072", 3072, _oakley(3072, 1690314)),
    Modp("MODP_4096", 4096, _oakley(4096, 240904)),
    Modp("MODP_6144", 6144, _oakley(6144, 929484)),
    Modp("MODP_8192", 8192, _oakley(8192, 4743158)),
    Ecp("ECP_256", 2**256 - 2**224 + 2**192 + 2**96 - 1, (
        _hex("6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296"),
        _hex("4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5"))),
    Ecp("ECP_384", 2**384 - 2**128 - 2**96 + 2**32 - 1, (
        _hex("AA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B98",
             "59F741E082542A385502F25DBF55296C3A545E3872760AB7"),
        _hex("3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147C",
             "E9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F"))),
    Ecp("ECP_521", 2**521 - 1, (
        _hex("00C6858E06B70404E9CD9E3ECB662395B4429C648139053FB521F828AF606B4D3D",
             "BAA14B5E77EFE75928FE1DC127A2FFA8DE3348B3C1856A429BF97E7E31C2E5BD66"),
        _hex("011839296A789A3BC0045C8A5FB42C7D1BD998F54449579B446817AFBD17273E66",
             "2C97EE72995EF42640C550B9013FAD0761353C7086A272C24088BE94769FD16650"))),
    Modp("MODP_1024_160", 1024, _MODP_22, _MODP_22_G,
         _hex("F518AA8781A8DF278ABA4E7D64B7CB9D49462353")),
    Modp("MODP_2048_224", 2048, _MODP_23, _MODP_23_G,
         _hex("801C0D34C58D93FE997177101F80535A4738CEBCBF389A99B36371EB")),
    Modp("MODP_2048_256", 2048, _MODP_24, _MODP_24_G,
         _hex("8CF83642A709A097B447997640129DA299B1A47D1EB3750BA308B0FE64F5FBD3")),
    Ecp("ECP_192", 2**192 - 2**64 - 1, (
        _hex("188DA80EB03090F67CBF20EB43A18800F4FF0AFD82FF1012"),
        _hex("07192B95FFC8DA78631011ED6B24CDD573F977A11E794811"))),
    Ecp("ECP_224", 2**224 - 2**96 + 1, (
        _hex("B70E0CBD6BB4BF7F321390B94A03C1D356C21122343280D6115C1D21"),
        _hex("BD376388B5F723FB4C22DFE6CD4375A05A07476444D5819985007E34"))),
    Ecp("BRAINPOOL_P224R1", _hex("D7C134AA264366862A18302575D1D787B09F075797DA89F57EC8C0FF"), (
        _hex("0D9029AD2C7E5CF4340823B2A87DC68C9E4CE3174C1E6EFDEE12C07D"),
        _hex("58AA56F772C0726F24C6B89E4ECDAC24354B9E99CAA3F6D3761402CD")),
        _hex("68A5E62CA9CE6C1C299803A6C1530B514E182AD8B0042A59CAD29F43")),
    Ecp("BRAINPOOL_P256R1",
        _hex("A9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377"), (
            _hex("8BD2AEB9CB7E57CB2C4B482FFC81B7AFB9DE27E1E3BD23C23A4453BD9ACE3262"),
            _hex("547EF835C3DAC4FD97F8461A14611DC9C27745132DED8E545C1D54C72F046997")),
        _hex("7D5A0975FC2C3057EEF67530417AFFE7FB8055C126DC5C6CE94A4B44F330B5D9")),
    Ecp("BRAINPOOL_P384R1",
        _hex("8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B4",
             "12B1DA197FB71123ACD3A729901D1A71874700133107EC53"), (
            _hex("1D1C64F068CF45FFA2A63A81B7C13F6B8847A3E77EF14FE3",
                 "DB7FCAFE0CBD10E8E826E03436D646AAEF87B2E247D4AF1E"),
            _hex("8ABE1D7520F9C2A45CB1EB8E95CFD55262B70B29FEEC5864",
                 "E19C054FF99129280E4646217791811142820341263C5315")),
        _hex("7BC382C63D8C150C3C72080ACE05AFA0C2BEA28E4FB22787",
             "139165EFBA91F90F8AA5814A503AD4EB04A8C7DD22CE2826")),
    Ecp("BRAINPOOL_P512R1",
        _hex("AADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA70330871",
             "7D4D9B009BC66842AECDA12AE6A380E62881FF2F2D82C68528AA6056583A48F3"), (
            _hex("81AEE4BDD82ED9645A21322E9C4C6A9385ED9F70B5D916C1B43B62EEF4D0098E",
                 "FF3B1F78E2D0D48D50D1687B93B97D5F7C6D5047406A5E688B352209BCB9F822"),
            _hex("7DDE385D566332ECC0EABFA9CF7822FDF209F70024A57B1AA000C55B881F8111",
                 "B2DCDE494A5F485E5BCA4BD88A2763AED1CA2B2FA8F0540678CD1E0F3AD80892")),
        _hex("7830A3318B603B89E2327145AC234CC594CBDD8D3DF91610A83441CAEA9863BC",
             "2DED5D5AA8253AA10A2EF1C98B9AC8B57F1117A72BF2C7B9E7C1AC4D77FC94CA")),
    Montgomery("CURVE25519", 2**255 - 19, 121665, 9, 32, _clamp25519),
    Montgomery("CURVE448", 2**448 - 2**224 - 1, 39081, 5, 56, _clamp448),
]}
