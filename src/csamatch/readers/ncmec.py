"""NCMEC's hash sharing, version 2: XML with entries, updates of them and withdrawals.

The parser is expat, fed piece by piece. A document type declaration is refused outright, since
entities, the way to make a small document enormous, are declared nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final
from xml.parsers import expat

from csamatch.errors import FormatError
from csamatch.readers.digests import parse_digest
from csamatch.readers.interface import Head, Item, Reader
from csamatch.readers.records import Record, Rejected, Update

_NAMESPACE: Final = "https://hashsharing.ncmec.org/hashsharing/v2"
_BLOCK: Final = 1 << 16
_DEPTH: Final = 64
_TEXT: Final = 1 << 12  # no text that is wanted is longer
# Of a tag or a comment: expat may look through one again from its start with every piece of it.
_MARKUP: Final = 1 << 20
_LISTED: Final = ("image", "video")
_WITHDRAWN: Final = ("deletedImage", "deletedVideo")
_DIGESTS: Final = ("md5", "sha1", "sha256")
_ENTRY: Final = 3  # the depth of queryResult, images, image
_OLDEST: Final = -(1 << 61)


def _microseconds(text: str) -> int:
    """Read a timestamp; ValueError when it is none."""
    when = datetime.fromisoformat(text.strip())
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    since = when - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


class _Handler:
    """Makes items of what the parser finds."""

    def __init__(self, source: str) -> None:
        self.items: list[Item] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._refuse
        self._source = source
        self._depth = 0
        self._entry = ""  # the name of the entry within which the parser is
        self._line = 0
        self._said: dict[str, str] = {}
        self._digests: list[tuple[str, str]] = []
        self._wanted = ""  # the element whose text is being gathered
        self._pieces: list[str] = []

    def error(self, reason: str) -> FormatError:
        return FormatError(self._source, reason, f"line {self.parser.CurrentLineNumber}")

    def _refuse(self, *declaration: Any) -> None:
        raise self.error("a document type declaration, which no NCMEC file has")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        namespace, _, local = name.rpartition(" ")
        if self._depth == 1 and (namespace, local) != (_NAMESPACE, "queryResult"):
            raise self.error("not a result of NCMEC's hash sharing, version 2")
        if self._depth > _DEPTH:
            raise self.error("elements nested too deeply")
        if self._depth == _ENTRY and (local in _LISTED or local.startswith("deleted")):
            self._entry, self._said, self._digests = local, {}, []
            self._line = self.parser.CurrentLineNumber
        elif self._entry and self._depth == _ENTRY + 1:
            self._want(local, ("timestamp", "id", "classification"))
            if local == "member":
                self._said["member"] = attributes.get("id", "")
        elif self._entry and self._depth == _ENTRY + 2:
            self._want(local, _DIGESTS)
        elif local == "fingerprints" and not self._entry:
            where = f"line {self.parser.CurrentLineNumber}"
            self.items.append(Rejected(where, "fingerprints of neither an image nor a video"))

    def _want(self, local: str, names: tuple[str, ...]) -> None:
        self._wanted = local if local in names else ""
        self._pieces = []

    def _text(self, text: str) -> None:
        if self._wanted and sum(map(len, self._pieces)) < _TEXT:
            self._pieces.append(text)

    def _end(self, name: str) -> None:
        if self._wanted and self._depth in (_ENTRY + 1, _ENTRY + 2):
            text = "".join(self._pieces).strip()
            if self._wanted in _DIGESTS:
                self._digests.append((self._wanted, text))
            else:
                self._said.setdefault(self._wanted, text)
            self._wanted = ""
        if self._entry and self._depth == _ENTRY:
            self.items.append(self._finish())
            self._entry = ""
        self._depth -= 1

    def _finish(self) -> Item:
        """Make an item of an entry that has been read whole."""
        said, where = self._said, f"line {self._line}"
        member, own = said.get("member", ""), said.get("id", "")
        if not member or not own:
            return Rejected(where, "no id of its member or of its own")
        bad = []
        try:
            time = _microseconds(said.get("timestamp", ""))
        except ValueError:
            time = _OLDEST
            bad.append(("timestamp: none, or not a date and time", said.get("timestamp", "")))
        key = f"{member} {own}"
        if self._entry not in _LISTED:
            if bad or self._entry not in _WITHDRAWN:
                return Rejected(where, bad[0][0] if bad else "a withdrawal of an unknown kind", own)
            return Update(key, time, None, where)
        record = Record([], where, f"{member}/{own}", said.get("classification") or None, True, bad)
        for algorithm, text in self._digests:
            digest = parse_digest(algorithm, text) if text else ""
            if isinstance(digest, str):
                bad += [(digest, text)] if text else []
            elif (algorithm, digest) not in record.values:
                record.values.append((algorithm, digest))
        return Update(key, time, record, where) if record.values else record


def read(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read one result, with `Update` for each entry: sources may come in any order.

    Raises
    ------
    FormatError
        When it is none, its XML is broken or ends too early, or declares a document type.
    """
    handler = _Handler(source)
    size = 0
    while True:
        data = stream.read(_BLOCK)
        size += len(data)
        try:
            handler.parser.Parse(data, not data)
        except expat.ExpatError as error:
            reason = "malformed or truncated XML"  # the parser's own message may quote the source
            raise FormatError(source, reason, f"line {error.lineno}") from None
        yield from handler.items
        handler.items.clear()
        if not data:
            return
        if size - handler.parser.CurrentByteIndex > _MARKUP:
            raise handler.error("a tag or a comment too long for an NCMEC file")


def _is_ncmec(head: Head) -> bool:
    return head.data.lstrip().startswith(b"<") and _NAMESPACE.encode() in head.data


READER = Reader(
    "ncmec",
    "hashes",
    read,
    _is_ncmec,
    "XML of NCMEC's hash sharing, version 2; later versions replace earlier ones",
    has_signature=True,
)
