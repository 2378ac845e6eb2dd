"""Tables of text: rows between delimiters, of which some columns are wanted.

The rows are scanned in the C library, many at a time. A row that cannot be read is set apart alone:
where quotes make no sense, the line on which it begins is rejected, and reading goes on with the
next one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

import numpy as np
import numpy.typing as npt

from csamatch import _core
from csamatch.errors import FormatError
from csamatch.readers.interface import Item
from csamatch.readers.records import Batch, Record, Rejected
from csamatch.readers.spellings import read_word
from csamatch.readers.streams import BLOCK, ROW_LIMIT, TextStream, text_of
from csamatch.rules import WIDTHS

_ROOM: Final = 1 << 13
_ANY: Final = (1 << 63) - 1
# Each costs a scan of the row limit, so that a hostile source must not have any number of them.
_STRAY_QUOTES: Final = 100
_TOO_SHORT, _NOT_HEX, _RAGGED = 1, 2, 3  # as csamatch.h numbers them
_BROKEN = {
    4: "text behind a closing quote",
    5: "a carriage return within a line",
    6: "a quote that is closed only behind further rows",
    7: "a comment that reads like a row",
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table looks like, and which of its columns are wanted, by number from 0.

    Attributes
    ----------
    digests : mapping of str to int
        The column of each algorithm. Algorithms that share one have digests told by their length.
    id, category : int or None
    address : (str, int) or None
        The rule of the addresses listed, empty where they say it themselves, and their column.
    fields : mapping of str to int
        Further columns that records are to carry.
    spell : callable or None
        Brings the values of those into one spelling.
    columns : int or None
        How many columns a row should have; others are taken as they are, but reported.
    may_have_more : bool
        More columns are nothing to report: the last is a text in which delimiters may stand.
    ends_whole : bool
        A last line without its end that has too few columns is a sign of a truncated source.
    word : str
        What a line is called in messages.
    """

    digests: Mapping[str, int] = field(default_factory=dict)
    id: int | None = None
    category: int | None = None
    address: tuple[str, int] | None = None
    fields: Mapping[str, int] = field(default_factory=dict)
    spell: Callable[[str], str] | None = None
    columns: int | None = None
    may_have_more: bool = False
    delimiter: str = ","
    quote: str = '"'
    comment: str = ""
    ends_whole: bool = True
    word: str = "line"


def _pieces(ends: Iterable[int], data: bytes | bytearray) -> Iterator[bytes]:
    start = 0
    for end in ends:
        yield bytes(data[start:end])
        start = end


class _Picked:
    """Which columns are scanned, and where in the outputs each of them is."""

    def __init__(self, layout: Layout) -> None:
        named = [layout.id, layout.category, layout.address and layout.address[1]]
        texts = {index for index in [*named, *layout.fields.values()] if index is not None}
        digests = {(index, WIDTHS[name]): name for name, index in layout.digests.items()}
        self.columns = sorted([*digests, *((index, 0) for index in texts)])
        self.digests = {name: self.columns.index(key) for key, name in digests.items()}
        self.texts = {index: self.columns.index((index, 0)) for index in texts}

    def algorithms(self, place: int) -> list[str]:
        """Return those that the column at a place among the outputs may hold."""
        index = self.columns[place][0]
        return [name for name, at in self.digests.items() if self.columns[at][0] == index]


