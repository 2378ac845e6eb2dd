"""Records taken in as columns come to the same as the same records one by one."""

from __future__ import annotations

import hashlib
import tracemalloc
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csamatch import BuildReport, HashList, intake, listfile, listwrite
from csamatch.allow import AllowList
from csamatch.assemble import Columns, assemble
from csamatch.info import envelope
from csamatch.readers import Batch, Record, Rejected
from csamatch.rules import ALGORITHMS, WIDTHS
from sources import EMPTY, balanced

HARMLESS = hashlib.md5(b"harmless").digest()


def digest(algorithm: str, i: int) -> bytes:
    """Few different ones, some of which must not be listed."""
    if i == 0:
        return bytes.fromhex(EMPTY[algorithm])
    if i == 1:
        return bytes(WIDTHS[algorithm])
    if i == 2 and algorithm == "md5":
        return HARMLESS
    return hashlib.new(algorithm, bytes([i])).digest()


ROW = st.one_of(
    st.fixed_dictionaries(
        {
            "digests": st.lists(
                st.tuples(st.sampled_from(ALGORITHMS), st.integers(0, 9)), max_size=4
            ),
            "id": st.sampled_from(["", "7", "8", "a long id of its own", "ü"]),
            "category": st.sampled_from([None, "0", "1", "2", "unwanted"]),
            "bad": st.lists(st.sampled_from([("why", "x"), ("why not", "")]), max_size=2),
        }
    ),
    st.just(Rejected("line 3", "as it is", "y")),
    st.just(Record([("sha1", digest("sha1", 8))], "line 4", "5", "1", True, [("odd", "z")])),
)


def column(rows: list, algorithm: str) -> tuple[np.ndarray, bytes]:
    """The digests of one algorithm."""
    found = [
        (i, digest(algorithm, number))
        for i, row in enumerate(rows)
        if isinstance(row, dict)
        for name, number in row["digests"]
        if name == algorithm
    ]
    return np.array([i for i, _ in found], np.uint32), b"".join(value for _, value in found)


def as_batch(rows: list, numbers: list[int] | None, has_category: bool) -> Batch:
    names = ["2", "0", "unwanted", "never used", "1"]
    plain = [row if isinstance(row, dict) else {} for row in rows]
    ids = [row.get("id", "").encode() for row in plain]
    categories = [row.get("category") for row in plain]
    return Batch(
        len(rows),
        {algorithm: column(rows, algorithm) for algorithm in ALGORITHMS},
        word="Row",
        first=5,
        numbers=numbers,
        id_ends=np.cumsum([len(text) for text in ids], dtype=np.uint64) if any(ids) else None,
        id_text=b"".join(ids),
        codes=np.array([0 if c is None else 1 + names.index(c) for c in categories], np.uint32)
        if any(categories)
        else None,
        names=names,
        has_category=has_category,
        bad=[(i, *said) for i, row in enumerate(plain) for said in row.get("bad", [])],
        alone={i: row for i, row in enumerate(rows) if not isinstance(row, dict)},
    )


def one_by_one(rows: list, numbers: list[int] | None, has_category: bool) -> list:
    return [
        row
        if not isinstance(row, dict)
        else Record(
            [(a, digest(a, n)) for a in ALGORITHMS for name, n in row["digests"] if name == a],
            f"Row {5 + i if numbers is None else numbers[i]}",
            row["id"],
            row["category"],
            has_category,
            list(row["bad"]),
        )
        for i, row in enumerate(rows)
    ]


def built(items: list, admit: frozenset[str], allow: AllowList | None) -> tuple:
    """The list file, and the report."""
    report = BuildReport(keep_values=True)
    taker = intake.Intake(report, admit, allow, lambda c: c not in (None, "0", "unwanted"))
    taker.set_kind("hashes", "source")
    count = sum(taker.take(item, "source") for item in items)
    assembled = assemble(taker.columns, envelope({"name": "n"}))
    report.accepted, report.duplicate = assembled.accepted, assembled.duplicate
    report.counts = assembled.counts
    assert balanced(report)
    return count, b"".join(listwrite.encode("hashes", assembled.sections)), report.as_dict()


