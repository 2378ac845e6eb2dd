"""Write csrc/src/unicode_tables.h: what internationalised hosts need to know of Unicode.

    python csrc/unicode/generate.py [FILE]

The tables come from two packages of the versions below, which are in the extra "test": the UTS #46
mapping and the joining types from `idna`, everything else from `unicodedata2`. A test checks that
the file in the source tree is what this script writes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

PINNED = {"idna": "3.20", "unicodedata2": "18.0.0"}
TARGET = Path(__file__).resolve().parent.parent / "src" / "unicode_tables.h"

CODE_POINTS = 0x110000
SURROGATES = range(0xD800, 0xE000)
HANGUL = range(0xAC00, 0xD7A4)  # composed and decomposed by arithmetic
HANGUL_SECONDS = {*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)}
# Nothing above the Han planes has properties, but for one plane's tags and variation selectors.
HIGH = range(0xE0000, 0xE1000)

BIDI = ("other", "L", "R", "AL", "AN", "EN", "ES", "CS", "ET", "ON", "BN", "NSM")
JOINING = ("U", "L", "R", "D", "T")
VALID, MARK, SECOND = 1, 2, 4


class Properties(NamedTuple):
    """What one code point is, once mapped."""

    combining: int
    bidi: int
    joining: int
    flags: int


class Unicode:
    """The two packages, behind what is asked of them."""

    def __init__(self) -> None:
        for name, pinned in PINNED.items():
            if version(name) != pinned:
                raise RuntimeError(f"needs {name} {pinned}, and not {version(name)}")
        import unicodedata2
        from idna import idnadata, uts46data

        self.data = unicodedata2
        self.versions = {"UTS #46": uts46data.__version__, "NFC": unicodedata2.unidata_version}
        starts = [*uts46data.uts46_starts, CODE_POINTS]
        self.status = ""
        self.replacements: dict[int, str] = {}
        for i, status in enumerate(map(chr, uts46data.uts46_statuses)):
            self.status += status * (starts[i + 1] - starts[i])
            if status == "M":
                for code in range(starts[i], starts[i + 1]):
                    self.replacements[code] = uts46data.uts46_replacements[i]
        self.joining = {
            code: name
            for name, ranges in idnadata.joining_types.items()
            for packed in ranges
            for code in range(packed >> 32, packed & 0xFFFFFFFF)
        }

    def expansion(self, code: int) -> str:
        """Map a code point and decompose what comes out; itself where nothing changes."""
        if code in SURROGATES or code in HANGUL:
            return chr(code)
        if self.status[code] == "I":
            return ""
        text = self.replacements.get(code, chr(code))
        decomposed: str = self.data.normalize("NFD", text)
        return decomposed

    def compositions(self) -> dict[tuple[int, int], int]:
        """Return the pairs that compose, of those that expansions can contain."""
        present = {ord(char) for code in range(CODE_POINTS) for char in self.expansion(code)}
        pairs = {}
        for code in set(range(CODE_POINTS)).difference(HANGUL):
            parts = self.data.decomposition(chr(code)).split()
            if len(parts) == 2 and not parts[0].startswith("<"):
                first, second = (int(part, 16) for part in parts)
                if self.data.normalize("NFC", chr(first) + chr(second)) == chr(code):
                    pairs[first, second] = code
        found: dict[tuple[int, int], int] = {}
        while True:  # composites compose further
            more = {pair: code for pair, code in pairs.items() if present.issuperset(pair)}
            if more == found:
                return found
            found = more
            present.update(found.values())

    def properties(self, code: int, seconds: set[int]) -> Properties:
        """Return what matters of a code point; of one that is never left standing, nothing."""
        status = self.status[code]
        if status in "MI":
            return Properties(0, 0, 0, 0)
        char = chr(code)
        flags = SECOND if code in seconds else 0
        combining = self.data.combining(char)
        if status == "X":
            return Properties(combining, 0, 0, flags)
        flags |= VALID | (MARK if self.data.category(char).startswith("M") else 0)
        bidi = self.data.bidirectional(char)
        # Joining causers (type C) matter to no rule.
        joining = self.joining.get(code, "U").replace("C", "U")
        return Properties(
            combining, BIDI.index(bidi) if bidi in BIDI else 0, JOINING.index(joining), flags
        )


def folded(function: Callable[[int], int]) -> list[int]:
    """Tabulate a function of code points: the low planes up to the last that differs, then HIGH."""
    default = function(CODE_POINTS - 1)
    values = [function(code) for code in range(CODE_POINTS)]
    limit = HIGH.start
    while values[limit - 1] == default:
        limit -= 1
    limit = -(-limit // 4096) * 4096
    if any(value != default for value in values[HIGH.stop :]):
        raise RuntimeError("there is something above the tags and variation selectors")
    return values[:limit] + values[HIGH.start : HIGH.stop]


def two_stage(values: list[int], bits: int) -> tuple[list[int], list[int]]:
    """Cut values into blocks of 2**bits and store equal blocks once."""
    size = 1 << bits
    blocks: dict[tuple[int, ...], int] = {}
    index = [
        blocks.setdefault(tuple(values[at : at + size]), len(blocks))
        for at in range(0, len(values), size)
    ]
    return index, [value for block in blocks for value in block]


def width(values: Iterable[int]) -> int:
    """Return how many bits of an unsigned integer type hold all values."""
    top = max(values)
    return 8 if top < 1 << 8 else 16 if top < 1 << 16 else 32 if top < 1 << 32 else 64


def array(name: str, values: Sequence[int]) -> Iterator[str]:
    """Write an array in C."""
    bits = width(values)
    yield f"static const uint{bits}_t {name}[{len(values)}] = {{"
    line = "   "
    for value in values:
        word = f" {hex(value) if bits == 64 else value},"
        if len(line) + len(word) > 100:
            yield line
            line = "   "
        line += word
    yield line
    yield "};"


def table(name: str, values: list[int]) -> tuple[list[str], int]:
    """Write a function of code points as a table of two stages; return also its bytes."""

    def bytes_of(stages: tuple[list[int], list[int]]) -> int:
        return sum(len(stage) * width(stage) // 8 for stage in stages)

    bits = min(range(3, 9), key=lambda bits: bytes_of(two_stage(values, bits)))
    index, leaves = two_stage(values, bits)
    limit = len(values) - len(HIGH)
    lines = [f"enum {{ {name}_bits = {bits}, {name}_limit = {hex(limit)} }};"]
    lines += [*array(f"{name}_index", index), *array(f"{name}_leaves", leaves)]
    return lines, bytes_of((index, leaves))


def expansions(unicode: Unicode) -> tuple[list[str], int]:
    """Write the table of expansions.

    They are texts in UTF-16, ordered by length, so that the number of a text tells how long it is
    and where it begins.
    """
    changed = {
        code: text.encode("utf-16-be")
        for code in range(CODE_POINTS)
        if (text := unicode.expansion(code)) != chr(code)
    }
    texts = sorted(set(changed.values()), key=lambda text: (len(text), text))
    number = {text: i + 1 for i, text in enumerate(texts)}  # 0: unchanged
    lines, size = table("expansion", folded(lambda code: number.get(changed.get(code, b"-"), 0)))
    units = [
        int.from_bytes(text[i : i + 2], "big") for text in texts for i in range(0, len(text), 2)
    ]
    # For each length in units: the number of the first text that is longer.
    ends, longest = [], len(texts[-1]) // 2
    counts = {length: len(list(group)) for length, group in groupby(texts, lambda t: len(t) // 2)}
    end = 1
    for length in range(longest + 1):
        end += counts.get(length, 0)
        ends.append(end)
    lines += [f"enum {{ expansion_longest = {longest} }};"]
    lines += [*array("expansion_ends", ends), *array("expansion_units", units)]
    return lines, size + 2 * len(ends) + 2 * len(units)


def generate() -> str:
    """Return the text of the file."""
    unicode = Unicode()
    pairs = unicode.compositions()
    seconds = {second for _, second in pairs} | HANGUL_SECONDS
    properties = [unicode.properties(code, seconds) for code in range(CODE_POINTS)]
    # The commonest first, so that whatever is in no table has class 0.
    kinds = sorted(set(properties), key=lambda kind: (kind != properties[-1], kind))
    number = {kind: i for i, kind in enumerate(kinds)}
    class_lines, class_size = table("class", folded(lambda code: number[properties[code]]))
    expansion_lines, expansion_size = expansions(unicode)
    packed = sorted(first << 42 | second << 21 | code for (first, second), code in pairs.items())
    packages = ", ".join(f"{name} {pinned}" for name, pinned in PINNED.items())
    standards = ", ".join(f"{name} of {its}" for name, its in unicode.versions.items())
    lines = [
        "/* Tables of Unicode. Written by csrc/unicode/generate.py; not to be edited.",
        f" * From {packages} (Unicode: {standards}).",
        f" * Bytes: expansions {expansion_size}, classes {class_size + 4 * len(kinds)},"
        f" compositions {8 * len(packed)}.",
        " * Made from the Unicode Character Database, (c) Unicode, Inc., Unicode License v3.",
        " * SPDX-License-Identifier: Apache-2.0 AND Unicode-3.0 */",
        "",
        "/* What a code point becomes when it is mapped and decomposed. */",
        *expansion_lines,
        "",
        "/* What a code point is: combining class, bidi class, joining type, flags. */",
        *class_lines,
        f"static const csm_unicode_class classes[{len(kinds)}] = {{",
        *(
            f"    {{{kind.combining}, {kind.bidi}, {kind.joining}, {kind.flags}}},"
            for kind in kinds
        ),
        "};",
        "",
        "/* Pairs that compose, and what to: 21 bits each. */",
        *array("compositions", packed),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET
    target.write_text(generate(), encoding="ascii")
