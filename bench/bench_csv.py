"""How fast a table like NSRL's is read, beside Python's csv module, and what memory that takes.

    python bench/bench_csv.py [--rows 1e7] [--rounds 3]

The rows are made up: a SHA-1 and an MD5 each, quoted, and a name of 4 to 67 characters, as in
NSRLFile.txt. Each way to read the file runs in a process of its own, once a round, all of them in
turns; what counts are the ratios of the medians. Times are those of the processor, for none of
them waits or uses a second thread. The loop over csv.reader does what reading does: it decodes
both digests of a row and keeps them until a batch is full. The build also leaves out what must not
be listed, sorts, and writes a list.

    python bench/bench_csv.py --write - --rows 1e8 | csamatch build - -o list.csml

writes the rows and does nothing else.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import BinaryIO

import numpy as np

import processes

HEADER = (
    b'"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"\r\n'
)
CYCLE = 64
BLOCK = CYCLE << 9
WIDTHS = (20, 16, 4)  # of the bytes behind the hexadecimal columns


def write_rows(file: BinaryIO, rows: int) -> None:
    """Write a table of so many rows, rounded up to whole blocks."""
    rng = np.random.default_rng(1)
    digits = np.frombuffer(b"0123456789ABCDEF", np.uint8)
    cycle = b"".join(
        b'"%s","%s","%s","%s",%d,%d,"362",""\r\n'
        % (*(b"\0" * 2 * w for w in WIDTHS), b"n" * (4 + 37 * i % CYCLE), 1000 + i * 977, 9000 + i)
        for i in range(CYCLE)
    )
    text = np.frombuffer(cycle * (BLOCK // CYCLE), np.uint8).copy()
    places = np.flatnonzero(text == 0)
    file.write(HEADER)
    for _ in range(0, rows, BLOCK):
        drawn = rng.integers(0, 256, len(places) // 2, dtype=np.uint8)
        text[places[::2]] = digits[drawn >> 4]
        text[places[1::2]] = digits[drawn & 15]
        file.write(text.data)


def read_with_csamatch(path: str) -> int:
    from csamatch.readers import READERS

    with Path(path).open("rb") as file:
        return sum(batch.count for batch in READERS["nsrl"].read(file, path, {}))


def build_with_csamatch(path: str) -> int:
    import csamatch

    with tempfile.TemporaryDirectory() as folder:
        return csamatch.build(path, Path(folder) / "list.csml").read


def read_with_csv(path: str) -> int:
    import csv

    count, batch = 0, 1 << 13
    sha1, md5 = bytearray(), bytearray()
    with Path(path).open(encoding="latin-1", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for row in rows:
            sha1 += bytes.fromhex(row[0])
            md5 += bytes.fromhex(row[1])
            if len(md5) == 16 * batch:
                assert len(sha1) == 20 * batch
                count += batch
                sha1.clear()
                md5.clear()
    return count + len(md5) // 16


def count_with_csv(path: str) -> int:
    import csv

    with Path(path).open(encoding="latin-1", newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


WAYS = {
    "csamatch, reading": read_with_csamatch,
    "csamatch, building": build_with_csamatch,
    "csv.reader": read_with_csv,
    "csv.reader, nothing decoded": count_with_csv,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast a table like NSRL's is read.")
    parser.add_argument("source", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=float, default=1e7)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write", metavar="FILE", help="write the rows, or - for standard output")
    parser.add_argument("--run", choices=WAYS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        processes.run(WAYS[given.run], given.source, ["csamatch", "csv"])
        return
    if given.write:
        with sys.stdout.buffer if given.write == "-" else Path(given.write).open("wb") as file:
            write_rows(file, int(given.rows))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "NSRLFile.txt"
        with path.open("wb") as file:
            write_rows(file, int(given.rows))
        found, count = processes.in_turns(__file__, WAYS, path, given.rounds)
        processes.show(found, path.stat().st_size, count, ["csv.reader"])


if __name__ == "__main__":
    main()
