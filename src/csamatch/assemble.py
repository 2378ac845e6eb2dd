"""From gathered keys to the sections of a list file, the same for any order of sources."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core, listfile
from csamatch.entries import encode_categories, encode_ids
from csamatch.info import encode_info
from csamatch.listfile import Section
from csamatch.rules import CODES, WIDTHS

Ints = npt.NDArray[np.int64]


class Columns:
    """What a build has gathered so far.

    Attributes
    ----------
    bare : dict of str to bytearray
        By rule, the packed keys of records that have one key each and say nothing of themselves.
    keys, records : dict
        By rule, the packed keys of all other records, and which record each belongs to.
    ids, categories : list
        What each of those records says of itself.
    """

    def __init__(self) -> None:
        self.bare: dict[str, bytearray] = {}
        self.keys: dict[str, bytearray] = {}
        self.records: dict[str, array[int]] = {}
        self.ids: list[str] = []
        self.categories: list[str | None] = []

    def __len__(self) -> int:
        return len(self.ids) + sum(len(keys) // WIDTHS[r] for r, keys in self.bare.items())

    def add(
        self, keys: Sequence[tuple[str, bytes]], id: str = "", category: str | None = None
    ) -> None:
        """Add a record: its keys, each with its rule, and its metadata."""
        if len(keys) == 1 and not id and category is None:
            self.extend(*keys[0])
            return
        number = len(self.ids)
        for rule, key in keys:
            if rule not in self.keys:
                self.keys[rule] = bytearray()
                self.records[rule] = array("I")
            self.keys[rule] += key
            self.records[rule].append(number)
        self.ids.append(id)
        self.categories.append(category)

    def extend(self, rule: str, keys: bytes) -> None:
        """Add records of one key each, packed, that say nothing of themselves."""
        if keys:
            self.bare.setdefault(rule, bytearray()).extend(keys)

    @cached_property
    def has_ids(self) -> bool:
        """Whether any record has an id; asked when all are gathered."""
        return any(self.ids)

    @cached_property
    def has_categories(self) -> bool:
        """Whether any record has a category; asked when all are gathered."""
        return any(category is not None for category in self.categories)

    def number_bare(self) -> None:
        """Turn bare keys into numbered records, as is needed beside others."""
        for rule, keys in self.bare.items():
            count = len(keys) // WIDTHS[rule]
            records = self.records.setdefault(rule, array("I"))
            records.extend(range(len(self.ids), len(self.ids) + count))
            self.keys.setdefault(rule, bytearray()).extend(keys)
            self.ids += [""] * count
            self.categories += [None] * count
        self.bare = {}


class _Sorted(NamedTuple):
    """The keys of one rule: distinct, ascending; and every (key, record) pair behind them."""

    rule: str
    keys: npt.NDArray[np.uint8]  # (u, width)
    rank: Ints  # (n,) which of the keys, ascending
    record: Ints  # (n,) which record, ascending within a key


class Assembled(NamedTuple):
    """The sections, and what became of the records."""

    sections: list[Section]
    accepted: int
    duplicate: int
    counts: dict[str, int]


def _sort(rule: str, keys: bytearray, records: array[int]) -> _Sorted:
    """Sort (key, record) rows as wholes: the record number, big-endian, is the tie-breaker."""
    width, count = WIDTHS[rule], len(records)
    rows = np.empty((count, width + 4), np.uint8)
    rows[:, :width] = np.frombuffer(keys, np.uint8).reshape(count, width)
    numbers = np.frombuffer(records, np.uint32).astype(">u4")
    rows[:, width:] = numbers.view(np.uint8).reshape(count, 4)
    _core.rows_sort(rows, count, width + 4)
    sorted_keys = rows[:, :width]
    first = np.ones(count, np.bool_)
    first[1:] = (sorted_keys[1:] != sorted_keys[:-1]).any(axis=1)
    record = np.ascontiguousarray(rows[:, width:]).view(">u4").ravel().astype(np.int64)
    return _Sorted(rule, np.ascontiguousarray(sorted_keys[first]), np.cumsum(first) - 1, record)


def _first_keys(tables: Sequence[_Sorted], records: int) -> Ints:
    """For each record the place of its first key, counting through all tables in order."""
    place = np.full(records, -1, np.int64)
    base = sum(len(table.keys) for table in tables)
    for table in reversed(tables):
        base -= len(table.keys)
        # Later assignments win, so the smallest rank goes last.
        place[table.record[::-1]] = base + table.rank[::-1]
    return place


def _number_entries(place: Ints, columns: Columns) -> tuple[Ints, Ints]:
    """Give entries their numbers, by first key, then id, then category; equal ones are one.

    Returns the entry of each record, and for each entry a record that shows its metadata.
    """
    order = np.argsort(place, kind="stable")
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = place[order[1:]] != place[order[:-1]]
    starts = np.flatnonzero(fresh)
    lengths = np.diff(starts, append=len(order))
    for start, length in zip(starts[lengths > 1], lengths[lengths > 1], strict=True):
        run = order[start : start + length].tolist()
        # None sorts below any text, the empty one included.
        said = sorted(
            (columns.ids[r], (c is not None, c or ""), r)
            for r, c in ((r, columns.categories[r]) for r in run)
        )
        order[start : start + length] = [r for _, _, r in said]
        fresh[start + 1 : start + length] = [a[:2] != b[:2] for a, b in pairwise(said)]
    entry = np.empty(len(order), np.int64)
    entry[order] = np.cumsum(fresh) - 1
    return entry, order[fresh]


def _reference_sections(table: _Sorted, base: int, entry: Ints) -> list[Section]:
    """Which entry each key belongs to, and which further ones, where that isn't plain."""
    code = CODES[table.rule]
    entries = entry[table.record]
    starts = np.flatnonzero(np.diff(table.rank, prepend=-1))
    first = np.minimum.reduceat(entries, starts)
    sections = []
    if not np.array_equal(first, base + np.arange(len(first))):
        sections.append(Section(listfile.KEY_ENTRIES, code, 4, first.astype("<u4")))
    further = entries != first[table.rank]
    if further.any():
        pairs = np.unique(np.stack([table.rank[further], entries[further]], axis=1), axis=0)
        sections.append(Section(listfile.MORE_ENTRIES, code, 8, pairs.astype("<u4")))
    return sections


