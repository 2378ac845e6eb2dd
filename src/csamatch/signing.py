"""Detached signatures of list files: who made a list, and that it is not an older one."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from csamatch.atomic import replace_file
from csamatch.encrypted import MAGIC as AGE_MAGIC
from csamatch.errors import SignatureError
from csamatch.regular import open_regular
from csamatch.secrets import read_secret_file

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["sign"]

SUFFIX: Final = ".sig"
_KEY_SIZE: Final = 32
_PATIENCE: Final = 10.0  # seconds that others may take to note a serial
_LONGEST: Final = 1024
_MOST: Final = 2**63 - 1
_FORM: Final = re.compile(
    rb"csamatch signature 1\nserial ([0-9]{1,19})\nkey ([0-9a-f]{64})\n([A-Za-z0-9+/]{86}==)\n"
)


def _message(data: Any, serial: int) -> bytes:
    digest = hashlib.sha256(data).hexdigest()
    return f"csamatch signature 1\nserial {serial}\nsha256 {digest}\n".encode()


def _plain(path: str | os.PathLike[str]) -> Path:
    """Return the name of a list, without that of its encryption."""
    path = Path(path)
    return path.with_suffix("") if path.suffix == ".age" else path


def signature_path(path: str | os.PathLike[str]) -> Path:
    """Return where the signature of a list file lies."""
    plain = _plain(path)
    return plain.with_name(plain.name + SUFFIX)


def _state_path(path: str | os.PathLike[str]) -> Path:
    plain = _plain(path)
    return plain.with_name(f".{plain.name}.serial")


def _private_key(path: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    found = None
    data = read_secret_file(path, SignatureError, 1 << 16)
    try:
        found = load_pem_private_key(data, None)
    except (ValueError, TypeError):
        found = None  # what was read must not end up in a traceback
    if not isinstance(found, Ed25519PrivateKey):
        raise SignatureError(f"{path}: not an unencrypted Ed25519 private key in PEM")
    return found


def _trusted(key: bytes | str | os.PathLike[str]) -> bytes:
    """Return the 32 bytes of a public key, given as such or as a PEM file."""
    if isinstance(key, bytes):
        if len(key) != _KEY_SIZE:
            raise SignatureError(f"a public key of {len(key)} bytes; expected {_KEY_SIZE}")
        return key
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    found = None
    try:
        found = load_pem_public_key(Path(key).read_bytes())
    except ValueError:
        found = None
    if not isinstance(found, Ed25519PublicKey):
        raise SignatureError(f"{os.fspath(key)}: not an Ed25519 public key in PEM")
    return found.public_bytes_raw()


def sign(path: str | os.PathLike[str], key: str | os.PathLike[str], *, serial: int) -> Path:
    """Sign a list file; needs the extra ``csamatch[sign]``.

    Parameters
    ----------
    path : path
        The list file, not encrypted. The signature is written beside it, with ``.sig`` appended.
    key : path
        An Ed25519 private key in PEM, readable for its owner only.
    serial : int
        The number of this version, greater than that of any before: who opened a later one
        refuses an earlier one.

    Returns
    -------
    pathlib.Path
        The signature's file.

    Raises
    ------
    SignatureError
        When there is no such key in the file, or others can read it; when the list is encrypted;
        or when the serial goes back: behind that of the signature that lies there or of a list
        that was opened here, or it is the same for another list.
    """
    if not 0 <= serial <= _MOST:
        raise ValueError("serial: must lie between 0 and 2**63 - 1")
    private = _private_key(Path(key))
    data = Path(path).read_bytes()
    if data.startswith(AGE_MAGIC):
        raise SignatureError(f"{os.fspath(path)}: sign a list before it is encrypted")
    out = signature_path(path)
    _check_advance(out, data, serial)
    if serial < (known := _known_serial(_state_path(path))):
        raise SignatureError(f"serial {serial} is older than {known}, which was opened here")
    signature = private.sign(_message(data, serial))
    public = private.public_key().public_bytes_raw().hex()
    text = f"csamatch signature 1\nserial {serial}\nkey {public}\n"
    replace_file(out, [text.encode(), base64.b64encode(signature), b"\n"], 0o644)
    return out


def _check_advance(path: Path, data: bytes, serial: int) -> None:
    """Raise SignatureError unless a serial may follow that of the signature that is there."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        with open_regular(path, SignatureError) as file:
            found = _FORM.fullmatch(file.read(_LONGEST))
    except FileNotFoundError:
        return
    if found is None or int(found[1]) < serial:
        return
    last = int(found[1])
    if last > serial:
        raise SignatureError(f"{path}: serial {serial} is older than {last}, that of the last list")
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(found[2].decode()))
        public.verify(base64.b64decode(found[3]), _message(data, last))
    except (InvalidSignature, ValueError):
        raise SignatureError(f"{path}: serial {serial} is that of another list") from None


