"""What a look-up found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch.entries import Entry
from csamatch.info import ListInfo
from csamatch.rules import NAMES

if TYPE_CHECKING:
    from csamatch.lists import BaseList

__all__ = ["Match", "Matches"]


class Hits(NamedTuple):
    """The queries that hit, in order: where, by which rule (a code, or one for each)."""

    query: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
    rule: npt.NDArray[np.uint8] | int
    invalid: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """One hit: what is needed to report and to explain it.

    Attributes
    ----------
    query : int
        Index of the query in its batch; 0 for a single look-up.
    entry : Entry
        The list's entry: the source's id and category.
    rule : str
        ``"md5"``, ``"sha1"``, ``"sha256"``, ``"domain"``, ``"host"``, ``"url"`` or ``"prefix"``.
    list : ListInfo
        The list that holds the entry.
    entries : tuple of Entry
        All entries with this key, `entry` first: sources may list one thing twice.
    matched : str
        The canonical form that is listed: the host or the parent of it that hit, the page, the
        prefix. Empty for digests.
    """

    query: int
    entry: Entry
    rule: str
    list: ListInfo = field(repr=False)
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    matched: str = field(default="", repr=False)


class Matches:
    """The answers to a batch, in the order of its queries.

    Iterating yields a `Match` for each hit; ``len()`` is the number of hits, so that an object
    without any is false.

    Attributes
    ----------
    mask : (n,) bool array
        Which queries hit.
    entry : (n,) int64 array
        The number of the entry hit, -1 where none.
    invalid : (n,) bool array
        Which queries have no canonical form (URLs only) and so could not be looked up.
    suppressed : (n,) bool array
        Which queries would have hit, had the list not been opened with ``suppress=``.
    count : int
        How many queries hit.
    """

    def __init__(
        self,
        source: BaseList,
        size: int,
        hits: Hits,
        matched: Callable[[int], str] = lambda query: "",
    ) -> None:
        self._source = source
        self._matched = matched
        self._size = size
        self._hits = hits
        self._mask: npt.NDArray[np.bool_] | None = None
        self._entry: npt.NDArray[np.int64] | None = None
        self._invalid = hits.invalid
        self._suppressed: npt.NDArray[np.bool_] | None = None

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Which queries hit, as an (n,) bool array."""
        if self._mask is None:
            self._mask = np.zeros(self._size, dtype=np.bool_)
            self._mask[self._hits.query] = True
        return self._mask

    @property
    def entry(self) -> npt.NDArray[np.int64]:
        """The number of the entry hit by each query, -1 where none, as an (n,) int64 array."""
        if self._entry is None:
            self._entry = np.full(self._size, -1, np.int64)
            self._entry[self._hits.query] = self._source._entry_numbers(self._hits)
        return self._entry

    @property
    def invalid(self) -> npt.NDArray[np.bool_]:
        """Which queries have no canonical form, as an (n,) bool array."""
        if self._invalid is None:
            self._invalid = np.zeros(self._size, dtype=np.bool_)
        return self._invalid

    @property
    def suppressed(self) -> npt.NDArray[np.bool_]:
        """Which queries are no hits only because they were suppressed, an (n,) bool array."""
        if self._suppressed is None:
            self._suppressed = np.zeros(self._size, dtype=np.bool_)
        return self._suppressed

    @property
    def count(self) -> int:
        """How many queries hit."""
        return len(self._hits.query)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Match]:
        hits = self._hits
        for i, (query, position) in enumerate(
            zip(hits.query.tolist(), hits.position.tolist(), strict=True)
        ):
            rule = hits.rule if isinstance(hits.rule, int) else int(hits.rule[i])
            yield self._source._hit(query, NAMES[rule], position, self._matched(query))

    def __repr__(self) -> str:
        return f"<Matches: {self.count} of {self._size} queries, list {self._source.info.name!r}>"
