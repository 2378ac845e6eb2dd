"""Canaries: synthetic things in a list, by which it can be seen that the list works."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from csamatch.addresses import address_hint, address_key, listed_address
from csamatch.columns import Columns
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


def _rules(columns: Columns) -> list[str]:
    return sorted({*columns.bare, *columns.keys}, key=CODES.__getitem__)


def _seed(columns: Columns, info: Mapping[str, Any]) -> bytes:
    """Make a seed of what does not depend on the order of sources, nor on duplicates."""
    found = hashlib.sha256(b"csamatch canaries\0" + encode_info(info))
    for rule in _rules(columns):
        ends = []
        for packed in (columns.bare, columns.keys):
            if packed.get(rule):
                rows = np.frombuffer(packed[rule], np.uint8).reshape(-1, columns.width(rule))
                firsts = np.ascontiguousarray(rows[:, :8]).view(">u8")
                ends += [int(firsts.min()), int(firsts.max())]
        found.update(f"{rule} {min(ends)} {max(ends)}\0".encode())
    return found.digest()[:SEED_SIZE]


def plant(
    columns: Columns, info: Mapping[str, Any], count: int, key: ListKey | None
) -> tuple[bytes, dict[str, list[bytes]]]:
    """Add canaries to what was gathered, so many for each rule that it has.

    Returns
    -------
    bytes
        Their seed.
    dict
        By rule, their keys.
    """
    seed = _seed(columns, info)
    planted: dict[str, list[bytes]] = {}
    for rule in _rules(columns):
        planted[rule] = []
        for i in range(count):
            made, hint = _key(canary(seed, rule, i), rule, key)
            planted[rule].append(made)
            columns.hint(rule, made, hint)
        columns.extend_unnamed(rule, b"".join(planted[rule]))
    return seed, planted


def _key(value: bytes | str, rule: str, key: ListKey | None) -> tuple[bytes, bytes]:
    """Return the key of a canary, and what is noted beside it."""
    if isinstance(value, bytes):
        return value if key is None else bytes(key.hashes(rule, value, WIDTHS[rule])), b""
    address, hash_key = listed_address(value, rule), None if key is None else key.of("address")
    return address_key(address, hash_key), address_hint(address, hash_key)
