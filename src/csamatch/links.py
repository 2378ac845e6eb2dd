"""Links in chat messages, posts and other prose."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final, overload

from csamatch import _core
from csamatch.addresses import readings_of

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

__all__ = ["find_urls"]

_HOST: Final = 2
_DEFANGED: Final = 4
_SENTENCE: Final = 8
"""Bits of a link's kind, as in ``csamatch.h``."""

# Names for documentation and tests (RFC 2606, 6761) count as TLDs, so that whoever runs this can
# try it out with them. ``invalid`` and ``localhost`` don't: the one never works, the other has no
# names below it.
_RESERVED: Final = frozenset({"example", "test"})


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# TLDs that are also endings of files' names, or names of fields in programs. Right below one of
# them, a bare host counts only with a path or "www.".
_FILE_ENDINGS: Final = _words("map md mov name open pl py read rs select sh so style target zip")

# TLDs that are everyday words, and the words that stand in front of them where the blank behind a
# full stop was forgotten ("it.is") or a program has a dot. Together they are no host. Most of
# those TLDs are large countries', so they don't suffice alone.
_EVERYDAY_TLDS: Final = _words(
    "able al am as at be by de do eat es fast free fun got here how id in is ist it jetzt la ma me "
    "mit moi my na ne new next no now one pa sa se see si so soy su to tu uno us va wow you"
)
_EVERYDAY_WORDS: Final = _words(
    "a about again all and are at away back but by can do done down else end even "
    "fine first for from go good had has have he her here him his how i if in into is "
    "it its just know last later left like long look made many me mine more much "
    "my name never new next nice no not now of off ok okay on one only or other our out over own "
    "right said same say see she should so some soon stop such sure take text "
    "than thanks that the their them then there these they thing things think this time to today "
    "too two up us very was way we well were what when where which who why will with "
    "would year yes yet you your "
    "aber auch bien da das dann den der die doch ein es gut hier ich ja man mit nein nicht noch "
    "oder schon sie und wir wo "
    "ahora alors aqui avec bon como con donc eso esta est et hay il là le les lui mais más mi moi "
    "mucho non nous oui para pas pero por pour que qui sur toi très tu un une vous "
    "data e el event item node obj object row self user x y"
)

# TLDs that have no other meaning in prose or programs: a parenthesis may follow them.
_COMMON: Final = _words("biz com edu gov mil net org")

# What programs call themselves.
_SELVES: Final = _words("cls self this")


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    # Without the private part: "github.io" is a host too.
    return PublicSuffixList(accept_unknown=False, only_icann=True)


def _suffix(host: str) -> str | None:
    """Return the public suffix that a host is under; None when there is none, or it is one."""
    suffix: str | None = host.rpartition(".")[2]
    if suffix not in _RESERVED:
        suffix = _suffixes().publicsuffix(host)
    return None if suffix == host else suffix


def _is_certain(tld: str) -> bool:
    """Whether a TLD is hardly ever a word."""
    return tld in _COMMON or (len(tld) == 2 and tld not in _EVERYDAY_TLDS)


def _is_sentence(labels: list[str]) -> bool:
    """Whether these are sentences with no blank between them ("end.Next"), or classes and fields.

    Names of hosts may have the case of names throughout, or a TLD in capitals that is known so.
    """
    last = labels[-1]
    if not last[:1].isupper():
        return False
    certain = _is_certain(last.lower())
    if last.isupper():
        return not certain and not all(label.isupper() for label in labels)
    return not certain or not all(label[:1].isupper() for label in labels)


def _first_sentence(host: str, written: str) -> tuple[str, str] | None:
    """Return host and text in front of a sentence stuck to them ("example.com.Next")."""
    front, _, last = host.rpartition(".")
    head, _, word = written.rpartition(".")
    if "." not in front or word.lower() != last or word[1:] != word[1:].lower():
        return None
    if head.rpartition(".")[2][:1].isupper():
        return None
    suffix, tld = _suffix(host), front.rpartition(".")[2]
    if (suffix and "." in suffix) or not (_is_certain(tld) or tld in _RESERVED):
        return None
    return (front, head) if _suffix(front) else None


