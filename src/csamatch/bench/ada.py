"""ada, the URL parser that browsers' rules are measured by, called from C++."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from importlib import util
from pathlib import Path
from typing import Final

from csamatch import _core

OPTIONS: Final = ("-O3", "-DNDEBUG", "-std=c++20", "-shared", "-fPIC")
"""The optimisation is that of the C library's own build."""

_SPANS: Final = Path(__file__).with_name("ada_spans.cpp")


class MissingError(Exception):
    """There is no ada to compile, or nothing to compile it with."""


def _sources() -> Path:
    """Return the folder of ada's sources, which the Python package ada-url carries."""
    found = util.find_spec("ada_url")
    if found is not None and found.origin is not None:
        folder = Path(found.origin).parent
        if (folder / "ada.cpp").is_file() and (folder / "ada.h").is_file():
            return folder
    raise MissingError("not installed")


class Ada:
    """The native library, compiled into a folder.

    Parameters
    ----------
    folder : path
        Where to.

    Raises
    ------
    MissingError
        When that cannot be done here.
    """

    def __init__(self, folder: Path) -> None:
        sources = _sources()
        compiler = shutil.which(os.environ.get("CXX", "c++"))
        if compiler is None:
            raise MissingError("not installed: no C++ compiler")
        library = folder / "ada.so"
        command = [compiler, *OPTIONS, "-DADA_INCLUDE_URL_PATTERN=0", f"-I{sources}"]
        done = subprocess.run(
            [*command, str(_SPANS), "-o", str(library)], capture_output=True, check=False
        )
        if done.returncode != 0:
            raise MissingError("failed to compile")
        loaded = ctypes.CDLL(str(library))
        size, address = ctypes.c_size_t, ctypes.c_void_p
        self._parse, self._hosts = loaded.spans_parse, loaded.spans_hosts
        self._parse.argtypes, self._parse.restype = (address, size, address), size
        self._hosts.argtypes, self._hosts.restype = (address, size, address, size), size
        loaded.spans_version.restype = ctypes.c_char_p
        self.version: str = loaded.spans_version().decode("ascii")

    def parse(self, urls: _core.UrlSpans) -> tuple[int, int]:
        """Parse all; return how many it takes, and the bytes of what it makes of them."""
        size = ctypes.c_size_t()
        good = self._parse(urls.address, len(urls), ctypes.byref(size))
        return good, size.value

    def hosts(self, urls: _core.UrlSpans) -> list[str | None]:
        """Return the host of each, None for those that it refuses."""
        size = self._hosts(urls.address, len(urls), None, 0)
        room = ctypes.create_string_buffer(size + 1)
        self._hosts(urls.address, len(urls), room, size + 1)
        lines = room.raw[:size].decode("ascii").split("\n")[:-1]
        return [None if line == " " else line for line in lines]
