"""NSRL 3: SQLite databases, in place and from streams."""

from __future__ import annotations

import gzip
import io
import sqlite3
from pathlib import Path

import pytest

import csamatch
from csamatch.errors import FormatError
from sources import balanced, md5, sha1

VIEW = "CREATE VIEW FILE AS SELECT sha256, sha1, md5, name AS file_name FROM METADATA"


def sha256(i: int) -> str:
    return (md5(i) + md5(i + 1)).upper()


def database(path: Path, rows: list, as_view: bool = False) -> Path:
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA page_size=1024")
        table = "FILE (sha256 VARCHAR NOT NULL, sha1, md5, file_name, file_size, package_id)"
        table = "METADATA (sha256, sha1, md5, name)" if as_view else table
        db.execute(f"CREATE TABLE {table}")
        if as_view:
            db.execute(VIEW)
        marks = "?, ?, ?, ?" if as_view else "?, ?, ?, ?, 1, 2"
        db.executemany(f"INSERT INTO {table.split()[0]} VALUES ({marks})", rows)
    db.close()
    return path


def row(i: int) -> tuple:
    return sha256(i), sha1(i).upper(), md5(i).upper(), f"ü{i}"


@pytest.mark.parametrize("as_view", [False, True])
def test_golden(tmp_path, out, as_view):
    path = database(tmp_path / "a ?#%.db", [row(i) for i in range(20_000)], as_view)
    before = sorted(tmp_path.iterdir())
    report = csamatch.build(path, out)
    assert balanced(report)
    assert report.readers == {str(path): "nsrl3"}
    assert report.counts == dict.fromkeys(("md5", "sha1", "sha256"), 20000)
    assert sorted(tmp_path.iterdir()) == sorted([*before, out])  # nothing beside the database
    again = out.with_name("again.csml")
    for stream in (io.BytesIO(path.read_bytes()), io.BytesIO(gzip.compress(path.read_bytes()))):
        csamatch.build(stream, again)
        assert again.read_bytes() == out.read_bytes()


def test_dirty(tmp_path, out):
    rows = [
        row(1),
        (sha256(2), None, md5(2), ""),
        (sha256(3), "xyz", md5(3), ""),
        ("", None, None, ""),
        (sha256(5) + "\n", sha1(5), "\x1f", ""),
        row(6),
    ]
    report = csamatch.build(database(tmp_path / "x.db", rows), out)
    assert [(s.where, s.reason) for s in report.samples] == [
        ("row 3", "sha1: 3 characters; expected 40"),
        ("row 4", "no digest that can be listed"),
        ("row 5", "more columns than expected"),
    ]
    lst = csamatch.open(out)
    assert all(d in lst for i in (1, 6) for d in (md5(i), sha1(i), sha256(i)))
    assert all(d in lst for d in (md5(2), sha256(2), md5(3), sha256(3), sha1(5), sha256(5)))
    assert sum(report.counts.values()) == 12


def test_truncated_and_damaged(tmp_path, out):
    whole = database(tmp_path / "x.db", [row(i) for i in range(2000)]).read_bytes()
    out.write_bytes(b"old")
    cut = tmp_path / "cut.db"
    for size in (len(whole) - 1, len(whole) // 2, 1024):
        cut.write_bytes(whole[:size])
        for source in (cut, io.BytesIO(whole[:size])):
            with pytest.raises(FormatError, match="truncated") as caught:
                csamatch.build(source, out, reader="nsrl3")
            assert caught.value.where == f"byte {size}"
    torn = bytearray(whole)
    torn[len(whole) // 2 : len(whole) // 2 + 1024] = bytes(1024)
    with pytest.raises(FormatError, match=r"row \d+: damaged"):
        csamatch.build(io.BytesIO(torn), out, reader="nsrl3")
    assert out.read_bytes() == b"old"


def test_other_databases_are_refused(tmp_path, out):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE files (md5)")
    db.close()
    with pytest.raises(FormatError):
        csamatch.build(path, out)
    with pytest.raises(FormatError, match="no table FILE"):
        csamatch.build(path, out, reader="nsrl3")
    with pytest.raises(FormatError, match="not an SQLite"):
        csamatch.build(io.BytesIO(b"SQLite"), out, reader="nsrl3")


HOSTILE = {
    "far more steps": "SELECT a.md5 FROM METADATA a, METADATA b, METADATA c, METADATA d "
    "WHERE a.md5 || b.md5 || c.md5 = d.name",
    "recurs": "WITH RECURSIVE n(md5) AS (SELECT 1 UNION ALL SELECT md5 + 1 FROM n) "
    "SELECT md5 FROM n",
    "calls randomblob": "SELECT randomblob(1000000000) AS md5 FROM METADATA",
    "calls replace": "SELECT replace(md5, 'a', name) AS md5 FROM METADATA",
    "damaged or truncated": "SELECT md5 || md5 || substr(hex(x'"
    + "00" * 40_000
    + "'), 1, 90000) AS md5 FROM METADATA",
}


@pytest.mark.parametrize("reason", HOSTILE)
def test_a_hostile_view_is_stopped(tmp_path, out, reason):
    path = database(tmp_path / "h.db", [row(i) for i in range(200)], as_view=True)
    with sqlite3.connect(path) as db:
        db.execute("DROP VIEW FILE")
        db.execute(f"CREATE VIEW FILE AS {HOSTILE[reason]}")
    db.close()
    out.write_bytes(b"the old list")
    with pytest.raises(FormatError, match=reason):
        csamatch.build(path, out)
    assert out.read_bytes() == b"the old list"


def test_a_view_may_tidy_up(tmp_path, out):
    path = database(tmp_path / "v.db", [row(i) for i in range(2000)], as_view=True)
    with sqlite3.connect(path) as db:
        db.execute("DROP VIEW FILE")
        db.execute(
            "CREATE VIEW FILE AS SELECT DISTINCT upper(a.sha1) AS sha1, lower(b.md5) AS md5, "
            "CASE b.md5 WHEN '' THEN '' ELSE substr(a.name, 2) END AS file_name "
            "FROM METADATA a JOIN METADATA b ON a.sha256 = b.sha256 ORDER BY b.md5"
        )
    db.close()
    assert csamatch.build(path, out).counts == {"md5": 2000, "sha1": 2000}
