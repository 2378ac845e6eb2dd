"""Why a URL matched, or did not: its readings, and all that is looked up for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from csamatch import _core
from csamatch.addresses import readings_of
from csamatch.rules import (
    ADDRESS_DEVIATION,
    ADDRESS_IP,
    ADDRESS_OPEN_PATH,
    ADDRESS_REFANGED,
    ADDRESS_WIDE_IP,
    READ_LEGACY_IDNA,
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
    ADDRESS_DEVIATION: "deviation",
}
"""What can be met on the way to a canonical form; the bits are those of ``csamatch.h``."""

_OTHERS: Final = {
    ADDRESS_DEVIATION: READ_LEGACY_IDNA,
    ADDRESS_OPEN_PATH: READ_OPEN_PATH,
    ADDRESS_WIDE_IP: READ_WRAP_IP,
}


class Lookup(NamedTuple):
    """One thing looked up for a URL: a rule, and the canonical form asked for under it."""

    rule: str
    form: str

    def __repr__(self) -> str:
        return f"<Lookup: {self.rule}>"


class _Reading(NamedTuple):
    """A canonical text."""

    text: str
    host_length: int
    path_length: int
    is_ip: bool


class Lookups(Sequence[Lookup]):
    """All look-ups of some readings. Only where they lie is kept: long URLs have very many."""

    def __init__(self, readings: Sequence[_Reading]) -> None:
        self._places = [(reading, *place) for reading in readings for place in _places(reading)]

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return tuple(map(self._lookup, self._places[index]))
        return self._lookup(self._places[index])

    @staticmethod
    def _lookup(place: tuple[_Reading, str, int, int]) -> Lookup:
        reading, rule, start, end = place
        return Lookup(rule, reading.text[start:end])

    def __repr__(self) -> str:
        return f"<Lookups: {len(self)}>"


@dataclass(frozen=True, slots=True, repr=False)
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
        ``"open-path"`` (a ``%3F`` in the path), ``"wide-ip"`` (numbers too large for IPv4),
        ``"deviation"`` (a name that IDNA2003 read otherwise).
    readings : tuple of str
        The canonical forms of all readings, `canonical` first. A further one is looked up only
        while those before it hit nothing.
    lookups : sequence of Lookup
        All that is looked up, reading by reading; in each the most specific first, which is the
        one that counts where several hit.
    """

    canonical: str
    host: str
    port: int | None
    flags: tuple[str, ...]
    readings: tuple[str, ...]
    lookups: Lookups

    def __repr__(self) -> str:
        return f"<Explanation: {len(self.readings)} readings, {len(self.lookups)} look-ups>"


def _places(reading: _Reading) -> Iterator[tuple[str, int, int]]:
    """Yield rule, start and end of what is looked up, the most specific first."""
    text, end = reading.text, reading.host_length
    yield "url", 0, len(text)
    for at in range(end + reading.path_length, end, -1):
        if text[at - 1] == "/":
            yield "prefix", 0, at
    yield "host", 0, end
    yield "domain", 0, end
    if reading.is_ip:
        return
    # A parent of numbers alone is none: it would be no name.
    named = len(text[:end].rstrip("0123456789."))
    at = text.find(".", 0, end)
    while 0 <= at < named - 1:
        yield "domain", at + 1, end
        at = text.find(".", at + 1, end)


def _other_readings(flags: int, legacy: int) -> Iterator[int]:
    """Yield which bits of the readings to turn over, in the order of the C library."""
    others = sum(bit for flag, bit in _OTHERS.items() if flags & flag)
    others &= legacy | ~READ_LEGACY_IDNA
    turn = others
    while turn:
        yield turn
        turn = (turn - 1) & others


def _readings(url: str | bytes, readings: int) -> Iterator[tuple[_Reading, int, int]]:
    """Yield all readings of a URL, with port and flags; those without a host are none."""
    flags = ADDRESS_REFANGED
    legacy = readings & READ_LEGACY_IDNA
    readings ^= legacy
    for first in dict.fromkeys((readings, readings & ~READ_REFANG)):
        if not flags & ADDRESS_REFANGED:
            return
        attempts = [_core.url_attempt(url, first)]
        flags = attempts[0][4]
        attempts += [
            _core.url_attempt(url, first ^ turn) for turn in _other_readings(flags, legacy)
        ]
        for text, host_length, path_length, port, met in attempts:
            if text is not None:
                yield _Reading(text, host_length, path_length, bool(met & ADDRESS_IP)), port, met


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
        Show the reading of IDNA2003 too, as `UrlList.match` looks it up.

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
    readings = readings_of(refang, legacy_idna)
    found = list(_readings(url, readings))
    if not found:
        _core.url_normalize(url, readings & ~READ_LEGACY_IDNA)  # raises, with the reason
    chief, port, flags = found[0]
    return Explanation(
        chief.text,
        chief.text[: chief.host_length],
        None if port < 0 else port,
        tuple(name for bit, name in FLAGS.items() if flags & bit),
        tuple(dict.fromkeys(reading.text for reading, _, _ in found)),
        Lookups([reading for reading, _, _ in found]),
    )
