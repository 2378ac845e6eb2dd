"""Tables of digests or addresses, of any columns."""

from __future__ import annotations

import codecs
import csv
import io
import random
from pathlib import Path

import pytest

import csamatch
import csamatch.quarantine
from csamatch.errors import FormatError
from csamatch.readers import READERS, Head, Record, Rejected, choose, tables
from hashsets import sha256
from sources import balanced, md5, sha1

SHA256 = "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"


def one_by_one(items) -> list[Record | Rejected]:
    found = []
    for item in items:
        found += item.records() if hasattr(item, "records") else [item]
    return found


def read(document: str | bytes, name: str = "csv", **options) -> list[Record | Rejected]:
    data = document.encode() if isinstance(document, str) else document
    return one_by_one(READERS[name].read(io.BytesIO(data), "source", options))


def shown(items) -> list[tuple]:
    """What there is to know of each, digests as hex."""
    return [
        (item.where, item.reason)
        if isinstance(item, Rejected)
        else (
            item.where,
            {n: v.hex() for n, v in item.values},
            item.id,
            item.category,
            [r for r, _ in item.bad],
        )
        for item in items
    ]


DOCUMENT = (
    f"Severity,Entry ID,MD5 hash,SHA-1,Name\nA,7,{md5(1)},{sha1(1).upper()},x\nB,8,,{sha1(2)},y\n"
)
EXPECTED = [
    ("line 2", {"md5": md5(1), "sha1": sha1(1)}, "7", "A", []),
    ("line 3", {"sha1": sha1(2)}, "8", "B", []),
]


def test_names_of_columns_are_recognised():
    assert choose("auto", Head(DOCUMENT.encode()), "s")[0].name == "csv"
    assert shown(read(DOCUMENT)) == EXPECTED


@pytest.mark.parametrize(
    "columns",
    [
        {"md5": "MD5 hash", "sha1": "sha-1", "id": "Entry ID", "category": "Severity"},
        {"md5": 2, "sha1": 3, "id": 1, "category": 0},
        {"md5": "2", "sha1": 3, "id": "Entry ID", "category": "0"},
    ],
)
def test_a_map_names_or_numbers_columns(columns):
    assert shown(read(DOCUMENT, columns=columns)) == EXPECTED


@pytest.mark.parametrize("delimiter", ";\t|,")
def test_delimiters_are_found_out(delimiter):
    document = DOCUMENT.replace(",", delimiter)
    assert choose("auto", Head(document.encode()), "s")[0].name == "csv"
    assert shown(read(document)) == EXPECTED
    assert shown(read(document, delimiter=delimiter)) == EXPECTED


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: codecs.BOM_UTF8 + text.encode(),
        lambda text: text.encode("utf-16"),
        lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: text.rstrip("\n").encode(),
        lambda text: "\n".join(f"{line}\n\n# a comment" for line in text.split("\n")).encode(),
    ],
)
def test_dialects_of_text(encode):
    found = shown(read(encode(DOCUMENT)))
    assert [row[1:] for row in found] == [row[1:] for row in EXPECTED]


def test_encodings():
    document = f"md5,id,category\n{md5(1)},Bücher,schön\n{md5(2)},x,y\n"
    for given, encoding in (("", "utf-8"), ("", "cp1252"), ("latin-1", "latin-1"),
                            ("utf-16-le", "utf-16-le"), ("cp437", "cp437")):  # fmt: skip
        found = read(document.encode(encoding), encoding=given)
        assert [(r.id, r.category) for r in found] == [("Bücher", "schön"), ("x", "y")], encoding
    cut = document.encode("utf-16")[:-1]
    with pytest.raises(FormatError, match="truncated"):
        read(cut)


def test_one_column_of_digests_of_any_kind():
    document = f"Hash;Name\n{md5(1)};a\n{sha1(1)};b\n{SHA256};c\n{md5(2)[1:]};d\n{'x' * 40};e\n"
    assert [row[1:] for row in shown(read(document))] == [
        ({"md5": md5(1)}, "", None, []),
        ({"sha1": sha1(1)}, "", None, []),
        ({"sha256": SHA256}, "", None, []),
        ({}, "", None, ["31 characters; expected 32, 40 or 64"]),
        ({}, "", None, ["not hexadecimal"]),
    ]


