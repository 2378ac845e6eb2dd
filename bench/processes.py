"""Ways to do one thing, each measured in a process of its own, in turns."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median

Rounds = list[tuple[float, int]]
"""Seconds of the processor, and the most memory that was used, of each round."""


def peak() -> int:
    """The most memory that this process has had, in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    return 0


def run(way: Callable[[str], int], path: str, modules: Iterable[str]) -> None:
    """Measure one way, warmed up on nothing but its imports, and print what was found."""
    for name in modules:
        importlib.import_module(name)
    before = peak()
    start = time.process_time()
    count = way(path)
    elapsed = time.process_time() - start
    print(json.dumps([count, elapsed, peak() - before]))


def in_turns(
    script: str, ways: Iterable[str], path: Path, rounds: int
) -> tuple[dict[str, Rounds], int]:
    """Have a script ``run`` each way once a round; return what was found, and the one count."""
    found: dict[str, Rounds] = {way: [] for way in ways}
    counts = set()
    for _ in range(rounds):
        for way, rows in found.items():
            command = [sys.executable, script, str(path), "--run", way]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            count, elapsed, memory = json.loads(said)
            counts.add(count)
            rows.append((elapsed, memory))
    assert len(counts) == 1, counts
    return found, counts.pop()


def show(found: dict[str, Rounds], size: int, count: int, peers: Iterable[str]) -> None:
    """Print a table in Markdown: of each way its speed, beside that of peers, and its memory."""
    medians = {way: median(elapsed for elapsed, _ in rows) for way, rows in found.items()}
    rounds = len(next(iter(found.values())))
    print(f"{size / 1e6:,.0f} MB, {count:,} records, {rounds} rounds\n")
    columns = ["way", "MB/s", *(f"x {peer}" for peer in peers), "peak memory, MB"]
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for way, elapsed in medians.items():
        ratios = [f"{medians[peer] / elapsed:.2f}" for peer in peers]
        memory = max(memory for _, memory in found[way])
        cells = [way, f"{size / elapsed / 1e6:,.0f}", *ratios, f"{memory / 1e6:,.0f}"]
        print(f"| {' | '.join(cells)} |")
