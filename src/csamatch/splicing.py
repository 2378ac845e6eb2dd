"""Keys put among sorted ones, and taken out of them, while the result is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from csamatch import _core, listfile
from csamatch.differing import Places, locate
from csamatch.errors import ListFileError
from csamatch.listfile import Section
from csamatch.memory import private_memory
from csamatch.pieces import AHEAD, PIECE, Pieces
from csamatch.rules import CODES


class Splice:
    """The keys of a rule made over: how many there will be, and where each goes.

    Parameters
    ----------
    rule : str
        The rule.
    width : int
        The bytes of a key.
    keys : bytes-like
        The old keys, sorted, packed.
    gone : array
        The positions of those that go, ascending, unless they come back.
    new : bytes-like
        The keys that come in, sorted and distinct, packed.
    """

    def __init__(self, rule: str, width: int, keys: Any, gone: Places, new: Any) -> None:
        self.rule, self.width = rule, width
        self._keys = memoryview(keys).cast("B")
        self._held = len(self._keys) // self.width
        new = memoryview(new).cast("B")
        self._at: Places = locate(keys, new, self.width)
        back = self._at[self._at >= 0]
        self.gone = np.setdiff1d(gone, back, assume_unique=True) if len(back) else gone
        is_fresh = self._at < 0
        rows = np.frombuffer(new, np.uint8).reshape(-1, self.width)
        self._fresh = np.ascontiguousarray(rows[is_fresh])
        self._belongs = ~self._at[is_fresh]
        self.count = self._held - len(self.gone) + len(self._fresh)

    def places(self) -> tuple[Places, Places]:
        """Return where the old and the new keys are; nonsense for old ones that are gone."""
        at = self._at
        shift = np.bincount(self._belongs, minlength=self._held + 1)
        lost = np.cumsum(np.bincount(self.gone + 1, minlength=self._held + 1))
        old = np.arange(self._held) + np.cumsum(shift)[:-1] - lost[:-1]
        where = np.empty(len(at), np.int64)
        is_fresh = at < 0
        where[~is_fresh] = old[at[~is_fresh]]
        where[is_fresh] = self._belongs - lost[self._belongs] + np.arange(len(self._fresh))
        return old, where

    def find(self, key: bytes) -> int:
        """Return where a key that comes in will be."""
        at = int(locate(self._keys, key, self.width)[0])
        rank = int(locate(self._fresh.reshape(-1), key, self.width)[0])
        at, rank = (at, ~rank) if at >= 0 else (~at, rank)  # it is in one of both
        return at - int(np.searchsorted(self.gone, at)) + rank

    def whole(self) -> Any:
        """Return all the keys, in memory of their own."""
        out = private_memory(max(1, self.count * self.width))
        view = memoryview(out)[: self.count * self.width]
        self._copy(0, self._held, (0, len(self.gone)), (0, len(self._fresh)), view)
        return view

    def _copy(
        self, start: int, end: int, gone: tuple[int, int], come: tuple[int, int], out: Any
    ) -> None:
        """Make the old keys from start to end over, given which of those gone and new ones."""
        _core.rows_splice(
            self._keys[start * self.width : end * self.width],
            end - start,
            self.width,
            (self.gone[slice(*gone)] - start).astype(np.uint64),
            self._fresh[slice(*come)],
            (self._belongs[slice(*come)] - start).astype(np.uint64),
            out,
        )

    def __iter__(self) -> Iterator[memoryview]:
        """Yield the keys piece by piece; the room of each serves again for a later one."""
        held = self._held
        starts = np.append(np.arange(0, held, PIECE // self.width), held)
        starts = starts if held else np.zeros(2, np.int64)
        gone = np.searchsorted(self.gone, starts)
        come = np.searchsorted(self._belongs, starts)
        come[-1] = len(self._fresh)
        sizes = self.width * (np.diff(starts) - np.diff(gone) + np.diff(come))
        rooms = [memoryview(bytearray(int(sizes.max()))) for _ in range(AHEAD + 1)]
        for i, size in enumerate(sizes.tolist()):
            piece = rooms[i % len(rooms)][:size]
            a, b = i, i + 1
            self._copy(
                int(starts[a]), int(starts[b]), (gone[a], gone[b]), (come[a], come[b]), piece
            )
            if size:
                yield piece


class SplicedKeys(Pieces):
    """The keys of a splice as a section, checked and put into the directory as they are made."""

    def __init__(self, splice: Splice) -> None:
        self._splice = splice
        self.nbytes = splice.count * splice.width
        self._directory = _core.DirectoryMaker(splice.count, splice.width)

    def sections(self) -> list[Section]:
        """Return the keys and their directory, which is complete when the keys were made."""
        code, width = CODES[self._splice.rule], self._splice.width
        sections = [Section(listfile.KEYS, code, width, self)]
        if 0 < self._splice.count < 2**32:
            sections.append(Section(listfile.DIRECTORY, code, 64, self._directory.lines))
        return sections

    def __iter__(self) -> Iterator[memoryview]:
        width, last = self._splice.width, b""
        for piece in self._splice:
            if bytes(piece[:width]) <= last:
                raise ListFileError("keys are out of order")
            last = bytes(piece[-width:])
            if self._splice.count < 2**32:
                self._directory.add(piece)  # compares each key with the one before it
            else:
                _core.rows_check(piece, 0, len(piece) // width, width)
            yield piece
        if self._splice.count < 2**32:
            self._directory.end()