def test_without_a_header():
    document = f"x,{md5(1)}\ny,{md5(2)}\n"
    assert [r.where for r in read(document, columns={"md5": 1, "id": 0})] == ["line 1", "line 2"]
    document = f"id,md5\n{document}"
    assert [r.id for r in read(document, columns={"md5": 1, "id": 0})] == ["x", "y"]
    # A first row that is merely bad is no header, and is reported.
    document = f"x,{md5(1)[1:]}\ny,{md5(2)}\n"
    assert [len(r.bad) for r in read(document, columns={"md5": 1, "id": 0})] == [1, 0]
    assert len(read(document, columns={"md5": 1, "id": 0}, header=True)) == 1
    assert len(read(f"id,md5\nx,{md5(1)}\n", columns={"md5": 1}, header=False)) == 2


def test_bad_rows_are_reported_alone():
    rows = [
        "md5,sha1,id",
        f"{md5(1)},{sha1(1)},1",
        f"{md5(2)},{sha1(2)[:-1]},2",
        f"{md5(3)}",
        f'"{md5(4)}"x,{sha1(4)},4',
        f"{md5(5)},{sha1(5)},5,more",
        f'{md5(6)},{sha1(6)},"6',  # its quote is closed by the next row's
        f'{md5(7)},{sha1(7)},"7"',
        f'{md5(8)},{sha1(8)},"8\n8"',
        f"{md5(9)},{sha1(9)},9",
    ]
    assert [row if len(row) == 2 else (row[0], row[2], row[4]) for row in
            shown(read("\n".join(rows) + "\n"))] == [
        ("line 2", "1", []),
        ("line 3", "2", ["sha1: 39 characters; expected 40"]),
        ("line 4", "", ["fewer columns than expected"]),
        ("line 5", "text behind a closing quote"),
        ("line 6", "5", ["more columns than expected"]),
        ("line 7", "text behind a closing quote"),
        ("line 8", "7", []),
        ("line 9", "8\n8", []),
        ("line 11", "9", []),
    ]  # fmt: skip


def test_without_quoting():
    document = f'md5\tid\n{md5(1)}\t"x\n{md5(2)}\ty"\n'
    for quoting in (False, "no"):
        assert [r.id for r in read(document, quoting=quoting)] == ['"x', 'y"']


def test_addresses():
    document = "# seen\nid,url,threat\n1,http://bad.example/x,malware\n2,bad.example,\n3,,\n"
    assert choose("auto", Head(document.encode()), "s")[0].name == "csv-addresses"
    found = read(document, "csv-addresses")
    assert [(r.where, r.values, r.id) for r in found] == [
        ("line 3", [("", b"http://bad.example/x")], "1"),
        ("line 4", [("", b"bad.example")], "2"),
        ("line 5", [], "3"),
    ]


def test_fields_are_carried_where_asked_for():
    found = read(DOCUMENT, fields=("Name", "Nothing"))
    assert [r.fields for r in found] == [{"Name": "x"}, {"Name": "y"}]
    assert [row[1:] for row in shown(found)] == [row[1:] for row in EXPECTED]


@pytest.mark.parametrize(
    ("document", "where", "reason"),
    [
        (f'md5,id\n{md5(1)},1\n{md5(2)},"2\nmore', "line 3", "within quotes"),
        (f"md5,id\n{md5(1)},1\n{md5(2)}", "line 3", "within a row"),
        (f"name,id\n{md5(1)},1\n", "line 1", "no column of digests"),
        ("\n\n\n", "line 3", "no column of digests"),
    ],
)
def test_what_fails_as_a_whole(document, where, reason, out):
    out.write_bytes(b"old")
    with pytest.raises(FormatError, match=reason) as caught:
        csamatch.build(io.BytesIO(document.encode()), out, reader="csv")
    assert caught.value.where == where
    assert out.read_bytes() == b"old"


