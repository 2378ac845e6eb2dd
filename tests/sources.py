"""Small sources in real formats, made of numbers."""

from __future__ import annotations

import hashlib
import io
import json

import csamatch
from csamatch.readers import READERS, Batch, Digests, Record, Rejected
from csamatch.rules import WIDTHS

EMPTY = {name: hashlib.new(name).hexdigest() for name in ("md5", "sha1", "sha256")}
CONTEXT = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/x/$metadata#Media"


def md5(i: int) -> str:
    return hashlib.md5(f"{i}".encode()).hexdigest()


def sha1(i: int) -> str:
    return hashlib.sha1(f"{i}".encode()).hexdigest()


def media(records: list) -> io.BytesIO:
    return io.BytesIO(json.dumps({"@odata.context": CONTEXT, "value": records}).encode())


def text(*lines: str) -> io.BytesIO:
    return io.BytesIO("\n".join(lines).encode())


def balanced(report: csamatch.BuildReport) -> bool:
    """Every record read is accounted for exactly once."""
    return report.read == (
        report.accepted
        + report.duplicate
        + report.rejected
        + sum(report.quarantined.values())
        + report.filtered
        + report.superseded
    )


def read(name: str, data: bytes | str) -> list[Record | Rejected]:
    """All items that a reader finds, those in bulk one by one."""
    data = data.encode() if isinstance(data, str) else data
    items = []
    for item in READERS[name].read(io.BytesIO(data), "source", {}):
        if isinstance(item, Batch):
            items += item.records()
        else:
            items += one_by_one(item) if isinstance(item, Digests) else [item]
    return items


def one_by_one(item: Digests) -> list[Record]:
    width = WIDTHS[item.algorithm]
    digests = [item.data[at : at + width] for at in range(0, len(item.data), width)]
    return [
        Record([(item.algorithm, digest)], f"line {item.line + i}")
        for i, digest in enumerate(digests)
    ]
