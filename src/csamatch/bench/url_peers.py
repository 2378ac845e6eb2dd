"""Other packages that take URLs apart or normalise them."""

from __future__ import annotations

import warnings
from importlib import import_module, metadata, util
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit


class UrlPeer:
    """Another package that works on URLs.

    Attributes
    ----------
    name : str
        For the table.
    module : str
        What is imported for it.
    package : str
        What it is installed by.
    most_queries : int
        About how many URLs it is given at once; slow ones get fewer.
    """

    name: ClassVar[str]
    module: ClassVar[str] = ""
    package: ClassVar[str] = ""
    most_queries: ClassVar[int] = 10**6

    def __init__(self) -> None:
        if self.module:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what old packages say is not for our users
                self.imported: Any = import_module(self.module)

    @classmethod
    def is_installed(cls) -> bool:
        """Whether it can be measured here."""
        return not cls.module or util.find_spec(cls.module.partition(".")[0]) is not None

    @classmethod
    def version(cls) -> str:
        """Return the version of what is installed."""
        return metadata.version(cls.package) if cls.package else ""

    def convert(self, urls: list[str]) -> list[Any]:
        """Do to all what it does; this is timed."""
        raise NotImplementedError


class CanAda(UrlPeer):
    """The ada parser behind a thin binding."""

    name = "can_ada.parse(u).href"
    module = package = "can_ada"

    def convert(self, urls: list[str]) -> list[Any]:
        """Normalise."""
        parse = self.imported.parse
        return [parse(url).href for url in urls]


class AdaUrl(UrlPeer):
    """The ada parser behind cffi."""

    name = "ada_url.normalize_url"
    module = "ada_url"
    package = "ada-url"

    def convert(self, urls: list[str]) -> list[Any]:
        """Normalise."""
        normalize = self.imported.normalize_url
        return [normalize(url) for url in urls]


class Yarl(UrlPeer):
    """yarl, as it comes, with its caches."""

    name = "yarl.URL"
    module = package = "yarl"

    def convert(self, urls: list[str]) -> list[Any]:
        """Take apart and requote."""
        make = self.imported.URL
        return [make(url) for url in urls]


class UrlSplit(UrlPeer):
    """The standard library, which only takes URLs apart."""

    name = "urllib.parse.urlsplit"

    def convert(self, urls: list[str]) -> list[Any]:
        """Take apart."""
        return [urlsplit(url) for url in urls]


class W3lib(UrlPeer):
    """What Scrapy tells URLs apart by."""

    name = "w3lib canonicalize_url"
    module = "w3lib.url"
    package = "w3lib"
    most_queries = 20_000

    def convert(self, urls: list[str]) -> list[Any]:
        """Normalise."""
        canonicalize = self.imported.canonicalize_url
        return [canonicalize(url) for url in urls]


class UrlCanon(UrlPeer):
    """urlcanon, by the rules of Safe Browsing."""

    name = "urlcanon.google"
    module = package = "urlcanon"
    most_queries = 10_000

    def convert(self, urls: list[str]) -> list[Any]:
        """Normalise."""
        canonicalize, parse = self.imported.google, self.imported.parse_url
        return [str(canonicalize(parse(url))) for url in urls]


class GgLsbl(UrlPeer):
    """A client of Safe Browsing: what it would look up, not looking it up."""

    name = "gglsbl, all expressions"
    module = "gglsbl.protocol"
    package = "gglsbl"
    most_queries = 10_000

    def convert(self, urls: list[str]) -> list[Any]:
        """Normalise and list the expressions of each."""
        make = self.imported.URL
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it calls in the standard library
            return [list(make.url_permutations(make(url).canonical)) for url in urls]


BASELINE: Final = CanAda

PEERS: Final[dict[str, type[UrlPeer]]] = {
    "can_ada": CanAda,
    "ada_url": AdaUrl,
    "yarl": Yarl,
    "urlsplit": UrlSplit,
    "w3lib": W3lib,
    "urlcanon": UrlCanon,
    "gglsbl": GgLsbl,
}
"""By the name that the command line has for each."""


def versions() -> dict[str, str]:
    """Return the versions of what is installed, by the name it is installed by."""
    return {
        peer.package: peer.version()
        for peer in PEERS.values()
        if peer.package and peer.is_installed()
    }
