"""NCMEC's hash sharing: versions, withdrawals, hostile XML."""

from __future__ import annotations

import io
import itertools
import random
import tracemalloc
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path

import pytest

import csamatch
from csamatch.errors import FormatError
from csamatch.readers import READERS, Record, Rejected, Update
from sources import balanced, md5, sha1

NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"


def entry(name: str, i: int, when: str | None, digests: str = "", **more: str) -> str:
    said = {"member": '<member id="42">Example</member>', "class": "A1", "kind": "image"} | more
    stamp = "" if when is None else f"<timestamp>{when}</timestamp>"
    inner = f"{said['member']}{stamp}<id>{name}</id>"
    if digests != "gone":
        digests = digests or f"<md5>{md5(i)}</md5><sha1>{sha1(i).upper()}</sha1><pdna>xx</pdna>"
        inner += f"<classification>{said['class']}</classification>"
        inner += f"<fingerprints>{digests}</fingerprints><feedback><member id='9'/></feedback>"
    return f"<{said['kind']}>{inner}</{said['kind']}>"


def gone(name: str, when: str | None, kind: str = "deletedImage") -> str:
    return entry(name, 0, when, "gone", kind=kind)


def result(*entries: str) -> bytes:
    lines = "\n".join(entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult xmlns="{NAMESPACE}">'
        f'<images count="{len(entries)}">\n{lines}\n</images>'
        "<paging><next>/x?a&amp;b</next></paging></queryResult>\n"
    ).encode()


def at(day: int) -> str:
    return f"2026-03-{day:02}T12:00:00Z"


def build(out, *documents: bytes) -> csamatch.BuildReport:
    report = csamatch.build([io.BytesIO(document) for document in documents], out)
    assert balanced(report)
    return report


def test_golden(out):
    report = build(out, result(*(entry(f"e{i}", i, at(1 + i)) for i in range(5))))
    assert report.readers["<stream>"] == "ncmec"
    assert (report.accepted, report.counts) == (5, {"md5": 5, "sha1": 5})
    match = csamatch.open(out).find(md5(3))
    assert (match.entry.id, match.entry.category) == ("42/e3", "A1")


def test_versions_in_any_order_of_any_files(out, tmp_path):
    documents = [
        result(entry("a", 1, at(1)), entry("b", 2, at(1)), gone("c", at(3))),
        result(entry("a", 3, at(2), **{"class": "B2"}), gone("b", at(2)), entry("c", 4, at(2))),
        result(entry("d", 5, at(1)), gone("d", at(1)), entry("e", 6, at(1)), gone("e", at(1))),
        result(entry("e", 7, "2026-03-01T14:30:00+02:00"), gone("never", at(1))),
    ]
    contents = set()
    for order in itertools.permutations(documents):
        report = build(out, *order)
        assert (report.read, report.accepted, report.superseded) == (12, 2, 10)
        contents.add(out.read_bytes())
    assert len(contents) == 1
    lst = csamatch.open(out)
    assert [md5(i) in lst for i in range(1, 8)] == [False, False, True, False, False, False, True]
    assert lst.find(md5(3)).entry.category == "B2"


def test_ids_are_the_members_own(out):
    other = '<member id="7">Other</member>'
    report = build(
        out, result(entry("a", 1, at(1)), entry("a", 2, at(2), member=other), gone("a", at(3)))
    )
    assert (report.accepted, report.superseded) == (1, 2)
    assert csamatch.open(out).find(md5(2)).entry.id == "7/a"


