"""What is kept out of lists on purpose, and the allow-lists of callers."""

from __future__ import annotations

import hashlib

import pytest

import csamatch
from csamatch import FormatError, HashList, build, quarantine
from sources import EMPTY, balanced, md5, media, sha1, text

HEX = "0123456789abcdef"


def test_quarantine_of_digests(out):
    zeros = hashlib.sha256(bytes(4096)).hexdigest()
    lines = [*EMPTY.values(), "0" * 32, "f" * 40, "0" * 20 + "1" + "0" * 11, zeros, md5(1)]
    report = build(text(*lines), out)
    assert report.quarantined == {"empty-file": 3, "placeholder": 3, "zero-bytes": 1}
    assert report.accepted == 1
    assert balanced(report)
    lst = csamatch.open(out)
    assert [line in lst for line in lines] == [False] * 7 + [True]
    for name, members in {
        "empty-file": lines[:3],
        "placeholder": lines[3:6],
        "zero-bytes": lines[6:7],
    }.items():
        report = build(text(*lines), out, admit=[name])
        assert name not in report.quarantined
        assert [line in csamatch.open(out) for line in lines] == [
            line in members or line == md5(1) for line in lines
        ]


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_every_suspect_is_one(name):
    """What bulk reading sets apart is exactly what judging one by one would keep out."""
    suspects = quarantine.suspects(name)
    digits = 2 * hashlib.new(name).digest_size
    expected = {
        d * at + e + d * (digits - at - 1) for d in HEX for at in range(digits) for e in HEX
    }
    for size in [0, *quarantine._ZERO_SIZES]:
        expected.add(hashlib.new(name, bytes(size)).hexdigest())
    assert len(suspects) == len(expected)
    assert all(text in suspects for text in expected)
    assert all(quarantine.digest_class(bytes.fromhex(text)) for text in expected)


@pytest.mark.parametrize("amount", [10, 1000, 70_000])  # line by line, in bulk, in several blocks
def test_quarantine_in_bulk(tmp_path, out, amount):
    lines = [md5(i) for i in range(amount)]
    places = {0: EMPTY["md5"], amount // 2: "0" * 32, amount - 2: md5(-1)}
    for place, line in places.items():
        lines[place] = line
    allow = HashList.from_digests([md5(-1)])
    report = build(text(*lines), out, allow=allow, keep_values=True)
    assert report.quarantined == {"empty-file": 1, "placeholder": 1, "allow-list": 1}
    assert [(s.where, s.value) for s in report.samples] == [
        (f"line {place + 1}", line) for place, line in sorted(places.items())
    ]
    assert balanced(report)
    lst = csamatch.open(out)
    assert len(lst) == report.accepted == amount - 3
    assert [line in lst for line in lines] == [i not in places for i in range(amount)]
    assert build(text(*lines), out, admit=["placeholder", "empty-file"]).accepted == amount


def test_what_is_no_placeholder(out):
    lines = ["0" * 30 + "11", "01" * 16, "0123456789abcdef" * 2]
    report = build(text(*lines), out)
    assert report.accepted == 3


def test_quarantine_of_addresses(out):
    reasons = {
        "co.uk": "public-suffix",
        "github.io": "public-suffix",
        "localhost": "single-label",
        "com": "single-label",
        "公司.cn": "public-suffix",
        "ü。": "single-label",
        "１２７。１。１。１": "private-address",
        "127.0.0.1": "private-address",
        "http://192.168.1.1/page": "private-address",
        "0x0a000001": "private-address",
        "[::1]": "private-address",
        "[fe80::7]": "private-address",
        "http://intranet/page": "single-label",
    }
    fine = ["bad.example", "x.github.io", "203.0.113.7", "[2001:db8::7]", "https://github.io/page"]
    report = build(text(*reasons, *fine), out, reader="urls")
    assert [(s.where, s.reason) for s in report.samples] == [
        (f"line {i}", reason) for i, reason in enumerate(reasons.values(), 1)
    ]
    assert report.accepted == len(fine)
    assert balanced(report)
    lst = csamatch.open(out)
    assert not lst.match(list(reasons)).mask.any()
    assert lst.match(fine).mask.all()
    classes = ("public-suffix", "single-label", "private-address")
    assert build(text(*reasons, *fine), out, reader="urls", admit=classes).accepted == 18


def test_allow_list(tmp_path, out):
    (tmp_path / "benign.txt").write_text(md5(2) + "\n" + EMPTY["md5"])
    build(tmp_path / "benign.txt", tmp_path / "benign.csml", admit=["empty-file"])
    for allow in (
        tmp_path / "benign.txt",
        tmp_path / "benign.csml",
        csamatch.HashList([md5(2), EMPTY["md5"]]),
    ):
        report = build(text(md5(1), md5(2), md5(3), EMPTY["md5"]), out, allow=allow)
        assert report.quarantined == {"allow-list": 2}
        assert report.accepted == 2
        assert md5(2) not in csamatch.open(out)
    (tmp_path / "popular.txt").write_text("popular.example\n")
    report = build(
        text("popular.example", "x.popular.example", "bad.example"),
        out,
        allow=tmp_path / "popular.txt",
    )
    assert report.quarantined == {"allow-list": 1}
    assert "x.popular.example" in csamatch.open(out)
    with pytest.raises(ValueError, match="allow"):
        build(text(md5(1)), out, allow=csamatch.UrlList(["bad.example"]))
    with pytest.raises(TypeError, match="allow"):
        build(text(md5(1)), out, allow=7)


def test_an_allow_list_counts_in_every_category(tmp_path, out):
    (tmp_path / "benign.json").write_bytes(media([{"Category": 0, "MD5": md5(1)}]).getvalue())
    report = build(text(md5(1), md5(2)), out, allow=tmp_path / "benign.json")
    assert report.quarantined == {"allow-list": 1}
    (tmp_path / "broken.txt").write_text("fine.example\n*.nice.example\n")
    with pytest.raises(FormatError, match="line 2: allow-list: a wildcard"):
        build(text("bad.example"), out, allow=tmp_path / "broken.txt")


def test_what_is_allowed_by_one_digest_is_allowed_altogether(out):
    record = {"MediaID": 1, "Category": 1, "MD5": md5(1), "SHA1": sha1(1)}
    records = [record, record | {"MD5": md5(2), "SHA1": None}]
    report = build(media(records), out, allow=csamatch.HashList([md5(1)]))
    assert report.quarantined == {"allow-list": 1}
    lst = csamatch.open(out)
    assert [d in lst for d in (md5(1), sha1(1), md5(2))] == [False, False, True]
