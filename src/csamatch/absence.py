"""Searching a file that was written for keys that must no longer be in it."""

from __future__ import annotations

import mmap
import os
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.errors import UpdateError
from csamatch.listfile import ListFile
from csamatch.rules import CODES, WIDTHS

SAMPLE: Final = 512
"""So many keys of a rule are searched for at every byte at a time."""

_CHUNK: Final = 1 << 20


def sample(keys: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return some of many sorted keys, spread over all of them."""
    if len(keys) <= SAMPLE:
        return keys
    return keys[np.linspace(0, len(keys) - 1, SAMPLE).astype(np.intp)]


def _look_up(file: int, removed: Mapping[str, npt.NDArray[np.uint8]]) -> int:
    """Look all keys up with the engine, as whoever opens the list would; return the hits."""
    data = mmap.mmap(file, 0, access=mmap.ACCESS_READ)
    lst = ListFile(data, verify=False)
    hits = 0
    for rule, keys in removed.items():
        if rule in lst.counts and len(keys):
            found = np.empty((len(keys), 2), np.uint64)
            hits += lst.keys(CODES[rule]).match(np.ascontiguousarray(keys), 0, len(keys), found)
    return hits


def _seek(file: int, rule: str, keys: npt.NDArray[np.uint8]) -> bool:
    """Whether any of these keys is at any byte of a file."""
    width, at, size = WIDTHS[rule], 0, os.fstat(file).st_size
    packed = np.ascontiguousarray(keys)
    while at < size:
        chunk = os.pread(file, _CHUNK + width - 1, at)
        if _core.rows_seek(packed, len(packed), width, chunk) >= 0:
            return True
        at += _CHUNK
    return False


def search(file: int, removed: Mapping[str, Any], *, everywhere: bool) -> int:
    """Search a list file for keys that were removed.

    All of them are looked up; a sample, or all, is searched for at every byte of the file.

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
    if _look_up(file, removed):
        raise UpdateError("a removed key is still listed in the new file")
    sought = 0
    for rule, keys in removed.items():
        chosen = keys if everywhere else sample(keys)
        for start in range(0, len(chosen), SAMPLE):
            if _seek(file, rule, chosen[start : start + SAMPLE]):
                raise UpdateError("a removed key is still somewhere in the new file")
        sought += len(chosen)
    return sought
