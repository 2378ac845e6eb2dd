"""Lists opened with a list of what must not hit, such as known false alarms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from csamatch.hashlist import HashList
from csamatch.matches import Hits, Match, Matches
from csamatch.rules import WIDTHS
from csamatch.textmatches import TextMatches
from csamatch.urllist import UrlList


class _Suppressing:
    """Looks every hit up in a second list, and drops it if it hits there too.

    Only hits are looked up again: what does not hit costs nothing more.
    """

    _suppress: HashList | UrlList

    def __contains__(self, item: object) -> bool:
        return super().__contains__(item) and item not in self._suppress  # type: ignore[misc]

    def find(self, item: Any, **options: Any) -> Match | None:
        """Look one item up; None when it hits the list of what must not."""
        match: Match | None = super().find(item, **options)  # type: ignore[misc]
        if match is None or self._suppress.find(item, **options) is not None:
            return None
        return match

    def match(self, items: Any, **options: Any) -> Matches:
        """Look many items up at once; `Matches.suppressed` says which hits were dropped."""
        batch = _kept_batch(items)
        matches: Matches = super().match(batch, **options)  # type: ignore[misc]
        hits = matches._hits
        if not len(hits.query):
            return matches
        asked = _chosen(batch, hits.query, options.get("algorithm"))
        dropped = self._suppress.match(asked, **options).mask
        rule = hits.rule if isinstance(hits.rule, int) else hits.rule[~dropped]
        kept = Hits(hits.query[~dropped], hits.position[~dropped], rule, hits.invalid)
        found = Matches(matches._source, matches._size, kept, matches._matched)
        found.suppressed[hits.query[dropped]] = True
        return found


class SuppressingHashList(_Suppressing, HashList):
    """A list of digests with digests that must not hit."""


class SuppressingUrlList(_Suppressing, UrlList):
    """A list of addresses with addresses that must not hit."""

    def match_text(self, texts: Any, **options: Any) -> TextMatches:
        """Look up the links in many texts; `TextMatches.suppressed` says where hits were dropped.

        See `csamatch.UrlList.match_text`.
        """
        return (
            super()
            .match_text(texts, **options)
            .without(lambda links: self._suppress.match(links, **options).mask)
        )


def _is_packed(items: Any) -> bool:
    try:
        memoryview(items)
    except TypeError:
        return False
    return not isinstance(items, np.ndarray)


def _kept_batch(items: Any) -> Any:
    """Return a batch that can be read twice: an iterator can't."""
    if isinstance(items, (str, list, tuple, np.ndarray)) or _is_packed(items):
        return items
    return list(items)


def _chosen(items: Any, query: npt.NDArray[np.int64], algorithm: str | None) -> Any:
    """Return some of a batch, in a form that `match` takes."""
    if isinstance(items, np.ndarray):
        return items[query]
    if algorithm is not None and _is_packed(items):
        return np.frombuffer(items, np.uint8).reshape(-1, WIDTHS[algorithm])[query]
    return [items[i] for i in query.tolist()]


def suppressing(lst: HashList | UrlList, suppress: Any) -> HashList | UrlList:
    """Return a list without the hits that `suppress` holds too.

    Parameters
    ----------
    lst : HashList or UrlList
        The list; it stays as it is.
    suppress : path, binary file object, HashList or UrlList
        What must not hit.

    Raises
    ------
    ValueError
        When one holds hashes and the other addresses.
    """
    from csamatch.allow import one_list  # which may read it in any format: that imports much

    other = one_list(suppress)
    if other.info.kind != lst.info.kind:
        raise ValueError(f"suppress: holds {other.info.kind}, the list {lst.info.kind}")
    cls: type[SuppressingHashList | SuppressingUrlList] = (
        SuppressingHashList if isinstance(lst, HashList) else SuppressingUrlList
    )
    found = cls.__new__(cls)._adopt(lst._file, lst.kernel if len(lst) else None)
    found._suppress = other
    return found
