"""What must not hit although it is listed; never silently."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import csamatch
from csamatch import HashList, UrlList
from csamatch.suppress import suppressing
from sources import md5, sha1, text

LISTED = [md5(i) for i in range(10)] + [sha1(i) for i in range(10)]
FALSE_ALARMS = [md5(3), md5(7), sha1(3), md5(99)]


@pytest.fixture
def path(tmp_path):
    csamatch.build(text(*LISTED), tmp_path / "list.csml", info={"name": "n"})
    return tmp_path / "list.csml"


def forms(tmp_path):
    (tmp_path / "alarms.txt").write_text("\n".join(FALSE_ALARMS))
    csamatch.build(text(*FALSE_ALARMS), tmp_path / "alarms.csml")
    yield from (tmp_path / "alarms.txt", str(tmp_path / "alarms.csml"), text(*FALSE_ALARMS))
    yield HashList(FALSE_ALARMS)


def test_digests(tmp_path, path):
    asked = [*LISTED, md5(50), md5(99)]
    plain = csamatch.open(path)
    for suppress in forms(tmp_path):
        lst = csamatch.open(path, suppress=suppress)
        assert isinstance(lst, HashList)
        matches = lst.match(asked)
        suppressed = [asked.index(d) for d in FALSE_ALARMS if d in LISTED]
        assert np.flatnonzero(matches.suppressed).tolist() == sorted(suppressed)
        assert np.array_equal(matches.mask | matches.suppressed, plain.match(asked).mask)
        assert not (matches.mask & matches.suppressed).any()
        assert matches.count == len(LISTED) - 3 == len(list(matches))
        whole = plain.match(asked).entry
        whole[suppressed] = -1
        assert np.array_equal(matches.entry, whole)
        for digest in asked:
            is_hit = digest in LISTED and digest not in FALSE_ALARMS
            assert (digest in lst) is is_hit
            assert (lst.find(digest) is not None) is is_hit
            assert (bytes.fromhex(digest) in lst) is is_hit
    assert not plain.match(asked).suppressed.any()


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), max_size=200), st.integers(1, 3))
def test_every_form_of_batch(numbers, threads):
    lst = suppressing(HashList(LISTED[:10]), HashList([md5(3), md5(7)]))
    hexes = [md5(i) for i in numbers]
    raw = [bytes.fromhex(h) for h in hexes]
    packed = np.frombuffer(b"".join(raw), np.uint8).reshape(-1, 16)
    hits = [i < 10 and i not in (3, 7) for i in numbers]
    dropped = [i in (3, 7) for i in numbers]
    batches = [hexes, tuple(raw), iter(hexes), packed, np.array(hexes, "U32")]
    for batch in [*batches, np.array(hexes, "S32")]:
        matches = lst.match(batch, threads=threads)
        assert (matches.mask.tolist(), matches.suppressed.tolist()) == (hits, dropped)
    for batch in (packed.tobytes(), bytearray(packed.tobytes()), memoryview(packed.tobytes())):
        matches = lst.match(batch, algorithm="md5")
        assert (matches.mask.tolist(), matches.suppressed.tolist()) == (hits, dropped)


def test_addresses(tmp_path):
    csamatch.build(text("bad.example", "host.example/page"), tmp_path / "u.csml")
    lst = csamatch.open(tmp_path / "u.csml", suppress=text("fine.bad.example"))
    asked = ["x.bad.example", "http://a.fine.bad.example/x", "host.example/page", "mailto:", "no"]
    matches = lst.match(iter(asked))
    assert matches.mask.tolist() == [True, False, True, False, False]
    assert matches.suppressed.tolist() == [False, True, False, False, False]
    assert matches.invalid.tolist() == [False, False, False, True, False]
    assert [m.matched for m in matches] == ["bad.example", "host.example/page"]
    assert "fine.bad.example" not in lst and "notfine.bad.example" in lst
    assert lst.find("fine.bad.example") is None
    assert lst.find("hxxp://fine[.]bad[.]example/", refang=True) is None
    assert lst.find("hxxp://other[.]bad[.]example/", refang=True) is not None
    matches = lst.match(["hxxp://fine[.]bad[.]example"], refang=True)
    assert (matches.count, matches.suppressed.tolist()) == (0, [True])


def test_links_in_texts(tmp_path):
    csamatch.build(text("bad.example", "host.example/page"), tmp_path / "u.csml")
    lst = csamatch.open(tmp_path / "u.csml", suppress=text("fine.bad.example"))
    asked = [
        "see http://a.fine.bad.example/x, and www.bad.example/y",
        "only https://fine.bad.example",
        "nothing",
        "hxxp://fine[.]bad[.]example and host.example/page",
    ]
    for texts in (asked, iter(asked), [each.encode() for each in asked]):
        matches = lst.match_text(texts, threads=2)
        assert matches.mask.tolist() == [True, False, False, True]
        assert matches.suppressed.tolist() == [True, True, False, False]
        assert (matches.count, len(matches)) == (2, 2)
        found = [(hit.text, hit.start, hit.match.matched) for hit in matches]
        assert found == [(0, 37, "bad.example"), (3, 32, "host.example/page")]
        assert matches.start.tolist() == [37, 32]
    matches = lst.match_text(asked, refang=True)
    assert matches.suppressed.tolist() == [True, True, False, True]
    assert not csamatch.open(tmp_path / "u.csml").match_text(asked).suppressed.any()


def test_mistakes(path):
    with pytest.raises(ValueError, match="suppress: holds addresses, the list hashes"):
        csamatch.open(path, suppress=UrlList(["bad.example"]))
    with pytest.raises(csamatch.FormatError):
        csamatch.open(path, suppress=io.BytesIO(b"%PDF-1.7"))
    with pytest.raises(TypeError):
        csamatch.open(path, suppress=5)
    lst = csamatch.open(path, suppress=HashList())
    assert lst.match(LISTED).count == len(LISTED)
    with pytest.raises(csamatch.DigestError):
        lst.match(["xyz"])
    with pytest.raises(csamatch.DigestError):
        lst.find("xyz")
    with pytest.raises(TypeError):
        lst.match("xyz")
    assert LISTED[0] not in repr(lst)
