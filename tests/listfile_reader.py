"""A reader of list files in plain Python, written from docs/list-format.md alone.

It shares nothing with the package, so that it can stand as an oracle.
"""

from __future__ import annotations

import bisect
import hashlib
import hmac
import json
import struct
import zlib
from itertools import pairwise

WIDTHS = {1: 16, 2: 20, 3: 32, 16: 16, 17: 16, 18: 16, 19: 16}
MASK = 2**64 - 1


def siphash128(key: bytes, message: bytes) -> bytes:
    """SipHash-2-4 with 128 bits of output."""
    k0, k1 = struct.unpack("<QQ", key)
    v = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D ^ 0xEE,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]

    def rotate(x: int, bits: int) -> int:
        return ((x << bits) | (x >> (64 - bits))) & MASK

    def rounds(count: int) -> None:
        for _ in range(count):
            v[0] = (v[0] + v[1]) & MASK
            v[1] = rotate(v[1], 13) ^ v[0]
            v[0] = rotate(v[0], 32)
            v[2] = (v[2] + v[3]) & MASK
            v[3] = rotate(v[3], 16) ^ v[2]
            v[0] = (v[0] + v[3]) & MASK
            v[3] = rotate(v[3], 21) ^ v[0]
            v[2] = (v[2] + v[1]) & MASK
            v[1] = rotate(v[1], 17) ^ v[2]
            v[2] = rotate(v[2], 32)

    whole = len(message) // 8 * 8
    last = message[whole:].ljust(7, b"\0") + bytes([len(message) & 255])
    for start in range(0, whole + 8, 8):
        block = message[start : start + 8] if start < whole else last
        (word,) = struct.unpack("<Q", block)
        v[3] ^= word
        rounds(2)
        v[0] ^= word
    v[2] ^= 0xEE
    rounds(4)
    first = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDD
    rounds(4)
    return struct.pack("<QQ", first, v[0] ^ v[1] ^ v[2] ^ v[3])


def address_key(host: str, rest: str = "", key: bytes = b"csamatch/address") -> bytes:
    """The key of a canonical address, under the public key or a subkey."""
    return siphash128(key, host.encode()[::-1] + rest.encode())


def subkey(secret: bytes, subject: str) -> bytes:
    """The subkey for "md5", "sha1", "sha256" or "address"."""
    if len(secret) == 32 and secret.endswith(bytes(16)):
        secret = hashlib.sha256(secret).digest()
    return hmac.digest(secret, f"csamatch/{subject}".encode(), "sha256")[:16]


def key_check(secret: bytes) -> bytes:
    """What a keyed file says of its secret."""
    joined = b"".join(subkey(secret, name) for name in ("md5", "sha1", "sha256", "address"))
    return struct.pack("<I12x", 1) + hmac.digest(joined, b"csamatch/check", "sha256")[:16]


