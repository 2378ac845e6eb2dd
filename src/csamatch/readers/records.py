"""What readers yield, and lines for those that read lines."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final

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
