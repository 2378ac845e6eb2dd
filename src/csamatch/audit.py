"""Records of what was looked up, for those who must account for it.

A record is a dict of plain values. It holds no query: where one hit, its HMAC-SHA-256 stands
instead, by which a holder of the key can check a query that is at hand, and no one else can guess.
"""

from __future__ import annotations

import errno
import hmac
import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from csamatch import _core
from csamatch.errors import Error
from csamatch.matches import Match

if TYPE_CHECKING:
    from csamatch.multimatches import MultiMatches

__all__ = ["JsonLines", "Logging"]

Record = dict[str, Any]
Sink = Callable[[Record], object]

_LEAST_KEY = 16


@cache
def _process_key() -> bytes:
    """Return a random key: the same for this process and those that it forks afterwards."""
    return secrets.token_bytes(32)


class Auditor:
    """Writes a record for each batch, and one for each hit.

    Parameters
    ----------
    sink : callable
        Called with each record.
    key : bytes, optional
        The key of the queries' digests; by default a random one.
    """

    def __init__(self, sink: Sink, key: bytes | None) -> None:
        if not callable(sink):
            raise TypeError(f"audit: expected a callable, not {type(sink).__name__}")
        if key is not None and not isinstance(key, bytes):
            raise TypeError(f"audit_key: expected bytes, not {type(key).__name__}")
        if key is not None and len(key) < _LEAST_KEY:
            raise ValueError(f"audit_key: must have at least {_LEAST_KEY} bytes")
        self._sink = sink
        self._key = key

    def write(
        self, matches: MultiMatches, kind: str, tag: str, query_bytes: Callable[[int], bytes]
    ) -> None:
        """Write the records of one batch."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        common = {"time": now, "batch": secrets.token_hex(8), "tag": tag}
        lists = [
            {
                "list": info.name,
                "version": info.version,
                "list_sha256": info.digest,
                "hits": result.count,
                "suppressed": int(result.suppressed.sum()),
            }
            for info, result in zip(matches.lists, matches.results, strict=True)
        ]
        self._sink(
            {
                "event": "batch",
                **common,
                "kind": kind,
                "queries": matches._size,
                "invalid": int(matches.invalid.sum()),
                "matched": int(matches.mask.sum()),
                "suppressed": int(matches.suppressed.sum()),
                "lists": lists,
                "csamatch": _core.version(),
            }
        )
        digests: dict[int, str] = {}
        for match, suppressed in _hits(matches):
            if match.query not in digests:
                digests[match.query] = self._digest(query_bytes(match.query))
            self._sink(
                {
                    "event": "suppressed" if suppressed else "hit",
                    **common,
                    "query": match.query,
                    "query_hmac": digests[match.query],
                    "list": match.list.name,
                    "version": match.list.version,
                    "list_sha256": match.list.digest,
                    "entry_id": match.entry.id,
                    "entry_number": match.entry.number,
                    "entry_source": match.entry.source,
                    "category": match.entry.category,
                    "rule": match.rule,
                }
            )

    def _digest(self, query: bytes) -> str:
        key = _process_key() if self._key is None else self._key
        return hmac.digest(key, query, "sha256").hex()


def _hits(matches: MultiMatches) -> Iterator[tuple[Match, bool]]:
    for match in matches:
        yield match, False
    for dropped in matches._dropped:
        for match in dropped:
            yield match, True


def _line(record: Record) -> str:
    return json.dumps(record, separators=(",", ":"))


class JsonLines:
    """A sink that appends each record to a file, as a line of JSON.

    Each record is one write, so that several threads and processes can share the file. It is made
    with mode 0600.

    Parameters
    ----------
    path : path
        The file.
    fsync : bool
        Wait until each record has reached the disk.

    Raises
    ------
    OSError
        When the file cannot be opened; later, when a record cannot be written whole.
    """

    def __init__(self, path: str | os.PathLike[str], *, fsync: bool = False) -> None:
        self._path = os.fspath(path)
        self._fsync = fsync
        self._torn = False
        self._fd = self._open()

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        return os.open(self._path, flags, 0o600)

    def __call__(self, record: Record) -> None:
        """Append one record."""
        data = _line(record).encode("ascii") + b"\n"
        if self._torn:
            data = b"\n" + data  # what was cut short must not spoil this one too
        written = os.write(self._fd, data)
        self._torn = written < len(data)
        if self._torn:
            raise OSError(errno.EIO, "an audit record was cut short", self._path)
        if self._fsync:
            os.fsync(self._fd)

    def reopen(self) -> None:
        """Open the file by its name again, after it was renamed to rotate it."""
        new = self._open()
        old, self._fd, self._torn = self._fd, new, False
        os.close(old)

    def close(self) -> None:
        """Close the file."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __enter__(self) -> JsonLines:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<JsonLines {self._path!r}>"


class Logging:
    """A sink that hands each record to the standard library's logging, as JSON.

    Parameters
    ----------
    logger : logging.Logger or str
        The logger, or its name.
    level : int
        The level of the records.

    Raises
    ------
    Error
        For each record, when the logger is not enabled for that level: unless it is set up, Python
        drops all below a warning. What becomes of a record after that is for its handlers to say.
    """

    def __init__(
        self, logger: logging.Logger | str = "csamatch.audit", level: int = logging.INFO
    ) -> None:
        self._logger = logging.getLogger(logger) if isinstance(logger, str) else logger
        self._level = level

    def __call__(self, record: Record) -> None:
        """Log one record."""
        if not self._logger.isEnabledFor(self._level):
            raise Error(f"logger {self._logger.name!r} drops what is to be audited: set its level")
        self._logger.log(self._level, "%s", _line(record))
