"""The rules by which something is listed: digest algorithms and address rules.

The codes are those of the list file (docs/list-format.md) and of ``csamatch.h``.
"""

from __future__ import annotations

from typing import Final

ALGORITHMS: Final = ("md5", "sha1", "sha256")
ADDRESS_RULES: Final = ("domain", "host", "url", "prefix")

CODES: Final = {"md5": 1, "sha1": 2, "sha256": 3, "domain": 16, "host": 17, "url": 18, "prefix": 19}
NAMES: Final = {code: name for name, code in CODES.items()}
WIDTHS: Final = {
    "md5": 16,
    "sha1": 20,
    "sha256": 32,
    "domain": 16,
    "host": 16,
    "url": 16,
    "prefix": 16,
}
HINT_WIDTHS: Final = {"domain": 1, "url": 16, "prefix": 16}
"""Bytes of what a list file notes beside each key."""

ALGORITHM_OF_WIDTH: Final = {WIDTHS[name]: name for name in ALGORITHMS}

INVALID: Final = 255
"""Stands in a rule array for a query that has no canonical form."""

ADDRESS_REFUSED: Final = 8
"""The flag of an address whose host a browser refuses."""

ADDRESS_IP: Final = 16
"""The flag of an address whose host is an IP address."""

ADDRESS_WRAPPED: Final = 32
"""The flag of an address that was found inside another one, or encoded as a whole."""

ADDRESS_REFANGED: Final = 64
ADDRESS_OPEN_PATH: Final = 128
ADDRESS_WIDE_IP: Final = 256
ADDRESS_DEVIATION: Final = 512
"""The flags of addresses that can be read in another way too."""

READ_REFANG: Final = 1
READ_LEGACY_IDNA: Final = 2
READ_OPEN_PATH: Final = 4
READ_WRAP_IP: Final = 8
"""The ways to read an address; they add up."""
