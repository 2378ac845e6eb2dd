"""What a look-up in several lists found."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from csamatch.info import ListInfo
from csamatch.matches import Hits, Match, Matches

__all__ = ["MultiMatches"]

Bools = npt.NDArray[np.bool_]


def part_of(matches: Matches, chosen: Bools) -> Matches:
    """Return the answers with some of the hits alone."""
    hits = matches._hits
    rule = hits.rule if isinstance(hits.rule, int) else hits.rule[chosen]
    kept = Hits(hits.query[chosen], hits.position[chosen], rule, hits.invalid)
    return Matches(matches._source, matches._size, kept, matches._matched)


class MultiMatches:
    """The answers of several lists to a batch.

    Iterating yields a `Match` for each hit, in the order of the queries and then of the lists;
    each names its list. ``len()`` is the number of hits, so that an object without any is false.

    Attributes
    ----------
    mask : (n,) bool array
        Which queries hit any list.
    invalid : (n,) bool array
        Which queries have no canonical form (URLs only) and so could not be looked up.
    suppressed : (n,) bool array
        Which queries had hits that were suppressed.
    count : int
        How many hits there are: queries, in each list that holds them.
    lists : tuple of ListInfo
        The lists that were asked, in the versions that answered.
    results : tuple of Matches
        The answers of each of these lists, without what was suppressed.
    """

    def __init__(self, size: int, answers: Sequence[Matches], drop: Bools) -> None:
        self._size = size
        self.lists: tuple[ListInfo, ...] = tuple(each._source.info for each in answers)
        self.suppressed: Bools = np.zeros(size, np.bool_)
        dropped: list[Matches] = []
        kept: list[Matches] = []
        for each in answers:
            chosen = drop[each._hits.query]
            dropped.append(part_of(each, chosen))
            kept.append(part_of(each, ~chosen))
            # Some may have been suppressed already, in a list that was opened so.
            kept[-1].suppressed[:] = each.suppressed
            kept[-1].suppressed[dropped[-1]._hits.query] = True
            self.suppressed |= kept[-1].suppressed
        self.results: tuple[Matches, ...] = tuple(kept)
        self._dropped = tuple(dropped)

    @property
    def mask(self) -> Bools:
        """Which queries hit any list, as an (n,) bool array."""
        mask = np.zeros(self._size, np.bool_)
        for each in self.results:
            mask[each._hits.query] = True
        return mask

    @property
    def invalid(self) -> Bools:
        """Which queries have no canonical form, as an (n,) bool array."""
        return self.results[0].invalid

    @property
    def count(self) -> int:
        """How many hits there are."""
        return sum(each.count for each in self.results)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Match]:
        return heapq.merge(*self.results, key=lambda match: match.query)

    def __repr__(self) -> str:
        return (
            f"<MultiMatches: {int(self.mask.sum())} of {self._size} queries, "
            f"{len(self.lists)} lists, {int(self.suppressed.sum())} suppressed>"
        )
