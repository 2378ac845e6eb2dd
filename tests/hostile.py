"""URLs that somebody made to cost as much as can be: families that can be of any length.

Each takes a length in bytes and gives URLs of that many bytes, about, together. Most are one URL;
hosts, which are given up as names when they are long, are worst at about a thousand bytes, so
those families are many of them.
"""

from __future__ import annotations

from collections.abc import Callable

HOST = "http://host.example/"
PLAIN = "https://www.host.example/path/to/some/page-of-ours/index.html?query=1&item=23456"


def plain(size: int) -> list[bytes]:
    """Return URLs of 80 bytes as they are met every day, with four labels, six slashes, a query."""
    assert len(PLAIN) == 80
    return [PLAIN.encode()] * (size // len(PLAIN))


def ordinary(size: int) -> list[bytes]:
    """Return the same with a user, an escape and a dot segment: read by the rules in full."""
    url = PLAIN.replace("https://", "https://user@").replace("/path/", "/p%61th/./")
    return [url.encode()] * (size // len(url))


def _fill(size: int, start: str, unit: str, end: str = "") -> str:
    """Repeat a unit until so many bytes are full."""
    room = size - len((start + end).encode())
    return start + unit * (room // len(unit.encode())) + end


def _one(start: str, unit: str, end: str = "") -> Callable[[int], list[bytes]]:
    return lambda size: [_fill(size, start, unit, end).encode()]


def _many(each: int, start: str, unit: str, end: str = "") -> Callable[[int], list[bytes]]:
    url = _fill(each, start, unit, end).encode()
    return lambda size: [url] * (size // len(url))


def _marks(size: int) -> str:
    """Combining marks in the reverse of the order that they have to be in."""
    half = (size - 20) // 4
    return "http://a" + "\u0301" * half + "\u0327" * half + ".example/"


def _nested(size: int) -> list[bytes]:
    """Return a URL that is encoded whole, as often as is undone, and percent signs after it."""
    return [_fill(size, "view-source:blob:http%25252525253A//host.example/", "%2525").encode()]


def _wrapped(size: int) -> list[bytes]:
    """Return a defanged URL in a wrapper, both encoded whole, and percent signs after them."""
    return [_fill(size, "view-source%25253Ahxxps%25255B%25253A//host.example/", "%2525").encode()]


ONE: dict[str, Callable[[int], list[bytes]]] = {
    "nested %25": _one(HOST + "%", "25", "41"),
    "nested %25 in the host": _one("http://%", "25", "41.example/"),
    "nested %25 in the query": _one(HOST + "?%", "25", "41"),
    "escapes that undo one another": _one(HOST, "%25%32%35"),
    "lone percent signs": _one(HOST, "%"),
    "bytes to escape": _one(HOST, "\x01"),
    "dots in the host": _one("http://", ".", "host.example/"),
    "dots in the path": _one(HOST, "."),
    "slashes": _one("http:", "/", "host.example/"),
    "slashes in the path": _one(HOST, "/"),
    "backslashes": _one("http:", "\\", "host.example/"),
    "segments": _one(HOST, "a/"),
    "dot segments": _one(HOST, "./"),
    "dot-dot segments": _one(HOST, "../"),
    "segments that are undone": _one(HOST, "a/../"),
    "segments, all undone at the end": lambda size: [
        (HOST + "a/" * (size // 5) + "../" * (size // 5)).encode()
    ],
    "empty segments, then undone": lambda size: [
        (HOST + "/" * (size // 4) + "../" * (size // 4)).encode()
    ],
    "at signs": _one("http://", "@", "host.example/"),
    "colons": _one("http://host.example", ":", "/"),
    "colons and digits": _one("http://host.example", ":1", "/"),
    "brackets": _one("http://", "[", "::1]/"),
    "IPv6 colons": _one("http://[", ":", "]/"),
    "IPv6 pieces": _one("http://[", "1:", "1]/"),
    "IPv6 with a long zone": _one("http://[fe80::1%25", "z", "]/"),
    "labels": _one("http://", "a.", "example/"),
    "numbers": _one("http://", "1.", "1/"),
    "one long number": _one("http://", "9", "/a%3Fb"),
    "one long label": _one("http://", "a", ".example/"),
    "IDN labels": _one("http://", "\u00fc.", "example/"),
    "one long IDN label": _one("http://", "\u00fc", ".example/"),
    "ignored code points": _one("http://", "\u00ad", "host.example/"),
    "U+FDFA": _one("http://", "\ufdfa", ".example/"),
    "combining marks": lambda size: [_marks(size).encode()],
    "bytes that are no UTF-8": lambda size: [b"http://" + b"\xff" * (size - 16) + b".example/"],
    "long Punycode": _one("http://\u00fc.xn--", "a", ".example/"),
    "whole-URL nesting": _nested,
    "whole-URL nesting, defanged": _wrapped,
    "wrappers": lambda size: [_fill(size, "blob:" * 8, "//", "host.example/").encode()],
    "blanks": _one(" ", "\t\n", "http://host.example/"),
    "blanks of three bytes": _one("", "\u2028", "http://host.example/"),
    "defanged dots": _one("hxxp://", "a[.]", "example/"),
    "open paths": _one(HOST, "%3F/"),
    "every reading": _one("hxxp://", "9", "[.]276[.]2[.]3/a%3Fb/a%3Fb"),
    "query": _one(HOST + "?", "?"),
    "fragment": _one(HOST, "#"),
}

# The room for names is 1,024 code points and 1,024 bytes.
MANY: dict[str, Callable[[int], list[bytes]]] = {
    "names of IDN labels": _many(700, "http://", "\u00fc.", "example/"),
    "names of one IDN label": _many(1000, "http://", "\u00fc", ".example/"),
    "names of rare letters": _many(800, "http://", "\U00020000", ".example/"),
    "names of different letters": lambda size: (
        [("http://" + "".join(map(chr, range(0x4E00, 0x4E00 + 330))) + ".example/").encode()]
        * (size // 1006)
    ),
    "names in Punycode": _many(1000, "http://\u00fc.xn--", "a", ".example/"),
    "names in many Punycodes": _many(900, "http://", "xn--a.", "\u00fc.example/"),
    "names with decoded letters": _many(1000, "http://\u00fc.xn--", "4ca", ".example/"),
    "names of U+FDFA": _many(180, "http://", "\ufdfa", ".example/"),
    "names of U+FDFA that fit": _many(136, "http://", "\ufdfa", ".example/"),
    "names of Hangul": _many(900, "http://", "\uac01", ".example/"),
    "names of marks": lambda size: [_marks(1500).encode()] * (size // 1500),
    "names of joiners": _many(1500, "http://\u0628", "\u0300\u200c", "\u0628.example/"),
    "names too long by one": _many(2100, "http://", "\u00fc", ".example/"),
    "names from right to left": _many(900, "http://", "\u05d0.", "example/"),
    "short IDN": _many(20, "http://", "\u00fc", ".b/"),
    "empty": lambda size: [b"a"] * size,
}
FAMILIES = ONE | MANY

# What a text can repeat to send a scanner for links back again and again.
LINK_UNITS = [
    *(
        "http:",
        "http://",
        "http:/",
        "https://http",
        "http://a@",
        "@",
        "http://a:80:",
        "://",
        "a://",
        "http://(@",
        "http://a(@b)'",
        "a.b\u200b",
        "a.b:0",
    ),
    *(
        "a.",
        ".",
        "a.b ",
        "a.b,",
        "a.b/",
        "a.b/(",
        "a.b/c,http://",
        "-",
        "_",
        "a-.",
        "a_.b-",
        "www.",
    ),
    *("(", ")", "[", "]", "[/", "{", "http://[", "http://[::", "http://[::1]", "http://a/(", "'"),
    *("\u00b7", "a\u00b7", ".\u00b7", "\u0387", "\u200b", "a\u200b", "\u00ad.", "\u3002", "\uff0e"),
    *("\u4f8b", "a\u4f8b", "a.\u4f8b", "\u4f8b.a\u3002", "\U0001f449", "a\U0001f449", "\ufdfa"),
    *("[.]", "a[.]", "[.", "(dot)", "hxxp", "hxxp:", "hxxp[:]", "hxxp[:]//", "[://]", "h**p", "h*"),
    *(
        "%41",
        "%",
        "http://%41",
        "http://a.example/",
        "http://a.example/,",
        "http://a.example ",
        "\\.",
    ),
    *("http://a.example/\u2019", "\u2014", "http://a.example/?!", "a.example:", "a.Next", "\ud800"),
]


def text(unit: str, size: int) -> bytes:
    """Repeat something until there are so many bytes of text."""
    data = unit.encode("utf-8", "surrogatepass")
    return data * (size // len(data))


def long_link(size: int) -> bytes:
    """Return a text with one link, of nearly all its bytes."""
    return _fill(size, "See http://host.example/", "a/(b)").encode()
