"""What a look-up found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.entries import Entry
from csamatch.info import ListInfo, as_time
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

    def report(self, *, time: datetime | None = None) -> dict[str, Any]:
        """Return what a report to an authority needs to say of the match.

        The fields are described in docs/audit.md. None of them holds the query, or the address
        that is listed: what was uploaded or posted, and by whom, is the caller's to add.

        Parameters
        ----------
        time : datetime, optional
            When it was found, by default now; without a zone it is UTC.

        Returns
        -------
        dict
            Plain values that can be written as JSON.
        """
        info = self.list
        found = datetime.now(UTC) if time is None else as_time(time).astimezone(UTC)
        return {
            "list": info.name,
            "source": info.source,
            "version": info.version,
            "issued": None if info.issued is None else info.issued.isoformat(),
            "list_sha256": info.digest,
            "contact": info.contact,
            "agreement": info.agreement,
            "handling": info.handling,
            "entry_id": self.entry.id,
            "entry_number": self.entry.number,
            "entry_source": self.entry.source,
            "entry_ids": [entry.id for entry in self.entries if entry.id],
            "category": self.entry.category,
            "rule": self.rule,
            "time": found.isoformat(timespec="milliseconds"),
            "csamatch": _core.version(),
        }


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
