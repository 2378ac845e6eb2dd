"""Lists of digests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self

import numpy as np

from csamatch import _core, listfile
from csamatch.assemble import Columns
from csamatch.digests import DigestItems, Rows, pack
from csamatch.info import ListInfo
from csamatch.lists import NOTHING, BaseList, Ints, share
from csamatch.matches import Hits, Match, Matches
from csamatch.rules import ALGORITHM_OF_WIDTH, ALGORITHMS, CODES, WIDTHS

__all__ = ["HashList"]


class HashList(BaseList, _core.DigestSets):
    """A list of digests: MD5, SHA-1 and SHA-256, a key set for each.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    digests : bytes-like, array, or iterable
        As for `match`. Duplicates are dropped.
    algorithm : str, optional
        ``"md5"``, ``"sha1"`` or ``"sha256"``; needed for packed bytes.
    info : ListInfo or mapping, optional
        What the list says of itself.
    kernel : str, optional
        One of `csamatch.kernels`; by default the best.

    Raises
    ------
    DigestError
        For the first item that is no digest, with its index.
    """

    _kind = "hashes"

    def __init__(
        self,
        digests: DigestItems = (),
        algorithm: str | None = None,
        *,
        info: ListInfo | Mapping[str, Any] | None = None,
        kernel: str | None = None,
    ) -> None:
        columns = Columns()
        for rows in pack(digests, algorithm)[1]:
            if rows.size:
                columns.extend(rows.algorithm, bytes(rows.data))
        self._adopt(self._from_columns(columns, info), kernel)

    @classmethod
    def from_digests(
        cls,
        digests: DigestItems,
        algorithm: str | None = None,
        *,
        info: ListInfo | Mapping[str, Any] | None = None,
        kernel: str | None = None,
    ) -> Self:
        """Make a list in memory; the same as calling the class.

        Examples
        --------
        >>> hashes = HashList.from_digests(["9e107d9d372bb6826bd81d3542a419d6"])
        >>> bytes.fromhex("9E107D9D372BB6826BD81D3542A419D6") in hashes
        True
        """
        return cls(digests, algorithm, info=info, kernel=kernel)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that the list holds digests of; others can't hit."""
        return tuple(self._tables)

    def _adopt(self, file: listfile.ListFile, kernel: str | None) -> Self:
        super()._adopt(file, kernel)
        self._set_keys(*(t.keys if (t := self._tables.get(r)) else None for r in ALGORITHMS))
        return self

    def find(self, item: bytes | str) -> Match | None:
        """Look one digest up.

        Parameters
        ----------
        item : bytes or str
            Raw bytes, or hex digits in either case.

        Returns
        -------
        Match or None
            The hit, if there is one.

        Raises
        ------
        DigestError
            When it is no digest; that is never a mere miss.
        TypeError
            When it is neither bytes nor str.
        """
        position = self._position(item)
        if position < 0:
            return None
        width = len(item) if isinstance(item, bytes) else len(item) // 2
        return self._hit(0, ALGORITHM_OF_WIDTH[width], position)

    def match(
        self, items: DigestItems, *, algorithm: str | None = None, threads: int = 1
    ) -> Matches:
        """Look many digests up at once, without holding the GIL.

        Parameters
        ----------
        items : bytes-like, array, or iterable
            Packed bytes (with `algorithm`); an (n, width) uint8 array, width 16, 20 or 32; an
            (n,) array of dtype S or U with hex digits; or an iterable of ``bytes`` (raw) and
            ``str`` (hex), algorithms mixed as you like.
        algorithm : str, optional
            Needed for packed bytes; elsewhere it must agree with the widths found.
        threads : int
            How many threads may share a large batch.

        Returns
        -------
        Matches
            One answer per digest.

        Raises
        ------
        DigestError
            For the first item that is no digest, with its index.
        TypeError
            For items of another type.

        Examples
        --------
        >>> hashes = HashList.from_digests(["9e107d9d372bb6826bd81d3542a419d6"])
        >>> hashes.match(["00000000000000000000000000000001"] * 2).mask
        array([False, False])
        """
        if threads < 1:
            raise ValueError("threads: must be at least 1")
        count, groups = pack(items, algorithm)
        if len(groups) == 1:
            return Matches(self, count, self._match_rows(groups[0], threads))
        found = [self._match_rows(rows, threads) for rows in groups]
        query = np.concatenate([hits.query for hits in found] or [NOTHING])
        position = np.concatenate([hits.position for hits in found] or [NOTHING])
        codes = [np.full(len(hits.query), hits.rule, np.uint8) for hits in found]
        rule = np.concatenate(codes or [NOTHING.astype(np.uint8)])
        order = np.argsort(query)
        return Matches(self, count, Hits(query[order], position[order], rule[order]))

    def _match_rows(self, rows: Rows, threads: int) -> Hits:
        table = self._tables.get(rows.algorithm)
        code = CODES[rows.algorithm]
        if table is None:
            return Hits(NOTHING, NOTHING, code)
        width = WIDTHS[rows.algorithm]

        def make_run() -> Callable[[int, int], tuple[Ints, Ints]]:
            hits = NOTHING

            def run(start: int, size: int) -> tuple[Ints, Ints]:
                nonlocal hits
                if len(hits) < size:
                    hits = np.empty((size, 2), np.int64)
                found = table.keys.match(rows.data, start * width, size, hits)
                return hits[:found, 0] + start, hits[:found, 1].copy()

            return run

        parts = share(make_run, rows.size, threads)
        query = np.concatenate([NOTHING, *(part[0] for part in parts)])
        position = np.concatenate([NOTHING, *(part[1] for part in parts)])
        return Hits(query if rows.places is None else rows.places[query], position, code)
