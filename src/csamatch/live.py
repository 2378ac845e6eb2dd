"""Lists that follow their file: a new version is checked, and then takes the place of the old."""

from __future__ import annotations

import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from csamatch.errors import Error, ListFileError, SignatureError, StaleListError
from csamatch.hashlist import HashList
from csamatch.info import ListInfo
from csamatch.matches import Match, Matches
from csamatch.opening import open_accepted
from csamatch.publishing import pointed
from csamatch.signing import signature_path
from csamatch.textmatches import TextMatches
from csamatch.urllist import UrlList

__all__ = ["LiveList"]

_LOG = logging.getLogger("csamatch.live")
_TRIES = 5  # to read a file that is replaced meanwhile

Version = tuple[tuple[int, ...], ...]
_UNKNOWN: Version = ()
Told = list[Callable[[], object]]


def _stat(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()  # whoever opens it says why
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


class LiveList:
    """A list that follows its file: the same calls, always on a version that was found sound.

    When the file is replaced, the new one is read, checked from end to end, and only then put in
    the place of the old; a call that runs meanwhile belongs to one version altogether. Whatever
    goes wrong (a damaged, truncated or stale file, or none) leaves the old list serving and is
    reported, once for each version of the file.

    The file is looked at on use, at most every `interval` seconds; the call that finds a new one
    loads it, and others go on with the old one. `start`, or a ``with`` block, lets a thread do
    that instead. Both work in processes that are forked later: each looks for itself.

    Parameters
    ----------
    path : path
        A list file; or a pointer file, which holds the name of a list file beside it, as
        `csamatch.publish` writes it.
    interval : float
        Seconds between two looks.
    on_reload : callable, optional
        Called with the new list's `ListInfo` and the old one's.
    on_error : callable, optional
        Called with the exception; by default it is logged (logger ``csamatch.live``).
    **options
        As for `csamatch.open`, for each version: files of keys are read again. Lists are always
        verified, and a list with canaries must pass its self-test. With `trusted_key`, no
        version may have a lower serial than the one before; the serial is remembered beside
        `path`, under its name, once a version was taken.

    Attributes
    ----------
    reloads, errors : int
        How often a new version was taken, and how often something was reported.

    Raises
    ------
    ListFileError, StaleListError, OSError
        As `csamatch.open`, for the first version: there is nothing else to serve.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        interval: float = 5.0,
        on_reload: Callable[[ListInfo, ListInfo], object] | None = None,
        on_error: Callable[[Exception], object] | None = None,
        **options: Any,
    ) -> None:
        if not interval > 0:
            raise ValueError("interval: must be more than 0")
        if not options.setdefault("verify", True):
            raise ValueError("verify: a live list is always verified")
        if hasattr(options.get("suppress"), "read"):
            raise TypeError("suppress: give a path or a list; a file can be read only once")
        self._path = Path(path).absolute()
        self._interval = interval
        self._on_reload = on_reload
        self._on_error = on_error
        self._options = options
        self._lock = threading.Lock()
        self._stop: threading.Event | None = None
        self._thread: threading.Thread | None = None
        self.reloads: int = 0
        self.errors: int = 0
        self._seen: tuple[int, ...] | None = None
        self._target: Path | None = None
        self._tried = _UNKNOWN
        self._serial = self._read_serial = -1
        self._list = self._load()
        self._serial = self._read_serial
        self._version = self._tried
        self._reported: Version | None = None
        self._may_recover = False
        self._reported_stale = self._list.info.stale  # opening has said so, if it should
        self._due = time.monotonic() + interval
        _LIVE.add(self)

    # Matching: every call takes one reference and stays with it.

    @property
    def current(self) -> HashList | UrlList:
        """The list in use now, for several calls on one version."""
        if time.monotonic() >= self._due:
            self._look()
        return self._list

    @property
    def info(self) -> ListInfo:
        """What the list in use says of itself."""
        return self.current.info

    @property
    def kernel(self) -> str:
        """The kernel in use."""
        return self.current.kernel

    def __len__(self) -> int:
        return len(self.current)

    # These two do without a frame for `current`, which would cost as much as they do.

    def __contains__(self, item: object) -> bool:
        if time.monotonic() >= self._due:
            self._look()
        return item in self._list

    def find(self, item: Any, **options: Any) -> Match | None:
        """Look one item up, as `HashList.find` or `UrlList.find` does."""
        if time.monotonic() >= self._due:
            self._look()
        return self._list.find(item, **options)

    def match(self, items: Any, **options: Any) -> Matches:
        """Look many items up at once, as `HashList.match` or `UrlList.match` does."""
        return self.current.match(items, **options)

    def match_text(self, texts: Any, **options: Any) -> TextMatches:
        """Look up the links in many texts, as `UrlList.match_text` does."""
        lst = self.current
        if not isinstance(lst, UrlList):
            raise TypeError("a list of hashes finds no links in texts")
        return lst.match_text(texts, **options)

    def __repr__(self) -> str:
        return f"<LiveList of {self._list!r}>"

    # Following the file.

    def _locate(self) -> tuple[Path, Version]:
        """Return the list file, and what tells its version from others."""
        seen = _stat(self._path)
        if seen != self._seen:
            self._target = None
            try:
                self._target = pointed(self._path) if seen else None
            except FileNotFoundError:  # taken away meanwhile: missing, as the next look will find
                seen = ()
            self._seen = seen
        target = self._target or self._path
        version = [seen] if self._target is None else [seen, _stat(target)]
        if self._options.get("trusted_key") is not None:
            version.append(_stat(signature_path(target)))  # which may come after its list
        return target, tuple(version)

    def _load(self) -> HashList | UrlList:
        """Read and check the file; `_tried` becomes the version of the very file that was read."""
        for left in reversed(range(_TRIES)):
            path, self._tried = self._locate()
            try:
                lst = open_accepted(path, self._check, remembered_as=self._path, **self._options)
            except Exception:
                # Replaced or pruned while it was read, it is not to be judged.
                if not left or self._locate()[1] == self._tried:
                    raise
            else:
                if self._locate()[1] == self._tried:
                    break
        return lst

    def _check(self, lst: HashList | UrlList, serial: int) -> None:
        """Raise an error unless a list may take the place of the one in use."""
        path = self._target or self._path
        reason = ""
        if serial < self._serial:
            raise SignatureError(f"{path}: serial {serial} is older than {self._serial}, in use")
        try:
            lst._file.check()
        except ListFileError as error:
            reason = str(error)
        if reason:
            raise ListFileError(f"{path}: {reason}")
        if lst._file.canary_count:
            lst.self_test()
        self._read_serial = serial

    def check(self) -> bool:
        """Look at the file now, whatever the interval; wait for a look that is under way.

        Returns
        -------
        bool
            Whether a new version was taken.
        """
        before = self.reloads
        told: Told = []
        with self._lock:
            self._follow(told)
        self._tell(told)
        return self.reloads != before

    def _look(self) -> None:
        """Look at the file, unless another thread does."""
        if self._stop is not None and not self._stop.is_set():
            self._run_thread()  # it was left behind in the process that forked this one
            return
        if not self._lock.acquire(blocking=False):
            return
        told: Told = []
        try:
            self._follow(told)
        finally:
            self._lock.release()
        self._tell(told)

    def _follow(self, told: Told) -> None:
        """Take a new version of the file, or find out what is wrong with it."""
        if self._stop is None:
            self._due = time.monotonic() + self._interval
        self._tried = _UNKNOWN
        try:
            version = self._locate()[1]
            if version == self._version:
                self._reported = None
            elif version != self._reported or self._may_recover:
                self._swap(self._load(), told)
        except Exception as error:
            # A file that could not be read may be readable next time; its content stays as it is.
            self._may_recover = not isinstance(error, (Error, Warning))
            if self._tried != self._reported:
                self._reported = self._tried
                self._report(error.with_traceback(None), told)
        self._watch_age(told)

    def _swap(self, lst: HashList | UrlList, told: Told) -> None:
        old = self._list.info
        new = lst.info
        if new.kind != old.kind:
            raise ListFileError(f"{self._path}: holds {new.kind} now, no longer {old.kind}")
        self._reported = None
        self._serial = self._read_serial
        if new.digest != old.digest:
            self._list = lst
            self._reported_stale = new.stale
            self.reloads += 1
            call = self._on_reload
            if call is not None:
                told.append(lambda: call(new, old))
        # Last, so that a process that is forked meanwhile looks again rather than never.
        self._version = self._tried

    def _watch_age(self, told: Told) -> None:
        """Report once that the list in use has become older than its publisher allows."""
        info = self._list.info
        if info.stale and not self._reported_stale and self._options.get("stale") != "serve":
            self._reported_stale = True
            text = f"list {info.name!r} has become stale, and none newer has come"
            self._report(StaleListError(text), told)

    def _report(self, error: Exception, told: Told) -> None:
        self.errors += 1
        call = self._on_error
        if call is not None:
            told.append(lambda: call(error))
        else:
            # Only errors of our own and of the system are known to hold no values.
            text = error if isinstance(error, (Error, OSError, Warning)) else "unexpected"
            _LOG.error("list %r: %s: %s", self._list.info.name, type(error).__name__, text)

    @staticmethod
    def _tell(told: Told) -> None:
        """Call the callbacks, when no lock is held; the list serves whatever they do."""
        for call in told:
            try:
                call()
            except Exception as error:
                _LOG.error("a callback of a live list failed: %s", type(error).__name__)

    # The thread, for those who want it.

    def start(self) -> Self:
        """Let a daemon thread follow the file, so that no call ever waits for a new version."""
        if self._stop is None:
            self._stop = threading.Event()
            self._run_thread()
        return self

    def _run_thread(self) -> None:
        with _STARTING:
            if self._stop is None or (self._thread is not None and self._thread.is_alive()):
                return
            self._due = float("inf")
            self._thread = threading.Thread(
                target=_watch,
                args=(weakref.ref(self), self._stop, self._interval),
                name="csamatch-live",
                daemon=True,
            )
            try:
                self._thread.start()
            except RuntimeError:  # no thread to spare: the next use tries again
                self._due = time.monotonic() + self._interval

    def stop(self) -> None:
        """End the thread; the file is looked at on use again."""
        stop, thread = self._stop, self._thread
        self._stop = self._thread = None
        self._due = time.monotonic() + self._interval
        if stop is not None:
            stop.set()
        if thread is not None and thread is not threading.current_thread() and thread.is_alive():
            thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exception: object) -> None:
        self.stop()


def _watch(ref: weakref.ref[LiveList], stop: threading.Event, interval: float) -> None:
    """Follow a list's file till it is told to stop, or nobody has the list any more."""
    while not stop.wait(interval):
        live = ref()
        if live is None:
            return
        live.check()
        del live


_LIVE: weakref.WeakSet[LiveList] = weakref.WeakSet()
_STARTING = threading.Lock()


def _after_fork() -> None:
    """In a new process: locks may be held by threads that are not here, and no thread runs."""
    global _STARTING
    _STARTING = threading.Lock()
    for live in list(_LIVE):
        live._lock = threading.Lock()
        live._thread = None
        if live._stop is not None:
            live._stop = threading.Event()
        live._due = 0.0


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
