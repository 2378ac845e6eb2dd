"""What is no list, what only looks like an entry, and what is one in odd dress."""

from __future__ import annotations

import io

import pytest

import csamatch
from csamatch import FormatError
from csamatch.cli import main
from sources import balanced, md5

PROSE = [
    "Dear colleagues,",
    "please find the new list attached.",
    "It replaces the one of last week:",
    "bad.example",
    "",
    "Kind regards,",
    "the team",
]
CODE = "import os\n\ndef run():\n    return os\n\nwww.bad.example\nif True:\n    run()\n"


def build(data: str | bytes, out, **how) -> csamatch.BuildReport:
    data = data.encode() if isinstance(data, str) else data
    report = csamatch.build(io.BytesIO(data), out, **how)
    assert balanced(report)
    return report


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("\n".join(PROSE), "text: of its first 6 lines, only 1 are addresses"),
        (f"x y\n{md5(1)}\n" + "some text\n" * 9, "text: of its first 11 lines, only 1 are digests"),
        (CODE, "text: of its first 6 lines, only 1 are addresses"),
        ("<ul>\n<li>\nbad.example\nworse.example\n</ul>\n", "a piece of a web page"),
        ("<div class='x'>\nbad.example\n", "a piece of a web page"),
        (
            "\n".join([*map(md5, range(51)), *(f"h{i}.example" for i in range(49))]),
            "a mixture, of 51 digests and 49 addresses",
        ),
    ],
)
def test_what_holds_few_entries_is_no_list(tmp_path, out, content, what, capsys):
    path = tmp_path / "list.txt"
    path.write_text(content)
    assert main(["build", str(path), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"csamatch: {path}: looks like {what}; expected a list for one of ")
    assert said.count("\n") == 1 and not out.exists()


def test_a_reader_named_for_the_wrong_thing(out):
    with pytest.raises(FormatError, match="12 of 13 records cannot be read, more than half"):
        build("bad.example\n" + "two words\n" * 12, out, reader="domains")


def listed(line: str, out, reader: str) -> dict[str, int]:
    """What a line lists beside a good one."""
    report = build(f"good.example\n{line}\n", out, reader=reader)
    assert report.accepted == 2 and not report.samples
    return report.counts


@pytest.mark.parametrize(
    "line",
    [
        "bad.example,",
        '"bad.example"',
        "'bad.example',",
        "`bad.example`",
        "bad[.]example",
        "bad(dot)example",
        "\u200bbad.example\u200b",
        "bad.example\xa0",
        "b\u200bad.example",
        "0.0.0.0 bad.example#note",
        "0.0.0.0 bad.example # note",
    ],
)
def test_a_domain_in_odd_dress(out, line):
    assert listed(line, out, "domains") == {"domain": 2}
    assert [u in csamatch.open(out) for u in ("x.bad.example/y", "xbad.example")] == [True, False]


@pytest.mark.parametrize(
    "line",
    [
        "hxxp://bad.example/x[.]y",
        "hXXps[://]bad[.]example/x[.]y",
        "h**p[:]//bad.example/x[.]y",
        "<http://bad.example/x[.]y>",
        '"http://bad.example/x[.]y",',
    ],
)
def test_a_page_in_odd_dress(out, line):
    assert listed(line, out, "urls") == {"domain": 1, "url": 1}
    assert "https://bad.example/x[.]y" in csamatch.open(out)


NO_ADDRESSES = [
    ("foo.example,bar.example", "a comma in the host"),
    ("bad.*", "a wildcard; list the domain itself, which covers its subdomains"),
    ("http://bad.*/x", "a wildcard; list the domain itself, which covers its subdomains"),
    ("a..b.example", "an empty label in the host"),
    ("http://a..b.example/x", "an empty label in the host"),
    ("a.example$third-party", "an adblock rule with conditions"),
    ("a.example^", "an adblock rule that is more than an address"),
    ("a.example#note", "a # directly behind the host, which may begin a comment"),
    ("a!.example", "a character in the host that no host name has"),
    ('a".example', "a character in the host that no host name has"),
    ("http://a b%20c.example/", "more than one word"),
    ("http://b%20c.example/", "a character in the host that no host name has"),
    ("me@mail.example", "an e-mail address, which must not list its whole provider"),
]


@pytest.mark.parametrize(("line", "reason"), NO_ADDRESSES)
@pytest.mark.parametrize("reader", ["domains", "urls", "csv-addresses"])
def test_what_looks_like_an_address(out, reader, line, reason):
    if reader == "csv-addresses":
        quoted = line.replace('"', '""')
        line = f'"{quoted}"'
        if reason == "more than one word":
            reason = "a character in the host that no host name has"
    report = build(f"url\ngood.example\n{line}\n"[4 * (reader != "csv-addresses") :], out,
                   reader=reader)  # fmt: skip
    assert report.counts == {"domain": 1}
    assert [sample.reason for sample in report.samples] == [reason]


def test_queries_are_not_judged_so(out):
    """A link is looked up as it is, whatever stands in it."""
    build("bad.example\n", out)
    assert "http://a!b..bad.example/" in csamatch.open(out)
