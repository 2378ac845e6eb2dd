"""Formats of hash sets, written here from their public descriptions: sound, dirty and truncated."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

import pytest

import csamatch
from csamatch.errors import FormatError
from sources import EMPTY, balanced, md5, sha1


def sha256(i: int) -> str:
    return hashlib.sha256(f"{i}".encode()).hexdigest()


@dataclass
class Twins:
    """One list three times: as it should be, with dirt in it, and cut short."""

    reader: str
    golden: bytes
    counts: dict
    dirty: bytes
    good: list  # digests that the dirty twin holds all the same
    samples: list  # (where, reason) of what it holds besides
    truncated: list = field(default_factory=list)  # (bytes, where it must fail)
    filtered: int = 0
    ids: dict = field(default_factory=dict)


NSRL_HEADER = (
    '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"'
)


def nsrl_row(i: int, name: str = "a.dll") -> str:
    return f'"{sha1(i).upper()}","{md5(i).upper()}","0A1B2C3D","{name}",{i},9,"362",""'


def nsrl(*rows: str) -> bytes:
    return ("\r\n".join([NSRL_HEADER, *rows]) + "\r\n").encode("latin-1")


NSRL_GOOD = nsrl(*(nsrl_row(i, name) for i, name in enumerate(["x", 'a ""b"".c', "ü,n", "l\ni"])))
NSRL = Twins(
    "nsrl",
    NSRL_GOOD,
    {"md5": 4, "sha1": 4},
    nsrl(
        nsrl_row(1),
        nsrl_row(2)[:60],
        nsrl_row(3, 'na"me'),
        nsrl_row(4).replace(md5(4).upper(), "G" * 32),
        nsrl_row(5) + ",1",
        "",
        nsrl_row(6).lower(),
    ),
    [md5(1), sha1(1), sha1(4), md5(5), sha1(5), md5(6), sha1(6)],
    [
        # The quote that the cut row leaves open is closed by the next row's.
        ("line 3", "text behind a closing quote"),
        ("line 4", "text behind a closing quote"),
        ("line 5", "md5: not hexadecimal"),
        ("line 6", "more columns than expected"),
    ],
    [(NSRL_GOOD[:-40], "line 5"), (nsrl(nsrl_row(1), nsrl_row(2))[:-10], "line 3")],
)
HASHKEEPER_HEADER = (
    '"file_id","hashset_id","file_name","directory","hash","file_size","date_modified",'
    '"time_modified","time_zone","comments","date_accessed","time_accessed"'
)


def hashkeeper_row(i: int) -> str:
    return f'{i},77,"f{i}.jpg","C:\\d","{md5(i).upper()}",{i},"","","","it\'s, a ""c""","",""'


def hashkeeper(*rows: str) -> bytes:
    return ("\n".join([HASHKEEPER_HEADER, *rows]) + "\n").encode()


HASHKEEPER = Twins(
    "hashkeeper",
    hashkeeper(*map(hashkeeper_row, range(1, 6))),
    {"md5": 5},
    hashkeeper(
        hashkeeper_row(1),
        hashkeeper_row(2).replace(md5(2).upper(), ""),
        hashkeeper_row(3).replace(md5(3).upper(), md5(3)[2:]),
        hashkeeper_row(4).replace(',"",""', ""),
        hashkeeper_row(5),
    ),
    [md5(1), md5(4), md5(5)],
    [
        ("line 3", "no digest that can be listed"),
        ("line 4", "md5: 30 characters; expected 32"),
        ("line 5", "fewer columns than expected"),
    ],
    [(hashkeeper(*map(hashkeeper_row, range(1, 6)))[:-12], "line 6")],
    ids={md5(1): "1", md5(5): "5"},
)

HASHDEEP_HEADER = (
    "%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## Invoked from: /x\n## $ y\n##\n"
)


def hashdeep(*rows: str) -> bytes:
    return (HASHDEEP_HEADER + "\n".join(rows) + "\n").encode()


def hashdeep_row(i: int, name: str = "/x/y") -> str:
    return f"{i},{md5(i)},{sha256(i)},{name}"


