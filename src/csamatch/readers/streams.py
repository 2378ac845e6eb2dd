"""Sources of text as a stream of UTF-8, and short texts in whatever encoding they are."""

from __future__ import annotations

import codecs
import io
import re
from typing import BinaryIO, Final

from csamatch.errors import FormatError

BLOCK: Final = 1 << 18  # small enough that what was read is still in the cache when scanned
ROW_LIMIT: Final = 1 << 20
"""No row is longer. A quote that is not closed within it is taken for a stray one."""

SEPARATOR: Final = re.compile(rb'"?sep=([\t -~])"?\r?\n?', re.IGNORECASE)


def _codec(encoding: str) -> str:
    """Return the name of an encoding of text; ValueError when there is none."""
    try:
        found = codecs.lookup(encoding)
        codecs.getincrementaldecoder(encoding)
        if found._is_text_encoding:
            return found.name
    except (LookupError, ValueError):
        pass
    raise ValueError("option encoding: no such encoding of text")


def separator(text: TextStream) -> str:
    """Take off a first line ``sep=;``, as Excel writes it, and return the delimiter it tells."""
    line = text.first_line()
    found = SEPARATOR.fullmatch(line)
    if found is None:
        text.push_back(line)
        return ""
    return found[1].decode("ascii")


class TextStream:
    """A source as UTF-8: without byte order mark, and transcoded where need be.

    Parameters
    ----------
    stream : binary file
    source : str
    encoding : str
        Empty for UTF-8, or UTF-16 where a byte order mark says so.
    """

    def __init__(self, stream: BinaryIO, source: str, encoding: str = "") -> None:
        self._stream = stream
        self._source = source
        self._into = stream.readinto if isinstance(stream, io.BufferedReader) else None
        self._ahead = stream.read(BLOCK)
        if not encoding and self._ahead.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            encoding = "utf-16"
        name = _codec(encoding or "utf-8")
        self._decoder = None
        if name not in ("utf-8", "ascii", "utf-8-sig"):
            self._decoder = codecs.getincrementaldecoder(name)()
            self._ahead = self._transcode(self._ahead)
        self._ahead = self._ahead.removeprefix(codecs.BOM_UTF8)

    def _transcode(self, data: bytes) -> bytes:
        assert self._decoder is not None
        try:
            return self._decoder.decode(data, final=not data).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError as error:
            reason = f"not {error.encoding}, or truncated: {error.reason}"
        except UnicodeError:
            reason = "not of the encoding named, or truncated"
        raise FormatError(self._source, reason)

    def read(self) -> bytes:
        """Return the next bytes; none at the end."""
        data, self._ahead = self._ahead, b""
        while not data and (raw := self._stream.read(BLOCK)):
            data = raw if self._decoder is None else self._transcode(raw)
        if not data and self._decoder is not None:
            data = self._transcode(b"")
        return data

    def readinto(self, room: memoryview) -> int:
        """Read into memory; 0 only at the end."""
        if not self._ahead and self._decoder is None and self._into is not None:
            return self._into(room) or 0
        data = self.read()
        self._ahead = data[len(room) :]
        count = len(data) - len(self._ahead)
        room[:count] = data[:count]
        return count

    def push_back(self, data: bytes) -> None:
        """Have `read` return these first."""
        self._ahead = data + self._ahead

    def first_line(self) -> bytes:
        """Take off the first line, its end included."""
        found = self.read()
        while b"\n" not in found and len(found) < ROW_LIMIT and (more := self.read()):
            found += more
        end = found.find(b"\n") + 1 or len(found)
        self.push_back(found[end:])
        return found[:end]


def text_of(data: bytes | bytearray) -> str:
    """Decode a short text: UTF-8, or else what Windows writes in Western Europe."""
    for encoding in ("utf-8", "cp1252"):
        try:
            return bytes(data).decode(encoding)
        except UnicodeDecodeError:
            pass
    return bytes(data).decode("latin-1")
