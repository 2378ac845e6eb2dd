"""Tables of hash sets whose columns are fixed: NSRL 2, HashKeeper, hashdeep."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from csamatch.errors import FormatError
from csamatch.readers import headers
from csamatch.readers.delimited import ALGORITHMS, header_of
from csamatch.readers.interface import Head, Item, Reader
from csamatch.readers.streams import TextStream
from csamatch.readers.tables import Layout, Table

_MARK: Final = b"%%%% "
_HASHDEEP: Final = b"%%%% HASHDEEP-1.0"


def _read_nsrl(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read NSRLFile.txt of NIST's reference data set, version 2; its columns are named."""
    text = TextStream(stream, source)
    names = headers.split(text.first_line(), ",", source=source)
    if not headers.is_nsrl(names):
        raise FormatError(source, "no columns of an NSRL file are named", "line 1")
    found = headers.roles(names)
    digests = {name: found[name] for name in ALGORITHMS if name in found}
    return Table(text, source, Layout(digests=digests, columns=len(names)), 2).read()


def _read_hashkeeper(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read a HashKeeper file: MD5s, each with the id of its file."""
    text = TextStream(stream, source)
    names = headers.split(text.first_line(), ",", source=source)
    if not headers.is_hashkeeper(names):
        raise FormatError(source, "no columns of a HashKeeper file are named", "line 1")
    plain = [headers.plain(name) for name in names]
    layout = Layout(
        digests={"md5": plain.index("hash")}, id=plain.index("fileid"), columns=len(names)
    )
    return Table(text, source, layout, 2).read()


def _read_hashdeep(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read the output of hashdeep, whose second line names its columns.

    Names of files come last and are not quoted: commas in them are their own.
    """
    text = TextStream(stream, source)
    if not text.first_line().startswith(_HASHDEEP):
        raise FormatError(source, "not version 1.0 of hashdeep's format", "line 1")
    line = text.first_line()
    names = headers.split(line.removeprefix(_MARK), ",", "", source, "line 2")
    digests = {name: names.index(name) for name in ALGORITHMS if name in names}
    if not line.startswith(_MARK) or not digests:
        raise FormatError(source, "no columns of digests that can be listed are named", "line 2")
    layout = Layout(digests=digests, columns=len(names), may_have_more=True, quote="", comment="#")
    return Table(text, source, layout, 3).read()


def _named(test: Callable[[Sequence[str]], bool]) -> Callable[[Head], bool]:
    return lambda head: test(head.once(header_of))


def _is_hashdeep(head: Head) -> bool:
    return head.data.startswith(_HASHDEEP)


READERS = (
    Reader(
        "nsrl",
        "hashes",
        _read_nsrl,
        _named(headers.is_nsrl),
        "NSRLFile.txt of NIST's reference data set, version 2",
        has_signature=True,
    ),
    Reader(
        "hashkeeper",
        "hashes",
        _read_hashkeeper,
        _named(headers.is_hashkeeper),
        "HashKeeper CSV",
        has_signature=True,
    ),
    Reader(
        "hashdeep",
        "hashes",
        _read_hashdeep,
        _is_hashdeep,
        "output of hashdeep",
        has_signature=True,
    ),
)
