"""Internationalised hosts: their tables, literals, and another implementation."""

from __future__ import annotations

import runpy
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import csamatch
from csamatch import UrlError, UrlList, _core, build, normalize_host, normalize_url, normalize_urls

ROOT = Path(__file__).resolve().parent.parent
GENERATOR = runpy.run_path(str(ROOT / "csrc" / "unicode" / "generate.py"))
IP, REFUSED = 16, 8  # CSAMATCH_ADDRESS_...


def require_pinned():
    """Skip where the packages that the tables were made from are not installed."""
    for name, pinned in GENERATOR["PINNED"].items():
        try:
            found = version(name)
        except PackageNotFoundError:
            found = "none"
        if found != pinned:
            pytest.skip(f"the tables are made from {name} {pinned}; there is {found}")


def test_pins_are_the_extra():
    """Otherwise everything that needs them would be skipped."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {f"{name}=={pinned}" for name, pinned in GENERATOR["PINNED"].items()}
    assert wanted <= set(project["optional-dependencies"]["test"])


@pytest.mark.any_kernel
def test_tables_are_what_the_generator_writes():
    require_pinned()
    assert GENERATOR["TARGET"].read_text(encoding="ascii") == GENERATOR["generate"]()


HOSTS = {
    "Bücher.example": "xn--bcher-kva.example",
    "BU\u0308CHER.EXAMPLE": "xn--bcher-kva.example",  # decomposed
    "ｂüｃher。ｅｘample": "xn--bcher-kva.example",  # full-width letters, ideographic full stop
    "b\u00adü\u200bcher\u2060.example\ufeff": "xn--bcher-kva.example",  # ignored code points
    "b%C3%BCcher.example": "xn--bcher-kva.example",
    "b%25C3%25BCcher%E3%80%82example": "xn--bcher-kva.example",
    "XN--BCHER-KVA.example": "xn--bcher-kva.example",
    "xn--bcher-kva.bücher.example": "xn--bcher-kva.xn--bcher-kva.example",
    "straße.example": "xn--strae-oqa.example",
    "STRAẞE.example": "xn--strae-oqa.example",
    "strasse.example": "strasse.example",
    "βόλος.example": "xn--nxasmm1c.example",
    "βόλοσ.example": "xn--nxasmq6b.example",
    "日本語。ＪＰ": "xn--wgv71a119e.jp",
    "한국.example": "xn--3e0b707e.example",
    "\u1112\u1161\u11ab\u1100\u116e\u11a8.example": "xn--3e0b707e.example",
    "نامه\u200cای.example": "xn--mgba3gch31f060k.example",
    "☃.example": "xn--n3h.example",
    "🌈\ufe0f.example": "xn--og8h.example",
    "_dmarc.ü.example": "_dmarc.xn--tda.example",
    "-ü-.example": "xn-----xka.example",
    "。。ü．．example｡": "xn--tda.example",
    "１２７．０．０．１": "127.0.0.1",
    "０x7f。1": "127.0.0.1",
    "Ⅷ.example": "viii.example",
    "=\u0338.example": "xn--1ch.example",
}


@pytest.mark.parametrize("host", HOSTS)
def test_hosts(host):
    assert normalize_host(host) == HOSTS[host] == normalize_host(host.encode())
    assert normalize_host(HOSTS[host]) == HOSTS[host]
    assert normalize_url(f"http://user@{host}:80/ü") == HOSTS[host] + "/%C3%BC"
    assert not _core.host_normalize(host)[4] & REFUSED


# What a browser refuses is looked up all the same, and flagged.
REFUSED_HOSTS = {
    "a\u2ff0.example": "xn--a-82t.example",  # not allowed
    "a\u0378.example": "xn--a-qib.example",  # not assigned
    "\u0308a.example": "xn--a-bcb.example",  # begins with a mark
    "\u200dü.example": "xn--tda910n.example",  # joiner without a reason
    "يa.example": "xn--a-yoc.example",  # two directions in a label
    "1.א": "1.xn--4db",  # the same, in a host
    "xn--a.ü": "xn--a.xn--tda",  # not Punycode
    "xn--.ü": "xn--.xn--tda",
    "xn--abc-.ü": "xn--abc-.xn--tda",  # nothing to encode
    "xn---abc.ü": "xn---abc.xn--tda",
    "xn--xn---epa.ü": "xn--xn---epa.xn--tda",  # "xn--é", encoded
    "xn--u-ccb.ü": "xn--u-ccb.xn--tda",  # decomposed
    "xn--tešla.example": "xn--xn--tela-bxb.example",
    "a b.ü": "a%20b.xn--tda",
    "aü b": "xn--a%20b-hoa",
    "ex／ample.com": "ex%2Fample.com",
    "ａ＠b.com": "a%40b.com",
    "ａ%zz": "xn--azz-5t7s",  # a percent sign counts as U+FFFD
    "％41.com": "xn--41-fg4n.com",
    "%4\u00ad1ü": "xn--41-yka5322x",
    "１.２.３.０8": "1.2.3.08",
    "ü.1": "xn--tda.1",
}


@pytest.mark.parametrize("host", REFUSED_HOSTS)
def test_refused_hosts(host):
    canonical, length, _, _, flags = _core.url_normalize(f"http://{host}/")
    assert canonical[:length] == REFUSED_HOSTS[host] == normalize_host(canonical[:length])
    assert flags & REFUSED


# Bytes that are no UTF-8 stay what they are; the labels beside theirs are names all the same.
NO_UTF8 = {
    b"\x80.example": "%80.example",
    b"A\x01\x80.Example": "a%01%80.example",
    b"b\xfccher.example": "b%FCcher.example",
    b"\xc3.example": "%C3.example",
    b"%E3%80.example": "%E3%80.example",
    b"%25E3%2580.example": "%E3%80.example",
    b"\xf0\x90\x80a.example": "%F0%90%80a.example",
    b"\xe0\x80.example": "%E0%80.example",  # overlong
    b"\xed\xa0\x80.example": "%ED%A0%80.example",  # a surrogate
    b"\xf4\x90.example": "%F4%90.example",
    b"\xf5\xff.example": "%F5%FF.example",
    b"\x80.B\xc3\xbccher\xe3\x80\x82example": "%80.xn--bcher-kva.example",
    b"\xc3.\xbc.\xc3\xbc": "%C3.%BC.xn--tda",
    b"\xc3\x9c\xff\xef\xbd\x81": "%C3%BC%FFa",  # what is UTF-8 beside them is mapped
    b"\xf0\x90\x80\x80\xff": "%F0%90%80%80%FF",
    b"\xc3\xc2\xad\xbc.example": "%C3%C2%AD%BC.example",  # ignored, but keeps bytes apart
    b"\xc3\xc2\xad\xc2\xad\xbc": "%C3%C2%AD%BC",
    b"a\xc2\xad\xc3": "a%C3",
    b"\x80%zz": "%80%EF%BF%BDzz",
    b"\x80.1": "%80.1",
}


@pytest.mark.parametrize("host", NO_UTF8)
def test_bytes_that_are_no_utf8(host):
    canonical, length, _, _, flags = _core.url_normalize(b"http://" + host + b"/")
    assert canonical[:length] == NO_UTF8[host] == normalize_host(host)
    assert normalize_host(NO_UTF8[host]) == NO_UTF8[host]
    assert flags & REFUSED


def test_what_is_utf8_after_all():
    assert normalize_host(b"\xc3%BC.example") == "xn--tda.example"
    assert normalize_host("\udc80.example") == "xn--zn7c.example"  # U+FFFD, as a str has no bytes
    assert normalize_host(b"\xef\xbf\xbd.example") == "xn--zn7c.example"


BYTES = st.lists(
    st.sampled_from([b"\xc3", b"\xbc", b"\xe3", b"\x80", b"\x82", b"\xcc", b"\xcc\x88", b"\xc2\xad",
                     b"\xe2\x80\x8d", b"\xe3\x80\x82", b"\xc3\x9f", b"a", b".", b"%", b"8", b"xn--",
                     b"\xef\xbc\x85"])
)  # fmt: skip


@given(BYTES.map(b"".join), st.booleans())
def test_hosts_of_any_bytes_are_idempotent(host, legacy_idna):
    (once,) = normalize_urls([b"//" + host], legacy_idna=legacy_idna)
    if once is not None:
        assert once.isascii()
        assert normalize_url(once, legacy_idna=legacy_idna) == once == normalize_url(once)


@pytest.mark.parametrize("host", ["\u00ad", "。", "\u200b.\u2060", "%C2%AD"])
def test_nothing_left(host):
    with pytest.raises(UrlError, match="there is no host in it"):
        normalize_url(f"http://{host}/")


@pytest.mark.parametrize("url", ["http://ｈttp:8/", "http://u@ｈttp%3Aü/", "http://ü@http:ﬀ:80/"])
def test_a_scheme_for_a_host(url):
    """What would read as a URL encoded whole has no form, or one that is no URL."""
    (canonical,) = normalize_urls([url])
    assert canonical is None or normalize_url(canonical) == canonical


@pytest.mark.parametrize(
    "entry",
    [
        b"b\xfccher.example",
        "b\ufffdcher.example",
        b"http://x.b\xfccher.example/x",
        "b%FCcher.example",
        "http://b%25FCcher.example/",
        b"\xef\xbf\xbd\xfccher.example",
        "b%EF%BF%BDcher.example",
    ],
)
def test_a_damaged_entry_is_no_entry(entry, tmp_path):
    """A list in another encoding must not look as if it had been taken in."""
    with pytest.raises(UrlError, match="not UTF-8"):
        UrlList([entry])
    data = entry if isinstance(entry, bytes) else entry.encode()
    (tmp_path / "list").write_bytes(data + b"\nhost.example\n")
    report = build(tmp_path / "list", tmp_path / "out.csml", reader="domains")
    assert (report.accepted, report.rejected) == (1, 1)
    assert normalize_urls([entry]) != [None]  # a query is looked up
    assert UrlList(["xn--zn7c.example", b"host.example/b\xfccher"]).find("xn--zn7c.example")


def test_build_takes_every_spelling(tmp_path):
    spellings = [host for host, canonical in HOSTS.items() if canonical == "xn--bcher-kva.example"]
    (tmp_path / "list").write_text("\n".join(spellings), encoding="utf-8")
    report = build(tmp_path / "list", tmp_path / "out.csml")
    assert (report.accepted, report.duplicate) == (1, len(spellings) - 1)
    matches = csamatch.open(tmp_path / "out.csml").match(spellings)
    assert matches.mask.all()


def test_strangers_stay_apart():
    listed = UrlList(["strasse.example", "xn--pple-43d.test", "bücher.example", "ø.test"])
    strangers = ["straße.example", "apple.test", "bucher.example", "buecher.example", "o.test",
                 "cher.example", "b.example", "bücher.example.test", "ö.test", "xn--ple-43d.test",
                 "bûcher.example", "ßtrasse.example", "strasſ.example"]  # fmt: skip
    assert listed.match(strangers).count == 0


def test_every_spelling_hits():
    spellings = [host for host, canonical in HOSTS.items() if canonical == "xn--bcher-kva.example"]
    assert len(spellings) == 7
    for entry in spellings:
        listed = UrlList([entry, "http://host.example/x"])
        matches = listed.match([f"http://www.{host}:8080/page" for host in spellings])
        assert matches.mask.all()
        assert all(listed.find(host) is not None for host in spellings)


def test_long_hosts():
    """More than can be a name has one form all the same, and takes linear time."""
    assert normalize_host("ü" * 63) == "xn--tda" + "a" * 62
    longest = "漢" * 1000 + ".example"
    assert normalize_host(longest) == "xn--hex" + "a" * 999 + ".example"
    too_long = ["ü" * 513, "ﷺ" * 57, "ü." * 600, "x" * 1100 + ".ü", "ﷺ" * 30,
                "xn--" + "a" * 1100 + ".ü"]  # fmt: skip
    for host in too_long:
        canonical, length, _, _, flags = _core.url_normalize(host)
        assert flags & REFUSED and length > 0
        assert normalize_url(canonical) == canonical
    assert normalize_host(too_long[0]) == "%C3%BC" * 513
    # What is ignored does not count.
    assert normalize_host("ü" + "\u00ad" * 100_000 + "." * 9 + "。" * 100_000 + "a") == "xn--tda.a"


PIECES = ["ü", "\u0308", "\u0301\u0323", "ß", "漢字", "ﷺ", "𐀀𐐀", "한", "\u0663", "א", "xn--a", "😀",
          "\u00ad", "。", "ü.", "%C3%BC", "\x80", "xn--tda.", "a\u0308", "⒈", "\u200d",
          "１"]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("size", [60, 250, 1000, 1 << 18])
def test_hostile_length_is_linear(piece, size):
    """A quadratic step would take minutes at the last size."""
    repeated = piece * (size // len(piece))
    mixed = "".join(chr(0xA1 + i % 50_000) for i in range(size)) + repeated
    for host in (repeated, mixed):
        (batch,) = normalize_urls(["http://" + host])
        bound = 1024 + 3 * len(host.encode()) + 1
        assert batch is None or (normalize_url(batch) == batch and len(batch) <= bound)
    UrlList(["bad.example"]).match(["http://" + repeated, "http://" + mixed])


TEXT = st.text(
    st.one_of(
        st.sampled_from(
            "aA1.-%4\u00df\u0308\u0327\u200c\u200d\u094d\u0628\u05d0\u0661。ｘｎ\u3000"
        ),
        st.characters(),
    ),
    max_size=20,
)
LABELS = st.lists(
    st.one_of(TEXT, st.sampled_from(["xn--", "xn--a", "xn--tda", ".", "example", "XN--ZCA"])),
    max_size=6,
).map("".join)


@given(LABELS)
def test_normalising_is_idempotent(host):
    url = f"http://{host}/"
    (batch,) = normalize_urls([url])
    try:
        once = normalize_url(url)
    except UrlError:
        assert batch is None
        return
    assert once == batch == normalize_url(once)
    assert once.isascii() and once == once.replace(" ", "")


def run_oracle():
    """Return the other implementation, or skip."""
    require_pinned()
    import idna_oracle

    return idna_oracle


# What is URL and no host, at the ends or anywhere.
BLANK = "".join(map(chr, range(0x21)))
STRUCTURE = set("/\\?#@:[]%\t\r\n")


@given(LABELS)
def test_same_as_another_implementation(host):
    oracle = run_oracle()
    trimmed = host != host.strip() or host != host.strip(BLANK)
    if host.isascii() or STRUCTURE.intersection(host) or trimmed:
        return
    expected = oracle.to_ascii(host)
    try:
        found, _, _, _, flags = _core.host_normalize(host)
    except UrlError:
        assert expected is None
        return
    if flags & IP:
        return
    if expected is not None and not expected.rpartition(".")[2][:1].isdigit():
        assert found == expected
        assert not flags & REFUSED
    if expected is None:
        assert flags & REFUSED


@pytest.mark.any_kernel
def test_every_code_point():
    """Between letters, every one that maps to something; alone, accepted or refused rightly."""
    oracle = run_oracle()
    codes = [c for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]
    between = normalize_urls([f"http://a{chr(c)}b.example" for c in codes])
    alone = normalize_urls([f"//{chr(c)}" for c in codes])
    wrong, checked = [], 0
    for code, canonical, single in zip(codes, between, alone, strict=True):
        text = oracle.mapped(f"a{chr(code)}b.example")
        expected = None if text is None else oracle.to_ascii(chr(code))
        assert canonical is not None
        if text is not None and "%" not in text:
            checked += 1
            if canonical != oracle.encoded(text) + "/":
                wrong.append(hex(code))
        if (expected is None) != (single is None or refused(chr(code))):
            wrong.append(hex(code))
    assert checked > 170_000
    assert wrong == []


def refused(host):
    return bool(_core.url_normalize("//" + host)[4] & REFUSED)