HASHDEEP = Twins(
    "hashdeep",
    hashdeep(hashdeep_row(1, "/x/a,b"), hashdeep_row(2, '/x/"c'), hashdeep_row(3)),
    {"md5": 3, "sha256": 3},
    hashdeep(
        hashdeep_row(1, '"'),
        "4,zz",
        hashdeep_row(2).replace(sha256(2), "?"),
        "# note",
        hashdeep_row(3, ",,,"),
    ),
    [md5(1), sha256(1), md5(2), md5(3), sha256(3)],
    [
        ("line 7", "fewer columns than expected"),
        ("line 7", "md5: 2 characters; expected 32"),
        ("line 8", "sha256: 1 characters; expected 64"),
    ],
    [
        (hashdeep(hashdeep_row(1), hashdeep_row(2))[:-20], "line 7"),
        (b"%%%% HASHDEEP-1.0\n", "line 2"),
    ],
)

ICSE_HEADER = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline"
)


def icse_row(i: int, baseline: str = "yes", series: str = "") -> str:
    return f"{md5(i)};{sha1(i)};;{i};y;n;n;{series};1;yes;image;{baseline}"


def icse(*rows: str) -> bytes:
    return ("\n".join([ICSE_HEADER, *rows]) + "\n").encode()


ICSE = Twins(
    "icse",
    icse(icse_row(1), icse_row(2, "Y", '"a;b"'), icse_row(3, "no"), icse_row(4, "TRUE")),
    {"md5": 3, "sha1": 3},
    icse(
        icse_row(1),
        icse_row(2) + ";more",
        icse_row(3).rpartition(";")[0],
        icse_row(4, "").strip(),
        icse_row(5).replace(md5(5), "-"),
        icse_row(6).replace(md5(6), "0").replace(sha1(6), "0"),
        icse_row(7, "n").replace(md5(7), "broken"),
        icse_row(8, "t"),
    ),
    [md5(1), sha1(1), md5(2), sha1(2), sha1(5), md5(8)],
    [
        ("line 3", "more columns than expected"),
        ("line 6", "md5: 1 characters; expected 32"),
        ("line 7", "md5: 1 characters; expected 32"),
        ("line 7", "sha1: 1 characters; expected 40"),
    ],
    [(icse(icse_row(1), icse_row(2, "y", '"x;'))[:-1], "line 3")],
    filtered=3,
    ids={md5(1): "1", sha1(5): "5"},
)


def encase(*digests: str, tail: bytes = b"") -> bytes:
    records = b"".join(bytes.fromhex(digest) + b"\x01\x00" for digest in digests)
    return b"HASH\r\n\xff\x00" + bytes(1152 - 8) + records + tail


ENCASE = Twins(
    "encase",
    encase(*map(md5, range(200)), md5(0)),
    {"md5": 200},
    encase(md5(1), EMPTY["md5"], md5(2), "0" * 32),
    [md5(1), md5(2)],
    [("record 2", "empty-file"), ("record 4", "placeholder")],
    [
        (encase(md5(1), md5(2), tail=b"cut"), "record 3"),
        (encase(md5(1))[:-1], "record 1"),
        (encase()[:1000], "byte 1000"),
    ],
)

ALL = [NSRL, HASHKEEPER, HASHDEEP, ICSE, ENCASE]
each = pytest.mark.parametrize("twins", ALL, ids=lambda twins: twins.reader)


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
    lst = csamatch.open(out)
    assert all(digest in lst for digest in twins.good)
    assert sum(report.counts.values()) == len(csamatch.HashList.from_digests(held(lst, twins)))


def held(lst: csamatch.HashList, twins: Twins) -> list[str]:
    """Those of the digests that the twins are made of that a list holds."""
    made = [f(i) for f in (md5, sha1, sha256) for i in range(300)]
    return [digest for digest in made if digest in lst]


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
    report = build(ICSE.golden, out, where={"Image ID": ["1", "3"]})
    assert report.counts == {"md5": 2, "sha1": 2}
