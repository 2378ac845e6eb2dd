"""The C library by itself, loaded through cffi with the declarations of its own header."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import cffi
import pytest

CSRC = Path(__file__).resolve().parent.parent / "csrc"


def declarations() -> str:
    """What csamatch.h declares, without what only a preprocessor reads."""
    text = (CSRC / "include" / "csamatch.h").read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r'extern "C" \{|^\}$', "", text, flags=re.MULTILINE)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    return text.replace("CSAMATCH_API", "")


def function_names() -> set[str]:
    """The public functions."""
    return set(re.findall(r"\b(csamatch_\w+)\(", declarations()))


def compiler() -> str:
    """The C compiler, Python's own where that is here; where none is, the test is skipped."""
    own = shlex.split(sysconfig.get_config_var("CC") or "cc")[0]
    for name in (own, "cc", "gcc"):
        if shutil.which(name) is not None:
            return name
    pytest.skip("there is no C compiler to build the library with")


_compiled: dict[tuple[str, ...], Path] = {}


def compile_library(folder: Path, *more: str) -> Path:
    """Build the shared library with the plainest command there is, and `more` in it, but once."""
    if more in _compiled:
        return _compiled[more]
    library = _compiled[more] = folder / "libcsamatch.so"
    sources = sorted(str(path) for path in (CSRC / "src").glob("*.c"))
    subprocess.run(
        [compiler(), "-std=c11", "-O2", "-shared", "-fPIC", "-fvisibility=hidden",
         f"-I{CSRC / 'include'}", *sources, *more, "-o", str(library)],
        check=True,
    )  # fmt: skip
    return library


def load(folder: Path) -> tuple[cffi.FFI, Any]:
    """Compile and open the library."""
    ffi = cffi.FFI()
    ffi.cdef(declarations())
    return ffi, ffi.dlopen(str(compile_library(folder)))


class Recorder:
    """The library, remembering which functions were called."""

    def __init__(self, lib: Any) -> None:
        self.lib = lib
        self.called: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.called.add(name)
        return getattr(self.lib, name)


def normalize(ffi: Any, function: Any, lib: Any, text: bytes, *readings: int) -> Any:
    """The address that a text is, as (canonical, lengths, port, flags); or what is wrong."""
    capacity = lib.csamatch_address_capacity(len(text))
    out = ffi.new("uint8_t[]", capacity)
    address = ffi.new("csamatch_address *")
    status = function(text, len(text), *readings, out, capacity, address)
    if status != 0:
        return status
    canonical = bytes(out)[: address.length].decode()
    return canonical, address.host_length, address.path_length, address.port, address.flags
