"""Dropping, while a build gathers, what is said again: repeats must take no memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.rules import HINT_WIDTHS, WIDTHS

if TYPE_CHECKING:
    from csamatch.columns import Columns

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.unsignedinteger[Any]]
Marks = npt.NDArray[np.uint64]

LEAST: Final = 1 << 18
"""So many records are gathered before it is worth a look whether some repeat others."""

_SHARE: Final = 64
"""One key in so many is in the sample that tells whether to look at all of them."""

_WORTH: Final = 0.6
"""All are looked at if no more of them than that are likely to stay."""

_CHUNK: Final = 1 << 17
_NONE: Final = np.uint32(0xFFFFFFFF)


class Thinning:
    """Drops records of a build that are the same as others in all they say.

    What says the same has the same keys, id, category and source, so that the list is none the
    poorer, and none the richer in memory: what is assembled is the same without them, byte by
    byte. A record with several keys of one rule stays, as do some others.

    Nothing is looked at before there is twice as much as was left the last time (bare keys, which
    take least: four times, if the last look was in vain), and then first at a sample, so that a
    source which repeats nothing loses no time.

    Parameters
    ----------
    columns : Columns
        What the build gathers.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._bare: dict[str, int] = {}  # by rule, how many bytes to look at next
        self._hints: dict[str, int] = {}
        self._records = LEAST
        self._paid = False  # whether the last look at all numbered records was worth it

    def look_at_bare(self, rule: str) -> None:
        """Drop repeats among the bare keys of a rule, if it is time and worth it."""
        keys, width = self._columns.bare[rule], self._columns.width(rule)
        if len(keys) < self._bare.get(rule, LEAST * width):
            return
        sample = _sampled(keys, width)[1]
        growth = 4
        if 0 < _distinct(sample, len(sample), width) <= _WORTH * len(sample):
            growth = 2
            count = len(keys) // width
            left = _distinct(keys, count, width)
            del keys[left * width :]
            self._columns.dropped += count - left
        self._bare[rule] = max(growth * len(keys), LEAST * width)

    def look_at_hints(self, rule: str) -> None:
        """Drop repeats among what is noted beside the keys of a rule, if it is time."""
        pairs, width = self._columns.hints[rule], WIDTHS[rule] + HINT_WIDTHS[rule]
        if len(pairs) < self._hints.get(rule, LEAST * width):
            return
        del pairs[_distinct(pairs, len(pairs) // width, width) * width :]
        self._hints[rule] = max(2 * len(pairs), LEAST * width)

    def look_at_records(self) -> None:
        """Drop repeats among the numbered records, if it is time and worth it."""
        columns, count = self._columns, len(self._columns.codes)
        if count < self._records:
            return
        if self._paid or _is_worth_it(columns):
            kept = np.ones(count, np.bool_)
            kept[_repeats(columns)] = False
            columns.keep(kept)
            columns.dropped += count - len(columns.codes)
            self._paid = len(columns.codes) <= _WORTH * count
        self._records = max(2 * len(columns.codes), LEAST)


def _distinct(rows: Any, count: int, width: int) -> int:
    """Sort rows where they are, bring the distinct ones to the front, and count those."""
    _core.rows_sort(rows, count, width)
    return _core.rows_unique(rows, count, width)


def _sampled(keys: Any, width: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.uint8]]:
    """Choose some keys by their value, so that all or none of what repeats is among them."""
    rows = np.frombuffer(keys, np.uint8).reshape(-1, width)
    last = np.ascontiguousarray(rows[:, width - 1])  # copied first: that is faster
    at = np.flatnonzero(last % np.uint8(_SHARE) == 0)
    return at, rows[at]


def _hash_key(what: str) -> bytes:
    """Return the key to hash with; nothing is dropped for its hash alone."""
    return what.encode().ljust(16, b"\0")


def _hashes(rule: str, keys: Any, width: int) -> Marks:
    """Return 64 bits of the hash of each key of a rule."""
    packed, count = memoryview(keys).cast("B"), len(keys) // width
    hashes = np.empty(count, np.uint64)
    for at in range(0, count, _CHUNK):
        part = packed[at * width : (at + _CHUNK) * width]
        some = len(part) // width
        made = _core.rows_hash(_hash_key(rule), part, some, width)
        hashes[at : at + some] = np.frombuffer(made, np.uint64)[::2]
    return hashes


def _metadata(columns: Columns, records: Numbers | None = None) -> Marks:
    """Return a number for what some records, or all, say of themselves: equal for what is equal."""
    codes = np.frombuffer(columns.codes, np.uint32)
    sources = np.frombuffer(columns.sources, np.uint32)
    ids: tuple[Any, Any] = columns.id_ends, columns.id_text
    if records is not None:
        codes = codes[records]
        sources = sources[records] if len(sources) else sources
        ids = columns.ids_of(records)
    marks = np.frombuffer(_core.texts_hash(_hash_key("id"), ids[1], ids[0]), np.uint64)
    marks += codes * np.uint64(0x9E3779B97F4A7C15)  # odd and arbitrary, as is the next
    if len(sources):
        marks += sources * np.uint64(0xC2B2AE3D27D4EB4F)
    return marks


def _is_worth_it(columns: Columns) -> bool:
    """Whether many records seem to repeat others, by a sample and its keys of one rule."""
    rule = max(columns.keys, key=lambda rule: len(columns.records[rule]))
    width = columns.width(rule)
    at, keys = _sampled(columns.keys[rule], width)
    records = np.frombuffer(columns.records[rule], np.uint32)[at]
    marks = _metadata(columns, records) + _hashes(rule, keys.reshape(-1), width)
    return 0 < len(np.unique(marks)) <= _WORTH * len(marks)


def _repeats(columns: Columns) -> Numbers:
    """Return the records that are the same as others which are not among them."""
    count = len(columns.codes)
    marks = _metadata(columns)
    has_several = np.zeros(count, np.bool_)
    places = {}
    for rule, keys in columns.keys.items():
        records = np.frombuffer(columns.records[rule], np.uint32)  # ascending
        has_several[records[1:][records[1:] == records[:-1]]] = True
        marks[records] += _hashes(rule, keys, columns.width(rule))
        places[rule] = np.full(count, _NONE, np.uint32)
        places[rule][records] = np.arange(len(records), dtype=np.uint32)
    alone = np.flatnonzero(~has_several).astype(np.uint32)
    order = alone[np.argsort(marks[alone])]
    is_new = np.ones(len(order), np.bool_)
    is_new[1:] = marks[order[1:]] != marks[order[:-1]]
    del marks
    first = np.flatnonzero(is_new)[np.cumsum(is_new) - 1]
    these, those = order[~is_new], order[first[~is_new]]
    same = [
        _are_equal(columns, places, these[at : at + _CHUNK], those[at : at + _CHUNK])
        for at in range(0, len(these), _CHUNK)
    ]
    return these[np.concatenate(same)] if same else these


def _are_equal(
    columns: Columns, places: dict[str, Numbers], these: Numbers, those: Numbers
) -> Bools:
    """Whether records are the same in all they say, two by two."""
    same = columns.are_alike(these, those)
    if columns.sources:
        sources = np.frombuffer(columns.sources, np.uint32)
        same &= sources[these] == sources[those]
    for rule, place in places.items():
        keys, width = columns.keys[rule], columns.width(rule)
        _core.rows_same(keys, width, place[these], place[those], same)
    return same
