"""The forms in which a caller may hold digests, beside a set of the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import csamatch
from csamatch.bench.engine import bare_call
from csamatch.bench.peer import LARGEST_OF_OBJECTS
from csamatch.bench.sample import Queries, Rows, Sample
from csamatch.bench.turns import Contender, Row

SECTION = "input"

_BARE = "bare C call"
_ARRAY = "(n, 16) array"
_SET = "set of bytes"
_HEX_SET = "set of hex str"


def as_bytes(rows: Rows) -> list[bytes]:
    """Make bytes objects: new ones, since Python remembers the hash of an old one."""
    packed, width = rows.tobytes(), rows.shape[1]
    return [packed[i : i + width] for i in range(0, len(packed), width)]


def as_hex(rows: Rows) -> list[str]:
    """Make hex str: new ones, as for `as_bytes`."""
    text, digits = rows.tobytes().hex(), 2 * rows.shape[1]
    return [text[i : i + digits] for i in range(0, len(text), digits)]


def contenders(sample: Sample, hashes: csamatch.HashList, queries: Queries) -> list[Contender]:
    """Make one for every form, and for the sets where they fit into memory."""
    rows, listed = queries
    text = np.array(as_hex(rows))
    ascii_text = text.astype("S")

    def contender(
        name: str, call: Callable[[Any], Any], ready: Callable[[], Any], baseline: str = ""
    ) -> Contender:
        def check(answer: Any) -> bool:
            return np.array_equal(answer.mask if hasattr(answer, "mask") else answer, listed)

        return Contender(SECTION, name, call, check, ready, len(rows), baseline)

    bare = bare_call(sample, queries, None, _BARE)
    bare.section = SECTION
    found = [
        bare,
        contender(_ARRAY, hashes.match, lambda: rows, _BARE),
        contender("numpy S32 array of hex", hashes.match, lambda: ascii_text, _ARRAY),
        contender("numpy U32 array of hex", hashes.match, lambda: text, _ARRAY),
        contender("list of bytes", hashes.match, lambda: as_bytes(rows), _SET),
        contender("list of hex str", hashes.match, lambda: as_hex(rows), _HEX_SET),
        contender("bytes, one by one", _one_by_one(hashes), lambda: as_bytes(rows), _SET),
    ]
    if sample.count <= LARGEST_OF_OBJECTS:
        of_bytes, of_hex = set(as_bytes(sample.keys)), set(as_hex(sample.keys))
        found += [
            contender(_SET, _one_by_one(of_bytes), lambda: as_bytes(rows)),
            contender(_HEX_SET, _one_by_one(of_hex), lambda: as_hex(rows)),
        ]
    return found


def absent(sample: Sample) -> list[Row]:
    """Rows that say that the sets were left out, where they were."""
    if sample.count <= LARGEST_OF_OBJECTS:
        return []
    note = f"left out: more than {LARGEST_OF_OBJECTS:,} keys"
    return [Row(SECTION, name, note=note) for name in (_SET, _HEX_SET)]


def _one_by_one(container: Any) -> Callable[[Any], list[bool]]:
    def call(asked: Any) -> list[bool]:
        return [digest in container for digest in asked]

    return call
