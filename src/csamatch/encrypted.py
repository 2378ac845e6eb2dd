"""List files encrypted with age, which are decrypted into private memory only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, BinaryIO, Final

from csamatch.errors import Error, ListFileError, ListKeyError, UpdateError
from csamatch.memory import private_memory
from csamatch.regular import open_regular
from csamatch.secrets import read_secret_file

MAGIC: Final = b"age-encryption.org/"
_PREFIX: Final = "AGE-SECRET-KEY-"


def identities(given: Any) -> list[Any]:
    """Make identities of a secret key, of the path of a file of such, or of one of pyrage's.

    Raises
    ------
    ListKeyError
        When it is none, or others can read the file.
    """
    from pyrage import IdentityError, x25519

    if not isinstance(given, (str, os.PathLike)):
        return [given]
    text = str(given)
    if not text.startswith(_PREFIX):
        text = read_secret_file(Path(given), ListKeyError, 1 << 16).decode("ascii", "replace")
    found = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            try:
                found.append(x25519.Identity.from_str(line.strip()))
            except IdentityError:
                found.append(None)
    if not found or None in found:
        raise ListKeyError("identity: not one of age")
    return found


def is_encrypted(path: str | os.PathLike[str]) -> bool:
    """Whether age encrypted a file."""
    with open_regular(path) as file:
        return file.read(len(MAGIC)) == MAGIC


def check_clear(path: str | os.PathLike[str], failure: type[Error] = UpdateError) -> None:
    """Refuse to write a list, which is not encrypted, where an encrypted one is or should be."""
    path = Path(path)
    if path.suffix == ".age" or (path.is_file() and is_encrypted(path)):
        raise failure(f"{path}: an encrypted file would give way to one in clear")


class _Room:
    """Memory written to from its start, for `pyrage.decrypt_io`."""

    def __init__(self, size: int) -> None:
        self.memory = private_memory(size)
        self.size = 0

    def write(self, data: bytes) -> int:
        self.memory[self.size : self.size + len(data)] = data
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing: there is no buffer."""


def decrypt(file: BinaryIO, size: int, identity: Any) -> memoryview:
    """Return what a file of `size` bytes holds, decrypted, in private memory.

    Raises
    ------
    ListFileError
        When it is damaged, or not encrypted for that identity.
    """
    from pyrage import DecryptError, decrypt_io

    known = identities(identity)
    room = _Room(size)  # what is encrypted is longer than what it holds
    reason = ""
    try:
        decrypt_io(file, room, known)
    except (DecryptError, OSError, ValueError):
        reason = "cannot be decrypted: it is damaged, or for another identity"
    if reason:
        raise ListFileError(reason)
    return memoryview(room.memory)[: room.size]
