"""Replacing a file so that readers see the old one or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from csamatch.errors import Error

try:
    import fcntl
except ImportError:  # Windows: an open file cannot be removed there, which serves as the lock
    fcntl = None  # type: ignore[assignment]


if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

_PAUSE = 0.005  # seconds
_FLUSHED: Final = 1 << 24
"""After so many bytes what was written is flushed, while more is."""
_unfinished: set[Path] = set()


def remove_unfinished() -> None:
    """Remove the temporary files of this process; for when it ends before it could do so."""
    for path in list(_unfinished):
        path.unlink(missing_ok=True)


def temporary(path: Path) -> Path:
    """Return where a new file is written before it takes its place."""
    return path.with_name(f".{path.name}.tmp")


def _take(path: Path, final: Path, mode: int, wait: float) -> int:
    """Open the temporary file for us alone, empty, whoever left one behind.

    The name is fixed, so that a killed run leaves at most one, and the next run takes it over
    instead of leaving list data lying about.
    """
    end = time.monotonic() + wait
    while True:
        if fcntl is None:
            path.unlink(missing_ok=True)
        # A link in its place would lead the list elsewhere.
        flags = getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | flags, mode)
        except OSError as error:
            # The user never gave the temporary name.
            raise OSError(error.errno, error.strerror, str(final)) from None
        try:
            if fcntl is not None:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Another run may have renamed this very file into place meanwhile.
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(fd), path.stat()):
                    _unfinished.add(path)
                    os.ftruncate(fd, 0)
                    path.chmod(mode)
                    return fd
        except BlockingIOError:
            if time.monotonic() >= end:
                os.close(fd)
                raise Error(f"{final}: another process is writing this file") from None
            time.sleep(_PAUSE)
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


class _Flush:
    """Flushes a file in a thread of its own, also while it is still being written."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._pool: ThreadPoolExecutor | None = None
        self._running: Future[None] | None = None
        self._since = 0

    def _start(self, flush: Callable[[int], None]) -> None:
        from concurrent.futures import ThreadPoolExecutor  # takes a while

        self._pool = self._pool or ThreadPoolExecutor(1, "csamatch-flush")
        self._running = self._pool.submit(flush, self._fd)

    def wrote(self, size: int) -> None:
        """Say how much more was written; OSError when what came before cannot be flushed."""
        self._since += size
        if self._since >= _FLUSHED and (self._running is None or self._running.done()):
            self._wait()
            self._since = 0
            self._start(getattr(os, "fdatasync", os.fsync))

    def _wait(self) -> None:
        if self._running is not None:
            self._running.result()  # a failure is told but once, to whoever flushes first

    def finish(self, check: Callable[[int], None] | None) -> None:
        """Flush all of it, and check it meanwhile, if that is asked for."""
        self._wait()
        if check is None:
            os.fsync(self._fd)
        else:
            self._start(os.fsync)
            check(self._fd)
            self._wait()

    def close(self) -> None:
        """End the thread."""
        if self._pool is not None:
            self._pool.shutdown()


def replace_file(
    path: str | os.PathLike[str],
    chunks: Iterable[Any],
    mode: int = 0o600,
    check: Callable[[int], None] | None = None,
    wait: float = 0.0,
    head: Callable[[], bytes] | None = None,
) -> None:
    """Write `chunks` to `path`: temporary file, fsync, rename, fsync of the folder.

    Much content is flushed while it is written, too, so that the disk has little left at the end.

    Parameters
    ----------
    path : path
        The file to make or to replace. A symbolic link is followed.
    chunks : iterable of bytes-like
        The content, asked for when no other process writes the file.
    mode : int
        Permissions of the new file.
    check : callable, optional
        Called with the new file, open to be read, before it takes the place of the old one; what
        it raises keeps it from that. The file is flushed meanwhile.
    wait : float
        How many seconds another process that writes the file is waited for.
    head : callable, optional
        Called after the chunks; what it returns is written over the beginning of the first.
    """
    final = Path(path).resolve()
    if final.exists() and not final.is_file():
        raise Error(f"{final}: not a regular file, so it will not be replaced")
    unfinished = temporary(final)
    with os.fdopen(_take(unfinished, final, mode, wait), "wb") as file:
        flush = _Flush(file.fileno())
        try:
            for chunk in chunks:
                file.write(chunk)
                flush.wrote(len(chunk))
            if head is not None:
                file.seek(0)
                file.write(head())
            file.flush()
            flush.finish(check)
            unfinished.replace(final)
        except BaseException:
            unfinished.unlink(missing_ok=True)  # still locked, so still ours
            raise
        finally:
            flush.close()
            _unfinished.discard(unfinished)
    sync_folder(final.parent)


def sync_folder(path: Path) -> None:
    """Make the names in a folder last, where the system can."""
    if fcntl is not None:
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def is_being_written(path: Path) -> bool:
    """Whether another process is about to replace a file."""
    if fcntl is None:
        return False
    try:
        fd = os.open(temporary(path), os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
