"""What readers yield, and lines for those that read lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from csamatch.rules import WIDTHS

LINE_LIMIT: Final = 1 << 16
"""Longer lines are no entries of any list: the limit bounds memory on binary files."""

BLANKS: Final = b" \t\r\n\f\v"
"""What may stand around a line's content."""

_BLOCK: Final = 1 << 20


@dataclass(slots=True)
class Record:
    """One thing listed.

    Attributes
    ----------
    values : list of (str, bytes)
        Digests as (algorithm, digest), or addresses as (rule, text), the rule empty where the
        source doesn't say.
    where : str
        Its place in the source.
    id, category : str, str or None
        As in `csamatch.Entry`.
    bad : list of (str, str)
        Values that could not be read, as (reason, value).
    fields : mapping of str to str or None, optional
        Of the fields asked for (`Reader.fields`), those that the source has, by name: what each
        says of this record, or None.
    """

    values: list[tuple[str, bytes]] = field(repr=False)
    where: str
    id: str = field(default="", repr=False)
    category: str | None = None
    has_category: bool = False
    bad: list[tuple[str, str]] = field(default_factory=list, repr=False)
    fields: Mapping[str, str | None] | None = field(default=None, repr=False)


@dataclass(slots=True)
class Rejected:
    """One thing that could not be read."""

    where: str
    reason: str
    value: str = field(default="", repr=False)


@dataclass(slots=True)
class Update:
    """One version of a record; of all versions, in whatever source, the latest counts.

    Attributes
    ----------
    key : str
        What the versions of a record have in common.
    time : int or None
        When the version was made, in any unit that all sources of the format share. None where
        the source does not say: such a version replaces no other, but a withdrawal replaces it.
    record : Record or None
        What it says from then on; None when it is withdrawn.
    where : str
        Its place in the source.
    """

    key: str = field(repr=False)
    time: int | None
    record: Record | None = field(repr=False)
    where: str


@dataclass(slots=True)
class Digests:
    """Many records of one digest each and nothing more, from lines that follow one another.

    Attributes
    ----------
    algorithm : str
    data : bytes
        The digests, packed.
    line : int
        The line of the first, from 1.
    """

    algorithm: str
    data: bytes = field(repr=False)
    line: int


@dataclass(slots=True)
class Batch:
    """Many records as columns, so that no work in Python is needed for each of them.

    Records are counted from 0 by row. The digests of a record stand in the order of `digests`,
    and those of one algorithm in the order of its column.

    Attributes
    ----------
    count : int
        How many records.
    digests : mapping of str to (array, bytes-like)
        By algorithm: the row that each digest belongs to, uint32, ascending, and the digests,
        packed. A row may have several, or none.
    word, first, numbers : str, int, array or None
        Where the records are: row i at ``f"{word} {first + i}"``, or at
        ``f"{word} {numbers[i]}"`` where there are numbers.
    id_ends, id_text : array or None, bytes-like
        Where the id of each row ends in the text, ascending, and the ids one after another, UTF-8;
        None when no row has one.
    codes, names : uint32 array or None, sequence of str
        The category of each row: 0 for none, else 1 + its index in `names`.
    has_category : bool
        As in `Record`.
    fields : mapping of str to (uint32 array, sequence of str)
        As in `Record`: by name, the value of each row, coded as categories are.
    bad : list of (int, str, str)
        Values that could not be read, as (row, reason, value), rows ascending.
    alone : mapping of int to Record or Rejected
        Rows that say everything of themselves; the columns hold nothing for them.
    """

    count: int
    digests: Mapping[str, tuple[npt.NDArray[np.uint32], Any]] = field(repr=False)
    word: str = "line"
    first: int = 1
    numbers: Sequence[int] | npt.NDArray[Any] | None = field(default=None, repr=False)
    id_ends: npt.NDArray[Any] | None = field(default=None, repr=False)
    id_text: Any = field(default=b"", repr=False)
    codes: npt.NDArray[np.uint32] | None = field(default=None, repr=False)
    names: Sequence[str] = field(default=(), repr=False)
    has_category: bool = False
    fields: Mapping[str, tuple[npt.NDArray[np.uint32], Sequence[str]]] = field(
        default_factory=dict, repr=False
    )
    bad: Sequence[tuple[int, str, str]] = field(default=(), repr=False)
    alone: Mapping[int, Record | Rejected] = field(default_factory=dict, repr=False)

    def where(self, row: int) -> str:
        """Say where in the source a row is."""
        number = self.first + row if self.numbers is None else self.numbers[row]
        return f"{self.word} {number}"

    def records(self, rows: Iterable[int] | None = None) -> Iterator[Record | Rejected]:
        """Yield rows as records, one by one; by default all of them."""
        bad = defaultdict(list)
        for row, reason, value in self.bad:
            bad[row].append((reason, value))
        for row in range(self.count) if rows is None else rows:
            if row in self.alone:
                yield self.alone[row]
                continue
            yield Record(
                list(self._values(row)),
                self.where(row),
                self._id(row),
                self._category(row),
                self.has_category,
                bad.pop(row, []),
                self._fields(row),
            )

    def _values(self, row: int) -> Iterator[tuple[str, bytes]]:
        for algorithm, (rows, data) in self.digests.items():
            start, end = np.searchsorted(rows, [row, row + 1]).tolist()
            width = WIDTHS[algorithm]
            for at in range(start * width, end * width, width):
                yield algorithm, bytes(data[at : at + width])

    def _id(self, row: int) -> str:
        if self.id_ends is None:
            return ""
        start = int(self.id_ends[row - 1]) if row else 0
        return bytes(self.id_text[start : int(self.id_ends[row])]).decode("utf-8", "replace")

    def _fields(self, row: int) -> dict[str, str | None] | None:
        found: dict[str, str | None] = {}
        for name, (codes, values) in self.fields.items():
            code = int(codes[row])
            found[name] = values[code - 1] if code else None
        return found or None

    def _category(self, row: int) -> str | None:
        code = 0 if self.codes is None else int(self.codes[row])
        return self.names[code - 1] if code else None


def blocks(stream: BinaryIO) -> Iterator[bytes | None]:
    """Yield a stream as runs of whole lines, and None for each line over the limit.

    Only the very last line may be without its end. A byte order mark is dropped.
    """
    rest = b""
    is_first = True
    while data := stream.read(_BLOCK):
        if is_first:
            data = data.removeprefix(b"\xef\xbb\xbf")
            is_first = False
        data = rest + data
        end = data.rfind(b"\n") + 1
        if end:
            yield data[:end]
        rest = data[end:]
        if len(rest) >= LINE_LIMIT:
            rest = yield from _skip_line(stream)
    if rest:
        yield rest


def _skip_line(stream: BinaryIO) -> Generator[None, None, bytes]:
    """Read to the end of a line that is too long; return what follows it."""
    yield None
    while data := stream.read(_BLOCK):
        _, end, rest = data.partition(b"\n")
        if end:
            return rest
    return b""


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number, line) without line ends, from 1; None for a line over the limit.

    A byte order mark is dropped, CR LF and a missing last line end are fine.
    """
    number = 0
    for block in blocks(stream):
        found = [b""] if block is None else block.removesuffix(b"\n").split(b"\n")
        for line in found:
            number += 1
            too_long = block is None or len(line) >= LINE_LIMIT
            yield number, None if too_long else line.strip(BLANKS)
