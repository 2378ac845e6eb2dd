"""Numbered generations of a list, and the pointer file that names the one in use."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from csamatch.atomic import replace_file
from csamatch.errors import ListFileError
from csamatch.listfile import MAGIC
from csamatch.opening import verify
from csamatch.regular import open_regular
from csamatch.signing import signature_path

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


def _chunks(path: str | os.PathLike[str]) -> Iterator[bytes]:
    with open_regular(path) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _remove(path: Path) -> None:
    path.unlink()
    signature_path(path).unlink(missing_ok=True)


def _add_generation(list_path: str | os.PathLike[str], folder: Path) -> Path:
    """Copy a list to the next number, and read it back."""
    last = _generations(folder)[-1:]
    path = folder / f"{int(last[0].stem) + 1 if last else 1:08}.csml"
    replace_file(path, _chunks(list_path))
    signature = signature_path(list_path)
    if signature.exists():
        replace_file(signature_path(path), _chunks(signature), 0o644)
    try:
        verify(path)
    except ListFileError as error:
        _remove(path)
        reason = str(error).removeprefix(f"{path}: ")
    else:
        return path
    raise ListFileError(f"{os.fspath(list_path)}: {reason}")


def publish(
    list_path: str | os.PathLike[str], folder: str | os.PathLike[str], *, keep: int = 3
) -> Path:
    """Make a list the current one of a folder that `LiveList` watches.

    The list is copied to the next number (``00000007.csml``), read back and checked from end to
    end; then the file ``current``, which holds that name, is replaced in one step. No list file is
    ever replaced or changed, as some systems ask for while it is mapped. A signature beside the
    list is copied with it.

    Parameters
    ----------
    list_path : path
        A list file, made by `csamatch.build`. It stays as it is.
    folder : path
        Where the generations lie; made if it is missing.
    keep : int
        How many generations may stay, the new one among them. A reader that has an older one open
        keeps it.

    Returns
    -------
    Path
        The new generation. ``LiveList(folder / "current")`` follows them all.

    Raises
    ------
    ListFileError
        When it is no sound list file; nothing has changed then.
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
        made.append(_add_generation(list_path, place))
        yield made[0].name.encode("ascii") + b"\n"

    replace_file(place / POINTER, pointer())
    for path in _generations(place)[:-keep]:
        with contextlib.suppress(OSError):  # in use, where that is in the way: the next run's
            _remove(path)
    return made[0]
