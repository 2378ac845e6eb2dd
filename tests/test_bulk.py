"""Records taken in bulk become what they become one by one: listed, or left out and counted."""

from __future__ import annotations

import io
import random
from collections import Counter

import csamatch
from sources import EMPTY, balanced, md5, sha1

ROWS = 600
FEW = 50  # fewer than are taken in bulk
HEADER = "md5,sha1,id,category,flag\n"


def row(rng: random.Random, i: int) -> str:
    bad = ["", md5(i)[:-1], "g" * 32, "0" * 32, EMPTY["md5"], md5(1)]
    first = rng.choice([md5(i), md5(i).upper(), *bad])
    second = rng.choice([sha1(i), "", sha1(i)[1:], f" {sha1(i)}"])
    end = rng.choice(["", "", "", ",x"])
    return f"{first},{second},{i},{rng.choice('ABC')},{rng.choice(['yes', 'no', ''])}{end}\n"


def taken(out, chunks: list[list[str]]) -> tuple[Counter, set]:
    """What is counted, and all that is listed, of rows in several sources."""
    counted: Counter = Counter()
    listed = set()
    asked = [digest(i) for i in range(ROWS) for digest in (md5, sha1)]
    allow = csamatch.HashList.from_digests([md5(1)])
    for rows in chunks:
        report = csamatch.build(
            io.BytesIO((HEADER + "".join(rows)).encode()), out, max_rejected=1.0, allow=allow,
            categories=["A", "B"], where={"flag": ["yes", None]},
        )  # fmt: skip
        assert balanced(report)
        counted.update({name: getattr(report, name) for name in ("read", "filtered", "bad_values")})
        counted.update(report.rejections)
        counted.update(report.quarantined)
        counted.update(Counter(sample.reason for sample in report.samples))
        for match in csamatch.open(out).match(asked):
            listed.update((match.query, e.id, e.category) for e in match.entries)
    return counted, listed


def test_bulk_is_one_by_one(out):
    rng = random.Random(5)
    rows = [row(rng, i) for i in range(ROWS)]
    counted, listed = taken(out, [rows])
    assert (counted, listed) == taken(out, [rows[i : i + FEW] for i in range(0, ROWS, FEW)])
    assert counted["read"] == ROWS and counted["no digest that can be listed"]
    assert counted["allow-list"] and counted["empty-file"] and counted["filtered"]


def test_rows_without_anything_are_rejected_in_bulk(out):
    rows = [f"{md5(i)},,{i},A,yes\n" if i % 3 else f",,{i},A,yes\n" for i in range(ROWS)]
    report = csamatch.build(io.BytesIO((HEADER + "".join(rows)).encode()), out, max_rejected=1.0)
    assert balanced(report)
    assert report.rejections == {"no digest that can be listed": ROWS // 3}
    assert report.counts == {"md5": ROWS - ROWS // 3}
