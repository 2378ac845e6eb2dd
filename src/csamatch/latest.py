"""The latest version of each record, for formats whose records replace one another."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator

from csamatch.readers.records import Record, Update
from csamatch.rules import ALGORITHM_OF_WIDTH

# Packed versions compare as bytes: by time, then withdrawals before all else, then by content, so
# that the outcome does not depend on the order in which versions come.
_HEAD = struct.Struct(">QB")
_TAIL = struct.Struct(">I")
_LENGTH = struct.Struct(">I")
_EPOCH = 1 << 62


def _put(parts: list[bytes], text: bytes) -> None:
    parts += [_LENGTH.pack(len(text)), text]


def _pack(item: Update, source: int, list_name: str) -> bytes:
    """Pack a version as bytes."""
    record = item.record
    parts = [_HEAD.pack(_EPOCH + (item.time or 0), record is None)]
    if record is not None:
        _put(parts, b"".join(bytes([len(digest)]) + digest for _, digest in record.values))
        _put(parts, b"" if record.category is None else b"=" + record.category.encode())
        _put(parts, record.id.encode())
        _put(parts, list_name.encode())
        _put(parts, record.where.encode())
    return b"".join([*parts, _TAIL.pack(source)])


def _take(packed: bytes, at: int) -> tuple[bytes, int]:
    start = at + _LENGTH.size
    end = start + _LENGTH.unpack_from(packed, at)[0]
    return packed[start:end], end


def _unpack(packed: bytes) -> tuple[Record | None, int, str]:
    """Return a version's record, the number of its source, and the name that the source has."""
    (source,) = _TAIL.unpack_from(packed, len(packed) - _TAIL.size)
    if _HEAD.unpack_from(packed)[1]:
        return None, source, ""
    digests, at = _take(packed, _HEAD.size)
    category, at = _take(packed, at)
    identifier, at = _take(packed, at)
    list_name, at = _take(packed, at)
    where, _ = _take(packed, at)
    values = []
    at = 0
    while at < len(digests):
        digest = digests[at + 1 : at + 1 + digests[at]]
        values.append((ALGORITHM_OF_WIDTH[len(digest)], digest))
        at += 1 + len(digest)
    said = category[1:].decode() if category else None
    record = Record(values, where.decode(), identifier.decode(), said, True)
    return record, source, list_name.decode()


class Latest:
    """Versions of records, of which only the latest of each counts.

    It takes some 300 bytes a record: all of them must be held until the last source is read.
    """

    def __init__(self) -> None:
        self._held: dict[bytes, bytes] = {}
        self._bad: dict[bytes, list[tuple[str, str]]] = {}
        self._untimed: list[tuple[bytes, bytes, list[tuple[str, str]]]] = []
        self._sources: dict[str, int] = {}

    def put(self, item: Update, source: str, list_name: str = "") -> bool:
        """Take in a version; return whether it or the one held is superseded."""
        key = hashlib.blake2b(item.key.encode(), digest_size=16).digest()
        packed = _pack(item, self._sources.setdefault(source, len(self._sources)), list_name)
        if item.time is None and item.record is not None:
            self._untimed.append((key, packed, item.record.bad))
            return False
        held = self._held.get(key)
        if held is None or packed > held:
            self._held[key] = packed
            self._bad.pop(key, None)
            if item.record is not None and item.record.bad:
                self._bad[key] = item.record.bad
        return held is not None

    def take_all(self) -> Iterator[tuple[Record | None, str, str]]:
        """Yield the latest version of each, None for what was withdrawn, and its source's names."""
        names = list(self._sources)
        for key, packed, bad in self._untimed:
            record, source, list_name = _unpack(packed)
            is_withdrawn = key in self._held and _HEAD.unpack_from(self._held[key])[1]
            if record is not None:
                record.bad = bad
            yield None if is_withdrawn else record, names[source], list_name
        self._untimed.clear()
        for key, packed in self._held.items():
            record, source, list_name = _unpack(packed)
            if record is not None and key in self._bad:
                record.bad = self._bad[key]
            yield record, names[source], list_name
        self._held.clear()
