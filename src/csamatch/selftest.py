"""The proof that an opened list matches, without any real entry being shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from csamatch import _core, listfile
from csamatch.canaries import canary
from csamatch.errors import ListFileError, SelfTestError
from csamatch.hashlist import HashList
from csamatch.rules import CODES, NAMES
from csamatch.urllist import UrlList

__all__ = ["SelfTest"]

_CHUNK: Final = 1 << 18
_SINGLE: Final = 1000


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a self-test looked up; it raises where anything was not found.

    Attributes
    ----------
    keys : int
        Keys of the list, each looked up with every kernel.
    canaries : int
        Canaries, each looked up in every way that there is.
    kernels : tuple of str
        The kernels tried.
    """

    keys: int
    canaries: int
    kernels: tuple[str, ...]


def self_test(lst: HashList | UrlList) -> SelfTest:
    """Try a list; `lists.BaseList.self_test` says how."""
    file = lst._file
    reason = ""
    try:
        if file.key is not None:
            file.key.compare(file.key_check())
        for subject in file.subjects():
            file.check_index(subject)
    except ListFileError as error:
        reason = str(error)
    if reason:
        raise SelfTestError(reason)
    kernels = _core.kernels()
    for subject in file.subjects():
        for kernel in kernels:
            _try_keys(file, subject, file.keys(subject, kernel, as_stored=True))
        if file.key is None:  # else canaries try the list's own
            _try_keys(file, subject, lst._tables[NAMES[subject]].keys)
    if isinstance(lst, UrlList):
        _try_page_hosts(lst)
    count = _try_canaries(lst)
    for kernel in kernels:
        cls: type[HashList | UrlList] = HashList if isinstance(lst, HashList) else UrlList
        _try_canaries(cls.__new__(cls)._adopt(file, kernel))
    _check_content(file)
    return SelfTest(sum(file.counts.values()), count, kernels)


def _check_content(file: listfile.ListFile) -> None:
    """Compare the content, as it lies in memory, with its checksum.

    This alone shows what no key tells of, such as damage to the hosts noted beside pages.
    """
    reason = ""
    try:
        listfile.ListFile(file.data)
    except ListFileError as error:
        reason = str(error)
    if reason:
        raise SelfTestError(reason)


def _try_keys(file: listfile.ListFile, subject: int, keys: _core.KeySet) -> None:
    """Look up all keys of a rule at once, and some, with their neighbours, one by one."""
    data = file._bytes(listfile.KEYS, subject)
    width, count = keys.width, len(keys)
    hits = np.empty((min(count, _CHUNK), 2), np.int64)
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        found = keys.match(data, start * width, size, hits)
        expected = np.arange(size)
        if found != size or not (
            np.array_equal(hits[:found, 0], expected)
            and np.array_equal(hits[:found, 1], expected + start)
        ):
            raise SelfTestError(f"{NAMES[subject]}: keys are not found by kernel {keys.kernel}")
    for position in range(0, count, max(1, count // _SINGLE)):
        key = bytes(data[position * width : (position + 1) * width])
        if keys.find(key) != position:
            raise SelfTestError(f"{NAMES[subject]}: a key is not found")
        other = key[:-1] + bytes([key[-1] ^ 1])
        at = keys.find(other)
        if at >= 0 and bytes(data[at * width : (at + 1) * width]) != other:
            raise SelfTestError(f"{NAMES[subject]}: something is found that is not listed")


def _try_page_hosts(lst: UrlList) -> None:
    """Look up the hosts of all pages, without which no page is looked up."""
    hosts = lst._page_hosts
    if hosts is None:
        return
    hits = np.empty((_CHUNK, 2), np.int64)
    for rule in ("url", "prefix"):
        noted = lst._file.key_hints(CODES[rule]) if rule in lst._tables else None
        if noted is None:
            continue
        for start in range(0, len(noted), _CHUNK):
            rows = np.ascontiguousarray(noted[start : start + _CHUNK])
            if hosts.match(rows, 0, len(rows), hits) != len(rows):
                raise SelfTestError(f"{rule}: the host of a page is not found")


def _try_canaries(lst: HashList | UrlList) -> int:
    """Look all canaries up through `in`, `find` and `match`; returns how many there are."""
    total = 0
    seed = lst._file.canary_seed()
    for rule, positions in lst._canaries.items():
        values: list[Any] = [canary(seed, rule, i) for i in range(len(positions))]
        table = lst._tables[rule]
        expected = [table.entry(position) for position in positions]
        forms = [values]
        if CODES[rule] <= CODES["sha256"]:
            forms.append([value.hex() for value in values])
        for form in forms:
            if lst.match(form).entry.tolist() != expected:
                raise SelfTestError(f"{rule}: match misses a canary")
        for value, number in zip(values, expected, strict=True):
            found = lst.find(value)
            if value not in lst or found is None:
                raise SelfTestError(f"{rule}: a canary is not found")
            if found.rule != rule or found.entry.number != number or not found.entry.canary:
                raise SelfTestError(f"{rule}: a canary is taken for something else")
        total += len(values)
    return total
