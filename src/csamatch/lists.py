"""The lists that are matched against."""

from __future__ import annotations

import os
import warnings
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt

from csamatch import _core, digests, listfile
from csamatch.addresses import _only_plain, address_key, as_batch, listed_address
from csamatch.assemble import Columns, assemble
from csamatch.entries import Entry
from csamatch.errors import ListFileError, StaleListError, StaleListWarning, UrlError
from csamatch.info import ListInfo, envelope
from csamatch.matches import Hits, Match, Matches
from csamatch.rules import (
    ADDRESS_RULES,
    ALGORITHM_OF_WIDTH,
    ALGORITHMS,
    CODES,
    INVALID,
    NAMES,
    WIDTHS,
)

__all__ = ["HashList", "UrlList", "open_list", "verify"]

Ints = npt.NDArray[np.int64]
T = TypeVar("T")

_NOTHING: Ints = np.empty(0, np.int64)

# Below this many queries a thread costs more than it saves.
_THREAD_SHARE = 1 << 15
_MOST_THREADS = 64


class _KeyTable:
    """The keys of one rule, and the way from a key's position to its entries."""

    def __init__(self, file: listfile.ListFile, subject: int, base: int, kernel: str | None):
        self.keys = file.keys(subject, kernel)
        self.base = base
        self.key_entries = file.key_entries(subject)
        self.more_entries = file.more_entries(subject)

    def entry(self, position: int) -> int:
        """Return the entry of one key."""
        if self.key_entries is None:
            return self.base + position
        return int(self.key_entries[position])

    def entries(self, position: int) -> list[int]:
        """Return all entries of one key, the chief one first."""
        found = [self.entry(position)]
        if self.more_entries is not None:
            keys = self.more_entries[:, 0]
            start, end = bisect_left(keys, position), bisect_right(keys, position)
            found += self.more_entries[start:end, 1].tolist()
        return found

    def entry_numbers(self, positions: Ints) -> Ints:
        """Return the entries of many keys."""
        if self.key_entries is None:
            return positions + self.base
        return self.key_entries[positions].astype(np.int64)


class _List:
    """What both kinds of list share."""

    _kind = ""

    _file: listfile.ListFile
    _tables: dict[str, _KeyTable]

    def _adopt(self, file: listfile.ListFile, kernel: str | None) -> Self:
        if kernel is not None and kernel not in _core.kernels():
            raise ValueError(f"no such kernel here; there are {', '.join(_core.kernels())}")
        if file.kind != self._kind:
            raise ListFileError(f"a list of {file.kind}, not of {self._kind}")
        self._file = file
        self._tables = {}
        base = 0
        for rule, count in file.counts.items():
            self._tables[rule] = _KeyTable(file, CODES[rule], base, kernel)
            base += count
        self._entries = file.entries()
        self._count = base
        return self

    @classmethod
    def _from_columns(cls, columns: Columns, info: Any) -> listfile.ListFile:
        sections = assemble(columns, envelope(info)).sections
        return listfile.ListFile(listfile.image(cls._kind, sections), verify=False)

    @classmethod
    def _of_columns(cls, columns: Columns) -> Self:
        """Make a list of gathered columns, nameless."""
        return cls.__new__(cls)._adopt(cls._from_columns(columns, None), None)

    def _holds(self, rule: str, key: bytes) -> bool:
        """Whether this very key is listed by this very rule."""
        table = self._tables.get(rule)
        return table is not None and table.keys.find(key) >= 0

    @property
    def info(self) -> ListInfo:
        """What the list says of itself."""
        return self._file.info

    @property
    def kernel(self) -> str:
        """The kernel in use; that of an empty list is the default."""
        return next((t.keys.kernel for t in self._tables.values()), _core.kernels()[0])

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        counts = ", ".join(f"{count:,} {rule}" for rule, count in self.info.counts.items())
        return f"<{type(self).__name__} {self.info.name!r}: {counts or 'empty'}>"

    def _hit(self, query: int, rule: str, position: int) -> Match:
        entries = tuple(self._entry(n) for n in self._tables[rule].entries(position))
        return Match(query, entries[0], rule, self.info, entries)

    def _entry_numbers(self, hits: Hits) -> Ints:
        """Return the chief entry of each hit."""
        if isinstance(hits.rule, int):
            if not len(hits.position):
                return hits.position
            return self._tables[NAMES[hits.rule]].entry_numbers(hits.position)
        numbers = np.empty(len(hits.position), np.int64)
        for name, table in self._tables.items():
            chosen = hits.rule == CODES[name]
            numbers[chosen] = table.entry_numbers(hits.position[chosen])
        return numbers

    def _entry(self, number: int) -> Entry:
        return self._entries[number]


