"""Entries that hit suspiciously often."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from csamatch.entries import Entry
from csamatch.forks import lock_for
from csamatch.info import ListInfo
from csamatch.matches import Match

__all__ = ["Flood", "FloodGuard"]


@dataclass(frozen=True, slots=True)
class Flood:
    """An entry that hit as often as a `FloodGuard` tolerates.

    Attributes
    ----------
    entry : Entry
        The entry.
    rule : str
        The rule of the last hit.
    list : ListInfo
        The list that holds it.
    count : int
        How often it hit: the threshold.
    seconds : float
        Within how many seconds, at most.
    """

    entry: Entry
    rule: str
    list: ListInfo = field(repr=False)
    count: int
    seconds: float


class FloodGuard:
    """Counts the hits of each entry, and calls back when one hits suspiciously often.

    A listed thing that suddenly turns up everywhere is more likely a false alarm, such as the
    digest of a default picture, or an attack on those who read the reports, than as many cases.
    Safe to share between threads; processes count for themselves.

    Entries with an id are counted across versions of their list, which are those of the same
    name, source and kind; entries without one, and those of lists without a name, for each
    version by itself. Give lists whose ids have nothing to do with one another different names.

    Parameters
    ----------
    threshold : int
        How many hits of an entry are suspicious.
    on_flood : callable
        Called with a `Flood`, once for an entry in each window.
    window : float
        For how many seconds hits are counted before all counts start again from zero.
    """

    def __init__(
        self, threshold: int, on_flood: Callable[[Flood], object], *, window: float = 3600.0
    ) -> None:
        if threshold < 1:
            raise ValueError("threshold: must be at least 1")
        if not window > 0:
            raise ValueError("window: must be more than 0")
        self._threshold = threshold
        self._on_flood = on_flood
        self._window = window
        self._lock = lock_for(self)
        self._counts: dict[tuple[str | int, ...], int] = {}
        self._start = time.monotonic()

    def count(self, matches: Iterable[Match]) -> None:
        """Count hits: the matches of a batch, in one list or several."""
        floods = []
        with self._lock:
            now = time.monotonic()
            if now - self._start >= self._window:
                self._counts.clear()
                self._start = now
            for match in matches:
                # An id outlives a new version of a list that has a name; a number does not.
                entry, info = match.entry, match.list
                key: tuple[str | int, ...] = (info.digest, entry.number)
                if entry.id and info.name:
                    key = (info.kind, info.name, info.source, entry.id)
                count = self._counts[key] = self._counts.get(key, 0) + 1
                if count == self._threshold:
                    floods.append(Flood(entry, match.rule, info, count, self._window))
        for flood in floods:
            self._on_flood(flood)

    def __repr__(self) -> str:
        return f"<FloodGuard: {self._threshold} hits in {self._window:g} s>"
