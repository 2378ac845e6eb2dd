"""What is known to be harmless: lists, list files, or sources in any format."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from csamatch import listfile, quarantine
from csamatch.addresses import ListedAddress
from csamatch.errors import FormatError
from csamatch.hashlist import HashList
from csamatch.intake import Intake
from csamatch.opening import open_list
from csamatch.reading import Request, read_source
from csamatch.report import BuildReport
from csamatch.sources import Source, is_path
from csamatch.urllist import UrlList

Harmless = Source | HashList | UrlList
"""A list of what is harmless, or what one is made of."""


class AllowList:
    """One list or several, of one kind, asked together."""

    def __init__(self, lists: Iterable[HashList | UrlList]) -> None:
        self._lists = tuple(lists)
        kinds = {lst.info.kind for lst in self._lists}
        if len(kinds) > 1:
            raise ValueError("allow: holds both hashes and addresses")
        self.kind = kinds.pop() if kinds else ""

    def holds(self, rule: str, value: bytes | ListedAddress) -> bool:
        """Whether this very digest or address is on one of them by this very rule."""
        return any(lst._holds(rule, value) for lst in self._lists)

    def mask(self, algorithm: str, data: Any) -> npt.NDArray[np.bool_]:
        """Which of many packed digests are on one of them."""
        masks: list[npt.NDArray[np.bool_]] = [
            lst.match(data, algorithm=algorithm).mask
            for lst in self._lists
            if isinstance(lst, HashList)
        ]
        found: npt.NDArray[np.bool_] = np.logical_or.reduce(masks)
        return found


def allow_list(given: Harmless | Iterable[Harmless] | None) -> AllowList | None:
    """Make an allow-list of a path, a list, an open file, or several of them."""
    if given is None:
        return None
    is_one = is_path(given) or hasattr(given, "read") or isinstance(given, (HashList, UrlList))
    if not is_one and (not isinstance(given, Iterable) or isinstance(given, (bytes, bytearray))):
        raise TypeError(f"allow: expected a path or a list, not {type(given).__name__}")
    several: Any = [given] if is_one else given
    lists = [one_list(each) for each in several]
    return AllowList(lists) if lists else None


def is_list_file(path: str | os.PathLike[str]) -> bool:
    """Whether a path is that of a list file."""
    if not Path(path).is_file():
        return False  # a member of an archive, perhaps
    with Path(path).open("rb") as file:
        return file.read(len(listfile.MAGIC)) == listfile.MAGIC


def one_list(given: Any) -> HashList | UrlList:
    """Make a list of a path to a list file or a source, of an open source, or of a list."""
    if isinstance(given, (HashList, UrlList)):
        return given
    if is_path(given) and is_list_file(given):
        return open_list(given, stale="serve")
    if not is_path(given) and not hasattr(given, "read"):
        raise TypeError(f"allow: expected a path or a list, not {type(given).__name__}")
    report = BuildReport()
    intake = Intake(report, frozenset(quarantine.CLASSES), None, lambda _: True)
    read_source(intake, given, Request(where={}))
    intake.finish()
    if report.rejected:
        # What cannot be read would be listed after all; whoever wrote it should know.
        sample = report.samples[0]
        raise FormatError(sample.source, f"allow-list: {sample.reason}", sample.where)
    cls: type[HashList | UrlList] = HashList if intake.kind == "hashes" else UrlList
    return cls._of_columns(intake.columns)