def test_dirty(out):
    report = build(
        out,
        result(
            entry("a", 1, at(1), f"<md5>{md5(1)}</md5><sha1>zz</sha1>"),
            entry("b", 2, at(1), "<md5/><pdna>x</pdna>"),
            entry("c", 3, at(1), member="<member/>"),
            entry("d", 4, "yesterday"),
            gone("e", None),
            gone("f", at(1), "deletedSound"),
            entry("g", 7, at(1), f"<md5>\n {md5(7)} \n</md5>", kind="video"),
            entry("h", 8, at(1), f"<md5>{'q' * 32}</md5>"),
        ),
    )
    assert sorted((s.where, s.reason) for s in report.samples) == [
        ("line 12", "md5: not hexadecimal"),
        ("line 3", "sha1: 2 characters; expected 40"),
        ("line 4", "no digest that can be listed"),
        ("line 5", "no id of its member or of its own"),
        ("line 6", "timestamp: none, or not a date and time"),
        ("line 7", "timestamp: none, or not a date and time"),
        ("line 8", "a withdrawal of an unknown kind"),
    ]
    lst = csamatch.open(out)
    assert [i for i in range(9) if md5(i) in lst] == [1, 4, 7]
    assert (report.accepted, report.rejected, report.bad_values) == (3, 5, 2)


@pytest.mark.parametrize(
    ("document", "where"),
    [
        (result(entry("a", 1, at(1)), entry("b", 2, at(1)))[:-300], "line 4"),
        (result(entry("a", 1, at(1)))[:-3], "line 4"),
        (result(entry("a", 1, at(1))) + b"x", "line 5"),
        (result("<image><member id='1'></image>"), "line 3"),
        (result(entry("a", 1, at(1)).replace("A1", "&undeclared;")), "line 3"),
        (b"<queryResult/>", "line 1"),
        (result().replace(b"/v2", b"/v3"), "line 2"),
        (result("<x>" * 100), "line 3"),
    ],
)
def test_what_fails_as_a_whole(document, where, out):
    out.write_bytes(b"old")
    with pytest.raises(FormatError) as caught:
        csamatch.build(io.BytesIO(document), out, reader="ncmec")
    assert caught.value.where == where
    assert out.read_bytes() == b"old"


def test_entities_are_refused(out):
    bomb = '<!DOCTYPE q [<!ENTITY a "xx">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise("abcdefghij")
    )
    document = result(entry("a", 1, at(1)).replace("A1", "&j;"))
    head, tail = document.split(b"?>\n", 1)
    for declaration in (bomb + "]>", '<!DOCTYPE q SYSTEM "file:///etc/passwd">', "<!DOCTYPE q>"):
        with pytest.raises(FormatError, match="line 2: a document type declaration"):
            build(out, head + b"?>\n" + declaration.encode() + tail)


def test_memory_is_constant():
    class Endless(io.RawIOBase):
        def __init__(self, entries: int) -> None:
            self.start, _, self.end = result("|").partition(b"|")
            self.entries = entries
            self.sent = -1

        def read(self, size: int = -1) -> bytes:
            self.sent += 1
            if self.sent == 0:
                return self.start
            if self.sent <= self.entries:
                # An attribute, a comment and a text that nobody needs, and long.
                junk = f"<!--{'x' * 4096}--><pdna>{'y' * 30_000}</pdna>"
                return entry(f"e{self.sent}", self.sent, at(1), junk).encode()
            return self.end if self.sent == self.entries + 1 else b""

    tracemalloc.start()
    try:
        found = sum(isinstance(i, Record) for i in READERS["ncmec"].read(Endless(1000), "s", {}))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == 1000  # 34 MB of them
    assert peak < 2_000_000


def test_items():
    items = list(READERS["ncmec"].read(io.BytesIO(result(entry("a", 1, at(1)))), "s", {}))
    (update,) = items
    assert isinstance(update, Update) and not isinstance(update, Rejected)
    assert "42 a" not in repr(update) and md5(1) not in repr(update)
    assert update.time == 1_772_366_400_000_000  # date -d 2026-03-01T12:00:00Z +%s


