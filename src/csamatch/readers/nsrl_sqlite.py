"""NIST's reference data set (NSRL), version 3: an SQLite database with a table or view FILE."""

from __future__ import annotations

import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

from csamatch.errors import FormatError
from csamatch.readers.interface import Head, Item, Reader
from csamatch.readers.streams import TextStream
from csamatch.readers.tables import Layout, Table

_MAGIC: Final = b"SQLite format 3\0"
_HEADER: Final = 100
_FILE = re.compile(rb'CREATE\s+(?:TABLE|VIEW)\s+["\[`]?FILE\b', re.IGNORECASE)
_DIGESTS: Final = ("sha256", "sha1", "md5")
_DAMAGED: Final = "damaged or truncated database"
# What sqlite3 fails with; names in a damaged schema need not be UTF-8.
_FAILURES: Final = (sqlite3.Error, UnicodeDecodeError)
_ROWS: Final = 1 << 13
# A plain reading takes less than one step a byte. What a function costs is linear in the longest
# value, for all of those that may be called.
_STEPS: Final = 10_000_000
_STEPS_A_BYTE: Final = 20
_STEPS_AT_ONCE: Final = 10_000
_LONGEST: Final = 1 << 16
_FUNCTIONS: Final = frozenset(
    ["char", "coalesce", "count", "hex", "ifnull", "iif", "length", "lower", "max", "min"]
).union(["nullif", "substr", "substring", "upper"])
_BETWEEN: Final = "\x1f"  # stands in no digest; a value with it in it would be none anyway


class _Guard:
    """Bounds what a view of strangers can have SQLite do.

    Parameters
    ----------
    database : sqlite3.Connection
    size : int
        Of the database, in bytes.

    Attributes
    ----------
    reason : str
        Why it was stopped; empty when it was not.
    """

    def __init__(self, database: sqlite3.Connection, size: int) -> None:
        self.reason = ""
        self._left = _STEPS + _STEPS_A_BYTE * size
        database.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        database.set_authorizer(self._judge)
        database.set_progress_handler(self._count, _STEPS_AT_ONCE)

    def _count(self) -> bool:
        self._left -= _STEPS_AT_ONCE
        if self._left < 0:
            self.reason = "its view FILE takes far more steps than there are rows"
        return self._left < 0

    def _judge(self, action: int, _first: str | None, name: str | None, *_: Any) -> int:
        is_function = action == sqlite3.SQLITE_FUNCTION
        if action == sqlite3.SQLITE_RECURSIVE or (is_function and name not in _FUNCTIONS):
            self.reason = f"its view FILE calls {name}" if is_function else "its view FILE recurs"
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK


class _Rows:
    """The rows of a query as a stream of text: that is what is scanned fastest."""

    def __init__(self, cursor: sqlite3.Cursor, source: str, guard: _Guard) -> None:
        self._cursor = cursor
        self._source = source
        self._guard = guard
        self._count = 0

    def read(self, size: int = -1) -> bytes:
        """Return some more rows, a line each."""
        try:
            rows = [row for (row,) in self._cursor.fetchmany(_ROWS)]
        except _FAILURES:
            where = f"row {self._count + 1}"
            raise FormatError(self._source, self._guard.reason or _DAMAGED, where) from None
        self._count += len(rows)
        lines = b"".join(row + b"\n" for row in rows)
        if lines.count(b"\n") != len(rows):
            lines = b"".join(row.replace(b"\n", b" ") + b"\n" for row in rows)
        return lines


def _is_at(path: Path, start: bytes) -> bool:
    """Whether a path leads to a file that starts so: one that was not unpacked on the way."""
    try:
        with path.open("rb") as file:
            return file.read(len(start)) == start
    except (OSError, ValueError):
        return False


def _check_alone(path: Path, source: str) -> None:
    """Refuse a database of which a part lies beside it: rows of it would be missing."""
    for suffix, what in (("-wal", "write-ahead log"), ("-journal", "journal")):
        with suppress(FileNotFoundError):
            if Path(f"{path}{suffix}").stat().st_size:
                reason = f"its {what} lies beside it, so that it is in use or was not closed"
                raise FormatError(source, f"{reason}; open it once with sqlite3")


def _check_size(path: Path, start: bytes, source: str) -> None:
    """Compare a database's size with what its header says."""
    size = path.stat().st_size
    page = int.from_bytes(start[16:18], "big")
    expected = (65536 if page == 1 else page) * int.from_bytes(start[28:32], "big")
    # The header tells the size only when whoever wrote last kept it up to date.
    if start[24:28] == start[92:96] and size < expected:
        raise FormatError(source, f"truncated: it should have {expected:,} bytes", f"byte {size}")


def _query(
    database: sqlite3.Connection, source: str, guard: _Guard
) -> tuple[list[str], sqlite3.Cursor]:
    """Return the algorithms that there are, and rows of their digests."""
    try:
        database.execute("PRAGMA trusted_schema=OFF")
        columns = {row[1].lower() for row in database.execute("PRAGMA table_info(FILE)")}
        found = [name for name in _DIGESTS if name.encode() in columns]
        if not found:
            raise FormatError(source, "no table FILE with digests in it")
        between = f"||char({ord(_BETWEEN)})||"
        row = between.join(f"coalesce({name}, '')" for name in found)
        return found, database.execute(f"SELECT CAST({row} AS TEXT) FROM FILE")
    except _FAILURES:
        raise FormatError(source, guard.reason or _DAMAGED) from None


def _read_path(path: Path, start: bytes, source: str) -> Iterator[Item]:
    _check_size(path, start, source)
    # Immutable: SQLite neither locks it nor writes beside it.
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        database.text_factory = bytes
        guard = _Guard(database, path.stat().st_size)
        found, cursor = _query(database, source, guard)
        layout = Layout(
            digests={name: i for i, name in enumerate(found)},
            columns=len(found),
            delimiter=_BETWEEN,
            quote="",
            word="row",
        )
        rows: Any = _Rows(cursor, source, guard)
        yield from Table(TextStream(rows, source, "utf-8"), source, layout).read()


def read(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read a database, in place where `source` is its path, else by way of a temporary file.

    Raises
    ------
    FormatError
        When it is none, has no table or view FILE, or is damaged or truncated.
    """
    start = b""
    while len(start) < _HEADER and (more := stream.read(_HEADER - len(start))):
        start += more
    if not start.startswith(_MAGIC) or len(start) < _HEADER:
        reason = "not an SQLite database, or truncated"
        raise FormatError(source, reason, f"byte {len(start)}")
    if _is_at(Path(source), start):
        _check_alone(Path(source), source)
        yield from _read_path(Path(source), start, source)
        return
    with tempfile.TemporaryDirectory(prefix="csamatch-") as folder:
        path = Path(folder) / "source.db"
        with path.open("wb") as file:
            file.write(start)
            shutil.copyfileobj(stream, file, 1 << 20)
        yield from _read_path(path, start, source)


def _is_nsrl(head: Head) -> bool:
    return head.data.startswith(_MAGIC) and _FILE.search(head.data) is not None


READER = Reader(
    "nsrl3",
    "hashes",
    read,
    _is_nsrl,
    "NIST's reference data set, version 3 (SQLite)",
    has_signature=True,
)
