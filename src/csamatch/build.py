"""From sources to a list file."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from csamatch import listfile, quarantine
from csamatch.assemble import assemble
from csamatch.errors import FormatError
from csamatch.hashlist import HashList
from csamatch.info import ListInfo, decode_info, encode_info, envelope
from csamatch.intake import Intake
from csamatch.opening import open_list
from csamatch.readers import HEAD_SIZE, Head, Reader, choose
from csamatch.report import BuildReport
from csamatch.urllist import UrlList

__all__ = ["build"]

Source = str | os.PathLike[str] | BinaryIO
Progress = Callable[[str, int, int | None], None]

_PROGRESS_RECORDS = 1 << 13


class _Peekable(io.RawIOBase):
    """A binary stream whose first bytes can be looked at, and whose position is known."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._head = b""
        self.position = 0

    def head(self) -> Head:
        is_whole = False
        while len(self._head) < HEAD_SIZE:
            data = self._stream.read(HEAD_SIZE - len(self._head))
            if not isinstance(data, bytes):
                raise TypeError("sources must be opened in binary mode")
            if not data:
                is_whole = True
                break
            self._head += data
        return Head(self._head, is_whole)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._head[: len(buffer)] if self._head else self._stream.read(len(buffer))
        self._head = self._head[len(data) :]
        buffer[: len(data)] = data
        self.position += len(data)
        return len(data)


def _sources(source: Source | Iterable[Source]) -> list[Source]:
    if isinstance(source, (str, os.PathLike)) or hasattr(source, "read"):
        return [cast(Source, source)]
    if not isinstance(source, Iterable) or isinstance(source, (bytes, bytearray, memoryview)):
        raise TypeError(f"source: expected a path or a file, not {type(source).__name__}")
    sources = list(source)
    if not sources:
        raise ValueError("source: the list of sources is empty")
    for each in sources:
        if not isinstance(each, (str, os.PathLike)) and not hasattr(each, "read"):
            raise TypeError(f"source: expected a path or a file, not {type(each).__name__}")
    return sources


def _check_apart(sources: Iterable[Source], out: str | os.PathLike[str]) -> None:
    """Refuse to write a list over one of its own sources."""
    for each in sources:
        is_path = isinstance(each, (str, os.PathLike))
        if is_path and Path(each).exists() and Path(out).exists() and Path(each).samefile(out):  # type: ignore[arg-type]
            raise ValueError(f"{os.fspath(out)}: is a source too; write the list elsewhere")


def _own_options(reader: Reader, options: Mapping[str, Any], source: str) -> Mapping[str, Any]:
    """Refuse options that the reader of a source does not take."""
    for name in options:
        if name not in reader.options:
            raise ValueError(f"{source}: reader {reader.name} takes no option {name!r}")
    return options


