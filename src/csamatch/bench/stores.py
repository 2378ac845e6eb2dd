"""Peers that are data frames, databases and tools of their own."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import weakref
from pathlib import Path
from typing import Any

import numpy as np

from csamatch.bench.forms import as_bytes, as_hex
from csamatch.bench.peer import Peer, PositionsPeer, halves
from csamatch.bench.sample import Mask, Rows

_CHUNK = 10**6


def _table(rows: Rows, start: int) -> Any:
    """Make an Arrow table of the halves, numbered from `start`."""
    import pyarrow

    high, low = halves(rows)
    numbers = np.arange(start, start + len(rows))
    return pyarrow.table({"high": high, "low": low, "number": numbers})


class Polars(Peer):
    """Membership in a polars series of 128-bit numbers."""

    name = "polars is_in"
    module = "polars"
    largest = 10**7

    def __init__(self, keys: Rows, folder: Path) -> None:
        os.environ.setdefault("POLARS_MAX_THREADS", "1")
        import polars

        self._polars = polars
        self._keys = self.ready(keys).implode()

    def ready(self, rows: Rows) -> Any:
        """As 128-bit numbers."""
        high, low = halves(rows)
        frame = self._polars.DataFrame({"high": high, "low": low})
        wide = self._polars.col("high").cast(self._polars.UInt128) * 2**64
        return frame.select(key=wide + self._polars.col("low").cast(self._polars.UInt128))["key"]

    def look_up(self, asked: Any) -> Any:
        """All at once."""
        return asked.is_in(self._keys)

    def found(self, answer: Any, count: int) -> Mask:
        """As an array."""
        return np.asarray(answer.to_numpy(), np.bool_)


class DuckDb(PositionsPeer):
    """A semi-join in DuckDB, over 128-bit numbers."""

    name = "DuckDB semi-join"
    module = "duckdb"

    def __init__(self, keys: Rows, folder: Path) -> None:
        import duckdb

        self._connection = duckdb.connect()
        self._connection.execute("SET threads = 1")
        self._load("listed", keys)

    @classmethod
    def is_installed(cls) -> bool:
        """Whether DuckDB is there, and pyarrow to load it with."""
        return super().is_installed() and PyArrow.is_installed()

    def _load(self, name: str, rows: Rows) -> None:
        self._connection.execute(f"CREATE OR REPLACE TABLE {name} (number BIGINT, key UHUGEINT)")
        key = "(high::UHUGEINT << 64) | low::UHUGEINT"
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            self._connection.register("source", _table(part, start))
            self._connection.execute(f"INSERT INTO {name} SELECT number, {key} FROM source")
            self._connection.unregister("source")

    def ready(self, rows: Rows) -> str:
        """As a table of its own; return the question."""
        self._load("asked", rows)
        return "SELECT number FROM asked SEMI JOIN listed USING (key)"

    def look_up(self, asked: str) -> Any:
        """Join."""
        return self._connection.execute(asked).fetchnumpy()["number"]


class PyArrow(Peer):
    """pyarrow's membership test."""

    name = "pyarrow is_in"
    module = "pyarrow"
    largest = 10**7

    def __init__(self, keys: Rows, folder: Path) -> None:
        import pyarrow
        import pyarrow.compute

        self._pyarrow = pyarrow
        pyarrow.set_cpu_count(1)
        self._keys = self.ready(keys)

    def ready(self, rows: Rows) -> Any:
        """As an array of fixed-size binary."""
        buffer = self._pyarrow.py_buffer(np.ascontiguousarray(rows))
        kind = self._pyarrow.binary(16)
        return self._pyarrow.FixedSizeBinaryArray.from_buffers(kind, len(rows), [None, buffer])

    def look_up(self, asked: Any) -> Any:
        """All at once."""
        return self._pyarrow.compute.is_in(asked, value_set=self._keys)

    def found(self, answer: Any, count: int) -> Mask:
        """As an array."""
        return np.asarray(answer.to_numpy(zero_copy_only=False), np.bool_)


