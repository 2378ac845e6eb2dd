"""Which links in texts are listed, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from csamatch.matches import Match
from csamatch.rules import NAMES

if TYPE_CHECKING:
    from csamatch.lists import BaseList

__all__ = ["TextMatch", "TextMatches"]

Ints = npt.NDArray[np.int64]


class TextHits(NamedTuple):
    """The listed links of some texts, in order."""

    places: Ints  # (n, 3): text, start, end
    position: Ints
    rule: npt.NDArray[np.uint8]
    links: int  # found in all, listed or not


@dataclass(frozen=True, slots=True)
class TextMatch:
    """A listed link, and where it stands.

    Attributes
    ----------
    text : int
        Index of the text in its batch.
    start, end : int
        The link is ``texts[text][start:end]``: code points of a str, bytes of bytes.
    match : Match
        The list's entry, the rule and the rest; its ``query`` is the index of the text.
    """

    text: int
    start: int
    end: int
    match: Match


class TextMatches:
    """The listed links in a batch of texts.

    Iterating yields a `TextMatch` for each, in the order of the texts and within them; ``len()``
    is their number, so that an object without any is false. As in `Matches`, ``mask`` has one
    answer for each item of the batch.

    Attributes
    ----------
    mask : (n,) bool array
        Which texts hold a listed link.
    text, start, end : (count,) int64 arrays
        Where the listed links stand: text by its index, offsets as in `TextMatch`.
    count : int
        How many listed links there are.
    links : int
        How many links were looked up.
    suppressed : (n,) bool array
        Which texts hold a link whose hit was dropped, since the list was opened with ``suppress``.
    """

    def __init__(
        self,
        source: BaseList,
        texts: Sequence[str | bytes],
        parts: Sequence[TextHits],
        matched: Callable[[str | bytes], str],
    ) -> None:
        self._source = source
        self._texts = texts
        self._matched = matched
        empty = TextHits(
            np.empty((0, 3), np.int64), np.empty(0, np.int64), np.empty(0, np.uint8), 0
        )
        places, positions, rules, links = zip(empty, *parts, strict=True)
        self._places: Ints = np.concatenate(places)
        self._position: Ints = np.concatenate(positions)
        self._rule: npt.NDArray[np.uint8] = np.concatenate(rules)
        self.links: int = sum(links)
        self.suppressed: npt.NDArray[np.bool_] = np.zeros(len(texts), np.bool_)

    def without(self, is_dropped: Callable[[list[str | bytes]], npt.NDArray[np.bool_]]) -> Self:
        """Drop those hits of whose links a function says so; return self."""
        if self.count:
            places = self._places.tolist()
            drop = is_dropped([self._texts[text][start:end] for text, start, end in places])
            self.suppressed[self.text[drop]] = True
            kept = ~drop
            self._places, self._position = self._places[kept], self._position[kept]
            self._rule = self._rule[kept]
        return self

    @property
    def mask(self) -> npt.NDArray[np.bool_]:
        """Which texts hold a listed link, as an (n,) bool array."""
        mask = np.zeros(len(self._texts), dtype=np.bool_)
        mask[self.text] = True
        return mask

    @property
    def text(self) -> Ints:
        """The index of the text of each listed link."""
        return self._places[:, 0]

    @property
    def start(self) -> Ints:
        """Where each listed link begins in its text."""
        return self._places[:, 1]

    @property
    def end(self) -> Ints:
        """Where each listed link ends in its text."""
        return self._places[:, 2]

    @property
    def count(self) -> int:
        """How many listed links there are."""
        return len(self._position)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[TextMatch]:
        for (text, start, end), position, rule in zip(
            self._places.tolist(), self._position.tolist(), self._rule.tolist(), strict=True
        ):
            form = self._matched(self._texts[text][start:end])
            yield TextMatch(text, start, end, self._source._hit(text, NAMES[rule], position, form))

    def __repr__(self) -> str:
        return (
            f"<TextMatches: {self.count} of {self.links} links in {len(self._texts)} texts, "
            f"list {self._source.info.name!r}>"
        )
