"""Lists of domains, hosts, pages and prefixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np

from csamatch import _core, listfile
from csamatch.addresses import address_hint, address_key, as_batch, listed_address, readings_of
from csamatch.assemble import Columns
from csamatch.errors import UrlError
from csamatch.info import ListInfo
from csamatch.links import links_in
from csamatch.lists import BaseList, share
from csamatch.matches import Hits, Match, Matches
from csamatch.rules import ADDRESS_RULES, CODES, INVALID, NAMES
from csamatch.textmatches import TextHits, TextMatches

__all__ = ["UrlList"]


class UrlList(BaseList, _core.AddressSets):
    """A list of domains, hosts, pages and page prefixes.

    Immutable, and safe to share between threads. A ``domain`` covers the host and its
    subdomains, a ``host`` that host only, a ``url`` that host, path and query exactly, a
    ``prefix`` that host and the paths below it.

    Parameters
    ----------
    entries : iterable
        Of str or bytes: a bare host is a domain, anything more is a url. Or of (value, rule)
        pairs.
    info : ListInfo or mapping, optional
        What the list says of itself.
    kernel : str, optional
        One of `csamatch.kernels`; by default the best.

    Raises
    ------
    UrlError
        For the first entry that has no canonical form or does not fit its rule.
    """

    _kind = "addresses"

    def __init__(
        self,
        entries: Iterable[str | bytes | tuple[str | bytes, str]] = (),
        *,
        info: ListInfo | Mapping[str, Any] | None = None,
        kernel: str | None = None,
    ) -> None:
        if isinstance(entries, (str, bytes)):
            raise TypeError(f"expected many entries, not a single {type(entries).__name__}")
        columns = Columns()
        for index, item in enumerate(entries):
            if isinstance(item, tuple) and len(item) != 2:
                raise TypeError(f"entry {index}: expected a value or a (value, rule) pair")
            value, rule = item if isinstance(item, tuple) else (item, None)
            reason = ""
            try:
                address = listed_address(value, rule)
            except UrlError as error:
                reason = error.reason
            if reason:
                raise UrlError(reason, index)
            key = address_key(address)
            columns.add([(address.rule, key)])
            columns.hint(address.rule, key, address_hint(address))
        self._adopt(self._from_columns(columns, info), kernel)

    @classmethod
    def from_entries(
        cls,
        entries: Iterable[str | bytes | tuple[str | bytes, str]],
        *,
        info: ListInfo | Mapping[str, Any] | None = None,
        kernel: str | None = None,
    ) -> Self:
        """Make a list in memory; the same as calling the class.

        Examples
        --------
        >>> urls = UrlList.from_entries(["bad.example", "https://host.example/page?x=1"])
        >>> "http://user@www.BAD.example:8080/any" in urls, "host.example/other" in urls
        (True, False)
        """
        return cls(entries, info=info, kernel=kernel)

    def _adopt(self, file: listfile.ListFile, kernel: str | None) -> Self:
        super()._adopt(file, kernel)
        domain, host, url, prefix = (
            t.keys if (t := self._tables.get(r)) else None for r in ADDRESS_RULES
        )
        self._page_hosts, fewest = self._known(kernel)
        known = self._page_hosts, fewest
        self._set_keys(domain, host, url, prefix, *known, hash_key=self._address_secret())
        return self

    def _known(self, kernel: str | None) -> tuple[_core.KeySet | None, int]:
        """Return the hosts of all pages and prefixes, and the fewest labels of a domain.

        None and 0 where the file doesn't tell.
        """
        hints = {rule: self._file.key_hints(CODES[rule]) for rule in self._tables}
        labels = hints.get("domain")
        fewest = 0 if labels is None or not len(labels) else int(labels.min())
        pages = [hints[rule] for rule in ("url", "prefix") if rule in hints]
        known = [hosts for hosts in pages if hosts is not None]
        if not known or len(known) < len(pages):
            return None, fewest
        rows = np.concatenate(known)
        width = rows.shape[1]
        _core.rows_sort(rows, len(rows), width)
        count = _core.rows_unique(rows, len(rows), width)
        directory = np.frombuffer(_core.directory_build(rows, count, width), np.uint8)
        at = -(-count * width // 64) * 64
        data = np.zeros(at + len(directory), np.uint8)
        data[: count * width] = rows.ravel()[: count * width]
        data[at:] = directory
        place = at, len(directory) // 64 - 1
        return _core.KeySet(data, 0, count, width, kernel, place), fewest

    def _find(self, item: Any, readings: int = 0) -> tuple[int, int, str]:
        """Return position, rule and listed form of one URL.

        UrlError when it has no canonical form.
        """
        found = self._find_url(item, readings)
        if found[1] == INVALID:
            _core.url_normalize(item, readings)  # raises, with the reason
        return found

    def find(
        self, item: str | bytes, *, refang: bool = False, legacy_idna: bool = False
    ) -> Match | None:
        """Look one URL up.

        Parameters
        ----------
        item : str or bytes
            Any spelling of a URL or host.
        refang, legacy_idna : bool
            As for `match`. ``in`` has neither.

        Returns
        -------
        Match or None
            The most specific hit, if there is one.

        Raises
        ------
        UrlError
            When it has no canonical form.
        TypeError
            When it is neither str nor bytes.
        """
        position, rule, form = self._find(item, readings_of(refang, legacy_idna))
        return None if position < 0 else self._hit(0, NAMES[rule], position, form)

    def match(
        self,
        items: Iterable[str | bytes],
        *,
        threads: int = 1,
        refang: bool = False,
        legacy_idna: bool = False,
    ) -> Matches:
        """Look many URLs up at once, without holding the GIL.

        Parameters
        ----------
        items : iterable of str or bytes
            Any spellings of URLs or hosts.
        threads : int
            How many threads may share a large batch.
        refang : bool
            Undo defanging first, as `csamatch.normalize_url` does; what was undone is looked up as
            it stands too.
        legacy_idna : bool
            Where a host as it is hits nothing, look it up as IDNA2003 read it too: ``ß`` as
            ``ss``, a final sigma as any other, without joiners. That may be somebody else's name.

        Returns
        -------
        Matches
            One answer per URL; one that has no canonical form is flagged in ``invalid``.

        Raises
        ------
        TypeError
            For items that are neither str nor bytes.

        Examples
        --------
        >>> urls = UrlList.from_entries(["bad.example"])
        >>> matches = urls.match(["bad.example/x", "good.example", "mailto:"])
        >>> matches.mask, matches.invalid
        (array([ True, False, False]), array([False, False,  True]))
        """
        readings = readings_of(refang, legacy_idna)
        if threads < 1:
            raise ValueError("threads: must be at least 1")
        return self._match(as_batch(items, "URLs"), threads, readings)

    def match_text(
        self,
        texts: Iterable[str | bytes],
        *,
        threads: int = 1,
        refang: bool = False,
        legacy_idna: bool = False,
    ) -> TextMatches:
        """Look up the links in many texts at once.

        Parameters
        ----------
        texts : iterable of str or bytes
            Messages, posts or other prose; links are found as `csamatch.find_urls` does.
        threads : int
            How many threads may share a large batch.
        refang : bool
            Find defanged links too (``hxxp://bad[.]example``), and look them up both ways.
        legacy_idna : bool
            As for `match`.

        Returns
        -------
        TextMatches
            Which texts hold listed links, and where.

        Raises
        ------
        TypeError
            For texts that are neither str nor bytes.

        Examples
        --------
        >>> urls = UrlList.from_entries(["bad.example"])
        >>> matches = urls.match_text(["Nothing here.", "Look: www.bad.example/x!"])
        >>> matches.mask, [(hit.text, hit.start, hit.end, hit.match.rule) for hit in matches]
        (array([False,  True]), [(1, 6, 23, 'domain')])
        """
        readings = readings_of(refang, legacy_idna)
        if threads < 1:
            raise ValueError("threads: must be at least 1")
        batch = as_batch(texts, "texts")

        def run(start: int, size: int) -> TextHits:
            part = batch if size == len(batch) else batch[start : start + size]
            links = links_in(part, readings, readable=False)
            position = np.empty(len(links), np.int64)
            rule = np.empty(len(links), np.uint8)
            links.match(self, position, rule)
            hits = np.flatnonzero(position >= 0)
            places = np.array(links.places(hits.tolist()), np.int64).reshape(-1, 3)
            places[:, 0] += start
            return TextHits(places, position[hits], rule[hits], len(links))

        parts = share(lambda: run, len(batch), threads)
        return TextMatches(self, batch, parts, lambda url: self._find(url, readings)[2])

    def _match(self, urls: tuple[Any, ...], threads: int = 1, readings: int = 0) -> Matches:
        count = len(urls)
        position = np.empty(count, np.int64)
        rule = np.empty(count, np.uint8)

        def run(start: int, size: int) -> None:
            end = start + size
            part = urls if size == count else urls[start:end]
            self._match_urls(part, readings, position[start:end], rule[start:end])

        share(lambda: run, count, threads)
        query = np.flatnonzero(position >= 0)
        hits = Hits(query, position[query], rule[query], rule == INVALID)
        return Matches(
            self,
            count,
            hits,
            lambda query: self._find(urls[query], readings)[2],
        )
