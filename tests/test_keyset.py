"""Key sets against Python's set and bisect."""

from __future__ import annotations

import bisect

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import _core

WIDTHS = (8, 16, 20, 32)


@st.composite
def key_lists(draw, width: int | None = None):
    """Keys that are random, or share a prefix, or all but the last byte, or count up."""
    width = width or draw(st.sampled_from(WIDTHS))
    shared = draw(st.integers(0, width - 1))
    prefix = draw(st.binary(min_size=shared, max_size=shared))
    tails = st.binary(min_size=width - shared, max_size=width - shared)
    keys = draw(st.lists(tails.map(prefix.__add__), max_size=80))
    if draw(st.booleans()):
        step = draw(st.integers(1, 5))
        keys += [(step * i).to_bytes(width, "big") for i in range(draw(st.integers(0, 60)))]
    return width, draw(st.permutations(keys))


def make(width: int, keys: list[bytes], kernel: str | None = None) -> _core.KeySet:
    rows = bytearray(b"".join(keys))
    _core.rows_sort(rows, len(keys), width)
    count = _core.rows_unique(rows, len(keys), width)
    _core.rows_check(rows, 0, count, width)
    return _core.KeySet(bytes(rows[: count * width]), 0, count, width, kernel)


def neighbours(key: bytes) -> list[bytes]:
    """The keys right below and above."""
    number, top = int.from_bytes(key, "big"), 256 ** len(key)
    return [((number + step) % top).to_bytes(len(key), "big") for step in (-1, 1)]


@pytest.mark.parametrize("kernel", csamatch.kernels())
@given(case=key_lists(), extra=st.lists(st.binary(min_size=32, max_size=32), max_size=10))
def test_agrees_with_set_and_bisect(kernel, case, extra):
    width, keys = case
    keyset = make(width, keys, kernel)
    oracle = sorted(set(keys))
    assert len(keyset) == len(oracle)
    assert keyset.kernel == kernel
    queries = [*keys, *(e[:width] for e in extra), b"\0" * width, b"\xff" * width]
    queries += [n for key in keys[:20] for n in neighbours(key)]
    listed = set(keys)
    expected = [bisect.bisect_left(oracle, q) if q in listed else -1 for q in queries]
    positions = np.empty(len(queries), np.int64)
    keyset.match(b"".join(queries), 0, len(queries), positions)
    assert positions.tolist() == expected
    assert [keyset.find(q) for q in queries] == expected


@pytest.mark.parametrize("kernel", csamatch.kernels())
@pytest.mark.parametrize("width", WIDTHS)
def test_first_and_last_key(kernel, width):
    keys = [b"\0" * width, b"\x7f" * width, b"\xff" * width]
    keyset = make(width, keys, kernel)
    assert [keyset.find(key) for key in keys] == [0, 1, 2]
    assert make(width, [], kernel).find(keys[0]) == -1


@given(case=key_lists())
def test_rows_sort(case):
    width, keys = case
    rows = bytearray(b"".join(keys))
    _core.rows_sort(rows, len(keys), width)
    assert bytes(rows) == b"".join(sorted(keys))


def test_large_sort_with_shared_prefixes():
    rng = np.random.default_rng(5)
    rows = rng.integers(0, 3, (50_000, 16), dtype=np.uint8)
    expected = b"".join(sorted(row.tobytes() for row in rows))
    _core.rows_sort(rows, len(rows), 16)
    assert rows.tobytes() == expected


def test_rejects_what_does_not_fit():
    with pytest.raises(ValueError, match="buffer too small"):
        _core.KeySet(b"\0" * 31, 0, 2, 16)
    with pytest.raises(ValueError, match="buffer too small"):
        _core.KeySet(b"\0" * 32, 2**63, 2, 16)
    keyset = _core.KeySet(b"\0" * 32, 0, 2, 16)
    with pytest.raises(ValueError, match="wrong key width"):
        keyset.find(b"\0" * 15)
    with pytest.raises(ValueError, match="buffer too small"):
        keyset.match(b"\0" * 16, 0, 1, np.empty(0, np.int64))
    with pytest.raises(ValueError, match="no kernel"):
        _core.KeySet(b"", 0, 0, 16, "no such kernel")
