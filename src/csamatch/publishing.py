"""Numbered generations of a list, and the pointer file that names the one in use."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from csamatch.atomic import replace_file
from csamatch.errors import ListFileError, SignatureError
from csamatch.listfile import MAGIC
from csamatch.opening import read_checked
from csamatch.regular import open_regular
from csamatch.signing import named_key, signature_path

__all__ = ["publish"]

POINTER = "current"
_CHUNK = 1 << 22
_GENERATION = re.compile(r"\d{8}\.csml")
# Only such names are followed, so that no line of a source that was mistaken for a pointer is
# ever taken for a name, and shown.
_POINTED = re.compile(rb"([A-Za-z0-9][A-Za-z0-9_.-]{0,200}\.csml)\r?\n?")
_LONGEST = 256


def pointed(path: str | os.PathLike[str]) -> Path | None:
    """Return the list file that a pointer file names; None when `path` is no pointer file."""
    with open_regular(path) as file:
        head = file.read(_LONGEST)
    found = None if head.startswith(MAGIC) else _POINTED.fullmatch(head)
    # Beside the pointer itself, wherever a link to it lies.
    return None if found is None else Path(path).resolve().with_name(found[1].decode("ascii"))


def _generations(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _GENERATION.fullmatch(path.name))


def _chunks(
    path: str | os.PathLike[str], failure: type[ListFileError] = ListFileError
) -> Iterator[bytes]:
    with open_regular(path, failure) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    signature_path(path).unlink(missing_ok=True)


def _check(path: Path, folder: Path, trusted_key: Any) -> None:
    """Read a copy back, and check that its signature, if it has one, is that of the list.

    Without a trusted key, the one that the signature names is taken at its word.
    """
    options: dict[str, Any] = {}
    if trusted_key is not None:
        options = {"trusted_key": trusted_key, "remembered_as": folder / POINTER}
    elif signature_path(path).exists():
        options = {"trusted_key": named_key(path), "minimum_serial": 0}
    read_checked(path, needs_key=False, **options)[0].check()


def _add_generation(list_path: str | os.PathLike[str], folder: Path, trusted_key: Any) -> Path:
    """Copy a list to the next number, and read it back."""
    last = _generations(folder)[-1:]
    path = folder / f"{int(last[0].stem) + 1 if last else 1:08}.csml"
    signature = signature_path(list_path)
    try:
        replace_file(path, _chunks(list_path))
        if signature.exists():
            replace_file(signature_path(path), _chunks(signature, SignatureError), 0o644)
        _check(path, folder, trusted_key)
    except ListFileError as error:
        _remove(path)
        failure, reason = type(error), str(error)
    except BaseException:
        _remove(path)
        raise
    else:
        return path
    what = signature if failure is SignatureError else list_path
    for name in (path, signature_path(path), what):  # the copies are gone, and were nobody's
        reason = reason.removeprefix(f"{name}: ")
    raise failure(f"{os.fspath(what)}: {reason}")


def publish(
    list_path: str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    keep: int = 3,
    trusted_key: bytes | str | os.PathLike[str] | None = None,
) -> Path:
    """Make a list the current one of a folder that `LiveList` watches.

    The list is copied to the next number (``00000007.csml``), read back and checked from end to
    end; then the file ``current``, which holds that name, is replaced in one step. No list file is
    ever replaced or changed, as some systems ask for while it is mapped. A signature beside the
    list is copied with it, and must fit it.

    Parameters
    ----------
    list_path : path
        A list file, made by `csamatch.build`. It stays as it is.
    folder : path
        Where the generations lie; made if it is missing.
    keep : int
        How many generations may stay, the new one among them. A reader that has an older one open
        keeps it.
    trusted_key : bytes or path, optional
        The Ed25519 public key that the list must be signed with, by a serial not below that of a
        list that was opened there. Without it, a signature is only held against the key that it
        names itself.

    Returns
    -------
    Path
        The new generation. ``LiveList(folder / "current")`` follows them all.

    Raises
    ------
    ListFileError
        When it is no sound list file; nothing has changed then.
    SignatureError
        When its signature does not fit it, or there is none by `trusted_key`; neither then.
    Error
        When another process is publishing there.
    OSError
        When a file cannot be read or written.
    """
    if keep < 1:
        raise ValueError("keep: must be at least 1")
    place = Path(folder)
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    made: list[Path] = []

    def pointer() -> Iterator[bytes]:
        # This runs while the pointer's successor is locked, so that two never take one number.
        made.append(_add_generation(list_path, place, trusted_key))
        yield made[0].name.encode("ascii") + b"\n"

    replace_file(place / POINTER, pointer())
    for path in _generations(place)[:-keep]:
        with contextlib.suppress(OSError):  # in use, where that is in the way: the next run's
            _remove(path)
    return made[0]
