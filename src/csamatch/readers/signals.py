"""Signals as platforms exchange them (ThreatExchange, StopNCII): objects of JSON, one a record.

They stand one a line, in an array, or in an array within an object, under ``data`` or
``hashRecords``. What is read is one object at a time, none longer than a megabyte.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from csamatch.errors import FormatError
from csamatch.readers.digests import parse_digest
from csamatch.readers.interface import HEAD_SIZE, Head, Item, Reader
from csamatch.readers.records import Record, Rejected, Update
from csamatch.readers.streams import TextStream
from csamatch.rules import ALGORITHMS

LIMIT: Final = 1 << 20
"""No record is longer, in characters."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANKS = re.compile(r"[ \t\r\n]*")
_ARRAYS: Final = ("data", "hashRecords")
_DIGITS: Final = 4000  # of an integer; Python refuses to read one that is little longer
_COMMON = re.compile(rb'"(?:indicator|raw_indicator|hashValue)"\s*:')
_KIND = re.compile(r"(md5|sha1|sha256)$")
_DEFAULT: Final = {
    "hash": ("indicator", "raw_indicator", "hashValue"),
    "type": ("type", "signalType"),
    "id": ("id",),
    "category": ("status", "hashStatus"),
}
_TIMES: Final = ("last_updated", "lastModtimestamp")
_WITHDRAWN: Final = ("withdrawn", "deleted")
_KEYS: Final = (*ALGORITHMS, "hash", "type", "id", "category")


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= _DIGITS else digits


