"""What readers yield, and lines for those that read lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

LINE_LIMIT: Final = 1 << 16
"""Longer lines are no entries of any list: the limit bounds memory on binary files."""


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
    """

    values: list[tuple[str, bytes]] = field(repr=False)
    where: str
    id: str = field(default="", repr=False)
    category: str | None = None
    has_category: bool = False
    bad: list[tuple[str, str]] = field(default_factory=list, repr=False)


@dataclass(slots=True)
class Rejected:
    """One thing that could not be read."""

    where: str
    reason: str
    value: str = field(default="", repr=False)


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number, line) without line ends, from 1; None for a line over the limit.

    A byte order mark is dropped, CR LF and a missing last line end are fine.
    """
    number = 0
    while line := stream.readline(LINE_LIMIT):
        number += 1
        if len(line) >= LINE_LIMIT and not line.endswith(b"\n"):
            while (rest := stream.readline(LINE_LIMIT)) and not rest.endswith(b"\n"):
                pass
            yield number, None
            continue
        if number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        yield number, line.strip(b" \t\r\n\f\v")
