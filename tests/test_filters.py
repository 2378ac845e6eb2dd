"""Filters, limits and allow-lists: what of a source is wanted."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest

import csamatch
from csamatch import FormatError, HashList, UrlList, build
from csamatch.filters import RejectionLimit, Where
from csamatch.readers import READERS, Batch, Reader, Record, Rejected
from csamatch.readers.records import lines
from sources import balanced, md5, media, text


def read_toy(stream, source, options):
    """Lines of an MD5, a severity and whether it is of the baseline."""
    assert set(options) <= {"fields"}
    for number, line in lines(stream):
        where = f"line {number}"
        if line.count(b" ") != 2:
            yield Rejected(where, "not three words")
            continue
        digest, severity, baseline = line.decode().split(" ")
        record = Record([("md5", bytes.fromhex(digest))], where)
        if "fields" in options:
            known = {"severity": severity if severity != "-" else None, "baseline": baseline}
            record.fields = {name: known[name] for name in options["fields"] if name in known}
        yield record


def read_toy_in_bulk(stream, source, options):
    """The same as one batch."""
    records = [r for r in read_toy(stream, source, options) if isinstance(r, Record)]
    packed = b"".join(record.values[0][1] for record in records)
    fields = {}
    for name in records[0].fields or {}:
        values = [record.fields[name] for record in records]
        names = sorted({v for v in values if v is not None})
        codes = [0 if v is None else 1 + names.index(v) for v in values]
        fields[name] = (np.array(codes, np.uint32), names)
    rows = np.arange(len(records), dtype=np.uint32)
    yield Batch(len(records), {"md5": (rows, packed)}, fields=fields)


@pytest.fixture(params=[read_toy, read_toy_in_bulk])
def toy(request, monkeypatch):
    reader = Reader("toy", "hashes", request.param, lambda head: False, "", fields="severity, ...")
    monkeypatch.setitem(READERS, "toy", reader)
    baseline = Reader(
        "baseline", "hashes", request.param, lambda head: False, "", fields="severity, ...",
        where={"baseline": "yes"},
    )  # fmt: skip
    monkeypatch.setitem(READERS, "baseline", baseline)


def toys(count: int = 8) -> io.BytesIO:
    rows = [f"{md5(i)} {'ABC-'[i % 4]} {'yes' if i % 2 else 'No'}" for i in range(count)]
    return text(*rows)


@pytest.mark.parametrize(
    ("reader", "where", "kept"),
    [
        ("toy", None, range(8)),
        ("toy", {}, range(8)),
        ("toy", {"baseline": "yes"}, [1, 3, 5, 7]),
        ("toy", {"baseline": "YES", "severity": ["b", "C"]}, [1, 5]),
        ("toy", {"baseline": True}, [1, 3, 5, 7]),
        ("toy", {"baseline": [False]}, [0, 2, 4, 6]),
        ("toy", {"severity": None}, [3, 7]),
        ("toy", {"severity": ("A", None)}, [0, 3, 4, 7]),
        ("baseline", None, [1, 3, 5, 7]),
        ("baseline", {}, range(8)),
        ("baseline", {"baseline": "no"}, [0, 2, 4, 6]),
    ],
)
@pytest.mark.parametrize("copies", [1, 20])
def test_where(toy, out, reader, where, kept, copies):
    """By records and by batches, small ones and those taken in bulk."""
    source = io.BytesIO((toys().getvalue() + b"\n") * copies)
    report = build(source, out, reader=reader, where=where)
    lst = csamatch.open(out)
    assert [i for i in range(8) if md5(i) in lst] == list(kept)
    assert report.filtered == (8 - len(kept)) * copies
    assert report.sources[0].filtered == report.filtered
    assert balanced(report)


@pytest.mark.parametrize("copies", [1, 20])
def test_where_a_field_is_unknown(toy, out, copies):
    source = io.BytesIO((toys().getvalue() + b"\n") * copies)
    with pytest.raises(FormatError, match="line 1: has no field 'basline' to filter by"):
        build(source, out, reader="toy", where={"basline": "yes"})


def test_where_there_are_no_fields(out):
    with pytest.raises(ValueError, match="reader text has no fields to filter by"):
        build(text(md5(1)), out, where={"baseline": "yes"})
    with pytest.raises(TypeError, match="where"):
        Where(["baseline"])


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        (None, {10: 10, 150: 75, 10_000: 100, 20_000: 200}),
        (0.001, {10: 0, 10_000: 10}),
        ("0.1%", {10: 0, 10_000: 10}),
        ("0.1 %", {10_000: 10}),
        (0, {10: 0, 10_000: 0}),
        (25, {10: 25, 10_000: 25}),
        ("25", {10: 25, 10_000: 25}),
        (1.0, {10: 10}),
        ("100%", {10: 10}),
    ],
)
def test_limits_of_rejection(limit, most):
    for read, allowed in most.items():
        assert RejectionLimit(limit).exceeded(allowed, read, {}) == ""
        said = RejectionLimit(limit).exceeded(allowed + 1, read, {"b": 2, "a": 2, "c": 3, "d": 1})
        assert said.startswith(f"{allowed + 1:,} of {read:,} records cannot be read, more than ")
        assert said.endswith("(c 3, a 2, b 2)")


@pytest.mark.parametrize(
    "wrong", ["many", "1.5", -1, -0.5, 1.5, "200%", "-1", "nan%", float("nan")]
)
def test_limits_that_are_none(out, wrong):
    with pytest.raises(ValueError, match="max_rejected"):
        build(text(md5(1)), out, max_rejected=wrong)


def test_limits_of_wrong_types(out):
    for wrong in (True, [], b"1"):
        with pytest.raises(TypeError, match="max_rejected"):
            build(text(md5(1)), out, max_rejected=wrong)


def test_too_much_dirt_fails_the_build(out):
    """By source: a clean one does not make up for a dirty one, nor a dirty one for a clean one."""
    clean = [md5(i) for i in range(20_000)]
    dirty = [*clean[:300], *["xyz"] * 60, *["f" * 31] * 41]
    out.write_bytes(b"the old list")
    with pytest.raises(FormatError) as caught:
        build([text(*clean), text(*dirty)], out)
    assert str(caught.value) == (
        "<stream>: read as text: 101 of 401 records cannot be read, more than 1 % "
        "(not a digest 60, 31 hex digits; expected 32, 40 or 64 41)"
    )
    assert out.read_bytes() == b"the old list"
    assert build([text(*clean), text(*dirty)], out, max_rejected=101).rejected == 101
    assert build([text(*clean), text(*dirty[:-1])], out).rejected == 100
    with pytest.raises(FormatError, match=r"more than 0\.1%"):
        build(text(*clean[:900], "xyz"), out, max_rejected="0.1%")
    assert build(text(*clean[:999], "xyz"), out, max_rejected="0.1%").rejected == 1


def test_several_allow_lists(tmp_path, out):
    first, second = tmp_path / "a.txt", tmp_path / "b.csml"
    first.write_text(md5(1))
    build(text(md5(2)), second)
    lists = [
        first,
        second,
        HashList([md5(3)]),
        text(md5(4)),
        media([{"Category": 1, "MD5": md5(5)}]),
    ]
    everything = [md5(i) for i in range(200)]
    for count in range(6):
        for source in (text(*everything), media([{"Category": 1, "MD5": d} for d in everything])):
            for each in lists:
                if hasattr(each, "seek"):
                    each.seek(0)
            report = build(source, out, allow=lists[:count])
            lst = csamatch.open(out)
            assert report.quarantined == ({"allow-list": count} if count else {})
            assert [i for i in range(6) if md5(i) not in lst] == list(range(1, count + 1))
    with pytest.raises(ValueError, match="both hashes and addresses"):
        build(text(md5(1)), out, allow=[HashList([md5(1)]), UrlList(["good.example"])])
    for wrong in (5, b"x", [5], [b"x"]):
        with pytest.raises(TypeError, match="allow"):
            build(text(md5(1)), out, allow=wrong)


def test_the_report_by_source(tmp_path, out):
    (tmp_path / "a.txt").write_text("\n".join([md5(1), md5(2), "xyz"]))
    (tmp_path / "b.json").write_bytes(
        media([{"Category": 1, "MD5": md5(2)}, {"Category": 0, "MD5": md5(3)}]).getvalue()
    )
    report = build([tmp_path / "a.txt", tmp_path / "b.json"], out, allow=HashList([md5(1)]))
    rows = [
        (s.reader, s.read, s.taken, s.rejected, s.quarantined, s.filtered) for s in report.sources
    ]
    assert rows == [("text", 3, 1, 1, 1, 0), ("vics", 2, 1, 0, 0, 1)]
    assert report.accepted + report.duplicate == sum(s.taken for s in report.sources)
    table = str(report).splitlines()
    header = ["format", "read", "taken", "rejected", "quarantined", "filtered", "source"]
    assert table[0].split() == header
    assert table[1].split() == ["text", "3", "1", "1", "1", "0", str(tmp_path / "a.txt")]
    assert table[2].split() == ["vics", "2", "1", "0", "0", "1", str(tmp_path / "b.json")]
    values = json.loads(json.dumps(report.as_dict()))
    assert values["sources"][1] == {
        "name": str(tmp_path / "b.json"), "reader": "vics", "variety": "", "read": 2, "taken": 1,
        "rejected": 0, "quarantined": 0, "filtered": 1,
    }  # fmt: skip
