"""VICS of every odd kind, against a plain reading of the same file by Python's json."""

from __future__ import annotations

import io
import json
import re
import tracemalloc
from decimal import Decimal, InvalidOperation
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csamatch import FormatError
from csamatch.readers import READERS, Record, vics
from sources import md5, sha1

MODEL = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#"
SHA256 = "ab" * 32


def read(data: bytes) -> list:
    batches = list(READERS["vics"].read(io.BytesIO(data), "source", {}))
    return [record for batch in batches for record in batch.records()]


def shown(item) -> tuple:
    if not isinstance(item, Record):
        return item.where, item.reason
    return item.where, item.id, item.category, sorted(item.values), item.bad


# ----------------------------------------------------------------- the oracle --


def label(value):
    if value is None:
        return None
    if isinstance(value, str):
        value = value.strip()
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value or None
    elif isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError
    else:
        number = Decimal(value)
    if number.is_finite() and abs(number.adjusted()) < 30 and number == int(number):
        return str(int(number))
    return str(value)


def digest(name: str, value):
    digits = {"md5": 32, "sha1": 40, "sha256": 64}[name]
    if not isinstance(value, str):
        return f"{name}: not a string", ""
    text = value.strip()
    if len(text) != digits:
        return f"{name}: {len(text)} characters; expected {digits}", value
    if not all(c in "0123456789abcdefABCDEF" for c in text):
        return f"{name}: not hexadecimal", value
    return bytes.fromhex(text)


def oracle(number: int, media) -> tuple:
    where = f"Media {number}"
    if not isinstance(media, dict):
        return where, "not a JSON object"
    try:
        category = label(media.get("Category"))
    except ValueError:
        return where, "Category: neither a number nor a string"
    bad, id = [], ""
    try:
        said = media.get("MediaID")
        id = said if isinstance(said, str) else label(said) or ""
    except ValueError:
        bad.append(("MediaID: neither a number nor a string", ""))
    said = [(name, media.get(name.upper())) for name in ("md5", "sha1", "sha256")]
    names = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "SHA2256": "sha256"}
    for other in objects(media.get("AlternativeHashes")):
        name = other.get("HashName")
        bare = re.sub("[-_ ]", "", name).upper() if isinstance(name, str) else ""
        if bare in names:
            said.append((names[bare], other.get("HashValue")))
    said += [("md5", file.get("MD5")) for file in objects(media.get("MediaFiles"))]
    values = []
    for name, value in said:
        found = None if value in (None, "") else digest(name, value)
        if isinstance(found, tuple):
            bad.append(found)
        elif found is not None and (name, found) not in values:
            values.append((name, found))
    return where, id, category, sorted(values), bad


def objects(value) -> list:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


# ------------------------------------------------------------------ the cases --

ODD = st.sampled_from(
    [None, True, False, "", " ", [], {}, [1], {"MD5": md5(1)}, [[{"Media": []}]], 0, 1.5, "x" * 100]
)
LABEL = st.one_of(
    st.integers(-5, 10**31),
    st.decimals(allow_nan=False, allow_infinity=False, places=2).map(float),
    st.sampled_from(
        ["", " ", "0", "7", "007", "1.0", "-1", "+1", "1e3", "1_000", " 8 ", "NaN", "Infinity",
         "-inf", "snan", "A1", "a-b", "id", "einfty", "é", "\u00a05\u2003", "0.0", "\t", "5\x00",
         "\u0665", 0, -0.0, 1e5, 1e300, "e2f0a9b1-0000-4000-8000-000000000000", "9" * 40]
    ),
    ODD,
)  # fmt: skip
DIGEST = st.one_of(
    st.integers(0, 3).map(md5),
    st.integers(0, 3).map(sha1),
    st.integers(0, 3).map(lambda i: md5(i).upper()),
    st.sampled_from(
        [SHA256, f" {md5(1)}\n", f"\u00a0{md5(2)}\u3000", f"\x1c{sha1(1)}\x85", "g" * 32, "?",
         md5(1)[:-1], md5(1) + "0", md5(1)[:-2] + " 0", "é" * 32, md5(1)[:-1] + "é"]
    ),
    ODD,
)  # fmt: skip
OTHERS = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "HashName": st.sampled_from(
                    [
                        "MD5",
                        "md5",
                        "SHA1",
                        "sha-1",
                        "SHA256",
                        "Sha-256",
                        "SHA512",
                        "",
                        None,
                        5,
                        [],
                        "sha_256 ",
                        "SHA2-256",
                        "SHA 1",
                        "SHA256\0",
                        "SHA2-2567",
                        "-" * 99,
                        "MD\t5",
                    ]
                ),
                "HashValue": DIGEST,
                "MD5": DIGEST,
            },
        ),
        ODD,
    ),
    max_size=4,
)
FILES = st.lists(
    st.one_of(st.fixed_dictionaries({}, optional={"MD5": DIGEST, "HashValue": DIGEST}), ODD),
    max_size=3,
)
MEDIA = st.one_of(
    st.fixed_dictionaries(
        {},
        optional={
            "MediaID": LABEL,
            "Category": LABEL,
            "MD5": DIGEST,
            "SHA1": DIGEST,
            "SHA256": DIGEST,
            "AlternativeHashes": st.one_of(OTHERS, ODD),
            "MediaFiles": st.one_of(FILES, ODD),
            "Unknown": st.one_of(OTHERS, ODD),
            "Media": st.none(),
            "x" * 5000: st.none(),
        },
    ),
    ODD,
)