def _read_into(
    intake: Intake,
    source: Source,
    reader: str,
    progress: Progress | None,
    options: Mapping[str, Any],
) -> None:
    """Read one source through."""
    if isinstance(source, (str, os.PathLike)):
        name = os.fspath(source)
        with Path(name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            _read_stream(intake, file, name, reader, progress, options, size)
        return
    name = str(getattr(source, "name", "") or "<stream>")
    _read_stream(intake, source, name, reader, progress, options, None)


def _read_stream(
    intake: Intake,
    file: BinaryIO,
    name: str,
    reader: str,
    progress: Progress | None,
    options: Mapping[str, Any],
    size: int | None,
) -> None:
    raw = _Peekable(file)
    chosen, _ = choose(reader, raw.head(), name)
    intake.report.readers[name] = chosen.name
    intake.set_kind(chosen.kind, name)
    stream = io.BufferedReader(raw, 1 << 18)
    since = 0
    for item in chosen.read(stream, name, _own_options(chosen, options, name)):
        since += intake.take(item, name)
        if progress is not None and since >= _PROGRESS_RECORDS:
            progress(name, raw.position, size)
            since = 0
    if progress is not None:
        progress(name, raw.position, size)


def _allow_list(allow: Any) -> HashList | UrlList | None:
    """Make a list of whatever says what is known to be harmless."""
    if allow is None or isinstance(allow, (HashList, UrlList)):
        return allow
    if isinstance(allow, (str, os.PathLike)):
        with Path(allow).open("rb") as file:
            is_list = file.read(len(listfile.MAGIC)) == listfile.MAGIC
        if is_list:
            return open_list(allow, stale="serve")
        report = BuildReport()
        intake = Intake(report, frozenset(quarantine.CLASSES), None, lambda _: True)
        _read_into(intake, allow, "auto", None, {})
        if report.rejected:
            # What cannot be read would be listed after all; whoever wrote it should know.
            sample = report.samples[0]
            raise FormatError(sample.source, f"allow-list: {sample.reason}", sample.where)
        cls: type[HashList | UrlList] = HashList if intake.kind == "hashes" else UrlList
        return cls._of_columns(intake.columns)
    raise TypeError(f"allow: expected a path or a list, not {type(allow).__name__}")


def _wanted(given: Collection[str | int | None] | None) -> Callable[[str | None], bool]:
    """Say which categories to list: by default all but VICS 0 (not pertinent) and null."""
    if given is None:
        return lambda category: category not in (None, "0")
    if isinstance(given, (str, int)):
        raise TypeError("categories: expected a collection of them")
    return frozenset(None if c is None else str(c) for c in given).__contains__


def build(
    source: Source | Iterable[Source],
    out: str | os.PathLike[str],
    *,
    reader: str = "auto",
    info: ListInfo | Mapping[str, Any] | None = None,
    key: None = None,
    allow: Any = None,
    admit: Iterable[str] = (),
    categories: Collection[str | int | None] | None = None,
    columns: Mapping[str, str | int] | None = None,
    options: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    keep_values: bool = False,
) -> BuildReport:
    """Build a list file from its sources.

    The same sources, in any order, give the same bytes. An existing file is replaced in one step
    at the very end; whatever goes wrong before leaves it as it was.

    Parameters
    ----------
    source : path, binary file object, or a list of them
        What to read.
    out : path
        The list file to write; only its owner will be able to read it.
    reader : str
        A reader's name, such as ``"text"``, ``"vics"``, ``"domains"``, ``"urls"`` or that of
        another package's, or ``"auto"`` to decide by content.
    info : ListInfo or mapping, optional
        The list's name, source, version, issued, max_age, purpose, handling.
    key : None
        Keyed lists are not supported in this version.
    allow : path, HashList or UrlList, optional
        Digests or addresses known to be harmless, as a list file or in any readable format;
        they are kept out, counted under ``"allow-list"``.
    admit : iterable of str
        Classes of `csamatch.quarantine.CLASSES` to let in, such as ``"empty-file"``.
    categories : collection, optional
        The categories wanted; None among them stands for entries without one. By default all
        but VICS category 0 and null.
    columns : mapping, optional
        Which column holds what, by name or by number from 0, for readers of tables: the option
        ``"columns"``.
    options : mapping, optional
        Further options of the reader. One that it does not take is an error.
    progress : callable, optional
        Called now and then with the source's name, the bytes read and the size, if known.
    keep_values : bool
        Keep the values left out in the report's samples. They are confidential.

    Returns
    -------
    BuildReport
        What became of every record.

    Raises
    ------
    FormatError
        When a source cannot be read, or nothing in it can be listed.
    OSError
        When a file cannot be read or written.
    """
    if key is not None:
        raise NotImplementedError("key= is not supported in this version")
    chosen = dict(options or {}) if columns is None else {**(options or {}), "columns": columns}
    admitted = frozenset([admit] if isinstance(admit, str) else admit)
    if admitted - set(quarantine.CLASSES):
        raise ValueError(f"admit: no such class; there are {', '.join(quarantine.CLASSES)}")
    report = BuildReport(keep_values=keep_values)
    said = envelope(info)
    intake = Intake(report, admitted, _allow_list(allow), _wanted(categories))
    sources = _sources(source)
    _check_apart(sources, out)
    for each in sources:
        _read_into(intake, each, reader, progress, chosen)
    if not len(intake.columns):
        names = ", ".join(report.readers)
        summary = " ".join(str(report).split())
        raise FormatError(names, f"nothing in it can be listed ({summary})")
    assembled = assemble(intake.columns, said)
    report.accepted, report.duplicate = assembled.accepted, assembled.duplicate
    report.counts = assembled.counts
    digest = listfile.write(out, intake.kind, assembled.sections)
    report.info = decode_info(encode_info(said), intake.kind, assembled.counts, digest)
    return report
