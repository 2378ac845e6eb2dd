"""Compressed sources, recognised by content: gzip, Zstandard, zip; with limits against bombs."""

from __future__ import annotations

import errno
import gzip
import io
import re
import shutil
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from csamatch.errors import FormatError
from csamatch.readers import HEAD_SIZE, Head

FREE: Final = 100 << 20
"""Sources that unpack to no more than this are never refused for their ratio."""

_MOST_LAYERS: Final = 2  # an archive in an archive; more is nobody's way to deliver a list
_SPOOL: Final = 16 << 20  # what a zip archive that can't be sought in may take of memory
_BUFFER: Final = 1 << 18
_MOST_COMMENTS: Final = 16 << 20  # so much is looked at for a first line that is no comment
_SILENCE: Final = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r\f\v\n]++|(?:[#;!]|//)[^\n]*+)*+")
# What zipfile fails with on archives that are not as they should be.
_BROKEN: Final = (zipfile.BadZipFile, EOFError, ValueError, struct.error)
_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"PK\x03\x04": "zip",
    b"PK\x05\x06": "zip",  # an archive of nothing
}


@dataclass(frozen=True)
class Limits:
    """How much one source may unpack to.

    Attributes
    ----------
    max_size : int
        Bytes in all.
    max_ratio : float
        How many times the compressed size, beyond the first 100 MiB.
    """

    max_size: int = 1 << 40
    max_ratio: float = 200.0


class SourceStream(io.BufferedReader):
    """What readers read; `path` is the file itself, where the source is a plain one on disk."""

    path: Path | None = None


@dataclass(slots=True)
class Opened:
    """A source ready to be read.

    Attributes
    ----------
    name : str
        As in messages; members of archives are ``archive.zip!member``.
    head : Head
        Its first bytes.
    stream : SourceStream
        All of it, from the start.
    progress : callable
        Returns the bytes read so far and, where it is known, the size.
    is_plain : bool
        Whether it is the file itself, not something unpacked.
    """

    name: str
    head: Head
    stream: SourceStream
    progress: Callable[[], tuple[int, int | None]]
    is_plain: bool


def _says_nothing(head: bytes) -> bool:
    """Whether there are only blank lines and comments, the last perhaps cut off."""
    said = _SILENCE.match(head)
    return said is None or said.end() == len(head)


class Peekable(io.RawIOBase):
    """A binary stream whose first bytes can be looked at, and whose position is known."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._into: Callable[[Any], int | None] | None = None
        if type(stream) in (io.FileIO, io.BufferedReader):
            self._into = cast(io.BufferedReader, stream).readinto  # others need only have read
        self._head = b""
        self.position = 0

    def head(self) -> Head:
        """Return the first bytes, which are still to be read.

        They are more than usual where those say nothing: blank lines and comments.
        """
        is_whole = False
        wanted = HEAD_SIZE
        while len(self._head) < wanted or (
            wanted < _MOST_COMMENTS and _says_nothing(self._head) and (wanted := 4 * wanted)
        ):
            data = self._stream.read(wanted - len(self._head))
            if not isinstance(data, bytes):
                raise TypeError("sources must be opened in binary mode")
            if not data:
                is_whole = True
                break
            self._head += data
        return Head(self._head, is_whole)

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read on, the first bytes first."""
        if not self._head and self._into is not None:
            count = self._into(buffer) or 0
            self.position += count
            return count
        data = self._head[: len(buffer)] if self._head else self._stream.read(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


class _Meter:
    """Counts what a source unpacks to, layer by layer, and stops it at the limits."""

    def __init__(self, limits: Limits, compressed: Callable[[], int]) -> None:
        self._limits = limits
        self._given = [0] * (_MOST_LAYERS + 1)
        self.compressed = compressed

    def count(self, layer: int, size: int) -> str:
        """Count bytes that came out of a layer; return why they are too many, if they are."""
        self._given[layer] += size
        given = self._given[layer]
        if given > self._limits.max_size:
            return f"unpacks to more than {self._limits.max_size:,} bytes; max_size raises that"
        if given > FREE and given > self._limits.max_ratio * self.compressed():
            ratio = f"{self._limits.max_ratio:g}"
            return f"unpacks to more than {ratio} times its size; max_ratio raises that"
        return ""


class _Unpacked(io.RawIOBase):
    """What comes out of a decompressor: metered, its failures told with their place."""

    def __init__(
        self, stream: Any, name: str, what: str, meter: _Meter, layer: int, failure: Any = ()
    ) -> None:
        self._stream = stream
        self._name = name
        self._what = what
        self._meter = meter
        self._layer = layer
        self._failure = failure
        self._position = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        reason = ""
        try:
            data = self._stream.read(len(buffer))
        except FormatError:
            raise  # of the layer below
        except EOFError:
            reason = f"truncated {self._what} data"
        except MemoryError:
            reason = f"{self._what} data that takes too much memory to unpack"
        except (zlib.error, OSError, *_BROKEN, *self._failure) as error:
            if not _is_damage(error):
                raise
            reason = f"damaged {self._what} data"
        reason = reason or self._meter.count(self._layer, len(data))
        if reason:
            where = f"after byte {self._position:,} of what it holds"
            raise FormatError(self._name, reason, where)
        self._position += len(data)
        buffer[: len(data)] = data
        return len(data)


def _is_damage(error: Exception) -> bool:
    """Whether a file that is read is at fault, not the reading of it.

    bz2 and gzip raise OSError without a number; zipfile seeks wherever an archive tells it to.
    """
    return not isinstance(error, OSError) or error.errno in (None, errno.EINVAL)


def _container(head: bytes) -> str:
    """Return how a source is compressed, by its magic number; empty when it isn't."""
    return next((what for magic, what in _MAGIC.items() if head.startswith(magic)), "")


def _lzma_errors() -> tuple[type[Exception], ...]:
    """Return what zip members of that method fail with; some Pythons are built without it."""
    try:
        from lzma import LZMAError
    except ImportError:
        return ()
    return (LZMAError,)


def _zstd(name: str) -> Any:
    """Import Zstandard: Python's own, or the same for older Pythons."""
    try:
        from compression import zstd
    except ImportError:
        try:
            from backports import zstd
        except ImportError:
            zstd = None
    if zstd is None:
        raise FormatError(name, "Zstandard data; to read it, install csamatch[zstd]")
    return zstd


def unpack(
    stream: BinaryIO, name: str, limits: Limits, *, member: str = "*", size: int | None = None
) -> Iterator[Opened]:
    """Yield the sources in a stream: itself, or what it holds.

    Parameters
    ----------
    stream : binary file object
        At its start.
    name : str
        Its name, for messages.
    limits : Limits
        How much it may unpack to.
    member : str
        Which members of an archive are wanted, as a pattern; others are passed over.
    size : int, optional
        Its size, where that is known.

    Raises
    ------
    FormatError
        When an archive is damaged, truncated or encrypted, or goes over the limits.
    """
    raw = Peekable(stream)
    with ExitStack() as stack:
        unpacker = _Unpacker(_Meter(limits, lambda: raw.position), stack)
        if member != "*" and _container(raw.head().data) != "zip":
            raise FormatError(name, "no zip archive, so it has no members")
        yield from unpacker.unpack(raw, stream, name, 0, lambda: (raw.position, size), member)


class _Unpacker:
    """Takes one source apart, layer by layer."""

    def __init__(self, meter: _Meter, stack: ExitStack) -> None:
        self._meter = meter
        self._stack = stack

    def unpack(
        self,
        raw: Peekable,
        stream: Any,
        name: str,
        layer: int,
        progress: Callable[[], tuple[int, int | None]],
        member: str = "*",
    ) -> Iterator[Opened]:
        """Yield the sources in a stream; `raw` reads it, from its start."""
        head = raw.head()
        what = _container(head.data)
        if not what:
            yield Opened(name, head, SourceStream(raw, _BUFFER), progress, layer == 0)
            return
        if layer == _MOST_LAYERS:
            raise FormatError(name, f"{what} data inside {layer} other layers; unpack it first")
        if what == "zip":
            yield from self._members(raw, stream, name, layer, member)
            return
        buffered = io.BufferedReader(raw, _BUFFER)
        failure: tuple[type[Exception], ...] = ()
        if what == "gzip":
            inner: Any = gzip.GzipFile(fileobj=buffered)
        else:
            zstd = _zstd(name)
            inner, failure = zstd.ZstdFile(buffered), (zstd.ZstdError,)
        unpacked: Any = _Unpacked(inner, name, what, self._meter, layer, failure)
        yield from self.unpack(Peekable(unpacked), unpacked, name, layer + 1, progress)

    def _members(
        self, raw: Peekable, stream: Any, name: str, layer: int, pattern: str
    ) -> Iterator[Opened]:
        """Yield the members of a zip archive, each as a source of its own."""
        if not (hasattr(stream, "seekable") and stream.seekable()):
            spooled = tempfile.SpooledTemporaryFile(_SPOOL)  # noqa: SIM115
            stream = self._stack.enter_context(spooled)
            shutil.copyfileobj(io.BufferedReader(raw, _BUFFER), stream)
        size = stream.seek(0, io.SEEK_END)
        if layer == 0:
            self._meter.compressed = lambda: size
        archive = None
        try:
            archive = self._stack.enter_context(zipfile.ZipFile(stream))
        except (OSError, NotImplementedError, *_BROKEN) as error:
            if not _is_damage(error):
                raise
        if archive is None:
            raise FormatError(name, "truncated or damaged zip archive", f"before byte {size:,}")
        _refuse_documents(archive, name)
        wanted = [m for m in archive.infolist() if _is_wanted(m, pattern)]
        if not wanted:
            raise FormatError(name, "the archive holds no such file")
        for member in wanted:
            yield from self._member(archive, member, name, layer)

    def _member(
        self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, archive_name: str, layer: int
    ) -> Iterator[Opened]:
        shown = "".join(c if c.isprintable() else "?" for c in member.filename)
        name = f"{archive_name}!{shown}"
        if member.flag_bits & 1:
            raise FormatError(name, "encrypted; decrypt the archive first")
        reason = ""
        file: Any = None
        try:
            file = archive.open(member)
        except NotImplementedError:
            reason = "compressed in a way that cannot be read; pack it as deflate"
        except (OSError, *_BROKEN) as error:
            if not _is_damage(error):
                raise
            reason = "damaged zip archive"
        if reason:
            raise FormatError(name, reason, f"at byte {member.header_offset:,}")
        with file:
            unpacked: Any = _Unpacked(file, name, "zip", self._meter, layer, _lzma_errors())
            raw = Peekable(unpacked)
            total = member.file_size
            yield from self.unpack(raw, unpacked, name, layer + 1, lambda: (raw.position, total))


def _is_wanted(member: zipfile.ZipInfo, pattern: str) -> bool:
    """Whether a member is a file, no mere shadow left by macOS, and asked for."""
    name = member.filename
    is_file = bool(name) and not name.endswith("/") and not name.startswith("__MACOSX/")
    return is_file and (name == pattern or fnmatchcase(name, pattern))


def _refuse_documents(archive: zipfile.ZipFile, name: str) -> None:
    names = set(archive.namelist())
    if "[Content_Types].xml" in names or "content.xml" in names:
        raise FormatError(name, "looks like an office document; save it as CSV or text")
