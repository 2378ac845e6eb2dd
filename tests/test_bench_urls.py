"""``csamatch bench urls`` measures what it says and checks what it measures."""

from __future__ import annotations

import json
import shutil
from importlib import util
from pathlib import Path

import numpy as np
import pytest

from csamatch import UrlList, _core, cli
from csamatch.bench import ada, markdown, url_hosts, url_peers, url_sample, urls
from csamatch.bench.turns import Contender, measure
from csamatch.bench.url_sample import UrlSample
from csamatch.errors import Error

LINES = [
    "https://site.example/a/b?c=d",
    "no-scheme.example/page",
    "http://WWW.other.example:8080/%7Euser",
    "http://two words.example/",  # a browser refuses it
    "",  # and this
    "http://dots.example./",
]
OWN = {
    urls.BARE: ["host check, domains", "canonical URL, all rules", "canonical URL, not looked up"],
    urls.LISTS: ["UrlList.match, domains", "UrlList.match, all rules", "normalize_urls"],
    urls.SINGLE: ["url in domains", "url in all rules"],
}


def silent(_: str) -> None:
    pass


@pytest.fixture(autouse=True)
def small_lists(monkeypatch):
    monkeypatch.setattr(url_sample, "ENTRIES", 300)


@pytest.fixture
def no_ada(monkeypatch):
    """Compiling ada takes long."""

    def missing() -> Path:
        raise ada.MissingError("not installed")

    monkeypatch.setattr(ada, "_sources", missing)


