"""Reading list files from disk: into private memory, mapped, or decrypted."""

from __future__ import annotations

import mmap as mmaps
import os
from collections.abc import Callable
from typing import Any, BinaryIO, Final

from csamatch import encrypted
from csamatch.errors import ListFileError, ListKeyError
from csamatch.listfile import FIXED_LENGTH, KEYED, MAGIC, ListFile
from csamatch.memory import private_memory
from csamatch.regular import open_regular

_CHUNK: Final = 1 << 22


def is_not_keyed(path: str | os.PathLike[str]) -> bool:
    """Whether a file's header is that of a list without a key."""
    try:
        with open_regular(path) as file:
            head = file.read(FIXED_LENGTH)
    except (OSError, ListFileError):
        return False  # whoever opens it says why
    return head.startswith(MAGIC) and len(head) == FIXED_LENGTH and not head[12] & KEYED


def _read_private(file: BinaryIO, size: int) -> Any:
    memory = private_memory(size)
    view = memoryview(memory)
    done = 0
    while done < size:
        got = file.readinto(view[done : done + _CHUNK])  # type: ignore[attr-defined]
        if not got:
            raise ListFileError("the file became shorter while it was read")
        done += got
    return memory


def _decrypt(path: str | os.PathLike[str], file: BinaryIO, size: int, identity: Any) -> Any:
    reason = ""
    try:
        return encrypted.decrypt(file, size, identity)
    except ListKeyError:
        raise
    except ListFileError as error:
        reason = str(error)
    raise ListFileError(f"{os.fspath(path)}: {reason}")


def read(
    path: str | os.PathLike[str],
    *,
    verify: bool,
    mmap: bool,
    identity: Any = None,
    check: Callable[[Any], None] | None = None,
) -> ListFile:
    """Open a list file.

    Parameters
    ----------
    path : path
        The file.
    verify : bool
        Compare the content with its SHA-256.
    mmap : bool
        Map the file, shared with other processes, instead of reading it.
    identity : str, path or pyrage identity, optional
        What decrypts the file.
    check : callable, optional
        Called with the bytes of the list before anything is read out of them.

    Raises
    ------
    OSError
        When it cannot be read.
    ListFileError
        When it is no sound list file, nor a regular file.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        if size == 0:
            raise ListFileError(f"{os.fspath(path)}: the file is empty")
        if identity is not None:
            data: Any = _decrypt(path, file, size, identity)
        elif mmap:
            data = mmaps.mmap(file.fileno(), size, access=mmaps.ACCESS_READ)
        else:
            data = _read_private(file, size)
    if identity is None and data[: len(encrypted.MAGIC)] == encrypted.MAGIC:
        raise ListFileError(f"{os.fspath(path)}: encrypted with age; it takes an identity to open")
    if check is not None:
        check(data)
    reason = ""
    try:
        return ListFile(data, verify=verify)
    except ListFileError as error:
        reason = str(error)
    raise ListFileError(f"{os.fspath(path)}: {reason}")
