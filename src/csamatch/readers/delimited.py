"""CSV and TSV of any columns: those wanted are told by a map, or by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from csamatch.errors import FormatError
from csamatch.readers import headers
from csamatch.readers.interface import Head, Item, Reader
from csamatch.readers.streams import SEPARATOR, TextStream, separator
from csamatch.readers.tables import Layout, Table, with_fields
from csamatch.rules import WIDTHS

ALGORITHMS: Final[tuple[str, ...]] = ("md5", "sha1", "sha256")
ADDRESSES: Final = {"url": "", "domain": "", "host": "", "address": ""}
_KEYS: Final = {
    "hashes": (*ALGORITHMS, "id", "category"),
    "addresses": (*ADDRESSES, "id", "category"),
}
_OPTIONS = {
    "columns": "which column holds what: md5, sha1, sha256 (or url, domain, host), id, category; "
    "by name, or by number from 0",
    "delimiter": "what stands between columns; found out by default",
    "quoting": "False when quotes mean nothing",
    "encoding": "of the text; default: UTF-8, or UTF-16 with a byte order mark",
    "header": "whether the first line names the columns; found out by default",
}
_SWITCHES = {"yes": True, "true": True, "1": True, "on": True}
_SWITCHES |= {"no": False, "false": False, "0": False, "off": False}
_DELIMITERS = {"tab": "\t", "\\t": "\t"}
_HEX = re.compile(r"[0-9A-Fa-f]+")
_DIGITS = tuple(2 * width for width in WIDTHS.values())

ColumnMap = Mapping[str, "str | int"]


class _MissingError(Exception):
    """A column map names a column that is not there."""


def _resolve(given: ColumnMap | None, names: Sequence[str], has_header: bool) -> dict[str, int]:
    """Return which column holds what, by number."""
    if given is None:
        return headers.roles(names)
    lowered = [name.casefold() for name in names]
    found = {}
    for key, column in given.items():
        if isinstance(column, int):
            found[key] = column
        elif has_header and column in names:
            found[key] = names.index(column)
        elif has_header and column.casefold() in lowered:
            found[key] = lowered.index(column.casefold())
        elif column.isdecimal():
            found[key] = int(column)
        else:
            raise _MissingError(column)
    return found


def _check(given: ColumnMap | None, kind: str) -> None:
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise TypeError("columns: expected a mapping of what to which column")
    for key, column in given.items():
        if key not in _KEYS[kind]:
            raise ValueError(f"columns: {key!r} is none of {', '.join(_KEYS[kind])}")
        if not isinstance(column, (str, int)) or isinstance(column, bool):
            raise TypeError(f"columns: {key}: expected a name or a number")
        if isinstance(column, int) and column < 0:
            raise ValueError(f"columns: {key}: columns are numbered from 0")
    if not any(key in given for key in (*ALGORITHMS, *ADDRESSES)):
        raise ValueError("columns: no column of digests or addresses among them")


def with_columns(
    reader: str, options: Mapping[str, Any] | None, columns: ColumnMap | None
) -> tuple[str, dict[str, Any]]:
    """Return the reader and its options where a column map is given: ``"auto"`` means CSV then."""
    chosen = dict(options or {})
    if columns is None:
        return reader, chosen
    chosen["columns"] = columns
    if reader == "auto":
        is_of_addresses = any(key in ADDRESSES for key in columns)
        reader = "csv-addresses" if is_of_addresses else "csv"
    return reader, chosen


def _looks_like_header(names: Sequence[str], given: ColumnMap | None) -> bool:
    """Whether a first line names columns: a map says so, or it holds names and no digest."""
    if given is None or any(isinstance(c, str) and not c.isdecimal() for c in given.values()):
        return True
    if any(len(name) in _DIGITS and _HEX.fullmatch(name) for name in names):
        return False
    chosen = [names[i] for i in map(int, given.values()) if i < len(names)]
    return any(headers.role(name) for name in chosen)


def _is_on(options: Mapping[str, Any], name: str) -> bool | None:
    """Read a switch, which the command line gives as a text; None where it is not given."""
    said = options.get(name)
    if said is None or isinstance(said, bool):
        return said
    found = _SWITCHES.get(str(said).casefold())
    if found is None:
        raise ValueError(f"option {name}: neither yes nor no")
    return found


def _given_delimiter(options: Mapping[str, Any], quote: str) -> str:
    """Return the delimiter that the caller names; empty where none is."""
    said = options.get("delimiter") or ""
    said = _DELIMITERS.get(said, said)
    if said and not (isinstance(said, str) and len(said) == 1 and said.isascii()):
        raise ValueError("option delimiter: not a single ASCII character, nor tab")
    if said in ("\0", "\r", "\n", quote) and said:
        raise ValueError("option delimiter: a quote or line end cannot stand between columns")
    return said


def _delimiter(
    line: bytes, given: ColumnMap | None, quote: str, source: str = "", where: str = ""
) -> str:
    """Find out what stands between columns: that which shows most of those wanted."""

    def score(delimiter: str) -> tuple[int, int]:
        names = headers.split(line, delimiter, quote, source, where)
        try:
            known = len(_resolve(given, names, True))
        except _MissingError:
            known = -1
        return known, len(names)

    return max(headers.DELIMITERS, key=score)


def _first_line(text: TextStream, comment: str) -> tuple[bytes, int]:
    """Take off the first line that is neither blank nor a comment, and count those before it."""
    number = 0
    while line := text.first_line():
        number += 1
        if line.strip() and not (comment and line.startswith(comment.encode())):
            break
    return line, number


def _layout(found: Mapping[str, int], kind: str, **more: Any) -> Layout:
    """Return the layout of a table of which it is known which column holds what."""
    address = None
    if kind == "addresses":
        key = next((key for key in ADDRESSES if key in found), None)
        address = None if key is None else (ADDRESSES[key], found[key])
    return Layout(
        digests={name: found[name] for name in ALGORITHMS if name in found and address is None},
        id=found.get("id"),
        category=found.get("category"),
        address=address,
        **more,
    )


def _read(stream: BinaryIO, source: str, options: Mapping[str, Any], kind: str) -> Iterator[Item]:
    given = options.get("columns")
    _check(given, kind)
    quote = "" if _is_on(options, "quoting") is False else '"'
    delimiter = _given_delimiter(options, quote)
    has_header = _is_on(options, "header")
    text = TextStream(stream, source, options.get("encoding") or "")
    said = separator(text)
    comment = "#"
    line, number = _first_line(text, comment)
    number += bool(said)
    where = f"line {number}"
    delimiter = delimiter or said or _delimiter(line, given, quote, source, where)
    names = headers.split(line, delimiter, quote, source, where)
    if has_header is None:
        has_header = _looks_like_header(names, given)
    try:
        found = _resolve(given, names, has_header)
    except _MissingError as missing:
        raise FormatError(source, f"no column is called {missing}", where) from None
    wanted = ALGORITHMS if kind == "hashes" else tuple(ADDRESSES)
    if given is None and (twice := headers.twice(names)):
        several = f"several columns of {twice}; say with columns which is meant"
        raise FormatError(source, several, where)
    if not any(key in found for key in wanted):
        what = "digests" if kind == "hashes" else "addresses"
        raise FormatError(source, f"no column of {what} is named; give columns", where)
    if not has_header:
        text.push_back(line)
        number -= 1
    layout = _layout(
        found,
        kind,
        columns=max(len(names), 1 + max(found.values())),
        delimiter=delimiter,
        quote=quote,
        comment=comment,
        ends_whole=has_header,
    )
    asked = options.get("fields", ())
    layout = with_fields(layout, _fields(names, asked) if has_header else {}, asked)
    return Table(text, source, layout, number + 1).read()


def _fields(names: Sequence[str], asked: Iterable[str]) -> dict[str, int]:
    """Find the columns asked for; case counts only where names differ in nothing else."""
    lowered = [name.casefold() for name in names]
    found = {}
    for name in asked:
        if name in names:
            found[name] = names.index(name)
        elif name.casefold() in lowered:
            found[name] = lowered.index(name.casefold())
    return found


def read_hashes(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read a table of digests.

    Raises
    ------
    FormatError
        When there is no column of digests, or the table ends within quotes or within a row.
    """
    return _read(stream, source, options, "hashes")