@pytest.fixture
def corpus(tmp_path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("\n".join(LINES * 400) + "\n")
    return path


@pytest.fixture
def bench(corpus, no_ada):
    def run(*args: object) -> int:
        return cli.main(["bench", "urls", "--rounds", "2", "--urls", *map(str, (corpus, *args))])

    return run


@pytest.fixture(scope="module")
def native(tmp_path_factory) -> ada.Ada:
    if not util.find_spec("ada_url") or not shutil.which("c++"):
        pytest.skip("ada-url and a C++ compiler are not both installed")
    return ada.Ada(tmp_path_factory.mktemp("ada"))


def test_every_row(bench, tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert bench("--json", path) == 0
    rows = json.loads(path.read_text())["rows"]
    peers = [peer.name for peer in url_peers.PEERS.values()]
    names = {
        part: {row["name"] for row in rows if row["section"] == part and row["corpus"] == "corpus"}
        for part in urls.PARTS
    }
    assert names == {
        urls.BARE: {*OWN[urls.BARE], "ada::parse"},
        urls.LISTS: {*OWN[urls.LISTS], *peers},
        urls.SINGLE: {*OWN[urls.SINGLE], url_peers.BASELINE.name},
    }
    for row in rows:
        assert len(row["times"]) == (0 if "not installed" in row["note"] else 2), row["name"]
    (split,) = [row for row in rows if row["name"] == "urllib.parse.urlsplit"]
    assert split["queries"] == 2403  # a listed one is put before every thousand
    assert split["nanoseconds_each"] == pytest.approx(split["seconds"] * 1e9 / 2403)
    shown = capsys.readouterr().out
    assert "corpus: 2,403 URLs, median of 2 rounds" in shown
    assert "URLs in C: ada::parse" in shown
    assert all(len(line) <= 100 for line in shown.splitlines())


def test_only_some_peers(bench, tmp_path, capsys):
    path = tmp_path / "figures.json"
    assert bench("--peers", "set", "urlsplit", "--json", path) == 0
    rows = json.loads(path.read_text())["rows"]
    others = {row["name"] for row in rows} - {name for names in OWN.values() for name in names}
    assert others == {"ada::parse", "urllib.parse.urlsplit"}


def test_missing_peers_are_named(bench, monkeypatch, capsys):
    monkeypatch.setattr(url_peers.UrlPeer, "is_installed", classmethod(lambda cls: not cls.module))
    assert bench() == 0
    shown = capsys.readouterr().out.splitlines()
    missing = [line.split("  ")[0] for line in shown if line.endswith("not installed")]
    assert missing == [
        "URLs in C: ada::parse",
        "list of str: can_ada.parse(u).href",
        "list of str: ada_url.normalize_url",
        "list of str: yarl.URL",
        "list of str: w3lib canonicalize_url",
        "list of str: urlcanon.google",
        "list of str: gglsbl, all expressions",
        "one by one: can_ada.parse(u).href",
    ]


def test_figures_go_into_a_document(bench, tmp_path, capsys):
    path = tmp_path / "benchmarks.md"
    digests, own = markdown.PLACES
    path.write_text(f"{digests.begin}\nkept\n{digests.end}\n{own.begin}\nold\n{own.end}\nafter\n")
    assert bench("--peers", "urlsplit", "--markdown", path) == 0
    text = path.read_text()
    assert text.startswith(f"{digests.begin}\nkept\n{digests.end}\n{own.begin}\n")
    assert text.endswith(f"{own.end}\nafter\n")
    assert "old" not in text
    assert "csamatch bench urls --peers urlsplit --rounds 2 --patience 10\n" in text
    assert "| list of str, ns a URL | corpus, 2,403 URLs | |" in text
    assert "in brackets: of the time of can_ada.parse(u).href; target <= 0.25 |" in text


def test_figures_of_both_kinds_go_to_their_places(bench, corpus, tmp_path, capsys):
    path, earlier = tmp_path / "benchmarks.md", tmp_path / "figures.json"
    tiny = ("--keys", "100", "--queries", "100", "--hits", "0.5", "--rounds", "1")
    assert cli.main(["bench", "threads", *tiny, "--json", str(earlier)]) == 0
    assert bench("--peers", "urlsplit", "--with", earlier, "--markdown", path) == 0
    of_digests, of_urls = path.read_text().split(markdown.URLS.begin)
    assert "csamatch bench threads" in of_digests
    assert "| threads, 16 bytes, M/s |" in of_digests
    assert "csamatch bench urls" not in of_digests
    assert "csamatch bench urls --peers" in of_urls
    assert "| one by one, ns a URL | corpus, 2,403 URLs | |" in of_urls
    assert "threads" not in of_urls
    marked = tmp_path / "marked.md"
    marked.write_text(f"{markdown.DIGESTS.begin}\n{markdown.DIGESTS.end}\n")
    assert bench("--peers", "urlsplit", "--markdown", marked) == 2
    assert "has no place for figures" in capsys.readouterr().err


def test_what_is_measured_in_time_is_compared_in_time(bench, tmp_path, capsys):
    path, document = tmp_path / "figures.json", tmp_path / "benchmarks.md"
    if not url_peers.BASELINE.is_installed():
        pytest.skip("the baseline is not installed")
    assert bench("--peers", "can_ada", "--json", path, "--markdown", document) == 0
    rows = {row["name"]: row for row in json.loads(path.read_text())["rows"]}
    # Of the two rows of the baseline, the one that stays in the dict is that of single calls.
    assert rows[url_peers.BASELINE.name]["section"] == urls.SINGLE
    single = rows["url in domains"]
    ratio = single["nanoseconds_each"] / rows[url_peers.BASELINE.name]["nanoseconds_each"]
    assert 1 / single["of_baseline"] == pytest.approx(ratio)
    (line,) = [
        line for line in document.read_text().splitlines() if line.startswith("| url in domains |")
    ]
    assert float(line.split("(")[1].split(")")[0]) == pytest.approx(ratio, rel=0.05)


def test_without_urls(tmp_path, no_ada, monkeypatch, capsys):
    monkeypatch.delenv("CSAMATCH_SHARED", raising=False)
    assert cli.main(["bench", "urls"]) == 2
    assert cli.main(["bench", "urls", "--urls", str(tmp_path / "missing.txt")]) == 2
    empty = tmp_path / "empty.txt"
    empty.write_text("")
    assert cli.main(["bench", "urls", "--urls", str(empty)]) == 2
    assert cli.main(["bench", "urls", "--urls", str(empty), str(empty)]) == 2
    shown = capsys.readouterr().err
    for text in ("--urls", "no such file", "there are no URLs in it", "the same name"):
        assert text in shown


def test_corpora_are_found(tmp_path, monkeypatch):
    monkeypatch.setenv("CSAMATCH_SHARED", str(tmp_path))
    assert url_sample.corpora(None) == []
    folder = tmp_path / "data" / "urls"
    folder.mkdir(parents=True)
    for name in ("top100.txt", "other.txt"):
        (folder / name).touch()
    assert url_sample.corpora(None) == [folder / "top100.txt"]
    assert url_sample.corpora([tmp_path]) == [tmp_path]


def test_a_sample(corpus):
    sample = UrlSample(corpus)
    assert len(sample.urls) == 2403
    assert sample.listed == {0: 0, 1001: 1, 2002: 2}
    assert sample.urls[:3] == [
        "https://www.listed0.example/path/0/page.html?id=0",
        "https://site.example/a/b?c=d",
        "http://no-scheme.example/page",
    ]
    assert sample.rules(mixed=False)[[0, 1001, 2002]].tolist() == [16, 16, 16]
    assert sample.rules(mixed=True)[[0, 1001, 2002]].tolist() == [16, 17, 18]
    assert np.count_nonzero(sample.rules(mixed=True)) == 3
    part = sample.part(10)
    assert {0, 1001, 2002, 2402} <= part.keys()
    assert 10 <= len(part) <= 13
    assert all(sample.urls[place] == url for place, url in part.items())


def contender(bench: urls.UrlBench, sample: UrlSample, name: str) -> Contender:
    return next(found for found in bench.contenders(sample) if found.name == name)


@pytest.mark.parametrize("name", [name for names in OWN.values() for name in names])
def test_wrong_answers_are_seen(name, corpus, tmp_path, no_ada, monkeypatch):
    bench = urls.UrlBench([], tmp_path, silent)
    sample = UrlSample(corpus)
    measure([contender(bench, sample, name)], 1, 10.0, silent)
    if name in ("normalize_urls", "canonical URL, not looked up"):
        found = contender(bench, sample, name)
        answer = found.call(found.ready())
        assert not found.check(answer[:-1])
        return
    # A list that lacks an entry, and one that has one too many.
    for entries in (["listed1.example"], [f"listed{i}.example" for i in range(3)] + ["a.example"]):
        bench.lists = bench.lists._replace(domains=UrlList(entries), mixed=UrlList(entries))
        sample.urls[5] = "http://a.example"
        wrong = contender(bench, sample, name)
        assert not wrong.check(wrong.call(wrong.ready()))


@pytest.mark.parametrize("name", list(url_peers.PEERS))
def test_peers_are_checked(name, corpus, tmp_path, no_ada):
    peer = url_peers.PEERS[name]
    if not peer.is_installed():
        pytest.skip(f"{peer.name} is not installed")
    bench = urls.UrlBench([name], tmp_path, silent)
    assert [row.name for row in bench.absent()] == ["ada::parse"]
    found = contender(bench, UrlSample(corpus), peer.name)
    answer = found.call(found.ready())
    assert found.check(answer)
    assert not found.check(answer[1:])
    assert not found.check([*answer[1:], answer[0]])


def test_spans():
    texts = ("http://bad.example/x", b"mailto:", "http://\udcff.example", "www.BAD.example?")
    spans = _core.UrlSpans(texts)
    assert len(spans) == 4
    canonical = ["bad.example/x", "xn--zn7c.example/", "www.bad.example/?"]
    assert spans.normalize() == (3, sum(map(len, canonical)))
    urls = UrlList(["bad.example"])
    positions, rules = np.empty(4, np.int64), np.empty(4, np.uint8)
    spans.match(urls, positions, rules)
    assert (positions.tolist(), rules.tolist()) == ([0, -1, -1, 0], [16, 255, 0, 16])
    with pytest.raises(ValueError, match="too small"):
        spans.match(urls, positions[:3], rules)
    with pytest.raises(ValueError, match="too small"):
        spans.match(urls, positions, rules[:3])
    with pytest.raises(TypeError, match="address 1"):
        _core.UrlSpans(("a.example", 1))


def test_ada_itself(native):
    texts = ("HTTP://A.example/%7e/../b", "http://a b/", "http://[::1]:80", "file:///x")
    spans = _core.UrlSpans(texts)
    assert native.hosts(spans) == ["a.example", None, "[::1]", ""]
    hrefs = ["http://a.example/b", "http://[::1]/", "file:///x"]
    assert native.parse(spans) == (3, sum(map(len, hrefs)))
    assert native.hosts(_core.UrlSpans(())) == []


def test_hosts_are_compared_with_those_of_ada(native, corpus, monkeypatch):
    sample = UrlSample(corpus)
    spans = _core.UrlSpans(tuple(sample.urls))
    found = urls._parse(native, spans, sample)
    assert found.check(found.call(found.ready()))
    assert found.note.endswith(
        "the same hosts as ours but for 400 refused by browsers, looked up all the same; "
        "400 with dots in front, behind or in a row"
    )
    monkeypatch.setattr(url_hosts, "our_host", lambda url: "other.example")
    with pytest.raises(Error, match="corpus: 1,603 hosts are not those of ada"):
        urls._parse(native, spans, sample)
