"""One call over several lists."""

from __future__ import annotations

import numpy as np
import pytest

import csamatch
from csamatch import DigestError, HashList, LiveList, Matcher, UrlList

MD5 = [f"{i:032x}" for i in range(0x77777, 0x77777 + 20)]
SHA1 = [f"{i:040x}" for i in range(0x99999, 0x99999 + 20)]


def raw(digests):
    return [bytes.fromhex(digest) for digest in digests]


@pytest.fixture
def matcher():
    first = HashList(MD5[:5] + SHA1[:5], info={"name": "first", "version": "1"})
    second = HashList(MD5[3:8], info={"name": "second", "version": "2"})
    urls = UrlList(["bad.example", "https://host.example/page"], info={"name": "urls"})
    return Matcher([first, urls, second])


def found(matches):
    return [(match.query, match.list.name, match.rule) for match in matches]


def test_each_hit_names_its_list(matcher):
    matches = matcher.match_digests([MD5[9], MD5[4], SHA1[0], MD5[7]])
    assert found(matches) == [
        (1, "first", "md5"),
        (1, "second", "md5"),
        (2, "first", "sha1"),
        (3, "second", "md5"),
    ]
    assert matches.mask.tolist() == [False, True, True, True]
    assert (matches.count, len(matches), bool(matches)) == (4, 4, True)
    assert not matches.invalid.any() and not matches.suppressed.any()
    assert [info.name for info in matches.lists] == ["first", "second"]
    assert [result.count for result in matches.results] == [2, 2]
    assert repr(matches) == "<MultiMatches: 3 of 4 queries, 2 lists, 0 suppressed>"
    assert not matcher.match_digests([MD5[9]])


@pytest.mark.parametrize(
    "form",
    [
        tuple,
        iter,
        raw,
        np.array,
        lambda d: np.array(d, dtype="S"),
        lambda d: np.array(d, dtype=object),
        lambda d: np.frombuffer(b"".join(raw(d)), np.uint8).reshape(len(d), -1),
        lambda d: (d[0], *raw(d[1:])),
    ],
)
@pytest.mark.parametrize("digests", [MD5[2:9], [MD5[9]], SHA1[4:6]])
def test_every_form_of_digests(matcher, form, digests):
    matches = Matcher(matcher.lists, suppress=HashList([MD5[6]])).match_digests(form(digests))
    listed = [
        (i, name)
        for i, digest in enumerate(digests)
        for name, members in (("first", MD5[:5] + SHA1[:5]), ("second", MD5[3:8]))
        if digest in members and digest != MD5[6]
    ]
    assert [(match.query, match.list.name) for match in matches] == listed
    assert matches.suppressed.tolist() == [digest == MD5[6] for digest in digests]


@pytest.mark.parametrize("form", [tuple, iter, np.array, lambda d: np.array(d, dtype="S")])
def test_mixed_algorithms(matcher, form):
    digests = [SHA1[0], MD5[4], MD5[9], SHA1[9], MD5[6]]
    matches = Matcher(matcher.lists, suppress=HashList([MD5[6], SHA1[0]])).match_digests(
        form(digests)
    )
    assert found(matches) == [(1, "first", "md5"), (1, "second", "md5")]
    assert matches.suppressed.tolist() == [True, False, False, False, True]


def test_packed_digests(matcher):
    data = b"".join(raw(MD5[3:5]))
    for items in (data, bytearray(data), memoryview(data), np.frombuffer(data, np.uint8)):
        assert matcher.match_digests(items, algorithm="md5", threads=2).count == 4
    with pytest.raises(TypeError, match="algorithm"):
        matcher.match_digests(data)


@pytest.mark.parametrize("items", [[], b"", np.empty((0, 16), np.uint8), iter(())])
def test_nothing_asked(matcher, items):
    algorithm = "md5" if isinstance(items, bytes) else None
    matches = matcher.match_digests(items, algorithm=algorithm)
    assert matches.mask.shape == matches.suppressed.shape == (0,)
    assert list(matches) == []


