"""The readers of formats: what they make of each form of line and record."""

from __future__ import annotations

import io
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import csamatch
from csamatch import readers
from csamatch.errors import FormatError
from csamatch.readers import READERS, Digests, Head, Record, Rejected, records, text
from sources import read

MD5 = "9e107d9d372bb6826bd81d3542a419d6"
SHA1 = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
SHA256 = "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"


def choose(data: bytes) -> str:
    """Which reader a source is recognised to be for."""
    return readers.choose("auto", Head(data), "source")[0].name


def values(name: str, data: bytes | str) -> list:
    return [item.values for item in read(name, data)]


def addresses(name: str, data: str) -> list[str]:
    return [value.decode() for item in read(name, data) for _, value in item.values]


@pytest.mark.parametrize(
    "line",
    [
        MD5,
        MD5.upper(),
        f"  {MD5}\t",
        f"{MD5}  file name.jpg",
        f"{MD5} *file",
        f"{MD5}\tfile",
        f"\\{MD5}  a\\nb",
        f"MD5 (file) = {MD5}",
        f"MD5 (a) = b) = {MD5}",
        f"MD5(file)= {MD5}",
        f"md5 (file) = {MD5.upper()}",
        f"\\MD5 (a\\nb) = {MD5}",
    ],
)
def test_text_lines(line):
    assert values("text", line) == [[("md5", bytes.fromhex(MD5))]]


def test_text_algorithms():
    expected = [
        [("sha1", bytes.fromhex(SHA1))],
        [("sha256", bytes.fromhex(SHA256))],
        [("sha1", bytes.fromhex(SHA1))],
        [("sha256", bytes.fromhex(SHA256))],
    ]
    lines = [SHA1, SHA256, f"SHA-1 (x) = {SHA1}", f"SHA2-256(x)= {SHA256}"]
    assert values("text", "\n".join(lines)) == expected


def test_text_positions():
    items = read("text", f"\ufeff# c\r\n\r\n{MD5}\r\nbad\n\n! c\n// c\n; c\n{SHA1}")
    assert [item.where for item in items] == ["line 3", "line 4", "line 9"]
    assert isinstance(items[1], Rejected)


def test_very_long_lines_do_not_shift_the_count():
    items = read("text", "x" * 200_000 + f"\n{MD5}\n" + "y" * 65536 + f"\n{MD5}")
    assert [(item.where, type(item)) for item in items] == [
        ("line 1", Rejected),
        ("line 2", Record),
        ("line 3", Rejected),
        ("line 4", Record),
    ]


# Every kind of line, and what stands between plain ones.
LINES = [
    MD5, SHA1, SHA256, MD5.upper(), f"{MD5}  name", f"{SHA1}\tname", f" {MD5}", f"{MD5} ",
    f"\\{MD5}  n", f"SHA256 (f) = {SHA256}", f"{MD5}\r", f"{MD5}\r\r", f"{MD5}\rx", f"{MD5}\v",
    f"{MD5}\x00", f"{MD5};x", "", "# c", "//", "bad", MD5[:-1], MD5 + "0", MD5[:-1] + "g",
    f"{MD5} {SHA1}", f"{MD5}\t{SHA1} n", f"{MD5},{SHA1}", f"{MD5},n", f'{MD5} "{SHA1}"', f"{MD5}|n",
    f"{MD5}  {SHA1}", f"{MD5} *{SHA1}", f"{MD5}  n\rm", f"{MD5}  n\r", f"{MD5} {SHA1[:-1]}",
    f"{MD5} {SHA256}0", f"{MD5}, {MD5}", f'"{MD5}"', f"{MD5} ", f"{MD5}\t", f"{MD5},", f"{MD5};",
    SHA1[:-1], SHA256 + "0", f"{MD5} {'n' * 5000}", f"{MD5} {'n' * 70_000}", "#" * 70_000,
]  # fmt: skip


def oracle(lines: list[str]) -> list[tuple]:
    """What a list of digests says, line by line, without reading any in bulk."""
    found = []
    for number, line in enumerate(lines, 1):
        raw = line.encode()
        where = f"line {number}"
        if len(raw) >= 65536:
            found.append((where, "a line too long for a digest"))
        elif not text.is_blank(raw.strip(b" \t\r\n\f\v")):
            said = text.parse_line(raw.strip(b" \t\r\n\f\v"))
            found.append((where, said))
    return found


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(range(len(LINES))), max_size=30), st.integers(1, 200), st.booleans()
)
def test_text_in_bulk_is_text_line_by_line(places, block, has_end):
    """Wherever blocks of the stream end."""
    lines = [LINES[i] for i in places]
    with mock.patch.object(records, "_BLOCK", block):
        items = read("text", "\n".join(lines) + "\n" * has_end)
    shown = [(i.where, i.values if isinstance(i, Record) else i.reason) for i in items]
    assert shown == oracle(lines)


def test_text_is_read_in_bulk():
    """Not line by line, whatever surrounds plain lines."""
    lines = ["# list", *[MD5] * 1000, "bad", *[SHA1] * 1000]
    items = list(READERS["text"].read(io.BytesIO("\n".join(lines).encode()), "source", {}))
    shown = [(type(item), len(item.data), item.line) for item in items if isinstance(item, Digests)]
    # The line that tells of another width, and the last one without its end, are read alone.
    assert shown == [(Digests, 16_000, 2), (Digests, 19_960, 1004)]
    assert len(items) == 5


