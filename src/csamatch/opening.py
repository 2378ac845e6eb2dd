"""Opening and verifying list files."""

from __future__ import annotations

import os
import warnings
from typing import Any

from csamatch import listfile
from csamatch.errors import ListFileError, StaleListError, StaleListWarning
from csamatch.hashlist import HashList
from csamatch.info import ListInfo
from csamatch.urllist import UrlList

__all__ = ["open_list", "verify"]


def open_list(
    path: str | os.PathLike[str],
    *,
    key: None = None,
    verify: bool = True,
    mmap: bool = False,
    stale: str = "warn",
    kernel: str | None = None,
    suppress: Any = None,
) -> HashList | UrlList:
    """Open a list file.

    Parameters
    ----------
    path : path
        A file made by `csamatch.build`.
    key : None
        Keyed lists are not supported in this version.
    verify : bool
        Compare the whole content with its checksum; the bounds are checked in any case.
    mmap : bool
        Map the file instead of reading it, so that processes share one copy. Replace such a
        file only by renaming another over it, as `csamatch.build` does: cutting a mapped file
        short kills the processes that have it mapped.
    stale : {"warn", "error", "serve"}
        What to do when the list is older than its publisher allows.
    kernel : str, optional
        One of `csamatch.kernels`; by default the best.
    suppress : path, binary file object, HashList or UrlList, optional
        What must not hit although the list holds it, such as known false alarms: a list, a list
        file, or a source in any format. `Matches.suppressed` says what was dropped.

    Returns
    -------
    HashList or UrlList
        Whichever the file holds.

    Raises
    ------
    ListFileError
        When it is no sound list file.
    StaleListError
        When it is stale and ``stale="error"``.
    OSError
        When it cannot be read.
    """
    if key is not None:
        raise NotImplementedError("keyed lists are not supported in this version")
    if stale not in ("warn", "error", "serve"):
        raise ValueError("stale: none of warn, error, serve")
    file = listfile.read(path, verify=verify, mmap=mmap)
    info = file.info
    if info.stale and stale != "serve":
        text = f"list {info.name!r} is stale: issued {info.issued}, allowed {info.max_age}"
        if stale == "error":
            raise StaleListError(text)
        warnings.warn(text, StaleListWarning, stacklevel=2)
    kinds: dict[str, type[HashList | UrlList]] = {"hashes": HashList, "addresses": UrlList}
    cls = kinds[file.kind]
    lst = cls.__new__(cls)._adopt(file, kernel)
    if suppress is None:
        return lst
    from csamatch.suppress import suppressing

    return suppressing(lst, suppress)


def verify(path: str | os.PathLike[str]) -> ListInfo:
    """Check a list file from end to end: bounds, checksum, order, references.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    ListInfo
        What the list says of itself.

    Raises
    ------
    ListFileError
        Naming what is wrong.
    OSError
        When it cannot be read.
    """
    file = listfile.read(path, verify=True, mmap=False)
    reason = ""
    try:
        file.check()
    except ListFileError as error:
        reason = str(error)
    if reason:
        raise ListFileError(f"{os.fspath(path)}: {reason}")
    return file.info