def _entry_sections(columns: Columns, shown: Ints) -> list[Section]:
    sections = []
    records = shown.tolist()
    if columns.has_ids:
        ends, text = encode_ids([columns.ids[r] for r in records])
        sections.append(Section(listfile.ID_ENDS, 0, 8, ends))
        sections.append(Section(listfile.ID_TEXT, 0, 1, text))
    if columns.has_categories:
        codes, names = encode_categories([columns.categories[r] for r in records])
        sections.append(Section(listfile.CATEGORY_CODES, 0, codes.dtype.itemsize, codes))
        sections.append(Section(listfile.CATEGORY_NAMES, 0, 1, names))
    return sections


def _key_sections(rule: str, keys: Any) -> list[Section]:
    """Return the sections of sorted distinct keys, packed."""
    code, width = CODES[rule], WIDTHS[rule]
    count = len(keys) // width
    sections = [Section(listfile.KEYS, code, width, keys)]
    if 0 < count < 2**32:
        directory = _core.directory_build(keys, count, width)
        sections.append(Section(listfile.DIRECTORY, code, 64, directory))
    return sections


def _assemble_bare(columns: Columns, sections: list[Section]) -> Assembled:
    """Assemble a list of keys alone. They are sorted where they are: there may be many."""
    counts = {}
    for rule in sorted(columns.bare, key=CODES.__getitem__):
        keys, width = columns.bare[rule], WIDTHS[rule]
        count = len(keys) // width
        _core.rows_sort(keys, count, width)
        counts[rule] = _core.rows_unique(keys, count, width)
        sections += _key_sections(rule, memoryview(keys)[: counts[rule] * width])
    accepted = sum(counts.values())
    return Assembled(sections, accepted, len(columns) - accepted, counts)


def assemble(columns: Columns, info: Mapping[str, Any]) -> Assembled:
    """Make the sections of a list file out of gathered columns, which are used up.

    Parameters
    ----------
    columns : Columns
        Every record with at least one key.
    info : mapping
        The envelope, as `csamatch.info.envelope` gives it.
    """
    sections = [Section(listfile.INFO, 0, 1, encode_info(info))]
    if not columns.ids:
        return _assemble_bare(columns, sections)
    columns.number_bare()
    rules = sorted(columns.keys, key=CODES.__getitem__)
    tables = [_sort(rule, columns.keys[rule], columns.records[rule]) for rule in rules]
    place = _first_keys(tables, len(columns.ids))
    for table in tables:
        sections += _key_sections(table.rule, table.keys.data.cast("B"))
    if columns.has_ids or columns.has_categories:
        entry, shown = _number_entries(place, columns)
        base = 0
        for table in tables:
            sections += _reference_sections(table, base, entry)
            base += len(table.keys)
        sections += _entry_sections(columns, shown)
        accepted = len(shown)
    else:
        accepted = len(np.unique(place))
    return Assembled(
        sections,
        accepted,
        len(columns.ids) - accepted,
        {table.rule: len(table.keys) for table in tables},
    )
