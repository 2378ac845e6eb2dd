"""Lists of several sources that say of each entry which source it is of."""

from __future__ import annotations

import io
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import csamatch
from csamatch import build, cli, listfile, listwrite
from listfile_reader import ListFile
from sources import balanced, md5, media, sha1, text


def provenance(lst, item: str) -> list[tuple]:
    return sorted((e.source, e.id, e.category) for e in lst.find(item).entries)


def test_one_key_leads_to_the_entries_of_all_sources(out):
    report = build(
        {
            "INTERPOL": text(md5(1), md5(2), sha1(9)),
            "IWF": media(
                [
                    {"MediaID": 7, "Category": 1, "MD5": md5(2), "SHA1": sha1(2)},
                    {"MediaID": 8, "Category": 2, "MD5": md5(3)},
                    {"MediaID": 8, "Category": 2, "MD5": md5(3)},
                ]
            ),
        },
        out,
    )
    assert (report.accepted, report.duplicate) == (5, 1)
    assert report.counts == {"md5": 3, "sha1": 2}
    assert balanced(report)
    lst = csamatch.open(out)
    csamatch.verify(out)
    assert provenance(lst, md5(1)) == [("INTERPOL", "", None)]
    assert provenance(lst, md5(2)) == [("INTERPOL", "", None), ("IWF", "7", "1")]
    assert provenance(lst, sha1(2)) == [("IWF", "7", "1")]
    assert provenance(lst, md5(3)) == [("IWF", "8", "2")]
    assert [m.entry.source for m in lst.match([md5(1), md5(3)])] == ["INTERPOL", "IWF"]


def test_sources_without_names_pay_nothing(tmp_path, out):
    """The bytes are the same whatever names files have, and no section tells of sources."""
    for name in "ab":
        (tmp_path / name).write_text(f"{md5(1)}\n{md5(ord(name))}")
    build([tmp_path / "a", tmp_path / "b"], out)
    first = out.read_bytes()
    build([text(md5(1), md5(97)), text(md5(1), md5(98))], out)
    assert out.read_bytes() == first
    assert {kind for kind, _ in ListFile(first).sections} == {1, 2, 9}
    assert csamatch.open(out).find(md5(1)).entry.source == ""


NAMES = ["INTERPOL", "IWF", "ünïcode", "z"]
RECORD = st.fixed_dictionaries(
    {
        "MediaID": st.sampled_from([None, 1, 2]),
        "Category": st.sampled_from([1, 2]),
        "MD5": st.one_of(st.none(), st.integers(0, 3).map(md5)),
        "SHA1": st.one_of(st.none(), st.integers(0, 3).map(sha1)),
    }
)
SOURCES = st.dictionaries(
    st.sampled_from(NAMES),
    st.one_of(
        st.lists(st.integers(0, 3), max_size=6),
        st.lists(RECORD, max_size=6),
    ),
    min_size=1,
)


def opened(content: list, bulk: int) -> io.BytesIO:
    """A source: a text of digests, repeated so that it is taken in bulk, or VICS."""
    if content and isinstance(content[0], dict):
        return media(content * bulk)
    return text(*[md5(i) for i in content] * bulk, md5(9))


@settings(deadline=None)
@given(SOURCES, st.sampled_from([1, 40]), st.randoms())
def test_against_an_oracle(tmp_path_factory, sources, bulk, random):
    out = tmp_path_factory.getbasetemp() / "named.csml"
    expected: dict[str, set] = {}
    for name, content in sources.items():
        if not (content and isinstance(content[0], dict)):
            for i in [*content, 9]:
                expected.setdefault(md5(i), set()).add((name, "", None))
            continue
        for r in content:
            for digest in filter(None, (r["MD5"], r["SHA1"])):
                said = (name, str(r["MediaID"] or ""), str(r["Category"]))
                expected.setdefault(digest, set()).add(said)
    if not expected:
        return
    given = list(sources.items())
    made = set()
    for _ in range(2):
        random.shuffle(given)
        named = {name: opened(content, bulk) for name, content in given}
        report = build(named, out, max_rejected=1.0)
        made.add(out.read_bytes())
        assert balanced(report)
    assert len(made) == 1
    csamatch.verify(out)
    lst, oracle = csamatch.open(out), ListFile(made.pop())
    assert len(lst) == len(expected)
    for digest, said in expected.items():
        assert set(provenance(lst, digest)) == said
        entries = oracle.entries(1 if len(digest) == 32 else 2, bytes.fromhex(digest))
        assert {(oracle.source(e), oracle.id(e), oracle.category(e)) for e in entries} == said


