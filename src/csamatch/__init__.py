"""csamatch: recognise known child-sexual-abuse material by hash, host and URL."""

from csamatch._core import kernels, version
from csamatch.addresses import normalize_host, normalize_url, normalize_urls
from csamatch.build import build
from csamatch.delta import apply_delta, write_delta
from csamatch.diff import Diff, diff
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
from csamatch.export import export
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
from csamatch.publish import publish
from csamatch.purge import PurgeReceipt, purge
from csamatch.receipt import UpdateReceipt
from csamatch.report import BuildReport
from csamatch.selftest import SelfTest
from csamatch.signing import sign
from csamatch.textmatches import TextMatch, TextMatches
from csamatch.update import update
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