def oracle(paths: list[Path]) -> dict[str, set[str]]:
    """The digests that all files together leave listed, by another parser."""
    latest: dict = {}
    for path in paths:
        for each in ET.parse(path).getroot().findall("./*/*"):
            tag = each.tag.rpartition("}")[2]
            if tag not in ("image", "video", "deletedImage", "deletedVideo"):
                continue
            said = {child.tag.rpartition("}")[2]: child for child in each}
            key = said["member"].get("id"), said["id"].text
            time = datetime.fromisoformat(said["timestamp"].text)
            prints = {} if tag.startswith("deleted") else said["fingerprints"]
            digests = {p.tag.rpartition("}")[2]: p.text for p in prints}
            if key not in latest or time > latest[key][0]:
                latest[key] = time, digests
    names = ("md5", "sha1")
    return {name: {d[name] for _, d in latest.values() if name in d} for name in names}


def test_shared_files(shared, out):
    paths = sorted((shared / "data" / "ncmec").glob("*.xml"))
    expected = oracle(paths)
    assert len(paths) == 5 and sum(map(len, expected.values())) == 7
    for seed in range(5):
        random.Random(seed).shuffle(paths)
        report = csamatch.build(paths, out)
        assert balanced(report) and not report.samples
        assert report.counts == {name: len(found) for name, found in expected.items()}
        lst = csamatch.open(out)
        assert all(digest in lst for found in expected.values() for digest in found)
        # What its own last version says, and what a withdrawal took away.
        entries = lst.find("faceface" * 4).entries
        assert {(e.id, e.category) for e in entries} == {
            ("101/largetags", "A2"),
            ("101/willupdate", "A1"),
        }
        assert "baceface" * 4 not in lst and "bacebace" * 4 not in lst


def test_versions_in_sources_with_names(out):
    documents = {
        "one": result(entry("a", 1, at(1)), entry("b", 2, at(1)), entry("c", 3, at(1))),
        "two": result(entry("a", 4, at(2)), entry("c", 3, at(1))),
    }
    contents = set()
    for names in (["one", "two"], ["two", "one"]):
        csamatch.build({name: io.BytesIO(documents[name]) for name in names}, out)
        contents.add(out.read_bytes())
    assert len(contents) == 1
    lst = csamatch.open(out)
    assert [lst.find(md5(i)).entry.source for i in (4, 2, 3)] == ["two", "one", "two"]
    assert md5(1) not in lst


def test_fingerprints_elsewhere_are_named(out):
    sound, other = entry("a", 1, at(1)), entry("b", 2, at(1), kind="audio")
    deeper = f"<page>{entry('c', 3, at(1))}</page>"
    report = build(out, result(sound, other, deeper))
    assert report.counts == {"md5": 1, "sha1": 1}
    assert [(s.where, s.reason) for s in report.samples] == [
        (f"line {line}", "fingerprints of neither an image nor a video") for line in (4, 5)
    ]


def test_several_fingerprints_of_one_kind_all_count(out):
    more = f"<md5>{md5(1)}</md5><md5>{md5(2)}</md5><md5>{md5(1)}</md5><md5/><md5>?</md5>"
    report = build(out, result(entry("a", 1, at(1), more)))
    assert report.counts == {"md5": 2}
    assert [s.reason for s in report.samples] == ["md5: 1 characters; expected 32"]


@pytest.mark.parametrize("markup", ['<images x="{}"/>', "<!--{}-->", "<?x {}?>", "<images {}>"])
def test_markup_without_end_takes_bounded_time(out, markup):
    """Each took time in proportion to the square of its length."""
    document = f'<queryResult xmlns="{NAMESPACE}">{markup.format("a" * (5 << 20))}</queryResult>'
    with pytest.raises(
        FormatError, match="a tag or a comment too long for an NCMEC file"
    ) as caught:
        build(out, document.encode())
    assert caught.value.where == "line 1"


def test_long_texts_between_tags_are_passed_over(out):
    text = "a" * (3 << 20)
    document = result(entry("a", 1, at(1), f"<pdna>{text}</pdna><md5>{md5(1)}</md5>"), text)
    assert build(out, document).counts == {"md5": 1}
