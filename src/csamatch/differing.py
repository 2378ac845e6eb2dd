"""What differs between two lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.encrypted import is_encrypted
from csamatch.errors import ListFileError, ListKeyError
from csamatch.info import ListInfo
from csamatch.listfile import ListFile
from csamatch.listkey import Key, ListKey, list_key
from csamatch.memory import private_memory
from csamatch.opening import Given, list_file
from csamatch.rules import CODES
from csamatch.sources import is_path

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


def check_same_key(one: ListFile, other: ListFile) -> None:
    """Raise ListKeyError unless both lists have the same key, or none."""
    if one.key_check() != other.key_check():
        raise ListKeyError("the lists have different keys, or only one has any")


def two_files(
    old: Given, new: Given, key: Key | ListKey | None, identity: Any
) -> tuple[ListFile, ListFile]:
    """Return the files behind two lists, either of which may be encrypted."""
    secret = list_key(key)

    def one(given: Any) -> ListFile:
        is_clear = not is_path(given) or not is_encrypted(given)
        return list_file(given, key=secret, identity=None if is_clear else identity)

    return one(old), one(new)


def _real_keys(file: ListFile, rule: str) -> memoryview:
    """Return the packed keys of a rule, but for canaries."""
    keys = file.key_bytes(CODES[rule])
    if not len(places := file.canary_places(rule)):
        return keys
    width, count = file.widths[rule], file.counts[rule]
    size = (count - len(places)) * width
    out = memoryview(private_memory(max(1, size)))[:size]
    _core.rows_splice(keys, count, width, places, b"", np.empty(0, np.uint64), out)
    return out


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


def diff(
    old: Given,
    new: Given,
    *,
    keys: bool = False,
    key: Key | ListKey | None = None,
    identity: Any = None,
) -> Diff:
    """Say how two lists differ.

    Parameters
    ----------
    old, new : path, HashList or UrlList
        The lists, both of hashes or both of addresses. Files are verified against their checksum.
    keys : bool
        Return the keys that differ, too. They are confidential; those of keyed lists are hashes.
    key : bytes or path, optional
        The secret of both, where they are keyed.
    identity : str or path, optional
        What decrypts those that age encrypted, as for `csamatch.open`.

    Returns
    -------
    Diff
        The counts, by algorithm or rule, without canaries. Entries (ids, categories) are not
        compared; where they alone differ, the digests of the contents do.

    Raises
    ------
    ListFileError
        When a file is no sound list file, or its keys are out of order.
    ListKeyError
        When `key` is missing or wrong, or the lists do not share it.
    ValueError
        When one holds hashes and the other addresses.
    OSError
        When a file cannot be read.
    """
    before, after = two_files(old, new, key, identity)
    if before.kind != after.kind:
        raise ValueError(f"a list of {before.kind} and one of {after.kind} cannot be compared")
    check_same_key(before, after)
    added, removed, shared = {}, {}, {}
    come: dict[str, Keys] = {}
    gone: dict[str, Keys] = {}
    for rule in sorted({*before.counts, *after.counts}, key=CODES.__getitem__):
        width = before.widths[rule]
        mine, yours = _real_keys(before, rule), _real_keys(after, rule)
        common, lost, fresh = _compare(mine, yours, width, keys)
        shared[rule] = common
        removed[rule] = len(mine) // width - common
        added[rule] = len(yours) // width - common
        if removed[rule] < 0 or added[rule] < 0:
            raise ListFileError("keys are out of order")
        if lost is not None and fresh is not None:
            gone[rule], come[rule] = lost, fresh
    found = (come, gone) if keys else (None, None)
    return Diff(before.info, after.info, added, removed, shared, *found)
