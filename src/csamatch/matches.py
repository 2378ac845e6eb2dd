"""What a look-up found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from csamatch.entries import Entry
from csamatch.info import ListInfo
from csamatch.rules import NAMES

if TYPE_CHECKING:
    from csamatch.lists import HashList, UrlList

__all__ = ["Match", "Matches"]


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
    """

    query: int
    entry: Entry
    rule: str
    list: ListInfo = field(repr=False)
    entries: tuple[Entry, ...] = field(default=(), repr=False)


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
    count : int
        How many queries hit.
    """

    def __init__(
        self,
        source: HashList | UrlList,
        entry: npt.NDArray[np.int64],
        position: npt.NDArray[np.int64],
        rule: npt.NDArray[np.uint8] | int,
        invalid: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        self._source = source
        self._position = position
        self._rule = rule
        self._invalid = invalid
        self.entry = entry
        self._mask: npt.NDArray[np.bool_] | None = None

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Which queries hit, as an (n,) bool array."""
        if self._mask is None:
            self._mask = self.entry >= 0
        return self._mask

    @property
    def invalid(self) -> npt.NDArray[np.bool_]:
        """Which queries have no canonical form, as an (n,) bool array."""
        if self._invalid is None:
            self._invalid = np.zeros(len(self.entry), dtype=np.bool_)
        return self._invalid

    @property
    def count(self) -> int:
        """How many queries hit."""
        return int(np.count_nonzero(self.mask))

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Match]:
        for query in np.flatnonzero(self.mask).tolist():
            rule = self._rule if isinstance(self._rule, int) else int(self._rule[query])
            yield self._source._hit(query, NAMES[rule], int(self._position[query]))

    def __repr__(self) -> str:
        return (
            f"<Matches: {self.count} of {len(self.entry)} queries, list {self._source.info.name!r}>"
        )
