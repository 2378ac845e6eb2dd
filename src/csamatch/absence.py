"""Searching a file that was written for keys that must no longer be in it."""

from __future__ import annotations

import mmap
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.errors import UpdateError
from csamatch.listfile import ListFile
from csamatch.rules import CODES

SAMPLE: Final = 512
"""So many keys of a rule are searched for at every byte at a time."""


def sample(keys: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return some of many sorted keys, spread over all of them."""
    if len(keys) <= SAMPLE:
        return keys
    return keys[np.linspace(0, len(keys) - 1, SAMPLE).astype(np.intp)]


def _hits(lst: ListFile, rule: str, keys: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Look keys up with the engine, as whoever opens the list would; return which hit."""
    if rule not in lst.counts or not len(keys):
        return np.empty(0, np.uint64)
    found = np.empty((len(keys), 2), np.uint64)
    packed = np.ascontiguousarray(keys)
    return found[: lst.keys(CODES[rule]).match(packed, 0, len(keys), found), 0]


def _listed_otherwise(
    lst: ListFile, rule: str, keys: npt.NDArray[np.uint8]
) -> npt.NDArray[np.bool_]:
    """Which keys another rule still lists: a domain and a host have the same key."""
    found = np.zeros(len(keys), np.bool_)
    for other in lst.counts:
        if other != rule and lst.kind == "addresses":
            found[_hits(lst, other, keys).astype(np.int64)] = True
    return found


def _seek(lst: ListFile, keys: npt.NDArray[np.uint8]) -> bool:
    """Whether any of these keys is at any byte of a file, but for the key hints."""
    packed, data = np.ascontiguousarray(keys), memoryview(lst.data)
    return any(
        _core.rows_seek(packed, len(packed), packed.shape[1], data[start:end]) >= 0
        for start, end in lst.spans()
    )


def search(file: int, removed: Mapping[str, Any], *, everywhere: bool) -> int:
    """Search a list file for keys that were removed.

    All of them are looked up; a sample, or all, is searched for at every byte of the file, but
    for the key hints, which show the hosts of urls that stay, and for keys that another rule lists.

    Parameters
    ----------
    file : int
        The file, open for reading.
    removed : mapping of str to (n, width) uint8 array
        The keys by rule, sorted.
    everywhere : bool
        Search for all of them at every byte. That takes a while for each 512.

    Returns
    -------
    int
        How many were searched for at every byte.

    Raises
    ------
    UpdateError
        When one of them is there.
    """
    if not any(map(len, removed.values())):
        return 0
    lst = ListFile(mmap.mmap(file, 0, access=mmap.ACCESS_READ), verify=False)
    sought = 0
    for rule, keys in removed.items():
        if len(_hits(lst, rule, keys)):
            raise UpdateError("a removed key is still listed in the new file")
        chosen = keys[~_listed_otherwise(lst, rule, keys)]
        chosen = chosen if everywhere else sample(chosen)
        for start in range(0, len(chosen), SAMPLE):
            if _seek(lst, chosen[start : start + SAMPLE]):
                raise UpdateError("a removed key is still somewhere in the new file")
        sought += len(chosen)
    return sought
