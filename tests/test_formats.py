"""Every format, written here from its public description: sound, dirty and truncated."""

from __future__ import annotations

import io

import pytest

import csamatch
from csamatch.errors import FormatError
from csamatch.readers import READERS
from hashsets import HASH_SETS, ICSE, icse, icse_row, sha256
from listings import LISTINGS
from sources import balanced, md5, sha1

ALL = [*HASH_SETS, *LISTINGS]


def test_no_format_is_forgotten():
    assert {twins.reader for twins in ALL} == set(READERS)


each = pytest.mark.parametrize("twins", ALL, ids=lambda twins: twins.name or twins.reader)


def build(data: bytes, out, **how) -> csamatch.BuildReport:
    report = csamatch.build(io.BytesIO(data), out, **how)
    assert balanced(report)
    return report


@each
def test_golden(twins, out):
    report = build(twins.golden, out)
    assert report.readers == {"<stream>": twins.reader}
    assert report.counts == twins.counts
    assert not report.rejected and not report.samples


@each
def test_dirty(twins, out):
    report = build(twins.dirty, out)
    assert [(s.where, s.reason) for s in report.samples] == twins.samples
    assert report.filtered == twins.filtered
    assert report.readers == {"<stream>": twins.reader}
    lst = csamatch.open(out)
    assert all(each in lst for each in twins.good)
    assert len(lst) == len(twins.good)


@each
def test_ids(twins, out):
    build(twins.dirty, out)
    lst = csamatch.open(out)
    for digest, entry in twins.ids.items():
        assert lst.find(digest).entry.id == entry


@each
def test_truncated(twins, out):
    out.write_bytes(b"the old list")
    for data, where in twins.truncated:
        with pytest.raises(FormatError) as caught:
            csamatch.build(io.BytesIO(data), out, reader=twins.reader)
        assert caught.value.where == where
        assert out.read_bytes() == b"the old list"


@each
def test_what_is_something_else_is_refused_by_name(twins, out):
    for other in (b"", b"x", b"\n\n", b"%%%% HASHDEEP-2.0\n", b"HASH\r\n\xff", b"a,b\n1,2\n"):
        with pytest.raises(FormatError):
            csamatch.build(io.BytesIO(other), out, reader=twins.reader)
    assert not out.exists()


def test_columns_of_nsrl_are_found_by_name(out):
    rows = f'"{sha1(1)}","a.b",1,2,"3","","{md5(1)}","",""\n'
    header = '"SHA-1","FileName","FileSize","ProductCode","OpSystemCode","MD4","MD5","CRC32","S"\n'
    report = build((header + rows).encode(), out)
    assert (report.readers["<stream>"], report.counts) == ("nsrl", {"md5": 1, "sha1": 1})
    header = header.replace("MD4", "SHA-256")
    rows = rows.replace('"",', f'"{sha256(1)}",', 1)
    assert build((header + rows).encode(), out).counts == {"md5": 1, "sha1": 1, "sha256": 1}


def test_all_of_an_icse_export_where_asked_for(out):
    report = build(ICSE.golden, out, where={})
    assert (report.counts, report.filtered) == ({"md5": 4, "sha1": 4}, 0)
    report = build(ICSE.golden, out, where={"baseline": "no"})
    assert (report.counts, report.filtered) == ({"md5": 1, "sha1": 1}, 3)
    for no in (False, "F", "false", [False], 0):
        assert build(ICSE.golden, out, where={"Baseline": no}).counts == report.counts
    for yes in (True, "Y", "true", " t ", 1):
        assert build(ICSE.golden, out, where={"baseline": yes}).counts == {"md5": 3, "sha1": 3}
    with pytest.raises(ValueError, match="where: baseline is yes or no"):
        build(ICSE.golden, out, where={"baseline": "Baseline"})
    report = build(ICSE.golden, out, where={"Image ID": ["1", "3"]})
    assert report.counts == {"md5": 2, "sha1": 2}


@pytest.mark.parametrize("count", [1, 100])
def test_rows_whose_flag_is_none_are_named(out, count):
    rows = [icse_row(i, "image") for i in range(count)] + [icse_row(i) for i in range(100, 300)]
    report = build(icse(*rows), out, max_rejected=1.0)
    assert report.rejections == {"baseline: neither yes nor no": count}
    assert (report.counts, report.filtered) == ({"md5": 200, "sha1": 200}, 0)
