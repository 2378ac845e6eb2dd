"""A list made over: keys or entries taken out of it, records put in.

What comes out is, byte for byte, what a build of the entries that remain and of the records that
come in would give. Keys are never sorted again, only those that come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.assemble import (
    Assembled,
    Planted,
    Table,
    assemble_tables,
    front_sections,
    hint_sections,
    sort_keys,
)
from csamatch.canaries import plant
from csamatch.columns import Columns, Numbers
from csamatch.differing import Places, locate
from csamatch.entries import EntryTable
from csamatch.listfile import ListFile, Section
from csamatch.rules import CODES
from csamatch.splicing import Splice, SplicedKeys

Positions = npt.NDArray[np.uint64]
Bools = npt.NDArray[np.bool_]

_NONE: Final = np.empty(0, np.uint64)


class Removal(NamedTuple):
    """What is to be taken out of a list.

    Attributes
    ----------
    keys : mapping of str to array
        By rule, the positions of keys, ascending: no entry keeps one of them.
    entries : array
        The numbers of entries, ascending: their keys go unless other entries have them too.
    """

    keys: Mapping[str, Positions] = {}
    entries: Positions = _NONE


def references(file: ListFile, rule: str, base: int) -> tuple[Numbers, Numbers]:
    """Return every (key, entry) pair of a rule, by key, then entry; `base` keys are before it."""
    count, code = file.counts[rule], CODES[rule]
    first, more = file.key_entries(code), file.more_entries(code)
    rank = np.arange(count, dtype=np.uint32)
    if first is None:
        first = np.arange(base, base + count, dtype=np.uint32)
    if more is None:
        return rank, first
    rank, entry = np.concatenate([rank, more[:, 0]]), np.concatenate([first, more[:, 1]])
    order = np.argsort(rank, kind="stable")
    return rank[order], entry[order]


def add_entries(columns: Columns, table: EntryTable, count: int, kept: Bools | None) -> None:
    """Add to columns what those of a list's entries say of themselves that are kept."""
    numbers = np.arange(count, dtype=np.uint32) if kept is None else np.flatnonzero(kept)
    numbers = numbers.astype(np.uint32, copy=False)
    made = np.zeros(len(numbers), np.uint64)
    text = b""
    ends, whole = table.ids
    if ends is not None:
        text = _core.texts_take(whole, ends, numbers, made)
    codes, names = table.categories
    nothing = np.zeros(len(numbers), np.uint8)
    columns.add_entries(made, text, nothing if codes is None else codes[numbers], names)
    sources, source_names = table.sources
    if sources is not None and sources[numbers].any():
        columns.add_sources(sources[numbers], source_names)
    elif columns.sources:
        columns.add_sources(nothing, ())


def add_hints(columns: Columns, file: ListFile, rule: str, kept: Any) -> None:
    """Add to columns what a list notes beside those keys of a rule that are kept."""
    hints = file.key_hints(CODES[rule])
    if hints is not None and len(hints):
        keys = np.frombuffer(file.key_bytes(CODES[rule]), np.uint8).reshape(len(hints), -1)
        pairs = np.concatenate([keys[kept], hints[kept]], axis=1)
        columns.hints.setdefault(rule, bytearray()).extend(pairs.tobytes())


def _add_other_hints(columns: Columns, file: ListFile, rule: str, gone: Places) -> None:
    """Add to columns what a list notes beside the keys of a rule, but for those gone."""
    hints = file.key_hints(CODES[rule])
    if hints is not None:
        kept = np.ones(len(hints), np.bool_)
        kept[gone] = False
        add_hints(columns, file, rule, kept)


def _add_all_hints(columns: Columns, other: Columns) -> None:
    for rule, pairs in other.hints.items():
        columns.hints.setdefault(rule, bytearray()).extend(pairs)


def real_entries(file: ListFile) -> Bools:
    """Which of a list's entries are no canaries."""
    table, base = file.entries(), 0
    real = np.ones(sum(file.counts.values()) if table.is_absent else len(table), np.bool_)
    for rule, count in file.counts.items():
        places, entry = file.canary_places(rule), file.key_entries(CODES[rule])
        real[base + places.astype(np.int64) if entry is None else entry[places]] = False
        base += count
    return real


def chosen_entries(file: ListFile, wanted: Bools) -> Columns:
    """Return some of a list's entries as a build gathers them, keys and all."""
    columns, table, base = Columns(file.widths), file.entries(), 0
    number = np.cumsum(wanted) - 1
    for rule, count in file.counts.items():
        rank, entry = references(file, rule, base)
        keep = wanted[entry]
        rows = np.frombuffer(file.key_bytes(CODES[rule]), np.uint8).reshape(count, -1)
        if table.is_absent:
            columns.extend(rule, rows[rank[keep]].tobytes())
        elif keep.any():
            chosen = number[entry[keep]].astype(np.uint32)
            columns.add_keys(rule, rows[rank[keep]].tobytes(), chosen)
        used = np.zeros(count, np.bool_)
        used[rank[keep]] = True
        add_hints(columns, file, rule, used)
        base += count
    if not table.is_absent:
        add_entries(columns, table, len(table), wanted)
    return columns


