"""From gathered keys to the sections of a list file, the same for any order of sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core, listfile
from csamatch.canaries import plant
from csamatch.columns import CHUNK, Columns, Ints, Numbers
from csamatch.entries import encode_categories
from csamatch.info import encode_info
from csamatch.listfile import Section
from csamatch.listkey import ListKey
from csamatch.rules import CODES, HINT_WIDTHS, WIDTHS

__all__ = ["Assembled", "Columns", "Table", "assemble", "assemble_tables"]


class Table(NamedTuple):
    """The keys of one rule: distinct, ascending; and every (key, record) pair behind them."""

    rule: str
    keys: npt.NDArray[np.uint32]  # (u, width / 4), in the order of their bytes
    rank: Numbers  # (n,) which of the keys, ascending
    record: Numbers  # (n,) which record, ascending within a key


class Assembled(NamedTuple):
    """The sections, what became of the records, and by rule the keys of canaries."""

    sections: list[Section]
    accepted: int
    duplicate: int
    counts: dict[str, int]
    planted: Mapping[str, list[bytes]] = {}


def _numbers(limit: int) -> type[np.unsignedinteger[Any]]:
    """Return the narrower type that holds numbers below a limit."""
    return np.uint32 if limit < 2**32 else np.uint64


def sort_keys(rule: str, columns: Columns) -> Table:
    """Sort (key, record) rows as wholes: the record number, big-endian, is the tie-breaker.

    Uses up what the columns hold for that rule: there may be no room for both.
    """
    count, words = len(columns.records[rule]), columns.width(rule) // 4
    rows = np.empty((count, words + 1), np.uint32)
    rows[:, :words] = np.frombuffer(columns.keys.pop(rule), np.uint32).reshape(count, words)
    records = np.frombuffer(columns.records.pop(rule), np.uint32)
    rows[:, words] = records.astype(">u4").view(np.uint32)
    _core.rows_sort(rows, count, 4 * (words + 1))
    rank, record = np.empty(count, np.uint32), np.empty(count, np.uint32)
    unique = _core.rows_split(rows, count, 4 * words, rank, record)
    rows.resize((unique, words), refcheck=False)
    return Table(rule, rows, rank, record)


def _first_keys(tables: Sequence[Table], records: int) -> Numbers:
    """For each record the place of its first key, counting through all tables in order."""
    base = sum(len(table.keys) for table in tables)
    place = np.zeros(records, _numbers(base))
    for table in reversed(tables):
        base -= len(table.keys)
        # Later assignments win, so the smallest rank goes last.
        place[table.record[::-1]] = table.rank[::-1] + place.dtype.type(base)
    return place


def _order(tables: Sequence[Table], place: Numbers) -> Numbers:
    """Return the records by first key, then number: tables are sorted so already."""
    parts = []
    base = 0
    for table in tables:
        part = table.record[place[table.record] == table.rank + place.dtype.type(base)]
        base += len(table.keys)
        is_new = np.ones(len(part), np.bool_)  # a record may say the same key twice
        is_new[1:] = part[1:] != part[:-1]
        parts.append(part[is_new])
    return np.concatenate(parts)


def _by_source(order: Numbers, place: Numbers, columns: Columns) -> tuple[Numbers, Ints | None]:
    """Put records of one place in the order of their sources' names; return those as ranks."""
    if not columns.has_sources:
        return order, None
    names = sorted(columns.source_names)
    rank = np.array([0, *(1 + names.index(name) for name in columns.source_names)])
    sources = rank[np.frombuffer(columns.sources, np.uint32)]
    return order[np.lexsort((sources[order], place[order]))], sources


