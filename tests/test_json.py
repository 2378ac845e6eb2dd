"""The JSON scanner: what RFC 8259 allows and nothing else, however the text is cut into chunks."""

from __future__ import annotations

import json
import random

import pytest

from csamatch import _core

DEPTH = 1024  # the limit that csamatch.h names

VALUES = [
    "null", "true", "false", '""', "{}", "[]", "0", "-0", "1", "-1", "10", "1234567890",
    "0.0", "-0.0", "0.5", "1.5", "1.50", "123.456789", "0e0", "0E0", "0e+0", "0e-0", "1e5", "1E5",
    "1e+5", "1e-5", "1E+05", "-1.25e-07", "1e999999", "-1e-999999", "9" * 500, "0." + "1" * 500,
    "1e" + "2" * 500, '"a"', '" "', '"\x7f"', '"\\""', '"\\\\"', '"\\/"', '"/"',
    '"\\b\\f\\n\\r\\t"',
    '"\\u0000"', '"\\u0041"', '"\\u00e9"', '"\\u00E9"', '"\\uABCD"', '"\\uabcd"', '"\\uFFFF"',
    '"\\uD7FF"', '"\\uE000"', '"\\uD800\\uDC00"', '"\\uDBFF\\uDFFF"', '"\\ud83d\\ude00"',
    '"x\\uD83D\\uDE00y"', '"\\\\u0041"', '"\u00e9"', '"\u0080"', '"\u07ff"', '"\u0800"',
    '"\ud7ff"', '"\ue000"', '"\uffff"', '"\ufeff"', '"\u2028\u2029"', '"\U00010000"',
    '"\U0010ffff"', '"mixed \u00e9 \\u00e9 \U0001f600 \\ud83d\\ude00"', '"' + "x" * 100 + '"',
    '"' + "\u00e9" * 50 + '"', '"' + "\\n" * 50 + '"', '"1234567890abcdef"', '"1234567890abcde"',
    '"1234567890abcdef0"', '"x{}[],:"', '"nul\\u0000l"',
]  # fmt: skip

DOCUMENTS = [
    " 0", "0 ", "\t0\t", "\n0\n", "\r0\r", " \t\r\n0 \t\r\n", "[ ]", "{ }", "[\n]", "{\t}",
    "[1]", "[1,2]", "[ 1 , 2 ]", "[1,\n2\r\n]", "[[]]", "[[],[]]", "[{}]", "[{},{}]", "[null,true]",
    '{"a":1}', '{ "a" : 1 }', '{"a":1,"b":2}', '{"a":1,"a":2}', '{"":0}', '{"a":{}}', '{"a":[]}',
    '{"a":{"b":[1,{"c":null}]}}', '{"\\u0061":1}', '{"\u00e9":1}', '{"a\\nb":1}',
    "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", '{"a":{"a":{"a":{"a":{"a":{}}}}}}',
    "[" * DEPTH + "]" * DEPTH, '{"a":' * (DEPTH - 1) + "{}" + "}" * (DEPTH - 1),
    "[" * 64 + "]" * 64, '[{"a":' * 64 + "0" + "}]" * 64, "[0,-1,2.5,3e3]", '["a","b"]',
    "[" + "1," * 300 + "1]", "[" + '{"k":[]},' * 100 + "0]", " " * 1000 + "1" + " " * 1000,
]  # fmt: skip

