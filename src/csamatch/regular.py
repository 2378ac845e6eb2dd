"""Opening files that must be regular ones."""

from __future__ import annotations

import os
import stat
from io import FileIO
from pathlib import Path
from typing import Final

from csamatch.errors import Error, ListFileError

# Without it, opening a named pipe waits for somebody to write into it.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def open_regular(path: str | os.PathLike[str], failure: type[Error] = ListFileError) -> FileIO:
    """Open a regular file to be read, unbuffered.

    Raises
    ------
    Error
        At once, of the class given, when it is a device, a named pipe or a socket.
    OSError
        When it cannot be opened; IsADirectoryError for a folder.
    """
    name = os.fspath(path)
    file = None
    try:
        file = FileIO(name, "rb", opener=lambda name, _: os.open(name, _FLAGS))
    except OSError:
        if not Path(name).is_socket():  # which cannot be opened at all
            raise
    if file is not None and stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    if file is not None:
        file.close()
    raise failure(f"{name}: not a regular file")
