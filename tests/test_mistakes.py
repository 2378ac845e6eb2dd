"""What is no list, what only looks like an entry, and what is one in odd dress."""

from __future__ import annotations

import io
import sqlite3
from contextlib import closing

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
        ('[\n"bad.example",\n"worse.example"\n]\n', "JSON"),
        (f"{md5(1)}\r{md5(2)}\r", "text whose lines end in carriage returns alone, which must"),
        (
            "bad.example\rworse.example",
            "text whose lines end in carriage returns alone, which must",
        ),
        (
            "\n".join([*map(md5, range(51)), *(f"h{i}.example" for i in range(49))]),
            "a mixture, of 51 digests and 49 addresses",
        ),
    ],
)
def test_what_holds_few_entries_is_no_list(tmp_path, out, content, what, capsys):
    path = tmp_path / "list.txt"
    path.write_text(content, newline="")
    assert main(["build", str(path), "-o", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"csamatch: {path}: looks like {what}")
    assert "; expected a list for one of the readers text, " in said
    assert said.count("\n") == 1 and not out.exists()


def test_a_reader_named_for_the_wrong_thing(out):
    with pytest.raises(FormatError, match="12 of 13 records cannot be read, more than half"):
        build("bad.example\n" + "two words\n" * 12, out, reader="domains")


def listed(line: str, out, reader: str) -> dict[str, int]:
    """What a line lists beside a good one."""
    report = build(f"{line}\ngood.example\n", out)
    assert report.readers == {"<stream>": reader}
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


@pytest.mark.parametrize(
    ("content", "reader", "said"),
    [
        (f"md5,id\r{md5(1)},1\r", "csv", "line 1: a carriage return within a line"),
        (f"md5,{'x' * 200_000}\n{md5(1)},1\n", "csv", "line 1: a field too long"),
        ("MD5;Image ID;Baseline\r1;2;y\r", "icse", "line 1: a carriage return within a line"),
        (f"\n# c\nmd5,id\rx\n{md5(1)},1\n", "csv", "line 3: a carriage return within a line"),
    ],
)
@pytest.mark.parametrize("is_named", [True, False])
def test_first_lines_that_name_no_columns(tmp_path, out, content, reader, said, is_named, capsys):
    path = tmp_path / "list.csv"
    path.write_text(content, newline="")
    named = ["--reader", reader] if is_named else []
    assert main(["build", str(path), "-o", str(out), *named]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "internal error" not in told
    assert not is_named or told.startswith(f"csamatch: {path}: {said}")


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("encoding=nope", "option encoding: no such encoding of text"),
        ("encoding=hex", "option encoding: no such encoding of text"),
        ("delimiter=ab", "option delimiter: not a single ASCII character, nor tab"),
        ("delimiter=\xa7", "option delimiter: not a single ASCII character, nor tab"),
        ('delimiter="', "option delimiter: a quote or line end cannot stand between columns"),
        ("header=maybe", "option header: neither yes nor no"),
        ("quoting=maybe", "option quoting: neither yes nor no"),
    ],
)
def test_options_that_make_no_sense(tmp_path, out, option, said, capsys):
    path = tmp_path / "list.csv"
    path.write_text(f"md5,id\n{md5(1)},1\n")
    assert main(["build", str(path), "-o", str(out), "--option", option]) == 2
    assert capsys.readouterr().err == f"csamatch: {said}\n"


@pytest.mark.parametrize("delimiter", ["\\t", "tab", "TAB", "\t"])
def test_tabs_have_names(out, delimiter):
    delimiter = delimiter.lower()
    data = f"a,b\tmd5\nc\t{md5(1)}\n"
    assert build(data, out, reader="csv", options={"delimiter": delimiter}).counts == {"md5": 1}


@pytest.mark.parametrize("mark", ["sep=;\n", "sep=;\r\n", '"sep=;"\n', "SEP=;\n"])
def test_the_separator_that_excel_names(out, mark):
    report = build(f"{mark}id;md5\n1;{md5(1)}\n2;x\n", out)
    assert (report.readers, report.counts) == ({"<stream>": "csv"}, {"md5": 1})
    assert [sample.where for sample in report.samples] == ["line 4"]
    icse = f"{mark}MD5;Image ID;Baseline\n{md5(1)};1;yes\n{md5(2)};2;oui\n"
    report = build(icse, out)
    assert (report.readers, report.counts) == ({"<stream>": "icse"}, {"md5": 1})
    assert [sample.where for sample in report.samples] == ["line 4"]