class HashList(_List, _core.DigestSets):
    """A list of digests: MD5, SHA-1 and SHA-256, a key set for each.

    Immutable, and safe to share between threads.

    Parameters
    ----------
    digests : bytes-like, array, or iterable
        As for `match`. Duplicates are dropped.
    algorithm : str, optional
        ``"md5"``, ``"sha1"`` or ``"sha256"``; needed for packed bytes.
    info : ListInfo or mapping, optional
        What the list says of itself.
    kernel : str, optional
        One of `csamatch.kernels`; by default the best.

    Raises
    ------
    DigestError
        For the first item that is no digest, with its index.
    """

    _kind = "hashes"

    def __init__(
        self,
        digests: Any = (),
        algorithm: str | None = None,
        *,
        info: ListInfo | Mapping[str, Any] | None = None,
        kernel: str | None = None,
    ) -> None:
        columns = Columns()
        for algorithm_found, key in _iterate_digests(digests, algorithm):
            columns.add([(algorithm_found, key)])
        self._adopt(self._from_columns(columns, info), kernel)

    @classmethod
    def from_digests(
        cls,
        digests: Any,
        algorithm: str | None = None,
        *,
        info: ListInfo | Mapping[str, Any] | None = None,
        kernel: str | None = None,
    ) -> Self:
        """Make a list in memory; the same as calling the class.

        Examples
        --------
        >>> hashes = HashList.from_digests(["9e107d9d372bb6826bd81d3542a419d6"])
        >>> bytes.fromhex("9E107D9D372BB6826BD81D3542A419D6") in hashes
        True
        """
        return cls(digests, algorithm, info=info, kernel=kernel)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that the list holds digests of; others can't hit."""
        return tuple(self._tables)

    def _adopt(self, file: listfile.ListFile, kernel: str | None) -> Self:
        super()._adopt(file, kernel)
        self._set_keys(*(t.keys if (t := self._tables.get(r)) else None for r in ALGORITHMS))
        return self

    def find(self, item: bytes | str) -> Match | None:
        """Look one digest up.

        Parameters
        ----------
        item : bytes or str
            Raw bytes, or hex digits in either case.

        Returns
        -------
        Match or None
            The hit, if there is one.

        Raises
        ------
        DigestError
            When it is no digest; that is never a mere miss.
        TypeError
            When it is neither bytes nor str.
        """
        position = self._position(item)
        if position < 0:
            return None
        width = len(item) if isinstance(item, bytes) else len(item) // 2
        return self._hit(0, ALGORITHM_OF_WIDTH[width], position)

    def match(self, items: Any, *, algorithm: str | None = None, threads: int = 1) -> Matches:
        """Look many digests up at once, without holding the GIL.

        Parameters
        ----------
        items : bytes-like, array, or iterable
            Packed bytes (with `algorithm`); an (n, width) uint8 array, width 16, 20 or 32; an
            (n,) array of dtype S or U with hex digits; or an iterable of ``bytes`` (raw) and
            ``str`` (hex), algorithms mixed as you like.
        algorithm : str, optional
            Needed for packed bytes; elsewhere it must agree with the widths found.
        threads : int
            How many threads may share a large batch.

        Returns
        -------
        Matches
            One answer per digest.

        Raises
        ------
        DigestError
            For the first item that is no digest, with its index.
        TypeError
            For items of another type.

        Examples
        --------
        >>> hashes = HashList.from_digests(["9e107d9d372bb6826bd81d3542a419d6"])
        >>> hashes.match(["00000000000000000000000000000001"] * 2).mask
        array([False, False])
        """
        if threads < 1:
            raise ValueError("threads: must be at least 1")
        count, groups = digests.pack(items, algorithm)
        if len(groups) == 1:
            return Matches(self, count, self._match_rows(groups[0], threads))
        found = [self._match_rows(rows, threads) for rows in groups]
        query = np.concatenate([hits.query for hits in found] or [_NOTHING])
        position = np.concatenate([hits.position for hits in found] or [_NOTHING])
        codes = [np.full(len(hits.query), hits.rule, np.uint8) for hits in found]
        rule = np.concatenate(codes or [_NOTHING.astype(np.uint8)])
        order = np.argsort(query)
        return Matches(self, count, Hits(query[order], position[order], rule[order]))

    def _match_rows(self, rows: digests.Rows, threads: int) -> Hits:
        table = self._tables.get(rows.algorithm)
        code = CODES[rows.algorithm]
        if table is None:
            return Hits(_NOTHING, _NOTHING, code)
        width = WIDTHS[rows.algorithm]

        def run(start: int, size: int) -> tuple[Ints, Ints]:
            hits = np.empty((size, 2), np.int64)
            found = table.keys.match(rows.data, start * width, size, hits)
            # Copies: the room for all queries need not live on.
            return hits[:found, 0] + start, hits[:found, 1].copy()

        parts = _share(run, rows.size, threads)
        query = np.concatenate([part[0] for part in parts])
        position = np.concatenate([part[1] for part in parts])
        return Hits(query if rows.places is None else rows.places[query], position, code)


