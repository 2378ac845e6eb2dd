"""What a build did with everything it read."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from csamatch.info import ListInfo

__all__ = ["BuildReport", "Sample"]

SAMPLES: Final = 1000
"""How many samples are kept of each reason."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One thing that did not get into the list.

    Attributes
    ----------
    source : str
        The source's name.
    where : str
        The place in it, such as ``"line 7"`` or ``"Media 12"``.
    reason : str
        Why it was left out.
    value : str or None
        What it was; kept only where the caller asked for it.
    """

    source: str
    where: str
    reason: str
    value: str | None = field(default=None, repr=False)


@dataclass
class BuildReport:
    """Counts of everything read, and samples of what was left out.

    Every record read is in exactly one of `accepted`, `duplicate`, `rejected`, `quarantined` and
    `filtered`. A record may hold several values (an MD5 and a SHA-1, say); it is rejected or
    quarantined when none of them could be used, and a bad value in an accepted record is counted
    in `bad_values` and sampled all the same.

    Attributes
    ----------
    read : int
        Records read: lines that are neither blank nor comments, Media objects.
    accepted : int
        Records that became an entry of the list.
    duplicate : int
        Records that said nothing new.
    rejected : int
        Records that could not be read, each alone; `rejections` counts them by reason.
    quarantined : dict of str to int
        Records kept out on purpose, by class.
    filtered : int
        Records of categories that were not asked for.
    bad_values : int
        Values left out of records that were accepted for their other values.
    counts : dict of str to int
        Keys in the list, by algorithm or rule.
    samples : list of Sample
        Up to 1,000 of each reason.
    info : ListInfo or None
        What the finished list says of itself.
    """

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    quarantined: dict[str, int] = field(default_factory=Counter)
    filtered: int = 0
    bad_values: int = 0
    rejections: dict[str, int] = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list, repr=False)
    readers: dict[str, str] = field(default_factory=dict)
    info: ListInfo | None = field(default=None, repr=False)
    keep_values: bool = field(default=False, repr=False)
    _sampled: Counter[str] = field(default_factory=Counter, repr=False)

    def sample(self, source: str, where: str, reason: str, value: str | None) -> None:
        """Remember where and why something was left out, up to the bound."""
        self._sampled[reason] += 1
        if self._sampled[reason] <= SAMPLES:
            kept = value if self.keep_values else None
            self.samples.append(Sample(source, where, reason, kept))

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "duplicate": self.duplicate,
            "rejected": self.rejected,
            "rejections": dict(self.rejections),
            "quarantined": dict(self.quarantined),
            "filtered": self.filtered,
            "bad_values": self.bad_values,
            "counts": dict(self.counts),
            "readers": dict(self.readers),
            "digest": self.info.digest if self.info else "",
            "samples": [
                {"source": s.source, "where": s.where, "reason": s.reason}
                | ({} if s.value is None else {"value": s.value})
                for s in self.samples
            ],
        }

    def __str__(self) -> str:
        rows: list[tuple[str, int, str]] = [
            ("read", self.read, ""),
            ("accepted", self.accepted, _spell(self.counts)),
            ("duplicate", self.duplicate, ""),
            ("rejected", self.rejected, _spell(self.rejections)),
            ("quarantined", sum(self.quarantined.values()), _spell(self.quarantined)),
            ("filtered", self.filtered, ""),
        ]
        if self.bad_values:
            rows.append(("bad values", self.bad_values, "in records accepted for their others"))
        return "\n".join(f"{name:<12}{count:>12,}  {what}".rstrip() for name, count, what in rows)


def _spell(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
