"""Opening and verifying list files."""

from __future__ import annotations

import os
import stat
import warnings
from pathlib import Path
from typing import Any

from csamatch import listfile
from csamatch.errors import (
    ListFileError,
    ListKeyError,
    ListPermissionWarning,
    StaleListError,
    StaleListWarning,
)
from csamatch.hashlist import HashList
from csamatch.info import ListInfo
from csamatch.listkey import Key, ListKey, list_key
from csamatch.signing import Check
from csamatch.urllist import UrlList

__all__ = ["open_list", "verify"]


def open_list(
    path: str | os.PathLike[str],
    *,
    key: Key | ListKey | None = None,
    verify: bool = True,
    mmap: bool = False,
    stale: str = "warn",
    kernel: str | None = None,
    suppress: Any = None,
    trusted_key: bytes | str | os.PathLike[str] | None = None,
    minimum_serial: int | None = None,
    identity: Any = None,
) -> HashList | UrlList:
    """Open a list file.

    Parameters
    ----------
    path : path
        A file made by `csamatch.build`.
    key : bytes or path, optional
        The secret that a keyed list was built with, or the file that holds it.
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
    trusted_key : bytes or path, optional
        The Ed25519 public key, 32 bytes or a PEM file, that the list must be signed with
        (`csamatch.sign`); the signature lies beside the list. Needs ``csamatch[sign]``.
    minimum_serial : int, optional
        The lowest serial to accept of a signature. By default the highest that was opened here,
        which a small file beside the list remembers.
    identity : str or path, optional
        A secret key of age, or a file of such, to decrypt the list with, into private memory only.
        Needs ``csamatch[age]``.

    Returns
    -------
    HashList or UrlList
        Whichever the file holds.

    Raises
    ------
    ListFileError
        When it is no sound list file.
    ListKeyError
        When it is keyed and `key` is missing or another, or it is not keyed and `key` is given.
    SignatureError
        When it is not signed with `trusted_key`, or is older than one that was.
    StaleListError
        When it is stale and ``stale="error"``.
    OSError
        When it cannot be read.
    """
    if stale not in ("warn", "error", "serve"):
        raise ValueError("stale: none of warn, error, serve")
    if mmap and identity is not None:
        raise ValueError("mmap: an encrypted list is decrypted into memory")
    if minimum_serial is not None and trusted_key is None:
        raise ValueError("minimum_serial: there is none without trusted_key")
    secret = list_key(key)
    signed = None if trusted_key is None else Check(path, trusted_key, minimum_serial)
    file = listfile.read(
        path,
        verify=verify,
        mmap=mmap,
        identity=identity,
        check=None if signed is None else signed.data,
    )
    _unlock(file, path, secret)
    if signed is not None:
        signed.remember()
    _warn_of_others(path)
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


def _warn_of_others(path: str | os.PathLike[str]) -> None:
    """Warn of a list that everybody on this machine can read or change."""
    if os.name == "posix" and Path(path).stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        text = f"{os.fspath(path)}: other users can read or change this list; give it mode 0600"
        warnings.warn(text, ListPermissionWarning, stacklevel=3)


def _unlock(file: listfile.ListFile, path: str | os.PathLike[str], key: ListKey | None) -> None:
    """Give a list file its key; errors name the file."""
    reason = ""
    try:
        file.unlock(key)
    except ListKeyError as error:
        reason = str(error)
    if reason:
        raise ListKeyError(f"{os.fspath(path)}: {reason}")


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
