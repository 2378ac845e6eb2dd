"""Writing lists and sources out: what is written reads back into the same list."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

import csamatch
from csamatch.cli import main
from csamatch.errors import Error, FormatError
from sources import EMPTY, md5, media, sha1


def sha256(i: int) -> str:
    return md5(i) + md5(i + 1)


def source() -> io.BytesIO:
    """Records of one, two and three digests, with and without ids and categories; keys shared."""
    records = [
        {"MediaID": i, "Category": [0, 1, 2, None][i % 4], "MD5": md5(i), "SHA1": sha1(i)}
        for i in range(50)
    ]
    records += [
        {"Category": 1, "SHA1": sha1(3)},
        {"MediaID": "Bü\n\"',; 1", "Category": "odd, \"one\"", "MD5": md5(7), "SHA1": ""},
        {"MediaID": 900, "Category": 1, "MD5": md5(1), "AlternativeHashes": [
            {"HashName": "SHA256", "HashValue": sha256(1)}]},
    ]  # fmt: skip
    return media(records)


EVERY = [None, "0", "1", "2", 'odd, "one"']


def build(data, out, **how) -> bytes:
    data = io.BytesIO(data) if isinstance(data, bytes) else data
    csamatch.build(data, out, **how)
    return out.read_bytes()


def export(given, **how) -> bytes:
    out = io.BytesIO()
    csamatch.export(given, out, **how)
    return out.getvalue()


@pytest.mark.parametrize("format", ["csv", "vics"])
def test_lists_survive_whole(out, format):
    """Digests, entries and all: the same bytes."""
    first = build(source(), out, categories=EVERY)
    for given, how in ((out, {"allow_export": True}), (source(), {"categories": EVERY})):
        written = export(given, format=format, **how)
        assert build(written, out.with_name("again"), categories=EVERY) == first


@pytest.mark.parametrize("format", ["text", "hashdeep"])
def test_digests_survive(out, format):
    build(source(), out, categories=EVERY)
    expected = csamatch.open(out).info.counts
    for given, how in (
        (csamatch.open(out), {"allow_export": True}),
        (source(), {"categories": EVERY}),
    ):
        written = export(given, format=format, **how)
        again = out.with_name("again")
        build(written, again)
        assert csamatch.open(again).info.counts == expected
        lst = csamatch.open(again)
        assert all(md5(i) in lst and sha1(i) in lst for i in range(50)) and sha256(1) in lst


@pytest.mark.parametrize("format", ["text", "csv", "vics", "hashdeep"])
def test_bare_lists_survive(out, format):
    lines = "\n".join([*(md5(i) for i in range(99)), *(sha1(i) for i in range(99)), sha256(1)])
    first = build(lines.encode(), out)
    written = export(out, format=format, allow_export=True)
    assert build(written, out.with_name("again"), categories=[None]) == first


@pytest.mark.parametrize("format", ["text", "csv"])
def test_addresses_survive(out, format):
    lines = (
        "bad.example\nhttp://page.example/x?y=1,2\n\nhttp://front.example/\n192.0.2.7\nbü.example\n"
    )
    first = build(lines.encode(), out, reader="urls", admit=["private-address"])
    written = export(io.BytesIO(lines.encode()), format=format, reader="urls")
    again = build(written, out.with_name("again"), admit=["private-address"])
    assert again == first


def test_a_list_is_not_written_out_unasked(out, tmp_path):
    build(source(), out, categories=EVERY)
    to = tmp_path / "x.txt"
    for given in (out, str(out), csamatch.open(out)):
        with pytest.raises(Error, match="allow_export"):
            csamatch.export(given, to)
    urls = csamatch.UrlList.from_entries(["bad.example"])
    with pytest.raises(Error, match="cannot be turned back"):
        csamatch.export(urls, to, allow_export=True)
    assert not to.exists()


def test_what_cannot_be_written(out, tmp_path):
    to = tmp_path / "x.json"
    to.write_bytes(b"old")
    with pytest.raises(FormatError, match="addresses cannot be written as vics"):
        csamatch.export(io.BytesIO(b"bad.example\n"), to, format="vics")
    with pytest.raises(FormatError, match="truncated"):
        csamatch.export(io.BytesIO(f'md5\n{md5(1)}\n"{md5(2)}'.encode()), to)
    with pytest.raises(ValueError, match="format: no such one"):
        csamatch.export(io.BytesIO(b"x"), to, format="pdf")
    with pytest.raises(ValueError, match="exported by itself"):
        build(source(), out, categories=EVERY)
        csamatch.export([out, out], to)
    assert to.read_bytes() == b"old"


def test_nothing_is_left_out_and_files_are_private(tmp_path):
    to = tmp_path / "x.txt"
    report = csamatch.export(io.BytesIO(f"{EMPTY['md5']}\n{md5(1)}\nzz\n".encode()), to)
    assert to.read_text() == f"{EMPTY['md5']}\n{md5(1)}\n"
    assert (report.read, report.accepted, report.rejected) == (3, 2, 1)
    assert to.stat().st_mode & 0o777 == 0o600


def test_vics_is_what_others_read(out):
    build(source(), out, categories=EVERY)
    document = json.loads(export(out, format="vics", allow_export=True))
    assert document["@odata.context"].endswith("ProjectVic/DataModels/2.0.xml/US/$metadata#Media")
    by_id = {each.get("MediaID"): each for each in document["value"]}
    assert by_id[5] == {
        "MediaID": 5, "Category": 1, "MD5": md5(5).upper(), "SHA1": sha1(5).upper()
    }  # fmt: skip


@pytest.mark.shows_values
def test_command_line(out, tmp_path, capfd):
    table = tmp_path / "x.csv"
    table.write_text(f"What;Where\n{md5(1)};7\n")
    args = [str(table), "--column", "md5=What", "--column", "id=1"]
    assert main(["export", *args, "--format", "csv"]) == 0
    said, told = capfd.readouterr()
    assert said == f"md5,sha1,sha256,id,category\n{md5(1)},,,7,\n"
    assert told == "csamatch: 1 records written, 0 unreadable\n"
    assert main(["build", *args, "-o", str(out), "-q"]) == 0
    assert csamatch.open(out).find(md5(1)).entry.id == "7"
    assert main(["export", str(out)]) == 2
    assert "--allow-export" in capfd.readouterr()[1]
    to = tmp_path / "y.txt"
    assert main(["export", str(out), "--allow-export", "-o", str(to)]) == 0
    assert Path(to).read_text() == f"{md5(1)}\n"


@pytest.mark.shows_values
def test_filters_are_those_of_a_build(tmp_path, capfd):
    table = tmp_path / "x.csv"
    head = "MD5;Image ID;Baseline\n"
    table.write_text(f"{head}{md5(1)};1;yes\n{md5(2)};2;no\n")
    assert export(str(table)) == f"{md5(1)}\n".encode()
    assert export(str(table), where={}) == f"{md5(1)}\n{md5(2)}\n".encode()
    assert main(["export", str(table), "--where", "baseline=no"]) == 0
    said, told = capfd.readouterr()
    assert said == f"{md5(2)}\n"
    assert told == "csamatch: 1 records written, 0 unreadable, 1 filtered\n"
    records = [{"Category": c, "MD5": md5(i)} for i, c in enumerate([0, 1, 2, None])]
    assert export(media(records), categories=[2]) == f"{md5(2)}\n".encode()
    assert export(media(records)) == f"{md5(1)}\n{md5(2)}\n".encode()


def test_a_list_is_written_whole(out):
    build(source(), out, categories=EVERY)
    for how in ({"categories": ["1"]}, {"where": {"baseline": "yes"}}):
        with pytest.raises(ValueError, match="a list is written whole"):
            export(out, allow_export=True, **how)


def test_too_much_dirt_fails_an_export(tmp_path):
    data = "\n".join([*map(md5, range(300)), *["x"] * 101]).encode()
    with pytest.raises(FormatError, match="101 of 401 records cannot be read"):
        csamatch.export(io.BytesIO(data), tmp_path / "x")
    assert not (tmp_path / "x").exists()
    assert export(io.BytesIO(data), max_rejected=101).count(b"\n") == 300
