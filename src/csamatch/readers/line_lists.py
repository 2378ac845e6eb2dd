"""Telling lists of one digest or address a line from one another, and from mere text."""

from __future__ import annotations

from typing import NamedTuple

from csamatch.readers import addresses, text
from csamatch.readers.interface import Head


class Tally(NamedTuple):
    """How many lines look like what."""

    digests: int
    hosts: int
    urls: int
    emails: int

    @property
    def addresses(self) -> int:
        """Hosts and URLs."""
        return self.hosts + self.urls


def tally(head: Head) -> Tally:
    """Count the lines of each sort."""
    digests = sum(text.looks_like_digest(line) for line in head.lines)
    return Tally(digests, *addresses.count_addresses(head.lines))


def is_text(head: Head) -> bool:
    """Whether most lines are digests."""
    found = head.once(tally)
    return found.digests > found.addresses + found.emails


def _lists_addresses(found: Tally) -> bool:
    return found.addresses > found.digests + found.emails


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
    if found.digests and found.digests == found.addresses:
        return "a list of digests as much as one of addresses"
    if not any(line.strip() and not text.is_blank(line.strip()) for line in head.lines):
        return "a list of nothing but comments"
    return "text whose lines are no digests and no addresses"
