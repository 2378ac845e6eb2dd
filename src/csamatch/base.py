"""The list that a new one is made out of."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Any

from csamatch.errors import ListFileError, ListKeyError
from csamatch.listfile import DAMAGED
from csamatch.opening import list_file
from csamatch.sources import is_path


class Base:
    """A list, opened or in a file; a file is verified while it is used already.

    What is made out of it must not replace anything before `check` has returned. Leaving the
    `with` block by an exception waits for that too: where the file is damaged, nothing else that
    was found wrong is to be trusted.

    Parameters
    ----------
    given : path, HashList or UrlList
        The list. A file in clear is mapped where a mapped file can be replaced; not so one whose
        signature counts, which must not change once that was checked.
    trusted_key, identity, **options
        Of `list_file`.

    Raises
    ------
    ListFileError
        When it is no list file.
    ListKeyError, SignatureError
        As from `csamatch.open`.
    OSError
        When it cannot be read.
    """

    def __init__(
        self, given: Any, *, trusted_key: Any = None, identity: Any = None, **options: Any
    ) -> None:
        self._verdict = None
        options |= {"trusted_key": trusted_key, "identity": identity}
        file = None
        if is_path(given):
            mmap = os.name == "posix" and trusted_key is None and identity is None
            with contextlib.suppress(ListFileError, ListKeyError):
                file = list_file(given, verify=False, mmap=mmap, **options)
        if file is None:  # an open list, or one of which damage has to be told first
            self.file = list_file(given, **options)
            return
        self.file = file
        self._path = os.fspath(given)
        self._left = threading.Event()
        self._pool = ThreadPoolExecutor(1, "csamatch-verify")
        self._verdict = self._pool.submit(self.file.fits_checksum, self._left.is_set)

    def check(self) -> None:
        """Wait until all of it is verified; ListFileError unless it is sound."""
        if self._verdict is not None and not self._verdict.result():
            raise ListFileError(f"{self._path}: {DAMAGED}")

    def __enter__(self) -> Base:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._verdict is None:
            return
        try:
            if error is None or isinstance(error, Exception):
                self.check()
        except ListFileError as damage:
            raise damage from None
        finally:
            self._left.set()
            self._pool.shutdown()
