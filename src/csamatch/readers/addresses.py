"""Lists of domains and URLs: one a line, hosts files, adblock rules.

``reader="domains"`` and ``reader="urls"`` differ in one thing: in a list of domains a lone slash
behind a name (``bad.example/``) is dirt, in a list of URLs it is the site's front page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from csamatch.readers.records import Record, Rejected, lines

_COMMENTS = ("#", "!", "//", "[Adblock", "[adblock")
_COMMENT_BEHIND = re.compile(r"\s+[#!].*")
_HOSTS_FILE = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:]*)(?:%\w+)?")
# A "^" that ends a rule is adblock's sign for the end of an address; in a path it is itself.
_ADBLOCK = re.compile(r"\|\|([^|^$*/]+(?:/[^|$*]*?)?)\^?(?:\$(.*))?")
# Options that leave a rule what it is, a block of the address for everyone.
_ADBLOCK_OPTIONS = frozenset({"all", "doc", "document", "important", "popup"})
_HOST = re.compile(r"(?:[A-Za-z0-9_-]+\.)+(?:[A-Za-z][A-Za-z0-9-]*|\d{1,3})\.?|\[[0-9A-Fa-f:.]+\]")


def _parse(line: str) -> list[str] | str:
    """Return the addresses in a line, or the reason why there are none."""
    if line.startswith("@@"):
        return "an adblock exception, which takes away rather than lists"
    if line.startswith("|"):
        return _parse_adblock(line)
    words = line.split()
    if len(words) > 1 and _HOSTS_FILE.fullmatch(words[0]):
        words = words[1:]
    elif len(words) > 1:
        return "more than one word"
    if any(word.startswith("*.") for word in words):
        return "a wildcard; list the domain itself, which covers its subdomains"
    return words


def _parse_adblock(line: str) -> list[str] | str:
    rule = _ADBLOCK.fullmatch(line)
    if rule is None:
        return "an adblock rule that is more than an address"
    if rule[2] is not None and not _ADBLOCK_OPTIONS.issuperset(rule[2].split(",")):
        return "an adblock rule with conditions"
    return [rule[1]]


def _read(stream: BinaryIO, lone_slash: bool) -> Iterator[Record | Rejected]:
    for number, raw in lines(stream):
        where = f"line {number}"
        if raw is None:
            yield Rejected(where, "a line too long for an address")
            continue
        if b"\0" in raw:
            yield Rejected(where, "binary data", raw.decode("utf-8", "backslashreplace"))
            continue
        line = raw.decode("utf-8", "replace")
        if not line or line.startswith(_COMMENTS):
            continue
        found = _parse(_COMMENT_BEHIND.sub("", line))
        if isinstance(found, str):
            yield Rejected(where, found, line)
            continue
        for word in found:
            bare = word.removesuffix("/") if lone_slash else word
            yield Record([("", word if "/" in bare else bare)], where)


def read_domains(stream: BinaryIO, source: str) -> Iterator[Record | Rejected]:
    """Read a list of domains, among which a URL may still stand."""
    return _read(stream, lone_slash=True)


def read_urls(stream: BinaryIO, source: str) -> Iterator[Record | Rejected]:
    """Read a list of URLs, among which domains may stand."""
    return _read(stream, lone_slash=False)


def count_addresses(raw_lines: Iterable[bytes]) -> tuple[int, int]:
    """Count the lines that look like hosts, and those that look like URLs."""
    hosts = urls = 0
    for raw in raw_lines:
        line = raw.decode("utf-8", "replace").strip()
        if not line or line.startswith(_COMMENTS):
            continue
        found = _parse(_COMMENT_BEHIND.sub("", line))
        if isinstance(found, str) or not found:
            continue
        scheme, separator, rest = found[0].partition("://")
        host, _, path = (rest if separator else scheme).partition("/")
        host = host.rpartition("@")[2]
        if not _HOST.fullmatch(re.sub(r":\d*$", "", host)):
            continue
        if separator or path or "?" in host:
            urls += 1
        else:
            hosts += 1
    return hosts, urls
