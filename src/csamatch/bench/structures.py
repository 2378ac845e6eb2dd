"""Peers that are data structures in memory: sets, arrays, filters."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from csamatch.bench.forms import as_bytes, as_hex
from csamatch.bench.peer import LARGEST_OF_OBJECTS, Peer, PositionsPeer, cells, halves
from csamatch.bench.sample import Mask, Rows


class Set(Peer):
    """Python's set of bytes."""

    name = "set of bytes"
    largest = LARGEST_OF_OBJECTS
    fresh = True

    def __init__(self, keys: Rows, folder: Path) -> None:
        self._keys = set(as_bytes(keys))

    def ready(self, rows: Rows) -> list[bytes]:
        """As bytes."""
        return as_bytes(rows)

    def look_up(self, asked: list[bytes]) -> list[bool]:
        """One by one."""
        keys = self._keys
        return [digest in keys for digest in asked]


class SearchSorted(Peer):
    """Binary search by numpy."""

    name = "numpy searchsorted"

    def __init__(self, keys: Rows, folder: Path) -> None:
        self._keys = cells(keys)

    def ready(self, rows: Rows) -> Any:
        """As strings of 16 bytes."""
        return cells(rows)

    def look_up(self, asked: Any) -> Any:
        """Find each one's place, and compare what lies there."""
        places = np.searchsorted(self._keys, asked)
        return self._keys[np.minimum(places, len(self._keys) - 1)] == asked


class IsIn(SearchSorted):
    """numpy's own membership test, which sorts keys and queries together in every call."""

    name = "numpy isin"
    largest = 10**7

    def look_up(self, asked: Any) -> Any:
        """All at once."""
        return np.isin(asked, self._keys)


class Pandas(Peer):
    """A pandas index of the first halves; the second halves are compared."""

    name = "pandas, 64-bit prefixes"
    module = "pandas"

    def __init__(self, keys: Rows, folder: Path) -> None:
        import pandas

        prefixes, self._rests = halves(keys)
        self._index = pandas.Index(prefixes)

    def ready(self, rows: Rows) -> Any:
        """As two arrays of numbers."""
        return halves(rows)

    def look_up(self, asked: Any) -> Mask:
        """Find the prefixes and verify the rest; a place of -1 must not count."""
        prefixes, rests = asked
        places = self._index.get_indexer(prefixes)
        return np.asarray((places >= 0) & (self._rests[places] == rests))


class SortedNp(PositionsPeer):
    """Sort the batch and intersect it with the list, both as first halves; verify the second."""

    name = "sortednp, batch sorted first"
    module = "sortednp"

    def __init__(self, keys: Rows, folder: Path) -> None:
        import sortednp

        self._sortednp = sortednp
        self._prefixes, self._rests = halves(keys)

    def ready(self, rows: Rows) -> Any:
        """As two arrays of numbers."""
        return halves(rows)

    def look_up(self, asked: Any) -> Any:
        """Sort, intersect, verify."""
        prefixes, rests = asked
        order = np.argsort(prefixes)
        _, (places, queries) = self._sortednp.intersect(
            self._prefixes,
            prefixes[order],
            indices=True,
            duplicates=self._sortednp.KEEP_MAX_N,
            algorithm=self._sortednp.SIMPLE_SEARCH,
        )
        queries = order[queries]
        return queries[self._rests[places] == rests[queries]]


class Bloom(Set):
    """A split-block Bloom filter that lets one miss in a hundred pass."""

    name = "Bloom filter (abloom, 1 %)"
    module = "abloom"
    largest = 10**8
    exact: ClassVar[bool] = False

    def __init__(self, keys: Rows, folder: Path) -> None:
        import abloom

        self._keys = abloom.BloomFilter(len(keys), 0.01)
        for start in range(0, len(keys), 10**6):
            self._keys.update(as_bytes(keys[start : start + 10**6]))


class ThreatExchange(Peer):
    """The exact index of python-threatexchange."""

    name = "python-threatexchange index"
    module = "threatexchange"
    largest = LARGEST_OF_OBJECTS
    most_queries = 200_000
    fresh = True

    def __init__(self, keys: Rows, folder: Path) -> None:
        from threatexchange.signal_type.md5 import VideoMD5Signal

        self._index: Any = VideoMD5Signal.get_index_cls()()
        for number, digest in enumerate(as_hex(keys)):
            self._index.add(digest, number)

    def ready(self, rows: Rows) -> list[str]:
        """As hex."""
        return as_hex(rows)

    def look_up(self, asked: list[str]) -> list[bool]:
        """One by one."""
        query = self._index.query
        return [len(query(digest)) > 0 for digest in asked]
