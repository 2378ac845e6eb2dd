"""Files that hold secrets."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from csamatch.errors import Error


def read_secret_file(path: Path, failure: type[Error], most: int) -> bytes:
    """Read up to so many bytes of a file, unless others than its owner can read or change it."""
    with path.open("rb", buffering=0) as file:
        mode = os.fstat(file.fileno()).st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise failure(f"{path}: others can read this key file; give it mode 0600")
        return file.read(most)
