"""URLs to measure with, some of them listed, and the lists."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import UrlList
from csamatch.errors import Error
from csamatch.rules import ADDRESS_RULES, CODES

ENTRIES = 100_000
"""Of each rule, in a list."""

LISTED: Final = 100
"""How many of them URLs of a sample may hit."""

_ONE_IN: Final = 1000
_CORPORA: Final = ("top100.txt", "urlhaus_urls_2018_2022.txt")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def corpora(named: Sequence[Path] | None) -> list[Path]:
    """Return the files named, or by default those of the folder of real lists, if there is one."""
    if named:
        return list(named)
    folder = Path(os.environ.get("CSAMATCH_SHARED") or "", "data", "urls")
    return [folder / name for name in _CORPORA if (folder / name).is_file()]


def read(path: Path) -> list[str]:
    """Read all lines of a file as URLs; those without a scheme, which parsers want, get one."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise Error(f"{path}: {error.strerror}") from None
    lines = text.removesuffix("\n").split("\n") if text else []
    return [line if _SCHEME.match(line) else f"http://{line}" for line in lines]


def _host(number: int) -> str:
    return f"www.listed{number}.example"


def _planted(number: int) -> str:
    return f"https://{_host(number)}/path/{number}/page.html?id={number}"


def _rule(number: int) -> str:
    return ADDRESS_RULES[number % len(ADDRESS_RULES)]


class Lists(NamedTuple):
    """A list of domains only, and one of all rules."""

    domains: UrlList
    mixed: UrlList


def make_lists() -> Lists:
    """Make lists of random entries, and of those that samples hit."""
    count = ENTRIES - LISTED
    numbers = np.random.default_rng(count).integers(0, 2**62, count)
    names = [f"{number:x}.example" for number in numbers.tolist()]
    domains: list[tuple[str, str]] = [(name, "domain") for name in names]
    mixed = domains + [(f"www.{name}", "host") for name in names]
    mixed += [(f"{name}/page.html?id=1", "url") for name in names]
    mixed += [(f"{name}/path/", "prefix") for name in names]
    for number in range(LISTED):
        domain = _host(number).removeprefix("www.")
        entry = {
            "domain": domain,
            "host": _host(number),
            "url": _planted(number),
            "prefix": f"{_host(number)}/path/{number}/",
        }
        domains.append((domain, "domain"))
        mixed.append((entry[_rule(number)], _rule(number)))
    return Lists(UrlList(domains), UrlList(mixed))


class UrlSample:
    """The URLs of a file, and one in a thousand put among them that is listed.

    Parameters
    ----------
    path : path
        One URL a line; all lines count.

    Attributes
    ----------
    name : str
        Of the file, without its suffix.
    urls : list of str
        All of them, in the file's order.
    listed : dict of int to int
        Which of them are listed, by their places: the number of each one's entry.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.stem
        lines = read(path)
        if not lines:
            raise Error(f"{path}: there are no URLs in it")
        self.urls: list[str] = []
        self.listed: dict[int, int] = {}
        for start in range(0, len(lines), _ONE_IN):
            number = len(self.listed) % LISTED
            self.listed[len(self.urls)] = number
            self.urls += [_planted(number), *lines[start : start + _ONE_IN]]

    def rules(self, mixed: bool) -> npt.NDArray[np.uint8]:
        """Which rule each URL hits; that of domains if the list is not `mixed`."""
        rules = np.zeros(len(self.urls), np.uint8)
        for place, number in self.listed.items():
            rules[place] = CODES[_rule(number) if mixed else "domain"]
        return rules

    def part(self, most: int) -> dict[int, str]:
        """At most about so many URLs, by their places, taken evenly and with all the listed."""
        count = len(self.urls)
        places = np.linspace(0, count - 1, min(most, count)).astype(np.int64)
        return {place: self.urls[place] for place in sorted({*places.tolist(), *self.listed})}

    def listed_host(self, place: int) -> str:
        """Return the host of the listed URL at a place."""
        return _host(self.listed[place])