def test_maps_that_make_no_sense(out):
    for columns, error in (
        ({"colour": 1}, ValueError),
        ({"md5": -1}, ValueError),
        ({"md5": 1.5}, TypeError),
        ({"id": 1}, ValueError),
        (["md5"], TypeError),
    ):
        with pytest.raises(error, match="columns"):
            csamatch.build(io.BytesIO(DOCUMENT.encode()), out, reader="csv", columns=columns)
    with pytest.raises(FormatError, match="no column is called Hash"):
        csamatch.build(io.BytesIO(DOCUMENT.encode()), out, columns={"md5": "Hash"})


@pytest.mark.any_kernel
def test_long_rows_and_stray_quotes():
    limit = tables.ROW_LIMIT
    good = f"{md5(1)},1\n"
    filler = good * (2 * limit // len(good))
    lines = filler.count("\n")
    found = read(f'md5,id\n{good}{md5(2)},"2\n{filler}')
    assert shown(found)[1] == ("line 3", "a quote that is not closed")
    assert len(found) == lines + 2 and found[-1].where == f"line {lines + 3}"
    found = read(f"md5,id\n{good}{'x' * (3 * limit)}\n{good}")
    assert shown(found)[1] == ("line 3", "a line too long")
    assert [r.where for r in found] == ["line 2", "line 3", "line 4"]
    with pytest.raises(FormatError, match="too many quotes"):
        read("md5,id\n" + 'a","\n' * limit)


@pytest.mark.any_kernel
def test_many_rows_are_read_as_python_reads_them(tmp_path):
    """A file of several blocks, quoted and not, with digests of two kinds."""
    rng = random.Random(7)
    path = tmp_path / "many.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "md5", "name", "sha1", "category"])
        for i in range(20_000):
            name = "".join(rng.choices(['"', ",", "\n", "a", "bcd"], k=rng.randrange(9)))
            rows.writerow([i, md5(i), name, sha1(i) if i % 3 else "", "ABC"[i % 3]])
    with path.open(newline="") as file:
        expected = [
            ({"md5": row[1]} | ({"sha1": row[3]} if row[3] else {}), row[0], row[4])
            for row in list(csv.reader(file))[1:]
        ]
    with path.open("rb") as file:
        found = shown(one_by_one(READERS["csv"].read(file, "many", {})))
    assert [row[1:4] for row in found] == expected


def test_categories_and_ids_get_into_the_list(out):
    report = csamatch.build(io.BytesIO(DOCUMENT.encode()), out)
    assert report.accepted == 2 and balanced(report)
    lst = csamatch.open(out)
    match = lst.find(sha1(2))
    assert (match.entry.id, match.entry.category) == ("8", "B")
    report = csamatch.build(io.BytesIO(DOCUMENT.encode()), out, categories=["A"])
    assert (report.accepted, report.filtered) == (1, 1)
    # A row without a category is left out only where categories are asked for.
    rows = f"md5,category\n{md5(1)},\n{md5(2)},0\n"
    assert csamatch.build(io.BytesIO(rows.encode()), out).accepted == 2


def test_shared_triples(shared, out):
    """The benign triples, through a column map, give what Python's own csv gives."""
    path = Path(shared) / "data" / "hashes" / "real_files_md5_sha1_sha256_size.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = {name: name for name in ("md5", "sha1", "sha256")}
    report = csamatch.build(path, out, columns=columns, admit=csamatch.quarantine.CLASSES)
    assert report.read == len(rows) and not report.rejected
    assert report.counts == {name: len({row[name] for row in rows}) for name in columns}
    lst = csamatch.open(out)
    for name in columns:
        assert lst.match([row[name] for row in rows]).count == len(rows)


def test_a_column_that_names_its_algorithm_goes_before_one_that_does_not(out):
    rows = "".join(f"{sha256(i)},{md5(i)},{sha1(i)}\n" for i in range(5))
    report = csamatch.build(io.BytesIO(f"hash,md5,sha1\n{rows}".encode()), out)
    assert report.counts == {"md5": 5, "sha1": 5, "sha256": 5}
    assert not report.bad_values


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("rows", [2, 3, 200])
def test_rows_do_not_vanish_between_two_stray_quotes(out, rows, end):
    """One text that begins with a quote and a later one that ends with one make a field of CSV."""
    lines = [f"n{i},{md5(i)}" for i in range(rows)]
    lines[0], lines[-1] = f'"odd,{md5(0)}', f'TV 32",{md5(rows - 1)}'
    report = csamatch.build(io.BytesIO(end.join(["name,md5", *lines, ""]).encode()), out)
    assert balanced(report)
    assert [(s.where, s.reason) for s in report.samples] == [
        ("line 2", "a quote that is closed only behind further rows")
    ]
    lst = csamatch.open(out)
    assert [md5(i) in lst for i in range(rows)] == [False, *[True] * (rows - 1)]


def test_texts_of_several_lines_stay_texts(out):
    note = f"see also\n{md5(9)}\nand, {md5(8)}, too\n"
    rows = "".join(f'{md5(i)},{i},"{note}"\n' for i in range(5))
    report = csamatch.build(io.BytesIO(f"md5,id,note\n{rows}".encode()), out)
    assert (report.read, report.counts, report.rejected) == (5, {"md5": 5}, 0)


def test_rows_that_begin_like_comments_are_named(out):
    rows = f"#a,{md5(1)}\n# none, of it\nb,{md5(2)}\n#,\n#c,x{md5(3)}\n#d,{md5(4)[1:]}\n"
    report = csamatch.build(io.BytesIO(f"tag,md5\n{rows}".encode()), out)
    assert (report.read, report.counts) == (2, {"md5": 1})
    assert [(s.where, s.reason) for s in report.samples] == [
        ("line 2", "a comment that reads like a row")
    ]
    report = csamatch.build(io.BytesIO(f"md5\n#{md5(1)}\n{md5(2)}\n".encode()), out)
    assert (report.read, report.samples) == (1, [])


def test_addresses_of_several_lines_are_none(out):
    rows = (
        '1,"http://a.example/\n2,http://b.example/q\n3,http://c.example/"\n4,http://d.example/p\n'
        '5,"http://e.example/\nnothing"\n'
    )
    report = csamatch.build(io.BytesIO(f"id,url\n{rows}".encode()), out)
    assert (report.read, report.counts) == (5, {"url": 2})
    assert [(s.where, s.reason) for s in report.samples] == [
        ("line 2", "a quote that is closed only behind further rows"),
        ("line 4", "one end of a quote in an address"),
        ("line 6", "a line end within an address"),
    ]


@pytest.mark.parametrize("reverse", [False, True])
def test_rows_of_addresses_do_not_vanish(out, reverse):
    """Neither between stray quotes in another column, nor as comments."""
    rows = [
        ["note", "url"],
        ['"stray', "http://a.example/x"],
        ["n", "http://b.example/y"],
        ['end"', "http://c.example/z"],
        ["#1", "http://d.example/v"],
        ["# none", " of it"],
        ['"a note\nof lines, and\nof b.example"', "http://e.example/w"],
    ]
    if reverse:
        rows = [row[::-1] for row in rows if row[0] != "# none"]
    document = "".join(",".join(row) + "\n" for row in rows)
    report = csamatch.build(io.BytesIO(document.encode()), out, reader="csv-addresses")
    quote = ("line 2", "a quote that is closed only behind further rows")
    comment = ("line 5", "a comment that reads like a row")
    # In reverse the stray quote is of the row's last column, and the comment no comment.
    swallowed = [quote] if reverse else [quote, comment]
    assert [(s.where, s.reason) for s in report.samples] == swallowed
    listed = [host for host in "abcde" if f"http://{host}.example/" + "xyzvw"["abcde".index(host)]
              in csamatch.open(out)]  # fmt: skip
    assert listed == (["b", "c", "d", "e"] if reverse else ["b", "c", "e"])


def test_several_columns_of_one_algorithm(tmp_path, out):
    """Only one can be read: the caller must say which, so that none goes missing unnoticed."""
    known, other = "0123456789abcdef" * 2, "fedcba9876543210" * 2
    (tmp_path / "t.csv").write_text(f"md5,file_md5\n{known},{other}\n")
    with pytest.raises(FormatError, match="line 1: several columns of md5; say with columns"):
        csamatch.build(tmp_path / "t.csv", out, reader="csv")
    assert not out.exists()
    csamatch.build(tmp_path / "t.csv", out, reader="csv", columns={"md5": "file_md5"})
    assert other in csamatch.open(out) and known not in csamatch.open(out)
