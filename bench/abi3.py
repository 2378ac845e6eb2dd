"""What the stable ABI costs: one wheel beside another, in batches and in single look-ups.

    python bench/abi3.py ABI3_WHEEL OTHER_WHEEL
    python bench/abi3.py --instructions ABI3_WHEEL OTHER_WHEEL

Both are unpacked and loaded by a process each, and take turns in many short rounds, in processor
time; then the same by other processes, whose objects lie elsewhere. Shown are medians, the ratio
being that of rounds next to each other. With --instructions, valgrind's callgrind counts what is
executed, nearly the same in every run, on few keys and with the kernel for AVX2; that needs a
Python with symbols, and says nothing of waiting for memory. Both wheels should come from one
compiler. The environment has what they depend on.
"""

from __future__ import annotations

import argparse
import contextvars
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

BATCH, BATCH_COUNTED = 50_000, 4_000
BRACKET = "context_run"  # CPython's function behind Context.run


def cases(batch: int) -> dict[str, Callable[[], Any]]:
    """What is measured, by name."""
    import csamatch

    keys = 4 * batch
    digests = [hashlib.md5(b"%d" % i).digest() for i in range(keys + batch)]
    hashes = csamatch.HashList.from_digests(digests[:keys])
    urls = csamatch.UrlList.from_entries([f"host{i}.example" for i in range(keys // 10)])
    asked = digests[keys - batch // 100 :][:batch]  # one in a hundred is listed
    texts = [digest.hex() for digest in asked]
    links = [f"https://www.host{i}.example/page/{i}?x=1" for i in range(0, 10 * batch, 10)]
    mixed = [d if i % 2 else hashlib.sha1(d).hexdigest() for i, d in enumerate(asked)]
    messages = [f"Seen at {link}, as it seems." for link in links]
    packed = b"".join(asked)

    def single(lst: Any, items: list[Any]) -> Callable[[], int]:
        return lambda: sum(item in lst for item in items)

    return {
        "batch, packed digests": lambda: hashes.match(packed, algorithm="md5"),
        "batch, list of bytes": lambda: hashes.match(asked),
        "batch, list of hex": lambda: hashes.match(texts),
        "batch, bytes and hex": lambda: hashes.match(mixed),
        "batch, URLs": lambda: urls.match(links),
        "batch, messages": lambda: urls.match_text(messages),
        "batch, normalizing": lambda: csamatch.normalize_urls(links),
        "in, bytes": single(hashes, asked),
        "in, hex": single(hashes, texts),
        "in, URL": single(urls, links),
    }


def load(folder: str, batch: int) -> dict[str, Callable[[], Any]]:
    """Load what a wheel holds, and say so; what is to be measured of it."""
    sys.path.insert(0, folder)
    from csamatch import _core

    assert _core.__file__.startswith(folder), _core.__file__
    measured = cases(batch)
    for case in measured.values():
        case()
    print(json.dumps([Path(_core.__file__).name, *_core.kernels()]), flush=True)
    return measured


def serve(folder: str) -> None:
    """Time each case once for every line that comes in; the first answer says what runs."""
    measured = load(folder, BATCH)
    for _ in sys.stdin:
        times = {}
        for name, case in measured.items():
            start = time.process_time()
            case()
            times[name] = time.process_time() - start
        print(json.dumps(times), flush=True)


def run_bracketed(folder: str) -> None:
    """Run each case once in a function that callgrind can tell; answer with their names."""
    measured = load(folder, BATCH_COUNTED)
    for case in measured.values():
        contextvars.Context().run(case)
    print(json.dumps(list(measured)), flush=True)


class Side:
    """A process that measures one wheel."""

    def __init__(self, wheel: Path, folder: Path, how: str = "--serve", *before: str) -> None:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        command = [*before, sys.executable, __file__, how, str(folder)]
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.rounds: dict[str, list[float]] = {}

    def answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.process.args} said nothing")
        return json.loads(line)

    def measure(self) -> None:
        assert self.process.stdin is not None
        print(file=self.process.stdin, flush=True)
        for name, seconds in self.answer().items():
            self.rounds.setdefault(name, []).append(1e9 * seconds / BATCH)


Rounds = list[dict[str, list[float]]]  # of the abi3 wheel, and of the other


def time_pair(wheels: list[Path], folder: Path, rounds: int) -> tuple[list[Any], Rounds]:
    """Time both wheels, in turns."""
    sides = [Side(wheel, folder / str(i)) for i, wheel in enumerate(wheels)]
    what = [side.answer() for side in sides]
    for turn in range(rounds):
        for side in sides if turn % 2 else reversed(sides):
            side.measure()
    for side in sides:
        side.process.communicate()
    return what, [side.rounds for side in sides]


def count_pair(wheels: list[Path], folder: Path) -> tuple[list[Any], Rounds]:
    """Count the instructions of both wheels, side by side."""
    sides = []
    for i, wheel in enumerate(wheels):
        valgrind = (
            "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={folder / f'count.{i}'}",
            f"--toggle-collect={BRACKET}", f"--dump-after={BRACKET}",
        )  # fmt: skip
        sides.append(Side(wheel, folder / str(i), "--run-bracketed", *valgrind))
    what = [side.answer() for side in sides]
    counts: Rounds = []
    for i, side in enumerate(sides):
        names = side.answer()
        side.process.communicate()
        parts = [folder / f"count.{i}.{number}" for number in range(1, len(names) + 1)]
        if not all(part.exists() for part in parts):
            sys.exit(f"callgrind saw no {BRACKET}; has this Python symbols?")
        totals = [total_of(part) for part in parts]
        counts.append({name: [t / BATCH_COUNTED] for name, t in zip(names, totals, strict=True)})
    return what, counts


def total_of(part: Path) -> int:
    """What callgrind counted in one part."""
    (line,) = (li for li in part.read_text().splitlines() if li.startswith("totals:"))
    return int(line.split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=101)
    parser.add_argument("--pairs", type=int, default=3, help="of processes, one after another")
    parser.add_argument("--instructions", action="store_true")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--run-bracketed", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve)
        return
    if args.run_bracketed:
        run_bracketed(args.run_bracketed)
        return
    if len(args.wheels) != 2:
        parser.error("two wheels, the abi3 one first")
    with tempfile.TemporaryDirectory() as folder:
        if args.instructions:
            pairs = [count_pair(args.wheels, Path(folder))]
        else:
            pairs = [time_pair(args.wheels, Path(folder), args.rounds) for _ in range(args.pairs)]
    (abi3, other), _ = pairs[0]
    print(f"CPython {sys.version.split()[0]}: {' '.join(abi3)} beside {other[0]}")
    unit = "instr." if args.instructions else "ns"
    print(f"{'an item':24}{f'abi3, {unit}':>14}{f'other, {unit}':>14}{'ratio':>8}")
    for name in pairs[0][1][0]:
        ours, theirs = ([r for _, sides in pairs for r in sides[i][name]] for i in (0, 1))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        medians = statistics.median(ours), statistics.median(theirs)
        print(f"{name:24}{medians[0]:14.1f}{medians[1]:14.1f}{ratio:8.3f}")


if __name__ == "__main__":
    main()
