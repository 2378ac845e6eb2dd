"""Readers: from a source's bytes to records.

A reader is a `Reader`: in a module here, listed in `READERS`, or in another package, which
registers it under the entry-point group ``csamatch.readers`` (docs/writing-a-reader.md). It is
found by name or by content.
"""

from __future__ import annotations

from csamatch.errors import FormatError
from csamatch.readers import (
    addresses,
    delimited,
    encase,
    hashsets,
    icse,
    line_lists,
    ncmec,
    nsrl_sqlite,
    signals,
    text,
    vics,
)
from csamatch.readers.interface import HEAD_SIZE, Head, Item, Reader
from csamatch.readers.records import Batch, Digests, Record, Rejected, Update
from csamatch.readers.registry import Registry

__all__ = [
    "HEAD_SIZE",
    "READERS",
    "Batch",
    "Digests",
    "FormatError",
    "Head",
    "Item",
    "Reader",
    "Record",
    "Rejected",
    "Update",
    "choose",
    "reader_names",
]

READERS = {
    reader.name: reader
    for reader in (
        Reader("text", "hashes", text.read, line_lists.is_text, "one digest a line"),
        vics.READER,
        delimited.HASHES,
        delimited.ADDRESSES_READER,
        icse.READER,
        *hashsets.READERS,
        encase.READER,
        ncmec.READER,
        nsrl_sqlite.READER,
        signals.READER,
        Reader(
            "domains",
            "addresses",
            addresses.read_domains,
            line_lists.is_domains,
            "domains, one a line; hosts files; adblock rules",
        ),
        Reader(
            "urls",
            "addresses",
            addresses.read_urls,
            line_lists.is_urls,
            "URLs and domains, one a line",
        ),
    )
}
"""The readers that come with csamatch."""

_registry = Registry(READERS)


def reader_names() -> list[str]:
    """Return the names of all readers there are, those of other packages included."""
    return _registry.names()


def choose(name: str, head: Head, source: str) -> tuple[Reader, str]:
    """Settle which reader to use.

    Parameters
    ----------
    name : str
        A reader's name, or ``"auto"`` to decide by content.
    head : Head
        The source's first bytes.
    source : str
        Its name, for messages; the decision never rests on it.

    Returns
    -------
    Reader, str
        The reader, and which variety of its format it is, if that was asked and said.

    Raises
    ------
    FormatError
        When the content fits no reader, or more than one.
    ValueError
        When there is no reader of that name.
    """
    if name != "auto":
        return _registry.get(name), ""
    if not head.data.strip():
        if not head.is_whole:
            size = f"{len(head.data):,}"
            raise FormatError(
                source, f"nothing but blanks in its first {size} bytes; name a reader"
            )
        raise FormatError(source, "the source is empty")
    return _registry.recognise(head, source)
