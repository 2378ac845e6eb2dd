"""What a reader says of itself, and what it is shown of a source to tell whether it fits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, Final, TypeVar

from csamatch.readers.records import Batch, Digests, Record, Rejected, Update

T = TypeVar("T")

HEAD_SIZE: Final = 1 << 16
"""How many bytes of a source readers are shown to recognise it by."""

Item = Record | Rejected | Batch | Digests | Update


class Head:
    """The first bytes of a source.

    Parameters
    ----------
    data : bytes
        The source's start.
    is_whole : bool
        Whether that is all there is.

    Attributes
    ----------
    data : bytes
        The start, without a byte order mark.
    is_whole : bool
        Whether that is all there is.
    """

    def __init__(self, data: bytes, is_whole: bool = True) -> None:
        self.data = data.removeprefix(b"\xef\xbb\xbf")
        self.is_whole = is_whole
        self._found: dict[Callable[[Head], Any], Any] = {}

    @cached_property
    def lines(self) -> list[bytes]:
        """Its lines without their ends; one that is cut off is left out if there are others."""
        lines = self.data.splitlines()
        if not self.is_whole and len(lines) > 1 and not self.data.endswith(b"\n"):
            lines.pop()
        return lines

    def once(self, look: Callable[[Head], T]) -> T:
        """Return ``look(self)``, worked out for whichever reader asks first."""
        if look not in self._found:
            self._found[look] = look(self)
        found: T = self._found[look]
        return found


@dataclass(frozen=True, slots=True)
class Reader:
    """How to read one format.

    Attributes
    ----------
    name : str
        What ``reader=`` calls it; also that of its entry point.
    kind : str
        What it lists: ``"hashes"`` or ``"addresses"``.
    read : callable
        ``read(stream, source, options)`` yields a `Record` for each thing listed, or `Batch` or
        `Digests` for many at once, and a `Rejected` for each that cannot be read. The stream is
        binary and at its start, and its `path` is the file's where the source is a plain file;
        `source` is its name, for messages; `options` are those given of the reader's own. It
        raises `FormatError` only when the source as a whole makes no sense, or ends too early.
    recognise : callable
        ``recognise(head)`` says from content alone whether the format is this one: False, True, or
        a few words that say which variety of it.
    summary : str
        The format, in one line.
    has_signature : bool
        Whether its sources name their format, by a magic number or a first line. Such a reader
        is asked before those that can only judge by what the lines look like.
    options : mapping of str to str
        The options that `read` takes, each with a line on what it means.
    fields : str
        Which fields of a record can be filtered by, in words; empty for none. Such a reader finds
        the names asked for in the option ``"fields"`` when there are any, and then fills
        `Record.fields`.
    where : mapping
        The filter by fields that is used unless the caller gives one.
    spell : callable, optional
        ``spell(field, value)`` spells a value that is asked for as `Record.fields` would;
        ValueError when the field has no such value.
    left_out : collection of str or None
        The categories that are not listed unless the caller asks for them.
    """

    name: str
    kind: str
    read: Callable[[BinaryIO, str, Mapping[str, Any]], Iterator[Item]]
    recognise: Callable[[Head], bool | str]
    summary: str
    has_signature: bool = False
    options: Mapping[str, str] = field(default_factory=dict)
    fields: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)
    left_out: Collection[str | None] = ()
    spell: Callable[[str, str], str] | None = None
