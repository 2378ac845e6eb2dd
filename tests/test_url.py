"""The canonical form of URLs and hosts, against literals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import UrlError, normalize_host, normalize_url, normalize_urls

CANONICAL = {
    # scheme
    "http://host.example": "host.example/",
    "HTTPS://host.example/": "host.example/",
    "host.example": "host.example/",
    "//host.example/": "host.example/",
    "ftp:host.example": "host.example/",
    "http:/host.example": "host.example/",
    "http:////host.example": "host.example/",
    "http:\\\\host.example": "host.example/",
    "gopher://host.example/x": "host.example/x",
    "view-source:http://host.example/": "host.example/",
    "blob:https://host.example/uuid": "host.example/uuid",
    "filesystem:http://host.example/a": "host.example/a",
    "http%3A%2F%2Fhost.example%2Fa": "host.example/a",
    "view-source%3Ahttp%3A%2F%2Fhost.example%2Fa": "host.example/a",
    "BLOB%253Ahttps%253A%252F%252Fhost.example%252Fa": "host.example/a",
    "http%253a%252f%252Fhost.example/": "host.example/",
    "%68%74%74%70%3A%2F%2Fhost.example%2Fa": "host.example/a",
    "%2568ttp%25%33A%2F%2Fhost.example/": "host.example/",
    "%68ttp://host.example/": "http/host.example/",  # a host by that name
    "%68ttq%3Ahost.example/": "httq%3Ahost.example/",
    # authority
    "http://user@host.example/": "host.example/",
    "http://user:pa:ss@host.example/": "host.example/",
    "http://a@b@host.example/": "host.example/",
    "user:password@host.example/x": "host.example/x",
    "host.example:8080/x": "host.example/x",
    "localhost:80": "localhost/",
    "http://host.example:/": "host.example/",
    "http://host.example:99999/": "host.example/",
    "http://good.example%2F@evil.example/": "evil.example/",
    "http://evil.example\\@good.example/": "evil.example/@good.example/",
    "http://evil.example?@good.example/": "evil.example/?@good.example/",
    "http://evil.example#@good.example/": "evil.example/",
    # host
    "http://HOST.Example./": "host.example/",
    "http://..host...example../": "host.example/",
    "http://h%6Fst.ex%61mple/": "host.example/",
    "http://h%256Fst.example/": "host.example/",
    "http://host%2Eexample/": "host.example/",
    "http://under_score.example/": "under_score.example/",
    "http://-dash-.example/": "-dash-.example/",
    "http://host%23.com/": "host%23.com/",
    "http://a%2Fb.example/": "a%2Fb.example/",
    "http://a b.example/": "a%20b.example/",
    "http://[2001:DB8:0:0::7]:80/": "[2001:db8::7]/",
    "2001:DB8::7": "[2001:db8::7]/",
    "fe80::1%eth0/x": "[fe80::1]/x",
    "::1": "[::1]/",
    "http://2001:db8::7:8080/": "[2001:db8::7:8080]/",
    "abcd:80": "abcd/",
    "http://[::ffff:203.0.113.7]/": "203.0.113.7/",
    "http://[64:ff9b::203.0.113.7]/": "203.0.113.7/",
    "http://[fe80::1%25eth0]/": "[fe80::1]/",
    "http://0313.0.0161.7/": "203.0.113.7/",
    "http://0xCB007107/": "203.0.113.7/",
    "http://3405803783/": "203.0.113.7/",
    "http://203.0.113.7./": "203.0.113.7/",
    "http://1.2.3.08/": "1.2.3.08/",
    # path
    "http://h.example/a/./b/../c": "h.example/a/c",
    "http://h.example/../../a": "h.example/a",
    "http://h.example/a/..": "h.example/",
    "http://h.example/a/.": "h.example/a/",
    "http://h.example/a/b/..": "h.example/a/",
    "http://h.example/a//b///c": "h.example/a/b/c",
    "http://h.example/a//../b": "h.example/a/b",
    "http://h.example/a\\b": "h.example/a/b",
    "http://h.example/%61%2562": "h.example/ab",
    "http://h.example/%2e%2E/a": "h.example/a",
    "http://h.example/%zz%": "h.example/%25zz%25",
    "http://h.example/ %7f%C3%BC": "h.example/%20%7F%C3%BC",
    "http://h.example/ü": "h.example/%C3%BC",
    "http://h.example/a%3Fb%23c": "h.example/a%3Fb%23c",
    "http://h.example/a;b=c,d": "h.example/a;b=c,d",
    # query and fragment
    "http://h.example?q": "h.example/?q",
    "http://h.example/q?": "h.example/q?",
    "http://h.example/q?a=1&b=%32#f?g": "h.example/q?a=1&b=2",
    "http://h.example/q?a?b/../c//d": "h.example/q?a?b/../c//d",
    "http://h.example/q?%23": "h.example/q?%23",
    # white space
    " \t http://h.example/ \r\n": "h.example/",
    "ht\ntp://h.ex\tample/a\rb": "h.example/ab",
    "\ufeffhttp://h.example/\u00a0\u2028": "h.example/",
    "http://h.example/a b": "h.example/a%20b",
}


@pytest.mark.parametrize("url", CANONICAL)
def test_canonical_form(url):
    assert normalize_url(url) == CANONICAL[url]
    assert normalize_url(url.encode()) == CANONICAL[url]
    assert normalize_url(CANONICAL[url]) == CANONICAL[url]


def test_batch_equals_literals():
    assert normalize_urls(list(CANONICAL) * 3) == list(CANONICAL.values()) * 3


NONE = {
    "": "there is no host in it",
    " ": "there is no host in it",
    "http://": "there is no host in it",
    "http:///": "there is no host in it",
    "http://./": "there is no host in it",
    "http://user@/": "there is no host in it",
    "http://:80/": "there is no host in it",
    "mailto:user@host.example": "there is no host in it",
    "javascript:alert(1)": "there is no host in it",
    "data:text/html,host.example": "there is no host in it",
    "http://[::1": "the host is not valid",
    "http://[1.2.3.4]/": "the host is not valid",
    "http://[g::]/": "the host is not valid",
    "http://u@http%3A%2F%2Fhost.example/": "the host is not valid",
    "http://http%3Ahost.example/": "the host is not valid",
    "http://http%3A80/": "the host is not valid",
    "http://view-source%3Ahost.example/": "the host is not valid",
    "http://blob%3Ahttp%3A%2F%2Fhost.example/": "the host is not valid",
    "@http::": "the host is not valid",
    "tel:5551234": "there is no host in it",
    "blob:" * 20 + "http://h.example/": "URLs are nested too deep",
}


@pytest.mark.parametrize("url", NONE)
def test_no_canonical_form(url):
    with pytest.raises(UrlError) as caught:
        normalize_url(url)
    assert str(caught.value) == NONE[url]
    assert isinstance(caught.value, ValueError)
    assert normalize_urls([url, "h.example", url]) == [None, "h.example/", None]


def test_hosts():
    assert normalize_host("HOST.example.") == "host.example"
    assert normalize_host(b"host.example") == "host.example"
    assert normalize_host("2001:db8:0::7") == "[2001:db8::7]"
    assert normalize_host("[2001:db8:0::7]") == "[2001:db8::7]"
    assert normalize_host("0x7f.1") == "127.0.0.1"


@pytest.mark.parametrize(
    "host", ["", ".", "a/b", "http://a", "a:80", "a@b", "a?b", "a#b", "[::1]:80"]
)
def test_not_a_host(host):
    with pytest.raises(UrlError):
        normalize_host(host)


@pytest.mark.parametrize("value", [None, 5, ["h.example"], bytearray(b"h.example")])
def test_wrong_types(value):
    with pytest.raises(TypeError):
        normalize_url(value)
    with pytest.raises(TypeError):
        normalize_host(value)
    with pytest.raises(TypeError):
        normalize_urls([value])


@pytest.mark.parametrize("value", ["h.example", b"h.example"])
def test_a_batch_is_not_a_single_url(value):
    with pytest.raises(TypeError):
        normalize_urls(value)


def test_lone_surrogates_are_no_crash():
    assert normalize_url("http://h.example/\udc80") == "h.example/%EF%BF%BD"
    assert normalize_urls(["http://h.example/\ud83d\ude00"]) == ["h.example/%F0%9F%98%80"]


SPECIAL = (
    "http:// // / \\ ? # @ : . .. % %25 %2e %2F %3a [ ] :: host example 0x7f 1 ü blob: http%3A"
    " https: ws%3A @"
)
PIECES = st.one_of(
    st.sampled_from([*SPECIAL.split(), "\t", " ", "\0"]),
    st.text(max_size=4),
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_normalising_is_idempotent(url):
    (batch,) = normalize_urls([url])
    try:
        once = normalize_url(url)
    except UrlError:
        assert batch is None
        return
    assert once == batch
    assert normalize_url(once) == once
    assert once.isascii()


@given(st.binary(max_size=60))
def test_any_bytes_are_fine(data):
    (batch,) = normalize_urls([data])
    if batch is not None:
        assert normalize_url(data) == batch == normalize_url(batch)


@pytest.mark.parametrize("piece", ["%25", ".", "/", "@", ":", "a.", "%2e", "/..", "\\"])
def test_hostile_length_is_linear(piece):
    """A quadratic step would take minutes at this size."""
    normalize_urls(["http://h.example/" + piece * 300_000, "http://" + piece * 300_000])
    csamatch.UrlList(["bad.example", ("h.example/x/", "prefix")]).match(
        ["http://" + piece * 300_000, "h.example/" + "a/" * 300_000]
    )
