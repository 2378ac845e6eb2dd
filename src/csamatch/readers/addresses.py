"""Lists of domains and URLs: one a line, hosts files, adblock rules.

``reader="domains"`` and ``reader="urls"`` differ in one thing: in a list of domains a lone slash
behind a name (``bad.example/``) is dirt, in a list of URLs it is the site's front page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple

from csamatch.readers.records import Record, Rejected, lines
from csamatch.readers.spellings import IS_CONDITIONAL, IS_EMAIL, IS_WILDCARD, read_word

_COMMENTS = ("#", "!", "[Adblock", "[adblock")
_COMMENT_BEHIND = re.compile(r"(?<=\s)[#!]")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_NOWHERE = ("0.", "127.", ":")  # where hosts files send what they block
_IPV6 = re.compile(r"[0-9A-Fa-f:.]{2,45}(?:%\w{1,16})?")
# A "^" that ends a rule is adblock's sign for the end of an address; in a path it is itself.
_ADBLOCK = re.compile(r"\|\|([^|^$*/]+(?:/[^|$*]*?)?)\^?(?:\$(.*))?")
# Rules such as "host##.ad": what stands in front of the marks is no address to block.
_COSMETIC = re.compile(r"[^/\s]*#[@?$%]?#")
# Options that leave a rule what it is, a block of the address for everyone.
_ADBLOCK_OPTIONS = frozenset({"all", "doc", "document", "important", "popup"})
# Whatever is not ASCII may be a letter here.
_HOST = re.compile(
    r"(?:[A-Za-z0-9_\x80-\U0010FFFF-]+\.)+"
    r"(?:[A-Za-z\x80-\U0010FFFF][A-Za-z0-9\x80-\U0010FFFF-]*|\d{1,3})\.?"
    r"|\[[0-9A-Fa-f:.]+\]"
)
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


def parse(line: str) -> list[str] | str:
    """Return the addresses in a line, or the reason why there are none."""
    if line.startswith("@@"):
        return "an adblock exception, which takes away rather than lists"
    if _COSMETIC.match(line):
        return "an adblock rule that hides parts of pages rather than lists them"
    if line.startswith("|"):
        return _parse_adblock(line)
    words = line.split()
    if len(words) > 1 and _is_ip(words[0]) and not _is_list_of_ips(words):
        # Of a line of a hosts file; in those a comment may begin anywhere.
        words = line.partition("#")[0].split()[1:]
    elif len(words) > 1:
        return "more than one word"
    read = [read_word(word) for word in words]
    return next((reason for _, reason in read if reason), [word for word, _ in read])


def _is_ip(word: str) -> bool:
    """Whether a word can be the address in front of a line of a hosts file."""
    return bool(_IPV4.fullmatch(word) or (":" in word and _IPV6.fullmatch(word)))


def _is_list_of_ips(words: list[str]) -> bool:
    """Whether a line is of addresses to list, rather than of a hosts file that blocks one."""
    return _is_ip(words[1]) and not words[0].startswith(_NOWHERE)


def _without_comment(line: str) -> str:
    comment = _COMMENT_BEHIND.search(line)
    return line if comment is None else line[: comment.start()].rstrip()


def _parse_adblock(line: str) -> list[str] | str:
    rule = _ADBLOCK.fullmatch(line)
    if rule is None:
        return "an adblock rule that is more than an address"
    if rule[2] is not None and not _ADBLOCK_OPTIONS.issuperset(rule[2].split(",")):
        return IS_CONDITIONAL
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
        line = raw.decode("utf-8", "surrogateescape")  # back to the same bytes below
        if not line or line.startswith(_COMMENTS):
            continue
        found = parse(_without_comment(line))
        if isinstance(found, str):
            yield Rejected(where, found, raw.decode("utf-8", "backslashreplace"))
            continue
        for word in found:
            bare = word.removesuffix("/") if lone_slash else word
            value = word if "/" in bare else bare
            yield Record([("", value.encode("utf-8", "surrogateescape"))], where)


def read_domains(
    stream: BinaryIO, source: str, options: Mapping[str, Any]
) -> Iterator[Record | Rejected]:
    """Read a list of domains, among which a URL may still stand."""
    return _read(stream, lone_slash=True)


def read_urls(
    stream: BinaryIO, source: str, options: Mapping[str, Any]
) -> Iterator[Record | Rejected]:
    """Read a list of URLs, among which domains may stand."""
    return _read(stream, lone_slash=False)


class Counts(NamedTuple):
    """How many lines look like what."""

    hosts: int
    urls: int
    emails: int
    rules: int  # that are no address, but of a list of addresses
    lines: int  # neither blank nor comments


def count_addresses(raw_lines: Iterable[bytes]) -> Counts:
    """Count the lines that look like hosts, like URLs, and so on."""
    hosts = urls = emails = rules = count = 0
    for raw in raw_lines:
        line = raw.decode("utf-8", "replace").strip()
        if not line or line.startswith(_COMMENTS):
            continue
        count += 1
        found = parse(_without_comment(line))
        emails += found == IS_EMAIL
        if isinstance(found, str) or not found:
            rules += "adblock" in found or found == IS_WILDCARD
            continue
        is_of_hosts = len(line.split()) > 1 and all("." not in word for word in found)
        rules += is_of_hosts  # localhost and its like, in a hosts file
        scheme, separator, rest = found[0].partition("://")
        host, _, path = (rest if separator else scheme).partition("/")
        host = host.rpartition("@")[2]
        if not _HOST.fullmatch(re.sub(r":\d*$", "", host.translate(_DOTS))):
            continue
        if separator or path or "?" in host:
            urls += 1
        else:
            hosts += 1
    return Counts(hosts, urls, emails, rules, count)
