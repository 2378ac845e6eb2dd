"""Canaries: synthetic things in a list, by which it can be seen that the list works."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from csamatch import _core
from csamatch.addresses import address_hint, address_key, listed_address
from csamatch.columns import CHUNK, Columns
from csamatch.info import encode_info
from csamatch.listkey import ListKey
from csamatch.rules import ALGORITHMS, CODES, WIDTHS

CATEGORY: Final = "canary"
SEED_SIZE: Final = 16
MOST: Final = 10_000
_DOMAIN: Final = "canary.csamatch.test"
_PATHS: Final = {"domain": "", "host": "", "url": "/canary?csamatch", "prefix": "/canary/"}


def canary(seed: bytes, rule: str, number: int) -> bytes | str:
    """Return a canary's digest or address.

    Digests are those of a file that holds ``csamatch canary SEED NUMBER``, so that the whole way
    from an upload to a match can be tried.
    """
    if rule in ALGORITHMS:
        text = f"csamatch canary {seed.hex()} {number}"
        return hashlib.new(rule, text.encode(), usedforsecurity=False).digest()
    return f"{rule}-{number}-{seed.hex()}.{_DOMAIN}{_PATHS[rule]}"


def _ends(columns: Columns) -> dict[str, list[int]]:
    """Return by rule some keys' first bytes, the lowest and the highest among them."""
    found: dict[str, list[int]] = {}
    for packed in (columns.bare, columns.keys):
        for rule, keys in packed.items():
            if keys:
                rows = np.frombuffer(keys, np.uint8).reshape(-1, columns.width(rule))
                firsts = np.ascontiguousarray(rows[:, :8]).view(">u8")
                found.setdefault(rule, []).extend([int(firsts.min()), int(firsts.max())])
    return found


def _seed(ends: Mapping[str, Sequence[int]], info: Mapping[str, Any]) -> bytes:
    """Make a seed of what does not depend on the order of sources, nor on duplicates."""
    found = hashlib.sha256(b"csamatch canaries\0" + encode_info(info))
    for rule in sorted(ends, key=CODES.__getitem__):
        found.update(f"{rule} {min(ends[rule])} {max(ends[rule])}\0".encode())
    return found.digest()[:SEED_SIZE]


def _gathered(columns: Columns, rule: str, keys: bytes) -> bool:
    """Whether any of some sorted keys is among those that were gathered."""
    width = columns.width(rule)
    sought = _core.KeySet(keys, 0, len(keys) // width, width)
    found = np.empty((CHUNK, 2), np.uint64)
    for packed in (columns.bare.get(rule, b""), columns.keys.get(rule, b"")):
        count = len(packed) // width
        for at in range(0, count, CHUNK):
            if sought.match(packed, at * width, min(CHUNK, count - at), found):
                return True
    return False


def plant(
    columns: Columns,
    info: Mapping[str, Any],
    count: int,
    key: ListKey | None,
    held: Mapping[str, Sequence[int]] | None = None,
    holds: Callable[[str, bytes], bool] = lambda rule, keys: False,
) -> tuple[bytes, dict[str, list[bytes]]]:
    """Add canaries to what was gathered, so many for each rule that the list has.

    None of them is what a source lists: that would be lost as an entry.

    Parameters
    ----------
    columns : Columns
        What was gathered.
    info : mapping
        The envelope.
    count : int
        How many of each rule.
    key : ListKey or None
        That of the list.
    held : mapping of str to sequence of int, optional
        What the list has besides: by rule, the first eight bytes, as a number, of the lowest and
        of the highest key.
    holds : callable
        Says of a rule whether any of some sorted keys, packed, is among those.

    Returns
    -------
    bytes
        Their seed.
    dict
        By rule, their keys.
    """
    ends = _ends(columns)
    for rule, bounds in (held or {}).items():
        ends.setdefault(rule, []).extend(bounds)
    seed = _seed(ends, info)
    while True:
        made = {
            rule: [_key(canary(seed, rule, i), rule, key) for i in range(count)]
            for rule in sorted(ends, key=CODES.__getitem__)
        }
        planted = {rule: [value for value, _ in pairs] for rule, pairs in made.items()}
        packed = {rule: b"".join(sorted(keys)) for rule, keys in planted.items()}
        if not any(_gathered(columns, *each) or holds(*each) for each in packed.items()):
            break
        seed = hashlib.sha256(b"csamatch canaries\0" + seed).digest()[:SEED_SIZE]
    for rule, pairs in made.items():
        for value, hint in pairs:
            columns.hint(rule, value, hint)
        columns.extend_unnamed(rule, b"".join(planted[rule]))
    return seed, planted


def _key(value: bytes | str, rule: str, key: ListKey | None) -> tuple[bytes, bytes]:
    """Return the key of a canary, and what is noted beside it."""
    if isinstance(value, bytes):
        return value if key is None else bytes(key.hashes(rule, value, WIDTHS[rule])), b""
    address, hash_key = listed_address(value, rule), None if key is None else key.of("address")
    return address_key(address, hash_key), address_hint(address, hash_key)
