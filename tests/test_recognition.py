"""What a source is taken for, and what is said of one that is no list."""

from __future__ import annotations

import io
import json
import sqlite3

import pytest

from csamatch import FormatError, build, cli
from csamatch.readers import HEAD_SIZE, READERS, Head, Reader, Record, choose
from csamatch.readers.line_lists import Tally, tally
from hashsets import HASH_SETS
from listings import LISTINGS
from sources import md5, media, sha1

PAGE = b"""
<!-- saved -->
<!DOCTYPE html>
<html><body>
bad.example
worse.example
</body></html>
"""
EMAILS = b"a.b@mail.example\nc@mail.example  # why\nmailto:d@mail.example\n"


def database() -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE thing (name TEXT)")
    data = connection.serialize()
    connection.close()
    return data


WRONG = {
    "a PNG image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "a JPEG image": b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(range(256)),
    "a GIF image": b"GIF89a\x01\0\x01\0",
    "a WebP image": b"RIFF\x24\0\0\0WEBPVP8 ",
    "an MP4 video": b"\0\0\0\x20ftypisom\0\0\2\0",
    "a PDF document": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\nbad.example\n",
    "an RTF document": b"{\\rtf1\\ansi bad.example\n}",
    "a Linux program (ELF)": b"\x7fELF\2\1\1\0" + bytes(56),
    "a Windows program": b"MZ\x90\0\3\0\0\0",
    "an SQLite database": database(),
    "a csamatch list file": b"\x89CSML\r\n\x1a\1\0\0\0",
    "a 7-Zip archive": b"7z\xbc\xaf\x27\x1c\0\4",
    "a tar archive": b"list.txt".ljust(257, b"\0") + b"ustar\x0000",
    "a web page": PAGE,
    "UTF-16 text, which must be saved as UTF-8": "bad.example\n".encode("utf-16"),
    "UTF-16 text": "bad.example\nworse.example\n".encode("utf-16-le"),
    "XML": b'<?xml version="1.0"?>\n<list><host>bad.example</host></list>\n',
    "JSON": json.dumps([{"host": "bad.example"}]).encode(),
    "JSON;": b"[1, 2]",
    "a key or certificate": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
    "a script": b"#!/bin/sh\necho hello to you\n",
    "binary data": bytes(range(256)) * 20,
    "a list of e-mail addresses": EMAILS,
    "a list of nothing but comments": b"# one\n; two\n\n// three\n",
    "a list of digests as much as one of addresses": md5(1).encode() + b"\nbad.example\n",
    "text whose lines are no digests and no addresses": b"Dear all,\nplease find attached.\n",
}


@pytest.mark.parametrize("what", WRONG)
def test_the_wrong_thing_is_told_in_one_line(tmp_path, out, what, capsys):
    path = tmp_path / "list.txt"
    path.write_bytes(WRONG[what])
    out.write_bytes(b"the old list")
    with pytest.raises(FormatError) as caught:
        build(path, out)
    said = str(caught.value)
    assert said.startswith(f"{path}: looks like {what}"), said
    assert "; expected a list for one of the readers text, vics, csv, " in said
    assert "\n" not in said and "bad.example" not in said
    assert cli.main(["build", str(path), "-o", str(out)]) == 2
    assert capsys.readouterr() == ("", f"csamatch: {said}\n")
    assert out.read_bytes() == b"the old list"


def test_nothing_at_all(tmp_path, out, capsys):
    (tmp_path / "empty").touch()
    assert cli.main(["build", str(tmp_path / "empty"), "-o", str(out)]) == 2
    assert capsys.readouterr().err == f"csamatch: {tmp_path / 'empty'}: the source is empty\n"
    for nothing in (b"", b"\xef\xbb\xbf", b" \r\n\t\n"):
        with pytest.raises(FormatError, match="<stream>: the source is empty"):
            build(io.BytesIO(nothing), out)


@pytest.mark.parametrize("reader", ["text", "vics"])
def test_a_reader_asked_for_by_name_makes_no_list_of_the_wrong_thing(out, reader):
    for content in WRONG.values():
        with pytest.raises(FormatError) as caught:
            build(io.BytesIO(content), out, reader=reader, max_rejected=0)
        assert "\n" not in str(caught.value)
    assert not out.exists()


