"""The list file (docs/list-format.md): what is in one. `listwrite` writes it."""

from __future__ import annotations

import contextlib
import hashlib
import struct
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.entries import EntryTable, decode_categories
from csamatch.errors import ListFileError, ListKeyError
from csamatch.info import ListInfo, decode_info
from csamatch.listkey import HASH_WIDTHS, ListKey
from csamatch.rules import CODES, NAMES, WIDTHS

MAGIC: Final = b"\x89CSML\r\n\x1a"
VERSION: Final = (1, 0)
KINDS: Final = {"hashes": 1, "addresses": 2}

INFO: Final = 1
KEYS: Final = 2
KEY_ENTRIES: Final = 3
MORE_ENTRIES: Final = 4
ID_ENDS: Final = 5
ID_TEXT: Final = 6
CATEGORY_CODES: Final = 7
CATEGORY_NAMES: Final = 8
DIRECTORY: Final = 9
SOURCE_CODES: Final = 10
SOURCE_NAMES: Final = 11
KEY_HINTS: Final = 12
KEY_CHECK: Final = 13
CANARIES: Final = 14
CANARY_SEED: Final = 15

KEYED: Final = 1
"""The feature of lists whose keys were made with a secret."""

FIXED: Final = struct.Struct("<8sHHIIIQQQ32s")
FIXED_LENGTH: Final = FIXED.size
"""Bytes of the header, before the section table."""
_CHUNK = 1 << 22

DAMAGED: Final = "the content does not fit its checksum"


class Section(NamedTuple):
    """One section to be written: `data` is `width` bytes an item, bytes-like or `Pieces`."""

    kind: int
    subject: int
    width: int
    data: Any


