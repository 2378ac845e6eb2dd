"""What an update did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from csamatch.info import ListInfo
from csamatch.report import BuildReport, spell_counts

__all__ = ["UpdateReceipt"]


@dataclass(frozen=True)
class UpdateReceipt:
    """What an update did: counts of keys by rule, and the contents' digests; no key.

    Attributes
    ----------
    base, info : ListInfo
        What the list said of itself before, and what it says now. `ListInfo.digest` identifies
        the contents.
    added : mapping of str to int
        Keys that are listed now and were not before.
    removed : mapping of str to int
        Keys that were listed before and are no longer.
    replaced : mapping of str to int
        Keys that were listed before, whose entries gave way to those of `replace`.
    known : mapping of str to int
        Keys of `add` that were listed before; their new entries, if any, came beside the old.
    absent : mapping of str to int
        Keys of `remove` that were not listed.
    searched : int
        Removed keys that were searched for at every byte of the new file. All were looked up.
    reports : mapping of str to BuildReport
        For ``"add"``, ``"remove"`` and ``"replace"``, what became of every record read.
    """

    base: ListInfo
    info: ListInfo
    added: Mapping[str, int]
    removed: Mapping[str, int]
    replaced: Mapping[str, int]
    known: Mapping[str, int]
    absent: Mapping[str, int]
    searched: int
    reports: Mapping[str, BuildReport] = field(default_factory=dict)

    @property
    def base_digest(self) -> str:
        """The digest of the old content."""
        return self.base.digest

    @property
    def digest(self) -> str:
        """The digest of the new content."""
        return self.info.digest

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return {
            "base_digest": self.base_digest,
            "digest": self.digest,
            "added": dict(self.added),
            "removed": dict(self.removed),
            "replaced": dict(self.replaced),
            "known": dict(self.known),
            "absent": dict(self.absent),
            "searched": self.searched,
            "counts": dict(self.info.counts),
            "reports": {name: report.as_dict() for name, report in self.reports.items()},
        }

    def __str__(self) -> str:
        rows = [
            ("added", self.added, ""),
            ("removed", self.removed, f"; {self.searched:,} searched for at every byte"),
            ("replaced", self.replaced, ""),
            ("known", self.known, ""),
            ("absent", self.absent, ""),
            ("now", self.info.counts, ""),
        ]
        lines = [
            f"{name:<10}{sum(counts.values()):>14,}  {spell_counts(counts)}{more}".rstrip()
            for name, counts, more in rows
            if name in ("added", "removed", "now") or any(counts.values())
        ]
        for name, report in self.reports.items():
            lines.append(f"{name}: {report.in_one_line()}")
        return "\n".join([*lines, f"old digest {self.base_digest}", f"new digest {self.digest}"])