def _share(run: Callable[[int, int], T], size: int, threads: int) -> list[T]:
    """Call run(start, size) on the parts of a batch, in threads where that pays."""
    share = max(_THREAD_SHARE, -(-size // min(threads, _MOST_THREADS)))
    parts = [(start, min(share, size - start)) for start in range(0, size, share)] or [(0, 0)]
    if len(parts) == 1:
        return [run(*parts[0])]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(run, *zip(*parts, strict=True)))


def _iterate_digests(items: Any, algorithm: str | None) -> Iterable[tuple[str, bytes]]:
    _, groups = digests.pack(items, algorithm)
    for rows in groups:
        width = WIDTHS[rows.algorithm]
        data = bytes(rows.data)
        for start in range(0, len(data), width):
            yield rows.algorithm, data[start : start + width]


class UrlList(_List):
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
            columns.add([(address.rule, address_key(address))])
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

    def __contains__(self, item: object) -> bool:
        return self._find(item)[0] >= 0

    def _find(self, item: Any) -> tuple[int, int]:
        """Return position and rule of one URL; UrlError when it has no canonical form."""
        matches = self._match((item,))
        if matches.invalid[0]:
            _core.url_normalize(item)  # raises, with the reason
        hits = matches._hits
        return (int(hits.position[0]), int(hits.rule[0])) if matches.count else (-1, 0)  # type: ignore[index]

    def find(self, item: str | bytes) -> Match | None:
        """Look one URL up.

        Parameters
        ----------
        item : str or bytes
            Any spelling of a URL or host.

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
        position, rule = self._find(item)
        return None if position < 0 else self._hit(0, NAMES[rule], position)

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
        refang, legacy_idna : bool
            Not supported in this version.

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
        _only_plain(refang, legacy_idna)
        if threads < 1:
            raise ValueError("threads: must be at least 1")
        return self._match(as_batch(items, "URLs"), threads)

    def _match(self, urls: tuple[Any, ...], threads: int = 1) -> Matches:
        count = len(urls)
        position = np.empty(count, np.int64)
        rule = np.empty(count, np.uint8)
        domain, host, url, prefix = [
            t.keys if (t := self._tables.get(r)) else None for r in ADDRESS_RULES
        ]

        def run(start: int, size: int) -> None:
            end = start + size
            part = urls if size == count else urls[start:end]
            _core.urls_match(domain, host, url, prefix, part, position[start:end], rule[start:end])

        _share(run, count, threads)
        query = np.flatnonzero(position >= 0)
        hits = Hits(query, position[query], rule[query], rule == INVALID)
        return Matches(self, count, hits)


def open_list(
    path: str | os.PathLike[str],
    *,
    key: None = None,
    verify: bool = True,
    mmap: bool = False,
    stale: str = "warn",
    kernel: str | None = None,
) -> HashList | UrlList:
    """Open a list file.

    Parameters
    ----------
    path : path
        A file made by `csamatch.build`.
    key : None
        Keyed lists are not supported in this version.
    verify : bool
        Compare the whole content with its checksum; the bounds are checked in any case.
    mmap : bool
        Map the file instead of reading it, so that processes share one copy. Replace such a
        file only by renaming another over it, as `csamatch.build` does: cutting a mapped file
        short kills the processes that have it mapped.
    stale : {"warn", "error", "serve"}
        What to do when the list is older than its publisher allows.
    kernel : str, optional
        One of `csamatch.kernels`; by default the best.

    Returns
    -------
    HashList or UrlList
        Whichever the file holds.

    Raises
    ------
    ListFileError
        When it is no sound list file.
    StaleListError
        When it is stale and ``stale="error"``.
    OSError
        When it cannot be read.
    """
    if key is not None:
        raise NotImplementedError("keyed lists are not supported in this version")
    if stale not in ("warn", "error", "serve"):
        raise ValueError("stale: none of warn, error, serve")
    file = listfile.read(path, verify=verify, mmap=mmap)
    info = file.info
    if info.stale and stale != "serve":
        text = f"list {info.name!r} is stale: issued {info.issued}, allowed {info.max_age}"
        if stale == "error":
            raise StaleListError(text)
        warnings.warn(text, StaleListWarning, stacklevel=2)
    kinds: dict[str, type[HashList | UrlList]] = {"hashes": HashList, "addresses": UrlList}
    cls = kinds[file.kind]
    return cls.__new__(cls)._adopt(file, kernel)


def verify(path: str | os.PathLike[str]) -> ListInfo:
    """Check a list file from end to end: bounds, checksum, order, references.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    ListInfo
        What the list says of itself.

    Raises
    ------
    ListFileError
        Naming what is wrong.
    OSError
        When it cannot be read.
    """
    file = listfile.read(path, verify=True, mmap=False)
    reason = ""
    try:
        file.check()
    except ListFileError as error:
        reason = str(error)
    if reason:
        raise ListFileError(f"{os.fspath(path)}: {reason}")
    return file.info
