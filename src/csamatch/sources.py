"""What a list is built from: paths, members of archives, file objects."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from csamatch.unpack import Limits, Opened, unpack

Source = str | os.PathLike[str] | BinaryIO
Sources = Source | Iterable[Source] | Mapping[str, Source | Iterable[Source]]


def is_path(source: Any) -> bool:
    """Whether a source is a path rather than an open file."""
    return isinstance(source, (str, os.PathLike))


def named_sources(source: Sources) -> list[tuple[str, Source]]:
    """Return sources with the names that a mapping gives them; empty ones otherwise."""
    if not isinstance(source, Mapping):
        return [("", each) for each in as_sources(source)]
    for name in source:
        if not isinstance(name, str):
            raise TypeError(f"source: expected names as str, not {type(name).__name__}")
        if not name:
            raise ValueError("source: a name is empty")
    named = [(name, each) for name, given in source.items() for each in as_sources(given)]
    if not named:
        raise ValueError("source: there is none")
    return named


def as_sources(source: Sources) -> list[Source]:
    """Return one source or several as a list; TypeError or ValueError for anything else."""
    if isinstance(source, Mapping):
        return [each for _, each in named_sources(source)]
    if is_path(source) or hasattr(source, "read"):
        return [cast(Source, source)]
    if not isinstance(source, Iterable) or isinstance(source, (bytes, bytearray, memoryview)):
        raise TypeError(f"source: expected a path or a file, not {type(source).__name__}")
    sources = list(source)
    if not sources:
        raise ValueError("source: the list of sources is empty")
    for each in sources:
        if not is_path(each) and not hasattr(each, "read"):
            raise TypeError(f"source: expected a path or a file, not {type(each).__name__}")
    return sources


def _path_and_member(source: Any) -> tuple[Path, str]:
    """Take ``archive.zip!member`` apart, unless a file is called that."""
    path = Path(source)
    name, mark, member = os.fspath(source).rpartition("!")
    if mark and member and not path.exists() and Path(name).is_file():
        return Path(name), member
    return path, "*"


def check_apart(sources: Iterable[Source], out: str | os.PathLike[str]) -> None:
    """Refuse to write a list over one of its own sources."""
    for each in sources:
        if is_path(each):
            path, _ = _path_and_member(each)
            if path.exists() and Path(out).exists() and path.samefile(out):
                raise ValueError(f"{os.fspath(out)}: is a source too; write the list elsewhere")


def _name(file: Any) -> str:
    for attribute in ("name", "full_name", "path"):
        name = getattr(file, attribute, None)
        if isinstance(name, str) and name:
            return name
    return "<stream>"


def open_source(source: Source, limits: Limits) -> Generator[Opened, None, None]:
    """Open a source, and yield it, or whatever it holds if it is an archive.

    The file closes when the iterator does; one that was given open is left open.

    Raises
    ------
    FormatError
        When it is an archive that cannot be unpacked.
    OSError
        When it cannot be read.
    """
    if not is_path(source):
        file = cast(BinaryIO, source)
        yield from unpack(file, _name(file), limits)
        return
    path, member = _path_and_member(source)
    name = os.fspath(cast(Any, source)) if member == "*" else str(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size or None
        for opened in unpack(file, name, limits, member=member, size=size):
            if opened.is_plain:
                opened.stream.path = path
            yield opened
