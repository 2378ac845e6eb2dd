"""Ctrl-C ends a command within a second, whatever it is doing, and leaves nothing half-done.

Python tells the main thread of a signal between two of its own instructions, which can be long in
coming: a sort of ten million keys is one instruction. The signal is noted at once, though, and a
thread that waits for the note gives the main thread a moment; then it removes the temporary files
itself and ends the process.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from _thread import start_new_thread
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

INTERRUPTED: Final = 130
"""The exit status, as shells have it: 128 and the signal's number."""
_PATIENCE: Final = 0.4


def _interrupted(number: int, frame: FrameType | None) -> NoReturn:
    # Another Ctrl-C must not interrupt the tidying up that the first one leads to.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(notes: int, ended: threading.Event) -> None:
    """Wait for a signal's note; end the process where the main thread does not."""
    while note := os.read(notes, 1):
        if note[0] == signal.SIGINT and not ended.wait(_PATIENCE):
            _end()
    os.close(notes)


def _end() -> NoReturn:
    with suppress(Exception):
        remove_unfinished()
        atexit._run_exitfuncs()  # which remove temporary folders
    os._exit(INTERRUPTED)


def remove_unfinished() -> None:
    """Remove the list files that are half written, if any are."""
    # Not imported here: the main thread may be at that, and would be waited for.
    atomic = sys.modules.get("csamatch.atomic")
    if atomic is not None:
        atomic.remove_unfinished()


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C end the process in time while a command runs.

    Nothing is changed where the program around has other plans for the signal, or ignores it, as
    what runs in the background does.
    """
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGINT) is not signal.default_int_handler
        or sys.platform == "win32"
    ):
        yield
        return
    notes, noted = os.pipe()
    os.set_blocking(noted, False)
    before = signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _interrupted)
    ended = threading.Event()
    start_new_thread(_watch, (notes, ended))
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(noted)  # which ends the thread
        signal.signal(signal.SIGINT, signal.default_int_handler)
