"""csamatch: recognise known child-sexual-abuse material by hash, host and URL."""

import importlib
from typing import TYPE_CHECKING, Any

from csamatch._core import kernels, version

if TYPE_CHECKING:
    from csamatch import audit as audit
    from csamatch import metrics as metrics
    from csamatch import quarantine as quarantine
    from csamatch import readers as readers
    from csamatch.addresses import normalize_host, normalize_url, normalize_urls
    from csamatch.building import build
    from csamatch.delta import apply_delta, write_delta
    from csamatch.differing import Diff, diff
    from csamatch.entries import Entry
    from csamatch.errors import (
        DeltaError,
        DigestError,
        Error,
        FormatError,
        ListFileError,
        ListKeyError,
        ListPermissionWarning,
        SelfTestError,
        SignatureError,
        StaleListError,
        StaleListWarning,
        UpdateError,
        UrlError,
    )
    from csamatch.explain import Explanation, explain_url
    from csamatch.exporting import export
    from csamatch.flood import Flood, FloodGuard
    from csamatch.hashlist import HashList
    from csamatch.info import ListInfo
    from csamatch.inspection import Inspection, inspect
    from csamatch.links import find_urls
    from csamatch.live import LiveList
    from csamatch.matcher import Matcher
    from csamatch.matches import Match, Matches
    from csamatch.multimatches import MultiMatches
    from csamatch.opening import open_list as open
    from csamatch.opening import verify
    from csamatch.publishing import publish
    from csamatch.purging import PurgeReceipt, purge
    from csamatch.receipt import UpdateReceipt
    from csamatch.report import BuildReport
    from csamatch.selftest import SelfTest
    from csamatch.signing import sign
    from csamatch.textmatches import TextMatch, TextMatches
    from csamatch.updating import update
    from csamatch.urllist import UrlList

__version__ = version()
del version

__all__ = [
    "BuildReport",
    "DeltaError",
    "Diff",
    "DigestError",
    "Entry",
    "Error",
    "Explanation",
    "Flood",
    "FloodGuard",
    "FormatError",
    "HashList",
    "Inspection",
    "ListFileError",
    "ListInfo",
    "ListKeyError",
    "ListPermissionWarning",
    "LiveList",
    "Match",
    "Matcher",
    "Matches",
    "MultiMatches",
    "PurgeReceipt",
    "SelfTest",
    "SelfTestError",
    "SignatureError",
    "StaleListError",
    "StaleListWarning",
    "TextMatch",
    "TextMatches",
    "UpdateError",
    "UpdateReceipt",
    "UrlError",
    "UrlList",
    "apply_delta",
    "build",
    "diff",
    "explain_url",
    "find_urls",
    "export",
    "inspect",
    "kernels",
    "normalize_host",
    "normalize_url",
    "normalize_urls",
    "open",
    "publish",
    "purge",
    "sign",
    "update",
    "verify",
    "write_delta",
]

# The module that each name comes from, which is imported when the name is first used: building
# needs far more than matching, and neither is for a program that only asks for the version.
# What the type checkers read above is the same, and a test compares the two.
_HOMES = {
    "BuildReport": "report",
    "DeltaError": "errors",
    "Diff": "differing",
    "DigestError": "errors",
    "Entry": "entries",
    "Error": "errors",
    "Explanation": "explain",
    "Flood": "flood",
    "FloodGuard": "flood",
    "FormatError": "errors",
    "HashList": "hashlist",
    "Inspection": "inspection",
    "ListFileError": "errors",
    "ListInfo": "info",
    "ListKeyError": "errors",
    "ListPermissionWarning": "errors",
    "LiveList": "live",
    "Match": "matches",
    "Matcher": "matcher",
    "Matches": "matches",
    "MultiMatches": "multimatches",
    "PurgeReceipt": "purging",
    "SelfTest": "selftest",
    "SelfTestError": "errors",
    "SignatureError": "errors",
    "StaleListError": "errors",
    "StaleListWarning": "errors",
    "TextMatch": "textmatches",
    "TextMatches": "textmatches",
    "UpdateError": "errors",
    "UpdateReceipt": "receipt",
    "UrlError": "errors",
    "UrlList": "urllist",
    "apply_delta": "delta",
    "build": "building",
    "diff": "differing",
    "explain_url": "explain",
    "export": "exporting",
    "find_urls": "links",
    "inspect": "inspection",
    "normalize_host": "addresses",
    "normalize_url": "addresses",
    "normalize_urls": "addresses",
    "open": "opening",
    "publish": "publishing",
    "purge": "purging",
    "sign": "signing",
    "update": "updating",
    "verify": "opening",
    "write_delta": "delta",
}
_MODULES = ("audit", "errors", "metrics", "quarantine", "readers")


def _get(name: str) -> Any:
    """Import what is asked for the first time; then it is an attribute like others."""
    if name in _MODULES:
        return importlib.import_module(f"csamatch.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'csamatch' has no attribute {name!r}")
    home = importlib.import_module(f"csamatch.{_HOMES[name]}")
    value = getattr(home, "open_list" if name == "open" else name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})


if not TYPE_CHECKING:  # or they would take any attribute for one
    __getattr__ = _get