def _refuse(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


_DECODER = json.JSONDecoder(parse_int=_integer, parse_constant=_refuse)


def _array_start(text: str) -> int | None:
    """Return where the elements of the array begin that holds the records; None without one."""

    def skip(at: int) -> int:
        return _BLANKS.match(text, at).end()  # type: ignore[union-attr]

    at = skip(0)
    if text.startswith("[", at):
        return at + 1
    mark = "{"
    try:
        while text[at] == mark:
            key, at = _DECODER.raw_decode(text, skip(at + 1))
            at = skip(at)
            if text[at] != ":":
                return None
            at = skip(at + 1)
            if key in _ARRAYS and text[at] == "[":
                return at + 1
            _, at = _DECODER.raw_decode(text, at)
            at, mark = skip(at), ","
    except (ValueError, IndexError, RecursionError, TypeError):
        pass
    return None


def _paths(given: Mapping[str, Any] | None) -> dict[str, list[list[str]]]:
    """Return for each thing wanted the paths at which it may be."""
    if given is not None and not isinstance(given, Mapping):
        raise TypeError("columns: expected a mapping of what to which field")
    for key in given or {}:
        if key not in _KEYS:
            raise ValueError(f"columns: {key!r} is none of {', '.join(_KEYS)}")
    if given is not None and not any(key in given for key in (*ALGORITHMS, "hash")):
        raise ValueError("columns: no field of digests among them")
    named = _DEFAULT if given is None else {key: (str(path),) for key, path in given.items()}
    return {key: [path.split(".") for path in paths] for key, paths in named.items()}


def _find(record: Mapping[str, Any], paths: list[list[str]]) -> Any:
    for path in paths:
        value: Any = record
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if value not in (None, ""):
            return value
    return None


def _label(value: Any) -> str:
    is_plain = isinstance(value, (str, int)) and not isinstance(value, bool)
    return str(value).strip() if is_plain else ""


def _is_text(label: str) -> bool:
    """Whether a label is text: JSON can name halves of surrogate pairs, which none holds."""
    return label.isascii() or not _SURROGATE.search(label)


def _is_withdrawn(found: Mapping[str, Any]) -> bool | None:
    """Whether an object withdraws its signal; None when it says nothing of that."""
    if "should_delete" in found:
        return found["should_delete"] in (True, 1, "true", "True", "1")
    if "hashStatus" in found:
        return _label(found["hashStatus"]).casefold() in _WITHDRAWN
    return None


def _time(found: Mapping[str, Any]) -> int:
    """Return when an object was last changed, in seconds; 0 when it does not say.

    ValueError when it says something else.
    """
    said = next((found[name] for name in _TIMES if found.get(name) is not None), 0)
    try:
        time = int(said) if _label(said).isdecimal() else _seconds(_label(said))
    except OverflowError:
        raise ValueError from None
    if not 0 <= time < 1 << 62:
        raise ValueError
    return time


def _seconds(said: str) -> int:
    moment = datetime.fromisoformat(said)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


class _Reader:
    """Makes records of objects."""

    def __init__(self, source: str, given: Mapping[str, Any] | None) -> None:
        self.source = source
        self._paths = _paths(given)
        self._is_known = given is None  # a format whose records other files may withdraw

    def make(self, found: Any, where: str) -> Item:
        """Make an item of what stands for a record."""
        if not isinstance(found, dict):
            return Rejected(where, "not a JSON object")
        said = {key: _find(found, paths) for key, paths in self._paths.items()}
        record = self._record(said, where)
        withdrawn = _is_withdrawn(found)
        try:
            time = _time(found) or None
        except ValueError:
            if withdrawn:
                return Rejected(where, "a withdrawal whose time cannot be read")
            time = None
            record.bad.append(("the time of its last change cannot be read", ""))
        if withdrawn is None and not self._is_known:
            return record
        digests = (said[name] for name in (*ALGORITHMS, "hash") if said.get(name) is not None)
        key = _label(said.get("id")) or " ".join(_label(digest).lower() for digest in digests)
        if not _is_text(key):
            key = ascii(key)
        # What holds no digest replaces none: an earlier version of it stays.
        is_sound = withdrawn or record.values
        return Update(key, time, None if withdrawn else record, where) if is_sound else record

    def _record(self, said: Mapping[str, Any], where: str) -> Record:
        labels = {name: _label(said.get(name)) for name in ("id", "category")}
        record = Record([], where, has_category=True)
        for name, label in labels.items():
            if not _is_text(label):
                record.bad.append((f"{name}: half of a surrogate pair", ascii(label)))
                labels[name] = ""
        record.id, record.category = labels["id"], labels["category"] or None
        for name in ALGORITHMS:
            if said.get(name) is not None:
                self._take(record, name, said[name])
        if said.get("hash") is not None:
            self._take_typed(record, said["hash"], said.get("type"))
        return record

    def _take(self, record: Record, name: str, text: Any) -> None:
        digest = parse_digest(name, text)
        if isinstance(digest, str):
            record.bad.append((digest, text if isinstance(text, str) else ""))
        elif (name, digest) not in record.values:
            record.values.append((name, digest))

    def _take_typed(self, record: Record, text: Any, kind: Any) -> None:
        """Take a digest of the algorithm that the record names."""
        known = _KIND.search(re.sub(r"[^a-z0-9]", "", kind.casefold())) if _label(kind) else None
        if known is None:
            record.bad.append(("a signal of another kind than a digest", ""))
        else:
            self._take(record, known[1], text)


def _lines(text: TextStream, reader: _Reader) -> Iterator[Item]:
    """Read an object a line."""
    number = 0
    while line := text.first_line():
        number += 1
        where = f"line {number}"
        if len(line) >= LIMIT:
            raise FormatError(reader.source, "a line too long for a record", where)
        if not line.strip():
            continue
        try:
            found = _DECODER.decode(line.decode("utf-8"))
        except (ValueError, RecursionError):
            if not line.endswith(b"\n"):
                reason = "truncated: it ends within a record"
                raise FormatError(reader.source, reason, where) from None
            yield Rejected(where, "malformed JSON", line.decode("utf-8", "backslashreplace"))
            continue
        yield reader.make(found, where)


class _Array:
    """Reads the objects of an array, which may stand within an object."""

    def __init__(self, text: TextStream, reader: _Reader) -> None:
        self._text = text
        self._reader = reader
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._known = ""
        self._at = 0
        self._number = 0

    def _error(self, reason: str) -> FormatError:
        return FormatError(self._reader.source, reason, f"after record {self._number}")

    def _more(self) -> bool:
        """Read on, and forget what is done with; False at the end."""
        data = self._text.read()
        try:
            self._known = self._known[self._at :] + self._decoder.decode(data, final=not data)
        except UnicodeDecodeError:
            raise self._error("not UTF-8, or truncated") from None
        self._at = 0
        return bool(data)

    def _skip_blanks(self) -> str:
        """Go to the next character that is not blank and return it; empty at the end."""
        while True:
            self._at = _BLANKS.match(self._known, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._known):
                return self._known[self._at]
            if not self._more():
                return ""

    def _next(self) -> Any:
        """Take off one value."""
        self._skip_blanks()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._known, self._at)
            except (ValueError, RecursionError):
                if len(self._known) - self._at > LIMIT or not self._more():
                    raise self._error("malformed or truncated JSON") from None
                continue
            # What ends with the text may go on behind it: numbers do.
            if end < len(self._known) or not self._more():
                self._at = end
                return value

    def read(self) -> Iterator[Item]:
        """Yield what the objects hold, and check what is behind them."""
        while (found := _array_start(self._known)) is None and self._more():
            pass
        assert found is not None  # who called has seen it
        is_within = self._known.lstrip().startswith("{")
        self._at = found
        mark = self._skip_blanks()
        while mark != "]":
            value = self._next()
            self._number += 1
            yield self._reader.make(value, f"record {self._number}")
            mark = self._skip_blanks()
            if mark not in (",", "]"):
                raise self._error("malformed or truncated JSON")
            self._at += mark == ","
        self._at += 1
        while len(self._known) < LIMIT and self._more():
            pass
        behind = self._known[self._at :]
        try:
            rest = _DECODER.decode(f'{{"":0{behind}' if is_within else f"0 {behind}")
        except (ValueError, RecursionError):
            raise self._error("malformed or truncated JSON") from None
        if is_within and any(isinstance(rest.get(name), list) for name in _ARRAYS):
            raise self._error("a second array of records in the same object")


def read(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read signals.

    Raises
    ------
    FormatError
        When an array is malformed or truncated anywhere, when the last line is, or when a record
        is longer than the limit.
    """
    reader = _Reader(source, options.get("columns"))
    text = TextStream(stream, source)
    head = b""
    while len(head) < HEAD_SIZE and (more := text.read()):
        head += more
    text.push_back(head)
    if _array_start(head[:HEAD_SIZE].decode("utf-8", "replace")) is not None:
        yield from _Array(text, reader).read()
    else:
        yield from _lines(text, reader)


def _is_signals(head: Head) -> bool:
    is_json = head.data.lstrip()[:1] in (b"{", b"[")
    return is_json and b"odata" not in head.data and _COMMON.search(head.data) is not None


READER = Reader(
    "signals",
    "hashes",
    read,
    _is_signals,
    "JSON of ThreatExchange and StopNCII, or of any fields: an array, or an object a line",
    has_signature=True,
    options={"columns": "which field holds what: md5, sha1, sha256, hash, type, id, category"},
)
