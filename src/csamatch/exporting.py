"""From lists and sources to other formats."""

from __future__ import annotations

import os
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from csamatch import listfile
from csamatch.addresses import check_host, listed_address
from csamatch.atomic import replace_file
from csamatch.errors import Error, FormatError, UrlError
from csamatch.filters import RejectionLimit, wanted_categories
from csamatch.hashlist import HashList
from csamatch.intake import Intake
from csamatch.lists import Ints, KeyTable
from csamatch.opening import open_list
from csamatch.quarantine import CLASSES
from csamatch.readers import Batch, Record, delimited
from csamatch.reading import Request, items_of
from csamatch.report import BuildReport
from csamatch.rules import CODES, WIDTHS
from csamatch.sources import Source, as_sources, check_apart, is_path, open_source
from csamatch.unpack import Limits
from csamatch.urllist import UrlList
from csamatch.writers import WRITERS, Writer

__all__ = ["export"]

_PIECE = 1 << 16


class _Sink:
    """Stands in for the columns of a build, and writes what it is given."""

    def __init__(self, format: str) -> None:
        self._format = format
        self._writer: Writer | None = None
        self._text: list[str] = []
        self.count = 0
        self.unsaid = 0

    def begin(self, kind: str, source: str) -> None:
        """Settle what is written: hashes or addresses."""
        if self._writer is None:
            if kind not in WRITERS[self._format]:
                raise FormatError(source, f"{kind} cannot be written as {self._format}")
            self._writer = WRITERS[self._format][kind]()
            self._text.append(self._writer.start())

    def add(
        self, keys: Sequence[tuple[str, bytes]], id: str = "", category: str | None = None
    ) -> None:
        """Write a record."""
        assert self._writer is not None
        text = self._writer.record(keys, id, category)
        if text:
            self.count += 1
            self._text.append(text)
        else:
            self.unsaid += 1

    def extend(self, rule: str, keys: bytes) -> None:
        """Write records of one digest each, packed."""
        width = WIDTHS[rule]
        for at in range(0, len(keys), width):
            self.add([(rule, keys[at : at + width])])

    def add_batch(self, batch: Batch, kept: Any) -> None:
        """Write some rows of a batch."""
        for record in batch.records(np.flatnonzero(kept).tolist()):
            if isinstance(record, Record):
                self.add(record.values, record.id, record.category)

    def take(self) -> bytes:
        """Take off what was written so far."""
        text = "".join(self._text)
        self._text.clear()
        return text.encode("utf-8", "surrogateescape")

    def finish(self) -> bytes:
        """Take off what is left, the end included."""
        if self._writer is not None:
            self._text.append(self._writer.end())
        return self.take()


class _Intake(Intake):
    """Takes addresses in as they are to be written, instead of as keys."""

    def _key(self, name: str, value: Any) -> tuple[str, bytes, str | None, bytes] | str:
        if self.kind == "hashes":
            return name, value, None, b""
        try:
            address = listed_address(value, name or None)
            check_host(address)
        except UrlError as error:
            return error.reason
        return address.rule, address.canonical.encode("ascii"), None, b""


def _of_sources(
    sources: Iterable[Source], sink: _Sink, intake: Intake, request: Request
) -> Generator[bytes, None, None]:
    for source in sources:
        with closing(open_source(source, request.limits)) as found:
            for opened in found:
                for _ in items_of(intake, opened, request, sink.begin):
                    yield sink.take()
    intake.finish()
    if not sink.count:
        raise FormatError(", ".join(map(str, sources)), "nothing in it can be written")
    yield sink.finish()


def _references(number: int, table: KeyTable) -> Ints:
    """Return entry, number of the table and position of every reference from a key."""
    positions = np.arange(len(table.keys), dtype=np.int64)
    entries = table.entry_numbers(positions)
    if table.more_entries is not None:
        entries = np.concatenate([entries, table.more_entries[:, 1]])
        positions = np.concatenate([positions, table.more_entries[:, 0]])
    return np.stack([entries, np.full(len(entries), number), positions]).astype(np.int64)


def _keys_by_entry(lst: HashList) -> Iterator[tuple[int, list[tuple[str, bytes]]]]:
    """Yield each entry's number and digests."""
    names = list(lst._tables)
    keys = {name: lst._file._bytes(listfile.KEYS, CODES[name]) for name in names}
    references = [_references(number, table) for number, table in enumerate(lst._tables.values())]
    if not references:
        return
    entry, table_of, position = np.concatenate(references, axis=1)
    order = np.argsort(entry, kind="stable")
    starts = np.flatnonzero(np.diff(entry[order], prepend=-1)).tolist()
    for start, end in zip(starts, [*starts[1:], len(order)], strict=True):
        found = []
        for i in order[start:end].tolist():
            name = names[table_of[i]]
            at = int(position[i]) * WIDTHS[name]
            found.append((name, bytes(keys[name][at : at + WIDTHS[name]])))
        yield int(entry[order[start]]), found


