"""VICS JSON (Project VIC, OData): models 1.x and 2.0, Media and Cases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from csamatch.errors import FormatError
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


def recognise(head: bytes) -> bool:
    """Whether the first bytes name a VICS data model."""
    return _model(head) is not None


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


def read(stream: BinaryIO, source: str) -> Iterator[Record | Rejected]:
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
    path = "value.item.Media.item" if model.endswith("#Cases") else "value.item"
    number = 0
    broken = False
    items = ijson.items(_Joined(head, stream), path, use_float=True)
    while True:
        try:
            media = next(items)
        except StopIteration:
            break
        except (ijson.JSONError, UnicodeDecodeError):
            broken = True  # the parser's own message quotes the source
            break
        number += 1
        yield _media(media, f"Media {number}")
    if broken:
        raise FormatError(source, "malformed or truncated JSON", f"after Media {number}")


def _media(media: Any, where: str) -> Record | Rejected:
    if not isinstance(media, dict):
        return Rejected(where, "not a JSON object")
    number = media.get("MediaID")
    category = media.get("Category")
    record = Record(
        [],
        where,
        id="" if number is None else str(number),
        category=None if category is None else str(category),
        has_category=True,
    )
    values: dict[str, bytes] = {}
    for name, text in _digests(media):
        digest = _digest(name, text)
        if isinstance(digest, str):
            record.bad.append((digest, str(text)))
        else:
            values.setdefault(name, digest)
    record.values = list(values.items())
    return record


def _digests(media: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the algorithm and the text of every digest of a kind that can be listed."""
    found = False
    for field, name in (("MD5", "md5"), ("SHA1", "sha1")):
        if media.get(field) not in (None, ""):
            found = found or name == "md5"
            yield name, media[field]
    for other in _objects(media.get("AlternativeHashes")):
        name = _HASH_NAMES.get(str(other.get("HashName")).upper(), "")
        if name and other.get("HashValue") not in (None, ""):
            yield name, other["HashValue"]
    if not found:  # MediaFiles repeat the MD5
        for file in _objects(media.get("MediaFiles")):
            if file.get("MD5") not in (None, ""):
                yield "md5", file["MD5"]


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
        return bytes.fromhex(digits) if digits.isalnum() else f"{name}: not hexadecimal"
    except ValueError:
        return f"{name}: not hexadecimal"