@settings(deadline=None)
@given(st.data())
def test_a_batch_is_its_records_one_by_one(data):
    rows = data.draw(st.lists(ROW, max_size=20))
    numbers = data.draw(st.none() | st.permutations(range(len(rows))))
    has_category = data.draw(st.booleans())
    admit = data.draw(st.sampled_from([frozenset(), frozenset(["empty-file"])]))
    allow = data.draw(st.sampled_from([None, AllowList([HashList([HARMLESS])])]))
    few = data.draw(st.sampled_from([-1, -1, 64]))
    batch = as_batch(rows, numbers, has_category)
    expected = one_by_one(rows, numbers, has_category)
    assert list(batch.records()) == expected
    with mock.patch.object(intake, "_FEW", few):
        assert built([batch], admit, allow) == built(expected, admit, allow)
        # Whatever was taken in before it.
        assert built([*expected, batch], admit, allow) == built(expected * 2, admit, allow)
        assert built([batch, *expected], admit, allow) == built(expected * 2, admit, allow)


def test_most_of_a_batch_is_not_taken_one_by_one():
    count = 1000
    keys = np.random.default_rng(1).integers(0, 256, (count, 16), np.uint8)
    keys[5] = 0
    batch = Batch(
        count,
        {"md5": (np.arange(count, dtype=np.uint32), keys.tobytes())},
        id_ends=np.arange(1, count + 1, dtype=np.uint64),
        id_text=b"x" * count,
        bad=[(7, "why", "")],
    )
    taker = intake.Intake(BuildReport(), frozenset(), None, lambda _: True)
    taker.set_kind("hashes", "source")
    with mock.patch.object(taker, "_take_one", wraps=taker._take_one) as spy:
        taker.take(batch, "source")
    assert [call.args[0].where for call in spy.call_args_list] == ["line 6", "line 8"]
    assert len(taker.columns) == count - 1


@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_entries_of_one_key(chunk):
    """Against the plain rule: by key, then id, then category, none first; equal ones are one."""
    rng = np.random.default_rng(2)
    records = [
        (
            bytes([rng.integers(0, 5)]) * 16,
            ["", "a", "b", "ab", "ü", "a" * 30][rng.integers(0, 6)],
            [None, "", "z", "y"][rng.integers(0, 4)],
        )
        for _ in range(200)
    ]
    columns = Columns()
    for key, id, category in records:
        columns.add([("md5", key)], id, category)
    with (
        mock.patch("csamatch.assemble.CHUNK", chunk),
        mock.patch("csamatch.columns.CHUNK", chunk),
    ):
        assembled = assemble(columns, envelope(None))
    expected = sorted({(key, id, (c is not None, c or "")) for key, id, c in records})
    made = HashList.__new__(HashList)._adopt(
        listfile.ListFile(listwrite.image("hashes", assembled.sections)), None
    )
    found = [made._entries[i] for i in range(len(expected))]
    assert [(e.id, e.category) for e in found] == [
        (id, c if is_given else None) for _, id, (is_given, c) in expected
    ]
    assert (assembled.accepted, assembled.duplicate) == (len(expected), 200 - len(expected))
    for key, id, category in records:
        entries = made.find(key).entries
        assert (id, category) in [(e.id, e.category) for e in entries]
        assert len(entries) == sum(1 for k, *_ in expected if k == key)


def test_what_records_cost_beyond_their_keys():
    """Ids and categories lie packed: 100 MB is room enough for those of 2.4 million records."""
    count, size = 200_000, 10_000
    columns = Columns()
    tracemalloc.start()
    for start in range(0, count, size):
        rows = np.arange(size, dtype=np.uint32)
        batch = Batch(
            size,
            {"md5": (rows, bytes(16 * size)), "sha1": (rows, bytes(20 * size))},
            id_ends=np.arange(7, 7 * size + 7, 7, dtype=np.uint64),
            id_text=b"".join(b"%07d" % i for i in range(start, start + size)),
            codes=rows % 3,
            names=["1", "2"],
        )
        columns.add_batch(batch, np.ones(size, np.bool_))
    del batch, rows
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(columns) == count
    assert held - 36 * count < 100e6 / 2.4e6 * count
