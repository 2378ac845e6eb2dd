"""UrlList: what each rule covers, and what it doesn't."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import UrlError, UrlList, _core
from csamatch.addresses import address_key, listed_address
from csamatch.columns import Columns
from csamatch.rules import CODES


@pytest.fixture(scope="module", params=csamatch.kernels())
def urls(request) -> UrlList:
    return UrlList.from_entries(
        [
            "bad.example",
            "203.0.113.7",
            "[2001:db8::7]",
            "https://host.example/a/page?x=1",
            ("only.example", "host"),
            ("https://dir.example/x/", "prefix"),
            ("whole.example/", "prefix"),
        ],
        kernel=request.param,
    )


def test_readings_are_asked_for(urls):
    text = "hxxp://www[.]bad[.]example/x"
    assert text not in urls
    assert urls.find(text) is None
    assert urls.find(text, legacy_idna=True) is None
    assert urls.find(text, refang=True).matched == "bad.example"
    listed = UrlList(["strasse.example"])
    assert listed.find("http://straße.example/") is None
    assert listed.find("http://straße.example/", refang=True) is None
    match = listed.find("http://straße.example/", legacy_idna=True)
    assert (match.rule, match.matched) == ("domain", "strasse.example")
    with pytest.raises(UrlError):
        listed.find("mailto:", refang=True, legacy_idna=True)
    with pytest.raises(TypeError):
        listed.find(None, refang=True)
    with pytest.raises(TypeError):
        listed.find("a", True)


HITS = {
    "bad.example": "domain",
    "BAD.EXAMPLE.": "domain",
    "https://user@bad.example:8443/a/b?c": "domain",
    "http://a.b.c.d.e.f.bad.example/": "domain",
    "http://%62ad.example": "domain",
    "203.0.113.7": "domain",
    "http://0313.0.0161.7/x": "domain",
    "http://3405803783": "domain",
    "http://[::ffff:203.0.113.7]/": "domain",
    "http://[2001:db8:0::7]:80/": "domain",
    "http://HOST.example/a/page?x=1": "url",
    "http://host.example:81/b/../a//page?x=1#y": "url",
    "only.example/any/page": "host",
    "http://dir.example/x/": "prefix",
    "http://dir.example/x/y/z?q": "prefix",
    "http://whole.example": "prefix",
    "http://whole.example/a?b": "prefix",
}
STRANGERS = [
    "example",
    "notbad.example",
    "bad.example.other.example",
    "ad.example",
    "bad-example",
    "bad.example2",
    "http://other.example/?u=bad.example",
    "http://other.example/bad.example",
    "http://bad.example@other.example/",
    "http://other.example%2F@good.example/",
    "203.0.113.8",
    "1.203.0.113.7",
    "x.203.0.113.7",
    "113.7",
    "[2001:db8::8]",
    "http://host.example/",
    "http://host.example/a/page",
    "http://host.example/a/page?x=2",
    "http://host.example/a/page?x=1&y",
    "http://host.example/a/page/?x=1",
    "http://host.example/A/page?x=1",
    "http://www.host.example/a/page?x=1",
    "www.only.example",
    "http://dir.example/x",
    "http://dir.example/xy/",
    "http://dir.example/",
    "http://sub.dir.example/x/",
    "http://sub.whole.example/",
]


@pytest.mark.parametrize("url", HITS)
def test_hits(urls, url):
    assert url in urls
    assert urls.find(url).rule == HITS[url]
    assert urls.find(url.encode()).rule == HITS[url]


@pytest.mark.parametrize("url", STRANGERS)
def test_strangers(urls, url):
    assert url not in urls
    assert urls.find(url) is None


def test_batch_equals_single(urls):
    asked = [*HITS, *STRANGERS, "mailto:", *HITS]
    matches = urls.match(asked)
    expected = [True] * len(HITS) + [False] * (len(STRANGERS) + 1) + [True] * len(HITS)
    assert matches.mask.tolist() == expected
    assert matches.invalid.tolist() == [url == "mailto:" for url in asked]
    assert [m.rule for m in matches] == list(HITS.values()) * 2
    for match in matches:
        assert match.entry == urls.find(asked[match.query]).entry
    assert matches.count == 2 * len(HITS)
    threaded = urls.match(asked * 3000, threads=3)
    assert threaded.entry.tolist() == urls.match(asked * 3000).entry.tolist()


def test_the_most_specific_rule_is_reported():
    lst = UrlList(
        [
            "h.example",
            "sub.h.example",
            ("sub.h.example", "host"),
            ("sub.h.example/", "prefix"),
            ("sub.h.example/a/", "prefix"),
            "sub.h.example/a/page",
        ]
    )
    for url, rule, entry_of in [
        ("sub.h.example/a/page", "url", "sub.h.example/a/page"),
        ("sub.h.example/a/x", "prefix", "sub.h.example/a/"),
        ("sub.h.example/b", "prefix", "sub.h.example/b"),
        ("x.sub.h.example/", "domain", "y.sub.h.example/"),
        ("h.example/", "domain", "other.h.example/"),
    ]:
        assert lst.find(url).rule == rule
        assert lst.find(url).entry == lst.find(entry_of).entry
    assert lst.find("x.sub.h.example").entry != lst.find("h.example").entry


def test_what_an_entry_means():
    lst = UrlList(["a.example", "b.example/", "https://c.example", "d.example:80", "e.example?q"])
    assert lst.info.counts == {"domain": 1, "url": 4}
    assert "x.a.example" in lst
    for url in ("b.example", "c.example", "d.example", "e.example/?q"):
        assert url in lst
        assert f"x.{url}" not in lst
        assert f"{url}/other" not in lst


@pytest.mark.parametrize(
    ("entry", "rule"),
    [
        ("h.example/page", "domain"),
        ("h.example/page", "host"),
        ("h.example/?q", "host"),
        ("h.example/page", "prefix"),
        ("h.example/dir/?q", "prefix"),
        ("", "domain"),
        ("[::1", "domain"),
    ],
)
def test_an_entry_that_does_not_fit_its_rule(entry, rule):
    with pytest.raises(UrlError) as caught:
        UrlList(["h.example", (entry, rule)])
    assert caught.value.index == 1


def test_wrong_types():
    for entries in ("bad.example", b"bad.example", [5], [None], [("h.example",)], [("h", "r", 1)]):
        with pytest.raises(TypeError):
            UrlList(entries)
    with pytest.raises(ValueError, match="no such rule"):
        UrlList([("h.example", 5)])
    with pytest.raises(ValueError, match="no such rule"):
        UrlList([("h.example", "regex")])
    lst = UrlList(["bad.example"])
    for batch in ("bad.example", [5], [None], 5):
        with pytest.raises(TypeError):
            lst.match(batch)
    for single in (5, None, ["bad.example"]):
        with pytest.raises(TypeError):
            lst.find(single)
        with pytest.raises(TypeError):
            _ = single in lst
    for single in ("", "mailto:"):
        with pytest.raises(UrlError):
            lst.find(single)
        with pytest.raises(UrlError):
            _ = single in lst
    with pytest.raises(ValueError, match="threads"):
        lst.match([], threads=0)


def test_empty():
    lst = UrlList()
    assert len(lst) == 0
    assert "bad.example" not in lst
    assert lst.match([]).count == 0
    assert lst.match(["bad.example", "mailto:"]).invalid.tolist() == [False, True]


LABELS = st.sampled_from(["a", "b", "c", "bad", "example"])
HOSTS = st.lists(LABELS, min_size=1, max_size=5).map(".".join)


@given(listed=st.lists(HOSTS, max_size=8), asked=st.lists(HOSTS, max_size=20))
def test_domains_against_label_suffixes(listed, asked):
    lst = UrlList(listed)
    for host, hit in zip(asked, lst.match(asked).mask.tolist(), strict=True):
        labels = host.split(".")
        suffixes = {".".join(labels[i:]) for i in range(len(labels))}
        assert hit == bool(suffixes & set(listed))
        assert hit == (host in lst)


def test_entries_that_are_urls_encoded_as_a_whole():
    lst = UrlList(["http%3A%2F%2Fbad.example%2Fpage", "b%61d.example"])
    assert lst.info.counts == {"domain": 1, "url": 1}
    assert lst.find("bad.example/page").rule == "url"
    assert lst.find("x.bad.example").rule == "domain"


def test_bytes_that_are_no_utf8():
    lst = UrlList([b"http://bad.example/caf\xe9"])
    asked = [b"bad.example/caf\xe9", "bad.example/caf%E9", b"bad.example/caf\xe8"]
    assert lst.match(asked).mask.tolist() == [True, True, False]
    assert "bad.example/caf%EF%BF%BD" not in lst


ALL_RULES = [
    "bad.example",
    ("sub.deep.other.example", "domain"),
    ("203.0.113.7", "domain"),
    ("only.example", "host"),
    "pages.example/a?x=1",
    "pages.example/b",
    "bad.example/page",
    ("dirs.example/x/", "prefix"),
    ("pages.example/c/", "prefix"),
]


def test_what_is_noted_beside_keys(tmp_path):
    source = tmp_path / "list.txt"
    source.write_text("bad.example\nsub.deep.other.example\n203.0.113.7\nwww.pages.example/a\n")
    path = tmp_path / "list.csml"
    csamatch.build(source, path, reader="urls")
    file = csamatch.open(path)._file
    domains = {
        _core.address_key(host, len(host)): labels
        for host, labels in [
            ("bad.example", 2),
            ("sub.deep.other.example", 4),
            ("203.0.113.7", 255),
        ]
    }
    assert file.key_hints(CODES["domain"]).ravel().tolist() == [domains[k] for k in sorted(domains)]
    host = "www.pages.example"
    assert file.key_hints(CODES["url"]).tobytes() == _core.address_key(host, len(host))
    assert file.key_hints(CODES["prefix"]) is None


def test_answers_without_what_is_noted_are_the_same():
    lst = csamatch.UrlList(ALL_RULES)
    columns = Columns()
    for item in ALL_RULES:
        address = listed_address(*item) if isinstance(item, tuple) else listed_address(item)
        columns.add([(address.rule, address_key(address))])
    plain = csamatch.UrlList._of_columns(columns)
    known, labels = lst._known(None)
    assert (len(known), labels) == (3, 2)
    assert plain._known(None) == (None, 0)
    hosts = ["bad", "pages", "only", "dirs", "deep.other", "sub.deep.other", "x.y.bad", "none"]
    paths = ["", "/", "/a?x=1", "/a", "/%61?x=1", "/b", "/page", "/x/y/z", "/x", "/c/", "/a%3Fx=1"]
    asked = [f"http://{host}.example{path}" for host in hosts for path in paths]
    asked += ["203.0.113.7/b", "1.203.0.113.7", "mailto:", "http://PAGES.example:80/./b#f"]
    one, other = lst.match(asked), plain.match(asked)
    assert one.mask.tolist() == other.mask.tolist()
    assert one.invalid.tolist() == other.invalid.tolist()
    assert [m.rule for m in one] == [m.rule for m in other]
    assert [m.matched for m in one] == [m.matched for m in other]
    assert {m.rule for m in one} == {"domain", "host", "url", "prefix"}
    for url, hit in zip(asked, one.mask.tolist(), strict=True):
        if url != "mailto:":
            assert (url in lst) == (url in plain) == hit
