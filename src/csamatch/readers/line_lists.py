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
