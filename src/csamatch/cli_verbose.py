"""What ``--verbose`` tells of any command, on standard error."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from csamatch import __version__, kernels
from csamatch.cli_base import say

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_is_on = False


def tell(text: str) -> None:
    """Say something that only ``--verbose`` asks for."""
    if _is_on:
        say(f"csamatch: {text}")


@contextmanager
def accounted(verbose: bool) -> Iterator[None]:
    """Say what runs, and what it took when it has ended well or badly."""
    global _is_on
    _is_on = verbose
    begun = time.perf_counter()
    tell(f"version {__version__}, Python {platform.python_version()}, kernel {kernels()[0]}")
    try:
        yield
    finally:
        tell(f"took {time.perf_counter() - begun:.2f} s{_memory()}")


def _memory() -> str:
    if resource is None:
        return ""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if platform.system() == "Darwin" else 1024
    return f", {most * unit / 2**20:,.0f} MiB of memory at most"


def show_frames(error: BaseException) -> None:
    """Say where an error came from: places in programs, which hold no value of a list."""
    for frame in traceback.extract_tb(error.__traceback__):
        tell(f"  {Path(frame.filename).name}:{frame.lineno}, in {frame.name}")