def test_names_of_fields_in_any_case(out):
    data = f"md5,Severity\n{md5(1)},A\n{md5(2)},b\n{md5(3)}\n"
    report = build(data, out, where={"severity": "a"}, reader="csv")
    assert (report.counts, report.filtered, report.rejected) == ({"md5": 1}, 1, 1)
    assert [(s.where, s.reason) for s in report.samples] == [
        ("line 4", "fewer columns than expected, so that severity is missing")
    ]


def test_rows_of_icse_that_are_shifted(out):
    head = "MD5;SHA1;Image ID;Media Type;Baseline\n"
    rows = [
        f"{md5(1)};;1;image;yes",
        f"{md5(2)};;2;a;image;yes",
        f"{md5(3)};;3;yes",
        f"{md5(4)};;4;image;perhaps",
        f"{md5(5)};;5;image;",
        f"{md5(6)};;6;image;no",
    ]
    expected = [
        ("line 3", "baseline: neither yes nor no"),
        ("line 4", "fewer columns than expected, so that baseline is missing"),
        ("line 5", "baseline: neither yes nor no"),
    ]
    for more in (0, 100):  # few rows are taken one by one
        good = [f"{md5(i)};;{i};image;yes" for i in range(10, 10 + more)]
        report = build(head + "\n".join([*rows, *good]) + "\n", out, reader="icse")
        assert [(s.where, s.reason) for s in report.samples] == expected
        assert (report.accepted, report.filtered) == (1 + more, 2)


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (f"{md5(1)}\n" * 100, {}),
        (f"MD5 (x) = {md5(1)}\n", {}),
        (f"md5,id\n{md5(1)},1\n", {}),
        ("md5,id\n" + f"{md5(1)},1\n" * 100, {}),
        ("bad.example\n", {}),
    ],
)
def test_categories_are_not_chosen_where_there_are_none(out, content, how):
    with pytest.raises(FormatError, match="tells no categories to choose by"):
        build(content, out, categories=["A"], **how)
    assert build(content, out, categories=["A", None], **how).accepted == 1


def test_reports_that_cannot_be_written(tmp_path, out, capsys):
    path = tmp_path / "list.txt"
    path.write_text(md5(1))
    for bad in (tmp_path / "none" / "r.json", tmp_path, path, out):
        assert main(["build", str(path), "-o", str(out), "--report", str(bad)]) == 2
        assert capsys.readouterr().err.startswith(f"csamatch: {bad}: ")
        assert not out.exists() and path.read_text() == md5(1)
    assert main(["build", str(path), "-o", str(out), "-q", "--report", str(tmp_path / "r")]) == 0


def sha(i: int) -> str:
    return md5(i) + md5(i)[:8]


@pytest.mark.parametrize(
    "line",
    [
        "- {md5}",
        "1. `{md5}`",
        "* **{md5}**",
        "| {md5} | name |",
        '"{md5}"',
        "'{md5}',",
        '="{md5}"',
        "{md5},name",
        "{md5};name",
        "md5:{md5}",
        '"MD5": "{md5}",',
        "md5 = {md5}",
        "{md5}\xa0",
        "\xa0{md5}\xa0 name",
        "\u200b{md5}",
        "<{md5}>",
    ],
)
def test_digests_in_odd_dress(out, line):
    data = "\n".join(line.format(md5=md5(i)) for i in (1, 2, 3))
    report = build(data, out)
    assert (report.readers, report.counts) == ({"<stream>": "text"}, {"md5": 3})
    assert not report.samples and md5(3) in csamatch.open(out)


@pytest.mark.parametrize(
    "line", ["md5:{sha}", "sha512:{md5}", "{md5}0", '"{md5}', "{md5}x", "size {md5}", "{md5}:{sha}"]
)
def test_what_may_be_a_digest_of_something_else(out, line):
    report = build(f"{md5(1)}\n{line.format(md5=md5(2), sha=sha(2))}\n", out, reader="text")
    ok = line == '"{md5}'  # a quote that is not closed is dirt like any other
    assert (report.accepted, report.rejected) == ((2, 0) if ok else (1, 1))


