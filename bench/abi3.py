"""What the stable ABI costs: one wheel beside another, in batches and in single look-ups.

    python bench/abi3.py ABI3_WHEEL OTHER_WHEEL

Both are unpacked and loaded by a process each, and take turns; the fastest round of each counts, in
processor time. Both should come from one compiler. The environment has what they depend on.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEYS, BATCH = 200_000, 50_000


def cases() -> dict[str, Callable[[], Any]]:
    """What is measured, by name."""
    import csamatch

    digests = [hashlib.md5(b"%d" % i).digest() for i in range(KEYS + BATCH)]
    hashes = csamatch.HashList.from_digests(digests[:KEYS])
    urls = csamatch.UrlList.from_entries([f"host{i}.example" for i in range(KEYS // 10)])
    asked = digests[KEYS - BATCH // 100 :][:BATCH]  # one in a hundred is listed
    texts = [digest.hex() for digest in asked]
    links = [f"https://www.host{i}.example/page/{i}?x=1" for i in range(0, 5 * BATCH, 10)]
    packed = b"".join(asked)

    def single(lst: Any, items: list[Any]) -> Callable[[], int]:
        return lambda: sum(item in lst for item in items)

    return {
        "batch, packed digests": lambda: hashes.match(packed, algorithm="md5"),
        "batch, list of bytes": lambda: hashes.match(asked),
        "batch, list of hex": lambda: hashes.match(texts),
        "batch, URLs": lambda: urls.match(links),
        "in, bytes": single(hashes, asked),
        "in, hex": single(hashes, texts),
        "in, URL": single(urls, links),
    }


def serve(folder: str) -> None:
    """Time each case once for every line that comes in; the first answer says what runs."""
    sys.path.insert(0, folder)
    from csamatch import _core

    assert _core.__file__.startswith(folder), _core.__file__
    measured = cases()
    print(json.dumps([Path(_core.__file__).name, *_core.kernels()]), flush=True)
    for _ in sys.stdin:
        times = {}
        for name, case in measured.items():
            start = time.process_time()
            case()
            times[name] = time.process_time() - start
        print(json.dumps(times), flush=True)


class Side:
    """A process that measures one wheel."""

    def __init__(self, wheel: Path, folder: Path) -> None:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        command = [sys.executable, __file__, "--serve", str(folder)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.what = self.answer()
        self.best: dict[str, float] = {}

    def answer(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def measure(self) -> None:
        assert self.process.stdin is not None
        print(file=self.process.stdin, flush=True)
        for name, seconds in self.answer().items():
            self.best[name] = min(seconds, self.best.get(name, seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheels", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        serve(args.serve)
        return
    if len(args.wheels) != 2:
        parser.error("two wheels, the abi3 one first")
    with tempfile.TemporaryDirectory() as folder:
        abi3, other = sides = [
            Side(wheel, Path(folder) / str(i)) for i, wheel in enumerate(args.wheels)
        ]
        for turn in range(args.rounds):
            for side in sides if turn % 2 else reversed(sides):
                side.measure()
        for side in sides:
            side.process.communicate()
    print(f"CPython {sys.version.split()[0]}: {' '.join(abi3.what)} beside {other.what[0]}")
    print(f"{'':24}{'abi3, ns':>10}{'other, ns':>10}{'ratio':>8}")
    for name, seconds in abi3.best.items():
        each = [1e9 * s / BATCH for s in (seconds, other.best[name])]
        print(f"{name:24}{each[0]:10.1f}{each[1]:10.1f}{each[0] / each[1]:8.3f}")


if __name__ == "__main__":
    main()
