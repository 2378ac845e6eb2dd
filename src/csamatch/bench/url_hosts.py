"""How our hosts differ from those of a parser that follows the WHATWG URL Standard."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from csamatch import _core

REFUSED: Final = "refused by browsers, looked up all the same"
NOT_SPECIAL: Final = "opaque, of a scheme that is not special"
DOTS: Final = "with dots in front, behind or in a row"
WITHIN_IPV6: Final = "with IPv4 within IPv6"
OTHER: Final = "other"

_MAPPED: Final = ipaddress.ip_network("::ffff:0:0/96")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")
_SPECIAL: Final = re.compile(r"[\s\0-\x20]*(https?|ftp|wss?):", re.IGNORECASE)


def our_host(url: str) -> str | None:
    """Return the host that csamatch sees, None where there is none."""
    canonical, length, *_ = _core.url_attempt(url, 0)
    return None if canonical is None else canonical[:length]


def _ipv4_within(host: str) -> str | None:
    """Return the IPv4 address that a bracketed IPv6 address stands for."""
    with suppress(ValueError):
        address = ipaddress.IPv6Address(host[1:-1])
        if address in _MAPPED or address in _NAT64:
            return str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return None


def difference(url: str, theirs: str | None) -> str:
    """Say why our host of a URL is not theirs; an empty str where it is.

    Parameters
    ----------
    url : str
        What both were given.
    theirs : str or None
        The other parser's host; None where it refuses the URL.
    """
    ours = our_host(url)
    if ours == (theirs or None):  # an empty host is none
        return ""
    if ours is not None and theirs is None:
        return REFUSED
    if (re.sub(r"\.+", ".", theirs or "").strip(".") or None) == ours:
        return DOTS
    if ours is None or theirs is None:
        return OTHER
    if _ipv4_within(theirs) == ours:
        return WITHIN_IPV6
    return OTHER if _SPECIAL.match(url) else NOT_SPECIAL


def differences(urls: Iterable[str], hosts: Iterable[str | None]) -> Counter[str]:
    """Count the URLs whose host is another, by the reason."""
    found = Counter(map(difference, urls, hosts))
    del found[""]
    return found
