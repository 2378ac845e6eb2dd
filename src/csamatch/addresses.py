"""Addresses: their canonical form, and what a listed one means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from csamatch import _core
from csamatch.errors import UrlError
from csamatch.rules import (
    ADDRESS_IP,
    ADDRESS_REFUSED,
    ADDRESS_RULES,
    ADDRESS_WRAPPED,
    READ_LEGACY_IDNA,
    READ_REFANG,
)

__all__ = ["normalize_host", "normalize_url", "normalize_urls"]


def readings_of(refang: bool, legacy_idna: bool) -> int:
    """Return how addresses are to be read, as the C library has it."""
    return (READ_REFANG if refang else 0) | (READ_LEGACY_IDNA if legacy_idna else 0)


def normalize_url(url: str | bytes, /, *, refang: bool = False, legacy_idna: bool = False) -> str:
    """Bring a URL into the one form in which addresses are listed and looked up.

    Parameters
    ----------
    url : str or bytes
        Any spelling of a URL, with or without a scheme.
    refang : bool
        Undo defanging first: ``hxxp`` and ``meow`` for ``http``, ``[:]``, ``[://]``, and in front
        of the path ``[.]``, ``(dot)`` and their like.
    legacy_idna : bool
        Read the host as IDNA2003 did: ``ß`` as ``ss``, a final sigma as any other, and without
        joiners. Browsers no longer do: it may be the name of somebody else.

    Returns
    -------
    str
        Host, path and query, ASCII: scheme, user, port and fragment are not part of it. It
        normalises to itself. The rules are in docs/url-rules.md.

    Raises
    ------
    UrlError
        When there is no host in it, or none that could exist.
    TypeError
        When `url` is neither str nor bytes.

    Examples
    --------
    >>> normalize_url("HTTPS://user@Bad.Example.:8443/a/../b%2541?x=1#top")
    'bad.example/bA?x=1'
    """
    return _core.url_normalize(url, readings_of(refang, legacy_idna))[0]


def normalize_urls(
    urls: Iterable[str | bytes], /, *, refang: bool = False, legacy_idna: bool = False
) -> list[str | None]:
    """Normalise many URLs at once; None stands where `normalize_url` would raise UrlError.

    Parameters
    ----------
    urls : iterable of str or bytes
        As for `normalize_url`.
    refang : bool
        Undo defanging first: ``hxxp`` and ``meow`` for ``http``, ``[:]``, ``[://]``, and in front
        of the path ``[.]``, ``(dot)`` and their like.
    legacy_idna : bool
        Read the host as IDNA2003 did: ``ß`` as ``ss``, a final sigma as any other, and without
        joiners. Browsers no longer do: it may be the name of somebody else.

    Returns
    -------
    list of str or None
        As many as there are URLs.

    Raises
    ------
    TypeError
        When an item is neither str nor bytes, or `urls` is itself one of them.

    Examples
    --------
    >>> normalize_urls(["Bad.Example", "mailto:"])
    ['bad.example/', None]
    """
    return _core.urls_normalize(as_batch(urls, "URLs"), readings_of(refang, legacy_idna))


def normalize_host(host: str | bytes, /) -> str:
    """Bring a host into canonical form.

    Parameters
    ----------
    host : str or bytes
        A name, an IPv4 address in any form, or an IPv6 address with or without brackets.

    Returns
    -------
    str
        Lower case, no outer dots, internationalised labels as A-labels (``xn--``); IPv4 in dotted
        decimal, IPv6 in brackets.

    Raises
    ------
    UrlError
        When it is no host, or more than one (a URL, a port).
    TypeError
        When `host` is neither str nor bytes.

    Examples
    --------
    >>> normalize_host("Bad.Example."), normalize_host("0x7f.1"), normalize_host("2001:DB8::0:7")
    ('bad.example', '127.0.0.1', '[2001:db8::7]')
    >>> normalize_host("Bücher.example")
    'xn--bcher-kva.example'
    """
    return _core.host_normalize(host)[0]


def as_batch(items: Iterable[str | bytes], what: str) -> tuple[str | bytes, ...]:
    """Take a batch; a lone str or bytes is iterable too, but surely a mistake."""
    if isinstance(items, (str, bytes, bytearray, memoryview)):
        raise TypeError(f"expected an iterable of {what}, not a single {type(items).__name__}")
    return tuple(items)


class ListedAddress(NamedTuple):
    """An address as a list means it: by which rule, under which canonical form."""

    rule: str
    canonical: str
    host: str
    is_ip: bool

    def __repr__(self) -> str:
        return f"<ListedAddress: {self.rule}>"


def _is_bare_host(value: str) -> bool:
    text = value.strip()
    if any(mark in text for mark in "/\\?#@"):
        return False
    # One colon is a port, which a host does not have; more are an IPv6 address.
    colons = text.count(":")
    return (
        colons == 0
        or (text.startswith("[") and text.endswith("]"))
        or (colons > 1 and "[" not in text)
    )


_HOST_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_LONGEST_LABEL = 1024  # of those that the C library makes


def _is_damaged(host: str) -> bool:
    """Whether a host holds bytes that are no UTF-8, or U+FFFD in their place."""
    from urllib.parse import unquote_to_bytes  # which imports much for so little

    try:
        if "\ufffd" in unquote_to_bytes(host).decode():
            return True
    except UnicodeDecodeError:
        return True
    for label in host.split("."):
        if not label.startswith("xn--") or len(label) > _LONGEST_LABEL:
            continue
        with suppress(UnicodeError):
            if "\ufffd" in label[4:].encode().decode("punycode"):
                return True
    return False


def listed_address(value: str | bytes, rule: str | None = None) -> ListedAddress:
    """Work out what a listed address covers.

    Parameters
    ----------
    value : str or bytes
        A host or a URL.
    rule : str, optional
        What the list says it is. By default a bare host is a ``"domain"`` and anything more a
        ``"url"``: nothing is ever widened by a guess.

    Raises
    ------
    UrlError
        When it has no canonical form, or one that does not fit the rule; also when its host is
        damaged: no query would ever hit it.
    ValueError
        When there is no such rule.
    """
    if not isinstance(value, (str, bytes)):
        raise TypeError(f"expected str or bytes, not {type(value).__name__}")
    text = value if isinstance(value, str) else value.decode("utf-8", "replace")
    if rule is not None and rule not in ADDRESS_RULES:
        # Not naming it: swapped pairs put an address here.
        raise ValueError(f"no such rule; there are {', '.join(ADDRESS_RULES)}")
    bare = _is_bare_host(text)
    if bare and "%" in text and _core.urls_normalize((value,)) != [None]:
        # Perhaps not a host at all, but a URL that is encoded as a whole.
        bare = not _core.url_normalize(value)[4] & ADDRESS_WRAPPED
    rule = rule or ("domain" if bare else "url")
    if bare and rule in ("domain", "host"):
        canonical, host_length, _, _, flags = _core.host_normalize(value)
    else:
        canonical, host_length, path_length, _, flags = _core.url_normalize(value)
        rest = canonical[host_length:]
        if rule in ("domain", "host"):
            if rest != "/":
                raise UrlError(f"a {rule} entry with a path or query")
            canonical = canonical[:host_length]
        elif rule == "prefix" and (len(rest) != path_length or not rest.endswith("/")):
            raise UrlError("a prefix entry must end in a slash")
    host = canonical[:host_length]
    if flags & ADDRESS_REFUSED and _is_damaged(host):
        raise UrlError("the host is not UTF-8")
    return ListedAddress(rule, canonical, host, bool(flags & ADDRESS_IP))


def check_host(address: ListedAddress) -> None:
    """Refuse a host that no name service knows: a source meant something else by it.

    Queries are normalised all the same, whatever stands in them.

    Raises
    ------
    UrlError
        When there is anything but letters, digits, hyphens and underscores in its labels.
    """
    if not address.is_ip and not _HOST_NAME.fullmatch(address.host):
        raise UrlError("a character in the host that no host name has")


def address_key(address: ListedAddress, hash_key: memoryview | None = None) -> bytes:
    """Return the 16-byte key under which an address is listed, made with a secret or without."""
    return _core.address_key(address.canonical, len(address.host), hash_key)


def address_hint(address: ListedAddress, hash_key: memoryview | None = None) -> bytes:
    """Return what a list file notes beside a listed address's key, to spare look-ups.

    Of a page or a prefix, the key of its host; of a domain, how many labels it has.
    """
    if address.rule in ("url", "prefix"):
        return _core.address_key(address.host, len(address.host), hash_key)
    if address.rule == "domain":
        most = 255  # which an IP address gets: it is never the parent of anything
        return bytes([most if address.is_ip else min(most, address.host.count(".") + 1)])
    return b""
