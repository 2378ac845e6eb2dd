"""VICS JSON (Project VIC, OData): models 1.x and 2.0, Media and Cases."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from itertools import chain, groupby
from typing import Any, BinaryIO

import numpy as np

from csamatch import _core
from csamatch.errors import FormatError
from csamatch.readers.digests import parse_digest
from csamatch.readers.interface import Head, Reader
from csamatch.readers.records import Batch, Record, Rejected
from csamatch.rules import ALGORITHMS

_CONTEXT = re.compile(
    rb'"(?:@odata\.context|odata\.metadata)"\s*:\s*"([^"]*(?:ProjectVic|VICS)[^"]*)"', re.IGNORECASE
)
_BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16
_CHUNK = 1 << 18
_MANY = 1 << 13  # records at a time

# As in csamatch.h: what a value is of, and its type.
_RECORD, _ID, _CATEGORY = 0, 1, 2
_ALGORITHM_OF_FIELD = {3: "md5", 4: "sha1", 5: "md5", 6: "sha1", 7: "sha256", 8: "md5", 9: "sha256"}
_STRING, _NUMBER, _OTHER, _LONG, _DIGEST, _TWICE = range(1, 7)
_REASONS = {
    _OTHER: "not a JSON object",
    _LONG: "more digests than one thing can have",
    _TWICE: "a key that stands there twice, with different values",
}
_LAYOUT = "Media and Cases are not where the data model announces them"  # of the C library
_TOO_LONG = "over 4,096 bytes long"


def _model(head: bytes) -> str | None:
    context = _CONTEXT.search(head)
    return None if context is None else context[1].decode("utf-8", "replace")


def recognise(head: Head) -> bool:
    """Whether the first bytes are JSON and name a VICS data model."""
    return head.data.lstrip().startswith(b"{") and _model(head.data) is not None


def read(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Batch]:
    """Read a VICS file, many Media objects at a time.

    Raises
    ------
    FormatError
        When it is no VICS file, or its JSON is broken or ends too early.
    """
    head = stream.read(_HEAD).removeprefix(_BOM)
    model = _model(head)
    if model is None:
        raise FormatError(source, "no ProjectVic data model is named at its start")
    is_cases = "#cases" in model.lower()
    reader = _core.VicsReader(is_cases)
    number = 0
    for chunk in chain([head], iter(lambda: stream.read(_CHUNK), b"")):
        at = reader.feed(chunk, 0)
        while reader.is_full or reader.rows >= _MANY:
            number += reader.rows
            yield _batch(reader, number)
            if reader.is_full:
                at += reader.feed(chunk, at)
        if reader.problem() is not None:
            break
    else:
        reader.finish()
    number += reader.rows
    yield _batch(reader, number)
    problem = reader.problem()
    if problem is not None:
        reason, line, column, path = problem
        where = f"after Media {number}, line {line}, column {column}"
        where += f", at {path}" if path else ""
        sound = "" if reason == _LAYOUT else "malformed or truncated JSON: "
        raise FormatError(source, sound + reason, where)
    if number == 0:
        raise FormatError(source, f"no Media at {'value[].Media[]' if is_cases else 'value[]'}")


def _batch(reader: _core.VicsReader, number: int) -> Batch:
    """Take out of a reader what it holds: the records up to a number."""
    count = reader.rows
    digests, codes, ends, ids, spellings, values = reader.take()
    labels = [_read_label(*spelling) for spelling in spellings]
    names = sorted({label for label in labels if label is not None})
    code_of = {None: 0} | {name: i for i, name in enumerate(names, 1)}
    lookup = np.array([0, *(code_of[label] for label in labels)], np.uint32)
    batch = Batch(
        count,
        {
            name: (np.frombuffer(rows, np.uint32), data)
            for name, (rows, data) in zip(ALGORITHMS, digests, strict=True)
        },
        word="Media",
        first=number - count + 1,
        id_ends=np.frombuffer(ends, np.uint64) if ids else None,
        id_text=ids,
        codes=lookup[np.frombuffer(codes, np.uint32)] if names else None,
        names=names,
        has_category=True,
    )
    of_row = groupby(values, key=lambda value: value[0])
    batch.alone = {row: _judge(said, batch.where(row)) for row, said in of_row}
    return batch


def _label(value: Any) -> str | None:
    """Spell a category: 1, 1.0 and "1" are the same. ValueError for anything odd."""
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


def _read_label(kind: int, text: bytes) -> str | None:
    """Spell a category, or a number, that is written in JSON. ValueError for anything odd."""
    if kind == _STRING:
        return _label(text.decode())
    if kind != _NUMBER:
        raise ValueError
    if text.lstrip(b"-").isdigit():
        return _label(int(text))
    try:
        return _label(Decimal(text.decode()))
    except InvalidOperation:  # its exponent is beyond all bounds
        return text.decode()


def _judge(values: Iterable[tuple[int, int, int, bytes]], where: str) -> Record | Rejected:
    """Read a record of which not everything is plain, by its values."""
    record = Record([], where, has_category=True)
    for _, field, kind, text in values:
        if field == _RECORD:
            return Rejected(where, _REASONS[kind])
        if field in (_ID, _CATEGORY):
            try:
                is_text_id = field == _ID and kind == _STRING
                label = text.decode() if is_text_id else _read_label(kind, text)
            except ValueError:
                reason = _TOO_LONG if kind == _LONG else "neither a number nor a string"
                if field == _CATEGORY:
                    return Rejected(where, f"Category: {reason}")
                record.bad.append((f"MediaID: {reason}", ""))
                continue
            if field == _ID:
                record.id = label or ""
            else:
                record.category = label
        else:
            _take_digest(record, _ALGORITHM_OF_FIELD[field], kind, text)
    return record


def _take_digest(record: Record, name: str, kind: int, text: bytes) -> None:
    """Add a digest to a record, once, or the reason why it is none."""
    if kind == _DIGEST:
        digest: bytes | str = text
    elif kind == _STRING:
        digest = parse_digest(name, text.decode())
    else:
        digest = f"{name}: {_TOO_LONG if kind == _LONG else 'not a string'}"
    if isinstance(digest, str):
        record.bad.append((digest, text.decode()))
    elif (name, digest) not in record.values:
        record.values.append((name, digest))


READER = Reader(
    "vics",
    "hashes",
    read,
    recognise,
    "VICS JSON of Project VIC, models 1.x and 2.0, Media and Cases",
    has_signature=True,
    left_out=(None, "0"),
)
