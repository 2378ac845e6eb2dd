"""The limit: reading one or two random cache lines a query from the memory of the keys."""

from __future__ import annotations

import numpy as np

from csamatch import _core
from csamatch.bench.sample import Sample
from csamatch.bench.turns import Contender, Row

SECTION = "limit"
ONE, TWO = "one line", "two lines"

_DISTANCES = (16, 32, 64)


def contenders(sample: Sample, queries: int) -> list[Contender]:
    """Readers of one and of two lines, for every prefetch distance tried."""
    words = sample.keys.ravel()[: sample.keys.size // 8 * 8].view(np.uint64)
    lines = sample.lines(queries), sample.lines(queries)
    sums = [int(words[8 * chosen.astype(np.int64)].sum(dtype=np.uint64)) for chosen in lines]
    readers = {
        ONE: (_core.LineReader(sample.keys, lines[0]), sums[0]),
        TWO: (_core.LineReader(sample.keys, *lines), sum(sums) % 2**64),
    }
    return [
        Contender(
            SECTION,
            name,
            lambda _, reader=reader, ahead=ahead: reader.read(ahead),  # type: ignore[misc]
            lambda answer, total=total: answer == total,  # type: ignore[misc]
            queries=queries,
            note=f"{ahead} ahead",
        )
        for name, (reader, total) in readers.items()
        for ahead in _DISTANCES
    ]


def best(rows: list[Row]) -> list[Row]:
    """Keep the quickest distance of each, and all other rows."""
    chosen = {
        name: min(
            (row for row in rows if row.section == SECTION and row.name == name),
            key=lambda row: row.seconds or 0.0,
        )
        for name in (ONE, TWO)
    }
    return [*chosen.values(), *(row for row in rows if row.section != SECTION)]
