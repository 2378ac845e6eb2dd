"""What importing csamatch takes beside numpy: medians of runs in turns.

    python bench/import_time.py [--rounds 15]

Each run is a fresh interpreter that imports numpy and then what is measured, under
``-X importtime``; the file cache is warm after the first, which does not count.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys

CASES = {
    "import csamatch": "",
    "and open, HashList, UrlList": "csamatch.open, csamatch.HashList, csamatch.UrlList",
    "and Matcher, LiveList": "csamatch.Matcher, csamatch.LiveList",
    "and build, update": "csamatch.build, csamatch.update",
    "all public names": "[getattr(csamatch, name) for name in csamatch.__all__]",
}
_LINE = re.compile(r"import time: +(\d+) \| +(\d+) \|( +)(\S+)")


def measure(use: str) -> tuple[float, float]:
    """Return the milliseconds that numpy took, and those of all that was imported after it."""
    code = f"import numpy\nimport csamatch\n{use}"
    command = [sys.executable, "-X", "importtime", "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    numpy = beyond = 0.0
    for line in told.splitlines():
        found = _LINE.fullmatch(line)
        if found is None:
            continue
        if found[4] == "numpy" and len(found[3]) == 1:
            numpy = int(found[2]) / 1000
        elif numpy:
            beyond += int(found[1]) / 1000  # its own time, without what it imports
    return numpy, beyond


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    rounds = parser.parse_args().rounds
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in CASES}
    for _ in range(rounds + 1):
        for name, use in CASES.items():
            runs[name].append(measure(use))
    all_numpy = [numpy for each in runs.values() for numpy, _ in each[1:]]
    print(f"{'numpy':<30}{statistics.median(all_numpy):>8.1f} ms")
    for name, each in runs.items():
        beyond = statistics.median(beyond for _, beyond in each[1:])
        share = statistics.median(beyond / numpy for numpy, beyond in each[1:])
        print(f"{name:<30}{beyond:>8.1f} ms  {share:>5.2f} of numpy")


if __name__ == "__main__":
    main()