class ListFile:
    """A list file, checked and taken apart."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        magic, major, _minor, features = struct.unpack_from("<8sHHI", data)
        self.kind, count, header_length, length = struct.unpack_from("<IIQQ", data, 16)
        assert magic == b"\x89CSML\r\n\x1a" and major == 1 and features in (0, 1)
        assert length == len(data) and header_length % 64 == 0 and count <= 256
        (crc,) = struct.unpack_from("<I", data, header_length - 4)
        assert crc == zlib.crc32(data[: header_length - 4])
        self.digest = data[48:80]
        assert hashlib.sha256(data[header_length:]).digest() == self.digest
        self.sections: dict[tuple[int, int], tuple[int, int, bytes]] = {}
        end = header_length
        for i in range(count):
            kind, subject, width, items, offset, size = struct.unpack_from(
                "<IIQQQQ", data, 80 + 40 * i
            )
            assert offset % 64 == 0 and offset >= end and size == width * items
            assert not any(data[end:offset]), "gaps are zero"
            end = offset + size
            assert end <= length and (kind, subject) not in self.sections
            self.sections[kind, subject] = (width, items, data[offset:end])
        assert end == length
        self.is_keyed = features == 1
        assert self.is_keyed == ((13, 0) in self.sections)
        self.info = json.loads(self.sections[1, 0][2])
        self.keys: dict[int, list[bytes]] = {}
        for (kind, subject), (width, items, content) in self.sections.items():
            if kind == 2:
                assert width == (16 if self.is_keyed else WIDTHS[subject])
                keys = [content[i * width : (i + 1) * width] for i in range(items)]
                assert all(a < b for a, b in pairwise(keys))
                self.keys[subject] = keys

    def _line(self, subject: int, key: bytes) -> tuple[bytes, bytes, int]:
        """The line of the directory that a key belongs to, the one after it, and its bucket."""
        _, items, content = self.sections[9, subject]
        spot = int.from_bytes(key[:4], "big") * (items - 1)
        at = 64 * (spot >> 32)
        return content[at : at + 64], content[at + 64 : at + 128], (spot % 2**32) * 11 >> 32

    def filter_passes(self, subject: int, key: bytes) -> bool:
        """Whether the filter lets a key through."""
        line, _, _ = self._line(subject, key)
        first, last = int.from_bytes(key[:8], "little"), int.from_bytes(key[-8:], "little")
        mixed = (first + last) & MASK
        h = ((mixed ^ mixed >> 32) * 0x9E3779B97F4A7C15) & MASK
        (word,) = struct.unpack_from("<Q", line, 16 + 8 * ((h >> 32) * 6 >> 32))
        return all(word >> (h >> shift) % 64 & 1 for shift in (14, 20, 26))

    def bucket(self, subject: int, key: bytes) -> list[bytes]:
        """The keys among which the directory says that a key must be."""
        line, following, number = self._line(subject, key)
        (first,) = struct.unpack_from("<I", line)
        start, end = first + line[4 + number], first + line[5 + number]
        if line[5 + number] == 255:
            (end,) = struct.unpack_from("<I", following)
        return self.keys[subject][start:end]

    def entries(self, subject: int, key: bytes) -> list[int]:
        """The entries of a key, the chief one first; none when it isn't listed."""
        keys = self.keys.get(subject, [])
        position = bisect.bisect_left(keys, key)
        if position == len(keys) or keys[position] != key:
            return []
        if (3, subject) in self.sections:
            (chief,) = struct.unpack_from("<I", self.sections[3, subject][2], 4 * position)
        else:
            before = [s for k, s in self.sections if k == 2]
            before = before[: before.index(subject)]
            chief = position + sum(len(self.keys[s]) for s in before)
        more = struct.iter_unpack("<II", self.sections.get((4, subject), (0, 0, b""))[2])
        return [chief, *(entry for at, entry in more if at == position)]

    def canaries(self, subject: int) -> dict[bytes, int]:
        """The canaries of a rule: what they are made of, and the position of the key."""
        if (14, subject) not in self.sections:
            return {}
        names = {16: "domain-%d-%s%s", 17: "host-%d-%s%s", 18: "url-%d-%s%s", 19: "prefix-%d-%s%s"}
        ends = {16: "", 17: "", 18: "/canary?csamatch", 19: "/canary/"}
        seed, found = self.sections[15, 0][2].hex(), {}
        for i, (position,) in enumerate(struct.iter_unpack("<Q", self.sections[14, subject][2])):
            text = f"csamatch canary {seed} {i}"
            if subject in names:
                text = names[subject] % (i, seed, ".canary.csamatch.test" + ends[subject])
            found[text.encode()] = position
        return found

    def id(self, entry: int) -> str:
        """The source's id of an entry."""
        if (5, 0) not in self.sections:
            return ""
        ends = struct.unpack(f"<{self.sections[5, 0][1]}Q", self.sections[5, 0][2])
        return self.sections[6, 0][2][ends[entry - 1] if entry else 0 : ends[entry]].decode()

    def source(self, entry: int) -> str | None:
        """The name of the source that an entry is of."""
        if (10, 0) not in self.sections:
            return None
        width, _, codes = self.sections[10, 0]
        code = int.from_bytes(codes[entry * width : (entry + 1) * width], "little")
        return json.loads(self.sections[11, 0][2])[code - 1] if code else None

    def category(self, entry: int) -> str | None:
        """The category of an entry."""
        if (7, 0) not in self.sections:
            return None
        width, _, codes = self.sections[7, 0]
        code = int.from_bytes(codes[entry * width : (entry + 1) * width], "little")
        return json.loads(self.sections[8, 0][2])[code - 1] if code else None
