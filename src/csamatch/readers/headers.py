"""What the columns of a table are called, and which tables they tell."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from typing import Final

from csamatch.errors import FormatError
from csamatch.readers.streams import text_of

DELIMITERS: Final = ",;\t|"

_DIGESTS = {
    "md5": ("md5",),
    "sha1": ("sha1",),
    "sha256": ("sha256", "sha2256"),
}
# What may stand around an algorithm's name: "MD5 hash", "Hash (SHA-1)", "file_md5".
_AROUND = re.compile(
    r"^(?:file|hash|value|digest|sum|checksum|hex)+|(?:hash|value|digest|sum|hex)+$"
)
_ANY_DIGEST = ("hash", "hashes", "digest", "checksum", "filehash", "hashvalue")
_NAMES = {
    "id": ("id", "entryid", "recordid", "hashid", "mediaid", "imageid", "uuid", "guid"),
    "category": ("category", "severity", "classification"),
    "url": ("url", "urls", "link", "uri"),
    "domain": ("domain", "domains", "domainname", "fqdn"),
    "host": ("host", "hostname"),
}


def plain(name: str) -> str:
    """Return a column's name as it is compared: its letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def role(name: str) -> tuple[str, ...]:
    """Say what a column of that name commonly holds: keys of a column map."""
    known = plain(name)
    for algorithm, names in _DIGESTS.items():
        if known in names or _AROUND.sub("", known) in names:
            return (algorithm,)
    if known in _ANY_DIGEST:
        return tuple(_DIGESTS)
    return tuple(key for key, names in _NAMES.items() if known in names)


def split(
    line: bytes | str, delimiter: str, quote: str = '"', source: str = "", where: str = "line 1"
) -> list[str]:
    """Split one line into the texts of its fields, without blanks around them.

    Raises
    ------
    FormatError
        When that cannot be the line that names the columns.
    """
    text = line if isinstance(line, str) else text_of(line)
    # One row of one line: a quote that stays open at its end is none.
    rows = csv.reader(
        [text.rstrip("\r\n")],
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        skipinitialspace=delimiter != " ",
    )
    try:
        return [name.strip() for name in next(rows, [])]
    except csv.Error:
        reason = "a field too long for the name of a column"
        if "\r" in text.rstrip("\r\n"):
            reason = "a carriage return within a line; lines must end in LF or CR LF"
        raise FormatError(source, reason, where) from None


def roles(names: Sequence[str]) -> dict[str, int]:
    """Find out which column holds what by their names; the first of several counts.

    A name that tells the algorithm goes before one that leaves it open: "md5" before "hash".
    """
    found: dict[str, int] = {}
    said = [role(name) for name in names]
    for is_open in (False, True):
        for index, keys in enumerate(said):
            if (len(keys) > 1) is is_open:
                for key in keys:
                    found.setdefault(key, index)
    return found


def twice(names: Sequence[str]) -> str:
    """Return an algorithm that several columns name, of which only one would be read, if any."""
    told = [keys[0] for keys in map(role, names) if len(keys) == 1 and keys[0] in _DIGESTS]
    return next((algorithm for algorithm in told if told.count(algorithm) > 1), "")


def has_digests(found: Mapping[str, int]) -> bool:
    """Whether a map of columns has one of digests."""
    return any(key in found for key in _DIGESTS)


def is_icse(names: Sequence[str]) -> bool:
    """Whether these are the columns of an export of INTERPOL's ICSE."""
    return {"md5", "imageid", "baseline"} <= {plain(name) for name in names}


def is_nsrl(names: Sequence[str]) -> bool:
    """Whether these are the columns of NSRLFile.txt."""
    found = {plain(name) for name in names}
    return {"filename", "productcode"} <= found and has_digests(roles(names))


def is_hashkeeper(names: Sequence[str]) -> bool:
    """Whether these are the columns of a HashKeeper file."""
    return {"fileid", "hashsetid", "hash"} <= {plain(name) for name in names}
