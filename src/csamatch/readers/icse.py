"""CSV exports of INTERPOL's ICSE database: semicolons, and a Baseline flag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from csamatch.errors import FormatError
from csamatch.readers import headers
from csamatch.readers.delimited import header_of
from csamatch.readers.interface import Head, Item, Reader
from csamatch.readers.records import Batch, Rejected
from csamatch.readers.streams import TextStream, separator
from csamatch.readers.tables import Layout, Table, with_fields

_FLAGS = {"yes": "yes", "y": "yes", "true": "yes", "t": "yes"}
_FLAGS |= {"no": "no", "n": "no", "false": "no", "f": "no"}
_ASKED = _FLAGS | {"1": "yes", "0": "no"}
_FLAG_COLUMNS = frozenset(
    ["isdistributed", "victimidentified", "offenderidentified", "fileavailable", "baseline"]
)


def read(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read an ICSE export. Rows may have more or fewer columns than the first line.

    Raises
    ------
    FormatError
        When the first line does not name its columns, or it ends within quotes.
    """
    text = TextStream(stream, source, options.get("encoding") or "")
    number = 1 + bool(separator(text))
    names = headers.split(text.first_line(), ";", source=source, where=f"line {number}")
    if not headers.is_icse(names):
        raise FormatError(source, "no columns of an ICSE export are named", f"line {number}")
    by_name = {headers.plain(name): index for index, name in reversed(list(enumerate(names)))}
    layout = Layout(
        digests={name: by_name[name] for name in ("md5", "sha1", "sha256") if name in by_name},
        id=by_name["imageid"],
        columns=len(names),
        delimiter=";",
        ends_whole=False,
        spell=_flag,
    )
    asked = options.get("fields", ())
    known = {field: by_name[plain] for field in asked if (plain := headers.plain(field)) in by_name}
    flags = [field for field in known if headers.plain(field) in _FLAG_COLUMNS]
    for item in Table(text, source, with_fields(layout, known, asked), number + 1).read():
        if isinstance(item, Batch):
            _set_apart(item, flags)
        yield item


def _set_apart(batch: Batch, flags: list[str]) -> None:
    """Reject the rows whose flags are none: their columns are shifted, or mean something else."""
    alone = dict(batch.alone)
    for name in flags:
        codes, values = batch.fields[name]
        odd = [i for i, value in enumerate(values, 1) if value not in ("yes", "no")]
        for row in np.flatnonzero(np.isin(codes, odd)).tolist() if odd else ():
            alone.setdefault(row, Rejected(batch.where(row), f"{name}: neither yes nor no"))
    batch.alone = alone


def _flag(said: str) -> str:
    """Spell a flag as yes or no; leave anything else as it is."""
    return _FLAGS.get(said.casefold(), said)


def _spell(field: str, value: str) -> str:
    """Spell a value that is asked for; ValueError for a flag that is none."""
    if headers.plain(field) not in _FLAG_COLUMNS:
        return value
    flag = _ASKED.get(value.strip().casefold())
    if flag is None:
        raise ValueError(f"where: {field} is yes or no, or None where it says neither")
    return flag


def _is_icse(head: Head) -> bool:
    return headers.is_icse(head.once(header_of))


READER = Reader(
    "icse",
    "hashes",
    read,
    _is_icse,
    "CSV exports of INTERPOL's ICSE database",
    has_signature=True,
    options={"encoding": "of the text; default: UTF-8, or UTF-16 with a byte order mark"},
    fields="any column, by its name; flags are yes or no",
    where={"baseline": "yes"},
    spell=_spell,
)
