"""What sources hold, without building a list of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from csamatch.intake import Intake
from csamatch.readers import Batch
from csamatch.readers.delimited import with_columns
from csamatch.reading import Progress, Request, read_opened
from csamatch.report import BuildReport, Sample, spell_counts
from csamatch.rules import WIDTHS
from csamatch.sources import Sources, as_sources, open_source
from csamatch.unpack import Limits

__all__ = ["Inspection", "inspect"]


class _Counts:
    """Counts what would be listed, in place of `Columns`, which keeps it."""

    def __init__(self) -> None:
        self.rules: Counter[str] = Counter()
        self.categories: Counter[str | None] = Counter()

    def add(
        self, keys: Sequence[tuple[str, bytes]], id: str = "", category: str | None = None
    ) -> None:
        self.rules.update(rule for rule, _ in keys)
        self.categories[category] += 1

    def hint(self, rule: str, key: bytes, hint: bytes) -> None:
        """Nothing to count."""

    def extend(self, rule: str, keys: bytes) -> None:
        self.rules[rule] += len(keys) // WIDTHS[rule]
        self.categories[None] += len(keys) // WIDTHS[rule]

    def add_batch(self, batch: Batch, kept: npt.NDArray[np.bool_]) -> None:
        for algorithm, (rows, _) in batch.digests.items():
            self.rules[algorithm] += int(kept[rows].sum())
        if batch.codes is None:
            self.categories[None] += int(kept.sum())
            return
        for code, count in enumerate(np.bincount(batch.codes[kept]).tolist()):
            if count:
                self.categories[batch.names[code - 1] if code else None] += count


@dataclass(frozen=True)
class Inspection:
    """What one source holds.

    Attributes
    ----------
    name : str
        The source's name; members of an archive are ``archive.zip!member``.
    reader, variety : str
        Which reader takes it, and which variety of its format it is, where the reader says.
    kind : str
        ``"hashes"`` or ``"addresses"``.
    read : int
        Its records.
    counts : dict of str to int
        Digests by algorithm or addresses by rule that could be listed, repeated ones each time.
    categories : dict of str or None to int
        The records behind them by category; None stands for those without.
    rejections : dict of str to int
        Records that cannot be read, by reason.
    quarantined : dict of str to int
        Records that a build keeps out, by class.
    bad_values : int
        Values that cannot be read, of records that have others.
    samples : list of Sample
        Where and why, up to 1,000 of each reason.
    """

    name: str
    reader: str
    variety: str
    kind: str
    read: int
    counts: dict[str, int]
    categories: dict[str | None, int]
    rejections: dict[str, int]
    quarantined: dict[str, int]
    bad_values: int
    samples: list[Sample] = field(repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, ready for JSON; no category is ``"null"``."""
        said = asdict(self)
        said["categories"] = {str(c or "null"): n for c, n in self.categories.items()}
        for sample in said["samples"]:
            if sample["value"] is None:
                del sample["value"]
        return said

    def __str__(self) -> str:
        rejected = sum(self.rejections.values())
        quarantined = sum(self.quarantined.values())
        categories = {c or "none": n for c, n in self.categories.items()}
        rows = [
            ("format", f"{self.reader}, {self.variety}" if self.variety else self.reader),
            (self.kind, spell_counts(self.counts)),
            ("records", f"{self.read:,}"),
            ("rejected", f"{rejected:,}  {spell_counts(self.rejections)}" if rejected else ""),
            (
                "quarantined",
                f"{quarantined:,}  {spell_counts(self.quarantined)}" if quarantined else "",
            ),
            ("bad values", f"{self.bad_values:,}" if self.bad_values else ""),
            ("categories", spell_counts(categories) if set(self.categories) - {None} else ""),
        ]
        lines = [f"  {name:<12}{what}".rstrip() for name, what in rows if what]
        return "\n".join([self.name, *lines])


def inspect(
    source: Sources,
    *,
    reader: str = "auto",
    columns: Mapping[str, str | int] | None = None,
    options: Mapping[str, Any] | None = None,
    max_size: int = Limits.max_size,
    max_ratio: float = Limits.max_ratio,
    progress: Progress | None = None,
    keep_values: bool = False,
) -> list[Inspection]:
    """Say what sources hold, without building a list: formats, counts, categories, dirt.

    Nothing is filtered, and nothing kept: sources of any size need little memory.

    Parameters
    ----------
    source, reader, columns, options, max_size, max_ratio, progress, keep_values
        As in `csamatch.build`.

    Returns
    -------
    list of Inspection
        One for each source; members of an archive are sources of their own.

    Raises
    ------
    FormatError
        When a source cannot be read.
    OSError
        When a file cannot be read.
    """
    reader, chosen = with_columns(reader, options, columns)
    request = Request(reader, chosen, {}, Limits(max_size, max_ratio), None, progress)
    found = []
    for each in as_sources(source):
        with closing(open_source(each, request.limits)) as members:
            for opened in members:
                counts = _Counts()
                report = BuildReport(keep_values=keep_values)
                intake = Intake(report, frozenset(), None, lambda _: True, counts)
                read_opened(intake, opened, request)
                intake.finish()
                found.append(_inspection(intake.kind, report, counts))
    return found


def _inspection(kind: str, report: BuildReport, counts: _Counts) -> Inspection:
    (source,) = report.sources
    by_name = sorted(counts.categories.items(), key=lambda item: (item[0] is None, item[0] or ""))
    return Inspection(
        name=source.name,
        reader=source.reader,
        variety=source.variety,
        kind=kind,
        read=report.read,
        counts=dict(counts.rules),
        categories=dict(by_name),
        rejections=dict(report.rejections),
        quarantined=dict(report.quarantined),
        bad_values=report.bad_values,
        samples=report.samples,
    )
