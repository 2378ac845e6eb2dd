"""VICS JSON (Project VIC, OData): models 1.x and 2.0, Media and Cases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO

from csamatch.errors import FormatError
from csamatch.readers.interface import Head, Reader
from csamatch.readers.records import Record, Rejected
from csamatch.rules import WIDTHS

_CONTEXT = re.compile(
    rb'"(?:@odata\.context|odata\.metadata)"\s*:\s*"([^"]*(?:ProjectVic|VICS)[^"]*)"', re.IGNORECASE
)
_HASH_NAMES = {
    "MD5": "md5",
    "SHA1": "sha1",
    "SHA-1": "sha1",
    "SHA256": "sha256",
    "SHA-256": "sha256",
}
_BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16


def _model(head: bytes) -> str | None:
    context = _CONTEXT.search(head)
    return None if context is None else context[1].decode("utf-8", "replace")


def recognise(head: Head) -> bool:
    """Whether the first bytes are JSON and name a VICS data model."""
    return head.data.lstrip().startswith(b"{") and _model(head.data) is not None


class _Joined:
    """A stream whose first bytes have been read already."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        if not self._head or size == 0:
            return self._stream.read(size)
        if size < 0:
            data, self._head = self._head + self._stream.read(), b""
        else:
            data, self._head = self._head[:size], self._head[size:]
        return data


def read(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Record | Rejected]:
    """Read a VICS file, one Media object at a time.

    Raises
    ------
    FormatError
        When it is no VICS file, or its JSON is broken or ends too early.
    """
    import ijson

    head = stream.read(_HEAD).removeprefix(_BOM)
    model = _model(head)
    if model is None:
        raise FormatError(source, "no ProjectVic data model is named at its start")
    path = "value.item.Media.item" if "#cases" in model.lower() else "value.item"
    number = 0
    reason = ""
    items = ijson.items(_Joined(head, stream), path)
    while True:
        try:
            media = next(items)
        except StopIteration:
            break
        except (ijson.JSONError, UnicodeDecodeError):
            reason = "malformed or truncated JSON"  # the parser's own message quotes the source
            break
        number += 1
        if isinstance(media, dict) and isinstance(media.get("Media"), list):
            reason = "Cases where the data model announces Media"
            break
        yield _media(media, f"Media {number}")
    if reason:
        raise FormatError(source, reason, f"after Media {number}")
    if number == 0:
        raise FormatError(source, f"no Media at {path.replace('.item', '[]')}")


def _label(value: Any) -> str | None:
    """Spell an id or a category: 1, 1.0 and "1" are the same. ValueError for anything odd."""
    if value is None:
        return None
    if isinstance(value, str):
        value = value.strip()
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value or None
    elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        number = Decimal(value)
    else:
        raise ValueError
    if number.is_finite() and abs(number.adjusted()) < 30 and number == number.to_integral_value():
        return str(int(number))
    return str(value)


def _media(media: Any, where: str) -> Record | Rejected:
    if not isinstance(media, dict):
        return Rejected(where, "not a JSON object")
    try:
        category = _label(media.get("Category"))
    except ValueError:
        return Rejected(where, "Category: neither a number nor a string")
    record = Record([], where, category=category, has_category=True)
    try:
        record.id = _label(media.get("MediaID")) or ""
    except ValueError:
        record.bad.append(("MediaID: neither a number nor a string", ""))
    for name, text in _digests(media):
        _take_digest(record, name, text)
    if not any(name == "md5" for name, _ in record.values):  # MediaFiles repeat the MD5
        for file in _objects(media.get("MediaFiles")):
            if file.get("MD5") not in (None, ""):
                _take_digest(record, "md5", file["MD5"])
    return record


def _take_digest(record: Record, name: str, text: Any) -> None:
    """Add a digest to a record, once, or the reason why it is none."""
    digest = _digest(name, text)
    if isinstance(digest, str):
        record.bad.append((digest, text if isinstance(text, str) else ""))
    elif (name, digest) not in record.values:
        record.values.append((name, digest))


def _digests(media: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the algorithm and the text of every digest of a kind that can be listed."""
    for field, name in (("MD5", "md5"), ("SHA1", "sha1")):
        if media.get(field) not in (None, ""):
            yield name, media[field]
    for other in _objects(media.get("AlternativeHashes")):
        called = other.get("HashName")
        algorithm = _HASH_NAMES.get(called.upper()) if isinstance(called, str) else None
        if algorithm and other.get("HashValue") not in (None, ""):
            yield algorithm, other["HashValue"]


def _objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _digest(name: str, text: Any) -> bytes | str:
    """Return the bytes of a digest, or the reason why it is none."""
    if not isinstance(text, str):
        return f"{name}: not a string"
    digits = text.strip()
    if len(digits) != 2 * WIDTHS[name]:
        return f"{name}: {len(digits)} characters; expected {2 * WIDTHS[name]}"
    try:
        if digits.isalnum():  # fromhex would pass over blanks
            return bytes.fromhex(digits)
    except ValueError:
        pass
    return f"{name}: not hexadecimal"


READER = Reader(
    "vics",
    "hashes",
    read,
    recognise,
    "VICS JSON of Project VIC, models 1.x and 2.0, Media and Cases",
    has_signature=True,
)
