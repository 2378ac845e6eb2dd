"""One call over several lists."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from csamatch.addresses import as_batch, normalize_url
from csamatch.audit import Auditor, Sink
from csamatch.digests import DigestItems, pack
from csamatch.errors import UrlError
from csamatch.flood import FloodGuard
from csamatch.hashlist import HashList
from csamatch.live import LiveList
from csamatch.matches import Matches
from csamatch.metrics import BatchSummary
from csamatch.multimatches import MultiMatches
from csamatch.opening import open_list
from csamatch.rules import WIDTHS
from csamatch.urllist import UrlList

__all__ = ["Matcher"]

AnyList = HashList | UrlList | LiveList
OneList = AnyList | str | os.PathLike[str]


def _lists(given: Any, what: str, open_one: Callable[[Any], AnyList]) -> tuple[AnyList, ...]:
    """Take one list or several; what is a path is opened."""
    if isinstance(given, (HashList, UrlList, LiveList, str, os.PathLike)):
        given = [given]
    if not isinstance(given, Iterable):
        raise TypeError(f"{what}: expected lists, not {type(given).__name__}")
    found: list[AnyList] = []
    for each in given:
        if isinstance(each, (HashList, UrlList, LiveList)):
            found.append(each)
        elif isinstance(each, (str, os.PathLike)):
            found.append(open_one(each))
        else:
            raise TypeError(f"{what}: expected lists, not {type(each).__name__}")
    return tuple(found)


def _suppressed(path: str | os.PathLike[str]) -> AnyList:
    from csamatch.allow import one_list  # which may read it in any format: that imports much

    return one_list(path)


class _Batch:
    """Queries that several lists are asked: converted once, where that can be."""

    def __init__(self, kind: str, items: Any, count: int, options: dict[str, Any]) -> None:
        self.kind = kind
        self.items = items
        self.count = count
        self.options = options

    @classmethod
    def of_digests(cls, items: Any, algorithm: str | None, threads: int) -> _Batch:
        """Take digests in any form that `HashList.match` takes."""
        if isinstance(items, Iterable) and not isinstance(items, (str, np.ndarray)):
            try:
                memoryview(items)  # type: ignore[arg-type]
            except TypeError:
                items = tuple(items)  # an iterator can be read only once
        count, groups = pack(items, algorithm)
        if not count:
            items = ()
        elif len(groups) == 1 and groups[0].places is None:
            width = WIDTHS[groups[0].algorithm]
            items = np.frombuffer(groups[0].data, np.uint8).reshape(count, width)
        elif isinstance(items, np.ndarray):
            items = tuple((items if items.dtype.kind == "O" else items.astype(np.str_)).tolist())
        return cls("hashes", items, count, {"threads": threads})

    @classmethod
    def of_urls(cls, items: Any, threads: int, refang: bool, legacy_idna: bool) -> _Batch:
        """Take URLs."""
        urls = as_batch(items, "URLs")
        options = {"threads": threads, "refang": refang, "legacy_idna": legacy_idna}
        return cls("addresses", urls, len(urls), options)

    def ask(self, lst: HashList | UrlList) -> Matches:
        """Look all queries up."""
        return lst.match(self.items, **self.options)

    def query_bytes(self, index: int) -> bytes:
        """Return one query in the one form that all its spellings share."""
        item = self.items[index]
        if self.kind == "hashes":
            return bytes.fromhex(item) if isinstance(item, str) else bytes(item)
        options = {name: self.options[name] for name in ("refang", "legacy_idna")}
        with suppress(UrlError):  # of another reading, perhaps: what hit can be written anyhow
            return normalize_url(item, **options).encode("ascii")
        return item if isinstance(item, bytes) else item.encode("utf-8", "backslashreplace")

    def hits_in(self, lst: HashList | UrlList, query: npt.NDArray[np.int64]) -> Any:
        """Say which of some queries hit a list."""
        items = self.items
        some = items[query] if isinstance(items, np.ndarray) else [items[i] for i in query.tolist()]
        return lst.match(some, **self.options).mask


class Matcher:
    """Several lists, of hashes and of addresses, that are asked together.

    Safe to share between threads.

    Parameters
    ----------
    lists : list or iterable of lists
        `HashList`, `UrlList`, `LiveList`, or paths of list files.
    suppress : list or iterable of lists, optional
        What must not hit although a list holds it, such as known false alarms: lists, or paths
        of list files or of sources in any format. Only hits are looked up there;
        `MultiMatches.suppressed` says which were dropped.
    audit : callable, optional
        Called with a record (docs/audit.md) of each batch and of each hit before it is answered;
        `csamatch.audit` has some. What it raises reaches the caller.
    audit_key : bytes, optional
        The key of the digests that stand for queries in the records, at least 16 bytes; by
        default a random one, made once in a process.
    guard : FloodGuard, optional
        Counts the hits.
    on_batch : callable, optional
        Called with a `csamatch.metrics.BatchSummary` of each batch.

    Examples
    --------
    >>> import csamatch
    >>> first = csamatch.UrlList(["bad.example"], info={"name": "first"})
    >>> second = csamatch.UrlList(["bad.example/x", "bad.test"], info={"name": "second"})
    >>> matcher = Matcher([first, second], suppress=csamatch.UrlList(["good.bad.example"]))
    >>> matches = matcher.match_urls(["http://bad.example/x", "good.bad.example", "bad.test"])
    >>> [(match.query, match.list.name, match.rule) for match in matches]
    [(0, 'first', 'domain'), (0, 'second', 'url'), (2, 'second', 'domain')]
    >>> matches.mask, matches.suppressed
    (array([ True, False,  True]), array([False,  True, False]))
    """

    def __init__(
        self,
        lists: OneList | Iterable[OneList],
        *,
        suppress: OneList | Iterable[OneList] | None = None,
        audit: Sink | None = None,
        audit_key: bytes | None = None,
        guard: FloodGuard | None = None,
        on_batch: Callable[[BatchSummary], object] | None = None,
    ) -> None:
        self.lists: tuple[AnyList, ...] = _lists(lists, "lists", open_list)
        self._suppress = () if suppress is None else _lists(suppress, "suppress", _suppressed)
        kinds = {each.info.kind for each in self.lists}
        if not self.lists:
            raise ValueError("lists: there is none")
        if any(each.info.kind not in kinds for each in self._suppress):
            raise ValueError(f"suppress: the lists hold {', '.join(kinds)} only")
        if audit is None and audit_key is not None:
            raise ValueError("audit_key: there is no audit to use it")
        self._audit = None if audit is None else Auditor(audit, audit_key)
        self._guard = guard
        self._on_batch = on_batch

    def match_digests(
        self,
        items: DigestItems,
        *,
        algorithm: str | None = None,
        threads: int = 1,
        tag: str = "",
    ) -> MultiMatches:
        """Look digests up in all lists of hashes.

        Parameters
        ----------
        items : bytes-like, array, or iterable
            As for `HashList.match`.
        algorithm : str, optional
            As for `HashList.match`.
        threads : int
            How many threads may share a large batch.
        tag : str
            Whatever the audit is to know the batch by.

        Returns
        -------
        MultiMatches
            The answers of each list.

        Raises
        ------
        DigestError
            For the first item that is no digest, with its index.
        ValueError
            When there is no list of hashes: that is never a mere miss.
        """
        self._need("hashes")
        return self._match(_Batch.of_digests(items, algorithm, threads), tag)

    def match_urls(
        self,
        items: Iterable[str | bytes],
        *,
        threads: int = 1,
        refang: bool = False,
        legacy_idna: bool = False,
        tag: str = "",
    ) -> MultiMatches:
        """Look URLs up in all lists of addresses.

        Parameters
        ----------
        items : iterable of str or bytes
            Any spellings of URLs or hosts.
        threads : int
            How many threads may share a large batch.
        refang, legacy_idna : bool
            As for `UrlList.match`.
        tag : str
            Whatever the audit is to know the batch by.

        Returns
        -------
        MultiMatches
            The answers of each list; a URL that has no canonical form is flagged in ``invalid``.

        Raises
        ------
        ValueError
            When there is no list of addresses: that is never a mere miss.
        """
        self._need("addresses")
        return self._match(_Batch.of_urls(items, threads, refang, legacy_idna), tag)

    def _need(self, kind: str) -> None:
        if not any(each.info.kind == kind for each in self.lists):
            raise ValueError(f"there is no list of {kind} to look in")

    def _match(self, batch: _Batch, tag: str) -> MultiMatches:
        if not isinstance(tag, str):
            raise TypeError(f"tag: expected str, not {type(tag).__name__}")
        start = time.perf_counter()
        answers = [batch.ask(lst) for lst in _of_kind(self.lists, batch.kind)]
        drop = np.zeros(batch.count, np.bool_)
        hit = np.unique(np.concatenate([each._hits.query for each in answers]))
        if len(hit):
            for lst in _of_kind(self._suppress, batch.kind):
                drop[hit] |= batch.hits_in(lst, hit)
        matches = MultiMatches(batch.count, answers, drop)
        seconds = time.perf_counter() - start
        if self._audit is not None:
            self._audit.write(matches, batch.kind, tag, batch.query_bytes)
        if self._guard is not None:
            self._guard.count(matches)
        if self._on_batch is not None:
            self._on_batch(_summary(matches, batch.kind, seconds))
        return matches

    def __repr__(self) -> str:
        return f"<Matcher of {', '.join(map(repr, self.lists))}>"


def _summary(matches: MultiMatches, kind: str, seconds: float) -> BatchSummary:
    return BatchSummary(
        kind,
        len(matches.suppressed),
        int(matches.mask.sum()),
        int(matches.invalid.sum()),
        int(matches.suppressed.sum()),
        tuple((i, r.count) for i, r in zip(matches.lists, matches.results, strict=True)),
        seconds,
    )


def _of_kind(lists: Iterable[AnyList], kind: str) -> list[HashList | UrlList]:
    """Return the lists of one kind, each in the version that is in use now."""
    current = [each.current if isinstance(each, LiveList) else each for each in lists]
    return [each for each in current if each.info.kind == kind]
