"""Lists of one thing a line, as they are exchanged: digests, hosts, rules, addresses."""

from __future__ import annotations

import gzip

from hashsets import Twins, sha256
from sources import EMPTY, md5, sha1

BOM = b"\xef\xbb\xbf"


def crlf(*lines: str) -> bytes:
    """Lines with a byte order mark and Windows line ends, the last without its own."""
    return BOM + "\r\n".join(lines).encode()


def cut(data: bytes) -> list[tuple[bytes, str]]:
    """Lists of lines do not show where they end: only what is compressed can be seen to be cut."""
    packed = gzip.compress(data, mtime=0)
    return [(packed[:-9], "after byte 0 of what it holds")]


TEXT_GOLDEN = "\n".join(
    [
        "# md5sum, sha1sum, sha256sum and their like",
        f"{md5(1)}  a file",
        f"{sha1(1).upper()} *a file",
        f"\\{sha256(1)}  a\\nfile",
        f"MD5 (a file) = {md5(2)}",
        md5(3),
        "",
    ]
).encode()
TEXT = Twins(
    "text",
    TEXT_GOLDEN,
    {"md5": 3, "sha1": 1, "sha256": 1},
    crlf(
        md5(1),
        md5(2)[:-1],
        "",
        "G" * 32,
        "  # none",
        EMPTY["md5"],
        md5(1).upper(),
        "bad.example",
        "0" * 40,
        f"{sha1(3)}\tname",
    ),
    [md5(1), sha1(3)],
    [
        ("line 2", "31 hex digits; expected 32, 40 or 64"),
        ("line 4", "a character is not a hex digit"),
        ("line 6", "empty-file"),
        ("line 8", "not a digest"),
        ("line 9", "placeholder"),
    ],
    cut(TEXT_GOLDEN),
)

DOMAINS_GOLDEN = b"# domains\nbad.example\nsub.worse.example\n\nb\xc3\xbccher.example\n"
DOMAINS = Twins(
    "domains",
    DOMAINS_GOLDEN,
    {"domain": 3},
    crlf(
        "BAD.example.",
        "co.uk",
        "!",
        "a b",
        "x@mail.example",
        "bad.example/",
        "*.w.example",
        "last.example",
    ),
    ["bad.example", "last.example"],
    [
        ("line 2", "public-suffix"),
        ("line 4", "more than one word"),
        ("line 5", "an e-mail address, which must not list its whole provider"),
        ("line 7", "a wildcard; list the domain itself, which covers its subdomains"),
    ],
    cut(DOMAINS_GOLDEN),
)
HOSTS_GOLDEN = b"127.0.0.1 localhost\n0.0.0.0 bad.example # why\n0.0.0.0\tone.example two.example\n"
HOSTS_GOLDEN = HOSTS_GOLDEN.partition(b"\n")[2]
HOSTS = Twins(
    "domains",
    HOSTS_GOLDEN,
    {"domain": 3},
    crlf(
        "# hosts", "127.0.0.1 localhost", "::1 localhost", "0.0.0.0 bad.example", "0.0.0.0 10.0.0.1"
    ),
    ["bad.example"],
    [("line 2", "single-label"), ("line 3", "single-label"), ("line 5", "private-address")],
    cut(HOSTS_GOLDEN),
    name="hosts",
)
ADBLOCK_GOLDEN = b"[Adblock Plus 2.0]\n! title\n||bad.example^\n||worse.example^$all\n"
ADBLOCK = Twins(
    "domains",
    ADBLOCK_GOLDEN,
    {"domain": 2},
    crlf(
        "[Adblock Plus]",
        "||bad.example^",
        "@@||good.example^",
        "||x.example^$third-party",
        "|http://a.example",
        "||y.example^",
    ),
    ["bad.example", "y.example"],
    [
        ("line 3", "an adblock exception, which takes away rather than lists"),
        ("line 4", "an adblock rule with conditions"),
        ("line 5", "an adblock rule that is more than an address"),
    ],
    cut(ADBLOCK_GOLDEN),
    name="adblock",
)
URLS_GOLDEN = b"http://bad.example/page?x=1\nhttps://worse.example/a\nthird.example\n"
URLS = Twins(
    "urls",
    URLS_GOLDEN,
    {"domain": 1, "url": 2},
    crlf(
        "http://bad.example/page",
        "mailto:a@b.example",
        "http://",
        "http://10.0.0.1/x",
        "#",
        "HTTP://BAD.example:80/page",
        "http://[::1",
        "worse.example",
    ),
    ["http://bad.example/page", "worse.example"],
    [
        ("line 2", "an e-mail address, which must not list its whole provider"),
        ("line 3", "there is no host in it"),
        ("line 4", "private-address"),
        ("line 7", "the host is not valid"),
    ],
    cut(URLS_GOLDEN),
)
