"""The engine, a contender for each kernel, and what threads make of it."""

from __future__ import annotations

from typing import Any

import numpy as np

import csamatch
from csamatch import _core
from csamatch.bench.sample import Queries, Sample
from csamatch.bench.turns import Contender

SECTION = "engine"
THREADS = "threads"


def bare_call(sample: Sample, queries: Queries, kernel: str | None, name: str) -> Contender:
    """Make a contender of the C call alone, with room for the answers made beforehand."""
    keys: _core.KeySet = sample.key_set(kernel)
    count = len(queries.rows)
    room = np.empty((count, 2), np.int64)
    expected = np.flatnonzero(queries.listed)

    def call(_: Any) -> int:
        return keys.match(queries.rows, 0, count, room)

    def check(found: int) -> bool:
        return np.array_equal(room[:found, 0], expected)

    return Contender(SECTION, name, call, check, queries=count)


def contenders(sample: Sample, queries: Queries) -> list[Contender]:
    """Every kernel that this CPU runs."""
    return [bare_call(sample, queries, kernel, kernel) for kernel in csamatch.kernels()]


def thread_contenders(hashes: csamatch.HashList, queries: Queries) -> list[Contender]:
    """Look the same batch up by one thread and by two."""

    def contender(name: str, threads: int, baseline: str = "") -> Contender:
        return Contender(
            THREADS,
            name,
            lambda _: hashes.match(queries.rows, threads=threads),
            lambda matches: np.array_equal(matches.mask, queries.listed),
            queries=len(queries.rows),
            baseline=baseline,
        )

    return [contender("threads=1", 1), contender("threads=2", 2, "threads=1")]
