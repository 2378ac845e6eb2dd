"""Batch look-ups of MD5 digests, beside Python's set and numpy, in one run.

    pytest bench --benchmark-sort=median

Compare the rows of one run with each other; figures of different runs or machines mean little.
Every row looks the same million queries up among the same million keys, and its answers are
checked. Lists of bytes are made afresh for every round: Python remembers the hash of a bytes object
that was looked up before, which traffic never has been.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import csamatch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
import c_library

pytestmark = pytest.mark.benchmark(group="a million MD5 look-ups among a million keys")


ROUNDS = 5


def check(found, expected):
    assert np.array_equal(np.asarray(found), expected)


def with_fresh_bytes(benchmark, look_up, queries):
    """Time look_up on bytes objects that were never looked up before."""

    def fresh():
        return ([row.tobytes() for row in queries],), {}

    return benchmark.pedantic(look_up, setup=fresh, rounds=ROUNDS)


@pytest.mark.parametrize("kernel", csamatch.kernels())
def bench_array(benchmark, digests, kernel):
    keys, queries, expected = digests
    lst = csamatch.HashList(keys, kernel=kernel)
    check(benchmark(lst.match, queries).mask, expected)


def bench_two_threads(benchmark, digests):
    keys, queries, expected = digests
    lst = csamatch.HashList(keys)
    check(benchmark(lst.match, queries, threads=2).mask, expected)


def bench_list_of_bytes(benchmark, digests):
    keys, queries, expected = digests
    lst = csamatch.HashList(keys)
    check(with_fresh_bytes(benchmark, lst.match, queries).mask, expected)


def bench_list_of_hex(benchmark, digests):
    keys, queries, expected = digests
    lst = csamatch.HashList(keys)
    check(benchmark(lst.match, [row.tobytes().hex() for row in queries]).mask, expected)


def bench_single_calls(benchmark, digests):
    keys, queries, expected = digests
    lst = csamatch.HashList(keys)
    check(
        with_fresh_bytes(benchmark, lambda asked: [digest in lst for digest in asked], queries),
        expected,
    )


def bench_set(benchmark, digests):
    keys, queries, expected = digests
    listed = {row.tobytes() for row in keys}
    check(
        with_fresh_bytes(benchmark, lambda asked: [digest in listed for digest in asked], queries),
        expected,
    )


def bench_numpy_searchsorted(benchmark, digests):
    keys, queries, expected = digests
    listed = np.sort(keys.view("S16").ravel())
    asked = queries.view("S16").ravel()

    def look_up():
        found = np.searchsorted(listed, asked)
        return listed[np.minimum(found, len(listed) - 1)] == asked

    check(benchmark(look_up), expected)


def bench_raw_c(benchmark, digests, tmp_path_factory):
    """The C library alone, through cffi: what the layers above it cost."""
    keys, queries, expected = digests
    ffi, lib = c_library.load(tmp_path_factory.mktemp("c"))
    packed = ffi.from_buffer("uint8_t[]", np.sort(keys.view("S16").ravel()))
    asked = ffi.from_buffer("uint8_t[]", queries)
    out = ffi.new("csamatch_keyset **")
    options = ffi.new("csamatch_keyset_options *")
    options.size = ffi.sizeof("csamatch_keyset_options")
    lines = lib.csamatch_directory_lines(len(keys))
    directory = ffi.new("uint8_t[]", 64 * (lines + 1))
    options.directory, options.directory_lines = directory, lines
    lib.csamatch_directory_build(packed, len(keys), 16, directory, lines)
    assert lib.csamatch_keyset_create(packed, len(keys), 16, options, out) == 0
    hits = np.empty((len(queries), 2), np.int64)
    answers = ffi.from_buffer("csamatch_hit[]", hits, require_writable=True)
    count = ffi.new("size_t *")
    benchmark(lib.csamatch_keyset_match, out[0], asked, len(queries), answers, count)
    check(hits[: count[0], 0], np.flatnonzero(expected))
    lib.csamatch_keyset_free(out[0])
