"""Building: what gets in, what stays out, and that it is all accounted for."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import random
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import csamatch
from csamatch import FormatError, build
from listfile_reader import ListFile
from sources import EMPTY, balanced, md5, media, sha1, text


def test_dirt(tmp_path, out):
    """BOM, CRLF, no final newline, comments, upper case, three widths, and three bad lines."""
    source = tmp_path / "dirty.txt"
    sha256 = hashlib.sha256(b"1").hexdigest()
    source.write_bytes(
        b"\xef\xbb\xbf# a comment\r\n"
        b"\r\n"
        + md5(1).encode() + b"\r\n"
        + md5(2).upper().encode() + b"\n"
        b"; another\n"
        b"   \n"
        + md5(3).encode()[:-1] + b"\r\n"
        + sha1(1).upper().encode() + b"  name with spaces.jpg\r\n"
        + md5(4).encode()[:-1] + b"g\n"
        b"\x00\x01\x02\xff\xfe binary \x80\n"
        b"  " + md5(5).encode() + b" *other.jpg\n"
        b"MD5 (a (b).jpg) = " + md5(6).upper().encode() + b"\n"
        b"SHA2-256(x)= " + sha256.encode() + b"\n"
        + md5(1).upper().encode() + b"\n"
        b"\\" + md5(7).encode() + b"  a\\nb"
    )  # fmt: skip
    report = build(source, out)
    lst = csamatch.open(out)
    for digest in (*(md5(i) for i in (1, 2, 5, 6, 7)), sha1(1), sha256):
        assert digest in lst
    assert len(lst) == 7
    assert report.counts == {"md5": 5, "sha1": 1, "sha256": 1}
    assert (report.read, report.accepted, report.duplicate, report.rejected) == (11, 7, 1, 3)
    assert [(s.source, s.where, s.reason) for s in report.samples] == [
        (str(source), "line 7", "31 hex digits; expected 32, 40 or 64"),
        (str(source), "line 9", "a character is not a hex digit"),
        (str(source), "line 10", "binary data"),
    ]
    assert balanced(report)
    assert all(s.value is None for s in report.samples)


def test_values_are_kept_only_when_asked_for(out):
    report = build(text(md5(1), "f" * 31), out, keep_values=True)
    assert [s.value for s in report.samples] == ["f" * 31]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("SHA512 (x) = " + "0" * 128, "not an algorithm of digests that can be listed"),
        ("MD5 (x) = " + sha1(1), "40 hex digits do not fit the algorithm named"),
        ("0" * 128, "128 hex digits; expected 32, 40 or 64"),
        ("hello world", "not a digest"),
        (md5(1) + ":" + sha1(1), "not a digest"),
        ("x" * 70_000, "a line too long for a digest"),
    ],
)
def test_lines_that_are_no_digests(out, line, reason):
    report = build(text(md5(1), line, md5(2)), out)
    assert [(s.where, s.reason) for s in report.samples] == [("line 2", reason)]
    assert report.rejections == {reason: 1}
    assert report.accepted == 2
    assert md5(2) in csamatch.open(out)


def test_categories(out):
    records = [
        {"MediaID": i, "Category": c, "MD5": md5(i)} for i, c in enumerate([0, 1, 2, None, 1, 3])
    ]
    records.append({"MediaID": 6, "MD5": md5(6)})
    for wanted, kept in [
        (None, [1, 2, 4, 5]),
        (["1"], [1, 4]),
        ([1, 2], [1, 2, 4]),
        ({0, None}, [0, 3, 6]),
    ]:
        report = build(media(records), out, categories=wanted)
        assert report.accepted == len(kept)
        assert report.filtered == 7 - len(kept)
        assert balanced(report)
        lst = csamatch.open(out)
        assert [i for i in range(7) if md5(i) in lst] == kept
        for i in kept:
            entry = lst.find(md5(i)).entry
            category = records[i].get("Category")
            assert entry.id == str(i)
            assert entry.category == (None if category is None else str(category))
    with pytest.raises(TypeError, match="categories"):
        build(media(records), out, categories="12")


def test_a_record_with_bad_values_keeps_its_good_ones(out):
    records = [
        {"MediaID": 1, "Category": 1, "MD5": md5(1), "SHA1": "xyz"},
        {"MediaID": 2, "Category": 1, "MD5": EMPTY["md5"], "SHA1": sha1(2)},
        {"MediaID": 3, "Category": 1, "MD5": "q" * 32, "SHA1": ""},
        {"MediaID": 4, "Category": 1},
        {"MediaID": 5, "Category": 1, "MD5": EMPTY["md5"], "SHA1": 5},
        "not an object",
    ]
    report = build(media(records), out)
    assert (report.accepted, report.rejected, report.quarantined) == (2, 3, {"empty-file": 1})
    assert report.bad_values == 3
    assert balanced(report)
    assert sorted((s.where, s.reason) for s in report.samples) == [
        ("Media 1", "sha1: 3 characters; expected 40"),
        ("Media 2", "empty-file"),
        ("Media 3", "md5: not hexadecimal"),
        ("Media 4", "no digest that can be listed"),
        ("Media 5", "empty-file"),
        ("Media 5", "sha1: not a string"),
        ("Media 6", "not a JSON object"),
    ]
    lst = csamatch.open(out)
    assert [md5(1) in lst, sha1(2) in lst, EMPTY["md5"] in lst] == [True, True, False]


def test_one_thing_listed_by_several_records(out):
    """Both records are kept, the key is one, and it leads to both."""
    records = [
        {"MediaID": 9, "Category": 2, "MD5": md5(1), "SHA1": sha1(1)},
        {"MediaID": 5, "Category": 1, "MD5": md5(1)},
        {"MediaID": 9, "Category": 2, "MD5": md5(1)},
        {"MediaID": 7, "Category": 1, "MD5": md5(2), "SHA1": sha1(1)},
    ]
    report = build(media(records), out)
    assert (report.accepted, report.duplicate) == (3, 1)
    assert report.counts == {"md5": 2, "sha1": 1}
    lst = csamatch.open(out)
    assert {e.id for e in lst.find(md5(1)).entries} == {"5", "9"}
    assert {e.id for e in lst.find(sha1(1)).entries} == {"7", "9"}
    assert [e.id for e in lst.find(md5(2)).entries] == ["7"]


def test_sources_in_any_order_give_the_same_bytes(tmp_path, out):
    records = [{"MediaID": i % 7, "Category": 1 + i % 2, "MD5": md5(i % 5)} for i in range(12)]
    records += [
        {"MediaID": 30 + i, "Category": 1, "SHA1": sha1(i), "MD5": md5(i)} for i in range(4)
    ]
    sources = {
        "a.txt": text(md5(1), md5(9)).getvalue(),
        "b.json": media(records[:9]).getvalue(),
        "c.json": media(records[9:]).getvalue(),
        "d.txt": text(md5(9), md5(2), sha1(3)).getvalue(),
    }
    for name, data in sources.items():
        (tmp_path / name).write_bytes(data)
    made = set()
    for order in itertools.permutations(sources):
        build([tmp_path / name for name in order], out, info={"name": "n"})
        made.add(out.read_bytes())
    shuffled = records[:]
    for seed in range(5):
        random.Random(seed).shuffle(shuffled)
        (tmp_path / "b.json").write_bytes(media(shuffled[:9]).getvalue())
        (tmp_path / "c.json").write_bytes(media(shuffled[9:]).getvalue())
        build([tmp_path / name for name in sources], out, info={"name": "n"})
        made.add(out.read_bytes())
    assert len(made) == 1


RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "MediaID": st.one_of(st.none(), st.integers(0, 3)),
            "Category": st.sampled_from([1, 2, 0, None, "", "x"]),
            "MD5": st.one_of(st.none(), st.integers(0, 4).map(md5)),
            "SHA1": st.one_of(st.none(), st.integers(0, 4).map(sha1)),
        }
    ),
    max_size=15,
)


@settings(deadline=None)
@given(records=RECORDS, data=st.data())
def test_every_record_is_found_again(tmp_path_factory, records, data):
    """Against a plain oracle: which (id, category) pairs each digest must lead to."""
    out = tmp_path_factory.getbasetemp() / "every.csml"
    every = [0, 1, 2, "x", None]
    usable = [r for r in records if r["MD5"] or r["SHA1"]]
    if not usable:
        with pytest.raises(FormatError):
            build(media(records), out, categories=every)
        return
    build(media(records), out, categories=every)
    again = data.draw(st.permutations(records))
    first = out.read_bytes()
    build(media(again), out, categories=every)
    assert out.read_bytes() == first
    lst, oracle = csamatch.open(out), ListFile(first)
    expected: dict[str, set] = {}
    for r in usable:
        category = None if r["Category"] in (None, "") else str(r["Category"])
        said = ("" if r["MediaID"] is None else str(r["MediaID"]), category)
        for name in ("MD5", "SHA1"):
            if r[name]:
                expected.setdefault(r[name], set()).add(said)
    for digest, said in expected.items():
        assert {(e.id, e.category) for e in lst.find(digest).entries} == said
        subject = 1 if len(digest) == 32 else 2
        entries = oracle.entries(subject, bytes.fromhex(digest))
        assert {(oracle.id(e), oracle.category(e)) for e in entries} == said
    assert len(lst) == len(expected)


def test_a_text_line_beside_a_record_without_a_category(tmp_path, out):
    (tmp_path / "a").write_bytes(media([{"MD5": md5(1), "Category": ""}]).getvalue())
    (tmp_path / "b").write_text(md5(1))
    (tmp_path / "c").write_bytes(media([{"MD5": md5(1), "Category": "x"}]).getvalue())
    made = set()
    for order in itertools.permutations("abc"):
        build([tmp_path / n for n in order], out, categories=[None, "x"])
        made.add(out.read_bytes())
    assert len(made) == 1


def test_hashes_and_addresses_do_not_mix(out):
    with pytest.raises(FormatError, match="cannot go into one list"):
        build([text(md5(1)), text("bad.example")], out)
    assert not out.exists()


def test_sources(tmp_path, out):
    path = tmp_path / "x.txt"
    path.write_text(md5(1))
    for source in (
        str(path),
        path,
        [path],
        io.BytesIO(md5(1).encode()),
        [io.BytesIO(md5(1).encode())],
    ):
        assert build(source, out).accepted == 1
    with path.open("rb") as file:
        assert build(file, str(out)).accepted == 1
    with path.open() as file, pytest.raises(TypeError, match="binary"):
        build(file, out)
    with pytest.raises(ValueError, match="empty"):
        build([], out)
    with pytest.raises(FileNotFoundError):
        build(tmp_path / "missing", out)
    with pytest.raises(FileNotFoundError):
        build(path, tmp_path / "missing" / "list.csml")
    for wrong in (b"path", [None], None, 5, [b"path"]):
        with pytest.raises(TypeError, match="source"):
            build(wrong, out)
    with pytest.raises(ValueError, match="is a source too"):
        build(path, path)
    assert path.read_text() == md5(1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the source is empty"),
        (b"\xef\xbb\xbf \r\n", "the source is empty"),
        (b'{"a": 1}', "looks like JSON; expected a list for"),
        (b"\xff\xfea\0b\0", "UTF-16"),
        (b"# only\n# comments\n", "looks like a list of nothing but comments"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "looks like a PNG image"),
        (md5(1).encode() + b"\nbad.example\n", "digests as much as one of addresses"),
        (EMPTY["md5"].encode(), "nothing in it can be listed"),
    ],
)
def test_sources_that_are_no_lists(out, content, reason):
    out.write_bytes(b"the old list")
    with pytest.raises(FormatError, match=reason) as caught:
        build(io.BytesIO(content), out)
    assert isinstance(caught.value, ValueError)
    assert out.read_bytes() == b"the old list"
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_parameters(out):
    for bad in (
        {"reader": "no such"},
        {"admit": ["no such"]},
        {"info": {"issued": "yesterday"}},
        {"info": {"max_age": "a while"}},
        {"info": {"max_age": 0}},
        {"info": {"max_age": "999999w"}},
        {"info": {"max_age": 10**30}},
        {"info": {"max_age": timedelta(seconds=0.5)}},
        {"info": {"issued": "0001-01-01T00:00:00+23:59"}},
    ):
        with pytest.raises(ValueError):
            build(text(md5(1)), out, **bad)
    for info in ({"colour": "red"}, {"name": 5}, {"issued": 5}, {"max_age": True}, 5, []):
        bad = {"info": info}
        with pytest.raises(TypeError):
            build(text(md5(1)), out, **bad)
    with pytest.raises(csamatch.ListKeyError):
        build(text(md5(1)), out, key=b"k")
    for unknown in ({"columns": {"md5": 0}}, {"options": {"colour": "red"}}):
        with pytest.raises(ValueError, match=r"<stream>: reader text takes no option 'col"):
            build(text(md5(1)), out, reader="text", **unknown)
    assert not out.exists()


def test_info_survives(out):
    said = {
        "name": "Baseline",
        "source": "INTERPOL",
        "version": "2026-47",
        "issued": "2026-11-21T06:00:00+02:00",
        "max_age": "12h",
        "purpose": "prevention of child sexual abuse",
        "contact": "list-desk@police.example",
        "agreement": "MoU 2026/7",
        "handling": "confidential",
    }
    report = build(text(md5(1)), out, info=said)
    info = csamatch.open(out, stale="serve").info
    assert info == report.info == csamatch.verify(out)
    assert (info.name, info.source, info.version) == ("Baseline", "INTERPOL", "2026-47")
    assert info.issued.isoformat() == "2026-11-21T04:00:00+00:00"
    assert info.max_age.total_seconds() == 12 * 3600
    assert (info.purpose, info.handling) == (said["purpose"], said["handling"])
    assert (info.contact, info.agreement) == ("list-desk@police.example", "MoU 2026/7")
    again = build(text(md5(1)), out, info=info)
    assert again.info == info


def test_progress(tmp_path, out):
    path = tmp_path / "x.txt"
    path.write_text("\n".join(md5(i) for i in range(100_000)))  # over 3 MB
    calls = []
    build(path, out, progress=lambda *args: calls.append(args))
    size = path.stat().st_size
    assert len(calls) >= 3
    assert all(name == str(path) and total == size for name, _, total in calls)
    assert [done for _, done, _ in calls] == sorted(done for _, done, _ in calls)
    assert calls[-1][1] == size


def test_report_as_text_and_json(out):
    report = build(text(md5(1), md5(1), "f" * 31, EMPTY["md5"]), out)
    shown = str(report)
    for part in ("accepted", "md5 1", "empty-file 1", "31 hex digits"):
        assert part in shown
    values = json.loads(json.dumps(report.as_dict()))
    assert values["read"] == 4
    assert values["quarantined"] == {"empty-file": 1}
    assert values["digest"] == csamatch.open(out).info.digest
    assert len(values["samples"]) == 2


def test_samples_are_bounded(out):
    report = build(text(md5(1), *["x"] * 3000), out, reader="text", max_rejected="100%")
    assert report.rejected == 3000
    assert len(report.samples) == 1000