def numbers(data: bytes):
    """What the file says, with numbers as they are written."""
    return json.loads(data, parse_float=Decimal)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_odd_records(data):
    cases = data.draw(st.booleans())
    records = data.draw(st.lists(MEDIA, min_size=1, max_size=6))
    value = [{"Media": [1], "CaseID": "x"}, {"Media": None}, None, 5, {"Media": records}]
    whole = {
        "@odata.context": MODEL + ("Cases" if cases else "Media"),
        "x": {"value": [1]},
        "value": value if cases else records,
        "y": [{}],
    }
    text = json.dumps(
        whole,
        ensure_ascii=data.draw(st.booleans()),
        indent=data.draw(st.sampled_from([None, 1, 20])),
    ).encode()
    first = 2 if cases else 1
    expected = [oracle(i, media) for i, media in enumerate(numbers(text)["value"], first)]
    if cases:
        media = numbers(text)["value"][4]["Media"]
        expected = [oracle(1, 1), *(oracle(i, each) for i, each in enumerate(media, 2))]
    with (
        mock.patch.object(vics, "_HEAD", data.draw(st.sampled_from([200, 1 << 16]))),
        mock.patch.object(vics, "_CHUNK", data.draw(st.sampled_from([1, 2, 7, 1 << 18]))),
        mock.patch.object(vics, "_MANY", data.draw(st.sampled_from([1, 3, 1 << 13]))),
    ):
        assert [shown(item) for item in read(text)] == expected


def document(media: str, layout: str = "Media") -> bytes:
    return f'{{"@odata.context":"{MODEL}{layout}","value":[{media}]}}'.encode()


TWICE = "a key that stands there twice, with different values"
OTHER = '"AlternativeHashes":[{"HashName":"MD5","HashValue":"%s"}]'


@pytest.mark.parametrize(
    "said",
    [
        f'"MD5":"{md5(1)}","SHA1":"{sha1(1)}","MD5":"{md5(2)}"',
        f'"MD5":"{md5(1)}","MD5":"{md5(2)}","MD5":"{md5(1)}"',
        f'"SHA1":"{sha1(1)}","MD5":"{md5(1)}","SHA1":"no"',
        f'"SHA256":"{SHA256}","SHA256":"{"0" * 64}"',
        f'"Category":1,"MD5":"{md5(1)}","Category":0',
        f'"MediaID":1,"MD5":"{md5(1)}","MediaID":2',
        f'"AlternativeHashes":[{{"HashName":"MD5","HashValue":"{md5(1)}","HashValue":"x"}}]',
        f'"AlternativeHashes":[{{"HashName":"MD5","HashName":"SHA1","HashValue":"{md5(1)}"}}]',
        f'"MediaFiles":[{{"MD5":"{md5(1)}","MD5":"{md5(2)}"}}]',
    ],
)
@pytest.mark.parametrize("chunk", [1, 1 << 18])
def test_a_key_that_contradicts_itself(said, chunk):
    """Which of two values is meant, nobody knows."""
    with mock.patch.object(vics, "_CHUNK", chunk), mock.patch.object(vics, "_HEAD", 200):
        before, item, after = read(
            document(f'{{"MD5":"{md5(8)}"}},{{{said}}},{{"MD5":"{md5(9)}"}}')
        )
    assert (item.where, item.reason) == ("Media 2", TWICE)
    assert [each.values[0][1].hex() for each in (before, after)] == [md5(8), md5(9)]


def test_a_key_that_repeats_itself():
    """Saying the same again, or nothing, is no contradiction; arrays add up."""
    (item,) = read(
        document(
            f'{{"MediaID":2,"MediaID":2,"Category":null,"Category":3,"MD5":"{md5(1)}","MD5":null,'
            f'"MD5":"{md5(1).upper()}","SHA1":"","SHA1":"no","SHA1":"no",{OTHER % md5(2)},'
            f'{OTHER % md5(3)},"MediaFiles":[{{"MD5":"{md5(4)}"}}],"MediaFiles":[]}}'
        )
    )
    assert (item.id, item.category) == ("2", "3")
    assert item.bad == [("sha1: 2 characters; expected 40", "no")]
    assert item.values == [("md5", bytes.fromhex(md5(i))) for i in (1, 2, 3, 4)]


