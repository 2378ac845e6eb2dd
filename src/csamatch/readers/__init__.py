"""Readers: from a source's bytes to records.

A reader is a module-level `Reader` here, found by name or by content. It yields a `Record` for
each thing listed, or `Digests` for many of them at once, and a `Rejected` for each that it cannot
read, and raises `FormatError` only when the source as a whole makes no sense.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from csamatch.errors import FormatError
from csamatch.readers import addresses, text, vics
from csamatch.readers.records import Digests, Record, Rejected

__all__ = ["READERS", "Digests", "Reader", "Record", "Rejected", "choose"]


class Reader(NamedTuple):
    """How to read one format.

    Attributes
    ----------
    kind : str
        ``"hashes"`` or ``"addresses"``.
    read : callable
        Takes a binary stream, positioned at its start, and the source's name.
    """

    kind: str
    read: Callable[[BinaryIO, str], Iterator[Record | Rejected | Digests]]


READERS = {
    "text": Reader("hashes", text.read),
    "vics": Reader("hashes", vics.read),
    "domains": Reader("addresses", addresses.read_domains),
    "urls": Reader("addresses", addresses.read_urls),
}


def choose(name: str, head: bytes, source: str) -> str:
    """Settle which reader to use.

    Parameters
    ----------
    name : str
        A reader's name, or ``"auto"`` to decide by content.
    head : bytes
        The source's first bytes, some tens of KiB.
    source : str
        Its name, for messages; the decision never rests on it.

    Raises
    ------
    FormatError
        When the content fits no reader, or more than one.
    ValueError
        When there is no reader of that name.
    """
    if name != "auto":
        if name not in READERS:
            raise ValueError(f"no such reader; there are auto, {', '.join(READERS)}")
        return name
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise FormatError(source, "UTF-16 text; expected UTF-8")
    head = head.removeprefix(b"\xef\xbb\xbf")
    if not head.strip():
        raise FormatError(source, "the source is empty")
    if head.lstrip()[:1] in (b"{", b"["):
        if vics.recognise(head):
            return "vics"
        raise FormatError(source, "JSON, but not VICS: no ProjectVic data model is named")
    return _choose_by_lines(head, source)


def _choose_by_lines(head: bytes, source: str) -> str:
    lines = head.splitlines()
    digests = sum(text.looks_like_digest(line) for line in lines)
    hosts, urls = addresses.count_addresses(lines)
    if digests > hosts + urls:
        return "text"
    if hosts + urls > digests:
        return "urls" if urls else "domains"
    what = "no digest and no address" if digests == 0 else "as many digests as addresses"
    raise FormatError(source, f"cannot tell its format: {what} found; name a reader")
