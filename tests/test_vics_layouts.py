"""VICS of both models, Media and Cases: how it is recognised, and what its records give."""

from __future__ import annotations

import json

import pytest

from csamatch import readers
from csamatch.errors import FormatError
from csamatch.readers import Head
from sources import read

MD5 = "9e107d9d372bb6826bd81d3542a419d6"
SHA1 = "2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"
SHA256 = "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
MODEL_1 = "http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml"
MODEL_2 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata"


def choose(data: bytes) -> str:
    """Which reader a source is recognised to be for."""
    return readers.choose("auto", Head(data), "source")[0].name


def vics(records: object, context: str = MODEL_2 + "#Media", key: str = "@odata.context") -> bytes:
    return json.dumps({key: context, "value": records}).encode()


def test_vics_media():
    record = {
        "MediaID": 12,
        "Category": 1,
        "MD5": MD5.upper(),
        "SHA1": SHA1,
        "PhotoDNA": "xyz",
        "MediaSize": "17",
        "AlternativeHashes": [
            {"HashName": "SHA256", "HashValue": SHA256},
            {"HashName": "TIGER", "HashValue": "00"},
            {"HashName": None},
            None,
        ],
        "MediaFiles": [{"MD5": "f" * 32, "FileName": "x"}],
        "Unknown": {"deep": [1, {"MD5": "e" * 32}]},
    }
    for data in (
        vics([record]),
        b"\xef\xbb\xbf" + vics([record]),
        vics([record], MODEL_1 + "#Media", "odata.metadata"),
        vics([{"Media": [record]}], MODEL_1 + "#Cases", "odata.metadata"),
        vics([{"Media": []}, {"CaseID": 1, "Media": [record]}], MODEL_2 + "#Cases"),
    ):
        (item,) = read("vics", data)
        assert item.values == [
            ("md5", bytes.fromhex(MD5)),
            ("md5", b"\xff" * 16),  # a file of another content than the record says
            ("sha1", bytes.fromhex(SHA1)),
            ("sha256", bytes.fromhex(SHA256)),
        ]
        assert (item.id, item.category, item.bad) == ("12", "1", [])


def test_vics_without_an_md5_of_its_own():
    (item,) = read("vics", vics([{"MediaFiles": [{"MD5": MD5}], "SHA1": None, "Category": None}]))
    assert item.values == [("md5", bytes.fromhex(MD5))]
    assert (item.id, item.category) == ("", None)


def test_vics_keeps_every_digest():
    record = {
        "MD5": "??",
        "AlternativeHashes": [
            {"HashName": "sha-1", "HashValue": SHA1},
            {"HashName": "SHA1", "HashValue": SHA1.upper()},
            {"HashName": "SHA1", "HashValue": "0" * 39 + "5"},
        ],
        "MediaFiles": [{"MD5": MD5}, {"MD5": MD5.upper()}, {"MD5": "0" * 31 + "7"}],
    }
    (item,) = read("vics", vics([record]))
    assert item.values == [
        ("sha1", bytes.fromhex(SHA1)),
        ("sha1", bytes(19) + b"\x05"),
        ("md5", bytes.fromhex(MD5)),
        ("md5", bytes(15) + b"\x07"),
    ]
    assert item.bad == [("md5: 2 characters; expected 32", "??")]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("1", "1"), ("1.0", "1"), ('"1"', "1"), ('" 1 "', "1"), ("0.0", "0"), ("-0.0", "0"),
        ("0e5", "0"), ('"0.0"', "0"), ("null", None), ('""', None), ('"A1"', "A1"), ("1.5", "1.5"),
        ("99999999999999999999999", "99999999999999999999999"), ("1e3", "1000"),
        ("1e999999", "1E+999999"),
    ],
)  # fmt: skip
def test_vics_categories_and_ids(written, read_as):
    data = vics([{"MediaID": "@", "Category": "@", "MD5": MD5}]).replace(b'"@"', written.encode())
    (item,) = read("vics", data)
    # A text is an id as it stands, but a category by what it says.
    id = written.strip('"') if '"' in written else read_as or ""
    assert (item.category, item.id) == (read_as, id)


@pytest.mark.parametrize("odd", ["true", "[]", '{"a": 1}', "[" * 500 + "]" * 500])
def test_vics_with_odd_categories_and_ids(odd):
    data = vics([{"Category": "@", "MD5": MD5}, {"MediaID": "@", "Category": 1, "MD5": MD5}])
    first, second = read("vics", data.replace(b'"@"', odd.encode()))
    assert first.reason == "Category: neither a number nor a string"
    assert second.values == [("md5", bytes.fromhex(MD5))]
    assert [reason for reason, _ in second.bad] == ["MediaID: neither a number nor a string"]


@pytest.mark.parametrize(
    ("context", "records"),
    [
        ("#Media", [{"Media": [{"MD5": MD5}]}]),
        ("#Cases", [{"MD5": MD5}]),
        ("#Cases", []),
        ("#Media", {}),
    ],
)
def test_vics_whose_layout_is_not_the_one_announced(context, records):
    with pytest.raises(FormatError):
        read("vics", vics(records, MODEL_2 + context))


@pytest.mark.parametrize("context", ["#Cases/$entity", "#Cases(Media())", "#cases"])
def test_vics_spellings_of_cases(context):
    (item,) = read("vics", vics([{"Media": [{"MD5": MD5}]}], MODEL_2 + context))
    assert item.values == [("md5", bytes.fromhex(MD5))]


def test_vics_broken():
    data = vics([{"MediaID": i, "MD5": MD5} for i in range(1000)])
    for broken in (
        data[: len(data) // 2],
        data[:-2],
        data.replace(b'"MediaID": 700', b'"MediaID": x'),
    ):
        with pytest.raises(FormatError) as caught:
            read("vics", broken)
        assert caught.value.where.startswith("after Media ")
        assert MD5 not in str(caught.value)
        assert caught.value.__cause__ is None and caught.value.__context__ is None
    with pytest.raises(FormatError):
        read("vics", b'{"value": []}')


def test_recognition_of_vics():
    assert choose(vics([])) == "vics"
    assert choose(b"\n " + vics([], MODEL_1 + "#Cases", "odata.metadata")) == "vics"
