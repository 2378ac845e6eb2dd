"""The secret key of a keyed list."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path
from typing import Final

from csamatch import _core
from csamatch.errors import ListKeyError
from csamatch.memory import private_memory
from csamatch.rules import WIDTHS
from csamatch.secrets import read_secret_file

SHORT: Final = 16
SECRET_SIZES: Final = (SHORT, 32)
HASH_WIDTH: Final = 16
"""Bytes of a hash, and of a subkey."""
HASH_WIDTHS: Final = dict.fromkeys(WIDTHS, HASH_WIDTH)
"""Of the keys of a keyed list, by rule."""
_SUBJECTS: Final = ("md5", "sha1", "sha256", "address")
_ALGORITHM: Final = (1).to_bytes(4, "little")  # SipHash-2-4-128, subkeys by HMAC-SHA-256

Key = bytes | str | os.PathLike[str]
"""What callers give: the secret itself, or the path of a file that holds it."""


class ListKey:
    """What a secret key is used as: one subkey for each algorithm, and one for addresses.

    Parameters
    ----------
    secret : bytes-like
        16 or 32 bytes from a good random source. They are not kept: what is kept lies in memory
        that core dumps leave out.

    Raises
    ------
    ListKeyError
        When it has another length.
    """

    def __init__(self, secret: bytes | bytearray) -> None:
        if len(secret) not in SECRET_SIZES:
            raise ListKeyError(f"a key of {len(secret)} bytes; expected 16 or 32")
        if len(secret) > SHORT and not any(secret[SHORT:]):
            # HMAC fills keys up with zeros: this one would be the same as its first half.
            secret = hashlib.sha256(secret).digest()
        self._memory = private_memory(HASH_WIDTH * len(_SUBJECTS))
        for subject in _SUBJECTS:
            label = f"csamatch/{subject}".encode()
            self._memory.write(hmac.digest(secret, label, hashlib.sha256)[:HASH_WIDTH])

    def __repr__(self) -> str:
        return "<ListKey>"

    def __reduce__(self) -> str:
        raise TypeError("a key is not pickled")

    def of(self, name: str) -> memoryview:
        """Return the subkey of an algorithm, or of ``"address"``."""
        at = HASH_WIDTH * _SUBJECTS.index(name)
        return memoryview(self._memory)[at : at + HASH_WIDTH]

    def hashes(self, algorithm: str, digests: bytes | bytearray, width: int) -> bytearray:
        """Return the hashes of packed digests."""
        return _core.rows_hash(self.of(algorithm), digests, len(digests) // width, width)

    def check_value(self) -> bytes:
        """Return what a list file says of its key: nothing but whether another is the same."""
        proof = hmac.digest(self._memory[:], b"csamatch/check", hashlib.sha256)[:HASH_WIDTH]
        return _ALGORITHM.ljust(HASH_WIDTH, b"\0") + proof

    def compare(self, check_value: bytes) -> None:
        """Raise ListKeyError unless that was made of the same key."""
        own = self.check_value()
        if check_value[:HASH_WIDTH] != own[:HASH_WIDTH]:
            raise ListKeyError("the list is keyed in a way unknown to this version")
        if not hmac.compare_digest(check_value, own):
            raise ListKeyError("the key is not that of the list")


def list_key(given: Key | ListKey | None) -> ListKey | None:
    """Make a key of what a caller gave.

    Parameters
    ----------
    given : bytes, str, path, ListKey or None
        The secret, or the path of a file that only its owner can read; it holds the secret's
        bytes, or as many hex digits and perhaps a line end.

    Raises
    ------
    ListKeyError
        When it is no key, or others can read the file.
    OSError
        When the file cannot be read.
    """
    if given is None or isinstance(given, ListKey):
        return given
    if isinstance(given, (bytes, bytearray)):
        return ListKey(given)
    if isinstance(given, (str, os.PathLike)):
        return ListKey(_read_secret(Path(given)))
    raise TypeError(f"key: expected bytes or the path of a file, not {type(given).__name__}")


def key_of_hex(text: str) -> ListKey:
    """Make a key of hex digits."""
    secret = _from_hex(text.encode("ascii", "replace"))
    if secret is None:
        raise ListKeyError("a key that is not 32 or 64 hex digits")
    return ListKey(secret)


def _from_hex(text: bytes) -> bytes | None:
    digits = text.strip()
    if len(digits) not in [2 * size for size in SECRET_SIZES]:
        return None
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        return None


def _read_secret(path: Path) -> bytes:
    data = read_secret_file(path, ListKeyError, 256)
    secret = _from_hex(data)  # first: a file of 32 hex digits has the size of a secret too
    if secret is None and len(data) in SECRET_SIZES:
        secret = data
    if secret is None:
        raise ListKeyError(f"{path}: neither 16 or 32 bytes nor as many in hex digits")
    return secret