class Sqlite(PositionsPeer):
    """A primary key in an SQLite database in memory."""

    name = "SQLite, primary key"
    largest = 10**7
    most_queries = 200_000

    def __init__(self, keys: Rows, folder: Path) -> None:
        self._database = sqlite3.connect(":memory:")
        weakref.finalize(self, self._database.close)  # from 3.13 on, Python warns otherwise
        self._database.execute("CREATE TABLE listed (key BLOB PRIMARY KEY) WITHOUT ROWID")
        for start in range(0, len(keys), _CHUNK):
            rows = ((digest,) for digest in as_bytes(keys[start : start + _CHUNK]))
            self._database.executemany("INSERT INTO listed VALUES (?)", rows)

    @classmethod
    def version(cls) -> str:
        """Return the version of the library."""
        return sqlite3.sqlite_version

    def ready(self, rows: Rows) -> str:
        """As a table of its own; return the question."""
        self._database.execute("DROP TABLE IF EXISTS asked")
        self._database.execute("CREATE TABLE asked (number INTEGER PRIMARY KEY, key BLOB)")
        self._database.executemany("INSERT INTO asked VALUES (?, ?)", enumerate(as_bytes(rows)))
        return "SELECT number FROM asked WHERE key IN (SELECT key FROM listed)"

    def look_up(self, asked: str) -> list[tuple[int]]:
        """Ask."""
        return self._database.execute(asked).fetchall()

    def found(self, answer: list[tuple[int]], count: int) -> Mask:
        """Say which of the queries it found."""
        return super().found([number for (number,) in answer], count)


class Lmdb(Peer):
    """An LMDB file."""

    name = "LMDB"
    module = "lmdb"
    most_queries = 200_000
    fresh = True

    def __init__(self, keys: Rows, folder: Path) -> None:
        import lmdb

        size = 2**24 + 128 * len(keys)
        self._file = lmdb.open(str(folder / "lmdb"), map_size=size, sync=False, lock=False)
        with self._file.begin(write=True) as writer:
            for start in range(0, len(keys), _CHUNK):
                rows = ((digest, b"") for digest in as_bytes(keys[start : start + _CHUNK]))
                writer.cursor().putmulti(rows, append=True)
        self._reader = self._file.begin()

    def ready(self, rows: Rows) -> list[bytes]:
        """As bytes."""
        return as_bytes(rows)

    def look_up(self, asked: list[bytes]) -> list[bool]:
        """One by one."""
        get = self._reader.get
        return [get(digest) is not None for digest in asked]


class Hfind(Peer):
    """Sleuthkit's hfind over an md5sum file with its index: a whole process for each batch."""

    name = "Sleuthkit hfind, whole process"
    largest = 10**6  # making the index of ten times as many takes most of a minute
    most_queries = 100_000

    def __init__(self, keys: Rows, folder: Path) -> None:
        self._folder = folder
        self._database = folder / "listed.md5"
        with self._database.open("w", encoding="ascii") as file:
            file.writelines(f"{digest}  file\n" for digest in as_hex(keys))
        self._run("-i", "md5sum", str(self._database))

    def _run(self, *arguments: str) -> bytes:
        command = ["hfind", *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout

    @classmethod
    def is_installed(cls) -> bool:
        """Whether the command is there."""
        return shutil.which("hfind") is not None

    @classmethod
    def version(cls) -> str:
        """Return what the command says of itself."""
        words = subprocess.run(["hfind", "-V"], check=True, stdout=subprocess.PIPE).stdout.split()
        return words[-1].decode("ascii", "replace")

    def ready(self, rows: Rows) -> str:
        """As a file of hex."""
        path = self._folder / "asked.txt"
        path.write_text("\n".join(as_hex(rows)) + "\n", encoding="ascii")
        return str(path)

    def look_up(self, asked: str) -> bytes:
        """Start it and read all it says."""
        return self._run("-f", asked, str(self._database))

    def found(self, answer: bytes, count: int) -> Mask:
        """Read a line for each query."""
        lines = answer.splitlines()
        return np.array([not line.endswith(b"Not Found") for line in lines], np.bool_)
