"""Looking at sources without building, and the options of building on the command line."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import numpy as np
import pytest

import csamatch
from csamatch import FormatError, cli, inspect
from csamatch.readers import READERS, Batch, Reader, Record
from sources import EMPTY, md5, media, sha1, text

RECORDS = [
    {"MediaID": 1, "Category": 1, "MD5": md5(1), "SHA1": sha1(1)},
    {"MediaID": 2, "Category": 2, "MD5": md5(2), "SHA1": "xyz"},
    {"MediaID": 3, "Category": 2, "MD5": md5(2)},
    {"MediaID": 4, "Category": 0, "MD5": EMPTY["md5"]},
    {"MediaID": 5, "MD5": md5(5)},
    {"MediaID": 6, "Category": 1},
]


def test_what_a_source_holds():
    (found,) = inspect(media(RECORDS))
    assert (found.name, found.reader, found.kind, found.read) == ("<stream>", "vics", "hashes", 6)
    assert found.counts == {"md5": 4, "sha1": 1}
    assert found.categories == {"1": 1, "2": 2, None: 1}
    assert found.rejections == {"no digest that can be listed": 1}
    assert found.quarantined == {"empty-file": 1}
    assert found.bad_values == 1
    assert str(found).splitlines() == [
        "<stream>",
        "  format      vics",
        "  hashes      md5 4, sha1 1",
        "  records     6",
        "  rejected    1  no digest that can be listed 1",
        "  quarantined 1  empty-file 1",
        "  bad values  1",
        "  categories  1 1, 2 2, none 1",
    ]
    said = json.loads(json.dumps(found.as_dict()))
    assert said["categories"] == {"1": 1, "2": 2, "null": 1}
    assert [s["where"] for s in said["samples"]] == ["Media 2", "Media 4", "Media 6"]
    assert all(set(s) == {"source", "where", "reason"} for s in said["samples"])
    assert md5(5) not in repr(found) + str(found) + json.dumps(said)
    (kept,) = inspect(media(RECORDS), keep_values=True)
    assert [s["value"] for s in kept.as_dict()["samples"]] == ["xyz", EMPTY["md5"], ""]


def test_bulk_counts_as_records_do(monkeypatch):
    categories = [None, "1", "2", "1"] * 50
    digests = [bytes.fromhex(md5(i)) for i in range(200)]

    def read_records(stream, source, options):
        for i, category in enumerate(categories):
            yield Record([("md5", digests[i])], f"line {i}", "", category, True)

    def read_batch(stream, source, options):
        rows, codes = np.arange(200, dtype=np.uint32), np.array([0, 1, 2, 1] * 50, np.uint32)
        columns = {"md5": (rows, b"".join(digests))}
        yield Batch(200, columns, codes=codes, names=["1", "2"], has_category=True)

    found = []
    for read in (read_records, read_batch):
        monkeypatch.setitem(READERS, "toy", Reader("toy", "hashes", read, lambda head: False, ""))
        found += inspect(io.BytesIO(b"x"), reader="toy")
    assert found[0] == found[1]
    assert found[0].categories == {"1": 100, "2": 50, None: 50}
    (lines,) = inspect(text(*(md5(i) for i in range(300)), sha1(1)))
    assert lines.counts == {"md5": 300, "sha1": 1}
    assert "categories" not in str(lines)


def test_several_sources_and_kinds():
    found = inspect([text(md5(1)), text("bad.example", "http://host.example/x")])
    assert [(each.kind, each.counts) for each in found] == [
        ("hashes", {"md5": 1}),
        ("addresses", {"domain": 1, "url": 1}),
    ]
    with pytest.raises(FormatError):
        inspect([text(md5(1)), io.BytesIO(b"%PDF-1.7")])
    with pytest.raises(ValueError, match="takes no option 'columns'"):
        inspect(text(md5(1)), reader="text", columns={"md5": 0})


def test_dirt_does_not_fail_an_inspection():
    (found,) = inspect(text(*["x"] * 500), reader="text")
    assert found.rejections == {"not a digest": 500}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.json").write_bytes(media(RECORDS).getvalue())
    with zipfile.ZipFile("a.zip", "w") as archive:
        archive.writestr("d.txt", "bad.example\nx@mail.example\nworse.example\n")
        archive.writestr("m.json.gz", gzip.compress(media(RECORDS).getvalue()))
    (tmp_path / "page.html").write_text("<!doctype html>\n")
    return tmp_path


def test_the_inspect_command(folder, capsys):
    assert cli.main(["inspect", "m.json", "a.zip"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert [line for line in out.splitlines() if line.startswith(("m.json", "a.zip"))] == [
        "m.json",
        "m.json: Media 2: sha1: 3 characters; expected 40",
        "m.json: Media 4: empty-file",
        "m.json: Media 6: no digest that can be listed",
        "a.zip!d.txt",
        "a.zip!d.txt: line 2: an e-mail address, which must not list its whole provider",
        "a.zip!m.json.gz",
        "a.zip!m.json.gz: Media 2: sha1: 3 characters; expected 40",
        "a.zip!m.json.gz: Media 4: empty-file",
        "a.zip!m.json.gz: Media 6: no digest that can be listed",
    ]
    assert cli.main(["inspect", "page.html", "m.json", "--json", "-q"]) == 2
    out, err = capsys.readouterr()
    assert [each["name"] for each in json.loads(out)] == ["m.json"]
    assert err.startswith("csamatch: page.html: looks like a web page; expected a list")
    assert err.count("\n") == 1


def test_building_with_every_option(folder, capsys, monkeypatch):
    def read(stream, source, options):
        assert options["colour"] == "red"
        for i in range(4):
            fields = {"baseline": ["yes", "no", "odd", None][i]}
            yield Record([("md5", bytes.fromhex(md5(i)))], f"line {i}", fields=fields)

    toy = Reader(
        "toy", "hashes", read, lambda head: False, "", fields="baseline",
        options={"colour": "what colour"}, where={"baseline": "yes"},
    )  # fmt: skip
    monkeypatch.setitem(READERS, "toy", toy)
    (folder / "x").write_text("x")
    base = ["build", "x", "-o", "x.csml", "--reader", "toy", "--option", "colour=red", "-q"]
    for options, kept in (
        ([], [0]),
        (["--every"], [0, 1, 2, 3]),
        (["--where", "baseline=no,null"], [1, 3]),
    ):
        assert cli.main([*base, *options]) == 0
        lst = csamatch.open("x.csml")
        assert [i for i in range(4) if md5(i) in lst] == kept
    (folder / "one").write_text(md5(0))
    (folder / "two").write_text(md5(1))
    assert cli.main([*base, "--every", "--allow", "one", "--allow", "two"]) == 0
    assert len(csamatch.open("x.csml")) == 2
    assert capsys.readouterr() == ("", "")


def test_limits_on_the_command_line(folder, capsys):
    (folder / "dirty").write_text("\n".join([md5(1)] * 995 + ["xyz"] * 5))
    base = ["build", "-o", "x.csml"]
    assert cli.main([*base, "dirty", "--max-rejected", "0.1%"]) == 2
    assert "5 of 1,000 records cannot be read, more than 0.1% (not a digest 5)" in (
        capsys.readouterr().err
    )
    assert cli.main([*base, "dirty", "--max-rejected", "5", "--report", "r.json"]) == 0
    assert json.loads((folder / "r.json").read_text())["sources"][0]["rejected"] == 5
    (folder / "g").write_bytes(gzip.compress(b"0" * 5000))
    assert cli.main([*base, "g", "--max-size", "4K"]) == 2
    assert "unpacks to more than 4,096 bytes" in capsys.readouterr().err
    assert cli.main([*base, "m.json", "--max-ratio", "1000"]) == 0


def test_a_column_map_means_csv(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text(f"a,{md5(1)}\nb,{md5(2)}\n")
    (found,) = csamatch.inspect(path, columns={"md5": 1, "id": 0})
    assert (found.reader, found.counts) == ("csv", {"md5": 2})
    path.write_text("1,bad.example\n2,worse.example\n")
    (found,) = csamatch.inspect(path, columns={"domain": 1})
    assert (found.reader, found.counts) == ("csv-addresses", {"domain": 2})