def test_what_is_of_a_record():
    """Its own SHA-256, and the MD5 of a file where that differs."""
    (item,) = read(
        document(
            f'{{"MD5":"{md5(1)}","SHA256":"{SHA256}","MediaFiles":[{{"MD5":"{md5(1)}"}},'
            f'{{"MD5":"{md5(2)}"}},{{"MD5":"{md5(2).upper()}"}}]}}'
        )
    )
    assert sorted(item.values) == [
        ("md5", bytes.fromhex(md5(1))),
        ("md5", bytes.fromhex(md5(2))),
        ("sha256", bytes.fromhex(SHA256)),
    ]


@pytest.mark.parametrize("id", ["007", "1.0", "+1", "1e3", " 8 ", "\u0665", "-0", "NaN", "a b"])
def test_ids_are_texts(id):
    """They are no numbers, whatever they look like."""
    (item,) = read(document(f'{{"MediaID":{json.dumps(id)},"Category":"01","MD5":"{md5(1)}"}}'))
    assert (item.id, item.category, item.bad) == (id, "1", [])


@pytest.mark.parametrize("chunk", [1, 2, 1 << 18])
def test_many_categories(chunk):
    """More spellings than there is room for at a time."""
    media = [
        f'{{"Category":{i // 2 if i % 2 else i // 2 + 0.0},"MD5":"{md5(i)}"}}' for i in range(2000)
    ]
    with mock.patch.object(vics, "_CHUNK", chunk), mock.patch.object(vics, "_HEAD", 200):
        items = read(document(",".join(media)))
    assert [item.category for item in items] == [str(i // 2) for i in range(2000)]
    assert [item.where for item in items] == [f"Media {i}" for i in range(1, 2001)]


def test_many_digests():
    """So many are none of one thing; the record is rejected, and no other."""
    files = ",".join(f'{{"MD5":"{i:032x}"}}' for i in range(1, 5000))
    bad = ",".join('{"MD5":"' + "x" * 4000 + '"}' for _ in range(20))
    same = ",".join(f'{{"MD5":"{md5(7)}"}}' for _ in range(20_000))
    media = [
        f'{{"MediaFiles":[{files}]}}',
        f'{{"MediaFiles":[{bad}]}}',
        f'{{"MediaFiles":[{same}]}}',
    ]
    first, second, third = read(document(",".join(media)))
    assert first.reason == second.reason == "more digests than one thing can have"
    assert third.values == [("md5", bytes.fromhex(md5(7)))]


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("MD5", "md5: over 4,096 bytes long"),
        ("SHA1", "sha1: over 4,096 bytes long"),
        ("MediaID", "MediaID: over 4,096 bytes long"),
        ("Category", "Category: over 4,096 bytes long"),
    ],
)
@pytest.mark.parametrize("chunk", [100, 1 << 18])
def test_values_too_long(key, reason, chunk):
    for long in ('"' + "7" * 4097 + '"', '"' + "\\u0037" * 4097 + '"', "7" * 4097):
        with mock.patch.object(vics, "_CHUNK", chunk):
            (item,) = read(document(f'{{"{key}":{long}}}'))
        found = [item.reason] if not isinstance(item, Record) else [why for why, _ in item.bad]
        assert found == [reason]


def test_long_and_deep_things_of_no_use_take_no_memory():
    class Stream(io.RawIOBase):
        def __init__(self, pieces):
            self.pieces = pieces

        def read(self, size=-1):
            return next(self.pieces, b"")

    def pieces():
        yield document(f'{{"MD5":"{md5(1)}","Comments":"').removesuffix(b"]}")
        for _ in range(200):
            yield b"x" * (1 << 18)
        yield b'","Series":1'
        for _ in range(40):
            yield b"0" * (1 << 18)
        yield b',"Exifs":' + b"[" * 1000 + b"]" * 1000 + b"}]}"

    tracemalloc.start()
    batches = list(READERS["vics"].read(Stream(pieces()), "source", {}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [batch.count for batch in batches] == [1]
    assert peak < 10e6


@pytest.mark.parametrize(
    ("text", "reason", "where"),
    [
        (document("{},\n{]"), "a character that cannot stand there",
         "after Media 1, line 2, column 2, at value[1].*"),
        (document('{"MD5":"\\ud800"}'), "half of a surrogate pair",
         "after Media 0, line 1, column 124, at value[0].MD5"),
        (document('{"a":' + "[" * 100_000), "nested deeper than 1,024 levels",
         "after Media 0, line 1, column 1136, at value[0].*"),
        (document('{"Media":[]}'), "Media and Cases are not where the data model announces them",
         "after Media 0, line 1, column 120, at value[0].Media"),
        (document("{}")[:-1], "it ends too early", "after Media 1, line 1, column 113, at value"),
        (document("{}") + b"x", "something follows its end",
         "after Media 1, line 1, column 114"),
    ],
)  # fmt: skip
def test_what_is_wrong_and_where(text, reason, where):
    with pytest.raises(FormatError) as caught:
        read(text)
    assert str(caught.value).endswith(reason)
    assert caught.value.where == where
