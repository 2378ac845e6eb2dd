"""Keys that are worst for the directory and the windows, against random ones.

    python bench/worst_keys.py --keys 1e6 --rounds 5

Every row is a shape of keys, on one kernel; its ratio says how many times longer a batch takes than
the same batch of random keys on that kernel, in the same run, in turns. Queries that are not listed
have the shape of the keys too, so that whatever misleads the directory does so for misses as well.
All answers are checked.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from csamatch import _core, kernels
from csamatch.bench.sample import Sample, huge

RANDOM = "random"
QUERIES = 1_000_000


def mix(numbers: np.ndarray) -> np.ndarray:
    """Other numbers of 64 bits that look random, no two the same."""
    for factor in (0xD6E8FEB86659FD93, 0xA0761D6478BD642F):
        numbers = (numbers ^ numbers >> np.uint64(32)) * np.uint64(factor)
    return numbers ^ numbers >> np.uint64(32)


def big(numbers: np.ndarray) -> np.ndarray:
    """Rows of eight bytes."""
    return numbers.astype(">u8").view(np.uint8).reshape(-1, 8)


def join(*parts: np.ndarray) -> np.ndarray:
    return np.concatenate(parts, axis=1)


def noise(numbers: np.ndarray, width: int) -> np.ndarray:
    """Rows that look random, no two the same where eight bytes are enough for that."""
    parts = [big(mix(numbers + np.uint64(salt << 40))) for salt in range(width // 8 + 1)]
    return join(*parts)[:, :width]


def same(numbers: np.ndarray, width: int) -> np.ndarray:
    return np.full((len(numbers), width), 0x55, np.uint8)


def scattered(numbers: np.ndarray) -> np.ndarray:
    """Rows of four bytes all over their range, no two the same."""
    return big(numbers * np.uint64(0x9E3779B1) % np.uint64(1 << 32))[:, 4:]


def ends_that_cancel(n: np.ndarray, width: int) -> np.ndarray:
    """Rows whose first and last eight bytes have the same sum: all the filter sees of them."""
    ends = noise(n, 8)
    return join(ends, noise(n, width - 16), ~ends)


def bottom_or_top(n: np.ndarray, width: int) -> np.ndarray:
    """Rows of zeros or of ones."""
    which = (n // np.uint64(2) % np.uint64(2) * np.uint64(255)).astype(np.uint8)
    return np.repeat(which[:, None], width, axis=1)


# The rows of a shape for some numbers; even ones are listed, odd ones are not.
SHAPES: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    RANDOM: noise,
    "one bucket": lambda n, w: join(same(n, 4), noise(n, w - 4)),
    "counting up": lambda n, w: join(same(n, w - 8) * 0, big(n * np.uint64(3))),
    "counting up in front": lambda n, w: join(big(n * np.uint64(3)), same(n, w - 8)),
    "runs of last bytes": lambda n, w: join(
        noise(n // np.uint64(256), w - 1), big(n)[:, 7:]
    ),
    "equal but the first eight": lambda n, w: join(noise(n, 8), same(n, w - 8)),
    "equal but the last eight": lambda n, w: join(same(n, w - 8), noise(n, 8)),
    "ends that cancel": ends_that_cancel,
    "ends that cancel, one bucket": lambda n, w: join(
        same(n, 4), scattered(n), noise(n, w - 16), ~same(n, 4), ~scattered(n)
    ),
    "two clusters": lambda n, w: join(bottom_or_top(n, w - 8), noise(n, 8)),
}  # fmt: skip


def make_batch(shape: str, count: int, width: int, hits: float) -> tuple[np.ndarray, np.ndarray]:
    """Queries in random order, and which of them are listed."""
    rng = np.random.default_rng(count)
    listed = rng.random(QUERIES) < hits
    numbers = rng.integers(0, count, QUERIES).astype(np.uint64) * np.uint64(2)
    numbers += ~listed
    queries = huge(QUERIES * width).reshape(QUERIES, width)
    queries[:] = SHAPES[shape](numbers, width)
    return queries, listed


def make_actions(
    shape: str, count: int, width: int, hits: float, out: np.ndarray
) -> dict[tuple[str, str], Callable[[], int]]:
    """How to look one batch up into `out`, on each kernel; answers are checked here, once."""
    keys = SHAPES[shape](np.arange(count, dtype=np.uint64) * np.uint64(2), width).copy()
    _core.rows_sort(keys, count, width)
    _core.rows_check(keys, 0, count, width)
    sample = Sample(count, width, keys)
    queries, listed = make_batch(shape, count, width, hits)
    actions = {}
    for kernel in kernels():
        keyset = sample.key_set(kernel)
        found = keyset.match(queries, 0, QUERIES, out)
        assert np.array_equal(out[:found, 0], np.flatnonzero(listed)), (shape, kernel)
        assert np.array_equal(keys[out[:found, 1]], queries[listed]), (shape, kernel)
        actions[kernel, shape] = partial(keyset.match, queries, 0, QUERIES, out)
    return actions


def measure(actions: Mapping[Any, Callable[[], Any]], rounds: int) -> dict[Any, float]:
    """Median seconds of each action, taken in turns."""
    times: dict[Any, list[float]] = {name: [] for name in actions}
    for _ in range(rounds + 1):  # the first round only warms up
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=float, default=1e6)
    parser.add_argument("--width", type=int, default=16, choices=[16, 20, 32])
    parser.add_argument("--hits", type=float, nargs="+", default=[0.001, 0.5])
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    print(f"{platform.machine()}, {args.keys:,.0f} keys of {args.width} bytes")
    print(f"{'hits':>6}  {'kernel':<10}{'keys':<30}{'ns a query':>11}{'ratio':>7}")
    out = np.empty((QUERIES, 2), np.int64)
    for hits in args.hits:
        actions: dict[tuple[str, str], Callable[[], int]] = {}
        for shape in SHAPES:
            actions |= make_actions(shape, int(args.keys), args.width, hits, out)
        taken = measure(actions, args.rounds)
        for kernel, shape in sorted(actions, key=lambda place: place[0]):
            seconds = taken[kernel, shape]
            ratio = seconds / taken[kernel, RANDOM]
            nanoseconds = seconds / QUERIES * 1e9
            print(f"{hits:>6.1%}  {kernel:<10}{shape:<30}{nanoseconds:>11.1f}{ratio:>7.1f}")


if __name__ == "__main__":
    main()
