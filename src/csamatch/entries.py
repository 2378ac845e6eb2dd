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
    source : str
        Which of the list's sources it is of; empty for a list whose sources have no names.
    canary : bool
        Whether it is none of any source, but was planted to see that the list works.
    """

    number: int
    id: str = field(default="", repr=False)
    category: str | None = None
    source: str = ""
    canary: bool = field(default=False, repr=False)


class EntryTable:
    """The ids, categories and sources of a list's entries.

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
    source_codes, source_names : array or None, sequence of str
        The sources, likewise.
    """

    def __init__(
        self,
        ends: npt.NDArray[np.uint64] | None = None,
        text: Any = b"",
        codes: npt.NDArray[Any] | None = None,
        names: Sequence[str] = (),
        source_codes: npt.NDArray[Any] | None = None,
        source_names: Sequence[str] = (),
    ) -> None:
        self._ends = ends
        self._text = text
        self._codes = codes
        self._names = tuple(names)
        self._source_codes = source_codes
        self._source_names = tuple(source_names)

    @property
    def is_absent(self) -> bool:
        """Whether the list says nothing of its entries."""
        return not self._columns()

    @property
    def ids(self) -> tuple[npt.NDArray[np.uint64] | None, Any]:
        """Where each id ends in the text, or None; and that text."""
        return self._ends, self._text

    @property
    def categories(self) -> tuple[npt.NDArray[Any] | None, tuple[str, ...]]:
        """The code of each category, or None; and the names that codes from 1 stand for."""
        return self._codes, self._names

    @property
    def sources(self) -> tuple[npt.NDArray[Any] | None, tuple[str, ...]]:
        """The code of each source, likewise."""
        return self._source_codes, self._source_names

    def _columns(self) -> list[npt.NDArray[Any]]:
        columns = (self._ends, self._codes, self._source_codes)
        return [column for column in columns if column is not None]

    def __len__(self) -> int:
        columns = self._columns()
        return len(columns[0]) if columns else 0

    def __getitem__(self, number: int) -> Entry:
        """Return entry `number`; ListFileError when the file's columns don't fit."""
        category = _named(number, self._codes, self._names, "category")
        source = _named(number, self._source_codes, self._source_names, "source")
        return Entry(number, self._id(number), category, source or "")

    def _id(self, number: int) -> str:
        if self._ends is None:
            return ""
        if number < len(self._ends):
            start = int(self._ends[number - 1]) if number else 0
            end = int(self._ends[number])
            if start <= end <= len(self._text):
                return bytes(self._text[start:end]).decode("utf-8", "replace")
        raise ListFileError(f"entry {number} has no id where one should be")

    def check(self) -> None:
        """Read every column through; ListFileError when something is out of bounds."""
        if self._ends is not None and len(self._ends):
            falls = np.any(self._ends[1:] < self._ends[:-1])
            if falls or int(self._ends[-1]) != len(self._text):
                raise ListFileError("entry ids: the ends are out of order")
        for codes, names, what in (
            (self._codes, self._names, "categories"),
            (self._source_codes, self._source_names, "sources"),
        ):
            if codes is not None and int(codes.max(initial=0)) > len(names):
                raise ListFileError(f"entry {what}: a code has no name")
        if len({len(column) for column in self._columns()}) > 1:
            raise ListFileError("entries: ids, categories and sources differ in number")


def _named(
    number: int, codes: npt.NDArray[Any] | None, names: Sequence[str], what: str
) -> str | None:
    """Return what an entry's code stands for; ListFileError when there is no such code."""
    if codes is None:
        return None
    if number < len(codes):
        code = int(codes[number])
        if code <= len(names):
            return names[code - 1] if code else None
    raise ListFileError(f"entry {number} has no {what} where one should be")


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
