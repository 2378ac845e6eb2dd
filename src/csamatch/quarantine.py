"""What a list must not hold, whoever lists it: things that innocent files and hosts share."""

from __future__ import annotations

import hashlib
import ipaddress
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from csamatch.addresses import ListedAddress
from csamatch.hashlist import HashList
from csamatch.rules import WIDTHS

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

EMPTY_FILE: Final = "empty-file"
ZERO_BYTES: Final = "zero-bytes"
PLACEHOLDER: Final = "placeholder"
PUBLIC_SUFFIX: Final = "public-suffix"
SINGLE_LABEL: Final = "single-label"
PRIVATE_ADDRESS: Final = "private-address"
ALLOW_LIST: Final = "allow-list"

CLASSES: Final = (
    EMPTY_FILE,
    ZERO_BYTES,
    PLACEHOLDER,
    PUBLIC_SUFFIX,
    SINGLE_LABEL,
    PRIVATE_ADDRESS,
)
"""The classes that can be admitted; entries on a caller's allow-list cannot."""

# Sizes at which files of nothing but zero bytes turn up, left behind by interrupted downloads and
# preallocation: powers of two, sectors and pages, round decimal sizes, a floppy disk. A file of a
# handful of bytes is not among them: there, zeros are as good as any other content.
_ZERO_SIZES: Final = sorted(
    {
        *(1 << power for power in range(4, 25)),
        *range(512, 65536 + 1, 512),
        *(10**power for power in range(2, 8)),
        1_474_560,
    }
)

# Networks that are somebody's own wherever they are met. Documentation ranges (RFC 5737, 3849)
# are not among them: nobody's pages live there either way.
_PRIVATE_NETWORKS: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "ff00::/8",
    )
)


@cache
def _zero_digests() -> frozenset[bytes]:
    found = set()
    hashes = [hashlib.new(name, usedforsecurity=False) for name in ("md5", "sha1", "sha256")]
    done = 0
    for size in _ZERO_SIZES:
        zeros = bytes(size - done)
        done = size
        for state in hashes:
            state.update(zeros)
            found.add(state.copy().digest())
    return frozenset(found)


@cache
def _empty_digests() -> frozenset[bytes]:
    return frozenset(
        hashlib.new(name, usedforsecurity=False).digest() for name in ("md5", "sha1", "sha256")
    )


def _placeholders(width: int) -> npt.NDArray[np.uint8]:
    """Return every digest of `width` bytes whose hex digits are the same but one at most."""
    places = np.arange(2 * width)
    digits = np.empty((16, 2 * width, 16, 2 * width), np.uint8)  # base, place, odd one, digit
    digits[:] = np.arange(16)[:, None, None, None]
    digits[:, places, :, places] = np.arange(16)
    pairs = digits.reshape(-1, width, 2)
    packed: npt.NDArray[np.uint8] = pairs[..., 0] << np.uint8(4) | pairs[..., 1]
    return packed


@cache
def suspects(algorithm: str) -> HashList:
    """Return every digest of an algorithm that `digest_class` speaks against, as a list."""
    width = WIDTHS[algorithm]
    known = b"".join(d for d in _empty_digests() | _zero_digests() if len(d) == width)
    return HashList(known + _placeholders(width).tobytes(), algorithm)


def _is_placeholder(digest: bytes) -> bool:
    """Whether all hex digits are the same but one at most."""
    if len(set(digest)) > 2:  # one stray digit changes one byte only
        return False
    digits = digest.hex()
    return max(digits.count(digit) for digit in set(digits)) >= len(digits) - 1


def digest_class(digest: bytes) -> str | None:
    """Say why a digest must not be listed; None when nothing speaks against it."""
    if digest in _empty_digests():
        return EMPTY_FILE
    if digest in _zero_digests():
        return ZERO_BYTES
    if _is_placeholder(digest):
        return PLACEHOLDER
    return None


@cache
def _public_suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList()


def _is_private(host: str) -> bool:
    address = ipaddress.ip_address(host.strip("[]"))
    return any(address in network for network in _PRIVATE_NETWORKS)


def address_class(address: ListedAddress) -> str | None:
    """Say why an address must not be listed; None when nothing speaks against it."""
    if address.is_ip:
        return PRIVATE_ADDRESS if _is_private(address.host) else None
    if "." not in address.host:
        return SINGLE_LABEL
    covers_host = address.rule in ("domain", "host")
    if covers_host and _public_suffixes().is_public(address.host):
        return PUBLIC_SUFFIX
    return None
