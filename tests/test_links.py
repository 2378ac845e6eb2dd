"""Links in text: found where they are planted, and nowhere else."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import csamatch
from csamatch import UrlError, UrlList, find_urls
from linktexts import HOSTILE, PIECE_LIST, PROSE, messages


def urls_in(text, **options):
    return [url for _, _, url in find_urls(text, **options)]


def in_bytes(text, found):
    """The same places in the UTF-8 of a text."""
    return [
        (len(text[:start].encode()), len(text[:end].encode()), url.encode())
        for start, end, url in found
    ]


def test_ten_thousand_messages():
    kinds = set()
    for message in messages(20261122, 10_000):
        text, links, defanged = message
        assert find_urls(text, refang=defanged) == links, text
        assert find_urls(text.encode(), refang=defanged) == in_bytes(text, links)
        kinds.update(url[:3] for _, _, url in links)
    assert {"htt", "ftp", "exa", "hxx", "h**", "meo", "büc", "203"} <= kinds


def test_refanging_finds_plain_links_too():
    for text, links, defanged in messages(7, 1000):
        if not defanged:
            assert find_urls(text, refang=True) == links, text


@pytest.mark.parametrize("text", PROSE, ids=range(len(PROSE)))
def test_prose(text):
    assert find_urls(text) == []
    assert find_urls(text.encode()) == []
    assert find_urls(text, refang=True) == []


CASES = {
    # where a link begins
    "seehttp://a.example": ["http://a.example"],
    "end.https://a.example/b": ["https://a.example/b"],
    "http://a.example/,http://b.example/": ["http://a.example/", "http://b.example/"],
    "http://a.examplehttp://b.example": ["http://a.example", "http://b.example"],
    "view-source:http://a.example/": ["http://a.example/"],
    "url=www.example.com&x": ["www.example.com"],
    "src='//www.example.com/a'": ["www.example.com/a"],
    "👉example.com": ["example.com"],
    "Yes...example.com...no": ["example.com"],
    "foo.nosuchtld/http://a.example/": ["http://a.example/"],
    "example.com/http://a.example/": ["example.com/http://a.example/"],
    # bare hosts
    "example.com's, example.org: example.net!": ["example.com", "example.org", "example.net"],
    "www.README.md and README.md/a": ["www.README.md", "README.md/a"],
    "example.pl www.example.pl example.pl/x example.com.pl": [
        "www.example.pl",
        "example.pl/x",
        "example.com.pl",
    ],
    "it.is/x www.it.is": ["it.is/x", "www.it.is"],
    "Example.Com example.com EXAMPLE.COM eXample.cOm example.RU Example.Ru Example.It End.World": [
        "Example.Com",
        "example.com",
        "EXAMPLE.COM",
        "eXample.cOm",
        "example.RU",
        "Example.Ru",
    ],
    "example.de a.co example.github.io": ["example.de", "a.co", "example.github.io"],
    "see a.example.Next, http://a.com.It and example.com.An a": [
        "a.example",
        "http://a.com",
        "example.com",
    ],
    "http://a.example.Next/ http://www.Example.Com http://a.co.Uk http://a.b.Next": [
        "http://a.example.Next/",
        "http://www.Example.Com",
        "http://a.co.Uk",
        "http://a.b.Next",
    ],
    "self.com SELF.DATA/x sub.Example.Com Sub.Example.Com": [
        "self.com",
        "SELF.DATA/x",
        "Sub.Example.Com",
    ],
    "1.com 2026.example 1.click 12.a.example 12.30.pm/x www.1.com 1.co.uk": [
        "2026.example",
        "12.a.example",
        "12.30.pm/x",
        "www.1.com",
        "1.co.uk",
    ],
    "example.com(see there) item.click(x)": ["example.com"],
    "www.gov.uk gov.uk": ["www.gov.uk"],
    "name.invalid name.localhost name.nosuchtld": [],
    "a.test b.example": ["a.test", "b.example"],
    # where a link ends
    "http://a.example:80: x http://a.example:x": ["http://a.example:80", "http://a.example"],
    "(http://a.example/b_(c)_d)": ["http://a.example/b_(c)_d"],
    "http://a.example/b)": ["http://a.example/b"],
    "http://a.example/b\u00a0c": ["http://a.example/b"],
    "http://a.example/b\u3000c": ["http://a.example/b"],
    "http://a.example/b\u200bc": ["http://a.example/b"],
    "http://a.example。谢谢": ["http://a.example"],
    "http://bücher。example。谢谢": ["http://bücher。example"],
    "http://例え。テスト/": ["http://例え。テスト/"],
    "http://a.exampleを見て": ["http://a.example"],
    "http://a.example/bを見て": ["http://a.example/b"],
    "http://a.example/日本を": ["http://a.example/日本を"],
    "http://a.example· http://a.example/col·legi· http://col·legi.example": [
        "http://a.example",
        "http://a.example/col·legi",
        "http://col·legi.example",
    ],
    "http://a.example\u200b": ["http://a.example"],
    "http://a.exa\u00admple/": ["http://a.exa\u00admple/"],
    "http://a.example:/b http://a.example:000080/b a.example:/b": [
        "http://a.example:/b",
        "http://a.example:000080/b",
        "a.example:/b",
    ],
    "http://a.example:/ a.example:/ b.example:\\ stop.it:/": [
        "http://a.example",
        "a.example",
        "b.example",
    ],
    "http://a.example:? http://a.example:0? http://a.example:000000123456/b": [
        "http://a.example",
        "http://a.example:0",
        "http://a.example",
    ],
    "http://a。example。/b http://a．example．:80 http://a。example。": [
        "http://a。example。/b",
        "http://a．example．:80",
        "http://a。example",
    ],
    "http://a.example\u200b/b a.example\u00ad\u200b/b http://a.example\u200b.:80 a.example\u200b": [
        "http://a.example\u200b/b",
        "a.example\u00ad\u200b/b",
        "http://a.example\u200b.:80",
        "a.example",
    ],
    # users
    "http://a(b)@c.example/ http://a[b]{c}@d.example http://a'b@c.example http://(@a.example/b)": [
        "http://a(b)@c.example/",
        "http://a[b]{c}@d.example",
        "http://a'b@c.example",
        "http://(@a.example/b",
    ],
    "http://a.example(me@b.example) 'http://a.example'me@b.example (http://a.example)m@b.example": [
        "http://a.example",
        "http://a.example",
        "http://a.example",
    ],
    '[url=http://a.example]me@b.example[/url] http://a.example"me@b.example': [
        "http://a.example",
        "http://a.example",
    ],
    # no URL at all
    "http://[::1 http://[a.b] http://[1.2.3.4]": [],
    "http://u@http%3A%2F%2Fa.example/": [],
    "http://%2E/": [],
}


@pytest.mark.parametrize("text", CASES)
def test_cases(text):
    found = find_urls(text)
    assert [url for _, _, url in found] == CASES[text]
    assert find_urls(text.encode()) == in_bytes(text, found)


def test_defanged_only_on_request():
    text = "hxxp://bad[.]example/x, bad(dot)example, 203[.]0[.]113[.]7 and README[.]md"
    assert urls_in(text, refang=True) == [
        "hxxp://bad[.]example/x",
        "bad(dot)example",
        "203[.]0[.]113[.]7",
        "README[.]md",
    ]
    assert urls_in(text) == ["hxxp://bad"]
    assert urls_in("name[.]nosuchtld", refang=True) == []


def test_types():
    assert find_urls(b"see http://a.example/\xe9 x") == [(4, 21, b"http://a.example/")]
    for wrong in (None, 1, bytearray(b"http://a.example"), ["http://a.example"]):
        with pytest.raises(TypeError):
            find_urls(wrong)


def test_lone_surrogates():
    text = "\ud800 http://a.example/\udcff x\udc00www.example.com \ud83d\ude00 http://ü.example"
    assert find_urls(text) == [
        (2, 19, "http://a.example/"),
        (23, 38, "www.example.com"),
        (42, 58, "http://ü.example"),
    ]
    assert text[42:58] == "http://ü.example"


PIECES = st.sampled_from(PIECE_LIST.split())
TEXTS = st.lists(PIECES | st.just(" ") | st.text(max_size=5), max_size=30).map("".join)


@pytest.mark.any_kernel
@settings(max_examples=1500, deadline=None)
@given(TEXTS, st.booleans())
@example("http://a.example/\u00ad", False)
def test_whatever_the_text(text, refang):
    last = 0
    found = find_urls(text, refang=refang)
    for start, end, url in found:
        assert last <= start < end <= len(text)
        assert url == text[start:end]
        assert csamatch.normalize_url(url, refang=refang)
        last = end
    encoded = text.encode("utf-8", "surrogatepass")
    assert [
        (len(text[:start].encode("utf-8", "surrogatepass")), url.encode())
        for start, _, url in found
    ] == [(start, url) for start, _, url in find_urls(encoded, refang=refang)]


@settings(deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_whatever_the_bytes(data, refang):
    for start, end, url in find_urls(data, refang=refang):
        assert url == data[start:end] != b""
        assert csamatch.normalize_url(url, refang=refang)


@pytest.mark.parametrize("part", HOSTILE.split(" "))
def test_hostile_texts_are_read(part):
    """A text of a megabyte: a scanner that goes back again and again would not end."""
    text = part * (1_000_000 // len(part.encode()))
    began = time.process_time()
    find_urls(text, refang=True)
    assert time.process_time() - began < 60


# ------------------------------------------------------------- match_text --


@pytest.fixture(scope="module")
def urls():
    return UrlList.from_entries(
        ["bad.example", "bad.example.com", "203.0.113.7", "https://host.example/page?x=1"],
        info={"name": "test"},
    )


def test_match_text(urls):
    texts = [
        "nothing",
        "see http://good.example/ and (http://www.bad.example/x).",
        "bücher: host.example/page?x=1, https://HOST.example/page?x=1!".encode(),
        "ü host.example/page?x=1 \ud800 bad.example.com",
        "",
    ]
    matches = urls.match_text(texts)
    assert matches.mask.tolist() == [False, True, True, True, False]
    assert matches.count == len(matches) == 5
    assert matches.links == 6
    assert matches.text.tolist() == [1, 2, 2, 3, 3]
    found = [
        (hit.text, texts[hit.text][hit.start : hit.end], hit.match.rule, hit.match.matched)
        for hit in matches
    ]
    assert found == [
        (1, "http://www.bad.example/x", "domain", "bad.example"),
        (2, b"host.example/page?x=1", "url", "host.example/page?x=1"),
        (2, b"https://HOST.example/page?x=1", "url", "host.example/page?x=1"),
        (3, "host.example/page?x=1", "url", "host.example/page?x=1"),
        (3, "bad.example.com", "domain", "bad.example.com"),
    ]
    assert [hit.match.query for hit in matches] == matches.text.tolist()
    assert [(hit.start, hit.end) for hit in matches] == list(
        zip(matches.start.tolist(), matches.end.tolist(), strict=True)
    )
    assert all(hit.match.list.name == "test" for hit in matches)


def test_match_text_finds_what_find_urls_does(urls):
    batch = list(messages(3, 500))
    texts = [message.text for message in batch]
    for refang in (False, True):
        matches = urls.match_text(texts, refang=refang)
        expected = [
            (number, start, end)
            for number, text in enumerate(texts)
            for start, end, url in find_urls(text, refang=refang)
            if urls.match([url], refang=refang).count
        ]
        assert [(hit.text, hit.start, hit.end) for hit in matches] == expected
        assert len(expected) > 20


def test_defanged_links_match_on_request(urls):
    texts = ["hxxp://www[.]bad[.]example/x", "203[.]0[.]113[.]7", "bad.example"]
    assert urls.match_text(texts).mask.tolist() == [False, False, True]
    matches = urls.match_text(texts, refang=True)
    assert matches.mask.tolist() == [True, True, True]
    assert [hit.match.matched for hit in matches] == ["bad.example", "203.0.113.7", "bad.example"]


def test_threads_agree(urls):
    texts = [message.text for message in messages(5, 300)] * 250
    one = urls.match_text(texts, refang=True)
    many = urls.match_text(texts, refang=True, threads=3)
    assert len(texts) > 2 * (1 << 15)
    for name in ("text", "start", "end", "mask"):
        assert np.array_equal(getattr(one, name), getattr(many, name))
    assert one.links == many.links
    assert one.count > 1000


def test_empty_batches(urls):
    matches = urls.match_text([])
    assert (matches.count, matches.links, list(matches), matches.mask.shape) == (0, 0, [], (0,))
    assert UrlList().match_text(["http://a.example"]).links == 1


def test_match_text_arguments(urls):
    for wrong in ("http://a.example", b"a", None, [None], [1]):
        with pytest.raises(TypeError):
            urls.match_text(wrong)
    with pytest.raises(ValueError, match="threads"):
        urls.match_text([], threads=0)


def test_links_stay_out_of_reprs(urls):
    matches = urls.match_text(["http://secret.bad.example/secret"])
    assert "bad.example" not in repr(matches) + repr(list(matches)) + str(matches)
    assert repr(matches) == "<TextMatches: 1 of 1 links in 1 texts, list 'test'>"


def test_links_without_a_canonical_form_are_no_match(urls):
    text = "http://u@http%3A%2F%2Fbad.example/"
    with pytest.raises(UrlError):
        urls.find(text)
    assert urls.match_text([text]).count == 0
