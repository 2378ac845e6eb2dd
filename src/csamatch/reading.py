"""Reading sources through: recognised, read, taken in, accounted for one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Final

from csamatch.errors import FormatError
from csamatch.filters import RejectionLimit, Where
from csamatch.intake import Intake
from csamatch.magic import what_it_is
from csamatch.readers import Reader, choose
from csamatch.report import SourceReport
from csamatch.sources import Source, open_source
from csamatch.unpack import Limits, Opened

Progress = Callable[[str, int, int | None], None]

_PROGRESS_RECORDS: Final = 1 << 13


@dataclass(frozen=True)
class Request:
    """How sources are to be read.

    Attributes
    ----------
    reader : str
        A reader's name, or ``"auto"``.
    options : mapping
        Options of the reader.
    where : mapping, optional
        A filter by fields; None leaves it to the reader.
    limits : Limits
        How much archives may unpack to.
    max_rejected : RejectionLimit, optional
        How much of a source may be unreadable; None for all of it.
    progress : callable, optional
        Called with the source's name, bytes read, and the size, if known.
    """

    reader: str = "auto"
    options: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, Any] | None = None
    limits: Limits = field(default_factory=Limits)
    max_rejected: RejectionLimit | None = None
    progress: Progress | None = None


def read_source(intake: Intake, source: Source, request: Request) -> None:
    """Read a source through, or all that an archive holds.

    Raises
    ------
    FormatError
        When it cannot be read, or too little of it can.
    """
    with closing(open_source(source, request.limits)) as found:
        for opened in found:
            read_opened(intake, opened, request)


def read_opened(intake: Intake, opened: Opened, request: Request) -> None:
    """Read one source through that has been opened."""
    for _ in items_of(intake, opened, request):
        pass


def items_of(
    intake: Intake,
    opened: Opened,
    request: Request,
    begin: Callable[[str, str], object] = lambda kind, source: None,
) -> Iterator[int]:
    """Read one source through, and tell of each item taken in how many records that was.

    `begin` is told before what is listed, hashes or addresses, and in which source.
    """
    name, progress = opened.name, request.progress
    reader, variety = choose(request.reader, opened.head, name)
    where, options = _own_options(reader, request, name)
    intake.set_kind(reader.kind, name)
    begin(reader.kind, name)
    intake.where, intake.left_out = where, reader.left_out
    report = intake.report
    before = report.tally()
    reasons = Counter(report.rejections)
    since = 0
    for item in reader.read(opened.stream, name, options):
        count = intake.take(item, name)
        yield count
        since += count
        if progress is not None and since >= _PROGRESS_RECORDS:
            progress(name, *opened.progress())
            since = 0
    if progress is not None:
        progress(name, *opened.progress())
    found = SourceReport.between(name, reader.name, variety, before, report.tally())
    report.sources.append(found)
    if request.max_rejected is not None:
        new = Counter(report.rejections) - reasons
        reason = request.max_rejected.exceeded(found.rejected, found.read, new)
        if reason:
            what = what_it_is(opened.head.data)
            looks = f" though it looks like {what}" if what else ""
            raise FormatError(name, f"read as {reader.name}{looks}: {reason}")


def _own_options(
    reader: Reader, request: Request, source: str
) -> tuple[Where | None, dict[str, Any]]:
    """Return the filter and the options for a reader; refuse those that it does not take."""
    for name in request.options:
        if name not in reader.options:
            raise ValueError(f"{source}: reader {reader.name} takes no option {name!r}")
    options = dict(request.options)
    given = reader.where if request.where is None else request.where
    if not given:
        return None, options
    if not reader.fields:
        raise ValueError(f"{source}: reader {reader.name} has no fields to filter by")
    where = Where(given, reader.spell)
    options["fields"] = where.names
    return where, options
