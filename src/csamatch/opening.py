"""Opening and verifying list files."""

from __future__ import annotations

import os
import stat
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from csamatch import listread
from csamatch.errors import (
    ListFileError,
    ListKeyError,
    ListPermissionWarning,
    StaleListError,
    StaleListWarning,
)
from csamatch.hashlist import HashList
from csamatch.info import ListInfo
from csamatch.listfile import ListFile
from csamatch.listkey import Key, ListKey, list_key
from csamatch.signing import Check
from csamatch.urllist import UrlList

Given = str | os.PathLike[str] | HashList | UrlList
"""A list, or the path of its file."""

__all__ = ["open_list", "verify"]


def open_list(
    path: str | os.PathLike[str],
    *,
    key: Key | ListKey | None = None,
    verify: bool = True,
    mmap: bool = False,
    stale: str = "warn",
    kernel: str | None = None,
    suppress: Given | BinaryIO | None = None,
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
    return open_accepted(
        path,
        None,
        key=key,
        verify=verify,
        mmap=mmap,
        stale=stale,
        kernel=kernel,
        suppress=suppress,
        trusted_key=trusted_key,
        minimum_serial=minimum_serial,
        identity=identity,
        stacklevel=3,
    )


def open_accepted(
    path: str | os.PathLike[str],
    accept: Callable[[HashList | UrlList, int], None] | None,
    *,
    remembered_as: str | os.PathLike[str] | None = None,
    mmap: bool = False,
    stale: str = "warn",
    kernel: str | None = None,
    suppress: Given | BinaryIO | None = None,
    stacklevel: int = 2,
    **options: Any,
) -> HashList | UrlList:
    """Open a list file for somebody who has the last word.

    Parameters
    ----------
    path : path
        The file.
    accept : callable or None
        Called with the list and the serial of its signature, -1 without one; only when it returns
        is the serial remembered.
    remembered_as : path, optional
        By which name the serial is remembered, as for `csamatch.signing.Check`.
    stacklevel : int
        Whom warnings are for, counted from here.
    mmap, stale, kernel, suppress, **options
        As for `open_list`.
    """
    if stale not in ("warn", "error", "serve"):
        raise ValueError("stale: none of warn, error, serve")
    file, signed = read_checked(path, mmap=mmap, remembered_as=remembered_as, **options)
    kinds: dict[str, type[HashList | UrlList]] = {"hashes": HashList, "addresses": UrlList}
    cls = kinds[file.kind]
    lst = cls.__new__(cls)._adopt(file, kernel)
    _warn_of_others(path, stacklevel)
    _warn_of_age(file.info, stale, stacklevel)
    if accept is not None:
        accept(lst, -1 if signed is None else signed.serial)
    if signed is not None:
        signed.remember()
    if suppress is None:
        return lst
    from csamatch.suppress import suppressing

    return suppressing(lst, suppress)


def read_checked(
    path: str | os.PathLike[str],
    *,
    key: Key | ListKey | None = None,
    verify: bool = True,
    mmap: bool = False,
    trusted_key: bytes | str | os.PathLike[str] | None = None,
    minimum_serial: int | None = None,
    identity: Any = None,
    remembered_as: str | os.PathLike[str] | None = None,
    needs_key: bool = True,
) -> tuple[ListFile, Check | None]:
    """Read a list file, check its signature, and give it its key, all as `open_list` does.

    Without `needs_key`, a keyed list does without one.
    """
    if mmap and identity is not None:
        raise ValueError("mmap: an encrypted list is decrypted into memory")
    if minimum_serial is not None and trusted_key is None:
        raise ValueError("minimum_serial: there is none without trusted_key")
    secret = list_key(key)
    signed = None
    if trusted_key is not None:
        signed = Check(path, trusted_key, minimum_serial, remembered_as=remembered_as)
    check = None if signed is None else signed.data
    file = listread.read(path, verify=verify, mmap=mmap, identity=identity, check=check)
    if needs_key or secret is not None:
        _unlock(file, path, secret)
    return file, signed


def list_file(given: Given, *, key: Key | ListKey | None = None, **options: Any) -> ListFile:
    """Return the list file behind a path or an opened list.

    Parameters
    ----------
    given : path, HashList or UrlList
        The list. One that is open has its key already.
    key : bytes, path or ListKey, optional
        Its secret; if given for an opened list, it must be the same.
    **options
        Of `read_checked`, for a path.
    """
    secret = list_key(key)
    if isinstance(given, (HashList, UrlList)):
        if secret is not None:
            given._file.unlock(secret)
        return given._file
    if not isinstance(given, (str, os.PathLike)):
        raise TypeError(f"expected a list or a path, not {type(given).__name__}")
    return read_checked(given, key=secret, **options)[0]


def _warn_of_age(info: ListInfo, stale: str, stacklevel: int) -> None:
    """Warn of a stale list, or refuse it."""
    if info.stale and stale != "serve":
        is_early = info.age is not None and info.age < timedelta()
        why = "which is to come" if is_early else f"allowed {info.max_age}"
        text = f"list {info.name!r} is stale: issued {info.issued}, {why}"
        if stale == "error":
            raise StaleListError(text)
        warnings.warn(text, StaleListWarning, stacklevel=stacklevel + 1)


def _warn_of_others(path: str | os.PathLike[str], stacklevel: int) -> None:
    """Warn of a list that everybody on this machine can read or change."""
    if os.name == "posix" and Path(path).stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        text = f"{os.fspath(path)}: other users can read or change this list; give it mode 0600"
        warnings.warn(text, ListPermissionWarning, stacklevel=stacklevel + 1)


def _unlock(file: ListFile, path: str | os.PathLike[str], key: ListKey | None) -> None:
    """Give a list file its key; errors name the file."""
    reason = ""
    try:
        file.unlock(key)
    except ListKeyError as error:
        reason = str(error)
    if reason:
        raise ListKeyError(f"{os.fspath(path)}: {reason}")


def verify(
    path: str | os.PathLike[str],
    *,
    key: Key | ListKey | None = None,
    trusted_key: bytes | str | os.PathLike[str] | None = None,
    minimum_serial: int | None = None,
    identity: Any = None,
) -> ListInfo:
    """Check a list file from end to end: bounds, checksum, order, references; and its signature.

    Parameters
    ----------
    path : path
        The file.
    key : bytes or path, optional
        That of a keyed list, to see that it is; the rest can be checked without.
    trusted_key, minimum_serial, identity
        As for `csamatch.open`; the serial is checked, and not remembered.

    Returns
    -------
    ListInfo
        What the list says of itself.

    Raises
    ------
    ListFileError
        Naming what is wrong.
    ListKeyError, SignatureError
        When the key is another, or the signature is not as it should be.
    OSError
        When it cannot be read.
    """
    file, _ = read_checked(
        path,
        key=key,
        trusted_key=trusted_key,
        minimum_serial=minimum_serial,
        identity=identity,
        needs_key=False,
    )
    reason = ""
    try:
        file.check()
    except ListFileError as error:
        reason = str(error)
    if reason:
        raise ListFileError(f"{os.fspath(path)}: {reason}")
    return file.info
