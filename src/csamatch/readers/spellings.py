"""One address as lists spell it: what surely stands around it goes, what it can't be is named."""

from __future__ import annotations

import re
from typing import Final

IS_EMAIL: Final = "an e-mail address, which must not list its whole provider"
IS_WILDCARD: Final = "a wildcard; list the domain itself, which covers its subdomains"
IS_CONDITIONAL: Final = "an adblock rule with conditions"

_PLAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+")
# Whatever is not ASCII may be a letter here; what it means is for the C library to say.
_EMAIL = re.compile(r"(?:mailto:)?[^\s/@:?#]+@[^\s/@:?#]+", re.IGNORECASE)
# Copied along with a text, at its ends: blanks, marks of order and of direction.
_UNSEEN: Final = " \t\r\n\f\v\xa0\u200b\u200e\u200f\u2060\ufeff"
_WRAPPED = re.compile(r"""(["'`])([^"'`]*)\1[,;]?|<([^<>]*)>[,;]?""")
_HOST = re.compile(r"((?:[A-Za-z][A-Za-z0-9+.-]*:)?//|)([^/\\?#]*)(.*)", re.DOTALL)
_FANGS = (
    (re.compile(r"^(?:h[x*]{2}p|meow)(?=s?\[?:)", re.IGNORECASE), "http"),
    (re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)(?:\[:\](?://)?|\[://\])"), r"\1://"),
)
_FANGED_DOT = re.compile(r"\[\.\]|\(\.\)|\{\.\}|[\[({]dot[\])}]", re.IGNORECASE)
_EMPTY_LABEL = re.compile(r"\.\.|^\.")
_DOTS = str.maketrans("\u3002\uff0e\uff61", "...")


def _bare(word: str) -> str:
    """Take off what stands around a word, and undo defanging."""
    word = word.strip(_UNSEEN)
    wrapped = _WRAPPED.fullmatch(word)
    if wrapped is not None:
        word = (wrapped[2] or wrapped[3] or "").strip(_UNSEEN)
    for fang, plain in _FANGS:
        word = fang.sub(plain, word, count=1)
    return word


def _name(host: str) -> str:
    """Return a host without user and port."""
    return re.sub(r":\d*$", "", host.rpartition("@")[2])


def _problem(scheme: str, name: str, rest: str) -> str:
    """Say what is wrong with an address; empty when nothing is."""
    if "*" in name:
        return IS_WILDCARD
    if any(mark in name for mark in "$^|"):
        return IS_CONDITIONAL if "$" in name else "an adblock rule that is more than an address"
    if "," in name:
        return "a comma in the host"
    if _EMPTY_LABEL.search(name.translate(_DOTS)):
        return "an empty label in the host"
    if rest.startswith("#") and not scheme:
        return "a # directly behind the host, which may begin a comment"
    return ""


def read_word(word: str) -> tuple[str, str]:
    """Read one address.

    Returns
    -------
    str, str
        The address, and the reason why it is none; one of them is empty.
    """
    if _PLAIN.fullmatch(word):
        return word, ""
    word = _bare(word)
    if "@" in word and _EMAIL.fullmatch(word):
        return "", IS_EMAIL
    parts = _HOST.fullmatch(word)
    assert parts is not None  # it takes anything
    scheme, host, rest = parts[1], _FANGED_DOT.sub(".", parts[2]), parts[3]
    if not scheme and not rest:
        host = host.rstrip(",;")  # of a list within another language
    reason = _problem(scheme, _name(host), rest)
    return ("", reason) if reason else (scheme + host + rest, "")
