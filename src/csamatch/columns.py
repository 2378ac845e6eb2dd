"""What a build gathers before it assembles a list: keys and what is said of them, in columns."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.listkey import HASH_WIDTHS, ListKey
from csamatch.rules import ALGORITHMS, WIDTHS

if TYPE_CHECKING:  # matching needs no readers
    from csamatch.readers.records import Batch
    from csamatch.thinning import Thinning

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.unsignedinteger[Any]]

CHUNK: Final = 1 << 17
"""Records looked at together: what that takes must not count beside the keys."""


class Columns:
    """What a build has gathered so far.

    Parameters
    ----------
    widths : mapping of str to int
        The bytes that a key of each rule has.
    thins : bool
        Whether to drop, now and then, records that are the same as others in all they say.

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
    sources, source_names : array, list of str
        Their sources, likewise; empty unless sources have names.
    hints : dict of str to bytearray
        By rule, keys once more, each with what is noted beside it.
    dropped : int
        How many records were dropped, because others are the same.
    """

    def __init__(self, widths: Mapping[str, int] = WIDTHS, thins: bool = False) -> None:
        self.bare: dict[str, bytearray] = {}
        self.keys: dict[str, bytearray] = {}
        self.records: dict[str, array[int]] = {}
        self.id_ends: array[int] = array("Q")
        self.id_text = bytearray()
        self.codes: array[int] = array("I")
        self.names: list[str] = []
        self._code_of: dict[str | None, int] = {None: 0}
        self.sources: array[int] = array("I")
        self.source_names: list[str] = []
        self._source = 0
        self.hints: dict[str, bytearray] = {}
        self.dropped = 0
        self._widths = widths
        self._thinning: Thinning | None = None
        if thins:
            from csamatch.thinning import Thinning

            self._thinning = Thinning(self)

    def __len__(self) -> int:
        return len(self.codes) + sum(len(keys) // self.width(r) for r, keys in self.bare.items())

    def width(self, rule: str) -> int:
        """Return the bytes that a key of a rule has."""
        return self._widths[rule]

    def conceal(self, key: ListKey) -> None:
        """Put hashes in the place of digests, once all are gathered."""
        self._widths = HASH_WIDTHS
        for packed in (self.bare, self.keys):
            for rule in ALGORITHMS:
                if rule in packed:
                    packed[rule] = key.hashes(rule, packed[rule], WIDTHS[rule])

    def add(
        self, keys: Sequence[tuple[str, bytes]], id: str = "", category: str | None = None
    ) -> None:
        """Add a record: its keys, each with its rule, and its metadata."""
        if len(keys) == 1 and not id and category is None and not self._source:
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
        self._mark_source(1)
        self._thin()

    def add_batch(self, batch: Batch, kept: Bools) -> None:
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
        self._mark_source(count)
        self._thin()

    def hint(self, rule: str, key: bytes, hint: bytes) -> None:
        """Note something beside a key that was added; always the same for the same key."""
        if hint:
            self.hints.setdefault(rule, bytearray()).extend(key + hint)
            if self._thinning is not None:
                self._thinning.look_at_hints(rule)

    def begin_source(self, name: str) -> None:
        """Say which source the records that follow are of; all must have one, or none."""
        if name not in self.source_names:
            self.source_names.append(name)
        self._source = 1 + self.source_names.index(name)

    def extend_unnamed(self, rule: str, keys: bytes) -> None:
        """Add records of one key each, packed, that are of no source."""
        self._source = 0
        self.extend(rule, keys)

    def _mark_source(self, count: int) -> None:
        if self.source_names:
            self.sources.extend(array("I", [self._source]) * count)

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
        if not len(keys):
            return
        if self._source:
            self._number(rule, keys)
            self._thin()
            return
        self.bare.setdefault(rule, bytearray()).extend(keys)
        if self._thinning is not None:
            self._thinning.look_at_bare(rule)

    def _thin(self) -> None:
        if self._thinning is not None:
            self._thinning.look_at_records()

    def _number(self, rule: str, keys: Any) -> None:
        """Add records of one key each, packed, as numbered ones."""
        count = len(keys) // self.width(rule)
        packed, records = self._of_rule(rule)
        first = len(self.codes)
        records.frombytes(np.arange(first, first + count, dtype=np.uint32).tobytes())
        packed += keys
        self.id_ends.extend(array("Q", [len(self.id_text)]) * count)
        self.codes.extend(array("I", [0]) * count)
        self._mark_source(count)

    @cached_property
    def has_ids(self) -> bool:
        """Whether any record has an id; asked when all are gathered."""
        return bool(self.id_text)

    @cached_property
    def has_categories(self) -> bool:
        """Whether any record has a category; asked when all are gathered."""
        return bool(np.frombuffer(self.codes, np.uint32).any())

    @property
    def has_sources(self) -> bool:
        """Whether the sources have names."""
        return bool(self.source_names)

    def are_alike(self, these: Numbers, those: Numbers) -> Bools:
        """Whether records have the same id and category, two by two."""
        codes = np.frombuffer(self.codes, np.uint32)
        same: Bools = codes[these] == codes[those]
        these, those = (each.astype(np.uint32, copy=False) for each in (these, those))
        _core.texts_same(self.id_text, self.id_ends, these, those, same)
        return same

    def keep(self, kept: Bools) -> None:
        """Drop all numbered records but some."""
        number = np.cumsum(kept, dtype=np.uint32) - np.uint32(1)
        for rule, keys in self.keys.items():
            records = np.frombuffer(self.records[rule], np.uint32)
            chosen = kept[records]
            rows = np.frombuffer(keys, np.uint8).reshape(len(records), -1)
            self.keys[rule] = bytearray(rows[chosen])
            self.records[rule] = array("I", number[records[chosen]].tobytes())
        ends, text = self.ids_of(np.flatnonzero(kept).astype(np.uint32))
        self.id_ends, self.id_text = array("Q", ends.tobytes()), bytearray(text)
        self.codes = array("I", np.frombuffer(self.codes, np.uint32)[kept].tobytes())
        if self.sources:
            self.sources = array("I", np.frombuffer(self.sources, np.uint32)[kept].tobytes())

    def said(self, record: int) -> tuple[bytes, str, str, int]:
        """Return the id, category, source and number of a record, for sorting."""
        start = self.id_ends[record - 1] if record else 0
        code = self.codes[record]
        # No category sorts below any, the empty one included.
        category = "\1" + self.names[code - 1] if code else ""
        number = self.sources[record] if self.sources else 0
        source = self.source_names[number - 1] if number else ""
        return bytes(self.id_text[start : self.id_ends[record]]), category, source, record

    def ids_of(self, records: Numbers) -> tuple[npt.NDArray[np.uint64], bytes]:
        """Return where each id of some records ends, and those ids in one run."""
        ends = np.empty(len(records), np.uint64)
        numbers = records.astype(np.uint32, copy=False)
        text = _core.texts_take(self.id_text, self.id_ends, numbers, ends)
        return ends.astype("<u8", copy=False), text

    def add_keys(self, rule: str, keys: Any, records: Numbers) -> None:
        """Add packed keys of records that are told of by `add_entries`, and their numbers."""
        packed, numbers = self._of_rule(rule)
        packed += keys
        numbers.frombytes(records.astype(np.uint32, copy=False).tobytes())

    def add_entries(self, ends: Numbers, text: Any, codes: Numbers, names: Sequence[str]) -> None:
        """Add what records say of themselves, and none of their keys.

        Parameters
        ----------
        ends, text : (n,) uint64 array, bytes-like
            Where each id ends in the text; the ids in one run.
        codes, names : (n,) array, sequence of str
            The categories: 0 for none, else 1 + the index in `names`.
        """
        shifted = ends.astype(np.uint64) + np.uint64(len(self.id_text))
        self.id_ends.frombytes(shifted.tobytes())
        self.id_text += text
        own = np.array([self._code(name) for name in (None, *names)], np.uint32)
        self.codes.frombytes(own[codes].tobytes())

    def add_sources(self, codes: Numbers, names: Sequence[str]) -> None:
        """Say which sources the last records are of, as `add_entries` says their categories."""
        for name in names:
            if name not in self.source_names:
                self.source_names.append(name)
        own = np.array([0, *(1 + self.source_names.index(name) for name in names)], np.uint32)
        missing = len(self.codes) - len(codes) - len(self.sources)
        self.sources.extend(array("I", [0]) * missing)
        self.sources.frombytes(own[codes].tobytes())

    def number_bare(self) -> None:
        """Turn bare keys into numbered records, as is needed beside others."""
        for rule, keys in self.bare.items():
            self._number(rule, keys)
        self.bare = {}
        if self.sources:
            self.sources.extend(array("I", [0]) * (len(self.codes) - len(self.sources)))


def _kept_keys(rows: Any, data: Any, kept: Bools) -> tuple[Any, Any]:
    """Return the digests of those rows that are kept, and their rows."""
    is_kept = kept[rows]
    if is_kept.all():
        return rows, data
    packed = np.frombuffer(data, np.uint8).reshape(len(rows), -1)
    return rows[is_kept], packed[is_kept].tobytes()


def _kept_ids(batch: Batch, kept: Bools) -> tuple[Any, Any]:
    """Return the lengths and the text of the ids of those rows that are kept."""
    if batch.id_ends is None:
        return np.zeros(int(np.count_nonzero(kept)), np.uint64), b""
    lengths = np.diff(batch.id_ends, prepend=np.zeros(1, batch.id_ends.dtype))
    if kept.all():
        return lengths, batch.id_text
    text = np.frombuffer(batch.id_text, np.uint8)
    return lengths[kept], text[np.repeat(kept, lengths.astype(np.intp))].tobytes()
