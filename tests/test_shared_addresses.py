"""Public lists of domains and URLs, counted by a plain reading of them (CSAMATCH_SHARED)."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

import csamatch
from sources import balanced

FILES = [
    "domains/blocklistproject_phishing_20260622.txt",
    "domains/blocklistproject_phishing_20260705.txt",
    "domains/benign_cloudflare_top100k.txt",
    "domains/urlhaus_hosts_2018_2022.txt",
    "urls/urlhaus_urls_2018_2022.txt",
]


def said(line: str) -> str:
    """A line without a comment behind it, and without what makes it a rule of adblock."""
    line = line.partition(" #")[0].strip()
    return line.removeprefix("||").removesuffix("$all").removesuffix("^")


def lines_of(path: Path) -> list[tuple[int, str]]:
    """The lines that list something, with their numbers."""
    text = path.read_text(encoding="utf-8")
    return [
        (number, said(line))
        for number, line in enumerate(text.split("\n"), 1)
        if line.strip() and not line.startswith(("#", "!"))
    ]


def is_bare(line: str) -> bool:
    """Whether a line is a name, or an address, and nothing more."""
    return not any(c in line for c in "/?#:")


def check(path: Path, out: Path) -> csamatch.BuildReport:
    report = csamatch.build(path, out)
    assert balanced(report)
    lines = lines_of(path)
    assert report.read == len(lines)
    left_out = {int(sample.where.removeprefix("line ")) for sample in report.samples}
    assert len(left_out) == sum(report.quarantined.values()) + report.rejected
    kept = [line for number, line in lines if number not in left_out]
    if report.readers[str(path)] == "domains":  # where a lone slash is dirt
        kept = [line.removesuffix("/") if line.count("/") == 1 else line for line in kept]
    # How addresses are spelt is held against other oracles; here it counts that none is lost.
    names = {csamatch.normalize_host(line) for line in kept if is_bare(line)}
    pages = {csamatch.normalize_url(line) for line in kept if not is_bare(line)}
    expected = {"domain": len(names), "url": len(pages)}
    assert report.counts == {rule: count for rule, count in expected.items() if count}
    assert report.accepted == len(names) + len(pages)
    assert csamatch.open(out).match(kept).mask.all()
    return report


@pytest.mark.parametrize("name", FILES)
def test_every_line_is_accounted_for(shared, out, name):
    path = shared / "data" / name
    report = check(path, out)
    # One name has two dots side by side: nobody can tell what was meant.
    assert report.rejected == sum(".." in line.split("/")[0] for _, line in lines_of(path))


def test_updates(shared, out):
    paths = sorted((shared / "data/updates").glob("*.txt"))
    assert len(paths) == 24
    for path in paths:
        assert check(path, out).rejected == 0


@pytest.mark.any_kernel
def test_ordinary_urls(shared, out):
    """What is no URL in a list of them is named: lines with blanks in them."""
    path = shared / "data/urls/top100.txt"
    report = csamatch.build(path, out)
    assert balanced(report)
    lines = lines_of(path)
    bad = {number for number, line in lines if len(line.split()) > 1}
    rejected = {
        int(s.where.removeprefix("line "))
        for s in report.samples
        if s.reason == "more than one word"
    }
    assert rejected == bad
    prose = {s.where for s in report.samples if s.reason.startswith("a character in the host")}
    spelt = {f"line {n}": line.partition("://") for n, line in lines}
    assert len(prose) == 7
    assert all(set("%&' ") & set(spelt[where][2] or spelt[where][0]) or "&" in spelt[where][0]
               for where in prose)  # fmt: skip
    assert (report.read, report.rejected) == (len(lines), len(bad) + len(prose) + 1)


def test_numbers_are_hosts_of_their_own(shared, out):
    """An address in a list of domains covers itself."""
    path = shared / "data/domains/urlhaus_hosts_2018_2022.txt"
    numbers = []
    for _, line in lines_of(path)[:150_000]:
        try:
            numbers.append(ipaddress.IPv4Address(line))
        except ValueError:
            continue
    listed = [str(number) for number in numbers if number.is_global][:1000]
    lst = csamatch.UrlList.from_entries(listed)
    assert len(lst) == len(set(listed)) == 1000
    others = [str(number + 1) for number in numbers[:1000]]
    expected = [other in set(listed) for other in others]
    assert lst.match(others).mask.tolist() == expected
