"""explain_url and Match.matched: they say what the C library does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import UrlError, UrlList, explain_url


def test_what_is_shown():
    said = explain_url("http://user@www.Bad.example:8080/a/b%2541?c#d")
    assert said.canonical == "www.bad.example/a/bA?c"
    assert said.host == "www.bad.example"
    assert said.port == 8080
    assert said.flags == ("userinfo", "port", "double-escaped")
    assert said.readings == (said.canonical,)
    assert [(lookup.rule, lookup.form) for lookup in said.lookups] == [
        ("url", "www.bad.example/a/bA?c"),
        ("prefix", "www.bad.example/a/"),
        ("prefix", "www.bad.example/"),
        ("host", "www.bad.example"),
        ("domain", "www.bad.example"),
        ("domain", "bad.example"),
        ("domain", "example"),
    ]
    shown = repr([said, said.lookups, said.lookups[0]])
    assert "bad" not in shown.lower()
    assert repr(said) == "<Explanation: 1 readings, 7 look-ups>"


@pytest.mark.parametrize(
    ("url", "flags"),
    [
        ("https://h.example:443/", ()),
        ("http://h.example:443/", ("port",)),
        ("ftp://h.example:21/", ()),
        ("h.example:80", ()),
        ("http://[::ffff:1.2.3.4]/", ("ip",)),
        ("view-source:http://h.example/", ("wrapped",)),
        ("http://1.2.3.08/", ("refused",)),
        ("http://276.2.3/", ("refused", "wide-ip")),
        ("http://h.example/a%3Fb", ("open-path",)),
    ],
)
def test_flags(url, flags):
    assert explain_url(url).flags == flags


def test_readings():
    assert explain_url("http://276.2.3/a%3fb").readings == (
        "276.2.3/a%3Fb",
        "20.2.0.3/a?b",
        "20.2.0.3/a%3Fb",
        "276.2.3/a?b",
    )
    said = explain_url("hxxp://bad[.]example/", refang=True)
    assert said.readings[0] == "bad.example/"
    assert said.flags == ("refanged",)


# An entry and a query that mean it by a reading of their own.
OTHER_READINGS = [
    ("https://h.example/r?u=http://x.example/y", "h.example/r%3Fu=http://x.example/y", {}),
    ("h.example/a/?x", "http://h.example/a/.%3Fx", {}),
    ("h.example/p?q=a/../b", "http://h.example/p%3Fq=a/../b", {}),
    ("h.example/a?b?c", "http://h.example/a%3Fb?c", {}),
    ("bad.example", "http://bad.example\\.@", {"refang": True}),
    ("https://host2.example/.x?y/", "http://host2.example\\.x%3Fy/", {"refang": True}),
    ("127.0.0.1", "http://6425673729\\.foo/", {"refang": True}),
]


@pytest.mark.parametrize(("entry", "url", "options"), OTHER_READINGS)
def test_other_readings(entry, url, options):
    lst = UrlList([entry])
    (match,) = lst.match([url], **options)
    assert match.matched in [lookup.form for lookup in explain_url(url, **options).lookups]


def test_hostile_urls_cost_little_to_report():
    lst = UrlList(["bad.example"])
    for url in ("http://bad.example/" + "a/" * 200_000, "a." * 30_000 + "bad.example"):
        assert lst.find(url).matched == "bad.example"
        assert [match.matched for match in lst.match([url])] == ["bad.example"]
        said = explain_url(url)
        assert len(said.lookups) > 30_000
        assert said.lookups[-1].form.endswith("example")


@pytest.mark.parametrize("url", ["", "mailto:someone", "http://[::1"])
def test_no_canonical_form(url):
    with pytest.raises(UrlError):
        explain_url(url)


@pytest.mark.parametrize(
    ("entry", "rule", "url", "matched"),
    [
        ("bad.example", "domain", "http://a.b.bad.example/x", "bad.example"),
        ("a.b.bad.example", "host", "http://a.b.bad.example/x", "a.b.bad.example"),
        ("h.example/p?q", "url", "http://h.example/./p?q#r", "h.example/p?q"),
        ("h.example/d/", "prefix", "http://h.example/d/e/f", "h.example/d/"),
        ("h.example/a?b", "url", "http://h.example/a%3Fb", "h.example/a?b"),
        ("20.2.0.3", "domain", "http://276.2.3/x", "20.2.0.3"),
    ],
)
def test_matched(entry, rule, url, matched):
    lst = UrlList([(entry, rule)])
    assert lst.find(url).matched == matched
    assert [match.matched for match in lst.match(["good.example", url])] == [matched]
    assert matched not in repr(lst.find(url))


def test_refanged_matches():
    lst = UrlList(["bad.example", "https://host.example/a[.]b"])
    asked = ["hxxp://www[.]bad[.]example/", "hxxps://host[.]example/a[.]b", "good[.]example"]
    assert lst.match(asked, refang=True).mask.tolist() == [True, True, False]
    assert [m.matched for m in lst.match(asked, refang=True)] == [
        "bad.example",
        "host.example/a[.]b",
    ]
    assert lst.match(asked).mask.tolist() == [False, False, False]


def test_what_was_refanged_is_looked_up_as_it_stands_too():
    listed = "http://a(.)b.example/"
    lst = UrlList([listed])
    assert lst.match([listed], refang=True).mask.tolist() == [True]


PARTS = st.sampled_from(
    ["http://", "hxxp://", "u@", "a", "bad", ".", "[.]", "example", "1", "276.2.3", "0x7f", "/",
     "//", "\\", "\\.", "..", "%3F", "%2e", "?", "x=1", "#", ":80", "[::1]", "xn--a"]
)  # fmt: skip


@given(st.lists(PARTS, max_size=9), st.booleans())
def test_all_that_is_looked_up_is_shown(parts, refang):
    """Each look-up alone, when listed, makes the URL match as it says; and nothing else does."""
    url = "".join(parts)
    try:
        said = explain_url(url, refang=refang)
    except UrlError:
        assert UrlList().match([url], refang=refang).invalid[0]
        return
    for lookup in said.lookups[:12]:
        try:
            lst = UrlList([(lookup.form, lookup.rule)])
        except UrlError:  # such as a path that ends in a query: no listed prefix
            continue
        if csamatch.normalize_url(lookup.form).rstrip("/") != lookup.form.rstrip("/"):
            continue  # a form of another reading, which as an entry would mean something else
        (match,) = lst.match([url], refang=refang)
        assert (match.rule, match.matched) == (lookup.rule, lookup.form)


@given(st.lists(PARTS, max_size=9))
def test_refanging_loses_nothing(parts):
    """What hits as it stands hits with refang=True as well."""
    url = "".join(parts)
    lst = UrlList(["example", "a.example", "20.2.0.3", "bad.example/?x=1", "127.0.0.1"])
    plain, refanged = lst.match([url]), lst.match([url], refang=True)
    assert refanged.count >= plain.count
    assert refanged.invalid[0] <= plain.invalid[0]


@given(st.lists(PARTS, max_size=9), st.sampled_from(["domain", "host", "url", "prefix"]))
def test_a_match_is_among_the_lookups(parts, rule):
    """A list of much that resembles the URL finds nothing that is not shown."""
    url = "".join(parts)
    entries = []
    for form in [
        "bad.example",
        "a.example",
        "1.2.3.4",
        "20.2.0.3",
        "127.0.0.1",
        "[::1]",
        "example",
    ]:
        for rest in {"domain": [""], "host": [""], "url": ["/", "/?x=1", "/1"], "prefix": ["/"]}[
            rule
        ]:
            entries.append((form + rest, rule))
    for match in UrlList(entries).match([url]):
        assert (match.rule, match.matched) in [
            (lookup.rule, lookup.form) for lookup in explain_url(url).lookups
        ]
