"""Records that say the same are dropped early; the list file is the same as if they were not."""

from __future__ import annotations

import io
import random
import tracemalloc
from unittest import mock

import numpy as np
import pytest

import csamatch
from csamatch import thinning
from csamatch.columns import Columns
from csamatch.report import BuildReport
from sources import balanced, md5, media, sha1, text

SECRET = bytes(range(32))


def at(least: int):
    """Thin when there are so many, looking at every key."""
    return mock.patch.multiple(thinning, LEAST=least, _SHARE=1, _WORTH=1.0, _CHUNK=3)


def record(i: int) -> dict:
    """One of few records; many of them share a digest and differ in something else."""
    made = {
        "MediaID": [None, "", "a", "b", "ab", "007"][i % 6],
        "Category": [1, 2, None, "", "x"][i % 5],
        "MD5": [md5(i % 4), md5(i % 7), None][i % 3],
        "SHA1": [sha1(i % 3), None][i % 2],
    }
    others = [("MD5", md5(i % 5)), ("SHA1", sha1(i % 2)), ("SHA256", f"{i % 3:064x}")][: i % 4]
    made["AlternativeHashes"] = [{"HashName": n, "HashValue": v} for n, v in others]
    return made


def of_digests(seed: int) -> dict[str, bytes]:
    rng = random.Random(seed)

    def records() -> list:
        return [record(rng.randrange(1000, 1040)) for _ in range(rng.randrange(150, 250))]

    rows = [f"{md5(rng.randrange(9))};{rng.randrange(3)}" for _ in range(100)]
    lines = [[md5, sha1][rng.randrange(2)](rng.randrange(9)) for _ in range(200)]
    return {
        "a": media(records()).getvalue(),
        "b": media(records()).getvalue(),
        "c": "\n".join(["md5;id", *rows]).encode(),
        "d": text(*lines).getvalue(),
        "e": text(*lines[:90]).getvalue(),
    }


def of_addresses(seed: int) -> dict[str, bytes]:
    rng = random.Random(seed)
    hosts = [f"bad-{i}.example" for i in range(9)]
    urls = [f"https://host-{i}.example/page?x={i}" for i in range(9)]
    return {
        name: text(*(rng.choice(hosts + urls) for _ in range(200))).getvalue() for name in "abc"
    }


def built(sources, out, least: int, **options) -> tuple[bytes, BuildReport]:
    given = [io.BytesIO(data) for data in sources.values()]
    if options.pop("named", False):
        given = dict(zip(sources, given, strict=True))
    with at(least):
        report = csamatch.build(given, out, info={"name": "n"}, **options)
    return out.read_bytes(), report


@pytest.mark.parametrize("least", [1, 7])
@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("rest", [{}, {"key": SECRET, "canaries": 3}])
@pytest.mark.parametrize("make", [of_digests, of_addresses])
def test_the_file_is_the_same(out, make, rest, named, least):
    sources = make(least)
    whole, report = built(sources, out, 1 << 30, named=named, **rest)
    order = list(sources)
    for seed in range(3):
        random.Random(seed).shuffle(order)
        again = {name: sources[name] for name in order}
        with mock.patch.object(thinning, "_repeats", wraps=thinning._repeats) as spy:
            thinned, other = built(again, out, least, named=named, **rest)
        assert spy.called == (make is of_digests or named)
        assert thinned == whole
        assert other.counts == report.counts
        assert (other.accepted, other.duplicate) == (report.accepted, report.duplicate)
        assert balanced(other)


def columns_of(records) -> Columns:
    columns = Columns(thins=True)
    for keys, id, category, source in records:
        if source:
            columns.begin_source(source)
        columns.add([(rule, key * n) for rule, key, n in keys], id, category)
    return columns


def test_only_what_is_the_same_in_everything_goes():
    one, two = ("md5", b"1", 16), ("md5", b"2", 16)
    other = ("sha1", b"1", 20)
    records = [
        ([one], "a", "x", "s"),
        ([two], "a", "x", "s"),
        ([one, other], "a", "x", "s"),
        ([other], "a", "x", "s"),
        ([one], "b", "x", "s"),
        ([one], "", "x", "s"),
        ([one], "a\0", "x", "s"),
        ([one], "a", "y", "s"),
        ([one], "a", "", "s"),
        ([one], "a", None, "s"),
        ([one], "a", "x", "t"),
        ([one], "", None, "t"),
    ]
    with at(4):
        columns = columns_of(records)
        assert (len(columns), columns.dropped) == (len(records), 0)
        columns = columns_of(records * 50)
    assert len(columns) <= 2 * len(records)
    assert len(columns) + columns.dropped == 50 * len(records)
    said = {columns.said(i)[:3] for i in range(len(columns))}
    assert len(said) == len({record[1:] for record in records})


def test_a_hash_proves_nothing():
    """Two records of one mark are compared in full."""
    records = [([("md5", b"%d" % (i % 5), 16)], "id", None, "") for i in range(40)]
    with at(4), mock.patch.object(thinning, "_hashes", lambda *_: np.uint64(0)):
        columns = columns_of(records)
    kept = np.unique(np.frombuffer(columns.keys["md5"], np.uint8)[::16])
    assert bytes(kept) == b"01234"
    assert columns.dropped > 0


def test_repeats_take_no_memory():
    """Ten times the same takes no more than once, beyond what is gathered before a look."""
    block = np.random.default_rng(1).bytes(16 * 5000)

    def peak(times: int) -> int:
        columns = Columns(thins=True)
        tracemalloc.start()
        for _ in range(times):
            columns.extend("md5", block)
            columns.begin_source("s")
            columns.extend("md5", block)
            columns._source = 0
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    with mock.patch.object(thinning, "LEAST", 10_000):
        assert peak(40) < 1.5 * peak(4)


def test_what_repeats_nothing_is_looked_at_by_a_sample_only():
    keys = np.random.default_rng(1).integers(0, 256, (20_000, 16), np.uint8).tobytes()
    columns = Columns(thins=True)
    with (
        mock.patch.object(thinning, "LEAST", 1000),
        mock.patch.object(thinning, "_repeats") as spy,
    ):
        for start in range(0, len(keys), 16_000):
            columns.extend("md5", keys[start : start + 16_000])
        assert columns.bare["md5"] == keys  # not even sorted
        columns.begin_source("s")
        for start in range(0, len(keys), 16_000):
            columns.extend("md5", keys[start : start + 16_000])
    assert not spy.called
    assert columns.dropped == 0