def _number_entries(
    tables: Sequence[Table], place: Numbers, columns: Columns
) -> tuple[Numbers, Numbers]:
    """Give entries their numbers, by first key, id, category, source; equal ones are one.

    Returns the entry of each record, and for each entry a record that shows its metadata.
    """
    order, sources = _by_source(_order(tables, place), place, columns)
    fresh = np.ones(len(order), np.bool_)
    fresh[1:] = place[order[1:]] != place[order[:-1]]
    is_start = fresh.copy()
    beside = np.flatnonzero(~fresh)
    for at in range(0, len(beside), CHUNK):
        chunk = beside[at : at + CHUNK]
        fresh[chunk] = ~columns.are_alike(order[chunk], order[chunk - 1])
    # What is still fresh among those differs from its neighbour: only there is there a choice.
    differing = beside[fresh[beside]]
    if sources is not None:  # they are in order already where nothing else differs
        fresh[beside] |= sources[order[beside]] != sources[order[beside - 1]]
    if len(differing):
        starts = np.append(np.flatnonzero(is_start), len(order))
        groups = np.unique(np.searchsorted(starts, differing, "right") - 1)
        for start, end in zip(starts[groups].tolist(), starts[groups + 1].tolist(), strict=True):
            said = sorted(columns.said(r) for r in order[start:end].tolist())
            order[start:end] = [r for *_, r in said]
            fresh[start + 1 : end] = [a[:3] != b[:3] for a, b in pairwise(said)]
    entry = np.empty(len(order), _numbers(len(order)))
    entry[order] = np.cumsum(fresh, dtype=entry.dtype) - 1
    return entry, order[fresh]


def _reference_sections(table: Table, base: int, entry: Numbers) -> list[Section]:
    """Which entry each key belongs to, and which further ones, where that isn't plain."""
    code = CODES[table.rule]
    entries = entry[table.record]
    is_each_once = len(table.keys) == len(table.rank)
    if is_each_once:
        first = entries
    else:
        starts = np.searchsorted(table.rank, np.arange(len(table.keys), dtype=table.rank.dtype))
        first = np.minimum.reduceat(entries, starts)
    sections = []
    if not np.array_equal(first, np.arange(base, base + len(first), dtype=first.dtype)):
        sections.append(Section(listfile.KEY_ENTRIES, code, 4, first.astype("<u4", copy=False)))
    if is_each_once:
        return sections
    further = entries != first[table.rank]
    if further.any():
        pairs = np.unique(np.stack([table.rank[further], entries[further]], axis=1), axis=0)
        sections.append(Section(listfile.MORE_ENTRIES, code, 8, pairs.astype("<u4")))
    return sections


def _entry_sections(columns: Columns, shown: Numbers) -> list[Section]:
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
    if columns.has_sources:
        codes = np.frombuffer(columns.sources, np.uint32)[shown]
        codes, names = encode_categories(codes, columns.source_names)
        sections.append(Section(listfile.SOURCE_CODES, 0, codes.dtype.itemsize, codes))
        sections.append(Section(listfile.SOURCE_NAMES, 0, 1, names))
    return sections


def key_sections(rule: str, width: int, keys: Any) -> list[Section]:
    """Return the sections of sorted distinct keys, packed."""
    code = CODES[rule]
    count = len(keys) // width
    sections = [Section(listfile.KEYS, code, width, keys)]
    if 0 < count < 2**32:
        directory = _core.directory_build(keys, count, width)
        sections.append(Section(listfile.DIRECTORY, code, 64, directory))
    return sections


def hint_sections(columns: Columns, rule: str, count: int) -> list[Section]:
    """Return what is noted beside each of so many keys, if it is of all of them."""
    pairs, width = columns.hints.pop(rule, bytearray()), WIDTHS[rule]
    size = width + HINT_WIDTHS.get(rule, 0)
    total = len(pairs) // size
    _core.rows_sort(pairs, total, size)
    if not total or _core.rows_unique(pairs, total, size) != count:
        return []
    rows = np.frombuffer(pairs, np.uint8, count * size).reshape(count, size)
    hints = np.ascontiguousarray(rows[:, width:])
    return [Section(listfile.KEY_HINTS, CODES[rule], size - width, hints)]


