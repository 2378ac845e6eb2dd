"""Telling lists of one digest or address a line from one another, and from mere text."""

from __future__ import annotations

import re
from typing import NamedTuple

from csamatch.readers import addresses, text
from csamatch.readers.interface import Head

_BARE = re.compile(rb"(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})")


class Tally(NamedTuple):
    """How many lines look like what."""

    digests: int
    near: int  # hex digits of a wrong length, and the like
    hosts: int
    urls: int
    emails: int
    rules: int
    lines: int  # neither blank nor comments, in a list of addresses
    text_lines: int  # the same in a list of digests, which has more sorts of comments

    @property
    def addresses(self) -> int:
        """Hosts and URLs."""
        return self.hosts + self.urls

    @property
    def is_mixed(self) -> bool:
        """Whether digests and addresses stand side by side, neither being dirt of the other."""
        return min(self.digests, self.addresses) * 4 > self.digests + self.addresses


def tally(head: Head) -> Tally:
    """Count the lines of each sort."""
    # Of a bare digest everything is known already, and most lists of digests hold nothing else.
    lines = [line for line in head.lines if not _BARE.fullmatch(line)]
    bare = len(head.lines) - len(lines)
    digests = bare + sum(text.looks_like_digest(line) for line in lines)
    near = bare + sum(text.looks_like_a_bad_digest(line) for line in lines)
    said = bare + sum(not text.is_blank(line.strip()) for line in lines)
    found = addresses.count_addresses(lines)
    return Tally(digests, near, *found._replace(lines=bare + found.lines), said)


def is_text(head: Head) -> bool:
    """Whether most lines are digests."""
    found = head.once(tally)
    is_chief = found.digests > found.addresses + found.emails and not found.is_mixed
    return is_chief and 2 * (found.digests + found.near) >= found.text_lines


def _lists_addresses(found: Tally) -> bool:
    is_chief = found.addresses > found.digests + found.emails and not found.is_mixed
    return is_chief and 2 * (found.addresses + found.rules) >= found.lines


def is_domains(head: Head) -> bool:
    """Whether most lines are addresses, and all of those bare hosts."""
    found = head.once(tally)
    return _lists_addresses(found) and not found.urls


def is_urls(head: Head) -> bool:
    """Whether most lines are addresses, and some of those more than a host."""
    found = head.once(tally)
    return _lists_addresses(found) and found.urls > 0


def what_lines_are(head: Head) -> str:
    """Say what lines are that no reader took for a list."""
    found = head.once(tally)
    if found.emails and found.emails >= found.digests + found.addresses:
        return "a list of e-mail addresses"
    if found.digests and found.is_mixed:
        if found.digests == found.addresses:
            return "a list of digests as much as one of addresses"
        return f"a mixture, of {found.digests:,} digests and {found.addresses:,} addresses"
    if not found.text_lines:
        size = "" if head.is_whole else f" in its first {len(head.data):,} bytes"
        return f"a list of nothing but comments{size}"
    listed = max(found.digests, found.addresses)
    if listed:
        what = "digests" if found.digests > found.addresses else "addresses"
        return f"text: of its first {found.lines:,} lines, only {listed:,} are {what}"
    return "text whose lines are no digests and no addresses"