@pytest.mark.parametrize("between", [",17,", "\tname\t", ";n a m e;", " sha1:", ',"x","'])
def test_digests_behind_other_text_are_named(between):
    lines = [f"{md5}{between}{sha1}" for md5, sha1 in [(MD5, SHA1)] * 20]
    items = read("text", "\n".join(lines))
    assert [item.values for item in items] == [[("md5", bytes.fromhex(MD5))]] * 20
    assert {reason for item in items for reason, _ in item.bad} == {
        "a further digest, behind other text in its line"
    }


@pytest.mark.parametrize("behind", [f"  {SHA1}", f" *{SHA1}", f",x/{SHA1}", f",{SHA1}.exe"])
def test_names_of_files_may_be_digests(behind):
    items = read("text", f"{MD5}{behind}\n" * 3)
    assert not any(item.bad for item in items if isinstance(item, Record))


def test_domains():
    data = (
        "# comment\n! comment\n[Adblock Plus 2.0]\n\n"
        "bad.example\nBAD2.example # why\nfront.example/\n"
        "0.0.0.0 hosts1.example\n127.0.0.1\thosts2.example hosts3.example # x\n"
        "::1 hosts4.example\n203.0.113.7\n"
        "||ad.example^\n||ad2.example^$all\n||page.example/x$all\n||page.example/a^b^$all\n"
        "https://page.example/y#z\n"
    )
    assert addresses("domains", data) == [
        "bad.example",
        "BAD2.example",
        "front.example",
        "hosts1.example",
        "hosts2.example",
        "hosts3.example",
        "hosts4.example",
        "203.0.113.7",
        "ad.example",
        "ad2.example",
        "page.example/x",
        "page.example/a^b",
        "https://page.example/y#z",
    ]


def test_a_lone_slash_means_the_front_page_in_a_list_of_urls():
    assert addresses("urls", "front.example/") == ["front.example/"]
    assert addresses("domains", "http://front.example/") == ["http://front.example/"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("@@||good.example^", "an adblock exception, which takes away rather than lists"),
        ("||bad.example^$third-party", "an adblock rule with conditions"),
        ("||bad^x.example^", "an adblock rule that is more than an address"),
        ("||bad.*^", "an adblock rule that is more than an address"),
        ("|http://bad.example/|", "an adblock rule that is more than an address"),
        ("*.bad.example", "a wildcard; list the domain itself, which covers its subdomains"),
        ("two words", "more than one word"),
        ("203.0.113.7 203.0.113.8", "more than one word"),
        ("a.b@mail.example", "an e-mail address, which must not list its whole provider"),
        ("mailto:a@mail.example", "an e-mail address, which must not list its whole provider"),
        ("bad\0.example", "binary data"),
        ("x" * 70_000, "a line too long for an address"),
    ],
)
def test_lines_that_are_no_addresses(line, reason):
    first, second = read("domains", line + "\ngood.example\n")
    assert (first.where, first.reason) == ("line 1", reason)
    assert second.values == [("", b"good.example")]


def test_bytes_that_are_no_utf8_are_kept():
    (item,) = read("urls", b"http://bad.example/caf\xe9\n")
    assert item.values == [("", b"http://bad.example/caf\xe9")]


def test_two_slashes_begin_an_address():
    assert addresses("urls", "//bad.example/page\n") == ["//bad.example/page"]


def test_long_lines_take_linear_time():
    """A quadratic pattern took a minute for each of these."""
    for line in ("a" + " " * 60_000 + "b", ":" * 60_000 + "x y", "a" + " #" * 30_000, "|" * 60_000):
        read("domains", line)
        read("text", line)
        with pytest.raises(FormatError):
            choose(line.encode())


def test_a_long_first_line_behind_a_mark():
    data = b"\xef\xbb\xbf" + b"x" * 65533 + MD5.encode() + b"\n" + SHA1.encode() + b"\n"
    first, second = read("text", data)
    assert isinstance(first, Rejected)
    assert (second.where, second.values) == ("line 2", [("sha1", bytes.fromhex(SHA1))])


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (f"{MD5}\n", "text"),
        (f"# list\n{MD5}  a.example\nbad\n{SHA1}\n", "text"),
        ("bad.example\n", "domains"),
        ("# x\n0.0.0.0 bad.example\n127.0.0.1 localhost\n", "domains"),
        ("||bad.example^\n", "domains"),
        ("203.0.113.7\n[2001:db8::7]\n", "domains"),
        ("bad.example/\nworse.example\n", "domains"),
        ("http://bad.example/x\n", "urls"),
        ("bad.example\nhost.example/page\n", "urls"),
        ("user@bad.example:8080/x\n", "urls"),
        ("bücher.example\nनी.example\n例え。テスト\n", "domains"),
        ("http://bücher.example:80/x\n", "urls"),
    ],
)
def test_recognition(head, name):
    assert choose(head.encode()) == name
    assert choose(b"\xef\xbb\xbf" + head.encode()) == name


@pytest.mark.parametrize(
    "rule", ["g.example##.ad", "h.example#@#.ad", "a.example,b.example#?#div", "c.example#$#x"]
)
def test_rules_that_hide_parts_of_pages_list_nothing(tmp_path, rule):
    source = tmp_path / "rules.txt"
    source.write_text(f"||bad.example^\n{rule}\nhttp://host.example/a##b\n")
    report = csamatch.build(source, tmp_path / "l.csml")
    assert (report.read, report.accepted, report.rejected) == (3, 2, 1)
    assert report.samples[0].where == "line 2"
    listed = csamatch.open(tmp_path / "l.csml")
    assert [u in listed for u in ("bad.example", "g.example", "h.example/")] == [True, False, False]
