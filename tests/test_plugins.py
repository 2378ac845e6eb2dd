"""Readers of other packages, registered by entry points; the example of the documentation."""

from __future__ import annotations

import io
import re
import sys
import textwrap
from pathlib import Path

import pytest

import csamatch
from csamatch import FormatError, build
from sources import md5

PAGE = Path(__file__).resolve().parent.parent / "docs" / "writing-a-reader.md"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Put a package on the path as an installer does, to be gone after the test."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)

    def put(name: str, code: str, entry_points: str) -> None:
        (folder / f"{name}.py").write_text(textwrap.dedent(code))
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        monkeypatch.delitem(sys.modules, name, raising=False)

    return put


@pytest.fixture
def acme(install):
    """The example, exactly as the page has it."""
    page = PAGE.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (registration,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    found = re.fullmatch(r'\[project\.entry-points\."(.+)"\]\n(\w+) = "(.+)"\n', registration)
    install("acme_reader", code, f"[{found[1]}]\n{found[2]} = {found[3]}\n")


ACME = f"%acme-hashes 1\na1|high|{md5(1)}\na2|low|{md5(2)}\nbroken\na3|low|{md5(3)[:-1]}\n"


def source(text: str = ACME) -> io.BytesIO:
    return io.BytesIO(text.encode())


def test_the_example(acme, out):
    for reader in ("auto", "acme"):
        report = build(source(), out, reader=reader)
        assert report.readers == {"<stream>": "acme"}
        assert (report.accepted, report.rejected) == (2, 2)
        assert [(s.where, s.reason) for s in report.samples] == [
            ("line 4", "not three fields"),
            ("line 5", "not an MD5"),
        ]
        assert csamatch.open(out).find(md5(2)).entry.id == "a2"
    with pytest.raises(FormatError, match="line 1: not version 1"):
        build(source(ACME.replace(" 1\n", " 2\n")), out)


def test_it_is_gone_when_not_installed(out):
    with pytest.raises(ValueError, match="no such reader; there are auto, text, vics, "):
        build(source(), out, reader="acme")


def test_nothing_is_imported_before_it_is_needed(acme, out):
    from csamatch.readers import reader_names

    assert "acme" in reader_names()
    build(io.BytesIO(md5(1).encode()), out, reader="text")
    assert "acme_reader" not in sys.modules


BROKEN = "raise RuntimeError('no such device')\n"


def test_a_broken_reader_matters_only_to_those_who_ask_for_it(install, out):
    install("broken_reader", BROKEN, "[csamatch.readers]\nbroken = broken_reader:READER\n")
    install("odd_reader", "READER = 5\n", "[csamatch.readers]\nodd = odd_reader:READER\n")
    assert build(io.BytesIO(md5(1).encode()), out).accepted == 1
    with pytest.raises(csamatch.Error, match=r"broken: cannot load .*: RuntimeError: no such dev"):
        build(source(), out, reader="broken")
    with pytest.raises(csamatch.Error, match=r"odd_reader:READER is no .*Reader"):
        build(source(), out, reader="odd")
    with pytest.raises(FormatError, match=r"not asked, since broken: broken, odd"):
        build(source("neither\nnor\n"), out)


GREEDY = """
    from csamatch.readers import Reader, Record

    def read(stream, source, options):
        yield Record([("md5", bytes(range(16)))], "the whole")

    def recognise(head):
        return "of every sort"

    def fail(head):
        raise RuntimeError

    READER = Reader("greedy", "hashes", read, recognise, "anything")
    FIRST = Reader("first", "hashes", read, recognise, "anything", has_signature=True)
    FAILS = Reader("fails", "hashes", read, fail, "nothing")
"""


def test_two_readers_that_fit_are_named(install, out):
    install("greedy_reader", GREEDY, "[csamatch.readers]\ngreedy = greedy_reader:READER\n")
    with pytest.raises(FormatError, match=r"fits more than one reader \(text, greedy\); name one"):
        build(io.BytesIO(md5(1).encode()), out)
    assert build(io.BytesIO(md5(1).encode()), out, reader="text").accepted == 1


def test_a_signature_goes_before_looks(install, out):
    install("greedy_reader", GREEDY, "[csamatch.readers]\nfirst = greedy_reader:FIRST\n")
    report = build(io.BytesIO(md5(1).encode()), out)
    assert list(report.readers.values()) == ["first"]


def test_a_reader_that_fails_to_look_is_passed_over(install, out):
    install("greedy_reader", GREEDY, "[csamatch.readers]\nfails = greedy_reader:FAILS\n")
    report = build(io.BytesIO(md5(1).encode()), out)
    assert list(report.readers.values()) == ["text"]


def test_names_of_our_own_readers_are_taken(install, out):
    install("greedy_reader", GREEDY, "[csamatch.readers]\ntext = greedy_reader:READER\n")
    assert build(io.BytesIO((md5(1) + "\n" + md5(2)).encode()), out).accepted == 2
