"""Searching a list file that is written for keys that must no longer be in it."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.errors import UpdateError
from csamatch.listfile import ListFile
from csamatch.rules import CODES

SAMPLE: Final = 512
"""So many keys of a rule are searched for at every byte at a time."""

_OVERLAP: Final = 31  # bytes of a key that may lie before or behind a cut

_FEW: Final = 4
"""So few different bytes no digest or hash has, but one that somebody made up."""

Keys = npt.NDArray[np.uint8]


def sample(keys: Keys) -> Keys:
    """Return some of many sorted keys, spread over all of them."""
    if len(keys) <= SAMPLE:
        return keys
    return keys[np.linspace(0, len(keys) - 1, SAMPLE).astype(np.intp)]


def look_up(lst: ListFile, rule: str, keys: Keys) -> npt.NDArray[np.uint64]:
    """Look stored keys up with the engine; return which hit, each with its position in the list."""
    if rule not in lst.counts or not len(keys):
        return np.empty((0, 2), np.uint64)
    found = np.empty((len(keys), 2), np.uint64)
    packed = np.ascontiguousarray(keys)
    return found[: lst.keys(CODES[rule], as_stored=True).match(packed, 0, len(keys), found)]


def _listed_otherwise(lst: ListFile, rule: str, keys: Keys) -> npt.NDArray[np.bool_]:
    """Which keys another rule still lists: a domain and a host have the same key."""
    found = np.zeros(len(keys), np.bool_)
    for other in lst.counts:
        if other != rule and lst.kind == "addresses":
            found[look_up(lst, other, keys)[:, 0].astype(np.int64)] = True
    return found


def _telling(keys: Keys) -> Keys:
    """Leave out keys of few different bytes, such as zeros: any file may hold those."""
    ascending = np.sort(keys, axis=1)
    different = 1 + np.count_nonzero(ascending[:, 1:] != ascending[:, :-1], axis=1)
    telling: Keys = keys[different > _FEW]
    return telling


def _groups(keys: Keys, everywhere: bool) -> list[Keys]:
    """Return the keys to search for at every byte, as many together as is good."""
    chosen = _telling(keys if everywhere else sample(keys))
    return [
        np.ascontiguousarray(chosen[start : start + SAMPLE])
        for start in range(0, len(chosen), SAMPLE)
    ]


def _seek(groups: Iterable[Keys], data: Any) -> None:
    """Refuse bytes in which any of these keys is."""
    for keys in groups:
        if _core.rows_seek(keys, len(keys), keys.shape[1], data) >= 0:
            raise UpdateError("a removed key is still somewhere in the new file")


class Search:
    """Searches a list file for keys that were removed.

    All of them are looked up; a sample, or all, is searched for at every byte of the file, but
    for the key hints, which show the hosts of urls that stay, and for keys that another rule lists
    or that are made of few different bytes, as placeholders are.

    Parameters
    ----------
    kind : str
        Of the list: ``"hashes"`` or ``"addresses"``.
    removed : mapping of str to (n, width) uint8 array
        The keys by rule, sorted.
    everywhere : bool
        Search for all of them at every byte. That takes a while for each 512.
    """

    def __init__(self, kind: str, removed: Mapping[str, Keys], *, everywhere: bool) -> None:
        self._removed = {rule: keys for rule, keys in removed.items() if len(keys)}
        self._everywhere = everywhere
        self._watched = False
        self._tail = b""
        # Only of digests is it known beforehand which of them must be nowhere.
        chosen = self._removed.values() if kind == "hashes" else ()
        self._groups = [group for keys in chosen for group in _groups(keys, everywhere)]

    def watch(self, piece: Any) -> None:
        """Search the next piece of what a file is to hold behind its header; from the first on.

        Raises
        ------
        UpdateError
            When a removed key is there.
        """
        self._watched = bool(self._groups)
        if self._watched:  # a key may lie across pieces, however short they are
            _seek(self._groups, self._tail + bytes(piece[:_OVERLAP]))
            _seek(self._groups, piece)
            self._tail = (self._tail + bytes(piece[-_OVERLAP:]))[-_OVERLAP:]

    def finish(self, file: int) -> int:
        """Look up all keys in the file as it was written, and search what was not watched.

        Parameters
        ----------
        file : int
            The file, open for reading.

        Returns
        -------
        int
            How many were searched for at every byte.

        Raises
        ------
        UpdateError
            When one of them is there.
        """
        if not self._removed:
            return 0
        lst = ListFile(mmap.mmap(file, 0, access=mmap.ACCESS_READ), verify=False)
        spans = [(0, lst.start + _OVERLAP)] if self._watched else lst.spans()
        sought = 0
        for rule, keys in self._removed.items():
            if len(look_up(lst, rule, keys)):
                raise UpdateError("a removed key is still listed in the new file")
            groups = _groups(keys[~_listed_otherwise(lst, rule, keys)], self._everywhere)
            for start, end in spans:
                _seek(groups, memoryview(lst.data)[start:end])
            sought += sum(map(len, groups))
        return sought
