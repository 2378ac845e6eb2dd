"""Figures as a table and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from itertools import groupby
from pathlib import Path
from typing import Any

from csamatch.bench import limit
from csamatch.bench.turns import Row
from csamatch.errors import Error

_NAMES = [field.name for field in fields(Row)]


def group_of(row: Row) -> tuple[int, int, float, str]:
    """Rows of one group were measured in turns and can be compared."""
    return row.keys, row.width, -1.0 if row.hits is None else row.hits, row.corpus


class Figures:
    """Rows, and how those measured in turns compare.

    Parameters
    ----------
    rows : sequence of Row
        All that was measured.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._by_name = {(group_of(row), row.section, row.name): row for row in rows}

    def ratio(self, row: Row, section: str, name: str) -> float | None:
        """How often as fast a row is as another of its group; by queries where both have some."""
        other = self._by_name.get((group_of(row), section, name))
        if other is None or not row.seconds or not other.seconds:
            return None
        if row.rate and other.rate:
            return row.rate / other.rate
        return other.seconds / row.seconds

    def time_of_baseline(self, row: Row) -> float | None:
        """Time for each query over that of the row it is to be compared with."""
        ratio = self.of_baseline(row)
        return 1 / ratio if ratio else None

    def of_limit(self, row: Row) -> tuple[float | None, float | None]:
        """Speed over that of one random line a query, and over that of two."""
        one, two = (self.ratio(row, limit.SECTION, name) for name in (limit.ONE, limit.TWO))
        return one, two

    def of_baseline(self, row: Row) -> float | None:
        """Speed over that of the row it is to be compared with."""
        return self.ratio(row, row.section, row.baseline) if row.baseline else None

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return everything known of every row."""
        return [
            asdict(row)
            | {
                "seconds": row.seconds,
                "million_a_second": row.rate,
                "nanoseconds_each": nanoseconds(row),
                "of_one_line": self.of_limit(row)[0],
                "of_two_lines": self.of_limit(row)[1],
                "of_baseline": self.of_baseline(row),
            }
            for row in self.rows
        ]


def write_json(path: Path, rows: Sequence[Row], machine: dict[str, str], runs: list[str]) -> None:
    """Write all figures, the time of every round among them."""
    whole = {"machine": machine, "runs": runs, "rows": Figures(rows).as_dicts()}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def read_json(path: Path, machine: dict[str, str]) -> tuple[list[Row], list[str]]:
    """Read rows and commands that an earlier run on the same machine and build wrote."""
    try:
        whole = json.loads(path.read_bytes())
        rows = [Row(**{name: row[name] for name in _NAMES}) for row in whole["rows"]]
        told, runs = dict(whole["machine"]), list(whole["runs"])
    except (ValueError, TypeError, KeyError):
        raise Error(f"{path}: not the figures of an earlier run") from None
    for name in machine:
        if told.get(name) != machine[name]:
            raise Error(f"{path}: measured on another machine or build ({name})")
    return rows, runs


def merge(earlier: Sequence[Row], rows: Sequence[Row]) -> list[Row]:
    """Add rows of an earlier run to those of this one, never in one group of look-ups."""

    def place(row: Row) -> tuple[Any, ...]:
        return group_of(row), row.section if row.hits is None else ""

    taken = {place(row) for row in rows}
    return [row for row in earlier if place(row) not in taken] + list(rows)


def nanoseconds(row: Row) -> float | None:
    """Return the time of one look-up."""
    return 1000 / row.rate if row.rate else None


def spell_share(hits: float) -> str:
    """Write a share of hits in percent."""
    return f"{100 * hits:g} %"


def spell_number(value: float | None, digits: int = 2) -> str:
    """Write a number with so many digits after the point, more or fewer where that says little."""
    if value is None:
        return ""
    if value >= 1000:
        return f"{value:,.0f}"
    if 0 < value < 0.095:
        digits += 1
    return f"{value:.{digits}f}"


def most_queries(rows: Iterable[Row]) -> int:
    """How many queries the quick ones had a round."""
    return max((row.queries for row in rows), default=0)


def spell_target(row: Row) -> str:
    """Write what a row aims at."""
    if row.target is None:
        return ""
    return f"target {'<=' if row.target < 1 else '>='} {row.target:g}"


def remarks(row: Row, most: int) -> list[str]:
    """Say what is to be known of a row whatever its figures."""
    what = "URLs" if row.corpus else "queries"
    fewer = f"{row.queries:,} {what} a round" if 0 < row.queries < most else ""
    return [text for text in (row.note, fewer) if text]


def _note(row: Row, figures: Figures, most: int) -> str:
    parts = remarks(row, most)
    ratio = figures.of_baseline(row)
    if ratio is not None:
        parts.append(f"{spell_number(ratio)} x {row.baseline}")
    return "; ".join(parts)


def _lookup_lines(rows: Sequence[Row], figures: Figures) -> list[str]:
    most = most_queries(rows)
    rounds = max(len(row.times) for row in rows)
    keys, width, hits = rows[0].keys, rows[0].width, rows[0].hits or 0.0
    lines = [
        f"{keys:,} keys of {width} bytes, {most:,} queries, {spell_share(hits)} listed, "
        f"median of {rounds} round{'s' * (rounds > 1)}",
        f"{'':<40}{'M/s':>7}{'of limit':>10}{'of two':>8}",
    ]
    for row in rows:
        one, two = (spell_number(value) for value in figures.of_limit(row))
        note = _note(row, figures, most)
        name = f"{row.section}: {row.name}"
        lines.append(f"{name:<40}{spell_number(row.rate, 1):>7}{one:>10}{two:>8}  {note}".rstrip())
    return lines


def _file_lines(rows: Sequence[Row], figures: Figures) -> list[str]:
    size = rows[0].keys * rows[0].width
    lines = [
        f"{rows[0].keys:,} keys of {rows[0].width} bytes",
        f"{'':<40}{'seconds':>9}{'peak MB':>9}{'x keys':>8}",
    ]
    for row in rows:
        peak = max(row.peaks, default=0)
        shown = (f"{peak / 1e6:.0f}", f"{peak / size:.1f}") if peak else ("", "")
        seconds = "" if row.seconds is None else f"{row.seconds:.4f}"
        name = f"{row.section}: {row.name}"
        lines.append(
            f"{name:<40}{seconds:>9}{shown[0]:>9}{shown[1]:>8}  {_note(row, figures, 0)}".rstrip()
        )
    return lines


def _url_lines(rows: Sequence[Row], figures: Figures) -> list[str]:
    most = most_queries(rows)
    rounds = max(len(row.times) for row in rows)
    lines = [
        f"{rows[0].corpus}: {most:,} URLs, median of {rounds} round{'s' * (rounds > 1)}",
        f"{'':<40}{'ns':>9}  times the baseline's time",
    ]
    for row in rows:
        parts = []
        ratio = figures.time_of_baseline(row)
        if ratio is not None:
            aim = spell_target(row)
            parts.append(f"{spell_number(ratio)} x {row.baseline}" + (f" ({aim})" if aim else ""))
        note = "; ".join([*parts, *remarks(row, most)])
        name = f"{row.section}: {row.name}"
        spelt = spell_number(nanoseconds(row), 0)
        lines += textwrap.wrap(
            f"{name:<40}{spelt:>9}  {note}", 100, subsequent_indent=" " * 51, break_long_words=False
        )
    return lines


def table(rows: Sequence[Row]) -> str:
    """Write rows as a table for a terminal, a part for each group."""
    figures = Figures(rows)
    parts = []
    for _, group in groupby(rows, group_of):
        members = list(group)
        write = _file_lines if members[0].hits is None else _lookup_lines
        if members[0].corpus:
            write = _url_lines
        parts.append("\n".join(write(members, figures)))
    return "\n\n".join(parts)
