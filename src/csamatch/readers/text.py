r"""Plain text: one digest a line.

Bare hex digits; coreutils (``HASH  name``, ``HASH *name``, ``\HASH  name``); BSD and OpenSSL
(``MD5 (name) = HASH``, ``SHA2-256(name)= HASH``). Names are passed over: they are no ids, and a
list has no business with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

from csamatch import _core
from csamatch.readers.records import BLANKS, LINE_LIMIT, Digests, Record, Rejected, blocks
from csamatch.rules import ALGORITHM_OF_WIDTH, WIDTHS

_COMMENTS = (b"#", b";", b"!", b"//")
_PLAIN = re.compile(rb"\\?([0-9A-Fa-f]+)((?:[ \t].*)?)", re.DOTALL)
_TAGGED = re.compile(rb"\\?([A-Za-z][A-Za-z0-9/-]*) ?\(.*\) ?= ?([0-9A-Fa-f]+)", re.DOTALL)
_TAGS = {
    b"MD5": "md5",
    b"SHA1": "sha1",
    b"SHA-1": "sha1",
    b"SHA256": "sha256",
    b"SHA-256": "sha256",
    b"SHA2-256": "sha256",
}
# As in lists of Markdown, literals of programs, cells of Excel, "md5:HASH" and "HASH,name".
_DRESSED = re.compile(
    rb"""(?:[-+>|*][ \t]+|\d{1,9}[.)][ \t]+|)[="'`*_(\[<]{0,4}"""
    rb"""(?:(md5|sha-?1|sha-?(?:2-)?256)["'`*_]{0,4}[ \t]*[:=][ \t]*["'`*_]{0,4}|)"""
    rb"""([0-9A-Fa-f]{32,})["'`*_)\]>]{0,4}((?:[ \t,;|].*)?)""",
    re.DOTALL | re.IGNORECASE,
)
_DIGEST = re.compile(
    rb"(?<![0-9A-Za-z./\\_-])(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{32})(?![0-9A-Za-z.\\_-])"
)
_NAMED = re.compile(rb"\\?[0-9A-Fa-f]+(?:  | \*)")
_BETWEEN = re.compile(rb"[ \t,;|]+")
_AROUND: Final = b"=\"'`*_()[]<>"
_UNSEEN: Final = {
    b"\xc2\xa0": b" ",
    b"\xe2\x80\x8b": b"",
    b"\xe2\x81\xa0": b"",
    b"\xef\xbb\xbf": b"",
}
_ALGORITHM_OF_DIGITS = {2 * width: name for width, name in ALGORITHM_OF_WIDTH.items()}
_ROOM: Final = 1 << 19  # bytes of digests taken at a time
_LEAST_DIGITS: Final = 16  # fewer may be a word, or a number
_HEX = re.compile(rb"[0-9A-Fa-f]+")
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def parse_line(line: bytes) -> list[tuple[str, bytes]] | str:
    """Read one line that is neither blank nor a comment.

    Returns
    -------
    list of (str, bytes), or str
        Algorithms and digests, or the reason why there are none.
    """
    tagged = _TAGGED.fullmatch(line)
    if tagged is not None:
        return _of_algorithm(tagged[1], tagged[2])
    plain = _PLAIN.fullmatch(line)
    if plain is None:
        line = _seen(line)
        plain = _PLAIN.fullmatch(line)
    if plain is not None:
        return _with_others(plain[1], plain[2])
    dressed = _DRESSED.fullmatch(line)
    if dressed is None:
        return _explain(line)
    if dressed[1]:
        return _of_algorithm(dressed[1], dressed[2])
    return _with_others(dressed[2], dressed[3] or b"")


def _of_algorithm(name: bytes, digits: bytes) -> list[tuple[str, bytes]] | str:
    """Read a digest of which the algorithm is named."""
    algorithm = _TAGS.get(name.upper())
    if algorithm is None:
        return "not an algorithm of digests that can be listed"
    if algorithm != _ALGORITHM_OF_DIGITS.get(len(digits)):
        return f"{len(digits)} hex digits do not fit the algorithm named"
    return [(algorithm, bytes.fromhex(digits.decode("ascii")))]


