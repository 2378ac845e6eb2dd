"""The engine against the physical limit: every kernel beside random gathers of cache lines.

    python bench/engine.py --keys 1e6 1e7 --rounds 7 --json engine.json

All rows of one table come from one run, in turns, and stand for the median of their rounds; `of
limit` divides a row's speed by that of reading one random line of the same keys per query, the
prefetch distance that serves it best included. Runs on a busy machine differ a lot; their ratios
differ less.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import mmap
import platform
import shlex
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from csamatch import _core, kernels

DISTANCES = (16, 32, 64)
QUERIES = 1_000_000


def huge(count: int, dtype: Any) -> np.ndarray:
    """Memory on huge pages, where the system has them."""
    memory = mmap.mmap(-1, max(1, count * np.dtype(dtype).itemsize))
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(memory, dtype, count)


def load_limit(folder: str) -> ctypes.CDLL:
    """Compile and load limit.c."""
    source = Path(__file__).with_name("limit.c")
    library = Path(folder) / "limit.so"
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")[:1]
    command = [*compiler, "-O2", "-shared", "-fPIC", str(source), "-o", str(library)]
    subprocess.run(command, check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.gather_lines.restype = loaded.gather_pairs.restype = ctypes.c_uint64
    return loaded


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def with_tables(keys: np.ndarray) -> tuple[np.ndarray, tuple]:
    """Sorted keys with their tables behind them, as in a list file, and where these lie."""
    count, width = keys.shape
    found_filter, index = _core.tables_build(keys, count, width)
    at = -(-keys.nbytes // 64) * 64
    index_at = at + -(-len(found_filter) // 64) * 64
    data = huge(index_at + len(index), np.uint8)
    data[: keys.nbytes] = keys.ravel()
    data[at : at + len(found_filter)] = np.frombuffer(found_filter, np.uint8)
    data[index_at:] = np.frombuffer(index, np.uint8)
    return data, (at, len(found_filter) // 8, index_at, len(index) // 4 - 1)


def make_queries(keys: np.ndarray, hits: float, rng: np.random.Generator) -> np.ndarray:
    """Random queries in random order, the given share of them listed."""
    count, width = keys.shape
    queries = huge(QUERIES * width, np.uint8).reshape(QUERIES, width)
    queries[:] = rng.integers(0, 256, queries.shape, dtype=np.uint8)
    listed = rng.random(QUERIES) < hits
    queries[listed] = keys[rng.integers(0, count, int(listed.sum()))]
    return queries, int(listed.sum())


def measure(actions: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Median seconds of each action, taken in turns."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for _ in range(rounds + 1):  # the first round only warms up
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken[1:]) for name, taken in times.items()}


def run(count: int, width: int, hits: float, rounds: int, limit: ctypes.CDLL) -> list[dict]:
    """Measure every kernel and the limits for one size of list."""
    rng = np.random.default_rng(count)
    keys = rng.integers(0, 256, (count, width), dtype=np.uint8)
    _core.rows_sort(keys, count, width)
    data, tables = with_tables(keys)
    keys = data[: count * width].reshape(count, width)
    queries, expected = make_queries(keys, hits, rng)
    lines = huge(2 * QUERIES, np.uint32).reshape(2, QUERIES)
    lines[:] = rng.integers(0, count * width // 64, lines.shape, dtype=np.uint32)
    out = np.empty((QUERIES, 2), np.int64)
    sets = {name: _core.KeySet(data, 0, count, width, name, tables) for name in kernels()}
    for name, keyset in sets.items():
        assert keyset.match(queries, 0, QUERIES, out) == expected, name
    size = ctypes.c_size_t(QUERIES)
    one, two = pointer(lines[0]), pointer(lines[1])
    actions: dict[str, Callable[[], Any]] = {}
    for ahead in DISTANCES:
        far = ctypes.c_size_t(ahead)
        actions[f"one line, {ahead} ahead"] = lambda far=far: limit.gather_lines(
            pointer(data), one, size, far
        )
        actions[f"two lines, {ahead} ahead"] = lambda far=far: limit.gather_pairs(
            pointer(data), one, two, size, far
        )
    for name, keyset in sets.items():
        actions[name] = lambda k=keyset: k.match(queries, 0, QUERIES, out)
    taken = measure(actions, rounds)
    best = min(taken[f"one line, {ahead} ahead"] for ahead in DISTANCES)
    pair = min(taken[f"two lines, {ahead} ahead"] for ahead in DISTANCES)
    extra = (data.nbytes - keys.nbytes) / count
    rows = [("limit: one line", best), ("limit: two lines", pair)]
    rows += [(name, taken[name]) for name in sets]
    return [
        {
            "keys": count,
            "width": width,
            "hits": hits,
            "row": name,
            "million_a_second": QUERIES / seconds / 1e6,
            "of_one_line": best / seconds,
            "of_two_lines": pair / seconds,
            "extra_bytes_a_key": extra,
        }
        for name, seconds in rows
    ]


def main() -> None:
    """Print the table, and write it as JSON where asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keys", type=float, nargs="+", default=[1e6, 1e7])
    parser.add_argument("--width", type=int, nargs="+", default=[16], choices=[8, 16, 20, 32])
    parser.add_argument("--hits", type=float, nargs="+", default=[0.001, 0.5])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    print(f"{platform.machine()}, Python {platform.python_version()}, {args.rounds} rounds")
    print(f"{'keys':>12}{'width':>6}{'hits':>7}  {'':<18}{'M/s':>8}{'of limit':>10}{'of two':>8}")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        limit = load_limit(folder)
        for count in args.keys:
            for width in args.width:
                for hits in args.hits:
                    found = run(int(count), width, hits, args.rounds, limit)
                    rows += found
                    for row in found:
                        print(
                            f"{row['keys']:>12,}{width:>6}{hits:>7.1%}  {row['row']:<18}"
                            f"{row['million_a_second']:>8.1f}{row['of_one_line']:>10.2f}"
                            f"{row['of_two_lines']:>8.2f}",
                            flush=True,
                        )
    if args.json:
        args.json.write_text(json.dumps({"python": sys.version, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
