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
from csamatch.entries import encode_categories
from csamatch.info import encode_info
from csamatch.listfile import Section
from csamatch.readers.records import Batch
from csamatch.rules import CODES, WIDTHS

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.unsignedinteger[Any]]

_CHUNK = 1 << 17  # records looked at together: what that takes must not count beside the keys


class Columns:
    """What a build has gathered so far.

    Attributes
    ----------
    bare : dict of str to bytearray
        By rule, the packed keys of records that have one key each and say nothing of themselves.
    keys, records : dict
        By rule, the packed keys of all other records, and which record each belongs to.
    id_ends, id_text : array, bytearray
        Where the id of each of those records ends in the text; the ids in one run of UTF-8.
    codes, names : array, list of str
        Their categories: 0 for none, else 1 + the index in `names`.
    """

    def __init__(self) -> None:
        self.bare: dict[str, bytearray] = {}
        self.keys: dict[str, bytearray] = {}
        self.records: dict[str, array[int]] = {}
        self.id_ends: array[int] = array("Q")
        self.id_text = bytearray()
        self.codes: array[int] = array("I")
        self.names: list[str] = []
        self._code_of: dict[str | None, int] = {None: 0}

    def __len__(self) -> int:
        return len(self.codes) + sum(len(keys) // WIDTHS[r] for r, keys in self.bare.items())

    def add(
        self, keys: Sequence[tuple[str, bytes]], id: str = "", category: str | None = None
    ) -> None:
        """Add a record: its keys, each with its rule, and its metadata."""
        if len(keys) == 1 and not id and category is None:
            self.extend(*keys[0])
            return
        number = len(self.codes)
        for rule, key in keys:
            packed, records = self._of_rule(rule)
            packed += key
            records.append(number)
        self.id_text += id.encode("utf-8", "replace")
        self.id_ends.append(len(self.id_text))
        self.codes.append(self._code(category))

    def add_batch(self, batch: Batch, kept: npt.NDArray[np.bool_]) -> None:
        """Add those records of a batch that are kept, each of which has a key."""
        count = int(np.count_nonzero(kept))
        found = ((rule, *_kept_keys(*keys, kept)) for rule, keys in batch.digests.items())
        chosen = [(rule, rows, data) for rule, rows, data in found if len(rows)]
        codes = None if batch.codes is None else batch.codes[kept]
        lengths, text = _kept_ids(batch, kept)
        is_bare = sum(len(rows) for _, rows, _ in chosen) == count
        if is_bare and not text and (codes is None or not codes.any()):
            for rule, _, data in chosen:
                self.extend(rule, data)
            return
        number = (np.cumsum(kept) + (len(self.codes) - 1)).astype(np.uint32)
        for rule, rows, data in chosen:
            packed, records = self._of_rule(rule)
            packed += data
            records.frombytes(number[rows].tobytes())
        ends = np.cumsum(lengths, dtype=np.uint64) + np.uint64(len(self.id_text))
        self.id_ends.frombytes(ends.tobytes())
        self.id_text += text
        own = np.array([self._code(name) for name in (None, *batch.names)], np.uint32)
        self.codes.frombytes(
            (np.zeros(count, np.uint32) if codes is None else own[codes]).tobytes()
        )

    def _of_rule(self, rule: str) -> tuple[bytearray, array[int]]:
        if rule not in self.keys:
            self.keys[rule] = bytearray()
            self.records[rule] = array("I")
        return self.keys[rule], self.records[rule]

    def _code(self, category: str | None) -> int:
        code = self._code_of.setdefault(category, len(self._code_of))
        if category is not None and code > len(self.names):
            self.names.append(category)
        return code

    def extend(self, rule: str, keys: Any) -> None:
        """Add records of one key each, packed, that say nothing of themselves."""
        if len(keys):
            self.bare.setdefault(rule, bytearray()).extend(keys)

    @cached_property
    def has_ids(self) -> bool:
        """Whether any record has an id; asked when all are gathered."""
        return bool(self.id_text)

    @cached_property
    def has_categories(self) -> bool:
        """Whether any record has a category; asked when all are gathered."""
        return bool(np.frombuffer(self.codes, np.uint32).any())

    def said(self, record: int) -> tuple[bytes, str, int]:
        """Return the id, the category and the number of a record, for sorting."""
        start = self.id_ends[record - 1] if record else 0
        code = self.codes[record]
        # No category sorts below any, the empty one included.
        category = "\1" + self.names[code - 1] if code else ""
        return bytes(self.id_text[start : self.id_ends[record]]), category, record

    def ids_of(self, records: Ints) -> tuple[npt.NDArray[np.uint64], bytearray]:
        """Return where each id of some records ends, and those ids in one run."""
        ends = np.frombuffer(self.id_ends, np.uint64)
        source = np.frombuffer(self.id_text, np.uint8)
        lengths = np.empty(len(records), np.uint64)
        text = bytearray()
        for at in range(0, len(records), _CHUNK):
            chosen = records[at : at + _CHUNK]
            start = np.where(chosen > 0, ends[chosen - 1], 0).astype(np.int64)
            size = ends[chosen].astype(np.int64) - start
            lengths[at : at + _CHUNK] = size
            shift = start - np.cumsum(size) + size
            text += source[np.repeat(shift, size) + np.arange(int(size.sum()))].tobytes()
        return np.cumsum(lengths, dtype="<u8"), text

    def number_bare(self) -> None:
        """Turn bare keys into numbered records, as is needed beside others."""
        for rule, keys in self.bare.items():
            count = len(keys) // WIDTHS[rule]
            packed, records = self._of_rule(rule)
            first = len(self.codes)
            records.frombytes(np.arange(first, first + count, dtype=np.uint32).tobytes())
            packed += keys
            self.id_ends.extend(array("Q", [len(self.id_text)]) * count)
            self.codes.extend(array("I", [0]) * count)
        self.bare = {}


def _kept_keys(rows: Any, data: Any, kept: npt.NDArray[np.bool_]) -> tuple[Any, Any]:
    """Return the digests of those rows that are kept, and their rows."""
    is_kept = kept[rows]
    if is_kept.all():
        return rows, data
    packed = np.frombuffer(data, np.uint8).reshape(len(rows), -1)
    return rows[is_kept], packed[is_kept].tobytes()


def _kept_ids(batch: Batch, kept: npt.NDArray[np.bool_]) -> tuple[Any, Any]:
    """Return the lengths and the text of the ids of those rows that are kept."""
    if batch.id_ends is None:
        return np.zeros(int(np.count_nonzero(kept)), np.uint64), b""
    lengths = np.diff(batch.id_ends, prepend=np.zeros(1, batch.id_ends.dtype))
    if kept.all():
        return lengths, batch.id_text
    text = np.frombuffer(batch.id_text, np.uint8)
    return lengths[kept], text[np.repeat(kept, lengths.astype(np.intp))].tobytes()


class _Sorted(NamedTuple):
    """The keys of one rule: distinct, ascending; and every (key, record) pair behind them."""

    rule: str
    keys: npt.NDArray[np.uint8]  # (u, width)
    rank: Numbers  # (n,) which of the keys, ascending
    record: Numbers  # (n,) which record, ascending within a key


class Assembled(NamedTuple):
    """The sections, and what became of the records."""

    sections: list[Section]
    accepted: int
    duplicate: int
    counts: dict[str, int]


def _numbers(limit: int) -> type[np.unsignedinteger[Any]]:
    """Return the narrower type that holds numbers below a limit."""
    return np.uint32 if limit < 2**32 else np.uint64


def _sort(rule: str, columns: Columns) -> _Sorted:
    """Sort (key, record) rows as wholes: the record number, big-endian, is the tie-breaker.

    Uses up what the columns hold for that rule: there may be no room for both.
    """
    width, count = WIDTHS[rule], len(columns.records[rule])
    rows = np.empty((count, width + 4), np.uint8)
    rows[:, :width] = np.frombuffer(columns.keys.pop(rule), np.uint8).reshape(count, width)
    rows[:, width:].view(">u4")[:, 0] = np.frombuffer(columns.records.pop(rule), np.uint32)
    _core.rows_sort(rows, count, width + 4)
    first = np.ones(count, np.bool_)
    for at in range(1, count, _CHUNK):
        end = min(at + _CHUNK, count)
        first[at:end] = (rows[at:end, :width] != rows[at - 1 : end - 1, :width]).any(axis=1)
    record = rows[:, width:].view(">u4")[:, 0].astype(np.uint32)
    rank = np.cumsum(first, dtype=_numbers(count + 1)) - 1
    keys = rows[:, :width][first]
    return _Sorted(rule, keys, rank, record)


def _first_keys(tables: Sequence[_Sorted], records: int) -> Numbers:
    """For each record the place of its first key, counting through all tables in order."""
    base = sum(len(table.keys) for table in tables)
    place = np.zeros(records, _numbers(base))
    for table in reversed(tables):
        base -= len(table.keys)
        # Later assignments win, so the smallest rank goes last.
        place[table.record[::-1]] = table.rank[::-1] + place.dtype.type(base)
    return place


def _are_equal(columns: Columns, these: Ints, those: Ints) -> npt.NDArray[np.bool_]:
    """Whether records say the same of themselves, two by two."""
    codes = np.frombuffer(columns.codes, np.uint32)
    ends = np.frombuffer(columns.id_ends, np.int64)
    text = np.frombuffer(columns.id_text, np.uint8)
    start, other = (np.where(r > 0, ends[r - 1], 0) for r in (these, those))
    length = ends[these] - start
    same: npt.NDArray[np.bool_] = codes[these] == codes[those]
    same &= length == ends[those] - other
    alive = np.flatnonzero(same & (length > 0))
    for i in range(int(length[alive].max(initial=0))):
        alike = text[start[alive] + i] == text[other[alive] + i]
        same[alive[~alike]] = False
        alive = alive[alike & (length[alive] > i + 1)]
    return same


def _number_entries(place: Numbers, columns: Columns) -> tuple[Numbers, Ints]:
    """Give entries their numbers, by first key, then id, then category; equal ones are one.

    Returns the entry of each record, and for each entry a record that shows its metadata.
    """
    order = np.argsort(place, kind="stable")
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = place[order[1:]] != place[order[:-1]]
    starts = np.append(np.flatnonzero(fresh), len(order))
    beside = np.flatnonzero(~fresh)
    for at in range(0, len(beside), _CHUNK):
        chunk = beside[at : at + _CHUNK]
        fresh[chunk] = ~_are_equal(columns, order[chunk], order[chunk - 1])
    # What is still fresh among those differs from its neighbour: only there is there a choice.
    groups = np.unique(np.searchsorted(starts, beside[fresh[beside]], "right") - 1)
    for start, end in zip(starts[groups].tolist(), starts[groups + 1].tolist(), strict=True):
        said = sorted(columns.said(r) for r in order[start:end].tolist())
        order[start:end] = [r for *_, r in said]
        fresh[start + 1 : end] = [a[:2] != b[:2] for a, b in pairwise(said)]
    entry = np.empty(len(order), _numbers(len(order)))
    entry[order] = np.cumsum(fresh, dtype=entry.dtype) - 1
    return entry, order[fresh]


def _reference_sections(table: _Sorted, base: int, entry: Numbers) -> list[Section]:
    """Which entry each key belongs to, and which further ones, where that isn't plain."""
    code = CODES[table.rule]
    entries = entry[table.record]
    starts = np.searchsorted(table.rank, np.arange(len(table.keys), dtype=table.rank.dtype))
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
    if columns.has_ids:
        ends, text = columns.ids_of(shown)
        sections.append(Section(listfile.ID_ENDS, 0, 8, ends))
        sections.append(Section(listfile.ID_TEXT, 0, 1, text))
    if columns.has_categories:
        codes = np.frombuffer(columns.codes, np.uint32)[shown]
        codes, names = encode_categories(codes, columns.names)
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
    if not columns.codes:
        return _assemble_bare(columns, sections)
    columns.number_bare()
    rules = sorted(columns.keys, key=CODES.__getitem__)
    tables = [_sort(rule, columns) for rule in rules]
    count = len(columns.codes)
    place = _first_keys(tables, count)
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
        count - accepted,
        {table.rule: len(table.keys) for table in tables},
    )
