"""How fast a keyed list answers batches, beside the same list without a key.

    python bench/bench_keyed.py [--keys 1e6] [--queries 1e6] [--rounds 9] [--algorithm md5]

Both look the same queries up, one in a thousand of them listed, in turns, with each kernel; the
answers are compared with those that are known. Shown is the time of the processor, the least of all
rounds, for one query, and what share of the plain list's throughput the keyed one has.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import numpy as np

import csamatch
from bench_update import write

WIDTHS = {"md5": 16, "sha1": 20, "sha256": 32}


def measure(lists, queries, expected, rounds):
    """Return the least nanoseconds that each list takes for one query."""
    least = [float("inf")] * len(lists)
    for _ in range(rounds):
        for i, lst in enumerate(lists):
            start = time.process_time()
            matches = lst.match(queries)
            used = time.process_time() - start
            assert np.array_equal(matches.mask, expected)
            least[i] = min(least[i], used * 1e9 / len(queries))
    return least


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=float, default=1e6)
    parser.add_argument("--queries", type=float, default=1e6)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--algorithm", choices=WIDTHS, default="md5")
    args = parser.parse_args()
    rng = np.random.default_rng(5)
    width, count = WIDTHS[args.algorithm], int(args.queries)
    keys = rng.integers(0, 256, (int(args.keys), width), dtype=np.uint8)
    queries = rng.integers(0, 256, (count, width), dtype=np.uint8)
    expected = np.arange(count) % 1000 == 0
    queries[expected] = keys[rng.choice(len(keys), int(expected.sum()))]
    with tempfile.TemporaryDirectory() as name:
        folder, secret = Path(name), os.urandom(32)
        write(folder / "keys.txt", keys)
        csamatch.build(folder / "keys.txt", folder / "plain")
        csamatch.build(folder / "keys.txt", folder / "keyed", key=secret)
        print(f"{len(keys):,} keys, {count:,} queries, {args.algorithm}")
        print(f"{'kernel':<10}{'plain ns':>10}{'keyed ns':>10}{'ratio':>8}")
        for kernel in csamatch.kernels():
            lists = [
                csamatch.open(folder / "plain", kernel=kernel),
                csamatch.open(folder / "keyed", kernel=kernel, key=secret),
            ]
            plain, keyed = measure(lists, queries, expected, args.rounds)
            print(f"{kernel:<10}{plain:>10.1f}{keyed:>10.1f}{plain / keyed:>8.2f}")


if __name__ == "__main__":
    main()
