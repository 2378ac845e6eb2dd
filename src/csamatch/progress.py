"""Progress on a terminal, for what takes longer than a second."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def terminal_progress(
    quiet: bool = False,
) -> Iterator[Callable[[str, int, int | None], None] | None]:
    """Give a progress callback for `csamatch.build`, or None where nobody looks."""
    if quiet or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm

    # Asked here because tqdm shows nothing at all on a terminal that does not tell its size.
    columns, rows = shutil.get_terminal_size()
    bar: Any = None
    shown = ""

    def update(name: str, done: int, total: int | None) -> None:
        nonlocal bar, shown
        if bar is None or name != shown:
            if bar is not None:
                bar.close()
            shown = name
            bar = tqdm(
                desc=name,
                total=total,
                unit="B",
                unit_scale=True,
                delay=0.5,
                leave=False,
                ncols=columns,
                nrows=rows,
                file=sys.stderr,
            )
        bar.update(done - bar.n)

    try:
        yield update
    finally:
        if bar is not None:
            bar.close()
