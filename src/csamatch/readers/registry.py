"""Finding readers: those that come with csamatch, and those of other packages.

Another package registers a reader under the entry-point group ``csamatch.readers``. Nothing of it
is imported until a source is to be recognised, or the reader is asked for by name.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from csamatch.errors import Error, FormatError
from csamatch.magic import what_it_is, what_it_looks_like, what_lines_cannot_be
from csamatch.readers.interface import Head, Reader
from csamatch.readers.line_lists import what_lines_are

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP: Final = "csamatch.readers"

_LASTS: Final = 1.0
"""Seconds for which what is registered is not asked for again: that takes milliseconds."""


class Registry:
    """All readers, by name.

    Parameters
    ----------
    built_in : mapping of str to Reader
        Those that come with csamatch. They can't be replaced by others of the same name.
    """

    def __init__(self, built_in: Mapping[str, Reader]) -> None:
        self._built_in = built_in
        self._known: tuple[Any, float, list[EntryPoint]] = (None, 0.0, [])

    def _plugins(self) -> list[EntryPoint]:
        """Return what is registered; archives hold many sources, and each is recognised."""
        state, now = _installed(), time.monotonic()
        before, asked, found = self._known
        if before != state or now - asked > _LASTS:
            from importlib.metadata import entry_points

            others = (p for p in entry_points(group=GROUP) if p.name not in self._built_in)
            found = sorted(others, key=lambda plugin: plugin.name)
            self._known = (state, now, found)
        return found

    def names(self) -> list[str]:
        """Return the names of all readers, without loading any."""
        return [*self._built_in, *dict.fromkeys(plugin.name for plugin in self._plugins())]

    def get(self, name: str) -> Reader:
        """Return the reader of a name.

        Raises
        ------
        ValueError
            When there is none.
        Error
            When it is another package's and cannot be loaded.
        """
        if name in self._built_in:
            return self._built_in[name]
        plugins = [plugin for plugin in self._plugins() if plugin.name == name]
        if not plugins:
            raise ValueError(f"no such reader; there are auto, {', '.join(self.names())}")
        if len({plugin.value for plugin in plugins}) > 1:
            values = ", ".join(plugin.value for plugin in plugins)
            raise Error(f"reader {name}: registered more than once ({values})")
        return _load(plugins[0])

    def _all(self, broken: list[str]) -> Iterator[Reader]:
        """Yield every reader that can be loaded; name the others in `broken`."""
        yield from self._built_in.values()
        for name in self.names()[len(self._built_in) :]:
            try:
                reader = self.get(name)
            except Error:
                broken.append(name)
            else:
                yield reader

    def recognise(self, head: Head, source: str) -> tuple[Reader, str]:
        """Find the one reader that a source's content fits.

        Readers whose formats have a signature go first; the others are asked if none of those
        fits.

        Returns
        -------
        Reader, str
            The reader, and which variety of its format it is, if it says so.

        Raises
        ------
        FormatError
            When no reader fits, or more than one.
        """
        broken: list[str] = []
        readers = list(self._all(broken))
        fitting = _fitting([r for r in readers if r.has_signature], head, broken)
        if not fitting:
            what = what_it_is(head.data) or what_lines_cannot_be(head.data)
            if what:
                raise FormatError(source, f"looks like {what}{self._expected(broken)}")
            fitting = _fitting([r for r in readers if not r.has_signature], head, broken)
        if len(fitting) > 1:
            names = ", ".join(reader.name for reader, _ in fitting)
            raise FormatError(source, f"fits more than one reader ({names}); name one")
        if not fitting:
            what = what_it_looks_like(head.data) or what_lines_are(head)
            raise FormatError(source, f"looks like {what}{self._expected(broken)}")
        return fitting[0]

    def _expected(self, broken: list[str]) -> str:
        names = ", ".join(name for name in self.names() if name not in broken)
        unusable = f" (not asked, since broken: {', '.join(broken)})" if broken else ""
        return f"; expected a list for one of the readers {names}{unusable}"


def _installed() -> tuple[tuple[str, int], ...]:
    """Return what mostly differs once a package is installed or removed: the folders' times."""
    found = []
    for folder in sys.path:
        try:
            found.append((folder, Path(folder).stat().st_mtime_ns))
        except OSError:
            found.append((folder, 0))
    return tuple(found)


def _fitting(readers: list[Reader], head: Head, broken: list[str]) -> list[tuple[Reader, str]]:
    """Ask readers whether a source is theirs; those that do, with what variety it is."""
    fitting = []
    for reader in readers:
        try:
            said = reader.recognise(head)
        except Exception:  # one reader that fails must not keep the others from being asked
            broken.append(reader.name)
            continue
        if said:
            fitting.append((reader, said if isinstance(said, str) else ""))
    return fitting


def _load(plugin: EntryPoint) -> Reader:
    """Import a reader of another package."""
    try:
        reader = plugin.load()
    except Exception as error:  # whatever a stranger's module does when imported
        raise Error(
            f"reader {plugin.name}: cannot load {plugin.value}: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(reader, Reader):
        raise Error(f"reader {plugin.name}: {plugin.value} is no csamatch.readers.Reader")
    return reader
