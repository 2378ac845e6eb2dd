"""Small sources in real formats, made of numbers."""

from __future__ import annotations

import hashlib
import io
import json

import csamatch

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
