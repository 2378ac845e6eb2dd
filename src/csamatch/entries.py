"""Entries: what a source says of the things it lists, kept in columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from csamatch.errors import ListFileError

__all__ = ["Entry", "EntryTable"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a list's source.

    Attributes
    ----------
    number : int
        Its number in this version of the list.
    id : str
        The source's own id; empty where the source gives none.
    category : str or None
        The source's category, such as ``"1"`` or ``"A1"``.
    """

    number: int
    id: str = field(default="", repr=False)
    category: str | None = None


class EntryTable:
    """The ids and categories of a list's entries.

    Parameters
    ----------
    ends : (n,) uint64 array or None
        Where each id ends in `text`; None when no entry has an id.
    text : bytes-like
        The ids, one after another, UTF-8.
    codes : (n,) array of unsigned integers or None
        0 for no category, else 1 + its index in `names`.
    names : sequence of str
        The categories.
    """

    def __init__(
        self,
        ends: npt.NDArray[np.uint64] | None = None,
        text: Any = b"",
        codes: npt.NDArray[Any] | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self._ends = ends
        self._text = text
        self._codes = codes
        self._names = tuple(names)

    @property
    def is_absent(self) -> bool:
        """Whether the list says nothing of its entries."""
        return self._ends is None and self._codes is None

    def __len__(self) -> int:
        column = self._ends if self._ends is not None else self._codes
        return 0 if column is None else len(column)

    def __getitem__(self, number: int) -> Entry:
        """Return entry `number`; ListFileError when the file's columns don't fit."""
        return Entry(number, self._id(number), self._category(number))

    def _id(self, number: int) -> str:
        if self._ends is None:
            return ""
        if number < len(self._ends):
            start = int(self._ends[number - 1]) if number else 0
            end = int(self._ends[number])
            if start <= end <= len(self._text):
                return bytes(self._text[start:end]).decode("utf-8", "replace")
        raise ListFileError(f"entry {number} has no id where one should be")

    def _category(self, number: int) -> str | None:
        if self._codes is None:
            return None
        if number < len(self._codes):
            code = int(self._codes[number])
            if code <= len(self._names):
                return self._names[code - 1] if code else None
        raise ListFileError(f"entry {number} has no category where one should be")

    def check(self) -> None:
        """Read every column through; ListFileError when something is out of bounds."""
        if self._ends is not None and len(self._ends):
            falls = np.any(self._ends[1:] < self._ends[:-1])
            if falls or int(self._ends[-1]) != len(self._text):
                raise ListFileError("entry ids: the ends are out of order")
        if self._codes is None:
            return
        if int(self._codes.max(initial=0)) > len(self._names):
            raise ListFileError("entry categories: a code has no name")
        if self._ends is not None and len(self._ends) != len(self._codes):
            raise ListFileError("entries: ids and categories differ in number")


def encode_categories(
    codes: npt.NDArray[np.uint32], names: Sequence[str]
) -> tuple[npt.NDArray[Any], bytes]:
    """Bring categories into their order in a list file.

    Parameters
    ----------
    codes : (n,) array
        0 for no category, else 1 + its index in `names`.
    names : sequence of str
        Distinct; those that no code stands for are dropped.

    Returns
    -------
    array, bytes
        The codes that go with the names in their order, and those as a JSON array.
    """
    is_used = np.bincount(codes, minlength=len(names) + 1)[1:] > 0
    used = sorted(np.flatnonzero(is_used).tolist(), key=names.__getitem__)
    new = np.zeros(len(names) + 1, np.uint32)
    new[np.array(used, np.intp) + 1] = np.arange(1, len(used) + 1)
    dtype = "<u1" if len(used) < 2**8 else "<u2" if len(used) < 2**16 else "<u4"
    kept = [names[i] for i in used]
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode()
    return new.astype(dtype)[codes], text


def decode_categories(data: bytes) -> list[str]:
    """Read the names back. ValueError when they are no JSON array of strings."""
    names = json.loads(data)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("not a JSON array of strings")
    return names