class Table:
    """Reads the rows of one source.

    Parameters
    ----------
    text : TextStream
        The source, in front of its first row of data.
    source : str
        Its name, for messages.
    layout : Layout
    line : int
        The number of its next line.
    """

    def __init__(self, text: TextStream, source: str, layout: Layout, line: int = 1) -> None:
        self._text = text
        self._source = source
        self._layout = layout
        self._line = line
        self._picked = _Picked(layout)
        self._known: dict[int, dict[bytes, int]] = {}
        self._names: dict[int, list[str]] = {}
        most = layout.columns
        self._scanner = _core.CsvScanner(
            self._picked.columns,
            _ROOM,
            layout.columns or 0,
            _ANY if most is None or layout.may_have_more else most,
            layout.delimiter,
            layout.quote,
            layout.comment,
            None if layout.address is None else layout.address[1],
        )

    def read(self) -> Iterator[Item]:
        """Yield what its rows hold."""
        # One buffer for all: what was not a whole row moves to its front.
        self._room = bytearray(ROW_LIMIT + BLOCK)
        room = memoryview(self._room)
        end = strays = 0
        while True:
            count = self._text.readinto(room[end : end + BLOCK])
            end += count
            at = yield from self._scan(room[:end], 0, is_last=not count)
            while count and end - at >= ROW_LIMIT:
                strays += self._room.find(b"\n", at, end) >= 0
                if strays > _STRAY_QUOTES:
                    raise self._error("too many quotes that are not closed")
                rejected, at, end = self._skip_line(at, end)
                yield rejected
                at = yield from self._scan(room[:end], at, is_last=False)
            room[: end - at] = room[at:end]
            end -= at
            if not count:
                break
        if end:
            raise self._error("truncated: it ends within quotes that open in this row")

    def _scan(self, text: memoryview, at: int, is_last: bool) -> Generator[Item, None, int]:
        """Yield what the rows of a text hold, from `at`; return where the last whole one ends."""
        while at < len(text) and (used := self._scanner.scan(text, at, is_last)):
            yield from self._take(text, at)
            self._line += self._scanner.line_count
            at += used
        return at

    def _where(self, line: int) -> str:
        return f"{self._layout.word} {line}"

    def _error(self, reason: str) -> FormatError:
        return FormatError(self._source, reason, self._where(self._line))

    def _skip_line(self, at: int, end: int) -> tuple[Rejected, int, int]:
        """Give up on a line that begins a row over the limit; return where what follows is."""
        found = self._room.find(b"\n", at, end)
        # A row of several lines has open quotes, whether the text at hand ends in one or not.
        reason = "a quote that is not closed" if found >= 0 else "a line too long"
        rejected = Rejected(self._where(self._line), reason)
        room = memoryview(self._room)[:BLOCK]
        while found < 0 and (end := self._text.readinto(room)):
            found = self._room.find(b"\n", 0, end)
        self._line += 1
        return rejected, found + 1, end

    def _take(self, text: memoryview, at: int) -> Iterator[Item]:
        if not self._scanner.rows:
            return
        numbers = np.frombuffer(self._scanner.lines(), np.uint32).astype(np.int64) + self._line
        batch = Batch(self._scanner.rows, self._digests(), self._layout.word, numbers=numbers)
        bad: list[tuple[int, str, str]] = []
        alone: dict[int, Record | Rejected] = {}
        for row, line, what, column, start, end in self._scanner.issues():
            value = str(text[at + start : at + end], "utf-8", "backslashreplace")
            if what in _BROKEN:
                alone[row] = Rejected(self._where(self._line + line), _BROKEN[what], value)
            elif what == _RAGGED:
                reason = self._ragged(row, start)
                bad.append((row, reason, ""))
                lost = [name for name, at in self._layout.fields.items() if at >= start]
                if lost:  # a filter would leave the record out without a word
                    reason = f"{reason}, so that {lost[0]} is missing"
                    alone[row] = Rejected(self._where(self._line + line), reason)
            else:
                bad.append((row, self._spell(what, column, end - start), value))
        batch.bad, batch.alone = bad, alone
        layout = self._layout
        if layout.address is not None:
            yield from self._addresses(batch, *layout.address)
            return
        if layout.id is not None:
            batch.id_ends, batch.id_text = self._texts(layout.id)
        if layout.category is not None:
            batch.codes, batch.names = self._codes(layout.category)
            batch.has_category = True
        batch.fields = {name: self._codes(at, layout.spell) for name, at in layout.fields.items()}
        yield batch

    def _digests(self) -> dict[str, tuple[npt.NDArray[np.uint32], bytearray]]:
        found = {}
        for name, place in self._picked.digests.items():
            rows, data = self._scanner.digests(place)
            if rows:
                found[name] = (np.frombuffer(rows, np.uint32), data)
        return found

    def _ragged(self, row: int, found: int) -> str:
        """Say what is wrong with the number of columns of a row."""
        fewer = found < (self._layout.columns or 0)
        scanner = self._scanner
        if fewer and scanner.unended and row == scanner.rows - 1 and self._layout.ends_whole:
            where = self._where(self._line + scanner.line_count - 1)
            raise FormatError(self._source, "truncated: it ends within a row", where)
        return "fewer columns than expected" if fewer else "more columns than expected"

    def _spell(self, what: int, column: int, length: int) -> str:
        """Say why a value is no digest."""
        names = self._picked.algorithms(column)
        if what == _NOT_HEX:
            return f"{names[0]}: not hexadecimal" if len(names) == 1 else "not hexadecimal"
        if len(names) == 1:
            return f"{names[0]}: {length} characters; expected {2 * WIDTHS[names[0]]}"
        widths = [str(2 * WIDTHS[name]) for name in names]
        return f"{length} characters; expected {', '.join(widths[:-1])} or {widths[-1]}"

    def _texts(self, index: int) -> tuple[npt.NDArray[np.uint32], bytearray | bytes]:
        """Return the texts of a column, as UTF-8."""
        raw, data = self._scanner.texts(self._picked.texts[index])
        ends = np.frombuffer(raw, np.uint32)
        if data.isascii():
            return ends, data
        pieces = [text_of(piece).encode() for piece in _pieces(ends.tolist(), data)]
        return np.cumsum([len(piece) for piece in pieces], dtype=np.uint32), b"".join(pieces)

    def _codes(
        self, index: int, spell: Callable[[str], str] | None = None
    ) -> tuple[npt.NDArray[np.uint32], list[str]]:
        """Return the texts of a column as numbers, 0 for none, and what they stand for."""
        known = self._known.setdefault(index, {})
        codes = _core.number_texts(*self._scanner.texts(self._picked.texts[index]), known)
        names = self._names.setdefault(index, [])
        for text in islice(known, len(names), None):
            name = text_of(text)
            names.append(name if spell is None else spell(name))
        return np.frombuffer(codes, np.uint32), names

    def _pieces(self, index: int | None, count: int) -> list[bytes]:
        """Return the texts of a column, one by one."""
        if index is None:
            return [b""] * count
        ends, data = self._scanner.texts(self._picked.texts[index])
        return list(_pieces(np.frombuffer(ends, np.uint32).tolist(), data))

    def _addresses(self, batch: Batch, rule: str, index: int) -> Iterator[Record | Rejected]:
        """Yield rows of addresses, of which there are no batches."""
        layout, count = self._layout, batch.count
        bad: dict[int, list[tuple[str, str]]] = {}
        for row, reason, value in batch.bad:
            bad.setdefault(row, []).append((reason, value))
        addresses = self._pieces(index, count)
        ids = self._pieces(layout.id, count)
        categories = self._pieces(layout.category, count)
        fields = {name: self._pieces(at, count) for name, at in layout.fields.items()}
        for row in range(count):
            if row in batch.alone:
                yield batch.alone[row]
                continue
            record = Record([], batch.where(row), text_of(ids[row]), bad=bad.get(row, []))
            if addresses[row]:
                self._take_address(record, rule, addresses[row])
            if layout.category is not None:
                record.category = text_of(categories[row]) or None
                record.has_category = True
            if fields:
                record.fields = {name: text_of(said[row]) or None for name, said in fields.items()}
            yield record

    def _has_half_a_quote(self, raw: bytes) -> bool:
        """Whether a quote opens or closes with a text that has no other: that was a stray one."""
        quote = self._layout.quote.encode()
        return bool(quote) and raw.count(quote) == 1 and quote in (raw[:1], raw[-1:])

    def _take_address(self, record: Record, rule: str, raw: bytes) -> None:
        """Add an address to a record, or the reason why it is none."""
        found, reason = read_word(raw.decode("utf-8", "surrogateescape"))
        if b"\n" in raw:  # which no address has, but rows behind a stray quote
            reason = "a line end within an address"
        elif self._has_half_a_quote(raw):
            reason = "one end of a quote in an address"
        if reason:
            record.bad.append((reason, raw.decode("utf-8", "backslashreplace")))
        else:
            record.values.append((rule, found.encode("utf-8", "surrogateescape")))


def with_fields(layout: Layout, known: Mapping[str, int], asked: Iterable[str]) -> Layout:
    """Return a layout that carries those of the fields asked for that the table has."""
    return replace(layout, fields={name: known[name] for name in asked if name in known})
