"""What type checkers must know of matching. It is checked, and never run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, assert_type

import numpy as np
import numpy.typing as npt

import csamatch
from csamatch import HashList, ListInfo, LiveList, Match, UrlList
from csamatch.metrics import BatchSummary, PrometheusCollector

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def opening() -> HashList | UrlList:
    lst = csamatch.open("list.csml", mmap=True, stale="error")
    assert_type(lst, HashList | UrlList)
    assert_type(lst.info, ListInfo)
    assert_type(len(lst), int)
    assert_type("bad.example" in lst, bool)
    assert_type(csamatch.verify("list.csml"), ListInfo)
    return lst


def which_kind() -> None:
    lst = csamatch.open("list.csml")
    assert isinstance(lst, UrlList)
    assert_type(lst.match_text(["bad.example"]), csamatch.TextMatches)


def digests(hashes: HashList, rows: npt.NDArray[np.uint8]) -> None:
    hashes.match([b"x" * 16, "00" * 16])
    hashes.match(bytearray(16), algorithm="md5")
    hashes.match(np.array(["00" * 16]))
    hashes.match(str(number) for number in range(3))
    HashList(rows)
    assert_type(HashList.from_digests([b"x" * 16]), HashList)
    assert_type(hashes.find(b"x" * 16), Match | None)
    matches = hashes.match(rows, threads=2)
    assert_type(matches, csamatch.Matches)
    assert_type(matches.mask, Bools)
    assert_type(matches.entry, Ints)
    assert_type(matches.invalid, Bools)
    assert_type(matches.count, int)
    for match in matches:
        one_match(match)


def one_match(match: Match) -> None:
    assert_type(match.query, int)
    assert_type(match.rule, str)
    assert_type(match.list, ListInfo)
    assert_type(match.entry, csamatch.Entry)
    assert_type(match.entry.number, int)
    assert_type(match.entries, tuple[csamatch.Entry, ...])
    assert_type(match.matched, str)
    assert_type(match.report(), dict[str, Any])


def addresses(urls: UrlList) -> None:
    assert_type(UrlList.from_entries(["bad.example"]), UrlList)
    assert_type(urls.match(["bad.example"], refang=True).mask, Bools)
    texts = urls.match_text(["see bad.example"])
    assert_type(texts, csamatch.TextMatches)
    assert_type(texts.links, int)
    for hit in texts:
        assert_type(hit, csamatch.TextMatch)
        assert_type(hit.match, Match)
    assert_type(csamatch.normalize_url("bad.example"), str)
    assert_type(csamatch.normalize_urls(["bad.example"]), list[str | None])
    assert_type(csamatch.normalize_host("bad.example"), str)
    assert_type(csamatch.find_urls("bad.example"), list[tuple[int, int, str]])
    assert_type(csamatch.find_urls(b"bad.example"), list[tuple[int, int, bytes]])
    assert_type(csamatch.explain_url("bad.example"), csamatch.Explanation)


def what_a_list_says(info: ListInfo) -> None:
    assert_type(info.counts, Mapping[str, int])
    assert_type(info.issued, date | None)
    assert_type(info.age, timedelta | None)
    assert_type(info.stale, bool)


def several(hashes: HashList) -> None:
    def tell(summary: BatchSummary) -> None:
        assert_type(summary.seconds, float)

    def warn(flood: csamatch.Flood) -> None:
        pass

    with LiveList("list.csml") as live:
        assert_type(live, LiveList)
        assert_type(live.current, HashList | UrlList)
        assert_type(live.check(), bool)
    guard = csamatch.FloodGuard(100, warn)
    matcher = csamatch.Matcher([live, hashes, "u.csml"], guard=guard, on_batch=tell)
    found = matcher.match_urls(["bad.example"])
    assert_type(found, csamatch.MultiMatches)
    assert_type(found.lists, tuple[ListInfo, ...])
    assert_type(found.results, tuple[csamatch.Matches, ...])
    csamatch.Matcher(hashes, on_batch=PrometheusCollector([live]))
    csamatch.Matcher(hashes, audit=csamatch.audit.Logging())


def mistakes(hashes: HashList, urls: UrlList) -> None:
    """Each of these is one; where a checker sees none, it says that the comment is not needed."""
    hashes.find(1)  # type: ignore[arg-type]
    hashes.match([b"x"], refang=True)  # type: ignore[call-arg]
    hashes.match(3)  # type: ignore[arg-type]
    HashList(3)  # type: ignore[arg-type]
    csamatch.Matcher(hashes).match_digests(3)  # type: ignore[arg-type]
    csamatch.Matcher(3)  # type: ignore[arg-type]
    csamatch.open("list.csml").match_text([])  # type: ignore[union-attr]
    urls.match([1])  # type: ignore[list-item]
    csamatch.open("list.csml", verify="no")  # type: ignore[arg-type]
    print(csamatch.open_everything)  # type: ignore[attr-defined]
    print(csamatch.normalize_url("bad.example") + 1)  # type: ignore[operator]
