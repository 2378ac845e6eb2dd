"""What a build did with everything it read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

from csamatch.info import ListInfo

__all__ = ["BuildReport", "Sample", "SourceReport"]

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


class Tally(NamedTuple):
    """Counts at one time."""

    read: int
    rejected: int
    quarantined: int
    filtered: int


@dataclass(frozen=True, slots=True)
class SourceReport:
    """What became of one source's records.

    Attributes
    ----------
    name : str
        The source's name.
    reader, variety : str
        Which reader took it, and which variety of its format it is, where the reader says.
    read, taken, rejected, quarantined, filtered : int
        As in `BuildReport`; `taken` are those that were accepted or duplicates, be it of
        records of other sources.
    """

    name: str
    reader: str
    variety: str
    read: int
    taken: int
    rejected: int
    quarantined: int
    filtered: int

    @property
    def format(self) -> str:
        """The reader, and the variety if there is one."""
        return f"{self.reader}, {self.variety}" if self.variety else self.reader

    @classmethod
    def between(
        cls, name: str, reader: str, variety: str, before: Tally, after: Tally
    ) -> SourceReport:
        """Make the report of what was read between two tallies."""
        read, rejected, quarantined, filtered = (b - a for a, b in zip(before, after, strict=True))
        taken = read - rejected - quarantined - filtered
        return cls(name, reader, variety, read, taken, rejected, quarantined, filtered)


@dataclass
class BuildReport:
    """Counts of everything read, and samples of what was left out.

    Every record read is in exactly one of `accepted`, `duplicate`, `rejected`, `quarantined`,
    `filtered` and `superseded`. A record may hold several values (an MD5 and a SHA-1, say); it is
    rejected or quarantined when none of them could be used, and a bad value in an accepted record
    is counted in `bad_values` and sampled all the same.

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
        Records of categories that were not asked for, or that a filter by fields left out.
    superseded : int
        Versions of records that later ones replaced or withdrew, and those withdrawals.
    bad_values : int
        Values left out of records that were accepted for their other values.
    counts : dict of str to int
        Keys in the list, by algorithm or rule.
    samples : list of Sample
        Up to 1,000 of each reason.
    sources : list of SourceReport
        The same by source; members of an archive are sources of their own.
    info : ListInfo or None
        What the finished list says of itself.
    """

    read: int = 0
    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    quarantined: dict[str, int] = field(default_factory=Counter)
    filtered: int = 0
    superseded: int = 0
    bad_values: int = 0
    rejections: dict[str, int] = field(default_factory=Counter)
    counts: dict[str, int] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list, repr=False)
    sources: list[SourceReport] = field(default_factory=list)
    info: ListInfo | None = field(default=None, repr=False)
    keep_values: bool = field(default=False, repr=False)
    _sampled: Counter[str] = field(default_factory=Counter, repr=False)

    @property
    def readers(self) -> dict[str, str]:
        """Which reader took each source, by the source's name."""
        return {source.name: source.reader for source in self.sources}

    def tally(self) -> Tally:
        """Return the counts so far."""
        quarantined = sum(self.quarantined.values())
        return Tally(self.read, self.rejected, quarantined, self.filtered)

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
            "superseded": self.superseded,
            "bad_values": self.bad_values,
            "counts": dict(self.counts),
            "readers": self.readers,
            "sources": [asdict(source) for source in self.sources],
            "digest": self.info.digest if self.info else "",
            "samples": [
                {"source": s.source, "where": s.where, "reason": s.reason}
                | ({} if s.value is None else {"value": s.value})
                for s in self.samples
            ],
        }

    def _rows(self) -> list[tuple[str, int, str]]:
        rows = [
            ("read", self.read, ""),
            ("accepted", self.accepted, spell_counts(self.counts)),
            ("duplicate", self.duplicate, ""),
            ("rejected", self.rejected, spell_counts(self.rejections)),
            ("quarantined", sum(self.quarantined.values()), spell_counts(self.quarantined)),
            ("filtered", self.filtered, ""),
        ]
        if self.superseded:
            rows.append(("superseded", self.superseded, "by later versions"))
        if self.bad_values:
            rows.append(("bad values", self.bad_values, "in records accepted for their others"))
        return rows

    def in_one_line(self) -> str:
        """Return the counts for a message."""
        return ", ".join(f"{n} {c:,} {what}".rstrip() for n, c, what in self._rows() if c)

    def __str__(self) -> str:
        lines = [f"{name:<12}{count:>12,}  {what}".rstrip() for name, count, what in self._rows()]
        return "\n".join([*self._source_table(), *lines])

    def _source_table(self) -> list[str]:
        """Return a line for each source, where there are several."""
        if len(self.sources) < 2:
            return [f"{'source':<12}{s.name} ({s.format})" for s in self.sources]
        width = max(len(s.format) for s in self.sources)
        lines = [
            f"{s.format:<{width}}  {s.read:>12,}{s.taken:>12,}{s.rejected:>12,}"
            f"{s.quarantined:>12,}{s.filtered:>12,}  {s.name}"
            for s in self.sources
        ]
        names = "".join(f"{name:>12}" for name in SourceReport.__slots__[3:])
        return [f"{'format':<{width}}  {names}  source", *lines, ""]


def spell_counts(counts: Mapping[str, int]) -> str:
    """Spell counts in one line, sorted by name."""
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items()))
