"""Hosts in ASCII as a browser has them, in Python, by the packages `idna` and `unicodedata2`."""

from __future__ import annotations

import idna
import idna.core
import unicodedata2

# The running Python's Unicode is another one.
idna.core.unicodedata = unicodedata2

FORBIDDEN = {*map(chr, range(0x21)), *"#%/:<>?@[\\]^|", "\x7f"}


def mapped(host: str) -> str | None:
    """Map and compose; None when a code point is not allowed."""
    try:
        text = idna.uts46_remap(host, std3_rules=False)
    except idna.IDNAError:
        return None
    return unicodedata2.normalize("NFC", text)


def decoded(label: str) -> str | None:
    """Decode a label that begins with xn--; None when a browser would not."""
    try:
        text = label[4:].encode("ascii").decode("punycode")
        # Python's codec is too lenient.
        if text.isascii() or text.encode("punycode").decode("ascii") != label[4:]:
            return None
    except UnicodeError:
        return None
    return text if mapped(text) == text else None


def encoded(text: str) -> str:
    """Return a mapped host in ASCII, dots folded, with %XX for what no host has."""
    labels = [label for label in text.split(".") if label]
    joined = ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
        for label in labels
    )
    return "".join(f"%{ord(char):02X}" if char in FORBIDDEN else char for char in joined)


def accepts(label: str, bidi: bool) -> bool:
    """Whether a decoded label keeps to the rules."""
    if label.startswith("xn--") or unicodedata2.category(label[0]).startswith("M"):
        return False
    try:
        for i, char in enumerate(label):
            if char in "\u200c\u200d" and not idna.core.valid_contextj(label, i):
                return False
        return not bidi or idna.core.check_bidi(label, check_ltr=True)
    except (idna.IDNAError, ValueError):
        return False


def to_ascii(host: str) -> str | None:
    """Return a host that is not all ASCII in ASCII, dots folded; None when a browser refuses it."""
    text = mapped(host)
    if text is None:
        return None
    labels = [label for label in text.split(".") if label]
    plain = [decoded(label) if label.startswith("xn--") else label for label in labels]
    if not labels or None in plain:
        return None
    bidi = any(unicodedata2.bidirectional(c) in ("R", "AL", "AN") for label in plain for c in label)
    if not all(accepts(label, bidi) for label in plain):
        return None
    result = encoded(text)
    return None if "%" in result else result
