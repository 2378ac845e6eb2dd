"""URLs: what the C library does with them, and what Python does, beside their peers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

import csamatch
from csamatch import UrlList, _core
from csamatch.bench import ada, url_hosts, url_peers
from csamatch.bench.turns import Contender, Row, Say
from csamatch.bench.url_sample import UrlSample, make_lists
from csamatch.errors import Error
from csamatch.matches import Matches
from csamatch.rules import INVALID, NAMES

SECTION: Final = "urls"
BARE, LISTS, SINGLE = PARTS = ("URLs in C", "list of str", "one by one")

_ADA: Final = "ada::parse"
_MIXED_MATCH: Final = "UrlList.match, all rules"
_GGLSBL_TARGET: Final = 100.0
_NONE: Final = 0  # in an array of rules


class UrlBench:
    """Everything that is measured with URLs, loaded.

    Parameters
    ----------
    chosen : list of str or None
        Which peers, by their names in `url_peers.PEERS`; by default all.
    folder : path
        Where it may keep files.
    say : callable
        Told what is going on.
    """

    def __init__(self, chosen: Sequence[str] | None, folder: Path, say: Say) -> None:
        say("making lists of URLs")
        self.lists = make_lists()
        self.peers: list[url_peers.UrlPeer] = []
        self._absent: list[tuple[str, str, str]] = []
        for name in url_peers.PEERS if chosen is None else chosen:
            self._load(url_peers.PEERS[name])
        say("compiling ada")
        self.ada: ada.Ada | None = None
        try:
            self.ada = ada.Ada(folder)
        except ada.MissingError as error:
            self._absent.append((BARE, _ADA, str(error)))

    def _load(self, cls: type[url_peers.UrlPeer]) -> None:
        note = "not installed"
        if cls.is_installed():
            try:
                self.peers.append(cls())
                return
            except Exception as error:  # whatever another package may raise
                note = f"failed to load: {type(error).__name__}"
        for part in (LISTS, SINGLE) if cls is url_peers.BASELINE else (LISTS,):
            self._absent.append((part, cls.name, note))

    def absent(self) -> list[Row]:
        """Rows that say what is not measured, and why."""
        return [Row(part, name, note=note) for part, name, note in self._absent]

    def contenders(self, sample: UrlSample) -> list[Contender]:
        """Make all of them for one file of URLs."""
        found = self._bare(sample) + self._own_lists(sample)
        for peer in self.peers:
            found += _of_peer(peer, sample)
        return found + self._own_single(sample)

    def _bare(self, sample: UrlSample) -> list[Contender]:
        spans = _core.UrlSpans(tuple(sample.urls))
        canonical = [text for text in csamatch.normalize_urls(sample.urls) if text is not None]
        sizes = len(canonical), sum(map(len, canonical))
        found = [
            _bare_match(
                "host check, domains", self.lists.domains, spans, sample.rules(False), 0.40
            ),
            _bare_match(
                "canonical URL, all rules", self.lists.mixed, spans, sample.rules(True), 0.80
            ),
            Contender(
                BARE,
                "canonical URL, not looked up",
                lambda _: spans.normalize(),
                lambda answer: answer == sizes,
                queries=len(sample.urls),
                baseline=_ADA,
            ),
        ]
        if self.ada is not None:
            found.insert(0, _parse(self.ada, spans, sample))
        return found

    def _own_lists(self, sample: UrlSample) -> list[Contender]:
        urls = sample.urls
        canonical = csamatch.normalize_urls(urls)

        def contender(
            name: str, call: Callable[[Any], Any], check: Any, target: float | None = None
        ) -> Contender:
            return Contender(
                LISTS,
                name,
                call,
                check,
                lambda: urls,
                len(urls),
                url_peers.BASELINE.name,
                target=target,
            )

        domains, mixed = self.lists
        return [
            contender("UrlList.match, domains", domains.match, _hits(sample, False), 0.25),
            contender(_MIXED_MATCH, mixed.match, _hits(sample, True), 0.25),
            contender("normalize_urls", csamatch.normalize_urls, lambda a: a == canonical),
        ]

    def _own_single(self, sample: UrlSample) -> list[Contender]:
        """Make those that ask for one URL at a time; what is no URL would raise."""
        canonical = csamatch.normalize_urls(sample.urls)
        places = [place for place, text in enumerate(canonical) if text is not None]
        asked = [sample.urls[place] for place in places]
        listed = [place in sample.listed for place in places]

        def contender(name: str, urls: UrlList) -> Contender:
            return Contender(
                SINGLE,
                name,
                lambda asked: [url in urls for url in asked],
                lambda answer: answer == listed,
                lambda: asked,
                len(asked),
                url_peers.BASELINE.name,
                target=0.50,
            )

        domains, mixed = self.lists
        return [contender("url in domains", domains), contender("url in all rules", mixed)]


def _bare_match(
    name: str,
    urls: UrlList,
    spans: _core.UrlSpans,
    expected: npt.NDArray[np.uint8],
    target: float,
) -> Contender:
    """Make a contender of the C call alone, with room for the answers made beforehand."""
    count = len(spans)
    positions, rules = np.empty(count, np.int64), np.empty(count, np.uint8)

    def check(_: Any) -> bool:
        found = np.where(rules == INVALID, _NONE, rules)
        return np.array_equal(found, expected) and np.array_equal(positions >= 0, expected != _NONE)

    return Contender(
        BARE,
        name,
        lambda _: spans.match(urls, positions, rules),
        check,
        queries=count,
        baseline=_ADA,
        target=target,
    )


def _parse(native: ada.Ada, spans: _core.UrlSpans, sample: UrlSample) -> Contender:
    """Make a contender of ada itself, once its hosts are known to be ours."""
    hosts = native.hosts(spans)
    others = url_hosts.differences(sample.urls, hosts)
    if others[url_hosts.OTHER]:
        raise Error(f"{sample.name}: {others[url_hosts.OTHER]:,} hosts are not those of ada")
    good = len(hosts) - hosts.count(None)
    said = "".join(f"; {count:,} {reason}" for reason, count in sorted(others.items()))
    note = f"{native.version}, the same hosts as ours{' but for' * bool(said)}{said[1:]}"
    return Contender(
        BARE,
        _ADA,
        lambda _: native.parse(spans),
        lambda answer: answer[0] == good,
        queries=len(spans),
        note=note,
    )


def _hits(sample: UrlSample, mixed: bool) -> Callable[[Matches], bool]:
    """Check that what was put among the URLs hits, by the right rule, and nothing else."""
    expected = sample.rules(mixed)
    places = np.flatnonzero(expected)
    names = [NAMES[code] for code in expected[places].tolist()]

    def check(matches: Matches) -> bool:
        return np.array_equal(matches.mask, expected != _NONE) and names == [
            match.rule for match in matches
        ]

    return check


def _takes(peer: url_peers.UrlPeer, url: str) -> bool:
    try:
        peer.convert([url])
    except Exception:  # whatever another package may raise
        return False
    return True


def _of_peer(peer: url_peers.UrlPeer, sample: UrlSample) -> list[Contender]:
    """Make a peer's contender, and another one for the baseline of single calls.

    It is given only what it takes, so that its loop is as short as Python has it.
    """
    asked = {
        place: url for place, url in sample.part(peer.most_queries).items() if _takes(peer, url)
    }
    urls = list(asked.values())
    listed = [
        (number, sample.listed_host(place))
        for number, place in enumerate(asked)
        if place in sample.listed
    ]

    def check(answer: list[Any]) -> bool:
        return (
            len(listed) == len(sample.listed)
            and len(answer) == len(urls)
            and all(host in str(answer[number]) for number, host in listed)
        )

    def contender(part: str, baseline: str, target: float | None = None) -> Contender:
        return Contender(
            part,
            peer.name,
            peer.convert,
            check,
            lambda: urls,
            len(urls),
            baseline,
            target=target,
        )

    if isinstance(peer, url_peers.BASELINE):
        return [contender(LISTS, ""), contender(SINGLE, "")]
    if isinstance(peer, url_peers.GgLsbl):
        return [contender(LISTS, _MIXED_MATCH, _GGLSBL_TARGET)]
    return [contender(LISTS, url_peers.BASELINE.name)]
