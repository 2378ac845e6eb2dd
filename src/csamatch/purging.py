"""Removing a list and all that belongs to it, with a receipt."""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from csamatch import delta, listfile
from csamatch.atomic import is_being_written, replace_file, sync_folder, temporary
from csamatch.encrypted import MAGIC as AGE_MAGIC
from csamatch.errors import Error, ListFileError
from csamatch.regular import open_regular
from csamatch.signing import signature_path

__all__ = ["PurgeReceipt", "purge"]


@dataclass(frozen=True, slots=True)
class PurgeReceipt:
    """What was removed, and when; nothing of what it held.

    Attributes
    ----------
    list : str
        The list file's name.
    digest : str
        The digest of its content, as its header said; empty where the header was damaged.
    started : str
        When, in UTC.
    removed : tuple of str
        The names of all files removed: the list, its deltas, their temporary files.
    complete : bool
        Whether all of it is done. Purging again finishes what was interrupted.
    path : str
        Where the receipt lies.
    """

    list: str
    digest: str
    started: str
    removed: tuple[str, ...]
    complete: bool
    path: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return everything but `path` as plain values, ready for JSON."""
        said = {key: value for key, value in asdict(self).items() if key != "path"}
        return said | {"removed": [*self.removed]}

    def __str__(self) -> str:
        names = "\n".join(f"removed {name}" for name in self.removed)
        return f"{names}\ndigest {self.digest or 'unknown'}; receipt {self.path}"


def _head(path: Path) -> bytes:
    with open_regular(path) as file:
        return file.read(delta.HEADER_LENGTH)


def _digest(path: Path) -> str:
    """Return a list file's digest as its header says; ListFileError when it is no list file."""
    head = _head(path)
    if head.startswith(AGE_MAGIC):
        raise ListFileError(f"{path}: encrypted, so that nobody can tell whether it is a list")
    if head[: len(listfile.MAGIC)] != listfile.MAGIC:
        raise ListFileError(f"{path}: no list file, so it will not be removed")
    return _digest_in(head)


def _digest_in(head: bytes) -> str:
    """Return the digest that a list file's header tells; empty where it is cut short."""
    return head[48:80].hex() if len(head) >= 80 else ""


def _chain(deltas: dict[Path, tuple[str, ...]], digest: str, others: set[str]) -> list[Path]:
    """Return the deltas of a list's versions, the farthest from it first.

    Those of another list's are left, unless they lead to this one or from it.
    """
    found: list[Path] = []
    known = {digest}
    while near := [
        each
        for each, ends in deltas.items()
        if each not in found
        and not known.isdisjoint(ends)
        and (digest in ends or others.isdisjoint(ends))
    ]:
        found += near
        known.update(*(deltas[each] for each in near))
        known -= others
    return found[::-1]


def _belongings(path: Path, digest: str) -> list[Path]:
    """Return what lies beside a list and is its: deltas of its versions, what is left."""
    found: list[Path] = []
    deltas: dict[Path, tuple[str, ...]] = {}
    others: set[str] = set()
    signature = signature_path(path)
    for each in sorted(path.parent.iterdir()):
        if each == path or each.is_symlink() or not each.is_file():
            continue
        if each in (temporary(path), signature):
            found.append(each)
            continue
        with contextlib.suppress(PermissionError):
            head = _head(each)
            if ends := delta.ends(head):
                deltas[each] = ends
            elif head.startswith(listfile.MAGIC):
                others.add(_digest_in(head))
    for each in _chain(deltas, digest, others - {digest}) if digest else ():
        # What was left of it first: once the delta is gone, nothing tells whose it is. For the
        # same reason those that only others lead to go before these.
        found += [*([temporary(each)] if temporary(each).is_file() else []), each]
    return list(dict.fromkeys(found))


def _earlier(path: Path) -> PurgeReceipt | None:
    """Return the receipt of a purge that was interrupted."""
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["complete"] is False:
            names = tuple(Path(str(name)).name for name in said["removed"])
            return PurgeReceipt(
                str(said["list"]), str(said["digest"]), said["started"], names, False
            )
    return None


def _write(path: Path, receipt: PurgeReceipt) -> None:
    text = json.dumps(receipt.as_dict(), indent=2)
    replace_file(path, [f"{text}\n".encode()])


def purge(
    path: str | os.PathLike[str], *, receipt: str | os.PathLike[str] | None = None
) -> PurgeReceipt:
    """Remove a list file, its signature, its deltas, and temporary files that were left behind.

    What is removed lies in the list's own folder: the list, its signature, deltas that lead to it
    or from it, those that lead to or from the other ends of these, and so on, and what a killed
    process left of any. The deltas of a list that lies there too are left, but for those that lead
    to the one removed or from it. The receipt is written before, as incomplete, and again at the
    end; if the purge is interrupted, purging again finishes it. The disk blocks are freed, not
    overwritten: that is the file system's.

    Parameters
    ----------
    path : path
        The list file. A symbolic link is followed; it is left in place.
    receipt : path, optional
        Where the receipt goes; by default beside the list, its name with ``.purged.json``.

    Returns
    -------
    PurgeReceipt
        What was removed.

    Raises
    ------
    ListFileError
        When the file is no list file; a damaged one is removed.
    Error
        When another process is writing it.
    OSError
        When there is no such file, or something cannot be removed.
    """
    file = Path(path).resolve()
    where = file.with_name(f"{file.name}.purged.json") if receipt is None else Path(receipt)
    earlier = _earlier(where)
    if earlier is not None and earlier.list != file.name:
        earlier = None
    if file.exists() or earlier is None:
        digest = _digest(file)
        files = [*_belongings(file, digest), file]
    else:
        digest, files = earlier.digest, _belongings(file, earlier.digest)
    for each in (file, *files):
        if is_being_written(each):
            raise Error(f"{each}: another process is writing it")
    names = [each.name for each in files]
    if earlier is not None:
        names = [*earlier.removed, *(name for name in names if name not in earlier.removed)]
    now = datetime.now(UTC).isoformat(timespec="seconds") if earlier is None else earlier.started
    said = PurgeReceipt(file.name, digest, now, tuple(names), False)
    _write(where, said)
    for each in files:
        each.unlink(missing_ok=True)
    sync_folder(file.parent)
    done = PurgeReceipt(file.name, digest, now, tuple(names), True, os.fspath(where))
    _write(where, done)
    return done