@pytest.mark.parametrize(
    "line", ["{md5} {sha}", "{md5}\t{sha}\tname", "{md5},{sha},name", '"{md5}","{sha}"']
)
def test_several_digests_in_a_line(out, line):
    report = build("\n".join(line.format(md5=md5(i), sha=sha(i)) for i in range(1, 9)), out)
    assert (report.accepted, report.counts) == (8, {"md5": 8, "sha1": 8})
    assert all(each(i) in csamatch.open(out) for i in range(1, 9) for each in (md5, sha))


def test_the_name_of_a_file_is_no_digest(out):
    report = build(f"{md5(1)}  {sha(1)}\n{md5(2)} *{sha(2)}\n", out)
    assert report.counts == {"md5": 2}


def test_line_ends_within_a_line_lose_nothing(out):
    report = build(f"{md5(1)}  a\r{md5(2)}  b\n{md5(3)}\n", out)
    assert [(s.where, s.reason) for s in report.samples] == [
        ("line 1", "a carriage return within a line")
    ]
    assert report.counts == {"md5": 1}


@pytest.mark.parametrize("cell", ['"=""{}"""', '="{}"', "`{}`", "'{}'", "\xa0{}\xa0", "**{}**"])
def test_cells_in_odd_dress(out, cell):
    report = build(f"md5,id\n{cell.format(md5(1))},1\n{cell.format('x')},2\n", out)
    assert report.counts == {"md5": 1} and md5(1) in csamatch.open(out)
    assert [sample.where for sample in report.samples] == ["line 3"]


@pytest.mark.parametrize("comment", ["\n", "# a comment\n", "; a comment\n", "// a comment\n"])
def test_a_long_head_of_nothing(out, comment):
    silence = comment * (200_000 // len(comment))
    report = build(f"{silence}{md5(1)}\n", out)
    assert (report.readers, report.counts) == ({"<stream>": "text"}, {"md5": 1})
    with pytest.raises(FormatError, match=r"nothing but comments|is empty"):
        build(silence, out)


def test_a_set_of_no_records(out):
    with pytest.raises(FormatError, match="byte 1152: a hash set without records"):
        build(b"HASH\r\n\xff\x00" + bytes(1144), out)


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_database_with_a_log_beside_it(tmp_path, out, suffix):
    path = tmp_path / "nsrl.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE FILE (md5, sha1, sha256)")
        db.execute("INSERT INTO FILE VALUES (?, '', '')", (md5(1),))
        db.commit()
    beside = tmp_path / f"nsrl.db{suffix}"
    beside.touch()
    assert csamatch.build(path, out).counts == {"md5": 1}
    beside.write_bytes(b"x")
    with pytest.raises(FormatError, match="lies beside it, so that it is in use"):
        csamatch.build(path, out)


@pytest.mark.parametrize(
    "value", ['{"Media": {"MD5": "@"}}', '{"MD5": "@"}', '[{"Media": [{"MD5": "@"}]}]']
)
def test_media_out_of_place_fail_the_build(out, value):
    model = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#Cases"
    good = f'{{"Media": [{{"MD5": "{md5(1)}"}}]}}'
    value = value.replace("@", md5(2))
    data = f'{{"@odata.context": "{model}", "value": [{good}, {value}]}}'
    said = r"at value\[1\].*: Media and Cases are not where the data model announces them"
    with pytest.raises(FormatError, match=said) as caught:
        build(data, out, categories=[None])
    assert "JSON" not in str(caught.value)


def test_receipts_that_cannot_be_written(tmp_path, out, capsys):
    build(md5(1), out)
    before = out.read_bytes()
    more = tmp_path / "more.txt"
    more.write_text(md5(2))
    for bad in (tmp_path / "none" / "r.json", tmp_path, more, out):
        args = ["update", str(out), "-o", str(out), "--add", str(more), "--receipt", str(bad)]
        assert main(args) == 2
        assert capsys.readouterr().err.startswith(f"csamatch: {bad}: ")
        assert out.read_bytes() == before and more.read_text() == md5(2)
