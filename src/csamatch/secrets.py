"""Files that hold secrets."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from csamatch.errors import Error

# What a key looks like in hex digits, in base64, as one of age, and in PEM.
_SECRET: Final = re.compile(
    r"[0-9a-f]{32,}|[a-z0-9+/]{22,}={1,2}|age-secret-key-.*|.*private key.*",
    re.IGNORECASE | re.DOTALL,
)


def read_secret_file(path: Path, failure: type[Error], most: int) -> bytes:
    """Read up to so many bytes of a file, unless others than its owner can read or change it.

    A secret that was given in place of the path of its file is not shown in the error.
    """
    missing: OSError | None = None
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        missing = error
    if missing is not None:
        if _SECRET.fullmatch(str(path).strip()):
            raise failure("a key was given where the path of its file belongs")
        raise missing
    with file:
        mode = os.fstat(file.fileno()).st_mode
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise failure(f"{path}: others can read this key file; give it mode 0600")
        return file.read(most)