REJECTED = [
    "", " ", "\n", "n", "nul", "nulll", "nUll", "NULL", "True", "tru", "truee", "fals", "falze",
    "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", "--1", "-a", "01", "-01", "00", "1.",
    "-1.", ".5", "-.5", "1.e5", "1e", "1E", "1e+", "1e-", "1e+-1", "1e1.5", "1.2.3", "1 2", "0x10",
    "1_000", "1,5", "1a", "1-", "0-1", "\uff11", "\u0661", '"', '"a', '"\\', '"\\"', "'a'",
    '"\\x41"',
    '"\\a"', '"\\v"', '"\\0"', '"\\\'"', '"\\U0041"', '"\\ "', '"\\\n"', '"\\\u00e9"', '"\\u"',
    '"\\u0"',
    '"\\u00"', '"\\u004"', '"\\u004g"', '"\\u 041"', '"\\u+041"', '"\\u00\u00e9"', '"\\uD800"',
    '"\\uDBFF"', '"\\uDC00"', '"\\uDFFF"', '"\\uD800x"', '"\\uD800\\n"', '"\\uD800\\\\"',
    '"\\uD800\\u0041"',
    '"\\uD800\\uD800"', '"\\uDC00\\uD800"', '"\\uD800\\', '"\\uD800\\u', '"\\uD800\\uDC0"',
    '"a"b', '"a" "b"',
    '"\x00"', '"\x01"', '"\t"', '"\n"', '"\r"', '"\x1f"', "\x00", "0\x00", "\x0b0", "\x0c0",
    "\u00a00",
    "\ufeff0", "\u20280", "[", "]", "[1", "[1,", "[,", "[,]", "[,1]", "[1,]", "[1,,2]", "[1 2]",
    "[1;2]",
    "[1}", "[1:2]", "[]]", "[][]", "[[]", "[1]]", "[\x00]", "{", "}", "{1", "{,", "{,}", '{"a"',
    '{"a":', '{"a":1', '{"a":1,', '{"a":1,}', '{"a"}', '{"a",1}', '{"a":}', '{"a"::1}', '{"a":1:2}',
    '{"a":1 "b":2}', '{"a":1;"b":2}', '{"a":1]', "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{[]:1}",
    '{"a":1}}', '{"a":1},', '{"a" 1}', '{"a":1,,"b":2}', '{,"a":1}', "{}{}", "// c\n1", "/* c */1",
    "1 // c", "# c\n1", "[1, // c\n2]", "abc", "@", "(1)", "<a/>", "=", "[true false]", "[nulL]",
    "tRue",
    "[" * DEPTH, '{"a":' * 10, "[" * 10 + "]" * 9, "0\n\n1", '"a"\n"b"',
]  # fmt: skip

REJECTED_BYTES = [
    b'"\x80"', b'"\xbf"', b'"\xc0\x80"', b'"\xc1\xbf"', b'"\xc2"', b'"\xc2\x41"', b'"\xc2\xc2"',
    b'"\xe0\x80\x80"', b'"\xe0\x9f\xbf"', b'"\xe1\x80"', b'"\xe1\x80\x41"', b'"\xed\xa0\x80"',
    b'"\xed\xbf\xbf"', b'"\xef\xbf"', b'"\xf0\x80\x80\x80"', b'"\xf0\x8f\xbf\xbf"',
    b'"\xf0\x90\x80"',
    b'"\xf4\x90\x80\x80"', b'"\xf5\x80\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b'"\xfe"', b'"\xff"',
    b"\xff", b"\x80", b'{"\xff":1}', b'"\xc3\\u00e9"', b"\xff\xfe0\x00",
    b'"\xed\xa0\x81\xed\xb0\x81"',
]  # fmt: skip


def check(data: bytes, *sizes: int) -> tuple[str, int, int] | None:
    """What is wrong, if anything; fed in chunks of these sizes, the last one repeated."""
    checker = _core.JsonCheck()
    at = i = 0
    while at < len(data):
        size = sizes[min(i, len(sizes) - 1)]
        checker.feed(data[at : at + size])
        at += size
        i += 1
    return checker.finish()


def check_all(data: bytes) -> tuple[str, int, int] | None:
    """The same, which chunks must not change."""
    found = {check(data, size) for size in (1, 2, 7, max(len(data), 1))}
    assert len(found) == 1, found
    return found.pop()


def test_there_are_enough_cases():
    assert len(set(VALUES + DOCUMENTS)) >= 100
    assert len(set(REJECTED)) + len(set(REJECTED_BYTES)) >= 100


@pytest.mark.parametrize("text", VALUES)
def test_accepted_values(text):
    data = text.encode()
    for around in (b"%s", b"[%s]", b'{"k":%s}', b"[%s,%s]", b' { "k" : [ %s , 1 ] } '):
        whole = around.replace(b"%s", data)
        assert check_all(whole) is None
        json.loads(whole)  # the cases themselves are right


@pytest.mark.parametrize("text", DOCUMENTS)
def test_accepted_documents(text):
    assert check_all(text.encode()) is None


