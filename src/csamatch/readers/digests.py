"""Digests that stand in a source as text."""

from __future__ import annotations

from typing import Any

from csamatch.rules import WIDTHS


def parse_digest(name: str, text: Any) -> bytes | str:
    """Return the bytes of a digest of a known algorithm, or the reason why it is none."""
    if not isinstance(text, str):
        return f"{name}: not a string"
    digits = text.strip()
    if len(digits) != 2 * WIDTHS[name]:
        return f"{name}: {len(digits)} characters; expected {2 * WIDTHS[name]}"
    try:
        if digits.isalnum():  # fromhex would pass over blanks
            return bytes.fromhex(digits)
    except ValueError:
        pass
    return f"{name}: not hexadecimal"
