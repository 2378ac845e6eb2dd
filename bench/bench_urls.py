"""URLs against a list of domains, and normalising them, beside the standard library."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

import csamatch

pytestmark = pytest.mark.benchmark(group="100,000 URLs")


@pytest.fixture(scope="module")
def urls():
    return [f"https://www.site{i}.example/path/to/page{i}.html?q={i}" for i in range(100_000)]


def bench_match_domains(benchmark, urls):
    lst = csamatch.UrlList([f"site{i}.example" for i in range(0, 1_000_000, 100)])
    assert benchmark(lst.match, urls).count == 1000


def bench_normalize(benchmark, urls):
    assert benchmark(csamatch.normalize_urls, urls)[7] == (
        "www.site7.example/path/to/page7.html?q=7"
    )


def bench_urlsplit(benchmark, urls):
    """Only takes the URL apart: no normalising, no look-up."""
    assert benchmark(lambda: [urlsplit(url).hostname for url in urls])[7] == "www.site7.example"
