"""Formats of hash sets, written here from their public descriptions: sound, dirty and truncated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from sources import EMPTY, md5, sha1


def sha256(i: int) -> str:
    return hashlib.sha256(f"{i}".encode()).hexdigest()


@dataclass
class Twins:
    """One list three times: as it should be, with dirt in it, and cut short."""

    reader: str
    golden: bytes
    counts: dict
    dirty: bytes
    good: list  # all that the dirty twin lists
    samples: list  # (where, reason) of what it holds besides
    truncated: list = field(default_factory=list)  # (bytes, where it must fail)
    filtered: int = 0
    ids: dict = field(default_factory=dict)
    name: str = ""  # where a reader has several


NSRL_HEADER = (
    '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"'
)


def nsrl_row(i: int, name: str = "a.dll") -> str:
    return f'"{sha1(i).upper()}","{md5(i).upper()}","0A1B2C3D","{name}",{i},9,"362",""'


def nsrl(*rows: str) -> bytes:
    return ("\r\n".join([NSRL_HEADER, *rows]) + "\r\n").encode("latin-1")


NSRL_GOOD = nsrl(*(nsrl_row(i, name) for i, name in enumerate(["x", 'a ""b"".c', "ü,n", "l\ni"])))
NSRL = Twins(
    "nsrl",
    NSRL_GOOD,
    {"md5": 4, "sha1": 4},
    nsrl(
        nsrl_row(1),
        nsrl_row(2)[:60],
        nsrl_row(3, 'na"me'),
        nsrl_row(4).replace(md5(4).upper(), "G" * 32),
        nsrl_row(5) + ",1",
        "",
        nsrl_row(6).lower(),
    ),
    [md5(1), sha1(1), sha1(4), md5(5), sha1(5), md5(6), sha1(6)],
    [
        # The quote that the cut row leaves open is closed by the next row's.
        ("line 3", "text behind a closing quote"),
        ("line 4", "text behind a closing quote"),
        ("line 5", "md5: not hexadecimal"),
        ("line 6", "more columns than expected"),
    ],
    [(NSRL_GOOD[:-40], "line 5"), (nsrl(nsrl_row(1), nsrl_row(2))[:-10], "line 3")],
)
HASHKEEPER_HEADER = (
    '"file_id","hashset_id","file_name","directory","hash","file_size","date_modified",'
    '"time_modified","time_zone","comments","date_accessed","time_accessed"'
)


def hashkeeper_row(i: int) -> str:
    return f'{i},77,"f{i}.jpg","C:\\d","{md5(i).upper()}",{i},"","","","it\'s, a ""c""","",""'


def hashkeeper(*rows: str) -> bytes:
    return ("\n".join([HASHKEEPER_HEADER, *rows]) + "\n").encode()


HASHKEEPER = Twins(
    "hashkeeper",
    hashkeeper(*map(hashkeeper_row, range(1, 6))),
    {"md5": 5},
    hashkeeper(
        hashkeeper_row(1),
        hashkeeper_row(2).replace(md5(2).upper(), ""),
        hashkeeper_row(3).replace(md5(3).upper(), md5(3)[2:]),
        hashkeeper_row(4).replace(',"",""', ""),
        hashkeeper_row(5),
    ),
    [md5(1), md5(4), md5(5)],
    [
        ("line 3", "no digest that can be listed"),
        ("line 4", "md5: 30 characters; expected 32"),
        ("line 5", "fewer columns than expected"),
    ],
    [(hashkeeper(*map(hashkeeper_row, range(1, 6)))[:-12], "line 6")],
    ids={md5(1): "1", md5(5): "5"},
)

HASHDEEP_HEADER = (
    "%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## Invoked from: /x\n## $ y\n##\n"
)


def hashdeep(*rows: str) -> bytes:
    return (HASHDEEP_HEADER + "\n".join(rows) + "\n").encode()


def hashdeep_row(i: int, name: str = "/x/y") -> str:
    return f"{i},{md5(i)},{sha256(i)},{name}"


HASHDEEP = Twins(
    "hashdeep",
    hashdeep(hashdeep_row(1, "/x/a,b"), hashdeep_row(2, '/x/"c'), hashdeep_row(3)),
    {"md5": 3, "sha256": 3},
    hashdeep(
        hashdeep_row(1, '"'),
        "4,zz",
        hashdeep_row(2).replace(sha256(2), "?"),
        "# note",
        hashdeep_row(3, ",,,"),
    ),
    [md5(1), sha256(1), md5(2), md5(3), sha256(3)],
    [
        ("line 7", "fewer columns than expected"),
        ("line 7", "md5: 2 characters; expected 32"),
        ("line 8", "sha256: 1 characters; expected 64"),
    ],
    [
        (hashdeep(hashdeep_row(1), hashdeep_row(2))[:-20], "line 7"),
        (b"%%%% HASHDEEP-1.0\n", "line 2"),
    ],
)

ICSE_HEADER = (
    "MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;"
    "Number of submissions;File Available;Media Type;Baseline"
)


def icse_row(i: int, baseline: str = "yes", series: str = "") -> str:
    return f"{md5(i)};{sha1(i)};;{i};y;n;n;{series};1;yes;image;{baseline}"


def icse(*rows: str) -> bytes:
    return ("\n".join([ICSE_HEADER, *rows]) + "\n").encode()


ICSE = Twins(
    "icse",
    icse(icse_row(1), icse_row(2, "Y", '"a;b"'), icse_row(3, "no"), icse_row(4, "TRUE")),
    {"md5": 3, "sha1": 3},
    icse(
        icse_row(1),
        icse_row(2) + ";more",
        icse_row(3).rpartition(";")[0],
        icse_row(4, "").strip(),
        icse_row(5).replace(md5(5), "-"),
        icse_row(6).replace(md5(6), "0").replace(sha1(6), "0"),
        icse_row(7, "n").replace(md5(7), "broken"),
        icse_row(8, "t"),
    ),
    [md5(1), sha1(1), md5(2), sha1(2), sha1(5), md5(8), sha1(8)],
    [
        ("line 3", "more columns than expected"),
        ("line 4", "fewer columns than expected, so that baseline is missing"),
        ("line 6", "md5: 1 characters; expected 32"),
        ("line 7", "md5: 1 characters; expected 32"),
        ("line 7", "sha1: 1 characters; expected 40"),
    ],
    [(icse(icse_row(1), icse_row(2, "y", '"x;'))[:-1], "line 3")],
    filtered=2,
    ids={md5(1): "1", sha1(5): "5"},
)


def encase(*digests: str, tail: bytes = b"") -> bytes:
    records = b"".join(bytes.fromhex(digest) + b"\x01\x00" for digest in digests)
    return b"HASH\r\n\xff\x00" + bytes(1152 - 8) + records + tail


ENCASE = Twins(
    "encase",
    encase(*map(md5, range(200)), md5(0)),
    {"md5": 200},
    encase(md5(1), EMPTY["md5"], md5(2), "0" * 32),
    [md5(1), md5(2)],
    [("record 2", "empty-file"), ("record 4", "placeholder")],
    [
        (encase(md5(1), md5(2), tail=b"cut"), "record 3"),
        (encase(md5(1))[:-1], "record 1"),
        (encase()[:1000], "byte 1000"),
    ],
)

HASH_SETS = [NSRL, HASHKEEPER, HASHDEEP, ICSE, ENCASE]
