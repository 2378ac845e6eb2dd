"""Writing a list file (docs/list-format.md), from its sections."""

from __future__ import annotations

import contextlib
import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Generator, Sequence
from typing import Any

from csamatch.atomic import replace_file
from csamatch.listfile import FIXED, FIXED_LENGTH, KEY_CHECK, KEYED, KINDS, MAGIC, VERSION, Section
from csamatch.memory import private_memory
from csamatch.pieces import Pieces, cut, shown

_ROW = struct.Struct("<IIQQQQ")
_ALIGNMENT = 64


def _aligned(length: int) -> int:
    return -(-length // _ALIGNMENT) * _ALIGNMENT


class _Layout:
    """Where a list file's sections lie."""

    def __init__(self, kind: str, sections: Sequence[Section]) -> None:
        self.kind, self.count = kind, len(sections)
        self.features = KEYED if any(section.kind == KEY_CHECK for section in sections) else 0
        at = self.start = _aligned(FIXED_LENGTH + _ROW.size * len(sections) + 4)
        self.table = b""
        self.content: list[Any] = []
        for part, subject, width, data in sections:
            content = data if isinstance(data, Pieces) else memoryview(data).cast("B")
            gap, size = _aligned(at) - at, content.nbytes
            at += gap
            self.table += _ROW.pack(part, subject, width, size // width, at, size)
            self.content += [bytes(gap), content]
            at += size
        self.end = at

    def header(self, digest: bytes) -> bytes:
        header = FIXED.pack(
            MAGIC,
            *VERSION,
            self.features,
            KINDS[self.kind],
            self.count,
            self.start,
            self.end,
            0,
            digest,
        )
        header = (header + self.table).ljust(self.start - 4, b"\0")
        return header + struct.pack("<I", zlib.crc32(header))


def encode(kind: str, sections: Sequence[Section]) -> list[Any]:
    """Lay a list file out.

    Parameters
    ----------
    kind : str
        ``"hashes"`` or ``"addresses"``.
    sections : sequence of Section
        In the order in which they are to lie.

    Returns
    -------
    list of bytes-like
        The file's content, header first.
    """
    layout = _Layout(kind, sections)
    content = [b"".join(c) if isinstance(c, Pieces) else c for c in layout.content]
    digest = hashlib.sha256()
    for chunk in content:
        digest.update(chunk)
    return [layout.header(digest.digest()), *content]


def write(
    path: str | os.PathLike[str],
    kind: str,
    sections: Sequence[Section],
    check: Callable[[int, str], None] | None = None,
    watch: Callable[[Any], None] = lambda _: None,
) -> str:
    """Write a list file, replacing what is there in one step; return its digest.

    The new file, open to be read, and its digest are checked before that, if `check` is given.
    What comes behind the header is shown to `watch`, piece by piece, before that too.
    """
    layout, digest = _Layout(kind, sections), hashlib.sha256()

    def look(piece: Any) -> None:
        digest.update(piece)
        watch(piece)

    def chunks() -> Generator[Any]:
        yield bytes(layout.start)  # the header's place
        yield from shown((p for c in layout.content for p in cut(c)), look)

    with contextlib.closing(chunks()) as content:  # the thread ends here, whatever happens
        replace_file(
            path,
            content,
            check=None if check is None else lambda file: check(file, digest.hexdigest()),
            head=lambda: layout.header(digest.digest()),
        )
    return digest.hexdigest()


def digest_of(chunks: Sequence[Any]) -> str:
    """Return the digest of a list file's content, as `encode` gives it."""
    digest: bytes = chunks[0][FIXED_LENGTH - 32 : FIXED_LENGTH]
    return digest.hex()


def image(kind: str, sections: Sequence[Section]) -> Any:
    """Return a list file's bytes, for lists made in memory."""
    chunks = encode(kind, sections)
    memory = private_memory(sum(len(chunk) for chunk in chunks))
    for chunk in chunks:
        memory.write(chunk)
    return memory