def columns_of(file: ListFile) -> Columns:
    """Return the entries of a list, but for canaries, as a build gathers them, keys and all."""
    file.check(directories=False)
    if file.canary_count:
        return chosen_entries(file, real_entries(file))
    columns, table, base = Columns(file.widths), file.entries(), 0
    for rule, count in file.counts.items():
        if table.is_absent:
            columns.extend(rule, file.key_bytes(CODES[rule]))
        elif count:
            rank, entry = references(file, rule, base)
            rows = np.frombuffer(file.key_bytes(CODES[rule]), np.uint8).reshape(count, -1)
            columns.add_keys(rule, rows[rank].tobytes(), entry)
        add_hints(columns, file, rule, slice(None))
        base += count
    if not table.is_absent:
        add_entries(columns, table, len(table), None)
    return columns


def append(columns: Columns, other: Columns) -> None:
    """Add to columns what others hold."""
    for rule, keys in other.bare.items():
        columns.extend(rule, keys)
    first = len(columns.codes)
    for rule, packed in other.keys.items():
        records = np.frombuffer(other.records[rule], np.uint32)
        columns.add_keys(rule, packed, records + np.uint32(first))
    _add_all_hints(columns, other)
    append_entries(columns, other)


def append_entries(columns: Columns, other: Columns) -> None:
    """Add to columns what the numbered records of others say of themselves, without the keys."""
    if not other.codes:
        return
    ends, codes = np.frombuffer(other.id_ends, np.uint64), np.frombuffer(other.codes, np.uint32)
    columns.add_entries(ends, other.id_text, codes, other.names)
    if other.sources:
        columns.add_sources(np.frombuffer(other.sources, np.uint32), other.source_names)
    elif columns.sources:
        columns.add_sources(np.zeros(len(codes), np.uint32), ())


def _rules(file: ListFile, come: Columns) -> list[str]:
    return sorted({*file.counts, *come.keys, *come.bare}, key=CODES.__getitem__)


def _bases(file: ListFile) -> dict[str, int]:
    """Return how many keys lie before those of each rule."""
    bases, base = {}, 0
    for rule, count in file.counts.items():
        bases[rule] = base
        base += count
    return bases


def _gone(file: ListFile, rule: str, base: int, removal: Removal) -> Places:
    """Return which keys of a rule go, where each key is its own entry."""
    end = base + file.counts.get(rule, 0)
    keys = removal.keys.get(rule, _NONE).astype(np.int64)
    low, high = np.searchsorted(removal.entries, [base, end])
    entries = removal.entries[low:high].astype(np.int64) - base
    return np.union1d(keys, entries) if len(entries) else keys


def _without_canaries(file: ListFile, removal: Removal) -> Removal:
    """Take the canaries out, too."""
    planted = {rule: places for rule in file.counts if len(places := file.canary_places(rule))}
    keys = {
        rule: np.union1d(removal.keys.get(rule, _NONE), places) for rule, places in planted.items()
    }
    return removal._replace(keys={**removal.keys, **keys})


def _ends(file: ListFile, rule: str, gone: Places) -> list[int]:
    """Return the first bytes of the lowest and of the highest key that stays, as numbers."""
    width, count, keys = file.widths[rule], file.counts[rule], file.key_bytes(CODES[rule])
    if len(gone) == count:
        return []
    rank = np.arange(len(gone))
    low = int(np.count_nonzero(gone == rank))  # they ascend: only the first can be that low
    high = count - 1 - int(np.count_nonzero(gone[::-1] == count - 1 - rank))
    return [int.from_bytes(keys[at * width : at * width + 8], "big") for at in (low, high)]


def _plant(
    file: ListFile, lost: Mapping[str, Places], come: Columns, info: Mapping[str, Any], count: int
) -> tuple[list[Section], Planted]:
    """Add the new list's canaries to what comes in; return the sections in front of the keys."""
    held = {rule: ends for rule, gone in lost.items() if (ends := _ends(file, rule, gone))}
    if not count or not (held or come.bare or come.keys):
        return front_sections(info, file.key_check(), b""), Planted()

    def holds(rule: str, keys: bytes) -> bool:
        """Whether any of some sorted keys stays in the list."""
        at = locate(file.key_bytes(CODES[rule]), keys, file.widths[rule])
        return bool(np.setdiff1d(at[at >= 0], lost.get(rule, _NONE)).size)

    seed, keys = plant(come, info, count, file.key, held, holds)
    return front_sections(info, file.key_check(), seed), Planted(keys)


