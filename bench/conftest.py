"""What benchmarks share."""

from __future__ import annotations

import numpy as np
import pytest

KEYS = 1_000_000
QUERIES = 1_000_000


@pytest.fixture(scope="session")
def digests():
    """A million keys, and a million queries in random order, one in a thousand of them listed."""
    rng = np.random.default_rng(1)
    keys = rng.integers(0, 256, (KEYS, 16), dtype=np.uint8)
    queries = rng.integers(0, 256, (QUERIES, 16), dtype=np.uint8)
    places = rng.choice(QUERIES, QUERIES // 1000, replace=False)
    queries[places] = keys[rng.choice(KEYS, len(places), replace=False)]
    expected = np.zeros(QUERIES, bool)
    expected[places] = True
    return keys, queries, expected
