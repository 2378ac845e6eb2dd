"""Why a URL matched, or did not: its readings, and all that is looked up for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from csamatch import _core
from csamatch.addresses import readings_of
from csamatch.errors import UrlError
from csamatch.rules import (
    ADDRESS_IP,
    ADDRESS_OPEN_PATH,
    ADDRESS_REFANGED,
    ADDRESS_WIDE_IP,
    READ_OPEN_PATH,
    READ_REFANG,
    READ_WRAP_IP,
)

__all__ = ["Explanation", "Lookup", "explain_url"]

FLAGS: Final = {
    1: "userinfo",
    2: "port",
    4: "double-escaped",
    8: "refused",
    ADDRESS_IP: "ip",
    32: "wrapped",
    ADDRESS_REFANGED: "refanged",
    ADDRESS_OPEN_PATH: "open-path",
    ADDRESS_WIDE_IP: "wide-ip",
}
"""What can be met on the way to a canonical form; the bits are those of ``csamatch.h``."""

_OTHERS: Final = {
    ADDRESS_REFANGED: READ_REFANG,
    ADDRESS_OPEN_PATH: READ_OPEN_PATH,
    ADDRESS_WIDE_IP: READ_WRAP_IP,
}


class Lookup(NamedTuple):
    """One thing looked up for a URL: a rule, and the canonical form asked for under it.

    `host_length` says how much of the form is the host.
    """

    rule: str
    form: str
    host_length: int

    def key(self) -> bytes:
        """Return the key under which a list would hold it."""
        return _core.address_key(self.form, self.host_length)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a URL is taken for.

    Attributes
    ----------
    canonical : str
        The canonical form: host, path and query.
    host : str
        The host in it.
    port : int or None
        The port that was dropped.
    flags : tuple of str
        What was met on the way: ``"userinfo"``, ``"port"`` (not the scheme's own),
        ``"double-escaped"``, ``"refused"`` (a browser would not take this host), ``"ip"``,
        ``"wrapped"`` (inside another URL, or encoded as a whole), ``"refanged"``,
        ``"open-path"`` (a ``%3F`` in the path), ``"wide-ip"`` (numbers too large for IPv4).
    readings : tuple of str
        The canonical forms of all readings, `canonical` first. A further one is looked up only
        while those before it hit nothing.
    lookups : tuple of Lookup
        All that is looked up, reading by reading; in each the most specific first, which is the
        one that counts where several hit.
    """

    canonical: str
    host: str
    port: int | None
    flags: tuple[str, ...]
    readings: tuple[str, ...]
    lookups: tuple[Lookup, ...] = field(repr=False)


def _suffixes(host: str) -> Iterator[str]:
    """Yield a name and its parents, but none of numbers alone."""
    yield host
    while (dot := host.find(".")) >= 0:
        host = host[dot + 1 :]
        if host.strip("0123456789."):
            yield host


def lookups_of(canonical: str, host_length: int, path_length: int, is_ip: bool) -> Iterator[Lookup]:
    """Yield what is looked up for a canonical form, the most specific first."""
    host = canonical[:host_length]
    yield Lookup("url", canonical, host_length)
    for end in range(host_length + path_length, host_length, -1):
        if canonical[end - 1] == "/":
            yield Lookup("prefix", canonical[:end], host_length)
    yield Lookup("host", host, host_length)
    for name in [host] if is_ip else _suffixes(host):
        yield Lookup("domain", name, len(name))


def _other_readings(flags: int) -> Iterator[int]:
    """Yield which bits of the readings to turn over, in the order of the C library."""
    others = sum(bit for flag, bit in _OTHERS.items() if flags & flag)
    turn = others
    while turn:
        yield turn
        turn = (turn - 1) & others


def explain_url(
    url: str | bytes, /, *, refang: bool = False, legacy_idna: bool = False
) -> Explanation:
    """Say what a URL is taken for, and what is looked up for it.

    Parameters
    ----------
    url : str or bytes
        Any spelling of a URL.
    refang : bool
        Undo defanging first, as `normalize_url` does.
    legacy_idna : bool
        Not supported in this version.

    Returns
    -------
    Explanation
        Its readings, flags and look-ups. They show the URL itself: mind where you log them.

    Raises
    ------
    UrlError
        When it has no canonical form.
    TypeError
        When `url` is neither str nor bytes.

    Examples
    --------
    >>> said = explain_url("http://user@www.Bad.example:8080/a/b?c")
    >>> said.canonical, said.flags
    ('www.bad.example/a/b?c', ('userinfo', 'port'))
    >>> [lookup.form for lookup in said.lookups if lookup.rule == "domain"]
    ['www.bad.example', 'bad.example', 'example']
    """
    return explain(url, readings_of(refang, legacy_idna))


def explain(url: str | bytes, readings: int) -> Explanation:
    """Do what `explain_url` does, given the readings as the C library has them."""
    canonical, host_length, path_length, port, flags = _core.url_normalize(url, readings)
    forms = [canonical]
    found = list(lookups_of(canonical, host_length, path_length, bool(flags & ADDRESS_IP)))
    for turn in _other_readings(flags):
        try:
            other, host_end, path_end, _, met = _core.url_normalize(url, readings ^ turn)
        except UrlError:
            continue
        forms.append(other)
        found += lookups_of(other, host_end, path_end, bool(met & ADDRESS_IP))
    return Explanation(
        canonical,
        canonical[:host_length],
        None if port < 0 else port,
        tuple(name for bit, name in FLAGS.items() if flags & bit),
        tuple(dict.fromkeys(forms)),
        tuple(dict.fromkeys(found)),
    )
