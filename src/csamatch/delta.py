"""A delta: a file that makes one list out of another (docs/list-format.md)."""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from csamatch import listwrite
from csamatch.assemble import Planted, assemble_columns, front_sections
from csamatch.atomic import replace_file
from csamatch.base import Base
from csamatch.canaries import MOST
from csamatch.changes import changes
from csamatch.differing import check_same_key, two_files
from csamatch.encrypted import check_clear
from csamatch.errors import DeltaError, ListFileError
from csamatch.info import ListInfo, decode_info, encode_info, envelope
from csamatch.listfile import KINDS, ListFile, Section
from csamatch.listkey import Key, ListKey
from csamatch.opening import Given
from csamatch.revision import Removal, columns_of, revise

__all__ = ["apply_delta", "write_delta"]

MAGIC: Final = b"\x89CSMD\r\n\x1a"
_HEADER: Final = struct.Struct("<8sHHIII32s32sQQ32sI")
_SUM: Final = struct.Struct("<I")
HEADER_LENGTH: Final = 192
"""Bytes of the header; the checksum of it is the last four."""


class Delta(NamedTuple):
    """What a delta holds."""

    kind: str
    base: str
    digest: str
    gone: npt.NDArray[np.uint64]
    come: ListFile
    canaries: int


def _number_width(limit: int) -> int:
    return 4 if limit < 2**32 else 8


def _entry_count(file: ListFile) -> int:
    table = file.entries()
    return sum(file.counts.values()) if table.is_absent else len(table)


def encode(old: ListFile, new: ListFile) -> list[Any]:
    """Return a delta's content, header first."""
    gone, come = changes(old, new)
    width = _number_width(_entry_count(old))
    numbers = gone.astype(f"<u{width}").tobytes()
    front = front_sections(envelope(new.info), new.key_check(), b"")
    sections = assemble_columns(come, front, Planted()).sections
    parts = [numbers, bytes(-len(numbers) % 64), *listwrite.encode(old.kind, sections)]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    header = _HEADER.pack(
        MAGIC,
        1,
        0,
        0,
        KINDS[old.kind],
        width,
        bytes.fromhex(old.info.digest),
        bytes.fromhex(new.info.digest),
        len(gone),
        HEADER_LENGTH + sum(memoryview(part).nbytes for part in parts),
        digest.digest(),
        new.canary_count,
    ).ljust(HEADER_LENGTH - _SUM.size, b"\0")
    return [header + _SUM.pack(zlib.crc32(header)), *parts]


def ends(head: bytes) -> tuple[str, ...]:
    """Return the digests of the lists that a delta leads from and to; none if it is no delta."""
    if len(head) < HEADER_LENGTH or head[: len(MAGIC)] != MAGIC:
        return ()
    fields = _HEADER.unpack_from(head)
    return fields[6].hex(), fields[7].hex()


def _check_header(data: Any) -> tuple[Any, ...]:
    """Return the header's fields; DeltaError unless each is sound."""
    start = bytes(data[:HEADER_LENGTH])
    if start[: len(MAGIC)] != MAGIC[: len(start)] or not start:
        raise DeltaError("not a delta")
    if len(start) < HEADER_LENGTH:
        raise DeltaError("the delta is shorter than its header")
    fields = _HEADER.unpack_from(start)
    major, features, kind, width, length = fields[1], fields[3], fields[4], fields[5], fields[9]
    if major != 1:
        raise DeltaError("the delta is of an unknown version")
    if length != len(data):
        raise DeltaError("the delta is shorter or longer than it says")
    if zlib.crc32(start[: -_SUM.size]) != _SUM.unpack(start[-_SUM.size :])[0]:
        raise DeltaError("the delta's header is damaged")
    unused = start[_HEADER.size : -_SUM.size]
    if (
        features
        or kind not in KINDS.values()
        or width not in (4, 8)
        or any(unused)
        or fields[11] > MOST
    ):
        raise DeltaError("the delta needs what this version does not know")
    return fields


def decode(data: Any) -> Delta:
    """Read a delta, checking all of it."""
    fields = _check_header(data)
    width, gone_count, digest = fields[5], fields[8], fields[10]
    body = memoryview(data)[HEADER_LENGTH:]
    if hashlib.sha256(body).digest() != digest:
        raise DeltaError("the delta's content does not fit its checksum")
    if gone_count > len(body) // width:
        raise DeltaError("the delta holds fewer numbers than it says")
    end = gone_count * width
    gone = np.frombuffer(body[:end], f"<u{width}").astype(np.uint64)
    if any(body[end : end + -end % 64]):
        raise DeltaError("the delta holds something where nothing belongs")
    if np.any(gone[1:] <= gone[:-1]):
        raise DeltaError("the delta's numbers are out of order")
    reason = ""
    try:
        come = ListFile(body[end + -end % 64 :])
        come.check(directories=False)
    except ListFileError as error:
        reason = str(error)
    if reason:
        raise DeltaError(f"the delta's list: {reason}")
    kind = next(name for name, code in KINDS.items() if code == fields[4])
    if come.kind != kind or come.unknown:
        raise DeltaError("the delta's list is of another kind")
    return Delta(kind, fields[6].hex(), fields[7].hex(), gone, come, fields[11])