def _is_prose(host: str, suffix: str, written: str, behind: int) -> bool:
    """Whether a bare host without a path is rather something else that has dots in it."""
    labels = host.split(".")
    if labels[0] == "www" and len(labels) > 2:
        return False
    if suffix in _FILE_ENDINGS:
        return True
    if suffix not in _COMMON and (behind in b"(=" or labels[0] in _SELVES):
        return True  # a program's
    if len(labels) > 2 and all(len(label) == 1 for label in labels[:-1]):
        return True  # an abbreviation's
    numbers = labels[:-1]
    if "".join(numbers).isdecimal() and (len(numbers) > 1 or len(numbers[0]) < 3):
        return True  # of a section, or the time of day
    words = written.split(".")
    if len(labels) == 2 and suffix in _EVERYDAY_TLDS and words[0].lower() in _EVERYDAY_WORDS:
        return True
    return _is_sentence(words)


def _is_host(host: str, kind: int, text: bytes, behind: int) -> bool:
    """Whether a bare host is a link."""
    defanged = bool(kind & _DEFANGED)
    if defanged and host.replace(".", "").isdecimal() and host.count(".") == 3:
        return True  # an IPv4 address
    suffix = _suffix(host)
    if suffix is None:
        return False
    if defanged or b"/" in text:
        return True
    written = re.split("[?#:]", text.decode(), maxsplit=1)[0]
    return not _is_prose(host, suffix, written, behind)


def _length(form: str | None, kind: int, text: bytes, behind: int) -> int:
    """Return how much of what may be a link is one."""
    if form is None:
        return 0
    host = form.partition("/")[0]
    if kind & _SENTENCE and (first := _first_sentence(host, text.decode())):
        host, text, behind = first[0], first[1].encode(), 0
    if kind & _HOST and not _is_host(host, kind, text, max(behind, 0)):
        return 0
    return len(text)


def links_in(texts: tuple[str | bytes, ...], readings: int, *, readable: bool) -> _core.Links:
    """Find the links in some texts; if they must be readable, only those with a canonical form."""
    links = _core.Links(texts, readings)
    if len(links):
        links.keep([(said[0], _length(*said[1:])) for said in links.forms(readable)])
    return links


@overload
def find_urls(text: str, /, *, refang: bool = False) -> list[tuple[int, int, str]]: ...
@overload
def find_urls(text: bytes, /, *, refang: bool = False) -> list[tuple[int, int, bytes]]: ...
def find_urls(
    text: str | bytes, /, *, refang: bool = False
) -> list[tuple[int, int, str]] | list[tuple[int, int, bytes]]:
    """Find the URLs in a message, a post or other prose.

    Those with a scheme (``https://``, any other name before ``://``) and bare hosts with a public
    suffix (``www.bad.com/page``). What is punctuation of the text rather than of the URL is left
    out. The rules are in docs/url-rules.md.

    Parameters
    ----------
    text : str or bytes
        Bytes are read as UTF-8. Neither lone surrogates nor bytes that are no UTF-8 do harm: a URL
        ends there.
    refang : bool
        Find defanged ones too (``hxxp://bad[.]example``), as `normalize_url` reads them.

    Returns
    -------
    list of tuple
        ``(start, end, url)`` of each, in order: ``url`` is ``text[start:end]``, as it is written
        there. None overlap. Each has a canonical form: `normalize_url` takes it.

    Raises
    ------
    TypeError
        When `text` is neither str nor bytes.

    Examples
    --------
    >>> find_urls("Look (http://a.example/x_(y)), and at www.example.com/z. See README.md!")
    [(6, 28, 'http://a.example/x_(y)'), (38, 55, 'www.example.com/z')]
    >>> find_urls("hxxps://bad[.]example/x", refang=True)
    [(0, 23, 'hxxps://bad[.]example/x')]
    """
    if not isinstance(text, (str, bytes)):
        raise TypeError(f"expected str or bytes, not {type(text).__name__}")
    links = links_in((text,), readings_of(refang, False), readable=True)
    places = links.places(range(len(links)))
    if isinstance(text, str):
        return [(start, end, text[start:end]) for _, start, end in places]
    return [(start, end, text[start:end]) for _, start, end in places]
