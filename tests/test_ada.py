"""Our hosts are those of ada, which follows the WHATWG URL Standard, but for what is named here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from csamatch.bench import url_hosts
from csamatch.bench.url_hosts import DOTS, NOT_SPECIAL, OTHER, REFUSED, WITHIN_IPV6, difference
from csamatch.bench.url_sample import read

KNOWN = {
    "top100.txt": {
        DOTS: 1,  # a name with the dot of the root
        REFUSED: 22,  # lines of prose: spaces in the host
    },
    "urlhaus_urls_2018_2022.txt": {},
}


@pytest.fixture(scope="module")
def host() -> Callable[[str], str | None]:
    can_ada = pytest.importorskip("can_ada")

    def parse(url: str) -> str | None:
        try:
            return can_ada.parse(url).hostname
        except ValueError:
            return None

    return parse


HOSTS = [
    ("http://A.example./", "a.example.", DOTS),
    ("http://.a..example/", ".a..example", DOTS),
    ("http://./", ".", DOTS),
    ("http://[::ffff:192.0.2.1]/", "[::ffff:c000:201]", WITHIN_IPV6),
    ("http://[64:ff9b::c000:201]/", "[64:ff9b::c000:201]", WITHIN_IPV6),
    ("http://two words.example/", None, REFUSED),
    ("http://a.1.2.3.08/", None, REFUSED),
    ("other://A.example/", "A.example", NOT_SPECIAL),
    ("http://A.example/", "a.example", ""),
    ("http://[2001:DB8::0:7]/", "[2001:db8::7]", ""),
    ("mailto:a@b.example", "", ""),
]


@pytest.mark.parametrize(("url", "theirs", "reason"), HOSTS)
def test_differences(url, theirs, reason):
    assert difference(url, theirs) == reason


@pytest.mark.parametrize(("url", "theirs", "reason"), HOSTS)
def test_hosts_of_ada(url, theirs, reason, host):
    assert host(url) == theirs


def test_other_differences_are_no_reason():
    assert difference("http://a.example", "b.example") == OTHER
    assert difference("http://a.example", "") == OTHER
    assert difference("mailto:", "a.example") == OTHER
    assert difference("http://[::1]", "[::2]") == OTHER
    assert difference("other://a.example", "b.example") == NOT_SPECIAL


@pytest.mark.parametrize("name", KNOWN)
def test_corpora(name, shared, host):
    path = shared / "data" / "urls" / name
    if not path.is_file():
        pytest.skip(f"there is no {name}")
    urls = read(path)
    assert len(urls) > 50_000
    assert url_hosts.differences(urls, map(host, urls)) == KNOWN[name]


SPELLINGS = st.text(
    st.sampled_from(
        "aZz09.-_~@:/\\?#[]%20xX \t\u3002\u00df\u00e9\uff21\u0430\u200d!$&'()*+,;=|^`{}"
    )
)


@settings(deadline=None)
@given(
    st.sampled_from(["http", "HTTPS", "ftp", "ws", "wss"]),
    st.text(st.sampled_from("/\\"), min_size=1, max_size=3),
    st.one_of(
        SPELLINGS,
        st.ip_addresses().map(lambda ip: f"[{ip}]" if ip.version == 6 else str(ip)),
        st.lists(st.integers(0, 2**33), min_size=1, max_size=4).map(
            lambda numbers: ".".join(map(hex, numbers))
        ),
        st.lists(st.from_regex(r"[a-z0-9_%-]{1,9}", fullmatch=True), min_size=1).map(".".join),
    ),
    SPELLINGS,
)
def test_random_spellings(host, scheme, slashes, name, rest):
    url = f"{scheme}:{slashes}{name}{rest}"
    assert difference(url, host(url)) != OTHER
