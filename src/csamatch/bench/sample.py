"""Random keys and queries to measure with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core, listfile, listwrite
from csamatch.info import encode_info
from csamatch.listfile import Section
from csamatch.memory import private_memory
from csamatch.rules import ALGORITHM_OF_WIDTH, CODES

Rows = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

_LINE = 64


def huge(size: int) -> Rows:
    """Zeroed memory on huge pages, where the system has them."""
    return np.frombuffer(private_memory(max(1, size)), np.uint8, size)


def _aligned(length: int) -> int:
    return -(-length // _LINE) * _LINE


class Queries(NamedTuple):
    """Rows in random order, and which of them are listed."""

    rows: Rows  # (n, width)
    listed: Mask  # (n,)

    def first(self, count: int) -> Queries:
        """Return the first so many, for what is too slow for all."""
        return Queries(self.rows[:count], self.listed[:count])


class Sample:
    """Sorted keys with their directory behind them, in one stretch of huge pages.

    Parameters
    ----------
    count : int
        How many keys.
    width : int
        Bytes a key.
    rows : (count, width) uint8 array, optional
        The keys, ascending and distinct; random ones if not given.
    """

    def __init__(self, count: int, width: int, rows: Rows | None = None) -> None:
        self.count, self.width = count, width
        self._rng = np.random.default_rng([count, width])
        self._keys_size = count * width
        if rows is None:
            rows = self._rng.integers(0, 256, (count, width), dtype=np.uint8)
            _core.rows_sort(rows, count, width)
        directory = np.frombuffer(_core.directory_build(rows, count, width), np.uint8)
        at = _aligned(rows.nbytes)
        self.data = huge(at + len(directory))
        self.data[: rows.nbytes] = rows.ravel()
        self.data[at:] = directory
        self.directory = at, len(directory) // _LINE - 1

    @property
    def keys(self) -> Rows:
        """The keys, ascending, (count, width)."""
        return self.data[: self._keys_size].reshape(self.count, self.width)

    def key_set(self, kernel: str | None = None) -> _core.KeySet:
        """Return the keys as the engine takes them."""
        return _core.KeySet(self.data, 0, self.count, self.width, kernel, self.directory)

    def queries(self, count: int, hits: float) -> Queries:
        """Make random queries in random order, about the given share of them listed."""
        rows = huge(count * self.width).reshape(count, self.width)
        rows[:] = self._rng.integers(0, 256, rows.shape, dtype=np.uint8)
        listed = self._rng.random(count) < hits
        rows[listed] = self.keys[self._rng.integers(0, self.count, int(listed.sum()))]
        return Queries(rows, listed)

    def lines(self, count: int) -> npt.NDArray[np.uint32]:
        """Random numbers of cache lines among the keys."""
        lines = huge(4 * count).view(np.uint32)
        lines[:] = self._rng.integers(0, self._keys_size // _LINE, count, dtype=np.uint32)
        return lines

    def random_order(self) -> npt.NDArray[np.int64]:
        """Return the positions of all keys, shuffled."""
        return self._rng.permutation(self.count)

    def write(self, path: Path) -> None:
        """Write the keys as a list file."""
        code = CODES[ALGORITHM_OF_WIDTH[self.width]]
        sections: list[tuple[int, int, int, Any]] = [
            (listfile.INFO, 0, 1, encode_info({"name": "benchmark"})),
            (listfile.KEYS, code, self.width, self.data[: self._keys_size]),
            (listfile.DIRECTORY, code, _LINE, self.data[self.directory[0] :]),
        ]
        listwrite.write(path, "hashes", [Section(*section) for section in sections])