class Planted(NamedTuple):
    """The canaries' keys, by rule."""

    keys: Mapping[str, list[bytes]] = {}

    def sections(self, rule: str, width: int, keys: Any) -> list[Section]:
        """Return the sections of sorted distinct keys."""
        sections = key_sections(rule, width, keys)
        if rule in self.keys:
            found = _core.KeySet(keys, 0, len(keys) // width, width)
            sections += self.places(rule, found.find)
        return sections

    def places(self, rule: str, find: Callable[[bytes], int]) -> list[Section]:
        """Return the section that says where the canaries are, if there are any."""
        if rule not in self.keys:
            return []
        positions = np.array([find(key) for key in self.keys[rule]], "<u8")
        return [Section(listfile.CANARIES, CODES[rule], 8, positions)]

    def taken_off(self, found: Assembled) -> Assembled:
        """Return what was assembled, counted without canaries."""
        counts = {rule: n - len(self.keys.get(rule, ())) for rule, n in found.counts.items()}
        planted = sum(len(keys) for keys in self.keys.values())
        accepted = found.accepted - planted
        return found._replace(accepted=accepted, counts=counts, planted=self.keys)


def _assemble_bare(columns: Columns, planted: Planted, sections: list[Section]) -> Assembled:
    """Assemble a list of keys alone. They are sorted where they are: there may be many."""
    counts = {}
    for rule in sorted(columns.bare, key=CODES.__getitem__):
        keys, width = columns.bare[rule], columns.width(rule)
        count = len(keys) // width
        _core.rows_sort(keys, count, width)
        counts[rule] = _core.rows_unique(keys, count, width)
        sections += planted.sections(rule, width, memoryview(keys)[: counts[rule] * width])
        sections += hint_sections(columns, rule, counts[rule])
    accepted = sum(counts.values())
    duplicate = len(columns) + columns.dropped - accepted
    return Assembled(sections, accepted, duplicate, counts)


def assemble(
    columns: Columns, info: Mapping[str, Any], key: ListKey | None = None, canaries: int = 0
) -> Assembled:
    """Make the sections of a list file out of gathered columns, which are used up.

    Parameters
    ----------
    columns : Columns
        Every record with at least one key.
    info : mapping
        The envelope, as `csamatch.info.envelope` gives it.
    key : ListKey, optional
        With it, the list is keyed; the keys of addresses must have been made with it.
    canaries : int
        How many to add for each rule.
    """
    if key is not None:
        columns.conceal(key)
    seed, keys = plant(columns, info, canaries, key) if canaries else (b"", {})
    sections = front_sections(info, b"" if key is None else key.check_value(), seed)
    return assemble_columns(columns, sections, Planted(keys))


def front_sections(info: Mapping[str, Any], key_check: bytes, seed: bytes) -> list[Section]:
    """Return the sections in front of the keys; without a key or canaries, their bytes are none."""
    sections = [Section(listfile.INFO, 0, 1, encode_info(info))]
    if key_check:
        sections.append(Section(listfile.KEY_CHECK, 0, len(key_check), key_check))
    if seed:
        sections.append(Section(listfile.CANARY_SEED, 0, 1, seed))
    return sections


def assemble_columns(columns: Columns, sections: list[Section], planted: Planted) -> Assembled:
    """Add to the sections those of gathered columns, which hold keys as the file is to hold them.

    Parameters
    ----------
    columns : Columns
        Every record with at least one key; used up.
    sections : list of Section
        Those in front.
    planted : Planted
        The canaries among the keys.
    """
    if not columns.codes:
        return planted.taken_off(_assemble_bare(columns, planted, sections))
    columns.number_bare()
    rules = sorted(columns.keys, key=CODES.__getitem__)
    tables = [sort_keys(rule, columns) for rule in rules]
    return assemble_tables(tables, columns, sections, planted)


def assemble_tables(
    tables: list[Table], columns: Columns, sections: list[Section], planted: Planted
) -> Assembled:
    """Add to the sections those of sorted keys, and of the records behind them.

    Parameters
    ----------
    tables : list of Table
        By ascending rule, none of them empty; used up.
    columns : Columns
        What the records say of themselves; their keys are no longer needed.
    sections : list of Section
        Those in front.
    planted : Planted
        The canaries among the keys.
    """
    count = len(columns.codes)
    place = _first_keys(tables, count)
    for table in tables:
        keys = table.keys.data.cast("B")
        sections += planted.sections(table.rule, columns.width(table.rule), keys)
        sections += hint_sections(columns, table.rule, len(table.keys))
    counts = {table.rule: len(table.keys) for table in tables}
    if columns.has_ids or columns.has_categories or columns.has_sources:
        entry, shown = _number_entries(tables, place, columns)
        del place
        base = 0
        while tables:  # each dropped when done with, to make room for what follows
            table = tables.pop(0)
            sections += _reference_sections(table, base, entry)
            base += counts[table.rule]
        del table, entry
        sections += _entry_sections(columns, shown)
        accepted = len(shown)
    else:
        is_first = np.zeros(sum(counts.values()), np.bool_)
        is_first[place] = True
        accepted = int(np.count_nonzero(is_first))
    duplicate = count + columns.dropped - accepted
    return planted.taken_off(Assembled(sections, accepted, duplicate, counts))