def _of_list(lst: HashList, sink: _Sink) -> Generator[bytes, None, None]:
    sink.begin("hashes", "list")
    has_entries = not lst._entries.is_absent
    canaries = {
        table.entry(position)
        for rule, table in lst._tables.items()
        for position in lst._canaries.get(rule, ())
    }
    for number, keys in _keys_by_entry(lst):
        if number in canaries:
            continue
        entry = lst._entries[number] if has_entries else None
        sink.add(keys, entry.id if entry else "", entry.category if entry else None)
        if sink.count % _PIECE == 0:
            yield sink.take()
    yield sink.finish()


def _list_in(source: Any) -> HashList | UrlList | None:
    """Return the list that a source is, or is a file of; None when it is something else."""
    if isinstance(source, (HashList, UrlList)):
        return source
    if is_path(source) and Path(source).is_file():
        with Path(source).open("rb") as file:
            if file.read(len(listfile.MAGIC)) == listfile.MAGIC:
                return open_list(source, stale="serve")
    return None


def _check_list(lst: HashList | UrlList, allow_export: bool) -> HashList:
    if not allow_export:
        raise Error("a list is confidential, and written out only with allow_export=True")
    if not isinstance(lst, HashList):
        raise Error("a list of addresses holds keys made of them, which cannot be turned back")
    if lst.info.keyed:
        raise Error("a keyed list holds hashes of its digests, which cannot be turned back")
    return lst


def export(
    source: Source | HashList | Iterable[Source],
    out: str | os.PathLike[str] | BinaryIO,
    *,
    format: str = "text",
    allow_export: bool = False,
    reader: str = "auto",
    columns: Mapping[str, str | int] | None = None,
    options: Mapping[str, Any] | None = None,
    categories: Collection[str | int | None] | None = None,
    where: Mapping[str, Any] | None = None,
    max_rejected: float | str | None = None,
    max_size: int = Limits.max_size,
    max_ratio: float = Limits.max_ratio,
) -> BuildReport:
    """Write a list, or what sources hold, in another format.

    What the sources list is written, addresses in their canonical form. Nothing is quarantined,
    which is for the build that reads it to do. But filters are those of a build: what is written
    may not say any more by what it could be filtered.

    Parameters
    ----------
    source : HashList, path, binary file object, or a list of sources
        A list of hashes or its file, or sources as `csamatch.build` takes them.
    out : path or binary file object
        Where to write. A file is replaced in one step, and readable for its owner only.
    format : {"text", "csv", "vics", "hashdeep"}
        Plain text and hashdeep's format keep neither ids nor categories.
    allow_export : bool
        Must be True to write a list out again: it is a list's handling that says who may.
    reader, columns, options, categories, where, max_rejected, max_size, max_ratio
        How to read sources, as `csamatch.build` has them. A list is written whole.

    Returns
    -------
    BuildReport
        `accepted` are the records written; `filtered` are also those that the format cannot say.

    Raises
    ------
    Error
        When a list may not be written out, or is one of addresses, of which it holds no text.
    FormatError
        When a source cannot be read, or nothing in it can be written.
    """
    if format not in WRITERS:
        raise ValueError(f"format: no such one; there are {', '.join(WRITERS)}")
    report = BuildReport()
    sink = _Sink(format)
    lst = _list_in(source)
    if lst is not None:
        if categories is not None or where:
            raise ValueError("categories, where: a list is written whole; filter its sources")
        chunks = _of_list(_check_list(lst, allow_export), sink)
    else:
        reader, own = delimited.with_columns(reader, options, columns)
        sources = as_sources(source)  # type: ignore[arg-type]
        for each in sources:
            if _list_in(each) is not None:
                raise ValueError("source: a list is exported by itself")
        if is_path(out):
            check_apart(sources, out)  # type: ignore[arg-type]
        limit = RejectionLimit(max_rejected)
        request = Request(reader, own, where, Limits(max_size, max_ratio), limit)
        intake = _Intake(report, frozenset(CLASSES), None, wanted_categories(categories), sink)
        chunks = _of_sources(sources, sink, intake, request)
    if is_path(out):
        replace_file(out, chunks)  # type: ignore[arg-type]
    else:
        for chunk in chunks:
            out.write(chunk)  # type: ignore[union-attr]
    report.accepted = sink.count
    report.filtered += sink.unsaid
    report.read = report.read if lst is None else sink.count
    return report
