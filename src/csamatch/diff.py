"""What differs between two lists."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from csamatch import _core, listfile
from csamatch.errors import ListFileError
from csamatch.hashlist import HashList
from csamatch.info import ListInfo
from csamatch.rules import CODES, WIDTHS
from csamatch.urllist import UrlList

__all__ = ["Diff", "diff"]

_CHUNK = 1 << 18  # keys looked up at a time
Keys = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Diff:
    """How two lists differ, in counts; and in keys, where they were asked for.

    Attributes
    ----------
    old, new : ListInfo
        The lists; `ListInfo.digest` identifies their contents.
    added, removed, common : mapping of str to int
        By rule, the keys that the new list alone has, that the old one alone has, and that both
        have.
    added_keys, removed_keys : mapping of str to (n, width) uint8 array, or None
        Those keys, sorted; confidential.
    """

    old: ListInfo
    new: ListInfo
    added: Mapping[str, int]
    removed: Mapping[str, int]
    common: Mapping[str, int]
    added_keys: Mapping[str, Keys] | None = field(default=None, repr=False)
    removed_keys: Mapping[str, Keys] | None = field(default=None, repr=False)

    @property
    def equal(self) -> bool:
        """Whether the contents are the same in every byte."""
        return self.old.digest == self.new.digest

    @property
    def same_keys(self) -> bool:
        """Whether both list the same; what they say of it may differ."""
        return not any(self.added.values()) and not any(self.removed.values())

    def as_dict(self) -> dict[str, Any]:
        """Return the counts and digests as plain values, ready for JSON."""
        return {
            "equal": self.equal,
            "same_keys": self.same_keys,
            "added": dict(self.added),
            "removed": dict(self.removed),
            "common": dict(self.common),
            "old_digest": self.old.digest,
            "new_digest": self.new.digest,
        }

    def __str__(self) -> str:
        if self.equal:
            return f"equal; digest {self.old.digest}"
        rows = [
            f"{rule:<8}{self.added[rule]:>14,} added{self.removed[rule]:>14,} removed"
            f"{self.common[rule]:>14,} common"
            for rule in self.common
        ]
        if self.same_keys:
            rows.append("the keys are the same; what the lists say of them or themselves differs")
        return "\n".join([*rows, f"old digest {self.old.digest}", f"new digest {self.new.digest}"])


def as_file(given: Any) -> listfile.ListFile:
    """Return the list file behind a path or an opened list."""
    if isinstance(given, (HashList, UrlList)):
        return given._file
    if not isinstance(given, (str, os.PathLike)):
        raise TypeError(f"expected a list or a path, not {type(given).__name__}")
    return listfile.read(given, verify=True, mmap=False)


def locate(keys: Any, queries: Any, width: int) -> Places:
    """Return the position of each sorted query among sorted keys, or -1 - where it belongs."""
    places = np.empty(len(queries) // width, np.int64)
    _core.rows_locate(keys, 0, len(keys) // width, width, queries, places)
    return places


def _chunks(keys: memoryview, queries: memoryview, width: int) -> Iterator[Places]:
    """Yield what `locate` returns, for some queries after others: all would need much room."""
    count, at = len(keys) // width, 0
    for start in range(0, len(queries), _CHUNK * width):
        asked = queries[start : start + _CHUNK * width]
        places = np.empty(len(asked) // width, np.int64)
        _core.rows_locate(keys, at * width, count - at, width, asked, places)
        places += np.where(places < 0, -at, at)
        at = int(places[-1]) if places[-1] >= 0 else ~int(places[-1])
        yield places


def _compare(
    old: memoryview, new: memoryview, width: int, keys: bool
) -> tuple[int, Keys | None, Keys | None]:
    """Return how many keys both have, and the others of the old and of the new side."""
    common = 0
    is_lost = np.ones(len(old) // width if keys else 0, np.bool_)
    fresh = []
    for i, places in enumerate(_chunks(old, new, width)):
        is_common = places >= 0
        common += int(np.count_nonzero(is_common))
        if keys:
            is_lost[places[is_common]] = False
            fresh.append(i * _CHUNK + np.flatnonzero(~is_common))
    if not keys:
        return common, None, None
    lost = np.frombuffer(old, np.uint8).reshape(-1, width)[is_lost]
    chosen = np.concatenate([np.empty(0, np.int64), *fresh])
    return common, lost, np.frombuffer(new, np.uint8).reshape(-1, width)[chosen]


def diff(old: Any, new: Any, *, keys: bool = False) -> Diff:
    """Say how two lists differ.

    Parameters
    ----------
    old, new : path, HashList or UrlList
        The lists, both of hashes or both of addresses. Files are verified against their checksum.
    keys : bool
        Return the keys that differ, too. They are confidential.

    Returns
    -------
    Diff
        The counts, by algorithm or rule. Entries (ids, categories) are not compared; where they
        alone differ, the digests of the contents do.

    Raises
    ------
    ListFileError
        When a file is no sound list file, or its keys are out of order.
    ValueError
        When one holds hashes and the other addresses.
    OSError
        When a file cannot be read.
    """
    before, after = as_file(old), as_file(new)
    if before.kind != after.kind:
        raise ValueError(f"a list of {before.kind} and one of {after.kind} cannot be compared")
    added, removed, shared = {}, {}, {}
    come: dict[str, Keys] = {}
    gone: dict[str, Keys] = {}
    for rule in sorted({*before.counts, *after.counts}, key=CODES.__getitem__):
        width, code = WIDTHS[rule], CODES[rule]
        common, lost, fresh = _compare(before.key_bytes(code), after.key_bytes(code), width, keys)
        shared[rule] = common
        removed[rule] = before.counts.get(rule, 0) - common
        added[rule] = after.counts.get(rule, 0) - common
        if removed[rule] < 0 or added[rule] < 0:
            raise ListFileError("keys are out of order")
        if lost is not None and fresh is not None:
            gone[rule], come[rule] = lost, fresh
    found = (come, gone) if keys else (None, None)
    return Diff(before.info, after.info, added, removed, shared, *found)
