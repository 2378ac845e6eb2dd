"""Lists as they are exchanged, written here from their public descriptions, as in `hashsets`;
those of one thing a line are in `linelists`."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

from hashsets import Twins, sha256
from linelists import ADBLOCK, BOM, DOMAINS, HOSTS, TEXT, URLS, crlf
from sources import EMPTY, md5, sha1

CASES = "Cases"


def vics(version: int, kind: str, *records: str) -> bytes:
    """A VICS file with a record a line, each given as JSON."""
    key, model = (
        ("odata.metadata", "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml")
        if version == 1
        else (
            "@odata.context",
            "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata",
        )
    )
    value = ",\n".join(records)
    if kind == CASES:
        value = f'{{"CaseID": "c", "Media": [\n{value}\n], "x": [1]}}'
    return f'{{"{key}": "{model}#{kind}", "value": [\n{value}\n]}}\n'.encode()


def medium(i: int, **more: object) -> str:
    said = {
        "MediaID": i,
        "Category": 1,
        "MD5": md5(i).upper(),
        "SHA1": sha1(i),
        "MediaSize": str(i),
        "PhotoDNA": "AAAA",
        "AlternativeHashes": [{"HashName": "SHA256", "HashValue": sha256(i)}],
        "MediaFiles": [{"MD5": md5(i), "FileName": 'a"b.jpg', "FilePath": "c:\\d"}],
        "Tags": None,
    }
    return json.dumps({key: value for key, value in (said | more).items() if value != ...})


def vics_twins(version: int, kind: str) -> Twins:
    golden = vics(version, kind, *map(medium, range(1, 6)))
    dirty = vics(
        version,
        kind,
        medium(1),
        medium(2, Category=0),
        medium(3, Category=None),
        medium(4, SHA1="xyz", new={"a": [1, {}]}),
        "5",
        medium(6, MD5=..., SHA1=..., MediaFiles=[], AlternativeHashes=None),
        medium(7, MD5=EMPTY["md5"], SHA1=EMPTY["sha1"], MediaFiles=[], AlternativeHashes=[]),
        medium(8, Category="2", SHA1=..., AlternativeHashes=..., MediaFiles=...),
    )
    if kind == CASES:
        ends = [
            "after Media 5, line 9, column 2, at value",
            "after Media 4, line 7, column 368, at value[0].Media[4].MediaFiles[0].*",
        ]
    else:
        ends = [
            "after Media 5, line 7, column 2, at value",
            "after Media 4, line 6, column 355, at value[4].MediaFiles[0].MD5",
        ]
    return Twins(
        "vics",
        golden,
        {"md5": 5, "sha1": 5, "sha256": 5},
        BOM + dirty.replace(b"\n", b"\r\n"),
        [md5(1), sha1(1), sha256(1), md5(4), sha256(4), md5(8)],
        [
            ("Media 4", "sha1: 3 characters; expected 40"),
            ("Media 5", "not a JSON object"),
            ("Media 6", "no digest that can be listed"),
            ("Media 7", "empty-file"),
            ("Media 7", "empty-file"),
        ],
        [(golden[:-2], ends[0]), (golden[:-60], ends[1])],
        filtered=2,
        ids={md5(4): "4"},
        name=f"vics-{version}-{kind}",
    )


def ncmec(*entries: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images>\n'
        + "\n".join(entries)
        + "\n</images></queryResult>\n"
    ).encode()


def shared(i: int, digests: str = "", tag: str = "image", day: int = 1) -> str:
    digests = digests or f"<md5>{md5(i)}</md5><sha1>{sha1(i)}</sha1><pdna>x</pdna>"
    inner = (
        ""
        if tag.startswith("deleted")
        else (f"<classification>A1</classification><fingerprints>{digests}</fingerprints>")
    )
    return (
        f'<{tag}><member id="4">M</member><timestamp>2026-03-0{day}T12:00:00Z</timestamp>'
        f"<id>e{i}</id>{inner}</{tag}>"
    )


NCMEC_GOLDEN = ncmec(*map(shared, range(1, 6)))
NCMEC = Twins(
    "ncmec",
    NCMEC_GOLDEN,
    {"md5": 5, "sha1": 5},
    BOM
    + ncmec(
        shared(1),
        shared(2),
        shared(2, tag="deletedImage", day=2),
        shared(3, "<md5>zz</md5>"),
        shared(4, f"<md5>{md5(4)}</md5><sha1>?</sha1>", tag="video"),
        shared(5, "<pdna>x</pdna>"),
        shared(6, f"<md5>{EMPTY['md5']}</md5>"),
    ),
    [md5(1), sha1(1), md5(4)],
    [
        ("line 6", "md5: 2 characters; expected 32"),
        ("line 8", "no digest that can be listed"),
        ("line 7", "sha1: 1 characters; expected 40"),
        ("line 9", "empty-file"),
    ],
    [(NCMEC_GOLDEN[:-3], "line 8"), (NCMEC_GOLDEN[:-40], "line 7"), (NCMEC_GOLDEN[:600], "line 4")],
    ids={md5(4): "4/e4"},
)


def database(*rows: tuple) -> bytes:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("PRAGMA page_size=512")
        db.execute("CREATE TABLE FILE (sha256, sha1, md5, file_name, file_size, package_id)")
        db.executemany("INSERT INTO FILE VALUES (?, ?, ?, 'a', 1, 2)", rows)
        db.commit()
        return bytes(db.serialize())


NSRL3_GOLDEN = database(*((sha256(i), sha1(i).upper(), md5(i)) for i in range(100)))
NSRL3 = Twins(
    "nsrl3",
    NSRL3_GOLDEN,
    {"md5": 100, "sha1": 100, "sha256": 100},
    database(
        (sha256(1), sha1(1), md5(1)),
        (sha256(2)[:-2], None, md5(2)),
        ("", "", ""),
        (None, "q" * 40, None),
        (b"\xff\n", 5, md5(5)),
        (None, None, EMPTY["md5"]),
    ),
    [sha256(1), sha1(1), md5(1), md5(2), md5(5)],
    [
        ("row 2", "sha256: 62 characters; expected 64"),
        ("row 3", "no digest that can be listed"),
        ("row 4", "sha1: not hexadecimal"),
        ("row 5", "sha256: 1 characters; expected 64"),
        ("row 5", "sha1: 1 characters; expected 40"),
        ("row 6", "empty-file"),
    ],
    [(NSRL3_GOLDEN[:-512], f"byte {len(NSRL3_GOLDEN) - 512}"), (NSRL3_GOLDEN[:90], "byte 90")],
)


def table(delimiter: str) -> Twins:
    def rows(*cells: list) -> bytes:
        return "".join(delimiter.join(map(str, row)) + "\n" for row in cells).encode()

    names = ["Severity", "ID", "MD5 Hash", "SHA-1", "Note"]
    golden = rows(names, *(["A", i, md5(i), sha1(i).upper(), f'"x{delimiter}y"'] for i in range(5)))
    dirty = rows(
        names,
        ["A", 1, md5(1), sha1(1), '"two\nlines"'],
        ["B", 2, md5(2)[2:], sha1(2), ""],
        ["B", 3, "", "", ""],
        ["C", 4, md5(4)],
        ["# a comment"],
        ["C", 5, f'"{md5(5)}"x', sha1(5), ""],
        ["C", 6, EMPTY["md5"], "", ""],
        ["C", 7, f'" {md5(7)} "', sha1(7), "", "more"],
    )
    return Twins(
        "csv",
        golden,
        {"md5": 5, "sha1": 5},
        BOM + dirty.rstrip(b"\n"),
        [md5(1), sha1(1), sha1(2), md5(4), md5(7), sha1(7)],
        [
            ("line 4", "md5: 30 characters; expected 32"),
            ("line 5", "no digest that can be listed"),
            ("line 6", "fewer columns than expected"),
            ("line 8", "text behind a closing quote"),
            ("line 9", "empty-file"),
            ("line 10", "more columns than expected"),
        ],
        [(golden[:-3], "line 6"), (golden[:-30], "line 6")],
        ids={sha1(2): "2"},
        name="tsv" if delimiter == "\t" else "csv",
    )


ADDRESSES_GOLDEN = b"id,url,threat\n1,http://bad.example/x,m\n2,worse.example,p\n"
ADDRESSES = Twins(
    "csv-addresses",
    ADDRESSES_GOLDEN,
    {"domain": 1, "url": 1},
    crlf(
        "id;url;threat",
        "1;http://bad.example/x;m",
        "2;;",
        "3;http://;x",
        '4;"a"b;x',
        "5;co.uk;x",
        "6;worse.example;y",
    ),
    ["http://bad.example/x", "worse.example"],
    [
        ("line 3", "no address that can be listed"),
        ("line 4", "there is no host in it"),
        ("line 5", "text behind a closing quote"),
        ("line 6", "public-suffix"),
    ],
    [(ADDRESSES_GOLDEN[:-3], "line 3"), (ADDRESSES_GOLDEN[:-2] + b'"q', "line 3")],
    ids={"worse.example": "6"},
)


def signal(i: int, **more: object) -> dict:
    return {"id": str(i), "indicator": md5(i), "type": "HASH_MD5", "status": "MALICIOUS"} | more


def signal_lines(*signals: object) -> bytes:
    return "".join(json.dumps(each) + "\n" for each in signals).encode()


def signal_array(*signals: object) -> bytes:
    return json.dumps({"data": signals, "paging": {"next": "x"}}, indent=1).encode()


SIGNALS = [
    signal(1),
    5,
    signal(2, indicator="zz"),
    signal(3, type="HASH_PDQ"),
    signal(4, should_delete=True),
    signal(5, indicator=EMPTY["md5"]),
    signal(6, type="HASH_SHA1", indicator=sha1(6)),
]


def signal_twins(make, word: str, truncated: list) -> Twins:
    return Twins(
        "signals",
        make(*map(signal, range(1, 6))),
        {"md5": 5},
        BOM + make(*SIGNALS),
        [md5(1), sha1(6)],
        [
            (f"{word} 2", "not a JSON object"),
            (f"{word} 3", "md5: 2 characters; expected 32"),
            (f"{word} 4", "a signal of another kind than a digest"),
            (f"{word} 6", "empty-file"),
        ],
        truncated,
        ids={sha1(6): "6"},
        name=f"signals-{word}",
    )


LINES = signal_lines(*map(signal, range(1, 6)))
ARRAY = signal_array(*map(signal, range(1, 6)))
LISTINGS = [
    TEXT,
    DOMAINS,
    HOSTS,
    ADBLOCK,
    URLS,
    *(vics_twins(version, kind) for version in (1, 2) for kind in ("Media", CASES)),
    NCMEC,
    NSRL3,
    table(","),
    table("\t"),
    ADDRESSES,
    signal_twins(signal_lines, "line", [(LINES[:-5], "line 5")]),
    signal_twins(
        signal_array, "record", [(ARRAY[:-1], "after record 5"), (ARRAY[:-60], "after record 4")]
    ),
]