def test_any_order_gives_the_same_bytes(out):
    contents = {
        "b": text(*(md5(i) for i in range(100))),
        "a": text(*(md5(i) for i in range(50, 150))),
        "c": media([{"MediaID": i, "Category": 1, "MD5": md5(i)} for i in range(140, 160)]),
    }
    made = set()
    for order in itertools.permutations(contents):
        for each in contents.values():
            each.seek(0)
        report = build({name: contents[name] for name in order}, out)
        assert (report.accepted, report.duplicate) == (220, 0)
        made.add(out.read_bytes())
    assert len(made) == 1
    lst = csamatch.open(out)
    assert [e.source for e in lst.find(md5(145)).entries] == ["a", "c"]


def test_addresses(out):
    build({"one": text("bad.example"), "two": [text("bad.example"), text("worse.example")]}, out)
    lst = csamatch.open(out)
    assert [e.source for e in lst.find("x.bad.example").entries] == ["one", "two"]
    assert [e.source for e in lst.find("worse.example").entries] == ["two"]


def test_mistakes(out):
    with pytest.raises(ValueError, match="name is empty"):
        build({"": text(md5(1))}, out)
    with pytest.raises(ValueError, match="there is none"):
        build({}, out)
    for wrong in ({5: text(md5(1))}, {"a": 5}):
        with pytest.raises(TypeError, match="source"):
            build(wrong, out)


def test_the_command_line(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a").write_text(md5(1))
    (tmp_path / "b").write_text(f"{md5(1)}\n{md5(2)}")
    base = ["build", "-q", "-o", "x.csml"]
    assert cli.main([*base, "--named", "A=a", "--named", "B=a", "--named", "B=b"]) == 0
    lst = csamatch.open("x.csml")
    assert [e.source for e in lst.find(md5(1)).entries] == ["A", "B"]
    assert cli.main(["match", "x.csml", "b", "-q"]) == 1
    assert '"source": "B"' in capsys.readouterr().out.splitlines()[1]
    for wrong in (["--named", "A=a", "b"], []):
        assert cli.main([*base, *wrong]) == 2
        assert "either all with --named or none" in capsys.readouterr().err


SOURCES_OF_A_LIAR = {
    "a source without a name": {10: (1, b"\x01\x09")},
    "names that are no JSON": {11: (1, b"{")},
    "names that are no strings": {11: (1, b"[1,2]")},
    "fewer sources than entries": {10: (1, b"\x01")},
    "more sources than categories": {7: (1, b"\0\0"), 8: (1, b"[]"), 10: (1, b"\1\2\1")},
    "codes of an odd width": {10: (3, bytes(6))},
    "codes without names": {11: None},
}


@pytest.mark.parametrize("what", SOURCES_OF_A_LIAR)
def test_a_liar_about_sources(tmp_path, what):
    """Sound by its checksums, but not in what it says: an error, never a wrong read."""
    keys = bytes(15) + b"\x01" + bytes(15) + b"\x02"
    honest = {10: (1, b"\x01\x02"), 11: (1, b'["a","b"]')}
    path = tmp_path / "list.csml"

    def write(sections: dict) -> None:
        rows = [listfile.Section(1, 0, 1, b"{}"), listfile.Section(2, 1, 16, keys)]
        rows += [listfile.Section(k, 0, *said) for k, said in sections.items() if said is not None]
        path.write_bytes(listwrite.image("hashes", rows))

    write(honest)
    assert csamatch.verify(path).counts == {"md5": 2}
    assert csamatch.open(path).find(bytes(15) + b"\x02").entry.source == "b"
    write({**honest, **SOURCES_OF_A_LIAR[what]})
    with pytest.raises(csamatch.ListFileError):
        csamatch.verify(path)
    try:
        lst = csamatch.open(path)
        entries = [lst.find(keys[at : at + 16]).entry for at in (0, 16)]
    except csamatch.ListFileError:
        return
    assert all(entry.source in ("a", "b") for entry in entries)
