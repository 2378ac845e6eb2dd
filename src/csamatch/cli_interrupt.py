"""Ctrl-C, or SIGTERM, ends a command within a second, whatever it does, with nothing half-done.

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
from typing import Any, Final, NoReturn

_SIGNALED: Final = 128
"""Shells add the signal's number to it, and so do we: 130 after Ctrl-C, 143 after SIGTERM."""
_USUAL: Final[dict[int, Any]] = {
    signal.SIGINT: signal.default_int_handler,
    signal.SIGTERM: signal.SIG_DFL,
}
_PATIENCE: Final = 0.4


def _interrupted(number: int, frame: FrameType | None) -> NoReturn:
    # Another one must not interrupt the tidying up that the first one leads to.
    for each in _USUAL:
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(number)


def status_of(interrupt: KeyboardInterrupt) -> int:
    """Return the exit status of a command that was interrupted so."""
    number = signal.SIGTERM if interrupt.args == (signal.SIGTERM,) else signal.SIGINT
    return _SIGNALED + number


def _watch(notes: int, ended: threading.Event) -> None:
    """Wait for a signal's note; end the process where the main thread does not."""
    while note := os.read(notes, 1):
        if note[0] in _USUAL and not ended.wait(_PATIENCE):
            _end(_SIGNALED + note[0])
    os.close(notes)


def _end(status: int) -> NoReturn:
    with suppress(Exception):
        remove_unfinished()
        atexit._run_exitfuncs()  # which remove temporary folders
    os._exit(status)


def remove_unfinished() -> None:
    """Remove the list files that are half written, if any are."""
    # Not imported here: the main thread may be at that, and would be waited for.
    atomic = sys.modules.get("csamatch.atomic")
    if atomic is not None:
        atomic.remove_unfinished()


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C and SIGTERM end the process in time while a command runs.

    A signal that the program around ignores, as what runs in the background does Ctrl-C, is left
    ignored. Nothing is changed where it has plans of its own for one of them.
    """
    if threading.current_thread() is not threading.main_thread() or sys.platform == "win32":
        yield
        return
    plans = {number: signal.getsignal(number) for number in _USUAL}
    signals = {number: plan for number, plan in plans.items() if plan is _USUAL[number]}
    others = [plan for number, plan in plans.items() if number not in signals]
    if not signals or any(plan is not signal.SIG_IGN for plan in others):
        yield
        return
    notes, noted = os.pipe()
    os.set_blocking(noted, False)
    before = signal.set_wakeup_fd(noted, warn_on_full_buffer=False)
    for each in signals:
        signal.signal(each, _interrupted)
    ended = threading.Event()
    start_new_thread(_watch, (notes, ended))
    try:
        yield
    finally:
        ended.set()
        signal.set_wakeup_fd(before)
        os.close(noted)  # which ends the thread
        for each, handler in signals.items():
            signal.signal(each, handler)
