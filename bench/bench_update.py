"""How fast an update is, beside building the new list afresh from text, and the memory it takes.

    python bench/bench_update.py [--keys 1e7] [--changes 1e5] [--rounds 3]

MD5s in a text file are built into a list; as many as --changes says are removed from it and added.
The ways to the new list run in processes of their own, in turns, and must give the same bytes. Two
go from file to file; "update, opened" is of a list that the process had opened, and so verified,
before. An update verifies its base unless that was done, writes, and searches what it writes. Times
of the processor count both its own and the system's. Memory is the process's peak above that of its
imports, beside what the keys alone take.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import csamatch


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):  # ru_maxrss counts the process that started this one
            return 1024 * int(line.split()[1])
    return 0


def run(way: str, folder: Path) -> None:
    # Whatever a first build and a first update import and load.
    few = folder / "few.csml"
    csamatch.build(folder / "few.txt", few)
    csamatch.update(few, few, add=folder / "few.txt")
    before, base = peak(), folder / "base.csml"
    given = csamatch.open(base) if way == "update, opened" else base
    wall, start = time.perf_counter(), time.process_time()
    if way != "build":
        receipt = csamatch.update(
            given,
            folder / f"{way}.csml",
            add=folder / "add.txt",
            remove=folder / "remove.txt",
        )
        assert sum(receipt.added.values()) == sum(receipt.removed.values()) > 0
    else:
        csamatch.build(folder / "new.txt", folder / "build.csml")
    used = time.process_time() - start
    print(json.dumps([used, time.perf_counter() - wall, peak() - before]))


def write(path: Path, keys: np.ndarray) -> None:
    """Write digests as text, one a line."""
    with path.open("wb") as file:
        for start in range(0, len(keys), 1 << 20):
            text = keys[start : start + (1 << 20)].tobytes().hex().encode()
            digits = np.frombuffer(text, np.uint8).reshape(-1, 2 * keys.shape[1])
            file.write(np.pad(digits, ((0, 0), (0, 1)), constant_values=10).tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast an update is.")
    parser.add_argument("--keys", type=float, default=1e7)
    parser.add_argument("--changes", type=float, default=1e5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--run", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.run:
        run(given.run[0], Path(given.run[1]))
        return
    count, changes = int(given.keys), int(given.changes)
    found: dict[str, list[list[float]]] = {"update": [], "update, opened": [], "build": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rng = np.random.default_rng(3)
        keys = rng.integers(0, 256, (count + changes, 16), dtype=np.uint8)
        write(folder / "few.txt", keys[:1])
        write(folder / "base.txt", keys[:count])
        write(folder / "new.txt", keys[changes:])
        write(folder / "remove.txt", keys[:changes])
        write(folder / "add.txt", keys[count:])
        csamatch.build(folder / "base.txt", folder / "base.csml")
        (folder / "base.txt").unlink()
        del keys
        for _ in range(given.rounds):
            for way, rounds in found.items():
                # What a replaced file took is given back at once where nobody has it open.
                (folder / f"{way}.csml").unlink(missing_ok=True)
                command = [sys.executable, __file__, "--run", way, name]
                said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
                rounds.append(json.loads(said))
        contents = {(folder / f"{way}.csml").read_bytes() for way in found}
        assert len(contents) == 1
    show(found, count, changes)


def show(found: dict[str, list[list[float]]], count: int, changes: int) -> None:
    """Print a table in Markdown."""
    print(f"{count:,} keys, {changes:,} removed, {changes:,} added\n")
    print("| way | processor, s | elapsed, s | peak memory, x the keys |\n|---|---|---|---|")
    medians = {}
    for way, rounds in found.items():
        medians[way] = [statistics.median(column) for column in zip(*rounds, strict=True)]
        used, elapsed, memory = medians[way]
        print(f"| {way} | {used:.2f} | {elapsed:.2f} | {memory / (16 * count):.2f} |")
    other, waited, _ = medians.pop("build")
    print()
    for way, (used, elapsed, _) in medians.items():
        print(f"build / {way}: {other / used:.1f} processor, {waited / elapsed:.1f} elapsed")


if __name__ == "__main__":
    main()