def test_what_is_no_digest_is_named(matcher):
    with pytest.raises(DigestError, match="digest 1") as info:
        matcher.match_digests([MD5[0], MD5[0][:-1]])
    assert info.value.index == 1
    with pytest.raises(TypeError):
        matcher.match_digests(MD5[0])
    with pytest.raises(TypeError):
        matcher.match_urls("bad.example")


def test_addresses(matcher):
    asked = ["www.bad.example", "good.example", "mailto:", "hxxps://host[.]example/page"]
    matches = matcher.match_urls(asked)
    assert found(matches) == [(0, "urls", "domain")]
    assert matches.invalid.tolist()[:3] == [False, False, True]
    assert found(matcher.match_urls(iter(asked), refang=True, threads=2)) == [
        (0, "urls", "domain"),
        (3, "urls", "url"),
    ]
    assert matcher.match_urls([]).count == 0


def test_suppression_is_counted(matcher):
    white = [HashList([MD5[4]]), UrlList(["www.bad.example"])]
    both = Matcher(matcher.lists, suppress=white)
    matches = both.match_digests(MD5[:10])
    assert matches.count == 8
    assert matches.suppressed.nonzero()[0].tolist() == [4]
    assert not matches.mask[4]
    for result in matches.results:
        assert result.suppressed.nonzero()[0].tolist() == [4]
    matches = both.match_urls(["bad.example", "x.www.bad.example", "good.example"])
    assert found(matches) == [(0, "urls", "domain")]
    assert matches.suppressed.tolist() == [False, True, False]
    assert "1 suppressed" in repr(matches)


def test_suppression_of_a_single_list_is_counted_too(tmp_path):
    (tmp_path / "listed.txt").write_text("\n".join(MD5[:5]))
    (tmp_path / "harmless.txt").write_text(MD5[2])
    csamatch.build(tmp_path / "listed.txt", tmp_path / "l.csml")
    opened = csamatch.open(tmp_path / "l.csml", suppress=tmp_path / "harmless.txt")
    matches = Matcher([opened], suppress=HashList([MD5[3]])).match_digests(MD5[:5])
    assert matches.mask.tolist() == [True, True, False, False, True]
    assert matches.suppressed.tolist() == [False, False, True, True, False]
    # The same, given to the matcher.
    path = Matcher(tmp_path / "l.csml", suppress=tmp_path / "harmless.txt")
    assert path.match_digests(MD5[:5]).suppressed.tolist() == [False, False, True, False, False]


def test_live_lists_answer_in_one_version(tmp_path):
    source, path = tmp_path / "source.txt", tmp_path / "l.csml"
    source.write_text("\n".join(MD5[:5]))
    csamatch.build(source, path, info={"name": "live", "version": "1"})
    live = LiveList(path, interval=1000)
    matcher = Matcher([live, HashList(SHA1)])
    old = matcher.match_digests(MD5)
    source.write_text("\n".join(MD5[5:12]))
    csamatch.build(source, path, info={"name": "live", "version": "2"})
    live.check()
    new = matcher.match_digests(MD5)
    assert (old.count, {match.list.version for match in old}) == (5, {"1"})
    assert (new.count, {match.list.version for match in new}) == (7, {"2"})
    assert [info.version for info in new.lists] == ["2", ""]


def test_what_a_matcher_cannot_be_made_of(matcher):
    hashes, urls = HashList(MD5), UrlList(["bad.example"])
    with pytest.raises(ValueError, match="there is none"):
        Matcher([])
    for lists in (5, [5], [None]):
        with pytest.raises(TypeError):
            Matcher(lists)
    with pytest.raises(ValueError, match="suppress"):
        Matcher([hashes], suppress=urls)
    with pytest.raises(ValueError, match="no list of addresses"):
        Matcher(hashes).match_urls(["bad.example"])
    with pytest.raises(ValueError, match="no list of hashes"):
        Matcher(urls).match_digests(MD5)
    assert repr(Matcher(urls)) == "<Matcher of <UrlList '': 1 domain>>"
