"""How long something takes, however busy the machine is with other things."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path


def delay(pid: int) -> float:
    """How long the threads of a process were ready to run but had no processor, as Linux tells."""
    waited = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):  # the thread has ended
            waited += int(task.read_text().split()[1])
    return waited / 1e9


class StopWatch:
    """Takes the time that a process needs to its end, less what it waits on a busy machine."""

    def __init__(self, pid: int) -> None:
        self.pid, self.begun = pid, time.monotonic()
        self.before = self.delays()

    def delays(self) -> float:
        return delay(self.pid) + delay(os.getpid())

    def wait(self, meanwhile: Callable[[], object]) -> float:
        """Return the seconds it took; it is left to be waited for. Half a minute is the most."""
        waited = 0.0
        ended = None
        while ended is None and time.monotonic() < self.begun + 30:
            meanwhile()
            # Threads that have ended are no longer told of.
            waited = max(waited, self.delays() - self.before)
            ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return time.monotonic() - self.begun - waited
