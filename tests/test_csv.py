"""The C scanner of tables against Python's csv."""

from __future__ import annotations

import csv
import io
import random

import pytest

from csamatch import _core


def oracle(document: str) -> list[tuple[int, list[str] | None]]:
    """(line, row) by Python's csv; None for a line on which a broken row begins.

    A broken row costs its first line only, so reading starts afresh behind that.
    """
    lines = document.split("\n")
    lines = [line + "\n" for line in lines[:-1]] + lines[-1:]
    found: list[tuple[int, list[str] | None]] = []
    at = 0
    while at < len(lines):
        rows = csv.reader(iter(lines[at:]), strict=True, skipinitialspace=True)
        try:
            row = next(rows, None)
        except csv.Error as error:
            if "unexpected end" in str(error):
                return [*found, (at + 1, ["open quote"])]
            found.append((at + 1, None))
            at += 1
            continue
        if row is None:
            break
        if row and (len(row) > 1 or row[0].strip(" \t")):
            found.append((at + 1, row))
        at += rows.line_num
    return found


def widths(document: bytes, piece: int) -> list[tuple[int, str, int]]:
    """(line, first cell, columns) of each row, where no more than the first cell is wanted."""
    scanner = _core.CsvScanner([(0, 0)], 3, 1 << 60, 0, ",", '"', "")
    found = []
    at, known, line = 0, 0, 1
    while known < len(document):
        known = min(known + piece, len(document))
        is_last = known == len(document)
        while at < known and (used := scanner.scan(document[:known], at, is_last)):
            raw, data = scanner.texts(0)
            ends = [0, *memoryview(raw).cast("I")]
            for row, front, what, _, start, _ in scanner.issues():
                if what == 3:  # as csamatch.h numbers it
                    found.append((line + front, data[ends[row] : ends[row + 1]].decode(), start))
            at += used
            line += scanner.line_count
    return found


def scanned(document: bytes, piece: int) -> list[tuple[int, list[str] | None]]:
    """The same by the scanner, of four columns, given `piece` more bytes at a time."""
    columns = [(i, 0) for i in range(4)]
    scanner = _core.CsvScanner(columns, 3, 0, 1 << 60, ",", '"', "")
    found: list[tuple[int, list[str] | None]] = []
    at, known, line = 0, 0, 1
    while True:
        known = min(known + piece, len(document))
        is_last = known == len(document)
        while at < known and (used := scanner.scan(document[:known], at, is_last)):
            broken = {row for row, _, what, *_ in scanner.issues()}
            lines = memoryview(scanner.lines()).cast("I")
            texts = [scanner.texts(i) for i in range(4)]
            for row in range(scanner.rows):
                cells = []
                for raw, data in texts:
                    ends = memoryview(raw).cast("I")
                    start = ends[row - 1] if row else 0
                    cells.append(bytes(data[start : ends[row]]).decode())
                found.append((line + lines[row], None if row in broken else cells))
            at += used
            line += scanner.line_count
        if is_last:
            return [*found, (line, ["open quote"])] if at < known else found


def four(row: list[str] | None) -> list[str] | None:
    if row is None or row == ["open quote"]:
        return row
    return [*(cell.strip(" \t") for cell in row[:4]), *[""] * (4 - len(row))]


PIECES = ["a", "bc", ",", ",", '"', '"', '""', "\n", "\n", "\r\n", " ", "\r", "x" * 17, "\t", "ü"]


@pytest.mark.parametrize("seed", range(60))
def test_rows_are_those_of_pythons_csv(seed):
    """On random documents, most of them broken somewhere, whatever the chunks."""
    rng = random.Random(seed)
    for _ in range(20):
        document = "".join(rng.choices(PIECES, k=rng.randrange(40)))
        expected = [(line, four(row)) for line, row in oracle(document)]
        raw = document.encode()
        for piece in (1, 2, 3, 7, 16, len(raw) + 1):
            assert scanned(raw, piece) == expected, (document, piece)


@pytest.mark.parametrize(
    "cell",
    [
        '"q"z',
        '"q" ',
        'a"b',
        'a"b,c"',
        ' "a"',
        '"a""b"',
        '"a,b"',
        '"a\nb"',
        '"a\r\nb"',
        '"',
        "\r",
        "\rx",
        "",
    ],
)
def test_where_a_block_ends_makes_no_difference(cell):
    for pad in range(140):
        document = f"x,{'y' * pad},{cell},{'w' * 100},z\nx,{'y' * pad},{cell}\r\n{'v' * 80},\n"
        expected = [
            (line, row[0], len(row))
            for line, row in oracle(document)
            if row not in (None, ["open quote"])
        ]
        assert widths(document.encode(), len(document)) == expected, pad


@pytest.mark.parametrize("seed", range(60))
def test_columns_that_nobody_wants_are_passed(seed):
    """Rows long enough to be looked at in blocks, and what makes them other than plain."""
    rng = random.Random(seed)
    cells = [*["a", '"b"', '""', "12345678", '"x,y;z"', '"' + "n" * 70 + '"'] * 6,
             '"a""b"', 'a"b', '"a"b', '"a\nb"', ' "a"', '"a" ', "\r", '"']  # fmt: skip
    for _ in range(20):
        rows = [
            ",".join(rng.choices(cells, k=rng.choice([1, 5, 40]))) for _ in range(rng.randrange(6))
        ]
        document = rng.choice(["\n", "\r\n"]).join(rows)
        expected = [
            (line, row[0].strip(" \t"), len(row))
            for line, row in oracle(document)
            if row not in (None, ["open quote"])
        ]
        for piece in (1, 64, 65, 200, len(document) + 1):
            found = widths(document.encode(), piece)
            assert found == expected, (document, piece)


@pytest.mark.parametrize("seed", range(10))
def test_rows_that_pythons_csv_writes_are_read_back(seed):
    rng = random.Random(seed)
    rows = [
        ["x" + "".join(rng.choices(["a", '"', ",", "\n", "\r\n", ";"], k=8)) + "x" for _ in "1234"]
        for _ in range(50)
    ]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=rng.choice(["\n", "\r\n"])).writerows(rows)
    document = text.getvalue().encode()
    for piece in (1, 2, 3, 5, 64, 1 << 20):
        assert [cells for _, cells in scanned(document, piece)] == rows