@pytest.mark.parametrize("data", [text.encode() for text in REJECTED] + REJECTED_BYTES)
def test_rejected(data):
    assert check_all(data) is not None
    assert check_all(b"\r\n " + data + b" ") is not None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", ("it ends too early", 1, 1)),
        (b"[1,\n 2", ("it ends too early", 2, 3)),
        (b"[1]x", ("something follows its end", 1, 4)),
        (b"{}\r\n\r\n {}", ("something follows its end", 3, 2)),
        (b"[1,\n\n  x]", ("a character that cannot stand there", 3, 3)),
        (b"[nuul]", ("a character that cannot stand there", 1, 4)),
        (b"[1.]", ("a number without the digits it needs", 1, 4)),
        (b'"\x1f"', ("a control character in a string", 1, 2)),
        (b'"\\q"', ("no such escape", 1, 3)),
        (b'"\\u00g0"', ("no such escape", 1, 6)),
        (b'"\\ud800"', ("half of a surrogate pair", 1, 8)),
        (b'"\\udc00"', ("half of a surrogate pair", 1, 7)),
        (b'"\xc3\xa9\xff"', ("not UTF-8", 1, 4)),
        (b"[" * (DEPTH + 1), ("nested deeper than 1,024 levels", 1, DEPTH + 1)),
    ],
)
def test_what_is_wrong_and_where(data, expected):
    assert check_all(data) == expected


def test_an_error_stays():
    checker = _core.JsonCheck()
    wrong = ("a character that cannot stand there", 1, 2)
    assert checker.feed(b"[x") == wrong
    assert checker.feed(b"1]") == wrong
    assert checker.finish() == wrong


def test_deep_and_long_texts():
    """Neither takes more time than its length, nor any memory."""
    for opener in (b"[", b'{"a":', b'[{"a":'):
        reason, _, _ = check(opener * 100_000, 1 << 16)
        assert reason == "nested deeper than 1,024 levels"
    for long in (b"9" * 10**6, b"0." + b"9" * 10**6, b"1e" + b"9" * 10**6, b"-1" + b"0" * 10**6):
        assert check(b"[" + long + b"]", 1 << 16) is None
        assert check(b"[" + long + b"x]", 1 << 16) is not None
    checker = _core.JsonCheck()
    assert checker.feed(b'{"k":"') is None
    for piece in (b"x" * 2**20, b"\\u00e9" * 2**17, "é".encode() * 2**19):
        for _ in range(32):
            assert checker.feed(piece) is None
    assert checker.feed(b'"}') is None
    assert checker.finish() is None


SEEDS = [
    b'{"@odata.context":"http://x/#Media","value":[{"MediaID":1,"Category":null,"MD5":"ab"}]}',
    b'[1,-2.5e+10,true,false,null,"a\\n\\u00e9\\ud83d\\ude00",{"k":{},"l":[[],[{}]]}]',
    '{"é":"ü\U0001f600","n":[0,0.1,1E5,-0],"s":"\\"\\\\\\/\\b\\f\\n\\r\\t"}'.encode(),
    b' [ { "a" : "b" } , [ ] , { } ] \r\n',
]
ALPHABET = [
    *b'{}[]:,"\\ 0123456789.eE+-truefalsn\n\t\x00\x1f\x7f',
    0xC3,
    0xA9,
    0xED,
    0xA0,
    0xF0,
    0xFF,
]


def mutant(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randrange(1, 4)):
        at, kind = rng.randrange(len(data) + 1), rng.randrange(4)
        if kind == 0:
            data[at : at + 1] = bytes([rng.choice(ALPHABET)])
        elif kind == 1:
            data[at:at] = bytes([rng.choice(ALPHABET)])
        elif kind == 2:
            del data[at : at + rng.randrange(1, 4)]
        else:
            start = rng.randrange(len(data) + 1)
            data[at:at] = data[start : start + rng.randrange(1, 12)]
    return bytes(data)


def refuse(constant: str) -> None:
    raise ValueError(constant)


def has_half_a_pair(value: object) -> bool:
    if isinstance(value, str):
        return any(0xD800 <= ord(c) <= 0xDFFF for c in value)
    if isinstance(value, list):
        return any(map(has_half_a_pair, value))
    return False


def judge(data: bytes) -> bool:
    """What Python's json says, where it does not allow more than RFC 8259 or than we do: it reads
    NaN and Infinity and halves of surrogate pairs, and bytes only once they are text. It keeps the
    last of equal keys; seen as pairs, none is lost."""
    try:
        value = json.loads(
            data.decode(),
            parse_constant=refuse,
            object_pairs_hook=lambda p: [x for y in p for x in y],
        )
    except ValueError:
        return False
    return not has_half_a_pair(value)


def test_verdicts_are_those_of_another_parser():
    rng = random.Random(8259)
    accepted = 0
    for _ in range(100_000):
        data = mutant(rng)
        expected = judge(data)
        cut = rng.randrange(len(data) + 1)
        checker = _core.JsonCheck()
        checker.feed(data[:cut])
        checker.feed(data[cut:])
        assert (checker.finish() is None) == expected, data
        accepted += expected
    assert 5_000 < accepted < 95_000