def _with_others(digits: bytes, behind: bytes) -> list[tuple[str, bytes]] | str:
    """Read a digest, and those that stand behind it in its line."""
    if len(digits) not in _ALGORITHM_OF_DIGITS:
        return f"{len(digits)} hex digits; expected 32, 40 or 64"
    if b"\r" in behind:
        return "a carriage return within a line"
    found = [digits]
    # Behind two blanks, or a blank and an asterisk, stands the name of a file.
    if not behind.startswith((b"  ", b" *")):
        for word in _BETWEEN.split(behind.strip(b" \t,;|")):
            other = word.strip(_AROUND)
            if len(other) not in _ALGORITHM_OF_DIGITS or not _HEX.fullmatch(other):
                break
            found.append(other)
    return [(_ALGORITHM_OF_DIGITS[len(d)], bytes.fromhex(d.decode("ascii"))) for d in found]


def _seen(line: bytes) -> bytes:
    """Return a line without what cannot be seen in it."""
    for unseen, instead in _UNSEEN.items():
        line = line.replace(unseen, instead)
    return line.strip(BLANKS)


def _explain(line: bytes) -> str:
    if _BINARY.search(line):
        return "binary data"
    word = line.split(None, 1)[0]
    if len(word) in _ALGORITHM_OF_DIGITS:
        return "a character is not a hex digit"
    return "not a digest"


def _left(line: bytes, count: int) -> list[tuple[str, str]]:
    """Name the digests of a line behind the first ones, which have been read.

    Nothing says what those are that stand behind other text; they must not go without a word.
    """
    if _NAMED.match(line) or _TAGGED.fullmatch(line):
        return []
    reason = "a further digest, behind other text in its line"
    return [(reason, digits.decode("ascii")) for digits in _DIGEST.findall(line)[count:]]


def is_blank(line: bytes) -> bool:
    """Whether a line holds nothing, or a comment."""
    return not line or line.startswith(_COMMENTS)


def looks_like_digest(line: bytes) -> bool:
    """Whether a line of unknown format is a digest."""
    line = line.strip()
    return not is_blank(line) and not isinstance(parse_line(line), str)


def looks_like_a_bad_digest(line: bytes) -> bool:
    """Whether a line of unknown format is meant to be a digest, but isn't."""
    word = line.strip().partition(b" ")[0]
    return len(word) in _ALGORITHM_OF_DIGITS or (
        len(word) >= _LEAST_DIGITS and _HEX.fullmatch(word) is not None
    )


def read(
    stream: BinaryIO, source: str, options: Mapping[str, Any]
) -> Iterator[Record | Rejected | Digests]:
    """Read a text file of digests: plain lines in bulk, all others one by one."""
    number = 1
    width = WIDTHS["md5"]
    keys = bytearray(_ROOM)
    for block in blocks(stream):
        if block is None:
            yield _too_long(number)
            number += 1
            continue
        at = 0
        while at < len(block):
            count, used = _core.hex_lines(block, at, width, keys)
            if count:
                yield Digests(ALGORITHM_OF_WIDTH[width], bytes(keys[: count * width]), number)
                at += used
                number += count
                continue
            end = block.find(b"\n", at) + 1 or len(block)
            item = _read_line(block[at:end].removesuffix(b"\n"), number)
            if isinstance(item, Record):
                width = len(item.values[0][1])  # more of them are likely to follow
            if item is not None:
                yield item
            at = end
            number += 1


def _too_long(number: int) -> Rejected:
    return Rejected(f"line {number}", "a line too long for a digest")


def _read_line(line: bytes, number: int) -> Record | Rejected | None:
    """Read one line; None when nothing is on it."""
    if len(line) >= LINE_LIMIT:
        return _too_long(number)
    line = line.strip(BLANKS)
    if is_blank(line):
        return None
    found = parse_line(line)
    if isinstance(found, str):
        return Rejected(f"line {number}", found, line.decode("utf-8", "backslashreplace"))
    return Record(found, f"line {number}", bad=_left(line, len(found)))
