"""Key sets against Python's set and bisect."""

from __future__ import annotations

import bisect
import functools
import hashlib
import random

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


def make(
    width: int, keys: list[bytes], kernel: str | None = None, directory: bool = True
) -> _core.KeySet:
    rows = bytearray(b"".join(keys))
    _core.rows_sort(rows, len(keys), width)
    count = _core.rows_unique(rows, len(keys), width)
    _core.rows_check(rows, 0, count, width)
    data = bytes(rows[: count * width])
    if not directory:
        return _core.KeySet(data, 0, count, width, kernel)
    lines = _core.directory_build(data, count, width)
    place = (len(data), len(lines) // 64 - 1)
    data += lines
    _core.directory_check(data, 0, count, width, *place)
    return _core.KeySet(data, 0, count, width, kernel, place)


def batch(keyset: _core.KeySet, queries: list[bytes]) -> list[int]:
    """The position of each query, or -1, from the hits of one batch."""
    hits = np.empty((len(queries), 2), np.int64)
    found = keyset.match(b"".join(queries), 0, len(queries), hits)
    asked = hits[:found, 0].tolist()
    assert asked == sorted(set(asked)), "hits come in the order of the queries, each once"
    positions = [-1] * len(queries)
    for query, position in hits[:found].tolist():
        positions[query] = position
    return positions


def neighbours(key: bytes) -> list[bytes]:
    """The keys right below and above."""
    number, top = int.from_bytes(key, "big"), 256 ** len(key)
    return [((number + step) % top).to_bytes(len(key), "big") for step in (-1, 1)]


@pytest.mark.any_kernel
@pytest.mark.parametrize("directory", [True, False])
@pytest.mark.parametrize("kernel", csamatch.kernels())
@given(case=key_lists(), extra=st.lists(st.binary(min_size=32, max_size=32), max_size=10))
def test_agrees_with_set_and_bisect(kernel, directory, case, extra):
    width, keys = case
    keyset = make(width, keys, kernel, directory)
    oracle = sorted(set(keys))
    assert len(keyset) == len(oracle)
    assert keyset.kernel == kernel
    queries = [*keys, *(e[:width] for e in extra), b"\0" * width, b"\xff" * width]
    queries += [n for key in keys[:20] for n in neighbours(key)]
    listed = set(keys)
    expected = [bisect.bisect_left(oracle, q) if q in listed else -1 for q in queries]
    assert batch(keyset, queries) == expected
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
        keyset.match(b"\0" * 16, 0, 1, np.empty(1, np.int64))
    with pytest.raises(ValueError, match="no such kernel"):
        _core.KeySet(b"", 0, 0, 16, "no such kernel")


def noise(i: int, size: int) -> bytes:
    """Bytes that look random."""
    return hashlib.shake_128(i.to_bytes(8, "big")).digest(size)


# Key number i of a shape and width.
WORST = {
    "one bucket": lambda i, w: b"\x55" * 4 + noise(i, w - 4),
    "counting up": lambda i, w: (3 * i).to_bytes(w, "big"),
    "counting up in front": lambda i, w: (3 * i).to_bytes(8, "big") + b"\x55" * (w - 8),
    "counting up in the middle": lambda i, w: (3 * i).to_bytes(w // 2 + 2, "big").ljust(w, b"\x55"),
    "counting down from the top": lambda i, w: (256**w - 1 - 3 * i).to_bytes(w, "big"),
    "equal but the last byte": lambda i, w: b"\x55" * (w - 1) + bytes([2 * i % 256]),
    "equal but the first eight": lambda i, w: noise(i, 8) + b"\x55" * (w - 8),
    "equal but the last eight": lambda i, w: b"\x55" * (w - 8) + noise(i, 8),
    "equal in the first eight": lambda i, w: b"\x55" * 8 + noise(i, w - 8),
    "equal at both ends": lambda i, w: (
        b"\x55" * 8 + noise(i, max(0, w - 16)) + b"\x55" * min(8, w - 8)
    ),
    "repeated halves": lambda i, w: noise(i, w // 2) * 2,
    "ends that cancel": lambda i, w: (
        i.to_bytes(8, "little") + noise(i, w - 16) + (2**64 - 1 - i).to_bytes(8, "little")
        if w >= 16
        else i.to_bytes(8, "little")
    ),
    "two clusters": lambda i, w: bytes([i % 2 * 255]) * (w - 3) + noise(i, 3),
}


def worst_keys(shape: str, width: int, count: int) -> list[bytes]:
    return sorted({WORST[shape](i, width) for i in range(count)})


def questions(keys: list[bytes], width: int) -> tuple[list[bytes], list[int]]:
    """Keys, neighbours and strangers in no order, and the position of each or -1."""
    asked = keys + [n for key in keys for n in neighbours(key)]
    asked += [noise(i, width) for i in range(2**32, 2**32 + 50)]
    random.Random(width).shuffle(asked)
    listed = set(keys)
    return asked, [bisect.bisect_left(keys, q) if q in listed else -1 for q in asked]


@functools.lru_cache(maxsize=1)
def worst_case(shape: str, width: int) -> tuple[list[bytes], np.ndarray, np.ndarray]:
    """Keys, 100,001 queries one after another, and their positions or -1."""
    keys = worst_keys(shape, width, 4000)
    asked, expected = questions(keys, width)
    rows = np.frombuffer(b"".join(asked), np.uint8).reshape(-1, width)
    return keys, np.resize(rows, (100_001, width)), np.resize(expected, 100_001)


@pytest.mark.any_kernel
@pytest.mark.parametrize("directory", [True, False])
@pytest.mark.parametrize("kernel", csamatch.kernels())
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shape", WORST)
def test_worst_keys(shape, width, kernel, directory):
    """Batches of all sizes that make a difference, out of many queries."""
    keys, asked, expected = worst_case(shape, width)
    keyset = make(width, keys, kernel, directory)
    hits = np.empty((len(asked), 2), np.int64)
    for size in (0, 1, 7, 8, 9, 63, 64, 65, 513, len(asked)):
        start = len(asked) - size
        found = keyset.match(asked, start * width, size, hits)
        listed = np.flatnonzero(expected[start:] >= 0)
        assert hits[:found, 0].tolist() == listed.tolist()
        assert hits[:found, 1].tolist() == expected[start:][listed].tolist()
    assert [keyset.find(q.tobytes()) for q in asked[:500]] == expected[:500].tolist()


@pytest.mark.any_kernel
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("shape", WORST)
def test_few_worst_keys(shape, width):
    """From no key up to more than windows, buckets and lines take."""
    for count in range(41):
        keys = worst_keys(shape, width, count)
        asked, expected = questions(keys, width)
        for kernel in csamatch.kernels():
            for directory in (True, False):
                assert batch(make(width, keys, kernel, directory), asked) == expected


@pytest.mark.parametrize("kernel", csamatch.kernels())
@pytest.mark.parametrize("width", WIDTHS)
def test_batches_of_every_small_size(kernel, width):
    """Sizes around those of groups and steps, hits at both ends."""
    rng = np.random.default_rng(width)
    rows = rng.integers(0, 256, (3000, width), dtype=np.uint8)
    keys = sorted({row.tobytes() for row in rows[:2000]})
    place = {key: i for i, key in enumerate(keys)}
    keyset = make(width, keys, kernel)
    asked = [row.tobytes() for row in rows[rng.permutation(3000)]]
    for size in [*range(70), 127, 128, 129, 500, 511, 512, 513, 2999]:
        assert batch(keyset, asked[:size]) == [place.get(q, -1) for q in asked[:size]]


def test_a_batch_of_more_than_one_chunk():
    """More queries than the engine numbers with 32 bits at a time (2^20)."""
    rng = np.random.default_rng(3)
    rows = rng.integers(0, 256, (1_200_000, 16), dtype=np.uint8)
    keys = np.sort(rows[::1000].copy().view("V16").ravel())
    keyset = make(16, [key.tobytes() for key in keys])
    hits = np.empty((len(rows), 2), np.int64)
    for kernel in csamatch.kernels():
        keyset = make(16, [key.tobytes() for key in keys], kernel)
        found = keyset.match(rows, 0, len(rows), hits)
        assert hits[:found, 0].tolist() == list(range(0, len(rows), 1000))


def test_a_directory_that_does_not_fit_is_noticed():
    """Whatever byte of it is changed; and searching with it stays within the keys."""
    rng = np.random.default_rng(1)
    keys = b"".join(sorted(rng.bytes(16) for _ in range(500)))
    directory = _core.directory_build(keys, 500, 16)
    place = (len(keys), len(directory) // 64 - 1)
    _core.directory_check(keys + directory, 0, 500, 16, *place)
    asked = [keys[i : i + 16] for i in range(0, 8000, 16)]
    for at in range(0, len(directory), 3):
        for value in {0, 7, 255, directory[at] ^ 1} - {directory[at]}:
            other = bytearray(directory)
            other[at] = value
            with pytest.raises(csamatch.ListFileError):
                _core.directory_check(keys + other, 0, 500, 16, *place)
            keyset = _core.KeySet(keys + other, 0, 500, 16, None, place)
            assert all(p in (-1, i) for i, p in enumerate(batch(keyset, asked)))