def read_addresses(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read a table of domains or URLs, as `read_hashes` reads one of digests."""
    return _read(stream, source, options, "addresses")


def header_of(head: Head) -> list[str]:
    """Return the names of the columns that a source's first line seems to hold."""
    is_markup = head.data.lstrip()[:1] in (b"{", b"[", b"<")  # where names stand in quotes, too
    if is_markup or b"\0" in head.data:
        return []
    said = SEPARATOR.fullmatch(head.lines[0]) if head.lines else None
    delimiter = said[1].decode("ascii") if said else ""
    for line in head.lines[bool(said) :]:
        if line.strip() and not line.startswith(b"#"):
            try:
                found = delimiter or (_delimiter(line, None, '"') if len(line) < 1 << 14 else ",")
                return headers.split(line, found)
            except FormatError:
                return []
    return []


def _is_csv(head: Head) -> bool:
    names = head.once(header_of)
    others = (headers.is_icse, headers.is_nsrl, headers.is_hashkeeper)
    return headers.has_digests(headers.roles(names)) and not any(other(names) for other in others)


def _is_csv_of_addresses(head: Head) -> bool:
    names = head.once(header_of)
    found = headers.roles(names)
    return len(names) > 1 and not headers.has_digests(found) and any(k in found for k in ADDRESSES)


HASHES = Reader(
    "csv",
    "hashes",
    read_hashes,
    _is_csv,
    "CSV or TSV with columns of digests",
    has_signature=True,
    options=_OPTIONS,
    fields="any column, by its name",
)
ADDRESSES_READER = Reader(
    "csv-addresses",
    "addresses",
    read_addresses,
    _is_csv_of_addresses,
    "CSV or TSV with a column of domains or URLs",
    has_signature=True,
    options=_OPTIONS,
    fields="any column, by its name",
)
