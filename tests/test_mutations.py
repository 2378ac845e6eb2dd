"""Binary formats changed at random: whatever comes of it is read, or refused with a typed error."""

from __future__ import annotations

import io
import os
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from csamatch.errors import FormatError
from csamatch.intake import Intake
from csamatch.readers import READERS, Head, choose
from csamatch.report import BuildReport
from hashsets import ENCASE
from sources import md5, sha1

TIMES = int(os.environ.get("CSAMATCH_TEST_MUTATIONS", "1"))
"""How many times as many mutations as in an ordinary run."""

ODD = [b"\0", b"\xff", b"\x7f", b"\x80", b"\n", b"\r\n", b'"', b"\xff" * 4, b"\0" * 8, b"\x7f\xff"]


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Change, drop, repeat or move a few pieces; the start more often than the rest."""
    found = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        size = len(found)
        at = rng.randrange(min(size, 120) if rng.random() < 0.3 else size) if size else 0
        piece = rng.randrange(1, 40)
        match rng.randrange(6):
            case 0:
                found[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                odd = rng.choice(ODD)
                found[at : at + len(odd)] = odd
            case 2:
                del found[at:]
            case 3:
                del found[at : at + piece]
            case 4:
                found[at:at] = found[at : at + piece]
            case 5:
                other = rng.randrange(size) if size else 0
                found[at : at + piece] = found[other : other + piece]
    return bytes(found)


def mutations(data: bytes, count: int) -> Iterator[bytes]:
    rng = random.Random(len(data))
    for _ in range(count * TIMES):
        yield mutate(data, rng)


def take(name: str, source: io.BytesIO, called: str) -> BuildReport:
    """Read a source through, as a build does."""
    report = BuildReport()
    intake = Intake(report, frozenset(), None, None)
    intake.set_kind("hashes", called)
    for item in READERS[name].read(source, called, {}):
        intake.take(item, called)
    intake.finish()
    return report


def encase(data: bytes) -> list[bytes]:
    """The digests that the reader finds."""
    found = []
    for batch in READERS["encase"].read(io.BytesIO(data), "x", {}):
        rows, digests = batch.digests["md5"]
        assert rows.tolist() == list(range(batch.count)) and len(digests) == 16 * batch.count
        found += [digests[at : at + 16] for at in range(0, len(digests), 16)]
    return found


def test_encase():
    data = ENCASE.golden[: 1152 + 18 * 12]
    refused = read = 0
    for changed in mutations(data, 20_000):
        records = [changed[at : at + 16] for at in range(1152, len(changed), 18)]
        is_whole = len(changed) > 1152 and (len(changed) - 1152) % 18 == 0
        is_sound = is_whole and changed.startswith(b"HASH\r\n\xff\x00")
        try:
            assert encase(changed) == records and is_sound
            read += 1
        except FormatError as error:
            assert not is_sound and error.source == "x" and "\n" not in str(error)
            refused += 1
    assert min(refused, read) > 4000 * TIMES


def database(path: Path) -> bytes:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA page_size=512")
        db.execute("CREATE TABLE METADATA (sha256, sha1, md5, name)")
        db.execute("CREATE VIEW FILE AS SELECT sha256, upper(sha1) AS sha1, md5 FROM METADATA")
        rows = [(md5(i) + md5(i + 1), sha1(i), md5(i), f"n{i}") for i in range(40)]
        db.executemany("INSERT INTO METADATA VALUES (?, ?, ?, ?)", rows)
        db.commit()
    return path.read_bytes()


def test_databases(tmp_path):
    data = database(tmp_path / "sound.db")
    path = tmp_path / "changed.db"
    refused = read = 0
    for changed in mutations(data, 400):
        path.write_bytes(changed)
        try:
            report = take("nsrl3", io.BytesIO(changed), str(path))
        except FormatError as error:
            assert error.source == str(path) and "\n" not in str(error)
            refused += 1
        else:
            read += report.read > 0
    assert min(refused, read) > 50 * TIMES
    assert sorted(each.name for each in tmp_path.iterdir()) == ["changed.db", "sound.db"]


@pytest.mark.parametrize("name", ["encase", "nsrl3"])
def test_they_are_recognised_or_refused(tmp_path, name):
    data = ENCASE.golden if name == "encase" else database(tmp_path / "sound.db")
    for changed in mutations(data, 150):
        try:
            reader, _ = choose("auto", Head(changed), "x")
        except FormatError as error:
            assert "\n" not in str(error)
        else:
            # Cut behind its first line, a hash set is a table of no rows.
            assert reader.name == name or (b"\0" not in changed and len(changed) < 64)