def test_a_mistake_by_name_says_what_it_looks_like(out):
    image = WRONG["a PNG image"] + b"\n\1" * 500
    with pytest.raises(FormatError, match="read as text though it looks like a PNG image: 50"):
        build(io.BytesIO(image), out, reader="text")


def test_an_e_mail_address_does_not_list_its_provider(out):
    report = build(io.BytesIO(b"bad.example\nx@mail.example\nworse.example\n"), out)
    assert report.counts == {"domain": 2}
    assert [(s.where, s.reason) for s in report.samples] == [
        ("line 2", "an e-mail address, which must not list its whole provider")
    ]


def test_short_magic_numbers_may_begin_a_text(out):
    for line in (b"MZ.example", b"BZh.example", b"ID3.example"):
        assert build(io.BytesIO(line), out).counts == {"domain": 1}


@pytest.mark.parametrize(
    "piece", [b"<!---->", b"<!--", b"<!-- -", b" <", b"[", b"{ ", b"a@", b"-1,"]
)
def test_recognition_takes_linear_time(out, piece):
    """Patterns that backtrack took forever on some of these."""
    for end in (b"", b"x", b"\n"):
        with pytest.raises(FormatError):
            build(io.BytesIO(piece * (1 << 16) + end), out)


def test_a_head_cut_off_in_a_line():
    head = Head(b"\xef\xbb\xbfbad.example\nworse.exa", is_whole=False)
    assert head.lines == [b"bad.example"]
    assert Head(b"bad.exa", is_whole=False).lines == [b"bad.exa"]
    assert Head(b"bad.example\nworse.example").lines == [b"bad.example", b"worse.example"]


def test_the_head_is_looked_at_once():
    head, seen = Head(b"x"), []

    def look(shown: Head) -> int:
        seen.append(shown)
        return 7

    assert (head.once(look), head.once(look)) == (7, 7)
    assert seen == [head]


@pytest.mark.parametrize("twins", [*HASH_SETS, *LISTINGS], ids=lambda t: t.name or t.reader)
def test_formats_are_told_by_content_alone(twins):
    """Golden and dirty: exactly one reader takes them, none of the others."""
    for data in (twins.golden, twins.dirty):
        head = Head(data[:HEAD_SIZE], len(data) <= HEAD_SIZE)
        reader, _ = choose("auto", head, "Xk2.bin")
        assert reader.name == twins.reader
        taken = {name for name, each in READERS.items() if each.recognise(head)}
        signed = {name for name in taken if READERS[name].has_signature}
        assert (signed or taken) == {twins.reader}


def test_what_fits_several_readers_is_refused(tmp_path, out, monkeypatch, capsys):
    def read(stream, source, options):
        yield Record([("md5", bytes(range(16)))], "line 1")

    for name in ("one", "two"):
        toy = Reader(name, "hashes", read, lambda head: True, "a toy", has_signature=True)
        monkeypatch.setitem(READERS, name, toy)
    path = tmp_path / "list.txt"
    path.write_text(md5(1))
    assert cli.main(["build", str(path), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert "fits more than one reader (one, two); name one" in said and said.count("\n") == 1
    assert not out.exists()


def test_what_was_decided_is_reported(out, monkeypatch):
    def read(stream, source, options):
        yield Record([("md5", bytes(range(16)))], "line 1")

    toy = Reader("toy", "hashes", read, lambda head: "version 7", "a toy", has_signature=True)
    sources = [io.BytesIO(md5(1).encode()), media([{"Category": 1, "MD5": md5(2)}])]
    sources[0].name, sources[1].name = "a", "b"
    report = build(sources, out)
    assert report.readers == {"a": "text", "b": "vics"}
    monkeypatch.setitem(READERS, "toy", toy)
    (found,) = build(io.BytesIO(sha1(1).encode()), out).sources
    assert (found.reader, found.variety) == ("toy", "version 7")


def test_bare_digests_are_counted_as_any_line_is():
    """One with a blank behind it is not bare, and means the same."""
    digests = [md5(1), sha1(2).upper(), "f" * 64]
    others = ["0" * 31, "# " + md5(3), "", "bad.example", "a@bad.example", f"MD5 (x) = {md5(4)}"]
    counts = Tally(digests=4, near=4, hosts=1, urls=0, emails=1, rules=0, lines=7, text_lines=7)
    for behind in ("", " "):
        text = "".join(f"{line}{behind}\n" for line in digests + others)
        assert tally(Head(text.encode())) == counts
