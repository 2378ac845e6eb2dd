"""Hosts as IDNA2003 read them: looked up besides the canonical ones, where asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import UrlList, explain_url, normalize_url, normalize_urls

# Hosts, their canonical form, and that of IDNA2003.
HOSTS = [
    ("straße.example", "xn--strae-oqa.example", "strasse.example"),
    ("STRAẞE.example", "xn--strae-oqa.example", "strasse.example"),
    ("stra%C3%9Fe.example", "xn--strae-oqa.example", "strasse.example"),
    ("stra%25C3%259Fe。example", "xn--strae-oqa.example", "strasse.example"),
    ("großes-büro.example", "xn--groes-bro-i1a73a.example", "xn--grosses-bro-1hb.example"),
    ("βόλος.example", "xn--nxasmm1c.example", "xn--nxasmq6b.example"),
    ("ΒΌΛΟΣ.example", "xn--nxasmq6b.example", "xn--nxasmq6b.example"),
    ("ς.example", "xn--3xa.example", "xn--4xa.example"),
    ("نامه\u200cای.example", "xn--mgba3gch31f060k.example", "xn--mgba3gch31f.example"),
    ("ශ්\u200dරී.example", "xn--10cl1a0b660p.example", "xn--10cl1a0b.example"),
    ("a\u200db.example", "xn--ab-m1t.example", "ab.example"),
    ("bad\u200c.example", "xn--bad-cn0a.example", "bad.example"),
    ("u\u200d\u0308.example", "xn--u-ccb004t.example", "xn--tda.example"),
    ("ß.ς.example", "xn--zca.xn--3xa.example", "ss.xn--4xa.example"),
    # An A-label says which name is meant.
    ("xn--strae-oqa.example", "xn--strae-oqa.example", "xn--strae-oqa.example"),
    ("xn--strae-oqa.ß.example", "xn--strae-oqa.xn--zca.example", "xn--strae-oqa.ss.example"),
    ("bücher.example", "xn--bcher-kva.example", "xn--bcher-kva.example"),
]


@pytest.mark.parametrize(("host", "canonical", "legacy"), HOSTS)
def test_hosts(host, canonical, legacy):
    url = f"http://user@{host}:80/ß"
    assert normalize_url(url) == canonical + "/%C3%9F"
    assert normalize_url(url, legacy_idna=True) == legacy + "/%C3%9F"
    assert normalize_urls([url, ""], legacy_idna=True) == [legacy + "/%C3%9F", None]
    for form in (canonical, legacy):
        assert normalize_url(form, legacy_idna=True) == form + "/"
    said = explain_url(url)
    assert said.readings == (canonical + "/%C3%9F",)
    # The deviation is met whether or not its other reading is wanted.
    assert ("deviation" in said.flags) == (canonical != legacy)


@pytest.mark.parametrize(("host", "canonical", "legacy"), HOSTS)
def test_both_readings_are_looked_up(host, canonical, legacy):
    url = f"http://www.{host}/x"
    for listed, hit in ((canonical, True), (legacy, canonical == legacy)):
        lst = UrlList([listed, "https://host.example/page"])
        assert (url in lst) == hit
        assert lst.match([url, "good.example"]).mask.tolist() == [hit, False]
        matches = lst.match(["good.example", url], legacy_idna=True)
        assert matches.mask.tolist() == [False, True]
        assert [match.matched for match in matches] == [listed]
        forms = [lookup.form for lookup in explain_url(url, legacy_idna=True).lookups]
        assert listed in forms


def test_the_canonical_reading_comes_first():
    lst = UrlList([("strasse.example", "host"), "straße.example"])
    (match,) = lst.match(["http://straße.example/"], legacy_idna=True)
    assert (match.rule, match.matched) == ("domain", "xn--strae-oqa.example")
    (match,) = lst.match(["http://strasse.example/"], legacy_idna=True)
    assert (match.rule, match.matched) == ("host", "strasse.example")
    said = explain_url("http://straße.example/a", legacy_idna=True)
    assert said.canonical == "xn--strae-oqa.example/a"
    assert said.flags == ("deviation",)
    assert said.readings == ("xn--strae-oqa.example/a", "strasse.example/a")
    assert said.lookups[0].form == "xn--strae-oqa.example/a"
    assert said.lookups[-1].form == "example"


def test_with_other_readings():
    said = explain_url("hxxp://stra%C3%9Fe[.]example/a%3Fb", refang=True, legacy_idna=True)
    assert said.readings[:4] == (
        "xn--strae-oqa.example/a%3Fb",
        "strasse.example/a?b",
        "xn--strae-oqa.example/a?b",
        "strasse.example/a%3Fb",
    )
    assert len(said.readings) == 8  # as it stands too
    lst = UrlList(["http://strasse.example/a?b"])
    asked = ["hxxp://straße[.]example/a%3Fb", "http://straße.example/a%3Fb", "straße.example/a?b"]
    options = {"refang": True, "legacy_idna": True}
    assert lst.match(asked, **options).mask.tolist() == [True, True, True]
    assert lst.match(asked, legacy_idna=True).mask.tolist() == [False, True, True]
    assert lst.match(asked, refang=True).mask.tolist() == [False, False, False]
    assert lst.match(asked).mask.tolist() == [False, False, False]


def test_an_address_and_a_name_that_only_idna2003_had():
    url = "http://20３.0.113.7\u200d/"
    assert normalize_url(url) == "203.0.113.xn--7-ugn/"
    assert normalize_url(url, legacy_idna=True) == "203.0.113.7/"
    assert UrlList(["203.0.113.7"]).match([url], legacy_idna=True).count == 1
    long = "ü" + "\u200d" * 2000 + ".example"  # too many for a name, if they count
    assert normalize_url(long) == "%C3%BC" + "%E2%80%8D" * 2000 + ".example/"
    assert normalize_url(long, legacy_idna=True) == "xn--tda.example/"
    assert UrlList(["ü.example"]).match([long], legacy_idna=True).count == 1


def test_what_has_one_reading_only():
    for url in ("http://bad.example/ß", "http://bücher.example/", "http://σ.example/"):
        assert explain_url(url, legacy_idna=True).readings == (normalize_url(url),)
    # Joiners alone are a host that a browser refuses, and in IDNA2003 none at all.
    assert normalize_url("http://\u200d/") == "xn--1ug/"
    with pytest.raises(csamatch.UrlError, match="no host"):
        normalize_url("http://\u200d/", legacy_idna=True)
    assert UrlList(["xn--1ug"]).match(["http://\u200d/"], legacy_idna=True).count == 1
    with pytest.raises(csamatch.UrlError, match="no host"):
        explain_url("mailto:ß", legacy_idna=True)


PARTS = st.lists(
    st.sampled_from(["ß", "ς", "ẞ", "Σ", "\u200c", "\u200d", "ss", "a", ".", "。", "\u0308", "u",
                     "xn--", "%C3%9F", "1", "276.2.3", "%3F", "/", "?", "\\"]),
    max_size=9,
)  # fmt: skip


@given(PARTS.map("".join))
def test_legacy_is_the_canonical_form_of_the_text_replaced(host):
    """What IDNA2003 read otherwise, replaced beforehand, has one reading."""
    replaced = host.replace("%C3%9F", "ß").replace("ẞ", "ß").replace("ß", "ss").replace("ς", "σ")
    replaced = replaced.replace("\u200c", "").replace("\u200d", "")
    (found,) = normalize_urls(["http://h" + host], legacy_idna=True)
    (expected,) = normalize_urls(["http://h" + replaced])
    if found is None or expected is None:
        assert found == expected
        return
    assert found.partition("/")[0] == expected.partition("/")[0]


@given(PARTS.map("".join))
def test_asking_for_more_loses_nothing(host):
    lst = UrlList(["example", "strasse.example", "xn--3xa", "a", "ss", "straße", "20.2.0.3"])
    plain, legacy = lst.match(["//" + host]), lst.match(["//" + host], legacy_idna=True)
    assert legacy.count >= plain.count
    assert legacy.invalid.tolist() == plain.invalid.tolist()
    for match in legacy:
        forms = [lookup.form for lookup in explain_url("//" + host, legacy_idna=True).lookups]
        assert match.matched in forms