def _made_over(file: ListFile, delta: Delta) -> tuple[list[Section], ListInfo]:
    """Return the sections of the list that a delta leads to, and what that says of itself."""
    if delta.base != file.info.digest or delta.kind != file.kind:
        raise DeltaError(f"the delta is for list {delta.base}, not for {file.info.digest}")
    if file.unknown:
        raise DeltaError("the list holds sections that this version does not know")
    if len(delta.gone) and int(delta.gone[-1]) >= _entry_count(file):
        raise DeltaError("the delta takes out entries that are not there")
    if delta.come.key_check() != file.key_check():
        raise DeltaError("the delta is for a list with another key")
    said = envelope(delta.come.info)
    removal = Removal(entries=delta.gone)
    made = revise(file, removal, columns_of(delta.come), said, delta.canaries)
    info = decode_info(encode_info(said), file.kind, made.counts, delta.digest, file.is_keyed)
    return made.sections, info


def _check_end(delta: Delta, digest: str) -> None:
    if digest != delta.digest:
        raise DeltaError(f"the delta does not lead to list {delta.digest}, as it says")


def write_delta(
    old: Given,
    new: Given,
    out: str | os.PathLike[str],
    *,
    key: Key | ListKey | None = None,
    identity: Any = None,
) -> int:
    """Write a delta: the file that `apply_delta` needs to make `new` out of `old`.

    Parameters
    ----------
    old, new : path, HashList or UrlList
        The lists, both of hashes or both of addresses.
    out : path
        The file to write. It is as confidential as the lists; of keyed ones, it holds hashes.
    key : bytes or path, optional
        The secret of both, where they are keyed.
    identity : str or path, optional
        What decrypts those that age encrypted, as for `csamatch.open`. The delta is not encrypted.

    Returns
    -------
    int
        Its size in bytes.

    Raises
    ------
    ListFileError
        When a file is no sound list file, or is not laid out as `build` does it, so that no delta
        leads to it.
    ListKeyError
        When `key` is missing or wrong, or the lists do not share it.
    ValueError
        When one holds hashes and the other addresses.
    OSError
        When a file cannot be read or written.
    """
    check_clear(out)
    before, after = two_files(old, new, key, identity)
    if before.kind != after.kind:
        raise ValueError(f"no delta leads from a list of {before.kind} to one of {after.kind}")
    check_same_key(before, after)
    for file in (before, after):
        if file.unknown:
            raise ListFileError("a list holds sections that this version does not know")
        file.check(directories=False)
    content = b"".join(encode(before, after))
    tried = decode(content)
    sections, _ = _made_over(before, tried)
    _check_end(tried, listwrite.digest_of(listwrite.encode(before.kind, sections)))
    replace_file(out, [content])
    return len(content)


def apply_delta(
    base: Given,
    delta: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    key: Key | ListKey | None = None,
    trusted_key: bytes | str | os.PathLike[str] | None = None,
    minimum_serial: int | None = None,
    identity: Any = None,
) -> ListInfo:
    """Make a new list out of an old one and a delta.

    The new list needs a signature of its own; its publisher can send it with the delta.

    Parameters
    ----------
    base : path, HashList or UrlList
        The list that the delta was made for.
    delta : path
        What `write_delta` wrote.
    out : path
        The list file to write, which may be `base`. It is the one that the delta was made from, in
        every byte. It is not encrypted.
    key, trusted_key, minimum_serial, identity
        As for `csamatch.open`, where `base` is a path.

    Returns
    -------
    ListInfo
        What the new list says of itself.

    Raises
    ------
    DeltaError
        When the delta is damaged, or is for another list.
    ListFileError
        When the base is no sound list file.
    ListKeyError, SignatureError
        As from `csamatch.open`, of the base.
    UpdateError
        When `out` is an encrypted file.
    OSError
        When a file cannot be read or written.
    """
    check_clear(out)
    reason = ""
    with Base(
        base,
        key=key,
        trusted_key=trusted_key,
        minimum_serial=minimum_serial,
        identity=identity,
    ) as old:
        try:
            change = decode(Path(delta).read_bytes())
            sections, info = _made_over(old.file, change)

            def check(_: int, digest: str) -> None:
                old.check()
                _check_end(change, digest)

            listwrite.write(out, old.file.kind, sections, check)
        except DeltaError as error:
            reason = str(error)
    if reason:
        raise DeltaError(f"{os.fspath(delta)}: {reason}")
    return info