class ListFile:
    """A list file's content, its bounds checked.

    Parameters
    ----------
    data : bytes-like
        The whole file.
    verify : bool
        Compare the content with its SHA-256 too.

    Raises
    ------
    ListFileError
        When it is no list file, or a damaged one.
    """

    def __init__(self, data: Any, *, verify: bool = True) -> None:
        self.data = data
        kind, features, header_length, digest, rows = _core.listfile_parse(data)
        self.is_keyed = bool(features & KEYED)
        self.key: ListKey | None = None
        self.kind = next(name for name, code in KINDS.items() if code == kind)
        self._sections = {(row[0], row[1]): row for row in rows}
        self.start, self._digest = header_length, digest
        if verify and not self.fits_checksum():
            raise ListFileError(DAMAGED)
        self.counts = {
            NAMES[subject]: row[3]
            for (what, subject), row in self._sections.items()
            if what == KEYS
        }
        own = {name: n - len(self.canaries(CODES[name])) for name, n in self.counts.items()}
        try:
            self.info: ListInfo = decode_info(
                bytes(self._bytes(INFO)), self.kind, own, digest.hex(), self.is_keyed
            )
        except (ValueError, RecursionError, OverflowError):
            self.info = ListInfo()
            damaged = True
        else:
            damaged = False
        if damaged:
            raise ListFileError("the info section cannot be read")

    def fits_checksum(self, left: Callable[[], bool] = lambda: False) -> bool:
        """Whether the content is what it was when written; False too once `left` says so."""
        actual = hashlib.sha256()
        with memoryview(self.data) as content:
            for at in range(self.start, len(content), _CHUNK):
                if left():
                    return False
                actual.update(content[at : at + _CHUNK])
        return actual.digest() == self._digest

    def _bytes(self, kind: int, subject: int = 0) -> memoryview:
        row = self._sections.get((kind, subject))
        view = memoryview(self.data)
        return view[:0] if row is None else view[row[4] : row[4] + row[5]]

    def _column(self, kind: int, subject: int = 0) -> npt.NDArray[Any] | None:
        """Return a section as an array of little-endian unsigned integers, or None."""
        row = self._sections.get((kind, subject))
        if row is None:
            return None
        return np.frombuffer(self.data, f"<u{row[2]}", row[3], row[4])

    def unlock(self, key: ListKey | None) -> None:
        """Take the key that a keyed list was built with.

        Raises
        ------
        ListKeyError
            When it is another one, or one is missing, or given for a list that has none.
        """
        if self.is_keyed and key is None:
            raise ListKeyError("the list is keyed, and no key was given")
        if not self.is_keyed and key is not None:
            raise ListKeyError("a key was given, but the list is not keyed")
        if key is not None:
            key.compare(self.key_check())
        self.key = key

    def keys(
        self, subject: int, kernel: str | None = None, *, as_stored: bool = False
    ) -> _core.KeySet:
        """Return the key set of a rule, over this file's own bytes.

        With `as_stored`, queries are keys as they lie in the file, not what they were made of.
        """
        _, _, width, count, offset, _ = self._sections[KEYS, subject]
        directory = self._directory(subject)
        if self.key is None or as_stored or self.kind != "hashes":
            return _core.KeySet(self.data, offset, count, width, kernel, directory)
        name = NAMES[subject]
        return _core.KeySet(
            self.data, offset, count, width, kernel, directory, self.key.of(name), WIDTHS[name]
        )

    @property
    def widths(self) -> Mapping[str, int]:
        """The bytes that a key of each rule has."""
        return HASH_WIDTHS if self.is_keyed else WIDTHS

    def key_check(self) -> bytes:
        """Return what the file says of its key; empty where it has none."""
        return bytes(self._bytes(KEY_CHECK))

    def key_bytes(self, subject: int) -> memoryview:
        """Return the packed sorted keys of a rule; nothing where there is none."""
        return self._bytes(KEYS, subject)

    def _directory(self, subject: int) -> tuple[int, int] | None:
        """Return the offset of a rule's directory and its lines; None where there is none."""
        found = self._sections.get((DIRECTORY, subject))
        return None if found is None else (found[4], found[3] - 1)

    def key_entries(self, subject: int) -> npt.NDArray[np.uint32] | None:
        """Return the entry of each key, or None where entries are numbered like keys."""
        return self._column(KEY_ENTRIES, subject)

    def more_entries(self, subject: int) -> npt.NDArray[np.uint32] | None:
        """Return (m, 2) rows of key position and a further entry, sorted, or None."""
        row = self._sections.get((MORE_ENTRIES, subject))
        if row is None:
            return None
        return np.frombuffer(self.data, "<u4", row[3] * 2, row[4]).reshape(-1, 2)

    def spans(self) -> list[tuple[int, int]]:
        """Return where the sections other than key hints begin and end, from the header on."""
        ends = [0]
        for (kind, _), row in self._sections.items():
            if kind == KEY_HINTS:
                ends += [row[4], row[4] + row[5]]
        ends.append(len(self.data))
        return list(zip(ends[::2], ends[1::2], strict=True))

    def key_hints(self, subject: int) -> npt.NDArray[np.uint8] | None:
        """Return what is noted beside each key of a rule, (keys, bytes), or None."""
        row = self._sections.get((KEY_HINTS, subject))
        if row is None:
            return None
        return np.frombuffer(self.data, np.uint8, row[5], row[4]).reshape(row[3], row[2])

    def canaries(self, subject: int) -> list[int]:
        """Return the positions of a rule's canaries, in the order of their numbers."""
        column = self._column(CANARIES, subject)
        return [] if column is None else column.tolist()

    def canary_places(self, rule: str) -> npt.NDArray[np.uint64]:
        """Return the positions of a rule's canaries, ascending.

        Raises
        ------
        ListFileError
            When there are no such keys.
        """
        column = self._column(CANARIES, CODES[rule])
        if column is None or not len(column):
            return np.empty(0, np.uint64)
        if int(column.max()) >= self.counts[rule]:
            raise ListFileError("a canary refers to a key that is not there")
        return np.unique(column).astype(np.uint64)

    @property
    def canary_count(self) -> int:
        """How many canaries there are of each rule."""
        return max((len(self.canaries(CODES[rule])) for rule in self.counts), default=0)

    def canary_seed(self) -> bytes:
        """Return what the canaries were made of; empty where there are none."""
        return bytes(self._bytes(CANARY_SEED))

    def subjects(self) -> list[int]:
        """Return the rules that there are keys of."""
        return [subject for kind, subject in self._sections if kind == KEYS]

    def entries(self) -> EntryTable:
        """Return the entry table.

        Raises
        ------
        ListFileError
            When the names of categories or sources cannot be read.
        """
        return EntryTable(
            self._column(ID_ENDS),
            self._bytes(ID_TEXT),
            self._column(CATEGORY_CODES),
            self._names(CATEGORY_NAMES, "category"),
            self._column(SOURCE_CODES),
            self._names(SOURCE_NAMES, "source"),
        )

    def _names(self, kind: int, what: str) -> list[str]:
        if (kind, 0) not in self._sections:
            return []
        names = None
        with contextlib.suppress(ValueError, RecursionError):
            names = decode_categories(bytes(self._bytes(kind)))
        if names is None:
            raise ListFileError(f"the {what} names cannot be read")
        return names

    @property
    def unknown(self) -> list[int]:
        """The kinds of sections that this version knows nothing of."""
        return sorted({kind for kind, _ in self._sections if not INFO <= kind <= CANARY_SEED})

    def check(self, *, directories: bool = True) -> None:
        """Read everything through: order of keys, references, columns.

        Parameters
        ----------
        directories : bool
            Check them too; that takes as long as making them.

        Raises
        ------
        ListFileError
            Naming what is wrong.
        """
        table = self.entries()
        table.check()
        limit = sum(self.counts.values()) if table.is_absent else len(table)
        base = 0
        for (kind, subject), row in self._sections.items():
            if kind == KEYS:
                base += row[3]
                if self.key_entries(subject) is None and base > limit:
                    raise ListFileError("there are fewer entries than keys")
                self.check_index(subject, directory=directories)
            elif kind == KEY_ENTRIES:
                column = self.key_entries(subject)
                if column is not None and len(column) and int(column.max()) >= limit:
                    raise ListFileError("a key refers to an entry that is not there")
            elif kind == MORE_ENTRIES:
                self._check_more(subject, limit)

    def check_index(self, subject: int, *, directory: bool = True) -> None:
        """Check the order of a rule's keys, their directory, and where its canaries are.

        Parameters
        ----------
        subject : int
            The rule.
        directory : bool
            Check that too.

        Raises
        ------
        ListFileError
            Naming what is wrong.
        """
        row = self._sections[KEYS, subject]
        _core.rows_check(self.data, row[4], row[3], row[2])
        if directory and (found := self._directory(subject)) is not None:
            _core.directory_check(self.data, row[4], row[3], row[2], *found)
        positions = self.canaries(subject)
        if len(set(positions)) < len(positions) or max(positions, default=-1) >= row[3]:
            raise ListFileError("a canary refers to a key that is not there")

    def _check_more(self, subject: int, limit: int) -> None:
        pairs = self.more_entries(subject)
        if pairs is None or not len(pairs):
            return
        if int(pairs[:, 0].max()) >= self.counts[NAMES[subject]] or int(pairs[:, 1].max()) >= limit:
            raise ListFileError("a further entry refers to what is not there")
        joined = pairs[:, 0].astype(np.uint64) << np.uint64(32) | pairs[:, 1]
        if np.any(joined[1:] <= joined[:-1]):
            raise ListFileError("further entries are out of order")