def _known_serial(path: Path) -> int:
    """Return the greatest serial that was seen here; 0 where none was."""
    try:
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return 0
    if not re.fullmatch("[0-9]{1,19}", text):
        raise SignatureError(f"{path}: does not hold a serial")
    return int(text)


def _form(path: Path) -> re.Match[bytes]:
    """Read a signature's file."""
    try:
        with open_regular(path, SignatureError) as file:
            found = _FORM.fullmatch(file.read(_LONGEST))
    except FileNotFoundError:
        raise SignatureError(f"{path}: there is no signature") from None
    if found is None:
        raise SignatureError(f"{path}: not a signature")
    return found


def named_key(path: str | os.PathLike[str]) -> bytes:
    """Return the public key that the signature of a list says it was made with."""
    return bytes.fromhex(_form(signature_path(path))[2].decode())


def _read(path: Path, trusted: bytes) -> tuple[int, bytes]:
    """Return serial and signature of a file that names the trusted key."""
    found = _form(path)
    if found[2].decode() != trusted.hex():
        raise SignatureError(f"{path}: signed with another key")
    try:
        return int(found[1]), base64.b64decode(found[3], validate=True)
    except binascii.Error:
        raise SignatureError(f"{path}: not a signature") from None


class Check:
    """What a list's signature must be.

    Parameters
    ----------
    path : path
        The list file.
    trusted_key : bytes or path
        The public key.
    minimum_serial : int or None
        What the serial must not be below; None for the greatest that was seen, which a small file
        beside the list remembers.
    remembered_as : path, optional
        Beside which path, and by whose name, it is remembered; by default the list's.

    Attributes
    ----------
    serial : int
        That of the signature, once it was found good.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        trusted_key: Any,
        minimum_serial: int | None,
        *,
        remembered_as: str | os.PathLike[str] | None = None,
    ) -> None:
        self._path = signature_path(path)
        name = path if remembered_as is None else remembered_as
        self._state = _state_path(name) if minimum_serial is None else None
        self._trusted = _trusted(trusted_key)
        known = _known_serial(self._state) if self._state else 0
        self._minimum = known if minimum_serial is None else minimum_serial
        self.serial = -1

    def data(self, data: Any) -> None:
        """Raise SignatureError unless the list's very bytes are signed, by a serial not too low."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        serial, signature = _read(self._path, self._trusted)
        message = _message(data, serial)
        try:
            Ed25519PublicKey.from_public_bytes(self._trusted).verify(signature, message)
        except (InvalidSignature, ValueError):  # or no key at all
            raise SignatureError(f"{self._path}: does not fit the list") from None
        if serial < self._minimum:
            raise SignatureError(
                f"{self._path}: serial {serial} is older than {self._minimum}, seen before"
            )
        self.serial = serial

    def remember(self) -> None:
        """Let no earlier list be opened from now on."""
        if self._state is not None and self.serial > self._minimum:
            replace_file(self._state, self._greatest(self._state), wait=_PATIENCE)

    def _greatest(self, state: Path) -> Iterator[bytes]:
        """Yield the serial to remember: other processes may have seen a later one meanwhile."""
        yield f"{max(self.serial, _known_serial(state))}\n".encode()
