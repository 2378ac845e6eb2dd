"""Opening list files and building them."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import csamatch
from csamatch.bench import stopwatch
from csamatch.bench.forms import as_hex
from csamatch.bench.sample import Sample
from csamatch.bench.turns import Contender, Row, Say
from csamatch.errors import Error

OPEN = "open"
BUILD = "build"

BUILD_ROUNDS = 3
"""At most so many rounds of whole builds, which take long and vary little."""

_HASH = "read and hashlib.sha256"
_SORT = "sort -u --parallel=1"
_CHUNK = 10**6


def open_contenders(path: Path) -> list[Contender]:
    """Open in both ways, beside reading and hashing the same file."""
    count = len(csamatch.open(path))
    digest = hashlib.sha256(path.read_bytes()).digest()

    def contender(name: str, call: Callable[[Any], Any], check: Any, baseline: str) -> Contender:
        return Contender(OPEN, name, call, check, baseline=baseline)

    return [
        contender("open", lambda _: csamatch.open(path), lambda lst: len(lst) == count, _HASH),
        contender(
            "open(mmap=True, verify=False)",
            lambda _: csamatch.open(path, mmap=True, verify=False),
            lambda lst: len(lst) == count,
            _HASH,
        ),
        contender(
            _HASH,
            lambda _: hashlib.sha256(path.read_bytes()).digest(),
            lambda found: found == digest,
            "",
        ),
    ]


def _write_source(sample: Sample, path: Path) -> None:
    """Write the keys as lines of hex, in random order."""
    order = sample.random_order()
    with path.open("w", encoding="ascii") as file:
        for start in range(0, sample.count, _CHUNK):
            rows = sample.keys[order[start : start + _CHUNK]]
            file.writelines(f"{digest}\n" for digest in as_hex(rows))


def _run(command: list[str]) -> tuple[float, int]:
    """Run a process; return its seconds and its peak of memory."""
    result = subprocess.run(
        [sys.executable, "-I", "-S", stopwatch.__file__, *command],
        env={**os.environ, "LC_ALL": "C"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    status, seconds, peak = result.stdout.split()
    if int(status) != 0:
        raise Error(f"{BUILD}, {Path(command[0]).name}: exit status {status}")
    return float(seconds), int(peak)


def build_rows(sample: Sample, folder: Path, rounds: int, say: Say) -> list[Row]:
    """Build a list of random digests, beside sorting the same lines; whole processes."""
    source, built, ordered = folder / "source.txt", folder / "built.csml", folder / "sorted.txt"
    _write_source(sample, source)
    python = [sys.executable, "-m", "csamatch"]
    commands = {"csamatch build": [*python, "build", str(source), "-o", str(built), "--quiet"]}
    rows = [Row(BUILD, "csamatch build", baseline=_SORT), Row(BUILD, _SORT)]
    if shutil.which("sort"):
        commands[_SORT] = ["sort", "-u", "--parallel=1", "-o", str(ordered), str(source)]
    else:
        rows[1].note = "not installed"
    for number in range(rounds):
        for row in rows:
            if row.name in commands:
                say(f"round {number + 1} of {rounds}: {BUILD}, {row.name}")
                seconds, peak = _run(commands[row.name])
                row.times.append(seconds)
                row.peaks.append(peak)
    held = len(csamatch.open(built, mmap=True, verify=False))
    lines = ordered.stat().st_size // 33 if _SORT in commands else sample.count
    if not held == lines == sample.count:
        raise Error(f"{BUILD}: {held:,} keys built and {lines:,} lines sorted of {sample.count:,}")
    return rows
