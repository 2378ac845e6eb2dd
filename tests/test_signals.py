"""Signals in JSON: of ThreatExchange, StopNCII, and of any fields."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest

import csamatch
from csamatch.errors import FormatError
from csamatch.readers import READERS, Head, Record, Rejected, Update, choose
from sources import balanced, md5, sha1


def threat(i: int, **more: object) -> dict:
    return {"id": str(i), "indicator": md5(i), "type": "HASH_MD5", "status": "MALICIOUS"} | more


SIGNALS = [
    threat(1),
    threat(
        2, indicator=sha1(2).upper(), type="HASH_SHA1", tags=["a", {"b": [1.5, None, "\u00fc}]"]}]
    ),
    {
        "hashValue": md5(3),
        "signalType": "VideoMD5",
        "hashStatus": "Active",
        "n": 12345678901234567890,
    },
]
EXPECTED = [
    ({"md5": md5(1)}, "1", "MALICIOUS"),
    ({"sha1": sha1(2)}, "2", "MALICIOUS"),
    ({"md5": md5(3)}, "", "Active"),
]
SHAPES = {
    "lines": lambda signals: "\n".join(map(json.dumps, signals)) + "\n",
    "array": lambda signals: " " + json.dumps(signals, indent=1),
    "data": lambda signals: json.dumps({"data": signals, "paging": {"next": "[x]"}}),
    "records": lambda signals: json.dumps({"count": 3, "hashRecords": signals}),
}
each = pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)


class Slow(io.BytesIO):
    """Gives a few bytes at a time."""

    def read(self, size: int = -1) -> bytes:
        return super().read(min(size, 7) if size > 0 else 7)


def read(document: str, **options) -> list[Record | Rejected]:
    return list(READERS["signals"].read(Slow(document.encode()), "source", options))


def shown(items) -> list[tuple]:
    records = [item.record if isinstance(item, Update) else item for item in items]
    return [({n: v.hex() for n, v in each.values}, each.id, each.category) for each in records]


@each
def test_golden(shape, out):
    document = shape(SIGNALS)
    assert choose("auto", Head(document.encode()), "s")[0].name == "signals"
    assert shown(read(document)) == EXPECTED
    report = csamatch.build(io.BytesIO(document.encode()), out)
    assert balanced(report) and report.counts == {"md5": 2, "sha1": 1}


@each
def test_dirty(shape, out):
    signals = [
        threat(1),
        5,
        threat(2, indicator="zz"),
        threat(3, type="HASH_PDQ"),
        threat(4, id=None),
    ]
    report = csamatch.build(io.BytesIO(shape(signals).encode()), out)
    assert [(s.where.split()[1], s.reason) for s in report.samples] == [
        ("2", "not a JSON object"),
        ("3", "md5: 2 characters; expected 32"),
        ("4", "a signal of another kind than a digest"),
    ]
    assert (report.accepted, report.rejected) == (2, 3)
    lst = csamatch.open(out)
    assert [md5(i) in lst for i in (1, 4)] == [True, True]


def is_json(line: str) -> bool:
    """Whether a last line may be whole."""
    try:
        return not line or bool(json.loads(line))
    except ValueError:
        return False


@each
def test_truncated_anywhere(shape, out):
    """Wherever an array is cut; lines only where a cut shows."""
    document = shape(SIGNALS).rstrip("\n")
    out.write_bytes(b"old")
    for end in range(len(document)):
        cut = document[:end]
        if shape is SHAPES["lines"] and is_json(cut.rpartition("\n")[2]):
            continue
        with pytest.raises(FormatError):
            csamatch.build(io.BytesIO(cut.encode()), out, reader="signals")
    assert out.read_bytes() == b"old"


def test_lines_that_are_no_json_are_rejected_alone():
    good = json.dumps(threat(1))
    deep = "[" * 100_000
    found = read(f"{good}\n\nnot\n{deep}\n{'9' * 5000}\n{good}\n")
    assert [item.where for item in found] == ["line 1", "line 3", "line 4", "line 5", "line 6"]
    assert [isinstance(item, Rejected) for item in found] == [False, True, True, True, False]


@pytest.mark.any_kernel
@pytest.mark.parametrize(
    "document",
    [
        "[1 2]",
        "[1,]",
        "[,1]",
        "[1] x",
        '{"data": [1]} x',
        '{"data": [1], }',
        "[" * 100_000,
        "[nul]",
    ],
)
def test_malformed_arrays_fail(document):
    with pytest.raises(FormatError, match="after record"):
        read(document)


def test_records_are_bounded():
    for document in (f'["{"x" * (2 << 20)}"]', f'{{"a": "{"x" * (2 << 20)}"}}\n'):
        with pytest.raises(FormatError):
            list(READERS["signals"].read(io.BytesIO(document.encode()), "source", {}))


def test_a_map_of_fields(out):
    records = [{"key": 7, "prints": {"m": md5(1), "s": sha1(1)}, "grade": "A"}, {"key": 8}]
    columns = {"md5": "prints.m", "sha1": "prints.s", "id": "key", "category": "grade"}
    found = read(json.dumps(records), columns=columns)
    assert shown(found) == [({"md5": md5(1), "sha1": sha1(1)}, "7", "A"), ({}, "8", None)]
    with pytest.raises(ValueError, match="columns: 'colour'"):
        read("[]", columns={"colour": "x"})
    with pytest.raises(ValueError, match="no field of digests"):
        read("[]", columns={"id": "x"})


@each
def test_what_is_withdrawn_is_not_listed(shape, out):
    signals = [
        threat(1, should_delete=True, last_updated=5),
        threat(2, should_delete=False, last_updated=7),
        threat(3, should_delete=False, last_updated=1),
        threat(3, should_delete=True, last_updated=2),
        threat(4, should_delete=True, last_updated=3),
        threat(4, should_delete=False, last_updated=4),
        threat(5, should_delete=True, last_updated="2024-05-01T00:00:00+0000"),
        threat(5, should_delete=False, last_updated="2024-05-01T00:00:01+0000"),
        threat(6, should_delete=False),
        {"hashValue": md5(7), "signalType": "VideoMD5", "hashStatus": "Withdrawn"},
        {"hashValue": md5(8).upper(), "signalType": "VideoMD5", "hashStatus": "Active",
         "lastModtimestamp": 8},
        {"hashValue": md5(8), "signalType": "VideoMD5", "hashStatus": "Deleted",
         "lastModtimestamp": 9},
        {"hashValue": md5(9), "signalType": "VideoMD5", "hashStatus": "\ud800",
         "lastModtimestamp": 10**30},
    ]  # fmt: skip
    for order in (signals, signals[::-1]):
        report = csamatch.build(io.BytesIO(shape(order).encode()), out)
        assert balanced(report)
        lst = csamatch.open(out)
        assert [i for i in range(10) if md5(i) in lst] == [2, 4, 5, 6, 9]
        assert (report.read, report.accepted, report.rejected) == (len(signals), 5, 0)
    assert lst.find(md5(4)).entry.id == "4"
    assert lst.find(md5(9)).entry.category is None
    assert report.bad_values == 2  # that category, and its time


BOMBS = {
    "nested": "[" * 100_000,
    "nested objects": '{"a":' * 100_000,
    "nested and closed": "[" * 100_000 + "]" * 100_000,
    "no JSON": "NaN" + " " * 1_000_000,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_hostile_values_are_refused_in_bounded_memory(bomb, out):
    """In a line they cost the line, in an array the source; nothing is listed of either."""
    good, bad = json.dumps(threat(1)), f'{{"indicator": "{md5(2)}", "x": {BOMBS[bomb]}}}'
    tracemalloc.start()
    try:
        report = csamatch.build(io.BytesIO(f"{good}\n{bad}\n{good}\n".encode()), out)
        with pytest.raises(FormatError) as caught:
            csamatch.build(io.BytesIO(f"[{good},\n{bad}]".encode()), out.with_name("x"))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [(s.where, s.reason) for s in report.samples] == [("line 2", "malformed JSON")]
    assert caught.value.where == "after record 1"
    assert peak < 40e6
    assert not out.with_name("x").exists()


def test_halves_of_surrogate_pairs_list_nothing(out):
    said = '{"id": "\\udfff", "status": "\\ud800x", "type": "HASH_MD5", "indicator": "%s"}\n'
    bad = (said % ("\\ud800" + md5(2)[1:])).encode()
    report = csamatch.build(io.BytesIO((said % md5(1)).encode() + bad), out)
    assert report.counts == {"md5": 1}
    halves = [f"{name}: half of a surrogate pair" for name in ("id", "category")]
    said = [(s.where, s.reason) for s in report.samples]
    assert sorted(said) == sorted(
        [*(("line 1", half) for half in halves), *(("line 2", half) for half in halves),
         ("line 2", "md5: not hexadecimal")]
    )  # fmt: skip
    entry = csamatch.open(out).find(md5(1)).entry
    assert (entry.id, entry.category) == ("", None)


def test_halves_of_surrogate_pairs_are_no_one_id(out):
    """They are not altered: neither is taken for the other, and each can be withdrawn."""
    signals = [
        threat(1, id="\ud800", last_updated=1),
        threat(2, id="\ud801", last_updated=2),
        threat(2, id="\ud801", last_updated=3, should_delete=True),
        threat(3, id="?", last_updated=4),
    ]
    report = csamatch.build(io.BytesIO(json.dumps(signals).encode()), out)
    assert [md5(i) in csamatch.open(out) for i in (1, 2, 3)] == [True, False, True]
    assert balanced(report)


@pytest.mark.parametrize("more", [{}, {"last_updated": 9}])
def test_a_withdrawal_in_another_file(out, more):
    """It takes away what does not say when it was made, or that it can be withdrawn."""
    signals = [threat(1), threat(1), threat(2, last_updated=3), threat(3, should_delete=False)]
    signals += [threat(4, MD5="x"), {"hashValue": md5(5), "signalType": "MD5"}]
    withdrawals = [threat(i, should_delete=True, **more) for i in (1, 3)]
    withdrawals.append({"hashValue": md5(5), "signalType": "MD5", "hashStatus": "Deleted"})
    sources = [json.dumps(each).encode() for each in (signals, withdrawals)]
    for order in (sources, sources[::-1]):
        report = csamatch.build([io.BytesIO(data) for data in order], out)
        assert [i for i in range(1, 6) if md5(i) in csamatch.open(out)] == [2, 4]
        assert (report.read, report.accepted, report.superseded) == (9, 2, 7)
        assert balanced(report)


def test_a_bad_later_version_does_not_take_away_a_good_one(out):
    good = {"id": "1", "type": "HASH_MD5", "should_delete": False}
    signals = [
        good | {"indicator": md5(1), "last_updated": 1},
        good | {"indicator": "broken", "last_updated": 2},
    ]
    for order in (signals, signals[::-1]):
        report = csamatch.build(io.BytesIO(json.dumps(order).encode()), out)
        assert balanced(report)
        assert (report.accepted, report.rejected, report.superseded) == (1, 1, 0)
        assert md5(1) in csamatch.open(out)
    signals.append(good | {"indicator": md5(2), "last_updated": 3})
    assert csamatch.build(io.BytesIO(json.dumps(signals).encode()), out).superseded == 1
    assert [md5(i) in csamatch.open(out) for i in (1, 2)] == [False, True]


def test_times_that_are_none_are_named(out):
    signals = [threat(i, should_delete=i == 2, last_updated="soon") for i in (1, 2)]
    report = csamatch.build(io.BytesIO(json.dumps(signals).encode()), out)
    assert (report.accepted, report.rejected, report.bad_values) == (1, 1, 1)
    assert sorted((s.where, s.reason) for s in report.samples) == [
        ("record 1", "the time of its last change cannot be read"),
        ("record 2", "a withdrawal whose time cannot be read"),
    ]


@pytest.mark.parametrize("indent", [None, 1])
def test_pages_of_results(out, indent):
    """What stands in front of the array may be an object of its own."""
    page = {"paging": {"cursors": {"after": ["x"]}, "n": 1}, "data": [threat(1), threat(2)]}
    report = csamatch.build(io.BytesIO(json.dumps(page, indent=indent).encode()), out)
    assert (report.readers, report.counts) == ({"<stream>": "signals"}, {"md5": 2})


def test_numbers_of_any_length_are_json(out):
    line = json.dumps(threat(1))[:-1] + f', "x": {"9" * 1_000_000}}}'
    assert csamatch.build(io.BytesIO(line.encode()), out).counts == {"md5": 1}


@pytest.mark.parametrize("second", ["data", "hashRecords"])
def test_a_second_array_is_refused(out, second):
    one, other = (f'[{{"indicator": "{md5(i)}", "type": "HASH_MD5"}}]' for i in (1, 2))
    with pytest.raises(FormatError, match="after record 1: a second array of records"):
        csamatch.build(io.BytesIO(f'{{"data": {one}, "{second}": {other}}}'.encode()), out)
    more = f'{{"data": {one}, "{second}s": {other}, "{second}": {{}}}}'
    assert csamatch.build(io.BytesIO(more.encode()), out).counts == {"md5": 1}
