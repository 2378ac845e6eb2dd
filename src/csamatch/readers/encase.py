"""Hash sets of EnCase (.hash): MD5s in records of 18 bytes behind a header."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, Final

import numpy as np

from csamatch.errors import FormatError
from csamatch.readers.interface import Head, Item, Reader
from csamatch.readers.records import Batch
from csamatch.rules import WIDTHS

MAGIC: Final = b"HASH\r\n\xff\x00"
HEADER: Final = 1152
RECORD: Final = 18  # an MD5, and two bytes that say nothing of it
_MANY: Final = 1 << 14  # records taken at a time


def _exactly(stream: BinaryIO, size: int) -> bytes:
    """Read so many bytes, or fewer at the end."""
    data = b""
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data


def read(stream: BinaryIO, source: str, options: Mapping[str, Any]) -> Iterator[Item]:
    """Read a hash set.

    Raises
    ------
    FormatError
        When it is none, or ends within its header or within a record.
    """
    head = _exactly(stream, HEADER)
    if not head.startswith(MAGIC):
        raise FormatError(source, "not an EnCase hash set")
    if len(head) < HEADER:
        raise FormatError(source, "truncated: it ends within its header", f"byte {len(head)}")
    number = 1
    width = WIDTHS["md5"]
    while data := _exactly(stream, _MANY * RECORD):
        count, left = divmod(len(data), RECORD)
        rows = np.frombuffer(data, np.uint8, count * RECORD).reshape(count, RECORD)
        digests = np.ascontiguousarray(rows[:, :width]).tobytes()
        if count:
            order = np.arange(count, dtype=np.uint32)
            yield Batch(count, {"md5": (order, digests)}, "record", number)
        number += count
        if left:
            raise FormatError(source, "truncated: it ends within a record", f"record {number}")
    if number == 1:
        raise FormatError(source, "a hash set without records", f"byte {HEADER}")


def _is_encase(head: Head) -> bool:
    return head.data.startswith(MAGIC)


READER = Reader(
    "encase", "hashes", read, _is_encase, "hash sets of EnCase (.hash)", has_signature=True
)