def _revise_bare(
    file: ListFile, removal: Removal, come: Columns, info: Mapping[str, Any], canaries: int
) -> Assembled:
    """Make a list of keys alone over."""
    counts = {}
    lost = {rule: _gone(file, rule, base, removal) for rule, base in _bases(file).items()}
    sections, planted = _plant(file, lost, come, info, canaries)
    for rule in _rules(file, come):
        new = come.bare.pop(rule, bytearray())
        width = file.widths[rule]
        _core.rows_sort(new, len(new) // width, width)
        unique = memoryview(new)[: _core.rows_unique(new, len(new) // width, width) * width]
        gone = lost.pop(rule, np.empty(0, np.int64))
        made = Splice(rule, width, file.key_bytes(CODES[rule]), gone, unique)
        if made.count:
            counts[rule] = made.count
            sections += SplicedKeys(made).sections()
            sections += planted.places(rule, made.find)
            _add_other_hints(come, file, rule, made.gone)
            sections += hint_sections(come, rule, made.count)
    return planted.taken_off(Assembled(sections, sum(counts.values()), 0, counts))


class _Pairs(NamedTuple):
    """The (key, entry) pairs of a rule that remain."""

    rank: Numbers
    entry: Numbers
    gone: Places  # the keys that are in none


def _remaining(file: ListFile, removal: Removal, entries: int) -> dict[str, _Pairs]:
    """Return what remains of each rule's pairs."""
    gone = np.zeros(entries, np.bool_)
    gone[removal.entries.astype(np.int64)] = True
    found = {}
    for rule, base in _bases(file).items():
        count = file.counts[rule]
        rank, entry = references(file, rule, base)
        lost = np.zeros(count, np.bool_)
        lost[removal.keys.get(rule, _NONE).astype(np.int64)] = True
        keep = ~(lost[rank] | gone[entry])
        rank, entry = rank[keep], entry[keep]
        found[rule] = _Pairs(rank, entry, np.flatnonzero(np.bincount(rank, minlength=count) == 0))
    return found


def _merge(made: Splice, pairs: _Pairs, table: Table | None, first: int) -> Table:
    """Put the pairs that come in, whose records are numbered from `first`, among the others."""
    old, where = made.places()
    rank, record = old[pairs.rank], pairs.entry
    if table is not None:
        rank = np.concatenate([rank, where[table.rank]])
        record = np.concatenate([record, table.record + np.uint32(first)])
        order = np.argsort(rank, kind="stable")  # two sorted runs, which are merged
        rank, record = rank[order], record[order]
    rows = np.frombuffer(made.whole(), np.uint32).reshape(made.count, made.width // 4)
    return Table(made.rule, rows, rank.astype(np.uint32), record.astype(np.uint32))


def revise(
    file: ListFile, removal: Removal, come: Columns, info: Mapping[str, Any], canaries: int = 0
) -> Assembled:
    """Make a list over.

    Parameters
    ----------
    file : ListFile
        The list, with its key if it has one.
    removal : Removal
        What is to be taken out.
    come : Columns
        The records that come in, keys as the list holds them; used up.
    info : mapping
        The new envelope, as `csamatch.info.envelope` gives it.
    canaries : int
        How many the new list is to have of each rule; the old ones go.

    Raises
    ------
    ListFileError
        When the list contradicts itself, or holds sections that are unknown here.
    """
    removal = _without_canaries(file, removal)
    table = file.entries()
    if table.is_absent and not come.codes:
        return _revise_bare(file, removal, come, info, canaries)
    file.check(directories=False)
    count = sum(file.counts.values()) if table.is_absent else len(table)
    pairs = _remaining(file, removal, count)
    lost = {rule: each.gone for rule, each in pairs.items()}
    sections, planted = _plant(file, lost, come, info, canaries)
    come.number_bare()
    kept = np.zeros(count, np.bool_)
    for each in pairs.values():
        kept[each.entry] = True
    number = np.cumsum(kept, dtype=np.int64) - 1
    merged = Columns(file.widths)
    add_entries(merged, table, count, kept)
    first = len(merged.codes)
    nothing = np.empty(0, np.uint32)
    tables = []
    for rule in _rules(file, come):
        held = pairs.pop(rule, _Pairs(nothing, nothing, np.empty(0, np.int64)))
        held = held._replace(entry=number[held.entry].astype(np.uint32))
        new = sort_keys(rule, come) if rule in come.keys else None
        rows = b"" if new is None else new.keys
        made = Splice(rule, file.widths[rule], file.key_bytes(CODES[rule]), held.gone, rows)
        if made.count:
            tables.append(_merge(made, held, new, first))
        _add_other_hints(merged, file, rule, made.gone)
    _add_all_hints(merged, come)
    append_entries(merged, come)
    return assemble_tables(tables, merged, sections, planted)
